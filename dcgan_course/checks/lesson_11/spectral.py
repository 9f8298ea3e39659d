"""Exercise 4 of lesson 11: the largest singular value of a layer, by one step of power iteration."""

import functools
from collections.abc import Callable

import torch
from torch import Tensor
from torch.nn.functional import normalize

from dcgan_course.checks import bench
from dcgan_course.checks.engine import Mistake, answer, describe, fail, judge, same
from dcgan_course.checks.registry import exercise

Step = Callable[[Tensor, Tensor], tuple[Tensor, Tensor]]
SHAPES = ((5, 7), (4, 3, 2, 2), (6, 2, 4, 4))
ROWS = "a kernel (out, in, k, k) becomes a matrix with one row for each output: `weight.reshape(len(weight), -1)`."
ERROR_HINTS = {
    words: ROWS for words in ("size mismatch", "inconsistent tensor size", "must match the size", "mat1 and")
}
ERROR_HINTS |= {"expects a vector": ROWS, "expected a vector": ROWS, "must be a matrix": ROWS, "vector": ROWS}


def _parts(weight: Tensor, u: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """The matrix, v and the new u."""
    matrix = weight.reshape(len(weight), -1)
    v = normalize(matrix.T @ u, dim=0)
    return matrix, v, normalize(matrix @ v, dim=0)


def _right(weight: Tensor, u: Tensor) -> tuple[Tensor, Tensor]:
    matrix, v, new = _parts(weight, u)
    return new @ matrix @ v, new


def _old_u(weight: Tensor, u: Tensor) -> tuple[Tensor, Tensor]:
    matrix, v, new = _parts(weight, u)
    return u @ matrix @ v, new


def _no_norm_of_v(weight: Tensor, u: Tensor) -> tuple[Tensor, Tensor]:
    matrix = weight.reshape(len(weight), -1)
    v = matrix.T @ u
    new = normalize(matrix @ v, dim=0)
    return new @ matrix @ v, new


def _no_norm_of_u(weight: Tensor, u: Tensor) -> tuple[Tensor, Tensor]:
    matrix, v, _ = _parts(weight, u)
    new = matrix @ v
    return new @ matrix @ v, new


def _kept_length(weight: Tensor, u: Tensor) -> tuple[Tensor, Tensor]:
    matrix, v, _ = _parts(weight, u)
    return (matrix @ v).norm(), matrix @ v


def _v_back(weight: Tensor, u: Tensor) -> tuple[Tensor, Tensor]:
    matrix, v, new = _parts(weight, u)
    return new @ matrix @ v, v


def _of(sigma: Callable[[Tensor], Tensor], u_after: Step = _right) -> Step:
    """A step whose σ comes from the whole matrix."""
    return lambda weight, u: (sigma(weight.reshape(len(weight), -1)), u_after(weight, u)[1])


def _same_u(weight: Tensor, u: Tensor) -> tuple[Tensor, Tensor]:
    return _right(weight, u)[0], u


HINTS: list[tuple[Step, str]] = [
    (_old_u, "σ was taken with the old u. The new u is one step closer: σ = new u · W v, which is the length of W v."),
    (_no_norm_of_v, "v was not brought to length 1. Then σ holds the length of Wᵀu as well."),
    (_no_norm_of_u, "u was not brought to length 1 before σ = u · W v: this is σ squared."),
    (_kept_length, "σ is right, but the u that you return has the length σ, not 1. The next step would start from it."),
    (_v_back, "σ is right, but you returned v. The next step starts from u, which has one number for each output."),
    (
        _same_u,
        "σ is right, but you returned the old u. Then every call makes the same first step, and never comes closer.",
    ),
]
SIGMAS: list[tuple[Callable[[Tensor], Tensor], str]] = [
    (
        lambda matrix: matrix.norm(),
        "this is the Frobenius norm, the root of the sum of all squares. It counts every direction; the layer "
        "stretches no picture by more than the largest singular value, which is smaller.",
    ),
    (
        lambda matrix: torch.linalg.svdvals(matrix)[0],
        "this is the exact singular value. It is right, and too dear for every step of a training: one step of power "
        "iteration is asked for.",
    ),
    (lambda matrix: matrix.abs().max(), "this is the largest entry of W. A matrix can stretch far more than that."),
    (lambda matrix: matrix.norm(dim=1).max(), "this is the length of the longest row of W."),
]


def _pair(function: Step) -> Callable[[Tensor, Tensor], object]:
    """Return the function with its answers as a list [number, tensor]; whatever is no pair is handed on as it is."""

    @functools.wraps(function)
    def listed(weight: Tensor, u: Tensor) -> object:
        given = function(weight, u)
        if not isinstance(given, (tuple, list)) or len(given) != 2:
            return given
        sigma, new = (part.detach() if isinstance(part, Tensor) else part for part in given)
        return [float(sigma) if isinstance(sigma, Tensor) and sigma.numel() == 1 else sigma, new]

    return listed


@exercise("4 · one step of power iteration", id="power-step", points=3)
def power_step(exercise: str, function: Step) -> None:
    """Check a learner's power_step(weight, u) → (σ, the new u)."""
    random = torch.Generator().manual_seed(4)
    cases = [
        (torch.randn(shape, generator=random), normalize(torch.randn(shape[0], generator=random), dim=0))
        for shape in SHAPES
    ]
    guarded = _pair(bench.with_hints(function, ERROR_HINTS))
    first, again = (answer(exercise, guarded, case) for case in (cases[0], cases[0]))
    if isinstance(first, list) and not same(first, again) and len(first) == 2:
        fail(
            exercise,
            "two calls with the same weight and u gave two answers: a fresh u is drawn inside. Start from the u that "
            "you are given. One step is enough for a training because u is kept from step to step.",
        )
    if isinstance(first, list) and first:
        _judge_sigma(exercise, guarded, cases)
    judge(
        exercise,
        guarded,
        cases,
        _pair(_right),
        [Mistake(_pair(wrong), hint) for wrong, hint in HINTS],
        f"after 30 such steps σ is {_after_many(function, *cases[1])}, by torch.linalg "
        f"{float(torch.linalg.matrix_norm(cases[1][0].flatten(1), 2)):.4f}.",
    )


def _judge_sigma(exercise: str, guarded: Callable[..., object], cases: list[tuple[Tensor, Tensor]]) -> None:
    """Refuse a σ that comes from the whole matrix, whatever u was returned."""
    got = [answer(exercise, guarded, case) for case in cases]
    sigmas = [pair[0] if isinstance(pair, list) and pair else None for pair in got]
    for sigma, hint in SIGMAS:
        if same(sigmas, [float(sigma(weight.flatten(1))) for weight, _ in cases]):
            fail(exercise, f"for {describe(cases[0][0])} you returned σ = {describe(sigmas[0])}.\n  Hint: {hint}")


def _after_many(function: Step, weight: Tensor, u: Tensor) -> str:
    """What a learner's step arrives at; a wrong one may raise anything, and is judged elsewhere."""
    try:
        for _ in range(30):
            sigma, u = function(weight, u)
        return f"{float(sigma):.4f}"
    except Exception:  # noqa: BLE001  the praise is made before the answer is judged
        return "unknown"
