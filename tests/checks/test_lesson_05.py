"""The checks of lesson 05: right answers in several styles, and the wrong answers learners give."""

import math

import pytest
import torch
from torch.nn.functional import softplus

from dcgan_course.checks import lesson_05 as check
from dcgan_course.checks.lesson_05 import traces as lesson_05_traces
from dcgan_course.toy.faults import FAULTS
from dcgan_course.training.losses import discriminator_loss, non_saturating
from tests.helpers.answers import complaint, praise

# Exercise 1


@pytest.fixture(scope="module")
def cases():
    return check.draw_cases(seed=5)


def truth(cases):
    return {case.letter: case.fault for case in cases}


def test_the_page_does_not_give_the_names_away(cases):
    assert sorted(case.letter for case in cases) == list("ABCDEFGH")
    assert sorted(case.fault for case in cases) == sorted(FAULTS)
    shown = " ".join(repr(case) for case in cases) + " ".join(check.in_words(case) for case in cases)
    assert not any(name in shown for name in FAULTS)


def test_another_seed_gives_another_order(monkeypatch):
    monkeypatch.setattr(lesson_05_traces, "play", lambda fault, networks, seed: _Nothing())
    orders = {tuple(truth(check.draw_cases(seed, 1)).values()) for seed in range(20)}
    assert len(orders) > 15


class _Nothing:
    """A game without traces, for the order alone."""

    traces = {}

    def run(self, rounds):
        return self


def test_right_names_pass(cases, capsys):
    praise(capsys, check.name_the_faults, lambda: truth(cases), cases)
    praise(capsys, check.name_the_faults, lambda: dict(reversed(truth(cases).items())), cases)


def test_every_sign_holds_for_its_fault_and_a_rule_can_name_all(cases, capsys):
    """The signs, asked from the sure to the unsure, name all eight: what the solution explains in words."""
    signs = lesson_05_traces.SIGNS
    order = [
        "fake detached in G's step",
        "saturating loss",
        "learning rate too high",
        "batch norm with eps 0.8",
        "real and fake in one batch norm",
        "data outside tanh",
        "D too strong",
        "nothing is wrong",
    ]
    named = {case.letter: next(name for name in order if signs[name][0](case)) for case in cases}
    assert named == truth(cases)
    praise(capsys, check.name_the_faults, lambda: named, cases)


def swapped(cases, one, other):
    """An answer that takes two faults for each other."""
    return {case.letter: {one: other, other: one}.get(case.fault, case.fault) for case in cases}


@pytest.mark.parametrize(
    ("one", "other", "hints"),
    [
        ("D too strong", "nothing is wrong", ("stay near each other", "move apart")),
        (
            "nothing is wrong",
            "learning rate too high",
            ("far above guessing", "stay near each other"),
        ),
        (
            "data outside tanh",
            "real and fake in one batch norm",
            ("its own step and in G's step", "no sample is further out"),
        ),
        ("batch norm with eps 0.8", "saturating loss", ("is below 0", "are one point")),
        ("fake detached in G's step", "D too strong", ("exactly 0", "how long is G's gradient")),
    ],
)
def test_faults_taken_for_each_other_get_the_sign_that_decides(cases, one, other, hints):
    said = complaint(check.name_the_faults, lambda: swapped(cases, one, other), cases)
    assert all(hint in said for hint in hints) and "6 of 8 are right" in said


def test_names_that_are_no_names(cases):
    answers = truth(cases)
    assert "no name yet" in complaint(check.name_the_faults, lambda: {"A": answers["A"]}, cases)
    said = complaint(check.name_the_faults, lambda: answers | {"C": "D to strong"}, cases)
    assert "Did you mean 'D too strong'?" in said
    assert "return a dict" in complaint(check.name_the_faults, lambda: list(answers.values()), cases)


# Exercise 2


def solution(points, centres, sigma):
    distance, index = torch.cdist(points, centres).min(dim=1)
    good = distance < 3 * sigma
    shares = torch.bincount(index, minlength=len(centres)) / len(points)
    shares = shares[shares > 0]
    return len(index[good].unique()), good.float().mean().item(), (shares * (len(centres) * shares).log()).sum().item()


def with_loops(points, centres, sigma):
    """The same in plain Python."""
    counts, covered, good = [0] * len(centres), set(), 0
    for point in points.tolist():
        distances = [math.dist(point, centre) for centre in centres.tolist()]
        k = distances.index(min(distances))
        counts[k] += 1
        if distances[k] < 3 * sigma:
            covered.add(k)
            good += 1
    shares = [count / len(points) for count in counts if count]
    return len(covered), good / len(points), sum(q * math.log(q * len(centres)) for q in shares)


def test_mode_counters_in_two_styles(capsys):
    praise(capsys, check.count_modes, solution)
    praise(capsys, check.count_modes, with_loops)


