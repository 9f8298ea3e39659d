# ---
# jupyter:
#   jupytext:
#     text_representation:
#       extension: .py
#       format_name: percent
# ---

# %% [markdown]
# # 07b · Training that is fast and can be stopped
#
# *What would an hour more buy?*
#
# **You will be able to**
#
# * **measure** what makes a training fast, and compute its ceiling;
# * **estimate** what a training costs before you start it;
# * **stop** one and continue it to the same bits;
# * **share** one between processes, and train on a folder of your own pictures.
#
# **You need first**: [07 · DCGAN on CIFAR-10](07_dcgan_on_cifar10.ipynb): the networks and the recipe.
#
# **Time**: 45 minutes, of which 2 are training on a 2-core CPU.

# %% tags=["parameters"]
from dcgan_course.budget import course_budget

budget = course_budget()  # "smoke", "cpu" or "gpu"; the variable DCGAN_COURSE_BUDGET chooses
ladder_size = {"smoke": 32, "cpu": 64, "gpu": 64}[budget]  # pixels of a side in the measurement of speed
ladder_width = {"smoke": 8, "cpu": 32, "gpu": 64}[budget]  # maps of G's last hidden layer there
ladder_batch = {"smoke": 8, "cpu": 32, "gpu": 128}[budget]  # pictures a step there
ladder_turns = {"smoke": 2, "cpu": 5, "gpu": 5}[budget]  # how often each way is timed: 25 s together
steps_a_turn = {"smoke": 1, "cpu": 2, "gpu": 20}[budget]
full_width = {"smoke": 8, "cpu": 64, "gpu": 64}[budget]  # of the training whose cost is estimated: five steps a size
width = {"smoke": 8, "cpu": 16, "gpu": 64}[budget]  # maps of G's last hidden layer in the live trainings
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
from PIL import Image
from torch import nn
from torch.nn import functional as F
from torch.utils.flop_counter import FlopCounterMode
from torchvision import transforms

from dcgan_course import drawing, latent, models
from dcgan_course.data import batches, load_images, scale
from dcgan_course.data.drawn.pictures import drawn_objects
from dcgan_course.training import DCGAN, discriminator_step, generator_step, train
from dcgan_course.training.acceleration import Accelerated, chosen_precision, computes_bfloat16
from dcgan_course.training.losses import non_saturating
from dcgan_course.training.tensor_file import read_tensors, write_tensors

# %%
drawing.use_course_style()
device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
photos = load_images("cifar10", "test", stand_in=True)
enlarged = load_images("cifar10", "test", image_size=64, stand_in=True).images[:2048].clone()
print(photos)

# %% [markdown]
# The test pictures are enough here: we want to know how long the work takes and not what is learned.
#
# ## How much work is it?
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


# %% [markdown] tags=["predict", "slide"]
# **Predict first.** A picture of 64×64 has four times the pixels of one of 32×32. How many times the work is
# it, at the same width of the last hidden layer?
#
# <details name="predict-07b-1"><summary>A · four times: as many pixels, as much work</summary>That would be so
# if the same layers looked at larger maps. But G and D get one layer more, and look what it does to the widths
# of the others.</details>
# <details name="predict-07b-1"><summary>B · more than four times</summary>Yes: one layer more, with the largest
# maps, and each layer before it twice as wide.</details>
# <details name="predict-07b-1"><summary>C · less than four times: a layer more is cheap</summary>It would be
# cheap if it had few channels and small maps. The new layer has the largest maps of all.</details>

# %% tags=["slide"]
for size in (32, 64):
    total = 200 * 50_000 * step_flops(size, 64)
    print(
        f"{size}×{size}, width 64: {step_flops(size, 64) / 1e9:.2f} GFLOP a picture; 200 epochs: {total / 1e15:.1f} PFLOP"
    )

# %% [markdown]
# (A PFLOP is 10¹⁵ of them.) From 32 to 64 the picture has four times the pixels, and the work is six times as
# much: a new layer with large maps comes on top, and all layers before it get twice the channels. Width counts,
# too. In a network of twice the width the weight matrix of nearly every layer has twice the rows and twice the
# columns: about four times the work.
#
# ## Where does the time go?
#
# A [**profiler**](../GLOSSARY.md#profiler) can tell; [exercises 07b](../exercises/07b_fast_training.ipynb) read
# one. Here we look at the code first. This is one round as many programs write it. Some lines do work that
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
        PictureByPicture(photos.images[:2048]), ladder_batch, shuffle=True, drop_last=True
    )
    while True:
        for real in loader:
            yield real.to(device)


