"""`python -m dcgan_course evaluate`, as somebody types it."""

import re

import pytest

from dcgan_course.__main__ import main
from dcgan_course.commands import evaluate, inputs
from tests.helpers.runs import folder_of_pictures

ROW = re.compile(r"^(?P<title>.+?) {2,}(?P<drawn>−?[\d.,]+(?: ± [\d.]+)?) {2,}(?P<real>−?[\d.,]+(?: ± [\d.]+)?)$")


def rows_of(shown: str) -> dict[str, tuple[str, str]]:
    """What stands in the report card's table: title → drawn pictures, other real pictures."""
    found = [ROW.match(line) for line in shown.splitlines()]
    return {row["title"].strip(): (row["drawn"], row["real"]) for row in found if row}


def distances_of(shown: str) -> tuple[float, float]:
    """The two Fréchet distances that `evaluate` printed: of the drawn pictures, and of other real ones."""
    drawn, real = rows_of(shown)["Fréchet distance ↓"]
    return float(drawn.split(" ±")[0].replace(",", "")), float(real.split(" ±")[0].replace(",", ""))


def test_a_card_of_digits_says_how_it_was_measured(run, capsys):
    assert main(["evaluate", str(run), "--count", "400", "--seed", "5"]) == 0
    shown = capsys.readouterr().out
    assert "p_real" in shown and "entropy" in shown
    assert "the digit classifier, 64 numbers a picture" in shown and "none, pictures are 28×28" in shown
    assert (
        "400 on each side; seeds of z 5, 6, 7, 8, 9" in shown
        and "400 of 2,000 test pictures, permuted with seed 5" in shown
    )
    assert len(rows_of(shown)) == 9 and all("±" in side for row in rows_of(shown).values() for side in row)


def test_one_draw_has_no_spread(run, capsys):
    assert main(["evaluate", str(run), "--count", "300", "--draws", "1"]) == 0
    shown = capsys.readouterr().out
    assert "seed of z 0" in shown and "One draw: no spread is known" in shown
    assert not any("±" in side for row in rows_of(shown).values() for side in row)


def test_a_recorded_run_is_nearer_to_digits_than_a_beginner(run, capsys):
    distances = []
    for name in ("mnist_mlp", str(run)):
        main(["evaluate", name, "--data", "drawn_digits", "--count", "400"])
        distances.append(distances_of(capsys.readouterr().out)[0])
    assert distances[0] < distances[1]


def test_the_yardstick_is_of_as_many_pictures(monkeypatch, capsys):
    """Fewer points make the distance larger: a yardstick of fewer would make a generator look better than it is."""
    compared = []
    report_card = evaluate.report_card
    note = lambda setting, *sides: compared.append(sides) or report_card(setting, *sides)
    monkeypatch.setattr(evaluate, "report_card", note)
    for count in ("400", "1500"):  # of 2,000 test pictures: the others are test pictures, then training ones
        assert main(["evaluate", "mnist_dcgan", "--data", "drawn_digits", "--count", count]) == 0
        drawn, real = distances_of(capsys.readouterr().out)
        assert drawn > 2 * real
        reference, draws, others = compared.pop()
        assert {len(side) for side in (reference, *draws, *others)} == {int(count)}
        assert len(draws) == 5 and len(others) == (4 if count == "400" else 5)  # of 2,000 pictures 1,600 are left
        rows = [{tuple(row.tolist()) for row in side} for side in (reference, *draws, *others)]
        assert len(set.union(*rows)) >= sum(map(len, rows)) - 5  # no picture on two sides; two drawn digits may agree


@pytest.mark.parametrize(
    ("name", "network", "resizer"),
    [
        ("objects_dcgan", "the reader of drawn objects", "none, pictures are 32×32"),
        ("cifar10_dcgan_64", "the classifier of CIFAR-10", "64×64 to 32×32 on both sides, bilinear with antialias"),
    ],
)
def test_a_card_names_network_and_resizer(name, network, resizer, tmp_path, capsys, monkeypatch):
    monkeypatch.setenv("DCGAN_COURSE_CACHE", str(tmp_path / "cache"))
    data = "drawn_objects" if name == "objects_dcgan" else folder_of_pictures(tmp_path / "mine", 450)
    assert main(["evaluate", name, "--data", data, "--count", "200"]) == 0
    shown = capsys.readouterr().out
    assert network in shown and resizer in shown and len(rows_of(shown)) == 9
    assert ("it was trained on CIFAR-10 and knows no other pictures" in shown) == data.startswith("folder:")


@pytest.mark.parametrize(
    ("count", "wanted", "measured"),
    [
        (450, "beside as many of", True),
        (30, "Report card: not measured, since it takes at least 200 pictures on each side", False),
    ],
)
def test_pictures_of_ones_own_folder(tmp_path, capsys, monkeypatch, count, wanted, measured):
    monkeypatch.setenv("DCGAN_COURSE_CACHE", str(tmp_path / "cache"))
    data = folder_of_pictures(tmp_path / "mine", count)
    assert main(["evaluate", "objects_dcgan", "--data", data]) == 0
    shown = capsys.readouterr().out
    assert "pictures for testing, too few: its training pictures are taken" in shown
    assert wanted in shown and "p_real" in shown and ("other real pictures" in shown) == measured
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
    assert main(["evaluate", "mnist_mlp", "--data", "drawn_digits", "--seed", str(2**32 - 1)]) == 2
    assert "the last seed of z, --seed + --draws − 1, is 4294967299" in capsys.readouterr().err
    assert main(["evaluate", "mnist_mlp", "--data", "drawn_digits", "--draws", "0"]) == 2
    assert "--draws is 0, but it must be a whole number from 1 to 100" in capsys.readouterr().err


def test_a_conditional_generator_is_asked_with_the_shares_of_the_data(conditional_run, capsys, monkeypatch):
    asked = []
    sample_labels = inputs.sample_labels
    monkeypatch.setattr(inputs, "sample_labels", lambda *a: asked.append(a[1:]) or sample_labels(*a))
    assert main(["evaluate", str(conditional_run), "--count", "300", "--draws", "2", "--seed", "5"]) == 0
    shown = capsys.readouterr().out
    assert "p_real" in shown and "the class that was asked for is drawn" in shown and "least often class" in shown
    assert asked == [(300, 5), (300, 5), (300, 6)]
    assert main(["evaluate", str(conditional_run), "--data", "folder:nowhere"]) == 2
