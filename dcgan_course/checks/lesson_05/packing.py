"""Exercise 3 of lesson 05: packing put into the loop. Its check watches what D is shown."""

from collections.abc import Callable

import torch
from torch import Tensor, nn

from dcgan_course.checks.engine import answer, fail, passed
from dcgan_course.checks.registry import exercise

PACKS, LATENT_DIM, ROUNDS = 6, 2, 3


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
    optimizer_g = torch.optim.SGD(generator.parameters(), 0.01)
    optimizer_d = torch.optim.SGD(discriminator.parameters(), 1e-4)
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
    for index, packs in enumerate(shown):
        real, z_for_d, _ = batches[index // 3]
        where = ("real packs in D's step", "fake packs in D's step", "fake packs in G's step")[index % 3]
        _check_shape(exercise, packs, packing, where)
        if index == 0:
            _check_points(exercise, packs, real, packing, where)
        if index == 1:
            _check_points(exercise, packs, z_for_d + start_g, packing, where)
    if torch.equal(discriminator.weight, start_d):
        fail(exercise, "D did not move: optimizer_d.step() is missing, or its loss has no way back.")
    if torch.equal(generator.shift, start_g):
        fail(
            exercise,
            "G did not move. In G's step the fakes must not be detached, and optimizer_g.step() must be called.",
        )


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
