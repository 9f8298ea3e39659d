"""The table of linear probes that ships: whole, as its card says, and measured again where the pictures are."""

import json
import statistics

import pytest

from benchmarks.probes import BETTER, COLUMNS, PIXELS, RECORDED, ROWS, SUPERVISED, cs_of, written
from dcgan_course import recorded
from dcgan_course.data import already_here, load_images
from dcgan_course.interpretability import probes
from dcgan_course.interpretability.features import pooled_features


def test_the_table_that_ships_is_whole():
    record = recorded.probes()
    assert {"command", "date", "machine", "minutes"} <= record["made"].keys()
    assert "JPEG" in record["data"]["cifar10"] and "ImageNet" in record["paper"]["difference"]
    assert record["settings"]["columns"] == json.loads(json.dumps(COLUMNS))
    for column, facts in COLUMNS.items():
        for row in ROWS:
            runs = record["cells"][column].get(row, [])
            assert [run["seed"] for run in runs] == list(range(len(runs)))
            once = not facts["per_class"] and row in (RECORDED, PIXELS)  # all labels: nothing but C's pictures is drawn
            assert len(runs) == (1 if once else 3)
            for run in runs:
                assert 0.1 < run["accuracy"] < 1 and run["n_test"] == 10_000
                assert run["n_train"] == (10 * facts["per_class"] if facts["per_class"] else 50_000)
                if row not in (BETTER, SUPERVISED, BETTER):
                    assert list(run["held_out"]) == [str(c) for c in cs_of(row, column)]
                    assert run["held_out"][str(run["c"])] == max(run["held_out"].values())
    assert list(record["cells"]) == list(COLUMNS) and all(set(rows) <= set(ROWS) for rows in record["cells"].values())
    assert set(record["cells"]["cifar10, all labels"]) == set(ROWS)


def test_the_card_says_what_the_table_holds():
    record = recorded.probes()
    facts = recorded.card("probes")
    for column, rows in record["cells"].items():
        for row, runs in rows.items():
            assert not runs or facts[f"{row}; {column}"] == written(runs)
            if len(runs) > 1:
                mean = statistics.mean(100 * run["accuracy"] for run in runs)
                assert facts[f"{row}; {column}"].startswith(f"{mean:.1f} ± ")


@pytest.mark.skipif(not already_here("mnist"), reason="no MNIST here: set DCGAN_COURSE_DATA")
@pytest.mark.real_data
def test_a_cell_of_the_table_is_measured_again():
    record = recorded.probes()
    stated = record["cells"]["mnist, 10 labels a class"][RECORDED][0]
    train, test = load_images("mnist"), load_images("mnist", "test")
    rows = probes.few_labels(train.labels, 10, seed=0)
    d = recorded.load_run("mnist_dcgan").discriminator
    features, test_features = pooled_features(d, train.images[rows]), pooled_features(d, test.images)
    cs = cs_of(RECORDED, "mnist, 10 labels a class")
    found = probes.linear_probe(features, train.labels[rows], test_features, test.labels, cs=cs, seed=0)
    assert found.accuracy == pytest.approx(stated["accuracy"], abs=0.01)
