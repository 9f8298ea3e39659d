"""Exercise 8 of lesson 11: the deviation of a batch as one more map for D."""

import functools
import warnings
from collections.abc import Callable

import torch
from torch import Tensor

from dcgan_course.checks import bench
from dcgan_course.checks.engine import Mistake, answer, fail, judge
from dcgan_course.checks.registry import exercise

Maps = Callable[[Tensor], Tensor]
ERROR_HINTS = {
    "Sizes of tensors must match": "the new map must have the shape (N, 1, H, W) to stand behind the others: "
    "`number.expand(len(maps), 1, *maps.shape[2:])`.",
    "zero-dimensional tensor": "one number cannot stand behind maps. Give it the shape (N, 1, H, W) first: `.expand`.",
    "must have same number of dimensions": "the new map must have four axes: (N, 1, H, W).",
}

SAMPLE = "the deviation was divided by N − 1. For a batch of one that is 0 / 0 = nan. Divide by N: `correction=0`."


def _with(maps: Tensor, value: Tensor) -> Tensor:
    """Put a number, or one a picture (N, 1, 1, 1), behind the maps."""
    return torch.cat([maps, value.expand(len(maps), 1, *maps.shape[2:])], dim=1)


def _over_batch(maps: Tensor) -> Tensor:
    return maps.std(dim=0, correction=0)


def _right(maps: Tensor) -> Tensor:
    return _with(maps, _over_batch(maps).mean())


WRONG: list[tuple[Maps, str]] = [
    (lambda x: _with(x, x.std(dim=0).mean() if len(x) > 1 else x.new_zeros(())), SAMPLE),
    (
        lambda x: _with(x, x.std(dim=(2, 3), correction=0).mean(1)[:, None, None, None]),
        "this is the deviation over the *pixels* of each picture. It says how rough a picture is, not whether the "
        "pictures of the batch differ. Take it over the batch, dim 0.",
    ),
    (
        lambda x: _with(x, x.std(dim=(2, 3), correction=0).mean()),
        "this is the deviation over the *pixels*. Equal pictures would get a large number. Take it over the batch, "
        "dim 0.",
    ),
    (
        lambda x: _with(x, x.std(dim=1, correction=0).mean()),
        "this is the deviation over the *channels*. Take it over the batch, dim 0.",
    ),
    (
        lambda x: _with(x, x.std(correction=0)),
        "this is one deviation over everything. Rough pictures that are all equal would get a large number. First over "
        "the batch, for each channel and pixel; then the mean.",
    ),
    (
        lambda x: _with(x, x.var(dim=0, correction=0).mean()),
        "this is the mean variance. The root is missing: take it for each channel and pixel, before the mean.",
    ),
    (
        lambda x: _with(x, x.var(dim=0, correction=0).mean().sqrt()),
        "the root came after the mean. Take the deviation of each channel and pixel, then their mean.",
    ),
    (
        lambda x: torch.cat([x, _over_batch(x).expand_as(x)], dim=1),
        "you added as many maps as there were. The mean over channels and pixels makes one number of them, and one "
        "map.",
    ),
    (
        lambda x: torch.cat([x, _over_batch(x).mean(0).expand(len(x), 1, *x.shape[2:])], dim=1),
        "the mean went over the channels alone. Take it over the pixels, too: one number for the whole batch.",
    ),
    (lambda x: torch.cat([_right(x)[:, -1:], x], dim=1), "the new map stands first. Put it behind the others."),
    (
        lambda x: _right(x)[:, -1:],
        "only the new map came back. The old ones must stay: `torch.cat([maps, new], dim=1)`.",
    ),
    (lambda x: _over_batch(x).mean(), "this is the number alone. Write it into one more map behind the others."),
    (lambda x: _with(x, x.mean(dim=0).mean()), "this is the mean, not the deviation."),
]


def _without_warnings(function: Maps) -> Maps:
    """Return the function without PyTorch's word about 0 / 0: the check has its own."""

    @functools.wraps(function)
    def quiet(maps: Tensor) -> Tensor:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return function(maps)

    return quiet


@exercise("8 · the deviation of a batch", id="batch-deviation", points=2)
def add_deviation(exercise: str, function: Maps) -> None:
    """Check a learner's add_deviation(maps): (N, C, H, W) → (N, C + 1, H, W)."""
    random = torch.Generator().manual_seed(8)
    varied = torch.randn(5, 3, 4, 4, generator=random) * torch.rand(1, 3, 4, 4, generator=random)
    cases = [(varied,), (varied[:1].repeat(4, 1, 1, 1),), (torch.randn(2, 1, 3, 5, generator=random),), (varied[:1],)]
    guarded = _without_warnings(bench.with_hints(function, ERROR_HINTS))
    asked = varied.clone().requires_grad_(True)
    made = answer(exercise, guarded, (asked,))
    if isinstance(made, Tensor) and made.dim() == 4 and made.shape[1] == 4:
        gradient = torch.zeros_like(asked)
        if made.requires_grad:
            (gradient,) = torch.autograd.grad(made[:, -1].sum(), asked, allow_unused=True, materialize_grads=True)
        if not gradient.any():
            fail(
                exercise,
                "the new map has no way back to the maps. In G's step this way is what tells G to make pictures that "
                "differ: no `.item()`, no `.detach()`.",
            )
    single = answer(exercise, guarded, (varied[:1],))
    if isinstance(single, Tensor) and single.isnan().any():
        fail(exercise, f"for a batch of one picture your answer holds nan.\n  Hint: {SAMPLE}")
    judge(
        exercise,
        guarded,
        cases,
        _right,
        [Mistake(wrong, hint) for wrong, hint in WRONG],
        "0 for a batch of equal pictures, and for a batch of one.",
        tolerance=1e-3,
    )
