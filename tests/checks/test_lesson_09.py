"""The checks of lesson 09: right answers in several styles pass, and each wrong idea gets its own hint."""

import pytest
import torch
from torch import nn
from torch.nn.functional import adaptive_avg_pool2d, adaptive_max_pool2d

from dcgan_course.checks import lesson_09 as check
from dcgan_course.interpretability import controls, probes
from dcgan_course.interpretability.features import pooled_features
from tests.helpers.answers import complaint, praise

# Exercise 1


def pooling(
    *,
    pool=adaptive_max_pool2d,
    side=4,
    order=slice(None),
    training=False,
    go_on=lambda maps, pooled: maps,
    logit=False,
    lines=lambda part: part.flatten(1),
    end=None,
    before=lambda images: images,
):
    """Features with parts that can be wrong."""

    @torch.no_grad()
    def function(discriminator, images):
        discriminator.train(training)
        maps, parts = before(images), []
        for block in discriminator.blocks:
            found = pool(block[:end](maps), side)
            parts.append(lines(found))
            maps = go_on(block(maps), found)
        if logit:
            parts.append(discriminator.to_logit(maps).flatten(1))
        return torch.cat(parts[order], dim=1)

    return function


def pooled_with_hooks(discriminator, images):
    """Hooks on the activations, pictures one by one, pooling by hand."""
    discriminator.eval()
    seen, rows = [], []
    for layer in discriminator.modules():
        if isinstance(layer, nn.LeakyReLU):
            layer.register_forward_hook(lambda layer, given, maps: seen.append(maps.detach()))
    for image in images:
        seen.clear()
        discriminator(image[None])
        row = []
        for maps in seen:
            _, count, height, width = maps.shape
            for m in range(count):
                for i in range(4):
                    for j in range(4):
                        top, bottom = i * height // 4, -(-(i + 1) * height // 4)
                        left, right = j * width // 4, -(-(j + 1) * width // 4)
                        row.append(maps[0, m, top:bottom, left:right].max())
        rows.append(torch.stack(row))
    return torch.stack(rows)


@pytest.mark.parametrize("function", [pooling(), pooled_with_hooks, pooled_features])
def test_features_in_several_styles(function, capsys):
    praise(capsys, check.pooled, function)


def with_gradients(discriminator, images):
    discriminator.eval()
    maps, parts = images, []
    for block in discriminator.blocks:
        maps = block(maps)
        parts.append(adaptive_max_pool2d(maps, 4).flatten(1))
    return torch.cat(parts, dim=1)


@torch.no_grad()
def all_maps_first(discriminator, images):
    discriminator.eval()
    maps, parts = images, []
    for block in discriminator.blocks:
        maps = block(maps)
        parts.append(adaptive_max_pool2d(maps, 4))
    return torch.cat(parts, dim=1).movedim(1, 3).flatten(1)


@pytest.mark.parametrize(
    ("wrong", "hint"),
    [
        (pooling(pool=adaptive_avg_pool2d), "the average of each field"),
        (pooling(order=slice(None, None, -1)), "wrong order"),
        (pooling(order=slice(-1, None)), "last block only"),
        (pooling(order=slice(None, -1)), "last block is missing"),
        (pooling(logit=True), "the logit"),
        (pooling(training=True), "train mode"),
        (pooling(end=-1), "before the LeakyReLU"),
        (pooling(go_on=lambda maps, pooled: pooled), "went on into the next block"),
        (pooling(lines=lambda part: part.permute(0, 2, 3, 1).flatten(1)), "not their order"),
        (all_maps_first, "flatten each layer alone"),
        (pooling(side=1), "one number a map"),
        (pooling(side=2), "shape"),
        (pooling(before=lambda images: images / 127.5 - 1), "scaled again"),
        (with_gradients, "torch.no_grad()"),
    ],
)
def test_wrong_features_get_their_hint(wrong, hint):
    assert hint in complaint(check.pooled, wrong)


# Exercise 2


def by_tensor_hook(rule):
    """A hook on the answer: what it makes goes through the module's own derivative afterwards."""

    def function(module):
        def hook(module, given, answer):
            positive = given[0] > 0
            answer.register_hook(lambda gradient: rule(gradient, positive, given[0]))

        return module.register_forward_hook(hook)

    return function


