"""The convolution explorer: choose the sizes, walk the window, read the sum; and its twin without a kernel."""

import html

import ipywidgets

from dcgan_course.convolution.scene import (
    KERNELS,
    LARGEST_INPUT,
    PICTURES,
    ConvolutionScene,
    kernel_taps,
    picture_numbers,
    product_lines,
)
from dcgan_course.convolution.scene_figures import WIDTH, draw_impossible, draw_scene, walk_figure
from dcgan_course.drawing.canvas import Canvas, number_text
from dcgan_course.errors import InvalidValue
from dcgan_course.widgets.parts import Panel

PADDING_VALUES = {"zeros": 0.0, "ones": 1.0}
HEIGHT = 640  # of a frame, in points; it never changes, so that the page does not jump
TABLES_TOP = 155
SETTINGS = {  # name: (label, start, lowest, highest); the twin takes the same starts
    "input_size": ("input size i", 6, 3, LARGEST_INPUT),
    "kernel_size": ("kernel size k", 3, 1, 5),
    "stride": ("stride s", 1, 1, 4),
    "padding": ("padding p", 0, 0, 3),
    "dilation": ("dilation d", 1, 1, 3),
}
START = {name: start for name, (_, start, _, _) in SETTINGS.items()}


def _frame(scene: ConvolutionScene, index: int, check: str) -> bytes:
    """Draw one frame: formula, sum and check on top, the three tables below."""
    canvas = Canvas(WIDTH, HEIGHT, scale=1)
    place = divmod(index, scene.output_size)
    canvas.text(16, 10, "output size", size=17, bold=True)
    canvas.text(16, 34, scene.formula(), size=19)
    canvas.text(
        16, 68, f"square {index + 1} of {scene.output_size**2}: {_value_text(scene, place)}", size=19, bold=True
    )
    for line, text in enumerate(check.split(": ")):
        canvas.text(16, 98 + 22 * line, text, size=17)
    canvas.text(560, 10, "sum of picture · kernel", size=17, bold=True)
    for row, line in enumerate(product_lines(scene, *place)):
        size = min(17, 17 * 420 / canvas.text_width(line, size=17))
        canvas.text(560, 34 + 22 * row, line, size=size)
    used = HEIGHT - TABLES_TOP - 60
    draw_scene(canvas, scene, TABLES_TOP, place, filled=index + 1, largest_cell=min(60, used / len(scene.padded)))
    return canvas.png(compress_level=1)


def _value_text(scene: ConvolutionScene, place: tuple[int, int]) -> str:
    """Write the sum, and the division where there is one: 2 / 3 = 2/3."""
    total = number_text(float((scene.seen(*place) * scene.taps).sum()))
    value = number_text(round(float(scene.output[place]), 9))
    return f"sum {value}" if scene.divisor == 1 else f"{total} ÷ {scene.divisor} = {value}"


def _impossible_frame(scene: ConvolutionScene) -> bytes:
    """Draw the window that does not fit under the sentence that says so."""
    canvas = Canvas(WIDTH, HEIGHT, scale=1)
    before, _, after = scene.why_impossible().partition(": ")
    canvas.text(16, 10, "No output", size=19, bold=True, colour="orange")
    canvas.text(16, 40, f"{before}:", size=17)
    canvas.text(16, 64, after, size=17)
    canvas.text(16, 94, "Choose a smaller kernel or dilation, or a larger input or padding.", size=17)
    draw_impossible(canvas, scene, TABLES_TOP - 20)
    return canvas.png(compress_level=1)


def _spoken(scene: ConvolutionScene, index: int, check: str) -> str:
    """The frame as text, for a screen reader."""
    size = scene.output_size
    row, column = divmod(index, size)
    return (
        f"Output size {scene.formula()}. Square {index + 1} of {size * size}, row {row + 1}, column {column + 1}: "
        f"{' '.join(product_lines(scene, row, column))}: {_value_text(scene, (row, column))}. {check}."
    )


def _slider(label: str, value: int, low: int, high: int) -> ipywidgets.IntSlider:
    return ipywidgets.IntSlider(
        value=value,
        min=low,
        max=high,
        description=label,
        style={"description_width": "110px"},
        layout={"width": "470px"},
    )


