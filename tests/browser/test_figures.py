"""The stored figures of every lesson on the screen of a small laptop: no letter is too small, all have a title."""

import pytest

from tests.browser.figures import SCREEN, SMALLEST, WINDOW, figures
from tests.browser.open_notebook import OpenNotebook, run_notebook, write_notebook
from tests.browser.real_lab import ROOT

LESSONS = sorted(path.stem for path in (ROOT / "notebooks").glob("[0-9][0-9]*_*.ipynb"))


@pytest.mark.parametrize("name", LESSONS)
def test_every_figure_is_seen_at_once_has_a_title_and_its_letters_can_be_read(name, lab, browser):
    context = browser.new_context(viewport=WINDOW)
    notebook = OpenNotebook(context.new_page(), lab.address_of(f"notebooks/{name}.ipynb"))
    notebook.wait_for_kernel()
    panel = notebook.page.locator(".jp-NotebookPanel .jp-WindowedPanel-outer").first.bounding_box()
    assert panel["height"] >= SCREEN
    seen = figures(notebook)
    print(
        "", f"{name}: the smallest letters are shown at {min(figure.letters or 99 for figure in seen):.1f} px", sep="\n"
    )
    assert seen
    assert [str(figure) for figure in seen if not figure.known] == [], "made by an older version: run the lesson again"
    assert [str(figure) for figure in seen if figure.height > SCREEN] == [], f"higher than {SCREEN} px"
    assert [str(figure) for figure in seen if (figure.letters or SMALLEST) < SMALLEST] == [], f"below {SMALLEST} px"
    assert [str(figure) for figure in seen if not figure.title] == [], "without a title that states a finding"
    notebook.close()
    context.close()


def test_what_is_wide_is_shown_smaller_and_its_letters_with_it(lab, browser):
    code = """from dcgan_course import drawing
canvas = drawing.Canvas(1868, 600, scale=1)
canvas.title(8, 8, "Twice as wide as the page", size=20)
drawing.show_png(canvas.png(), alt="A title over nothing, twice as wide as the page is.")"""
    with run_notebook(lab, browser, write_notebook(lab, "wide_figure", [code])) as notebook:
        notebook.page.set_viewport_size(WINDOW)
        (seen,) = figures(notebook)
    assert seen.title == "Twice as wide as the page" and seen.known
    assert 900 < seen.width < 950 and seen.letters == pytest.approx(20 * seen.width / 1868)
    assert seen.height == pytest.approx(600 * seen.width / 1868, abs=1)
