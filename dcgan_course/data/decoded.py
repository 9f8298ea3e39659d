"""Decode many picture files once and keep the pixels in the cache, in a file that is mapped into memory."""

import concurrent.futures
import contextlib
import hashlib
import io
import json
import os
import sys
import threading
import time
import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from math import prod
from pathlib import Path
from typing import BinaryIO, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from dcgan_course.data.cache import cache_folder
from dcgan_course.data.own.brightness import OF_THE_DEPTH, Spans, decide
from dcgan_course.data.picture_file import PictureError, UnknownSpan, measure_picture, read_picture
from dcgan_course.data.regular import open_regular

BLOCK = 256  # pictures decoded before they are written
DECODING = 2  # goes up when decoding changes, so that older caches are left aside
STALE_SECONDS = 24 * 3600  # an unfinished file older than this belongs to a run that was killed
LARGEST_LIST = 1 << 28  # bytes of the json file beside the pixels


class Decoded(NamedTuple):
    """Pictures (N, 3, H, W) uint8 and what is known of them.

    skipped: {name: why it was left out}. all_grey: True if red, green and blue are equal in every pixel.
    about_spans: a sentence for each kind of picture with more than 8 bits: which values are black and white.
    """

    images: Tensor
    skipped: dict[str, str]
    all_grey: bool
    about_spans: list[str]


@dataclass(frozen=True)
class _Asked:
    """Which pictures are wanted: their names in a folder, and the size (H, W)."""

    folder: Path
    names: Sequence[str]
    size: tuple[int, int]

    def fingerprint(self) -> str:
        """What changes when a name, a size or a time of change does."""
        digest = hashlib.sha256(f"{DECODING} {self.size}".encode())
        for name in self.names:
            try:
                stat = os.stat(self.folder / name)
                facts = f"{stat.st_size} {stat.st_mtime_ns}"
            except OSError:
                facts = "cannot be looked at"
            digest.update(f"{name}\0{facts}\n".encode("utf-8", "surrogateescape"))
        return digest.hexdigest()

    def shape(self, skipped: dict[str, str]) -> tuple[int, int, int, int]:
        """The shape of all pictures but those skipped."""
        return sum(name not in skipped for name in self.names), 3, *self.size


@dataclass
class _Found:
    """What is found out while pictures are decoded."""

    skipped: dict[str, str] = field(default_factory=dict)
    all_grey: bool = True


def decode_pictures(folder: Path, names: Sequence[str], size: tuple[int, int]) -> Decoded:
    """The named pictures of the folder, cropped to the middle and resized to `size` (H, W): (N, 3, H, W) uint8, RGB.

    Files that cannot be read are left out. Which values are black and white is decided once for all pictures. The
    result is kept in the cache, mapped into memory (changes to the tensor never reach the file), and made anew when a
    name, a size or a time of change differs. A damaged cache is made anew, too, and a line says so. Where the cache
    cannot be written, the pictures are held in memory and a line says so.
    """
    asked = _Asked(folder, names, size)
    about_place = f"{folder.resolve()} {size}"
    place = hashlib.sha256(about_place.encode("utf-8", "surrogateescape")).hexdigest()[:16]
    fingerprint = asked.fingerprint()
    path = cache_folder() / "decoded" / f"{place}-{fingerprint[:16]}.npy"
    found = _read(path, fingerprint, asked)
    if found is None:
        try:
            found = _decode(path, fingerprint, asked, {}, [])
        except UnknownSpan:
            spans, about_spans = _survey(asked)
            found = _decode(path, fingerprint, asked, spans, about_spans)
        _remove_older(path, place)
    return found


def _decode(path: Path, fingerprint: str, asked: _Asked, spans: Spans, about_spans: list[str]) -> Decoded:
    """Decode into the cache and map it, or into memory where that cannot be."""
    try:
        _write(path, fingerprint, asked, spans, about_spans)
    except OSError as problem:
        print(
            f"The decoded pictures could not be kept in the cache ({problem.strerror or problem}). "
            "They are held in memory now, and will be decoded again next time."
        )
    else:
        written = _read(path, fingerprint, asked)
        if written is not None:
            return written
    found, pixels, count = _Found(), np.empty((len(asked.names), 3, *asked.size), np.uint8), 0
    for block in _decoded_blocks(asked, spans, found):
        pixels[count : count + len(block)] = block
        count += len(block)
    return Decoded(torch.from_numpy(pixels[:count]), found.skipped, found.all_grey, about_spans)


def _survey(asked: _Asked) -> tuple[Spans, list[str]]:
    """Decide for all pictures of more than 8 bits which values are black and white, and say so."""
    with _workers() as workers, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        measured = workers.map(lambda name: measure_picture(asked.folder / name), asked.names)
        spans, sentences = decide(each for each in measured if each)
    return {**OF_THE_DEPTH, **spans}, sentences


def _read(path: Path, fingerprint: str, asked: _Asked) -> Decoded | None:
    """What the cache holds; None if it is not there, or if it is not whole, which a line says."""
    if not os.path.lexists(path) and not os.path.lexists(path.with_suffix(".json")):
        return None
    try:
        return _read_checked(path, fingerprint, asked)
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError) as problem:
        reason = problem.strerror if isinstance(problem, OSError) else None
        print(f"The decoded pictures in the cache are not whole ({reason or 'changed'}): they are made anew.")
        return None


