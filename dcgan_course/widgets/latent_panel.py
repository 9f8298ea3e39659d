"""The latent explorer: move through z by hand, along directions, coordinates and walks, and keep what you find."""

import functools
import json
from collections.abc import Callable
from pathlib import Path

import ipywidgets
import torch
from torch import Tensor

from dcgan_course.drawing.films import save_webp
from dcgan_course.drawing.sheets import labelled_rows_png, png_of_pictures
from dcgan_course.evaluation import attributes
from dcgan_course.latent.directions import Directions, activation_directions, attribute_direction, weight_directions
from dcgan_course.latent.paths import sample
from dcgan_course.models.inference import refuse_not_finite
from dcgan_course.models.protocols import LatentGenerator
from dcgan_course.recorded import runs
from dcgan_course.widgets.latent_parts import REACH, WIDTHS, Additions, Recent, Way
from dcgan_course.widgets.parts import Panel, Picture, dropdown, one_thread, sized

RANDOM, PRINCIPAL, ACTIVE, LEARNED = 2, 2, 1, 2  # directions of each kind
LABELLED = 600  # samples that an attribute's direction is learned from
SIDE = 288  # the picture's side on the screen, in pixels
# The picture travels in its own size, and the browser enlarges it: a tenth of the bytes to encode, send and decode.
SQUARE_PIXELS = "<style>img.dcgan-square-pixels {image-rendering: pixelated}</style>"
NOT_FINITE = "The picture holds numbers that are not finite, and is black there: the weights are too large for this z."


