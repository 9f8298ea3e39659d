"""The measure explorer: spoil real digits with sliders, and see every measure follow at once; and its twin."""

import functools
import math
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import ipywidgets
import torch
from torch import Tensor

from dcgan_course.data.images import Images, load_images
from dcgan_course.drawing.canvas import Canvas
from dcgan_course.drawing.sheets import tile_pictures
from dcgan_course.errors import InvalidValue, seed_number, whole_number
from dcgan_course.evaluation.spoiled import blurred, few_copied, noisy, sampled, shifted, with_share
from dcgan_course.evaluation.torture import K, TortureRow, measured
from dcgan_course.recorded import runs
from dcgan_course.widgets.parts import Panel, Picture, one_thread, slider

COUNT = 400  # pictures a side
REAL_SETS = 10  # other real sets, measured beside the same reference: what chance alone does
CLASS = 4  # whose share a slider sets
WIDTH, HEIGHT, TILES = 940, 500, 20
LEFT, BAR, TOP, STEP = 250, 480, 206, 32  # points: where bars begin, their length, the first row, from row to row
SETTINGS: dict[str, tuple[str, float, float, float, float]] = {  # label, start, lowest, highest, step
    "blur": ("blur, σ in pixels", 0.0, 0.0, 3.0, 0.1),
    "shift": ("shift, pixels", 0, 0, 8, 1),
    "noise": ("noise, σ of range 2", 0.0, 0.0, 1.0, 0.1),
    "share": (f"share of class {CLASS}, %", 10, 0, 100, 10),
    "copies": ("copies of a picture", 1, 1, 100, 1),
}


@dataclass(frozen=True)
class Bar:
    """How a measure is drawn: its field of `TortureRow`, its name, and what its bar ends at.

    logarithmic: the bar grows with log(1 + value), so that small distances are seen as well.
    """

    field: str
    name: str
    end: float
    logarithmic: bool = False

    def place(self, value: float) -> float:
        """Return where on the bar a value lies, 0 to 1."""
        low = 1.0 if self.field == "inception" else 0.0
        value = min(self.end, max(low, value))
        if self.logarithmic:
            return math.log1p(value) / math.log1p(self.end)
        return (value - low) / (self.end - low)

    def said(self, value: float) -> str:
        """Return a value as text: few digits, and a minus that is one."""
        digits = 2 if self.end < 20 else 1 if abs(value) < 100 else 0
        return f"{value:,.{digits}f}".replace("-", "−")


BARS = (
    Bar("frechet", "Fréchet distance ↓", 1_000, logarithmic=True),
    Bar("kernel", "kernel distance ↓", 2_000, logarithmic=True),
    Bar("inception", "inception score ↑", 10),
    Bar("precision", f"precision, k = {K} ↑", 1),
    Bar("recall", f"recall, k = {K} ↑", 1),
    Bar("density", f"density, k = {K} ↑", 2),
    Bar("coverage", f"coverage, k = {K} ↑", 1),
    Bar("two_sample", "1-NN accuracy (alike: 0.50)", 1),
)


