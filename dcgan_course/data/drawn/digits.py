"""Drawn digits: a pen's path, shaken, slanted, sized like MNIST and drawn with a soft round pen.

Only operations that IEEE 754 rounds correctly are used (+, −, ×, ÷, square root, comparison), one after the
other, and the random numbers come from the raw bits of PCG64. So a seed gives the same bytes on every machine.
"""

import functools
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from dcgan_course.data.drawn.strokes import DIGIT_STROKES

PICTURE_SIZE = 28  # pixels
BOX_SIZE = 20  # pixels: MNIST fits each digit into 20×20 and puts its centre of mass in the middle of 28×28
POINTS = 96  # dots of the pen on one digit: about half a pixel apart
CHUNK = 32  # pictures drawn at once: small enough for the processor's cache

Numbers = NDArray[np.float64]
Integers = NDArray[np.int64]


class Hand(NamedTuple):
    """How each digit departs from its plan: (count, 1) of mean 0 and deviation 1. The order is that of the bits."""

    bend: Numbers  # of the back, to one side
    head: Numbers  # below 0 the upper half is wide, above 0 the lower one
    arch: Numbers  # both sides lower than the middle, or higher
    flare: Numbers  # one side taller than the other
    width: Numbers
    turn: Numbers
    slant: Numbers
    pen: Numbers  # radius
    fading: Numbers  # the pen grows or shrinks along the way
    swelling: Numbers  # the pen is thin or thick in the middle of the way
    size: Numbers
    right: Numbers  # place in the picture
    down: Numbers
    waist: Numbers  # the middle lower or higher than both ends


def uniforms(seed: int, rows: int, columns: int) -> Numbers:
    """Numbers in [0, 1) from the raw bits of PCG64: (rows, columns) float64. More rows never change the first ones."""
    raw = np.random.PCG64(seed).random_raw(rows * columns)
    return ((raw >> np.uint64(11)).astype(np.float64) * 2.0**-53).reshape(rows, columns)


def bell(numbers: Numbers) -> Numbers:
    """Four uniform numbers become one with mean 0, deviation 1 and no value beyond ±3.5: (…, 4·k) → (…, k)."""
    quarter = numbers.shape[-1] // 4
    first, second, third, fourth = (numbers[..., i * quarter : (i + 1) * quarter] for i in range(4))
    return (first + second + third + fourth - 2.0) * np.sqrt(3.0)


def _curve_weights(t: Numbers) -> Numbers:
    """Weights of four neighbouring points at place t between the middle two: (4, ...). They add up to 1.

    Half Catmull-Rom (goes through the points), half cubic B-spline (smoother, keeps inside of them).
    """
    s = 1 - t
    through = (-t * s * s, 3 * t * t * t - 5 * t * t + 2, 3 * s * s * s - 5 * s * s + 2, -s * t * t)
    inside = (s * s * s, 3 * t * t * t - 6 * t * t + 4, 3 * s * s * s - 6 * s * s + 4, t * t * t)
    return np.stack(through) / 4 + np.stack(inside) / 12


def _plan_way(strokes: Sequence[Sequence[tuple[float, float]]]) -> tuple[Numbers, Integers, Numbers]:
    """One way of writing: its distinct points (K, 2), and for each dot four point numbers and four weights."""
    names = list(dict.fromkeys(point for stroke in strokes for point in stroke))
    corners = np.array(names)
    pieces = []  # (four numbers, length) for each piece between two neighbouring points
    for stroke in strokes:
        numbers = [names.index(point) for point in stroke]
        for i in range(len(numbers) - 1):
            four = numbers[max(i - 1, 0)], numbers[i], numbers[i + 1], numbers[min(i + 2, len(numbers) - 1)]
            step = corners[four[2]] - corners[four[1]]
            pieces.append((four, np.sqrt(step[0] * step[0] + step[1] * step[1])))
    ends = np.cumsum([length for _, length in pieces])
    places = (np.arange(POINTS) + 0.5) / POINTS * ends[-1]
    piece = np.searchsorted(ends, places).clip(max=len(pieces) - 1)
    lengths = np.array([length for _, length in pieces])
    inside = 1.0 - (ends[piece] - places) / lengths[piece]
    before, first, second, after = neighbours = np.array([four for four, _ in pieces])[piece].T  # (4, POINTS)
    weights = _curve_weights(inside)
    # At an end of a stroke a point is missing. The one on the other side is mirrored: 2·first − second.
    for end, other, missing in ((0, 2, before == first), (3, 1, after == second)):
        weights[other] -= missing * weights[end]
        weights[end] += missing * weights[end]  # this row already stands for the end point once
    return corners, neighbours, weights


@functools.cache
def _plans() -> tuple[Integers, Integers, Numbers, Integers, Numbers]:
    """All ways of all digits in arrays: which ways a digit has, points, neighbours, weights."""
    plans = [_plan_way(strokes) for ways in DIGIT_STROKES.values() for strokes in ways]
    width = max(len(corners) for corners, _, _ in plans)
    corners = np.stack([np.pad(c, ((0, width - len(c)), (0, 0)), mode="edge") for c, _, _ in plans])
    neighbours = np.stack([n for _, n, _ in plans])  # (ways, 4, POINTS)
    weights = np.stack([w for _, _, w in plans])
    counts = np.array([len(ways) for ways in DIGIT_STROKES.values()])
    return np.cumsum(counts) - counts, counts, corners, neighbours, weights


def _with_neighbours(shake: Numbers) -> Numbers:
    """Points that follow each other move together, so that curves stay round. Deviation stays 1."""
    return (np.roll(shake, 1, -1) + 2 * shake + np.roll(shake, -1, -1)) / np.sqrt(6.0)


