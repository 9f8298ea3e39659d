"""Exercise 3 of lesson 09: a control for dropping maps. Its check watches what is measured, and on what."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

import torch
from torch import Tensor

from dcgan_course.checks.engine import answer, describe, fail, passed, same
from dcgan_course.checks.registry import exercise

DRAWS = 150
CLOSE = 1e-5


@dataclass(frozen=True)
class Seen:
    """One measurement that a learner's function asked for: which maps were dropped, on which z, and the answer."""

    dropped: tuple[int, ...]
    z: Tensor
    left: float


class Measure:
    """A stand-in for the generator: each map takes its own share away. Few different answers, so that some are equal.

    It writes down what it is asked.
    """

    def __init__(self, of: int, seed: int) -> None:
        random = torch.Generator().manual_seed(seed)
        self.of = of
        self.seen: list[Seen] = []
        self.shares = torch.randint(0, 5, (of,), generator=random)

    def __repr__(self) -> str:
        return "share_left"

    def __call__(self, z: Tensor, dropped: Tensor | Iterable[int]) -> float:
        numbers = tuple(int(number) for number in torch.as_tensor(dropped).flatten())
        if any(not 0 <= number < self.of for number in numbers):
            raise IndexError(f"there is no map {max(numbers)}: with of = {self.of} they go from 0 to {self.of - 1}")
        left = 1 - sum(int(self.shares[number]) for number in set(numbers)) / (4 * self.of)
        left = round(left + 0.01 * float(z.sum().tanh()), 4)
        self.seen.append(Seen(numbers, z.detach().clone(), left))
        return left


# (share_left, z, chosen maps, number of all maps, draws, seed) → (left by the chosen maps, left by each draw, rank)
Control = Callable[[Measure, Tensor, Tensor, int, int, int], tuple[float, list[float], int]]


@exercise("3 · a control for dropping maps", id="ranked-control", points=3)
def ranked_control(exercise: str, function: Control) -> None:
    """Check a learner's ranked_control(share_left, z, chosen, of, draws, seed) → (left, lefts of the draws, rank)."""
    first = [_check_case(exercise, function, seed, of, count) for seed, of, count in ((1, 24, 5), (2, 40, 9))]
    measure, again = Measure(24, 1), Measure(24, 1)
    for each in (measure, again):
        answer(exercise, function, (each, *_inputs(1, 24, 5), DRAWS, 31))
    if _sets(measure.seen) != _sets(again.seen):
        fail(
            exercise,
            "two calls with one seed dropped other maps, so nobody can repeat your result. Make the random numbers "
            "from it: torch.Generator().manual_seed(seed), once.",
        )
    if _sets(measure.seen) == _sets(first[0]):
        fail(exercise, "another seed gave the same draws. Use the argument seed, and not a number of your own.")
    passed(
        exercise,
        f"{DRAWS} different sets of as many maps, all on the same z, and the chosen maps' rank among them.",
    )


def _inputs(seed: int, of: int, count: int) -> tuple[Tensor, Tensor, int]:
    """Some z, and chosen maps that take away more than most sets, but not more than all."""
    random = torch.Generator().manual_seed(100 + seed)
    z = torch.randn(6, 4, generator=random)
    shares = Measure(of, seed).shares
    sets = torch.rand(400, of, generator=random).argsort(dim=1)[:, :count]
    order = shares[sets].sum(dim=1).argsort(stable=True)
    return z, sets[order[300]], of


def _check_case(exercise: str, function: Control, seed: int, of: int, count: int) -> list[Seen]:
    z, chosen, of = _inputs(seed, of, count)
    measure = Measure(of, seed)
    given = answer(exercise, function, (measure, z.clone(), chosen.clone(), of, DRAWS, seed))
    if not isinstance(given, (tuple, list)) or len(given) != 3:
        fail(
            exercise,
            f"your function gave back {_in_short(given)}. Wanted are three things: what the chosen maps leave, the "
            "list of what each draw leaves, and the rank.",
        )
    seen = list(measure.seen)
    _check_z(exercise, seen, z)
    controls = _controls(exercise, seen, chosen)
    _check_sets(exercise, controls, chosen, of)
    left, lefts, rank = given
    _check_answers(exercise, left, lefts, rank, controls, Measure(of, seed)(z, chosen))
    return seen


def _check_z(exercise: str, seen: list[Seen], z: Tensor) -> None:
    other = [one for one in seen if one.z.shape != z.shape or not torch.equal(one.z, z)]
    if other:
        fail(
            exercise,
            f"{len(other)} of {len(seen)} measurements were made on other z than those given. Chosen maps and "
            "controls must be measured on the same pictures: else easy pictures look like a good choice of maps.",
        )


def _controls(exercise: str, seen: list[Seen], chosen: Tensor) -> list[Seen]:
    """The measurements that are not of the chosen maps; a learner may measure those first, last or twice."""
    wanted = tuple(sorted(chosen.tolist()))
    controls = [one for one in seen if tuple(sorted(one.dropped)) != wanted]
    if len(controls) == len(seen):
        fail(exercise, "share_left was never asked what the chosen maps leave: share_left(z, chosen).")
    if not controls:
        fail(
            exercise,
            "every set that you dropped is the chosen one, perhaps in another order. A control is drawn from the maps "
            "that were NOT chosen.",
        )
    return controls


