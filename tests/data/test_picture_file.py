"""One picture file: every mode becomes RGB, its middle is kept, and a broken one says why."""

import io

import numpy as np
import pytest
from PIL import Image

from dcgan_course.data.picture_file import PictureError, read_picture


def halves(mode, left, right):
    """A picture (H 20, W 40) whose left and right halves have one value each."""
    image = Image.new(mode, (40, 20), left)
    image.paste(right, (20, 0, 40, 20))
    return image


def palette_with_transparency():
    image = Image.new("P", (40, 20), 0)
    image.putpalette([255, 0, 0, 0, 0, 255])
    image.paste(1, (20, 0, 40, 20))
    return image


def sixteen_bit():
    values = np.zeros((20, 40), np.uint16)
    values[:, 20:] = 65535
    values[:, :20] = 128 * 257
    return Image.fromarray(values)


def floats():
    values = np.zeros((20, 40), np.float32)
    values[:, 20:] = 0.5
    return Image.fromarray(values)


RED, BLUE, WHITE, BLACK, GREY = (255, 0, 0), (0, 0, 255), (255, 255, 255), (0, 0, 0), (128, 128, 128)


@pytest.mark.parametrize(
    ("name", "image", "options", "left", "right"),
    [
        ("rgb.png", halves("RGB", RED, BLUE), {}, RED, BLUE),
        ("rgba.png", halves("RGBA", (*RED, 255), (*BLUE, 0)), {}, RED, WHITE),
        ("grey.png", halves("L", 128, 0), {}, GREY, BLACK),
        ("grey_alpha.png", halves("LA", (128, 255), (128, 0)), {}, GREY, WHITE),
        ("one_bit.png", halves("1", 1, 0), {}, WHITE, BLACK),
        ("palette.png", palette_with_transparency(), {}, RED, BLUE),
        ("transparent.png", palette_with_transparency(), {"transparency": 1}, RED, WHITE),
        ("sixteen.png", sixteen_bit(), {}, GREY, WHITE),
        ("float.tif", floats(), {}, BLACK, GREY),
        ("cmyk.jpg", halves("CMYK", (0, 255, 255, 0), (0, 0, 0, 255)), {"quality": 95}, RED, BLACK),
        ("photo.JPEG", halves("RGB", RED, BLUE), {"quality": 95}, RED, BLUE),
        ("film.gif", halves("RGB", RED, BLUE), {}, RED, BLUE),
        ("small.webp", halves("RGB", RED, BLUE), {"lossless": True}, RED, BLUE),
    ],
)
def test_every_mode_becomes_rgb(name, image, options, left, right, tmp_path):
    image.save(tmp_path / name, **options)
    pixels = read_picture(tmp_path / name, (20, 40)).astype(int)
    assert pixels.shape == (3, 20, 40)
    assert np.abs(pixels[:, 10, 8] - left).max() <= 4 and np.abs(pixels[:, 10, 31] - right).max() <= 4


def test_the_exif_note_turns_the_picture(tmp_path):
    exif = Image.Exif()
    exif[0x0112] = 6  # "turn by 90 degrees clockwise to see it upright": the left side comes to the top
    halves("RGB", RED, BLUE).save(tmp_path / "a.jpg", exif=exif, quality=95)
    pixels = read_picture(tmp_path / "a.jpg", (40, 20)).astype(int)
    assert np.abs(pixels[:, 8, 10] - RED).max() <= 4 and np.abs(pixels[:, 31, 10] - BLUE).max() <= 4


@pytest.mark.parametrize("scale", [1, 8])
def test_the_middle_is_kept_in_the_shape_that_is_wanted(scale, tmp_path):
    """A wide picture: red, blue, red. A square crop from its middle is all blue, also where a JPEG is read smaller."""
    image = Image.new("RGB", (90 * scale, 30 * scale), RED)
    image.paste(BLUE, (30 * scale, 0, 60 * scale, 30 * scale))
    image.save(tmp_path / "a.jpg", quality=95)
    pixels = read_picture(tmp_path / "a.jpg", (16, 16)).astype(int)
    assert np.abs(pixels[:, :, 2:14] - np.reshape(BLUE, (3, 1, 1))).max() <= 8


def test_resizing_is_that_of_pillow(tmp_path):
    pixels = np.random.default_rng(0).integers(0, 256, (50, 50, 3), dtype=np.uint8)
    Image.fromarray(pixels).save(tmp_path / "a.png")
    expected = np.asarray(Image.fromarray(pixels).resize((17, 17), Image.Resampling.BILINEAR)).transpose(2, 0, 1)
    assert np.array_equal(read_picture(tmp_path / "a.png", (17, 17)), expected)


def test_broken_pictures_say_why(tmp_path, monkeypatch):
    whole = io.BytesIO()
    Image.fromarray(np.random.default_rng(0).integers(0, 256, (60, 60, 3), dtype=np.uint8)).save(whole, "PNG")
    contents = {
        "text.png": (b"this is text", "it is not a picture"),
        "empty.png": (b"", "it is not a picture"),
        "half.png": (whole.getvalue()[:4000], "it is (not whole|damaged)"),
        "postscript.jpg": (b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n", "it is not a picture"),
    }
    for name, (content, reason) in contents.items():
        (tmp_path / name).write_bytes(content)
        with pytest.raises(PictureError, match=reason):
            read_picture(tmp_path / name, (8, 8))
    with pytest.raises(PictureError, match="it is gone"):
        read_picture(tmp_path / "nothing.png", (8, 8))


@pytest.mark.filterwarnings("ignore::PIL.Image.DecompressionBombWarning")
@pytest.mark.parametrize("limit", [300, 100])  # Pillow warns above its limit, and refuses above twice of it
def test_a_picture_of_too_many_pixels_is_not_decoded(limit, tmp_path, monkeypatch):
    Image.new("RGB", (20, 20)).save(tmp_path / "bomb.png")
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", limit)
    with pytest.raises(PictureError, match="pixels"):
        read_picture(tmp_path / "bomb.png", (8, 8))
