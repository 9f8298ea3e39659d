"""A folder of pages as a reader opens it, from files: nothing is asked for outside, and nothing complains."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def quiet_folder(folder: Path, browser, window: dict[str, int]) -> Iterator[Callable]:
    """Give a function that opens a page of the folder by its name, in one tab; at the end the tab was quiet."""
    context = browser.new_context(viewport=window)
    page, outside, complaints = context.new_page(), [], []
    inside = folder.as_uri()

    def judge(route):
        if route.request.url.startswith((inside, "data:", "blob:", "about:")):
            route.continue_()
        else:
            outside.append(route.request.url)
            route.abort()

    def open_page(name):
        page.goto(f"{inside}/{name}.html")
        return page

    context.route("**/*", judge)
    page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    yield open_page
    assert outside == [] and complaints == []
    context.close()
