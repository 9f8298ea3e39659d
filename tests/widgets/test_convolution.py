"""The convolution explorer at both ends of every control, and its twin."""

import ast
import inspect
import itertools
import re

import ipywidgets
import pytest

from authoring.notebooks import ROOT
from dcgan_course.convolution.arithmetic import conv_output_size
from dcgan_course.convolution.scene import (
    KERNELS,
    PICTURES,
    ConvolutionScene,
    kernel_taps,
    picture_numbers,
)
from dcgan_course.drawing import Canvas
from dcgan_course.errors import InvalidValue
from dcgan_course.widgets import convolution_explorer, convolution_twin
from tests.helpers.pictures import pixels

SIZES = ("input_size", "kernel_size", "stride", "padding", "dilation")


def parts(panel):
    """(controls, the picture's PNG bytes as a function, the spoken text as a function)."""
    _, picture, spoken = panel.children
    return panel.controls, lambda: picture.value, lambda: re.sub("<[^>]+>", "", spoken.value)


def test_every_corner_of_the_sliders_gives_a_picture_and_a_true_sentence():
    controls, png, text = parts(convolution_explorer())
    for corner in itertools.product(*[(controls[name].min, controls[name].max) for name in SIZES]):
        for name, value in zip(SIZES, corner, strict=True):
            controls[name].value = value
        i, k, s, p, d = corner
        assert pixels(png()).shape == (640, 1000, 3)
        if d * (k - 1) + 1 > i + 2 * p:
            assert "no legal place" in text() and f"= {d * (k - 1) + 1} squares" in text()
            assert controls["position"].disabled and controls["play"].disabled
            continue
        size = conv_output_size(i, k, s, p, d)
        assert controls["position"].max == controls["play"].max == size**2
        for end in (1, size**2):
            controls["position"].value = end
            assert f"⌊({i} + 2·{p} − {d}·({k} − 1) − 1) / {s}⌋ + 1 = {size}. Square {end} of {size**2}" in text()
            assert "agrees with torch.nn.functional.conv2d: largest difference 0.000000" in text()


@pytest.mark.parametrize("name", [*SIZES, "position"])
def test_moving_one_slider_changes_the_picture(name):
    controls, png, _ = parts(convolution_explorer())
    before, slider = pixels(png()), controls[name]
    slider.value = slider.max if slider.value != slider.max else slider.min
    assert (pixels(png()) != before).any()


@pytest.mark.parametrize("name", ["kernel", "picture", "padding_value"])
def test_every_choice_of_a_menu_works_with_every_kernel_size(name):
    controls, png, text = parts(convolution_explorer())
    controls["padding"].value = 1
    for size in range(1, 6):
        controls["kernel_size"].value = size
        seen, options = set(), controls[name].options
        for value in options.values() if isinstance(options, dict) else options:
            controls[name].value = value
            assert "agrees with" in text()
            seen.add(png())
        assert len(seen) == len(options) or (name == "kernel" and size < 3)


def test_position_stays_in_its_range_when_the_output_shrinks():
    controls, _, text = parts(convolution_explorer())
    controls["position"].value = 16
    controls["stride"].value = 2
    assert controls["position"].value == controls["position"].max == 4
    assert "Square 4 of 4" in text()
    controls["input_size"].value, controls["kernel_size"].value = 3, 5
    controls["kernel_size"].value = 3
    assert not controls["position"].disabled and "Square 1 of 1" in text()


@pytest.mark.parametrize(
    ("settings", "first_row", "second_row"),
    [
        ({}, "0 1 1 0", "0 1 1 0"),
        ({"kernel_size": 4}, "1 1 1", "1 1 1"),
        ({"kernel_size": 5}, "1 1", "1 1"),
        ({"stride": 2}, "0 1", "0 1"),
        ({"padding": 1}, "−2/3 0 2/3 2/3 0 0", "−1 0 1 1 0 0"),
        ({"padding": 1, "padding_value": 1.0}, "0 0 2/3 2/3 0 −2/3", "0 0 1 1 0 −1"),
    ],
)
def test_walking_the_window_reads_the_table_of_the_sources(settings, first_row, second_row):
    controls, _, text = parts(convolution_explorer())
    for name, value in settings.items():
        controls[name].value = value
    size = int(controls["position"].max ** 0.5)
    values = []
    for position in range(1, 2 * size + 1):
        controls["position"].value = position
        values.append(re.search(r"= (\S+)\. agrees", text()).group(1))
    assert " ".join(values[:size]) == first_row
    assert " ".join(values[size:]) == second_row


def test_a_difference_from_pytorch_would_be_shown(monkeypatch):
    monkeypatch.setattr(ConvolutionScene, "difference_from_torch", lambda self: 0.5)
    _, _, text = parts(convolution_explorer())
    assert "DIFFERS FROM torch.nn.functional.conv2d: largest difference 0.500000" in text()


def test_the_longest_lines_of_a_frame_do_not_run_into_each_other():
    scene = ConvolutionScene(picture_numbers("random", 10), kernel_taps("sharpen", 5)[0], 4, 3, 3)
    canvas = Canvas(1000, 10)
    assert canvas.text_width(scene.formula(), size=19) < 540
    assert all(canvas.text_width(part, size=17) < 540 for part in scene.agreement().split(": "))


def test_the_panel_says_what_it_is_and_two_panels_are_alike():
    first, second = convolution_explorer(), convolution_explorer()
    assert repr(first) == repr(second) and repr(first).startswith("The convolution explorer")
    assert first.children[1].value == second.children[1].value
    assert set(first.controls) == {*SIZES, "kernel", "picture", "padding_value", "position", "play"}
    assert all(control.description for name, control in first.controls.items() if name != "play")
    assert all(isinstance(first.controls[name], ipywidgets.IntSlider) for name in (*SIZES, "position"))


# --- the twin -----------------------------------------------------------------------------------------------------


def test_the_twin_shows_the_same_places_each_time_and_others_for_other_settings():
    assert convolution_twin() == convolution_twin()
    assert convolution_twin() != convolution_twin(stride=2)
    for kernel, picture in zip(KERNELS, (*PICTURES, "edge"), strict=True):
        assert pixels(convolution_twin(10, 5, 1, 3, 1, kernel=kernel, picture=picture)).shape[1] == 2000
    assert pixels(convolution_twin(3, 3)).shape[1] == 2000


def test_the_twin_in_the_lesson_shows_the_explorer_as_it_opens():
    script = (ROOT / "sources" / "lessons" / "01_convolution_arithmetic.py").read_text(encoding="utf-8")
    calls = [node for node in ast.walk(ast.parse(script)) if isinstance(node, ast.Call)]
    (call,) = (node for node in calls if getattr(node.func, "attr", "") == "convolution_twin")
    given = {keyword.arg: ast.literal_eval(keyword.value) for keyword in call.keywords}
    shown = inspect.signature(convolution_twin).bind(**given)
    shown.apply_defaults()
    controls = convolution_explorer().controls
    opening = {name: controls[name].value for name in (*SIZES, "kernel", "picture", "padding_value")}
    assert not call.args and {name: shown.arguments[name] for name in opening} == opening


def test_the_twin_refuses_a_window_that_does_not_fit():
    with pytest.raises(InvalidValue, match="spans 3·\\(5 − 1\\) \\+ 1 = 13 squares.*only 3 \\+ 2·0 = 3"):
        convolution_twin(3, 5, dilation=3)
