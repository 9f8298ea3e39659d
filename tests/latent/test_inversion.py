import pytest
import torch

from dcgan_course import latent
from dcgan_course.errors import InvalidValue


class TestInvert:
    def test_a_drawn_picture_is_found_again(self, small_generator):
        wanted = small_generator(latent.sample(1, 4, seed=9))[0]
        found = latent.invert(small_generator, wanted, restarts=6, steps=400)
        assert found.residual < 0.01 and found.residual == float(found.residuals.min())
        torch.testing.assert_close(small_generator(found.z[None])[0], found.picture)
        assert found.residual == pytest.approx(float((found.picture - wanted).square().mean().sqrt()), rel=1e-4)

    def test_a_picture_that_it_cannot_draw_keeps_a_residual(self, small_generator):
        checkerboard = (torch.arange(36).view(1, 6, 6) % 2 * 2 - 1).float()
        assert latent.invert(small_generator, checkerboard, steps=200).residual > 0.2

    def test_the_same_seed_finds_the_same_z_and_nothing_else_moves(self, small_generator):
        wanted = torch.zeros(1, 6, 6)
        before = [parameter.clone() for parameter in small_generator.parameters()]
        torch.manual_seed(5)
        first, second = (latent.invert(small_generator, wanted, steps=20) for _ in range(2))
        assert torch.equal(first.z, second.z)
        assert all(torch.equal(a, b) for a, b in zip(before, small_generator.parameters(), strict=True))
        torch.manual_seed(5)
        assert torch.initial_seed() == 5

    def test_a_generator_in_training_is_asked_in_eval_mode_and_trains_on(self, small_generator):
        wanted = torch.zeros(1, 6, 6)
        calm = latent.invert(small_generator, wanted, steps=20)
        small_generator.train()
        assert torch.equal(latent.invert(small_generator, wanted, steps=20).z, calm.z)
        assert all(module.training for module in small_generator.modules())

    def test_another_size_is_refused(self, small_generator):
        with pytest.raises(InvalidValue, match=r"picture is \(1, 28, 28\), but the generator draws \(1, 6, 6\)"):
            latent.invert(small_generator, torch.zeros(1, 28, 28))
