"""The film: an animated PNG with every frame, and the last one for viewers that know no animation."""

import io

import numpy as np
import pytest
import torch
from PIL import Image

from dcgan_course.drawing import tile_pictures
from dcgan_course.drawing.films import HEAD, film_png, save_webp
from dcgan_course.errors import InvalidValue

FRAMES = torch.stack([torch.full((4, 3, 8, 8), value, dtype=torch.uint8) for value in (0, 120, 248)])


def pages(png: bytes) -> list[np.ndarray]:
    with Image.open(io.BytesIO(png)) as film:
        found = []
        for number in range(film.n_frames):
            film.seek(number)
            found.append(np.array(film.convert("RGB"))[2 * HEAD : 2 * HEAD + 16, :16])
        return found


def test_every_frame_is_shown_in_order_after_the_still_picture():
    shown = pages(film_png(FRAMES, ["start", "middle", "end"], columns=2, zoom=2))
    assert [int(page.mean()) for page in shown[-3:]] == [0, 120, 248]
    assert int(shown[0].mean()) == 248 or len(shown) == 3


def test_frames_as_the_networks_draw_them():
    floats = FRAMES.float() / 127.5 - 1
    assert film_png(floats, ["a", "b", "c"]) == film_png(FRAMES, ["a", "b", "c"])


def test_the_last_frame_stays_longest():
    with Image.open(io.BytesIO(film_png(FRAMES, ["a", "b", "c"], seconds=0.2))) as film:
        durations = []
        for number in range(film.n_frames):
            film.seek(number)
            durations.append(film.info.get("duration", 0))
    assert durations[-1] == 600 and durations[-2] == 200


@pytest.mark.parametrize("labels", [[], ["one"], ["a", "b", "c", "d"]])
def test_each_frame_needs_a_label(labels):
    with pytest.raises(InvalidValue, match="each frame needs one label"):
        film_png(FRAMES, labels)


def test_a_film_as_webp_loops_and_keeps_its_pixels(tmp_path):
    frames = torch.randint(0, 256, (5, 2, 3, 8, 8), dtype=torch.uint8, generator=torch.Generator().manual_seed(0))
    save_webp(tmp_path / "walk.webp", frames, columns=2, zoom=3, seconds=0.2)
    with Image.open(tmp_path / "walk.webp") as film:
        assert film.format == "WEBP" and film.n_frames == 5 and film.info["loop"] == 0
        film.seek(4)
        shown = np.array(film.convert("RGB"))
    assert np.array_equal(shown, np.array(tile_pictures(frames[4], 2, 3)))
    with pytest.raises(InvalidValue, match="at least two"):
        save_webp(tmp_path / "still.webp", frames[:1])


def test_a_long_label_is_written_smaller_and_not_cut():
    words = "a label that is far too long for a narrow film"
    with Image.open(io.BytesIO(film_png(FRAMES[:1], [words], columns=2, zoom=8))) as film:
        head = np.array(film.convert("L"))[: 2 * HEAD]
    ink = np.flatnonzero((head < 128).any(axis=0))
    assert ink.max() < head.shape[1] - 2 and ink.max() > 0.7 * head.shape[1]
