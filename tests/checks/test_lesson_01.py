"""The checks of lesson 01: right in other styles, and wrong in the ways learners are wrong."""

import itertools
import re

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

from dcgan_course.checks import lesson_01 as check
from dcgan_course.checks.lesson_01.fields import measured
from dcgan_course.checks.lesson_01.sizes import SIZE_MISTAKES, _same
from dcgan_course.checks.lesson_01.table import HALF, ROWS, _edges
from dcgan_course.errors import CheckFailed
from tests.helpers.answers import complaint, praise

# --- the same answer in another style ----------------------------------------------------------------------------


def size_by_trying(input_size, kernel_size, stride=1, padding=0, dilation=1):
    places, start = 0, 0
    while start + dilation * (kernel_size - 1) < input_size + 2 * padding:
        places, start = places + 1, start + stride
    return places


def sizes_by_trying(o, k, s, p, d):
    sizes = [i for i in range(1, 60) if size_by_trying(i, k, s, p, d) == o]
    return min(sizes), max(sizes)


def sizes_of_layers(o, k, s, p, d):
    rows = [i for i in range(1, 40) if i + 2 * p > d * (k - 1)]
    good = [i for i in rows if F.conv1d(torch.zeros(1, 1, i), torch.ones(1, 1, k), None, s, p, d).shape[-1] == o]
    return good[0], good[-1]


def sizes_of_a_transposed_layer(o, k, s, p, d):
    smallest = F.conv_transpose1d(torch.zeros(1, 1, o), torch.ones(1, 1, k), None, s, p, 0, 1, d).shape[-1]
    return np.int64(smallest), smallest + s - 1


def seen_by_gradient(layers, place):
    """Measured on a long row without padding, where output square 0 stands `shift` places further in."""
    row, shift = torch.zeros(1, 1, 1200, requires_grad=True), 50
    y, jump, invented = row, 1, 0
    for kernel_size, stride, padding in layers:
        y = F.conv1d(y, torch.ones(1, 1, kernel_size), stride=stride)
        invented += padding * jump
        jump *= stride
    y[0, 0, place + shift].backward()
    squares = row.grad[0, 0].nonzero().flatten() - shift * jump - invented
    return int(squares[0]), int(squares[-1])


def seen_by_sets(layers, place):
    squares = {place}
    for k, s, p in layers[::-1]:
        squares = {n * s - p + m for n in squares for m in range(k)}
    return [min(squares), max(squares)]


def seen_by_size_and_start(layers, place):
    size, jump, start = 1, 1, 0
    for k, s, p in layers:
        start -= p * jump
        size += (k - 1) * jump
        jump *= s
    return start + place * jump, start + place * jump + size - 1


def convolve_by_unfolding(picture, kernel, stride=1, padding=0):
    columns = F.unfold(picture[None, None], kernel.shape, padding=padding, stride=stride)
    height = size_by_trying(picture.shape[0], len(kernel), stride, padding)
    return (kernel.reshape(1, -1) @ columns[0]).view(height, -1)


def convolve_in_place(picture, kernel, stride=1, padding=0):
    picture = F.pad(picture, [padding] * 4)
    height, width = (size_by_trying(side, len(kernel), stride) for side in picture.shape)
    output = torch.zeros(height, width, dtype=torch.float64)
    for a, b in itertools.product(range(len(kernel)), repeat=2):
        output += (
            kernel[a, b] * picture[a : a + stride * height : stride, b : b + stride * width : stride][:height, :width]
        )
    picture.zero_(), kernel.zero_()
    return output


