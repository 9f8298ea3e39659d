"""The explorers on the pages have the colours of the notebooks, and write in the same inks. Read by node."""

from dcgan_course.drawing.canvas import COLOURS, INKS
from dcgan_course.drawing.tables import DARK
from tests.helpers.node import node, run_by_node

CODE = """import { COLOURS, DARK, INKS } from "./colours.mjs";
const answer = () => ({ COLOURS, DARK, INKS });"""


@node
def test_the_palette_is_the_packages():
    assert run_by_node(CODE, None) == {"COLOURS": COLOURS, "DARK": list(DARK), "INKS": INKS}
