"""The checks of lesson 04: right answers in several styles, and the wrong answers learners give."""

import copy

import pytest
import torch
import torch.nn.functional as F

from dcgan_course.checks import lesson_04 as check
from dcgan_course.checks.lesson_04 import traces as six_trainings
from dcgan_course.training import loop, losses
from tests.helpers.answers import complaint, praise

# Exercise 1


def test_right_losses_pass(capsys):
    praise(capsys, check.discriminator_loss, losses.discriminator_loss)
    praise(capsys, check.non_saturating, losses.non_saturating)
    praise(capsys, check.minimax, losses.minimax)


def test_losses_in_another_style_pass(capsys):
    bce = F.binary_cross_entropy_with_logits

    def with_labels(real_logits, fake_logits):
        return bce(real_logits, torch.ones_like(real_logits)) + bce(fake_logits, torch.zeros_like(fake_logits))

    praise(capsys, check.discriminator_loss, with_labels)
    praise(capsys, check.discriminator_loss, lambda r, f: -F.logsigmoid(r).mean() - F.logsigmoid(-f).mean())
    praise(capsys, check.non_saturating, lambda f: bce(f, torch.ones_like(f)))
    praise(capsys, check.minimax, lambda f: -bce(f, torch.zeros_like(f)))
    praise(capsys, check.minimax, lambda f: torch.mean(F.logsigmoid(-f)))


WRONG_DISCRIMINATOR_LOSSES = {
    "log of a sigmoid": (lambda r, f: -r.sigmoid().log().mean() - (1 - f.sigmoid()).log().mean(), "log(0)"),
    "clamped by PyTorch": (
        lambda r, f: (
            F.binary_cross_entropy(r.sigmoid(), torch.ones_like(r))
            + F.binary_cross_entropy(f.sigmoid(), torch.zeros_like(f))
        ),
        "cuts every logarithm off at −100",
    ),
    "a small number": (
        lambda r, f: -(r.sigmoid() + 1e-8).log().mean() - (1 - f.sigmoid() + 1e-8).log().mean(),
        "a small number inside the logarithm",
    ),
    "exp overflows": (lambda r, f: (1 + (-r).exp()).log().mean() + (1 + f.exp()).log().mean(), "exp(200)"),
    "value, not loss": (lambda r, f: F.logsigmoid(r).mean() + F.logsigmoid(-f).mean(), "sign is turned round"),
    "swapped": (lambda r, f: losses.discriminator_loss(f, r), "real and fake are swapped"),
    "halved": (lambda r, f: losses.discriminator_loss(r, f) / 2, "this is half"),
    "sum": (lambda r, f: F.softplus(-r).sum() + F.softplus(f).sum(), "sum over the batch"),
    "one mean": (lambda r, f: torch.cat([F.softplus(-r), F.softplus(f)]).mean(), "one mean over both batches"),
    "twice one mean": (lambda r, f: 2 * torch.cat([F.softplus(-r), F.softplus(f)]).mean(), "twice the mean over both"),
    "pairs": (lambda r, f: (F.softplus(-r) + F.softplus(f)).mean(), "a real picture has no fake as its partner"),
    "divided by real": (
        lambda r, f: (F.softplus(-r).sum() + F.softplus(f).sum()) / len(r),
        "divided by the number of real pictures",
    ),
    "divided by fake": (
        lambda r, f: (F.softplus(-r).sum() + F.softplus(f).sum()) / len(f),
        "divided by the number of fakes",
    ),
    "only real": (lambda r, f: F.softplus(-r).mean(), "only the real half"),
    "only fake": (lambda r, f: F.softplus(f).mean(), "only the fake half"),
    "both labels 1": (lambda r, f: F.softplus(-r).mean() + F.softplus(-f).mean(), "both halves have the label 1"),
    "sigmoid twice": (lambda r, f: losses.discriminator_loss(r.sigmoid(), f.sigmoid()), "sigmoid was taken twice"),
    "logits as probabilities": (lambda r, f: -r.log().mean() - (1 - f).log().mean(), "A logit is any number"),
    "a number": (lambda r, f: losses.discriminator_loss(r, f).item(), "has no graph"),
    "detached": (lambda r, f: losses.discriminator_loss(r, f).detach(), "no gradient can pass"),
}


@pytest.mark.parametrize("name", WRONG_DISCRIMINATOR_LOSSES)
def test_wrong_discriminator_losses(name):
    wrong, hint = WRONG_DISCRIMINATOR_LOSSES[name]
    assert hint in complaint(check.discriminator_loss, wrong)


