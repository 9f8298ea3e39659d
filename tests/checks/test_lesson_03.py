"""The checks of lesson 03: other styles pass, and real wrong answers get the hint that fits."""

import math

import jupytext
import pytest
import torch
from torch.nn.functional import binary_cross_entropy, binary_cross_entropy_with_logits, softplus

from authoring.notebooks import ROOT
from dcgan_course.checks import lesson_03 as check
from dcgan_course.checks.lesson_03.broken import BROKEN, SHOWS, repaired_loop
from dcgan_course.checks.lesson_03.loops import LoopBench
from tests.helpers.answers import blank, complaint, praise

# 1. By hand


def test_by_hand(capsys):
    check.by_hand(lambda: torch.tensor([1.0, 0.6667, 0.0]), lambda: 0.5 * 0.4904 + 0.5 * 0.4185)
    assert capsys.readouterr().out.count("✓") == 2
    assert "not written yet" in complaint(check.by_hand, lambda: [1, 2 / 3, 0], blank)


@pytest.mark.parametrize(
    ("d", "words"),
    [
        ([0, 1 / 3, 1], "share of the fakes"),
        ([0.5, 0.5, 0.5], "end of the game"),
        ([0.25, 0.25, 0.0], "divided by 2"),
        ([0.5, 0.5, 0.0], "p_data itself"),
        ([1, 0.6, 0], "should be"),
    ],
)
def test_wrong_d_by_hand(d, words):
    assert words in complaint(check.by_hand, lambda: d, lambda: 0.4545)


@pytest.mark.parametrize(
    ("number", "words"),
    [
        (0.9089, "their mean"),
        (0.6557, "bits"),
        (0.4904, "fakes' half"),
        (-0.4773, "V at the best D"),
        (0.3, "should be"),
    ],
)
def test_wrong_jsd_by_hand(number, words):
    assert words in complaint(check.by_hand, lambda: [1, 2 / 3, 0], lambda: number)


# 2. JSD of any two distributions


def kl(p, q):
    keep = p > 0
    return (p[keep] * (p[keep] / q[keep]).log()).sum()


def jsd_with_a_mask(p_data, p_fake):
    m = 0.5 * (p_data + p_fake)
    return 0.5 * kl(p_data, m) + 0.5 * kl(p_fake, m)


def test_jensen_shannon(capsys):
    check.jensen_shannon(jsd_with_a_mask)
    assert "✓" in capsys.readouterr().out


def naive(p, q):
    m = (p + q) / 2
    return float((p * (p / m).log() + q * (q / m).log()).sum() / 2)


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        (naive, "0 · log 0"),
        (lambda p, q: 2 * jsd_with_a_mask(p, q), "their mean"),
        (lambda p, q: jsd_with_a_mask(p, q) / math.log(2), "bits"),
        (lambda p, q: 0.5 * (kl(p, p + q) + kl(q, p + q)), "without the 2"),
        (lambda p, q: kl(p, (p + q) / 2), "half of the fakes"),
        (lambda p, q: p.sum() * 0.1, "should be"),
    ],
)
def test_wrong_jensen_shannon(wrong, words):
    assert words in complaint(check.jensen_shannon, wrong)


# 5. Gradients


def right_saturating(d):
    return [1 / (d - 1), 0 - d]


def right_non_saturating(d):
    return [-(d**-1), d - 1]


def test_gradients(capsys):
    check.gradients(right_saturating, right_non_saturating)
    assert capsys.readouterr().out.count("✓") == 2
    assert "not written yet" in complaint(check.gradients, right_saturating, blank)


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        (lambda d: (1 / (1 - d), d), "sign is turned"),
        (lambda d: (-1 / (1 - d), -1 / (1 - d)), "slope of the sigmoid"),
        (lambda d: (-1 / d, d - 1), "other loss"),
        (lambda d: (1 / (1 - d), -d), "inner derivative"),
        (lambda d: (-d, -1 / (1 - d)), "order is turned"),
    ],
)
def test_wrong_saturating(wrong, words):
    assert words in complaint(check.gradients, wrong, right_non_saturating)


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        (lambda d: (1 / d, 1 - d), "sign is turned"),
        (lambda d: (-1 / d, -1 / d), "slope of the sigmoid"),
        (lambda d: (-1 / (1 - d), -d), "other loss"),
        (lambda d: (-1 / d, 1 - d), "sign is missing"),
        (lambda d: (d - 1, -1 / d), "order is turned"),
    ],
)
def test_wrong_non_saturating(wrong, words):
    assert words in complaint(check.gradients, right_saturating, wrong)


