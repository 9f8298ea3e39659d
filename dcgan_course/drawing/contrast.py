"""Whether letters can be read: the contrast of two colours, as the Web Content Accessibility Guidelines (WCAG 2.2)
count it, from 1 (the same) to 21 (black on white).
"""

import functools
from typing import TypeAlias, cast

from PIL import Image

Colour: TypeAlias = tuple[int, int, int]  # red, green, blue: 0 to 255
ENOUGH = 4.5  # for letters: WCAG 2.2, level AA
HIGHEST = 21.0
SEEN = 0.1  # of the ground: what is less does not count, as a thin line that crosses a word


@functools.lru_cache(64)
def parsed(code: str) -> Colour:
    """Return "#d55e00" as (213, 94, 0)."""
    red, green, blue = bytes.fromhex(code.removeprefix("#"))
    return red, green, blue


def luminance(colour: Colour) -> float:
    """Return the relative luminance of an sRGB colour: 0 is black, 1 is white."""
    shares = (value / 255 for value in colour)
    linear = (share / 12.92 if share <= 0.04045 else ((share + 0.055) / 1.055) ** 2.4 for share in shares)
    return sum(weight * share for weight, share in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


@functools.lru_cache(4096)
def contrast(one: Colour, other: Colour) -> float:
    """Return the contrast of two colours; which one is the ground does not matter."""
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


def _mixed(letters: Colour, below: Colour, opacity: float) -> Colour:
    red, green, blue = (round(opacity * a + (1 - opacity) * b) for a, b in zip(letters, below, strict=True))
    return red, green, blue


def contrast_on(
    letters: Colour, sheet: Image.Image, box: tuple[float, float, float, float], opacity: float = 1.0
) -> float:
    """Return the contrast of letters on what is drawn beneath them: a tenth of it gives this contrast or a lower one.

    Args:
        letters: their colour. sheet: an RGB picture, before they are written. box: left, top, right and bottom of the
            letters in it, in pixels; what is outside the picture does not count. opacity: of the letters.
    """
    left, right = (min(max(0, round(edge)), sheet.width) for edge in box[::2])
    top, bottom = (min(max(0, round(edge)), sheet.height) for edge in box[1::2])
    size, found = (right - left) * (bottom - top), []
    for count, below in cast(list[tuple[int, Colour]], sheet.crop((left, top, right, bottom)).getcolors(size) or []):
        found.append((contrast(_mixed(letters, below, opacity) if opacity < 1 else letters, below), count))
    if len(found) == 1:
        return found[0][0]
    seen = 0
    for value, count in sorted(found):
        seen += count
        if seen >= SEEN * size:
            return value
    return HIGHEST  # nothing of it is in the picture
