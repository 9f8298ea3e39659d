"""Numbers that judge a generator, computed from arrays. Each says what it does not see."""

import math
from collections.abc import Sequence

import torch
from torch import Tensor

from dcgan_course.errors import InvalidValue, whole_number
from dcgan_course.evaluation.clouds import finite, two_clouds
from dcgan_course.models.conditional import checked_labels
from dcgan_course.models.inference import eval_mode
from dcgan_course.models.protocols import Network


@torch.no_grad()
def class_histogram(classifier: Network, images: Tensor, classes: int = 10) -> Tensor:
    """Return how many pictures a classifier puts into each class: (classes,) whole numbers.

    Args:
        classifier: pictures → logits (N, classes). images: (N, C, H, W) in [−1, 1].

    It counts kinds, not quality: a classifier must choose a class even for a picture of nothing.

    Raises:
        InvalidValue: classes is no whole number of at least 1.
    """
    classes = whole_number("classes", classes)
    with eval_mode(classifier):
        guesses = torch.cat([classifier(part).argmax(dim=1) for part in images.split(1000)])
    return torch.bincount(guesses, minlength=classes)


@torch.no_grad()
def asked_and_drawn(classifier: Network, images: Tensor, labels: Tensor, classes: int = 10) -> Tensor:
    """Return how often each class was drawn where another was asked for: (classes asked, classes drawn) whole numbers.

    The share of the diagonal is how often a conditional generator draws what it is asked for. It cannot be more than
    what the classifier reads right of real pictures, and it says nothing of variety: one picture a class has all.

    Args:
        classifier: pictures → logits (N, classes). images: (N, C, H, W) in [−1, 1]. labels: (N,), what was asked for.

    Raises:
        InvalidValue: another number of labels than of pictures, labels that are no classes, or classes below 1.
    """
    classes = whole_number("classes", classes)
    checked_labels(labels, len(images), classes)
    with eval_mode(classifier):
        guesses = torch.cat([classifier(part).argmax(dim=1) for part in images.split(1000)])
    return torch.bincount(labels * classes + guesses, minlength=classes * classes).view(classes, classes)


def entropy(counts: Tensor) -> float:
    """Return the entropy of a histogram in nats: log(classes) when all are equal, 0 when one class holds all."""
    shares = counts.double() / counts.sum()
    shares = shares[shares > 0]
    return abs(float((shares * shares.log()).sum()))  # no term is above 0; abs makes of −0.0 a 0.0


@torch.no_grad()
def nearest_neighbours(queries: Tensor, reference: Tensor, count: int = 1) -> tuple[Tensor, Tensor]:
    """Find the closest reference pictures by the distance between pixels.

    Args:
        queries: (Q, ...), reference: (R, ...), the same kind of numbers in the same range. count: how many a query.

    Returns:
        indices (Q, count) into reference and Euclidean distances (Q, count), the closest first.

    Raises:
        InvalidValue: count is no whole number of at least 1.
    """
    count = whole_number("count", count)
    flat, others = queries.flatten(1).float(), reference.flatten(1)
    best_distance = torch.full((len(flat), count), math.inf)
    best_index = torch.zeros(len(flat), count, dtype=torch.long)
    for start in range(0, len(others), 10_000):
        distances = torch.cdist(flat, others[start : start + 10_000].float())
        near, index = distances.topk(min(count, distances.shape[1]), largest=False)
        pool = torch.cat([best_distance, near], dim=1)
        places = torch.cat([best_index, index + start], dim=1)
        best_distance, order = pool.topk(count, largest=False)
        best_index = places.gather(1, order)
    return best_index, best_distance


@torch.no_grad()
def parzen_log_likelihood(samples: Tensor, points: Tensor, sigma: float) -> Tensor:
    """Return the log-likelihood of each point under a Gaussian kernel density of the samples, in nats: (P,).

    log p(x) = log mean_i N(x; samples_i, sigma² I).

    Args:
        samples: (S, ...) what the density is built from. points: (P, ...) what it is asked about.
        sigma: width of every kernel, in the units of the pictures.

    Source: Breuleux, Bengio and Vincent 2011; used by Goodfellow et al. 2014, section 5. Why it misleads: Theis,
    van den Oord and Bethge 2016, section 3.3.
    """
    centres, asked = samples.flatten(1).double(), points.flatten(1).double()
    dimensions = centres.shape[1]
    constant = math.log(len(centres)) + dimensions * math.log(sigma * math.sqrt(2 * math.pi))
    parts = []
    for part in asked.split(500):
        exponents = -torch.cdist(part, centres).square() / (2 * sigma**2)
        parts.append(exponents.logsumexp(dim=1) - constant)
    return torch.cat(parts)


