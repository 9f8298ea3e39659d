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
# *What changes with colour, and who is winning?*
#
# **You will be able to**
#
# * **read** a recorded run: its pictures, its losses, its variety;
# * **say** what an average of G is, and which statistics it needs;
# * **explain** why a D with batch norm doubts real pictures;
# * **notice** early that a training goes wrong.
#
# **You need first**: [06 · DCGAN, layer by layer](06_dcgan_layer_by_layer.ipynb): the two networks.
# [04 · A GAN on MNIST](04_gan_on_mnist.ipynb): the two steps, the traces.
#
# **Time**: 50 minutes, of which 4 are training on a 2-core CPU.

# %% tags=["parameters"]
from dcgan_course.budget import course_budget

budget = course_budget()  # "smoke", "cpu" or "gpu"; the variable DCGAN_COURSE_BUDGET chooses
width = {"smoke": 8, "cpu": 16, "gpu": 64}[budget]  # maps of G's last hidden layer in the live trainings
live_steps = {"smoke": 20, "cpu": 600, "gpu": 8_000}[budget]  # of the first live training: 20 to 60 s
short_steps = {"smoke": 20, "cpu": 400, "gpu": 4_000}[budget]  # of eight more, with three seeds: 15 to 40 s each
early_steps = {"smoke": 10, "cpu": 100, "gpu": 100}[budget]  # so long is D faster in the last three of them
look_every = {"smoke": 10, "cpu": 20, "gpu": 100}[budget]  # steps between two looks
seed = 0

# %%
import copy
import itertools
import math
import statistics
import time
from dataclasses import replace

import matplotlib.pyplot as plt
import torch
from PIL import ImageOps
from torch.nn import functional as F
from torch.optim.swa_utils import update_bn

from dcgan_course import drawing, latent, models, recorded
from dcgan_course.data import load_images, scale
from dcgan_course.training import DCGAN, train

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
figure = drawing.image_grid(photos.images[:16], "Sixteen training pictures" + photos.title_note, zoom=3)
drawing.show(figure, alt="Sixteen small colour pictures from the training set, in two rows.")

# %% [markdown] tags=["predict", "slide"]
# ## What does a DCGAN make of them?
#
# Here is a training that somebody ran before: the networks of lesson 06 with three channels, the recipe of the
# paper, and 16 z that nobody picked. **Predict first.** What will the generator have learned at its end?
#
# <details name="predict-07-1"><summary>A · photographs: nearly each shows a thing that has a name</summary>Ten
# kinds of things, in every position and light, are much more than ten digits. Try to name what stands in each.
# </details>
# <details name="predict-07-1"><summary>B · colours and layouts of photographs, and here and there a
# thing</summary>
# Yes. What most pictures share comes first: sky above ground, something in the middle. What only some share, a
# leg or a wheel, comes late, and seldom whole.</details>
# <details name="predict-07-1"><summary>C · one average picture for every z</summary>An average of all
# photographs is grey. D knows grey from photographs at once, so G is driven away from it. What you describe is
# what a network does that is trained on squared error.</details>

# %% tags=["slide"]
RECORDED, FILMED = ("cifar10_dcgan_32", "cifar10_dcgan_64"), (0, 0.25, 0.5, 2, 5, 15, 50, 200)
runs = [recorded.load_run(name) for name in RECORDED if name in recorded.names()]
run, note = runs[0], f" ({runs[0].card['remark']})"
drawing.show_png(
    drawing.film_png(
        torch.stack(
            [frame for frame, epoch in zip(run.frames[:, :8], run.frame_epochs, strict=True) if epoch in FILMED]
        ),
        [f"epoch {epoch:g}{note}" for epoch in run.frame_epochs if epoch in FILMED],
        columns=4,
        zoom=4,
        title="Grey, then a raster, then colours",
    ),
    alt="A film of eight samples of fixed z over the epochs of the recorded 32×32 run: grey, a checkerboard, then scenes in colour.",
)

# %%
for each in runs:
    print(f"{each.name}: {each.card['what']} ({each.card['remark']})")
    print(f"    {each.card['length']}; {each.card['minutes']:.0f} minutes on {each.card['hardware']}")

# %% [markdown]
# The film begins anew at its end. (What ships of the 32×32 run is the average of its G, see below; it drew the
# last picture of the film.) Each run has a CARD.md, which says what it was cut down to where there was no
# graphics card. The same as still rows, for print; a small helper draws rows of pictures under a title that
# says which copy the network has learned from.


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


# %% tags=["slide"]
chosen = [round(share * (len(run.frames) - 1)) for share in (0, 0.25, 0.5, 0.75, 1)]
labels = [f"epoch {run.frame_epochs[moment]:g}" for moment in chosen]
title = f"{run.card['length'].split(' that')[0]}"
figure = rows_figure(run.frames[chosen][:, :8], labels, title, note)
drawing.show(
    figure, alt="Five rows of eight samples of the recorded 32×32 run at growing epochs; each column is one z."
)

# %% [markdown]
# First grey, then a [checkerboard](../GLOSSARY.md#checkerboard-artefact): the film shows it. Then each z gets
# its own colours and layout: a column keeps them for some epochs, and may still change them. The film's z are
# those of the recording. Now z that neither the film nor the card has used, beside photographs at random:

# %% tags=["slide"]
other_seed = seed + 7  # the recording used the seed on its card, the report card 0 to 4
pick = torch.randperm(len(test.images), generator=torch.Generator().manual_seed(seed))[:20]
with torch.no_grad():
    made = run.generator(latent.sample(20, run.generator.latent_dim, other_seed))
