import math

import pytest
import torch
from torch import nn

from dcgan_course.errors import InvalidValue
from dcgan_course.evaluation import metrics


class Brightness(nn.Module):
    """A classifier that puts a picture into class 1 if it is bright."""

    def forward(self, images):
        bright = images.mean(dim=(1, 2, 3))
        return torch.stack([-bright, bright], dim=1)


class TestAskedAndDrawn:
    images = torch.tensor([-0.9, 0.9, -0.9, -0.9, 0.9, -0.9])[:, None, None, None].expand(6, 1, 2, 2)

    def test_it_is_a_table_of_what_was_asked_and_what_the_classifier_reads(self):
        table = metrics.asked_and_drawn(Brightness(), self.images, torch.tensor([0, 0, 1, 2, 1, 2]), classes=3)
        assert table.tolist() == [[1, 1, 0], [1, 1, 0], [2, 0, 0]]
        assert table.sum(dim=0).tolist() == metrics.class_histogram(Brightness(), self.images, 3).tolist()

    @pytest.mark.parametrize(
        ("labels", "message"),
        [
            ([0, 1], r"labels is torch.int64 \(2,\)"),
            ([0, 1, 2, 0, 1, 3], "labels has 3 in it, but the classes are 0 to 2"),
        ],
    )
    def test_other_labels_are_refused(self, labels, message):
        with pytest.raises(InvalidValue, match=message):
            metrics.asked_and_drawn(Brightness(), self.images, torch.tensor(labels), classes=3)


def test_class_histogram_counts():
    images = torch.cat([torch.ones(3, 1, 2, 2), -torch.ones(5, 1, 2, 2)])
    assert metrics.class_histogram(Brightness(), images, classes=3).tolist() == [5, 3, 0]


@pytest.mark.parametrize(("counts", "nats"), [([4, 4], math.log(2)), ([9, 0], 0.0), ([1] * 10, math.log(10))])
def test_entropy(counts, nats):
    assert metrics.entropy(torch.tensor(counts)) == pytest.approx(nats)
    assert f"{metrics.entropy(torch.tensor(counts)):.2f}"[0] != "-"


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


def cloud(count, mean, root, seed):
    """Points from N(mean, root rootᵀ)."""
    mean = torch.as_tensor(mean, dtype=torch.float64)
    points = torch.randn(count, len(mean), generator=torch.Generator().manual_seed(seed), dtype=torch.float64)
    return mean + points @ torch.as_tensor(root, dtype=torch.float64).T


def exact(mean, deviations):
    """Points whose sample mean and covariance (divisor N − 1) are exactly `mean` and diag(deviations²)."""
    size = len(deviations)
    signs = torch.cat([torch.eye(size), -torch.eye(size)]).double() * ((2 * size - 1) / 2) ** 0.5
    return torch.as_tensor(mean, dtype=torch.float64) + signs * torch.as_tensor(deviations, dtype=torch.float64)


def test_frechet_distance_of_diagonal_gaussians_is_the_closed_form():
    a, b = exact([1.0, 2.0, 0.0], [1.0, 3.0, 0.5]), exact([0.0, 2.0, 2.0], [2.0, 1.0, 0.5])
    # |m|² + Σ (σ_a − σ_b)²
    assert metrics.frechet_distance(a, b) == pytest.approx(1 + 4 + 1 + 4, abs=1e-9)


def test_frechet_distance_agrees_with_scipys_matrix_root():
    linalg = pytest.importorskip("scipy.linalg")
    a = cloud(400, [0.0, 1.0, 0.0], [[1, 0, 0], [0.8, 0.5, 0], [0.1, 0.2, 2.0]], 0)
    b = cloud(300, [1.0, 1.0, 3.0], [[0.5, 0, 0], [-1.0, 1.0, 0], [0.3, 0.2, 0.4]], 1)
    root = linalg.sqrtm((a.T.cov() @ b.T.cov()).numpy()).real
    want = (a.mean(0) - b.mean(0)).square().sum() + a.T.cov().trace() + b.T.cov().trace() - 2 * root.trace()
    assert metrics.frechet_distance(a, b) == pytest.approx(float(want), rel=1e-6)


def test_frechet_distance_is_zero_for_itself_symmetric_and_moves_with_the_mean():
    a, b = cloud(200, [0.0, 0.0], [[1, 0], [1, 1]], 0), cloud(200, [2.0, 0.0], [[1, 0], [0, 3]], 1)
    assert metrics.frechet_distance(a, a) == pytest.approx(0, abs=1e-8)
    assert metrics.frechet_distance(a, b) == pytest.approx(metrics.frechet_distance(b, a))
    assert metrics.frechet_distance(a, a + torch.tensor([3.0, 4.0])) == pytest.approx(25)
    turn = torch.tensor([[0.6, -0.8], [0.8, 0.6]], dtype=torch.float64)
    assert metrics.frechet_distance(a @ turn, b @ turn) == pytest.approx(metrics.frechet_distance(a, b))


def test_frechet_distance_of_features_with_a_dead_unit():
    a, b = torch.randn(50, 4), torch.randn(60, 4)
    a[:, 2] = b[:, 2] = 0
    assert metrics.frechet_distance(a, b) == pytest.approx(
        metrics.frechet_distance(a[:, [0, 1, 3]], b[:, [0, 1, 3]]), abs=1e-8
    )


def test_inception_score_is_the_formula():
    logits = torch.randn(30, 4, generator=torch.Generator().manual_seed(0))
    p = logits.double().softmax(dim=1)
    want = (p * (p / p.mean(dim=0)).log()).sum(dim=1).mean().exp()
    assert metrics.inception_score(logits) == pytest.approx(float(want))


@pytest.mark.parametrize("classes", [1, 3, 10])
def test_inception_score_of_sure_and_equal_classes_is_their_number(classes):
    logits = 1000.0 * torch.eye(classes).repeat(6, 1)
    assert metrics.inception_score(logits) == pytest.approx(classes)
    assert metrics.inception_score(torch.zeros_like(logits)) == pytest.approx(1)
    assert metrics.inception_score(logits[[0] * 6]) == pytest.approx(1)  # sure, but one class


def test_inception_score_is_not_moved_by_a_constant_or_an_order_and_smaller_in_parts():
    logits = 3 * torch.randn(60, 5, generator=torch.Generator().manual_seed(1))
    whole = metrics.inception_score(logits)
    order = torch.randperm(60, generator=torch.Generator().manual_seed(2))
    assert metrics.inception_score(logits + 100) == pytest.approx(whole, rel=1e-6)
    assert metrics.inception_score(logits[order]) == pytest.approx(whole)
    parts = [metrics.inception_score(part) for part in logits.split(20)]
    assert metrics.inception_score(logits, splits=3) == pytest.approx(sum(parts) / 3)
    assert metrics.inception_score(logits, splits=30) < metrics.inception_score(logits, splits=3) < whole


@pytest.mark.parametrize(
    ("logits", "splits", "words"),
    [
        (torch.zeros(5), 1, "must be"),
        (torch.zeros(1, 3), 1, "at least two"),
        (torch.full((4, 3), math.nan), 1, "4 of 4 rows"),
        (torch.zeros(5, 3), 3, "at most 2 parts"),
        (torch.zeros(5, 3), 0, "whole number"),
    ],
)
def test_inception_score_refuses(logits, splits, words):
    with pytest.raises(InvalidValue, match=words):
        metrics.inception_score(logits, splits)
