"""The explorer of transposed convolution: right against PyTorch, calm at the ends of every slider."""

import ast
import inspect
import io
import itertools
import re

import pytest
import torch
import torch.nn.functional as F
from PIL import Image

from authoring.notebooks import ROOT
from dcgan_course.convolution import arithmetic, transposed_figures
from dcgan_course.convolution.transposed import TransposedLayer
from dcgan_course.errors import InvalidValue
from dcgan_course.widgets import transposed, transposed_explorer, transposed_twin

SETTINGS = ("input_size", "kernel_size", "stride", "padding", "dilation", "output_padding")


@pytest.fixture
def explorer():
    return transposed_explorer()


def shown(explorer):
    """The picture and the text line of the panel."""
    _, _, picture, text = explorer.children
    return picture.value, re.sub(r"<(?!br)[^>]*>", "", text.value)


def size_of(png: bytes) -> tuple[int, int]:
    return Image.open(io.BytesIO(png)).size


@pytest.mark.parametrize("name", [*SETTINGS, "input_square", "output_square", "play"])
def test_both_ends_of_every_control(explorer, name):
    control = explorer.controls[name]
    pictures = set()
    for value in (control.max, control.min, control.max):
        control.value = value
        picture, text = shown(explorer)
        pictures.add(picture)
        assert size_of(picture) == (transposed_figures.VIEWS_WIDTH, transposed_figures.VIEWS_HEIGHT)
        assert "largest difference 0.000000" in text or text.startswith("Not possible.")
    assert len(pictures) == 2


def test_every_corner_of_the_sliders_is_calm(explorer):
    ends = [(explorer.controls[name].min, explorer.controls[name].max) for name in SETTINGS]
    for corner in itertools.product(*ends):
        for name, value in zip(SETTINGS, corner, strict=True):
            explorer.controls[name].value = value
        assert ("largest difference 0.000000" in shown(explorer)[1]) != ("Not possible." in shown(explorer)[1])


def test_it_starts_with_the_layer_that_doubles(explorer):
    text = shown(explorer)[1]
    assert "(2 − 1)·2 − 2·1 + 1·(4 − 1) + 0 + 1 = 4" in text
    assert "The argument is p = 1" in text and "padded by p′ = 2" in text
    assert "agree with torch.nn.functional.conv_transpose2d: largest difference 0.000000" in text


def test_padding_and_p_prime_are_both_said_also_below_zero(explorer):
    explorer.controls["kernel_size"].value = 3
    for padding, words in ((0, "padded by p′ = 2"), (2, "padded by p′ = 0")):
        explorer.controls["padding"].value = padding
        assert f"The argument is p = {padding}" in shown(explorer)[1] and words in shown(explorer)[1]
    explorer.controls["input_size"].value = 5
    explorer.controls["padding"].value = 4
    assert "cut by 2 on each side, because p′ = −2 is below 0" in shown(explorer)[1]


BORDER = re.compile(
    r"is (?:padded by p′ = (?P<pad>\d+)|cut by (?P<cut>\d+) (?:on each side|at the left and at the top))"
    r"(?:.*output_padding adds (?P<adds>\d+) at the right|.*At the right and at the bottom it is (?P<there>[^:]*):)?"
)


def test_the_sentence_about_the_border_makes_the_output_in_every_case(explorer):
    """Do what the sentence says to the zero-inserted input, slide the turned kernel, and compare with PyTorch."""
    kinds = set()
    for k, s, p, d, extra in itertools.product((1, 2, 3), (1, 2, 4), range(5), (1, 2), range(4)):
        layer = TransposedLayer(5, k, s, p, d, extra)
        try:
            said = re.sub("<[^>]*>", "", transposed.describe(layer, 0, 0)[1])
        except InvalidValue:
            continue
        match = BORDER.search(said)
        near = int(match["pad"]) if match["pad"] else -int(match["cut"])
        far = near + int(match["adds"] or 0)
        if match["there"]:
            sign = {"cut": -1, "padded": 1, "neither": 0}[match["there"].split()[0]]
            far = sign * int(match["there"].split()[-1]) if sign else 0
        else:
            assert ("on each side" in said) == (near < 0 and extra == 0)
        kinds.add((near < 0, extra > 0, (far > 0) - (far < 0)))
        bordered = F.pad(arithmetic.insert_zeros(layer.input, s), (near, far, near, far))
        slid = F.conv2d(bordered[None, None], layer.kernel.flip(0, 1)[None, None], dilation=d)[0, 0]
        assert torch.equal(slid, layer.pytorch), (layer, said)
    assert {(True, True, sign) for sign in (-1, 0, 1)} <= kinds


