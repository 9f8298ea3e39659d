"""The linear probe: against plain computations, and on drawn digits."""

import pytest
import torch

from dcgan_course.data.drawn.pictures import drawn_digits
from dcgan_course.errors import InvalidValue
from dcgan_course.interpretability import probes
from dcgan_course.interpretability.features import pooled_features
from dcgan_course.models import Discriminator


def test_few_labels_takes_so_many_of_each_class():
    labels = torch.arange(10).repeat_interleave(30)[torch.randperm(300, generator=torch.Generator().manual_seed(0))]
    rows = probes.few_labels(labels, 7, seed=3)
    assert len(rows.unique()) == 70 and torch.bincount(labels[rows]).tolist() == [7] * 10
    assert torch.equal(rows, probes.few_labels(labels, 7, seed=3))
    assert not torch.equal(rows, probes.few_labels(labels, 7, seed=4))
    with pytest.raises(InvalidValue, match="per_class is 31, but class 0 has 30 pictures"):
        probes.few_labels(labels, 31, seed=0)


def clouds(count, seed, classes=3, length=40):
    """Three overlapping clouds, with features of very different sizes."""
    generator = torch.Generator().manual_seed(seed)
    middles = torch.randn(classes, length, generator=torch.Generator().manual_seed(99))
    labels = torch.arange(count) % classes
    x = middles[labels] + 2.5 * torch.randn(count, length, generator=generator)
    return x * torch.logspace(-2, 3, length) + 5, labels


@pytest.mark.parametrize("c", [0.03, 1.0, 3.0])
@pytest.mark.parametrize("classes", [2, 3])
def test_both_fits_find_the_minimum_of_the_same_cost(c, classes):
    x, labels = clouds(300, seed=0, classes=classes)
    x = (x - x.mean(0)) / x.std(0) / 40**0.5
    sign = torch.where(labels[:, None] == torch.arange(classes), 1.0, -1.0)

    def cost(weights, biases):
        short = (1 - sign * (x @ weights.T + biases)).clamp(min=0)
        return float((weights.square().sum() + biases.square().sum()) / 2 + c * short.square().sum())

    theirs, ours = (fit(x, labels, c, 0) for fit in (probes.one_class_at_a_time, probes.all_classes_at_once))
    assert theirs[0].shape == ours[0].shape == (classes, 40)
    assert cost(*ours) == pytest.approx(cost(*theirs), rel=2e-3)
    shaken = [part + 0.03 * torch.randn(part.shape, generator=torch.Generator().manual_seed(1)) for part in ours]
    assert cost(*shaken) > cost(*ours)
    agree = [(x @ weights.T + biases).argmax(1) for weights, biases in (theirs, ours)]
    assert float((agree[0] == agree[1]).float().mean()) > 0.97


class Spy:
    """A fit that keeps what it was given, and answers with nearest means."""

    def __init__(self):
        self.seen = []

    def __call__(self, x, labels, c, seed):
        self.seen.append((x.clone(), labels.clone(), c))
        weights = torch.stack([x[labels == kind].mean(0) for kind in labels.unique()])
        return weights, -weights.square().sum(1) / 2


def test_only_training_pictures_standardise():
    x, labels = clouds(120, seed=0)
    spy, spy_of_odd_test = Spy(), Spy()
    plain = probes.linear_probe(x, labels, *clouds(60, seed=1), cs=(1.0,), fit=spy)
    odd, odd_labels = clouds(60, seed=1)
    odd = torch.cat([odd, odd + 1e4, odd - 3e4])  # test pictures that would move any mean
    probe = probes.linear_probe(x, labels, odd, odd_labels.repeat(3), cs=(1.0,), fit=spy_of_odd_test)
    for mine, other in zip(spy.seen, spy_of_odd_test.seen, strict=True):
        assert torch.equal(mine[0], other[0])
    assert probe.held_out == plain.held_out
    for given, _, _ in spy.seen:  # the first fit sees four fifths, the last all; each has its own mean and spread
        torch.testing.assert_close(given.mean(0), torch.zeros(40), atol=1e-5, rtol=0)
        torch.testing.assert_close(given.std(0, correction=0), torch.full((40,), 40**-0.5))
    assert [len(given) for given, _, _ in spy.seen] == [96, 120]


def test_accuracy_is_that_of_the_standardised_test_pictures():
    (x, labels), (test, test_labels) = clouds(120, seed=0), clouds(1500, seed=1)
    spy = Spy()
    probe = probes.linear_probe(x, labels, test, test_labels, cs=(1.0,), fit=spy)
    weights, biases = spy(*spy.seen[-1], 0)
    scores = ((test - x.mean(0)) / x.std(0, correction=0) / 40**0.5) @ weights.T + biases
    assert probe.accuracy == pytest.approx(float((scores.argmax(1) == test_labels).double().mean()), abs=2e-3)
    assert (probe.n_train, probe.n_test) == (120, 1500)


