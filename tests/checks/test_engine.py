import builtins
import functools
import math
import random
import re
import signal
import subprocess
import sys
import threading
import time
from fractions import Fraction

import numpy as np
import pytest
import torch
from PIL import Image

import authoring.notebooks
from dcgan_course.checks import engine, surroundings
from dcgan_course.checks.engine import Mistake, judge, same
from dcgan_course.errors import CheckFailed
from tests.helpers.answers import blank, complaint

ROOT = authoring.notebooks.ROOT
CASES = [(2,), (3,), (10,)]


def square(x):
    return x * x


def verdict(function, **options) -> str:
    return complaint(lambda: judge("squares", function, CASES, square, **options))


def test_a_right_answer_passes_and_is_praised(capsys):
    judge("squares", lambda x: x**2, CASES, square, praise="you can square")
    assert capsys.readouterr().out == "✓ squares: you can square\n"


def test_a_blank_is_not_written_yet():
    assert "not written yet" in verdict(blank)


def test_the_text_of_the_blank_is_the_one_that_exercises_have():
    assert f'raise NotImplementedError("{engine.BLANK}' in authoring.notebooks.BLANK


def test_another_not_implemented_error_is_an_error_of_the_answer():
    """PyTorch raises it for types that it cannot compute with, and for a layer without `forward`."""

    def of_whole_numbers(x):
        return torch.tensor(x).lerp_(torch.tensor(3), 0.5)

    text = verdict(of_whole_numbers)
    assert "not written yet" not in text and "raised NotImplementedError for of_whole_numbers(x=2)" in text
    assert 'missing the required "forward"' in verdict(lambda x: torch.nn.Module()(x))


def test_one_without_text_is_a_blank_unless_a_library_raises_it():
    def stub(x):
        # YOUR CODE HERE
        raise NotImplementedError()

    assert "not written yet" in verdict(stub)
    abstract = torch.distributions.Distribution(validate_args=False)
    assert "raised NotImplementedError" in verdict(lambda x: abstract.rsample())


class Broken:
    def __repr__(self) -> str:
        raise KeyError("broken")

    __str__ = __repr__


UNPRINTABLE = [10**5000, Broken(), [Broken()], -(10**400), Fraction(10**400)]


class BrokenError(Exception, Broken):
    __str__ = Broken.__repr__


@pytest.mark.parametrize(
    "given", ["y" * 10**7, list(range(10**6)), {1: "y" * 10**7}, [torch.zeros(1)] * 10**4], ids=range(4)
)
def test_of_a_large_answer_the_beginning_and_the_end_are_quoted(given):
    text = verdict(lambda x: given)
    assert len(text) < 800 and "characters) … " in text and "but it should be 4" in text


@pytest.mark.parametrize("given", UNPRINTABLE, ids=range(len(UNPRINTABLE)))
def test_an_answer_that_cannot_be_printed_is_judged_all_the_same(given):
    assert "but it should be 4" in verdict(lambda x: given)


@pytest.mark.parametrize("error", [ValueError("z" * 10**7), BrokenError(), SystemExit(3), SystemExit()])
def test_any_error_becomes_a_short_sentence(error):
    def wrong(x):
        raise error

    text = verdict(wrong)
    assert f"raised {type(error).__name__} for wrong(x=2): " in text and len(text) < 1_000


def test_a_message_never_fills_the_page():
    said = complaint(engine.fail, "squares", "begin" + "!" * 10**6 + "\n  Hint: end")
    assert len(said) < 3_100 and said.startswith("✗ squares: begin") and said.endswith("Hint: end")


def test_an_answer_may_spoil_what_it_gets_and_gains_nothing_by_it():
    def last_of_what_is_left(rows):
        rows.pop()
        return rows[-1]

    cases = [([1, 2, 3],)]
    for _ in range(3):
        with pytest.raises(CheckFailed, match=r"for last\(rows=\[1, 2, 3\]\) your answer is 2, but it should be 3"):
            judge("last", _called("last", last_of_what_is_left), cases, lambda rows: rows[-1])
    assert cases == [([1, 2, 3],)]


def _called(name, function):
    function.__name__ = name
    return function


def test_a_hint_for_a_case_that_alone_differs():
    hints = {2: "large numbers", 0: "small numbers"}
    assert "it should be 100.\n  Hint: large numbers" in verdict(lambda x: x * x if x < 10 else 0, alone=hints)
    assert "Hint" not in verdict(lambda x: x * x if x < 3 else 0, alone=hints)
    assert "Hint" not in verdict(lambda x: x * x if x != 3 else 0, alone=hints)
    known = [Mistake(lambda x: min(x * x, 50), "that is cut off")]
    assert "Hint: that is cut off" in verdict(lambda x: min(x * x, 50), alone=hints, mistakes=known)


