"""The report card of a generator: every measure beside the yardstick of real pictures, and how it was measured.

It takes features, numbers that a network computed from pictures, and trains and draws nothing itself.
"""

import math
import statistics
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from torch import Tensor

from dcgan_course.errors import InvalidValue
from dcgan_course.evaluation.kernel import kernel_distance
from dcgan_course.evaluation.metrics import frechet_distance
from dcgan_course.evaluation.neighbours import density_coverage, one_nearest_neighbour, precision_recall

PRECISION_K, COVERAGE_K = 3, 5  # as Kynkäänniemi et al. 2019 and Naeem et al. 2020 have them
WIDTH = 26  # of the table's columns, in letters


@dataclass(frozen=True)
class Measures:
    """What every measure says of one cloud of features beside a reference of real ones.

    nearest_neighbour: the accuracy of the 1-NN two-sample test in [0, 1]; _real and _fake are its two halves.
    """

    frechet_distance: float
    kernel_distance: float
    precision: float
    recall: float
    density: float
    coverage: float
    nearest_neighbour: float
    nearest_neighbour_real: float
    nearest_neighbour_fake: float


ROWS = {
    "frechet_distance": "Fréchet distance ↓",
    "kernel_distance": "kernel distance ↓",
    "precision": f"precision (k = {PRECISION_K}) ↑",
    "recall": f"recall (k = {PRECISION_K}) ↑",
    "density": f"density (k = {COVERAGE_K}) ↑",
    "coverage": f"coverage (k = {COVERAGE_K}) ↑",
    "nearest_neighbour": "1-NN accuracy (0.50: alike)",
    "nearest_neighbour_real": "  of the real half",
    "nearest_neighbour_fake": "  of the drawn half",
}


def measure(reference: Tensor, fake: Tensor) -> Measures:
    """Return all measures of features (M, F) beside those of a reference (N, F).

    Sources: Heusel et al. 2017 (Fréchet distance), Bińkowski et al. 2018 (kernel distance), Kynkäänniemi et al. 2019
    (precision and recall), Naeem et al. 2020 (density and coverage), Lopez-Paz and Oquab 2017 (1-NN).

    Raises:
        InvalidValue: features that are not (N, F) and (M, F), or too few of them.
    """
    halves = one_nearest_neighbour(reference, fake)
    return Measures(
        frechet_distance(reference, fake),
        kernel_distance(reference, fake),
        *precision_recall(reference, fake, PRECISION_K),
        *density_coverage(reference, fake, COVERAGE_K),
        halves.accuracy,
        halves.real,
        halves.fake,
    )


@dataclass(frozen=True)
class Setting:
    """How pictures were compared; without it a number of the card means nothing.

    network: which numbers of which network the features are. reference: which real pictures, in which order.
    resizer: how pictures came to the network's size. seeds: of z, one a draw.
    """

    network: str
    reference: str
    resizer: str
    seeds: tuple[int, ...]


@dataclass(frozen=True)
class ReportCard:
    """A generator's measures, draw by draw, and the same measures of other real pictures. `str` writes the table.

    count: pictures on each side, equal for all. drawn: one a seed of z. real: the yardstick, one a set of other real
    pictures.
    """

    setting: Setting
    count: int
    drawn: tuple[Measures, ...]
    real: tuple[Measures, ...]

    def __str__(self) -> str:
        setting = self.setting
        seeds = ", ".join(map(str, setting.seeds))
        of_z = f"seeds of z {seeds}" if len(setting.seeds) > 1 else f"seed of z {seeds}"
        lines = [
            f"pictures         {self.count:,} on each side; {of_z}; nothing picked",
            f"feature network  {setting.network}",
            f"reference        {setting.reference}",
            f"resizer          {setting.resizer}",
            "",
            f"{'measure':{WIDTH + 3}}{'drawn':{WIDTH}}other real pictures",
        ]
        for name, title in ROWS.items():
            drawn, real = ([getattr(each, name) for each in side] for side in (self.drawn, self.real))
            lines.append(f"{title:{WIDTH + 3}}{written(drawn):{WIDTH}}{written(real)}")
        return "\n".join([*lines, "", *self._remarks()])

    def _remarks(self) -> list[str]:
        """Say what ± means, and what may be compared."""
        many = {"draws": len(self.drawn), "sets of other real pictures": len(self.real)}
        counted = ", ".join(f"{count} {what}" for what, count in many.items() if count > 1)
        spread = f"±: standard deviation over {counted}." if counted else "One draw: no spread is known."
        return [spread, "Compare only cards with the same number of pictures, network, reference and resizer."]

    def facts(self) -> dict[str, Any]:
        """Return the card as plain values for JSON, rounded to six digits."""
        sides = {
            side: {name: [float(f"{getattr(each, name):.6g}") for each in getattr(self, side)] for name in ROWS}
            for side in ("drawn", "real")
        }
        return {**asdict(self.setting), "seeds": list(self.setting.seeds), "count": self.count, **sides}

    @staticmethod
    def from_facts(facts: dict[str, Any]) -> "ReportCard":
        """Return the card that `facts` wrote."""
        setting = Setting(facts["network"], facts["reference"], facts["resizer"], tuple(facts["seeds"]))
        sides = [
            tuple(Measures(*row) for row in zip(*(facts[side][name] for name in ROWS), strict=True))
            for side in ("drawn", "real")
        ]
        return ReportCard(setting, facts["count"], *sides)


def report_card(setting: Setting, reference: Tensor, drawn: Sequence[Tensor], real: Sequence[Tensor]) -> ReportCard:
    """Measure every draw, and every set of other real pictures, beside one reference.

    Args:
        setting: how the features came about. reference: (N, F), features of real pictures.
        drawn: (N, F) each, features of drawn pictures, one a seed. real: (N, F) each, of real pictures that are not in
            the reference.

    Raises:
        InvalidValue: a set has another number of rows than the reference: few pictures make a distance larger, so that
            the yardstick would not fit. Or there are not as many draws as seeds, or no other real pictures.
    """
    counts = sorted({len(features) for features in (reference, *drawn, *real)})
    if len(counts) > 1:
        raise InvalidValue(
            f"The sets of features have {', '.join(map(str, counts))} rows, but all need the same number of pictures: "
            "a distance of few comes out larger. Cut them to the smallest."
        )
    if len(drawn) != len(setting.seeds) or not drawn or not real:
        raise InvalidValue(
            f"There are {len(drawn)} draws, {len(setting.seeds)} seeds and {len(real)} sets of other real pictures, "
            "but a card needs one seed a draw, and at least one of each: give them."
        )
    sides = [tuple(measure(reference, features) for features in side) for side in (drawn, real)]
    return ReportCard(setting, counts[0], *sides)


def written(values: Sequence[float]) -> str:
    """Write a mean, and ± the standard deviation where there are several values, the larger one with three digits."""
    mean, spread = statistics.mean(values), statistics.stdev(values) if len(values) > 1 else 0.0
    size = max(abs(mean), spread)
    digits = 2 if size < 1e-9 else max(0, min(4, 2 - math.floor(math.log10(size))))
    said = f"{mean:,.{digits}f}".replace("-", "−")
    return said if len(values) == 1 else f"{said} ± {spread:.{digits}f}"
