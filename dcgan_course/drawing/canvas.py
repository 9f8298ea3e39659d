"""Boxes, arrows and labels drawn with Pillow: one frame takes milliseconds, and is the same everywhere.

The explorers redraw at every move of a slider, and matplotlib is too slow for that. Lessons use the same
drawings as figures, so a learner meets one look only. Colours are from the Okabe–Ito palette, which
colour-blind readers can tell apart.
"""

import functools
import io
import math
from collections.abc import Collection
from fractions import Fraction
from typing import SupportsFloat

from PIL import Image, ImageDraw, ImageFont
from PIL.PngImagePlugin import PngInfo

from dcgan_course.drawing.contrast import HIGHEST, contrast_on, parsed

LETTERS = "Letters"  # keyword of a PNG: the size of its smallest letters, in its own pixels; 0 where there are none
CONTRAST = "Contrast"  # keyword of a PNG: the lowest contrast of its letters, cut to two decimals; 21 where are none
TITLE = "Title"  # keyword of a PNG: the title that is written in it
COLOURS = {
    "ink": "#1a1a1a",
    "grey": "#8a8a8a",
    "light": "#e9e9e9",
    "paper": "#ffffff",
    "blue": "#0072b2",
    "sky": "#a6d3ee",
    "orange": "#d55e00",
    "peach": "#f8d2b3",
    "green": "#009e73",
    "mint": "#b5e3d4",
    "yellow": "#f0e442",
    "purple": "#cc79a7",
}
# What words in a colour are written with: the same hue, dark enough to be read on white and on light grey.
INKS = {name: COLOURS[name] for name in ("ink", "paper", "blue")} | {
    "grey": "#666666",
    "orange": "#a84a00",
    "green": "#007355",
    "purple": "#9c3f74",
}

LINE = 1.35  # of a title: the distance of two lines, in sizes of its letters


@functools.cache
def _font(size: int, bold: bool) -> ImageFont.FreeTypeFont:
    """DejaVu Sans, which every matplotlib brings along: the same letters on every machine."""
    from matplotlib import get_data_path

    name = "DejaVuSans-Bold.ttf" if bold else "DejaVuSans.ttf"
    return ImageFont.truetype(f"{get_data_path()}/fonts/ttf/{name}", size)


@functools.lru_cache(4096)
def _box(text: str, size: int, bold: bool, anchor: str) -> tuple[float, float, float, float]:
    """Return left, top, right and bottom of a text that is written at (0, 0), in pixels."""
    return _font(size, bold).getbbox(text, anchor=anchor)


def number_text(value: SupportsFloat) -> str:
    """Write a number as a head reads it: 2, −1, ⅔ as 2/3, else two decimals."""
    value = float(value)
    if abs(value - round(value)) < 1e-6:
        text = str(int(round(value)))
    else:
        fraction = Fraction(value).limit_denominator(12)
        close = abs(float(fraction) - value) < 1e-6
        text = f"{fraction.numerator}/{fraction.denominator}" if close else f"{value:.2f}"
    return text.replace("-", "−")


def facts_of(sizes: Collection[float], contrasts: Collection[float], title: str = "") -> dict[str, str]:
    """Return what a PNG says of itself, by keyword: how large its smallest letters are, which pages may shrink; how low
    their contrast is; and its title, if it has one.

    Args:
        sizes: of its letters, in its own pixels; none where nothing is written. contrasts: of its letters with what is
            beneath them. title: that is written in it.
    """
    lowest = math.floor(100 * min(contrasts, default=HIGHEST)) / 100
    facts = {LETTERS: f"{min(sizes, default=0):.1f} px", CONTRAST: f"{lowest:.2f}", TITLE: title}
    return {keyword: fact for keyword, fact in facts.items() if fact}


def png_facts(sizes: Collection[float], contrasts: Collection[float], title: str = "") -> PngInfo:
    """Return `facts_of` a picture as Pillow writes them into a PNG."""
    info = PngInfo()
    for keyword, fact in facts_of(sizes, contrasts, title).items():
        info.add_text(keyword, fact)
    return info


def wrapped(words: str, width: float, size: float) -> list[str]:
    """Return bold words of a size in lines that are at most `width` points wide; a longer word has its own line."""
    lines: list[str] = []
    for word in words.split():
        longer = f"{lines[-1]} {word}" if lines else word
        if lines and _font(int(size * 2), True).getlength(longer) / 2 > width:
            lines.append(word)
        else:
            lines[-1:] = [longer]
    return lines


