"""Exercise 7 of lesson 11: a discriminator that is told the label, by projection."""

from collections.abc import Callable

import torch
from torch import Tensor, nn

from dcgan_course.checks import bench
from dcgan_course.checks.engine import Mistake, judge
from dcgan_course.checks.registry import exercise

Logits = Callable[[Tensor, Tensor, nn.Linear, nn.Embedding], Tensor]
ERROR_HINTS = {
    "must match the size of tensor": "two tensors of different shapes were multiplied or added. `embedding(labels)` is "
    "(N, F), as the features are; `linear(features)` is (N, 1).",
    "cannot be multiplied": "⟨e, h⟩ is a product number by number and then a sum over F: no matrix product is needed.",
    "size mismatch": "⟨e, h⟩ is a product number by number and then a sum over F: no matrix product is needed.",
}


def _alone(h: Tensor, y: Tensor, linear: nn.Linear, e: nn.Embedding) -> Tensor:
    return linear(h).squeeze(1)


def _inner(h: Tensor, y: Tensor, linear: nn.Linear, e: nn.Embedding) -> Tensor:
    return (e(y) * h).sum(1)


WRONG: list[tuple[Logits, str]] = [
    (
        _alone,
        "the labels change nothing: D judges the picture alone. Then G may ignore its label as well, and no loss tells "
        "it.",
    ),
    (_inner, "only the label's part is there. Add what D says about the picture alone: linear(features)."),
    (
        lambda h, y, linear, e: linear(h) + _inner(h, y, linear, e),
        "the answer is a table (N, N): (N, 1) + (N,) spreads over both axes. Every picture is judged with every "
        "picture's label. Bring both parts to (N,) first: `squeeze(1)`.",
    ),
    (
        lambda h, y, linear, e: linear(h) + _inner(h, y, linear, e)[:, None],
        "the numbers are right, but the shape is (N, 1). D's answers are (N,), as everywhere in the course.",
    ),
    (
        lambda h, y, linear, e: _alone(h, y, linear, e) + (e(y) * h).sum(),
        "the sum went over the batch, too: every picture got the inner products of all. Sum over F alone, dim 1.",
    ),
    (
        lambda h, y, linear, e: _alone(h, y, linear, e) + (e(y) * h).mean(1),
        "this is the mean over F. An inner product is a sum.",
    ),
    (
        lambda h, y, linear, e: linear(h) + e(y) * h,
        "the products were not summed: an inner product is one number for each picture.",
    ),
    (
        lambda h, y, linear, e: _alone(h, y, linear, e) + e(y).sum(1),
        "the label's part does not depend on the picture: it only says which labels are frequent. Multiply with the "
        "features before the sum.",
    ),
    (
        lambda h, y, linear, e: _alone(e(y) * h, y, linear, e),
        "features and embedding were multiplied before `linear`. The two parts stand side by side: linear(h) + ⟨e, h⟩.",
    ),
    (
        lambda h, y, linear, e: _alone(e(y) + h, y, linear, e),
        "the embedding was added to the features, so that label and picture never meet in a product.",
    ),
    (
        lambda h, y, linear, e: linear(h) + h @ e.weight.T,
        "this is the answer for all K labels, (N, K). Take the one of each picture's own label.",
    ),
    (
        lambda h, y, linear, e: _alone(h, y, linear, e) + nn.functional.cosine_similarity(e(y), h),
        "this is the cosine: both lengths were divided out. The projection has plain inner products.",
    ),
    (
        lambda h, y, linear, e: (_alone(h, y, linear, e) + _inner(h, y, linear, e)).sigmoid(),
        "the sigmoid belongs to the loss. A logit leaves D as it is.",
    ),
]


@exercise("7 · a D that is told the label", id="projection", points=2)
def projection_logits(exercise: str, function: Logits) -> None:
    """Check a learner's projection_logits(features, labels, linear, embedding) → logits (N,)."""
    random = torch.Generator().manual_seed(7)
    cases = []
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(7)
        for count, width, classes in ((6, 4, 3), (3, 5, 10), (1, 4, 2)):
            labels = torch.randint(classes, (count,), generator=random)
            features = torch.randn(count, width, generator=random)
            cases.append((features, labels, nn.Linear(width, 1), nn.Embedding(classes, width)))
    judge(
        exercise,
        bench.with_hints(function, ERROR_HINTS),
        cases,
        lambda h, y, linear, e: _alone(h, y, linear, e) + _inner(h, y, linear, e),
        [Mistake(wrong, hint) for wrong, hint in WRONG],
        "the same picture gets another answer for each label, also in a batch of one.",
    )
