"""The averaged generator: the mean of G's weights over the last steps, and statistics of batch norm that fit it.

Running statistics describe what the layers of one network let through. Those of the last G do not describe its
average: with them the average draws pale pictures that look alike. So they are computed anew, by passing fresh z
through the averaged weights, as torch.optim.swa_utils.update_bn does with pictures.

Source: Yazıcı et al. 2019 (the average of a generator); Izmailov et al. 2018, section 3.2 (statistics anew).
"""

import torch
from torch import Tensor, nn
from torch.nn.modules.batchnorm import _BatchNorm

from dcgan_course.models.inference import eval_mode
from dcgan_course.models.protocols import AskedGenerator, LatentGenerator, Module

BATCHES, BATCH_SIZE = 16, 64  # of z, from which the statistics are computed


@torch.no_grad()
def move_average(average: Module, network: Module, decay: float) -> None:
    """Move every parameter of the average by one step, in place: average ← decay · average + (1 − decay) · network.

    Buffers are copied, except the statistics of batch norm: see `statistics_anew`.
    """
    averages: list[Tensor] = list(average.parameters())
    values: list[Tensor] = list(network.parameters())
    torch._foreach_lerp_(averages, values, 1 - decay)
    own = {id(buffer) for norm in _batch_norms(average) for buffer in norm.buffers()}
    for mean, value in zip(average.buffers(), network.buffers(), strict=True):
        if id(mean) not in own:
            mean.copy_(value)


@torch.no_grad()
def statistics_anew(generator: LatentGenerator | AskedGenerator, seed: int, labels: Tensor | None = None) -> None:
    """Compute the running statistics of batch norm from 1,024 fresh z, in place; nothing else changes.

    Args:
        seed: of z. labels: (N,), where the generator is conditional; classes are drawn from these.

    Each statistic becomes the plain mean over 16 batches. Only batch norm works in training mode meanwhile, so dropout
    draws nothing. The same weights and seed give the same statistics.
    """
    norms = _batch_norms(generator)
    if not norms:
        return
    device = next(generator.parameters()).device
    noise = torch.Generator().manual_seed(seed)
    momenta = [norm.momentum for norm in norms]
    try:
        with eval_mode(generator):
            for norm in norms:
                norm.train()
                norm.reset_running_stats()
                norm.momentum = None  # PyTorch's word for the plain mean over all batches
            for _ in range(BATCHES):
                z = torch.randn(BATCH_SIZE, generator.latent_dim, generator=noise).to(device)
                which = () if labels is None else (labels[_rows(len(labels), noise)].to(device),)
                generator(z, *which)
    finally:
        for norm, momentum in zip(norms, momenta, strict=True):
            norm.momentum = momentum


def _rows(count: int, noise: torch.Generator) -> Tensor:
    return torch.randint(count, (BATCH_SIZE,), generator=noise)


def has_own_statistics(generator: Module) -> bool:
    """Tell whether the statistics of batch norm are those of `statistics_anew`: a mean over so many batches."""
    return all(norm.num_batches_tracked == BATCHES for norm in _batch_norms(generator))


def _batch_norms(network: Module) -> list[_BatchNorm]:
    """Return the layers of batch norm that keep running statistics."""
    modules: list[nn.Module] = list(network.modules())
    return [layer for layer in modules if isinstance(layer, _BatchNorm) and layer.track_running_stats]
