"""The checks of lesson 02: right in other styles, and wrong in the ways learners are wrong."""

import itertools
import re

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import nn

from dcgan_course.checks import lesson_02 as check
from dcgan_course.convolution.arithmetic import conv_matrix, insert_zeros
from dcgan_course.convolution.ladders import plan_upsampling
from tests.helpers.answers import complaint, praise

# --- the same answer in another style ----------------------------------------------------------------------------


def matrix_of_unit_pictures(kernel, input_shape, stride=1):
    height, width = input_shape
    pictures = torch.eye(height * width).view(-1, 1, height, width)
    return F.conv2d(pictures, kernel[None, None], stride=stride).flatten(1).T


def stamps_by_folding(y, kernel, stride=1, padding=0):
    k = len(kernel)
    size = [(side - 1) * stride + k - 2 * padding for side in y.shape]
    columns = torch.outer(kernel.flatten(), y.flatten())
    return F.fold(columns[None], size, k, stride=stride, padding=padding)[0, 0]


def stamps_in_place_of_the_kernel(y, kernel, stride=1, padding=0):
    k = len(kernel)
    sheet = torch.zeros(*((side - 1) * stride + k for side in y.shape))
    for a, b in itertools.product(range(k), repeat=2):
        end = [(side - 1) * stride + 1 for side in y.shape]
        sheet[a : a + end[0] : stride, b : b + end[1] : stride] += kernel[a, b] * y
    y.zero_(), kernel.zero_()  # a learner may spoil what was given
    return sheet[padding : len(sheet) - padding, padding : sheet.shape[1] - padding]


def slide_by_unfolding(y, kernel, stride=1, padding=0):
    k = len(kernel)
    spread = F.pad(insert_zeros(y, stride), [k - 1 - padding] * 4)
    windows = spread.unfold(0, k, 1).unfold(1, k, 1)
    return (windows * torch.rot90(kernel, 2)).sum((-1, -2))


def answers_of_real_layers(image_size):
    layers = nn.Sequential(*(nn.Conv2d(1, 1, 4, stride=2) for _ in range(3)))
    return layers(torch.zeros(1, 1, image_size, image_size)).numel()


def ladders_of_the_planner():
    ladders = {}
    for size in (28, 50, 96):
        plan = plan_upsampling(size)
        layers = [[s.kernel_size, s.stride, s.padding, s.output_padding] for s in plan.layers]
        ladders[size] = [plan.start_size, layers]
    return ladders


@pytest.mark.parametrize(
    ("name", "function"),
    [
        ("build_conv_matrix", matrix_of_unit_pictures),
        ("which_is_the_transpose", lambda: [" b", "Slide"]),
        ("by_stamping", stamps_by_folding),
        ("by_stamping", stamps_in_place_of_the_kernel),
        ("by_stamping", slide_by_unfolding),
        ("by_sliding", slide_by_unfolding),
        ("transposed_size", lambda i, k, s, p, extra, d: torch.tensor(s * i - s + d * k - d + extra - p - p + 1)),
        ("p_prime", lambda k, p, d: (k - 1) * d - p),
        ("lecture_strides", lambda: (1, 1, 2, 2)),
        ("lecture_strides", lambda: list(np.array([1, 1, 2, 2]))),
        ("repaired_generator", lambda: list(map(tuple, np.array([[3, 2], [4, 1], [3, 2], [4, 2]])))),
        ("repaired_generator", lambda: ((4, 1), (4, 1), (7, 1), (4, 2))),
        ("answers_per_picture", answers_of_real_layers),
        ("my_ladders", ladders_of_the_planner),
    ],
)
def test_another_style_passes(name, function, capsys):
    getattr(check, name)(function)
    assert capsys.readouterr().out.startswith("✓")


# --- wrong answers ------------------------------------------------------------------------------------------------


