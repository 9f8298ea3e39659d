"""Exercise 5 of lesson 04: six short trainings, and the sign by which each of them is known.

All six start from the same networks and see the same data: numbers from two bumps, at −1 and at +1. One thing is
wrong in five of them. A trace is what is measured on the way, on 256 pictures (here: numbers) and 256 z that stay
the same, so that a line that moves means that a network moved.
"""

import random
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn

from dcgan_course.checks.naming import judge_names
from dcgan_course.checks.registry import exercise
from dcgan_course.training import losses

if TYPE_CHECKING:
    from matplotlib.figure import Figure

BUMPS, BUMP_WIDTH = (-1.0, 1.0), 0.15
SEED = 2
ROUNDS, MEASURE_EVERY, BATCH_SIZE, LATENT_DIM, WIDTH = 600, 4, 128, 2, 32

CAUSES = {
    "healthy": "nothing is wrong",
    "discriminator too strong": "its learning rate is 500 times the generator's",
    "generator without gradient": "the generator's loss is computed from fake.detach()",
    "mode hopping": "the generator's learning rate is 10 times the discriminator's",
    "learning rate too high": "both learning rates are at least 500 times the healthy ones",
    "discriminator does not learn": "the discriminator's optimiser never steps",
}


@dataclass(frozen=True)
class Trace:
    """What one training left behind, a row every 4 rounds.

    letter: its name on the page. p_real, p_fake: mean D(x) and mean D(G(z)), (T,). fakes: G(z) of the same 256 z,
    (T, 256). cause: one of CAUSES; the page does not show it.
    """

    letter: str
    p_real: Tensor
    p_fake: Tensor
    fakes: Tensor
    cause: str = field(repr=False)


def record(seed: int = SEED) -> list[Trace]:
    """Train six times, about a second each, and return the traces in an order that the seed decides."""
    causes = list(CAUSES)
    random.Random(seed).shuffle(causes)
    threads = torch.get_num_threads()
    torch.set_num_threads(1)  # for networks this small, a second thread only costs time
    try:
        return [_train(letter, cause, seed) for letter, cause in zip("ABCDEF", causes, strict=True)]
    finally:
        torch.set_num_threads(threads)


def _train(letter: str, cause: str, seed: int) -> Trace:
    """Run one training of ROUNDS rounds, each one discriminator step and one generator step."""
    noise = torch.Generator().manual_seed(seed)
    generator, discriminator = _networks(seed)
    rate_g, rate_d = {
        "discriminator too strong": (2e-5, 1e-2),
        "mode hopping": (1e-2, 1e-3),
        "learning rate too high": (1.0, 1.0),
    }.get(cause, (1e-3, 2e-3))
    optimizer_g = torch.optim.Adam(generator.parameters(), lr=rate_g, betas=(0.5, 0.99), fused=True)
    optimizer_d = torch.optim.Adam(discriminator.parameters(), lr=rate_d, betas=(0.5, 0.99), fused=True)
    fixed_real, fixed_z = _draw_real(256, noise), torch.randn(256, LATENT_DIM, generator=noise)
    rows = []
    for step in range(ROUNDS):
        if step % MEASURE_EVERY == 0:
            with torch.no_grad():
                fakes = generator(fixed_z)
                answers = discriminator(fixed_real).sigmoid().mean(), discriminator(fakes).sigmoid().mean()
            rows.append((*answers, fakes.squeeze(1)))

        real, z = _draw_real(BATCH_SIZE, noise), torch.randn(BATCH_SIZE, LATENT_DIM, generator=noise)
        loss = losses.discriminator_loss(discriminator(real), discriminator(generator(z).detach()))
        optimizer_d.zero_grad()
        loss.backward()
        if cause != "discriminator does not learn":
            optimizer_d.step()

        fake = generator(torch.randn(BATCH_SIZE, LATENT_DIM, generator=noise))
        if cause == "generator without gradient":
            fake = fake.detach()
        optimizer_g.zero_grad()
        losses.non_saturating(discriminator(fake)).backward()
        optimizer_g.step()
    p_real, p_fake, fakes = (torch.stack(column) for column in zip(*rows, strict=True))
    return Trace(letter, p_real, p_fake, fakes, cause)


