"""Times judged by their median, on a machine that other work uses as well."""

import statistics
from collections.abc import Callable, Iterable

from tests.browser.explorer import Explorer

TRIES = 3
SLACK = 1.5  # limits are for two free cores; a shared machine is slower
PLAIN_SLIDER = """import ipywidgets
from dcgan_course import latent, recorded
from dcgan_course.drawing import png_of_pictures

generator = recorded.load_run("cifar10_dcgan_32").generator
frames = [png_of_pictures(generator(z[None]), columns=1, zoom=1) for z in latent.sample(2, 100, 0)]
slider = ipywidgets.IntSlider(max=100, description="plain")
image = ipywidgets.Image(value=frames[0], width=288, height=288)
slider.observe(lambda change: setattr(image, "value", frames[change["new"] % 2]), names="value")
ipywidgets.VBox([slider, image])"""  # the least that a slider and a picture can take


def limit_beside_a_plain_slider(notebook, cell: int, aim: float) -> float:
    """Return the limit for the moves of another cell's slider: the aim, or eight times what the plain slider takes now.

    A figure that is drawn anew takes three to seven times as long as two ready pictures that are swapped.
    """
    plain = Explorer(notebook.page, notebook.show_cell(cell))
    plain.press(plain.sliders[0], "Home")
    plain.wait_until_steady()
    floor = statistics.median(plain.key_to_pixels(plain.sliders[0], "ArrowRight") for _ in range(20))
    print(f"\na slider that swaps two ready pictures: median {floor:.0f} ms")
    return max(aim, 8 * floor)


def median_is_within(limit: float, measure: Callable[[], Iterable[float]], what: str, unit: str = "ms") -> None:
    """Measure until the median is at most the limit and its slack, three times if need be; print each time.

    Other work on the machine lengthens one measurement. Code that is too slow lengthens all of them.
    """
    medians = []
    for _ in range(TRIES):
        times = sorted(measure())
        medians.append(statistics.median(times))
        around = f"{times[0]:.1f} to {times[-1]:.1f} {unit}, {len(times)} times"
        print(f"\n{what}: median {medians[-1]:.1f} {unit}, {around}; asked on free cores: {limit:.1f}")
        if medians[-1] <= SLACK * limit:
            return
    raise AssertionError(f"{what}: medians {[round(median, 1) for median in medians]} {unit}; asked: {limit:.1f}")
