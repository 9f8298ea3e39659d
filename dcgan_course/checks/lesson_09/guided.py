"""Exercise 2 of lesson 09: the guided rule, put on an activation by a hook, and taken off again."""

import functools
from collections.abc import Callable

import torch
from torch import Tensor, nn
from torch.utils.hooks import RemovableHandle

from dcgan_course.checks.engine import answer, describe, fail, passed, same
from dcgan_course.checks.registry import exercise
from dcgan_course.interpretability.guided_backpropagation import guided_gradients
from dcgan_course.models.dcgan import Discriminator

Case = tuple[nn.Module, float, Tensor, Tensor]  # a module, its slope, its input, the gradient from above
Hooked = Callable[[nn.Module], RemovableHandle]  # what a learner writes
SLOPE = 0.2
NOTHING_CHANGED = (
    "that is the plain gradient: nothing changed on the way back. Does the hook give back the new gradient, and is it "
    "registered?"
)


def _derivative(x: Tensor, slope: float) -> Tensor:
    return torch.where(x > 0, 1.0, slope)


# What comes back for an input x, a gradient g from above and the slope s: (rule, what it smells like).
RULES: tuple[tuple[Callable[[Tensor, Tensor, float], Tensor], str], ...] = (
    (lambda x, g, s: g * _derivative(x, s), NOTHING_CHANGED),
    (
        lambda x, g, s: g * (x > 0),
        "that is the ReLU's own rule: shut where its input was negative. Guided, it is also shut where the gradient "
        "is negative.",
    ),
    (
        lambda x, g, s: g.clamp(min=0) * _derivative(x, s),
        "negative gradients are shut, but where the input was negative a LeakyReLU lets a fifth through. Ask for a "
        "positive input as well.",
    ),
    (
        lambda x, g, s: g.clamp(min=0),
        "every positive gradient passes, whatever the input was. Both must be positive: the input on the way forward, "
        "and the gradient on the way back.",
    ),
    (
        lambda x, g, s: g.clamp(max=0) * (x > 0),
        "the wrong sign: you keep the gradients below zero, which speak against the unit. Keep those above.",
    ),
    (
        lambda x, g, s: g.clamp(min=0) * (x < 0),
        "it opens where the input was negative. It must open where the input was positive.",
    ),
    (
        lambda x, g, s: g.abs() * (x > 0),
        "negative gradients came through with their sign turned. They must become zero: clamp(min=0).",
    ),
    (
        lambda x, g, s: g * ((x > 0) | (g > 0)),
        "it opens where the input *or* the gradient is positive. Both must be.",
    ),
    (
        lambda x, g, s: g.clamp(min=0) * x.clamp(min=0),
        "you multiplied by the input. Only whether it was positive counts, not how large it was.",
    ),
)


def _guided(x: Tensor, g: Tensor) -> Tensor:
    return g.clamp(min=0) * (x > 0)


def _cases() -> list[Case]:
    """Inputs and gradients of both signs, for a LeakyReLU and a ReLU: (module, its slope, x, gradient)."""
    random = torch.Generator().manual_seed(9)
    modules: tuple[tuple[nn.Module, float], ...]
    modules = ((nn.LeakyReLU(SLOPE), SLOPE), (nn.ReLU(), 0.0), (nn.LeakyReLU(SLOPE), SLOPE))
    shapes = ((12,), (12,), (2, 3, 4, 4))
    return [
        (module, slope, torch.randn(shape, generator=random), torch.randn(shape, generator=random))
        for (module, slope), shape in zip(modules, shapes, strict=True)
    ]


def _backward(module: nn.Module, x: Tensor, gradient: Tensor) -> tuple[Tensor, Tensor]:
    """What a module answers, and what comes back from it."""
    x = x.clone().requires_grad_()
    out = module(x)
    (found,) = torch.autograd.grad(out, x, gradient)
    return out.detach(), found


@exercise("2 · the guided rule, by a hook", id="guided-relu", points=3)
def guided_relu(exercise: str, function: Hooked) -> None:
    """Check a learner's guided_relu(module) → a handle; it changes what comes back through a ReLU or LeakyReLU."""
    cases = _cases()
    found = [_through(exercise, function, *case) for case in cases]
    _refuse_rules(exercise, cases, found)
    _check_network(exercise, function)
    passed(
        exercise,
        "only what is positive both ways comes back, forward nothing changes, and the handle takes the rule off.",
    )


