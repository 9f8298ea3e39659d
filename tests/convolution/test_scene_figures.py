"""A convolution drawn as three tables."""

import numpy as np

from dcgan_course.convolution.scene import ConvolutionScene
from dcgan_course.convolution.scene_figures import convolution_figure, window_figure
from tests.helpers.pictures import pixels


def test_a_frame_marks_the_window_where_the_sum_is_made():
    scene = ConvolutionScene(np.zeros((6, 6)), np.ones((3, 3)))
    first = pixels(convolution_figure(scene, "the same title", place=(0, 0)))
    last = pixels(convolution_figure(scene, "the same title", place=(3, 3)))
    changed = np.argwhere((first != last).any(axis=2))
    assert len(changed) and changed[:, 0].min() > 80  # the title stays
    assert pixels(window_figure(scene, "one window", place=(0, 0))).shape[1] == 2000
