"""Make the notebooks from the percent scripts, and run those whose code does something else than before.

python -m authoring.notebooks              lessons and solutions whose script changed
python -m authoring.notebooks 02           only lesson 02 and its solutions
python -m authoring.notebooks --all        run everything again
python -m authoring.notebooks --exercises  cut exercises/ from the solutions; runs nothing
"""

import argparse
import json
import os
import re
import sys
import time
from pathlib import Path

import jupytext
import nbformat

from authoring.doors import address, fetching_cell, is_door
from authoring.places import ROOT, refuse_read_only
from authoring.same_code import meaning
from dcgan_course.checks.registry import exercises

KINDS = {"lessons": "notebooks", "solutions": "solutions"}  # folder under sources/ → folder of the notebooks
BLANK = 'raise NotImplementedError("replace this line with your answer")'
CELL_TIMEOUT_S = 900
WIDGET_STATE = "application/vnd.jupyter.widget-state+json"
WIDGET_NAME = r"(?<![0-9a-f])[0-9a-f]{32}(?![0-9a-f])"  # also in IPY_MODEL_…, where the letters go on before it


def scripts(kind: str) -> list[Path]:
    """Return the percent scripts of one kind, "lessons" or "solutions", in order."""
    return sorted((ROOT / "sources" / kind).glob("[0-9][0-9]*_*.py"))


def number_of(path: Path) -> str:
    """Return the number of the lesson that a script or a notebook belongs to: "07" or "07b"."""
    return path.stem.partition("_")[0]


def notebook_path(script: Path) -> Path:
    """Return where the notebook of a script lies."""
    return ROOT / KINDS[script.parent.name] / f"{script.stem}.ipynb"


def from_script(script: Path) -> nbformat.NotebookNode:
    """Turn a percent script into a notebook without outputs: same script, same bytes."""
    notebook = jupytext.read(script, fmt="py:percent")
    for index, cell in enumerate(notebook.cells):
        cell["id"] = f"{number_of(script)}-{index:03d}"
        cell.metadata.pop("lines_to_next_cell", None)
    if script.parent.name == "solutions":
        _add_grading(notebook.cells, number_of(script))
    if repository := address():
        notebook.cells.insert(1, fetching_cell(number_of(script), repository))
    notebook.metadata = nbformat.from_dict(
        {
            "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
            "language_info": {"name": "python"},
        }
    )
    notebook.nbformat, notebook.nbformat_minor = 4, 5
    return notebook


def _add_grading(cells: list[nbformat.NotebookNode], lesson: str) -> None:
    """Write out nbgrader's marks from the short ones, exercise="id" and check="id"; the registry knows the points.

    Raises:
        SystemExit: blanks, checks and the registered exercises of the lesson are not the same ids.
    """
    blanks, checks = ({cell.metadata.get(key) for cell in cells} - {None} for key in ("exercise", "check"))
    points = {each.id: each.points for each in exercises(lesson)}
    with_points = {cell.metadata.get("check", "") for cell in cells if "points" in cell.metadata}
    for ids, others, what in (
        (with_points, set(), "has points in its cell: they stand in @exercise(…), over its check"),
        (checks, set(points), "is checked by a cell, but is not registered: write @exercise(…) over its check"),
        (set(points), checks, "is registered, but no cell checks it"),
        (blanks, checks, "is a blank, but no cell checks it"),
        (checks, blanks, "is checked by a cell, but there is no blank for it"),
    ):
        if wrong := ids - others:
            raise SystemExit(f"lesson {lesson}: the exercise {min(wrong)!r} {what}.")
    for cell in cells:
        blank, check = (cell.metadata.pop(key, None) for key in ("exercise", "check"))
        marks = {"schema_version": 3, "task": False, "cell_type": "code"}
        if blank is not None:
            cell.metadata["nbgrader"] = marks | {"grade_id": blank, "solution": True, "grade": False, "locked": False}
        if check is not None:
            marks |= {"grade_id": f"{check}-check", "solution": False, "grade": True, "locked": True}
            cell.metadata["nbgrader"] = marks | {"points": points[check]}


def run(notebook: nbformat.NotebookNode, folder: Path) -> nbformat.NotebookNode:
    """Execute a notebook in place, in `folder`, and remove what differs from run to run."""
    from nbclient import NotebookClient
    from traitlets.config import Config

    os.environ["PYTHONPATH"] = os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")])
    client = NotebookClient(
        notebook,
        timeout=CELL_TIMEOUT_S,
        kernel_name="python3",
        resources={"metadata": {"path": str(folder)}},
        record_timing=False,
        coalesce_streams=True,  # else the cuts between outputs depend on the clock
        store_widget_state=True,  # a notebook that is opened without a kernel shows its sliders as they stood
        config=Config({"KernelManager": {"transport_encryption": "auto"}}),  # else each kernel warns about plain text
    )
    client.execute()
    notebook.metadata["language_info"] = nbformat.from_dict({"name": "python"})  # else it names this machine's Python
    _remove_progress_bars(notebook)
    return _with_steady_names(notebook)


def _remove_progress_bars(notebook: nbformat.NotebookNode) -> None:
    """Remove tqdm's bars: stored, they show the speed of one machine, at 0 %."""
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.outputs = [out for out in cell.outputs if not re.match(r"[^\n]*\d+%\|", _plain_text(out))]