def by_module_hook(rule):
    """A hook on the module: it changes what the module's own derivative made."""

    class Both:
        def __init__(self, *handles):
            self.handles = handles

        def remove(self):
            for handle in self.handles:
                handle.remove()

    def function(module):
        kept = {}

        def forward(module, given, answer):
            kept["positive"] = given[0] > 0

        def backward(module, below, above):
            return (rule(above[0], kept["positive"], kept["positive"].float()),)

        return Both(module.register_forward_hook(forward), module.register_full_backward_hook(backward))

    return function


class GuidedStep(torch.autograd.Function):
    @staticmethod
    def forward(ctx, before, after):
        ctx.save_for_backward(before)
        return after.clone()

    @staticmethod
    def backward(ctx, gradient):
        (before,) = ctx.saved_tensors
        return gradient.relu() * (before > 0), None


def by_function(module):
    """Replace the answer by the same numbers with a backward of their own."""
    return module.register_forward_hook(lambda module, given, answer: GuidedStep.apply(given[0], answer.detach()))


def by_pre_hook(module):
    """The derivative of the module comes first; then a hook on a copy of the input."""

    def hook(module, given):
        copied = given[0].clone()
        copied.register_hook(lambda gradient: gradient.clamp(min=0) * (copied.detach() > 0))
        return (copied,)

    return module.register_forward_pre_hook(hook)


def right_rule(gradient, positive, given):
    return gradient.clamp(min=0) * positive


@pytest.mark.parametrize("function", [by_tensor_hook(right_rule), by_module_hook(right_rule), by_function, by_pre_hook])
def test_guided_rules_in_several_styles(function, capsys):
    praise(capsys, check.guided_relu, function)


def shared_memory():
    """One variable for all modules: the last forward pass wins."""
    kept = {}

    def function(module):
        def hook(module, given, answer):
            kept["positive"] = given[0] > 0
            answer.register_hook(
                lambda gradient: (
                    gradient.clamp(min=0) * kept["positive"]
                    if gradient.shape == kept["positive"].shape
                    else gradient.clamp(min=0)
                )
            )

        return module.register_forward_hook(hook)

    return function


def never_taken_off(module):
    by_tensor_hook(right_rule)(module)
    return module.register_forward_hook(lambda module, given, answer: None)


@pytest.mark.parametrize("way", [by_tensor_hook, by_module_hook])
@pytest.mark.parametrize(
    ("rule", "hint"),
    [
        (lambda gradient, positive, given: gradient * positive, "ReLU's own rule"),
        (lambda gradient, positive, given: gradient.clamp(max=0) * positive, "the wrong sign"),
        (lambda gradient, positive, given: gradient.abs() * positive, "sign turned"),
    ],
)
def test_wrong_guided_rules_get_their_hint(way, rule, hint):
    assert hint in complaint(check.guided_relu, way(rule))


@pytest.mark.parametrize(
    ("wrong", "hint"),
    [
        (by_tensor_hook(lambda gradient, positive, given: None), "nothing changed on the way back"),
        (lambda module: module.register_forward_hook(lambda *seen: None), "nothing changed on the way back"),
        (by_tensor_hook(lambda gradient, positive, given: gradient.clamp(min=0)), "lets a fifth through"),
        (by_module_hook(lambda gradient, positive, given: gradient.clamp(min=0)), "whatever the input was"),
        (by_module_hook(lambda gradient, positive, given: gradient.clamp(min=0) * ~positive), "input was negative"),
        (by_tensor_hook(lambda gradient, positive, given: gradient * ((gradient > 0) | positive)), "*or*"),
        (by_tensor_hook(lambda gradient, positive, given: gradient.relu() * given.relu()), "multiplied by the input"),
        (lambda module: module.register_forward_hook(lambda m, given, answer: answer.clamp(min=0)), "way forward"),
        (lambda module: module.register_forward_pre_hook(lambda m, given: given[0].clamp(min=0)), "way forward"),
        (lambda module: by_tensor_hook(right_rule)(module) and None, "give back the handle"),
        (never_taken_off, "after handle.remove()"),
        (shared_memory(), "its own input"),
        (by_tensor_hook(lambda gradient, positive, given: 2 * gradient.clamp(min=0) * positive), "must be"),
    ],
)
def test_other_wrong_hooks_get_their_hint(wrong, hint):
    assert hint in complaint(check.guided_relu, wrong)


