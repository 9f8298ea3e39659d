"""The explorer of transposed convolution: three equal views that move together, and its static twin."""

import ipywidgets

from dcgan_course.convolution.transposed import TransposedLayer, window_sum
from dcgan_course.convolution.transposed_figures import (
    VIEWS_HEIGHT,
    VIEWS_WIDTH,
    draw_impossible,
    draw_three_views,
)
from dcgan_course.drawing.canvas import Canvas, number_text
from dcgan_course.errors import InvalidValue
from dcgan_course.widgets.parts import Panel

HOW_TO_READ = (
    "<b>input square</b> is the input that stamps now (view 2): it is a column of Cᵀ (view 1, orange). "
    "<b>output square</b> is where the window stops now (view 3): it is a row of Cᵀ (view 1, blue). "
    "<b>Play</b> walks through both, so that all views finish together."
)
SETTINGS = {  # name: (label, lowest, highest, start)
    "input_size": ("input size i", 1, 5, 2),
    "kernel_size": ("kernel size k", 1, 5, 4),
    "stride": ("stride s", 1, 4, 2),
    "padding": ("padding p", 0, 4, 1),
    "dilation": ("dilation d", 1, 2, 1),
    "output_padding": ("output_padding", 0, 3, 0),
}
PLAY_SECONDS = 12  # about how long Play takes, whatever the sizes are


def transposed_explorer() -> Panel:
    """Return the explorer: six sliders for the layer, two for the place, a play button, three views, the same as text.

    The panel's `controls` are the arguments of `TransposedLayer`, input_square, output_square (both from 1, row by
    row) and play. No position of them raises: where PyTorch refuses a layer, the picture says why.
    """
    settings = {name: _slider(*setting) for name, setting in SETTINGS.items()}
    squares = {"input_square": _slider("input square", 1, 4, 1), "output_square": _slider("output square", 1, 16, 1)}
    play = ipywidgets.Play(min=1, max=16, value=1, layout={"margin": "0 0 0 110px"})
    picture = ipywidgets.Image(format="png", layout={"width": f"{VIEWS_WIDTH}px", "max_width": "100%"})
    text = ipywidgets.HTML()
    layer, counts, problem = TransposedLayer(), (4, 16), ""  # problem: why the layer is not possible

    def redraw(_change=None) -> None:
        if problem:
            picture.value = draw_impossible(problem, layer.formula, scale=1).png(compress_level=1)
            text.value = _html("Not possible.", problem, f"The formula alone would say: {layer.formula}.")
            return
        place = squares["input_square"].value - 1, squares["output_square"].value - 1
        picture.value = draw_three_views(layer, *place, scale=1).png(compress_level=1)
        text.value = _html(*describe(layer, *place))

    def move_to(places) -> None:
        """Set both squares and how far they can go, then draw once."""
        for slider, place, count in zip(squares.values(), places, counts, strict=True):
            slider.unobserve(redraw, "value")
            slider.max = count
            slider.value = place
            slider.observe(redraw, "value")
        redraw()

    def rebuild(_change=None) -> None:
        nonlocal layer, counts, problem
        layer = TransposedLayer(**{name: slider.value for name, slider in settings.items()})
        try:
            counts, problem = (layer.input_size**2, layer.output_size**2), ""
        except InvalidValue as error:
            problem = str(error)
        for control in (*squares.values(), play):
            control.disabled = bool(problem)
        play.max = max(counts)
        play.interval = min(500, max(60, 1000 * PLAY_SECONDS // play.max))
        move_to([slider.value for slider in squares.values()])

    def walk(change) -> None:
        """Both squares go the same share of their way, so that all views finish together."""
        move_to([-(-change["new"] * count // play.max) for count in counts])

    for slider in squares.values():
        slider.observe(redraw, "value")
    for slider in settings.values():
        slider.observe(rebuild, "value")
    play.observe(walk, "value")
    rebuild()
    sizes, rest = list(settings.values()), [*squares.values(), play]
    columns = [ipywidgets.VBox(column) for column in (sizes[:3], sizes[3:], rest)]
    guide = ipywidgets.HTML(_html(HOW_TO_READ))
    return Panel(
        [ipywidgets.HBox(columns, layout={"flex_flow": "row wrap"}), guide, picture, text],
        "The transposed-convolution explorer needs a running kernel: run this cell. The next figure shows it.",
        {**settings, **squares, "play": play},
    )


def describe(layer: TransposedLayer, input_square: int, output_square: int) -> list[str]:
    """Say what the views show: the size, padding and p′, the two squares (from 0), and the comparison with PyTorch."""
    (a, b), (r, c) = divmod(input_square, layer.input_size), divmod(output_square, layer.output_size)
    value = number_text(layer.input[a, b])
    return [
        f"Output size (i − 1)·s − 2p + d·(k − 1) + output_padding + 1: <b>{layer.formula}</b>.",
        f"The argument is <b>p = {layer.padding}</b>. The zero-inserted input is {_border(layer)}.",
        f"Input square {input_square + 1} (row {a + 1}, column {b + 1}) holds {value}: it stamps {value} × kernel. "
        f"Output square {output_square + 1} (row {r + 1}, column {c + 1}): {window_sum(layer, output_square)}.",
        f"The three views agree with torch.nn.functional.conv_transpose2d: largest difference "
        f"{layer.largest_difference:.6f}."
        if layer.largest_difference < 1e-9
        else f"The three views DIFFER from torch.nn.functional.conv_transpose2d by {layer.largest_difference:.6f}.",
    ]


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


def transposed_twin(
    input_size: int = 2,
    kernel_size: int = 4,
    stride: int = 2,
    padding: int = 1,
    dilation: int = 1,
    output_padding: int = 0,
    moments: int = 3,
) -> bytes:
    """Return what the explorer shows at several moments of Play, one below the other, as PNG bytes.

    Raises InvalidValue for a layer that PyTorch refuses.
    """
    layer = TransposedLayer(input_size, kernel_size, stride, padding, dilation, output_padding)
    inputs, outputs = input_size**2, layer.output_size**2
    strip = Canvas(VIEWS_WIDTH, moments * (VIEWS_HEIGHT + 20) - 20, scale=1)
    for moment in range(moments):
        share = (moment + 1) / moments
        views = draw_three_views(layer, _place(inputs, share), _place(outputs, share), scale=1)
        top = moment * (VIEWS_HEIGHT + 20)
        strip.image.paste(views.image, (0, top))
        if moment:
            strip.line(0, top - 10, VIEWS_WIDTH, top - 10, colour="grey", line=2)
    return strip.png()


def _place(count: int, share: float) -> int:
    """The square that is reached after a share of the way."""
    return max(0, round(count * share) - 1)


def _slider(label, lowest, highest, start):
    return ipywidgets.IntSlider(
        value=start,
        min=lowest,
        max=highest,
        description=label,
        style={"description_width": "110px"},
        layout=ipywidgets.Layout(width="350px"),
    )


def _html(*lines: str) -> str:
    style = f"max-width: {VIEWS_WIDTH}px; font-size: 15px; line-height: 1.4"
    return f'<div role="status" style="{style}">{"<br>".join(lines)}</div>'
