# ---
# jupyter:
#   jupytext:
#     text_representation:
#       extension: .py
#       format_name: percent
# ---

# %% [markdown]
# # 00 · Start here
#
# *Does my machine work, and what will I be able to make?*
#
# **You will be able to**
#
# * **run** a lesson, cell by cell;
# * **read** what your machine has;
# * **move** through the space from which a GAN draws.
#
# **You need first**: Python, and one classifier that you trained yourself at some time.
#
# **Time**: 15 minutes, of which 0 are training on a 2-core CPU.
#
# Press **Shift + Enter** to run a cell and go to the next one. Or choose *Run → Run All Cells*.

# %% tags=["parameters"]
seed = 0  # another whole number gives other pictures
pictures = 40  # how many samples the grid shows; 40 cost less than a second

# %% [markdown] tags=["slide"]
# ## Does my machine work?
#
# The next cell looks at everything that the course needs. It needs nothing of that itself. A line with ✓ is
# fine. A line with ! tells below the table what to do.

# %%
from dcgan_course.commands import doctor

print(doctor.report(doctor.examine()))

# %% [markdown]
# Four of these lines decide how the course feels:
#
# * **device.** A GPU is not needed before lesson 07. The lessons find one by themselves and use it.
# * **speed.** Two threads wait for each other after every layer. If other programs keep the machine busy, one
#   thread alone can be many times as fast; then the line says what to set.
# * **data.** If it says *not here yet*, the first lesson that needs pictures fetches them. Without internet the
#   lessons go on with drawn pictures instead, and say so in every title. To use the real ones, get them on
#   another machine, copy the folder, and set the variable `DCGAN_COURSE_DATA` to it before you start Jupyter.
#   MNIST lies there as `MNIST/raw/…`, CIFAR-10 as `cifar-10-batches-py/…`: the folders that torchvision makes.
# * **budget.** How long a training may take. `cpu` keeps all the training of one lesson under five minutes.
#   `gpu` is the full length. The variable `DCGAN_COURSE_BUDGET` chooses another one.

# %% [markdown]
# ## What will I be able to make?
#
# A [**generator**](../GLOSSARY.md#generator) is a network that turns random numbers into a picture. This one
# was trained by lesson 04's own code, as one half of a GAN, a *generative adversarial network*. It never saw a
# training picture itself. It only heard, again and again, whether a second network took its pictures for real
# ones.

# %%
import copy

import torch

from dcgan_course import drawing, latent, recorded, widgets

drawing.use_course_style()

# %% tags=["slide"]
run = recorded.load_run("mnist_mlp")
print(f"The generator has {sum(p.numel() for p in run.generator.parameters()):,} numbers that training has set.")
print(f"It was trained for {run.card['config']['epochs']} epochs; that took {run.card['minutes']} minutes on:")
print(f"  {run.card['hardware']}")

# %% [markdown]
# Its input is a list of 100 random numbers, called [**z**](../GLOSSARY.md#z). Each number is drawn from the
# normal distribution N(0, 1). Here are pictures for 40 lists that nobody chose.

# %%
z = latent.sample(pictures, run.generator.latent_dim, seed)
samples = run.generator(z)
print(f"z has the shape {tuple(z.shape)}; the pictures have {tuple(samples.shape)}: number, channels, height, width.")

# %% tags=["slide"]
figure = drawing.image_grid(samples, f"{pictures} samples: most are digits, some are not", columns=10)
drawing.show(
    figure, alt="A grid of samples of the recorded GAN: handwritten digits, some of them broken or unreadable."
)

# %% [markdown]
# Most of them can be read. Some cannot: strokes end in the air, and grey dots lie around them. That is what two
# small networks without a single convolution can do. Lessons 01 and 02 bring the convolutions; lesson 06 builds
# a better generator from them.

# %% [markdown] tags=["predict", "slide"]
# ## What lies between two pictures?
#
# **Predict first.** The slider below moves z slowly from one random point to the next. Between two digits, will
# the picture *jump* at some place, or will it *change shape* step by step? Will the pictures in the middle be
# digits? Click the choice that you believe. It is your prediction, and it opens what follows from it.
#
# <details name="predict-00-1"><summary>A · It jumps: one digit, then suddenly the other</summary>This is the
# idea of an album: a digit for each z, and a border between two of them. But G is a chain of sums and smooth
# curves, so a small step of z can move each pixel only a little. The cell that measures the steps of the slider
# shows it.</details>
# <details name="predict-00-1"><summary>B · It changes step by step, and each picture on the way is a
# digit</summary>Step by step is right. But a way from an 8 to a 7 that does not jump must pass pictures that
# are neither. And nobody promised digits: even in the grid of 40 samples above some cannot be read. Look for
# such pictures in the strip.</details>
# <details name="predict-00-1"><summary>C · It changes step by step; in the middle some are digits, some are
# not</summary>Yes. Nothing jumps, because nothing in the network can. Some pictures on the way are digits, some
# are only strokes on the way to one. But is the smooth way what training brought? The cell after the strip asks
# a network that was never trained.</details>
# <details name="predict-00-1"><summary>D · The first digit fades out while the second fades in</summary>This is
# what mixing two <i>pictures</i> would give: both digits, half bright, on top of each other. Here two lists of
# numbers are mixed, and the network draws each mixture anew. Look along the strip: strokes bend, open and
# close.</details>

