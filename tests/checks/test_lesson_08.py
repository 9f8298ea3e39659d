"""The checks of lesson 08: right answers in several styles pass, and each wrong idea gets its own hint."""

import math

import pytest
import torch

from dcgan_course import latent
from dcgan_course.checks import lesson_08 as check
from tests.helpers.answers import complaint, praise

# Exercise 1


def solution_slerp(a, b, t):
    lengths = a.norm(dim=-1, keepdim=True) * b.norm(dim=-1, keepdim=True)
    angle = ((a * b).sum(dim=-1, keepdim=True) / lengths).clamp(-1, 1).acos()
    arc = (((1 - t) * angle).sin() * a + (t * angle).sin() * b) / angle.sin()
    return torch.where(angle < 1e-3, (1 - t) * a + t * b, arc)


def slerp_with_loops(a, b, t):
    rows = []
    for one, other in zip(a.double(), b.double(), strict=True):
        cosine = float(one @ other / (one.norm() * other.norm()))
        angle = math.acos(max(-1, min(1, cosine)))
        if angle < 1e-3:
            rows.append(one)
        else:
            weights = math.sin((1 - t) * angle) / math.sin(angle), math.sin(t * angle) / math.sin(angle)
            rows.append(weights[0] * one + weights[1] * other)
    return torch.stack(rows).float()


def slerp_in_a_plane(a, b, t):
    """Gram-Schmidt: turn a towards the part of b that stands at a right angle to it."""
    length = a.norm(dim=-1, keepdim=True)
    unit = a / length
    rest = b - (b * unit).sum(dim=-1, keepdim=True) * unit
    angle = torch.atan2(rest.norm(dim=-1, keepdim=True), (b * unit).sum(dim=-1, keepdim=True))
    side = rest / rest.norm(dim=-1, keepdim=True).clamp_min(1e-9)
    return length * ((t * angle).cos() * unit + (t * angle).sin() * side)


@pytest.mark.parametrize("function", [slerp_with_loops, slerp_in_a_plane, latent.slerp])
def test_slerp_in_several_styles(function, capsys):
    praise(capsys, check.slerp, function)


def wrong_angle(angle_of, safe=False):
    def function(a, b, t):
        angle = angle_of(a, b)
        arc = (((1 - t) * angle).sin() * a + (t * angle).sin() * b) / angle.sin()
        return torch.where(angle < 1e-3, a, arc) if safe else arc

    return function


def row_angle(a, b):
    return torch.nn.functional.cosine_similarity(a, b, dim=1).clamp(-1, 1).acos()[:, None]


def nlerp(a, b, t):
    line = (1 - t) * a + t * b
    return line * (a.norm(dim=1, keepdim=True) / line.norm(dim=1, keepdim=True))


@pytest.mark.parametrize(
    ("wrong", "hint"),
    [
        (lambda a, b, t: a + t * (b - a), "that is lerp"),
        (nlerp, "does not turn evenly"),
        (wrong_angle(lambda a, b: (a * b).sum(1, keepdim=True).acos()), "divided by both lengths"),
        (wrong_angle(lambda a, b: (a * b).sum().div(a.norm() * b.norm()).acos().expand(len(a), 1)), "its own angle"),
        (wrong_angle(row_angle), "0 / sin 0 is nan"),
        (lambda a, b, t: solution_slerp(a, b, t) / a.norm(dim=1, keepdim=True), "the length is lost"),
        (lambda a, b, t: solution_slerp(a, b, 1 - t), "swapped"),
        (
            lambda a, b, t: ((1 - t) * row_angle(a, b)).sin() * a + (t * row_angle(a, b)).sin() * b,
            "divide by the sine",
        ),
    ],
)
def test_wrong_slerps_get_their_hint(wrong, hint):
    assert hint in complaint(check.slerp, wrong)


# Exercise 2


def solution_mean(z):
    mean = z.mean(dim=0)
    return (z.shape[1] / z.shape[0]) ** 0.5, z.shape[1] ** 0.5 * mean / mean.norm()


def mean_with_tensors(z):
    total = torch.zeros(z.shape[1])
    for one in z:
        total += one
    return torch.sqrt(torch.tensor(z.shape[1] / len(z))), torch.nn.functional.normalize(total, dim=0) * math.sqrt(
        z.shape[1]
    )


def test_means_in_another_style(capsys):
    praise(capsys, check.mean_and_repair, mean_with_tensors)


@pytest.mark.parametrize(
    ("wrong", "hint"),
    [
        (lambda z: (z.shape[1] ** 0.5 / len(z), solution_mean(z)[1]), "shrinks with √N"),
        (lambda z: (z.shape[1] ** 0.5, solution_mean(z)[1]), "the length of one z"),
        (lambda z: (z.shape[1] / len(z), solution_mean(z)[1]), "take the root"),
        (lambda z: (z.mean(0).norm().item(), solution_mean(z)[1]), "from N and D alone"),
        (lambda z: (solution_mean(z)[0], z.mean(0)), "still the plain mean"),
        (lambda z: (solution_mean(z)[0], z.mean(0) * len(z) ** 0.5), "about the right length"),
        (lambda z: (solution_mean(z)[0], z.mean(0) / z.mean(0).norm()), "has length 1"),
    ],
)
def test_wrong_means_get_their_hint(wrong, hint):
    assert hint in complaint(check.mean_and_repair, wrong)


