"""Telling rows apart: against SciPy, a closed form, and how often it is wrong where there is nothing to find."""

import itertools
import math
from statistics import mean

import pytest
import torch
from scipy import stats

from dcgan_course.errors import InvalidValue
from dcgan_course.recorded.comparison import holm, permutation_p, verdicts


def draws(seed: int, *sizes: int) -> list[list[float]]:
    random = torch.Generator().manual_seed(seed)
    return [torch.randn(size, generator=random).tolist() for size in sizes]


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("sizes", [(3, 3), (5, 5), (4, 6), (2, 7)])
def test_p_is_that_of_scipy(seed, sizes):
    one, other = draws(seed, *sizes)
    want = stats.permutation_test(
        (one, other),
        lambda a, b, axis: abs(a.mean(axis) - b.mean(axis)),
        vectorized=True,
        n_resamples=10**6,
        alternative="greater",
    )
    assert permutation_p(one, other) == pytest.approx(want.pvalue)


@pytest.mark.parametrize("count", range(2, 9))
def test_the_smallest_p_depends_on_the_number_of_seeds_alone(count):
    one, other = list(range(count)), list(range(100, 100 + count))
    assert permutation_p(one, other) == pytest.approx(2 / math.comb(2 * count, count))


def test_p_does_not_know_scale_shift_or_order():
    one, other = draws(0, 5, 5)
    p = permutation_p(one, other)
    assert p == permutation_p(other, one) == permutation_p(one[::-1], other)
    assert p == permutation_p([7 * x - 3 for x in one], [7 * x - 3 for x in other])
    assert permutation_p([1.5] * 4, [1.5] * 4) == 1


def test_where_nothing_differs_it_is_wrong_no_more_often_than_the_level_says():
    p_values = [permutation_p(*draws(seed, 5, 5)) for seed in range(400)]
    for level in (0.05, 0.2, 0.5):
        assert mean(p <= level for p in p_values) < level + 3 * math.sqrt(level * (1 - level) / 400)


def test_holm_by_hand():
    assert holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.03, 0.06, 0.06, 0.02])
    assert holm([0.9, 0.8]) == [1.0, 1.0] and holm([]) == []


@pytest.mark.parametrize("seed", range(20))
def test_holm_rejects_what_stepping_down_rejects(seed):
    p_values = [abs(x) / 20 for x in draws(seed, 8)[0]]
    rejected, order = set(), sorted(range(8), key=lambda place: p_values[place])
    for rank, place in enumerate(order):
        if p_values[place] > 0.05 / (8 - rank):
            break
        rejected.add(place)
    assert {place for place, p in enumerate(holm(p_values)) if p <= 0.05} == rejected


def test_a_table_pays_for_all_its_comparisons():
    figures = {"control": [0.0, 1, 2, 3, 4, 5], "far": [x + 100.0 for x in range(6)], "near": [0.1, 1, 2, 3, 4, 5]}
    alone = verdicts(figures, {"far": "control"})["far"]
    both = verdicts(figures, {"far": "control", "near": "control"})
    assert alone.p == alone.adjusted == pytest.approx(2 / 924) and alone.apart and alone.difference == 100
    assert both["far"].adjusted == pytest.approx(4 / 924) and both["far"].apart and both["far"].lower == 0
    assert not both["near"].apart and both["near"].pairs == 6


def test_five_seeds_and_fourteen_comparisons_can_tell_nothing_apart():
    """The reason why the table of lesson 11 has more: even figures that do not overlap at all are not enough."""
    figures = {f"row {row}": [1000.0 * row + x for x in range(5)] for row in range(15)}
    found = verdicts(figures, {name: "row 0" for name in itertools.islice(figures, 1, None)})
    assert not any(verdict.apart for verdict in found.values())


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: permutation_p([1.0], [2.0, 3.0]), "at least two finite figures"),
        (lambda: permutation_p([1.0, math.nan], [2.0, 3.0]), "at least two finite figures"),
        (lambda: permutation_p([0.0] * 20, [1.0] * 20), "give fewer figures"),
        (lambda: holm([0.5, 1.5]), "from 0 to 1"),
        (lambda: verdicts({"a": [1, 2]}, {"a": "b"}), "no figures for 'b'"),
    ],
)
def test_what_cannot_be_compared_is_a_sentence(call, words):
    with pytest.raises(InvalidValue, match=words):
        call()
