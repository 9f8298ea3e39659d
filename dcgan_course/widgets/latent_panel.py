"""The latent explorer: move through z by hand, along directions, coordinates and walks, and keep what you find."""

import functools
import json
from pathlib import Path

import ipywidgets
import torch
from torch import Tensor, nn

from dcgan_course import latent, recorded
from dcgan_course.drawing.films import save_webp
from dcgan_course.drawing.sheets import labelled_rows_png, png_of_pictures
from dcgan_course.evaluation import attributes
from dcgan_course.latent.directions import Directions
from dcgan_course.widgets.parts import Panel, one_thread

REACH = 8.0  # how far a direction's slider goes each way; a random z of 100 numbers has a length of about 10
RANDOM, PRINCIPAL, ACTIVE = 2, 2, 1  # directions of each kind, from samples, weights and activations
LABELLED = 600  # samples that an attribute's direction is learned from
RECENT = 8  # pictures to go back to
HALF = 20  # moves from A to B; the walk goes there and back
SIDE = 288  # the picture's side on the screen, in pixels
# The picture travels in its own size, and the browser enlarges it: a tenth of the bytes to encode, send and decode.
SQUARE_PIXELS = "<style>img.dcgan-square-pixels {image-rendering: pixelated}</style>"
BLENDS = {"slerp: along the arc": latent.slerp, "lerp: along the line": latent.lerp}
EMPTY = torch.full((1, 1, 8, 8), 0.8)
SENTENCE = "The latent explorer: run this cell to move z by hand. The next picture has a row for each direction."


def _measures(name: str, channels: int) -> dict:
    """Return {attribute: function of pictures → (N,)} for a recorded run."""
    if name == "objects_dcgan":
        reader = recorded.factor_reader()
        return {"size": lambda x: reader.read(x).size, "place": lambda x: reader.read(x).right}
    if channels == 1:
        return {"slant": attributes.slant, "thickness": attributes.thickness}
    return {"brightness": attributes.brightness, "warmth": attributes.warmth}


@torch.no_grad()
def named_directions(name: str, generator: nn.Module, seed: int = 0) -> Directions:
    """Return the directions that the explorer offers for a recorded run.

    Two random ones, the two that move the first layer most, the one along which its activations vary most, and two
    learned attributes: from the mean z of the samples that have less of it than the median to the mean z of those that
    have more.
    """
    z = latent.sample(LABELLED, generator.latent_dim, seed)
    pictures = torch.cat([generator(part) for part in z.split(100)])
    named = {f"random {i + 1}": v for i, v in enumerate(latent.sample(RANDOM, generator.latent_dim, seed + 1))}
    named |= {f"principal {i + 1}": v for i, v in enumerate(latent.weight_directions(generator, PRINCIPAL))}
    named |= {f"active {i + 1}": v for i, v in enumerate(latent.activation_directions(generator, ACTIVE, seed=seed))}
    for attribute, measure in _measures(name, generator.image_shape[0]).items():
        values = measure(pictures)
        named[f"learned: {attribute}"] = latent.attribute_direction(z, values > values.median())
    vectors = torch.stack([vector / vector.norm() for vector in named.values()])
    return Directions(tuple(named), vectors)


@functools.lru_cache(maxsize=2)
def _loaded(name: str) -> tuple[nn.Module, Directions]:
    generator = recorded.load_run(name).generator
    return generator, named_directions(name, generator)


def _wide(description: str) -> dict:
    return {"description": description, "style": {"description_width": "125px"}, "layout": {"width": "400px"}}