def matrix_by_counting(kernel, shape, stride, *, step=None, width=None):
    rows, columns = ((side - k) // stride + 1 for side, k in zip(shape, kernel.shape, strict=True))
    matrix, step = torch.zeros(rows * columns, shape[0] * shape[1]), step or stride
    width = columns if width == "output" else shape[1]
    for a, b in itertools.product(range(rows), range(columns)):
        for u, v in itertools.product(*map(range, kernel.shape)):
            matrix[a * columns + b, (a * step + u) * width + b * step + v] = kernel[u, v]
    return matrix


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        (lambda w, shape, s: matrix_of_unit_pictures(w, shape, s).T, "this is Cᵀ"),
        (lambda w, shape, s: matrix_of_unit_pictures(torch.rot90(w, 2), shape, s), "turned by 180°"),
        (lambda w, shape, s: matrix_of_unit_pictures(w.flip(0), shape, s), "upside down"),
        (lambda w, shape, s: matrix_of_unit_pictures(w, shape, s).flip(0), "reverse order"),
        (lambda w, shape, s: matrix_of_unit_pictures(w, shape), "stride has no effect"),
        (lambda w, shape, s: matrix_by_counting(w, shape, s, step=1), "window moves by 1"),
        (lambda w, shape, s: matrix_by_counting(w, shape, s, width="output"), "width of the OUTPUT"),
        (
            lambda w, shape, s: (
                F.conv2d(torch.eye(shape[0] * shape[1]).view(-1, 1, *shape[::-1]).mT, w[None, None], stride=s)
                .flatten(1)
                .T
            ),
            "column by column",
        ),
        (lambda w, shape, s: matrix_of_unit_pictures(w, shape, s) * 2, "cases differ"),
        (lambda w, shape, s: matrix_of_unit_pictures(w, shape, s).tolist(), "cases differ"),
    ],
)
def test_build_c_names_the_mistake(wrong, words):
    assert re.search(words, complaint(check.build_conv_matrix, wrong))


@pytest.mark.parametrize(
    ("given", "words"),
    [
        (("A", "slide"), "A is not Cᵀ"),
        (("A", "stamp"), "column 1 of Cᵀ is row 1 of C"),
        (("B", "stamp"), "a stamp is a COLUMN"),
        (("C", "slide"), "the first is 'A' or 'B'"),
        (("B", "gather"), "the second 'stamp' or 'slide'"),
        ("B", "two words"),
        (("B", 3), "two words"),
    ],
)
def test_which_transpose_names_the_mistake(given, words):
    assert re.search(words, complaint(check.which_is_the_transpose, lambda: given))


def transposed(y, kernel, stride=1, padding=0):
    return F.conv_transpose2d(y[None, None], kernel[None, None], None, stride, padding)[0, 0]


def last_stamp_wins(y, kernel, stride, padding):
    k = len(kernel)
    sheet = torch.zeros(*((side - 1) * stride + k for side in y.shape))
    for a, b in itertools.product(*map(range, y.shape)):
        sheet[a * stride : a * stride + k, b * stride : b * stride + k] = y[a, b] * kernel
    return sheet[padding : len(sheet) - padding, padding : sheet.shape[1] - padding]


def stamps_one_apart(y, kernel, stride, padding):
    k = len(kernel)
    sheet = torch.zeros(*((side - 1) * stride + k for side in y.shape))
    for a, b in itertools.product(*map(range, y.shape)):
        sheet[a : a + k, b : b + k] += y[a, b] * kernel
    return sheet[padding : len(sheet) - padding, padding : sheet.shape[1] - padding]


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        (last_stamp_wins, "ADDED"),
        (stamps_one_apart, "1 square apart"),
        (lambda y, w, s, p: transposed(y, w, 1, p), "stride has no effect"),
        (lambda y, w, s, p: transposed(y * 0 + 1, w, s, p), "bare kernel"),
        (lambda y, w, s, p: transposed(y, torch.rot90(w, 2), s, p), "only the SLIDING view"),
        (lambda y, w, s, p: transposed(y, w, s), "padding has no effect"),
        (lambda y, w, s, p: F.pad(transposed(y, w, s), (p, p, p, p)), "CUTS p squares"),
        (lambda y, w, s, p: transposed(y, w, s)[p:, p:], "top and at the left only"),
        (lambda y, w, s, p: transposed(y, w, s)[p:-p, p:-p], "is empty when p is 0"),
        (lambda y, w, s, p: transposed(y, w, s, p)[None, None], r"shape is \(1, 1, H, W\)"),
        (lambda y, w, s, p: transposed(y, w.T, s, p), "cases differ"),
    ],
)
def test_stamps_name_the_mistake(wrong, words):
    assert re.search(words, complaint(check.by_stamping, wrong))


