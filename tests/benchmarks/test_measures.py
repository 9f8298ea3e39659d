"""The measures stay fast and small where both clouds are large, and what the result file says was asked."""

import re

import pytest

from benchmarks import measures


@pytest.mark.parametrize("name", measures.MEASURES)
def test_a_fifth_of_the_points_takes_a_25th_of_the_time(name):
    """10,000 against 10,000 may take 20 s on two cores: of one thread's time, 2,000 may take 2 · 20 / 25 s."""
    _, used, _ = measures.alone(name, 2_000, 512)
    assert used < 2 * 20 / 25


def test_the_result_file_holds_every_row_within_what_is_asked():
    rows = re.findall(
        r"\| ([^|]+) \| (\d+) \| ([\d.]+) \| [\d.]+ \| ([\d,]+) \|", measures.RESULTS.read_text(encoding="utf-8")
    )
    assert [(name, int(features)) for name, features, *_ in rows] == [
        (name, features) for name in measures.MEASURES for features in measures.FEATURES
    ]
    for _, _, seconds, megabytes in rows:
        assert float(seconds) < 20 and int(megabytes.replace(",", "")) < 1_500
