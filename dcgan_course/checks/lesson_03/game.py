"""The checks of lesson 03: the best D and the JSD by hand, both gradients, the alternating loop, three broken loops."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from dcgan_course.checks.engine import Mistake, answer, fail, judge, passed
from dcgan_course.training.losses import discriminator_loss, minimax, non_saturating

P_DATA, P_FAKE = [0.5, 0.5, 0.0], [0.0, 0.25, 0.75]  # the three boxes of the first exercise
ROUNDS = 3


def _jsd(p_data: Tensor, p_fake: Tensor) -> float:
    middle = (p_data + p_fake) / 2
    return 0.5 * float(_divergence(p_data, middle) + _divergence(p_fake, middle))


def _divergence(p: Tensor, q: Tensor) -> Tensor:
    """KL(p ‖ q) in nats, with 0 · log 0 = 0."""
    return (torch.xlogy(p, p) - torch.xlogy(p, q)).sum()


def check_by_hand(best_discriminator: Callable[[], Sequence[float]], divergence: Callable[[], float]) -> None:
    """Judge D* at three boxes, and the JSD of the two distributions over them, both worked out by hand."""
    boxes = torch.tensor(P_DATA, dtype=torch.float64), torch.tensor(P_FAKE, dtype=torch.float64)
    data, fake = boxes
    judge(
        "D* by hand",
        lambda: [float(number) for number in best_discriminator()],
        [()],
        lambda: (data / (data + fake)).tolist(),
        [
            Mistake(
                lambda: (fake / (data + fake)).tolist(),
                "you have the share of the fakes. D says how sure it is that x is REAL: the data's density is on top.",
            ),
            Mistake(
                lambda: [0.5, 0.5, 0.5],
                "½ is the end of the game, when both are equal. Here they are not: look at each box alone.",
            ),
            Mistake(
                lambda: (data / 2).tolist(),
                "you divided by 2. Divide by the sum of both densities in this box, p_data + p_fake.",
            ),
            Mistake(
                lambda: data.tolist(),
                "this is p_data itself. D* is a share: divide by p_data + p_fake of the same box.",
            ),
        ],
        praise="D* is sure where only one of the two ever is, and else it is the data's share.",
    )
    mid = (data + fake) / 2
    judge(
        "JSD by hand",
        divergence,
        [()],
        lambda: _jsd(*boxes),
        [
            Mistake(
                lambda: 2 * _jsd(*boxes),
                "you added the two divergences. The JSD is their mean: a half of each. Its largest value is log 2.",
            ),
            Mistake(
                lambda: _jsd(*boxes) / math.log(2), "this is in bits. The course uses nats: take the natural logarithm."
            ),
            Mistake(
                lambda: float(_divergence(data, mid)),
                "this is only the data's half, KL(p_data ‖ middle). The fakes' half is missing.",
            ),
            Mistake(
                lambda: 2 * _jsd(*boxes) - math.log(4),
                "this is V at the best D. V = −log 4 + 2 · JSD: solve it for the JSD.",
            ),
        ],
        praise=f"{_jsd(*boxes):.4f} nats, of at most log 2 = 0.6931.",
        tolerance=2e-3,
    )


def check_jensen_shannon(function: Callable[[Tensor, Tensor], float]) -> None:
    """Judge a function of two distributions over K boxes, (K,) each."""

    def cases():
        numbers = [([0.2, 0.3, 0.5], [0.4, 0.4, 0.2]), ([0.7, 0.3], [0.7, 0.3]), (P_DATA, P_FAKE), ([1.0, 0], [0, 1.0])]
        return [tuple(torch.tensor(part, dtype=torch.float64) for part in pair) for pair in numbers]

    for case in cases():
        got = answer("jensen-shannon", function, case)
        if got is not None and isinstance(got, (float, Tensor)) and not math.isfinite(float(got)):
            fail(
                "jensen-shannon",
                f"your answer for boxes {case[0].tolist()} and {case[1].tolist()} is {float(got)}.\n  Hint: a box with "
                "probability 0 gives 0 · log 0. Its limit is 0: `torch.xlogy` knows that, or leave such boxes out.",
            )

    def middle(p, q):
        return (p + q) / 2

    judge(
        "jensen-shannon",
        function,
        cases(),
        _jsd,
        [
            Mistake(
                lambda p, q: 2 * _jsd(p, q), "the two divergences are added. The JSD is their mean: a half of each."
            ),
            Mistake(lambda p, q: _jsd(p, q) / math.log(2), "this is in bits: use the natural logarithm."),
            Mistake(
                lambda p, q: 0.5 * float(_divergence(p, p + q) + _divergence(q, p + q)),
                "the middle must be a distribution: (p_data + p_fake) / 2, and you used the sum without the 2.",
            ),
            Mistake(
                lambda p, q: float(_divergence(p, middle(p, q))),
                "only the data's half, KL(p_data ‖ middle), is there. Add the half of the fakes.",
            ),
            Mistake(
                lambda p, q: 0.5 * float(_divergence(middle(p, q), p) + _divergence(middle(p, q), q)),
                "the order is turned: it is KL(p ‖ middle), the mean is taken over p and not over the middle.",
            ),
        ],
        praise="right on four pairs, among them equal ones (0) and ones that never meet (log 2).",
    )


def _gradient(loss: Callable[[Tensor], Tensor], d: float) -> tuple[float, float]:
    """What PyTorch says: the gradient of a loss in D and in the logit."""
    logit = torch.tensor([d], dtype=torch.float64).logit().requires_grad_()
    (in_logit,) = torch.autograd.grad(loss(logit), logit)
    return float(in_logit) / (d * (1 - d)), float(in_logit)


def check_gradients(saturating: Callable, non_saturating_: Callable) -> None:
    """Judge both losses' gradients; each function takes D(G(z)) and returns (in D, in the logit)."""
    cases = [(0.01,), (0.3,), (0.5,), (0.9,)]
    no_chain = "to get from D to the logit multiply with the slope of the sigmoid, D · (1 − D)."
    turned = "the sign is turned. Both losses FALL when D(G(z)) grows, so both gradients are below 0."
    other = "this belongs to the other loss. Differentiate {} again."
    judge(
        "saturating gradient",
        lambda d: tuple(saturating(d)),
        cases,
        lambda d: _gradient(minimax, d),
        [
            Mistake(lambda d: tuple(-part for part in _gradient(minimax, d)), turned),
            Mistake(lambda d: (_gradient(minimax, d)[0],) * 2, no_chain),
            Mistake(lambda d: (1 / (1 - d), d), turned),
            Mistake(lambda d: _gradient(non_saturating, d), other.format("log(1 − D)")),
            Mistake(lambda d: (1 / (1 - d), -d), "the inner derivative of 1 − D is −1: the gradient in D is below 0."),
            Mistake(lambda d: _gradient(minimax, d)[::-1], "the order is turned: first in D, then in the logit."),
        ],
        praise="−1/(1 − D) in D, −D in the logit: nothing pulls a fake that D sees through.",
    )
    judge(
        "non-saturating gradient",
        lambda d: tuple(non_saturating_(d)),
        cases,
        lambda d: _gradient(non_saturating, d),
        [
            Mistake(lambda d: tuple(-part for part in _gradient(non_saturating, d)), turned),
            Mistake(lambda d: (_gradient(non_saturating, d)[0],) * 2, no_chain),
            Mistake(lambda d: _gradient(minimax, d), other.format("−log D")),
            Mistake(lambda d: (-1 / d, 1 - d), "in the logit the sign is missing: −1/D times D · (1 − D) is −(1 − D)."),
            Mistake(
                lambda d: _gradient(non_saturating, d)[::-1], "the order is turned: first in D, then in the logit."
            ),
        ],
        praise="−1/D in D, −(1 − D) in the logit: the worse the fake, the stronger the pull.",
    )


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
        optimizers = [torch.optim.SGD(net.parameters(), lr=0.3) for net in (self.generator, self.discriminator)]
        self._real, self._z = torch.Generator().manual_seed(1), torch.Generator().manual_seed(2)
        self.arrivals = self.z_drawn = 0
        self.generator.register_forward_hook(self._watch)
        self.arguments = (self.generator, self.discriminator, *optimizers, self.draw_real, self.draw_z)

    def draw_real(self) -> Tensor:
        """Draw real points (32, 1) from N(3, 1)."""
        return 3 + torch.randn(32, 1, generator=self._real)

    def draw_z(self) -> Tensor:
        """Draw z (32, 1) from N(0, 1)."""
        self.z_drawn += 1
        return torch.randn(32, 1, generator=self._z)

    def _watch(self, network, inputs, output) -> None:
        def count(gradient) -> None:
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

    d_loss: Callable = discriminator_loss
    g_loss: Callable = non_saturating
    cut_in_g_step: bool = False
    fresh_z: bool = True
    clear_d: str = "before"  # "before" backward, "never", or "after" it
    clear_g: bool = True
    g_first: bool = False


