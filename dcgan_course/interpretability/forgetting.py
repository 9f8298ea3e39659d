"""Making a generator forget to draw one thing: find the maps that are active on it, and set them to zero.

The steps are those of Radford et al. 2015, section 6.3.1: mark the places of a thing in drawn pictures, fit a logistic
regression from the activations at a place to the mark, and drop every map whose weight is above zero, everywhere.
The paper shows pictures (figure 6). Here the effect is a number, and other maps, as many, are dropped beside it.

Which layer. The paper says "the second highest convolution layer". In its figure 1 the highest draws the picture, so
the second highest is the layer before: the last of `generator.blocks`, and `block=-1` here. But the paper dropped 200
maps, and that layer of figure 1 has 128; only the layer below it, of 256 maps, has so many. So `block=-2` is the other
reading. Every function takes any block.
"""

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn.functional import adaptive_avg_pool2d

from dcgan_course.errors import InvalidValue, seed_number, whole_number
from dcgan_course.interpretability.blocks import maps_of, picture_from
from dcgan_course.interpretability.controls import equally_active_maps, random_maps
from dcgan_course.models.protocols import BlockGenerator

Mask = Callable[[Tensor], Tensor]  # pictures (N, C, H, W) → (N, H, W) bool
SHOWN_FROM = 20  # pixels on a thing from which on a picture shows it; the smallest drawn object has about 45


def draw_without(generator: BlockGenerator, z: Tensor, dropped: Tensor, block: int = -1) -> Tensor:
    """Draw z with some maps of a block set to zero at all places: pictures (N, C, H, W) in [−1, 1].

    Args:
        z: (N, latent_dim). dropped: numbers of the maps, (K,) int64; none gives the pictures as they are.
        block: as in `maps_of`.

    The generator stays as it was.

    Raises:
        InvalidValue: a number that is no map of this block; a network or a block as in `maps_of`.
    """
    maps = maps_of(generator, z, block)
    return picture_from(generator, _without(maps, dropped), block)


def place_labels(mask: Tensor, places: tuple[int, int]) -> Tensor:
    """Return which places of a map lie on a thing: (N, h, w) bool, true where its mask covers half the place or more.

    Args:
        mask: (N, H, W) bool, true on the thing. places: (h, w), the size of the maps, at most that of the mask.

    A place of an h × w map stands for the H/h × W/w pixels at the same part of the picture. They are the middle of the
    larger window of pixels that the place has an influence on.

    Raises:
        InvalidValue: masks that are not (N, H, W), or smaller than the maps.
    """
    height, width = places
    if mask.dim() != 3 or height > mask.shape[1] or width > mask.shape[2]:
        raise InvalidValue(
            f"mask is {tuple(mask.shape)} and places is {tuple(places)}, but a mask is (N, H, W) with at least as many "
            "pixels each way as the map has places."
        )
    return adaptive_avg_pool2d(mask.float()[:, None], (height, width))[:, 0] >= 0.5


@dataclass(frozen=True, eq=False)
class PlaceWeights:
    """A logistic regression from the activations at a place to "this place is on the thing".

    weights: (maps,), by how much a map that is larger by one of its standard deviations raises the log-odds.
    accuracy: share of held-out places that it tells right; half of them are on the thing, so guessing gives 0.5.
    places, held_out_places: how many places it was fitted on and asked about.
    fitted_pictures, held_out_pictures: which rows of the maps these came from; no picture, and so no z, is in both.
    """

    weights: Tensor
    accuracy: float
    places: int
    held_out_places: int
    fitted_pictures: Tensor
    held_out_pictures: Tensor

    def positive(self) -> Tensor:
        """Return the numbers of all maps with a weight above zero, the largest weight first: what the paper drops."""
        order = self.weights.argsort(descending=True)
        return order[self.weights[order] > 0]