# Exercise 3


def solution_vector(z, turn, limit):
    return z[turn > limit][:4].mean(dim=0) - z[turn < -limit][:4].mean(dim=0)


def vector_with_loops(z, turn, limit):
    total = torch.zeros(z.shape[1])
    for side in (1, -1):
        found = [row for row, angle in zip(z, turn.tolist(), strict=True) if side * angle > limit]
        for row in found[:4]:
            total += side * row / 4
    return total


def vector_with_nonzero(z, turn, limit):
    right, left = (turn > limit).nonzero()[:4, 0], (turn < -limit).nonzero()[:4, 0]
    return (z[right] - z[left]).mean(dim=0)


@pytest.mark.parametrize("function", [vector_with_loops, vector_with_nonzero])
def test_turn_vectors_in_other_styles(function, capsys):
    praise(capsys, check.turn_vector, function)


@pytest.mark.parametrize(
    ("wrong", "hint"),
    [
        (lambda z, t, m: -solution_vector(z, t, m), "right minus left"),
        (lambda z, t, m: z[t > m][0] - z[t < -m][0], "mean of four"),
        (lambda z, t, m: z[t > m][:4].sum(0) - z[t < -m][:4].sum(0), "four times too long"),
        (lambda z, t, m: z[t > m][:4].mean(0), "subtract the mean"),
        (lambda z, t, m: z[t > m].mean(0) - z[t < -m].mean(0), "all z of each side"),
        (lambda z, t, m: solution_vector(z, t, 0), "more than the limit"),
        (lambda z, t, m: z[t.topk(4).indices].mean(0) - z[(-t).topk(4).indices].mean(0), "most extreme"),
        (lambda z, t, m: z[t > m][:4].mean(0) - z[t < m][:4].mean(0), "below minus the limit"),
        (lambda z, t, m: solution_vector(z, t, m) / solution_vector(z, t, m).norm(), "leave the length"),
    ],
)
def test_wrong_turn_vectors_get_their_hint(wrong, hint):
    assert hint in complaint(check.turn_vector, wrong)


def effect(low=lambda z, v: z - v, scaled=True, absolute=False):
    """A measure of an effect with one part that can be wrong."""

    def function(measure, z, vector, control):
        control = control * (vector.norm() / control.norm()) if scaled else control
        gaps = [measure(z + v) - (measure(low(z, v)) if low else 0) for v in (vector, control)]
        return tuple(float((gap.abs() if absolute else gap).mean()) for gap in gaps)

    return function


def effect_row_by_row(measure, z, vector, control):
    control = torch.nn.functional.normalize(control, dim=0) * vector.norm()
    found = []
    for v in (vector, control):
        rows = [measure(row[None] + v) - measure(row[None] - v) for row in z]
        found.append(torch.cat(rows).mean())
    return found


@pytest.mark.parametrize("function", [effect(), effect_row_by_row])
def test_effects_in_two_styles(function, capsys):
    praise(capsys, check.turn_effect, function)


@pytest.mark.parametrize(
    ("wrong", "hint"),
    [
        (effect(scaled=False), "as long as the vector"),
        (effect(low=lambda z, v: z), "one side only"),
        (effect(low=None), "after the step"),
        (effect(absolute=True), "absolute values"),
        (lambda *case: effect()(*case)[::-1], "vector's effect first"),
        (lambda *case: tuple(-value for value in effect()(*case)), "the sign"),
    ],
)
def test_wrong_effects_get_their_hint(wrong, hint):
    assert hint in complaint(check.turn_effect, wrong)


# Exercise 4


def inverter(*, empty=True, step=True, sign=1, choose=torch.argmin, root=True, pixels="mean", everything=False):
    """An inversion with parts that can be wrong."""

    def function(generator, picture, z, steps):
        z = z.clone().requires_grad_(True)
        optimizer = torch.optim.Adam([z, *generator.parameters()] if everything else [z], lr=0.05)
        for _ in range(steps):
            if empty:
                optimizer.zero_grad()
            (sign * (generator(z) - picture).square().flatten(1).mean(dim=1).sum()).backward()
            if step:
                optimizer.step()
        with torch.no_grad():
            squares = (generator(z) - picture).square().flatten(1)
            values = squares.mean(dim=1) if pixels == "mean" else squares.sum(dim=1)
            values = values.sqrt() if root else values
        best = choose(values)
        return z[best].detach(), values[best].item()

    return function


