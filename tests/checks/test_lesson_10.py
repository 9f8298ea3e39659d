"""The checks of lesson 10: right answers in several styles pass, and each wrong idea gets its own hint."""

import math
from fractions import Fraction
from functools import partial
from statistics import mean, median, pstdev, stdev

import numpy as np
import pytest
import torch

from dcgan_course.checks import lesson_10 as check
from dcgan_course.checks.lesson_10 import kernel as kernel_check
from dcgan_course.checks.lesson_10 import neighbours as neighbour_check
from dcgan_course.checks.lesson_10.comparable import PAIRS, RIGHT
from dcgan_course.checks.lesson_10.spoils import SIGNS
from dcgan_course.evaluation import kernel, metrics, neighbours
from tests.helpers.answers import complaint, praise

# Exercise 1


def line_by_numpy(mean_a, sigma_a, mean_b, sigma_b):
    return np.square(np.array([mean_a, sigma_a]) - [mean_b, sigma_b]).sum()


@pytest.mark.parametrize(
    "function",
    [
        lambda m, s, n, t: (m - n) ** 2 + s**2 + t**2 - 2 * math.sqrt(s**2 * t**2),
        lambda m, s, n, t: torch.tensor([m - n, s - t]).square().sum(),
        lambda m, s, n, t: abs(complex(m - n, s - t)) ** 2,
        line_by_numpy,
    ],
)
def test_the_line_in_several_styles(function, capsys):
    praise(capsys, check.frechet_line, function)


@pytest.mark.parametrize(
    ("wrong", "hint"),
    [
        (lambda m, s, n, t: math.dist((m, s), (n, t)), "took the root at the end"),
        (lambda m, s, n, t: (m - n) ** 2 + (s * s - t * t) ** 2, "compared the variances"),
        (lambda m, s, n, t: (m - n) ** 2 + abs(s * s - t * t), "difference of the variances is not"),
        (lambda m, s, n, t: (m - n) ** 2 + s * s - t * t, "falls below 0"),
        (lambda m, s, n, t: abs(m - n) + abs(s - t), "must be squared, both"),
        (lambda m, s, n, t: (m - n) ** 2 + abs(s - t), "that of σ is not"),
        (lambda m, s, n, t: abs(m - n) + (s - t) ** 2, "that of the means is not"),
        (lambda m, s, n, t: (m - n) ** 2 + s * s + t * t, "2 s_a s_b"),
        (lambda m, s, n, t: (m - n) ** 2 + s + t - 2 * math.sqrt(s * t), "took σ for the variance"),
        (lambda m, s, n, t: (m - n) ** 2, "only the means"),
        (lambda m, s, n, t: (s - t) ** 2, "only the widths"),
        (lambda m, s, n, t: (m - n + s - t) ** 2, "must not cancel"),
    ],
)
def test_wrong_lines_get_their_hint(wrong, hint):
    assert hint in complaint(check.frechet_line, wrong)


# Exercise 2


def moments(cloud, correction=1):
    points = cloud.double()
    return points.mean(0), torch.cov(points.T, correction=correction)


def frechet(a, b, middle, *, correction=1, means=lambda m, n: (m - n).square().sum(), twice=2):
    """The distance with parts that can be wrong; `middle` takes the covariances."""
    (m, c), (n, d) = moments(a, correction), moments(b, correction)
    return means(m, n) + c.trace() + d.trace() - twice * middle(c, d)


def root(matrix):
    values, vectors = torch.linalg.eigh(matrix)
    return vectors @ values.clamp_min(0).sqrt().diag() @ vectors.T


def symmetric(c, d):
    return root(root(c) @ d @ root(c)).trace()


def by_eigenvalues_of_the_product(c, d):
    return torch.linalg.eigvals(c @ d).real.clamp_min(0).sqrt().sum()


def by_scipy(c, d):
    from scipy.linalg import sqrtm

    return np.trace(sqrtm(c.numpy() @ d.numpy()).real)


def by_singular_values(a, b):
    """tr (C_a C_b)^½ is the sum of the singular values of the product of both centred clouds."""
    a, b = a.numpy().astype(float), b.numpy().astype(float)
    x, y = ((cloud - cloud.mean(0)) / np.sqrt(len(cloud) - 1) for cloud in (a, b))
    gap = ((a.mean(0) - b.mean(0)) ** 2).sum()
    return gap + (x**2).sum() + (y**2).sum() - 2 * np.linalg.svd(x @ y.T, compute_uv=False).sum()


