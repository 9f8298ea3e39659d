"""Fixtures for the tests in a real browser: chromium, one JupyterLab for all lessons, a fresh tab for each test."""

import os
import shutil

import pytest

from tests.browser.open_notebook import WINDOW
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
