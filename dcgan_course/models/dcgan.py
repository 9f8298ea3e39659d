"""The networks of the course. Pictures are (N, C, H, W) in [−1, 1]; discriminators answer with logits (N,)."""

from torch import Tensor, nn

from dcgan_course.convolution.arithmetic import Size
from dcgan_course.convolution.ladders import UpsamplingPlan, plan_upsampling
from dcgan_course.errors import InvalidValue, pair_of_sides, whole_number
from dcgan_course.models.protocols import Network

SMALLEST, WIDEST = 8, 16  # pixels a side; the largest multiple of `width` that a layer gets


def up(
    in_channels: int,
    out_channels: int,
    kernel_size: Size = 4,
    stride: Size = 2,
    padding: Size = 1,
    output_padding: Size = 0,
) -> nn.Sequential:
    """Return the block that makes a picture larger: transposed convolution, batch norm, ReLU.

    forward: (N, in_channels, H, W) → (N, out_channels, 2H, 2W) with the standard settings; else the size that
    `arithmetic.conv_transpose_output_size` gives. The convolution has no bias: batch norm would take it off again.

    Source: Radford et al. 2015, the guidelines of section 3.
    """
    return nn.Sequential(
        nn.ConvTranspose2d(in_channels, out_channels, kernel_size, stride, padding, output_padding, bias=False),
        nn.BatchNorm2d(out_channels),
        nn.ReLU(),
    )


def down(
    in_channels: int, out_channels: int, kernel_size: Size = 4, stride: Size = 2, padding: Size = 1
) -> nn.Sequential:
    """Return the block that makes a picture smaller: strided convolution, batch norm, LeakyReLU with slope 0.2.

    forward: (N, in_channels, 2H, 2W) → (N, out_channels, H, W) with the standard settings; else the size that
    `arithmetic.conv_output_size` gives.

    Source: Radford et al. 2015, the guidelines of section 3.
    """
    return nn.Sequential(
        nn.Conv2d(in_channels, out_channels, kernel_size, stride, padding, bias=False),
        nn.BatchNorm2d(out_channels),
        nn.LeakyReLU(0.2),
    )


class Generator(nn.Module):
    """The DCGAN generator: z becomes a small stack of maps, then doubles until it is a picture.

    Args:
        image_size: pixels of a side, or a pair (height, width); each at least 8. The layers are those that
            `arithmetic.plan_upsampling` gives: 4 → 8 → 16 → 32 → 64, or 7 → 14 → 28.
        latent_dim: length of z. channels: 1 for grey pictures, 3 for colour.
        width: maps of the last hidden layer. Each layer before it has twice as many, up to 16 · width.

    forward: z (N, latent_dim), from N(0, 1) → pictures (N, channels, H, W) in [−1, 1].

    Raises:
        InvalidValue: a size that cannot be built, with the nearest that can; another number that is below 1.

    Source: Radford et al. 2015, figure 1; with image_size=64, width=64 it is the generator of the DCGAN example in
    pytorch/examples: 3,576,704 parameters with 3 channels.
    """

    def __init__(self, image_size: Size = 32, latent_dim: int = 100, channels: int = 3, width: int = 64) -> None:
        super().__init__()
        plan = _plan(image_size)
        latent_dim, channels = whole_number("latent_dim", latent_dim), whole_number("channels", channels)
        widths = _widths(plan, whole_number("width", width))
        self.image_shape = (channels, *pair_of_sides("image_size", image_size))
        self.latent_dim = latent_dim
        self.blocks = nn.Sequential(up(latent_dim, widths[0], plan.start_size, 1, 0))
        for layer, before, after in zip(plan.layers[:-1], widths[:-1], widths[1:], strict=True):
            self.blocks.append(up(before, after, layer.kernel_size, layer.stride, layer.padding, layer.output_padding))
        last = plan.layers[-1]
        self.to_picture = nn.ConvTranspose2d(
            widths[-1], channels, last.kernel_size, last.stride, last.padding, last.output_padding, bias=False
        )
        init_weights(self)

    def forward(self, z: Tensor) -> Tensor:
        maps = self.blocks(z[:, :, None, None])  # (N, width, H/2, W/2)
        return self.to_picture(maps).tanh()


