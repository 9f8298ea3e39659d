"""What moves a single unit: its largest responses, the pictures that cause them, and the window that it sees.

A unit is one map of one block of a convolutional network: the same small detector, put at every place. Its response
to a picture is the largest number in its map, after the activation. A layer is a number of a block, as in `blocks`:
0 is the nearest to the picture, −1 the last.

Source: A. Radford et al. 2015, section 6.2 and figure 5, for units of a DCGAN's discriminator, trained beside random.
"""

import copy
from dataclasses import dataclass
from typing import TypeVar

import torch
from torch import Tensor, nn

from dcgan_course.convolution.arithmetic import receptive_field
from dcgan_course.data.pixels import floats
from dcgan_course.errors import pair_of_sides, seed_number, whole_number
from dcgan_course.evaluation.attributes import colourfulness
from dcgan_course.interpretability.blocks import convolutions, cut, refuse_other_pictures, refuse_other_unit
from dcgan_course.interpretability.guided_backpropagation import guided_gradients
from dcgan_course.models.dcgan import init_weights
from dcgan_course.models.inference import eval_mode
from dcgan_course.models.protocols import BlockDiscriminator

BATCH = 250  # pictures that go through the network at once
NINE = 9  # pictures shown of a unit, as in the paper's figures

AnyDiscriminator = TypeVar("AnyDiscriminator", bound=BlockDiscriminator)


@dataclass(frozen=True)
class UnitLayer:
    """What one block offers: how many units it has, and the window (height, width) in pixels that each sees."""

    units: int
    window: tuple[int, int]


def unit_layers(discriminator: BlockDiscriminator) -> list[UnitLayer]:
    """Return what each block of a `models.Discriminator` offers, the first block first.

    Raises:
        InvalidValue: a network without blocks.
    """
    blocks = _blocks_to(discriminator, -1)
    parts = [blocks[:end] for end in range(1, len(blocks) + 1)]
    return [UnitLayer(_units(part), _window_size(part)) for part in parts]


@dataclass(frozen=True)
class UnitResponses:
    """The largest response of every unit of one block to every picture.

    values: (N, units). places: (N, units, 2) int64, row and column of that response on the unit's map.
    """

    values: Tensor
    places: Tensor


@dataclass(frozen=True)
class TopPictures:
    """The pictures that move one unit most, the strongest first.

    indices: (count,) int64, numbers of the pictures. values: (count,) responses. places: (count, 2) int64, row and
    column on the unit's map.
    """

    indices: Tensor
    values: Tensor
    places: Tensor


