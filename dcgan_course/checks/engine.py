"""How an answer is judged: beside an oracle, and beside the mistakes that learners really make.

A mistake is written down as code: a wrong answer that computes what a learner with that idea computes. When
the learner's answer disagrees with the oracle but agrees with a mistake on every case, the check knows which
idea it is, and says so. A message that only says "wrong" teaches nothing.
"""

import copy
import inspect
import math
import numbers
import sysconfig
import traceback
from collections.abc import Callable, Mapping, Sequence, Set
from dataclasses import dataclass
from typing import Any, Never, SupportsFloat

import torch
from PIL.Image import Image
from torch import Tensor

from dcgan_course.checks import surroundings
from dcgan_course.checks.surroundings import TooLong, libraries_as_they_are, tell, time_limit
from dcgan_course.errors import CheckFailed, wrapped

BLANK = "replace this line"  # so begins the text that a blank raises; PyTorch raises NotImplementedError, too
LIBRARIES = tuple(sysconfig.get_path(name) for name in ("stdlib", "platstdlib", "purelib", "platlib"))
DEEPEST = 8  # lists in lists in an answer; the deepest right one has three
QUOTED = 300  # characters of an answer that are quoted; an error may have twice as many
LONGEST = 3_000  # of a whole message


@dataclass(frozen=True)
class Mistake:
    """A wrong idea: `wrong(*case)` computes what somebody with that idea answers; `hint` says why it is wrong."""

    wrong: Callable[..., Any]
    hint: str


def same(got: object, want: object, tolerance: float = 1e-4) -> bool:
    """Tell whether two answers agree: numbers and tensors within `tolerance`, sequences item by item."""
    if isinstance(want, Tensor):
        if not isinstance(got, Tensor) or got.shape != want.shape:
            return False
        if got.is_floating_point() != want.is_floating_point():
            return False
        return bool(torch.allclose(got.double(), want.double(), rtol=tolerance, atol=tolerance))
    if isinstance(want, (list, tuple)):
        if not isinstance(got, (list, tuple)) or len(got) != len(want):
            return False
        return all(same(one, other, tolerance) for one, other in zip(got, want, strict=True))
    if isinstance(want, str):
        return isinstance(got, str) and got == want
    if isinstance(want, bool) or want is None:
        return type(got) is type(want) and got == want
    if isinstance(got, Tensor) and got.numel() == 1:
        got = got.item()
    if not isinstance(got, numbers.Real) or isinstance(got, bool) or not isinstance(want, SupportsFloat):
        return False
    try:
        got, want = float(got), float(want)
    except OverflowError:  # a whole number with hundreds of digits
        return False
    return got == want or (math.isfinite(want) and abs(got - want) <= tolerance * max(1, abs(want)))


def one_float(got: object) -> float | None:
    """Return an answer that is one float, or a tensor of one number, as a float; None for any other."""
    if isinstance(got, Tensor) and got.numel() == 1 and not got.is_complex():
        got = got.item()
    return float(got) if isinstance(got, float) else None


def describe(value: object) -> str:
    """Write an answer so that it fits into a sentence, whatever it is."""
    try:
        return shortened(_described(value))
    except Exception:  # noqa: BLE001  an answer may hold anything: whole numbers too long to print, a broken __repr__
        return f"something of type {type(value).__name__} that cannot be printed"


def shortened(text: str, longest: int = QUOTED) -> str:
    """Cut the middle out of a text that is too long to be quoted."""
    if len(text) <= longest:
        return text
    return f"{text[: longest // 2]} … ({len(text) - 2 * (longest // 2):,} characters) … {text[-(longest // 2) :]}"