def _draw_real(count: int, noise: torch.Generator) -> Tensor:
    """Draw numbers (count, 1) from the two bumps."""
    bump = torch.tensor(BUMPS)[torch.randint(0, 2, (count, 1), generator=noise)]
    return bump + BUMP_WIDTH * torch.randn(count, 1, generator=noise)


def _networks(seed: int) -> tuple[nn.Module, nn.Module]:
    """Build the generator, z (N, 2) → number (N, 1), and the discriminator, number (N, 1) → logit (N, 1)."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        generator = nn.Sequential(
            nn.Linear(LATENT_DIM, WIDTH), nn.ReLU(), nn.Linear(WIDTH, WIDTH), nn.ReLU(), nn.Linear(WIDTH, 1)
        )
        discriminator = nn.Sequential(
            nn.Linear(1, WIDTH), nn.LeakyReLU(0.2), nn.Linear(WIDTH, WIDTH), nn.LeakyReLU(0.2), nn.Linear(WIDTH, 1)
        )
    return generator, discriminator


# What is read from a trace. Each number is one that a person can see in the figure.


def final_answers(trace: Trace) -> tuple[float, float]:
    """p_real and p_fake, means over the last quarter."""
    quarter = len(trace.p_real) // 4
    return float(trace.p_real[-quarter:].mean()), float(trace.p_fake[-quarter:].mean())


def mean_jump(trace: Trace) -> float:
    """Change of p_fake from one measurement to the next, mean."""
    return float(trace.p_fake.diff().abs().mean())


def share_on_one_side(trace: Trace) -> float:
    """Share of the fakes on that side of 0 that has more of them, mean over the last quarter; ½ is best."""
    right = (trace.fakes > 0).float().mean(1)[-(len(trace.fakes) // 4) :]
    return float(torch.maximum(right, 1 - right).mean())


def hops(trace: Trace) -> int:
    """How often, in the second half, more than 90 % of the fakes went from one side of 0 to the other."""
    right = (trace.fakes > 0).float().mean(1)[len(trace.fakes) // 2 :]
    sides = [share > 0.9 for share in right.tolist() if share > 0.9 or share < 0.1]
    return sum(one != next_one for one, next_one in zip(sides, sides[1:], strict=False))


def way_of_the_fakes(trace: Trace) -> float:
    """Distance between the first and the last fake of the same z, mean."""
    return float((trace.fakes[-1] - trace.fakes[0]).abs().mean())


def contradiction(claim: str, trace: Trace) -> str | None:
    """Return the sign in a trace that speaks against a claimed cause, as a sentence; None if nothing does."""
    p_real, p_fake = final_answers(trace)
    jump = mean_jump(trace)
    restless = f"p_fake changes by {jump:.2f} from one measurement to the next"
    if claim == "healthy":
        if jump > 0.2:
            return f"{restless}. In a healthy game both lines become calm."
        if abs(p_real - p_fake) > 0.2:
            return (
                f"in a healthy game p_real and p_fake end close together; these end at {p_real:.2f} and {p_fake:.2f}."
            )
        if share_on_one_side(trace) > 0.75:
            return (
                f"p_real and p_fake look calm, but see the fakes: in the last quarter {share_on_one_side(trace):.0%} "
                "of them are on one side of 0, on average. The data has half of its numbers on each side."
            )
    if claim == "discriminator too strong":
        if jump > 0.2:
            return f"a discriminator that is too strong is always sure; here {restless}."
        if p_real - p_fake < 0.5:
            return (
                "a discriminator that is too strong tells real from fake nearly always: p_real near 1, p_fake near 0. "
                f"These end at {p_real:.2f} and {p_fake:.2f}."
            )
        if way_of_the_fakes(trace) == 0:
            return (
                "against a strong discriminator the generator is slow, but it moves. Here every fake ends exactly "
                "where it began."
            )
    if claim == "generator without gradient" and way_of_the_fakes(trace) > 0:
        return (
            "without a gradient no fake ever moves. Here a fake ends, on average, "
            f"{way_of_the_fakes(trace):.2g} away from where it began."
        )
    if claim == "mode hopping":
        if jump > 0.2:
            return f"here {restless}: D is sure of one thing, then of the other. When modes hop, p_fake only swings."
        if hops(trace) < 3:
            return (
                "when modes hop, the whole cloud of fakes goes from one bump to the other again and again. In the "
                f"second half of this training it did so {hops(trace)} times."
            )
    if claim == "learning rate too high" and jump < 0.2:
        return (
            "with such a learning rate every step goes too far, and p_fake jumps between 0 and 1. Here it changes by "
            f"only {jump:.3f} from one measurement to the next."
        )
    if claim == "discriminator does not learn" and float(trace.p_real.max() - trace.p_real.min()) > 0:
        return (
            "a discriminator that never changes gives the same real numbers the same answer for ever: p_real is one "
            f"flat line. Here it goes from {trace.p_real.min():.2f} to {trace.p_real.max():.2f}."
        )
    return None


def in_words(trace: Trace) -> str:
    """Say what is to be seen in a trace, for those who cannot see the figure."""
    p_real, p_fake = final_answers(trace)
    start = f"p_real starts at {trace.p_real[0]:.2f}, p_fake at {trace.p_fake[0]:.2f}"
    end = f"over the last quarter they are {p_real:.2f} and {p_fake:.2f}"
    flat = float(trace.p_real.max() - trace.p_real.min()) == 0
    line = "p_real is exactly flat" if flat else f"p_fake changes by {mean_jump(trace):.3f} a measurement"
    return (
        f"{trace.letter}: {start}; {end}; {line}; the same z's fakes move by {way_of_the_fakes(trace):.2g} in all, the "
        f"whole cloud changes sides {hops(trace)} times in the second half and ends with "
        f"{share_on_one_side(trace):.0%} of the fakes on one side."
    )


def figure(traces: list[Trace]) -> "Figure":
    """Draw six pairs of panels: above p_real and p_fake, below the fakes of 60 fixed z; returns the figure."""
    import matplotlib.pyplot as plt

    from dcgan_course.drawing.page import FAKE, REAL

    canvas, panels = plt.subplots(4, 3, figsize=(12, 11.5), sharex=True, height_ratios=[1, 1.2] * 2)
    canvas.suptitle("Six trainings of one pair of networks: only one of them is healthy", fontweight="bold")
    for index, trace in enumerate(traces):
        above, below = panels[index // 3 * 2 : index // 3 * 2 + 2, index % 3]
        rounds = torch.arange(len(trace.p_real)) * MEASURE_EVERY
        above.plot(rounds, trace.p_real, color=REAL, label="p_real", linewidth=2)
        above.plot(rounds, trace.p_fake, color=FAKE, label="p_fake", linewidth=2)
        above.set(title=trace.letter, ylim=(-0.04, 1.04), yticks=[0, 0.5, 1])
        for bump in BUMPS:
            edges = bump - 2 * BUMP_WIDTH, bump + 2 * BUMP_WIDTH
            band = below.axhspan(*edges, color=REAL, alpha=0.2, linewidth=0, label="where the real numbers are")
        below.plot(rounds, trace.fakes[:, :60], ".", color=FAKE, markersize=1.5, alpha=0.35)
        below.set(ylim=(-2.5, 2.5), yticks=[-2, -1, 0, 1, 2])
        if index % 3 == 0:
            above.set_ylabel("mean answer")
            below.set_ylabel("value of the fakes")
        if index >= 3:
            below.set_xlabel("round")
    canvas.legend(handles=[*panels[0, 0].get_lines(), band], loc="outside lower center", ncols=3)
    return canvas


@exercise("5 · six traces", id="read-traces", points=3)
def read_traces(exercise: str, diagnoses: Callable[[], dict[str, str]], traces: list[Trace]) -> None:
    """Check that `diagnoses()` gives each letter its cause, one of CAUSES."""
    by_letter = {trace.letter: trace for trace in traces}
    judge_names(
        exercise,
        diagnoses,
        {trace.letter: trace.cause for trace in traces},
        list(CAUSES),
        lambda letter, claim: contradiction(claim, by_letter[letter]) or "compare it once more with the other traces.",
        "all six causes found from the traces alone.",
    )