def slid(y, kernel, gap, p_prime, step=1):
    return F.conv2d(F.pad(insert_zeros(y, gap), [p_prime] * 4)[None, None], kernel[None, None], stride=step)[0, 0]


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        (lambda y, w, s, p: slid(y, w, s, len(w) - 1 - p), "kernel is not turned"),
        (lambda y, w, s, p: slid(y, w.flip(0), s, len(w) - 1 - p), "up and down only"),
        (lambda y, w, s, p: slid(y, w.flip(1), s, len(w) - 1 - p), "left and right only"),
        (lambda y, w, s, p: slid(y, w.T, s, len(w) - 1 - p), "must be TURNED"),
        (lambda y, w, s, p: slid(y, torch.rot90(w), s, len(w) - 1 - p), "turned by 90° only"),
        (lambda y, w, s, p: slid(y, torch.rot90(w, -1), s, len(w) - 1 - p), "turned by 90° only"),
        (lambda y, w, s, p: slid(y, w.flip(0, 1), s, p), "padded with the argument p"),
        (lambda y, w, s, p: slid(y, w.flip(0, 1), s, len(w) + 3), "cases differ"),
        (lambda y, w, s, p: slid(y, w.flip(0, 1), s, len(w) - 1), "always padded with k − 1"),
        (lambda y, w, s, p: slid(y, w.flip(0, 1), s, len(w) - p), "one too many"),
        (lambda y, w, s, p: slid(y, w.flip(0, 1), s + 1, len(w) - 1 - p), "s zeros between"),
        (lambda y, w, s, p: slid(y, w.flip(0, 1), 1, len(w) - 1 - p), "no zeros between"),
        (lambda y, w, s, p: slid(y, w.flip(0, 1), s, len(w) - 1 - p, s), "slid with stride s"),
        (lambda y, w, s, p: transposed(y, w, s, p)[None, None], r"shape is \(1, 1, H, W\)"),
    ],
)
def test_sliding_names_the_mistake(wrong, words):
    assert re.search(words, complaint(check.by_sliding, wrong))


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        (lambda i, k, s, p, e, d: (i + 2 * p - d * (k - 1) - 1) // s + 1, "size of a CONVOLUTION"),
        (lambda i, k, s, p, e, d: (i - 1) * s - 2 * p + d * (k - 1) + 1, "output_padding is missing"),
        (lambda i, k, s, p, e, d: (i - 1) * s - 2 * p + d * (k - 1) + 1 + 2 * e, "output_padding twice"),
        (lambda i, k, s, p, e, d: (i - 1) * s - 2 * p + k + e, "dilation is missing"),
        (lambda i, k, s, p, e, d: (i - 1) * s - 2 * p + k, "for dilation 1 and output_padding 0 only"),
        (lambda i, k, s, p, e, d: (i - 1) * s - 2 * p + d * k + e, "k − 1 gaps"),
        (lambda i, k, s, p, e, d: (i - 1) * s - 2 * p + d * (k - 1) + e, r"\+ 1 is missing"),
        (lambda i, k, s, p, e, d: i * s - 2 * p + d * (k - 1) + e + 1, "counted i·s"),
        (lambda i, k, s, p, e, d: (i - 1) * s - p + d * (k - 1) + e + 1, "padding once"),
        (lambda i, k, s, p, e, d: (i - 1) * s + 2 * p + d * (k - 1) + e + 1, "output SMALLER"),
        (lambda i, k, s, p, e, d: i * s, "i·s is right for some layers only"),
        (lambda i, k, s, p, e, d: i * s + k, "cases differ"),
    ],
)
def test_size_names_the_mistake(wrong, words):
    assert re.search(words, complaint(check.transposed_size, wrong))


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        (lambda k, p, d: p, "gave back the argument"),
        (lambda k, p, d: k - p - 1, "dilation is missing"),
        (lambda k, p, d: d * (k - 1) + 1 - p, "one too many"),
        (lambda k, p, d: k - p, "k − p is one too many already"),
        (lambda k, p, d: p - d * (k - 1), "sign is turned"),
        (lambda k, p, d: max(d * (k - 1) - p, 0), "stopped at 0"),
        (lambda k, p, d: abs(d * (k - 1) - p), "Keep the sign"),
        (lambda k, p, d: d * (k - 1), "argument p is missing"),
        (lambda k, p, d: 2, "cases differ"),
    ],
)
def test_p_prime_names_the_mistake(wrong, words):
    assert re.search(words, complaint(check.p_prime, wrong))


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ([2, 2, 2, 2], r"in block 2 a stride of 2 takes 4 to 10.*\(4 − 1\)·s \+ 4 = 7"),
        ([1, 1, 1, 1], "in block 3 a stride of 1 takes 7 to 10"),
        ([2, 1, 2, 1], "in block 4 a stride of 1 takes 16 to 19"),
        ([1, 2, 2], "a list of four strides"),
        ([0, 1, 2, 2], "at least 1"),
        ([1.0, 1, 2, 2], "a list of four strides"),
        ({"first": 1}, "a list of four strides"),
    ],
)
def test_lecture_strides_name_the_mistake(given, words):
    assert re.search(words, complaint(check.lecture_strides, lambda: given), re.DOTALL)


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ([(4, 2), (4, 1), (4, 2), (4, 2)], "the lecture's slip"),
        ([(2, 3), (1, 4), (2, 3), (2, 4)], "order is turned round"),
        ([(3, 2), (4, 1), (3, 2), (3, 2)], "make 1 → 3 → 6 → 13 → 27, not 28.*go backwards"),
        ([(7, 1), (4, 2), (2, 2)], "a list of four"),
        ([3, 4, 3, 4], "should be a pair"),
        ([(3, 2), (4, 1), (3, 2), (4, 0)], "should be a pair"),
        ([(3, 2), (2, 5), (4, 1), (14, 1)], "stride is larger than its kernel"),
        ([(4, 2), (1, 1), (10, 1), (4, 2)], "each block shall make the picture larger"),
    ],
)
def test_repaired_generator_names_the_mistake(given, words):
    assert re.search(words, complaint(check.repaired_generator, lambda: given), re.DOTALL)


