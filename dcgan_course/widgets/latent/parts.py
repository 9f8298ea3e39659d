"""What the latent explorer is made of: a way between two points, what is added to it, and pictures to go back to.

Each part holds its controls and the numbers that they stand for; when to draw, the explorer says.
"""

from dataclasses import dataclass

import ipywidgets
import torch
from torch import Tensor

from dcgan_course.drawing.sheets import png_of_pictures
from dcgan_course.latent import paths
from dcgan_course.latent.directions import Directions
from dcgan_course.widgets.latent.classes import WIDTHS, Asked
from dcgan_course.widgets.parts import Picture, dropdown, sized, slider

REACH = 8.0  # how far a direction's slider goes each way; from a random z of 100 numbers about 5 stays in the shell
RECENT = 8  # pictures to go back to
HALF = 20  # moves from A to B; the walk goes there and back
BLENDS = {"slerp: along the arc": paths.slerp, "lerp: along the line": paths.lerp}
EMPTY = torch.full((1, 1, 8, 8), 0.8)


class Way:
    """Points A and B, and a place between them: chosen by hand, or walked there and back by Play."""

    a: Tensor  # (latent_dim,), as b
    b: Tensor

    def __init__(self) -> None:
        self.mode = dropdown("blend", list(BLENDS), widths=WIDTHS)
        self.blend = slider("from A to B (%)", 0, 0, 100, step=5, widths=WIDTHS)
        self.play = ipywidgets.Play(min=0, max=2 * HALF - 1, interval=120, repeat=True)
        self.play.observe(lambda change: self._walk_to(change["new"]), names="value")
        self.controls = {"mode": self.mode, "blend": self.blend, "play": self.play}

    def _walk_to(self, step: int) -> None:
        self.blend.value = round(100 * (step if step <= HALF else 2 * HALF - step) / HALF)

    def stop_at(self, blend: int) -> None:
        """Stop the walk, and stand at a place, in percent of the way."""
        self.play.playing = False
        self.blend.value = blend

    def z(self) -> Tensor:
        """Return the point at this place: (latent_dim,)."""
        return BLENDS[self.mode.value](self.a, self.b, self.blend.value / 100)

    def walk(self) -> Tensor:
        """Return the points of the walk from A to B and back: (2 · HALF, latent_dim)."""
        return paths.walk(torch.stack([self.a, self.b]), HALF, BLENDS[self.mode.value], loop=True)


class Additions:
    """What is added to the point on the way: some of each direction, and a number at single coordinates of z.

    Args:
        count: directions.
    """

    vectors: Tensor  # (directions, latent_dim)
    at_coordinates: Tensor  # (latent_dim,)

    def __init__(self, count: int) -> None:
        self.amounts = [slider("", 0, -REACH, REACH, step=0.5, widths=WIDTHS) for _ in range(count)]
        self.coordinate = ipywidgets.BoundedIntText(min=0, max=0, description="coordinate of z", **sized(WIDTHS))
        self.change = slider("added to it", 0, -REACH, REACH, step=0.5, widths=WIDTHS)
        self.change.observe(lambda change: self._take_change(), names="value")
        directions = {f"direction_{i + 1}": amount for i, amount in enumerate(self.amounts)}
        self.controls = {**directions, "coordinate": self.coordinate, "change": self.change}

    def begin(self, directions: Directions) -> None:
        """Offer these directions, and the coordinates of their latent space."""
        self.vectors = directions.vectors
        self.coordinate.max = directions.vectors.shape[1] - 1
        for amount, name in zip(self.amounts, directions.names, strict=True):
            amount.description = name

    def clear(self) -> None:
        """Add nothing."""
        self.at_coordinates = torch.zeros(self.vectors.shape[1])
        for control in (*self.amounts, self.change):
            control.value = 0

    def show_coordinate(self) -> None:
        """Set the slider to what is added to the chosen coordinate."""
        self.change.value = float(self.at_coordinates[self.coordinate.value])

    def _take_change(self) -> None:
        self.at_coordinates[self.coordinate.value] = self.change.value

    def add_to(self, z: Tensor) -> Tensor:
        """Return z with everything added: (latent_dim,)."""
        amounts = torch.tensor([amount.value for amount in self.amounts])
        return z + amounts @ self.vectors + self.at_coordinates


@dataclass(frozen=True)
class Kept:
    """A picture to go back to: z (latent_dim,), what a conditional generator was asked for, and the picture itself."""

    z: Tensor
    asked: Asked
    picture: Tensor  # (1, C, H, W)


class Recent:
    """The last pictures that were left or kept, the newest first, each above a button that goes back to it."""

    def __init__(self) -> None:
        self.thumbs = [
            Picture(format="png", width=64, height=64, tooltip=f"Picture {i + 1} to go back to") for i in range(RECENT)
        ]
        self.controls = {
            f"back_{i + 1}": ipywidgets.Button(description=f"back to {i + 1}", layout={"width": "92px"})
            for i in range(RECENT)
        }
        pairs = zip(self.thumbs, self.controls.values(), strict=True)
        self.places = [ipywidgets.VBox(pair, layout={"align_items": "center"}) for pair in pairs]

    def begin(self) -> None:
        """Forget everything."""
        self.kept: list[Kept] = []
        self._draw()

    def keep(self, new: Kept) -> None:
        """Take a picture in as the newest; the same z, asked for the same, is kept once."""
        others = [old for old in self.kept if old.asked != new.asked or not torch.equal(old.z, new.z)]
        self.kept = [new, *others][:RECENT]
        self._draw()

    def _draw(self) -> None:
        for number, (thumb, button) in enumerate(zip(self.thumbs, self.controls.values(), strict=True)):
            filled = number < len(self.kept)
            thumb.value = png_of_pictures(self.kept[number].picture if filled else EMPTY, columns=1, zoom=1)
            button.disabled = not filled