def _bent(x: Numbers, y: Numbers, hand: Hand) -> tuple[Numbers, Numbers]:
    """The points (count, k) as one hand writes them: bent, wide or narrow, turned and slanted."""
    x, y = x * (1 + 0.30 * hand.head * y), y + 0.30 * hand.waist * (0.25 - y * y)
    x = x + 0.08 * hand.bend * (4 * y * y - 0.5)
    y = y + 0.08 * hand.arch * (4 * x * x - 0.3) + 0.20 * hand.flare * x * y
    x = x * (1.0 + 0.20 * hand.width)
    half = 0.06 * hand.turn  # tangent of half the turn
    cosine, sine = (1 - half * half) / (1 + half * half), 2 * half / (1 + half * half)
    x, y = x * cosine - y * sine, x * sine + y * cosine
    return x - (0.16 + 0.24 * hand.slant) * y, y  # MNIST leans to the right


def _pen_paths(seed: int, count: int) -> tuple[Integers, Numbers, Numbers, Numbers, Numbers]:
    """Labels (count,), dots in pixels (count, POINTS) across and down, the pen's radius (count, 1) and at each dot."""
    first_way, ways, corners, neighbours, weights = _plans()
    k = corners.shape[1]
    random = uniforms(seed, count, 2 + 4 * (2 * k + len(Hand._fields)))
    labels = (random[:, 0] * 10).astype(np.int64)
    way = first_way[labels] + (random[:, 1] * ways[labels]).astype(np.int64)
    shake = bell(random[:, 2:])  # (count, 2k + 14)

    tremble = _with_neighbours(shake[:, : 2 * k].reshape(count, 2, k))
    x = corners[way, :, 0] - 0.5 + 0.05 * tremble[:, 0]
    y = corners[way, :, 1] - 0.5 + 0.05 * tremble[:, 1]
    hand = Hand(*(column[:, None] for column in shake[:, 2 * k :].T))
    x, y = _bent(x, y, hand)

    dots_x, dots_y = np.zeros((count, POINTS)), np.zeros((count, POINTS))
    for i in range(4):
        near = neighbours[way, i]
        dots_x += weights[way, i] * np.take_along_axis(x, near, 1)
        dots_y += weights[way, i] * np.take_along_axis(y, near, 1)

    radius = np.clip(1.35 + 0.35 * hand.pen, 0.80, 2.4)
    along = (np.arange(POINTS) + 0.5) / POINTS - 0.5
    radii = radius * np.clip(1 + 0.25 * hand.fading * along + 0.3 * hand.swelling * (along * along - 0.08), 0.7, 1.3)
    left, right, top, bottom = (f(1, keepdims=True) for d in (dots_x, dots_y) for f in (d.min, d.max))
    span = np.maximum(right - left, bottom - top)
    scale = (BOX_SIZE - 2 * radius) * (0.98 + 0.03 * hand.size) / span
    middle = (PICTURE_SIZE - 1) / 2
    dots_x = (dots_x - (left + right) / 2) * scale + middle + 0.3 * hand.right
    dots_y = (dots_y - (top + bottom) / 2) * scale + middle + 0.3 * hand.down
    return labels, dots_x, dots_y, radius, radii


def _centre_by_mass(pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Move each picture (n, 28, 28) uint8 by whole pixels so that its centre of mass is at pixel 14, as in MNIST."""
    places, whole = np.arange(PICTURE_SIZE), pixels.astype(np.int64)
    for axis in (1, 2):
        along = whole.sum(3 - axis)  # whole numbers: their sum is the same in every order
        shift = np.floor(PICTURE_SIZE / 2 + 0.5 - (along * places).sum(1) / along.sum(1)).astype(np.int64)
        origin = places - shift[:, None]
        inside = ((origin >= 0) & (origin < PICTURE_SIZE)).astype(np.uint8)
        shape = (-1, PICTURE_SIZE, 1) if axis == 1 else (-1, 1, PICTURE_SIZE)
        origin, inside = origin.clip(0, PICTURE_SIZE - 1).reshape(shape), inside.reshape(shape)
        pixels = np.take_along_axis(pixels, origin, axis) * inside
    return pixels


def draw_digits(count: int, seed: int) -> tuple[NDArray[np.uint8], Integers]:
    """Pictures (count, 1, 28, 28) uint8, white on black, and labels (count,) int64, both numpy."""
    labels, dots_x, dots_y, radius, radii = _pen_paths(seed, count)
    pixels = np.empty((count, 1, PICTURE_SIZE, PICTURE_SIZE), np.uint8)
    grid = np.arange(PICTURE_SIZE)
    for start in range(0, count, CHUNK):
        rows = slice(start, start + CHUNK)
        bow = 1.0 / radii[rows, :, None]
        across = ((grid - dots_x[rows, :, None]) * bow).astype(np.float32)  # (n, POINTS, 28), in pen radii
        down = ((grid - dots_y[rows, :, None]) * bow).astype(np.float32)
        across, down = across * across, down * down
        nearest = np.full((len(across), PICTURE_SIZE, PICTURE_SIZE), 1e6, np.float32)
        distance = np.empty_like(nearest)
        for i in range(POINTS):
            np.add(down[:, i, :, None], across[:, i, None, :], out=distance)
            np.minimum(nearest, distance, out=nearest)
        edge = (1 - np.sqrt(nearest)) * radius[rows, :, None].astype(np.float32)  # about pixels inside of the edge
        ink = np.clip(edge / np.float32(1.2) + np.float32(0.5), 0, 1)
        pixels[rows, 0] = _centre_by_mass(np.floor(ink * np.float32(255) + np.float32(0.5)).astype(np.uint8))
    return pixels, labels
