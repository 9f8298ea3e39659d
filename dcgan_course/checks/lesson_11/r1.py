"""Exercise 2 of lesson 11: the penalty R1, written by hand."""

import functools
from collections.abc import Callable

import torch
from torch import Tensor, nn

from dcgan_course.checks import bench
from dcgan_course.checks.engine import Mistake, answer, fail, judge
from dcgan_course.checks.registry import exercise

Penalty = Callable[[nn.Module, Tensor, float], Tensor]
ERROR_HINTS = {
    "grad can be implicitly created only for scalar outputs": "`autograd.grad` wants one number. Take the sum of D's "
    "answers: each answer depends on its own picture alone, so the gradient of the sum holds each picture's own.",
    "does not require grad": "D's answers know no way back to the pictures. Give D pictures that ask for a gradient: "
    "`real = real.clone().requires_grad_(True)`, before D sees them.",
    "appears to not have been used in the graph": "the gradient was asked for pictures that D has not seen. Give D "
    "the same tensor that you name in `autograd.grad`.",
}


def small_discriminator(seed: int) -> nn.Module:
    """Build a smooth D without batch norm for pictures (N, 1, 2, 2): (N,) logits."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        network = nn.Sequential(nn.Flatten(), nn.Linear(4, 5), nn.Tanh(), nn.Linear(5, 1), nn.Flatten(0))
        for parameter in network.parameters():
            nn.init.normal_(parameter)
    return network


def slopes(
    discriminator: nn.Module, images: Tensor, graph: bool = True, of: Callable[[Tensor], Tensor] = torch.sum
) -> Tensor:
    """Return the gradient of D at each picture, as rows (N, C·H·W)."""
    images = images.detach().clone().requires_grad_(True)
    (gradient,) = torch.autograd.grad(of(discriminator(images)), images, create_graph=graph)
    return gradient.flatten(1)


def outcome(function: Callable[..., object]) -> Callable[..., object]:
    """Return a function that gives [value, gradient (P,) for D's parameters] of a penalty, whose first argument is D.

    A value without a graph has the gradient 0; whatever is no single number is handed on as it is.
    """

    @functools.wraps(function)
    def judged(discriminator: nn.Module, *rest: object) -> object:
        value = function(discriminator, *rest)
        if not isinstance(value, Tensor) or value.numel() != 1:
            return value
        parameters = list(discriminator.parameters())
        if not value.requires_grad:
            return [float(value), torch.zeros(sum(parameter.numel() for parameter in parameters))]
        found = torch.autograd.grad(
            value.sum(), parameters, retain_graph=True, allow_unused=True, materialize_grads=True
        )
        return [float(value.detach()), bench.flat(found)]

    return judged


def _right(discriminator: nn.Module, real: Tensor, gamma: float) -> Tensor:
    return gamma / 2 * slopes(discriminator, real).square().sum(1).mean()


def _of_weights(discriminator: nn.Module, real: Tensor, gamma: float) -> Tensor:
    found = torch.autograd.grad(discriminator(real).sum(), list(discriminator.parameters()), create_graph=True)
    return gamma / 2 * torch.stack([gradient.square().sum() for gradient in found]).sum()


def _of_mean_weights(discriminator: nn.Module, real: Tensor, gamma: float) -> Tensor:
    return _of_weights(discriminator, real, gamma) / len(real) ** 2


WRONG: list[tuple[Penalty, str]] = [
    (
        lambda d, x, g: g / 2 * slopes(d, x, graph=False).square().sum(1).mean(),
        "the value is right, but it has no graph: D cannot learn from it. `autograd.grad` needs `create_graph=True`.",
    ),
    (
        lambda d, x, g: g * slopes(d, x).square().sum(1).mean(),
        "the ½ is missing: the penalty is γ/2 times the squared length.",
    ),
    (
        lambda d, x, g: g / 2 * slopes(d, x, of=torch.mean).square().sum(1).mean(),
        "you took the gradient of the *mean* answer. Each picture's gradient is then divided by N, and the penalty by "
        "N². Take the gradient of the sum, and the mean over the pictures at the end.",
    ),
    (
        lambda d, x, g: g / 2 * slopes(d, x).norm(dim=1).mean(),
        "the length is not squared. Squared, it needs no root, and its own gradient has no corner at 0.",
    ),
    (
        lambda d, x, g: g / 2 * slopes(d, x).square().mean(),
        "this is the mean over the pixels, too. A gradient's squared length is a sum over the pixels; only the "
        "pictures are averaged.",
    ),
    (
        lambda d, x, g: g / 2 * slopes(d, x).square().sum(),
        "the pictures are added up. Take their mean, else γ means something else for each batch size.",
    ),
    (
        lambda d, x, g: g / 2 * (slopes(d, x).norm(dim=1) - 1).square().mean(),
        "this pulls the slope towards 1, as WGAN-GP does. R1 pulls it towards 0: no −1.",
    ),
    (
        lambda d, x, g: g / 2 * slopes(lambda images: d(images).sigmoid(), x).square().sum(1).mean(),  # type: ignore[arg-type]
        "this is the slope of sigmoid(D), which is flat where D is sure. R1 takes the slope of the logit.",
    ),
    (
        _of_weights,
        "this is the gradient with respect to D's *weights*. R1 asks how steep D is in the *pictures*: "
        "`autograd.grad(…, real)`.",
    ),
    (
        _of_mean_weights,
        "this is the gradient with respect to D's *weights*. R1 asks how steep D is in the *pictures*: "
        "`autograd.grad(…, real)`.",
    ),
    (
        lambda d, x, g: g / 2 * slopes(d, x).norm(),
        "this is one length of the whole batch, and not squared. Each picture has its own gradient.",
    ),
    (lambda d, x, g: slopes(d, x).square().sum(1).mean() / 2, "γ is not in it."),
]


def no_number(exercise: str, value: object) -> None:
    """Refuse what is a batch of numbers where one is asked for."""
    if isinstance(value, Tensor) and value.numel() > 1:
        fail(
            exercise,
            f"your answer has the shape {tuple(value.shape)}, but the penalty is one number: the mean over the "
            "pictures.",
        )


@exercise("2 · the penalty R1", id="r1-penalty", points=3)
def r1_penalty(exercise: str, function: Penalty) -> None:
    """Check a learner's r1_penalty(discriminator, real, gamma) → γ/2 · mean ‖∇D(x)‖², with its graph."""
    random = torch.Generator().manual_seed(11)
    sizes = ((6, 1.0), (4, 0.1), (9, 10.0))
    cases = [
        (small_discriminator(seed), torch.randn(count, 1, 2, 2, generator=random), gamma)
        for seed, (count, gamma) in enumerate(sizes)
    ]
    guarded = bench.with_hints(function, ERROR_HINTS)
    no_number(exercise, answer(exercise, guarded, (small_discriminator(0), *cases[0][1:])))
    judge(
        exercise,
        outcome(guarded),
        cases,
        outcome(_right),
        [Mistake(outcome(wrong), hint) for wrong, hint in WRONG],
        "value and gradient are right for three D, so D really learns to be flat at the real pictures.",
    )