@pytest.mark.parametrize("name", ["twice one mean", "pairs", "divided by real", "divided by fake"])
def test_batches_of_two_sizes_are_shown_with_their_names_and_the_two_means(name):
    def discriminator_loss(real_logits, fake_logits):
        return WRONG_DISCRIMINATOR_LOSSES[name][0](real_logits, fake_logits)

    said = complaint(check.discriminator_loss, discriminator_loss)
    assert "discriminator_loss(real_logits=[-1.0, 0.2] (shape (2,)), fake_logits=[0.4, 1.0, -3.0, 0.1] (shape" in said
    assert "Take the mean of each batch alone" in said


def test_a_gradient_that_is_nan_is_seen():
    def in_two_branches(f):  # the value is right, and the gradient of the branch not taken is inf · 0
        return torch.where(f > -20, torch.log1p(torch.exp(-f)), -f).mean()

    assert torch.isclose(in_two_branches(torch.tensor([-200.0])), torch.tensor(200.0))
    assert "a gradient is nan" in complaint(check.non_saturating, in_two_branches)


WRONG_GENERATOR_LOSSES = {
    "the other loss": (check.non_saturating, losses.minimax, "this is the minimax loss"),
    "label 0": (check.non_saturating, lambda f: F.softplus(f).mean(), "would help D"),
    "log of a sigmoid": (check.non_saturating, lambda f: -f.sigmoid().log().mean(), "log(0)"),
    "sign": (check.non_saturating, lambda f: F.logsigmoid(f).mean(), "sign is turned round"),
    "sum": (check.non_saturating, lambda f: F.softplus(-f).sum(), "sum over the batch"),
    "minimax: the other loss": (check.minimax, losses.non_saturating, "this is the non-saturating loss"),
    "minimax: log D": (check.minimax, lambda f: F.logsigmoid(f).mean(), "this is log D(G(z))"),
    "minimax: sign": (check.minimax, lambda f: F.softplus(f).mean(), "sign is turned round"),
    "minimax: log of a sigmoid": (check.minimax, lambda f: (1 - f.sigmoid()).log().mean(), "log(0)"),
    "minimax: small number": (check.minimax, lambda f: (1 - f.sigmoid() + 1e-6).log().mean(), "a small number"),
}


@pytest.mark.parametrize("name", WRONG_GENERATOR_LOSSES)
def test_wrong_generator_losses(name):
    judge, wrong, hint = WRONG_GENERATOR_LOSSES[name]
    assert hint in complaint(judge, wrong)


# Exercise 2


def discriminator_step(
    fakes="no_grad",
    loss_of=losses.discriminator_loss,
    order=("zero", "backward", "step"),
    returned=torch.Tensor.detach,
):
    """A discriminator step with one thing in it changed."""

    def step(generator, discriminator, optimizer, real, z):
        if fakes == "own z":
            z = torch.randn_like(z)
        fake = generator(z) if fakes == "attached" else generator(z).detach()
        loss = loss_of(discriminator(real), discriminator(fake))
        _in_order(order, optimizer, loss)
        return returned(loss)

    return step


def _in_order(order, optimizer, loss):
    for part in order:
        if part == "zero":
            optimizer.zero_grad()
        elif part == "backward":
            loss.backward()
        else:
            optimizer.step()


def test_right_discriminator_steps_pass(capsys):
    praise(capsys, check.discriminator_step, loop.discriminator_step)
    praise(capsys, check.discriminator_step, discriminator_step())
    praise(capsys, check.discriminator_step, discriminator_step(returned=torch.Tensor.item))
    praise(capsys, check.discriminator_step, discriminator_step(returned=lambda loss: loss.detach().numpy()[()]))


def test_two_backward_calls_and_one_batch_pass(capsys):
    def two_backward_calls(generator, discriminator, optimizer, real, z):
        optimizer.zero_grad()
        real_loss = losses.non_saturating(discriminator(real))
        real_loss.backward()
        fake_loss = -losses.minimax(discriminator(generator(z).detach()))
        fake_loss.backward()
        optimizer.step()
        return (real_loss + fake_loss).item()

    def one_batch(generator, discriminator, optimizer, real, z):
        with torch.no_grad():
            both = torch.cat([real, generator(z)])
        loss = losses.discriminator_loss(*discriminator(both).chunk(2))
        discriminator.zero_grad()
        loss.backward()
        optimizer.step()
        return loss.detach()

    praise(capsys, check.discriminator_step, two_backward_calls)
    praise(capsys, check.discriminator_step, one_batch)


def test_the_mean_of_both_halves_passes_and_is_named(capsys):
    halved = discriminator_step(loss_of=lambda r, f: losses.discriminator_loss(r, f) / 2)
    assert "half the length" in praise(capsys, check.discriminator_step, halved)


def _steps_at_once(generator, discriminator, optimizer, real, z):
    optimizer.step()
    return discriminator_step(order=("zero", "backward"))(generator, discriminator, optimizer, real, z)


