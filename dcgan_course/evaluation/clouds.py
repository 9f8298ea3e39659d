"""The door of all measures that compare two clouds of points: what they take, and the sentence for what they do not."""

import torch
from torch import Tensor

from dcgan_course.errors import InvalidValue, whole_number

TOO_LARGE = 1e50  # a cube of products of larger numbers is no float64 any more


def two_clouds(features_a: Tensor, features_b: Tensor) -> tuple[Tensor, Tensor]:
    """Return two clouds in float64 on the CPU, without their history of gradients.

    Args:
        features_a: (N, F), features_b: (M, F), F numbers for each of N and M pictures; N, M ≥ 2.

    Raises:
        InvalidValue: other shapes, fewer than two points in a cloud, or numbers that are not finite.
    """
    for features in (features_a, features_b):
        if not isinstance(features, Tensor):
            raise InvalidValue(
                f"Features are a tensor (N, F), but {type(features).__name__} was given: use torch.as_tensor."
            )
    shapes = tuple(features_a.shape), tuple(features_b.shape)
    if any(len(shape) != 2 or shape[0] < 2 or shape[1] < 1 for shape in shapes) or shapes[0][1] != shapes[1][1]:
        raise InvalidValue(
            f"The features are {shapes[0]} and {shapes[1]}, but they must be (N, F) and (M, F): "
            "at least two points each, and as many numbers a point."
        )
    first, second = finite("The first cloud", features_a), finite("The second cloud", features_b)
    return first, second


def finite(name: str, points: Tensor) -> Tensor:
    """Return points (N, F) in float64 on the CPU, without their history of gradients.

    Raises:
        InvalidValue: a number is not finite, or so large that its powers are not.
    """
    points = points.detach().to("cpu", torch.float64)
    wrong = int((~(points.abs() < TOO_LARGE)).any(dim=1).sum())  # the comparison is false for NaN as well
    if wrong:
        raise InvalidValue(
            f"{name} has {wrong:,} of {len(points):,} rows with a number that is NaN, infinite or above "
            f"{TOO_LARGE:.0e}, but all must be finite: look at the pictures and at the network that made the features."
        )
    return points


def neighbours_to_count(k: int, *clouds: Tensor) -> int:
    """Return k as Python's own int.

    Raises:
        InvalidValue: k is no whole number of at least 1, or a point of one of the clouds has fewer than k others.
    """
    k, least = whole_number("k", k), min(len(cloud) for cloud in clouds)
    if k >= least:
        raise InvalidValue(
            f"k is {k}, but among {least:,} points each has only {least - 1:,} others: "
            f"choose k from 1 to {least - 1:,}, or give more points."
        )
    return k
