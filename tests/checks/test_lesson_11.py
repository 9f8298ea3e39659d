"""The checks of lesson 11: right answers in several styles, and the wrong answers learners give."""

import cmath
import itertools
import math
from statistics import mean, median

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn.functional import binary_cross_entropy_with_logits, logsigmoid, normalize, one_hot, softplus

from dcgan_course.checks import lesson_11 as check
from dcgan_course.recorded import comparison
from dcgan_course.training.losses import discriminator_loss, non_saturating
from tests.helpers.answers import complaint, praise


def told(check_it, wrong, hint):
    said = complaint(check_it, wrong)
    assert hint in said, said


# 1a. The slower eigenvalue


def by_cases(gamma):
    return -gamma / 2 if gamma < 1 else (-gamma + math.sqrt(gamma**2 - 1)) / 2


def by_numpy(gamma):
    return np.linalg.eigvals(np.array([[0, 0.5], [-0.5, -gamma]])).real.max()


def by_torch(gamma):
    return torch.linalg.eigvals(torch.tensor([[0, 0.5], [-0.5, -gamma]], dtype=torch.float64)).real.max()


def by_roots(gamma):
    return max(root.real for root in np.roots([1, gamma, 0.25]))


@pytest.mark.parametrize("right", [by_cases, by_numpy, by_torch, by_roots])
def test_right_rates(right, capsys):
    praise(capsys, check.slowest_rate, right)


def root(gamma, slope=0.5):
    return cmath.sqrt(gamma**2 - 4 * slope**2)


WRONG_RATES = {
    "more is faster": (lambda g: -g / 2, "one eigenvalue moves back"),
    "the fast one": (lambda g: ((-g - root(g)) / 2).real, "belongs to the slow one"),
    "complex": (lambda g: (-g + root(g)) / 2, "Return the real part"),
    "nan": (lambda g: float((-g + torch.tensor(g**2 - 1.0).sqrt()) / 2), "Use `cmath.sqrt`"),
    "slope 1": (lambda g: ((-g + root(g, 1)) / 2).real, "the sigmoid is ½"),
    "half of γ": (lambda g: ((-g / 2 + root(g / 2)) / 2).real, "not −γ/2"),
    "twice γ": (lambda g: ((-2 * g + root(2 * g)) / 2).real, "not −2γ"),
    "no 2 below": (lambda g: (-g + root(g)).real, "a 2 below the fraction bar"),
    "sign": (lambda g: -((-g + root(g)) / 2).real, "the sign is turned"),
    "length": (lambda g: abs((-g + root(g)) / 2), "the length of the complex number"),
    "trace": (lambda g: -g, "the sum of the two eigenvalues"),
    "domain": (lambda g: (-g + math.sqrt(g**2 - 1)) / 2, "your function raised ValueError"),
}


@pytest.mark.parametrize("name", WRONG_RATES)
def test_wrong_rates(name):
    told(check.slowest_rate, *WRONG_RATES[name])


# 1b. The critical γ


def by_search(slope):
    gammas = torch.linspace(0, 8, 80_001, dtype=torch.float64)
    rates = ((-gammas + (gammas**2 - 4 * slope**2).to(torch.complex128).sqrt()) / 2).real
    return float(gammas[rates.argmin()])


@pytest.mark.parametrize(
    "right",
    [lambda s: 2 * s, lambda s: s + s, lambda s: math.sqrt(4 * s**2), lambda s: torch.tensor(2.0) * s, by_search],
)
def test_right_critical_gammas(right, capsys):
    praise(capsys, check.critical_gamma, right)


WRONG_GAMMAS = {
    "one": (lambda s: 1, "1 is right for the slope ½ alone"),
    "the slope": (lambda s: s, "stands under a 4"),
    "squared": (lambda s: 4 * s * s, "Take the root"),
    "4s": (lambda s: 4 * s, "the root of 4s² is 2s"),
    "2s²": (lambda s: 2 * s**2, "s is not squared any more"),
    "half": (lambda s: s / 2, "the 2 belongs above"),
    "large": (lambda s: 10, "more γ is not faster"),
    "below 0": (lambda s: -2 * s, "take the one that is not below 0"),
}


@pytest.mark.parametrize("name", WRONG_GAMMAS)
def test_wrong_critical_gammas(name):
    told(check.critical_gamma, *WRONG_GAMMAS[name])


# 2. R1


