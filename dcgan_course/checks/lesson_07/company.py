"""Exercise 3 of lesson 07: D judges in training mode, with the kinds in two batches and in one."""

import copy
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn
from torch.optim.swa_utils import update_bn

from dcgan_course.checks import bench
from dcgan_course.checks.engine import describe, fail, one_float, passed
from dcgan_course.checks.registry import exercise

Case = tuple[nn.Module, Tensor, Tensor]
Shares = tuple[float, float]
Ranks = Callable[[nn.Module, Tensor, Tensor], Shares]
NEAR = 0.012  # a variance divided by n − 1 in place of n turns a pair or two round
SEEDS = (48, 35, 140)


def _discriminator(seed: int) -> nn.Sequential:
    """Build a small D for pictures (N, 2, 4, 4) that gives logits (N,), with statistics of some batches."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        d = nn.Sequential(
            nn.Conv2d(2, 6, 2), nn.BatchNorm2d(6), nn.LeakyReLU(0.2), nn.Conv2d(6, 1, 3), nn.Flatten(start_dim=0)
        )
        for _ in range(3):
            d(torch.randn(16, 2, 4, 4) * 0.5 - 2)
    return d.eval()


def _case(seed: int) -> Case:
    """Return a D in eval mode, 24 real pictures and 36 fakes."""
    noise = torch.Generator().manual_seed(seed)
    real, fake = (torch.randn(count, 2, 4, 4, generator=noise) for count in (24, 36))
    return _discriminator(seed), real * 0.8 + 0.5 + 0.7 * torch.linspace(-1, 1, 4), fake * 1.3 - 0.4


def _above(real: Tensor, fake: Tensor) -> float:
    """Return the share of all pairs in which the real one is higher."""
    return float((real[:, None] > fake[None]).float().mean())


Rule = Callable[[Tensor, Tensor], float]


def _ranks(d: nn.Module, real: Tensor, fake: Tensor, rule: Rule = _above) -> Shares:
    """Return the share apart and the share together, or what another rule makes of the same logits."""
    d = copy.deepcopy(d).train()
    together = d(torch.cat([real, fake]))
    return rule(d(real), d(fake)), rule(together[: len(real)], together[len(real) :])


def _by(rule: Rule) -> Ranks:
    return lambda d, real, fake: _ranks(d, real, fake, rule)


def _pair_by_pair(real: Tensor, fake: Tensor) -> float:
    count = min(len(real), len(fake))
    return float((real[:count] > fake[:count]).float().mean())


def _threshold(real: Tensor, fake: Tensor) -> float:
    return float(torch.cat([real > 0, fake <= 0]).float().mean())


def _in_eval_mode(d: nn.Module, real: Tensor, fake: Tensor) -> Shares:
    """What D says with the running statistics that it had."""
    both = d(torch.cat([real, fake]))
    return _above(d(real), d(fake)), _above(both[: len(real)], both[len(real) :])


def _one_lent(d: nn.Module, real: Tensor, fake: Tensor) -> Shares:
    """Together: the statistics of the real batch for both kinds."""
    lent = copy.deepcopy(d)
    update_bn([real], lent)
    lent.eval()
    return _ranks(d, real, fake)[0], _above(lent(real), lent(fake))


MISTAKES: list[tuple[Ranks, str]] = [
    (
        lambda d, r, f: (1 - _ranks(d, r, f)[0], 1 - _ranks(d, r, f)[1]),
        "these are the pairs in which the *fake* is higher.",
    ),
    (
        lambda d, r, f: (100 * _ranks(d, r, f)[0], 100 * _ranks(d, r, f)[1]),
        "these are in per cent. Shares from 0 to 1 are asked for.",
    ),
    (
        lambda d, r, f: _ranks(d, r, f)[::-1],
        "the two are exchanged: first apart, then together.",
    ),
    (
        _in_eval_mode,
        "D was asked in eval mode, with the running statistics that it had. Then no picture feels its batch, and apart "
        "and together are one. Ask a copy in training mode.",
    ),
    (
        lambda d, r, f: (_ranks(d, r, f)[0],) * 2,
        "twice the same number: the kinds apart. Together means one call, with one batch of both kinds: `torch.cat`.",
    ),
    (
        lambda d, r, f: (_ranks(d, r, f)[1],) * 2,
        "twice the same number: the kinds together. Apart means two calls, one for each kind.",
    ),
    (
        lambda d, r, f: (_ranks(d, r, f)[0], _ranks(d, r, f[: len(r)])[1]),
        "together, some fakes are missing: all real pictures and all fakes belong into the one batch.",
    ),
    (
        _one_lent,
        "together, both kinds were judged with the statistics of the real ones. One batch of both kinds has statistics "
        "of both.",
    ),
    (
        _by(_pair_by_pair),
        "this compares the first real one with the first fake, the second with the second. *All* pairs are asked for: "
        "`real[:, None] > fake[None]` has one entry for each.",
    ),
    (
        _by(_threshold),
        "this counts how often D is right by the threshold 0. A threshold mixes two questions: is the order right, and "
        "does the line lie well? Compare real ones with fakes.",
    ),
    (
        _by(lambda real, fake: float(real.mean() > fake.mean())),
        "this compares the two means, which says yes or no. The share of all pairs is asked for.",
    ),
]


def _shares(exercise: str, given: Any) -> Shares:
    """Read two numbers from an answer, or raise CheckFailed."""
    if given is None:
        fail(exercise, "your function gave nothing back. Does it end with `return`?")
    items = list(given) if isinstance(given, (list, tuple)) or getattr(given, "ndim", 0) == 1 else []
    numbers = [one_float(each) for each in items]
    if len(numbers) != 2 or None in numbers:
        fail(exercise, f"two numbers from 0 to 1 are asked for, apart and together; you gave {describe(given)}.")
    apart, together = numbers
    assert apart is not None and together is not None
    return apart, together


def _near(one: Shares, other: Shares) -> bool:
    return all(abs(x - y) < NEAR for x, y in zip(one, other, strict=True))


def _written(shares: Shares) -> str:
    return f"{shares[0]:.3f} apart and {shares[1]:.3f} together"


@exercise("3 · apart and together", id="apart-and-together", points=4)
def apart_and_together(exercise: str, function: Ranks) -> None:
    """Check a learner's apart_and_together(discriminator, real, fake) → two shares from 0 to 1."""
    cases = [_case(seed) for seed in SEEDS]
    got: list[Shares] = []
    for case in cases:
        d = case[0]
        before = {name: tensor.clone() for name, tensor in d.state_dict().items()}
        modes = [layer.training for layer in d.modules()]
        momenta = [getattr(layer, "momentum", None) for layer in d.modules()]
        given = bench.call(exercise, function, (d, *(pictures.clone() for pictures in case[1:])))
        shares = _shares(exercise, given)
        if not all(torch.equal(before[name], tensor) for name, tensor in d.state_dict().items()):
            fail(
                exercise,
                "the discriminator that was given is another one afterwards: in training mode each call moves the "
                "running statistics. Work on a copy: `copy.deepcopy`.",
            )
        if modes != [layer.training for layer in d.modules()] or momenta != [
            getattr(layer, "momentum", None) for layer in d.modules()
        ]:
            fail(exercise, "the discriminator was left in another mode, or with another momentum. Work on a copy.")
        got.append(shares)
    with torch.no_grad():
        want = [_ranks(*case) for case in cases]
        if all(map(_near, got, want)):
            passed(exercise, "one D, the same pictures, and two answers: what differs is what the batch tells.")
            return
        for wrong, hint in MISTAKES:
            if all(_near(one, wrong(*case)) for one, case in zip(got, cases, strict=True)):
                fail(exercise, f"{_written(got[0])} came back; it should be {_written(want[0])}.\n  Hint: {hint}")
    bad = next(number for number, (one, other) in enumerate(zip(got, want, strict=True)) if not _near(one, other))
    fail(exercise, f"in case {bad + 1} of {len(cases)} it is {_written(got[bad])}; it should be {_written(want[bad])}.")