class _LatentExplorer:
    """Where the explorer stands: points A and B, a share of the way between them, and what is added to that z.

    One picture is drawn for a move, by one call of the generator in inference mode. The front end sends the next move
    of a slider only when the last one was drawn, so moves that come too fast are left out, not queued.
    """

    def __init__(self, name: str, folder: str) -> None:
        self.run = ipywidgets.Dropdown(options=recorded.names(), value=name, **_wide("recorded run"))
        self.mode = ipywidgets.Dropdown(options=list(BLENDS), **_wide("blend"))
        self.blend = ipywidgets.IntSlider(min=0, max=100, step=5, **_wide("from A to B (%)"))
        self.play = ipywidgets.Play(min=0, max=2 * HALF - 1, interval=120, repeat=True)
        self.pin_a = ipywidgets.Button(description="Pin as A", icon="thumb-tack")
        self.pin_b = ipywidgets.Button(description="Pin as B", icon="thumb-tack")
        self.new = ipywidgets.Button(description="New A and B", icon="random")
        self.reset = ipywidgets.Button(description="Reset", icon="refresh")
        self.amounts = [
            ipywidgets.FloatSlider(min=-REACH, max=REACH, step=0.5, readout_format=".1f", **_wide(""))
            for _ in range(RANDOM + PRINCIPAL + ACTIVE + 2)
        ]
        self.coordinate = ipywidgets.BoundedIntText(min=0, max=0, **_wide("coordinate of z"))
        self.change = ipywidgets.FloatSlider(
            min=-REACH, max=REACH, step=0.5, readout_format=".1f", **_wide("added to it")
        )
        self.keep = ipywidgets.Button(description="Keep", icon="bookmark")
        self.save = ipywidgets.Button(description="Save", icon="download")
        self.folder = ipywidgets.Text(value=folder, **_wide("folder to save in"))
        self.image = ipywidgets.Image(format="png", width=SIDE, height=SIDE)
        self.image.add_class("dcgan-square-pixels")
        self.words = ipywidgets.HTML()
        self.thumbs = [ipywidgets.Image(format="png", width=64, height=64) for _ in range(RECENT)]
        self.backs = [
            ipywidgets.Button(description=f"back to {i + 1}", layout={"width": "92px"}) for i in range(RECENT)
        ]
        self.seed, self.busy, self.saved = 0, False, ""
        self._listen()
        self.start()

    def _listen(self) -> None:
        self.run.observe(lambda change: self.start(), names="value")
        self.coordinate.observe(lambda change: self._show_coordinate(), names="value")
        self.change.observe(lambda change: self._moved("coordinate", self._take_coordinate), names="value")
        self.play.observe(lambda change: self._play(change["new"]), names="value")
        for control in (self.mode, self.blend, *self.amounts):
            control.observe(lambda change: self._moved(change["owner"].description), names="value")
        self.pin_a.on_click(lambda button: self._pin("A"))
        self.pin_b.on_click(lambda button: self._pin("B"))
        self.new.on_click(lambda button: self._draw_points(self.seed + 1))
        self.reset.on_click(lambda button: self._draw_points(0))
        self.keep.on_click(lambda button: self._remember(self.z()))
        self.save.on_click(lambda button: self._save())
        for number, button in enumerate(self.backs):
            button.on_click(lambda button, number=number: self._go_back(number))

    def start(self) -> None:
        """Load the chosen run and stand at its first A."""
        self.words.value = f"Loading {self.run.value} and learning its directions …"
        self.generator, self.directions = _loaded(self.run.value)
        self.recent: list[Tensor] = []
        self.coordinate.max = self.generator.latent_dim - 1
        for slider, name in zip(self.amounts, self.directions.names, strict=True):
            slider.description = name
        self._draw_points(0)
        self._show_recent()

    def _draw_points(self, seed: int) -> None:
        """Draw A and B anew from a seed, and stand at A; with seed 0, everything is as it was at the beginning."""
        self.seed = seed
        self.a, self.b = latent.sample(2, self.generator.latent_dim, seed)
        self._stand(0)

    def _stand(self, blend: int) -> None:
        """Put all sliders of additions to zero and the blend to a place, then draw once."""
        self.busy = True
        self.play.playing = False
        self.blend.value = blend
        self.added = torch.zeros(self.generator.latent_dim)
        for slider in (*self.amounts, self.change):
            slider.value = 0
        self.busy, self.last_moved = False, ""
        self._draw()

    def z(self) -> Tensor:
        """Return the z that is shown: (latent_dim,)."""
        amounts = torch.tensor([slider.value for slider in self.amounts])
        return self._between(self.blend.value / 100) + amounts @ self.directions.vectors + self.added

    def _between(self, share: float) -> Tensor:
        return BLENDS[self.mode.value](self.a, self.b, share)

    def _moved(self, name: str, then=lambda: None) -> None:
        """Draw; when another control than before begins to move, remember the picture that is left."""
        if self.busy:
            return
        if name != self.last_moved and self.last_moved:
            self._remember(self.shown)
        self.last_moved, self.saved = name, ""
        then()
        self._draw()

    def _take_coordinate(self) -> None:
        self.added[self.coordinate.value] = self.change.value

    def _show_coordinate(self) -> None:
        self.busy = True
        self.change.value = float(self.added[self.coordinate.value])
        self.busy = False

    def _play(self, step: int) -> None:
        """Walk from A to B and back."""
        self.blend.value = round(100 * (step if step <= HALF else 2 * HALF - step) / HALF)

    def _pin(self, which: str) -> None:
        """Make the z that is shown A or B; the picture stays."""
        z = self.z()
        self.a, self.b = (z, self.b) if which == "A" else (self.a, z)
        self._remember(z)
        self._stand(0 if which == "A" else 100)

    def _go_back(self, number: int) -> None:
        if number < len(self.recent):
            self.a = self.recent[number]
            self._stand(0)

    def _remember(self, z: Tensor) -> None:
        self.recent = [z, *[old for old in self.recent if not torch.equal(old, z)]][:RECENT]
        self._show_recent()

    @torch.inference_mode()
    def _show_recent(self) -> None:
        pictures = self.generator(torch.stack(self.recent)) if self.recent else []
        for number, (thumb, button) in enumerate(zip(self.thumbs, self.backs, strict=True)):
            filled = number < len(self.recent)
            thumb.value = png_of_pictures(pictures[number][None] if filled else EMPTY, columns=1, zoom=1)
            button.disabled = not filled

    @torch.inference_mode()
    def _draw(self) -> None:
        self.shown = self.z()
        with one_thread():
            self.picture = self.generator(self.shown[None])
        self.image.value = png_of_pictures(self.picture, columns=1, zoom=1)
        self._speak()

    def _speak(self) -> None:
        text = (
            f"{self.blend.value} % of the way from A to B. z has length {float(self.shown.norm()):.1f}; "
            f"a random z has about {self.generator.latent_dim**0.5:.1f}. {self.saved}"
        )
        self.words.value = f'<div role="status" aria-live="polite" style="line-height: 1.4">{text}</div>'

    def _save(self) -> None:
        """Write picture, z and walk into the folder, and say where; a folder that cannot be written is said too."""
        try:
            self.saved = f"Saved: {', '.join(self._write(Path(self.folder.value or '.')))}."
        except OSError as problem:
            self.saved = f"Not saved in {self.folder.value!r}: {problem.strerror}. Choose another folder."
        self._speak()

    def _write(self, folder: Path) -> list[str]:
        folder.mkdir(parents=True, exist_ok=True)
        number = 1 + len(list(folder.glob(f"{self.run.value}_*_z.json")))
        stem = f"{self.run.value}_{number:03d}"
        enlarged = png_of_pictures(self.picture, columns=1, zoom=max(1, SIDE // self.picture.shape[-1]))
        (folder / f"{stem}_picture.png").write_bytes(enlarged)
        facts = {"run": self.run.value, "blend": self.mode.value, "share": self.blend.value / 100}
        facts |= {name: point.tolist() for name, point in (("z", self.shown), ("a", self.a), ("b", self.b))}
        (folder / f"{stem}_z.json").write_text(json.dumps(facts) + "\n", encoding="utf-8")
        with torch.inference_mode():
            z = latent.walk(torch.stack([self.a, self.b]), HALF, BLENDS[self.mode.value], loop=True)
            save_webp(folder / f"{stem}_walk.webp", self.generator(z)[:, None], columns=1, zoom=4)
        return [f"{stem}_{kind}" for kind in ("picture.png", "z.json", "walk.webp")]


def latent_explorer(run: str = "mnist_dcgan", *, folder: str = "runs/latent") -> Panel:
    """Return the latent explorer.

    Args:
        run: the recorded run to begin with, one of `recorded.names()`. folder: where Save writes picture, z and walk.

    The panel's `controls` are run, mode, blend, play, pin_a, pin_b, new, reset, amounts (a list), coordinate, change,
    keep, save, folder and backs (a list). No order of clicks and no position raises.
    """
    state = _LatentExplorer(run, folder)
    left = ipywidgets.VBox([state.image, ipywidgets.HTML(SQUARE_PIXELS), state.words], layout={"width": "320px"})
    right = ipywidgets.VBox(
        [
            state.run,
            state.mode,
            ipywidgets.HBox([state.play, state.blend]),
            *state.amounts,
            state.coordinate,
            state.change,
        ]
    )
    buttons = [state.pin_a, state.pin_b, state.new, state.keep, state.reset]
    strip = [
        ipywidgets.VBox([t, b], layout={"align_items": "center"})
        for t, b in zip(state.thumbs, state.backs, strict=True)
    ]
    rows = [
        ipywidgets.HBox([left, right], layout={"flex_flow": "row wrap"}),
        ipywidgets.HBox(buttons, layout={"flex_flow": "row wrap"}),
        ipywidgets.HBox(strip, layout={"flex_flow": "row wrap"}),
        ipywidgets.HBox([state.folder, state.save]),
    ]
    names = ("run", "mode", "blend", "play", "pin_a", "pin_b", "new", "reset", "amounts", "coordinate", "change")
    names += ("keep", "save", "folder", "backs")
    panel = Panel(rows, SENTENCE, {name: getattr(state, name) for name in names})
    panel.state = state
    return panel


@torch.inference_mode()
def latent_explorer_twin(run: str = "mnist_dcgan", shown: int = 9) -> bytes:
    """Return each of the explorer's directions as a row of pictures, from one end of its slider to the other, as PNG.

    Args:
        run: a recorded run. shown: pictures in a row; the middle one is A, the same in all rows.
    """
    generator, directions = _loaded(run)
    a = latent.sample(2, generator.latent_dim, 0)[0]
    steps = torch.linspace(-REACH, REACH, shown)
    rows = torch.stack([generator(a + steps[:, None] * vector) for vector in directions.vectors])
    return labelled_rows_png(rows, list(directions.names), zoom=3)
