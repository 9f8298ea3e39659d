"""What lesson 10 says in words is what its stored cells print, and what real digits give when it is measured again."""

import re

import nbformat
import pytest
import torch
from torch.nn.functional import adaptive_max_pool2d

from authoring.notebooks import notebook_path, scripts
from dcgan_course import latent, recorded
from dcgan_course.data import already_here, load_images, scale
from dcgan_course.evaluation import metrics, neighbours

(LESSON,) = (script for script in scripts("lessons") if script.stem.startswith("10"))
NOTEBOOK = nbformat.read(notebook_path(LESSON), as_version=4)
PRINTED = "\n".join(
    output.text for cell in NOTEBOOK.cells for output in cell.get("outputs", []) if output.output_type == "stream"
)
real_mnist = pytest.mark.skipif(not already_here("mnist"), reason="no MNIST here: set DCGAN_COURSE_DATA")
MEASURES = ("fd", "kernel", "inception", "precision", "recall", "density", "coverage", "nearest", "fakes")


def numbers(text: str) -> list[float]:
    return [float(number.replace(",", "")) for number in re.findall(r"-?\d[\d,]*(?:\.\d+)?(?:e-?\d+)?", text)]


def line(begins: str) -> str:
    """The line of the stored outputs that begins with these words; there is only one."""
    (found,) = [each for each in PRINTED.splitlines() if each.startswith(begins)]
    return found


def torture() -> dict[str, dict[str, float]]:
    """The stored torture table: {set: {measure: value}}."""
    start = PRINTED.index("FD    kernel")
    rows = PRINTED[start:].split("pictures a side")[0].splitlines()[1:-1]
    return {row[:32].strip(): dict(zip(MEASURES, map(float, row[32:].split()), strict=True)) for row in rows}


def test_outputs_are_those_of_real_digits():
    assert "stand-in" not in PRINTED and "10,000 test digits" in PRINTED


@pytest.mark.parametrize(
    ("begins", "by_hand"),
    [("by hand 18", 18), ("by hand 9.5", 9.5), ("two equal clouds, 0 and 1", -3.5)],
)
def test_what_is_done_by_hand_is_what_comes_out(begins, by_hand):
    assert numbers(line(begins))[-1] == pytest.approx(by_hand, abs=1e-3)


def test_what_the_lesson_builds_agrees_with_the_package_on_real_digits():
    pairs = [numbers(each)[1:] for each in PRINTED.splitlines() if "real digits a side: ours" in each]
    assert len(pairs) == 4 and all(ours == pytest.approx(theirs, abs=2e-4) for ours, theirs in pairs)


def test_every_row_of_the_reading_holds_in_the_torture_table():
    table = torture()
    real, copies, noise = table["real"], table["a fiftieth, copied 50 times"], table["half noise"]
    assert real["fd"] < 3 and abs(real["kernel"]) < 5 and abs(real["nearest"] - 0.5) < 0.05
    missing = table["one class missing"]
    assert missing["fd"] > 5 * real["fd"] and missing["kernel"] > 10 and missing["nearest"] < 0.58
    assert copies["fd"] < 45 and copies["recall"] < 0.05 and copies["coverage"] < 0.5 and copies["fakes"] > 0.95
    one = table["one picture a class"]
    assert one["inception"] > 0.93 * real["inception"] and one["fd"] > 100 and one["coverage"] < 0.1
    assert noise["precision"] > 0.6 and noise["recall"] > 0.9 and noise["fd"] > 60 and noise["nearest"] > 0.6
    blur = table["blur, σ 1"]
    assert blur["precision"] > 0.8 and blur["recall"] < 0.1 and blur["fd"] > 5 * copies["fd"]
    moved = table["shift, 2 pixels"]
    assert moved["fd"] > 10 * real["fd"] and moved["inception"] > 0.9 * real["inception"] and moved["nearest"] > 0.75
    smooth, rough = (table[f"half size and back, {how}"] for how in ("antialias", "nearest"))
    assert smooth["fd"] > 10 * rough["fd"] and rough["inception"] > 0.9 * real["inception"]


def test_random_numbers_with_the_right_moments_fool_fd_and_no_other():
    kernels = [numbers(line(f"{name}: kernel distance"))[-1] for name in ("other real digits", "random numbers")]
    distances = [numbers(line(f"{name}: FD"))[-1] for name in ("other real digits", "random numbers")]
    assert distances[1] < 5 and distances[1] < distances[0] + 2 and kernels[1] > kernels[0] + 15
    assert numbers(line("random numbers: precision"))[-1] < 0.2
    (told,) = [each for each in PRINTED.splitlines() if "told right" in each]
    assert numbers(told)[-1] > 0.8