# Exercise 3


def permuted(of, count, random, chosen):
    others = torch.tensor([number for number in range(of) if number not in chosen])
    return others[torch.randperm(len(others), generator=random)[:count]]


def from_all(of, count, random, chosen):
    return torch.randperm(of, generator=random)[:count]


def control(
    *,
    draw=permuted,
    count=lambda chosen: len(chosen),
    new_z=None,
    seeded="once",
    rank=lambda left, lefts: sum(one <= left for one in lefts),
    measured=lambda chosen: chosen,
    turns=lambda draws: draws,
):
    """A control with parts that can be wrong."""

    def function(share_left, z, chosen, of, draws, seed):
        random = torch.Generator()
        if seeded == "once":
            random.manual_seed(seed)
        if seeded == "never":
            random.seed()
        if seeded == "own":
            random.manual_seed(0)
        left, lefts = share_left(z, measured(chosen)), []
        for _ in range(turns(draws)):
            if seeded == "each":
                random.manual_seed(seed)
            dropped = draw(of, count(chosen), random, chosen)
            lefts.append(share_left(z if new_z is None else new_z(z), dropped))
        return left, lefts, rank(left, lefts)

    return function


def control_by_the_package(share_left, z, chosen, of, draws, seed):
    sets = controls.random_maps(len(chosen), of, without=chosen, draws=draws, seed=seed)
    lefts = torch.tensor([share_left(z, dropped) for dropped in sets])
    left = torch.tensor(share_left(z, chosen))
    return left, lefts, (lefts <= left).sum()


def control_from_the_others(share_left, z, chosen, of, draws, seed):
    """By Python's own random numbers."""
    import random

    drawn = random.Random(seed)
    others = sorted(set(range(of)) - set(chosen.tolist()))
    lefts = sorted(share_left(z, drawn.sample(others, len(chosen))) for _ in range(draws))
    left = share_left(z, chosen.tolist())
    return [left, lefts, len([one for one in lefts if not one > left])]


def control_with_the_global_seed(share_left, z, chosen, of, draws, seed):
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        lefts = [share_left(z, permuted(of, len(chosen), None, chosen)) for _ in range(draws)]
    left = share_left(z, chosen)
    return left, lefts, sum(one <= left for one in lefts)


@pytest.mark.parametrize(
    "function", [control(), control_by_the_package, control_from_the_others, control_with_the_global_seed]
)
def test_controls_in_several_styles(function, capsys):
    praise(capsys, check.ranked_control, function)


def with_putting_back(of, count, random, chosen):
    others = torch.tensor([number for number in range(of) if number not in chosen])
    return others[torch.randint(0, len(others), (count,), generator=random)]


def neighbours(of, count, random, chosen):
    start = int(torch.randint(0, of - count + 1, (1,), generator=random))
    return torch.arange(start, start + count)


def one_draw_for_all(share_left, z, chosen, of, draws, seed):
    dropped = permuted(of, len(chosen), torch.Generator().manual_seed(seed), chosen)
    left, lefts = share_left(z, chosen), [share_left(z, dropped) for _ in range(draws)]
    return left, lefts, sum(one <= left for one in lefts)


def chosen_again(share_left, z, chosen, of, draws, seed):
    lefts = [share_left(z, chosen[torch.randperm(len(chosen))]) for _ in range(draws)]
    return share_left(z, chosen), lefts, draws