def _described(value: object) -> str:
    if isinstance(value, Tensor):
        if value.numel() <= 9:
            value = value.detach()
            rounded = torch.round(value.double(), decimals=3) if value.is_floating_point() else value
            return f"{rounded.tolist()} (shape {tuple(value.shape)})"
        return f"a tensor of shape {tuple(value.shape)}"
    if isinstance(value, Image):
        return f"a picture {value.width}×{value.height}"
    if isinstance(value, numbers.Real) and not isinstance(value, bool):  # NumPy's numbers are such, too
        return str(int(value)) if isinstance(value, numbers.Integral) else f"{float(value):.4g}"
    if isinstance(value, (tuple, list)) and any(isinstance(item, Tensor) for item in value):
        return f"({', '.join(map(describe, value))})"
    text = repr(value)
    return type(value).__name__ if "\n" in text else text  # a network or an optimiser fills many lines


def describe_error(error: BaseException) -> str:
    """Write what an error says so that it fits into a sentence."""
    try:
        return shortened(str(error), 2 * QUOTED)
    except Exception:  # noqa: BLE001  a learner's own error may be broken, too
        return "(its text cannot be printed)"


def _call(function: Callable[..., object], case: Sequence[object]) -> str:
    """Write a call with the names that the function gives its arguments: size(input_size=3, stride=2)."""
    values = [describe(item) for item in case]
    try:
        names = list(inspect.signature(function).bind(*case).arguments)
    except (TypeError, ValueError):  # another number of arguments, or a function without a signature
        names = []
    if len(names) == len(values):
        values = [f"{name}={value}" for name, value in zip(names, values, strict=True)]
    name = getattr(function, "__name__", "<lambda>")
    return f"{'' if name == '<lambda>' else name}({', '.join(values)})"


def fail(exercise: str, message: str) -> Never:
    """Raise CheckFailed with the line a learner reads; whatever it quotes, it stays short enough to be read."""
    raise CheckFailed(f"✗ {exercise}: {shortened(message, LONGEST)}")


def passed(exercise: str, message: str) -> None:
    """Print the line a learner hopes for."""
    tell(wrapped(f"✓ {exercise}: {shortened(message, LONGEST)}"))


def answer(exercise: str, function: Callable[..., object], case: Sequence[object]) -> Any:
    """Call a learner's function on one case. Turns the blank and any exception into a readable CheckFailed.

    An answer that does not end, or that replaces a function of torch, NumPy or Python, is refused, and what it replaced
    is put back. So is a tensor that cannot be compared: one without numbers, or a sparse one.
    """
    try:
        with libraries_as_they_are() as replaced, time_limit():
            given = function(*case)
    except TooLong:
        fail(
            exercise,
            f"your function was still at work after {surroundings.SECONDS} seconds, so it was stopped: "
            f"{_call(function, case)}. Does every loop come to its end?",
        )
    except (Exception, SystemExit) as error:  # noqa: BLE001  whatever the learner's code raises is the finding
        if _is_blank(error):
            fail(
                exercise,
                "not written yet. Replace `raise NotImplementedError(...)` with your answer and run the cell again.",
            )
        said = describe_error(error)
        fail(exercise, f"your function raised {type(error).__name__} for {_call(function, case)}: {said}")
    if unusual := _unusual(given, {tensor.device for tensor in case if isinstance(tensor, Tensor)}):
        fail(exercise, f"your function gave back {unusual} for {_call(function, case)}.")
    if replaced:
        fail(
            exercise,
            f"your function replaces {', '.join(replaced[:3])}: then nothing that is computed with it can be trusted, "
            "also not the check. It was put back. Write a function with a name of its own.",
        )
    return given


def _unusual(given: object, devices: Set[torch.device], depth: int = 0) -> str | None:
    """Name what in an answer no check can compare; None if there is nothing such.

    Args:
        given: the answer. devices: of the tensors that the function was given. depth: of lists around it.
    """
    if isinstance(given, Tensor):
        if given.is_meta and given.device not in devices:
            return "a tensor on the device 'meta', which holds a shape and no numbers"
        if given.layout != torch.strided or given.is_nested:
            return "a sparse or nested tensor; an ordinary one is asked for: `.to_dense()`"
        return None
    if isinstance(given, (list, tuple, dict)):
        if depth == DEEPEST:
            return f"lists in lists, more than {DEEPEST} deep"
        inside = given.values() if isinstance(given, dict) else given
        return next(filter(None, (_unusual(item, devices, depth + 1) for item in inside)), None)
    return None


