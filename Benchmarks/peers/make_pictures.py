#!/usr/bin/env python3
"""Makes the benchmark's pictures in FOLDER/pictures from the photographs in FOLDER/photos.

Photographs are cut to the asked shape, resized, and given light noise as a sensor has it, so that encoders meet what they meet in
life. A picture that is there is left alone.
"""
import pathlib
import sys

import numpy
from PIL import Image, ImageOps

# Best first: the first word that is found in a file name chooses; else any file does.
WISHES = {
    "photo-12mp.jpg": ("sunset", (4000, 3000)), "photo-24mp.jpg": ("Kleiber", (6000, 4000)),
    "photo-24mp.png": ("Kleiber", (6000, 4000)), "conforming.jpg": ("Bridge", (2048, 1536)),
    "model.png": ("life", (1536, 1024)), "model-square.png": ("greentock", (1024, 1024)),
    "model-portrait.png": ("Wine", (768, 1365)),
}
SENSOR_NOISE = 1.6  # standard deviation in steps of 8 bits
MODEL_NOISE = 0.8


def photograph(photos, word, size, noise, dice):
    found = [photo for photo in photos if word in photo.name] or photos
    with Image.open(found[0]) as picture:
        cut = ImageOps.fit(ImageOps.exif_transpose(picture).convert("RGB"), size, Image.Resampling.LANCZOS)
    samples = numpy.asarray(cut, dtype=numpy.float32)
    noisy = samples + dice.normal(0, noise, samples.shape).astype(numpy.float32)
    return Image.fromarray(numpy.clip(numpy.rint(noisy), 0, 255).astype(numpy.uint8), "RGB"), found[0].name


def camera_exif(picture, orientation):
    """What a camera writes, thumbnail aside: make, model, time, orientation."""
    exif = Image.Exif()
    exif[0x010F], exif[0x0110], exif[0x0132], exif[0x0112] = "Maker", "Model", "2026:05:04 11:12:13", orientation
    exif.get_ifd(0x8825)[1] = "N"
    exif.get_ifd(0x8825)[2] = (47.0, 30.0, 1.5)
    return exif.tobytes()


def write(picture, path):
    if path.suffix == ".jpg":
        orientation = 6 if "12mp" in path.name else 1
        picture.save(path, quality=92, subsampling="4:2:0", exif=camera_exif(picture, orientation))
    else:
        picture.save(path)


def main():
    folder = pathlib.Path(sys.argv[1])
    photos = sorted(p for p in (folder / "photos").iterdir() if p.suffix in (".jpg", ".png"))
    out = folder / "pictures"
    (out / "mixed").mkdir(parents=True, exist_ok=True)
    dice = numpy.random.default_rng(3)
    for name, (word, size) in WISHES.items():
        if (out / name).exists():
            continue
        picture, source = photograph(photos, word, size, SENSOR_NOISE if name.endswith(".jpg") else MODEL_NOISE, dice)
        write(picture, out / name)
        print(f"{name} from {source}")
        if name == "photo-12mp.jpg":
            picture.save(out / "photo-12mp-upright.jpg", quality=92, subsampling="4:2:0", exif=camera_exif(picture, 1))
        if name == "photo-24mp.jpg":
            picture.save(out / "photo-24mp.png")
    # Sizes, shapes and formats as they come in through a web page, for the long run.
    for index in range(40):
        suffix = (".jpg", ".jpg", ".png", ".webp")[index % 4]
        path = out / "mixed" / f"mixed-{index:02}{suffix}"
        if path.exists():
            continue
        pixels = float(dice.uniform(0.2, 12 if suffix == ".jpg" else 4)) * 1e6
        shape = float(dice.choice([0.56, 0.75, 1.0, 1.33, 1.78]))
        size = (max(16, int((pixels * shape) ** 0.5)), max(16, int((pixels / shape) ** 0.5)))
        photo = photos[index % len(photos)]
        picture, _ = photograph([photo], "", size, SENSOR_NOISE, dice)
        if suffix == ".jpg":
            picture.save(
                path, quality=int(dice.integers(70, 96)), progressive=index % 8 == 1, exif=camera_exif(picture, 1 + index % 8))
        else:
            picture.save(path)


main()
