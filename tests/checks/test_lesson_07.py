"""The checks of lesson 07: right answers in several styles, and the wrong answers learners give."""

import copy
import io

import numpy as np
import pytest
import torch
from torch.nn import functional as F
from torch.optim.swa_utils import update_bn
from torchvision import transforms

from dcgan_course.checks import lesson_07 as check
from dcgan_course.checks.lesson_07 import profiles as invented
from tests.helpers.answers import complaint, praise

PROFILES = invented.profiles(3)

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

NAMES = ("generator", "discriminator", "generator_optimizer", "discriminator_optimizer")


def right_snapshot(training):
    saved = {name: copy.deepcopy(getattr(training, name).state_dict()) for name in NAMES}
    return saved | {"noise": training.noise.get_state(), "step": training.step}


def right_put_back(training, saved):
    for name in NAMES:
        getattr(training, name).load_state_dict(saved[name])
    training.noise.set_state(saved["noise"])
    training.step = saved["step"]


def snapshot_by_copies(training):
    networks = training.generator, training.discriminator
    optimizers = training.generator_optimizer, training.discriminator_optimizer
    return {
        "networks": [{key: value.clone() for key, value in network.state_dict().items()} for network in networks],
        "optimizers": copy.deepcopy([optimizer.state_dict() for optimizer in optimizers]),
        "rest": (training.noise.get_state(), training.step),
    }


def put_back_copies(training, saved):
    training.generator.load_state_dict(saved["networks"][0])
    training.discriminator.load_state_dict(saved["networks"][1])
    training.generator_optimizer.load_state_dict(saved["optimizers"][0])
    training.discriminator_optimizer.load_state_dict(saved["optimizers"][1])
    training.noise.set_state(saved["rest"][0])
    training.step = saved["rest"][1]


@pytest.mark.parametrize("pair", [(right_snapshot, right_put_back), (snapshot_by_copies, put_back_copies)])
def test_right_resumes_pass(pair, capsys):
    assert "to the last bit" in praise(capsys, check.exact_resume, *pair)


def parameters_only(training):
    saved = right_snapshot(training)
    for name in NAMES[:2]:
        kept = dict(getattr(training, name).named_parameters())
        saved[name] = {key: value for key, value in saved[name].items() if key in kept}
    return saved


def put_back_parameters(training, saved):
    for name in NAMES:
        more = {"strict": False} if name in NAMES[:2] else {}
        getattr(training, name).load_state_dict(saved[name], **more)
    training.noise.set_state(saved["noise"])
    training.step = saved["step"]


def forgets(*left_out):
    def put_back(training, saved):
        for name in NAMES:
            if name not in left_out:
                getattr(training, name).load_state_dict(saved[name])
        if "noise" not in left_out:
            training.noise.set_state(saved["noise"])
        if "step" not in left_out:
            training.step = saved["step"]

    return put_back


def new_networks(training, saved):
    right_put_back(training, saved)
    training.generator = copy.deepcopy(training.generator)


def alias(training):
    return {name: getattr(training, name).state_dict() for name in NAMES} | {
        "noise": training.noise.get_state(),
        "step": training.step,
    }


def new_seed(training):
    saved = right_snapshot(training)
    training.noise.manual_seed(0)
    return saved


def step_as(kind):
    return lambda training: right_snapshot(training) | {"step": kind(training.step)}


WRONG_RESUMES = {
    "the step as a tensor": (step_as(torch.tensor), right_put_back, "`step` came back as a Tensor"),
    "the step as a float": (step_as(float), right_put_back, "`step` came back as a float"),
    "no optimisers": (right_snapshot, forgets(*NAMES[2:]), "Adam keeps two averages"),
    "one optimiser": (right_snapshot, forgets(NAMES[3]), "Adam's memory for the discriminator"),
    "no random state": (right_snapshot, forgets("noise"), "get_state"),
    "no step": (right_snapshot, forgets("step"), "depends on the step"),
    "no statistics": (parameters_only, put_back_parameters, "averages are buffers"),
    "no discriminator": (right_snapshot, forgets("discriminator"), "`load_state_dict` puts them back"),
    "alias": (alias, right_put_back, "shares its memory"),
    "other parameters": (right_snapshot, new_networks, "Adam's memory"),
    "whole objects": (lambda t: {"generator": t.generator}, right_put_back, "cannot be read from a file safely"),
    "changes": (new_seed, right_put_back, "changed the training itself"),
    "a wrong key": (right_snapshot, lambda t, s: s["weights"], "KeyError"),
}


@pytest.mark.parametrize("name", WRONG_RESUMES)
def test_wrong_resumes(name):
    snapshot, put_back, hint = WRONG_RESUMES[name]
    assert hint in complaint(check.exact_resume, snapshot, put_back)


# Exercise 4


def right_bottleneck(rows):
    name, _, own, _ = max(rows, key=lambda row: row[2])
    return name, own / sum(row[2] for row in rows)


