"""The break-it panel: pick a fault, train some hundred rounds live, see the cloud and the traces."""

import html

import ipywidgets

from dcgan_course.errors import InvalidValue, seed_number
from dcgan_course.toy.faults import FAULTS, play
from dcgan_course.toy.mixtures import grid_of_25, ring_of_8
from dcgan_course.toy.modes import count_modes
from dcgan_course.toy.point_figures import GAME_HEIGHT, GAME_WIDTH, draw_game
from dcgan_course.widgets.parts import Markup, Panel, Picture, dropdown, slider

MIXTURES = {"ring of 8": ring_of_8(), "grid of 25": grid_of_25()}
ROUNDS = 400
WIDTHS = (120, 440)


class BreakItPanel(Panel):
    """A panel that trains a small GAN on points with a fault of your choice, live, for 400 rounds.

    The training runs in slices of a few rounds, one slice a tick of a hidden Play widget. Between two slices the
    kernel is free for clicks and for other cells.

    The `controls` are fault, data, seed, slice (rounds a tick), start, stop, reset, explain and clock. No order of
    clicks and no position raises.
    """

    sentence = (
        "The break-it panel: eight faults to train live, with start, stop and reset. "
        "The next pictures show three of them."
    )

    def __init__(self) -> None:
        self.fault = dropdown("fault", list(FAULTS), "D too strong", widths=WIDTHS)
        self.data = dropdown("real points", list(MIXTURES), widths=WIDTHS)
        self.seed = slider("seed", 0, 0, 20, widths=WIDTHS)
        self.slice = slider("rounds a tick", 4, 1, 20, widths=WIDTHS)
        buttons = {
            "start": ipywidgets.Button(description="Start", icon="play", button_style="success"),
            "stop": ipywidgets.Button(description="Stop", icon="stop", button_style="warning"),
            "reset": ipywidgets.Button(description="Reset", icon="refresh"),
        }
        self.explain = ipywidgets.ToggleButton(description="What is wrong?", icon="question")
        self.clock = ipywidgets.Play(min=0, max=100_000, interval=150, layout={"display": "none"})
        choices = {"fault": self.fault, "data": self.data, "seed": self.seed, "slice": self.slice}
        super().__init__({**choices, **buttons, "explain": self.explain, "clock": self.clock})
        self.picture = Picture(
            format="png", width=GAME_WIDTH, height=GAME_HEIGHT, tooltip="The points beside the modes, and the traces"
        )
        for name, act in {"start": self.start, "stop": self.stop, "reset": self.renew}.items():
            self.when_pressed(buttons[name], act)
        self.when_moved(self.renew, self.fault, self.data, self.seed)
        self.when_moved(self._tell, self.explain)
        self.when_moved(self._tick, self.clock)
        self.children = [
            ipywidgets.HBox([self.fault, self.data]),
            ipywidgets.HBox([self.seed, self.slice]),
            ipywidgets.HBox([*buttons.values(), self.explain, self.clock]),
            self.picture,
            self.words,
        ]
        self.renew()

    def renew(self) -> None:
        """Stop, and build the chosen game anew."""
        self.clock.playing = False
        self.game = play(FAULTS[self.fault.value], 1, self.seed.value, MIXTURES[self.data.value])
        self.draw()

    def start(self) -> None:
        """Train on, or from the start when the last round was reached."""
        if self.game.steps >= ROUNDS:
            self.renew()
        self.clock.playing = True
        self._tell()

    def stop(self) -> None:
        """Stop after the slice under way; Start goes on from here."""
        self.clock.playing = False
        self._tell()

    def _tick(self) -> None:
        """Train one slice, unless stopped: a tick may arrive after the click on Stop."""
        if not self.clock.playing:
            return
        self.game.run(min(self.slice.value, ROUNDS - self.game.steps))
        if self.game.steps >= ROUNDS:
            self.clock.playing = False
        self.draw()

    def draw(self) -> None:
        """Show the game as it stands."""
        title = f"{self.fault.value}: round {self.game.steps} of {ROUNDS}"
        self.picture.value = draw_game(self.game, ROUNDS, title).png(compress_level=1)
        self._tell()

    def _tell(self) -> None:
        """Say what goes on, and the diagnosis if it was asked for."""
        if self.clock.playing:
            state = "training …"
        elif self.game.steps >= ROUNDS:
            state = "done. Start trains again from the first round."
        else:
            state = "stopped. Start goes on from here." if self.game.steps else "ready. Press Start."
        fault = FAULTS[self.fault.value]
        told = {"Changed": fault.change, "Symptom": fault.symptom, "Cause": fault.cause, "Cure": fault.cure}
        answer = Markup(" ".join(f"<b>{what}:</b> {html.escape(text, quote=False)}" for what, text in told.items()))
        self.say(f"Round {self.game.steps} of {ROUNDS}: {state}", *([answer] if self.explain.value else []))

    @staticmethod
    def twin(fault: str = "D too strong", rounds: int = 200, seed: int = 0) -> bytes:
        """Return what the panel shows for a fault after `rounds` rounds on the ring of 8, as PNG bytes.

        Args:
            fault: a name of `toy.faults.FAULTS`. rounds: at least 1. seed: of the networks, the points and z.

        Raises:
            InvalidValue: there is no such fault.
        """
        if fault not in FAULTS:
            raise InvalidValue(f"There is no fault {fault!r}: choose one of {', '.join(map(repr, FAULTS))}.")
        game = play(FAULTS[fault], 1, seed_number(seed)).run(rounds)
        found = count_modes(game.points(500)[0], game.mixture)
        title = f"{fault}: {found.modes} of {found.of} modes after {rounds} rounds"
        return draw_game(game, rounds, title).png()
