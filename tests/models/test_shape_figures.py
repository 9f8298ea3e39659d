import torch

from dcgan_course import models
from dcgan_course.models import shape_figures
from dcgan_course.models.shapes import shape_table


def test_the_diagram_has_a_box_for_every_stack_of_maps():
    generator, discriminator = models.Generator(28, 100, 1, 16), models.Discriminator(28, 1, 16)
    networks = [
        ("G", (100,), shape_table(generator, torch.zeros(1, 100))),
        ("D", (1, 28, 28), shape_table(discriminator, torch.zeros(1, 1, 28, 28))),
    ]
    figure = shape_figures.networks_figure(networks, "Two networks")
    assert [len(axis.patches) for axis in figure.axes] == [4, 4]
    words = [text.get_text() for axis in figure.axes for text in axis.texts]
    assert {"100", "32@7×7", "16@14×14", "1@28×28"} <= set(words)
    assert "transp. conv\nk7 s1 p0\nbatch norm\nReLU" in words
    assert min(text.get_fontsize() for axis in figure.axes for text in axis.texts if text.get_text()) >= 12
    figure.savefig("/dev/null", format="png")
