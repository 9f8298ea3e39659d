"""Does this machine have what the course needs? Each finding that is wrong comes with its remedy.

Nothing but the standard library is imported up here: whatever is looked at may be missing or broken, so each look
imports what it needs, and `examine` turns what goes wrong there into a line.
"""

import argparse
import importlib
import importlib.metadata
import importlib.util
import os
import platform
import shutil
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

COURSE = Path(__file__).resolve().parents[2]  # the checkout
LIBRARIES = {  # as they are imported, and as pip knows them
    "numpy": "numpy",
    "torch": "torch",
    "torchvision": "torchvision",
    "matplotlib": "matplotlib",
    "PIL": "pillow",
    "safetensors": "safetensors",
    "sklearn": "scikit-learn",
    "tqdm": "tqdm",
}
MACHINES = {("Linux", "x86_64"), ("Linux", "aarch64"), ("Darwin", "arm64"), ("Windows", "AMD64")}
LESSON_GIB = 0.7  # memory of a lesson's kernel; benchmarks/results/mlp_gan.md


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at. `remedy` is empty where nothing has to be done."""

    what: str
    found: str
    remedy: str = ""


def examine() -> list[Finding]:
    """Look at machine, Python, libraries, device, load, speed, memory, disks, data, budget, recorded runs and widgets.

    Nothing is downloaded and nothing is changed. What needs a library that is missing is left out.
    """
    findings = [_machine(), _python(), *(_library(name) for name in LIBRARIES)]
    looks: dict[str, Callable[[], Finding]] = {
        "device": _device,
        "load": _load,
        "speed": _speed,
        "memory": _memory,
        "course folder": _course_folder,
        "disk for data": _disk,
        "data: mnist": lambda: _data("mnist"),
        "data: cifar10": lambda: _data("cifar10"),
        "budget": _budget,
        "recorded runs": _recorded_runs,
        "widgets": _widgets,
    }
    for what, look in looks.items():
        try:
            findings.append(look())
        except ImportError:  # said above
            pass
        except Exception as error:  # noqa: BLE001  whatever breaks here is what is wrong with this machine
            remedy = "see what it says; if it is about a file, remove that file or get it again."
            findings.append(Finding(what, f"broken: {_in_one_line(error)}", remedy))
    return findings


def report(findings: list[Finding]) -> str:
    """Write findings as a table, with the remedies below it; things with one remedy share a line."""
    width = max(len(finding.what) for finding in findings)
    lines = [f"{'!' if f.remedy else '✓'} {f.what:<{width}}  {f.found}" for f in findings]
    wrong: dict[str, list[str]] = {}
    for finding in findings:
        if finding.remedy:
            wrong.setdefault(finding.remedy, []).append(finding.what)
    lines.append("")
    lines += [f"To do, {', '.join(things)}: {remedy}" for remedy, things in wrong.items()] or [
        "Everything that the course needs is here."
    ]
    return "\n".join(lines)


def add_options(parser: argparse.ArgumentParser) -> None:
    """Give `doctor` its options: it has none."""


def run(options: argparse.Namespace) -> int:
    """Print the report; return 1 if something is wrong, else 0."""
    findings = examine()
    print(report(findings))
    return int(any(finding.remedy for finding in findings))


def _in_one_line(error: BaseException) -> str:
    text = " ".join(str(error).split())
    return f"{type(error).__name__}: {text[:200]}" if text else type(error).__name__


def unsupported() -> str:
    """Return why the pinned torch has no wheel for this machine, and what to do; "" where it has one.

    Which machines have one was asked of the index of Python packages, for torch 2.15.0 with torchvision 0.29.2.
    """
    why, system, kind = "", platform.system(), platform.machine()
    if (system, kind) not in MACHINES:
        why = f"{system} on {kind}"
    elif system == "Linux" and platform.libc_ver()[0] != "glibc":
        why = "a Linux without glibc"
    elif system == "Darwin" and int(platform.mac_ver()[0].partition(".")[0] or 14) < 14:
        why = f"macOS {platform.mac_ver()[0]}"
    if not why:
        return ""
    apple = " If this Mac has an Apple chip, install a Python made for it." if system == "Darwin" else ""
    return (
        f"torch 2.15 has no wheel for {why}. The course runs on Linux with glibc (x86_64, aarch64), on macOS 14 or "
        f"newer with an Apple chip, and on Windows on x86-64.{apple} Elsewhere read the book, or use another computer."
    )


def _machine() -> Finding:
    found = f"{platform.system()} on {platform.machine()}"
    if importlib.util.find_spec("torch"):  # somebody built it
        return Finding("machine", found)
    return Finding("machine", found, unsupported())


def _python() -> Finding:
    version = ".".join(map(str, sys.version_info[:3]))
    old = sys.version_info < (3, 11)
    return Finding("Python", version, "install Python 3.11 or newer." if old else "")


def _library(name: str) -> Finding:
    known_as = LIBRARIES.get(name, name)
    try:
        module = importlib.import_module(name)
    except ModuleNotFoundError as error:
        if error.name == name:
            return Finding(known_as, "missing", _how_to_get_libraries())
        return Finding(known_as, f"broken: it needs {error.name}, which is missing", _how_to_get_libraries())
    except Exception as error:  # noqa: BLE001  a torchvision that was built for another torch dies of a RuntimeError
        remedy = "remove it and install the versions of requirements.txt: torch and torchvision go in pairs."
        return Finding(known_as, f"broken: {_in_one_line(error)}", remedy)
    return Finding(known_as, str(getattr(module, "__version__", "there")))


def _how_to_get_libraries() -> str:
    """Say how to get what is missing: with the course's own Python where there is one, else with pip."""
    own = COURSE / ".venv"
    for place in ("bin/python", "Scripts/python.exe"):
        if (own / place).exists() and Path(sys.prefix).resolve() != own.resolve():
            return (
                f"this is another Python than the course's own: start .venv/{place} in the course's folder, or take it "
                "as the notebook's kernel."
            )
    return (
        "in the course's folder run `make lab`, which makes an environment; or, in an environment of yours, "
        "`python -m pip install -r requirements.txt`."
    )


