"""From uint8 pictures to batches in [−1, 1], and back."""

from collections.abc import Callable, Iterator

import torch
from torch import Tensor

from dcgan_course.errors import InvalidValue, whole_number


def scale(images: Tensor) -> Tensor:
    """Pictures uint8, 0 to 255, of any shape → float32 in [−1, 1]: 0 becomes −1 and 255 becomes 1, both exactly."""
    return images.to(torch.float32).div_(127.5).sub_(1)


def to_pixels(x: Tensor) -> Tensor:
    """Pictures float in [−1, 1], of any shape → uint8, 0 to 255: the inverse of `scale`.

    Values outside are cut off. NaN becomes 0, so a broken network draws black on every machine.
    """
    return x.detach().float().nan_to_num(nan=-1.0).add(1).mul_(127.5).round_().clamp_(0, 255).to(torch.uint8)


def floats(images: Tensor) -> Tensor:
    """Pictures as float: uint8 ones are scaled to [−1, 1], float ones stay as they are."""
    return scale(images) if images.dtype == torch.uint8 else images.float()


def batches(
    images: Tensor,
    batch_size: int,
    *,
    device: torch.device | str = "cpu",
    generator: torch.Generator | None = None,
    drop_last: bool = False,
    part: Callable[[Tensor], Tensor] | None = None,
) -> Iterator[Tensor]:
    """One epoch: float32 batches (B, C, H, W) in [−1, 1] on `device`, each picture at most once.

    images: (N, C, H, W) uint8, in memory, mapped, or on the device already; a picture crosses to the device as bytes.
    generator: gives the order, by one `torch.randperm`. None gives the stored order. The global random state is
    left alone. drop_last: leave out a last batch that is smaller than the others. part: takes the indices of one
    batch and returns those wanted here, where several processes share each batch.

    Raises:
        InvalidValue: for a wrong argument, before the first batch is cut.
    """
    if not isinstance(images, Tensor) or images.dtype != torch.uint8 or images.dim() != 4 or not len(images):
        given = f"{images.dtype} {tuple(images.shape)}" if isinstance(images, Tensor) else type(images).__name__
        raise InvalidValue(
            f"images is {given}, but it must be a uint8 tensor (N, C, H, W) with N of 1 or more, "
            "such as load_images(name).images."
        )
    batch_size = whole_number("batch_size", batch_size)
    if drop_last and batch_size > len(images):
        raise InvalidValue(
            f"batch_size is {batch_size}, but there are only {len(images)} pictures and drop_last=True "
            f"leaves out a smaller batch: use a batch_size up to {len(images)}."
        )
    if generator is not None and not isinstance(generator, torch.Generator):
        raise InvalidValue(
            f"generator is {generator!r}, but it must be a torch.Generator or None: "
            "write torch.Generator().manual_seed(0)."
        )
    return _cut(images, batch_size, _checked_device(device), generator, drop_last, part)


def _checked_device(device: torch.device | str) -> torch.device:
    try:
        torch.empty(0, device=device)
        return torch.device(device)
    except (RuntimeError, TypeError, AssertionError) as problem:
        raise InvalidValue(
            f'device is {device!r}, but this machine has no such device: use "cpu", or "cuda" where '
            "torch.cuda.is_available() is True."
        ) from problem


def _cut(
    images: Tensor,
    batch_size: int,
    device: torch.device,
    generator: torch.Generator | None,
    drop_last: bool,
    part: Callable[[Tensor], Tensor] | None,
) -> Iterator[Tensor]:
    order = None if part is None else torch.arange(len(images), device=images.device)
    if generator is not None:
        order = torch.randperm(len(images), generator=generator, device=generator.device).to(images.device)
    stop = len(images) - len(images) % batch_size if drop_last else len(images)
    for start in range(0, stop, batch_size):
        rows = slice(start, min(start + batch_size, stop))
        wanted = order if order is None else order[rows] if part is None else part(order[rows])
        some = images[rows] if wanted is None else images.index_select(0, wanted)
        yield scale(some.to(device))
