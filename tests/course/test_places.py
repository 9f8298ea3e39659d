"""The course in a folder with any name that nobody may write, used from elsewhere: commands and authors' tools."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from authoring.places import ROOT, folder_for_pages, refuse_read_only
from tests.helpers.read_only import make_read_only

NAME = """it's "my" #1 course; 100% $HOME `id` été 강의"""


@pytest.fixture(scope="module")
def elsewhere(tmp_path_factory):
    """A function that runs Python in an empty folder with such a name, on a read-only copy of the code."""
    base = tmp_path_factory.mktemp("places")
    course, work = base / NAME, base / f"work of {NAME}"
    for name in ("dcgan_course", "authoring", "sources", "notebooks", "solutions", "exercises"):
        shutil.copytree(ROOT / name, course / name, ignore=shutil.ignore_patterns("__pycache__"))
    work.mkdir()
    words = make_read_only(course)
    environment = os.environ | {"PYTHONPATH": str(course), "OMP_NUM_THREADS": "1", "HOME": str(work)}
    environment |= {"DCGAN_COURSE_CACHE": str(work / "cache"), "MPLCONFIGDIR": str(work), "TMPDIR": str(work)}

    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        command = [*words, sys.executable, *arguments]
        return subprocess.run(command, cwd=work, env=environment, capture_output=True, text=True)

    run.work = work
    yield run
    for path in [course, *course.rglob("*")]:  # so that the folder can be removed
        path.chmod(path.stat().st_mode | 0o200)


def test_the_commands_work(elsewhere):
    place, small = f"runs of {NAME}", ["--width", "2", "--batch-size", "8", "--image-size", "16"]
    for words in (
        ["sample", "mnist_mlp", "--out", f"{place}/pictures", "--count", "40"],
        ["train", "--data", f"folder:{place}/pictures", *small, "--epochs", "1", "--out", f"{place}/run"],
        ["train", "--resume", "--epochs", "2", "--out", f"{place}/run"],
        ["sample", f"{place}/run", "--out", f"{place}/sheet.png", "--count", "4"],
        ["sample", f"{place}/run", "--out", f"{place}/walk.webp", "--count", "2", "--steps", "2"],
        ["evaluate", f"{place}/run", "--data", "drawn_digits", "--count", "200"],
    ):
        done = elsewhere("-m", "dcgan_course", *words)
        assert done.returncode == 0 and "Traceback" not in done.stderr, (words, done.stderr)
    assert {"sheet.png", "walk.webp", "run", "pictures"} <= {path.name for path in (elsewhere.work / place).iterdir()}


def test_doctor_is_content_and_says_that_the_folder_cannot_be_written(elsewhere):
    done = elsewhere("-X", "utf8", "-m", "dcgan_course", "doctor")
    assert done.returncode == 0 and "✓ course folder  cannot be written" in done.stdout, done.stdout


def test_pages_go_to_a_temporary_folder(elsewhere):
    done = elsewhere("-c", "from authoring.places import folder_for_pages; print(folder_for_pages())")
    assert done.returncode == 0 and "dcgan-course-build-" in done.stdout
    assert Path(done.stdout.strip()).is_relative_to(elsewhere.work)


@pytest.mark.parametrize("words", [["authoring.notebooks"], ["authoring.notebooks", "--exercises"], ["authoring.wrap"]])
def test_what_writes_into_the_course_says_why_it_cannot(elsewhere, words):
    done = elsewhere("-m", *words)
    assert done.returncode == 1 and "work in a copy of it" in done.stderr and "Traceback" not in done.stderr


def test_a_folder_that_can_be_written_is_used(tmp_path):
    refuse_read_only(tmp_path)
    assert folder_for_pages(tmp_path) == tmp_path / "build" and (tmp_path / "build").is_dir()