WRONG_DISCRIMINATOR_STEPS = {
    "not detached": (discriminator_step(fakes="attached"), "the generator got gradients"),
    "zero_grad forgotten": (discriminator_step(order=("backward", "step")), "old gradients were added"),
    "zero_grad last": (discriminator_step(order=("backward", "step", "zero")), "old gradients were added"),
    "zero_grad after backward": (discriminator_step(order=("backward", "zero", "step")), "nothing moved"),
    "step first": (discriminator_step(order=("zero", "step", "backward")), "must come after `loss.backward()`"),
    "step before backward": (discriminator_step(order=("step", "zero", "backward")), "First `backward()`, then"),
    "step before everything": (_steps_at_once, "used the old gradients"),
    "no step": (discriminator_step(order=("zero", "backward")), "nothing moved"),
    "no backward": (discriminator_step(order=("zero", "step")), "Is `loss.backward()` there"),
    "swapped": (discriminator_step(loss_of=lambda r, f: losses.discriminator_loss(f, r)), "swapped"),
    "only real": (discriminator_step(loss_of=lambda r, f: losses.non_saturating(r)), "only the real pictures"),
    "only fake": (discriminator_step(loss_of=lambda r, f: F.softplus(f).mean()), "only the fakes moved D"),
    "generator's loss": (discriminator_step(loss_of=lambda r, f: losses.non_saturating(f)), "the generator's loss"),
    "both labels 1": (
        discriminator_step(loss_of=lambda r, f: losses.non_saturating(r) + losses.non_saturating(f)),
        "the fakes are real",
    ),
    "climbs": (discriminator_step(loss_of=lambda r, f: -losses.discriminator_loss(r, f)), "wrong sign"),
    "sum": (discriminator_step(loss_of=lambda r, f: 8 * losses.discriminator_loss(r, f)), "8 times as long"),
    "sigmoid twice": (
        discriminator_step(loss_of=lambda r, f: losses.discriminator_loss(r.sigmoid(), f.sigmoid())),
        "sigmoid was taken twice",
    ),
    "own z": (discriminator_step(fakes="own z"), "random numbers of its own"),
    "returns nothing": (discriminator_step(returned=lambda loss: None), "return loss.detach()"),
    "returns the graph": (discriminator_step(returned=lambda loss: loss), "still carries its graph"),
    "returns another number": (discriminator_step(returned=lambda loss: loss.item() + 1), "the loss before it was"),
}


@pytest.mark.parametrize("name", WRONG_DISCRIMINATOR_STEPS)
def test_wrong_discriminator_steps(name):
    wrong, hint = WRONG_DISCRIMINATOR_STEPS[name]
    assert hint in complaint(check.discriminator_step, wrong)


def test_a_discriminator_step_that_touches_the_generator():
    def moves_both(generator, discriminator, optimizer, real, z):
        loss = losses.discriminator_loss(discriminator(real), discriminator(generator(z)))
        optimizer.zero_grad()
        loss.backward()
        torch.optim.SGD([*generator.parameters(), *discriminator.parameters()], lr=0.1).step()
        return loss.detach()

    def freezes(generator, discriminator, optimizer, real, z):
        generator.requires_grad_(False)
        return loop.discriminator_step(generator, discriminator, optimizer, real, z)

    def changes_mode(generator, discriminator, optimizer, real, z):
        generator.eval()
        return loop.discriminator_step(generator, discriminator, optimizer, real, z)

    assert "moved the generator" in complaint(check.discriminator_step, moves_both)
    assert "left the generator frozen" in complaint(check.discriminator_step, freezes)
    assert "left the generator in eval mode" in complaint(check.discriminator_step, changes_mode)


def test_an_error_in_a_step_is_one_short_message():
    def misspelled(generator, discriminator, optimizer, real, z):
        return discriminator(real).softplus()

    said = complaint(check.discriminator_step, misspelled)
    assert (
        "AttributeError" in said and "misspelled(generator=MLPGenerator, discriminator=MLPD" in said and len(said) < 400
    )


# Exercise 3


def generator_step(loss_of=losses.non_saturating, cut=False, order=("zero", "backward", "step"), zero="own"):
    """A generator step with one thing in it changed."""

    def step(generator, discriminator, optimizer, z):
        fake = generator(z).detach() if cut else generator(z)
        loss = loss_of(discriminator(fake))
        if zero == "discriminator":
            discriminator.zero_grad()
        _in_order(order, optimizer, loss)
        return loss.detach()

    return step


def test_right_generator_steps_pass(capsys):
    assert "gradients in D" not in praise(capsys, check.generator_step, loop.generator_step)
    plain = generator_step()
    assert "That is allowed" in praise(capsys, check.generator_step, plain)

    def asks_for_the_gradients(generator, discriminator, optimizer, z):
        loss = F.binary_cross_entropy_with_logits(discriminator(generator(z)), torch.ones(len(z)))
        parameters = list(generator.parameters())
        for parameter, gradient in zip(parameters, torch.autograd.grad(loss, parameters), strict=True):
            parameter.grad = gradient
        optimizer.step()
        return loss.item()

    praise(capsys, check.generator_step, asks_for_the_gradients)


