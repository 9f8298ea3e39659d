# ---
# jupyter:
#   jupytext:
#     text_representation:
#       extension: .py
#       format_name: percent
# ---

# %% [markdown]
# # 07 · DCGAN on CIFAR-10
#
# *What changes with colour, a GPU and an hour?*
#
# **You will be able to**
#
# * **measure** what makes a training fast;
# * **stop** and continue one to the same bits;
# * **read** a recorded run;
# * **train** on a folder of your own pictures.
#
# **You need first**: [06 · DCGAN, layer by layer](06_dcgan_layer_by_layer.ipynb): the two networks.
# [04 · A GAN on MNIST](04_gan_on_mnist.ipynb): the two steps, checkpoints.
#
# **Time**: 60 minutes, of which 4 are training on a 2-core CPU.

# %% tags=["parameters"]
from dcgan_course.budget import course_budget

budget = course_budget()  # "smoke", "cpu" or "gpu"; the variable DCGAN_COURSE_BUDGET chooses
ladder_size = {"smoke": 32, "cpu": 64, "gpu": 64}[budget]  # pixels of a side in the measurement of speed
ladder_width = {"smoke": 8, "cpu": 32, "gpu": 64}[budget]  # maps of G's last hidden layer there
ladder_batch = {"smoke": 8, "cpu": 32, "gpu": 128}[budget]  # pictures a step there
ladder_turns = {"smoke": 2, "cpu": 5, "gpu": 5}[budget]  # how often each way is timed: 25 s together
steps_a_turn = {"smoke": 1, "cpu": 2, "gpu": 20}[budget]
width = {"smoke": 8, "cpu": 16, "gpu": 64}[budget]  # maps of G's last hidden layer in the live trainings
live_steps = {"smoke": 20, "cpu": 600, "gpu": 8_000}[budget]  # of each of two trainings: 20 to 40 s each
look_every = {"smoke": 10, "cpu": 20, "gpu": 100}[budget]  # steps between two looks
folder_epochs = {"smoke": 1, "cpu": 40, "gpu": 100}[budget]  # on 640 pictures of a folder: 0.5 s each
seed = 0

# %%
import copy
import math
import subprocess
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path
from statistics import median

import matplotlib.pyplot as plt
import torch
from PIL import Image, ImageOps
from torch import nn
from torch.nn import functional as F
from torch.utils.flop_counter import FlopCounterMode
from torchvision import transforms

from dcgan_course import drawing, latent, models, recorded
from dcgan_course.data import batches, load_images, scale
from dcgan_course.data.drawn.pictures import drawn_objects
from dcgan_course.training import DCGAN, discriminator_step, generator_step, train
from dcgan_course.training.acceleration import Accelerated, chosen_precision, computes_bfloat16
from dcgan_course.training.losses import non_saturating
from dcgan_course.training.tensor_file import read_tensors

# %%
drawing.use_course_style()
device = torch.device("cuda" if torch.cuda.is_available() else "cpu")

# %% [markdown]
# ## What do we learn from?
#
# CIFAR-10: 50,000 small colour photographs of ten kinds of things, 32×32. Where the pictures come from stands
# in the output and in the titles. A copy that was stored as JPEG has lost a little detail, and a generator
# learns its 8×8 squares, too. So every figure must say which copy it shows.

# %%
photos = load_images("cifar10", stand_in=True)
test = load_images("cifar10", "test", stand_in=True)
print(photos)
print("What a figure of them must say:", photos.remark or "nothing, these are the published pictures.")

# %% tags=["slide"]
figure = drawing.image_grid(photos.images[:20], "Twenty training pictures" + photos.title_note, zoom=3)
drawing.show(figure, alt="Twenty small colour pictures from the training set, in two rows.")

# %% [markdown]
# Pictures that a network drew carry the same note: it learned from this copy. A small helper draws rows of
# pictures with such a title.


# %%
def rows_figure(rows, labels, title, note=photos.title_note):
    """Draw rows (R, N, C, H, W) of pictures with a word before each row, under a title with its note."""
    sheet = ImageOps.posterize(drawing.tile_pictures(rows.flatten(0, 1), columns=rows.shape[1], zoom=2), 5)
    figure, axes = plt.subplots(figsize=(9, 8 * sheet.height / sheet.width + 0.5))
    axes.imshow(sheet, interpolation="nearest")
    axes.set_yticks([(row + 0.5) * sheet.height / len(labels) for row in range(len(labels))], labels)
    axes.tick_params(left=False)
    axes.set(title=title + note, xticks=[])
    axes.spines[:].set_visible(False)
    axes.grid(visible=False)
    return figure


# %% [markdown]
# The network of the DCGAN paper draws 64×64. So people enlarge CIFAR-10 to 64×64 first. Does the larger picture
# hold more?

# %%
large = load_images("cifar10", "test", image_size=64, stand_in=True)
back = F.avg_pool2d(scale(large.images[:1000]), 2)
gap, spread = (back - scale(test.images[:1000])).abs().mean() * 127.5, test.images[:1000].float().std()
print(f"One picture has {large.images[0].numel():,} numbers in place of {test.images[0].numel():,}.")
print(f"Averaged back to 32×32, a pixel is off by {gap:.1f} grey levels; the pixels' own spread is {spread:.0f}.")
enlarged = large.images[:2048].clone()  # as many as this lesson needs; the others would only fill the memory
del large

# %% [markdown]
# Four times the numbers, and nearly no new information: the small picture can be computed from the large one
# and the other way round. What 64×64 costs is real, though. We will see it now.
#
# ## What changes in the networks?
#
# Lesson 06 built them. Colour means three channels in place of one: only G's last layer and D's first one
# notice. A larger side means one more doubling.

# %% tags=["slide"]
for size, channels, start in ((28, 1, 7), (32, 1, 4), (32, 3, 4), (64, 3, 4)):
    generator, discriminator = models.Generator(size, channels=channels), models.Discriminator(size, channels)
    ladder = " → ".join(str(start * 2**step) for step in range(int(math.log2(size / start)) + 1))
    counts = models.count_parameters(generator), models.count_parameters(discriminator)
    print(f"{channels} × {size}×{size}: {ladder:22} G {counts[0]:9,} and D {counts[1]:9,} parameters (width 64)")

# %% [markdown]
# From grey to colour at 32×32 each network grows by 2 · 4 · 4 · 64 = 2,048 weights, no more. From 32 to 64 G
# grows to three times its size, and D to four times. And the work?
#
# A [**FLOP**](../GLOSSARY.md#flop) is one addition or one multiplication. PyTorch can count those of matrix
# products and convolutions. Training a network on a picture costs about three times its forward pass: once
# forward, once backward for the maps, once backward for the weights.


# %%
@torch.no_grad()
def forward_flops(network, x):
    with FlopCounterMode(display=False) as counter:
        network.eval()(x)
    return counter.get_total_flops()


