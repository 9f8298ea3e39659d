"""What every exercise promises: a friendly blank, no pass for nothing, a right solution, and one title everywhere."""

import contextlib
import functools
import random
import re
import sys
from collections.abc import Callable, Iterator

import nbformat
import numpy as np
import pytest
import torch

from authoring.notebooks import from_script, scripts
from dcgan_course.checks.registry import Exercise, all_exercises
from tests.helpers.answers import blank, complaint, nothing, solution, with_answers


def shared_state() -> list[object]:
    """What a check must leave alone, as things that compare."""
    numbers = [random.getstate(), repr(np.random.get_state()), torch.get_rng_state().tolist()]
    modes = [torch.is_grad_enabled(), torch.is_inference_mode_enabled(), torch.is_anomaly_enabled()]
    modes += [torch.is_autocast_enabled("cpu"), torch.get_default_device(), torch.get_float32_matmul_precision()]
    return [*numbers, torch.get_default_dtype(), torch.get_num_threads(), *modes, np.geterr()]


@contextlib.contextmanager
def default(dtype: torch.dtype) -> Iterator[None]:
    before = torch.get_default_dtype()
    torch.set_default_dtype(dtype)
    try:
        yield
    finally:
        torch.set_default_dtype(before)


@contextlib.contextmanager
def two_threads() -> Iterator[None]:
    before = torch.get_num_threads()
    torch.set_num_threads(2)
    try:
        yield
    finally:
        torch.set_num_threads(before)


LEFT_BEHIND: dict[str, Callable[[], list[contextlib.AbstractContextManager[object]]]] = {
    "no grad, float16, NumPy raises": lambda: [torch.no_grad(), default(torch.float16), np.errstate(all="raise")],
    "inference mode, float64, two threads": lambda: [torch.inference_mode(), default(torch.float64), two_threads()],
    "autocast, another device": lambda: [torch.autocast("cpu", torch.bfloat16), torch.device("meta")],
}


def blank_without_text(*_: object, **__: object) -> None:
    raise NotImplementedError()


def flooding(*_: object, **__: object) -> str:
    print("x" * 2_000_000)
    return "y" * 2_000_000


def spoiling(answer):
    """An answer that changes all that a process shares, and then goes wrong."""

    @functools.wraps(answer)
    def spoilt(*given, **named):
        random.seed(1), np.random.seed(1), torch.manual_seed(1)
        torch.set_default_dtype(torch.float64), torch.set_num_threads(2), torch.set_grad_enabled(False)
        raise KeyError("spoilt")

    return spoilt


def notebook(lesson: str) -> nbformat.NotebookNode:
    (script,) = [path for path in scripts("solutions") if path.stem.startswith(lesson)]
    return from_script(script)


@pytest.mark.parametrize("exercise", all_exercises(), ids=lambda each: f"{each.lesson}-{each.id}")
class TestEveryExercise:
    def test_the_blank_is_friendly(self, exercise: Exercise):
        said = complaint(exercise.check, *with_answers(exercise, lambda answer: blank))
        assert said.startswith(f"✗ {exercise.title}: not written yet. Replace `raise NotImplementedError(...)`")

    def test_nothing_is_no_answer(self, exercise: Exercise):
        said = complaint(exercise.check, *with_answers(exercise, lambda answer: nothing))
        assert said.startswith(f"✗ {exercise.title}: ") and re.search(r"\b(nothing|None)\b", said), said
        said = complaint(exercise.check, *with_answers(exercise, lambda answer: None))
        assert said.startswith(f"✗ {exercise.title}: the check was given None.")

    @pytest.mark.parametrize("nonsense", ["seven", 7, [], torch.zeros(())], ids=["text", "number", "list", "tensor"])
    def test_nonsense_gets_a_sentence(self, exercise: Exercise, nonsense: object):
        said = complaint(exercise.check, *with_answers(exercise, lambda answer: lambda *_, **__: nonsense))
        assert said.startswith(f"✗ {exercise.title}: ")

    def test_its_solution_passes_and_what_the_process_shares_is_left_alone(self, exercise: Exercise, capsys):
        given, before = solution(exercise), shared_state()
        capsys.readouterr()
        exercise.check(*given)
        assert capsys.readouterr().out.startswith(f"✓ {exercise.title}: ")
        assert shared_state() == before

    @pytest.mark.parametrize("left", LEFT_BEHIND)
    def test_its_solution_passes_whatever_the_notebook_left_behind(self, exercise: Exercise, left: str, capsys):
        given = solution(exercise)
        capsys.readouterr()
        with contextlib.ExitStack() as notebook:
            for state in LEFT_BEHIND[left]():
                notebook.enter_context(state)
            before = shared_state()
            exercise.check(*given)
            assert shared_state() == before
        assert capsys.readouterr().out.startswith(f"✓ {exercise.title}: ")

    def test_what_nbgrader_puts_in_place_of_an_answer_is_a_blank_too(self, exercise: Exercise):
        said = complaint(exercise.check, *with_answers(exercise, lambda answer: blank_without_text))
        assert said.startswith(f"✗ {exercise.title}: not written yet.")

    def test_an_answer_that_prints_and_gives_megabytes_floods_nothing(self, exercise: Exercise, capsys):
        said = complaint(exercise.check, *with_answers(exercise, lambda answer: flooding))
        shown = "".join(capsys.readouterr())
        assert said.startswith(f"✗ {exercise.title}: ") and len(said) < 4_000
        assert shown.startswith("xxx") and len(shown) < 2_200 and "more characters; they are left out" in shown

    def test_an_answer_that_exits_is_judged(self, exercise: Exercise):
        said = complaint(exercise.check, *with_answers(exercise, lambda answer: lambda *_, **__: sys.exit(3)))
        assert said.startswith(f"✗ {exercise.title}: ") and "SystemExit" in said

    def test_after_an_error_it_is_left_alone_too(self, exercise: Exercise):
        given, before = with_answers(exercise, spoiling), shared_state()
        assert complaint(exercise.check, *given).startswith(f"✗ {exercise.title}: your function raised KeyError")
        assert shared_state() == before

    def test_it_stands_in_the_notebook_under_its_id_points_and_title(self, exercise: Exercise):
        above = []
        for cell in notebook(exercise.lesson).cells:
            mark = cell.metadata.get("nbgrader", {})
            if mark.get("grade_id") == exercise.id:
                break
            above.append(cell.source)
        heading, label = rf"^## {re.escape(exercise.title)}$", rf"^\*\*{re.escape(exercise.title)}[.?]?\*\*"
        assert re.search(f"{heading}|{label}", "\n".join(above), re.MULTILINE | re.IGNORECASE), exercise.title
        marks = [cell.metadata.get("nbgrader", {}) for cell in notebook(exercise.lesson).cells]
        (check,) = [mark for mark in marks if mark.get("grade_id") == f"{exercise.id}-check"]
        assert check["grade"] and check["points"] == exercise.points


def test_ids_and_titles_name_one_exercise_each():
    every = all_exercises()
    assert len({each.id for each in every}) == len(every)
    assert len({(each.lesson, each.number) for each in every}) == len(every)


def test_titles_have_one_style():
    for each in all_exercises():
        name = each.title.split(" · ")[1]
        assert not re.match(r"[A-Z][a-z]", name) and len(name) <= 40 and not name.endswith("."), each.title
