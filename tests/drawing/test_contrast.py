"""How well letters can be read on what is beneath them, and what a picture says of it."""

import io

import matplotlib
import pytest
import torch

matplotlib.use("Agg")
from matplotlib import pyplot as plt
from PIL import Image, ImageDraw

from dcgan_course import drawing
from dcgan_course.drawing import COLOURS, INKS, canvas
from dcgan_course.drawing.contrast import ENOUGH, HIGHEST, contrast, contrast_on, parsed
from dcgan_course.drawing.tables import SQUARES, draw_table
from dcgan_course.drawing.traces import probability_traces
from tests.helpers.pictures import lowest_contrast

BLACK, WHITE = (0, 0, 0), (255, 255, 255)
PALE = set(COLOURS) - set(INKS)


@pytest.mark.parametrize(
    ("one", "other", "published"),  # as WCAG's understanding documents and WebAIM's checker give them
    [
        ("#000000", "#ffffff", 21),
        ("#777777", "#ffffff", 4.48),
        ("#767676", "#ffffff", 4.54),
        ("#ff0000", "#ffffff", 4),
    ],
)
def test_contrast_is_the_published_one_in_both_orders(one, other, published):
    assert contrast(parsed(one), parsed(other)) == pytest.approx(published, abs=0.005)
    assert contrast(parsed(other), parsed(one)) == contrast(parsed(one), parsed(other))


def test_every_ink_can_be_read_on_white_and_on_light_grey_and_no_word_is_written_in_a_pale_colour():
    for name in set(INKS) - {"paper", "blue"}:
        on = [contrast(parsed(INKS[name]), parsed(COLOURS[ground])) for ground in ("paper", "light")]
        assert min(on) >= ENOUGH, name
    assert contrast(parsed(INKS["blue"]), parsed(COLOURS["paper"])) >= ENOUGH
    for name in PALE:
        with pytest.raises(KeyError):
            drawing.Canvas(40, 20).text(0, 0, "pale", colour=name)


@pytest.mark.parametrize("name", sorted(set(INKS) - {"ink", "paper", "blue"}))
def test_an_ink_is_a_darker_shade_of_its_colour(name):
    strong, dark = parsed(COLOURS[name]), parsed(INKS[name])
    assert sorted(range(3), key=strong.__getitem__) == sorted(range(3), key=dark.__getitem__) or name == "grey"
    assert contrast(dark, WHITE) > contrast(strong, WHITE)


def test_what_is_beneath_counts_from_a_tenth_on():
    sheet = Image.new("RGB", (100, 20), WHITE)
    box = (0.0, 0.0, 100.0, 20.0)
    assert contrast_on(BLACK, sheet, box) == 21
    ImageDraw.Draw(sheet).rectangle((0, 0, 8, 19), fill=BLACK)
    assert contrast_on(BLACK, sheet, box) == 21  # 9 of 100 columns
    ImageDraw.Draw(sheet).rectangle((9, 0, 9, 19), fill=BLACK)
    assert contrast_on(BLACK, sheet, box) == 1
    assert contrast_on(BLACK, sheet, (20.0, -5.0, 400.0, 90.0)) == 21
    assert contrast_on(BLACK, sheet, (200.0, 0.0, 300.0, 20.0)) == HIGHEST
    half = contrast_on(BLACK, sheet, (20.0, 0.0, 100.0, 20.0), opacity=0.5)
    assert half == contrast((128, 128, 128), WHITE)


@pytest.mark.parametrize("name", sorted(INKS.keys() - {"paper"}))
def test_a_canvas_says_its_lowest_contrast(name):
    sheet = drawing.Canvas(200, 60)
    assert lowest_contrast(sheet.png()) == HIGHEST
    sheet.title(2, 2, "black on white")
    sheet.text(2, 30, "words", colour=name)
    assert lowest_contrast(sheet.png()) == pytest.approx(contrast(parsed(INKS[name]), WHITE), abs=0.01)
    other = drawing.Canvas(200, 60)
    other.paste(sheet.titled("above it"), 0, 0)
    assert lowest_contrast(other.png()) == lowest_contrast(sheet.png()) >= ENOUGH