def step_flops(size, width):
    """FLOP of one D step and one G step, for each picture of the batch."""
    g = forward_flops(models.Generator(size, width=width), torch.zeros(1, 100))
    d = forward_flops(models.Discriminator(size, width=width), torch.zeros(1, 3, size, size))
    return (g + 2 * 3 * d) + (3 * g + 2 * d)  # D step: a fake, D on real and fake. G step: G trained, through D


# %% tags=["slide"]
for size in (32, 64):
    total = 200 * 50_000 * step_flops(size, 64)
    print(
        f"{size}×{size}, width 64: {step_flops(size, 64) / 1e9:.2f} GFLOP a picture; 200 epochs: {total / 1e15:.1f} PFLOP"
    )

# %% [markdown]
# (A PFLOP is 10¹⁵ of them.) The picture has four times the pixels, and the work is six times as much: a new
# layer with large maps comes on top, and all layers before it get twice the channels. Width counts, too. In a
# network of twice the width the weight matrix of nearly every layer has twice the rows and twice the columns:
# about four times the work.
#
# ## Where does the time go?
#
# A [**profiler**](../GLOSSARY.md#profiler) can tell; [exercises 07](../exercises/07_dcgan_on_cifar10.ipynb)
# read one. Here we look at the code first. This is one round as many programs write it. Some lines do work that
# nobody needs, or wait for it.


# %% tags=["slide"]
def textbook_round(generator, discriminator, optimizers, real, printed):
    ones, zeros = torch.ones(len(real), device=device), torch.zeros(len(real), device=device)
    fake = generator(fresh_z())
    real_answers, fake_answers = discriminator(real).sigmoid(), discriminator(fake.detach()).sigmoid()
    d_loss = F.binary_cross_entropy(real_answers, ones) + F.binary_cross_entropy(fake_answers, zeros)
    optimizers[1].zero_grad()
    d_loss.backward()
    optimizers[1].step()
    answers = discriminator(fake).sigmoid()
    g_loss = F.binary_cross_entropy(answers, ones)
    optimizers[0].zero_grad()
    g_loss.backward()
    optimizers[0].step()
    printed.append((d_loss.item(), g_loss.item(), real_answers.mean().item(), fake_answers.mean().item()))


def fresh_z():
    return torch.randn(ladder_batch, 100, device=device)


# %% [markdown]
# * `g_loss.backward()` computes gradients for all of D's weights. D's next `zero_grad` throws them away.
# * `.item()` asks for a number, four times a step. A graphics card works on while Python prepares the next
#   orders; with `.item()` first Python waits for the card, and then the card waits for Python.
# * The weights and maps are float32, whatever the processor could do faster.
#
# And around it: each picture is resized and turned into floats one by one, again in every epoch.


# %%
class PictureByPicture(torch.utils.data.Dataset):
    prepare = transforms.Compose(
        [transforms.Resize(ladder_size), transforms.ToTensor(), transforms.Normalize((0.5,) * 3, (0.5,) * 3)]
    )

    def __init__(self, images):
        self.pictures = [Image.fromarray(image.permute(1, 2, 0).numpy()) for image in images]

    def __len__(self):
        return len(self.pictures)

    def __getitem__(self, index):
        return self.prepare(self.pictures[index])


# %% [markdown]
# (Programs usually also read and decode a file for each picture. We leave that out, so our textbook program is
# a fast one.)
#
# The other way: the pictures are resized once and stay bytes, whole numbers (uint8) from 0 to 255, where the
# networks are. A batch is cut by index, and scaled to [−1, 1] as a whole.


# %%
def textbook_batches():
    loader = torch.utils.data.DataLoader(
        PictureByPicture(test.images[:2048]), ladder_batch, shuffle=True, drop_last=True
    )
    while True:
        for real in loader:
            yield real.to(device)


def byte_batches():
    images = (enlarged if ladder_size == 64 else test.images[:2048]).to(device)
    while True:
        yield from batches(images, ladder_batch, device=device, generator=torch.Generator(), drop_last=True)


# %% [markdown]
# ## What do the other switches do?
#
# [**Channels-last**](../GLOSSARY.md#channels-last) is an order in memory. The shape stays (N, C, H, W). The
# steps between neighbours change.

# %%
maps = torch.zeros(8, 64, 16, 16)
pixel_by_pixel = maps.to(memory_format=torch.channels_last)
for name, tensor in (("contiguous", maps), ("channels-last", pixel_by_pixel)):
    print(f"{name:13}: shape {tuple(tensor.shape)}, the next channel of a pixel lies {tensor.stride(1):3} further on")
print("Are they equal?", torch.equal(maps, pixel_by_pixel))

# %% [markdown]
# A convolution multiplies all channels of a pixel with all weights. When they lie side by side, they need not
# be collected first.
#
# [**bfloat16**](../GLOSSARY.md#bfloat16) is a number of 16 bits: the range of float32, but only two to three
# decimal digits. Processors that know it can multiply more of them at once, and many more where there are
# matrix units, as in a large graphics card. (For the processor of this page we measure it below.) So why not
# store the *weights* in it?

# %% tags=["slide"]
weight, move = torch.tensor(1.0), 0.0002  # a batch-norm scale, and one move of Adam
for kind in (torch.float32, torch.bfloat16):
    moved = weight.to(kind)
    for _ in range(1000):
        moved = moved + torch.tensor(move, dtype=kind)
    print(f"{str(kind).removeprefix('torch.'):8}: after 1,000 moves of {move} the weight is {moved.item():.4f}")

# %% [markdown]
# In bfloat16 the weight never moved: the next number above 1 is 1 + 1/128, and each small move is rounded away.
# That is why we use [**autocast**](../GLOSSARY.md#autocast): weights, gradients of weights and losses stay
# float32; convolutions and matrix products read rounded copies of the weights, and the maps between the layers
# are rounded, too. `precision="auto"` switches it on where the processor can do it.

# %%
print(f"Does this processor compute bfloat16 itself? {computes_bfloat16(device)}")
print(f'precision="auto" means {str(chosen_precision("auto", device)).removeprefix("torch.")} here.')

# %% [markdown]
# **Fused Adam** moves all weights of a network in one call into compiled code, in place of several calls for
# each layer.
#
# The last switch changes the algorithm, a little. Algorithm 1 of the first GAN paper (lesson 03) draws *fresh*
# z for G's step, and so does `train`. Most published programs, and the round above, show G the fakes that D has
# just learned from. So G is called once less: of its four passes (one to draw for D; one forward and about two
# backward in its own step) three remain. `reuse_fakes=True` does it. It is off by default, because the
# algorithm of the course is the paper's; for quality it was measured, too (`benchmarks/results/dcgan.md`).
#
# ## What does each switch buy?
#
# We climb a ladder. Each rung (each step of it) keeps the switches of the rungs below and adds one (the third
# adds two). All rungs start from the same two networks. Where the processor does not compute bfloat16 itself,
# that rung is left out: PyTorch would imitate it, many times slower.