def slope(d, x, of=torch.sum, graph=True):
    x = x.detach().clone().requires_grad_(True)
    return torch.autograd.grad(of(d(x)), x, create_graph=graph)[0]


def r1(d, real, gamma):
    return gamma / 2 * slope(d, real).flatten(1).square().sum(1).mean()


def r1_with_norm(d, real, gamma):
    return 0.5 * gamma * slope(d, real).flatten(1).norm(dim=1).pow(2).mean()


def r1_in_place(d, real, gamma):
    real.requires_grad_()
    out = d(real)
    (g,) = torch.autograd.grad(outputs=out, inputs=real, grad_outputs=torch.ones_like(out), create_graph=True)
    return (g * g).sum() * gamma / (2 * len(real))


def r1_one_by_one(d, real, gamma):
    total = 0
    for picture in real:
        x = picture[None].clone().requires_grad_(True)
        total = total + torch.autograd.grad(d(x)[0], x, create_graph=True)[0].square().sum()
    return gamma * total / len(real) / 2


def r1_by_func(d, real, gamma):
    g = torch.func.vmap(torch.func.grad(lambda x: d(x[None])[0]))(real)
    return gamma / 2 * g.square().sum((1, 2, 3)).mean()


@pytest.mark.parametrize("right", [r1, r1_with_norm, r1_in_place, r1_one_by_one, r1_by_func])
def test_right_r1(right, capsys):
    praise(capsys, check.r1_penalty, right)


def of_weights(d, real, gamma):
    found = torch.autograd.grad(d(real).sum(), list(d.parameters()), create_graph=True)
    return gamma / 2 * sum(g.square().sum() for g in found)


def no_grad_asked(d, real, gamma):
    return gamma / 2 * torch.autograd.grad(d(real).sum(), real, create_graph=True)[0].square().sum((1, 2, 3)).mean()


def not_summed(d, real, gamma):
    real = real.clone().requires_grad_(True)
    return torch.autograd.grad(d(real), real, create_graph=True)[0].square().sum()


def another_tensor(d, real, gamma):
    x = real.clone().requires_grad_(True)
    return torch.autograd.grad(d(x.detach()).sum(), x, create_graph=True)[0].square().sum()


WRONG_R1 = {
    "no graph": (
        lambda d, x, g: g / 2 * slope(d, x, graph=False).square().sum((1, 2, 3)).mean(),
        "`create_graph=True`",
    ),
    "item": (lambda d, x, g: torch.tensor(r1(d, x, g).item()), "`create_graph=True`"),
    "no ½": (lambda d, x, g: 2 * r1(d, x, g), "the ½ is missing"),
    "mean first": (lambda d, x, g: r1(d, x, g) / len(x) ** 2, "the penalty by N²"),
    "not squared": (lambda d, x, g: g / 2 * slope(d, x).flatten(1).norm(dim=1).mean(), "the length is not squared"),
    "mean over pixels": (lambda d, x, g: g / 2 * slope(d, x).square().mean(), "mean over the pixels, too"),
    "sum over pictures": (lambda d, x, g: g / 2 * slope(d, x).square().sum(), "Take their mean"),
    "one": (lambda d, x, g: g / 2 * (slope(d, x).flatten(1).norm(dim=1) - 1).square().mean(), "as WGAN-GP does"),
    "sigmoid": (lambda d, x, g: r1(lambda y: d(y).sigmoid(), x, g), "slope of the logit"),
    "weights": (of_weights, "with respect to D's *weights*"),
    "one norm": (lambda d, x, g: g / 2 * slope(d, x).norm(), "one length of the whole batch"),
    "no γ": (lambda d, x, g: r1(d, x, 1.0), "γ is not in it"),
    "each picture": (lambda d, x, g: g / 2 * slope(d, x).square().sum((1, 2, 3)), "the penalty is one number"),
    "pictures do not ask": (no_grad_asked, "requires_grad_(True)"),
    "not summed": (not_summed, "Take the sum of D's answers"),
    "another tensor": (another_tensor, "pictures that D has not seen"),
}


@pytest.mark.parametrize("name", WRONG_R1)
def test_wrong_r1(name):
    told(check.r1_penalty, *WRONG_R1[name])


# 3. The gradient penalty


def mixed(real, fake, share=None):
    share = torch.rand(len(real), 1, 1, 1) if share is None else share
    return (share * real + (1 - share) * fake).detach()


def gp(d, real, fake):
    return (slope(d, mixed(real, fake)).flatten(1).norm(dim=1) - 1).square().mean()


