"""Exercise 1 of lesson 11: the eigenvalues of the smallest GAN, and the γ that is best."""

import cmath
import math
from collections.abc import Callable

from dcgan_course.checks.engine import Mistake, answer, fail, judge, one_float
from dcgan_course.checks.registry import exercise

GAMMAS = (0.0, 0.3, 1.0, 3.0, 10.0)


def _eigenvalues(gamma: float, slope: float = 0.5) -> tuple[complex, complex]:
    """The eigenvalues of [[0, s], [−s, −γ]], the one with the larger real part first."""
    root = cmath.sqrt(gamma**2 - 4 * slope**2)
    return (-gamma + root) / 2, (-gamma - root) / 2


def _rate(gamma: float) -> float:
    return _eigenvalues(gamma)[0].real


RATE_MISTAKES = [
    Mistake(
        lambda gamma: -gamma / 2,
        "−γ/2 is right as long as the root is imaginary. Beyond γ = 1 the root is real, and one eigenvalue moves back "
        "towards 0.",
    ),
    Mistake(
        lambda gamma: _eigenvalues(gamma)[1].real,
        "this is the fast one of the two. What is left after some time belongs to the slow one: take the larger real "
        "part.",
    ),
    Mistake(
        lambda gamma: _eigenvalues(gamma, 1.0)[0].real,
        "the slope of the loss is missing. At the rest point the sigmoid is ½, so the matrix has ½ and −½ off its "
        "diagonal.",
    ),
    Mistake(
        lambda gamma: _eigenvalues(gamma / 2)[0].real,
        "the penalty is γ/2 · ψ². Its derivative is γ · ψ, so the matrix has −γ at the lower right, not −γ/2.",
    ),
    Mistake(
        lambda gamma: _eigenvalues(2 * gamma)[0].real,
        "the penalty is γ/2 · ψ². Its derivative is γ · ψ, so the matrix has −γ at the lower right, not −2γ.",
    ),
    Mistake(
        lambda gamma: 2 * _rate(gamma),
        "the solution of λ² + γλ + ¼ = 0 has a 2 below the fraction bar: (−γ ± √(γ² − 1)) / 2.",
    ),
    Mistake(
        lambda gamma: -_rate(gamma), "the sign is turned. What shrinks has a negative real part, and this game shrinks."
    ),
    Mistake(
        lambda gamma: abs(_eigenvalues(gamma)[0]),
        "this is the length of the complex number. The real part alone says how fast the distance shrinks.",
    ),
    Mistake(
        lambda gamma: -gamma,
        "−γ is the sum of the two eigenvalues. How do they share it? Solve λ² + γλ + ¼ = 0.",
    ),
]


def _refuse_no_real_number(exercise: str, got: object, gamma: float) -> None:
    """Refuse a complex number, and nan."""
    if isinstance(got, complex):
        fail(
            exercise,
            f"for γ = {gamma:g} your answer is {got:.3g}, a complex number.\n  Hint: its imaginary part turns, its "
            "real part shrinks. Return the real part.",
        )
    if (number := one_float(got)) is not None and math.isnan(number):
        fail(
            exercise,
            f"for γ = {gamma:g} your answer is nan.\n  Hint: below γ = 1 you take the root of a negative number. Use "
            "`cmath.sqrt`, or think about what the real part is there.",
        )


@exercise("1a · how fast does it come to rest", id="slowest-rate", points=2)
def slowest_rate(exercise: str, function: Callable[[float], float]) -> None:
    """Check a learner's slowest_rate(gamma) → the larger real part of the two eigenvalues, at most 0."""
    cases = [(gamma,) for gamma in GAMMAS]
    for case in cases:
        _refuse_no_real_number(exercise, answer(exercise, function, case), case[0])
    judge(
        exercise,
        function,
        cases,
        _rate,
        RATE_MISTAKES,
        "without γ it never comes to rest; γ = 1 is fastest, and γ = 10 is slow again.",
    )


@exercise("1b · the critical γ", id="critical-gamma", points=1)
def critical_gamma(exercise: str, function: Callable[[float], float]) -> None:
    """Check a learner's critical_gamma(slope) → the γ at which the slow eigenvalue is fastest."""
    judge(
        exercise,
        function,
        [(0.5,), (1.0,), (0.1,), (3.0,)],
        lambda slope: 2 * slope,
        [
            Mistake(
                lambda slope: 1.0,
                "1 is right for the slope ½ alone. WGAN's loss has slope 1: where is its root zero?",
            ),
            Mistake(
                lambda slope: slope, "the root is √(γ² − 4s²), not √(γ² − s²): the determinant s² stands under a 4."
            ),
            Mistake(lambda slope: 4 * slope**2, "4s² is γ² at that point. Take the root."),
            Mistake(lambda slope: 4 * slope, "the root of 4s² is 2s."),
            Mistake(lambda slope: 2 * slope**2, "the root of 4s² is 2s, and s is not squared any more."),
            Mistake(lambda slope: slope / 2, "the 2 belongs above: γ² = 4s²."),
            Mistake(
                lambda slope: -2 * slope,
                "γ² = 4s² has two solutions. γ is the strength of a penalty: take the one that is not below 0.",
            ),
            Mistake(
                lambda slope: 10.0,
                "more γ is not faster. Beyond the critical γ, one eigenvalue returns towards 0, and it decides.",
            ),
        ],
        "2s: with less the game turns, with more it creeps.",
    )
