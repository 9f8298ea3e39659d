"""Exercise 6 of lesson 03: the alternating loop, and how a loop is judged."""

import functools
from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from dcgan_course.checks.bench import with_hints
from dcgan_course.checks.engine import answer, fail, passed
from dcgan_course.checks.registry import exercise
from dcgan_course.training.losses import discriminator_loss, minimax, non_saturating

ROUNDS = 3
Loop = Callable[..., None]  # of both networks, their optimisers, draw_real, draw_z and the number of rounds


class LoopBench:
    """Two tiny networks on a line, their optimisers, and sources of real points and z: always the same.

    `arguments` are what a loop gets, but for the number of rounds. `arrivals` counts gradients that came back to G's
    output; `z_drawn` counts batches of z.
    """

    def __init__(self) -> None:
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(3)
            self.generator = nn.Sequential(nn.Linear(1, 4), nn.Tanh(), nn.Linear(4, 1))
            self.discriminator = nn.Sequential(nn.Linear(1, 4), nn.Tanh(), nn.Linear(4, 1))
        self.generator_optimizer = torch.optim.SGD(self.generator.parameters(), lr=0.3)
        self.discriminator_optimizer = torch.optim.SGD(self.discriminator.parameters(), lr=0.3)
        self._real, self._z = torch.Generator().manual_seed(1), torch.Generator().manual_seed(2)
        self.arrivals = self.z_drawn = 0
        self.generator.register_forward_hook(self._watch)
        optimizers = self.generator_optimizer, self.discriminator_optimizer
        self.arguments = (self.generator, self.discriminator, *optimizers, self.draw_real, self.draw_z)

    def draw_real(self) -> Tensor:
        """Draw real points (32, 1) from N(3, 1)."""
        return 3 + torch.randn(32, 1, generator=self._real)

    def draw_z(self) -> Tensor:
        """Draw z (32, 1) from N(0, 1)."""
        self.z_drawn += 1
        return torch.randn(32, 1, generator=self._z)

    def _watch(self, network: nn.Module, inputs: object, output: Tensor) -> None:
        def count(gradient: Tensor) -> None:
            self.arrivals += 1

        if output.requires_grad:
            output.register_hook(count)

    def weights(self) -> Tensor:
        """Return all parameters of both networks as one vector."""
        both = [*self.generator.parameters(), *self.discriminator.parameters()]
        return torch.cat([parameter.detach().flatten() for parameter in both])


@dataclass(frozen=True)
class Idea:
    """How somebody may write the loop; the defaults are right. Each field is one idea."""

    d_loss: Callable[[Tensor, Tensor], Tensor] = discriminator_loss
    g_loss: Callable[[Tensor], Tensor] = non_saturating
    cut_in_g_step: bool = False
    fresh_z: bool = True
    clear_d: str = "before"  # "before" backward, "never", or "after" it
    clear_g: bool = True
    g_first: bool = False


def _after(idea: Idea) -> Tensor:
    """Return all parameters after three rounds, played as somebody with this idea writes the loop."""
    bench = LoopBench()
    generator, discriminator = bench.generator, bench.discriminator
    z = torch.empty(0)

    def d_step() -> None:
        nonlocal z
        z = bench.draw_z()
        if idea.clear_d == "before":
            bench.discriminator_optimizer.zero_grad()
        idea.d_loss(discriminator(bench.draw_real()), discriminator(generator(z).detach())).backward()
        if idea.clear_d == "after":
            bench.discriminator_optimizer.zero_grad()
        bench.discriminator_optimizer.step()

    def g_step() -> None:
        fake = generator(bench.draw_z() if idea.fresh_z else z)
        if idea.clear_g:
            bench.generator_optimizer.zero_grad()
        idea.g_loss(discriminator(fake.detach() if idea.cut_in_g_step else fake)).backward()
        bench.generator_optimizer.step()

    for _ in range(ROUNDS):
        for step in (g_step, d_step) if idea.g_first else (d_step, g_step):
            step()
    return bench.weights()


