"""How a folder is sorted: which sub-folders are for training and for testing, and which are classes."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from dcgan_course.data.own.tree import is_picture_name, leads_to_folder, visible

# train, Training, train2017, train_images, training_set, seg_train, and the same for the others
SPELLING = re.compile(
    r"(?:(?:images?|imgs?|pictures|data|seg|my)[-_ .]?)?"
    r"(?:(?P<train>train|training|trn)|(?P<test>test|testing|tst)|(?P<val>val|valid|validation|dev|eval|evaluation))"
    r"(?:[-_ .]?(?:images?|imgs?|pictures|pics|photos|sets?|data|dataset|split|\d{1,4}))?"
)
KINDS = ("train", "test", "neither")
LOOSE = "(loose)"  # the class of pictures that lie beside class folders
DEEPEST = 5  # folders that may lie around the splits, as archives are often unpacked


@dataclass(frozen=True)
class Splits:
    """Folders, relative to the whole one: those to train on, those to test with, and those that are neither."""

    train: list[str]
    test: list[str]
    neither: list[str]
    loose: int  # pictures beside these folders

    @property
    def starts(self) -> list[str]:
        """All of these folders."""
        return self.train + self.test + self.neither

    def below(self, part: str, names: Iterable[str]) -> set[str]:
        """Those of the names that lie in the folders of a part, "train" or "test", or in one folder."""
        starts = tuple(f"{start}/" for start in getattr(self, part, [part]))
        return {name for name in names if name.startswith(starts)}


def split_of(name: str) -> str | None:
    """The split that a folder's name spells: "train", "test", "val" or None."""
    spelled = SPELLING.fullmatch(name.lower().strip())
    return spelled.lastgroup if spelled else None


def may_be_a_split(name: str) -> bool:
    """Whether a class's name makes one ask if a split was meant: test, and also trainA."""
    return split_of(name) is not None or re.fullmatch("(train|test|val)[ab]", name.lower()) is not None


def find_splits(folder: Path) -> Splits | None:
    """The folders for training and for testing; None where the folder has not both.

    They lie in the folder, or in each of its class folders. One folder around all of them is passed through.
    """
    place = folder
    for _ in range(DEEPEST):
        here = _splits_in(folder, place)
        if here:
            return here
        inside, loose = _look(place)
        if len(inside) > 1:
            below = [found for name in inside if (found := _splits_in(folder, place / name))]
            return _together(below, loose) if len(below) == len(inside) else None
        if not inside or loose:
            return None
        place /= inside[0]
    return None


def _splits_in(folder: Path, place: Path) -> Splits | None:
    """The splits that lie in a place. A folder for validation tests where there is none for testing."""
    inside, loose = _look(place)
    by_split: dict[str | None, list[str]] = {}
    for name in inside:
        by_split.setdefault(split_of(name), []).append(_innermost(folder, place / name))
    train, test, val, others = (by_split.get(split, []) for split in ("train", "test", "val", None))
    if not train or not (test or val):
        return None
    return Splits(train, test or val, others + (val if test else []), loose)


def _together(parts: list[Splits], loose: int) -> Splits:
    train, test, neither = ([name for part in parts for name in getattr(part, kind)] for kind in KINDS)
    return Splits(train, test, neither, loose + sum(part.loose for part in parts))


def _innermost(folder: Path, place: Path) -> str:
    """Go on through a folder that holds nothing but one of the same split, as in training_set/training_set."""
    for _ in range(DEEPEST):
        inside, loose = _look(place)
        if len(inside) != 1 or loose or split_of(inside[0]) != split_of(place.name):
            break
        place /= inside[0]
    return place.relative_to(folder).as_posix()


def _look(place: Path) -> tuple[list[str], int]:
    """Names of the folders in a place, and how many pictures lie beside them."""
    try:
        entries = visible(place)
    except OSError:
        return [], 0
    folders = [entry.name for entry in entries if leads_to_folder(entry) and entry.name != "__MACOSX"]
    return folders, sum(is_picture_name(entry.name) and entry.name not in folders for entry in entries)


class Classes:
    """The classes of pictures: the first folder in which they differ.

    names: relative to the folder. One folder around several class folders
    is passed through. Pictures beside class folders are a class of their own.
    """

    def __init__(self, names: Iterable[str], splits: Splits | None = None) -> None:
        self._starts = [f"{start}/" for start in splits.starts] if splits else []
        paths = [self._folders(name) for name in names]
        self._depth = 0
        depth = 0
        while paths and all(len(path) > depth for path in paths):
            if len({path[depth] for path in paths}) > 1:
                self._depth = depth
                break
            depth += 1
        found = {path[self._depth] for path in paths if len(path) > self._depth}
        loose = found and any(len(path) <= self._depth for path in paths)
        self.names = [*sorted(found), *([LOOSE] if loose else [])]

    def number_of(self, name: str) -> int:
        """The label of a picture: its class's place in `names`, or 0 where there are no classes."""
        path = self._folders(name)
        return self.names.index(path[self._depth] if len(path) > self._depth else LOOSE) if self.names else 0

    def _folders(self, name: str) -> list[str]:
        start = next((start for start in self._starts if name.startswith(start)), "")
        around = [part for part in start.split("/") if part and not split_of(part)]
        return around + name[len(start) :].split("/")[:-1]
