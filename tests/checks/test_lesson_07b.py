"""The checks of lesson 07b: right answers in several styles, and the wrong answers learners give."""

import copy
import io
import math
import statistics
from collections import Counter

import numpy as np
import pytest
import torch
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

from dcgan_course.checks import lesson_07b as check
from dcgan_course.checks.lesson_07b import profiles as invented
from dcgan_course.checks.lesson_07b.cost import LAYERS
from tests.helpers.answers import complaint, praise

PROFILES = invented.profiles(0)

# Exercise 1

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


# Exercise 3


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
    assert {profile.switch for profile in profiles} < set(invented.SWITCHES)
    assert "_PATTERNS" not in str(profiles) and all(profile.switch not in repr(profile)[:20] for profile in profiles)
    praise(capsys, check.best_switches, lambda: answers(profiles), profiles)


def test_no_answer_follows_from_the_others():
    """Every switch is right twice in some profiles that can be twice, and is missing in others."""
    counts = [Counter(profile.switch for profile in invented.profiles(seed)) for seed in range(60)]
    assert all(sorted(count.values()) == [1, 1, 1, 1, 2] for count in counts)
    assert {switch for count in counts for switch in count if count[switch] == 2} == set(invented._AGAIN)
    assert all(any(switch not in count for count in counts) for switch in invented.SWITCHES)


def test_two_programs_that_one_switch_helps_do_not_look_alike():
    for seed in range(30):
        rows = [tuple(row[:2] for row in profile.rows[:-1]) for profile in invented.profiles(seed)]
        assert len(set(rows)) == 6


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
    "item for loading": (exchanged("uint8 on the device", "bfloat16"), "4 of 6 are right"),
    "frozen D everywhere": (dict.fromkeys("ABCDEF", "frozen D"), "1 of 6 are right"),
    "each switch once": (answers(PROFILES) | {"C": "channels-last"}, "5 of 6 are right"),
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


# Exercise 2a


def flop(in_channels, out_channels, kernel, height, width):
    return 2 * in_channels * out_channels * kernel * kernel * height * width


def counted_by_pytorch(in_channels, out_channels, kernel, height, width):
    layer = nn.Conv2d(in_channels, out_channels, kernel, bias=False)
    with FlopCounterMode(display=False) as counter, torch.no_grad():
        layer(torch.zeros(1, in_channels, height + kernel - 1, width + kernel - 1))
    return counter.get_total_flops()


def flop_in_two_halves(in_channels, out_channels, kernel, height, width):
    products = in_channels * kernel**2 * out_channels * height * width
    return products + products


@pytest.mark.parametrize("right", [flop, counted_by_pytorch, flop_in_two_halves, lambda *layer: float(flop(*layer))])
def test_right_flops_pass(right, capsys):
    assert "each weight and each pixel" in praise(capsys, check.layer_flop, right)


WRONG_FLOPS = {
    "products": (lambda *layer: flop(*layer) // 2, "Each product is also added"),
    "a line": (lambda i, o, k, h, w: 2 * i * o * k * h * w, "a kernel is a square"),
    "weights twice": (lambda i, o, k, h, w: 2 * i * o * k**2, "twice the number of weights"),
    "weights": (lambda i, o, k, h, w: i * o * k**2, "this is the number of weights"),
    "one input": (lambda i, o, k, h, w: 2 * o * k**2 * h * w, "all input channels"),
    "one output": (lambda i, o, k, h, w: 2 * i * k**2 * h * w, "one output channel"),
    "square": (lambda i, o, k, h, w: 2 * i * o * k**2 * h * h, "not always square"),
    "added": (lambda i, o, k, h, w: 2 * (i + o) * k**2 * h * w, "channels are not added"),
    "training": (lambda *layer: 3 * flop(*layer), "forward and backward together"),
    "bias": (lambda i, o, k, h, w: flop(i, o, k, h, w) + o * h * w, "counts a bias"),
    "giga": (lambda *layer: flop(*layer) / 1e9, "these are GFLOP"),
    "a list": (lambda *layer: [flop(*layer)], "but it should be"),
}


@pytest.mark.parametrize("name", WRONG_FLOPS)
def test_wrong_flops(name):
    wrong, hint = WRONG_FLOPS[name]
    assert hint in complaint(check.layer_flop, wrong)


def test_pytorch_counts_the_layers_alike():
    assert [flop(*layer) for layer in LAYERS] == [counted_by_pytorch(*layer) for layer in LAYERS]


# Exercise 2b


def right_hours(seconds, batch_size, pictures, epochs):
    return statistics.median(seconds[1:]) * (pictures // batch_size) * epochs / 3600


def hours_by_sorting(seconds, batch_size, pictures, epochs):
    rest = sorted(seconds[1:])
    steps = (pictures - pictures % batch_size) / batch_size * epochs
    return rest[len(rest) // 2] * steps / 60 / 60


def hours_in_torch(seconds, batch_size, pictures, epochs):
    return torch.tensor(seconds[1:], dtype=torch.float64).median() * math.floor(pictures / batch_size) * epochs / 3600


def hours_in_numpy(seconds, batch_size, pictures, epochs):
    return np.median(np.array(seconds)[1:]) * len(range(0, pictures - batch_size + 1, batch_size)) * epochs / 3600


@pytest.mark.parametrize("right", [right_hours, hours_by_sorting, hours_in_torch, hours_in_numpy])
def test_right_hours_pass(right, capsys):
    assert "the middle step" in praise(capsys, check.hours, right)


def hours_of(step, steps=lambda pictures, batch_size: pictures // batch_size, unit=3600):
    return lambda seconds, b, n, e: step(seconds) * steps(n, b) * e / unit


def middle(seconds):
    return statistics.median(seconds[1:])


WRONG_HOURS = {
    "mean": (hours_of(statistics.mean), "the mean counts the first step"),
    "mean of the rest": (hours_of(lambda s: statistics.mean(s[1:])), "the median"),
    "median of all": (hours_of(statistics.median), "leave it out"),
    "fastest": (hours_of(min), "at its best moment"),
    "last": (hours_of(lambda s: s[-1]), "the last step alone"),
    "first": (hours_of(lambda s: s[0]), "does not count"),
    "rounded up": (hours_of(middle, lambda n, b: math.ceil(n / b)), "rounded down"),
    "not rounded": (hours_of(middle, lambda n, b: n / b), "a whole number of steps"),
    "pictures": (hours_of(middle, lambda n, b: n), "a whole batch, not one picture"),
    "one epoch": (lambda s, b, n, e: right_hours(s, b, n, 1), "this is one epoch"),
    "minutes": (hours_of(middle, unit=60), "these are minutes"),
    "seconds": (hours_of(middle, unit=1), "these are seconds"),
}


@pytest.mark.parametrize("name", WRONG_HOURS)
def test_wrong_hours(name):
    wrong, hint = WRONG_HOURS[name]
    assert hint in complaint(check.hours, wrong)