def place_weights(
    maps: Tensor,
    on_thing: Tensor,
    *,
    negatives: Tensor | None = None,
    held_out: float = 0.25,
    most: int = 6000,
    seed: int = 0,
) -> PlaceWeights:
    """Fit a logistic regression that tells from the activations at a place whether it lies on a thing.

    Args:
        maps: (N, maps, h, w), of one block; each place is an example and each map a feature.
        on_thing: (N, h, w) bool, the positives. negatives: (N, h, w) bool, the places to tell them from; None takes
            all others.
        held_out: share of the pictures that it is not fitted on but asked about, between 0 and 1.
        most: at most so many positives are drawn at random, and as many negatives as positives.
        seed: of the split and the draws.

    The maps are brought to mean 0 and standard deviation 1, so that scikit-learn's penalty (C = 1) treats all alike.

    Raises:
        InvalidValue: one part of the pictures has no positives or no negatives; marks of other places; held_out or most
            outside of these limits.

    Source: Radford et al. 2015, section 6.3.1; 52 windows, marked by boxes on 150 samples, were the positives there.
    """
    from sklearn.linear_model import LogisticRegression

    negatives = ~on_thing if negatives is None else negatives
    _refuse_other_places(maps, on_thing=on_thing, negatives=negatives)
    if not 0 < held_out < 1:
        raise InvalidValue(f"held_out is {held_out!r}, but it must be a share between 0 and 1.")
    most, random = whole_number("most", most), torch.Generator().manual_seed(seed_number(seed))
    order = torch.randperm(len(maps), generator=random)
    fitted, asked = order[round(held_out * len(maps)) :], order[: round(held_out * len(maps))]
    x, y = _examples(maps[fitted], on_thing[fitted], negatives[fitted], most, random)
    x_asked, y_asked = _examples(maps[asked], on_thing[asked], negatives[asked], most, random)
    middle, spread = x.mean(dim=0), x.std(dim=0)
    spread = torch.where(spread > 1e-6, spread, 1)  # a map that never changes tells nothing: its weight is 0
    model = LogisticRegression(max_iter=2000).fit(((x - middle) / spread).numpy(), y.numpy())
    accuracy = float(model.score(((x_asked - middle) / spread).numpy(), y_asked.numpy()))
    weights = torch.from_numpy(model.coef_[0]).float()
    return PlaceWeights(weights, accuracy, len(y), len(y_asked), fitted, asked)


def busier_maps(maps: Tensor, on_thing: Tensor, count: int) -> Tensor:
    """Return the `count` maps whose mean on the thing is most above their mean elsewhere, the largest first.

    Args:
        maps: (N, maps, h, w). on_thing: (N, h, w) bool.

    They answer: was a regression needed, or would two averages do?

    Raises:
        InvalidValue: marks of other places, or of one kind alone; a count below 1.
    """
    _refuse_other_places(maps, on_thing=on_thing)
    count = whole_number("count", count)
    at_places = maps.detach().permute(0, 2, 3, 1)
    if not on_thing.any() or on_thing.all():
        raise InvalidValue(
            f"on_thing marks {int(on_thing.sum())} of {on_thing.numel()} places, but it needs both kinds."
        )
    gap = at_places[on_thing].mean(dim=0) - at_places[~on_thing].mean(dim=0)
    return gap.argsort(descending=True)[:count]


@dataclass(frozen=True)
class Effect:
    """What dropping maps did to pictures of the same z.

    shown_before: pictures that showed the thing. shown: share of them that still do.
    thing_left: share of the pixels on the thing that are still on it.
    rest_left: the same for what should stay; nan if nothing was named.
    outside: mean difference of all pixels that were not on the thing, in the units of pictures, whose range is 2.
    """

    shown_before: int
    shown: float
    thing_left: float
    rest_left: float
    outside: float


@torch.no_grad()
def effect(before: Tensor, after: Tensor, thing: Mask, rest: Mask | None = None) -> Effect:
    """Compare pictures of the same z, drawn with all maps and without some.

    Args:
        before, after: (N, C, H, W) in [−1, 1]. thing: gives the mask of what should go. rest: of what should stay.

    A picture shows the thing from `SHOWN_FROM` of its pixels on. A pixel is left if both pictures have the thing there.

    Raises:
        InvalidValue: no picture showed the thing before, or before and after have different shapes.
    """
    return _effect_on(before, thing, rest)(after)


def _effect_on(before: Tensor, thing: Mask, rest: Mask | None) -> Callable[[Tensor], Effect]:
    """Take the masks of the pictures before once: a comparison asks for the effect of many sets of maps."""
    was = thing(before)
    rest_was = None if rest is None else rest(before)
    showed = was.sum(dim=(1, 2)) >= SHOWN_FROM
    if not showed.any():
        raise InvalidValue(f"None of the {len(before)} pictures shows the thing before: take more z, or another thing.")

    def effect_of(after: Tensor) -> Effect:
        if before.shape != after.shape:
            raise InvalidValue(
                f"before is {tuple(before.shape)} and after is {tuple(after.shape)}, but they must have one shape: "
                "draw both from the same z."
            )
        still = thing(after)
        shown = (still.sum(dim=(1, 2)) >= SHOWN_FROM)[showed].float().mean()
        rest_left = float("nan") if rest is None or rest_was is None else _share_left(rest_was, rest(after))
        outside = (after - before).abs().mean(dim=1)[~was].mean()
        return Effect(int(showed.sum()), float(shown), _share_left(was, still), rest_left, float(outside))

    return effect_of