def best_sigma(samples: Tensor, validation: Tensor, candidates: Sequence[float]) -> float:
    """Return the sigma under which the samples' kernel density gives validation points the highest mean likelihood."""
    scores = [float(parzen_log_likelihood(samples, validation, sigma).mean()) for sigma in candidates]
    return candidates[scores.index(max(scores))]


def inception_score(logits: Tensor, splits: int = 1) -> float:
    """Return exp of the mean of KL(p(y|x) ‖ p(y)) over pictures x: from 1 to the number of classes.

    High where a classifier is sure of each picture, and the pictures fall into all classes alike.

    Args:
        logits: (N, classes), what the classifier says of N pictures, before any softmax. splits: the pictures are cut
            into so many parts of neighbours in the tensor, and the result is the mean of the parts' scores.

    There is no real picture in it. One clear picture a class is enough for the highest score: it sees no variety inside
    a class, no copying, and nothing that the classifier overlooks. Small parts make it smaller. The name is from the
    Inception network; with another classifier the values cannot be compared.

    Source: Salimans et al. 2016, section 4; its faults: Barratt and Sharma 2018.

    Raises:
        InvalidValue: logits are not (N, classes) with N ≥ 2, or not finite; splits is no whole number of at least 1, or
            leaves fewer than two pictures a part.
    """
    shape = tuple(logits.shape)
    if len(shape) != 2 or shape[0] < 2 or shape[1] < 1:
        raise InvalidValue(f"The logits are {shape}, but they must be (N, classes), of at least two pictures.")
    splits = whole_number("splits", splits)
    if shape[0] < 2 * splits:
        raise InvalidValue(
            f"splits is {splits}, but {shape[0]:,} pictures make at most {shape[0] // 2:,} parts of two or more: "
            "choose fewer parts, or give more pictures."
        )
    log_p = finite("The table of logits", logits).log_softmax(dim=1)
    scores = []
    for part in log_p.tensor_split(splits):
        log_mean = part.logsumexp(dim=0) - math.log(len(part))
        scores.append((part.exp() * (part - log_mean)).sum(dim=1).mean().exp())
    return float(torch.stack(scores).mean())


def frechet_distance(features_a: Tensor, features_b: Tensor) -> float:
    """Return the Fréchet distance between two clouds of points, each seen as one Gaussian: 0 when they are alike.

    |m_a − m_b|² + tr(C_a + C_b − 2 (C_a C_b)^½), with the means m and the covariances C (divisor N − 1).

    Args:
        features_a: (N, F), features_b: (M, F), numbers that a network computed from N and M pictures; N, M ≥ 2.

    It sees means and covariances only, and in the units of the features: values from different feature networks cannot
    be compared. With few points it comes out too large.

    Source: Heusel et al. 2017, equation 6. Computed in float64: tr (C_a C_b)^½ is the sum of the square roots of the
    eigenvalues of C_a^½ C_b C_a^½, a symmetric matrix.

    Raises:
        InvalidValue: clouds that are not (N, F) and (M, F) with at least two points each, or not finite.
    """
    a, b = two_clouds(features_a, features_b)
    (mean_a, cov_a), (mean_b, cov_b) = (_moments(features) for features in (a, b))
    values, vectors = torch.linalg.eigh(cov_a)
    root_a = vectors * values.clamp_min(0).sqrt() @ vectors.T
    middle = torch.linalg.eigvalsh(root_a @ cov_b @ root_a).clamp_min(0).sqrt().sum()
    distance = (mean_a - mean_b).square().sum() + cov_a.trace() + cov_b.trace() - 2 * middle
    return max(0.0, float(distance))


def _moments(features: Tensor) -> tuple[Tensor, Tensor]:
    """Return mean (F,) and covariance (F, F)."""
    mean = features.mean(dim=0)
    centred = features - mean
    return mean, centred.T @ centred / (len(features) - 1)
