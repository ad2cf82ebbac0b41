#!/usr/bin/env python3
"""Grows the trees of bank_trees.c, which say how much of a bank's detail counts for a picture. No picture of a test is looked at."""

import argparse
import multiprocessing
import os

import numpy as np
from sklearn.ensemble import HistGradientBoostingRegressor
from sklearn.model_selection import GroupKFold

import kernel
from network import BLOCK
from pictures import CASES, made, pictures, resize

TREES = os.path.join(kernel.SOURCES, "bank_trees.c")
FACTORS = (1.5, 2, 2.5, 3.75)
BORDER = 8
ONE = 16384
ROUNDING = 1 / 12
FEW = 40      # samples a side, of which a picture shows too little
LEAVES = 12
LOSS = 0.0005
SELDOM = 0.05  # of the pictures that look so may have a best share below what the trees say
OTHERS = 0.4   # of the pairs at another factor than 2 are looked at, drawn by lot
# As in bank_judge.c: what the trees have to say at least, by bank; what of it counts, and how much at most.
LEAST = np.array([0.7, 0.7, 0.6, 0.7, 0.65, 0.75, 0.7, 0.75, 0.75, 0.75])
PART, MOST, LAST_SOFT = 0.85, 1.2, 3
# And what counts where they say less, but as much as this.
HOPEFUL = np.array([0.5, 0.5, 0.55, 0.55, 0.55, 0.55, 0.7, 0.55, 0.75, 0.75])
LITTLE, QUIET_EXCESS = 0.3, 4


def looked(job):
    """Of one case of one picture: what the trees judge by, whether the guards let it pass, and the products of what is missing and
    what the bank adds."""
    number, picture, case, factor = job
    truth, small = made(picture, case, factor)
    if min(small.shape) < FEW:
        return None
    bank, passes, facts = kernel.judged(small, factor)
    if not bank:
        return None
    inner = (slice(BORDER, -BORDER), slice(BORDER, -BORDER))
    missing = (truth - resize(small, *truth.shape))[inner].astype(np.float64)
    added = resize(kernel.detail(small, bank), *truth.shape)[inner].astype(np.float64)
    return number, case, factor, passes, facts, ((missing * missing).mean(), (missing * added).mean(), (added * added).mean())


class Rows:
    """All that was looked at, by column."""

    def __init__(self, rows):
        self.pictures = np.array([row[0] for row in rows])
        self.cases = np.array([row[1] for row in rows])
        self.factors = np.array([row[2] for row in rows])
        self.passes = np.array([row[3] for row in rows])
        self.facts = np.array([row[4] for row in rows], np.float32)
        self.missing, self.both, self.added = np.array([row[5] for row in rows]).T
        # The error is a parabola; its lowest point is what is to be judged.
        self.best = np.clip(self.both / (self.added + 0.001), -1, 2.5)

    def shares(self, safe):
        """What counts by what the trees say; at 1.5 times nothing of soft pictures, or where only a little counts."""
        bank = self.facts[:, 0].astype(int)
        passes = self.passes & ((bank > LAST_SOFT) | (self.factors > 1.5))
        hopeful = self.passes & (self.factors > 1.5) & (safe >= HOPEFUL[bank - 1]) & (self.facts[:, QUIET_EXCESS] >= 0)
        return np.where(passes & (safe >= LEAST[bank - 1]), np.minimum(PART * safe, MOST), np.where(hopeful, LITTLE, 0))

    def gains(self, shares):
        """Decibels over Lanczos3, as far as squares tell (without rounding)."""
        after = np.maximum(self.missing - 2 * shares * self.both + shares * shares * self.added, 0)
        return np.where(shares > 0, 10 * np.log10((self.missing + ROUNDING) / (after + ROUNDING)), 0.0)


def grown(rows, some):
    """Trees that know some of the rows. They say what the best share is seldom below, not what it is in the mean: the error is a
    parabola, a third less than the best costs a ninth of the gain, twice the best is worse than nothing."""
    trees = HistGradientBoostingRegressor(
        loss="quantile", quantile=SELDOM, max_iter=150, learning_rate=0.06, max_leaf_nodes=LEAVES, min_samples_leaf=20,
        l2_regularization=1, early_stopping=False)
    return trees.fit(rows.facts[some], rows.best[some])


def checked(rows):
    """What would become of each picture if neither networks nor trees knew it."""
    safe = np.zeros(len(rows.best))
    for some, others in GroupKFold(8).split(rows.facts, rows.best, rows.pictures):
        safe[others] = grown(rows, some).predict(rows.facts[others])
    gains = rows.gains(rows.shares(safe))
    print(f"{len(gains)} pairs with a bank, unknown to networks and trees: {(gains < -LOSS).sum()} below Lanczos3, "
          f"{gains.min():+.3f} dB at worst")
    for case in ("area", "lanczos"):
        for factor in FACTORS:
            some = (rows.cases == case) & (rows.factors == factor)
            print(f"{case} x{factor}: {gains[some].mean():+.3f} dB")


def nodes_of(tree, start):
    """A tree's nodes as `bank_node` has them."""
    for node in tree.nodes:
        if node["is_leaf"]:
            yield -1, 0, 0, round(ONE * (start + node["value"]))
        else:
            yield node["feature_idx"], node["left"], node["right"], int(np.floor(node["num_threshold"]))


def write(trees):
    start = float(trees._baseline_prediction.item())  # goes to the leaves of the first tree
    with open(TREES, "w", encoding="ascii") as file:
        file.write("// Generated by Benchmarks/Upscaling/shares.py from the pictures of SOURCES.md there; do not change by hand.\n")
        file.write('#include "bank_parts.h"\n\n')
        file.write(f"const int bank_trees_count = {len(trees._predictors)};\n\n")
        file.write("// clang-format off\n")
        file.write("const bank_node bank_trees[][BANK_NODES] = {\n")
        for number, (tree,) in enumerate(trees._predictors):
            nodes = nodes_of(tree, start if number == 0 else 0.0)
            file.write("    {" + ", ".join("{" + ", ".join(map(str, node)) + "}" for node in nodes) + "},\n")
        file.write("};\n")


def main():
    reader = argparse.ArgumentParser(description=__doc__)
    reader.add_argument("folders", nargs="+", help="where the packages of SOURCES.md are unpacked")
    reader.add_argument("--tables", nargs=2, required=True, help="what train.py wrote for each half of the pictures")
    reader.add_argument("--jobs", type=int, default=2)
    asked = reader.parse_args()
    truths = [picture for use in ("train", "develop") for _, picture in pictures(use, asked.folders)]
    lot = np.random.default_rng(5)
    jobs = [(number, picture, case, factor) for number, picture in enumerate(truths) for case in CASES for factor in FACTORS
            if factor == 2 or lot.random() < OTHERS]
    found = []
    for half, table in enumerate(asked.tables):  # what is looked at through the networks of one half they have not seen
        with multiprocessing.Pool(asked.jobs, kernel.use, (table,)) as pool:
            found += pool.imap(looked, [job for job in jobs if job[0] // BLOCK % 2 != half], chunksize=16)
    rows = Rows([row for row in found if row])
    checked(rows)
    write(grown(rows, np.arange(len(rows.best))))


if __name__ == "__main__":
    main()
