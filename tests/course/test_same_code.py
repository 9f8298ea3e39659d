"""Outputs are kept where the code does the same, and only there."""

import nbformat
import pytest

from authoring.notebooks import keep_outputs
from authoring.same_code import meaning

FUNCTIONAL = "import torch.nn.functional as F"
BEFORE = ["from dcgan_course import plots\nimport torch.nn.functional as F", "plots.show(F.relu(x), alt='a')"]


def notebook(sources: list[str], ran: bool = False):
    cells = [nbformat.v4.new_code_cell(source) for source in sources]
    if ran:
        for count, cell in enumerate(cells, start=1):
            cell.execution_count = count
        cells[-1].outputs = [nbformat.v4.new_output("execute_result", {"text/plain": "1"}, execution_count=len(cells))]
    return nbformat.v4.new_notebook(cells=cells)


@pytest.mark.parametrize(
    "after",
    [
        ["from dcgan_course import drawing\nimport torch.nn.functional as F", "drawing.show(F.relu(x), alt='a')"],
        ["from dcgan_course.drawing.page import show\nfrom torch.nn.functional import relu", "show(relu(x), alt='a')"],
        [
            "from dcgan_course import drawing",
            "from torch.nn import functional\ndrawing.show(functional.relu(x), alt='a')",
        ],
        [
            "import torch.nn.functional as F\nfrom dcgan_course import plots as p  # why",
            "p.show(\n    F.relu(x), alt='a')",
        ],
        [
            "from torch.nn import functional as F",
            "from dcgan_course import drawing",
            "drawing.show(F.relu(x), alt='a')",
        ],
    ],
)
def test_other_import_lines_keep_the_outputs(after):
    new = notebook(after)
    assert keep_outputs(new, notebook(BEFORE, ran=True))
    assert [cell.execution_count for cell in new.cells] == list(range(1, len(after) + 1))
    (output,) = new.cells[-1].outputs
    assert output.execution_count == len(after) and output.data == {"text/plain": "1"}


@pytest.mark.parametrize(
    "after",
    [
        [BEFORE[0], "plots.show(F.relu(x), alt='b')"],
        [BEFORE[0], "plots.show_png(F.relu(x), alt='a')"],
        [BEFORE[0], "plots.show(F.gelu(x), alt='a')"],
        ["from dcgan_course import plots\nimport numpy as F", BEFORE[1]],
        ["from elsewhere import plots\nimport torch.nn.functional as F", BEFORE[1]],
        [*BEFORE, "x"],
    ],
)
def test_other_code_is_run_again(after):
    assert not keep_outputs(notebook(after), notebook(BEFORE, ran=True))


def test_things_are_told_apart_by_their_own_name_and_a_magic_command_letter_by_letter():
    imports = "from dcgan_course.toy.faults import FAULTS\nfrom dcgan_course.models.published import NAMED"
    one, two = (meaning([imports, f"list({name}.items())"])[1] for name in ("FAULTS", "NAMED"))
    assert one != two
    assert meaning(["%time  x"]) == ["%time  x"]


def test_a_name_that_the_notebook_takes_for_itself_is_no_room_any_more():
    """`recorded = …` above `recorded.load_run(…)`: another import line would break the cell, so it is run again."""
    before = ["from dcgan_course import pretrained", "recorded = draw()", "pretrained.load_run('a')"]
    after = ["from dcgan_course import recorded", "recorded = draw()", "recorded.load_run('a')"]
    assert not keep_outputs(notebook(after), notebook(before, ran=True))
