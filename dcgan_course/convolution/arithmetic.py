"""The arithmetic of convolutions: output sizes, the matrix C, zero insertion, receptive field, ladders of layers.

A size is a number of pixels. Every argument that PyTorch takes as a pair may be one number for both sides, or a
pair (height, width). If one of them is a pair, the answer is a pair.

The letters in the formulas: i input_size, k kernel_size, s stride, p padding, d dilation.
"The guide" is V. Dumoulin and F. Visin, "A guide to convolution arithmetic for deep learning" (2016).
"""

import itertools
import reprlib
from collections.abc import Callable, Mapping, Sequence
from typing import overload

import numpy as np
import torch

from dcgan_course.errors import InvalidValue, pair_of_sides

Size = int | tuple[int, int]


@overload
def conv_output_size(
    input_size: int, kernel_size: int, stride: int = 1, padding: int = 0, dilation: int = 1
) -> int: ...
@overload
def conv_output_size(
    input_size: Size, kernel_size: Size, stride: Size = 1, padding: Size = 0, dilation: Size = 1
) -> Size: ...
def conv_output_size(
    input_size: Size, kernel_size: Size, stride: Size = 1, padding: Size = 0, dilation: Size = 1
) -> Size:
    """Return how many positions a window has: floor((i + 2p − d(k − 1) − 1) / s) + 1.

    The same number as `torch.nn.functional.conv2d` makes. Source: the guide, Relationship 15.

    Raises:
        InvalidValue: an argument that conv2d refuses, or a kernel larger than the padded input.
    """
    given = {"input_size": input_size, "kernel_size": kernel_size, "stride": stride, "padding": padding}
    return _on_each_side(_conv_side, {**given, "dilation": dilation})


def _conv_side(i: int, k: int, s: int, p: int, d: int, where: str) -> int:
    covered = d * (k - 1) + 1
    if covered > i + 2 * p:
        raise InvalidValue(
            f"kernel_size is {k}{where}: with dilation {d} the window covers {covered} pixels, but the padded "
            f"input has only {i} + 2·{p} = {i + 2 * p}; take a kernel_size of at most {(i + 2 * p - 1) // d + 1}, "
            f"or a padding of at least {(covered - i + 1) // 2}."
        )
    return (i + 2 * p - d * (k - 1) - 1) // s + 1


@overload
def conv_transpose_output_size(
    input_size: int, kernel_size: int, stride: int = 1, padding: int = 0, output_padding: int = 0, dilation: int = 1
) -> int: ...
@overload
def conv_transpose_output_size(
    input_size: Size,
    kernel_size: Size,
    stride: Size = 1,
    padding: Size = 0,
    output_padding: Size = 0,
    dilation: Size = 1,
) -> Size: ...
def conv_transpose_output_size(
    input_size: Size,
    kernel_size: Size,
    stride: Size = 1,
    padding: Size = 0,
    output_padding: Size = 0,
    dilation: Size = 1,
) -> Size:
    """Return the size after a transposed convolution: (i − 1)s − 2p + d(k − 1) + output_padding + 1.

    The same number as `torch.nn.functional.conv_transpose2d` makes. Here `padding` is the p of the convolution that
    is transposed: it cuts pixels off. Source: the guide, Relationship 14 (its a is output_padding), with dilation.

    Raises:
        InvalidValue: an argument that conv_transpose2d refuses, or an output without a pixel.
    """
    given = {"input_size": input_size, "kernel_size": kernel_size, "stride": stride, "padding": padding}
    return _on_each_side(_conv_transpose_side, {**given, "output_padding": output_padding, "dilation": dilation})


def _conv_transpose_side(i: int, k: int, s: int, p: int, output_padding: int, d: int, where: str) -> int:
    if output_padding >= max(s, d):
        raise InvalidValue(
            f"output_padding is {output_padding}{where}, but it must be smaller than the larger one of stride ({s}) "
            f"and dilation ({d}); take at most {max(s, d) - 1}."
        )
    uncut = (i - 1) * s + d * (k - 1) + output_padding + 1
    if uncut - 2 * p < 1:
        raise InvalidValue(
            f"padding is {p}{where}: it cuts 2·{p} pixels off an output of {uncut}, and no pixel is left; "
            f"take a padding of at most {(uncut - 1) // 2}."
        )
    return (i - 1) * s - 2 * p + d * (k - 1) + output_padding + 1


