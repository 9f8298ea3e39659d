"""Decode many picture files once and keep the pixels in the cache, in a file that is mapped into memory."""

import concurrent.futures
import contextlib
import hashlib
import json
import os
import sys
import threading
import time
import warnings
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import BinaryIO

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from dcgan_course.data.cache import cache_folder
from dcgan_course.data.picture_file import PictureError, read_picture

BLOCK = 256  # pictures decoded before they are written
DECODING = 1  # goes up when decoding changes, so that older caches are left aside
STALE_SECONDS = 24 * 3600  # an unfinished file older than this belongs to a run that was killed

Decoded = tuple[Tensor, dict[str, str]]  # pictures (N, 3, H, W) uint8, and {name: why it was skipped}


def decode_pictures(folder: Path, names: Sequence[str], size: tuple[int, int]) -> Decoded:
    """The named pictures of the folder, cropped to the middle and resized to `size` (H, W): (N, 3, H, W) uint8, RGB.

    Also gives {name: reason} for files that cannot be read: they are left out. The result is kept in the cache, mapped
    into memory (changes to the tensor never reach the file), and made anew when a name, a size or a time of change
    differs. Where the cache cannot be written, the pictures are held in memory and a line says so.
    """
    about_place = f"{folder.resolve()} {size}"
    place = hashlib.sha256(about_place.encode("utf-8", "surrogateescape")).hexdigest()[:16]
    fingerprint = _fingerprint(folder, names, size)
    path = cache_folder() / "decoded" / f"{place}-{fingerprint[:16]}.npy"
    found = _read(path, fingerprint)
    if found is None:
        try:
            _write(path, fingerprint, folder, names, size)
        except OSError as problem:
            print(
                f"The decoded pictures could not be kept in the cache ({problem.strerror or problem}). "
                "They are held in memory now, and will be decoded again next time."
            )
        found = _read(path, fingerprint) or _decode_into_memory(folder, names, size)
        _remove_older(path, place)
    return found


def _fingerprint(folder: Path, names: Sequence[str], size: tuple[int, int]) -> str:
    digest = hashlib.sha256(f"{DECODING} {size}".encode())
    for name in names:
        try:
            stat = os.stat(folder / name)
            facts = f"{stat.st_size} {stat.st_mtime_ns}"
        except OSError:
            facts = "cannot be looked at"
        digest.update(f"{name}\0{facts}\n".encode("utf-8", "surrogateescape"))
    return digest.hexdigest()


def _read(path: Path, fingerprint: str) -> Decoded | None:
    """The pictures and what was skipped, or None if the pair of files is not there, not whole or of other pictures."""
    try:
        about = json.loads(path.with_suffix(".json").read_text("utf-8"))
        pixels = np.load(path, mmap_mode="c", allow_pickle=False)  # "c": writable in memory, never in the file
        fits = about["fingerprint"] == fingerprint and list(pixels.shape) == about["shape"]
        return (torch.from_numpy(pixels), about["skipped"]) if fits and pixels.dtype == np.uint8 else None
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _write(path: Path, fingerprint: str, folder: Path, names: Sequence[str], size: tuple[int, int]) -> None:
    """Decode into a file beside `path`, then rename it. The json file comes last and makes the pair valid.

    The file is written, not mapped: on a full disk a write raises an OSError, a mapping would kill the process.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    aside = path.with_name(f"{path.stem}.{os.getpid()}-{threading.get_ident()}.unfinished")
    skipped: dict[str, str] = {}
    count = 0
    try:
        with open(aside, "wb") as file:
            _write_header(file, (len(names), 3, *size))
            for block in _decoded_blocks(folder, names, size, skipped):
                file.write(block.data)
                count += len(block)
            file.seek(0)
            _write_header(file, (count, 3, *size))
        if count:
            os.replace(aside, path)
            about = {"fingerprint": fingerprint, "shape": [count, 3, *size], "skipped": skipped}
            aside.write_text(json.dumps(about), "utf-8")
            os.replace(aside, path.with_suffix(".json"))
    finally:
        with contextlib.suppress(OSError):
            aside.unlink()


def _write_header(file: BinaryIO, shape: tuple[int, ...]) -> None:
    """A .npy header. NumPy leaves room for a longer first number, so a smaller count never changes its length."""
    np.lib.format.write_array_header_1_0(file, {"descr": "|u1", "fortran_order": False, "shape": shape})


def _remove_older(path: Path, place: str) -> None:
    """Delete what earlier states of the same folder left, and what killed runs left."""
    for old in path.parent.glob(f"{place}-*"):
        with contextlib.suppress(OSError):  # on Windows a file that is still mapped cannot go: next time
            stale = time.time() - old.stat().st_mtime > STALE_SECONDS
            if stale if old.suffix == ".unfinished" else old.stem != path.stem:
                old.unlink()


def _decode_into_memory(folder: Path, names: Sequence[str], size: tuple[int, int]) -> Decoded:
    skipped: dict[str, str] = {}
    pixels = np.empty((len(names), 3, *size), np.uint8)
    count = 0
    for block in _decoded_blocks(folder, names, size, skipped):
        pixels[count : count + len(block)] = block
        count += len(block)
    return torch.from_numpy(pixels[:count]), skipped


def _decoded_blocks(
    folder: Path, names: Sequence[str], size: tuple[int, int], skipped: dict[str, str]
) -> Iterator[NDArray[np.uint8]]:
    """Yield (n, 3, H, W) blocks in the order of the names; note broken files in `skipped` as {name: reason}."""
    from tqdm import tqdm

    def read(name: str) -> NDArray[np.uint8] | PictureError:
        try:
            return read_picture(folder / name, size)
        except PictureError as problem:
            return problem

    bar = tqdm(total=len(names), desc="decoding pictures", delay=2, leave=False, file=sys.stdout)
    workers = concurrent.futures.ThreadPoolExecutor(min(8, os.cpu_count() or 1))  # Pillow decodes without the GIL
    with bar, workers, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Pillow's remarks on odd files: such a file is read, or counted as broken
        for start in range(0, len(names), BLOCK):
            some = names[start : start + BLOCK]
            read_ones = list(workers.map(read, some))
            skipped.update((n, str(p)) for n, p in zip(some, read_ones, strict=True) if isinstance(p, PictureError))
            bar.update(len(some))
            whole = [picture for picture in read_ones if not isinstance(picture, PictureError)]
            if whole:
                yield np.stack(whole)
