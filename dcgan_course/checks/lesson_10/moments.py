"""Exercise 10 of lesson 10: fake the moments. The fakes are stretched and moved until the Fréchet distance is 0."""

from collections.abc import Callable

import torch
from torch import Tensor

from dcgan_course.checks.bench import with_hints
from dcgan_course.checks.engine import answer, describe, fail, passed
from dcgan_course.checks.registry import exercise

CLOSE = 1e-3
ERROR_HINTS = {
    "not positive-definite": "torch.linalg.cholesky needs a covariance without a zero eigenvalue. Is it (F, F), and of "
    "more points than numbers? torch.linalg.eigh works for all.",
    "must match": "the clouds have different numbers of points. Only means (F,) and covariances (F, F) go together.",
}


def _clouds(seed: int, fakes: int, reals: int, features: int) -> tuple[Tensor, Tensor]:
    random = torch.Generator().manual_seed(seed)
    mixes = [torch.randn(features, features, generator=random) for _ in range(2)]
    fake, real = (torch.rand(n, features, generator=random) @ mix for n, mix in zip((fakes, reals), mixes, strict=True))
    return fake + 3, real - 1


def _covariance(cloud: Tensor) -> Tensor:
    return torch.cov(cloud.double().T)


def _near(one: Tensor, other: Tensor) -> bool:
    return bool((one - other).abs().max() <= CLOSE * max(1.0, float(other.abs().max())))


def _power(matrix: Tensor, power: float) -> Tensor:
    values, vectors = torch.linalg.eigh(matrix)
    return vectors * values.clamp_min(1e-12) ** power @ vectors.T


@exercise("10 · fake the moments", id="recoloured", points=3)
def recoloured(exercise: str, function: Callable[[Tensor, Tensor], Tensor]) -> None:
    """Check a learner's function of fake (M, F) and real (N, F) → the moved fakes (M, F)."""
    for seed, fakes, reals, features in ((1, 40, 30, 3), (2, 60, 90, 5)):
        fake, real = _clouds(seed, fakes, reals, features)
        given = answer(exercise, with_hints(function, ERROR_HINTS), (fake.clone(), real.clone()))
        _check(exercise, given, fake.double(), real.double())
    passed(
        exercise,
        "the Fréchet distance to the real cloud is 0, and not one fake was made better: each was stretched and moved.",
    )


def _check(exercise: str, given: object, fake: Tensor, real: Tensor) -> None:
    if given is None:
        fail(exercise, "your function gave nothing back. Does it end with `return`?")
    if not isinstance(given, Tensor) or given.shape != fake.shape:
        fail(
            exercise,
            f"your function gave back {describe(given)}; wanted is a tensor {tuple(fake.shape)}: each fake, moved.",
        )
    found = given.detach().double()
    if not found.isfinite().all():
        fail(exercise, "some of your numbers are not finite. Is the root of an eigenvalue below 0 among them?")
    if _near(found, fake):
        fail(
            exercise,
            "these are the fakes as they were. Move them: their mean and covariance must become the real ones.",
        )
    _check_made_from_fakes(exercise, found, fake)
    _check_covariance(exercise, found, fake, real)
    mean, wanted = found.mean(dim=0), real.mean(dim=0)
    if _near(mean, wanted):
        return
    message = f"the covariance is right, but the mean is {describe(mean)} and should be {describe(wanted)}."
    if _near(mean, torch.zeros_like(mean)):
        fail(exercise, f"{message}\n  Hint: you took the fakes' mean off; add the real mean at the end.")
    if _near(mean, fake.mean(dim=0)):
        fail(exercise, f"{message}\n  Hint: this is the fakes' own mean. Add the real one in its place.")
    fail(
        exercise, f"{message}\n  Hint: take the fakes' mean off BEFORE you stretch them, and add the real mean behind."
    )


def _check_made_from_fakes(exercise: str, found: Tensor, fake: Tensor) -> None:
    """Every row must be the same stretching and moving of its own fake."""
    with_one = torch.cat([fake, torch.ones(len(fake), 1, dtype=fake.dtype)], dim=1)
    fitted = with_one @ torch.linalg.lstsq(with_one, found).solution
    if (found - fitted).abs().max() > 1e-3 * float(found.abs().max()):
        fail(
            exercise,
            "your points are not the fakes, stretched and moved: no matrix W and shift give them as fake @ W + shift. "
            "Real points, or noise with the right moments, would be a generator of their own. Row i must come from "
            "fake i.",
        )


def _check_covariance(exercise: str, found: Tensor, fake: Tensor, real: Tensor) -> None:
    of_fake, of_real, covariance = _covariance(fake), _covariance(real), _covariance(found)
    if _near(covariance, of_real):
        return
    message = (
        f"the covariance of your points is off by up to {float((covariance - of_real).abs().max()):.3g}, where the "
        f"real one's largest number is {float(of_real.abs().max()):.3g}."
    )
    eye = torch.eye(len(of_real), dtype=of_real.dtype)
    turned = _power(of_fake, -0.5) @ _power(of_real, 0.5)
    stretched = (of_real.diagonal() / of_fake.diagonal()).sqrt().diag()
    twice = torch.linalg.inv(of_fake) @ of_real
    roots = torch.linalg.cholesky(of_fake), torch.linalg.cholesky(of_real)
    lower = torch.linalg.inv(roots[0]) @ roots[1], roots[1] @ torch.linalg.inv(roots[0])
    elementwise = of_fake.abs().clamp_min(1e-12).sqrt(), of_real.abs().sqrt()

    def after(matrix: Tensor) -> Tensor:
        return matrix.T @ of_fake @ matrix

    for wrong, hint in (
        (of_fake, "this is the fakes' covariance still: only their mean was moved."),
        (
            eye,
            "this is the covariance 1: the fakes are whitened, the real colour is missing. Multiply by C_real^½, too.",
        ),
        (after(_power(of_real, 0.5)), "you coloured without whitening: first C_fake^−½, then C_real^½."),
        (
            after(stretched),
            "each number has the right spread, but they do not go together as the real ones do. Divide by the root of "
            "the whole covariance, not by the σ of each column.",
        ),
        (after(turned.T), "the order is turned: with points as rows it is centred @ C_fake^−½ @ C_real^½."),
        (after(_power(of_fake, 0.5) @ _power(of_real, 0.5)), "to whiten is to divide: C_fake to the power −½, not ½."),
        (after(twice), "these are the covariances themselves. Points are stretched by their ROOTS."),
        (after(lower[0]), "Cholesky's C = L Lᵀ: for points as rows it is centred @ inv(L_fake).T @ L_real.T."),
        (after(lower[1]), "Cholesky's C = L Lᵀ: for points as rows it is centred @ inv(L_fake).T @ L_real.T."),
        (
            after(torch.linalg.pinv(elementwise[0]) @ elementwise[1]),
            "you took the root of each number. The root of a matrix comes from its eigenvalues: V diag(√λ) Vᵀ.",
        ),
    ):
        if _near(covariance, wrong):
            fail(exercise, f"{message}\n  Hint: {hint}")
    fail(exercise, f"{message} Whiten the fakes (covariance 1), then give them the real covariance.")
