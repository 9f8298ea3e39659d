"""Exercises 1 to 3 of lesson 01: the size of a convolution, the convolution itself, and the padding that keeps it."""

from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor

from dcgan_course.checks.engine import Mistake, answer, describe, fail, judge, passed, same
from dcgan_course.checks.registry import exercise
from dcgan_course.convolution.arithmetic import conv_output_size

SIZE_MISTAKES = [
    Mistake(
        lambda i, k, s, p, d: (i + 2 * p - d * (k - 1) - 1) / s + 1,
        "you kept the rest of the division. A window cannot stand at half a place: round down, with // or ⌊ ⌋.",
    ),
    Mistake(
        lambda i, k, s, p, d: -(-(i + 2 * p - d * (k - 1) - 1) // s) + 1,
        "you rounded up. The last step does not fit any more, so its place does not exist: round down.",
    ),
    Mistake(
        lambda i, k, s, p, d: (i + 2 * p - d * (k - 1) - 1) // s,
        "the + 1 at the end is missing. You counted the steps; start 0 is a place too.",
    ),
    Mistake(
        lambda i, k, s, p, d: (i + p - d * (k - 1) - 1) // s + 1,
        "you counted the padding once. It stands on both sides, so the row is 2p longer.",
    ),
    Mistake(
        lambda i, k, s, p, d: (i - d * (k - 1) - 1) // s + 1,
        "you left the padding out. The window walks on the padded row, which has i + 2p squares.",
    ),
    Mistake(
        lambda i, k, s, p, d: (i + 2 * p - k) // s + 1,
        "you left the dilation out. With holes the window spans d·(k − 1) + 1 squares, not k.",
    ),
    Mistake(
        lambda i, k, s, p, d: (i + 2 * p - d * k) // s + 1,
        "your window spans d·k squares. Between k numbers there are only k − 1 gaps, so it spans d·(k − 1) + 1.",
    ),
    Mistake(
        lambda i, k, s, p, d: (i + 2 * p - d * (k - 1)) // s + 1,
        "the − 1 inside is missing. The span d·(k − 1) + 1 is subtracted as a whole, its + 1 as well.",
    ),
    Mistake(
        lambda i, k, s, p, d: i + 2 * p - d * (k - 1),
        "you left the stride out. Only every s-th start is used.",
    ),
]

# input_size, kernel_size, stride, padding, dilation
LAYERS = {
    "a": (28, 5, 1, 0, 1),
    "b": (28, 5, 1, 2, 1),
    "c": (64, 4, 2, 1, 1),
    "d": (28, 3, 2, 1, 1),
    "e": (10, 3, 1, 0, 3),
    "f": (11, 4, 3, 1, 2),
}


@exercise("1a · sizes by hand", id="conv-size-by-hand", points=1)
def sizes_by_hand(exercise: str, function: Callable[[], dict[str, int]]) -> None:
    """Check a dict of the six output sizes."""
    sizes = answer(exercise, function, ())
    if not isinstance(sizes, dict):
        fail(exercise, f"your answer is {describe(sizes)}, but it should be a dict with the keys a to f.")
    missing = [name for name in LAYERS if sizes.get(name) is None]
    if missing:
        fail(exercise, f"no size yet for {', '.join(missing)}.")
    for name, layer in LAYERS.items():
        if same(sizes[name], conv_output_size(*layer)):
            continue
        for mistake in SIZE_MISTAKES:
            if same(sizes[name], mistake.wrong(*layer)):
                fail(exercise, f"{name} is not {describe(sizes[name])}.\n  Hint: {mistake.hint}")
        fail(exercise, f"{name} is not {describe(sizes[name])}. Draw the row, and find the last start of the window.")
    passed(exercise, "all six are right.")


def _inputs(output: int, k: int, s: int, p: int, d: int) -> tuple[int, int]:
    smallest = (output - 1) * s + d * (k - 1) + 1 - 2 * p
    return smallest, smallest + s - 1


INPUT_MISTAKES = [
    Mistake(
        lambda o, k, s, p, d: (_inputs(o, k, s, p, d)[0],) * 2,
        "one size only. The division drops its rest: up to s − 1 further squares change nothing.",
    ),
    Mistake(
        lambda o, k, s, p, d: (_inputs(o, k, s, p, d)[0], _inputs(o, k, s, p, d)[0] + s),
        "the largest is one too large: with s squares more, one more window fits.",
    ),
    Mistake(
        lambda o, k, s, p, d: (_inputs(o + 1, k, s, p, d)[0], _inputs(o + 1, k, s, p, d)[1]),
        "there are o places, so o − 1 steps between them: (o − 1)·s, not o·s.",
    ),
    Mistake(
        lambda o, k, s, p, d: tuple(size + 2 * p for size in _inputs(o, k, s, p, d)),
        "this is the PADDED row. The picture is smaller by 2p.",
    ),
    Mistake(
        lambda o, k, s, p, d: tuple(size + 4 * p for size in _inputs(o, k, s, p, d)),
        "you added the padding. The padded row is i + 2p, so i is the row MINUS 2p.",
    ),
    Mistake(
        lambda o, k, s, p, d: tuple(size + p for size in _inputs(o, k, s, p, d)),
        "you took the padding off once. It stands on both sides: − 2p.",
    ),
    Mistake(
        lambda o, k, s, p, d: _inputs(o, k, s, p, 1),
        "you left the dilation out. With holes the last window spans d·(k − 1) + 1 squares, not k.",
    ),
    Mistake(
        lambda o, k, s, p, d: tuple(size - 1 for size in _inputs(o, k, s, p, d)),
        "a + 1 is missing: the last window spans d·(k − 1) + 1 squares.",
    ),
    Mistake(lambda o, k, s, p, d: _inputs(o, k, s, p, d)[::-1], "the order is turned: the smallest first."),
    Mistake(
        lambda o, k, s, p, d: (_inputs(o, k, s, p, d)[0] - s + 1, _inputs(o, k, s, p, d)[0]),
        "you went down from the smallest. Squares that are left over come on top of it.",
    ),
]


@exercise("1b · the way back", id="input-sizes", points=2)
def input_sizes(exercise: str, function: Callable[..., tuple[int, int]]) -> None:
    """Check which input sizes give an output size."""
    cases = [(3, 3, 2, 1, 1), (4, 3, 1, 0, 1), (5, 4, 2, 1, 1), (2, 5, 3, 2, 1), (3, 3, 4, 0, 2), (6, 2, 3, 1, 3)]
    judge(
        exercise,
        function,
        cases,
        _inputs,
        INPUT_MISTAKES,
        "s neighbouring sizes have the same output. Lesson 02 needs this for output_padding.",
    )


def _conv(picture: Tensor, kernel: Tensor, stride: int = 1, padding: int = 0) -> Tensor:
    return F.conv2d(picture[None, None], kernel[None, None], stride=stride, padding=padding)[0, 0]


def _padded_after_only(picture: Tensor, kernel: Tensor, stride: int, padding: int) -> Tensor:
    return _conv(F.pad(picture, (0, padding, 0, padding)), kernel, stride)


CONVOLVE_MISTAKES = [
    Mistake(
        lambda picture, kernel, stride, padding: _conv(picture, kernel.flip(0, 1), stride, padding),
        "you turned the kernel round. That is the convolution of mathematics; PyTorch does not turn it.",
    ),
    Mistake(
        lambda picture, kernel, stride, padding: _conv(picture, kernel.T, stride, padding),
        "rows and columns of the kernel are exchanged. The first index is the row, in picture and kernel alike.",
    ),
    Mistake(
        lambda picture, kernel, stride, padding: _conv(picture, kernel, 1, padding),
        "the stride has no effect. The window must start at 0, s, 2s, … : range(0, …, stride).",
    ),
    Mistake(
        lambda picture, kernel, stride, padding: _conv(picture, kernel, 1, padding)[::stride],
        "you use the stride for the rows only. It holds for the columns as well.",
    ),
    Mistake(
        lambda picture, kernel, stride, padding: _conv(picture, kernel, stride, 0),
        "the padding has no effect. Put the border around the picture before the window starts to walk.",
    ),
    Mistake(
        _padded_after_only,
        "you padded on the right and at the bottom only. F.pad wants (left, right, top, bottom).",
    ),
    Mistake(
        lambda picture, kernel, stride, padding: _conv(F.pad(picture, (padding, padding)), kernel, stride),
        "you padded left and right only. F.pad(picture, (p, p)) does not touch the rows: give it (p, p, p, p).",
    ),
    Mistake(
        lambda picture, kernel, stride, padding: _conv(picture, kernel, stride, padding)[None, None],
        "the numbers are right, but the shape is (1, 1, H, W). Give back (H, W), like the picture.",
    ),
]


@exercise("2 · a convolution by hand", id="convolve", points=3)
def convolve(exercise: str, function: Callable[..., Tensor]) -> None:
    """Check a convolution with stride and padding, beside F.conv2d."""
    generator = torch.Generator().manual_seed(0)
    settings = [(5, 5, 3, 1, 0), (5, 7, 3, 2, 0), (6, 6, 3, 1, 1), (7, 6, 2, 2, 2), (8, 5, 4, 3, 1), (4, 4, 1, 1, 0)]
    cases = []
    for height, width, kernel_size, stride, padding in settings:
        picture = torch.randint(-3, 4, (height, width), generator=generator).float()
        kernel = torch.randint(-3, 4, (kernel_size, kernel_size), generator=generator).float()
        cases.append((picture, kernel, stride, padding))
    judge(
        exercise,
        function,
        cases,
        _conv,
        CONVOLVE_MISTAKES,
        "equal to F.conv2d on 6 pictures, also on those that are not square.",
    )


def _same(kernel_size: int, dilation: int = 1) -> tuple[int, int]:
    total = dilation * (kernel_size - 1)
    return total // 2, total - total // 2


SAME_MISTAKES = [
    Mistake(
        lambda k, d: d * (k - 1) // 2 if d * (k - 1) % 2 == 0 else d * (k - 1) / 2,
        "give back a pair (before, after). For an even kernel the two sides differ, and half a square does not exist.",
    ),
    Mistake(
        lambda k, d: (k // 2, k // 2),
        "k // 2 on both sides is right only for odd k and dilation 1. With an even k the picture grows by 1.",
    ),
    Mistake(
        lambda k, d: (d * (k - 1) // 2, d * (k - 1) // 2),
        "both sides get the same, rounded down. With an even k the picture shrinks by 1: one side needs more.",
    ),
    Mistake(
        lambda k, d: ((k - 1) // 2, (k - 1) - (k - 1) // 2),
        "the dilation is missing. The window loses d·(k − 1) squares, not k − 1.",
    ),
    Mistake(
        lambda k, d: (d * (k - 1), d * (k - 1)),
        "you put the whole d·(k − 1) on each side. It is the sum of both sides.",
    ),
    Mistake(
        lambda k, d: (_same(k, d)[1], _same(k, d)[0]),
        "the extra square is in front. Both ways keep the size; PyTorch, and so this exercise, puts it behind.",
    ),
    Mistake(
        lambda k, d: (0, d * (k - 1)),
        "all the padding is behind. The size is kept, but the picture moves: each output square looks right only.",
    ),
    Mistake(
        lambda k, d: (d * (k - 1), 0),
        "all the padding is in front. The size is kept, but the picture moves: each output square looks left only.",
    ),
    Mistake(
        lambda k, d: (d * k // 2, d * k - d * k // 2),
        "you took d·k squares. A window of k squares has k − 1 gaps: it loses d·(k − 1).",
    ),
]


@exercise("3 · same padding", id="same-padding", points=2)
def same_padding(exercise: str, function: Callable[..., tuple[int, int]]) -> None:
    """Check how much padding before and after keeps the size."""
    cases = [(3, 1), (5, 1), (1, 1), (3, 2), (5, 3), (2, 1), (4, 1), (4, 2), (6, 3)]
    judge(exercise, function, cases, _same, SAME_MISTAKES, "right for odd and even kernels, with dilation too.")
