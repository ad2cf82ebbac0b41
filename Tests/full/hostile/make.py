#!/usr/bin/env python3
"""Makes pictures that mean harm, and things that only look like pictures.

Usage: make.py FOLDER [--quick] [--flips N]. Writes the files and index.json: file, name to hand it over by, what has to become of
it, and why. Needs Debian's vips, and takes cwebp, gif2webp and what vips can write; a format that cannot be made is left out.

What has to become of a file:
  large    refused for its size, with little time and memory
  refuse   refused with a reason
  bounded  taken or refused, with little time and memory
  judged   refused, or taken where two other decoders take it
  accept   taken: it is a good picture under an odd name
"""

import json
import os
import random
import struct
import subprocess
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from boxes import *  # noqa: E402,F403

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))))
SAMPLE = os.path.join(TOP, "samples/jobs/dandelion.jpg")
MARK = b"HOSTILEMARK"


class Collection:
    def __init__(self, folder):
        self.folder = folder
        self.index = []
        os.makedirs(folder, exist_ok=True)

    def add(self, name, data, fate, why):
        file = "%04d-%s" % (len(self.index), name.replace("/", "_"))
        with open(os.path.join(self.folder, file), "wb") as out:
            out.write(data)
        self.index.append({"file": file, "name": name, "fate": fate, "why": why, "bytes": len(data)})

    def close(self):
        with open(os.path.join(self.folder, "index.json"), "w") as out:
            json.dump(self.index, out, indent=1)


def png_bombs(add, quick):
    add("png-2g-by-2g.png", png(2**31 - 1, 2**31 - 1, b"\0" * 64), "large", "the largest sides PNG can say")
    add("png-65535.png", png(65535, 65535, b"\0" * 64), "large", "declared, without the data")
    add("png-30000-grey.png", png(30000, 30000, [(b"\0" * 3751, 30000)], depth=1, colour=0), "large", "900 MP in 110 KB, whole")
    add("png-long.png", png(1000000, 1, [(b"\0", 3000001)]), "large", "a million pixels in one row")
    add("png-interlaced-16-bit.png", png(20000, 20000, b"\0" * 64, depth=16, colour=6, interlace=1), "large", "interlaced, 16 bits, alpha")
    add("png-too-much-data.png", png(16, 16, [(small_rows(), 1), (b"\0" * 1000, 300000)]), "bounded", "300 MB of data where 784 bytes belong")
    add("png-ztxt.png", png(16, 16, small_rows(), before=png_chunk(b"zTXt", b"Comment\0\0" + deflated([(b"\0" * 1000, 200000)]))), "bounded", "200 MB of text in 200 KB")
    add("png-itxt.png", png(16, 16, small_rows(), before=png_chunk(b"iTXt", b"Comment\0\1\0\0\0" + deflated([(b"\0" * 1000, 200000)]))), "bounded", "the same as international text")
    add("png-iccp.png", png(16, 16, small_rows(), before=png_chunk(b"iCCP", b"profile\0\0" + deflated([(b"\0" * 1000, 200000)]))), "bounded", "200 MB of profile in 200 KB")
    many = 100000
    add("png-many-chunks.png", png(16, 16, small_rows(), before=png_chunk(b"tEXt", b"k\0v") * many), "bounded", "100,000 chunks of text")
    add("png-many-profiles.png", png(16, 16, small_rows(), before=png_chunk(b"iCCP", b"p\0\0" + deflated([(b"\0" * 1000, 1000)])) * 500), "bounded", "500 profiles of 1 MB")
    data = deflated(small_rows())
    add("png-empty-data.png", png(16, 16, None, before=png_chunk(b"IDAT") * many + png_chunk(b"IDAT", data)), "bounded", "100,000 empty chunks of data")
    add("png-byte-by-byte.png", png(16, 16, None, before=b"".join(png_chunk(b"IDAT", data[i:i + 1]) for i in range(len(data)))), "judged", "a chunk for every byte")
    frames = b"".join(png_chunk(b"fcTL", struct.pack(">IIIIIHHBB", 2 * i + 1, 16, 16, 0, 0, 1, 10, 0, 0)) + png_chunk(b"fdAT", struct.pack(">I", 2 * i + 2) + data) for i in range(20000))
    add("png-many-frames.png", png(16, 16, small_rows(), before=png_chunk(b"acTL", struct.pack(">II", 20001, 0)) + png_chunk(b"fcTL", struct.pack(">IIIIIHHBB", 0, 16, 16, 0, 0, 1, 10, 0, 0)), between=frames), "bounded", "an animation of 20,001 frames")
    add("png-says-many-frames.png", png(16, 16, small_rows(), before=png_chunk(b"acTL", struct.pack(">II", 2**31 - 1, 0))), "bounded", "says two milliard frames")
    if not quick:
        add("png-exif-60-mb.png", png(16, 16, small_rows(), before=png_chunk(b"eXIf", b"MM\0*" + b"\0" * 60_000_000)), "bounded", "60 MB of EXIF")