def _through(exercise: str, function: Hooked, module: nn.Module, slope: float, x: Tensor, gradient: Tensor) -> Tensor:
    """What comes back through one module with the learner's rule on it; refuses what is wrong beside the rule."""
    before, plain = _backward(module, x, gradient)
    handle = _handle(exercise, function, module)
    named = functools.wraps(function)  # what the hook raises later is said with the learner's name
    out, found = answer(exercise, named(lambda module: _backward(module, x, gradient)), (module,))
    if not same(out, before):
        fail(
            exercise,
            f"the way forward changed: for the input {describe(x.flatten()[:4])} the {type(module).__name__} gave "
            f"{describe(before.flatten()[:4])} and now gives {describe(out.flatten()[:4])}.\n"
            "  Hint: the rule is for the way back only. A forward hook that gives something back replaces the answer.",
        )
    mode = module.training
    other, above = x.flip(0) * 0.7 + 0.1, gradient.flip(0) * 0.9 - 0.1
    again = answer(exercise, named(lambda module: _backward(module, other, above)[1]), (module,))
    if same(found, _guided(x, gradient)) and not same(again, _guided(other, above)):
        fail(
            exercise,
            "right for the first batch, wrong for the second with the same hook on: what the hook remembers is that of "
            "the first. Take the input of each call, and work at each way back.",
        )
    if not mode:
        fail(exercise, "your function brought the module into eval mode. A hook is all that may be put on it.")
    handle.remove()
    if not same(_backward(module, x, gradient)[1], plain) or _hooks(module):
        fail(
            exercise,
            "after handle.remove() something of yours is still on the module: a hook, or another gradient than the "
            "plain one. Give back a handle whose remove() takes off every hook that you register.",
        )
    return found


def _hooks(module: nn.Module) -> int:
    """Count the hooks that a module still has."""
    return sum(len(hooks) for hooks in (module._forward_hooks, module._forward_pre_hooks, module._backward_hooks))


def _handle(exercise: str, function: Hooked, module: nn.Module) -> RemovableHandle:
    handle = answer(exercise, function, (module,))
    if not callable(getattr(handle, "remove", None)) or isinstance(handle, (list, set)):  # theirs removes an item
        fail(
            exercise,
            f"your function gave back {describe(handle)}, but it must give back the handle, so that the rule can be "
            "taken off: return what module.register_forward_hook(…) gives you.",
        )
    return handle


def _refuse_rules(exercise: str, cases: list[Case], found: list[Tensor]) -> None:
    """Compare with the rule; where it differs, say which other rule it is."""
    wanted = [_guided(x, gradient) for _, _, x, gradient in cases]
    wrong = [i for i in range(len(cases)) if not same(found[i], wanted[i])]
    if not wrong:
        return
    _, _, x, gradient = cases[wrong[0]]
    place = (found[wrong[0]] - wanted[wrong[0]]).abs().argmax()
    numbers = [float(part.flatten()[place]) for part in (x, gradient, found[wrong[0]], wanted[wrong[0]])]
    message = "where the input was {:.2f} and the gradient {:.2f}, yours lets {:.2f} through; it must be {:.2f}."
    message = message.format(*numbers)
    for rule, hint in RULES:
        # A hook on the answer stands before the module's own derivative, one on the module behind it.
        for last in (lambda x, s: torch.ones_like(x), _derivative):
            if all(same(got, rule(x, g, s) * last(x, s)) for got, (_, s, x, g) in zip(found, cases, strict=True)):
                fail(exercise, f"{message}\n  Hint: {hint}")
    fail(exercise, f"{message} ({len(wrong)} of {len(cases)} cases differ.)")


def _check_network(exercise: str, function: Hooked) -> None:
    """In a network every activation has an input of its own; the oracle is the package's guided gradient."""
    random = torch.Generator().manual_seed(4)
    torch.manual_seed(4)
    network = Discriminator(16, 1, 4).eval().requires_grad_(False)
    images = torch.rand(3, 1, 16, 16, generator=random) * 2 - 1
    handles = [_handle(exercise, function, layer) for layer in network.modules() if isinstance(layer, nn.LeakyReLU)]

    @functools.wraps(function)
    def back(network: Discriminator) -> Tensor:
        pixels = images.clone().requires_grad_()
        largest = network.blocks(pixels)[:, 2].flatten(1).amax(dim=1)
        return torch.autograd.grad(largest.sum(), pixels)[0]

    found = answer(exercise, back, (network,))
    for handle in handles:
        handle.remove()
    wanted = guided_gradients(network, images, 1, 2)
    size = wanted.abs().max()  # fresh weights are small, and so are their gradients
    if not same(found / size, wanted / size):
        fail(
            exercise,
            "right for one activation, wrong for two in one network. Each must remember its own input: do not keep it "
            "in a variable that all share.",
        )