def _read_checked(path: Path, fingerprint: str, asked: _Asked) -> Decoded:
    """Both files, where every name, type, size and the sum of the pixels are right; else an error of any kind."""
    with open_regular(path.with_suffix(".json")) as file:
        about = json.loads(file.read(LARGEST_LIST))
    facts = about["facts"]
    if about["sum"] != _sum(facts) or facts["fingerprint"] != fingerprint:
        raise ValueError
    skipped, all_grey, about_spans = facts["skipped"], facts["all_grey"], facts["about_spans"]
    texts = [*skipped.items(), *enumerate(about_spans)]
    if not all(isinstance(text, str) for _, text in texts) or type(all_grey) is not bool:
        raise ValueError
    shape = asked.shape(skipped)
    header = _header(shape)
    with open_regular(path) as file:
        if os.fstat(file.fileno()).st_size != len(header) + prod(shape) or file.read(len(header)) != header:
            raise ValueError
        if hashlib.file_digest(file, "sha256").hexdigest() != facts["pixels"]:
            raise ValueError
        # "c": writable in memory, never in the file
        empty = not prod(shape)  # and cannot be mapped
        pixels = np.memmap(file, np.uint8, "c", len(header), shape) if not empty else np.empty(shape, np.uint8)
    return Decoded(torch.from_numpy(pixels), skipped, all_grey, about_spans)


def _write(path: Path, fingerprint: str, asked: _Asked, spans: Spans, about_spans: list[str]) -> None:
    """Decode into a file beside `path`, then rename it. The json file comes last and makes the pair valid.

    The file is written, not mapped: on a full disk a write raises an OSError, a mapping would kill the process.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    found, checksum = _Found(), hashlib.sha256()
    with _aside(path) as file:
        file.write(_header((len(asked.names), 3, *asked.size)))
        for block in _decoded_blocks(asked, spans, found):
            file.write(block.data)
            checksum.update(block.data)
        file.seek(0)
        file.write(_header(asked.shape(found.skipped)))
    facts = {
        "fingerprint": fingerprint,
        "pixels": checksum.hexdigest(),
        "skipped": found.skipped,
        "all_grey": found.all_grey,
        "about_spans": about_spans,
    }
    with _aside(path.with_suffix(".json")) as file:
        file.write(json.dumps({"facts": facts, "sum": _sum(facts)}).encode())


def _sum(facts: object) -> str:
    return hashlib.sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()


@contextlib.contextmanager
def _aside(path: Path) -> Iterator[BinaryIO]:
    """Give a file to write to; after the block it is on the disk and becomes `path`, whole or not at all."""
    aside = path.with_name(f"{path.stem}.{os.getpid()}-{threading.get_ident()}.unfinished")
    try:
        with open(aside, "wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        os.replace(aside, path)
    finally:
        with contextlib.suppress(OSError):
            aside.unlink()


def _header(shape: tuple[int, ...]) -> bytes:
    """A .npy header. NumPy leaves room for a longer first number, so a smaller count never changes its length."""
    header = io.BytesIO()
    np.lib.format.write_array_header_1_0(header, {"descr": "|u1", "fortran_order": False, "shape": shape})
    return header.getvalue()


def _remove_older(path: Path, place: str) -> None:
    """Delete what earlier states of the same folder left, and what killed runs left."""
    for old in path.parent.glob(f"{place}-*"):
        with contextlib.suppress(OSError):  # on Windows a file that is still mapped cannot go: next time
            stale = time.time() - old.stat().st_mtime > STALE_SECONDS
            if stale if old.suffix == ".unfinished" else old.stem != path.stem:
                old.unlink()


def _decoded_blocks(asked: _Asked, spans: Spans, found: _Found) -> Iterator[NDArray[np.uint8]]:
    """Yield (n, 3, H, W) blocks in the order of the names; note what is found out about them.

    Raises:
        UnknownSpan: a picture has more than 8 bits of a kind that is not in `spans`.
    """
    from tqdm import tqdm

    def read(name: str) -> NDArray[np.uint8] | PictureError:
        try:
            return read_picture(asked.folder / name, asked.size, spans)
        except PictureError as problem:
            return problem

    bar = tqdm(total=len(asked.names), desc="decoding pictures", delay=2, leave=False, file=sys.stdout)
    with bar, _workers() as workers, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Pillow's remarks on odd files: such a file is read, or counted as broken
        for start in range(0, len(asked.names), BLOCK):
            some = asked.names[start : start + BLOCK]
            read_ones = list(workers.map(read, some))
            problems = zip(some, read_ones, strict=True)
            found.skipped.update((name, str(p)) for name, p in problems if isinstance(p, PictureError))
            bar.update(len(some))
            whole = [picture for picture in read_ones if not isinstance(picture, PictureError)]
            if whole:
                block = np.stack(whole)
                found.all_grey = found.all_grey and bool((block == block[:, :1]).all())
                yield block


def _workers() -> concurrent.futures.ThreadPoolExecutor:
    """Threads to decode with: Pillow works outside of Python's lock."""
    return concurrent.futures.ThreadPoolExecutor(min(8, os.cpu_count() or 1))
