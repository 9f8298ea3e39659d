"""Exercises 1 and 2 of lesson 10: the Fréchet distance of two Gaussians on a line, and of two clouds."""

import math
from collections.abc import Callable

import torch
from torch import Tensor

from dcgan_course.checks.bench import with_hints
from dcgan_course.checks.engine import Mistake, answer, fail, judge, one_float
from dcgan_course.checks.registry import exercise
from dcgan_course.evaluation.metrics import frechet_distance

ON_A_LINE = [
    (0.0, 1.0, 0.0, 1.0),
    (0.0, 1.0, 3.0, 1.0),
    (0.0, 1.0, 0.0, 3.0),
    (1.0, 2.0, 4.0, 0.5),
    (-2.0, 1.5, 2.0, 4),
]
WRONG_AXIS = (
    "each column of the clouds is one number of the features, each row one picture. The covariance must be (F, F): "
    "torch.cov wants the numbers in rows, so give it features.T. With the wrong axis it compares pictures, and a "
    "well-known program did: all its distances lay between 0 and 1."
)
ERROR_HINTS = {"must match": WRONG_AXIS, "mat1 and mat2": WRONG_AXIS, "incompatible": WRONG_AXIS}


@exercise("1 · two Gaussians on a line", id="frechet-line", points=1)
def frechet_line(exercise: str, function: Callable[[float, float, float, float], float]) -> None:
    """Check a learner's function of (mean_a, sigma_a, mean_b, sigma_b)."""
    judge(
        exercise,
        function,
        ON_A_LINE,
        lambda m, s, n, t: (m - n) ** 2 + (s - t) ** 2,
        [
            Mistake(
                lambda m, s, n, t: math.hypot(m - n, s - t),
                "you took the root at the end. What is published is the square, though it is called a distance.",
            ),
            Mistake(
                lambda m, s, n, t: (m - n) ** 2 + (s**2 - t**2) ** 2,
                "you compared the variances. With one number, C_a + C_b − 2 (C_a C_b)^½ is s_a² + s_b² − 2 s_a s_b.",
            ),
            Mistake(
                lambda m, s, n, t: (m - n) ** 2 + abs(s**2 - t**2),
                "the difference of the variances is not the square of the difference of the σ: (s_a − s_b)².",
            ),
            Mistake(
                lambda m, s, n, t: (m - n) ** 2 + s**2 - t**2,
                "s_a² − s_b² is not (s_a − s_b)². It even falls below 0 when the second cloud is wider.",
            ),
            Mistake(
                lambda m, s, n, t: abs(m - n) + abs(s - t),
                "the differences must be squared, both of them.",
            ),
            Mistake(
                lambda m, s, n, t: (m - n) ** 2 + abs(s - t),
                "the difference of the means is squared, that of σ is not.",
            ),
            Mistake(
                lambda m, s, n, t: abs(m - n) + (s - t) ** 2,
                "the difference of σ is squared, that of the means is not.",
            ),
            Mistake(
                lambda m, s, n, t: (m - n) ** 2 + s**2 + t**2,
                "− 2 (C_a C_b)^½ is missing: here − 2 s_a s_b. Without it two equal clouds are not at distance 0.",
            ),
            Mistake(
                lambda m, s, n, t: (m - n) ** 2 + s + t - 2 * math.sqrt(s * t),
                "you took σ for the variance. C is σ², and the root of C_a C_b is s_a s_b.",
            ),
            Mistake(
                lambda m, s, n, t: (m - n) ** 2, "only the means are compared. A cloud that is too wide costs, too."
            ),
            Mistake(lambda m, s, n, t: (s - t) ** 2, "only the widths are compared. The means must lie together, too."),
            Mistake(
                lambda m, s, n, t: (m - n + s - t) ** 2,
                "you squared the sum of both differences. They must not cancel: square each, then add.",
            ),
        ],
        praise="(m_a − m_b)² + (s_a − s_b)²: a wrong place costs as much as a wrong width.",
    )


def _moments(cloud: Tensor, less: int = 1) -> tuple[Tensor, Tensor]:
    points = cloud.double()
    centred = points - points.mean(dim=0)
    return points.mean(dim=0), centred.T @ centred / (len(points) - less)


def _root(matrix: Tensor) -> Tensor:
    """The symmetric square root of a covariance."""
    values, vectors = torch.linalg.eigh(matrix)
    return vectors * values.clamp_min(0).sqrt() @ vectors.T


def _distance(
    a: Tensor,
    b: Tensor,
    *,
    less: int = 1,
    means: float = 1,
    twice: float = 2,
    root: Callable[[Tensor, Tensor], Tensor] | None = None,
) -> float:
    """The distance, with parts that can be wrong; `root` gives what is taken for the trace of (C_a C_b)^½."""
    (mean_a, cov_a), (mean_b, cov_b) = _moments(a, less), _moments(b, less)
    middle = _root(_root(cov_a) @ cov_b @ _root(cov_a)).trace() if root is None else root(cov_a, cov_b)
    return float(means * (mean_a - mean_b).square().sum() + cov_a.trace() + cov_b.trace() - twice * middle)


