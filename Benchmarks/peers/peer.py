#!/usr/bin/env python3
"""One warm Python process that does jobs for the benchmark and tells what each cost it.

A line in: TOOL JOB PICTURE ARGUMENTS..., words parted by tabs. A line out: processor nanoseconds, wall nanoseconds, bytes made;
or "error REASON".
"""
import io
import sys
import time


def pillow_normalize(path, edge, quality):
    from PIL import Image, ImageOps
    with Image.open(path) as picture:
        # thumbnail() asks the JPEG decoder for the smallest of its own sizes that leaves twice the asked one.
        picture.thumbnail((int(edge), int(edge)), Image.Resampling.LANCZOS, reducing_gap=2.0)
        upright = ImageOps.exif_transpose(picture)
        made = io.BytesIO()
        upright.convert("RGB").save(made, "JPEG", quality=int(quality))
    return made.tell()


def pillow_enlarge(path, width, height, form):
    from PIL import Image
    with Image.open(path) as picture:
        large = picture.convert("RGB").resize((int(width), int(height)), Image.Resampling.LANCZOS)
    made = io.BytesIO()
    large.save(made, form, **({"quality": 90} if form == "JPEG" else {}))
    return made.tell()


def opencv_normalize(path, edge, quality):
    import cv2
    cv2.setNumThreads(1)
    picture = cv2.imread(path, cv2.IMREAD_COLOR)
    scale = int(edge) / max(picture.shape[:2])
    small = cv2.resize(picture, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    return len(cv2.imencode(".jpg", small, [cv2.IMWRITE_JPEG_QUALITY, int(quality)])[1])


def opencv_enlarge(path, width, height, form):
    import cv2
    cv2.setNumThreads(1)
    picture = cv2.imread(path, cv2.IMREAD_COLOR)
    large = cv2.resize(picture, (int(width), int(height)), interpolation=cv2.INTER_LANCZOS4)
    return len(cv2.imencode("." + form.lower(), large)[1])


def version(tool):
    if tool == "pillow":
        import PIL
        return PIL.__version__
    import cv2
    return cv2.__version__


def main():
    jobs = {
        ("pillow", "normalize"): pillow_normalize, ("pillow", "enlarge"): pillow_enlarge,
        ("opencv", "normalize"): opencv_normalize, ("opencv", "enlarge"): opencv_enlarge,
    }
    for line in sys.stdin:
        tool, job, *arguments = line.rstrip("\n").split("\t")
        try:
            if job == "version":
                print(version(tool), flush=True)
                continue
            wall, spent = time.monotonic_ns(), time.process_time_ns()
            made = jobs[tool, job](*arguments)
            spent, wall = time.process_time_ns() - spent, time.monotonic_ns() - wall
            print(spent, wall, made, flush=True)
        except Exception as error:  # told to the benchmark, which says that this peer was not measured
            print("error", type(error).__name__, " ".join(str(error).split())[:100], flush=True)


main()