def test_an_error_is_shown_with_its_case():
    assert "raised ZeroDivisionError for (x=2)" in verdict(lambda x: 1 / 0)


def test_a_case_is_written_as_a_call_with_the_names_of_its_arguments():
    def area(width, height=1):
        return width + height

    with pytest.raises(CheckFailed, match=r"for area\(width=3, height=4\) your answer is 7, but it should be 12"):
        judge("area", area, [(3, 4)], lambda a, b: a * b)
    with pytest.raises(CheckFailed, match=r"for \(3, 4\) your answer"):
        judge("area", lambda *sides: sum(sides), [(3, 4)], lambda a, b: a * b)
    with pytest.raises(CheckFailed, match=r"raised TypeError for area\(1, 2, 3\)"):
        judge("area", area, [(1, 2, 3)], lambda *sides: 6)


def test_a_forgotten_return_is_named():
    assert "Does it end with `return`?" in verdict(lambda x: None)


def test_the_first_mistake_that_explains_all_answers_gives_the_hint():
    mistakes = [Mistake(lambda x: x + 2, "that adds"), Mistake(lambda x: 2 * x, "that doubles")]
    text = verdict(lambda x: x + x, mistakes=mistakes)
    assert "for (x=3) your answer is 6, but it should be 9." in text and "Hint: that doubles" in text
    assert "that adds" not in text


def test_an_unknown_mistake_gets_no_false_hint():
    text = verdict(lambda x: x + 1, mistakes=[Mistake(lambda x: 2 * x, "that doubles")])
    assert "Hint" not in text and "3 of 3 cases differ" in text


def test_a_mistake_that_cannot_answer_is_skipped():
    text = verdict(lambda x: x + 1, mistakes=[Mistake(lambda x: 1 / 0, "never"), Mistake(lambda x: x + 1, "adds 1")])
    assert "Hint: adds 1" in text


def test_of_a_large_tensor_the_first_wrong_number_is_named():
    def wrong(x):
        return torch.arange(12.0).view(3, 4) * x + torch.eye(3, 4)

    with pytest.raises(CheckFailed, match=r"3 of 12 numbers differ, the first at \[0, 0\]: yours is 1, .* should be 0"):
        judge("table", wrong, [(1,)], lambda x: torch.arange(12.0).view(3, 4) * x)


def test_of_two_tensors_of_one_shape_the_kinds_of_numbers_are_named():
    wrong = r"shape \(3, 4\) of torch.uint8, but it should be a tensor of shape \(3, 4\) of torch.float32"
    with pytest.raises(CheckFailed, match=wrong):
        judge("table", lambda x: torch.zeros(3, 4, dtype=torch.uint8), [(1,)], lambda x: torch.zeros(3, 4))
    with pytest.raises(CheckFailed, match=r"12 of 12 numbers differ"):
        judge("table", lambda x: torch.ones(3, 4, dtype=torch.float64), [(1,)], lambda x: torch.zeros(3, 4))


@pytest.mark.parametrize(
    ("got", "want", "equal"),
    [
        (1, 1.0, True),
        (1.00001, 1, True),
        (1.01, 1, False),
        (True, 1, False),
        ("a", "a", True),
        ([1, 2], (1, 2), True),
        ([1, 2], [1, 2, 3], False),
        (torch.tensor(3.0), 3, True),
        (torch.ones(2), torch.ones(2), True),
        (torch.ones(2), torch.ones(3), False),
        (torch.ones(2), torch.ones(2, dtype=torch.long), False),
        ([1, 1], torch.ones(2), False),
        (None, 1, False),
        (math.inf, math.inf, True),
        (1.0, math.inf, False),
        (math.nan, 1, False),
        (np.float32(1 / 3), 1 / 3, True),
        (np.float32(0.3), 1 / 3, False),
        (np.int64(3), 3, True),
        (np.bool_(True), 1, False),
        (Fraction(1, 3), 1 / 3, True),
        (np.str_("a"), "a", True),
        (np.str_("b"), "a", False),
        ("1", 1, False),
    ],
)
def test_same(got, want, equal):
    assert same(got, want) is equal


def test_the_message_is_all_that_a_notebook_shows():
    with pytest.raises(CheckFailed) as caught:
        engine.fail("squares", "no")
    assert caught.value._render_traceback_() == ["✗ squares: no"]