def bottleneck_by_sorting(rows):
    ordered = sorted(rows, key=lambda row: -row[2])
    return [ordered[0][0], ordered[0][2] / sum([row[2] for row in ordered])]


@pytest.mark.parametrize("right", [right_bottleneck, bottleneck_by_sorting])
def test_right_bottlenecks_pass(right, capsys):
    praise(capsys, check.bottleneck, right)


def whole(rows):
    return sum(row[2] for row in rows)


WRONG_BOTTLENECKS = {
    "only the name": (lambda rows: right_bottleneck(rows)[0], "Its share of the whole is asked for, too"),
    "the whole row": (lambda rows: max(rows, key=lambda r: r[2]), "the whole row came back"),
    "own beside total": (
        lambda rows: next((r[0], r[2] / r[3]) for r in rows if r[0] == right_bottleneck(rows)[0]),
        "divide by the sum of all self times",
    ),
    "total": (lambda rows: (max(rows, key=lambda r: r[3])[0], max(r[3] for r in rows) / whole(rows)), "outermost row"),
    "row of total": (
        lambda rows: (max(rows, key=lambda r: r[3])[0], max(rows, key=lambda r: r[3])[2] / whole(rows)),
        "largest total time",
    ),
    "calls": (
        lambda rows: (max(rows, key=lambda r: r[1])[0], max(rows, key=lambda r: r[1])[2] / whole(rows)),
        "the most calls",
    ),
    "per cent": (lambda rows: (right_bottleneck(rows)[0], 100 * right_bottleneck(rows)[1]), "not in per cent"),
    "time": (lambda rows: (right_bottleneck(rows)[0], max(r[2] for r in rows)), "its share of the whole is asked"),
    "sum of totals": (
        lambda rows: (right_bottleneck(rows)[0], max(r[2] for r in rows) / sum(r[3] for r in rows)),
        "the total times overlap",
    ),
    "the largest total": (
        lambda rows: (right_bottleneck(rows)[0], max(r[2] for r in rows) / max(r[3] for r in rows)),
        "the largest total is one call, not the whole",
    ),
}


@pytest.mark.parametrize("name", WRONG_BOTTLENECKS)
def test_wrong_bottlenecks(name):
    wrong, hint = WRONG_BOTTLENECKS[name]
    assert hint in complaint(check.bottleneck, wrong)


def bottleneck_that_spoils(rows):
    rows.pop(0)
    return right_bottleneck(rows)


def test_rows_that_are_spoiled_are_spoiled_for_nobody_else(capsys):
    """A function that takes a row away is told so each time, and the right one passes afterwards."""
    said = {complaint(check.bottleneck, bottleneck_that_spoils) for _ in range(4)}
    assert len(said) == 1
    praise(capsys, check.bottleneck, right_bottleneck)


def bottleneck_in_numpy(rows):
    names, own = np.array([row[0] for row in rows]), np.array([row[2] for row in rows], dtype=np.float32)
    return names[own.argmax()], own.max() / own.sum()


def test_numbers_and_texts_of_numpy_pass(capsys):
    praise(capsys, check.bottleneck, bottleneck_in_numpy)
    praise(capsys, check.whole_speedup, lambda s, f: np.float32(1 / (1 - s + s / f)))


@pytest.mark.parametrize("right", [lambda s, f: 1 / (1 - s + s / f), lambda s, f: f / (f - f * s + s)])
def test_right_speedups_pass(right, capsys):
    praise(capsys, check.whole_speedup, right)


WRONG_SPEEDUPS = {
    "the factor": (lambda s, f: f, "the other part takes as long"),
    "the time": (lambda s, f: 1 - s + s / f, "The speed is one over it"),
    "mean of speeds": (lambda s, f: s * f + 1 - s, "this averages speeds"),
    "product": (lambda s, f: s * f, "is no speed"),
    "the limit": (lambda s, f: 1 / (1 - s) if s < 1 else float("inf"), "this is the limit"),
    "the limit, without a guard": (lambda s, f: 1 / (1 - s), "this is the limit"),
    "only the row": (lambda s, f: 1 / (s / f), "The rest of the program"),
    "dies at an edge": (lambda s, f: 1 / (s * (1 / s - 1 + 1 / f)), "ZeroDivisionError for (s=0,"),
    "wrong at an edge": (lambda s, f: 1 / (1 - s + s / f) if s else 0.0, "it should be 1"),
    "the other part": (lambda s, f: 1 / (s + (1 - s) / f), "the other part became faster"),
    "takes off what is left": (lambda s, f: 1 / (1 - s / f), "taken off by what is *left*"),
    "adds the saved time": (lambda s, f: 1 + s * (1 - 1 / f), "adds the saved time to the speed"),
    "above 1": (lambda s, f: 1 / (1 - s + s / f) - 1, "nothing gained is 1, not 0"),
}


@pytest.mark.parametrize("name", WRONG_SPEEDUPS)
def test_wrong_speedups(name):
    wrong, hint = WRONG_SPEEDUPS[name]
    assert hint in complaint(check.whole_speedup, wrong)


