"""Renew what can be counted on the teacher's pages: `python -m authoring.teaching`; they are docs/teaching/NN.md.

Goals come from the lesson's opening, the minutes of each section from the rule of `authoring.minutes`. What classes get
wrong and the answers to the votes are written by hand, one answer for each vote.
"""

import argparse
import re
import sys
from pathlib import Path

import nbformat
from nbformat import NotebookNode

from authoring.minutes import minutes_of, sections_of
from authoring.notebooks import notebook_path, scripts
from authoring.places import ROOT

FOLDER = ROOT / "docs" / "teaching"
MADE = re.compile(r"(<!-- made: (\w+) -->\n).*?(<!-- end -->)", re.DOTALL)
VOTE = re.compile(r"\*\*Predict(?: first)?[.:]?\*\*")
CHOICE = re.compile(  # of a vote: folded, so that a click on it is the prediction, and opens its own answer
    r'<details name="(?P<vote>predict-[^"]+)"><summary>(?P<letter>[A-Z]) · (?P<choice>.+?)</summary>'
    r"(?P<reveal>.+?)</details>",
    re.DOTALL,
)


def pages() -> dict[Path, Path]:
    """Return {the teacher's page: the lesson's notebook}."""
    return {FOLDER / f"{script.stem.split('_')[0]}.md": notebook_path(script) for script in scripts("lessons")}


def renewed(text: str, notebook: Path) -> str:
    """Return a teacher's page with its made parts as the notebook has them now."""
    cells = nbformat.read(notebook, as_version=4)
    made = {"goals": goals(cells), "timing": timing(cells, notebook)}
    return MADE.sub(lambda match: match[1] + made[match[2]] + match[3], text)


def goals(notebook: NotebookNode) -> str:
    """Return the list that stands under "You will be able to" in a lesson's opening."""
    found = re.search(r"\*\*You will be able to\*\*\s*\n(.*?)(?=\n\*\*|\Z)", notebook.cells[0].source, re.DOTALL)
    return (found[1].strip() if found else "") + "\n"


def timing(notebook: NotebookNode, path: Path) -> str:
    """Return a table of the sections: minutes, figures, votes and explorers in each."""
    lines = ["| section | minutes | figures | votes | explorers |", "| --- | --- | --- | --- | --- |"]
    for section in sections_of(notebook):
        numbers = [section.counts[kind] or "" for kind in ("picture", "prediction", "explorer")]
        name = f"{section.title} (only if there is time)" if section.optional else section.title
        lines.append(f"| {name.replace('|', '·')} | {section.minutes:.0f} | {' | '.join(map(str, numbers))} |")
    took = minutes_of(path)
    return "\n".join([*lines, "", f"In all {took.counted:.0f} minutes, {took.training} of them training.", ""])


def votes(notebook: NotebookNode) -> int:
    """Return how many predictions a lesson asks for."""
    return sum(len(VOTE.findall(cell.source)) for cell in notebook.cells if cell.cell_type == "markdown")


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.parse_args(arguments)
    for page, notebook in pages().items():
        page.write_text(renewed(page.read_text(encoding="utf-8"), notebook), encoding="utf-8")
    print(f"{len(pages())} pages: renewed")
    return 0


if __name__ == "__main__":
    sys.exit(main())