# 6. The loop


def plain_loop(G, D, g_opt, d_opt, draw_real, draw_z, rounds):
    """A right answer in another style: two backwards for D, probabilities, frozen D."""
    for _ in range(rounds):
        d_opt.zero_grad()
        with torch.no_grad():
            fake = G(draw_z())
        p_real, p_fake = D(draw_real()).sigmoid(), D(fake).sigmoid()
        binary_cross_entropy(p_real, torch.ones_like(p_real)).backward()
        binary_cross_entropy(p_fake, torch.zeros_like(p_fake)).backward()
        d_opt.step()
        D.requires_grad_(False)
        g_opt.zero_grad()
        (-torch.sigmoid(D(G(draw_z()))).log()).mean().backward()
        g_opt.step()
        D.requires_grad_(True)


def test_loop(capsys):
    check.play(plain_loop)
    assert "✓" in capsys.readouterr().out


def step_wrongly(
    *,
    swap=False,
    mean=False,
    zero_d="before",
    zero_g=True,
    detach_g=False,
    same_z=False,
    g_label=1.0,
    keep=False,
    d_step=True,
):
    """Return a loop with the faults that are named."""

    def loop(G, D, g_opt, d_opt, draw_real, draw_z, rounds):
        bce = binary_cross_entropy_with_logits
        for _ in range(rounds):
            z = draw_z()
            fake = G(z) if keep else G(z).detach()
            on_real, on_fake = D(draw_real()), D(fake)
            real_label = 0.0 if swap else 1.0
            loss = bce(on_real, torch.full_like(on_real, real_label)) + bce(
                on_fake, torch.full_like(on_fake, 1 - real_label)
            )
            if zero_d == "before":
                d_opt.zero_grad()
            (loss / 2 if mean else loss).backward()
            if zero_d == "after":
                d_opt.zero_grad()
            if d_step:
                d_opt.step()
            fake = G(z if same_z else draw_z())
            logits = D(fake.detach() if detach_g else fake)
            loss = bce(logits, torch.full_like(logits, g_label))
            if zero_g:
                g_opt.zero_grad()
            loss.backward()
            g_opt.step()

    return loop


WRONG_LOOPS = [
    ({"detach_g": True}, "detach` stands in ITS step"),
    ({"same_z": True}, "draw fresh z"),
    ({"zero_d": "never"}, "D's gradients are never cleared"),
    ({"zero_g": False}, "G's gradients are never cleared"),
    ({"zero_d": "after"}, "between backward and step"),
    ({"d_step": False}, "step() missing"),
    ({"g_label": 0.0}, "look FAKE"),
    ({"swap": True}, "two labels are turned"),
    ({"mean": True}, "half as far"),
    ({"keep": True}, "the numbers are right, but"),
]


@pytest.mark.parametrize(("faults", "words"), WRONG_LOOPS, ids=[next(iter(faults)) for faults, _ in WRONG_LOOPS])
def test_wrong_loops(faults, words):
    assert words in complaint(check.play, step_wrongly(**faults))


