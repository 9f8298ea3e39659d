"""Which network that comes with the course judges which pictures, and how they are brought to its size."""

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn.functional import interpolate

from dcgan_course.errors import InvalidValue
from dcgan_course.evaluation.classifiers import Cifar10Classifier, DigitClassifier, FactorReader
from dcgan_course.recorded import runs

DIGITS = ("mnist", "drawn_digits")


@dataclass(frozen=True)
class Judge:
    """A network whose features pictures are compared in.

    name: what a report card says of it. image_shape: (C, H, W) of the pictures that it takes.
    """

    name: str
    network: Cifar10Classifier | DigitClassifier | FactorReader
    image_shape: tuple[int, int, int]

    @torch.no_grad()
    def features(self, images: Tensor) -> Tensor:
        """Return (N, F) numbers for pictures (N, C, H, W) in [−1, 1] of any size, resized as `resizer` says.

        Raises:
            InvalidValue: pictures that are not (N, 1, H, W) or (N, 3, H, W), or that have too many channels.
        """
        self._refuse(tuple(images.shape[1:]))
        return torch.cat([self.network.features(self._fitted(part)) for part in images.split(100)])

    def resizer(self, image_shape: tuple[int, int, int]) -> str:
        """Say how pictures of a shape (C, H, W) come to this network."""
        self._refuse(image_shape)
        (height, width), (rows, columns) = image_shape[1:], self.image_shape[1:]
        said = f"none, pictures are {height}×{width}"
        if (height, width) != (rows, columns):
            said = f"{height}×{width} to {rows}×{columns} on both sides, bilinear with antialias, torch's interpolate"
        return said if image_shape[0] == self.image_shape[0] else f"{said}; grey pictures as three equal channels"

    def _fitted(self, images: Tensor) -> Tensor:
        if images.shape[2:] != self.image_shape[1:]:
            images = interpolate(images, self.image_shape[1:], mode="bilinear", antialias=True)
        return images.expand(-1, self.image_shape[0], -1, -1).contiguous(memory_format=torch.channels_last)  # faster

    def _refuse(self, shape: tuple[int, ...]) -> None:
        if len(shape) != 3 or shape[0] not in (1, self.image_shape[0]):
            raise InvalidValue(
                f"A picture has the shape {shape}, but {self.name.split(',')[0]} takes (C, H, W) with "
                f"{self.image_shape[0]} channels: give such pictures."
            )


def judge_for(data: str, channels: int) -> Judge:
    """Return the network for pictures of a data set: "mnist", "cifar10", "folder:PATH", "drawn_digits" …

    Grey digits are judged by the digit classifier, drawn objects by the reader of their factors, all other pictures,
    also one's own, by the classifier of CIFAR-10.

    Raises:
        CheckpointError: the network's file is missing, or is not what was recorded.
    """
    if data in DIGITS and channels == 1:
        return Judge("the digit classifier, 64 numbers a picture", runs.digit_classifier(), (1, 28, 28))
    if data == "drawn_objects" and channels == 3:
        return Judge("the reader of drawn objects, 64 numbers a picture", runs.factor_reader(), (3, 32, 32))
    name = "the classifier of CIFAR-10, 160 numbers a picture"
    if data != "cifar10":
        name += "; it was trained on CIFAR-10 and knows no other pictures"
    return Judge(name, runs.cifar10_classifier(), (3, 32, 32))
