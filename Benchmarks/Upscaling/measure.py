#!/usr/bin/env python3
"""What the banks gain over Lanczos3 on pictures that they were not trained on. README.md says how to run it."""

import argparse
import multiprocessing
import time

import numpy as np

import kernel
from pictures import CASES, luma, made, pictures, psnr, resize, to_bytes

OTHER_FACTORS = (1.5, 2.5, 3.75)
PERCEIVED = ("area", "lanczos")
LOSS = 0.0005  # decibels
WORST = 20     # losses that are listed


def measured(job):
    name, picture, case, factor, perceived = job
    truth, small = made(picture, case, factor)
    plain = to_bytes(resize(small, *truth.shape))
    ours, bank = kernel.rendered(small, *truth.shape)
    row = {"name": name, "case": case, "factor": factor, "bank": bank, "plain": psnr(plain, truth), "gain": 0.0}
    if bank:
        row["gain"] = psnr(ours, truth) - row["plain"]
    if perceived and case in PERCEIVED:
        row["seen"] = perception(plain, truth)
        row["seen gain"] = perception(ours, truth) - row["seen"] if bank else 0.0
    return row


def measured_colours(job):
    """PSNR of luma, of what becomes of all three colours: each is rounded for itself."""
    name, picture, case, factor, _ = job
    truths, smalls = zip(*(made(plane, case, factor) for plane in picture))
    truth, size = luma(np.stack(truths)), truths[0].shape
    plain = luma(np.stack([to_bytes(resize(small, *size)) for small in smalls]))
    ours, bank = kernel.rendered(np.stack(smalls, axis=2), *size)
    row = {"name": name, "case": case, "factor": factor, "bank": bank, "plain": psnr(plain, truth), "gain": 0.0}
    if bank:
        row["gain"] = psnr(luma(np.moveaxis(ours, 2, 0)), truth) - row["plain"]
    return row


def perception(picture, truth):
    """SSIMULACRA2 of grey pictures, 100 is the same."""
    import tempfile

    from PIL import Image
    from ssimulacra2 import compute_ssimulacra2

    with tempfile.TemporaryDirectory() as folder:
        paths = [f"{folder}/{name}.png" for name in ("truth", "picture")]
        for path, samples in zip(paths, (truth, picture)):
            Image.fromarray(np.stack([samples] * 3, axis=2)).save(path)
        return compute_ssimulacra2(*paths)


def table(rows, listing):
    print(f"{'case':28s} {'factor':>6s} {'Lanczos3':>8s} {'gain':>6s} {'worst':>6s} {'used':>6s} losses  SSIMULACRA2")
    losses = []
    for factor in sorted({row["factor"] for row in rows}):
        for case in CASES:
            some = [row for row in rows if row["case"] == case and row["factor"] == factor]
            if not some:
                continue
            lost = [row for row in some if row["gain"] <= -LOSS]
            losses += lost
            gains = [row["gain"] for row in some]
            seen = [row for row in some if "seen" in row]
            more = ""
            if seen:
                more = "{:6.2f} {:+.2f}, worst {:+.2f}".format(
                    *(np.mean([r["seen"] for r in seen]), np.mean([r["seen gain"] for r in seen]),
                      min(r["seen gain"] for r in seen)))
            print(f"{case:28s} {factor:6.2f} {np.mean([r['plain'] for r in some]):8.2f} {np.mean(gains):+6.3f} "
                  f"{min(gains):+6.3f} {sum(r['bank'] > 0 for r in some):3d}/{len(some):<3d} {len(lost):5d}   {more}")
    print(f"\n{len(rows)} pairs, {len(losses)} below Lanczos3")
    for row in sorted(losses, key=lambda row: row["gain"])[:WORST]:
        print(f"  {row['gain']:+.3f} dB  {row['case']} x{row['factor']}  {row['name']}  bank {row['bank']}")
    if listing:
        for row in rows:
            print(f"{row['name']:26s} {row['case']:28s} x{row['factor']:<5} bank {row['bank']} {row['plain']:.2f} {row['gain']:+.3f}")


def speed():
    """Processor time for a picture of 1536 x 1024 that becomes 3840 x 2560, medians of 9."""
    small = to_bytes(np.random.default_rng(3).normal(128, 30, (1024, 1536)))
    small = to_bytes(resize(resize(small, 512, 768), 1024, 1536))
    works = {"choose": lambda: kernel.choose(small, 2.5), "plain": lambda: kernel.rendered(small, 2560, 3840, (0, 0)),
             "enhanced": lambda: kernel.rendered(small, 2560, 3840, (1, 1 << 14))}
    for label, portable in (("vector", 0), ("portable", 1)):
        kernel.LIBRARY.kn_portable_only(portable)
        spent = {name: [] for name in works}
        for _ in range(9):
            for name, work in works.items():
                start = time.process_time()
                work()
                spent[name].append(time.process_time() - start)
        print(f"{label}:", ", ".join(f"{name} {np.median(times) * 1e3:.1f} ms" for name, times in spent.items()))
    kernel.LIBRARY.kn_portable_only(0)


def main():
    reader = argparse.ArgumentParser(description=__doc__)
    reader.add_argument("folders", nargs="+", help="where the packages of SOURCES.md are unpacked")
    reader.add_argument("--use", default="test", choices=("retest", "test", "develop", "train"))
    reader.add_argument("--cases", default="", help="only these, separated by ;")
    reader.add_argument("--perceived", action="store_true", help="SSIMULACRA2 beside it (slow; pip install ssimulacra2)")
    reader.add_argument("--colours", action="store_true", help="colour pictures, of which luma is compared")
    reader.add_argument("--only-double", action="store_true", help="factor 2 only")
    reader.add_argument("--list", action="store_true", help="every pair")
    reader.add_argument("--jobs", type=int, default=2)
    asked = reader.parse_args()
    cases = asked.cases.split(";") if asked.cases else list(CASES)
    factors = (2,) if asked.only_double else (2, *OTHER_FACTORS)
    jobs = [(name, picture, case, factor, asked.perceived)
            for name, picture in pictures(asked.use, asked.folders, asked.colours) for case in cases for factor in factors]
    with multiprocessing.Pool(asked.jobs) as pool:
        rows = pool.map(measured_colours if asked.colours else measured, jobs, chunksize=8)
    table(rows, asked.list)
    speed()


if __name__ == "__main__":
    main()
