"""The three views, drawn: what the legend says, and that nothing is cut."""

import itertools
import subprocess
import sys

import numpy as np
import pytest

from dcgan_course.convolution import transposed_figures
from dcgan_course.convolution.transposed import TransposedLayer
from dcgan_course.convolution.transposed_figures import draw_three_views


@pytest.mark.parametrize(
    ("p", "extra", "words"),
    [
        (2, 0, ["padding p′ = 2"]),
        (2, 1, ["padding p′ = 2; right and bottom 3"]),
        (-2, 0, ["p′ = −2: cut 2 on each side"]),
        (-2, 1, ["cut: 2 left and top, 1 right and bottom"]),
        (-2, 2, ["p′ = −2: cut 2 left and top"]),
        (-2, 3, ["p′ = −2: cut 2 left and top", "padding: 1 right and bottom"]),
    ],
)
def test_the_legend_of_the_third_view_says_each_side(p, extra, words):
    rows = transposed_figures.border_legend(p, extra)
    assert [text for _, text in rows] == words
    assert [colour for colour, _ in rows] == ["paper" if "padding" in text else "grey" for text in words]


def test_nothing_is_drawn_over_the_edge():
    """The rightmost points stay white at the largest and the smallest layers."""
    for layer in (
        TransposedLayer(5, 5, 4, 0, 2, 3),
        TransposedLayer(),
        TransposedLayer(1, 1, 1, 0),
        TransposedLayer(5),
    ):
        canvas = draw_three_views(layer, 0, layer.output_size**2 - 1, scale=1)
        assert (np.asarray(canvas.image)[:, -1] == 255).all()


def test_a_number_is_large_enough_to_be_read_or_is_left_out():
    """The sheet of 1080 points is shown 934 px wide on a small laptop: 14 points are 12 px there."""
    sizes = []
    for i, k, s in itertools.product((1, 2, 3, 5), (1, 2, 3, 4, 5), (1, 2, 4)):
        layer = TransposedLayer(i, k, s, 0)
        sizes.append(min(draw_three_views(layer, 0, layer.output_size**2 - 1, scale=1).sizes))
    assert min(sizes) >= 14


def test_the_drawings_need_no_widgets():
    code = (
        "import sys; from dcgan_course.convolution.transposed import TransposedLayer; "
        "from dcgan_course.convolution.transposed_figures import draw_three_views; "
        "draw_three_views(TransposedLayer(), 0, 0);"
        "sys.exit('ipywidgets' in sys.modules or 'matplotlib.pyplot' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