def same_padding_as_list(kernel_size, dilation=1):
    lost = (kernel_size - 1) * dilation
    return [lost // 2, -(-lost // 2)]


def parameters_of_pytorch(in_channels, out_channels, kernel_size, bias=True):
    return sum(p.numel() for p in nn.Conv2d(in_channels, out_channels, kernel_size, bias=bias).parameters())


def multiply_adds_of_pytorch(in_channels, out_channels, kernel_size, input_size, stride=1, padding=0):
    layer = nn.Conv2d(in_channels, out_channels, kernel_size, stride, padding)
    with FlopCounterMode(display=False) as counter:
        layer(torch.zeros(1, in_channels, input_size, input_size))
    return counter.get_total_flops() / 2


def table_of_arrays():
    return {name: _edges(*row).float().numpy().round(2) for name, row in ROWS.items()}


@pytest.mark.parametrize(
    ("name", "function"),
    [
        ("sizes_by_hand", lambda: dict(zip("fedcba", [3.0, 4, 14, 32, torch.tensor(28), 24], strict=True))),
        ("input_sizes", sizes_by_trying),
        ("input_sizes", lambda o, k, s, p, d: [d * k - d + 1 + o * s - s - 2 * p, d * k - d + o * s - 2 * p]),
        ("input_sizes", sizes_of_layers),
        ("input_sizes", sizes_of_a_transposed_layer),
        ("seen", seen_by_gradient),
        ("seen", seen_by_sets),
        ("seen", seen_by_size_and_start),
        ("seen", lambda layers, n: torch.tensor(seen_by_gradient(layers, n)).tolist()),
        ("convolve", convolve_by_unfolding),
        ("convolve", convolve_in_place),
        ("same_padding", same_padding_as_list),
        ("parameters", parameters_of_pytorch),
        ("multiply_adds", multiply_adds_of_pytorch),
        ("table_of_edges", table_of_arrays),
    ],
)
def test_another_style_passes(name, function, capsys):
    getattr(check, name)(function)
    assert capsys.readouterr().out.startswith("✓")


# --- wrong answers ------------------------------------------------------------------------------------------------

RIGHT_SIZES = {"a": 24, "b": 28, "c": 32, "d": 14, "e": 4, "f": 3}


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"a": 23}, r"\+ 1 at the end is missing"),
        ({"b": 26}, "padding once"),
        ({"b": 24}, "left the padding out"),
        ({"d": 14.5}, "rest of the division"),
        ({"d": 15}, "rounded up"),
        ({"e": 8}, "left the dilation out"),
        ({"e": 2}, r"only k − 1 gaps"),
        ({"f": 7}, "left the stride out"),
        ({"c": 17}, "Draw the row"),
        ({"c": None}, "no size yet for c"),
        ({"c": "32"}, "c is not '32'"),
    ],
)
def test_sizes_by_hand_names_the_mistake(changed, words):
    with pytest.raises(CheckFailed, match=words):
        check.sizes_by_hand(lambda: RIGHT_SIZES | changed)


def smallest(o, k, s, p, d):
    return (o - 1) * s + d * (k - 1) + 1 - 2 * p


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        (lambda *layer: (smallest(*layer), smallest(*layer)), "one size only"),
        (lambda o, k, s, p, d: (smallest(o, k, s, p, d), smallest(o, k, s, p, d) + s), "one too large"),
        (lambda o, k, s, p, d: (o * s + d * (k - 1) + 1 - 2 * p, o * s + d * (k - 1) + s - 2 * p), "o − 1 steps"),
        (lambda o, k, s, p, d: (smallest(o, k, s, 0, d), smallest(o, k, s, 0, d) + s - 1), "PADDED row"),
        (lambda o, k, s, p, d: (smallest(o, k, s, -p, d), smallest(o, k, s, -p, d) + s - 1), "added the padding"),
        (lambda o, k, s, p, d: (smallest(o, k, s, p, d) + p, smallest(o, k, s, p, d) + p + s - 1), "padding off once"),
        (lambda o, k, s, p, d: (smallest(o, k, s, p, 1), smallest(o, k, s, p, 1) + s - 1), "dilation out"),
        (lambda o, k, s, p, d: (smallest(o, k, s, p, d) - 1, smallest(o, k, s, p, d) + s - 2), r"\+ 1 is missing"),
        (lambda o, k, s, p, d: (smallest(o, k, s, p, d) + s - 1, smallest(o, k, s, p, d)), "smallest first"),
        (lambda o, k, s, p, d: (smallest(o, k, s, p, d) - s + 1, smallest(o, k, s, p, d)), "went down"),
        (lambda o, k, s, p, d: smallest(o, k, s, p, d), "should be"),
        (lambda o: o, "raised TypeError"),
    ],
)
def test_input_sizes_names_the_mistake(wrong, words):
    with pytest.raises(CheckFailed, match=words):
        check.input_sizes(wrong)


