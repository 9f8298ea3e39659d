"""What everything is drawn with: palette, canvas, number tables, sheets of pictures, films, and the page; may import
errors, data.
"""

from dcgan_course.drawing.canvas import COLOURS, INKS, Canvas, number_text
from dcgan_course.drawing.films import film_png, save_webp
from dcgan_course.drawing.page import DATA, FAKE, JUDGE, MODEL, REAL, image_grid, show, show_png, use_course_style
from dcgan_course.drawing.sheets import labelled_rows_png, png_of_pictures, tile_pictures
from dcgan_course.drawing.traces import loss_traces, probability_traces
