"""The exercises of the course: each is registered where its check stands, and everything else reads them from here."""

import functools
import importlib
import inspect
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Concatenate, ParamSpec

from dcgan_course.checks.engine import describe, describe_error, fail
from dcgan_course.checks.process_state import put_back
from dcgan_course.checks.surroundings import known_state, short_output
from dcgan_course.errors import CheckFailed, InvalidValue

Answers = ParamSpec("Answers")
UNREADABLE = "the check could not judge what you gave back"
TITLE = re.compile(r"[1-9]\d*[a-z]? · \S.*")


@dataclass(frozen=True)
class Exercise:
    """One exercise: what a learner reads, what nbgrader stores, and who judges it."""

    title: str  # "4a · the generator that never learns"
    id: str  # "detached-fake"
    points: int
    lesson: str  # "04" or "07b"
    check: Callable[..., None]  # what learners call; it raises CheckFailed, or prints a line with ✓

    @property
    def number(self) -> tuple[int, str]:
        """What its title begins with, to be sorted by: (4, "a")."""
        number = self.title.partition(" · ")[0]
        letter = number.lstrip("0123456789")
        return int(number.removesuffix(letter)), letter


_registered: dict[str, Exercise] = {}  # by id


def exercise(
    title: str, *, id: str, points: int
) -> Callable[[Callable[Concatenate[str, Answers], None]], Callable[Answers, None]]:
    """Register a check as an exercise of the lesson in whose folder it stands.

    The check is called without its first argument, which is the title: `check.generator_loss(function)`. It works in
    the state that checks need, whatever the notebook left behind, and leaves everything as it was (`surroundings`).

    Raises:
        InvalidValue: the title has no number, the points are below 1, or the id belongs to another check.
    """
    if not TITLE.fullmatch(title) or points < 1:
        raise InvalidValue(f"the exercise is {title!r} with {points} points; write '4a · its name', and at least 1.")

    def register(check: Callable[Concatenate[str, Answers], None]) -> Callable[Answers, None]:
        shown = inspect.signature(check)

        @functools.wraps(check)
        def judged(*answers: Answers.args, **named: Answers.kwargs) -> None:
            shown.bind(title, *answers, **named)  # a call with too few arguments is no answer
            with put_back(), known_state(), short_output():
                if answers and not callable(answers[0]):
                    given = describe(answers[0])
                    fail(title, f"the check was given {given}. Give it your function, without calling it.")
                try:
                    check(title, *answers, **named)
                except CheckFailed:
                    raise
                except Exception as error:  # noqa: BLE001  an answer may give back anything
                    said = f"{type(error).__name__}: {describe_error(error)}"
                    fail(title, f"{UNREADABLE} ({said}). Look at the type and the shape of what you give back.")

        taken = _registered.get(id)
        if taken and (taken.check.__module__, taken.check.__name__) != (check.__module__, check.__name__):
            raise InvalidValue(f"{id!r} is the id of {taken.title!r} already; give {title!r} another one.")
        vars(judged)["__signature__"] = shown.replace(parameters=list(shown.parameters.values())[1:])
        lesson = check.__module__.removeprefix(f"{__package__}.lesson_").partition(".")[0]
        _registered[id] = Exercise(title, id, points, lesson, judged)
        return judged

    return register


def exercises(lesson: str) -> list[Exercise]:
    """Return the exercises of a lesson, such as "04", in order of their numbers; none where it has no checks."""
    if lesson not in _lessons():
        return []
    importlib.import_module(f"{__package__}.lesson_{lesson}")
    return sorted((each for each in _registered.values() if each.lesson == lesson), key=lambda each: each.number)


def all_exercises() -> list[Exercise]:
    """Return the exercises of all lessons, in order."""
    return [each for lesson in _lessons() for each in exercises(lesson)]


def _lessons() -> list[str]:
    """The numbers of the lessons that have checks: "01", …, "07", "07b", …"""
    return sorted(folder.name.removeprefix("lesson_") for folder in Path(__file__).parent.glob("lesson_[0-9][0-9]*"))