def walk(layers, place, back=True, pad=1, less=1, stride=True, layers_walked=99):
    first = last = place
    for k, s, p in list(reversed(layers) if back else layers)[:layers_walked]:
        s = s if stride else 1
        first, last = first * s - pad * p, last * s - pad * p + k - less
    return first, last


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        (lambda layers, n: walk(layers, n, back=False), "LAST layer first"),
        (lambda layers, n: walk(layers, n, pad=0), "padding is missing"),
        (lambda layers, n: walk(layers, n, pad=-1), "BEFORE the picture"),
        (lambda layers, n: walk(layers, n, less=0), "last square is too far"),
        (lambda layers, n: walk(layers, n, stride=False), "stride is missing"),
        (lambda layers, n: (0, walk(layers, n)[1] - walk(layers, n)[0]), "how MANY"),
        (lambda layers, n: walk(layers, n, layers_walked=1), "one layer only"),
        (lambda layers, n: (max(0, walk(layers, n)[0]), walk(layers, n)[1]), "stopped at square 0"),
        (lambda layers, n: (walk(layers, n)[0], walk(layers, n)[1] - walk(layers, n)[0] + 1), "is the width"),
        (lambda layers, n: None, "gave nothing back"),
    ],
)
def test_seen_names_the_mistake(wrong, words):
    with pytest.raises(CheckFailed, match=words):
        check.seen(wrong)


def test_what_is_seen_is_what_the_gradient_measures():
    for layers, place in (([(3, 2, 0), (3, 1, 0)], 3), ([(4, 2, 1)] * 2, 3), ([(5, 3, 2)], 4)):
        assert list(measured(layers, place, 40)) == seen_by_sets(layers, place)


def conv(picture, kernel, stride=1, padding=0):
    return F.conv2d(picture[None, None], kernel[None, None], None, stride, padding)[0, 0]


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        (lambda x, w, s, p: conv(x, torch.rot90(w, 2), s, p), "turned the kernel"),
        (lambda x, w, s, p: conv(x, w.t(), s, p), "exchanged"),
        (lambda x, w, s, p: conv(x, w, 1, p), "stride has no effect"),
        (lambda x, w, s, p: conv(x, w, (s, 1), p), "rows only"),
        (lambda x, w, s, p: conv(x, w, s), "padding has no effect"),
        (lambda x, w, s, p: conv(F.pad(x, (0, p, 0, p)), w, s), "right and at the bottom"),
        (lambda x, w, s, p: conv(F.pad(x, (p, p)), w, s), "left and right only"),
        (lambda x, w, s, p: F.conv2d(x[None, None], w[None, None], None, s, p), r"shape is \(1, 1, H, W\)"),
        (lambda x, w, s, p: conv(x, w, s, p).tolist(), "cases differ"),
    ],
)
def test_convolve_names_the_mistake(wrong, words):
    with pytest.raises(CheckFailed, match=words):
        check.convolve(wrong)


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        (lambda k, d: (k // 2, k // 2), "grows by 1"),
        (lambda k, d: ((d * (k - 1)) // 2,) * 2, "shrinks by 1"),
        (lambda k, d: ((k - 1) // 2, k // 2), "dilation is missing"),
        (lambda k, d: (d * (k - 1),) * 2, "sum of both sides"),
        (lambda k, d: tuple(reversed(same_padding_as_list(k, d))), "extra square is in front"),
        (lambda k, d: d * (k - 1) / 2, "give back a pair"),
    ],
)
def test_same_padding_names_the_mistake(wrong, words):
    with pytest.raises(CheckFailed, match=words):
        check.same_padding(wrong)


def test_same_padding_is_what_pytorch_does_and_keeps_the_size():
    for kernel_size, dilation in itertools.product(range(1, 8), range(1, 4)):
        before, after = _same(kernel_size, dilation)
        x, weight = torch.rand(1, 1, 30, 30), torch.rand(1, 1, kernel_size, kernel_size)
        ours = F.conv2d(F.pad(x, (before, after, before, after)), weight, dilation=dilation)
        layer = nn.Conv2d(1, 1, kernel_size, padding="same", dilation=dilation, bias=False)
        assert ours.shape == x.shape
        assert layer._reversed_padding_repeated_twice == [before, after, before, after]


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        (lambda i, o, k, bias: o * i * k * k, "bias is missing"),
        (lambda i, o, k, bias: o * (i * k * k + 1), "where bias is False"),
        (lambda i, o, k, bias: o * (k * k + bias), "input channels are missing"),
        (lambda i, o, k, bias: o * i * (k * k + bias), "bias for each kernel"),
        (lambda i, o, k, bias: o * i * k * k + i * bias, "bias for each input channel"),
        (lambda i, o, k, bias: o * i * k * k + bias, "bias for the whole layer"),
        (lambda i, o, k, bias: o * (i * k + bias), "square"),
    ],
)
def test_parameters_names_the_mistake(wrong, words):
    with pytest.raises(CheckFailed, match=words):
        check.parameters(wrong)


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        (lambda i, o, k, n, s=1, p=0: i * o * k * k, "each weight once"),
        (lambda i, o, k, n, s=1, p=0: i * o * k * k * n * n, "squares of the input"),
        (lambda i, o, k, n, s=1, p=0: i * o * k * k * size_by_trying(n, k, s, p), "one side of the output"),
        (lambda i, o, k, n, s=1, p=0: o * k * k * size_by_trying(n, k, s, p) ** 2, "input channels are missing"),
        (lambda i, o, k, n, s=1, p=0: i * k * k * size_by_trying(n, k, s, p) ** 2, "output channels are missing"),
        (lambda i, o, k, n, s=1, p=0: o * (i * k * k + 1) * size_by_trying(n, k, s, p) ** 2, "counted the bias"),
        (lambda i, o, k, n, s=1, p=0: 2 * multiply_adds_of_pytorch(i, o, k, n, s, p), "is one"),
        (lambda i, o, k, n, s=1, p=0: i * o * k * k * (n - k + 1) ** 2, "stride and padding"),
    ],
)
def test_multiply_adds_names_the_mistake(wrong, words):
    with pytest.raises(CheckFailed, match=words):
        check.multiply_adds(wrong)