def changed(within=None, kl=None, covered=None):
    """A mode counter with one wrong part."""

    def counter(points, centres, sigma):
        distance, index = torch.cdist(points.double(), centres.double()).min(dim=1)
        good = within(points, centres, distance, sigma) if within else distance < 3 * sigma
        q = torch.bincount(index, minlength=len(centres)).double() / len(points)
        right = float((q[q > 0] * (q[q > 0] * len(q)).log()).sum())
        modes = len(covered(index, good).unique()) if covered else len(index[good].unique())
        return modes, float(good.double().mean()), kl(q, right) if kl else right

    return counter


@pytest.mark.parametrize(
    ("wrong", "hint"),
    [
        (changed(covered=lambda index, good: index), "only if a point lies within 3σ"),
        (changed(within=lambda p, c, distance, sigma: distance < 3), "3 times sigma"),
        (changed(within=lambda p, c, distance, sigma: distance < sigma), "not σ"),
        (changed(within=lambda p, c, distance, sigma: distance**2 < 3 * sigma), "squared distance"),
        (
            changed(
                within=lambda p, c, distance, sigma: (
                    (p.double()[:, None] - c.double()).abs().amax(2).amin(1) < 3 * sigma
                )
            ),
            "means a circle",
        ),
        (changed(kl=lambda q, right: math.log(len(q)) - right), "log K minus the entropy"),
        (changed(kl=lambda q, right: right / math.log(2)), "nats"),
        (changed(kl=lambda q, right: -right), "the sign"),
        (changed(kl=lambda q, right: float(-(q * len(q)).log().mean())), "the other way round"),
    ],
)
def test_wrong_mode_counters_get_their_hint(wrong, hint):
    assert hint in complaint(check.count_modes, wrong)


# Exercise 3


def packed(pack_real, pack_fake=None, pack_for_g=None, detach_for_g=False, step_d=True, one_call=False):
    """A training loop whose packing is given in parts, so that each part can be wrong."""
    pack_fake = pack_fake or pack_real
    pack_for_g = pack_for_g or pack_fake

    def train(generator, discriminator, optimizer_g, optimizer_d, batches, packing):
        for real, z_for_d, z_for_g in batches:
            fake = generator(z_for_d).detach()
            optimizer_d.zero_grad()
            if one_call:
                logits = discriminator(torch.cat([pack_real(real, packing), pack_fake(fake, packing)]))
                real_logits, fake_logits = logits.chunk(2)
            else:
                real_logits = discriminator(pack_real(real, packing))
                fake_logits = discriminator(pack_fake(fake, packing))
            discriminator_loss(real_logits, fake_logits).backward()
            if step_d:
                optimizer_d.step()
            fake = generator(z_for_g)
            optimizer_g.zero_grad()
            loss = non_saturating(discriminator(pack_for_g(fake.detach() if detach_for_g else fake, packing)))
            loss.backward()
            optimizer_g.step()

    return train


def side_by_side(points, m):
    return points.reshape(-1, 2 * m)


def halves(points, m):
    return torch.cat(points.chunk(m), dim=1)


def test_packed_loops_in_three_styles(capsys):
    praise(capsys, check.train_packed, packed(side_by_side))
    praise(capsys, check.train_packed, packed(halves))

    def by_hand(generator, discriminator, optimizer_g, optimizer_d, batches, packing):
        for real, z_for_d, z_for_g in batches:
            rows = [torch.stack([*x]).view(-1, packing * 2) for x in (real, generator(z_for_d).detach())]
            optimizer_d.zero_grad()
            (softplus(-discriminator(rows[0])).mean() + softplus(discriminator(rows[1])).mean()).backward()
            optimizer_d.step()
            optimizer_g.zero_grad()
            softplus(-discriminator(generator(z_for_g).view(-1, packing * 2))).mean().backward()
            optimizer_g.step()

    praise(capsys, check.train_packed, by_hand)


