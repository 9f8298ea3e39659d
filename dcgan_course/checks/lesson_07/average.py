"""Exercise 2 of lesson 07: the moving average of a generator's weights."""

from collections.abc import Callable, Iterable

import torch
from torch import Tensor, nn

from dcgan_course.checks import bench
from dcgan_course.checks.engine import answer, fail, passed
from dcgan_course.checks.registry import exercise

State = dict[str, Tensor]
Settings = tuple[list[bool], list[bool]]
DECAY, STEPS = 0.75, 3
WHOLE_NUMBER = (
    "one buffer, `num_batches_tracked`, is a whole number, and a mean of it is none. Copy all buffers: `copy_`."
)
ERROR_HINTS = {
    "is being used in an in-place operation": "put `with torch.no_grad():` around the changes.",
    "not implemented for": WHOLE_NUMBER,
    "can't be cast to the desired output type": WHOLE_NUMBER,
}


def _network(seed: int) -> nn.Module:
    """Build a convolution with batch norm; its statistics are those of one batch."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        norm = nn.BatchNorm2d(3)
        network = nn.Sequential(nn.Conv2d(2, 3, 1), norm)
        nn.init.normal_(norm.weight)
        for _ in range(seed):
            network(torch.randn(4, 2, 2, 2) + seed)
    return network


def _moved(value: Tensor, other: Tensor, how: str) -> Tensor:
    """What one tensor of the average becomes in one step, by the right rule or by a wrong one."""
    rules = {
        "right": lambda: DECAY * value + (1 - DECAY) * other,
        "swapped": lambda: (1 - DECAY) * value + DECAY * other,
        "copied": lambda: other,
        "added": lambda: value + (1 - DECAY) * other,
        "summed": lambda: DECAY * value + other,
        "kept": lambda: value,
    }
    return rules[how]().detach()


def _expected(how: str, buffers: str) -> list[State]:
    """Return the average's state after each step: its parameters by one rule, its buffers by another."""
    average = {name: tensor.clone() for name, tensor in _network(1).state_dict().items()}
    parameters = dict(_network(1).named_parameters())
    states = []
    for step in range(STEPS):
        network = _network(step + 2).state_dict()
        average = {
            name: _moved(value, network[name], how if name in parameters else buffers)
            for name, value in average.items()
        }
        states.append(average)
    return states


HINTS = {
    "swapped": "`decay` and `1 − decay` are exchanged. A decay of 0.999 must keep 99.9 % of the average.",
    "copied": "the average became a copy of the network: no old value is left in it.",
    "added": "the old average must shrink before something is added: multiply it by `decay`.",
    "summed": "the new weights must be multiplied by 1 − `decay`, else the average grows and grows.",
    "kept": "nothing moved: the parameters of the average stayed as they were. In-place changes are needed: "
    "`average_p = …` gives a name to a new tensor and changes nothing in the network.",
}


def _same(states: list[State], wanted: list[State], names: Iterable[str]) -> bool:
    return all(
        torch.allclose(got[name].double(), want[name].double(), rtol=1e-4, atol=1e-5)
        for got, want in zip(states, wanted, strict=True)
        for name in names
    )


def _settings(network: nn.Module) -> Settings:
    """Return for each parameter whether it learns, and for each layer whether it is in training mode."""
    return [p.requires_grad for p in network.parameters()], [layer.training for layer in network.modules()]


def _refuse_changed_settings(exercise: str, before: Settings, after: Settings) -> None:
    """Raise CheckFailed if the network that is trained was frozen or brought into another mode."""
    if before[0] != after[0]:
        fail(
            exercise,
            "your function changed `requires_grad` of the network that is trained: frozen parameters learn no more. "
            "`with torch.no_grad():` is enough.",
        )
    if before[1] != after[1]:
        fail(
            exercise,
            "your function left the network that is trained in another mode. Only the average may change; call "
            "`network.eval()` and `network.train()` nowhere here.",
        )


@exercise("2 · the moving average", id="moving-average", points=3)
def move_average(exercise: str, function: Callable[[nn.Module, nn.Module, float], None]) -> None:
    """Check a learner's move_average(average, network, decay), which moves an averaged copy in place."""
    guarded = bench.with_hints(function, ERROR_HINTS)
    average = _network(1)
    states: list[State] = []
    own = list(average.parameters())
    for step in range(STEPS):
        network = _network(step + 2)
        before = {name: tensor.clone() for name, tensor in network.state_dict().items()}
        settings = _settings(network)
        answer(exercise, guarded, (average, network, DECAY))
        if not all(torch.equal(before[name], tensor) for name, tensor in network.state_dict().items()):
            fail(exercise, "your function changed the network that is trained. Only the average may move.")
        _refuse_changed_settings(exercise, settings, _settings(network))
        if any(p.grad_fn is not None for p in average.parameters()) or any(
            buffer.requires_grad for buffer in average.buffers()
        ):
            fail(
                exercise,
                "the average hangs on a graph now: every step makes it longer, and the memory fills. Work under "
                "`torch.no_grad()`.",
            )
        if any(one is not other for one, other in zip(own, average.parameters(), strict=True)):
            fail(exercise, "the average has new parameter objects. Change the old ones in place: `lerp_` or `copy_`.")
        states.append({name: tensor.detach().clone() for name, tensor in average.state_dict().items()})
    parameters = [name for name, _ in average.named_parameters()]
    buffers = [name for name, _ in average.named_buffers()]
    right = _expected("right", "copied")
    if not _same(states, right, parameters):
        for how, hint in HINTS.items():
            if _same(states, _expected(how, "copied"), parameters):
                fail(exercise, hint)
        name = next(name for name in parameters if not _same(states, right, [name]))
        got, want = states[0][name].flatten()[0], right[0][name].flatten()[0]
        fail(
            exercise,
            f"after one step the first number of {name} is {got:.4g}, but decay · average + (1 − decay) · network is "
            f"{want:.4g}.",
        )
    if _same(states, _expected("right", "kept"), ["1.running_mean"]):
        fail(
            exercise,
            "the parameters are right, but the statistics of batch norm stayed those of the start. They are buffers, "
            "not parameters: `network.buffers()`. In eval mode the average would draw with wrong brightness.",
        )
    if _same(states, _expected("right", "right"), ["1.running_mean"]):
        fail(
            exercise,
            "the statistics of batch norm were averaged, too. They are averages already: copy them. (And "
            "`num_batches_tracked` is a whole number; a mean of it is none.)",
        )
    if not _same(states, right, buffers):
        name = next(name for name in buffers if not _same(states, right, [name]))
        fail(exercise, f"the parameters are right, but {name} is not the network's. Copy every buffer.")
    passed(exercise, f"{STEPS} steps: parameters averaged, statistics of batch norm copied, the network untouched.")
