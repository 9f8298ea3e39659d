"""Each kind of page and each explorer of the book, judged by axe: no serious and no critical violation."""

import re

import pytest

axe = pytest.importorskip("axe_playwright_python.sync_playwright")

LAPTOP, PHONE = {"width": 1366, "height": 768}, {"width": 390, "height": 800}
SEVERE = ("serious", "critical")
HOW = {"resultTypes": ["violations"], "preload": False}  # to preload is to fetch, which a page from a file may not
READY = "() => [...document.querySelectorAll('div[data-explorer]')].every(home => home.dataset.ready)"
OPEN = "() => document.querySelectorAll('article details').forEach(each => (each.open = true))"
FORMULAS_REACHED = """() => [...document.querySelectorAll('.formula, .formula > math')].every(each =>
    each.scrollWidth <= each.clientWidth || getComputedStyle(each).overflowX !== 'auto' || each.tabIndex === 0)"""
EXPLORERS = {  # what each page has; together they are all explorers of the book
    "lessons/00_start_here": {"latent_slider"},
    "lessons/01_convolution_arithmetic": {"convolution_explorer"},
    "lessons/02_transposed_convolution": {"transposed_explorer"},
    "lessons/03_adversarial_game": {"densities_explorer", "film"},
    "lessons/05_when_training_fails": {"break_it_panel"},
    "lessons/08_walking_in_latent_space": {"latent_explorer", "film"},
    "lessons/09_what_the_networks_learned": {"filter_browser"},
}
OTHERS = [
    "index",
    "lessons/04_gan_on_mnist",
    "lessons/06_dcgan_layer_by_layer",
    "lessons/07_dcgan_on_cifar10",
    "lessons/07b_fast_training",
    "lessons/10_measuring_a_generator",
    "lessons/11_beyond_dcgan",
    "exercises/04_gan_on_mnist",
    "solutions/04_gan_on_mnist",
    "glossary",
    "changelog",
    "house",
    "functions/toy",
    "teaching/plan",
    "teaching/00",
    "cards/mnist_dcgan",
    "results/modes_table",
    "genindex",
    "search",
]


def violations(page) -> list[tuple[str, str, list[str]]]:
    """Return (rule, where, what is wanted) of each severe violation of the page as it stands."""
    page.wait_for_function(READY)
    page.evaluate(OPEN)  # choices of votes and what is folded are part of the page
    found = axe.Axe().run(page, options=HOW).response["violations"]
    return [
        (each["id"], node["target"], node["failureSummary"])
        for each in found
        if each["impact"] in SEVERE
        for node in each["nodes"]
    ]


@pytest.mark.parametrize("name", [*EXPLORERS, *OTHERS])
def test_no_severe_violation_on_a_laptop(reader, name):
    page = reader(name)
    page.set_viewport_size(LAPTOP)
    assert violations(page) == []


# The theme makes code that scrolls a stop for Tab some time after the window has another size.
REACHED = "() => [...document.querySelectorAll('pre')].every(e => e.scrollWidth <= e.clientWidth || e.tabIndex === 0)"


PAGES_ON_A_PHONE = [
    "lessons/02_transposed_convolution",
    "lessons/03_adversarial_game",  # formulas in boxes that open
    "lessons/04_gan_on_mnist",
    "lessons/05_when_training_fails",
    "functions/toy",
]


@pytest.mark.parametrize("name", PAGES_ON_A_PHONE)
def test_no_severe_violation_on_a_phone(reader, name):
    page = reader(name)
    page.set_viewport_size(PHONE)
    page.wait_for_function(REACHED)
    page.evaluate(OPEN)
    page.wait_for_function(FORMULAS_REACHED, timeout=5_000)
    assert violations(page) == []


@pytest.mark.parametrize("name", ["lessons/03_adversarial_game", "lessons/05_when_training_fails", "glossary"])
def test_no_severe_violation_in_the_dark(reader, name):
    page = reader(name)
    page.emulate_media(color_scheme="dark")
    assert violations(page) == []


def test_the_judge_finds_what_is_wrong(reader):
    page = reader("lessons/00_start_here")
    page.wait_for_function(READY)
    page.evaluate("() => document.querySelector('div[data-explorer] label').remove()")
    assert {rule for rule, _, _ in violations(page)} == {"label"}


def test_every_explorer_of_the_book_is_judged(site):
    def kinds(path) -> set[str]:
        return set(re.findall(r'data-explorer="(\w+)"', path.read_text(encoding="utf-8")))

    assert {name: kinds(site / f"{name}.html") for name in EXPLORERS} == EXPLORERS
    assert set().union(*map(kinds, site.rglob("*.html"))) == set().union(*EXPLORERS.values())


def test_a_formula_that_is_wider_than_a_phone_is_reached_by_tab_and_moved_by_keys(reader):
    page = reader("lessons/04_gan_on_mnist")
    page.set_viewport_size(PHONE)
    formula = page.locator("math[tabindex='0'], .formula[tabindex='0']").first
    formula.wait_for(state="attached")
    formula.focus()
    page.keyboard.press("ArrowRight")
    page.wait_for_function(
        "() => document.activeElement.closest('.formula') && document.activeElement.scrollLeft > 0", timeout=5_000
    )
    page.set_viewport_size({"width": 2400, "height": 900})
    page.wait_for_function("() => !document.querySelector('math[tabindex], .formula[tabindex]')")
