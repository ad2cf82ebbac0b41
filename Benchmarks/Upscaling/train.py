#!/usr/bin/env python3
"""Trains the networks of the banks and writes Sources/CPixels/bank_table.c. README.md says how to run it."""

import argparse
import multiprocessing
import os

import numpy as np

import kernel
import whole
from network import BLOCK, SIDE, UNITS, WIDTH, Network
from pictures import CASES, UNTRAINED, made, pictures, resize

TABLE = os.path.join(kernel.SOURCES, "bank_table.c")
FACTORS = (1.5, 2, 2.5, 3.75)
OTHERS = 0.4         # of the pairs at another factor than 2 are shown, drawn by lot
SQUARES = 3          # of each pair
FLOOR = 0.3          # of the squared error that counts as reached: rounding alone makes a twelfth
IMPORTANT = {"area": 2.0, "lanczos": 2.0, "cubic": 1.5}  # what is met most
NATURAL = ("area", "lanczos", "cubic", "blur 0.5 area", "blur 0.5 lanczos")
LIKE_NOISE = 9       # the first of the banks for pictures that noise was added to, or that look like it
COMMON, COMMON_RATE, OWN, OWN_RATE = 7, 5e-3, 5, 2e-3  # how often squares are shown to the common network and to those of the banks


def squares_of(truth, small, factor, random):
    """Some squares of a small picture, of two places each time the busier one, and what is missing there at twice its size."""
    high, wide = small.shape
    missing = truth - resize(small, *truth.shape)
    plain = float((missing[8:-8, 8:-8].astype(np.float64) ** 2).mean())
    doubled = resize(missing, 2 * high, 2 * wide) if factor != 2 else missing
    doubled = np.clip(np.round(UNITS * doubled), -32000, 32000).astype(np.int16)
    places = doubled.reshape(high, 2, wide, 2).transpose(1, 3, 0, 2).reshape(4, high, wide)
    found = []
    for _ in range(SQUARES):
        corners = [(random.integers(0, high - SIDE + 1), random.integers(0, wide - SIDE + 1)) for _ in range(2)]
        cuts = [(slice(row, row + SIDE), slice(column, column + SIDE)) for row, column in corners]
        busy = max(cuts, key=lambda cut: np.abs(np.diff(small[cut].astype(np.int16), axis=1)).sum())
        found.append((small[busy], places[:, *busy]))
    return found, plain


def prepared(job):
    """(squares, error of Lanczos3, banks): what is close to the border of two trains both."""
    number, plane, case, factor = job
    truth, small = made(plane, case, factor)
    if min(small.shape) < SIDE:
        return None
    banks = {kernel.nearest(small, leaning) for leaning in (0.97, 1.0, 1.03)} - {0}
    return (*squares_of(truth, small, factor, np.random.default_rng(number)), banks, case) if banks else None


def jobs_of(planes):
    lot = np.random.default_rng(5)
    pairs = [(plane, case, factor) for plane in planes for case in CASES if case not in UNTRAINED for factor in FACTORS
             if factor == 2 or lot.random() < OTHERS]
    return [(number, *pair) for number, pair in enumerate(pairs)]


class Lesson:
    """All squares, what is missing of them, how much each counts, and which banks it is for."""

    def __init__(self, found):
        self.squares = np.stack([square for some, *_ in found for square, _ in some])
        self.missing = np.stack([missing for some, *_ in found for _, missing in some])
        self.banks = [banks for _, _, banks, _ in found for _ in range(SQUARES)]
        self.natural = np.array([case in NATURAL for *_, case in found for _ in range(SQUARES)])
        self.weights = np.array([IMPORTANT.get(case, 1.0) / (plain + FLOOR) for _, plain, _, case in found for _ in range(SQUARES)])

    def of(self, bank):
        """Which squares are for a bank, and how much they count there: where noise may have been added, what was as it is more."""
        these = np.array([at for at, banks in enumerate(self.banks) if bank in banks])
        weights = np.where(self.natural & (bank >= LIKE_NOISE), 2.5, 1.0) * self.weights
        return these, weights / weights[these].mean()


def shuffled(these, count, random):
    return np.concatenate([random.permutation(these) for _ in range(count // len(these) + 1)])[:count]


def taught(lesson):
    """A network common to all, then one for each bank that begins as it; squares that few have are shown more often."""
    random, network = np.random.default_rng(2), Network(3)
    order = shuffled(np.arange(len(lesson.squares)), COMMON * len(lesson.squares), random)
    for left in network.train(lesson.squares, lesson.missing, order, lesson.weights, COMMON_RATE):
        print(f"common: {left:.4f} of the error left", flush=True)
    common, banks = network.average.copy(), kernel.LIBRARY.kn_bank_count()
    for bank in range(1, banks + 1):
        these, weights = lesson.of(bank)
        count = OWN * (len(lesson.squares) // banks + len(these)) // 2
        network.now[:] = common
        *_, left = network.train(lesson.squares, lesson.missing, shuffled(these, count, random), weights, OWN_RATE, stages=6)
        print(f"bank {bank}: {len(these)} squares, {left:.4f} of the error left", flush=True)
        yield whole.whole(network.layers(network.average), lesson.squares[these[:: len(these) // 100 + 1]])


def main():
    reader = argparse.ArgumentParser(description=__doc__)
    reader.add_argument("folders", nargs="+", help="where the packages of SOURCES.md are unpacked")
    reader.add_argument("--half", type=int, choices=(0, 1), help="only these of the pictures, for the trees to judge by the others")
    reader.add_argument("--table", default=TABLE, help="where to write it")
    reader.add_argument("--jobs", type=int, default=2)
    asked = reader.parse_args()
    planes = [plane for use in ("train", "develop") for _, plane in pictures(use, asked.folders)]
    if asked.half is not None:
        planes = [plane for number, plane in enumerate(planes) if number // BLOCK % 2 == asked.half]
    with multiprocessing.Pool(asked.jobs) as pool:
        lesson = Lesson([one for one in pool.imap(prepared, jobs_of(planes), chunksize=8) if one])
    whole.write(asked.table, list(taught(lesson)), WIDTH)


if __name__ == "__main__":
    main()
