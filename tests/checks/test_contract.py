"""What every exercise promises: a friendly blank, no pass for nothing, a right solution, and one title everywhere."""

import contextlib
import functools
import gc
import io
import os
import random
import re
import sys
import warnings
from collections.abc import Callable, Iterator

import matplotlib.pyplot as plt
import nbformat
import numpy as np
import pytest
import torch
from torch import nn

from authoring.notebooks import from_script, number_of, scripts
from dcgan_course.checks.registry import UNREADABLE, Exercise, all_exercises
from tests.helpers.answers import blank, complaint, nothing, solution, with_answers


def shared_state() -> list[object]:
    """What a check must leave alone, as things that compare."""
    numbers = [random.getstate(), repr(np.random.get_state()), torch.get_rng_state().tolist()]
    process = [dict(os.environ), os.getcwd(), list(sys.path), sys.getrecursionlimit(), gc.isenabled()]
    process += [warnings.filters[:], np.get_printoptions(), repr(torch.tensor(1 / 3)), plt.rcParams.copy()]
    modes = [torch.is_grad_enabled(), torch.is_inference_mode_enabled(), torch.is_anomaly_enabled()]
    modes += [torch.is_autocast_enabled("cpu"), torch.get_default_device(), torch.get_float32_matmul_precision()]
    return [*numbers, *process, torch.get_default_dtype(), torch.get_num_threads(), *modes, np.geterr()]


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
        os.environ["SPOILT"] = "1"
        os.chdir("/"), sys.path.clear(), sys.setrecursionlimit(5_000), gc.disable(), warnings.simplefilter("error")
        (
            np.set_printoptions(precision=1),
            torch.set_printoptions(precision=1),
            plt.rcParams.update({"lines.linewidth": 9}),
        )
        raise KeyError("spoilt")

    return spoilt


class Broken:
    """Something that raises whatever is asked of it."""

    __hash__ = None

    def refuse(self, *_: object) -> None:
        raise RuntimeError("broken")

    __eq__ = __bool__ = __float__ = __repr__ = __len__ = __iter__ = refuse


def endless() -> list[object]:
    """A list that holds itself."""
    own: list[object] = []
    own.append(own)
    return own


NONSENSE: dict[str, Callable[[], object]] = {
    "text": lambda: "seven",
    "number": lambda: 7,
    "list": lambda: [],
    "tensor": lambda: torch.zeros(()),
    "nan": lambda: float("nan"),
    "infinite": lambda: float("inf"),
    "complex": lambda: 1j,
    "a number of 400 digits": lambda: 10**400,
    "bytes": lambda: b"x",
    "nan in a tensor": lambda: torch.full((3,), float("nan")),
    "complex tensor": lambda: torch.zeros(3, dtype=torch.complex64),
    "meta": lambda: torch.zeros(3, device="meta"),
    "a number on meta": lambda: torch.zeros((), device="meta"),
    "sparse": lambda: torch.zeros(3, 3).to_sparse(),
    "True and False": lambda: torch.zeros(4, dtype=torch.bool),
    "whole numbers": lambda: torch.zeros(4, dtype=torch.long),
    "no numbers": lambda: torch.zeros(0, 3),
    "with a graph": lambda: torch.zeros((), requires_grad=True),
    "four dimensions": lambda: torch.zeros(1, 1, 2, 2),
    "an array of anything": lambda: np.array([object()], dtype=object),
    "array": lambda: np.zeros(3),
    "nan of NumPy": lambda: np.float64("nan"),
    "broken": Broken,
    "a broken pair": lambda: (Broken(), Broken()),
    "a dict of it": lambda: dict.fromkeys("ABCDEFGH", Broken()),
    "an empty dict": dict,
    "a dict of nothing": lambda: dict.fromkeys("ABCDEFGH"),
    "a set": lambda: {1, 2},
    "a range": lambda: range(3),
    "a ragged table": lambda: [[1], [2, 3]],
    "a pair of nothing": lambda: (None, None),
    "three": lambda: (1, 2, 3),
    "a pair of texts": lambda: ("a", "b"),
    "a pair of tensors": lambda: (torch.zeros(2), torch.zeros(3)),
    "a pair of nan": lambda: (float("nan"), torch.tensor(float("nan"))),
    "itself": endless,
    "a class": lambda: int,
    "a function": lambda: nothing,
    "a network": lambda: nn.Linear(1, 1),
    "a network without a forward": nn.Module,
    "an empty network": nn.Sequential,
    "a file": io.StringIO,
    "a module": lambda: torch,
}


def notebook(lesson: str) -> nbformat.NotebookNode:
    (script,) = [path for path in scripts("solutions") if number_of(path) == lesson]
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

    def test_nonsense_gets_a_sentence(self, exercise: Exercise):
        for name, make in NONSENSE.items():
            said = complaint(exercise.check, *with_answers(exercise, lambda answer, make=make: lambda *_, **__: make()))
            assert said.startswith(f"✗ {exercise.title}: ") and UNREADABLE not in said, (name, said)

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
