"""Does this machine have what the course needs? Each finding that is wrong comes with its remedy."""

import argparse
import importlib.metadata
import importlib.util
import os
import shutil
import sys
from dataclasses import dataclass


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at. `remedy` is empty where nothing has to be done."""

    what: str
    found: str
    remedy: str = ""


def examine() -> list[Finding]:
    """Look at versions, device, memory, disk, data, budget, widgets and the networks that come with the course.

    Nothing is downloaded and nothing is changed.
    """
    findings = [_python(), _library("torch"), _library("torchvision"), _library("matplotlib")]
    if not any(finding.remedy for finding in findings):
        findings += [_device(), _memory(), _disk(), _data("mnist"), _data("cifar10"), _budget(), _recorded_runs()]
    return findings + [_widgets()]


def report(findings: list[Finding]) -> str:
    """Write findings as a table, with the remedies below it."""
    width = max(len(finding.what) for finding in findings)
    lines = [f"{'!' if f.remedy else '✓'} {f.what:<{width}}  {f.found}" for f in findings]
    wrong = [f for f in findings if f.remedy]
    lines.append("")
    lines += [f"To do, {f.what}: {f.remedy}" for f in wrong] or ["Everything that the course needs is here."]
    return "\n".join(lines)


def add_options(parser: argparse.ArgumentParser) -> None:
    """Give `doctor` its options: it has none."""


def run(options: argparse.Namespace) -> int:
    """Print the report; return 1 if something is wrong, else 0."""
    findings = examine()
    print(report(findings))
    return int(any(finding.remedy for finding in findings))


def _python() -> Finding:
    version = ".".join(map(str, sys.version_info[:3]))
    old = sys.version_info < (3, 11)
    return Finding("Python", version, "install Python 3.11 or newer." if old else "")


def _library(name: str) -> Finding:
    try:
        module = __import__(name)
    except ImportError:
        return Finding(name, "missing", "run `pip install -r requirements.txt` in the course's environment.")
    except RuntimeError as error:  # a torchvision that was built for another torch dies like this
        return Finding(name, f"broken: {error}", "install the pair of torch and torchvision in requirements.txt.")
    return Finding(name, module.__version__)


def _device() -> Finding:
    import torch

    if torch.cuda.is_available():
        return Finding("device", f"GPU: {torch.cuda.get_device_name()}")
    return Finding("device", f"CPU with {os.cpu_count()} cores; no GPU is needed before lesson 07")


def _memory() -> Finding:
    if importlib.util.find_spec("psutil") is None:
        return Finding("memory", "not measured (psutil is not installed)")
    import psutil

    free = psutil.virtual_memory().available / 2**30
    return Finding("memory", f"{free:.1f} GiB free", "" if free >= 1.5 else "close other programs: 1.5 GiB are needed.")


def _disk() -> Finding:
    from dcgan_course.data.cache import cache_folder

    folder = cache_folder()
    while not folder.exists():
        folder = folder.parent
    free = shutil.disk_usage(folder).free / 2**30
    remedy = "" if free >= 1 else "free 1 GiB for the pictures, or point DCGAN_COURSE_CACHE to another disk."
    return Finding("disk for data", f"{free:.0f} GiB free", remedy)


def _data(name: str) -> Finding:
    from dcgan_course.data.images import already_here

    missing = "not here yet: fetched when first needed; without internet, drawn stand-ins"
    return Finding(f"data: {name}", already_here(name) or missing)


def _budget() -> Finding:
    from dcgan_course.budget import BUDGETS, course_budget
    from dcgan_course.errors import InvalidValue

    try:
        budget = course_budget()
    except InvalidValue as error:
        return Finding("budget", os.environ["DCGAN_COURSE_BUDGET"], str(error))
    return Finding("budget", f"{budget}: {BUDGETS[budget]}")


def _recorded_runs() -> Finding:
    from dcgan_course import recorded
    from dcgan_course.errors import CheckpointError

    try:
        for name in recorded.names():
            recorded.load_run(name)
        recorded.digit_classifier()
    except (CheckpointError, OSError) as error:
        return Finding(
            "recorded runs", f"damaged: {error}", "get the course's files again: `git checkout -- dcgan_course`."
        )
    return Finding("recorded runs", ", ".join(recorded.names()))


def _widgets() -> Finding:
    versions = {}
    for name in ("ipywidgets", "jupyterlab_widgets", "jupyterlab"):
        try:
            versions[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            remedy = f"run `pip install {name}` in the environment that Jupyter runs in; training works without it."
            return Finding("widgets", f"{name} is missing", remedy)
    found = ", ".join(f"{name} {version}" for name, version in versions.items())
    if versions["ipywidgets"] == "8.1.9":
        return Finding(
            "widgets", found, "run `pip install ipywidgets==8.1.8`: 8.1.9 is reported to stay empty in VS Code."
        )
    return Finding("widgets", found)
