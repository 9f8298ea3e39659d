"""The convolution explorer: choose the sizes, walk the window, read the sum; and its twin without a kernel."""

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
from dcgan_course.errors import InvalidValue, seed_number
from dcgan_course.widgets.parts import Panel, Picture, dropdown, slider

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
WIDTHS = (110, 470)


class ConvolutionExplorer(Panel):
    """An explorer of one convolution: sizes, a window to walk, the sum written out, checked against PyTorch.

    Args:
        seed: of the random picture.

    The `controls` are input_size, kernel_size, stride, padding, dilation, kernel, picture, padding_value, position
    (from 1, row by row) and play. No position of them raises: where the window does not fit, the picture says why.
    """

    sentence = "The convolution explorer: it needs a running kernel; run this cell to use it. The next figure shows it."

    def __init__(self, seed: int = 1) -> None:
        sizes = {name: slider(*setting, widths=WIDTHS) for name, setting in SETTINGS.items()}
        menus = {
            "kernel": dropdown("kernel", KERNELS, widths=WIDTHS),
            "picture": dropdown("picture", PICTURES, widths=WIDTHS),
            "padding_value": dropdown("pad with", PADDING_VALUES, widths=WIDTHS),
        }
        self.position = slider("output square", 1, 1, 16, widths=WIDTHS)
        self.play = ipywidgets.Play(value=1, min=1, max=16, interval=500, layout={"margin": "0 0 0 110px"})
        walk = {"position": self.position, "play": self.play}
        super().__init__(sizes | menus | walk)
        self.seed = seed_number(seed)
        self.picture = Picture(
            format="png",
            layout={"width": f"{WIDTH}px", "max_width": "100%"},
            tooltip="The window on the picture, the kernel, and the output as far as it is filled",
        )
        self.when_moved(self._rebuild, *sizes.values(), *menus.values())
        self.when_moved(self.draw, self.position)
        ipywidgets.jslink((self.play, "value"), (self.position, "value"))
        columns = [ipywidgets.VBox(list(sizes.values())), ipywidgets.VBox([*menus.values(), *walk.values()])]
        self.children = [ipywidgets.HBox(columns, layout={"flex_flow": "row wrap"}), self.picture, self.words]
        self._rebuild()

    def _rebuild(self) -> None:
        """Compute the chosen convolution, let the walk go as far as its output goes, and draw once."""
        chosen = {name: control.value for name, control in self.controls.items()}
        taps, divisor = kernel_taps(chosen["kernel"], chosen["kernel_size"])
        numbers = picture_numbers(chosen["picture"], chosen["input_size"], self.seed)
        self.scene = ConvolutionScene(
            numbers, taps, chosen["stride"], chosen["padding"], chosen["dilation"], divisor, chosen["padding_value"]
        )
        possible = self.scene.output_size > 0
        self.check = self.scene.agreement() if possible else ""
        with self.by_itself():  # a smaller range may move the position
            self.position.max = self.play.max = max(1, self.scene.output_size**2)
        self.position.disabled = self.play.disabled = not possible
        self.draw()

    def draw(self) -> None:
        """Show the window at its place with the sum in it, or the window that does not fit."""
        if self.scene.output_size == 0:
            png, text = _impossible_frame(self.scene), self.scene.why_impossible()
        else:
            index = self.position.value - 1
            png, text = _frame(self.scene, index, self.check), describe(self.scene, index, self.check)
        self.picture.value = png
        self.say(text)

    @staticmethod
    def twin(
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


def _frame(scene: ConvolutionScene, index: int, check: str) -> bytes:
    """Draw one frame: formula, sum and check on top, the three tables below."""
    canvas = Canvas(WIDTH, HEIGHT, scale=1)
    place = divmod(index, scene.output_size)
    canvas.text(16, 10, "output size", size=17, bold=True)
    canvas.text(16, 34, scene.formula(), size=19)
    canvas.text(
        16, 68, f"square {index + 1} of {scene.output_size**2}: {_value_text(scene, place)}", size=19, bold=True
    )
    for row, text in enumerate(check.split(": ")):
        canvas.text(16, 98 + 22 * row, text, size=17)
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


def describe(scene: ConvolutionScene, index: int, check: str) -> str:
    """Say a frame as text: the size, the square number `index` (from 0) with its sum, and how `check` went."""
    size = scene.output_size
    row, column = divmod(index, size)
    return (
        f"Output size {scene.formula()}. Square {index + 1} of {size * size}, row {row + 1}, column {column + 1}: "
        f"{' '.join(product_lines(scene, row, column))}: {_value_text(scene, (row, column))}. {check}."
    )
