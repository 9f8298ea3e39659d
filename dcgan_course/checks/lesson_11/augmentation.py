"""Exercise 6 of lesson 11: augmentation in both steps, so that G does not learn to draw what augmentation does."""

import functools
from collections.abc import Callable

import torch
from torch import Tensor, nn

from dcgan_course.checks import bench
from dcgan_course.checks.engine import Mistake, judge
from dcgan_course.checks.registry import exercise
from dcgan_course.training.losses import discriminator_loss, non_saturating

Augment = Callable[[Tensor], Tensor]
Losses = Callable[[nn.Module, nn.Module, Tensor, Tensor, Augment], tuple[Tensor, Tensor]]


class _Shade(nn.Module):
    """An augmentation that a check can follow: paler and brighter, always in the same way."""

    def forward(self, images: Tensor) -> Tensor:
        return 0.5 * images + 0.4


def _losses(of_real: bool = True, of_fake: bool = True, for_g: bool = True, cut: bool = False) -> Losses:
    """Both losses, with the augmentation at the places that are named."""

    def losses(g: nn.Module, d: nn.Module, real: Tensor, z: Tensor, augment: Augment) -> tuple[Tensor, Tensor]:
        def maybe(images: Tensor, wanted: bool) -> Tensor:
            return augment(images) if wanted else images

        fake = g(z)
        d_loss = discriminator_loss(d(maybe(real, of_real)), d(maybe(fake.detach(), of_fake)))
        shown = maybe(fake, for_g)
        return d_loss, non_saturating(d(shown.detach() if cut else shown))

    return losses


def _on_logits(g: nn.Module, d: nn.Module, real: Tensor, z: Tensor, augment: Augment) -> tuple[Tensor, Tensor]:
    fake = g(z)
    return discriminator_loss(augment(d(real)), augment(d(fake.detach()))), non_saturating(augment(d(fake)))


def _outcome(function: Losses) -> Callable[..., object]:
    """Return D's loss and its gradient for D, G's loss and its gradient for G; nothing stays nothing."""

    @functools.wraps(function)
    def judged(generator: nn.Module, discriminator: nn.Module, real: Tensor, z: Tensor, augment: Augment) -> object:
        given = function(generator, discriminator, real, z, augment)
        if not isinstance(given, (tuple, list)) or len(given) != 2:
            return given
        found: list[object] = []
        for loss, network in zip(given, (discriminator, generator), strict=True):
            if not isinstance(loss, Tensor) or loss.numel() != 1:
                return list(given)
            parameters = list(network.parameters())
            gradient = torch.zeros(sum(parameter.numel() for parameter in parameters))
            if loss.requires_grad:
                gradient = bench.flat(
                    torch.autograd.grad(
                        loss.sum(), parameters, retain_graph=True, allow_unused=True, materialize_grads=True
                    )
                )
            found += [float(loss.detach()), gradient]
        return found

    return judged


ALL = _losses()
WRONG: list[tuple[Losses, str]] = [
    (
        _losses(of_fake=False, for_g=False),
        "only the real pictures are augmented. Then D learns that real pictures look augmented, and G learns to draw "
        "them so: shifted digits come out.",
    ),
    (
        _losses(for_g=False),
        "in G's step D is shown the plain fakes. D was trained on augmented ones: ask it about those, in both steps.",
    ),
    (
        _losses(of_real=False, of_fake=False),
        "in D's step nothing is augmented. D still sees the same few real pictures and can learn them by heart.",
    ),
    (
        _losses(of_real=False),
        "the real pictures are not augmented: D can tell real from fake by the augmentation alone.",
    ),
    (
        _losses(of_real=False, for_g=False),
        "only the fakes of D's step are augmented: D can tell real from fake by the augmentation alone.",
    ),
    (
        _losses(of_fake=False),
        "the fakes of D's step are not augmented: D can tell real from fake by the augmentation alone.",
    ),
    (_losses(of_real=False, of_fake=False, for_g=False), "`augment` is never called on a picture."),
    (_on_logits, "`augment` was given D's answers. It changes pictures: T first, then D."),
    (
        _losses(cut=True),
        "the values are right, but G's loss has no way back to G. The augmentation must stay in the graph: no detach "
        "and no `no_grad` around it in G's step.",
    ),
    (
        lambda g, d, real, z, augment: ALL(g, d, real, z, lambda images: augment(augment(images))),
        "pictures were augmented twice.",
    ),
    (
        lambda g, d, real, z, augment: ALL(g, d, real, z, augment)[::-1],
        "the order is turned: return (D's loss, G's loss).",
    ),
]


def _networks(seed: int) -> tuple[nn.Module, nn.Module]:
    """Build a small G and D for pictures (N, 1, 2, 2)."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        generator = nn.Sequential(nn.Linear(3, 4), nn.Tanh(), nn.Unflatten(1, (1, 2, 2)))
        return generator, nn.Sequential(
            nn.Flatten(), nn.Linear(4, 6), nn.LeakyReLU(0.2), nn.Linear(6, 1), nn.Flatten(0)
        )


@exercise("6 · augmentation in both steps", id="augmented-losses", points=2)
def augmented_losses(exercise: str, function: Losses) -> None:
    """Check a learner's augmented_losses(generator, discriminator, real, z, augment) → (D's loss, G's loss)."""
    random = torch.Generator().manual_seed(6)
    cases = [
        (
            *_networks(seed),
            torch.rand(5, 1, 2, 2, generator=random) * 2 - 1,
            torch.randn(5, 3, generator=random),
            _Shade(),
        )
        for seed in range(2)
    ]
    judge(
        exercise,
        _outcome(bench.with_hints(function)),
        cases,
        _outcome(ALL),
        [Mistake(_outcome(wrong), hint) for wrong, hint in WRONG],
        "D sees augmented pictures only, real and fake, in both steps, and G learns through them.",
    )
