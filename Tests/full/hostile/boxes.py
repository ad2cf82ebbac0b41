"""Small builders of the containers that pictures come in: just enough to make them say what no encoder would."""

import struct
import zlib


def png_chunk(kind, data=b""):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png(width, height, rows, depth=8, colour=2, interlace=0, before=b"", between=b"", after=b"", end=True):
    """`rows` are what the IDAT chunk inflates to."""
    head = struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, interlace)
    body = png_chunk(b"IDAT", deflated(rows)) if rows is not None else b""
    tail = png_chunk(b"IEND") if end else b""
    return b"\x89PNG\r\n\x1a\n" + png_chunk(b"IHDR", head) + before + body + between + tail + after


def deflated(data):
    """`data` are bytes, or pairs of a byte string and how often it stands there, so that large streams take no memory."""
    if isinstance(data, bytes):
        return zlib.compress(data, 9)
    packer = zlib.compressobj(9)
    made = []
    for piece, times in data:
        block = piece * min(times, max(1, (1 << 20) // max(1, len(piece))))
        full, rest = divmod(times, len(block) // len(piece))
        made += [packer.compress(block) for _ in range(full)] + [packer.compress(piece * rest)]
    return b"".join(made) + packer.flush()


def small_rows(width=16, height=16, channels=3):
    return b"".join(b"\0" + bytes((x * 9 + y * 5 + c * 60) % 256 for x in range(width) for c in range(channels))
                    for y in range(height))


def jpeg_segment(marker, data=b""):
    return bytes([0xFF, marker]) + struct.pack(">H", len(data) + 2) + data


def jpeg_frame(kind, width, height, components=1, precision=8, sampling=0x11):
    parts = b"".join(bytes([i + 1, sampling if i == 0 else 0x11, 0]) for i in range(components))
    return jpeg_segment(kind, struct.pack(">BHHB", precision, height, width, components) + parts)


def jpeg_huffman(table, codes):
    """`codes`: pairs of a code's length and its value, shortest first."""
    counts = bytes(sum(1 for length, _ in codes if length == n) for n in range(1, 17))
    return jpeg_segment(0xC4, bytes([table]) + counts + bytes(value for _, value in codes))


def jpeg_scan(components, first, last, approximation, data):
    head = bytes([len(components)]) + b"".join(bytes([c, 0]) for c in components)
    return jpeg_segment(0xDA, head + bytes([first, last, approximation])) + data


JPEG_QUANTA = jpeg_segment(0xDB, b"\0" + b"\x10" * 64)


def bits(text):
    """Bits as JPEG packs them: filled up with ones, each FF stuffed."""
    text += "1" * (-len(text) % 8)
    return int(text, 2).to_bytes(len(text) // 8, "big").replace(b"\xff", b"\xff\0") if text else b""


def riff(kind, data):
    return b"RIFF" + struct.pack("<I", len(data) + 4) + kind + data


def riff_chunk(kind, data):
    return kind + struct.pack("<I", len(data)) + data + b"\0" * (len(data) % 2)


def box(kind, data=b"", size=None):
    return struct.pack(">I", len(data) + 8 if size is None else size) + kind + data


def full_box(kind, data=b"", version=0, flags=0, size=None):
    return box(kind, bytes([version]) + flags.to_bytes(3, "big") + data, size)


def heif(meta, brand=b"avif", after=b""):
    kinds = box(b"ftyp", brand + struct.pack(">I", 0) + b"mif1" + brand + b"miaf")
    return kinds + full_box(b"meta", meta) + after


def heif_grid(width, height, rows, columns, tiles, properties=b""):
    """A picture made of tiles that are items of their own; `tiles` are the items that the grid refers to."""
    handler = full_box(b"hdlr", b"\0" * 4 + b"pict" + b"\0" * 13)
    primary = full_box(b"pitm", struct.pack(">H", 1))
    entry = full_box(b"infe", struct.pack(">HH", 1, 0) + b"grid" + b"\0", version=2)
    items = full_box(b"iinf", struct.pack(">H", 1) + entry)
    grid = struct.pack(">BBBBII", 0, 1, rows - 1, columns - 1, width, height)
    places = full_box(
        b"iloc", struct.pack(">BBHHHHHII", 0x44, 0, 1, 1, 1, 0, 1, 0, len(grid)), version=1)
    references = full_box(b"iref", box(b"dimg", struct.pack(">HH", 1, len(tiles)) + b"".join(
        struct.pack(">H", tile) for tile in tiles)))
    size = full_box(b"ispe", struct.pack(">II", width, height))
    links = full_box(b"ipma", struct.pack(">IHBB", 1, 1, 1, 0x81))
    return heif(handler + primary + items + places + references + box(
        b"iprp", box(b"ipco", size + properties) + links) + box(b"idat", grid))


def tiff(entries, next_folder=0, after=b""):
    """`entries`: tag, type, count, value."""
    folder = struct.pack("<H", len(entries)) + b"".join(struct.pack("<HHII", *entry) for entry in entries)
    return b"II*\0" + struct.pack("<I", 8) + folder + struct.pack("<I", next_folder) + after


def gif(width, height, frames, loops=b""):
    """`frames`: blocks as gif_frame makes them."""
    table = bytes([0, 0, 0, 255, 255, 255])
    return b"GIF89a" + struct.pack("<HHBBB", width, height, 0x80, 0, 0) + table + loops + b"".join(frames) + b";"


def gif_frame(width, height, left=0, top=0, data=b"\x02\x44\x01\x00"):
    """One pixel unless told otherwise."""
    return b"!\xf9\x04\0\x0a\0\0\0," + struct.pack("<HHHHB", left, top, width, height, 0) + b"\x02" + data