LOOP_IDEAS = [
    (
        Idea(cut_in_g_step=True),
        "the generator never moves: `detach` stands in ITS step, and no gradient reaches it. Detach in D's step only.",
    ),
    (
        Idea(fresh_z=False),
        "G's step uses the z of D's step. D has just learned from exactly these fakes: draw fresh z for G's step.",
    ),
    (
        Idea(clear_d="never"),
        "D's gradients are never cleared. `backward` adds, also the gradient that G's step leaves in D: call "
        "discriminator_optimizer.zero_grad() before each backward of D's loss.",
    ),
    (
        Idea(clear_g=False),
        "G's gradients are never cleared: call generator_optimizer.zero_grad() before each backward of G's loss.",
    ),
    (
        Idea(clear_d="after"),
        "D never moves: is discriminator_optimizer.step() missing, or does zero_grad stand between backward and step? "
        "There it throws the gradient away.",
    ),
    (
        Idea(g_loss=minimax),
        "this is the saturating loss, log(1 − D). The task asks for the non-saturating one, −log D(G(z)).",
    ),
    (
        Idea(g_loss=lambda logits: non_saturating(-logits)),
        "G is trained to look FAKE: the sign or the label is turned. G wants D(G(z)) near 1.",
    ),
    (
        Idea(d_loss=lambda real, fake: discriminator_loss(fake, real)),
        "D's two labels are turned: real points must go to 1 and fakes to 0.",
    ),
    (
        Idea(d_loss=lambda real, fake: discriminator_loss(real, fake) / 2),
        "D moves half as far: you took the mean of its two terms, and the task asks for their sum.",
    ),
    (Idea(g_first=True), "G moves before D. In algorithm 1 the discriminator moves first."),
]
NOT_NEEDED = (
    "the numbers are right, but in D's step a gradient went all the way back into G. It is thrown away: waste, "
    "and with a forgotten zero_grad it would move G the wrong way. Use `.detach()` on the fakes of D's step, or "
    "`torch.no_grad()`."
)


ERROR_HINTS = {
    "does not require grad": "a detach, a no_grad or a requires_grad_(False) has cut too much: no parameter that may "
    "move is left behind the loss. Is a network still frozen from the round before?",
    "backward through the graph a second time": "two losses share a graph, and the first backward freed it. D's loss "
    "should see detached fakes, and G's step makes new ones: then there are two graphs.",
    "modified by an inplace operation": "this backward runs through a graph that is older than the last step of D. "
    "Make a new pass through D in G's step.",
}


def judge_loop(exercise: str, loop: Loop, praise: str) -> None:
    """Run a learner's loop for three rounds, and compare all parameters of both networks with those of a right loop.

    Raises:
        CheckFailed: not written, an error, or other parameters; with the hint of the idea that explains them.
    """
    bench = LoopBench()
    on_bench = functools.partial(loop, *bench.arguments)
    answer(exercise, with_hints(on_bench, ERROR_HINTS), (ROUNDS,))
    got = bench.weights()

    def agrees(idea: Idea) -> bool:
        return bool(torch.allclose(got, _after(idea), rtol=1e-4, atol=1e-5))

    if torch.equal(got, LoopBench().weights()):
        fail(
            exercise,
            "after 3 rounds nothing has moved: no parameter of either network has changed. Does each step end with "
            "`.step()`?",
        )
    if agrees(Idea()):
        if bench.arrivals > ROUNDS:
            fail(exercise, NOT_NEEDED)
        passed(exercise, praise)
        return
    for idea, hint in LOOP_IDEAS:
        if agrees(idea):
            fail(exercise, f"after 3 rounds the networks are not where they should be.\n  Hint: {hint}")
    if bench.z_drawn != 2 * ROUNDS:
        fail(
            exercise,
            f"in 3 rounds you drew z {bench.z_drawn} times; it should be 6.\n  Hint: one draw for each D step, and "
            "a fresh one for each G step.",
        )
    fail(
        exercise, "after 3 rounds the networks are not where they should be. Compare your two steps with the lesson's."
    )


@exercise("6 · the alternating loop", id="loop", points=3)
def play(exercise: str, loop: Loop) -> None:
    """Check the alternating loop."""
    judge_loop(exercise, loop, "D and G moved in turn, each as it should, for 3 rounds.")