def _device() -> Finding:
    import torch

    threads = f"CPU with {os.cpu_count()} cores; no GPU is needed before lesson 07"
    if torch.cuda.is_available():
        for number in range(torch.cuda.device_count()):
            name = torch.cuda.get_device_name(number)
            wrong = _what_it_computes_wrong(f"cuda:{number}")
            if wrong:
                remedy = (
                    "close other programs that use the card, install the torch from pytorch.org that fits its driver, "
                    "or go on without it: set CUDA_VISIBLE_DEVICES=-1."
                )
                return Finding("device", f"GPU: {name}, but {wrong}", remedy)
        return Finding("device", f"GPU: {torch.cuda.get_device_name()}; it computes as the CPU does")
    if torch.backends.mps.is_available():
        wrong = _what_it_computes_wrong("mps")
        state = f"but {wrong}" if wrong else "which computes as the CPU does"
        return Finding("device", f"{threads}; Apple's GPU is here, {state}. The lessons take the CPU")
    if shutil.which("nvidia-smi"):
        why = "was built without CUDA" if torch.version.cuda is None else "does not get it from the driver"
        return Finding("device", f"{threads}; there is an NVIDIA driver, but this torch {why}: see pytorch.org")
    return Finding("device", threads)


def _what_it_computes_wrong(device: str) -> str:
    """Compute a product and a convolution on a device and on the CPU; return what differs or breaks, or ""."""
    import torch

    whole = torch.arange(64 * 64).reshape(64, 64).remainder(17).sub(8).float()  # small whole numbers: exact anywhere
    maps, kernel = whole.reshape(1, 4, 32, 32), whole[:4].reshape(4, 4, 4, 4)
    convolution = torch.nn.functional.conv2d
    try:
        there = whole.to(device)
        product = (there @ there).cpu()
        convolved = convolution(maps.to(device), kernel.to(device), stride=2).cpu()
    except Exception as error:  # noqa: BLE001  drivers raise what they like
        return f"it cannot compute: {_in_one_line(error)}"
    right = torch.allclose(product, whole @ whole) and torch.allclose(convolved, convolution(maps, kernel, stride=2))
    return "" if right else "its results are not those of the CPU"


def _speed() -> Finding:
    """Time one training step with one thread and with all: beside other programs, one is often faster."""
    from dcgan_course.commands.speed import ONE_THREAD, WORTH_SAYING, all_threads, seconds_by_threads
    from dcgan_course.models.mlp import MLPDiscriminator, MLPGenerator

    many = all_threads()
    seconds = seconds_by_threads(lambda: (MLPGenerator(), MLPDiscriminator()), 64, sorted({1, many}))
    found = "a step of lesson 04: " + ", ".join(
        f"{1000 * each:.1f} ms with {count} thread{'s' if count > 1 else ''}" for count, each in seconds.items()
    )
    if seconds[1] * WORTH_SAYING < seconds[many]:
        found += f"; one thread is faster now: {ONE_THREAD} Jupyter or `train`"
    elif seconds[many] * WORTH_SAYING < seconds[1]:
        found += "; all threads are faster now: leave OMP_NUM_THREADS unset"
    else:
        found += "; the number of threads hardly matters now"
    return Finding("speed", found)


