import itertools
import statistics

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from dcgan_course.errors import InvalidValue
from dcgan_course.evaluation import neighbours
from dcgan_course.evaluation.neighbours import (
    density_coverage,
    expected_coverage,
    one_nearest_neighbour,
    precision_recall,
)


def cloud(count, size, seed, *, shift=0.0):
    return shift + torch.randn(count, size, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def square(x, y):
    return sum((one - other) ** 2 for one, other in zip(x, y, strict=True))


def balls(points, k):
    """The squared radius of each point's ball, by sorting all distances to the others."""
    return [
        sorted(square(point, other) for j, other in enumerate(points) if j != i)[k - 1]
        for i, point in enumerate(points)
    ]


def share_inside(asked, points, k):
    radii = balls(points, k)
    hits = [any(square(x, y) <= radius for y, radius in zip(points, radii, strict=True)) for x in asked]
    return sum(hits) / len(asked)


def slow_density_coverage(real, fake, k):
    radii = balls(real, k)
    table = [[square(x, y) <= radius for y in fake] for x, radius in zip(real, radii, strict=True)]
    return sum(map(sum, table)) / (k * len(fake)), sum(map(any, table)) / len(real)


def slow_halves(real, fake):
    found = []
    for own, other in ((real, fake), (fake, real)):
        right = 0.0
        for i, x in enumerate(own):
            near = min(square(x, y) for j, y in enumerate(own) if j != i)
            far = min(square(x, y) for y in other)
            right += 0.5 if near == far else float(near < far)
        found.append(right / len(own))
    return found


@st.composite
def grids(draw):
    """Two clouds of whole numbers: full of equal distances and of copies."""
    size = draw(st.integers(1, 3))
    point = st.lists(st.integers(-3, 3), min_size=size, max_size=size)
    real, fake = (draw(st.lists(point, min_size=2, max_size=12)) for _ in range(2))
    return real, fake, draw(st.integers(1, min(len(real), len(fake)) - 1))


@st.composite
def scattered(draw):
    """Two clouds without equal distances."""
    seed, size = draw(st.integers(0, 10**6)), draw(st.integers(1, 5))
    real, fake = cloud(draw(st.integers(2, 15)), size, seed), cloud(draw(st.integers(2, 15)), size, seed + 1, shift=0.5)
    return real.tolist(), fake.tolist(), draw(st.integers(1, min(len(real), len(fake)) - 1))


@given(grids() | scattered(), st.sampled_from([0.0, 0.1, 1234.5]))
def test_all_equal_the_slow_loops(case, shift):
    real, fake, k = case
    a, b = (torch.tensor(points, dtype=torch.float64) + shift for points in (real, fake))
    assert precision_recall(a, b, k) == (share_inside(fake, real, k), share_inside(real, fake, k))
    assert density_coverage(a, b, k) == pytest.approx(slow_density_coverage(real, fake, k), abs=1e-12)
    test, halves = one_nearest_neighbour(a, b), slow_halves(real, fake)
    assert [test.real, test.fake] == pytest.approx(halves, abs=1e-12)
    assert test.accuracy == pytest.approx((len(a) * halves[0] + len(b) * halves[1]) / (len(a) + len(b)))


@pytest.mark.parametrize("block", [1, 60, 10**9])
def test_blocks_of_any_size_give_the_same(monkeypatch, block):
    real, fake = cloud(41, 3, 0), cloud(29, 3, 1, shift=0.4)
    want = precision_recall(real, fake), density_coverage(real, fake), one_nearest_neighbour(real, fake)
    monkeypatch.setattr(neighbours, "BLOCK", block)
    assert (precision_recall(real, fake), density_coverage(real, fake), one_nearest_neighbour(real, fake)) == want


def test_six_points_on_a_line_by_hand():
    """k = 1: the balls of 0, 1, 3 reach 1, 1, 2 far, those of the fakes 5, 9, 10 reach 4, 1, 1."""
    real, fake = torch.tensor([[0.0], [1.0], [3.0]]), torch.tensor([[5.0], [9.0], [10.0]])
    assert precision_recall(real, fake, 1) == (1 / 3, 2 / 3)  # 5 is on the rim around 3, and 1 on the rim around 5
    assert density_coverage(real, fake, 1) == (1 / 3, 1 / 3)


@given(st.integers(0, 10**6), st.integers(1, 5))
def test_a_copy_of_the_reals_is_inside_everything(seed, k):
    real = cloud(30, 6, seed)
    order = torch.randperm(30, generator=torch.Generator().manual_seed(seed))
    assert precision_recall(real, real[order], k) == (1.0, 1.0)
    density, coverage = density_coverage(real, real[order], k)
    assert coverage == 1 and density == pytest.approx((k + 1) / k)  # each ball holds its own copy and k more
    test = one_nearest_neighbour(real, real[order])
    assert (test.accuracy, test.real, test.fake) == (0, 0, 0)


def test_constant_pictures_are_inside_and_tell_nothing():
    same = torch.full((20, 4), 0.3)
    assert precision_recall(same, same[:8]) == (1.0, 1.0)
    assert density_coverage(same, same[:8])[1] == 1
    assert one_nearest_neighbour(same, same[:8]).accuracy == 0.5


def test_clouds_that_stand_apart():
    real, fake = cloud(60, 3, 0), cloud(60, 3, 1, shift=100)
    assert precision_recall(real, fake) == (0, 0) and density_coverage(real, fake) == (0, 0)
    assert one_nearest_neighbour(real, fake).accuracy == 1


def test_few_pictures_copied_many_times_find_each_other():
    real = cloud(300, 3, 0)
    fake = cloud(10, 3, 1).repeat_interleave(30, dim=0)
    test = one_nearest_neighbour(real, fake)
    assert test.fake == 1 and test.real > 0.9
    assert precision_recall(real, fake)[1] == 0  # balls of copies have no size


def test_one_distribution_is_told_by_chance():
    found = [one_nearest_neighbour(cloud(150, 4, seed), cloud(150, 4, 500 + seed)) for seed in range(40)]
    for name in ("accuracy", "real", "fake"):
        values = [getattr(test, name) for test in found]
        assert abs(statistics.mean(values) - 0.5) < 4 * statistics.stdev(values) / 40**0.5


def test_recall_is_precision_with_the_sides_changed():
    real, fake = cloud(50, 3, 0), cloud(40, 3, 1, shift=0.7)
    assert precision_recall(real, fake) == precision_recall(fake, real)[::-1]


def test_an_outlier_fools_precision_but_not_coverage():
    """Three reals far from the rest have huge balls; all fakes stand in them."""
    real = torch.cat([cloud(497, 2, 0), torch.tensor([[40.0, 0.0], [0.0, 40.0], [-40.0, 0.0]], dtype=torch.float64)])
    fake = cloud(200, 2, 1) * 0.1 + torch.tensor([38.0, 0.0])
    precision, recall = precision_recall(real, fake, k=5)
    density, coverage = density_coverage(real, fake, k=5)
    assert precision == 1 and recall < 0.01 and density < 0.7 and coverage < 0.01


@given(st.integers(0, 10**6))
def test_turning_moving_scaling_and_order_change_nothing(seed):
    real, fake = cloud(25, 4, seed), cloud(20, 4, seed + 1, shift=0.5)
    turn = torch.linalg.qr(cloud(4, 4, seed + 2)).Q
    random = torch.Generator().manual_seed(seed)
    mixed = real[torch.randperm(25, generator=random)], fake[torch.randperm(20, generator=random)]
    others = [(real @ turn, fake @ turn), (real + 1000, fake + 1000), (7 * real, 7 * fake), mixed]
    for measure in (precision_recall, density_coverage, one_nearest_neighbour):
        want = measure(real, fake)
        assert all(measure(*other) == want for other in others)


@pytest.mark.parametrize(("n", "m", "k"), [(2, 2, 1), (3, 2, 1), (3, 2, 2), (4, 3, 3), (4, 4, 2)])
def test_expected_coverage_equals_counting_all_orders(n, m, k):
    """Seen from one real, the n − 1 + m others come in any order; the ball is empty if the first k are all real."""
    orders = list(itertools.combinations(range(n - 1 + m), n - 1))  # the places of the reals among all
    covered = sum(set(range(k)) - set(places) != set() for places in orders)
    assert expected_coverage(n, m, k) == pytest.approx(covered / len(orders))


@pytest.mark.parametrize("k", [1, 3, 5])
def test_expected_coverage_is_what_equal_distributions_give(k):
    found = [density_coverage(cloud(100, 3, seed), cloud(70, 3, 500 + seed), k)[1] for seed in range(200)]
    assert abs(statistics.mean(found) - expected_coverage(100, 70, k)) < 4 * statistics.stdev(found) / 200**0.5


def test_expected_coverage_of_many_points_is_one_minus_a_power_of_two():
    assert expected_coverage(10**6, 10**6, 5) == pytest.approx(1 - 2**-5, abs=1e-5)


@pytest.mark.parametrize("wrong", [(1, 5, 1), (5, 0, 1), (5, 5, 0), (5, 5, 5), (5.0, 5, 1), (5, 5, 1.5)])
def test_expected_coverage_refuses(wrong):
    with pytest.raises(InvalidValue, match="whole number"):
        expected_coverage(*wrong)
