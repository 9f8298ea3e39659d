import pytest
import torch

from dcgan_course.data.pixels import scale
from dcgan_course.errors import InvalidValue
from dcgan_course.evaluation import attributes


def stroke(width, lean=0.0, size=41):
    """A straight stroke with soft edges, 24 pixels high, in [−1, 1]."""
    y, x = torch.meshgrid(torch.arange(size) - size // 2, torch.arange(size) - size // 2, indexing="ij")
    across = ((x + lean * y).abs() / (1 + lean**2) ** 0.5).float()
    ink = (width / 2 - across + 0.5).clamp(0, 1) * (y.abs() <= 12)
    return 2 * ink[None, None] - 1


@pytest.mark.parametrize("lean", [-0.5, -0.2, 0.0, 0.3, 0.6])
def test_slant_is_the_lean_of_a_stroke(lean):
    assert float(attributes.slant(stroke(3, lean))) == pytest.approx(lean, abs=0.02)


@pytest.mark.parametrize("width", [2, 3, 4, 5])
def test_thickness_is_the_width_of_a_stroke(width):
    found = float(attributes.thickness(stroke(width)))
    assert found == pytest.approx(2 * width * 25 / (2 * 25 + 2 * width), rel=0.1)  # its two ends are edge too


def test_slant_and_thickness_of_nothing_are_zero():
    nothing = -torch.ones(2, 1, 28, 28)
    assert attributes.slant(nothing).abs().max() < 1e-6 and attributes.thickness(nothing).abs().max() < 1e-6


def test_brightness_and_warmth():
    red = torch.tensor([1.0, -1.0, -1.0])[None, :, None, None].expand(1, 3, 4, 4)
    assert float(attributes.brightness(red)) == pytest.approx(-1 / 3)
    assert float(attributes.warmth(red)) == 2 and float(attributes.warmth(red.flip(1))) == -2


def test_colourfulness_of_grey_is_0_of_pure_colours_are_1_and_bytes_are_floats():
    images = torch.zeros(3, 3, 4, 4, dtype=torch.uint8)
    images[0] = 90
    images[1, 0], images[2, 1] = 255, 51
    assert attributes.colourfulness(images).tolist() == pytest.approx([0, 1, 0.2], abs=1e-6)
    torch.testing.assert_close(attributes.colourfulness(scale(images)), attributes.colourfulness(images))


def test_grey_pictures_have_no_colourfulness():
    with pytest.raises(InvalidValue, match="colours need"):
        attributes.colourfulness(torch.zeros(2, 1, 4, 4))


def test_pictures_of_the_wrong_kind_are_refused():
    with pytest.raises(InvalidValue, match="grey"):
        attributes.slant(torch.zeros(1, 3, 4, 4))
    with pytest.raises(InvalidValue, match="colour"):
        attributes.warmth(torch.zeros(1, 1, 4, 4))
