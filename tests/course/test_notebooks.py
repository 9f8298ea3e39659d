"""The notebooks as a reader finds them: made from their scripts, complete, quiet, and with the skeleton of a lesson."""

import itertools
import re
from pathlib import Path

import nbformat
import pytest

from authoring.notebooks import ROOT, asked, bare, exercise, from_script, notebook_path, number_of, scripts

LESSONS, SOLUTIONS = scripts("lessons"), scripts("solutions")
by_name = {"ids": lambda path: f"{path.parent.name}-{path.stem}"}
LARGEST, LONGEST_CELL = 2_100_000, 25
README = (ROOT / "README.md").read_text(encoding="utf-8")
HEADER = """\
# ---
# jupyter:
#   jupytext:
#     text_representation:
#       extension: .py
#       format_name: percent
# ---

# %% [markdown]
# # """
MACHINE_PATH = re.compile(r"(?<![\w.])/(?:work|root|home|tmp|Users|usr|var|opt)/[\w./-]+|[A-Z]:\\\\Users|site-packages")


def stored(script: Path):
    path = notebook_path(script)
    assert path.exists(), f"{path.name} was never made: run `make notebooks`"
    return nbformat.read(path, as_version=4)


def first_difference(one, other):
    """The first pair of cells that differ, or None."""
    pairs = itertools.zip_longest(bare(one), bare(other))
    return next(((a, b) for a, b in pairs if a != b), None)


def code_cells(notebook):
    return [cell for cell in notebook.cells if cell.cell_type == "code" and cell.source.strip()]


def markdown(notebook) -> str:
    return "\n\n".join(cell.source for cell in notebook.cells if cell.cell_type == "markdown")


def outputs(notebook):
    return [output for cell in code_cells(notebook) for output in cell.outputs]


def test_there_are_lessons_and_solutions():
    assert len(LESSONS) >= 4 and len(SOLUTIONS) >= 3


@pytest.mark.parametrize("script", LESSONS + SOLUTIONS, **by_name)
def test_notebook_is_the_one_of_its_script(script):
    assert first_difference(stored(script), from_script(script)) is None, "run `make notebooks`"


@pytest.mark.parametrize("script", SOLUTIONS, **by_name)
def test_exercise_is_cut_from_its_solution(script):
    notebook = nbformat.read(ROOT / "exercises" / f"{script.stem}.ipynb", as_version=4)
    assert first_difference(notebook, exercise(script)) is None, "run `make exercises`"
    text = "\n".join(cell.source for cell in notebook.cells)
    assert "SOLUTION" not in text and "raise NotImplementedError" in text
    assert not outputs(notebook)


@pytest.mark.parametrize("script", SOLUTIONS, **by_name)
def test_every_blank_has_a_check_with_points_hints_and_an_explanation(script):
    notebook = from_script(script)
    marks = [cell.metadata["nbgrader"] for cell in notebook.cells if "nbgrader" in cell.metadata]
    blanks = {mark["grade_id"] for mark in marks if mark["solution"]}
    checks = {mark["grade_id"].removesuffix("-check"): mark["points"] for mark in marks if mark["grade"]}
    assert blanks and blanks == set(checks) and all(points > 0 for points in checks.values())
    assert markdown(notebook).count("<details>") >= len(blanks)
    explained = sum("explanation" in cell.metadata.get("tags", []) for cell in notebook.cells)
    assert explained >= len(blanks)


@pytest.mark.parametrize("script", LESSONS + SOLUTIONS, **by_name)
def test_outputs_are_there_and_quiet(script):
    notebook = stored(script)
    assert all(cell.execution_count for cell in code_cells(notebook)), "a cell was not run"
    assert len(outputs(notebook)) >= 5
    for output in outputs(notebook):
        assert output.output_type != "error", output.get("evalue")
        assert output.get("name") != "stderr", output.get("text")
        text = str(output.get("text", "")) + str(output.get("data", {}).get("text/plain", ""))
        assert "Warning" not in text and "Traceback" not in text, text
    without_pictures = re.sub(r'"[A-Za-z0-9+/=\\n]{300,}"', "", nbformat.writes(notebook))
    assert not MACHINE_PATH.findall(without_pictures)


