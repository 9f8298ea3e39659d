"""Pictures laid out as one sheet, in rows and columns, with or without words."""

import io

import numpy as np
import torch
from numpy.typing import ArrayLike
from PIL import Image
from torch import Tensor

from dcgan_course.data.pixels import to_pixels
from dcgan_course.drawing.canvas import Canvas, png_facts


def tile_pictures(images: Tensor | ArrayLike, columns: int, zoom: int = 2, gap: int = 2) -> Image.Image:
    """Lay pictures out as one sheet.

    Args:
        images: (N, C, H, W) with C = 1 or 3; float in [−1, 1] or uint8 in [0, 255].
        columns: pictures in a row. zoom: screen pixels a picture pixel. gap: pixels between pictures.

    Returns:
        A PIL image.
    """
    pictures = torch.as_tensor(images).detach().cpu()
    if pictures.dtype != torch.uint8:
        pictures = to_pixels(pictures)
    count, channels, height, width = pictures.shape
    rows = -(-count // columns)
    step_y, step_x = height * zoom + gap, width * zoom + gap
    sheet = np.full((rows * step_y - gap, columns * step_x - gap, channels), 255, dtype=np.uint8)
    enlarged = pictures.permute(0, 2, 3, 1).numpy().repeat(zoom, axis=1).repeat(zoom, axis=2)
    for index, picture in enumerate(enlarged):
        top, left = (index // columns) * step_y, (index % columns) * step_x
        sheet[top : top + height * zoom, left : left + width * zoom] = picture
    return Image.fromarray(sheet[:, :, 0] if channels == 1 else sheet)


def png_of_pictures(images: Tensor | ArrayLike, columns: int, zoom: int = 2, gap: int = 2, title: str = "") -> bytes:
    """Return `tile_pictures(...)` as PNG bytes: what a slider shows; under a title that states the finding, if given.

    With a title the sheet is drawn as large as without, and in steps of two pixels.
    """
    if title:
        sheet = tile_pictures(images, columns, zoom, gap)
        canvas = Canvas(-(-sheet.width // 2), -(-sheet.height // 2))
        canvas.image.paste(sheet.convert("RGB"), (0, 0))
        return canvas.titled(title, size=9, edge=2).png()
    buffer = io.BytesIO()
    tile_pictures(images, columns, zoom, gap).save(buffer, "PNG", compress_level=1, pnginfo=png_facts([], []))
    return buffer.getvalue()


def labelled_rows_png(rows: Tensor, labels: list[str], zoom: int = 3, title: str = "") -> bytes:
    """Draw rows of pictures with a word before each row; returns PNG bytes.

    Args:
        rows: (R, N, C, H, W), float in [−1, 1] or uint8. labels: R words. zoom: picture pixels, at two a point.
        title: states the finding, above the rows; it gets a second line where it is wider than they are.
    """
    sheet = tile_pictures(rows.flatten(0, 1), columns=rows.shape[1], zoom=zoom)
    scale, gap, size = 2, 8, 15
    ruler = Canvas(1, 1)
    left = int(max(ruler.text_width(label, size=14) for label in labels) + 2 * gap)
    width = left + sheet.width // scale + gap
    canvas = Canvas(width, sheet.height // scale + 2 * gap, scale=scale)
    canvas.image.paste(sheet.convert("RGB"), (left * scale, gap * scale))
    step = sheet.height / scale / len(labels)
    for number, label in enumerate(labels):
        canvas.text(left - gap, gap + (number + 0.5) * step, label, size=14, anchor="rm")
    return canvas.titled(title, size=size).png()
