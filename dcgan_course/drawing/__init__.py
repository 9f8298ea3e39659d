"""What everything is drawn with: palette, canvas, tables, sheets, films, and the page."""

from dcgan_course.drawing.canvas import COLOURS, Canvas, labelled_rows_png, number_text, png_of_pictures, tile_pictures
from dcgan_course.drawing.films import HEAD, film_png, save_webp
from dcgan_course.drawing.page import (
    DATA,
    FAKE,
    JUDGE,
    MODEL,
    REAL,
    image_grid,
    loss_traces,
    probability_traces,
    show,
    show_png,
    use_course_style,
)