def _plain_text(output: nbformat.NotebookNode) -> str:
    return output.get("text", "") or output.get("data", {}).get("text/plain", "")


def _with_steady_names(notebook: nbformat.NotebookNode) -> nbformat.NotebookNode:
    """Number the widgets as the cells show them, outer before inner: their random names differ from run to run."""
    state = notebook.metadata.get("widgets", {}).get(WIDGET_STATE, {}).get("state", {})
    written = {name: json.dumps(model, sort_keys=True) for name, model in state.items()}
    order: dict[str, str] = {}

    def number(text: str) -> None:
        for name in re.findall(WIDGET_NAME, text):
            if name not in order:
                order[name] = f"{len(order):032x}"
                number(written.get(name, ""))

    def with_known_names(name: str) -> str:
        return re.sub(WIDGET_NAME, lambda match: order.get(match[0], ""), written[name])

    number(json.dumps(notebook.cells, sort_keys=True))
    for name in sorted((name for name in written if name not in order), key=with_known_names):  # links between widgets
        number(name)
    text = re.sub(WIDGET_NAME, lambda match: order.get(match[0], match[0]), nbformat.writes(notebook))
    return nbformat.reads(text, as_version=4)


def bare(notebook: nbformat.NotebookNode) -> list:
    """Return a notebook's cells without what running adds."""
    return [(cell.cell_type, cell.id, cell.source, cell.metadata) for cell in notebook.cells]


def keep_outputs(notebook: nbformat.NotebookNode, old: nbformat.NotebookNode) -> bool:
    """Give a fresh notebook the outputs of an old one, if its code does the same; return whether it does."""
    new_code, old_code = (_doing_cells(each) for each in (notebook, old))
    if [what for _, what in new_code] != [what for _, what in old_code]:
        return False
    for (new, _), (ran, _) in zip(new_code, old_code, strict=True):
        new.outputs = ran.outputs
    code = [cell for cell in notebook.cells if cell.cell_type == "code" and cell.source.strip()]
    for count, cell in enumerate(code, start=1):  # as a run numbers them; a cell that only imports counts, too
        cell.execution_count = count
        for output in cell.outputs:
            if "execution_count" in output:
                output.execution_count = count
    if "widgets" in old.metadata:
        notebook.metadata["widgets"] = old.metadata["widgets"]
    return True


def _doing_cells(notebook: nbformat.NotebookNode) -> list[tuple[nbformat.NotebookNode, str]]:
    """The code cells that do more than import, each with what it does."""
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    pairs = zip(code, meaning([cell.source for cell in code]), strict=True)
    return [(cell, what) for cell, what in pairs if what.strip() and not is_door(cell)]


def asked(script: Path, only: str) -> bool:
    """Return whether a script is meant by the beginning of its name: "07" is lesson 07 alone, and not 07b."""
    return number_of(script) == only if re.fullmatch(r"\d\d\w?", only) else script.stem.startswith(only)


def make_notebooks(only: str = "", again: bool = False) -> None:
    """Store the notebook of every script that changed; run it where a line of code changed."""
    os.environ.setdefault("DCGAN_COURSE_BUDGET", "cpu")
    for script in scripts("lessons") + scripts("solutions"):
        path, notebook = notebook_path(script), from_script(script)
        old = nbformat.read(path, as_version=4) if path.exists() else nbformat.v4.new_notebook()
        if not asked(script, only) or (bare(notebook) == bare(old) and not again):
            continue
        start = time.perf_counter()
        path.parent.mkdir(exist_ok=True)
        what = "outputs kept, the code does the same"
        if again or not keep_outputs(notebook, old):
            notebook = run(notebook, path.parent)
            what = f"ran in {time.perf_counter() - start:.0f} s"
        nbformat.write(notebook, path)
        print(f"{path.relative_to(ROOT)}: {what}, {path.stat().st_size / 1e3:.0f} kB")


def exercise(script: Path) -> nbformat.NotebookNode:
    """Cut the blanks of a solution script: the notebook that a learner fills in."""
    from nbconvert.exporters import NotebookExporter
    from nbgrader.preprocessors import ClearSolutions
    from traitlets.config import Config

    notebook = from_script(script)
    notebook.cells = [cell for cell in notebook.cells if "explanation" not in cell.metadata.get("tags", [])]
    config = Config()
    config.ClearSolutions.code_stub = {"python": BLANK}
    config.ClearSolutions.enforce_metadata = False
    exporter = NotebookExporter(config=config)
    exporter.register_preprocessor(ClearSolutions(config=config), enabled=True)
    text, _ = exporter.from_notebook_node(notebook)
    return nbformat.reads(text, as_version=4)


def make_exercises() -> None:
    """Write exercises/ anew from the solution scripts."""
    for script in scripts("solutions"):
        path = ROOT / "exercises" / f"{script.stem}.ipynb"
        path.parent.mkdir(exist_ok=True)
        nbformat.write(exercise(script), path)
        print(f"{path.relative_to(ROOT)}: made")


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("only", nargs="?", default="", help="beginning of the name, for example 02")
    parser.add_argument("--all", action="store_true", help="run also what has not changed")
    parser.add_argument("--exercises", action="store_true", help="cut the exercises instead")
    options = parser.parse_args(arguments)
    refuse_read_only()
    if options.exercises:
        make_exercises()
    else:
        make_notebooks(options.only, options.all)
    return 0


if __name__ == "__main__":
    sys.exit(main())
