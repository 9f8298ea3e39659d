"""The break-it panel: pick a fault, train some hundred rounds live, see the cloud and the traces."""

import ipywidgets

from dcgan_course.toy.faults import FAULTS, play
from dcgan_course.toy.mixtures import grid_of_25, ring_of_8
from dcgan_course.toy.point_figures import GAME_HEIGHT, GAME_WIDTH, game_png
from dcgan_course.widgets.parts import Panel

MIXTURES = {"ring of 8": ring_of_8(), "grid of 25": grid_of_25()}
ROUNDS = 400
SENTENCE = (
    "The break-it panel: eight faults to train live, with start, stop and reset. The next picture shows three of them."
)


class _BreakIt:
    """What the panel is doing: the game under way and the widgets that show it.

    The training runs in slices of a few rounds, one slice a tick of a hidden Play widget. Between two slices the
    kernel is free for clicks and for other cells.
    """

    def __init__(self) -> None:
        wide = {"style": {"description_width": "120px"}, "layout": {"width": "440px"}}
        self.fault = ipywidgets.Dropdown(options=list(FAULTS), value="D too strong", description="fault", **wide)
        self.data = ipywidgets.Dropdown(options=list(MIXTURES), description="real points", **wide)
        self.seed = ipywidgets.IntSlider(value=0, min=0, max=20, description="seed", **wide)
        self.slice = ipywidgets.IntSlider(value=4, min=1, max=20, description="rounds a tick", **wide)
        self.start = ipywidgets.Button(description="Start", icon="play", button_style="success")
        self.stop = ipywidgets.Button(description="Stop", icon="stop", button_style="warning")
        self.reset = ipywidgets.Button(description="Reset", icon="refresh")
        self.explain = ipywidgets.ToggleButton(description="What is wrong?", icon="question")
        self.clock = ipywidgets.Play(min=0, max=100_000, interval=150, layout={"display": "none"})
        self.words = ipywidgets.HTML()
        self.image = ipywidgets.Image(format="png", width=GAME_WIDTH, height=GAME_HEIGHT)
        self.start.on_click(lambda button: self.begin())
        self.stop.on_click(lambda button: self.pause())
        self.reset.on_click(lambda button: self.renew())
        for control in (self.fault, self.data, self.seed):
            control.observe(lambda change: self.renew(), names="value")
        self.explain.observe(lambda change: self.speak(), names="value")
        self.clock.observe(self.tick, names="value")
        self.renew()

    def renew(self) -> None:
        """Stop, and build the chosen game anew."""
        self.clock.playing = False
        self.game = play(FAULTS[self.fault.value], 1, self.seed.value, MIXTURES[self.data.value])
        self.show()

    def begin(self) -> None:
        """Train on, or from the start when the last round was reached."""
        if self.game.steps >= ROUNDS:
            self.renew()
        self.clock.playing = True
        self.speak()

    def pause(self) -> None:
        """Stop after the slice under way; Start goes on from here."""
        self.clock.playing = False
        self.speak()

    def tick(self, change) -> None:
        """Train one slice, unless stopped: a tick may arrive after the click on Stop."""
        if not self.clock.playing:
            return
        self.game.run(min(self.slice.value, ROUNDS - self.game.steps))
        if self.game.steps >= ROUNDS:
            self.clock.playing = False
        self.show()

    def show(self) -> None:
        self.image.value = game_png(self.game, ROUNDS, f"{self.fault.value}: round {self.game.steps} of {ROUNDS}")
        self.speak()

    def speak(self) -> None:
        """Say what goes on, and the diagnosis if it was asked for."""
        if self.clock.playing:
            state = "training …"
        elif self.game.steps >= ROUNDS:
            state = "done. Start trains again from the first round."
        else:
            state = "stopped. Start goes on from here." if self.game.steps else "ready. Press Start."
        fault = FAULTS[self.fault.value]
        answer = (
            f"<br><b>Changed:</b> {fault.change} <b>Symptom:</b> {fault.symptom} <b>Cause:</b> {fault.cause} "
            f"<b>Cure:</b> {fault.cure}"
        )
        self.words.value = f"Round {self.game.steps} of {ROUNDS}: {state}" + (answer if self.explain.value else "")


def break_it_panel() -> Panel:
    """Return a panel that trains a small GAN on points with a fault of your choice, live, for 400 rounds.

    The panel's `controls` are fault, data, seed, slice (rounds a tick), start, stop, reset, explain and clock. No
    order of clicks and no position raises.
    """
    panel = _BreakIt()
    names = ("fault", "data", "seed", "slice", "start", "stop", "reset", "explain", "clock")
    rows = [
        ipywidgets.HBox([panel.fault, panel.data]),
        ipywidgets.HBox([panel.seed, panel.slice]),
        ipywidgets.HBox([panel.start, panel.stop, panel.reset, panel.explain, panel.clock]),
    ]
    children = [*rows, panel.image, panel.words]
    return Panel(children, SENTENCE, {name: getattr(panel, name) for name in names})


def break_it_twin(rounds: int = 200, seed: int = 0) -> bytes:
    """Return what the panel shows for three faults after `rounds` rounds, one below the other, as PNG bytes."""
    import io

    from PIL import Image

    names = ("nothing is wrong", "D too strong", "real and fake in one batch norm")
    sheet = Image.new("RGB", (GAME_WIDTH, GAME_HEIGHT * len(names)), "white")
    for row, name in enumerate(names):
        game = play(FAULTS[name], 1, seed).run(rounds)
        picture = Image.open(io.BytesIO(game_png(game, rounds, f"{name}: {rounds} rounds")))
        sheet.paste(picture, (0, row * GAME_HEIGHT))
    buffer = io.BytesIO()
    sheet.save(buffer, "PNG", optimize=True)
    return buffer.getvalue()
