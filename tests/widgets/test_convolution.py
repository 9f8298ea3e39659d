"""The convolution explorer at both ends of every control, its twin, and the figures of lesson 01."""

import ast
import inspect
import itertools
import re

import ipywidgets
import numpy as np
import pytest
import torch
import torch.nn.functional as F
from hypothesis import given
from hypothesis import strategies as st

from authoring.notebooks import ROOT
from dcgan_course.convolution.arithmetic import conv_output_size, coverage, receptive_field, squares_seen
from dcgan_course.convolution.counting_figures import (
    coverage_figure,
    positions_figure,
    receptive_field_figure,
    weights_figure,
)
from dcgan_course.convolution.scene import (
    KERNELS,
    PICTURES,
    ConvolutionScene,
    kernel_taps,
    picture_numbers,
    product_lines,
)
from dcgan_course.convolution.scene_figures import convolution_figure, window_figure
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


def test_the_seed_belongs_to_the_random_picture():
    assert (picture_numbers("random", 10, seed=1) != picture_numbers("random", 10, seed=2)).any()
    np.testing.assert_array_equal(picture_numbers("random", 10, seed=3)[:4, :4], picture_numbers("random", 4, seed=3))


@pytest.mark.parametrize("size", range(1, 6))
def test_kernels_do_what_their_names_say(size):
    flat = np.ones((size, size))
    totals = {name: (kernel_taps(name, size)[0] * flat).sum() / kernel_taps(name, size)[1] for name in KERNELS}
    assert totals["blur"] == totals["sharpen"] == 1
    if size > 1:
        assert totals["vertical edge"] == totals["horizontal edge"] == 0


def test_unknown_names_are_refused_in_a_sentence():
    with pytest.raises(InvalidValue, match="kernel is 'edge'.*vertical edge"):
        kernel_taps("edge", 3)
    with pytest.raises(InvalidValue, match="picture is 'cat'.*diagonal"):
        picture_numbers("cat", 3)


# --- the twin and the scene ----------------------------------------------------------------------------------------


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


scenes = st.tuples(
    st.integers(1, 8), st.integers(1, 4), st.integers(1, 4), st.integers(0, 3), st.integers(1, 3)
).filter(lambda case: case[0] + 2 * case[3] >= case[4] * (case[1] - 1) + 1)


@given(scenes, st.sampled_from([0.0, 1.0]), st.integers(0, 2**31))
def test_a_scene_is_conv2d(case, padding_value, seed):
    i, k, s, p, d = case
    generator = torch.Generator().manual_seed(seed)
    picture = torch.randint(-3, 4, (i, i), generator=generator).double()
    kernel = torch.randint(-3, 4, (k, k), generator=generator).double()
    scene = ConvolutionScene(picture, kernel, s, p, d, divisor=2, padding_value=padding_value)
    padded = F.pad(picture, (p,) * 4, value=padding_value)
    want = F.conv2d(padded[None, None], kernel[None, None] / 2, stride=s, dilation=d)[0, 0].numpy()
    np.testing.assert_allclose(scene.output, want, atol=1e-12)
    assert scene.output_size == len(want) and scene.difference_from_torch() < 1e-12
    assert scene.formula().endswith(f" = {len(want)}")
    inside, answer = scene.formula().split(" = ")
    assert eval(
        inside.replace("⌊", "(").replace("⌋", ")").replace("·", "*").replace("−", "-").replace("/", "//")
    ) == int(answer)
    row, column = divmod(seed % want.size, len(want))
    products = " ".join(product_lines(scene, row, column))
    assert eval(products.replace("·", "*").replace("−", "-")) == pytest.approx(want[row, column] * 2)


def test_a_frame_marks_the_window_where_the_sum_is_made():
    scene = ConvolutionScene(np.zeros((6, 6)), np.ones((3, 3)))
    first = pixels(convolution_figure(scene, "the same title", place=(0, 0)))
    last = pixels(convolution_figure(scene, "the same title", place=(3, 3)))
    changed = np.argwhere((first != last).any(axis=2))
    assert len(changed) and changed[:, 0].min() > 80  # the title stays
    assert pixels(window_figure(scene, "one window", place=(0, 0))).shape[1] == 2000


# --- counting ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("size", "kernel_size", "stride"), [(6, 3, 2), (6, 3, 1), (9, 3, 4), (7, 2, 3), (5, 5, 1)])
def test_coverage_is_the_gradient_of_a_convolution_with_ones(size, kernel_size, stride):
    x = torch.zeros(1, 1, size, size, requires_grad=True)
    F.conv2d(x, torch.ones(1, 1, kernel_size, kernel_size), stride=stride).sum().backward()
    np.testing.assert_array_equal(coverage(size, kernel_size, stride), x.grad[0, 0].numpy())


@given(st.lists(st.tuples(st.integers(1, 5), st.integers(1, 3)), min_size=1, max_size=4))
def test_the_lowest_row_of_the_cone_is_the_receptive_field(layers):
    assert squares_seen(layers)[0] == receptive_field(layers)
    assert squares_seen(layers)[-1] == 1


def test_the_counting_figures_are_as_wide_as_all_others():
    figures = [
        positions_figure(6, 3, "stride", stride=2),
        positions_figure(6, 3, "padding and dilation", padding=1, dilation=2),
        coverage_figure(6, 3, 2, "coverage"),
        weights_figure((10, 3, 5, 5), "weights"),
        receptive_field_figure([(4, 2), (4, 2)], "cone"),
    ]
    assert {pixels(figure).shape[1] for figure in figures} == {2000}
    assert len(set(figures)) == len(figures)


def test_a_square_that_no_window_reads_is_purple_in_both_figures():
    purple = np.array([0xCC, 0x79, 0xA7])
    for unread, full in [
        (positions_figure(6, 3, "t", stride=2), positions_figure(6, 3, "t")),
        (coverage_figure(6, 3, 2, "t"), coverage_figure(6, 3, 1, "t")),
    ]:
        assert (pixels(unread) == purple).all(axis=2).sum() > (pixels(full) == purple).all(axis=2).sum() + 1000
