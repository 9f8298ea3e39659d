"""Exercises 4 to 6 of lesson 10: precision and recall, the coverage of equal sets, and leaving one out."""

import functools
import math
from collections.abc import Callable, Iterable

import torch
from torch import Tensor

from dcgan_course.checks.engine import Mistake, judge
from dcgan_course.checks.registry import exercise

Pair = tuple[float, float]
ALWAYS_OWN = "the nearest point to each point was the point itself, at distance 0. "


def _two(function: Callable[..., Iterable[float] | None]) -> Callable[..., object]:
    """Return the function with its numbers as a list: it may give a tuple or a tensor. Nothing stays nothing."""

    @functools.wraps(function)
    def listed(*case: object) -> object:
        given = function(*case)
        if isinstance(given, Tensor) and given.dim() == 1:
            return given.tolist()
        return [float(number) for number in given] if isinstance(given, tuple) else given

    return listed


def _radii(within: Tensor, k: int, own: bool = False) -> Tensor:
    """The distance of each point to its k-th other point; own=True counts the point itself as the first."""
    ordered = within.sort(dim=1).values
    return ordered[:, k - 1 if own else k]


def _share(within: Tensor, across: Tensor, k: int, *, own: bool = False, strict: bool = False) -> float:
    """The share of the columns of `across` that lie in the ball of at least one row."""
    radii = _radii(within, k, own)[:, None]
    inside = across < radii if strict else across <= radii
    return float(inside.any(dim=0).double().mean())


def _both(real: Tensor, fake: Tensor, across: Tensor, k: int, *, own: bool = False, strict: bool = False) -> Pair:
    parts = {"own": own, "strict": strict}
    return _share(real, across, k, **parts), _share(fake, across.T, k, **parts)


def _nearest_ball(within: Tensor, across: Tensor, k: int) -> float:
    nearest = across.argmin(dim=0)
    return float((across.min(dim=0).values <= _radii(within, k)[nearest]).double().mean())


def _one_radius(within: Tensor, across: Tensor, k: int) -> float:
    return float((across.min(dim=0).values <= _radii(within, k).mean()).double().mean())


def _of_asked(within: Tensor, across: Tensor, k: int) -> float:
    """Balls round the points that are asked about: coverage's question, not precision's."""
    return float((across <= _radii(within, k)[:, None]).any(dim=1).double().mean())


def _density(within: Tensor, across: Tensor, k: int) -> float:
    return float((across <= _radii(within, k)[:, None]).double().sum() / (k * across.shape[1]))


def _distances() -> list[tuple[Tensor, Tensor, Tensor, int]]:
    """Whole numbers in the plane, so that ties are ties; an exact copy is among them."""
    random = torch.Generator().manual_seed(12)
    cases = [(torch.tensor([[0.0], [1.0], [2.0], [10.0]]), torch.tensor([[0.5], [1.5], [11.0], [20.0]]), 1)]
    for real_count, fake_count, k in ((9, 6, 1), (12, 15, 2), (20, 10, 3)):
        real = torch.randint(0, 12, (real_count, 2), generator=random).float()
        fake = torch.randint(3, 17, (fake_count, 2), generator=random).float()
        fake[0] = real[0]
        cases.append((real, fake, k))

    def table(a: Tensor, b: Tensor) -> Tensor:
        return torch.cdist(a, b, compute_mode="donot_use_mm_for_euclid_dist")

    return [(table(real, real), table(fake, fake), table(real, fake), k) for real, fake, k in cases]


