"""Packs, and the deviation of a batch."""

import pytest
import torch
from torch import nn

from dcgan_course import models
from dcgan_course.errors import InvalidValue
from dcgan_course.training.fixes.variety import MinibatchDeviation, Packed


def test_a_pack_is_neighbours_one_behind_the_other():
    seen = []
    inner = nn.Flatten()
    inner.register_forward_hook(lambda module, given, answer: seen.append(given[0]))
    images = torch.arange(7 * 2 * 3 * 3.0).view(7, 2, 3, 3)
    Packed(inner, (2, 3, 3), 3)(images)
    assert seen[0].shape == (2, 6, 3, 3)  # the seventh makes no pack
    assert torch.equal(seen[0][1], torch.cat([images[3], images[4], images[5]]))


def test_a_pack_gets_one_answer_and_other_pictures_are_refused():
    torch.manual_seed(0)
    packed = Packed(models.Discriminator(16, 4, 2), (2, 16, 16), 2)
    assert packed(torch.zeros(10, 2, 16, 16)).shape == (5,)
    with pytest.raises(InvalidValue, match="packs pictures of"):
        packed(torch.zeros(10, 4, 16, 16))


def test_the_deviation_is_that_of_numpy_over_pictures():
    maps = torch.randn(5, 3, 4, 2, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    out = MinibatchDeviation()(maps)
    assert out.shape == (5, 4, 4, 2) and torch.equal(out[:, :3], maps)
    torch.testing.assert_close(out[:, 3], torch.full((5, 4, 2), maps.numpy().std(axis=0).mean(), dtype=maps.dtype))


def test_pictures_that_are_alike_have_none():
    alike = torch.randn(1, 3, 4, 4).expand(6, -1, -1, -1).clone().requires_grad_()
    MinibatchDeviation()(alike)[:, 3].sum().backward()
    assert alike.grad.isfinite().all()
    assert MinibatchDeviation()(alike)[:, 3].max() < 2e-4
    assert MinibatchDeviation()(alike[:1])[:, 3].abs().max() == 0
