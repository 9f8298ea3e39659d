"""The arithmetic of convolutions beside PyTorch, the tables of the sources, and wrong input."""

import functools
import itertools
import re

import pytest
import torch
import torch.nn.functional as F
from hypothesis import given, settings
from hypothesis import strategies as st

from dcgan_course.convolution.arithmetic import (
    conv_matrix,
    conv_output_size,
    conv_transpose_output_size,
    insert_zeros,
    receptive_field,
)
from dcgan_course.convolution.ladders import UpsamplingLayer, UpsamplingPlan, plan_upsampling
from dcgan_course.errors import InvalidValue

NAMES = "input_size|kernel_size|stride|padding|output_padding|dilation"
MANY = settings(max_examples=1000, deadline=None)
SOME = settings(max_examples=150, deadline=None)


@pytest.fixture(autouse=True, scope="module")
def one_thread():
    """Thousands of tiny tensors: a second thread only waits."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def as_pair(value):
    return value if isinstance(value, tuple) else (value, value)


def torch_size(function, input_size, kernel_size, *arguments):
    """The size that PyTorch makes, or None where it refuses.

    In float64, because float32 may run on oneDNN, which sometimes makes an empty picture where it should refuse.
    """
    names = ("stride", "padding") + (("dilation",) if function is F.conv2d else ("output_padding", "dilation"))
    try:
        x = torch.zeros(1, 1, *as_pair(input_size), dtype=torch.float64)
        kernel = torch.zeros(1, 1, *as_pair(kernel_size), dtype=torch.float64)
        result = function(x, kernel, **dict(zip(names, arguments, strict=True)))
    except RuntimeError:
        return None
    assert min(result.shape) >= 1
    is_pair = any(isinstance(value, tuple) for value in (input_size, kernel_size, *arguments))
    return tuple(result.shape[2:]) if is_pair else result.shape[2]


def agrees(function, ours, *arguments):
    """Hold our size beside PyTorch's; where PyTorch refuses, we must refuse by a sentence that names an argument."""
    expected = torch_size(function, *arguments)
    if expected is None:
        with pytest.raises(InvalidValue, match=rf"^({NAMES}) is .*\d.*\.$"):
            ours(*arguments)
    else:
        assert ours(*arguments) == expected, arguments
    return expected is not None


# ---- sizes beside PyTorch


def test_every_small_convolution_has_pytorchs_size():
    grid = itertools.product(range(5), range(5), range(4), range(-1, 3), range(3))
    legal = [agrees(F.conv2d, conv_output_size, *arguments) for arguments in grid]
    assert legal.count(True) > 200 and legal.count(False) > 200


def test_every_small_transposed_convolution_has_pytorchs_size():
    grid = itertools.product(range(4), range(5), range(4), range(-1, 3), range(-1, 3), range(3))
    legal = [agrees(F.conv_transpose2d, conv_transpose_output_size, *arguments) for arguments in grid]
    assert legal.count(True) > 200 and legal.count(False) > 200


def size(low, high):
    return st.one_of(st.integers(low, high), st.tuples(st.integers(low, high), st.integers(low, high)))


@MANY
@given(st.tuples(size(1, 40), size(1, 7), size(1, 5), size(0, 6), size(1, 4)))
def test_any_convolution_has_pytorchs_size(arguments):
    agrees(F.conv2d, conv_output_size, *arguments)


@MANY
@given(st.tuples(size(1, 12), size(1, 7), size(1, 5), size(0, 6), size(0, 5), size(1, 4)))
def test_any_transposed_convolution_has_pytorchs_size(arguments):
    agrees(F.conv_transpose2d, conv_transpose_output_size, *arguments)


@MANY
@given(st.tuples(size(-2, 9), size(-2, 5), size(-1, 3), size(-1, 3), size(-1, 3)))
def test_numbers_below_the_limits_are_refused_like_pytorch_does(arguments):
    agrees(F.conv2d, conv_output_size, *arguments)
    agrees(F.conv_transpose2d, conv_transpose_output_size, *arguments, 1)


