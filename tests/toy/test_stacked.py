"""One stacked training must be M separate trainings: PyTorch's own layers are the oracle."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from dcgan_course.errors import InvalidValue
from dcgan_course.toy.mixtures import ring_of_8
from dcgan_course.toy.point_networks import PointDiscriminators, PointGenerators
from dcgan_course.toy.points import GameSettings, ManyGans, pack
from dcgan_course.toy.stacked import StackedBatchNorm, StackedLinear, StackedMaxout, network_of
from dcgan_course.training.losses import discriminator_loss, non_saturating

sizes = st.integers(1, 7)


@given(networks=sizes, count=sizes, wide_in=sizes, wide_out=sizes, seed=st.integers(0, 10**6))
@settings(max_examples=60, deadline=None)
def test_linear_is_many_torch_linears(networks, count, wide_in, wide_out, seed):
    random = torch.Generator().manual_seed(seed)
    stacked = StackedLinear(networks, wide_in, wide_out, random)
    x = torch.randn(networks, count, wide_in, generator=random)
    out = stacked(x)
    for m in range(networks):
        want = nn.functional.linear(x[m], stacked.weight[m].T, stacked.bias[m, 0])
        torch.testing.assert_close(out[m], want, rtol=1e-5, atol=1e-5)


def test_linear_starts_as_torch_linear_does():
    stacked = StackedLinear(200, 16, 30, torch.Generator().manual_seed(0))
    bound = 0.25  # 1 / √16
    for values in (stacked.weight, stacked.bias):
        assert values.abs().max() <= bound
        assert abs(values.std().item() - bound / 3**0.5) < 0.003
    spread = nn.Linear(16, 30000).weight.std()
    assert abs(stacked.weight.std() - spread) < 0.003


@given(networks=sizes, count=st.integers(2, 9), features=sizes, seed=st.integers(0, 10**6))
@settings(max_examples=40, deadline=None)
def test_batch_norm_is_many_torch_batch_norms(networks, count, features, seed):
    random = torch.Generator().manual_seed(seed)
    stacked = StackedBatchNorm(networks, features, eps=1e-3, momentum=0.3)
    separate = [nn.BatchNorm1d(features, eps=1e-3, momentum=0.3) for _ in range(networks)]
    for _ in range(3):
        x = 2 + torch.randn(networks, count, features, generator=random)
        want = torch.stack([norm(row) for norm, row in zip(separate, x, strict=True)])
        torch.testing.assert_close(stacked(x), want, rtol=1e-4, atol=1e-4)
    stacked.eval()
    want = torch.stack([norm.eval()(row) for norm, row in zip(separate, x, strict=True)])
    torch.testing.assert_close(stacked(x), want, rtol=1e-4, atol=1e-4)


@given(networks=sizes, count=sizes, wide_in=sizes, wide_out=sizes, pieces=sizes, seed=st.integers(0, 10**6))
@settings(max_examples=40, deadline=None)
def test_maxout_is_the_largest_of_its_pieces(networks, count, wide_in, wide_out, pieces, seed):
    random = torch.Generator().manual_seed(seed)
    stacked = StackedMaxout(networks, wide_in, wide_out, pieces, random)
    x = torch.randn(networks, count, wide_in, generator=random)
    weight, bias = stacked.linear.weight, stacked.linear.bias
    parts = [
        x @ weight[:, :, p * wide_out : (p + 1) * wide_out] + bias[:, :, p * wide_out : (p + 1) * wide_out]
        for p in range(pieces)
    ]
    torch.testing.assert_close(stacked(x), torch.stack(parts).amax(dim=0), rtol=1e-5, atol=1e-5)


class Maxout(nn.Module):
    """One maxout layer written with nn.Linear: the separate twin of StackedMaxout."""

    def __init__(self, wide_in, wide_out, pieces):
        super().__init__()
        self.linear, self.shape = nn.Linear(wide_in, pieces * wide_out), (pieces, wide_out)

    def forward(self, x):
        return self.linear(x).view(-1, *self.shape).amax(dim=1)


def separate_generator(stacked, m):
    layers = []
    for linear in stacked.hidden:
        layers += [as_linear(linear, m), nn.BatchNorm1d(linear.weight.shape[2]), nn.ReLU()]
    return nn.Sequential(*layers, as_linear(stacked.out, m))


def separate_discriminator(stacked, m):
    layers = []
    for maxout in stacked.hidden:
        layer = Maxout(maxout.linear.weight.shape[1], maxout.out_features, maxout.pieces)
        layer.linear = as_linear(maxout.linear, m)
        layers.append(layer)
    return nn.Sequential(*layers, as_linear(stacked.out, m))


def as_linear(stacked, m):
    linear = nn.Linear(stacked.weight.shape[1], stacked.weight.shape[2])
    with torch.no_grad():
        linear.weight.copy_(stacked.weight[m].T)
        linear.bias.copy_(stacked.bias[m, 0])
    return linear


@pytest.mark.parametrize("packing", [1, 2])
def test_one_stacked_training_is_three_separate_trainings(packing):
    """The same points and z, 15 rounds: every parameter of every pair agrees with a training in plain PyTorch."""
    networks, rounds = 3, 15
    random = torch.Generator().manual_seed(0)
    generators = PointGenerators(networks, 2, 16, 2, generator=random)
    discriminators = PointDiscriminators(networks, packing, 12, 2, 3, generator=random)
    pairs = [(separate_generator(generators, m), separate_discriminator(discriminators, m)) for m in range(networks)]
    ManyGans(generators, discriminators, ring_of_8(), GameSettings(batch_size=20, seed=3)).run(rounds)

    random, mixture, count = torch.Generator().manual_seed(3), ring_of_8(), 20 * packing
    optimizers = [
        (torch.optim.Adam(g.parameters(), 1e-3, (0.5, 0.999)), torch.optim.Adam(d.parameters(), 1e-3, (0.5, 0.999)))
        for g, d in pairs
    ]
    for _ in range(rounds):
        z = torch.randn(networks, count, 2, generator=random)
        real = pack(mixture.sample((networks, count), random), packing)
        z_for_g = torch.randn(networks, count, 2, generator=random)
        for m, (g, d) in enumerate(pairs):
            fake = g(z[m]).detach().reshape(20, -1)
            optimizers[m][1].zero_grad()
            discriminator_loss(d(real[m]), d(fake)).backward()
            optimizers[m][1].step()
            optimizers[m][0].zero_grad()
            non_saturating(d(g(z_for_g[m]).reshape(20, -1))).backward()
            optimizers[m][0].step()
    for m, (g, d) in enumerate(pairs):
        torch.testing.assert_close(generators.out.weight[m], g[-1].weight.T, rtol=2e-3, atol=2e-5)
        torch.testing.assert_close(generators.norms[0].running_var[m, 0], g[1].running_var, rtol=2e-3, atol=2e-5)
        torch.testing.assert_close(discriminators.out.weight[m], d[-1].weight.T, rtol=2e-3, atol=2e-5)
        torch.testing.assert_close(
            discriminators.hidden[0].linear.weight[m], d[0].linear.weight.T, rtol=2e-3, atol=2e-5
        )


def test_a_stacked_network_never_sees_its_neighbours():
    """The gradient of network 0's loss on every other network's parameters is exactly zero."""
    discriminators = PointDiscriminators(4, 1, 8, 2, 3, generator=torch.Generator().manual_seed(0))
    discriminators(torch.randn(4, 10, 2))[0].sum().backward()
    for parameter in discriminators.parameters():
        assert parameter.grad[0].abs().sum() > 0
        assert not parameter.grad[1:].any()


def test_one_network_can_be_taken_out():
    random = torch.Generator().manual_seed(0)
    generators = PointGenerators(3, 2, 8, 2, generator=random)
    z = torch.randn(3, 50, 2, generator=random)
    generators(z)
    generators.eval()
    alone = PointGenerators(1, 2, 8, 2)
    alone.load_state_dict(network_of(generators, 2))
    torch.testing.assert_close(alone.eval()(z[2:]), generators(z)[2:])


@pytest.mark.parametrize("bad", [0, -1, 2.0, True, "3"])
def test_sizes_are_refused_at_the_door(bad):
    with pytest.raises(InvalidValue, match="whole number of at least 1"):
        StackedLinear(bad, 2, 3)
    with pytest.raises(InvalidValue, match="whole number of at least 1"):
        StackedMaxout(2, 2, 3, pieces=bad)


def test_numpys_whole_numbers_are_sizes():
    two, three = np.int64(2), np.int64(3)
    generators = PointGenerators(two, two, three, two)
    discriminators = PointDiscriminators(two, two, three, two, two)
    assert generators(torch.randn(2, 4, 2)).shape == (2, 4, 2)
    assert discriminators(torch.randn(2, 4, 4)).shape == (2, 4)
    assert len(generators.hidden) == len(discriminators.hidden) == 2
    settings_ = GameSettings(batch_size=three, seed=two)
    assert type(settings_.batch_size) is type(settings_.seed) is int


def test_spectral_norm_divides_by_the_largest_singular_value():
    random = torch.Generator().manual_seed(0)
    discriminators = PointDiscriminators(3, 1, 8, 2, 2, spectral_norm=True, generator=random)
    for layer in [layer for layer in discriminators.modules() if isinstance(layer, StackedLinear)]:
        norms = torch.linalg.matrix_norm(layer.weight, 2)
        torch.testing.assert_close(norms, torch.ones(3), rtol=0.02, atol=0)
        with torch.no_grad():
            layer.parametrizations.weight.original.mul_(7.0)  # the estimate follows: it is linear in the weight
        torch.testing.assert_close(torch.linalg.matrix_norm(layer.weight, 2), norms, rtol=0.02, atol=0)


def test_batch_deviation_shows_d_how_alike_the_points_are():
    """Shifting all points alike leaves the second half of what D sees as it is; points that are equal make it 0."""
    discriminators = PointDiscriminators(2, 1, 8, 1, 2, batch_deviation=True)
    seen = []
    discriminators.hidden.register_forward_hook(lambda module, inputs, output: seen.append(inputs[0]))
    points = torch.randn(2, 50, 2)
    for shown in (points, points + 3, points * 0 + 1):
        discriminators(shown)
    assert seen[0].shape == (2, 50, 4)
    torch.testing.assert_close(seen[0][..., 2:], points.std(dim=1, correction=0)[:, None].expand(2, 50, 2))
    torch.testing.assert_close(seen[1][..., 2:], seen[0][..., 2:], rtol=1e-4, atol=1e-5)
    assert seen[2][..., 2:].max() <= 2e-4
