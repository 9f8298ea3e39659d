"""Containers and Binder take the same versions and steps as `make lab`. No container runs here: the files are read."""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
LOWEST = re.search(r'requires-python = ">=([\d.]+)"', (ROOT / "pyproject.toml").read_text(encoding="utf-8"))[1]


def read(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def test_the_container_has_the_lowest_python_and_the_install_step_of_make_lab():
    recipe = read("Dockerfile")
    assert f"FROM python:{LOWEST}-slim" in recipe and "RUN make .venv/.learner CPU=$CPU" in recipe
    assert re.search(r"^lab: \$\(VENV\)/\.learner$", read("Makefile"), re.MULTILINE)
    assert "USER learner" in recipe and "token=''" not in recipe and "127.0.0.1:8888:8888" in recipe


def test_the_devcontainer_is_that_container():
    facts = json.loads(read(".devcontainer/devcontainer.json"))
    assert (ROOT / ".devcontainer" / facts["build"]["dockerfile"]).resolve() == ROOT / "Dockerfile"
    assert facts["remoteUser"] == "learner" and facts["postCreateCommand"] == "make .venv/.learner CPU=1"


def test_binder_takes_the_list_without_cuda_and_the_authors_uv():
    assert read("binder/requirements.txt").strip() in read("requirements-dev.txt").splitlines()
    assert read("binder/runtime.txt").strip() == f"python-{LOWEST}"
    steps = read("binder/postBuild")
    assert "--torch-backend cpu -r requirements-cpu.txt" in steps
    assert "pip install --no-deps --no-build-isolation -e ." in steps
    assert os.name == "nt" or os.access(ROOT / "binder" / "postBuild", os.X_OK)


def test_the_list_without_cuda_is_the_other_one_less_what_only_cuda_needs():
    everything, without = (read(f"requirements{name}.txt").splitlines() for name in ("", "-cpu"))
    left_out = [line for line in everything if line not in without]
    assert [line for line in everything if line in without] == without
    assert left_out and all(re.match(r"cuda-|nvidia-|triton==", line) for line in left_out)
    assert not re.search(r"^(cuda|nvidia|triton)", "\n".join(without), re.MULTILINE)


@pytest.mark.skipif(shutil.which("make") is None, reason="there is no make here")
def test_make_takes_the_list_that_is_asked_for(tmp_path):
    shutil.copy(ROOT / "Makefile", tmp_path)
    for name in ("requirements.txt", "requirements-cpu.txt", "pyproject.toml"):
        (tmp_path / name).touch()
    for asked, wanted in (([], "pip install --quiet --disable-pip-version-check -r requirements.txt"), (["CPU=1"], "")):
        done = subprocess.run(["make", "-n", *asked, "lab"], cwd=tmp_path, capture_output=True, text=True, check=True)
        assert (wanted or "--torch-backend cpu -r requirements-cpu.txt") in done.stdout
        assert ("requirements-cpu.txt" in done.stdout) == (not wanted)


@pytest.mark.skipif(shutil.which("make") is None, reason="there is no make here")
def test_make_says_that_a_machine_has_no_torch_before_it_makes_an_environment(tmp_path):
    shutil.copy(ROOT / "Makefile", tmp_path)
    shutil.copytree(ROOT / "dcgan_course" / "commands", tmp_path / "dcgan_course" / "commands")
    (tmp_path / "dcgan_course" / "__init__.py").touch()
    for name in ("requirements.txt", "pyproject.toml"):
        (tmp_path / name).touch()
    other = "import platform; platform.machine = lambda: 'riscv64'"
    (tmp_path / "sitecustomize.py").write_text(other)
    environment = os.environ | {"PYTHONPATH": str(tmp_path)}
    command = ["make", f"PYTHON={sys.executable}", ".venv/.python"]
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True)
    assert done.returncode != 0 and "torch 2.15 has no wheel for" in done.stderr and not (tmp_path / ".venv").exists()


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
