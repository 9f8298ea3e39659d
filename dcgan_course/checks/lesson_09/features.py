"""Exercise 1 of lesson 09: D's maps, max-pooled to 4 × 4, all layers side by side."""

import copy
import functools
from collections.abc import Callable

import torch
from torch import Tensor, nn
from torch.nn.functional import adaptive_avg_pool2d, adaptive_max_pool2d

from dcgan_course.checks.engine import Mistake, answer, fail, judge
from dcgan_course.checks.registry import exercise
from dcgan_course.data.pixels import scale
from dcgan_course.interpretability.features import pooled_features
from dcgan_course.models.dcgan import Discriminator

SIDE = 4


def _maps(discriminator: Discriminator, images: Tensor, training: bool = False) -> list[Tensor]:
    """What each block gives, the block nearest to the picture first; the network stays as it was."""
    network, maps = copy.deepcopy(discriminator).train(training), [images]
    with torch.no_grad():
        for block in network.blocks:
            maps.append(block(maps[-1]))
    return maps[1:]


def _joined(
    maps: list[Tensor], pool: Callable[[Tensor, int], Tensor] = adaptive_max_pool2d, side: int = SIDE
) -> Tensor:
    return torch.cat([pool(part, side).flatten(1) for part in maps], dim=1)


def _with_logit(discriminator: Discriminator, images: Tensor) -> Tensor:
    maps = _maps(discriminator, images)
    with torch.no_grad():
        logit = discriminator.to_logit(maps[-1])
    return torch.cat([_joined(maps), logit.flatten(1)], dim=1)


def _before_activation(discriminator: Discriminator, images: Tensor) -> Tensor:
    """The maps as batch norm, or the bare convolution, leaves them."""
    behind = _maps(discriminator, images)
    network = copy.deepcopy(discriminator).eval()
    with torch.no_grad():
        parts = zip(network.blocks, [images, *behind[:-1]], strict=True)
        return _joined([nn.Sequential(*list(block.children())[:-1])(maps) for block, maps in parts])


def _pooled_on_the_way(discriminator: Discriminator, images: Tensor) -> Tensor:
    network, maps, found = copy.deepcopy(discriminator).eval(), images, []
    with torch.no_grad():
        for block in network.blocks:
            maps = adaptive_max_pool2d(block(maps), SIDE)
            found.append(maps.flatten(1))
    return torch.cat(found, dim=1)


def _places_first(discriminator: Discriminator, images: Tensor) -> Tensor:
    parts = [adaptive_max_pool2d(maps, SIDE) for maps in _maps(discriminator, images)]
    return torch.cat([part.permute(0, 2, 3, 1).flatten(1) for part in parts], dim=1)


def _maps_joined_first(discriminator: Discriminator, images: Tensor) -> Tensor:
    """All layers in one stack of maps, each map's places one behind the other, but place by place."""
    parts = [adaptive_max_pool2d(maps, SIDE) for maps in _maps(discriminator, images)]
    return torch.cat(parts, dim=1).permute(0, 2, 3, 1).flatten(1)


MISTAKES = [
    Mistake(
        lambda d, x: _joined(_maps(d, x), adaptive_avg_pool2d),
        "that is the average of each field. The paper keeps the largest number: it asks whether a thing is there, "
        "not how much of it.",
    ),
    Mistake(
        lambda d, x: _joined(_maps(d, x)[::-1]),
        "the layers are in the wrong order: the block nearest to the picture comes first.",
    ),
    Mistake(
        lambda d, x: _joined(_maps(d, x)[-1:]),
        "these are the maps of the last block only. All blocks are wanted, side by side.",
    ),
    Mistake(
        lambda d, x: _joined(_maps(d, x)[:-1]),
        "the last block is missing. Only to_logit is left out.",
    ),
    Mistake(
        _with_logit,
        "the last column is the logit, D's answer to real or fake. The features end with the last block.",
    ),
    Mistake(
        lambda d, x: _joined(_maps(d, x, training=True)),
        "the network was in train mode: batch norm took mean and spread from this batch, so a picture's features hang "
        "on its neighbours. Call .eval() first.",
    ),
    Mistake(
        _before_activation,
        "you pooled before the LeakyReLU. The features are what a block gives at its end, after the activation.",
    ),
    Mistake(
        _pooled_on_the_way,
        "the pooled maps went on into the next block. Keep the whole maps for the next block, and pool a copy.",
    ),
    Mistake(
        _places_first,
        "the numbers are right, but not their order: flatten(1) of (N, maps, 4, 4) keeps each map's 16 numbers "
        "together.",
    ),
    Mistake(
        _maps_joined_first,
        "the numbers are right, but not their order: flatten each layer alone, then put the layers side by side.",
    ),
    Mistake(
        lambda d, x: _joined(_maps(d, x), side=1),
        "one number a map: where in the picture it was is lost. A 4 × 4 grid is wanted.",
    ),
    Mistake(
        lambda d, x: _joined(_maps(d, scale(x))),
        "these images are in [−1, 1] already: scaled again, they are all near −1.",
    ),
]


def _case(seed: int, size: int | tuple[int, int], channels: int, width: int) -> tuple[Discriminator, Tensor]:
    """A network whose batch norm holds other statistics than those of the batch, in train mode, and five pictures."""
    random = torch.Generator().manual_seed(seed)
    torch.manual_seed(seed)
    network = Discriminator(size, channels, width)
    for layer in network.modules():
        if isinstance(layer, nn.BatchNorm2d) and layer.running_mean is not None and layer.running_var is not None:
            layer.running_mean.copy_(0.05 * torch.randn(layer.num_features, generator=random))
            layer.running_var.copy_(0.01 + 0.05 * torch.rand(layer.num_features, generator=random))
    images = torch.rand(5, *network.image_shape, generator=random) * 2 - 1
    return network.train(), images


@exercise("1 · features from D", id="pooled", points=2)
def pooled(exercise: str, function: Callable[[Discriminator, Tensor], Tensor]) -> None:
    """Check a learner's pooled(discriminator, images) → (N, 16 · the maps of all blocks)."""

    @functools.wraps(function)
    def on_a_copy(discriminator: Discriminator, images: Tensor) -> Tensor:
        return function(copy.deepcopy(discriminator), images.clone())

    cases = [_case(1, 32, 3, 3), _case(2, 28, 1, 2), _case(3, (16, 32), 1, 4)]
    first = answer(exercise, on_a_copy, cases[0])
    if isinstance(first, Tensor) and first.requires_grad:
        fail(
            exercise,
            "your features carry their history for gradients with them: a thousand pictures would keep all their maps "
            "in memory. Compute under torch.no_grad().",
        )
    judge(
        exercise,
        on_a_copy,
        cases,
        pooled_features,
        MISTAKES,
        "the same features as the package's, for three networks, also for pictures that are not square.",
    )
