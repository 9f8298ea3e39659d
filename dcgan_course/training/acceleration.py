"""What makes a training fast without changing what it computes: precision, memory layout, compilation, placement.

`train` runs the same two steps with or without these. Each is a switch of `TrainConfig`; lesson 07b measures what each
of them buys.
"""

import contextlib
from collections.abc import Callable, Iterator

import torch
from torch import Tensor, nn

from dcgan_course.errors import InvalidValue, one_line
from dcgan_course.models.protocols import AskedGenerator, Network, ToldDiscriminator

PRECISIONS = ("auto", "float32", "bfloat16")
Losses = tuple[Tensor, Tensor | None]
Round = Callable[[Tensor, Tensor | None], Losses]
FIRST_ROUNDS = 3  # played as they are before a graph: optimisers make their state, cuDNN chooses its algorithms


def computes_bfloat16(device: torch.device) -> bool:
    """True if the processor multiplies bfloat16 numbers itself; elsewhere bfloat16 is slower than float32."""
    if device.type == "cuda":
        return torch.cuda.is_bf16_supported(including_emulation=False)
    return device.type == "cpu" and torch.cpu._is_avx512_bf16_supported()


def chosen_precision(precision: str, device: torch.device) -> torch.dtype:
    """Return the type that matrix products and convolutions are computed in.

    "auto" is bfloat16 where the processor computes it itself, and float32 elsewhere.
    """
    if precision == "auto":
        return torch.bfloat16 if computes_bfloat16(device) else torch.float32
    return getattr(torch, precision)


class Accelerated(nn.Module):
    """A network as the training loop calls it: the same parameters, computed faster.

    Args:
        network: whose parameters are used and moved. precision: torch.float32, or torch.bfloat16 for its matrix
            products and convolutions (its parameters, and what comes out, stay float32).
        channels_last: keep the maps of a convolutional network pixel by pixel in memory; changes no value. A compiled
            network on a GPU is left as it is: its backward pass fails there with torch 2.11.
        compiled: let torch.compile write the code of the network. It costs a minute at the first step.
        say: what is told, in a sentence, if torch.compile fails on this machine; the network goes on as it is.
    """

    def __init__(
        self,
        network: Network | AskedGenerator | ToldDiscriminator,
        precision: torch.dtype,
        channels_last: bool,
        compiled: bool,
        say: Callable[[str], None] = print,
    ) -> None:
        super().__init__()
        on_gpu = any(parameter.is_cuda for parameter in network.parameters())
        if channels_last and not (compiled and on_gpu):
            network.to(memory_format=torch.channels_last)
        self.network = network
        self.precision = precision
        self._say = say
        self._compiled: Callable[..., Tensor] | None = None
        if compiled:
            with self._surviving_compilation():
                self._compiled = torch.compile(network)

    def forward(self, x: Tensor, *labels: Tensor) -> Tensor:
        if self.precision == torch.float32:
            return self._call(x, *labels)
        with torch.autocast(x.device.type, self.precision):
            return self._call(x, *labels).float()

    def _call(self, x: Tensor, *labels: Tensor) -> Tensor:
        if self._compiled is not None:
            with self._surviving_compilation():
                return self._compiled(x, *labels)
        return self.network(x, *labels)

    @contextlib.contextmanager
    def _surviving_compilation(self) -> Iterator[None]:
        """Give compilation up for good if it fails inside: there may be no C++ compiler, or a torch that cannot."""
        try:
            yield
        except Exception as error:  # noqa: BLE001  what is wrong with the network itself is raised again without it
            self._compiled = None
            self._say(
                f"Training goes on without compile, since torch.compile fails on this machine ({one_line(error)}): "
                "leave it out, or install a C++ compiler."
            )


def near(images: Tensor, device: torch.device) -> Tensor:
    """Return uint8 pictures on the device if they fit into half of its free memory, else as they are."""
    if device.type != "cuda" or images.device == device:
        return images
    free, _ = torch.cuda.mem_get_info(device)
    return images.to(device) if images.numel() < free // 2 else images


class GraphedRound:
    """Plays rounds of the same shapes: the first three one kernel at a time, the others as a CUDA graph.

    A step of a small DCGAN is some hundreds of kernels of some microseconds each, and Python needs longer to ask for
    them than the GPU to compute them. A graph asks for all of them at once. It computes the same: the same kernels in
    the same order, on tensors that lie where they lay when it was recorded.

    Args:
        play: moves the networks once, given real pictures (N, C, H, W) and their labels (N,) or None; returns the
            losses. It must do the same at every call: what Python decides in it is decided when it is recorded.
        noise: the source of z that it draws from, on the GPU.

    Raises:
        InvalidValue: at the fourth round, which cannot be recorded, since a network reads numbers off the GPU, say.

    Source: PyTorch's notes on CUDA, section "CUDA Graphs".
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
