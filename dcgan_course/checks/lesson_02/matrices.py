"""Checks for the exercises of lesson 02. Each one knows the mistakes that learners really make here."""

import itertools

import torch
import torch.nn.functional as F

from dcgan_course.checks.engine import Mistake, answer, describe, fail, judge, passed
from dcgan_course.checks.lesson_02.ladders import answers_per_picture, lecture_strides, my_ladders, repaired_generator
from dcgan_course.convolution.arithmetic import conv_matrix, conv_output_size, conv_transpose_output_size, insert_zeros

__all__ = [
    "build_conv_matrix",
    "which_is_the_transpose",
    "by_stamping",
    "by_sliding",
    "transposed_size",
    "p_prime",
    "lecture_strides",
    "repaired_generator",
    "answers_per_picture",
    "my_ladders",
]


def _numbers(*shape):
    """A tensor of 1, 2, 3 …: no two places hold the same number, so no mistake hides."""
    return torch.arange(1.0, torch.Size(shape).numel() + 1).view(shape)


def _windows_next_to_each_other(kernel, input_shape, stride):
    """The right number of rows, but the window moves by 1."""
    rows, columns = conv_output_size(input_shape, tuple(kernel.shape), stride)
    every = conv_matrix(kernel, input_shape).view(
        -1, input_shape[1] - kernel.shape[1] + 1, input_shape[0] * input_shape[1]
    )
    return every[:rows, :columns].reshape(rows * columns, -1)


def _rows_as_long_as_the_output(kernel, input_shape, stride):
    """The column is counted with the width of the output."""
    rows, columns = conv_output_size(input_shape, tuple(kernel.shape), stride)
    matrix = torch.zeros(rows * columns, input_shape[0] * input_shape[1])
    for a, b, (u, v) in itertools.product(range(rows), range(columns), itertools.product(*map(range, kernel.shape))):
        matrix[a * columns + b, (a * stride + u) * columns + b * stride + v] = kernel[u, v]
    return matrix


MATRIX_MISTAKES = [
    Mistake(
        lambda kernel, shape, stride: conv_matrix(kernel, shape, stride).T,
        "this is Cᵀ. C has one row for each OUTPUT and one column for each input.",
    ),
    Mistake(
        lambda kernel, shape, stride: conv_matrix(kernel.flip(0, 1), shape, stride),
        "the kernel is turned by 180°. A row of C holds it as it is: w₁ comes first.",
    ),
    Mistake(
        lambda kernel, shape, stride: conv_matrix(kernel.flip(0), shape, stride),
        "the kernel stands upside down: its last row comes first. A row of C begins with the first row of the kernel.",
    ),
    Mistake(
        lambda kernel, shape, stride: conv_matrix(kernel, shape, stride).flip(0),
        "the rows of C are in reverse order. Row 1 is the window in the upper left corner.",
    ),
    Mistake(
        lambda kernel, shape, stride: conv_matrix(kernel, shape),
        "the stride has no effect. Only every s-th place of the window makes a row.",
    ),
    Mistake(
        _windows_next_to_each_other,
        "the number of rows is right, but the window moves by 1. Output (a, b) begins at row a·s, column b·s.",
    ),
    Mistake(
        lambda kernel, shape, stride: (
            conv_matrix(kernel, shape, stride).view(-1, *shape).transpose(1, 2).reshape(-1, shape[0] * shape[1])
        ),
        "you flattened the picture column by column. `x.flatten()` goes row by row: square (r, c) is number r·W + c.",
    ),
    Mistake(
        _rows_as_long_as_the_output,
        "you counted with the width of the OUTPUT. Square (r, c) is number r·W + c, where W is the width of the INPUT.",
    ),
]


def build_conv_matrix(function) -> None:
    """Check 1: C of a kernel on a picture, with stride."""
    settings = [((1, 2), (1, 3), 1), ((2, 2), (3, 3), 1), ((3, 3), (4, 4), 1), ((2, 3), (4, 5), 1), ((3, 2), (5, 6), 2)]
    judge(
        "1, build C",
        function,
        [(_numbers(*kernel_shape), shape, stride) for kernel_shape, shape, stride in settings],
        conv_matrix,
        MATRIX_MISTAKES,
        "right on 5 kernels and pictures; so C @ x.flatten() is F.conv2d.",
    )