@SOME
@given(st.integers(1, 64), st.integers(1, 9), st.integers(1, 5), st.integers(0, 4), st.integers(1, 3))
def test_output_padding_chooses_between_the_input_sizes_that_share_one_output(i, k, s, p, d):
    if d * (k - 1) + 1 > i + 2 * p:
        return
    o = conv_output_size(i, k, s, p, d)
    reached = []
    for extra in range(s):
        try:
            reached.append(conv_transpose_output_size(o, k, s, p, extra, d))
        except InvalidValue as refusal:  # for example o = 1, k = 1, p = 1: the cut leaves nothing
            assert str(refusal).startswith("padding is")
    assert i in reached
    assert all(conv_output_size(back, k, s, p, d) == o for back in reached)


# ---- the tables of the sources

EDGE = torch.tensor([[1, 1, 1, 0, 0, 0]] * 6, dtype=torch.float64)


def edge_kernel(width):
    kernel = torch.zeros(width, width, dtype=torch.float64)
    kernel[:, 0], kernel[:, -1] = 1 / width, -1 / width
    return kernel


@pytest.mark.parametrize(
    ("width", "stride", "row"),
    [(3, 1, [0, 1, 1, 0]), (4, 1, [1, 1, 1]), (5, 1, [1, 1]), (3, 2, [0, 1])],
)
def test_edge_table_without_padding(width, stride, row):
    assert conv_output_size(6, width, stride) == len(row)
    matrix = conv_matrix(edge_kernel(width), (6, 6), stride)
    expected = torch.tensor([row] * len(row), dtype=torch.float64)
    assert torch.allclose(matrix @ EDGE.flatten(), expected.flatten())


def test_edge_table_with_zeros_around():
    assert conv_output_size(6, 3, 1, 1) == 6
    result = (conv_matrix(edge_kernel(3), (6, 6), padding=1) @ EDGE.flatten()).reshape(6, 6)
    inner = torch.tensor([-1, 0, 1, 1, 0, 0], dtype=torch.float64)
    assert torch.allclose(result[1:-1], inner.expand(4, 6))
    assert torch.allclose(result[[0, -1]], (inner * 2 / 3).expand(2, 6))


def test_edge_table_with_ones_around():
    ones_around = F.pad(EDGE, (1, 1, 1, 1), value=1.0)
    result = (conv_matrix(edge_kernel(3), (8, 8)) @ ones_around.flatten()).reshape(6, 6)
    assert torch.allclose(result[1:-1], torch.tensor([0, 0, 1, 1, 0, -1.0], dtype=torch.float64).expand(4, 6))
    first_and_last = torch.tensor([0, 0, 2 / 3, 2 / 3, 0, -2 / 3], dtype=torch.float64)
    assert torch.allclose(result[[0, -1]], first_and_last.expand(2, 6))


def ladder(size, layers):
    """Sizes after transposed convolutions (kernel_size, stride, padding)."""
    return [size := conv_transpose_output_size(size, *layer) for layer in layers]


def test_ladders_of_the_sources():
    assert ladder(1, [(4, 2, 1)] * 4) == [2, 4, 8, 16]
    assert ladder(4, [(4, 2, 1)] * 4) == [8, 16, 32, 64]
    assert ladder(1, [(4, 1, 0)]) == [4]


def test_slip_one_the_lectures_generator_makes_34_not_28():
    assert ladder(1, [(4, 1, 0), (4, 1, 0), (4, 2, 0), (4, 2, 0)]) == [4, 7, 16, 34]
    assert ladder(1, [(3, 2, 0), (4, 1, 0), (3, 2, 0), (4, 2, 0)]) == [3, 6, 13, 28]


