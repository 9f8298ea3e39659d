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
# **Time**: 50 minutes, of which 2 are training on a 2-core CPU.

# %% tags=["parameters"]
from dcgan_course.budget import course_budget

budget = course_budget()  # "smoke", "cpu" or "gpu"; the variable DCGAN_COURSE_BUDGET chooses
ladder_size = {"smoke": 32, "cpu": 64, "gpu": 64}[budget]  # pixels of a side in the measurement of speed
ladder_width = {"smoke": 8, "cpu": 32, "gpu": 64}[budget]  # maps of G's last hidden layer there
ladder_batch = {"smoke": 8, "cpu": 32, "gpu": 128}[budget]  # pictures a step there
ladder_turns = {"smoke": 2, "cpu": 5, "gpu": 5}[budget]  # how often each way is timed: a minute together
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

from dcgan_course import drawing, latent, models, recorded
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
# **Predict first.** Which of these four buys most on the machine in front of you?
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
# <details name="predict-07b-2"><summary>D · channels-last: nothing must be collected first</summary>It spares
# the collecting. But as many numbers are multiplied as before, in the same format, and that is the larger
# part.</details>
#
# How we measure: all are warmed up. Then they take turns, so that a busy moment of the machine hits all of
# them. Several turns; we keep the middle one, and show the slowest and the fastest.


# %%
def seconds_in_turns(plays, turns=ladder_turns):
    """Return the seconds that each play took, turn by turn; a turn before them warms up."""
    times = {name: [] for name in plays}
    for turn in range(turns + 1):
        for name, play in plays.items():
            begin = time.perf_counter()
            for _ in range(steps_a_turn):
                play()
            if device.type == "cuda":
                torch.cuda.synchronize()  # the card has finished, not only accepted the orders
            if turn > 0:
                times[name].append((time.perf_counter() - begin) / steps_a_turn)
    return times


# %%
speeds = {name: [ladder_batch / each for each in times] for name, times in seconds_in_turns(rungs).items()}