def which_is_the_transpose(function) -> None:
    """Check 2: the letter of Cᵀ, and the view in which the turned kernel appears."""
    exercise = "2, which is Cᵀ?"
    given = answer(exercise, function, ())
    if not isinstance(given, (tuple, list)) or len(given) != 2 or not all(isinstance(part, str) for part in given):
        fail(exercise, f"your answer is {describe(given)}, but it should be two words, such as ('A', 'stamp').")
    letter, view = given[0].strip().upper(), given[1].strip().lower()
    if letter not in ("A", "B") or view not in ("stamp", "slide"):
        fail(exercise, f"your answer is {describe(given)}: the first is 'A' or 'B', the second 'stamp' or 'slide'.")
    if letter == "A":
        fail(
            exercise,
            "A is not Cᵀ.\n  Hint: column 1 of Cᵀ is row 1 of C. Which weight stands first in row 1 of C, w₁ or w₄? "
            "A is the transpose for the kernel turned by 180°.",
        )
    if view == "stamp":
        fail(
            exercise,
            "B is Cᵀ, but the view is not right.\n  Hint: a stamp is a COLUMN of Cᵀ. Read column 1 of B from top to "
            "bottom: w₁ comes first, so the kernel is not turned there. And in a row?",
        )
    passed(exercise, "B has the kernel as it is in its columns; its rows hold the turned kernel, which slides.")


def _transposed(y, kernel, stride=1, padding=0):
    return F.conv_transpose2d(y[None, None], kernel[None, None], stride=stride, padding=padding)[0, 0]


def _stamped(y, kernel, stride, padding, *, step=None, add=True):
    """Stamps as learners write them: with another step, or with = where += belongs."""
    k, step = len(kernel), stride if step is None else step
    sheet = torch.zeros(*((side - 1) * stride + k for side in y.shape))
    for row, column in itertools.product(*map(range, y.shape)):
        place = slice(row * step, row * step + k), slice(column * step, column * step + k)
        sheet[place] = y[row, column] * kernel + (sheet[place] if add else 0)
    return sheet[padding : sheet.shape[0] - padding, padding : sheet.shape[1] - padding]


SHAPE_HINT = "the numbers are right, but the shape is (1, 1, H, W). Give back (H, W), like y."
STAMP_MISTAKES = [
    Mistake(
        lambda y, kernel, stride, padding: _stamped(y, kernel, stride, padding, add=False),
        "a new stamp wipes out the one below it. Where stamps overlap they are ADDED: use +=, not =.",
    ),
    Mistake(
        lambda y, kernel, stride, padding: _stamped(y, kernel, stride, padding, step=1),
        "the stamps lie 1 square apart. Input (a, b) stamps at row a·s, column b·s.",
    ),
    Mistake(
        lambda y, kernel, stride, padding: _transposed(y, kernel, 1, padding),
        "the stride has no effect. Input (a, b) stamps at row a·s, column b·s, and the sheet is (H − 1)·s + k high.",
    ),
    Mistake(
        lambda y, kernel, stride, padding: _transposed(torch.ones_like(y), kernel, stride, padding),
        "every stamp is the bare kernel. Multiply it with the value of its input.",
    ),
    Mistake(
        lambda y, kernel, stride, padding: _transposed(y, kernel.flip(0, 1), stride, padding),
        "you turned the kernel. A stamp is the kernel as it is; only the SLIDING view needs it turned.",
    ),
    Mistake(
        lambda y, kernel, stride, padding: _transposed(y, kernel, stride),
        "the padding has no effect. It cuts p rows and columns off each side of the sheet.",
    ),
    Mistake(
        lambda y, kernel, stride, padding: F.pad(_transposed(y, kernel, stride), [padding] * 4),
        "you put p squares around the sheet. The padding of a transposed convolution CUTS p squares off each side.",
    ),
    Mistake(
        lambda y, kernel, stride, padding: _transposed(y, kernel, stride)[padding:, padding:],
        "you cut at the top and at the left only. Cut p on all four sides.",
    ),
    Mistake(
        lambda y, kernel, stride, padding: _transposed(y, kernel, stride)[padding:-padding, padding:-padding],
        "[p:-p] is empty when p is 0, because -0 is 0. Write sheet[p : height - p, p : width - p].",
    ),
    Mistake(lambda *case: _transposed(*case)[None, None], SHAPE_HINT),
]


def _cases():
    """Six inputs; the kernel also fits for somebody who slides over an input padded with p in place of p′."""
    settings = [(2, 2, 2, 1, 0), (2, 3, 3, 2, 0), (3, 2, 4, 2, 1), (3, 3, 3, 1, 1), (2, 3, 2, 3, 0), (3, 3, 3, 2, 2)]
    return [(_numbers(h, w), _numbers(k, k), stride, padding) for h, w, k, stride, padding in settings]


