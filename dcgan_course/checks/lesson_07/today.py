"""The checks of exercise 1 of lesson 07: an obsolete program in today's PyTorch."""

import copy
from collections.abc import Callable

import torch
from torch import Tensor
from torch.nn import functional as F

from dcgan_course.checks import bench
from dcgan_course.checks.engine import Mistake, answer, describe, fail, judge, same

# Exercise 1a: prepare(picture, image_size)


def _picture(width: int, height: int, seed: int):
    """Draw a smooth colour picture, so that two ways of resizing it agree."""
    from PIL import Image

    corners = torch.rand(1, 3, 3, 3, generator=torch.Generator().manual_seed(seed)) * 255
    smooth = F.interpolate(corners, (height, width), mode="bilinear", align_corners=True)[0]
    return Image.fromarray(smooth.round().to(torch.uint8).permute(1, 2, 0).numpy())


HALVES = (0.5,) * 3
IMAGENET = ((0.485, 0.456, 0.406), (0.229, 0.224, 0.225))


def _prepared(picture, image_size, *, scale=(HALVES, HALVES), crop=True, squash=False) -> Tensor:
    """Prepare a picture as asked, or with one thing left out or done otherwise; scale: (mean, spread), or None."""
    from torchvision import transforms

    steps = [transforms.Resize((image_size, image_size) if squash else image_size)]
    steps += [transforms.CenterCrop(image_size)] if crop else []
    steps += [transforms.ToTensor()]
    steps += [transforms.Normalize(*scale)] if scale else []
    return transforms.Compose(steps)(picture)


def _only_cropped(picture, image_size) -> Tensor:
    from torchvision import transforms

    return transforms.Normalize(0.5, 0.5)(transforms.ToTensor()(transforms.CenterCrop(image_size)(picture)))


PREPARE_MISTAKES = [
    Mistake(
        lambda picture, size: _prepared(picture, size, scale=None),
        "these pixels go from 0 to 1. The generator's tanh gives −1 to 1, so D would know the fakes by their range: "
        "take off 0.5 and divide by 0.5.",
    ),
    Mistake(
        lambda picture, size: _prepared(picture, size, squash=True),
        "the whole picture was pressed into a square. A pair (size, size) sets both sides; one number sets the "
        "shorter side and keeps the shape. Cut out the middle afterwards.",
    ),
    Mistake(
        lambda picture, size: _prepared(picture, size, crop=False),
        "one number for `Resize` sets the shorter side only, as `Scale` did. Cut out the middle afterwards: "
        "`CenterCrop`.",
    ),
    Mistake(_only_cropped, "the middle was cut out of the large picture: resize first, then cut."),
    Mistake(
        lambda picture, size: _prepared(picture, size).permute(1, 2, 0),
        "the colours are the last dimension here. Networks want (3, H, W).",
    ),
    Mistake(
        lambda picture, size: _prepared(picture, size, scale=None) * 255,
        "these pixels go from 0 to 255. `ToTensor` divides by 255; then 0 to 1 becomes −1 to 1.",
    ),
    Mistake(
        lambda picture, size: _prepared(picture, size) / 127.5 - 1,
        "the pixels were brought to [−1, 1] twice: nearly all are close to −1 now. Divide by 127.5 or use "
        "`ToTensor` with `Normalize`, not both.",
    ),
    Mistake(
        lambda picture, size: _prepared(picture, size, scale=IMAGENET),
        "these are the mean and the spread of ImageNet, which classifiers want. The generator's tanh gives −1 to 1: "
        "take off 0.5 and divide by 0.5.",
    ),
    Mistake(
        lambda picture, size: _prepared(picture, size, scale=(HALVES, (1.0,) * 3)),
        "these pixels go from −0.5 to 0.5: 0.5 was taken off, and nothing was divided. Divide by 0.5.",
    ),
]


def prepare(function: Callable) -> None:
    """Check exercise 1a: `function(picture, image_size)` → (3, image_size, image_size) in [−1, 1]."""
    exercise = "1a · a picture for the networks"
    cases = [(_picture(48, 32, 1), 16), (_picture(40, 64, 2), 20), (_picture(36, 36, 3), 36)]
    for case in cases:
        returned = answer(exercise, function, copy.deepcopy(case))
        if returned is not None and not isinstance(returned, Tensor):
            fail(exercise, f"your function returned {type(returned).__name__}, but a tensor is asked for.")
        if isinstance(returned, Tensor) and returned.shape[0] == 1 and returned.dim() == 4:
            fail(exercise, "a batch of one picture came back. One picture is (3, H, W); the batch is made later.")
        if isinstance(returned, Tensor) and not returned.is_floating_point():
            fail(
                exercise,
                f"these pixels are whole numbers ({returned.dtype}). Networks compute with fractions: `ToTensor` "
                "divides by 255; then 0 to 1 becomes −1 to 1.",
            )
    judge(
        exercise,
        function,
        cases,
        _prepared,
        PREPARE_MISTAKES,
        praise="resized by the shorter side, the middle cut out, (3, H, W) in [−1, 1].",
        tolerance=0.025,
    )


