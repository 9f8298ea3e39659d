"""The usual ways to break a GAN, each as one change to a game that works, on points in the plane.

They are the rows of lesson 05's table. `play(FAULTS[name])` builds the game; its traces show the symptom.
"""

from dataclasses import dataclass, replace

import torch
from torch import Tensor

from dcgan_course.errors import InvalidValue, seed_number
from dcgan_course.toy.mixtures import PointMixture, ring_of_8
from dcgan_course.toy.point_networks import PointDiscriminators, PointGenerators, start_small
from dcgan_course.toy.points import GameSettings, ManyGans
from dcgan_course.training.losses import minimax


@dataclass(frozen=True)
class Fault:
    """One thing that is wrong, and how to know it.

    name: short, for menus. change: what was done. symptom, cause, cure: a sentence each.
    settings: of the game. scale: the real points are multiplied by it, from their place on the ring.
    tanh, norm_eps, small_start: of the generators. discriminator_norm: batch norm in the discriminators.
    """

    name: str
    change: str
    symptom: str
    cause: str
    cure: str
    settings: GameSettings = GameSettings()
    scale: float = 1.0
    tanh: bool = False
    norm_eps: float = 1e-5
    small_start: bool = False
    discriminator_norm: bool = False


def _detached(fake_logits: Tensor) -> Tensor:
    """Cut the way back from the loss to the generator, as slip 3 of the sources does."""
    return torch.nn.functional.softplus(-fake_logits.detach()).mean().requires_grad_()


FAULTS = {
    fault.name: fault
    for fault in [
        Fault(
            name="nothing is wrong",
            change="The game as it should be.",
            symptom="D(real) and D(fake) stay near each other, and D's loss near guessing (1.39).",
            cause="Both networks learn at the same pace.",
            cure="None is needed.",
        ),
        Fault(
            name="D too strong",
            change="Five steps of D for each step of G, at three times G's learning rate.",
            symptom="D(real) and D(fake) move apart, D's loss falls, and G's loss and gradient grow.",
            cause="D wins before G can follow.",
            cure="Fewer steps or a lower learning rate for D.",
            settings=GameSettings(discriminator_steps=5, discriminator_learning_rate=3e-3),
        ),
        Fault(
            name="saturating loss",
            change="G's loss is log(1 − D(G(z))), and D is as strong as in the fault above.",
            symptom="G's loss is below 0 and creeps up to it; its gradient is shorter than the other loss would give.",
            cause="Where D is sure that a point is fake, this loss is flat.",
            cure="The non-saturating loss −log D(G(z)).",
            settings=GameSettings(discriminator_steps=5, discriminator_learning_rate=3e-3, generator_loss=minimax),
        ),
        Fault(
            name="learning rate too high",
            change="Both learning rates are 0.2 instead of 0.001.",
            symptom="All traces jump from round to round, and D's loss is at times far above guessing (1.39).",
            cause="Each step throws the networks past the place they should reach.",
            cure="Divide the learning rate by ten until the jumps end.",
            settings=GameSettings(generator_learning_rate=0.2, discriminator_learning_rate=0.2),
        ),
        Fault(
            name="real and fake in one batch norm",
            change="D has batch norm and sees real and fake points in one batch.",
            symptom="D's answer to fakes differs between its own step and G's step.",
            cause="D learns on batches of both kinds, and G asks with batches of fakes alone: "
            "other means, other answers.",
            cure="Show D real and fake in two batches, or take batch norm out of D.",
            settings=GameSettings(mixed_batch=True),
            discriminator_norm=True,
        ),
        Fault(
            name="data outside tanh",
            change="G ends in tanh, so it stays within ±1, but the real ring has radius 2.",
            symptom="D(fake) falls for good, and no sample is further out than 1.",
            cause="The generator cannot reach the data.",
            cure="Scale the data to the range of the last layer.",
            scale=2.0,
            tanh=True,
        ),
        Fault(
            name="batch norm with eps 0.8",
            change="Weights start at N(0, 0.02), and the 0.8 in BatchNorm(n, 0.8) is eps, not momentum.",
            symptom="The first samples are all one point: their spread is below 0.01.",
            cause="The variance of a layer is small beside 0.8, so nothing is scaled up to 1.",
            cure="Write the names: BatchNorm2d(n, momentum=0.8), or leave both at their defaults.",
            norm_eps=0.8,
            small_start=True,
        ),
        Fault(
            name="fake detached in G's step",
            change="The fakes are detached before D judges them for G.",
            symptom="The gradient of G is exactly 0, while G's loss looks like that of a strong D.",
            cause="Detach cuts the way from the loss back to G.",
            cure="Detach in D's step only.",
            settings=GameSettings(generator_loss=_detached),
        ),
    ]
}


def play(fault: Fault, networks: int = 1, seed: int = 0, mixture: PointMixture | None = None) -> ManyGans:
    """Build the game of a fault, with small networks: hidden layers 2×64, maxout of two pieces in D.

    Args:
        fault: one of FAULTS. networks: games side by side, from different first weights. seed: of everything random.
        mixture: the real points; None takes the ring of 8.

    Raises:
        InvalidValue: fault is not a Fault.
    """
    if not isinstance(fault, Fault):
        raise InvalidValue(f"fault is {fault!r}, but it must be one of FAULTS, for example FAULTS['D too strong'].")
    random = torch.Generator().manual_seed(seed_number(seed))
    generators = PointGenerators(networks, 2, 64, 2, norm_eps=fault.norm_eps, tanh=fault.tanh, generator=random)
    if fault.small_start:
        start_small(generators, random)
    discriminators = PointDiscriminators(networks, 1, 64, 2, 2, batch_norm=fault.discriminator_norm, generator=random)
    points = (mixture or ring_of_8()).moved(fault.scale, 0.0)
    return ManyGans(generators, discriminators, points, replace(fault.settings, seed=seed))