def test_an_impossible_layer_is_a_sentence_and_the_way_back_works(explorer):
    before = shown(explorer)
    explorer.controls["output_padding"].value = 2
    picture, text = shown(explorer)
    assert text.startswith("Not possible.") and "output_padding is 2" in text and "take at most 1" in text
    assert picture != before[0] and explorer.controls["play"].disabled
    explorer.controls["output_square"].value = 9
    assert shown(explorer)[1].startswith("Not possible.")
    explorer.controls["output_padding"].value = 0
    explorer.controls["output_square"].value = 1
    assert shown(explorer) == before and not explorer.controls["play"].disabled


def test_a_size_below_one_is_a_sentence(explorer):
    explorer.controls["input_size"].value = 1
    explorer.controls["padding"].value = 4
    text = shown(explorer)[1]
    assert "padding is 4" in text and "no pixel is left" in text and "= −4" in text


def test_the_squares_follow_the_size(explorer):
    explorer.controls["output_square"].value = 16
    explorer.controls["stride"].value = 4
    assert explorer.controls["output_square"].max == 36
    explorer.controls["input_size"].value, explorer.controls["kernel_size"].value = 1, 3
    assert explorer.controls["output_square"].max == explorer.controls["output_square"].value == 1
    assert explorer.controls["input_square"].max == 1


def test_play_walks_through_all_squares_of_both(explorer):
    play, seen = explorer.controls["play"], []
    for value in [*range(2, play.max + 1), 1]:
        play.value = value
        seen.append((explorer.controls["input_square"].value, explorer.controls["output_square"].value))
    assert {inputs for inputs, _ in seen} == set(range(1, 5))
    assert {outputs for _, outputs in seen} == set(range(1, 17))
    assert (4, 16) in seen and seen[-1] == (1, 1)


@pytest.mark.parametrize("name", ["input_size", "output_square", "play"])
def test_one_move_draws_once(explorer, name, monkeypatch):
    drawn = []
    real = transposed.draw_three_views
    monkeypatch.setattr(transposed, "draw_three_views", lambda *a, **k: drawn.append(a) or real(*a, **k))
    explorer.controls[name].value = 3
    assert len(drawn) == 1


def test_a_view_that_differs_would_be_noticed(explorer, monkeypatch):
    """Break one view: the text line must say so."""
    monkeypatch.setattr(arithmetic, "insert_zeros", lambda x, stride: 2 * F.interpolate(x[None, None], 3)[0, 0])
    explorer.controls["kernel_size"].value = 3
    assert "DIFFER from torch.nn.functional.conv_transpose2d" in shown(explorer)[1]


def test_the_panel_is_one_sentence_without_a_kernel(explorer):
    assert repr(explorer).startswith("The transposed-convolution explorer") and "\n" not in repr(explorer)
    assert list(explorer.controls) == [*SETTINGS, "input_square", "output_square", "play"]


def test_the_twin_is_the_same_every_time_and_refuses_like_the_package():
    twins = [transposed_twin(3, 3, 2, 1, share=share) for share in (0, 0.5, 1)]
    assert twins == [transposed_twin(3, 3, 2, 1, share=share) for share in (0, 0.5, 1)]
    titles = [Image.open(io.BytesIO(twin)).info["Title"] for twin in twins]
    assert [title.partition(",")[0] for title in titles] == [
        "1 of 9 stamps are laid",
        "4 of 9 stamps are laid",
        "Stamps",
    ]
    width, height = size_of(twins[0])
    assert width == transposed_figures.VIEWS_WIDTH and height > transposed_figures.VIEWS_HEIGHT
    with pytest.raises(InvalidValue, match="output_padding is 3"):
        transposed_twin(output_padding=3)


def test_the_twin_in_the_lesson_shows_the_explorer_as_it_opens(explorer):
    script = (ROOT / "sources" / "lessons" / "02_transposed_convolution.py").read_text(encoding="utf-8")
    calls = [node for node in ast.walk(ast.parse(script)) if isinstance(node, ast.Call)]
    (call,) = (node for node in calls if getattr(node.func, "attr", "") == "transposed_twin")
    given = {each.arg: ast.literal_eval(each.value) for each in call.keywords if each.arg != "share"}
    shown = inspect.signature(transposed_twin).bind(**given)
    shown.apply_defaults()
    opening = {name: explorer.controls[name].value for name in SETTINGS}
    assert not call.args and {name: shown.arguments[name] for name in opening} == opening
