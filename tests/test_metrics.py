import math

import pytest
import torch
from torch import nn

from dcgan_course import metrics


class Brightness(nn.Module):
    """A classifier that puts a picture into class 1 if it is bright."""

    def forward(self, images):
        bright = images.mean(dim=(1, 2, 3))
        return torch.stack([-bright, bright], dim=1)


def test_class_histogram_counts():
    images = torch.cat([torch.ones(3, 1, 2, 2), -torch.ones(5, 1, 2, 2)])
    assert metrics.class_histogram(Brightness(), images, classes=3).tolist() == [5, 3, 0]


@pytest.mark.parametrize(("counts", "nats"), [([4, 4], math.log(2)), ([9, 0], 0.0), ([1] * 10, math.log(10))])
def test_entropy(counts, nats):
    assert metrics.entropy(torch.tensor(counts)) == pytest.approx(nats)


def test_nearest_neighbours_equal_the_full_table_of_distances():
    generator = torch.Generator().manual_seed(0)
    reference = torch.randn(25_003, 3, 2, generator=generator)  # more than one block
    queries = torch.randn(7, 3, 2, generator=generator)
    table = torch.cdist(queries.flatten(1), reference.flatten(1))
    want, index = table.topk(4, largest=False)
    got_index, got = metrics.nearest_neighbours(queries, reference, count=4)
    torch.testing.assert_close(got, want, atol=1e-3, rtol=1e-3)
    assert torch.equal(got_index, index)


def test_a_copy_is_at_distance_zero():
    reference = torch.rand(50, 1, 4, 4)
    index, distance = metrics.nearest_neighbours(reference[[7, 3]], reference)
    assert index.flatten().tolist() == [7, 3] and distance.max() < 0.01


def test_parzen_of_one_centre_is_a_gaussian():
    centre, points = torch.zeros(1, 5), torch.randn(6, 5, generator=torch.Generator().manual_seed(1))
    normal = torch.distributions.Normal(torch.zeros(5, dtype=torch.float64), 0.3)
    want = normal.log_prob(points.double()).sum(dim=1)
    torch.testing.assert_close(metrics.parzen_log_likelihood(centre, points, 0.3), want)


def test_parzen_integrates_to_one():
    centres = torch.tensor([[-1.0], [0.2], [2.0]])
    grid = torch.linspace(-8, 8, 4001)[:, None]
    density = metrics.parzen_log_likelihood(centres, grid, 0.4).exp()
    assert float(torch.trapezoid(density, grid[:, 0].double())) == pytest.approx(1, abs=1e-6)


def test_best_sigma_finds_the_width_of_the_data():
    generator = torch.Generator().manual_seed(0)
    centres = torch.zeros(1, 2)
    points = 0.5 * torch.randn(2000, 2, generator=generator)
    assert metrics.best_sigma(centres, points, [0.1, 0.25, 0.5, 1.0, 2.0]) == 0.5
