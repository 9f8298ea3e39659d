"""The explorer of two densities: move data and fakes, and read what the best D makes of it; and its twin."""

import ipywidgets

from dcgan_course.toy.formulas import TwoNormals
from dcgan_course.toy.line_figures import WIDTH, densities_frame, plain, signed
from dcgan_course.widgets.parts import Panel


def _slider(label: str, value: float, low: float, high: float) -> ipywidgets.FloatSlider:
    return ipywidgets.FloatSlider(
        value=value,
        min=low,
        max=high,
        step=0.1,
        readout_format=".1f",
        description=label,
        style={"description_width": "130px"},
        layout={"width": "460px"},
    )


def _words(state: TwoNormals) -> str:
    """The frame as text, for a screen reader."""
    (data_mean, data_width), (fake_mean, fake_width) = state.data, state.fake
    text = (
        f"Data: mean {data_mean:.1f}, width {data_width:.1f}. Fakes: mean {fake_mean:.1f}, width {fake_width:.1f}. "
        f"JSD {plain(state.jsd)} of at most 0.693; V at the best D {plain(state.value)} (−1.386 when both are equal). "
        f"Mean push on the fakes: saturating {signed(state.mean_push_minimax)}, "
        f"non-saturating {signed(state.mean_push_non_saturating)} (above 0: to the right)."
    )
    return text.replace(" -", " −")


def densities_explorer() -> Panel:
    """Return an explorer of two normal densities: the best D, V, JSD, and how both losses push the fakes.

    The panel's `controls` are data_mean, data_width, fake_mean and fake_width. All numbers follow at once; nothing is
    trained.
    """
    controls = {
        "data_mean": _slider("mean of the data", 0.0, -4.0, 4.0),
        "data_width": _slider("width of the data", 1.0, 0.2, 3.0),
        "fake_mean": _slider("mean of the fakes", 2.0, -4.0, 4.0),
        "fake_width": _slider("width of the fakes", 0.7, 0.2, 3.0),
    }
    picture = ipywidgets.Image(format="png", layout={"width": f"{WIDTH}px", "max_width": "100%"})
    spoken = ipywidgets.HTML()

    def redraw(_change=None) -> None:
        state = TwoNormals(*(control.value for control in controls.values()))
        picture.value = densities_frame(state)
        text = _words(state)
        spoken.value = f'<div role="status" aria-live="polite" style="line-height: 1.4">{text}</div>'

    for control in controls.values():
        control.observe(redraw, "value")
    redraw()
    data = ipywidgets.VBox([controls["data_mean"], controls["data_width"]])
    fakes = ipywidgets.VBox([controls["fake_mean"], controls["fake_width"]])
    return Panel(
        [ipywidgets.HBox([data, fakes], layout={"flex_flow": "row wrap"}), picture, spoken],
        "The explorer of two densities: run this cell to use it. The next figure says the same.",
        controls,
    )


def densities_twin(
    data_mean: float = 0.0, data_width: float = 1.0, fake_mean: float = 2.0, fake_width: float = 0.7
) -> bytes:
    """Return one frame of the explorer as PNG bytes.

    Args:
        data_mean, data_width, fake_mean, fake_width: as the sliders; the widths are above 0.
    """
    return densities_frame(TwoNormals(data_mean, data_width, fake_mean, fake_width))