rows = torch.cat([scale(test.images[pick]).view(2, 10, *made.shape[1:]), made.view(2, 10, *made.shape[1:])])
figure = rows_figure(rows, ["real", "real", "drawn", "drawn"], "Textures of photographs, few things to name", note)
drawing.show(figure, alt="Two rows of test photographs above two rows of samples, all chosen at random.")

# %% [markdown]
# From far away the lower rows could pass for photographs. Now go near, and try to name a thing. How far off are
# they? Lesson 10 derives the measure; its number stands on the card.

# %%
for each in runs:
    drawn, real = (torch.tensor(each.card["report"][kind]["frechet_distance"]) for kind in ("drawn", "real"))
    print(
        f"{each.name}: Fréchet distance {drawn.mean():.1f} ± {drawn.std():.1f} in {each.card['report']['network']}; "
        f"other real pictures {real.mean():.2f}"
    )

# %% [markdown]
# (± is over draws of z and not over trainings. The runs may differ in width and length, too. So compare each
# with its own real pictures only.)
#
# ## What changes with a larger side?
#
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
# Four times the numbers, and nearly no new information. And the networks? Colour means three channels in place
# of one: only G's last layer and D's first one notice. A larger side means one more doubling.

# %%
for size, channels, start in ((28, 1, 7), (32, 1, 4), (32, 3, 4), (64, 3, 4)):
    generator, discriminator = models.Generator(size, channels=channels), models.Discriminator(size, channels)
    ladder = " → ".join(str(start * 2**step) for step in range(int(math.log2(size / start)) + 1))
    counts = models.count_parameters(generator), models.count_parameters(discriminator)
    print(f"{channels} × {size}×{size}: {ladder:22} G {counts[0]:9,} and D {counts[1]:9,} parameters (width 64)")

# %% [markdown]
# From grey to colour at 32×32 each network grows by 2 · 4 · 4 · 64 = 2,048 weights, no more. From 32 to 64 G
# grows to three times its size, and D to four times. What that costs in time is lesson
# [07b](07b_fast_training.ipynb). What the recorded run draws:

# %% tags=["slide"]
last = runs[-1]
side = last.generator.image_shape[1]
moments = [n for n, epoch in enumerate(last.frame_epochs) if epoch in (1, 5, 15, 25, 50, 100, 200)]
labels = [f"epoch {last.frame_epochs[n]:g}" for n in moments]
figure = rows_figure(
    last.frames[moments][:, :6], labels, f"{side}×{side}: a checkerboard, then layouts and colours", note
)
drawing.show(
    figure, alt=f"Rows of six samples of the recorded {side}×{side} run at growing epochs; each column is one z."
)

# %% [markdown]
# From row to row the checkerboard fades, and colours and layouts come. Compare neighbours: from which row on
# does a column keep what it has found? And is this run better than the other because its pictures are larger?
# We cannot say where width and length differ as well: three things changed at once.
#
# ## Does it learn in a minute?
#
# We train the 32×32 pair, narrow, for some hundred steps, with the recipe of the paper: batches of 64 here,
# Adam with learning rate 0.0002 and β₁ = 0.5. (In lesson 06 this rate faded to grey on digits with networks of
# width 16. Here, with other pictures, it will not.) Beside G we keep an average of it. On the way we look at
# D's loss, at samples of fixed z, and at their variety: do they differ from each other as much as real pictures
# do?


# %%
def variety(pictures):
    """Mean distance between two pictures, as a share of the same for real test pictures."""
    real = scale(test.images[: len(pictures)])
    return float(torch.pdist(pictures.flatten(1).float().cpu()).mean() / torch.pdist(real.flatten(1)).mean())


# %%
class Watcher:
    """A hook: looks every few steps, makes D faster `until` a step, and stops after `last_step`."""

    def __init__(self, generator, last_step, faster_d=1.0, until=math.inf):
        self.generator, self.last_step, self.faster_d, self.until = generator, last_step, faster_d, until
        self.z = latent.sample(64, generator.latent_dim, seed + 1).to(device)
        self.single = {"D's loss": [], "G's loss": [], "G's gradient": []}  # of every step
        self.steps, self.pictures, self.networks = [], [], []

    def __call__(self, training):
        faster = self.faster_d if training.step < self.until else 1
        training.discriminator_optimizer.param_groups[0]["lr"] = training.config.learning_rate * faster
        if training.discriminator_losses:  # none right after an epoch
            losses = training.discriminator_losses[-1], training.generator_losses[-1]
            for values, value in zip(self.single.values(), (*losses, gradient(self.generator)), strict=True):
                values.append(float(value))
        if training.step % look_every == 0:
            self.steps.append(training.step)
            self.pictures.append(draw(self.generator, self.z))
        if training.step in (self.last_step - 10, self.last_step):  # to compare later
            self.networks.append(copy.deepcopy((self.generator, training.ema_generator)))
            self.discriminator = copy.deepcopy(training.discriminator).cpu()
        return training.step >= self.last_step


# %%
@torch.no_grad()
def draw(generator, z):
    """Draw in eval mode, and leave the mode as it was."""
    was_training = generator.training
    pictures = generator.eval()(z)
    generator.train(was_training)
    return pictures.cpu()


def gradient(network):
    """The norm of what the last step gave the network's parameters as their gradient."""
    return torch.nn.utils.get_total_norm(parameter.grad for parameter in network.parameters())