def test_the_colours_themselves_were_too_pale_for_words(monkeypatch):
    monkeypatch.setattr(canvas, "INKS", COLOURS)
    for name in ("grey", "orange", "green", "purple"):
        sheet = drawing.Canvas(200, 60)
        sheet.text(2, 30, "words", colour=name)
        assert lowest_contrast(sheet.png()) < ENOUGH


def test_a_mark_of_a_legend_has_the_colour_of_what_it_names_and_its_words_are_darker():
    sheet = drawing.Canvas(200, 40)
    sheet.key(4, 4, "G's gradient", "green")
    seen = {colour for _, colour in sheet.image.getcolors(10**6)}
    assert {parsed(COLOURS["green"]), parsed(INKS["green"])} <= seen
    assert lowest_contrast(sheet.png()) >= ENOUGH


@pytest.mark.parametrize("fill", COLOURS)
def test_a_number_can_be_read_on_every_fill(fill):
    if fill == "ink":
        return  # nothing is filled with ink
    sheet = drawing.Canvas(120, 60)
    draw_table(sheet, [[1, -2]], 4, 4, 50, 50, fills=fill, style=SQUARES)
    assert lowest_contrast(sheet.png()) >= ENOUGH


@pytest.mark.parametrize(
    ("write", "expected"),
    [
        (lambda axes: axes.set_title("orange", color=COLOURS["orange"]), 3.87),
        (lambda axes: axes.set_title("orange", color=INKS["orange"]), 5.76),
        (lambda axes: axes.text(0.5, 0.5, "word", color=COLOURS["green"], rotation=90), 3.42),
        (lambda axes: axes.text(0.5, 0.5, "word", color="k", alpha=0.4, rotation=30), 2.85),
        (lambda axes: axes.text(0.5, 0.5, "$x^2$", color=COLOURS["purple"]), 3.06),
        (lambda axes: axes.text(0.5, 0.5, "word", color="w", backgroundcolor=COLOURS["blue"]), 5.19),
        (lambda axes: (axes.bar([0], [1], color=COLOURS["blue"]), axes.text(0, 0.5, "word", ha="center")), 4.05),
        (lambda axes: axes.legend([], [], title="legend", labelcolor="k"), 21),
        (lambda axes: axes.tick_params(labelcolor=COLOURS["grey"]), 3.45),
        (lambda axes: axes.text(0.5, 0.5, "unseen", color="w", visible=False), 21),
    ],
)
def test_a_matplotlib_figure_says_its_lowest_contrast(write, expected):
    with matplotlib.rc_context():
        drawing.use_course_style()
        figure, axes = plt.subplots()
        axes.grid(False)
        write(axes)
        shown = drawing.show(figure, alt="Axes with a word in a colour.")
    assert lowest_contrast(shown.data) == pytest.approx(expected, abs=0.02)


def test_traces_films_and_rows_can_be_read():
    rows = torch.zeros(2, 3, 1, 8, 8)

    class Two:
        discriminator_loss = generator_loss = p_real = p_fake = [0.4, 0.6]

        def __len__(self):
            return 2

    traces = drawing.show(probability_traces(Two(), "Two epochs"), alt="Two lines over two epochs.").data
    assert lowest_contrast(traces) > 17
    for png in (drawing.labelled_rows_png(rows, ["a", "b"]), drawing.film_png(rows, ["a", "b"], columns=3, zoom=8)):
        assert lowest_contrast(png) > 17
    assert lowest_contrast(drawing.png_of_pictures(rows[0], columns=3)) == HIGHEST


def test_the_text_form_of_the_contrast_is_cut_not_rounded():
    assert canvas.facts_of([12], [4.4999])["Contrast"] == "4.49"
    sheet = drawing.Canvas(40, 20)
    assert Image.open(io.BytesIO(sheet.png())).info["Contrast"] == "21.00"
