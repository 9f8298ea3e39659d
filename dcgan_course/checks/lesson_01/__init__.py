"""The checks of lesson 01, convolution arithmetic: one function an exercise."""

from dcgan_course.checks.lesson_01.counts import multiply_adds, parameters
from dcgan_course.checks.lesson_01.fields import seen
from dcgan_course.checks.lesson_01.sizes import convolve, input_sizes, same_padding, sizes_by_hand
from dcgan_course.checks.lesson_01.table import table_of_edges