# %%
seconds, work = [], []  # of each live training: by the clock, and of a processor core


def watched(steps, seed, **faster):
    """Train a new pair and an average of its G for some steps; return what the hook saw."""
    begin, begun = time.perf_counter(), time.process_time()
    torch.manual_seed(seed)
    generator, discriminator = models.Generator(32, width=width), models.Discriminator(32, width=width)
    generator, discriminator = generator.to(device), discriminator.to(device)
    average, watcher = copy.deepcopy(generator), Watcher(generator, steps, **faster)
    epochs = math.ceil(steps / (len(photos) // 64))  # the watcher stops earlier
    config = replace(DCGAN, epochs=epochs, batch_size=64, seed=seed, ema_decay=0.99)
    train(generator, discriminator, photos.images, config, ema_generator=average, hook=watcher, progress=False)
    seconds.append(time.perf_counter() - begin)
    work.append(time.process_time() - begun)
    watcher.variety = [variety(pictures) for pictures in watcher.pictures]
    watcher.traces = {  # means between two looks
        name: [statistics.fmean(values[step - look_every : step]) for step in watcher.steps]
        for name, values in watcher.single.items()
    }
    return watcher


# %%
print(f"The recipe: Adam with learning rate {DCGAN.learning_rate} and β₁ = {DCGAN.betas[0]}; batches of 64 here.")
healthy = watched(live_steps, seed)
print(f"{live_steps} steps took {seconds[0]:.0f} s: {live_steps * 64 / len(photos):.2f} epochs.")

# %% tags=["slide"]
shown = [round(share * (len(healthy.steps) - 1)) for share in (0, 0.25, 0.5, 1)]
rows = torch.stack([healthy.pictures[place][:8] for place in shown])
figure = rows_figure(rows, [f"step {healthy.steps[place]}" for place in shown], "Texture, light and dark, colours")
drawing.show(
    figure,
    alt="Four rows of eight pictures of the same z at growing steps: grey texture first, then light and dark patches, colours "
    "at the end.",
)

# %%
print(
    f"variety of the samples: {healthy.variety[0]:.2f} at step {healthy.steps[0]}, {healthy.variety[-1]:.2f} at the end"
)
print("(1 means: two samples differ as much as two real test pictures do)")
d_loss, g_loss = healthy.traces["D's loss"], healthy.traces["G's loss"]
print(f"D's loss at the end {d_loss[-1]:.2f} (guessing gives 1.39), G's loss {g_loss[-1]:.2f} (0.69)")

# %% [markdown]
# First a checkerboard, the same for every z. Then light and dark. Then colours, one layout for each z. Nobody
# could name a thing in them. With 600 steps this is less than one epoch of the 200 of a full training, with a
# quarter of the width.
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
(old_g, old_average), (new_g, new_average) = healthy.networks
pair = torch.stack([draw(network, healthy.z)[:10] for network in (new_g, new_average)])
figure = rows_figure(pair, ["last step", "average"], "The average keeps the layout of the last step")
drawing.show(
    figure,
    alt="Two rows of ten samples of the same z: the generator of the last step above, its average below, with the same "
    "layout and smoother.",
)

# %% [markdown]
# Is the average calmer? The watcher also kept both networks of ten steps before the end. To be fair, we do not
# only ask G as it is. Its batch norm's running statistics follow its weights with a delay, and `train` gives
# those of the average anew. So G gets fresh ones, too.


# %%
def refreshed(generator):
    """Return a copy whose running statistics are plain means over fresh z."""
    generator = copy.deepcopy(generator)
    update_bn((latent.sample(64, generator.latent_dim, 100 + number).to(device) for number in range(16)), generator)
    return generator


kinds = {"G": (old_g, new_g), "G, fresh": (refreshed(old_g), refreshed(new_g)), "average": (old_average, new_average)}
for name, networks in kinds.items():
    old, new = (draw(network, healthy.z) for network in networks)
    print(f"{name:8}: ten steps changed a pixel by {(new - old).abs().mean() * 127.5:4.1f} grey levels;", end=" ")
    print(f"variety {variety(new):.2f}")
end = run.card["distance_by_epoch"][-1]
print(f"The card of the 32×32 run, epoch {end['epoch']}: Fréchet distance of G {end['last']:.1f},", end=" ")
print(f"of its average {end['average']:.1f} (smaller is nearer)")

# %% [markdown] tags=["predict", "slide"]
# The average is much calmer than G, also than G with fresh statistics. It has the same layout for the same z.
# Is it better? At the end of the recorded run the two distances are nearly equal. It is one seed; more follow
# below.
#
# One part of it is no average of weights: the running statistics. Many programs copy those of G into the
# average. **Predict first.** What will the average draw with the statistics of G?
#
# <details name="predict-07-2"><summary>A · the same pictures: the weights are nearly those of G</summary>Nearly
# the same is not the same: signs of the networks in it can cancel out, and what a layer lets through can
# change. Compare the numbers below.</details>
# <details name="predict-07-2"><summary>B · pictures that are more alike, and paler</summary>Yes. The layers of
# the average let less through than those of G. Divided by the larger spread of G, too little is left.</details>
# <details name="predict-07-2"><summary>C · noise: the statistics do not belong to the weights</summary>They do
# not belong, but they are those of a network near by: a wrong factor for each map, which leaves shapes alone.
# </details>


# %% tags=["slide"]
def with_statistics_of(average, generator):
    """Return a copy of the average whose running statistics are those of G."""
    average = copy.deepcopy(average)
    for mine, of_g in zip(average.buffers(), generator.buffers(), strict=True):
        mine.copy_(of_g)
    return average


healthy_runs = {seed: healthy}
for number in (seed + 1, seed + 2):  # is it chance? two other seeds, for fewer steps
    healthy_runs[number] = watched(short_steps, number)
for number, watcher in healthy_runs.items():
    generator, average = watcher.networks[-1]
    own, of_g = draw(average, watcher.z), draw(with_statistics_of(average, generator), watcher.z)
    print(f"seed {number}: variety {variety(own):.2f} with statistics of its own, {variety(of_g):.2f} with those of G")

# %% tags=["slide"]
borrowed = draw(with_statistics_of(new_average, new_g), healthy.z)
pair = torch.stack([draw(new_average, healthy.z)[:10], borrowed[:10]])
figure = rows_figure(pair, ["its own", "those of G"], "With statistics of G the average is paler")
drawing.show(
    figure,
    alt="Two rows of ten samples of the average: with statistics of its own, and with those of G, where they are paler.",
)

# %%
for number, watcher in healthy_runs.items():
    generator, average = (network.state_dict() for network in watcher.networks[-1])
    ratios = [(average[name] / generator[name]).median() for name in average if name.endswith("running_var")]
    print(f"seed {number}: variances in the average, as a share of those in G, layer by layer:", end=" ")
    print(", ".join(f"{ratio:.2f}" for ratio in ratios))

# %% [markdown]
# It is the same average each time. So not old weights make the pictures paler and more alike, but statistics of
# another network: the last layers of the average let less through, and G's larger variances divide it. That is
# why `train` passes fresh z through the average. The same in the wild: `torch.optim.swa_utils.AveragedModel`
# copies the statistics, and `update_bn` computes them anew.

# %% [markdown]
# ## What do the losses of a long training say?
#
# Back to the recorded runs. What did their traces do?

# %% tags=["slide"]
figure, panels = plt.subplots(1, 2, figsize=(10, 4.2))
figure.suptitle("D does better than guessing, and G pays for it" + note, fontweight="bold")
colours = (drawing.COLOURS["green"], drawing.COLOURS["purple"])
for each, colour, mark in zip(runs, colours, "os", strict=False):
    losses = each.history.discriminator_loss, each.history.generator_loss
    for axes, values, guess in zip(panels, losses, (2 * math.log(2), math.log(2)), strict=True):
        axes.plot(range(1, len(values) + 1), values, color=colour, marker=mark, markersize=3, label=each.name)
        axes.axhline(guess, color=drawing.DATA, linewidth=1.5, linestyle=":")
panels[0].set(title="D's loss (dotted: guessing)", xlabel="epoch", ylabel="nats", ylim=(0, None))
panels[1].set(title="G's loss (dotted: if D guesses)", xlabel="epoch", ylim=(0, None))
panels[1].legend(loc="best", fontsize=12)
drawing.show(figure, alt="D's loss and G's loss of the recorded runs by epoch, beside dotted lines for guessing.")

# %%
for each in runs:
    h = each.history
    below, above = (
        sum(loss < 2 * math.log(2) for loss in h.discriminator_loss),
        sum(loss > math.log(2) for loss in h.generator_loss),
    )
    print(f"{each.name}: D's loss is below that of guessing in {below} of {len(h)} epochs, G's above it in {above}")
    for name, losses in (("D", h.discriminator_loss), ("G", h.generator_loss)):
        print(
            f"    {name}'s loss: {losses[0]:.2f} in epoch 1, then {min(losses[1:]):.2f} to {max(losses[1:]):.2f}, {losses[-1]:.2f} at the end"
        )

# %% [markdown] tags=["slide"]
# Read them aloud. Where D's loss is below the dotted line, D tells the kinds apart. G's loss is above its line
# for the same reason: most fakes are recognised. **So who is winning? D, in each epoch that the cell counted.**
# And yet the film shows G getting better. A loss is measured against an opponent who learns, too. It says who
# is ahead, and not how far both have come. The pictures say that, and lesson 10's distance.
#
# Then p_real and p_fake should say the same, D's mean answers to real pictures and to fakes?

# %%
h = run.history
ends = f"32×32: p_real ends at {h.p_real[-1]:.2f}, p_fake at {h.p_fake[-1]:.2f}"
figure = drawing.probability_traces(h, ends + note)
drawing.show(figure, alt="p_real and p_fake of the recorded 32×32 run over its epochs, measured with D in eval mode.")

# %%
for each in runs:
    p_real = each.history.p_real
    print(
        f"{each.name}: p_real is {min(p_real):.2f} to {max(p_real):.2f}, {p_real[-1]:.2f} at the end; below one half in "
        f"{sum(p < 0.5 for p in p_real)} of {len(p_real)} epochs"
    )

# %% [markdown]
# ## Why does D doubt real pictures?
#
# The losses say that D wins. But p_real jumps from epoch to epoch, and in those that the cell counted it is
# below one half: as if D took many real test pictures for fakes. How can both be true?
#
# It is one D, asked in two modes. p_real and p_fake are measured in [eval mode](../GLOSSARY.md#eval-mode).
# While it trains, D's batch norm uses the statistics of the batch in front of it, and each batch is all real or
# all fake. In eval mode it uses running statistics, a mixture of both. So we ask both. Beside p_real and p_fake
# stands what no threshold can spoil: how often a real picture gets a higher logit than a fake.


# %% tags=["slide"]
def pictures_for(run):
    """Return 512 real test pictures and 512 fakes of a recorded run."""
    real = scale((test.images if run.generator.image_shape[1] == test.images.shape[2] else enlarged)[:512])
    return real, draw(run.generator, latent.sample(512, run.generator.latent_dim, other_seed))


@torch.no_grad()
def logits(discriminator, pictures):
    return torch.cat([discriminator(part) for part in pictures.split(128)])


def ranked(real, fake):
    """The share of all pairs of a real picture and a fake in which the real one has the higher logit."""
    return float((real[:, None] > fake[None]).float().mean())


for each in runs:
    pictures = pictures_for(each)
    for name, mode in (("eval mode", False), ("batch by batch", True)):
        d = copy.deepcopy(each.discriminator).train(mode)
        real, fake = (logits(d, kind) for kind in pictures)
        print(
            f"{each.name}, {name:14}: p_real {real.sigmoid().mean():.2f}, {(real < 0).float().mean():.0%} of real ones below "
            f"one half; p_fake {fake.sigmoid().mean():.2f}; a real one ranks above a fake in {ranked(real, fake):.0%} of pairs"
        )

# %% [markdown] tags=["predict", "slide"]
# Batch by batch D is the expert that the losses speak of. In eval mode much of this is gone. Either the running
# statistics are only worse, or the batch itself tells D something. An experiment can tell. We give D the
# statistics of the *other* kind: real pictures are normalised as if they stood in a batch of fakes, fakes as if
# among photographs. The pictures and the weights stay the same. **Predict first.** How often does a real
# picture rank above a fake?
#
# <details name="predict-07-3"><summary>A · as before: what D knows is in its weights</summary>That would be so
# if D looked at each picture alone. In training it never did: every answer came from a picture and its batch.
# </details>
# <details name="predict-07-3"><summary>B · about half of the pairs: D is confused and guesses</summary>D would
# guess if the statistics carried nothing. But they carry a signal, and now it points the wrong way.</details>
# <details name="predict-07-3"><summary>C · far less than half: D is turned round</summary>Yes. The signal from
# the batch is stronger than what D sees in the single picture.</details>


# %% tags=["slide"]
def with_statistics(discriminator, pictures):
    """Return a copy in eval mode whose running statistics are the plain means over batches of these pictures."""
    discriminator = copy.deepcopy(discriminator)
    update_bn(pictures.split(128), discriminator)
    return discriminator.eval()


for each in runs:
    real, fake = pictures_for(each)
    of_real, of_fake = (with_statistics(each.discriminator, kind[256:]) for kind in (real, fake))
    real, fake = real[:256], fake[:256]  # D judges pictures that are not in the statistics
    print(f"{each.name}: a real picture ranks above a fake in so many pairs")
    for for_real, of_whom in ((of_real, "photographs"), (of_fake, "fakes      ")):
        shares = [ranked(logits(for_real, real), logits(for_fake, fake)) for for_fake in (of_real, of_fake)]
        print(
            f"    real ones with statistics of {of_whom}: {shares[0]:4.0%} if fakes have those of photographs", end=""
        )
        print(f", {shares[1]:4.0%} if of fakes")

# %% [markdown]
# Four numbers a run: two things can change, so we look at all four. The last of the first row is the control:
# each kind has statistics of *other* pictures of its kind, and D is the expert again. Swap both, and D is
# turned round: the first of the second row. The other two have *one* set of statistics for both kinds. Then the
# batch tells nothing, and what is left is what D sees in the single picture. Compare them with eval mode above.
#
# So a large part of what this D knows is a question about the *batch*: 128 fakes have another mean and spread
# than 128 photographs, and batch norm shows D that. Packing (lesson 05) gives D that question on purpose.
#
# And p_real? D's running statistics mix both kinds, and not evenly: a round has one batch of photographs and
# two of fakes, one in D's step and one that G's step passes through D. We feed D in this way, and hold its
# weights still. The live trainings are asked, too.


# %%
@torch.no_grad()
def held_still(discriminator, real, fake, size, number):
    """Return a copy whose running statistics moved as in 15 rounds of training, while its weights stayed."""
    discriminator, chance = copy.deepcopy(discriminator).train(), torch.Generator().manual_seed(number)
    for kind in (real, fake, fake) * 15:
        discriminator(kind[torch.randperm(len(kind), generator=chance)[:size]])
    return discriminator.eval()


asked = [(each.name, each.discriminator, *pictures_for(each), 128) for each in runs]
for number, watcher in healthy_runs.items():
    fakes = draw(watcher.generator, latent.sample(512, watcher.generator.latent_dim, other_seed).to(device))
    asked.append((f"live, seed {number}", watcher.discriminator, pictures_for(run)[0], fakes, 64))
for name, d, real, fake, size in asked:
    even = with_statistics(d, torch.cat([real[256:], fake[256:]]))  # as many batches of each
    still = [held_still(d, real[256:], fake[256:], size, number) for number in range(5)]
    even, *still, own = (logits(each, real[:256]).sigmoid().mean() for each in (even, *still, d.eval()))
    print(
        f"{name:16}: p_real {even:.2f} with an even mixture, {min(still):.2f} to {max(still):.2f} with two fakes",
        end=" ",
    )
    print(f"to one and D held still (5 draws), {own:.2f} with its own statistics")

# %% [markdown]
# Two batches of fakes to one bring p_real down, in each network. But that is not all: where the last number
# lies far outside the range, neither the mixture nor the chance of some batches explains it. In training the
# weights move while the statistics are collected; here they stood still. That may be the rest. We did not test
# it. (And the G of the 32×32 run is the average, which D never saw.)
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


# %%
def shares_of(run):
    """Return the variety and the spread of all pixels of a run's frames, and the varieties of 16 real pictures."""
    real = scale((test.images if run.generator.image_shape[1] == test.images.shape[2] else enlarged)[:496]).flatten(1)
    frames, usual = [scale(frame).flatten(1) for frame in run.frames], torch.pdist(real).mean()
    varieties, chance = (
        torch.stack([torch.pdist(some).mean() for some in group]) for group in (frames, real.split(16))
    )
    return varieties / usual, torch.stack([frame.std() for frame in frames]) / real.std(), chance / usual


for each in runs:
    (shares, spread, chance), epochs = shares_of(each), each.frame_epochs
    top, middle = int(shares.argmax()), next(n for n, epoch in enumerate(epochs) if epoch >= epochs[-1] / 2)
    print(
        f"{each.name}: variety {shares[top]:.2f} at epoch {epochs[top]:g}, its highest; there the spread of all",
        end=" ",
    )
    print(f"pixels is {spread[top]:.2f} of that of real ones")
    print(
        f"    epoch {epochs[middle]:g}: {shares[middle]:.2f}; epoch {epochs[-1]:g}, the end: {shares[-1]:.2f};", end=" "
    )
    print(f"16 real pictures: {chance.mean():.2f} ± {chance.std():.2f}")

# %% tags=["slide"]
figure, axes = plt.subplots()
for each, colour, mark in zip(runs, colours, "os", strict=False):
    axes.plot(each.frame_epochs, shares_of(each)[0], color=colour, marker=mark, label=each.name)
axes.axhline(1, color=drawing.DATA, linewidth=1.5, linestyle=":")
least = min(
    share for each in runs for epoch, share in zip(each.frame_epochs, shares_of(each)[0], strict=True) if epoch >= 2
)
axes.set(
    title=f"No collapse to one picture: {least:.1f} or more from epoch 2 on" + note,
    xlabel="epoch",
    ylabel="variety (real pictures: 1)",
    ylim=(0, None),
)
axes.legend(loc="best")
drawing.show(
    figure,
    alt="The variety of samples in the recorded runs over the epochs, beside a dotted line at 1 for real pictures.",
)

# %% [markdown]
# Read the lines above. A value above 1 does not mean more kinds of things than in photographs: variety is a
# distance between pixels, and strong colours and contrast raise it as well. The spread of all pixels says how
# much. (The low values at the start are no collapse: there G has not begun to draw.)
#
# Is there a collapse? One picture for every z would give 0. Look at the figure near the report's epoch 15: the
# 32×32 run falls there, and comes back. Does the variety still fall when a run ends? Compare the two values of
# the second line, beside the ± that chance gives.
#
# What this does not show: that the report is wrong. Our batches are twice as large; it is one seed a size, and
# sixteen samples are few. A collapse is a matter of chance, too.

# %% [markdown] tags=["predict", "slide"]
# ## Is longer nearer?
#
# Four trainings of width 64, on a graphics card: at 32×32 with three seeds, of which the first is the run above
# and the others ended at epoch 125, and one at 64×64. At some epochs somebody measured how far the samples were
# from the training pictures (lesson 10). **Predict first.** What does the distance do?
#
# <details name="predict-07-4"><summary>A · it falls all the way: more training, nearer pictures</summary>That
# would be so if each step went downhill on the distance. But the two networks play a game, and nobody in it
# measures the distance.</details>
# <details name="predict-07-4"><summary>B · it turns and climbs: G learns the training pictures by
# heart</summary>
# Then the distance to exactly these pictures would fall. And G never sees one: it only hears from D.</details>
# <details name="predict-07-4"><summary>C · it falls and wavers, and a training may break down</summary>Yes. No
# loss of the game says "nearer", so nothing holds what was reached.</details>

# %% tags=["slide"]
long, loss = recorded.long_trainings(), recorded.long_trainings()["history_of_64"]["discriminator_loss"]
figure, panels = plt.subplots(1, 2, figsize=(10, 4.2))
figure.suptitle("The distance wavers; at 64×64 it breaks down" + note, fontweight="bold")
for name, rows in long["distances"].items():
    large_one = name.startswith("64")
    colour = drawing.COLOURS["purple" if large_one else "green"]
    panels[0].plot([row["epoch"] for row in rows], [row["last"] for row in rows], color=colour, label=name)
panels[0].set(title="Fréchet distance", xlabel="epoch", ylim=(0, 160), xlim=(0, 200))
panels[0].annotate("64×64", (75, 130), color=drawing.INKS["purple"])
panels[0].annotate("32×32, three seeds", (80, 12), color=drawing.INKS["green"])
panels[1].semilogy(range(1, len(loss) + 1), loss, color=drawing.COLOURS["purple"])
panels[1].axhline(0.05, color=drawing.DATA, linewidth=1.5, linestyle=":")
panels[1].annotate("0.05", (5, 0.02))
panels[1].set(title="64×64: D's loss, mean of an epoch", xlabel="epoch", xlim=(0, 200))
drawing.show(
    figure,
    alt="Left: distance by epoch of four trainings; right: D's loss of the one at 64×64, which falls far below 0.05 near epoch 48.",
)

# %%
print(f"made on {long['made_on']}; {long['what']}")
for name, rows in long["distances"].items():
    best, end = min(rows, key=lambda row: row["last"]), rows[-1]
    print(f"{name}: nearest {best['last']:.1f}, epoch {best['epoch']};", end=" ")
    print(f"the end {end['last']:.1f}, its average {end['average']:.1f}, epoch {end['epoch']}")

# %%
for name, losses in (("32×32, seed 0", run.history.discriminator_loss), ("64×64, seed 0", loss)):
    stretches = [len(list(some)) for low, some in itertools.groupby(losses, lambda value: value < 0.05) if low]
    print(f"{name}: D's loss is below 0.05 in {sum(stretches)} of {len(losses)} epochs, at most", end=" ")
    print(f"{max(stretches, default=0)} in a row; its lowest mean is {min(losses):.4f}")

# %% tags=["slide"]
film, moments = recorded.long_film(), [long["shown_epochs"].index(epoch) for epoch in (40, 50, 75, 200)]
labels = [f"epoch {long['shown_epochs'][moment]}" for moment in moments]
figure = rows_figure(film[moments][:, :6], labels, "64×64: before, in and after breakdowns", note)
drawing.show(
    figure,
    alt="Four rows of six samples at 64×64: scenes at epoch 40, blots at 50, one pattern at 75, scenes again at 200.",
)

# %% [markdown]
# At 32×32 the distance falls fast, rises for some epochs, and then falls slowly, with each seed. At 64×64 it is
# smallest at epoch 40. Then D wins, three times: its loss falls far below the dotted line, and where the film
# looks, the samples of all z become alike. Each time the training comes back by itself, and never as near. (At
# 32×32 D's loss was below the line in nearly as many epochs, at most two in a row, and no look found harm. Why
# it was harmless there we cannot explain: the stretch, the depth, the side and the networks differ at once.)
# The average is nearer than G at two of the four ends only. So keep what was drawn on the way, and choose by a
# measure, not by the clock. The shorter training at 64×64 that the course ships is nearer by its card than the
# end of this one. (The card measures with test pictures, the figure with training pictures.)
#
# What this does not show: how often such a training breaks down. It is one seed; and sizes differ in more than
# their side.
#
# We disturb the balance, towards the second report: a D that wins. Everything stays as in the healthy trainings
# above, but D's learning rate is five times as large.

# %% [markdown] tags=["predict", "slide"]
# **Predict first.** Where will it show first that something is wrong?
#
# <details name="predict-07-5"><summary>A · in both losses, within the first steps</summary>Yes. They are the
# first thing that the change touches. Look also where they are later.</details>
# <details name="predict-07-5"><summary>B · in the variety of the samples</summary>It shows the damage. But at
# the start no G has any variety: look when the curves part.</details>
# <details name="predict-07-5"><summary>C · in G's loss only: a low loss of D is a good sign</summary>It is good
# for D's own task. But D's loss is low where D tells all fakes apart, and the same answers make G's loss high:
# look at both panels.</details>

# %% tags=["break-it"]
broken_runs = {number: watched(short_steps, number, faster_d=5) for number in healthy_runs}
print(f"Six of nine live trainings are done, after {sum(seconds) / 60:.1f} minutes by the clock.")

# %% tags=["slide"]
figure, panels = plt.subplots(1, 3, figsize=(11, 4.2))
figure.suptitle("A faster D: both losses part first, variety later" + photos.title_note, fontweight="bold")
pairs = (
    (healthy, drawing.COLOURS["green"], "equal rates"),
    (broken_runs[seed], drawing.COLOURS["purple"], "D 5 × faster"),
)
for watcher, colour, name in pairs:
    traces = watcher.traces["D's loss"], watcher.traces["G's loss"], watcher.variety
    for axes, values in zip(panels, traces, strict=True):
        axes.plot(watcher.steps, values, color=colour, marker="o", markersize=3, label=name)
for axes, name in zip(panels, ("D's loss (guessing: 1.39)", "G's loss (0.69)", "variety (real: 1)"), strict=True):
    axes.set(title=name, xlabel="step", xlim=(0, short_steps), ylim=(0, None))
panels[0].legend(loc="best", fontsize=12)
drawing.show(
    figure,
    alt="Three panels over the steps, for equal rates and for a faster D: D's loss, G's loss, and the variety of the samples.",
)

# %% [markdown]
# Both losses part at once. D's loss then comes back to that of the healthy run; the variety parts later. An
# alarm should ring early where something is wrong, and never where nothing is. Is there a line for D's loss
# that can tell? We try 0.05: a number that we chose, with these runs in view. Three seeds:


# %%
def first(steps, signs):
    """Return at which step a sign came first, in words."""
    return next((f"step {step:3}" for step, sign in zip(steps, signs, strict=True) if sign), "never   ")


for number, watcher in broken_runs.items():
    well, d_loss = healthy_runs[number], watcher.traces["D's loss"]
    low = [loss < 0.05 for loss in d_loss]
    back = [any(low[:place]) and loss > 0.1 for place, loss in enumerate(d_loss)]
    less = [one < 0.6 * two for one, two in zip(watcher.variety, well.variety, strict=False)]
    print(
        f"seed {number}, D 5 × faster: D's loss is below 0.05 first at {first(watcher.steps, low)}, as a mean of {look_every}"
    )
    print(f"    it is above 0.1 again at {first(watcher.steps, back)}; variety is below 60 % of the healthy", end=" ")
    print(f"run's first at {first(watcher.steps, less)}, of {short_steps}")
    means, single = (min(values["D's loss"]) for values in (well.traces, well.single))
    print(f"    D's lowest loss in the healthy run: {means:.3f} as such a mean, {single:.3f} in one step")

# %% [markdown]
# The alarm rings early with each seed. But look at the last line of each: how near do the healthy runs come?
# The margin is small, or there is none: a healthy run below the line is a false alarm. And is there a line that
# holds for *all* recorded runs, which ended with pictures that the course shows?

# %%
for name in recorded.names():
    losses = recorded.load_run(name).history.discriminator_loss
    print(
        f"{name}: lowest mean of an epoch {min(losses):.3f}; below 0.05 in {sum(x < 0.05 for x in losses)} of", end=" "
    )
    print(f"{len(losses)} epochs; {losses[0]:.2f} in the first")

# %% [markdown]
# A run that was below the line without harm is a false alarm: the line belongs to one recipe. (The mean of an
# epoch is coarse: single steps are lower.) Find the run with the lowest *first* epoch, and its pictures: a low
# loss at the start need not be a bad sign either.
#
# Now the cause. Lessons and posts often say: an expert who is always right teaches little, his gradient becomes
# small. Does it? The watcher measured the norm of G's gradient in each step. And a control: a D that is faster
# only at the start, and then as fast as G.

# %% tags=["slide"]
early_runs = {number: watched(short_steps, number, faster_d=5, until=early_steps) for number in healthy_runs}
print(f"norm of G's gradient, mean of the first {early_steps} steps; variety at step {short_steps}")
kinds = {
    "equal rates": healthy_runs,
    "D faster at first": early_runs,
    "D faster all along": broken_runs,
}
for number in healthy_runs:
    for name, watchers in kinds.items():
        watcher = watchers[number]
        norm = statistics.fmean(watcher.single["G's gradient"][:early_steps])
        print(f"seed {number}, {name:18}: {norm:5.1f}; {watcher.variety[short_steps // look_every - 1]:.2f}")
print(
    f"All nine live trainings took {sum(seconds) / 60:.1f} minutes by the clock, {sum(work) / 60:.1f} of a core's work."
)

# %%
place = short_steps // look_every - 1
pair = torch.stack([watchers[seed].pictures[place][:8] for watchers in kinds.values()])
figure = rows_figure(pair, list(kinds), f"Step {short_steps}: a D faster all along, paler samples")
drawing.show(
    figure,
    alt="Three rows of eight samples: equal rates, D faster for the first steps only, and D faster all along, which are paler.",
)

# %% [markdown]
# **Broken.** The gradient does *not* become small: with a sure D it is several times as large, with each seed.
# So that explanation is wrong here. The slope of the non-saturating loss is largest where D says "fake" (lesson
# 03); that is a part of it, and not all. (A large gradient is no good gradient. And Adam divides by its size.)
#
# The control says more. A D that was faster only at the start had the same low loss, and the alarm rang. But
# its samples vary more than with a D that stays faster, with each seed. So the low loss of the first steps is
# at most a part of the cause. It is a *sign* of the higher rate. What does the damage, we do not know.
#
# Read the losses with that in mind. D's loss of the *last* steps says little: it lies in the healthy range, and
# yet one G is behind. And an alarm is a reason to look, not to stop unseen.
# [Exercises 07](../exercises/07_dcgan_on_cifar10.ipynb) ask for one that can be trusted. None of this is a
# collapse to one picture: in each row the z differ. And we did not wait to see who catches up.

# %% [markdown] tags=["slide"]
# ## Take-aways
#
# * Colour changes one layer of each network; a larger side adds a layer to each.
# * Who is winning? D, by the losses. That is common, and G gets better all the same.
# * From a short training come colours and layouts, long before things.
# * An average of G is calmer. Its batch norm needs statistics of its own.
# * With batch norm D judges the picture *and* its batch. So p_real and p_fake in eval mode do not say who wins.
# * Watch both losses from the first steps on, and a fixed set of samples. A low loss of D is a sign to look at,
#   and no proof of harm; a last value says little.
#
# ## Exercises
#
# [Exercises 07](../exercises/07_dcgan_on_cifar10.ipynb): an obsolete program in today's PyTorch, the moving
# average, both kinds in one batch, an alarm that one can trust. With
# [solutions](../solutions/07_dcgan_on_cifar10.ipynb).
#
# ## Next
#
# [07b · Training that is fast and can be stopped](07b_fast_training.ipynb): what would an hour more buy?
#
# ## Sources
#
# * A. Radford, L. Metz and S. Chintala, *Unsupervised representation learning with deep convolutional
#   generative adversarial networks* (2015): section 4 for the recipe. The DCGAN on 64×64 CIFAR-10 is that of a
#   Korean post, one of the five documents that this course grew from (README).
# * Y. Yazıcı et al., *The unusual effectiveness of averaging in GAN training* (2019): the moving average of G.
# * S. Ioffe and C. Szegedy, *Batch normalization* (2015): statistics of the batch, and running ones.
# * The collapse of the recipe: issues 263 (2017, CIFAR-10) and 822 (2020, faces) of pytorch/examples, on its
#   DCGAN.
# * CIFAR-10: A. Krizhevsky, *Learning multiple layers of features from tiny images* (2009).
