"""The training monitor while a cell runs: its button stops the training, and the cell run again continues it."""

import re
import time

import pytest

from tests.browser.open_notebook import OpenNotebook, write_notebook

CELLS = [
    """import torch
from dcgan_course.models import MLPDiscriminator, MLPGenerator
from dcgan_course.training import TrainConfig, train
from dcgan_course.widgets.training import TrainingMonitor
torch.set_num_threads(1)
torch.manual_seed(0)
images = torch.randint(0, 256, (2_000, 1, 28, 28), dtype=torch.uint8)
generator, discriminator = MLPGenerator(), MLPDiscriminator()
monitor = TrainingMonitor(images[:100])
monitor.panel""",
    """history = train(generator, discriminator, images, TrainConfig(epochs=10_000, batch_size=100),
                test_images=images[:100], hook=monitor, checkpoint="stop_button.safetensors", progress=False)
print(f"stopped {history.stopped}, {len(history)} epochs, first loss {history.discriminator_loss[0]:.6f}")""",
]


@pytest.fixture
def notebook(lab, page):
    """A notebook whose training would take an hour."""
    opened = OpenNotebook(page, lab.address_of(write_notebook(lab, "stop_button", CELLS)))
    opened.wait_for_kernel()
    yield opened
    opened.close()


def train_and_stop(notebook) -> tuple[int, float, str]:
    """Wait for two epochs, press the button; return the step it stopped after, seconds to stop, what was printed."""
    panel = notebook.page.locator(".jp-Notebook .jupyter-widgets").first
    panel.wait_for(timeout=60_000)
    panel.get_by_text(re.compile(r"epoch ([2-9]|\d\d+)\.\d of 10000")).wait_for(timeout=60_000)
    pressed = time.monotonic()
    panel.get_by_role("button", name="Stop training").click()
    notebook.wait_until_done(30)
    seconds = time.monotonic() - pressed
    step = re.search(r"Stopped after step ([\d,]+)", panel.inner_text())
    assert step, f"the monitor does not say that it stopped: {panel.inner_text()!r}"
    return int(step[1].replace(",", "")), seconds, notebook.cells()[1].outputs[-1]["text"]


def test_the_button_stops_a_running_cell_and_the_next_run_continues(notebook):
    notebook.run_cell(0)
    notebook.wait_until_done(60)
    assert notebook.errors() == []
    notebook.run_cell(1)
    first_step, seconds, printed = train_and_stop(notebook)
    stopped = re.fullmatch(r"stopped True, (\d+) epochs, first loss ([\d.]+)\n", printed)
    assert stopped, printed
    notebook.run_cell(1)
    second_step, seconds_again, printed_again = train_and_stop(notebook)
    again = re.fullmatch(r"stopped True, (\d+) epochs, first loss ([\d.]+)\n", printed_again)
    assert again, printed_again
    print(f"\nstop button: training stopped after {seconds:.1f} s at step {first_step:,}, again {second_step:,}")
    assert seconds < 5 and seconds_again < 5
    assert second_step > first_step and int(again[1]) >= int(stopped[1])
    assert again[2] == stopped[2], "the second run began anew instead of continuing"
    assert notebook.errors() == []
