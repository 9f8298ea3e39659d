import statistics

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from dcgan_course.evaluation import kernel
from dcgan_course.evaluation.kernel import kernel_distance


def cloud(count, size, seed, *, shift=0.0):
    return shift + torch.randn(count, size, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def slow(a, b):
    """The formula, pair by pair."""
    size = len(a[0])

    def k(x, y):
        return (sum(one * other for one, other in zip(x, y, strict=True)) / size + 1) ** 3

    n, m = len(a), len(b)
    within_a = sum(k(a[i], a[j]) for i in range(n) for j in range(n) if i != j) / (n * (n - 1))
    within_b = sum(k(b[i], b[j]) for i in range(m) for j in range(m) if i != j) / (m * (m - 1))
    return within_a + within_b - 2 * sum(k(x, y) for x in a for y in b) / (n * m)


@st.composite
def clouds(draw):
    size = draw(st.integers(1, 4))
    point = st.lists(st.floats(-3, 3), min_size=size, max_size=size)
    return [draw(st.lists(point, min_size=2, max_size=7)) for _ in range(2)]


@given(clouds())
def test_it_equals_the_formula_pair_by_pair(pair):
    found = kernel_distance(*(torch.tensor(points, dtype=torch.float64) for points in pair))
    assert found == pytest.approx(slow(*pair), rel=1e-9, abs=1e-9)


@pytest.mark.parametrize("block", [1, 50, 10**9])
def test_blocks_of_any_size_give_the_same(monkeypatch, block):
    a, b = cloud(37, 5, 0), cloud(23, 5, 1, shift=0.5)
    want = kernel_distance(a, b)
    monkeypatch.setattr(kernel, "BLOCK", block)
    assert kernel_distance(a, b) == pytest.approx(want, rel=1e-12)


def test_two_points_of_two_values_by_hand():
    """F = 1, a = {1, 1}, b = {−1, −1}: 2³ + 2³ − 2 · 0³."""
    assert kernel_distance(torch.ones(2, 1), -torch.ones(2, 1)) == pytest.approx(16)


def test_of_gaussians_its_mean_is_the_closed_form():
    """One number, N(0, 1) against N(m, 1): E k = Σ binom(3, p) E[x^p] E[y^p]; equal even parts cancel."""
    m = 1.0
    moments_a, moments_b = (0.0, 1.0, 0.0), (m, 1 + m**2, 3 * m + m**3)
    weights = (3, 3, 1)
    want = sum(w * (p - q) ** 2 for w, p, q in zip(weights, moments_a, moments_b, strict=True))
    found = [kernel_distance(cloud(200, 1, seed), cloud(200, 1, 500 + seed, shift=m)) for seed in range(400)]
    error = statistics.stdev(found) / len(found) ** 0.5
    assert abs(statistics.mean(found) - want) < 4 * error and error < want / 50


@pytest.mark.parametrize("count", [5, 20, 80])
def test_it_is_unbiased_and_often_negative_for_one_distribution(count):
    found = [kernel_distance(cloud(count, 3, seed), cloud(count, 3, 900 + seed)) for seed in range(300)]
    assert abs(statistics.mean(found)) < 4 * statistics.stdev(found) / 300**0.5
    assert 0.3 < sum(value < 0 for value in found) / 300 < 0.8


@given(st.integers(0, 10**6))
def test_turning_both_clouds_order_and_sides_change_nothing(seed):
    a, b = cloud(12, 4, seed), cloud(9, 4, seed + 1, shift=0.3)
    turn = torch.linalg.qr(cloud(4, 4, seed + 2)).Q
    want = kernel_distance(a, b)
    order = torch.randperm(12, generator=torch.Generator().manual_seed(seed))
    for other in (kernel_distance(a @ turn, b @ turn), kernel_distance(a[order], b), kernel_distance(b, a)):
        assert other == pytest.approx(want, rel=1e-9, abs=1e-9)


def test_a_copy_is_below_zero_and_a_larger_shift_is_farther():
    a = cloud(200, 3, 0)
    assert kernel_distance(a, a) < 0  # the pairs of a point with its own copy are in the last term alone
    found = [kernel_distance(a, cloud(200, 3, 1, shift=shift)) for shift in (0, 0.5, 1, 2)]
    assert found == sorted(found) and found[-1] > 10


def test_it_sees_a_third_moment_that_the_frechet_distance_does_not():
    from dcgan_course.evaluation.metrics import frechet_distance

    normal = cloud(4000, 1, 0)
    skewed = torch.empty(4000, 1, dtype=torch.float64).exponential_(generator=torch.Generator().manual_seed(1)) - 1
    assert frechet_distance(normal, skewed) < 0.01
    assert kernel_distance(normal, skewed) > 1  # (0 − 2)² in the long run