def test_the_nine_measures_are_shared_and_no_draw_contradicts():
    wins = {name: len(re.findall(rf"\d    {name}$", PRINTED, re.MULTILINE)) for name in ("mnist_mlp", "mnist_dcgan")}
    assert wins["mnist_mlp"] >= 3 and wins["mnist_dcgan"] >= 3
    for winner, measures in (
        ("mnist_dcgan", ("FD ↓", "kernel distance ↓", "recall ↑", "1-NN (0.50: alike) ↓")),
        ("mnist_mlp", ("precision ↑", "density ↑", "coverage ↑")),
    ):
        for measure in measures:
            assert re.search(rf"^{re.escape(measure)}.* {winner}$", PRINTED, re.MULTILINE), measure


def test_choosing_samples_halves_the_distance_in_every_draw_and_does_not_turn_the_order():
    draws = [each for each in PRINTED.splitlines() if each.startswith("draw ")]
    assert len(draws) == 8
    for mlp, dcgan in zip(draws[::2], draws[1::2], strict=True):
        all_mlp, _, shares_mlp, _, sure_mlp, _ = numbers(mlp.partition("FD:")[2])
        all_dcgan, _, shares_dcgan, _, sure_dcgan, _ = numbers(dcgan.partition("FD:")[2])
        assert all_mlp > shares_mlp > sure_mlp > all_dcgan > shares_dcgan > sure_dcgan and sure_mlp < 0.6 * all_mlp


@pytest.fixture(scope="module")
def digits():
    """All test digits and 2,000 training digits in drawn orders, with their features."""
    classifier = recorded.digit_classifier()
    test, train = load_images("mnist", "test"), load_images("mnist", "train")
    random = torch.Generator().manual_seed(7)
    some = scale(train.images[torch.randperm(len(train.images), generator=random)[:2000]])
    in_file = scale(test.images)
    with torch.no_grad():
        features = [torch.cat([classifier.features(part) for part in x.split(500)]) for x in (in_file, some)]
    return in_file, some, *features, torch.randperm(len(in_file), generator=random)


@pytest.mark.real_data
@real_mnist
class TestOnRealDigits:
    def test_the_halves_of_the_file_lie_apart_and_drawn_halves_do_not(self, digits):
        *_, cloud, _, order = digits
        between = metrics.frechet_distance(*cloud.chunk(2))
        assert between == pytest.approx(numbers(line("FD between both halves"))[-1], abs=0.2)
        assert metrics.frechet_distance(*cloud[order].chunk(2)) < 0.1 * between

    def test_few_real_digits_lie_far_from_real_digits(self, digits):
        *_, cloud, some, _ = digits
        distances = [metrics.frechet_distance(some[:n], cloud) for n in (50, 200, 2000)]
        printed = numbers(line("real digits: n = 50").replace("n = ", ""))
        assert distances[0] == pytest.approx(printed[1], rel=0.25) and distances[0] > 30
        assert distances[2] == pytest.approx(printed[-3], rel=0.35) and distances[2] < 4

    def test_a_moved_copy_is_no_nearer_than_a_fresh_digit_and_1_nn_sees_it(self, digits):
        in_file, some, cloud, features, order = digits
        moved = some[:300].roll(1, dims=3)
        _, gap = metrics.nearest_neighbours(moved, some)
        _, fresh = metrics.nearest_neighbours(in_file[order[:300]], some)
        assert gap.median() > 0.85 * fresh.median()
        with torch.no_grad():
            copies = recorded.digit_classifier().features(moved)
        assert neighbours.one_nearest_neighbour(features[:300], copies).accuracy < 0.3
        assert neighbours.one_nearest_neighbour(features[300:600], copies).accuracy > 0.45
        assert neighbours.one_nearest_neighbour(features[:300], cloud[order[:300]]).accuracy > 0.4

    @pytest.mark.parametrize("seed", [1, 2, 3])
    def test_each_discriminator_is_kinder_to_its_own_generator_than_the_classifier_is(self, digits, seed):
        in_file, _, _, _, order = digits
        runs = {name: recorded.load_run(name) for name in ("mnist_mlp", "mnist_dcgan")}
        judges = {
            "its own": runs["mnist_mlp"].discriminator.layers[:-1],
            "neither's": recorded.digit_classifier().features,
            "the other's": lambda x: adaptive_max_pool2d(runs["mnist_dcgan"].discriminator.blocks(x), 2).flatten(1),
        }
        with torch.no_grad():
            made = {name: run.generator(latent.sample(500, 100, seed)) for name, run in runs.items()}
            ratios = []  # how many times as far the MLP is as the DCGAN, by each judge
            for judge in judges.values():
                real = judge(in_file[order[:500]])
                distances = {name: metrics.frechet_distance(judge(x), real) for name, x in made.items()}
                ratios.append(distances["mnist_mlp"] / distances["mnist_dcgan"])
        by_its_own, by_neither, by_the_others = ratios
        assert 0.5 < by_its_own < 1.5 < by_neither < by_the_others