def review_step(generator, discriminator, optimizer, z):
    discriminator.eval()
    loss = losses.non_saturating(discriminator(generator(z)))
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    discriminator.train()
    return loss.detach()


def test_eval_mode_is_noticed_also_where_the_step_switches_it_back():
    def gives_the_mode_back(generator, discriminator, optimizer, z):
        mode = discriminator.training
        logits = discriminator.eval()(generator(z))
        discriminator.train(mode)
        return _one_move(optimizer, losses.non_saturating(logits))

    def fakes_in_eval_mode(generator, discriminator, optimizer, real, z):
        with torch.no_grad():
            fake = generator.eval()(z)
        generator.train()
        return _one_move(optimizer, losses.discriminator_loss(discriminator(real), discriminator(fake)))

    def loss_in_eval_mode(generator, discriminator, z):
        logits = discriminator.eval()(generator(z))
        discriminator.train()
        return losses.non_saturating(logits)

    for step in (review_step, gives_the_mode_back):
        said = complaint(check.generator_step, step)
        assert "asked the discriminator in eval mode" in said and "stops no gradient" in said
    assert "asked the generator in eval mode" in complaint(check.discriminator_step, fakes_in_eval_mode)
    assert "asked the discriminator in eval mode" in complaint(check.generator_loss, loss_in_eval_mode)


def _one_move(optimizer, loss):
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    return loss.detach()


WRONG_GENERATOR_STEPS = {
    "detached": (generator_step(cut=True), "none came back to the generator"),
    "minimax": (generator_step(losses.minimax), "the minimax loss"),
    "label 0": (generator_step(lambda f: -losses.minimax(f)), "moved to be caught: the label"),
    "sign": (generator_step(lambda f: -losses.non_saturating(f)), "moved to be caught: the sign"),
    "sigmoid twice": (generator_step(lambda f: losses.non_saturating(f.sigmoid())), "sigmoid was taken twice"),
    "sum": (generator_step(lambda f: 8 * losses.non_saturating(f)), "8 times as long"),
    "zero_grad forgotten": (generator_step(order=("backward", "step")), "old gradients were added"),
    "zero_grad of the other": (
        generator_step(order=("backward", "step"), zero="discriminator"),
        "on the optimiser whose step this is",
    ),
    "zero_grad after backward": (generator_step(order=("backward", "zero", "step")), "`zero_grad()` before it"),
    "no step": (generator_step(order=("zero", "backward")), "nothing moved"),
    "no backward": (generator_step(order=("zero", "step")), "Is `backward()` there"),
}


@pytest.mark.parametrize("name", WRONG_GENERATOR_STEPS)
def test_wrong_generator_steps(name):
    wrong, hint = WRONG_GENERATOR_STEPS[name]
    assert hint in complaint(check.generator_step, wrong)


def test_a_generator_step_that_touches_the_discriminator():
    def moves_both(generator, discriminator, optimizer, z):
        loss = losses.non_saturating(discriminator(generator(z)))
        optimizer.zero_grad()
        loss.backward()
        torch.optim.SGD([*generator.parameters(), *discriminator.parameters()], lr=0.1).step()
        return loss.detach()

    def never_unfreezes(generator, discriminator, optimizer, z):
        discriminator.requires_grad_(False)
        return generator_step()(generator, discriminator, optimizer, z)

    def leaves_eval(generator, discriminator, optimizer, z):
        discriminator.eval()
        return generator_step()(generator, discriminator, optimizer, z)

    def no_grad(generator, discriminator, optimizer, z):
        with torch.no_grad():
            logits = discriminator(generator(z))
        losses.non_saturating(logits).backward()

    assert "moved the discriminator" in complaint(check.generator_step, moves_both)
    assert "left the discriminator frozen" in complaint(check.generator_step, never_unfreezes)
    assert "left the discriminator in eval mode" in complaint(check.generator_step, leaves_eval)
    assert "has cut too much" in complaint(check.generator_step, no_grad)


# Exercise 4a: slip 3


def test_right_generator_losses_with_a_graph_pass(capsys):
    praise(capsys, check.generator_loss, lambda g, d, z: losses.non_saturating(d(g(z))))

    def with_labels(generator, discriminator, z):
        answers = discriminator(generator(z))
        return torch.nn.BCEWithLogitsLoss()(answers, torch.ones_like(answers))

    praise(capsys, check.generator_loss, with_labels)


def _loss_under_no_grad(generator, discriminator, z):
    with torch.no_grad():
        fake = generator(z)
    return losses.non_saturating(discriminator(fake))


