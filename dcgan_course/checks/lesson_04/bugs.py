"""Exercise 4 of lesson 04: four bugs from real programs, each to be repaired."""

import weakref
from collections.abc import Callable

import torch
from torch import Tensor
from torch.nn.functional import binary_cross_entropy, binary_cross_entropy_with_logits

from dcgan_course.checks import bench as bench_of
from dcgan_course.checks.bench import Bench, Move
from dcgan_course.checks.engine import Mistake, describe, fail, judge, passed, same
from dcgan_course.checks.lesson_04.steps import (
    DISCRIMINATOR_MISTAKES,
    GENERATOR_MISTAKES,
    only_fake_matters,
    refuse_cut_graph,
    run_on_bench,
)
from dcgan_course.checks.registry import exercise
from dcgan_course.training import losses


@exercise("4a · the generator that never learns", id="detached-fake", points=1)
def generator_loss(exercise: str, function: Callable[..., Tensor]) -> None:
    """Check the generator's loss, with its graph, for a program that calls `backward()` itself."""
    bench = Bench()
    loss = bench_of.call(exercise, function, (bench.generator, bench.discriminator, bench.z))
    if loss is None:
        fail(exercise, "your function gave nothing back. Does it end with `return`?")
    if not isinstance(loss, Tensor):
        fail(exercise, f"you returned {describe(loss)}. That number has no graph: leave `.item()` and `float()` out.")
    if bench.discriminator_gradients or bench.arrivals:
        fail(exercise, "your function calls `backward()`. The program around it does that: only return the loss.")
    if loss.numel() != 1:
        fail(exercise, f"your loss is {describe(loss)}. `backward()` needs one number: take the mean over the batch.")
    if loss.requires_grad:
        loss.backward()
    if not bench.arrivals:
        fail(
            exercise,
            "after `backward()` the generator still has no gradient. A `detach()` or a `no_grad()` stands between its "
            "output and the loss: there the graph is cut, and nothing comes back.",
        )
    bench_of.refuse_changed_settings(exercise, bench)
    nothing = torch.zeros_like(bench_of.weights(bench.generator))
    move = Move(-bench_of.RATE * bench_of.gradients(bench.generator), nothing, nothing)
    fresh = Bench()
    bench_of.judge_move(exercise, fresh, fresh.generator, move, only_fake_matters, GENERATOR_MISTAKES)
    passed(exercise, "after `backward()` every parameter of G has a gradient, and it is the right one.")


@exercise("4b · the kept graph", id="kept-graph", points=2)
def one_round(exercise: str, function: Callable[..., None]) -> None:
    """Check a step of each player from one call of the generator, without `retain_graph`."""
    bench = Bench()
    bench.leave_gradients()
    networks = bench.generator, bench.discriminator
    before = [(bench_of.weights(network), bench_of.gradients(network)) for network in networks]
    bench_of.call(exercise, function, _round_case(bench))
    generator_move, discriminator_move = (
        Move(bench_of.weights(network) - start, gradient, bench_of.gradients(network))
        for network, (start, gradient) in zip(networks, before, strict=True)
    )
    bench_of.refuse_changed_settings(exercise, bench)
    refuse_cut_graph(exercise, bench)
    if bench.arrivals > 1:
        fail(
            exercise,
            f"gradients came back to the generator {bench.arrivals} times, but only its own loss should reach it. "
            "The discriminator's loss still hangs on G's graph: give it `fake.detach()`.",
        )

    fresh = Bench()
    against_old_d = -bench_of.RATE * fresh.gradient(fresh.generator, only_fake_matters)
    right = losses.discriminator_loss
    bench_of.judge_move(exercise, fresh, fresh.discriminator, discriminator_move, right, ROUND_MISTAKES)
    if bench_of.close(generator_move.moved, against_old_d):
        fail(exercise, "G answered the discriminator of before its step. Ask D about the fake again after D has moved.")
    moved_d = bench_of.weights(bench.discriminator)
    torch.nn.utils.vector_to_parameters(moved_d, fresh.discriminator.parameters())
    bench_of.judge_move(exercise, fresh, fresh.generator, generator_move, only_fake_matters, GENERATOR_MISTAKES)
    if (calls := len(bench.generator_modes)) > 1:
        fail(
            exercise,
            f"`generator(z)` was called {calls} times. Here the fakes are the same each time, but a generator with "
            "dropout, as in the lesson, makes other fakes at each call: G would not answer for the fakes that D has "
            "just seen. Call it once and keep `fake`: D gets `fake.detach()`, and then G's loss gets `fake`.",
        )
    if kept := _kept_at_discriminator_step(function):
        fail(
            exercise,
            f"both moves are right, but {kept} tensors of D's graph were still in memory after D's `backward()`: "
            "`retain_graph=True` is still there. With the detach nobody needs it.",
        )
    passed(exercise, "both players moved rightly, a gradient reached G once, and D's graph was gone before D's step.")


