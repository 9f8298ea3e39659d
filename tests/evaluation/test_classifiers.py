"""The network that reads factors of drawn objects, and what counts as moved."""

import pytest
import torch

from dcgan_course import recorded
from dcgan_course.evaluation.attributes import hue_distance
from dcgan_course.evaluation.classifiers import MOVED_BY, DigitClassifier, FactorReader, ReadFactors, moved_factors


def factors(**changed):
    """Two objects, a circle and a star, with some factors replaced."""
    plain = {name: torch.tensor([0.4, 0.4]) for name in ("hue", "size", "right", "down", "turn")}
    return ReadFactors(**({"kind": torch.tensor([0, 3])} | plain | changed))


def test_nothing_moved_between_equal_pictures():
    assert not any(moved.any() for moved in moved_factors(factors(), factors()).values())


@pytest.mark.parametrize("name", list(MOVED_BY))
def test_a_factor_moves_alone_and_only_beyond_its_limit(name):
    for share, is_moved in ((0.9, False), (1.1, True)):
        after = factors(**{name: torch.tensor([0.4, 0.4]) - share * MOVED_BY[name]})
        moved = moved_factors(factors(), after)
        want = torch.tensor([is_moved and name != "turn", is_moved])  # a circle has no turn
        assert torch.equal(moved.pop(name), want)
        assert not any(other.any() for other in moved.values())


def test_a_kind_moves_when_it_is_another():
    moved = moved_factors(factors(), factors(kind=torch.tensor([0, 4])))
    assert moved["kind"].tolist() == [False, True]


def test_hues_are_a_circle():
    assert hue_distance(torch.tensor([0.95, 0.0, 0.3]), torch.tensor([0.05, 0.5, 0.3])).tolist() == pytest.approx(
        [0.1, 0.5, 0.0]
    )


def test_digit_classifier_shapes():
    classifier = DigitClassifier().eval()
    assert classifier(torch.zeros(3, 1, 28, 28)).shape == (3, 10)
    assert classifier.features(torch.zeros(3, 1, 28, 28)).shape == (3, 64)


def test_a_reader_gives_every_factor_a_row():
    read = FactorReader().eval().read(torch.zeros(3, 3, 32, 32))
    assert all(getattr(read, name).shape == (3,) for name in ReadFactors.__dataclass_fields__)
    assert read.kind.dtype == torch.int64 and 0 <= read.hue.min() and read.hue.max() < 1


def test_the_card_says_what_the_reader_does():
    """The card's errors are measured again, on other objects than those that it names."""
    from recording.factors import held_out_errors

    card = recorded.card("factor_reader")
    again = held_out_errors(recorded.factor_reader(), 1_000, 77)
    for name, value in again.items():
        assert value == pytest.approx(card[name], rel=0.15), name
    assert again["held_out_kinds_right_percent"] > 95
    for name, field in (("hue", "hue_of_1"), ("size", "size_pixels"), ("right", "right_pixels")):
        assert card[f"mean_error_{field}"] < MOVED_BY[name] / 3