@exercise("4 · precision and recall", id="precision-recall", points=3)
def precision_recall(exercise: str, function: Callable[[Tensor, Tensor, Tensor, int], Pair]) -> None:
    """Check a learner's function of (real_real (N, N), fake_fake (M, M), real_fake (N, M), k) → (precision, recall)."""

    def both(share: Callable[[Tensor, Tensor, int], float]) -> Callable[[Tensor, Tensor, Tensor, int], Pair]:
        return lambda r, f, a, k: (share(r, a, k), share(f, a.T, k))

    judge(
        exercise,
        _two(function),
        _distances(),
        lambda *case: list(_both(*case)),
        [
            Mistake(
                lambda *case: list(_both(*case, strict=True)),
                "a point at exactly the radius lies inside: use <=. With < a set of equal pictures has precision 0, "
                "and two public programs had that fault.",
            ),
            Mistake(
                lambda *case: list(_both(*case, own=True)),
                "each point is its own nearest neighbour, at distance 0, so your radius reaches to neighbour k − 1. "
                "Sort each row and take place k, counted from 0.",
            ),
            Mistake(
                lambda r, f, a, k: list(_both(r, f, a, k + 1)),
                "your radius reaches to neighbour k + 1. In a sorted row place 0 is the point itself, and place k is "
                "its k-th neighbour.",
            ),
            Mistake(
                lambda *case: list(_both(*case)[::-1]),
                "the two are exchanged. Precision asks about the fakes (are they near something real?), recall about "
                "the real ones.",
            ),
            Mistake(
                lambda r, f, a, k: [_share(r, a, k), _share(r, a, k)],
                "recall is asked with the roles exchanged: balls round the fakes, the share of real points in them.",
            ),
            Mistake(
                lambda r, f, a, k: [_of_asked(r, a, k), _of_asked(f, a.T, k)],
                "you counted the balls that hold something. Count the points that lie in some ball: take any() over "
                "the balls, and the mean over the points that are asked about.",
            ),
            Mistake(
                lambda *case: list(both(_density)(*case)),
                "you counted in how many balls each point lies, divided by k: that is the density. For precision one "
                "ball is enough.",
            ),
            Mistake(
                lambda *case: list(both(_nearest_ball)(*case)),
                "you asked only the ball of the nearest point. A ball further away may be larger and hold it: any ball "
                "will do.",
            ),
            Mistake(
                lambda *case: list(both(_one_radius)(*case)),
                "all your balls have one radius. Each point has its own: the distance to its own k-th neighbour.",
            ),
            Mistake(
                lambda r, f, a, k: [p * n for p, n in zip(_both(r, f, a, k), (len(f), len(r)), strict=True)],
                "these are counts. Precision and recall are shares, 0 to 1.",
            ),
        ],
        praise="right with ties, with a copy, and with one ball so large that it takes in what nobody would.",
        alone={0: "this is the lesson's line: look which of the four balls hold which fakes."},
    )


def _expected(real: int, fake: int, k: int, first: int = 1) -> float:
    return 1 - math.prod((real - i) / (real + fake - i) for i in range(first, first + k))


@exercise("5 · the coverage of equal sets", id="expected-coverage", points=2)
def expected_coverage(exercise: str, function: Callable[[int, int, int], float]) -> None:
    """Check a learner's function of (real_count, fake_count, k) → the expected coverage."""
    judge(
        exercise,
        function,
        [(5, 5, 1), (3, 4, 2), (30, 10, 3), (10, 40, 2), (1500, 1500, 5)],
        _expected,
        [
            Mistake(
                lambda n, m, k: 1.0,
                "not 1: even a perfect generator leaves some balls empty, by chance. How likely is it that the k "
                "points nearest to a real one are all real?",
            ),
            Mistake(
                lambda n, m, k: 1 - 0.5**k,
                "near, for large sets of equal size: you took each neighbour to be real with a chance of ½. But the "
                "point in the middle is real, and each real neighbour takes one away: (N − 1) of (N + M − 1) are left.",
            ),
            Mistake(
                lambda n, m, k: 1 - (n / (n + m)) ** k,
                "this draws each neighbour anew from all N + M. The point itself is not among them, and no neighbour "
                "comes twice.",
            ),
            Mistake(
                lambda n, m, k: 1 - ((n - 1) / (n + m - 1)) ** k,
                "the first factor is right. After one real neighbour, N − 2 real ones are left of N + M − 2.",
            ),
            Mistake(
                lambda n, m, k: _expected(n, m, k, 0),
                "the point in the middle is counted among its own neighbours: begin with (N − 1) / (N + M − 1).",
            ),
            Mistake(
                lambda n, m, k: _expected(m, n, k),
                "N and M are exchanged: a ball is empty when its k nearest are all REAL.",
            ),
            Mistake(
                lambda n, m, k: 1 - _expected(n, m, k),
                "this is how likely a ball is to stay empty. Coverage is the share of the others.",
            ),
            Mistake(
                lambda n, m, k: _expected(n, m, k - 1),
                "one factor is missing: k neighbours, k factors.",
            ),
            Mistake(
                lambda n, m, k: _expected(n, m, k + 1),
                "one factor too many: k neighbours, k factors.",
            ),
            Mistake(
                lambda n, m, k: (n - k) / (n + m - k),
                "this is the last factor alone. All k neighbours must be real: multiply the factors, and take 1 minus.",
            ),
            Mistake(
                lambda n, m, k: 1 - (n - k) / (n + m - k),
                "this is 1 minus the last factor alone. All k neighbours must be real: multiply all factors.",
            ),
            Mistake(
                lambda n, m, k: m / (n + m - 1),
                "this is how likely ONE neighbour is to be a fake. A ball is covered if at least one of k is.",
            ),
        ],
        praise="1 − Π (N − i) / (N + M − i): a coverage of 0.97 at k = 5 is perfect, and 1.00 is not wanted.",
        tolerance=1e-5,
    )


