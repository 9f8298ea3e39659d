"""MNIST and CIFAR-10: where they are looked for on this machine, and how they get here."""

import errno
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from torch import Tensor

from dcgan_course.data.cache import cache_folder, downloads_allowed
from dcgan_course.data.download import download_cifar10, download_mnist
from dcgan_course.data.layouts import CIFAR10_NAMES, DIGIT_NAMES, Read, read_cifar10, read_mnist


@dataclass(frozen=True)
class Published:
    """A published data set: its title, its classes, how it is read and fetched, and which folder holds it."""

    title: str
    class_names: tuple[str, ...]
    read: Callable[[Path, str], Read | None]
    download: Callable[[Path], None]
    layout: str


PUBLISHED = {
    "mnist": Published("MNIST", DIGIT_NAMES, read_mnist, download_mnist, "MNIST/raw"),
    "cifar10": Published("CIFAR-10", CIFAR10_NAMES, read_cifar10, download_cifar10, "cifar-10-batches-py"),
}


@dataclass(frozen=True)
class Found:
    """Pictures (N, C, H, W) uint8, labels (N,), where they came from, and what a figure of them must say, or ""."""

    images: Tensor
    labels: Tensor
    source: str
    remark: str


def find(
    published: Published, split: str, root: str | Path | None = None, *, download: bool = True
) -> tuple[Found | None, list[str]]:
    """Look in `root`, `DCGAN_COURSE_DATA` and the cache, then download. Give what was found, and why not before.

    Broken files are passed over with a printed line if whole ones are found elsewhere.
    """
    found, missing, broken = _search(published, split, root)
    if found is None and download and downloads_allowed():
        print(f"{published.title} is not on this machine yet. Trying to download it.")
        try:
            published.download(cache_folder())
            found, _, broken = _search(published, split, root)
        except OSError as problem:
            missing.append(_reason(problem))
    elif found is None:
        missing.append("DCGAN_COURSE_OFFLINE forbids downloading")
    if found is not None:
        for reason in broken:
            print(f"Note: {reason}, so these pictures are {found.source}.")
    return found, broken + missing


def _search(published: Published, split: str, root: str | Path | None) -> tuple[Found | None, list[str], list[str]]:
    """What the first good place holds, what the places before it lack, and which of their files are broken."""
    places: dict[str, str | Path | None] = {} if root is None else {"the folder given as root": root}
    places["the folder in DCGAN_COURSE_DATA"] = os.environ.get("DCGAN_COURSE_DATA")
    places["the cache"] = cache_folder()
    missing, broken = [], []
    for place, given in places.items():
        if not given:
            missing.append("DCGAN_COURSE_DATA is not set")
            continue
        folder = Path(os.path.expanduser(given))
        try:
            read = published.read(folder, split)
        except OSError as problem:
            broken.append(f"in {place}, {_reason(problem)}")
            continue
        if read is None:
            gone = not folder.is_dir() and folder != cache_folder()
            missing.append(f"{place} " + ("does not exist" if gone else f"has no {published.layout}"))
            continue
        images, labels, remark = read
        title = f"{published.title} ({remark})" if remark else published.title
        return Found(images, labels, f"{title}, from {place}", remark), missing, broken
    return None, missing, broken


def _reason(problem: OSError) -> str:
    if problem.errno == errno.ENOSPC:
        return "there is no space left on the disk of the cache"
    if problem.strerror:
        return f"{Path(problem.filename).name}: {problem.strerror}" if problem.filename else problem.strerror
    return str(problem)
