"""The doors of pictures: idx files, pickles, folders of pictures, and the cache of what was decoded."""

import contextlib
import gzip
import hashlib
import io
import os
import pickle
import random
import shutil
import struct
import tempfile
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
from PIL import Image

from dcgan_course.data import layouts
from dcgan_course.data.images import Images, load_images
from dcgan_course.data.pickles import read_batch
from soak.damaged import Door, HalfDone
from soak.mutations import bytes_changed

DIGITS = 50
BATCH = 4  # pictures of a batch of CIFAR-10, here


@contextlib.contextmanager
def opened(folder: Path) -> Iterator[list[Door]]:
    """Write small data sets of every kind, let their sums be the published ones, and give the doors."""
    kept = {name: os.environ.get(name) for name in ("DCGAN_COURSE_CACHE", "DCGAN_COURSE_DATA", "DCGAN_COURSE_OFFLINE")}
    sums = layouts.MNIST_SUMS, layouts.CIFAR10_SUMS
    os.environ |= {"DCGAN_COURSE_CACHE": str(folder / "data_cache"), "DCGAN_COURSE_OFFLINE": "1"}
    os.environ.pop("DCGAN_COURSE_DATA", None)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield [_idx(folder / "idx"), _cifar(folder / "cifar"), _pickle(), _pictures(folder), _cache(folder)]
    finally:
        layouts.MNIST_SUMS, layouts.CIFAR10_SUMS = sums
        for name, value in kept.items():
            os.environ.pop(name, None)
            if value is not None:
                os.environ[name] = value


def _quietly(name: str, **given: object) -> Images:
    with contextlib.redirect_stdout(io.StringIO()):
        return load_images(name, **given)  # type: ignore[arg-type]  # what the caller gives


def _sum(data: Images) -> bytes:
    return hashlib.sha256(data.images.numpy().tobytes() + data.labels.numpy().tobytes()).digest()


def _door(name: str, share: float, files: list[Path], read: Callable[[], object]) -> Door:
    """A door to some files, of which one at a time is changed."""
    contents = {path: path.read_bytes() for path in files}

    def spoil(source: random.Random) -> str:
        path = source.choice(files)
        path.write_bytes(bytes_changed(contents[path], source))
        return f"bytes of {path.name}"

    def mend() -> None:
        for path, content in contents.items():
            path.write_bytes(content)

    return Door(name, share, spoil, read, mend)


def _idx(folder: Path) -> Door:
    raw, source = folder / "MNIST" / "raw", np.random.default_rng(0)
    raw.mkdir(parents=True)
    layouts.MNIST_SUMS = {}
    for prefix in ("train", "t10k"):
        pixels = source.integers(0, 256, DIGITS * 784, dtype=np.uint8).tobytes()
        labels = source.integers(0, 10, DIGITS, dtype=np.uint8).tobytes()
        for kind, content in (
            ("images-idx3", struct.pack(">4I", 2051, DIGITS, 28, 28) + pixels),
            ("labels-idx1", struct.pack(">2I", 2049, DIGITS) + labels),
        ):
            name = f"{prefix}-{kind}-ubyte"
            layouts.MNIST_SUMS[name] = hashlib.md5(content).hexdigest()
            packed = prefix == "t10k"
            (raw / (name + ".gz" * packed)).write_bytes(gzip.compress(content) if packed else content)

    def read() -> object:
        parts = [_quietly("mnist", split=split, root=folder) for split in ("train", "test")]
        if any(part.remark for part in parts):
            return "named as not the published MNIST"
        return [_sum(part) for part in parts]

    return _door("idx", 500, sorted(raw.iterdir()), read)


def _batch() -> bytes:
    pixels = np.random.default_rng(0).integers(0, 256, (BATCH, 3072), dtype=np.uint8)
    return pickle.dumps({b"data": pixels, b"labels": [3, 0, 9, 1], b"filenames": [b"a.png"] * BATCH}, protocol=4)


def _cifar(folder: Path) -> Door:
    place, content = folder / "cifar-10-batches-py", _batch()
    place.mkdir(parents=True)
    layouts.CIFAR10_SUMS = {"train": {"data_batch_1": hashlib.md5(content).hexdigest()}, "test": {}}
    (place / "data_batch_1").write_bytes(content)
    return _door("pickles, with sums", 200, [place / "data_batch_1"], lambda: [_sum(_quietly("cifar10", root=folder))])


class _Program:
    """What a pickle makes of a function that is to be called when it is read."""

    def __reduce__(self) -> tuple[object, tuple[str]]:
        return os.system, (f"touch {tempfile.gettempdir()}/soak-executed",)


def _pickle() -> Door:
    """Batches and programs, changed, to the reader itself, without the sum that stands before it."""
    batch, program = _batch(), pickle.dumps({b"data": _Program(), b"labels": [1]}, protocol=4)
    content = [batch]

    def spoil(source: random.Random) -> str:
        content[0] = bytes_changed(source.choice([batch, batch, program]), source)
        return f"{len(content[0])} bytes: {content[0][:60]!r}"

    def read() -> object:
        pixels, labels = read_batch(content[0])
        if pixels.dtype != np.uint8 or pixels.shape != (len(labels), 3072) or not set(labels) <= set(range(10)):
            raise HalfDone(f"no batch: {pixels.dtype} {pixels.shape} {labels}")
        same = np.array_equal(pixels, np.random.default_rng(0).integers(0, 256, (BATCH, 3072), dtype=np.uint8))
        return True if same and labels == [3, 0, 9, 1] else "a batch of other numbers, which its sum would have refused"

    def mend() -> None:
        content[0] = batch

    return Door("pickles, without sums", 400, spoil, read, mend)


def _picture_files(folder: Path) -> list[Path]:
    """Write a picture of each kind that people have; return the files."""
    folder.mkdir()
    source = np.random.default_rng(0)
    pixels = Image.fromarray(source.integers(0, 256, (20, 24, 3), dtype=np.uint8))
    for number, ending in enumerate(("png", "jpg", "webp", "gif", "bmp", "tif", "ppm")):
        pixels.save(folder / f"{number}.{ending}")
    Image.fromarray(source.integers(0, 4096, (20, 24)).astype(np.uint16)).save(folder / "deep.png")
    Image.fromarray(source.random((20, 24)).astype(np.float32)).save(folder / "float.tif")
    for number in range(30):
        pixels.rotate(12 * number).save(folder / f"more_{number}.png")
    return [path for path in sorted(folder.iterdir()) if not path.name.startswith("more")]


def _pictures(folder: Path) -> Door:
    files = _picture_files(folder / "of_all_kinds")

    def read() -> object:
        data = _quietly(f"folder:{folder / 'of_all_kinds'}", image_size=8)
        if data.images.shape[1:] != (3, 8, 8) or len(data) != len(data.labels):
            raise HalfDone(f"{tuple(data.images.shape)}")
        return "a picture is left out and named" if data.skipped else "decoded as far as its decoder can tell"

    return _door("pictures", 300, files, read)


def _cache(folder: Path) -> Door:
    place, cache = folder / "cached", folder / "data_cache" / "decoded"
    _picture_files(place)
    shutil.rmtree(cache, ignore_errors=True)
    read = lambda: [_sum(_quietly(f"folder:{place}", split=split, image_size=8)) for split in ("train", "test")]
    read()
    return _door("cache, which is made anew", 300, sorted(cache.iterdir()), read)
