"""A lesson as one HTML page: pictures have their alternative text, and nothing that a run printed becomes markup."""

import html
import re

import nbformat
from nbformat.v4 import new_code_cell, new_notebook, new_output

from authoring.pages import page

HOSTILE = """<img src=x onerror=alert(1)>&"'"""


def picture(png: str, alt: str) -> nbformat.NotebookNode:
    data = {"image/png": png, "text/plain": f"[picture: {alt}]"}
    return new_output("display_data", data, metadata={"image/png": {"alt": alt}})


def alternative_texts(text: str) -> list[str]:
    return [html.unescape(alt) for alt in re.findall(r'<img alt="([^"]*)"[^>]* src="data:image/png', text)]


def test_every_picture_has_its_own_text_also_where_two_are_alike():
    outputs = [picture("iVBORw0KGgo=", "first"), picture("iVBORw0KGgo=", "second"), picture("iVBORw1=\n", "third")]
    text = page(new_notebook(cells=[new_code_cell("draw()", outputs=outputs)]), "a lesson")
    assert alternative_texts(text) == ["first", "second", "third"] and "No description" not in text


def test_names_in_titles_texts_errors_and_alternative_texts_are_escaped():
    outputs = [
        new_output("stream", name="stdout", text=HOSTILE),
        new_output("stream", name="stderr", text=HOSTILE),
        new_output("execute_result", {"text/plain": HOSTILE}),
        new_output("error", ename="InvalidValue", evalue=HOSTILE, traceback=[f"InvalidValue: {HOSTILE}"]),
        picture("iVBORw0KGgo=", HOSTILE),
    ]
    text = page(new_notebook(cells=[new_code_cell("print(names)", outputs=outputs)]), HOSTILE)
    assert not re.search(r"<img[^>]*onerror=", re.sub(r'alt="[^"]*"', "", text))
    assert text.count("&lt;img src=x onerror=alert(1)&gt;&amp;") == 6
    assert alternative_texts(text) == [HOSTILE]
