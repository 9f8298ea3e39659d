"""Differentiable augmentation: D sees every picture, real or fake, in both steps, through random changes T.

T is differentiable, so that G learns through it: D(T(x)) and D(T(G(z))). Changed reals alone would teach G to draw
changed pictures. Pictures are (N, C, H, W) in [−1, 1]; each gets numbers of its own; 0, middle grey, fills what is
empty.

Source: Zhao et al. 2020, section 3.2; the strengths are those of the program that the authors published.
"""

from collections.abc import Callable, Sequence

import torch
from torch import Tensor, nn

Generator = torch.Generator | None


def shift(images: Tensor, generator: Generator = None) -> Tensor:
    """Move each picture by up to an eighth of its height and width, in whole pixels."""
    count, _, height, width = images.shape
    most_down, most_right = height // 8, width // 8
    padded = nn.functional.pad(images, (most_right, most_right, most_down, most_down))
    down = torch.randint(2 * most_down + 1, (count, 1), generator=generator, device=images.device)
    right = torch.randint(2 * most_right + 1, (count, 1), generator=generator, device=images.device)
    rows = down + torch.arange(height, device=images.device)  # (N, H), of the padded picture
    columns = right + torch.arange(width, device=images.device)
    moved = padded.gather(2, rows[:, None, :, None].expand(-1, images.shape[1], -1, padded.shape[3]))
    return moved.gather(3, columns[:, None, None, :].expand(-1, images.shape[1], height, -1))


def colour(images: Tensor, generator: Generator = None) -> Tensor:
    """Change brightness by −0.5 to 0.5, saturation by a factor of 0 to 2, contrast by a factor of 0.5 to 1.5."""
    brightness, saturation, contrast = torch.rand(
        3, len(images), 1, 1, 1, generator=generator, device=images.device
    ).unbind()
    images = images + (brightness - 0.5)
    grey = images.mean(dim=1, keepdim=True)
    images = grey + (images - grey) * (2 * saturation)  # a grey picture stays as it is
    middle = images.mean(dim=(1, 2, 3), keepdim=True)
    return middle + (images - middle) * (contrast + 0.5)


def cutout(images: Tensor, generator: Generator = None) -> Tensor:
    """Cover a part of each picture, half as high and half as wide, with grey; its middle may lie anywhere."""
    count, _, height, width = images.shape
    inside = []
    for side in (height, width):
        half = max(1, side // 4)
        middle = torch.randint(side, (count, 1), generator=generator, device=images.device)
        inside.append((torch.arange(side, device=images.device) - middle + half) // (2 * half) == 0)  # (N, side)
    covered = inside[0][:, :, None] & inside[1][:, None, :]  # (N, H, W)
    return images * ~covered[:, None]


AUGMENTATIONS: dict[str, Callable[[Tensor], Tensor]] = {"shift": shift, "colour": colour, "cutout": cutout}


class Augmented(nn.Module):
    """A discriminator as the two steps see it: every picture goes through the named changes first.

    forward: pictures (N, C, H, W), and labels where D takes some → what the discriminator answers. The random numbers
    are torch's own.
    """

    def __init__(self, discriminator: nn.Module, names: Sequence[str]) -> None:
        super().__init__()
        self.discriminator = discriminator
        self.changes = [AUGMENTATIONS[name] for name in names]

    def forward(self, images: Tensor, *labels: Tensor) -> Tensor:
        for change in self.changes:
            images = change(images)
        return self.discriminator(images, *labels)
