"""The checks of lesson 07: right answers in several styles, and the wrong answers learners give."""

import copy
import math
import statistics

import numpy as np
import pytest
import torch
from torch.nn import functional as F
from torch.optim.swa_utils import update_bn
from torchvision import transforms

from dcgan_course.checks import lesson_07 as check
from dcgan_course.checks.lesson_07.alarm import LATEST, traces
from tests.helpers.answers import complaint, praise

# Exercise 1a


def steps(*wanted):
    return transforms.Compose(wanted)


def right_prepare(picture, image_size):
    return steps(
        transforms.Resize(image_size),
        transforms.CenterCrop(image_size),
        transforms.ToTensor(),
        transforms.Normalize((0.5, 0.5, 0.5), (0.5, 0.5, 0.5)),
    )(picture)


def prepare_with_tensors(picture, image_size):
    from torchvision.transforms import v2

    image = v2.functional.to_image(picture)
    image = v2.functional.center_crop(v2.functional.resize(image, [image_size], antialias=True), [image_size])
    return image.float() / 127.5 - 1


def prepare_by_hand(picture, image_size):
    import numpy as np

    short = min(picture.size)
    size = [round(side * image_size / short) for side in picture.size]
    small = picture.resize(size, 2)
    left, top = (size[0] - image_size) // 2, (size[1] - image_size) // 2
    pixels = np.array(small.crop((left, top, left + image_size, top + image_size)))
    return torch.from_numpy(pixels).permute(2, 0, 1) / 127.5 - 1


@pytest.mark.parametrize("right", [right_prepare, prepare_with_tensors, prepare_by_hand])
def test_right_preparations_pass(right, capsys):
    assert "the middle cut out" in praise(capsys, check.prepare, right)


WRONG_PREPARE = {
    "0 to 1": (
        lambda p, s: steps(transforms.Resize(s), transforms.CenterCrop(s), transforms.ToTensor())(p),
        "go from 0 to 1",
    ),
    "pressed": (
        lambda p, s: steps(transforms.Resize((s, s)), transforms.ToTensor(), transforms.Normalize(0.5, 0.5))(p),
        "pressed into a square",
    ),
    "not cut": (
        lambda p, s: steps(transforms.Resize(s), transforms.ToTensor(), transforms.Normalize(0.5, 0.5))(p),
        "the shorter side only",
    ),
    "only cut": (
        lambda p, s: steps(transforms.CenterCrop(s), transforms.ToTensor(), transforms.Normalize(0.5, 0.5))(p),
        "resize first",
    ),
    "colours last": (lambda p, s: right_prepare(p, s).permute(1, 2, 0), "colours are the last dimension"),
    "twice": (lambda p, s: right_prepare(p, s) / 127.5 - 1, "to [−1, 1] twice"),
    "0 to 255": (lambda p, s: (right_prepare(p, s) + 1) * 127.5, "go from 0 to 255"),
    "a picture": (lambda p, s: p.resize((s, s)), "a tensor is asked for"),
    "a batch": (lambda p, s: right_prepare(p, s)[None], "a batch of one picture"),
    "the old name": (lambda p, s: transforms.Scale(s)(p), "has no attribute 'Scale'"),
    "bytes": (
        lambda p, s: steps(transforms.Resize(s), transforms.CenterCrop(s), transforms.PILToTensor())(p),
        "whole numbers (torch.uint8)",
    ),
    "of ImageNet": (
        lambda p, s: transforms.Normalize((0.485, 0.456, 0.406), (0.229, 0.224, 0.225))((right_prepare(p, s) + 1) / 2),
        "the mean and the spread of ImageNet",
    ),
    "not divided": (lambda p, s: right_prepare(p, s) / 2, "from −0.5 to 0.5"),
    "a case is a picture": (lambda p, s: right_prepare(p, s) / 3, "for (p=a picture 48×32, s=16)"),
}


def right_but_shrinks_the_picture(p, s):
    tensor = right_prepare(p, s)
    p.thumbnail((4, 4))  # in place: the same picture is asked for again
    return tensor


def test_a_picture_that_is_spoiled_is_spoiled_for_nobody_else(capsys):
    praise(capsys, check.prepare, right_but_shrinks_the_picture)


