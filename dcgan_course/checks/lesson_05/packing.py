"""Exercise 3 of lesson 05: packing put into the loop. Its check watches what D is shown."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from dcgan_course.checks.engine import answer, fail, passed
from dcgan_course.checks.registry import exercise
from dcgan_course.training import losses

PACKS, LATENT_DIM, ROUNDS = 6, 2, 3
RATE = 0.1  # of both optimisers, plain gradient descent: a move is −RATE · gradient
WHERE = ("real packs in D's step", "fake packs in D's step", "fake packs in G's step")


class _Watched(nn.Module):
    """A discriminator that keeps what it was shown. It accepts any width, so that the check can say what is wrong."""

    def __init__(self, packing: int) -> None:
        super().__init__()
        self.packing = packing
        self.shown: list[Tensor] = []
        self.weight = nn.Parameter(0.3 * torch.ones(2 * packing))

    def forward(self, packs: Tensor) -> Tensor:
        self.shown.append(packs)
        if packs.dim() != 2:
            return packs.flatten(1).sum(1) * self.weight.sum()
        width = min(packs.shape[1], len(self.weight))
        return packs[:, :width] @ self.weight[:width]


class _Shift(nn.Module):
    """A generator that adds a learned shift to z: which z a fake came from can be told."""

    def __init__(self) -> None:
        super().__init__()
        self.shift = nn.Parameter(torch.tensor([0.3, -0.2]))

    def forward(self, z: Tensor) -> Tensor:
        return z + self.shift


def _batches(packing: int) -> list[tuple[Tensor, ...]]:
    """Rounds of (real, z for D, z for G), each (PACKS · packing, 2); no two numbers are the same."""
    random = torch.Generator().manual_seed(0)
    count = PACKS * packing
    return [tuple(torch.randn(count, 2, generator=random) for _ in range(3)) for _ in range(ROUNDS)]


def _points_of(packs: Tensor) -> list[tuple[float, float]]:
    """Cut packs (N, 2m) into their points, as sorted tuples."""
    return sorted(tuple(point) for point in packs.detach().reshape(-1, 2).tolist())


@exercise("3 · put packing into the loop", id="train-packed", points=3)
def train_packed(exercise: str, function: Callable[..., None]) -> None:
    """Check a learner's train_packed(generator, discriminator, optimizer_g, optimizer_d, batches, packing)."""
    for packing in (1, 2, 3):
        _check(exercise, function, packing)
    passed(exercise, "D sees packs of 1, 2 and 3 points, all real or all fake, in both steps, and both networks move.")


def _check(exercise: str, function: Callable[..., None], packing: int) -> None:
    generator, discriminator = _Shift(), _Watched(packing)
    optimizer_g = torch.optim.SGD(generator.parameters(), RATE)
    optimizer_d = torch.optim.SGD(discriminator.parameters(), RATE)
    batches = _batches(packing)
    start_g, start_d = generator.shift.detach().clone(), discriminator.weight.detach().clone()
    networks = generator, discriminator, optimizer_g, optimizer_d
    answer(exercise, lambda packing: function(*networks, batches, packing), (packing,))
    shown = discriminator.shown
    if not shown:
        fail(exercise, f"nothing was trained: for {ROUNDS} rounds D was asked 0 times.")
    if len(shown) != 3 * ROUNDS:
        fail(
            exercise,
            f"for {ROUNDS} rounds D was asked {len(shown)} times. It is asked three times a round: for real packs and "
            "for fake packs in its own step, and for fake packs in G's step. Never mix real and fake in one call.",
        )
    rounds = [_ordered(shown[3 * i : 3 * i + 3], batches[i][0]) for i in range(ROUNDS)]
    for packs in rounds:
        for part, where in zip(packs, WHERE, strict=True):
            _check_shape(exercise, part, packing, where)
    shifts = [batches[0][0] * 0, start_g, start_g]  # what G adds to the points of the first round
    for part, points, shift, where in zip(rounds[0], batches[0], shifts, WHERE, strict=True):
        _check_points(exercise, part, points + shift, packing, where)
    if torch.equal(discriminator.weight, start_d):
        fail(exercise, "D did not move: optimizer_d.step() is missing, or its loss has no way back.")
    if torch.equal(generator.shift, start_g):
        fail(
            exercise,
            "G did not move. In G's step the fakes must not be detached, and optimizer_g.step() must be called.",
        )
    if any(fake.requires_grad for _, fake, _ in rounds):
        fail(
            exercise,
            "the fakes of D's step hang on G's graph: D's `backward()` puts gradients into G, too, for a step that is "
            "not G's. Give D `generator(z_for_d).detach()`.",
        )
    ends = generator.shift.detach(), discriminator.weight.detach()
    _check_moves(exercise, rounds, (start_g, start_d), ends, batches)


