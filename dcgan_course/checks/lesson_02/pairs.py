"""Exercises 10 to 13 of lesson 02: uneven overlap, the way back, several channels, and what makes two layers a pair."""

import functools
from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor

from dcgan_course.checks.engine import Mistake, answer, describe, fail, judge, passed
from dcgan_course.checks.registry import exercise
from dcgan_course.convolution.arithmetic import conv_output_size, conv_transpose_output_size

Layer = Callable[[Tensor], Tensor]


def _stamps_on_a_line(kernel_size: int, stride: int) -> list[int]:
    """How many stamps reach each square of one stride in the middle of a line, counted on a real layer."""
    inputs = 2 * kernel_size + 2
    ones = torch.ones(1, 1, inputs, dtype=torch.float64)
    counts = F.conv_transpose1d(ones, torch.ones(1, 1, kernel_size, dtype=torch.float64), stride=stride)[0, 0]
    first = (inputs // 2) * stride
    return [int(count) for count in counts[first : first + stride]]


@exercise("10 · uneven overlap", id="overlap", points=2)
def overlap(exercise: str, function: Callable[[int, int], list[int]]) -> None:
    """Check how many stamps reach each square, along one side, for a kernel size and a stride."""

    @functools.wraps(function)
    def listed(kernel_size: int, stride: int) -> list[int] | None:
        given = function(kernel_size, stride)
        return None if given is None else sorted(int(number) for number in given)

    def wanted(kernel_size: int, stride: int) -> list[int]:
        return sorted(_stamps_on_a_line(kernel_size, stride))

    judge(
        exercise,
        listed,
        [(3, 2), (4, 2), (5, 2), (5, 3), (2, 3), (6, 3)],
        wanted,
        [
            Mistake(
                lambda k, s: [k // s] * s,
                "you divided and threw the rest away. Where the stride does not divide k, some squares get one more.",
            ),
            Mistake(
                lambda k, s: [-(-k // s)] * s,
                "you rounded up for all squares. Only k % s of the s squares get the one more.",
            ),
            Mistake(
                lambda k, s: sorted(a * b for a in _stamps_on_a_line(k, s) for b in _stamps_on_a_line(k, s)),
                "these are the squares of a tile, in two directions. Along one side there are s numbers.",
            ),
            Mistake(
                lambda k, s: sorted({*_stamps_on_a_line(k, s)}),
                "each number stands once. Give one number for each of the s squares, also when two are equal.",
            ),
            Mistake(
                lambda k, s: sorted([k // s + 1] * (s - k % s) + [k // s] * (k % s)),
                "the two groups are exchanged: k % s squares get ⌊k/s⌋ + 1, the others ⌊k/s⌋.",
            ),
            Mistake(
                lambda k, s: [k - s + 1] * s,
                "k − s is by how much two NEIGHBOURING stamps overlap. Ask one square: how many stamps reach it?",
            ),
            Mistake(
                lambda k, s: [k] * s, "k stamps reach a square only with stride 1: with stride s, every s-th starts."
            ),
            Mistake(lambda k, s: [s] * s, "the stride says how far apart stamps are, not how many reach a square."),
        ],
        "5 with stride 2 gives 2 and 3 along a side, so 4, 6 and 9 in a picture.",
    )


@exercise("11 · the way back", id="way-back", points=2)
def way_back(exercise: str, function: Callable[[int, int, int, int], int]) -> None:
    """Check the output_padding with which a transposed convolution gives a convolution's input size back."""

    def wanted(size: int, kernel_size: int, stride: int, padding: int) -> int:
        down = conv_output_size(size, kernel_size, stride, padding)
        return size - conv_transpose_output_size(down, kernel_size, stride, padding)

    judge(
        exercise,
        function,
        [(5, 3, 2, 1), (6, 3, 2, 1), (17, 3, 3, 0), (32, 4, 2, 1), (28, 5, 3, 2), (31, 5, 4, 0), (9, 3, 1, 0)],
        wanted,
        [
            Mistake(
                lambda i, k, s, p: i % s,
                "you took the input size modulo the stride. What is left over is of the PADDED row, after the first "
                "window: i + 2p − k.",
            ),
            Mistake(lambda i, k, s, p: (i + 2 * p) % s, "the first window takes k squares: (i + 2p − k) modulo s."),
            Mistake(lambda i, k, s, p: (i - k) % s, "the padding is missing: the row has i + 2p squares."),
            Mistake(lambda i, k, s, p: (i + p - k) % s, "the row is padded at BOTH ends: i + 2p squares."),
            Mistake(lambda i, k, s, p: 0, "0 is right only where nothing is left over."),
            Mistake(lambda i, k, s, p: s - 1, "s − 1 is the largest that PyTorch allows. Compute what is left over."),
            Mistake(lambda i, k, s, p: int(s > 1), "it is not always 1: with stride 4 up to 3 squares are left over."),
            Mistake(
                lambda i, k, s, p: -wanted(i, k, s, p),
                "the sign is turned: output_padding says how many squares MORE than the smallest size.",
            ),
            Mistake(
                lambda i, k, s, p: (s - (i + 2 * p - k) % s) % s,
                "this is what is missing for the next window. output_padding is what is left over behind the last.",
            ),
        ],
        "what the convolution left over at its end, the output_padding puts back.",
    )


def _channels_case(inputs: int, outputs: int, seed: int) -> tuple[Tensor, Tensor, int]:
    generator = torch.Generator().manual_seed(seed)
    y = torch.randint(-3, 4, (inputs, 2, 3), generator=generator).float()
    weight = torch.randint(-3, 4, (inputs, outputs, 3, 3), generator=generator).float()
    return y, weight, 2


def _with_channels(y: Tensor, weight: Tensor, stride: int) -> Tensor:
    return F.conv_transpose2d(y[None], weight, stride=stride)[0]


def _only(y: Tensor, weight: Tensor, stride: int, channel: int) -> Tensor:
    return F.conv_transpose2d(y[None, channel : channel + 1], weight[channel : channel + 1], stride=stride)[0]


@exercise("12 · two channels", id="channels", points=2)
def with_channels(exercise: str, function: Callable[[Tensor, Tensor, int], Tensor]) -> None:
    """Check a transposed convolution of several channels, weight (in, out, k, k), as stamps."""
    judge(
        exercise,
        function,
        [_channels_case(2, 3, 0), _channels_case(3, 2, 1), _channels_case(1, 2, 2), _channels_case(2, 2, 3)],
        _with_channels,
        [
            Mistake(
                lambda y, w, s: F.conv_transpose2d(y[None], w.transpose(0, 1), stride=s)[0],
                "you read the weight as (out, in, k, k). A transposed convolution keeps it as (in, out, k, k).",
            ),
            Mistake(
                lambda y, w, s: _only(y, w, s, 0),
                "only the first input channel stamps. Every input channel stamps, and all stamps are added.",
            ),
            Mistake(
                lambda y, w, s: _only(y, w, s, len(y) - 1),
                "the last input channel wipes out those before: add with +=, and make the empty sheet once.",
            ),
            Mistake(
                lambda y, w, s: _with_channels(y, w, s) / len(y),
                "you took the mean over input channels. Their stamps are added.",
            ),
            Mistake(
                lambda y, w, s: _with_channels(y, w.flip(2, 3), s),
                "you turned the kernels. A stamp is the kernel as it is.",
            ),
            Mistake(lambda y, w, s: _with_channels(y, w, 1), "the stride has no effect."),
            Mistake(
                lambda y, w, s: _with_channels(y, w, s).sum(0, keepdim=True),
                "the output channels are added, too. Each has a sheet of its own: (out, H, W).",
            ),
            Mistake(
                lambda y, w, s: _with_channels(y, w, s)[None], "the shape is (1, out, H, W). Give back (out, H, W)."
            ),
        ],
        "every input channel stamps on every output channel, with a kernel of its own.",
    )


def _pairs() -> dict[str, tuple[Layer, Layer, tuple[int, ...], bool]]:
    """Layers with their partners: (there, back, shape of x, whether back is the transpose of there)."""
    generator = torch.Generator().manual_seed(0)
    kernel = torch.randn(1, 1, 3, 3, generator=generator, dtype=torch.float64)
    other = torch.randn(1, 1, 3, 3, generator=generator, dtype=torch.float64)
    even = (kernel + kernel.flip(2, 3)) / 2
    weight = torch.randn(3, 2, 4, 4, generator=generator, dtype=torch.float64)
    one, two = (1, 1, 5, 5), (1, 2, 6, 6)

    def down(w: Tensor, **options: int) -> Layer:
        return lambda x: F.conv2d(x, w, None, **options)

    def up(w: Tensor, **options: int) -> Layer:
        return lambda x: F.conv_transpose2d(x, w, None, **options)

    return {
        "a convolution and its transposed convolution": (down(kernel), up(kernel), one, True),
        "the same with stride 2": (down(kernel, stride=2), up(kernel, stride=2), one, True),
        "two channels, stride 2, padding 1": (
            down(weight, stride=2, padding=1),
            up(weight, stride=2, padding=1),
            two,
            True,
        ),
        "a convolution, and the other kernel": (down(kernel), up(other), one, False),
        "a convolution, and the kernel turned": (down(kernel), up(kernel.flip(2, 3)), one, False),
        "a kernel that is its own turn": (down(even), up(even.flip(2, 3)), one, True),
        "a convolution, and twice its transpose": (down(kernel), lambda y: 2 * up(kernel)(y), one, False),
        "doubling, and the inverse that gives x back": (lambda x: 2 * x, lambda y: y / 2, one, False),
        "turning a picture, and turning it on": (
            lambda x: x.rot90(1, (2, 3)),
            lambda y: y.rot90(1, (2, 3)),
            one,
            False,
        ),
        "turning a picture, and turning it back": (
            lambda x: x.rot90(1, (2, 3)),
            lambda y: y.rot90(-1, (2, 3)),
            one,
            True,
        ),
    }


WHY_PAIR = {
    "the same with stride 2": "with a stride every connection still has the same weight both ways.",
    "a convolution, and the other kernel": "the shapes fit and the values do not: compare the two products.",
    "a convolution, and the kernel turned": "the shapes fit, and the connections carry the wrong weights. Try random x "
    "and y, not ones: a sum of all weights does not see the turn.",
    "a kernel that is its own turn": "this kernel is symmetric: turned by 180° it is the same.",
    "a convolution, and twice its transpose": "one product is twice the other: compare more than signs.",
    "doubling, and the inverse that gives x back": "an inverse is no transpose: the transpose of 2x is 2y. Do not ask "
    "whether x comes back; ask for ⟨Cx, y⟩ = ⟨x, Cᵀy⟩.",
    "turning a picture, and turning it on": "turned twice by 90° it does not lie as it did: the products differ.",
}


@exercise("13 · are they a pair", id="pair", points=3)
def are_a_pair(exercise: str, function: Callable[[Layer, Layer, tuple[int, ...]], object]) -> None:
    """Check a test that says of any two linear layers whether one is the transpose of the other."""
    for name, (there, back, shape, want) in _pairs().items():
        said = answer(exercise, function, (there, back, shape))
        if isinstance(said, Tensor) and said.numel() == 1:
            said = said.item()
        if isinstance(said, Tensor):
            fail(
                exercise,
                f"for {name} your test says {describe(said)}, an answer for each number. Add both products up first: "
                "⟨a, b⟩ is one number.",
            )
        if not isinstance(said, (bool, int)) or said not in (0, 1):
            fail(exercise, f"for {name} your test says {describe(said)}, but it should say True or False.")
        if bool(said) != want:
            verdict = "are a pair" if want else "are no pair"
            why = WHY_PAIR.get(name, "⟨C x, y⟩ and ⟨x, Cᵀ y⟩ are equal for every x and y, up to rounding.")
            fail(exercise, f"{name}: they {verdict}, and your test says {bool(said)}.\n  Hint: {why}")
    passed(
        exercise, f"right on {len(_pairs())} pairs of layers. It needs no matrix, so it works for layers of any size."
    )
