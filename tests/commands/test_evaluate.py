"""`python -m dcgan_course evaluate`, as somebody types it."""

import pytest

from dcgan_course.__main__ import main
from dcgan_course.evaluation import metrics
from tests.helpers.runs import folder_of_pictures


def distances_of(shown: str) -> tuple[float, float]:
    """The two Fréchet distances that `evaluate` printed: of the drawn pictures, and of other real ones."""
    line = next(line for line in shown.splitlines() if line.startswith("Fréchet"))
    drawn, real = line.split(": ", 1)[1].split(" (as many other real pictures: ")
    return float(drawn), float(real.rstrip(")"))


def test_digits(run, capsys):
    assert main(["evaluate", str(run), "--count", "400"]) == 0
    shown = capsys.readouterr().out
    assert "p_real" in shown and "Fréchet distance in the digit classifier's features" in shown
    assert "entropy" in shown


def test_a_recorded_run_is_nearer_to_digits_than_a_beginner(run, capsys):
    distances = []
    for name in ("mnist_mlp", str(run)):
        main(["evaluate", name, "--data", "drawn_digits", "--count", "400"])
        distances.append(distances_of(capsys.readouterr().out)[0])
    assert distances[0] < distances[1]


def test_the_yardstick_is_of_as_many_pictures(monkeypatch, capsys):
    """Fewer points make the distance larger: a yardstick of fewer would make a generator look better than it is."""
    compared = []
    frechet_distance = metrics.frechet_distance
    note = lambda a, b: compared.append((a, b)) or frechet_distance(a, b)
    monkeypatch.setattr(metrics, "frechet_distance", note)
    for count in ("400", "1500"):  # of 2,000 test pictures: the others are test pictures, then training ones
        assert main(["evaluate", "mnist_dcgan", "--data", "drawn_digits", "--count", count]) == 0
        drawn, real = distances_of(capsys.readouterr().out)
        assert drawn > 2 * real
        assert [len(side) for pair in compared for side in pair] == [int(count)] * 4
        rows = [{tuple(row.tolist()) for row in side} for side in compared[0]]
        assert not rows[0] & rows[1]  # no picture is on both sides
        compared.clear()


@pytest.mark.parametrize(
    ("count", "wanted", "measured"),
    [
        (450, "beside as many of", True),
        (30, "Fréchet distance: not measured, since it takes at least 200 pictures on each side", False),
    ],
)
def test_pictures_of_ones_own_folder(tmp_path, capsys, monkeypatch, count, wanted, measured):
    monkeypatch.setenv("DCGAN_COURSE_CACHE", str(tmp_path / "cache"))
    data = folder_of_pictures(tmp_path / "mine", count)
    assert main(["evaluate", "objects_dcgan", "--data", data]) == 0
    shown = capsys.readouterr().out
    assert "pictures for testing, too few: its training pictures are taken" in shown
    assert wanted in shown and "p_real" in shown and ("as many other real pictures" in shown) == measured
    assert main(["evaluate", "objects_dcgan", "--data", data, "--count", "300"]) == 2
    assert "--count is 300, but" in capsys.readouterr().err


def test_refusals(capsys):
    assert main(["evaluate", "mnist_mlp", "--data", "drawn_digits", "--count", "199"]) == 2
    assert "--count is 199, but a distance of distributions needs at least 200" in capsys.readouterr().err
    assert main(["evaluate", "mnist_mlp", "--data", "drawn_objects"]) == 2
    assert "3 channels, not 1" in capsys.readouterr().err
    assert main(["evaluate", "mnist_mlp", "--data", "drawn_digits", "--count", "99999"]) == 2
    assert "only 2000 test pictures" in capsys.readouterr().err
    for seed in ("-1", str(2**32)):
        assert main(["evaluate", "mnist_mlp", "--data", "drawn_digits", "--seed", seed]) == 2
        assert f"--seed is {seed}, but it must be a whole number from 0 to 4,294,967,295" in capsys.readouterr().err
