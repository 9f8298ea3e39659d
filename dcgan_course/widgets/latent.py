"""One slider through latent space: the first picture that the course shows."""

import ipywidgets
import torch

from dcgan_course import latent
from dcgan_course.drawing.sheets import png_of_pictures
from dcgan_course.widgets.parts import Panel


@torch.inference_mode()
def _pictures(generator, points: int, steps: int, seed: int):
    z = latent.walk(latent.sample(points, generator.latent_dim, seed), steps, loop=True)
    return generator(z)


def latent_slider(generator, *, points: int = 6, steps: int = 20, seed: int = 0, zoom: int = 8) -> Panel:
    """Return a slider that walks in a circle through `points` random z, and shows G(z) at each place.

    Args:
        generator: in eval mode; has `latent_dim`. points: z drawn at random from `seed`. steps: moves between two
        z. zoom: screen pixels a picture pixel.

    All pictures are computed once, in one batch; a move of the slider only swaps the bytes that are shown.
    """
    pictures = _pictures(generator, points, steps, seed)
    frames = [png_of_pictures(picture[None], columns=1, zoom=zoom) for picture in pictures]
    place = ipywidgets.IntSlider(
        value=0, min=0, max=len(frames) - 1, description="place in z", layout=ipywidgets.Layout(width="480px")
    )
    play = ipywidgets.Play(min=0, max=len(frames) - 1, interval=120, repeat=True)
    ipywidgets.jslink((play, "value"), (place, "value"))
    size = pictures.shape[-1] * zoom
    image = ipywidgets.Image(value=frames[0], format="png", width=size, height=pictures.shape[-2] * zoom)
    words = ipywidgets.HTML()

    def move(change=None) -> None:
        image.value = frames[place.value]
        point, share = divmod(place.value, steps)
        following = (point + 1) % points
        words.value = (
            f"Here z is point {point + 1} of {points}, exactly as it was drawn."
            if share == 0
            else f"Here z is {100 * share // steps} % of the way from point {point + 1} to point {following + 1}."
        )

    place.observe(move, names="value")
    move()
    controls = {"place": place, "play": play}
    sentence = "A slider through latent space; run this cell to move it. The next picture shows the same walk."
    return Panel([ipywidgets.HBox([play, place]), image, words], sentence, controls)


def latent_twin(generator, *, points: int = 6, steps: int = 20, seed: int = 0, shown: int = 24) -> bytes:
    """Return the walk of `latent_slider` as one strip of `shown` pictures, as PNG bytes."""
    pictures = _pictures(generator, points, steps, seed)
    places = torch.linspace(0, len(pictures) - 1, shown).round().long()
    return png_of_pictures(pictures[places], columns=12, zoom=2)
