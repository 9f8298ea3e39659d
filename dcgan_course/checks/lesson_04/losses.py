"""Exercise 1 of lesson 04: three losses of logits."""

from collections.abc import Callable, Sequence

import torch
from torch import Tensor
from torch.nn.functional import binary_cross_entropy, softplus

from dcgan_course.checks.bench import with_hints
from dcgan_course.checks.engine import Mistake, answer, fail, judge, same
from dcgan_course.checks.registry import exercise
from dcgan_course.training import losses


def _logits() -> list[tuple[Tensor, Tensor]]:
    """Cases of (real_logits, fake_logits): guessing, moderate, of two sizes, and as sure as ±200."""
    return [
        (torch.zeros(2), torch.zeros(2)),
        (torch.tensor([0.5, -1.0, 2.0]), torch.tensor([-0.3, 1.2, -2.5])),
        (torch.tensor([-1.0, 0.2]), torch.tensor([0.4, 1.0, -3.0, 0.1])),
        (torch.tensor([200.0, 200.0]), torch.tensor([-200.0, -200.0])),
        (torch.tensor([-200.0, 1.0]), torch.tensor([200.0, 1.0])),
    ]


INFINITE = (
    "for large logits the sigmoid is exactly 0 or 1 in 32 bits, and log(0) is −∞; and exp(200) is infinite already. "
    "Stay with the logits: −log sigmoid(a) = softplus(−a), and 1 − sigmoid(a) = sigmoid(−a)."
)
CLAMPED = (
    "binary_cross_entropy cuts every logarithm off at −100: finite, but wrong for surer answers, and flat there. "
    "Its sister binary_cross_entropy_with_logits takes the logits themselves."
)
SMALL_NUMBER = (
    "a small number inside the logarithm avoids −∞ but makes the loss wrong, and its gradient zero, where the "
    "discriminator is sure. Write it with softplus; then nothing has to be added."
)
NO_GRAPH = "the number is right, but a Python number has no graph: training needs a tensor. Leave `.item()` out."
HALVED = (
    "this is half of what was asked. Some programs average the real and the fake part; equation 1 adds the two, "
    "so that guessing costs 2 log 2 ≈ 1.386."
)


TWO_MEANS = (
    "Equation 1 has two means: one over the real pictures, one over the fakes. Take the mean of each batch alone, then "
    "add the two numbers."
)
SIZE_HINTS = {
    "must match the size of tensor": "the two batches have different sizes here, so a real picture has no fake as its "
    f"partner. {TWO_MEANS}"
}


def _naive(sign: int, logits: Tensor, small: float = 0.0) -> Tensor:
    """−mean log D for sign 1, −mean log(1 − D) for sign −1, as learners write it."""
    probability = logits.sigmoid() if sign == 1 else 1 - logits.sigmoid()
    return -torch.log(probability + small).mean()


def _cut_off(label: float, logits: Tensor) -> Tensor:
    return binary_cross_entropy(logits.sigmoid(), torch.full_like(logits, label))


SMALL_NUMBERS = (1e-12, 1e-10, 1e-8, 1e-7, 1e-6, 1e-5)


@exercise("1a · the discriminator's loss", id="discriminator-loss", points=1)
def discriminator_loss(exercise: str, function: Callable[[Tensor, Tensor], Tensor]) -> None:
    """Check −mean log D(x) − mean log(1 − D(G(z))) from logits."""
    right = losses.discriminator_loss
    mistakes = [
        Mistake(lambda r, f: right(r, f).item(), NO_GRAPH),
        Mistake(lambda r, f: right(r, f) / 2, HALVED),
        Mistake(lambda r, f: -right(r, f), "the sign is turned round. This is V(D, G); a loss to make smaller is −V."),
        Mistake(lambda r, f: right(f, r), "real and fake are swapped: this D learns to call real pictures fake."),
        Mistake(
            lambda r, f: softplus(-r).sum() + softplus(f).sum(),
            "this is the sum over the batch. With the mean, a batch of 200 and a batch of 20 make steps of one size.",
        ),
        Mistake(
            lambda r, f: torch.cat([softplus(-r), softplus(f)]).mean(),
            f"this is one mean over both batches laid together. {TWO_MEANS}",
        ),
        Mistake(
            lambda r, f: 2 * torch.cat([softplus(-r), softplus(f)]).mean(),
            "this is twice the mean over both batches laid together. It is right only where the two batches have one "
            f"size; otherwise the larger batch counts more. {TWO_MEANS}",
        ),
        *(
            Mistake(
                lambda r, f, which=which: (softplus(-r).sum() + softplus(f).sum()) / len((r, f)[which]),
                f"both sums are divided by the number of {name}. It is right only where the two batches have one "
                f"size. {TWO_MEANS}",
            )
            for which, name in enumerate(("real pictures", "fakes"))
        ),
        Mistake(lambda r, f: softplus(-r).mean(), "only the real half. What should D say to a fake?"),
        Mistake(lambda r, f: softplus(f).mean(), "only the fake half. What should D say to a real picture?"),
        Mistake(
            lambda r, f: softplus(-r).mean() + softplus(-f).mean(),
            "both halves have the label 1. For a fake, equation 1 has log(1 − D(G(z))).",
        ),
        Mistake(
            lambda r, f: right(r.sigmoid(), f.sigmoid()),
            "the sigmoid was taken twice: the functions that take logits have it inside already.",
        ),
        Mistake(lambda r, f: _naive(1, r) + _naive(-1, f), INFINITE),
        Mistake(lambda r, f: _cut_off(1.0, r) + _cut_off(0.0, f), CLAMPED),
        *(
            Mistake(lambda r, f, small=small: _naive(1, r, small) + _naive(-1, f, small), SMALL_NUMBER)
            for small in SMALL_NUMBERS
        ),
    ]
    praise = "right from guessing (1.386) up to logits of ±200, where log(sigmoid) is already infinite."
    _judge_loss(exercise, with_hints(function, SIZE_HINTS), _logits(), right, mistakes, praise)


