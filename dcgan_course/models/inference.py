"""Asking a network without leaving a trace, and the z that it is asked about."""

import contextlib
from collections.abc import Iterator

import torch
from torch import Tensor

from dcgan_course.errors import InvalidValue
from dcgan_course.models.conditional import checked_labels
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
        InvalidValue: a conditional generator without labels or with other than its own, labels for one that is not
            conditional, or a picture that holds nan or infinity.
    """
    refuse_other_labels(generator, labels, len(z))
    device = next(generator.parameters()).device
    columns = [z] if labels is None else [z, labels]
    parts = zip(*(column.to(device).split(256) for column in columns), strict=True)
    with eval_mode(generator):
        pictures = torch.cat([generator(*part).cpu() for part in parts])
    refuse_not_finite(pictures, "generator's pictures")
    return pictures


def refuse_other_labels(generator: LatentGenerator | AskedGenerator, labels: Tensor | None, count: int) -> None:
    """Raise InvalidValue if a conditional generator gets no labels for `count` z, or another one gets some."""
    classes = getattr(generator, "classes", None)
    if classes is not None:
        checked_labels(labels, count, classes)
    elif labels is not None:
        raise InvalidValue("This generator is not conditional, so it cannot be asked for a class: leave labels out.")


def refuse_not_finite(answers: Tensor, whose: str) -> None:
    """Raise InvalidValue if a network answers with nan or infinity: finite weights can be too large to compute with."""
    if not bool(answers.isfinite().all()):
        raise InvalidValue(
            f"The {whose} hold numbers that are not finite (nan or infinity), since its weights are too large: take an "
            "older checkpoint, or train anew with a smaller learning_rate."
        )


def rows_of_z(count: int, latent_dim: int, source: torch.Generator) -> Tensor:
    """Draw z (count, latent_dim) from N(0, 1), on the CPU. Row n of a fresh source is the same for every count.

    torch fills normal numbers in blocks of 16, and draws the last 16 again where a block is not full: full blocks are
    drawn, and what is too much is left out.
    """
    full_blocks = torch.randn(-(-count * latent_dim // 16) * 16, generator=source, device="cpu")
    return full_blocks[: count * latent_dim].view(count, latent_dim)
