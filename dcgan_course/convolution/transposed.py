"""One transposed convolution with all its numbers: input, kernel, output, and what each view of it shows."""

from dataclasses import dataclass
from functools import cached_property

import torch
import torch.nn.functional as F
from torch import Tensor

from dcgan_course.convolution import arithmetic
from dcgan_course.drawing.canvas import number_text


@dataclass(frozen=True)
class TransposedLayer:
    """A square, one-channel transposed convolution whose input is 1, 2, 3 … and whose weights are 1, 2, 3 ….

    What is computed once is kept, so that a walk through the squares only draws.
    """

    input_size: int = 2
    kernel_size: int = 4
    stride: int = 2
    padding: int = 1
    dilation: int = 1
    output_padding: int = 0

    @cached_property
    def output_size(self) -> int:
        """Side of the output. Raises InvalidValue where PyTorch refuses the layer."""
        return arithmetic.conv_transpose_output_size(
            self.input_size, self.kernel_size, self.stride, self.padding, self.output_padding, self.dilation
        )

    @property
    def reach(self) -> int:
        """Side of the square that one stamp of the kernel covers: d(k − 1) + 1."""
        return self.dilation * (self.kernel_size - 1) + 1

    @property
    def uncut_size(self) -> int:
        """Side of the sheet that all stamps cover before `padding` cuts it: (i − 1)s + d(k − 1) + 1."""
        return (self.input_size - 1) * self.stride + self.reach

    @property
    def slide_padding(self) -> int:
        """p′ = d(k − 1) − p: what the zero-inserted input is padded with; below 0 it is cut instead."""
        return self.reach - 1 - self.padding

    @property
    def formula(self) -> str:
        """The output size with the numbers put in."""
        size = self.uncut_size - 2 * self.padding + self.output_padding
        text = (
            f"({self.input_size} − 1)·{self.stride} − 2·{self.padding} + {self.dilation}·({self.kernel_size} − 1)"
            f" + {self.output_padding} + 1 = {size}"
        )
        return text.replace("-", "−")

    @cached_property
    def input(self) -> Tensor:
        """Return the input, (i, i): 1, 2, 3 … row by row."""
        return torch.arange(1.0, self.input_size**2 + 1).view(self.input_size, self.input_size)

    @cached_property
    def kernel(self) -> Tensor:
        """Return the weights, (k, k): w₁ = 1, w₂ = 2 … row by row."""
        return torch.arange(1.0, self.kernel_size**2 + 1).view(self.kernel_size, self.kernel_size)

    @cached_property
    def matrix(self) -> Tensor:
        """Return Cᵀ, (o·o, i·i): C belongs to the convolution that goes from the output's size to the input's."""
        o, i = self.output_size, self.input_size
        c = arithmetic.conv_matrix(self.kernel, (o, o), self.stride, self.padding, self.dilation)
        windows = arithmetic.conv_output_size(o, self.kernel_size, self.stride, self.padding, self.dilation)
        return c.view(windows, windows, o * o)[:i, :i].reshape(i * i, o * o).T  # windows > i only if output_padding ≥ s

    def stamped(self, count: int) -> Tensor:
        """Return the sheet, (n, n), after the first `count` inputs have stamped the kernel; nothing is cut off."""
        size = max(self.uncut_size, self.padding + self.output_size)
        sheet, step, reach = torch.zeros(size, size), self.stride, self.reach
        for index, value in enumerate(self.input.flatten()[:count].tolist()):
            top, left = index // self.input_size * step, index % self.input_size * step
            sheet[top : top + reach : self.dilation, left : left + reach : self.dilation] += value * self.kernel
        return sheet

    @property
    def kept(self) -> slice:
        """The rows, and the columns, of the stamped sheet that `padding` and `output_padding` keep."""
        return slice(self.padding, self.padding + self.output_size)

    def cut(self, sheet: Tensor) -> Tensor:
        """Return what is kept of the stamped sheet, (o, o)."""
        return sheet[self.kept, self.kept]

    @cached_property
    def padded(self) -> Tensor:
        """Return the zero-inserted input after padding by p′, and by output_padding at the right and bottom."""
        p, extra = self.slide_padding, self.output_padding
        return F.pad(arithmetic.insert_zeros(self.input, self.stride), (p, p + extra, p, p + extra))

    @cached_property
    def slid(self) -> Tensor:
        """Return the turned kernel slid with stride 1 over `padded`, (o, o)."""
        turned = self.kernel.flip(0, 1)
        return F.conv2d(self.padded[None, None], turned[None, None], dilation=self.dilation)[0, 0]

    @cached_property
    def pytorch(self) -> Tensor:
        """Return what torch.nn.functional.conv_transpose2d says, (o, o)."""
        return F.conv_transpose2d(
            self.input[None, None],
            self.kernel[None, None],
            stride=self.stride,
            padding=self.padding,
            output_padding=self.output_padding,
            dilation=self.dilation,
        )[0, 0]

    @cached_property
    def largest_difference(self) -> float:
        """Return how far the three views are from PyTorch, at most."""
        product = (self.matrix @ self.input.flatten()).view(self.output_size, self.output_size)
        views = (product, self.cut(self.stamped(self.input_size**2)), self.slid)
        return max((view - self.pytorch).abs().max().item() for view in views)


def window_sum(layer: TransposedLayer, output_square: int, most: int = 4) -> str:
    """Write the sum that the window of view 2 makes at one output square: input · weight for inputs that are not 0."""
    row, column = divmod(output_square, layer.output_size)
    reach, step = layer.reach, layer.dilation
    window = layer.padded[row : row + reach : step, column : column + reach : step]
    pairs = zip(window.flatten().tolist(), layer.kernel.flip(0, 1).flatten().tolist(), strict=True)
    terms = [f"{number_text(value)}·{number_text(weight)}" for value, weight in pairs if value]
    total = number_text(layer.slid[row, column])
    if not terms:
        return "no input reached = 0"
    most = most if max(map(len, terms)) < 5 else most - 1
    return " + ".join(terms[:most]) + (" + …" if len(terms) > most else "") + f" = {total}"
