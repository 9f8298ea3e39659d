"""Exercise 3 of lesson 07: D judges with the batch statistics of other pictures."""

import copy
from collections.abc import Callable

import torch
from torch import Tensor, nn
from torch.optim.swa_utils import update_bn

from dcgan_course.checks import bench
from dcgan_course.checks.engine import describe, fail, one_float, passed
from dcgan_course.checks.registry import exercise

Case = tuple[nn.Module, Tensor, Tensor, Tensor, Tensor]
Rank = Callable[[nn.Module, Tensor, Tensor, Tensor, Tensor], float]
NEAR = 0.012  # a variance divided by n in place of n − 1 turns a pair or two round
SEEDS = (5, 8, 20)


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
    """Return a D, 24 real pictures, 30 fakes, and 40 other pictures of each kind whose statistics are lent."""
    noise = torch.Generator().manual_seed(seed)
    tilt = torch.linspace(-1, 1, 4)
    kinds = ((0.5, 0.8, 24), (-0.4, 1.3, 30), (0.6, 0.8, 40), (-0.5, 1.4, 40))
    drawn = [torch.randn(count, 2, 4, 4, generator=noise) * spread + mean for mean, spread, count in kinds]
    drawn[0], drawn[2] = drawn[0] + 0.7 * tilt, drawn[2] + 0.7 * tilt
    return _discriminator(seed), drawn[0], drawn[1], drawn[2], drawn[3]


def _lent(discriminator: nn.Module, pictures: Tensor) -> nn.Module:
    """Return a copy in eval mode with the statistics of these pictures."""
    d = copy.deepcopy(discriminator)
    update_bn([pictures], d)
    return d.eval()


def _moved(discriminator: nn.Module, pictures: Tensor, reset: bool) -> nn.Module:
    """Return a copy whose statistics one batch has only moved a little."""
    d = copy.deepcopy(discriminator)
    for layer in d.modules():
        if isinstance(layer, nn.BatchNorm2d) and reset:
            layer.reset_running_stats()
    d.train()(pictures)
    return d.eval()


def _above(real: Tensor, fake: Tensor) -> float:
    """Return the share of all pairs in which the real one is higher."""
    return float((real[:, None] > fake[None]).float().mean())


def _right(d: nn.Module, real: Tensor, fake: Tensor, to_real: Tensor, to_fake: Tensor) -> float:
    return _above(_lent(d, to_real)(real), _lent(d, to_fake)(fake))


def _pair_by_pair(real: Tensor, fake: Tensor) -> float:
    count = min(len(real), len(fake))
    return float((real[:count] > fake[:count]).float().mean())


def _threshold(real: Tensor, fake: Tensor) -> float:
    return float(torch.cat([real > 0, fake <= 0]).float().mean())