def test_other_wrong_loops():
    def saturating(G, D, g_opt, d_opt, draw_real, draw_z, rounds):
        for _ in range(rounds):
            d_opt.zero_grad()
            (softplus(-D(draw_real())).mean() + softplus(D(G(draw_z()).detach())).mean()).backward()
            d_opt.step()
            g_opt.zero_grad()
            torch.log(1 - D(G(draw_z())).sigmoid()).mean().backward()
            g_opt.step()

    def frozen_for_ever(G, D, g_opt, d_opt, draw_real, draw_z, rounds):
        for _ in range(rounds):
            d_opt.zero_grad()
            (softplus(-D(draw_real())).mean() + softplus(D(G(draw_z()).detach())).mean()).backward()
            d_opt.step()
            D.requires_grad_(False)
            g_opt.zero_grad()
            softplus(-D(G(draw_z()))).mean().backward()
            g_opt.step()

    assert "saturating loss" in complaint(check.play, saturating)
    assert "has cut too much" in complaint(check.play, frozen_for_ever)
    assert "moves before D" in complaint(check.play, g_first)


def g_first(G, D, g_opt, d_opt, draw_real, draw_z, rounds):
    for _ in range(rounds):
        g_opt.zero_grad()
        softplus(-D(G(draw_z()))).mean().backward()
        g_opt.step()
        d_opt.zero_grad()
        (softplus(-D(draw_real())).mean() + softplus(D(G(draw_z()).detach())).mean()).backward()
        d_opt.step()


# 3. The value of the game


def value_by_boxes(p_data, p_fake):
    total = 0.0
    for a, b in zip(p_data.tolist(), p_fake.tolist(), strict=True):
        total += (a * math.log(a / (a + b)) if a else 0) + (b * math.log(b / (a + b)) if b else 0)
    return total


def value_by_divergences(p_data, p_fake):
    return 2 * jsd_with_a_mask(p_data, p_fake) - math.log(4)


def value_without_zeros(p_data, p_fake):
    d = p_data / (p_data + p_fake)
    return torch.where(p_data > 0, p_data * d.log(), 0).sum() + torch.where(p_fake > 0, p_fake * (1 - d).log(), 0).sum()


def value_with_a_floor(p_data, p_fake):
    d = (p_data / (p_data + p_fake)).clamp(1e-300, 1 - 1e-16)
    return (p_data * d.log() + p_fake * (1 - d).log()).sum().item()


@pytest.mark.parametrize("right", [value_by_boxes, value_by_divergences, value_without_zeros, value_with_a_floor])
def test_value(right, capsys):
    check.value_at_best(right)
    assert "✓" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        (lambda p, q: 2 * jsd_with_a_mask(p, q), "leaves −log 4 over"),
        (lambda p, q: jsd_with_a_mask(p, q) - math.log(4), "counted once"),
        (lambda p, q: 2 * jsd_with_a_mask(p, q) - math.log(2), "each of the two means"),
        (lambda p, q: math.log(4) - 2 * jsd_with_a_mask(p, q), "sign is turned"),
        (lambda p, q: -math.log(4), "equal densities, the lowest"),
        (lambda p, q: value_by_boxes(p, q) / math.log(2), "bits"),
        (lambda p, q: value_by_boxes(p, q) / len(p), "mean over the boxes"),
        (lambda p, q: torch.where(p > 0, p * (p / (p + q)).log(), 0).sum(), "only the first term"),
        (lambda p, q: (p * (p / (p + q)).log() + q * (q / (p + q)).log()).sum(), "no fake is ever there"),
        (lambda p, q: 0.0, "should be"),
        (lambda p, q: None, "gave nothing back"),
    ],
)
def test_wrong_value(wrong, words):
    assert words in complaint(check.value_at_best, wrong)


# 4. More fakes than data

MIXES = [
    lambda a, b, r: a / (a + r * b),
    lambda p_data, p_fake, fakes_per_real: 1 - fakes_per_real * p_fake / (p_data + fakes_per_real * p_fake),
    lambda a, b, r: (a / (1 + r)) / (a / (1 + r) + b * r / (1 + r)),
    lambda a, b, r: torch.sigmoid(torch.tensor(a).log() - torch.tensor(r * b).log()),
]


