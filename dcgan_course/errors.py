"""The errors of the course. Each is one sentence: what was given, what is allowed, what to do.

In a notebook they show that sentence alone. The traceback would point into the package, and the
reader's mistake is never there.
"""

import textwrap


def wrapped(message: str) -> str:
    """Break the lines of a message between words, so that a narrow page does not break them inside."""
    lines = message.splitlines()
    return "\n".join(textwrap.fill(line, 100, subsequent_indent="  ", break_long_words=False) for line in lines)


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


def refuse_below_one(**sizes: int):
    """Raise InvalidValue for the first named value that is not a whole number of at least 1."""
    for name, value in sizes.items():
        if not isinstance(value, int) or isinstance(value, bool) or value < 1:
            raise InvalidValue(f"{name} is {value!r}, but it must be a whole number of at least 1.")