# %%
widgets.latent_slider(run.generator, seed=seed)

# %% [markdown]
# Drag the slider, or click it and use the arrow keys, or press play. The same walk, for a page where nothing
# can move:

# %% tags=["slide"]
strip = widgets.latent_twin(run.generator, seed=seed, title="A walk through latent space: no picture jumps")
drawing.show_png(
    strip,
    alt="Twenty-four pictures on a walk through latent space: each digit changes its shape step by step into the next.",
)

# %% [markdown]
# Does anything jump? We measure how much a pixel changes from one place of the slider to the next, beside how
# much two unrelated samples differ. And we ask the same of a generator that was **never trained**: a
# [**control**](../GLOSSARY.md#control).

# %% tags=["slide"]
untrained = copy.deepcopy(run.generator)
torch.manual_seed(seed)
for layer in untrained.modules():
    if hasattr(layer, "reset_parameters"):
        layer.reset_parameters()
points = latent.sample(6, run.generator.latent_dim, seed)
for name, generator in (("trained", run.generator), ("never trained", untrained)):
    walk = generator(latent.walk(points, steps=20, loop=True))
    change = (walk.roll(-1, 0) - walk).abs().mean(dim=(1, 2, 3))
    drawn = generator(z)
    apart = (drawn[1:] - drawn[:-1]).abs().mean()
    print(f"{name}: the largest step of the slider is {change.max() / apart:.2f} of the way to an unrelated sample")

# %% [markdown]
# Nothing jumps: even the largest step is a small part of the way to another picture. (The strip above shows
# only every fifth place of the slider.) But the network that was never trained does not jump either. So a
# smooth walk proves nothing about training: networks are smooth. What training brought is what lies **on** the
# way: shapes of strokes, not grey noise. Is that a space, or only a list of pictures with something in between?
# Lesson 08 asks it with better measures.

# %% [markdown]
# ## What happens outside?
#
# **Break it.** The generator has only ever seen z from N(0, 1). In 100 dimensions such a z has a length of
# about 10. What does it draw for a z that is much shorter, or much longer?

# %% tags=["break-it"]
direction = z[0] / z[0].norm()
lengths = [0, 2, 5, 10, 20, 50, 200]
far = run.generator(torch.stack([length * direction for length in lengths]))
print(f"The z of the grid above have lengths from {z.norm(dim=1).min():.1f} to {z.norm(dim=1).max():.1f}.")
print(f"The pictures below have lengths {lengths}.")

# %% tags=["slide"]
drawing.show_png(
    drawing.png_of_pictures(
        far, columns=len(lengths), zoom=4, title="Ever longer z: the shape stays, its contrast grows"
    ),
    alt="Seven pictures along one direction of z, with growing length: a washed-out shape at 0, soft edges near 5, "
    "a hard black and white shape from 20 on.",
)

# %%
classifier = recorded.digit_classifier()  # lesson 04 tells about it
directions = latent.sample(200, z.shape[1], seed + 1)
directions = directions / directions.norm(dim=1, keepdim=True)
read = {length: classifier(run.generator(length * directions)).argmax(dim=1) for length in lengths[1:]}
for length, digits in read.items():
    print(f"length {length:3}: {(digits == read[10]).float().mean():.0%} of 200 directions draw the digit of length 10")

# %% [markdown]
# At length 0 no number of z takes part: only the biases of the network speak, and they draw one washed-out
# shape. From length 5 on, this shape stays the same, and only its contrast grows: far out every pixel is black
# or white. None of these lengths but 10 was ever trained. And it is not this direction alone: a classifier
# reads the same digit from most others. So for this generator the *direction* of z mostly decides what is
# drawn. Remember the length 10: lesson 08 needs it again.

# %% [markdown] tags=["slide"]
# ## Take-aways
#
# * The course runs on your machine, with or without a GPU, with or without internet.
# * A generator turns random numbers z into pictures, and near z there are near pictures.
# * It was trained at the lengths of z that N(0, 1) really gives. Elsewhere nobody corrected it: look before you
#   trust it.
# * A smooth walk is no proof: ask the same of a network that was never trained.
#
# ## Next
#
# [01 · Convolution arithmetic](01_convolution_arithmetic.ipynb): how big is the output, and what is in it?
#
# All words in bold with a link stand in the [glossary](../GLOSSARY.md), in English and Korean.
#
# ## Sources
#
# * I. Goodfellow et al., *Generative Adversarial Nets* (2014): the two networks and their game.
# * The card of the generator: `dcgan_course/recorded/mnist_mlp/CARD.md`, with data, command, seed and figures.
# * Pictures for training: MNIST by Y. LeCun, C. Cortes and C. Burges.
