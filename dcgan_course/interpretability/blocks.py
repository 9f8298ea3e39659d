"""Cutting a network at a block: the maps behind it, and the picture that follows from maps.

Blocks are counted from 0 in the order in which they are used; −1 is the last, as everywhere in Python.
"""

from typing import Literal

import torch
from torch import Tensor, nn

from dcgan_course.errors import InvalidValue, is_whole
from dcgan_course.models.inference import eval_mode
from dcgan_course.models.protocols import BlockDiscriminator, BlockGenerator

PART = 500  # z or maps that go through the network at once


def cut(
    network: BlockGenerator | BlockDiscriminator, block: int, kind: Literal["generator", "discriminator"]
) -> tuple[nn.Sequential, nn.Sequential]:
    """Return the blocks up to `block`, with it, and the blocks behind it.

    Raises:
        InvalidValue: a network of another kind or without blocks, or a block that is not there.
    """
    blocks = getattr(network, "blocks", None)
    if not isinstance(blocks, nn.Sequential) or hasattr(network, "to_picture") != (kind == "generator"):
        raise InvalidValue(
            f"The {kind} is a {type(network).__name__}, but its maps are read block by block: "
            f"take a models.{kind.capitalize()}, such as load_run('cifar10_dcgan_32').{kind}."
        )
    count = len(blocks)
    if not is_whole(block) or not -count <= int(block) < count:
        raise InvalidValue(
            f"Block {block!r} is asked for, but this {kind} has {count} blocks: "
            f"take a whole number from −{count} to {count - 1}; −1 is the last."
        )
    end = int(block) % count + 1
    return blocks[:end], blocks[end:]


def convolutions(part: nn.Module) -> list[nn.Conv2d]:
    """Return the convolutions of a part of a network, in order."""
    return [module for module in part.modules() if isinstance(module, nn.Conv2d)]


def refuse_other_unit(unit: int, units: int) -> None:
    """Raise InvalidValue for a unit that a layer of so many units does not have."""
    if not is_whole(unit) or not 0 <= int(unit) < units:
        raise InvalidValue(
            f"unit is {unit!r}, but this layer has {units} units: take a whole number from 0 to {units - 1}."
        )


@torch.no_grad()
def maps_of(generator: BlockGenerator, z: Tensor, block: int = -1) -> Tensor:
    """Return what one block of a DCGAN generator puts out for z (N, latent_dim): (N, maps, h, w), after its ReLU.

    Args:
        generator: a `models.Generator`, asked in eval mode. block: its number; −1 is the layer before the one that
            draws the picture.

    Raises:
        InvalidValue: a network without such blocks, a block that it does not have, or z of another shape.
    """
    blocks, _ = cut(generator, block, "generator")
    if z.dim() != 2 or z.shape[1] != generator.latent_dim:
        raise InvalidValue(
            f"z is {tuple(z.shape)}, but it must be (N, {generator.latent_dim}): take latent.sample(N, "
            f"{generator.latent_dim}, seed)."
        )
    with eval_mode(generator):
        return torch.cat([blocks(part[:, :, None, None]) for part in z.split(PART)])


def generator_maps(generator: BlockGenerator, z: Tensor, block: int) -> Tensor:
    """Return the maps of `maps_of` for one z (latent_dim,): (maps, h, w)."""
    return maps_of(generator, z[None], block)[0]


@torch.no_grad()
def picture_from(generator: BlockGenerator, maps: Tensor, block: int = -1) -> Tensor:
    """Return what the layers after a block make of its maps (N, maps, h, w): pictures (N, C, H, W) in [−1, 1].

    The network is cut in two: `picture_from(generator, maps_of(generator, z, block), block)` is `generator(z)`, both
    times in eval mode.

    Raises:
        InvalidValue: as in `maps_of`.
    """
    _, blocks = cut(generator, block, "generator")
    with eval_mode(generator):
        return torch.cat([generator.to_picture(blocks(part)).tanh() for part in maps.split(PART)])


def refuse_other_pictures(discriminator: BlockDiscriminator, images: Tensor) -> None:
    """Raise InvalidValue for pictures that are not (N, *image_shape), or neither uint8 nor float in [−1, 1]."""
    shape = discriminator.image_shape
    if not isinstance(images, Tensor) or tuple(images.shape[1:]) != tuple(shape) or not len(images):
        given = tuple(images.shape) if isinstance(images, Tensor) else f"of type {type(images).__name__}"
        raise InvalidValue(
            f"The pictures are {given}, but this network was built for (N, {', '.join(map(str, shape))}) with N of 1 "
            "or more: load them with that image_size, or build the network with theirs."
        )
    if images.dtype == torch.uint8:
        return
    if not images.is_floating_point():
        raise InvalidValue(f"The pictures are {images.dtype}, but must be uint8 in 0 to 255 or float in [−1, 1].")
    low, high = images.min().item(), images.max().item()
    if not -1.001 <= low <= high <= 1.001:
        raise InvalidValue(
            f"The pictures go from {low:g} to {high:g}, but floats must lie in [−1, 1]: "
            "give them as uint8, or scale them with data.scale."
        )
