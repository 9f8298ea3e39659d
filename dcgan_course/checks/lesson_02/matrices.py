"""Exercises 1 and 2 of lesson 02: the matrix C of a convolution, and what its transpose tells."""

import functools
import itertools
from collections.abc import Callable

import torch
from torch import Tensor

from dcgan_course.checks.engine import Mistake, judge
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


READ_CASES = [(2, 3, 2), (3, 2, 1), (2, 2, 3), (3, 3, 2), (4, 3, 1), (3, 1, 2)]  # input size, kernel size, stride


def _transposed_matrix(input_size: int, kernel_size: int, stride: int) -> tuple[Tensor, int, int]:
    """Return Cᵀ of a layer without padding, with weights 1, 2, 3 …, and the sizes of its input and output."""
    output_size = (input_size - 1) * stride + kernel_size
    kernel = counted(kernel_size, kernel_size)
    return conv_matrix(kernel, (output_size, output_size), stride).T, input_size, output_size


def _read(matrix: Tensor, input_size: int, output_size: int) -> tuple[int, int]:
    """The kernel size and the stride, from where the first two stamps lie."""
    first, second = matrix[:, 0].nonzero(), matrix[:, 1].nonzero()
    return round(len(first) ** 0.5), int(second[0, 0] - first[0, 0])


READ_MISTAKES = [
    Mistake(lambda *case: _read(*case)[::-1], "the order is turned round: (kernel_size, stride)."),
    Mistake(
        lambda *case: (_read(*case)[0] ** 2, _read(*case)[1]),
        "you counted all weights of a stamp. A stamp of k × k squares has k² of them; give k.",
    ),
    Mistake(
        lambda matrix, i, o: (int(matrix[:, 0].nonzero()[-1, 0]) + 1, _read(matrix, i, o)[1]),
        "you took the length of the stamp in the COLUMN. Rows of the output lie one behind the other there: lay the "
        "column out as output_size × output_size squares first.",
    ),
    Mistake(
        lambda matrix, i, o: (max(int((row != 0).sum()) for row in matrix), _read(matrix, i, o)[1]),
        "a ROW of Cᵀ tells which inputs reach one output. The kernel lies in a column: what one input stamps.",
    ),
    Mistake(
        lambda matrix, i, o: (_read(matrix, i, o)[0], 1),
        "the stride is not always 1. By how many squares is the stamp of input 1 shifted against that of input 0?",
    ),
    Mistake(
        lambda matrix, i, o: (_read(matrix, i, o)[0], o // i),
        "output_size / input_size is the stride for some layers only: the last stamp is a whole one. Look where the "
        "second stamp begins.",
    ),
    Mistake(
        lambda matrix, i, o: (_read(matrix, i, o)[0], int(matrix[:, i].nonzero()[0, 0])),
        "column input_size is the first input of the SECOND row: its stamp lies lower, and rows of the output are "
        "output_size long. Compare columns 0 and 1.",
    ),
    Mistake(
        lambda matrix, i, o: (o - i + 1, 1),
        "with stride 1 this layer would fit both sizes. Many layers do: sizes alone do not tell. Read the matrix.",
    ),
]


@exercise("2 · the layer behind a matrix", id="read-matrix", points=1)
def read_layer(exercise: str, function: Callable[..., tuple[int, int]]) -> None:
    """Check kernel size and stride as they are read off Cᵀ."""

    @functools.wraps(function)
    def pair(*case: object) -> tuple[int, ...] | None:
        given = function(*case)
        return None if given is None else tuple(int(number) for number in given)

    judge(
        exercise,
        pair,
        [_transposed_matrix(*sizes) for sizes in READ_CASES],
        _read,
        READ_MISTAKES,
        "read off 6 matrices, also where other layers have the same sizes.",
    )
