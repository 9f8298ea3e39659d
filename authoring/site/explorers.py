"""Explorers that move without a kernel: where a page has one, and their modules as one script.

A browser loads no module with imports for a page from a file. The modules in `js` are joined to one script: each
import line is left out, and each name that is exported is a name of the whole script.
"""

import json
import re
from html import escape
from pathlib import Path

from authoring.site import break_it
from dcgan_course.convolution.scene import KERNELS, LARGEST_INPUT, PICTURES, picture_numbers
from dcgan_course.recorded import names
from dcgan_course.widgets import convolution, densities, transposed

MODULES = Path(__file__).resolve().parent / "js"
IMPORT = re.compile(r'^import \{[^}]*\} from "\./(\w+)\.mjs";\n', re.MULTILINE)
CALLS = {  # what a cell calls, and the explorer that stands for it: its name and, where it names one, its run
    r'widgets\.latent_explorer\("(?P<run>\w+)"\)': "latent_explorer",
    r"widgets\.latent_slider\(run\.generator, seed=seed\)": "latent_slider",
    r"widgets\.convolution_explorer\(\)": "convolution_explorer",
    r"widgets\.densities_explorer\(\)": "densities_explorer",
    r"widgets\.transposed_explorer\(\)": "transposed_explorer",
    r"widgets\.break_it_panel\(\)": "break_it_panel",
    r'widgets\.filter_browser\("(?P<run>\w+)", photos, count=looked_at\)': "filter_browser",
}
SLIDER = {"run": "mnist_mlp", "seed": "0"}  # of lesson 00, whose cells say so


def explorer(source: str) -> str:
    """Return the place of the explorer that a cell calls, as HTML; "" where there is none without a kernel."""
    for call, name in CALLS.items():
        if found := re.search(call, source):
            facts = facts_of(name) | found.groupdict()
            data = " ".join(f'data-{key}="{escape(value)}"' for key, value in facts.items())
            return f'<div data-explorer="{name}" {data}><p>This explorer needs JavaScript.</p></div>'
    return ""


def facts_of(name: str) -> dict[str, str]:
    """Return what an explorer's place tells its module, as the texts of attributes."""
    if name == "convolution_explorer":
        facts = {
            "settings": convolution.SETTINGS,
            "kernels": KERNELS,
            "pictures": PICTURES,
            "padding_values": convolution.PADDING_VALUES,
            "random": picture_numbers("random", LARGEST_INPUT).tolist(),
        }
        return {"facts": json.dumps(facts)}
    if name == "densities_explorer":
        return {"facts": json.dumps(densities.SETTINGS)}
    if name == "transposed_explorer":
        return {"facts": json.dumps({"settings": transposed.SETTINGS, "how_to_read": transposed.HOW_TO_READ})}
    if name == "break_it_panel":
        return {"facts": json.dumps(break_it.facts())}
    if name == "filter_browser":
        return {}
    return SLIDER | {"runs": " ".join(names())}


def script() -> str:
    """Return all modules as one script, each after those that it imports.

    Raises:
        ValueError: two modules have the same name at their top.
    """
    text = "".join(IMPORT.sub("", module(name)).replace("\nexport ", "\n") for name in in_order("page"))
    names_at_top = re.findall(r"^(?:async )?(?:function|class|const|let) (\w+)", text, re.MULTILINE)
    if twice := {name for name in names_at_top if names_at_top.count(name) > 1}:
        raise ValueError(f"{min(twice)} is a name of two modules: in the joined script they would be one.")
    return f'(() => {{\n"use strict";\n{text}}})();\n'


def in_order(name: str) -> list[str]:
    """Return the modules that one needs and it itself, each after those that it imports."""
    order: list[str] = []
    for needed in IMPORT.findall(module(name)):
        order += [each for each in in_order(needed) if each not in order]
    return [*order, name]


def module(name: str) -> str:
    """Return the text of a module."""
    return (MODULES / f"{name}.mjs").read_text(encoding="utf-8")