@exercise("1b · the non-saturating loss", id="non-saturating", points=1)
def non_saturating(exercise: str, function: Callable[[Tensor], Tensor]) -> None:
    """Check −mean log D(G(z)) from logits."""
    right = losses.non_saturating
    mistakes = [
        *_generator_mistakes(right),
        Mistake(losses.minimax, "this is the minimax loss, log(1 − D(G(z))). Asked is −log D(G(z)): label 1."),
        Mistake(
            lambda f: -losses.minimax(f),
            "this is −log(1 − D(G(z))): it is small when D calls the fake a fake. Your generator would help D.",
        ),
        Mistake(lambda f: _naive(1, f), INFINITE),
        Mistake(lambda f: _cut_off(1.0, f), CLAMPED),
        *(Mistake(lambda f, small=small: _naive(1, f, small), SMALL_NUMBER) for small in SMALL_NUMBERS),
    ]
    praise = "right; for a fake that D is sure about (logit −200) it is 200, and its gradient is still −1."
    _judge_loss(exercise, function, [(f,) for _, f in _logits()], right, mistakes, praise)


@exercise("1c · the minimax loss", id="minimax", points=1)
def minimax(exercise: str, function: Callable[[Tensor], Tensor]) -> None:
    """Check mean log(1 − D(G(z))) from logits."""
    right = losses.minimax
    mistakes = [
        *_generator_mistakes(right),
        Mistake(losses.non_saturating, "this is the non-saturating loss, −log D(G(z)). Asked is log(1 − D(G(z)))."),
        Mistake(lambda f: -losses.non_saturating(f), "this is log D(G(z)). Asked is log(1 − D(G(z)))."),
        Mistake(lambda f: -_naive(-1, f), INFINITE),
        Mistake(lambda f: -_cut_off(0.0, f), CLAMPED),
        *(Mistake(lambda f, small=small: -_naive(-1, f, small), SMALL_NUMBER) for small in SMALL_NUMBERS),
    ]
    praise = "right; for a fake that D is sure about (logit −200) it is 0, and so is its gradient: it saturates."
    _judge_loss(exercise, function, [(f,) for _, f in _logits()], right, mistakes, praise)


def _generator_mistakes(right: Callable[[Tensor], Tensor]) -> list[Mistake]:
    return [
        Mistake(lambda f: right(f).item(), NO_GRAPH),
        Mistake(lambda f: -right(f), "the sign is turned round: making this smaller makes the fakes worse."),
        Mistake(lambda f: right(f) * len(f), "this is the sum over the batch. Asked is the mean."),
        Mistake(lambda f: right(f.sigmoid()), "the sigmoid was taken twice: what takes logits has it inside."),
        Mistake(lambda f: right(f) / 2, "this is half of what was asked: one batch, one mean, no half."),
        Mistake(
            lambda f: right(f.mean()),
            "you took the mean of the logits first. The loss bends: the loss of a mean is not the mean of the losses.",
        ),
    ]


def _judge_loss(
    exercise: str,
    function: Callable[..., Tensor],
    cases: Sequence[tuple[Tensor, ...]],
    right: Callable[..., Tensor],
    mistakes: Sequence[Mistake],
    praise: str,
) -> None:
    """Judge a loss by its values, then see that gradients pass through it."""
    moderate = answer(exercise, function, cases[1])
    if isinstance(moderate, Tensor) and bool(moderate.isnan().any()):
        fail(
            exercise,
            "the answer is nan for moderate logits. A logit is any number, also a negative one; its logarithm is "
            "not defined. D(x) is sigmoid(logit).",
        )
    for case in cases:
        leaves = [logits.clone().requires_grad_() for logits in case]
        loss = answer(exercise, function, leaves)
        if not same(loss, right(*leaves)):
            break
        if not loss.requires_grad:
            fail(exercise, "the values are right, but no gradient can pass. Leave `detach`, `no_grad` and `.data` out.")
        if not all(bool(gradient.isfinite().all()) for gradient in torch.autograd.grad(loss, leaves)):
            fail(exercise, "the values are right, but a gradient is nan at ±200: the branch not taken still overflows.")
    judge(exercise, function, cases, right, mistakes, praise)