def three_blocks(size, padding=0, up=False):
    for _ in range(3):
        size = -(-(size - 4) // 2) + 1 if up else (size + 2 * padding - 4) // 2 + 1
    return size


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        (three_blocks, "side of the output"),
        (lambda i: 1, "one answer is right for 28 only"),
        (lambda i: three_blocks(i, padding=1) ** 2, "padded by 1"),
        (lambda i: three_blocks(i, up=True) ** 2, "rounded up"),
        (lambda i: (((i / 2 - 1) / 2 - 1) / 2 - 1) ** 2, "you kept fractions"),
        (lambda i: ((((i - 4) // 2 - 4) // 2 - 4) // 2) ** 2, r"the \+ 1 is missing"),
        (lambda i: (((i - 2) // 2 - 2) // 2) ** 2, "there are three blocks"),
        (lambda i: i, "cases differ"),
    ],
)
def test_answers_per_picture_names_the_mistake(wrong, words):
    assert re.search(words, complaint(check.answers_per_picture, wrong))


RIGHT = {28: (7, [(4, 2, 1, 0)] * 2), 50: (6, [(4, 2, 1, 0), (4, 2, 1, 1), (4, 2, 1, 0)]), 96: (6, [(4, 2, 1, 0)] * 4)}


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({28: (7, [(3, 2, 1, 0)] * 2)}, "7 → 13 → 25.*go backwards"),
        ({28: (7, [(4, 2, 1, 0), (3, 2, 1, 0)])}, "7 → 14 → 27.*output_padding adds one"),
        ({28: (7, [(3, 2, 1, 1)] * 2)}, "kernel 3 with stride 2 paints unevenly.*the stride divides"),
        ({28: (7, [(4, 2, 1, 0), (4, 2, 2, 2)])}, "layer 2 of the ladder to 28 is refused: output_padding is 2"),
        ({50: (6, [(4, 2, 1, 0)] * 3)}, "the ladder to 50 makes 6 → 12 → 24 → 48"),
        ({28: (14, [(4, 2, 1, 0)])}, "should start at 1 to 8"),
        ({28: (7, [(4, 2, 1)] * 2)}, "should be \\(kernel_size, stride, padding, output_padding\\)"),
        ({96: [4, 8]}, "96 should have \\(start_size, list of layers\\)"),
        ({32: (4, [])}, "keys 28, 50 and 96"),
    ],
)
def test_ladders_name_the_mistake(changed, words):
    assert re.search(words, complaint(check.my_ladders, lambda: RIGHT | changed), re.DOTALL)


def test_the_right_ladder_of_these_tests_is_right(capsys):
    check.my_ladders(lambda: RIGHT)
    assert "6 → 12 → 25 → 50" in capsys.readouterr().out


def test_the_lectures_numbers():
    """Slips 1 and 2 of the sources: the sizes that the exercises speak of."""
    assert list(itertools.accumulate((2, 1, 2, 2), lambda size, s: (size - 1) * s + 4, initial=1)) == [1, 4, 7, 16, 34]
    assert [three_blocks(28), three_blocks(34)] == [1, 2]


def test_the_stored_matrices_of_exercise_2_are_what_the_check_says():
    """Column 1 of B is the kernel as it is; column 1 of A is the turned one."""
    kernel = torch.tensor([[1.0, 2], [3, 4]])
    a, b = conv_matrix(kernel.flip(0, 1), (3, 3)).T, conv_matrix(kernel, (3, 3)).T
    assert b[:, 0].tolist() == [1, 2, 0, 3, 4, 0, 0, 0, 0] and a[:, 0].tolist() == [4, 3, 0, 2, 1, 0, 0, 0, 0]
    y = torch.tensor([[1.0, 2], [3, 4]])
    assert torch.equal((b @ y.flatten()).view(3, 3), transposed(y, kernel))


# --- 10 to 13 ----------------------------------------------------------------------------------------------------


def counted_overlap(k, s):
    return [sum(0 <= m - n * s < k for n in range(-k, k + 1)) for m in range(s)]


def overlap_by_rests(k, s):
    return tuple(len(range(rest, k, s)) for rest in range(s))


def overlap_of_a_layer(k, s):
    counts = F.conv_transpose1d(torch.ones(1, 1, 20), torch.ones(1, 1, k), stride=s)[0, 0]
    return counts[10 * s : 11 * s]


def overlap_by_numpy(k, s):
    return np.bincount(np.arange(k) % s, minlength=s)


def back_by_trying(i, k, s, p):
    down = (i + 2 * p - k) // s + 1
    for extra in range(s):
        if nn.ConvTranspose2d(1, 1, k, s, p, extra)(torch.zeros(1, 1, down, down)).shape[-1] == i:
            return extra


def back_by_the_formula(i, k, s, p):
    return i - ((nn.Conv2d(1, 1, k, s, p)(torch.zeros(1, 1, i, i)).shape[-1] - 1) * s + k - 2 * p)


def channels_by_fold(y, weight, stride):
    k, sides = weight.shape[-1], [(side - 1) * stride + weight.shape[-1] for side in y.shape[1:]]
    columns = torch.einsum("iouv,in->ouvn", weight, y.flatten(1)).flatten(0, 2)
    return F.fold(columns[None], sides, k, stride=stride)[0]


def channels_by_sliding(y, weight, stride):
    spread = F.pad(insert_zeros(y, stride), [weight.shape[-1] - 1] * 4)
    return F.conv2d(spread[None], weight.transpose(0, 1).flip(2, 3))[0]


def channels_one_by_one(y, weight, stride):
    return torch.stack(
        [sum(stamps_by_folding(y[c], weight[c, o], stride) for c in range(len(y))) for o in range(weight.shape[1])]
    )


def channels_of_a_layer(y, weight, stride):
    layer = nn.ConvTranspose2d(*weight.shape[:2], weight.shape[-1], stride, bias=False)
    with torch.no_grad():
        layer.weight.copy_(weight)
        return layer(y[None])[0]


def pair_by_matrices(there, back, shape):
    def matrix(function, shape):
        units = torch.eye(int(np.prod(shape)), dtype=torch.float64).view(-1, *shape)
        return torch.stack([function(unit).flatten() for unit in units])

    forth = matrix(there, shape)
    return torch.allclose(forth.T, matrix(back, there(torch.zeros(shape, dtype=torch.float64)).shape))


def pair_by_autograd(there, back, shape):
    x = torch.randn(shape, dtype=torch.float64, requires_grad=True)
    out = there(x)
    g = torch.randn_like(out)
    (gradient,) = torch.autograd.grad(out, x, g)
    return bool((gradient - back(g)).abs().max() < 1e-9)


def pair_by_many(there, back, shape):
    x = torch.rand(20, *shape[1:], dtype=torch.float64) - 0.5
    y = torch.rand_like(there(x)) - 0.5
    return int(torch.isclose((there(x) * y).sum(), (x * back(y)).sum()))


@pytest.mark.parametrize(
    ("name", "function"),
    [
        *(("overlap", way) for way in (counted_overlap, overlap_by_rests, overlap_of_a_layer, overlap_by_numpy)),
        *(("way_back", way) for way in (back_by_trying, back_by_the_formula)),
        ("way_back", lambda i, k, s, p: torch.tensor(i + 2 * p - k) % s),
        ("way_back", lambda i, k, s, p: divmod(i + p + p - k, s)[1]),
        ("with_channels", channels_by_fold),
        ("with_channels", channels_by_sliding),
        ("with_channels", channels_one_by_one),
        ("with_channels", channels_of_a_layer),
        ("are_a_pair", pair_by_matrices),
        ("are_a_pair", pair_by_autograd),
        ("are_a_pair", pair_by_many),
        ("are_a_pair", lambda t, b, s: torch.tensor(pair_by_autograd(t, b, s))),
    ],
)
def test_pairs_in_other_styles(name, function, capsys):
    getattr(check, name)(function)
    assert "✓" in capsys.readouterr().out


def inverse_is_asked(there, back, shape):
    x = torch.randn(shape, dtype=torch.float64)
    return back(there(x)).shape == x.shape and torch.allclose(back(there(x)), x)


def shapes_are_asked(there, back, shape):
    return back(there(torch.zeros(shape, dtype=torch.float64))).shape == torch.Size(shape)


def ones_are_asked(there, back, shape):
    x = torch.ones(shape, dtype=torch.float64)
    y = torch.ones_like(there(x))
    return torch.allclose((there(x) * y).sum(), (x * back(y)).sum())


def signs_are_asked(there, back, shape):
    torch.manual_seed(0)
    x = torch.randn(shape, dtype=torch.float64)
    y = there(x)
    return bool(torch.sign((y * y).sum()) == torch.sign((x * back(y)).sum()))


def exact_equality(there, back, shape):
    torch.manual_seed(1)
    x = torch.randn(shape, dtype=torch.float64)
    y = torch.randn_like(there(x))
    return bool((there(x) * y).sum() == (x * back(y)).sum())


@pytest.mark.parametrize(
    ("name", "function", "words"),
    [
        ("overlap", lambda k, s: [k // s] * s, "threw the rest away"),
        ("overlap", lambda k, s: [-(-k // s)] * s, "rounded up for all"),
        (
            "overlap",
            lambda k, s: [a * b for a in counted_overlap(k, s) for b in counted_overlap(k, s)],
            "two directions",
        ),
        ("overlap", lambda k, s: set(counted_overlap(k, s)), "each number stands once"),
        ("overlap", lambda k, s: [k // s] * (k % s) + [k // s + 1] * (s - k % s), "groups are exchanged"),
        ("overlap", lambda k, s: [k - s + 1] * s, "NEIGHBOURING"),
        ("overlap", lambda k, s: [k] * s, "only with stride 1"),
        ("overlap", lambda k, s: [s] * s, "how far apart"),
        ("overlap", lambda k, s: 3, "raised TypeError"),
        ("way_back", lambda i, k, s, p: i % s, "PADDED row"),
        ("way_back", lambda i, k, s, p: (i + 2 * p) % s, "first window takes k"),
        ("way_back", lambda i, k, s, p: (i - k) % s, "padding is missing"),
        ("way_back", lambda i, k, s, p: (i + p - k) % s, "BOTH ends"),
        ("way_back", lambda i, k, s, p: 0, "nothing is left over"),
        ("way_back", lambda i, k, s, p: s - 1, "largest that PyTorch allows"),
        ("way_back", lambda i, k, s, p: 1 if s > 1 else 0, "not always 1"),
        ("way_back", lambda i, k, s, p: -((i + 2 * p - k) % s), "sign is turned"),
        ("way_back", lambda i, k, s, p: -(i + 2 * p - k) % s, "missing for the next window"),
        (
            "with_channels",
            lambda y, w, s: F.conv_transpose2d(y[None], w.transpose(0, 1), stride=s)[0],
            "raised Runtime",
        ),
        ("with_channels", lambda y, w, s: stamps_by_folding(y[0], w[0, 0], s)[None], "should be"),
        ("with_channels", lambda y, w, s: channels_by_fold(y[:1], w[:1], s), "only the first input channel"),
        ("with_channels", lambda y, w, s: channels_by_fold(y[-1:], w[-1:], s), "wipes out"),
        ("with_channels", lambda y, w, s: channels_by_fold(y, w, s) / len(y), "mean over input channels"),
        ("with_channels", lambda y, w, s: channels_by_fold(y, w.flip(2, 3), s), "turned the kernels"),
        ("with_channels", lambda y, w, s: channels_by_fold(y, w, 1), "stride has no effect"),
        ("with_channels", lambda y, w, s: channels_by_fold(y, w, s).sum(0)[None], "output channels are added"),
        ("with_channels", lambda y, w, s: channels_by_fold(y, w, s)[None], "shape is (1, out, H, W)"),
        ("are_a_pair", inverse_is_asked, "are equal for every x and y"),
        ("are_a_pair", shapes_are_asked, "the values do not"),
        ("are_a_pair", ones_are_asked, "random x and y"),
        ("are_a_pair", signs_are_asked, "more than signs"),
        ("are_a_pair", exact_equality, "up to rounding"),
        ("are_a_pair", lambda t, b, s: True, "compare the two products"),
        ("are_a_pair", lambda t, b, s: False, "are equal for every x and y"),
        ("are_a_pair", lambda t, b, s: "yes", "True or False"),
        ("are_a_pair", lambda t, b, s: None, "True or False"),
    ],
)
def test_wrong_pairs(name, function, words):
    assert words in re.sub(r"\s+", " ", complaint(getattr(check, name), function))


# --- more styles, more wrong ideas --------------------------------------------------------------------------------


def matrix_by_unfolding(kernel, input_shape, stride=1):
    places = torch.arange(float(np.prod(input_shape))).view(1, 1, *input_shape)
    columns = F.unfold(places, kernel.shape, stride=stride)[0].long()  # (k_h · k_w, windows)
    matrix = torch.zeros(columns.shape[1], int(np.prod(input_shape)))
    return matrix.scatter_(1, columns.T, kernel.flatten().expand(columns.shape[1], -1))


def matrix_by_numpy(kernel, input_shape, stride=1):
    rows = []
    for a in range(0, input_shape[0] - kernel.shape[0] + 1, stride):
        for b in range(0, input_shape[1] - kernel.shape[1] + 1, stride):
            row = np.zeros(input_shape, dtype=np.float32)
            row[a : a + kernel.shape[0], b : b + kernel.shape[1]] = kernel.numpy()
            rows.append(torch.from_numpy(row.ravel()))
    return torch.stack(rows)


def slide_with_a_layer(y, kernel, stride=1, padding=0):
    k = len(kernel)
    layer = nn.Conv2d(1, 1, k, padding=k - 1 - padding, bias=False)
    with torch.no_grad():
        layer.weight.copy_(kernel.rot90(2)[None, None])
        return layer(insert_zeros(y, stride)[None, None])[0, 0]


def size_of_a_layer(i, k, s=1, p=0, extra=0, d=1):
    return nn.ConvTranspose1d(1, 1, k, s, p, extra, 1, dilation=d)(torch.zeros(1, 1, i)).shape[-1]


def size_by_marking(i, k, s=1, p=0, extra=0, d=1):
    return max(n * s + m * d for n in range(i) for m in range(k)) + 1 - 2 * p + extra


def three_conv_sizes(image_size):
    x = torch.zeros(1, 1, image_size, image_size)
    for _ in range(3):
        x = F.conv2d(x, torch.ones(1, 1, 4, 4), stride=2)
    return x.shape[-1] * x.shape[-2]


@pytest.mark.parametrize(
    ("name", "function"),
    [
        ("build_conv_matrix", matrix_by_unfolding),
        ("build_conv_matrix", matrix_by_numpy),
        ("build_conv_matrix", lambda w, shape, s=1: conv_matrix(w, shape, s)),
        ("which_is_the_transpose", lambda: ("B", "slide")),
        ("which_is_the_transpose", lambda: np.array(["b", "SLIDE"]).tolist()),
        ("by_sliding", slide_with_a_layer),
        ("by_sliding", lambda y, w, s=1, p=0: slid(y, w.flip((0, 1)), s, len(w) - 1 - p)),
        ("by_sliding", lambda y, w, s=1, p=0: stamps_by_folding(y, w, s, p)),
        ("transposed_size", size_of_a_layer),
        ("transposed_size", size_by_marking),
        ("p_prime", lambda k, p, d=1: d * k - d - p),
        ("p_prime", lambda k, p, d=1: np.int64(d) * (k - 1) - p),
        ("p_prime", lambda k, p, d=1: torch.tensor((k - 1) * d).sub(p)),
        ("lecture_strides", lambda: torch.tensor([2, 1, 2, 2]).tolist()),
        ("repaired_generator", lambda: [[3, 2], [4, 1], [3, 2], [4, 2]]),
        ("answers_per_picture", three_conv_sizes),
        ("answers_per_picture", lambda i: three_blocks(i) ** 2),
        ("my_ladders", lambda: RIGHT),
    ],
)  # fmt: skip
def test_more_styles_pass(name, function, capsys):
    praise(capsys, getattr(check, name), function)


@pytest.mark.parametrize(
    ("function", "words"),
    [
        (lambda t, b, s: t(torch.ones(s, dtype=torch.float64)) * 1.0, "one number"),
        (lambda t, b, s: (t(torch.ones(s)) * 1.0).sum(), "raised RuntimeError"),
        (lambda t, b, s: 2, "True or False"),
    ],
)
def test_pairs_that_are_no_verdict(function, words):
    assert words in complaint(check.are_a_pair, function)
