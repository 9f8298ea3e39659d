import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from dcgan_course import latent
from dcgan_course.errors import InvalidValue

seeds = st.integers(0, 10_000)


def pair(seed, dimensions=8):
    return torch.randn(2, dimensions, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


@given(seed=seeds, t=st.floats(0, 1))
def test_slerp_of_unit_vectors_stays_on_the_sphere_and_turns_evenly(seed, t):
    a, b = (v / v.norm() for v in pair(seed))
    between = latent.slerp(a, b, t)
    angle = torch.acos((a * b).sum())
    assert float(between.norm()) == pytest.approx(1, abs=1e-9)
    assert float(torch.acos((a * between).sum().clamp(-1, 1))) == pytest.approx(float(t * angle), abs=1e-5)


@given(seed=seeds)
def test_slerp_ends_and_symmetry(seed):
    a, b = pair(seed)
    torch.testing.assert_close(latent.slerp(a, b, 0.0), a)
    torch.testing.assert_close(latent.slerp(a, b, 1.0), b)
    torch.testing.assert_close(latent.slerp(a, b, 0.3), latent.slerp(b, a, 0.7))


@pytest.mark.parametrize("t", [0.0, 0.25, 1.0])
def test_slerp_where_no_arc_is_defined_is_the_straight_line(t):
    a = torch.tensor([1.0, 2.0])
    for b in (a.clone(), 2 * a, -a, torch.zeros(2)):
        torch.testing.assert_close(latent.slerp(a, b, t), (1 - t) * a + t * b)


def test_slerp_refuses_other_shapes():
    with pytest.raises(InvalidValue, match=r"a is \(3,\) and b is \(4,\)"):
        latent.slerp(torch.zeros(3), torch.zeros(4), 0.5)


def test_walk_passes_through_its_points_and_closes():
    points = latent.sample(4, 10, seed=3)
    steps = latent.walk(points, 6)
    assert steps.shape == (24, 10)
    torch.testing.assert_close(steps[::6], points)
    gaps = (steps.roll(-1, 0) - steps).norm(dim=1)
    assert gaps.max() < 0.5 * (points.roll(-1, 0) - points).norm(dim=1).max()


def test_walk_refuses_what_is_no_walk():
    with pytest.raises(InvalidValue, match="at least 2 points and 1 step; given were 1 and 5"):
        latent.walk(torch.zeros(1, 3), 5)