def _ordered(packs: list[Tensor], real: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Return what D was shown in a round as (real, fake, fake for G); a program may ask about the fakes first."""
    first, second, third = packs
    if first.shape == second.shape and first.numel() == real.numel():
        swapped = [sorted(part.detach().flatten().tolist()) == sorted(real.flatten().tolist()) for part in packs[:2]]
        if swapped == [False, True]:
            first, second = second, first
    return first, second, third


Loss = Callable[..., Tensor]
Rounds = Sequence[tuple[Tensor, Tensor, Tensor]]  # what D was shown: real, fake, fake for G


@dataclass(frozen=True)
class Play:
    """How somebody trains: the losses of logits, and whether gradients are kept from step to step; its hint if wrong.

    d_loss: of (real, fake) logits. g_loss: of fake logits.
    """

    d_loss: Loss = losses.discriminator_loss
    g_loss: Loss = losses.non_saturating
    keep_d: bool = False
    keep_g: bool = False
    hint: str = ""


RIGHT = (Play(), Play(d_loss=lambda real, fake: losses.discriminator_loss(real, fake) / 2))  # some take the mean
WRONG = (
    Play(keep_d=True, hint="D's old gradients were added to its new ones: `optimizer_d.zero_grad()` is missing."),
    Play(keep_g=True, hint="G's old gradients were added to its new ones: `optimizer_g.zero_grad()` is missing."),
    Play(
        keep_d=True,
        keep_g=True,
        hint="old gradients were added to new ones in both networks: `zero_grad()` comes before each `backward()`.",
    ),
    Play(
        d_loss=lambda real, fake: losses.discriminator_loss(fake, real),
        hint="real and fake are swapped in D's loss: it learns to call real packs fake.",
    ),
    Play(
        d_loss=lambda real, fake: losses.non_saturating(real) + losses.non_saturating(fake),
        hint="D was taught that the fake packs are real: both halves of its loss have the label 1.",
    ),
    Play(d_loss=lambda real, fake: losses.non_saturating(real), hint="the fake half of D's loss is missing."),
    Play(d_loss=lambda real, fake: -losses.minimax(fake), hint="the real half of D's loss is missing."),
    Play(g_loss=losses.minimax, hint="G's loss is the minimax one. This loop plays the non-saturating: −log D(G(z))."),
    Play(
        g_loss=lambda fake: -losses.minimax(fake),
        hint="G moved to be caught: the label of the fakes is 0 in its loss, which is D's wish.",
    ),
    Play(g_loss=lambda fake: -losses.non_saturating(fake), hint="G climbs: the sign of its loss is turned round."),
)


def _replay(rounds: Rounds, start: tuple[Tensor, Tensor], play: Play) -> list[tuple[Tensor, Tensor]]:
    """Return (shift of G, weights of D) before each round and after the last one, of somebody who trains so."""
    shift, weight = start
    states, kept_d, kept_g = [start], torch.zeros_like(weight), torch.zeros_like(shift)
    for packs in rounds:
        real, fake, for_g = (part.detach() for part in packs)
        weight.requires_grad_(), shift.requires_grad_()
        (of_d,) = torch.autograd.grad(play.d_loss(real @ weight, fake @ weight), weight)
        kept_d = of_d + kept_d if play.keep_d else of_d
        weight = (weight - RATE * kept_d).detach().requires_grad_()
        on_shift = for_g + (shift - shift.detach()).repeat(for_g.shape[1] // 2)
        of_g, left_in_d = torch.autograd.grad(play.g_loss(on_shift @ weight), (shift, weight))
        kept_g = of_g + kept_g if play.keep_g else of_g
        kept_d = kept_d + left_in_d
        weight, shift = weight.detach(), (shift - RATE * kept_g).detach()
        states.append((shift, weight))
    return states


def _check_moves(
    exercise: str,
    rounds: Rounds,
    start: tuple[Tensor, Tensor],
    ends: tuple[Tensor, Tensor],
    batches: list[tuple[Tensor, ...]],
) -> None:
    """Compare both networks at the end with what follows from the packs that D was shown."""

    def as_played(play: Play) -> bool:
        return all(torch.allclose(a, b, rtol=1e-4, atol=1e-6) for a, b in zip(ends, states(play)[-1], strict=True))

    def states(play: Play) -> list[tuple[Tensor, Tensor]]:
        return _replay(rounds, (start[0].clone(), start[1].clone()), play)

    right = next((play for play in RIGHT if as_played(play)), None)
    if right is None:
        hint = next((play.hint for play in WRONG if as_played(play)), None)
        fail(
            exercise,
            "D is shown the right packs, but the networks did not move as the two losses ask.\n  Hint: "
            + (hint or "in each round one step of D and one of G, with `zero_grad`, `backward` and `step` in each."),
        )
    packing = rounds[0][0].shape[1] // 2
    for number, (packs, points, (shift, _)) in enumerate(zip(rounds, batches, states(right), strict=False), start=1):
        moved = (points[0], points[1] + shift, points[2] + shift)
        for part, wanted, where in zip(packs, moved, WHERE, strict=True):
            _check_points(exercise, part, wanted, packing, f"round {number}, {where}")


def _check_shape(exercise: str, packs: Tensor, packing: int, where: str) -> None:
    want = (PACKS, 2 * packing)
    if tuple(packs.shape) == want:
        return
    if packing > 1 and tuple(packs.shape) == (PACKS * packing, 2):
        fail(
            exercise,
            f"{where}: D still sees single points, {tuple(packs.shape)}. Lay {packing} points side by side: {want}.",
        )
    if tuple(packs.shape) == (PACKS, packing, 2):
        fail(
            exercise, f"{where}: shape {tuple(packs.shape)}. One pack must be one row of {2 * packing} numbers: {want}."
        )
    fail(exercise, f"{where}: shape {tuple(packs.shape)}, but {PACKS} packs of {packing} points are {want}.")


def _check_points(exercise: str, packs: Tensor, points: Tensor, packing: int, where: str) -> None:
    got, want = _points_of(packs), _points_of(points)
    close = torch.tensor(got).sub(torch.tensor(want)).abs().max() < 1e-4
    if close:
        return
    if len(set(got)) < len(want):
        fail(
            exercise,
            f"{where}: the same point stands twice. A pack needs {packing} different points; a point beside its own "
            "copy tells D nothing.",
        )
    numbers = torch.tensor(sorted(packs.detach().flatten().tolist()))
    if (numbers - torch.tensor(sorted(points.detach().flatten().tolist()))).abs().max() < 1e-4:
        fail(
            exercise,
            f"{where}: the coordinates were torn apart: a row must be x, y, x, y. Use reshape on (N, 2), no transpose.",
        )
    fail(
        exercise,
        f"{where}: D is shown other points than those of the round. Use real for D, z_for_d and z_for_g for fakes.",
    )
