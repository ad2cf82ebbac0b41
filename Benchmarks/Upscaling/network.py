"""A network in training: network.c, compiled for this machine and called from here."""

import ctypes
import os
import subprocess
import tempfile

import numpy as np

SIDE = 80       # of the squares that it is shown
BLOCK = 8       # pictures that go to the same half of all: neighbours are of a kind
UNITS = 16      # of what is missing in a level
LAYERS, WIDTH = 4, 12
CHANNELS = [1] + [WIDTH] * (LAYERS - 1) + [4]
HERE = os.path.dirname(os.path.abspath(__file__))


def compiled():
    library = os.path.join(tempfile.mkdtemp(), "network.so")
    subprocess.run(
        [os.environ.get("CC", "cc"), "-std=gnu17", "-O3", "-march=native", "-ffast-math", "-shared", "-fPIC",
         os.path.join(HERE, "network.c"), "-o", library, "-lm"], check=True)
    library = ctypes.CDLL(library)
    library.network_new.restype = ctypes.c_void_p
    library.network_now.restype = library.network_average.restype = ctypes.POINTER(ctypes.c_float)
    library.network_train.restype = ctypes.c_double
    return library


def address(array):
    return ctypes.c_void_p(array.ctypes.data)


class Network:
    def __init__(self, seed):
        self.library = compiled()
        self.handle = ctypes.c_void_p(self.library.network_new(LAYERS, (ctypes.c_int * (LAYERS + 1))(*CHANNELS)))
        count = self.library.network_count(self.handle)
        self.now = np.ctypeslib.as_array(self.library.network_now(self.handle), (count,))
        self.average = np.ctypeslib.as_array(self.library.network_average(self.handle), (count,))
        random = np.random.default_rng(seed)
        for number, (weights, _) in enumerate(self.layers(self.now)):
            weights[:] = random.normal(0, (1.6 / (9 * weights.shape[1])) ** 0.5, weights.shape)
            if number == 0:
                weights[:] = 2 * (weights - weights.mean(axis=2, keepdims=True))
            elif number == LAYERS - 1:
                weights *= 0.3

    def layers(self, parameters):
        """Weights (outputs, inputs, places) and biases of each layer, as views of the parameters."""
        found, at = [], 0
        for inputs, outputs in zip(CHANNELS, CHANNELS[1:]):
            weights = parameters[at:at + 9 * inputs * outputs].reshape(outputs, inputs, 9)
            at += weights.size
            found.append((weights, parameters[at:at + outputs]))
            at += outputs
        return found

    def train(self, squares, missing, order, weights, rate, stages=16, batch=8):
        """Goes through squares in this order, slower and slower; the average of what it was on the way is what is to be used."""
        weights = np.ascontiguousarray(weights, np.float32)
        self.library.network_begin(self.handle)
        for stage, part in enumerate(np.array_split(np.asarray(order, np.int32), stages)):
            rates = [rate * (0.5 + 0.5 * np.cos(np.pi * (stage + more) / stages)) + 1e-5 for more in (0, 1)]
            before, part = ctypes.c_double(), np.ascontiguousarray(part)
            after = self.library.network_train(
                self.handle, address(squares), address(missing), address(part), len(part), address(weights), batch,
                ctypes.c_float(rates[0]), ctypes.c_float(rates[1]), ctypes.byref(before))
            yield after / before.value
