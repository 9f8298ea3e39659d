import os
import subprocess
import sys
from pathlib import Path

import pytest

from dcgan_course import __main__, budget
from dcgan_course.commands import doctor
from dcgan_course.commands.doctor import Finding
from dcgan_course.errors import InvalidValue

ROOT = Path(__file__).parents[2]


def test_a_healthy_machine_gives_zero_and_all_the_lines(capsys):
    assert __main__.main(["doctor"]) == 0
    shown = capsys.readouterr().out
    for what in (
        "Python",
        "torch",
        "device",
        "memory",
        "data: mnist",
        "data: cifar10",
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


def test_a_library_that_is_missing_or_broken_is_wrong():
    assert "requirements.txt" in doctor._library("no_such_library_at_all").remedy
    assert doctor._library("torch").remedy == ""


def test_a_damaged_recorded_run_is_wrong(monkeypatch, tmp_path):
    from dcgan_course.recorded import runs

    (tmp_path / "mnist_mlp").mkdir()
    (tmp_path / "mnist_mlp" / "generator.safetensors").write_bytes(b"half a file")
    monkeypatch.setattr(runs, "FOLDER", tmp_path)
    finding = doctor._recorded_runs()
    assert "damaged" in finding.found and "git checkout" in finding.remedy


def test_report_marks_what_is_wrong():
    text = doctor.report([Finding("a", "fine"), Finding("disk", "0 GiB", "free some.")])
    assert text.splitlines()[0].startswith("✓ a") and "! disk" in text and "To do, disk: free some." in text


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