MISTAKES: list[tuple[Rank, str]] = [
    (
        lambda d, r, f, lr, lf: 1 - _right(d, r, f, lr, lf),
        "this counts the pairs in which the *fake* is higher.",
    ),
    (
        lambda d, r, f, lr, lf: 100 * _right(d, r, f, lr, lf),
        "this is in per cent. A share from 0 to 1 is asked for.",
    ),
    (
        lambda d, r, f, lr, lf: _above(_lent(d, r)(r), _lent(d, f)(f)),
        "each kind was judged with statistics of itself. In training mode batch norm uses the batch in front of it: "
        "the *lent* pictures must give the statistics, then D judges in eval mode.",
    ),
    (
        lambda d, r, f, lr, lf: _above(d(r), d(f)),
        "D kept the running statistics that it had. Pass the lent pictures through a copy in training mode first.",
    ),
    (
        lambda d, r, f, lr, lf: _right(d, r, f, lf, lr),
        "the statistics are exchanged: the real pictures were judged with those of `lent_to_fake`.",
    ),
    (
        lambda d, r, f, lr, lf: _right(d, r, f, lr, lr),
        "both kinds were judged with the statistics of `lent_to_real`. Each kind gets its own: make two copies.",
    ),
    (
        lambda d, r, f, lr, lf: _right(d, r, f, lf, lf),
        "both kinds were judged with the statistics of `lent_to_fake`. If one copy serves twice, the second passing "
        "writes over the first: make two copies.",
    ),
    (
        lambda d, r, f, lr, lf: _right(d, r, f, torch.cat([lr, lf]), torch.cat([lr, lf])),
        "the lent pictures went through as one batch of both kinds. Each kind gets statistics of its own.",
    ),
    (
        lambda d, r, f, lr, lf: _above(_moved(d, lr, False)(r), _moved(d, lf, False)(f)),
        "one passing only moves the running statistics: with batch norm's momentum of 0.1 most of the old ones is "
        "left. Forget them (`reset_running_stats`) and take the plain mean (`momentum = None`).",
    ),
    (
        lambda d, r, f, lr, lf: _above(_moved(d, lr, True)(r), _moved(d, lf, True)(f)),
        "after `reset_running_stats` they are 0 and 1, and with momentum 0.1 most of that is left. `momentum = None` "
        "is PyTorch's word for the plain mean.",
    ),
    (
        lambda d, r, f, lr, lf: _pair_by_pair(_lent(d, lr)(r), _lent(d, lf)(f)),
        "this compares the first real one with the first fake, the second with the second. *All* pairs are asked for: "
        "`real[:, None] > fake[None]` has one entry for each.",
    ),
    (
        lambda d, r, f, lr, lf: _threshold(_lent(d, lr)(r), _lent(d, lf)(f)),
        "this counts how often D is right by the threshold 0. A threshold mixes two questions: is the order right, and "
        "does the line lie well? Compare real ones with fakes.",
    ),
    (
        lambda d, r, f, lr, lf: float(_lent(d, lr)(r).mean() > _lent(d, lf)(f).mean()),
        "this compares the two means, which says yes or no. The share of all pairs is asked for.",
    ),
]


@exercise("3 · statistics of others", id="statistics-of-others", points=4)
def rank_with(exercise: str, function: Rank) -> None:
    """Check a learner's rank_with(discriminator, real, fake, lent_to_real, lent_to_fake) → share from 0 to 1."""
    cases = [_case(seed) for seed in SEEDS]
    got: list[float] = []
    for case in cases:
        d = case[0]
        before = {name: tensor.clone() for name, tensor in d.state_dict().items()}
        modes = [layer.training for layer in d.modules()]
        momenta = [getattr(layer, "momentum", None) for layer in d.modules()]
        given = bench.call(exercise, function, (d, *(pictures.clone() for pictures in case[1:])))
        if given is None:
            fail(exercise, "your function gave nothing back. Does it end with `return`?")
        share = one_float(given)
        if share is None:
            fail(exercise, f"one number from 0 to 1 is asked for; you gave {describe(given)}.")
        if not all(torch.equal(before[name], tensor) for name, tensor in d.state_dict().items()):
            fail(
                exercise, "the discriminator that was given is another one afterwards. Work on copies: `copy.deepcopy`."
            )
        if modes != [layer.training for layer in d.modules()] or momenta != [
            getattr(layer, "momentum", None) for layer in d.modules()
        ]:
            fail(exercise, "the discriminator was left in another mode, or with another momentum. Work on copies.")
        got.append(share)
    with torch.no_grad():
        want = [_right(*case) for case in cases]
        if all(abs(one - other) < NEAR for one, other in zip(got, want, strict=True)):
            passed(exercise, "D judges in eval mode, with statistics that were lent.")
            return
        gaps = [max(abs(one - wrong(*case)) for one, case in zip(got, cases, strict=True)) for wrong, _ in MISTAKES]
    if min(gaps) < NEAR:
        hint = MISTAKES[gaps.index(min(gaps))][1]
        fail(exercise, f"a share of {got[0]:.3f} came back, and it should be {want[0]:.3f}.\n  Hint: {hint}")
    bad = next(number for number, (one, other) in enumerate(zip(got, want, strict=True)) if not abs(one - other) < NEAR)
    fail(exercise, f"in case {bad + 1} of {len(cases)} the share is {got[bad]:.3f}, and it should be {want[bad]:.3f}.")
