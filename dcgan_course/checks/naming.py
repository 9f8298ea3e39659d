"""Give each letter its name: the check of exercises that show cases A, B, C, … and ask what each of them is."""

import difflib
from collections.abc import Callable, Mapping, Sequence

from dcgan_course.checks.engine import answer, describe, fail, passed, shortened


def judge_names(
    exercise: str,
    function: Callable[[], Mapping[str, str]],
    right: Mapping[str, str],
    names: Sequence[str],
    against: Callable[[str, str], str],
    praise: str,
) -> None:
    """Compare the names that a learner gives to the letters with the right ones.

    Args:
        exercise: its name, as the learner sees it. function: the learner's; returns {letter: name}.
        right: {letter: its right name}. names: all that may be given; spaces around one and capitals do not count.
        against: (letter, a wrong name) → a sentence: what that case shows that speaks against this name.
        praise: said after a pass: what was shown by passing.

    Raises:
        CheckFailed: not written, raised an error, a letter without a name, a name that is none, or wrong names.
    """
    given = answer(exercise, function, ())
    asked = f"your function should return a dict with the keys {', '.join(right)}"
    if not isinstance(given, Mapping) or any(letter not in right for letter in given):
        fail(exercise, f"{asked}; it returned {describe(given)}.")
    missing = [letter for letter in right if letter not in given]
    if missing:
        fail(exercise, f"{asked}; {', '.join(missing)} {'has' if len(missing) == 1 else 'have'} no name yet.")
    known = {name.casefold(): name for name in names}
    wrong = []
    for letter, right_name in right.items():
        claim = known.get(given[letter].strip().casefold()) if isinstance(given[letter], str) else None
        if claim is None:
            fail(exercise, f"{letter}: {describe(given[letter])} is none of the names. {_guess(given[letter], names)}")
        if claim != right_name:
            wrong.append(f"\n  {letter} is not {claim!r}: {against(letter, claim)}")
    if wrong:
        fail(exercise, f"{len(right) - len(wrong)} of {len(right)} are right.{''.join(wrong)}")
    passed(exercise, praise)


def _guess(name: object, names: Sequence[str]) -> str:
    text = shortened(name) if isinstance(name, str) else describe(name)
    near = difflib.get_close_matches(text, names, n=1, cutoff=0.3)
    return f"Did you mean {near[0]!r}?" if near else f"They are: {', '.join(names)}."
