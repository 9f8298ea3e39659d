"""The two networks of lesson 04: generator and discriminator of linear layers alone."""

import math
from collections.abc import Sequence

from torch import Tensor, nn

from dcgan_course.errors import InvalidValue, whole_number
from dcgan_course.models.protocols import Network


class MLPGenerator(nn.Module):
    """Three linear layers from z to a picture: 100 → 256 → 256 → 784 for MNIST.

    Args:
        image_shape: (C, H, W) of one picture. latent_dim: length of z. hidden_dim: width of the two hidden layers.
        dropout: share of hidden units switched off in training.

    Raises:
        InvalidValue: a size that is no whole number of at least 1.

    forward: z (N, latent_dim), from N(0, 1) → pictures (N, C, H, W) in [−1, 1].
    """

    def __init__(
        self,
        image_shape: Sequence[int] = (1, 28, 28),
        latent_dim: int = 100,
        hidden_dim: int = 256,
        dropout: float = 0.1,
    ) -> None:
        super().__init__()
        hidden_dim = whole_number("hidden_dim", hidden_dim)
        self.image_shape = _shape(image_shape)
        self.latent_dim = whole_number("latent_dim", latent_dim)
        self.layers = nn.Sequential(
            nn.Linear(self.latent_dim, hidden_dim),
            nn.ReLU(),
            nn.Dropout(dropout),
            nn.Linear(hidden_dim, hidden_dim),
            nn.ReLU(),
            nn.Dropout(dropout),
            nn.Linear(hidden_dim, math.prod(self.image_shape)),
            nn.Tanh(),
        )
        init_mlp_weights(self)

    def forward(self, z: Tensor) -> Tensor:
        return self.layers(z).view(-1, *self.image_shape)


class MLPDiscriminator(nn.Module):
    """Three linear layers from a picture to one logit: 784 → 256 → 256 → 1 for MNIST.

    Args:
        image_shape: (C, H, W) of one picture. hidden_dim: width of the two hidden layers.
        dropout: share of hidden units switched off in training.

    Raises:
        InvalidValue: as in `MLPGenerator`.

    forward: pictures (N, C, H, W) in [−1, 1] → logits (N,); sigmoid(logit) is D(x), the chance that x is real.
    """

    def __init__(self, image_shape: Sequence[int] = (1, 28, 28), hidden_dim: int = 256, dropout: float = 0.1) -> None:
        super().__init__()
        hidden_dim = whole_number("hidden_dim", hidden_dim)
        self.image_shape = _shape(image_shape)
        self.layers = nn.Sequential(
            nn.Flatten(),
            nn.Linear(math.prod(self.image_shape), hidden_dim),
            nn.LeakyReLU(0.2),
            nn.Dropout(dropout),
            nn.Linear(hidden_dim, hidden_dim),
            nn.LeakyReLU(0.2),
            nn.Dropout(dropout),
            nn.Linear(hidden_dim, 1),
        )
        init_mlp_weights(self)

    def forward(self, images: Tensor) -> Tensor:
        return self.layers(images).squeeze(1)


def init_mlp_weights(network: Network) -> None:
    """Set every linear layer's weights by Xavier's normal rule and its biases uniformly in [0.1, 0.2], in place.

    Source of the rule: Glorot and Bengio 2010, equation 12, in its normal form.
    """
    for layer in network.modules():
        if isinstance(layer, nn.Linear):
            nn.init.xavier_normal_(layer.weight)
            nn.init.uniform_(layer.bias, 0.1, 0.2)


def _shape(image_shape: Sequence[int]) -> tuple[int, int, int]:
    if len(image_shape) != 3:
        raise InvalidValue(f"image_shape is {tuple(image_shape)}, but it must be (C, H, W), three whole numbers.")
    channels, height, width = (whole_number("a number of image_shape", size) for size in image_shape)
    return channels, height, width