def png_broken(add):
    rows = small_rows()
    add("png-no-width.png", png(0, 16, rows), "refuse", "no width")
    add("png-no-height.png", png(16, 0, rows), "refuse", "no height")
    add("png-negative.png", png(2**32 - 1, 16, rows), "refuse", "a width above 2^31")
    add("png-depth-3.png", png(16, 16, rows, depth=3), "refuse", "a depth that there is not")
    add("png-colour-5.png", png(16, 16, rows, colour=5), "refuse", "a colour type that there is not")
    add("png-interlace-2.png", png(16, 16, rows, interlace=2), "refuse", "an interlace method that there is not")
    add("png-no-palette.png", png(16, 16, small_rows(channels=1), colour=3), "refuse", "no palette")
    add("png-long-palette.png", png(16, 16, small_rows(channels=1), colour=3, before=png_chunk(b"PLTE", b"\1" * 3000)), "refuse", "a palette of 1000 colours")
    add("png-short-palette.png", png(16, 16, small_rows(channels=1), colour=3, before=png_chunk(b"PLTE", b"\1\2\3")), "judged", "colours that the palette does not have")
    add("png-filter-9.png", png(16, 16, b"\x09" + rows[1:]), "refuse", "a filter that there is not")
    add("png-few-rows.png", png(16, 16, rows[:400]), "refuse", "half of the rows")
    add("png-no-data.png", png(16, 16, None), "refuse", "no data")
    add("png-no-end.png", png(16, 16, rows, end=False), "judged", "no IEND")
    add("png-two-headers.png", png(16, 16, rows, before=png_chunk(b"IHDR", struct.pack(">IIBBBBB", 30000, 30000, 8, 6, 0, 0, 0))), "refuse", "a second header with other sides")
    add("png-unknown-critical.png", png(16, 16, rows, before=png_chunk(b"ABCD", b"x")), "refuse", "a critical chunk that nobody knows")
    add("png-chunk-length.png", png(16, 16, rows)[:33] + b"\xff\xff\xff\xff" + b"tEXt" + b"x" * 100, "refuse", "a chunk of 4 GB")
    add("png-adler.png", png(16, 16, None, before=png_chunk(b"IDAT", deflated(rows)[:-4] + b"abcd")), "judged", "a wrong check sum of the stream")
    add("png-cgbi.png", b"\x89PNG\r\n\x1a\n" + png_chunk(b"CgBI", b"\x50\0\x20\x02") + png(16, 16, rows)[8:], "refuse", "a PNG of Apple's own kind")
    add("png-dictionary.png", png(16, 16, None, before=png_chunk(b"IDAT", b"\x78\xf9" + b"\0" * 40)), "refuse", "a stream that wants a dictionary")