@pytest.mark.parametrize("name", WRONG_PREPARE)
def test_wrong_preparations(name):
    wrong, hint = WRONG_PREPARE[name]
    assert hint in complaint(check.prepare, wrong)


# Exercise 1b


@pytest.mark.parametrize(
    "right",
    [
        torch.full_like,
        lambda answers, value: torch.ones_like(answers) * value,
        lambda answers, value: answers.new_full(answers.shape, value),
        lambda answers, value: torch.full(answers.shape, value, dtype=answers.dtype, device=answers.device),
    ],
)
def test_right_labels_pass(right, capsys):
    praise(capsys, check.labels_like, right)


WRONG_LABELS = {
    "a column": (lambda a, v: torch.full((len(a), 1), v), "these labels are (N, 1)"),
    "always 1": (lambda a, v: torch.ones_like(a), "every label is 1"),
    "always 0": (lambda a, v: torch.zeros_like(a), "every label is 0"),
    "whole numbers": (lambda a, v: torch.full((len(a),), int(v)), "whole numbers"),
    "one type": (lambda a, v: torch.full(a.shape, v, device=a.device), "takes the type from the answers"),
    "one device": (lambda a, v: torch.full(a.shape, v, dtype=a.dtype), "FloatTensor` named one kind of device"),
    "from the answers": (lambda a, v: a * 0 + v, "carry a gradient"),
    "Variable": (lambda a, v: torch.full_like(a, v).requires_grad_(True), "carry a gradient"),
    "in place": (lambda a, v: a.detach().fill_(v), "over the answers"),
    "one number": (lambda a, v: torch.tensor(v), "a single number"),
}


@pytest.mark.parametrize("name", WRONG_LABELS)
def test_wrong_labels(name):
    wrong, hint = WRONG_LABELS[name]
    assert hint in complaint(check.labels_like, wrong)


# Exercise 1c

bce = F.binary_cross_entropy_with_logits
VERY_SURE = "logits of ±200 differs"


def right_loss(real_logits, fake_logits):
    return (bce(real_logits, torch.ones_like(real_logits)) + bce(fake_logits, torch.zeros_like(fake_logits))) / 2


@pytest.mark.parametrize("right", [right_loss, lambda r, f: 0.5 * F.softplus(-r).mean() + 0.5 * F.softplus(f).mean()])
def test_right_losses_pass(right, capsys):
    praise(capsys, check.discriminator_loss, right)


WRONG_LOSSES = {
    "not halved": (lambda r, f: 2 * right_loss(r, f), "this is the sum of both halves"),
    "swapped": (lambda r, f: right_loss(f, r), "labels are swapped"),
    "sigmoid twice": (lambda r, f: right_loss(r.sigmoid(), f.sigmoid()), "the sigmoid was taken twice"),
    "sums": (lambda r, f: (F.softplus(-r).sum() + F.softplus(f).sum()) / 2, "Their mean is asked for"),
    "one mean": (lambda r, f: torch.cat([F.softplus(-r), F.softplus(f)]).mean(), "one mean over both"),
    "only real": (lambda r, f: F.softplus(-r).mean(), "only the real half"),
    "cut off": (
        lambda r, f: (
            (
                F.binary_cross_entropy(r.sigmoid(), torch.ones_like(r))
                + F.binary_cross_entropy(f.sigmoid(), torch.zeros_like(f))
            )
            / 2
        ),
        "cuts the loss off at 100",
    ),
    "a column": (lambda r, f: bce(r, torch.ones(len(r), 1)), "which label belongs to which answer"),
    "a number": (lambda r, f: right_loss(r, f).item(), "has no graph"),
    "detached": (lambda r, f: right_loss(r, f).detach(), "has no graph"),
    "fakes detached": (lambda r, f: right_loss(r, f.detach()), "no gradient reaches the fake logits"),
    "fakes detached, by hand": (
        lambda r, f: (F.softplus(-r).mean() + F.softplus(f.detach()).mean()) / 2,
        "detach the pictures for D's step, never D's answers",
    ),
    "reals detached": (lambda r, f: right_loss(r.detach(), f), "no gradient reaches the real logits"),
    "fakes detached, and 0": (lambda r, f: right_loss(r, f.detach()) + 0 * f.sum(), "no gradient reaches the fake"),
    "half a gradient": (
        lambda r, f: (right_loss(r, f) + right_loss(r, f.detach())) / 2,
        "the gradient of the fake logits is",
    ),
    "logarithm of a sigmoid": (
        lambda r, f: -(r.sigmoid().log().mean() + (1 - f.sigmoid()).log().mean()) / 2,
        VERY_SURE,
    ),
    "a small number inside": (
        lambda r, f: -((r.sigmoid() + 1e-8).log().mean() + (1 - f.sigmoid() + 1e-8).log().mean()) / 2,
        VERY_SURE,
    ),
    "exp of the logits": (lambda r, f: ((-r).exp().log1p().mean() + f.exp().log1p().mean()) / 2, VERY_SURE),
    "clamped": (lambda r, f: right_loss(r.clamp(-30, 30), f.clamp(-30, 30)), VERY_SURE),
    "nan where D is sure": (lambda r, f: right_loss(r, f) + 0 * r.exp().reciprocal().sum(), VERY_SURE),
    "a slope that is nan": (lambda r, f: (careless(-r).mean() + careless(f).mean()) / 2, "the gradient of the real"),
}


