"""A notebook in a real browser: run it as a learner does, and look at what is on the page."""

import contextlib
from dataclasses import dataclass
from pathlib import Path

WINDOW = {"width": 1366, "height": 900}  # a small laptop
WIDGET = "application/vnd.jupyter.widget-view+json"
RED_TEXTS = (
    "Error displaying widget",
    "Error creating widget",
    "model not found",
    "Loading widget",
    "Javascript Error",
)
# (piece of the text, piece of the address, why it is no fault of the course)
KNOWN_NOISE: tuple[tuple[str, str, str], ...] = ()

CELLS = """() => window.jupyterapp.shell.currentWidget.content.widgets.map((cell, index) => {
    const json = cell.model.toJSON();
    return {
        index, type: json.cell_type, source: [json.source].flat().join(''), count: json.execution_count ?? null,
        outputs: (json.outputs || []).map(out => ({
            type: out.output_type, kinds: Object.keys(out.data || {}),
            text: [out.ename, out.evalue, out.text].flat().filter(piece => piece).join(' ').slice(0, 2000),
        })),
    };
})"""
BUSY = """window.jupyterapp.shell.currentWidget.content.widgets.some(
    cell => cell.model.type === 'code' && (cell.model.executionState === 'running' || cell.prompt === '*'))"""

# Scrolls by nearly one window; tells whether there was more to see. Below the last cell JupyterLab leaves room.
SCROLL_ON = """panel => {
    const end = [...panel.querySelectorAll('.jp-Cell')].at(-1).getBoundingClientRect().bottom;
    panel.scrollBy(0, panel.clientHeight - 40);
    return end > panel.getBoundingClientRect().bottom;
}"""


@dataclass(frozen=True)
class Cell:
    """A cell as the page holds it; each output has type, kinds (MIME types) and text."""

    index: int
    type: str
    source: str
    count: int | None
    outputs: list[dict]

    @property
    def has_widget(self) -> bool:
        return any(WIDGET in output["kinds"] for output in self.outputs)


class OpenNotebook:
    """A notebook in one tab of JupyterLab.

    Args:
        page: of Playwright. address: of the notebook, with the server's token.
    """

    def __init__(self, page, address: str):
        self.page = page
        self.complaints: list[str] = []
        page.on("console", self._hear)
        page.on("pageerror", lambda error: self.complaints.append(f"page error: {error}"))
        page.goto(address)

    def _hear(self, message):
        place = message.location.get("url", "")
        if message.type == "error" and not any(text in message.text and part in place for text, part, _ in KNOWN_NOISE):
            self.complaints.append(f"console: {message.text} ({place})")

    def wait_for_kernel(self, seconds: float = 60):
        """Wait until a kernel is really there: JupyterLab says idle before it exists, and Run All is then lost."""
        self.page.locator(".jp-StatusBar-Widget", has_text="(ipykernel) | Idle").wait_for(timeout=seconds * 1000)
        self.page.wait_for_timeout(300)

    def press_run_all(self):
        """Press Run → Run All Cells in the menu bar."""
        self.page.locator(".lm-MenuBar-item", has_text="Run").first.click()
        self.page.locator('.lm-Menu-item[data-command="runmenu:run-all"]').click()

    def run_all(self, seconds: float = 300):
        """Run all cells and wait until no cell is at work; an error in a cell is found by `errors`."""
        self.press_run_all()
        self.page.wait_for_function(f"() => {BUSY}", timeout=10_000)
        self.wait_until_done(seconds)

    def wait_until_done(self, seconds: float = 300):
        """Wait until no cell is at work."""
        self.page.wait_for_function(f"() => !{BUSY}", timeout=seconds * 1000)
        self.page.wait_for_timeout(300)  # the last output is drawn

    def run_cell(self, index: int):
        """Put the cursor into a cell and press Shift-Enter; returns at once."""
        self.show_cell(index).locator(".jp-InputArea-editor").click()
        self.page.keyboard.press("Shift+Enter")
        self.page.wait_for_function(f"() => {BUSY}", timeout=10_000)

    def cells(self) -> list[Cell]:
        """Return all cells with their outputs."""
        return [Cell(**cell) for cell in self.page.evaluate(CELLS)]

    def show_cell(self, index: int):
        """Scroll a cell into view and return its element."""
        element = self.page.locator(f'.jp-Notebook .jp-Cell[data-windowed-list-index="{index}"]')
        element.scroll_into_view_if_needed()
        return element

    def errors(self) -> list[str]:
        """Return what went wrong so far: error outputs, red widget texts, complaints of the browser."""
        found = [
            f"cell {cell.index}: {output['text']}"
            for cell in self.cells()
            for output in cell.outputs
            if output["type"] == "error"
        ]
        texts = self.page.locator(".jp-Notebook .jp-OutputArea").all_text_contents()
        found += [f"the page says {red!r}" for red in RED_TEXTS if any(red in text for text in texts)]
        return found + self.complaints

    def photograph(self, folder: Path, name: str) -> list[Path]:
        """Store the notebook, top to bottom, as pictures as high as the window: NAME_1.png, NAME_2.png …"""
        folder.mkdir(parents=True, exist_ok=True)
        for old in folder.glob(f"{name}_*.png"):
            old.unlink()
        panel = self.page.locator(".jp-NotebookPanel:not(.lm-mod-hidden)")
        scroller = panel.locator(".jp-WindowedPanel-outer")
        paths, more = [], True
        scroller.evaluate("panel => panel.scrollTo(0, 0)")
        while more and len(paths) < 60:
            self.page.wait_for_timeout(100)
            paths.append(folder / f"{name}_{len(paths) + 1}.png")
            panel.screenshot(path=paths[-1])
            more = scroller.evaluate(SCROLL_ON)
        return paths

    def close(self):
        """End the kernel; nothing is saved."""
        self.page.evaluate("() => window.jupyterapp.shell.currentWidget.sessionContext.shutdown()")


@contextlib.contextmanager
def run_notebook(lab, browser, path: str):
    """Open a notebook of the course in a page of its own, run all cells, and close it at the end."""
    context = browser.new_context(viewport=WINDOW)
    notebook = OpenNotebook(context.new_page(), lab.address_of(path))
    notebook.wait_for_kernel()
    notebook.run_all()
    yield notebook
    notebook.close()
    context.close()


def write_notebook(lab, name: str, codes: list[str]) -> str:
    """Write a notebook with one cell for each code beside the lessons; return its path for `run_notebook`."""
    import nbformat

    kernel = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
    cells = [nbformat.v4.new_code_cell(code) for code in codes]
    nbformat.write(nbformat.v4.new_notebook(cells=cells, metadata=kernel), lab.course / "notebooks" / f"{name}.ipynb")
    return f"notebooks/{name}.ipynb"
