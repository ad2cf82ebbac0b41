"""The C kernels, compiled aside and called from here."""

import ctypes
import glob
import os
import subprocess
import tempfile

import numpy as np

SOURCES = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "Sources", "CPixels")


class Plane(ctypes.Structure):
    _fields_ = [("samples", ctypes.c_void_p), ("width", ctypes.c_int), ("height", ctypes.c_int),
                ("stride", ctypes.c_ssize_t)]


class Order(ctypes.Structure):
    _fields_ = [(name, ctypes.c_int) for name in (
        "scaled_width", "scaled_height", "canvas_width", "canvas_height", "bank", "share", "threads")]


class Choice(ctypes.Structure):
    _fields_ = [("bank", ctypes.c_int), ("share", ctypes.c_int)]


class Trial(ctypes.Structure):
    _fields_ = [(name, ctypes.c_int64) for name in ("fourth", "second", "missing", "both", "added", "samples")]


class Look(ctypes.Structure):
    _fields_ = [(name, ctypes.c_int64) for name in (
        "fourth", "second", "places", "strong", "quiet_fourth", "quiet_second", "quiet_level", "grid_across", "off_across",
        "grid_down", "off_down", "samples")]


FACTS = 14  # BANK_FACTS


def compiled(table=None):
    """A library of the kernels as they are in the sources now, or with another table of the banks."""
    folder = tempfile.mkdtemp()
    library = os.path.join(folder, "pixels.so")
    files = sorted(glob.glob(os.path.join(SOURCES, "*.c")))
    if table:
        files = [table if os.path.basename(file) == "bank_table.c" else file for file in files]
    subprocess.run(
        [os.environ.get("CC", "cc"), "-std=gnu17", "-O3", "-shared", "-fPIC", "-pthread", "-D_Nullable=", "-D_Nonnull=",
         "-Wno-unknown-pragmas", "-I", os.path.join(SOURCES, "include"), "-I", SOURCES, *files, "-o", library,
         "-ljpeg", "-lturbojpeg", "-lisal", "-ldeflate", "-lm"], check=True)
    library = ctypes.CDLL(library)
    library.kn_bank_choose.restype = library.kn_render_choose.restype = Choice
    return library


LIBRARY = compiled()


def use(table):
    """From now on another table of the banks."""
    global LIBRARY
    LIBRARY = compiled(table)


def plane(samples):
    return ctypes.byref(Plane(samples.ctypes.data, samples.shape[1], samples.shape[0], samples.strides[0]))


def nearest(luma, leaning=1.0):
    """The bank for a picture, or 0; as if it were a little sharper or softer than it is."""
    look = Look()
    LIBRARY.bank_look_at(plane(luma), ctypes.byref(look))
    look.fourth = int(look.fourth * leaning)
    return LIBRARY.bank_nearest(ctypes.byref(look))


def judged(luma, factor):
    """The bank that is nearest, whether the guards let the picture pass, and the facts that the trees judge by."""
    look, trial, facts = Look(), Trial(), (ctypes.c_int32 * FACTS)()
    LIBRARY.bank_look_at(plane(luma), ctypes.byref(look))
    bank = LIBRARY.bank_nearest(ctypes.byref(look))
    if not 0 < bank <= LIBRARY.kn_bank_count():
        return 0, False, []
    assert LIBRARY.bank_try(plane(luma), LIBRARY.bank_tried(ctypes.byref(look)), ctypes.byref(trial)) == 0
    LIBRARY.bank_facts(ctypes.byref(look), ctypes.byref(trial), bank, ctypes.c_double(factor), facts)
    return bank, LIBRARY.bank_suiting(ctypes.byref(look)) > 0, list(facts)


def choose(luma, factor):
    return LIBRARY.kn_bank_choose(plane(luma), ctypes.c_double(factor))


def detail(luma, bank):
    """What a bank adds at twice the size, in levels."""
    out = np.empty((2 * luma.shape[0], 2 * luma.shape[1]), np.int16)
    result = LIBRARY.kn_bank_detail(
        plane(luma), bank, 0, out.shape[0], ctypes.c_void_p(out.ctypes.data), ctypes.c_ssize_t(out.shape[1]))
    assert result == 0
    return out / 64


def rendered(colours, height, width, detail=None):
    """What the product makes of a picture (height, width, 3), or of luma alone as it makes it of a grey one, and with which bank.
    `detail`: bank and share, where the product is not to choose them."""
    grey = colours.ndim == 2
    samples = [np.ascontiguousarray(colours if grey else colours[:, :, colour]) for colour in range(3)]
    planes = (Plane * 3)(*(Plane(one.ctypes.data, one.shape[1], one.shape[0], one.strides[0]) for one in samples))
    order = Order(width, height, width, height, 0, 0, 1)
    if detail is None:
        chosen = LIBRARY.kn_render_choose(planes, ctypes.byref(order))
        detail = chosen.bank, chosen.share
    order.bank, order.share = detail
    out = np.empty((height, width, 3), np.uint8)
    assert LIBRARY.kn_render_rgb(planes, ctypes.byref(order), ctypes.c_void_p(out.ctypes.data)) == 0
    return out[:, :, 0] if grey else out, order.bank
