"""A network of the discriminator's layers, trained on labels: what a probe is compared with."""

import math

import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy, pad

from dcgan_course.convolution.arithmetic import Size
from dcgan_course.data.pixels import scale
from dcgan_course.errors import InvalidValue, seed_number, whole_number
from dcgan_course.models.dcgan import Discriminator
from dcgan_course.models.protocols import Network
from dcgan_course.training.acceleration import Accelerated, chosen_precision


class SupervisedNetwork(nn.Module):
    """The convolution layers of a DCGAN discriminator with ten answers in place of one.

    Args: image_size, channels, width: as in `models.Discriminator`. classes: answers.

    forward: pictures (N, channels, H, W) in [−1, 1] → logits (N, classes).
    """

    def __init__(self, image_size: Size = 32, channels: int = 3, width: int = 64, classes: int = 10) -> None:
        super().__init__()
        discriminator = Discriminator(image_size, channels, width)
        last = discriminator.to_logit
        self.image_shape = discriminator.image_shape
        self.blocks = discriminator.blocks
        height, width = last.kernel_size
        self.to_logits = nn.Conv2d(last.in_channels, whole_number("classes", classes), (height, width), bias=True)

    def forward(self, images: Tensor) -> Tensor:
        return self.to_logits(self.blocks(images)).flatten(1)


def train_supervised(
    network: nn.Module,
    images: Tensor,
    labels: Tensor,
    epochs: int,
    seed: int,
    batch_size: int = 50,
    *,
    shift: int = 0,
    flip: bool = False,
    falling: bool = False,
) -> None:
    """Train a classifier on labels, in place: cross-entropy, Adam of step size 0.001.

    Args:
        network: pictures (N, C, H, W) in [−1, 1] → logits (N, K), on any device.
        images: (N, C, H, W) uint8. labels: (N,) int64.
        seed: gives the order of the pictures and how they are changed; the first weights are the caller's.
        shift: each time a picture is shown it is moved by up to so many pixels each way, black comes in. flip: and
            mirrored half of the times. falling: the step size falls to 0 along half a cosine.

    Ends in eval mode.

    Raises:
        InvalidValue: not as many labels as pictures; epochs or batch_size below 1; a shift below 0.
    """
    epochs, batch_size = whole_number("epochs", epochs), whole_number("batch_size", batch_size)
    shift = whole_number("shift", shift, 0)
    if len(images) != len(labels):
        raise InvalidValue(f"There are {len(images):,} pictures and {len(labels):,} labels: give one label a picture.")
    generator, device = torch.Generator().manual_seed(seed_number(seed)), next(network.parameters()).device
    optimizer = torch.optim.Adam(network.parameters(), 1e-3)
    fast = Accelerated(network, chosen_precision("auto", device), channels_last=True, compiled=False)
    steps, step = epochs * -(-len(images) // batch_size), 0
    network.train()
    for _ in range(epochs):
        for rows in torch.randperm(len(images), generator=generator).split(batch_size):
            if falling:
                optimizer.param_groups[0]["lr"] = 1e-3 * 0.5 * (1 + math.cos(math.pi * step / steps))
            shown = changed(images[rows], shift, flip, generator)
            optimizer.zero_grad()
            cross_entropy(fast(scale(shown.to(device))), labels[rows].to(device)).backward()
            optimizer.step()
            step += 1
    network.eval()


def changed(images: Tensor, shift: int, flip: bool, generator: torch.Generator) -> Tensor:
    """Return pictures (N, C, H, W) uint8, each moved by up to `shift` pixels each way and, if asked, mirrored or not.

    What comes in at the border is black. generator: of the moves. Without shift and flip nothing is drawn from it.
    """
    if flip:
        mirrored = torch.rand(len(images), generator=generator) < 0.5
        images = torch.where(mirrored[:, None, None, None], images.flip(3), images)
    if shift == 0:
        return images
    count, _, height, width = images.shape
    padded = pad(images, [shift] * 4)
    corners = torch.randint(2 * shift + 1, (2, count, 1), generator=generator)
    rows = (corners[0] + torch.arange(height))[:, None, :, None]
    columns = (corners[1] + torch.arange(width))[:, None, None, :]
    picture = torch.arange(count)[:, None, None, None]
    channel = torch.arange(images.shape[1])[None, :, None, None]
    return padded[picture, channel, rows, columns]


@torch.no_grad()
def classifier_accuracy(network: Network, images: Tensor, labels: Tensor) -> float:
    """Return the share of pictures, 0 to 1, whose largest logit is that of their label; the network as it stands.

    images: (N, C, H, W) uint8. labels: (N,) int64.
    """
    device = next(network.parameters()).device
    parts = zip(images.split(500), labels.split(500), strict=True)
    right = ((network(scale(part.to(device))).argmax(dim=1).cpu() == truth).sum() for part, truth in parts)
    return sum(map(int, right)) / len(labels)
