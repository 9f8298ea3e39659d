"""One picture file, whatever its size and mode, as RGB bytes of the wanted size."""

import contextlib
import functools
import struct
import zlib
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps

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


def read_picture(path: Path, size: tuple[int, int]) -> NDArray[np.uint8]:
    """The picture in the file, cropped to the middle in the shape of `size` (H, W) and resized: (3, H, W) uint8, RGB.

    Turned as its EXIF note says; transparent parts become white; 16-bit and float values are brought to 0…255.

    Raises:
        PictureError: the file is no picture, is not whole, or has more pixels than Pillow's safe limit.
    """
    limit = Image.MAX_IMAGE_PIXELS or float("inf")
    try:
        with Image.open(path, formats=_formats()) as image:
            if image.width * image.height > limit:
                raise PictureError(f"{image.width}×{image.height} pixels are over the safe limit")
            image.draft(None, (2 * max(size), 2 * max(size)))  # lets a large JPEG be decoded at a smaller scale
            image.load()
            return _fit(_to_rgb(_upright(image)), size)
    except Image.DecompressionBombError:
        raise PictureError("it has far more pixels than the safe limit") from None
    except Image.UnidentifiedImageError:
        raise PictureError("it is not a picture") from None
    except FileNotFoundError:
        raise PictureError("it is gone") from None
    except PermissionError:
        raise PictureError("it may not be opened") from None
    except BROKEN as problem:
        raise PictureError("it is not whole" if "truncated" in str(problem) else "it is damaged") from problem


def _upright(image: Image.Image) -> Image.Image:
    with contextlib.suppress(*BROKEN):  # a damaged EXIF note does not make a picture unreadable
        return ImageOps.exif_transpose(image)
    return image


def _to_rgb(image: Image.Image) -> Image.Image:
    if image.mode.startswith("I") or image.mode == "F":
        return Image.fromarray(_to_bytes(np.asarray(image))).convert("RGB")
    if "transparency" in image.info or image.mode in ("RGBA", "LA", "PA", "RGBa", "La"):
        image = image.convert("RGBA")
        return Image.alpha_composite(Image.new("RGBA", image.size, "white"), image).convert("RGB")
    return image.convert("RGB")


def _to_bytes(values: NDArray) -> NDArray[np.uint8]:
    """Grey values of any number type to uint8: 16-bit ones by dividing, floats by their range where it is not usual."""
    values = np.nan_to_num(values.astype(np.float64), posinf=0.0, neginf=0.0)
    low, high = values.min(), values.max()
    if high <= 1 and low >= 0:
        values = values * 255
    elif high > 65535 or low < 0:
        values = (values - low) * (255 / max(high - low, 1e-300))
    elif high > 255:
        values = values / 257
    return np.rint(values).astype(np.uint8)


def _fit(image: Image.Image, size: tuple[int, int]) -> NDArray[np.uint8]:
    """Crop to the middle in the shape of `size`, then resize (bilinear, antialiased)."""
    height, width = size
    scale = min(image.width / width, image.height / height)
    left, top = (image.width - scale * width) / 2, (image.height - scale * height) / 2
    box = (left, top, left + scale * width, top + scale * height)
    image = image.resize((width, height), Image.Resampling.BILINEAR, box=box)
    return np.asarray(image).transpose(2, 0, 1).copy()
