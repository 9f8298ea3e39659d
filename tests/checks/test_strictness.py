"""Every check was tried with enough wrong ideas, each with a sentence of its own, and right answers in other styles."""

import json
import os
import subprocess
import sys
from pathlib import Path

from authoring.places import ROOT
from dcgan_course.checks.registry import all_exercises

IDEAS = 8  # different sentences to wrong answers
STYLES = 3  # right answers beside the one in the solution notebook
CHOICES = {  # names or a few numbers are chosen: there are no more wrong ideas than these, each with its own sentence
    "02-lecture-strides": 4,
    "04-read-traces": 6,
    "07b-six-profiles": 6,
}


def test_every_check_knows_eight_wrong_ideas_and_lets_four_styles_pass(tmp_path):
    """The tests of the lessons are run once more, with an ear at every check."""
    lessons = sorted(Path(__file__).parent.glob("test_lesson_*.py"))
    ran = subprocess.run(
        [sys.executable, "-m", "pytest", "-n", "0", "-q", "-p", "tests.helpers.heard", *lessons],
        cwd=ROOT,
        env=os.environ | {"HEARD": str(tmp_path / "heard.json"), "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        encoding="utf-8",
    )
    assert ran.returncode == 0, ran.stdout[-2000:] + ran.stderr[-2000:]
    heard = json.loads((tmp_path / "heard.json").read_text("utf-8"))
    short = []
    for exercise in all_exercises():
        name = f"{exercise.lesson}-{exercise.id}"
        found = heard.get(name, {"wrong": [], "right": 0})
        if len(found["wrong"]) < CHOICES.get(name, IDEAS) or found["right"] < STYLES:
            short.append(f"{name}: {len(found['wrong'])} wrong, {found['right']} right")
    assert not short, "\n".join(short)
