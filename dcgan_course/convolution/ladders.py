"""From a few numbers to a picture of the wanted size: the layers that double or keep, and the plans made of them."""

import itertools
from collections.abc import Iterator
from dataclasses import dataclass

from dcgan_course.convolution.arithmetic import Size, conv_transpose_output_size
from dcgan_course.errors import InvalidValue, pair_of_sides


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
        rows = [["layer", "size", "kernel_size", "stride", "padding", "output_padding"]]
        for number, layer in enumerate(self.layers, start=1):
            settings = (layer.kernel_size, layer.stride, layer.padding, layer.output_padding)
            rows.append([str(number), f"{sizes[number - 1]} → {sizes[number]}", *map(str, settings)])
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
    images = pair_of_sides("image_size", image_size, 4)
    if max(images) > 4096:
        raise InvalidValue(f"image_size is {image_size}, but the planner goes up to 4096 pixels a side.")
    starts = (None, None) if start_size is None else pair_of_sides("start_size", start_size)
    sides = (" in the height", " in the width") if images[0] != images[1] or starts[0] != starts[1] else ("", "")
    choices = [_ladders_or_refuse(*side) for side in zip(images, starts, sides, strict=True)]
    tall, wide = min(itertools.product(*choices), key=_cost)
    layers = max(len(tall), len(wide)) - 1
    settings = zip(_settings(tall, layers), _settings(wide, layers), strict=True)
    if isinstance(image_size, (tuple, list)) or isinstance(start_size, (tuple, list)):
        pairs = [UpsamplingLayer(*zip(of_height, of_width, strict=True)) for of_height, of_width in settings]
        return UpsamplingPlan((tall[0], wide[0]), tuple(pairs))
    return UpsamplingPlan(tall[0], tuple(UpsamplingLayer(*of_height) for of_height, _ in settings))


def _ladders(size: int, starts: range) -> Iterator[tuple[int, ...]]:
    """Yield every ladder of doublings that begins in `starts` and ends at `size`, as a tuple of sizes."""
    if size in starts:
        yield (size,)
    if size > starts.start:
        for half in range(size // 2, (size + 1) // 2 + 1):  # an odd size has two halves
            for ladder in _ladders(half, starts):
                yield (*ladder, size)


def _ladders_or_refuse(image: int, start: int | None, where: str) -> list[tuple[int, ...]]:
    if start is None:
        return list(_ladders(image, range(4, 8)))
    ladders = list(_ladders(image, range(start, start + 1)))
    if not ladders:
        possible = {ladder[0] for ladder in _ladders(image, range(1, image + 1))}
        nearest = min(possible, key=lambda size: (abs(size - start), size))
        raise InvalidValue(
            f"start_size is {start}{where}, but no doublings (i to 2i − 1, 2i or 2i + 1) lead from {start} to an "
            f"image_size of {image}; the nearest start_size that works is {nearest}."
        )
    return ladders


def _cost(ladders: tuple[tuple[int, ...], ...]) -> tuple[int, int, int, int]:
    """Order pairs of ladders: layers where one side rests, odd sizes, layers, and layers with padding 2."""
    tall, wide = ladders
    steps = [after - 2 * before for ladder in ladders for before, after in itertools.pairwise(ladder)]
    return abs(len(tall) - len(wide)), sum(map(abs, steps)), len(steps), steps.count(-1)


def _settings(ladder: tuple[int, ...], layers: int) -> list[tuple[int, int, int, int]]:
    doublings = [_DOUBLINGS[after - 2 * before] for before, after in itertools.pairwise(ladder)]
    return [_KEEP] * (layers - len(doublings)) + doublings
