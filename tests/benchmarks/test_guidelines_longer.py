"""The rows that stand beside the late rows of lesson 06: what differs in them, and only that."""

import pytest
import torch
from torch import nn

from benchmarks.guidelines_longer import ROWS, he_start, pair_of
from dcgan_course import latent
from dcgan_course.models.ablations import VARIANTS


def spreads(network: nn.Module, x: torch.Tensor) -> list[float]:
    """The root mean square of what each convolution gives out, the first layer first."""
    found: list[float] = []
    handles = [
        layer.register_forward_hook(lambda _, given, out: found.append(float(out.square().mean().sqrt())))
        for layer in network.modules()
        if isinstance(layer, (nn.Conv2d, nn.ConvTranspose2d))
    ]
    with torch.no_grad():
        network(x)
    for handle in handles:
        handle.remove()
    return found


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_the_he_start_keeps_the_spread_from_layer_to_layer_and_the_paper_s_does_not(seed):
    torch.manual_seed(seed)
    z, pictures = latent.sample(64, 100, seed), torch.randn(64, 1, 28, 28)
    generator, discriminator = pair_of("no batch norm; He start")
    assert all(0.7 < spread < 2 for spread in (*spreads(generator, z), *spreads(discriminator, pictures)))
    generator, _ = pair_of("no batch norm")
    assert spreads(generator, z)[-1] < 0.02


@pytest.mark.parametrize("row", [row for row in ROWS if not row.startswith("MLP")])
def test_a_row_is_a_variant_of_the_table_with_other_weights_at_most(row):
    torch.manual_seed(0)
    networks = pair_of(row)
    torch.manual_seed(0)
    same = VARIANTS[row.partition(";")[0]](16)
    for network, other in zip(networks, same, strict=True):
        shapes = [(name, weight.shape) for name, weight in network.state_dict().items()]
        assert shapes == [(name, weight.shape) for name, weight in other.state_dict().items()]


def test_he_start_changes_the_pair_that_it_is_given():
    pair = VARIANTS["no batch norm"](16)
    assert he_start(pair) is pair