@pytest.mark.parametrize(
    "function",
    [
        partial(frechet, middle=symmetric),
        partial(frechet, middle=by_eigenvalues_of_the_product),
        partial(frechet, middle=by_scipy),
        by_singular_values,
        metrics.frechet_distance,
    ],
)
def test_frechet_distances_in_several_styles(function, capsys):
    praise(capsys, check.frechet_clouds, function)


def wrong_axis(a, b):
    c, d = torch.cov(a.double()), torch.cov(b.double())
    return c.trace() + d.trace() - 2 * root(c @ d).trace()


@pytest.mark.parametrize(
    ("wrong", "hint"),
    [
        (lambda a, b: frechet(a, b, symmetric) ** 0.5, "took the root at the end"),
        (lambda a, b: frechet(a, b, lambda c, d: (c @ d).clamp_min(0).sqrt().trace()), "root of each number"),
        (lambda a, b: frechet(a, b, lambda c, d: (c * d).clamp_min(0).sqrt().trace()), "number by number"),
        (lambda a, b: frechet(a, b, lambda c, d: (c @ d).trace()), "root of C_a C_b is missing"),
        (lambda a, b: frechet(a, b, lambda c, d: root(c @ d).trace()), "look at one half"),
        (lambda a, b: frechet(a, b, symmetric, correction=0), "divided by N."),
        (lambda a, b: frechet(a, b, symmetric, means=lambda m, n: 0), "the means are missing"),
        (lambda a, b: frechet(a, b, symmetric, means=lambda m, n: (m - n).norm()), "must be squared"),
        (lambda a, b: frechet(a, b, symmetric, means=lambda m, n: (m - n).square().mean()), "It is their sum"),
        (lambda a, b: frechet(a, b, symmetric, twice=1), "the 2 before the root"),
        (lambda a, b: (a.mean(0) - b.mean(0)).square().sum(), "three traces are missing"),
        (lambda a, b: frechet(a, b, lambda c, d: torch.linalg.eigvals(c @ d).sqrt().sum()), "complex number"),
        (lambda a, b: frechet(a, b, lambda c, d: torch.linalg.eigvalsh(c @ d - 1e-9).sqrt().sum()), "nan"),
        (wrong_axis, "wrong axis"),
    ],
)
def test_wrong_frechet_distances_get_their_hint(wrong, hint):
    assert hint in complaint(check.frechet_clouds, wrong)


# Exercise 3


def kernel_with_loops(a, b):
    def k(x, y):
        return (float(x.double() @ y.double()) / len(x) + 1) ** 3

    def within(cloud):
        return mean(k(x, y) for i, x in enumerate(cloud) for j, y in enumerate(cloud) if i != j)

    return within(a) + within(b) - 2 * mean(k(x, y) for x in a for y in b)


def kernel_with_masks(a, b):
    both = torch.cat([a, b]).double()
    table = (both @ both.T / a.shape[1]).add(1).pow(3)
    first = torch.arange(len(both)) < len(a)
    other = ~torch.eye(len(both), dtype=torch.bool)
    parts = [table[one[:, None] & two[None] & other].mean() for one, two in ((first, first), (~first, ~first))]
    return sum(parts) - 2 * table[first][:, ~first].mean()


def kernel_with_numpy(a, b):
    a, b = a.numpy().astype(np.float64), b.numpy().astype(np.float64)
    tables = [np.power(x @ y.T / a.shape[1] + 1, 3) for x, y in ((a, a), (b, b), (a, b))]
    inner = [(t.sum() - np.trace(t)) / (len(t) * (len(t) - 1)) for t in tables[:2]]
    return np.float64(sum(inner) - 2 * tables[2].mean())


@pytest.mark.parametrize("function", [kernel_with_loops, kernel_with_masks, kernel_with_numpy, kernel.kernel_distance])
def test_kernel_distances_in_several_styles(function, capsys):
    praise(capsys, check.kernel_distance, function)


def kernel_parts(a, b, cubic=lambda products, numbers: (products / numbers + 1) ** 3):
    tables = [cubic(x.double() @ y.double().T, a.shape[1]) for x, y in ((a, a), (b, b), (a, b))]
    inner = [float(t.sum() - t.trace()) / (len(t) * (len(t) - 1)) for t in tables[:2]]
    return inner, float(tables[2].mean()), tables


