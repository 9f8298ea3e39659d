"""Exercise 5 of lesson 01: the six edge convolutions, predicted without running them."""

from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor

from dcgan_course.checks.engine import answer, describe, fail, passed
from dcgan_course.checks.registry import exercise

Row = tuple[int, int, int, float]

# name of the row → kernel width, stride, padding, value in the padding
ROWS: dict[str, Row] = {
    "3x3": (3, 1, 0, 0.0),
    "4x4": (4, 1, 0, 0.0),
    "5x5": (5, 1, 0, 0.0),
    "3x3, stride 2": (3, 2, 0, 0.0),
    "3x3, padding 1 with zeros": (3, 1, 1, 0.0),
    "3x3, padding 1 with ones": (3, 1, 1, 1.0),
}


BAR, HALF = slice(2, 4), slice(0, 3)  # the bright columns: of the exercise, and of the lesson


def _edges(
    width: int, stride: int, padding: int, padding_value: float, flip: bool = False, bright: slice = BAR
) -> Tensor:
    """(H, W) in float64: a 6×6 picture with some bright columns under the vertical edge kernel."""
    picture = torch.zeros(6, 6, dtype=torch.float64)
    picture[:, bright] = 1
    kernel = torch.zeros(width, width, dtype=torch.float64)
    kernel[:, 0], kernel[:, -1] = 1 / width, -1 / width
    if flip:
        kernel = kernel.flip(0, 1)
    padded = F.pad(picture, (padding,) * 4, value=padding_value)
    return F.conv2d(padded[None, None], kernel[None, None], stride=stride)[0, 0]


def _alike(got: Tensor, want: Tensor, tolerance: float = 5e-3) -> bool:
    return got.shape == want.shape and bool(torch.allclose(got, want, rtol=0, atol=tolerance))


def _hint(got: Tensor, row: Row) -> str:
    """Name the idea behind a wrong table; an empty text where none is known."""
    width, stride, padding, padding_value = row
    want = _edges(*row)
    if _alike(got, want * width):
        return f"the division is missing: the kernel is divided by its width, {width}."
    if _alike(got, want * width / width**2):
        return f"you divided by {width}·{width}. The kernel is divided by its width, {width}, only."
    if _alike(got, _edges(*row, flip=True)):
        return (
            "every sign is the other way. The kernel is not turned: 1 is on the left, so bright on the left gives plus."
        )
    if _alike(got, _edges(*row, bright=HALF)):
        return "this is the lesson's picture, bright on the left. Here only the two columns in the middle are bright."
    if padding and _alike(got, want[1:-1].mean(0).expand(*want.shape)):
        return (
            "the first and the last row differ from the others: there one row of the window lies on the padding, and "
            + ("with zeros only two of three rows count." if padding_value == 0 else "all ones give 1 − 1 = 0 in it.")
        )
    if padding and _alike(got, _edges(width, stride, 0, 0.0)):
        return "this is the output without padding. The padded picture is 8 × 8."
    if padding and _alike(got, _edges(width, stride, padding, 1 - padding_value)):
        return f"you padded with {1 - padding_value:.0f}. Here the border holds {padding_value:.0f}."
    if stride > 1 and _alike(got, _edges(width, 1, padding, padding_value)):
        return f"this is the output of stride 1. With stride {stride} only every {stride}nd start is used."
    if _alike(got, want, tolerance=0.07):
        return "almost. Two thirds is 0.667; write 2 / 3 and let Python divide. (.6 is the slip of a source.)"
    if got.shape != want.shape:
        return (
            f"the size is {tuple(got.shape)}. Count the starts of a window of {width} on {6 + 2 * padding} squares"
            + (f", in steps of {stride}." if stride > 1 else ".")
        )
    return ""


@exercise("5 · the table of edges", id="table-of-edges", points=3)
def table_of_edges(exercise: str, function: Callable[[], dict[str, list[list[float]]]]) -> None:
    """Check a dict with the output of each convolution as a list of rows."""
    table = answer(exercise, function, ())
    if not isinstance(table, dict):
        fail(exercise, f"your answer is {describe(table)}, but it should be a dict from a name to a list of rows.")
    missing = [name for name in ROWS if name not in table]
    if missing:
        fail(exercise, f"no answer yet for {', '.join(repr(name) for name in missing)}.")
    for name, row in ROWS.items():
        try:
            got = torch.as_tensor(table[name], dtype=torch.float64)
        except (ValueError, TypeError):
            fail(exercise, f"{name!r} is not a table: give a list of rows, all of one length, that hold numbers.")
        if got.ndim != 2:
            fail(
                exercise, f"{name!r} has {got.ndim} dimensions. Give every row of the output, also where all are alike."
            )
        want = _edges(*row)
        if _alike(got, want):
            continue
        hint = _hint(got, row)
        if not hint:
            where = (got - want).abs().flatten().argmax().item()
            line, column = divmod(where, want.shape[1])
            hint = f"look at row {line + 1}, column {column + 1}: which squares lie under the window there?"
        fail(exercise, f"{name!r} is not right yet.\n  Hint: {hint}")
    passed(exercise, "all six, as F.conv2d computes them.")
