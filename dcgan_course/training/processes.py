"""Training with several processes: `torchrun --nproc_per_node N -m dcgan_course train …`, one process a GPU.

Every process holds both networks and plays its own part of each batch. Before a network is moved, its gradients are
averaged over the processes, so that all hold the same networks after every step. `batch_size` stays the size of the
whole batch: with the same seed, N processes play the same game as one. Batch norm is the exception: each process
takes the statistics of its own part. A checkpoint does not depend on the number of processes: what two began, one
or four can continue. Without torch.distributed all of this does nothing.
"""

import os

import torch
import torch.distributed as distributed
from torch import Tensor
from torch.optim import Optimizer

from dcgan_course.errors import InvalidValue
from dcgan_course.models.protocols import Module


def started_processes() -> int:
    """Return how many processes torchrun has started; 1 without it. They may not have met yet."""
    return int(os.environ.get("WORLD_SIZE", "1"))


def join_processes() -> torch.device:
    """Return the device to train on; under torchrun, meet the other processes first."""
    cuda = torch.cuda.is_available()
    if started_processes() > 1:
        if cuda:
            torch.cuda.set_device(int(os.environ["LOCAL_RANK"]))
        distributed.init_process_group("nccl" if cuda else "gloo")
    return torch.device("cuda", torch.cuda.current_device()) if cuda else torch.device("cpu")


def leave_processes() -> None:
    """End what `join_processes` began."""
    if _have_met():
        distributed.destroy_process_group()


def _have_met() -> bool:
    return distributed.is_available() and distributed.is_initialized()


def refuse_unequal_parts(batch_size: int, processes: int) -> None:
    """Raise InvalidValue for a batch that so many processes cannot share equally."""
    if batch_size % processes:
        raise InvalidValue(
            f"batch_size is {batch_size}, but {processes} processes share each batch: it must be a multiple of "
            f"{processes}."
        )


class Processes:
    """The processes that train together; one alone where torch.distributed was not started.

    Args:
        batch_size: of the whole batch; the number of processes must divide it.

    Raises:
        InvalidValue: it does not.
    """

    def __init__(self, batch_size: int) -> None:
        self.count = distributed.get_world_size() if _have_met() else 1
        self.rank = distributed.get_rank() if _have_met() else 0
        refuse_unequal_parts(batch_size, self.count)

    def part(self, rows: Tensor) -> Tensor:
        """Return this process's rows of a batch: (N, …) → (N / processes, …). Together the parts have each row once."""
        return rows.chunk(self.count)[self.rank]

    def any(self, flag: bool | Tensor) -> bool:
        """Return whether the flag is true in at least one process."""
        return self._total(float(flag)) > 0

    def mean(self, value: float) -> float:
        """Return the mean of a number over the processes."""
        return self._total(value) / self.count

    def _total(self, value: float) -> float:
        if self.count == 1:
            return value
        device = "cuda" if distributed.get_backend() == "nccl" else "cpu"
        number = torch.tensor(value, dtype=torch.float64, device=device)
        distributed.all_reduce(number)
        return float(number)

    def share_start(self, *networks: Module) -> None:
        """Give every process the networks of the first one."""
        if self.count > 1:
            for network in networks:
                for tensor in network.state_dict().values():
                    distributed.broadcast(tensor, 0)

    def average_gradients_of(self, optimizer: Optimizer) -> None:
        """Let an optimiser average its gradients over the processes before each of its steps."""
        if self.count > 1:
            optimizer.register_step_pre_hook(self._average)

    def _average(self, optimizer: Optimizer, arguments: tuple[object, ...], keywords: dict[str, object]) -> None:
        gradients = [p.grad for group in optimizer.param_groups for p in group["params"] if p.grad is not None]
        together = torch.cat([gradient.flatten() for gradient in gradients])
        distributed.all_reduce(together)
        together /= self.count
        for gradient, averaged in zip(gradients, together.split([g.numel() for g in gradients]), strict=True):
            gradient.copy_(averaged.view(gradient.shape))
