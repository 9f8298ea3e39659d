"""What Sphinx reads: alternative texts, links, formulas, and nothing that a run printed becomes markup."""

import base64
import html
import io
import re

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output
from PIL import Image

from authoring.site.build import places
from authoring.site.sources import WIDGET, Book, Place

HOSTILE = """<img src=x onerror=alert(1)>&"'"""
HERE = Place("notebooks/01_a.ipynb", "lessons/01_a")
OTHER = Place("GLOSSARY.md", "glossary")


@pytest.fixture
def book(tmp_path):
    return Book([HERE, OTHER, Place("notebooks/02_b.ipynb", "lessons/02_b")], tmp_path)


def png(colour: int) -> str:
    buffer = io.BytesIO()
    Image.new("L", (4, 2), colour).save(buffer, "PNG")
    return base64.b64encode(buffer.getvalue()).decode()


def picture(colour: int, alt: str) -> nbformat.NotebookNode:
    data = {"image/png": png(colour), "text/plain": f"[picture: {alt}]"}
    return new_output("display_data", data, metadata={"image/png": {"alt": alt}})


def shown(book: Book, *outputs: nbformat.NotebookNode) -> str:
    page = book.notebook(new_notebook(cells=[new_code_cell("draw()", outputs=list(outputs))]), HERE)
    return "\n".join(output.data["text/html"] for output in page.cells[0].outputs)


def test_every_picture_has_its_own_text_its_size_and_one_file(book, tmp_path):
    text = shown(book, picture(3, "first"), picture(3, "second"), picture(4, HOSTILE))
    assert [html.unescape(alt) for alt in re.findall(r'alt="([^"]*)"', text)] == ["first", "second", HOSTILE]
    assert text.count('width="4" height="2"') == 3 and 'src="../_static/pictures/' in text
    assert len(list((tmp_path / "_static" / "pictures").iterdir())) == 2


def test_a_widget_leaves_its_sentence_escaped(book):
    widget = new_output("display_data", {WIDGET: {"model_id": "a"}, "text/plain": HOSTILE})
    text = shown(book, widget)
    assert "<img" not in text and html.escape(HOSTILE) in text


def test_a_page_sends_to_the_notebook_for_what_needs_a_kernel(book):
    sentence = "The explorer: run this cell to move it."
    widget = new_output("display_data", {WIDGET: {"model_id": "a"}, "text/plain": sentence})
    assert "The explorer: run this cell in the notebook to move it." in shown(book, widget)


def test_the_notebook_itself_is_left_as_it_was(book):
    notebook = new_notebook(cells=[new_code_cell("x", outputs=[picture(1, "a")]), new_markdown_cell("$x$")])
    before = notebook.copy()
    book.notebook(notebook, HERE)
    assert notebook == before and "image/png" in notebook.cells[0].outputs[0].data


def test_links_lead_to_pages_of_the_book_or_are_names(book):
    text = book.markdown(
        "[the *next*](02_b.ipynb), [pad](../GLOSSARY.md#padding), [code](../Makefile), [out](https://a.org/x_y_z), "
        "`[no](link)`",
        HERE,
    )
    assert '<a href="../lessons/02_b.html">the *next*</a>' in text
    assert '<a href="../glossary.html#padding">pad</a>' in text
    assert "code, " in text and "`[no](link)`" in text and '<a href="https://a.org/x_y_z">out</a>' in text
    assert '<a href="lessons/01_a.html">back</a>' in book.markdown("[back](notebooks/01_a.ipynb)", OTHER)


def test_formulas_are_mathml_whose_letters_are_no_markdown(book):
    text = book.markdown(r"$a_i * b$ and $$|x| \text{an\_index}$$ and `$HOME`", HERE)
    letters = re.sub(r"<[^>]*>", "", text)
    assert text.count("<math") == 2 and 'display="block"' in text and "`$HOME`" in text
    assert "an&#95;index" in text and not set("*_|\\") & set(letters.split(" and `")[0])


def test_every_notebook_card_and_result_is_a_page_of_its_own():
    pages = [place.page for place in places()]
    assert len(set(pages)) == len(pages) and "lessons/00_start_here" in pages and "cards/mnist_dcgan" in pages
    assert "solutions/01_convolution_arithmetic" in pages and "exercises/01_convolution_arithmetic" in pages
