from dcgan_course.interpretability import forgetting
from dcgan_course.interpretability.forgetting_figures import forgetting_panels


def test_the_figure_has_a_panel_a_thing_and_a_mark_an_effect():
    import matplotlib.pyplot as plt

    def one(left, rest):
        return forgetting.Effect(9, left, left, rest, 0.1)

    result = forgetting.Comparison(1, 4, one(0.1, 0.9), (one(0.8, 0.7), one(0.6, 0.5)), (one(0.3, 0.2),))
    figure = forgetting_panels({"red": [result], "round": [result, result]}, "Red can be forgotten")
    panels = figure.axes
    assert [axes.get_title(loc="left") or axes.get_title() for axes in panels] == ["forget red", "forget round"]
    offsets = [[group.get_offsets().tolist() for group in axes.collections] for axes in panels]
    assert offsets[0] == [[[0.8, 0.7], [0.6, 0.5]], [[0.3, 0.2]], [[0.1, 0.9]]]
    assert [len(marks) for marks in offsets[1]] == [4, 2, 2]
    assert [text.get_text() for text in figure.legends[0].get_texts()] == ["as many at random", "as active", "chosen"]
    plt.close(figure)