@pytest.mark.parametrize(
    ("wrong", "hint"),
    [
        (control(draw=with_putting_back), "a map is in it twice"),
        (control(count=lambda chosen: len(chosen) + 1), "take as many"),
        (control(count=lambda chosen: 1), "take as many"),
        (control(new_z=torch.randn_like), "on other z"),
        (control(new_z=lambda z: z[:2]), "on other z"),
        (control(seeded="each"), "seeded anew"),
        (one_draw_for_all, "different sets among them is 1"),
        (control(seeded="never"), "two calls with one seed"),
        (control(seeded="own"), "another seed gave the same draws"),
        (control(draw=from_all), "hold a chosen map"),
        (control(draw=lambda of, count, random, chosen: permuted(of - 3, count, random, chosen)), "never dropped"),
        (control(draw=lambda of, count, random, chosen: 1 + from_all(of, count, random, chosen)), "there is no map"),
        (control(draw=neighbours), "side by side"),
        (control(turns=lambda draws: 1), "controls that were measured is 1"),
        (control(measured=lambda chosen: chosen[:1]), "never asked what the chosen maps leave"),
        (chosen_again, "every set that you dropped is the chosen one"),
        (control(rank=lambda left, lefts: sum(one < left for one in lefts)), "count it too"),
        (control(rank=lambda left, lefts: sum(one >= left for one in lefts)), "the wrong side"),
        (control(rank=lambda left, lefts: sum(one > left for one in lefts)), "the wrong side"),
        (control(rank=lambda left, lefts: sum(one <= left for one in lefts) / len(lefts)), "the share of the draws"),
        (control(rank=lambda left, lefts: 1 + sum(one <= left for one in lefts)), "counted the chosen set itself"),
        (control(rank=lambda left, lefts: sorted([*lefts, left]).index(left) + 1), "a row that begins with 1"),
        (lambda *case: control()(*case)[:2], "three things"),
        (lambda *case: control()(*case)[::-1], "chosen, draws, rank"),
        (lambda *case: (control()(*case)[0], sum(control()(*case)[1]), 3), "controls that were measured is 300"),
    ],
)
def test_wrong_controls_get_their_hint(wrong, hint):
    assert hint in complaint(check.ranked_control, wrong)


def mean_for_all(*case):
    left, lefts, rank = control()(*case)
    return left, sum(lefts) / len(lefts), rank


def as_losses(*case):
    left, lefts, rank = control()(*case)
    return left, [1 - one for one in lefts], rank


def test_the_draws_must_come_back_as_they_were_measured():
    assert "a list of 150 numbers" in complaint(check.ranked_control, mean_for_all)
    assert "keep its numbers" in complaint(check.ranked_control, as_losses)


# Exercise 4

CS = (0.01, 0.1, 1.0, 10.0)


def share_right(x, y, c, x_new, y_new):
    length = x.shape[1] ** 0.5
    weights, biases = probes.one_class_at_a_time(x / length, y, c, 0)
    return (((x_new / length) @ weights.T + biases).argmax(dim=1) == y_new).float().mean().item()


SCALINGS = {
    "train": lambda x, test: (x, x),
    "own": lambda x, test: (x, test),
    "together": lambda x, test: (torch.cat([x, test]), torch.cat([x, test])),
    "test": lambda x, test: (test, test),
    "only train": lambda x, test: (x, None),
    "none": lambda x, test: (None, None),
}


def scaled(x, by):
    return x if by is None else (x - by.mean(dim=0)) / (by.std(dim=0) + 1e-3)


def held_out(x, y, x_test, y_test):
    held = len(x) // 5
    return max(CS, key=lambda c: share_right(x[held:], y[held:], c, x[:held], y[:held]))


def folds(x, y, x_test, y_test):
    """Five-fold cross-validation: another right choice."""
    fold = torch.arange(len(x)) % 5
    return max(
        CS, key=lambda c: sum(share_right(x[fold != k], y[fold != k], c, x[fold == k], y[fold == k]) for k in range(5))
    )


def probe(scaling="train", choose=held_out):
    """A probe with parts that can be wrong."""

    def function(x, y, x_test, y_test):
        by, by_test = SCALINGS[scaling](x, x_test)
        case = scaled(x, by), y, scaled(x_test, by_test), y_test
        return share_right(case[0], y, choose(*case), *case[2:])

    return function


def by_the_package(x, y, x_test, y_test):
    return probes.linear_probe(x, y, x_test, y_test).accuracy


def by_scikit_learn(x, y, x_test, y_test):
    from sklearn.model_selection import GridSearchCV
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler
    from sklearn.svm import LinearSVC

    pipe = make_pipeline(StandardScaler(), LinearSVC(dual=False))
    search = GridSearchCV(pipe, {"linearsvc__C": [1e-3, 0.1, 1]}, cv=2)
    return torch.tensor(search.fit(x.numpy(), y.numpy()).score(x_test.numpy(), y_test.numpy()))


