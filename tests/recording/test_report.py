"""A report card is written into the card of a shipped generator, and nothing else of it changes."""

import json
import shutil

import pytest

from dcgan_course import recorded
from recording import report
from recording.__main__ import main


@pytest.fixture
def copied(monkeypatch, tmp_path):
    """A copy of one recorded run, to write into."""
    shutil.copytree(recorded.FOLDER / "objects_dcgan", tmp_path / "objects_dcgan")
    for network in ("factor_reader", "digit_classifier"):
        shutil.copytree(recorded.FOLDER / network, tmp_path / network)
    monkeypatch.setattr(recorded, "FOLDER", tmp_path)
    monkeypatch.setattr("dcgan_course.recorded.runs.FOLDER", tmp_path)
    return tmp_path / "objects_dcgan"


def test_the_report_is_renewed_with_the_sums(copied, monkeypatch, capsys):
    before = json.loads((copied / "card.json").read_text(encoding="utf-8"))
    monkeypatch.setattr(report, "COUNT", 300)
    assert main(["report", "objects_dcgan"]) == 0
    after = recorded.runs.whole("objects_dcgan")  # all sums are right
    for facts in (before, after):
        facts.pop("report", None)
        facts.pop("sha256")
    assert before == after
    written = recorded.report("objects_dcgan")
    assert written.count == 300 and len(written.drawn) == len(written.real) == 5
    assert str(written) in capsys.readouterr().out
    assert str(written) in (copied / "CARD.md").read_text(encoding="utf-8")
    assert written.drawn[0].frechet_distance > 2 * written.real[0].frechet_distance


def test_a_second_name_belongs_to_report_alone(capsys):
    with pytest.raises(SystemExit):
        main(["sums", "objects_dcgan"])
    assert "a second name belongs to `report` only" in capsys.readouterr().err