def conv_matrix(
    kernel: torch.Tensor, input_shape: Size, stride: Size = 1, padding: Size = 0, dilation: Size = 1
) -> torch.Tensor:
    """Return the matrix C that writes a convolution as a product: C @ x.flatten() is conv2d of x, flattened.

    The transpose gives the transposed convolution: C.T @ y.flatten() is conv_transpose2d of y, with the
    output_padding that leads back to `input_shape`. Source: the guide, section 4.1.

    Args:
        kernel: (height, width), of any dtype; C has the same dtype and device.
        input_shape: (H, W) of the picture.

    Returns:
        C of shape (H_out · W_out, H · W), dense: a row for each output pixel, a column for each input pixel.

    Raises:
        InvalidValue: what `conv_output_size` refuses, a kernel that is not 2-D, or a C too large to build.
    """
    if not isinstance(kernel, torch.Tensor) or kernel.dim() != 2:
        given = f"of shape {tuple(kernel.shape)}" if isinstance(kernel, torch.Tensor) else reprlib.repr(kernel)
        raise InvalidValue(f"kernel is {given}, but it must be a tensor of shape (height, width).")
    height, width = pair_of_sides("input_shape", input_shape)
    kernel_size = (kernel.shape[0], kernel.shape[1])
    output_shape = conv_output_size((height, width), kernel_size, stride, padding, dilation)
    out_height, out_width = pair_of_sides("output_shape", output_shape)
    (down, right), (pad_y, pad_x) = pair_of_sides("stride", stride), pair_of_sides("padding", padding, 0)
    gap_y, gap_x = pair_of_sides("dilation", dilation)
    rows, columns = out_height * out_width, (height + 2 * pad_y) * (width + 2 * pad_x)
    if rows * columns > 2**28:
        raise InvalidValue(
            f"input_shape is {height, width}, padding {pad_y, pad_x}: C needs {rows:,} × {columns:,} numbers while it "
            f"is built, but may have {2**28:,} (1 GiB in float32); take a smaller picture."
        )
    matrix = kernel.new_zeros(out_height, out_width, height + 2 * pad_y, width + 2 * pad_x)
    span_y, span_x = gap_y * (kernel.shape[0] - 1) + 1, gap_x * (kernel.shape[1] - 1) + 1
    for row, column in itertools.product(range(out_height), range(out_width)):
        top, left = row * down, column * right
        # One output pixel, one copy of the kernel, at the place of its window on the padded picture.
        matrix[row, column, top : top + span_y : gap_y, left : left + span_x : gap_x] = kernel
    # The pixels of the padding are zeros, so their columns add nothing: they are left out.
    matrix = matrix[:, :, pad_y : pad_y + height, pad_x : pad_x + width]
    return matrix.reshape(out_height * out_width, height * width)


def insert_zeros(x: torch.Tensor, stride: Size) -> torch.Tensor:
    """Put stride − 1 zeros between neighbours: (..., H, W) → (..., (H − 1)·stride + 1, (W − 1)·stride + 1).

    Padded by p′ = d(k − 1) − p and convolved with the kernel turned by 180°, this is a transposed convolution.
    Source: the guide, Relationship 12.

    Raises:
        InvalidValue: an x with fewer than two dimensions or without pixels, or a stride below 1.
    """
    if not isinstance(x, torch.Tensor) or x.dim() < 2 or 0 in x.shape[-2:]:
        given = f"of shape {tuple(x.shape)}" if isinstance(x, torch.Tensor) else reprlib.repr(x)
        raise InvalidValue(f"x is {given}, but it must be a tensor of shape (..., H, W) with H and W of at least 1.")
    down, right = pair_of_sides("stride", stride)
    height, width = x.shape[-2:]
    stretched = x.new_zeros(*x.shape[:-2], (height - 1) * down + 1, (width - 1) * right + 1)
    stretched[..., ::down, ::right] = x
    return stretched


def receptive_field(layers: Sequence[tuple[Size, ...]]) -> Size:
    """Return the side of the input region, in pixels, that one output value of a stack of convolutions looks at.

    A layer widens the region by d(k − 1) steps. A step of layer n is the product of the strides before it, in input
    pixels (called jump, or effective stride). Neighbouring outputs look at regions that are one jump apart. Pixels
    of the padding count. Source: A. Araujo, W. Norris and J. Sim, "Computing Receptive Fields of Convolutional
    Neural Networks" (2019), equation 1 and its closed form.

    Args:
        layers: (kernel_size, stride) or (kernel_size, stride, dilation) of each convolution, the first one first.

    Raises:
        InvalidValue: a layer of another form, or a number below 1.
    """
    if not isinstance(layers, (tuple, list)):
        raise InvalidValue(f"layers is {reprlib.repr(layers)}, but it must be a list of (kernel_size, stride) pairs.")
    size_y = size_x = jump_y = jump_x = 1
    is_pair = False
    for number, layer in enumerate(layers):
        if not isinstance(layer, (tuple, list)) or len(layer) not in (2, 3):
            raise InvalidValue(
                f"layers[{number}] is {reprlib.repr(layer)}, but it must be (kernel_size, stride) "
                f"or (kernel_size, stride, dilation)."
            )
        (k_y, k_x), (s_y, s_x), (d_y, d_x) = (
            pair_of_sides(f"{name} of layers[{number}]", value)
            for name, value in zip(("kernel_size", "stride", "dilation"), (*layer, 1)[:3], strict=True)
        )
        size_y, size_x = size_y + d_y * (k_y - 1) * jump_y, size_x + d_x * (k_x - 1) * jump_x
        jump_y, jump_x = jump_y * s_y, jump_x * s_x
        is_pair = is_pair or any(isinstance(value, (tuple, list)) for value in layer)
    return (size_y, size_x) if is_pair else size_y


def _on_each_side(size_of_one_side: Callable[..., int], given: Mapping[str, Size]) -> Size:
    """Check the arguments, then compute height and width apart: they never mix (the guide, chapter 2)."""
    pairs = [pair_of_sides(name, value, 0 if "padding" in name else 1) for name, value in given.items()]
    heights, widths = zip(*pairs, strict=True)
    if not any(isinstance(value, (tuple, list)) for value in given.values()):
        return size_of_one_side(*heights, "")
    return size_of_one_side(*heights, " in the height"), size_of_one_side(*widths, " in the width")


def coverage(size: int, kernel_size: int, stride: int = 1) -> np.ndarray:
    """Return (size, size): how many windows of an unpadded convolution read each square."""
    row = np.zeros(size, dtype=int)
    for start in range(0, size - kernel_size + 1, stride):
        row[start : start + kernel_size] += 1
    return np.outer(row, row)


def squares_seen(layers: Sequence[tuple[int, int]]) -> list[int]:
    """Return how many squares of the input, of layer 1, … one square of the last layer sees, along one direction.

    Args:
        layers: (kernel_size, stride) of each layer, from the input on.
    """
    sizes = [1]
    for kernel_size, stride in reversed(layers):
        sizes.insert(0, (sizes[0] - 1) * stride + kernel_size)
    return sizes
