"""Read MNIST and CIFAR-10 from a folder in torchvision's layout, after a check that the files are whole.

Each reader gives None where the folder has nothing of the kind, and raises DataNotFound where it has files that
cannot be used, with the file's name.
"""

import struct
import warnings
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from dcgan_course.data.decoded import decode_pictures
from dcgan_course.errors import DataNotFound

DIGIT_NAMES = tuple("0123456789")
CIFAR10_NAMES = ("airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck")
JPEG_COPY = "JPEG copy, quality 75"
JPEG_FILES_PER_CLASS = {"train": 5000, "test": 1000}

Read = tuple[Tensor, Tensor, str]  # pictures (N, C, H, W) uint8, labels (N,) int64, and a remark or ""


def read_mnist(folder: Path, split: str) -> Read | None:
    """Pictures (N, 1, 28, 28) uint8, labels (N,) int64 and a remark for `folder`/MNIST/raw, or None.

    The files are in the idx format: a header of big-endian numbers (2051 or 2049, then the sizes), then the bytes.
    """
    raw = folder / "MNIST" / "raw"
    if not raw.is_dir():
        return None
    prefix = "train" if split == "train" else "t10k"
    images = _read_idx(raw / f"{prefix}-images-idx3-ubyte", dimensions=3)
    labels = _read_idx(raw / f"{prefix}-labels-idx1-ubyte", dimensions=1)
    if len(images) != len(labels) or images.shape[1:] != (28, 28) or labels.max() > 9:
        raise DataNotFound(f"the two {prefix} files in MNIST/raw do not belong together")
    return torch.from_numpy(images[:, None]), torch.from_numpy(labels.astype(np.int64)), ""


def _read_idx(path: Path, dimensions: int) -> NDArray[np.uint8]:
    name = f"MNIST/raw/{path.name}"
    if not path.is_file():
        raise DataNotFound(f"{name} is missing")
    with open(path, "rb") as file:
        header = file.read(4 + 4 * dimensions)
        if len(header) < 4 + 4 * dimensions:
            raise DataNotFound(f"{name} has only {len(header)} bytes")
        magic, *shape = struct.unpack(f">{1 + dimensions}I", header)
        if magic != 0x800 + dimensions or 0 in shape:
            raise DataNotFound(f"{name} is not an idx file of MNIST")
        expected, present = len(header) + int(np.prod(shape)), path.stat().st_size
        if present != expected:
            raise DataNotFound(f"{name} has {present:,} bytes where its header promises {expected:,}")
        return np.fromfile(file, np.uint8).reshape(shape)


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
    return None


def _read_batches(folder: Path, split: str) -> Read:
    from torchvision.datasets import CIFAR10
    from torchvision.datasets.utils import check_integrity

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # NumPy 2.4 remarks on how the published files were pickled
            data = CIFAR10(folder, train=split == "train", download=False)
    except RuntimeError:
        files = CIFAR10.train_list + CIFAR10.test_list + [[CIFAR10.meta["filename"], CIFAR10.meta["md5"]]]
        broken = [name for name, md5 in files if not check_integrity(folder / CIFAR10.base_folder / name, md5)]
        raise DataNotFound(f"cifar-10-batches-py/{broken[0] if broken else ''} is missing or not whole") from None
    images = torch.from_numpy(np.ascontiguousarray(data.data.transpose(0, 3, 1, 2)))
    return images, torch.tensor(data.targets), ""


def _read_jpeg_copy(folder: Path, split: str) -> Read:
    """The classes take turns, so that pictures in the stored order are already mixed."""
    wanted, columns = JPEG_FILES_PER_CLASS[split], []
    for name in CIFAR10_NAMES:
        files = sorted(path.name for path in (folder / name).glob("*.jpg"))
        if len(files) != wanted:
            raise DataNotFound(f"cifar10-jpeg/{split}/{name} has {len(files):,} of {wanted:,} pictures")
        columns.append([f"{name}/{file}" for file in files])
    names = [name for turn in zip(*columns, strict=True) for name in turn]
    images, skipped = decode_pictures(folder, names, (32, 32))
    if skipped:
        raise DataNotFound(f"cifar10-jpeg/{split}/{next(iter(skipped))} cannot be read")
    return images, torch.arange(10).repeat(wanted), JPEG_COPY