def careless(a):
    """softplus whose value is right everywhere; where it is not taken, the branch still overflows in the gradient."""
    return torch.where(a > 50, a, a.exp().log1p())


def every_label_beside_every_answer(r, f):
    def half(logits, value):
        labels = torch.full((len(logits), 1), value)
        return -(labels * F.logsigmoid(logits) + (1 - labels) * F.logsigmoid(-logits)).mean()

    return (half(r, 1.0) + half(f, 0.0)) / 2


def test_the_praise_claims_nothing_that_equal_labels_hide(capsys):
    said = praise(capsys, check.discriminator_loss, every_label_beside_every_answer)
    assert "both halves count the same" in said and "own label" not in said


def takes_the_step_itself(real_logits, fake_logits):
    loss = right_loss(real_logits, fake_logits)
    loss.backward()
    return loss


def test_a_loss_that_calls_backward():
    assert "`backward()` is the caller's" in complaint(check.discriminator_loss, takes_the_step_itself)


@pytest.mark.parametrize("name", WRONG_LOSSES)
def test_wrong_losses(name):
    wrong, hint = WRONG_LOSSES[name]
    assert hint in complaint(check.discriminator_loss, wrong)


# Exercise 2


@torch.no_grad()
def right_average(average, network, decay, batches, *, parameters=None, statistics=update_bn):
    parameters = parameters or (lambda a, n: a.lerp_(n, 1 - decay))
    for a, n in zip(average.parameters(), network.parameters(), strict=True):
        parameters(a, n)
    statistics(batches, average)


def average_by_state_dict(average, network, decay, batches):
    named, values = dict(network.named_parameters()), average.state_dict()
    average.load_state_dict(
        {
            name: decay * values[name] + (1 - decay) * tensor if name in named else tensor
            for name, tensor in network.state_dict().items()
        }
    )
    update_bn(batches, average)


def average_by_data(average, network, decay, batches):
    for a, n in zip(average.parameters(), network.parameters(), strict=True):
        a.data = decay * a.data + (1 - decay) * n.data
    for layer in average.modules():
        if isinstance(layer, torch.nn.BatchNorm2d):
            layer.reset_running_stats()
            layer.momentum = None
    average.train()
    with torch.no_grad():
        for batch in batches:
            average(batch)


def average_that_is_frozen(average, network, decay, batches):
    right_average(average, network, decay, batches)
    average.requires_grad_(False).eval()


@torch.no_grad()
def average_by_hand(average, network, decay, batches):
    for a, n in zip(average.parameters(), network.parameters(), strict=True):
        a.mul_(decay).add_(n, alpha=1 - decay)
    maps = [average[0](batch) for batch in batches]
    average[1].running_mean.copy_(torch.stack([m.mean((0, 2, 3)) for m in maps]).mean(0))
    average[1].running_var.copy_(torch.stack([m.var((0, 2, 3)) for m in maps]).mean(0))


@torch.no_grad()
def average_in_one_batch(average, network, decay, batches):
    right_average(average, network, decay, batches, statistics=lambda b, a: None)
    maps = average[0](torch.cat(batches))
    average[1].running_mean.copy_(maps.mean((0, 2, 3)))
    average[1].running_var.copy_(maps.var((0, 2, 3)))


