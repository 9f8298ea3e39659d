"""Exercise 1c of lesson 07: the loss that an obsolete program prints, from today's logits."""

from collections.abc import Callable

import torch
from torch import Tensor
from torch.nn import functional as F

from dcgan_course.checks import bench
from dcgan_course.checks.engine import Mistake, answer, describe, fail, judge, same
from dcgan_course.checks.registry import exercise

ERROR_HINTS = bench.ERROR_HINTS | {
    "must be the same as input size": "PyTorch does not guess which label belongs to which answer. Labels made with "
    "`ones_like` and `zeros_like` have the shape of the answers.",
}


def _halves(real_logits: Tensor, fake_logits: Tensor, reduction: str = "mean") -> tuple[Tensor, Tensor]:
    bce = F.binary_cross_entropy_with_logits
    return (
        bce(real_logits, torch.ones_like(real_logits), reduction=reduction),
        bce(fake_logits, torch.zeros_like(fake_logits), reduction=reduction),
    )


def _right(real_logits: Tensor, fake_logits: Tensor) -> Tensor:
    real, fake = _halves(real_logits, fake_logits)
    return (real + fake) / 2


PRAISE = "both halves count the same, and D may be as sure as it likes."
VERY_SURE = (
    "only the case with logits of ±200 differs. There a sigmoid is exactly 0 or 1 in 32 bits, and exp(200) is "
    "infinite; a small number inside the logarithm or a clamp gives a finite loss, but a wrong one. Stay with the "
    "logits: take the loss `with_logits`, or softplus (lesson 04)."
)
NO_GRADIENT = {
    "real": "no gradient reaches the real logits: D learns from its answers to real pictures, too. Detach none.",
    "fake": "no gradient reaches the fake logits: detach the pictures for D's step, never D's answers.",
}
LOSS_MISTAKES = [
    Mistake(
        lambda r, f: 2 * _right(r, f),
        "this is the sum of both halves. The old program prints (real + fake) / 2, so that guessing gives log 2.",
    ),
    Mistake(
        lambda r, f: _right(f, r),
        "the labels are swapped: real pictures have label 1, fakes have label 0.",
    ),
    Mistake(
        lambda r, f: _right(r.sigmoid(), f.sigmoid()),
        "the sigmoid was taken twice: a loss `with_logits` takes the sigmoid itself. The old D ended in a sigmoid; "
        "today's does not.",
    ),
    Mistake(
        lambda r, f: sum(_halves(r, f, "sum")) / 2,
        "the losses of a batch were added up. Their mean is asked for, else the loss grows with the batch.",
    ),
    Mistake(
        lambda r, f: torch.cat([F.softplus(-r), F.softplus(f)]).mean(),
        "one mean over both batches: where they differ in size, the larger one counts more. Take two means.",
    ),
    Mistake(lambda r, f: _halves(r, f)[0], "only the real half is there."),
    Mistake(lambda r, f: _halves(r, f)[1], "only the fake half is there."),
    Mistake(lambda r, f: _halves(r, f)[0] / 2, "only the real half is there."),
    Mistake(lambda r, f: _halves(r, f)[1] / 2, "only the fake half is there."),
    Mistake(
        lambda r, f: (
            sum(F.binary_cross_entropy(x.sigmoid(), torch.full_like(x, y)) for x, y in ((r, 1.0), (f, 0.0))) / 2
        ),
        "a sigmoid, and then a logarithm: where D is very sure, PyTorch cuts the loss off at 100, and its slope is 0. "
        "Take the loss `with_logits`.",
    ),
]


def _compare_gradients(exercise: str, returned: Tensor, wanted: Tensor, logits: list[Tensor]) -> None:
    """Fail where a right value sends another gradient than the wanted one to the (real, fake) logits."""
    try:
        gradients = torch.autograd.grad(returned, logits, allow_unused=True)
    except RuntimeError:
        fail(exercise, "the graph of your loss is used up. Return the loss; `backward()` is the caller's.")
    right = torch.autograd.grad(wanted, logits)
    for name, gradient, want in zip(NO_GRADIENT, gradients, right, strict=True):
        if gradient is None or not gradient.any():
            fail(exercise, f"the value is right, but {NO_GRADIENT[name]}")
        if not same(gradient, want):
            fail(
                exercise,
                f"the value is right, but the gradient of the {name} logits is {describe(gradient)}; it should be "
                f"{describe(want)}.",
            )


@exercise("1c · the loss of D", id="loss-today", points=2)
def discriminator_loss(exercise: str, function: Callable[[Tensor, Tensor], Tensor]) -> None:
    """Check a learner's discriminator_loss(real_logits, fake_logits) → the mean of the two binary cross-entropies."""
    cases = [
        (torch.tensor([2.0, -1.0, 0.5, 3.0]), torch.tensor([-2.0, 0.3, 1.0, -0.5])),
        (torch.tensor([-1.5, 1.0]), torch.tensor([0.2, -1.0, 2.5])),
        (torch.tensor([0.7]), torch.tensor([0.1])),
        (torch.tensor([-200.0, 1.0]), torch.tensor([0.2, -1.0, 200.0])),
    ]
    guarded = bench.with_hints(function, ERROR_HINTS)
    for case in (cases[0], cases[-1]):
        _judge_graph(exercise, guarded, [logits.clone().requires_grad_(True) for logits in case])
    judge(exercise, guarded, cases, _right, LOSS_MISTAKES, PRAISE, alone={len(cases) - 1: VERY_SURE})


def _judge_graph(exercise: str, function: Callable[..., Tensor], asked: list[Tensor]) -> None:
    """Fail where a loss has no graph, or the right value and a wrong gradient. A wrong value is judged elsewhere."""
    returned = answer(exercise, function, asked)
    if returned is None:
        fail(exercise, "your function gave nothing back. Does it end with `return`?")
    if not isinstance(returned, Tensor) or not returned.requires_grad:
        fail(
            exercise,
            f"your function returned {describe(returned)}, which has no graph: no gradient can pass. Return the "
            "tensor, without `.item()` and without `.detach()`.",
        )
    wanted = _right(*asked)
    if same(returned, wanted):
        _compare_gradients(exercise, returned, wanted, asked)
