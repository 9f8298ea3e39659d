"""Asking a network in eval mode without leaving a trace."""

import contextlib

from torch import nn


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
