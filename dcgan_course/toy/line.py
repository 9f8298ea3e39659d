"""Many small games on a line, trained as one.

Data are numbers from N(0, 1), the generator turns a z from between 0 and 1 into a number, the discriminator answers
with a logit. Everything can be drawn, and what should come out is known: see `toy/divergences`. All tensors are
(M, N, 1): M games side by side, which share nothing (see `toy/stacked`).
"""

import math
from collections.abc import Callable, Iterable, Iterator

import torch
from torch import Tensor, nn
from torch.optim import Optimizer

from dcgan_course.errors import seed_number, whole_number
from dcgan_course.toy.stacked import StackedLinear, network_of
from dcgan_course.training.losses import discriminator_loss, minimax, non_saturating

DATA_MEAN, DATA_WIDTH = 0.0, 1.0
MOST_OF_DATA = 2.576  # 99 % of N(0, 1) lie within so much of its mean


class LineGenerator(nn.Module):
    """M generators on a line: a fixed stretching, then a straight line plus a small tanh network that bends it.

    Args:
        games: M. start_mean, start_width: before training the fakes are N(start_mean, start_width²), exactly.
        generator: of the first weights.

    forward: z (M, N, 1), uniform between 0 and 1 → x (M, N, 1).

    The stretching is the inverse of the normal distribution function. Without it a network would have to be
    infinitely steep at z = 0 and z = 1 to reach the thin ends of the data.
    """

    def __init__(self, games: int, start_mean: float, start_width: float, generator: torch.Generator) -> None:
        super().__init__()
        self.straight = StackedLinear(games, 1, 1, generator)
        self.hidden = StackedLinear(games, 1, 8, generator)
        self.bend = StackedLinear(games, 8, 1, generator)
        with torch.no_grad():
            self.straight.weight.fill_(start_width)
            self.straight.bias.fill_(start_mean)
            self.bend.weight.zero_()
            self.bend.bias.zero_()

    def forward(self, z: Tensor) -> Tensor:
        stretched = torch.special.ndtri(z)  # from N(0, 1)
        return self.straight(stretched) + self.bend(self.hidden(stretched).tanh())


class LineDiscriminator(nn.Module):
    """M discriminators on a line: one hidden layer of 16 tanh units.

    Args:
        games: M. generator: of the first weights.

    forward: x (M, N, 1) → logits (M, N, 1).
    """

    def __init__(self, games: int, generator: torch.Generator) -> None:
        super().__init__()
        self.hidden = StackedLinear(games, 1, 16, generator)
        self.out = StackedLinear(games, 16, 1, generator)

    def forward(self, x: Tensor) -> Tensor:
        return self.out(self.hidden(x).tanh())


def move_discriminator(game: "LineGame") -> None:
    """Move the discriminator once: raise D on real points, lower it on fakes.

    Source: Goodfellow et al. 2014, algorithm 1, the inner loop.
    """
    fake = game.generator(game.sample_z()).detach()  # the gradient stops here
    loss = discriminator_loss(game.discriminator(game.sample_real()), game.discriminator(fake))
    game.discriminator_optimizer.zero_grad()
    loss.backward()
    game.discriminator_optimizer.step()


def move_generator(game: "LineGame", generator_loss: Callable[[Tensor], Tensor]) -> None:
    """Move the generator once, by a loss of the logits of fakes.

    Source: Goodfellow et al. 2014, algorithm 1, the outer loop.
    """
    fake = game.generator(game.sample_z())  # fresh z, and the gradient passes
    loss = generator_loss(game.discriminator(fake))
    game.generator_optimizer.zero_grad()
    loss.backward()
    game.generator_optimizer.step()


def play_round(game: "LineGame", generator_loss: Callable[[Tensor], Tensor], discriminator_steps: int = 2) -> None:
    """Play one round: the discriminator moves `discriminator_steps` times, then the generator moves once.

    Args:
        game: has both networks, both optimisers, and draws real points and z.
        generator_loss: of the logits of fakes.

    Source: Goodfellow et al. 2014, algorithm 1.
    """
    for _ in range(discriminator_steps):
        move_discriminator(game)
    move_generator(game, generator_loss)


