"""Answers of learners: what a check says to them, and the answers that the course's own solutions give."""

import ast
import functools
import re
from collections.abc import Callable

import jupytext
import pytest

from authoring.notebooks import BLANK, number_of, scripts
from dcgan_course.checks.registry import Exercise
from dcgan_course.errors import CheckFailed


def complaint(check: Callable[..., None], *given: object) -> str:
    """What a check says against an answer. It is an error of the test if the answer passes."""
    with pytest.raises(CheckFailed) as caught:
        check(*given)
    return str(caught.value)


def praise(capsys: pytest.CaptureFixture[str], check: Callable[..., None], *given: object) -> str:
    """What a check says to an answer that passes. It is an error of the test if the answer does not."""
    capsys.readouterr()
    check(*given)
    said = capsys.readouterr().out
    assert said.startswith("✓")
    return said


def blank(*_: object, **__: object) -> None:
    """An exercise as a learner finds it."""
    raise NotImplementedError(re.search('"(.+)"', BLANK)[1])


def nothing(*_: object, **__: object) -> None:
    """A function that gives nothing back."""


class Cell:
    """One cell of code of a solution script: what it defines at its top level, and what it needs from others."""

    def __init__(self, source: str, metadata: dict) -> None:
        self.source, self.blank, self.check = source, metadata.get("exercise"), metadata.get("check")
        self.tree = ast.parse(source)
        names = [node for node in ast.walk(self.tree) if isinstance(node, ast.Name)]
        self.needs = {node.id for node in names if isinstance(node.ctx, ast.Load)}
        self.defines = {node.id for node in names if isinstance(node.ctx, ast.Store)}
        for node in self.tree.body:
            if isinstance(node, (ast.FunctionDef, ast.ClassDef)):
                self.defines.add(node.name)
            if isinstance(node, (ast.Import, ast.ImportFrom)):
                self.defines |= {alias.asname or alias.name.split(".")[0] for alias in node.names}


@functools.cache
def cells(lesson: str) -> list[Cell]:
    """The cells of code of a lesson's solution script."""
    (script,) = [path for path in scripts("solutions") if number_of(path) == lesson]
    found = jupytext.read(script, fmt="py:percent").cells
    return [Cell(cell.source, cell.metadata) for cell in found if cell.cell_type == "code"]


@functools.cache
def solution(exercise: Exercise) -> tuple[object, ...]:
    """What the solution notebook gives to the check of an exercise. Only the cells that this needs are run."""
    before = cells(exercise.lesson)
    (position,) = [index for index, cell in enumerate(before) if cell.check == exercise.id]
    call = before[position].tree.body[0].value
    needed, names = [], {node.id for argument in call.args for node in ast.walk(argument) if isinstance(node, ast.Name)}
    for cell in reversed(before[:position]):
        if names & cell.defines:
            needed.insert(0, cell)
            names = names - cell.defines | cell.needs
    space: dict[str, object] = {}
    for cell in needed:
        exec(cell.source, space)
    return tuple(eval(ast.unparse(argument), space) for argument in call.args)


def with_answers(exercise: Exercise, change: Callable[[Callable], object]) -> tuple[object, ...]:
    """The arguments of the check as in the solution notebook, each function of the learner changed."""
    return tuple(change(given) if callable(given) else given for given in solution(exercise))
