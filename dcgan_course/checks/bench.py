"""A bench for one training step: two tiny networks, and what a step leaves behind on them.

A step is judged by what it does, not by how it is written. With plain gradient descent the move of a network is
−learning rate · gradient, so that a wrong move can be compared with the gradients of the losses learners mix up.
"""

import functools
import numbers
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

import torch
from torch import Tensor, nn

from dcgan_course.checks.engine import Mistake, answer, describe, fail
from dcgan_course.models.mlp import MLPDiscriminator, MLPGenerator

T = TypeVar("T")
RATE = 0.1
BOTH_MODES = "Call neither `.eval()` nor `.train()` in a step: the caller decides the mode."
ERROR_HINTS = {
    "does not require grad": "the loss does not depend on any parameter that may move: a detach, a no_grad or a "
    "requires_grad_(False) has cut too much. Gradients must reach the network whose step this is.",
    "backward through the graph a second time": "two losses share a graph, and the first backward freed it. The "
    "discriminator's loss should see fake.detach(), then the two graphs are separate.",
    "modified by an inplace operation": "a `step()` changed weights that this `backward()` still needed. First "
    "`backward()`, then `step()`; and once D has moved, ask it about the fake again.",
    "target size (torch.Size([]))": "`squeeze()` without a number removes every dimension of length 1, and in a batch "
    "of one picture that is the batch, too. Name the dimension: `squeeze(1)`.",
    "that is different to the input size": "PyTorch does not guess which label belongs to which answer. Bring both to "
    "one shape before you call it.",
}


class Bench:
    """Two tiny networks without dropout, their optimisers, real pictures (8, 1, 2, 2) and z (8, 3): always the same.

    Counted while a step runs: `arrivals`, how often a gradient came back to the generator's output;
    `discriminator_gradients`, how many gradients were put into the discriminator's parameters; the mode (True:
    training) at each call of a network, in `generator_modes` and `discriminator_modes`, and at each call of a layer, in
    `generator_layers` and `discriminator_layers`. `training` is the mode that both are in before.
    """

    def __init__(self, training: bool = True) -> None:
        self.training = training
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(1)
            self.generator = MLPGenerator((1, 2, 2), latent_dim=3, hidden_dim=8, dropout=0.0)
            self.discriminator = MLPDiscriminator((1, 2, 2), hidden_dim=8, dropout=0.0)
            self.real, self.z = torch.rand(8, 1, 2, 2) * 2 - 1, torch.randn(8, 3)
        self.generator_optimizer = torch.optim.SGD(self.generator.parameters(), lr=RATE)
        self.discriminator_optimizer = torch.optim.SGD(self.discriminator.parameters(), lr=RATE)
        self.arrivals, self.discriminator_gradients = 0, 0
        self.generator_modes, self.discriminator_modes = self._noted_modes()
        self.generator_layers, self.discriminator_layers = self._noted_modes(layers=True)
        self.generator.register_forward_hook(self._watch_fakes)
        for parameter in self.discriminator.parameters():
            parameter.register_post_accumulate_grad_hook(self._count_gradient)
        self.parameters = [*self.generator.parameters(), *self.discriminator.parameters()]

    def _noted_modes(self, layers: bool = False) -> tuple[list[bool], list[bool]]:
        """Bring both networks into their mode, and have the mode of each call written into the two lists."""
        notes: tuple[list[bool], list[bool]] = [], []
        for network, modes in zip((self.generator, self.discriminator), notes, strict=True):
            for module in network.train(self.training).modules():
                if layers != (module is network):
                    module.register_forward_hook(functools.partial(_note_mode, module, modes))
        return notes

    def _watch_fakes(self, network: nn.Module, inputs: object, fakes: Tensor) -> None:
        if fakes.requires_grad:
            fakes.register_hook(self._count_arrival)

    def _count_arrival(self, gradient: Tensor) -> None:
        self.arrivals += 1

    def _count_gradient(self, parameter: Tensor) -> None:
        self.discriminator_gradients += 1

    def leave_gradients(self) -> None:
        """Put gradients into both networks, as an earlier step may have left them there; `left` keeps a copy, (P,)."""
        noise = torch.Generator().manual_seed(2)
        for parameter in [*self.generator.parameters(), *self.discriminator.parameters()]:
            parameter.grad = torch.randn(parameter.shape, generator=noise)
        self.left = {"generator": gradients(self.generator), "discriminator": gradients(self.discriminator)}

    def logits(self) -> tuple[Tensor, Tensor]:
        """Return (real_logits, fake_logits), each (8,)."""
        return self.discriminator(self.real), self.discriminator(self.generator(self.z))

    def loss(self, loss_of_logits: Callable[[Tensor, Tensor], Tensor]) -> float:
        """Return the value of a loss of (real_logits, fake_logits)."""
        return float(loss_of_logits(*self.logits()).detach())

    def gradient(self, network: nn.Module, loss_of_logits: Callable[[Tensor, Tensor], Tensor]) -> Tensor:
        """Return the gradient (P,) of a loss of (real_logits, fake_logits) for a network's parameters."""
        parameters = list(network.parameters())
        loss = loss_of_logits(*self.logits())
        return flat(torch.autograd.grad(loss, parameters, allow_unused=True, materialize_grads=True))


