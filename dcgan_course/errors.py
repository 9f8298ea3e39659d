"""The errors of the course. Each is one sentence: what was given, what is allowed, what to do.

In a notebook they show that sentence alone. The traceback would point into the package, and the
reader's mistake is never there.
"""

import numbers
import reprlib
import textwrap
from typing import SupportsInt, TypeGuard


def wrapped(message: str) -> str:
    """Break the lines of a message between words, so that a narrow page does not break them inside."""
    lines = message.splitlines()
    return "\n".join(textwrap.fill(line, 100, subsequent_indent="  ", break_long_words=False) for line in lines)


def one_line(error: BaseException) -> str:
    """Return an error of somebody else in one line: its type, and the beginning of what it says."""
    words = " ".join([f"{type(error).__name__}:", *str(error).split()]).removesuffix(":")
    return words if len(words) <= 200 else f"{words[:200]} …"


class _OneSentence:
    def _render_traceback_(self) -> list[str]:
        """What IPython shows in place of a traceback."""
        return [wrapped(f"{type(self).__name__}: {self}")]


class InvalidValue(_OneSentence, ValueError):
    """An argument has a value that cannot work. The message names the argument and what is allowed."""


class DataNotFound(_OneSentence, FileNotFoundError):
    """Pictures that were asked for are not on this machine and could not be fetched."""


class CheckpointError(_OneSentence, RuntimeError):
    """A checkpoint is damaged, is not ours, or belongs to other networks."""


class TrainingDiverged(_OneSentence, ArithmeticError):
    """A loss is no longer a finite number. What was saved before is still there."""


class CheckFailed(_OneSentence, AssertionError):
    """An exercise's answer is not right yet. The message says why, as far as the check can tell."""

    def _render_traceback_(self) -> list[str]:
        return [wrapped(str(self))]


LARGEST_WHOLE = 2**53
LARGEST_SEED = 2**32 - 1  # the order of an epoch is drawn from seed · 1,000,003 + epoch, which must stay below 2⁶³


def is_whole(value: object) -> TypeGuard[SupportsInt]:
    """Tell whether a value is a whole number: Python's or NumPy's, but neither True nor False nor 3.0."""
    return isinstance(value, numbers.Integral) and not isinstance(value, bool)


def whole_number(name: str, value: object, lowest: int = 1, highest: int | None = None) -> int:
    """Return a whole number as Python's own int, so that it prints, compares and is stored alike everywhere.

    Args:
        name: as the caller knows it. lowest, highest: what is allowed, both included; None: up to LARGEST_WHOLE, beyond
            which a float no longer tells two neighbours apart, and far beyond which it overflows.

    Raises:
        InvalidValue: it is no whole number, or outside.
    """
    end = LARGEST_WHOLE if highest is None else highest
    if is_whole(value) and lowest <= int(value) <= end:
        return int(value)
    too_large = is_whole(value) and int(value) > end
    allowed = f"from {lowest} to {end:,}" if too_large or highest is not None else f"of at least {lowest}"
    raise InvalidValue(f"{name} is {reprlib.repr(value)}, but it must be a whole number {allowed}.")


def pair_of_sides(name: str, value: object, lowest: int = 1) -> tuple[int, int]:
    """Return (height, width) of what is given: one whole number for both, or a pair of them.

    Raises:
        InvalidValue: it is neither, or a side is below `lowest`.
    """
    sides = tuple(value) if isinstance(value, (tuple, list)) else (value, value)
    if len(sides) != 2 or not all(is_whole(side) and lowest <= int(side) <= LARGEST_WHOLE for side in sides):
        raise InvalidValue(
            f"{name} is {reprlib.repr(value)}, but it must be a whole number of at least {lowest}, "
            f"or a pair (height, width) of such numbers, and no side above {LARGEST_WHOLE:,}."
        )
    return int(sides[0]), int(sides[1])


def seed_number(seed: object, name: str = "seed") -> int:
    """Return a seed as Python's own int.

    Raises:
        InvalidValue: it is not a whole number from 0 to LARGEST_SEED.
    """
    return whole_number(name, seed, 0, LARGEST_SEED)
