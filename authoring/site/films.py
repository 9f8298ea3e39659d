"""Films on the pages: the frames that a notebook keeps, one picture each, for `js/film.mjs` to show by slider and Play.

A notebook keeps a film in one of two forms: the state of a `widgets.scrub`, or an animated PNG of `drawing.film_png`.
"""

import base64
import io
import json
import re
from dataclasses import dataclass
from html import escape, unescape
from typing import Any

from PIL import Image

from dcgan_course.drawing.films import LABELS

MODEL = "IPY_MODEL_"  # what stands before the name of a widget in the state of another


@dataclass(frozen=True)
class Film:
    """frames: as PNG bytes. labels: a sentence for each. interval: milliseconds a frame. seen: what the frames show."""

    frames: list[bytes]
    labels: list[str]
    interval: int
    seen: str


def film_of_widget(state: dict[str, Any], name: str) -> Film | None:
    """Return the film of a widget of that name, from the state that a notebook keeps; None if it shows no film."""
    inside = _children(state, name)
    stacks = [each for each in inside if state[each]["model_name"] == "StackModel"]
    plays = [
        state[each]["state"]
        for row in inside
        for each in _children(state, row)
        if state[each]["model_name"] == "PlayModel"
    ]
    if not stacks or not plays:
        return None
    pages = [_children(state, page) for page in _children(state, stacks[0])]
    pictures, words = ([state[page[place]] for page in pages] for place in (0, 1))
    frames = [base64.b64decode(picture["buffers"][0]["data"]) for picture in pictures]
    labels = [unescape(re.sub(r"<[^>]*>", "", each["state"]["value"])) for each in words]
    return Film(frames, labels, int(plays[0]["interval"]), pictures[0]["state"]["tooltip"])


def _children(state: dict[str, Any], name: str) -> list[str]:
    names = [child.removeprefix(MODEL) for child in state.get(name, {}).get("state", {}).get("children", [])]
    return [child for child in names if child in state]


def film_of_png(png: bytes, alt: str) -> Film | None:
    """Return the film that an animated PNG shows; None if it is a still picture. alt: its alternative text."""
    with Image.open(io.BytesIO(png)) as picture:
        count = getattr(picture, "n_frames", 1)
        first = int(getattr(picture, "default_image", False))  # the still one for viewers that know no animation
        if count - first < 2:
            return None
        frames = []
        for number in range(first, count):
            picture.seek(number)
            if number == first:
                interval = round(picture.info["duration"])
            buffer = io.BytesIO()
            picture.convert("RGB").save(buffer, "PNG", optimize=True)
            frames.append(buffer.getvalue())
        written = picture.info.get(LABELS)
    last = len(frames) - 1
    counted = [f"Frame {number}; the last one is {last}." for number in range(last + 1)]
    labels = written.split("\n") if written else counted
    return Film(frames, labels, interval, alt)


def place_of_film(film: Film, sources: list[str]) -> str:
    """Return the place of a film on a page, as HTML: its first frame, until the script has begun.

    Args:
        sources: addresses of the frames, as written on the page.
    """
    width, height = size_of_png(film.frames[0])
    facts = {
        "frames": sources,
        "labels": film.labels,
        "interval": film.interval,
        "seen": film.seen,
        "size": [width, height],
    }
    return (
        f'<div data-explorer="film" data-facts="{escape(json.dumps(facts))}">'
        f'<img src="{sources[0]}" alt="{escape(film.seen)}" width="{width}" height="{height}" class="figure-of-a-cell">'
        "<p>The film needs JavaScript; this is its first frame.</p></div>"
    )


def size_of_png(content: bytes) -> tuple[int, int]:
    """Return the width and the height of a PNG, in pixels."""
    return int.from_bytes(content[16:20], "big"), int.from_bytes(content[20:24], "big")
