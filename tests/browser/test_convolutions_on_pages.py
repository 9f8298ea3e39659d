"""The explorers of lessons 01 and 02 on their pages of the book: they walk, say, and are quick, without a kernel."""

import functools
import re

import pytest

from dcgan_course.convolution.scene import ConvolutionScene, kernel_taps, picture_numbers
from dcgan_course.convolution.transposed import TransposedLayer
from dcgan_course.widgets.convolution import START, describe
from dcgan_course.widgets.transposed import describe as describe_transposed
from tests.browser.book import HASH, NAMELESS, ready, times_of_moves
from tests.browser.real_lab import ROOT
from tests.browser.times import median_is_within

SCREENSHOTS = ROOT / "build" / "screenshots"
SMALL_LAPTOP, PHONE = {"width": 1366, "height": 768}, {"width": 360, "height": 780}
CHECKED = "A test of the course found every setting equal to torch.nn.functional.conv2d"


@pytest.fixture
def convolution(reader):
    return ready(reader("lessons/01_convolution_arithmetic"))


def words(home) -> str:
    return " ".join(home.get_by_role("status").inner_text().split())


def test_it_opens_as_the_widget_and_walks_by_keys(convolution):
    scene = ConvolutionScene(picture_numbers("edge", START["input_size"]), *opening_kernel())
    first = convolution.evaluate(HASH)
    assert words(convolution) == describe(scene, 0, CHECKED)
    position = convolution.get_by_label("output square")
    position.press("ArrowRight")
    assert words(convolution) == describe(scene, 1, CHECKED) and convolution.evaluate(HASH) != first
    position.press("End")
    assert words(convolution) == describe(scene, 15, CHECKED)
    assert convolution.evaluate(NAMELESS) == 0


def opening_kernel():
    taps, divisor = kernel_taps("vertical edge", START["kernel_size"])
    return taps, START["stride"], START["padding"], START["dilation"], divisor


def test_every_control_changes_the_picture(convolution):
    for name in ("input size i", "kernel size k", "stride s", "padding p", "dilation d", "output square"):
        before = convolution.evaluate(HASH)
        control = convolution.get_by_label(name, exact=True)
        control.press("End")
        assert convolution.evaluate(HASH) != before, name
        control.press("Home")
    convolution.get_by_label("padding p").press("End")
    convolution.get_by_label("kernel size k").press("End")  # 1 is where it was: there all kernels are the same
    for name, choice in (("picture", "random"), ("kernel", "blur"), ("pad with", "ones")):
        before = convolution.evaluate(HASH)
        convolution.get_by_label(name, exact=True).select_option(choice)
        assert convolution.evaluate(HASH) != before, name


def test_a_window_that_does_not_fit_says_why_and_comes_back(convolution):
    convolution.get_by_label("input size i").press("Home")
    convolution.get_by_label("kernel size k").press("End")
    scene = ConvolutionScene(picture_numbers("edge", 3), *kernel_taps("vertical edge", 5)[:1])
    assert words(convolution) == scene.why_impossible()
    walk, position = convolution.get_by_role("button", name="Walk"), convolution.get_by_label("output square")
    assert walk.is_disabled() and position.is_disabled()
    convolution.get_by_label("padding p").press("ArrowRight")
    assert "Square 1 of 1," in words(convolution) and position.is_enabled()


def test_the_walk_ends_at_the_last_square(convolution):
    convolution.get_by_label("input size i").press("Home")
    convolution.get_by_label("kernel size k").press("ArrowLeft")
    walk = convolution.get_by_role("button", name="Walk")
    walk.click()
    convolution.get_by_role("status").filter(has_text="Square 4 of 4").wait_for(timeout=20_000)
    assert walk.get_attribute("aria-pressed") == "false"


@pytest.fixture
def transposed(reader):
    return ready(reader("lessons/02_transposed_convolution"))


def transposed_words(layer, *squares) -> list[str]:
    """What the widget says but for its last sentence, which is about PyTorch; squares from 0."""
    return [re.sub("</?b>", "", line) for line in describe_transposed(layer, *squares)[:-1]]