class MeasureExplorer(Panel):
    """An explorer of measures: blur, shift, noise, the share of one class and copies, and eight measures that follow.

    Args:
        pool: digits 1×28×28 that are spoiled; None loads MNIST's training pictures, or their drawn stand-in.
        reference: other digits, to measure by; None loads the test pictures. count: pictures a side; the measures of
            few pictures vary, so each bar shows what other real sets of the same size give. seed: of all choices.

    In a lesson: `explorer = widgets.measure_explorer()` in one cell, `explorer` on its last line, and
    `drawing.show(widgets.measure_explorer_twin(), alt="…")`, a still picture, in the next. Both take the lesson's own
    pictures, too: `measure_explorer(train, test)`.

    The `controls` are blur, shift, noise, share and copies. The set is chosen first (share, then copies), then blurred,
    shifted and made noisy. No position raises.

    Raises:
        InvalidValue: pictures of another size; fewer pictures than `count`, or fewer of class 4; count below 50.
    """

    sentence = "The measure explorer: run this cell to spoil real digits yourself. The next picture shows three spoils."

    def __init__(
        self, pool: Images | None = None, reference: Images | None = None, *, count: int = COUNT, seed: int = 0
    ) -> None:
        self.sets = _Sets(pool, reference, count, seed)
        super().__init__({name: _control(*setting) for name, setting in SETTINGS.items()})
        self.picture = Picture(
            format="png",
            layout={"width": f"{WIDTH}px", "max_width": "100%", "height": "auto"},
            tooltip="Twenty pictures of the spoiled set, and a bar for each measure beside what real sets give",
        )
        sliders = list(self.controls.values())
        self.words.layout.max_width = f"{WIDTH}px"
        self.when_moved(self.draw, *sliders)
        columns = [ipywidgets.VBox(sliders[:3]), ipywidgets.VBox(sliders[3:])]
        self.children = [ipywidgets.HBox(columns, layout={"flex_flow": "row wrap"}), self.picture, self.words]
        self.draw()

    def draw(self) -> None:
        """Spoil, measure, show, and say all values."""
        with one_thread():
            pictures, row = self.sets.spoil(**{name: control.value for name, control in self.controls.items()})
            self.picture.value = _frame(self.sets, pictures, row).png(compress_level=1)
        self.say(*self.sets.sentences(row))

    @staticmethod
    def twin(
        pool: Images | None = None,
        reference: Images | None = None,
        *,
        count: int = COUNT,
        seed: int = 0,
        spoils: Sequence[Mapping[str, float]] = ({"blur": 1.0}, {"copies": 40}, {"shift": 2}),
    ) -> bytes:
        """Return what the explorer shows for a blur, for copies and for a shift, one below the other, as PNG bytes.

        Args:
            pool, reference, count, seed: as the explorer takes them. spoils: {control: value} of each frame; more than
                one frame is higher than a small screen.

        Raises:
            InvalidValue: as the explorer.
        """
        sets = _Sets(pool, reference, count, seed)
        sheet = Canvas(WIDTH, HEIGHT * len(spoils), scale=1)
        with one_thread():
            for number, spoil in enumerate(spoils):
                sheet.paste(_frame(sets, *sets.spoil(**spoil)), 0, HEIGHT * number)
        return sheet.png(compress_level=9)


def _control(label: str, start: float, low: float, high: float, step: float) -> ipywidgets.Widget:
    return slider(label, start, low, high, step=step, widths=(150, 460))


