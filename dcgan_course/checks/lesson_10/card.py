"""Exercise 11 of lesson 10: the report card of a run, with several draws and a yardstick."""

import functools
import math
from collections.abc import Callable, Mapping, Sequence
from statistics import mean, median, pstdev, stdev
from typing import Any

import torch
from torch import Tensor

from dcgan_course.checks.engine import Mistake, answer, describe, fail, judge
from dcgan_course.checks.registry import exercise

KEYS = ("n", "reference", "seeds", "mean", "spread", "real")
Distance = Callable[[Tensor, Tensor], float]
Draw = Callable[[int], Tensor]


class Samples:
    """A stand-in for a generator: the features of n samples, always the same for the same seed of z."""

    def __init__(self, count: int) -> None:
        self.count = count

    def __repr__(self) -> str:
        return "draw"

    def __call__(self, seed: int) -> Tensor:
        random = torch.Generator().manual_seed(1000 + int(seed))
        return 1.3 * torch.randn(self.count, 2, generator=random) + 0.8


class Gap:
    """A stand-in for the Fréchet distance: means and spreads of each number alone. Few points make it larger."""

    def __repr__(self) -> str:
        return "distance"

    def __call__(self, a: Tensor, b: Tensor) -> float:
        return float((a.mean(dim=0) - b.mean(dim=0)).square().sum() + (a.std(dim=0) - b.std(dim=0)).square().sum())


def _values(draw: Draw, reference: Tensor, distance: Distance, seeds: Sequence[int]) -> list[float]:
    return [distance(draw(seed), reference) for seed in seeds]


def _card(
    draw: Draw,
    reference: Tensor,
    other_real: Tensor,
    distance: Distance,
    seeds: Sequence[int],
    changed: Mapping[str, float] | None = None,
) -> list[float]:
    """The right card as a list, in the order of KEYS, with entries that may be changed."""
    values, count = _values(draw, reference, distance, seeds), len(draw(seeds[0]))
    right: dict[str, float] = {"n": count, "reference": len(reference), "seeds": len(seeds), "mean": mean(values)}
    right |= {"spread": stdev(values), "real": distance(other_real[:count], reference)}
    card = right | dict(changed or {})
    return [card[key] for key in KEYS]


def _with(change: Callable[..., dict[str, float]]) -> Callable[..., list[float]]:
    return lambda d, r, o, f, s: _card(d, r, o, f, s, change(d, r, o, f, s))


def _pooled(draw: Draw, reference: Tensor, _: Tensor, distance: Distance, seeds: Sequence[int]) -> dict[str, float]:
    return {"mean": distance(torch.cat([draw(seed) for seed in seeds]), reference)}