@torch.no_grad()
def unit_responses(discriminator: BlockDiscriminator, images: Tensor, layer: int) -> UnitResponses:
    """Return the largest response of every unit of block `layer` to every picture, and where on the map it is.

    Args:
        discriminator: a `models.Discriminator`; it works in eval mode and gets its mode back.
        images: (N, C, H, W), uint8 or float in [−1, 1].

    Raises:
        InvalidValue: a layer that is not there, or pictures of another shape or range.
    """
    part = _blocks_to(discriminator, layer)
    refuse_other_pictures(discriminator, images)
    values: list[Tensor] = []
    places: list[Tensor] = []
    with eval_mode(discriminator):
        for batch in images.split(BATCH):
            maps = part(floats(batch))  # (B, units, h, w)
            largest, place = maps.flatten(2).max(dim=2)
            values.append(largest)
            places.append(torch.stack([place // maps.shape[3], place % maps.shape[3]], dim=2))
    return UnitResponses(torch.cat(values), torch.cat(places))


def top_pictures(responses: UnitResponses, unit: int, count: int = NINE) -> TopPictures:
    """Return the `count` pictures that move a unit most; fewer, if there are fewer. Of equal ones, the first wins.

    Raises:
        InvalidValue: a unit that is not there, or a count below 1.
    """
    refuse_other_unit(unit, responses.values.shape[1])
    count = whole_number("count", count)
    indices = responses.values[:, unit].argsort(descending=True, stable=True)[:count]
    return TopPictures(indices, responses.values[indices, unit], responses.places[indices, unit])


def unit_window(
    discriminator: BlockDiscriminator, layer: int, place: tuple[int, int], *, clipped: bool = True
) -> tuple[int, int, int, int]:
    """Return the part of the picture that a unit sees from one place: (top, left, bottom, right) in pixels.

    Rows top to bottom − 1 and columns left to right − 1 belong to it. Its size is the receptive field of the
    convolutions up to the block; a step on the map is the product of their strides.

    Args:
        place: (row, column) on the map. clipped: False leaves in what lies on the padding, outside the picture; all
            windows of a layer then have one size.

    Raises:
        InvalidValue: a layer that is not there.
    """
    part = _blocks_to(discriminator, layer)
    layers, size, edges = convolutions(part), _window_size(part), []
    for side, length in enumerate(discriminator.image_shape[1:]):
        jump, first = 1, 0
        for conv in layers:
            first -= int(conv.padding[side]) * jump  # where the first window of this layer begins
            jump *= conv.stride[side]
        start = first + int(place[side]) * jump
        end = start + size[side]
        edges.append((max(start, 0), min(end, length)) if clipped else (start, end))
    (top, bottom), (left, right) = edges
    return top, left, bottom, right


@dataclass(frozen=True)
class UnitView:
    """One unit, ready to be drawn: its top pictures, their windows, guided and plain gradients.

    pictures, units, plain: (n, C, H, W) float. top: the `TopPictures`. windows: n tuples (top, left, bottom, right),
    not clipped. mean_of_others: the mean response to all other pictures; nan if there are none.
    """

    top: TopPictures
    pictures: Tensor
    windows: list[tuple[int, int, int, int]]
    guided: Tensor
    plain: Tensor
    mean_of_others: float


def view_unit(
    discriminator: BlockDiscriminator,
    images: Tensor,
    responses: UnitResponses,
    layer: int,
    unit: int,
    count: int = NINE,
) -> UnitView:
    """Return the `count` pictures that move a unit most, with windows and gradients.

    Args:
        images: those that `responses = unit_responses(discriminator, images, layer)` was made of.

    Raises:
        InvalidValue: as in `top_pictures` and `guided_gradients`.
    """
    top = top_pictures(responses, unit, count)
    pictures = floats(images[top.indices])
    windows = [unit_window(discriminator, layer, place, clipped=False) for place in top.places.tolist()]
    units, plain = (guided_gradients(discriminator, pictures, layer, unit, guided=rule) for rule in (True, False))
    others = responses.values[:, unit].sum() - top.values.sum()
    count_of_others = len(responses.values) - len(top.values)
    mean = float(others) / count_of_others if count_of_others else float("nan")
    return UnitView(top, pictures, windows, units, plain, mean)


def top_window_colourfulness(
    discriminator: BlockDiscriminator, images: Tensor, responses: UnitResponses, layer: int, count: int = NINE
) -> Tensor:
    """Return for each unit how colourful the windows in its `count` top pictures are: (units,), 0 to 1.

    Hold it against `colourfulness(images).mean()`: that is what a unit that does not look at colours comes near to.

    Args:
        images: those that `responses = unit_responses(discriminator, images, layer)` was made of.
    """
    means = []
    for unit in range(responses.values.shape[1]):
        top = top_pictures(responses, unit, count)
        windows = [unit_window(discriminator, layer, place) for place in top.places.tolist()]
        parts = [
            images[number, :, up:down, left:right]
            for number, (up, left, down, right) in zip(top.indices.tolist(), windows, strict=True)
        ]
        means.append(torch.stack([colourfulness(part[None])[0] for part in parts]).mean())
    return torch.stack(means)


def random_twin(discriminator: AnyDiscriminator, images: Tensor, seed: int = 0) -> AnyDiscriminator:
    """Return the same network with fresh random weights: what to hold a trained one against. Eval mode.

    Weights are drawn by `models.init_weights` from `seed`; the global random state is left alone. Batch norm gets its
    mean and variance from `images`, as at the first step of a training: without them a random network would be judged
    on a scale that no network ever works on.

    Args:
        images: (N, C, H, W), uint8 or float in [−1, 1]; some hundred are enough.

    Raises:
        InvalidValue: pictures of another shape or range, or no seed.
    """
    refuse_other_pictures(discriminator, images)
    twin = copy.deepcopy(discriminator)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed_number(seed))
        init_weights(twin)
    norms = [module for module in twin.modules() if isinstance(module, nn.BatchNorm2d)]
    kept = [norm.momentum for norm in norms]
    for norm in norms:
        norm.reset_running_stats()
        norm.momentum = None  # the mean over all batches
    twin.train()
    with torch.no_grad():
        for batch in images.split(BATCH):
            twin(floats(batch))
    for norm, momentum in zip(norms, kept, strict=True):
        norm.momentum = momentum
    return twin.eval().requires_grad_(False)


def _blocks_to(discriminator: BlockDiscriminator, layer: int) -> nn.Sequential:
    return cut(discriminator, layer, "discriminator")[0]


def _units(part: nn.Module) -> int:
    return convolutions(part)[-1].out_channels


def _window_size(part: nn.Module) -> tuple[int, int]:
    settings = [(conv.kernel_size, conv.stride, conv.dilation) for conv in convolutions(part)]
    field = receptive_field([tuple((height, width) for height, width in layer) for layer in settings])
    return pair_of_sides("the receptive field", field)
