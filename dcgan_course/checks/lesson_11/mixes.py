"""Exercise 3 of lesson 11: the gradient penalty of WGAN-GP. Its check watches where D was asked."""

from collections.abc import Callable

import torch
from torch import Tensor, nn

from dcgan_course.checks import bench
from dcgan_course.checks.engine import answer, describe, fail, passed, same
from dcgan_course.checks.lesson_11.r1 import ERROR_HINTS, no_number, outcome, slopes, small_discriminator
from dcgan_course.checks.registry import exercise

Penalty = Callable[[nn.Module, Tensor, Tensor], Tensor]
COUNT = 24
HINTS = ERROR_HINTS | {
    "must match the size of tensor": "ε must spread over channels and pixels: give it the shape (N, 1, 1, 1).",
}


class _Watched(nn.Module):
    """A discriminator that keeps what it was shown."""

    def __init__(self, seed: int) -> None:
        super().__init__()
        self.network, self.shown = small_discriminator(seed), list[Tensor]()

    def forward(self, images: Tensor) -> Tensor:
        self.shown.append(images.detach().clone())
        return self.network(images)


def _pictures() -> tuple[Tensor, Tensor]:
    """Real pictures and fakes (N, 1, 2, 2) that differ by more than 1 in every pixel; the fakes have a graph."""
    random = torch.Generator().manual_seed(3)
    real = 1 + torch.rand(COUNT, 1, 2, 2, generator=random)
    fake = -1 - torch.rand(COUNT, 1, 2, 2, generator=random)
    return real, fake.requires_grad_(True)


def _judge_place(exercise: str, mix: Tensor, real: Tensor, fake: Tensor) -> None:
    """Refuse mixes that do not lie on the lines between a real picture and its fake, each at its own place."""
    if mix.shape != real.shape:
        fail(
            exercise,
            f"D was shown pictures of shape {tuple(mix.shape)}, but a mix has the shape of the batch, "
            f"{tuple(real.shape)}.\n  Hint: ε of shape (N, 1, 1, 1) gives each picture one number, and it spreads over "
            "channels and pixels.",
        )
    share = ((mix - fake) / (real - fake)).flatten(1)
    if same(share, torch.ones_like(share)) or same(share, torch.zeros_like(share)):
        which = "real pictures" if share.mean() > 0.5 else "fakes"
        fail(exercise, f"D was asked at the {which} alone. The penalty is taken at mixes: ε · real + (1 − ε) · fake.")
    if float((share - share[:, :1]).abs().max()) > 1e-3:
        inside = bool((share > -1e-3).all() and (share < 1 + 1e-3).all())
        fail(
            exercise,
            "the pixels of one picture were mixed by different shares."
            + (
                "\n  Hint: then the mix is off the line between the two pictures. Draw one ε for each picture: "
                "`torch.rand(len(real), 1, 1, 1)`."
                if inside
                else "\n  Hint: is it ε · real + (1 − ε) · fake, both with the same ε?"
            ),
        )
    share = share[:, 0]
    if float(share.max() - share.min()) < 1e-3:
        fail(
            exercise,
            f"all {COUNT} pictures were mixed at ε = {float(share[0]):.2f}.\n  Hint: one ε for the whole batch tests D "
            "at one distance a step. Each picture gets its own: `torch.rand(len(real), 1, 1, 1)`.",
        )
    if float(share.min()) < -1e-3 or float(share.max()) > 1 + 1e-3:
        fail(
            exercise,
            f"ε goes from {float(share.min()):.2f} to {float(share.max()):.2f}.\n  Hint: outside 0 … 1 a mix lies "
            "beyond the two pictures. Use `torch.rand`, not `torch.randn`.",
        )


def _right(discriminator: nn.Module, mix: Tensor) -> Tensor:
    return (slopes(discriminator, mix).norm(dim=1) - 1).square().mean()