def gp_swapped_names(d, real, fake):
    a = torch.rand(real.shape[0], 1, 1, 1).expand_as(real)
    x = torch.lerp(real, fake.detach(), a).requires_grad_()
    out = d(x)
    g = torch.autograd.grad(out, x, torch.ones_like(out), create_graph=True, retain_graph=True)[0]
    return ((g.reshape(len(g), -1).norm(2, dim=1) - 1) ** 2).mean()


def gp_by_squares(d, real, fake):
    g = slope(d, mixed(real, fake))
    return (g.square().sum((1, 2, 3)).sqrt() - 1).pow(2).sum() / len(real)


def gp_empty(d, real, fake):
    share = torch.empty(len(real), 1, 1, 1).uniform_()
    return (torch.linalg.vector_norm(slope(d, mixed(real, fake, share)), dim=(1, 2, 3)) - 1).square().mean()


@pytest.mark.parametrize("right", [gp, gp_swapped_names, gp_by_squares, gp_empty])
def test_right_gradient_penalties(right, capsys):
    praise(capsys, check.gradient_penalty, right)


def at(share):
    def penalty(d, real, fake):
        return (slope(d, mixed(real, fake, share(real))).flatten(1).norm(dim=1) - 1).square().mean()

    return penalty


def with_length(length):
    return lambda d, real, fake: length(slope(d, mixed(real, fake)))


def with_g(d, real, fake):
    share = torch.rand(len(real), 1, 1, 1)
    x = share * real + (1 - share) * fake
    return (torch.autograd.grad(d(x).sum(), x, create_graph=True)[0].flatten(1).norm(dim=1) - 1).square().mean()


def no_graph(d, real, fake):
    return (slope(d, mixed(real, fake), graph=False).flatten(1).norm(dim=1) - 1).square().mean()


def asks_twice(d, real, fake):
    d(real)
    return gp(d, real, fake)


FIXED = torch.rand(24, 1, 1, 1, generator=torch.Generator().manual_seed(0))
WRONG_GP = {
    "one ε": (at(lambda x: torch.rand(1)), "one ε for the whole batch"),
    "ε = ½": (at(lambda x: 0.5), "one ε for the whole batch"),
    "ε for each pixel": (at(torch.rand_like), "mixed by different shares"),
    "normal ε": (at(lambda x: 3 * torch.randn(len(x), 1, 1, 1)), "not `torch.randn`"),
    "reals": (at(lambda x: 1), "at the real pictures alone"),
    "fakes": (at(lambda x: 0), "at the fakes alone"),
    "ε (N,)": (at(lambda x: torch.rand(len(x), 1)), "the shape (N, 1, 1, 1)"),
    "fixed ε": (at(lambda x: FIXED), "took the same ε"),
    "G's graph": (with_g, "a way back to G"),
    "no graph": (no_graph, "`create_graph=True`"),
    "squared length": (
        with_length(lambda g: (g.square().sum((1, 2, 3)) - 1).square().mean()),
        "the squared length was",
    ),
    "over channels": (with_length(lambda g: (g.norm(2, dim=1) - 1).square().mean()), "over the channels alone"),
    "whole batch": (with_length(lambda g: (g.norm() - 1).square()), "one length of the whole batch"),
    "pixels": (with_length(lambda g: (g - 1).square().mean()), "from every pixel's slope"),
    "towards 0": (with_length(lambda g: g.square().sum((1, 2, 3)).mean()), "as R1 does"),
    "one-sided": (
        with_length(lambda g: (g.flatten(1).norm(dim=1) - 1).clamp(min=0).square().mean()),
        "the one-sided penalty",
    ),
    "not squared": (with_length(lambda g: (g.flatten(1).norm(dim=1) - 1).abs().mean()), "is not squared"),
    "mean first": (with_length(lambda g: (g.flatten(1).norm(dim=1).mean() - 1).square()), "the mean came too early"),
    "of the mean": (
        lambda d, real, fake: (slope(d, mixed(real, fake), torch.mean).flatten(1).norm(dim=1) - 1).square().mean(),
        "the gradient of the *mean* answer",
    ),
    "sum": (with_length(lambda g: (g.flatten(1).norm(dim=1) - 1).square().sum()), "Take their mean"),
    "each": (with_length(lambda g: (g.flatten(1).norm(dim=1) - 1).square()), "the penalty is one number"),
    "twice": (asks_twice, "D was asked 2 times"),
    "never": (lambda d, real, fake: torch.zeros(()), "without asking D"),
}


