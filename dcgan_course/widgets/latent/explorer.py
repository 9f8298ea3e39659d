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
from dcgan_course.latent.paths import sample, shell, slerp
from dcgan_course.models.conditional import ConditionalGenerator, OneClass
from dcgan_course.models.inference import refuse_not_finite
from dcgan_course.models.protocols import LatentGenerator
from dcgan_course.recorded import runs
from dcgan_course.widgets.latent.classes import WIDTHS, Asked, ClassChoice
from dcgan_course.widgets.latent.parts import REACH, Additions, Kept, Recent, Way
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

    The `controls` are run, class, other_class, of_the_other, mode, blend, play, direction_1 to direction_7, coordinate,
    change, pin_a, pin_b, new, keep, reset, back_1 to back_8, folder and save. The three of the class are seen where the
    run's generator is conditional. No order of clicks and no position raises.
    """

    sentence = "The latent explorer: run this cell to move z by hand. The next picture has a row for each direction."

    def __init__(self, run: str = "mnist_dcgan", *, folder: str = "runs/latent") -> None:
        self.run = dropdown("recorded run", runs.names(), run, widths=WIDTHS)
        self.classes, self.way, self.recent = ClassChoice(), Way(), Recent()
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
        moving = {"run": self.run, **self.classes.controls, **self.way.controls, **self.additions.controls}
        super().__init__({**moving, **buttons, **self.recent.controls, "folder": self.folder, "save": save})
        self.picture = Picture(format="png", width=SIDE, height=SIDE, tooltip="What G draws at this z")
        self.picture.add_class("dcgan-square-pixels")
        self.saved = ""  # what Save answered
        self.last_moved: ipywidgets.Widget | None = None
        self._listen()
        left = ipywidgets.VBox([self.picture, ipywidgets.HTML(SQUARE_PIXELS), self.words], layout={"width": "320px"})
        walk = ipywidgets.HBox([self.way.play, self.way.blend])
        of_class = self.classes.controls.values()
        right = ipywidgets.VBox([self.run, *of_class, self.way.mode, walk, *self.additions.controls.values()])
        rows = ([left, right], list(buttons.values()), self.recent.places)
        wrapped = [ipywidgets.HBox(row, layout={"flex_flow": "row wrap"}) for row in rows]
        self.children = [*wrapped, ipywidgets.HBox([self.folder, save])]
        self.start()

    def _listen(self) -> None:
        self.when_moved(self.start, self.run)
        self.when_moved(self._show_coordinate, self.additions.coordinate)
        of_z = (self.way.mode, self.way.blend, *self.additions.amounts, self.additions.change)
        for control in (*self.classes.controls.values(), *of_z):
            self.when_moved(functools.partial(self._move, control), control)
        for name, act in {
            "pin_a": lambda: self._pin("A"),
            "pin_b": lambda: self._pin("B"),
            "new": lambda: self._draw_points(self.seed + 1),
            "keep": self._keep,
            "reset": self._begin_again,
            "save": self._save,
        }.items():
            self.when_pressed(self.controls[name], act)
        for number, button in enumerate(self.recent.controls.values()):
            self.when_pressed(button, functools.partial(self._go_back, number))

    def start(self) -> None:
        """Load the chosen run and stand at its first A."""
        self.say(f"Loading {self.run.value} and learning its directions …")
        run, directions = _loaded(self.run.value)
        with self.by_itself():
            self.classes.begin(run.generator, run.class_names)
        self.additions.begin(directions)
        self.recent.begin()
        self._draw_points(0)

    def _begin_again(self) -> None:
        """Bring back what was seen first."""
        with self.by_itself():
            self.classes.ask(Asked())
        self._draw_points(0)

    def _draw_points(self, seed: int) -> None:
        """Draw A and B anew from a seed, and stand at A; seed 0 gives those of the beginning."""
        self.seed = seed
        self.way.a, self.way.b = sample(2, self.classes.generator.latent_dim, seed)
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
            self._keep()
        self.last_moved, self.saved = control, ""
        self.draw()

    def _keep(self) -> None:
        """Take the picture that is shown into those that one can go back to."""
        self.recent.keep(Kept(self.shown, self.asked, self.drawn))

    def _show_coordinate(self) -> None:
        with self.by_itself():
            self.additions.show_coordinate()

    def _pin(self, which: str) -> None:
        """Make the z that is shown A or B; the picture stays."""
        self._keep()
        if which == "A":
            self.way.a = self.shown
        else:
            self.way.b = self.shown
        self._stand(0 if which == "A" else 100)

    def _go_back(self, number: int) -> None:
        if number < len(self.recent.kept):
            kept = self.recent.kept[number]
            self.way.a = kept.z
            with self.by_itself():
                self.classes.ask(kept.asked)
            self._stand(0)

    @torch.inference_mode()
    def draw(self) -> None:
        """Show the picture of z, and say where it lies."""
        self.shown, self.asked, self.generator = self.z(), self.classes.asked(), self.classes.now()
        with one_thread():
            self.drawn = self.generator(self.shown[None])  # (1, C, H, W)
        self.picture.value = png_of_pictures(self.drawn, columns=1, zoom=1)
        self._tell()

    def _tell(self) -> None:
        length, (low, high) = float(self.shown.norm()), shell(self.generator.latent_dim)
        place = "This one is inside." if low <= length <= high else "This one has left that shell."
        self.say(
            f"{self.way.blend.value} % of the way from A to B. z has length {length:.1f}; 9 of 10 random z have "
            f"{low:.1f} to {high:.1f}. {place} {self.classes.words()} {self.saved}".rstrip(),
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
        if isinstance(self.classes.generator, ConditionalGenerator):
            facts |= {"class": self.asked.label, "other_class": self.asked.other, "of_the_other": self.asked.percent}
        (folder / f"{stem}_z.json").write_text(json.dumps(facts) + "\n", encoding="utf-8")
        with torch.inference_mode():
            save_webp(folder / f"{stem}_walk.webp", self.generator(self.way.walk())[:, None], columns=1, zoom=4)
        return [f"{stem}_{kind}" for kind in ("picture.png", "z.json", "walk.webp")]

    @staticmethod
    @torch.inference_mode()
    def twin(run: str = "mnist_dcgan", shown: int = 9, title: str = "", zoom: int = 3) -> bytes:
        """Return each of the explorer's directions as a row of pictures, from one end of its slider to the other.

        Of a conditional generator there are more rows before: each class from A to B, and A from class 0 to class 1.

        Args:
            run: a recorded run. shown: pictures in a row; the middle one of a direction is A, the same in all rows.
            title: stands above the rows. zoom: screen pixels a picture pixel.

        Returns:
            PNG bytes.
        """
        loaded, directions = _loaded(run)
        names, rows = list(directions.names), []
        a, b = sample(2, loaded.generator.latent_dim, 0)
        generator: LatentGenerator
        if isinstance(loaded.generator, ConditionalGenerator):
            generator = OneClass(loaded.generator, 0)
            shares = torch.linspace(0, 1, shown).tolist()
            way = torch.stack([slerp(a, b, share) for share in shares])
            rows = [OneClass(loaded.generator, label)(way) for label in range(loaded.generator.classes)]
            rows += [torch.cat([OneClass(loaded.generator, 0, 1, share)(a[None]) for share in shares])]
            names = [*(f"{name}, A to B" for name in loaded.class_names), "A, class 0 to 1", *names]
        else:
            generator = loaded.generator
        steps = torch.linspace(-REACH, REACH, shown)
        rows += [generator(a + steps[:, None] * vector) for vector in directions.vectors]
        return labelled_rows_png(torch.stack(rows), names, zoom=zoom, title=title)


@functools.lru_cache(maxsize=2)
def _loaded(name: str) -> tuple[runs.RecordedRun, Directions]:
    with torch.random.fork_rng(devices=[]):  # a network has random weights before it has its own
        run = runs.load_run(name)
        return run, named_directions(name, run.generator)


def _measures(name: str, channels: int) -> dict[str, Callable[[Tensor], Tensor]]:
    """Return what the learned directions of a recorded run change: {attribute: pictures (N, C, H, W) → (N,)}."""
    if name == "objects_dcgan":
        reader = runs.factor_reader()
        return {"size": lambda x: reader.read(x).size, "place": lambda x: reader.read(x).right}
    if channels == 1:
        return {"slant": attributes.slant, "thickness": attributes.thickness}
    return {"brightness": attributes.brightness, "warmth": attributes.warmth}


@torch.no_grad()
def named_directions(name: str, generator: LatentGenerator | ConditionalGenerator, seed: int = 0) -> Directions:
    """Return the directions that the explorer offers for a recorded run.

    Two random ones, the two that move the first layer most, the one along which its activations vary most, and two
    learned attributes: from the mean z of the samples that have less of it than the median to the mean z of those that
    have more. A conditional generator is asked for all classes in turn, and the median is that of the class; for its
    activations it is asked for class 0.
    """
    z = sample(LABELLED, generator.latent_dim, seed)
    labels, alone = torch.zeros(LABELLED, dtype=torch.int64), generator
    if isinstance(generator, ConditionalGenerator):
        labels, alone = torch.arange(LABELLED) % generator.classes, OneClass(generator, 0)
        pictures = torch.cat([generator(*part) for part in zip(z.split(100), labels.split(100), strict=True)])
    else:
        pictures = torch.cat([generator(part) for part in z.split(100)])
    refuse_not_finite(pictures, "generator's pictures")
    named = {f"random {i + 1}": v for i, v in enumerate(sample(RANDOM, generator.latent_dim, seed + 1))}
    named |= {f"principal {i + 1}": v for i, v in enumerate(weight_directions(alone, PRINCIPAL))}
    named |= {f"active {i + 1}": v for i, v in enumerate(activation_directions(alone, ACTIVE, seed=seed))}
    for attribute, measure in _measures(name, generator.image_shape[0]).items():
        named[f"learned: {attribute}"] = attribute_direction(z, _more_than_median(measure(pictures), labels))
    vectors = torch.stack([vector / vector.norm() for vector in named.values()])
    return Directions(tuple(named), vectors)


def _more_than_median(values: Tensor, labels: Tensor) -> Tensor:
    """Tell for each sample whether it has more than the median of its class: (N,) bool."""
    more = torch.zeros(len(values), dtype=torch.bool)
    for label in labels.unique():
        of_class = labels == label
        more[of_class] = values[of_class] > values[of_class].median()
    return more
