"""Networks that read pictures and so can judge them: one for digits, one for photographs, one for drawn objects."""

import math
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from dcgan_course.data.drawn.objects import FARTHEST, LARGEST, LARGEST_TURN, SMALLEST, WITHOUT_TURN
from dcgan_course.evaluation.attributes import hue_distance


class DigitClassifier(nn.Module):
    """A small network that reads digits: two convolutions, two linear layers, about 107,000 parameters.

    forward: pictures (N, 1, 28, 28) in [−1, 1] → logits (N, 10). `features` gives the (N, 64) numbers before the
    last layer.
    """

    def __init__(self) -> None:
        super().__init__()
        self.body = nn.Sequential(
            nn.Conv2d(1, 16, 3, padding=1),  # (N, 16, 28, 28)
            nn.ReLU(),
            nn.MaxPool2d(2),  # (N, 16, 14, 14)
            nn.Conv2d(16, 32, 3, padding=1),  # (N, 32, 14, 14)
            nn.ReLU(),
            nn.MaxPool2d(2),  # (N, 32, 7, 7)
            nn.Flatten(),
            nn.Dropout(0.3),
            nn.Linear(32 * 7 * 7, 64),
            nn.ReLU(),
        )
        self.head = nn.Linear(64, 10)

    def features(self, images: Tensor) -> Tensor:
        """Return (N, 64) numbers for pictures (N, 1, 28, 28) in [−1, 1]."""
        return self.body(images)

    def forward(self, images: Tensor) -> Tensor:
        return self.head(self.features(images))


class Cifar10Classifier(nn.Module):
    """A small network that reads the ten classes of CIFAR-10: seven convolutions, about 775,000 parameters.

    forward: pictures (N, 3, 32, 32) in [−1, 1] → logits (N, 10). `features` gives the (N, 160) numbers before the last
    layer: the largest value of each map. It saw photographs of 32×32 pixels only, in a JPEG copy; what it says of other
    pictures is a matter of its taste.

    Source: a narrow form of the network of Jordan 2024, "94% on CIFAR-10 in 3.29 seconds on a single GPU", with an
    ordinary first layer; the scale of the logits is from there, too.
    """

    def __init__(self) -> None:
        super().__init__()
        self.body = nn.Sequential(
            nn.Conv2d(3, 24, 2),  # (N, 24, 31, 31)
            nn.GELU(),
            *_convolution(24, 40, pool=True),  # (N, 40, 15, 15)
            *_convolution(40, 40),
            *_convolution(40, 160, pool=True),  # (N, 160, 7, 7)
            *_convolution(160, 160),
            *_convolution(160, 160, pool=True),  # (N, 160, 3, 3)
            *_convolution(160, 160),
            nn.AdaptiveMaxPool2d(1),  # (N, 160, 1, 1)
            nn.Flatten(),  # (N, 160)
        )
        self.head = nn.Linear(160, 10)

    def features(self, images: Tensor) -> Tensor:
        """Return (N, 160) numbers for pictures (N, 3, 32, 32) in [−1, 1]."""
        return self.body(images)

    def forward(self, images: Tensor) -> Tensor:
        return self.head(self.features(images)) / 8  # smaller logits learn more calmly


def _convolution(channels: int, maps: int, pool: bool = False) -> tuple[nn.Module, ...]:
    """A 3×3 convolution, batch norm and GELU; pool halves the maps before batch norm, where it costs least."""
    convolution = nn.Conv2d(channels, maps, 3, padding=1, bias=False)
    return convolution, nn.MaxPool2d(2) if pool else nn.Identity(), nn.BatchNorm2d(maps), nn.GELU()


@dataclass(frozen=True)
class ReadFactors:
    """What a picture of a drawn object shows, as `FactorReader` reads it. All tensors have one row a picture.

    kind: (N,) int64, a number of `OBJECT_NAMES`. hue: (N,) in [0, 1), a circle. size: (N,) radius in pixels.
    right, down: (N,) place of the middle in pixels from the picture's middle. turn: (N,) clockwise in radians;
    it means nothing for a circle and a ring.
    """

    kind: Tensor
    hue: Tensor
    size: Tensor
    right: Tensor
    down: Tensor
    turn: Tensor


class FactorReader(nn.Module):
    """A small network that reads the factors of drawn objects: three convolutions, two linear layers.

    forward: pictures (N, 3, 32, 32) in [−1, 1] → (N, 16) numbers: ten logits of the kind, cosine and sine of the hue's
    angle, and size, right, down, turn, each divided by half its range. `read` gives them in units a person knows;
    `features` gives the (N, 64) numbers before the last layer.
    """

    def __init__(self) -> None:
        super().__init__()
        self.body = nn.Sequential(
            nn.Conv2d(3, 16, 3, padding=1),  # (N, 16, 32, 32)
            nn.ReLU(),
            nn.MaxPool2d(2),  # (N, 16, 16, 16)
            nn.Conv2d(16, 32, 3, padding=1),  # (N, 32, 16, 16)
            nn.ReLU(),
            nn.MaxPool2d(2),  # (N, 32, 8, 8)
            nn.Conv2d(32, 48, 3, padding=1),  # (N, 48, 8, 8)
            nn.ReLU(),
            nn.MaxPool2d(2),  # (N, 48, 4, 4)
            nn.Flatten(),
            nn.Linear(48 * 4 * 4, 64),
            nn.ReLU(),
        )
        self.head = nn.Linear(64, 16)

    def features(self, images: Tensor) -> Tensor:
        """Return (N, 64) numbers for pictures (N, 3, 32, 32) in [−1, 1]."""
        return self.body(images)

    def forward(self, images: Tensor) -> Tensor:
        return self.head(self.features(images))

    def read(self, images: Tensor) -> ReadFactors:
        """Return the factors of pictures (N, 3, 32, 32) in [−1, 1]; computes no gradients."""
        with torch.no_grad():
            out = torch.cat([self(part) for part in images.split(500)])
        hue = torch.atan2(out[:, 11], out[:, 10]) / math.tau % 1
        middle = (SMALLEST + LARGEST) / 2
        scales = ((LARGEST - SMALLEST) / 2, FARTHEST, FARTHEST, LARGEST_TURN)
        size, right, down, turn = (out[:, 12 + i] * scale for i, scale in enumerate(scales))
        return ReadFactors(out[:, :10].argmax(dim=1), hue, middle + size, right, down, turn)


# From here on a factor counts as moved: a fifth of its range or more (hue: a sixth of the circle, yellow to green),
# several times the reader's mean error.
MOVED_BY = {"hue": 1 / 6, "size": 1.0, "right": 1.6, "down": 1.6, "turn": 0.25}


def moved_factors(before: ReadFactors, after: ReadFactors) -> dict[str, Tensor]:
    """Return {factor: (N,) bool}, true where the factor moved between the pictures before and after.

    The factors are kind, hue, size, right, down and turn. A turn counts only where neither object is a circle or a
    ring: those look the same at every turn.
    """
    moved = {name: (getattr(after, name) - getattr(before, name)).abs() > least for name, least in MOVED_BY.items()}
    moved["hue"] = hue_distance(before.hue, after.hue) > MOVED_BY["hue"]
    round_ones = torch.tensor(WITHOUT_TURN)
    moved["turn"] &= ~torch.isin(before.kind, round_ones) & ~torch.isin(after.kind, round_ones)
    return {"kind": before.kind != after.kind} | moved
