import pytest
import torch
from torch import nn

from dcgan_course import models
from dcgan_course.errors import InvalidValue


@pytest.fixture
def generator():
    """A generator in train mode, one batch norm of which somebody keeps in eval mode."""
    torch.manual_seed(0)
    generator = models.Generator(16, latent_dim=5, channels=1, width=2)
    generator.blocks[1][1].eval()
    return generator


def modes(network):
    return [module.training for module in network.modules()]


class TestEvalMode:
    def test_each_part_has_its_own_mode_back(self, generator):
        before = modes(generator)
        with models.eval_mode(generator):
            assert not any(modes(generator))
        assert modes(generator) == before and len(set(before)) == 2

    def test_also_after_an_error(self, generator):
        before = modes(generator)
        with pytest.raises(ZeroDivisionError), models.eval_mode(generator):
            raise ZeroDivisionError
        assert modes(generator) == before


class TestDraw:
    def test_it_leaves_no_trace(self, generator):
        before, random = modes(generator), torch.get_rng_state()
        tensors = {name: tensor.clone() for name, tensor in generator.state_dict().items()}
        pictures = models.draw(generator, torch.randn(3, 5, generator=torch.Generator().manual_seed(1)))
        assert not pictures.requires_grad and all(p.grad is None for p in generator.parameters())
        assert modes(generator) == before
        assert all(torch.equal(tensors[name], tensor) for name, tensor in generator.state_dict().items())
        assert torch.equal(torch.get_rng_state(), random)

    def test_dropout_and_batch_norm_are_at_rest(self, generator):
        z = torch.randn(300, 5, generator=torch.Generator().manual_seed(1))
        pictures = models.draw(generator, z)  # in two parts
        torch.testing.assert_close(models.draw(generator, z[250:]), pictures[250:])
        drops = models.MLPGenerator((1, 6, 6), 5, 16, dropout=0.9)
        assert torch.equal(models.draw(drops, z), models.draw(drops, z))

    def test_it_is_what_the_generator_draws(self, generator):
        z = torch.randn(4, 5, generator=torch.Generator().manual_seed(1))
        assert torch.equal(models.draw(generator, z), generator.eval()(z))


@pytest.mark.parametrize("module", [nn.Linear(5, 3), nn.Sequential(nn.Linear(5, 3), nn.Dropout())])
def test_eval_mode_takes_any_network(module):
    with models.eval_mode(module):
        assert torch.equal(module(torch.ones(2, 5)), module(torch.ones(2, 5)))
    assert module.training


def test_finite_weights_that_are_too_large_to_compute_with_are_said():
    broken = models.MLPGenerator((1, 6, 6), 5, 16)
    with torch.no_grad():
        for parameter in broken.parameters():
            parameter.mul_(1e38)
    z = torch.randn(3, 5, generator=torch.Generator().manual_seed(1))
    assert all(bool(value.isfinite().all()) for value in broken.state_dict().values())
    with pytest.raises(InvalidValue, match="generator's pictures hold numbers that are not finite .* its weights"):
        models.draw(broken, z)
