"""Which value is black and which is white, where pictures have more than 8 bits: decided once for a whole folder."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

Kind = Literal["whole numbers of more than 8 bits", "fractions"]
WHOLE: Kind = "whole numbers of more than 8 bits"
FRACTIONS: Kind = "fractions"
BITS = (8, 10, 12, 14, 16)  # that cameras and scanners give


@dataclass(frozen=True)
class Span:
    """The values that become black (0) and white (255). What lies outside is cut off; NaN is black."""

    black: float
    white: float

    def to_bytes(self, values: NDArray) -> NDArray[np.uint8]:
        """Values of any number type and shape as uint8."""
        share = (values.astype(np.float64) - self.black) / (self.white - self.black)
        return np.rint(np.nan_to_num(share, nan=0.0).clip(0, 1) * 255).astype(np.uint8)


@dataclass(frozen=True)
class Measured:
    """The smallest and the largest value of one picture, or of several. None: no value is a finite number."""

    kind: Kind
    extremes: tuple[float, float] | None


Spans = Mapping[Kind, Span]
OF_THE_DEPTH: Spans = {WHOLE: Span(0, 65535), FRACTIONS: Span(0, 1)}  # for one picture of which no others are known


def kind_of(mode: str) -> Kind | None:
    """The kind of values in a picture of a mode of Pillow; None for 8 bits and fewer."""
    return FRACTIONS if mode == "F" else WHOLE if mode.startswith("I") else None


def measure(kind: Kind, values: NDArray) -> Measured:
    """Look for the extremes of a picture."""
    finite = values[np.isfinite(values)]
    return Measured(kind, (float(finite.min()), float(finite.max())) if finite.size else None)


def decide(pictures: Iterable[Measured]) -> tuple[dict[Kind, Span], list[str]]:
    """One span for each kind in a folder, and a sentence about each.

    Whole numbers: black is 0, and white the largest number of the fewest usual bits that hold all values. Fractions:
    0 to 1, −1 to 1, 0 to 255 or 0 to 65535, whichever fits them. Where nothing usual does, the extremes decide.
    """
    measured = list(pictures)
    spans, sentences = {}, []
    for kind in (WHOLE, FRACTIONS):
        of_kind = [each for each in measured if each.kind == kind]
        extremes = [each.extremes for each in of_kind if each.extremes]
        if extremes:
            low, high = min(low for low, _ in extremes), max(high for _, high in extremes)
            span = spans[kind] = _usual(kind, low, high)
            sentences.append(
                f"{len(of_kind):,} of the pictures hold {kind}, from {low:g} to {high:g}; in all of them "
                f"{span.black:g} is black and {span.white:g} is white."
            )
    return spans, sentences


def _usual(kind: Kind, low: float, high: float) -> Span:
    if low >= 0 and kind == WHOLE and high < 2 ** BITS[-1]:
        return Span(0, next(2**bits - 1 for bits in BITS if high < 2**bits))
    if low >= 0 and kind == FRACTIONS:
        if high <= 1:
            return Span(0, 1)
        for white in (255, 65535):
            if white / 2 < high <= white:
                return Span(0, white)
    if -1 <= low < 0 <= high <= 1 and kind == FRACTIONS:
        return Span(-1, 1)
    black = min(low, 0.0)
    return Span(black, high if high > black else black + 1)
