"""Exercises 5 and 6 of lesson 06: one answer a picture, and comments that do not lie."""

from collections.abc import Callable, Sequence

import torch
from torch import Tensor, nn

from dcgan_course.checks.engine import Mistake, fail, judge, passed
from dcgan_course.checks.networks import Call, asked, built, check_one_picture, not_logits, noted
from dcgan_course.checks.registry import exercise
from dcgan_course.convolution.arithmetic import conv_output_size

Layer = tuple[int, int, int, int]  # maps, kernel, stride, padding
Size = Callable[..., float]  # one side after a layer, from (side, kernel, stride, padding)
SIDE, COUNT = 34, 6
FACTOR = 1000.0  # by which the last layer is made larger, and turned round: logits follow, what was bent does not


@exercise("5 · four answers for each picture", id="one-answer", points=3)
def one_answer(exercise: str, function: Callable[[], nn.Module]) -> None:
    """Check a learner's fixed_discriminator(): one logit a picture of 34×34, and no pixel is blind."""
    torch.manual_seed(0)
    network = built(exercise, function, ())
    images = torch.randn(COUNT, 1, SIDE, SIDE, requires_grad=True)
    logits = asked(exercise, network.train(), images)
    _check_shape(exercise, logits)
    check_one_picture(exercise, network, images[:1].detach())
    network.eval()  # in train mode batch norm lets every pixel reach every answer
    with noted(network, (nn.Conv2d, nn.Linear)) as notes:
        seen = network(images)
    (slopes,) = torch.autograd.grad(seen.square().sum(), images)
    _check_convolutions(exercise, network)
    blind = slopes[:, 0] == 0
    whole_pictures = blind.flatten(1).all(dim=1)
    if whole_pictures.any():  # a ReLU at the end makes them blind: that is no matter of pixels
        _check_logits(exercise, network, images, notes[-1].module)
    _check_pixels(exercise, blind, notes)
    _check_logits(exercise, network, images, notes[-1].module)
    passed(exercise, f"one logit for each of {COUNT} pictures, and all {SIDE * SIDE:,} pixels can change it.")


@torch.no_grad()
def _check_logits(exercise: str, network: nn.Module, images: Tensor, last: nn.Module) -> None:
    """The answers must follow the last layer's numbers in a straight line, as a logit does."""
    own = [parameter.clone() for parameter in last.parameters(recurse=False)]
    answers = []
    for factor in (0.0, FACTOR, -FACTOR, 1.0):
        for parameter, value in zip(last.parameters(recurse=False), own, strict=True):
            parameter.copy_(factor * value)
        answers.append(network(images))
    zero, once = answers[0], answers[-1]
    got = torch.cat(answers[1:3])
    want = torch.cat([zero + FACTOR * (once - zero), zero - FACTOR * (once - zero)])
    if not torch.allclose(got, want, rtol=1e-3, atol=1e-3 * float(want.abs().max())):
        fail(exercise, not_logits(got))


def _check_shape(exercise: str, logits: Tensor) -> None:
    shape = tuple(logits.shape)
    if shape == (COUNT,):
        return
    hints: dict[tuple[int, ...], str] = {
        (COUNT, 4): "34 → 16 → 7 → 2: the last window still stands at two places in each direction.",
        (4 * COUNT,): "there are four answers a picture, now in one long row. 34 → 16 → 7 → 2: make the last map 1×1.",
        (COUNT, 1): "one answer a picture, but in a table with one column: end with nn.Flatten(0).",
        (COUNT, 1, 1, 1): "one answer a picture, but as maps of 1×1: end with nn.Flatten(0).",
        (COUNT, 1, 2, 2): "34 → 16 → 7 → 2: the last window still stands at two places in each direction.",
    }
    hint = f"\n  Hint: {hints[shape]}" if shape in hints else ""
    fail(exercise, f"{COUNT} pictures got answers of shape {shape}, but it should be ({COUNT},).{hint}")


def _check_convolutions(exercise: str, network: nn.Module) -> None:
    found = [
        (module.in_channels, module.out_channels, module.kernel_size[0], module.stride[0], module.padding)
        for module in network.modules()
        if isinstance(module, nn.Conv2d)
    ]
    if found[:2] != [(1, 16, 4, 2, (0, 0)), (16, 32, 4, 2, (0, 0))]:
        fail(exercise, "the first two convolutions should stay: Conv2d(1, 16, 4, 2) and Conv2d(16, 32, 4, 2).")


def _check_pixels(exercise: str, blind: Tensor, notes: list[Call]) -> None:
    """Judge `blind` (pictures, rows, columns), True where a pixel cannot change its own picture's answer."""
    if not blind.any():
        return
    always = blind.all(dim=0)
    if not torch.equal(always.expand_as(blind), blind):
        fail(
            exercise,
            f"in one picture {int(blind.sum(dim=(1, 2)).max())} of {SIDE * SIDE:,} pixels cannot change the answer; "
            "in another they are others.\n"
            "  Hint: a maximum over places hears the winning place alone. Let one kernel see all places.",
        )
    columns = int(always.all(dim=0).sum())
    where = f", among them {columns} whole columns" if columns else ""
    convolutions = [(call.module, call) for call in notes if isinstance(call.module, nn.Conv2d)]
    unseen = [_unseen(number, *each) for number, each in enumerate(convolutions, start=1)]
    parts = ", ".join(part for part in unseen if part)
    hint = f"\n  Hint: a window that does not fit as a whole is not there: {parts}." if parts else ""
    fail(exercise, f"{int(always.sum())} of {SIDE * SIDE:,} pixels cannot change the answer{where}.{hint}")


