"""Exercises 3 and 4 of lesson 02: a transposed convolution as stamps, and as a kernel that slides."""

import itertools
from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor

from dcgan_course.checks.engine import Mistake, judge
from dcgan_course.checks.lesson_02.matrices import counted
from dcgan_course.checks.registry import exercise
from dcgan_course.convolution.arithmetic import insert_zeros


def _transposed(y: Tensor, kernel: Tensor, stride: int = 1, padding: int = 0) -> Tensor:
    return F.conv_transpose2d(y[None, None], kernel[None, None], stride=stride, padding=padding)[0, 0]


def _stamped(
    y: Tensor, kernel: Tensor, stride: int, padding: int, *, step: int | None = None, add: bool = True
) -> Tensor:
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


def _cases() -> list[tuple[Tensor, Tensor, int, int]]:
    """Six inputs; the kernel also fits for somebody who slides over an input padded with p in place of p′."""
    settings = [(2, 2, 2, 1, 0), (2, 3, 3, 2, 0), (3, 2, 4, 2, 1), (3, 3, 3, 1, 1), (2, 3, 2, 3, 0), (3, 3, 3, 2, 2)]
    return [(counted(h, w), counted(k, k), stride, padding) for h, w, k, stride, padding in settings]


@exercise("3 · stamps", id="stamps", points=3)
def by_stamping(exercise: str, function: Callable[..., Tensor]) -> None:
    """Check a transposed convolution as a sum of stamps."""
    judge(
        exercise,
        function,
        _cases(),
        _transposed,
        STAMP_MISTAKES,
        "equal to F.conv_transpose2d on 6 inputs, with stride and padding.",
    )


def _slid(
    y: Tensor,
    kernel: Tensor,
    stride: int,
    padding: int,
    *,
    zeros: int | None = None,
    turned: Tensor | None = None,
    p_prime: int | None = None,
    step: int = 1,
) -> Tensor:
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


@exercise("4 · sliding", id="slide", points=3)
def by_sliding(exercise: str, function: Callable[..., Tensor]) -> None:
    """Check a transposed convolution as a turned kernel that slides over a zero-inserted, padded input."""
    judge(
        exercise,
        function,
        _cases(),
        _transposed,
        SLIDE_MISTAKES,
        "equal to F.conv_transpose2d on 6 inputs, with stride and padding.",
    )
