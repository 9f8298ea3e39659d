"""Exercises 3 and 4 of lesson 02: stamps taken off again, and the gradient of a convolution by sliding."""

import itertools
from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor

from dcgan_course.checks.engine import Mistake, judge
from dcgan_course.checks.lesson_02.matrices import counted
from dcgan_course.checks.registry import exercise
from dcgan_course.convolution.arithmetic import insert_zeros

SHAPE_HINT = "the numbers are right, but the shape is (1, 1, H, W). Give back (H, W)."


def _taken_off(
    sheet: Tensor, kernel: Tensor, stride: int, *, divide: bool = True, times: bool = True, step: int | None = None
) -> Tensor:
    """Stamps as learners take them off: with each part as another one."""
    k, step = len(kernel), stride if step is None else step
    height, width = ((side - k) // stride + 1 for side in sheet.shape)
    rest, y = sheet.clone(), torch.zeros(height, width)
    for a, b in itertools.product(range(height), range(width)):
        y[a, b] = rest[a * stride, b * stride] / (kernel[0, 0] if divide else 1)
        rest[a * step : a * step + k, b * step : b * step + k] -= (y[a, b] if times else 1) * kernel
    return y


def _products(sheet: Tensor, kernel: Tensor, stride: int) -> Tensor:
    """C times the sheet, which many take for the inverse."""
    return F.conv2d(sheet[None, None], kernel[None, None], stride=stride)[0, 0]


STAMP_MISTAKES = [
    Mistake(
        lambda sheet, w, s: sheet[: sheet.shape[0] - len(w) + 1 : s, : sheet.shape[1] - len(w) + 1 : s] / w[0, 0],
        "no stamp was taken off. At the corner of a stamp there may be squares of stamps before it, too: subtract "
        "each stamp as soon as you know its input.",
    ),
    Mistake(
        lambda sheet, w, s: sheet[: sheet.shape[0] - len(w) + 1 : s, : sheet.shape[1] - len(w) + 1 : s],
        "these are the numbers of the sheet. Each is an input TIMES the first weight, and what other stamps added.",
    ),
    Mistake(
        _products,
        "this is C times the sheet. It brings the SHAPE back, not the numbers: the transpose is no inverse.",
    ),
    Mistake(
        lambda sheet, w, s: _products(sheet, w, s) / w.square().sum(),
        "C times the sheet, divided by the sum of the squared weights, is right only where no stamps overlap.",
    ),
    Mistake(
        lambda sheet, w, s: _taken_off(sheet, w, s, divide=False),
        "the corner of a stamp holds input · w₁. Divide by kernel[0, 0].",
    ),
    Mistake(
        lambda sheet, w, s: _taken_off(sheet, w, s, times=False),
        "you took the bare kernel off. A stamp is the kernel TIMES its input.",
    ),
    Mistake(
        lambda sheet, w, s: F.conv_transpose2d(sheet[None, None], w[None, None], stride=s)[0, 0],
        "you stamped the sheet once more, and it grew. Here stamps must go.",
    ),
    Mistake(
        lambda sheet, w, s: _taken_off(sheet, w, s, step=1),
        "you took the stamps off 1 square apart. The stamp of input (a, b) begins at row a·s, column b·s.",
    ),
    Mistake(
        lambda sheet, w, s: _taken_off(sheet, w.flip(0, 1), s),
        "you turned the kernel. A stamp is the kernel as it is, with w₁ in its corner.",
    ),
    Mistake(
        lambda sheet, w, s: _taken_off(sheet.T, w.T, s),
        "your answer is transposed: rows and columns of y are exchanged.",
    ),
    Mistake(lambda *case: _taken_off(*case)[None, None], SHAPE_HINT),
]


def _sheets() -> list[tuple[Tensor, Tensor, int]]:
    """Sums of stamps of 1, 2, 3 …; the first weight is a power of two, so that divisions are exact."""
    square, large = torch.tensor([[4.0, 1], [3, 2]]), torch.tensor([[8.0, 1, 2], [3, 5, 1], [2, 7, 4]])
    settings = [(2, 2, square, 1), (2, 3, square, 2), (3, 2, large, 2), (3, 3, large, 1), (2, 3, square, 3)]
    sheets = []
    for height, width, kernel, stride in settings:
        y = counted(height, width)
        sheets.append((F.conv_transpose2d(y[None, None], kernel[None, None], stride=stride)[0, 0], kernel, stride))
    return sheets


@exercise("3 · take the stamps off", id="unstamp", points=3)
def unstamp(exercise: str, function: Callable[..., Tensor]) -> None:
    """Check the inputs that are found again under their stamps."""
    judge(
        exercise,
        function,
        _sheets(),
        _taken_off,
        STAMP_MISTAKES,
        "found again in 5 sheets, also where stamps overlap.",
    )


def _gradient(
    g: Tensor,
    kernel: Tensor,
    shape: tuple[int, int],
    stride: int,
    padding: int,
    *,
    turned: Tensor | None = None,
    border: int | None = None,
    gap: int | None = None,
    rest: str = "end",
) -> Tensor:
    """The gradient as learners write it: each part can be another one."""
    k = len(kernel)
    border = k - 1 - padding if border is None else border
    bottom, right = ((side + 2 * padding - k) % stride for side in shape)
    sides = {"end": (0, right, 0, bottom), "start": (right, 0, bottom, 0), "none": (0, 0, 0, 0)}[rest]
    spread = F.pad(F.pad(insert_zeros(g, stride if gap is None else gap), [border] * 4), sides)
    turned = kernel.flip(0, 1) if turned is None else turned
    return F.conv2d(spread[None, None], turned[None, None])[0, 0]


def _squeezed(g: Tensor, kernel: Tensor, shape: tuple[int, int], stride: int, padding: int) -> Tensor:
    """The gradient without what is left over, then zeros in its place."""
    short = _gradient(g, kernel, shape, stride, padding, rest="none")
    return F.pad(short, (0, shape[1] - short.shape[1], 0, shape[0] - short.shape[0]))


GRADIENT_MISTAKES = [
    Mistake(
        lambda g, w, shape, s, p: _gradient(g, w, shape, s, p, turned=w),
        "the kernel is not turned. A kernel that slides over gradients must be turned by 180°: kernel.flip(0, 1).",
    ),
    Mistake(
        lambda g, w, shape, s, p: _gradient(g, w, shape, s, p, turned=w, rest="none"),
        "two things: the kernel is not turned by 180°, kernel.flip(0, 1), and the shape is not always that of x. What "
        "the convolution left over needs so many zeros more at the bottom and at the right.",
    ),
    Mistake(
        lambda g, w, shape, s, p: _gradient(g, w, shape, s, p, turned=w.T),
        "you transposed the kernel (rows for columns). It must be TURNED by 180°: kernel.flip(0, 1).",
    ),
    Mistake(
        lambda g, w, shape, s, p: _gradient(g, w, shape, s, p, rest="none"),
        "the shape is not always that of x. Where the last window of the convolution left squares over, these squares "
        "need a gradient, too: pad so many zeros more at the bottom and at the right.",
    ),
    Mistake(
        lambda g, w, shape, s, p: _gradient(g, w, shape, s, p, rest="start"),
        "what is left over lies at the END of the padded picture. You put the additional zeros at the top and left.",
    ),
    Mistake(
        _squeezed,
        "you put zeros where the convolution left squares over. With padding they are not all unused: some lie under "
        "the last window. Pad the spread gradients BEFORE you slide.",
    ),
    Mistake(
        lambda g, w, shape, s, p: _gradient(g, w, shape, s, p, border=p),
        "you padded with p. The gradients are padded with p′ = k − 1 − p.",
    ),
    Mistake(
        lambda g, w, shape, s, p: _gradient(g, w, shape, s, p, border=len(w) - 1),
        "you padded with k − 1 always. What the convolution padded is no part of x: p′ = k − 1 − p.",
    ),
    Mistake(
        lambda g, w, shape, s, p: _gradient(g, w, shape, s, p, gap=1),
        "there are no zeros between the gradients. Neighbouring outputs belong to windows that are s squares apart.",
    ),
    Mistake(
        lambda g, w, shape, s, p: _gradient(g, w, shape, s, p, gap=s + 1),
        "you put s zeros between the gradients. They shall stand s apart, so there are s − 1 zeros between them.",
    ),
    Mistake(
        lambda g, w, shape, s, p: torch.full(shape, float(w.sum())),
        "this is the sum of the weights everywhere. A square of x counts once in each window that it lies in, with "
        "another weight, and each window has its own gradient.",
    ),
    Mistake(lambda *case: _gradient(*case)[None, None], SHAPE_HINT),
]


def _wanted(g: Tensor, kernel: Tensor, shape: tuple[int, int], stride: int, padding: int) -> Tensor:
    x = torch.zeros(1, 1, *shape, requires_grad=True)
    with torch.enable_grad():
        out = F.conv2d(x, kernel[None, None], stride=stride, padding=padding)
        (gradient,) = torch.autograd.grad(out, x, g[None, None])
    return gradient[0, 0]


def _gradients() -> list[tuple[Tensor, Tensor, tuple[int, int], int, int]]:
    """Pictures, kernels, strides and paddings; the last four leave squares over in one or both directions."""
    settings = [(3, 3, 2, 1, 0), (4, 5, 3, 1, 1), (5, 5, 3, 2, 1), (6, 5, 3, 2, 1), (7, 6, 2, 3, 0), (5, 7, 4, 2, 2)]
    cases = []
    for height, width, k, stride, padding in settings:
        rows, columns = ((side + 2 * padding - k) // stride + 1 for side in (height, width))
        cases.append((counted(rows, columns), counted(k, k), (height, width), stride, padding))
    return cases


@exercise("4 · the gradient of a convolution", id="input-gradient", points=3)
def input_gradient(exercise: str, function: Callable[..., Tensor]) -> None:
    """Check the gradient of a convolution with respect to its input, by sliding."""
    judge(
        exercise,
        function,
        _gradients(),
        _wanted,
        GRADIENT_MISTAKES,
        "equal to autograd on 6 convolutions, also where squares are left over.",
    )
