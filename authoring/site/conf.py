"""How Sphinx makes the book. `authoring.site.build` writes its sources and calls it."""

import re

project = "How do I really understand DCGAN?"
author = "The authors of the course"
extensions = ["myst_nb", "sphinx.ext.autodoc", "sphinx.ext.napoleon"]

html_theme = "sphinx_book_theme"
html_title = "DCGAN, understood"
html_static_path = ["_static"]
html_css_files = ["book.css"]
html_js_files = ["explorers.js"]
html_context = {"default_mode": "auto"}
html_copy_source = False
html_show_sourcelink = False
html_show_search_summary = False  # it would fetch pages, which a browser forbids to a page from a file
html_theme_options = {
    "show_navbar_depth": 1,
    "use_download_button": False,
    "use_fullscreen_button": False,
    "search_bar_text": "Search the course",
}

nb_execution_mode = "off"
nb_ipywidgets_js: dict[str, dict[str, str]] = {}  # nothing is asked from a network
nb_merge_streams = True
myst_enable_extensions = ["html_image"]
suppress_warnings = ["myst.header", "myst.xref_missing", "mystnb.unknown_mime_type", "docutils", "ref.ref"]

autodoc_typehints = "signature"
autodoc_member_order = "bysource"
autodoc_preserve_defaults = True
napoleon_google_docstring = True
napoleon_use_rtype = False


def as_plain_text(app, what, name, obj, options, lines):  # type: ignore[no-untyped-def]
    """Docstrings are plain text with names in backticks: other marks of reStructuredText mean themselves."""
    for number, line in enumerate(lines):
        parts = re.split(r"(`[^`]*`)", line)
        lines[number] = "".join(
            part if part.startswith("`") else re.sub(r"([*|@]|_(?=\W|$))", r"\\\1", part) for part in parts
        )


def setup(app):  # type: ignore[no-untyped-def]
    app.connect("autodoc-process-docstring", as_plain_text, priority=1)  # before napoleon