@pytest.mark.parametrize("name", WRONG_GP)
def test_wrong_gradient_penalties(name):
    told(check.gradient_penalty, *WRONG_GP[name])


# 4. Power iteration


def power(weight, u):
    w = weight.flatten(1)
    v = normalize(w.T @ u, dim=0)
    new = normalize(w @ v, dim=0)
    return new @ (w @ v), new


def power_by_length(weight, u):
    w = weight.view(weight.shape[0], -1)
    v = u @ w
    v = v / v.norm()
    x = torch.mv(w, v)
    return x.norm(), x / x.norm()


def power_by_einsum(weight, u):
    w = weight.reshape(weight.size(0), -1)
    v = torch.einsum("oi,o->i", w, u)
    v = v / v.square().sum().sqrt()
    x = torch.einsum("oi,i->o", w, v)
    return torch.dot(x / x.norm(), x), x / x.norm()


def power_in_list(weight, u):
    sigma, new = power(weight, u)
    return [float(sigma), new]


@pytest.mark.parametrize("right", [power, power_by_length, power_by_einsum, power_in_list])
def test_right_power_steps(right, capsys):
    praise(capsys, check.power_step, right)


def parts(weight, u):
    w = weight.flatten(1)
    v = normalize(w.T @ u, dim=0)
    return w, v, normalize(w @ v, dim=0)


def with_sigma(sigma):
    return lambda weight, u: (sigma(weight.flatten(1)), power(weight, u)[1])


WRONG_POWER = {
    "Frobenius": (with_sigma(lambda w: w.norm()), "the Frobenius norm"),
    "exact": (with_sigma(lambda w: torch.linalg.matrix_norm(w, 2)), "too dear for every step"),
    "entry": (with_sigma(lambda w: w.abs().max()), "the largest entry"),
    "row": (with_sigma(lambda w: w.norm(dim=1).max()), "the longest row"),
    "fresh u": (lambda weight, u: power(weight, normalize(torch.randn_like(u), dim=0)), "a fresh u is drawn"),
    "old u": (lambda weight, u: (u @ parts(weight, u)[0] @ parts(weight, u)[1], power(weight, u)[1]), "with the old u"),
    "v not normal": (
        lambda weight, u: ((weight.flatten(1) @ (weight.flatten(1).T @ u)).norm(), power(weight, u)[1]),
        "v was not",
    ),
    "u not normal": (
        lambda weight, u: (power(weight, u)[0] ** 2, power(weight, u)[0] * power(weight, u)[1]),
        "σ squared",
    ),
    "long u": (lambda weight, u: (power(weight, u)[0], power(weight, u)[0] * power(weight, u)[1]), "has the length σ"),
    "u comes back": (lambda weight, u: (power(weight, u)[0], u), "you returned the old u"),
    "v comes back": (lambda weight, u: (power(weight, u)[0], parts(weight, u)[1]), "you returned v"),
    "no reshape": (lambda weight, u: (weight @ u, u), "one row for each output"),
    "other matrix": (lambda weight, u: power(weight.reshape(-1, len(weight)), u), "one row for each output"),
}


@pytest.mark.parametrize("name", WRONG_POWER)
def test_wrong_power_steps(name):
    told(check.power_step, *WRONG_POWER[name])


# 5. Pairs


def pairs_by_bce(r, f):
    bce = binary_cross_entropy_with_logits
    return bce(r - f, torch.ones_like(r)), bce(f - r, torch.ones_like(r))


@pytest.mark.parametrize(
    "right",
    [
        lambda r, f: (softplus(-(r - f)).mean(), softplus(-(f - r)).mean()),
        lambda r, f: (-logsigmoid(r - f).mean(), -logsigmoid(f - r).mean()),
        pairs_by_bce,
        lambda r, f: [torch.logaddexp(torch.zeros_like(r), x).mean() for x in (f - r, r - f)],
        lambda r, f: (sum(softplus(b - a) for a, b in zip(r, f, strict=True)) / len(r), softplus(r - f).sum() / len(r)),
    ],
)
def test_right_pairs(right, capsys):
    praise(capsys, check.relativistic_losses, right)


def d_right(r, f):
    return softplus(f - r).mean()


