"""The door through which figures reach the page."""

import io

import matplotlib
import pytest
import torch

matplotlib.use("Agg")
from matplotlib import pyplot as plt
from matplotlib.text import Text
from PIL import Image

from dcgan_course import drawing
from dcgan_course.errors import InvalidValue
from tests.helpers.pictures import pixels

LONG = "A finding that takes many words and would run over the right edge of a figure that is nine inches wide, twice"


@pytest.fixture(autouse=True)
def course_style():
    with matplotlib.rc_context():
        drawing.use_course_style()
        yield


@pytest.mark.parametrize("place", ["left", "center", "figure"])
def test_a_title_that_is_too_wide_gets_more_lines_and_loses_no_word(place):
    figure, panels = plt.subplots(1, 2)
    title = figure.suptitle(LONG) if place == "figure" else panels[1].set_title(LONG, loc=place)
    panels[0].set_title("short")
    picture = drawing.show(figure, alt="Two empty panels under a long title.")
    figure.canvas.draw()
    box = title.get_window_extent()
    assert 0 <= box.x0 and box.x1 <= figure.bbox.x1 and "\n" in title.get_text()
    assert title.get_text().split() == LONG.split()
    assert panels[0].get_title("left") == "short" and picture.data.startswith(b"\x89PNG")


def test_a_title_that_fits_is_left_alone():
    figure, axes = plt.subplots()
    axes.set_title("Short and true")
    drawing.show(figure, alt="An empty panel under a short title.")
    assert axes.get_title("left") == "Short and true"


@pytest.mark.parametrize("name", ["$x_$", "50$ and 60$", "a\\$b$", "$$", "<img src=x onerror=alert(1)>&\"'"])
def test_names_in_titles_are_no_formulas(name):
    figure = drawing.image_grid(torch.zeros(2, 1, 4, 4), f'the folder "{name}"')
    drawing.show(figure, alt="Two black squares under a name.")  # half a formula is an error when it is drawn
    (title,) = (text for text in figure.findobj(Text) if text.get_text() == f'the folder "{name}"')
    assert not title.get_parse_math()


def test_show_png_needs_a_sentence_and_carries_it():
    png = drawing.png_of_pictures(torch.zeros(1, 1, 2, 2), columns=1)
    with pytest.raises(InvalidValue, match="needs a sentence"):
        drawing.show_png(png, alt="picture")
    shown = drawing.show_png(png, alt="one black square on a white page")
    assert repr(shown) == "[picture: one black square on a white page]"
    assert shown._repr_mimebundle_()[1]["image/png"]["alt"] == "one black square on a white page"


@pytest.mark.parametrize(
    ("draw", "points"),
    [
        (lambda axes: axes.set_title("a title", fontsize=20), 14),  # the numbers at the axes
        (lambda axes: axes.text(0, 0, "a remark", fontsize=9), 9),
        (lambda axes: axes.text(0, 0, "unseen", fontsize=9, visible=False), 14),
        (lambda axes: (axes.axis("off"), axes.text(0, 0, "alone", fontsize=20)), 20),
        (lambda axes: axes.axis("off"), 0),
        (lambda axes: axes.set(yscale="log"), 14 * 0.7),  # the exponents
    ],
)
def test_a_figure_says_how_large_its_smallest_letters_are(draw, points):
    figure, axes = plt.subplots()
    axes.plot([1, 1000])
    draw(axes)
    shown = drawing.show(figure, alt="A line that goes up from one to a thousand.")
    assert Image.open(io.BytesIO(shown.data)).info["Letters"] == f"{points * 100 / 72:.1f} px"


def test_sheets_and_films_say_it_too():
    rows = torch.zeros(2, 3, 1, 8, 8)
    for png, said in (
        (drawing.png_of_pictures(rows[0], columns=3), "0.0 px"),
        (drawing.labelled_rows_png(rows, ["a", "b"]), "28.0 px"),
        (drawing.film_png(rows, ["a", "b"], columns=3, zoom=8), "32.0 px"),
    ):
        assert Image.open(io.BytesIO(png)).info["Letters"] == said


def test_a_picture_says_its_title():
    figure, panels = plt.subplots(1, 2)
    panels[1].set_title("the second panel")
    picture = torch.zeros(2, 1, 16, 16)
    over = "A finding of many words, which no narrow picture has room for in one line"
    for png, said in (
        (drawing.show(figure, alt="Two empty panels, one with a title.").data, "the second panel"),
        (drawing.show(plt.figure(), alt="Nothing at all is drawn.").data, None),
        (drawing.png_of_pictures(picture, columns=2), None),
        (drawing.png_of_pictures(picture, columns=2, zoom=6, title=over), over),
        (drawing.labelled_rows_png(picture[None], ["a"], title=over), over),
        (drawing.film_png(picture[None], ["a"], zoom=6, title=over), over),
    ):
        assert Image.open(io.BytesIO(png)).info.get("Title") == said


def test_a_title_over_pictures_hides_none_of_them():
    pictures = torch.full((2, 1, 16, 16), -1.0)
    plain = pixels(drawing.png_of_pictures(pictures, columns=2, zoom=6))
    titled = pixels(drawing.png_of_pictures(pictures, columns=2, zoom=6, title="Black in a narrow row, twice, is all"))
    below = titled[-len(plain) :]
    assert titled.shape[1] == plain.shape[1] and (below == plain).all()
    assert (titled[: -len(plain)] < 128).any() and (titled[: -len(plain), -2:] == 255).all()