def _note_mode(module: nn.Module, modes: list[bool], called: nn.Module, *rest: object) -> None:
    """Write down the mode of a call; a copy of the module has the same hook, and is not counted."""
    if called is module:
        modes.append(called.training)


def flat(tensors: Iterable[Tensor]) -> Tensor:
    """Lay tensors end to end as one vector (P,)."""
    return torch.cat([tensor.detach().flatten() for tensor in tensors])


def weights(network: nn.Module) -> Tensor:
    """Return a copy of a network's parameters as one vector (P,)."""
    return flat(network.parameters()).clone()


def gradients(network: nn.Module) -> Tensor:
    """Return the gradients a network holds as one vector (P,), zero where there is none."""
    held = [(p, p.grad) for p in network.parameters()]
    return flat(torch.zeros_like(p) if grad is None else grad for p, grad in held).clone()


def close(one: Tensor, other: Tensor) -> bool:
    """Tell whether two vectors are the same up to rounding."""
    return bool(torch.allclose(one, other, rtol=1e-3, atol=1e-5))


def factor_between(one: Tensor, other: Tensor) -> float | None:
    """Return c with one = c · other, None where the two do not point along one line."""
    if float(other.norm()) == 0 or float(one.norm()) == 0:
        return None
    factor = float(one @ other / (other @ other))
    return factor if float((one - factor * other).norm()) < 1e-3 * float(one.norm()) else None


def with_hints(function: Callable[..., T], hints: Mapping[str, str] = ERROR_HINTS) -> Callable[..., T]:
    """Return the function, with a hint in the message where it raises a known error of PyTorch: {its words: hint}."""

    @functools.wraps(function)  # the messages show a call with the learner's own names
    def guarded(*arguments: object) -> T:
        try:
            return function(*arguments)
        except (RuntimeError, ValueError) as error:
            text = str(error)
            known = [words for words in hints if words in text]
            if known:  # the rest of PyTorch's text is advice for other cases
                upto = text.index(known[0]) + len(known[0])
                error.args = (f"{text[:upto]} …\n  Hint: {hints[known[0]]}",)
            raise

    return guarded


def call(exercise: str, function: Callable[..., object], case: Sequence[object]) -> Any:
    """Call a learner's function; what it raises becomes a CheckFailed, with a hint where the error is a known one."""
    return answer(exercise, with_hints(function), case)


@dataclass(frozen=True)
class Move:
    """How one network moved, and the gradients that it held before and after, each (P,)."""

    moved: Tensor
    gradient_before: Tensor
    gradient_after: Tensor


def judge_move(
    exercise: str,
    bench: Bench,
    network: nn.Module,
    move: Move,
    loss: Callable[[Tensor, Tensor], Tensor],
    mistakes: Sequence[Mistake],
) -> float:
    """Compare a move with the one that a loss asks for; returns 1 or 0.5, the length of the move beside it.

    Args:
        bench: a fresh one. network: its network that was to move. loss: the right loss of (real_logits, fake_logits).
        mistakes: losses that learners take instead.

    Raises:
        CheckFailed: another move; the message says which one it was, as far as the check can tell.
    """
    name = "generator" if network is bench.generator else "discriminator"
    wanted = bench.gradient(network, loss)
    used = -move.moved / RATE  # what the optimiser took for the gradient
    for factor in (1.0, 0.5):
        if close(used, factor * wanted):
            return factor
        if close(used, factor * wanted + move.gradient_before):
            fail(
                exercise,
                "the old gradients were added to the new ones. `backward()` adds to what is there: call "
                "`optimizer.zero_grad()` before it, on the optimiser whose step this is.",
            )
    if close(used, torch.zeros_like(used)):
        _fail_standstill(exercise, name, move)
    if close(used, move.gradient_before):
        fail(exercise, "the step used the old gradients: `optimizer.step()` came before the new ones were there.")
    for mistake in mistakes:
        along = factor_between(used, bench.gradient(network, mistake.wrong))
        if along is not None and along > 0:
            fail(exercise, mistake.hint)
    along = factor_between(used, wanted)
    if along is not None and along < 0:
        fail(
            exercise,
            "the move has the wrong sign: it goes exactly against the right one. The optimiser makes a loss "
            "smaller; is your loss a value to be made larger?",
        )
    if along is not None:
        fail(
            exercise,
            f"the direction is right, but the move is {along:.3g} times as long as it should be. Take the mean over "
            "the batch, not the sum, and call `optimizer.step()` once.",
        )
    fail(exercise, f"the {name} moved, but not along the gradient of its loss. Which logits went into which place?")


