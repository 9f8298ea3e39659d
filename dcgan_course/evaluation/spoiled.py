"""What spoils a set of pictures: each function does one thing to it, so that one sees which measure notices.

The first ones change every picture: (N, C, H, W), uint8 or float in [−1, 1], become float in [−1, 1], and their number
stays. The others choose: they make a set of `count` pictures out of a larger one. Where chance decides, a seed does.
"""

import io

import torch
from torch import Tensor
from torch.nn.functional import conv2d, interpolate, pad

from dcgan_course.data.pixels import floats, scale, to_pixels
from dcgan_course.errors import InvalidValue, pair_of_sides, seed_number, whole_number

MODES = ("nearest", "bilinear", "bicubic")


def blurred(images: Tensor, sigma: float) -> Tensor:
    """Blur with a Gaussian of `sigma` pixels; 0 changes nothing. Outside a picture its edge goes on.

    Raises:
        InvalidValue: sigma is below 0 or above 20.
    """
    x, sigma = floats(images), _between("sigma", sigma, 0, 20)
    if sigma < 1e-3:
        return x.clone()
    reach = int(4 * sigma + 0.5)
    weights = torch.exp(-torch.arange(-reach, reach + 1).float().square() / (2 * sigma**2))
    weights = (weights / weights.sum()).expand(x.shape[1], 1, -1)  # (C, 1, 2 · reach + 1)
    across = conv2d(pad(x, (reach, reach, 0, 0), mode="replicate"), weights[:, :, None, :], groups=x.shape[1])
    return conv2d(pad(across, (0, 0, reach, reach), mode="replicate"), weights[:, :, :, None], groups=x.shape[1])


def shifted(images: Tensor, right: int, down: int = 0) -> Tensor:
    """Move by whole pixels, negative ones to the left and up; what comes in repeats the edge.

    Raises:
        InvalidValue: right or down is no whole number, or larger than the picture.
    """
    x = floats(images)
    height, width = x.shape[2:]
    right, down = whole_number("right", right, -width, width), whole_number("down", down, -height, height)
    rows = (torch.arange(height) - down).clamp(0, height - 1)
    columns = (torch.arange(width) - right).clamp(0, width - 1)
    return x[:, :, rows][:, :, :, columns]


def mirrored(images: Tensor) -> Tensor:
    """Exchange left and right."""
    return floats(images).flip(3)


def noisy(images: Tensor, sigma: float, seed: int = 0) -> Tensor:
    """Add N(0, sigma²) to each pixel and cut off what leaves [−1, 1]; sigma in the units of that range.

    The same seed gives the same noise times sigma.

    Raises:
        InvalidValue: sigma is below 0 or above 20; seed is no seed.
    """
    x, sigma = floats(images), _between("sigma", sigma, 0, 20)
    return (x + sigma * torch.randn(x.shape, generator=_random(seed))).clamp_(-1, 1)


def half_noise(images: Tensor, share: float = 0.5, seed: int = 0) -> Tensor:
    """Replace a share of the pictures, chosen by chance, by uniform noise in [−1, 1].

    Raises:
        InvalidValue: share is not from 0 to 1; seed is no seed.
    """
    x, random = floats(images).clone(), _random(seed)
    lost = torch.randperm(len(x), generator=random)[: round(_between("share", share, 0, 1) * len(x))]
    x[lost] = 2 * torch.rand((len(lost), *x.shape[1:]), generator=random) - 1
    return x


def resized(images: Tensor, size: int | tuple[int, int], mode: str = "bilinear", antialias: bool = True) -> Tensor:
    """Resize to size or (height, width): (N, C, height, width). Twice, there and back, keeps the size and costs detail.

    Args:
        mode: "nearest", "bilinear" or "bicubic". antialias: when pixels become fewer, average over all that one new
            pixel covers; "nearest" takes one pixel in any case, and does nothing here.

    Raises:
        InvalidValue: a size that is no whole number or pair of at least 1, or another mode.
    """
    if mode not in MODES:
        raise InvalidValue(f"mode is {mode!r}, but it must be one of {', '.join(MODES)}.")
    sides = pair_of_sides("size", size)
    if mode == "nearest":
        return interpolate(floats(images), sides, mode="nearest-exact")
    return interpolate(floats(images), sides, mode=mode, antialias=antialias, align_corners=False).clamp_(-1, 1)