@pytest.mark.parametrize(
    "right",
    [
        right_average,
        average_by_state_dict,
        average_by_data,
        average_that_is_frozen,
        average_by_hand,
        average_in_one_batch,
    ],
)
def test_right_averages_pass(right, capsys):
    praise(capsys, check.move_average, right)


def with_statistics(change):
    """A right average of the parameters, with something else for the statistics."""

    def function(average, network, decay, batches):
        before = copy.deepcopy(average)
        right_average(average, network, decay, batches, statistics=lambda b, a: None)
        with torch.no_grad():
            change(average, before, network, batches)

    return function


def of(average, network):
    for a, n in zip(average.buffers(), network.buffers(), strict=True):
        a.copy_(n)


def passed_through(network, batches):
    network = copy.deepcopy(network)
    update_bn(batches, network)
    return network


def fed(average, batches, momentum, reset):
    if reset:
        average[1].reset_running_stats()
    average[1].momentum = momentum
    for batch in batches:
        average(batch)


def divided_by_n(average, before, network, batches):
    maps = [average[0](batch) for batch in batches]
    average[1].running_mean.copy_(torch.stack([m.mean((0, 2, 3)) for m in maps]).mean(0))
    average[1].running_var.copy_(torch.stack([m.var((0, 2, 3), correction=0) for m in maps]).mean(0))


def moves_the_network(average, network, decay, batches):
    right_average(network, average, decay, batches)


def names_only(average, network, decay, batches):
    for a, n in zip(average.parameters(), network.parameters(), strict=True):
        a = decay * a + (1 - decay) * n
    update_bn(batches, average)


def without_no_grad(average, network, decay, batches):
    for a, n in zip(average.parameters(), network.parameters(), strict=True):
        a.mul_(decay).add_((1 - decay) * n)


def lerp_of_everything(average, network, decay, batches):
    values = network.state_dict()
    for name, mean in average.state_dict().items():
        mean.lerp_(values[name], 1 - decay)


def before_a_right_average(change):
    def function(average, network, decay, batches):
        change(network)
        right_average(average, network, decay, batches)

    return function


def parameters_by(rule):
    return lambda a, n, d, b: right_average(a, n, d, b, parameters=lambda x, y: rule(x, y, d))


WRONG_AVERAGES = {
    "one loop over the state": (lerp_of_everything, "`num_batches_tracked`, is a whole number"),
    "mul_ of buffers": (
        with_statistics(
            lambda a, before, n, b: [
                x.mul_(0.75).add_(y, alpha=0.25) for x, y in zip(a.buffers(), n.buffers(), strict=True)
            ]
        ),
        "`num_batches_tracked`, is a whole number",
    ),
    "freezes the network": (before_a_right_average(lambda n: n.requires_grad_(False)), "changed `requires_grad` of"),
    "leaves eval mode": (before_a_right_average(lambda n: n.eval()), "in another mode"),
    "a layer in eval mode": (before_a_right_average(lambda n: n[1].eval()), "in another mode"),
    "swapped": (parameters_by(lambda x, y, d: x.lerp_(y, d)), "are exchanged"),
    "copied": (lambda a, n, d, b: a.load_state_dict(n.state_dict()), "became a copy"),
    "not shrunk": (parameters_by(lambda x, y, d: x.add_((1 - d) * y)), "multiply it by `decay`"),
    "summed": (parameters_by(lambda x, y, d: x.mul_(d).add_(y)), "grows and grows"),
    "another number": (parameters_by(lambda x, y, d: x.lerp_(y, (1 - d) / 2)), "after step 1 the first number"),
    "names only": (names_only, "gives a name"),
    "moves the network": (moves_the_network, "changed the network that is trained"),
    "a graph": (without_no_grad, "put `with torch.no_grad():` around the changes"),
    "a graph, by lerp_": (
        lambda a, n, d, b: [x.lerp_(y, 1 - d) for x, y in zip(a.parameters(), n.parameters(), strict=True)],
        "put `with torch.no_grad():` around the changes",
    ),
    "no statistics": (with_statistics(lambda a, before, n, b: None), "statistics of batch norm stayed"),
    "those of the network": (with_statistics(lambda a, before, n, b: of(a, n)), "the average draws pale pictures"),
    "averaged, too": (
        with_statistics(
            lambda a, before, n, b: [
                x.copy_(0.75 * x + 0.25 * y) for x, y in zip(a.buffers(), n.buffers(), strict=True)
            ]
        ),
        "were averaged, too",
    ),
    "through the network": (
        with_statistics(lambda a, before, n, b: of(a, passed_through(n, b))),
        "the batches went through the network that is trained",
    ),
    "too early": (
        with_statistics(lambda a, before, n, b: of(a, passed_through(before, b))),
        "First move the parameters, then pass the batches",
    ),
    "no reset, momentum": (
        with_statistics(lambda a, before, n, b: fed(a, b, 0.1, reset=False)),
        "only moved the old statistics a little",
    ),
    "momentum": (with_statistics(lambda a, before, n, b: fed(a, b, 0.1, reset=True)), "most of that is still there"),
    "no reset": (
        with_statistics(lambda a, before, n, b: fed(a, b, None, reset=False)),
        "call `reset_running_stats` first",
    ),
    "last batch": (with_statistics(lambda a, before, n, b: fed(a, b, 1.0, reset=False)), "only the last batch"),
    "divided by n": (with_statistics(divided_by_n), "divided by n − 1"),
    "half of the batches": (
        with_statistics(lambda a, before, n, b: update_bn(b[:2], a)),
        "mean over the batches that pass through the average",
    ),
}