WRONG: list[tuple[Callable[[nn.Module, Tensor], Tensor], str]] = [
    (
        lambda d, mix: (slopes(d, mix, graph=False).norm(dim=1) - 1).square().mean(),
        "the value is right, but it has no graph: D cannot learn from it. `autograd.grad` needs `create_graph=True`.",
    ),
    (
        lambda d, mix: (slopes(d, mix).square().sum(1) - 1).square().mean(),
        "the squared length was compared with 1. Take the length itself, then subtract 1, then square.",
    ),
    (
        lambda d, mix: (slopes(d, mix).view_as(mix).norm(dim=1) - 1).square().mean(),
        "the length was taken over the channels alone, for each pixel. Flatten first: one length for each picture.",
    ),
    (
        lambda d, mix: (slopes(d, mix).norm() - 1).square(),
        "this is one length of the whole batch. Each picture has its own gradient: `flatten(1).norm(dim=1)`.",
    ),
    (
        lambda d, mix: (slopes(d, mix) - 1).square().mean(),
        "1 was subtracted from every pixel's slope. It is the *length* of a picture's gradient that should be 1.",
    ),
    (
        lambda d, mix: slopes(d, mix).square().sum(1).mean(),
        "this pulls the slope towards 0, as R1 does. WGAN-GP asks for the slope 1: subtract it before you square.",
    ),
    (
        lambda d, mix: (slopes(d, mix, of=torch.mean).norm(dim=1) - 1).square().mean(),
        "you took the gradient of the *mean* answer: each length is divided by N. Take the gradient of the sum.",
    ),
    (
        lambda d, mix: (slopes(d, mix).norm(dim=1) - 1).clamp(min=0).square().mean(),
        "this is the one-sided penalty: slopes below 1 cost nothing. The exercise asks for both sides.",
    ),
    (
        lambda d, mix: (slopes(d, mix).norm(dim=1) - 1).abs().mean(),
        "the distance from 1 is not squared.",
    ),
    (
        lambda d, mix: (slopes(d, mix).norm(dim=1) - 1).square().sum(),
        "the pictures are added up. Take their mean.",
    ),
    (
        lambda d, mix: (slopes(d, mix).norm(dim=1).mean() - 1).square(),
        "the mean came too early: slopes of ½ and 1½ would count as perfect. First (length − 1)², then the mean.",
    ),
]


@exercise("3 · the gradient penalty", id="gradient-penalty", points=3)
def gradient_penalty(exercise: str, function: Penalty) -> None:
    """Check a learner's gradient_penalty(discriminator, real, fake) → mean (‖∇D(mix)‖ − 1)², with its graph."""
    guarded = bench.with_hints(function, HINTS)
    places: list[Tensor] = []
    for seed in (0, 1):
        discriminator = _Watched(seed)
        real, fake = _pictures()
        value = answer(exercise, guarded, (discriminator, real, fake))
        if value is None:
            fail(exercise, "your function gave nothing back. Does it end with `return`?")
        no_number(exercise, value)
        if not discriminator.shown:
            fail(exercise, f"your function gave {describe(value)} without asking D at any mix.")
        if len(discriminator.shown) != 1:
            fail(exercise, f"D was asked {len(discriminator.shown)} times. Ask it once, at the mixes.")
        mix = discriminator.shown[0]
        _judge_place(exercise, mix, real, fake.detach())
        _judge_value(exercise, discriminator, value, mix)
        reached = torch.autograd.grad(value, fake, allow_unused=True)[0]
        if reached is not None:
            fail(
                exercise,
                "the penalty has a way back to G. It belongs to D's step alone: mix with `fake.detach()`, and detach "
                "the mix before it asks for its gradient.",
            )
        places.append(mix)
    if torch.equal(places[0], places[1]):
        fail(exercise, "two calls took the same ε. Draw new ones each time.")
    passed(exercise, f"{COUNT} pictures, each at its own place between real and fake, and D learns from the length.")


def _judge_value(exercise: str, discriminator: _Watched, value: object, mix: Tensor) -> None:
    """Refuse a wrong value or gradient at the mixes where the learner's function asked."""
    got = outcome(lambda network: value)(discriminator)
    want = outcome(_right)(discriminator.network, mix)
    if same(got, want):
        return
    for wrong, hint in WRONG:
        if same(got, outcome(wrong)(discriminator.network, mix)):
            fail(exercise, hint)
    shown = describe(value.detach() if isinstance(value, Tensor) else value)
    fail(exercise, f"at your mixes the penalty is {describe(want[0])}, but you returned {shown}.")  # type: ignore[index]