def _loss_with_backward(generator, discriminator, z):
    loss = losses.non_saturating(discriminator(generator(z)))
    loss.backward()
    return loss


@pytest.mark.parametrize(
    ("wrong", "hint"),
    [
        (lambda g, d, z: losses.non_saturating(d(g(z).detach())), "still has no gradient"),
        (_loss_under_no_grad, "still has no gradient"),
        (lambda g, d, z: losses.non_saturating(d(g(z))).detach(), "still has no gradient"),
        (lambda g, d, z: losses.non_saturating(d(g(z))).item(), "has no graph"),
        (_loss_with_backward, "your function calls `backward()`"),
        (lambda g, d, z: losses.minimax(d(g(z))), "the minimax loss"),
        (lambda g, d, z: F.softplus(d(g(z))).mean(), "moved to be caught"),
        (lambda g, d, z: F.softplus(-d(g(z))), "needs one number"),
        (lambda g, d, z: None, "Does it end with `return`"),
    ],
)
def test_wrong_generator_losses_with_a_graph(wrong, hint):
    assert hint in complaint(check.generator_loss, wrong)


# Exercise 4b: slip 4


def one_round(detach=True, retain=False, ask_again=True, detach_for_g=False, d_step="first"):
    """A round of both players with one thing in it changed."""

    def play(generator, discriminator, generator_optimizer, discriminator_optimizer, real, z):
        fake = generator(z)
        fake_logits = discriminator(fake.detach() if detach else fake)
        d_loss = losses.discriminator_loss(discriminator(real), fake_logits)
        discriminator_optimizer.zero_grad()
        d_loss.backward(retain_graph=retain)
        if d_step == "first":
            discriminator_optimizer.step()
        if ask_again:
            fake_logits = discriminator(fake.detach() if detach_for_g else fake)
        generator_optimizer.zero_grad()
        losses.non_saturating(fake_logits).backward()
        generator_optimizer.step()
        if d_step == "last":
            discriminator_optimizer.step()

    return play


def test_right_rounds_pass(capsys):
    praise(capsys, check.one_round, one_round())

    def cut_first(generator, discriminator, generator_optimizer, discriminator_optimizer, real, z):
        fake = generator(z)
        answers = discriminator(torch.cat([real, fake.detach()]))
        labels = torch.cat([torch.ones(len(real)), torch.zeros(len(z))])
        discriminator.zero_grad()
        (2 * F.binary_cross_entropy_with_logits(answers, labels)).backward()
        discriminator_optimizer.step()
        generator.zero_grad()
        loss = -F.logsigmoid(discriminator(fake)).mean()
        loss.backward()
        generator_optimizer.step()

    praise(capsys, check.one_round, cut_first)


def test_fakes_that_are_made_twice():
    def two_steps_of_the_package(generator, discriminator, generator_optimizer, discriminator_optimizer, real, z):
        loop.discriminator_step(generator, discriminator, discriminator_optimizer, real, z)
        loop.generator_step(generator, discriminator, generator_optimizer, z)

    def twice(generator, discriminator, generator_optimizer, discriminator_optimizer, real, z):
        logits = discriminator(real), discriminator(generator(z).detach())
        _one_move(discriminator_optimizer, losses.discriminator_loss(*logits))
        _one_move(generator_optimizer, losses.non_saturating(discriminator(generator(z))))

    for play in (two_steps_of_the_package, twice):
        assert "`generator(z)` was called 2 times" in complaint(check.one_round, play)


@pytest.mark.parametrize(
    ("wrong", "hint"),
    [
        (one_round(detach=False, retain=True), "came back to the generator 2 times"),
        (one_round(detach=False), "the first backward freed it"),
        (one_round(retain=True), "`retain_graph=True` is still there"),
        (one_round(detach_for_g=True), "none came back to the generator"),
        (one_round(d_step="last"), "First finish D's step"),
        (one_round(d_step="never"), "nothing moved"),
        (one_round(detach=False, retain=True, ask_again=False), "ask it about the fake again"),
    ],
)
def test_wrong_rounds(wrong, hint):
    assert hint in complaint(check.one_round, wrong)


def test_a_generator_that_answers_the_old_discriminator():
    def at_the_same_time(generator, discriminator, generator_optimizer, discriminator_optimizer, real, z):
        generator_optimizer.zero_grad()
        fake = generator(z)
        losses.non_saturating(discriminator(fake)).backward()
        discriminator_optimizer.zero_grad()
        losses.discriminator_loss(discriminator(real), discriminator(fake.detach())).backward()
        discriminator_optimizer.step()
        generator_optimizer.step()

    assert "the discriminator of before its step" in complaint(check.one_round, at_the_same_time)


# Exercise 4c: slip 5


