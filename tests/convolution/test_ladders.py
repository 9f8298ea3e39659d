"""The planner of upsampling: every plan beside the sizes of its layers, and wrong input."""

import functools
import re

import pytest
import torch
import torch.nn.functional as F
from hypothesis import given, settings
from hypothesis import strategies as st

from dcgan_course.convolution.arithmetic import conv_output_size
from dcgan_course.convolution.ladders import UpsamplingLayer, UpsamplingPlan, plan_upsampling
from dcgan_course.errors import InvalidValue
from tests.helpers.sizes import NOT_A_SIZE, as_pair

SOME = settings(max_examples=150, deadline=None)


@functools.cache
def check_step(before, after, kernel_size, stride, padding, output_padding):
    """One side of one layer, by PyTorch in one dimension: with ones everywhere, a pixel counts its contributions."""
    assert kernel_size % stride == 0
    ones = torch.ones(1, 1, kernel_size)
    contributions = F.conv_transpose1d(torch.ones(1, 1, before), ones, None, stride, padding, output_padding).flatten()
    assert len(contributions) == after
    assert contributions.min() >= 1
    assert (contributions[2:-2] == kernel_size // stride).all()
    assert F.conv1d(torch.ones(1, 1, after), ones, None, stride, padding).shape[2] == before
    assert conv_output_size(after, kernel_size, stride, padding) == before


def check_plan(plan, image_size):
    """The plan ends at the picture; no layer has a checkerboard; convolutions walk it back."""
    sizes = plan.sizes()
    assert sizes[0] == plan.start_size and sizes[-1] == image_size
    for layer, before, after in zip(plan.layers, sizes[:-1], sizes[1:], strict=True):
        settings = (layer.kernel_size, layer.stride, layer.padding, layer.output_padding)
        assert all(isinstance(value, tuple) == isinstance(image_size, tuple) for value in settings)
        for side in zip(*map(as_pair, (before, after, *settings)), strict=True):
            check_step(*side)
    return sizes


CLASSIC = UpsamplingLayer(kernel_size=4, stride=2, padding=1, output_padding=0)


@pytest.mark.parametrize(
    ("image", "sizes"),
    [
        (28, [7, 14, 28]),
        (32, [4, 8, 16, 32]),
        (64, [4, 8, 16, 32, 64]),
        (96, [6, 12, 24, 48, 96]),
        (128, [4, 8, 16, 32, 64, 128]),
    ],
)
def test_known_pictures_get_the_classic_layers(image, sizes):
    plan = plan_upsampling(image)
    assert plan.sizes() == sizes
    assert plan.layers == (CLASSIC,) * (len(sizes) - 1)


def test_every_square_picture_has_a_plan():
    for image in range(4, 513):
        plan = plan_upsampling(image)
        sizes = check_plan(plan, image)
        assert 4 <= plan.start_size <= 7
        assert plan == plan_upsampling(image) and hash(plan) == hash(plan_upsampling(image))
        # output_padding stands where the size is odd, and nowhere else.
        assert [layer.output_padding for layer in plan.layers] == [after % 2 for after in sizes[1:]]


@SOME
@given(st.integers(4, 512), st.integers(4, 512))
def test_every_picture_has_a_plan(height, width):
    plan = plan_upsampling((height, width))
    check_plan(plan, (height, width))
    assert all(4 <= side <= 7 for side in plan.start_size)
    transposed = plan_upsampling((width, height)).sizes()
    assert [size[::-1] for size in transposed] == plan.sizes()


@SOME
@given(st.integers(4, 512), st.integers(1, 512))
def test_a_start_is_reached_or_the_nearest_is_offered(image, start):
    try:
        plan = plan_upsampling(image, start)
    except InvalidValue as refusal:
        assert str(refusal).startswith(f"start_size is {start}, ") and str(image) in str(refusal)
        nearest = int(re.search(r"works is (\d+)\.$", str(refusal)).group(1))
        assert plan_upsampling(image, nearest).start_size == nearest
        between = range(min(start, nearest) + 1, max(start, nearest))
        for other in list(between)[:8]:
            with pytest.raises(InvalidValue):
                plan_upsampling(image, other)
    else:
        assert plan.start_size == start
        check_plan(plan, image)


def test_start_sizes_that_people_ask_for():
    assert plan_upsampling(28, 4).sizes() == [4, 7, 14, 28]
    assert plan_upsampling(28, 7) == plan_upsampling(28)
    assert plan_upsampling(16, 1).sizes() == [1, 2, 4, 8, 16]
    assert plan_upsampling(32, start_size=8).layers == (CLASSIC, CLASSIC)
    assert plan_upsampling((64, 128), (4, 8)).sizes() == [(4, 8), (8, 16), (16, 32), (32, 64), (64, 128)]
    assert plan_upsampling((64, 64)).sizes()[-1] == (64, 64)


def test_small_pictures_need_no_layer():
    assert [plan_upsampling(image) for image in (4, 5, 6, 7)] == [UpsamplingPlan(n, ()) for n in (4, 5, 6, 7)]


@pytest.mark.parametrize(
    ("image", "sizes"),
    [
        (31, [4, 8, 16, 31]),  # one odd size and three layers, rather than 7 → 15 → 31
        (15, [7, 15]),  # one odd size either way: fewer layers than 4 → 8 → 15
        (11, [5, 11]),  # one odd size either way: padding 1, rather than 6 → 11 with padding 2
        ((7, 28), [(4, 7), (4, 14), (7, 28)]),  # one layer at rest, rather than two from (7, 7)
    ],
)
def test_the_order_in_which_plans_are_preferred(image, sizes):
    assert plan_upsampling(image).sizes() == sizes


def test_a_side_that_is_done_rests_first():
    assert plan_upsampling((64, 96)).sizes()[0] == (4, 6)
    plan = plan_upsampling((4, 512))
    assert plan.sizes() == [(4, 4 * 2**n) for n in range(8)]
    assert plan.layers == (UpsamplingLayer((3, 4), (1, 2), (1, 1), (0, 0)),) * 7
    assert plan_upsampling((64, 128)).sizes()[:3] == [(4, 4), (4, 8), (8, 16)]


def test_a_plan_prints_itself():
    lines = str(plan_upsampling(28)).splitlines()
    assert lines[0] == "7 → 14 → 28"
    assert lines[1].split() == ["layer", "size", "kernel_size", "stride", "padding", "output_padding"]
    assert lines[2].split() == ["1", "7", "→", "14", "4", "2", "1", "0"]
    assert len({len(line) for line in lines[1:]}) == 1
    assert "4×6 → 8×12 → 16×24" in str(plan_upsampling((16, 24)))
    assert str(plan_upsampling(5)).startswith("5 (no layer")


@pytest.mark.parametrize("wrong", [value for value in NOT_A_SIZE if value is not None] + [3, (28, 3)], ids=repr)
def test_the_planner_refuses_by_name_and_value(wrong):
    with pytest.raises(InvalidValue) as refusal:
        plan_upsampling(wrong)
    assert str(refusal.value).startswith(f"image_size is {wrong!r}, but it must be a whole number of at least 4")
    if wrong not in (3, (28, 3)):
        with pytest.raises(InvalidValue) as refusal:
            plan_upsampling(32, wrong)
        assert str(refusal.value).startswith(f"start_size is {wrong!r}, but it must be")


def test_other_limits_of_the_planner():
    with pytest.raises(InvalidValue, match="^image_size is 5000, but the planner goes up to 4096"):
        plan_upsampling(5000)
    with pytest.raises(InvalidValue, match="^start_size is 5 in the width, .* image_size of 28; .* works is 4"):
        plan_upsampling((40, 28), 5)
    with pytest.raises(InvalidValue, match="^start_size is 5, .* image_size of 25; .* works is 4"):
        plan_upsampling(25, 5)  # 6 is as near
