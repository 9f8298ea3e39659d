import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from dcgan_course import latent
from dcgan_course.errors import InvalidValue

seeds = st.integers(0, 10_000)


shares = st.floats(0, 1)


class TestSample:
    @pytest.mark.parametrize("latent_dim", [1, 3, 5, 16, 100])
    def test_row_n_of_a_seed_is_the_same_for_every_count(self, latent_dim):
        many = latent.sample(80, latent_dim, seed=7)
        for count in range(80):
            assert torch.equal(latent.sample(count, latent_dim, seed=7), many[:count])

    def test_full_blocks_are_the_numbers_that_torch_draws(self):
        source = torch.Generator().manual_seed(7)
        assert torch.equal(latent.sample(64, 100, seed=7), torch.randn(64, 100, generator=source))

    def test_the_kind_of_device_that_is_set_does_not_count(self):
        wanted = latent.sample(3, 5, seed=7)
        with torch.device("meta"):
            assert torch.equal(latent.sample(3, 5, seed=7), wanted)


class TestPick:
    z = latent.sample(50, 3, seed=1)

    @given(seed=seeds, size=st.integers(1, 50), data=st.data())
    def test_all_are_members_and_none_comes_twice(self, seed, size, data):
        source = torch.Generator().manual_seed(seed)
        members = torch.zeros(50, dtype=torch.bool)
        members[torch.randperm(50, generator=source)[:size]] = True
        count = data.draw(st.integers(1, size))
        picked = {tuple(row) for row in latent.pick(self.z, members, count, source).tolist()}
        assert len(picked) == count and picked <= {tuple(row) for row in self.z[members].tolist()}

    def test_each_member_comes_about_equally_often(self):
        source, members = torch.Generator().manual_seed(3), torch.arange(50) < 5
        drawn = torch.cat([latent.pick(self.z, members, 2, source) for _ in range(2000)])
        shares = [float((drawn == row).all(dim=1).float().mean()) for row in self.z[:5]]
        assert shares == pytest.approx([0.2] * 5, abs=0.03)

    def test_a_group_that_is_too_small_is_refused(self):
        members = torch.arange(50) < 29
        with pytest.raises(InvalidValue, match="30 z are wanted, but only 29 of 50 show it"):
            latent.pick(self.z, members, 30, torch.Generator())
        with pytest.raises(InvalidValue, match="count"):
            latent.pick(self.z, members, 0, torch.Generator())


class TestShell:
    @pytest.mark.parametrize(("latent_dim", "within"), [(2, 0.3), (16, 0.06), (100, 0.02), (512, 0.01)])
    def test_the_ends_are_the_quantiles_of_the_chi_distribution(self, latent_dim, within):
        assert latent.shell(latent_dim) == pytest.approx(stats.chi.ppf([0.05, 0.95], latent_dim), abs=within)

    def test_nine_of_ten_random_z_lie_in_it(self):
        lengths, (low, high) = latent.sample(20_000, 100, seed=5).norm(dim=1), latent.shell(100)
        assert float(((lengths > low) & (lengths < high)).float().mean()) == pytest.approx(0.9, abs=0.01)

    @pytest.mark.parametrize("latent_dim", [0, -1, 2.5, "100"])
    def test_no_shell_without_numbers(self, latent_dim):
        with pytest.raises(InvalidValue, match="latent_dim"):
            latent.shell(latent_dim)


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


class TestLabels:
    def test_they_have_the_shares_of_the_data(self):
        data = torch.tensor([0] * 70 + [3] * 30)
        labels = latent.sample_labels(data, 20_000, 1)
        assert labels.dtype == torch.int64 and labels.bincount().tolist()[1:3] == [0, 0]
        assert float((labels == 3).float().mean()) == pytest.approx(0.3, abs=5 * math.sqrt(0.21 / 20_000))

    def test_the_seed_decides_and_the_global_state_stays(self):
        data, before = torch.arange(10), torch.get_rng_state()
        once, again, other = (latent.sample_labels(data, 50, seed) for seed in (4, 4, 5))
        assert torch.equal(once, again) and not torch.equal(once, other)
        assert torch.equal(before, torch.get_rng_state())

    def test_no_labels_are_refused(self):
        with pytest.raises(InvalidValue, match="labels is empty"):
            latent.sample_labels(torch.zeros(0, dtype=torch.int64), 3, 0)