@pytest.mark.parametrize("right", MIXES)
def test_more_fakes(right, capsys):
    check.more_fakes(right, lambda r: right(1.0, 1.0, r))
    assert capsys.readouterr().out.count("✓") == 2


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        (lambda a, b, r: a / (a + b), "r fakes come to each real"),
        (lambda a, b, r: r * a / (r * a + b), "factor is on the wrong side"),
        (lambda a, b, r: r / (1 + r), "should be"),
        (lambda a, b, r: r * b / (a + r * b), "share of the fakes"),
        (lambda a, b, r: b / (a + b), "as many fakes as data"),
        (lambda a, b, r: a / (a + b + r), "r is no density"),
        (lambda a, b, r: a / (r * (a + b)), "must be 1"),
        (lambda a, b, r: 1 / (1 + r), "both densities are equal"),
        (lambda a, b, r: 0.1, "should be"),
    ],
)
def test_wrong_mix(wrong, words):
    assert words in complaint(check.more_fakes, wrong, lambda r: 1 / (1 + r))


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        (lambda r: 0.5, "right for r = 1 only"),
        (lambda r: r / (1 + r), "share of the fakes"),
        (lambda r: 1 / r, "left the real one out"),
        (lambda r: 0.5 / r, "add up to 1"),
        (blank, "not written yet"),
    ],
)
def test_wrong_end_of_a_mix(wrong, words):
    assert words in complaint(check.more_fakes, MIXES[0], wrong)


# 7. Who moves

RIGHT = dict(zip("ABCDEFGH", ["stays", "moves", "stays", "stays", "moves", "stays", "moves", "moves"], strict=True))
REASONS = {
    "A": "D's optimiser does not hold G's weights",
    "B": "no_grad stops graphs, not batch norm",
    "C": "in eval mode batch norm uses",
    "D": "G's optimiser does not hold D's weights",
    "E": "leaves a part in each of D's parameters",
    "F": "also while gradients flow",
    "G": "running statistics are no parameters",
    "H": "eval() does not stop gradients",
}


@pytest.mark.parametrize("style", [dict, lambda d: {key: d[key].upper() for key in reversed(d)}])
def test_who_moves(style, capsys):
    check.who_moves(lambda: style(RIGHT))
    assert "✓" in capsys.readouterr().out


@pytest.mark.parametrize("letter", RIGHT)
def test_each_wrong_move_has_its_reason(letter):
    other = {"moves": "stays", "stays": "moves"}[RIGHT[letter]]
    said = complaint(check.who_moves, lambda: RIGHT | {letter: other})
    assert "7 of 8" in said and REASONS[letter] in said


# 8 to 10. Broken loops


def test_the_exercises_print_the_loops_that_are_judged():
    script = jupytext.read(ROOT / "sources/solutions/03_adversarial_game.py", fmt="py:percent")
    printed = "\n".join(cell.source for cell in script.cells if "def broken_" in cell.source)
    for text in BROKEN.values():
        numbered = "\n".join(f"{number:2d}  {line}" for number, line in enumerate(text.splitlines(), 1))
        assert numbered in printed


JUDGES = {1: check.broken_1, 2: check.broken_2, 3: check.broken_3}
SEEN = {
    1: "G stays where it was",
    2: "G is judged on the fakes that D has just learned from",
    3: "D is also pulled towards calling fakes real",
}
REPAIRS = [
    (1, {9: "loss = softplus(-discriminator(fake)).mean()"}),
    (1, {8: "", 9: "loss = softplus(-discriminator(generator(draw_z()))).mean()"}),
    (1, {9: "    loss = -torch.log(torch.sigmoid(discriminator(fake))).mean()"}),
    (1, {9: "logits = discriminator(fake)\nloss = softplus(-logits).mean()"}),
    (2, {3: "fake = generator(draw_z()).detach()", 8: "loss = softplus(-discriminator(generator(draw_z()))).mean()"}),
    (
        2,
        {
            3: "with torch.no_grad(): fake = generator(draw_z())",
            8: "fake = generator(draw_z())\nloss = softplus(-discriminator(fake)).mean()",
        },
    ),
    (
        2,
        {
            4: "loss = softplus(-discriminator(draw_real())).mean() + softplus(discriminator(fake.detach())).mean()",
            6: "loss.backward()",
            8: "loss = softplus(-discriminator(generator(draw_z()))).mean()",
        },
    ),
    (3, {6: "discriminator_optimizer.zero_grad()\nloss.backward()"}),
    (3, {3: "discriminator_optimizer.zero_grad()", 8: ""}),
    (
        3,
        {
            7: "discriminator_optimizer.step()\ndiscriminator.requires_grad_(False)",
            8: "",
            3: "discriminator.requires_grad_(True); discriminator.zero_grad()",
        },
    ),
    (3, {12: "loss.backward()\ndiscriminator_optimizer.zero_grad()"}),
]


