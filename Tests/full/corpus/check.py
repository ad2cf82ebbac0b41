#!/usr/bin/env python3
"""Checks that good pictures stay good; corpus.sh says how to call it."""

import collections
import hashlib
import io
import json
import os
import random
import subprocess
import sys
import tempfile
import warnings

import numpy
from PIL import Image, ImageCms, ImageOps

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(os.path.dirname(HERE), "hostile"))
import judges  # noqa: E402

try:
    import pillow_heif
    pillow_heif.register_heif_opener()
except ImportError:
    pass

TOP = os.path.dirname(os.path.dirname(os.path.dirname(HERE)))
DARKROOM = os.environ.get("DARKROOM") or os.path.join(TOP, ".build/debug/darkroom")
ENVIRONMENT = {**os.environ, "NO_COLOR": "1"}
ENVIRONMENT.pop("DARKROOM_CONFIG", None)
EDGE, PIXELS, LONGEST = 2048, 64_000_000, 16_384
DECIBELS = 30
SHARE = 0.995
Image.MAX_IMAGE_PIXELS = None
# What exiftool may say of a result that holds pixels and nothing else.
BARE = {"ExifTool", "System", "File", "PNG", "JFIF", "Composite", "PNG-pHYs", "SourceFile"}


def candidates(folder):
    """Every picture once, at most MOST_EACH of a package, the same ones each time."""
    most = int(os.environ.get("MOST_EACH", "150"))
    seen = set()
    for package in sorted(os.listdir(folder)):
        names = sorted(name for name in os.listdir(os.path.join(folder, package)) if not name.startswith("."))
        random.Random(package).shuffle(names)
        taken = 0
        for name in names:
            path = os.path.join(folder, package, name)
            digest = hashlib.sha256(open(path, "rb").read()).digest()
            if taken < most and digest not in seen:
                seen.add(digest)
                taken += 1
                yield path


