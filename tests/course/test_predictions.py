"""A vote has its choices on the page: a click on one is the prediction, and opens what follows from that idea."""

import re
from collections import Counter

import nbformat
import pytest

from authoring.minutes import FOLDED
from authoring.notebooks import number_of
from authoring.slides.deck import answers
from authoring.teaching import CHOICE, VOTE, pages

# Lessons whose votes have no choices yet. Whoever adds the last ones of a lesson takes its number away.
NOT_YET: set[str] = set()
FEWEST_WORDS = 8  # of what a choice opens: less cannot say why
MARKS = re.compile(r"[*`$]|(?<!\w)_|\]\(")  # of Markdown; in a folded box of HTML they would be shown as they are
LESSONS = {number_of(notebook): (notebook, page) for page, notebook in pages().items()}
DONE = [number for number in LESSONS if number not in NOT_YET]


def faults(cells: list[str], replies: list[str], number: str) -> list[str]:
    """What is wrong with the choices of a lesson, in sentences.

    Args:
        cells: its Markdown. replies: the answers of the teacher's page, one for each vote. number: of the lesson.
    """
    found: list[str] = []
    votes = [cell for cell in cells if VOTE.search(cell)]
    for vote, cell in enumerate(votes, 1):
        name = f"predict-{number}-{vote}"
        choices = list(CHOICE.finditer(cell))
        letters = "".join(choice["letter"] for choice in choices)
        words = [" ".join(choice["choice"].lower().split()) for choice in choices]
        if letters not in ("AB", "ABC", "ABCD"):
            found.append(f"{name}: its choices are {letters or 'missing'}, not A and B, A to C, or A to D")
        if {choice["vote"] for choice in choices} - {name}:
            found.append(f"{name}: a choice has another name, so a second click would not close the first")
        if len(set(words)) < len(words):
            found.append(f"{name}: two choices are the same")
        if len(FOLDED.findall(cell)) > len(choices):
            found.append(f"{name}: a folded box is no choice")
        if choices and re.search(r"\n\s*\n", cell[choices[0].start() : choices[-1].end()]):
            found.append(f"{name}: a blank line parts its choices")
        if choices and not cell[: choices[0].start()].endswith("\n\n"):
            found.append(f"{name}: a blank line must stand before the first choice")
        for choice in choices:
            if len(choice["reveal"].split()) < FEWEST_WORDS:
                found.append(f"{name}: {choice['letter']} does not say why")
            if MARKS.search(choice["choice"] + choice["reveal"]):
                found.append(f"{name}: {choice['letter']} has marks of Markdown, which HTML does not read")
        right = re.match(r"([A-Z])\. ", replies[vote - 1]) if vote <= len(replies) else None
        yes = {choice["letter"] for choice in choices if choice["reveal"].strip().startswith("Yes")}
        if right is not None and right[1] in letters and yes != {right[1]}:
            found.append(f"{name}: what the right choice opens, and no other, begins with Yes")
        if choices and (right is None or right[1] not in letters):
            found.append(f"{name}: the teacher's page does not begin its answer with the letter of a choice")
    stray = sum(len(CHOICE.findall(cell)) for cell in cells if not VOTE.search(cell))
    return found + ([f"{stray} choices belong to no vote"] if stray else [])


def of_lesson(number: str) -> list[str]:
    """The faults of a lesson as it is stored."""
    notebook, page = LESSONS[number]
    cells = nbformat.read(notebook, as_version=4).cells
    texts = [cell.source for cell in cells if cell.cell_type == "markdown"]
    return faults(texts, answers(page.read_text(encoding="utf-8")), number)


@pytest.mark.parametrize("number", DONE)
def test_every_vote_has_choices_that_open_their_own_answer(number):
    assert of_lesson(number) == []


@pytest.mark.parametrize("number", sorted(NOT_YET))
def test_the_list_of_lessons_without_choices_is_not_longer_than_it_must_be(number):
    assert of_lesson(number), f"lesson {number} is done: take it out of NOT_YET"


def test_the_right_letter_varies():
    right = Counter(reply[0] for number in DONE for reply in answers(LESSONS[number][1].read_text(encoding="utf-8")))
    assert len(right) == 1 or max(right.values()) <= sum(right.values()) / 2


FIRST = '<details name="predict-42-1"><summary>A · up</summary>one two three four five six seven eight</details>'
SECOND = (
    '<details name="predict-42-1"><summary>B · down</summary>Yes: one two three four five six seven eight</details>'
)
GOOD = f"**Predict first.** Which?\n\n{FIRST}\n{SECOND}"


def test_a_good_vote_has_no_fault():
    assert faults(["prose", GOOD], ["B. Down."], "42") == []


@pytest.mark.parametrize(
    ("cell", "reply", "said"),
    [
        ("**Predict first.** Which?", "B. Down.", "its choices are missing"),
        (GOOD.replace(FIRST, SECOND.replace("B ·", "A ·")).replace(f"\n{SECOND}", ""), "A. Up.", "its choices are A,"),
        (GOOD.replace("B ·", "C ·"), "C. Down.", "its choices are AC"),
        (GOOD.replace("42-1", "42-2"), "B. Down.", "another name"),
        (GOOD.replace("· down", "· Up"), "B. Up.", "two choices are the same"),
        (f"{GOOD}\n<details><summary>More</summary>one</details>", "B. Down.", "a folded box is no choice"),
        (GOOD.replace(SECOND, f"\n{SECOND}"), "B. Down.", "a blank line parts"),
        (GOOD.replace(f"\n\n{FIRST}", f"\n{FIRST}"), "B. Down.", "a blank line must stand before"),
        (GOOD.replace(" eight", "", 1), "B. Down.", "A does not say why"),
        (GOOD.replace("one two", "*one* two", 1), "B. Down.", "A has marks of Markdown"),
        (GOOD, "A. Up.", "and no other, begins with Yes"),
        (GOOD.replace(">one", ">Yes: one"), "B. Down.", "and no other, begins with Yes"),
        (GOOD, "C. Neither.", "the letter of a choice"),
        (GOOD, "Down.", "the letter of a choice"),
    ],
)
def test_a_fault_is_named(cell, reply, said):
    found = faults([cell], [reply], "42")
    assert len(found) == 1 and said in found[0]


def test_choices_without_a_vote_are_named():
    assert faults([FIRST], [], "42") == ["1 choices belong to no vote"]
