import pytest
import torch
from torchvision.transforms import functional as vision

from dcgan_course.data.pixels import scale
from dcgan_course.errors import InvalidValue
from dcgan_course.evaluation import spoiled


@pytest.fixture
def images():
    random = torch.Generator().manual_seed(0)
    return torch.randint(0, 256, (40, 3, 12, 10), generator=random, dtype=torch.uint8)


@pytest.fixture
def labels():
    return torch.arange(40) % 4


def kinds(pictures, images):
    """The index of each picture among the originals."""
    table = scale(images).flatten(1)
    return [int((table == picture.flatten()).all(dim=1).nonzero()[0, 0]) for picture in pictures]


CHANGES = {
    "blurred": lambda x: spoiled.blurred(x, 1.3),
    "shifted": lambda x: spoiled.shifted(x, 2, -1),
    "mirrored": spoiled.mirrored,
    "noisy": lambda x: spoiled.noisy(x, 0.3),
    "half_noise": spoiled.half_noise,
    "resized": lambda x: spoiled.resized(x, (12, 10)),
    "jpeg_saved": lambda x: spoiled.jpeg_saved(x, 50),
}


@pytest.mark.parametrize("name", CHANGES)
def test_a_change_keeps_number_range_and_input_and_takes_bytes_or_floats(name, images):
    kept = images.clone()
    state = torch.random.get_rng_state()
    out = CHANGES[name](images)
    assert out.shape == images.shape and out.dtype == torch.float32 and bool((out.abs() <= 1 + 1e-5).all())
    assert torch.equal(out, CHANGES[name](scale(images))) and torch.equal(images, kept)
    assert torch.equal(state, torch.random.get_rng_state())


def test_blur_equals_that_of_torchvision_away_from_the_edge(images):
    large = torch.randn(2, 3, 30, 30, generator=torch.Generator().manual_seed(1)).clamp(-1, 1)
    want = vision.gaussian_blur(large, [11, 11], [1.3, 1.3])
    torch.testing.assert_close(spoiled.blurred(large, 1.3)[..., 6:-6, 6:-6], want[..., 6:-6, 6:-6], atol=1e-4, rtol=0)
    assert torch.equal(spoiled.blurred(images, 0), scale(images))


def test_shift_moves_and_repeats_the_edge():
    x = torch.arange(4.0).expand(1, 1, 2, 4) / 4
    assert (4 * spoiled.shifted(x, 1))[0, 0, 0].tolist() == [0, 0, 1, 2]
    assert (4 * spoiled.shifted(x, -2))[0, 0, 0].tolist() == [2, 3, 3, 3]
    assert torch.equal(spoiled.shifted(x, 0, 1), x) and torch.equal(spoiled.shifted(x, 0), x)


def test_noise_has_its_spread_and_a_seed():
    grey = torch.zeros(20, 1, 30, 30)
    assert float(spoiled.noisy(grey, 0.2).std()) == pytest.approx(0.2, rel=0.02)
    assert torch.equal(spoiled.noisy(grey, 0.2, 3), spoiled.noisy(grey, 0.2, 3))
    assert not torch.equal(spoiled.noisy(grey, 0.2, 3), spoiled.noisy(grey, 0.2, 4))
    torch.testing.assert_close(spoiled.noisy(grey, 0.1), spoiled.noisy(grey, 0.05) * 2)


@pytest.mark.parametrize("share", [0, 0.25, 1])
def test_a_share_becomes_noise_and_the_rest_stays(images, share):
    changed = (spoiled.half_noise(images, share) != scale(images)).flatten(1).any(dim=1)
    assert int(changed.sum()) == round(40 * share)


@pytest.mark.parametrize("mode", ["bilinear", "bicubic"])
def test_antialiased_resizing_is_pillows(images, mode):
    from PIL import Image

    filters = {"bilinear": Image.Resampling.BILINEAR, "bicubic": Image.Resampling.BICUBIC}
    picture = Image.fromarray(images[0, 0].numpy()).convert("F").resize((5, 6), filters[mode])
    want = torch.tensor(picture.get_flattened_data()).view(6, 5) / 127.5 - 1
    found = spoiled.resized(images[:1, :1], (6, 5), mode)[0, 0]
    torch.testing.assert_close(found, want.clamp(-1, 1), atol=1e-3, rtol=0)
    plain = spoiled.resized(images[:1, :1], (6, 5), mode, antialias=False)[0, 0]
    assert float((plain - found).abs().max()) > 0.05


def test_jpeg_of_high_quality_is_near_and_of_low_quality_is_far():
    ramp = torch.linspace(-1, 1, 16)[None, :].expand(2, 1, 16, 16).contiguous() * torch.linspace(0, 1, 16)[:, None]
    errors = [float((spoiled.jpeg_saved(ramp, quality) - ramp).abs().mean()) for quality in (95, 50, 5)]
    assert errors == sorted(errors) and errors[0] < 0.03


def test_chosen_sets_hold_what_they_say(images, labels):
    assert sorted(kinds(spoiled.sampled(images, 40), images)) == list(range(40))
    assert {i % 4 for i in kinds(spoiled.without_class(images, labels, 2, 30), images)} == {0, 1, 3}
    assert {i % 4 for i in kinds(spoiled.of_classes(images, labels, (1, 3), 20), images)} == {1, 3}
    chosen = [i % 4 for i in kinds(spoiled.with_share(images, labels, 1, 0.6, 10), images)]
    assert chosen.count(1) == 6 and len(chosen) == 10
    copied = kinds(spoiled.few_copied(images, 4, 10), images)
    assert sorted(copied.count(i) for i in set(copied)) == [2, 2, 3, 3]
    one = kinds(spoiled.one_a_class(images, labels, 12), images)
    assert len(set(one)) == 4 and {i % 4 for i in one} == {0, 1, 2, 3}


def test_a_larger_share_exchanges_some_and_keeps_the_rest(images, labels):
    few, more = (set(kinds(spoiled.with_share(images, labels, 1, share, 10), images)) for share in (0.3, 0.6))
    assert len(few & more) == 7


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        (lambda x, y: spoiled.blurred(x, -1), "sigma"),
        (lambda x, y: spoiled.blurred(x, float("nan")), "sigma"),
        (lambda x, y: spoiled.shifted(x, 1.5), "right"),
        (lambda x, y: spoiled.shifted(x, 11), "from -10 to 10"),
        (lambda x, y: spoiled.noisy(x, 0.1, -1), "seed"),
        (lambda x, y: spoiled.half_noise(x, 2), "share"),
        (lambda x, y: spoiled.resized(x, 0), "size"),
        (lambda x, y: spoiled.resized(x, 5, "lanczos"), "mode"),
        (lambda x, y: spoiled.jpeg_saved(x, 0), "quality"),
        (lambda x, y: spoiled.jpeg_saved(x[:, :2], 50), "2 channels"),
        (lambda x, y: spoiled.sampled(x, 41), "only 40 pictures"),
        (lambda x, y: spoiled.without_class(x, y, 0, 31), "only 30 pictures without class 0"),
        (lambda x, y: spoiled.with_share(x, y, 0, 1.0, 11), "only 10 pictures of class 0"),
        (lambda x, y: spoiled.few_copied(x, 11, 10), "different"),
    ],
)
def test_what_cannot_be_is_a_sentence(images, labels, wrong, words):
    with pytest.raises(InvalidValue, match=words):
        wrong(images, labels)
