"""Exercises 7 to 10 of lesson 03: who moves, and three broken loops: what is seen, and which lines change."""

import copy
from collections.abc import Callable, Mapping

import torch
from torch import nn
from torch.nn.functional import softplus

from dcgan_course.checks.engine import answer, describe, describe_error, fail
from dcgan_course.checks.lesson_03.loops import Loop, judge_loop
from dcgan_course.checks.naming import judge_names
from dcgan_course.checks.registry import exercise
from dcgan_course.training.losses import discriminator_loss, non_saturating

MOVES, STAYS = "moves", "stays"
WHO = {  # letter: (what is watched, in which step, how the step is written)
    "A": ("G.weight", "D", "with torch.no_grad() around G(z)"),
    "B": ("G.running", "D", "with torch.no_grad() around G(z)"),
    "C": ("G.running", "D", "after G.eval()"),
    "D": ("D.weight", "G", "as the lesson writes it"),
    "E": ("D.gradient", "G", "as the lesson writes it"),
    "F": ("D.running", "G", "after D.eval()"),
    "G": ("D.running", "G", "after D.requires_grad_(False)"),
    "H": ("D.gradient", "G", "after D.eval()"),
}
WHY = {
    "A": "D's optimiser does not hold G's weights, and no graph of G was built.",
    "B": "no_grad stops graphs, not batch norm: in training mode every batch that passes moves the running statistics.",
    "C": "in eval mode batch norm uses its running statistics and leaves them alone.",
    "D": "G's optimiser does not hold D's weights: it moves what it holds, and nothing else.",
    "E": "the gradient runs through D back into G, and backward leaves a part in each of D's parameters on the way.",
    "F": "in eval mode batch norm leaves its running statistics alone, also while gradients flow through it.",
    "G": "running statistics are no parameters: requires_grad_(False) does not touch them, and D is in training mode.",
    "H": "eval() does not stop gradients. Only requires_grad_(False), or no graph at all, does.",
}


def _seen(letter: str) -> str:
    """Make the step of a letter with two small networks, and tell whether the watched thing moved."""
    what, step, how = WHO[letter]
    with torch.random.fork_rng(devices=[]), torch.enable_grad():
        torch.manual_seed(0)
        generator = nn.Sequential(nn.Linear(2, 4, bias=False), nn.BatchNorm1d(4), nn.ReLU(), nn.Linear(4, 1))
        discriminator = nn.Sequential(
            nn.Linear(1, 4, bias=False), nn.BatchNorm1d(4), nn.LeakyReLU(0.2), nn.Linear(4, 1)
        )
        real, z = torch.randn(16, 1), torch.randn(16, 2)
    networks = {"G": generator, "D": discriminator}
    if "eval" in how:
        networks[how.split()[1][0]].eval()
    if "requires_grad_" in how:
        discriminator.requires_grad_(False)
    optimizer = torch.optim.SGD(networks[step].parameters(), lr=0.1)

    def watched() -> list[torch.Tensor]:
        network, kind = networks[what[0]], what[2:]
        if kind == "gradient":
            return [torch.zeros(1) if p.grad is None else p.grad.clone() for p in network.parameters()]
        if kind == "running":
            return [tensor.clone() for name, tensor in network.state_dict().items() if "running" in name]
        return [parameter.detach().clone() for parameter in network.parameters()]

    before = watched()
    with torch.enable_grad():
        if step == "D":
            with torch.set_grad_enabled("no_grad" not in how):
                fake = generator(z)
            loss = discriminator_loss(discriminator(real), discriminator(fake.detach()))
        else:
            loss = non_saturating(discriminator(generator(z)))
        loss.backward()
    optimizer.step()
    return STAYS if all(torch.equal(one, other) for one, other in zip(before, watched(), strict=True)) else MOVES


@exercise("7 · who moves", id="moves", points=2)
def who_moves(exercise: str, function: Callable[[], Mapping[str, str]]) -> None:
    """Check a table of what moves in which step; the right one comes from making the steps."""
    right = {letter: _seen(letter) for letter in WHO}
    praise = "optimisers move what they hold, batch norm what passes through it, backward leaves gradients on its way."
    judge_names(exercise, function, right, (MOVES, STAYS), lambda letter, claim: WHY[letter], praise)