def _clouds() -> list[tuple[Tensor, Tensor]]:
    random = torch.Generator().manual_seed(10)

    def cloud(count: int, features: int, shift: float = 0, mix: float = 1) -> Tensor:
        points = torch.randn(count, features, generator=random)
        return points @ (torch.eye(features) + mix * torch.rand(features, features, generator=random)) + shift

    flat = 100 * cloud(6, 9)  # fewer points than numbers: most eigenvalues should be 0
    return [
        (torch.tensor([[0.0, 0.0], [2.0, 0.0], [0.0, 2.0]]), torch.tensor([[1.0, 1.0], [3.0, 3.0], [5.0, 2.0]])),
        (cloud(12, 3), cloud(9, 3, shift=1.5)),
        (cloud(40, 4, mix=2), cloud(25, 4, shift=-0.5, mix=0.3)),
        (flat, 100 * cloud(7, 9, shift=0.2)),
    ]


@exercise("2 · the Fréchet distance of two clouds", id="frechet-clouds", points=3)
def frechet_clouds(exercise: str, function: Callable[[Tensor, Tensor], float]) -> None:
    """Check a learner's function of two clouds (N, F) and (M, F)."""
    guarded = with_hints(function, ERROR_HINTS)
    cases = _clouds()
    for a, b in cases:
        got = answer(exercise, guarded, (a.clone(), b.clone()))
        if (number := one_float(got)) is not None and math.isnan(number):
            fail(
                exercise,
                f"for clouds {tuple(a.shape)} and {tuple(b.shape)} your answer is nan.\n  Hint: rounding makes an "
                "eigenvalue that should be 0 a little negative, and its root is nan. Put clamp_min(0) before the root.",
            )
        if isinstance(got, complex) or (isinstance(got, Tensor) and got.is_complex()):
            fail(
                exercise,
                "your answer is a complex number. C_a C_b is not symmetric, so its root may get tiny imaginary parts "
                "from rounding: take the real part, or the eigenvalues of the symmetric C_a^½ C_b C_a^½.",
            )
    judge(
        exercise,
        guarded,
        cases,
        frechet_distance,
        [
            Mistake(
                lambda a, b: max(0.0, _distance(a, b)) ** 0.5,
                "you took the root at the end. The number that everybody prints is the squared one.",
            ),
            Mistake(
                lambda a, b: _distance(a, b, root=lambda c, d: (c @ d).clamp_min(0).sqrt().trace()),
                "you took the root of each number of C_a C_b. The root of a matrix is another matrix, whose product "
                "with itself gives C_a C_b back. Its trace is the sum of the roots of the eigenvalues.",
            ),
            Mistake(
                lambda a, b: _distance(a, b, root=lambda c, d: (c * d).clamp_min(0).sqrt().trace()),
                "you multiplied C_a and C_b number by number, so only the variances are compared: two clouds that "
                "slant in different directions look alike. Use the matrix product @.",
            ),
            Mistake(lambda a, b: _distance(a, b, root=lambda c, d: (c @ d).trace()), "the root of C_a C_b is missing."),
            Mistake(
                lambda a, b: _distance(a, b, root=lambda c, d: _root(c @ d).trace()),
                "eigh and eigvalsh look at one half of the matrix, and C_a C_b is not symmetric. Take C_a^½ C_b C_a^½, "
                "which has the same eigenvalues and is symmetric.",
            ),
            Mistake(
                lambda a, b: _distance(a, b, less=0),
                "the covariances are divided by N. Divide by N − 1, as torch.cov does.",
            ),
            Mistake(lambda a, b: _distance(a, b, means=0), "the means are missing: |m_a − m_b|² is the first term."),
            Mistake(
                lambda a, b: _distance(a, b, means=0) + float((_moments(a)[0] - _moments(b)[0]).norm()),
                "the length of m_a − m_b must be squared.",
            ),
            Mistake(
                lambda a, b: _distance(a, b, means=0) + float((_moments(a)[0] - _moments(b)[0]).square().mean()),
                "you took the mean over the F squared differences of the means. It is their sum.",
            ),
            Mistake(
                lambda a, b: _distance(a, b, twice=1),
                "the 2 before the root is missing. Two equal clouds would not be at distance 0.",
            ),
            Mistake(
                lambda a, b: float((_moments(a)[0] - _moments(b)[0]).square().sum()),
                "only the means are compared: the three traces are missing.",
            ),
        ],
        praise="right for clouds that slant, for unequal numbers of points, and for fewer points than numbers.",
        tolerance=1e-3,
        alone={
            3: "these clouds have fewer points than numbers, and large units: most eigenvalues should be 0, and "
            "float32 cannot tell. Go to float64 first: features.double()."
        },
    )