def kernel_of(cubic):
    def function(a, b):
        inner, mixed, _ = kernel_parts(a, b, cubic)
        return sum(inner) - 2 * mixed

    return function


def no_diagonal_but_squares(a, b):
    _, mixed, tables = kernel_parts(a, b)
    return sum(float(t.sum() - t.trace()) / len(t) ** 2 for t in tables[:2]) - 2 * mixed


@pytest.mark.parametrize(
    ("wrong", "hint"),
    [
        (lambda a, b: max(0.0, kernel_with_loops(a, b)), "cut off what is below 0"),
        (lambda a, b: abs(kernel_with_loops(a, b)), "absolute value"),
        (
            lambda a, b: sum(float(t.mean()) * s for t, s in zip(kernel_parts(a, b)[2], (1, 1, -2), strict=True)),
            "with itself, too",
        ),
        (no_diagonal_but_squares, "you still divide by n²"),
        (
            lambda a, b: sum(kernel_parts(a, b)[0]) - 2 * kernel_parts(a, b)[1] * len(b) / (len(b) - 1),
            "no point meets itself",
        ),
        (kernel_of(lambda products, numbers: (products + 1) ** 3), "divided by F"),
        (kernel_of(lambda products, numbers: (products / numbers) ** 3), "the + 1"),
        (kernel_of(lambda products, numbers: products / numbers + 1), "power of 3 is missing"),
        (kernel_of(lambda products, numbers: (products / numbers + 1) ** 2), "a cube, not a square"),
        (lambda a, b: sum(kernel_parts(a, b)[0]) - kernel_parts(a, b)[1], "counts twice"),
        (lambda a, b: -kernel_with_loops(a, b), "the sign is turned"),
        (lambda a, b: max(0.0, kernel_with_loops(a, b)) ** 0.5, "no root"),
        (lambda a, b: (kernel_parts(a, b)[2][0] + kernel_parts(a, b)[2][1]).mean(), "different numbers of points"),
    ],
)
def test_wrong_kernel_distances_get_their_hint(wrong, hint):
    assert hint in complaint(check.kernel_distance, wrong)


def test_one_pair_of_equal_clouds_is_below_zero():
    """Else nobody who clamps would be caught."""
    assert min(kernel.kernel_distance(*clouds) for clouds in kernel_check._clouds()) < -0.1


# Exercise 4


def pr_with_loops(real_real, fake_fake, real_fake, k):
    def share(within, across):
        radii = [sorted(float(d) for j, d in enumerate(row) if j != i)[k - 1] for i, row in enumerate(within)]
        asked = across.T.tolist()
        return sum(any(d <= r for d, r in zip(row, radii, strict=True)) for row in asked) / len(asked)

    return share(real_real, real_fake), share(fake_fake, real_fake.T)


def pr_with_kthvalue(real_real, fake_fake, real_fake, k):
    real_radius, fake_radius = (table.kthvalue(k + 1, dim=1).values for table in (real_real, fake_fake))
    precision = (real_fake.T <= real_radius).any(1).float().mean()
    return [precision, (real_fake <= fake_radius).any(1).float().mean()]


def pr_with_topk(real_real, fake_fake, real_fake, k):
    inside = real_fake <= real_real.topk(k + 1, largest=False).values.amax(dim=1, keepdim=True)
    held = real_fake.T <= fake_fake.topk(k + 1, largest=False).values.amax(dim=1, keepdim=True)
    return torch.stack([side.sum(0).clamp(max=1).double().mean() for side in (inside, held)])


def pr_with_numpy(real_real, fake_fake, real_fake, k):
    radii = [np.partition(table.numpy(), k, axis=1)[:, [k]] for table in (real_real, fake_fake)]
    return tuple(np.any(d.numpy() <= r, axis=0).mean() for d, r in zip((real_fake, real_fake.T), radii, strict=True))


@pytest.mark.parametrize("function", [pr_with_loops, pr_with_kthvalue, pr_with_topk, pr_with_numpy])
def test_precision_and_recall_in_several_styles(function, capsys):
    praise(capsys, check.precision_recall, function)


def asked(share):
    """Precision and recall by one rule for a share: of the points that the columns stand for."""
    return lambda r, f, a, k: (share(r.sort(1).values, a, k), share(f.sort(1).values, a.T, k))