def by_stamping(function) -> None:
    """Check 3: a transposed convolution as a sum of stamps."""
    judge(
        "3, stamps",
        lambda y, kernel, stride, padding: function(y.clone(), kernel.clone(), stride, padding),
        _cases(),
        _transposed,
        STAMP_MISTAKES,
        "equal to F.conv_transpose2d on 6 inputs, with stride and padding.",
    )


def _slid(y, kernel, stride, padding, *, zeros=None, turned=None, p_prime=None, step=1):
    """The sliding view as learners write it: each part can be another one."""
    gap = stride if zeros is None else zeros + 1
    p_prime = len(kernel) - 1 - padding if p_prime is None else p_prime
    spread = F.pad(insert_zeros(y, gap), [p_prime] * 4)
    turned = kernel.flip(0, 1) if turned is None else turned
    return F.conv2d(spread[None, None], turned[None, None], stride=step)[0, 0]


SLIDE_MISTAKES = [
    Mistake(
        lambda y, w, s, p: _slid(y, w, s, p, turned=w),
        "the kernel is not turned. This view needs it turned by 180°: kernel.flip(0, 1).",
    ),
    Mistake(
        lambda y, w, s, p: _slid(y, w, s, p, turned=w.flip(0)),
        "the kernel is flipped up and down only. Turning by 180° flips both directions: kernel.flip(0, 1).",
    ),
    Mistake(
        lambda y, w, s, p: _slid(y, w, s, p, turned=w.flip(1)),
        "the kernel is flipped left and right only. Turning by 180° flips both directions: kernel.flip(0, 1).",
    ),
    Mistake(
        lambda y, w, s, p: _slid(y, w, s, p, turned=w.T),
        "you transposed the kernel (rows for columns). It must be TURNED by 180°: kernel.flip(0, 1).",
    ),
    *(
        Mistake(
            lambda y, w, s, p, quarters=quarters: _slid(y, w, s, p, turned=w.rot90(quarters)),
            "the kernel is turned by 90° only. torch.rot90(kernel) turns once; turn twice: torch.rot90(kernel, 2) is "
            "the same as kernel.flip(0, 1).",
        )
        for quarters in (1, 3)
    ),
    Mistake(
        lambda y, w, s, p: _slid(y, w, s, p, p_prime=p),
        "you padded with the argument p. The zero-inserted input is padded with p′ = k − 1 − p.",
    ),
    Mistake(
        lambda y, w, s, p: _slid(y, w, s, p, p_prime=len(w) - 1),
        "you always padded with k − 1. The padding argument makes it smaller: p′ = k − 1 − p.",
    ),
    Mistake(
        lambda y, w, s, p: _slid(y, w, s, p, p_prime=len(w) - p),
        "you padded with k − p, one too many. The first window overlaps the input in one square: p′ = k − 1 − p.",
    ),
    Mistake(
        lambda y, w, s, p: _slid(y, w, s, p, zeros=s),
        "you put s zeros between the inputs. They shall stand s apart, so there are s − 1 zeros between them.",
    ),
    Mistake(
        lambda y, w, s, p: _slid(y, w, s, p, zeros=0),
        "there are no zeros between the inputs. Put s − 1 between them, in both directions.",
    ),
    Mistake(
        lambda y, w, s, p: _slid(y, w, s, p, step=s),
        "you slid with stride s. The stride is in the inserted zeros already: the window moves by 1.",
    ),
    Mistake(lambda *case: _transposed(*case)[None, None], SHAPE_HINT),
]


def by_sliding(function) -> None:
    """Check 4: a transposed convolution as a turned kernel that slides over a zero-inserted, padded input."""
    judge(
        "4, sliding",
        lambda y, kernel, stride, padding: function(y.clone(), kernel.clone(), stride, padding),
        _cases(),
        _transposed,
        SLIDE_MISTAKES,
        "equal to F.conv_transpose2d on 6 inputs, with stride and padding.",
    )


