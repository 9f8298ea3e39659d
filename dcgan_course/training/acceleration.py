"""What makes a training fast without changing what it computes: precision, memory layout, compilation, placement.

`train` runs the same two steps with or without these. Each is a switch of `TrainConfig`; lesson 07b measures what each
of them buys.
"""

import contextlib
from collections.abc import Callable, Iterator

import torch
from torch import Tensor, nn

from dcgan_course.errors import one_line
from dcgan_course.models.protocols import AskedGenerator, Network, ToldDiscriminator

PRECISIONS = ("auto", "float32", "bfloat16")


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