# Exercise 1b: labels_like(answers, value)

LABEL_MISTAKES = [
    Mistake(
        lambda answers, value: torch.full((len(answers), 1), value),
        "these labels are (N, 1) and the answers are (N,). Today's losses refuse the pair; a loss written by hand "
        "makes an N×N table of it.",
    ),
    Mistake(
        lambda answers, value: torch.ones_like(answers),
        "every label is 1 here. `value` says which label is wanted.",
    ),
    Mistake(
        lambda answers, value: torch.zeros_like(answers),
        "every label is 0 here. `value` says which label is wanted.",
    ),
    Mistake(
        lambda answers, value: torch.full((len(answers),), int(value)),
        "these labels are whole numbers. A loss computes with them, so they need the type of the answers.",
    ),
    Mistake(
        lambda answers, value: torch.tensor(value),
        "a single number came back. One label for each answer is asked for.",
    ),
]


def labels_like(function: Callable) -> None:
    """Check exercise 1b: `function(answers, value)` → labels of the answers' shape, type and device, without graph."""
    exercise = "1b · labels"
    noise = torch.Generator().manual_seed(1)
    sizes = ((4, 1.0), (3, 0.0), (1, 1.0))
    answers = [(torch.rand(size, generator=noise, requires_grad=True), value) for size, value in sizes]
    before = [case[0].detach().clone() for case in answers]
    for (given, value), old in zip(answers, before, strict=True):
        labels = answer(exercise, function, (given, value))
        if not torch.equal(given.detach(), old):
            fail(exercise, "your function wrote the labels over the answers. Make a new tensor.")
        if isinstance(labels, Tensor) and labels.requires_grad:
            fail(
                exercise,
                "your labels carry a gradient: they were computed from the answers, or asked for one. Labels are "
                "data. `torch.full_like` makes them without a graph.",
            )
    without_graph = [(given.detach(), value) for given, value in answers]
    for dtype in (torch.float32, torch.float64):
        labels = answer(exercise, function, (torch.zeros(2, dtype=dtype), 1.0))
        if isinstance(labels, Tensor) and labels.shape == (2,) and labels.is_floating_point():
            if labels.dtype != dtype:
                fail(
                    exercise,
                    f"the answers are {dtype} and your labels are {labels.dtype}. `full_like` takes the type from "
                    "the answers.",
                )
    elsewhere = torch.empty(2, device="meta")  # stands for a graphics card; it holds shapes, and no numbers
    labels = answer(exercise, function, (elsewhere, 1.0))
    right_kind = isinstance(labels, Tensor) and labels.shape == (2,) and labels.is_floating_point()
    if right_kind and labels.device != elsewhere.device:
        fail(
            exercise,
            f"the answers are on another device ({elsewhere.device}) and your labels on {labels.device}. "
            "`torch.cuda.FloatTensor` named one kind of device, too. `full_like` takes the device from the answers.",
        )
    judge(
        exercise,
        function,
        without_graph,
        lambda given, value: torch.full_like(given, value),
        LABEL_MISTAKES,
        praise="shape, type and device come from the answers: the same line runs on every machine.",
    )


# Exercise 1c: discriminator_loss(real_logits, fake_logits)

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


def _cut_off(fake_logits: Tensor) -> Tensor:
    return F.binary_cross_entropy(fake_logits.sigmoid(), torch.zeros_like(fake_logits))


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
        lambda r, f: sum(_halves(r, f)),
        "this is the sum of both halves. The old program prints (real + fake) / 2, so that guessing gives log 2.",
    ),
    Mistake(
        lambda r, f: sum(_halves(f, r)) / 2,
        "the labels are swapped: real pictures have label 1, fakes have label 0.",
    ),
    Mistake(
        lambda r, f: sum(_halves(r.sigmoid(), f.sigmoid())) / 2,
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


def discriminator_loss(function: Callable) -> None:
    """Check exercise 1c: `function(real_logits, fake_logits)` → (real + fake) / 2 of the binary cross-entropies."""
    exercise = "1c · the loss of D"
    cases = [
        (torch.tensor([2.0, -1.0, 0.5, 3.0]), torch.tensor([-2.0, 0.3, 1.0, -0.5])),
        (torch.tensor([-1.5, 1.0]), torch.tensor([0.2, -1.0, 2.5])),
        (torch.tensor([0.7]), torch.tensor([0.1])),
        (torch.tensor([-200.0, 1.0]), torch.tensor([0.2, -1.0, 200.0])),
    ]
    guarded = bench.with_hints(function, ERROR_HINTS)
    for case in (cases[0], cases[-1]):
        _judge_graph(exercise, guarded, [logits.clone().requires_grad_(True) for logits in case])
    right = lambda r, f: sum(_halves(r, f)) / 2
    judge(exercise, guarded, cases, right, LOSS_MISTAKES, PRAISE, alone={len(cases) - 1: VERY_SURE})


def _judge_graph(exercise: str, function: Callable, asked: list[Tensor]) -> None:
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
    wanted = sum(_halves(*asked)) / 2
    if same(returned, wanted):
        _compare_gradients(exercise, returned, wanted, asked)
