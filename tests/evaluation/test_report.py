"""The report card: the same measures for drawn and for real pictures, and a table that says how they came about."""

import json
import statistics

import pytest
import torch

from dcgan_course.errors import InvalidValue
from dcgan_course.evaluation.kernel import kernel_distance
from dcgan_course.evaluation.metrics import frechet_distance
from dcgan_course.evaluation.neighbours import density_coverage, one_nearest_neighbour, precision_recall
from dcgan_course.evaluation.report import ROWS, ReportCard, Setting, measure, report_card, written

SETTING = Setting("a network, 6 numbers a picture", "300 points, seed 0", "none", (0, 1, 2))


def cloud(seed, move=0.0, count=300):
    return torch.randn(count, 6, generator=torch.Generator().manual_seed(seed)) + move


@pytest.fixture(scope="module")
def card():
    draws = [cloud(seed, move=1.0) for seed in (1, 2, 3)]
    return report_card(SETTING, cloud(0), draws, [cloud(4), cloud(5)])


def test_each_measure_stands_in_its_own_place(card):
    reference, drawn = cloud(0), cloud(1, move=1.0)
    first = card.drawn[0]
    assert first.frechet_distance == frechet_distance(reference, drawn)
    assert first.kernel_distance == kernel_distance(reference, drawn)
    assert (first.precision, first.recall) == precision_recall(reference, drawn, 3)
    assert (first.density, first.coverage) == density_coverage(reference, drawn, 5)
    halves = one_nearest_neighbour(reference, drawn)
    assert first.nearest_neighbour == halves.accuracy
    assert (first.nearest_neighbour_real, first.nearest_neighbour_fake) == (halves.real, halves.fake)
    assert len({*vars(first).values()}) == len(ROWS)  # so that no two could be exchanged unseen


def test_moved_points_are_worse_than_real_ones_by_every_measure(card):
    for drawn in card.drawn:
        for real in card.real:
            assert drawn.frechet_distance > real.frechet_distance and drawn.kernel_distance > real.kernel_distance
            assert all(getattr(drawn, name) < getattr(real, name) for name in ("precision", "recall", "coverage"))
            assert drawn.nearest_neighbour > real.nearest_neighbour


def test_the_table_says_how_it_was_measured(card):
    shown = str(card)
    assert all(said in shown for said in (SETTING.network, SETTING.reference, "300 on each side", "seeds of z 0, 1, 2"))
    assert "standard deviation over 3 draws, 2 sets of other real pictures" in shown
    for name, title in ROWS.items():
        (line,) = (line for line in shown.splitlines() if line.startswith(title))
        for side in (card.drawn, card.real):
            assert written([getattr(each, name) for each in side]) in line
    assert max(map(len, shown.splitlines()[5:15])) <= 80


def test_a_card_comes_back_from_json(card):
    again = ReportCard.from_facts(json.loads(json.dumps(card.facts())))
    assert str(again) == str(card) and again.setting == card.setting


def test_digits_follow_the_size_of_a_mean():
    assert written([0.0]) == "0.00" and written([51.234]) == "51.2" and written([-0.0523]) == "−0.0523"
    assert written([1234.5]) == "1,234" and written([0.000012]) == "0.0000"
    assert written([-2.0, 0.5, 1.0]).endswith("± 1.61")  # the spread is the larger one
    values = [1.0, 2.0, 4.0]
    assert written(values) == f"{statistics.mean(values):.2f} ± {statistics.stdev(values):.2f}"


def test_sets_of_other_sizes_are_refused():
    with pytest.raises(InvalidValue, match="have 299, 300 rows, but all need the same number of pictures"):
        report_card(SETTING, cloud(0), [cloud(1)] * 3, [cloud(2, count=299)])
    with pytest.raises(InvalidValue, match="There are 2 draws, 3 seeds and 1 sets of other real pictures, but"):
        report_card(SETTING, cloud(0), [cloud(1)] * 2, [cloud(2)])
    with pytest.raises(InvalidValue, match="There are 3 draws, 3 seeds and 0 sets"):
        report_card(SETTING, cloud(0), [cloud(1)] * 3, [])


def test_few_points_are_refused_by_the_measures():
    with pytest.raises(InvalidValue):
        measure(cloud(0, count=3), cloud(1, count=3))
