"""The networks that lesson 06 writes out are those of the package, layer for layer."""

import jupytext
import torch
from torch import nn

from authoring.notebooks import scripts
from dcgan_course import models


def written_out() -> dict:
    """Execute the lesson's blocks and the cell in which it builds both networks."""
    (script,) = [script for script in scripts("lessons") if script.stem.startswith("06")]
    cells = [cell for cell in jupytext.read(script, fmt="py:percent").cells if cell.cell_type == "code"]
    space = {"torch": torch, "nn": nn, "seed": 0}
    wanted = [cell for cell in cells if cell.source.startswith(("def up", "def down", "width = ", "discriminator = "))]
    for cell in wanted[:4]:
        exec(compile(cell.source, script.name, "exec"), space)  # the lesson's own code
    return space


def test_both_networks_are_the_packages():
    space = written_out()
    width, z = space["width"], torch.randn(4, 100)
    generator, discriminator = models.Generator(28, 100, 1, width), models.Discriminator(28, 1, width)
    for mine, packaged in ((space["generator"], generator), (space["discriminator"], discriminator)):
        mine_state, state = mine.state_dict(), packaged.state_dict()
        assert [value.shape for value in mine_state.values()] == [value.shape for value in state.values()]
        packaged.load_state_dict(dict(zip(state, mine_state.values(), strict=True)))
    pictures = space["generator"](z)
    torch.testing.assert_close(generator(z), pictures)
    torch.testing.assert_close(discriminator(pictures), space["discriminator"](pictures))