@pytest.mark.parametrize("name", WRONG_AVERAGES)
def test_wrong_averages(name):
    wrong, hint = WRONG_AVERAGES[name]
    assert hint in complaint(check.move_average, wrong)


# Exercise 3


def above(real, fake):
    return (real[:, None] > fake[None]).float().mean().item()


def asked(d, pictures):
    """The answers of a copy in training mode."""
    with torch.no_grad():
        return copy.deepcopy(d).train()(pictures)


def right_shares(d, real, fake):
    real_logits, fake_logits = asked(d, torch.cat([real, fake])).split([len(real), len(fake)])
    return above(asked(d, real), asked(d, fake)), above(real_logits, fake_logits)


def shares_of_shuffled_pictures(d, real, fake):
    order = torch.arange(len(real) + len(fake)).flip(0)
    logits = asked(d, torch.cat([real, fake])[order])
    is_real = order < len(real)
    return torch.tensor([above(asked(d, real), asked(d, fake)), above(logits[is_real], logits[~is_real])])


def shares_by_update_bn(d, real, fake):
    """Statistics of the batch, lent to eval mode: the variance is divided by n − 1."""

    def lent(pictures):
        d_copy = copy.deepcopy(d)
        update_bn([pictures], d_copy)
        return d_copy.eval()

    both = lent(torch.cat([real, fake]))
    with torch.no_grad():
        return [above(lent(real)(real), lent(fake)(fake)), above(both(real), both(fake))]


def shares_in_place_and_put_back(d, real, fake):
    before = copy.deepcopy(d.state_dict())
    d.train()
    with torch.no_grad():
        apart, together = (d(real), d(fake)), d(torch.cat([fake, real]))
    d.load_state_dict(before)
    d.eval()
    return above(*apart), above(together[len(fake) :], together[: len(fake)])


def shares_by_ranks(d, real, fake):
    """The sum of ranks, as Mann and Whitney count it."""

    def share(logits):
        ranks = logits.argsort().argsort()[: len(real)] + 1
        return ((ranks.sum() - len(real) * (len(real) + 1) / 2) / (len(real) * len(fake))).double()

    return share(torch.cat([asked(d, real), asked(d, fake)])), share(asked(d, torch.cat([real, fake])))


RIGHT_SHARES = [
    right_shares,
    shares_of_shuffled_pictures,
    shares_by_update_bn,
    shares_in_place_and_put_back,
    shares_by_ranks,
]


@pytest.mark.parametrize("right", RIGHT_SHARES)
def test_right_shares_pass(right, capsys):
    assert "one D, the same pictures" in praise(capsys, check.apart_and_together, right)


def moves_the_given_one(d, real, fake):
    shares = right_shares(d, real, fake)
    d.train()(real)
    d.eval()
    return shares


def left_in_training(d, real, fake):
    shares = right_shares(d, real, fake)
    d.train()
    return shares


def by(rule):
    def function(d, real, fake):
        both = asked(d, torch.cat([real, fake]))
        return rule(asked(d, real), asked(d, fake)), rule(both[: len(real)], both[len(real) :])

    return function


