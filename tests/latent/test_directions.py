import numpy as np
import pytest
import torch
from sklearn.decomposition import PCA
from torch import nn

from dcgan_course import latent, models
from dcgan_course.errors import InvalidValue


class TestArithmetic:
    def test_the_first_row_is_the_sum_of_means_and_the_others_lie_around_it(self):
        plus, minus, base = (latent.sample(3, 10, seed) for seed in (1, 2, 3))
        points = latent.arithmetic(plus, minus, base, count=200, noise=0.25)
        torch.testing.assert_close(points[0], plus.mean(0) - minus.mean(0) + base.mean(0))
        apart = (points[1:] - points[0]).abs()
        assert apart.max() <= 0.25 and apart.mean() == pytest.approx(0.125, rel=0.05)

    def test_an_attribute_is_found_where_it_was_put(self):
        z, direction = latent.sample(4000, 20, seed=0), torch.eye(20)[7]
        found = latent.attribute_direction(z, z @ direction > 0)
        assert float(found @ direction / found.norm()) > 0.98

    @pytest.mark.parametrize(("value", "word"), [(True, "have it"), (False, "lack it")])
    def test_one_kind_alone_is_refused(self, value, word):
        with pytest.raises(InvalidValue, match=f"All 5 pictures {word}"):
            latent.attribute_direction(torch.zeros(5, 3), torch.full((5,), value))


@pytest.mark.parametrize("build", [lambda: models.Generator(16, 12, 1, 4), lambda: models.MLPGenerator((1, 6, 6), 12)])
def test_weight_directions_are_orthogonal_and_the_strongest_come_first(build):
    torch.manual_seed(0)
    generator = build()
    directions = latent.weight_directions(generator, 12)
    torch.testing.assert_close(directions @ directions.T, torch.eye(12), rtol=1e-4, atol=1e-4)
    first = next(layer for layer in generator.modules() if isinstance(layer, (nn.Linear, nn.ConvTranspose2d)))
    matrix = first.weight.T if isinstance(first, nn.Linear) else first.weight.flatten(1)
    moved = (directions @ matrix).norm(dim=1)
    assert (moved[:-1] >= moved[1:] - 1e-5).all()
    with pytest.raises(InvalidValue, match="count is 13, but this generator has 1 to 12"):
        latent.weight_directions(generator, 13)


class TestActivationDirections:
    @pytest.mark.parametrize(
        "build", [lambda: models.Generator(16, 12, 1, 4), lambda: models.MLPGenerator((1, 6, 6), 12)]
    )
    def test_they_are_those_of_principal_components_and_least_squares(self, build):
        torch.manual_seed(0)
        generator = build().eval()
        found = latent.activation_directions(generator, 3, samples=400, seed=5)
        z = latent.sample(400, 12, 5)
        first = generator.blocks[0] if isinstance(generator, models.Generator) else generator.layers[:2]
        with torch.no_grad():
            activations = first(z[:, :, None, None] if isinstance(generator, models.Generator) else z).flatten(1)
        places = PCA(3, svd_solver="full").fit_transform(activations.double().numpy())
        fitted = np.linalg.lstsq(places, (z - z.mean(dim=0)).double().numpy(), rcond=None)[0]
        for ours, theirs in zip(found.double().numpy(), fitted, strict=True):
            assert abs(ours @ theirs) / np.linalg.norm(theirs) == pytest.approx(1, abs=1e-4)
        torch.testing.assert_close(found.norm(dim=1), torch.ones(3))

    def test_where_relu_cuts_nothing_off_they_are_those_of_the_weights(self):
        torch.manual_seed(0)
        generator = models.MLPGenerator((1, 6, 6), 6, 32, dropout=0).eval()
        with torch.no_grad():
            generator.layers[0].weight.mul_(torch.tensor([8.0, 5.0, 3.0, 2.0, 1.0, 0.5]))  # clearly apart in strength
            generator.layers[0].bias.fill_(1000)
        found = latent.activation_directions(generator, 3, samples=2000)
        cosines = (found * latent.weight_directions(generator, 3)).sum(dim=1).abs()
        assert (cosines > 0.95).all(), cosines

    def test_nothing_is_left_behind_and_a_wrong_count_is_refused(self, small_generator):
        before = torch.get_rng_state()
        once, again = (latent.activation_directions(small_generator, 2, samples=50) for _ in range(2))
        assert torch.equal(once, again) and torch.equal(before, torch.get_rng_state())
        assert not any(layer._forward_hooks for layer in small_generator.modules())
        small_generator.train()  # with dropout
        assert torch.equal(latent.activation_directions(small_generator, 2, samples=50), once)
        assert all(layer.training for layer in small_generator.modules())
        for count, samples in ((0, 50), (5, 50), (3, 3)):
            with pytest.raises(InvalidValue, match=f"count is {count}, but it must be at least 1, at most 4"):
                latent.activation_directions(small_generator, count, samples=samples)
