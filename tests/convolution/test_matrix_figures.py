"""The drawings of lesson 02."""

import torch

from dcgan_course.convolution import arithmetic
from dcgan_course.convolution.matrix_figures import number_grids, weight_matrices
from tests.helpers.pictures import pixels


def test_lesson_drawings_are_as_wide_as_the_page_and_repeatable():
    c = arithmetic.conv_matrix(torch.arange(1.0, 10).view(3, 3), (4, 4))
    png = weight_matrices({"C": c, "Cᵀ": c.T})
    assert pixels(png).shape[1] == 1920 and png == weight_matrices({"C": c, "Cᵀ": c.T})
    plain, marked = number_grids({"C": c}), number_grids({"C": c}, marks={"C": {9.0: "peach"}}, title="w₉")
    assert plain != marked and len(pixels(marked)) > len(pixels(plain))
