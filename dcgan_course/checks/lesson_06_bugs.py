"""The checks of exercises 5 and 6 of lesson 06: one answer a picture, and comments that do not lie."""

import torch
from torch import nn

from dcgan_course.arithmetic import conv_output_size
from dcgan_course.checks.engine import Mistake, answer, fail, judge, passed

SIDE, COUNT = 34, 6
UNREACHED = 4  # rows and columns at the edge of the picture that only the seventh row and column of the last maps see


def one_answer(function):
    """Check a learner's fixed_discriminator(): one logit a picture of 34×34, and no pixel is blind."""
    exercise = "one-answer"
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        network = answer(exercise, function, ())
        if not isinstance(network, nn.Module):
            fail(exercise, f"your function gave back {type(network).__name__}, not a network. Return nn.Sequential(…).")
        images = torch.randn(COUNT, 1, SIDE, SIDE, requires_grad=True)
        logits = answer(exercise, network.train(), (images,))
        _check_shape(exercise, logits)
        _check_one_picture(exercise, network.eval(), images[:1].detach())
        seen = network(images)  # in train mode batch norm lets every pixel reach every answer
        (slopes,) = torch.autograd.grad(seen.square().sum(), images)
        _check_convolutions(exercise, network)
        _check_pixels(exercise, network, slopes.abs().sum(dim=(0, 1)))
        with torch.no_grad():
            large = torch.cat([network(100 * torch.randn_like(images) * scale) for scale in (1, 100)])
            convolutions = [module for module in network.modules() if isinstance(module, nn.Conv2d)]
            convolutions[-1].weight.mul_(1000)
            large = torch.cat([large, network(images)])
        if float(large.min()) >= 0 and float(large.max()) <= 1:
            fail(exercise, "the answers stay between 0 and 1: leave the sigmoid out, the loss puts it in.")
    passed(exercise, f"one logit for each of {COUNT} pictures, and all {SIDE * SIDE:,} pixels can change it.")


def _check_shape(exercise: str, logits):
    shape = tuple(logits.shape) if isinstance(logits, torch.Tensor) else type(logits).__name__
    if shape == (COUNT,):
        return
    hints = {
        (COUNT, 4): "34 → 16 → 7 → 2: the last window still stands at two places in each direction.",
        (4 * COUNT,): "there are four answers a picture, now in one long row. 34 → 16 → 7 → 2: make the last map 1×1.",
        (COUNT, 1): "one answer a picture, but in a table with one column: end with nn.Flatten(0).",
        (COUNT, 1, 1, 1): "one answer a picture, but as maps of 1×1: end with nn.Flatten(0).",
        (COUNT, 1, 2, 2): "34 → 16 → 7 → 2: the last window still stands at two places in each direction.",
    }
    hint = f"\n  Hint: {hints[shape]}" if shape in hints else ""
    fail(exercise, f"{COUNT} pictures got answers of shape {shape}, but it should be ({COUNT},).{hint}")


def _check_one_picture(exercise: str, network: nn.Module, image: torch.Tensor):
    """A batch of one must keep its axis: squeeze() drops it."""
    single = answer(exercise, network, (image,))
    if tuple(single.shape) != (1,):
        fail(
            exercise,
            f"a batch of one picture got an answer of shape {tuple(single.shape)}, but it should be (1,).\n"
            "  Hint: squeeze() removes every axis of length 1, the batch's too; nn.Flatten(0) keeps one.",
        )


def _check_convolutions(exercise: str, network: nn.Module):
    found = [
        (module.in_channels, module.out_channels, module.kernel_size[0], module.stride[0], module.padding)
        for module in network.modules()
        if isinstance(module, nn.Conv2d)
    ]
    if found[:2] != [(1, 16, 4, 2, (0, 0)), (16, 32, 4, 2, (0, 0))]:
        fail(exercise, "the first two convolutions should stay: Conv2d(1, 16, 4, 2) and Conv2d(16, 32, 4, 2).")


def _check_pixels(exercise: str, network: nn.Module, slopes: torch.Tensor):
    blind = slopes == 0
    if not blind.any():
        return
    columns = int(blind.all(dim=0).sum())
    where = f", among them {columns} whole columns" if columns else ""
    edge = torch.ones_like(blind)
    edge[:-UNREACHED, :-UNREACHED] = False
    hint = ""
    last = [module for module in network.modules() if isinstance(module, nn.Conv2d)][-1]
    if bool(blind[edge].all()) and (last.kernel_size, last.stride) == ((4, 4), (2, 2)):
        hint = (
            "\n  Hint: whoever drops, crops or averages answers does not see the seventh row and column "
            "of the last maps: with kernel 4 and stride 2 no window reaches them."
        )
    fail(exercise, f"{int(blind.sum())} of {SIDE * SIDE:,} pixels cannot change the answer{where}.{hint}")


def _write(shapes) -> list[str]:
    return ["×".join(str(number) for number in shape) for shape in shapes]


def _ladder(side, layers, size):
    """Return (maps, side, side) after each layer; `size` computes one side from (side, k, s, p)."""
    shapes = []
    for maps, kernel, stride, padding in layers:
        side = size(side, kernel, stride, padding)
        shapes.append((maps, side, side))
    return shapes


def _right(side, layers):
    return _write(_ladder(side, layers, conv_output_size))


def _mistake(size):
    return lambda side, layers: _write(_ladder(side, layers, size))


MISTAKES = [
    Mistake(_mistake(lambda i, k, s, p: (i - k) // s + 1), "the padding is missing: it widens the input on two sides."),
    Mistake(_mistake(lambda i, k, s, p: (i + p - k) // s + 1), "the padding is on both sides: 2 · padding."),
    Mistake(_mistake(lambda i, k, s, p: (i + 2 * p - k) // s), "the + 1 is missing: the first window counts too."),
    Mistake(
        _mistake(lambda i, k, s, p: i // s), "not every layer divides by its stride: kernel and padding count too."
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


def true_comments(function):
    """Check a learner's true_comments(side, layers)."""
    post = [(64, 4, 2, 1), (128, 4, 2, 1), (256, 4, 2, 1), (512, 4, 2, 1), (1, 4, 1, 0)]
    odd = [(16, 5, 3, 1), (8, 3, 2, 0), (4, 2, 1, 2)]
    cases = [(64, post), (28, [(16, 4, 2, 0), (32, 4, 2, 0), (1, 4, 2, 0)]), (33, odd), (96, post[:3])]
    cases.append((15, [(8, 4, 2, 0)]))  # 11/2 = 5.5: round() gives 6, not 5
    judge(
        "true-comments",
        function,
        cases,
        _right,
        MISTAKES,
        "every comment is right for five networks, also where a size does not divide.",
    )
