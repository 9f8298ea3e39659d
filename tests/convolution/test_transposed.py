"""The numbers of a transposed convolution, each view beside PyTorch."""

import itertools

import pytest
import torch
import torch.nn.functional as F

from dcgan_course.convolution.transposed import TransposedLayer, window_sum
from dcgan_course.errors import InvalidValue


def test_the_views_are_pytorchs_for_every_setting():
    """The oracle: all combinations of the sliders' ends and some between, each view apart."""
    possible = 0
    for i, k, s, p, d, extra in itertools.product((1, 2, 5), (1, 2, 3, 5), (1, 2, 4), (0, 1, 4), (1, 2), (0, 1, 3)):
        layer = TransposedLayer(i, k, s, p, d, extra)
        try:
            want = F.conv_transpose2d(layer.input[None, None], layer.kernel[None, None], None, s, p, extra, 1, d)[0, 0]
        except RuntimeError:
            want = torch.empty(0)
        if want.numel() == 0:  # PyTorch refuses, or gives a picture without a pixel
            with pytest.raises(InvalidValue):
                layer.output_size
            continue
        possible += 1
        o = layer.output_size
        assert want.shape == (o, o)
        assert torch.equal((layer.matrix @ layer.input.flatten()).view(o, o), want)
        assert torch.equal(layer.cut(layer.stamped(i * i)), want)
        assert torch.equal(layer.slid, want)
        assert len(layer.padded) == layer.output_size + layer.reach - 1
        assert layer.formula.endswith(f"= {o}") and layer.largest_difference == 0
    assert possible > 250


def test_the_sum_under_the_window_is_the_output():
    layer = TransposedLayer(2, 3, 2, 0)
    assert window_sum(layer, 12) == "1·9 + 2·7 + 3·3 + 4·1 = 36"
    assert window_sum(TransposedLayer(2, 1, 3, 0), 1) == "no input reached = 0"