def jpeg_saved(images: Tensor, quality: int) -> Tensor:
    """Save each picture as a JPEG file of this quality, 1 to 95, and read it again. Colour loses most.

    Raises:
        InvalidValue: quality is no whole number from 1 to 95, or the pictures have neither one channel nor three.
    """
    from PIL import Image

    pixels, quality = to_pixels(floats(images)), whole_number("quality", quality, 1, 95)
    if pixels.shape[1] not in (1, 3):
        raise InvalidValue(f"The pictures have {pixels.shape[1]} channels, but JPEG stores 1 or 3.")
    again = torch.empty_like(pixels)
    for picture, place in zip(pixels, again, strict=True):
        file = io.BytesIO()
        Image.fromarray(picture.permute(1, 2, 0).squeeze(2).contiguous().numpy()).save(file, "JPEG", quality=quality)
        with Image.open(file) as image:
            values = torch.frombuffer(bytearray(image.tobytes()), dtype=torch.uint8)
        place.copy_(values.view(*picture.shape[1:], -1).permute(2, 0, 1))
    return scale(again)


def sampled(images: Tensor, count: int, seed: int = 0) -> Tensor:
    """Choose `count` different pictures by chance: nothing is spoiled.

    Raises:
        InvalidValue: count is no whole number of at least 1, or more than there are; seed is no seed.
    """
    return floats(images[_drawn(torch.arange(len(images)), count, _random(seed), "pictures")])


def of_classes(images: Tensor, labels: Tensor, classes: tuple[int, ...], count: int, seed: int = 0) -> Tensor:
    """Choose `count` different pictures by chance, of these classes only. labels: (N,) int64.

    Raises:
        InvalidValue: there are fewer such pictures; count or seed is wrong.
    """
    allowed = torch.isin(labels, torch.tensor(classes)).nonzero().flatten()
    return floats(images[_drawn(allowed, count, _random(seed), f"pictures of the classes {classes}")])


def without_class(images: Tensor, labels: Tensor, dropped: int, count: int, seed: int = 0) -> Tensor:
    """Choose `count` different pictures by chance, none of the class `dropped`. labels: (N,) int64.

    Raises:
        InvalidValue: there are fewer such pictures; count or seed is wrong.
    """
    allowed = (labels != dropped).nonzero().flatten()
    return floats(images[_drawn(allowed, count, _random(seed), f"pictures without class {dropped}")])


def with_share(images: Tensor, labels: Tensor, chosen: int, share: float, count: int, seed: int = 0) -> Tensor:
    """Choose `count` different pictures, of which this share, rounded, is of the class `chosen`. labels: (N,) int64.

    The same seed takes the same pictures first, so a larger share exchanges some and keeps the rest.

    Raises:
        InvalidValue: share is not from 0 to 1; there are not enough pictures; count or seed is wrong.
    """
    count, random = whole_number("count", count), _random(seed)
    wanted = round(_between("share", share, 0, 1) * count)
    rows = []
    for of_chosen, number in ((True, wanted), (False, count - wanted)):
        allowed = ((labels == chosen) == of_chosen).nonzero().flatten()
        order = torch.randperm(len(allowed), generator=random)
        what = f"pictures of {'class' if of_chosen else 'other classes than'} {chosen}"
        rows.append(allowed[order[: _at_most("count · share", number, len(allowed), what)]])
    return floats(images[torch.cat(rows)])


def few_copied(images: Tensor, different: int, count: int, seed: int = 0) -> Tensor:
    """Choose `different` pictures by chance and repeat them until there are `count`, each about as often.

    Raises:
        InvalidValue: different is no whole number from 1 to count, or more than there are; count or seed is wrong.
    """
    count = whole_number("count", count)
    chosen = sampled(images, whole_number("different", different, 1, count), seed)
    return chosen[torch.arange(count) % len(chosen)]


def one_a_class(images: Tensor, labels: Tensor, count: int, seed: int = 0) -> Tensor:
    """Choose one picture of each class by chance and repeat them until there are `count`. labels: (N,) int64.

    Raises:
        InvalidValue: count is no whole number of at least 1; seed is no seed.
    """
    order = torch.randperm(len(labels), generator=_random(seed))
    first = [int(order[labels[order] == number][0]) for number in labels.unique().tolist()]
    return floats(images[first])[torch.arange(whole_number("count", count)) % len(first)]


def _random(seed: int) -> torch.Generator:
    return torch.Generator().manual_seed(seed_number(seed))


def _drawn(allowed: Tensor, count: int, random: torch.Generator, what: str) -> Tensor:
    """Return `count` different ones of the allowed indices, in an order of chance."""
    count = _at_most("count", whole_number("count", count), len(allowed), what)
    return allowed[torch.randperm(len(allowed), generator=random)[:count]]


def _at_most(name: str, count: int, there: int, what: str) -> int:
    if count > there:
        raise InvalidValue(f"{name} is {count:,}, but there are only {there:,} {what}: ask for fewer.")
    return count


def _between(name: str, value: float, low: float, high: float) -> float:
    if not low <= value <= high:  # NaN is refused as well
        raise InvalidValue(f"{name} is {value!r}, but it must be a number from {low:g} to {high:g}.")
    return float(value)
