"""Lay out a course folder for nbgrader: its settings, and each lesson's exercises as an assignment.

python -m authoring.nbgrader ../dcgan_class     or make nbgrader COURSE=../dcgan_class
    Then, in that folder and with .venv activated: nbgrader generate_assignment 01_convolution_arithmetic

What is graded is the answer, judged by checks that are imported anew: a learner may have written over `check`, or over
a function of it, in a cell before. That second judgement stands in a hidden test, which is not in the release.
"""

import argparse
import shutil
import sys
from pathlib import Path

import nbformat

from authoring.notebooks import from_script, scripts

CONFIG = Path(__file__).with_name("nbgrader_config.py")
HIDDEN = """
### BEGIN HIDDEN TESTS
import importlib as _importlib
import sys as _sys

for _name in [_name for _name in _sys.modules if _name.startswith("dcgan_course.checks")]:
    del _sys.modules[_name]
_fresh = _importlib.import_module("dcgan_course.checks.lesson_{lesson}")
_fresh.{call}
### END HIDDEN TESTS"""


def lay_out(folder: Path) -> list[str]:
    """Write nbgrader_config.py and source/NN_name/NN_name.ipynb into a folder; returns the names of the assignments.

    Raises:
        FileExistsError: the folder is not empty. What a teacher changed there is never written over.
        OSError: the folder cannot be written.
    """
    folder.mkdir(parents=True, exist_ok=True)
    if any(folder.iterdir()):
        raise FileExistsError(f"{folder} is not empty; give a new folder")
    for script in scripts("solutions"):
        path = folder / "source" / script.stem / f"{script.stem}.ipynb"
        path.parent.mkdir(parents=True)
        nbformat.write(judged_anew(from_script(script), script.stem.partition("_")[0]), path)
    shutil.copyfile(CONFIG, folder / CONFIG.name)
    return [script.stem for script in scripts("solutions")]


def judged_anew(notebook: nbformat.NotebookNode, lesson: str) -> nbformat.NotebookNode:
    """Add to every cell that gives points a hidden test: the same call of a check that is imported anew.

    Raises:
        ValueError: such a cell is not one call of `check`.
    """
    for cell in notebook.cells:
        if cell.metadata.get("nbgrader", {}).get("grade"):
            head, dot, call = cell.source.partition("check.")
            if head or not dot:
                raise ValueError(f"The cell {cell.metadata['nbgrader']['grade_id']} is no call of a check.")
            cell.source += HIDDEN.format(lesson=lesson, call=call)
    return notebook


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, help="a new or empty folder")
    folder = parser.parse_args(arguments).folder.expanduser()
    try:
        names = lay_out(folder)
    except OSError as error:
        parser.error(f"nothing was laid out: {error}.")
    print(f"{folder}: {len(names)} assignments, from {names[0]} to {names[-1]}. There, for each of them:")
    print(f"nbgrader generate_assignment {names[0]}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