def test_right_comparisons_pass(capsys):
    praise(capsys, check.answer_by_answer_loss, lambda a, y: F.binary_cross_entropy(a, y.squeeze(1)))
    praise(capsys, check.answer_by_answer_loss, lambda a, y: F.binary_cross_entropy(a.unsqueeze(1), y))

    def by_hand(answers, labels):
        labels = labels.view_as(answers)
        return torch.where(labels == 1, -answers.log(), -(1 - answers).log()).mean()

    praise(capsys, check.answer_by_answer_loss, by_hand)


def _by_hand(answers, labels):
    return -(labels * answers.log() + (1 - labels) * (1 - answers).log())


@pytest.mark.parametrize(
    ("wrong", "hint"),
    [
        (lambda a, y: _by_hand(a, y).mean(), "this is the broadcast again"),
        (lambda a, y: _by_hand(a, y.flatten()), "Take the mean"),
        (lambda a, y: _by_hand(a, y.flatten()).sum(), "this is the sum"),
        (lambda a, y: -_by_hand(a, y.flatten()).mean(), "sign is turned round"),
        (lambda a, y: F.binary_cross_entropy(1 - a, y.flatten()), "labels are swapped"),
        (lambda a, y: F.mse_loss(a, y.flatten()), "squared error"),
        (lambda a, y: F.binary_cross_entropy_with_logits(a, y.flatten()), "probabilities here, after the sigmoid"),
        (lambda a, y: F.binary_cross_entropy(a, y.squeeze()), "Name the dimension"),
        (lambda a, y: _by_hand(a, y.squeeze(1)).mean(), "without a meaning"),
        (lambda a, y: F.binary_cross_entropy(a, y), "PyTorch does not guess"),
    ],
)
def test_wrong_comparisons(wrong, hint):
    assert hint in complaint(check.answer_by_answer_loss, wrong)


def test_what_the_sources_say_about_pytorch_still_holds():
    answers, labels = torch.tensor([0.9, 0.2]), torch.tensor([[1.0], [0.0]])
    for refuses in (F.binary_cross_entropy, F.binary_cross_entropy_with_logits):
        with pytest.raises(ValueError, match="(?i)target size"):
            refuses(answers, labels)
    with pytest.warns(UserWarning, match="broadcasting"):
        silent = F.mse_loss(answers, labels)
    assert silent == pytest.approx(((0.1**2 + 0.8**2) + (0.9**2 + 0.2**2)) / 4)


# Exercise 4d: slip 8


def test_right_ways_to_spare_the_discriminator_pass(capsys):
    praise(capsys, check.frozen_generator_step, loop.generator_step)

    def gradients_for_g_only(generator, discriminator, optimizer, z):
        loss = losses.non_saturating(discriminator(generator(z)))
        optimizer.zero_grad()
        loss.backward(inputs=list(generator.parameters()))
        optimizer.step()

    def module_wide(generator, discriminator, optimizer, z):
        discriminator.requires_grad_(False)
        generator_step()(generator, discriminator, optimizer, z)
        discriminator.requires_grad_(True)

    praise(capsys, check.frozen_generator_step, gradients_for_g_only)
    praise(capsys, check.frozen_generator_step, module_wide)


def _clears_afterwards(generator, discriminator, optimizer, z):
    generator_step()(generator, discriminator, optimizer, z)
    discriminator.zero_grad()


def _asks_d_under_no_grad(generator, discriminator, optimizer, z):
    fake = generator(z)
    with torch.no_grad():
        logits = discriminator(fake)
    losses.non_saturating(logits).backward()


def _never_unfreezes(generator, discriminator, optimizer, z):
    discriminator.requires_grad_(False)
    return generator_step()(generator, discriminator, optimizer, z)


@pytest.mark.parametrize(
    ("wrong", "hint"),
    [
        (review_step, "asked the discriminator in eval mode"),
        (generator_step(), "6 of D's 6 parameter tensors"),
        (_clears_afterwards, "Clearing them later saves nothing"),
        (_asks_d_under_no_grad, "has cut too much"),
        (_never_unfreezes, "left the discriminator frozen"),
        (generator_step(cut=True), "none came back to the generator"),
    ],
)
def test_wrong_ways_to_spare_the_discriminator(wrong, hint):
    assert hint in complaint(check.frozen_generator_step, wrong)


# Exercise 5: six traces


@pytest.fixture(scope="module")
def traces():
    return six_trainings.record()


def test_every_trace_shows_its_own_sign_and_contradicts_every_other(traces):
    assert sorted(trace.cause for trace in traces) == sorted(six_trainings.CAUSES)
    for trace in traces:
        for claim in six_trainings.CAUSES:
            said = six_trainings.contradiction(claim, trace)
            assert (said is None) == (claim == trace.cause), (trace.cause, claim, said)


def test_all_trainings_start_from_the_same_networks(traces):
    for trace in traces[1:]:
        assert torch.equal(trace.fakes[0], traces[0].fakes[0])
        assert torch.equal(trace.p_real[0], traces[0].p_real[0])


