"""A linear probe: how much of the classes can be read off the numbers of a network by straight cuts alone?

Few labels, standardised numbers, an L2-regularised linear SVM, its C chosen on training pictures that were held out.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from dcgan_course.errors import InvalidValue, seed_number, whole_number

CS = (0.03, 0.1, 0.3, 1.0, 3.0)  # the C that a probe may choose
HELD_OUT = 0.2  # share of each class's training pictures that C is chosen on
ENOUGH = 1e-6  # a feature that varies by a smaller share than this over the training pictures is left as it is
SMALL_GAIN = 1e-5  # the SVM of all classes at once is found when a step lowers its cost by a smaller share than this

Fit = Callable[[Tensor, Tensor, float, int], tuple[Tensor, Tensor]]  # x, labels, C, seed → weights, biases


@dataclass(frozen=True)
class Probe:
    """What a linear SVM read off a set of features.

    accuracy: share of the test pictures that are right, 0 to 1. c: the C that was chosen. held_out: for every C of
    the list the share of the held-out training pictures that were right. n_train, n_test: pictures; the last fit
    uses all n_train.
    """

    accuracy: float
    c: float
    held_out: dict[float, float]
    n_train: int
    n_test: int


def few_labels(labels: Tensor, per_class: int, seed: int) -> Tensor:
    """Choose `per_class` pictures of every class at random; return their places, int64, in a random order.

    labels: (N,) whole numbers.

    Raises:
        InvalidValue: a class has fewer pictures.
    """
    per_class, generator = whole_number("per_class", per_class), torch.Generator().manual_seed(seed_number(seed))
    chosen = []
    for kind in labels.unique():
        places = torch.where(labels == kind)[0]
        if len(places) < per_class:
            raise InvalidValue(
                f"per_class is {per_class}, but class {int(kind)} has {len(places):,} pictures: use at most that many."
            )
        chosen.append(places[torch.randperm(len(places), generator=generator)[:per_class]])
    together = torch.cat(chosen)
    return together[torch.randperm(len(together), generator=generator)]


def one_class_at_a_time(x: Tensor, labels: Tensor, c: float, seed: int) -> tuple[Tensor, Tensor]:
    """Fit scikit-learn's LinearSVC: each class against the rest, squared hinge, L2 penalty.

    x: (N, F) float32. labels: (N,) int64, 0 to K − 1. Returns weights (K, F) and biases (K,), float32; the class of
    a picture is that of its largest w·x + b. Needs 28 bytes for every number of x.
    """
    from sklearn.svm import LinearSVC

    # The dual is the faster form here; a tolerance of 0.01 takes twice as long and moves 0.05 % of the test pictures.
    fitted = LinearSVC(C=c, dual=True, tol=0.1, max_iter=3000, random_state=seed).fit(x.numpy(), labels.numpy())
    weights, biases = (torch.from_numpy(found).float() for found in (fitted.coef_, fitted.intercept_))
    return (weights, biases) if len(weights) > 1 else (torch.cat([-weights, weights]), torch.cat([-biases, biases]))


def all_classes_at_once(x: Tensor, labels: Tensor, c: float, seed: int) -> tuple[Tensor, Tensor]:
    """Find the same SVMs as `one_class_at_a_time`, all of them together, by L-BFGS on what LinearSVC minimises.

    For each class: ½(‖w‖² + b²) + C Σ max(0, 1 − y(w·x + b))², y = ±1. Several times as fast for thousands of
    pictures, and needs no copy of x. Nothing in it is random: `seed` is there to have one signature.
    """
    from scipy.optimize import minimize  # type: ignore[import-untyped]  # SciPy brings no types

    count, length = x.shape
    classes = int(labels.max()) + 1
    sign = torch.full((classes, count), -1.0)
    sign[labels, torch.arange(count)] = 1

    def cost_and_slope(flat: np.ndarray) -> tuple[float, np.ndarray]:
        both = torch.from_numpy(flat).view(classes, length + 1)
        weights = both.float()
        scores = weights[:, :-1] @ x.T + weights[:, -1:]  # (K, N)
        short = (1 - sign * scores).clamp_(min=0)  # how far each picture is from its side of the margin
        push = short * sign
        slope = both - 2 * c * torch.cat([push @ x, push.sum(1, keepdim=True)], dim=1)
        cost = both.square().sum() / 2 + c * short.double().square().sum()
        return cost.item(), slope.numpy().ravel()

    options = {"maxiter": 3000, "ftol": SMALL_GAIN, "gtol": 0}
    start = np.zeros(classes * (length + 1))
    found = minimize(cost_and_slope, start, jac=True, method="L-BFGS-B", options=options)
    both = torch.from_numpy(found.x).view(classes, length + 1).float()
    return both[:, :-1], both[:, -1]


def linear_probe(
    features: Tensor,
    labels: Tensor,
    test_features: Tensor,
    test_labels: Tensor,
    *,
    cs: tuple[float, ...] = CS,
    seed: int = 0,
    choosers: int | None = None,
    fit: Fit = one_class_at_a_time,
) -> Probe:
    """Fit a linear SVM to features and labels, and return its accuracy on test pictures that nothing was chosen on.

    Mean and spread of the training pictures standardise all features, which are then divided by √F: a picture has a
    length of about 1, so one list of C suits features of any number. A fifth of each class's training pictures
    is held out to choose C, the smallest of equals; the last fit uses all training pictures.

    Args:
        features, test_features: (N, F) and (M, F) float. labels, test_labels: (N,) and (M,) int64, 0 to K − 1.
        cs: the C to try. seed: chooses which pictures are held out. fit: finds weights and biases.
        choosers: at most so many training pictures of each class take part in choosing C; None: all.

    Raises:
        InvalidValue: sizes that do not fit, features that are not finite, or fewer than two classes or than two
            pictures of a class.

    Source: Radford et al. 2015, section 5.1.
    """
    _refuse_sizes(features, labels, test_features, test_labels)
    if not cs or min(cs) <= 0:
        raise InvalidValue(f"cs is {cs}, but it must hold one or more numbers above 0.")
    if choosers is not None and whole_number("choosers", choosers) < 2:
        raise InvalidValue(f"choosers is {choosers}, but it must be None or at least 2: one learns, one chooses C.")
    seed = seed_number(seed)
    held, kept = _split(labels, seed, choosers)
    scores = {}
    for c in sorted(cs):
        reader = _Reader(features[kept], labels[kept], c, seed, fit)
        scores[c] = reader.accuracy(features[held], labels[held])
    best = max(scores, key=lambda c: scores[c])  # the first of equals
    accuracy = _Reader(features, labels, best, seed, fit).accuracy(test_features, test_labels)
    return Probe(accuracy, best, scores, len(features), len(test_features))


class _Reader:
    """Standardisation and SVM in one: weights and biases for features as they came."""

    def __init__(self, features: Tensor, labels: Tensor, c: float, seed: int, fit: Fit) -> None:
        spread, middle = torch.std_mean(features, dim=0, correction=0)
        varies = spread > ENOUGH * (1 + middle.abs())  # else it is rounding
        spread = torch.where(varies, spread, 1.0) * math.sqrt(features.shape[1])
        weights, biases = fit((features - middle).div_(spread), labels, c, seed)
        self.weights = weights / spread  # (K, F)
        self.biases = biases - self.weights @ middle

    def accuracy(self, features: Tensor, labels: Tensor) -> float:
        right = 0
        for part, truth in zip(features.split(1000), labels.split(1000), strict=True):
            right += int(((part @ self.weights.T + self.biases).argmax(dim=1) == truth).sum())
        return right / len(labels)


def _split(labels: Tensor, seed: int, choosers: int | None) -> tuple[Tensor, Tensor]:
    """Return the places of the held-out pictures and of the others: the same share of every class."""
    generator = torch.Generator().manual_seed(seed)
    held, kept = [], []
    for kind in labels.unique():
        places = torch.where(labels == kind)[0]
        places = places[torch.randperm(len(places), generator=generator)][:choosers]
        count = max(1, round(HELD_OUT * len(places)))
        held.append(places[:count])
        kept.append(places[count:])
    return torch.cat(held), torch.cat(kept)


def _refuse_sizes(features: Tensor, labels: Tensor, test_features: Tensor, test_labels: Tensor) -> None:
    for name, numbers, kinds in (("features", features, labels), ("test_features", test_features, test_labels)):
        if numbers.dim() != 2 or len(numbers) != len(kinds) or numbers.shape[1] != features.shape[1]:
            raise InvalidValue(
                f"{name} is {tuple(numbers.shape)} with {len(kinds)} labels, but it must be (N, F) with a label for "
                "each row, and F the same for training and test: flatten pictures with flatten(1)."
            )
        if not torch.isfinite(numbers).all():
            raise InvalidValue(f"{name} holds numbers that are not finite: look at the network that made them.")
    counts = torch.bincount(labels)
    if len(counts) < 2 or counts.min() < 2:
        raise InvalidValue(
            f"The training labels have {counts.tolist()} pictures by class, but a probe needs two or more classes, "
            "numbered from 0, with two or more pictures each: one learns, one chooses C."
        )
