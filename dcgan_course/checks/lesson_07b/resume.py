"""Exercise 1 of lesson 07b, its bench and its check: a training that goes on as if it had never stopped."""

import io
from collections.abc import Callable, Iterable
from typing import Any

import torch
from torch import Tensor, nn

from dcgan_course.checks.engine import answer, describe_error, fail, passed
from dcgan_course.checks.registry import exercise
from dcgan_course.latent.paths import sample
from dcgan_course.models.inference import eval_mode
from dcgan_course.training.loop import discriminator_step, generator_step

STOP_AT, GO_ON = 7, 6


class SmallTraining:
    """A GAN on points in the plane, and everything that it carries from step to step.

    generator (with batch norm), discriminator: the networks. generator_optimizer, discriminator_optimizer: Adam.
    noise: a torch.Generator; z and the choice of real points are drawn with it. step: how many steps are done.
    """

    def __init__(self, seed: int = 0) -> None:
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            self.generator = nn.Sequential(nn.Linear(3, 8), nn.BatchNorm1d(8), nn.ReLU(), nn.Linear(8, 2))
            self.discriminator = nn.Sequential(nn.Linear(2, 8), nn.LeakyReLU(0.2), nn.Linear(8, 1), nn.Flatten(0))
            self.points = torch.randn(64, 2)
        self.generator_optimizer = torch.optim.Adam(self.generator.parameters(), lr=0.01)
        self.discriminator_optimizer = torch.optim.Adam(self.discriminator.parameters(), lr=0.01)
        self.noise = torch.Generator().manual_seed(seed)
        self.step = 0

    def run(self, steps: int) -> None:
        """Train; the learning rate of both players falls with the step, as in many programs."""
        for _ in range(steps):
            rate = 0.01 / (1 + 0.1 * self.step)
            for optimizer in (self.generator_optimizer, self.discriminator_optimizer):
                optimizer.param_groups[0]["lr"] = rate
            real = self.points[torch.randint(0, 64, (16,), generator=self.noise)]
            z = torch.randn(2, 16, 3, generator=self.noise)
            discriminator_step(self.generator, self.discriminator, self.discriminator_optimizer, real, z[0])
            generator_step(self.generator, self.discriminator, self.generator_optimizer, z[1])
            self.step += 1

    @torch.no_grad()
    def draw(self) -> Tensor:
        """Return the points (200, 2) of fixed z, in eval mode: batch norm uses its running statistics."""
        with eval_mode(self.generator):
            return self.generator(sample(200, 3, seed=1))


def parts(training: SmallTraining) -> dict[str, Tensor]:
    """Return a copy of everything that a training carries, as named vectors."""

    def flat(tensors: Iterable[Tensor]) -> Tensor:
        return torch.cat([torch.zeros(0, dtype=torch.float64), *(t.detach().double().flatten() for t in tensors)])

    held = {}
    for name in ("generator", "discriminator"):
        network = getattr(training, name)
        held[f"the weights of the {name}"] = flat(network.parameters())
        held[f"the running statistics of the {name}"] = flat(network.buffers())
    for name in ("generator", "discriminator"):
        optimizer = getattr(training, f"{name}_optimizer")
        ours = [p for group in optimizer.param_groups for p in group["params"]]
        states = [optimizer.state[p] for p in ours if p in optimizer.state]
        held[f"Adam's memory for the {name}"] = flat(value for state in states for value in state.values())
    held["the state of the random numbers"] = training.noise.get_state().double()
    held["the step"] = torch.tensor([float(training.step)], dtype=torch.float64)
    return held


def differences(one: SmallTraining, other: SmallTraining) -> list[str]:
    """Return the names of what two trainings do not share, bit for bit."""
    ours, theirs = parts(one), parts(other)
    return [name for name in ours if not torch.equal(ours[name], theirs[name])]


HINTS = {
    "weights": "`network.state_dict()` has all of them; `load_state_dict` puts them back.",
    "running statistics": "batch norm's averages are buffers, not parameters: `parameters()` leaves them out and "
    "`state_dict()` has them. Training does not read them. The samples in eval mode do.",
    "Adam's memory": "Adam keeps two averages of the gradient for each weight, and counts its steps. Without them its "
    "first steps after the stop are those of a beginner. `optimizer.state_dict()` has them.",
    "random numbers": "other z and other real points would follow: `training.noise.get_state()` and `set_state`.",
    "the step": "the learning rate of this training depends on the step, and so does the end of most trainings.",
}


def _hint(part: str) -> str:
    return next(hint for words, hint in HINTS.items() if words in part)


