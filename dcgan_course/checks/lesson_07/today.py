"""Exercises 1a and 1b of lesson 07: a picture and labels of an obsolete program, in today's PyTorch."""

import copy
from collections.abc import Callable

import torch
from PIL import Image
from torch import Tensor
from torch.nn import functional as F

from dcgan_course.checks.engine import Mistake, answer, fail, judge
from dcgan_course.checks.registry import exercise

# Exercise 1a: prepare(picture, image_size)


def _picture(width: int, height: int, seed: int) -> Image.Image:
    """Draw a smooth colour picture, so that two ways of resizing it agree."""
    corners = torch.rand(1, 3, 3, 3, generator=torch.Generator().manual_seed(seed)) * 255
    smooth = F.interpolate(corners, (height, width), mode="bilinear", align_corners=True)[0]
    return Image.fromarray(smooth.round().to(torch.uint8).permute(1, 2, 0).numpy())


Scale = tuple[tuple[float, float, float], tuple[float, float, float]]  # mean and spread of the three colours
HALVES = (0.5, 0.5, 0.5)
IMAGENET = ((0.485, 0.456, 0.406), (0.229, 0.224, 0.225))


def _prepared(
    picture: Image.Image,
    image_size: int,
    *,
    scale: Scale | None = (HALVES, HALVES),
    crop: bool = True,
    squash: bool = False,
) -> Tensor:
    """Prepare a picture as asked, or with one thing left out or done otherwise."""
    from torchvision import transforms

    steps = [transforms.Resize((image_size, image_size) if squash else image_size)]
    steps += [transforms.CenterCrop(image_size)] if crop else []
    steps += [transforms.ToTensor()]
    steps += [transforms.Normalize(*scale)] if scale else []
    return transforms.Compose(steps)(picture)


def _only_cropped(picture: Image.Image, image_size: int) -> Tensor:
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
        lambda picture, size: _prepared(picture, size, scale=(HALVES, (1.0, 1.0, 1.0))),
        "these pixels go from −0.5 to 0.5: 0.5 was taken off, and nothing was divided. Divide by 0.5.",
    ),
]


@exercise("1a · a picture for the networks", id="prepare", points=2)
def prepare(exercise: str, function: Callable[[Image.Image, int], Tensor]) -> None:
    """Check a learner's prepare(picture, image_size) → (3, image_size, image_size) in [−1, 1]."""
    cases = [(_picture(48, 32, 1), 16), (_picture(40, 64, 2), 20), (_picture(36, 36, 3), 36)]
    for case in cases:
        returned = answer(exercise, function, copy.deepcopy(case))
        if returned is not None and not isinstance(returned, Tensor):
            fail(exercise, f"your function returned {type(returned).__name__}, but a tensor is asked for.")
        if isinstance(returned, Tensor) and returned.dim() == 4 and len(returned) == 1:
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


@exercise("1b · labels", id="labels-like", points=2)
def labels_like(exercise: str, function: Callable[[Tensor, float], Tensor]) -> None:
    """Check a learner's labels_like(answers, value) → labels of the answers' shape, type and device, without graph."""
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
