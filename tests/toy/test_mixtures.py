"""Points in the plane whose modes are known."""

import math

import pytest
import torch

from dcgan_course.errors import InvalidValue
from dcgan_course.toy.mixtures import grid_of_25, ring_of_8
from dcgan_course.toy.modes import count_modes


def test_the_protocols_numbers():
    ring, grid = ring_of_8(), grid_of_25()
    assert (ring.modes, ring.sigma, grid.modes, grid.sigma) == (8, 0.01, 25, 0.05)
    torch.testing.assert_close(ring.centres.norm(dim=1), torch.ones(8))
    gaps = torch.cdist(ring.centres, ring.centres).fill_diagonal_(9).amin(dim=1)
    torch.testing.assert_close(gaps, torch.full((8,), 2 * math.sin(math.pi / 8)))
    assert sorted(set(grid.centres.flatten().tolist())) == [-4, -2, 0, 2, 4]
    assert len({tuple(c) for c in grid.centres.tolist()}) == 25


def test_a_moved_mixture_is_the_same_mixture_elsewhere():
    ring = ring_of_8()
    moved = ring.moved(0.5, 0.5)
    points = ring.sample((500,), torch.Generator().manual_seed(0))
    assert count_modes(points, ring).high_quality == count_modes(0.5 * points + 0.5, moved).high_quality
    assert moved.centres.min() >= 0 and moved.centres.max() <= 1
    with pytest.raises(InvalidValue, match="above 0"):
        ring.moved(0, 1)
