"""A network of the discriminator's layers, trained on labels: what a probe is compared with."""

import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy

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
    network: nn.Module, images: Tensor, labels: Tensor, epochs: int, seed: int, batch_size: int = 50
) -> None:
    """Train a classifier on labels, in place: cross-entropy, Adam of step size 0.001, no augmentation.

    network: pictures (N, C, H, W) in [−1, 1] → logits (N, K). images: (N, C, H, W) uint8. labels: (N,) int64.
    seed: gives the order of the pictures; the first weights are the caller's. Ends in eval mode.

    Raises:
        InvalidValue: not as many labels as pictures; epochs or batch_size below 1.
    """
    epochs, batch_size = whole_number("epochs", epochs), whole_number("batch_size", batch_size)
    if len(images) != len(labels):
        raise InvalidValue(f"There are {len(images):,} pictures and {len(labels):,} labels: give one label a picture.")
    generator = torch.Generator().manual_seed(seed_number(seed))
    optimizer = torch.optim.Adam(network.parameters(), 1e-3)
    fast = Accelerated(network, chosen_precision("auto", torch.device("cpu")), channels_last=True, compiled=False)
    network.train()
    for _ in range(epochs):
        for rows in torch.randperm(len(images), generator=generator).split(batch_size):
            optimizer.zero_grad()
            cross_entropy(fast(scale(images[rows])), labels[rows]).backward()
            optimizer.step()
    network.eval()


@torch.no_grad()
def classifier_accuracy(network: Network, images: Tensor, labels: Tensor) -> float:
    """Return the share of pictures, 0 to 1, whose largest logit is that of their label; the network as it stands.

    images: (N, C, H, W) uint8. labels: (N,) int64.
    """
    parts = zip(images.split(500), labels.split(500), strict=True)
    return sum(int((network(scale(part)).argmax(dim=1) == truth).sum()) for part, truth in parts) / len(labels)
