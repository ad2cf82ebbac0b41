"""The pictures of SOURCES.md as luma, and what becomes of them before they are enlarged."""

import io
import os
import re

import numpy as np
from PIL import Image, ImageDraw, ImageFont

LARGEST = 640  # longest side of a truth
HERE = os.path.dirname(os.path.abspath(__file__))


# --- resampling in float ------------------------------------------------------------------------------------------------------

def lanczos3(x):
    x = np.abs(x)
    return np.where(x < 3, np.sinc(x) * np.sinc(x / 3), 0.0)


def box(x):
    return np.where((x >= -0.5) & (x < 0.5), 1.0, 0.0)


def cubic(x):
    x = np.abs(x)
    return np.where(x < 1, (1.5 * x - 2.5) * x * x + 1, np.where(x < 2, ((-0.5 * x + 2.5) * x - 4) * x + 2, 0.0))


def matrix(length, scaled, kernel, support):
    """Weights of one direction: sample centres at half places, kernel widened when shrinking, borders renormalised."""
    scale = length / scaled
    wide = max(scale, 1.0)
    centre = (np.arange(scaled) + 0.5) * scale
    weights = np.zeros((scaled, length))
    for row in range(scaled):
        first = max(int(centre[row] - support * wide + 0.5), 0)
        last = min(int(centre[row] + support * wide + 0.5), length)
        at = np.arange(first, last)
        if kernel is box and wide > 1:  # exact area
            low, high = row * scale, (row + 1) * scale
            at = np.arange(int(low), min(int(np.ceil(high - 1e-9)), length))
            value = np.minimum(at + 1, high) - np.maximum(at, low)
        else:
            value = kernel((at + 0.5 - centre[row]) / wide)
        weights[row, at] = value / value.sum()
    return weights


_kept = {}


def resize(plane, height, width, kernel=lanczos3, support=3.0):
    def weights(length, scaled):
        key = (length, scaled, kernel.__name__)
        if key not in _kept:
            _kept[key] = matrix(length, scaled, kernel, support).astype(np.float64)
        return _kept[key]

    return weights(plane.shape[0], height) @ plane.astype(np.float64) @ weights(plane.shape[1], width).T


def to_bytes(plane):
    return np.clip(np.floor(plane + 0.5), 0, 255).astype(np.uint8)


def blur(plane, sigma):
    def weights(length):
        key = (length, sigma)
        if key not in _kept:
            at = np.arange(length)
            value = np.exp(-0.5 * ((at[:, None] - at[None, :]) / sigma) ** 2)
            _kept[key] = value / value.sum(axis=1, keepdims=True)
        return _kept[key]

    return weights(plane.shape[0]) @ plane.astype(np.float64) @ weights(plane.shape[1]).T


# --- sources ------------------------------------------------------------------------------------------------------------------

def listed(use):
    """(package, file, reduced by) of SOURCES.md."""
    rows = []
    for line in open(os.path.join(HERE, "SOURCES.md"), encoding="utf-8"):
        cells = [cell.strip() for cell in line.strip().strip("|").split("|")]
        if len(cells) == 6 and cells[0] == use:
            rows.append((cells[1], cells[2], int(cells[3])))
    return rows


def luma(image):
    if "A" in image.getbands() or image.mode == "P":
        image = image.convert("RGBA")
        white = Image.new("RGBA", image.size, "white")
        image = Image.alpha_composite(white, image)
    rgb = np.asarray(image.convert("RGB"), dtype=np.float64)
    return to_bytes(rgb @ np.array([0.299, 0.587, 0.114]))


def truth(path, reduced):
    plane = luma(Image.open(path))
    if reduced > 1:
        high, wide = plane.shape[0] // reduced, plane.shape[1] // reduced
        plane = plane[:high * reduced, :wide * reduced].astype(np.float64)
        plane = to_bytes(plane.reshape(high, reduced, wide, reduced).mean(axis=(1, 3)))
    return middle(plane)


def middle(plane):
    high, wide = min(plane.shape[0], LARGEST), min(plane.shape[1], LARGEST)
    top, left = (plane.shape[0] - high) // 2, (plane.shape[1] - wide) // 2
    return plane[top:top + high, left:left + wide]


def pictures(use, roots):
    """(name, truth) of every picture listed for `use` that is found under `roots`, and of the drawn ones."""
    paths = []
    for root in roots:
        for folder, _, names in os.walk(root):
            paths += [os.path.join(folder, name) for name in names]
    found = []
    for package, file, reduced in listed(use):
        hits = sorted(p for p in paths if p.endswith("/" + file) and (re.split(r"[-.]", package)[0] in p or package == "scikit-image"))
        hits = [p for p in hits if package != "scikit-image" or "/data/" in p]
        if not hits:
            print("missing:", package, file)
            continue
        name = file.split("/contents/")[0].split("/")[-1].rsplit(".", 1)[0][:24]
        found.append((name, truth(hits[0], reduced)))
    for seed in ((1, 2, 3) if use == "train" else (11, 12, 13)):
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

def reduce_area(plane, height, width):
    return resize(plane, height, width, box, 0.5)


def reduce_lanczos(plane, height, width):
    return resize(plane, height, width)


def reduce_cubic(plane, height, width):
    return resize(plane, height, width, cubic, 2.0)


def jpeg(plane, quality):
    buffer = io.BytesIO()
    Image.fromarray(plane).save(buffer, "JPEG", quality=quality)
    return np.asarray(Image.open(io.BytesIO(buffer.getvalue())))


def noise(plane, sigma, seed):
    return to_bytes(plane + np.random.default_rng(seed).normal(0, sigma, plane.shape))


# name: (what the truth goes through, how it is reduced, what the small picture goes through)
CASES = {
    "area": (None, reduce_area, None),
    "lanczos": (None, reduce_lanczos, None),
    "cubic": (None, reduce_cubic, None),
    **{f"blur {s} area": (lambda p, s=s: to_bytes(blur(p, s)), reduce_area, None) for s in (0.5, 0.8, 1.2, 1.6, 2.2, 3.0, 5.0)},
    **{f"blur {s} lanczos": (lambda p, s=s: to_bytes(blur(p, s)), reduce_lanczos, None) for s in (0.5, 0.8, 1.2, 1.6, 2.2, 3.0, 5.0)},
    "grain area": (lambda p: noise(p, 5, 1), reduce_area, None),
    "grain lanczos": (lambda p: noise(p, 5, 1), reduce_lanczos, None),
    "area, noise 2": (None, reduce_area, lambda p: noise(p, 2, 2)),
    "area, noise 6": (None, reduce_area, lambda p: noise(p, 6, 2)),
    "lanczos, noise 4": (None, reduce_lanczos, lambda p: noise(p, 4, 2)),
    "blur 1.6 area, noise 3": (lambda p: to_bytes(blur(p, 1.6)), reduce_area, lambda p: noise(p, 3, 2)),
    "area, JPEG 90": (None, reduce_area, lambda p: jpeg(p, 90)),
    "area, JPEG 60": (None, reduce_area, lambda p: jpeg(p, 60)),
    "lanczos, JPEG 90": (None, reduce_lanczos, lambda p: jpeg(p, 90)),
    "blur 1.2 lanczos, JPEG 85": (lambda p: to_bytes(blur(p, 1.2)), reduce_lanczos, lambda p: jpeg(p, 85)),
}


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