def _check_sets(exercise: str, controls: list[Seen], chosen: Tensor, of: int) -> None:
    count, sets = len(chosen), [set(one.dropped) for one in controls]
    lengths = {len(one.dropped) for one in controls}
    if lengths != {count}:
        wrong = next(length for length in lengths if length != count)
        fail(
            exercise,
            f"a control dropped {wrong} instead of {count} maps. More maps do more harm, whichever they are: take as "
            "many as were chosen.",
        )
    twice = next((one for one, numbers in zip(controls, sets, strict=True) if len(numbers) < count), None)
    if twice is not None:
        fail(
            exercise,
            f"a control was {list(twice.dropped)}: a map is in it twice, so only {len(set(twice.dropped))} were "
            "dropped. Draw without putting back: the first ones of torch.randperm.",
        )
    if len(controls) != DRAWS:
        fail(exercise, f"draws was {DRAWS}, but the number of controls that were measured is {len(controls)}.")
    if all(max(one) - min(one) == len(one) - 1 for one in sets):
        fail(exercise, "your controls are maps that stand side by side. Draw each one for itself: torch.randperm.")
    if len(_sets(controls)) < 0.9 * DRAWS:
        fail(
            exercise,
            f"you measured {DRAWS} controls, but the number of different sets among them is {len(_sets(controls))}. Is "
            "the generator seeded anew for each draw? Seed it once, before the loop.",
        )
    _check_where_from(exercise, sets, chosen, of)


def _check_where_from(exercise: str, sets: list[set[int]], chosen: Tensor, of: int) -> None:
    """Every map that was not chosen must be likely, and no chosen one may be there."""
    held = [one for one in sets if one & set(chosen.tolist())]
    if held:
        fail(
            exercise,
            f"{len(held)} of {len(sets)} controls hold a chosen map. Such a set shows a part of the effect that you "
            "want to judge, and the chosen maps look no better than others. Draw from the maps that were not chosen.",
        )
    missing = sorted(set(range(of)) - set(chosen.tolist()).union(*sets))
    if missing:
        fail(
            exercise,
            f"in {len(sets)} draws {_maps(missing)} never dropped. Draw from all maps that were not chosen.",
        )


def _maps(numbers: list[int]) -> str:
    return f"map {numbers[0]} was" if len(numbers) == 1 else f"{len(numbers)} maps, such as {numbers[-1]}, were"


def _sets(seen: list[Seen]) -> set[frozenset[int]]:
    return {frozenset(one.dropped) for one in seen}


def _check_answers(exercise: str, got: object, lefts: object, rank: object, controls: list[Seen], left: float) -> None:
    if not same(got, left, CLOSE):
        fail(
            exercise,
            f"the first answer is {_in_short(got)}, but share_left(z, chosen) is {left:.4f}. The order is: chosen, "
            "draws, rank.",
        )
    lefts = lefts.tolist() if isinstance(lefts, Tensor) else lefts
    want = [one.left for one in controls]
    if not isinstance(lefts, (list, tuple)) or len(lefts) != DRAWS:
        length = f"{len(lefts)} numbers" if isinstance(lefts, (list, tuple)) else describe(lefts)
        fail(exercise, f"the second answer is {length}, but it must be a list of {DRAWS} numbers, one for each draw.")
    if not same(sorted(map(float, lefts)), sorted(want), CLOSE):
        fail(exercise, "the second answer is not what share_left gave for your draws: keep its numbers as they are.")
    _check_rank(exercise, rank, left, want)


def _in_short(value: object) -> str:
    return f"{len(value)} things" if isinstance(value, (tuple, list)) else describe(value)


def _check_rank(exercise: str, rank: object, left: float, lefts: list[float]) -> None:
    values = torch.tensor(lefts, dtype=torch.float64)
    at_most, below = int((values <= left + 1e-9).sum()), int((values < left - 1e-9).sum())
    if same(rank, at_most, CLOSE):
        return
    message = f"the rank is {_in_short(rank)}, but {at_most} of {len(lefts)} draws leave {left:.3f} or less."
    explained = {
        below: "a draw that leaves exactly as much has done as well as the chosen maps: count it too (<=).",
        len(lefts) - below: "the wrong side: little left is a strong effect, so count the draws that leave as little "
        "or less.",
        len(lefts) - at_most: "the wrong side: little left is a strong effect, so count the draws that leave as little "
        "or less.",
        at_most / len(lefts): "that is the share of the draws. Wanted is their number.",
        below / len(lefts): "that is a share. Wanted is the number of draws, and equal ones count too (<=).",
        at_most + 1: "you counted the chosen set itself: count the draws only.",
        below + 1: "that is a place in a row that begins with 1. Wanted is the number of draws that leave as little or "
        "less.",
    }
    for value, hint in explained.items():
        if same(rank, value, CLOSE):
            fail(exercise, f"{message}\n  Hint: {hint}")
    fail(exercise, message)