def rows(row, times):
    return [list(row) for _ in range(times)]


@pytest.mark.parametrize(
    ("name", "table", "words"),
    [
        ("3x3", rows([-3, -3, 3, 3], 4), "division is missing"),
        ("4x4", rows([-0.25, 0, 0.25], 3), "divided by 4·4"),
        ("4x4", rows([1, 0, -1], 3), "every sign"),
        ("3x3", rows([0, 1, 1, 0], 4), "the lesson's picture"),
        ("5x5", rows([1, 1], 2), "the lesson's picture"),
        ("3x3, stride 2", rows([-1, -1, 1, 1], 4), "output of stride 1"),
        ("3x3, padding 1 with zeros", rows([0, -1, -1, 1, 1, 0], 6), "two of three rows"),
        ("3x3, padding 1 with ones", rows([1, -1, -1, 1, 1, -1], 6), "1 − 1 = 0"),
        ("3x3, padding 1 with zeros", rows([-1, -1, 1, 1], 4), "without padding"),
        ("3x3, padding 1 with ones", "zeros", "padded with 0"),
        ("3x3, padding 1 with zeros", "slip", "slip of a source"),
        ("5x5", rows([0, 0, 0], 3), r"size is \(3, 3\).*window of 5 on 6"),
        ("3x3", [[-1, -1, 1, 0]] * 4, "row 1, column 4"),
        ("3x3", [0, 1, 1, 0], "1 dimensions"),
        ("3x3", [[0, 1], [1]], "not a table"),
        ("3x3", None, "not a table"),
    ],
)
def test_table_names_the_row_and_the_mistake(name, table, words):
    right = table_of_arrays()
    if isinstance(table, str):
        table = right["3x3, padding 1 with zeros"].copy()
        if words == "slip of a source":
            table[[0, -1]] = np.array([0, -0.6, -0.6, 0.6, 0.6, 0])
    message = complaint(check.table_of_edges, lambda: right | {name: table})
    assert repr(name) in message and re.search(words, message)


def test_table_says_which_rows_are_not_there():
    table = table_of_arrays()
    del table["5x5"]
    assert "'5x5'" in complaint(check.table_of_edges, lambda: table)


