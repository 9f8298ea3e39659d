"""Asking a network in eval mode without leaving a trace."""

import contextlib

import torch
from torch import Tensor, nn


@contextlib.contextmanager
def eval_mode(network: nn.Module):
    """Work in eval mode inside the block, and give every part of the network its own mode back.

    In eval mode batch norm uses its running statistics and dropout passes everything on: the answer to one picture does
    not depend on the others, and looking at a network does not change it.
    """
    modes = [(module, module.training) for module in network.modules()]
    network.eval()
    try:
        yield
    finally:
        for module, training in modes:
            module.training = training


@torch.no_grad()
def draw(generator: nn.Module, z: Tensor) -> Tensor:
    """Return the pictures (N, C, H, W) of z in eval mode, on the CPU; the generator's mode stays as it was."""
    device = next(generator.parameters()).device
    with eval_mode(generator):
        return torch.cat([generator(part.to(device)).cpu() for part in z.split(256)])
