"""A film that can be moved by hand, also on a page without a kernel: the browser alone joins slider and pictures."""

import ipywidgets

from dcgan_course.drawing.sheets import png_of_pictures
from dcgan_course.errors import InvalidValue
from dcgan_course.widgets.parts import Panel


def scrub(frames, labels: list[str], *, columns: int, zoom: int = 4, interval: int = 150) -> Panel:
    """Return a slider and a play button that show one frame of a film after the other.

    Args:
        frames: (T, N, C, H, W), float in [−1, 1] or uint8. labels: T sentences, one below each frame. columns:
            pictures in a row of a frame. zoom: screen pixels a picture pixel. interval: milliseconds a frame.

    All frames travel with the page. Slider, play button and pictures are linked in the browser, so no kernel is asked.

    Raises:
        InvalidValue: there is not one label for each frame, or there is no frame.
    """
    if len(frames) != len(labels) or not labels:
        raise InvalidValue(f"There are {len(frames)} frames and {len(labels)} labels: each frame needs one label.")
    pages = [
        ipywidgets.VBox(
            [
                ipywidgets.Image(value=png_of_pictures(pictures, columns, zoom), format="png"),
                ipywidgets.HTML(f'<div role="status" aria-live="polite">{label}</div>'),
            ]
        )
        for pictures, label in zip(frames, labels, strict=True)
    ]
    for page in pages:
        page.children[0].layout.align_self = "flex-start"  # else a wide column stretches the pictures
    last = len(pages) - 1
    place = ipywidgets.IntSlider(min=0, max=last, description="frame", layout={"width": "420px"})
    play = ipywidgets.Play(min=0, max=last, interval=interval, repeat=True)
    stack = ipywidgets.Stack(pages, selected_index=0)
    ipywidgets.jslink((play, "value"), (place, "value"))
    ipywidgets.jslink((place, "value"), (stack, "selected_index"))
    sentence = "A film that the slider moves. The pictures next to it show the same frames."
    return Panel([ipywidgets.HBox([play, place]), stack], sentence, {"place": place, "play": play, "stack": stack})
