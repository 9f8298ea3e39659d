"""A generator that is given as a row of layers: for networks that are written out once and looked at."""

from torch import nn


class LayeredGenerator(nn.Sequential):
    """Layers from z to pictures, with what `train` and the shape table ask a generator for.

    Args:
        latent_dim: length of z. image_shape: (C, H, W) of one picture. layers: as for nn.Sequential.

    forward: z (N, latent_dim) → pictures (N, C, H, W).
    """

    def __init__(self, latent_dim: int, image_shape: tuple[int, int, int], *layers: nn.Module):
        super().__init__(*layers)
        self.latent_dim = latent_dim
        self.image_shape = image_shape
