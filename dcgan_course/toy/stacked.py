"""Many small networks of one shape, trained as one: every parameter has a first axis that counts the networks.

A small network keeps a processor busy with calls, not with arithmetic. Ten of them in one batched product cost
little more than one. The networks share nothing: each sees only its own row of every tensor, so the sum of their
losses gives each exactly the gradient of its own loss, and Adam, which works number by number, moves each as it
would alone.
"""

import math

import torch
from torch import Tensor, nn
from torch.nn.functional import batch_norm, normalize

from dcgan_course.errors import whole_number


class StackedLinear(nn.Module):
    """M linear layers of one size, side by side.

    Args:
        networks: M. in_features, out_features: as in torch.nn.Linear, the same for all.
        generator: source of randomness for the first weights; None takes torch's global one.

    weight (M, in_features, out_features) and bias (M, 1, out_features) start as nn.Linear's do: uniform within
    ±1/√in_features. Network m's weight is the transpose of what nn.Linear would hold.

    forward: (M, N, in_features) → (M, N, out_features); network m multiplies row m only.
    """

    def __init__(
        self, networks: int, in_features: int, out_features: int, generator: torch.Generator | None = None
    ) -> None:
        super().__init__()
        networks, in_features = whole_number("networks", networks), whole_number("in_features", in_features)
        out_features = whole_number("out_features", out_features)
        bound = 1 / math.sqrt(in_features)
        self.weight = nn.Parameter(torch.empty(networks, in_features, out_features))
        self.bias = nn.Parameter(torch.empty(networks, 1, out_features))
        nn.init.uniform_(self.weight, -bound, bound, generator=generator)
        nn.init.uniform_(self.bias, -bound, bound, generator=generator)

    def forward(self, x: Tensor) -> Tensor:
        return torch.baddbmm(self.bias, x, self.weight)


class StackedBatchNorm(nn.Module):
    """M batch norms of one width: every unit of every network is scaled by the statistics of its own batch.

    Args:
        networks: M. features: units. eps: added to the variance. momentum: share of the new batch in the running
            mean and variance, which are used in eval mode.

    forward: (M, N, features) → the same shape. The mean and variance are over N, for each network alone.

    Source: Ioffe and Szegedy 2015, algorithm 1.
    """

    running_mean: Tensor
    running_var: Tensor

    def __init__(self, networks: int, features: int, eps: float = 1e-5, momentum: float = 0.1) -> None:
        super().__init__()
        networks, features = whole_number("networks", networks), whole_number("features", features)
        self.eps, self.momentum = eps, momentum
        self.weight = nn.Parameter(torch.ones(networks, 1, features))
        self.bias = nn.Parameter(torch.zeros(networks, 1, features))
        self.register_buffer("running_mean", torch.zeros(networks, 1, features))
        self.register_buffer("running_var", torch.ones(networks, 1, features))

    def forward(self, x: Tensor) -> Tensor:
        networks, count, features = x.shape
        side_by_side = x.transpose(0, 1).reshape(count, networks * features)  # M · features channels of one batch norm
        scaled = batch_norm(
            side_by_side,
            self.running_mean.view(-1),
            self.running_var.view(-1),
            self.weight.view(-1),
            self.bias.view(-1),
            self.training,
            self.momentum,
            self.eps,
        )
        return scaled.view(count, networks, features).transpose(0, 1)


class StackedMaxout(nn.Module):
    """M maxout layers: each unit is the largest of `pieces` linear functions of its input.

    Args:
        networks: M. in_features, out_features: sizes of each layer. pieces: linear functions a unit; the published
            protocol for mixtures takes 5.

    forward: (M, N, in_features) → (M, N, out_features).

    Source: Goodfellow et al. 2013 (Maxout networks), section 3.
    """

    def __init__(
        self,
        networks: int,
        in_features: int,
        out_features: int,
        pieces: int = 5,
        generator: torch.Generator | None = None,
    ) -> None:
        super().__init__()
        self.pieces, self.out_features = whole_number("pieces", pieces), whole_number("out_features", out_features)
        self.linear = StackedLinear(networks, in_features, self.pieces * self.out_features, generator)

    def forward(self, x: Tensor) -> Tensor:
        answers = self.linear(x)  # (M, N, pieces · out_features)
        return answers.unflatten(2, (self.pieces, self.out_features)).amax(dim=2)


class StackedSpectralNorm(nn.Module):
    """M weights, each divided by an estimate of its largest singular value: for StackedLinear's weight.

    Args:
        weight: (M, in_features, out_features). generator: of the first vectors.

    Each forward in training mode improves the estimate by one step of the power iteration.

    Source: Miyato et al. 2018, equation 8 and algorithm 1.
    """

    right: Tensor

    def __init__(self, weight: Tensor, generator: torch.Generator | None = None) -> None:
        super().__init__()
        right = torch.randn(len(weight), weight.shape[2], 1, generator=generator)
        self.register_buffer("right", normalize(right, dim=1))
        for _ in range(20):
            self.forward(weight)

    def forward(self, weight: Tensor) -> Tensor:
        with torch.no_grad():
            left = normalize(weight @ self.right, dim=1)  # (M, in_features, 1)
            if self.training:
                self.right = normalize(weight.transpose(1, 2) @ left, dim=1)
        return weight / (left.transpose(1, 2) @ weight @ self.right)


def network_of(stacked: nn.Module, index: int) -> dict[str, Tensor]:
    """Return the parameters and buffers of one network of a stacked module, as {name: (1, …)} copies.

    They load into the same module built with networks=1.
    """
    return {name: tensor[index : index + 1].clone() for name, tensor in stacked.state_dict().items()}
