"""The lessons and GLOSSARY.md hold each other: a defined term is explained, and an explained term is defined."""

import re

from authoring.notebooks import ROOT, scripts

LINK = re.compile(r"\[\*\*([^*\]]+)\*\*\]\(\.\./GLOSSARY\.md#([\w-]+)\)", re.DOTALL)
ENTRY = re.compile(
    r'^\* <a id="(?P<anchor>[\w-]+)"></a>\*\*(?P<term>[^*]+)\*\* \((?P<korean>[^,()]*[가-힣][^()]*), '
    r"lesson \[(?P<lesson>\d\d\w?)\]\(notebooks/(?P<file>[\w]+)\.ipynb\)\): (?P<sentence>.+\.)$",
    re.MULTILINE,
)
TEXT = re.sub(r"\n +", " ", (ROOT / "GLOSSARY.md").read_text(encoding="utf-8"))  # an entry may have several lines
ENTRIES = {match["anchor"]: match for match in ENTRY.finditer(TEXT)}


def links():
    """Every (lesson number, anchor, term as written) in the lessons' scripts, comment marks removed."""
    for script in scripts("lessons"):
        text = re.sub(r"\n# ?", "\n", script.read_text(encoding="utf-8"))
        for term, anchor in LINK.findall(text):
            yield script.stem, anchor, " ".join(term.split())


def test_every_line_of_the_glossary_is_an_entry():
    assert len(ENTRIES) == len(re.findall(r"^\* ", TEXT, re.MULTILINE)) >= 20


def test_every_linked_term_has_an_entry():
    missing = sorted({anchor for _, anchor, _ in links()} - ENTRIES.keys())
    assert not missing


def test_every_entry_is_linked_from_the_lesson_it_names():
    found = {(stem, anchor) for stem, anchor, _ in links()}
    wrong = [anchor for anchor, entry in ENTRIES.items() if (entry["file"], anchor) not in found]
    assert not wrong
    assert all(entry["file"].partition("_")[0] == entry["lesson"] for entry in ENTRIES.values())


def test_the_lesson_named_is_the_first_that_uses_the_term():
    first = {}
    for stem, anchor, _ in links():
        first.setdefault(anchor, stem)
    wrong = {anchor: first[anchor] for anchor, entry in ENTRIES.items() if first.get(anchor) != entry["file"]}
    assert not wrong


def test_anchors_are_the_terms():
    for anchor, entry in ENTRIES.items():
        assert anchor == re.sub(r"[^\w-]", "", entry["term"].lower().replace(" ", "-")), anchor


def test_entries_are_in_alphabetical_order():
    terms = [entry["term"].lower() for entry in ENTRIES.values()]
    assert terms == sorted(terms)