@dataclass(frozen=True)
class Comparison:
    """The effect of dropping the chosen maps, and of others: as many at random, and sets that are equally active.

    dropped, of: how many maps were chosen and how many there are. random, equally_active: one effect a draw; no set
    holds a chosen map.
    """

    dropped: int
    of: int
    chosen: Effect
    random: tuple[Effect, ...]
    equally_active: tuple[Effect, ...]


@torch.no_grad()
def compare(
    generator: BlockGenerator,
    z: Tensor,
    chosen: Tensor,
    thing: Mask,
    *,
    rest: Mask | None = None,
    block: int = -1,
    draws: int = 20,
    seed: int = 0,
) -> Comparison:
    """Drop the chosen maps, and for comparison other maps, and measure each effect on the same z.

    Args:
        z: (N, latent_dim), better not those on which the maps were found. chosen: (K,) numbers of maps of the block.
        thing, rest: masks, as in `effect`. block: as in `maps_of`.
        draws: sets of `random_maps` and of `equally_active_maps`. seed: of these sets.

    Raises:
        InvalidValue: as in `draw_without` and `effect`; a chosen set that is empty, or that holds every map.
    """
    if len(chosen) == 0:
        raise InvalidValue("chosen holds no map: there is nothing to drop; take a thing on which some map is active.")
    maps = maps_of(generator, z, block)
    before = picture_from(generator, maps, block)
    effect_on_these = _effect_on(before, thing, rest)

    def effect_of(dropped: Tensor) -> Effect:
        return effect_on_these(picture_from(generator, _without(maps, dropped), block))

    active = equally_active_maps(chosen, maps.mean(dim=(0, 2, 3)), draws=draws, seed=seed)
    as_many = min(len(chosen), maps.shape[1] - len(chosen))  # all that are left, where more than half were chosen
    random = random_maps(as_many, maps.shape[1], without=chosen, draws=draws, seed=seed)
    controls = [tuple(effect_of(dropped) for dropped in sets) for sets in (random, active)]
    return Comparison(len(chosen), maps.shape[1], effect_of(chosen), controls[0], controls[1])


def _examples(
    maps: Tensor, positives: Tensor, negatives: Tensor, most: int, random: torch.Generator
) -> tuple[Tensor, Tensor]:
    """Return activations (2K, maps) and labels (2K,) of K places on the thing and K beside it."""
    found = [marks.flatten().nonzero()[:, 0] for marks in (positives, negatives)]
    count = min(most, *map(len, found))
    if count == 0:
        raise InvalidValue(
            f"Of {len(maps)} pictures, {len(found[0])} places are on the thing and {len(found[1])} beside it, but the "
            "pictures to fit and those held out need some of both: take more pictures, or another thing."
        )
    places = torch.cat([part[torch.randperm(len(part), generator=random)[:count]] for part in found])
    return maps.detach().permute(0, 2, 3, 1).flatten(0, 2)[places], torch.arange(2 * count) < count


def _refuse_other_places(maps: Tensor, **marks: Tensor) -> None:
    for name, places in marks.items():
        if maps.dim() != 4 or tuple(places.shape) != (len(maps), *maps.shape[2:]):
            raise InvalidValue(
                f"{name} is {tuple(places.shape)} and maps is {tuple(maps.shape)}, but to maps (N, maps, h, w) belong "
                "marks of their places, (N, h, w); make them with `place_labels`."
            )


def _share_left(was: Tensor, still: Tensor) -> float:
    return float((was & still).sum() / was.sum())


def _without(maps: Tensor, dropped: Tensor) -> Tensor:
    numbers = torch.as_tensor(dropped, dtype=torch.long)
    wrong = [int(number) for number in numbers if not 0 <= number < maps.shape[1]]
    if wrong:
        raise InvalidValue(f"dropped holds {wrong[0]}, but this block's maps are 0 to {maps.shape[1] - 1}.")
    kept = maps.clone()
    kept[:, numbers] = 0
    return kept
