"""A real JupyterLab on a copy of the course: start it as `make lab` does, and stop it."""

import html
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
COPIED = ("notebooks", "exercises", "solutions", "GLOSSARY.md")
NO_NEWS = {"@jupyterlab/apputils-extension/notification": {"fetchNews": "false"}}  # the popup would hide the page

SMOKE = {"DCGAN_COURSE_BUDGET": "smoke", "OMP_NUM_THREADS": "1"}  # the browser needs the other core


def lab_arguments() -> list[str]:
    """Return the arguments of Python with which `make lab` starts JupyterLab, read from the Makefile."""
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    found = re.search(r"^lab:.*\n\t.*-m (jupyterlab .+)$", makefile, re.MULTILINE)
    assert found, "the Makefile has no target `lab` that starts `python -m jupyterlab …`"
    return ["-m", *found[1].split()]


class RealLab:
    """A JupyterLab server that serves a copy of the course and writes only into a temporary folder.

    Args:
        folder: where it may write. smoke: run lessons in the budget for tests, and let tests ask the page
        (`window.jupyterapp`) what its cells hold; False starts exactly what a learner starts.
    """

    def __init__(self, folder: Path, smoke: bool = True):
        self.log = folder / "jupyterlab.log"
        self.course = copy_course(folder / "course")
        self.runtime = Path(tempfile.mkdtemp(prefix="lab"))
        for name, settings in NO_NEWS.items():
            path = folder / "config" / "lab" / "user-settings" / f"{name}.jupyterlab-settings"
            path.parent.mkdir(parents=True)
            path.write_text(json.dumps(settings), encoding="utf-8")
        command = [sys.executable, *lab_arguments(), "--no-browser"]
        if hasattr(os, "geteuid") and os.geteuid() == 0 and "--allow-root" not in command:
            command.append("--allow-root")
        if smoke:
            command.append("--LabApp.expose_app_in_browser=True")
        self.started = time.monotonic()
        with self.log.open("w", encoding="utf-8") as log:
            self.process = subprocess.Popen(
                command,
                cwd=self.course,
                env=self._environment(folder, smoke),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )

    def _environment(self, folder: Path, smoke: bool) -> dict[str, str]:
        own = {
            "JUPYTER_CONFIG_DIR": str(folder / "config"),
            "JUPYTER_DATA_DIR": str(folder / "data"),
            "JUPYTER_RUNTIME_DIR": str(self.runtime),
            "IPYTHONDIR": str(folder / "ipython"),
            "PYTHONPATH": str(ROOT),
        }
        environment = {name: value for name, value in os.environ.items() if name != "DCGAN_COURSE_BUDGET"}
        return environment | own | (SMOKE if smoke else {})

    def first_address(self, seconds: float = 60) -> str:
        """Wait for the server; return the address that a learner's browser is sent to."""
        page = self._wait_for_file("jpserver-file-to-run-*-open.html", seconds)
        return html.unescape(re.search(r'<a href="([^"]+)"', page)[1])

    def address_of(self, path: str, seconds: float = 60) -> str:
        """Wait for the server; return the address of a notebook, in a workspace of its own: no other tab is open."""
        facts = json.loads(self._wait_for_file("jpserver-*.json", seconds))
        return f"{facts['url']}lab/workspaces/{Path(path).stem}/tree/{path}?token={facts['token']}"

    def _wait_for_file(self, pattern: str, seconds: float) -> str:
        """Return the text of a file that the server writes when it is ready."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            for path in self.runtime.glob(pattern):
                if text := path.read_text(encoding="utf-8"):
                    return text
            assert self.process.poll() is None, f"JupyterLab ended:\n{self._end_of_log()}"
            time.sleep(0.05)
        raise AssertionError(f"no JupyterLab after {seconds:g} s:\n{self._end_of_log()}")

    def _end_of_log(self) -> str:
        return self.log.read_text(encoding="utf-8")[-3000:]

    def stop(self):
        """End the server; it ends its kernels."""
        self.process.terminate()
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        shutil.rmtree(self.runtime, ignore_errors=True)


def copy_course(target: Path) -> Path:
    """Copy what a learner opens, so that nothing in the tree is changed; returns the folder."""
    target.mkdir(parents=True)
    for name in COPIED:
        source = ROOT / name
        if source.is_dir():
            shutil.copytree(source, target / name, ignore=shutil.ignore_patterns(".ipynb_checkpoints", "runs"))
        elif source.exists():
            shutil.copy(source, target)
    return target