def _load() -> Finding:
    try:
        waiting = os.getloadavg()[0]
    except (AttributeError, OSError):  # Windows
        return Finding("load", "this system does not tell how many programs want to compute")
    return Finding("load", f"{waiting:.1f} programs wanted the {os.cpu_count()} cores in the last minute")


def _memory() -> Finding:
    try:
        import psutil

        free = psutil.virtual_memory().available / 2**30
    except ImportError:
        return Finding("memory", f"not measured (psutil is not installed); a lesson takes up to {LESSON_GIB} GiB")
    at_once = int(free / LESSON_GIB)
    found = f"{free:.1f} GiB free; a lesson takes up to {LESSON_GIB}, so {at_once} notebooks can be open at once"
    return Finding("memory", found, "" if free >= 1.5 else "close other programs: 1.5 GiB are needed.")


def _course_folder() -> Finding:
    if os.access(COURSE, os.W_OK):
        return Finding("course folder", "can be written")
    return Finding(
        "course folder",
        "cannot be written: lessons run, but what you type is not kept. Copy the folder to a place of your own",
    )


def _disk() -> Finding:
    from dcgan_course.data.cache import cache_folder

    folder = cache_folder().absolute()
    while not folder.exists():
        folder = folder.parent
    free = shutil.disk_usage(folder).free / 2**30
    remedy = ""
    if free < 1:
        remedy = "free 1 GiB for the pictures, or point DCGAN_COURSE_CACHE to another disk."
    elif not os.access(folder, os.W_OK):
        return Finding("disk for data", "cannot be written", "point DCGAN_COURSE_CACHE to a folder of yours.")
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
    """Load everything that comes with the course: a run that is not there or damaged is found here, not in a lesson."""
    from dcgan_course.recorded import runs, tables

    looks: dict[str, Callable[[], object]] = {
        **{name: lambda name=name: runs.load_run(name) for name in sorted(runs.PAIRS)},  # type: ignore[misc]  # lambda
        "digit_classifier": runs.digit_classifier,
        "factor_reader": runs.factor_reader,
        "cifar10_classifier": runs.cifar10_classifier,
        "cifar_recipes": tables.cifar_recipes,
        "fixes": tables.fixes,
        "gpu_speed": tables.gpu_speed,
        "guidelines": tables.guidelines,
        "guidelines_longer": tables.guidelines_longer,
        "long_trainings": tables.long_trainings,
        "modes_table": tables.modes_table,
        "probes": tables.probes,
        "toy_fixes": tables.toy_fixes,
    }
    damaged = []
    for name, look in looks.items():
        try:
            look()
        except Exception as error:  # noqa: BLE001  a damaged file can break its reader in any way
            damaged.append(f"{name} ({_in_one_line(error)})")
    if damaged:
        remedy = "get the course's files again: `git checkout -- dcgan_course`, or download the course again."
        return Finding("recorded runs", f"damaged: {'; '.join(damaged)}", remedy)
    return Finding("recorded runs", ", ".join(sorted(runs.PAIRS)))


def _widgets() -> Finding:
    versions = {}
    for name in ("ipywidgets", "jupyterlab_widgets", "jupyterlab"):
        try:
            versions[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            remedy = f"run `pip install {name}` in the environment that Jupyter runs in; training works without it."
            return Finding("widgets", f"{name} is missing", remedy)
    found = ", ".join(f"{name} {version}" for name, version in versions.items())
    try:
        importlib.import_module("ipywidgets")
    except Exception as error:  # noqa: BLE001  broken libraries raise what they like
        remedy = "run `pip install --force-reinstall ipywidgets==8.1.8`."
        return Finding("widgets", f"ipywidgets is broken: {_in_one_line(error)}", remedy)
    if versions["ipywidgets"] == "8.1.9":
        return Finding(
            "widgets", found, "run `pip install ipywidgets==8.1.8`: 8.1.9 is reported to stay empty in VS Code."
        )
    return Finding("widgets", found)
