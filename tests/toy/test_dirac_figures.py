"""The figures of Dirac-GAN and the frame of its explorer: what is drawn, and what it says."""

import numpy as np
import pytest
import torch

from dcgan_course.drawing.canvas import Canvas
from dcgan_course.toy.dirac import LOSSES, PENALTIES, DiracGame, decay_figure, paths_figure
from dcgan_course.toy.dirac.figures import arrows
from dcgan_course.toy.dirac.frame import HEIGHT, WIDTH, dirac_frame, spectrum, verdict


def test_arrows_turn_clockwise_and_have_length_one():
    places, directions = arrows(DiracGame("wasserstein"), 2.0)
    away = places.norm(dim=1) > 1e-9
    torch.testing.assert_close(directions[away].norm(dim=1), torch.ones(int(away.sum()), dtype=torch.float64))
    turn = places[:, 0] * directions[:, 1] - places[:, 1] * directions[:, 0]
    assert (turn[away] < -0.99 * places[away].norm(dim=1)).all()


def test_a_clipped_game_has_no_arrows_outside_its_box():
    places, directions = arrows(DiracGame("wasserstein", "clip", 1.0), 2.0)
    outside = places[:, 1].abs() > 1
    assert outside.any() and not directions[outside].any() and directions[~outside].any()


@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("penalty", PENALTIES)
def test_every_game_has_its_frame(loss, penalty):
    game = DiracGame(loss, penalty, 1.0)
    assert dirac_frame(game, game.play(steps=20), "a title").image.size == (WIDTH, HEIGHT)
    canvas = Canvas(10, 10)
    widths = [canvas.text_width(line, size=16, bold=row == 0) for row, line in enumerate(spectrum(game))]
    assert max(widths) < WIDTH - 524  # from where the lines begin to the right edge
    assert not any(word in " ".join(spectrum(game)) for word in ("nan", "inf", "−0.00 ±"))


def test_the_eigenvalues_are_said():
    assert spectrum(DiracGame())[0] == "Eigenvalues 0.00 ± 0.50i: it turns."
    assert spectrum(DiracGame(penalty="r1", weight=0.6))[:2] == [
        "Eigenvalues −0.30 ± 0.40i: it turns,",
        "closer by a factor of e in each 3.3 of time",
    ]
    assert spectrum(DiracGame(penalty="r1", weight=2.5))[0] == "Eigenvalues −0.10 and −2.40: it does not turn,"
    assert "Critical γ = 1.00" in spectrum(DiracGame(penalty="r1"))[-1]
    assert "corner" in spectrum(DiracGame("wasserstein", "gradient"))[0]


def test_the_path_is_drawn_where_it_is():
    """The green square of the end lies at the last place: (1, 1) of ±2.5 in a plane of 400 points."""
    still = torch.tensor([[-1.0, -1.0], [1.0, 1.0]], dtype=torch.float64)
    pixels = np.array(dirac_frame(DiracGame(), still, "").image)[:446]
    rows, columns = np.nonzero((pixels == (0x00, 0x9E, 0x73)).all(axis=2))
    assert abs(columns.mean() - (66 + 400 * 0.7)) < 1 and abs(rows.mean() - (46 + 400 * 0.3)) < 1


def test_figures_have_a_panel_for_each_game_and_a_line_for_each_path():
    games = [("one", DiracGame()), ("two", DiracGame("hinge")), ("a third", DiracGame("wasserstein", "clip"))]
    panels = [(name, game, game.play(steps=5)) for name, game in games]
    figure = paths_figure(panels, "a finding", columns=2)
    assert [axes.get_title("left") or axes.get_title() for axes in figure.axes] == ["one", "two", "a third", ""]
    assert len(decay_figure([(name, path) for name, _, path in panels], "").axes[0].get_lines()) == 3


@pytest.mark.parametrize(
    ("game", "play", "words"),
    [
        (DiracGame("wasserstein"), {}, "it circles"),
        (DiracGame("wasserstein"), {"alternating": False}, "it moves away"),
        (DiracGame("non_saturating"), {}, "it comes closer"),
        (DiracGame(penalty="r1"), {}, "it arrives"),
        (DiracGame("wasserstein", "gradient"), {}, "hardly moves any more"),
        (DiracGame("wasserstein", "r1", 5.0), {"step_size": 0.5, "alternating": False}, "it runs away"),
    ],
)
def test_the_verdict_says_what_became_of_it(game, play, words):
    assert words in verdict(game.play(steps=400, **play), 400)
