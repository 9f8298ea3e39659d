"""Read MNIST and CIFAR-10 from a folder in torchvision's layout, after a check that the files are whole.

Each reader gives None where the folder has nothing of the kind, and raises DataNotFound where it has files that
cannot be used, with the file's name. Nothing in a file is executed, and no memory is asked for before its claims
were compared with its size.
"""

import gzip
import hashlib
import os
import struct
import zlib
from math import prod
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from dcgan_course.data.decoded import decode_pictures
from dcgan_course.data.pickles import PickleError, read_batch
from dcgan_course.data.regular import open_regular
from dcgan_course.errors import DataNotFound

DIGIT_NAMES = tuple("0123456789")
CIFAR10_NAMES = ("airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck")
CHANGED_MNIST = "other content, not the published MNIST"
JPEG_COPY = "JPEG copy, quality 75"
JPEG_FILES_PER_CLASS = {"train": 5000, "test": 1000}

MNIST_PLACES = ("MNIST/raw", "MNIST", ".")
MNIST_SUMS = {  # md5, of the unpacked files
    "train-images-idx3-ubyte": "6bbc9ace898e44ae57da46a324031adb",
    "train-labels-idx1-ubyte": "a25bea736e30d166cdddb491f175f624",
    "t10k-images-idx3-ubyte": "2646ac647ad5339dbf082846283269ea",
    "t10k-labels-idx1-ubyte": "27ae3e4e09519cfbb04c329615203637",
}
MOST_DIGITS = 1_000_000  # MNIST has 70,000; the largest set in its format 814,255
CIFAR10_SUMS = {  # md5, as torchvision has them
    "train": {
        "data_batch_1": "c99cafc152244af753f735de768cd75f",
        "data_batch_2": "d4bba439e000b95fd0a9bffe97cbabec",
        "data_batch_3": "54ebc095f3ab1f0389bbae665268c751",
        "data_batch_4": "634d18415352ddfa80567beed471001a",
        "data_batch_5": "482c414d41f54cd18b22e5b47cb7c3cb",
    },
    "test": {"test_batch": "40351d587109b95175f43aff81a1287e"},
}
LARGEST_BATCH = 1 << 26  # bytes; the published batches have less than half

Read = tuple[Tensor, Tensor, str]  # pictures (N, C, H, W) uint8, labels (N,) int64, and a remark or ""


def read_mnist(folder: Path, split: str) -> Read | None:
    """Pictures (N, 1, 28, 28) uint8, labels (N,) int64 and a remark for the MNIST in `folder`, or None.

    The files lie in `MNIST/raw`, in `MNIST` or in the folder itself, unpacked or as .gz, with dots or hyphens in their
    names. They are in the idx format: a header of big-endian numbers (2051 or 2049, then the sizes), then the bytes.
    Where the md5 sums are not those of the published files, a line and the remark say so.
    """
    place = next((place for place in MNIST_PLACES if any(_spelled(folder / place, name) for name in MNIST_SUMS)), None)
    if place is None and not (folder / MNIST_PLACES[0]).is_dir():
        return None
    prefix, place = "train" if split == "train" else "t10k", place or MNIST_PLACES[0]
    images, image_sum = _read_idx(folder, place, f"{prefix}-images-idx3-ubyte", (28, 28))
    labels, label_sum = _read_idx(folder, place, f"{prefix}-labels-idx1-ubyte", ())
    if len(images) != len(labels) or labels.max() > 9:
        raise DataNotFound(f"the two {prefix} files in {place} do not belong together")
    published = [MNIST_SUMS[f"{prefix}-{kind}-ubyte"] for kind in ("images-idx3", "labels-idx1")]
    remark = "" if [image_sum, label_sum] == published else CHANGED_MNIST
    if remark:
        print(f"Note: the {prefix} files in {place} have other md5 sums than MNIST's: they hold {remark}.")
    return torch.from_numpy(images[:, None]), torch.from_numpy(labels.astype(np.int64)), remark


def _spelled(place: Path, name: str) -> Path | None:
    """The file of MNIST in a folder, however it is spelled; unpacked before packed. None if it is not there.

    Some archives unpack into a folder of the file's own name: then the file is looked for in there.
    """
    try:
        with os.scandir(place) as entries:
            found = [entry for entry in entries if _plain(entry.name) == name]
    except OSError:
        return None
    for entry in sorted(found, key=lambda entry: (entry.name.lower().endswith(".gz"), entry.name)):
        inside = _spelled(place / entry.name, name) if entry.is_dir() else place / entry.name
        if inside:
            return inside
    return None


def _plain(name: str) -> str:
    return name.lower().removesuffix(".gz").replace(".", "-")