@pytest.mark.parametrize(("image", "sizes"), [(28, [13, 5, 1]), (34, [16, 7, 2])])
def test_slip_two_the_lectures_discriminator_gives_four_answers_on_34(image, sizes):
    assert [image := conv_output_size(image, 4, 2) for _ in range(3)] == sizes


def test_the_padding_argument_is_p_and_not_p_dash():
    assert conv_output_size(2, 3, stride=1, padding=2) == 4  # p = 2, so p′ = k − p − 1 = 0
    assert conv_transpose_output_size(2, 3, stride=2, padding=0) == 5
    for p, p_dash in ((0, 2), (2, 0)):
        assert conv_transpose_output_size(4, 3, 1, p) == conv_output_size(4, 3, 1, p_dash)


def test_two_convolutions_of_the_lecture_and_the_shape_that_does_not_come_back():
    assert conv_output_size(28, 5) == 24 and conv_output_size(28, 5, 1, 2) == 28
    assert conv_output_size(17, 3, 3, 1) == 6 and conv_transpose_output_size(6, 3, 3, 1) == 16


# ---- the matrix and the zeros


def numbers(*shape, seed=0):
    return torch.randn(*shape, dtype=torch.float64, generator=torch.Generator().manual_seed(seed))


@SOME
@given(
    st.tuples(st.integers(1, 8), st.integers(1, 8)),
    st.tuples(st.integers(1, 4), st.integers(1, 4)),
    size(1, 3),
    size(0, 3),
    size(1, 3),
)
def test_c_is_the_convolution_and_its_transpose_the_transposed_one(shape, kernel_size, stride, padding, dilation):
    kernel, x = numbers(*kernel_size, seed=1), numbers(*shape, seed=2)
    try:
        out = conv_output_size(shape, kernel_size, stride, padding, dilation)
    except InvalidValue:
        with pytest.raises(InvalidValue, match="^kernel_size is"):
            conv_matrix(kernel, shape, stride, padding, dilation)
        return
    matrix = conv_matrix(kernel, shape, stride, padding, dilation)
    expected = F.conv2d(x[None, None], kernel[None, None], None, stride, padding, dilation)[0, 0]
    assert matrix.shape == (out[0] * out[1], shape[0] * shape[1])
    assert torch.allclose(matrix @ x.flatten(), expected.flatten())

    back = conv_transpose_extra(shape, out, kernel_size, stride, padding, dilation)
    if back is None:
        return
    y = numbers(*out, seed=3)
    expected = F.conv_transpose2d(y[None, None], kernel[None, None], None, stride, padding, back, 1, dilation)[0, 0]
    assert expected.shape == shape
    assert torch.allclose(matrix.T @ y.flatten(), expected.flatten())


def conv_transpose_extra(shape, out, *arguments):
    """The output_padding that leads from `out` back to `shape`."""
    kernel_size, stride, padding, dilation = map(as_pair, arguments)
    extra = tuple(
        shape[side]
        - ((out[side] - 1) * stride[side] - 2 * padding[side] + dilation[side] * (kernel_size[side] - 1) + 1)
        for side in (0, 1)
    )
    assert all(0 <= extra[side] < stride[side] for side in (0, 1))
    assert conv_transpose_output_size(out, kernel_size, stride, padding, extra, dilation) == shape
    return extra


def test_c_of_three_by_three_on_four_by_four():
    kernel = torch.arange(1, 10).reshape(3, 3)
    matrix = conv_matrix(kernel, (4, 4))
    assert matrix.shape == (4, 16)
    assert matrix[0].tolist() == [1, 2, 3, 0, 4, 5, 6, 0, 7, 8, 9, 0, 0, 0, 0, 0]
    assert matrix[3].tolist() == [0, 0, 0, 0, 0, 1, 2, 3, 0, 4, 5, 6, 0, 7, 8, 9]
    # The corner of the output sees w1 alone: the transpose does not turn the kernel.
    assert matrix.T[0].tolist() == [1, 0, 0, 0]


