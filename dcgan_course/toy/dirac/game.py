"""Dirac-GAN: the data are the one number 0, the generator draws the one number θ, the discriminator is D(x) = ψ·x.

The whole state of the game is a place (θ, ψ) in the plane, so that it can be drawn, and near its equilibrium (0, 0) it
can be solved. Source: Mescheder, Geiger and Nowozin 2018, "Which training methods for GANs do actually converge?",
sections 2 and 4.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from dcgan_course.errors import InvalidValue, whole_number
from dcgan_course.training.fixes.penalties import PENALTIES as SLOPE_PENALTIES
from dcgan_course.training.losses import GAMES

LOSSES = tuple(GAMES)
PENALTIES = ("none", "clip", *SLOPE_PENALTIES)
FAR = 1e6  # a path that gets so far from the equilibrium is not followed further


def _sigmoid(a: float) -> float:
    return 1 / (1 + math.exp(-a)) if a > -700 else 0.0


# By hand: the derivatives of D's and of G's loss in D's answer a to the fake. `push` gets the same from autograd, for
# any loss of `training.losses`; a path of thousands of steps is too long for it.
SLOPES: dict[str, tuple[Callable[[float], float], Callable[[float], float]]] = {
    "non_saturating": (_sigmoid, lambda a: _sigmoid(a) - 1),
    "minimax": (_sigmoid, lambda a: -_sigmoid(a)),
    "least_squares": (lambda a: a, lambda a: a - 1),
    "wasserstein": (lambda a: 1.0, lambda a: -1.0),
    "hinge": (lambda a: float(a > -1), lambda a: -1.0),
    "relativistic": (_sigmoid, lambda a: _sigmoid(a) - 1),
}
PENALTY_SLOPES: dict[str, Callable[[float, float], float]] = {  # of ψ and the weight: the derivative in ψ
    "none": lambda psi, weight: 0.0,
    "clip": lambda psi, weight: 0.0,
    "r1": lambda psi, weight: weight * psi,
    "r2": lambda psi, weight: weight * psi,
    "r1_r2": lambda psi, weight: 2 * weight * psi,
    "gradient": lambda psi, weight: 2 * weight * (abs(psi) - 1) * ((psi > 0) - (psi < 0)),
}


@dataclass(frozen=True)
class DiracGame:
    """A loss and a penalty on the smallest game; both players move by plain gradient descent.

    Args:
        loss: a name of LOSSES. penalty: a name of PENALTIES.
        weight: of the penalty: γ of R1 and R2 (γ/2 · slope²), λ of the gradient penalty (λ · (|slope| − 1)²), the
            largest |ψ| that clipping leaves. Without a penalty it is not used.

    The slope of D is ψ everywhere, at the real number as well as at the fake. Least squares asks D for 1 at reals and 0
    at fakes; its D is ½ + ψ·x here, because ψ·x alone can never answer the ½ that it should give when fakes are right.

    Raises:
        InvalidValue: a name that is not known, a weight that is no number of at least 0.
    """

    loss: str = "non_saturating"
    penalty: str = "none"
    weight: float = 1.0

    def __post_init__(self) -> None:
        for what, name, known in (("loss", self.loss, LOSSES), ("penalty", self.penalty, PENALTIES)):
            if name not in known:
                raise InvalidValue(f"{what} is {name!r}, but it must be one of {', '.join(known)}.")
        _number("weight", self.weight, 0)

    def logits(self, place: Tensor, x: Tensor) -> Tensor:
        """Return D's answer to x (...), at places (θ, ψ) (..., 2)."""
        neutral = 0.5 if self.loss == "least_squares" else 0.0
        return neutral + place[..., 1] * x

    def discriminator_loss(self, place: Tensor) -> Tensor:
        """Return what D minimises at places (..., 2): the loss and its penalty, the mean over places, a number."""
        theta = place[..., 0]
        loss = GAMES[self.loss].discriminator(self.logits(place, torch.zeros_like(theta)), self.logits(place, theta))
        if self.penalty not in SLOPE_PENALTIES:
            return loss

        def judge(x: Tensor) -> Tensor:  # (N, 1) → (N,)
            return self.logits(place, x.reshape(theta.shape)).flatten()

        fake = theta.detach().reshape(-1, 1)
        return loss + SLOPE_PENALTIES[self.penalty](judge, torch.zeros_like(fake), fake, self.weight)

    def generator_loss(self, place: Tensor) -> Tensor:
        """Return what G minimises at places (..., 2), the mean over places, a number."""
        theta = place[..., 0]
        return GAMES[self.loss].generator_loss(self.logits(place, torch.zeros_like(theta)), self.logits(place, theta))

    def push(self, place: Tensor, player: str, keep_graph: bool = False) -> Tensor:
        """Return minus the gradient of a player's own loss in its own number (...), at places (θ, ψ) (..., 2).

        Args:
            player: "generator", which owns θ, or "discriminator", which owns ψ. keep_graph: for second derivatives.
        """
        if not keep_graph:
            place = place.detach().requires_grad_(True)
        loss = self.generator_loss(place) if player == "generator" else self.discriminator_loss(place)
        places = place[..., 0].numel()  # a loss is a mean over them; each place gets the gradient of its own
        (gradient,) = torch.autograd.grad(places * loss, place, create_graph=keep_graph)
        return -gradient[..., 0 if player == "generator" else 1]

    def field(self, place: Tensor, keep_graph: bool = False) -> Tensor:
        """Return how both players are pushed at places (θ, ψ): (..., 2) → (..., 2). Clipping is no part of it."""
        pushes = [self.push(place, player, keep_graph) for player in ("generator", "discriminator")]
        return torch.stack(pushes, dim=-1)

    def play(
        self,
        start: tuple[float, float] = (1.0, 1.0),
        steps: int = 2000,
        step_size: float = 0.1,
        alternating: bool = True,
    ) -> Tensor:
        """Play from a start (θ, ψ); return the path (steps + 1, 2) in double precision.

        Args:
            step_size: of both players' gradient steps. alternating: D moves first and G answers the new D, as in
                algorithm 1; else both move at once, from the same place.

        A path that gets further than 1e6 from the equilibrium ends there: it is shorter than steps + 1.

        Raises:
            InvalidValue: a start, a number of steps or a step size that cannot work.
        """
        steps, step_size = whole_number("steps", steps), _number("step_size", step_size, 0)
        if not isinstance(start, tuple | list) or len(start) != 2:
            raise InvalidValue(f"start is {start!r}, but it must be a pair of numbers (θ, ψ).")
        numbers = [_number(name, value) for name, value in zip("θψ", start, strict=True)]
        (theta, psi), path = numbers, [numbers]
        for _ in range(steps):
            next_psi = psi + step_size * self._discriminator_push(theta, psi)
            if self.penalty == "clip":
                next_psi = max(-self.weight, min(self.weight, next_psi))
            theta += step_size * self._generator_push(theta, next_psi if alternating else psi)
            psi = next_psi
            if not math.hypot(theta, psi) < FAR:
                break
            path.append([theta, psi])
        return torch.tensor(path, dtype=torch.float64)

    def _discriminator_push(self, theta: float, psi: float) -> float:
        """Return what `push` does for "discriminator" at one place, from the slopes by hand."""
        return -SLOPES[self.loss][0](self._answer(theta, psi)) * theta - PENALTY_SLOPES[self.penalty](psi, self.weight)

    def _generator_push(self, theta: float, psi: float) -> float:
        """Return what `push` does for "generator" at one place, from the slopes by hand."""
        return -SLOPES[self.loss][1](self._answer(theta, psi)) * psi

    def _answer(self, theta: float, psi: float) -> float:
        """Return what `logits` does at the fake."""
        return (0.5 if self.loss == "least_squares" else 0.0) + psi * theta

    def jacobian(self) -> Tensor:
        """Return the derivative of the field at the equilibrium (0, 0): (2, 2), rows θ′ and ψ′, columns θ and ψ.

        Clipping does nothing near 0, so its Jacobian is that of the loss alone.

        Raises:
            InvalidValue: the penalty is "gradient", which has a corner at ψ = 0 and no derivative there.
        """
        if self.penalty == "gradient":
            raise InvalidValue("The gradient penalty has a corner at ψ = 0, so its field has no Jacobian there.")
        origin = torch.zeros(2, dtype=torch.float64)
        return torch.autograd.functional.jacobian(lambda place: self.field(place, keep_graph=True), origin)

    def eigenvalues(self) -> Tensor:
        """Return both eigenvalues of the Jacobian, complex (2,), the one with the larger real part first."""
        values = torch.linalg.eigvals(self.jacobian())
        return values[values.real.argsort(descending=True)]

    def critical_weight(self) -> float:
        """Return the γ at which the two eigenvalues meet: below it the path turns, above it the slower one rules.

        With ψ′ = −bθ − cγψ and θ′ = aψ near 0, the eigenvalues are (−cγ ± √(c²γ² − 4ab)) / 2.

        Raises:
            InvalidValue: the penalty is not R1, R2 or both.
        """
        if self.penalty not in ("r1", "r2", "r1_r2"):
            raise InvalidValue(f"penalty is {self.penalty!r}, but only r1, r2 and r1_r2 have a critical weight.")
        (_, a), (minus_b, minus_c) = DiracGame(self.loss, self.penalty, 1.0).jacobian().tolist()
        return 2 * math.sqrt(-a * minus_b) / -minus_c


def radius(path: Tensor) -> Tensor:
    """Return the distance of each place of a path (..., 2) from the equilibrium (0, 0): (...)."""
    return path.norm(dim=-1)


def final_radius(path: Tensor, last: int = 100) -> float:
    """Return the mean distance from the equilibrium over the last places of a path (N, 2)."""
    return float(radius(path)[-whole_number("last", last) :].mean())


def steps_until(path: Tensor, near: float = 0.01) -> int | None:
    """Return after how many steps a path (N, 2) comes within `near` of the equilibrium for good, or None."""
    outside = (radius(path) >= near).nonzero()
    first = int(outside[-1]) + 1 if len(outside) else 0
    return first if first < len(path) else None


def _number(name: str, value: float, lowest: float = -math.inf) -> float:
    """Return a finite number of at least `lowest`, or refuse it."""
    if isinstance(value, int | float) and math.isfinite(value) and value >= lowest:
        return float(value)
    allowed = "a finite number" if lowest == -math.inf else f"a finite number of at least {lowest}"
    raise InvalidValue(f"{name} is {value!r}, but it must be {allowed}.")
