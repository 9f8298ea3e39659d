"""The numbers of a transposed convolution, each view beside PyTorch."""

import itertools

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from dcgan_course.convolution.transposed import TransposedLayer, window_sum
from dcgan_course.data.images import load_images
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


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_after_learning_to_enlarge_an_even_overlap_leaves_the_weakest_grid(seed):
    """Lesson 02: trained alike, kernels 3 and 5 with stride 2 draw a grid on flat grey; kernel 4 nearly none."""
    digits = load_images("drawn_digits").images[:500].float() / 127.5 - 1
    grids = {}
    for kernel_size, padding, extra in ((3, 1, 1), (4, 1, 0), (5, 2, 1)):
        noise = torch.Generator().manual_seed(seed)
        layer = nn.ConvTranspose2d(1, 1, kernel_size, 2, padding, extra)
        nn.init.normal_(layer.weight, 0, 0.02, generator=noise)
        nn.init.zeros_(layer.bias)
        optimizer = torch.optim.Adam(layer.parameters(), lr=0.01)
        for _ in range(200):
            wanted = digits[torch.randint(len(digits), (16,), generator=noise)]
            loss = F.mse_loss(layer(F.avg_pool2d(wanted, 2)), wanted)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        with torch.no_grad():
            tile = layer(torch.full((1, 1, 14, 14), 0.5))[0, 0, 14:16, 14:16]
        grids[kernel_size] = float(tile.max() - tile.min())
    assert grids[4] < grids[3] / 4 and grids[4] < grids[5] / 4, grids
