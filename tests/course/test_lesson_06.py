"""What lesson 06 says of its table, read from the record, epoch by epoch."""

import pytest

from dcgan_course import recorded

ROWS = {row: [run["frechet"] for run in runs] for row, runs in recorded.guidelines()["rows"].items()}
RECIPE = ROWS["full recipe"]
GREY = 890


def last(row):
    return [curve[-1] for curve in ROWS[row]]


def test_each_row_has_three_seeds_and_three_epochs():
    assert len(ROWS) == 11 and all(len(curve) == 3 for curves in ROWS.values() for curve in curves)
    assert all(len(curves) == 3 for curves in ROWS.values())


@pytest.mark.parametrize("row", ["no batch norm", "first weights N(0, 0.2)"])
def test_behind_in_every_seed_and_still_falling(row):
    assert min(last(row)) > 1.5 * max(last("full recipe"))
    assert all(curve[-1] < curve[-2] - 5 for curve in ROWS[row])


def test_average_pooling_leads_after_one_epoch_and_then_stands():
    curves = ROWS["average pooling at D's end"]
    first = min(curve[0] for curve in RECIPE)
    assert sum(curve[0] < first for curve in curves) == 2
    assert all(abs(curve[-1] - curve[0]) < 40 for curve in curves)


@pytest.mark.parametrize(("row", "late"), [("pooling and upsampling", 2), ("ReLU in D", 1)])
def test_late_seeds_were_grey_and_still_fall_and_the_others_are_in_time(row, late):
    behind = [curve for curve in ROWS[row] if curve[-1] > 1.5 * max(last("full recipe"))]
    assert len(behind) == late and all(curve[0] > GREY and curve[-1] < curve[-2] - 100 for curve in behind)
    assert all(value < 1.1 * max(last("full recipe")) for value in last(row) if value < 200)


def test_small_first_weights_are_late_in_every_seed_and_tanh_hardly_moves():
    small = ROWS["first weights N(0, 0.002)"]
    assert min(curve[-1] for curve in small) > 1.5 * max(last("full recipe"))
    assert sum(curve[-1] > GREY for curve in small) == 1
    assert all(curve[-1] > GREY and curve[0] - curve[-1] < 10 for curve in ROWS["tanh in G's hidden layers"])


def test_a_small_eps_takes_tanh_out_of_the_grey_in_every_seed_and_not_to_the_recipe():
    small = last("tanh in G, eps 1e-12 in D")
    assert max(small) < GREY < min(last("tanh in G's hidden layers"))
    assert min(small) > 5 * max(last("full recipe"))


@pytest.mark.parametrize("row", ["sigmoid, pictures in [0, 1]", "fully connected hidden layers"])
def test_seeds_that_meet_those_of_the_recipe_tell_no_rows_apart(row):
    ours, theirs = [round(value) for value in last(row)], [round(value) for value in last("full recipe")]
    assert max(ours) >= min(theirs) and max(theirs) >= min(ours)


# --- four times as long ------------------------------------------------------------------------------------------

LONGER = {row: [run["frechet"] for run in runs] for row, runs in recorded.guidelines_longer()["rows"].items()}
END = {row: [curve[-1] for curve in curves] for row, curves in LONGER.items()}
WORST = max(END["full recipe"])


def test_the_longer_table_has_three_seeds_and_six_looks_and_nothing_diverged():
    assert len(LONGER) == 10 and all(len(curves) == 3 for curves in LONGER.values())
    assert all(
        run["epochs"] == [1, 2, 3, 6, 9, 12] for runs in recorded.guidelines_longer()["rows"].values() for run in runs
    )


@pytest.mark.parametrize("row", ["ReLU in D", "no batch norm", "no batch norm; He start"])
def test_late_and_not_lost_in_every_seed(row):
    assert max(END[row]) < 1.4 * WORST


def test_without_batch_norm_it_was_speed_that_was_missing_and_neither_the_start_nor_a_lower_rate_gives_it():
    after_three = 2  # the third look
    recipe = [curve[after_three] for curve in LONGER["full recipe"]]
    for row in ("no batch norm", "no batch norm; He start", "no batch norm; He start, a third of the rate"):
        assert min(curve[after_three] for curve in LONGER[row]) > 1.5 * max(recipe)
    assert min(END["no batch norm; He start, a third of the rate"]) > 1.4 * max(END["no batch norm; He start"])


def test_pooling_comes_near_and_stops_above_the_recipe():
    assert WORST * 1.2 < min(END["pooling and upsampling"]) and max(END["pooling and upsampling"]) < 2 * WORST
    assert sum(curve[0] > GREY for curve in LONGER["pooling and upsampling"]) == 1


def test_average_pooling_hardly_falls_after_the_first_epoch():
    curves = LONGER["average pooling at D's end"]
    assert all(0 < curve[0] - curve[-1] < 80 and curve[-1] > 2 * WORST for curve in curves)
    assert all(curve[0] - curve[-1] > 150 for curve in LONGER["full recipe"])
    assert min(curve[0] for curve in curves) < max(curve[0] for curve in LONGER["full recipe"])


def test_small_first_weights_are_a_lottery():
    ends = sorted(END["first weights N(0, 0.002)"])
    assert ends[0] < 1.2 * WORST and ends[1] > 600


def test_the_mlp_gan_was_held_back_by_its_recipe():
    assert min(END["MLP GAN of lesson 04"]) > 600
    mended = LONGER["MLP GAN, rate and β₁ of the DCGAN"]
    assert all(curve[-1] < 200 and curve[-1] < curve[-2] - 10 for curve in mended)
