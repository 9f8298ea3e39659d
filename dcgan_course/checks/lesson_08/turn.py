"""Exercise 3 of lesson 08: a turn vector, and a fair measure of what it does."""

from collections.abc import Callable

from torch import Tensor

from dcgan_course.checks.engine import Mistake, judge
from dcgan_course.checks.registry import exercise
from dcgan_course.latent import paths

Measure = Callable[[Tensor], Tensor]  # z (N, D) → a number for each picture, (N,)
Effects = tuple[float, float]  # of the vector, and of the control


def _vector(z: Tensor, turn: Tensor, limit: float, count: int = 4) -> Tensor:
    return z[turn > limit][:count].mean(dim=0) - z[turn < -limit][:count].mean(dim=0)


def _extremes(z: Tensor, turn: Tensor) -> Tensor:
    order = turn.argsort()
    return z[order[-4:]].mean(dim=0) - z[order[:4]].mean(dim=0)


def _unit(vector: Tensor) -> Tensor:
    return vector / vector.norm()


VECTOR_MISTAKES = [
    Mistake(lambda z, t, m: -_vector(z, t, m), "the sign: right minus left, so that adding it turns to the right."),
    Mistake(lambda z, t, m: _vector(z, t, m, 1), "take the mean of four on each side: one z shows many other things."),
    Mistake(
        lambda z, t, m: 4 * _vector(z, t, m),
        "you added the four z and did not divide: the mean is wanted, else the vector is four times too long.",
    ),
    Mistake(lambda z, t, m: z[t > m][:4].mean(dim=0), "subtract the mean of the four that turn to the left."),
    Mistake(
        lambda z, t, m: _vector(z, t, m, len(z)),
        "these are all z of each side. Take the first four on each side, as the paper takes four.",
    ),
    Mistake(
        lambda z, t, m: _vector(z, t, 0.0),
        "these turn at all. Take those that turn by more than the limit, on either side.",
    ),
    Mistake(
        lambda z, t, m: _extremes(z, t),
        "these are the four most extreme of all. Wanted are the first four beyond the limit: four that show it "
        "plainly, and are picked by nothing else.",
    ),
    Mistake(
        lambda z, t, m: z[t > m][:4].mean(dim=0) - z[t < m][:4].mean(dim=0),
        "a left turn is below minus the limit; what lies between shows no plain turn.",
    ),
    Mistake(lambda z, t, m: _unit(_vector(z, t, m)), "leave the length as it is: it says how far to go."),
]


@exercise("3a · a turn vector", id="turn-vector", points=2)
def turn_vector(exercise: str, function: Callable[[Tensor, Tensor, float], Tensor]) -> None:
    """Check a learner's turn_vector(z, turn, limit) → (latent_dim,): mean of the first four right minus four left."""
    cases = []
    for seed, (count, latent_dim) in enumerate(((60, 6), (45, 100), (30, 2))):
        turn = paths.sample(1, count, seed + 50)[0] + 0.1
        cases.append((paths.sample(count, latent_dim, seed), turn, 0.4))
    judge(exercise, function, cases, _vector, VECTOR_MISTAKES, "right on three sets of z, the smallest of thirty.")


def _effect(measure: Measure, z: Tensor, vector: Tensor, control: Tensor) -> Effects:
    return _effects(lambda step: measure(z + step) - measure(z - step), vector, _as_long(control, vector))


def _effects(change: Callable[[Tensor], Tensor], vector: Tensor, control: Tensor) -> Effects:
    return float(change(vector).mean()), float(change(control).mean())


def _as_long(control: Tensor, vector: Tensor) -> Tensor:
    return control * vector.norm() / control.norm()


EFFECT_MISTAKES = [
    Mistake(
        lambda m, z, v, c: _effects(lambda step: m(z + step) - m(z - step), v, c),
        "the control must be as long as the vector: else you compare a long step with a short one.",
    ),
    Mistake(
        lambda m, z, v, c: _effects(lambda step: m(z + step) - m(z), v, _as_long(c, v)),
        "measure at z + vector and at z − vector. You measure one side only.",
    ),
    Mistake(
        lambda m, z, v, c: _effects(lambda step: m(z + step), v, _as_long(c, v)),
        "that is the turn after the step. Wanted is the difference between z + vector and z − vector.",
    ),
    Mistake(
        lambda m, z, v, c: _effects(lambda step: (m(z + step) - m(z - step)).abs(), v, _as_long(c, v)),
        "do not take absolute values before the mean: a control that moves at random would look as if it turned.",
    ),
    Mistake(lambda *case: _effect(*case)[::-1], "give back the vector's effect first, then the control's."),
    Mistake(
        lambda *case: tuple(-x for x in _effect(*case)), "the sign: the picture at z + vector minus that at z − vector."
    ),
    Mistake(
        lambda *case: tuple(x / 2 for x in _effect(*case)),
        "this is half the difference. Wanted is the whole way, from z − vector to z + vector.",
    ),
    Mistake(
        lambda m, z, v, c: (_effect(m, z, v, c)[0], _effect(m, z, v, c)[0]),
        "the control's effect is the vector's own. Measure along the control, brought to the vector's length.",
    ),
    Mistake(
        lambda m, z, v, c: _effects(lambda step: m(z + step) - m(z - step), _unit(v), _unit(c)),
        "you brought both to length 1. The control shall be as long as the vector, and the vector stays as it is.",
    ),
]


def _measure(z: Tensor) -> Tensor:
    """A measure with a bend, so that one side and both sides differ."""
    return z[:, 0] + 0.3 * z[:, 0].square() + z[:, 1].sin()


@exercise("3b · the effect of a vector", id="turn-effect", points=2)
def turn_effect(exercise: str, function: Callable[[Measure, Tensor, Tensor, Tensor], Effects]) -> None:
    """Check a learner's turn_effect(measure, z, vector, control) → (effect of the vector, effect of the control)."""
    cases = []
    for seed in range(3):
        z = paths.sample(30, 5, seed)
        cases.append((_measure, z, paths.sample(1, 5, seed + 20)[0], 3 * paths.sample(1, 5, seed + 40)[0]))
    judge(exercise, function, cases, _effect, EFFECT_MISTAKES, "vector and control are measured in the same way.")
