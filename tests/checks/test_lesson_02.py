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


def layer_by_the_first_weights(matrix, input_size, output_size):
    starts = matrix.ne(0).int().argmax(dim=0)  # of each stamp
    stride = int(starts[1] - starts[0])
    return output_size - (input_size - 1) * stride, stride


def layer_by_trying_matrices(matrix, input_size, output_size):
    for stride in range(1, output_size + 1):
        k = output_size - (input_size - 1) * stride
        if k >= 1:
            tried = conv_matrix(torch.ones(k, k), (output_size, output_size), stride).T
            if torch.equal(tried != 0, matrix != 0):
                return np.int64(k), np.int64(stride)


def inputs_by_least_squares(sheet, kernel, stride=1):
    matrix = conv_matrix(kernel, tuple(sheet.shape), stride).T.double()
    found = torch.linalg.lstsq(matrix, sheet.double().flatten()[:, None]).solution
    return found.view([(side - len(kernel)) // stride + 1 for side in sheet.shape]).float()


def inputs_from_the_other_end(sheet, kernel, stride=1):
    """From the last corner, where the last weight stands alone."""
    k, rest = len(kernel), sheet.double()
    rows, columns = ((side - k) // stride + 1 for side in sheet.shape)
    y = torch.zeros(rows, columns, dtype=torch.float64)
    for a, b in reversed(list(itertools.product(range(rows), range(columns)))):
        place = slice(a * stride, a * stride + k), slice(b * stride, b * stride + k)
        y[a, b] = rest[place][-1, -1] / kernel[-1, -1]
        rest[place] -= y[a, b] * kernel
    return y.float()


def inputs_by_triangular_rows(sheet, kernel, stride=1):
    matrix = conv_matrix(kernel, tuple(sheet.shape), stride).T
    rows, columns = ((side - len(kernel)) // stride + 1 for side in sheet.shape)
    corners = [a * stride * sheet.shape[1] + b * stride for a in range(rows) for b in range(columns)]
    y = torch.linalg.solve_triangular(matrix[corners], sheet.flatten()[corners][:, None], upper=False)
    return y.view(rows, columns)


def gradient_by_autograd(g, kernel, input_shape, stride=1, padding=0):
    x = torch.zeros(1, 1, *input_shape, requires_grad=True)
    F.conv2d(x, kernel[None, None], stride=stride, padding=padding).backward(g[None, None])
    return x.grad[0, 0]


def gradient_of_a_transposed_layer(g, kernel, input_shape, stride=1, padding=0):
    rest = [(side + 2 * padding - len(kernel)) % stride for side in input_shape]
    return F.conv_transpose2d(g[None, None], kernel[None, None], None, stride, padding, rest)[0, 0]


def gradient_by_stamping(g, kernel, input_shape, stride=1, padding=0):
    k, (height, width) = len(kernel), input_shape
    sheet = torch.zeros(height + 2 * padding, width + 2 * padding)
    for a, b in itertools.product(*map(range, g.shape)):
        sheet[a * stride : a * stride + k, b * stride : b * stride + k] += g[a, b] * kernel
    return sheet[padding : padding + height, padding : padding + width]


def layers_by_real_modules(k, s):
    found = []
    for p, extra in itertools.product(range(k), range(s)):
        sizes = []
        for i in (9, 12):
            layer = nn.ConvTranspose2d(1, 1, k, s, p, extra)
            sizes.append(layer(torch.zeros(1, 1, i, i)).shape[-1])
        if sizes == [9 * s, 12 * s]:
            found.append((p, extra))
    return found


def products_counted_by_loops(i, k, s):
    return sum(k * k for _ in range(i) for _ in range(i)), sum(k * k for _ in range(((i - 1) * s + k) ** 2))


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
        ("read_layer", layer_by_the_first_weights),
        ("read_layer", layer_by_trying_matrices),
        ("read_layer", lambda matrix, i, o: list(map(torch.tensor, layer_by_the_first_weights(matrix, i, o)))),
        ("unstamp", inputs_by_least_squares),
        ("unstamp", inputs_from_the_other_end),
        ("unstamp", inputs_by_triangular_rows),
        ("input_gradient", gradient_by_autograd),
        ("input_gradient", gradient_of_a_transposed_layer),
        ("input_gradient", gradient_by_stamping),
        ("multiplying_layers", layers_by_real_modules),
        ("multiplying_layers", lambda k, s: [[p, 2 * p + s - k] for p in range(k)[::-1] if k - s <= 2 * p < k]),
        (
            "multiplying_layers",
            lambda k, s: {((k - s + o) // 2, o) for o in range(s) if k - s + o in range(0, 2 * k, 2)},
        ),
        ("price_of_zeros", lambda i, k, s: [(i * k) ** 2, ((i * s - s + k) * k) ** 2]),
        ("price_of_zeros", products_counted_by_loops),
        ("price_of_zeros", lambda i, k, s: torch.tensor([i, i * s - s + k]).mul(k).square()),
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


def read(change):
    return lambda *case: change(*layer_by_the_first_weights(*case), *case)


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        (read(lambda k, s, *_: (s, k)), "order is turned round"),
        (read(lambda k, s, *_: (k * k, s)), "counted all weights"),
        (read(lambda k, s, m, i, o: (o * (k - 1) + k, s)), "length of the stamp in the COLUMN"),
        (read(lambda k, s, m, i, o: (int((m != 0).sum(dim=1).max()), s)), "a ROW of Cᵀ"),
        (read(lambda k, s, *_: (k, 1)), "stride is not always 1"),
        (read(lambda k, s, m, i, o: (k, o // i)), "for some layers only"),
        (read(lambda k, s, m, i, o: (k, s * o)), "first input of the SECOND row"),
        (lambda m, i, o: (o - i + 1, 1), "sizes alone do not tell"),
        (read(lambda k, s, *_: (k + 1, s)), "cases differ"),
        (read(lambda k, s, *_: None), "gave nothing back"),
    ],
)
def test_read_layer_names_the_mistake(wrong, words):
    assert re.search(words, complaint(check.read_layer, wrong))


def transposed(y, kernel, stride=1, padding=0):
    return F.conv_transpose2d(y[None, None], kernel[None, None], None, stride, padding)[0, 0]


def corners(sheet, kernel, stride):
    k = len(kernel)
    return sheet[: sheet.shape[0] - k + 1 : stride, : sheet.shape[1] - k + 1 : stride]


def convolved(sheet, kernel, stride):
    return F.conv2d(sheet[None, None], kernel[None, None], stride=stride)[0, 0]


def taken_off(sheet, kernel, stride, first=None, step=None, order=1, bare=False):
    k, rest = len(kernel), sheet.clone()
    step, first = step or stride, kernel[0, 0] if first is None else first
    y = torch.zeros([(side - k) // stride + 1 for side in sheet.shape])
    for a, b in list(itertools.product(*map(range, y.shape)))[::order]:
        y[a, b] = rest[a * stride, b * stride] / first
        rest[a * step : a * step + k, b * step : b * step + k] -= kernel * (1 if bare else y[a, b])
    return y


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        (lambda sheet, w, s: corners(sheet, w, s) / w[0, 0], "no stamp was taken off"),
        (corners, "numbers of the sheet"),
        (convolved, "transpose is no inverse"),
        (lambda sheet, w, s: convolved(sheet, w, s) / (w * w).sum(), "only where no stamps overlap"),
        (lambda sheet, w, s: taken_off(sheet, w, s, first=1), r"Divide by kernel\[0, 0\]"),
        (lambda sheet, w, s: taken_off(sheet, w, s, step=1), "1 square apart"),
        (lambda sheet, w, s: taken_off(sheet, w, s, bare=True), "took the bare kernel off"),
        (transposed, "stamped the sheet once more"),
        (lambda sheet, w, s: taken_off(sheet, torch.rot90(w, 2), s), "you turned the kernel"),
        (lambda sheet, w, s: taken_off(sheet, w, s, order=-1), "no stamp was taken off"),
        (lambda sheet, w, s: taken_off(sheet, w, s).T, "your answer is transposed"),
        (lambda sheet, w, s: taken_off(sheet, w, s)[None, None], r"shape is \(1, 1, H, W\)"),
        (lambda sheet, w, s: taken_off(sheet, w, s) + 1, "cases differ"),
    ],
)
def test_unstamp_names_the_mistake(wrong, words):
    assert re.search(words, complaint(check.unstamp, wrong))


def slid(g, kernel, shape, s, p, border=None, gap=None, ends=True, begins=False):
    k = len(kernel)
    bottom, right = ((side + 2 * p - k) % s for side in shape)
    spread = F.pad(insert_zeros(g, gap or s), [k - 1 - p if border is None else border] * 4)
    spread = F.pad(spread, [right * begins, right * ends, bottom * begins, bottom * ends])
    return F.conv2d(spread[None, None], kernel[None, None])[0, 0]


def cut_or_filled(g, w, shape, s, p):
    small = slid(g, w.flip(0, 1), shape, s, p, ends=False)
    filled = torch.zeros(shape)
    filled[: small.shape[0], : small.shape[1]] = small
    return filled


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        (slid, "kernel is not turned"),
        (lambda g, w, shape, s, p: slid(g, w, shape, s, p, ends=False), "two things"),
        (lambda g, w, shape, s, p: slid(g, w.T, shape, s, p), "must be TURNED"),
        (lambda g, w, shape, s, p: slid(g, w.flip(0, 1), shape, s, p, ends=False), "shape is not always that of x"),
        (
            lambda g, w, shape, s, p: slid(g, w.flip(0, 1), shape, s, p, ends=False, begins=True),
            "at the END of the padded picture",
        ),
        (cut_or_filled, "BEFORE you slide"),
        (lambda g, w, shape, s, p: slid(g, w.flip(0, 1), shape, s, p, border=p), "you padded with p"),
        (lambda g, w, shape, s, p: slid(g, w.flip(0, 1), shape, s, p, border=len(w) - 1), "k − 1 always"),
        (lambda g, w, shape, s, p: slid(g, w.flip(0, 1), shape, s, p, gap=1), "no zeros between"),
        (lambda g, w, shape, s, p: slid(g, w.flip(0, 1), shape, s, p, gap=s + 1), "s zeros between"),
        (lambda g, w, shape, s, p: torch.ones(shape) * w.sum(), "sum of the weights everywhere"),
        (lambda g, w, shape, s, p: gradient_by_stamping(g, w, shape, s, p)[None, None], r"shape is \(1, 1, H, W\)"),
        (lambda g, w, shape, s, p: gradient_by_stamping(g, w, shape, s, p) * 2, "cases differ"),
    ],
)
def test_input_gradient_names_the_mistake(wrong, words):
    assert re.search(words, complaint(check.input_gradient, wrong))


def pairs(low, high, shift=0, times=2):
    """(p, output_padding) with output_padding = times · p + s − k + shift, kept from low(s) to below high(s)."""

    def found(k, s):
        every = [(p, times * p + s - k + shift * s) for p in range(k + s)]
        return [(p, extra) for p, extra in every if low(s) <= extra < high(s)]

    return found


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        (pairs(lambda s: 0, lambda s: 1), "output_padding 0 only"),
        (pairs(lambda s: 0, lambda s: 999), "BELOW the stride"),
        (pairs(lambda s: 0, lambda s: s + 1), "as large as the stride"),
        (pairs(lambda s: -999, lambda s: s), "below 0 is not allowed"),
        (lambda k, s: [(p, k - s - 2 * p) for p in range(k) if 0 <= k - s - 2 * p < s], "sign of output_padding"),
        (pairs(lambda s: 0, lambda s: s, times=1), "padding once"),
        (pairs(lambda s: 0, lambda s: s, shift=-1), "counted i·s steps"),
        (lambda k, s: layers_by_real_modules(k, s)[:1], "one layer of several"),
        (lambda k, s: [(extra, p) for p, extra in layers_by_real_modules(k, s)], "order is turned round"),
        (lambda k, s: [] if k % s else layers_by_real_modules(k, s), "does not divide"),
        (lambda k, s: [pair for pair in layers_by_real_modules(k, s) if pair[0]], "padding 0 is allowed"),
        (lambda k, s: [(1, 0)], "cases differ"),
        (lambda k, s: (1, 0), r"your answer is \(1, 0\), but it should be \[\(1, 0\)\]"),
    ],
)
def test_multiplying_layers_names_the_mistake(wrong, words):
    assert re.search(words, complaint(check.multiplying_layers, wrong))


def prices(stamps, windows, each=lambda k: k * k):
    return lambda i, k, s: (stamps(i, (i - 1) * s + k, k, s) * each(k), windows(i, (i - 1) * s + k, k, s) * each(k))


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        (prices(lambda i, o, *_: o * o, lambda i, o, *_: i * i), "stamping first, then sliding"),
        (prices(lambda i, o, *_: i, lambda i, o, *_: o, lambda k: k), "along one side"),
        (prices(lambda i, o, *_: i * i, lambda i, o, *_: i * i), "every OUTPUT costs"),
        (prices(lambda i, o, *_: o * o, lambda i, o, *_: o * o), "every INPUT costs"),
        (prices(lambda i, o, *_: i * i, lambda i, o, k, s: (i * s) ** 2), "not i·s"),
        (prices(lambda i, o, *_: i * i, lambda i, o, k, s: (o - k + 1) ** 2), "squares of the zero-inserted input"),
        (prices(lambda i, o, *_: i * i, lambda i, o, k, s: max(0, o - 2 * k + 2) ** 2), "inside the zero-inserted"),
        (prices(lambda i, o, *_: i * i, lambda i, o, k, s: (o + k - 1) ** 2), "squares of the PADDED input"),
        (prices(lambda i, o, *_: i * i, lambda i, o, *_: o * o, lambda k: 1), "Each of them costs"),
        (prices(lambda i, o, *_: i * i, lambda i, o, *_: o * o - i * i), "only the wasted"),
        (prices(lambda i, o, *_: i * i, lambda i, o, *_: o), "cases differ"),
    ],
)
def test_price_of_zeros_names_the_mistake(wrong, words):
    assert re.search(words, complaint(check.price_of_zeros, wrong))


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


@pytest.mark.parametrize("name", ["read_layer", "multiplying_layers", "price_of_zeros", "overlap"])
def test_a_complaint_calls_the_learners_function_by_its_name(name):
    def my_own_name(*case):
        return [(0, 0)]

    assert "my_own_name(" in complaint(getattr(check, name), my_own_name)


def test_the_right_ladder_of_these_tests_is_right(capsys):
    check.my_ladders(lambda: RIGHT)
    assert "6 → 12 → 25 → 50" in capsys.readouterr().out


def test_the_lectures_numbers():
    """Slips 1 and 2 of the sources: the sizes that the exercises speak of."""
    assert list(itertools.accumulate((2, 1, 2, 2), lambda size, s: (size - 1) * s + 4, initial=1)) == [1, 4, 7, 16, 34]
    assert [three_blocks(28), three_blocks(34)] == [1, 2]


def test_the_matrix_that_exercise_2_shows_is_that_of_kernel_3_and_stride_2_and_not_the_only_one_of_its_sizes():
    shown = conv_matrix(torch.arange(1.0, 10).view(3, 3), (5, 5), stride=2).T
    assert layer_by_the_first_weights(shown, 2, 5) == (3, 2)
    other = conv_matrix(torch.ones(4, 4), (5, 5), stride=1).T
    assert other.shape == shown.shape and layer_by_the_first_weights(other, 2, 5) == (4, 1)


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
