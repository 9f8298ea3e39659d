"""Measures that ask for neighbours: precision and recall, density and coverage, and the 1-NN two-sample test.

A ball around a point reaches to its k-th neighbour in its own cloud, and what lies on its rim is inside (≤). A point is
never its own neighbour; a copy of it is one. Distances are Euclidean. They are computed in float64 from products, so
two points count as equal when they are closer than about a millionth of their distance from the middle of all.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import torch
from torch import Tensor

from dcgan_course.errors import whole_number
from dcgan_course.evaluation.clouds import neighbours_to_count, two_clouds

BLOCK = 2_000_000  # distances that are in memory at once: 16 MB
SLACK = 1e-12  # of the squared lengths: above all rounding of the products, far below what separates pictures


def precision_recall(real: Tensor, fake: Tensor, k: int = 3) -> tuple[float, float]:
    """Return improved precision and recall, two shares in [0, 1].

    Precision is the share of fakes inside the ball of at least one real point: what is made looks real. Recall is the
    share of reals inside the ball of at least one fake: what is real could be made.

    Args:
        real: (N, F), fake: (M, F), features of N and M pictures; N, M ≥ 2. k: a ball reaches to the k-th neighbour.

    Two clouds of one distribution do not give 1: a share of each lies outside all balls of the other. Both grow with
    k, and change with N and M, so a value is told together with all three. One outlier has a large ball, and whatever
    stands in it counts as precise.

    Source: Kynkäänniemi et al. 2019, equations 1 and 2, where k = 3.

    Raises:
        InvalidValue: clouds that are not (N, F) and (M, F) with at least two points each, or not finite; k is no whole
            number of at least 1, or not smaller than both N and M.
    """
    real, fake = _centred(real, fake)
    k = neighbours_to_count(k, real, fake)
    real_balls, fake_balls = _squared_radii(real, k), _squared_radii(fake, k)
    fake_inside = torch.zeros(len(fake), dtype=torch.bool)
    real_inside = torch.zeros(len(real), dtype=torch.bool)
    for rows, squares in _squared_distances(real, fake, at_least=True):
        fake_inside |= (squares <= real_balls[rows, None]).any(dim=0)
        real_inside[rows] = (squares <= fake_balls).any(dim=1)
    return float(fake_inside.double().mean()), float(real_inside.double().mean())


def density_coverage(real: Tensor, fake: Tensor, k: int = 5) -> tuple[float, float]:
    """Return density, which may be above 1, and coverage, a share in [0, 1].

    Density is the number of real balls that a fake lies in, divided by k, as a mean over the fakes. Coverage is the
    share of real balls that hold at least one fake. All balls are around real points, so an outlier among the fakes
    changes nothing, and one among the reals little.

    Args:
        real: (N, F), fake: (M, F), features of N and M pictures; N, M ≥ 2. k: a ball reaches to the k-th neighbour.

    Two clouds of one distribution give a density near 1 and the coverage that `expected_coverage` returns, not 1.

    Source: Naeem et al. 2020, section 3, where k = 5.

    Raises:
        InvalidValue: clouds that are not (N, F) and (M, F) with at least two points each, or not finite; k is no whole
            number of at least 1, or not smaller than N.
    """
    real, fake = _centred(real, fake)
    k = neighbours_to_count(k, real)
    balls = _squared_radii(real, k)
    hits, covered = 0, 0
    for rows, squares in _squared_distances(real, fake, at_least=True):
        inside = squares <= balls[rows, None]
        hits += int(inside.sum())
        covered += int(inside.any(dim=1).sum())
    return hits / (k * len(fake)), covered / len(real)


def expected_coverage(real_count: int, fake_count: int, k: int) -> float:
    """Return the coverage to expect where reals and fakes come from one distribution: about 1 − 2⁻ᵏ for equal counts.

    1 − Π_{i = 1 … k} (N − i) / (N + M − i): a real ball is empty if the k nearest of all other points are all real.

    Args:
        real_count: N ≥ 2. fake_count: M ≥ 1. k: a ball reaches to the k-th neighbour, k < N.

    Source: Naeem et al. 2020, section 3, which derives it for points without equal distances.

    Raises:
        InvalidValue: no whole numbers, or outside these bounds.
    """
    reals, fakes = whole_number("real_count", real_count, 2), whole_number("fake_count", fake_count)
    k = whole_number("k", k, 1, reals - 1)
    empty = 1.0
    for i in range(1, k + 1):
        empty *= (reals - i) / (reals + fakes - i)
    return 1 - empty


@dataclass(frozen=True)
class TwoSampleTest:
    """What the 1-NN two-sample test found: shares in [0, 1] of points that their nearest neighbour names rightly.

    accuracy: of all points. real: of the reals, whose nearest neighbour is real. fake: of the fakes, whose nearest
    neighbour is fake. In clouds of equal size and one distribution all are near 0.5. Near 1: the clouds stand apart.
    Below 0.5: points stand on points of the other cloud, as copies do; an exact copy of the reals gives 0.
    """

    accuracy: float
    real: float
    fake: float


def one_nearest_neighbour(real: Tensor, fake: Tensor) -> TwoSampleTest:
    """Return how well the nearest other point tells whether a point is real or fake (leave-one-out).

    Args:
        real: (N, F), fake: (M, F), features of N and M pictures. The numbers are read against 0.5 where N = M; with
            twice as many reals as fakes, one distribution would give the reals 2/3 and the fakes 1/3.

    A point counts half where the nearest real and the nearest fake are equally far. Read the halves: a fake set of few
    pictures, each copied many times, has `fake` near 1, because copies find each other.

    Source: Lopez-Paz and Oquab 2017, section 3, for two-sample tests by a classifier; Xu et al. 2018, section 2, for
    the 1-NN accuracy of generators.

    Raises:
        InvalidValue: clouds that are not (N, F) and (M, F) with at least two points each, or not finite.
    """
    real, fake = _centred(real, fake)
    real_to_fake = torch.full((len(real),), torch.inf, dtype=torch.float64)
    fake_to_real = torch.full((len(fake),), torch.inf, dtype=torch.float64)
    for rows, squares in _squared_distances(real, fake):
        real_to_fake[rows] = squares.amin(dim=1)
        fake_to_real = torch.minimum(fake_to_real, squares.amin(dim=0))
    right_real = _right_answers(_squared_radii(real, 1), real_to_fake, real)
    right_fake = _right_answers(_squared_radii(fake, 1), fake_to_real, fake)
    accuracy = torch.cat([right_real, right_fake]).mean()
    return TwoSampleTest(float(accuracy), float(right_real.mean()), float(right_fake.mean()))


def _right_answers(own: Tensor, other: Tensor, points: Tensor) -> Tensor:
    """Return (N,): 1 where the own cloud is nearer, 0 where the other one is, ½ where both are equally far."""
    equal = (own - other).abs() <= SLACK * (points.square().sum(dim=1) + own + other)
    return torch.where(equal, 0.5, (own < other).double())


def _centred(real: Tensor, fake: Tensor) -> tuple[Tensor, Tensor]:
    """Check two clouds and put the middle of all points at 0: products of small numbers lose fewer digits."""
    real, fake = two_clouds(real, fake)
    middle = torch.cat([real, fake]).mean(dim=0)
    return real - middle, fake - middle


def _squared_distances(a: Tensor, b: Tensor, *, at_least: bool = False) -> Iterator[tuple[slice, Tensor]]:
    """Walk through the table of squared distances: a slice of a's points, and their rows of the (N, M) table.

    at_least: make each as small as its rounding allows, so that a point on the rim of a ball is surely inside.
    """
    kept = 1 - SLACK if at_least else 1.0
    squares_a, squares_b = a.square().sum(dim=1) * kept, b.square().sum(dim=1) * kept
    count = max(1, BLOCK // len(b))
    for start in range(0, len(a), count):
        rows = slice(start, min(start + count, len(a)))
        yield rows, torch.addmm(squares_b, a[rows], b.T, alpha=-2).add_(squares_a[rows, None])


def _squared_radii(points: Tensor, k: int) -> Tensor:
    """Return (N,): the squared distance of each point to its k-th neighbour among the others."""
    parts = []
    for rows, squares in _squared_distances(points, points):
        index = torch.arange(rows.start, rows.stop)
        squares[index - rows.start, index] = torch.inf
        parts.append(squares.topk(k, dim=1, largest=False).values[:, -1].clamp_min_(0))
    return torch.cat(parts)