def test_a_training_is_the_same_from_the_same_seed(traces):
    hidden = next(trace for trace in traces if trace.cause == "mode hopping")
    again = six_trainings._train(hidden.letter, hidden.cause, six_trainings.SEED)
    assert torch.equal(again.p_fake, hidden.p_fake)


def test_the_figure_can_be_read_without_seeing_it(traces):
    sentences = [six_trainings.in_words(trace) for trace in traces]
    assert len(set(sentences)) == 6
    assert not any(cause in " ".join(sentences) for cause in six_trainings.CAUSES)


def _truth(traces) -> dict:
    return {trace.letter: trace.cause for trace in traces}


def test_the_right_diagnoses_pass(traces, capsys):
    truth = _truth(traces)
    praise(capsys, check.read_traces, lambda: truth, traces)
    praise(capsys, check.read_traces, lambda: {letter: f" {cause.upper()}" for letter, cause in truth.items()}, traces)


def test_wrong_diagnoses_are_met_with_the_sign_that_contradicts(traces):
    truth = _truth(traces)
    letter_of = {cause: letter for letter, cause in truth.items()}
    a, b = letter_of["mode hopping"], letter_of["healthy"]
    said = complaint(check.read_traces, lambda: truth | {a: "healthy", b: "mode hopping"}, traces)
    assert "4 of 6 are right" in said
    assert f"{a} is not 'healthy': p_real and p_fake look calm, but see the fakes" in said
    assert f"{b} is not 'mode hopping'" in said and "it did so 0 times" in said

    a, b = letter_of["discriminator too strong"], letter_of["generator without gradient"]
    swapped = truth | {a: "generator without gradient", b: "discriminator too strong"}
    said = complaint(check.read_traces, lambda: swapped, traces)
    assert "without a gradient no fake ever moves" in said and "exactly where it began" in said

    a = letter_of["discriminator does not learn"]
    said = complaint(check.read_traces, lambda: truth | {a: "learning rate too high"}, traces)
    assert "5 of 6 are right" in said and "every step goes too far" in said


def test_diagnoses_that_cannot_be_read(traces):
    assert "a dict with the keys A, B, C, D, E, F; B, C" in complaint(
        check.read_traces, lambda: {"A": "healthy"}, traces
    )
    misspelled = _truth(traces) | {"A": "mode hoping"}
    assert "Did you mean 'mode hopping'?" in complaint(check.read_traces, lambda: misspelled, traces)
    assert "'?' is none of the names. They are: healthy, " in complaint(
        check.read_traces, lambda: _truth(traces) | {"B": "?"}, traces
    )


# More styles, more wrong ideas


MORE_WRONG_LOSSES = {
    "half": (lambda right: lambda f: right(f) / 2, "this is half of what was asked"),
    "mean first": (lambda right: lambda f: right(f.mean()), "the loss of a mean is not the mean of the losses"),
    "a number": (lambda right: lambda f: right(f).item(), "has no graph"),
    "detached": (lambda right: lambda f: right(f).detach(), "no gradient can pass"),
    "sigmoid twice": (lambda right: lambda f: right(f.sigmoid()), "sigmoid was taken twice"),
    "sum": (lambda right: lambda f: right(f) * len(f), "sum over the batch"),
}


@pytest.mark.parametrize("name", MORE_WRONG_LOSSES)
@pytest.mark.parametrize("judge", ["non_saturating", "minimax"])
def test_more_wrong_generator_losses(judge, name):
    change, hint = MORE_WRONG_LOSSES[name]
    assert hint in complaint(getattr(check, judge), change(getattr(losses, judge)))


@pytest.mark.parametrize(
    ("judge", "right"),
    [
        (check.non_saturating, lambda f: -F.logsigmoid(f).mean()),
        (check.non_saturating, lambda f: torch.logaddexp(torch.zeros_like(f), -f).mean()),
        (check.generator_loss, lambda g, d, z: -F.logsigmoid(d(g(z))).mean()),
        (check.generator_loss, lambda g, d, z: sum(F.softplus(-logit) for logit in d(g(z))) / len(z)),
    ],
)
def test_more_losses_pass(judge, right, capsys):
    praise(capsys, judge, right)


def with_change(step, before=None, after=None):
    """A right step with something done to both networks before it or after it."""

    def changed(generator, discriminator, *rest):
        if before:
            before(generator, discriminator)
        returned = step(generator, discriminator, *rest)
        if after:
            after(generator, discriminator)
        return returned

    return changed


def put_other_parameters(generator, discriminator):
    for layer in discriminator.modules():
        if isinstance(layer, torch.nn.Linear):
            layer.weight = torch.nn.Parameter(layer.weight.detach().clone())


