"""The guidelines of the DCGAN paper, each switched off in turn: pairs of networks for 28×28 grey pictures.

Each function of `VARIANTS` returns a generator and a discriminator that differ from `full_recipe` in one thing. All
take z (N, 100), draw pictures in [−1, 1] and answer with logits (N,), so `train` trains any of them. `width` is the
number of maps of the last hidden layer of G and of the first of D; what is no whole number of at least 1 raises
InvalidValue.
"""

from collections.abc import Callable
from typing import TypeVar

from torch import Tensor, nn

from dcgan_course.errors import whole_number
from dcgan_course.models.dcgan import Discriminator, Generator, down, init_weights, up

LATENT_DIM, IMAGE_SHAPE = 100, (1, 28, 28)
AnyNetwork = TypeVar("AnyNetwork", bound=nn.Module)


class LayeredGenerator(nn.Sequential):
    """A generator that is its layers, one after the other: for the ablations and the named DCGANs.

    Args:
        latent_dim: length of z. image_shape: (C, H, W) of one picture. layers: as for nn.Sequential.

    forward: z (N, latent_dim) → pictures (N, C, H, W).
    """

    def __init__(self, latent_dim: int, image_shape: tuple[int, int, int], *layers: nn.Module) -> None:
        super().__init__(*layers)
        self.latent_dim = latent_dim
        self.image_shape = image_shape


Pair = tuple[Generator | LayeredGenerator, nn.Module]


class InUnitRange(nn.Module):
    """A discriminator that moves pictures from [−1, 1] to [0, 1] before its layers see them."""

    def __init__(self, layers: nn.Module) -> None:
        super().__init__()
        self.layers = layers

    def forward(self, images: Tensor) -> Tensor:
        return self.layers((images + 1) / 2)


class Stretch(nn.Module):
    """Moves pictures from [0, 1] to [−1, 1], where everything outside of the networks expects them."""

    def forward(self, pictures: Tensor) -> Tensor:
        return 2 * pictures - 1


def full_recipe(width: int = 16) -> Pair:
    """Return the pair that follows all guidelines: 100 → 2w@7 → w@14 → 1@28 and 1@28 → w@14 → 2w@7 → a logit."""
    return Generator(28, LATENT_DIM, 1, width), Discriminator(28, 1, width)


def without_batch_norm(width: int = 16) -> Pair:
    """Return the pair without batch norm; its hidden convolutions have a bias instead."""
    width = whole_number("width", width)
    generator = LayeredGenerator(
        LATENT_DIM,
        IMAGE_SHAPE,
        nn.Unflatten(1, (LATENT_DIM, 1, 1)),
        nn.ConvTranspose2d(LATENT_DIM, 2 * width, 7),  # (N, 2w, 7, 7)
        nn.ReLU(),
        nn.ConvTranspose2d(2 * width, width, 4, 2, 1),  # (N, w, 14, 14)
        nn.ReLU(),
        nn.ConvTranspose2d(width, 1, 4, 2, 1, bias=False),  # (N, 1, 28, 28)
        nn.Tanh(),
    )
    discriminator = nn.Sequential(
        nn.Conv2d(1, width, 4, 2, 1, bias=False),  # (N, w, 14, 14)
        nn.LeakyReLU(0.2),
        nn.Conv2d(width, 2 * width, 4, 2, 1),  # (N, 2w, 7, 7)
        nn.LeakyReLU(0.2),
        nn.Conv2d(2 * width, 1, 7, bias=False),
        nn.Flatten(0),
    )
    return _with_first_weights(generator, discriminator)


def with_pooling(width: int = 16) -> Pair:
    """Return the pair whose convolutions keep the size (3×3, stride 1): max pooling halves, upsampling doubles."""
    width = whole_number("width", width)
    generator = LayeredGenerator(
        LATENT_DIM,
        IMAGE_SHAPE,
        nn.Unflatten(1, (LATENT_DIM, 1, 1)),
        up(LATENT_DIM, 2 * width, 7, 1, 0),  # (N, 2w, 7, 7)
        nn.Upsample(scale_factor=2),
        nn.Conv2d(2 * width, width, 3, padding=1, bias=False),  # (N, w, 14, 14)
        nn.BatchNorm2d(width),
        nn.ReLU(),
        nn.Upsample(scale_factor=2),
        nn.Conv2d(width, 1, 3, padding=1, bias=False),  # (N, 1, 28, 28)
        nn.Tanh(),
    )
    discriminator = nn.Sequential(
        nn.Conv2d(1, width, 3, padding=1, bias=False),
        nn.MaxPool2d(2),  # (N, w, 14, 14)
        nn.LeakyReLU(0.2),
        nn.Conv2d(width, 2 * width, 3, padding=1, bias=False),
        nn.MaxPool2d(2),  # (N, 2w, 7, 7)
        nn.BatchNorm2d(2 * width),
        nn.LeakyReLU(0.2),
        nn.Conv2d(2 * width, 1, 7, bias=False),
        nn.Flatten(0),
    )
    return _with_first_weights(generator, discriminator)


