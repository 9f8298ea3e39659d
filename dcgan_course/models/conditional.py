"""DCGANs that are told a class: a generator that draws what it is asked for, and two discriminators that are told too.

They are the networks of `dcgan` with one thing beside each. A label is the number of a class, from 0 to `classes` − 1;
labels are int64 (N,), one for each z or picture.
"""

import reprlib

import torch
from torch import Tensor, nn

from dcgan_course.convolution.arithmetic import Size
from dcgan_course.errors import InvalidValue, whole_number
from dcgan_course.models.dcgan import Discriminator, Generator, init_weights, refuse_other_pictures

LABEL_DIM = 16  # numbers of the vector that stands for a class


class ConditionalGenerator(nn.Module):
    """The DCGAN generator, asked for a class: a learned vector of the class is put behind z.

    Args:
        classes: how many there are. image_size, latent_dim, channels, width: as in `Generator`; latent_dim is the
            length of z alone. label_dim: length of the vector that stands for a class.

    forward: z (N, latent_dim), from N(0, 1), and labels (N,) → pictures (N, channels, H, W) in [−1, 1].

    Raises:
        InvalidValue: as `Generator`; classes or label_dim below 1. forward: labels that are not int64 (N,), or not the
            numbers of classes.

    Source: Mirza and Osindero 2014, section 3.2; the learned vector in place of a one-hot label is usual since.
    """

    def __init__(
        self,
        classes: int,
        image_size: Size = 32,
        latent_dim: int = 100,
        channels: int = 3,
        width: int = 64,
        label_dim: int = LABEL_DIM,
    ) -> None:
        super().__init__()
        self.classes = whole_number("classes", classes)
        self.latent_dim, label_dim = whole_number("latent_dim", latent_dim), whole_number("label_dim", label_dim)
        self.body = Generator(image_size, self.latent_dim + label_dim, channels, width)
        self.image_shape = self.body.image_shape
        self.label_vectors = nn.Embedding(self.classes, label_dim)  # from N(0, 1), as z

    def forward(self, z: Tensor, labels: Tensor | None = None) -> Tensor:
        return self.draw_vectors(z, self.label_vectors(checked_labels(labels, len(z), self.classes)))

    def draw_vectors(self, z: Tensor, vectors: Tensor) -> Tensor:
        """Draw with the vectors themselves, (N, label_dim): so one can ask for what lies between two classes."""
        return self.body(torch.cat([z, vectors], dim=1))


class OneClass(nn.Module):
    """A conditional generator that is always asked for the same: from z alone, so it fits wherever a generator does.

    Args:
        generator: whose weights are used. label: the class. other, share: a second class, and how much of its vector
            is taken in place of the first one's; 0 is the first class, 1 the second.

    forward: z (N, latent_dim) → pictures (N, C, H, W) in [−1, 1].

    Raises:
        InvalidValue: label or other is no class; share is not from 0 to 1.
    """

    def __init__(
        self, generator: ConditionalGenerator, label: int, other: int | None = None, share: float = 0.0
    ) -> None:
        super().__init__()
        last = generator.classes - 1
        self.label = whole_number("label", label, 0, last)
        self.other = self.label if other is None else whole_number("other", other, 0, last)
        if isinstance(share, bool) or not isinstance(share, (int, float)) or not 0 <= share <= 1:
            raise InvalidValue(f"share is {reprlib.repr(share)}, but it must be a number from 0 to 1.")
        self.share = share
        self.generator = generator
        self.latent_dim, self.image_shape = generator.latent_dim, generator.image_shape

    def forward(self, z: Tensor) -> Tensor:
        first, second = self.generator.label_vectors.weight[[self.label, self.other]]
        vector = torch.lerp(first, second, float(self.share))
        return self.generator.draw_vectors(z, vector.expand(len(z), -1))


