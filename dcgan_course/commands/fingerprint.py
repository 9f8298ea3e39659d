"""Which pictures these are, told by their pixels: the same wherever they lie, and however they are called."""

import hashlib
from dataclasses import dataclass

from dcgan_course.data.images import Images
from dcgan_course.errors import InvalidValue, whole_number

PARTS = 256  # of a data set, each with its brightness; of fewer pictures each is a part
NEAR = 0.1  # levels of 256: another version of a decoder or of resizing stays below, another picture does not


@dataclass(frozen=True)
class Fingerprint:
    """What tells pictures from others.

    shape: (N, C, H, W). classes: {name: how many}. pixels: a sum over all of them. brightness: the mean level of each
    part, in order and with two decimals; it says where pictures differ, and forgives another decoder.
    """

    shape: tuple[int, int, int, int]
    classes: dict[str, int]
    pixels: str
    brightness: str

    def __post_init__(self) -> None:
        for side in self.shape:
            whole_number("shape", side)
        for count in self.classes.values():
            whole_number("classes", count, 0)
        levels = [float(level) for level in self.brightness.split()]
        size = -(-self.shape[0] // PARTS)
        if len(self.shape) != 4 or len(levels) != -(-self.shape[0] // size) or not isinstance(self.pixels, str):
            raise InvalidValue("the fingerprint of the pictures is none.")

    def difference(self, then: "Fingerprint") -> str | None:
        """Say in words how these pictures differ from those of another time; None if they are the same."""
        count, before = self.shape[0], then.shape[0]
        if count != before:
            return f"there are {count:,} now, and there were {before:,}{_in_classes(self.classes, then.classes)}"
        if self.shape != then.shape:
            now, other = ("×".join(map(str, shape[1:])) for shape in (self.shape, then.shape))
            return f"they are {now} now, and they were {other}"
        one, two = ([float(level) for level in each.brightness.split()] for each in (self, then))
        size = -(-count // PARTS)
        for number, (level, level_then) in enumerate(zip(one, two, strict=True)):
            if abs(level - level_then) > NEAR:
                first, last = number * size + 1, min(count, (number + 1) * size)
                which = f"number {first:,}" if first == last else f"one or more of numbers {first:,} to {last:,}"
                return f"there are as many as before, but {which}, in the order of their names, changed"
        return None


def fingerprint(data: Images) -> Fingerprint:
    """Return what tells these pictures from others. Each pixel is read once: a second for about a gigabyte."""
    images, brightness = data.images, []
    count, channels, height, width = images.shape
    digest = hashlib.sha256(f"{tuple(images.shape)}".encode())
    for part in images.split(-(-count // PARTS)):
        pixels = part.contiguous().numpy()
        digest.update(pixels.data)
        brightness.append(f"{pixels.mean():.2f}")
    counts = data.labels.bincount(minlength=len(data.class_names)).tolist()
    classes = dict(zip(data.class_names, counts, strict=True))
    return Fingerprint((count, channels, height, width), classes, digest.hexdigest(), " ".join(brightness))


def _in_classes(now: dict[str, int], then: dict[str, int]) -> str:
    """Name the first class whose count changed, where there are classes."""
    changed = [name for name in {**then, **now} if now.get(name, 0) != then.get(name, 0)]
    if not changed or len(now) == len(then) == 1:
        return ""
    return f" ({now.get(changed[0], 0):,} instead of {then.get(changed[0], 0):,} in {changed[0]})"