def test_a_small_tensor_is_described_in_numbers_of_its_kind():
    assert engine.describe(torch.tensor([18, 1])) == "[18, 1] (shape (2,))"
    assert engine.describe(torch.tensor([True])) == "[True] (shape (1,))"
    assert engine.describe(torch.tensor([1 / 3, 2.0])) == "[0.333, 2.0] (shape (2,))"
    assert engine.describe(np.float32(4 / 3)) == "1.333" and engine.describe(np.int64(3)) == "3"
    assert engine.describe(True) == "True" and engine.describe(10**9) == "1000000000"
    assert engine.describe(Image.new("RGB", (48, 32))) == "a picture 48×32"
    assert engine.describe((0.5, torch.zeros(100))) == "(0.5, a tensor of shape (100,))"


class TestAnAnswerThatHarms:
    @pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="this system has no alarm")
    @pytest.mark.parametrize("swallows", [False, True])
    def test_an_endless_loop_is_ended_with_a_sentence(self, monkeypatch, swallows):
        monkeypatch.setattr(surroundings, "SECONDS", 0.2)

        def endless(x):
            while True:
                try:
                    time.sleep(0.01)
                except Exception:
                    if not swallows:
                        raise

        start = time.monotonic()
        with pytest.raises(CheckFailed, match=r"still at work after 0\.2 seconds.*endless\(x=3\)"):
            engine.answer("loops", endless, (3,))
        assert time.monotonic() - start < 5
        assert signal.getitimer(signal.ITIMER_REAL) == (0, 0)

    @pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="this system has no alarm")
    def test_a_timer_that_was_set_before_goes_on(self):
        before = signal.signal(signal.SIGALRM, lambda *_: None)
        signal.setitimer(signal.ITIMER_REAL, 500)
        try:
            assert engine.answer("quick", lambda x: x, (3,)) == 3
            assert 400 < signal.getitimer(signal.ITIMER_REAL)[0] <= 500
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)
            signal.signal(signal.SIGALRM, before)

    def test_in_another_thread_there_is_no_limit_and_no_error(self):
        found = []
        thread = threading.Thread(target=lambda: found.append(engine.answer("quick", lambda x: x + 1, (3,))))
        thread.start()
        thread.join(10)
        assert found == [4]

    @pytest.mark.parametrize(
        ("home", "name"),
        [
            (torch, "relu"),
            (torch.nn.functional, "softplus"),
            (torch.Tensor, "mean"),
            (torch.nn, "Linear"),
            (torch.nn.Module, "eval"),
            (torch.optim, "Adam"),
            (np, "log"),
            (math, "sqrt"),
            (builtins, "sum"),
            (random, "random"),
        ],
    )
    def test_a_patched_torch_is_put_back_and_named(self, home, name):
        right = getattr(home, name)

        def patching(x):
            setattr(home, name, lambda *a, **k: torch.zeros(()))
            return x

        with pytest.raises(CheckFailed, match=rf"replaces [\w.]*{name}"):
            engine.judge("patch", patching, [(1,)], lambda x: x)
        assert getattr(home, name) is right

    @pytest.mark.parametrize(
        ("given", "words"),
        [
            (torch.zeros(3, device="meta"), "on the device 'meta'"),
            ((1, {"a": torch.zeros(3, device="meta")}), "on the device 'meta'"),
            (torch.eye(3).to_sparse(), "to_dense()"),
            (functools.reduce(lambda inner, _: [inner], range(20), 1), "more than 8 deep"),
        ],
    )
    def test_what_cannot_be_compared_is_named(self, given, words):
        with pytest.raises(CheckFailed, match=re.escape(words)):
            engine.answer("odd", lambda x: given, (3,))

    def test_a_tensor_on_meta_is_a_right_answer_to_one(self):
        assert engine.answer("like", torch.zeros_like, (torch.ones(2, device="meta"),)).is_meta

    def test_what_torch_wraps_by_itself_is_no_patch(self):
        """The first optimiser of a process loads a part of torch that wraps torch.manual_seed."""
        code = (
            "import sys, torch; from dcgan_course.checks import engine; before = torch.manual_seed; "
            "learn = lambda x: torch.optim.SGD([torch.zeros(1, requires_grad=True)], 0.1).step() or x; "
            "assert engine.answer('first', learn, (3,)) == 3; "
            "print('torch._dynamo' in sys.modules, torch.manual_seed is before)"
        )
        done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, encoding="utf-8", cwd=ROOT)
        assert done.returncode == 0 and done.stdout.split() == ["True", "False"], done.stderr
