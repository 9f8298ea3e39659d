"""Single units, drawn: the pictures that move a unit, its windows and gradients, and the maps of a layer as a grid."""

from typing import TYPE_CHECKING

import torch
from torch import Tensor

from dcgan_course.drawing.canvas import Canvas
from dcgan_course.drawing.sheets import tile_pictures
from dcgan_course.interpretability.units import UnitView

if TYPE_CHECKING:
    from PIL.Image import Image

    Tile = tuple[Image, tuple[int, int, int, int]]  # a picture in its own pixels, and the window to show of it

TILE, GAP, TEXT = 64, 5, 14  # points: a picture's width, between two pictures, the letters
HEADING, NUMBERS = 26, 20  # points: the line over a unit's rows, the line of responses
SHEET_WIDTH = 720  # points: what the maps of a layer share


def unit_sheet(views: list[tuple[str, UnitView]], scale: int = 2, title: str = "") -> bytes:
    """Draw units one below the other, each with its top pictures, the strongest on the left; returns PNG bytes.

    A unit has four rows: the pictures, with the unit's window framed and the response beneath; the window, enlarged;
    the guided gradient in it; the plain gradient in it. Gradients are zero outside the window, so nothing is left out.
    Each gradient is scaled by its own largest number: grey is zero, a brighter colour means that more of that colour
    makes the response larger. What lies outside the picture is hatched.

    Args:
        views: (heading, what `units.view_unit` gives) of each unit. scale: pixels a point; 1 is for an explorer, that
        draws at every move: a quarter of the pixels take a quarter of the time on their way to the screen. title:
        states the finding, above all units.
    """
    names = ("pictures", "window, enlarged", "guided gradient", "plain gradient")
    left = 2 * GAP + max(Canvas(1, 1).text_width(name, size=TEXT) for name in names) + GAP
    columns = max(len(view.pictures) for _, view in views)
    heights = [_heights(view) for _, view in views]
    total = sum(HEADING + NUMBERS + sum(rows) + GAP * len(rows) for rows in heights)
    widest = max(Canvas(1, 1).text_width(heading, size=TEXT + 1, bold=True) for heading, _ in views)
    width = max(int(left) + columns * (TILE + GAP), int(widest) + 3 * GAP) + GAP
    canvas = Canvas(width, total + GAP, scale)
    y = GAP
    for (heading, view), rows in zip(views, heights, strict=True):
        canvas.text(2 * GAP, y, heading, size=TEXT + 1, bold=True)
        y += HEADING
        for name, height, tiles in zip(names, rows, _tiles(view), strict=True):
            canvas.text(left - GAP, y + height / 2, name, size=TEXT, anchor="rm")
            for number, (picture, window) in enumerate(tiles):
                x = int(left) + number * (TILE + GAP)
                _paste(canvas, picture, window, x, y, height)
                if name == "pictures":
                    _frame(canvas, view, number, x, y, height)
                    value = f"{view.top.values[number]:.2f}".replace("-", "−")
                    canvas.text(x + TILE / 2, y + height + 2, value, size=TEXT, anchor="ma")
            y += height + GAP + (NUMBERS if name == "pictures" else 0)
    return canvas.titled(title, size=TEXT + 3).png(compress_level=6 if scale > 1 else 1)


def _heights(view: UnitView) -> list[int]:
    """Return the heights of the four rows, in points."""
    height, width = view.pictures.shape[2:]
    top, left, bottom, right = view.windows[0]
    enlarged = round(TILE * (bottom - top) / (right - left))
    return [round(TILE * height / width), enlarged, enlarged, enlarged]


def _tiles(view: UnitView) -> "list[list[Tile]]":
    """Return the four rows."""
    height, width = view.pictures.shape[2:]
    whole = [(0, 0, height, width)] * len(view.pictures)
    rows = [(view.pictures, whole), (view.pictures, view.windows)]
    rows += [(each_scaled(gradients), view.windows) for gradients in (view.guided, view.plain)]
    return [
        [(tile_pictures(picture[None], 1, zoom=1), window) for picture, window in zip(pictures, windows, strict=True)]
        for pictures, windows in rows
    ]