def with_hidden_linear_layers(width: int = 16) -> Pair:
    """Return the pair with a fully connected hidden layer of 256 units between the vector and the maps, in both."""
    width = whole_number("width", width)
    generator = LayeredGenerator(
        LATENT_DIM,
        IMAGE_SHAPE,
        nn.Linear(LATENT_DIM, 256, bias=False),
        nn.BatchNorm1d(256),
        nn.ReLU(),
        nn.Linear(256, 2 * width * 7 * 7, bias=False),
        nn.Unflatten(1, (2 * width, 7, 7)),
        nn.BatchNorm2d(2 * width),
        nn.ReLU(),
        up(2 * width, width),  # (N, w, 14, 14)
        nn.ConvTranspose2d(width, 1, 4, 2, 1, bias=False),  # (N, 1, 28, 28)
        nn.Tanh(),
    )
    discriminator = nn.Sequential(
        nn.Conv2d(1, width, 4, 2, 1, bias=False),  # (N, w, 14, 14)
        nn.LeakyReLU(0.2),
        down(width, 2 * width),  # (N, 2w, 7, 7)
        nn.Flatten(),
        nn.Linear(2 * width * 7 * 7, 256, bias=False),
        nn.BatchNorm1d(256),
        nn.LeakyReLU(0.2),
        nn.Linear(256, 1, bias=False),
        nn.Flatten(0),
    )
    return _with_first_weights(generator, discriminator)


def with_average_pooling(width: int = 16) -> Pair:
    """Return the pair whose D takes the mean of each map before its last layer, which then has one weight a map."""
    width = whole_number("width", width)
    generator, _ = full_recipe(width)
    discriminator = nn.Sequential(
        nn.Conv2d(1, width, 4, 2, 1, bias=False),  # (N, w, 14, 14)
        nn.LeakyReLU(0.2),
        down(width, 2 * width),  # (N, 2w, 7, 7)
        nn.AdaptiveAvgPool2d(1),
        nn.Conv2d(2 * width, 1, 1, bias=False),
        nn.Flatten(0),
    )
    return _with_first_weights(generator, discriminator)


def with_tanh_in_generator(width: int = 16) -> Pair:
    """Return the pair whose generator has tanh in its hidden layers, in the place of ReLU."""
    generator, discriminator = full_recipe(width)
    return _with_activation(generator, nn.ReLU, nn.Tanh()), discriminator


def with_tanh_in_generator_and_small_eps(width: int = 16) -> Pair:
    """Return the pair with tanh in G's hidden layers whose discriminator's batch norm has an eps of 1e-12."""
    generator, discriminator = with_tanh_in_generator(width)
    for layer in discriminator.modules():
        if isinstance(layer, nn.BatchNorm2d):
            layer.eps = 1e-12
    return generator, discriminator


def with_relu_in_discriminator(width: int = 16) -> Pair:
    """Return the pair whose discriminator has ReLU in the place of LeakyReLU."""
    generator, discriminator = full_recipe(width)
    return generator, _with_activation(discriminator, nn.LeakyReLU, nn.ReLU())


def with_sigmoid_at_the_end(width: int = 16) -> Pair:
    """Return the pair that works with pictures in [0, 1]: a sigmoid ends G, and D sees pictures in that range."""
    width = whole_number("width", width)
    generator = LayeredGenerator(
        LATENT_DIM,
        IMAGE_SHAPE,
        nn.Unflatten(1, (LATENT_DIM, 1, 1)),
        up(LATENT_DIM, 2 * width, 7, 1, 0),  # (N, 2w, 7, 7)
        up(2 * width, width),  # (N, w, 14, 14)
        nn.ConvTranspose2d(width, 1, 4, 2, 1, bias=False),  # (N, 1, 28, 28)
        nn.Sigmoid(),
        Stretch(),
    )
    discriminator = InUnitRange(Discriminator(28, 1, width))
    return _with_first_weights(generator, discriminator)


def with_large_first_weights(width: int = 16) -> Pair:
    """Return the full recipe with first weights ten times as large: N(0, 0.2)."""
    return _with_first_weights(*full_recipe(width), std=0.2)


def with_small_first_weights(width: int = 16) -> Pair:
    """Return the full recipe with first weights ten times as small: N(0, 0.002)."""
    return _with_first_weights(*full_recipe(width), std=0.002)


VARIANTS: dict[str, Callable[[int], Pair]] = {
    "full recipe": full_recipe,
    "no batch norm": without_batch_norm,
    "pooling and upsampling": with_pooling,
    "fully connected hidden layers": with_hidden_linear_layers,
    "tanh in G's hidden layers": with_tanh_in_generator,
    "ReLU in D": with_relu_in_discriminator,
    "sigmoid, pictures in [0, 1]": with_sigmoid_at_the_end,
    "first weights N(0, 0.2)": with_large_first_weights,
    "first weights N(0, 0.002)": with_small_first_weights,
    "average pooling at D's end": with_average_pooling,
    "tanh in G, eps 1e-12 in D": with_tanh_in_generator_and_small_eps,
}


def _with_first_weights(generator: Generator | LayeredGenerator, discriminator: nn.Module, std: float = 0.02) -> Pair:
    """Draw convolution and linear weights from N(0, std), scales of batch norm from N(1, 0.02), biases 0."""
    for network in (generator, discriminator):
        init_weights(network, std)
        for layer in network.modules():
            if isinstance(layer, (nn.BatchNorm1d, nn.BatchNorm2d)):
                nn.init.normal_(layer.weight, 1.0, 0.02)
    return generator, discriminator


def _with_activation(network: AnyNetwork, old: type[nn.Module], new: nn.Module) -> AnyNetwork:
    """Put `new` in the place of every hidden activation of type `old`, in place."""
    for parent in list(network.modules()):
        for name, child in list(parent.named_children()):
            if isinstance(child, old):
                setattr(parent, name, new)
    return network
