"""A short part of the soak: the same players as in `make soak`, with fewer tries and another seed."""

import os

import pytest

from soak.command_lines import soak_command_lines
from soak.damaged import soak_files
from soak.explorers import soak_explorers
from soak.kills import soak_kills

forks = pytest.mark.skipif(not hasattr(os, "fork"), reason="it forks")


@pytest.mark.parametrize(
    ("play", "times"),
    [
        (soak_files, 150),
        (soak_explorers, 8),
        pytest.param(soak_command_lines, 12, marks=forks),
        pytest.param(soak_kills, 3, marks=forks),
    ],
    ids=lambda value: getattr(value, "__name__", None),
)
def test_nothing_is_lost_and_nothing_is_silent(play, times, tmp_path):
    report = play(times, 1, tmp_path)
    assert report.came.total() >= times and not report.faults, str(report)