def _play(idea: Idea, generator, discriminator, g_optimizer, d_optimizer, draw_real, draw_z, rounds) -> None:
    """Play the loop as somebody with this idea writes it."""
    z = None

    def d_step() -> None:
        nonlocal z
        z = draw_z()
        if idea.clear_d == "before":
            d_optimizer.zero_grad()
        idea.d_loss(discriminator(draw_real()), discriminator(generator(z).detach())).backward()
        if idea.clear_d == "after":
            d_optimizer.zero_grad()
        d_optimizer.step()

    def g_step() -> None:
        fake = generator(draw_z() if idea.fresh_z else z)
        if idea.clear_g:
            g_optimizer.zero_grad()
        idea.g_loss(discriminator(fake.detach() if idea.cut_in_g_step else fake)).backward()
        g_optimizer.step()

    for _ in range(rounds):
        for step in (g_step, d_step) if idea.g_first else (d_step, g_step):
            step()


def _after(idea: Idea) -> Tensor:
    bench = LoopBench()
    _play(idea, *bench.arguments, ROUNDS)
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


def judge_loop(exercise: str, loop: Callable, praise: str):
    """Run a learner's loop for three rounds, and compare all parameters of both networks with those of a right loop.

    Raises:
        CheckFailed: not written, an error, or other parameters; with the hint of the idea that explains them.
    """
    bench = LoopBench()

    def run(rounds) -> None:
        try:
            loop(*bench.arguments, rounds)
        except RuntimeError as error:
            hints = (hint for words, hint in ERROR_HINTS.items() if words in str(error))
            if hint := next(hints, ""):
                error.args = (f"{error}\n  Hint: {hint}",)
            raise

    answer(exercise, run, (ROUNDS,))
    got = bench.weights()

    def agrees(idea: Idea) -> bool:
        return bool(torch.allclose(got, _after(idea), rtol=1e-4, atol=1e-5))

    if torch.equal(got, LoopBench().weights()):
        fail(exercise, "after 3 rounds no parameter of either network has changed. Does each step end with `.step()`?")
    if agrees(Idea()):
        if bench.arrivals > ROUNDS:
            fail(exercise, NOT_NEEDED)
        return passed(exercise, praise)
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


def check_loop(play: Callable) -> None:
    """Judge the alternating loop."""
    judge_loop("alternating loop", play, "D and G moved in turn, each as it should, for 3 rounds.")


def check_repair(number: int, repaired: Callable) -> None:
    """Judge a repaired loop; `number` is that of the broken one, 1 to 3."""
    praise = {
        1: "the gradient reaches G again.",
        2: "two graphs, each used once, and fresh z for G: nothing has to be retained.",
        3: "D starts each step with clean gradients, and eval() is no longer asked to do what it cannot.",
    }[number]
    judge_loop(f"broken loop {number}", repaired, praise)
