"""Networks whose inner numbers are used to judge pictures."""

import math
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn.functional import adaptive_max_pool2d

from dcgan_course.data.drawn.objects import FARTHEST, LARGEST, LARGEST_TURN, SMALLEST
from dcgan_course.data.pixels import scale
from dcgan_course.errors import InvalidValue, refuse_below_one
from dcgan_course.models.asking import eval_mode


class DigitClassifier(nn.Module):
    """A small network that reads digits: two convolutions, two linear layers, about 107,000 parameters.

    forward: pictures (N, 1, 28, 28) in [−1, 1] → logits (N, 10). `features` gives the (N, 64) numbers before the
    last layer.
    """

    def __init__(self):
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


@dataclass(frozen=True)
class ReadFactors:
    """What a picture of a drawn object shows, as `FactorReader` reads it. All tensors have one row a picture.

    kind: (N,) int64, a number of `stand_ins.OBJECT_NAMES`. hue: (N,) in [0, 1), a circle. size: (N,) radius in pixels.
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

    def __init__(self):
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


def hue_distance(a: Tensor, b: Tensor) -> Tensor:
    """Return how far two hues in [0, 1) are apart on their circle: 0 to 0.5."""
    gap = (a - b).abs() % 1
    return torch.minimum(gap, 1 - gap)


@torch.no_grad()
def pooled_features(discriminator: nn.Module, images: Tensor, side: int = 4, batch_size: int = 500) -> Tensor:
    """What every convolution layer of D sees in each picture, as one line of numbers: (N, F) float32, on the CPU.

    The maps behind each block are cut into a side × side grid, the largest number of each field is kept, and all
    layers stand one behind the other: F is side² · (the maps of all layers). The last layer, the logit, is left out.
    `layer_slices` says which columns belong to which layer.

    Args:
        discriminator: a `models.Discriminator`, or another network with its `blocks` and `image_shape`. It is asked in
            eval mode and gets its modes back; no gradient is computed.
        images: (N, C, H, W) uint8 as `load_images` gives them, or float in [−1, 1].
        side: fields of the grid along each side. batch_size: pictures at a time; changes memory, not the numbers.

    Raises InvalidValue for a network without blocks, for pictures of another shape or range, and for a grid that is
    finer than the smallest maps.

    Source: Radford et al. 2015, section 5.1.
    """
    slices = layer_slices(discriminator, side)
    refuse_below_one(batch_size=batch_size)
    _refuse_pictures(images, discriminator.image_shape)
    device = next(discriminator.parameters()).device
    features = torch.empty(len(images), slices[-1].stop)
    with eval_mode(discriminator):
        for part, rows in zip(images.split(batch_size), features.split(batch_size), strict=True):
            maps = scale(part.to(device)) if part.dtype == torch.uint8 else part.to(device, torch.float32)
            maps = maps.contiguous(memory_format=torch.channels_last)  # twice as fast on a CPU, the same numbers
            for block, columns in zip(discriminator.blocks, slices, strict=True):
                maps = block(maps)  # (B, maps of this layer, h, w)
                if min(maps.shape[2:]) < side:
                    small = "×".join(str(size) for size in maps.shape[2:])
                    raise InvalidValue(
                        f"side is {side}, but the smallest maps of this network are {small}: "
                        f"use a side of at most {min(maps.shape[2:])}."
                    )
                rows[:, columns] = adaptive_max_pool2d(maps, side).flatten(1)
    return features


def layer_slices(discriminator: nn.Module, side: int = 4) -> tuple[slice, ...]:
    """Return which columns of `pooled_features` belong to each layer, the layer nearest to the picture first.

    Raises InvalidValue for a network without blocks.
    """
    refuse_below_one(side=side)
    if not hasattr(discriminator, "blocks") or not hasattr(discriminator, "image_shape"):
        raise InvalidValue(
            f"The network is {type(discriminator).__name__}, which has no blocks of convolutions: give a "
            'Discriminator, such as pretrained.load_run("mnist_dcgan").discriminator.'
        )
    slices, start = [], 0
    for block in discriminator.blocks:
        (maps,) = (layer.out_channels for layer in block if isinstance(layer, nn.Conv2d))
        slices.append(slice(start, start + maps * side**2))
        start = slices[-1].stop
    return tuple(slices)


def _refuse_pictures(images, image_shape: tuple[int, int, int]):
    if not isinstance(images, Tensor) or tuple(images.shape[1:]) != tuple(image_shape) or not len(images):
        given = tuple(images.shape) if isinstance(images, Tensor) else type(images).__name__
        wanted = ", ".join(str(size) for size in image_shape)
        raise InvalidValue(
            f"images is {given}, but this network was built for (N, {wanted}) with N of 1 or more: "
            "load the pictures with that image_size, or build the network with theirs."
        )
    if images.dtype == torch.uint8:
        return
    if not images.is_floating_point():
        raise InvalidValue(f"images is {images.dtype}, but it must be uint8 in 0 to 255 or float in [−1, 1].")
    low, high = images.min().item(), images.max().item()
    if not -1.001 <= low <= high <= 1.001:
        raise InvalidValue(
            f"images goes from {low:g} to {high:g}, but pictures in float must lie in [−1, 1]: "
            "give them as uint8, or scale them with data.scale."
        )