def by_hand(generator, picture, z, steps):
    """Each start alone, torch.autograd.grad, and L-BFGS in place of Adam."""
    found = []
    for one in z:
        one = one[None].clone().requires_grad_(True)
        optimizer = torch.optim.LBFGS([one], max_iter=4 * steps)

        def closure(one=one, optimizer=optimizer):
            optimizer.zero_grad()
            loss = torch.nn.functional.mse_loss(generator(one), picture[None])
            loss.backward()
            return loss

        optimizer.step(closure)
        residual = torch.nn.functional.mse_loss(generator(one), picture[None]).sqrt()
        found.append((float(residual.detach()), one))
    residual, one = min(found, key=lambda pair: pair[0])
    return one, torch.tensor(residual)


@pytest.mark.parametrize("function", [inverter(), by_hand])
def test_inversions_in_two_styles(function, capsys):
    praise(capsys, check.invert, function)


@pytest.mark.parametrize(
    ("wrong", "hint"),
    [
        (inverter(root=False), "you forgot the root"),
        (inverter(pixels="sum"), "mean over the pixels"),
        (inverter(pixels="sum", root=False), "mean over the pixels"),
        (inverter(everything=True), "the generator's parameters moved"),
        (inverter(step=False), "nothing moved"),
        (inverter(sign=-1), "climb"),
        (inverter(choose=torch.argmax), "not the best start"),
        (inverter(choose=lambda residuals: 0), "not the best start"),
        (inverter(choose=lambda residuals: -1), "not the best start"),
        (inverter(empty=False), "pile up"),
        (lambda generator, picture, z, steps: (z, 0.1), "the best of the 6 starts"),
        (lambda generator, picture, z, steps: z[0], "wanted are the best z, and its residual"),
    ],
)
def test_wrong_inversions_get_their_hint(wrong, hint):
    assert hint in complaint(check.invert, wrong)


# More styles, more wrong ideas


def mean_by_numpy(z):
    mean = z.numpy().mean(axis=0)
    return math.sqrt(z.shape[1] / z.shape[0]), torch.from_numpy(mean / (mean**2).sum() ** 0.5 * z.shape[1] ** 0.5)


def one_by_one(generator, picture, z, steps):
    """Each start alone; the gradient asked for, Adam by hand from PyTorch."""
    best = None
    for one in z:
        one = one.clone()[None].requires_grad_()
        optimizer = torch.optim.Adam([one], lr=0.05)
        for _ in range(steps):
            loss = (generator(one) - picture).square().mean()
            (one.grad,) = torch.autograd.grad(loss, one)
            optimizer.step()
        with torch.no_grad():
            residual = float((generator(one) - picture).square().mean().sqrt())
        if best is None or residual < best[1]:
            best = one.detach()[0], residual
    return best


@pytest.mark.parametrize(
    ("judge", "right"),
    [
        (check.mean_and_repair, solution_mean),
        (check.mean_and_repair, mean_by_numpy),
        (check.mean_and_repair, lambda z: [*solution_mean(z)]),
        (check.turn_vector, solution_vector),
        (check.turn_effect, lambda *case: torch.tensor(effect()(*case)).tolist()),
        (check.invert, one_by_one),
    ],
)
def test_more_styles_pass(judge, right, capsys):
    praise(capsys, judge, right)


def inverts_in_place(generator, picture, z, steps):
    z.requires_grad_(True)
    optimizer = torch.optim.Adam([z], lr=0.05)
    for _ in range(steps):
        optimizer.zero_grad()
        (generator(z) - picture).square().flatten(1).mean(1).sum().backward()
        optimizer.step()
    residuals = (generator(z) - picture).square().flatten(1).mean(1).sqrt()
    return z[residuals.argmin()].detach(), residuals.min().item()


def then(change):
    def function(generator, picture, z, steps):
        found = inverter()(generator, picture, z, steps)
        change(generator)
        return found

    return function


@pytest.mark.parametrize(
    ("judge", "wrong", "hint"),
    [
        (check.mean_and_repair, lambda z: solution_mean(z)[::-1], "the order is turned"),
        (
            check.mean_and_repair,
            lambda z: (solution_mean(z)[0], z.shape[1] * z.mean(0) / z.mean(0).norm()),
            "that has length D",
        ),
        (check.turn_effect, lambda *case: tuple(x / 2 for x in effect()(*case)), "half the difference"),
        (check.turn_effect, lambda *case: (effect()(*case)[0],) * 2, "is the vector's own"),
        (
            check.turn_effect,
            lambda m, z, v, c: effect(scaled=False)(m, z, v / v.norm(), c / c.norm()),
            "you brought both to length 1",
        ),
        (check.invert, inverts_in_place, "changed the z that it was given"),
        (check.invert, then(lambda generator: generator.train()), "left the generator in training mode"),
        (check.invert, then(lambda generator: generator.requires_grad_(False)), "left the generator frozen"),
        (check.invert, lambda g, p, z, s: inverter()(g, p, latent.sample(40, 5, 9), s), "it began somewhere else"),
        (check.invert, lambda g, p, z, s: inverter()(g, p, z, s // 2), "use all steps"),
    ],
)
def test_more_wrong_ideas(judge, wrong, hint):
    assert hint in complaint(judge, wrong)
