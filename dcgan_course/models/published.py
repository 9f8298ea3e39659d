"""Four pairs of networks that other people's texts call a DCGAN, written out layer by layer.

They are the DCGANs of the three sources that lesson 06 compares: a post's program for CIFAR-10, a lecture's for MNIST,
and a study note on two Keras programs. Each function returns a generator and a discriminator; all discriminators answer
with logits (N,), also where the source ends in a sigmoid: the loss puts it in (lesson 04).
"""

from collections.abc import Callable

from torch import nn

from dcgan_course.models.ablations import LayeredGenerator, Pair
from dcgan_course.models.dcgan import Discriminator, Generator


def post_cifar10_64() -> Pair:
    """Return the post's pair for 64×64 colour pictures: 100 → 512@4 → 256@8 → 128@16 → 64@32 → 3@64, and its mirror.

    It is, layer for layer, the DCGAN example of pytorch/examples, and the course's own pair for 64 pixels.
    """
    return Generator(64), Discriminator(64)


def lecture_mnist_28() -> Pair:
    """Return the lecture's pair for MNIST: no padding at all, z of 10 numbers, 1 → 3 → 6 → 13 → 28 and 28 → 13 → 5 → 1.

    Kernels and strides are those with which its generator reaches 28; with kernel 4 in every block it makes 34. The
    source says no more than that: batch norm in every block but the last, and biases, are the course's reading.
    """
    hidden = 64
    generator = LayeredGenerator(
        10,
        (1, 28, 28),
        nn.Unflatten(1, (10, 1, 1)),
        nn.ConvTranspose2d(10, 4 * hidden, 3, 2),  # (N, 256, 3, 3)
        nn.BatchNorm2d(4 * hidden),
        nn.ReLU(),
        nn.ConvTranspose2d(4 * hidden, 2 * hidden, 4, 1),  # (N, 128, 6, 6)
        nn.BatchNorm2d(2 * hidden),
        nn.ReLU(),
        nn.ConvTranspose2d(2 * hidden, hidden, 3, 2),  # (N, 64, 13, 13)
        nn.BatchNorm2d(hidden),
        nn.ReLU(),
        nn.ConvTranspose2d(hidden, 1, 4, 2),  # (N, 1, 28, 28)
        nn.Tanh(),
    )
    discriminator = nn.Sequential(
        nn.Conv2d(1, 16, 4, 2),  # (N, 16, 13, 13)
        nn.BatchNorm2d(16),
        nn.LeakyReLU(0.2),
        nn.Conv2d(16, 32, 4, 2),  # (N, 32, 5, 5)
        nn.BatchNorm2d(32),
        nn.LeakyReLU(0.2),
        nn.Conv2d(32, 1, 4, 2),  # (N, 1, 1, 1)
        nn.Flatten(0),
    )
    return generator, discriminator


def study_note_mnist_28() -> Pair:
    """Return the study note's pair for MNIST: dense, reshape, then twice upsampling and convolution; no transposed one.

    The note gives the kinds of layers; the widths 128 and 64 (G), 32 to 256 (D) and the 3×3 kernels are the course's.
    """
    generator = LayeredGenerator(
        100,
        (1, 28, 28),
        nn.Linear(100, 128 * 7 * 7),
        nn.Unflatten(1, (128, 7, 7)),
        nn.ReLU(),
        nn.Upsample(scale_factor=2),  # (N, 128, 14, 14)
        nn.Conv2d(128, 128, 3, padding=1),
        nn.BatchNorm2d(128),
        nn.ReLU(),
        nn.Upsample(scale_factor=2),  # (N, 128, 28, 28)
        nn.Conv2d(128, 64, 3, padding=1),
        nn.BatchNorm2d(64),
        nn.ReLU(),
        nn.Conv2d(64, 1, 3, padding=1),  # (N, 1, 28, 28)
        nn.Tanh(),
    )
    discriminator = nn.Sequential(
        nn.Conv2d(1, 32, 3, 2, 1),  # (N, 32, 14, 14)
        nn.LeakyReLU(0.2),
        nn.Conv2d(32, 64, 3, 2, 1),  # (N, 64, 7, 7)
        nn.BatchNorm2d(64),
        nn.LeakyReLU(0.2),
        nn.Conv2d(64, 128, 3, 2, 1),  # (N, 128, 4, 4)
        nn.BatchNorm2d(128),
        nn.LeakyReLU(0.2),
        nn.Conv2d(128, 256, 3, 2, 1),  # (N, 256, 2, 2)
        nn.BatchNorm2d(256),
        nn.LeakyReLU(0.2),
        nn.Flatten(),
        nn.Linear(256 * 2 * 2, 1),
        nn.Flatten(0),
    )
    return generator, discriminator


def study_note_cifar10_32() -> Pair:
    """Return the study note's pair for 32×32 colour pictures: dense to 2048@2×2, then four transposed convolutions.

    The widths are twice the paper's, and G has LeakyReLU where the paper has ReLU. The 5×5 kernels are the paper's; the
    note does not give any. "Same" padding at stride 2 is padding 2 with output_padding 1 here.
    """
    generator = LayeredGenerator(
        100,
        (3, 32, 32),
        nn.Linear(100, 2048 * 2 * 2),
        nn.Unflatten(1, (2048, 2, 2)),
        nn.BatchNorm2d(2048),
        nn.LeakyReLU(0.2),
        nn.ConvTranspose2d(2048, 1024, 5, 2, 2, 1),  # (N, 1024, 4, 4)
        nn.BatchNorm2d(1024),
        nn.LeakyReLU(0.2),
        nn.ConvTranspose2d(1024, 512, 5, 2, 2, 1),  # (N, 512, 8, 8)
        nn.BatchNorm2d(512),
        nn.LeakyReLU(0.2),
        nn.ConvTranspose2d(512, 256, 5, 2, 2, 1),  # (N, 256, 16, 16)
        nn.BatchNorm2d(256),
        nn.LeakyReLU(0.2),
        nn.ConvTranspose2d(256, 3, 5, 2, 2, 1),  # (N, 3, 32, 32)
        nn.Tanh(),
    )
    discriminator = nn.Sequential(
        nn.Conv2d(3, 64, 5, 2, 2),  # (N, 64, 16, 16)
        nn.LeakyReLU(0.2),
        nn.Conv2d(64, 128, 5, 2, 2),  # (N, 128, 8, 8)
        nn.BatchNorm2d(128),
        nn.LeakyReLU(0.2),
        nn.Conv2d(128, 256, 5, 2, 2),  # (N, 256, 4, 4)
        nn.BatchNorm2d(256),
        nn.LeakyReLU(0.2),
        nn.Conv2d(256, 512, 5, 2, 2),  # (N, 512, 2, 2)
        nn.BatchNorm2d(512),
        nn.LeakyReLU(0.2),
        nn.Flatten(),
        nn.Linear(512 * 2 * 2, 1),
        nn.Flatten(0),
    )
    return generator, discriminator


NAMED: dict[str, Callable[[], Pair]] = {
    "the post's, CIFAR-10 at 64×64": post_cifar10_64,
    "the lecture's, MNIST at 28×28": lecture_mnist_28,
    "the study note's, MNIST at 28×28": study_note_mnist_28,
    "the study note's, CIFAR-10 at 32×32": study_note_cifar10_32,
}
