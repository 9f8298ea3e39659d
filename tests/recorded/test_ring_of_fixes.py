"""What lesson 11 reads out of the ring with each fix: eight runs a row, told apart by the exact test."""

from statistics import mean

from dcgan_course import recorded
from dcgan_course.recorded.comparison import verdicts

RING = recorded.toy_fixes()["games"]["ring"]
ROWS = RING["rows"]
CONTROLS = {name: row["control"] if row["control"] != name else "plain" for name, row in ROWS.items()}
CONTROLS = {name: control for name, control in CONTROLS.items() if name != control}


def told(key, lower):
    """The rows that are told apart by one measure, with the lower figure or the higher one."""
    found = verdicts({name: row[key] for name, row in ROWS.items()}, CONTROLS)
    return {name for name, verdict in found.items() if verdict.apart and (verdict.difference < 0) == lower}


def test_chance_has_all_modes_and_even_shares_but_no_quality():
    circle = RING["chance"]["chance: the whole circle"]
    assert min(circle["modes"]) == 8 and max(circle["reverse_kl"]) < 0.01 and mean(circle["high_quality"]) < 0.1


def test_only_the_average_and_what_is_no_gan_have_better_quality():
    assert told("high_quality", lower=False) == {"plain, G averaged", "no game: flow matching"}


def test_penalties_on_the_slope_and_packs_make_the_shares_even():
    penalties = {"R1 (γ 0.1)", "R1 and R2 (γ 0.1)", "relativistic, R1 and R2 (γ 0.1)"}
    assert told("reverse_kl", lower=True) == penalties | {"packs of two", "no game: flow matching"}


def test_what_bounds_the_slope_hard_or_looks_ahead_is_worse():
    wasserstein = {name for name in ROWS if name.startswith("Wasserstein")}
    assert told("high_quality", lower=True) == wasserstein | {"hinge, spectral norm", "unrolled, 5 steps"}
