"""The explorer of Dirac-GAN: choose a loss and a penalty, and see whether the game circles or ends; and its twin."""

import ipywidgets
import torch

from dcgan_course.drawing.canvas import Canvas
from dcgan_course.toy.dirac.frame import HEIGHT, WIDTH, dirac_frame, spectrum, verdict
from dcgan_course.toy.dirac.game import DiracGame, radius
from dcgan_course.widgets.parts import Panel, Picture, dropdown, slider

STEPS = 250
LOSS_NAMES = {
    "minimax (saturating)": "minimax",
    "non-saturating": "non_saturating",
    "Wasserstein": "wasserstein",
    "hinge": "hinge",
    "least squares": "least_squares",
    "relativistic": "relativistic",
}
PENALTY_NAMES = {
    "no penalty": "none",
    "R1": "r1",
    "R2": "r2",
    "R1 and R2": "r1_r2",
    "clipping": "clip",
    "gradient penalty": "gradient",
}
LETTERS = {"clip": "bound", "gradient": "λ"}  # of a penalty's weight; else γ
STEP_SIZES = (0.02, 0.05, 0.1, 0.2, 0.5)
MOVES = {"in turn, D first": True, "both at once": False}
WIDTHS = (120, 310)


class DiracExplorer(Panel):
    """The explorer: loss, penalty and its weight, step size, order of moves and start; path, field and eigenvalues.

    The `controls` are loss, penalty, weight, step_size, moves, theta and psi. No position of them raises: a game that
    runs away is drawn as far as it goes.
    """

    sentence = (
        "The explorer of Dirac-GAN needs a running kernel: run this cell. The next picture shows two of its games."
    )

    def __init__(self) -> None:
        self.loss = dropdown("loss", LOSS_NAMES, "non_saturating", widths=WIDTHS)
        self.penalty = dropdown("penalty", PENALTY_NAMES, "none", widths=WIDTHS)
        self.weight = slider("its weight", 1.0, 0.0, 5.0, step=0.1, widths=WIDTHS)
        self.step_size = dropdown("step size", STEP_SIZES, 0.1, widths=WIDTHS)
        self.moves = dropdown("players move", MOVES, True, widths=WIDTHS)
        self.theta = slider("start: θ", 1.0, -2.0, 2.0, step=0.1, widths=WIDTHS)
        self.psi = slider("start: ψ", 1.0, -2.0, 2.0, step=0.1, widths=WIDTHS)
        super().__init__(
            {
                "loss": self.loss,
                "penalty": self.penalty,
                "weight": self.weight,
                "step_size": self.step_size,
                "moves": self.moves,
                "theta": self.theta,
                "psi": self.psi,
            }
        )
        self.picture = Picture(
            format="png",
            layout={"width": f"{WIDTH}px", "max_width": "100%"},
            tooltip="The path in the plane of θ and ψ, the distance from the equilibrium, and the eigenvalues",
        )
        self.when_moved(self.draw, *self.controls.values())
        columns = [
            ipywidgets.VBox(column)
            for column in ([self.loss, self.penalty, self.weight], [self.moves, self.step_size], [self.theta, self.psi])
        ]
        self.children = [ipywidgets.HBox(columns, layout={"flex_flow": "row wrap"}), self.picture, self.words]
        self.draw()

    @torch.random.fork_rng(devices=[])  # a penalty may draw places between data and fakes
    def draw(self) -> None:
        """Play the chosen game and show it."""
        self.weight.disabled = self.penalty.value == "none"
        game = DiracGame(self.loss.value, self.penalty.value, self.weight.value)
        start = self.theta.value, self.psi.value
        path = game.play(start, STEPS, self.step_size.value, self.moves.value)
        self.picture.value = dirac_frame(game, path, _title(game)).png(compress_level=1)
        away = radius(path)
        self.say(
            f"{_title(game)}, {self.moves.label}, step size {self.step_size.value}: {verdict(path, STEPS)}. Distance "
            f"from (0, 0): {float(away[0]):.3f} at first, {float(away[-1]):.3f} after {len(path) - 1} steps.",
            " ".join(spectrum(game)),
        )

    @staticmethod
    def twin(penalty: str = "r1", weight: float = 1.0, loss: str = "non_saturating", *, alone: bool = False) -> bytes:
        """Return the explorer's picture of a loss without a penalty, and below it with one, as PNG bytes.

        Two frames are higher than a small screen; alone, the game of the arguments fits.

        Args:
            penalty, weight, loss: as of `toy.dirac.DiracGame`. Both games start at (1, 1), with step size 0.1, in turn.
            alone: draw only the game with the penalty, which may be "none".

        Raises:
            InvalidValue: as DiracGame.
        """
        games = [DiracGame(loss), DiracGame(loss, penalty, weight)][alone:]
        sheet = Canvas(WIDTH, len(games) * HEIGHT, scale=1)
        for row, game in enumerate(games):
            frame = dirac_frame(game, game.play(steps=STEPS), _title(game))
            sheet.paste(frame, 0, row * HEIGHT)
        return sheet.png()


def _title(game: DiracGame) -> str:
    """Name a game as the menus do."""
    loss = next(words for words, name in LOSS_NAMES.items() if name == game.loss)
    penalty = next(words for words, name in PENALTY_NAMES.items() if name == game.penalty)
    weight = "" if game.penalty == "none" else f", {LETTERS.get(game.penalty, 'γ')} = {game.weight:.1f}"
    return f"{loss[0].upper()}{loss[1:]}, {penalty}{weight}"
