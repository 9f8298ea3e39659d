"""The explorer of two densities: move data and fakes, and read what the best D makes of it; and its twin."""

import ipywidgets

from dcgan_course.toy.divergences import TwoNormals
from dcgan_course.toy.line_figures import WIDTH, densities_frame, plain, signed
from dcgan_course.widgets.parts import Panel, Picture, slider

SETTINGS = {  # name: (label, start, lowest, highest); the twin takes the same starts
    "data_mean": ("mean of the data", 0.0, -4.0, 4.0),
    "data_width": ("width of the data", 1.0, 0.2, 3.0),
    "fake_mean": ("mean of the fakes", 2.0, -4.0, 4.0),
    "fake_width": ("width of the fakes", 0.7, 0.2, 3.0),
}
START = {name: start for name, (_, start, _, _) in SETTINGS.items()}


class DensitiesExplorer(Panel):
    """An explorer of two normal densities: the best D, V, JSD, and how both losses push the fakes.

    The `controls` are data_mean, data_width, fake_mean and fake_width. All numbers follow at once; nothing is trained.
    """

    sentence = "The explorer of two densities: run this cell to use it. The next figure says the same."

    def __init__(self) -> None:
        super().__init__({name: slider(*setting, step=0.1, widths=(130, 460)) for name, setting in SETTINGS.items()})
        self.picture = Picture(
            format="png",
            layout={"width": f"{WIDTH}px", "max_width": "100%"},
            tooltip="Both densities, the best D, and the push of both losses on the fakes",
        )
        sliders = list(self.controls.values())
        self.when_moved(self.draw, *sliders)
        columns = [ipywidgets.VBox(sliders[:2]), ipywidgets.VBox(sliders[2:])]
        self.children = [ipywidgets.HBox(columns, layout={"flex_flow": "row wrap"}), self.picture, self.words]
        self.draw()

    def draw(self) -> None:
        """Show the game between the two densities, and say its numbers."""
        state = TwoNormals(*(control.value for control in self.controls.values()))
        self.picture.value = densities_frame(state)
        self.say(_sentences(state))

    @staticmethod
    def twin(
        data_mean: float = START["data_mean"],
        data_width: float = START["data_width"],
        fake_mean: float = START["fake_mean"],
        fake_width: float = START["fake_width"],
    ) -> bytes:
        """Return one frame of the explorer under a title with its numbers, as PNG bytes.

        Args:
            data_mean, data_width, fake_mean, fake_width: as the sliders; the widths are above 0.

        Raises:
            InvalidValue: a width is not above 0.
        """
        state = TwoNormals(data_mean, data_width, fake_mean, fake_width)
        pushes = (
            f"saturating {signed(state.mean_push_minimax)}, non-saturating {signed(state.mean_push_non_saturating)}"
        )
        return densities_frame(state, f"JSD {plain(state.jsd)} of at most 0.693; mean push on a fake: {pushes}")


def _sentences(state: TwoNormals) -> str:
    """The frame as text, for a screen reader."""
    (data_mean, data_width), (fake_mean, fake_width) = state.data, state.fake
    text = (
        f"Data: mean {data_mean:.1f}, width {data_width:.1f}. Fakes: mean {fake_mean:.1f}, width {fake_width:.1f}. "
        f"JSD {plain(state.jsd)} of at most 0.693; V at the best D {plain(state.value)} (−1.386 when both are equal). "
        f"Mean push on the fakes: saturating {signed(state.mean_push_minimax)}, "
        f"non-saturating {signed(state.mean_push_non_saturating)} (above 0: to the right)."
    )
    return text.replace(" -", " −")
