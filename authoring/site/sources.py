"""Turn stored notebooks and Markdown files into what Sphinx reads: formulas as MathML, pictures with their texts, links
between pages of the book, and no widget that would need a kernel.
"""

import base64
import copy
import hashlib
import re
from dataclasses import dataclass
from html import escape
from pathlib import Path, PurePosixPath
from typing import Any

import nbformat
from nbformat import NotebookNode

from authoring.doors import address, in_markdown, is_door
from authoring.site.explorers import explorer
from authoring.site.films import Film, film_of_png, film_of_widget, place_of_film, size_of_png

WIDGET = "application/vnd.jupyter.widget-view+json"
WIDGET_STATE = "application/vnd.jupyter.widget-state+json"
PICTURES = "_static/pictures"
FORMULA = re.compile(
    r"(?P<block>\$\$(?P<long>.+?)\$\$)|(?<![\\$])\$(?P<short>[^$\n]+?)\$(?!\d)|(?P<code>```.*?```|`[^`]*`)", re.DOTALL
)
LINK = re.compile(r"(?<!!)\[(?P<text>[^\]\[]*(?:\[[^\]]*\][^\]\[]*)*)\]\((?P<target>[^)\s]+)\)")
CODE = re.compile(r"(```.*?```|`[^`]*`)", re.DOTALL)
MARKS = {"*": "&#42;", "_": "&#95;", "|": "&#124;", "[": "&#91;", "]": "&#93;", "~": "&#126;"}  # of Markdown


@dataclass(frozen=True)
class Place:
    """Where a file of the repository stands in the book: both as paths with slashes, the second without its ending."""

    path: str
    page: str

    def href(self, target: "Place", anchor: str = "") -> str:
        """Return the address of another page as written on this one."""
        up = "../" * (len(PurePosixPath(self.page).parts) - 1)
        return f"{up}{target.page}.html{anchor}"


class Book:
    """What stands where. A link to a file that is not in the book is an error: the book has no dead links.

    Args:
        places: of all pages. folder: of the sources that Sphinx reads; it gets the pictures.
    """

    def __init__(self, places: list[Place], folder: Path) -> None:
        self.places = {place.path: place for place in places}
        self.folder = folder
        (folder / PICTURES).mkdir(parents=True, exist_ok=True)

    def notebook(self, notebook: NotebookNode, place: Place) -> NotebookNode:
        """Return a copy of a notebook as a page of the book."""
        notebook = copy.deepcopy(notebook)
        state = notebook.metadata.pop("widgets", {}).get(WIDGET_STATE, {}).get("state", {})
        notebook.cells = [cell for cell in notebook.cells if not is_door(cell)]
        if opens := in_markdown(place.path, address()):
            notebook.cells[0].source += f"\n\n{opens}"
        for cell in notebook.cells:
            if cell.cell_type == "markdown":
                cell.source = self.markdown(cell.source, place)
            elif cell.cell_type == "code":
                cell.outputs = [self._output(output, place, cell.source, state) for output in cell.outputs]
        return notebook

    def markdown(self, text: str, place: Place) -> str:
        """Return Markdown as a page of the book: formulas written as MathML, links to other pages of the book."""
        text = FORMULA.sub(as_mathml, text)
        parts = CODE.split(text)
        return "".join(part if number % 2 else self._linked(part, place) for number, part in enumerate(parts))

    def _linked(self, text: str, place: Place) -> str:
        return LINK.sub(lambda match: self._link(match["text"], match["target"], place), text)

    def _link(self, text: str, target: str, place: Place) -> str:
        if target.startswith(("http://", "https://", "#", "mailto:")):
            return f'<a href="{escape(target)}">{text}</a>'
        path, _, anchor = target.partition("#")
        found = self.places.get(str(normal(PurePosixPath(place.path).parent / path)))
        if found is None:
            return text  # a file of the repository that is no page of the book: its name alone
        return f'<a href="{place.href(found, "#" + anchor if anchor else "")}">{text}</a>'

    def _output(self, output: NotebookNode, place: Place, source: str, state: dict[str, Any]) -> NotebookNode:
        data = output.get("data", {})
        if png := data.get("image/png"):
            alt = output.metadata.get("image/png", {}).get("alt", "")
            content = base64.b64decode(png)
            film = film_of_png(content, alt)
            return html_output(output, self._film(film, place) if film else self._picture(content, alt, place))
        if WIDGET in data:
            if film := film_of_widget(state, data[WIDGET]["model_id"]):
                return html_output(output, self._film(film, place))
            sentence = "".join(data.get("text/plain", "")).replace("run this cell", "run this cell in the notebook")
            return html_output(output, explorer(source) or f'<p class="needs-a-kernel">{escape(sentence)}</p>')
        return output

    def _film(self, film: Film, place: Place) -> str:
        return place_of_film(film, [self._stored(frame, place) for frame in film.frames])

    def _picture(self, content: bytes, alt: str, place: Place) -> str:
        width, height = size_of_png(content)
        return (
            f'<img src="{self._stored(content, place)}" alt="{escape(alt)}" width="{width}" height="{height}" '
            'loading="lazy" class="figure-of-a-cell">'
        )

    def _stored(self, content: bytes, place: Place) -> str:
        """Keep a PNG beside the pages; return its address as written on a page."""
        name = f"{PICTURES}/{hashlib.sha256(content).hexdigest()[:20]}.png"
        (self.folder / name).write_bytes(content)
        return "../" * (len(PurePosixPath(place.page).parts) - 1) + name


def html_output(output: NotebookNode, text: str) -> NotebookNode:
    """Return an output that shows HTML in place of what it showed."""
    changed = nbformat.v4.new_output(output.output_type, {"text/html": text})
    if output.output_type == "execute_result":
        changed.execution_count = output.execution_count
    return changed


def normal(path: PurePosixPath) -> PurePosixPath:
    """Resolve `..` in a relative path."""
    parts: list[str] = []
    for part in path.parts:
        if part == "..":
            parts.pop()
        elif part != ".":
            parts.append(part)
    return PurePosixPath(*parts)


def as_mathml(match: re.Match[str]) -> str:
    """Write a formula so that every browser shows it without a library from the internet."""
    from latex2mathml.converter import convert

    if match["code"]:
        return match["code"]
    block = match["block"] is not None
    formula = " ".join((match["long"] if block else match["short"]).split())
    pieces = re.split(r"(<[^>]*>)", convert(formula, display="block" if block else "inline"))
    for number, piece in enumerate(pieces):
        if not piece.startswith("<"):
            pieces[number] = "".join(MARKS.get(letter, letter) for letter in piece.replace("\\_", "_"))
    return f'<span class="formula">{"".join(pieces)}</span>'