class ConcatenatedDiscriminator(nn.Module):
    """The DCGAN discriminator, told the class as maps: one for each class, 1 everywhere for the picture's own, else 0.

    Args:
        classes: how many there are. image_size, channels, width: as in `Discriminator`.

    forward: pictures (N, channels, H, W) in [−1, 1] and labels (N,) → logits (N,): is this a real picture of its class?

    Raises:
        InvalidValue: as `Discriminator`; classes below 1. forward: pictures of another shape, or labels as in
            `ConditionalGenerator`.

    Source: Mirza and Osindero 2014, section 3.2: the label is one more input of D.
    """

    def __init__(self, classes: int, image_size: Size = 32, channels: int = 3, width: int = 64) -> None:
        super().__init__()
        self.classes, channels = whole_number("classes", classes), whole_number("channels", channels)
        self.body = Discriminator(image_size, channels + self.classes, width)
        self.image_shape = (channels, *self.body.image_shape[1:])

    def forward(self, images: Tensor, labels: Tensor | None = None) -> Tensor:
        refuse_other_pictures(images, self.image_shape)
        which = nn.functional.one_hot(checked_labels(labels, len(images), self.classes), self.classes)
        maps = which[:, :, None, None].to(images.dtype).expand(-1, -1, *images.shape[2:])  # (N, classes, H, W)
        return self.body(torch.cat([images, maps], dim=1))


class ProjectionDiscriminator(nn.Module):
    """The DCGAN discriminator with one more last layer for each class: logit = ψ(φ(x)) + ⟨v_y, φ(x)⟩.

    φ(x) are the maps that leave the last block, ψ is the last layer that D has anyway, and v_y holds one number for
    each of φ(x)'s, learned for class y. The first term asks "is it real?", the second "is it one of y?".

    Args:
        classes: how many there are. image_size, channels, width: as in `Discriminator`.

    forward: pictures (N, channels, H, W) in [−1, 1] and labels (N,) → logits (N,).

    Raises:
        InvalidValue: as `ConcatenatedDiscriminator`.

    Source: Miyato and Koyama 2018, equation 4. There φ(x) is summed over places first; here each place has its number,
    as in DCGAN's own last layer.
    """

    def __init__(self, classes: int, image_size: Size = 32, channels: int = 3, width: int = 64) -> None:
        super().__init__()
        self.classes = whole_number("classes", classes)
        self.body = Discriminator(image_size, channels, width)
        self.image_shape = self.body.image_shape
        _, widest, height, width = self.body.to_logit.weight.shape
        self.to_class_logits = nn.Conv2d(widest, self.classes, (height, width), bias=False)  # its kernels are the v_y
        init_weights(self.to_class_logits)

    def forward(self, images: Tensor, labels: Tensor | None = None) -> Tensor:
        refuse_other_pictures(images, self.image_shape)
        labels = checked_labels(labels, len(images), self.classes)
        maps = self.body.blocks(images)  # φ(x): (N, widest, h, w)
        of_each_class = self.to_class_logits(maps).flatten(1)  # (N, classes)
        of_its_class = of_each_class.gather(1, labels[:, None])  # (N, 1)
        return self.body.to_logit(maps).flatten() + of_its_class.flatten()


ConditionalDiscriminator = ConcatenatedDiscriminator | ProjectionDiscriminator


def checked_labels(labels: Tensor | None, count: int, classes: int) -> Tensor:
    """Return the labels if they are int64 (count,) and each is the number of a class, else raise InvalidValue.

    None are refused too, so that whatever calls a conditional network with one argument gets a sentence. On a
    GPU the numbers themselves are not looked at: each look would make the processor wait.
    """
    if labels is None:
        raise InvalidValue(
            f"labels is missing, but this network is conditional: give an int64 tensor ({count},) of numbers from 0 to "
            f"{classes - 1}, or take models.OneClass(generator, 0), which always draws the same class."
        )
    if not isinstance(labels, Tensor) or labels.dtype != torch.int64 or tuple(labels.shape) != (count,):
        found = f"{labels.dtype} {tuple(labels.shape)}" if isinstance(labels, Tensor) else reprlib.repr(labels)
        raise InvalidValue(
            f"labels is {found}, but it must be an int64 tensor ({count},): one class for each z or picture."
        )
    if labels.device.type == "cpu" and not torch.compiler.is_compiling() and count:
        lowest, highest = int(labels.min()), int(labels.max())
        if lowest < 0 or highest >= classes:
            wrong = lowest if lowest < 0 else highest
            raise InvalidValue(f"labels has {wrong} in it, but the classes are 0 to {classes - 1}: give one of these.")
    return labels
