"""One frame of the Dirac explorer: the plane with field and path, the distance over the steps, the eigenvalues."""

import numpy as np
from torch import Tensor

from dcgan_course.drawing.axes import LinePlot
from dcgan_course.drawing.canvas import Canvas
from dcgan_course.toy.dirac.figures import arrows
from dcgan_course.toy.dirac.game import DiracGame, radius

WIDTH, HEIGHT = 960, 520  # in points
REACH = 2.5  # of the plane that is drawn
PLANE, PLANE_LEFT, PLANE_TOP = 400, 66, 46
RIGHT, RIGHT_TOP, RIGHT_WIDTH, RIGHT_HEIGHT = 568, 84, 366, 200
LEVELS = ((1, "10"), (0, "1"), (-1, "0.1"), (-2, "0.01"), (-3, "0.001"), (-4, "0.0001"))


def dirac_frame(game: DiracGame, path: Tensor, title: str) -> Canvas:
    """Draw a game's path (N, 2) over its field, its distance from the equilibrium, and its eigenvalues."""
    canvas = Canvas(WIDTH, HEIGHT, scale=1)
    canvas.title(18, 8, title, size=18)
    _draw_plane(canvas, game, path)
    last = max(1, len(path) - 1)
    canvas.key(RIGHT, RIGHT_TOP - 26, "distance from (0, 0)", "purple")
    plot = LinePlot(canvas, RIGHT, RIGHT_TOP, RIGHT_WIDTH, RIGHT_HEIGHT, (0, last), (-4, 1))
    for level, words in LEVELS:
        plot.level(level, words)
    plot.curve(np.arange(len(path)), np.log10(np.maximum(radius(path).numpy(), 1e-9)), "purple")
    plot.x_numbers((0, last))
    canvas.text(RIGHT + RIGHT_WIDTH / 2, RIGHT_TOP + RIGHT_HEIGHT + 6, "step", size=15, anchor="ma")
    for number, line in enumerate(spectrum(game)):
        canvas.text(RIGHT - 44, 340 + 30 * number, line, size=16, bold=number == 0)
    return canvas


def _draw_plane(canvas: Canvas, game: DiracGame, path: Tensor) -> None:
    """Draw arrows, path, start, end and equilibrium; what lies outside the plane is drawn on its edge."""
    plot = LinePlot(canvas, PLANE_LEFT, PLANE_TOP, PLANE, PLANE, (-REACH, REACH), (-REACH, REACH))
    places, directions = arrows(game, 0.92 * REACH, 13)
    across, down = plot.place(*places.T)
    for x, y, (right, up) in zip(across.tolist(), down.tolist(), directions.tolist(), strict=True):
        if right or up:
            canvas.arrow(x - 10 * right, y + 10 * up, x + 10 * right, y - 10 * up, colour="grey", line=1, head=7)
    plot.curve(path[:, 0].numpy(), path[:, 1].numpy(), "purple", line=2)
    across, down = plot.place(*path.numpy().T)
    for index, colour, size in ((0, "orange", 12), (-1, "green", 10)):
        canvas.box(across[index] - size / 2, down[index] - size / 2, size, size, fill=colour, outline="paper")
    x, y = PLANE_LEFT + PLANE / 2, PLANE_TOP + PLANE / 2
    canvas.line(x - 9, y, x + 9, y, line=3)
    canvas.line(x, y - 9, x, y + 9, line=3)
    for number in (-2, 0, 2):
        words = f"{number}".replace("-", "−")
        canvas.text(PLANE_LEFT - 8, float(plot.place(0, number)[1]), words, size=14, anchor="rm")
    plot.x_numbers((-2, 0, 2))
    canvas.text(PLANE_LEFT + 0.7 * PLANE, PLANE_TOP + PLANE + 6, "θ, the fake", size=15, anchor="ma")
    canvas.text(18, PLANE_TOP + PLANE / 4, "ψ,", size=15)
    canvas.text(18, PLANE_TOP + PLANE / 4 + 18, "slope", size=15)
    canvas.text(18, PLANE_TOP + PLANE / 4 + 36, "of D", size=15)
    legend = (("■", "start", "orange"), ("■", "end", "green"), ("✚", "equilibrium", "ink"))
    for number, (mark, words, colour) in enumerate(legend):
        canvas.key(PLANE_LEFT + 96 * number, PLANE_TOP + PLANE + 34, words, colour, mark=mark)


def spectrum(game: DiracGame) -> list[str]:
    """Say the eigenvalues at the equilibrium, what they promise, and the critical γ, in short lines."""
    if game.penalty == "gradient":
        return [
            "No eigenvalues: a corner at ψ = 0.",
            "The penalty wants the slope 1, and 0 is right.",
        ]
    values = game.eigenvalues()
    real, turn = values.real.tolist(), float(values.imag.abs().max())
    if turn > 1e-6:
        first = f"Eigenvalues {real[0] + 0.0:.2f} ± {turn:.2f}i: it turns"
    else:
        first = f"Eigenvalues {real[0]:.2f} and {real[1]:.2f}: it does not turn"
    if real[0] < -1e-9:
        lines = [first + ",", f"closer by a factor of e in each {-1 / real[0]:.1f} of time"]
        lines.append("(time is steps × step size).")
    else:
        lines = [first + ".", "The real part is 0: to first order it comes no closer."]
    if game.penalty in ("r1", "r2", "r1_r2"):
        lines.append(f"Critical γ = {game.critical_weight():.2f}: fastest near the equilibrium.")
    return [line.replace("-", "−") for line in lines]


def verdict(path: Tensor, steps: int) -> str:
    """Say in a few words what became of a path that was planned for `steps` steps.

    Closer and farther compare the mean distance in the last quarter with that in the first; 10 % decide.
    """
    away = radius(path)
    if len(path) <= steps:
        return f"it runs away, and is beyond all bounds after {len(path)} steps"
    quarter = max(1, len(path) // 4)
    first, last = float(away[:quarter].mean()), float(away[-quarter:].mean())
    if float(away[-quarter:].max()) < 0.01:
        return "it arrives at the equilibrium"
    if float((path[1:] - path[:-1]).norm(dim=1)[-quarter:].max()) < 1e-3:
        return "it hardly moves any more, at a place that is wrong"
    return "it comes closer" if last < 0.9 * first else "it moves away" if last > 1.1 * first else "it circles"
