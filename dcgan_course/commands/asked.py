"""What a conditional generator is asked for when it is evaluated, and how often it draws that."""

import torch
from torch import Tensor

from dcgan_course.data.images import Images
from dcgan_course.errors import InvalidValue
from dcgan_course.evaluation.metrics import asked_and_drawn
from dcgan_course.latent.paths import sample_labels
from dcgan_course.models.protocols import Module, Network


def labels_asked(generator: Module, data: Images, count: int, seed: int) -> Tensor | None:
    """Return labels (count,) with the shares that they have in the data; None where the generator is not conditional.

    Raises:
        InvalidValue: the data have another number of classes than the generator.
    """
    classes = getattr(generator, "classes", None)
    if classes is None:
        return None
    if len(data.class_names) != classes:
        raise InvalidValue(
            f"--data is {data.name}, which has {len(data.class_names)} classes, but this generator is asked for one of "
            f"{classes}: compare it with the data that it was trained on."
        )
    return sample_labels(data.labels, count, seed)


def as_asked(
    classifier: Network, fake: Tensor, labels: Tensor, real: Tensor, real_labels: Tensor, classes: int
) -> list[str]:
    """Say how often a classifier reads what was asked for, and how often it reads real pictures as they are labelled.

    Args:
        classifier: pictures → logits (N, classes). fake, real: (N, C, H, W) in [−1, 1], with their labels (N,).
    """
    tables = [asked_and_drawn(classifier, *side, classes) for side in ((fake, labels), (real, real_labels))]
    shares = [100 * float(table.diagonal().sum() / table.sum()) for table in tables]
    of_each = 100 * tables[0].diagonal() / tables[0].sum(dim=1).clamp_min(1)
    worst = int(torch.where(tables[0].sum(dim=1) > 0, of_each, torch.inf).argmin())
    return [
        f"the class that was asked for is drawn {shares[0]:.1f} % of the time, by the classifier (it reads "
        f"{shares[1]:.1f} % of the real ones as they are labelled);",
        f"least often class {worst}: {float(of_each[worst]):.1f} % of {int(tables[0][worst].sum())}.",
    ]