class Canvas:
    """A white sheet to draw on. Lengths are in points; the picture holds `scale` pixels a point.

    Args:
        width, height: size of the sheet in points.
        scale: pixels a point; 2 stays sharp on a projector.
    """

    def __init__(self, width: int, height: int, scale: int = 2) -> None:
        self.width, self.height, self.scale = width, height, scale
        self.image = Image.new("RGB", (width * scale, height * scale), COLOURS["paper"])
        self._draw = ImageDraw.Draw(self.image)
        self.sizes: set[float] = set()  # of the letters, in pixels
        self.contrasts: set[float] = set()  # of the letters with what is beneath them
        self.words = ""  # of the title

    def text(
        self,
        x: float,
        y: float,
        text: str,
        *,
        size: float = 16,
        colour: str = "ink",
        bold: bool = False,
        anchor: str = "la",
    ) -> None:
        """Write at (x, y). `anchor` is Pillow's: "la" left-top, "mm" centre, "rm" right-middle.

        `colour` is one of INKS: the word is as dark as it must be to be read.
        """
        place, font = (x * self.scale, y * self.scale), _font(int(size * self.scale), bold)
        if text.strip():
            self.sizes.add(int(size * self.scale))
            left, top, right, bottom = _box(text, int(size * self.scale), bold, anchor)
            box = (place[0] + left, place[1] + top, place[0] + right, place[1] + bottom)
            self.contrasts.add(contrast_on(parsed(INKS[colour]), self.image, box))
        self._draw.text(place, text, fill=INKS[colour], font=font, anchor=anchor)

    def key(self, x: float, y: float, words: str, colour: str, *, mark: str = "■", size: float = 15) -> None:
        """Write bold words of a legend with their left top at (x, y), behind a mark in the colour of what they name."""
        place, font = (x * self.scale, y * self.scale), _font(int(size * self.scale), True)
        self._draw.text(place, mark, fill=COLOURS[colour], font=font)
        self.text(x + self.text_width(f"{mark} ", size=size, bold=True), y, words, size=size, colour=colour, bold=True)

    def paste(self, other: "Canvas", x: float, y: float) -> None:
        """Lay another sheet of the same scale on this one, with its upper left corner at (x, y).

        Its title is this one's, if this one has none yet.
        """
        self.image.paste(other.image, (round(x * self.scale), round(y * self.scale)))
        self.sizes |= other.sizes
        self.contrasts |= other.contrasts
        self.words = self.words or other.words

    def title(self, x: float, y: float, words: str, *, size: float = 20, width: float | None = None) -> float:
        """Write the title of the sheet, bold, with its upper left corner at (x, y); returns the height of its lines.

        Args:
            size: of the letters, in points. width: of a line at most; None leaves room as at the left of the title.
        """
        self.words = words
        lines = wrapped(words, width or self.width - 2 * x, size)
        for number, line in enumerate(lines):
            self.text(x, y + number * LINE * size, line, size=size, bold=True)
        return LINE * size * len(lines)

    def titled(self, words: str, *, size: float = 18, edge: float = 8) -> "Canvas":
        """Return a sheet with this one below a title, `edge` points from the upper left corner; "" gives this one."""
        if not words:
            return self
        height = LINE * size * len(wrapped(words, self.width - 2 * edge, size))
        sheet = Canvas(self.width, round(self.height + height + edge), self.scale)
        sheet.paste(self, 0, sheet.height - self.height)
        sheet.title(edge, edge / 2, words, size=size)
        return sheet

    def text_width(self, text: str, *, size: float = 16, bold: bool = False) -> float:
        """Width of `text` in points."""
        return _font(int(size * self.scale), bold).getlength(text) / self.scale

    def box(
        self,
        x: float,
        y: float,
        width: float,
        height: float,
        *,
        fill: str | None = None,
        outline: str | None = "ink",
        line: float = 1.0,
    ) -> None:
        """Draw a rectangle with its upper left corner at (x, y); no fill leaves what is there."""
        self._draw.rectangle(
            [x * self.scale, y * self.scale, (x + width) * self.scale, (y + height) * self.scale],
            fill=COLOURS[fill] if fill else None,
            outline=COLOURS[outline] if outline else None,
            width=max(1, round(line * self.scale)),
        )

    def hatch(self, x: float, y: float, width: float, height: float, *, colour: str = "grey", gap: int = 5) -> None:
        """Fill a rectangle with slanted lines, `gap` points apart: there is nothing here."""
        self.box(x, y, width, height, fill="paper", outline=None)
        for start in range(gap, int(width + height), gap):  # x + y is the same along a line
            first, last = max(0, start - height), min(start, width)
            self.line(x + first, y + start - first, x + last, y + start - last, colour=colour, line=0.5)

    def line(self, x0: float, y0: float, x1: float, y1: float, *, colour: str = "ink", line: float = 1.5) -> None:
        """Draw a straight line."""
        points = [x0 * self.scale, y0 * self.scale, x1 * self.scale, y1 * self.scale]
        self._draw.line(points, fill=COLOURS[colour], width=max(1, round(line * self.scale)))

    def arrow(
        self,
        x0: float,
        y0: float,
        x1: float,
        y1: float,
        *,
        colour: str = "ink",
        line: float = 2.0,
        head: float = 8,
    ) -> None:
        """Draw a line from (x0, y0) that ends in a head at (x1, y1)."""
        length = max(((x1 - x0) ** 2 + (y1 - y0) ** 2) ** 0.5, 1e-9)
        along = ((x1 - x0) / length, (y1 - y0) / length)
        foot = (x1 - head * along[0], y1 - head * along[1])
        self.line(x0, y0, *foot, colour=colour, line=line)
        across = (-along[1] * head / 2, along[0] * head / 2)
        corners = [
            (x1, y1),
            (foot[0] + across[0], foot[1] + across[1]),
            (foot[0] - across[0], foot[1] - across[1]),
        ]
        self._draw.polygon([(a * self.scale, b * self.scale) for a, b in corners], fill=COLOURS[colour])

    def frame(
        self,
        x: float,
        y: float,
        cell: float,
        rows: int,
        columns: int,
        *,
        colour: str = "orange",
        line: float = 3.0,
    ) -> None:
        """Draw a thick frame round `rows` × `columns` squares of side `cell`, from the corner (x, y) on."""
        self.box(x, y, columns * cell, rows * cell, outline=colour, line=line)

    def png(self, compress_level: int = 6) -> bytes:
        """Return the sheet as PNG bytes; level 1 is three times faster than 6 and the file is larger."""
        buffer = io.BytesIO()
        self.image.save(
            buffer, "PNG", compress_level=compress_level, pnginfo=png_facts(self.sizes, self.contrasts, self.words)
        )
        return buffer.getvalue()
