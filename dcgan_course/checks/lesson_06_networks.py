"""The checks of exercises 3 and 4 of lesson 06: both networks, judged rule by rule while a batch passes."""

from typing import NamedTuple

import torch
from torch import Tensor, nn

from dcgan_course.checks.engine import answer, fail, passed
from dcgan_course.checks.lesson_06_blocks import window_complaint
from dcgan_course.errors import CheckFailed

CONVOLUTIONS = (nn.Conv2d, nn.ConvTranspose2d)
FORBIDDEN = (nn.MaxPool2d, nn.AvgPool2d, nn.AdaptiveAvgPool2d, nn.Upsample)


class _Layer(NamedTuple):
    """A convolution on the way of a batch: what leaves it, whether a norm follows, and what leaves that."""

    module: nn.Module
    shape: tuple[int, ...]
    normed: bool


def _pass_through(exercise: str, network: nn.Module, x: Tensor) -> tuple[Tensor, list[_Layer]]:
    """Send a batch through and note every convolution in order, and whether a batch norm was called behind it."""
    seen: list[_Layer] = []
    against: list[str] = []

    def note(module, _, output):
        if isinstance(module, CONVOLUTIONS):
            seen.append(_Layer(module, tuple(output.shape[1:]), False))
        elif isinstance(module, nn.BatchNorm2d) and seen:
            seen[-1] = seen[-1]._replace(normed=True)
        elif isinstance(module, FORBIDDEN):
            against.append(f"there is {type(module).__name__} on the way; rule 1: strides do the resizing.")
        elif isinstance(module, nn.Linear):
            against.append(
                "there is a fully connected layer; write it as a convolution over all that is left (rule 3)."
            )

    hooks = [module.register_forward_hook(note) for module in network.modules()]
    try:
        result = answer(exercise, network.train(), (x,))
    finally:
        for hook in hooks:
            hook.remove()
    if against:
        fail(exercise, against[0])
    if not isinstance(result, Tensor):
        fail(exercise, f"your network gave back {type(result).__name__}, not a tensor.")
    return result, seen


def _network(exercise: str, function, case) -> nn.Module:
    network = answer(exercise, function, case)
    if not isinstance(network, nn.Module):
        fail(exercise, f"your function gave back {type(network).__name__}, not a network. Return nn.Sequential(…).")
    return network


def _check_ladder(exercise: str, seen: list[_Layer], wanted: list[tuple[int, int, int]]):
    if [layer.shape for layer in seen] == wanted:
        return
    shown = [" → ".join(f"{c}@{h}×{w}" for c, h, w in shapes) for shapes in ([layer.shape for layer in seen], wanted)]
    hint = ""
    if [shape[0] for shape in wanted[:-1]][::-1] == [layer.shape[0] for layer in seen[:-1]]:
        hint = "\n  Hint: the widths are the right ones in the wrong order."
    fail(exercise, f"the maps are {shown[0]}, but they should be {shown[1]}.{hint}")


def _check_bias(exercise: str, seen: list[_Layer]):
    for number, layer in enumerate(seen, start=1):
        if layer.module.bias is not None:
            fail(exercise, f"convolution {number} has a bias; write bias=False in all of them.")


def _slope(module_values: Tensor, given: Tensor) -> float | None:
    """The factor by which negative numbers were multiplied, None where there were none."""
    negative = given < -1e-3
    return float((module_values[negative] / given[negative]).median()) if negative.any() else None


def _slopes(network: nn.Module, x: Tensor, after: int) -> list[float]:
    """Return what each hidden activation made of negative numbers, for as many layers as there are.

    The answer is found from the inputs of the convolutions: each is the activation of what left the layer before.
    """
    left, slopes = [], []

    def before(module, given):
        if left:
            slopes.append(_slope(given[0], left[-1]))

    def note(module, _, output):
        left.append(output)

    hooks = []
    for module in network.modules():
        if isinstance(module, CONVOLUTIONS):
            hooks.append(module.register_forward_pre_hook(before))
        if isinstance(module, (*CONVOLUTIONS, nn.BatchNorm2d)):
            hooks.append(module.register_forward_hook(lambda module, _, output: note(module, _, output.clone())))
    with torch.no_grad():
        network(x)
    for hook in hooks:
        hook.remove()
    return slopes[:after]


def write_generator(function):
    """Check a learner's build_generator(latent_dim, width)."""
    exercise = "write-generator"
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        for latent_dim, width in ((10, 4), (7, 6)):
            network = _network(exercise, function, (latent_dim, width))
            z = 3 * torch.randn(16, latent_dim)
            _check_first_input(exercise, network, z)
            result, seen = _pass_through(exercise, network, z)
            _check_ladder(exercise, seen, [(4 * width, 4, 4), (2 * width, 8, 8), (width, 16, 16), (3, 32, 32)])
            if any(isinstance(layer.module, nn.Conv2d) for layer in seen):
                fail(exercise, "there is a Conv2d on the way; G has transposed convolutions.")
            _check_plain_kernel(exercise, seen, 1)
            _check_windows(exercise, seen, range(2, 5))
            if tuple(result.shape) != (16, 3, 32, 32):
                fail(exercise, f"z (16, {latent_dim}) became {tuple(result.shape)}, but should be (16, 3, 32, 32).")
            _check_generator_norms(exercise, seen)
            _check_bias(exercise, seen)
            _check_hidden(exercise, _slopes(network, z, 3), 0.0, "ReLU")
            _check_end(exercise, network, z)
    passed(
        exercise, "all five rules are kept: four transposed convolutions, three norms, ReLU inside, tanh at the end."
    )


