"""The explorer of transposed convolution: three equal views that move together, and its static twin."""

import ipywidgets

from dcgan_course.convolution.transposed import TransposedLayer, window_sum
from dcgan_course.convolution.transposed_figures import (
    VIEWS_WIDTH,
    draw_impossible,
    draw_three_views,
)
from dcgan_course.drawing.canvas import number_text
from dcgan_course.errors import InvalidValue
from dcgan_course.widgets.parts import Markup, Panel, Picture, slider

HOW_TO_READ = (
    "<b>input square</b> is the input that stamps now (view 1): it is a column of Cᵀ (view 3, orange). "
    "<b>output square</b> is where the window stops now (view 2): it is a row of Cᵀ (view 3, blue). "
    "<b>Play</b> walks through both, so that all views finish together."
)
SETTINGS = {  # name: (label, start, lowest, highest); the twin takes the same starts
    "input_size": ("input size i", 2, 1, 5),
    "kernel_size": ("kernel size k", 4, 1, 5),
    "stride": ("stride s", 2, 1, 4),
    "padding": ("padding p", 1, 0, 4),
    "dilation": ("dilation d", 1, 1, 2),
    "output_padding": ("output_padding", 0, 0, 3),
}
START = {name: start for name, (_, start, _, _) in SETTINGS.items()}
WIDTHS = (110, 350)
PLAY_SECONDS = 12  # about how long Play takes, whatever the sizes are