ROUND_MISTAKES = [
    Mistake(
        lambda r, f: losses.discriminator_loss(r, f) + losses.non_saturating(f),
        "D's move also holds the gradient of G's loss: G's `backward()` came too early. First finish D's step.",
    ),
    *DISCRIMINATOR_MISTAKES,
]


def _round_case(bench: Bench) -> tuple[object, ...]:
    optimizers = bench.generator_optimizer, bench.discriminator_optimizer
    return bench.generator, bench.discriminator, *optimizers, bench.real, bench.z


def _kept_at_discriminator_step(function: Callable[..., None]) -> int:
    """Count what D's calls saved for `backward()` and what of it is still there when D's optimiser steps."""
    bench, counts = Bench(), [0]
    boxes: weakref.WeakSet[_Box] = weakref.WeakSet()
    calls: list[bool] = []  # not empty while the discriminator is being called

    def pack(tensor: Tensor) -> _Box:
        box = _Box(tensor)
        if calls:
            boxes.add(box)
        return box

    bench.discriminator.register_forward_pre_hook(lambda *rest: calls.append(True))
    bench.discriminator.register_forward_hook(lambda *rest: calls.clear())
    bench.discriminator_optimizer.register_step_pre_hook(lambda *rest: counts.append(len(boxes)))
    with torch.autograd.graph.saved_tensors_hooks(pack, lambda box: box.tensor):
        function(*_round_case(bench))
    return max(counts)


class _Box:
    """Holds one saved tensor: when the graph lets it go, the box goes too."""

    def __init__(self, tensor: Tensor) -> None:
        self.tensor = tensor


def _against_every_label(answers: Tensor, labels: Tensor) -> Tensor:
    return -(labels * answers.log() + (1 - labels) * (1 - answers).log())


@exercise("4c · the silent broadcast", id="silent-broadcast", points=2)
def answer_by_answer_loss(exercise: str, function: Callable[[Tensor, Tensor], Tensor]) -> None:
    """Check binary cross-entropy of answers (N,) with labels (N, 1), each answer with its own label."""
    sets = [
        ([0.9, 0.8, 0.3, 0.1], [1, 1, 0, 0]),
        ([0.7, 0.2, 0.6], [0, 1, 1]),
        ([0.8], [1]),
        ([1e-7, 0.5], [1, 0]),  # as sure as a float can be, and wrong
    ]
    cases = [(torch.tensor(answers), torch.tensor(labels).float().unsqueeze(1)) for answers, labels in sets]

    def right(answers: Tensor, labels: Tensor) -> Tensor:
        return binary_cross_entropy(answers, labels.flatten())

    first = bench_of.call(exercise, function, cases[0])
    if same(first, right(*cases[0])):
        for count in (1, 2, 5, 8):
            _refuse_an_answer(exercise, function, cases[0][0], torch.ones(count, 1))
    mistakes = [
        Mistake(
            lambda a, y: _against_every_label(a, y).mean(),
            "this is the broadcast again: (N,) beside (N, 1) makes (N, N), every answer with every label. Bring both "
            "to one shape first, for example with `labels.squeeze(1)`.",
        ),
        Mistake(
            lambda a, y: _against_every_label(a, y.flatten()),
            "each answer meets its own label now, but you return one number for each. Take the mean.",
        ),
        Mistake(lambda a, y: _against_every_label(a, y.flatten()).sum(), "this is the sum. Asked is the mean."),
        Mistake(lambda a, y: -right(a, y), "the sign is turned round: −log of a probability is never below 0."),
        Mistake(
            lambda a, y: binary_cross_entropy_with_logits(a, y.flatten()),
            "the answers are probabilities here, after the sigmoid, and not logits: use `binary_cross_entropy`.",
        ),
        Mistake(lambda a, y: right(1 - a, y), "the two labels are swapped: the label 1 goes with log(answer)."),
        *(
            Mistake(
                lambda a, y, small=small: right(a.clamp(small, 1 - small), y),
                "an answer of 0.0000001 was cut off before the logarithm: finite, but wrong for sure answers, and its "
                "gradient is 0 there. `binary_cross_entropy` takes the answers as they are.",
            )
            for small in (1e-6, 1e-5, 1e-4, 1e-3, 1e-2)
        ),
        *(
            Mistake(
                lambda a, y, small=small: (
                    -(y.flatten() * (a + small).log() + (1 - y.flatten()) * (1 - a + small).log()).mean()
                ),
                "a small number inside the logarithm makes the loss wrong where an answer is sure. "
                "`binary_cross_entropy` needs none.",
            )
            for small in (1e-8, 1e-7, 1e-6, 1e-5)
        ),
        Mistake(
            lambda a, y: right(a, y).item(),
            "the number is right, but a Python number has no graph: training needs a tensor. Leave `.item()` out.",
        ),
        Mistake(
            lambda a, y: (a - y.flatten()).square().mean(),
            "the shapes are right, but this is the squared error. Asked is the binary cross-entropy.",
        ),
    ]
    praise = "each answer met its own label, also in a batch of one, and a wrong number of labels is refused."
    with_graph = cases[0][0].clone().requires_grad_()
    _refuse_without_graph(exercise, function, with_graph, cases[0][1])
    judge(exercise, bench_of.with_hints(function), cases, right, mistakes, praise)


