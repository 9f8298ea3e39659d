"""One picture, one kernel: the numbers beside PyTorch, and the words for them."""

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from hypothesis import given
from hypothesis import strategies as st

from dcgan_course.convolution.scene import (
    KERNELS,
    PICTURES,
    ConvolutionScene,
    kernel_taps,
    picture_numbers,
    product_lines,
)
from dcgan_course.errors import InvalidValue


def test_the_seed_belongs_to_the_random_picture():
    assert (picture_numbers("random", 10, seed=1) != picture_numbers("random", 10, seed=2)).any()
    np.testing.assert_array_equal(picture_numbers("random", 10, seed=3)[:4, :4], picture_numbers("random", 4, seed=3))


@pytest.mark.parametrize("name", PICTURES)
@pytest.mark.parametrize("size", [1, 10, 12])
def test_a_picture_has_the_size_that_was_asked_for(name, size):
    assert picture_numbers(name, size).shape == (size, size)


@pytest.mark.parametrize("size", range(1, 6))
def test_kernels_do_what_their_names_say(size):
    flat = np.ones((size, size))
    totals = {name: (kernel_taps(name, size)[0] * flat).sum() / kernel_taps(name, size)[1] for name in KERNELS}
    assert totals["blur"] == totals["sharpen"] == 1
    if size > 1:
        assert totals["vertical edge"] == totals["horizontal edge"] == 0


def test_unknown_names_are_refused_in_a_sentence():
    with pytest.raises(InvalidValue, match="kernel is 'edge'.*vertical edge"):
        kernel_taps("edge", 3)
    with pytest.raises(InvalidValue, match="picture is 'cat'.*diagonal"):
        picture_numbers("cat", 3)


scenes = st.tuples(
    st.integers(1, 8), st.integers(1, 4), st.integers(1, 4), st.integers(0, 3), st.integers(1, 3)
).filter(lambda case: case[0] + 2 * case[3] >= case[4] * (case[1] - 1) + 1)


@given(scenes, st.sampled_from([0.0, 1.0]), st.integers(0, 2**31))
def test_a_scene_is_conv2d(case, padding_value, seed):
    i, k, s, p, d = case
    generator = torch.Generator().manual_seed(seed)
    picture = torch.randint(-3, 4, (i, i), generator=generator).double()
    kernel = torch.randint(-3, 4, (k, k), generator=generator).double()
    scene = ConvolutionScene(picture, kernel, s, p, d, divisor=2, padding_value=padding_value)
    padded = F.pad(picture, (p,) * 4, value=padding_value)
    want = F.conv2d(padded[None, None], kernel[None, None] / 2, stride=s, dilation=d)[0, 0].numpy()
    np.testing.assert_allclose(scene.output, want, atol=1e-12)
    assert scene.output_size == len(want) and scene.difference_from_torch() < 1e-12
    assert scene.formula().endswith(f" = {len(want)}")
    inside, answer = scene.formula().split(" = ")
    assert eval(
        inside.replace("⌊", "(").replace("⌋", ")").replace("·", "*").replace("−", "-").replace("/", "//")
    ) == int(answer)
    row, column = divmod(seed % want.size, len(want))
    products = " ".join(product_lines(scene, row, column))
    assert eval(products.replace("·", "*").replace("−", "-")) == pytest.approx(want[row, column] * 2)
