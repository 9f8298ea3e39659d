"""The parts that all explorers share."""

import threading

import ipywidgets
import pytest
import torch

from dcgan_course.widgets.parts import Markup, Panel, Picture, dropdown, one_thread, slider, spoken

WIDTHS = (100, 300)


class Doubler(Panel):
    """The smallest explorer: a number, and its double in words."""

    sentence = "A number and its double."

    def __init__(self):
        self.number = slider("number", 1, 0, 10, widths=WIDTHS)
        super().__init__({"number": self.number})
        self.drawings = 0
        self.when_moved(self.draw, self.number)
        self.children = [self.number, self.words]
        self.draw()

    def draw(self):
        self.drawings += 1
        self.say(f"Its double is {2 * self.number.value}.")


class TestPanel:
    def test_it_announces_itself_and_speaks(self):
        panel = Doubler()
        assert repr(panel) == "A number and its double." and list(panel.controls) == ["number"]
        assert panel.words.value == spoken("Its double is 2.")
        panel.number.value = 4
        assert panel.words.value == spoken("Its double is 8.")

    def test_moves_by_itself_draw_nothing(self):
        panel = Doubler()
        with panel.by_itself():
            panel.number.value = 5
        assert panel.drawings == 1
        panel.number.value = 6
        assert panel.drawings == 2

    def test_after_an_error_it_listens_again(self):
        panel = Doubler()
        with pytest.raises(ValueError, match="on the way"), panel.by_itself():
            raise ValueError("on the way")
        panel.number.value = 7
        assert panel.words.value == spoken("Its double is 14.")


class TestTwoThreads:
    """JupyterLab hands widgets' messages to a thread beside that of the cells, and may use several."""

    def test_a_second_move_waits_for_the_first(self):
        first, second = slider("first", 0, 0, 10, widths=WIDTHS), ipywidgets.Button()
        panel = Panel({"first": first, "second": second})
        under_way, go_on, order = threading.Event(), threading.Event(), []

        def slow():
            order.append("first begins")
            under_way.set()
            assert go_on.wait(10)
            order.append("first ends")

        panel.when_moved(slow, first)
        panel.when_pressed(second, lambda: order.append("second"))
        threads = [threading.Thread(target=setattr, args=(first, "value", 1)), threading.Thread(target=second.click)]
        threads[0].start()
        assert under_way.wait(10)
        threads[1].start()
        threads[1].join(0.2)
        assert threads[1].is_alive() and order == ["first begins"]
        go_on.set()
        for thread in threads:
            thread.join(10)
        assert order == ["first begins", "first ends", "second"]

    def test_a_move_of_the_panel_itself_does_not_hide_one_by_hand(self):
        panel, inside, go_on = Doubler(), threading.Event(), threading.Event()
        panel.when_moved(lambda: move_by_itself(), other := slider("other", 0, 0, 10, widths=WIDTHS))

        def move_by_itself():
            with panel.by_itself():
                inside.set()
                assert go_on.wait(10)

        threads = [
            threading.Thread(target=setattr, args=(other, "value", 1)),
            threading.Thread(target=setattr, args=(panel.number, "value", 9)),
        ]
        threads[0].start()
        assert inside.wait(10)
        threads[1].start()
        go_on.set()
        for thread in threads:
            thread.join(10)
        assert panel.words.value == spoken("Its double is 18.")


def test_a_spoken_sentence_is_one_live_region():
    assert spoken("a < b").count('role="status" aria-live="polite"') == 1 and ">a &lt; b<" in spoken("a < b")


def test_only_markup_is_markup_and_what_is_joined_to_it_is_text_again():
    assert "<b>bold</b>" in spoken(Markup("<b>bold</b>"))
    for text in (Markup("<b>") + "x", f"{Markup('<b>')}x"):
        assert ">&lt;b&gt;x<" in spoken(text)
    assert ">one<br>two<" in spoken("one", "two")


@pytest.mark.parametrize("step", [1, 5, 0.5])
def test_the_step_says_which_numbers_a_slider_has(step):
    made = slider("size", 5, 0, 10, step=step, widths=WIDTHS)
    assert type(made) is (ipywidgets.FloatSlider if step == 0.5 else ipywidgets.IntSlider)
    assert (made.description, made.value, made.min, made.max, made.step) == ("size", 5, 0, 10, step)
    assert (made.style.description_width, made.layout.width) == ("100px", "300px")


@pytest.mark.parametrize(("value", "chosen"), [(None, 10), (0, 0)])
def test_a_menu_opens_at_its_first_option_or_the_one_that_is_said(value, chosen):
    menu = dropdown("layer", [("last", 10), ("first", 0)], value, widths=WIDTHS)
    assert (menu.description, menu.value) == ("layer", chosen)


def test_a_picture_travels_with_the_empty_description_that_its_tooltip_needs():
    state = Picture(tooltip="What is seen").get_state()
    assert state["tooltip"] == "What is seen" and state["description"] == "" and state["_view_name"] == "ImageView"


def test_one_thread_gives_the_threads_back_also_after_an_error():
    before = torch.get_num_threads()
    torch.set_num_threads(2)
    try:
        with pytest.raises(ValueError, match="drawing failed"), one_thread():
            assert torch.get_num_threads() == 1
            raise ValueError("drawing failed")
        assert torch.get_num_threads() == 2
    finally:
        torch.set_num_threads(before)
