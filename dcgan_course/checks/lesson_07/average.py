"""Exercise 2 of lesson 07: the moving average of a generator's weights, with statistics of its own."""

import copy
from collections.abc import Callable, Iterable, Sequence

import torch
from torch import Tensor, nn
from torch.optim.swa_utils import update_bn

from dcgan_course.checks import bench
from dcgan_course.checks.engine import answer, fail, passed
from dcgan_course.checks.registry import exercise

State = dict[str, Tensor]
Settings = tuple[list[bool], list[bool]]
Batches = Sequence[Tensor]
DECAY, STEPS = 0.75, 3
MEAN, VARIANCE = "1.running_mean", "1.running_var"
WHOLE_NUMBER = (
    "one buffer, `num_batches_tracked`, is a whole number, and a mean of it is none. Buffers are not averaged here: "
    "the statistics are computed anew."
)
ERROR_HINTS = {
    "is being used in an in-place operation": "put `with torch.no_grad():` around the changes.",
    "not implemented for": WHOLE_NUMBER,
    "can't be cast to the desired output type": WHOLE_NUMBER,
}


def _batches(step: int) -> list[Tensor]:
    """Return what is passed through the average after a step: three batches of 4."""
    noise = torch.Generator().manual_seed(100 + step)
    return [torch.randn(4, 2, 2, 2, generator=noise) * (1 + number) + number for number in range(3)]


def _network(seed: int) -> nn.Sequential:
    """Build a convolution with batch norm; its statistics are those of one batch."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        norm = nn.BatchNorm2d(3)
        network = nn.Sequential(nn.Conv2d(2, 3, 1), norm)
        nn.init.normal_(norm.weight)
        for _ in range(seed):
            network(torch.randn(4, 2, 2, 2) + seed)
    return network


def _pass(network: nn.Sequential, batches: Batches, momentum: float | None, reset: bool = True) -> None:
    """Let batches update the running statistics, with a momentum of batch norm."""
    norm = network[1]
    assert isinstance(norm, nn.BatchNorm2d)
    if reset:
        norm.reset_running_stats()
    norm.momentum = momentum
    with torch.no_grad():
        for batch in batches:
            network(batch)
    norm.momentum = 0.1


def _of(network: nn.Sequential, other: nn.Sequential) -> None:
    """Give a network the statistics of another one."""
    for name in ("running_mean", "running_var"):
        getattr(network[1], name).copy_(getattr(other[1], name))


def _of_passed(network: nn.Sequential, other: nn.Sequential, batches: Batches) -> None:
    """Give a network the statistics of another one that the batches went through."""
    other = copy.deepcopy(other)
    update_bn(batches, other)
    _of(network, other)


def _between(network: nn.Sequential, other: nn.Sequential) -> None:
    for name in ("running_mean", "running_var"):
        getattr(network[1], name).lerp_(getattr(other[1], name), 1 - DECAY)


def _biased(network: nn.Sequential, batches: Batches) -> None:
    update_bn(batches, network)
    network[1].running_var.mul_(15 / 16)  # type: ignore[operator]  # of 16 values each


# What becomes of the statistics: (average that has moved, average before it, the trained network, batches) → None.
Way = Callable[[nn.Sequential, nn.Sequential, nn.Sequential, Batches], None]
RIGHT: list[Way] = [
    lambda a, before, n, batches: update_bn(batches, a),
    lambda a, before, n, batches: update_bn([torch.cat(list(batches))], a),  # all in one batch
]
WRONG: dict[str, tuple[Way, str]] = {
    "kept": (
        lambda a, before, n, batches: None,
        "the parameters are right, but the statistics of batch norm stayed those of the start. They are buffers, not "
        "parameters, and describe what other weights let through. Pass the batches through the average.",
    ),
    "copied": (
        lambda a, before, n, batches: _of(a, n),
        "the statistics are a copy of the network's. They say what the layers of *that* network let through; with them "
        "the average draws pale pictures. Pass the batches through the average.",
    ),
    "averaged": (
        lambda a, before, n, batches: _between(a, n),
        "the statistics of batch norm were averaged, too. A mean of two networks' statistics describes neither of "
        "them, nor their average. Pass the batches through the average.",
    ),
    "of the network": (
        lambda a, before, n, batches: _of_passed(a, n, batches),
        "the batches went through the network that is trained. The statistics must be those of the *average*.",
    ),
    "too early": (
        lambda a, before, n, batches: _of_passed(a, before, batches),
        "the statistics are those of the average before it moved. First move the parameters, then pass the batches.",
    ),
    "in place of a mean": (
        lambda a, before, n, batches: _pass(a, batches, 0.1, reset=False),
        "the batches only moved the old statistics a little: batch norm's momentum is 0.1. Forget them first "
        "(`reset_running_stats`), and take the plain mean (`momentum = None`).",
    ),
    "momentum": (
        lambda a, before, n, batches: _pass(a, batches, 0.1),
        "after `reset_running_stats` the statistics are 0 and 1, and with momentum 0.1 most of that is still there. "
        "`momentum = None` is PyTorch's word for the plain mean.",
    ),
    "never reset": (
        lambda a, before, n, batches: _pass(a, batches, None, reset=False),
        "the mean is plain, but what was there before is still in it: call `reset_running_stats` first.",
    ),
    "last batch": (
        lambda a, before, n, batches: _pass(a, batches, 1.0),
        "only the last batch is in the statistics. They are a mean over all batches.",
    ),
    "biased": (
        lambda a, before, n, batches: _biased(a, batches),
        "the variances are divided by n. Batch norm's running variance is divided by n − 1.",
    ),
}


def _statistics(way: Way) -> list[State]:
    """Return the statistics after each step, if the parameters move as they should."""
    average, states = _network(1), []
    for step in range(STEPS):
        network, before = _network(step + 2), copy.deepcopy(average)
        with torch.no_grad():
            for mean, value in zip(average.parameters(), network.parameters(), strict=True):
                mean.lerp_(value, 1 - DECAY)
            way(average, before, network, _batches(step))
        states.append({name: average.state_dict()[name].clone() for name in (MEAN, VARIANCE)})
    return states


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


def _by_references() -> list[State]:
    """Return the average's parameters of somebody who keeps the networks themselves, which training then changes."""
    start = {name: parameter.detach().clone() for name, parameter in _network(1).named_parameters()}
    states = []
    for last in range(STEPS):
        average = start
        for step in range(last + 1):
            moved = 1 if step < last else 0
            network = {name: p + moved for name, p in _network(step + 2).named_parameters()}
            average = {name: _moved(value, network[name], "right") for name, value in average.items()}
        states.append(average)
    return states


