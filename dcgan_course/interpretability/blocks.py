"""Cutting a network at a block: the maps behind it, and the picture that follows from maps."""

import torch
from torch import Tensor, nn

from dcgan_course.errors import InvalidValue, refuse_number_outside
from dcgan_course.models.inference import eval_mode


@torch.no_grad()
def generator_maps(generator: nn.Module, z: Tensor, block: int) -> Tensor:
    """Return all maps of one block of a generator at work on one z: (channels, H, W), after the activation.

    Args:
        generator: a `models.Generator`; it works in eval mode and gets its mode back. z: (latent_dim,).
        block: number of a block, from 0.

    Raises InvalidValue for a block that is not there, and for a z of another shape.
    """
    part = _blocks_to(generator, block, "block", "generator")
    if tuple(z.shape) != (generator.latent_dim,):
        raise InvalidValue(
            f"z is of shape {tuple(z.shape)}, but it must be one z of shape ({generator.latent_dim},): "
            "take one row of latent.sample(...)."
        )
    with eval_mode(generator):
        return part(z[None, :, None, None])[0]


def _blocks_to(network: nn.Module, layer: int, name: str = "layer", kind: str = "discriminator") -> nn.Sequential:
    """Return the blocks 0 to `layer`."""
    blocks = getattr(network, "blocks", None)
    if not isinstance(blocks, nn.Sequential):
        raise InvalidValue(
            f"The {kind} is a {type(network).__name__}, but its maps are read block by block: "
            f"take a models.{kind.capitalize()}, such as load_run('cifar10_dcgan_32').{kind}."
        )
    refuse_number_outside(name, layer, len(blocks), f"this {kind} has {len(blocks)} blocks")
    return blocks[: layer + 1]


@torch.no_grad()
def maps_of(generator: nn.Module, z: Tensor, block: int = -1) -> Tensor:
    """Return what one block of a DCGAN generator puts out for z (N, latent_dim): (N, maps, h, w), after its ReLU.

    Args:
        generator: a `models.Generator`; it works in eval mode here and comes back in the mode it was in.
        block: a number of `generator.blocks`; −1 is the layer before the one that draws the picture.

    Raises InvalidValue for a network without such blocks, or a block that it does not have.
    """
    end = _block_number(generator, block) + 1
    with eval_mode(generator):
        return torch.cat([generator.blocks[:end](part[:, :, None, None]) for part in z.split(500)])


@torch.no_grad()
def picture_from(generator: nn.Module, maps: Tensor, block: int = -1) -> Tensor:
    """Return what the layers after a block make of its maps (N, maps, h, w): pictures (N, C, H, W) in [−1, 1].

    The network is cut in two: `picture_from(generator, maps_of(generator, z, block), block)` is `generator(z)`, both
    times in eval mode.
    """
    start = _block_number(generator, block) + 1
    with eval_mode(generator):
        parts = [generator.to_picture(generator.blocks[start:](part)).tanh() for part in maps.split(500)]
    return torch.cat(parts)


def _block_number(generator: nn.Module, block: int) -> int:
    if not (hasattr(generator, "blocks") and hasattr(generator, "to_picture")):
        raise InvalidValue(
            f"generator is a {type(generator).__name__}, which has no maps to drop: give a DCGAN `models.Generator`."
        )
    count = len(generator.blocks)
    if isinstance(block, bool) or not isinstance(block, int) or not -count <= block < count:
        raise InvalidValue(f"block is {block!r}, but this generator's blocks are 0 to {count - 1}; −1 is the last.")
    return block % count