def test_c_does_not_give_the_values_back():
    matrix, x = conv_matrix(numbers(3, 3), 4), numbers(16, seed=1)
    assert not torch.allclose(matrix.T @ (matrix @ x), x)


@pytest.mark.parametrize("dtype", [torch.float16, torch.float32, torch.int64, torch.bool, torch.complex64])
def test_c_and_the_zeros_keep_the_dtype(dtype):
    assert conv_matrix(torch.ones(2, 2).to(dtype), (3, 3)).dtype == dtype
    assert insert_zeros(torch.ones(2, 2).to(dtype), 2).dtype == dtype


def test_c_carries_the_gradient_of_the_kernel():
    kernel = numbers(3, 3).requires_grad_()
    x = numbers(5, 5, seed=1)
    (by_matrix,) = torch.autograd.grad((conv_matrix(kernel, (5, 5), padding=1) @ x.flatten()).sum(), kernel)
    (by_torch,) = torch.autograd.grad(F.conv2d(x[None, None], kernel[None, None], padding=1).sum(), kernel)
    assert torch.allclose(by_matrix, by_torch)


@SOME
@given(
    st.tuples(st.integers(1, 5), st.integers(1, 5)),
    st.tuples(st.integers(1, 4), st.integers(1, 4)),
    st.tuples(st.integers(1, 3), st.integers(1, 3)),
    st.integers(0, 2),
    st.integers(1, 3),
)
def test_a_turned_kernel_over_inserted_zeros_is_a_transposed_convolution(shape, kernel_size, stride, padding, dilation):
    p_dash = [dilation * (k - 1) - padding for k in kernel_size]
    if min(p_dash) < 0:
        return
    x, kernel = numbers(2, 1, *shape), numbers(*kernel_size, seed=1)[None, None]
    try:
        conv_transpose_output_size(shape, kernel_size, stride, padding, 0, dilation)
    except InvalidValue:
        return
    expected = F.conv_transpose2d(x, kernel, stride=stride, padding=padding, dilation=dilation)
    slid = F.conv2d(insert_zeros(x, stride), kernel.flip(-1, -2), padding=p_dash, dilation=dilation)
    assert torch.allclose(slid, expected)


def test_inserted_zeros_stand_between_the_values():
    x = torch.tensor([[1, 2], [3, 4]])
    assert insert_zeros(x, 2).tolist() == [[1, 0, 2], [0, 0, 0], [3, 0, 4]]
    assert insert_zeros(x, (1, 3)).tolist() == [[1, 0, 0, 2], [3, 0, 0, 4]]
    assert insert_zeros(torch.ones(7, 3, 4, 5), 3).shape == (7, 3, 10, 13)
    assert insert_zeros(torch.ones(0, 3, 2, 2), 2).shape == (0, 3, 3, 3)


# ---- the receptive field


@SOME
@given(st.lists(st.tuples(size(1, 4), size(1, 3), size(1, 2)), max_size=3))
def test_receptive_field_is_where_the_gradient_arrives(layers):
    expected = as_pair(receptive_field(layers))
    x = torch.zeros(1, 1, *expected, dtype=torch.float64, requires_grad=True)
    y = x
    for kernel_size, stride, dilation in layers:
        y = F.conv2d(y, y.new_ones(1, 1, *as_pair(kernel_size)), stride=stride, dilation=dilation)
    # One output value exactly: a region smaller by a pixel would have none, and the four borders are looked at.
    assert y.shape == (1, 1, 1, 1)
    (gradient,) = torch.autograd.grad(y.sum(), x)
    seen = gradient[0, 0] != 0
    assert seen[0].any() and seen[-1].any() and seen[:, 0].any() and seen[:, -1].any()


