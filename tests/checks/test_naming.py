"""Letters and their names: what a learner reads who gives none, a wrong one, or one that is not there."""

import pytest

from dcgan_course.checks.naming import judge_names
from dcgan_course.errors import CheckFailed

RIGHT = {"A": "Hot", "B": "cold"}


def judged(given):
    judge_names("x", lambda: given, RIGHT, ["Hot", "cold", "mild"], lambda letter, claim: f"{letter} {claim}!", "yes.")


@pytest.mark.parametrize("given", [RIGHT, {"B": " COLD", "A": "hot "}, RIGHT | {"A": "Hot"}])
def test_right_names_pass_in_any_order_and_case(given, capsys):
    judged(given)
    assert capsys.readouterr().out == "✓ x: yes.\n"


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (None, "a dict with the keys A, B; it returned None."),
        (["Hot"], "it returned ['Hot']."),
        (RIGHT | {"C": "mild"}, "with the keys A, B; it returned"),
        (RIGHT | {1: "mild"}, "with the keys A, B; it returned"),
        ({}, "A, B have no name yet."),
        ({"B": "cold"}, "A has no name yet."),
        (RIGHT | {"A": 10**5000}, "A: something of type int that cannot be printed is none of the names. They are: "),
        (RIGHT | {"A": "x" * 10**7}, "characters) … xxx"),
        ({"x" * 10**7: "Hot"}, "characters) … xxx"),
        (RIGHT | {"A": "could"}, "A: 'could' is none of the names. Did you mean 'cold'?"),
        (RIGHT | {"A": None}, "A: None is none of the names. "),
        (RIGHT | {"B": "???"}, "B: '???' is none of the names. They are: Hot, cold, mild."),
        (RIGHT | {"B": "MILD"}, "1 of 2 are right.\n  B is not 'mild': B mild!"),
        ({"A": "cold", "B": "Hot"}, "0 of 2 are right.\n  A is not 'cold': A cold!\n  B is not 'Hot': B Hot!"),
    ],
)
def test_what_is_said_about_other_answers(given, said):
    with pytest.raises(CheckFailed) as caught:
        judged(given)
    assert str(caught.value).startswith("✗ x: ") and said in str(caught.value)
    assert len(str(caught.value)) < 1_000
