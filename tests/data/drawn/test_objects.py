"""Drawn objects: their factors can be measured again in the pictures, and do not hang together."""

import torch

from dcgan_course.data.drawn.pictures import OBJECT_NAMES


def test_the_factors_of_objects_can_be_measured_in_the_pictures(objects):
    images, labels, factors = objects
    mask = factors["mask"]
    assert mask.shape == (2000, 1, 32, 32) and mask.dtype == torch.bool
    weight = mask[:, 0].double()
    area, places = weight.sum((1, 2)), torch.arange(32.0) - 15.5
    right, down = ((weight.sum(side) * places).sum(1) / area for side in (1, 2))

    even = (labels == OBJECT_NAMES.index("circle")) | (labels == OBJECT_NAMES.index("ring"))
    measured = torch.stack([right, down], 1)[even]
    assert (measured - factors["place"][even]).abs().max() < 0.4

    circle = labels == OBJECT_NAMES.index("circle")
    radius = (area[circle] / torch.pi).sqrt() / 0.85
    assert (radius - factors["size"][circle]).abs().max() < 0.25

    # The mean colour on the object, away from its soft edge, is the factor.
    square = labels == OBJECT_NAMES.index("square")
    inside = -torch.nn.functional.max_pool2d(-mask[square].float(), 3, 1, 1)
    colour = (images[square] / 255 * inside).sum((2, 3)) / inside.sum((2, 3))
    assert (colour - factors["colour"][square]).abs().max() < 0.01

    # The long axis of an arrow is its turn, clockwise, as y points down.
    arrow = labels == OBJECT_NAMES.index("arrow")
    x, y = places - right[arrow, None], places - down[arrow, None]
    w = weight[arrow]
    xx, yy = (w.sum(1) * x * x).sum(1), (w.sum(2) * y * y).sum(1)
    xy = (w * y[:, :, None] * x[:, None, :]).sum((1, 2))
    turn = 0.5 * torch.atan2(2 * xy, xx - yy)
    assert (turn - factors["turn"][arrow]).abs().quantile(0.95) < 0.12


def test_factors_keep_their_ranges_and_do_not_hang_together(objects):
    _, labels, factors = objects
    assert 6.5 <= factors["size"].min() and factors["size"].max() <= 11
    assert factors["place"].abs().max() <= 4 and factors["turn"].abs().max() <= 0.5
    assert 0 <= factors["colour"].min() and factors["colour"].max() <= 1
    columns = [labels.float(), factors["hue"], factors["size"], *factors["place"].T, factors["turn"]]
    correlation = torch.corrcoef(torch.stack(columns)) - torch.eye(6)
    assert correlation.abs().max() < 0.1


def test_objects_never_touch_the_edge(objects):
    mask = objects[2]["mask"]
    assert not mask[..., [0, -1], :].any() and not mask[..., :, [0, -1]].any()
