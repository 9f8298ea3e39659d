"""Restless hands on every explorer: random operations on its controls, in any order."""

import contextlib
import importlib
import io
import os
import pkgutil
import random
import traceback
from collections.abc import Callable
from pathlib import Path

import ipywidgets
import torch
from PIL import Image

from dcgan_course import widgets
from dcgan_course.widgets.parts import Panel
from soak.report import Report
from tests.widgets.test_contract import EXPLORERS, on_the_page, pictures, sentences

TEXTS = (
    "",
    " ",
    "~/x",
    "~nobody/x",
    "a\0b",
    "x" * 5_000,
    "<img src=x onerror=alert(1)>",
    "강의",
    "../out",
    "/dev/null/x",
)


def classes() -> set[type[Panel]]:
    """Return every class of explorer that there is in the room of widgets, whether a lesson shows it or not."""
    for module in pkgutil.walk_packages(widgets.__path__, f"{widgets.__name__}."):
        importlib.import_module(module.name)
    found, open_ones = set(), [Panel]
    while open_ones:
        below = [each for each in open_ones.pop().__subclasses__() if each.__module__.startswith(widgets.__name__)]
        found.update(below)
        open_ones += below
    return found


def soak_explorers(operations: int, seed: int, folder: Path) -> Report:
    """Play `operations` random operations on each explorer; all of them must be there, each with its tests."""
    report, played = Report("operations on explorers", seed), set()
    before = os.getcwd()
    os.chdir(folder)
    try:
        for name, make in EXPLORERS.items():
            with contextlib.redirect_stdout(io.StringIO()):
                panel = make()
                _play(name, panel, operations, random.Random(f"{seed} {name}"), report)
            played.add(type(panel))
    finally:
        os.chdir(before)
    report.faults += [f"{each.__name__} is not in EXPLORERS of tests/widgets" for each in classes() - played]
    return report


def _play(name: str, panel: Panel, operations: int, source: random.Random, report: Report) -> None:
    state, threads, done = torch.get_rng_state(), torch.get_num_threads(), []
    controls = panel.controls
    for _ in range(operations):
        which = source.choice(list(controls))
        what = _operation(controls[which], source)
        if what is None:
            continue
        done.append(f"{which} {what[0][:40]}")
        try:
            what[1]()
            fault = _fault(panel)
        except Exception:  # noqa: BLE001  this is what the soak looks for
            fault = traceback.format_exc()[-700:]
        report.note(name, f"{name} after {done[-5:]}: {fault}" if fault else "")
    if not torch.equal(state, torch.get_rng_state()) or torch.get_num_threads() != threads:
        report.faults.append(f"{name} changed the random state or the number of threads")


def _operation(control: ipywidgets.Widget, source: random.Random) -> tuple[str, Callable[[], object]] | None:
    """Return what is done to a control, in words and as a call; None for what a hand cannot reach."""
    if getattr(control, "disabled", False):
        return None
    if isinstance(control, ipywidgets.Button):
        return "click", control.click
    if isinstance(control, ipywidgets.ToggleButton | ipywidgets.Checkbox):
        return "toggle", lambda: control.set_trait("value", not control.value)
    if hasattr(control, "options"):
        if control.description == "recorded run" and source.random() < 0.9:  # to load one takes a second
            return None
        index = source.randrange(len(control.options))
        return f"option {index}", lambda: control.set_trait("index", index)
    if isinstance(control, ipywidgets.Play) and source.random() < 0.5:
        playing = source.random() < 0.7
        return f"playing {playing}", lambda: control.set_trait("playing", playing)
    if isinstance(control, ipywidgets.Text):
        text = source.choice(TEXTS)
        return repr(text), lambda: control.set_trait("value", text)
    if hasattr(control, "max"):
        low, high = control.min, control.max
        value = source.choice([low, high, low - 1, high + 1, source.uniform(low, high), source.uniform(low, high)])
        value = value if isinstance(control, ipywidgets.FloatSlider) else round(value)
        return f"{value}", lambda: control.set_trait("value", value)
    return None


def _fault(panel: Panel) -> str:
    """Say what is wrong with what is shown, or ""."""
    if len(sentences(panel)) != 1:
        return f"{len(sentences(panel))} sentences are spoken"
    for picture in pictures(panel):
        with Image.open(io.BytesIO(picture.value)) as image:
            image.load()
    if any(getattr(each, "description_allow_html", False) for each in on_the_page(panel)):
        return "a label that may hold HTML"
    return ""
