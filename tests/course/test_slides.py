"""The decks are complete: votes, sections and take-aways are on slides, each with notes, at most 25 a lesson."""

import re

import nbformat
import pytest

from authoring.minutes import FOLDED
from authoring.slides.deck import MOST_SLIDES, deck, tagged
from authoring.slides.page import section
from authoring.teaching import pages, votes

PAGES = {page.stem: (page, notebook) for page, notebook in pages().items()}


@pytest.fixture(params=sorted(PAGES))
def lesson(request):
    """The notebook of a lesson, its teacher's page, its deck."""
    page, path = PAGES[request.param]
    notebook, text = nbformat.read(path, as_version=4), page.read_text(encoding="utf-8")
    return notebook, text, deck(notebook, text)


def test_a_deck_has_at_most_25_slides_and_each_has_something_to_see_and_something_to_say(lesson):
    _, _, slides = lesson
    assert 5 <= len(slides) <= MOST_SLIDES
    assert [slide.cell for slide in slides if not (slide.text or slide.code or slide.printed or slide.pictures)] == []
    assert [slide.cell for slide in slides if not any(note.strip() for note in slide.notes)] == []


def test_every_vote_is_on_a_slide_word_for_word_and_its_answer_is_in_the_notes_only(lesson):
    notebook, page, slides = lesson
    shown = "\n".join(slide.text for slide in slides)
    asked = re.findall(r"\*\*Predict(?: first)?[.:]?\*\*.*", "\n".join(cell.source for cell in notebook.cells))
    assert len(asked) == votes(notebook) and all(vote in shown for vote in asked)
    notes = "\n".join(note for slide in slides if slide.kind == "vote" for note in slide.notes)
    replies = re.findall(r"^\d+\. (.*)", page.split("## Answers to the votes")[1], re.MULTILINE)
    assert len(replies) == len(asked) and all(f"**Answer.** {reply}" in notes for reply in replies)
    assert not any(reply in shown for reply in replies)


def test_every_section_that_is_not_optional_has_a_slide_and_the_last_slide_is_the_take_aways(lesson):
    notebook, _, slides = lesson
    text = "\n".join(cell.source for cell in notebook.cells if cell.cell_type == "markdown")
    sections = set(re.findall(r"^## (.*)", text, re.MULTILINE)) - {"Exercises", "Next", "Sources"}
    left_out = {name for name in sections if not name.startswith("Optional")} - {slide.heading for slide in slides}
    assert left_out == set()
    assert slides[-1].heading == "Take-aways"


def test_all_that_is_said_in_a_lesson_is_in_the_notes_or_on_a_slide(lesson):
    notebook, _, slides = lesson
    ours = "\n".join([slide.text for slide in slides] + [note for slide in slides for note in slide.notes])
    for cell in notebook.cells:
        if cell.cell_type == "markdown" and "## Take-aways" not in cell.source:
            for paragraph in re.split(r"\n\s*\n", FOLDED.sub("", cell.source)):
                assert re.sub(r"^#.*\n?", "", paragraph).strip() in ours, cell.id


def test_a_picture_on_a_slide_has_its_text(lesson):
    _, _, slides = lesson
    assert [slide.cell for slide in slides if not all(picture.alt for picture in slide.pictures)] == []


def small(*cells):
    return nbformat.v4.new_notebook(cells=list(cells))


def markdown(text, *tags):
    return nbformat.v4.new_markdown_cell(text, metadata={"tags": list(tags)})


def test_a_vote_without_a_slide_is_refused():
    title = markdown("# 00 · Title\n\n*Why?*")
    with pytest.raises(ValueError, match="The vote in cell .* is on no slide"):
        deck(small(title, markdown("**Predict first.** Which?")), "")


def test_text_above_a_heading_belongs_to_the_slide_before_and_text_under_it_to_the_next_slide():
    code = nbformat.v4.new_code_cell("print(1)", metadata={"tags": ["slide"]})
    cells = markdown("# 00 · Title"), markdown("Read it.\n\n## Why?\n\nAsk it."), code, markdown("It is 1.")
    first, second = deck(small(*cells), "")
    assert first.notes == ["Read it."] and second.notes == ["Ask it.", "It is 1."] and second.heading == "Why?"
    assert tagged(code) and second.code == "print(1)"


def test_notes_keep_their_paragraphs_and_links_become_words(tmp_path):
    title = markdown("# 00 · Title")
    asked = markdown("## Why?\n\nSay [**this**](../GLOSSARY.md#this).\n\n**Predict first.** Which $x^2$?", "slide")
    _, vote = deck(small(title, asked), "## Answers to the votes\n\n1. The second.")
    shown = section(vote, tmp_path)
    assert "<p>Say <strong>this</strong>.</p>\n<p><strong>Answer.</strong> The second.</p>" in shown
    assert "GLOSSARY" not in shown and "<math" in shown and "$" not in shown


def test_code_that_is_too_long_for_a_slide_leaves_its_print_and_a_wide_table_stays_a_table(tmp_path):
    code = nbformat.v4.new_code_cell("x = 1\n" * 20, metadata={"tags": ["slide"]})
    code.outputs = [nbformat.v4.new_output("stream", text=("w" * 110 + "\n") * 8)]
    slide = deck(small(markdown("# 00 · Title"), code, markdown("Read it.")), "")[1]
    assert slide.code == "" and slide.printed.count("\n") == 7
    assert 'style="font-size: 17px"' in section(slide, tmp_path)


def test_a_long_text_is_said_but_a_list_that_is_announced_is_shown():
    long = " ".join(["word"] * 70)
    listed = markdown(f"## Rules\n\n{long} The rules:\n\n1. One and two and three and four.\n\nSaid.", "slide")
    other = markdown(f"## Else\n\n{long}\n\nOne and two and three and four and five.", "slide")
    _, rules, more = deck(small(markdown("# 00 · Title"), listed, other), "")
    assert rules.text.endswith("four.") and rules.notes == ["Said."]
    assert more.text == long and more.notes == ["One and two and three and four and five."]