class LineGame:
    """M games on a line in the middle of their training: networks, optimisers, randomness.

    Args:
        games: M. rounds: rounds planned; the learning rate falls along half a cosine to 0 at the last of them.
        seed: of the first weights, of the data and of z. start_mean, start_width: of the fakes at first.
        batch_size: points a step. learning_rate: of both networks' Adam at the first round.
        generator_loss: of the logits of fakes, (M, N, 1) → a number.

    Raises:
        InvalidValue: games or rounds is not a whole number of at least 1.
    """

    def __init__(
        self,
        games: int,
        rounds: int,
        seed: int,
        *,
        start_mean: float = 2.0,
        start_width: float = 0.7,
        batch_size: int = 512,
        learning_rate: float = 0.01,
        generator_loss: Callable[[Tensor], Tensor] = non_saturating,
    ) -> None:
        games = whole_number("games", games)
        self.noise = torch.Generator().manual_seed(seed_number(seed))
        self.shape = (games, batch_size, 1)
        self.generator = LineGenerator(games, start_mean, start_width, self.noise)
        self.discriminator = LineDiscriminator(games, self.noise)
        self.generator_optimizer: Optimizer
        self.generator_optimizer, self.discriminator_optimizer = (
            torch.optim.Adam(network.parameters(), learning_rate, betas=(0.5, 0.99))
            for network in (self.generator, self.discriminator)
        )
        self.learning_rate, self.generator_loss = learning_rate, generator_loss
        self.rounds, self.played = whole_number("rounds", rounds), 0

    def sample_real(self) -> Tensor:
        """Draw real points (M, N, 1) from N(0, 1)."""
        return DATA_MEAN + DATA_WIDTH * torch.randn(self.shape, generator=self.noise)

    def sample_z(self) -> Tensor:
        """Draw z (M, N, 1), uniform between 0 and 1, both left out."""
        return torch.rand(self.shape, generator=self.noise).clamp(1e-6, 1 - 1e-6)

    def play(self, rounds: int) -> None:
        """Play rounds of the game, at the learning rate of their place in it."""
        for _ in range(rounds):
            rate = self.learning_rate * 0.5 * (1 + math.cos(math.pi * min(1.0, self.played / self.rounds)))
            for optimizer in (self.generator_optimizer, self.discriminator_optimizer):
                optimizer.param_groups[0]["lr"] = rate
            play_round(self, self.generator_loss)
            self.played += 1

    def train_discriminator(self, steps: int, learning_rate: float = 0.02) -> None:
        """Train D alone against the generator as it is, with a learning rate that falls to 0."""
        optimizer = torch.optim.Adam(self.discriminator.parameters(), betas=(0.5, 0.99))
        for step in range(steps):
            optimizer.param_groups[0]["lr"] = learning_rate * 0.5 * (1 + math.cos(math.pi * step / steps))
            with torch.no_grad():
                fake = self.generator(self.sample_z())
            loss = discriminator_loss(self.discriminator(self.sample_real()), self.discriminator(fake))
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()

    def train_generator(self, steps: int) -> None:
        """Move G alone against the discriminator as it is, at the game's learning rate."""
        for _ in range(steps):
            move_generator(self, self.generator_loss)

    def means(self) -> Tensor:
        """Return the mean of each game's fakes (M,), over 500 z that lie evenly."""
        with torch.no_grad():
            return self.generator(even_z(500).expand(self.shape[0], -1, -1)).mean(dim=(1, 2))


def even_z(count: int) -> Tensor:
    """Return z (1, count, 1), evenly spaced between 0 and 1: each stands for the same share of the fakes."""
    return ((torch.arange(count) + 0.5) / count).view(1, -1, 1)


@torch.no_grad()
def generator_density(generator: LineGenerator, x: Tensor, game: int = 0, count: int = 400_000) -> Tensor:
    """Return the density p_fake (N,) of one game's generator at evenly spaced places x (N,).

    G is asked about `count` evenly spaced z, and the share of answers in the cell around each place is divided by the
    cell's length: no luck is in it.

    Raises:
        InvalidValue: there is no such game.
    """
    game = whole_number("game", game, 0, generator.bend.weight.shape[0] - 1)
    one = LineGenerator(1, 0.0, 1.0, torch.Generator())
    one.load_state_dict(network_of(generator, game))
    step = float(x[1] - x[0])
    points = one(even_z(count)).flatten()
    cells = torch.bucketize(points.double(), torch.cat([x - step / 2, x[-1:] + step / 2]).double())
    return torch.bincount(cells, minlength=len(x) + 2)[1 : len(x) + 1].double() / (count * step)


