"""The class slider of the latent explorer: what a conditional generator is asked for, one class or between two."""

from dataclasses import dataclass

import ipywidgets

from dcgan_course.models.conditional import ConditionalGenerator, OneClass
from dcgan_course.models.protocols import LatentGenerator
from dcgan_course.widgets.parts import slider

WIDTHS = (125, 400)  # in pixels, of a label, and of a label with its control


@dataclass(frozen=True)
class Asked:
    """What a conditional generator is asked for: a class, another one, and how much of it is taken, in percent."""

    label: int = 0
    other: int = 0
    percent: int = 0


class ClassChoice:
    """Sliders for the class; they are on the page only where the generator is conditional.

    A class is a learned vector beside z. The third slider goes along the straight line from one class's vector to the
    other's: G has never seen what lies between.
    """

    def __init__(self) -> None:
        self.label = slider("class", 0, 0, 0, widths=WIDTHS)
        self.other = slider("other class", 0, 0, 0, widths=WIDTHS)
        self.percent = slider("of the other (%)", 0, 0, 100, step=5, widths=WIDTHS)
        self.controls: dict[str, ipywidgets.Widget] = {
            "class": self.label,
            "other_class": self.other,
            "of_the_other": self.percent,
        }
        self.names: tuple[str, ...] = ()

    def begin(self, generator: LatentGenerator | ConditionalGenerator, names: tuple[str, ...]) -> None:
        """Take up another generator. names: of its classes; without any they are called by their numbers."""
        self.generator = generator
        conditional = isinstance(generator, ConditionalGenerator)
        last = generator.classes - 1 if isinstance(generator, ConditionalGenerator) else 0
        self.names = names or tuple(map(str, range(last + 1)))
        self.label.max = self.other.max = last
        for control in self.controls.values():
            control.layout.display = None if conditional else "none"
        self.ask(Asked())

    def asked(self) -> Asked:
        """Return what the sliders say."""
        return Asked(self.label.value, self.other.value, self.percent.value)

    def ask(self, asked: Asked) -> None:
        """Set the sliders."""
        self.label.value, self.other.value, self.percent.value = asked.label, asked.other, asked.percent

    def now(self) -> LatentGenerator:
        """Return the generator of z alone that draws what is asked for."""
        if isinstance(self.generator, ConditionalGenerator):
            asked = self.asked()
            return OneClass(self.generator, asked.label, asked.other, asked.percent / 100).eval()
        return self.generator

    def words(self) -> str:
        """Say what is asked for; "" where the generator is not conditional."""
        if not isinstance(self.generator, ConditionalGenerator):
            return ""
        first, second = self.names[self.label.value], self.names[self.other.value]
        share = self.percent.value
        if share in (0, 100) or first == second:
            return f"Asked for class {second if share == 100 else first}."
        return f"Asked for {100 - share} % of class {first} and {share} % of class {second}."
