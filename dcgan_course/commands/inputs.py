"""The real pictures that the commands measure with."""

from dcgan_course import recorded
from dcgan_course.commands.run_folder import RunFolder
from dcgan_course.data.images import Images, load_images
from dcgan_course.errors import DataNotFound, InvalidValue


def test_pictures(name: str, image_size: int | tuple[int, int] | None) -> Images | None:
    """Return the test pictures of a data set; None for a folder that gives none, since it holds only a few pictures.

    Raises:
        DataNotFound: the pictures of another data set are not on this machine.
    """
    try:
        return load_images(name, "test", image_size=image_size)
    except DataNotFound:
        if not name.startswith("folder:"):
            raise
        return None


def networks_of(run: str):
    """Return generator and discriminator of a recorded run or of a run's folder."""
    if run in recorded.names():
        known = recorded.load_run(run)
        return known.generator, known.discriminator
    folder = RunFolder(run)
    if not folder.holds_a_run:
        raise InvalidValue(f"run is {run}, but it must be a run's folder, or one of: {', '.join(recorded.names())}.")
    return folder.generator(), folder.discriminator()


def data_of(run: str) -> str:
    return recorded.card(run)["dataset"] if run in recorded.names() else RunFolder(run).settings().data