# %%
names, middle = list(speeds), [median(turns) for turns in speeds.values()]
for below, name in zip([names[0], *names], names, strict=False):
    turns, others = speeds[name], speeds[below]
    touch = min(turns) <= max(others) and min(others) <= max(turns)
    beside = f"{median(turns) / median(others):.2f} × the rung before, {'they overlap' if touch else 'apart'}"
    print(
        f"{name:23} {median(turns):7,.0f} images/s ({min(turns):,.0f} to {max(turns):,.0f}), "
        f"{'the measure of the others' if name == below else beside}"
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
# ratio to the textbook loop. These are the ratios of *one* run on one machine. Two neighbours "overlap" where
# the slowest turn of the faster one is no faster than the best turn of the other: do not believe such a
# difference.
#
# In the run on this page (a CPU with two cores, one thread) bfloat16 bought by far the most. And look at the
# ratio of "D frozen": it leaves work out, and is no faster. We come back to it.
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
# ## Why can leaving work out buy nothing?
#
# Count how often a batch passes through a network. G and D have about the same number of FLOP. Forward is one
# pass. Backward is two: one for the maps, one for the weights.

# %% tags=["slide"]
textbook = {"G draws": 1, "D learns from real ones and from fakes": 2 * 3, "G's loss, through D": 3, "G learns": 2}
switched = textbook | {"G's loss, through D": 2}  # a frozen D needs no gradients for its weights
for work in textbook:
    print(f"{work:39} textbook {textbook[work]}, all switches {switched[work]}")
fewer = sum(textbook.values()) / sum(switched.values())
print(f"{sum(textbook.values())} passes against {sum(switched.values())}: {fewer:.2f} times fewer")

# %% [markdown]
# "Through D" is 3 in the textbook: forward, and backward for maps *and* weights. A frozen D leaves out the
# weights. The rungs between have 12 passes as well: D is frozen, but G draws fresh fakes for its own step.
#
# This is a count of operations, and no bound of time: it would be one if every pass took as long. Two passes
# decide here. One more draw of G is what fresh fakes cost; gradients for D's weights are what a frozen D saves.
# We time both. (Here and below the fastest turn counts: what other programs of the machine take away only
# adds.)


# %%
def seconds_of_two_passes(precision, channels_last):
    """Return the seconds of one draw of G, and of the gradients for D's weights."""
    g, d = (Accelerated(copy.deepcopy(network), precision, channels_last, False) for network in start)
    fake = g(fresh_z()).detach().requires_grad_()
    plays = {
        "a draw": torch.no_grad()(lambda: g(fresh_z())),
        "D, for maps": lambda: torch.autograd.grad(d(fake).sum(), [fake]),
        "D, for maps and weights": lambda: torch.autograd.grad(d(fake).sum(), [fake, *d.parameters()]),
    }
    draw, maps, both = (min(times) for times in seconds_in_turns(plays).values())
    return draw, both - maps


# %%
draw, weights = seconds_of_two_passes(torch.float32, channels_last=False)
draw_at_the_end, _ = seconds_of_two_passes(best, channels_last=True)
print(f"in float32 a draw takes {1000 * draw:.1f} ms, gradients for D's weights {1000 * weights:.1f} ms")

# %%
for name, more in (("+ D frozen, no .item()", draw - weights), ("+ fakes used twice", -draw_at_the_end)):
    place = names.index(name)
    before = ladder_batch / middle[place - 1]
    print(
        f"{name:23} {1000 * more:+5.1f} ms to a round of {1000 * before:.0f} ms should make it "
        f"{before / (before + more):.2f} × as fast; measured: {middle[place] / middle[place - 1]:.2f} ×"
    )

# %% [markdown]
# The count says that the two passes are alike. The clock says which is longer. Where a draw takes longer than
# gradients for D's weights, the rung "D frozen" cannot win, since it exchanges the one for the other. For the
# same reason "fakes used twice" can buy more than its share of the count. Why a draw takes as long as it does,
# we did not ask.
#
# ## How high can this ladder go?
#
# All that the switches touch are convolutions and what stands around them. So we time the convolutions of a
# whole round alone: all layers of G and D, forward and backward, with the maps that really reach them, as often
# as a round needs them. What a round takes longer is all that further switches *around* them could save.

# %% [markdown] tags=["predict", "slide"]
# **Predict first.** On a CPU, with all switches on: what part of a round do the convolutions take?
#
# <details name="predict-07b-3"><summary>A · more than three quarters</summary>Yes: batch norm, activations and
# Adam touch each number a few times. A hidden convolution multiplies it with hundreds of weights.</details>
# <details name="predict-07b-3"><summary>B · about half: there are as many other layers</summary>Count products
# and not layers. Batch norm touches each number of a map a few times; a convolution multiplies it with many
# weights.</details>
# <details name="predict-07b-3"><summary>C · less than a quarter: bfloat16 made them fast</summary>They are
# faster, but they were nearly all. Compare how much faster the whole round became.</details>


# %%
def convolutions(network, x, precision, channels_last):
    """Return (layer, maps) for each convolution of a network: the maps as they reach it."""
    network, found = copy.deepcopy(network), []
    layers = [layer for layer in network.modules() if isinstance(layer, nn.Conv2d | nn.ConvTranspose2d)]
    hooks = [each.register_forward_pre_hook(lambda layer, given: found.append((layer, given[0]))) for each in layers]
    Accelerated(network, precision, channels_last, False)(x)
    for hook in hooks:
        hook.remove()
    return [(layer, maps.detach()) for layer, maps in found]


# %%
def convolutions_of_a_round(precision, channels_last, frozen):
    """Return a function that computes the convolutions of one round, with fakes used twice, and nothing else."""
    g, d = (convolutions(net, x, precision, channels_last) for net, x in zip(start, (fresh_z(), real), strict=True))

    def play():  # G draws and learns; D learns from real ones, and from fakes; G's loss, through D
        for layers, weights, pictures in ((g, True, False), (d, True, False), (d, True, False), (d, not frozen, True)):
            for place, (layer, maps) in enumerate(layers):
                asked = [layer.weight] * weights + [maps] * (pictures or place > 0)
                with torch.autocast(device.type, precision, enabled=precision != torch.float32):
                    made = layer(maps.requires_grad_())
                torch.autograd.grad(made, asked, torch.ones_like(made))

    return play


# %% tags=["slide"]
real = next(byte_batches())
second, last = "+ bytes on the device", "+ fakes used twice"
plays = {second: rungs[second], last: rungs[last]}
plays["convolutions, second"] = convolutions_of_a_round(torch.float32, channels_last=False, frozen=False)
plays["convolutions, last"] = convolutions_of_a_round(best, channels_last=True, frozen=True)
spent = {name: min(times) for name, times in seconds_in_turns(plays).items()}
for name, alone in ((second, "convolutions, second"), (last, "convolutions, last")):
    print(
        f"{name:21}: {1000 * spent[name]:4.0f} ms a round, its convolutions alone {1000 * spent[alone]:4.0f} ms: "
        f"{1 - spent[alone] / spent[name]:.0%} of the time is left for all else"
    )
print(
    f"The last of them is {spent[second] / spent[last]:.2f} × as fast. If all but convolutions cost nothing, it "
    f"would be {spent[second] / spent['convolutions, last']:.2f} ×."
)
del rungs, plays  # each rung holds two networks and their optimizers

# %% [markdown]
# The second number of the last line is the ceiling, and what is "left for all else" is the gap below it. (Two
# short measurements: some per cent more or less mean nothing, and may even stand below 0.) On the CPU of this
# page, with one thread, all else is a small part: batch norm, activations, Adam, the scaling of pictures. So
# *of these switches* there is little more to wait for. A faster convolution would be another thing: another
# number format, another library or more threads. We did not try them. (At width 64 and with two threads,
# `benchmarks/results/dcgan.md` finds a gap that is small, too.) Else one must compute less (a narrower network,
# smaller pictures), or take a processor that multiplies more at once.
#
# Do the fast ways compute the same? The same pictures, asked with each rung's switches:

# %%
wanted = None
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

# %%
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
    hours, seconds = 200 * 50_000 / rate / 3600, 200 * 50_000 * work / best_of_a_card
    print(f"{size}×{size}, width {full_width}: {rate:5,.0f} images/s, which is {rate * work / 1e9:4,.0f} GFLOP/s")
    print(f"   an hour buys {200 / hours:.1f} epochs of 50,000 pictures; 200 epochs take {hours:.1f} hours here")
    print(f"   (a large graphics card needs at least {seconds:.0f} s for them)")

# %% [markdown]
# (A machine that is busy with other work is slower; take the hours as a rough guide.) Compare the GFLOP/s of
# the two sizes: if they differ, a speed of one size says little about the hours of another.
#
# So that is what an hour more buys on this machine: some epochs, and their number stands above. What an epoch
# does for the pictures is another question; lesson 07 looks at it in a recorded training.
#
# That is what a GPU changes: not the method, but whether you can try it twice in a day. The last number is a
# floor that no program reaches: it counts convolutions only, at the card's best. What did one reach? A table
# that was measured once, at 64×64 and width 64; each way has the switches above it.

# %% tags=["slide"]
card = recorded.gpu_speed()
print(f"{card['machine']}; {card['date']}; batches of {card['batch']}")
print("images/s, beside the textbook, seconds for 200 epochs of 50,000 pictures:")
for way, row in card["ladder"].items():
    speed, ratio, wait = row["images_per_second"]["median"], row["beside_textbook"], row["seconds_for_all_epochs"]
    print(f"{speed:7,} {ratio:5.2f} {wait:6,} s   {way}")
print(
    f"The fastest makes {row['tflops']:.0f} TFLOP/s; two large matrices {card['tflops_of_a_matrix_product']} TFLOP/s."
)

# %% [markdown]
# Read it from the top. bfloat16, which helps a CPU most, makes the step on this card *slower*, and
# channels-last does not help. The card is not busy: it waits for Python, which asks for some hundreds of small
# computations one after the other, and bfloat16 adds some to ask for. A **CUDA graph** (`--cuda-graph`) records
# a step once and asks for all of it at once: the same numbers, three times as fast. So first see that nothing
# waits. (What bfloat16 buys *inside* a graph was not measured.) It is still far from the product of large
# matrices; small layers may be a reason. (One card, one size; the ways were timed one after the other.)
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
    """Train 12 steps, or until `stop_at`; return every tensor of the three networks, and D's last loss."""
    networks = new_networks()
    averaged = copy.deepcopy(networks[0])
    short, stop = replace(config, epochs=2), lambda training: training.step == stop_at
    history = train(
        *networks, photos.images[: 6 * 64], short, ema_generator=averaged, checkpoint=file, hook=stop, progress=False
    )
    named = zip(("G", "D", "averaged G"), (*networks, averaged), strict=True)
    tensors = {f"{name}/{key}": value for name, network in named for key, value in network.state_dict().items()}
    return tensors, (history.discriminator_loss or [math.nan])[-1]


# %% tags=["slide"]
file = Path(tempfile.mkdtemp()) / "short.safetensors"
(at_once, _), (stopped, _), (continued, _) = short_run(), short_run(file, stop_at=5), short_run(file)
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
# beginner again: its first step moves each weight by the full learning rate, whatever the gradient.</details>
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
        if kind == "Adam's memory" and "optimizer" in name:
            kept[name].zero_()  # both averages of the gradient, and the count of steps
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
    continued, loss = short_run(forgetful)
    equal = [key for key in at_once if torch.equal(at_once[key], continued[key])]
    weights = [key for key in at_once if key.startswith("D/") and key.endswith("weight")]
    way = sum(float((at_once[key] - continued[key]).square().sum()) for key in weights) ** 0.5
    fewer = min(equal, set(at_once) - set(equal), key=len)
    named = ", ".join(sorted({key.split("/")[0] + "'s " + key.split(".")[-1] for key in fewer})) or "none"
    print(f"forgotten: {kind}. D's loss in the last epoch: {loss:.4f}; D's weights are {way:.3f} away")
    print(
        f"   {len(equal)} of {len(at_once)} tensors equal. The {'equal' if fewer is equal else 'other'} ones: {named}"
    )

# %% [markdown]
# **Broken.** The first pair of lines is the control: nothing forgotten, everything equal. Each other program
# goes on. Compare its loss with the control's: some hundredths at most, and nobody would notice that in a
# curve. Where Adam or z was forgotten, only `num_batches_tracked` is equal: it counts batches, and has seen no
# number of them. Where D's statistics were forgotten, even the loss is the same, and only the comparison of
# bits shows that something is missing. In [exercises 07b](../exercises/07b_fast_training.ipynb) you will mend a
# checkpoint that forgets.
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
# same whole batch. Nothing is broken; batch norm sees smaller batches. How small may they be? And is such a gap
# large? Chance is the yardstick: *other* 64 pictures, and the 64 beside 2,048.

# %%
for parts in (2, 4, 8, 16):
    gap = gap_of_parts(d, pictures, parts)
    print(f"{parts:2} parts of {len(pictures) // parts:2} pictures: their mean is off by {gap:.0%} of the gradient")
these, others = gradient(d, pictures), gradient(d, scale(photos.images[64:128]).to(device))
many = gradient(d, scale(photos.images[:2048]).to(device))
print(f"64 other pictures: their gradient is off by {(others - these).norm() / these.norm():.0%}")
print(f"beside 2,048 pictures, the gradient of the 64 is off by {(these - many).norm() / many.norm():.0%}")

# %% [markdown]
# The mean of a few pictures is further from the mean of all, so the gap grows. It stays below both gaps of
# chance: which pictures are in the batch matters more than how they are shared. (That is one untrained D.)
# Still, keep the part of each process large.
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
history = train(generator, discriminator, mine.images, short, progress=False)

# %%
with torch.no_grad():
    made = generator.eval()(latent.sample(10, 100, seed).to(device)).cpu()
drawing.show(
    drawing.image_grid(made, "Samples, after drawn pictures of a folder", zoom=3), alt="Ten small coloured pictures."
)

# %%
print(f"{len(mine)} pictures, {folder_epochs} epochs. They were: {mine.source}")
d_loss, g_loss = (
    sum(losses[-5:]) / len(losses[-5:]) for losses in (history.discriminator_loss, history.generator_loss)
)
print(f"Losses at the end: D {d_loss:.2f} (guessing gives {2 * math.log(2):.2f}), G {g_loss:.2f} ({math.log(2):.2f})")

# %% [markdown]
# About one picture in ten is kept for testing; that is why the folder gives fewer pictures than it has. The
# samples are blobs, and the losses say that D wins. Too few epochs, too few pictures or too narrow networks? We
# cannot tell: all three are small here. Whoever wants to know changes one of them at a time. **The same in the
# wild**: torchvision's `ImageFolder` reads a folder in which each class has a folder of its own; `load_images`
# gives such pictures the same class names and labels.
#
# Outside the notebook the same is one command. It writes samples, traces and a checkpoint while it runs:


# %%
def dcgan(command, processes=1):
    """Run `python -m dcgan_course …` beside the temporary folder, as in a terminal, and print what it says."""
    torchrun = ["-m", "torch.distributed.run", "--standalone", "--nproc_per_node", str(processes)]
    words = [sys.executable, *(torchrun if processes > 1 else []), "-m", "dcgan_course", *command.split()]
    ran = subprocess.run(words, cwd=place, capture_output=True, text=True)
    program = "python" if processes == 1 else f"torchrun --standalone --nproc_per_node {processes}"
    print(f"$ {program} -m dcgan_course {command}\n{ran.stdout if ran.returncode == 0 else ran.stderr}")


# %% tags=["slide"]
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
# pictures. The first row, read aloud: the drawn pictures are many times as far away as real ones. So they are
# poor; whether epochs, pictures or width is missing, the table cannot tell either. It compares with other drawn
# objects than those of the folder, and asks D about other z, so its p_fake differs a little from the one that
# the training printed. (Both ask D in eval mode, and do not say who wins: lesson 07.) Lesson 10 explains all
# rows.
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
# The same command, three times: alone, shared by two processes of this machine, and alone with another seed.
# The first two have the same seed and the same batches of 32; each of the two processes gets 16 pictures of a
# batch.

# %% [markdown] tags=["predict", "slide"]
# **Predict first.** Which run's D losses lie farther from those of the first?
#
# <details name="predict-07b-6"><summary>A · those of the other seed</summary>Yes: it begins with other weights,
# and sees the pictures in another order and other z. Two processes begin alike, and differ in batch norm's
# halves only.</details>
# <details name="predict-07b-6"><summary>B · those of the two processes: they play another game</summary>Each
# half is normalised by itself, so it is another game, in a detail. Compare this detail with other weights at
# the start.</details>
# <details name="predict-07b-6"><summary>C · neither: all three are equal</summary>The gradients are averaged,
# but the mean of the parts' gradients is the whole gradient only where each picture counts alone. Think of the
# layer that looks at the whole batch.</details>

# %%
train_here = f"train --data folder:my_pictures {small} --epochs {min(2, folder_epochs)}"
dcgan(f"{train_here} --seed {seed} --out runs/one")
dcgan(f"{train_here} --seed {seed} --out runs/two", processes=2)
dcgan(f"{train_here} --seed {seed + 1} --out runs/other")

# %% tags=["slide"]
losses = {}
for name in ("one", "two", "other"):
    table = place / "runs" / name / "history.csv"
    rows = table.read_text(encoding="utf-8").split()[1:] if table.exists() else []
    losses[name] = [float(row.split(",")[1]) for row in rows]
    gap = max((abs(a - b) for a, b in zip(losses[name], losses["one"], strict=False)), default=math.nan)
    shown = ", ".join(f"{loss:.4f}" for loss in losses[name]) or "this system did not start it"
    print(f"D's loss in each epoch, {name:5}: {shown}" + (f"; at most {gap:.4f} from one" if rows and gap else ""))

# %% [markdown] tags=["slide"]
# Two processes come near to one, and are not equal to it. You know why: each half is normalised with its own
# mean and spread. Another seed is much farther away. These are the first epochs: small differences grow from
# step to step, and we did not ask for how long two processes stay near. Is it faster? We did not time it. One
# processor that two share is still one. Two graphics cards would take half of each batch each.
#
# ## Take-aways
#
# * Measure before you switch: in turns, several times, with the slowest and fastest shown. On a CPU that knows
#   it bfloat16 helps most; on a GPU first see that nothing waits.
# * A count of passes is no time. Time the convolutions of a round alone: what the round takes longer is all
#   that switches around them can save.
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