WRONG_PAIRS = {
    "reals forgotten": (lambda r, f: (d_right(r, f), softplus(-f).mean()), "the real logits are missing in G's loss"),
    "same sign": (lambda r, f: (d_right(r, f), d_right(r, f)), "the same loss as D"),
    "minus": (lambda r, f: (d_right(r, f), -d_right(r, f)), "vanishes when D wins"),
    "exchanged": (lambda r, f: (d_right(f, r), d_right(r, f)), "the two are exchanged"),
    "average": (
        lambda r, f: (
            softplus(f.mean() - r).mean() + softplus(f - r.mean()).mean(),
            softplus(r.mean() - f).mean() + softplus(r - f.mean()).mean(),
        ),
        "relativistic average GAN",
    ),
    "mean inside": (lambda r, f: (softplus(f.mean() - r.mean()), softplus(r.mean() - f.mean())), "before the softplus"),
    "all pairs": (
        lambda r, f: (softplus(f[None] - r[:, None]).mean(), softplus(r[None] - f[:, None]).mean()),
        "Pair them",
    ),
    "sigmoids": (
        lambda r, f: (softplus(f.sigmoid() - r.sigmoid()).mean(), softplus(r.sigmoid() - f.sigmoid()).mean()),
        "difference of two sigmoids",
    ),
    "no pairs": (lambda r, f: (discriminator_loss(r, f), non_saturating(f)), "without pairing"),
    "detached": (lambda r, f: (d_right(r, f), softplus(r - f.detach()).mean()), "G cannot learn"),
    "numbers": (lambda r, f: tuple(x.detach() for x in (d_right(r, f), d_right(f, r))), "they have no graph"),
    "D's answers detached": (lambda r, f: (d_right(r, f.detach()), d_right(f, r)), "Detach the *pictures*"),
    "sum": (lambda r, f: (softplus(f - r).sum(), softplus(r - f).sum()), "Take their mean"),
    "unstable": (
        lambda r, f: (-torch.log((r - f).sigmoid() + 1e-8).mean(), -torch.log((f - r).sigmoid() + 1e-8).mean()),
        "only the case with logits of ±200",
    ),
}


@pytest.mark.parametrize("name", WRONG_PAIRS)
def test_wrong_pairs(name):
    told(check.relativistic_losses, *WRONG_PAIRS[name])


# 6. Augmentation


def augmented(g, d, real, z, t):
    fake = g(z)
    return discriminator_loss(d(t(real)), d(t(fake).detach())), non_saturating(d(t(fake)))


def augmented_in_one_batch(g, d, real, z, t):
    fake = g(z)
    both = d(t(torch.cat([real, fake.detach()])))
    return discriminator_loss(both[: len(real)], both[len(real) :]), non_saturating(d(t(fake)))


def augmented_by_hand(g, d, real, z, t):
    with torch.no_grad():
        fake = g(z)
    d_loss = softplus(-d(t(real))).mean() + softplus(d(t(fake))).mean()
    return [d_loss, softplus(-d(t(g(z)))).mean()]


def augmented_with_g_in_the_graph(g, d, real, z, t):
    logits = d(t(g(z)))
    return discriminator_loss(d(t(real)), logits), non_saturating(logits)


@pytest.mark.parametrize("right", [augmented, augmented_in_one_batch, augmented_by_hand, augmented_with_g_in_the_graph])
def test_right_augmentations(right, capsys):
    praise(capsys, check.augmented_losses, right)


def augmented_at(real_too, fake_too, for_g):
    def losses(g, d, real, z, t):
        def where(x, wanted):
            return t(x) if wanted else x

        fake = g(z)
        d_loss = discriminator_loss(d(where(real, real_too)), d(where(fake.detach(), fake_too)))
        return d_loss, non_saturating(d(where(fake, for_g)))

    return losses


def cut(g, d, real, z, t):
    with torch.no_grad():
        shown = t(g(z))
    return augmented(g, d, real, z, t)[0], non_saturating(d(shown))


WRONG_AUGMENTATIONS = {
    "reals only": (augmented_at(True, False, False), "shifted digits come out"),
    "not for G": (augmented_at(True, True, False), "in G's step D is shown the plain fakes"),
    "G only": (augmented_at(False, False, True), "in D's step nothing is augmented"),
    "no reals": (augmented_at(False, True, True), "the real pictures are not augmented"),
    "fakes of D's step": (augmented_at(False, True, False), "only the fakes of D's step"),
    "no fakes": (augmented_at(True, False, True), "the fakes of D's step are not augmented"),
    "nowhere": (augmented_at(False, False, False), "never called"),
    "cut": (cut, "no way back to G"),
    "twice": (lambda g, d, x, z, t: augmented(g, d, x, z, lambda y: t(t(y))), "augmented twice"),
    "answers": (lambda g, d, x, z, t: augmented(g, lambda y: t(d(y)), x, z, lambda y: y), "T first, then D"),
    "order": (lambda *given: augmented(*given)[::-1], "the order is turned"),
}


