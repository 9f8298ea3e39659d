"""What becomes HTML is escaped: names, labels and error sentences are shown as they are written, and do nothing."""

import ast
import html
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import ipywidgets
import pytest

from dcgan_course import widgets
from dcgan_course.convolution.scene import ConvolutionScene
from dcgan_course.data import load_images
from dcgan_course.toy.faults import FAULTS
from dcgan_course.widgets.parts import Panel
from tests.widgets.test_contract import EXPLORERS, FRAMES

HOSTILE = """<img src=x onerror=alert(1)>&"'"""
ROOM = Path(widgets.__file__).parent


class Tags(HTMLParser):
    """The tags of an HTML text, and the names of their attributes."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.names: set[str] = set()
        self.attributes: set[str] = set()
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.names.add(tag)
        self.attributes |= {name for name, _ in attrs}


def widgets_of(widget: ipywidgets.Widget):
    yield widget
    for child in getattr(widget, "children", ()):
        yield from widgets_of(child)


def shown(panel: Panel) -> str:
    """All HTML of a panel, which must hold no tag that the course did not write; returns what a reader sees of it."""
    texts = {panel.words.value} | {each.value for each in widgets_of(panel) if isinstance(each, ipywidgets.HTML)}
    for text in texts:
        assert Tags(text).names <= {"div", "b", "br", "style"}, text
        assert Tags(text).attributes <= {"role", "aria-live", "style"}, text
    assert not any(getattr(each, "description_allow_html", False) for each in widgets_of(panel))
    return html.unescape("\n".join(texts))


@pytest.mark.parametrize("name", EXPLORERS)
def test_what_an_explorer_says_is_text(name):
    panel = EXPLORERS[name]()
    shown(panel)
    panel.say(HOSTILE)
    assert HOSTILE in shown(panel)


def test_labels_of_a_film():
    assert HOSTILE in shown(widgets.scrub(FRAMES, [HOSTILE] * 4, columns=2))


def test_class_names_and_the_name_of_a_folder_in_the_filter_browser():
    images = load_images("drawn_digits", "test")
    named = replace(images, class_names=tuple(f"{HOSTILE}{name}" for name in images.class_names), remark=HOSTILE)
    panel = widgets.filter_browser("mnist_dcgan", named, count=12)
    assert any(f"({name})" in shown(panel) for name in named.class_names)
    assert HOSTILE in named.title_note and named.title_note in shown(panel)


@pytest.mark.parametrize("in_the_way", [False, True])
def test_the_folder_of_the_latent_explorer(tmp_path, in_the_way):
    folder = tmp_path / HOSTILE
    if in_the_way:
        folder.write_text("a file", encoding="utf-8")
    panel = widgets.latent_explorer("mnist_mlp", folder=str(folder))
    panel.controls["save"].click()
    assert ("Not saved in " if in_the_way else f"Saved in {folder}: ") in shown(panel)


def test_the_recorded_run_of_the_latent_explorer():
    panel, said = widgets.latent_explorer("mnist_mlp"), []
    panel.run.options = (*panel.run.options, HOSTILE)
    panel.words.observe(lambda change: said.append(shown(panel)), names="value")
    with pytest.raises(ValueError, match="the recorded runs are"):
        panel.run.value = HOSTILE
    assert HOSTILE in said[0]


def test_why_a_convolution_is_not_possible(monkeypatch):
    panel = widgets.convolution_explorer()
    monkeypatch.setattr(ConvolutionScene, "why_impossible", lambda scene: HOSTILE)
    panel.controls["input_size"].value, panel.controls["kernel_size"].value = 3, 5
    assert HOSTILE in shown(panel)


def test_why_a_transposed_convolution_is_not_possible():
    panel = widgets.transposed_explorer()
    panel.problem = HOSTILE
    panel.draw()
    assert HOSTILE in shown(panel)


def test_a_fault_of_the_break_it_panel(monkeypatch):
    fault = FAULTS["D too strong"]
    texts = dict.fromkeys(("name", "change", "symptom", "cause", "cure"), HOSTILE)
    monkeypatch.setitem(FAULTS, HOSTILE, replace(fault, **texts))
    panel = widgets.break_it_panel()
    panel.fault.value, panel.explain.value = HOSTILE, True
    assert shown(panel).count(HOSTILE) == 4


def test_html_is_made_at_one_door_or_of_constants():
    """Each ipywidgets.HTML gets nothing, what `spoken` escaped, or text in which only constants stand."""
    for path in ROOM.glob("*.py"):
        for call in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not isinstance(call, ast.Call) or ast.unparse(call.func) != "ipywidgets.HTML":
                continue
            for given in call.args:
                spoken = isinstance(given, ast.Call) and ast.unparse(given.func) == "spoken"
                names = {node.id for node in ast.walk(given) if isinstance(node, ast.Name)}
                assert spoken or all(name.isupper() for name in names), f"{path.name}: {ast.unparse(call)}"