def in_eval_mode(d, real, fake):
    with torch.no_grad():
        share = above(d(real), d(fake))
    return share, share


def with_the_statistics_of_real_ones(d, real, fake):
    lent = copy.deepcopy(d)
    update_bn([real], lent)
    lent.eval()
    with torch.no_grad():
        return right_shares(d, real, fake)[0], above(lent(real), lent(fake))


def of_an_equal_number(d, real, fake):
    return right_shares(d, real, fake)[0], right_shares(d, real, fake[: len(real)])[1]


WRONG_SHARES = {
    "fakes above": (by(lambda real, fake: above(fake, real)), "in which the *fake* is higher"),
    "per cent": (by(lambda real, fake: 100 * above(real, fake)), "in per cent"),
    "exchanged": (lambda *case: right_shares(*case)[::-1], "the two are exchanged"),
    "eval mode": (in_eval_mode, "with the running statistics that it had"),
    "only apart": (lambda *case: (right_shares(*case)[0],) * 2, "the kinds apart. Together means one call"),
    "only together": (lambda *case: (right_shares(*case)[1],) * 2, "the kinds together. Apart means two calls"),
    "an equal number": (of_an_equal_number, "some fakes are missing"),
    "statistics of one kind": (with_the_statistics_of_real_ones, "with the statistics of the real ones"),
    "pair by pair": (by(lambda real, fake: (real > fake[: len(real)]).float().mean().item()), "*All* pairs"),
    "threshold": (
        by(lambda real, fake: torch.cat([real > 0, fake <= 0]).float().mean().item()),
        "by the threshold 0",
    ),
    "means": (by(lambda real, fake: float(real.mean() > fake.mean())), "compares the two means"),
    "the given one moves": (moves_the_given_one, "is another one afterwards"),
    "left in training": (left_in_training, "left in another mode"),
    "one number": (lambda *case: right_shares(*case)[0], "two numbers from 0 to 1"),
    "logits": (lambda d, real, fake: (asked(d, real), asked(d, fake)), "two numbers from 0 to 1"),
    "a word": (lambda *case: "ab", "two numbers from 0 to 1"),
    "nothing": (lambda *case: None, "gave nothing back"),
    "something else": (lambda *case: (0.123, 0.456), "in case 1 of 3"),
}


@pytest.mark.parametrize("name", WRONG_SHARES)
def test_wrong_shares(name):
    wrong, hint = WRONG_SHARES[name]
    assert hint in complaint(check.apart_and_together, wrong)


# Exercise 4


def alarm_by(window, low, summary, finite=True):
    """An alarm on the last so many steps."""

    def alarm(d_loss):
        for step, loss in enumerate(d_loss):
            if finite and not math.isfinite(loss):
                return step
            last = d_loss[max(0, step - window + 1) : step + 1]
            if len(last) == window and summary(last) < low:
                return step
        return None

    return alarm


def alarm_by_a_moving_average(d_loss):
    mean = 0.7
    for step, loss in enumerate(d_loss):
        mean += 0.05 * (loss - mean)
        if not mean >= 0.06:
            return step
        if mean == math.inf:
            return step
    return None


def alarm_by_a_share(d_loss):
    for step in range(40, len(d_loss)):
        if sum(not 0.05 <= loss < math.inf for loss in d_loss[step - 39 : step + 1]) > 30:
            return step
    return None


def alarm_in_numpy(d_loss):
    losses = np.array(d_loss)
    wide = np.lib.stride_tricks.sliding_window_view(losses, 60) if len(losses) >= 60 else np.ones((0, 60))
    rings = ~np.isfinite(wide).all(1) | (np.median(wide, axis=1) < 0.05)
    return np.flatnonzero(rings)[0] + 59 if rings.any() else None


mean_of = statistics.fmean
RIGHT_ALARMS = [
    alarm_by(50, 0.05, mean_of),
    alarm_by(30, 0.05, statistics.median),
    alarm_by_a_moving_average,
    alarm_by_a_share,
    alarm_in_numpy,
]


@pytest.mark.parametrize("right", RIGHT_ALARMS)
def test_right_alarms_pass(right, capsys):
    assert "no false alarm" in praise(capsys, check.alarm, right)


