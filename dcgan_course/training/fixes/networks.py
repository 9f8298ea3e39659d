"""The pair of networks that a TrainConfig speaks of: the DCGAN pair, changed where a fix changes a network."""

import torch
from torch import nn
from torch.nn.modules.batchnorm import _BatchNorm
from torch.nn.utils import parametrize
from torch.nn.utils.parametrizations import spectral_norm

from dcgan_course.errors import InvalidValue
from dcgan_course.models.conditional import ConcatenatedDiscriminator, ConditionalGenerator, ProjectionDiscriminator
from dcgan_course.models.dcgan import Discriminator, Generator
from dcgan_course.models.protocols import Module
from dcgan_course.training.config import TrainConfig
from dcgan_course.training.fixes.penalties import PENALTIES
from dcgan_course.training.fixes.variety import MinibatchDeviation, Packed

AnyGenerator = Generator | ConditionalGenerator
AnyDiscriminator = Discriminator | Packed | ConcatenatedDiscriminator | ProjectionDiscriminator


def build_networks(
    config: TrainConfig,
    image_shape: tuple[int, int, int],
    width: int = 64,
    latent_dim: int = 100,
    classes: int | None = None,
) -> tuple[AnyGenerator, AnyDiscriminator]:
    """Build a generator and a discriminator as the config asks; with its defaults, `Generator` and `Discriminator`.

    Args:
        image_shape: (C, H, W) of one picture. width, latent_dim: as in `Generator`. classes: how many there are, where
            config.conditional is not "none".

    Weights are drawn from torch's global random state, G's first: seed it before. The fixes leave these weights alone.

    Raises:
        InvalidValue: a size that cannot be built, classes without a conditional config, or the other way round.
    """
    channels, height, width_of_picture = image_shape
    size = height if height == width_of_picture else (height, width_of_picture)
    if (config.conditional == "none") != (classes is None):
        raise InvalidValue(
            f"classes is {classes}, but config.conditional is {config.conditional!r}: a conditional pair needs the "
            "number of classes, another one has none."
        )
    if classes is not None:
        generator: AnyGenerator = ConditionalGenerator(classes, size, latent_dim, channels, width)
        kind = ProjectionDiscriminator if config.conditional == "projection" else ConcatenatedDiscriminator
        discriminator: AnyDiscriminator = kind(classes, size, channels, width)
    else:
        generator = Generator(size, latent_dim, channels, width)
        single = Discriminator(size, config.packing * channels, width)
        if config.minibatch_deviation:
            see_deviation(single)
        discriminator = Packed(single, image_shape, config.packing) if config.packing > 1 else single
    if not config.discriminator_norm:
        remove_batch_norm(discriminator)
    if config.spectral_norm:
        normalise_spectra(discriminator)
    return generator, discriminator


def remove_batch_norm(network: nn.Module) -> None:
    """Take batch norm out of a network of the course, in place; the convolution before it gets a bias, 0 at first."""
    for block in [part for part in network.modules() if isinstance(part, nn.Sequential)]:
        for number, layer in enumerate(block):
            if isinstance(layer, nn.BatchNorm2d):
                before = block[number - 1]
                if isinstance(before, nn.Conv2d | nn.ConvTranspose2d) and before.bias is None:
                    before.bias = nn.Parameter(before.weight.new_zeros(layer.num_features))
                block[number] = nn.Identity()


def normalise_spectra(network: nn.Module) -> None:
    """Divide the weight of each layer of a network by its largest singular value, whenever it is used; in place.

    The kernel of a convolution counts as a matrix (out, in · k · k). The singular value comes from one step of power
    iteration at every use in training mode, on a vector that is kept from use to use.

    Source: Miyato et al. 2018, equation 8 and algorithm 1; torch.nn.utils.parametrizations.spectral_norm.
    """
    for layer in list(network.modules()):
        if isinstance(layer, nn.Conv2d | nn.Linear):
            spectral_norm(layer)


def see_deviation(discriminator: Discriminator) -> None:
    """Give D's last layer one more map, `MinibatchDeviation`, in place. Its new weights are drawn from N(0, 0.02)."""
    last = discriminator.to_logit
    wider = nn.Conv2d(last.in_channels + 1, 1, last.kernel_size, bias=False)  # type: ignore[arg-type]  # a pair
    with torch.no_grad():
        wider.weight.normal_(0.0, 0.02)[:, :-1] = last.weight
    discriminator.to_logit = nn.Sequential(MinibatchDeviation(), wider)  # type: ignore[assignment]  # is called alike


def refuse_other_networks(generator: Module, discriminator: Module, config: TrainConfig) -> None:
    """Raise InvalidValue for a pair that is not the one that the config speaks of, before any work is done."""
    parts: list[nn.Module] = list(discriminator.modules())
    has_batch_norm = any(isinstance(part, _BatchNorm) for part in parts)
    if config.penalty in PENALTIES and has_batch_norm:
        raise InvalidValue(
            f"penalty is {config.penalty!r}, which asks for the slope of D at each picture, but this D has batch norm: "
            "its answer to one picture depends on the others. Build D with discriminator_norm=False "
            "(--no-discriminator-norm)."
        )
    told = [getattr(network, "classes", None) for network in (generator, discriminator)]
    asked_and_found = {
        "spectral_norm": (config.spectral_norm, any(parametrize.is_parametrized(part) for part in parts)),
        "minibatch_deviation": (config.minibatch_deviation, any(isinstance(p, MinibatchDeviation) for p in parts)),
        "packing": (config.packing, getattr(discriminator, "pack", 1)),
        "discriminator_norm": (config.discriminator_norm or has_batch_norm, config.discriminator_norm),
        "conditional": (config.conditional != "none", None not in told),
    }
    for name, (asked, found) in asked_and_found.items():
        if asked != found and getattr(config, name) != type(config).__dataclass_fields__[name].default:
            raise InvalidValue(
                f"{name} is {getattr(config, name)!r}, but these networks are built otherwise: build them with "
                "training.fixes.networks.build_networks(config, …)."
            )
    if told != [None, None] and config.conditional == "none":
        raise InvalidValue(
            "A network takes labels, but config.conditional is 'none': set it to how D is told, concatenated or "
            "projection."
        )
