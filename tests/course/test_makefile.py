"""The Makefile works in a folder with any name: its commands are run with a Python that only says what it was given."""

import shutil
import subprocess
from pathlib import Path

import pytest

from authoring.notebooks import ROOT

PYTHON = """#!/bin/sh
for word in "$@" "$JUPYTER_CONFIG_DIR" "$IPYTHONDIR" "$MPLCONFIGDIR"; do printf '%s\\n' "$word"; done
"""
NAMES = [
    "plain",
    "my course",
    "it's",
    'the "best"',
    "$HOME and $(id)",
    "#1",
    "100%",
    "été 강의",
    "a;b & c",
    "back`tick",
]


def course(folder: Path) -> Path:
    """A folder in which everything is installed, as far as make can see."""
    (folder / ".venv" / "bin").mkdir(parents=True)
    shutil.copy(ROOT / "Makefile", folder)
    for name in ("requirements.txt", "requirements-dev.txt", "pyproject.toml", ".venv/.python", ".venv/.learner"):
        (folder / name).touch()
    (folder / ".venv" / ".author").touch()
    for name in ("python", "ruff", "mypy", "uv"):
        (folder / ".venv" / "bin" / name).write_text(PYTHON, encoding="utf-8")
        (folder / ".venv" / "bin" / name).chmod(0o755)
    return folder


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("target", ["lab", "test", "course", "browser", "notebooks", "exercises", "check"])
def test_every_target_works_in_a_folder_of_that_name(tmp_path, name, target):
    folder = course(tmp_path / name)
    done = subprocess.run(["make", "-s", target], cwd=folder, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    words = done.stdout.splitlines()
    if target not in ("exercises", "check"):
        assert {f"{folder}/.jupyter/config", f"{folder}/.jupyter/ipython", f"{folder}/.jupyter/matplotlib"} <= set(
            words
        )
    if target == "lab":
        assert words[:4] == ["-m", "jupyterlab", "--ServerApp.root_dir=.", "notebooks/00_start_here.ipynb"]


def test_clean_removes_nothing_else(tmp_path):
    folder = course(tmp_path / "my course")
    (folder / "mine").touch()
    (tmp_path / "my").touch()
    subprocess.run(["make", "-s", "clean"], cwd=folder, check=True)
    assert (folder / "mine").exists() and (tmp_path / "my").exists() and not (folder / ".venv").exists()
