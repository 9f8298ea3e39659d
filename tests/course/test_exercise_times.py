"""Each exercise says how long it takes: the minutes stand in the first cell, and add up to the time that is named."""

import re

import nbformat
import pytest

from authoring.notebooks import from_script, scripts

SENTENCE = re.compile(r"Take about (\d+) minutes[^:.]*: ([^.]+)\.")
FIRST, OTHER = re.compile(r"(\d+) for exercise (\d+)"), re.compile(r"(\d+) for (\d+)")
HEADING = re.compile(r"^## (\d+) · ", re.MULTILINE)


def times(notebook: nbformat.NotebookNode) -> tuple[int, dict[int, int]]:
    """The minutes named in all, and those of each exercise by its number."""
    found = SENTENCE.search(" ".join(notebook.cells[0].source.split()))
    assert found, "the first cell does not say how long each exercise takes"
    parts = [(FIRST if place == 0 else OTHER).fullmatch(part) for place, part in enumerate(found[2].split(", "))]
    assert all(parts), found[2]
    return int(found[1]), {int(part[2]): int(part[1]) for part in parts if part}


@pytest.mark.parametrize("script", scripts("solutions"), ids=lambda script: script.stem)
def test_every_exercise_has_its_minutes_and_they_add_up(script):
    notebook = from_script(script)
    total, each = times(notebook)
    texts = "\n".join(cell.source for cell in notebook.cells if cell.cell_type == "markdown")
    assert list(each) == [int(number) for number in HEADING.findall(texts)]
    assert sum(each.values()) == total
