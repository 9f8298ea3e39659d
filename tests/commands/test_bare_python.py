"""A Python in which nothing is installed: what is missing is said, and how to get it; nobody sees a traceback."""

import ast
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from dcgan_course import __main__
from dcgan_course.commands import doctor

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def course(tmp_path_factory) -> Path:
    """The code of the course in a folder of its own, without what is installed here."""
    folder = tmp_path_factory.mktemp("bare") / "the course, 강의"
    shutil.copytree(ROOT / "dcgan_course", folder / "dcgan_course", ignore=shutil.ignore_patterns("__pycache__"))
    return folder


def bare(course: Path, *words: str, code: str = "") -> subprocess.CompletedProcess[str]:
    """Run Python without any site-packages, where the course is the working directory."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "DCGAN"))}
    what = ["-c", code] if code else ["-m", "dcgan_course", *words]
    command = [sys.executable, "-S", "-s", "-X", "utf8", *what]
    return subprocess.run(command, cwd=course, env=environment, capture_output=True, text=True, encoding="utf-8")


def test_doctor_says_what_is_missing_and_how_to_get_it(course):
    done = bare(course, "doctor")
    assert done.returncode == 1 and done.stderr == ""
    for name in ("torch", "torchvision", "matplotlib"):
        assert f"! {name} " in done.stdout
    assert "✓ Python" in done.stdout and "pip install -r requirements.txt" in done.stdout


@pytest.mark.parametrize(
    "words",
    [
        ["train", "--data", "mnist", "--out", "x"],
        ["train", "--help"],
        ["sample", "mnist_mlp", "--out", "x.png"],
        ["evaluate", "mnist_mlp"],
    ],
)
def test_other_commands_say_it_in_a_sentence(course, words):
    done = bare(course, *words)
    assert done.returncode == 1 and done.stdout == ""
    assert done.stderr.startswith(f"`{words[0]}` needs ") and "is missing" in done.stderr
    assert "pip install -r requirements.txt" in done.stderr and "Traceback" not in done.stderr


@pytest.mark.parametrize("words", [["--help"], ["doctor", "--help"]])
def test_the_help_needs_nothing(course, words):
    done = bare(course, *words)
    assert done.returncode == 0 and "doctor" in done.stdout


def test_the_first_cell_of_lesson_00_says_it_too(course):
    """It looks at the machine before it imports anything that could be missing."""
    import jupytext

    cells = jupytext.read(ROOT / "sources" / "lessons" / "00_start_here.py").cells
    first = next(cell.source for cell in cells if cell.cell_type == "code" and "import" in cell.source)
    done = bare(course, code=first)
    assert done.returncode == 0, done.stderr
    assert "! torch " in done.stdout and "! widgets" in done.stdout


def test_doctor_imports_only_the_standard_library_at_its_top():
    for node in ast.parse(Path(doctor.__file__).read_text(encoding="utf-8")).body:
        if isinstance(node, ast.Import | ast.ImportFrom):
            names = [node.module] if isinstance(node, ast.ImportFrom) else [alias.name for alias in node.names]
            assert {str(name).partition(".")[0] for name in names} <= sys.stdlib_module_names


@pytest.mark.parametrize("error", [OSError("WinError 126"), RuntimeError("operator nms"), ValueError("dtype size")])
def test_a_library_that_breaks_at_its_import_is_said_in_a_sentence(monkeypatch, capsys, error):
    def broken(name):
        raise error

    monkeypatch.setattr(__main__, "import_module", broken)
    assert __main__.main(["train", "--out", "x"]) == 1
    said = capsys.readouterr().err
    assert "broken" in said and str(error) in said and "doctor" in said


def test_an_old_python_is_told_which_one_is_needed(course):
    code = "import sys, runpy; sys.version_info = (3, 8, 0); runpy.run_module('dcgan_course', run_name='__main__')"
    done = bare(course, code=code)
    assert done.returncode == 1 and "Python 3.11 or newer" in done.stderr and "Traceback" not in done.stderr
