"""One round of the game as a CUDA graph: recorded once, then played again by one command to the GPU.

A step of a small DCGAN is some hundreds of kernels of some microseconds each, and Python needs longer to ask for them
than the GPU to compute them. A graph asks for all of them at once. It computes the same: the same kernels in the same
order, on tensors that lie where they lay when it was recorded.

Source: PyTorch's notes on CUDA, section "CUDA Graphs".
"""

from collections.abc import Callable

import torch
from torch import Tensor

from dcgan_course.errors import InvalidValue, one_line

Losses = tuple[Tensor, Tensor | None]
Round = Callable[[Tensor, Tensor | None], Losses]
FIRST_ROUNDS = 3  # played as they are: optimisers make their state, cuDNN chooses its algorithms


class GraphedRound:
    """Plays rounds of the same shapes: the first three one kernel at a time, the others as a CUDA graph.

    Args:
        play: moves the networks once, given real pictures (N, C, H, W) and their labels (N,) or None; returns the
            losses. It must do the same at every call: what Python decides in it is decided when it is recorded.
        noise: the source of z that it draws from, on the GPU.

    Raises:
        InvalidValue: at the fourth round, which cannot be recorded, since a network reads numbers off the GPU, say.
    """

    def __init__(self, play: Round, noise: torch.Generator) -> None:
        self._play, self._noise = play, noise
        self._rounds = 0
        self._graph: torch.cuda.CUDAGraph | None = None
        self._given: tuple[Tensor, Tensor | None]
        self._found: Losses
        self._beside = torch.cuda.Stream()  # a graph is not recorded on the stream that all else uses

    def __call__(self, real: Tensor, labels: Tensor | None) -> Losses:
        """Move the networks once; return both losses, tensors that the next round leaves alone."""
        if self._rounds == FIRST_ROUNDS:
            self._record(real, labels)
        self._rounds += 1
        if self._graph is None:
            return self._first(real, labels)
        place_of_real, place_of_labels = self._given
        place_of_real.copy_(real)
        if place_of_labels is not None and labels is not None:
            place_of_labels.copy_(labels)
        self._graph.replay()
        d_loss, g_loss = self._found
        return d_loss.clone(), None if g_loss is None else g_loss.clone()

    def _first(self, real: Tensor, labels: Tensor | None) -> Losses:
        self._beside.wait_stream(torch.cuda.current_stream())
        with torch.cuda.stream(self._beside):
            losses = self._play(real, labels)
        torch.cuda.current_stream().wait_stream(self._beside)
        return losses

    def _record(self, real: Tensor, labels: Tensor | None) -> None:
        """Write down what a round asks the GPU for; nothing is computed, so no number moves."""
        given = (real.clone(), None if labels is None else labels.clone())
        graph = torch.cuda.CUDAGraph()
        graph.register_generator_state(self._noise)
        torch.cuda.synchronize()
        try:
            with torch.cuda.graph(graph, stream=self._beside):
                found = self._play(*given)
        except RuntimeError as error:
            raise InvalidValue(
                "cuda_graph is True, but a step of these networks cannot be recorded: leave it out "
                f"({one_line(error)})."
            ) from error
        self._graph, self._given, self._found = graph, given, found
