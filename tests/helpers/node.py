"""Modules of the book's pages, run by node."""

import json
import shutil
import subprocess

import pytest

from authoring.site.explorers import MODULES

node = pytest.mark.skipif(shutil.which("node") is None, reason="there is no node on this machine")


def run_by_node(code: str, given: object) -> object:
    """Return what the function `answer` of `code` makes of `given`; its imports are modules of the pages."""
    text = f"""import fs from "node:fs";
{code}
const given = JSON.parse(fs.readFileSync(0, "utf-8"));
process.stdout.write(JSON.stringify(answer(given)));
"""
    command = ["node", "--input-type=module", "-e", text]
    done = subprocess.run(command, input=json.dumps(given), cwd=MODULES, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)