def _refuse_without_graph(
    exercise: str, function: Callable[[Tensor, Tensor], Tensor], answers: Tensor, labels: Tensor
) -> None:
    """Raise CheckFailed if a loss that is a tensor passes no gradient to the answers."""
    loss = bench_of.call(exercise, function, (answers, labels))
    if isinstance(loss, Tensor) and loss.is_floating_point() and not loss.requires_grad:
        fail(
            exercise,
            "no gradient can pass your loss: a `detach()` or a `no_grad()` cuts the graph, so nothing could learn "
            "from it.",
        )


def _refuse_an_answer(
    exercise: str, function: Callable[[Tensor, Tensor], Tensor], answers: Tensor, labels: Tensor
) -> None:
    """Raise CheckFailed if a function takes labels that are not one for each answer."""
    try:
        function(answers, labels)
    except (ValueError, RuntimeError, AssertionError, IndexError):
        return
    fail(
        exercise,
        f"right for one label an answer. But {len(answers)} answers and {len(labels)} label(s) also got a number, one "
        "without a meaning. Raise a ValueError there: `labels.view_as(answers)` and PyTorch's own function refuse too.",
    )


@exercise("4d · eval is not a brake", id="eval-is-no-brake", points=2)
def frozen_generator_step(exercise: str, step: Callable[..., Tensor]) -> None:
    """Check a generator step that computes no gradients for D, and leaves D's mode alone."""
    bench, move, _ = run_on_bench(exercise, step, "generator")
    refuse_cut_graph(exercise, bench)
    fresh = Bench()
    bench_of.judge_move(exercise, fresh, fresh.generator, move, only_fake_matters, GENERATOR_MISTAKES)
    if bench.discriminator_gradients:
        parameters = len(list(bench.discriminator.parameters()))
        fail(
            exercise,
            f"G moved rightly, but {bench.discriminator_gradients} of D's {parameters} parameter tensors were given "
            "gradients on the way. Clearing them later saves nothing: switch `requires_grad` of D's parameters off "
            "before the forward pass, and on again afterwards.",
        )
    if not bench.discriminator_modes:
        fail(
            exercise,
            "G moved rightly, but the discriminator that was given was never asked: a copy of it was. A copy at each "
            "step costs its memory and its time, and the copy's parameters were given gradients. Switch "
            "`requires_grad` of D's own parameters off, and on again afterwards.",
        )
    bench_of.refuse_emptied(exercise, bench, "discriminator")
    passed(exercise, "the gradient went through D to G, none was made for D's parameters, and D can still learn.")