def _read_idx(folder: Path, place: str, wanted: str, sides: tuple[int, ...]) -> tuple[NDArray[np.uint8], str]:
    """The bytes (N, *sides) of an idx file, packed or not, and its md5 sum."""
    path = _spelled(folder / place, wanted)
    name = f"{place}/{path.name if path else wanted}".removeprefix("./")
    if path is None:
        raise DataNotFound(f"{name} is missing")
    dimensions = 1 + len(sides)
    with open_regular(path) as stored:
        packed = stored.read(2) == b"\x1f\x8b"  # some browsers unpack and keep the ending, so the bytes decide
        present = os.fstat(stored.fileno()).st_size
        stored.seek(0)
        file = gzip.GzipFile(fileobj=stored) if packed else stored
        try:
            header = file.read(4 + 4 * dimensions)
            if len(header) < 4 + 4 * dimensions:
                raise DataNotFound(f"{name} has only {len(header)} bytes")
            magic, *shape = struct.unpack(f">{1 + dimensions}I", header)
            if magic != 0x800 + dimensions or 0 in shape:
                raise DataNotFound(f"{name} is not an idx file of MNIST")
            if tuple(shape[1:]) != sides or shape[0] > MOST_DIGITS:
                claimed, allowed = ("×".join(map(str, each)) for each in (shape, (f"up to {MOST_DIGITS:,}", *sides)))
                raise DataNotFound(f"{name} claims to hold {claimed} bytes, but MNIST's format has {allowed}")
            expected = len(header) + prod(shape)
            if packed or present == expected:
                content = bytearray(file.read(prod(shape) + 1))
                present = len(header) + len(content)
        except (EOFError, zlib.error, gzip.BadGzipFile) as problem:
            raise DataNotFound(f"{name} is not whole") from problem
    if present != expected:
        raise DataNotFound(f"{name} has {present:,} bytes where its header promises {expected:,}")
    checksum = hashlib.md5(header, usedforsecurity=False)
    checksum.update(content)
    return np.frombuffer(content, np.uint8).reshape(shape), checksum.hexdigest()


def read_cifar10(folder: Path, split: str) -> Read | None:
    """Pictures (N, 3, 32, 32) uint8, labels (N,) int64 and a remark for CIFAR-10 in `folder`, or None.

    Two layouts: `cifar-10-batches-py` as torchvision has it (with the published md5 sums), then
    `cifar10-jpeg/{train,test}/CLASS/NNNN.jpg`, a JPEG copy: the remark says so.
    """
    problem = None
    if (folder / "cifar-10-batches-py").is_dir():
        try:
            return _read_batches(folder, split)
        except DataNotFound as error:
            problem = error
    if (folder / "cifar10-jpeg").is_dir():
        return _read_jpeg_copy(folder / "cifar10-jpeg" / split, split)
    if problem:
        raise problem
    if (folder / "cifar-10-python.tar.gz").exists():
        raise DataNotFound("cifar-10-python.tar.gz is still packed: unpack it where it lies")
    return None


def _read_batches(folder: Path, split: str) -> Read:
    """Each batch is compared with its published sum, then read by a reader that cannot execute anything."""
    parts, labels = [], []
    for name, md5 in CIFAR10_SUMS[split].items():
        name = f"cifar-10-batches-py/{name}"
        try:
            with open_regular(folder / name) as file:
                content = file.read(LARGEST_BATCH)
        except FileNotFoundError:
            content = b""
        if hashlib.md5(content, usedforsecurity=False).hexdigest() != md5:
            raise DataNotFound(f"{name} is missing or not whole")
        try:
            pixels, numbers = read_batch(content)
        except PickleError as problem:
            raise DataNotFound(f"{name} cannot be used: {problem}") from problem
        parts.append(pixels)
        labels += numbers
    images = np.concatenate(parts).reshape(-1, 3, 32, 32)
    return torch.from_numpy(images), torch.tensor(labels), ""


def _read_jpeg_copy(folder: Path, split: str) -> Read:
    """The classes take turns, so that pictures in the stored order are already mixed."""
    wanted, columns = JPEG_FILES_PER_CLASS[split], []
    for name in CIFAR10_NAMES:
        files = sorted(path.name for path in (folder / name).glob("*.jpg"))
        if len(files) != wanted:
            raise DataNotFound(f"cifar10-jpeg/{split}/{name} has {len(files):,} of {wanted:,} pictures")
        columns.append([f"{name}/{file}" for file in files])
    names = [name for turn in zip(*columns, strict=True) for name in turn]
    decoded = decode_pictures(folder, names, (32, 32))
    if decoded.skipped:
        raise DataNotFound(f"cifar10-jpeg/{split}/{next(iter(decoded.skipped))} cannot be read")
    return decoded.images, torch.arange(10).repeat(wanted), JPEG_COPY
