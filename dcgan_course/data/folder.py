"""A folder of one's own pictures: which files are pictures, what their classes are, which of them are for testing."""

import hashlib
import os
from pathlib import Path

import torch
from torch import Tensor

from dcgan_course.data.decoded import decode_pictures
from dcgan_course.errors import DataNotFound

ENDINGS = frozenset(".jpg .jpeg .jpe .jfif .png .bmp .gif .tif .tiff .webp .avif .jp2 .ppm .pgm .pbm .pnm .tga".split())


def read_folder(
    folder: Path, split: str, size: tuple[int, int]
) -> tuple[Tensor, Tensor, tuple[str, ...], dict[str, str]]:
    """Pictures (N, 3, H, W) uint8, labels (N,) int64, class names, and {file: why it was skipped}.

    Sub-folders that hold pictures are the classes, in the order of their names; without any, there is one class.
    If the folder has both `train` and `test` inside, these are the splits. Otherwise a hash of each file's name puts
    about one picture in ten into "test": a picture never changes sides when others are added.

    Raises:
        DataNotFound: the folder is missing, is not a folder, or has no picture that can be read.
    """
    title = f'the folder "{folder.name}"'
    _refuse_what_is_no_folder(folder, title)
    base, names, classes = _find(folder, split, title)
    chosen = sorted(_choose(names, split) if base == folder else names)
    if not chosen:
        raise DataNotFound(
            f'{title} has no pictures for split="{split}": use the other split, or make two folders '
            '"train" and "test" inside of it.'
        )
    images, skipped = decode_pictures(base, chosen, size)
    if not len(images):
        name, reason = next(iter(skipped.items()))
        raise DataNotFound(
            f"{title} has no picture that can be read: {len(skipped):,} files were tried "
            f"({readable(name)}: {reason}), so put whole .jpg or .png files there."
        )
    labels = [classes.index(_class_of(name)) if classes else 0 for name in chosen if name not in skipped]
    return images, torch.tensor(labels), tuple(classes) or (folder.name,), skipped


def _refuse_what_is_no_folder(folder: Path, title: str) -> None:
    if not folder.exists():
        raise DataNotFound(f"{title} is not there ({folder}): give the path of a folder of pictures.")
    if not folder.is_dir():
        raise DataNotFound(f"{title} is a file ({folder}): give the path of a folder of pictures.")


def _find(folder: Path, split: str, title: str) -> tuple[Path, set[str], list[str]]:
    """Where the pictures lie, the names of those that may be taken, and the classes.

    Where `folder` has both splits inside, only the pictures of `split` may be taken; the classes are those of both.
    """
    places = [folder / split, folder / ("train" if split == "test" else "test")]
    if not all(place.is_dir() for place in places):
        places = [folder]
    names, *others = (_pictures_below(place) for place in places)
    every = names.union(*others)
    if not every:
        raise DataNotFound(f"{title} has no pictures in it ({folder}): put files such as .jpg or .png there.")
    classes = sorted({_class_of(name) for name in every if "/" in name})
    loose = {name for name in names if "/" not in name}
    if classes and loose:
        print(f"{len(loose):,} pictures in {title} lie beside its class folders and were left out.")
        names -= loose
    return places[0], names, classes


def _choose(names: set[str], split: str) -> set[str]:
    """The names whose hash puts them into the split; all of them for "train" where that would be none."""
    chosen = {name for name in names if _is_test(name) == (split == "test")}
    return names if split == "train" and not chosen else chosen


def readable(name: str) -> str:
    """A file's name that can always be printed: bytes that are not UTF-8 become question marks."""
    return name.encode("utf-8", "replace").decode()


def _pictures_below(folder: Path) -> set[str]:
    """Names of all picture files, relative to the folder, with / between. Hidden files and folders do not count."""
    names: set[str] = set()
    for here, folders, files in os.walk(folder):
        folders[:] = [name for name in folders if not name.startswith(".")]
        for name in files:
            if not name.startswith(".") and os.path.splitext(name)[1].lower() in ENDINGS:
                names.add(Path(here, name).relative_to(folder).as_posix())
    return names


def _class_of(name: str) -> str:
    return name.split("/")[0]


def _is_test(name: str) -> bool:
    digest = hashlib.sha256(name.encode("utf-8", "surrogateescape")).digest()
    return int.from_bytes(digest[:4], "big") % 10 == 0