HEAD = "(generator, discriminator, generator_optimizer, discriminator_optimizer, draw_real, draw_z, rounds):"
BROKEN = {
    1: f"""def broken_1{HEAD}
    for _ in range(rounds):
        fake = generator(draw_z()).detach()
        loss = softplus(-discriminator(draw_real())).mean() + softplus(discriminator(fake)).mean()
        discriminator_optimizer.zero_grad()
        loss.backward()
        discriminator_optimizer.step()
        fake = generator(draw_z())
        loss = softplus(-discriminator(fake.detach())).mean()
        generator_optimizer.zero_grad()
        loss.backward()
        generator_optimizer.step()
""",
    2: f"""def broken_2{HEAD}
    for _ in range(rounds):
        fake = generator(draw_z())
        loss = softplus(-discriminator(draw_real())).mean() + softplus(discriminator(fake)).mean()
        discriminator_optimizer.zero_grad()
        loss.backward(retain_graph=True)
        discriminator_optimizer.step()
        loss = softplus(-discriminator(fake)).mean()
        generator_optimizer.zero_grad()
        loss.backward()
        generator_optimizer.step()
""",
    3: f"""def broken_3{HEAD}
    for _ in range(rounds):
        discriminator.train()
        fake = generator(draw_z()).detach()
        loss = softplus(-discriminator(draw_real())).mean() + softplus(discriminator(fake)).mean()
        loss.backward()
        discriminator_optimizer.step()
        discriminator.eval()  # stops the discriminator's gradients
        fake = generator(draw_z())
        loss = softplus(-discriminator(fake)).mean()
        generator_optimizer.zero_grad()
        loss.backward()
        generator_optimizer.step()
""",
}
SYMPTOMS = {  # name: the numbers of the loops that show it
    "G stays where it was": {1},
    "D stays where it was": set(),
    "D is also pulled towards calling fakes real": {3},
    "G is judged on the fakes that D has just learned from": {2},
    "G is trained to look fake": set(),
}
SHOWS = {  # what speaks against a symptom, by its name and the loop
    "G stays where it was": "follow G's graph back from its loss: is it cut anywhere before `generator`?",
    "D stays where it was": "D's loss reaches D's parameters, and discriminator_optimizer.step() moves them.",
    "D is also pulled towards calling fakes real": "D's gradients are cleared before D's backward: what G's step "
    "left in them is thrown away.",
    "G is judged on the fakes that D has just learned from": "G's step draws its fakes anew.",
    "G is trained to look fake": "softplus(−logit) is −log D(G(z)): it falls when D(G(z)) rises.",
}
MOST_LINES = 3


def repaired_loop(exercise: str, number: int, repair: object) -> Loop:
    """Return a broken loop with some lines put in the place of its own.

    Args:
        repair: {number of a line, from 1: its new text}; a text may hold several lines. Their indentation does not
            count, an empty text takes the line out.

    Raises:
        CheckFailed: it is no such dict, more than three lines change, there is no such line, or it is no Python.
    """
    lines = BROKEN[number].splitlines()
    if not isinstance(repair, Mapping) or not all(isinstance(text, str) for text in repair.values()):
        fail(exercise, f"give a dict {{number of a line: its new text}}; yours is {describe(repair)}.")
    if not repair:
        fail(exercise, "no line is changed. The loop runs without an error, and still it is wrong.")
    if len(repair) > MOST_LINES:
        fail(exercise, f"{len(repair)} lines are changed. Find the fault: {MOST_LINES} lines are enough, one may be.")
    for place in repair:
        if not isinstance(place, int) or isinstance(place, bool) or not 3 <= place <= len(lines):
            fail(exercise, f"there is no line {describe(place)} to change: lines 3 to {len(lines)} are the loop's own.")
    for place, text in repair.items():
        lines[place - 1] = "\n".join(" " * 8 + part.strip() for part in text.splitlines()) or " " * 8 + "pass"
    names = {"softplus": softplus, "torch": torch, "nn": nn, "copy": copy}
    try:
        exec("\n".join(lines), names)  # the learner's own lines, in the learner's own kernel
    except SyntaxError as error:
        fail(exercise, f"with your lines the loop is no Python: {describe_error(error)}")
    return names[f"broken_{number}"]  # type: ignore[return-value]  # exec made the function


def _judge_bug(
    exercise: str, number: int, repair: Callable[[], object], symptom: Callable[[], object], praise: str
) -> None:
    """Compare what a learner says is seen, then run the loop with the learner's lines."""
    said = answer(exercise, symptom, ())
    if not isinstance(said, str):
        fail(exercise, f"say what is seen by one of these names: {', '.join(SYMPTOMS)}; yours is {describe(said)}.")
    (right,) = (name for name, loops in SYMPTOMS.items() if number in loops)
    seen = {"what is seen": right}
    judge_names(
        exercise,
        lambda: {"what is seen": said},
        seen,
        list(SYMPTOMS),
        lambda _, claim: SHOWS[claim],
        f"{right}: so it is.",
    )
    judge_loop(exercise, repaired_loop(exercise, number, answer(exercise, repair, ())), praise)


@exercise("8 · the first broken loop", id="bug-1", points=1)
def broken_1(exercise: str, repair: Callable[[], object], symptom: Callable[[], object]) -> None:
    """Check the repair of the loop whose generator never learns."""
    _judge_bug(exercise, 1, repair, symptom, "the gradient reaches G again.")


@exercise("9 · the second broken loop", id="bug-2", points=1)
def broken_2(exercise: str, repair: Callable[[], object], symptom: Callable[[], object]) -> None:
    """Check the repair of the loop that keeps a graph."""
    _judge_bug(
        exercise, 2, repair, symptom, "two graphs, each used once, and fresh z for G: nothing has to be retained."
    )


@exercise("10 · the third broken loop", id="bug-3", points=1)
def broken_3(exercise: str, repair: Callable[[], object], symptom: Callable[[], object]) -> None:
    """Check the repair of the loop that believes in `eval()`."""
    praise = "D starts each step with clean gradients, and eval() is no longer asked to do what it cannot."
    _judge_bug(exercise, 3, repair, symptom, praise)