class _Sets:
    """The pictures of an explorer, and what the measures say of sets that nobody spoiled."""

    def __init__(self, pool: Images | None, reference: Images | None, count: int, seed: int) -> None:
        self.count, self.seed = whole_number("count", count, 50), seed_number(seed)
        self.pool = _checked("pool", pool or load_images("mnist", stand_in=True), self.count)
        with torch.random.fork_rng(devices=[]):  # a network that is built draws first weights, also where they are read
            self.network = runs.digit_classifier()
        others = _checked("reference", reference or load_images("mnist", "test", stand_in=True), self.count)
        with one_thread():
            self.reference, _ = self._read(sampled(others.images, self.count, self.seed))
            sets = [sampled(self.pool.images, self.count, self.seed + 1 + number) for number in range(REAL_SETS)]
            self.real = [measured("real", self.reference, *self._read(pictures)) for pictures in sets]

    @torch.no_grad()
    def _read(self, pictures: Tensor) -> tuple[Tensor, Tensor]:
        """Return features and logits; the head reads the features, so the body works once."""
        features = self.network.features(pictures)
        return features, self.network.head(features)

    def spoil(
        self, blur: float = 0.0, shift: float = 0, noise: float = 0.0, share: float = 10, copies: float = 1
    ) -> tuple[Tensor, TortureRow]:
        """Return the spoiled set (count, 1, 28, 28) in an order of chance, and its measures."""
        different = max(1, self.count // int(copies))
        pictures = with_share(self.pool.images, self.pool.labels, CLASS, share / 100, self.count, self.seed)
        pictures = few_copied(pictures, different, self.count, self.seed)
        pictures = noisy(shifted(blurred(pictures, blur), int(shift)), noise, self.seed)
        parts = [f"blur σ {blur:.1f}"] * (blur > 0) + [f"shift {shift} px"] * (shift > 0)
        parts += [f"noise σ {noise:.1f}"] * (noise > 0) + [f"{share} % are of class {CLASS}"] * (share != 10)
        parts += [f"{different} pictures, {copies} copies of each"] * (copies > 1)
        name = ", ".join(parts) or "nothing is spoiled"
        return pictures, measured(name, self.reference, *self._read(pictures))

    @functools.cached_property
    def ranges(self) -> dict[str, tuple[float, float]]:
        """What real sets give: mean and standard deviation, by measure."""
        values = {bar.field: [getattr(row, bar.field) for row in self.real] for bar in BARS}
        return {name: (statistics.mean(some), statistics.stdev(some)) for name, some in values.items()}

    def notices(self, row: TortureRow, bar: Bar) -> bool:
        """Tell whether a value lies more than three standard deviations from the mean of real sets."""
        mean, spread = self.ranges[bar.field]
        return abs(getattr(row, bar.field) - mean) > 3 * spread

    def sentences(self, row: TortureRow) -> list[str]:
        """Say all values beside those of real sets."""
        values = []
        for bar in BARS:
            mean, spread = self.ranges[bar.field]
            mark = ", outside" if self.notices(row, bar) else ""
            name = bar.name.rstrip(" ↑↓").replace(" (alike: 0.50)", "")
            real = f"{bar.said(mean)} ± {bar.said(spread)}"
            values.append(f"{name}: {bar.said(getattr(row, bar.field))} (real {real}{mark})")
        return [f"{_title(self, row)}.", "; ".join(values) + "."]


def _checked(name: str, images: Images, count: int) -> Images:
    """Return the pictures if the explorer can read them and has enough.

    Raises:
        InvalidValue: another size, or too few pictures, of class 4 or of others.
    """
    shape = tuple(images.images.shape[1:])
    if shape != (1, 28, 28):
        raise InvalidValue(f"{name} has pictures {shape}, but the digit classifier reads (1, 28, 28): give digits.")
    of_class = int((images.labels == CLASS).sum())
    fewest = min(of_class, len(images) - of_class) if name == "pool" else len(images)
    if fewest < count:
        what = f"of class {CLASS} and of others" if name == "pool" else "in all"
        raise InvalidValue(
            f"count is {count}, but {name} has only {fewest:,} such pictures, and needs as many {what}: "
            "choose a smaller count, or give more pictures."
        )
    return images


def _title(sets: _Sets, row: TortureRow) -> str:
    noticed = sum(sets.notices(row, bar) for bar in BARS)
    return f"{row.name[0].upper()}{row.name[1:]}: {noticed} of {len(BARS)} measures leave the range of real sets"


def _frame(sets: _Sets, pictures: Tensor, row: TortureRow) -> Canvas:
    """Draw twenty pictures of a set, and each measure as a bar beside what real sets give."""
    canvas = Canvas(WIDTH, HEIGHT, scale=1)
    canvas.title(16, 8, _title(sets, row), size=18)
    shown = tile_pictures(pictures[:TILES].clamp(-1, 1), columns=TILES // 2, zoom=2)
    canvas.image.paste(shown, (16, 38))
    beside = 16 + shown.width + 20
    lines = (f"{TILES} of {sets.count} pictures,", "in an order of chance", *_source_lines(sets.pool.title_note))
    for number, line in enumerate(lines):
        canvas.text(beside, 44 + 22 * number, line, size=15)
    legend = f"real sets: mean ± 3 standard deviations of {len(sets.real)} sets of {sets.count}"
    canvas.key(LEFT, TOP - 40, legend, "blue", size=14)
    canvas.key(LEFT, TOP - 21, "this set", "orange", size=14)
    for number, bar in enumerate(BARS):
        y = TOP + STEP * number
        value, (mean, spread) = getattr(row, bar.field), sets.ranges[bar.field]
        canvas.text(LEFT - 12, y + 11, bar.name, size=15, anchor="rm")
        canvas.box(LEFT, y, BAR, 22, fill="light", outline=None)
        first, last = bar.place(mean - 3 * spread), bar.place(mean + 3 * spread)
        canvas.box(LEFT + first * BAR, y, max(3, (last - first) * BAR), 22, fill="sky", outline="blue")
        canvas.box(LEFT, y + 7, bar.place(value) * BAR, 8, fill="orange", outline=None)
        canvas.text(LEFT + BAR + 10, y + 11, bar.said(value), size=15, bold=True, anchor="lm")
        canvas.text(LEFT + BAR + 78, y + 11, f"real {bar.said(mean)} ± {bar.said(spread)}", size=13, anchor="lm")
    note = f"Distances: logarithmic bars, to {BARS[0].end:,} and {BARS[1].end:,}. Inception score: from 1 to 10."
    canvas.text(LEFT, TOP + STEP * len(BARS), note, size=13)
    return canvas


def _source_lines(note: str) -> list[str]:
    """The remark on stand-ins in lines that fit beside the pictures."""
    return [part.strip(" ()") for part in note.split(",")] if note else []