def byte_batches():
    images = (enlarged if ladder_size == 64 else photos.images[:2048]).to(device)
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
# **Predict first.** Which switch buys most on the machine in front of you?
#
# <details name="predict-07b-2"><summary>A · bytes on the device: no picture is prepared twice</summary>That is
# so where the processor waits for pictures: with a graphics card that is fast, and pictures that are prepared
# one by one. A CPU that trains is itself the slow part.</details>
# <details name="predict-07b-2"><summary>B · D frozen and no .item(): no work that nobody needs</summary>Count
# the passes (below): the frozen D saves one of twelve, and the fresh fakes on the same rung cost one. Asking
# for numbers costs where Python and the arithmetic run on two machines.</details>
# <details name="predict-07b-2"><summary>C · bfloat16: more numbers at once</summary>Yes, on many CPUs: nearly
# all of the time goes into multiplications, so this touches the large part. It holds where the processor has
# instructions for it; else the rung is left out.</details>
# <details name="predict-07b-2"><summary>D · fused Adam: one call in place of many</summary>How much of a round
# is Adam? A convolution uses each weight for every pixel, Adam touches each weight once.</details>
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


# %%
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
# In the run on this page (a CPU with two cores, one thread) bfloat16 bought by far the most. Fakes used twice
# can buy little: the count of passes below says how much. The other rungs lie close together, and several of
# their lines touch, so one run hardly says what each of them is worth. For one of them we know why it buys
# nothing: a frozen D saves one pass of twelve, and the fresh fakes of algorithm 1, which begin on the same
# rung, cost one.
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
#
# <details name="predict-07b-3"><summary>A · as much as half the bytes allow: exactly twice</summary>Half the
# bytes are moved, but multiplying is the larger part, and its speed depends on the instructions of the
# processor.
# </details>
# <details name="predict-07b-3"><summary>B · nearly as much as the whole ladder has reached</summary>Yes, if
# nearly all of a round is convolutions. That is what the next lines compare.</details>
# <details name="predict-07b-3"><summary>C · far more than the ladder: the other parts hold it
# back</summary>That would be so if Adam, batch norm or Python took much of a round. The comparison would show a
# gap.</details>


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

# %% [markdown]
# And how far does training itself move a logit in one step? Not the first one: Adam's first step moves every
# weight by the full learning rate. We take the last of twenty.

# %%
g, d = copy.deepcopy(start[0]), copy.deepcopy(start[1])
optimizers = [torch.optim.Adam(network.parameters(), 2e-4, (0.5, 0.999)) for network in (g, d)]
for _ in range(20):
    discriminator_step(g, d, optimizers[1], real, fresh_z())
    generator_step(g, d, optimizers[0], fresh_z())
before = d(real).detach()
discriminator_step(g, d, optimizers[1], real, fresh_z())
moved = (d(real).detach() - before).abs().max() / before.std()
print(f"The 21st step of D moves a logit by up to {moved:.2f} of the spread of the logits.")

# %% [markdown]
# Channels-last changes no value beyond rounding. bfloat16 changes the second or third digit. One step of
# training changes far more than that.
#
# ## What would an hour buy?
#
# Two ways to say what 200 epochs cost. One: work divided by a speed. But the speed was measured at one size and
# width, and other layers run at other speeds. Two: time a few steps of the training itself, and multiply. The
# first steps prepare memory and choose ways to compute; they do not count.


# %%
def seconds_a_step(size):
    """The middle of four steps of `train`'s kind at full width, after one that warms up."""
    torch.manual_seed(seed)
    g, d = models.Generator(size, width=full_width).to(device), models.Discriminator(size, width=full_width).to(device)
    adam = {"lr": 2e-4, "betas": (0.5, 0.999), "fused": True}
    optimizers = [torch.optim.Adam(network.parameters(), **adam) for network in (g, d)]
    g, d = (Accelerated(network, best, channels_last=True, compiled=False) for network in (g, d))
    real, times = scale((enlarged if size == 64 else photos.images)[:ladder_batch]).to(device), []
    for _ in range(5):
        begin = time.perf_counter()
        discriminator_step(g, d, optimizers[1], real, fresh_z())
        generator_step(g, d, optimizers[0], fresh_z())
        if device.type == "cuda":
            torch.cuda.synchronize()
        times.append(time.perf_counter() - begin)
    return median(times[1:])


# %% tags=["slide"]
best_of_a_card = 989e12  # FLOP/s in bfloat16 that the data sheet of an H200 promises
for size in (32, 64):
    rate, work = ladder_batch / seconds_a_step(size), step_flops(size, full_width)
    hours = 200 * 50_000 / rate / 3600
    print(
        f"{size}×{size}, width {full_width}: {rate:5,.0f} images/s, which is {rate * work / 1e9:4,.0f} GFLOP/s; 200 epochs take "
        f"{hours:.1f} hours here; a large graphics card needs at least {200 * 50_000 * work / best_of_a_card:.0f} s"
    )