def _through_a_file(exercise: str, saved: object) -> object:
    """Return what a file gives back; refuse what is not tensors, numbers, texts, lists and dicts."""
    file = io.BytesIO()
    try:
        torch.save(saved, file)
        file.seek(0)
        return torch.load(file, weights_only=True)
    except Exception as error:  # noqa: BLE001  pickle raises many kinds
        fail(
            exercise,
            f"what `snapshot` returns cannot be read from a file safely ({type(error).__name__}). Save tensors, "
            "numbers and dicts of them, such as a `state_dict()`, not whole networks or optimisers: a file with "
            "objects in it runs code when it is opened.",
        )


@exercise("1 · resume exactly", id="exact-resume", points=4)
def exact_resume(
    exercise: str, snapshot: Callable[[SmallTraining], object], put_back: Callable[[SmallTraining, Any], None]
) -> None:
    """Check a learner's snapshot(training) → anything that a file can hold, and put_back(training, saved)."""
    whole = SmallTraining()
    whole.run(STOP_AT)
    before, random_numbers = parts(whole), torch.get_rng_state()
    saved = answer(exercise, snapshot, (whole,))
    if saved is None:
        fail(exercise, "`snapshot` gave nothing back. Does it end with `return`?")
    _refuse_changes(exercise, "snapshot", before, whole)
    at_the_stop = _through_a_file(exercise, saved)
    stopped = SmallTraining()
    stopped.run(STOP_AT)
    whole.run(GO_ON)

    fresh = SmallTraining(seed=1)
    fresh.points = whole.points  # the data are the same after a stop; all else is another
    fresh.run(2)
    answer(exercise, put_back, (fresh, at_the_stop))
    if not torch.equal(random_numbers, torch.get_rng_state()):
        fail(
            exercise,
            "your functions changed PyTorch's own random numbers, which other parts of a program draw from. This "
            "training draws from `training.noise` alone: set no seed.",
        )
    if type(fresh.step) is not int:
        kind = type(fresh.step).__name__
        shared = " PyTorch counts a tensor up in place, also the one in your snapshot." if kind == "Tensor" else ""
        fail(
            exercise,
            f"`step` came back as a {kind}; it was an int before.{shared} Save `training.step` itself, or "
            "put back `int(…)`.",
        )
    missing = differences(stopped, fresh)
    if missing:
        fail(
            exercise,
            f"{len(missing)} of {len(parts(whole))} parts are not as they were at the stop: {', '.join(missing)}.\n"
            f"  Hint on {missing[0]}: {_hint(missing[0])}",
        )
    try:
        fresh.run(GO_ON)
    except Exception as error:  # noqa: BLE001  what was put back may stop the training in any way
        fail(
            exercise,
            f"right after `put_back` all is equal, but the next step raises {type(error).__name__}: "
            f"{describe_error(error)}. Put numbers back, and nothing else: neither `requires_grad` nor modes.",
        )
    apart = differences(whole, fresh)
    if apart:
        fail(
            exercise,
            f"right after `put_back` all is equal, but {GO_ON} steps later it is not: {', '.join(apart)}. Does each "
            "optimiser still hold the parameters of its network? Load into the networks and optimisers that are "
            "there; do not put others in their place.",
        )
    late = SmallTraining(seed=1)
    answer(exercise, put_back, (late, _through_a_file(exercise, saved)))
    if differences(stopped, late):
        fail(
            exercise,
            "your snapshot changes when the training goes on: a `state_dict()` shares its memory with the network. "
            "Copy it: `copy.deepcopy(network.state_dict())`.",
        )
    third = SmallTraining(seed=1)
    answer(exercise, put_back, (third, at_the_stop))
    if any("weights" in name or "statistics" in name for name in differences(stopped, third)):
        fail(  # PyTorch's own optimisers keep Adam's memory as it was read; networks never do
            exercise,
            "what was read from the file changed while the training went on: `put_back` gave the networks the saved "
            "tensors themselves. Copy numbers into the parameters that are there: `load_state_dict` does.",
        )
    passed(
        exercise,
        f"stopped after {STOP_AT} steps, continued for {GO_ON}: all {len(parts(whole))} parts are equal to the "
        "last bit.",
    )


def _refuse_changes(exercise: str, name: str, before: dict[str, Tensor], training: SmallTraining) -> None:
    after = parts(training)
    changed = [part for part in before if not torch.equal(before[part], after[part])]
    if changed:
        fail(exercise, f"`{name}` changed the training itself: {', '.join(changed)}. It should only read.")
