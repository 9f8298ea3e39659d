"""One picture file, whatever its size and mode, as RGB bytes of the wanted size."""

import contextlib
import functools
import struct
import zlib
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps

from dcgan_course.data.own.brightness import OF_THE_DEPTH, Measured, Spans, kind_of, measure
from dcgan_course.data.regular import NotRegular, open_regular

# Pillow guesses the format from the bytes. This list keeps it from starting other programs, as for EPS.
FORMATS = ("JPEG", "PNG", "BMP", "GIF", "TIFF", "WEBP", "AVIF", "JPEG2000", "PPM", "TGA")
# What Pillow raises for broken files. It documents none of it: each was seen or is in its source.
BROKEN = (
    OSError,
    SyntaxError,
    ValueError,
    TypeError,
    AttributeError,
    LookupError,
    ArithmeticError,
    EOFError,
    RuntimeError,
    MemoryError,
    struct.error,
    zlib.error,
)


@functools.cache
def _formats() -> tuple[str, ...]:
    """Those of FORMATS that this Pillow was built with."""
    Image.init()
    return tuple(name for name in FORMATS if name in Image.OPEN)


class PictureError(Exception):
    """A file that cannot be read as a picture. The text says why, in a few words."""


class UnknownSpan(Exception):
    """A picture has more than 8 bits, and nobody has decided yet which of its values are black and white."""


def read_picture(path: Path, size: tuple[int, int], spans: Spans = OF_THE_DEPTH) -> NDArray[np.uint8]:
    """The picture in the file, cropped to the middle in the shape of `size` (H, W) and resized: (3, H, W) uint8, RGB.

    Turned as its EXIF note says; transparent parts become white. spans: the values that become black and white, for
    each kind of picture that has more than 8 bits.

    Raises:
        PictureError: the file is no picture, no regular file, not whole, or has more pixels than Pillow's safe limit.
        UnknownSpan: spans says nothing about this kind of picture.
    """
    with _opened(path) as image:
        kind = kind_of(image.mode)
        if kind and kind not in spans:
            raise UnknownSpan
        image.draft(None, (2 * max(size), 2 * max(size)))  # lets a large JPEG be decoded at a smaller scale
        image.load()
        image = _upright(image)
        if kind:
            image = Image.fromarray(spans[kind].to_bytes(np.asarray(image)))
        return _fit(_to_rgb(image), size)


def measure_picture(path: Path) -> Measured | None:
    """The extremes of a picture of more than 8 bits; None for another picture and for what cannot be read."""
    with contextlib.suppress(PictureError), _opened(path) as image:
        kind = kind_of(image.mode)
        if kind:
            image.load()
            return measure(kind, np.asarray(image))
    return None


@contextlib.contextmanager
def _opened(path: Path) -> Iterator[Image.Image]:
    """Open a picture, of which no pixel is decoded yet. What goes wrong inside becomes a PictureError, too."""
    limit = Image.MAX_IMAGE_PIXELS or float("inf")
    try:
        with open_regular(path) as file, Image.open(file, formats=_formats()) as image:
            if image.width * image.height > limit:
                raise PictureError(f"{image.width}×{image.height} pixels are over the safe limit")
            yield image
    except Image.DecompressionBombError:
        raise PictureError("it has far more pixels than the safe limit") from None
    except Image.UnidentifiedImageError:
        raise PictureError("it is not a picture") from None
    except FileNotFoundError:
        raise PictureError("it is gone") from None
    except PermissionError:
        raise PictureError("it may not be opened") from None
    except NotRegular:
        raise PictureError("it is not a regular file") from None
    except BROKEN as problem:
        raise PictureError("it is not whole" if "truncated" in str(problem) else "it is damaged") from problem


def _upright(image: Image.Image) -> Image.Image:
    with contextlib.suppress(*BROKEN):  # a damaged EXIF note does not make a picture unreadable
        return ImageOps.exif_transpose(image)
    return image


def _to_rgb(image: Image.Image) -> Image.Image:
    if "transparency" in image.info or image.mode in ("RGBA", "LA", "PA", "RGBa", "La"):
        image = image.convert("RGBA")
        return Image.alpha_composite(Image.new("RGBA", image.size, "white"), image).convert("RGB")
    return image.convert("RGB")


def _fit(image: Image.Image, size: tuple[int, int]) -> NDArray[np.uint8]:
    """Crop to the middle in the shape of `size`, then resize (bilinear, antialiased)."""
    height, width = size
    scale = min(image.width / width, image.height / height)
    left, top = (image.width - scale * width) / 2, (image.height - scale * height) / 2
    box = (left, top, left + scale * width, top + scale * height)
    image = image.resize((width, height), Image.Resampling.BILINEAR, box=box)
    return np.asarray(image).transpose(2, 0, 1).copy()
