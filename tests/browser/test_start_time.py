"""From the start of `make lab`'s server to the first picture of lesson 00."""

import time

from tests.browser.open_notebook import OpenNotebook
from tests.browser.real_lab import RealLab

NEW_PICTURE = """() => [...document.querySelectorAll('.jp-OutputArea img')].some(
    picture => !picture.stored && picture.complete && picture.naturalWidth > 0 && picture.checkVisibility())"""


def test_pictures_within_a_minute_of_the_start(page, tmp_path):
    server = RealLab(tmp_path, smoke=False)
    try:
        notebook = OpenNotebook(page, server.first_address())
        served = time.monotonic() - server.started
        notebook.wait_for_kernel()
        ready = time.monotonic() - server.started
        # Pictures that are stored in the notebook do not count: they need no kernel.
        page.evaluate("() => document.querySelectorAll('.jp-OutputArea img').forEach(old => { old.stored = true; })")
        notebook.press_run_all()
        page.wait_for_function(NEW_PICTURE, timeout=90_000)
        shown = time.monotonic() - server.started
        print(f"\nmake lab: page asked for after {served:.1f} s, kernel {ready:.1f} s, first picture {shown:.1f} s")
        assert notebook.complaints == []
        assert shown < 60
    finally:
        server.stop()
