"""The choices of a vote open by mouse and by keyboard, in JupyterLab before any cell has run, and in the book."""

from tests.browser.open_notebook import WINDOW, OpenNotebook


def test_choices_open_in_jupyterlab_by_mouse_and_by_keyboard(lab, browser):
    context = browser.new_context(viewport=WINDOW)
    notebook = OpenNotebook(context.new_page(), lab.address_of("notebooks/00_start_here.ipynb"))
    notebook.wait_for_kernel()
    cell = notebook.show_cell(next(cell.index for cell in notebook.cells() if "**Predict first.**" in cell.source))
    choices = cell.locator("details")

    def are_open() -> list[bool]:
        return [choice.get_attribute("open") is not None for choice in choices.all()]

    assert are_open() == [False] * 4
    choices.nth(0).locator("summary").click()
    assert are_open() == [True, False, False, False]
    assert "album" in choices.nth(0).inner_text() and "pictures would give" not in choices.nth(3).inner_text()
    notebook.page.keyboard.press("Tab")
    notebook.page.keyboard.press("Enter")
    assert are_open()[1] and not are_open()[2]
    notebook.page.keyboard.press("Tab")
    notebook.page.keyboard.press("Space")
    assert are_open()[2]
    assert cell.locator(".jp-RenderedHTMLCommon").is_visible()  # Enter did not begin to edit the cell
    notebook.close()
    context.close()


def test_a_vote_opens_the_answer_of_one_choice_also_without_javascript(site, browser):
    context = browser.new_context(viewport=WINDOW, java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{site.as_uri()}/lessons/00_start_here.html")
    choices = page.locator("details[name=predict-00-1]")
    page.locator("summary", has_text="A · ").click()
    assert "album" in choices.nth(0).inner_text()
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    assert [choice.get_attribute("open") is not None for choice in choices.all()] == [False, True, False, False]
    context.close()
