"""Labels on their way through the loop: told the classes of a batch, a conditional network is called like any other."""

from torch import Tensor, nn

from dcgan_course.errors import InvalidValue
from dcgan_course.models.conditional import checked_labels
from dcgan_course.models.protocols import Module


class Told(nn.Module):
    """A conditional network with the labels of one batch in its hand, so that the two steps call it like any other.

    forward: x (N, …) → network(x, labels), labels (N,).
    """

    def __init__(self, network: nn.Module, labels: Tensor) -> None:
        super().__init__()
        self.network, self.labels = network, labels

    def forward(self, x: Tensor) -> Tensor:
        return self.network(x, self.labels)


def told(network: nn.Module, labels: Tensor | None) -> nn.Module:
    """Return the network as it is where there are no labels, else one that is told these."""
    return network if labels is None else Told(network, labels)


def refuse_bad_labels(generator: Module, *pictures_and_labels: tuple[Tensor | None, Tensor | None]) -> None:
    """Raise InvalidValue where a conditional pair has no labels for its pictures, or another pair gets some.

    Args:
        pictures_and_labels: (pictures (N, C, H, W), labels (N,)); both None where there are none of a kind.
    """
    classes = getattr(generator, "classes", None)
    for pictures, labels in pictures_and_labels:
        if labels is not None and (classes is None or pictures is None):
            raise InvalidValue(
                "There are labels, but nobody who is told them: leave them out, or build a conditional pair with "
                "config.conditional and give the pictures that they belong to."
            )
        if classes is not None and pictures is not None:
            if labels is None:
                raise InvalidValue(
                    "These networks are conditional, so labels and test_labels must say the class of each picture, "
                    "as load_images(name).labels does."
                )
            checked_labels(labels, len(pictures), classes)
