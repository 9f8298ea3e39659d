import math

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from sklearn.decomposition import PCA
from torch import nn

from dcgan_course import latent, models
from dcgan_course.errors import InvalidValue

seeds = st.integers(0, 10_000)
shares = st.floats(0, 1)


def pair(seed, *shape):
    return torch.randn(2, *(shape or (8,)), generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


class TestLerpAndSlerp:
    @given(seed=seeds, t=shares)
    def test_slerp_of_unit_vectors_stays_on_the_sphere_and_turns_evenly(self, seed, t):
        a, b = (v / v.norm() for v in pair(seed))
        between = latent.slerp(a, b, t)
        angle = torch.acos((a * b).sum())
        assert float(between.norm()) == pytest.approx(1, abs=1e-9)
        assert float(torch.acos((a * between).sum().clamp(-1, 1))) == pytest.approx(float(t * angle), abs=1e-5)

    @given(seed=seeds, t=shares, stretch=st.floats(0.1, 10))
    def test_the_length_on_the_arc_changes_evenly(self, seed, t, stretch):
        a, b = pair(seed)
        b = stretch * b
        wanted = (1 - t) * a.norm() + t * b.norm()
        assert float(latent.slerp(a, b, t).norm()) == pytest.approx(float(wanted), rel=1e-9)

    @given(seed=seeds, t=shares)
    def test_the_length_on_the_line_is_the_formula(self, seed, t):
        a, b = pair(seed)
        squared = (1 - t) ** 2 * a.square().sum() + t**2 * b.square().sum() + 2 * t * (1 - t) * (a * b).sum()
        assert float(latent.lerp(a, b, t).norm()) == pytest.approx(math.sqrt(float(squared)), rel=1e-9)

    @pytest.mark.parametrize("mode", [latent.lerp, latent.slerp])
    @given(seed=seeds, t=shares)
    def test_ends_and_symmetry(self, mode, seed, t):
        a, b = pair(seed)
        torch.testing.assert_close(mode(a, b, 0.0), a)
        torch.testing.assert_close(mode(a, b, 1.0), b)
        torch.testing.assert_close(mode(a, b, t), mode(b, a, 1 - t))

    @pytest.mark.parametrize("mode", [latent.lerp, latent.slerp])
    @given(seed=seeds, t=shares)
    def test_rows_of_any_batch_shape_are_independent(self, mode, seed, t):
        a, b = pair(seed, 2, 3, 5)
        together = mode(a, b, t)
        assert together.shape == (2, 3, 5)
        torch.testing.assert_close(together[1, 2], mode(a[1, 2], b[1, 2], t))

    @given(seed=seeds, t=shares)
    def test_float32_is_close_to_float64(self, seed, t):
        a, b = pair(seed, 100)
        torch.testing.assert_close(
            latent.slerp(a.float(), b.float(), t).double(), latent.slerp(a, b, t), rtol=1e-4, atol=1e-5
        )

    @pytest.mark.parametrize("t", [0.0, 0.25, 1.0])
    def test_where_no_arc_is_defined_it_is_the_straight_line(self, t):
        a = torch.tensor([1.0, 2.0])
        for b in (a.clone(), 2 * a, -a, torch.zeros(2)):
            torch.testing.assert_close(latent.slerp(a, b, t), (1 - t) * a + t * b)
        assert torch.equal(latent.slerp(torch.zeros(3), torch.zeros(3), t), torch.zeros(3))

    @pytest.mark.parametrize("mode", [latent.lerp, latent.slerp])
    def test_other_shapes_are_refused(self, mode):
        with pytest.raises(InvalidValue, match=r"a is \(3,\) and b is \(4,\)"):
            mode(torch.zeros(3), torch.zeros(4), 0.5)


class TestWalk:
    def test_a_loop_passes_through_its_points_and_closes(self):
        points = latent.sample(4, 10, seed=3)
        steps = latent.walk(points, 6, loop=True)
        assert steps.shape == (24, 10)
        torch.testing.assert_close(steps[::6], points)
        gaps = (steps.roll(-1, 0) - steps).norm(dim=1)
        assert gaps.max() < 0.5 * (points.roll(-1, 0) - points).norm(dim=1).max()

    @pytest.mark.parametrize("mode", [latent.lerp, latent.slerp])
    def test_an_open_walk_ends_at_its_last_point(self, mode):
        points = latent.sample(3, 10, seed=3)
        steps = latent.walk(points, 5, mode)
        assert steps.shape == (11, 10)
        torch.testing.assert_close(steps[::5], points)
        torch.testing.assert_close(steps[7], mode(points[1], points[2], 0.4))

    def test_what_is_no_walk_is_refused(self):
        with pytest.raises(InvalidValue, match="at least 2 points and 1 step; given were 1 and 5"):
            latent.walk(torch.zeros(1, 3), 5)


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
        for count, samples in ((0, 50), (5, 50), (3, 3)):
            with pytest.raises(InvalidValue, match=f"count is {count}, but it must be at least 1, at most 4"):
                latent.activation_directions(small_generator, count, samples=samples)


@pytest.fixture
def small_generator():
    torch.manual_seed(0)
    return models.MLPGenerator((1, 6, 6), 4, 32).eval().requires_grad_(False)


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

    def test_another_size_is_refused(self, small_generator):
        with pytest.raises(InvalidValue, match=r"picture is \(1, 28, 28\), but the generator draws \(1, 6, 6\)"):
            latent.invert(small_generator, torch.zeros(1, 28, 28))