@pytest.mark.parametrize(
    ("wrong", "hint"),
    [
        (asked(lambda s, a, k: (a < s[:, k, None]).any(0).float().mean()), "use <="),
        (asked(lambda s, a, k: (a <= s[:, k - 1, None]).any(0).float().mean()), "its own nearest neighbour"),
        (asked(lambda s, a, k: (a <= s[:, k + 1, None]).any(0).float().mean()), "neighbour k + 1"),
        (lambda *case: pr_with_loops(*case)[::-1], "the two are exchanged"),
        (lambda *case: (pr_with_loops(*case)[0],) * 2, "roles exchanged"),
        (asked(lambda s, a, k: (a <= s[:, k, None]).any(1).float().mean()), "balls that hold something"),
        (asked(lambda s, a, k: (a <= s[:, k, None]).double().sum(0).mean() / k), "that is the density"),
        (asked(lambda s, a, k: (a.amin(0) <= s[a.argmin(0), k]).double().mean()), "ball of the nearest point"),
        (asked(lambda s, a, k: (a <= s[:, k].mean()).any(0).double().mean()), "all your balls have one radius"),
        (asked(lambda s, a, k: (a <= s[:, k, None]).any(0).sum().item()), "these are counts"),
    ],
)
def test_wrong_precisions_get_their_hint(wrong, hint):
    assert hint in complaint(check.precision_recall, wrong)


def test_the_cases_of_exercise_4_have_ties_and_a_copy():
    for real, fake, across, k in neighbour_check._distances()[1:]:
        own = real.sort(1).values[:, k, None], fake.sort(1).values[:, k, None]
        assert (across == own[0]).any() and (across == 0).any()


# Exercise 5


def coverage_by_fractions(real_count, fake_count, k):
    chance = Fraction(1)
    for i in range(k):
        chance *= Fraction(real_count - 1 - i, real_count + fake_count - 1 - i)
    return float(1 - chance)


def coverage_by_logarithms(n, m, k):
    return -math.expm1(math.lgamma(n) - math.lgamma(n - k) - math.lgamma(n + m) + math.lgamma(n + m - k))


@pytest.mark.parametrize(
    "function",
    [
        coverage_by_fractions,
        coverage_by_logarithms,
        lambda n, m, k: 1 - math.comb(n - 1, k) / math.comb(n + m - 1, k),
        lambda n, m, k: 1 - (torch.arange(n - k, n).double() / torch.arange(n + m - k, n + m)).prod(),
        neighbours.expected_coverage,
    ],
)
def test_coverages_in_several_styles(function, capsys):
    praise(capsys, check.expected_coverage, function)


@pytest.mark.parametrize(
    ("wrong", "hint"),
    [
        (lambda n, m, k: 1, "not 1"),
        (lambda n, m, k: 1 - 2**-k, "with a chance of ½"),
        (lambda n, m, k: 1 - (n / (n + m)) ** k, "draws each neighbour anew"),
        (lambda n, m, k: 1 - ((n - 1) / (n + m - 1)) ** k, "the first factor is right"),
        (lambda n, m, k: 1 - math.comb(n, k) / math.comb(n + m, k), "counted among its own"),
        (lambda n, m, k: coverage_by_fractions(m, n, k), "N and M are exchanged"),
        (lambda n, m, k: 1 - coverage_by_fractions(n, m, k), "to stay empty"),
        (lambda n, m, k: coverage_by_fractions(n, m, k - 1), "one factor is missing"),
        (lambda n, m, k: coverage_by_fractions(n, m, k + 1), "one factor too many"),
        (lambda n, m, k: (n - k) / (n + m - k), "the last factor alone. All k"),
        (lambda n, m, k: 1 - (n - k) / (n + m - k), "1 minus the last factor"),
        (lambda n, m, k: m / (n + m - 1), "how likely ONE neighbour"),
    ],
)
def test_wrong_coverages_get_their_hint(wrong, hint):
    assert hint in complaint(check.expected_coverage, wrong)


# Exercise 6


def halves_with_loops(real, fake):
    points = [(row, "real") for row in real.tolist()] + [(row, "fake") for row in fake.tolist()]
    right = {"real": [], "fake": []}
    for i, (point, kind) in enumerate(points):
        others = [(math.dist(point, other), name) for j, (other, name) in enumerate(points) if j != i]
        right[kind].append(min(others)[1] == kind)
    return mean(right["real"]), mean(right["fake"])