def each_scaled(gradients: Tensor) -> Tensor:
    """Divide the gradient of each picture by its largest number; a gradient of zero stays zero."""
    largest = gradients.abs().flatten(1).max(dim=1).values
    return gradients / largest.clamp(min=torch.finfo(torch.float32).tiny)[:, None, None, None]


def _paste(canvas: Canvas, picture: "Image", window: tuple[int, int, int, int], x: int, y: int, height: int) -> None:
    """Put the window of a picture into its tile, enlarged; what lies outside the picture is hatched."""
    from PIL import Image

    top, left, bottom, right = window
    down, across = height * canvas.scale / (bottom - top), TILE * canvas.scale / (right - left)
    inside = (max(left, 0), max(top, 0), min(right, picture.width), min(bottom, picture.height))
    x0, y0 = round((inside[0] - left) * across), round((inside[1] - top) * down)
    x1, y1 = round((inside[2] - left) * across), round((inside[3] - top) * down)
    if (x0, y0, x1, y1) != (0, 0, TILE * canvas.scale, height * canvas.scale):
        canvas.hatch(x, y, TILE, height)
    part = picture.convert("RGB").crop(inside).resize((x1 - x0, y1 - y0), Image.Resampling.NEAREST)
    canvas.image.paste(part, (x * canvas.scale + x0, y * canvas.scale + y0))


def _frame(canvas: Canvas, view: UnitView, number: int, x: int, y: int, height: int) -> None:
    """Frame a window, as far as it lies in the picture, in dark orange round white: it shows on every ground."""
    rows, columns = view.pictures.shape[2:]
    top, left, bottom, right = view.windows[number]
    top, left, bottom, right = max(top, 0), max(left, 0), min(bottom, rows), min(right, columns)
    down, across = height / rows, TILE / columns
    for colour, line, outwards in (("orange", 1.5, 1.5), ("paper", 1, 0)):
        canvas.box(
            x + left * across - outwards,
            y + top * down - outwards,
            (right - left) * across + 2 * outwards - 1 / canvas.scale,
            (bottom - top) * down + 2 * outwards - 1 / canvas.scale,
            outline=colour,
            line=line,
        )


def maps_sheet(maps: Tensor, title: str) -> bytes:
    """Draw the maps of one layer as a grid of grey pictures with the number of the first map before each row.

    All maps share one scale: black is zero or less, white is what only one number in a hundred of the layer exceeds.
    So a dark map is a map that is not at work for this input. Returns PNG bytes.

    Args:
        maps: (channels, H, W), such as `blocks.generator_maps` gives. title: states the finding.
    """
    count, height, width = maps.shape
    columns = min(count, max(8, round((2 * count) ** 0.5)))
    white = maps.flatten().float().quantile(0.99).clamp(min=torch.finfo(torch.float32).tiny)
    scaled = (maps.float() / white).clamp(0, 1) * 2 - 1
    side = max(1, SHEET_WIDTH * 2 // columns // width - 1)  # screen pixels a number
    sheet = tile_pictures(scaled[:, None], columns, zoom=side, gap=4)
    left = Canvas(1, 1).text_width(f"map {count}", size=TEXT) + 3 * GAP
    canvas = Canvas(int(left) + max(sheet.width // 2, 300) + GAP, HEADING + sheet.height // 2 + 3 * GAP)
    canvas.title(2 * GAP, GAP, title, size=TEXT + 1)
    canvas.image.paste(sheet.convert("RGB"), (int(left) * 2, (HEADING + GAP) * 2))
    step = (height * side + 4) / 2
    for row in range(-(-count // columns)):
        y = HEADING + GAP + row * step + height * side / 4
        canvas.text(left - GAP, y, f"map {row * columns}", size=TEXT, anchor="rm")
    return canvas.png()
