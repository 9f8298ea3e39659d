"""The teacher's pages: one for each lesson, with its goals and minutes as they are, and an answer for each vote."""

import re

import nbformat
import pytest

from authoring import teaching
from authoring.minutes import minutes_of, sections_of

PAGES = teaching.pages()


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_a_page_is_complete_and_as_the_lesson_is(page):
    text, notebook = page.read_text(encoding="utf-8"), PAGES[page]
    assert teaching.renewed(text, notebook) == text, "run `python -m authoring.teaching`"
    cells = nbformat.read(notebook, as_version=4)
    assert teaching.goals(cells).startswith("* **") and f"In all {minutes_of(notebook).counted:.0f} minutes" in text
    wrong, answers = re.search(
        r"## Where classes go wrong\n\n(.*?)\n## Answers to the votes\n\n(.*)", text, re.S
    ).groups()
    assert len(re.findall(r"^\* ", wrong, re.M)) >= 3
    assert len(re.findall(r"^\d+\. ", answers, re.M)) == teaching.votes(cells) >= 1


def test_the_plan_has_every_lesson_and_as_many_meetings_as_it_says():
    text = (teaching.FOLDER / "README.md").read_text(encoding="utf-8")
    rows = [line.split("|")[1:-1] for line in text.splitlines() if re.match(r"\| \d+ ", line)]
    for column, meetings in ((1, 8), (2, 12), (3, 16)):
        filled = [row[column] for row in rows if row[column].strip()]
        assert len(filled) == meetings
        named = {int(number) for cell in filled for number in re.findall(r"\b\d\d\b", cell)}
        assert named >= set(range(9 if meetings == 8 else 12))


def test_sections_add_up_to_the_lesson():
    for notebook in PAGES.values():
        parts = [part for part in sections_of(nbformat.read(notebook, as_version=4)) if not part.optional]
        took = minutes_of(notebook)
        assert sum(part.minutes for part in parts) == pytest.approx(took.counted - took.training)


def test_a_section_that_a_lecture_may_leave_out_says_so():
    notebook = nbformat.v4.new_notebook(
        cells=[nbformat.v4.new_markdown_cell("# 1\n\ntext\n\n## One\n\na b\n\n## Optional: two\n\nc d e")]
    )
    opening, one, two = sections_of(notebook)
    assert (opening.title, one.title, two.title) == ("Opening", "One", "Optional: two")
    assert (one.words, two.words, one.optional, two.optional) == (3, 5, False, True)
