"""Drawn objects: ten plain shapes, each with a colour, a size, a place and a turn that are known exactly.

A shape is a function of the plane: below zero inside, above zero outside, in units of the shape's radius.
As in `drawn.digits`, only correctly rounded operations are used: a seed gives the same bytes on every machine.
"""

import numpy as np
from numpy.typing import NDArray

from dcgan_course.data.drawn.digits import uniforms

PICTURE_SIZE = 32  # pixels
CHUNK = 64  # pictures drawn at once
SMALLEST, LARGEST = 6.5, 11.0  # radius of the circle around a shape, in pixels
FARTHEST = 4.0  # the middle of a shape is at most this many pixels from the middle of the picture, each way
LARGEST_TURN = 0.5  # radians (29 degrees): more would make a house hard to name

Plane = NDArray[np.floating]  # (n, 32, 32) float32: one number for each pixel of n pictures
Numbers = NDArray[np.float64]


def _box(x: Plane, y: Plane, left: float, right: float, top: float, bottom: float) -> Plane:
    return np.maximum(np.maximum(left - x, x - right), np.maximum(top - y, y - bottom))


def _length(x: Plane, y: Plane) -> Plane:
    return np.sqrt(x * x + y * y)


def circle(x: Plane, y: Plane) -> Plane:
    return _length(x, y) - 0.85


def square(x: Plane, y: Plane) -> Plane:
    return _box(x, y, -0.70, 0.70, -0.70, 0.70)


def triangle(x: Plane, y: Plane) -> Plane:
    return np.maximum(0.866 * np.abs(x) - 0.5 * y, y) - 0.5


def star(x: Plane, y: Plane) -> Plane:
    """Five lines. A point is in the star if it is on the inner side of at least four of them."""
    inner_lines = ((0, 1), (0.9511, 0.3090), (-0.9511, 0.3090), (0.5878, -0.8090), (-0.5878, -0.8090))
    first = second = np.full_like(x, -9)
    for a, b in inner_lines:
        side = np.float32(a) * x + np.float32(b) * y
        second = np.maximum(second, np.minimum(first, side))
        first = np.maximum(first, side)
    return second - 0.33


def cross(x: Plane, y: Plane) -> Plane:
    return np.minimum(_box(x, y, -0.93, 0.93, -0.30, 0.30), _box(x, y, -0.30, 0.30, -0.93, 0.93))


def ring(x: Plane, y: Plane) -> Plane:
    return np.abs(_length(x, y) - 0.70) - 0.19


def heart(x: Plane, y: Plane) -> Plane:
    """A square on its corner and two half circles on its upper sides."""
    x, y = np.abs(x), y - 0.17
    square_part = 0.7071 * (x + np.abs(y)) - 0.52
    return np.minimum(square_part, _length(x - 0.3677, y + 0.3677) - 0.52)


def arrow(x: Plane, y: Plane) -> Plane:
    y = np.abs(y)
    head = np.maximum((0.72 * x + 0.95 * y - 0.684) / 1.192, -x)
    return np.minimum(head, _box(x, y, -0.92, 0.10, -1.0, 0.24))


def crescent(x: Plane, y: Plane) -> Plane:
    return np.maximum(_length(x, y) - 0.92, 0.74 - _length(x - 0.44, y))


def house(x: Plane, y: Plane) -> Plane:
    x = np.abs(x)
    walls = _box(x, y, -1.0, 0.60, -0.20, 0.76)
    roof = np.maximum((0.76 * x - 0.90 * (y + 0.92)) / 1.178, y + 0.14)
    return np.maximum(np.minimum(walls, roof), -_box(x, y, -1.0, 0.17, 0.24, 0.90))


SHAPES = (circle, square, triangle, star, cross, ring, heart, arrow, crescent, house)


def _bright_colour(hue: Numbers, saturation: Numbers, value: Numbers) -> Numbers:
    """Hue, saturation and value, each in [0, 1] and (count,), to red, green and blue: (count, 3)."""
    sixth = 6 * hue
    pure = np.stack([np.abs(sixth - 3) - 1, 2 - np.abs(sixth - 2), 2 - np.abs(sixth - 4)], 1).clip(0, 1)
    return value[:, None] * (1 - saturation[:, None] * (1 - pure))


def _sine_and_cosine(turn: Numbers) -> tuple[Numbers, Numbers]:
    """Taylor series, right to 1e-8 for turns up to 0.5: library functions differ in the last bit between machines."""
    square = turn * turn
    sine = turn * (1 - square / 6 * (1 - square / 20 * (1 - square / 42 * (1 - square / 72))))
    cosine = 1 - square / 2 * (1 - square / 12 * (1 - square / 30 * (1 - square / 56)))
    return sine, cosine


def draw_objects(count: int, seed: int) -> tuple[NDArray[np.uint8], NDArray[np.int64], dict[str, NDArray]]:
    """Pictures (count, 3, 32, 32) uint8, labels (count,) int64 and a dictionary of factors, all numpy."""
    random = uniforms(seed, count, 14)
    labels = (random[:, 0] * len(SHAPES)).astype(np.int64)
    hue, turn = random[:, 1], (2 * random[:, 2] - 1) * LARGEST_TURN
    size = SMALLEST + (LARGEST - SMALLEST) * random[:, 3]
    place = (2 * random[:, 4:6] - 1) * FARTHEST
    colour = _bright_colour(hue, 0.60 + 0.35 * random[:, 6], 0.80 + 0.20 * random[:, 7])
    ground = 0.08 + 0.30 * random[:, 8, None] + 0.10 * (random[:, 9:12] - 0.5)  # dark, nearly grey
    slope = 0.25 * (random[:, 12:14] - 0.5)  # of the background, from edge to edge
    sine, cosine = _sine_and_cosine(turn)

    pixels = np.empty((count, 3, PICTURE_SIZE, PICTURE_SIZE), np.uint8)
    mask = np.empty((count, 1, PICTURE_SIZE, PICTURE_SIZE), np.bool_)
    steps = (np.arange(PICTURE_SIZE) - (PICTURE_SIZE - 1) / 2).astype(np.float32)

    def column(numbers: Numbers) -> Plane:
        return numbers.astype(np.float32)[:, None, None]

    for shape_number, shape in enumerate(SHAPES):
        members = np.flatnonzero(labels == shape_number)
        for start in range(0, len(members), CHUNK):
            rows = members[start : start + CHUNK]
            right = (steps - column(place[rows, 0])) / column(size[rows])
            down = (steps[:, None] - column(place[rows, 1])) / column(size[rows])
            c, s = column(cosine[rows]), column(sine[rows])
            outside = shape(right * c + down * s, down * c - right * s) * column(size[rows])  # pixels
            cover = np.clip(np.float32(0.5) - outside, 0, 1)
            mask[rows, 0] = cover >= 0.5
            tilt = (column(slope[rows, 0]) * steps + column(slope[rows, 1]) * steps[:, None]) / np.float32(PICTURE_SIZE)
            for channel in range(3):
                back = np.clip(column(ground[rows, channel]) + tilt, 0, 1)
                mixed = back + cover * (column(colour[rows, channel]) - back)
                pixels[rows, channel] = np.floor(mixed * np.float32(255) + np.float32(0.5))
    factors = {"colour": colour, "hue": hue, "size": size, "place": place, "turn": turn}
    return pixels, labels, {name: array.astype(np.float32) for name, array in factors.items()} | {"mask": mask}


WITHOUT_TURN = (SHAPES.index(circle), SHAPES.index(ring))  # they look the same at every turn