class TransposedExplorer(Panel):
    """The explorer: six sliders for the layer, two for the place, a play button, three views, the same as text.

    The `controls` are the arguments of `TransposedLayer`, input_square, output_square (both from 1, row by row) and
    play. No position of them raises: where PyTorch refuses a layer, the picture says why.
    """

    sentence = "The transposed-convolution explorer needs a running kernel: run this cell. The next figure shows it."

    def __init__(self) -> None:
        self.settings = {name: slider(*setting, widths=WIDTHS) for name, setting in SETTINGS.items()}
        self.squares = {
            "input_square": slider("input square", 1, 1, 4, widths=WIDTHS),
            "output_square": slider("output square", 1, 1, 16, widths=WIDTHS),
        }
        self.play = ipywidgets.Play(min=1, max=16, value=1, layout={"margin": "0 0 0 110px"})
        super().__init__({**self.settings, **self.squares, "play": self.play})
        self.picture = Picture(
            format="png",
            layout={"width": f"{VIEWS_WIDTH}px", "max_width": "100%"},
            tooltip="Three views of the layer: stamps, a sliding kernel, and matrix times vector",
        )
        self.when_moved(self.draw, *self.squares.values())
        self.when_moved(self._rebuild, *self.settings.values())
        self.when_moved(self._walk, self.play)
        sizes = list(self.settings.values())
        columns = [ipywidgets.VBox(column) for column in (sizes[:3], sizes[3:], [*self.squares.values(), self.play])]
        guide = ipywidgets.HTML(f'<div style="line-height: 1.4">{HOW_TO_READ}</div>')
        for text in (guide, self.words):
            text.style.font_size, text.layout.max_width = "15px", f"{VIEWS_WIDTH}px"
        self.children = [ipywidgets.HBox(columns, layout={"flex_flow": "row wrap"}), guide, self.picture, self.words]
        self._rebuild()

    def _rebuild(self) -> None:
        """Compute the chosen layer, let both squares go as far as it goes, and draw once."""
        self.layer = TransposedLayer(**{name: control.value for name, control in self.settings.items()})
        try:
            self.counts, self.problem = (self.layer.input_size**2, self.layer.output_size**2), ""
        except InvalidValue as error:  # the squares keep the range of the last layer that was possible
            self.problem = str(error)
        for control in (*self.squares.values(), self.play):
            control.disabled = bool(self.problem)
        self.play.max = max(self.counts)
        self.play.interval = min(500, max(60, 1000 * PLAY_SECONDS // self.play.max))
        self._move_to([square.value for square in self.squares.values()])

    def _walk(self) -> None:
        """Both squares go the same share of their way, so that all views finish together."""
        self._move_to([-(-self.play.value * count // self.play.max) for count in self.counts])

    def _move_to(self, places: list[int]) -> None:
        """Set both squares and how far they can go, then draw once."""
        with self.by_itself():
            for square, place, count in zip(self.squares.values(), places, self.counts, strict=True):
                square.max = count
                square.value = place
        self.draw()

    def draw(self) -> None:
        """Show the three views at both squares, or why the layer is not possible."""
        if self.problem:
            self.picture.value = draw_impossible(self.problem, self.layer.formula, scale=1).png(compress_level=1)
            self.say("Not possible.", self.problem, f"The formula alone would say: {self.layer.formula}.")
            return
        input_square, output_square = (square.value - 1 for square in self.squares.values())
        views = draw_three_views(self.layer, input_square, output_square, scale=1)
        self.picture.value = views.png(compress_level=1)
        self.say(*describe(self.layer, input_square, output_square))

    @staticmethod
    def twin(
        input_size: int = START["input_size"],
        kernel_size: int = START["kernel_size"],
        stride: int = START["stride"],
        padding: int = START["padding"],
        dilation: int = START["dilation"],
        output_padding: int = START["output_padding"],
        share: float = 1.0,
    ) -> bytes:
        """Return what the explorer shows at one moment of Play, under a title that says how far it is, as PNG bytes.

        Args:
            input_size, kernel_size, stride, padding, dilation, output_padding: as the sliders.
            share: of Play's way, in [0, 1].

        Raises:
            InvalidValue: PyTorch refuses the layer.
        """
        layer = TransposedLayer(input_size, kernel_size, stride, padding, dilation, output_padding)
        inputs, outputs = input_size**2, layer.output_size**2
        stamp, window = _place(inputs, share), _place(outputs, share)
        views = draw_three_views(layer, stamp, window, scale=1)
        if (stamp + 1, window + 1) == (inputs, outputs):
            title = f"Stamps, windows and rows are done: three times the same {outputs} numbers"
        else:
            title = f"{stamp + 1} of {inputs} stamps are laid, {window + 1} of {outputs} numbers are collected"
        return views.titled(title).png()


def describe(layer: TransposedLayer, input_square: int, output_square: int) -> list[Markup]:
    """Say what the views show: the size, padding and p′, the two squares (from 0), and the comparison with PyTorch."""
    (a, b), (r, c) = divmod(input_square, layer.input_size), divmod(output_square, layer.output_size)
    value = number_text(layer.input[a, b])
    lines = [
        f"Output size (i − 1)·s − 2p + d·(k − 1) + output_padding + 1: <b>{layer.formula}</b>.",
        f"The argument is <b>p = {layer.padding}</b>. The zero-inserted input is {_border(layer)}.",
        f"Input square {input_square + 1} (row {a + 1}, column {b + 1}) holds {value}: it stamps {value} × kernel. "
        f"Output square {output_square + 1} (row {r + 1}, column {c + 1}): {window_sum(layer, output_square)}.",
        f"The three views agree with torch.nn.functional.conv_transpose2d: largest difference "
        f"{layer.largest_difference:.6f}."
        if layer.largest_difference < 1e-9
        else f"The three views DIFFER from torch.nn.functional.conv_transpose2d by {layer.largest_difference:.6f}.",
    ]
    return [Markup(line) for line in lines]


def _border(layer: TransposedLayer) -> str:
    """Say what is done to the zero-inserted input at its four sides; output_padding belongs to two of them."""
    p, extra = layer.slide_padding, layer.output_padding
    if p >= 0:
        more = f", and output_padding adds {extra} at the right and at the bottom" if extra else ""
        return f"<b>padded by p′ = {p}</b>{more}"
    if not extra:
        return f"<b>cut by {-p} on each side</b>, because p′ = −{-p} is below 0"
    rest = p + extra
    there = f"cut by {-rest}" if rest < 0 else f"padded by {rest}" if rest else "neither cut nor padded"
    total = f"−{-p} + {extra} = {rest}".replace("= -", "= −")
    return (
        f"<b>cut by {-p} at the left and at the top</b>, because p′ = −{-p} is below 0. At the right and at the bottom "
        f"it is <b>{there}</b>: p′ + output_padding = {total}"
    )


def _place(count: int, share: float) -> int:
    """The square that is reached after a share of the way."""
    return max(0, round(count * share) - 1)
