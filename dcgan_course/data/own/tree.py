"""Which files of a folder are pictures, and what else lies there: each picture once, links followed, loops not."""

import os
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from dcgan_course.data.regular import is_regular

ENDINGS = frozenset(".jpg .jpeg .jpe .jfif .png .bmp .gif .tif .tiff .webp .avif .jp2 .ppm .pgm .pbm .pnm .tga".split())
COMPANIONS = frozenset(  # that nobody takes for pictures: notes, lists, and what systems leave behind
    ".txt .md .rst .csv .tsv .json .jsonl .xml .yaml .yml .toml .html .htm .url .ini .db .log .py .ipynb .sh".split()
)
COMPANION_NAMES = frozenset("readme license licence copying authors notice makefile".split())
MOST_KINDS = 6  # that a sentence names

NO_ENDING = "without an ending"
NO_FILE = "that are no regular files"
BROKEN_LINK = "links to what is not there"
SECOND_LINK = "links to folders that are read already"
CLOSED = "folders that may not be opened"


def readable(name: str) -> str:
    """A file's name that can always be printed: bytes that are not UTF-8 become question marks."""
    return name.encode("utf-8", "replace").decode()


@dataclass
class Tree:
    """Names of the pictures, relative to the folder, with / between; and what was not read, counted by its kind.

    Hidden files and folders do not count, and neither do the usual companions of pictures.
    """

    pictures: set[str] = field(default_factory=set)
    unread: Counter[str] = field(default_factory=Counter)
    examples: dict[str, str] = field(default_factory=dict)

    def note(self, kind: str, name: str) -> None:
        """Count what is not read."""
        self.unread[kind] += 1
        self.examples[kind] = min(name, self.examples.get(kind, name))

    def about_unread(self) -> str:
        """What was not read, as "8 .heic (such as a.heic), 2 without an ending (such as b)", or ""."""
        kinds = self.unread.most_common()
        some = [f"{count:,} {readable(kind)} (such as {readable(self.examples[kind])})" for kind, count in kinds]
        rest = sum(count for _, count in kinds[MOST_KINDS:])
        return ", ".join([*some[:MOST_KINDS], *([f"{rest:,} others"] if rest else [])])


def look_through(folder: Path, starts: Sequence[str]) -> Tree:
    """Everything below some folders inside a folder, whose names are given; "." is all of it.

    A folder that a link leads to is read where it was not read already: real folders come first, so no picture is
    taken twice below one start, and a loop ends. A link to what holds the folder itself is such a loop.
    """
    tree = Tree()
    for start in starts:
        place = folder / start
        seen = {_identity(parent) for parent in (*place.absolute().parents, *place.resolve().parents)}
        real: list[Path] = [place]
        links: list[Path] = []
        while real or links:
            here = real.pop() if real else links.pop(0)
            try:
                identity = _identity(here)
                if identity in seen:
                    tree.note(SECOND_LINK, _name(folder, here))
                    continue
                seen.add(identity)
                entries = visible(here)
            except OSError:
                tree.note(CLOSED, _name(folder, here))
                continue
            for entry in entries:
                if leads_to_folder(entry):
                    (links if entry.is_symlink() else real).append(here / entry.name)
                else:
                    _take(tree, entry, _name(folder, here / entry.name))
    return tree


def visible(folder: Path) -> list[os.DirEntry[str]]:
    """What is in a folder and not hidden, in the order of the names."""
    with os.scandir(folder) as entries:
        return sorted((entry for entry in entries if not entry.name.startswith(".")), key=lambda entry: entry.name)


def leads_to_folder(entry: os.DirEntry[str]) -> bool:
    """Whether an entry is a folder, after links; a link that leads round to itself is none."""
    try:
        return entry.is_dir()
    except OSError:
        return False


def is_picture_name(name: str) -> bool:
    """Whether a file with this name is read as a picture."""
    return os.path.splitext(name)[1].lower() in ENDINGS


def _take(tree: Tree, entry: os.DirEntry[str], name: str) -> None:
    """Put a file where it belongs."""
    stem, ending = os.path.splitext(entry.name.lower())
    if ending in COMPANIONS or stem in COMPANION_NAMES:
        return
    if not is_regular(entry.path):
        tree.note(NO_FILE if os.path.exists(entry.path) else BROKEN_LINK, name)
    elif ending in ENDINGS:
        tree.pictures.add(name)
    else:
        tree.note(ending or NO_ENDING, name)


def _identity(path: Path) -> tuple[int, int]:
    found = os.stat(path)
    return found.st_dev, found.st_ino


def _name(folder: Path, path: Path) -> str:
    return path.relative_to(folder).as_posix()