def test_a_feature_that_never_varies_in_training_does_nothing():
    (x, labels), (test, test_labels) = clouds(120, seed=0), clouds(300, seed=1)
    x[:, 3], test[:, 3] = 777.3, 1e6  # its mean over the training pictures is not exactly 777.3
    assert probes.linear_probe(x, labels, test, test_labels, cs=(0.3,)).accuracy > 0.6


def test_c_is_the_best_on_held_out_training_pictures():
    answers = {0.1: (0.5, 0.0), 0.5: (1.0, 0.0), 1.0: (1.0, 1.0), 2.0: (0.0, 1.0)}  # c: (right on training, on test)
    x, labels = torch.zeros(200, 4), torch.arange(200) % 2
    x[:, 0] = torch.where(labels == 1, 1.0, -1.0)
    x[:, 1] = torch.where(torch.arange(200) % 4 < 2, 1.0, -1.0)  # right for one half of the pictures

    def fit(x, labels, c, seed):
        column, sign = {1.0: (0, 1), 0.5: (1, 1), 0.0: (0, -1)}[answers[c][0]]
        weights = torch.zeros(2, 4)
        weights[1, column] = sign
        return weights, torch.zeros(2)

    right_for_other_c = -x  # on these test pictures the C that is wrong in training is right
    probe = probes.linear_probe(x, labels, right_for_other_c, labels, cs=(2.0, 1.0, 0.5, 0.1), fit=fit)
    assert probe.c == 0.5 and probe.accuracy == 0
    assert probe.held_out[0.5] == probe.held_out[1.0] == 1 and probe.held_out[2.0] == 0
    assert 0.2 < probe.held_out[0.1] < 0.8


def test_held_out_pictures_are_not_fitted_before_c_is_chosen():
    x, labels = clouds(100, seed=0, classes=2)
    x[:, 0] = torch.arange(100.0)  # a name for each picture
    spy = Spy()
    probes.linear_probe(x, labels, *clouds(20, seed=1, classes=2), cs=(1.0, 2.0), seed=5, fit=spy)
    sizes = [len(given) for given, _, _ in spy.seen]
    assert sizes == [80, 80, 100] and [c for _, _, c in spy.seen] == [1.0, 2.0, spy.seen[-1][2]]
    assert torch.bincount(spy.seen[0][1]).tolist() == [40, 40] and torch.equal(spy.seen[0][0], spy.seen[1][0])


def test_few_may_choose_c_while_all_are_fitted():
    train, test, spy = clouds(300, seed=0), clouds(30, seed=1), Spy()
    probe = probes.linear_probe(*train, *test, cs=(1.0, 2.0), choosers=20, fit=spy)
    assert [len(given) for given, _, _ in spy.seen] == [48, 48, 300] and probe.n_train == 300
    assert all(round(share * 12) == pytest.approx(share * 12) for share in probe.held_out.values())  # 4 of each class
    with pytest.raises(InvalidValue, match="choosers is 1, but it must be None or at least 2"):
        probes.linear_probe(*train, *test, choosers=1)


def test_the_same_seed_gives_the_same_probe():
    train, test = clouds(150, seed=0), clouds(300, seed=1)
    assert probes.linear_probe(*train, *test, seed=2) == probes.linear_probe(*train, *test, seed=2)
    splits = [probes.linear_probe(*train, *test, seed=seed).held_out for seed in range(4)]
    assert any(split != splits[0] for split in splits)


def test_wrong_sizes_are_refused():
    (x, labels), test = clouds(30, seed=0), clouds(30, seed=1)
    for given, sentence in [
        ((x, labels[:7], *test), r"features is \(30, 40\) with 7 labels"),
        ((x, labels, test[0][:, :9], test[1]), r"test_features is \(30, 9\)"),
        ((x, torch.zeros(30, dtype=torch.int64), *test), "two or more classes"),
        ((x[:4], labels[:4], *test), r"\[2, 1, 1\] pictures by class"),
        ((x / 0, labels, *test), "features holds numbers that are not finite"),
    ]:
        with pytest.raises(InvalidValue, match=sentence):
            probes.linear_probe(*given)
    with pytest.raises(InvalidValue, match="cs is"):
        probes.linear_probe(x, labels, *test, cs=(0.0, 1.0))


def test_features_of_an_untrained_d_beat_chance_and_both_fits_agree():
    torch.manual_seed(0)
    network = Discriminator(28, 1, 8)
    images, labels = drawn_digits(200, seed=0)
    test, test_labels = drawn_digits(300, seed=1)
    features, test_features = pooled_features(network, images), pooled_features(network, test)
    found = [
        probes.linear_probe(features, labels, test_features, test_labels, fit=fit)
        for fit in (probes.one_class_at_a_time, probes.all_classes_at_once)
    ]
    assert found[0].accuracy > 0.5  # chance is 0.1
    assert found[1].accuracy == pytest.approx(found[0].accuracy, abs=0.02)