@pytest.mark.parametrize(("number", "repair"), REPAIRS)
def test_repairs(number, repair, capsys):
    JUDGES[number](lambda: repair, lambda: SEEN[number].upper())
    assert capsys.readouterr().out.count("✓") == 2


@pytest.mark.parametrize(
    ("number", "repair", "words"),
    [
        (1, {4: BROKEN[1].splitlines()[3]}, "generator never moves"),
        (
            1,
            {3: "fake = generator(draw_z())", 9: "loss = softplus(-discriminator(fake)).mean()"},
            "numbers are right, but",
        ),
        (1, {9: "loss = softplus(discriminator(fake)).mean()"}, "look FAKE"),
        (1, {8: "", 9: "loss = softplus(-discriminator(fake)).mean()"}, "drew z 3 times"),
        (1, {9: "loss = softplus(-discriminator(fake)).mean("}, "no Python"),
        (1, {}, "no line is changed"),
        (1, dict.fromkeys(range(3, 8), "pass"), "5 lines are changed"),
        (1, {1: "def broken_1():"}, "there is no line 1"),
        (1, {True: "pass"}, "there is no line True"),
        (1, "line 9", "give a dict"),
        (2, {6: "loss.backward()"}, "share a graph"),
        (2, {8: "loss = softplus(-discriminator(generator(draw_z()))).mean()"}, "numbers are right, but"),
        (2, {8: "loss = softplus(-discriminator(fake.detach())).mean()"}, "drew z 3 times"),
        (2, {3: "fake = generator(draw_z()).detach()"}, "drew z 3 times"),
        (3, {8: ""}, "gradients are never cleared"),
        (3, {7: "discriminator_optimizer.zero_grad()\ndiscriminator_optimizer.step()"}, "D never moves"),
        (3, {8: "discriminator.requires_grad_(False)"}, "has cut too much"),
        (3, None, "give a dict"),
    ],
)
def test_wrong_repairs(number, repair, words):
    assert words in complaint(JUDGES[number], lambda: repair, lambda: SEEN[number])


@pytest.mark.parametrize("number", JUDGES)
def test_wrong_symptoms(number):
    for name, reason in SHOWS.items():
        if name != SEEN[number]:
            assert reason in complaint(JUDGES[number], lambda: {9: ""}, lambda name=name: name)
    assert "one of these names" in complaint(JUDGES[number], lambda: {9: ""}, lambda: 3)
    assert "none of the names" in complaint(JUDGES[number], lambda: {9: ""}, lambda: "it is broken")


@pytest.mark.parametrize("number", BROKEN)
def test_broken_loops_run(number):
    bench = LoopBench()
    repaired_loop("x", number, {3: BROKEN[number].splitlines()[2]})(*bench.arguments, 2)


# More styles, more wrong ideas


def jsd_by_entropies(p, q):
    def entropy(x):
        return -torch.xlogy(x, x).sum()

    return entropy((p + q) / 2) - (entropy(p) + entropy(q)) / 2


def jsd_in_python(p, q):
    total = 0.0
    for a, b in zip(p.tolist(), q.tolist(), strict=True):
        middle = (a + b) / 2
        total += sum(x * math.log(x / middle) for x in (a, b) if x) / 2
    return total


