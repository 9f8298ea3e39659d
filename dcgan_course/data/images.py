"""One door to all pictures: `load_images` finds them, wherever they are, and says what they are."""

import difflib
import os
from dataclasses import dataclass, field, replace
from pathlib import Path

import torch
from torch import Tensor

from dcgan_course.data.drawn.pictures import OBJECT_NAMES, drawn_digits, drawn_objects
from dcgan_course.data.folder import read_folder
from dcgan_course.data.layouts import DIGIT_NAMES
from dcgan_course.data.own.tree import readable
from dcgan_course.data.published import PUBLISHED, find
from dcgan_course.errors import DataNotFound, InvalidValue, is_whole, pair_of_sides

NAMES = ("mnist", "cifar10", "folder:PATH", "drawn_digits", "drawn_objects")
STAND_INS = {"mnist": "drawn_digits", "cifar10": "drawn_objects"}
STAND_IN_COUNT = {"train": 10_000, "test": 2_000}
STAND_IN_SEED = {"train": 0, "test": 1}
FOLDER_SIZE = (64, 64)
LARGEST_SIZE = 1024


@dataclass(frozen=True, eq=False, repr=False)
class Images:
    """Pictures and what is known about them.

    name: what was loaded. images: (N, C, H, W) uint8, 0 to 255. labels: (N,) int64, numbers of `class_names`.
    source: where they came from. is_stand_in: True for drawn pictures. remark: what a figure of them must say, or "".
    skipped: files that could not be read, as {name: reason}.
    """

    name: str
    images: Tensor
    labels: Tensor
    class_names: tuple[str, ...]
    source: str
    is_stand_in: bool = False
    remark: str = ""
    skipped: dict[str, str] = field(default_factory=dict)

    @property
    def title_note(self) -> str:
        """What to put behind a figure's title: "", " (drawn stand-in, not MNIST)" or " (JPEG copy, quality 75)"."""
        return f" ({self.remark})" if self.remark else ""

    def __len__(self) -> int:
        return len(self.images)

    def __repr__(self) -> str:
        count, channels, height, width = self.images.shape
        classes = "1 class" if len(self.class_names) == 1 else f"{len(self.class_names)} classes"
        return f"{count:,} pictures of {channels}×{height}×{width} in {classes}: {self.source}."


def load_images(
    name: str,
    split: str = "train",
    *,
    image_size: int | tuple[int, int] | None = None,
    channels: int | None = None,
    root: str | Path | None = None,
    stand_in: bool = False,
) -> Images:
    """All pictures of one data set: "mnist", "cifar10", "folder:PATH", "drawn_digits" or "drawn_objects".

    MNIST and CIFAR-10 are looked for in `root`, in the folder that `DCGAN_COURSE_DATA` names, in the cache, and are
    then downloaded into the cache. If all fail and `stand_in` is true, drawn pictures come back and a notice says so.
    split: "train" or "test". A folder gives its sub-folders for training and testing (in their usual spellings) if it
    has both; otherwise about one picture in ten, chosen by its name, is for "test".
    image_size: a number or (height, width). Pictures are resized once, bilinear and antialiased; those of a folder
    are cropped to the middle first. None keeps the size of the data; for a folder it means 64.
    channels: 1 makes pictures grey, 3 gives them red, green and blue. None keeps what the data has; a folder has 1
    where all its pictures are grey, else 3.

    Raises:
        InvalidValue: for a wrong argument.
        DataNotFound: nothing was found. The message says what was tried and what to do.
    """
    _check_name(name)
    if split not in ("train", "test"):
        raise InvalidValue(f'split is {split!r}, but it must be "train" or "test".')
    if channels is not None and (not is_whole(channels) or channels not in (1, 3)):
        raise InvalidValue(f"channels is {channels!r}, but it must be 1 (grey) or 3 (red, green and blue).")
    size = _checked_size(image_size)
    if name.startswith("folder:"):
        return _from_folder(name, split, size or FOLDER_SIZE, channels)
    loaded = _from_published(name, split, root, stand_in) if name in PUBLISHED else _drawn(name, split)
    return _with_channels(_resized(loaded, size) if size else loaded, channels)


def already_here(name: str, root: str | Path | None = None) -> str | None:
    """Where "mnist" or "cifar10" is on this machine, in one phrase, or None. Nothing is downloaded.

    Raises:
        InvalidValue: for another name.
    """
    if name not in PUBLISHED:
        raise InvalidValue(f'name is {name!r}, but it must be "mnist" or "cifar10".')
    found, _ = find(PUBLISHED[name], "test", root, download=False)
    return found.source if found else None


def known_classes(name: str) -> tuple[str, ...]:
    """Return the classes of a data set in the order of its labels, without reading it; () for a folder of one's own."""
    if name in PUBLISHED:
        return PUBLISHED[name].class_names
    return {"drawn_digits": DIGIT_NAMES, "drawn_objects": OBJECT_NAMES}.get(name, ())