def answers(profiles):
    return {profile.letter: profile.switch for profile in profiles}


@pytest.mark.parametrize("seed", range(5))
def test_right_switches_pass_for_every_seed(seed, capsys):
    profiles = invented.profiles(seed)
    assert [profile.letter for profile in profiles] == list("ABCDEF")
    assert {profile.switch for profile in profiles} == set(invented.SWITCHES)
    assert "_PATTERNS" not in str(profiles) and all(profile.switch not in repr(profile)[:20] for profile in profiles)
    praise(capsys, check.best_switches, lambda: answers(profiles), profiles)


def exchanged(one, other):
    right = answers(PROFILES)
    letters = {switch: letter for letter, switch in right.items()}
    right[letters[one]], right[letters[other]] = other, one
    return right


WRONG_SWITCHES = {
    "bfloat16 where nothing is float32": (
        exchanged("bfloat16", "compile"),
        "no row of it names what this switch changes",
    ),
    "half a hit": (exchanged("bfloat16", "compile"), "Another switch changes a larger part"),
    "item for loading": (exchanged("uint8 on the device", "no .item()"), "4 of 6 are right"),
    "frozen D everywhere": (dict.fromkeys("ABCDEF", "frozen D"), "1 of 6 are right"),
    "unknown": (answers(PROFILES) | {"A": "channels last"}, "Did you mean 'channels-last'?"),
    "a letter is missing": ({"A": "compile"}, "with the keys A, B, C, D, E, F"),
    "a list": (["compile"], "should return a dict"),
}


@pytest.mark.parametrize("name", WRONG_SWITCHES)
def test_wrong_switches(name):
    wrong, hint = WRONG_SWITCHES[name]
    assert hint in complaint(check.best_switches, lambda: wrong, PROFILES)


MANY = [profile for seed in range(30) for profile in invented.profiles(seed)]


def test_a_profile_says_what_it_measures():
    text = str(PROFILES[0])
    assert "ms a step" in text and "calls" in text
    for profile in MANY:
        assert 0 < profile.busy < 1 and all(row[2] > 0 for row in profile.rows)


def test_the_card_computes_while_python_waits_for_it_and_while_its_own_rows_run():
    not_the_card = ("DataLoader", "copy to the card", "Python", "cudaLaunchKernel", "everything else")
    for profile in MANY:
        whole = sum(row[2] for row in profile.rows)
        card = sum(row[2] for row in profile.rows if not any(words in row[0] for words in not_the_card)) / whole
        assert card < profile.busy < card + profile.rows[-1][2] / whole


def test_a_row_of_convolutions_names_its_precision_and_order():
    """Else bfloat16 or channels-last could make it shorter, and the hint would deny that."""
    for profile in MANY:
        for name in (row[0] for row in profile.rows if "convolutions" in row[0]):
            assert ("float32" if profile.switch == "bfloat16" else "bfloat16") in name
            assert ("channels-last" in name) == (profile.switch != "channels-last")


def test_no_other_switch_changes_as_large_a_part_as_the_right_one():
    for profile in MANY:
        parts = {switch: invented._share(profile, switch) for switch in invented.SWITCHES}
        assert max(parts, key=parts.get) == profile.switch


# More styles, more wrong ideas


def snapshot_through_a_file(training):
    file = io.BytesIO()
    torch.save({name: getattr(training, name).state_dict() for name in NAMES}, file)
    return {"bytes": file.getvalue(), "noise": training.noise.get_state(), "step": training.step}


def put_back_from_the_file(training, saved):
    states = torch.load(io.BytesIO(saved["bytes"]), weights_only=True)
    for name in NAMES:
        getattr(training, name).load_state_dict(states[name])
    training.noise.set_state(saved["noise"])
    training.step = saved["step"]


def new_noise(training, saved):
    right_put_back(training, saved)
    training.noise = torch.Generator()
    training.noise.set_state(saved["noise"])


@pytest.mark.parametrize("pair", [(snapshot_through_a_file, put_back_from_the_file), (right_snapshot, new_noise)])
def test_more_resumes_pass(pair, capsys):
    praise(capsys, check.exact_resume, *pair)


def the_saved_tensors_themselves(training, saved):
    right_put_back(training, saved)
    for name in NAMES[:2]:
        for key, parameter in getattr(training, name).named_parameters():
            parameter.data = saved[name][key]


def with_a_seed(training, saved):
    right_put_back(training, saved)
    torch.manual_seed(training.step)


def frozen(training, saved):
    right_put_back(training, saved)
    training.generator.requires_grad_(False)


@pytest.mark.parametrize(
    ("wrong", "hint"),
    [
        (the_saved_tensors_themselves, "gave the networks the saved"),
        (with_a_seed, "set no seed"),
        (frozen, "the next step raises RuntimeError"),
    ],
)
def test_more_wrong_resumes(wrong, hint):
    assert hint in complaint(check.exact_resume, right_snapshot, wrong)


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
