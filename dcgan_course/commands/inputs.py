"""What a command is given by name: the networks of a run, the data that it was trained on, real test pictures; and what
a conditional generator is asked for when it is evaluated.
"""

import os

import torch
from torch import Tensor

from dcgan_course.commands.run_folder import RunFolder
from dcgan_course.data.images import Images, known_classes, load_images
from dcgan_course.errors import DataNotFound, InvalidValue
from dcgan_course.evaluation.metrics import asked_and_drawn
from dcgan_course.latent.paths import sample_labels
from dcgan_course.models.protocols import LatentGenerator, Module, Network
from dcgan_course.recorded import runs


def networks_of(run: str) -> tuple[LatentGenerator, Network]:
    """Return generator and discriminator of a recorded run or of a run's folder, in eval mode.

    Raises:
        InvalidValue: there is no such run.
        CheckpointError: nothing of the run was kept yet, or a file of it is damaged.
    """
    if run in runs.names():
        known = runs.load_run(run)
        return known.generator, known.discriminator
    folder = RunFolder(run)
    if not folder.holds_a_run:
        raise InvalidValue(f"run is {run}, but it must be a run's folder, or one of: {', '.join(runs.names())}.")
    return folder.generator(), folder.discriminator()


def data_of(run: str) -> str:
    """Return the name of the data that a recorded run or the run of a folder was trained on."""
    return runs.card(run)["dataset"] if run in runs.names() else RunFolder(run).settings().data


def class_names_of(run: str, classes: int) -> tuple[str, ...]:
    """Return what a conditional run's classes are called; by their numbers where nobody knows."""
    names = known_classes(data_of(run))
    return names if len(names) == classes else tuple(map(str, range(classes)))


def lasting_name(name: str) -> str:
    """Return the name of a data set as it is understood from every working directory: a folder's whole path."""
    path = name.removeprefix("folder:")
    if path in ("", "PATH", name):  # no folder, or none that is meant
        return name
    return f"folder:{os.path.realpath(os.path.expanduser(path))}"


def refuse_more_than_memory(options: str, what: str, needed: int) -> None:
    """Raise InvalidValue if options ask for more bytes than this machine has, where the system tells."""
    try:
        memory = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (AttributeError, ValueError, OSError):  # Windows
        memory = 2**44
    if needed > memory:
        raise InvalidValue(f"{options} ask for {what} that need more memory than this machine has: ask for less.")


def test_pictures(name: str, image_size: int | tuple[int, int] | None, channels: int | None = None) -> Images | None:
    """Return the test pictures of a data set; None for a folder that gives none, since it holds only a few pictures.

    Raises:
        DataNotFound: the pictures of another data set are not on this machine.
    """
    try:
        return load_images(name, "test", image_size=image_size, channels=channels)
    except DataNotFound:
        if not name.startswith("folder:"):
            raise
        return None


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