def _check_name(name: object) -> None:
    if name in ("folder:", "folder:PATH"):
        raise InvalidValue(f'name is "{name}", but it must hold the path of your folder, as in "folder:my_pictures".')
    if isinstance(name, str) and (name in NAMES or name.startswith("folder:")):
        return
    close = difflib.get_close_matches(str(name).lower(), NAMES, n=2, cutoff=0.4)
    allowed = ", ".join(f'"{name}"' for name in NAMES)
    question = ": did you mean " + " or ".join(f'"{name}"' for name in close) + "?" if close else "."
    raise InvalidValue(f"name is {name!r}, but it must be one of {allowed}{question}")


def _checked_size(image_size: int | tuple[int, int] | None) -> tuple[int, int] | None:
    if image_size is None:
        return None
    sides = pair_of_sides("image_size", image_size)
    if max(sides) > LARGEST_SIZE:
        raise InvalidValue(f"image_size is {image_size!r}, but each side must be from 1 to {LARGEST_SIZE} pixels.")
    return sides


def _from_folder(name: str, split: str, size: tuple[int, int], channels: int | None) -> Images:
    folder = Path(os.path.expanduser(name.removeprefix("folder:"))).resolve()
    own = read_folder(folder, split, size)
    for line in own.lines:
        print(line)
    title = f'the folder "{readable(folder.name)}"'
    loaded = Images(name, own.images, own.labels, own.class_names, f"pictures of {title}", skipped=own.skipped)
    if own.all_grey and channels is None:
        print(f"In {title}: all pictures are grey, so they have one channel.")
    if own.all_grey and channels != 3:
        return replace(loaded, images=own.images[:, :1])
    return _with_channels(loaded, channels)


def _from_published(name: str, split: str, root: str | Path | None, stand_in: bool) -> Images:
    published = PUBLISHED[name]
    found, tried = find(published, split, root)
    if found is not None:
        return Images(name, found.images, found.labels, published.class_names, found.source, remark=found.remark)
    why = "; ".join(tried)
    remedy = (
        "connect to the internet and run this again, or set DCGAN_COURSE_DATA to a folder that holds "
        f"{published.layout}."
    )
    if not stand_in:
        raise DataNotFound(f"{published.title} was not found ({why}): {remedy}")
    line = "=" * 80
    print(
        f"{line}\nTHIS IS NOT {published.title}. Drawn stand-ins take its place, so that you can go on.\n"
        f"Why: {why}.\nTo get {published.title}: {remedy}\n{line}"
    )
    return _drawn(STAND_INS[name], split)


def _drawn(name: str, split: str) -> Images:
    count, seed = STAND_IN_COUNT[split], STAND_IN_SEED[split]
    if name == "drawn_digits":
        images, labels = drawn_digits(count, seed)
        class_names, other = DIGIT_NAMES, "MNIST"
    else:
        images, labels, _ = drawn_objects(count, seed)
        class_names, other = OBJECT_NAMES, "CIFAR-10"
    remark = f"drawn stand-in, not {other}"
    return Images(name, images, labels, class_names, f"{name} of seed {seed}: {remark}", True, remark)


def _resized(loaded: Images, size: tuple[int, int]) -> Images:
    if tuple(loaded.images.shape[2:]) == size:
        return loaded
    count, channels = loaded.images.shape[:2]
    _refuse_more_than_memory(count, channels, *size)
    resize = torch.nn.functional.interpolate
    images = torch.empty(count, channels, *size, dtype=torch.uint8)
    for part, place in zip(loaded.images.split(1000), images.split(1000), strict=True):
        place.copy_(resize(part, size, mode="bilinear", antialias=True))
    return replace(loaded, images=images)


def _with_channels(loaded: Images, channels: int | None) -> Images:
    """The same pictures with so many channels; grey is the brightness by ITU-R 601, rounded as Pillow rounds it."""
    count, present, *sides = loaded.images.shape
    if channels in (None, present):
        return loaded
    if channels == 3:
        return replace(loaded, images=loaded.images.expand(-1, 3, -1, -1))
    images = torch.empty(count, 1, *sides, dtype=torch.uint8)
    for part, place in zip(loaded.images.split(1000), images.split(1000), strict=True):
        red, green, blue = part.int().unbind(1)
        place[:, 0] = (19595 * red + 38470 * green + 7471 * blue + 32768) >> 16
    return replace(loaded, images=images)


def _refuse_more_than_memory(count: int, channels: int, height: int, width: int) -> None:
    """Raise InvalidValue for pictures that are larger than this machine's memory, where the system tells its size."""
    try:
        memory = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (AttributeError, ValueError, OSError):  # Windows
        return
    needed = count * channels * height * width
    if needed > memory:
        raise InvalidValue(
            f"image_size is {height}×{width}, but {count:,} pictures of {channels} channels then take "
            f"{needed / 1e9:.3g} GB, and this machine has {memory / 1e9:.3g} GB: ask for a smaller size."
        )
