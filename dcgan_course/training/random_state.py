"""Random states: dropout has its own, whoever looks on does not disturb the training, and a kept one is tried out."""

import contextlib
from collections.abc import Iterator

import torch
from torch import Tensor

from dcgan_course.training.state import Training

# The bytes of a kept state say what kind of device it is of. 5048 and 8 are those of older versions of PyTorch.
DEVICE_OF_SIZE: dict[tuple[int, ...], str] = {
    (5056,): "cpu",
    (5048,): "cpu",
    (16,): "cuda",
    (8,): "cuda",
    (44,): "mps",
    (36,): "mps",
}
TWISTER = 624  # numbers that the CPU's generator makes at a time


def _cuda(training: Training) -> list[torch.device]:
    return [training.device] if training.device.type == "cuda" else []


@contextlib.contextmanager
def own_random_state(training: Training) -> Iterator[None]:
    """Give dropout a random state of its own, and leave the caller's as it was."""
    with torch.random.fork_rng(devices=_cuda(training)):
        torch.manual_seed(training.config.seed + training.processes.rank)  # other dropout in every process
        yield


@contextlib.contextmanager
def undisturbed(training: Training) -> Iterator[None]:
    """Let others draw at random inside the block without changing the training's own random state."""
    with torch.random.fork_rng(devices=_cuda(training)):
        yield


def can_go_on(state: Tensor, device: torch.device) -> bool:
    """Tell whether a generator of a device takes a kept state and draws finite numbers from it.

    PyTorch reads past the end of the CPU's numbers if the counts of those that are left and of the next do not agree.
    """
    if device.type == "cpu":
        if DEVICE_OF_SIZE.get(tuple(state.shape)) != "cpu":
            return False
        left, _ = state[8:16].numpy().view("<i4")
        after = int(state[16:24].numpy().view("<u8")[0])
        if (left, after) != (1, 0) and int(left) + after != TWISTER + 1:
            return False
    trial = torch.Generator(device)
    try:
        trial.set_state(state)
    except RuntimeError:
        return False
    return bool(torch.randn(3, generator=trial, device=device).isfinite().all())
