"""DCGAN's own code on digits, in three short functions: one round of the game, D, and the optimisers.

They are written to be changed: lesson 11 shows each fix as edits of this text, and the changed functions run.
`training.loop` holds the same two steps for real trainings; a test holds both equal.
"""

from collections.abc import Callable

import torch
from torch import Tensor, nn
from torch.nn.functional import softplus
from torch.optim import Adam

from dcgan_course.models.protocols import Network

Move = Callable[[Tensor], None]  # clears the gradients, computes them for a loss, and makes one optimiser step


def play_round(
    generator: Network,
    discriminator: Network,
    move_g: Move,
    move_d: Move,
    real: Tensor,
    z_for_d: Tensor,
    z_for_g: Tensor,
) -> None:
    """Play one round: D's step, then G's. real: (N, 1, 28, 28) in [−1, 1]. z_for_d, z_for_g: (N, latent_dim)."""
    fake = generator(z_for_d).detach()
    real_logits, fake_logits = discriminator(real), discriminator(fake)
    d_loss = softplus(-real_logits).mean() + softplus(fake_logits).mean()
    move_d(d_loss)

    fake_logits = discriminator(generator(z_for_g))
    g_loss = softplus(-fake_logits).mean()
    move_g(g_loss)


def make_discriminator(width: int) -> nn.Sequential:
    """Build D for digits: pictures (N, 1, 28, 28) to logits (N,)."""
    return nn.Sequential(
        nn.Conv2d(1, width, 4, 2, 1, bias=False),
        nn.LeakyReLU(0.2),
        nn.Conv2d(width, 2 * width, 4, 2, 1, bias=False),
        nn.BatchNorm2d(2 * width),
        nn.LeakyReLU(0.2),
        nn.Conv2d(2 * width, 1, 7, bias=False),
        nn.Flatten(0),
    )


def make_optimizers(generator: nn.Module, discriminator: nn.Module) -> tuple[Adam, Adam]:
    """Build Adam for both networks: (G's, D's)."""
    adam_g = Adam(generator.parameters(), lr=0.001, betas=(0.5, 0.999))
    adam_d = Adam(discriminator.parameters(), lr=0.001, betas=(0.5, 0.999))
    return adam_g, adam_d


def mover(optimizer: torch.optim.Optimizer) -> Move:
    """Return what moves a network once: clear the gradients, compute them for a loss, step."""

    def move(loss: Tensor) -> None:
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()

    return move