def jpeg_bombs(add, quick):
    codes = jpeg_huffman(0x00, [(2, 0)]) + jpeg_huffman(0x10, [(2, 0)])
    start = b"\xff\xd8" + JPEG_QUANTA
    add("jpeg-65500.jpg", start + jpeg_frame(0xC0, 65500, 65500) + codes + jpeg_scan([1], 0, 63, 0, b"\0" * 500) + b"\xff\xd9", "large", "4 milliard pixels in 700 bytes")
    add("jpeg-65535-rgb.jpg", start + jpeg_frame(0xC0, 65535, 65535, 3, sampling=0x22) + codes + jpeg_scan([1, 2, 3], 0, 63, 0, b"\0" * 500) + b"\xff\xd9", "large", "the same in colour")
    add("jpeg-65535-progressive.jpg", start + jpeg_frame(0xC2, 65535, 65535, 3) + codes + jpeg_scan([1, 2, 3], 0, 0, 0, b"\0" * 500) + b"\xff\xd9", "large", "the same, progressive: decoders hold every coefficient")
    add("jpeg-late-size.jpg", start + jpeg_frame(0xC0, 64, 64) + codes + jpeg_frame(0xC0, 65535, 65535) + jpeg_scan([1], 0, 63, 0, b"\0" * 500) + b"\xff\xd9", "refuse", "two frame headers")
    # One block row of DC, then scan upon scan of nothing, each going through a million blocks.
    def progressive(width, height, scans):
        blocks = ((width + 7) // 8) * ((height + 7) // 8)
        head = start + jpeg_frame(0xC2, width, height) + jpeg_huffman(0x00, [(1, 0)])
        head += jpeg_huffman(0x10, [(1, 0xE0), (2, 0)])
        body = jpeg_scan([1], 0, 0, 0, bits("0" * blocks))
        runs, left = "", blocks
        while left >= 1 << 14:
            take = min(left, (1 << 15) - 1)
            runs += "0" + format(take - (1 << 14), "014b")
            left -= take
        runs += "10" * left
        band = bits(runs)
        return head + body + b"".join(jpeg_scan([1], 1 + i % 63, 1 + i % 63, 0, band) for i in range(scans)) + b"\xff\xd9"

    add("jpeg-10000-scans.jpg", progressive(64, 64, 10000), "bounded", "10,000 scans of a small picture")
    if not quick:
        add("jpeg-slow-scans.jpg", progressive(7968, 7968, 1000), "bounded", "1000 scans of 63 MP: minutes of work in 300 KB")
    head = start + jpeg_frame(0xC0, 64, 0) + codes + jpeg_scan([1], 0, 63, 0, bits("0000" * 64))
    add("jpeg-dnl.jpg", head + jpeg_segment(0xDC, struct.pack(">H", 64)) + b"\xff\xd9", "judged", "the height comes after the scan (DNL)")
    add("jpeg-dnl-giant.jpg", start + jpeg_frame(0xC0, 65535, 0) + codes + jpeg_scan([1], 0, 63, 0, b"\0" * 64) + jpeg_segment(0xDC, b"\xff\xff") + b"\xff\xd9", "refuse", "a giant height after the scan")
    add("jpeg-dnl-changes.jpg", start + jpeg_frame(0xC0, 64, 64) + codes + jpeg_scan([1], 0, 63, 0, bits("0000" * 64)) + jpeg_segment(0xDC, b"\xff\xff") + b"\xff\xd9", "judged", "the height is said again, larger")


def jpeg_laden(add, photo, quick):
    def with_segments(segments):
        return photo[:2] + segments + photo[2:]

    add("jpeg-many-comments.jpg", with_segments(jpeg_segment(0xFE, MARK) * 100000), "bounded", "100,000 comments")
    add("jpeg-many-tables.jpg", with_segments(jpeg_segment(0xDB, b"\0" + b"\x10" * 64) * 20000), "bounded", "20,000 tables")
    profile = b"".join(jpeg_segment(0xE2, b"ICC_PROFILE\0" + bytes([i + 1, 255]) + b"\0" * 65000) for i in range(255))
    add("jpeg-profile-16-mb.jpg", with_segments(profile), "bounded", "16 MB of profile")
    loop = b"Exif\0\0MM\0*\0\0\0\x08\0\x01\x87\x69\0\x04\0\0\0\x01\0\0\0\x08\0\0\0\x08"
    add("jpeg-exif-loop.jpg", with_segments(jpeg_segment(0xE1, loop)), "bounded", "an EXIF folder that names itself, and comes after itself")
    wide = b"Exif\0\0MM\0*\0\0\0\x08\xff\xff" + b"\x01\x12\0\x03\0\0\0\x01\0\x06\0\0" * 5000
    add("jpeg-exif-many.jpg", with_segments(jpeg_segment(0xE1, wide)), "bounded", "an EXIF folder of 65,535 entries")
    far = b"Exif\0\0II*\0\xff\xff\xff\xff"
    add("jpeg-exif-far.jpg", with_segments(jpeg_segment(0xE1, far)), "bounded", "an EXIF folder beyond the end")
    turn = b"Exif\0\0MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\x63\0\0\0\0\0\0"
    add("jpeg-orientation-99.jpg", with_segments(jpeg_segment(0xE1, turn)), "bounded", "orientation 99")
    if not quick:
        add("jpeg-exif-60-mb.jpg", with_segments(jpeg_segment(0xE1, b"Exif\0\0" + b"\0" * 65500) * 915), "bounded", "60 MB of EXIF in 915 segments")
    place = photo.index(b"\xff\xc0") if b"\xff\xc0" in photo else photo.index(b"\xff\xc2")
    for kind, why in [(0xC3, "lossless"), (0xC5, "differential"), (0xC9, "arithmetic"), (0xCB, "lossless arithmetic"), (0xC8, "reserved")]:
        add("jpeg-sof-%02x.jpg" % kind, photo[:place + 1] + bytes([kind]) + photo[place + 2:], "judged", "says that it is " + why)
    add("jpeg-12-bits.jpg", photo[:place + 4] + b"\x0c" + photo[place + 5:], "refuse", "12 bits a sample")
    add("jpeg-255-components.jpg", photo[:place + 9] + b"\xff" + photo[place + 10:], "refuse", "255 components")
    add("jpeg-no-width.jpg", photo[:place + 7] + b"\0\0" + photo[place + 9:], "refuse", "no width")
    add("jpeg-sampling-0.jpg", photo[:place + 11] + b"\0" + photo[place + 12:], "refuse", "no samples")
    add("jpeg-sampling-44.jpg", photo[:place + 11] + b"\x44" + photo[place + 12:], "judged", "16 luma samples for one of chroma")
    add("jpeg-taller.jpg", photo[:place + 5] + b"\x1f\x00" + photo[place + 7:], "judged", "says more rows than there are")
    add("jpeg-short-segment.jpg", photo[:2] + b"\xff\xe1\0\0" + photo[2:], "judged", "a segment shorter than its length")
    add("jpeg-only-markers.jpg", b"\xff\xd8" + b"\xff" * 100000, "refuse", "fill bytes and nothing else")
    add("jpeg-many-starts.jpg", b"\xff\xd8" * 50000 + photo[2:], "judged", "50,000 starts")
    add("jpeg-no-scan.jpg", photo[:photo.index(b"\xff\xda")] + b"\xff\xd9", "refuse", "no scan")


def gif_bombs(add, quick):
    add("gif-screen-65535.gif", gif(65535, 65535, [gif_frame(1, 1)]), "large", "a giant screen with a frame of one pixel")
    add("gif-frame-65535.gif", gif(65535, 65535, [gif_frame(65535, 65535)]), "large", "a giant frame with one pixel of data")
    add("gif-frame-outside.gif", gif(16, 16, [gif_frame(65535, 65535)]), "bounded", "a frame that is larger than the screen")
    add("gif-100000-frames.gif", gif(16, 16, [gif_frame(1, 1)] * 100000), "bounded", "100,000 frames")
    add("gif-large-frames.gif", gif(8000, 7900, [gif_frame(1, 1)] * 5000), "bounded", "5000 frames of 63 MP each, if all were made")
    add("gif-no-frame.gif", gif(16, 16, []), "refuse", "no frame")
    add("gif-no-size.gif", gif(0, 0, [gif_frame(1, 1)]), "judged", "no size")
    add("gif-code-size-31.gif", gif(16, 16, [gif_frame(16, 16)]).replace(b"\x02\x02\x44", b"\x1f\x02\x44"), "refuse", "codes of 31 bits")
    add("gif-endless-comments.gif", gif(16, 16, [b"!\xfe" + (b"\xff" + b"x" * 255) * 20000 + b"\0", gif_frame(1, 1)]), "bounded", "5 MB of comment")


def webp_bombs(add):
    lossy = struct.pack("<I", (1 << 19 << 5) | 0x10)[:3] + b"\x9d\x01\x2a" + struct.pack("<HH", 16383, 16383)
    add("webp-16383.webp", riff(b"WEBP", riff_chunk(b"VP8 ", lossy + b"\0" * 200)), "large", "268 MP in 230 bytes")
    lossless = b"\x2f" + struct.pack("<I", 16383 | 16383 << 14) + b"\0" * 40
    add("webp-lossless-16384.webp", riff(b"WEBP", riff_chunk(b"VP8L", lossless)), "large", "268 MP without loss in 60 bytes")
    canvas = struct.pack("<I", 0x02)[:4] + b"\xff\xff\xff" * 2
    frame = b"\0" * 6 + struct.pack("<I", 15)[:3] * 2 + b"\x0a\0\0\0" + riff_chunk(b"VP8L", b"\x2f" + struct.pack("<I", 15 | 15 << 14) + b"\0" * 8)
    add("webp-canvas-16m.webp", riff(b"WEBP", riff_chunk(b"VP8X", canvas) + riff_chunk(b"ANIM", b"\0" * 6) + riff_chunk(b"ANMF", frame)), "large", "a canvas of 16 million squared")
    small = struct.pack("<I", 0x02) + struct.pack("<I", 15)[:3] * 2
    add("webp-20000-frames.webp", riff(b"WEBP", riff_chunk(b"VP8X", small) + riff_chunk(b"ANIM", b"\0" * 6) + riff_chunk(b"ANMF", frame) * 20000), "bounded", "20,000 frames")
    add("webp-many-chunks.webp", riff(b"WEBP", riff_chunk(b"VP8X", b"\0" * 4 + struct.pack("<I", 15)[:3] * 2) + riff_chunk(b"JUNK", b"x") * 100000), "refuse", "100,000 chunks and no picture")
    add("webp-length.webp", b"RIFF\xff\xff\xff\xffWEBPVP8 \xff\xff\xff\xff" + b"\0" * 100, "refuse", "lengths of 4 GB")


def heif_bombs(add, avif):
    add("heif-deep.avif", heif(deep(2000)), "refuse", "2000 boxes in each other")
    add("heif-grid-of-itself.avif", heif_grid(1024, 1024, 16, 16, [1] * 256), "refuse", "a grid whose tiles are the grid")
    add("heif-grid-giant.heic", heif_grid(2**31 - 1, 2**31 - 1, 256, 256, [2] * 65535), "refuse", "a grid of 65,535 tiles that are not there")
    items = full_box(b"iinf", struct.pack(">I", 2**32 - 1), version=1)
    add("heif-items.avif", heif(full_box(b"hdlr", b"\0" * 4 + b"pict" + b"\0" * 13) + items), "refuse", "says four milliard items")
    add("heif-places.avif", heif(full_box(b"iloc", struct.pack(">BBI", 0x44, 0, 2**32 - 1), version=2)), "refuse", "says four milliard places")
    add("heif-empty.avif", heif(b""), "refuse", "no items")
    add("heif-size-0.avif", box(b"ftyp", b"avif\0\0\0\0avifmif1") + box(b"meta", b"\0" * 20, size=0), "refuse", "a box without an end")
    add("heif-size-4.avif", box(b"ftyp", b"avif\0\0\0\0avifmif1") + struct.pack(">I", 4) + b"meta" * 100, "refuse", "a box smaller than its head")
    if avif and b"ispe" in avif:
        place = avif.index(b"ispe") + 8
        add("avif-65535.avif", avif[:place] + struct.pack(">II", 65535, 65535) + avif[place + 8:], "large", "says 4 milliard pixels, holds few")
        add("avif-2g.avif", avif[:place] + struct.pack(">II", 2**31 - 1, 2**31 - 1) + avif[place + 8:], "refuse", "the largest sides")


def deep(levels):
    made = b""
    for _ in range(levels):
        made = box(b"iprp", made)
    return made


def tiff_bombs(add):
    def strips(width, height, where=200):
        return [(256, 4, 1, width), (257, 4, 1, height), (258, 3, 1, 8), (259, 3, 1, 1), (262, 3, 1, 1), (273, 4, 1, where), (277, 3, 1, 1), (278, 4, 1, height), (279, 4, 1, 100)]

    add("tiff-giant.tif", tiff(strips(2**31 - 1, 2**31 - 1), after=b"\0" * 300), "refuse", "giant sides")
    add("tiff-loop.tif", tiff(strips(16, 16), next_folder=8, after=b"\0" * 600), "refuse", "a folder that comes after itself")
    add("tiff-counts.tif", tiff([(273, 4, 2**32 - 1, 8), (279, 4, 2**32 - 1, 8)] + strips(16, 16)), "refuse", "counts of four milliard")


def no_pictures(add, photo, drawn):
    svg = b"<?xml version='1.0'?><!DOCTYPE svg [<!ENTITY a 'aaaaaaaaaa'><!ENTITY b '&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;'><!ENTITY x SYSTEM 'file:///etc/passwd'>]><svg xmlns='http://www.w3.org/2000/svg' width='100' height='100'><image href='file:///etc/passwd'/><text>&b;&x;</text></svg>"
    things = {
        "svg": svg, "svg-giant": svg.replace(b"'100'", b"'1000000000'"),
        "pdf": b"%PDF-1.4\n1 0 obj<</Type/Catalog/OpenAction<</S/JavaScript/JS(app.alert(1))>>>>endobj\n%%EOF",
        "mvg": b"push graphic-context\nviewbox 0 0 640 480\nimage over 0,0 0,0 '/etc/passwd'\npop graphic-context",
        "msl": b"<?xml version='1.0'?><image><read filename='/etc/passwd'/><write filename='/tmp/darkroom-hostile-msl'/></image>",
        "eps": b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 100 100\n(/etc/passwd) (r) file pop\nshowpage",
        "xmp-sidecar": b"<?xpacket begin='' id='W5M0MpCehiHzreSzNTczkc9d'?><x:xmpmeta xmlns:x='adobe:ns:meta/'/>",
        "html": b"<!doctype html><script>alert(1)</script>", "text": b"no picture at all\n", "empty": b"", "one-byte": b"\x89",
        "zip": b"PK\x03\x04" + b"\0" * 60, "bmp": b"BM" + struct.pack("<IIIIiiHHIIIIII", 1000, 0, 54, 40, 100000, 100000, 1, 24, 0, 0, 0, 0, 0, 0),
        "ico": b"\0\0\x01\0\x01\0\0\0\0\0\x01\0\x18\0" + b"\0" * 40, "psd": b"8BPS\0\x01" + b"\0" * 6 + struct.pack(">HIIHH", 3, 30000, 30000, 8, 3),
        "pnm": b"P6 100000 100000 255\n", "pnm-comments": b"P6 " + b"#\n" * 50000, "exr": b"\x76\x2f\x31\x01\x02\0\0\0channels\0", "hdr": b"#?RADIANCE\nFORMAT=32-bit_rle_rgbe\n\n-Y 99999 +X 99999\n",
        "jp2": b"\0\0\0\x0cjP  \r\n\x87\n\0\0\0\x14ftypjp2 ", "jxl-stream": b"\xff\x0a\xff\xff\xff\xff", "mp4": box(b"ftyp", b"isom\0\0\0\0isomavc1") + box(b"moov"), "elf": b"\x7fELF" + b"\0" * 60,
        "script": b"#!/bin/sh\ntouch /tmp/darkroom-hostile-script\n", "vips": b"\x08\xf2\xa6\xb6" + b"\0" * 60, "fits": b"SIMPLE  =                    T" + b" " * 50, "csv": b"1,2,3\n" * 100, "matrix": b"2 2\n1 2\n3 4\n",
    }
    for name, data in things.items():
        for suffix in ("jpg", "png"):
            add("not-%s.%s" % (name, suffix), data, "refuse", name + " under the suffix of a picture")
    tail = b"PK\x03\x04" + MARK + b"PK\x05\x06" + b"\0" * 18
    add("polyglot-jpeg-zip.jpg", photo + tail, "bounded", "a JPEG that is a ZIP too")
    add("polyglot-png-html.png", drawn + b"<script>" + MARK + b"</script>", "bounded", "a PNG that is a page too")
    add("polyglot-jpeg-in-comment.jpg", photo[:2] + jpeg_segment(0xFE, b"<?php " + MARK + b" ?>") + photo[2:], "bounded", "a JPEG that is a script too")
    add("polyglot-pdf-jpeg.jpg", b"%PDF-1.4\n" + photo, "refuse", "a PDF with a JPEG behind")
    add("polyglot-gif-script.gif", b"GIF89a=1;/*" + b"\0" * 20 + b"*/alert(1)", "refuse", "a script that begins as a GIF")
    add("polyglot-jpeg-png.jpg", photo + drawn, "bounded", "a JPEG with a PNG behind")


def odd_names(add, photo, drawn):
    for name in ["x.png[page=9]", "x.jpg[shrink=8]", "x.png[n=-1,unlimited].png", "msl:x.png", "mvg:x.jpg", "|touch darkroom-hostile.png", "@x.png", "-o.png", "--output.png", "x.png;id.png", "$(id).png", "%d.png", "x\u202egnp.jpg", "x.svg", "x.pdf", "ephemeral:x.png", "https:x.png", "CON.png", "x.png "]:
        add(name, drawn if "png" in name else photo, "accept", "a good picture under this name")
    add("png-inside.jpg", drawn, "accept", "a PNG under the suffix of a JPEG")
    add("jpeg-inside.png", photo, "accept", "a JPEG under the suffix of a PNG")


def good_files(folder):
    """A small picture in every format that can be made here."""
    made = {}
    base = os.path.join(folder, ".base")
    os.makedirs(base, exist_ok=True)
    small = os.path.join(base, "small.png")
    commands = {
        "png": ["vips", "thumbnail", SAMPLE, small + "[strip]", "96"],
        "jpg": ["vips", "jpegsave", small, base + "/a.jpg", "--Q", "85", "--strip"],
        "progressive.jpg": ["vips", "jpegsave", small, base + "/a.progressive.jpg", "--Q", "85", "--strip", "--interlace", "--optimize-coding"],
        "webp": ["vips", "webpsave", small, base + "/a.webp", "--strip"],
        "lossless.webp": ["vips", "webpsave", small, base + "/a.lossless.webp", "--lossless", "--strip"],
        "gif": ["vips", "gifsave", small, base + "/a.gif"],
        "avif": ["vips", "heifsave", small, base + "/a.avif", "--compression", "av1", "--effort", "0", "--strip"],
        "heic": ["vips", "heifsave", small, base + "/a.heic", "--compression", "hevc", "--strip"],
        "tif": ["vips", "tiffsave", small, base + "/a.tif", "--compression", "deflate"],
    }
    for kind, command in commands.items():
        done = subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False)
        path = small if kind == "png" else os.path.join(base, "a." + kind)
        if done.returncode == 0 and os.path.exists(path):
            made[kind] = open(path, "rb").read()
        else:
            print("no %s can be made here" % kind, file=sys.stderr)
    return made