MISTAKES = [
    Mistake(
        _with(lambda d, r, o, f, s: {"mean": min(_values(d, r, f, s))}),
        "this is the best draw. Whoever reports the best of many reports luck: give the mean of all.",
    ),
    Mistake(_with(lambda d, r, o, f, s: {"mean": median(_values(d, r, f, s))}), "mean says the mean, not the median."),
    Mistake(
        _with(lambda d, r, o, f, s: {"mean": f(d(s[0]), r)}), "this is the first draw alone: give the mean of all."
    ),
    Mistake(
        _with(_pooled),
        "you put all draws into one cloud. That is a distance at another n, so it must not stand beside this n. "
        "Measure each draw, then take the mean.",
    ),
    Mistake(
        _with(lambda d, r, o, f, s: {"spread": pstdev(_values(d, r, f, s))}),
        "the spread is divided by the number of draws. Few draws are the usual case: divide by one less, as "
        "statistics.stdev does.",
    ),
    Mistake(
        _with(lambda d, r, o, f, s: {"spread": stdev(_values(d, r, f, s)) / math.sqrt(len(s))}),
        "this is the error of the mean. The card gives the standard deviation of one draw: what a reader with one draw "
        "must expect.",
    ),
    Mistake(
        _with(lambda d, r, o, f, s: {"spread": max(_values(d, r, f, s)) - min(_values(d, r, f, s))}),
        "this is largest minus smallest. It grows with the number of draws; give the standard deviation.",
    ),
    Mistake(
        _with(lambda d, r, o, f, s: {"real": f(o, r)}),
        "the yardstick has another n than the draws. With more pictures its bias is smaller, and the comparison is not "
        "fair: take other_real[:n].",
    ),
    Mistake(
        _with(lambda d, r, o, f, s: {"real": f(r, r)}),
        "the reference beside itself has distance 0. The yardstick is OTHER real pictures beside the reference.",
    ),
    Mistake(
        _with(lambda d, r, o, f, s: {"real": f(r[: len(d(s[0]))], r)}),
        "the yardstick is a part of the reference itself: it lies too near. Take other_real[:n].",
    ),
    Mistake(
        _with(lambda d, r, o, f, s: {"real": f(o[: len(d(s[0]))], d(s[0]))}),
        "the yardstick is measured against samples. It must be real pictures against the same reference.",
    ),
    Mistake(
        _with(lambda d, r, o, f, s: {"n": len(d(s[0])) * len(s)}),
        "n is the number of pictures behind ONE distance, not of all draws together: the bias hangs on that.",
    ),
    Mistake(
        _with(lambda d, r, o, f, s: {"n": len(s)}), "n is the number of pictures in one draw: the length of draw(seed)."
    ),
    Mistake(_with(lambda d, r, o, f, s: {"reference": len(o)}), "reference is the number of pictures in `reference`."),
]


@exercise("11 · the report card", id="report-card", points=3)
def report_card(exercise: str, function: Callable[..., Mapping[str, float]]) -> None:
    """Check a learner's function of (draw, reference, other_real, distance, seeds) → a dict with the six entries."""
    random = torch.Generator().manual_seed(15)
    cases = []
    for count, references, others, seeds in ((12, 40, 30, [0, 1, 2, 7]), (25, 60, 50, [3, 5, 11])):
        reference, other = (torch.randn(number, 2, generator=random) for number in (references, others))
        cases.append((Samples(count), reference, other, Gap(), seeds))
    _check_seeds(exercise, function, cases[0])

    @functools.wraps(function)
    def listed(*case: object) -> object:
        given = function(*case)
        return _in_order(exercise, given) if isinstance(given, Mapping) else given

    judge(
        exercise,
        listed,
        cases,
        _card,
        MISTAKES,
        praise="n, reference and draws beside the mean, its spread, and real pictures as the yardstick. Now the number "
        "can be compared.",
    )


def _check_seeds(exercise: str, function: Callable[..., object], case: tuple[Any, ...]) -> None:
    """Write down which seeds are asked for: a card of one draw told several times looks very sure of itself."""
    draw, *rest = case
    asked: list[int] = []

    class Counted(Samples):
        def __call__(self, seed: int) -> Tensor:
            asked.append(int(seed))
            return super().__call__(seed)

    given = answer(exercise, function, (Counted(draw.count), *rest))
    if given is None:
        fail(exercise, "your function gave nothing back. Does it end with `return`?")
    if not isinstance(given, Mapping):
        fail(exercise, f"your function gave back {describe(given)}; wanted is a dict with the keys {', '.join(KEYS)}.")
    _in_order(exercise, given)
    wanted = set(rest[-1])
    if set(asked) - wanted:
        fail(exercise, f"you drew with the seed {min(set(asked) - wanted)}, which is none of the seeds given.")
    if wanted - set(asked):
        fail(exercise, f"the seed {min(wanted - set(asked))} was never drawn. Each seed is one draw: draw(seed).")


def _in_order(exercise: str, given: Mapping[str, Any]) -> list[Any]:
    missing = [key for key in KEYS if key not in given]
    if missing:
        fail(exercise, f"your card has no {', no '.join(missing)}. A reader needs all of: {', '.join(KEYS)}.")
    return [given[key] for key in KEYS]
