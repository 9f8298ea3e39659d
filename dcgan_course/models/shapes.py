"""What shape comes out of each layer of a network, and how many numbers it holds: measured, not computed by hand."""

from typing import NamedTuple

import torch
from torch import Tensor, nn

from dcgan_course.models.inference import eval_mode


class ShapeRow(NamedTuple):
    """One layer: its name with its settings, the shape that leaves it without the batch axis, its parameters."""

    name: str
    shape: tuple[int, ...]
    parameters: int


@torch.no_grad()
def shape_table(network: nn.Module, x: Tensor) -> list[ShapeRow]:
    """Send a batch through a network and write down what leaves each layer, in the order of the calls.

    Args:
        network: any; its layers are its modules without children. What forward does without a module, a `tanh()` or
            a `flatten()`, has no row. x: a batch that the network takes, with its first axis for the pictures.

    A layer that is called twice has two rows; its parameters are counted in the first. The network is in eval mode
    meanwhile, so that a batch of one will do; afterwards each part is in the mode that it was in.
    """
    rows: list[ShapeRow] = []
    counted: set[nn.Module] = set()

    def note(layer: nn.Module, _: tuple[Tensor, ...], output: Tensor) -> None:
        parameters = 0 if layer in counted else sum(p.numel() for p in layer.parameters(recurse=False))
        counted.add(layer)
        rows.append(ShapeRow(_name(layer), tuple(output.shape[1:]), parameters))

    hooks = [module.register_forward_hook(note) for module in network.modules() if not list(module.children())]
    try:
        with eval_mode(network):
            network(x)
    finally:
        for hook in hooks:
            hook.remove()
    return rows


def shape_text(shape: tuple[int, ...]) -> str:
    """Write a shape as a head reads it: 32@7×7 for maps, 100 for a vector, 1 for a single number."""
    if len(shape) == 3:
        return f"{shape[0]}@{shape[1]}×{shape[2]}"
    return "×".join(str(side) for side in shape) or "1"


def table_text(rows: list[ShapeRow]) -> str:
    """Write a shape table as lines, with the sum of the parameters at the end."""
    wide = max(len(row.name) for row in rows)
    lines = [f"{row.name:{wide}}  {shape_text(row.shape):>12}  {row.parameters:>11,}" for row in rows]
    return "\n".join([*lines, f"{'all layers':{wide}}  {'':12}  {sum(row.parameters for row in rows):>11,}"])


def _name(layer: nn.Module) -> str:
    """Write a layer's class and the settings that decide its output size."""
    kind = type(layer).__name__
    if isinstance(layer, (nn.Conv2d, nn.ConvTranspose2d)):
        text = f"{kind} k{_side(layer.kernel_size)} s{_side(layer.stride)} p{_side(layer.padding)}"
        extra = _side(layer.output_padding)
        return text if extra == "0" else f"{text} op{extra}"
    if isinstance(layer, nn.MaxPool2d):
        return f"{kind} k{_side(layer.kernel_size)}"
    if isinstance(layer, nn.Upsample):
        return f"{kind} ×{layer.scale_factor:g}"
    return kind


def _side(value: object) -> str:
    """Write 4 for (4, 4) and 4×2 for (4, 2)."""
    sides = value if isinstance(value, tuple) else (value,)
    return str(sides[0]) if len(set(sides)) == 1 else "×".join(str(side) for side in sides)
