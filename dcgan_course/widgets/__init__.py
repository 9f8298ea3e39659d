"""The explorers of the course, made of ipywidgets alone; may import everything but checks and commands."""

from dcgan_course.widgets.break_it import BreakItPanel
from dcgan_course.widgets.convolution import ConvolutionExplorer
from dcgan_course.widgets.densities import DensitiesExplorer
from dcgan_course.widgets.dirac import DiracExplorer
from dcgan_course.widgets.film import Film
from dcgan_course.widgets.filters import FilterBrowser
from dcgan_course.widgets.latent.explorer import LatentExplorer
from dcgan_course.widgets.latent.slider import LatentSlider
from dcgan_course.widgets.measures import MeasureExplorer
from dcgan_course.widgets.training import TrainingMonitor
from dcgan_course.widgets.transposed import TransposedExplorer

# A lesson calls an explorer, and the still picture beside it, by a name in small letters.
latent_slider, latent_twin = LatentSlider, LatentSlider.twin
convolution_explorer, convolution_twin = ConvolutionExplorer, ConvolutionExplorer.twin
transposed_explorer, transposed_twin = TransposedExplorer, TransposedExplorer.twin
densities_explorer, densities_twin = DensitiesExplorer, DensitiesExplorer.twin
dirac_explorer, dirac_twin = DiracExplorer, DiracExplorer.twin
break_it_panel, break_it_twin = BreakItPanel, BreakItPanel.twin
filter_browser, filter_browser_twin = FilterBrowser, FilterBrowser.twin
latent_explorer, latent_explorer_twin = LatentExplorer, LatentExplorer.twin
measure_explorer, measure_explorer_twin = MeasureExplorer, MeasureExplorer.twin
scrub = Film
