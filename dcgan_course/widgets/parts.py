"""What all explorers have in common: what a panel is, its controls, the sentence that it speaks, and how it draws."""

import contextlib
import html
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence

import ipywidgets
import torch
from traitlets import Unicode


class Markup(str):
    """HTML that the course wrote itself. Whatever is joined to it by + or an f-string makes plain text of it again."""


class Panel(ipywidgets.VBox):
    """An explorer: a column of controls and pictures, with a sentence in `words` that says what they show.

    Args:
        controls: {name: slider, menu or button}, for tests and for readers who want to drive it from code.

    An explorer puts its widgets into `children`, and its `draw` shows what the controls say. Most have a `twin`: a
    still picture of the same, as PNG bytes, for a page without a kernel.

    JupyterLab lets widgets speak to the kernel while a cell or another widget is at work, in threads of their own. So
    whatever a control asks for waits until what was asked before is done.
    """

    sentence: str  # what a page without a kernel shows instead

    def __init__(self, controls: Mapping[str, ipywidgets.Widget]) -> None:
        super().__init__()
        self.controls = dict(controls)
        self.words = ipywidgets.HTML()
        self._moves_by_itself = False
        self._at_work = threading.RLock()

    def __repr__(self) -> str:
        return self.sentence

    def say(self, *lines: str) -> None:
        """Show lines of text, and let a screen reader speak them; they are escaped unless they are `Markup`."""
        self.words.value = spoken(*lines)

    def when_moved(self, act: Callable[[], None], *controls: ipywidgets.Widget) -> None:
        """Call `act` when the value of a control changes, unless the panel itself changes it (`by_itself`)."""

        def moved(change: object) -> None:
            with self._at_work:
                if not self._moves_by_itself:
                    act()

        for control in controls:
            control.observe(moved, names="value")

    def when_pressed(self, button: ipywidgets.Button, act: Callable[[], object]) -> None:
        """Call `act` when a button is pressed."""

        def pressed(button: ipywidgets.Button) -> None:
            with self._at_work:
                act()

        button.on_click(pressed)

    @contextlib.contextmanager
    def by_itself(self) -> Iterator[None]:
        """Let the panel move its controls inside the block, so that many moves need only one drawing after it."""
        self._moves_by_itself = True
        try:
            yield
        finally:
            self._moves_by_itself = False


class Picture(ipywidgets.Image):
    """A PNG with a text in its place for those who do not see it: `tooltip`.

    The front end makes a title of a tooltip only where a widget has a description, and the description is empty; it
    fails on a widget without one, and `ipywidgets.Image` is without.
    """

    description = Unicode("").tag(sync=True)


def spoken(*lines: str) -> Markup:
    """Return lines as HTML that a screen reader speaks whenever they change; escaped unless they are `Markup`."""
    text = "<br>".join(line if isinstance(line, Markup) else html.escape(str(line), quote=False) for line in lines)
    return Markup(f'<div role="status" aria-live="polite" style="line-height: 1.4">{text}</div>')


def slider(
    label: str, value: float, low: float, high: float, *, step: float = 1, widths: tuple[int, int]
) -> ipywidgets.IntSlider | ipywidgets.FloatSlider:
    """Return a slider: for whole numbers if its step is a whole number, else for numbers with one decimal.

    Args:
        widths: in pixels, of the label, and of the label and the slider together.
    """
    facts = {"value": value, "min": low, "max": high, "step": step, "description": label, **sized(widths)}
    if isinstance(step, int):
        return ipywidgets.IntSlider(**facts)
    return ipywidgets.FloatSlider(**facts, readout_format=".1f")


def dropdown(
    label: str,
    options: Sequence[object] | Mapping[str, object],
    value: object = None,
    *,
    widths: tuple[int, int],
) -> ipywidgets.Dropdown:
    """Return a menu with these options, a mapping of them, or pairs (label, value); None chooses the first one."""
    menu = ipywidgets.Dropdown(options=options, description=label, **sized(widths))
    if value is not None:
        menu.value = value
    return menu


def sized(widths: tuple[int, int]) -> dict[str, dict[str, str]]:
    """Return what gives a control its widths in pixels: of the label, and of label and control together."""
    label, together = widths
    return {"style": {"description_width": f"{label}px"}, "layout": {"width": f"{together}px"}}


@contextlib.contextmanager
def one_thread() -> Iterator[None]:
    """Draw on one thread: a single picture gains nothing from more, and on a busy machine they wait for each other."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)
