"""The numbers inside a discriminator as features of pictures: what a linear probe reads."""

import torch
from torch import Tensor, nn
from torch.nn.functional import adaptive_max_pool2d

from dcgan_course.data.pixels import floats
from dcgan_course.errors import InvalidValue, whole_number
from dcgan_course.interpretability.blocks import cut, refuse_other_pictures
from dcgan_course.models.inference import eval_mode
from dcgan_course.models.protocols import BlockDiscriminator


@torch.no_grad()
def pooled_features(discriminator: BlockDiscriminator, images: Tensor, side: int = 4, batch_size: int = 500) -> Tensor:
    """What every convolution layer of D sees in each picture, as one line of numbers: (N, F) float32, on the CPU.

    The maps behind each block are cut into a side × side grid, the largest number of each field is kept, and all
    layers stand one behind the other: F is side² · (the maps of all layers). The last layer, the logit, is left out.
    `layer_slices` says which columns belong to which layer.

    Args:
        discriminator: a `models.Discriminator`, or another network with its `blocks` and `image_shape`. It is asked in
            eval mode and gets its modes back; no gradient is computed.
        images: (N, C, H, W) uint8 as `load_images` gives them, or float in [−1, 1].
        side: fields of the grid along each side. batch_size: pictures at a time; changes memory, not the numbers.

    Raises:
        InvalidValue: a network without blocks, pictures of another shape or range, or a grid that is finer than the
            smallest maps.

    Source: Radford et al. 2015, section 5.1.
    """
    side, batch_size = whole_number("side", side), whole_number("batch_size", batch_size)
    slices = layer_slices(discriminator, side)
    refuse_other_pictures(discriminator, images)
    device = next(discriminator.parameters()).device
    features = torch.empty(len(images), slices[-1].stop)
    with eval_mode(discriminator):
        for part, rows in zip(images.split(batch_size), features.split(batch_size), strict=True):
            maps = floats(part.to(device))
            maps = maps.contiguous(memory_format=torch.channels_last)  # twice as fast on a CPU, the same numbers
            for block, columns in zip(discriminator.blocks, slices, strict=True):
                maps = block(maps)  # (B, maps of this layer, h, w)
                if min(maps.shape[2:]) < side:
                    small = "×".join(str(size) for size in maps.shape[2:])
                    raise InvalidValue(
                        f"side is {side}, but the smallest maps of this network are {small}: "
                        f"use a side of at most {min(maps.shape[2:])}."
                    )
                rows[:, columns] = adaptive_max_pool2d(maps, side).flatten(1)
    return features


def layer_slices(discriminator: BlockDiscriminator, side: int = 4) -> tuple[slice, ...]:
    """Return which columns of `pooled_features` belong to each layer, the layer nearest to the picture first.

    Raises:
        InvalidValue: a network without blocks, or a side below 1.
    """
    fields = whole_number("side", side) ** 2
    slices, start = [], 0
    for block in cut(discriminator, -1, "discriminator")[0]:
        (maps,) = (layer.out_channels for layer in block.modules() if isinstance(layer, nn.Conv2d))
        slices.append(slice(start, start + maps * fields))
        start = slices[-1].stop
    return tuple(slices)
