"""Networks whose inner numbers are used to judge pictures."""

import torch
from torch import Tensor, nn
from torch.nn.functional import adaptive_max_pool2d

from dcgan_course.data.pixels import scale
from dcgan_course.errors import InvalidValue, refuse_below_one
from dcgan_course.models.inference import eval_mode


@torch.no_grad()
def pooled_features(discriminator: nn.Module, images: Tensor, side: int = 4, batch_size: int = 500) -> Tensor:
    """What every convolution layer of D sees in each picture, as one line of numbers: (N, F) float32, on the CPU.

    The maps behind each block are cut into a side × side grid, the largest number of each field is kept, and all
    layers stand one behind the other: F is side² · (the maps of all layers). The last layer, the logit, is left out.
    `layer_slices` says which columns belong to which layer.

    Args:
        discriminator: a `models.Discriminator`, or another network with its `blocks` and `image_shape`. It is asked in
            eval mode and gets its modes back; no gradient is computed.
        images: (N, C, H, W) uint8 as `load_images` gives them, or float in [−1, 1].
        side: fields of the grid along each side. batch_size: pictures at a time; changes memory, not the numbers.

    Raises InvalidValue for a network without blocks, for pictures of another shape or range, and for a grid that is
    finer than the smallest maps.

    Source: Radford et al. 2015, section 5.1.
    """
    slices = layer_slices(discriminator, side)
    refuse_below_one(batch_size=batch_size)
    _refuse_pictures(images, discriminator.image_shape)
    device = next(discriminator.parameters()).device
    features = torch.empty(len(images), slices[-1].stop)
    with eval_mode(discriminator):
        for part, rows in zip(images.split(batch_size), features.split(batch_size), strict=True):
            maps = scale(part.to(device)) if part.dtype == torch.uint8 else part.to(device, torch.float32)
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


def layer_slices(discriminator: nn.Module, side: int = 4) -> tuple[slice, ...]:
    """Return which columns of `pooled_features` belong to each layer, the layer nearest to the picture first.

    Raises InvalidValue for a network without blocks.
    """
    refuse_below_one(side=side)
    if not hasattr(discriminator, "blocks") or not hasattr(discriminator, "image_shape"):
        raise InvalidValue(
            f"The network is {type(discriminator).__name__}, which has no blocks of convolutions: give a "
            'Discriminator, such as recorded.load_run("mnist_dcgan").discriminator.'
        )
    slices, start = [], 0
    for block in discriminator.blocks:
        (maps,) = (layer.out_channels for layer in block if isinstance(layer, nn.Conv2d))
        slices.append(slice(start, start + maps * side**2))
        start = slices[-1].stop
    return tuple(slices)


def _refuse_pictures(images, image_shape: tuple[int, int, int]) -> None:
    if not isinstance(images, Tensor) or tuple(images.shape[1:]) != tuple(image_shape) or not len(images):
        given = tuple(images.shape) if isinstance(images, Tensor) else type(images).__name__
        wanted = ", ".join(str(size) for size in image_shape)
        raise InvalidValue(
            f"images is {given}, but this network was built for (N, {wanted}) with N of 1 or more: "
            "load the pictures with that image_size, or build the network with theirs."
        )
    if images.dtype == torch.uint8:
        return
    if not images.is_floating_point():
        raise InvalidValue(f"images is {images.dtype}, but it must be uint8 in 0 to 255 or float in [−1, 1].")
    low, high = images.min().item(), images.max().item()
    if not -1.001 <= low <= high <= 1.001:
        raise InvalidValue(
            f"images goes from {low:g} to {high:g}, but pictures in float must lie in [−1, 1]: "
            "give them as uint8, or scale them with data.scale."
        )
