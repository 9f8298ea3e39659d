"""Exercise 5 of lesson 11: both losses of relativistic pairing."""

import functools
from collections.abc import Callable

import torch
from torch import Tensor
from torch.nn.functional import softplus

from dcgan_course.checks import bench
from dcgan_course.checks.engine import Mistake, judge
from dcgan_course.checks.lesson_07.losses import ERROR_HINTS
from dcgan_course.checks.registry import exercise

Losses = Callable[[Tensor, Tensor], tuple[Tensor, Tensor]]


def _d(real: Tensor, fake: Tensor) -> Tensor:
    return softplus(fake - real).mean()


def _g(real: Tensor, fake: Tensor) -> Tensor:
    return softplus(real - fake).mean()


def _outcome(function: Callable[[Tensor, Tensor], object]) -> Callable[[Tensor, Tensor], object]:
    """Return both losses, and the gradients of both for the logits they may move; nothing stays nothing."""

    @functools.wraps(function)
    def judged(real_logits: Tensor, fake_logits: Tensor) -> object:
        real, fake = (logits.clone().requires_grad_(True) for logits in (real_logits, fake_logits))
        given = function(real, fake)
        if not isinstance(given, (tuple, list)) or len(given) != 2:
            return given
        if not all(isinstance(loss, Tensor) and loss.numel() == 1 for loss in given):
            return list(given)
        found: list[object] = [float(loss.detach()) for loss in given]
        for loss, moving in zip(given, ((real, fake), (fake,)), strict=True):
            if loss.requires_grad:
                found += torch.autograd.grad(
                    loss.sum(), moving, retain_graph=True, allow_unused=True, materialize_grads=True
                )
            else:
                found += [torch.zeros_like(logits) for logits in moving]
        return found

    return judged


STABLE = (
    "only the case with logits of ±200 differs. There a sigmoid is exactly 0 or 1 and its logarithm infinite: use "
    "`softplus` on the difference of the logits."
)
WRONG: list[tuple[Losses, str]] = [
    (
        lambda r, f: (_d(r, f), softplus(-f).mean()),
        "the real logits are missing in G's loss: it is the old non-saturating loss. In G's step D must be asked about "
        "real pictures, too.",
    ),
    (
        lambda r, f: (_d(r, f), _d(r, f)),
        "G has the same loss as D. What D wants to raise, real − fake, G wants to lower: turn the difference round.",
    ),
    (lambda r, f: (_d(r, f), -_d(r, f)), "this is −(D's loss): it vanishes when D wins, as the saturating loss does."),
    (lambda r, f: (_g(r, f), _d(r, f)), "the two are exchanged: D wants real − fake to be large."),
    (
        lambda r, f: (
            (softplus(f.mean() - r) + softplus(f - r.mean())).mean(),
            (softplus(r.mean() - f) + softplus(r - f.mean())).mean(),
        ),
        "each logit is compared with the *mean* of the others. That is the relativistic average GAN of the same paper; "
        "here each real picture is paired with one fake.",
    ),
    (
        lambda r, f: (softplus(f.mean() - r.mean()), softplus(r.mean() - f.mean())),
        "the mean came before the softplus. Compare pair by pair, then take the mean of the losses.",
    ),
    (
        lambda r, f: (softplus(f[None] - r[:, None]).mean(), softplus(r[None] - f[:, None]).mean()),
        "every real logit is compared with every fake one. Pair them: the first with the first, and so on.",
    ),
    (
        lambda r, f: (softplus(-(r.sigmoid() - f.sigmoid())).mean(), softplus(-(f.sigmoid() - r.sigmoid())).mean()),
        "the difference of two sigmoids lies between −1 and 1. Take the difference of the logits.",
    ),
    (
        lambda r, f: (softplus(-r).mean() + softplus(f).mean(), softplus(-f).mean()),
        "these are the losses without pairing: each logit is judged alone. Put the difference into one softplus.",
    ),
    (
        lambda r, f: (_d(r, f), softplus(r.detach() - f.detach()).mean()),
        "the values are right, but G's loss has no way back to the fake logits: G cannot learn.",
    ),
    (
        lambda r, f: (_d(r, f).detach(), _g(r, f).detach()),
        "the values are right, but they have no graph: return the tensors, without `.item()` and `.detach()`.",
    ),
    (
        lambda r, f: (_d(r, f.detach()), _g(r, f)),
        "D's loss has no way back to the fake logits. Detach the *pictures* in D's step, never D's answers.",
    ),
    (lambda r, f: (softplus(f - r).sum(), softplus(r - f).sum()), "the pairs are added up. Take their mean."),
]


@exercise("5 · real and fake in pairs", id="relativistic", points=2)
def relativistic_losses(exercise: str, function: Losses) -> None:
    """Check a learner's relativistic_losses(real_logits, fake_logits) → (D's loss, G's loss)."""
    cases = [
        (torch.tensor([2.0, -1.0, 0.5, 3.0]), torch.tensor([-2.0, 0.3, 1.0, -0.5])),
        (torch.tensor([-1.5, 1.0]), torch.tensor([0.2, -1.0])),
        (torch.tensor([0.7]), torch.tensor([0.1])),
        (torch.tensor([-200.0, 1.0]), torch.tensor([200.0, -1.0])),
    ]
    judge(
        exercise,
        _outcome(bench.with_hints(function, ERROR_HINTS)),
        cases,
        _outcome(lambda r, f: (_d(r, f), _g(r, f))),
        [Mistake(_outcome(wrong), hint) for wrong, hint in WRONG],
        "adding the same number to all logits changes nothing: only differences count.",
        alone={len(cases) - 1: STABLE},
    )
