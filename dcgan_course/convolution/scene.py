"""One picture, one kernel, and what the window sees at each place: the numbers behind the figures of lesson 01."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import ArrayLike

from dcgan_course.drawing.canvas import number_text
from dcgan_course.errors import InvalidValue

KERNELS = ("vertical edge", "horizontal edge", "blur", "sharpen")
PICTURES = ("edge", "diagonal", "random")
LARGEST_INPUT = 10  # of the explorer; up to it, a random picture is the corner of one and the same larger picture


@dataclass(frozen=True)
class ConvolutionScene:
    """One square picture, one square kernel, and how the window moves.

    Args:
        picture: (i, i) numbers; kernel: (k, k) numbers; anything that numpy can read.
        stride, padding, dilation: as in `torch.nn.functional.conv2d`, whole numbers.
        divisor: every product sum is divided by it; whole numbers are easier to read than 1/3.
        padding_value: what stands in the padded squares.
    """

    picture: ArrayLike
    kernel: ArrayLike
    stride: int = 1
    padding: int = 0
    dilation: int = 1
    divisor: float = 1
    padding_value: float = 0.0

    @cached_property
    def taps(self) -> np.ndarray:
        """(k, k) kernel as float64."""
        return np.asarray(self.kernel, dtype=np.float64)

    @cached_property
    def padded(self) -> np.ndarray:
        """(i + 2p, i + 2p) picture with its border."""
        picture = np.asarray(self.picture, dtype=np.float64)
        return np.pad(picture, self.padding, constant_values=self.padding_value)

    @property
    def input_size(self) -> int:
        """Squares of the picture in one direction, without the border."""
        return len(self.padded) - 2 * self.padding

    @property
    def span(self) -> int:
        """Squares from the window's first to its last: d(k − 1) + 1."""
        return self.dilation * (len(self.taps) - 1) + 1

    @property
    def output_size(self) -> int:
        """Legal places in one direction; 0 where the window does not fit."""
        last_start = len(self.padded) - self.span
        return last_start // self.stride + 1 if last_start >= 0 else 0

    @cached_property
    def _windows(self) -> np.ndarray:
        """(n, n, k, k): what the window sees at each place."""
        windows = np.lib.stride_tricks.sliding_window_view(self.padded, (self.span, self.span))
        return windows[:: self.stride, :: self.stride, :: self.dilation, :: self.dilation]

    @cached_property
    def output(self) -> np.ndarray:
        """(n, n) product sums. Raises InvalidValue where the window does not fit."""
        if self.output_size == 0:
            raise InvalidValue(self.why_impossible())
        return (self._windows * self.taps).sum(axis=(2, 3)) / self.divisor

    def seen(self, row: int, column: int) -> np.ndarray:
        """(k, k) numbers under the kernel for output square (row, column), counted from 0."""
        return self._windows[row, column]

    def difference_from_torch(self) -> float:
        """Largest difference between `output` and `torch.nn.functional.conv2d`, computed now in float64."""
        import torch
        import torch.nn.functional as F

        kernel = torch.from_numpy(self.taps / self.divisor)[None, None]
        padded = torch.from_numpy(self.padded)[None, None]
        theirs = F.conv2d(padded, kernel, stride=self.stride, dilation=self.dilation)[0, 0]
        return float(np.abs(theirs.numpy() - self.output).max())

    def agreement(self) -> str:
        """Say whether PyTorch gives the same output, with the largest difference."""
        difference = self.difference_from_torch()
        verdict = "agrees with" if difference < 1e-9 else "DIFFERS FROM"
        return f"{verdict} torch.nn.functional.conv2d: largest difference {difference:.6f}"

    def formula(self) -> str:
        """The size formula with the numbers put in."""
        inside = f"{self.input_size} + 2·{self.padding} − {self.dilation}·({len(self.taps)} − 1) − 1"
        return f"⌊({inside}) / {self.stride}⌋ + 1 = {self.output_size}"

    def why_impossible(self) -> str:
        """The sentence for a window that is larger than the padded input."""
        return (
            f"The window spans {self.dilation}·({len(self.taps)} − 1) + 1 = {self.span} squares, but the padded input "
            f"has only {self.input_size} + 2·{self.padding} = {len(self.padded)}: there is no legal place, "
            "so there is no output."
        )


def product_lines(scene: ConvolutionScene, row: int, column: int) -> list[str]:
    """Write the sum of products for one output square, one line for each kernel row: picture · kernel."""

    def factor(value: float) -> str:
        return f"({number_text(value)})" if value < 0 else number_text(value)

    lines = [
        " + ".join(f"{factor(seen)}·{factor(tap)}" for seen, tap in zip(seen_row, tap_row, strict=True))
        for seen_row, tap_row in zip(scene.seen(row, column), scene.taps, strict=True)
    ]
    return [("" if index == 0 else "+ ") + line for index, line in enumerate(lines)]


def kernel_taps(name: str, size: int) -> tuple[np.ndarray, int]:
    """Return ((size, size) whole numbers, divisor) of a kernel by its name in KERNELS."""
    taps = np.zeros((size, size), dtype=int)
    if name not in KERNELS:
        raise InvalidValue(f"kernel is {name!r}, but it must be one of {', '.join(KERNELS)}.")
    if size == 1:  # one square has no neighbours: every kernel copies
        return taps + 1, 1
    if name == "blur":
        return taps + 1, size * size
    if name == "sharpen":
        middle = size // 2
        taps[middle, :] = taps[:, middle] = -1
        taps[middle, middle] = 2 * size - 1  # the sum is 1: an even surface stays as it is
        return taps, 1
    taps[:, 0], taps[:, -1] = 1, -1
    return (taps, size) if name == "vertical edge" else (taps.T.copy(), size)


def picture_numbers(name: str, size: int, seed: int = 1) -> np.ndarray:
    """Return a (size, size) picture by its name in PICTURES; `seed` is for the random one."""
    if name == "edge":
        picture = np.zeros((size, size), dtype=int)
        picture[:, : (size + 1) // 2] = 1
        return picture
    if name == "diagonal":
        return np.eye(size, dtype=int)
    if name == "random":
        side = max(size, LARGEST_INPUT)
        return np.random.default_rng(seed).integers(0, 4, size=(side, side))[:size, :size]
    raise InvalidValue(f"picture is {name!r}, but it must be one of {', '.join(PICTURES)}.")
