"""The checks of lesson 02."""

from dcgan_course.checks.lesson_02.matrices import (
    __all__,
    answers_per_picture,
    build_conv_matrix,
    by_sliding,
    by_stamping,
    lecture_strides,
    my_ladders,
    p_prime,
    repaired_generator,
    transposed_size,
    which_is_the_transpose,
)