def test_receptive_field_of_dcgans_discriminator():
    assert receptive_field([]) == 1
    assert [receptive_field([(4, 2)] * n) for n in (1, 2, 3, 4)] == [4, 10, 22, 46]
    assert receptive_field([(3, 1), (3, 1, 2)]) == 7
    assert receptive_field([((3, 5), 1)]) == (3, 5)


# ---- the planner


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


# ---- wrong input

NOT_A_SIZE = [0, -3, 2.0, 2.5, "3", True, None, (3,), (3, 3, 3), (3, 0), (3, 2.0), (True, 3), [], float("nan")]


@pytest.mark.parametrize("wrong", NOT_A_SIZE, ids=repr)
@pytest.mark.parametrize("name", NAMES.split("|"))
def test_what_is_not_a_size_is_refused_by_name_and_value(name, wrong):
    if "padding" in name and wrong == 0 and not isinstance(wrong, bool):
        wrong = -1
    if "padding" in name and wrong == (3, 0):
        wrong = (3, -1)
    arguments = {"input_size": 9, "kernel_size": 3, name: wrong}
    functions = [conv_transpose_output_size] + ([conv_output_size] if name != "output_padding" else [])
    for function in functions:
        with pytest.raises(InvalidValue) as refusal:
            function(**arguments)
        assert str(refusal.value).startswith(f"{name} is {wrong!r}, but it must be a whole number of at least ")


@pytest.mark.parametrize("wrong", [value for value in NOT_A_SIZE if value is not None] + [3, (28, 3)], ids=repr)
def test_the_planner_refuses_by_name_and_value(wrong):
    with pytest.raises(InvalidValue) as refusal:
        plan_upsampling(wrong)
    assert str(refusal.value).startswith(f"image_size is {wrong!r}, but it must be a whole number of at least 4")
    if wrong not in (3, (28, 3)):
        with pytest.raises(InvalidValue) as refusal:
            plan_upsampling(32, wrong)
        assert str(refusal.value).startswith(f"start_size is {wrong!r}, but it must be")


@SOME
@given(st.tuples(st.integers(1, 8), st.integers(1, 7), st.integers(1, 4), st.integers(0, 4), st.integers(1, 4)))
def test_the_advice_of_a_refusal_is_the_limit_itself(arguments):
    for function in (conv_output_size, conv_transpose_output_size):
        names = ["input_size", "kernel_size", "stride", "padding", "dilation"]
        settings = dict(zip(names, arguments, strict=True))
        try:
            function(**settings)
        except InvalidValue as refusal:
            # "take a padding of at most 3" works, and 4 does not.
            advice = re.findall(r"an? (\w+) of at (most|least) (\d+)", str(refusal))
            assert advice
            for name, direction, limit in advice:
                function(**{**settings, name: int(limit)})
                with pytest.raises(InvalidValue):
                    function(**{**settings, name: int(limit) + (1 if direction == "most" else -1)})


def test_a_kernel_larger_than_the_padded_input_is_explained_and_the_advice_works():
    with pytest.raises(InvalidValue) as refusal:
        conv_output_size(4, 3, padding=1, dilation=3)
    message = str(refusal.value)
    assert message.startswith("kernel_size is 3: with dilation 3 the window covers 7 pixels")
    assert "only 4 + 2·1 = 6; take a kernel_size of at most 2, or a padding of at least 2." in message
    assert conv_output_size(4, 2, padding=1, dilation=3) == 3 and conv_output_size(4, 3, padding=2, dilation=3) == 2
    with pytest.raises(InvalidValue, match="^kernel_size is 5 in the width: "):
        conv_output_size((6, 4), 5)


def test_an_output_padding_too_large_is_explained_and_the_advice_works():
    with pytest.raises(InvalidValue) as refusal:
        conv_transpose_output_size(4, 4, 2, 1, output_padding=2)
    assert str(refusal.value) == (
        "output_padding is 2, but it must be smaller than the larger one of stride (2) and dilation (1); "
        "take at most 1."
    )
    assert conv_transpose_output_size(4, 4, 2, 1, output_padding=1) == 9
    assert conv_transpose_output_size(4, 4, 2, 1, output_padding=2, dilation=3) == 16


