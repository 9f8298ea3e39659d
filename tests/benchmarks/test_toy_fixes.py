"""The table of fixes on ring and grid: what is shipped, what its words rest on, and that each row is what it says."""

import json

import pytest
import torch

from benchmarks import toy_fixes, toy_fixes_report
from dcgan_course import recorded
from dcgan_course.toy.modes import count_modes


@pytest.fixture(scope="module")
def shipped():
    return recorded.toy_fixes()


def test_the_shipped_table_is_complete(shipped):
    assert (
        {"ring", "slow_d"} <= shipped["games"].keys()
        and shipped["games"].keys() <= toy_fixes.GAMES.keys()
        and shipped["runs"] >= 5
    )
    for key, found in shipped["games"].items():
        game = toy_fixes.GAMES[key]
        assert set(toy_fixes.ROWS) - set(game.left_out) <= found["rows"].keys() and found["steps"] == game.steps
        for row in (found["rows"] | found["chance"]).values():
            assert {len(row[name]) for name in ("modes", "high_quality", "reverse_kl")} == {shipped["runs"]}
            points = torch.tensor(row["points"])
            share = count_modes(points, game.mixture).high_quality  # of the 200 that are kept, of the first run
            assert abs(share - row["high_quality"][0]) < 0.13


def test_the_readable_table_holds_the_shipped_numbers(shipped):
    text = toy_fixes_report.REPORT.read_text(encoding="utf-8")
    assert shipped["date"] in text and shipped["command"] in text and f"the {shipped['runs']} runs" in text
    for found in shipped["games"].values():
        table = text.split(f"## {found['name']}")[1].split("\n## ")[0]
        for name, row in (found["rows"] | found["chance"]).items():
            line = next(line for line in table.splitlines() if line.startswith(f"| {name} |"))
            assert toy_fixes_report.spread(row["modes"]) in line
            assert toy_fixes_report.spread(row["high_quality"], percent=True) in line


def test_what_chance_gives_is_what_the_table_says(shipped):
    """Drawn again: modes and shares of circle, disc and blob, to the last point."""
    fresh = toy_fixes.chance(toy_fixes.GAMES["ring"], shipped["runs"])
    for name, row in shipped["games"]["ring"]["chance"].items():
        if "untrained" not in name:
            assert fresh[name]["modes"] == row["modes"] and fresh[name]["high_quality"] == row["high_quality"], name


def test_a_circle_that_knows_no_mode_has_perfect_modes_and_reverse_kl(shipped):
    """Why the table needs chance rows at all."""
    circle = shipped["games"]["ring"]["chance"][toy_fixes_report.CIRCLE]
    assert set(circle["modes"]) == {8} and max(circle["reverse_kl"]) < 0.01
    assert all(0.05 < share < 0.1 for share in circle["high_quality"])  # 8 · 6σ of 2π is 7.6 %


def made_up(**figures):
    return {
        name: {"modes": values, "high_quality": values, "reverse_kl": values, "control": "plain"}
        for name, values in figures.items()
    }


def test_better_and_worse_are_said_only_where_a_row_is_told_apart():
    rows = made_up(plain=[1.0, 2, 3, 4, 5, 6], far=[11.0, 12, 13, 14, 15, 16], near=[1.1, 2.1, 3.1, 4.1, 5.1, 6.1])
    words = toy_fixes_report.told_apart(rows)
    assert words["far"] == {"modes": "better", "high_quality": "better", "reverse_kl": "worse"}
    assert set(words["near"].values()) == {""} and words["plain"] == {}
    chance = {"high_quality": [2.0, 2, 2, 2, 2, 2]}
    assert toy_fixes_report.above_chance(rows, chance) == {"plain": False, "far": True, "near": False}


def test_every_row_plays_and_a_second_call_goes_on(tmp_path, capsys):
    results = tmp_path / "results.json"
    arguments = ["--runs", "2", "--shorter", "600", "--game", "slow_d"]
    toy_fixes.main(arguments, results)
    assert set(json.loads(results.read_text())["games"]["slow_d"]["rows"]) == {*toy_fixes.ROWS, toy_fixes.AVERAGED}
    capsys.readouterr()
    toy_fixes.main(arguments, results)
    assert capsys.readouterr().out == ""


def test_rows_of_equal_shape_start_from_the_same_networks():
    game = toy_fixes.GAMES["ring"]
    plain, other = (toy_fixes.build(toy_fixes.ROWS[name], game, 2) for name in ("plain", "R1 (γ 0.1)"))
    packs = toy_fixes.build(toy_fixes.ROWS["packs of two"], game, 2)
    for one, same, with_packs in zip(
        *(list(each.generators.parameters()) for each in (plain, other, packs)), strict=True
    ):
        assert torch.equal(one, same) and torch.equal(one, with_packs)
    for one, same in zip(plain.discriminators.parameters(), other.discriminators.parameters(), strict=True):
        assert torch.equal(one, same)
