"""The kernel distance between two clouds of points: a measure without bias, that is therefore sometimes negative."""

from torch import Tensor

from dcgan_course.evaluation.clouds import two_clouds

BLOCK = 2_000_000  # values of the kernel that are in memory at once: 16 MB


def kernel_distance(features_a: Tensor, features_b: Tensor) -> float:
    """Return the unbiased MMD² of two clouds with the cubic kernel k(x, y) = (x·y / F + 1)³, often called KID.

    mean of k(a_i, a_j) over i ≠ j  +  mean of k(b_i, b_j) over i ≠ j  −  2 · mean of k(a_i, b_j)

    Args:
        features_a: (N, F), features_b: (M, F), numbers that a network computed from N and M pictures; N, M ≥ 2.

    Its mean over many draws does not depend on N and M. So clouds of one distribution give values around 0, half of
    them **below** 0: that is no error, and a value that was clamped at 0 would be biased again. One value still
    varies from draw to draw, and more so with few points. It sees moments up to the third, in the units of the
    features: values from different feature networks cannot be compared.

    Source: Bińkowski et al. 2018, section 3, for the kernel; Gretton et al. 2012, equation 3, for the estimator.
    Computed in float64 and in blocks: no table of N × M values is kept.

    Raises:
        InvalidValue: clouds that are not (N, F) and (M, F) with at least two points each, or not finite.
    """
    a, b = two_clouds(features_a, features_b)
    within = [
        (_sum_of_kernel(cloud, cloud) - float(_cubic((cloud * cloud).sum(dim=1), cloud.shape[1]).sum()))
        / (len(cloud) * (len(cloud) - 1))
        for cloud in (a, b)
    ]
    return within[0] + within[1] - 2 * _sum_of_kernel(a, b) / (len(a) * len(b))


def _cubic(products: Tensor, numbers: int) -> Tensor:
    """Return (x·y / F + 1)³ for the products x·y of points with F numbers; the products are overwritten."""
    root = products.div_(numbers).add_(1)
    return root * root * root


def _sum_of_kernel(a: Tensor, b: Tensor) -> float:
    """Return the sum of k(a_i, b_j) over all pairs."""
    rows = max(1, BLOCK // len(b))
    return sum(float(_cubic(part @ b.T, b.shape[1]).sum()) for part in a.split(rows))
