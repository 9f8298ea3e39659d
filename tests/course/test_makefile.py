"""The Makefile works in a folder with any name: its commands are run with a Python that only says what it was given."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from authoring.notebooks import ROOT
from tests.helpers.read_only import make_read_only

PYTHON = """#!/bin/sh
printf '%s\\n' "$@" "$JUPYTER_CONFIG_DIR" "$JUPYTER_RUNTIME_DIR" "$IPYTHONDIR" "$MPLCONFIGDIR"
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
@pytest.mark.parametrize("target", ["lab", "test", "site", "course", "browser", "notebooks", "exercises", "check"])
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


@pytest.mark.parametrize("name", NAMES)
def test_a_class_may_have_any_name(tmp_path, name):
    folder = course(tmp_path / "course")
    done = subprocess.run(
        ["make", "-s", "nbgrader", f"COURSE={tmp_path / name.replace('$', '$$')}"],
        cwd=folder,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[:3] == ["-m", "authoring.nbgrader", str(tmp_path / name)]
    assert subprocess.run(["make", "-s", "nbgrader"], cwd=folder, capture_output=True).returncode != 0


@pytest.mark.parametrize("target", ["lab", "test", "site", "course", "browser", "check"])
def test_a_read_only_folder_keeps_its_settings_in_the_users_cache(tmp_path, target):
    folder, cache = course(tmp_path / "my course"), tmp_path / "my cache"
    words = make_read_only(folder)
    environment = os.environ | {"XDG_CACHE_HOME": str(cache)}
    done = subprocess.run([*words, "make", "-s", target], cwd=folder, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert str(folder / ".jupyter") not in done.stdout
    if target == "check":
        assert f"{cache}/dcgan-course/.jupyter/mypy" in done.stdout.splitlines()
    else:
        assert f"{cache}/dcgan-course/.jupyter/runtime" in done.stdout.splitlines()


def test_clean_removes_nothing_else(tmp_path):
    folder = course(tmp_path / "my course")
    (folder / "mine").touch()
    (tmp_path / "my").touch()
    subprocess.run(["make", "-s", "clean"], cwd=folder, check=True)
    assert (folder / "mine").exists() and (tmp_path / "my").exists() and not (folder / ".venv").exists()
