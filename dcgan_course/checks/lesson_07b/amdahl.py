"""Exercises 3a and 3b of lesson 07b: the row that costs most, and what a faster row does for the whole."""

from collections.abc import Callable

from dcgan_course.checks.engine import Mistake, answer, judge, same
from dcgan_course.checks.registry import exercise

Row = tuple[str, int, float, float]  # name, calls, self time in ms, total time in ms

ROWS: list[list[Row]] = [
    [
        ("training step", 1, 3.0, 100.0),
        ("generator step", 1, 2.0, 41.0),
        ("convolution backward", 9, 48.0, 48.0),
        ("convolution", 12, 25.0, 25.0),
        ("batch norm", 9, 14.0, 14.0),
        ("add", 240, 8.0, 8.0),
    ],
    [
        ("epoch", 1, 1.0, 400.0),
        ("next batch", 40, 20.0, 260.0),
        ("decode a picture", 2560, 180.0, 180.0),
        ("resize a picture", 2560, 60.0, 60.0),
        ("optimiser step", 80, 99.0, 99.0),
        ("save the grid", 1, 40.0, 40.0),
    ],
    [("step", 1, 5.0, 10.0), ("read the loss", 200, 3.0, 3.0), ("copy", 1, 2.0, 2.0)],
    [  # two outermost rows: no total time is the whole
        ("discriminator step", 1, 2.0, 60.0),
        ("generator step", 1, 3.0, 40.0),
        ("convolution backward", 9, 45.0, 45.0),
        ("convolution", 12, 28.0, 28.0),
        ("batch norm", 9, 14.0, 14.0),
        ("add", 240, 8.0, 8.0),
    ],
]


def _whole(rows: list[Row]) -> float:
    return sum(row[2] for row in rows)


def _largest(rows: list[Row], key: Callable[[Row], float], share: Callable[[Row], float]) -> tuple[str, float]:
    row = max(rows, key=key)
    return row[0], share(row)


BOTTLENECK_MISTAKES = [
    Mistake(
        lambda rows: max(rows, key=lambda r: r[2])[0],
        "the name is right. Its share of the whole is asked for, too: return (name, share).",
    ),
    Mistake(
        lambda rows: max(rows, key=lambda r: r[2]),
        "the row is right, and the whole row came back. Two things are asked for: its name and its share of the whole.",
    ),
    Mistake(
        lambda rows: _largest(rows, lambda r: r[2], lambda r: r[2] / r[3]),
        "the row is right. But this is its self time beside its own total time; the share of the *whole* is asked for: "
        "divide by the sum of all self times.",
    ),
    Mistake(
        lambda rows: _largest(rows, lambda r: r[3], lambda r: r[3] / _whole(rows)),
        "a total time contains the time of everything that was called inside. So the outermost row is always the "
        "largest, and says nothing. Look at self time.",
    ),
    Mistake(
        lambda rows: _largest(rows, lambda r: r[3], lambda r: r[2] / _whole(rows)),
        "this row has the largest total time, which contains what was called inside. Look for the largest self time.",
    ),
    Mistake(
        lambda rows: _largest(rows, lambda r: r[1], lambda r: r[2] / _whole(rows)),
        "this row has the most calls. Many calls may be cheap: look at their time.",
    ),
    Mistake(
        lambda rows: _largest(rows, lambda r: r[2] / r[1], lambda r: r[2] / _whole(rows)),
        "this row has the most time for one call. What counts is all calls together.",
    ),
    Mistake(
        lambda rows: _largest(rows, lambda r: r[2], lambda r: 100 * r[2] / _whole(rows)),
        "the row is right. The share is asked for as a number from 0 to 1, not in per cent.",
    ),
    Mistake(
        lambda rows: _largest(rows, lambda r: r[2], lambda r: r[2]),
        "the row is right. Its time came back; its share of the whole is asked for.",
    ),
    Mistake(
        lambda rows: _largest(rows, lambda r: r[2], lambda r: r[2] / sum(row[3] for row in rows)),
        "the row is right. But the total times overlap: their sum counts many milliseconds twice. The self times "
        "together are the whole.",
    ),
    Mistake(
        lambda rows: _largest(rows, lambda r: r[2], lambda r: r[2] / max(row[3] for row in rows)),
        "the row is right. But the largest total is one call, not the whole: another step may stand beside it. The "
        "self times together are the whole.",
    ),
]


@exercise("3a · the bottleneck", id="bottleneck", points=2)
def bottleneck(exercise: str, function: Callable[[list[Row]], tuple[str, float]]) -> None:
    """Check a learner's bottleneck(rows) → (name, share) of the row with the largest self time."""
    judge(
        exercise,
        function,
        [(rows,) for rows in ROWS],
        lambda rows: _largest(rows, lambda row: row[2], lambda row: row[2] / _whole(rows)),
        BOTTLENECK_MISTAKES,
        praise="the largest self time, and its share of the whole.",
    )


SPEEDUP_MISTAKES = [
    Mistake(
        lambda share, factor: factor,
        "the whole program does not become that much faster: the other part takes as long as before.",
    ),
    Mistake(
        lambda share, factor: (1 - share) + share / factor,
        "this is the time that is left, as a share of the old time. The speed is one over it.",
    ),
    Mistake(
        lambda share, factor: share * factor + (1 - share),
        "this averages speeds. Times add up, speeds do not: first ask what time is left.",
    ),
    Mistake(
        lambda share, factor: share * factor,
        "a share times a factor is no speed. First ask what time is left of each part.",
    ),
    Mistake(
        lambda share, factor: factor / share,
        "this counts only what is left of the row. The rest of the program, 1 − share, still takes its time: add it.",
    ),
    Mistake(
        lambda share, factor: 1 / (1 - share),
        "this is the limit, for a line that costs nothing afterwards. It still costs share / factor.",
    ),
    Mistake(
        lambda share, factor: 1 / (share + (1 - share) / factor),
        "here the other part became faster, and the bottleneck stayed as it was.",
    ),
    Mistake(
        lambda share, factor: 1 / (1 - share / factor),
        "the row was taken off by what is *left* of it, share / factor. What is left of the program is the rest, "
        "1 − share, and the row, share / factor: add the two.",
    ),
    Mistake(
        lambda share, factor: 1 + share * (1 - 1 / factor),
        "this adds the saved time to the speed. The saved share of the time is right; what is left is 1 minus it, and "
        "the speed is one over what is left.",
    ),
    Mistake(
        lambda share, factor: _speedup(share, factor) - 1,
        "this is how much faster the program becomes, above 1. Old time / new time is asked for: nothing gained is 1, "
        "not 0.",
    ),
]


def _speedup(share: float, factor: float) -> float:
    return 1 / ((1 - share) + share / factor)


@exercise("3b · what it can buy", id="whole-speedup", points=2)
def whole_speedup(exercise: str, function: Callable[[float, float], float]) -> None:
    """Check a learner's whole_speedup(share, factor) → how many times faster the whole program becomes."""
    inner, edges = [(0.5, 2.0), (0.9, 10.0), (0.1, 1000.0)], [(1.0, 3.0), (0.0, 5.0)]
    right = all(same(answer(exercise, function, case), _speedup(*case)) for case in inner)
    judge(
        exercise,
        function,
        inner + edges if right else inner,  # a wrong idea gets its hint, before it divides by 0 at an edge
        _speedup,
        SPEEDUP_MISTAKES,
        praise="times add up, and the part that stays sets the limit.",
    )
