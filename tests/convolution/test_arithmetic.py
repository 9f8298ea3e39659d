"""The arithmetic of convolutions beside PyTorch, the tables of the sources, and wrong input."""

import itertools
import re

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from hypothesis import given, settings
from hypothesis import strategies as st

from dcgan_course.convolution.arithmetic import (
    conv_matrix,
    conv_output_size,
    conv_transpose_output_size,
    coverage,
    insert_zeros,
    receptive_field,
    squares_seen,
)
from dcgan_course.errors import InvalidValue
from tests.helpers.sizes import NOT_A_SIZE, as_pair

NAMES = "input_size|kernel_size|stride|padding|output_padding|dilation"
MANY = settings(max_examples=1000, deadline=None)
SOME = settings(max_examples=150, deadline=None)


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


# ---- wrong input


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


@pytest.mark.parametrize(("size", "kernel_size", "stride"), [(6, 3, 2), (6, 3, 1), (9, 3, 4), (7, 2, 3), (5, 5, 1)])
def test_coverage_is_the_gradient_of_a_convolution_with_ones(size, kernel_size, stride):
    x = torch.zeros(1, 1, size, size, requires_grad=True)
    F.conv2d(x, torch.ones(1, 1, kernel_size, kernel_size), stride=stride).sum().backward()
    np.testing.assert_array_equal(coverage(size, kernel_size, stride), x.grad[0, 0].numpy())


@given(st.lists(st.tuples(st.integers(1, 5), st.integers(1, 3)), min_size=1, max_size=4))
def test_the_lowest_row_of_the_cone_is_the_receptive_field(layers):
    assert squares_seen(layers)[0] == receptive_field(layers)
    assert squares_seen(layers)[-1] == 1
