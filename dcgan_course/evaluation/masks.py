"""Which pixels of a picture are on a thing: a coloured object, a hue, ink, strokes of one direction.

Pictures are (N, C, H, W) in [−1, 1]; each mask is (N, H, W) bool.
"""

from collections.abc import Sequence

import torch
from torch import Tensor

from dcgan_course.evaluation.attributes import hue_distance, refuse_other_channels

# Strongest minus weakest colour, of 1. Drawn objects have 0.48 or more, their ground 0.1 or less; of the thresholds
# tried in steps of 0.05 this one fits the true masks best.
COLOURED_FROM = 0.35


def coloured(pictures: Tensor) -> Tensor:
    """Return where a colour picture is far from grey: for the drawn objects, the object.

    True where the strongest of red, green and blue is above the weakest by more than `COLOURED_FROM` of full range.

    Raises:
        InvalidValue: grey pictures.
    """
    refuse_other_channels(pictures, 3, "colour is read from red, green and blue")
    return (pictures.amax(dim=1) - pictures.amin(dim=1)) / 2 > COLOURED_FROM


def of_hue(pictures: Tensor, hue: float, within: float = 1 / 8) -> Tensor:
    """Return where a colour picture is coloured and its hue is near a wanted one.

    Args:
        hue: 0 red, 1/6 yellow, 2/6 green, 3/6 cyan, 4/6 blue, 5/6 magenta: a circle.
        within: how far the pixel's hue may be from it on the circle, 0 to 0.5.
    """
    on_thing = coloured(pictures)
    red, green, blue = pictures.unbind(dim=1)
    strongest = pictures.amax(dim=1)
    spread = (strongest - pictures.amin(dim=1)).clamp_min(1e-6)
    sixth = torch.where(strongest == green, (blue - red) / spread + 2, (red - green) / spread + 4)
    sixth = torch.where(strongest == red, (green - blue) / spread, sixth) % 6
    return on_thing & (hue_distance(sixth / 6, torch.tensor(hue)) < within)


def ink(pictures: Tensor) -> Tensor:
    """Return where a grey picture is brighter than half: the strokes of a digit.

    Raises:
        InvalidValue: pictures in colour.
    """
    refuse_other_channels(pictures, 1, "ink is read from grey pictures")
    return pictures[:, 0] > 0


def level_strokes(pictures: Tensor) -> Tensor:
    """Return the ink that goes on at least twice as far to the sides as up and down."""
    on_ink = ink(pictures)
    return on_ink & (_run_lengths(on_ink, 2) >= 2 * _run_lengths(on_ink, 1))


def upright_strokes(pictures: Tensor) -> Tensor:
    """Return the ink that goes on at least twice as far up and down as to the sides."""
    on_ink = ink(pictures)
    return on_ink & (_run_lengths(on_ink, 1) >= 2 * _run_lengths(on_ink, 2))


def bounding_box(mask: Tensor) -> Tensor:
    """Fill the smallest upright box around all that a mask (N, H, W) marks: what a person draws with a mouse."""
    rows, columns = mask.any(dim=2), mask.any(dim=1)  # (N, H), (N, W)
    return _filled_between(rows)[:, :, None] & _filled_between(columns)[:, None, :]


def _filled_between(marks: Tensor) -> Tensor:
    """(N, L) bool → true from the first to the last mark of each row."""
    counts = marks.int()
    return (counts.cumsum(dim=1) > 0) & (counts.flip(1).cumsum(dim=1).flip(1) > 0)


def _run_lengths(on: Tensor, dim: int) -> Tensor:
    """Return for each true place how many places in an unbroken line through it are true; 0 elsewhere."""
    steps = on.int().unbind(dim)

    def counted(line: Sequence[Tensor]) -> list[Tensor]:
        run, runs = torch.zeros_like(line[0]), []
        for step in line:
            run = (run + 1) * step
            runs.append(run)
        return runs

    before, after = counted(steps), counted(steps[::-1])[::-1]
    return (torch.stack(before, dim) + torch.stack(after, dim) - 1).clamp_min(0)
