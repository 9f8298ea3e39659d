"""The exercises in the hands of a teacher: the real nbgrader makes releases and grades what learners hand in."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest

from authoring.nbgrader import main
from authoring.notebooks import BLANK, ROOT, from_script, scripts
from dcgan_course.checks.registry import exercises

LESSONS = [script.stem for script in scripts("solutions")]
OVERWRITTEN = LESSONS[::4]  # a submission takes ten seconds to grade; the guard is the same in all lessons


@pytest.fixture(scope="module")
def course(tmp_path_factory) -> Path:
    """A course folder in a path with a space, its releases, and three learners: all right, nothing, own checks."""
    folder = tmp_path_factory.mktemp("a class") / "dcgan"
    assert main([str(folder)]) == 0
    for lesson in LESSONS:
        nbgrader(folder, "generate_assignment", lesson)
    for lesson in LESSONS:
        for learner, kept in (("ada", "source"), ("bob", "release")):
            shutil.copytree(folder / kept / lesson, folder / "submitted" / learner / lesson)
    for lesson in OVERWRITTEN:
        overwrite_the_checks(shutil.copytree(folder / "release" / lesson, folder / "submitted" / "eve" / lesson))
    for lesson in LESSONS:
        nbgrader(folder, "autograde", lesson)
    return folder


def overwrite_the_checks(submitted: Path) -> None:
    """Hand in answers that answer nothing: they put functions that are content with all in the place of the checks."""
    path = submitted / f"{submitted.name}.ipynb"
    notebook = nbformat.read(path, as_version=4)
    ways = [
        "for _each in [each for each in dir(check) if each[0] != '_']: setattr(check, _each, lambda *a: None)",
        "class check: __getattr__ = lambda *a: lambda *b: None\ncheck = check()",
    ]
    answers = [cell for cell in notebook.cells if cell.metadata.get("nbgrader", {}).get("solution")]
    for number, cell in enumerate(answers):
        cell.source += "\n\n\n" + ways[number % 2]
    nbformat.write(notebook, path)


def nbgrader(folder: Path, *command: str) -> None:
    """Run nbgrader in a course folder, as a teacher does. What it keeps for itself stays in that folder's neighbour."""
    own = {f"JUPYTER_{kind}_DIR": str(folder.parent / kind) for kind in ("CONFIG", "DATA", "RUNTIME")}
    programs = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])  # as where .venv is activated
    paths = {"PYTHONPATH": str(ROOT), "IPYTHONDIR": str(folder.parent / "ipython"), "PATH": programs}
    done = subprocess.run(
        [sys.executable, "-m", "nbgrader", *command],
        cwd=folder,
        env=os.environ | own | paths | {"OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr


def text(path: Path) -> list[str]:
    return [cell.source for cell in nbformat.read(path, as_version=4).cells]


@pytest.mark.slow
@pytest.mark.parametrize("lesson", LESSONS)
def test_a_release_is_the_exercise_without_answers_and_explanations(course, lesson):
    released = text(course / "release" / lesson / f"{lesson}.ipynb")
    assert released == text(ROOT / "exercises" / f"{lesson}.ipynb")
    assert sum(BLANK in cell for cell in released) == len(exercises(lesson.partition("_")[0]))
    assert not any("SOLUTION" in cell or "YOUR CODE HERE" in cell for cell in released)
    script = ROOT / "sources" / "solutions" / f"{lesson}.py"
    explained = [cell.source for cell in from_script(script).cells if "explanation" in cell.metadata.get("tags", [])]
    assert explained and not set(explained) & set(released)


@pytest.mark.slow
@pytest.mark.parametrize("lesson", LESSONS)
def test_right_answers_get_all_points_blanks_and_overwritten_checks_none(course, lesson):
    points = sum(each.points for each in exercises(lesson.partition("_")[0]))
    expected = {"ada": (points, points), "bob": (0, points)}
    if lesson in OVERWRITTEN:
        expected["eve"] = (0, points)
    assert graded(course, lesson) == expected


def graded(course: Path, lesson: str) -> dict[str, tuple[float, float]]:
    """What each learner got in a lesson, and the most that there is."""
    from nbgrader.api import Gradebook

    with Gradebook(f"sqlite:///{course / 'gradebook.db'}") as book:
        return {each.student.id: (each.score, each.max_score) for each in book.assignment_submissions(lesson)}


@pytest.mark.slow
def test_every_lesson_with_exercises_is_an_assignment(course):
    assert sorted(path.name for path in (course / "source").iterdir()) == [each.stem for each in scripts("solutions")]


def test_a_folder_that_holds_something_is_left_alone(tmp_path, capsys):
    (tmp_path / "notes.txt").write_text("mine", encoding="utf-8")
    with pytest.raises(SystemExit) as stopped:
        main([str(tmp_path)])
    assert stopped.value.code == 2 and "is not empty; give a new folder" in capsys.readouterr().err
    assert [path.name for path in tmp_path.iterdir()] == ["notes.txt"]


def test_a_folder_that_cannot_be_made_is_said(tmp_path, capsys):
    (tmp_path / "file").write_text("in the way", encoding="utf-8")
    with pytest.raises(SystemExit) as stopped:
        main([str(tmp_path / "file" / "folder")])
    assert stopped.value.code == 2 and "nothing was laid out: " in capsys.readouterr().err