def _halves(real: Tensor, fake: Tensor, *, own: bool = False, across_only: bool = False, votes: int = 1) -> Pair:
    points = torch.cat([real, fake]).double()
    label = torch.arange(len(points)) < len(real)
    table = (points[:, None] - points[None]).square().sum(dim=2)
    if not own:
        table.fill_diagonal_(math.inf)
    if across_only:
        table[label[:, None] == label[None]] = math.inf
    nearest = table.topk(votes, largest=False).indices
    right = (label[nearest].double().mean(dim=1) > 0.5) == label
    return float(right[label].double().mean()), float(right[~label].double().mean())


def _clouds() -> list[tuple[Tensor, Tensor]]:
    random = torch.Generator().manual_seed(13)

    def cloud(count: int, shift: float = 0) -> Tensor:
        return torch.randn(count, 2, generator=random) + shift

    copied = (
        torch.tensor([[0.0], [10.0], [20.0], [31.0], [32.0]]),
        torch.tensor([[0.0], [10.0], [24.0], [25.0], [32.4]]),
    )
    return [
        (torch.tensor([[0.0], [1.0], [5.0], [10.0]]), torch.tensor([[0.4], [5.1], [5.3], [20.0]])),
        (cloud(20), cloud(12, shift=1)),
        (cloud(16), cloud(30, shift=0.3)),
        copied,  # two fakes are exact copies of real points
    ]


@exercise("6 · leave one out", id="leave-one-out", points=2)
def leave_one_out(exercise: str, function: Callable[[Tensor, Tensor], Pair]) -> None:
    """Check a learner's function of real (N, F) and fake (M, F) → (share of reals told right, share of fakes)."""

    def total(r: Tensor, f: Tensor) -> float:
        real, fake = _halves(r, f)
        return (len(r) * real + len(f) * fake) / (len(r) + len(f))

    judge(
        exercise,
        _two(function),
        _clouds(),
        lambda r, f: list(_halves(r, f)),
        [
            Mistake(
                lambda r, f: [1.0, 1.0], f"{ALWAYS_OWN}So everything was told right. Leave each point out when it asks."
            ),
            Mistake(
                lambda r, f: list(_halves(r, f)[::-1]), "the halves are exchanged: the real points' share comes first."
            ),
            Mistake(
                lambda r, f: [1 - share for share in _halves(r, f)],
                "these are the shares that are told wrong. The accuracy is the share told right.",
            ),
            Mistake(
                lambda r, f: [0.0, 0.0],
                "each point asked the other set only, so nothing could be told right. Ask both, without the point.",
            ),
            Mistake(
                total,
                "this is the accuracy of both together. The halves say more: copies of few pictures find each other, "
                "and only the fakes' half shows it. Return two numbers.",
            ),
            Mistake(
                lambda r, f: [total(r, f)] * 2, "both numbers are the accuracy of all points. Take each half alone."
            ),
            Mistake(
                lambda r, f: [sum(_halves(r, f)) / 2] * 2,
                "both numbers are the mean of the halves. Give each half alone.",
            ),
            Mistake(
                lambda r, f: list(_halves(r, f, votes=3)),
                "you let three neighbours vote. This test asks the nearest one alone.",
            ),
            Mistake(
                lambda r, f: [share * len(part) for share, part in zip(_halves(r, f), (r, f), strict=True)],
                "these are counts. Divide each by the number of points in its half.",
            ),
            Mistake(
                lambda r, f: [
                    share * len(part) / (len(r) + len(f)) for share, part in zip(_halves(r, f), (r, f), strict=True)
                ],
                "each half must be divided by its own number of points, not by N + M.",
            ),
        ],
        praise="right for far clouds and near ones, and where fakes are exact copies.",
        alone={
            3: "some fakes are exact copies of real points here. Then the second of the two nearest may be the point "
            "itself: its distance is 0, like the copy's. Put inf on the diagonal in place of skipping the first."
        },
    )
