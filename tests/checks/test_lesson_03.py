"""The checks of lesson 03: other styles pass, and real wrong answers get the hint that fits."""

import math

import jupytext
import pytest
import torch
from torch.nn.functional import binary_cross_entropy, binary_cross_entropy_with_logits, softplus

from authoring.notebooks import ROOT
from dcgan_course.checks import lesson_03 as check
from dcgan_course.checks.lesson_03.loops import LoopBench
from tests.helpers.answers import blank, complaint

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


# 3. Gradients


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


# 4 to 7. Loops


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


REPAIRS = {1: check.repaired_1, 2: check.repaired_2, 3: check.repaired_3}


def test_loop(capsys):
    for judge in (check.play, *REPAIRS.values()):
        judge(plain_loop)
    assert capsys.readouterr().out.count("✓") == 4


def broken_loops():
    """Return the three loops as the exercise prints them: {number: function}."""
    script = jupytext.read(ROOT / "sources/solutions/03_adversarial_game.py", fmt="py:percent")
    names = {"softplus": softplus}
    for cell in script.cells:
        if "def broken_" in cell.source:
            exec(cell.source.split("```python\n")[1].split("```")[0], names)
    return {number: names[f"broken_{number}"] for number in (1, 2, 3)}


@pytest.mark.parametrize(
    ("number", "words"), [(1, "the generator never moves"), (2, "fresh z"), (3, "gradients are never cleared")]
)
def test_a_broken_loop_handed_in_as_it_is(number, words):
    loop = broken_loops()[number]
    bench = LoopBench()
    loop(*bench.arguments, 2)  # none raises an error: that is what makes them hard to find
    assert words in complaint(REPAIRS[number], loop)


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
    for judge in (check.play, *REPAIRS.values()):
        assert words in complaint(judge, step_wrongly(**faults))


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
