"""The checks of lesson 02, transposed convolution: one function an exercise."""

from dcgan_course.checks.lesson_02.ladders import answers_per_picture, lecture_strides, my_ladders, repaired_generator
from dcgan_course.checks.lesson_02.matrices import build_conv_matrix, read_layer
from dcgan_course.checks.lesson_02.pairs import are_a_pair, overlap, way_back, with_channels
from dcgan_course.checks.lesson_02.sizes import multiplying_layers, price_of_zeros
from dcgan_course.checks.lesson_02.views import input_gradient, unstamp