def test_the_three_views_open_as_the_widget_and_follow_both_squares(transposed):
    layer = TransposedLayer()
    said = transposed.get_by_role("status")
    assert said.inner_text().split("\n")[:3] == transposed_words(layer, 0, 0)
    first = transposed.evaluate(HASH)
    transposed.get_by_label("input square").press("ArrowRight")
    second = transposed.evaluate(HASH)
    transposed.get_by_label("output square").press("End")
    assert said.inner_text().split("\n")[:3] == transposed_words(layer, 1, 15)
    assert len({first, second, transposed.evaluate(HASH)}) == 3
    assert transposed.evaluate(NAMELESS) == 0


def test_every_slider_of_the_layer_changes_the_views(transposed):
    for name in ("input size i", "kernel size k", "stride s", "padding p", "dilation d", "output_padding"):
        control = transposed.get_by_label(name, exact=True)
        for key in ("Home", "End"):
            before = control.input_value(), transposed.evaluate(HASH)
            control.press(key)
            assert before[0] == control.input_value() or transposed.evaluate(HASH) != before[1], name


def test_a_layer_that_pytorch_refuses_says_why_and_comes_back(transposed):
    transposed.get_by_label("output square").press("End")
    more = transposed.get_by_label("output_padding")
    more.press("End")
    assert "Not possible. output_padding is 3, but it must be smaller than the larger one of" in words(transposed)
    play = transposed.get_by_role("button", name="Play")
    assert play.is_disabled() and transposed.get_by_label("input square").is_disabled()
    more.press("Home")
    assert "Output square 16 (row 4, column 4)" in words(transposed) and play.is_enabled()


def test_play_brings_all_views_to_their_end_together(transposed):
    transposed.get_by_label("kernel size k").press("ArrowLeft")
    transposed.get_by_label("stride s").press("Home")  # 2 × 2 squares on both sides
    play = transposed.get_by_role("button", name="Play")
    play.click()
    transposed.get_by_role("status").filter(has_text="Input square 4 (row 2, column 2)").wait_for(timeout=20_000)
    assert "Output square 4 (row 2, column 2)" in words(transposed) and play.get_attribute("aria-pressed") == "false"


def test_how_to_read_opens(transposed):
    transposed.get_by_text("How to read the three views").click()
    assert transposed.get_by_text("it is a column of Cᵀ (view 3, orange)").is_visible()


LETTERS = """home => Math.min(...[...home.querySelectorAll('*')].filter(each => each.checkVisibility()).map(
    each => parseFloat(getComputedStyle(each).fontSize)))"""


@pytest.mark.parametrize("name", ["convolution", "transposed"])
def test_it_fits_a_small_laptop_and_the_width_of_a_phone(name, request):
    home = request.getfixturevalue(name)
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    sliders = home.locator("input[type=range]")
    ends = {"low": ["Home"] * 8, "high": ["End"] * 8, "first": ["End", "End"] + ["Home"] * 6}
    for end, keys in ends.items():
        for number, key in zip(range(sliders.count()), keys, strict=False):
            if sliders.nth(number).is_enabled():
                sliders.nth(number).press(key)
        for window, size in (("laptop", SMALL_LAPTOP), ("phone", PHONE)):
            home.page.set_viewport_size(size)
            home.page.wait_for_timeout(200)  # the sheet is drawn again in its new width
            box = home.bounding_box()
            assert box["x"] >= 0 and box["x"] + box["width"] <= size["width"]
            assert window == "phone" or box["height"] <= size["height"]
            assert home.evaluate(LETTERS) >= 14
            for scheme in ("light", "dark"):
                home.page.emulate_media(color_scheme=scheme)
                home.screenshot(path=SCREENSHOTS / f"{name}_{end}_{window}_{scheme}.png")


def test_time_from_a_move_to_changed_pixels(convolution):
    convolution.get_by_label("input size i").press("End")
    convolution.get_by_label("padding p").press("End")
    square = convolution.get_by_label("output square")
    moves = functools.partial(times_of_moves, convolution, square, range(2, 32))
    median_is_within(20, moves, "convolution on the page, a move to changed pixels")


def test_time_from_a_move_to_changed_pixels_of_the_largest_layer(transposed):
    for name in ("input size i", "kernel size k", "stride s", "dilation d", "output_padding"):
        transposed.get_by_label(name).press("End")
    transposed.get_by_label("padding p").press("Home")
    square = transposed.get_by_label("output square")
    moves = functools.partial(times_of_moves, transposed, square, range(2, 32))
    median_is_within(20, moves, "784 × 25 weights on the page, a move to changed pixels")
