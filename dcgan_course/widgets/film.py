"""A film that can be moved by hand, also on a page without a kernel: the browser alone joins slider and pictures."""

import ipywidgets
from torch import Tensor
from traitlets import Int, observe

from dcgan_course.drawing.sheets import png_of_pictures
from dcgan_course.errors import InvalidValue
from dcgan_course.widgets.parts import Panel, Picture, slider, spoken


class Film(Panel):
    """A slider and a play button that show one frame of a film after the other.

    Args:
        frames: (T, N, C, H, W), float in [−1, 1] or uint8. labels: T sentences, one below each frame. columns:
            pictures in a row of a frame. zoom: screen pixels a picture pixel. interval: milliseconds a frame.

    All frames travel with the page. Slider, play button and pictures are linked in the browser, so no kernel is asked;
    but ipywidgets 7 (on older Colab) has no `Stack`, and there the kernel changes the frame.

    Raises:
        InvalidValue: there is not one label for each frame, or there is no frame.
    """

    sentence = "A film that the slider moves. The pictures next to it show the same frames."

    def __init__(self, frames: Tensor, labels: list[str], *, columns: int, zoom: int = 4, interval: int = 150) -> None:
        if len(frames) != len(labels) or not labels:
            raise InvalidValue(f"There are {len(frames)} frames and {len(labels)} labels: each frame needs one label.")
        last = len(labels) - 1
        place = slider("frame", 0, 0, last, widths=(80, 420))
        play = ipywidgets.Play(min=0, max=last, interval=interval, repeat=True)
        super().__init__({"place": place, "play": play})
        self.pages = getattr(ipywidgets, "Stack", _Pages)(
            [
                _page(png_of_pictures(pictures, columns, zoom), label)
                for pictures, label in zip(frames, labels, strict=True)
            ]
        )
        ipywidgets.jslink((play, "value"), (place, "value"))
        if isinstance(self.pages, _Pages):
            self.when_moved(self.draw, place)
        else:
            ipywidgets.jslink((place, "value"), (self.pages, "selected_index"))
        self.children = [ipywidgets.HBox([play, place]), self.pages]
        self.draw()

    def draw(self) -> None:
        """Show the frame at the slider's place, as the browser does after each move."""
        self.pages.selected_index = self.controls["place"].value


class _Pages(ipywidgets.VBox):
    """What stands in for `ipywidgets.Stack`: one child is shown, the others are hidden."""

    selected_index = Int(None, allow_none=True)

    @observe("selected_index")
    def _show(self, change: object) -> None:
        for number, page in enumerate(self.children):
            page.layout.display = None if number == self.selected_index else "none"


def _page(png: bytes, label: str) -> ipywidgets.VBox:
    picture = Picture(value=png, format="png", tooltip="A frame of the film")
    picture.layout.align_self = "flex-start"  # else a wide column stretches the picture
    return ipywidgets.VBox([picture, ipywidgets.HTML(spoken(label))])