def _dropdown(label: str, options) -> ipywidgets.Dropdown:
    return ipywidgets.Dropdown(
        options=options, description=label, style={"description_width": "110px"}, layout={"width": "470px"}
    )


def convolution_explorer(seed: int = 1) -> Panel:
    """Return an explorer of one convolution: sizes, a window to walk, the sum written out, checked against PyTorch.

    Args:
        seed: of the random picture.

    The panel's `controls` are input_size, kernel_size, stride, padding, dilation, kernel, picture, padding_value,
    position (from 1, row by row) and play. No position of them raises: where the window does not fit, the
    picture says why.
    """
    controls = {
        **{name: _slider(*setting) for name, setting in SETTINGS.items()},
        "kernel": _dropdown("kernel", KERNELS),
        "picture": _dropdown("picture", PICTURES),
        "padding_value": _dropdown("pad with", PADDING_VALUES),
        "position": _slider("output square", 1, 1, 16),
        "play": ipywidgets.Play(value=1, min=1, max=16, interval=500, layout={"margin": "0 0 0 110px"}),
    }
    picture = ipywidgets.Image(format="png", layout={"width": f"{WIDTH}px", "max_width": "100%"})
    spoken = ipywidgets.HTML()
    position, play = controls["position"], controls["play"]
    choices = [control for name, control in controls.items() if name not in ("position", "play")]
    scene, check = None, ""

    def redraw(_change=None) -> None:
        if scene.output_size == 0:
            picture.value, text = _impossible_frame(scene), scene.why_impossible()
        else:
            picture.value, text = _frame(scene, position.value - 1, check), _spoken(scene, position.value - 1, check)
        spoken.value = f'<div role="status" aria-live="polite" style="line-height: 1.4">{html.escape(text)}</div>'

    def rebuild(_change=None) -> None:
        nonlocal scene, check
        taps, divisor = kernel_taps(controls["kernel"].value, controls["kernel_size"].value)
        scene = ConvolutionScene(
            picture_numbers(controls["picture"].value, controls["input_size"].value, seed),
            taps,
            controls["stride"].value,
            controls["padding"].value,
            controls["dilation"].value,
            divisor,
            controls["padding_value"].value,
        )
        possible = scene.output_size > 0
        if possible:
            check = scene.agreement()
        position.unobserve(redraw, "value")  # a smaller range may move the position: one redraw is enough
        position.max = play.max = max(1, scene.output_size**2)
        position.observe(redraw, "value")
        position.disabled = play.disabled = not possible
        redraw()

    for control in choices:
        control.observe(rebuild, "value")
    position.observe(redraw, "value")
    ipywidgets.jslink((play, "value"), (position, "value"))
    rebuild()
    sizes = ipywidgets.VBox([controls[name] for name in SETTINGS])
    rest = ipywidgets.VBox([controls[name] for name in ("kernel", "picture", "padding_value", "position", "play")])
    return Panel(
        [ipywidgets.HBox([sizes, rest], layout={"flex_flow": "row wrap"}), picture, spoken],
        "The convolution explorer: it needs a running kernel; run this cell to use it. The next figure shows it.",
        controls,
    )


def convolution_twin(
    input_size: int = START["input_size"],
    kernel_size: int = START["kernel_size"],
    stride: int = START["stride"],
    padding: int = START["padding"],
    dilation: int = START["dilation"],
    *,
    kernel: str = KERNELS[0],
    picture: str = PICTURES[0],
    padding_value: float = 0.0,
    seed: int = 1,
) -> bytes:
    """Return the explorer as a still picture (PNG bytes), as it opens unless said: the window at four places.

    Args:
        input_size, kernel_size, stride, padding, dilation: as the sliders of the explorer.
        kernel: one of KERNELS; picture: one of PICTURES, `seed` is for the random one.
        padding_value: what stands in the padded squares.

    Raises:
        InvalidValue: the window does not fit, or a name is unknown.
    """
    taps, divisor = kernel_taps(kernel, kernel_size)
    numbers = picture_numbers(picture, input_size, seed)
    scene = ConvolutionScene(numbers, taps, stride, padding, dilation, divisor, padding_value)
    if scene.output_size == 0:
        raise InvalidValue(scene.why_impossible())
    return walk_figure(scene, f"The window walks: {kernel}, {kernel_size} × {kernel_size}, on {picture}")
