"""The film that is moved by hand: its pages, and the links by which the browser alone moves it."""

import ipywidgets
import pytest
import torch

from dcgan_course import widgets
from dcgan_course.errors import InvalidValue

FRAMES = torch.linspace(-1, 1, 4)[:, None, None, None, None].expand(4, 2, 1, 8, 8)


def test_each_frame_is_a_page_with_its_label():
    film = widgets.scrub(FRAMES, list("abcd"), columns=2)
    place, pages = film.controls["place"], film.pages.children
    assert (place.min, place.max, film.controls["play"].max) == (0, 3, 3)
    assert len({picture.value for picture, _ in (page.children for page in pages)}) == 4
    assert [words.value[-7] for _, words in (page.children for page in pages)] == list("abcd")
    for number in (3, 0):
        place.value = number
        film.draw()
        assert film.pages.selected_index == number


def test_the_browser_links_play_button_slider_and_pages(monkeypatch):
    linked = []
    monkeypatch.setattr(ipywidgets, "jslink", lambda source, target: linked.append((source, target)))
    film = widgets.scrub(FRAMES, list("abcd"), columns=2)
    play, place = (film.controls["play"], "value"), (film.controls["place"], "value")
    assert linked == [(play, place), (place, (film.pages, "selected_index"))]


@pytest.mark.parametrize("labels", [["a"], []])
def test_labels_that_do_not_fit_are_refused(labels):
    with pytest.raises(InvalidValue, match="each frame needs one label"):
        widgets.scrub(FRAMES, labels, columns=2)


def test_without_a_stack_the_kernel_shows_one_page_and_hides_the_others(monkeypatch):
    monkeypatch.delattr(ipywidgets, "Stack")  # ipywidgets 7 has none
    film = widgets.scrub(FRAMES, list("abcd"), columns=2)
    for number in (0, 3, 1):
        film.controls["place"].value = number
        assert [page.layout.display for page in film.pages.children].count(None) == 1
        assert film.pages.children[number].layout.display is None
