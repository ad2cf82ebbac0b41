#!/usr/bin/env python3
"""Puts an EXIF block with a maker note into a JPEG file; exiftool keeps maker notes but can not make one."""
import struct
import sys


def entry(tag, kind, count, value):
    return struct.pack(">HHI", tag, kind, count) + value


def block():
    maker = b"EXAMPLE\0"
    note = b"EXAMPLECAM\0\0body=EX-0042-1977;owner=Jane Example;shutter=48211;focus=eye\0"
    primary_at, exif_at = 8, 8 + 2 + 2 * 12 + 4
    data_at = exif_at + 2 + 12 + 4
    primary = struct.pack(">H", 2)
    primary += entry(0x010F, 2, len(maker), struct.pack(">I", data_at))
    primary += entry(0x8769, 4, 1, struct.pack(">I", exif_at)) + struct.pack(">I", 0)
    exif = struct.pack(">H", 1)
    exif += entry(0x927C, 7, len(note), struct.pack(">I", data_at + len(maker))) + struct.pack(">I", 0)
    return b"MM\0*" + struct.pack(">I", primary_at) + primary + exif + maker + note


def main():
    source, target = sys.argv[1:]
    with open(source, "rb") as file:
        picture = file.read()
    if picture[:2] != b"\xff\xd8":
        sys.exit("not a JPEG file")
    body = b"Exif\0\0" + block()
    segment = b"\xff\xe1" + struct.pack(">H", len(body) + 2) + body
    with open(target, "wb") as file:
        file.write(picture[:2] + segment + picture[2:])


main()
