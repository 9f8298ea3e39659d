"""The widgets of one cell in a real browser: its sliders, its menus, its play button, and its pictures' pixels."""

import re
import time

LOOK = """async element => {
    const pictures = [...element.querySelectorAll('.jupyter-widgets img')];
    let hash = 2166136261, colours = new Set();
    for (const picture of pictures) {
        while (!picture.complete) await new Promise(requestAnimationFrame);  // new bytes are on their way
        const canvas = document.createElement('canvas');
        [canvas.width, canvas.height] = [picture.naturalWidth, picture.naturalHeight];
        const pen = canvas.getContext('2d');
        pen.drawImage(picture, 0, 0);
        for (const pixel of new Uint32Array(pen.getImageData(0, 0, canvas.width, canvas.height).data.buffer)) {
            hash = Math.imul(hash ^ pixel, 16777619);
            if (colours.size < 3) colours.add(pixel);
        }
    }
    return {pictures: pictures.length, hash, colours: colours.size};
}"""

# The kernel takes messages in their order: when it has answered this one, it has drawn what was asked for before. A
# cell that is at work holds it up; then waiting is no use.
ANSWERED = """() => Promise.race([
    window.jupyterapp.shell.currentWidget.sessionContext.session.kernel.requestKernelInfo().then(() => true),
    new Promise(done => setTimeout(() => done(false), 5000)),
])"""

# Milliseconds from the key's event to the first frame in which the picture's pixels have changed.
KEY_TO_PIXELS = """element => {
    const picture = element.querySelector('.jupyter-widgets img');
    const canvas = document.createElement('canvas');
    [canvas.width, canvas.height] = [picture.naturalWidth, picture.naturalHeight];
    const pen = canvas.getContext('2d', {willReadFrequently: true});
    const pixels = () => {
        pen.drawImage(picture, 0, 0);
        return new Uint32Array(pen.getImageData(0, 0, canvas.width, canvas.height).data.buffer)
            .reduce((hash, pixel) => Math.imul(hash ^ pixel, 16777619), 2166136261);
    };
    const before = pixels();
    window.keyToPixels = new Promise((resolve, reject) => {
        setTimeout(() => reject(new Error('the picture did not change within 10 s after a key')), 10000);
        document.addEventListener('keydown', key => {
            const look = () => picture.complete && picture.naturalWidth && pixels() !== before
                ? resolve(performance.now() - key.timeStamp) : requestAnimationFrame(look);
            requestAnimationFrame(look);
        }, {capture: true, once: true});
    });
}"""


class Explorer:
    """The widgets below one cell.

    Args:
        page: of Playwright. cell: the cell's element, in view.
    """

    def __init__(self, page, cell):
        self.page, self.cell = page, cell
        self.sliders = cell.locator(".widget-slider:visible").all()
        self.menus = cell.locator(".widget-dropdown select:visible").all()
        self.play = cell.locator(".widget-play button:visible").first

    def button(self, text: str):
        """Return the button with this text; its icon stands before the text."""
        return self.cell.locator("button.jupyter-button:visible", has_text=re.compile(rf"^\s*{text}$"))

    def look(self) -> dict:
        """Return the number of pictures, a hash of their pixels, and the number of colours (3 stands for more)."""
        return self.cell.evaluate(LOOK)

    def wait_for_change(self, before: dict, what: str, seconds: float = 5) -> dict:
        """Wait until the pictures' pixels are others than before; return what they show then.

        Playwright's own wait_for_function takes a promise for true, and reading pixels is one.
        """
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            if (now := self.look())["hash"] != before["hash"]:
                return now
            self.page.wait_for_timeout(20)
        raise AssertionError(f"the picture did not change within {seconds:g} s after {what}")

    def wait_until_said(self, text: str, seconds: float = 5):
        """Wait until the widgets say something; a picture may come before the words about it."""
        end = time.monotonic() + seconds
        while text not in self.cell.inner_text():
            assert time.monotonic() < end, f"{text!r} is not said: {self.cell.inner_text()}"
            self.page.wait_for_timeout(20)

    def wait_until_steady(self) -> dict:
        """Wait until the kernel has answered and the pictures stay as they are for a fifth of a second; return them."""
        self.page.evaluate(ANSWERED)
        last = self.look()
        for _ in range(50):
            self.page.wait_for_timeout(200)
            self.page.evaluate(ANSWERED)
            now = self.look()
            if now == last:
                return now
            last = now
        raise AssertionError("the picture does not come to rest")

    def press(self, slider, key: str):
        """Give a slider the focus and press a key."""
        slider.locator(".noUi-handle").press(key)

    def drag(self, slider):
        """Take a slider's handle with the mouse and pull it a third of the way, to the side where there is room."""
        slider.evaluate(
            "slider => slider.scrollIntoView({block: 'center'})"
        )  # the mouse, unlike a key, needs to see it
        self.page.wait_for_timeout(300)
        track, handle = slider.locator(".noUi-base").bounding_box(), slider.locator(".noUi-handle").bounding_box()
        x, y = handle["x"] + handle["width"] / 2, handle["y"] + handle["height"] / 2
        side = 1 if x < track["x"] + track["width"] / 2 else -1
        self.page.mouse.move(x, y)
        self.page.mouse.down()
        self.page.mouse.move(x + side * track["width"] / 3, y, steps=8)
        self.page.mouse.up()

    def key_to_pixels(self, slider, key: str) -> float:
        """Press a key on a slider; return the milliseconds until the picture's pixels have changed."""
        handle = slider.locator(".noUi-handle")
        handle.focus()
        self.cell.evaluate(KEY_TO_PIXELS)
        self.page.keyboard.press(key)
        return self.page.evaluate("() => window.keyToPixels")


def label(slider) -> str:
    """Return what stands before a slider; what is out of view has no inner text."""
    return (slider.locator(".widget-label").first.text_content() or "").replace("\xa0", " ").strip()


def place(slider) -> tuple[float, float, float]:
    """Return (lowest, now, highest) of a slider."""
    handle = slider.locator(".noUi-handle")
    return tuple(float(handle.get_attribute(f"aria-value{name}")) for name in ("min", "now", "max"))


def is_off(slider) -> bool:
    """Tell whether a slider is disabled."""
    return slider.locator(".noUi-target").get_attribute("disabled") is not None
