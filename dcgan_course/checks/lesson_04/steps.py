"""Exercises 2 and 3 of lesson 04: one step of the discriminator, one step of the generator."""

from collections.abc import Callable

from torch import Tensor, nn

from dcgan_course.checks import bench as bench_of
from dcgan_course.checks.bench import Bench, Move
from dcgan_course.checks.engine import Mistake, fail, passed
from dcgan_course.checks.registry import exercise
from dcgan_course.training import losses


def only_fake_matters(real_logits: Tensor, fake_logits: Tensor) -> Tensor:
    """Return the generator's loss, written as a loss of both logits."""
    return losses.non_saturating(fake_logits)


DISCRIMINATOR_MISTAKES = [
    Mistake(
        lambda r, f: losses.discriminator_loss(f, r),
        "real and fake are swapped: this step teaches D to call real pictures fake.",
    ),
    Mistake(
        lambda r, f: losses.non_saturating(r),
        "only the real pictures moved D: the fake half of the loss is missing.",
    ),
    Mistake(
        lambda r, f: -losses.minimax(f),
        "only the fakes moved D: the real half of the loss is missing.",
    ),
    Mistake(
        lambda r, f: losses.non_saturating(r) + losses.non_saturating(f),
        "D was taught that the fakes are real: both halves have the label 1. That is the generator's wish.",
    ),
    Mistake(
        only_fake_matters,
        "this is the generator's loss: D was taught that the fakes are real.",
    ),
    Mistake(
        lambda r, f: losses.discriminator_loss(r.sigmoid(), f.sigmoid()),
        "the sigmoid was taken twice: D answers with logits, and the loss takes logits.",
    ),
]
GENERATOR_MISTAKES = [
    Mistake(
        lambda r, f: losses.minimax(f),
        "this is the step of the minimax loss, log(1 − D(G(z))): each fake is pushed the right way, but weakly where "
        "D is sure. Asked is the non-saturating loss, −log D(G(z)).",
    ),
    Mistake(
        lambda r, f: -losses.minimax(f),
        "G moved to be caught: the label of the fakes is 0, which is D's wish. G wants D to answer 1.",
    ),
    Mistake(
        lambda r, f: -losses.non_saturating(f),
        "G moved to be caught: the sign is turned round. G makes −log D(G(z)) smaller.",
    ),
    Mistake(
        lambda r, f: losses.non_saturating(f.sigmoid()),
        "the sigmoid was taken twice: D answers with logits, and the loss takes logits.",
    ),
]


@exercise("2 · the discriminator's step", id="discriminator-step", points=3)
def discriminator_step(exercise: str, step: Callable[..., Tensor]) -> None:
    """Check one step of the discriminator, on a bench of two tiny networks."""
    bench, move, returned = run_on_bench(exercise, step, "discriminator")
    if bench.arrivals:
        fail(
            exercise,
            "the generator got gradients: the fakes still hang on its graph. These gradients cost time, and they lie "
            "in G until somebody clears them. Make the fakes under `torch.no_grad()`, or give D `fake.detach()`.",
        )
    fresh, right = Bench(), losses.discriminator_loss
    factor = bench_of.judge_move(exercise, fresh, fresh.discriminator, move, right, DISCRIMINATOR_MISTAKES)
    bench_of.judge_returned(exercise, returned, fresh.loss(right), factor)
    bench_of.refuse_emptied(exercise, bench, "generator")
    half = (
        "\n  You took the mean of the two halves, as some programs do: the same direction at half the length."
        "\n  Adam takes such a factor out again."
    )
    passed(
        exercise,
        "D moved as algorithm 1 says, old gradients did not matter, and G was left alone."
        + (half if factor == 0.5 else ""),
    )


@exercise("3 · the generator's step", id="generator-step", points=3)
def generator_step(exercise: str, step: Callable[..., Tensor]) -> None:
    """Check one step of the generator with the non-saturating loss, on a bench of two tiny networks."""
    bench, move, returned = run_on_bench(exercise, step, "generator")
    refuse_cut_graph(exercise, bench)
    fresh = Bench()
    factor = bench_of.judge_move(exercise, fresh, fresh.generator, move, only_fake_matters, GENERATOR_MISTAKES)
    bench_of.judge_returned(exercise, returned, fresh.loss(only_fake_matters), factor)
    bench_of.refuse_emptied(exercise, bench, "discriminator")
    left = (
        "\n  Your step left gradients in D, too. That is allowed: D's own `zero_grad` removes them before they count."
        "\n  But they cost time; exercise 4d saves it."
    )
    passed(
        exercise,
        "G moved to raise D(G(z)): the gradient went through D, and D stayed where it was."
        + (left if bench.discriminator_gradients else ""),
    )


def refuse_cut_graph(exercise: str, bench: Bench) -> None:
    """Raise CheckFailed if no gradient came back to the generator's output."""
    if bench.arrivals:
        return
    if not bench.discriminator_gradients:
        fail(
            exercise,
            "nothing came back to the generator, no gradient. Is `backward()` there, on a loss that depends on G?",
        )
    fail(
        exercise,
        "gradients came as far as D, and none came back to the generator, so it cannot move. A `detach()` or a "
        "`no_grad()` stands between its output and its loss. `detach()` belongs in the discriminator's loss.",
    )


def run_on_bench(exercise: str, step: Callable[..., Tensor], player: str) -> tuple[Bench, Move, object]:
    """Take one step of a player, "generator" or "discriminator", beside gradients that an earlier step left behind.

    Returns the bench afterwards, the player's move, and what the step returned. Raises CheckFailed where the step
    moved the other network, left one frozen or in another mode, or draws random numbers of its own.
    """
    runs = [_run_once(exercise, step, player, training) for training in (True, True, False)]
    if not bench_of.close(runs[0][1].moved, runs[1][1].moved):
        fail(
            exercise,
            "two runs from the same start went two ways: your step draws random numbers of its own. Use the `z` "
            "that it is given.",
        )
    return runs[0]


def _run_once(exercise: str, step: Callable[..., Tensor], player: str, training: bool) -> tuple[Bench, Move, object]:
    bench = Bench(training)
    bench.leave_gradients()
    networks: dict[str, nn.Module] = {"generator": bench.generator, "discriminator": bench.discriminator}
    own = networks.pop(player)
    ((other_name, other),) = networks.items()
    before, gradient_before = bench_of.weights(own), bench_of.gradients(own)
    other_before = bench_of.weights(other)
    given: tuple[object, ...] = (bench.generator_optimizer, bench.z)
    if player == "discriminator":
        given = (bench.discriminator_optimizer, bench.real, bench.z)
    returned = bench_of.call(exercise, step, (bench.generator, bench.discriminator, *given))
    if not bench_of.close(bench_of.weights(other), other_before):
        fail(exercise, f"your step moved the {other_name}. Only the {player} moves here: one player, one step.")
    bench_of.refuse_changed_settings(exercise, bench)
    move = Move(bench_of.weights(own) - before, gradient_before, bench_of.gradients(own))
    return bench, move, returned