def damaged(add, good, flips):
    dice = random.Random(20260403)
    for kind, data in good.items():
        fate = "refuse" if kind == "tif" else "judged"
        for tenth in range(1, 10):
            add("cut-%d.%s" % (tenth, kind), data[:len(data) * tenth // 10], "refuse", "%d tenths of a good file" % tenth)
        add("cut-last.%s" % kind, data[:-1], fate, "without its last byte")
        for number in range(flips):
            broken = bytearray(data)
            for _ in range(dice.choice([1, 1, 1, 2, 4, 16])):
                broken[dice.randrange(len(broken))] ^= 1 << dice.randrange(8) if dice.random() < 0.5 else dice.randrange(1, 256)
            add("flip-%03d.%s" % (number, kind), bytes(broken), fate, "bytes changed")


def main():
    arguments = sys.argv[1:]
    quick = "--quick" in arguments
    flips = int(arguments[arguments.index("--flips") + 1]) if "--flips" in arguments else (10 if quick else 200)
    collection = Collection(arguments[0])
    good = good_files(arguments[0])
    photo, drawn = good["jpg"], good["png"]
    add = collection.add
    png_bombs(add, quick)
    png_broken(add)
    jpeg_bombs(add, quick)
    jpeg_laden(add, photo, quick)
    gif_bombs(add, quick)
    webp_bombs(add)
    heif_bombs(add, good.get("avif"))
    tiff_bombs(add)
    no_pictures(add, photo, drawn)
    odd_names(add, photo, drawn)
    damaged(add, good, flips)
    collection.close()
    print("%d files" % len(collection.index))


main()