def _is_blank(error: BaseException) -> bool:
    """Tell whether an error is that of a blank: the course's own, or one without text, such as nbgrader's stub raises.

    Libraries raise one without text, too: then the answer is wrong, not missing.
    """
    if not isinstance(error, NotImplementedError):
        return False
    *_, (frame, _) = traceback.walk_tb(error.__traceback__)
    return str(error).startswith(BLANK) or not (str(error) or frame.f_code.co_filename.startswith(LIBRARIES))


def judge(
    exercise: str,
    function: Callable[..., object],
    cases: Sequence[Sequence[object]],
    oracle: Callable[..., object],
    mistakes: Sequence[Mistake] = (),
    praise: str = "",
    tolerance: float = 1e-4,
    alone: Mapping[int, str] | None = None,
) -> None:
    """Compare a learner's function with an oracle on every case.

    Args:
        exercise: its name, as the learner sees it. function: the learner's.
        cases: argument tuples. The learner's function gets a copy of each, which it may spoil; the oracle must not.
        oracle: the right function. mistakes: tried in order when the answer is wrong.
        praise: said after a pass: what was shown by passing.
        alone: {number of a case: hint}, given where this case alone differs and no mistake explains it.

    Raises:
        CheckFailed: not written, raised an error, or differs from the oracle; the message names the first case
            that differs, both answers, and the hint of the first mistake that explains every answer.
    """
    got = [answer(exercise, function, copy.deepcopy(case)) for case in cases]
    want = [oracle(*case) for case in cases]
    wrong = [i for i in range(len(cases)) if not same(got[i], want[i], tolerance)]
    if not wrong:
        passed(exercise, praise or f"right on all {len(cases)} cases.")
        return
    first = wrong[0]
    shown = _call(function, cases[first])
    if got[first] is None:
        fail(exercise, f"your function gave nothing back for {shown}. Does it end with `return`?")
    message = f"for {shown} {_difference(got[first], want[first], tolerance)}."
    for mistake in mistakes:
        if all(same(got[i], _quiet(mistake.wrong, cases[i]), tolerance) for i in range(len(cases))):
            fail(exercise, f"{message}\n  Hint: {mistake.hint}")
    if alone and wrong == [first] and first in alone:
        fail(exercise, f"{message}\n  Hint: {alone[first]}")
    fail(exercise, f"{message} ({len(wrong)} of {len(cases)} cases differ.)")


def _difference(got: object, want: object, tolerance: float) -> str:
    """Say what an answer is and should be; of a large tensor of the right shape, the first number that differs."""
    of_got = of_want = ""
    if isinstance(got, Tensor) and isinstance(want, Tensor) and got.shape == want.shape:
        if got.is_floating_point() != want.is_floating_point():
            of_got, of_want = f" of {got.dtype}", f" of {want.dtype}"
        elif want.numel() > 9:
            wrong = ~torch.isclose(got.double(), want.double(), rtol=tolerance, atol=tolerance)
            place = tuple(wrong.nonzero()[0].tolist())
            return (
                f"{int(wrong.sum())} of {want.numel()} numbers differ, the first at {list(place)}: "
                f"yours is {got[place].item():.4g}, but it should be {want[place].item():.4g}"
            )
    return f"your answer is {describe(got)}{of_got}, but it should be {describe(want)}{of_want}"


def _quiet(wrong: Callable[..., object], case: Sequence[object]) -> object:
    """What a mistake answers; None where even the mistaken idea cannot answer."""
    try:
        return wrong(*case)
    except (ArithmeticError, ValueError, TypeError, RuntimeError, IndexError):
        return None