@pytest.mark.parametrize("name", WRONG_AUGMENTATIONS)
def test_wrong_augmentations(name):
    told(check.augmented_losses, *WRONG_AUGMENTATIONS[name])


# 7. Projection


def projection(h, y, linear, e):
    return linear(h)[:, 0] + (e(y) * h).sum(1)


def projection_by_weights(h, y, linear, e):
    return h @ linear.weight[0] + linear.bias + torch.einsum("nf,nf->n", e.weight[y], h)


def projection_by_one_hot(h, y, linear, e):
    return (linear(h) + (one_hot(y, e.num_embeddings).float() @ e.weight * h).sum(1, keepdim=True)).flatten()


def projection_by_all_classes(h, y, linear, e):
    return (linear(h) + h @ e.weight.T).gather(1, y[:, None]).squeeze(1)


@pytest.mark.parametrize("right", [projection, projection_by_weights, projection_by_one_hot, projection_by_all_classes])
def test_right_projections(right, capsys):
    praise(capsys, check.projection_logits, right)


def alone(h, linear):
    return linear(h).squeeze(1)


WRONG_PROJECTIONS = {
    "no labels": (lambda h, y, linear, e: alone(h, linear), "the labels change nothing"),
    "label only": (lambda h, y, linear, e: (e(y) * h).sum(1), "only the label's part"),
    "table": (lambda h, y, linear, e: linear(h) + (e(y) * h).sum(1), "a table (N, N)"),
    "column": (lambda h, y, linear, e: linear(h) + (e(y) * h).sum(1, keepdim=True), "the shape is (N, 1)"),
    "sum over all": (lambda h, y, linear, e: alone(h, linear) + (e(y) * h).sum(), "over the batch, too"),
    "mean": (lambda h, y, linear, e: alone(h, linear) + (e(y) * h).mean(1), "An inner product is a sum"),
    "not summed": (lambda h, y, linear, e: linear(h) + e(y) * h, "were not summed"),
    "no features": (lambda h, y, linear, e: alone(h, linear) + e(y).sum(1), "does not depend on the picture"),
    "product first": (lambda h, y, linear, e: alone(e(y) * h, linear), "multiplied before `linear`"),
    "added": (lambda h, y, linear, e: alone(e(y) + h, linear), "never meet in a product"),
    "all classes": (lambda h, y, linear, e: linear(h) + h @ e.weight.T, "for all K labels"),
    "cosine": (
        lambda h, y, linear, e: alone(h, linear) + nn.functional.cosine_similarity(h, e(y)),
        "this is the cosine",
    ),
    "sigmoid": (lambda h, y, linear, e: projection(h, y, linear, e).sigmoid(), "belongs to the loss"),
    "matrix": (lambda h, y, linear, e: alone(h, linear) + e(y) @ h, "no matrix product"),
}


@pytest.mark.parametrize("name", WRONG_PROJECTIONS)
def test_wrong_projections(name):
    told(check.projection_logits, *WRONG_PROJECTIONS[name])


# 8. The deviation of a batch


def behind(x, number):
    return torch.cat([x, number.expand(len(x), 1, *x.shape[2:])], 1)


def deviation(x):
    return behind(x, x.std(0, correction=0).mean())


def deviation_by_hand(x):
    spread = ((x - x.mean(0)).square().mean(0) + 1e-8).sqrt().mean()
    return torch.cat((x, spread * torch.ones_like(x[:, :1])), dim=1)


def deviation_by_repeat(x):
    n, _, h, w = x.shape
    return torch.cat([x, x.var(0, unbiased=False).clamp(min=0).sqrt().mean().reshape(1, 1, 1, 1).repeat(n, 1, h, w)], 1)


def deviation_into_new(x):
    made = x.new_empty(len(x), x.shape[1] + 1, *x.shape[2:])
    made[:, :-1] = x
    made[:, -1] = torch.std(x, dim=0, unbiased=False).mean()
    return made


