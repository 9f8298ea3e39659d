"""Read a batch of CIFAR-10 from its pickle, without anything that a pickle can execute.

A pickle is a program: it names functions, and they are called. This reader knows three names, those of a NumPy array,
and puts things of its own in their place, which only keep what they are given. Every other name is refused.
"""

import io
import pickle

import numpy as np
from numpy.typing import NDArray

ROW = 3 * 32 * 32  # bytes of a picture: red, green and blue, each 32×32


class PickleError(Exception):
    """Bytes that are no batch of CIFAR-10. The text says why, in a few words."""


class _Array:
    """What stands for a NumPy array: it keeps its state and does nothing."""

    state: object = None

    def __setstate__(self, state: object) -> None:
        self.state = state


class _Kind:
    """What stands for a NumPy dtype."""

    def __init__(self, name: object = None, *_: object) -> None:
        self.name = name

    def __setstate__(self, state: object) -> None:
        pass


def _empty_array(*_: object) -> _Array:
    return _Array()


class _Reader(pickle.Unpickler):
    KNOWN = {
        ("numpy.core.multiarray", "_reconstruct"): _empty_array,
        ("numpy._core.multiarray", "_reconstruct"): _empty_array,  # as NumPy 2 writes it
        ("numpy", "ndarray"): _Array,
        ("numpy", "dtype"): _Kind,
    }

    def find_class(self, module: str, name: str) -> object:
        if (module, name) not in self.KNOWN:
            raise PickleError(f"it asks for {module}.{name}, which is not read")
        return self.KNOWN[module, name]

    def persistent_load(self, pid: object) -> object:
        raise PickleError("it asks for something outside of it")


def read_batch(content: bytes) -> tuple[NDArray[np.uint8], list[int]]:
    """Return pictures (N, 3072) uint8 and N labels from 0 to 9.

    Raises:
        PickleError: the bytes are something else.
    """
    try:
        batch = _Reader(io.BytesIO(content), encoding="bytes").load()
    except PickleError:
        raise
    except Exception as problem:  # a damaged pickle can raise nearly anything
        raise PickleError("it is not a whole pickle") from problem
    if not isinstance(batch, dict):
        raise PickleError("it holds no batch")
    pixels, labels = (batch.get(key, batch.get(key.encode())) for key in ("data", "labels"))
    if not isinstance(labels, list) or not all(type(label) is int and 0 <= label <= 9 for label in labels):
        raise PickleError("its labels are no list of numbers from 0 to 9")
    return _pixels(pixels, len(labels)), labels


def _pixels(array: object, count: int) -> NDArray[np.uint8]:
    match array:
        case _Array(state=(_, (rows, columns), _Kind(name="u1" | b"u1"), False | 0, bytes(content))):
            if count and (rows, columns) == (count, ROW) and len(content) == count * ROW:
                return np.frombuffer(content, np.uint8).reshape(count, ROW)
    raise PickleError(f"its pictures are not {count} rows of {ROW} bytes")
