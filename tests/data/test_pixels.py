"""From bytes to batches and back: what is shown, in which order, and what is refused."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from dcgan_course.data import batches, scale, to_pixels
from dcgan_course.data.pixels import floats
from dcgan_course.errors import InvalidValue


def numbered(count):
    """Pictures (count, 1, 1, 2) that hold their own number in two bytes."""
    numbers = torch.arange(count)
    return torch.stack([numbers // 256, numbers % 256], 1).to(torch.uint8).view(count, 1, 1, 2)


def numbers_in(batch):
    high, low = to_pixels(batch).long().flatten(1).unbind(1)
    return high * 256 + low


@given(count=st.integers(1, 700), batch_size=st.integers(1, 800), seed=st.integers(0, 99), drop_last=st.booleans())
def test_each_picture_is_shown_once_in_the_order_of_the_generator(count, batch_size, seed, drop_last):
    if drop_last and batch_size > count:
        return
    made = torch.Generator().manual_seed(seed)
    parts = list(batches(numbered(count), batch_size, generator=made, drop_last=drop_last))
    shown = torch.cat([numbers_in(part) for part in parts])
    expected = torch.randperm(count, generator=torch.Generator().manual_seed(seed))
    assert torch.equal(shown, expected[: count - count % batch_size] if drop_last else expected)
    assert {len(part) for part in parts[:-1]} <= {batch_size}
    assert all(part.dtype == torch.float32 and part.min() >= -1 and part.max() <= 1 for part in parts)


def test_without_a_generator_the_order_is_the_stored_one():
    shown = torch.cat([numbers_in(part) for part in batches(numbered(300), 7)])
    assert torch.equal(shown, torch.arange(300))


def test_a_second_epoch_has_another_order_and_the_global_random_state_stays():
    generator, before = torch.Generator().manual_seed(0), torch.get_rng_state()
    first, second = (torch.cat(list(batches(numbered(300), 64, generator=generator))) for _ in range(2))
    assert not torch.equal(first, second)
    assert torch.equal(torch.get_rng_state(), before)


def test_batches_take_mapped_pictures_and_leave_them_alone(tmp_path):
    pixels = np.random.default_rng(0).integers(0, 256, (20, 3, 4, 4), dtype=np.uint8)
    np.save(tmp_path / "a.npy", pixels)
    mapped = torch.from_numpy(np.load(tmp_path / "a.npy", mmap_mode="c"))
    parts = list(batches(mapped, 8, generator=torch.Generator().manual_seed(1)))
    parts[0].zero_()
    assert np.array_equal(mapped.numpy(), pixels)
    order = torch.randperm(20, generator=torch.Generator().manual_seed(1))
    assert np.array_equal(to_pixels(torch.cat(parts[1:])).numpy(), pixels[order[8:]])


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"images": torch.rand(4, 1, 2, 2)}, "images is torch.float32"),
        ({"images": numbered(4)[0]}, r"images is torch.uint8 \(1, 1, 2\)"),
        ({"images": numbered(0)}, "N of 1 or more"),
        ({"images": [1, 2]}, "images is list"),
        ({"batch_size": 0}, "batch_size is 0"),
        ({"batch_size": -5}, "batch_size is -5"),
        ({"batch_size": 2.0}, "batch_size is 2.0"),
        ({"batch_size": True}, "batch_size is True"),
        ({"batch_size": "8"}, "batch_size is '8'"),
        ({"batch_size": 5, "drop_last": True}, "only 4 pictures"),
        ({"device": "gpu"}, "device is 'gpu'"),
        ({"device": "cuda:99"}, "device is 'cuda:99'"),
        ({"generator": 3}, "must be a torch.Generator"),
    ],
)
def test_wrong_arguments_are_refused_before_the_first_batch(changes, words):
    arguments = {"images": numbered(4), "batch_size": 2} | changes
    with pytest.raises(InvalidValue, match=words):
        batches(**arguments)


def test_scale_and_to_pixels_are_inverse_for_all_values():
    every = torch.arange(256, dtype=torch.uint8)
    assert torch.equal(to_pixels(scale(every)), every)
    assert scale(every)[0] == -1 and scale(every)[-1] == 1
    assert torch.allclose(scale(every).double(), every.double() / 127.5 - 1, atol=1e-7)


def test_to_pixels_cuts_off_and_keeps_its_input():
    x = torch.tensor([-3.0, 3.0, float("nan"), float("inf"), 0.0], requires_grad=True)
    assert to_pixels(x).tolist() == [0, 255, 0, 255, 128]
    assert x.detach()[0] == -3


def test_floats_scales_bytes_alone():
    every = torch.arange(256, dtype=torch.uint8)
    assert torch.equal(floats(every), scale(every))
    assert torch.equal(floats(scale(every).double()), scale(every))


def test_a_whole_number_of_numpy_is_a_batch_size():
    assert [len(part) for part in batches(numbered(5), np.int64(2))] == [2, 2, 1]
