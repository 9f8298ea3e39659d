"""Every command of an author says what it does, and names only folders that are there."""

import re
import runpy
import sys

import pytest

from authoring.notebooks import ROOT

BENCHMARKS = sorted(f"benchmarks.{path.stem}" for path in (ROOT / "benchmarks").glob("[!_]*.py"))
COMMANDS = [
    *BENCHMARKS,
    "recording",
    "authoring.nbgrader",
    "authoring.notebooks",
    "authoring.site",
    "authoring.teaching",
    "authoring.wrap",
]


@pytest.mark.filterwarnings("ignore:.*found in sys.modules:RuntimeWarning")  # a test may have imported it before
@pytest.mark.parametrize("command", COMMANDS)
def test_a_command_says_how_it_is_started_and_where_it_writes(command, monkeypatch, capsys):
    monkeypatch.setattr(sys, "argv", [command, "--help"])
    with pytest.raises(SystemExit) as ended:
        runpy.run_module(command, run_name="__main__", alter_sys=True)
    said = capsys.readouterr().out
    assert ended.value.code == 0 and f"python -m {command}" in said
    for place in re.findall(r"(?:dcgan_course|benchmarks|sources|docs)/[a-z_0-9/.]+", said):
        assert (ROOT / place.rstrip(".")).exists(), place
