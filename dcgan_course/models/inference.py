"""Asking a network without leaving a trace."""

import contextlib
from collections.abc import Iterator

import torch
from torch import Tensor

from dcgan_course.models.protocols import LatentGenerator, Network


@contextlib.contextmanager
def eval_mode(network: Network) -> Iterator[None]:
    """Work in eval mode inside the block, and give every part of the network its own mode back.

    In eval mode batch norm uses its running statistics and dropout passes everything on: the answer to one picture does
    not depend on the others, and looking at a network does not change it. `network.train(was)` at the end would not do:
    it puts all parts into one mode, also a batch norm that somebody keeps in eval mode.
    """
    modes = [(module, module.training) for module in network.modules()]
    network.eval()
    try:
        yield
    finally:
        for module, training in modes:
            module.training = training


@torch.no_grad()
def draw(generator: LatentGenerator, z: Tensor) -> Tensor:
    """Return the pictures (N, C, H, W) of z (N, latent_dim) in eval mode, on the CPU.

    Nothing tells afterwards that the generator was asked: every part is in the mode that it was in, no gradient was
    computed, running statistics and the random state are as they were. z may lie on any device.
    """
    device = next(generator.parameters()).device
    with eval_mode(generator):
        return torch.cat([generator(part.to(device)).cpu() for part in z.split(256)])
