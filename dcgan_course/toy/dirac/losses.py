"""The losses of the fixes as pairs, each of the logits of reals and of fakes: what D minimises, what G minimises."""

from collections.abc import Callable
from typing import TypeAlias

from torch import Tensor
from torch.nn.functional import relu, softplus

from dcgan_course.training.losses import discriminator_loss, minimax, non_saturating

Loss: TypeAlias = Callable[[Tensor, Tensor], Tensor]  # (real_logits, fake_logits) → a number

LOSSES: dict[str, tuple[Loss, Loss]] = {
    "minimax": (discriminator_loss, lambda real, fake: minimax(fake)),
    "non_saturating": (discriminator_loss, lambda real, fake: non_saturating(fake)),
    "least_squares": (
        lambda real, fake: ((real - 1).square().mean() + fake.square().mean()) / 2,  # Mao 2017
        lambda real, fake: (fake - 1).square().mean() / 2,
    ),
    "wasserstein": (lambda real, fake: fake.mean() - real.mean(), lambda real, fake: -fake.mean()),
    "hinge": (lambda real, fake: relu(1 - real).mean() + relu(1 + fake).mean(), lambda real, fake: -fake.mean()),
    "relativistic": (
        lambda real, fake: softplus(fake - real).mean(),
        lambda real, fake: softplus(real - fake).mean(),
    ),
}
