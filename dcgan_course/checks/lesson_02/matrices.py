"""Exercises 1 and 2 of lesson 02: the matrix C of a convolution, and its transpose."""

import itertools
from collections.abc import Callable

import torch
from torch import Tensor

from dcgan_course.checks.engine import Mistake, answer, describe, fail, judge, passed
from dcgan_course.checks.registry import exercise
from dcgan_course.convolution.arithmetic import conv_matrix, conv_output_size

Shape = tuple[int, int]


def counted(*shape: int) -> Tensor:
    """A tensor of 1, 2, 3 …: no two places hold the same number, so no mistake hides."""
    return torch.arange(1.0, torch.Size(shape).numel() + 1).view(shape)


def _windows_next_to_each_other(kernel: Tensor, input_shape: Shape, stride: int) -> Tensor:
    """The right number of rows, but the window moves by 1."""
    rows, columns = (conv_output_size(side, k, stride) for side, k in zip(input_shape, kernel.shape, strict=True))
    every = conv_matrix(kernel, input_shape).view(
        -1, input_shape[1] - kernel.shape[1] + 1, input_shape[0] * input_shape[1]
    )
    return every[:rows, :columns].reshape(rows * columns, -1)


def _rows_as_long_as_the_output(kernel: Tensor, input_shape: Shape, stride: int) -> Tensor:
    """The column is counted with the width of the output."""
    rows, columns = (conv_output_size(side, k, stride) for side, k in zip(input_shape, kernel.shape, strict=True))
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


@exercise("1 · build C", id="build-c", points=3)
def build_conv_matrix(exercise: str, function: Callable[..., Tensor]) -> None:
    """Check C of a kernel on a picture, with stride."""
    settings = [((1, 2), (1, 3), 1), ((2, 2), (3, 3), 1), ((3, 3), (4, 4), 1), ((2, 3), (4, 5), 1), ((3, 2), (5, 6), 2)]
    judge(
        exercise,
        function,
        [(counted(*kernel_shape), shape, stride) for kernel_shape, shape, stride in settings],
        conv_matrix,
        MATRIX_MISTAKES,
        "right on 5 kernels and pictures; so C @ x.flatten() is F.conv2d.",
    )


@exercise("2 · the letter of Cᵀ", id="which-transpose", points=1)
def which_is_the_transpose(exercise: str, function: Callable[[], tuple[str, str]]) -> None:
    """Check the letter of Cᵀ, and the view in which the turned kernel appears."""
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