# %%
def rung(data, round_of, channels_last=False, precision=torch.float32, fused=None, reuse_fakes=False, compiled=False):
    """Copy the networks, and return a function that plays one round with them."""
    pair = [Accelerated(copy.deepcopy(n), precision, channels_last, compiled) for n in start]
    adam = {"lr": 2e-4, "betas": (0.5, 0.999), "fused": fused}
    optimizers = [torch.optim.Adam(network.parameters(), **adam) for network in pair]
    pictures, printed = data(), []

    def play():
        if round_of == "textbook":
            textbook_round(*pair, optimizers, next(pictures), printed)
        else:
            z = fresh_z()
            fake = pair[0](z) if reuse_fakes else None
            discriminator_step(*pair, optimizers[1], next(pictures), z, fake)
            generator_step(*pair, optimizers[0], fresh_z(), fake=fake)

    return play


torch.manual_seed(seed)
start = [models.Generator(ladder_size, width=ladder_width), models.Discriminator(ladder_size, width=ladder_width)]
start = [network.to(device) for network in start]

# %%
best = chosen_precision("auto", device)  # torch.bfloat16, or torch.float32 where that would be slower
rungs = {
    "textbook loop": rung(textbook_batches, "textbook"),
    "+ bytes on the device": rung(byte_batches, "textbook"),
    "+ D frozen, no .item()": rung(byte_batches, "course"),
    "+ channels-last": rung(byte_batches, "course", channels_last=True),
    "+ bfloat16": rung(byte_batches, "course", channels_last=True, precision=best),
    "+ fused Adam": rung(byte_batches, "course", channels_last=True, precision=best, fused=True),
    "+ fakes used twice": rung(byte_batches, "course", True, best, fused=True, reuse_fakes=True),
}
if best == torch.float32:
    del rungs["+ bfloat16"]
if budget == "gpu":
    rungs["+ torch.compile"] = rung(byte_batches, "course", True, best, True, True, compiled=True)

# %% [markdown] tags=["predict", "slide"]
# **Predict first.** Write down a guess: which switch buys most on the machine in front of you?
#
# How we measure: every rung is warmed up. Then they take turns, so that a busy moment of the machine hits all
# of them. Several turns; we keep the middle one, and show the slowest and the fastest.


# %%
def images_per_second(play):
    begin = time.perf_counter()
    for _ in range(steps_a_turn):
        play()
    if device.type == "cuda":
        torch.cuda.synchronize()  # the card has finished, not only accepted the orders
    return ladder_batch * steps_a_turn / (time.perf_counter() - begin)


for play in rungs.values():
    play()
speeds = {name: [] for name in rungs}
for _ in range(ladder_turns):
    for name, play in rungs.items():
        speeds[name].append(images_per_second(play))
del rungs, play  # each rung holds two networks and their optimizers

# %%
names, middle = list(speeds), [median(turns) for turns in speeds.values()]
for name, before, now in zip(names, [middle[0], *middle], middle, strict=False):
    turns = f"{min(speeds[name]):,.0f} to {max(speeds[name]):,.0f}"
    print(
        f"{name:23} {now:7,.0f} images/s ({turns}), {now / before:.2f} × the rung before, {now / middle[0]:.2f} × textbook"
    )

# %% tags=["slide"]
figure, axes = plt.subplots(figsize=(9, 4.6))
colours = [drawing.COLOURS["grey"], *[drawing.COLOURS["sky"]] * (len(names) - 2), drawing.COLOURS["blue"]]
low, high = ([how(speeds[name]) for name in names] for how in (min, max))
axes.barh(names, middle, color=colours)
axes.hlines(names, low, high, color=drawing.COLOURS["ink"], linewidth=2)
for place, value in enumerate(middle):
    axes.text(high[place] * 1.02, place, f"{value / middle[0]:.2f} ×", va="center")
axes.invert_yaxis()
axes.set_axisbelow(True)

axes.set(xlabel="images per second (bar: middle turn; line: slowest to fastest)", xlim=(0, 1.2 * max(high)))
axes.set_title(f"All switches together: {middle[-1] / middle[0]:.1f} times the textbook loop ({device.type})")
drawing.show(
    figure, alt=f"One bar for each of {len(names)} rungs, from the textbook loop to all switches; longer is faster."
)

# %% [markdown]
# A bar is the number of real pictures that one second of training gets through, and the number beside it is the
# ratio to the textbook loop. These are the ratios of *one* run on one machine. Where the lines of two bars
# overlap, do not believe the difference.
#
# In the run on this page (a CPU with two cores, busy with other work) bfloat16 bought by far the most. Fakes
# used twice can buy little: the count of passes below says how much. The other rungs lie close together, and
# several of their lines touch, so one run hardly says what each of them is worth. For one of them we know why
# it buys nothing: a frozen D saves one pass of twelve, and the fresh fakes of algorithm 1, which begin on the
# same rung, cost one.
#
# What does `.item()` cost? The ladder cannot say: `.item()` and the frozen D share a rung. We know only how the
# machines work. On a CPU Python and the arithmetic run on the same processor, so there is little to wait for. A
# graphics card is far faster than a program that prepares pictures one by one, and every `.item()` leaves it
# without work.
#
# And `torch.compile`? It writes new code for the networks, which takes time first, and on a CPU needs a C++
# compiler. It is off by default and not on this ladder: `python -m benchmarks.dcgan --only ladder` measures it.
# In the `gpu` budget it is the last rung.
#
# ## How high can this ladder go?
#
# A ceiling can be computed. Nearly all work of a round lies in convolutions. Count how often a batch passes
# through a network; G and D cost about the same. Forward is one pass. Backward is two: one for the maps, one
# for the weights.

# %% tags=["predict", "slide"]
textbook = {"G draws": 1, "D learns from real ones and from fakes": 2 * 3, "G's loss, through D": 3, "G learns": 2}
switched = textbook | {"G's loss, through D": 2}  # a frozen D needs no gradients for its weights
for work in textbook:
    print(f"{work:39} textbook {textbook[work]}, all switches {switched[work]}")
fewer = sum(textbook.values()) / sum(switched.values())
print(f"{sum(textbook.values())} passes against {sum(switched.values())}: at most {fewer:.2f} times as fast")

# %% [markdown] tags=["slide"]
# "Through D" is 3 in the textbook: forward, and backward for maps *and* weights. A frozen D leaves out the
# weights. (The rungs between have 12 passes as well: D is frozen, but G draws fresh fakes for its own step.)
#
# The other part is the speed of one pass. **Predict:** alone, how much faster is one convolution of D in the
# last rung's number format and order?


# %%
def seconds_of_a_pass(channels_last, precision, turns=20):
    """Forward and backward of one hidden convolution of D, alone: the middle of some turns."""
    layer = Accelerated(copy.deepcopy(start[1].blocks[1][0]), precision, channels_last, False)
    side = ladder_size // 2
    maps = torch.randn(ladder_batch, layer.network.in_channels, side, side, device=device)
    maps = maps.to(memory_format=torch.channels_last) if channels_last else maps
    times = []
    for _ in range(turns):
        begin = time.perf_counter()
        made = layer(maps.requires_grad_())
        made.backward(torch.ones_like(made))
        if device.type == "cuda":
            torch.cuda.synchronize()
        times.append(time.perf_counter() - begin)
    return median(times)