SIZE_MISTAKES = [
    Mistake(
        lambda i, k, s, p, extra, d: (i + 2 * p - d * (k - 1) - 1) // s + 1,
        "this is the size of a CONVOLUTION. Think in stamps: (i − 1)·s from first to last, then one whole stamp.",
    ),
    Mistake(
        lambda i, k, s, p, extra, d: (i - 1) * s - 2 * p + d * (k - 1) + 1,
        "output_padding is missing. It is added at the end, once.",
    ),
    Mistake(
        lambda i, k, s, p, extra, d: (i - 1) * s - 2 * p + d * (k - 1) + 2 * extra + 1,
        "you added output_padding twice. It works at one end only: at the right, and at the bottom.",
    ),
    Mistake(
        lambda i, k, s, p, extra, d: (i - 1) * s - 2 * p + k,
        "this is right for dilation 1 and output_padding 0 only: a stamp spans d(k − 1) + 1; add output_padding.",
    ),
    Mistake(
        lambda i, k, s, p, extra, d: (i - 1) * s - 2 * p + k + extra,
        "the dilation is missing. A dilated stamp covers d·(k − 1) + 1 squares, not k.",
    ),
    Mistake(
        lambda i, k, s, p, extra, d: (i - 1) * s - 2 * p + d * k + extra,
        "your stamp covers d·k squares. Between k weights there are k − 1 gaps, so it covers d·(k − 1) + 1.",
    ),
    Mistake(
        lambda i, k, s, p, extra, d: (i - 1) * s - 2 * p + d * (k - 1) + extra,
        "the + 1 is missing. A stamp of d·(k − 1) steps covers d·(k − 1) + 1 squares.",
    ),
    Mistake(
        lambda i, k, s, p, extra, d: i * s - 2 * p + d * (k - 1) + extra + 1,
        "you counted i·s. From the first of i stamps to the last there are i − 1 steps.",
    ),
    Mistake(
        lambda i, k, s, p, extra, d: i * s,
        "i·s is right for some layers only, such as kernel 4, stride 2, padding 1. Think in stamps: (i − 1)·s from the "
        "first to the last, then one whole stamp; the kernel counts, too.",
    ),
    Mistake(
        lambda i, k, s, p, extra, d: (i - 1) * s - p + d * (k - 1) + extra + 1,
        "you cut the padding once. It is cut at both ends: 2p.",
    ),
    Mistake(
        lambda i, k, s, p, extra, d: (i - 1) * s + 2 * p + d * (k - 1) + extra + 1,
        "you added the padding. Here it makes the output SMALLER: − 2p.",
    ),
]


def transposed_size(function) -> None:
    """Check 5: the size as a function of six numbers."""
    cases = [
        (1, 4, 1, 0, 0, 1),
        (4, 4, 2, 1, 0, 1),
        (2, 3, 2, 0, 0, 1),
        (3, 3, 2, 1, 1, 1),
        (6, 3, 3, 1, 1, 1),
        (5, 3, 1, 0, 0, 2),
        (4, 3, 2, 2, 1, 3),
        (7, 2, 4, 1, 3, 2),
    ]
    judge(
        "5, size",
        function,
        cases,
        conv_transpose_output_size,
        SIZE_MISTAKES,
        "right on 8 layers, with dilation and output_padding.",
    )


P_PRIME_MISTAKES = [
    Mistake(
        lambda k, p, d: p,
        "you gave back the argument. It is p of the convolution that is transposed; p′ = d·(k − 1) − p.",
    ),
    Mistake(
        lambda k, p, d: k - 1 - p,
        "the dilation is missing. The kernel reaches d·(k − 1) squares further than its first weight.",
    ),
    Mistake(
        lambda k, p, d: d * (k - 1) + 1 - p,
        "one too many. The first window overlaps the input in ONE square, so d·(k − 1) of its squares lie outside.",
    ),
    Mistake(
        lambda k, p, d: k - p,
        "k − p is one too many already without dilation: the first window overlaps the input in ONE square, so k − 1 "
        "of its squares lie outside. With dilation it is d·(k − 1).",
    ),
    Mistake(
        lambda k, p, d: p - d * (k - 1),
        "the sign is turned. A larger argument p cuts more off the output, so p′ becomes smaller.",
    ),
    Mistake(
        lambda k, p, d: max(0, d * (k - 1) - p),
        "you stopped at 0. If p is larger than d·(k − 1), p′ is negative: the zero-inserted input is cut.",
    ),
    Mistake(
        lambda k, p, d: abs(d * (k - 1) - p), "p′ can be negative: then the zero-inserted input is cut. Keep the sign."
    ),
    Mistake(
        lambda k, p, d: d * (k - 1),
        "the argument p is missing. Each square that p cuts off the output is one zero less.",
    ),
]


def p_prime(function) -> None:
    """Check 6: from the padding argument to p′."""
    judge(
        "6, p and p′",
        function,
        [(3, 0, 1), (3, 2, 1), (3, 1, 1), (4, 1, 1), (5, 2, 2), (4, 0, 3), (3, 3, 1)],
        lambda k, p, d: d * (k - 1) - p,
        P_PRIME_MISTAKES,
        "argument 0 is p′ = 2 for a kernel of 3, and argument 2 is p′ = 0.",
    )
