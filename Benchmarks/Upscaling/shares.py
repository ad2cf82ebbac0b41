#!/usr/bin/env python3
"""How much of each bank's detail counts at each factor: the table of bank_choose.c, for which no picture of the test is looked at."""

import argparse
import collections
import multiprocessing

import numpy as np

import kernel
from pictures import CASES, made, pictures, resize

LEAST = 1.25  # up to here nothing counts
FACTORS = (1.5, 2, 2.5, 3.75)
MOST = 16     # sixteenths
BORDER = 8
MARGIN = 0.8  # of what the picture that bears least bears
# Lanczos3 comes within half a level of most of what these get (bank 4: of what was itself enlarged as much before): rounding decides
# there, of which the parabola knows nothing.
LEFT_OUT = {(1, factor) for factor in FACTORS} | {(4, 1.5)}


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


def borne(some):
    """How many times the detail each of these pictures bears before it is no better than Lanczos3: the error is a parabola."""
    return [2 * both / added for _, both, added in some if added > 0]


def main():
    reader = argparse.ArgumentParser(description=__doc__)
    reader.add_argument("folders", nargs="+", help="where the packages of SOURCES.md are unpacked")
    reader.add_argument("--jobs", type=int, default=2)
    asked = reader.parse_args()
    jobs = [(picture, case, factor) for use in ("train", "develop") for _, picture in pictures(use, asked.folders)
            for case in CASES for factor in FACTORS]
    with multiprocessing.Pool(asked.jobs) as pool:
        rows = list(pool.imap_unordered(looked, jobs, chunksize=16))
    groups = collections.defaultdict(list)
    for factor, bank, *products in rows:
        groups[bank, factor].append(products)
    for bank in range(1, kernel.LIBRARY.kn_bank_count() + 1):
        line = [0]  # at LEAST
        for factor in FACTORS:
            some = borne(groups[bank, factor]) or [0]
            line.append(0 if (bank, factor) in LEFT_OUT else int(min(MOST, max(0, MOST * MARGIN * min(some)))))
            print(f"bank {bank} x{factor}: {len(some)} pictures, they bear at least {min(some):.2f}, one of two {np.median(some):.2f}")
        print("    {" + ", ".join(map(str, line)) + "},", flush=True)


if __name__ == "__main__":
    main()