# %% [markdown]
# (A machine that is busy with other work is slower; take the hours as a rough guide.) Compare the GFLOP/s of
# the two sizes: if they differ, a speed of one size says little about the hours of another.
#
# That is what a GPU changes: not the method, but whether you can try it twice in a day. The last number is a
# floor that no program reaches: it counts convolutions only, at the card's best.
#
# ## Can it stop and go on exactly?
#
# A training of hours will be stopped: by you, by a power cut, by a system that wants its card back. Lesson 04
# continued one of two small MLPs. Here there is more to forget: running statistics of batch norm, and the
# average. We promise the same bits only for the same machine: another processor may add in another order, and
# then it rounds differently. A training of 12 steps at once, and the same one stopped after 5 and continued:


# %%
def new_networks(size=32):
    torch.manual_seed(seed)
    return models.Generator(size, width=width).to(device), models.Discriminator(size, width=width).to(device)


config = replace(DCGAN, batch_size=64, seed=seed, ema_decay=0.99)


# %%
def short_run(file=None, stop_at=None):
    """Train 12 steps, or until `stop_at`; return every parameter and every statistic of the three networks."""
    networks = new_networks()
    averaged = copy.deepcopy(networks[0])
    short, stop = replace(config, epochs=2), lambda training: training.step == stop_at
    train(*networks, photos.images[: 6 * 64], short, ema_generator=averaged, checkpoint=file, hook=stop, progress=False)
    return {
        f"{n}/{key}": value for n, net in enumerate((*networks, averaged)) for key, value in net.state_dict().items()
    }


# %% tags=["slide"]
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
# of the pictures needs no entry: it depends on the seed and the epoch.

# %% [markdown] tags=["predict", "slide"]
# Many programs keep less: weights, or weights and optimisers. **Predict first.** We forget one thing in the
# file and continue for seven steps. Which thing changes the discriminator least?
#
# <details name="predict-07b-4"><summary>A · Adam's memory of both networks</summary>Without it Adam is a
# beginner again: its first steps move each weight by the full learning rate, whatever the gradient.</details>
# <details name="predict-07b-4"><summary>B · the random numbers for z</summary>Other z, other fakes. The game is
# the same one, played with other cards; but no number stays equal.</details>
# <details name="predict-07b-4"><summary>C · running statistics of batch norm in D</summary>Yes: training never
# reads them. Each batch is normalised with its own, so not one weight changes. That is why nobody notices,
# until somebody asks D in eval mode.</details>


# %%
def forget(kind, tensors):
    """Return the tensors of a checkpoint as a program saves them that forgets one thing."""
    kept = {name: tensor.clone() for name, tensor in tensors.items()}
    for name in kept:
        if kind == "Adam's memory" and "optimizer" in name and "exp_avg" in name:
            kept[name].zero_()
        if kind == "random numbers of z" and name.startswith("noise"):
            kept[name] = torch.Generator().manual_seed(seed + 1).get_state()
        if kind == "D's running statistics" and name.startswith("discriminator/") and "running" in name:
            kept[name].fill_(1.0 if "var" in name else 0.0)
    return kept


# %% tags=["break-it", "slide"]
short_run(file.with_name("stopped.safetensors"), stop_at=5)
tensors, texts = read_tensors(file.with_name("stopped.safetensors"))
for kind in ("nothing", "Adam's memory", "random numbers of z", "D's running statistics"):
    forgetful = file.with_name("forgetful.safetensors")
    write_tensors(forgetful, forget(kind, tensors), texts)
    continued = short_run(forgetful)
    equal = sum(torch.equal(at_once[key], continued[key]) for key in at_once)
    weights = [key for key in at_once if key.startswith("1/") and key.endswith("weight")]
    way = sum(float((at_once[key] - continued[key]).square().sum()) for key in weights) ** 0.5
    print(f"forgotten: {kind:23} {equal:2} of {len(at_once)} tensors equal; D's weights are {way:.3f} away")

# %% [markdown]
# **Broken.** The first line is the control: nothing forgotten, everything equal. Each other program goes on,
# and its losses look right. Only the comparison of bits shows that something is missing. In
# [exercises 07b](../exercises/07b_fast_training.ipynb) you will mend a checkpoint that forgets.
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


def gap_of_parts(network, pictures, parts):
    whole = gradient(network, pictures)
    mean = torch.stack([gradient(network, part) for part in pictures.chunk(parts)]).mean(0)
    return float((mean - whole).norm() / whole.norm())


def without_batch_norm(network):
    network = copy.deepcopy(network)
    for block in network.blocks:
        for place, layer in enumerate(block):
            if isinstance(layer, nn.BatchNorm2d):
                block[place] = nn.Identity()
    return network


