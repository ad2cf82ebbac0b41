"""What least squares needs of a picture: sums of products by bucket, from which any bank's error on it follows."""

import numpy as np

import kernel
from pictures import made, resize

KINDS, DIRECTIONS, SIDE = 24, 8, 7
MIDDLE = SIDE * SIDE // 2
OTHERS = [tap for tap in range(SIDE * SIDE) if tap != MIDDLE]  # weights sum to 0, so taps count as differences to the middle
TAPS = len(OTHERS)
PIXELS = 40_000


def moved(place, side, way):
    row, column = divmod(place, side)
    if way & 1:
        row = side - 1 - row
    if way & 2:
        column = side - 1 - column
    return column * side + row if way & 4 else row * side + column


def moved_direction(direction, way):
    if bool(way & 1) != bool(way & 2):
        direction = -direction
    if way & 4:
        direction = 4 - direction
    return direction % DIRECTIONS


def taps_of(small, rows, columns):
    padded = np.pad(small, SIDE // 2, mode="edge").astype(np.float32)
    width = padded.shape[1]
    flat, at = padded.ravel(), rows * width + columns
    offsets = [row * width + column for row in range(SIDE) for column in range(SIDE)]
    middle = flat[at + offsets[MIDDLE]]
    return np.stack([flat[at + offsets[tap]] - middle for tap in OTHERS], axis=1)


def forms(plane, case, factor=2, seed=0):
    """Of one case of one picture: (products of taps, those with what is missing, square of what is missing, banks).

    What is missing at another factor than 2 is taken to twice the size: there the bank adds what is resampled afterwards."""
    truth, small = made(plane, case, factor)
    missing = truth - resize(small, *truth.shape)
    high, wide = small.shape
    border = 5
    edge = round(border * factor)
    square = float((missing[edge:-edge, edge:-edge].astype(np.float64) ** 2).mean())
    doubled = resize(missing, 2 * high, 2 * wide) if factor != 2 else missing
    missing = doubled.reshape(high, 2, wide, 2).transpose(0, 2, 1, 3).reshape(high, wide, 4)
    inside = (high - 2 * border) * (wide - 2 * border)
    picked = np.random.default_rng(seed).permutation(inside)[:PIXELS]
    rows, columns = picked // (wide - 2 * border) + border, picked % (wide - 2 * border) + border
    bucket = kernel.buckets(small)[rows, columns]
    order = np.argsort(bucket, kind="stable")
    rows, columns, bucket = rows[order], columns[order], bucket[order]
    taps, wanted = taps_of(small, rows, columns), missing[rows, columns].astype(np.float32)
    ends = np.searchsorted(bucket, np.arange(KINDS * DIRECTIONS + 1))
    left, right = np.zeros((KINDS * 3, TAPS, TAPS), np.float32), np.zeros((KINDS * 3, TAPS, 4), np.float32)
    for number in range(KINDS * DIRECTIONS):
        part = slice(ends[number], ends[number + 1])
        if part.stop > part.start:
            fold(left, right, number, taps[part].T @ taps[part], taps[part].T @ wanted[part])
    count = 8 * len(bucket)  # every pixel counts in eight ways
    return left / count, right / count, 4 * square, suited(small)


def suited(small):
    """The banks that a picture trains: what is close to the border of two trains both."""
    return {kernel.suiting(small, leaning) for leaning in (0.97, 1.0, 1.03)}


POSITIONS = {tap: at for at, tap in enumerate(OTHERS)}
WAYS = [([POSITIONS[moved(tap, SIDE, way)] for tap in OTHERS], [moved(place, 2, way) for place in range(4)])
        for way in range(8)]


def fold(left, right, number, squares, products):
    """Adds a bucket's sums in all eight ways to lay the picture, where the direction becomes 0, 1 or 2."""
    kind, direction = divmod(number, DIRECTIONS)
    for way, (taps, places) in enumerate(WAYS):
        to = moved_direction(direction, way)
        # 0 and 4, 2 and 6, and 1, 3, 5, 7 become each other, so two or four of eight ways end in one; make them count alike
        if to > 2:
            continue
        weight = 4 if to == 1 else 2
        to += kind * 3
        left[to][np.ix_(taps, taps)] += weight * squares
        right[to][np.ix_(taps, places)] += weight * products


def gain(filters, left, right, error):
    """Error left over with these filters (kinds * 3, taps, places), summed over the four places like `error`."""
    return error - 2 * np.einsum("ktp,ktp", filters, right) + np.einsum("ktp,ktu,kup", filters, left, filters)