def halves_by_two_tables(real, fake):
    def share(own, other):
        within = torch.cdist(own.double(), own.double()) + torch.full((len(own),), math.inf).diag().nan_to_num(0, 1e9)
        return (within.amin(1) < torch.cdist(own.double(), other.double()).amin(1)).double().mean()

    return torch.stack([share(real, fake), share(fake, real)])


def halves_by_sklearn(real, fake):
    from sklearn.model_selection import LeaveOneOut, cross_val_predict
    from sklearn.neighbors import KNeighborsClassifier

    points, label = torch.cat([real, fake]).numpy(), np.arange(len(real) + len(fake)) < len(real)
    told = cross_val_predict(KNeighborsClassifier(1), points, label, cv=LeaveOneOut()) == label
    return [told[label].mean(), told[~label].mean()]


def halves_by_the_package(real, fake):
    test = neighbours.one_nearest_neighbour(real, fake)
    return test.real, test.fake


@pytest.mark.parametrize(
    "function", [halves_with_loops, halves_by_two_tables, halves_by_sklearn, halves_by_the_package]
)
def test_halves_in_several_styles(function, capsys):
    praise(capsys, check.leave_one_out, function)


def second_of_two(real, fake):
    """Skips the first of the two nearest, in the belief that it is the point itself: a copy comes first, too."""
    points = torch.cat([fake, real])  # of two at distance 0 the earlier comes first
    is_real = torch.arange(len(points)) >= len(fake)
    right = is_real[torch.cdist(points, points).sort(dim=1, stable=True).indices[:, 1]] == is_real
    return float(right[is_real].double().mean()), float(right[~is_real].double().mean())


def voted(real, fake):
    points, label = torch.cat([real, fake]).double(), torch.arange(len(real) + len(fake)) < len(real)
    table = torch.cdist(points, points).fill_diagonal_(math.inf)
    right = (label[table.topk(3, largest=False).indices].double().mean(1) > 0.5) == label
    return float(right[label].double().mean()), float(right[~label].double().mean())


def together(real, fake):
    halves = halves_with_loops(real, fake)
    return (len(real) * halves[0] + len(fake) * halves[1]) / (len(real) + len(fake))


@pytest.mark.parametrize(
    ("wrong", "hint"),
    [
        (lambda r, f: (1.0, 1.0), "the point itself"),
        (lambda r, f: halves_with_loops(r, f)[::-1], "halves are exchanged"),
        (lambda r, f: [1 - half for half in halves_with_loops(r, f)], "told wrong"),
        (lambda r, f: (0.0, 0.0), "the other set only"),
        (together, "Return two numbers"),
        (lambda r, f: (together(r, f),) * 2, "accuracy of all points"),
        (lambda r, f: (mean(halves_with_loops(r, f)),) * 2, "mean of the halves"),
        (voted, "three neighbours vote"),
        (
            lambda r, f: [half * len(part) for half, part in zip(halves_with_loops(r, f), (r, f), strict=True)],
            "these are counts",
        ),
        (
            lambda r, f: [
                half * len(part) / len(torch.cat([r, f]))
                for half, part in zip(halves_with_loops(r, f), (r, f), strict=True)
            ],
            "its own number of points",
        ),
        (second_of_two, "exact copies of real points"),
    ],
)
def test_wrong_halves_get_their_hint(wrong, hint):
    assert hint in complaint(check.leave_one_out, wrong)


# Exercise 7


@pytest.fixture(scope="module")
def cases():
    return check.draw_cases(seed=10)


def truth(cases):
    return {case.letter: case.spoil for case in cases}


def test_the_page_does_not_give_the_spoils_away(cases):
    shown = " ".join(repr(case) for case in cases) + " ".join(check.in_words(case) for case in cases)
    assert not any(name in shown for name in check.SPOILS)
    assert sorted(truth(cases).values()) == sorted(check.SPOILS)


@pytest.mark.parametrize("seed", range(10, 18))
def test_every_sign_is_seen_where_it_belongs_and_nowhere_else(seed):
    for case in check.draw_cases(seed):
        assert [name for name, (seen, _) in SIGNS.items() if seen(case)] == [case.spoil], check.in_words(case)


def named_by_signs(cases):
    return {case.letter: next(name for name, (seen, _) in SIGNS.items() if seen(case)) for case in cases}


