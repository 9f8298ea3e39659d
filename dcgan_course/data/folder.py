"""A folder of one's own pictures: which of them are for training and for testing, what their classes are."""

import hashlib
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor

from dcgan_course.data.decoded import decode_pictures
from dcgan_course.data.own.splits import Classes, Splits, find_splits, may_be_a_split
from dcgan_course.data.own.tree import Tree, look_through, readable
from dcgan_course.errors import DataNotFound

PARTS = ("train", "test")
MOST_NAMED = 30  # classes or folders that a line names


@dataclass(frozen=True)
class OwnPictures:
    """One split of a folder.

    images: (N, 3, H, W) uint8, RGB. labels: (N,) int64, numbers of `class_names`. skipped: {file: why it was skipped}.
    all_grey: True if every picture of the folder is grey, in both splits. lines: what a reader must be told.
    """

    images: Tensor
    labels: Tensor
    class_names: tuple[str, ...]
    skipped: dict[str, str]
    all_grey: bool
    lines: list[str]


def read_folder(folder: Path, split: str, size: tuple[int, int]) -> OwnPictures:
    """Read one split of a folder of pictures, cropped and resized to `size` (H, W).

    Folders that are named as splits usually are (train and test, Train and val, training_set and test_set) are the
    splits; one for validation tests where there is none for testing. Otherwise a hash of each file's name puts about
    one picture in ten into "test": a picture never changes sides when others are added.

    The classes are the first sub-folders in which the pictures differ, in the order of their names; pictures beside
    them are a class of their own. Without any, there is one class.

    Raises:
        DataNotFound: the folder is missing, is not a folder, or has no picture that can be read.
    """
    title = f'the folder "{readable(folder.name)}"'
    _refuse_what_is_no_folder(folder, title)
    splits = find_splits(folder)
    tree = look_through(folder, splits.starts if splits else ["."])
    if not tree.pictures:
        unread = tree.about_unread()
        raise DataNotFound(
            f"{title} has no pictures in it ({readable(str(folder))}): put files such as .jpg or .png there."
            + (f" Not read: {unread}." if unread else "")
        )
    below = splits.below if splits else _by_hash
    names = {part: sorted(below(part, tree.pictures)) for part in PARTS}
    if not names[split]:
        raise DataNotFound(
            f'{title} has no pictures for split="{split}": use the other split, or make two folders '
            '"train" and "test" inside of it.'
        )
    classes = Classes(names["train"] + names["test"], splits)
    decoded = decode_pictures(folder, names["train"] + names["test"], size)
    chosen = {part: [name for name in names[part] if name not in decoded.skipped] for part in PARTS}
    skipped = {name: decoded.skipped[name] for name in names[split] if name in decoded.skipped}
    if not chosen[split]:
        name, reason = next(iter(skipped.items()))
        raise DataNotFound(
            f"{title} has no picture that can be read: {len(skipped):,} files were tried "
            f"({readable(name)}: {reason}), so put whole .jpg or .png files there."
        )
    start = 0 if split == "train" else len(chosen["train"])
    images = decoded.images[start : start + len(chosen[split])]
    labels = torch.tensor([classes.number_of(name) for name in chosen[split]])
    class_names = tuple(readable(name) for name in classes.names) or (readable(folder.name),)
    about = [
        _about_classes(split, splits, class_names, labels) if classes.names or splits else "",
        _about_the_rest(splits, tree, classes),
        f"{tree.about_unread()}: not read, so convert or rename what is a picture." if tree.unread else "",
        *decoded.about_spans,
    ]
    lines = [f"In {title}: {line}" for line in about if line] + _about_skipped(folder, skipped, len(images))
    return OwnPictures(images, labels, class_names, skipped, decoded.all_grey, lines)


def _refuse_what_is_no_folder(folder: Path, title: str) -> None:
    path = readable(str(folder))
    if not folder.exists():
        raise DataNotFound(f"{title} is not there ({path}): give the path of a folder of pictures.")
    if not folder.is_dir():
        raise DataNotFound(f"{title} is a file ({path}): give the path of a folder of pictures.")


def _by_hash(split: str, names: set[str]) -> set[str]:
    """The names whose hash puts them into the split; all of them for "train" where that would be none."""
    chosen = {name for name in names if _is_test(name) == (split == "test")}
    return names if split == "train" and not chosen else chosen


def _is_test(name: str) -> bool:
    digest = hashlib.sha256(name.encode("utf-8", "surrogateescape")).digest()
    return int.from_bytes(digest[:4], "big") % 10 == 0


def _about_classes(split: str, splits: Splits | None, class_names: tuple[str, ...], labels: Tensor) -> str:
    """How many pictures each class gives, and from which folders."""
    counts = labels.bincount(minlength=len(class_names)).tolist()
    named = [f"{name} {count:,}" for name, count in zip(class_names, counts, strict=True)]
    starts = [readable(start) for start in getattr(splits, split, [])]
    return f'split "{split}"{f" from {_some(starts)}" if starts else ""} has {_some(named)}.'


def _about_the_rest(splits: Splits | None, tree: Tree, classes: Classes) -> str:
    """What lies beside the splits and is left out, or which classes may have been meant as splits."""
    if splits:
        left = {start: len(splits.below(start, tree.pictures)) for start in splits.neither}
        parts = [f"{readable(start)} {count:,}" for start, count in left.items() if count]
        parts += [f"loose {splits.loose:,}"] if splits.loose else []
        return f"left out, since they lie beside the splits: {_some(parts)}." if parts else ""
    meant = [readable(name) for name in classes.names if may_be_a_split(name)]
    return f"{_some(meant)} count as classes; a split is train beside test or val." if meant else ""


def _about_skipped(folder: Path, skipped: dict[str, str], read: int) -> list[str]:
    """One line about the files that are broken, if there are some."""
    if not skipped:
        return []
    first = ", ".join(f"{readable(file)} ({reason})" for file, reason in list(skipped.items())[:5])
    more = f" and {len(skipped) - 5:,} more" if len(skipped) > 5 else ""
    return [
        f'{len(skipped):,} of {len(skipped) + read:,} picture files in "{readable(folder.name)}" could not be read and '
        f"were left out: {first}{more}."
    ]


def _some(parts: list[str]) -> str:
    """The first of many, and how many more there are."""
    more = f" and {len(parts) - MOST_NAMED:,} more" if len(parts) > MOST_NAMED else ""
    return ", ".join(parts[:MOST_NAMED]) + more