def reference(path):
    """What Pillow makes of it, upright, in sRGB, on white; None where it says a word. The second value tells if its colours can be judged."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        try:
            with Image.open(path) as picture:
                if picture.format not in ("JPEG", "PNG", "WEBP", "GIF", "HEIF", "AVIF", "MPO"):
                    return None
                # Before a pixel is made: there are bombs among the pictures of test suites.
                if picture.width * picture.height > PIXELS or max(picture.size) > LONGEST:
                    return None
                picture.load()
                profile = picture.info.get("icc_profile")
                # Numbers of ink say nothing about colours without a profile; and Pillow knows no other spaces of TIFF and PNG.
                can_judge = picture.mode not in ("CMYK", "LAB", "YCCK", "F") or bool(profile)
                # Viewers turn by EXIF alone, Pillow by an orientation in XMP too.
                for name in ("xmp", "XML:com.adobe.xmp"):
                    picture.info.pop(name, None)
                if picture.format == "PNG":
                    right_transparency(path, picture)
                upright = ImageOps.exif_transpose(picture)
                return in_srgb(upright, profile), can_judge
        except Exception:
            return None


def right_transparency(path, picture):
    """Pillow scales greys of 2 and 4 bits up to 8, and forgets the one that is transparent."""
    with open(path, "rb") as file:
        depth, colour = file.read(26)[24:26]
    if colour == 0 and depth < 8 and picture.mode == "L" and isinstance(picture.info.get("transparency"), int):
        picture.info["transparency"] = picture.info["transparency"] * 255 // (2 ** depth - 1)


def in_srgb(picture, profile):
    if picture.mode.startswith("I"):
        # 16 bits of grey.
        samples = numpy.asarray(picture, dtype=numpy.float64) / 257
        picture = Image.fromarray(numpy.clip(numpy.rint(samples), 0, 255).astype(numpy.uint8))
    alpha = None
    if picture.mode in ("RGBA", "LA", "PA", "RGBa") or "transparency" in picture.info:
        picture = picture.convert("RGBA")
        alpha = picture.getchannel("A")
        picture = picture.convert("RGB")
    if profile:
        try:
            source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
            if picture.mode not in ("RGB", "CMYK", "L"):
                picture = picture.convert("RGB")
            made = ImageCms.profileToProfile(
                picture, source, ImageCms.createProfile("sRGB"), renderingIntent=ImageCms.Intent.RELATIVE_COLORIMETRIC,
                outputMode="RGB", flags=ImageCms.Flags.BLACKPOINTCOMPENSATION)
            picture = made or picture
        except (ImageCms.PyCMSError, OSError, ValueError):
            pass  # A profile for other pixels than these says nothing about them.
    picture = picture.convert("RGB")
    if alpha is not None:
        ground = Image.new("RGB", picture.size, (255, 255, 255))
        ground.paste(picture, mask=alpha)
        picture = ground
    return picture


def psnr(one, other):
    # By strips: 64 megapixels of numbers would take gigabytes.
    one, other = numpy.asarray(one), numpy.asarray(other)
    squares = 0
    for top in range(0, len(one), 256):
        difference = one[top:top + 256].astype(numpy.int32) - other[top:top + 256]
        squares += int((difference * difference).sum(dtype=numpy.int64))
    error = squares / one.size
    return 99.0 if error == 0 else 10 * numpy.log10(255 * 255 / error)


def judged(path, wanted, can_judge, form, result):
    """What is wrong with one result; nothing when it is as it should be."""
    if os.path.exists(result):
        os.unlink(result)
    done = subprocess.run([DARKROOM, "normalize", path, "-o", result, "--max-edge", str(EDGE)], stdin=subprocess.DEVNULL,
                          capture_output=True, text=True, env=ENVIRONMENT, check=False, errors="replace")
    if done.returncode:
        said = done.stderr.strip().splitlines()
        return "refused (%d): %s" % (done.returncode, said[0].split(": ", 2)[-1][:160] if said else "no word")
    with Image.open(result) as made:
        made.load()
        if made.mode not in ("RGB", "L"):
            return "came out as " + made.mode
        made = made.convert("RGB")
    width, height = wanted.size
    scale = min(1, EDGE / max(width, height))
    if abs(made.width - width * scale) > 1 or abs(made.height - height * scale) > 1:
        return "%dx%d came out as %dx%d" % (width, height, made.width, made.height)
    if not can_judge:
        return None
    fitted = wanted if made.size == wanted.size else wanted.resize(made.size, Image.Resampling.LANCZOS)
    floor = DECIBELS
    if form == "jpg":
        # Where JPEG itself cannot keep the picture, our part is judged by what it leaves.
        packed = io.BytesIO()
        fitted.save(packed, "JPEG", quality=88)
        floor = min(floor, psnr(Image.open(packed), fitted) - 1)
    reached = psnr(made, fitted)
    return None if reached >= floor else "%.1f dB, not %.1f (%s)" % (reached, floor, wanted.info.get("note", form))


def clean(results):
    """What our own scanner and exiftool find in the results, by path."""
    found = {}
    for start in range(0, len(results), 200):
        part = results[start:start + 200]
        done = subprocess.run([DARKROOM, "inspect", "--json", *part], capture_output=True, text=True, env=ENVIRONMENT, check=False)
        for file in json.loads(done.stdout)["files"]:
            if not file["clean"]:
                found[file["file"]] = "our scanner: %s" % [finding["label"] for finding in file["findings"]]
        done = subprocess.run(["exiftool", "-j", "-a", "-G1", "-u", "-s", *part], capture_output=True, text=True, check=False)
        for file in json.loads(done.stdout or "[]"):
            odd = [key for key in file if key.split(":")[0] not in BARE or "Comment" in key]
            if odd:
                found[file["SourceFile"]] = "exiftool: %s" % odd[:5]
    return found


def main():
    pictures = os.path.join(sys.argv[1], "pictures")
    wrong, counts, kinds = {}, collections.Counter(), collections.Counter()
    with tempfile.TemporaryDirectory(prefix="darkroom-corpus-") as scratch:
        results = {}
        for path in candidates(pictures):
            counts["looked at"] += 1
            read = reference(path)
            if read is None or not judges.by_tool(path, scratch):
                continue
            wanted, can_judge = read
            kind = judges.container(path)
            kinds[kind] += 1
            counts["colours judged"] += can_judge
            # The format that loses nothing shows most; JPEGs also go out as themselves, the way that is taken most.
            for form in ("png", "jpg") if kind == "jpeg" else ("png",):
                result = "%s/%05d.%s" % (scratch, len(results), form)
                results[result] = path
                trouble = judged(path, wanted, can_judge, form, result)
                if trouble:
                    wrong.setdefault(path, "%s: %s" % (form, trouble))
        there = [result for result in results if os.path.exists(result)]
        for result, trouble in clean(there).items():
            wrong.setdefault(results[result], trouble)
    good = sum(kinds.values())
    for path, trouble in sorted(wrong.items()):
        print("%s: %s" % (os.path.relpath(path, pictures), trouble))
    if not good:
        print("no picture could be had; skipped")
        return 0
    share = 1 - len(wrong) / good
    print("looked at %d; %d accepted by two other decoders (%s), colours judged of %d" % (
        counts["looked at"], good, ", ".join("%s %d" % pair for pair in sorted(kinds.items())), counts["colours judged"]))
    print("%d of them come out upright, in the right colours and clean: %.2f %% (must >= %.1f %%)" % (
        good - len(wrong), 100 * share, 100 * SHARE))
    return 0 if share >= SHARE else 1


sys.exit(main())
