"""The game of lesson 04 on points in the plane, for M pairs of networks at once.

A loss of M pairs is M times the mean over all their logits, so that each pair gets the gradient of its own mean and
never sees the others. Unrolling, packing and the faults of lesson 05 are each one setting of the same loop.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.func import functional_call
from torch.nn.functional import softplus

from dcgan_course.errors import InvalidValue, seed_number, whole_number
from dcgan_course.models.inference import eval_mode
from dcgan_course.toy.mixtures import PointMixture
from dcgan_course.toy.point_networks import PointDiscriminators, PointGenerators
from dcgan_course.training.fixes.penalties import PENALTIES, clip_weights, gradient_penalty
from dcgan_course.training.losses import GAMES, discriminator_loss


@dataclass(frozen=True)
class GameSettings:
    """How a game is played; the defaults go with the small networks of lesson 05.

    Args:
        batch_size: packs a step; without packing, points a step.
        generator_learning_rate, discriminator_learning_rate, betas: Adam's.
        discriminator_steps: k, discriminator steps for each generator step.
        loss: a name of `training.losses.GAMES`, for both players. generator_loss: of the logits of fakes, in place of
            that loss's own.
        penalty: on D's slope at the points, or "clip" for its weights, or "none". penalty_weight: γ of R1 and R2, λ of
            the gradient penalty, the largest weight that clipping leaves.
        unrolled_steps: discriminator steps that the generator looks ahead; 0 is the usual game.
        unrolled_learning_rate: of these steps, which are plain gradient steps.
        mixed_batch: show the discriminator real and fake points in one batch instead of two.
        seed: of z and of the points.

    Raises:
        InvalidValue: a number of points, of steps or a seed that is not whole or too small; a name that is not known.
    """

    batch_size: int = 100
    generator_learning_rate: float = 1e-3
    discriminator_learning_rate: float = 1e-3
    betas: tuple[float, float] = (0.5, 0.999)
    discriminator_steps: int = 1
    loss: str = "non_saturating"
    generator_loss: Callable[[Tensor], Tensor] | None = None
    penalty: str = "none"
    penalty_weight: float = 0.0
    unrolled_steps: int = 0
    unrolled_learning_rate: float = 0.1
    mixed_batch: bool = False
    seed: int = 0

    def __post_init__(self) -> None:
        for name, least in (("batch_size", 2), ("discriminator_steps", 1), ("unrolled_steps", 0)):
            object.__setattr__(self, name, whole_number(name, getattr(self, name), least))
        object.__setattr__(self, "seed", seed_number(self.seed))
        for name, known in (("loss", tuple(GAMES)), ("penalty", ("none", "clip", *PENALTIES))):
            if getattr(self, name) not in known:
                raise InvalidValue(f"{name} is {getattr(self, name)!r}, but it must be one of {', '.join(known)}.")
        if not 0 <= self.penalty_weight < math.inf:
            raise InvalidValue(f"penalty_weight is {self.penalty_weight!r}, but it must be a number of at least 0.")


def pack(points: Tensor, packing: int) -> Tensor:
    """Lay each `packing` points that follow each other side by side: (M, N, 2) → (M, N / packing, 2 · packing).

    Source: Lin et al. 2018 (PacGAN).
    """
    networks, count, width = points.shape
    if packing < 1 or count % packing:
        raise InvalidValue(f"{count} points cannot be cut into packs of {packing}: the one must divide the other.")
    return points.reshape(networks, count // packing, packing * width)


def look_ahead(
    discriminators: nn.Module, real: Tensor, fake: Tensor, steps: int, learning_rate: float
) -> dict[str, Tensor]:
    """Return the parameters that discriminators will have after `steps` more steps on these points, with the graph.

    A generator's loss at these parameters has a gradient that passes through the steps: G feels how D will answer.
    The discriminators themselves stay as they are.

    Args:
        real, fake: packs (M, N, 2 · packing); fake has the generators' graph.
        steps, learning_rate: of the plain gradient steps that are looked ahead.

    Source: Metz et al. 2017, section 2.2.
    """
    parameters: dict[str, Tensor] = dict(discriminators.named_parameters())
    for _ in range(steps):
        real_logits, fake_logits = (functional_call(discriminators, parameters, (packs,)) for packs in (real, fake))
        loss = len(real) * discriminator_loss(real_logits, fake_logits)
        gradients = torch.autograd.grad(loss, list(parameters.values()), create_graph=True)
        moved = zip(parameters.items(), gradients, strict=True)
        parameters = {name: value - learning_rate * gradient for (name, value), gradient in moved}
    return parameters


class ManyGans:
    """M games on one mixture, each with its own two networks; `step` plays one round of all of them.

    Args:
        generators, discriminators: for the same M. mixture: the real points. settings: see GameSettings.

    traces: {name: list of (M,) tensors}, one entry a round. "p_real", "p_fake": D's mean answer to real points and
    to fakes in its own step. "p_fake_for_g": its mean answer to fakes in the generator's step. "d_loss", "g_loss".
    "g_gradient": length of the gradient of the generator's parameters. "spread": σ of the fakes, mean of both axes.
    "reach": the largest coordinate among the fakes, without its sign.
    """

    def __init__(
        self,
        generators: PointGenerators,
        discriminators: PointDiscriminators,
        mixture: PointMixture,
        settings: GameSettings | None = None,
    ) -> None:
        self.generators, self.discriminators = generators, discriminators
        self.mixture, self.settings = mixture, settings or GameSettings()
        self.networks, self.packing = generators.networks, discriminators.packing
        if discriminators.networks != self.networks:
            raise InvalidValue(
                f"There are {self.networks} generators and {discriminators.networks} discriminators, but each game "
                "needs one of both."
            )
        rates = self.settings.generator_learning_rate, self.settings.discriminator_learning_rate
        self.generator_optimizer = torch.optim.Adam(generators.parameters(), rates[0], self.settings.betas)
        self.discriminator_optimizer = torch.optim.Adam(discriminators.parameters(), rates[1], self.settings.betas)
        self.random = torch.Generator().manual_seed(self.settings.seed)
        self.traces: dict[str, list[Tensor]] = {}

    @property
    def steps(self) -> int:
        """How many rounds were played."""
        return len(self.traces.get("g_loss", []))

    def run(self, steps: int) -> "ManyGans":
        """Play `steps` rounds and return this object."""
        for _ in range(steps):
            self.step()
        return self

    def step(self) -> None:
        """Play one round: k discriminator steps, then one generator step."""
        for _ in range(self.settings.discriminator_steps):
            noted = self._discriminator_step()
        noted |= self._generator_step()
        for name, value in noted.items():
            self.traces.setdefault(name, []).append(value)

    def real(self) -> Tensor:
        """Draw real packs (M, batch_size, 2 · packing)."""
        count = self.settings.batch_size * self.packing
        return pack(self.mixture.sample((self.networks, count), self.random), self.packing)

    def fake(self) -> Tensor:
        """Draw packs from the generators, with their graph: (M, batch_size, 2 · packing)."""
        count = self.settings.batch_size * self.packing
        z = torch.randn(self.networks, count, self.generators.latent_dim, generator=self.random)
        return pack(self.generators(z), self.packing)

    def _discriminator_step(self) -> dict[str, Tensor]:
        with torch.no_grad():
            fake = self.fake()
        real = self.real()
        real_logits, fake_logits = self._judge(real, fake)
        loss = self.networks * GAMES[self.settings.loss].discriminator(real_logits, fake_logits)
        if self.settings.penalty not in ("none", "clip"):
            loss = loss + self.networks * self._penalty(real, fake)
        self.discriminator_optimizer.zero_grad()
        loss.backward()
        self.discriminator_optimizer.step()
        if self.settings.penalty == "clip":
            clip_weights(self.discriminators, self.settings.penalty_weight)
        with torch.no_grad():
            losses = softplus(-real_logits).mean(dim=1) + softplus(fake_logits).mean(dim=1)
            return {
                "p_real": real_logits.sigmoid().mean(dim=1),
                "p_fake": fake_logits.sigmoid().mean(dim=1),
                "d_loss": losses,
            }

    def _judge(self, real: Tensor, fake: Tensor) -> tuple[Tensor, Tensor]:
        """Return the logits of real and fake packs, from two batches or from one."""
        if not self.settings.mixed_batch:
            return self.discriminators(real), self.discriminators(fake)
        logits = self.discriminators(torch.cat([real, fake], dim=1))
        return logits[:, : real.shape[1]], logits[:, real.shape[1] :]

    def _penalty(self, real: Tensor, fake: Tensor) -> Tensor:
        """Return the mean over all packs of all games, each pack judged as one input."""

        def judge(packs: Tensor) -> Tensor:
            return self.discriminators(packs.reshape(real.shape)).flatten()

        packs = judge, real.flatten(0, 1), fake.flatten(0, 1), self.settings.penalty_weight
        if self.settings.penalty == "gradient":
            return gradient_penalty(*packs, generator=self.random)
        return PENALTIES[self.settings.penalty](*packs)

    def _generator_loss(self, real_logits: Tensor, fake_logits: Tensor) -> Tensor:
        """Return G's loss, the mean over logits of any shape."""
        if self.settings.generator_loss is not None:
            return self.settings.generator_loss(fake_logits)
        return GAMES[self.settings.loss].generator_loss(real_logits, fake_logits)

    def _parameters_for_g(self, fake: Tensor) -> dict[str, Tensor]:
        """Return the discriminators that the generators play against: those of now, or of some steps ahead."""
        if self.settings.unrolled_steps == 0:
            return {}
        steps, rate = self.settings.unrolled_steps, self.settings.unrolled_learning_rate
        return look_ahead(self.discriminators, self.real(), fake, steps, rate)

    def _generator_step(self) -> dict[str, Tensor]:
        fake = self.fake()
        judges = self._parameters_for_g(fake)
        fake_logits = functional_call(self.discriminators, judges, (fake,))
        real_logits = fake_logits
        if GAMES[self.settings.loss].in_pairs:  # G's loss looks at reals too
            real_logits = functional_call(self.discriminators, judges, (self.real(),))
        loss = self.networks * self._generator_loss(real_logits, fake_logits)
        parameters = list(self.generators.parameters())
        self.generator_optimizer.zero_grad()
        loss.backward(inputs=parameters)
        self.generator_optimizer.step()
        with torch.no_grad():
            gradients = [torch.zeros_like(p) if p.grad is None else p.grad for p in parameters]
            squares = [gradient.flatten(1).square().sum(dim=1) for gradient in gradients]
            return {
                "p_fake_for_g": fake_logits.sigmoid().mean(dim=1),
                "g_loss": torch.stack(
                    [self._generator_loss(*rows) for rows in zip(real_logits, fake_logits, strict=True)]
                ),
                "g_gradient": torch.stack(squares).sum(dim=0).sqrt(),
                "spread": fake.reshape(self.networks, -1, 2).std(dim=1).mean(dim=1),
                "reach": fake.abs().amax(dim=(1, 2)),
            }

    @torch.no_grad()
    def points(self, count: int, seed: int = 1) -> Tensor:
        """Draw points (M, count, 2) with batch norm in eval mode; the game's own random source is not touched."""
        z = torch.randn(
            self.networks, count, self.generators.latent_dim, generator=torch.Generator().manual_seed(seed_number(seed))
        )
        with eval_mode(self.generators):
            return self.generators(z)

    def trace(self, name: str) -> Tensor:
        """Return one trace as a tensor (rounds, M)."""
        return torch.stack(self.traces[name])


def lopsided_game(
    mixture: PointMixture,
    networks: int,
    *,
    packing: int = 1,
    unrolled_steps: int = 0,
    batch_size: int = 100,
    discriminator_steps: int = 1,
    seed: int = 0,
) -> ManyGans:
    """Build small games that collapse: G has no batch norm, and D learns five times more slowly than G.

    Args:
        mixture: the real points. networks: games side by side, from different first weights.
        packing, unrolled_steps: the two cures of lesson 05. batch_size, discriminator_steps: for its fair controls.
        seed: of everything random.
    """
    random = torch.Generator().manual_seed(seed_number(seed))
    generators = PointGenerators(networks, 2, 64, 2, batch_norm=False, generator=random)
    discriminators = PointDiscriminators(networks, packing, 64, 2, 2, generator=random)
    settings = GameSettings(
        batch_size,
        discriminator_learning_rate=2e-4,
        discriminator_steps=discriminator_steps,
        unrolled_steps=unrolled_steps,
        seed=seed,
    )
    return ManyGans(generators, discriminators, mixture, settings)
