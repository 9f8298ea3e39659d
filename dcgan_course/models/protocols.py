"""What the course asks of a network. Nothing has to inherit from these: a network that offers the same fits.

`nn.Module` answers for every attribute with "a tensor or a module", so a type checker learns from it neither that
`latent_dim` is a number nor that `blocks` has an order. A function that needs them takes one of these.
"""

from collections.abc import Iterator, Mapping
from typing import Any, Protocol, Self, overload

import torch
from torch import Tensor, nn


class Module(Protocol):
    """What every nn.Module offers, whatever it is called with."""

    training: bool

    def parameters(self) -> Iterator[nn.Parameter]: ...
    def buffers(self) -> Iterator[Tensor]: ...
    def modules(self) -> Iterator[nn.Module]: ...
    def train(self, mode: bool = True) -> Self: ...
    def eval(self) -> Self: ...
    def requires_grad_(self, requires_grad: bool = True) -> Self: ...
    @overload
    def to(self, device: torch.device | str, /) -> Self: ...
    @overload
    def to(self, *, memory_format: torch.memory_format) -> Self: ...
    def state_dict(self) -> dict[str, Any]: ...
    def load_state_dict(self, state_dict: Mapping[str, Any]) -> object: ...


class Network(Module, Protocol):
    """What every nn.Module from one tensor to one tensor offers."""

    def __call__(self, x: Tensor, /) -> Tensor: ...


class FeatureNetwork(Network, Protocol):
    """A classifier that shows what it sees: pictures (N, C, H, W) → logits; `features` → (N, F)."""

    def features(self, images: Tensor) -> Tensor: ...


class LatentGenerator(Network, Protocol):
    """A generator: z (N, latent_dim) → pictures (N, C, H, W) in [−1, 1], where (C, H, W) is `image_shape`."""

    latent_dim: int
    image_shape: tuple[int, int, int]


class BlockGenerator(LatentGenerator, Protocol):
    """A generator that can be cut: z (N, latent_dim, 1, 1) goes through `blocks`, `to_picture` and a tanh."""

    blocks: nn.Sequential
    to_picture: nn.ConvTranspose2d


class BlockDiscriminator(Network, Protocol):
    """A network for pictures (N, C, H, W) that can be cut: the first of its `blocks` is the nearest to the picture."""

    image_shape: tuple[int, int, int]
    blocks: nn.Sequential


class AskedGenerator(Module, Protocol):
    """A conditional generator: z (N, latent_dim) and labels (N,), from 0 to `classes` − 1 → pictures (N, C, H, W)."""

    classes: int
    latent_dim: int
    image_shape: tuple[int, int, int]

    def __call__(self, z: Tensor, labels: Tensor, /) -> Tensor: ...


class ToldDiscriminator(Module, Protocol):
    """A conditional discriminator: pictures (N, C, H, W) and labels (N,), from 0 to `classes` − 1 → logits (N,)."""

    classes: int
    image_shape: tuple[int, int, int]

    def __call__(self, images: Tensor, labels: Tensor, /) -> Tensor: ...