@pytest.mark.parametrize("function", [probe(), probe(choose=folds), by_the_package, by_scikit_learn])
def test_honest_probes_in_several_styles(function, capsys):
    praise(capsys, check.honest_probe, function)


def of_held_out(x, y, x_test, y_test):
    x, held = scaled(x, x), len(x) // 5
    return max(share_right(x[held:], y[held:], c, x[:held], y[:held]) for c in CS)


def learns_the_test(x, y, x_test, y_test):
    x, x_test = scaled(x, x), scaled(x_test, x)
    return share_right(torch.cat([x, x_test]), torch.cat([y, y_test]), 10.0, x_test, y_test)


def without_care_for_constants(x, y, x_test, y_test):
    middle, spread = x.mean(dim=0), x.std(dim=0)
    return probe()((x - middle) / spread, y, (x_test - middle) / spread, y_test)


def on_test(x, y, x_test, y_test):
    return max(CS, key=lambda c: share_right(x, y, c, x_test, y_test))


def on_what_it_learned(x, y, x_test, y_test):
    return max(CS, key=lambda c: share_right(x, y, c, x, y))


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")  # features without scaling are hard to fit
@pytest.mark.parametrize(
    ("wrong", "hint"),
    [
        (probe("own", on_test), "test labels chose something"),
        (probe("train", on_test), "test labels chose something"),
        (probe("together", on_test), "test labels chose something"),
        (probe("own"), "which other test pictures lie beside it"),
        (probe("together"), "which other test pictures lie beside it"),
        (probe("test"), "which other test pictures lie beside it"),
        (probe("only train"), "as the training pictures are scaled"),
        (probe("none"), "not to leave the scaling out"),
        (probe(choose=on_what_it_learned), "they always like a large C"),
        (probe(choose=lambda *case: 10.0), "which need a small C"),
        (probe(choose=lambda *case: 1.0), "which need a small C"),
        (probe(choose=lambda *case: 0.1), "which need a large C"),
        (probe(choose=lambda *case: 0.01), "which need a large C"),
        (of_held_out, "held-out training pictures"),
        (learns_the_test, "were fitted on"),
        (without_care_for_constants, "0 / 0 is nan"),
        (lambda *case: 100 * probe()(*case), "in percent"),
        (lambda *case: 1 - probe()(*case), "the share that is wrong"),
        (lambda *case: 0.9, "come from the fitted SVM"),
        (lambda *case: (probe()(*case), 1.0), "one number is wanted"),
    ],
)
def test_wrong_probes_get_their_hint(wrong, hint):
    assert hint in complaint(check.honest_probe, wrong)


# More wrong ideas


def remembers(first_input=False, first_backward=False, mode=False, forgets_a_hook=False):
    """The guided rule by a hook with one fault of memory."""

    def function(module):
        kept = {}

        def forward(module, given, out):
            x = kept.setdefault("x", given[0].detach()) if first_input else given[0]

            def backward(gradient):
                if first_backward and kept.get("done"):
                    return gradient
                kept["done"] = True
                return gradient.clamp(min=0) * (x > 0)

            if out.requires_grad:
                out.register_hook(backward)

        if mode:
            module.eval()
        if forgets_a_hook:
            module.register_forward_pre_hook(lambda module, given: None)
        return module.register_forward_hook(forward)

    return function


@pytest.mark.parametrize(
    ("wrong", "hint"),
    [
        (remembers(first_input=True), "right for the first batch, wrong for the second"),
        (remembers(first_backward=True), "right for the first batch, wrong for the second"),
        (remembers(mode=True), "into eval mode"),
        (remembers(forgets_a_hook=True), "something of yours is still on the module"),
    ],
)
def test_hooks_that_remember_too_much(wrong, hint):
    assert hint in complaint(check.guided_relu, wrong)


@pytest.mark.parametrize(
    "wrong",
    [
        lambda *case: round(probes.linear_probe(*case).accuracy, 1),
        lambda *case: round(probes.linear_probe(*case).accuracy * 7) / 7,
    ],
)
def test_a_share_that_is_no_share(wrong):
    assert "A share is a whole number of pictures" in complaint(check.honest_probe, wrong)
