"""The filter browser: choose a unit of a recorded discriminator, and see what moves it, trained or random."""

from dataclasses import replace
from typing import cast

import ipywidgets
import torch
from torch.nn.functional import interpolate

from dcgan_course.data.images import Images, load_images
from dcgan_course.errors import InvalidValue, whole_number
from dcgan_course.interpretability import units
from dcgan_course.interpretability.unit_figures import unit_sheet
from dcgan_course.interpretability.units import UnitLayer, UnitResponses, UnitView
from dcgan_course.models.inference import refuse_not_finite
from dcgan_course.models.protocols import BlockDiscriminator
from dcgan_course.recorded import runs
from dcgan_course.widgets.parts import Panel, Picture, dropdown, one_thread, slider

COUNT = 2_000  # pictures that are searched: one layer takes about a second on one core
NETWORKS = ("trained", "random weights")
LEGEND = (
    "The frame is the window that the response comes from; below it is enlarged, and hatched where it leaves the "
    "picture. In a gradient, grey is zero."
)
WIDTHS = (70, 360)
WIDTH = "764px"


class FilterBrowser(Panel):
    """The filter browser: a unit's top pictures, its windows in them, guided and plain gradients.

    Args:
        run: a recorded run whose discriminator is convolutional. images: what `load_images` returns, in the size of
            the run; None loads the run's training pictures, or their drawn stand-in. count: as many are searched, the
            first ones; the responses of a layer are computed when it is first chosen, and kept.

    The `controls` are network, layer and unit. No position raises.

    Raises:
        InvalidValue: the run has no convolutions, or the images are of another kind or size.
    """

    sentence = (
        "The filter browser: run this cell to choose a layer and a unit. "
        "The next picture shows a unit, trained and random."
    )

    def __init__(self, run: str = "cifar10_dcgan_32", images: Images | None = None, *, count: int = COUNT) -> None:
        self.units = MeasuredUnits(run, images, count)
        last = len(self.units.layers) - 1
        labels = layer_labels(self.units.layers)
        self.network = dropdown("weights", NETWORKS, widths=WIDTHS)
        self.layer = dropdown("layer", list(zip(labels, range(last + 1), strict=True)), last, widths=WIDTHS)
        self.unit = slider("unit", 0, 0, self.units.layers[last].units - 1, widths=(70, 724))
        self.unit.layout.max_width = "100%"
        super().__init__({"network": self.network, "layer": self.layer, "unit": self.unit})
        self.picture = Picture(
            format="png",
            layout={"width": WIDTH, "max_width": "100%", "height": "auto"},
            tooltip="The unit's top pictures, its windows in them, and the gradients there",
        )
        self.words.layout.max_width = WIDTH
        self.when_moved(self.draw, self.network, self.unit)
        self.when_moved(self._take_layer, self.layer)
        choices = ipywidgets.HBox([self.network, self.layer], layout={"flex_flow": "row wrap"})
        legend = ipywidgets.HTML(f'<div style="line-height: 1.4">{LEGEND}</div>', layout={"max_width": WIDTH})
        self.children = [choices, self.unit, self.picture, legend, self.words]
        self.draw()

    def _take_layer(self) -> None:
        """Another layer has another number of units; a unit that it does not have becomes its last."""
        with self.by_itself():
            self.unit.max = self.units.layers[self.layer.value].units - 1
        self.draw()

    def draw(self) -> None:
        """Show the chosen unit, and say what moves it; the first time that a layer is chosen takes a second."""
        network, layer, unit = self.network.value, self.layer.value, self.unit.value
        if not self.units.is_measured(network, layer):
            self.say(f"Measuring all units of layer {layer} on {len(self.units.images):,} pictures …")
        view = self.units.view(network, layer, unit)
        name = heading(network, layer, unit)
        self.picture.value = unit_sheet([(name, view)], scale=1)
        self.say(sentences(name, view, self.units.images))

    @staticmethod
    def twin(
        run: str = "cifar10_dcgan_32",
        images: Images | None = None,
        *,
        layer: int | None = None,
        units: tuple[int, ...] = (0,),
        count: int = COUNT,
        title: str = "",
    ) -> bytes:
        """Return units of one layer, trained beside random, one below the other, as PNG bytes.

        Args:
            run, images, count: as in the browser. layer: number of a block, from 0; None takes the last. units: numbers
                of units, from 0. Unit 0 of the random network has nothing to do with unit 0 of the trained one. title:
                states the finding, above all units.

        Raises:
            InvalidValue: as the browser, and for a layer or unit that is not there.
        """
        found = MeasuredUnits(run, images, count)
        layer = len(found.layers) - 1 if layer is None else layer
        return unit_sheet(
            [
                (heading(network, layer, unit), found.view(network, layer, unit))
                for unit in units
                for network in NETWORKS
            ],
            title=title,
        )