@pytest.mark.parametrize(
    ("wrong", "hint"),
    [
        (packed(lambda x, m: x), "still sees single points"),
        (packed(side_by_side, side_by_side, lambda x, m: x), "fake packs in G's step: D still sees single points"),
        (packed(lambda x, m: x.view(-1, m, 2)), "must be one row of"),
        (packed(lambda x, m: torch.cat([x[: len(x) // m]] * m, dim=1)), "the same point stands twice"),
        (packed(lambda x, m: x.T.reshape(-1, 2 * m)), "torn apart"),
        (packed(side_by_side, detach_for_g=True), "G did not move"),
        (packed(side_by_side, step_d=False), "D did not move"),
        (packed(side_by_side, one_call=True), "Never mix real and fake in one call"),
        (lambda *case: None, "D was asked 0 times"),
    ],
)
def test_wrong_packed_loops_get_their_hint(wrong, hint):
    assert hint in complaint(check.train_packed, wrong)


# More styles, more wrong ideas


def by_one_hot(points, centres, sigma):
    distance = torch.cdist(points.double(), centres.double())
    mine = torch.nn.functional.one_hot(distance.argmin(1), len(centres)).double()
    near = mine * (distance < 3 * sigma)
    q = mine.mean(0)
    return int(near.any(0).sum()), near.sum().item() / len(points), torch.xlogy(q, q * len(q)).sum()


def by_squares(points, centres, sigma):
    gaps = (points.double()[:, None] - centres.double()).square().sum(2)
    smallest, index = gaps.min(1)
    good = smallest < (3 * sigma) ** 2
    q = torch.stack([(index == k).double().mean() for k in range(len(centres))])
    kl = math.log(len(centres)) + float(torch.xlogy(q, q).sum())
    return [len(set(index[good].tolist())), good.double().mean(), kl]


@pytest.mark.parametrize("right", [by_one_hot, by_squares])
def test_more_mode_counters(right, capsys):
    praise(capsys, check.count_modes, right)


def kl_of_the_good(points, centres, sigma):
    distance, index = torch.cdist(points.double(), centres.double()).min(dim=1)
    q = torch.bincount(index[distance < 3 * sigma], minlength=len(centres)).double()
    q = q[q > 0] / q.sum()
    return *changed()(points, centres, sigma)[:2], float((q * (q * len(centres)).log()).sum())


def with_share(change):
    def counter(points, centres, sigma):
        modes, good, kl = changed()(points, centres, sigma)
        return modes, change(good, points, centres, sigma), kl

    return counter


@pytest.mark.parametrize(
    ("wrong", "hint"),
    [
        (kl_of_the_good, "You took the good ones alone"),
        (
            changed(kl=lambda q, right: float((q * (q * (q > 0).sum()).clamp_min(1e-300).log()).sum())),
            "found ones alone",
        ),
        (changed(kl=lambda q, right: float((q * (q * len(q)).log()).sum())), "0 · log 0"),
        (changed(kl=lambda q, right: right / len(q)), "not their mean"),
        (with_share(lambda good, *rest: 100 * good), "in percent"),
        (with_share(lambda good, points, *rest: good * len(points)), "not their share"),
        (with_share(lambda good, *rest: 1 - good), "share of bad points"),
        (
            with_share(lambda good, p, c, s: float((torch.cdist(p.double(), c.double()) < 3 * s).sum() / len(p))),
            "is one good point",
        ),
    ],
)
def test_more_wrong_mode_counters(wrong, hint):
    assert hint in complaint(check.count_modes, wrong)


def played(
    d_loss=discriminator_loss,
    g_loss=non_saturating,
    clear_d=True,
    clear_g=True,
    z_for_g_too=True,
    real_of=None,
    attached=False,
    fakes_first=False,
):
    """A packed loop with one part of the game done otherwise."""

    def train(generator, discriminator, optimizer_g, optimizer_d, batches, packing):
        for real, z_for_d, z_for_g in batches:
            real = batches[real_of][0] if real_of is not None else real
            fake = generator(z_for_d) if attached else generator(z_for_d).detach()
            if clear_d:
                optimizer_d.zero_grad()
            if fakes_first:
                on_fake, on_real = (discriminator(side_by_side(part, packing)) for part in (fake, real))
            else:
                on_real, on_fake = (discriminator(side_by_side(part, packing)) for part in (real, fake))
            d_loss(on_real, on_fake).backward()
            optimizer_d.step()
            if clear_g:
                optimizer_g.zero_grad()
            fake = generator(z_for_g if z_for_g_too else z_for_d)
            g_loss(discriminator(side_by_side(fake, packing))).backward()
            optimizer_g.step()

    return train


@pytest.mark.parametrize(
    "right", [played(), played(fakes_first=True), played(d_loss=lambda r, f: discriminator_loss(r, f) / 2)]
)
def test_more_packed_loops(right, capsys):
    praise(capsys, check.train_packed, right)


@pytest.mark.parametrize(
    ("wrong", "hint"),
    [
        (played(z_for_g_too=False), "fake packs in G's step: D is shown other points"),
        (played(real_of=0), "round 2, real packs in D's step: D is shown other points"),
        (played(d_loss=lambda r, f: discriminator_loss(f, r)), "real and fake are swapped"),
        (played(d_loss=lambda r, f: non_saturating(r) + non_saturating(f)), "both halves of its loss have the label 1"),
        (played(d_loss=lambda r, f: non_saturating(r)), "the fake half"),
        (played(d_loss=lambda r, f: softplus(f).mean()), "the real half"),
        (played(g_loss=lambda f: -softplus(f).mean()), "the minimax one"),
        (played(g_loss=lambda f: softplus(f).mean()), "moved to be caught"),
        (played(g_loss=lambda f: -non_saturating(f)), "G climbs"),
        (played(clear_d=False), "`optimizer_d.zero_grad()` is missing"),
        (played(clear_g=False), "`optimizer_g.zero_grad()` is missing"),
        (played(clear_d=False, clear_g=False), "in both networks"),
        (played(attached=True), "hang on G's graph"),
        (played(g_loss=lambda f: 3 * non_saturating(f)), "did not move as the two losses ask"),
    ],
)
def test_more_wrong_packed_loops(wrong, hint):
    assert hint in complaint(check.train_packed, wrong)
