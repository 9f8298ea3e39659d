"""The arithmetic of convolutions: output sizes, the matrix C, zero insertion, receptive field, ladders of layers.

A size is a number of pixels. Every argument that PyTorch takes as a pair may be one number for both sides, or a
pair (height, width). If one of them is a pair, the answer is a pair.

The letters in the formulas: i input_size, k kernel_size, s stride, p padding, d dilation.
"The guide" is V. Dumoulin and F. Visin, "A guide to convolution arithmetic for deep learning" (2016).
"""

import itertools
import reprlib
from dataclasses import dataclass
from numbers import Integral

import torch

from dcgan_course.errors import InvalidValue

Size = int | tuple[int, int]


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
    height, width = _pair("input_shape", input_shape, 1)
    out_height, out_width = conv_output_size((height, width), tuple(kernel.shape), stride, padding, dilation)
    (down, right), (pad_y, pad_x) = _pair("stride", stride, 1), _pair("padding", padding, 0)
    gap_y, gap_x = _pair("dilation", dilation, 1)
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
    down, right = _pair("stride", stride, 1)
    height, width = x.shape[-2:]
    stretched = x.new_zeros(*x.shape[:-2], (height - 1) * down + 1, (width - 1) * right + 1)
    stretched[..., ::down, ::right] = x
    return stretched


def receptive_field(layers) -> Size:
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
            _pair(f"{name} of layers[{number}]", value, 1)
            for name, value in zip(("kernel_size", "stride", "dilation"), (*layer, 1)[:3], strict=True)
        )
        size_y, size_x = size_y + d_y * (k_y - 1) * jump_y, size_x + d_x * (k_x - 1) * jump_x
        jump_y, jump_x = jump_y * s_y, jump_x * s_x
        is_pair = is_pair or any(isinstance(value, (tuple, list)) for value in layer)
    return (size_y, size_x) if is_pair else size_y


@dataclass(frozen=True)
class UpsamplingLayer:
    """The settings of one `ConvTranspose2d`. The convolution that takes its size back has the same k, s and p."""

    kernel_size: Size
    stride: Size
    padding: Size
    output_padding: Size


@dataclass(frozen=True)
class UpsamplingPlan:
    """A ladder of transposed convolutions from `start_size` to a picture. `print(plan)` shows it as a table."""

    start_size: Size
    layers: tuple[UpsamplingLayer, ...]

    def sizes(self) -> list[Size]:
        """Return the size before the first layer and after each layer; the last one is the picture's."""
        sizes = [self.start_size]
        for layer in self.layers:
            settings = (layer.kernel_size, layer.stride, layer.padding, layer.output_padding)
            sizes.append(conv_transpose_output_size(sizes[-1], *settings))
        return sizes

    def __str__(self) -> str:
        sizes = [f"{size[0]}×{size[1]}" if isinstance(size, tuple) else str(size) for size in self.sizes()]
        if not self.layers:
            return f"{sizes[0]} (no layer: the start has the size of the picture)"
        rows = [("layer", "size", "kernel_size", "stride", "padding", "output_padding")]
        for number, layer in enumerate(self.layers, start=1):
            settings = (layer.kernel_size, layer.stride, layer.padding, layer.output_padding)
            rows.append((str(number), f"{sizes[number - 1]} → {sizes[number]}", *map(str, settings)))
        widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
        table = ["   ".join(map(str.rjust, row, widths)) for row in rows]
        return "\n".join([" → ".join(sizes), *table])


# kernel_size, stride, padding, output_padding that take i to 2i − 1, 2i and 2i + 1, and the one that keeps i.
_DOUBLINGS = {-1: (4, 2, 2, 1), 0: (4, 2, 1, 0), 1: (4, 2, 1, 1)}
_KEEP = (3, 1, 1, 0)