def _check_first_input(exercise: str, network: nn.Module, z: Tensor):
    """Say what is missing where z reaches the first transposed convolution as a table, not as maps."""

    def before(module, given):
        if given[0].dim() != 4:
            fail(
                exercise,
                f"z reaches the first convolution with shape {tuple(given[0].shape)}, "
                "but it takes (N, maps, height, width)."
                "\n  Hint: begin with nn.Unflatten(1, (latent_dim, 1, 1)): each number of z becomes a map of 1×1.",
            )

    hooks = [m.register_forward_pre_hook(before) for m in network.modules() if isinstance(m, CONVOLUTIONS)]
    try:
        with torch.no_grad():
            network(z)
    except CheckFailed:
        raise
    except Exception:  # noqa: BLE001  any other error is said by the pass that follows
        return
    finally:
        for hook in hooks:
            hook.remove()


def _check_windows(exercise: str, seen: list[_Layer], numbers):
    for number in numbers:
        complaint = window_complaint(seen[number - 1].module)
        if complaint:
            fail(exercise, f"convolution {number} {complaint}")


def _check_plain_kernel(exercise: str, seen: list[_Layer], number: int):
    """Between 1×1 and 4×4 the kernel covers all four rows, without padding; the stride has no say there."""
    module = seen[number - 1].module
    if (module.kernel_size, module.padding) != ((4, 4), (0, 0)):
        kernel, padding = module.kernel_size[0], module.padding[0]
        fail(exercise, f"convolution {number} has kernel {kernel}, padding {padding}; 1×1 and 4×4 ask for 4 and 0.")


def _check_generator_norms(exercise, seen):
    if seen[-1].normed:
        fail(exercise, "there is batch norm behind the last layer: it would give every batch the same brightness.")
    missing = [number for number, layer in enumerate(seen[:-1], start=1) if not layer.normed]
    if missing:
        fail(exercise, f"batch norm is missing behind layer {missing[0]}: rule 2 leaves out G's last layer only.")


def _check_hidden(exercise, slopes, wanted: float, name: str):
    for number, slope in enumerate(slopes, start=1):
        if slope is None:
            continue
        if abs(slope - wanted) < 0.02 and not (wanted == 0 and abs(slope - 0.01) < 1e-3):
            continue
        found = {
            0.0: "ReLU",
            0.2: "LeakyReLU(0.2)",
            0.01: "LeakyReLU(0.01), PyTorch's own slope",
            1.0: "no activation (or the norm stands behind it)",
        }
        close = [text for value, text in found.items() if abs(value - slope) < 4e-3]
        fail(
            exercise,
            f"behind layer {number} there is {close[0] if close else 'another activation'}; it should be {name}.",
        )


def _check_end(exercise, network, z):
    """Make the last layer's weights large: tanh then reaches −1 and 1, a sigmoid 0 and 1, and nothing goes on."""
    last = [module for module in network.modules() if isinstance(module, CONVOLUTIONS)][-1]
    with torch.no_grad():
        last.weight.mul_(1000)
        result = network(z)
    low, high = float(result.min()), float(result.max())
    if low >= 0 and high <= 1:
        fail(exercise, "the pictures are in [0, 1], as after a sigmoid; the real ones are in [−1, 1]: end with tanh.")
    if high > 1.001 or low < -1.001:
        fail(
            exercise, f"with large weights the pictures reach from {low:.0f} to {high:.0f}: tanh is missing at the end."
        )


def write_discriminator(function):
    """Check a learner's build_discriminator(width)."""
    exercise = "write-discriminator"
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        for width in (4, 6):
            network = _network(exercise, function, (width,))
            images = torch.randn(16, 3, 32, 32)
            result, seen = _pass_through(exercise, network, images)
            _check_ladder(exercise, seen, [(width, 16, 16), (2 * width, 8, 8), (4 * width, 4, 4), (1, 1, 1)])
            if tuple(result.shape) != (16,):
                fail(
                    exercise,
                    f"16 pictures got answers of shape {tuple(result.shape)}, not (16,): end with nn.Flatten(0).",
                )
            _check_windows(exercise, seen, range(1, 4))
            _check_plain_kernel(exercise, seen, 4)
            _check_discriminator_norms(exercise, seen)
            _check_bias(exercise, seen)
            _check_hidden(exercise, _slopes(network, images, 3), 0.2, "LeakyReLU(0.2)")
            last = [module for module in network.modules() if isinstance(module, CONVOLUTIONS)][-1]
            with torch.no_grad():
                last.weight.mul_(1000)
                logits = network(images)
            if float(logits.abs().max()) <= 1.001:
                fail(exercise, "the answers stay between 0 and 1: leave the sigmoid out, the loss puts it in.")
    passed(
        exercise,
        "all five rules are kept: four convolutions, norms in the middle two, LeakyReLU, and a logit a picture.",
    )


def _check_discriminator_norms(exercise, seen):
    if seen[0].normed:
        fail(
            exercise, "there is batch norm behind the first layer: it takes the batch's contrast away before D saw it."
        )
    if seen[-1].normed:
        fail(exercise, "there is batch norm behind the last layer: the mean answer of each batch would be a constant.")
    missing = [number for number, layer in enumerate(seen[1:-1], start=2) if not layer.normed]
    if missing:
        fail(exercise, f"batch norm is missing behind layer {missing[0]}: only D's first and last layer go without.")