# %% tags=["slide"]
quicker = seconds_of_a_pass(False, torch.float32) / seconds_of_a_pass(True, best)
reached = middle[names.index("+ fakes used twice")] / middle[1]
print(f"fewer passes: {fewer:.2f} ×; one convolution alone: {quicker:.2f} ×; both: {fewer * quicker:.2f} ×")
print(f"The ladder reached {reached:.2f} × from its second rung, {names[1]!r}, on.")

# %% [markdown]
# The product is what the switches could give if there were nothing but convolutions. The ladder is as high as
# that, within what two short measurements can say: batch norm, Adam and the scaling of pictures cost little
# beside convolutions.
#
# So on one processor there is no further trick of this kind to wait for. (At width 64 and with more turns,
# `benchmarks/results/dcgan.md` says the same: nearly all of a step is convolutions.) Whoever needs much more
# speed must compute less (a narrower network, smaller pictures) or take a processor that multiplies more at
# once.
#
# Do the fast ways compute the same? The same pictures, asked with each rung's switches:

# %%
real, wanted = next(byte_batches()), None
for name, channels_last, precision in (
    ("float32", False, torch.float32),
    ("float32, channels-last", True, torch.float32),
    ("bfloat16, channels-last", True, torch.bfloat16),
):
    with torch.no_grad():
        logits = Accelerated(copy.deepcopy(start[1]), precision, channels_last, False)(real)
    wanted = logits if wanted is None else wanted
    gap = (logits - wanted).abs().max() / wanted.std()
    print(f"{name:23}: no logit is further than {gap:.6f} from float32 (1 means: the spread of the logits)")

# %%
g, d = copy.deepcopy(start[0]), copy.deepcopy(start[1])
discriminator_step(g, d, torch.optim.Adam(d.parameters(), 2e-4, (0.5, 0.999)), real, fresh_z())
with torch.no_grad():
    moved = (d(real) - wanted).abs().max() / wanted.std()
print(f"One step of D moves a logit by up to {moved:.2f} of that spread.")

# %% [markdown]
# Channels-last changes no value beyond rounding. bfloat16 changes the second or third digit. One step of
# training changes far more than that.
#
# ## What would an hour buy?
#
# We know the work of a picture and the speed of this machine. So we can say what a full training of 200 epochs
# would cost.

# %% tags=["slide"]
rate = middle[names.index("+ fused Adam")] * step_flops(ladder_size, ladder_width)  # the rung with all its passes
best_of_a_card = 989e12  # FLOP/s in bfloat16 that the data sheet of an H200 promises
print(f"This machine now: {rate / 1e9:,.0f} GFLOP/s")
for size in (32, 64):
    work = 200 * 50_000 * step_flops(size, 64)
    print(
        f"{size}×{size}, width 64, 200 epochs: {work / rate / 3600:6.1f} hours here, {3600 * rate / work * 200:5.1f} epochs an "
        f"hour; a large graphics card needs at least {work / best_of_a_card:.0f} s"
    )

# %% [markdown]
# (The speed was measured at another width, and a machine that is busy with other work is slower; take the hours
# as a rough guide.)
#
# That is what a GPU changes: not the method, but whether you can try it twice in a day. The last number is a
# floor that no program reaches: it counts convolutions only, at the card's best.
#
# ## Does it learn in a minute?
#
# We train the 32×32 pair, narrow, for some hundred steps, with the recipe of the paper: batches of 64 here,
# Adam with learning rate 0.0002 and β₁ = 0.5. (In lesson 06 this rate faded to grey on digits with networks of
# width 16. Here, with one seed and other pictures, it will not.) Beside G we keep an average of it. On the way
# we look at both losses, at samples of fixed z, and at their variety: do they differ from each other as much as
# real pictures do?


# %%
def variety(pictures):
    """Mean distance between two pictures, as a share of the same for real test pictures."""
    real = scale(test.images[: len(pictures)])
    return float(torch.pdist(pictures.flatten(1).float().cpu()).mean() / torch.pdist(real.flatten(1)).mean())


# %%
class Watcher:
    """A hook: looks every few steps, can give D another learning rate, and stops after `live_steps`."""

    def __init__(self, generator, faster_d=1.0):
        self.generator, self.faster_d = generator, faster_d
        self.z = latent.sample(64, generator.latent_dim, seed + 1).to(device)
        self.steps, self.d_loss, self.g_loss, self.variety, self.pictures = [], [], [], [], []
        self.both = []  # G and its average, ten steps before the end and at the end

    def __call__(self, training):
        if training.step == 1:
            training.discriminator_optimizer.param_groups[0]["lr"] *= self.faster_d
        if training.step % look_every == 0 and training.discriminator_losses:  # none right after an epoch
            self.steps.append(training.step)
            self.d_loss.append(float(torch.stack(training.discriminator_losses[-look_every:]).mean()))
            self.g_loss.append(float(torch.stack(training.generator_losses[-look_every:]).mean()))
            self.pictures.append(draw(self.generator, self.z))
            self.variety.append(variety(self.pictures[-1]))
        if training.ema_generator is not None and training.step in (live_steps - 10, live_steps):
            self.both.append([draw(network, self.z) for network in (self.generator, training.ema_generator)])
        return training.step >= live_steps


# %%
@torch.no_grad()
def draw(generator, z):
    """Draw in eval mode, and leave the mode as it was."""
    was_training = generator.training
    pictures = generator.eval()(z)
    generator.train(was_training)
    return pictures.cpu()


def new_networks(size=32):
    torch.manual_seed(seed)
    return models.Generator(size, width=width).to(device), models.Discriminator(size, width=width).to(device)


