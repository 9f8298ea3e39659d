"""Penalties against closed forms and autograd: on a linear D the slope is the length of its weights, everywhere."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import nn

from dcgan_course.training.fixes import penalties


def linear(seed=0):
    torch.manual_seed(seed)
    return nn.Sequential(nn.Flatten(), nn.Linear(12, 1), nn.Flatten(0)).double()


def curved(seed=0):
    torch.manual_seed(seed)
    return nn.Sequential(nn.Flatten(), nn.Linear(12, 5), nn.Tanh(), nn.Linear(5, 1), nn.Flatten(0)).double()


def pictures(seed, count=4):
    return torch.randn(count, 3, 2, 2, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


@given(seed=st.integers(0, 1000), weight=st.floats(0.001, 100))
def test_on_a_linear_discriminator_the_penalties_are_closed_forms(seed, weight):
    network = linear(seed)
    slope = network[1].weight.norm()
    real, fake = pictures(seed), pictures(seed + 1)
    torch.testing.assert_close(penalties.r1(network, real, fake, weight), weight / 2 * slope**2)
    torch.testing.assert_close(penalties.r2(network, real, fake, weight), weight / 2 * slope**2)
    torch.testing.assert_close(penalties.r1_r2(network, real, fake, weight), weight * slope**2)
    torch.testing.assert_close(penalties.gradient_penalty(network, real, fake, weight), weight * (slope - 1) ** 2)


def test_the_slope_of_each_picture_is_the_one_that_it_has_alone():
    network, images = curved(), pictures(1)
    alone = [torch.autograd.functional.jacobian(network, image[None]).norm() for image in images]
    torch.testing.assert_close(penalties.slopes(network, images), torch.stack(alone))


def test_r1_looks_at_reals_and_r2_at_fakes():
    network, real, fake = curved(), pictures(1), pictures(2)
    of_reals, of_fakes = (penalties.slopes(network, each).square().mean() for each in (real, fake))
    torch.testing.assert_close(penalties.r1(network, real, fake, 0.3), 0.15 * of_reals)
    torch.testing.assert_close(penalties.r2(network, real, fake, 0.3), 0.15 * of_fakes)


@pytest.mark.parametrize("name", penalties.PENALTIES)
def test_the_gradient_for_the_weights_is_that_of_finite_differences(name):
    """A penalty without create_graph has a value and teaches nothing."""
    network, real, fake = curved(), pictures(1), pictures(2)

    def value():
        torch.manual_seed(0)
        return penalties.penalty_of(name, 0.7)(network, real, fake)

    value().backward()
    parameter, step = network[1].weight, 1e-6
    with torch.no_grad():
        parameter[2, 3] += step
    after = value()
    with torch.no_grad():
        parameter[2, 3] -= 2 * step
    assert float((after - value()).detach() / (2 * step)) == pytest.approx(float(parameter.grad[2, 3]), rel=1e-5)


def test_each_pair_is_mixed_with_a_share_of_its_own():
    seen = []

    def spy(images):
        seen.append(images.detach())
        return images.flatten(1).sum(1)

    real, fake = torch.ones(200, 1, 1, 2), torch.zeros(200, 1, 1, 2)
    penalties.gradient_penalty(spy, real, fake, 1.0, torch.Generator().manual_seed(0))
    assert torch.equal(seen[0][..., 0], seen[0][..., 1]) and len(seen[0][:, 0, 0, 0].unique()) > 190
    assert 0 <= seen[0].min() and seen[0].max() < 1 and 0.4 < seen[0].mean() < 0.6


def test_the_pictures_given_are_left_alone():
    network, real = curved(), pictures(1).requires_grad_()
    penalties.r1_r2(network, real, pictures(2), 1.0).backward()
    assert real.grad is None


def test_a_flat_discriminator_gives_finite_gradients():
    """The root of a sum of squares has no slope at 0: nan would end the training."""
    network = curved()
    nn.init.zeros_(network[3].weight)
    penalties.gradient_penalty(network, pictures(1), pictures(2), 10.0).backward()
    assert all(parameter.grad is None or parameter.grad.isfinite().all() for parameter in network.parameters())


def test_clipped_weights_lie_within_the_bound_and_others_stay():
    network = linear()
    before = network[1].weight.detach().clone()
    penalties.clip_weights(network, 0.1)
    assert torch.equal(network[1].weight, before.clamp(-0.1, 0.1)) and network[1].weight.requires_grad
    assert before.abs().max() > 0.1 > before.abs().min()
