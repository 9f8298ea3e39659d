"""Published data sets and folders of pictures, small and written on the spot."""

import hashlib
import struct

import numpy as np

from dcgan_course.data import layouts, load_images


def write_mnist(folder, first=0, count=6):
    """Four idx files. Every pixel of picture i is first + i; its label is i % 10."""
    raw = folder / "MNIST" / "raw"
    raw.mkdir(parents=True)
    for prefix in ("train", "t10k"):
        pixels = np.repeat(np.arange(first, first + count, dtype=np.uint8), 784).tobytes()
        (raw / f"{prefix}-images-idx3-ubyte").write_bytes(struct.pack(">4I", 2051, count, 28, 28) + pixels)
        labels = (np.arange(count) % 10).astype(np.uint8).tobytes()
        (raw / f"{prefix}-labels-idx1-ubyte").write_bytes(struct.pack(">2I", 2049, count) + labels)
    return raw


def publish(raw, monkeypatch):
    """Let these four files be the published ones: their md5 sums take the place of MNIST's."""
    sums = {path.name: hashlib.md5(path.read_bytes()).hexdigest() for path in raw.iterdir()}
    monkeypatch.setattr(layouts, "MNIST_SUMS", sums)


def load_folder(folder, split="train", **options):
    return load_images(f"folder:{folder}", split, **options)


def reds(found):
    return (found.images[:, 0, 0, 0] / 6).long().tolist()