def _fail_standstill(exercise: str, name: str, move: Move) -> None:
    """Say why nothing moved."""
    if close(move.gradient_after, torch.zeros_like(move.gradient_after)):
        why = "it has no gradient. Is `loss.backward()` there, and `zero_grad()` before it, not after it?"
    elif close(move.gradient_after, move.gradient_before):
        why = "no new gradient was computed either. Is `loss.backward()` there, and then `optimizer.step()`?"
    else:
        why = "yet it has gradients now. `optimizer.step()` must come after `loss.backward()`."
    fail(exercise, f"nothing moved: the {name} is where it was, and {why}")


def refuse_changed_settings(exercise: str, bench: Bench) -> None:
    """Raise CheckFailed if a step froze a network, changed its mode, asked it in another mode, or replaced a weight."""
    right, other = ("training", "eval") if bench.training else ("eval", "training")
    for name, network, modes, layers in (
        ("generator", bench.generator, bench.generator_modes, bench.generator_layers),
        ("discriminator", bench.discriminator, bench.discriminator_modes, bench.discriminator_layers),
    ):
        if not all(parameter.requires_grad for parameter in network.parameters()):
            fail(
                exercise,
                f"your step left the {name} frozen. Set its `requires_grad` back to True, or it stops learning.",
            )
        came = "" if bench.training else f" It came in {right} mode, as in a program that measures something."
        if any(module.training != bench.training for module in network.modules()):
            fail(exercise, f"your step left the {name} in {other} mode.{came} {BOTH_MODES}")
        if any(mode != bench.training for mode in [*modes, *layers]):
            what = "That switches its dropout off, and it stops no gradient. " if bench.training else ""
            fail(exercise, f"your step asked the {name} in {other} mode.{came} {what}{BOTH_MODES}")
    now = [*bench.generator.parameters(), *bench.discriminator.parameters()]
    if len(now) != len(bench.parameters) or any(p is not q for p, q in zip(now, bench.parameters, strict=True)):
        fail(
            exercise,
            "your step put other parameters into a network. The optimiser still holds the old ones, and moves those: "
            "nothing is learned from here on. A step changes parameters in place, by `optimizer.step()`.",
        )


def refuse_emptied(exercise: str, bench: Bench, name: str) -> None:
    """Raise CheckFailed if the gradients that lay in the network whose step this is not, `name`, are gone."""
    fresh, network = Bench(), bench.generator if name == "generator" else bench.discriminator
    new = fresh.gradient(fresh.discriminator, lambda real, fake: nn.functional.softplus(-fake).mean())
    emptied = [torch.zeros_like(bench.left[name])] + ([new] if name == "discriminator" else [])
    if any(close(gradients(network), gone) for gone in emptied):
        fail(
            exercise,
            f"your step emptied the gradients that lay in the {name}. They belong to its own step: a program that adds "
            "up gradients over several batches would lose them. Clear only those of the network that moves here: "
            "`optimizer.zero_grad()`.",
        )


def judge_returned(exercise: str, returned: Any, loss: float, factor: float) -> None:
    """Raise CheckFailed unless a step gave back its loss before the move, without its graph."""
    if returned is None:
        fail(exercise, "the move is right, but nothing came back. Does your function end with `return loss.detach()`?")
    if isinstance(returned, Tensor) and returned.requires_grad:
        fail(
            exercise,
            "the move is right, but the loss that you return still carries its graph: whoever keeps a list of losses "
            "keeps every graph. Return `loss.detach()`.",
        )
    single = isinstance(returned, numbers.Real) or (isinstance(returned, Tensor) and returned.numel() == 1)
    if not single or abs(float(returned) - factor * loss) > 1e-4:
        fail(
            exercise,
            f"the move is right, but you returned {describe(returned)}; the loss before it was {factor * loss:.4g}.",
        )
