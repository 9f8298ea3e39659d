"""The table of fixes on digits: its command at a small size, what ships, and one run measured again."""

import json
import math
import statistics

import pytest
import torch

from benchmarks import fixes
from dcgan_course import recorded
from dcgan_course.data import already_here, load_images
from dcgan_course.recorded.comparison import LEVEL


@pytest.fixture
def small(monkeypatch, tmp_path):
    """Three rows on drawn digits, few samples; the folder where results go."""
    monkeypatch.setattr(fixes, "load_images", lambda *given: load_images(*given, stand_in=True))
    kept = (fixes.DCGAN, fixes.PLAIN_D, "R1", fixes.AVERAGE, "conditional, projection")
    monkeypatch.setattr(fixes, "ROWS", {row: fixes.ROWS[row] for row in kept})
    monkeypatch.setattr(
        fixes, "SETTINGS", fixes.SETTINGS | {"pictures": 200, "samples": 60, "neighbours_of": 50, "width": 2}
    )
    return tmp_path / "fixes"


def test_the_command_trains_every_row_goes_on_where_it_was_and_compares(small, capsys):
    assert fixes.main(["--steps", "2", "--seeds", "2", "--folder", str(small)]) == 0
    first = json.loads((small / "results.json").read_text(encoding="utf-8"))
    assert {row: len(runs) for row, runs in first["rows"].items()} == dict.fromkeys(fixes.ROWS, 2)
    assert fixes.main(["--steps", "2", "--seeds", "3", "--folder", str(small)]) == 0
    again = json.loads((small / "results.json").read_text(encoding="utf-8"))
    for row, runs in again["rows"].items():
        assert runs[:2] == first["rows"][row] and [run["seed"] for run in runs] == [0, 1, 2]
        assert all(math.isfinite(run["frechet"]) and 0 <= run["precision"] <= 1 for run in runs)
    assert "asked_digit" in again["rows"]["conditional, projection"][0]
    page = (small / "fixes.md").read_text(encoding="utf-8")
    assert all(f"| {row} |" in page for row in fixes.ROWS) and "4 comparisons" in page
    with pytest.raises(SystemExit, match="other settings"):
        fixes.main(["--steps", "3", "--folder", str(small)])


def test_the_same_seed_gives_the_same_figures(small):
    shown = load_images("mnist", stand_in=True)
    judge = fixes.Judge(fixes.SETTINGS | {"steps": 2})
    data = shown.images[:200], shown.labels[:200]
    one, other = (fixes.run_once("R1", 1, data, judge)["R1"] for _ in range(2))
    timed = ("seconds", "cpu_seconds")
    assert {key: one[0][key] for key in one[0] if key not in timed} == {
        key: other[0][key] for key in other[0] if key not in timed
    }
    assert torch.equal(one[1], other[1])


def test_every_row_has_a_control_of_its_own_kind():
    for row, (control, options) in fixes.ROWS.items():
        if control is None:
            assert row == fixes.DCGAN
            continue
        without_norm = options.get("discriminator_norm") is False
        assert control == (fixes.PLAIN_D if without_norm and row != fixes.PLAIN_D else fixes.DCGAN)


class TestWhatShips:
    def test_it_is_complete(self):
        shipped = recorded.fixes()
        assert shipped["settings"] == json.loads(json.dumps(fixes.SETTINGS))
        assert set(shipped["rows"]) == set(fixes.ROWS)
        assert shipped["controls"] == {row: control for row, (control, _) in fixes.ROWS.items() if control}
        counts = {len(runs) for runs in shipped["rows"].values()}
        assert counts == {6}
        for row, runs in shipped["rows"].items():
            assert [run["seed"] for run in runs] == list(range(6)), row
            assert all(sum(run["counts"]) == fixes.SETTINGS["samples"] for run in runs), row
            assert recorded.fix_samples(row).shape == (6, fixes.SHOWN, 1, 28, 28), row

    def test_the_page_says_what_the_results_say(self):
        page = (fixes.ROOT / "benchmarks" / "results" / "fixes.md").read_text(encoding="utf-8")
        for row, verdict in fixes.told_apart(recorded.fixes()).items():
            (line,) = [line for line in page.splitlines() if line.startswith(f"| {row} |")]
            assert f"| {verdict.adjusted:.3f} | {fixes.word(verdict)} |" in line
            assert verdict.apart == (verdict.adjusted <= LEVEL)

    def test_the_lesson_reads_it_right(self):
        shipped = recorded.fixes()
        figures = {row: [run["frechet"] for run in runs] for row, runs in shipped["rows"].items()}
        found = fixes.told_apart(shipped)
        told = {row: fixes.word(verdict) for row, verdict in found.items() if verdict.apart}
        assert told == {
            "two rates, D 4 times G": "worse",
            "packs of 2": "worse",
            "conditional, concatenated": "better",
        }
        assert [found[row].lower for row in told] == [0, 0, 6]
        pairs = found["relativistic"]
        assert pairs.lower == 5 and pairs.p < LEVEL < pairs.adjusted
        assert min(figures, key=lambda row: statistics.stdev(figures[row])) == "relativistic"
        *best, collapsed = sorted(figures["conditional, projection"])
        others = [value for row, values in figures.items() if not row.startswith("conditional") for value in values]
        assert len(best) == 5 and max(best) < min(others) and collapsed > 3 * max(figures[fixes.DCGAN])
        assert abs(statistics.mean([*best, collapsed]) - statistics.mean(figures[fixes.DCGAN])) < 30

    @pytest.mark.slow
    @pytest.mark.real_data
    @pytest.mark.skipif(not already_here("mnist"), reason="no MNIST here: set DCGAN_COURSE_DATA")
    def test_one_run_is_measured_again(self):
        shown, row = load_images("mnist"), "relativistic, R1 and R2"
        pictures = fixes.SETTINGS["pictures"]
        data = shown.images[:pictures], shown.labels[:pictures]
        found, _ = fixes.run_once(row, 0, data, fixes.Judge(fixes.SETTINGS))[row]
        others = [run["frechet"] for run in recorded.fixes()["rows"][row]]
        assert min(others) * 0.8 < found["frechet"] < max(others) * 1.2  # other machines round otherwise
