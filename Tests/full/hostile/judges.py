"""What other decoders say of a picture: whether two of them that share no code with each other take it whole."""

import os
import shutil
import subprocess
import tempfile
import warnings


def quiet(*command):
    """Whether a program reads the file to its end without a word of complaint."""
    if not shutil.which(command[0]):
        return None
    try:
        done = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, timeout=20, check=False)
    except subprocess.TimeoutExpired:
        return False
    return done.returncode == 0 and not done.stderr.strip()


def by_pillow(path):
    try:
        from PIL import Image
    except ImportError:
        return None
    try:
        import pillow_heif
        pillow_heif.register_heif_opener()
    except ImportError:
        pass
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        # Of EXIF, which is dropped, and not of the picture.
        warnings.filterwarnings("ignore", module="PIL.TiffImagePlugin")
        try:
            with Image.open(path) as picture:
                picture.load()
                return True
        except Exception:
            return False


def by_tool(path, scratch):
    kind = container(path)
    if kind == "jpeg":
        return quiet("djpeg", "-fast", "-outfile", os.devnull, path)
    if kind == "png":
        return quiet("pngcheck", "-q", path)
    if kind == "webp":
        # dwebp reports its success on standard error, so its word is its exit code.
        if not shutil.which("dwebp"):
            return None
        return subprocess.run(["dwebp", "-quiet", path, "-o", scratch + "/d.ppm", "-ppm"], stdout=subprocess.DEVNULL,
                              stderr=subprocess.DEVNULL, check=False).returncode == 0
    if kind == "heif":
        if not shutil.which("heif-convert"):
            return None
        # JPEG is the quickest that it writes.
        try:
            return subprocess.run(["heif-convert", path, scratch + "/d.jpg"], stdout=subprocess.DEVNULL,
                                  stderr=subprocess.DEVNULL, timeout=60, check=False).returncode == 0
        except subprocess.TimeoutExpired:
            return False
    for magick in ("/usr/bin/convert", "gm"):
        if shutil.which(magick):
            words = [magick] + (["convert"] if magick == "gm" else [])
            return quiet(*words, path + "[0]", "-depth", "8", scratch + "/d.ppm")
    return None


def container(path):
    head = open(path, "rb").read(12)
    if head[:3] == b"\xff\xd8\xff":
        return "jpeg"
    if head[:8] == b"\x89PNG\r\n\x1a\n":
        return "png"
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return "webp"
    if head[4:8] == b"ftyp":
        return "heif"
    if head[:4] in (b"GIF8",):
        return "gif"
    return "other"


def with_known_brand(path, scratch):
    """A HEIF is what its compatible brands say (ISO/IEC 14496-12, 4.3); these decoders look at the major one alone."""
    data = open(path, "rb").read()
    listed = [data[at:at + 4] for at in range(16, min(int.from_bytes(data[:4], "big"), 64), 4)]
    known = [brand for brand in listed if brand in (b"avif", b"heic", b"mif1")]
    if data[8:12] in (b"avif", b"heic", b"mif1") or not known:
        return path
    copy = scratch + "/known" + os.path.splitext(path)[1]
    with open(copy, "wb") as file:
        file.write(data[:8] + known[0] + data[12:])
    return copy


def verdicts(path):
    """What each decoder says, by name; None where it is not installed."""
    with tempfile.TemporaryDirectory() as scratch:
        if container(path) == "heif":
            path = with_known_brand(path, scratch)
        return {"pillow": by_pillow(path), "tool": by_tool(path, scratch)}