def _unseen(number: int, convolution: nn.Conv2d, call: Call) -> str:
    """Say how many rows of its input a convolution's windows reach, if not all."""
    rows, kernel, stride = call.given.shape[-2], convolution.kernel_size[0], convolution.stride[0]
    padding = 0 if isinstance(convolution.padding, str) else convolution.padding[0]
    reached = (call.left.shape[-2] - 1) * stride + convolution.dilation[0] * (kernel - 1) + 1 - padding
    return f"convolution {number} reaches {reached} of {rows} rows" if reached < rows else ""


def _write(shapes: Sequence[tuple[float, ...]]) -> list[str]:
    return ["×".join(str(number) for number in shape) for shape in shapes]


def _ladder(side: float, layers: list[Layer], size: Size) -> list[tuple[float, ...]]:
    """Return (maps, side, side) after each layer; `size` computes one side from (side, k, s, p)."""
    shapes: list[tuple[float, ...]] = []
    for maps, kernel, stride, padding in layers:
        side = size(side, kernel, stride, padding)
        shapes.append((maps, side, side))
    return shapes


def _right(side: int, layers: list[Layer]) -> list[str]:
    return _write(_ladder(side, layers, conv_output_size))


def _mistake(size: Size) -> Callable[[int, list[Layer]], list[str]]:
    return lambda side, layers: _write(_ladder(side, layers, size))


MISTAKES = [
    Mistake(_mistake(lambda i, k, s, p: (i - k) // s + 1), "the padding is missing: it widens the input on two sides."),
    Mistake(_mistake(lambda i, k, s, p: (i + p - k) // s + 1), "the padding is on both sides: 2 · padding."),
    Mistake(_mistake(lambda i, k, s, p: (i + 2 * p - k) // s), "the + 1 is missing: the first window counts too."),
    Mistake(
        _mistake(lambda i, k, s, p: i // s), "not every layer divides by its stride: kernel and padding count too."
    ),
    Mistake(_mistake(lambda i, k, s, p: i // 2), "not every layer halves: kernel, stride and padding decide."),
    Mistake(_mistake(lambda i, k, s, p: i / 2), "not every layer halves: kernel, stride and padding decide."),
    Mistake(
        _mistake(lambda i, k, s, p: (i + 2 * p - k) / s + 1),
        "a side is a whole number: divide with //, which rounds down. / gives a fraction, 32.0.",
    ),
    Mistake(
        _mistake(lambda i, k, s, p: -(-(i + 2 * p - k) // s) + 1),
        "round down: a window that does not fit as a whole is not there.",
    ),
    Mistake(
        _mistake(lambda i, k, s, p: round((i + 2 * p - k) / s) + 1),
        "round down with //; round() goes to the nearest number, and from .5 to the even one.",
    ),
    Mistake(
        _mistake(lambda i, k, s, p: (i - 1) * s - 2 * p + k),
        "that is the size of a transposed convolution. These layers make maps smaller.",
    ),
    Mistake(
        lambda side, layers: _write(
            [(maps, *[conv_output_size(side, kernel, stride, padding)] * 2) for maps, kernel, stride, padding in layers]
        ),
        "each block starts from the output of the block before, not from the picture.",
    ),
    Mistake(
        lambda side, layers: _write([(h, w, c) for c, h, w in _ladder(side, layers, conv_output_size)]),
        "PyTorch's order is maps, height, width.",
    ),
    Mistake(
        lambda side, layers: [text.replace("×", "x") for text in _right(side, layers)],
        'the numbers are right; write them with ×, as in "64×32×32".',
    ),
    Mistake(
        lambda side, layers: _ladder(side, layers, conv_output_size),
        'the numbers are right; give them back as texts, as in "64×32×32".',
    ),
    Mistake(
        lambda side, layers: [f"1×{side}×{side}", *_right(side, layers)][:-1],
        "these are the shapes that go into the blocks; the comments say what leaves them.",
    ),
]


@exercise("6 · a comment that lies", id="true-comments", points=2)
def true_comments(exercise: str, function: Callable[[int, list[Layer]], list[str]]) -> None:
    """Check a learner's true_comments(side, layers)."""
    post = [(64, 4, 2, 1), (128, 4, 2, 1), (256, 4, 2, 1), (512, 4, 2, 1), (1, 4, 1, 0)]
    odd = [(16, 5, 3, 1), (8, 3, 2, 0), (4, 2, 1, 2)]
    cases = [(64, post), (28, [(16, 4, 2, 0), (32, 4, 2, 0), (1, 4, 2, 0)]), (33, odd), (96, post[:3])]
    cases.append((15, [(8, 4, 2, 0)]))  # 11/2 = 5.5: round() gives 6, not 5
    judge(
        exercise,
        function,
        cases,
        _right,
        MISTAKES,
        "every comment is right for five networks, also where a size does not divide.",
    )
