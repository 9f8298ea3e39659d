"""The explorers of the course, made of ipywidgets alone. May import everything but checks and commands."""

from dcgan_course.widgets.break_it import break_it_panel, break_it_twin
from dcgan_course.widgets.convolution import convolution_explorer, convolution_twin
from dcgan_course.widgets.densities import densities_explorer, densities_twin
from dcgan_course.widgets.film import scrub
from dcgan_course.widgets.filters import filter_browser, filter_browser_twin
from dcgan_course.widgets.latent import latent_slider, latent_twin
from dcgan_course.widgets.latent_panel import latent_explorer, latent_explorer_twin
from dcgan_course.widgets.training import TrainingMonitor
from dcgan_course.widgets.transposed import transposed_explorer, transposed_twin
