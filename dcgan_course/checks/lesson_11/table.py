"""Exercise 9 of lesson 11: reading a table of few seeds."""

import functools
import itertools
from collections.abc import Callable, Iterable, Sequence
from statistics import mean, median

from dcgan_course.checks.engine import Mistake, judge
from dcgan_course.checks.registry import exercise

Figures = Sequence[float]
SMALL = 1e-9


def _share(
    one: Figures,
    other: Figures,
    gap: Callable[[Figures, Figures], float] = lambda a, b: abs(mean(a) - mean(b)),
    strict: bool = False,
) -> float:
    """The share of all ways to share out the figures with a gap at least as large as the one that was seen."""
    pooled = [*one, *other]
    places = range(len(pooled))
    seen, found = gap(one, other), []
    for chosen in itertools.combinations(places, len(one)):
        rest = [pooled[place] for place in places if place not in chosen]
        found.append(gap([pooled[place] for place in chosen], rest))
    return mean(value > seen + SMALL if strict else value >= seen - SMALL for value in found)


def _signs(one: Figures, other: Figures) -> float:
    """The paired test: the sign of each seed's difference is turned in every way."""
    differences = [a - b for a, b in zip(one, other, strict=False)]
    sums = [
        sum(s * d for s, d in zip(signs, differences, strict=True))
        for signs in itertools.product((1, -1), repeat=len(differences))
    ]
    return mean(abs(value) >= abs(sum(differences)) - SMALL for value in sums)


P_MISTAKES = [
    Mistake(
        lambda a, b: _share(a, b, lambda x, y: mean(x) - mean(y)),
        "only one direction was counted. You did not know beforehand which row would be better: compare the sizes of "
        "the differences, without their sign.",
    ),
    Mistake(
        lambda a, b: _share(a, b, lambda x, y: mean(y) - mean(x)),
        "only one direction was counted. You did not know beforehand which row would be better: compare the sizes of "
        "the differences, without their sign.",
    ),
    Mistake(
        lambda a, b: _share(a, b, strict=True),
        'the way that was really seen is not counted, nor are ties. It is one of the ways: "at least as large", ≥. '
        "No p of an exact test is 0.",
    ),
    Mistake(
        lambda a, b: _share(a, b, lambda x, y: abs(sum(x) - sum(y))),
        "sums were compared. Where one row has more seeds, its sum is larger for that reason: compare means.",
    ),
    Mistake(
        lambda a, b: _share(a, b, lambda x, y: abs(median(x) - median(y))),
        "medians were compared; the exercise asks for means.",
    ),
    Mistake(
        _signs,
        "this turns the signs of the seeds' differences: the paired test. It cannot go below 2 / 2ⁿ. Here the figures "
        "are shared out anew between both rows.",
    ),
    Mistake(
        lambda a, b: abs(mean(a) - mean(b)),
        "this is the difference itself. How often would chance give as large a one?",
    ),
    Mistake(lambda a, b: 1 - _share(a, b), "this is 1 − p: the share of ways with a *smaller* difference."),
    Mistake(lambda a, b: 1 - _share(a, b, strict=True), "this is 1 − p: turn the comparison round."),
]


@exercise("9a · could chance do that", id="permutation-p", points=2)
def permutation_p(exercise: str, function: Callable[[Figures, Figures], float]) -> None:
    """Check a learner's permutation_p(one, other) → the exact two-sided p of a difference of means."""
    cases = [
        ([158.0, 140.0, 177.0], [138.0, 126.0, 151.0]),
        ([1.0, 2.0, 3.0, 4.0], [11.0, 12.0, 13.0, 14.0]),
        ([5.0, 5.0, 6.0], [5.0, 6.0, 5.0]),
        ([60.0, 71.0, 66.0, 80.0, 59.0], [75.0, 90.0, 68.0]),
        ([9.0, 14.0, 8.0, 11.0], [12.0, 7.0, 10.5, 8.5]),
    ]
    judge(
        exercise,
        function,
        cases,
        _share,
        P_MISTAKES,
        "three seeds against three can never give less than 2/20 = 0.10, whatever the figures are.",
    )


def _listed(function: Callable[..., Iterable[object] | None]) -> Callable[..., object]:
    """Return the function with its answers as Python's own True and False; nothing stays nothing."""

    @functools.wraps(function)
    def listed(p_values: Figures, level: float) -> object:
        given = function(p_values, level)
        return None if given is None else [bool(each) for each in given]

    return listed


def _by_rank(p_values: Figures, level: float, stop: bool, up: bool = False) -> list[bool]:
    """Compare the smallest p with level / m, the next with level / (m − 1), …; stop at the first failure or not."""
    m, order = len(p_values), sorted(range(len(p_values)), key=lambda place: p_values[place])
    limits = [level * (rank + 1) / m if up else level / (m - rank) for rank in range(m)]
    passes = [p_values[place] <= limit + 1e-12 for place, limit in zip(order, limits, strict=True)]
    if up:
        last = max((rank for rank, ok in enumerate(passes) if ok), default=-1)
        passes = [rank <= last for rank in range(m)]
    elif stop:
        passes = list(itertools.accumulate(passes, lambda before, ok: before and ok))
    found = [False] * m
    for place, ok in zip(order, passes, strict=True):
        found[place] = ok
    return found


HOLM_MISTAKES = [
    Mistake(
        lambda p, level: [each <= level for each in p],
        "each p was compared with the level as if it were the only one. Of 20 rows without any effect, one is then "
        "believed on average.",
    ),
    Mistake(
        lambda p, level: [each <= level / len(p) for each in p],
        "every p was compared with level / m. That is safe, but too strict: once the smallest is believed, only m − 1 "
        "are left.",
    ),
    Mistake(
        lambda p, level: _by_rank(p, level, stop=False),
        "you went on after the first p that failed. Holm stops there: what is larger is not believed either.",
    ),
    Mistake(
        lambda p, level: _by_rank(p, level, stop=True, up=True),
        "the limits grow as level · rank / m: this bounds the *share* of false finds. Here no false find at all is the "
        "aim: level / (m − rank).",
    ),
    Mistake(
        lambda p, level: sorted(_by_rank(p, level, stop=True), reverse=True),
        "the answers are in the order of the sorted p-values. Return them in the order of the rows that you were "
        "given.",
    ),
    Mistake(lambda p, level: [not each for each in _by_rank(p, level, stop=True)], "True and False are exchanged."),
]


@exercise("9b · which rows may be believed", id="holm", points=2)
def believed(exercise: str, function: Callable[[Figures, float], Iterable[object]]) -> None:
    """Check a learner's believed(p_values, level) → True for each row that Holm's correction leaves."""
    cases = [
        ([0.03, 0.001, 0.02, 0.012], 0.05),
        ([0.011, 0.2, 0.03, 0.012, 0.049], 0.05),
        ([0.04, 0.04], 0.05),
        ([0.04], 0.05),
        ([0.0022, 0.9, 0.0022, 0.03], 0.01),
        ([0.03, 0.026, 0.7], 0.08),
    ]
    judge(
        exercise,
        _listed(function),
        cases,
        lambda p_values, level: _by_rank(p_values, level, stop=True),
        HOLM_MISTAKES,
        "the more rows a table has, the smaller a p must be.",
    )
