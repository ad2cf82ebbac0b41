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
    _fields_ = [("fourth", ctypes.c_int64), ("second", ctypes.c_int64), ("grain", ctypes.c_int32)]


def compiled():
    """A library of the kernels as they are in the sources now."""
    folder = tempfile.mkdtemp()
    library = os.path.join(folder, "bank.so")
    files = sorted(glob.glob(os.path.join(SOURCES, "bank*.c"))) + [os.path.join(SOURCES, "processor.c")]
    subprocess.run(
        [os.environ.get("CC", "cc"), "-std=gnu17", "-O3", "-shared", "-fPIC", "-pthread", "-D_Nullable=", "-D_Nonnull=",
         "-Wno-unknown-pragmas", "-I", os.path.join(SOURCES, "include"), *files, "-o", library], check=True)
    loaded = ctypes.CDLL(library)
    loaded.bank_look_at.restype = Look
    return loaded


LIBRARY = compiled()


def plane(samples):
    return ctypes.byref(Plane(samples.ctypes.data, samples.shape[1], samples.shape[0], samples.strides[0]))


def buckets(luma):
    out = np.empty(luma.shape, np.uint8)
    assert LIBRARY.bank_buckets(plane(luma), ctypes.c_void_p(out.ctypes.data)) == 0
    return out


def look(luma):
    return LIBRARY.bank_look_at(plane(luma))


def choose(luma):
    return LIBRARY.kn_bank_choose(plane(luma))


def double(luma, bank):
    out = np.empty((2 * luma.shape[0], 2 * luma.shape[1]), np.uint8)
    result = LIBRARY.kn_bank_double(
        plane(luma), bank, 0, out.shape[0], ctypes.c_void_p(out.ctypes.data), ctypes.c_ssize_t(out.strides[0]))
    assert result == 0
    return out
