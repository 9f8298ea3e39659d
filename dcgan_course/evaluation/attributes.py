"""Numbers that say what a picture shows, computed from its pixels alone: slant, thickness, brightness, warmth.

Pictures are (N, C, H, W) in [−1, 1]; each function gives (N,).
"""

import torch
from torch import Tensor

from dcgan_course.data.pixels import floats
from dcgan_course.errors import InvalidValue


def _ink(pictures: Tensor) -> Tensor:
    """Return grey pictures as ink (N, H, W) in [0, 1]: 0 is black paper."""
    refuse_other_channels(pictures, 1, "strokes are measured on grey pictures")
    return (pictures[:, 0] + 1) / 2


def slant(pictures: Tensor) -> Tensor:
    """Return how far strokes lean to the right, in pixels for each pixel upwards; 0 is upright.

    From second moments of the ink: minus the covariance of x and y (y points down), divided by the variance of y.
    A picture without ink has slant 0.
    """
    ink = _ink(pictures)
    height, width = ink.shape[1:]
    x, y = torch.arange(width).to(ink), torch.arange(height).to(ink)[:, None]
    total = ink.sum(dim=(1, 2)).clamp_min(1e-6)

    def mean(values: Tensor) -> Tensor:
        return (ink * values).sum(dim=(1, 2)) / total

    mean_x, mean_y = mean(x), mean(y)
    return -(mean(x * y) - mean_x * mean_y) / (mean(y * y) - mean_y.square()).clamp_min(1e-6)


def thickness(pictures: Tensor) -> Tensor:
    """Return the mean width of strokes in pixels: twice the ink, divided by the length of its edge.

    A long stroke of width w and length L has ink wL and an edge of about 2L. The edge is the sum of the lengths of
    the ink's gradient. A picture without ink has thickness 0.
    """
    ink = _ink(pictures)
    across = (ink[:, :-1, 1:] - ink[:, :-1, :-1]).square()
    along = (ink[:, 1:, :-1] - ink[:, :-1, :-1]).square()
    return 2 * ink.sum(dim=(1, 2)) / (across + along).sqrt().sum(dim=(1, 2)).clamp_min(1e-6)


def brightness(pictures: Tensor) -> Tensor:
    """Return the mean of all pixels: −1 is black, 1 is white."""
    return pictures.flatten(1).mean(dim=1)


def warmth(pictures: Tensor) -> Tensor:
    """Return mean red minus mean blue of colour pictures: above 0 is warm, below 0 is cold."""
    refuse_other_channels(pictures, 3, "warmth needs colour")
    return (pictures[:, 0] - pictures[:, 2]).flatten(1).mean(dim=1)


def colourfulness(pictures: Tensor) -> Tensor:
    """Return how colourful pictures are: (N,), the mean over the pixels of the largest minus the smallest of R, G, B.

    0 is a grey picture, 1 one of pure colours only.

    Args:
        pictures: (N, 3, H, W), uint8 or float in [−1, 1].

    Raises:
        InvalidValue: pictures without three channels.
    """
    refuse_other_channels(pictures, 3, "colours need red, green and blue")
    pixels = floats(pictures)
    return (pixels.amax(dim=1) - pixels.amin(dim=1)).mean(dim=(1, 2)) / 2


def hue_distance(a: Tensor, b: Tensor) -> Tensor:
    """Return how far two hues in [0, 1) are apart on their circle: 0 to 0.5."""
    gap = (a - b).abs() % 1
    return torch.minimum(gap, 1 - gap)


def refuse_other_channels(pictures: Tensor, channels: int, why: str) -> None:
    """Raise InvalidValue for pictures that are not (N, channels, H, W); `why` says what needs these channels."""
    if pictures.dim() != 4 or pictures.shape[1] != channels:
        raise InvalidValue(f"pictures is {tuple(pictures.shape)}, but {why}: give (N, {channels}, H, W).")
