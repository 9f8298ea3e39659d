"""Numbers on a page are computed on that page: a decimal figure in prose is one that a cell or an output shows."""

import re
from collections.abc import Iterator

import nbformat
import pytest

from authoring.notebooks import number_of
from authoring.places import ROOT

NUMBER = re.compile(r"(?<![\w.,/])[−-]?\d+\.\d+(?:e[−-]?\d+)?(?![\w/]|\.\d)")
A_SOURCE = re.compile(r"arXiv|\b[Ss]ections?\b|\btheorems?\b|\b[Tt]able \d|StudioGAN|\b(?:19|20)\d\d\b|of this course")
LESSONS = sorted((ROOT / "notebooks").glob("*.ipynb"))
# What a reader can check without a cell, and the setting that it belongs to.
BY_HAND = {
    "04": {"9.8"},  # √784 · 0.35, written beside it
    "05": {"98.9"},  # 1 − exp(−9/2), written beside it
    "08": {"7.07"},  # √50
    "10": {"9.25", "18.5"},  # (1 + 1 + 8 + 27) / 4, and twice that
}
# Figures of files that ship with the course, and settings that the package holds: running a lesson again, on any
# machine and in any budget, does not change them.
KEPT = {
    "04": {"0.63", "2.75", "3.09"},  # history of the recorded run
    "05": {"0.2", "0.02"},  # learning rate and first weights of two faults, toy.faults
    "06": {"0.9", "0.09"},  # Adam's own β₁; history of the recorded run
    "07": {"0.0002"},  # the paper's rate, TrainConfig's own
    "11": {"0.05"},  # the level of a test
}


def numbers(text: str) -> set[float]:
    """The decimal figures in a text, as numbers."""
    return {float(found.replace("−", "-")) for found in NUMBER.findall(text)}


def shown_by(cell: nbformat.NotebookNode) -> str:
    """All that a cell shows as text: what it prints, tables, and the words of its pictures; and its own code."""
    texts = [cell.source]
    for output in cell.outputs:
        texts.append(output.get("text", ""))
        texts += [str(value) for kind, value in output.get("data", {}).items() if kind.startswith("text")]
        texts.append(str(output.get("metadata", {})))
    return "\n".join(texts)


def paragraphs(text: str) -> Iterator[str]:
    """A cell of prose in paragraphs, points of lists and rows of tables."""
    yield from re.split(r"\n\s*\n|\n(?=\s*[*|\d])", text)


def is_shown(figure: str, shown: set[float]) -> bool:
    """Whether a figure is one of those shown, rounded as the figure is; a change of sign and percent count, too."""
    places = len(figure.partition(".")[2].partition("e")[0])
    value = abs(float(figure.replace("−", "-")))
    close = 0.51 * 10**-places
    return any(abs(value - abs(one) * scale) <= close for one in shown for scale in (1, 100))


def unsaid(path) -> list[str]:
    """The decimal figures in a lesson's prose that nothing on its page shows, each with its place."""
    notebook = nbformat.read(path, as_version=4)
    shown = numbers("\n".join(shown_by(cell) for cell in notebook.cells if cell.cell_type == "code"))
    shown |= {float(word) for cell in notebook.cells for word in re.findall(r"\b\de-\d+\b", cell.source)}  # 1e-5
    by_hand, found = BY_HAND.get(number_of(path), set()), []
    for cell in notebook.cells:
        if cell.cell_type != "markdown":
            continue
        for paragraph in paragraphs(cell.source):
            for match in [] if A_SOURCE.search(paragraph) else NUMBER.finditer(paragraph):
                figure = match.group()
                if figure not in by_hand and not is_shown(figure, shown):
                    around = paragraph[max(0, match.start() - 40) : match.end() + 30].replace("\n", " ")
                    found.append(f"{figure}: …{around}…")
    return found


def of_one_run(path) -> list[str]:
    """The decimal figures in a lesson's prose that only a run gives: no code holds them, nobody can compute them."""
    notebook = nbformat.read(path, as_version=4)
    held = numbers("\n".join(cell.source for cell in notebook.cells if cell.cell_type == "code"))
    held |= {float(word) for cell in notebook.cells for word in re.findall(r"\b\de-\d+\b", cell.source)}
    number = number_of(path)
    known = BY_HAND.get(number, set()) | KEPT.get(number, set())
    return [
        f"{figure}: {' '.join(paragraph.split())[:80]}"
        for cell in notebook.cells
        if cell.cell_type == "markdown"
        for paragraph in paragraphs(cell.source)
        if not A_SOURCE.search(paragraph)
        for figure in NUMBER.findall(paragraph)
        if figure not in known and not is_shown(figure, held)
    ]


@pytest.mark.parametrize("path", LESSONS, ids=lambda path: path.stem)
def test_no_decimal_figure_in_prose_comes_from_a_run_alone(path):
    assert not of_one_run(path)


@pytest.mark.parametrize("path", LESSONS, ids=lambda path: path.stem)
def test_a_decimal_figure_in_prose_is_shown_on_the_page(path):
    assert not unsaid(path)


def test_the_test_itself_sees_a_number_that_nobody_prints(tmp_path):
    code = nbformat.v4.new_code_cell("print(x)", outputs=[nbformat.v4.new_output("stream", text="0.629 and 12.5 %")])
    prose = nbformat.v4.new_markdown_cell("It is 0.63, near 0.62; 12.5 % of them, not 13.5.\n\nSmith 2019 has 7.31.")
    nbformat.write(nbformat.v4.new_notebook(cells=[code, prose]), tmp_path / "99_x.ipynb")
    assert [said.partition(":")[0] for said in unsaid(tmp_path / "99_x.ipynb")] == ["0.62", "13.5"]
    assert [said.partition(":")[0] for said in of_one_run(tmp_path / "99_x.ipynb")] == ["0.63", "0.62", "12.5", "13.5"]
