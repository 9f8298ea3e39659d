import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from dcgan_course import __main__, budget, recorded
from dcgan_course.commands import doctor, speed
from dcgan_course.commands.doctor import Finding
from dcgan_course.errors import InvalidValue

ROOT = Path(__file__).parents[2]


def test_a_healthy_machine_gives_zero_and_all_the_lines(capsys):
    assert __main__.main(["doctor"]) == 0
    shown = capsys.readouterr().out
    for what in (
        "machine",
        "Python",
        "torch",
        "numpy",
        "scikit-learn",
        "device",
        "load",
        "speed",
        "memory",
        "data: mnist",
        "data: cifar10",
        "course folder",
        "budget",
        "recorded runs",
        "widgets",
    ):
        assert f"✓ {what}" in shown
    assert "Everything that the course needs is here." in shown
    assert "/" + "home" not in shown and str(ROOT) not in shown


def test_a_misspelled_budget_is_wrong_and_gets_the_nearest(monkeypatch, capsys):
    monkeypatch.setenv("DCGAN_COURSE_BUDGET", "gpus")
    assert __main__.main(["doctor"]) == 1
    assert "did you mean gpu?" in capsys.readouterr().out


def test_missing_widgets_are_wrong_with_the_remedy(monkeypatch, capsys):
    real = doctor.importlib.metadata.version

    def version(name):
        if name == "ipywidgets":
            raise doctor.importlib.metadata.PackageNotFoundError
        return real(name)

    monkeypatch.setattr(doctor.importlib.metadata, "version", version)
    assert __main__.main(["doctor"]) == 1
    assert "pip install ipywidgets" in capsys.readouterr().out


def test_the_version_that_stays_empty_in_vs_code_is_wrong(monkeypatch):
    monkeypatch.setattr(doctor.importlib.metadata, "version", lambda name: "8.1.9")
    assert "8.1.8" in doctor._widgets().remedy


