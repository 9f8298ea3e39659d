"""What no measure of two clouds takes, and the sentence that it says: the same door for all."""

import math
from functools import partial

import pytest
import torch

from dcgan_course.errors import InvalidValue
from dcgan_course.evaluation.kernel import kernel_distance
from dcgan_course.evaluation.metrics import frechet_distance
from dcgan_course.evaluation.neighbours import density_coverage, one_nearest_neighbour, precision_recall

MEASURES = [
    frechet_distance,
    kernel_distance,
    partial(precision_recall, k=1),
    partial(density_coverage, k=1),
    one_nearest_neighbour,
]
measures = pytest.mark.parametrize("measure", MEASURES)


@measures
@pytest.mark.parametrize(
    "shapes",
    [((5, 3), (5, 4)), ((1, 3), (5, 3)), ((5, 3), (1, 3)), ((5,), (5,)), ((5, 3, 1),) * 2, ((5, 0),) * 2],
)
def test_other_shapes_are_refused(measure, shapes):
    with pytest.raises(InvalidValue, match="must be") as refused:
        measure(*(torch.zeros(shape) for shape in shapes))
    assert str(shapes[0]) in str(refused.value) and str(shapes[1]) in str(refused.value)


@measures
@pytest.mark.parametrize("wrong", [math.nan, math.inf, -math.inf, 1e60])
@pytest.mark.parametrize("place", [0, 1])
def test_numbers_that_are_not_finite_are_refused(measure, wrong, place):
    clouds = [torch.randn(6, 3, dtype=torch.float64) for _ in range(2)]
    clouds[place][[2, 4], 1] = wrong
    name = ("The first cloud", "The second cloud")[place]
    with pytest.raises(InvalidValue, match=f"{name} has 2 of 6 rows .* must be finite"):
        measure(*clouds)


@measures
def test_a_list_is_refused(measure):
    with pytest.raises(InvalidValue, match=r"list was given: use torch\.as_tensor"):
        measure([[1.0], [2.0]], torch.zeros(2, 1))


@measures
def test_any_kind_of_number_is_read_and_nothing_is_changed(measure):
    random = torch.Generator().manual_seed(0)
    a, b = (torch.randint(0, 20, (9, 3), generator=random) for _ in range(2))
    kept = a.clone(), b.clone()
    want = measure(a.double(), b.double())
    for kind in (torch.uint8, torch.int64, torch.float16, torch.float32):
        assert measure(a.to(kind), b.to(kind)) == want
    learned = a.double().requires_grad_()
    assert measure(learned, b) == want and learned.grad is None
    assert torch.equal(a, kept[0]) and torch.equal(b, kept[1])


@pytest.mark.parametrize("measure", [precision_recall, density_coverage])
@pytest.mark.parametrize("k", [0, -1, 2.0, "3", True])
def test_k_is_a_whole_number(measure, k):
    with pytest.raises(InvalidValue, match="k is .* whole number"):
        measure(torch.randn(9, 2), torch.randn(9, 2), k=k)


@pytest.mark.parametrize("measure", [precision_recall, density_coverage])
def test_k_below_the_number_of_points(measure):
    real, fake = torch.randn(6, 2), torch.randn(9, 2)
    measure(real, fake, k=5)
    with pytest.raises(InvalidValue, match="k is 6, but among 6 points each has only 5 others: choose k from 1 to 5"):
        measure(real, fake, k=6)


def test_k_is_held_against_the_fakes_where_they_have_balls():
    real, fake = torch.randn(9, 2), torch.randn(4, 2)
    with pytest.raises(InvalidValue, match="among 4 points"):
        precision_recall(real, fake, k=4)
    density_coverage(real, fake, k=4)