@pytest.mark.parametrize(
    "style",
    [
        truth,
        named_by_signs,
        lambda cases: dict(reversed(truth(cases).items())),
        lambda cases: {letter: f" {name.upper()} " for letter, name in truth(cases).items()},
    ],
)
def test_right_names_pass(cases, style, capsys):
    praise(capsys, check.name_the_spoils, lambda: style(cases), cases)


def swapped(cases, one, other):
    return {case.letter: {one: other, other: one}.get(case.spoil, case.spoil) for case in cases}


@pytest.mark.parametrize(
    ("one", "other", "hints"),
    [
        ("copies of the reference", "nothing is wrong", ("beside its copy", "1-NN guesses")),
        ("twelve points repeated", "copies of the reference", ("copies find each other", "beside its copy")),
        ("half of it is noise", "a mode is missing", ("near nothing real", "one of four places")),
        ("all of it is moved", "a mode is missing", ("1-NN would tell both halves", "one of four places")),
        ("too near the middles", "nothing is wrong", ("rim of every mode", "1-NN guesses")),
        ("too near the middles", "twelve points repeated", ("rim of every mode", "copies find each other")),
        ("half of it is noise", "all of it is moved", ("near nothing real", "1-NN would tell both halves")),
        ("a mode is missing", "too near the middles", ("one of four places", "rim of every mode")),
    ],
)
def test_spoils_taken_for_each_other_get_the_sign_that_decides(cases, one, other, hints):
    said = complaint(check.name_the_spoils, lambda: swapped(cases, one, other), cases)
    assert all(hint in said for hint in hints) and "5 of 7 are right" in said


# Exercise 8


def test_right_reasons_pass_in_any_order_and_case(capsys):
    for answer in (RIGHT, dict(reversed(RIGHT.items())), {k: v.upper() for k, v in RIGHT.items()}):
        praise(capsys, check.comparable, lambda answer=answer: answer)
    assert RIGHT.keys() == PAIRS.keys() and set(RIGHT.values()) == set(check.REASONS)


@pytest.mark.parametrize(
    ("letter", "reason", "hints"),
    [
        ("A", "nothing", ("look again", "number of samples")),
        ("A", "reference", ("the reference is not what differs",)),
        ("B", "n", ("does no harm here", "larger, in the mean")),
        ("C", "nothing", ("look again", "both lines say FID")),
        ("D", "nothing", ("look again", "Which 5,000?")),
        ("E", "network", ("the network is not what differs", "before the network saw them")),
        ("F", "n", ("is the same in both", "the seed of z is chance")),
        ("G", "network", ("the network is not what differs", "first words")),
        ("H", "reference", ("the reference is not what differs", "took part in the game")),
    ],
)
def test_wrong_reasons_get_their_hint(letter, reason, hints):
    said = complaint(check.comparable, lambda: RIGHT | {letter: reason})
    assert all(hint in said for hint in hints) and "7 of 8 are right" in said


# Exercise 9


def line_by_hand(n, values):
    x, y = (1 / n).tolist(), values.tolist()
    slope = sum((u - mean(x)) * (v - mean(y)) for u, v in zip(x, y, strict=True)) / sum((u - mean(x)) ** 2 for u in x)
    return mean(y) - slope * mean(x), slope


@pytest.mark.parametrize(
    "function",
    [
        line_by_hand,
        lambda n, v: tuple(np.polyfit(1 / n.numpy(), v.numpy(), 1)[::-1]),
        lambda n, v: torch.linalg.lstsq(torch.stack([n**0, 1 / n], 1).double(), v[:, None].double()).solution[:, 0],
        lambda n, v: list(np.polynomial.Polynomial.fit(1 / n.numpy(), v.numpy(), 1).convert().coef),
    ],
)
def test_lines_in_several_styles(function, capsys):
    praise(capsys, check.bias_line, function)


def fitted(x, y):
    return tuple(np.polyfit(np.asarray(x, dtype=float), np.asarray(y, dtype=float), 1)[::-1])


