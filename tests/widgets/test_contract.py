"""What all explorers promise. What each of them does is tested in the file of its own name."""

import functools
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import ipywidgets
import numpy as np
import pytest
import torch

from dcgan_course import widgets
from dcgan_course.data import Images, load_images
from dcgan_course.drawing.contrast import ENOUGH
from dcgan_course.models import MLPGenerator
from dcgan_course.widgets.parts import Panel, Picture
from tests.helpers.pictures import lowest_contrast, pixels

FRAMES = torch.linspace(-1, 1, 4)[:, None, None, None, None].expand(4, 2, 1, 8, 8)
PICTURES = torch.zeros(20, 1, 6, 6, dtype=torch.uint8)


def tiny_generator() -> MLPGenerator:
    with torch.random.fork_rng(devices=[]):
        return MLPGenerator(image_shape=(1, 6, 6), latent_dim=5, hidden_dim=16).eval()


@functools.cache
def digits() -> Images:
    return load_images("drawn_digits", "test")


def film() -> Panel:
    """A film whose slider is linked to its pages here; on a page the browser does that."""
    film = widgets.scrub(FRAMES, list("abcd"), columns=2)
    film.controls["place"].observe(lambda change: film.draw(), names="value")
    return film


EXPLORERS: dict[str, Callable[[], Panel]] = {
    "latent slider": lambda: widgets.latent_slider(tiny_generator(), points=3, steps=2),
    "latent explorer": lambda: widgets.latent_explorer("mnist_mlp"),
    "convolution": widgets.convolution_explorer,
    "transposed": widgets.transposed_explorer,
    "densities": widgets.densities_explorer,
    "dirac": widgets.dirac_explorer,
    "break it": widgets.break_it_panel,
    "filter browser": lambda: widgets.filter_browser("mnist_dcgan", load_images("drawn_digits", "test"), count=20),
    "measures": lambda: widgets.measure_explorer(digits(), digits(), count=60),
    "film": film,
    "training monitor": lambda: widgets.TrainingMonitor(PICTURES),
}
TWINS: dict[str, Callable[[], bytes]] = {
    "latent slider": lambda: widgets.latent_twin(tiny_generator(), points=3, steps=2),
    "latent explorer": lambda: widgets.latent_explorer_twin("mnist_mlp", shown=3),
    "convolution": widgets.convolution_twin,
    "transposed": widgets.transposed_twin,
    "densities": widgets.densities_twin,
    "dirac": widgets.dirac_twin,
    "break it": lambda: widgets.break_it_twin(rounds=1),
    "measures": lambda: widgets.measure_explorer_twin(digits(), digits(), count=60),
    "filter browser": lambda: widgets.filter_browser_twin("mnist_dcgan", load_images("drawn_digits", "test"), count=20),
}


def on_the_page(widget: ipywidgets.Widget) -> Iterator[ipywidgets.Widget]:
    """Yield a widget and all that it holds; of a stack only what is seen."""
    yield widget
    children = getattr(widget, "children", ())
    for child in [children[widget.selected_index]] if isinstance(widget, ipywidgets.Stack) else children:
        yield from on_the_page(child)


def sentences(panel: Panel) -> list[str]:
    return [widget.value for widget in on_the_page(panel) if 'role="status"' in str(getattr(widget, "value", ""))]


def pictures(panel: Panel) -> list[Picture]:
    return [widget for widget in on_the_page(panel) if isinstance(widget, ipywidgets.Image)]


def moves(control: ipywidgets.Widget) -> list[Callable[[], object]]:
    """Return what can be done to a control: a click, or a move to each of its ends."""
    if isinstance(control, ipywidgets.Button):
        return [] if control.description == "Save" else [control.click]
    if control.description == "recorded run":  # loading is slow; test_latent_panel.py opens every run
        return []
    if isinstance(control, ipywidgets.Dropdown):
        return [lambda: control.set_trait("index", len(control.options) - 1), lambda: control.set_trait("index", 0)]
    if isinstance(control, ipywidgets.ToggleButton):
        return [lambda: control.set_trait("value", True), lambda: control.set_trait("value", False)]
    if isinstance(control, ipywidgets.Text):
        return []
    return [lambda: control.set_trait("value", control.max), lambda: control.set_trait("value", control.min)]


def global_state() -> tuple[int, ...]:
    """What an explorer must leave as it was: threads and random numbers."""
    states = torch.get_rng_state().numpy().tobytes(), repr(np.random.get_state()), random.getstate()
    return torch.get_num_threads(), *map(hash, states)


@dataclass
class Driven:
    """An explorer, and what was seen while each of its controls went to both ends."""

    panel: Panel
    said: list[list[str]] = field(default_factory=list)
    shown: list[list[bytes]] = field(default_factory=list)
    left_alone: bool = False

    def look(self) -> None:
        self.said.append(sentences(self.panel))
        self.shown.append([picture.value for picture in pictures(self.panel)])


@pytest.fixture(scope="module", params=EXPLORERS)
def driven(request: pytest.FixtureRequest) -> Driven:
    threads = torch.get_num_threads()
    torch.set_num_threads(2)
    try:
        before = global_state()
        driven = Driven(EXPLORERS[request.param]())
        driven.look()
        for control in driven.panel.controls.values():
            for move in moves(control):
                move()
                driven.look()
        driven.left_alone = global_state() == before
    finally:
        torch.set_num_threads(threads)
    return driven


def test_it_is_a_panel_that_announces_itself_in_a_sentence(driven: Driven) -> None:
    assert isinstance(driven.panel, Panel) and isinstance(driven.panel, ipywidgets.VBox)
    assert repr(driven.panel) == driven.panel.sentence
    assert driven.panel.sentence.endswith(".") and "\n" not in driven.panel.sentence


def test_every_control_is_on_the_page_has_a_label_and_keeps_the_keyboard(driven: Driven) -> None:
    seen = list(on_the_page(driven.panel))
    assert driven.panel.controls
    for name, control in driven.panel.controls.items():
        assert control in seen, name
        assert control.description or isinstance(control, ipywidgets.Play), name  # Play has buttons without a label
        assert control.tabbable is not False, name


def test_both_ends_of_every_control_show_pictures(driven: Driven) -> None:
    for shown in driven.shown:
        assert shown and all(pixels(png).size for png in shown)
        assert all(lowest_contrast(png) >= ENOUGH for png in shown)


def test_one_sentence_is_spoken_and_it_changes(driven: Driven) -> None:
    assert {len(said) for said in driven.said} == {1}
    assert len({said for (said,) in driven.said}) > 1


def test_every_picture_has_a_text_in_its_place(driven: Driven) -> None:
    for picture in pictures(driven.panel):
        assert isinstance(picture, Picture) and picture.tooltip and picture.description == ""


def test_threads_and_random_state_are_left_alone(driven: Driven) -> None:
    assert driven.left_alone


@pytest.mark.parametrize("name", TWINS)
def test_the_twin_is_a_png_and_leaves_threads_and_random_state_alone(name: str) -> None:
    before = global_state()
    png = TWINS[name]()
    assert png.startswith(b"\x89PNG") and lowest_contrast(png) >= ENOUGH
    assert global_state() == before
