"""Sets of maps to drop beside the chosen ones: the controls of `forgetting`, drawn from maps that were not chosen."""

import torch
from torch import Tensor

from dcgan_course.errors import InvalidValue, seed_number, whole_number


def random_maps(count: int, of: int, *, without: Tensor | None = None, draws: int = 20, seed: int = 0) -> Tensor:
    """Return sets of maps to drop for comparison: (draws, count), each `count` different numbers below `of`.

    Args:
        without: (K,) maps that are in no set. A control leaves the chosen maps out: a set that holds some of them shows
            a part of their effect, and then the chosen ones look no better than others.

    They answer: would any other maps do, if they are as many?

    Raises:
        InvalidValue: a number below 1, or more maps than there are to draw from.
    """
    count, of, draws = whole_number("count", count), whole_number("of", of), whole_number("draws", draws)
    others = _others(of, without)
    if count > len(others):
        raise InvalidValue(f"count is {count}, but only {len(others)} maps can be drawn from: take at most that many.")
    random = torch.Generator().manual_seed(seed_number(seed))
    return others[torch.rand(draws, len(others), generator=random).argsort(dim=1)[:, :count]]


def equally_active_maps(chosen: Tensor, activity: Tensor, *, draws: int = 20, seed: int = 0) -> list[Tensor]:
    """Return random sets of maps that were not chosen, with nearly the activity of the chosen ones in sum.

    Args:
        chosen: (K,) numbers of maps. activity: (maps,), the mean of each map over pictures and places, at least 0.
        draws: the sets that come closest, out of a hundred times as many random ones.

    They answer: would any other maps do, if as much activity is lost? A set may hold more or fewer maps than were
    chosen. Where the others are less active all together, a set holds all of them.

    Raises:
        InvalidValue: draws below 1; every map was chosen.
    """
    draws = whole_number("draws", draws)
    others = _others(len(activity), chosen)
    if len(others) == 0:
        raise InvalidValue("every map was chosen, so no other is left for a control: choose fewer.")
    random = torch.Generator().manual_seed(seed_number(seed))
    orders = others[torch.rand(100 * draws, len(others), generator=random).argsort(dim=1)]
    apart = (activity[orders].cumsum(dim=1) - activity[chosen].sum()).abs()
    closest, length = apart.min(dim=1)
    best = closest.argsort(stable=True)[:draws]
    return [orders[row, : length[row] + 1] for row in best]


def _others(of: int, without: Tensor | None) -> Tensor:
    """Return the numbers below `of` that are not in `without`, rising."""
    free = torch.ones(of, dtype=torch.bool)
    if without is not None:
        free[torch.as_tensor(without, dtype=torch.long)] = False
    return free.nonzero()[:, 0]