@pytest.mark.parametrize(
    ("wrong", "hint"),
    [
        (lambda n, v: fitted(n, v), "a line in n."),
        (lambda n, v: fitted(n.log(), v), "log n"),
        (lambda n, v: fitted(n**-0.5, v), "1/√n"),
        (lambda n, v: line_by_hand(n, v)[::-1], "a and b are exchanged"),
        (lambda n, v: (v[n.argmax()], line_by_hand(n, v)[1]), "not the value at the largest n"),
        (lambda n, v: (v.mean(), line_by_hand(n, v)[1]), "not the mean of the values"),
        (lambda n, v: (0.0, float((v / n).sum() / (1 / n).square().sum())), "forced through 0"),
        (
            lambda n, v: fitted([1 / n.min(), 1 / n.max()], [v[n.argmin()], v[n.argmax()]]),
            "the smallest and the largest n alone",
        ),
        (lambda n, v: fitted([1 / n[0], 1 / n[-1]], [v[0], v[-1]]), "the first and the last point alone"),
        (lambda n, v: (line_by_hand(n, v)[0], -line_by_hand(n, v)[1]), "sign of b"),
        (lambda n, v: (line_by_hand(n, v)[0] - line_by_hand(n, v)[1] / n.max(), line_by_hand(n, v)[1]), "once more"),
    ],
)
def test_wrong_lines_through_the_bias_get_their_hint(wrong, hint):
    assert hint in complaint(check.bias_line, wrong)


# Exercise 10


def powers(matrix, power):
    values, vectors = torch.linalg.eigh(matrix)
    return vectors * values.clamp_min(1e-12) ** power @ vectors.T


def recolour(matrix, *, before=True, after="real"):
    """Move the fakes by the matrix W(C_fake, C_real), with means that can be wrong."""

    def function(fake, real):
        fake, real = fake.double(), real.double()
        shift = {"real": real.mean(0), "none": 0.0, "fake": fake.mean(0)}[after]
        return (fake - fake.mean(0) * before) @ matrix(torch.cov(fake.T), torch.cov(real.T)) + shift

    return function


def by_roots(c, d):
    return powers(c, -0.5) @ powers(d, 0.5)


def by_cholesky(c, d):
    return torch.linalg.inv(torch.linalg.cholesky(c)).T @ torch.linalg.cholesky(d).T


def by_optimal_transport(c, d):
    return powers(c, -0.5) @ powers(powers(c, 0.5) @ d @ powers(c, 0.5), 0.5) @ powers(c, -0.5)


def by_svd(fake, real):
    x, y = (cloud.double() - cloud.double().mean(0) for cloud in (fake, real))
    u, _, _ = torch.linalg.svd(x, full_matrices=False)
    _, s, v = torch.linalg.svd(y, full_matrices=False)
    return (u * s) @ v * ((len(fake) - 1) / (len(real) - 1)) ** 0.5 + real.double().mean(0)


@pytest.mark.parametrize(
    "function", [recolour(by_roots), recolour(by_cholesky), recolour(by_optimal_transport), by_svd]
)
def test_recolouring_in_several_styles(function, capsys):
    praise(capsys, check.recoloured, function)


