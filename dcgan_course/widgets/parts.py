"""What all explorers have in common: a box that says in one sentence what it is, and how they draw."""

import contextlib

import ipywidgets
import torch


class Panel(ipywidgets.VBox):
    """A column of controls and a picture.

    Args:
        children: the widgets, top to bottom. sentence: what a page without a kernel shows instead.
        controls: {name: slider or button}, for tests and for readers who want to drive it from code.
    """

    def __init__(self, children, sentence: str, controls: dict) -> None:
        super().__init__(children)
        self.sentence = sentence
        self.controls = controls

    def __repr__(self) -> str:
        return self.sentence


@contextlib.contextmanager
def one_thread():
    """Draw on one thread: a single picture gains nothing from more, and on a busy machine they wait for each other."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)