def over_everything(d_loss):
    total = 0.0
    for step, loss in enumerate(d_loss):
        total += loss
        if not math.isfinite(loss) or (step > 20 and total / (step + 1) < 0.05):
            return step
    return None


def at_the_end(d_loss):
    last = d_loss[-50:]
    return len(d_loss) - 1 if not all(map(math.isfinite, last)) or mean_of(last) < 0.05 else None


def from_its_beginning(d_loss):
    step = alarm_by(50, 0.05, mean_of)(d_loss)
    return step if step is None or not math.isfinite(d_loss[step]) else step - 3


def one_late(d_loss):
    """It looks back from the step after."""
    step = alarm_by(50, 0.05, mean_of)(d_loss[:-1])
    return step


WRONG_ALARMS = {
    "one step": (alarm_by(1, 0.05, max), "One step says little"),
    "five steps": (alarm_by(5, 0.05, max), "Look at more steps together"),
    "a median of fifteen": (alarm_by(15, 0.05, statistics.median), "as soon as half of its steps are"),
    "a mean of eleven": (alarm_by(11, 0.05, mean_of), "right for the first seven trainings, wrong for another one"),
    "all of eleven": (alarm_by(11, 0.05, max), "waits for ever"),
    "all of fifty": (alarm_by(50, 0.05, max), "waits for ever"),
    "not finite": (alarm_by(50, 0.05, mean_of, finite=False), "`math.isfinite`"),
    "everything": (over_everything, "remembers the good times"),
    "too long": (alarm_by(160, 0.05, mean_of), "Too many old steps"),
    "at the end": (at_the_end, "That is the end of the training"),
    "the future": (from_its_beginning, "An alarm knows no future"),
    "always": (lambda d_loss: 0, "no alarm can know anything yet"),
    "too high": (alarm_by(50, 0.7, mean_of), "switched off"),
    "yes or no": (lambda d_loss: False, "the *step* is asked for"),
    "a loss": (lambda d_loss: min(d_loss), "a whole number"),
    "behind the end": (lambda d_loss: len(d_loss), "has the steps 0 to 499"),
    "negative": (lambda d_loss: -1, "has the steps 0 to 499"),
    "never": (lambda d_loss: None, "never rings"),
    "rather long": (alarm_by(106, 0.05, mean_of), "Look at fewer steps"),
    "too low": (alarm_by(50, 0.002, statistics.median), "Your line is too low"),
}


@pytest.mark.parametrize("name", WRONG_ALARMS)
def test_wrong_alarms(name):
    wrong, hint = WRONG_ALARMS[name]
    assert hint in complaint(check.alarm, wrong)


def test_traces_are_what_they_are_called():
    for trace in traces(5):
        if trace.trouble is None:
            assert all(math.isfinite(loss) for loss in trace.losses)
            assert min(mean_of(trace.losses[at : at + 50]) for at in range(450)) > 0.1
        else:
            assert all(math.isfinite(loss) for loss in trace.losses[: trace.trouble])
            assert not mean_of(trace.losses[trace.trouble : trace.trouble + LATEST]) >= 0.05 or "inf" in trace.name
        if "won" in trace.name:  # as the exercise says it: one jump in nine steps, so never ten low ones in a row
            high = [loss >= 0.05 for loss in trace.losses[trace.trouble :]]
            assert all(sum(high[at : at + 9]) == 1 for at in range(len(high) - 9))


# More of exercise 2


def takes_gradients(average, network, decay, batches):
    right_average(average, network, decay, batches)
    network.zero_grad()


def test_an_average_leaves_the_gradients_of_the_training_alone():
    assert "the gradients of the network that is trained" in complaint(check.move_average, takes_gradients)


def test_an_average_of_networks_that_are_kept_and_not_copied():
    """In a training there is one network; what was kept of it is what it is now."""
    history = []

    def from_history(average, network, decay, batches):
        if not history:
            history.append([parameter.detach().clone() for parameter in average.parameters()])
        history.append([parameter.detach() for parameter in network.parameters()])
        values, *networks = history
        for kept in networks:
            values = [decay * value + (1 - decay) * other for value, other in zip(values, kept, strict=True)]
        with torch.no_grad():
            for parameter, value in zip(average.parameters(), values, strict=True):
                parameter.copy_(value)
        update_bn(batches, average)

    assert "you keep the network's own tensors" in complaint(check.move_average, from_history)