@pytest.mark.parametrize("right", [deviation, deviation_by_hand, deviation_by_repeat, deviation_into_new])
def test_right_deviations(right, capsys):
    praise(capsys, check.add_deviation, right)


WRONG_DEVIATIONS = {
    "N − 1": (lambda x: behind(x, x.std(0).mean()), "0 / 0 = nan"),
    "N − 1, guarded": (lambda x: behind(x, x.std(0).mean() if len(x) > 1 else x.new_zeros(())), "divided by N − 1"),
    "pixels": (
        lambda x: behind(x, x.std((2, 3), correction=0).mean(1)[:, None, None, None]),
        "how rough a picture is",
    ),
    "pixels, all": (lambda x: behind(x, x.std((2, 3), correction=0).mean()), "deviation over the *pixels*"),
    "channels": (lambda x: behind(x, x.std(1, correction=0).mean()), "over the *channels*"),
    "everything": (lambda x: behind(x, x.std(correction=0)), "one deviation over everything"),
    "variance": (lambda x: behind(x, x.var(0, correction=0).mean()), "the mean variance"),
    "root late": (lambda x: behind(x, x.var(0, correction=0).mean().sqrt()), "the root came after the mean"),
    "many maps": (lambda x: torch.cat([x, x.std(0, correction=0).expand_as(x)], 1), "as many maps as there were"),
    "channels' mean": (
        lambda x: behind(x, x.std(0, correction=0).mean(0)),
        "over the channels alone",
    ),
    "in front": (lambda x: torch.cat([deviation(x)[:, -1:], x], 1), "stands first"),
    "only new": (lambda x: deviation(x)[:, -1:], "only the new map"),
    "number": (lambda x: x.std(0, correction=0).mean(), "the number alone"),
    "mean": (lambda x: behind(x, x.mean(0).mean()), "not the deviation"),
    "detached": (lambda x: behind(x, x.detach().std(0, correction=0).mean()), "no way back to the maps"),
    "cat of a number": (lambda x: torch.cat([x, x.std(0, correction=0).mean()], 1), "one number cannot stand"),
    "wrong size": (lambda x: torch.cat([x, x.std(0, correction=0).mean().reshape(1, 1, 1, 1)], 1), "(N, 1, H, W)"),
}


@pytest.mark.parametrize("name", WRONG_DEVIATIONS)
def test_wrong_deviations(name):
    told(check.add_deviation, *WRONG_DEVIATIONS[name])


# 9a. The exact p


def p_by_places(one, other, gap=lambda a, b: abs(mean(a) - mean(b)), at_least=lambda value, seen: value >= seen - 1e-9):
    pooled = [*one, *other]
    count = len(pooled)
    found = [
        at_least(
            gap([pooled[i] for i in chosen], [pooled[i] for i in range(count) if i not in chosen]), gap(one, other)
        )
        for chosen in itertools.combinations(range(count), len(one))
    ]
    return sum(found) / len(found)


def p_by_numpy(one, other):
    pooled = np.array([*one, *other])
    chosen = np.array(list(itertools.combinations(range(len(pooled)), len(one))))
    sums = pooled[chosen].sum(1)
    gaps = np.abs(sums / len(one) - (pooled.sum() - sums) / len(other))
    return (gaps >= abs(np.mean(one) - np.mean(other)) - 1e-9).mean()


def p_by_permutations(one, other):
    pooled, seen, hits, ways = [*one, *other], abs(mean(one) - mean(other)), 0, 0
    for mask in itertools.product((0, 1), repeat=len(pooled)):
        if sum(mask) == len(one):
            mine = [x for x, m in zip(pooled, mask, strict=True) if m]
            rest = [x for x, m in zip(pooled, mask, strict=True) if not m]
            ways += 1
            hits += abs(mean(mine) - mean(rest)) >= seen - 1e-9
    return hits / ways


def p_by_torch(one, other):
    pooled = torch.tensor([*one, *other], dtype=torch.float64)
    masks = torch.combinations(torch.arange(len(pooled)), len(one))
    sums = pooled[masks].sum(1)
    gaps = (sums / len(one) - (pooled.sum() - sums) / len(other)).abs()
    return (gaps >= abs(mean(one) - mean(other)) - 1e-9).double().mean()


@pytest.mark.parametrize("right", [comparison.permutation_p, p_by_places, p_by_numpy, p_by_permutations, p_by_torch])
def test_right_p_values(right, capsys):
    praise(capsys, check.permutation_p, right)


