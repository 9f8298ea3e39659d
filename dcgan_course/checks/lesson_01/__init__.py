"""The checks of lesson 01."""

from dcgan_course.checks.lesson_01.sizes import (
    CONVOLVE_MISTAKES,
    LAYERS,
    SAME_MISTAKES,
    SIZE_MISTAKES,
    convolve,
    multiply_adds,
    output_size,
    parameters,
    same_padding,
    sizes_by_hand,
    table_of_edges,
)