STEPS = {
    "discriminator": (check.discriminator_step, discriminator_step(), "generator"),
    "generator": (check.generator_step, generator_step(), "discriminator"),
}
SIDE_EFFECTS = {
    "train() for both": ({"before": lambda g, d: (g.train(), d.train())}, "in training mode. It came in eval mode"),
    "train() for G": ({"before": lambda g, d: g.train()}, "left the generator in training mode"),
    "train() for D": ({"before": lambda g, d: d.train()}, "left the discriminator in training mode"),
    "layers of D in eval": ({"before": lambda g, d: d.apply(lambda m: m.train(m is d))}, "in eval mode"),
    "other parameters": ({"after": put_other_parameters}, "put other parameters into a network"),
}


@pytest.mark.parametrize("name", SIDE_EFFECTS)
@pytest.mark.parametrize("player", STEPS)
def test_what_a_step_does_beside_its_move(player, name):
    judge, right, _ = STEPS[player]
    changes, hint = SIDE_EFFECTS[name]
    assert hint in complaint(judge, with_change(right, **changes))


@pytest.mark.parametrize("player", STEPS)
@pytest.mark.parametrize("when", ["before", "after"])
def test_the_gradients_of_the_other_network_are_not_emptied(player, when):
    judge, right, other = STEPS[player]
    empty = {when: lambda g, d: (g if other == "generator" else d).zero_grad()}
    assert f"emptied the gradients that lay in the {other}" in complaint(judge, with_change(right, **empty))


def test_a_step_may_empty_its_own_gradients_when_it_is_done(capsys):
    praise(capsys, check.discriminator_step, with_change(discriminator_step(), after=lambda g, d: d.zero_grad()))
    praise(capsys, check.generator_step, with_change(generator_step(), after=lambda g, d: g.zero_grad()))


def frozen_step(loss_of=losses.non_saturating, copied=False, clear=False):
    def step(generator, discriminator, optimizer, z):
        asked = copy.deepcopy(discriminator) if copied else discriminator
        for parameter in asked.parameters():
            parameter.requires_grad_(False)
        loss = loss_of(asked(generator(z)))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        for parameter in asked.parameters():
            parameter.requires_grad_(True)
        if clear:
            discriminator.zero_grad()
        return loss.detach()

    return step


@pytest.mark.parametrize(
    ("wrong", "hint"),
    [
        (frozen_step(copied=True), "a copy of it was"),
        (frozen_step(clear=True), "emptied the gradients that lay in the discriminator"),
        (frozen_step(losses.minimax), "the step of the minimax loss"),
        (frozen_step(lambda f: -losses.non_saturating(f)), "moved to be caught: the sign"),
        (with_change(frozen_step(), before=lambda g, d: d.train()), "left the discriminator in training mode"),
    ],
)
def test_more_wrong_ways_to_spare_the_discriminator(wrong, hint):
    assert hint in complaint(check.frozen_generator_step, wrong)


def test_one_more_way_to_spare_the_discriminator(capsys):
    praise(capsys, check.frozen_generator_step, frozen_step())


@pytest.mark.parametrize(
    ("wrong", "hint"),
    [
        (lambda a, y: F.binary_cross_entropy(a, y.flatten()[: len(a)]), "5 label(s) also got a number"),
        (lambda a, y: F.binary_cross_entropy(a.detach(), y.view_as(a)), "no gradient can pass"),
        (lambda a, y: F.binary_cross_entropy(a.clamp(0.01, 0.99), y.view_as(a)), "cut off before the logarithm"),
        (lambda a, y: _by_hand(a + 1e-8, y.view_as(a)).mean(), "should be"),
        (
            lambda a, y: -(y.view_as(a) * (a + 1e-7).log() + (1 - y.view_as(a)) * (1 - a + 1e-7).log()).mean(),
            "a small number inside the logarithm",
        ),
        (lambda a, y: F.binary_cross_entropy(a, y.view_as(a)).item(), "Leave `.item()` out"),
    ],
)
def test_more_wrong_comparisons(wrong, hint):
    assert hint in complaint(check.answer_by_answer_loss, wrong)


def test_more_rounds_pass(capsys):
    def with_softplus(generator, discriminator, generator_optimizer, discriminator_optimizer, real, z):
        fake = generator(z)
        discriminator_optimizer.zero_grad()
        F.softplus(-discriminator(real)).mean().backward()
        F.softplus(discriminator(fake.detach())).mean().backward()
        discriminator_optimizer.step()
        generator_optimizer.zero_grad()
        F.softplus(-discriminator(fake)).mean().backward()
        generator_optimizer.step()

    praise(capsys, check.one_round, with_softplus)


def test_diagnoses_in_other_styles_pass(traces, capsys):
    truth = _truth(traces)
    praise(capsys, check.read_traces, lambda: dict(reversed(truth.items())), traces)
