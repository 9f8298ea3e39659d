"""A discriminator that sees more than one picture at a time, so that fakes that look alike give themselves away."""

import torch
from torch import Tensor, nn

from dcgan_course.errors import InvalidValue


class Packed(nn.Module):
    """A discriminator of packs: it gets several pictures, all real or all fake, one behind the other as channels.

    Args:
        discriminator: takes (N, pack · C, H, W). image_shape: (C, H, W) of one picture. pack: pictures a pack.

    forward: pictures (N, C, H, W) → logits (N // pack,). Pictures that make no full pack are left out.

    Source: Lin et al. 2018 (PacGAN), section 2.1.
    """

    def __init__(self, discriminator: nn.Module, image_shape: tuple[int, int, int], pack: int) -> None:
        super().__init__()
        self.discriminator, self.image_shape, self.pack = discriminator, image_shape, pack

    def forward(self, images: Tensor) -> Tensor:
        if tuple(images.shape[1:]) != self.image_shape:
            raise InvalidValue(
                f"The pictures are {tuple(images.shape[1:])}, but this discriminator packs pictures of "
                f"{self.image_shape}: build it with their size, or resize them."
            )
        full = images[: len(images) // self.pack * self.pack]
        return self.discriminator(full.unflatten(0, (-1, self.pack)).flatten(1, 2))


class MinibatchDeviation(nn.Module):
    """Adds one map: how much the batch varies, the mean over all maps and places of the deviation over pictures.

    forward: (N, M, H, W) → (N, M + 1, H, W). A single picture has no deviation: the map is 0.

    Source: Karras et al. 2018, section 3. Theirs is the deviation without Bessel's correction, as here.
    """

    def forward(self, maps: Tensor) -> Tensor:
        variances = maps.var(dim=0, correction=0)  # (M, H, W)
        deviation = (variances + 1e-8).sqrt().mean()  # 1e-8: the root has no slope at 0
        deviation = deviation if len(maps) > 1 else torch.zeros_like(deviation)
        return torch.cat([maps, deviation.expand(len(maps), 1, *maps.shape[2:])], dim=1)
