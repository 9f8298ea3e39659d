"""Asking a network without leaving a trace."""

import contextlib
from collections.abc import Iterator

import torch
from torch import Tensor

from dcgan_course.errors import InvalidValue
from dcgan_course.models.protocols import AskedGenerator, LatentGenerator, Module


@contextlib.contextmanager
def eval_mode(network: Module) -> Iterator[None]:
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
def draw(generator: LatentGenerator | AskedGenerator, z: Tensor, labels: Tensor | None = None) -> Tensor:
    """Return the pictures (N, C, H, W) of z (N, latent_dim) in eval mode, on the CPU.

    Args:
        labels: int64 (N,), the classes that a conditional generator is asked for; None for a generator of z alone.

    Nothing tells afterwards that the generator was asked: every part is in the mode that it was in, no gradient was
    computed, running statistics and the random state are as they were. z may lie on any device.

    Raises:
        InvalidValue: a conditional generator without labels, or labels for one that is not conditional.
    """
    refuse_missing_labels(generator, labels)
    device = next(generator.parameters()).device
    columns = [z] if labels is None else [z, labels]
    parts = zip(*(column.to(device).split(256) for column in columns), strict=True)
    with eval_mode(generator):
        return torch.cat([generator(*part).cpu() for part in parts])


def refuse_missing_labels(generator: LatentGenerator | AskedGenerator, labels: Tensor | None) -> None:
    """Raise InvalidValue if a conditional generator gets no labels, or one that is not conditional gets some."""
    classes = getattr(generator, "classes", None)
    if classes is not None and labels is None:
        raise InvalidValue(
            f"This generator is conditional, so it must be told what to draw: give labels, numbers from 0 to "
            f"{classes - 1}, one for each z."
        )
    if classes is None and labels is not None:
        raise InvalidValue("This generator is not conditional, so it cannot be asked for a class: leave labels out.")