class MeasuredUnits:
    """Both networks, the pictures, and every layer's responses, each computed once."""

    def __init__(self, run: str, images: Images | None, count: int) -> None:
        count = whole_number("count", count)
        with torch.random.fork_rng(devices=[]):  # a network has random weights before it has its own
            trained = cast(BlockDiscriminator, runs.load_run(run).discriminator)
        self.layers = units.unit_layers(trained)  # refuses a network without blocks, before pictures are loaded
        self.images = _first_pictures(run, images, count, trained.image_shape)
        random = units.random_twin(trained, self.images.images[: units.BATCH])
        self.networks = dict(zip(NETWORKS, (trained, random), strict=True))
        self._responses: dict[tuple[str, int], UnitResponses] = {}

    def responses(self, network: str, layer: int) -> UnitResponses:
        """Return the responses of all units of a layer; they are computed the first time and kept."""
        if (network, layer) not in self._responses:
            found = units.unit_responses(self.networks[network], self.images.images, layer)
            refuse_not_finite(found.values, "discriminator's responses")
            self._responses[network, layer] = found
        return self._responses[network, layer]

    def is_measured(self, network: str, layer: int) -> bool:
        """Tell whether the responses of a layer are there already."""
        return (network, layer) in self._responses

    def view(self, network: str, layer: int, unit: int) -> UnitView:
        """Return what is drawn of a unit."""
        responses = self.responses(network, layer)
        with one_thread():
            return units.view_unit(self.networks[network], self.images.images, responses, layer, unit)


def _first_pictures(run: str, images: Images | None, count: int, shape: tuple[int, int, int]) -> Images:
    """Return the first `count` pictures, in the size that the discriminator takes."""
    if images is not None and not isinstance(images, Images):
        raise InvalidValue(
            f"images is a {type(images).__name__}, but it must be what load_images(...) returns, "
            "or None for the training pictures of the run."
        )
    data = load_images(runs.card(run)["dataset"], stand_in=True) if images is None else images
    pictures = data.images[:count]
    if images is None and tuple(pictures.shape[2:]) != shape[1:]:
        pictures = interpolate(pictures, shape[1:], mode="bilinear", antialias=True)
    return replace(data, images=pictures, labels=data.labels[:count])


def layer_labels(layers: list[UnitLayer]) -> list[str]:
    """Return what the menu calls each layer."""
    return [
        f"layer {number}: {layer.units} units, window {layer.window[0]}×{layer.window[1]}"
        for number, layer in enumerate(layers)
    ]


def heading(network: str, layer: int, unit: int) -> str:
    """Return what a unit is called."""
    return f"{network}: layer {layer}, unit {unit}"


def sentences(unit: str, view: UnitView, data: Images) -> str:
    """Say how the unit responds, and to which pictures most."""
    top = view.top
    others = len(data) - len(top.indices)
    text = f"{unit.capitalize()}. Largest response {float(top.values[0]):.2f}. "
    if others:
        text += f"The mean response to the {others:,} other pictures is {view.mean_of_others:.2f}. "
    if float(top.values[0]) <= 0:
        text += "It is positive for no picture, so its guided gradient is zero. "
    named = [f"{index} ({data.class_names[data.labels[index]]})" for index in top.indices.tolist()]
    text += f"Its top pictures, by their number among the first {len(data):,}: {', '.join(named)}."
    return text.replace(" -", " −") + data.title_note