def jsd_by_torch(p, q):
    middle = ((p + q) / 2).log()
    return sum(torch.nn.functional.kl_div(middle, x, reduction="sum") for x in (p, q)) / 2


@pytest.mark.parametrize("right", [jsd_by_entropies, jsd_in_python, jsd_by_torch])
def test_more_ways_to_the_jsd(right, capsys):
    praise(capsys, check.jensen_shannon, right)


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        (lambda p, q: -jsd_with_a_mask(p, q), "never below 0"),
        (lambda p, q: jsd_with_a_mask(p, q).clamp_min(0).sqrt(), "Jensen–Shannon distance"),
        (lambda p, q: jsd_with_a_mask(p, q) / len(p), "mean over the boxes"),
        (lambda p, q: 2 * jsd_with_a_mask(p, q) - math.log(4), "V at the best D"),
        (lambda p, q: kl(p, q), "is inf"),
    ],
)
def test_more_wrong_divergences(wrong, words):
    assert words in complaint(check.jensen_shannon, wrong)


@pytest.mark.parametrize(
    ("d", "divergence"),
    [
        (lambda: [1, 2 / 3, 0], lambda: 0.45445),
        (lambda: (1.0, 0.667, 0), lambda: torch.tensor(0.4545)),
        (lambda: torch.tensor([0.5, 0.5, 0.0]) / torch.tensor([0.5, 0.75, 0.5]), lambda: 0.4545),
    ],
)
def test_by_hand_in_other_styles(d, divergence, capsys):
    praise(capsys, check.by_hand, d, divergence)


@pytest.mark.parametrize(
    ("saturating", "non_saturating"),
    [
        (lambda d: (-1 / (1 - d), -d), lambda d: (-1 / d, d - 1)),
        (lambda d: torch.tensor([-1 / (1 - d), -d]).tolist(), lambda d: torch.tensor([-1 / d, d - 1]).tolist()),
        (right_saturating, lambda d: (-1 / d, -(1 - d))),
    ],
)
def test_gradients_in_other_styles(saturating, non_saturating, capsys):
    praise(capsys, check.gradients, saturating, non_saturating)


def loop_with_softplus(G, D, g_opt, d_opt, draw_real, draw_z, rounds):
    for _ in range(rounds):
        loss = softplus(-D(draw_real())).mean() + softplus(D(G(draw_z()).detach())).mean()
        D.zero_grad()
        loss.backward()
        d_opt.step()
        loss = softplus(-D(G(draw_z()))).mean()
        G.zero_grad()
        loss.backward()
        g_opt.step()


def loop_with_gradients_asked(G, D, g_opt, d_opt, draw_real, draw_z, rounds):
    def step(network, optimizer, loss):
        parameters = list(network.parameters())
        for parameter, gradient in zip(parameters, torch.autograd.grad(loss, parameters), strict=True):
            parameter.grad = gradient
        optimizer.step()

    done = 0
    while done < rounds:
        step(D, d_opt, softplus(-D(draw_real())).mean() + softplus(D(G(draw_z()))).mean())
        step(G, g_opt, softplus(-D(G(draw_z()))).mean())
        done += 1


@pytest.mark.parametrize("right", [loop_with_softplus, loop_with_gradients_asked, step_wrongly()])
def test_more_loops(right, capsys):
    praise(capsys, check.play, right)


@pytest.mark.parametrize(
    "style", [lambda d: {k: f" {v} " for k, v in d.items()}, lambda d: dict(sorted(d.items())[::-1])]
)
def test_who_moves_in_other_styles(style, capsys):
    praise(capsys, check.who_moves, lambda: style(RIGHT))


def with_a_bias_of_its_own(d):
    return (-1 / (1 - d), -1)


@pytest.mark.parametrize(
    ("wrong", "words"),
    [(lambda d: -1 / (1 - d), "not iterable"), (lambda d: (d, d), "should be"), (with_a_bias_of_its_own, "should be")],
)
def test_gradients_that_are_no_pair(wrong, words):
    assert words in complaint(check.gradients, wrong, right_non_saturating)
