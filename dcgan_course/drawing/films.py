"""A film of sample pictures: the same z, drawn again and again while a training goes on."""

import io
from pathlib import Path

from torch import Tensor

from dcgan_course.drawing.canvas import Canvas, png_facts
from dcgan_course.drawing.sheets import tile_pictures
from dcgan_course.errors import InvalidValue

LABELS = "Labels"  # keyword of an animated PNG: the label of each frame, one a line
HEAD = 30  # points above the pictures, for the label
TITLE_SIZE = 11  # points, which are two pixels each


def film_png(
    frames: Tensor, labels: list[str], columns: int = 8, zoom: int = 3, seconds: float = 0.7, title: str = ""
) -> bytes:
    """Return an animated PNG that shows one frame after the other and begins anew; the last one stays longer.

    A viewer that knows no animation shows the last frame.

    Args:
        frames: (T, N, C, H, W), float in [−1, 1] or uint8. labels: T words, one above each frame.
        columns: pictures in a row. zoom: screen pixels a picture pixel. seconds: how long one frame is shown.
        title: states the finding, above each frame.

    Raises:
        InvalidValue: there is not one label for each frame, or there is no frame.
    """
    from PIL import ImageOps

    if len(frames) != len(labels) or not labels:
        raise InvalidValue(f"There are {len(frames)} frames and {len(labels)} labels: each frame needs one label.")
    pages, sizes, contrasts = [], set(), set()
    for pictures, label in zip(frames, labels, strict=True):
        sheet = tile_pictures(pictures, columns, zoom).convert("RGB")
        canvas = Canvas(-(-sheet.width // 2), HEAD + -(-sheet.height // 2))
        canvas.image.paste(sheet, (0, 2 * HEAD))
        size = min(16, 16 * (canvas.width - 4) / canvas.text_width(label, size=16, bold=True))
        canvas.text(2, HEAD / 2, label, size=size, bold=True, anchor="lm")
        canvas = canvas.titled(title, size=TITLE_SIZE, edge=2)
        sizes |= canvas.sizes
        contrasts |= canvas.contrasts
        pages.append(ImageOps.posterize(canvas.image, 5))  # 32 levels a colour: a third of the bytes, hardly visible
    still, shown = pages[-1], [round(1000 * seconds)] * len(pages)
    shown[-1] *= 3
    file = io.BytesIO()
    written = png_facts(sizes, contrasts, title)
    written.add_text(LABELS, "\n".join(labels))
    facts = {"duration": shown, "loop": 0, "pnginfo": written}
    still.save(file, "PNG", save_all=True, default_image=True, append_images=pages, **facts)
    return file.getvalue()


def save_webp(path: str | Path, frames: Tensor, columns: int = 8, zoom: int = 4, seconds: float = 0.1) -> None:
    """Write a film that loops for ever as an animated WebP, without loss.

    Args:
        path: of the file. frames: (T, N, C, H, W), float in [−1, 1] or uint8. columns: pictures in a row. zoom: screen
            pixels a picture pixel. seconds: how long one frame is shown.

    Raises:
        InvalidValue: there are fewer than two frames.
    """
    if len(frames) < 2:
        raise InvalidValue(f"There are {len(frames)} frames: a film needs at least two.")
    pages = [tile_pictures(pictures, columns, zoom).convert("RGB") for pictures in frames]
    milliseconds = round(1000 * seconds)
    pages[0].save(path, save_all=True, append_images=pages[1:], duration=milliseconds, loop=0, lossless=True, method=2)
