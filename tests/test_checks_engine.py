import pytest
import torch

from dcgan_course.checks import engine
from dcgan_course.checks.engine import Mistake, judge, same
from dcgan_course.errors import CheckFailed

CASES = [(2,), (3,), (10,)]


def square(x):
    return x * x


def verdict(function, **options) -> str:
    with pytest.raises(CheckFailed) as caught:
        judge("squares", function, CASES, square, **options)
    return str(caught.value)


def test_a_right_answer_passes_and_is_praised(capsys):
    judge("squares", lambda x: x**2, CASES, square, praise="you can square")
    assert capsys.readouterr().out == "✓ squares: you can square\n"


def test_a_blank_is_not_written_yet():
    def blank(x):
        raise NotImplementedError("replace this line with your answer")

    assert "not written yet" in verdict(blank)


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
    assert engine.describe((0.5, torch.zeros(100))) == "(0.5, a tensor of shape (100,))"
