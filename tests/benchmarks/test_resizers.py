"""The resizers: the page is written from the results, and says what they say."""

import json

import torch

from benchmarks import resizers
from dcgan_course import recorded


def test_the_page_is_written_from_the_results():
    results = json.loads(resizers.RESULTS.read_text(encoding="utf-8"))
    assert resizers.RESULTS.with_suffix(".md").read_text(encoding="utf-8") == resizers.page(results)
    assert {len(values) for row in results["rows"].values() for values in row.values()} == {results["made"]["draws"]}


def test_the_results_are_of_the_shipped_classifier():
    results = json.loads(resizers.RESULTS.read_text(encoding="utf-8"))
    shipped = recorded.card("cifar10_classifier")["sha256"]["weights.safetensors"]
    assert shipped.startswith(results["made"]["classifier"])


def test_only_antialias_tells_single_pixels_from_grey():
    """Of a chequered pattern nearest takes one colour; what averages gives grey."""
    chequered = ((torch.arange(64)[:, None] + torch.arange(64)) % 2 * 2.0 - 1).expand(1, 3, 64, 64)
    assert (resizers.smaller(chequered, "nearest").abs() == 1).all()
    for averages in ("bilinear", "bilinear, antialias", "bicubic, antialias"):
        assert resizers.smaller(chequered, averages)[..., 4:-4, 4:-4].abs().max() < 0.1


def test_pictures_are_taken_without_repeats_in_a_permuted_order():
    images = torch.arange(1000).view(-1, 1, 1, 1)
    taken = resizers.some(images, 200, 3).flatten()
    assert len(taken.unique()) == 200 and not torch.equal(taken, taken.sort().values)