# %% [markdown] tags=["predict", "slide"]
# **Predict first.** 64 pictures, in two halves of 32. How far is the mean of the two gradients from the
# gradient of all 64, in a D with batch norm?
#
# <details name="predict-07b-5"><summary>A · not at all: a mean of means is the mean</summary>So it is for D
# without batch norm: there each picture adds its own part, whoever stands beside it.</details>
# <details name="predict-07b-5"><summary>B · some hundredths of its length</summary>Yes. Each half is normalised
# by itself, and the mean of 32 pictures is near the mean of 64, not equal to it.</details>
# <details name="predict-07b-5"><summary>C · half of its length: each half knows half</summary>Each half is a
# fair sample of the whole; its mean and spread are nearly the same.</details>

# %% tags=["slide"]
_, d = new_networks()
pictures = scale(photos.images[:64]).to(device)
print(
    f"without batch norm: the halves' mean is off by {gap_of_parts(without_batch_norm(d), pictures, 2):.6%} of the gradient"
)
print(f"with batch norm:    the halves' mean is off by {gap_of_parts(d, pictures, 2):.1%} of the gradient")

# %% [markdown]
# Without batch norm nothing is left but rounding. With it the two differ: each half is shifted and scaled by
# its *own* mean and spread. So four GPUs do not play exactly the game of one, even with the same seed and the
# same whole batch. Nothing is broken; batch norm just sees smaller batches. How small may they be?

# %%
for parts in (2, 4, 8, 16):
    gap = gap_of_parts(d, pictures, parts)
    print(f"{parts:2} parts of {len(pictures) // parts:2} pictures: their mean is off by {gap:.0%} of the gradient")

# %% [markdown]
# The mean of a few pictures is further from the mean of all, so the gap grows. Keep the part of each process
# large.
#
# Two more things must not be forgotten, and both are easy to get wrong: each process must draw *other* pictures
# and other z, and only one may write files.
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
short = replace(config, epochs=folder_epochs, batch_size=32)
train(generator, discriminator, mine.images, short, progress=False)

# %%
with torch.no_grad():
    made = generator.eval()(latent.sample(10, 100, seed).to(device)).cpu()
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
figure, axes = plt.subplots(figsize=(7, 2.2))
axes.imshow(Image.open(place / "runs" / "sheet.png"))
axes.axis("off")
axes.set_title("The command line's sheet: coloured blobs")
drawing.show(
    figure, alt="Sixteen samples that the command line drew after a short training on the folder: coloured blobs."
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

# %% [markdown] tags=["predict", "slide"]
# **Predict first.** How near are D's losses of one process and of two?
#
# <details name="predict-07b-6"><summary>A · equal to the last bit: the gradients are averaged</summary>The mean
# of the parts' gradients is the whole gradient only where each picture counts alone. Think of the layer that
# looks at the whole batch.</details>
# <details name="predict-07b-6"><summary>B · near, not equal</summary>Yes: each half is normalised with its own
# mean and spread.</details>
# <details name="predict-07b-6"><summary>C · unrelated: each process draws z of its own</summary>Each process
# takes its part of the same batches and the same z, so the two games begin alike.</details>

# %% tags=["slide"]
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
# * Measure before you switch: in turns, several times, with the slowest and fastest shown. On a CPU that knows
#   it bfloat16 helps most; on a GPU first see that nothing waits.
# * Count passes and measure one pass: their product is the ceiling.
# * Time a few steps of the very training, after warming up, and multiply: that is what it will cost.
# * Weights, their gradients and the losses stay float32. Products and maps are rounded.
# * A resumed training is right when every tensor is equal to the last bit, and not before.
# * Several GPUs share each batch and average gradients; batch norm sees only its part.
#
# ## Exercises
#
# [Exercises 07b](../exercises/07b_fast_training.ipynb): an exact resume, what a layer and a training cost,
# profiles to read. With [solutions](../solutions/07b_fast_training.ipynb).
#
# ## Next
#
# [08 · Walking in latent space](08_walking_in_latent_space.ipynb): is z a space or a list of pictures?
#
# ## Sources
#
# * I. Goodfellow et al., *Generative adversarial nets* (2014): algorithm 1.
# * P. Micikevicius et al., *Mixed precision training* (2018): why weights stay float32. D. Kalamkar et al., *A
#   study of bfloat16 for deep learning training* (2019).
# * S. Li et al., *PyTorch distributed* (2020): gradients averaged over processes. S. Ioffe and C. Szegedy,
#   *Batch normalization* (2015).
# * NVIDIA, data sheet of the H200: 989 TFLOP/s in bfloat16 without sparsity.
# * CIFAR-10: A. Krizhevsky, *Learning multiple layers of features from tiny images* (2009).