def sign_flips(one, other):
    d = np.array(one)[: min(len(one), len(other))] - np.array(other)[: min(len(one), len(other))]
    sums = [abs((np.array(s) * d).sum()) for s in itertools.product((1, -1), repeat=len(d))]
    return np.mean(np.array(sums) >= abs(d.sum()) - 1e-9)


WRONG_P = {
    "one-sided": (lambda a, b: p_by_places(a, b, lambda x, y: mean(x) - mean(y)), "only one direction"),
    "the other side": (lambda a, b: p_by_places(a, b, lambda x, y: mean(y) - mean(x)), "only one direction"),
    "strict": (lambda a, b: p_by_places(a, b, at_least=lambda v, s: v > s + 1e-9), "No p of an exact test is 0"),
    "sums": (lambda a, b: p_by_places(a, b, lambda x, y: abs(sum(x) - sum(y))), "sums were compared"),
    "medians": (lambda a, b: p_by_places(a, b, lambda x, y: abs(median(x) - median(y))), "medians were compared"),
    "difference": (lambda a, b: abs(mean(a) - mean(b)), "the difference itself"),
    "1 − p": (lambda a, b: 1 - p_by_places(a, b), "this is 1 − p"),
    "1 − p, other ties": (
        lambda a, b: p_by_places(a, b, at_least=lambda v, s: v <= s + 1e-9),
        "this is 1 − p",
    ),
    "signs": (sign_flips, "the paired test"),
}


@pytest.mark.parametrize("name", WRONG_P)
def test_wrong_p_values(name):
    told(check.permutation_p, *WRONG_P[name])


# 9b. Holm


def holm_by_stepping(p, level):
    found, m = [False] * len(p), len(p)
    for rank, place in enumerate(sorted(range(m), key=p.__getitem__)):
        if p[place] > level / (m - rank):
            break
        found[place] = True
    return found


def holm_by_adjusting(p, level):
    order = np.argsort(p, kind="stable")
    adjusted = np.maximum.accumulate((len(p) - np.arange(len(p))) * np.array(p)[order])
    made = np.empty(len(p), dtype=bool)
    made[order] = adjusted <= level
    return made


def holm_by_recursion(p, level):
    if not p or min(p) > level / len(p):
        return [False] * len(p)
    first = p.index(min(p))
    rest = holm_by_recursion(p[:first] + p[first + 1 :], level)
    return rest[:first] + [True] + rest[first:]


def holm_by_torch(p, level):
    values, order = torch.tensor(p, dtype=torch.float64).sort()
    ok = values <= level / torch.arange(len(p), 0, -1)
    made = torch.zeros(len(p), dtype=torch.bool)
    made[order] = ok.long().cumprod(0).bool()
    return made


def holm_of_the_package(p, level):
    return [each <= level for each in comparison.holm(p)]


@pytest.mark.parametrize(
    "right", [holm_of_the_package, holm_by_stepping, holm_by_adjusting, holm_by_recursion, holm_by_torch]
)
def test_right_holms(right, capsys):
    praise(capsys, check.believed, right)


def ranks(p):
    order = sorted(range(len(p)), key=p.__getitem__)
    return [order.index(place) for place in range(len(p))]


def step_up(p, level):
    m, order = len(p), sorted(range(len(p)), key=p.__getitem__)
    last = max((rank for rank, place in enumerate(order) if p[place] <= level * (rank + 1) / m), default=-1)
    return [rank <= last for rank in ranks(p)]


WRONG_HOLMS = {
    "no correction": (lambda p, level: [x <= level for x in p], "as if it were the only one"),
    "level / m": (lambda p, level: [x <= level / len(p) for x in p], "too strict"),
    "no stop": (
        lambda p, level: [x <= level / (len(p) - rank) for x, rank in zip(p, ranks(p), strict=True)],
        "you went on after the first",
    ),
    "share of false finds": (step_up, "bounds the *share* of false finds"),
    "sorted": (lambda p, level: sorted(holm_by_stepping(p, level), reverse=True), "in the order of the sorted"),
    "exchanged": (lambda p, level: [not x for x in holm_by_stepping(p, level)], "True and False are exchanged"),
    "all": (lambda p, level: [True] * len(p), "should be"),
    "one answer": (lambda p, level: [min(p) < level / len(p)], "should be"),
}


@pytest.mark.parametrize("name", WRONG_HOLMS)
def test_wrong_holms(name):
    told(check.believed, *WRONG_HOLMS[name])
