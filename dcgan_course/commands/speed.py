"""How long a training step takes on this machine now, with one thread and with all.

Two threads meet after every layer. Where another program takes a core away, the one waits for the other, and both can
be many times slower than one thread alone.
"""

import os
import statistics
import time
from collections import deque
from collections.abc import Callable

import torch

from dcgan_course.models.protocols import LatentGenerator, Network
from dcgan_course.training.loop import discriminator_step, generator_step

ROUNDS = 3
ROUND_S = 0.1  # of a round at least: one step of a few milliseconds would say what the system did meanwhile
LONGEST_S = 3  # no round is begun later: on a busy machine a step can take seconds
WORTH_SAYING = 1.2  # times as fast; less is noise
FEW_PICTURES = 4  # a batch that the networks of `train` take in a moment
ONE_THREAD = "set OMP_NUM_THREADS=1 before you start"
WARM, FIRST = 3, 20  # steps: those that only warm up, and those that say how fast this machine is
WINDOW_S = 4.0  # of the last steps, which are compared with the first ones
SLOWER = 1.5  # times as long as the first steps: then it is measured again
MOST_LOOKS = 3  # measurements after the first; each takes a moment of the training


def all_threads() -> int:
    """Return how many cores this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def seconds_by_threads(
    networks: Callable[[], tuple[LatentGenerator, Network]], batch_size: int, counts: list[int]
) -> dict[int, float]:
    """Time training steps of two fresh networks on random pictures, on the CPU, with each number of threads.

    The numbers take turns, so that all meet the same other programs. The number of threads and the random state are
    left as they were.

    Args:
        networks: builds generator and discriminator. counts: numbers of threads.

    Returns:
        {number of threads: median seconds of a step}.
    """
    before = torch.get_num_threads()
    seconds: dict[int, list[float]] = {count: [] for count in counts}
    try:
        with torch.random.fork_rng(devices=[]), torch.enable_grad():
            step = _step(*networks(), batch_size)
            start = time.perf_counter()
            for _ in range(ROUNDS + 1):
                for count in counts:
                    torch.set_num_threads(count)
                    seconds[count].append(_seconds_of(step))
                if time.perf_counter() - start > LONGEST_S:
                    break
    finally:
        torch.set_num_threads(before)
    return {count: statistics.median(each[1:] or each) for count, each in seconds.items()}  # the first only warms up


def remedy_for_a_busy_machine(networks: Callable[[], tuple[LatentGenerator, Network]]) -> str:
    """Time steps of the networks with torch's threads and with one; return a sentence if one is faster, else ""."""
    many = torch.get_num_threads()
    seconds = seconds_by_threads(networks, FEW_PICTURES, sorted({1, many})) if many > 1 else {many: 0.0, 1: 0.0}
    if seconds[1] * WORTH_SAYING >= seconds[many]:
        return ""
    return (
        f"Other programs keep this machine busy: one thread is now {seconds[many] / seconds[1]:.1f} times as fast as "
        f"{many}. If that lasts, stop with Ctrl-C and go on with `--resume --threads 1`."
    )


def choose_threads(networks: Callable[[], tuple[LatentGenerator, Network]]) -> tuple[int, str]:
    """Time steps with one thread and with all, set torch to the faster number; return it, and a sentence about it."""
    seconds = seconds_by_threads(networks, FEW_PICTURES, sorted({1, all_threads()}))
    fastest = min(seconds, key=lambda count: seconds[count])
    torch.set_num_threads(fastest)
    timed = ", ".join(f"{1000 * each:.0f} ms with {count}" for count, each in seconds.items())
    return fastest, (
        f"Threads: {fastest} (a step of {FEW_PICTURES} pictures takes {timed}). With another number sums are added in "
        "another order, so a second run may differ in the last bits."
    )


class Watch:
    """Compares a training's steps with its first ones, and says once if another program makes one thread faster.

    Args:
        networks: builds generator and discriminator as they are trained, for a measurement.
    """

    def __init__(self, networks: Callable[[], tuple[LatentGenerator, Network]]) -> None:
        self._networks = networks
        self._steps = 0
        self._first: list[float] = []
        self._last: deque[float] = deque()
        self._looks = MOST_LOOKS if torch.get_num_threads() > 1 else 0
        self._start = time.perf_counter()

    def begin(self) -> None:
        """Note that a step begins, or whatever else that is not to be counted has ended."""
        self._start = time.perf_counter()

    def end(self) -> str:
        """Note that a step has ended; return a sentence if there is something to say, else ""."""
        if not self._looks:
            return ""
        seconds, self._steps = time.perf_counter() - self._start, self._steps + 1
        if self._steps <= WARM:
            return ""
        if len(self._first) < FIRST:
            self._first.append(seconds)
            return ""
        self._last.append(seconds)
        if sum(self._last) < WINDOW_S or len(self._last) < WARM:
            return ""
        slower = statistics.median(self._last) > SLOWER * statistics.median(self._first)
        while sum(self._last) >= WINDOW_S and self._last:
            self._last.popleft()
        if not slower:
            return ""
        self._last.clear()
        self._looks -= 1
        said = remedy_for_a_busy_machine(self._networks)
        self._looks = 0 if said else self._looks
        return said


def _step(generator: LatentGenerator, discriminator: Network, batch_size: int) -> Callable[[], None]:
    z = torch.randn(batch_size, generator.latent_dim)
    real = torch.rand(batch_size, *generator.image_shape) * 2 - 1
    of_d, of_g = (torch.optim.Adam(network.parameters()) for network in (discriminator, generator))

    def step() -> None:
        discriminator_step(generator, discriminator, of_d, real, z)
        generator_step(generator, discriminator, of_g, z)

    return step


def _seconds_of(step: Callable[[], None]) -> float:
    start, steps = time.perf_counter(), 0
    while not steps or time.perf_counter() - start < ROUND_S:
        step()
        steps += 1
    return (time.perf_counter() - start) / steps
