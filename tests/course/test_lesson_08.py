"""What lesson 08 says in words is what its stored cells print, and what the recorded generator gives again."""

import re

import nbformat
import pytest
import torch

from authoring.notebooks import notebook_path, scripts
from dcgan_course import latent, recorded
from dcgan_course.data import already_here, load_images, scale
from dcgan_course.evaluation import metrics

(LESSON,) = (script for script in scripts("lessons") if script.stem.startswith("08"))
NOTEBOOK = nbformat.read(notebook_path(LESSON), as_version=4)
PRINTED = "\n".join(
    output.text for cell in NOTEBOOK.cells for output in cell.get("outputs", []) if output.output_type == "stream"
)
GENERATOR, CLASSIFIER = recorded.load_run("mnist_dcgan").generator, recorded.digit_classifier()


def numbers(text):
    return [float(number.replace(",", "")) for number in re.findall(r"(?<![\w.])-?\d[\d,]*(?:\.\d+)?", text)]


def distance(begins):
    (line,) = {each for each in PRINTED.splitlines() if each.startswith(f"{begins}: Fréchet distance")}
    return numbers(line.partition("distance")[2])[0]


def test_line_and_arc_are_near_random_z_and_rivals_are_far():
    ordinary, line, arc = (distance(each) for each in ("random z", "halfway along lerp", "halfway along slerp"))
    assert arc <= line < ordinary + 8 and abs(arc - ordinary) < 8
    assert distance("z of a tenth of the length") > 800
    assert min(distance("half a cross-fade of two of G's digits"), distance("random points of PCA")) > 3 * arc


def test_digits_arrive_with_thirty_z_and_not_by_the_control():
    thirty = [numbers(line.partition(": a 7")[2]) for line in PRINTED.splitlines() if line.startswith("K = 30: a 7")]
    control = [numbers(line.partition(": a 7")[2]) for line in PRINTED.splitlines() if line.startswith("control: a 7")]
    assert len(thirty) == len(control) == 3
    for ours, theirs in zip(thirty[:2], control[:2], strict=True):  # slant and boldness: the second share
        assert ours[2] > 8 > 5 > theirs[2] and ours[4] > theirs[4]
    assert thirty[0][2] > 50 and 20 < thirty[0][4] < 50  # slant arrives in most sums, the slanted 7 in about a third
    assert thirty[2][0] > 60 > 20 > control[2][0] and thirty[2][2] < control[2][2] - 40  # the class, and its price


def test_objects_arrive_more_often_the_more_z_are_in_the_means_and_seldom_alone():
    lines = [line.partition(": arrived")[2] for line in PRINTED.splitlines() if ": arrived" in line]
    one, three, thirty, control = (numbers(line.replace("%", "")) for line in lines)
    assert control[0] < one[0] < three[0] < thirty[0] and thirty[0] > 3 * one[0] > 3 * control[0]
    assert all(row[-2] < 10 for row in (one, three, thirty, control))


def test_ten_times_the_steps_cut_the_residual_and_turn_z_to_the_one_that_drew_it():
    residuals = [float(each) for each in re.findall(r"drawn by G.*residual (\d\.\d+)", PRINTED)]
    assert len(residuals) == 6
    assert all(late < 0.4 * early for early, late in zip(residuals[::2], residuals[1::2], strict=True))
    cosines = [[float(each) for each in pair] for pair in re.findall(r"drew it (-?\d\.\d+), and (-?\d\.\d+)", PRINTED)]
    assert len(cosines) == 3 and all(early < late < 0.9 for early, late in cosines)
    negative = [float(each) for each in re.findall(r"its negative.*residual (\d\.\d+)", PRINTED)]
    assert min(negative) > 0.7


@pytest.mark.real_data
@pytest.mark.skipif(not already_here("mnist"), reason="no MNIST here: set DCGAN_COURSE_DATA")
@pytest.mark.parametrize("seed", [20, 30, 40])
def test_the_line_costs_little_and_a_cross_fade_much(seed):
    test = scale(load_images("mnist", "test").images[:2000])
    a, b = latent.sample(400, 100, seed), latent.sample(400, 100, seed + 1)
    with torch.no_grad():
        real = CLASSIFIER.features(test)
        ends = GENERATOR(a), GENERATOR(b)
        drawn = [
            ends[0],
            GENERATOR(latent.lerp(a, b, 0.5)),
            GENERATOR(latent.slerp(a, b, 0.5)),
            (ends[0] + ends[1]) / 2,
        ]
        random, line, arc, fade = (metrics.frechet_distance(CLASSIFIER.features(x), real) for x in drawn)
    assert abs(line - random) < 20 and abs(arc - random) < 20 and fade > 3 * max(random, line, arc)
