"""The training monitor: traces and samples while a GAN trains, and a stop button."""

import threading
import time

import ipywidgets
from torch import Tensor

from dcgan_course.drawing.axes import LinePlot
from dcgan_course.drawing.canvas import Canvas
from dcgan_course.drawing.sheets import png_of_pictures
from dcgan_course.errors import InvalidValue, seed_number, whole_number
from dcgan_course.evaluation.probabilities import mean_probabilities
from dcgan_course.latent import paths
from dcgan_course.models import inference
from dcgan_course.models.protocols import AskedGenerator, LatentGenerator
from dcgan_course.training.state import Training
from dcgan_course.widgets.parts import Panel, Picture

WIDTH, HEIGHT, LEFT, RIGHT, TOP, BOTTOM = 560, 280, 50, 20, 40, 44


class TrainingMonitor(Panel):
    """A hook for `train` that shows what is going on, and stops the training when its button is pressed.

    Show `monitor.panel`, then call `train(..., hook=monitor)`. In JupyterLab the button works while the cell runs;
    where a front end delivers clicks only between cells, the kernel's own interrupt (■) does the same, and nothing
    is lost either way. With `checkpoint=` the next call of `train` continues.

    Args:
        test_images: uint8 (N, C, H, W), on which p_real and p_fake are measured (the first 1,000 are used).
        pictures: how many samples are shown. seed: of their z, which stay the same all the time.
        every: seconds between two drawings.
    """

    sentence = "The training monitor: a stop button, live traces and samples. The figures below keep what it showed."

    def __init__(self, test_images: Tensor, *, pictures: int = 30, seed: int = 0, every: float = 1.0) -> None:
        self.button = ipywidgets.Button(
            description="Stop training",
            icon="stop",
            button_style="warning",
            tooltip="Stop after the step under way; everything so far is kept",
        )
        super().__init__({"stop": self.button})
        self.test_images = test_images[:1000]
        self.pictures, self.seed, self.every = whole_number("pictures", pictures), seed_number(seed), every
        self.epochs: list[float] = []
        self.p_real: list[float] = []
        self.p_fake: list[float] = []
        self._stop = threading.Event()
        self._next_drawing = self._last_call = 0.0
        self.button.on_click(self._press)
        _deliver_while_a_cell_runs(self.button)
        self.bar = ipywidgets.IntProgress(min=0, max=1, layout={"width": "300px"})
        self.traces = Picture(
            value=self.traces_png(),
            format="png",
            width=WIDTH,
            height=HEIGHT,
            tooltip="p_real and p_fake over the epochs so far",
        )
        self.samples = Picture(
            value=Canvas(HEIGHT, HEIGHT, scale=1).png(),
            format="png",
            height=HEIGHT,
            tooltip="Samples, from the same z all the time",
        )
        self.children = [
            ipywidgets.HBox([self.button, self.bar, self.words], layout={"align_items": "center"}),
            # Without flex-start both pictures get the height of the higher one.
            ipywidgets.HBox([self.traces, self.samples], layout={"align_items": "flex-start"}),
        ]
        self.say("Training has not started.")

    @property
    def panel(self) -> "TrainingMonitor":
        """What a cell shows: the monitor itself."""
        return self

    def __call__(self, training: Training) -> bool:
        """Draw if it is time; return whether the button was pressed."""
        now = self._last_call = time.monotonic()
        last = training.step == training.last_step
        if now >= self._next_drawing or last or self._stop.is_set():
            self.draw(training)
            self._next_drawing = now + self.every
        if not self._stop.is_set():
            return False
        self._stop.clear()
        self.say(f"Stopped after step {training.step:,}. Run the training cell again to continue.")
        self.button.description = "Stop training"
        return True

    def _press(self, button: ipywidgets.Button) -> None:
        if time.monotonic() - self._last_call > 5:
            self.say("No training is running, so there is nothing to stop.")
            return
        self._stop.set()
        button.description = "Stopping …"

    def draw(self, training: Training) -> None:
        """Measure p_real and p_fake, and show where the training stands."""
        epoch = training.step / training.steps_per_epoch
        p_real, p_fake = mean_probabilities(training.generator, training.discriminator, self.test_images)
        if not self.epochs or epoch > self.epochs[-1]:
            self.epochs.append(epoch)
            self.p_real.append(p_real)
            self.p_fake.append(p_fake)
        self.bar.max, self.bar.value = training.last_step, training.step
        self.say(f"epoch {epoch:.1f} of {training.config.epochs}: p_real {p_real:.2f}, p_fake {p_fake:.2f}")
        self.traces.value = self.traces_png(training.config.epochs)
        try:
            self.samples.value = self.samples_png(training.generator)
        except InvalidValue as error:  # whoever looks on does not end a training
            self.say(str(error))

    def samples_png(self, generator: LatentGenerator | AskedGenerator) -> bytes:
        """Return the generator's pictures of the fixed z as PNG bytes; each part keeps its mode."""
        images = inference.draw(generator, paths.sample(self.pictures, generator.latent_dim, self.seed))
        return png_of_pictures(images, columns=6, zoom=2)

    def traces_png(self, last_epoch: float = 1.0) -> bytes:
        """Return p_real and p_fake over the epochs so far as PNG bytes."""
        canvas, width = Canvas(WIDTH, HEIGHT), WIDTH - LEFT - RIGHT
        plot = LinePlot(canvas, LEFT, TOP, width, HEIGHT - TOP - BOTTOM, (0, last_epoch), (0, 1))
        for p in (0, 0.5, 1):
            plot.level(p, f"{p:g}", "grey" if p == 0.5 else "light")
        plot.x_numbers((0, last_epoch / 2, last_epoch))
        canvas.text(LEFT + width / 2, HEIGHT - 18, "epoch", size=14, anchor="ma")
        for values, colour, name, x in (
            (self.p_real, "blue", "p_real: D on test pictures", LEFT),
            (self.p_fake, "orange", "p_fake: D on samples", LEFT + width / 2 + 20),
        ):
            plot.curve(self.epochs, values, colour)
            for x_dot, y_dot in zip(*plot.place(self.epochs[-1:], values[-1:]), strict=True):
                canvas.box(x_dot - 3, y_dot - 3, 6, 6, fill=colour, outline=None)
            canvas.key(x, 10, name, colour, size=14)
        return canvas.png()


def _deliver_while_a_cell_runs(widget: ipywidgets.Widget) -> None:
    """Let a click reach the kernel's second thread (subshell), to which JupyterLab sends it.

    ipykernel 7.4 hands the messages of a widget to the thread that last sent something to that widget: here the one
    that trains, which has no time. Other versions do not ask this question, so that the answer changes nothing there.
    """
    widget.comm._reply_subshell_for = lambda _data, subshell_id: subshell_id
