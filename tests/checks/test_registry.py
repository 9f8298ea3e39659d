import inspect
import io
import random
import sys

import nbformat
import numpy as np
import pytest
import torch

from authoring.notebooks import _add_grading
from dcgan_course.checks import lesson_01, registry
from dcgan_course.checks.engine import passed
from dcgan_course.errors import CheckFailed, InvalidValue
from tests.helpers.answers import complaint


@pytest.fixture(autouse=True)
def _registered(monkeypatch):
    """What a test registers is gone after it."""
    monkeypatch.setattr(registry, "_registered", dict(registry._registered))


def registered(title="9z · a test", id="a-test", points=3, check=None):
    if check:
        return registry.exercise(title, id=id, points=points)(check)

    @registry.exercise(title, id=id, points=points)
    def judged(exercise, function):
        """Say the title and the answer."""
        raise CheckFailed(f"{exercise}: {function()}")

    return judged


def test_the_title_stands_once_and_the_check_is_called_without_it():
    check = registered()
    assert complaint(check, lambda: "no") == "9z · a test: no"
    assert list(inspect.signature(check).parameters) == ["function"]
    assert check.__doc__ == "Say the title and the answer."


def test_a_lesson_lists_its_exercises_in_order_of_their_numbers():
    titles = [each.title for each in registry.exercises("01")]
    assert [title.split(" · ")[0] for title in titles] == ["1a", "1b", "2", "3", "4a", "4b", "5", "6"]
    first = registry.exercises("01")[0]
    assert (first.id, first.points, first.lesson) == ("conv-size-by-hand", 1, "01")
    assert first.check is lesson_01.sizes_by_hand and first.number == (1, "a")


def test_a_lesson_without_checks_has_no_exercises():
    assert registry.exercises("00") == []


def test_an_id_is_registered_once_but_a_file_may_be_loaded_again():
    registered(), registered(title="9y · the same check after an edit")

    def another(exercise, function):
        """Belongs to another exercise."""

    with pytest.raises(InvalidValue, match="'a-test' is the id of '9y · the same check after an edit' already"):
        registry.exercise("9x · another", id="a-test", points=1)(another)


@pytest.mark.parametrize(("title", "points"), [("no number", 1), ("4a, a comma", 1), ("4a · ", 1), ("4a · fine", 0)])
def test_a_title_without_a_number_and_a_check_without_points_are_refused(title, points):
    with pytest.raises(InvalidValue, match="write '4a · its name', and at least 1"):
        registered(title=title, points=points)


def test_what_is_no_function_is_refused_before_the_check():
    assert complaint(registered(), 3).startswith("✗ 9z · a test: the check was given 3. Give it your function, with")
    assert "the check was given None." in complaint(registered(), None)


def test_what_the_process_shares_is_put_back():
    def spoil():
        random.seed(1), np.random.seed(1), torch.manual_seed(1)
        torch.set_default_dtype(torch.float64), torch.set_num_threads(3), torch.set_grad_enabled(False)
        return "spoilt"

    before = random.random(), np.random.rand(), float(torch.rand(()))
    random.seed(5), np.random.seed(5), torch.manual_seed(5)
    want = random.random(), np.random.rand(), float(torch.rand(()))
    random.seed(5), np.random.seed(5), torch.manual_seed(5)
    assert "spoilt" in complaint(registered(), spoil)
    assert (random.random(), np.random.rand(), float(torch.rand(()))) == want != before
    assert torch.get_default_dtype() == torch.float32 and torch.get_num_threads() == 1 and torch.is_grad_enabled()


def test_a_check_that_stops_says_so_and_shows_no_traceback():
    def judging(title, function):
        return len(function())

    said = complaint(registered(check=judging), lambda: 3)
    assert said.startswith("✗ 9z · a test: the check could not judge what you gave back (TypeError: ")


def test_a_check_that_is_called_wrongly_is_no_wrong_answer():
    with pytest.raises(TypeError, match="too many"):
        registered()(lambda: 3, 4, 5)


def test_what_is_printed_is_shown_in_its_order_and_has_an_end(capsys):
    def noisy():
        print("first")
        print("a warning", file=sys.stderr)
        return print("y" * 3_000) or "no"

    complaint(registered(), noisy)
    out, errors = capsys.readouterr()
    assert out == f"first\n{'y' * 1994}\n… (your code printed 1,007 more characters; they are left out)\n"
    assert errors == "a warning\n"


def test_a_verdict_is_shown_after_any_noise(capsys):
    @registry.exercise("9z · a test", id="a-test", points=1)
    def check(exercise, function):
        function()
        passed(exercise, "right.")

    def noisy():
        sys.stdout = io.StringIO()
        sys.stderr.write("y" * 5_000)

    check(noisy)
    assert capsys.readouterr().out == "✓ 9z · a test: right.\n"
    assert not isinstance(sys.stdout, io.StringIO)


IDS = [each.id for each in registry.exercises("01")]


@pytest.mark.parametrize(
    ("blanks", "checks", "words"),
    [
        (IDS, [*IDS, "unknown"], "'unknown' is checked by a cell, but is not registered"),
        (IDS[1:], IDS[1:], "'conv-size-by-hand' is registered, but no cell checks it"),
        ([*IDS, "lonely"], IDS, "'lonely' is a blank, but no cell checks it"),
        (IDS[1:], IDS, "'conv-size-by-hand' is checked by a cell, but there is no blank for it"),
    ],
)
def test_a_notebook_that_disagrees_with_the_registry_is_refused(blanks, checks, words):
    marks = [{"exercise": id} for id in blanks] + [{"check": id} for id in checks]
    cells = [nbformat.v4.new_code_cell(metadata=mark) for mark in marks]
    with pytest.raises(SystemExit, match=f"lesson 01: the exercise {words}"):
        _add_grading(cells, "01")


def test_points_in_a_cell_are_refused():
    cells = [nbformat.v4.new_code_cell(metadata={"check": "convolve", "points": 2})]
    with pytest.raises(SystemExit, match="'convolve' has points in its cell: they stand in @exercise"):
        _add_grading(cells, "01")