class Discriminator(nn.Module):
    """The DCGAN discriminator, the generator's mirror: a picture halves until one number is left.

    Args:
        image_size, channels, width: as in `Generator`; width is that of the first layer.

    forward: pictures (N, channels, H, W) in [−1, 1] → logits (N,); sigmoid(logit) is D(x), the chance that x is real.

    Raises:
        InvalidValue: a size that cannot be built, or a number below 1. forward: pictures of another shape, which would
            give several answers a picture, or none.

    Source: Radford et al. 2015, section 3. The first layer has no batch norm, neither has the last.
    """

    def __init__(self, image_size: Size = 32, channels: int = 3, width: int = 64) -> None:
        super().__init__()
        plan = _plan(image_size)
        channels = whole_number("channels", channels)
        widths = _widths(plan, whole_number("width", width))[::-1]
        layers = plan.layers[::-1]
        self.image_shape = (channels, *pair_of_sides("image_size", image_size))
        first = layers[0]
        self.blocks = nn.Sequential(
            nn.Sequential(
                nn.Conv2d(channels, widths[0], first.kernel_size, first.stride, first.padding, bias=False),
                nn.LeakyReLU(0.2),
            )
        )
        for layer, before, after in zip(layers[1:], widths[:-1], widths[1:], strict=True):
            self.blocks.append(down(before, after, layer.kernel_size, layer.stride, layer.padding))
        self.to_logit = nn.Conv2d(widths[-1], 1, plan.start_size, bias=False)
        init_weights(self)

    def forward(self, images: Tensor) -> Tensor:
        refuse_other_pictures(images, self.image_shape)
        maps = self.blocks(images)  # (N, widest, h, w), h and w the generator's start
        return self.to_logit(maps).flatten()


def refuse_other_pictures(images: Tensor, image_shape: tuple[int, ...]) -> None:
    """Raise InvalidValue for pictures of another shape (C, H, W) than a discriminator was built for."""
    if tuple(images.shape[1:]) != image_shape:
        raise InvalidValue(
            f"The pictures are {tuple(images.shape[1:])}, but this discriminator was built for "
            f"{image_shape}: build it with their size, or resize them."
        )


def init_weights(network: Network, std: float = 0.02) -> None:
    """Set convolution weights to N(0, std), batch-norm scales to N(1, std) and all biases to 0, in place.

    Source: Radford et al. 2015, section 4 (0.02); the batch-norm rule is that of the program the authors published.
    """
    for layer in network.modules():
        if isinstance(layer, (nn.Conv2d, nn.ConvTranspose2d, nn.Linear)):
            nn.init.normal_(layer.weight, 0.0, std)
        elif isinstance(layer, nn.BatchNorm2d):
            nn.init.normal_(layer.weight, 1.0, std)
        else:
            continue
        if layer.bias is not None:
            nn.init.zeros_(layer.bias)


def _plan(image_size: Size) -> UpsamplingPlan:
    """Return the planner's ladder with at least one doubling, or refuse with the nearest size that has one."""
    plan = plan_upsampling(image_size)  # refuses what is no size at all
    sides = pair_of_sides("image_size", image_size)
    if min(sides) < SMALLEST:
        nearest = tuple(max(side, SMALLEST) for side in sides)
        shown = nearest if isinstance(image_size, (tuple, list)) else nearest[0]
        raise InvalidValue(
            f"image_size is {image_size}, but a DCGAN doubles at least once from 4 pixels a side: "
            f"the nearest size that can be built is {shown}."
        )
    return plan


def _widths(plan: UpsamplingPlan, width: int) -> list[int]:
    """Return the maps of each hidden layer of the generator, the widest first."""
    return [width * min(2**power, WIDEST) for power in reversed(range(len(plan.layers)))]


def count_parameters(network: Network) -> int:
    """Return how many numbers training can change in a network."""
    return sum(parameter.numel() for parameter in network.parameters() if parameter.requires_grad)