def plan_upsampling(image_size: Size, start_size: Size | None = None) -> UpsamplingPlan:
    """Return transposed convolutions that lead from a small start to exactly `image_size`.

    Each layer doubles with kernel_size 4 and stride 2. The stride divides the kernel_size, so every pixel away from
    the border gets the same number of contributions: no checkerboard from uneven overlap (A. Odena, V. Dumoulin and
    C. Olah, "Deconvolution and Checkerboard Artifacts", 2016).

    * An even size 2i: padding 1, the classic layer of DCGAN.
    * An odd size needs output_padding 1, because an even kernel with stride 2 and equal cuts on both sides makes even
      sizes only. With padding 1 it makes 2i + 1: the last row and column are then not cut off. With padding 2 it
      makes 2i − 1. Either way the border that is cut less has pixels with fewer contributions, but never with none.
    * Where one side needs fewer doublings, it rests in the first layers: kernel_size 3, stride 1, padding 1.

    Of all ladders the plan takes the one with the fewest layers where one side rests, then with the fewest odd sizes,
    then with the fewest layers. `conv_output_size` with the same kernel_size, stride and padding walks it backwards,
    so a discriminator can mirror it.

    Args:
        image_size: 4 to 4096 pixels; a pair gives a plan of pairs.
        start_size: where to begin. If None, it is 4 to 7 on each side; pictures of these sizes need no layer.

    Raises:
        InvalidValue: a size outside these limits, or a start_size from which no doublings lead to image_size.
    """
    images = _pair("image_size", image_size, 4)
    if max(images) > 4096:
        raise InvalidValue(f"image_size is {image_size}, but the planner goes up to 4096 pixels a side.")
    starts = (None, None) if start_size is None else _pair("start_size", start_size, 1)
    sides = (" in the height", " in the width") if images[0] != images[1] or starts[0] != starts[1] else ("", "")
    choices = [_ladders_or_refuse(*side) for side in zip(images, starts, sides, strict=True)]
    tall, wide = min(itertools.product(*choices), key=_cost)
    layers = max(len(tall), len(wide)) - 1
    settings = zip(_settings(tall, layers), _settings(wide, layers), strict=True)
    if isinstance(image_size, (tuple, list)) or isinstance(start_size, (tuple, list)):
        pairs = [UpsamplingLayer(*zip(of_height, of_width, strict=True)) for of_height, of_width in settings]
        return UpsamplingPlan((tall[0], wide[0]), tuple(pairs))
    return UpsamplingPlan(tall[0], tuple(UpsamplingLayer(*of_height) for of_height, _ in settings))


def _ladders(size: int, starts: range):
    """Yield every ladder of doublings that begins in `starts` and ends at `size`, as a tuple of sizes."""
    if size in starts:
        yield (size,)
    if size > starts.start:
        for half in range(size // 2, (size + 1) // 2 + 1):  # an odd size has two halves
            for ladder in _ladders(half, starts):
                yield (*ladder, size)


def _ladders_or_refuse(image: int, start: int | None, where: str) -> list[tuple[int, ...]]:
    ladders = list(_ladders(image, range(4, 8) if start is None else range(start, start + 1)))
    if not ladders:
        possible = {ladder[0] for ladder in _ladders(image, range(1, image + 1))}
        nearest = min(possible, key=lambda size: (abs(size - start), size))
        raise InvalidValue(
            f"start_size is {start}{where}, but no doublings (i to 2i − 1, 2i or 2i + 1) lead from {start} to an "
            f"image_size of {image}; the nearest start_size that works is {nearest}."
        )
    return ladders


def _cost(ladders) -> tuple[int, int, int, int]:
    """Order pairs of ladders: layers where one side rests, odd sizes, layers, and layers with padding 2."""
    tall, wide = ladders
    steps = [after - 2 * before for ladder in ladders for before, after in itertools.pairwise(ladder)]
    return abs(len(tall) - len(wide)), sum(map(abs, steps)), len(steps), steps.count(-1)


def _settings(ladder: tuple[int, ...], layers: int) -> list[tuple[int, int, int, int]]:
    doublings = [_DOUBLINGS[after - 2 * before] for before, after in itertools.pairwise(ladder)]
    return [_KEEP] * (layers - len(doublings)) + doublings


def _pair(name: str, value, lowest: int) -> tuple[int, int]:
    """Return `value` as (height, width), or refuse what is not a whole number of at least `lowest`, or two."""
    sides = tuple(value) if isinstance(value, (tuple, list)) else (value, value)
    whole = all(isinstance(side, Integral) and not isinstance(side, bool) for side in sides)
    if len(sides) != 2 or not whole or min(sides) < lowest:
        raise InvalidValue(
            f"{name} is {reprlib.repr(value)}, but it must be a whole number of at least {lowest}, "
            f"or a pair (height, width) of such numbers."
        )
    return int(sides[0]), int(sides[1])


def _on_each_side(size_of_one_side, given: dict) -> Size:
    """Check the arguments, then compute height and width apart: they never mix (the guide, chapter 2)."""
    pairs = [_pair(name, value, 0 if "padding" in name else 1) for name, value in given.items()]
    heights, widths = zip(*pairs, strict=True)
    if not any(isinstance(value, (tuple, list)) for value in given.values()):
        return size_of_one_side(*heights, "")
    return size_of_one_side(*heights, " in the height"), size_of_one_side(*widths, " in the width")