# %%
live_epochs = math.ceil(live_steps / (len(photos) // 64))  # the watcher stops earlier
config = replace(DCGAN, epochs=live_epochs, batch_size=64, seed=seed, ema_decay=0.99)
generator, discriminator = new_networks()
average = copy.deepcopy(generator)
healthy = Watcher(generator)
begin = time.perf_counter()
train(generator, discriminator, photos.images, config, ema_generator=average, hook=healthy, progress=False)
print(f"{live_steps} steps took {time.perf_counter() - begin:.0f} s: {live_steps * 64 / len(photos):.2f} epochs.")

# %% tags=["slide"]
shown = [round(share * (len(healthy.steps) - 1)) for share in (0, 0.25, 0.5, 1)]
rows = torch.stack([healthy.pictures[place][:10] for place in shown])
figure = rows_figure(rows, [f"step {healthy.steps[place]}" for place in shown], "Texture, light and dark, colours")
drawing.show(
    figure,
    alt="Four rows of ten pictures of the same z at growing steps: grey texture first, then light and dark patches, colours "
    "at the end.",
)

# %%
print(
    f"variety of the samples: {healthy.variety[0]:.2f} at step {healthy.steps[0]}, {healthy.variety[-1]:.2f} at the end"
)
print("(1 means: two samples differ as much as two real test pictures do)")
print(f"D's loss at the end {healthy.d_loss[-1]:.2f} (guessing gives 1.39), G's loss {healthy.g_loss[-1]:.2f} (0.69)")

# %% [markdown]
# First a [checkerboard](../GLOSSARY.md#checkerboard-artefact), the same for every z. Then light and dark. Then
# colours, one layout for each z. Nobody could name a thing in them. With 600 steps this is less than one epoch
# of the 200 of a full training, with a quarter of the width.
#
# ## Is an average better than the last step?
#
# From step to step G moves towards whatever D believes just now. An
# [**exponential moving average**](../GLOSSARY.md#exponential-moving-average) (EMA) of its weights θ does not
# follow every turn:
#
# $$\bar\theta \leftarrow \beta\, \bar\theta + (1 - \beta)\, \theta.$$
#
# What is left of the start after n steps is βⁿ. So β must fit the length of the training.

# %%
for beta in (0.99, 0.999):
    print(
        f"β = {beta}: after {live_steps} steps {beta**live_steps:.1%} of the untrained start is still in the average; "
        f"half is forgotten after {math.log(0.5) / math.log(beta):.0f} steps"
    )

# %% tags=["slide"]
(old_g, old_average), (new_g, new_average) = healthy.both
pair, title = torch.stack([new_g[:10], new_average[:10]]), f"After {live_steps} steps: one z, two generators"
figure = rows_figure(pair, ["last step", "average"], title)
drawing.show(
    figure,
    alt="Two rows of ten samples of the same z: the generator of the last step above, its average below, with the same "
    "layout and smoother.",
)

# %% [markdown]
# Is the average calmer? The watcher also drew the same z ten steps before the end.

# %%
change_g, change_average = (
    (new - old).abs().mean() * 127.5 for old, new in ((old_g, new_g), (old_average, new_average))
)
print(
    f"The last ten steps changed a pixel by {change_g:.1f} grey levels in G, and by {change_average:.1f} in the average."
)
print(f"variety: {variety(new_g):.2f} in G, {variety(new_average):.2f} in the average")

# %% [markdown]
# The average is much calmer, and has the same layout for the same z. Is it better? Two rows of pictures cannot
# say: that takes a measure, and several seeds. It costs a few operations for each weight, it is not trained,
# and it never meets D.
#
# One part of it is no average. **Batch norm's running statistics describe what the layers of one network let
# through.** Those of G do not describe the averaged weights. So `train` passes fresh z through the average and
# takes its own. What if one copies G's instead?

# %%
with_gs_statistics = copy.deepcopy(average)
for mine, of_g in zip(with_gs_statistics.buffers(), generator.buffers(), strict=True):
    mine.copy_(of_g)
pale = draw(with_gs_statistics, healthy.z)
print(f"variety: {variety(new_average):.2f} with statistics of its own, {variety(pale):.2f} with those of G")

# %% [markdown]
# With G's statistics the samples are more alike. It is the same average: not old networks make it so, but wrong
# statistics. The same in the wild: `torch.optim.swa_utils.AveragedModel` keeps an average and copies the
# statistics, and `update_bn` computes them anew.

# %%
again = copy.deepcopy(with_gs_statistics)
torch.optim.swa_utils.update_bn((latent.sample(64, again.latent_dim, number).to(device) for number in range(16)), again)
print(f"variety: {variety(draw(again, healthy.z)):.2f} after `update_bn`, with other z than `train` took")

# %% [markdown]
# ## Can it stop and go on exactly?
#
# Lesson 04 did it with small MLPs. Here there is more to forget: running statistics of batch norm, and the
# average. We promise the same bits only for the same machine: another processor may add in another order, and
# then it rounds differently. A training of 12 steps at once, and the same one stopped after 5 and continued:


# %% tags=["slide"]
def short_run(file=None, stop_at=None):
    """Train 12 steps, or until `stop_at`; return every parameter and every statistic of the three networks."""
    networks = new_networks()
    averaged = copy.deepcopy(networks[0])
    short, stop = replace(config, epochs=2), lambda training: training.step == stop_at
    train(*networks, photos.images[: 6 * 64], short, ema_generator=averaged, checkpoint=file, hook=stop, progress=False)
    return {
        f"{n}/{key}": value for n, net in enumerate((*networks, averaged)) for key, value in net.state_dict().items()
    }


file = Path(tempfile.mkdtemp()) / "short.safetensors"
at_once, stopped, continued = short_run(), short_run(file, stop_at=5), short_run(file)
for name, other in (("stopped after 5", stopped), ("stopped and continued", continued)):
    equal = sum(torch.equal(at_once[key], other[key]) for key in at_once)
    print(f"{name:22}: {equal} of {len(at_once)} tensors are equal, to the last bit, to those of 12 steps at once")

# %% [markdown]
# What is in the file?

# %%
tensors, texts = read_tensors(file)
groups = sorted({key.split("/")[0] for key in tensors})
for group in groups:
    held = [tensor for key, tensor in tensors.items() if key.split("/")[0] == group]
    print(f"{group:23} {len(held):3} tensors, {sum(t.numel() * t.element_size() for t in held) / 1e3:9,.1f} kB")
print("as text:", ", ".join(sorted(texts)))

# %% [markdown]
# Weights are less than half of it. Adam keeps two numbers for each weight, so the optimisers are twice as large
# as the networks. `noise` is the state of the random numbers for z, `random` that of everything else. The order
# of the pictures needs no entry: it depends on the seed and the epoch. In
# [exercises 07](../exercises/07_dcgan_on_cifar10.ipynb) you will meet a checkpoint that forgets.
#
# ## What do several GPUs share?
#
# ```
# torchrun --nproc_per_node 4 -m dcgan_course train --data cifar10 --image-size 64 --out runs/four
# ```
#
# This starts four processes, one for each GPU. It is called
# [**data parallelism**](../GLOSSARY.md#data-parallelism): each process holds the same networks and plays its
# own quarter of each batch. Before a network moves, its gradients are averaged over the processes. So all four
# make the same move and hold the same weights again. Only batch norm's running statistics stay each process's
# own; those of the first are saved. (`dcgan_course/training/processes.py` is the whole of it.) **The same in
# the wild**: `DistributedDataParallel` wraps a network and averages its gradients during `backward`.
#
# Is the mean of the parts' gradients the gradient of the whole batch? We can ask without a second process. (At
# the end of this lesson two real ones play.)


# %%
def gradient(network, pictures):
    network.zero_grad()
    non_saturating(network(pictures)).backward()
    return torch.cat([parameter.grad.flatten() for parameter in network.parameters()])


def gap_of_halves(network, pictures):
    whole = gradient(network, pictures)
    halves = torch.stack([gradient(network, half) for half in pictures.chunk(2)]).mean(0)
    return float((halves - whole).norm() / whole.norm())


def without_batch_norm(network):
    network = copy.deepcopy(network)
    for block in network.blocks:
        for place, layer in enumerate(block):
            if isinstance(layer, nn.BatchNorm2d):
                block[place] = nn.Identity()
    return network


# %% tags=["slide"]
_, d = new_networks()
pictures = scale(photos.images[:64]).to(device)
print(
    f"without batch norm: the halves' mean is off by {gap_of_halves(without_batch_norm(d), pictures):.6%} of the gradient"
)
print(f"with batch norm:    the halves' mean is off by {gap_of_halves(d, pictures):.1%} of the gradient")

# %% [markdown]
# Without batch norm nothing is left but rounding. With it the two differ: each half is shifted and scaled by
# its *own* mean and spread. So four GPUs do not play exactly the game of one, even with the same seed and the
# same whole batch. Nothing is broken; batch norm just sees smaller batches. Our halves had 32 pictures. We
# expect a larger gap for smaller parts, because the mean of a few pictures is further from the mean of all. So
# keep the part of each process large.
#
# Two more things must not be forgotten, and both are easy to get wrong: each process must draw *other* pictures
# and other z, and only one may write files.
#
# ## What did the recorded runs do?
#
# Trainings that somebody ran before, with the recipe above and batches of 128, and recorded: weights, history,
# and sample frames of 16 z that nobody picked. Each has a CARD.md, which says what it was cut down to where
# there was no graphics card.

# %%
RECORDED = ("cifar10_dcgan_32", "cifar10_dcgan_64")
runs = [recorded.load_run(name) for name in RECORDED if name in recorded.names()]
for run in runs:
    print(f"{run.name}: {run.card['what']} ({run.card['remark']})")
    print(f"    {run.card['length']}; {run.card['minutes']:.0f} minutes on {run.card['hardware']}")

# %%
run = runs[0]
note = f" ({run.card['remark']})"
drawing.show_png(
    drawing.film_png(run.frames[:, :8], [f"epoch {epoch:g}{note}" for epoch in run.frame_epochs], columns=4, zoom=4),
    alt="A film of eight samples of fixed z over the epochs of the recorded 32×32 run: grey, a checkerboard, then scenes in colour.",
)

# %% [markdown]
# The film begins anew at its end. The same as still rows, for print:

# %% tags=["slide"]
chosen = [round(share * (len(run.frames) - 1)) for share in (0, 0.25, 0.5, 0.75, 1)]
labels = [f"epoch {run.frame_epochs[moment]:g}" for moment in chosen]
title = f"{run.card['length'].split(' that')[0]}"
figure = rows_figure(run.frames[chosen][:, :10], labels, title, note)
drawing.show(figure, alt="Five rows of ten samples of the recorded 32×32 run at growing epochs; each column is one z.")

# %% [markdown]
# At epoch 0 all is grey. At 0.5 there is a checkerboard and little else. From epoch 3 on each z has its own
# colours and layout. At the end one sees water, sky, grass, and things on them: a ship perhaps, something with
# legs. A column keeps its layout for some epochs, and may still change it.
#
# Nobody would take these for photographs. The card says how much of a full training this is. And the larger
# pictures, from narrower networks and with more epochs?

# %% tags=["slide"]
last = runs[-1]
side = last.generator.image_shape[1]
moments = [n for n, epoch in enumerate(last.frame_epochs) if epoch in (1, 5, 15, 25, 50, 100, 200)]
labels = [f"epoch {last.frame_epochs[n]:g}" for n in moments]
figure = rows_figure(last.frames[moments][:, :8], labels, f"{side}×{side}: eight z", note)
drawing.show(
    figure, alt=f"Rows of eight samples of the recorded {side}×{side} run at growing epochs; each column is one z."
)

# %% [markdown]
# At epoch 1 there is a checkerboard on grey. At 5 there are colours, and the checkerboard is still strong. At
# 15 it has faded, and things take shape: cars, and an animal on a field perhaps. The last two rows differ less
# than the first two: most columns keep the colours and the layout that they have found.
#
# What did the traces do?

# %%
h = last.history
ends = f"{side}×{side}: D's loss ends at {h.discriminator_loss[-1]:.2f}, G's at {h.generator_loss[-1]:.2f}"
figure = drawing.loss_traces(h, ends + note)
drawing.show(figure, alt=f"Both losses of the recorded {side}×{side} run by epoch, beside what guessing gives.")

# %% tags=["slide"]
h = run.history
ends = f"32×32: D's loss ends at {h.discriminator_loss[-1]:.2f}, G's at {h.generator_loss[-1]:.2f}"
figure = drawing.loss_traces(h, ends + note)
drawing.show(figure, alt="Both losses of the recorded 32×32 run by epoch, beside what guessing gives.")

# %%
ends = f"32×32: p_real ends at {h.p_real[-1]:.2f}, p_fake at {h.p_fake[-1]:.2f}"
figure = drawing.probability_traces(h, ends + note)
drawing.show(figure, alt="p_real and p_fake of the recorded 32×32 run over its epochs, measured with D in eval mode.")

# %%
for run in runs:
    h = run.history
    print(
        f"{run.name}, epoch {len(h)}: p_real {h.p_real[-1]:.2f}, p_fake {h.p_fake[-1]:.2f} (guessing gives 0.50); D's loss "
        f"{h.discriminator_loss[-1]:.2f} (1.39), G's loss {h.generator_loss[-1]:.2f} (0.69)"
    )

# %% [markdown]
# ## Why does D doubt real pictures?
#
# Look at the last two figures together, both of the 32×32 run. The losses say that D wins: its loss is far
# below 1.39. But p_real ends *below* one half: as if D took most real test pictures for fakes. How can both be
# true?
#
# It is one D, asked in two modes. p_real and p_fake are measured in [eval mode](../GLOSSARY.md#eval-mode).
# While it trains, D's batch norm uses the statistics of the batch in front of it, and each batch is all real or
# all fake. In eval mode it uses running statistics, a mixture of both. So we ask both.


# %% tags=["slide"]
@torch.no_grad()
def answers(run, with_batch_statistics):
    """Return p_real, p_fake, and how often a real picture gets a higher logit than a fake."""
    d = copy.deepcopy(run.discriminator).train(with_batch_statistics)
    size = run.generator.image_shape[1]
    real = scale((test.images if size == test.images.shape[2] else enlarged)[:512])
    fake = torch.cat([run.generator(part) for part in latent.sample(512, 100, seed).split(128)])
    real, fake = (torch.cat([d(part) for part in x.split(128)]) for x in (real, fake))
    return real.sigmoid().mean(), fake.sigmoid().mean(), (real[:, None] > fake[None]).float().mean()


for run in runs:
    for name, mode in (("eval mode", False), ("batch by batch", True)):
        p_real, p_fake, ranked = answers(run, mode)
        print(
            f"{run.name}, {name:14}: p_real {p_real:.2f}, p_fake {p_fake:.2f}; a real one ranks above a fake in {ranked:.0%} of pairs"
        )

# %% [markdown]
# Batch by batch D is the expert that the losses speak of: nearly every real picture ranks above nearly every
# fake. In eval mode much of this is gone. A part of D's skill was never in its weights: a batch of 128 fakes
# has another mean and spread than a batch of 128 photographs, and batch norm shows D that. The running
# statistics do not.
#
# So in networks with batch norm, p_real and p_fake say how D does *without* its batch, and no longer who is
# winning. Read the losses, and look at the pictures.
#
# ## Does it collapse?
#
# There are public reports on this very recipe (see Sources). One, on CIFAR-10 at 64×64 with plain defaults:
# after about 15 epochs the generator draws the same picture for every z. Another, on faces: D's loss falls
# towards 0, and G's rises towards 100, where that loss is cut off (lesson 04). The first is a
# [mode collapse](../GLOSSARY.md#mode-collapse); the second is a D that has won. Is there a collapse in the
# recorded runs? The measure is the variety from above: how much samples differ from each other, as a share of
# what real pictures do.

# %% tags=["slide"]
figure, axes = plt.subplots()
for run, colour, mark in zip(runs, (drawing.COLOURS["green"], drawing.COLOURS["purple"]), "os", strict=False):
    size = run.generator.image_shape[1]
    real = scale((test.images if size == test.images.shape[2] else enlarged)[:500]).flatten(1)
    shares = (
        torch.stack([torch.pdist(scale(frame).flatten(1)).mean() for frame in run.frames]) / torch.pdist(real).mean()
    )
    axes.plot(run.frame_epochs, shares, color=colour, marker=mark, label=run.name)
    top, end = int(shares.argmax()), run.frame_epochs[-1]
    print(f"{run.name}: variety {shares[top]:.2f} at epoch {run.frame_epochs[top]:g}, its highest;", end=" ")
    print(
        f"lowest after that {shares[top:].min():.2f}; {shares[-1]:.2f} at the end, epoch {end:g} (1: as real pictures)"
    )
axes.axhline(1, color=drawing.DATA, linewidth=1.5, linestyle=":")
axes.set(
    title="Recorded runs: how much 16 samples differ" + note,
    xlabel="epoch",
    ylabel="variety (real pictures: 1)",
    ylim=(0, 1.3),
)
axes.legend(loc="lower right")
drawing.show(
    figure,
    alt="The variety of samples in the recorded runs over the epochs, beside a dotted line at 1 for real pictures.",
)

# %% [markdown]
# No collapse, in either run. The variety is highest at epoch 4 (1.17 and 1.15). Then it falls. In the 64×64 run
# it stays a little below that of real pictures: never under 0.92, and 0.94 at epoch 25. The 32×32 run ends at
# epoch 10 with 0.88, still falling; where it would stay, we cannot say. (The low values at the start are no
# collapse: there G has not begun to draw.)
#
# So at epoch 15, where the report has it, our 64×64 run goes on undisturbed. What this does not show: that the
# report is wrong. Our networks are half as wide as that program's, our batches twice as large; it is one seed,
# and sixteen samples are few. A collapse is a matter of chance, too. On a machine with a graphics card
# `make recorded-runs` trains the full width for 200 epochs, and then this figure will tell more.
#
# So we disturb the balance, towards the second report: a D that wins. Everything stays as in the healthy
# training above, but D's learning rate is five times as large. Which trace will notice first?

# %% tags=["break-it"]
generator, discriminator = new_networks()
broken = Watcher(generator, faster_d=5.0)
train(generator, discriminator, photos.images, config, hook=broken, progress=False)
print(
    f"With D five times as fast: variety {broken.variety[-1]:.2f} at the end; the healthy run had {healthy.variety[-1]:.2f}."
)

# %% tags=["slide"]
figure, panels = plt.subplots(1, 2, figsize=(10, 4.6))
figure.suptitle("Where a faster D shows" + photos.title_note, fontweight="bold")

for watcher, colour, mark, name in (
    (healthy, drawing.COLOURS["green"], "o", "equal rates"),
    (broken, drawing.COLOURS["purple"], "s", "D 5 times faster"),
):
    for axes, values in zip(panels, (watcher.d_loss, watcher.variety), strict=True):
        axes.plot(watcher.steps, values, color=colour, marker=mark, markersize=4, label=name)
panels[0].set(title="First: D's loss", xlabel="step", ylabel="nats (guessing: 1.39)", ylim=(0, None))
panels[1].set(title="Later: variety of 64 samples", xlabel="step", ylabel="share of real pictures'", ylim=(0, 1.1))
panels[0].legend(loc="upper right")
drawing.show(
    figure,
    alt="Two panels over the steps, for equal rates and for a faster D: D's loss, and the variety of the samples.",
)

# %%
silent = next((s for s, loss in zip(broken.steps, broken.d_loss, strict=True) if loss < 0.05), None)
behind = next(
    (s for s, one, two in zip(broken.steps, broken.variety, healthy.variety, strict=True) if one < 0.6 * two), None
)
lowest = min(healthy.d_loss)
print("D's loss below 0.05, mean of some steps:", f"first at step {silent}" if silent else "never")
print("variety below 60 % of the healthy run's:", f"first at step {behind}" if behind else "never")
print(f"The healthy run's lowest D loss was {lowest:.2f}.")

# %%
pair = torch.stack([healthy.pictures[-1][:10], broken.pictures[-1][:10]])
figure = rows_figure(pair, ["equal rates", "D 5 × faster"], f"After {live_steps} steps")
drawing.show(
    figure,
    alt="Two rows of ten samples: from equal rates with several colours and layouts; from a faster D paler and more alike.",
)

# %% [markdown]
# **Broken.** The early sign was D's loss. Within the first hundred steps it fell to nearly 0: D was right about
# nearly every picture, and an expert who is always right teaches little. At that moment the variety of both
# trainings was still the same. It fell behind only a hundred steps later or more, and then it stayed behind.
# The healthy D was never so sure.
#
# Note what the *end* of the left panel shows: nothing. In the second half both losses lie in the same range,
# and yet one G is far behind. Whoever looks only at the last value of a loss does not see it.
#
# This is no collapse: the variety still rises, only about half as fast as in the healthy run. We did not wait
# to see if it catches up. It is one seed, one size, and a short run. What we can say is in which order the
# signs came here.
#
# ## Your own pictures, in a few lines?
#
# Any folder of pictures will do: JPEG or PNG, any sizes. Here is one, made of 640 drawn objects in a temporary
# place. The first cell makes it; put your own folder in its place. The second cell trains, in five lines:

# %%
place = Path(tempfile.mkdtemp())
(place / "my_pictures").mkdir()
for number, drawn in enumerate(drawn_objects(640)[0]):
    Image.fromarray(drawn.permute(1, 2, 0).numpy()).save(place / "my_pictures" / f"{number:03d}.png")

# %%
mine = load_images(f"folder:{place / 'my_pictures'}", image_size=32)
generator, discriminator = new_networks()
train(generator, discriminator, mine.images, replace(config, epochs=folder_epochs, batch_size=32), progress=False)
made = draw(generator, latent.sample(10, 100, seed).to(device))
drawing.show(
    drawing.image_grid(made, "Samples, after drawn pictures of a folder", zoom=3), alt="Ten small coloured pictures."
)

# %%
print(f"{len(mine)} pictures, {folder_epochs} epochs. They were: {mine.source}")

# %% [markdown]
# About one picture in ten is kept for testing; that is why the folder gives fewer pictures than it has. A
# folder of some hundred pictures is little: expect a generator that learns it by heart, or collapses. Some
# thousands are better. **The same in the wild**: torchvision's `ImageFolder` reads a folder in which each class
# has a folder of its own; `load_images` gives such pictures the same class names and labels.
#
# Outside the notebook the same is one command. It writes samples, traces and a checkpoint while it runs:


# %% tags=["slide"]
def dcgan(command, processes=1):
    """Run `python -m dcgan_course …` beside the temporary folder, as in a terminal, and print what it says."""
    torchrun = ["-m", "torch.distributed.run", "--standalone", "--nproc_per_node", str(processes)]
    words = [sys.executable, *(torchrun if processes > 1 else []), "-m", "dcgan_course", *command.split()]
    ran = subprocess.run(words, cwd=place, capture_output=True, text=True)
    program = "python" if processes == 1 else f"torchrun --standalone --nproc_per_node {processes}"
    print(f"$ {program} -m dcgan_course {command}\n{ran.stdout if ran.returncode == 0 else ran.stderr}")


small = f"--image-size 32 --width {width} --batch-size 32"
dcgan(f"train --data folder:my_pictures {small} --epochs {min(2, folder_epochs)} --out runs/x")

# %%
dcgan(f"train --resume --epochs {math.ceil(folder_epochs / 2)} --out runs/x")
dcgan("sample runs/x --out runs/sheet.png --count 16")

# %%
drawing.show_png(
    (place / "runs" / "sheet.png").read_bytes(),
    alt="Sixteen samples that the command line drew after a short training on the folder: coloured blobs.",
)

# %%
print("In runs/x:", ", ".join(sorted(path.name for path in (place / "runs" / "x").iterdir())))
dcgan("evaluate runs/x --data drawn_objects --count 500")

# %% [markdown]
# The table has two columns: the drawn pictures, and as many other real ones, both beside the same real
# pictures. The first row, read aloud: the drawn pictures are many times as far away as real ones, so a few
# epochs are not enough. It compares with other drawn objects than those of the folder, and asks D about other
# z, so its p_fake differs a little from the one that the training printed. Lesson 10 explains all rows.
#
# Some more wishes, each one option of these commands:
#
# | you want | add |
# | --- | --- |
# | the moving average of G | `train … --ema` |
# | pictures that are not square | `train … --image-size 64x96` |
# | a longer run, or one that was stopped | `train --resume --epochs 300 --out runs/x`, with as many processes as before or another number |
# | a walk through z as a film | `sample runs/x --out walk.gif` (or `.webp`) |
# | a folder of samples | `sample runs/x --out samples --count 100` |
# | live curves in TensorBoard | install `tensorboard` before the training; it writes its files by itself |
#
# While it runs, a bar shows images a second and the time that is left.
#
# For real pictures and a GPU the first command would be
# `python -m dcgan_course train --data folder:PATH --image-size 64 --epochs 200 --out runs/x`. Stop it with
# Ctrl-C whenever you like: it finishes the step under way and keeps everything. The same `--out` with
# `--resume` continues.
#
# ## Do two processes play the game of one?
#
# The same command, once more: first alone, then shared by two processes of this machine. Same seed, same
# batches of 32; each process gets 16 pictures of each batch.

# %%
for name, processes in (("one", 1), ("two", 2)):
    dcgan(f"train --data folder:my_pictures {small} --epochs {min(2, folder_epochs)} --out runs/{name}", processes)

# %% tags=["predict", "slide"]
for name in ("one", "two"):
    table = place / "runs" / name / "history.csv"
    rows = table.read_text(encoding="utf-8").split()[1:] if table.exists() else []
    losses = [f"{float(row.split(',')[1]):.4f}" for row in rows]
    print(f"D's loss in each epoch, {name:3}: {', '.join(losses) or 'this system did not start it'}")

# %% [markdown] tags=["slide"]
# Nearly the same, and not equal. You know why: each half is normalised with its own mean and spread, and the
# small differences grow from step to step. Is it faster? We did not time it. One processor that two share is
# still one. Two graphics cards would take half of each batch each.
#
# ## Take-aways
#
# * Colour changes one layer of each network; a larger side changes the work, by about six times from 32 to 64.
# * Measure before you switch: in turns, several times, with the slowest and fastest shown. On this CPU bfloat16
#   helped most, and fakes used twice a little; the other single switches gave less. On a GPU first see that
#   nothing waits.
# * Weights, their gradients and the losses stay float32. Products and maps are rounded.
# * A resumed training is right when every tensor is equal to the last bit, and not before.
# * Several GPUs share each batch and average gradients; batch norm sees only its part.
# * Watch D's loss from the first steps on, and the variety of a fixed set of samples. In a network with batch
#   norm p_real and p_fake in eval mode do not say who wins.
#
# ## Exercises
#
# [Exercises 07](../exercises/07_dcgan_on_cifar10.ipynb): an obsolete program in today's PyTorch, the moving
# average, an exact resume, profiles to read. With [solutions](../solutions/07_dcgan_on_cifar10.ipynb).
#
# ## Next
#
# [08 · Walking in latent space](08_walking_in_latent_space.ipynb): is z a space or a list of pictures?
#
# ## Sources
#
# * I. Goodfellow et al., *Generative adversarial nets* (2014): algorithm 1.
# * A. Radford, L. Metz and S. Chintala, *Unsupervised representation learning with deep convolutional
#   generative adversarial networks* (2015): section 4 for the recipe. The DCGAN on 64×64 CIFAR-10 is that of a
#   Korean post, one of the five documents that this course grew from (README).
# * P. Micikevicius et al., *Mixed precision training* (2018): why weights stay float32. D. Kalamkar et al., *A
#   study of bfloat16 for deep learning training* (2019).
# * Y. Yazıcı et al., *The unusual effectiveness of averaging in GAN training* (2019): the moving average of G.
# * S. Li et al., *PyTorch distributed* (2020): gradients averaged over processes. S. Ioffe and C. Szegedy,
#   *Batch normalization* (2015).
# * The collapse of the recipe: issues 263 (2017, CIFAR-10) and 822 (2020, faces) of pytorch/examples, on its
#   DCGAN.
# * NVIDIA, data sheet of the H200: 989 TFLOP/s in bfloat16 without sparsity.
# * CIFAR-10: A. Krizhevsky, *Learning multiple layers of features from tiny images* (2009).
