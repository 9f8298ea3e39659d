"""p_real and p_fake over as many z as pictures: which z these are depends on the seed alone."""

import pytest
import torch

from dcgan_course.evaluation.probabilities import mean_probabilities
from dcgan_course.latent.paths import sample


@pytest.mark.parametrize("count", [1, 3, 16, 80])
def test_row_n_of_the_z_is_the_same_for_every_count(tiny_networks, tiny_images, count):
    generator, discriminator = tiny_networks()
    asked = []
    generator.register_forward_pre_hook(lambda module, given: asked.append(given[0].clone()))
    mean_probabilities(generator, discriminator, tiny_images[:count], seed=7)
    assert torch.equal(torch.cat(asked), sample(200, generator.latent_dim, seed=8)[:count])


def test_they_are_the_means_of_single_answers(tiny_networks, tiny_images):
    generator, discriminator = (network.eval() for network in tiny_networks())
    with torch.no_grad():
        real = discriminator(tiny_images.float().div(127.5).sub(1)).sigmoid().mean()
        fake = discriminator(generator(sample(len(tiny_images), generator.latent_dim, seed=1))).sigmoid().mean()
    found = mean_probabilities(generator, discriminator, tiny_images)
    assert found == pytest.approx((float(real), float(fake)), abs=1e-6)
