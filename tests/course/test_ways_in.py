"""Containers and Binder take the same versions and steps as `make lab`. No container runs here: the files are read."""

import json
import os
import re
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
LOWEST = re.search(r'requires-python = ">=([\d.]+)"', (ROOT / "pyproject.toml").read_text(encoding="utf-8"))[1]


def read(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def test_the_container_has_the_lowest_python_and_the_install_step_of_make_lab():
    recipe = read("Dockerfile")
    assert f"FROM python:{LOWEST}-slim" in recipe and "RUN make .venv/.learner" in recipe
    assert re.search(r"^lab: \$\(VENV\)/\.learner$", read("Makefile"), re.MULTILINE)
    assert "USER learner" in recipe and "token=''" not in recipe and "127.0.0.1:8888:8888" in recipe


def test_the_devcontainer_is_that_container():
    facts = json.loads(read(".devcontainer/devcontainer.json"))
    assert (ROOT / ".devcontainer" / facts["build"]["dockerfile"]).resolve() == ROOT / "Dockerfile"
    assert facts["remoteUser"] == "learner" and facts["postCreateCommand"] == "make .venv/.learner"


def test_binder_installs_what_learners_install():
    assert (ROOT / "binder" / read("binder/requirements.txt").split()[1]).resolve() == ROOT / "requirements.txt"
    assert read("binder/runtime.txt").strip() == f"python-{LOWEST}"
    assert "pip install --no-deps --no-build-isolation -e ." in read("binder/postBuild")
    assert os.name == "nt" or os.access(ROOT / "binder" / "postBuild", os.X_OK)


@pytest.mark.parametrize("path", sorted((ROOT / ".github").rglob("*.yml")), ids=lambda path: path.name)
def test_files_for_github_are_yaml_and_their_steps_exist(path):
    facts = yaml.safe_load(path.read_text(encoding="utf-8"))
    targets = set(re.findall(r"^([a-z-]+):", read("Makefile"), re.MULTILINE))
    for job in facts.get("jobs", {}).values():
        assert job["timeout-minutes"] <= 90
        for step in job["steps"]:
            command = step.get("run", "")
            assert set(re.findall(r"\bmake ([a-z-]+)", command)) <= targets
            assert "${{" not in command  # what a stranger names never becomes a part of a shell's line
            for name in re.findall(r"(requirements[\w-]*\.txt|\.ci/run)", command):
                assert (ROOT / name).exists()
