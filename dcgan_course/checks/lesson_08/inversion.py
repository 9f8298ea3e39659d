"""Exercise 4 of lesson 08: inversion. Its check looks at what comes back and at the generator afterwards."""

from collections.abc import Callable

import torch
from torch import Tensor

from dcgan_course.checks.engine import answer, describe, fail, passed, same
from dcgan_course.checks.registry import exercise
from dcgan_course.latent import paths
from dcgan_course.models.mlp import MLPGenerator

STEPS, STARTS = 60, 6


def _generator() -> MLPGenerator:
    """A small generator whose pictures depend on every number of z."""
    torch.manual_seed(0)
    generator = MLPGenerator((1, 6, 6), latent_dim=5, hidden_dim=24).eval()
    for parameter in generator.parameters():
        parameter.data *= 1.5
    return generator


@torch.no_grad()
def _residuals(generator: MLPGenerator, z: Tensor, picture: Tensor) -> Tensor:
    return (generator(z) - picture).square().flatten(1).mean(dim=1).sqrt()


def _descend(generator: MLPGenerator, picture: Tensor, z: Tensor, keep_gradients: bool = False) -> Tensor:
    """What Adam reaches from each start; `keep_gradients` is the mistake of never emptying them."""
    z = z.clone().requires_grad_(True)
    optimizer, kept = torch.optim.Adam([z], lr=0.05), torch.zeros_like(z)
    for _ in range(STEPS):
        loss = (generator(z) - picture).square().flatten(1).mean(dim=1).sum()
        (gradient,) = torch.autograd.grad(loss, z)
        kept = kept + gradient if keep_gradients else gradient
        z.grad = kept.clone()
        optimizer.step()
    return z.detach()


Inverter = Callable[[MLPGenerator, Tensor, Tensor, int], tuple[Tensor, float]]


@exercise("4 · invert a digit", id="invert", points=3)
def invert(exercise: str, function: Inverter) -> None:
    """Check a learner's invert(generator, picture, z, steps) → (the best z, its residual)."""
    generator = _generator()
    before = [parameter.detach().clone() for parameter in generator.parameters()]
    with torch.no_grad():
        picture = generator(paths.sample(1, 5, 77))[0]
    starts = paths.sample(STARTS, 5, 3)  # of these seeds the best start is neither the first nor the last
    theirs = starts.clone()
    given = answer(exercise, function, (generator, picture, theirs, STEPS))
    if theirs.requires_grad or not torch.equal(theirs, starts):
        fail(
            exercise,
            "your function changed the z that it was given: whoever inverts a second picture from the same starts "
            "begins elsewhere. Work on a copy: `z = z.clone().requires_grad_(True)`.",
        )
    if any(layer.training for layer in generator.modules()):
        fail(exercise, "your function left the generator in training mode. It came in eval mode: leave it there.")
    if not all(parameter.requires_grad for parameter in generator.parameters()):
        fail(exercise, "your function left the generator frozen. Set `requires_grad` back to True.")
    if any(not torch.equal(p, q) for p, q in zip(before, generator.parameters(), strict=True)):
        fail(exercise, "the generator's parameters moved. Give the optimiser z alone: torch.optim.Adam([z], lr=0.05).")
    if not isinstance(given, (tuple, list)) or len(given) != 2:
        fail(exercise, f"your function gave back {describe(given)}; wanted are the best z, and its residual.")
    z, residual = given
    if not isinstance(z, Tensor) or z.numel() != 5:
        fail(
            exercise,
            f"the first answer is {describe(z)}, but it must be one z of 5 numbers: the best of the {STARTS} starts.",
        )
    _check_residual(exercise, generator, picture, z.detach().reshape(1, 5), residual)
    residual = float(residual)
    _check_descent(exercise, generator, picture, starts, residual)
    _check_starts(exercise, function)
    passed(
        exercise, f"a residual of {residual:.3f} from the best of {STARTS} starts, and the generator stayed as it was."
    )


def _check_starts(exercise: str, function: Inverter) -> None:
    """From starts far out a few steps lead nowhere else: whoever ends near 0 began elsewhere."""
    generator = _generator()
    far = 8.0 + paths.sample(STARTS, 5, 4)
    with torch.no_grad():
        picture = generator(paths.sample(1, 5, 78))[0]
    given = answer(exercise, function, (generator, picture, far.clone(), 2))
    if not isinstance(given, (tuple, list)) or not isinstance(given[0], Tensor):
        fail(
            exercise,
            f"for two steps your function gave back {describe(given)}; wanted are the best z, and its residual.",
        )
    length = float(given[0].detach().norm())
    if length < 6:
        fail(
            exercise,
            f"asked for 2 steps from starts that lie {float(far.norm(dim=1).min()):.0f} and more from 0, your z has "
            f"the length {length:.1f}: it began somewhere else. Begin at the z that are given, so that two people who "
            "invert one picture find the same.",
        )


def _check_residual(exercise: str, generator: MLPGenerator, picture: Tensor, z: Tensor, residual: object) -> None:
    """The number must be the root of the mean squared difference at the z that came back."""
    true = float(_residuals(generator, z, picture))
    if same(residual, true, 1e-3):
        return
    message = f"the residual at your z is {true:.4g}, but you gave back {describe(residual)}."
    explained = {
        true**2: "you forgot the root: the residual is in the units of pixels.",
        true**2 * picture.numel(): "take the mean over the pixels, not the sum, and then the root.",
        true * picture.numel() ** 0.5: "take the mean over the pixels, not the sum, before the root.",
    }
    for value, hint in explained.items():
        if same(residual, value, 1e-3):
            fail(exercise, f"{message}\n  Hint: {hint}")
    fail(exercise, f"{message} Compute it after the last step, for the z that you give back.")


def _check_descent(exercise: str, generator: MLPGenerator, picture: Tensor, starts: Tensor, residual: float) -> None:
    """It must be about as good as Adam's best start."""
    reached = _residuals(generator, _descend(generator, picture, starts), picture)
    if residual <= 1.15 * float(reached.min()) + 0.01:
        return
    message = f"your residual is {residual:.3f}; Adam with learning rate 0.05 reaches {float(reached.min()):.3f}."
    at_start = _residuals(generator, starts, picture)
    piled = _residuals(generator, _descend(generator, picture, starts, keep_gradients=True), picture)
    if (at_start - residual).abs().min() < 1e-3:
        hint = "this z is one of the starts: nothing moved. Is z a leaf with requires_grad, and is step() called?"
    elif residual > float(at_start.max()):
        hint = "it is worse than every start. Do you climb instead of descending?"
    elif (reached - residual).abs().min() < 5e-3:
        hint = "this is not the best start. Compute the residual of each row, and take argmin."
    elif (piled - residual).abs().min() < 5e-3:
        hint = "gradients pile up: empty z.grad before each step (optimizer.zero_grad())."
    else:
        hint = "use all steps, with the gradient of the squared difference with respect to z."
    fail(exercise, f"{message}\n  Hint: {hint}")