def _parameters(how: str) -> list[State]:
    """Return the average's parameters after each step, by one rule."""
    if how == "references":
        return _by_references()
    average = {name: parameter.detach().clone() for name, parameter in _network(1).named_parameters()}
    states = []
    for step in range(STEPS):
        network = dict(_network(step + 2).named_parameters())
        average = {name: _moved(value, network[name], how) for name, value in average.items()}
        states.append(average)
    return states


HINTS = {
    "swapped": "`decay` and `1 − decay` are exchanged. A decay of 0.999 must keep 99.9 % of the average.",
    "copied": "the average became a copy of the network: no old value is left in it.",
    "added": "the old average must shrink before something is added: multiply it by `decay`.",
    "summed": "the new weights must be multiplied by 1 − `decay`, else the average grows and grows.",
    "references": "right after one step, wrong after the next: you keep the network's own tensors, and training "
    "changes them. What shall be remembered is copied: `parameter.detach().clone()`. A moving average needs no memory.",
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
def move_average(exercise: str, function: Callable[[nn.Module, nn.Module, float, Batches], None]) -> None:
    """Check a learner's move_average(average, network, decay, batches), which moves an averaged copy in place."""
    guarded = bench.with_hints(function, ERROR_HINTS)
    average = _network(1)
    states: list[State] = []
    own = list(average.parameters())
    for step in range(STEPS):
        network = _network(step + 2)
        before = {name: tensor.clone() for name, tensor in network.state_dict().items()}
        settings, mark = _settings(network), torch.Generator().manual_seed(step)
        gradients = [torch.randn(parameter.shape, generator=mark) for parameter in network.parameters()]
        for parameter, gradient in zip(network.parameters(), gradients, strict=True):
            parameter.grad = gradient.clone()
        answer(exercise, guarded, (average, network, DECAY, _batches(step)))
        if not all(torch.equal(before[name], tensor) for name, tensor in network.state_dict().items()):
            fail(exercise, "your function changed the network that is trained. Only the average may move.")
        _refuse_changed_settings(exercise, settings, _settings(network))
        if any(
            p.grad is None or not torch.equal(p.grad, g) for p, g in zip(network.parameters(), gradients, strict=True)
        ):
            fail(
                exercise,
                "the gradients of the network that is trained are not what they were. An average needs none, and the "
                "training may still want them: only read `network`.",
            )
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
        with torch.no_grad():  # the training goes on
            for tensor in network.state_dict().values():
                tensor.add_(1)
    _judge_parameters(exercise, states, [name for name, _ in average.named_parameters()])
    _judge_statistics(exercise, states)
    passed(
        exercise,
        f"{STEPS} steps: parameters averaged, statistics of batch norm those of the average, the network untouched.",
    )


def _judge_parameters(exercise: str, states: list[State], names: list[str]) -> None:
    right = _parameters("right")
    if _same(states, right, names):
        return
    for how, hint in HINTS.items():
        if _same(states, _parameters(how), names):
            fail(exercise, hint)
    name = next(name for name in names if not _same(states, right, [name]))
    step = next(step for step in range(STEPS) if not _same(states[step : step + 1], right[step : step + 1], [name]))
    got, want = states[step][name].flatten()[0], right[step][name].flatten()[0]
    fail(
        exercise,
        f"after step {step + 1} the first number of {name} is {got:.4g}, but decay · average + (1 − decay) · network "
        f"is {want:.4g}.",
    )


def _judge_statistics(exercise: str, states: list[State]) -> None:
    if any(_same(states, _statistics(way), [MEAN, VARIANCE]) for way in RIGHT):
        return
    for way, hint in WRONG.values():
        if _same(states, _statistics(way), [MEAN, VARIANCE]):
            fail(exercise, hint)
    wanted = _statistics(RIGHT[0])
    name = next(name for name in (MEAN, VARIANCE) if not _same(states, wanted, [name]))
    fail(
        exercise,
        f"the parameters are right, but after one step the first number of {name} is {states[0][name][0]:.4g}. The "
        f"mean over the batches that pass through the average is {wanted[0][name][0]:.4g}.",
    )
