#!/usr/bin/env python3
"""How much of each bank's detail may count at each factor so that no training picture loses: the table of bank_choose.c."""

import argparse
import collections
import multiprocessing

import numpy as np

import kernel
from pictures import CASES, made, pictures, resize
from train import UNTRAINED

FACTORS = (1.25, 1.5, 1.875, 2, 2.5, 3.75)
MOST = 16       # sixteenths
BORDER = 8
ROUNDING = 1 / 12
MARGIN = 0.003  # decibels that the worst picture shall gain


def looked(job):
    """Of one case of one picture: factor, bank, and the products of what is missing and what the bank adds."""
    picture, case, factor = job
    truth, small = made(picture, case, factor)
    bank = kernel.suiting(small)
    if not 0 < bank <= kernel.LIBRARY.kn_bank_count():
        return factor, 0, 0, 0, 0
    inner = (slice(BORDER, -BORDER), slice(BORDER, -BORDER))
    missing = (truth - resize(small, *truth.shape))[inner].astype(np.float64)
    added = resize(kernel.detail(small, bank), *truth.shape)[inner].astype(np.float64)
    return factor, bank, (missing * missing).mean(), (missing * added).mean(), (added * added).mean()


def share(some):
    """The share of greatest mean gain among those at which none of these pictures loses; 0 where there is none."""
    missing, both, added = np.array(some).T
    shares = np.arange(MOST + 1)[:, None] / 16
    after = missing - 2 * shares * both + shares ** 2 * added
    gains = 10 * np.log10((missing + ROUNDING) / (after + ROUNDING))
    well = (gains.min(axis=1) >= MARGIN) | (np.arange(MOST + 1) == 0)
    best = int(np.where(well, gains.mean(axis=1), -1).argmax())
    return best, len(some), gains[best].mean(), gains[MOST].mean(), gains[MOST].min()


def main():
    reader = argparse.ArgumentParser(description=__doc__)
    reader.add_argument("folders", nargs="+", help="where the packages of SOURCES.md are unpacked")
    reader.add_argument("--jobs", type=int, default=2)
    asked = reader.parse_args()
    cases = [case for case in CASES if case not in UNTRAINED]
    jobs = [(picture, case, factor) for _, picture in pictures("train", asked.folders) for case in cases for factor in FACTORS]
    with multiprocessing.Pool(asked.jobs) as pool:
        rows = pool.map(looked, jobs, chunksize=16)
    groups = collections.defaultdict(list)
    for factor, bank, *products in rows:
        groups[bank, factor].append(products)
    for bank in range(1, kernel.LIBRARY.kn_bank_count() + 1):
        line = []
        for factor in FACTORS:
            best, count, mean, whole, worst = share(groups[bank, factor]) if groups[bank, factor] else (0, 0, 0, 0, 0)
            line.append(best)
            print(f"bank {bank} x{factor}: {count} pictures, {best}/16 {mean:+.3f} dB; all of it {whole:+.3f}, worst {worst:+.3f}")
        print("    {" + ", ".join(map(str, line)) + "},", flush=True)


if __name__ == "__main__":
    main()