def test_a_library_that_is_missing_or_broken_is_wrong(monkeypatch, tmp_path):
    monkeypatch.setattr(doctor, "COURSE", tmp_path)
    assert "requirements.txt" in doctor._library("no_such_library_at_all").remedy
    assert doctor._library("torch").remedy == ""


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("raise RuntimeError('operator torchvision::nms does not exist')", "operator torchvision::nms"),
        ("raise OSError('[WinError 126] a DLL is missing')", "WinError 126"),
        ("raise ValueError('numpy.dtype size changed')", "dtype size"),
        ("import no_such_library_at_all", "it needs no_such_library_at_all"),
        ("def broken(:", "SyntaxError"),
    ],
)
def test_a_library_that_breaks_at_its_import_is_a_line(monkeypatch, tmp_path, text, said):
    (tmp_path / "a_broken_library.py").write_text(text, encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    finding = doctor._library("a_broken_library")
    assert finding.found.startswith("broken: ") and said in finding.found and finding.remedy


def test_another_python_than_the_courses_own_is_sent_there(monkeypatch, tmp_path):
    (tmp_path / ".venv" / "bin").mkdir(parents=True)
    (tmp_path / ".venv" / "bin" / "python").touch()
    monkeypatch.setattr(doctor, "COURSE", tmp_path)
    assert "start .venv/bin/python" in doctor._library("no_such_library_at_all").remedy
    monkeypatch.setattr(sys, "prefix", str(tmp_path / ".venv"))
    assert "requirements.txt" in doctor._library("no_such_library_at_all").remedy


@pytest.fixture
def shipped(monkeypatch, tmp_path) -> Path:
    """A copy of what comes with the course, which a test may damage."""
    from dcgan_course.recorded import runs, tables

    folder = tmp_path / "recorded"
    shutil.copytree(runs.FOLDER, folder, ignore=shutil.ignore_patterns("*.py", "__pycache__"))
    monkeypatch.setattr(runs, "FOLDER", folder)
    monkeypatch.setattr(tables, "FOLDER", folder)
    return folder


@pytest.mark.parametrize(
    ("file", "content"),
    [
        ("mnist_mlp/card.json", b"{"),
        ("mnist_dcgan/card.json", b"[]"),
        ("mnist_dcgan/card.json", b'{"network": null}'),
        ("mnist_mlp/history.json", b"[]"),
        ("mnist_mlp/history.json", b""),
        ("mnist_mlp/history.json", b"[" * 100_000),
        ("mnist_mlp/generator.safetensors", b""),
        ("mnist_mlp/generator.safetensors", b"half a file"),
        ("mnist_mlp/frames.png", b"no picture"),
        ("digit_classifier/weights.safetensors", b""),
        ("factor_reader/weights.safetensors", b""),
        ("guidelines/results.json", b"\xff\xfe"),
        ("modes_table/results.json", b"{"),
        ("probes/table.json", b""),
    ],
)
def test_what_is_damaged_is_named_in_a_line(shipped, file, content):
    assert (shipped / file).exists()
    (shipped / file).write_bytes(content)
    finding = doctor._recorded_runs()
    assert finding.found.startswith("damaged: " + file.split("/")[0]) and "git checkout" in finding.remedy


FOLDERS = sorted(path.parent.name for path in recorded.FOLDER.glob("*/card.json"))


@pytest.mark.parametrize("name", ["mnist_mlp/card.json", *FOLDERS])
def test_what_is_not_there_is_named_too(shipped, name):
    remove = shutil.rmtree if (shipped / name).is_dir() else Path.unlink
    remove(shipped / name)
    assert name.split("/")[0] in doctor._recorded_runs().found.removeprefix("damaged: ")


def test_whatever_breaks_is_a_line_and_the_others_follow(monkeypatch):
    def broken():
        raise MemoryError("not enough\nof it")

    monkeypatch.setattr(doctor, "_disk", broken)
    findings = {finding.what: finding for finding in doctor.examine()}
    assert findings["disk for data"].found == "broken: MemoryError: not enough of it"
    assert findings["disk for data"].remedy and findings["widgets"].remedy == ""


def test_a_card_is_computed_on_before_it_is_called_fine(monkeypatch):
    import torch

    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 2)
    monkeypatch.setattr(torch.cuda, "get_device_name", lambda number=0: f"card {number}")
    results = {"cuda:0": "", "cuda:1": "its results are not those of the CPU"}
    monkeypatch.setattr(doctor, "_what_it_computes_wrong", results.get)
    finding = doctor._device()
    assert "card 1, but its results" in finding.found and "CUDA_VISIBLE_DEVICES=-1" in finding.remedy
    results["cuda:1"] = ""
    assert doctor._device() == Finding("device", "GPU: card 0; it computes as the CPU does")


def test_a_device_that_fails_or_errs_is_seen(monkeypatch):
    import torch

    assert doctor._what_it_computes_wrong("cpu") == ""
    assert doctor._what_it_computes_wrong("meta").startswith("it cannot compute: ")
    real = torch.Tensor.cpu
    monkeypatch.setattr(torch.Tensor, "cpu", lambda tensor: real(tensor) + 1)
    assert doctor._what_it_computes_wrong("cpu") == "its results are not those of the CPU"


@pytest.mark.parametrize(("wrong", "said"), [("", "computes as the CPU does"), ("it errs", "but it errs")])
def test_apples_card_is_known(monkeypatch, wrong, said):
    import torch

    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: True)
    monkeypatch.setattr(doctor, "_what_it_computes_wrong", lambda device: wrong if device == "mps" else "?")
    finding = doctor._device()
    assert "Apple's GPU" in finding.found and said in finding.found and not finding.remedy


def test_a_card_that_this_torch_cannot_use_is_said(monkeypatch):
    import torch

    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: False)
    monkeypatch.setattr(doctor.shutil, "which", lambda name: f"/usr/bin/{name}")
    monkeypatch.setattr(torch.version, "cuda", None)
    assert "built without CUDA" in doctor._device().found


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        ({1: 0.010, 2: 0.040}, "one thread is faster now: set OMP_NUM_THREADS=1 before you start"),
        ({1: 0.040, 2: 0.010}, "all threads are faster now: leave OMP_NUM_THREADS unset"),
        ({1: 0.010, 2: 0.011}, "hardly matters now"),
    ],
)
def test_the_faster_number_of_threads_is_named(monkeypatch, seconds, said):
    monkeypatch.setattr(speed, "all_threads", lambda: 2)
    monkeypatch.setattr(speed, "seconds_by_threads", lambda networks, batch_size, counts: seconds)
    finding = doctor._speed()
    assert said in finding.found and "10.0 ms" in finding.found and not finding.remedy