def gaussian_impostor(fake, real):
    noise = torch.randn(len(fake), real.shape[1], dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    return recolour(by_roots)(noise, real)


@pytest.mark.parametrize(
    ("wrong", "hint"),
    [
        (lambda fake, real: real[torch.arange(len(fake)) % len(real)], "stretched and moved: no matrix"),
        (gaussian_impostor, "noise with the right moments"),
        (lambda fake, real: fake, "the fakes as they were"),
        (lambda fake, real: real, "wanted is a tensor (40, 3)"),
        (lambda fake, real: fake - fake.mean(0) + real.mean(0), "only their mean was moved"),
        (recolour(lambda c, d: powers(c, -0.5)), "whitened"),
        (recolour(lambda c, d: powers(d, 0.5)), "without whitening"),
        (recolour(lambda c, d: (d.diagonal() / c.diagonal()).sqrt().diag()), "the σ of each column"),
        (recolour(lambda c, d: by_roots(c, d).T), "the order is turned"),
        (recolour(lambda c, d: powers(c, 0.5) @ powers(d, 0.5)), "to whiten is to divide"),
        (recolour(lambda c, d: torch.linalg.inv(c) @ d), "stretched by their ROOTS"),
        (recolour(lambda c, d: by_cholesky(c, d).T), "L Lᵀ"),
        (recolour(lambda c, d: torch.linalg.pinv(c.abs().sqrt()) @ d.abs().sqrt()), "root of each number"),
        (recolour(by_roots, before=False), "BEFORE you stretch"),
        (recolour(by_roots, after="none"), "add the real mean at the end"),
        (recolour(by_roots, after="fake"), "the fakes' own mean"),
        (recolour(lambda c, d: c * math.nan), "not finite"),
    ],
)
def test_wrong_recolouring_gets_its_hint(wrong, hint):
    assert hint in complaint(check.recoloured, wrong)


def test_recoloured_fakes_are_at_distance_0():
    fake, real = torch.rand(2, 50, 3, generator=torch.Generator().manual_seed(1))
    assert metrics.frechet_distance(fake, real) > 0.01
    assert metrics.frechet_distance(recolour(by_roots)(fake, real), real) < 1e-9


# Exercise 11


def card_of(
    draw,
    reference,
    other_real,
    distance,
    seeds,
    centre=mean,
    spread=stdev,
    yardstick=lambda o, r, n: (o[:n], r),
    **changed,
):
    clouds = [draw(seed) for seed in seeds]
    values, n = [distance(cloud, reference) for cloud in clouds], len(clouds[0])
    card = {"n": n, "reference": len(reference), "seeds": len(seeds), "mean": centre(values), "spread": spread(values)}
    return card | {"real": distance(*yardstick(other_real, reference, n))} | changed


def card_by_torch(draw, reference, other_real, distance, seeds):
    values = torch.tensor([distance(draw(seed), reference) for seed in seeds], dtype=torch.float64)
    n = draw(seeds[0]).shape[0]
    return {
        "spread": values.std(),
        "mean": values.mean(),
        "real": distance(other_real[torch.arange(n)], reference),
        "seeds": values.numel(),
        "reference": reference.shape[0],
        "n": n,
    }


def card_by_numpy(draw, reference, other_real, distance, seeds):
    values = np.array([distance(draw(seed), reference) for seed in sorted(seeds)])
    n = len(draw(seeds[-1]))
    own = {"mean": values.mean(), "spread": values.std(ddof=1), "real": distance(other_real[:n], reference)}
    return dict(n=n, reference=len(reference), seeds=len(values), **own)


def card_with_more(*case):
    return card_of(*case, network="digit classifier", date="today")


@pytest.mark.parametrize("function", [card_of, card_by_torch, card_by_numpy, card_with_more])
def test_cards_in_several_styles(function, capsys):
    praise(capsys, check.report_card, function)


def one_draw(draw, reference, other_real, distance, seeds):
    return card_of(lambda seed: draw(seeds[0]), reference, other_real, distance, seeds, spread=lambda values: 0.0)


def first_value(values):
    return values[0]


def pooled(draw, reference, other_real, distance, seeds):
    together = distance(torch.cat([draw(seed) for seed in seeds]), reference)
    return card_of(draw, reference, other_real, distance, seeds, mean=together)


@pytest.mark.parametrize(
    ("wrong", "hint"),
    [
        (partial(card_of, centre=min), "the best draw"),
        (partial(card_of, centre=median), "not the median"),
        (partial(card_of, centre=first_value), "the first draw alone"),
        (pooled, "one cloud"),
        (partial(card_of, spread=pstdev), "divide by one less"),
        (partial(card_of, spread=lambda values: stdev(values) / len(values) ** 0.5), "error of the mean"),
        (partial(card_of, spread=lambda values: max(values) - min(values)), "largest minus smallest"),
        (partial(card_of, yardstick=lambda o, r, n: (o, r)), "another n than the draws"),
        (partial(card_of, yardstick=lambda o, r, n: (r, r)), "beside itself has distance 0"),
        (partial(card_of, yardstick=lambda o, r, n: (r[:n], r)), "a part of the reference itself"),
        (lambda d, r, o, f, s: card_of(d, r, o, f, s, n=len(d(s[0])) * len(s)), "not of all draws together"),
        (lambda d, r, o, f, s: card_of(d, r, o, f, s, n=len(s)), "in one draw: the length"),
        (lambda d, r, o, f, s: card_of(d, r, o, f, s) | {"reference": len(o)}, "pictures in `reference`"),
        (lambda d, r, o, f, s: card_of(d, r, o, f, s, real=f(o[: len(d(s[0]))], d(s[0]))), "against samples"),
        (one_draw, "was never drawn"),
        (lambda d, r, o, f, s: card_of(d, r, o, f, range(len(s))), "none of the seeds given"),
        (lambda *case: {"mean": card_of(*case)["mean"]}, "your card has no n, no reference"),
        (lambda *case: list(card_of(*case).values()), "wanted is a dict"),
    ],
)
def test_wrong_cards_get_their_hint(wrong, hint):
    assert hint in complaint(check.report_card, wrong)
