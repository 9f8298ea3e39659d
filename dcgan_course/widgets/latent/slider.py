"""One slider through latent space: the first picture that the course shows."""

import ipywidgets
import torch
from torch import Tensor

from dcgan_course.drawing.sheets import png_of_pictures
from dcgan_course.errors import whole_number
from dcgan_course.latent import paths
from dcgan_course.models.inference import refuse_not_finite
from dcgan_course.models.protocols import LatentGenerator
from dcgan_course.widgets.parts import Panel, Picture, slider


class LatentSlider(Panel):
    """A slider that walks in a circle through `points` random z, and shows G(z) at each place.

    Args:
        generator: in eval mode. points: z drawn at random from `seed`. steps: moves between two z. zoom: screen pixels
            a picture pixel.

    All pictures are computed once, in one batch; a move of the slider only swaps the bytes that are shown.

    Raises:
        InvalidValue: points or steps are no such numbers, or a picture holds nan or infinity.
    """

    sentence = "A slider through latent space; run this cell to move it. The next picture shows the same walk."

    def __init__(
        self, generator: LatentGenerator, *, points: int = 6, steps: int = 20, seed: int = 0, zoom: int = 8
    ) -> None:
        self.points, self.steps = whole_number("points", points, 2), whole_number("steps", steps)
        pictures = _pictures(generator, points, steps, seed)
        self.frames = [png_of_pictures(picture[None], columns=1, zoom=zoom) for picture in pictures]
        last = len(self.frames) - 1
        place = slider("place in z", 0, 0, last, widths=(80, 480))
        play = ipywidgets.Play(min=0, max=last, interval=120, repeat=True)
        super().__init__({"place": place, "play": play})
        height, width = pictures.shape[2] * zoom, pictures.shape[3] * zoom
        self.picture = Picture(format="png", width=width, height=height, tooltip="What G draws at this place in z")
        self.when_moved(self.draw, place)
        ipywidgets.jslink((play, "value"), (place, "value"))
        self.children = [ipywidgets.HBox([play, place]), self.picture, self.words]
        self.draw()

    def draw(self) -> None:
        """Show the picture at the slider's place, and say where between two points it is."""
        place = self.controls["place"].value
        self.picture.value = self.frames[place]
        point, share = divmod(place, self.steps)
        following = (point + 1) % self.points
        self.say(
            f"Here z is point {point + 1} of {self.points}, exactly as it was drawn."
            if share == 0
            else f"Here z is {100 * share // self.steps} % of the way from point {point + 1} to point {following + 1}."
        )

    @staticmethod
    def twin(
        generator: LatentGenerator, *, points: int = 6, steps: int = 20, seed: int = 0, shown: int = 24, title: str = ""
    ) -> bytes:
        """Return the walk as one strip of `shown` pictures, as PNG bytes.

        Args:
            generator, points, steps, seed: as the slider takes them. shown: pictures of the strip.
            title: states the finding, above the strip.
        """
        pictures = _pictures(generator, points, steps, seed)
        places = torch.linspace(0, len(pictures) - 1, shown).round().long()
        return png_of_pictures(pictures[places], columns=12, zoom=2, title=title)


@torch.inference_mode()
def _pictures(generator: LatentGenerator, points: int, steps: int, seed: int) -> Tensor:
    pictures = generator(paths.walk(paths.sample(points, generator.latent_dim, seed), steps, loop=True))
    refuse_not_finite(pictures, "generator's pictures")
    return pictures
