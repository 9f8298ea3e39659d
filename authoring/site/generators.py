"""The recorded generators as scripts beside the pages: weights, directions and points, for `js/generator.mjs`."""

import base64
import json
from pathlib import Path
from typing import Any

import numpy as np
from torch import Tensor, nn

from dcgan_course.latent.paths import sample
from dcgan_course.models.conditional import ConditionalGenerator
from dcgan_course.models.mlp import MLPGenerator
from dcgan_course.recorded import load_run, names
from dcgan_course.widgets.latent.explorer import named_directions

SEEDS = 16  # pairs A and B that "New A and B" goes through
POINTS = 6  # z of a seed; the slider of lesson 00 walks through all


def write_generators(folder: Path) -> None:
    """Write one script for each recorded generator, which hands its facts to the page."""
    folder.mkdir(parents=True)
    for name in names():
        text = json.dumps(facts(name), separators=(",", ":"))
        (folder / f"{name}.js").write_text(f'takeFacts("generators/{name}", {text});\n', encoding="utf-8")


def facts(name: str) -> dict[str, Any]:
    """Return all that a page needs to draw with a recorded generator; tensors as base64, little-endian."""
    run = load_run(name)
    generator = run.generator
    directions = named_directions(name, generator)
    found = {
        "latent_dim": generator.latent_dim,
        "image_shape": list(generator.image_shape),
        "class_names": list(run.class_names),
        "direction_names": list(directions.names),
        "directions": _packed(directions.vectors),
        "points": [_packed(sample(POINTS, generator.latent_dim, seed)) for seed in range(SEEDS)],
    }
    if isinstance(generator, ConditionalGenerator):
        found["label_vectors"] = _packed(generator.label_vectors.weight)
        generator = generator.body
    if isinstance(generator, MLPGenerator):
        linear = [layer for layer in generator.layers if isinstance(layer, nn.Linear)]
        layers = [_linear(layer) for layer in linear]
    else:
        layers = [_block(block) for block in generator.blocks]
        layers.append(_stamping(generator.to_picture, None))
    layers[-1]["activation"] = "tanh"
    return found | {"layers": layers}


def _linear(layer: nn.Linear) -> dict[str, Any]:
    shape = {"kind": "linear", "inputs": layer.in_features, "outputs": layer.out_features, "activation": "relu"}
    return shape | {"weight": _packed(layer.weight.T, "<f2"), "shift": _packed(layer.bias)}


def _block(block: nn.Module) -> dict[str, Any]:
    convolution, norm, _ = block.children()
    if not isinstance(convolution, nn.ConvTranspose2d) or not isinstance(norm, nn.BatchNorm2d):
        raise ValueError("A block of a generator is a transposed convolution, batch norm and ReLU; this is another.")
    return _stamping(convolution, norm)


def _stamping(layer: nn.ConvTranspose2d, norm: nn.BatchNorm2d | None) -> dict[str, Any]:
    """A transposed convolution without a bias; batch norm in eval mode is a scale and a shift of each channel."""
    shape = {"kind": "stamp", "inputs": layer.in_channels, "outputs": layer.out_channels, "activation": "relu"}
    sizes = {name: list(getattr(layer, name)) for name in ("stride", "padding", "output_padding")}
    packed = {"kernel": list(layer.kernel_size), "weight": _packed(layer.weight.permute(0, 2, 3, 1), "<f2")}
    if norm is not None:
        if norm.running_mean is None or norm.running_var is None:
            raise ValueError("A batch norm keeps no statistics, but a page draws with those that were kept.")
        scale = norm.weight / (norm.running_var + norm.eps).sqrt()
        packed |= {"scale": _packed(scale), "shift": _packed(norm.bias - norm.running_mean * scale)}
    return shape | sizes | packed


def _packed(tensor: Tensor, kind: str = "<f4") -> str:
    """Return numbers as base64 of half (`<f2`) or single precision (`<f4`).

    Raises:
        ValueError: half precision would change a number; recorded weights are stored so, and lose nothing.
    """
    given = tensor.detach().float().contiguous().numpy()
    numbers = given.astype(kind)
    if not np.array_equal(numbers.astype("f4"), given):
        raise ValueError("A weight is no number of half precision, as recorded weights are.")
    return base64.b64encode(numbers.tobytes()).decode()