class LatentExplorer(Panel):
    """Move z by hand, between two points, along directions and at single coordinates, and keep what you find.

    Args:
        run: the recorded run to begin with, one of `recorded.names()`.
        folder: where Save writes picture, z and walk; ~ is your home.

    One picture is drawn for a move, by one call of the generator in inference mode. The front end sends the next move
    of a slider only when the last one was drawn, so moves that come too fast are left out, not queued.

    The `controls` are run, mode, blend, play, direction_1 to direction_7, coordinate, change, pin_a, pin_b, new, keep,
    reset, back_1 to back_8, folder and save. No order of clicks and no position raises.
    """

    sentence = "The latent explorer: run this cell to move z by hand. The next picture has a row for each direction."

    def __init__(self, run: str = "mnist_dcgan", *, folder: str = "runs/latent") -> None:
        self.run = dropdown("recorded run", runs.names(), run, widths=WIDTHS)
        self.way, self.recent = Way(), Recent()
        self.additions = Additions(RANDOM + PRINCIPAL + ACTIVE + LEARNED)
        buttons = {
            "pin_a": ipywidgets.Button(description="Pin as A", icon="thumb-tack"),
            "pin_b": ipywidgets.Button(description="Pin as B", icon="thumb-tack"),
            "new": ipywidgets.Button(description="New A and B", icon="random"),
            "keep": ipywidgets.Button(description="Keep", icon="bookmark"),
            "reset": ipywidgets.Button(description="Reset", icon="refresh"),
        }
        self.folder = ipywidgets.Text(value=folder, description="folder to save in", **sized(WIDTHS))
        save = ipywidgets.Button(description="Save", icon="download")
        moving = {"run": self.run, **self.way.controls, **self.additions.controls}
        super().__init__({**moving, **buttons, **self.recent.controls, "folder": self.folder, "save": save})
        self.picture = Picture(format="png", width=SIDE, height=SIDE, tooltip="What G draws at this z")
        self.picture.add_class("dcgan-square-pixels")
        self.saved = ""  # what Save answered
        self.last_moved: ipywidgets.Widget | None = None
        self._listen()
        left = ipywidgets.VBox([self.picture, ipywidgets.HTML(SQUARE_PIXELS), self.words], layout={"width": "320px"})
        walk = ipywidgets.HBox([self.way.play, self.way.blend])
        right = ipywidgets.VBox([self.run, self.way.mode, walk, *self.additions.controls.values()])
        rows = ([left, right], list(buttons.values()), self.recent.places)
        wrapped = [ipywidgets.HBox(row, layout={"flex_flow": "row wrap"}) for row in rows]
        self.children = [*wrapped, ipywidgets.HBox([self.folder, save])]
        self.start()

    def _listen(self) -> None:
        self.when_moved(self.start, self.run)
        self.when_moved(self._show_coordinate, self.additions.coordinate)
        for control in (self.way.mode, self.way.blend, *self.additions.amounts, self.additions.change):
            self.when_moved(functools.partial(self._move, control), control)
        self.controls["pin_a"].on_click(lambda button: self._pin("A"))
        self.controls["pin_b"].on_click(lambda button: self._pin("B"))
        self.controls["new"].on_click(lambda button: self._draw_points(self.seed + 1))
        self.controls["keep"].on_click(lambda button: self.recent.keep(self.z()))
        self.controls["reset"].on_click(lambda button: self._draw_points(0))
        self.controls["save"].on_click(lambda button: self._save())
        for number, button in enumerate(self.recent.controls.values()):
            button.on_click(lambda button, number=number: self._go_back(number))

    def start(self) -> None:
        """Load the chosen run and stand at its first A."""
        self.say(f"Loading {self.run.value} and learning its directions …")
        self.generator, directions = _loaded(self.run.value)
        self.additions.begin(directions)
        self.recent.begin(self.generator)
        self._draw_points(0)

    def _draw_points(self, seed: int) -> None:
        """Draw A and B anew from a seed, and stand at A; with seed 0, everything is as it was at the beginning."""
        self.seed = seed
        self.way.a, self.way.b = sample(2, self.generator.latent_dim, seed)
        self._stand(0)

    def _stand(self, blend: int) -> None:
        """Go to a place between A and B with nothing added to it, then draw once."""
        with self.by_itself():
            self.way.stop_at(blend)
            self.additions.clear()
        self.last_moved = None
        self.draw()

    def z(self) -> Tensor:
        """Return the z that the controls say: (latent_dim,)."""
        return self.additions.add_to(self.way.z())

    def _move(self, control: ipywidgets.Widget) -> None:
        """Draw; when another control than before begins to move, keep the picture that is left."""
        if self.last_moved not in (None, control):
            self.recent.keep(self.shown)
        self.last_moved, self.saved = control, ""
        self.draw()

    def _show_coordinate(self) -> None:
        with self.by_itself():
            self.additions.show_coordinate()

    def _pin(self, which: str) -> None:
        """Make the z that is shown A or B; the picture stays."""
        z = self.z()
        self.recent.keep(z)
        if which == "A":
            self.way.a = z
        else:
            self.way.b = z
        self._stand(0 if which == "A" else 100)

    def _go_back(self, number: int) -> None:
        if number < len(self.recent.points):
            self.way.a = self.recent.points[number]
            self._stand(0)

    @torch.inference_mode()
    def draw(self) -> None:
        """Show the picture of z, and say where it lies."""
        self.shown = self.z()
        with one_thread():
            self.drawn = self.generator(self.shown[None])  # (1, C, H, W)
        self.picture.value = png_of_pictures(self.drawn, columns=1, zoom=1)
        self._tell()

    def _tell(self) -> None:
        self.say(
            f"{self.way.blend.value} % of the way from A to B. z has length {float(self.shown.norm()):.1f}; "
            f"a random z has about {self.generator.latent_dim**0.5:.1f}. {self.saved}",
            *([] if bool(self.drawn.isfinite().all()) else [NOT_FINITE]),
        )

    def _save(self) -> None:
        """Write picture, z and walk into the folder, and say where; a folder that cannot be written is said too."""
        try:
            folder = Path(self.folder.value.strip() or ".").expanduser()
            self.saved = f"Saved in {folder}: {', '.join(self._write(folder))}."
        except (OSError, ValueError, RuntimeError) as problem:  # no such place, no name for one, no such home
            why = getattr(problem, "strerror", None) or problem
            self.saved = f"Not saved in {self.folder.value!r}: {why}. Choose another folder."
        self._tell()

    def _write(self, folder: Path) -> list[str]:
        folder.mkdir(parents=True, exist_ok=True)
        number = 1 + len(list(folder.glob(f"{self.run.value}_*_z.json")))
        stem = f"{self.run.value}_{number:03d}"
        enlarged = png_of_pictures(self.drawn, columns=1, zoom=max(1, SIDE // self.drawn.shape[-1]))
        (folder / f"{stem}_picture.png").write_bytes(enlarged)
        points = {"z": self.shown, "a": self.way.a, "b": self.way.b}
        facts = {"run": self.run.value, "blend": self.way.mode.value, "share": self.way.blend.value / 100}
        facts |= {name: point.tolist() for name, point in points.items()}
        (folder / f"{stem}_z.json").write_text(json.dumps(facts) + "\n", encoding="utf-8")
        with torch.inference_mode():
            save_webp(folder / f"{stem}_walk.webp", self.generator(self.way.walk())[:, None], columns=1, zoom=4)
        return [f"{stem}_{kind}" for kind in ("picture.png", "z.json", "walk.webp")]

    @staticmethod
    @torch.inference_mode()
    def twin(run: str = "mnist_dcgan", shown: int = 9) -> bytes:
        """Return each of the explorer's directions as a row of pictures, from one end of its slider to the other.

        Args:
            run: a recorded run. shown: pictures in a row; the middle one is A, the same in all rows.

        Returns:
            PNG bytes.
        """
        generator, directions = _loaded(run)
        a = sample(2, generator.latent_dim, 0)[0]
        steps = torch.linspace(-REACH, REACH, shown)
        rows = torch.stack([generator(a + steps[:, None] * vector) for vector in directions.vectors])
        return labelled_rows_png(rows, list(directions.names), zoom=3)


@functools.lru_cache(maxsize=2)
def _loaded(name: str) -> tuple[LatentGenerator, Directions]:
    with torch.random.fork_rng(devices=[]):  # a network has random weights before it has its own
        generator = runs.load_run(name).generator
        return generator, named_directions(name, generator)


def _measures(name: str, channels: int) -> dict[str, Callable[[Tensor], Tensor]]:
    """Return what the learned directions of a recorded run change: {attribute: pictures (N, C, H, W) → (N,)}."""
    if name == "objects_dcgan":
        reader = runs.factor_reader()
        return {"size": lambda x: reader.read(x).size, "place": lambda x: reader.read(x).right}
    if channels == 1:
        return {"slant": attributes.slant, "thickness": attributes.thickness}
    return {"brightness": attributes.brightness, "warmth": attributes.warmth}


@torch.no_grad()
def named_directions(name: str, generator: LatentGenerator, seed: int = 0) -> Directions:
    """Return the directions that the explorer offers for a recorded run.

    Two random ones, the two that move the first layer most, the one along which its activations vary most, and two
    learned attributes: from the mean z of the samples that have less of it than the median to the mean z of those that
    have more.
    """
    z = sample(LABELLED, generator.latent_dim, seed)
    pictures = torch.cat([generator(part) for part in z.split(100)])
    refuse_not_finite(pictures, "generator's pictures")
    named = {f"random {i + 1}": v for i, v in enumerate(sample(RANDOM, generator.latent_dim, seed + 1))}
    named |= {f"principal {i + 1}": v for i, v in enumerate(weight_directions(generator, PRINCIPAL))}
    named |= {f"active {i + 1}": v for i, v in enumerate(activation_directions(generator, ACTIVE, seed=seed))}
    for attribute, measure in _measures(name, generator.image_shape[0]).items():
        values = measure(pictures)
        named[f"learned: {attribute}"] = attribute_direction(z, values > values.median())
    vectors = torch.stack([vector / vector.norm() for vector in named.values()])
    return Directions(tuple(named), vectors)
