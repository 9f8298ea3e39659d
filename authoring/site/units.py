"""What the filter browser of the pages shows: for each unit its top pictures, windows and gradients, for
`js/filter_browser.mjs`.

All of it is computed here, as `widgets.filter_browser` computes it. A gradient is kept in 33 levels, from its largest
number down to the negative of it: the eye sees no more in it, and the pages stay small.
"""

import base64
import io
import json
from pathlib import Path
from typing import Any

import torch
from PIL import Image
from torch import Tensor

from dcgan_course.data.images import Images, already_here, load_images
from dcgan_course.data.pixels import to_pixels
from dcgan_course.drawing.sheets import tile_pictures
from dcgan_course.interpretability.unit_figures import each_scaled
from dcgan_course.interpretability.units import UnitLayer, UnitView
from dcgan_course.widgets import filters
from dcgan_course.widgets.filters import COUNT, NETWORKS, MeasuredUnits

RUN = "cifar10_dcgan_32"  # of lesson 09
HALF = 16  # levels above grey, and as many below
COLUMNS = 40  # of the sheet of pictures
GREY = 128


def write_units(folder: Path, run: str = RUN, images: Images | None = None, count: int = COUNT) -> None:
    """Write the scripts of one run: its pictures, and for each network and layer what its units show.

    Args:
        run, images, count: as of `widgets.filter_browser`; None takes `pictures_of_the_lesson`.
    """
    folder.mkdir(parents=True)
    found = MeasuredUnits(run, pictures_of_the_lesson() if images is None else images, count)
    used: dict[int, int] = {}  # number of a picture → its place on the sheet
    for number, network in enumerate(NETWORKS):
        for layer in range(len(found.layers)):
            _write(folder, f"{run}_{number}_{layer}", layer_facts(found, network, layer, used))
    _write(folder, run, run_facts(found, used))


def pictures_of_the_lesson() -> Images:
    """Return the pictures of lesson 09, without a download: the drawn ones where CIFAR-10 is not on this machine."""
    return load_images("cifar10" if already_here("cifar10") else "drawn_objects")


def _write(folder: Path, name: str, facts: dict[str, Any]) -> None:
    text = json.dumps(facts, separators=(",", ":"))
    (folder / f"{name}.js").write_text(f'takeFacts("units/{name}", {text});\n', encoding="utf-8")


def run_facts(found: MeasuredUnits, used: dict[int, int]) -> dict[str, Any]:
    """Return what all layers share: names for the menus, and the pictures as one sheet in the order of `used`."""
    pictures = found.images.images[list(used)]
    return {
        "networks": list(NETWORKS),
        "layers": filters.layer_labels(found.layers),
        "units": [layer.units for layer in found.layers],
        "legend": filters.LEGEND,
        "size": list(pictures.shape[2:]),
        "columns": COLUMNS,
        "pictures": _webp(tile_pictures(pictures, COLUMNS, zoom=1, gap=0)),
    }


def layer_facts(found: MeasuredUnits, network: str, layer: int, used: dict[int, int]) -> dict[str, Any]:
    """Return what the units of one layer show; pictures that are new get the next places in `used`.

    Gradients come as sheets: a row for each unit, the windows of its pictures side by side.
    """
    window, told = found.layers[layer].window, []
    sheets: dict[str, list[Tensor]] = {"guided": [], "plain": []}
    for unit in range(found.layers[layer].units):
        view = found.view(network, layer, unit)
        for name, rows in sheets.items():
            rows.append(gradient_row(getattr(view, name), view, found.layers[layer]))
        told.append(
            {
                "said": filters.sentences(filters.heading(network, layer, unit), view, found.images),
                "pictures": [used.setdefault(index, len(used)) for index in view.top.indices.tolist()],
                "corners": [[top, left] for top, left, _, _ in view.windows],
                "responses": [f"{value:.2f}".replace("-", "−") for value in view.top.values.tolist()],
            }
        )
    return {
        "window": list(window),
        "units": told,
        **{name: _webp(_sheet(torch.cat(rows, dim=1))) for name, rows in sheets.items()},
    }


def gradient_row(gradients: Tensor, view: UnitView, layer: UnitLayer) -> Tensor:
    """Return the gradients in the windows of a unit side by side: (C, height, n · width) uint8, grey is zero.

    A window's part outside the picture stays grey; the page hatches it.
    """
    height, width = layer.window
    levels = (each_scaled(gradients) * HALF).round() / HALF
    pixels = to_pixels(levels)  # (n, C, H, W)
    row = torch.full((pixels.shape[1], height, len(pixels) * width), GREY, dtype=torch.uint8)
    for number, (top, left, bottom, right) in enumerate(view.windows):
        up, down = max(top, 0), min(bottom, pixels.shape[2])
        first, last = max(left, 0), min(right, pixels.shape[3])
        start = number * width - left
        row[:, up - top : down - top, start + first : start + last] = pixels[number, :, up:down, first:last]
    return row


def _sheet(pixels: Tensor) -> Image.Image:
    channels_last = pixels.permute(1, 2, 0).numpy()
    return Image.fromarray(channels_last[:, :, 0] if channels_last.shape[2] == 1 else channels_last)


def _webp(picture: Image.Image) -> str:
    """Return a picture as an address that holds it, without loss."""
    buffer = io.BytesIO()
    picture.convert("RGB").save(buffer, "WEBP", lossless=True, method=4)
    return "data:image/webp;base64," + base64.b64encode(buffer.getvalue()).decode()