def test_an_output_without_a_pixel_is_explained_and_the_advice_works():
    with pytest.raises(InvalidValue) as refusal:
        conv_transpose_output_size(1, 4, 2, padding=2)  # oneDNN makes an empty picture of it
    assert str(refusal.value) == (
        "padding is 2: it cuts 2·2 pixels off an output of 4, and no pixel is left; take a padding of at most 1."
    )
    assert conv_transpose_output_size(1, 4, 2, padding=1) == 2


@pytest.mark.parametrize(
    ("arguments", "beginning"),
    [
        (([[1.0]], (4, 4)), "kernel is [[1.0]], but it must be a tensor of shape (height, width)"),
        ((torch.ones(1, 1, 3, 3), (4, 4)), "kernel is of shape (1, 1, 3, 3), but"),
        ((torch.ones(0, 3), (4, 4)), "kernel_size is (0, 3), but"),
        ((torch.ones(3, 3), (4, 0)), "input_shape is (4, 0), but"),
        ((torch.ones(3, 3), (4, 4.0)), "input_shape is (4, 4.0), but"),
        ((torch.ones(3, 3), (2, 4)), "kernel_size is 3 in the height: "),
        ((torch.ones(3, 3), (4, 4), 0), "stride is 0, but"),
        ((torch.ones(3, 3), (512, 512)), "input_shape is (512, 512), padding (0, 0): C needs 260,100 × 262,144 "),
        ((torch.ones(1, 1), (1, 1), 1, 1000), "input_shape is (1, 1), padding (1000, 1000): C needs "),
    ],
)
def test_the_matrix_refuses_by_name_and_value(arguments, beginning):
    with pytest.raises(InvalidValue) as refusal:
        conv_matrix(*arguments)
    assert str(refusal.value).startswith(beginning)


@pytest.mark.parametrize(
    ("x", "stride", "beginning"),
    [
        ([1, 2], 2, "x is [1, 2], but"),
        (torch.ones(3), 2, "x is of shape (3,), but"),
        (torch.ones(2, 0, 3), 2, "x is of shape (2, 0, 3), but"),
        (torch.ones(2, 2), 0, "stride is 0, but"),
        (torch.ones(2, 2), 2.0, "stride is 2.0, but"),
    ],
)
def test_zero_insertion_refuses_by_name_and_value(x, stride, beginning):
    with pytest.raises(InvalidValue) as refusal:
        insert_zeros(x, stride)
    assert str(refusal.value).startswith(beginning)


@pytest.mark.parametrize(
    ("layers", "beginning"),
    [
        (3, "layers is 3, but"),
        ("ab", "layers is 'ab', but"),
        ((4, 2), "layers[0] is 4, but"),
        ([(4, 2), (4,)], "layers[1] is (4,), but"),
        ([(4, 2), (0, 2)], "kernel_size of layers[1] is 0, but"),
        ([(4, -2)], "stride of layers[0] is -2, but"),
        ([(4, 2, 1.5)], "dilation of layers[0] is 1.5, but"),
    ],
)
def test_receptive_field_refuses_by_name_and_value(layers, beginning):
    with pytest.raises(InvalidValue) as refusal:
        receptive_field(layers)
    assert str(refusal.value).startswith(beginning)


def test_other_limits_of_the_planner():
    with pytest.raises(InvalidValue, match="^image_size is 5000, but the planner goes up to 4096"):
        plan_upsampling(5000)
    with pytest.raises(InvalidValue, match="^start_size is 5 in the width, .* image_size of 28; .* works is 4"):
        plan_upsampling((40, 28), 5)
    with pytest.raises(InvalidValue, match="^start_size is 5, .* image_size of 25; .* works is 4"):
        plan_upsampling(25, 5)  # 6 is as near
