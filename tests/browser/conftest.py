"""Fixtures for the tests in a real browser: chromium, one JupyterLab for all lessons, a fresh tab for each test."""

import os
import shutil
import time

import pytest

from authoring.site.build import build
from tests.browser.open_notebook import WINDOW
from tests.browser.quiet_folder import quiet_folder
from tests.browser.real_lab import RealLab

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


@pytest.fixture(scope="session")
def browser():
    """A headless chromium. Without one the tests are skipped; with REQUIRE_BROWSER=1 they fail."""
    path = next(filter(None, map(shutil.which, NAMES)), None)
    if path is None:
        reason = (
            "there is no chromium on this machine: install it to run these tests (Debian: apt-get install chromium)"
        )
        if os.environ.get("REQUIRE_BROWSER") == "1":
            pytest.fail(reason)
        pytest.skip(reason)
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=path, args=["--disable-dev-shm-usage"])
        yield chromium
        chromium.close()


@pytest.fixture(scope="session")
def lab(browser, tmp_path_factory):
    """One JupyterLab for all lessons, started as `make lab` starts it."""
    server = RealLab(tmp_path_factory.mktemp("lab"))
    yield server
    server.stop()


@pytest.fixture
def page(browser):
    """A fresh tab, as a learner's window."""
    context = browser.new_context(viewport=WINDOW)
    yield context.new_page()
    context.close()


@pytest.fixture(scope="session")
def site(tmp_path_factory):
    folder, start = tmp_path_factory.mktemp("book") / "site", processor_time()
    assert build(folder) == 0
    size = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file()) / 1e6
    taken = processor_time() - start
    print(f"\nthe book: {size:.0f} MB in {taken:.0f} s of a processor, by two processes side by side")
    assert size < 60 and taken < 180  # Sphinx, with two thirds of it, is the longer: two minutes on two free cores
    return folder


def processor_time() -> float:
    """Seconds that this process and those that it waited for have computed: a busy machine does not lengthen them."""
    return time.process_time() + sum(os.times()[2:4])


@pytest.fixture
def reader(site, browser):
    """Open a page of the book by its name; at the end nothing was asked for outside, and nothing complained."""
    with quiet_folder(site, browser, WINDOW) as open_page:
        yield open_page
