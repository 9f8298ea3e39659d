"""A network in two parts: what one block puts out, and what follows from it."""

import pytest
import torch

from dcgan_course import latent, models
from dcgan_course.errors import InvalidValue
from dcgan_course.interpretability import blocks
from dcgan_course.models import Discriminator, Generator, MLPGenerator


class TestCuttingTheNetworkInTwo:
    @pytest.mark.parametrize("block", [0, 1, 2, -1, -2, -3])
    def test_both_halves_together_are_the_generator(self, small, block):
        generator, z = small
        maps = blocks.maps_of(generator, z, block)
        torch.testing.assert_close(blocks.picture_from(generator, maps, block), generator(z), rtol=0, atol=0)

    @pytest.mark.parametrize(("block", "shape"), [(-1, (10, 3, 16, 16)), (-2, (10, 6, 8, 8)), (0, (10, 12, 4, 4))])
    def test_the_last_block_is_the_layer_before_the_picture(self, small, block, shape):
        assert blocks.maps_of(*small, block).shape == shape

    def test_networks_and_blocks_that_do_not_fit(self, small):
        generator, z = small
        with pytest.raises(InvalidValue, match="The generator is a MLPGenerator, but its maps are read block by block"):
            blocks.maps_of(models.MLPGenerator(), z)
        for block in (3, -4, True, 1.0):
            with pytest.raises(InvalidValue, match=f"Block {block!r} is asked for.* 3 blocks: .* from −3 to 2"):
                blocks.maps_of(generator, z, block)


class TestGeneratorMaps:
    @pytest.fixture
    def generator(self):
        torch.manual_seed(0)
        return Generator(16, latent_dim=7, channels=1, width=4).train()

    def test_the_last_block_gives_what_becomes_the_picture(self, generator):
        z = latent.sample(1, 7, 0)[0]
        shapes = [tuple(blocks.generator_maps(generator, z, block).shape) for block in (0, 1)]
        assert shapes == [(8, 4, 4), (4, 8, 8)] and generator.training
        maps = blocks.generator_maps(generator, z, 1)
        generator.eval()
        torch.testing.assert_close(generator.to_picture(maps[None]).tanh(), generator(z[None]))

    def test_wrong_requests_are_refused(self, generator):
        z = latent.sample(2, 7, 0)
        for block in (-3, 2, 1.0, True):
            with pytest.raises(InvalidValue, match=r"Block .* 2 blocks: take a whole number from −2 to 1"):
                blocks.generator_maps(generator, z[0], block)
        with pytest.raises(InvalidValue, match=r"z is \(1, 2, 7\), but it must be \(N, 7\)"):
            blocks.generator_maps(generator, z, 0)
        with pytest.raises(InvalidValue, match="take a models.Generator"):
            blocks.generator_maps(MLPGenerator(), z[0], 0)
        with pytest.raises(InvalidValue, match="The generator is a Discriminator, but"):
            blocks.generator_maps(Discriminator(16, 1, 4), z[0], 0)