TABLE_A = {
    "3x3": rows([0, 1, 1, 0], 4),
    "4x4": rows([1, 1, 1], 3),
    "5x5": rows([1, 1], 2),
    "3x3, stride 2": rows([0, 1], 2),
    "3x3, padding 1 with zeros": [
        [-2 / 3, 0, 2 / 3, 2 / 3, 0, 0],
        *rows([-1, 0, 1, 1, 0, 0], 4),
        [-2 / 3, 0, 2 / 3, 2 / 3, 0, 0],
    ],
    "3x3, padding 1 with ones": [
        [0, 0, 2 / 3, 2 / 3, 0, -2 / 3],
        *rows([0, 0, 1, 1, 0, -1], 4),
        [0, 0, 2 / 3, 2 / 3, 0, -2 / 3],
    ],
}


def test_the_lessons_picture_gives_the_table_of_the_sources():
    for name, table in TABLE_A.items():
        np.testing.assert_allclose(_edges(*ROWS[name], bright=HALF), table, atol=1e-12)
    assert "the lesson's picture" in complaint(check.table_of_edges, lambda: TABLE_A)


def test_no_two_mistakes_of_one_check_are_the_same_answer():
    """A hint must name the idea that the learner had: on the cases of the checks all mistakes differ."""
    layers = [(i, k, s, p, d) for i in (9, 28) for k in (2, 3, 5) for s in (1, 2, 3) for p in (0, 1, 2) for d in (1, 2)]
    answers = [tuple(mistake.wrong(*layer) for layer in layers) for mistake in SIZE_MISTAKES]
    assert len(set(answers)) == len(answers)


# --- more styles, more wrong ideas ----------------------------------------------------------------------------------


def parameters_of_a_tensor(in_channels, out_channels, kernel_size, bias=True):
    return torch.empty(out_channels, in_channels, kernel_size, kernel_size).numel() + (out_channels if bias else 0)


def edges_by_lists():
    return {name: _edges(*row).tolist() for name, row in ROWS.items()}


@pytest.mark.parametrize(
    ("name", "function"),
    [
        ("sizes_by_hand", lambda: RIGHT_SIZES),
        ("sizes_by_hand", lambda: {name: np.int64(size) for name, size in RIGHT_SIZES.items()}),
        ("convolve", lambda x, w, s, p: conv(x.float(), w.float(), s, p)),
        ("convolve", lambda x, w, s=1, p=0: conv(F.pad(x, [p] * 4), w, s).clone()),
        ("same_padding", lambda k, d=1: (d * (k - 1) // 2, (d * (k - 1) + 1) // 2)),
        ("same_padding", lambda k, d=1: divmod(d * (k - 1), 2)[:1] + (sum(divmod(d * (k - 1), 2)),)),
        ("same_padding", lambda k, d: [len(half) for half in np.array_split(range(d * (k - 1)), 2)][::-1]),
        ("parameters", parameters_of_a_tensor),
        ("parameters", lambda i, o, k, bias=True: torch.tensor(o * (i * k**2 + int(bias)))),
        ("multiply_adds", lambda i, o, k, n, s=1, p=0: o * i * k**2 * size_by_trying(n, k, s, p) ** 2),
        ("multiply_adds", lambda i, o, k, n, s=1, p=0: np.prod([i, o, k, k, *[size_by_trying(n, k, s, p)] * 2])),
        ("table_of_edges", edges_by_lists),
        ("table_of_edges", lambda: {name: _edges(*row) for name, row in reversed(ROWS.items())}),
    ],
)  # fmt: skip
def test_more_styles_pass(name, function, capsys):
    praise(capsys, getattr(check, name), function)


@pytest.mark.parametrize(
    ("name", "function", "words"),
    [
        ("same_padding", lambda k, d: (0, d * (k - 1)), "all the padding is behind"),
        ("same_padding", lambda k, d: (d * (k - 1), 0), "all the padding is in front"),
        ("same_padding", lambda k, d: (d * k // 2, d * k - d * k // 2), "has k − 1 gaps"),
        ("parameters", lambda i, o, k, bias: (i + o) * k * k + o * bias, "you added the channels"),
        ("parameters", lambda i, o, k, bias: i * (k * k + bias), "the output channels are missing"),
    ],
)
def test_more_mistakes_are_named(name, function, words):
    assert words in complaint(getattr(check, name), function)
