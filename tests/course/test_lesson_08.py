"""What lesson 08 says in words is what its stored cells print, and what the recorded generator gives again."""

import base64
import io
import re
import statistics

import nbformat
import pytest
import torch
from PIL import Image

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


def sums(way):
    """Return [share of sevens, of the attribute, of both, each followed by its spread] of the three sums."""
    return [numbers(line.partition(": a 7")[2]) for line in PRINTED.splitlines() if re.match(f"{way}.*: a 7", line)]


def test_digits_arrive_with_thirty_z_and_not_by_the_control():
    thirty, control = sums("K = 30 at length 4"), sums("control at length 4")
    assert len(thirty) == len(control) == 3
    for ours, theirs in zip(thirty[:2], control[:2], strict=True):  # slant and boldness: the second share
        assert ours[2] > 8 > 5 > theirs[2] and ours[4] > theirs[4]
    assert thirty[0][2] > 50 and 20 < thirty[0][4] < 50  # slant arrives in most sums, the slanted 7 in about a third
    assert thirty[2][0] > 60 > 20 > control[2][0] and thirty[2][2] < control[2][2] - 30  # the class, and its price


def test_the_papers_sum_works_in_a_part_of_all_tries_and_the_length_counts_as_much_as_k():
    papers, its_control = sums("the paper's sum"), sums("its control")
    slant, bold, of_class = (row[4] for row in papers)
    assert all(15 < share < 35 for share in (slant, of_class)) and bold < 10
    assert all(row[4] < 8 for row in its_control)
    short, own = sums("K = 3 at length 4")[0][4], sums("K = 3 as it comes")[0][4]
    assert short < 5 and own > 3 * short


def test_boldness_is_the_exception_at_length_four():
    one, three, control = (sums(f"{way} at length 4")[1][2] for way in ("K = 1", "K = 3", "control"))
    assert max(one, three, control) <= 1


def test_the_title_of_the_famous_sum_says_what_the_classifier_reads():
    (line,) = (line for line in PRINTED.splitlines() if line.startswith("The classifier reads"))
    *read, slanted, nine = numbers(line)
    assert len(read) == nine == 9
    (cell,) = (cell for cell in NOTEBOOK.cells if cell.source.startswith("answers = digit_of(result)"))
    png = next(output.data["image/png"] for output in cell.outputs if "image/png" in output.get("data", {}))
    title = Image.open(io.BytesIO(base64.b64decode(png))).info["Title"]
    assert f"mostly a {int(statistics.mode(read))};" in title and ("does not lean" in title) == (slanted <= 4)


def test_objects_arrive_more_often_the_more_z_are_in_the_means_and_seldom_alone():
    lines = [line.partition(": arrived")[2] for line in PRINTED.splitlines() if ": arrived" in line]
    one, three, thirty, control, papers, its_control, tiny = (numbers(line.replace("%", "")) for line in lines)
    assert control[0] < one[0] < three[0] < thirty[0] and thirty[0] > 3 * one[0] > 3 * control[0]
    assert papers[0] > 3 * its_control[0]
    assert tiny[3] < 0.1 < control[3] / 5 and thirty[3] < papers[3]  # how many of five others moved
    assert all(row[-2] < 15 for row in (one, three, thirty, control, papers, its_control, tiny))


def test_every_group_of_objects_holds_thirty_different_ones():
    smallest = [int(each) for each in re.findall(r"the smallest group (\d+)", PRINTED)]
    assert len(smallest) == 4 and min(smallest) >= 30


def test_random_ways_change_less_and_the_ends_of_the_sliders_are_outside_the_shell():
    found = re.findall(r"(.+), step (\d): pixels change by ([\d.]+).*kept (\d+)%.*in the shell (\d+)%", PRINTED)
    rows = {(name, int(step)): tuple(map(float, rest)) for name, step, *rest in found}
    assert len(rows) == 12
    for name in ("principal 1", "principal 2", "active 1"):
        assert rows[name, 2][0] > 2.5 * rows["random", 2][0] and rows[name, 2][1] < 50 < rows["random", 2][1]
        assert rows[name, 8][0] > rows["random", 8][0]
    assert rows["random", 8][1] < 60
    assert all(inside < 10 if step == 8 else inside > 80 for (_, step), (*_, inside) in rows.items())


@pytest.mark.parametrize("seed", range(5))
def test_over_eight_random_ways_change_less_than_principal_and_active_ones(seed):
    z, random = latent.sample(40, 100, seed), latent.sample(40, 100, seed + 50)
    vectors = {
        "random": random / random.norm(dim=1, keepdim=True),
        "principal": latent.weight_directions(GENERATOR, 1)[0],
        "active": latent.activation_directions(GENERATOR, 1)[0],
    }
    with torch.no_grad():
        moved = {
            name: (GENERATOR(torch.cat([z - 8 * v, z + 8 * v])) - GENERATOR(z).repeat(2, 1, 1, 1)).abs().mean()
            for name, v in vectors.items()
        }
    assert moved["random"] < 0.8 * min(moved["principal"], moved["active"])


def test_the_means_of_all_have_a_spread():
    spreads = [numbers(line)[-1] for line in PRINTED.splitlines() if line.startswith("  means of all: changes")]
    assert len(spreads) == 2 and min(spreads) > 0


def test_ten_times_the_steps_cut_the_residual_and_turn_z_to_the_one_that_drew_it():
    lines = re.findall(r"(.+): residual ([\d.]+), then ([\d.]+).*\|z\| ([\d.]+), then ([\d.]+)", PRINTED)
    rows = {name: tuple(map(float, rest)) for name, *rest in lines}
    own = [row for name, row in rows.items() if name.startswith("drawn by G")]
    real = [row for name, row in rows.items() if name.startswith("real digit")]
    negative = [row for name, row in rows.items() if name.startswith("negative")]
    assert len(own) == len(real) == len(negative) == 3
    assert all(late < 0.4 * early for early, late, *_ in own)
    assert max(row[1] for row in real) < 0.1 and min(row[1] for row in negative) > 0.7
    assert max(row[3] for row in real) < 20 and min(row[3] for row in negative) > 30
    cosines = [[float(each) for each in pair] for pair in re.findall(r"drew it (-?\d\.\d+), and (-?\d\.\d+)", PRINTED)]
    assert len(cosines) == 3 and all(early < late < 0.9 for early, late in cosines)


def test_new_digits_are_nearer_to_g_and_to_pca_than_to_a_list():
    rows = re.findall(
        r"as near as ([\d.]+), PCA with 100 numbers ([\d.]+), the best of [\d,]+ stored ones ([\d.]+)", PRINTED
    )
    assert len(rows) == 3
    assert all(float(by_g) < float(by_pca) < float(stored) for by_g, by_pca, stored in rows)
    assert float(re.search(r"than the best stored one to (\d+)%", PRINTED)[1]) > 90


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
