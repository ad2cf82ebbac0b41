"""The C kernels of the filter bank, compiled aside and called from here."""

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


class Look(ctypes.Structure):
    _fields_ = [(name, ctypes.c_int64) for name in (
        "fourth", "second", "places", "quiet_fourth", "quiet_second", "quiet_level", "grid", "off_grid", "samples")]


def compiled():
    """A library of the kernels as they are in the sources now."""
    folder = tempfile.mkdtemp()
    library = os.path.join(folder, "bank.so")
    files = sorted(glob.glob(os.path.join(SOURCES, "bank*.c"))) + [os.path.join(SOURCES, "processor.c")]
    subprocess.run(
        [os.environ.get("CC", "cc"), "-std=gnu17", "-O3", "-shared", "-fPIC", "-pthread", "-D_Nullable=", "-D_Nonnull=",
         "-Wno-unknown-pragmas", "-I", os.path.join(SOURCES, "include"), *files, "-o", library], check=True)
    return ctypes.CDLL(library)


LIBRARY = compiled()


def plane(samples):
    return ctypes.byref(Plane(samples.ctypes.data, samples.shape[1], samples.shape[0], samples.strides[0]))


def buckets(luma):
    out = np.empty(luma.shape, np.uint8)
    assert LIBRARY.bank_buckets(plane(luma), ctypes.c_void_p(out.ctypes.data)) == 0
    return out


def suiting(luma, leaning=1.0):
    """The bank for a picture, or 0; as if it were a little sharper or softer than it is."""
    look = Look()
    LIBRARY.bank_look_at(plane(luma), ctypes.byref(look))
    look.fourth = int(look.fourth * leaning)
    return LIBRARY.bank_suiting(ctypes.byref(look))


def choose(luma):
    return LIBRARY.kn_bank_choose(plane(luma))


def double(luma, bank):
    out = np.empty((2 * luma.shape[0], 2 * luma.shape[1]), np.uint8)
    result = LIBRARY.kn_bank_double(
        plane(luma), bank, 0, out.shape[0], ctypes.c_void_p(out.ctypes.data), ctypes.c_ssize_t(out.strides[0]))
    assert result == 0
    return out