def distance_from_half(discriminator: LineDiscriminator, reach: float = MOST_OF_DATA) -> Tensor:
    """Return the largest |D(x) − ½| of each game (M,) over 501 places within `reach` of the data's mean."""
    games = discriminator.out.weight.shape[0]
    x = torch.linspace(DATA_MEAN - reach, DATA_MEAN + reach, 501).view(1, -1, 1).expand(games, -1, -1)
    with torch.no_grad():
        return (discriminator(x).sigmoid() - 0.5).abs().amax(dim=(1, 2))


def rounds_until_mean(
    optimizer_of: Callable[[Iterator[nn.Parameter]], Optimizer],
    seeds: int,
    rounds: int,
    seed: int,
    *,
    start_mean: float = 4.0,
    head_start: int = 100,
) -> Tensor:
    """Train the same games with both losses of G, all together; count rounds until the fakes' mean is the data's.

    Args:
        optimizer_of: makes G's optimiser from its parameters. seeds: games for each loss; game i starts from
            the same weights with both losses. rounds: where counting ends. head_start: steps that D makes before.

    Returns:
        (2, seeds): row 0 non-saturating, row 1 minimax; the first round after which the mean of the fakes is within
        0.1 of the data's, infinite where it never was.
    """
    game = LineGame(2 * seeds, rounds, seed, start_mean=start_mean, batch_size=256)
    for network in (game.generator, game.discriminator):
        for parameter in network.parameters():
            parameter.data[seeds:] = parameter.data[:seeds]
    game.train_discriminator(head_start)
    game.generator_optimizer = optimizer_of(game.generator.parameters())

    def both_losses(logits: Tensor) -> Tensor:  # a sum over the games: each gets its own loss's gradient
        return seeds * (non_saturating(logits[:seeds]) + minimax(logits[seeds:]))

    reached = torch.full((2 * seeds,), math.inf)
    for number in range(1, rounds + 1):
        play_round(game, both_losses, discriminator_steps=1)
        near = (game.means() - DATA_MEAN).abs() < 0.1
        reached = torch.where(near & reached.isinf(), float(number), reached)
        if reached.isfinite().all():
            break
    return reached.view(2, seeds)


def disjoint_pushes(gap: float, looks: Iterable[int], seed: int) -> list[dict[str, float]]:
    """Train D alone on data in [0, 1] and fakes in [1 + gap, 2 + gap]; measure what it tells the generator.

    Args:
        gap: empty space between data and fakes. looks: numbers of D's steps after which is measured, rising.
        seed: of D's weights and of the points.

    Returns:
        A row a look: steps, d_real and d_fake (means of D), minimax and non_saturating: the mean size of the gradient
        of each loss with respect to where a fake lies.
    """
    noise = torch.Generator().manual_seed(seed_number(seed))
    discriminator = LineDiscriminator(1, noise)
    optimizer = torch.optim.Adam(discriminator.parameters(), lr=0.01)
    even, rows, done = even_z(100), [], 0
    for look in looks:
        for _ in range(look - done):
            real, fake = torch.rand(1, 256, 1, generator=noise), torch.rand(1, 256, 1, generator=noise) + 1 + gap
            loss = discriminator_loss(discriminator(real), discriminator(fake))
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        done = look
        fake = (even + 1 + gap).requires_grad_()
        logits = discriminator(fake)
        row = {"steps": look, "d_fake": float(logits.detach().sigmoid().mean())}
        row["d_real"] = float(discriminator(even).detach().sigmoid().mean())
        for name, loss_of in (("minimax", minimax), ("non_saturating", non_saturating)):
            (push,) = torch.autograd.grad(loss_of(logits), fake, retain_graph=True)
            row[name] = float(push.abs().sum())  # the loss is a mean over the fakes: their sum is the mean size
        rows.append(row)
    return rows
