"""Random states kept apart: dropout has its own, and whoever looks on does not disturb the training."""

import contextlib
from collections.abc import Iterator

import torch

from dcgan_course.training.state import Training


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