def test_a_system_without_a_load_average_is_fine(monkeypatch):
    assert "cores in the last minute" in doctor._load().found
    monkeypatch.delattr(os, "getloadavg")
    assert "does not tell" in doctor._load().found and not doctor._load().remedy


def test_a_cache_that_cannot_be_written_is_wrong(monkeypatch):
    monkeypatch.setattr(doctor.os, "access", lambda path, mode: False)
    assert "DCGAN_COURSE_CACHE" in doctor._disk().remedy
    assert "cannot be written" in doctor._course_folder().found


def test_report_marks_what_is_wrong():
    wrong = [Finding(name, "missing", "get them.") for name in ("b", "c")]
    text = doctor.report([Finding("a", "fine"), Finding("disk", "0 GiB", "free some."), *wrong])
    assert text.splitlines()[0].startswith("✓ a") and "! disk" in text and "To do, disk: free some." in text
    assert "To do, b, c: get them." in text


@pytest.mark.parametrize(("given", "near"), [("gpus", "gpu"), ("smok", "smoke"), ("CPU", "cpu")])
def test_budgets_misspelled(monkeypatch, given, near):
    monkeypatch.setenv("DCGAN_COURSE_BUDGET", given)
    with pytest.raises(InvalidValue) as caught:
        budget.course_budget()
    assert repr(given) in str(caught.value) and f"did you mean {near}?" in str(caught.value)


def test_budget_without_the_variable_follows_the_hardware(monkeypatch):
    import torch

    monkeypatch.delenv("DCGAN_COURSE_BUDGET", raising=False)
    assert budget.course_budget() == ("gpu" if torch.cuda.is_available() else "cpu")


def test_our_errors_show_one_sentence_in_a_notebook():
    """IPython asks an exception how it wants to be shown; ours answer with their sentence."""
    code = "from dcgan_course.budget import course_budget; course_budget()"
    command = [sys.executable, "-m", "IPython", "--no-banner", "--colors=NoColor", "-c", code]
    environment = os.environ | {"DCGAN_COURSE_BUDGET": "x"}
    shown = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, env=environment).stdout
    assert "InvalidValue: The environment variable DCGAN_COURSE_BUDGET is 'x'" in shown
    assert "Traceback" not in shown and "budget.py" not in shown


@pytest.mark.parametrize(
    ("system", "kind", "libc", "mac", "why"),
    [
        ("Linux", "x86_64", "glibc", "", ""),
        ("Linux", "aarch64", "glibc", "", ""),
        ("Darwin", "arm64", "", "15.1", ""),
        ("Windows", "AMD64", "", "", ""),
        ("Darwin", "x86_64", "", "13.2", "no wheel for Darwin on x86_64"),
        ("Darwin", "arm64", "", "13.2", "no wheel for macOS 13.2"),
        ("Windows", "ARM64", "", "", "no wheel for Windows on ARM64"),
        ("Linux", "x86_64", "", "", "no wheel for a Linux without glibc"),
        ("Linux", "i686", "glibc", "", "no wheel for Linux on i686"),
    ],
)
def test_a_machine_for_which_there_is_no_torch_is_told_which_have_one(monkeypatch, system, kind, libc, mac, why):
    monkeypatch.setattr(doctor.platform, "system", lambda: system)
    monkeypatch.setattr(doctor.platform, "machine", lambda: kind)
    monkeypatch.setattr(doctor.platform, "libc_ver", lambda: (libc, ""))
    monkeypatch.setattr(doctor.platform, "mac_ver", lambda: (mac, ("", "", ""), ""))
    said = doctor.unsupported()
    assert (why in said and "macOS 14 or newer" in said) if why else said == ""
    assert ("Apple chip, install" in said) == (system == "Darwin" and bool(why))
    assert doctor._machine().remedy == ""  # torch is here all the same
    monkeypatch.setattr(doctor.importlib.util, "find_spec", lambda name: None)
    assert doctor._machine().remedy == said