@pytest.mark.parametrize("script", LESSONS + SOLUTIONS, **by_name)
def test_pictures_have_alternative_text_and_the_file_is_small(script):
    for output in outputs(stored(script)):
        if "image/png" in output.get("data", {}):
            assert len(output.metadata.get("image/png", {}).get("alt", "")) >= 20, "show pictures with plots.show"
        assert "image/svg+xml" not in output.get("data", {}) and "image/jpeg" not in output.get("data", {})
    assert notebook_path(script).stat().st_size < LARGEST


@pytest.mark.parametrize("script", LESSONS + SOLUTIONS, **by_name)
def test_cells_are_thoughts(script):
    lengths = [len(cell.source.strip().splitlines()) for cell in code_cells(from_script(script))]
    assert max(lengths) <= LONGEST_CELL
    assert sorted(lengths)[len(lengths) // 2] <= 8


@pytest.mark.parametrize("script", LESSONS, **by_name)
def test_lesson_has_the_skeleton(script):
    notebook = from_script(script)
    number = number_of(script)
    title, question = notebook.cells[0].source.splitlines()[0], notebook.cells[0].source.splitlines()[2]
    assert re.fullmatch(rf"# {number} · .+", title) and re.fullmatch(r"\*.+\?\*", question)
    text = markdown(notebook)
    lines = iter(re.split(r"\n(?=\n|\* )", notebook.cells[0].source.partition("?*")[2].strip()))  # whole paragraphs
    assert next(lines) == "**You will be able to**"
    able = list(itertools.takewhile(lambda line: "**You need first**: " not in line, filter(str.strip, lines)))
    assert len(able) >= 3 and all(re.match(r"\* \*\*\w+\*\* ", line) for line in able)
    assert re.match(r"\s*\*\*Time\*\*: \d+ minutes, of which", next(filter(str.strip, lines)))
    tags = [tag for cell in notebook.cells for tag in cell.metadata.get("tags", [])]
    assert tags.count("parameters") == 1
    assert "predict" in tags and "break-it" in tags
    sections = [line for line in text.splitlines() if line.startswith("## ")]
    ends = ["## Take-aways", "## Exercises", "## Next", "## Sources"]
    if number == "00":
        ends.remove("## Exercises")
    assert sections[-len(ends) :] == ends
    if number != "00":
        assert f"](../exercises/{script.stem}.ipynb)" in text and f"](../solutions/{script.stem}.ipynb)" in text
    questions = [section for section in sections[: -len(ends)] if section.endswith("?")]
    assert len(questions) >= 0.6 * (len(sections) - len(ends)), "sections are questions where they can be"


@pytest.mark.parametrize("script", LESSONS + SOLUTIONS, **by_name)
def test_links_lead_somewhere(script):
    folder = notebook_path(script).parent
    for link in re.findall(r"\]\(([^)#\s]+)(?:#[^)]*)?\)", markdown(from_script(script))):
        if not link.startswith("http"):
            assert (folder / link).exists(), link


def minutes(script: Path) -> tuple[str, str]:
    """What a lesson says of its time: minutes in all, and of them training."""
    return re.search(r"(\d+) minutes, of which (\d+) (?:are|is) training", from_script(script).cells[0].source).groups()


@pytest.mark.parametrize("script", LESSONS, **by_name)
def test_the_readme_says_the_same_minutes(script):
    (row,) = (line for line in README.splitlines() if line.startswith("|") and f"notebooks/{script.stem}.ipynb" in line)
    assert tuple(cell.strip() for cell in row.split("|")[3:5]) == minutes(script)


@pytest.mark.parametrize("script", LESSONS + SOLUTIONS, **by_name)
def test_one_header(script):
    assert script.read_text(encoding="utf-8").startswith(HEADER)


def test_a_number_is_one_lesson_also_where_a_letter_follows_it(tmp_path):
    names = ["07_one", "07b_two", "08_three"]
    scripts_here = [tmp_path / f"{name}.py" for name in names]
    assert [number_of(path) for path in scripts_here] == ["07", "07b", "08"]
    for only, found in (("07", names[:1]), ("07b", names[1:2]), ("0", names), ("", names), ("07b_t", names[1:2])):
        assert [path.stem for path in scripts_here if asked(path, only)] == found
