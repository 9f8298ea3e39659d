"""Networks whose inner numbers are used to judge pictures."""

from torch import Tensor, nn


class DigitClassifier(nn.Module):
    """A small network that reads digits: two convolutions, two linear layers, about 107,000 parameters.

    forward: pictures (N, 1, 28, 28) in [−1, 1] → logits (N, 10). `features` gives the (N, 64) numbers before the
    last layer.
    """

    def __init__(self):
        super().__init__()
        self.body = nn.Sequential(
            nn.Conv2d(1, 16, 3, padding=1),  # (N, 16, 28, 28)
            nn.ReLU(),
            nn.MaxPool2d(2),  # (N, 16, 14, 14)
            nn.Conv2d(16, 32, 3, padding=1),  # (N, 32, 14, 14)
            nn.ReLU(),
            nn.MaxPool2d(2),  # (N, 32, 7, 7)
            nn.Flatten(),
            nn.Dropout(0.3),
            nn.Linear(32 * 7 * 7, 64),
            nn.ReLU(),
        )
        self.head = nn.Linear(64, 10)

    def features(self, images: Tensor) -> Tensor:
        """Return (N, 64) numbers for pictures (N, 1, 28, 28) in [−1, 1]."""
        return self.body(images)

    def forward(self, images: Tensor) -> Tensor:
        return self.head(self.features(images))
