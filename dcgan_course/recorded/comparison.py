"""Which rows of a table can be told apart from their control? Exact answers for few seeds.

With five seeds a mean and a standard deviation invite the eye to see differences. Here nothing is judged by eye: every
way to share the same figures out between the two rows is counted, and the number of comparisons is paid for.
"""

import itertools
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from dcgan_course.errors import InvalidValue

MOST_WAYS = 200_000  # ways to share figures out that are counted: 10 against 10 are 184,756
LEVEL = 0.05


@dataclass(frozen=True)
class Verdict:
    """How one row stands to its control.

    difference: mean of the row minus mean of the control. lower: in how many pairs of the same seed the row's figure
    is the lower one, of `pairs`. p: the exact permutation p. adjusted: p after Holm's correction for all comparisons
    of the table. apart: adjusted is at most the level.
    """

    difference: float
    lower: int
    pairs: int
    p: float
    adjusted: float
    apart: bool


def permutation_p(one: Sequence[float], other: Sequence[float]) -> float:
    """Return the exact two-sided p of a difference of means: the share of all ways to share the figures out that have
    a difference at least as large.

    Seeds are not used as pairs here. If figures of one seed go up and down together, the answer is careful: too large,
    not too small. The smallest p that n against n figures can give is 2 / C(2n, n): 0.10 for 3, 0.0079 for 5, 0.0022
    for 6.

    Args:
        one, other: figures of the runs of two rows, at least two each.

    Raises:
        InvalidValue: fewer than two figures, a figure that is not finite, or too many ways to count.

    Source: Fisher 1935, *The design of experiments*, section 21; Pitman 1937.
    """
    for name, figures in (("one", one), ("other", other)):
        if len(figures) < 2 or not all(math.isfinite(figure) for figure in figures):
            raise InvalidValue(f"{name} is {list(figures)}, but it must be at least two finite figures, one a run.")
    ways = math.comb(len(one) + len(other), len(one))
    if ways > MOST_WAYS:
        raise InvalidValue(
            f"{len(one)} and {len(other)} figures can be shared out in {ways:,} ways, but only {MOST_WAYS:,} are "
            "counted here: give fewer figures."
        )
    pooled = [*one, *other]
    total, count = math.fsum(pooled), len(one)

    def apart(part: Sequence[float]) -> float:
        mine = math.fsum(part)
        return abs(mine / count - (total - mine) / len(other))

    seen = apart(one) * (1 - 1e-9)  # sums of the same figures may differ in the last bit
    return sum(apart(part) >= seen for part in itertools.combinations(pooled, count)) / ways


def holm(p_values: Sequence[float]) -> list[float]:
    """Return p-values adjusted for being several, in the order given; each at most the level may be believed.

    The smallest is multiplied by their number m, the next by m − 1, and none may be below one before it.

    Raises:
        InvalidValue: a p-value outside 0 … 1.

    Source: Holm 1979.
    """
    if not all(0 <= p <= 1 for p in p_values):
        raise InvalidValue(f"p_values is {list(p_values)}, but each must lie from 0 to 1.")
    adjusted, largest = [0.0] * len(p_values), 0.0
    for rank, place in enumerate(sorted(range(len(p_values)), key=lambda place: p_values[place])):
        largest = max(largest, min(1.0, (len(p_values) - rank) * p_values[place]))
        adjusted[place] = largest
    return adjusted


def verdicts(
    figures: Mapping[str, Sequence[float]], controls: Mapping[str, str], level: float = LEVEL
) -> dict[str, Verdict]:
    """Compare each row with its own control, and correct for the number of comparisons.

    Args:
        figures: {row: one figure a seed, in the order of the seeds}. controls: {row: the row it is compared with}.
        level: how often one may be wrong somewhere in the whole table.

    Raises:
        InvalidValue: a row or control without figures, and what `permutation_p` refuses.
    """
    missing = sorted({name for pair in controls.items() for name in pair} - set(figures))
    if missing:
        raise InvalidValue(f"there are no figures for {missing[0]!r}; there are some for: {', '.join(figures)}.")
    p_values = [permutation_p(figures[row], figures[control]) for row, control in controls.items()]
    found = {}
    for (row, control), p, adjusted in zip(controls.items(), p_values, holm(p_values), strict=True):
        pairs = list(zip(figures[row], figures[control], strict=False))
        difference = math.fsum(figures[row]) / len(figures[row]) - math.fsum(figures[control]) / len(figures[control])
        lower = sum(mine < theirs for mine, theirs in pairs)
        found[row] = Verdict(difference, lower, len(pairs), p, adjusted, adjusted <= level)
    return found
