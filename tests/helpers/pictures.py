"""Looking at pictures that the course makes."""

import io

import numpy as np
import torch
from PIL import Image

from dcgan_course.drawing.canvas import CONTRAST


def pixels(png: bytes) -> np.ndarray:
    """The pixels (H, W, 3) of a PNG, as whole numbers that may be subtracted."""
    return np.array(Image.open(io.BytesIO(png)).convert("RGB")).astype(int)


def random_pictures(count: int, shape: tuple[int, int, int], seed: int = 1) -> torch.Tensor:
    """Pictures (count, *shape) of random bytes."""
    generator = torch.Generator().manual_seed(seed)
    return torch.randint(0, 256, (count, *shape), generator=generator, dtype=torch.uint8)


def lowest_contrast(png: bytes) -> float:
    """Return the lowest contrast of letters that a PNG says of itself; KeyError if it says nothing."""
    return float(Image.open(io.BytesIO(png)).info[CONTRAST])
