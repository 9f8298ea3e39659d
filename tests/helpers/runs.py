"""Small trainings from the command line, and pictures for them."""

from pathlib import Path

from PIL import Image

from dcgan_course.data.drawn.pictures import drawn_objects

TINY = ["--width", "2", "--latent-dim", "8", "--batch-size", "500", "--epochs", "2"]


def folder_of_pictures(place: Path, count: int) -> str:
    """Write drawn objects into a folder and return its name for --data."""
    place.mkdir()
    for number, drawn in enumerate(drawn_objects(count, 5)[0]):
        Image.fromarray(drawn.permute(1, 2, 0).numpy()).save(place / f"{number:03d}.png")
    return f"folder:{place}"
