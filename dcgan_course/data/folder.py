"""A folder of one's own pictures: which files are pictures, what their classes are, which of them are for testing."""

import hashlib
import os
from pathlib import Path

import torch

from dcgan_course.data.decoded import decode_pictures
from dcgan_course.errors import DataNotFound

ENDINGS = frozenset(".jpg .jpeg .jpe .jfif .png .bmp .gif .tif .tiff .webp .avif .jp2 .ppm .pgm .pbm .pnm .tga".split())


def read_folder(folder, split, size):
    """Pictures (N, 3, H, W) uint8, labels (N,) int64, class names, and {file: why it was skipped}.

    Sub-folders that hold pictures are the classes, in the order of their names; without any, there is one class.
    If the folder has both `train` and `test` inside, these are the splits. Otherwise a hash of each file's name puts
    about one picture in ten into "test": a picture never changes sides when others are added.
    Raises DataNotFound if the folder is missing, is not a folder, or has no picture that can be read.
    """
    title = f'the folder "{folder.name}"'
    if not folder.exists():
        raise DataNotFound(f"{title} is not there ({folder}): give the path of a folder of pictures.")
    if not folder.is_dir():
        raise DataNotFound(f"{title} is a file ({folder}): give the path of a folder of pictures.")
    has_splits = (folder / "train").is_dir() and (folder / "test").is_dir()
    base = folder / split if has_splits else folder
    here = _pictures_below(base)
    every = here | _pictures_below(folder / ("train" if split == "test" else "test")) if has_splits else here
    if not every:
        raise DataNotFound(f"{title} has no pictures in it ({folder}): put files such as .jpg or .png there.")
    classes = sorted({name.split("/")[0] for name in every if "/" in name})
    if classes and (loose := [name for name in here if "/" not in name]):
        print(f"{len(loose):,} pictures in {title} lie beside its class folders and were left out.")
        here = here.difference(loose)
    chosen = here if has_splits else {name for name in here if _is_test(name) == (split == "test")}
    if not chosen and split == "train":
        chosen = here  # a very small folder
    if not chosen:
        raise DataNotFound(
            f'{title} has no pictures for split="{split}": use the other split, or make two folders '
            '"train" and "test" inside of it.'
        )
    names = sorted(chosen)
    images, skipped = decode_pictures(base, names, size)
    if not len(images):
        name, reason = next(iter(skipped.items()))
        raise DataNotFound(
            f"{title} has no picture that can be read: {len(skipped):,} files were tried "
            f"({readable(name)}: {reason}), so put whole .jpg or .png files there."
        )
    kept = [name for name in names if name not in skipped]
    labels = [classes.index(name.split("/")[0]) if classes else 0 for name in kept]
    return images, torch.tensor(labels), tuple(classes) or (folder.name,), skipped


def readable(name):
    """A file's name that can always be printed: bytes that are not UTF-8 become question marks."""
    return name.encode("utf-8", "replace").decode()


def _pictures_below(folder):
    """Names of all picture files, relative to the folder, with / between. Hidden files and folders do not count."""
    names = set()
    for here, folders, files in os.walk(folder):
        folders[:] = [name for name in folders if not name.startswith(".")]
        for name in files:
            if not name.startswith(".") and os.path.splitext(name)[1].lower() in ENDINGS:
                names.add(Path(here, name).relative_to(folder).as_posix())
    return names


def _is_test(name):
    digest = hashlib.sha256(name.encode("utf-8", "surrogateescape")).digest()
    return int.from_bytes(digest[:4], "big") % 10 == 0
