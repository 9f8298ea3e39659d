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
# **Time**: 45 minutes, of which 3 are training on a 2-core CPU.

# %% tags=["parameters"]
from dcgan_course.budget import course_budget

budget = course_budget()  # "smoke", "cpu" or "gpu"; the variable DCGAN_COURSE_BUDGET chooses
width = {"smoke": 8, "cpu": 16, "gpu": 64}[budget]  # maps of G's last hidden layer in the live trainings
live_steps = {"smoke": 20, "cpu": 600, "gpu": 8_000}[budget]  # of each of two trainings: 20 to 40 s each
short_steps = {"smoke": 20, "cpu": 300, "gpu": 4_000}[budget]  # of four more, with two other seeds: 10 to 20 s each
look_every = {"smoke": 10, "cpu": 20, "gpu": 100}[budget]  # steps between two looks
seed = 0

# %%
import copy
import math
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
figure = drawing.image_grid(photos.images[:20], "Twenty training pictures" + photos.title_note, zoom=3)
drawing.show(figure, alt="Twenty small colour pictures from the training set, in two rows.")

# %% [markdown] tags=["predict", "slide"]
# ## What does a DCGAN make of them?
#
# Here is a training that somebody ran before: the networks of lesson 06 with three channels, the recipe of the
# paper, and 16 z that nobody picked. **Predict first.** What will the generator have learned at its end?
#
# <details name="predict-07-1"><summary>A · small photographs: one could be taken for real</summary>Ten kinds of
# things, in every position and light, are much more than ten digits. Look whether you can name a single one.
# </details>
# <details name="predict-07-1"><summary>B · colours and layouts of photographs, and hardly a thing to
# name</summary>
# Yes. What most pictures share comes first: sky above ground, something in the middle. What only some share, a
# leg or a wheel, comes late or never.</details>
# <details name="predict-07-1"><summary>C · one average picture for every z</summary>An average of all
# photographs is grey. D knows grey from photographs at once, so G is driven away from it. What you describe is
# what a network does that is trained on squared error.</details>

# %% tags=["slide"]
RECORDED = ("cifar10_dcgan_32", "cifar10_dcgan_64")
runs = [recorded.load_run(name) for name in RECORDED if name in recorded.names()]
run, note = runs[0], f" ({runs[0].card['remark']})"
drawing.show_png(
    drawing.film_png(
        run.frames[:, :8],
        [f"epoch {epoch:g}{note}" for epoch in run.frame_epochs],
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
# The film begins anew at its end. Each run has a CARD.md, which says what it was cut down to where there was no
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
figure = rows_figure(run.frames[chosen][:, :10], labels, title, note)
drawing.show(figure, alt="Five rows of ten samples of the recorded 32×32 run at growing epochs; each column is one z.")

# %% [markdown]
# First grey, then a [checkerboard](../GLOSSARY.md#checkerboard-artefact) and little else. Then each z gets its
# own colours and layout: a column keeps them for some epochs, and may still change them. Now other z, at
# random, beside photographs at random:

# %% tags=["slide"]
pick = torch.randperm(len(test.images), generator=torch.Generator().manual_seed(seed))[:20]
with torch.no_grad():
    made = run.generator(latent.sample(20, run.generator.latent_dim, seed))
rows = torch.cat([scale(test.images[pick]).view(2, 10, *made.shape[1:]), made.view(2, 10, *made.shape[1:])])
figure = rows_figure(rows, ["real", "real", "drawn", "drawn"], "Nobody would mix them up", note)
drawing.show(figure, alt="Two rows of test photographs above two rows of samples, all chosen at random.")

# %% [markdown]
# At the right distance, or with half-closed eyes, the lower rows are photographs. Near by there is hardly a
# thing that one can name. How far away are they? Lesson 10 derives the measure; its number stands on the card
# already.

# %%
for each in runs:
    drawn, real = (torch.tensor(each.card["report"][kind]["frechet_distance"]) for kind in ("drawn", "real"))
    print(
        f"{each.name}: Fréchet distance {drawn.mean():.1f} ± {drawn.std():.1f} in {each.card['report']['network']}; "
        f"other real pictures {real.mean():.2f}"
    )

# %% [markdown]
# (± is over draws of z and not over trainings. The two numbers belong to pictures of two sizes, so compare each
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
# Four times the numbers, and nearly no new information: the small picture can be computed from the large one
# and the other way round. And the networks? Colour means three channels in place of one: only G's last layer
# and D's first one notice. A larger side means one more doubling.

# %% tags=["slide"]
for size, channels, start in ((28, 1, 7), (32, 1, 4), (32, 3, 4), (64, 3, 4)):
    generator, discriminator = models.Generator(size, channels=channels), models.Discriminator(size, channels)
    ladder = " → ".join(str(start * 2**step) for step in range(int(math.log2(size / start)) + 1))
    counts = models.count_parameters(generator), models.count_parameters(discriminator)
    print(f"{channels} × {size}×{size}: {ladder:22} G {counts[0]:9,} and D {counts[1]:9,} parameters (width 64)")

# %% [markdown]
# From grey to colour at 32×32 each network grows by 2 · 4 · 4 · 64 = 2,048 weights, no more. From 32 to 64 G
# grows to three times its size, and D to four times. What that costs in time is lesson
# [07b](07b_fast_training.ipynb). What it draws, from narrower networks:

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
# At epoch 1 there is a checkerboard on grey. Then come colours, the checkerboard fades, and things take shape:
# cars, and an animal on a field perhaps. The last two rows differ less than the first two: most columns keep
# the colours and the layout that they have found.
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
    """A hook: looks every few steps, can give D another learning rate, and stops after `last_step`."""

    def __init__(self, generator, last_step, faster_d=1.0):
        self.generator, self.last_step, self.faster_d = generator, last_step, faster_d
        self.z = latent.sample(64, generator.latent_dim, seed + 1).to(device)
        self.steps, self.d_loss, self.g_loss, self.variety, self.pictures = [], [], [], [], []
        self.lowest = math.inf  # D's loss in a single step
        self.both = []  # G and its average, ten steps before the end and at the end

    def __call__(self, training):
        if training.step == 1:
            training.discriminator_optimizer.param_groups[0]["lr"] *= self.faster_d
        if training.step % look_every == 0 and training.discriminator_losses:  # none right after an epoch
            self.steps.append(training.step)
            losses = torch.stack(training.discriminator_losses[-look_every:])
            self.d_loss.append(float(losses.mean()))
            self.lowest = min(self.lowest, float(losses.min()))
            self.g_loss.append(float(torch.stack(training.generator_losses[-look_every:]).mean()))
            self.pictures.append(draw(self.generator, self.z))
            self.variety.append(variety(self.pictures[-1]))
        if training.ema_generator is not None and training.step in (self.last_step - 10, self.last_step):
            self.both.append([draw(network, self.z) for network in (self.generator, training.ema_generator)])
        return training.step >= self.last_step


# %%
@torch.no_grad()
def draw(generator, z):
    """Draw in eval mode, and leave the mode as it was."""
    was_training = generator.training
    pictures = generator.eval()(z)
    generator.train(was_training)
    return pictures.cpu()


def watched(steps, seed, faster_d=1.0):
    """Train a new pair and an average of its G for some steps; return what the hook saw, G and the average."""
    torch.manual_seed(seed)
    generator, discriminator = models.Generator(32, width=width), models.Discriminator(32, width=width)
    generator, discriminator = generator.to(device), discriminator.to(device)
    average, watcher = copy.deepcopy(generator), Watcher(generator, steps, faster_d)
    epochs = math.ceil(steps / (len(photos) // 64))  # the watcher stops earlier
    config = replace(DCGAN, epochs=epochs, batch_size=64, seed=seed, ema_decay=0.99)
    train(generator, discriminator, photos.images, config, ema_generator=average, hook=watcher, progress=False)
    return watcher, generator, average


# %%
print(f"The recipe: Adam with learning rate {DCGAN.learning_rate} and β₁ = {DCGAN.betas[0]}; batches of 64 here.")
begin = time.perf_counter()
healthy, generator, average = watched(live_steps, seed)
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
(old_g, old_average), (new_g, new_average) = healthy.both
pair, title = torch.stack([new_g[:10], new_average[:10]]), f"{live_steps} steps: the average is smoother"
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

# %% [markdown] tags=["predict", "slide"]
# The average is much calmer, and has the same layout for the same z. Is it better? Two rows of pictures cannot
# say: that takes a measure, and several seeds. It costs a few operations for each weight, it is not trained,
# and it never meets D.
#
# One part of it is no average: batch norm's running statistics. They describe what the layers of *one* network
# let through. Many programs copy those of G into the average. **Predict first.** What will the average draw
# with the statistics of G?
#
# <details name="predict-07-2"><summary>A · the same pictures: the weights are nearly those of G</summary>Nearly
# the same is not the same: an average of weights lets less through than each of the networks that are in it,
# layer after layer. Compare the numbers below.</details>
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


def compare_statistics(number, watcher, generator, average):
    own, of_g = draw(average, watcher.z), draw(with_statistics_of(average, generator), watcher.z)
    print(f"seed {number}: variety {variety(own):.2f} with statistics of its own, {variety(of_g):.2f} with those of G")


compare_statistics(seed, healthy, generator, average)
healthy_runs = {seed: healthy}
for number in (seed + 1, seed + 2):  # is it chance? two other seeds, for fewer steps
    healthy_runs[number], *networks = watched(short_steps, number)
    compare_statistics(number, healthy_runs[number], *networks)

# %% [markdown]
# It is the same average each time: not old networks make the pictures more alike, but wrong statistics. So
# `train` passes fresh z through the average and takes what it finds. The same in the wild:
# `torch.optim.swa_utils.AveragedModel` keeps an average and copies the statistics, and `update_bn` computes
# them anew.

# %%
again = with_statistics_of(average, generator)
update_bn((latent.sample(64, again.latent_dim, number).to(device) for number in range(16)), again)
print(f"variety: {variety(draw(again, healthy.z)):.2f} after `update_bn`, with other z than `train` took")

# %% [markdown]
# ## What do the losses of a long training say?
#
# Back to the recorded runs. What did their traces do?

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
for each in runs:
    h = each.history
    print(
        f"{each.name}, epoch {len(h)}: p_real {h.p_real[-1]:.2f}, p_fake {h.p_fake[-1]:.2f} (guessing gives 0.50); D's loss "
        f"{h.discriminator_loss[-1]:.2f} (1.39), G's loss {h.generator_loss[-1]:.2f} (0.69)"
    )

# %% [markdown]
# ## Why does D doubt real pictures?
#
# The losses say that D wins: its loss is far below 1.39. But p_real ends *below* one half: as if D took most
# real test pictures for fakes. How can both be true?
#
# It is one D, asked in two modes. p_real and p_fake are measured in [eval mode](../GLOSSARY.md#eval-mode).
# While it trains, D's batch norm uses the statistics of the batch in front of it, and each batch is all real or
# all fake. In eval mode it uses running statistics, a mixture of both. So we ask both. Beside p_real and p_fake
# stands what no threshold can spoil: how often a real picture gets a higher logit than a fake.


# %% tags=["slide"]
def pictures_for(run):
    """Return 512 real test pictures and 512 fakes of a recorded run."""
    real = scale((test.images if run.generator.image_shape[1] == test.images.shape[2] else enlarged)[:512])
    return real, draw(run.generator, latent.sample(512, run.generator.latent_dim, seed))


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
            f"{each.name}, {name:14}: p_real {real.sigmoid().mean():.2f}, p_fake {fake.sigmoid().mean():.2f}; a real one "
            f"ranks above a fake in {ranked(real, fake):.0%} of pairs"
        )

# %% [markdown] tags=["predict", "slide"]
# Batch by batch D is the expert that the losses speak of. In eval mode much of this is gone. Either the running
# statistics are just worse, or D has *learned to read* the batch: 128 fakes have another mean and spread than
# 128 photographs, and batch norm shows D that. An experiment can tell. We give D the statistics of the *other*
# kind: real pictures are normalised as if they stood in a batch of fakes, fakes as if among photographs. The
# pictures and the weights stay the same. **Predict first.** How often does a real picture rank above a fake?
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
    print(f"{each.name}: a real picture ranks above a fake in so many pairs, with the statistics of")
    print(f"    other pictures of its own kind {ranked(logits(of_real, real), logits(of_fake, fake)):.0%}")
    print(f"    pictures of the other kind     {ranked(logits(of_fake, real), logits(of_real, fake)):.0%}")

# %% [markdown]
# The first line is the control: statistics of other pictures serve as well, as long as the kind is right. With
# those of the other kind D is turned round: most fakes rank above most photographs. So a large part of what
# this D knows is a question about the *batch*, and not about the picture. Packing (lesson 05) gives D that
# question on purpose.
#
# And why does p_real end *below* one half? The running statistics are a mixture, but not an even one. D sees a
# batch of photographs once in a round, and batches of fakes twice: in its own step and, since G's step passes
# through it, in G's. So we mix.


# %%
def mixed_statistics(discriminator, real, fake, share_of_fakes):
    """Return a copy whose running statistics lie between those of real pictures and of fakes."""
    of_real, of_fake = (with_statistics(discriminator, kind) for kind in (real, fake))
    for mine, other in zip(of_real.buffers(), of_fake.buffers(), strict=True):
        if mine.is_floating_point():  # not the count of batches
            mine.lerp_(other, share_of_fakes)
    return of_real


for each in runs:
    real, fake = pictures_for(each)
    for share, name in ((1 / 2, "half of the batches are fakes"), (2 / 3, "two of three are fakes")):
        d = mixed_statistics(each.discriminator, real[256:], fake[256:], share)
        print(f"{each.name}, {name:30}: p_real {logits(d, real[:256]).sigmoid().mean():.2f}")
    running = logits(each.discriminator.eval(), real[:256]).sigmoid().mean()
    print(f"{each.name}, its own running statistics    : p_real {running:.2f}")

# %% [markdown]
# More fakes in the mixture bring p_real down, in both runs. Compare the last two lines of each run: where they
# are close, the uneven mixture explains what we saw; where they are not, something else is at work, too, and we
# do not know what.
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
for each, colour, mark in zip(runs, (drawing.COLOURS["green"], drawing.COLOURS["purple"]), "os", strict=False):
    size = each.generator.image_shape[1]
    real = scale((test.images if size == test.images.shape[2] else enlarged)[:500]).flatten(1)
    shares = (
        torch.stack([torch.pdist(scale(frame).flatten(1)).mean() for frame in each.frames]) / torch.pdist(real).mean()
    )
    axes.plot(each.frame_epochs, shares, color=colour, marker=mark, label=each.name)
    top, end = int(shares.argmax()), each.frame_epochs[-1]
    print(f"{each.name}: variety {shares[top]:.2f} at epoch {each.frame_epochs[top]:g}, its highest;", end=" ")
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
# Read the lines above the figure. In neither run do the samples become one picture: after its highest value the
# variety falls, and stays near that of real pictures. (The low values at the start are no collapse: there G has
# not begun to draw.)
#
# What this does not show: that the report is wrong. Our networks are narrower than that program's, our batches
# twice as large; it is one seed a size, and sixteen samples are few. A collapse is a matter of chance, too.
#
# So we disturb the balance, towards the second report: a D that wins. Everything stays as in the healthy
# trainings above, but D's learning rate is five times as large.

# %% [markdown] tags=["predict", "slide"]
# **Predict first.** Which trace will notice first that something is wrong?
#
# <details name="predict-07-4"><summary>A · the variety of the samples</summary>It shows the damage. But damage
# needs time: first the gradients become small, then G falls behind, step by step.</details>
# <details name="predict-07-4"><summary>B · D's loss</summary>Yes. It is the first thing that the change
# touches.</details>
# <details name="predict-07-4"><summary>C · the last value of G's loss</summary>A last value is one number from
# a trace that jumps. Compare the ends of the two curves in the figure below.</details>

# %% tags=["break-it"]
broken_runs = {number: watched(run.last_step, number, faster_d=5.0)[0] for number, run in healthy_runs.items()}
broken = broken_runs[seed]
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

# %% [markdown]
# An alarm should ring early where something is wrong, and never where nothing is. Where would a line be that
# tells the two apart? Three seeds:


# %%
def first(steps, signs):
    """Return at which step a sign came first, in words."""
    return next((f"step {step:3}" for step, sign in zip(steps, signs, strict=True) if sign), "never   ")


for number, watcher in broken_runs.items():
    well = healthy_runs[number]
    alarm = first(watcher.steps, [loss < 0.05 for loss in watcher.d_loss])
    behind = first(watcher.steps, [one < 0.6 * two for one, two in zip(watcher.variety, well.variety, strict=True)])
    print(f"seed {number}, D 5 × faster: D's loss is below 0.05 first at {alarm}, the mean of {look_every} steps")
    print(f"    variety is below 60 % of the healthy run's first at {behind}, of {watcher.last_step}")
    print(
        f"    D's lowest loss in the healthy run: {min(well.d_loss):.2f} as such a mean, {well.lowest:.2f} in one step"
    )

# %%
pair = torch.stack([healthy.pictures[-1][:10], broken.pictures[-1][:10]])
figure = rows_figure(pair, ["equal rates", "D 5 × faster"], f"{live_steps} steps: a faster D leaves G behind")
drawing.show(
    figure,
    alt="Two rows of ten samples: from equal rates with several colours and layouts; from a faster D paler and more alike.",
)

# %% [markdown]
# **Broken.** With each of the three seeds the early sign was D's loss: an expert who is always right teaches
# little. The variety fell behind later, or not yet in the steps that we waited. But look at the last line of
# each seed: in a single step the healthy D, too, can come near the line. An alarm that looks at single steps
# rings for nothing. [Exercises 07](../exercises/07_dcgan_on_cifar10.ipynb) ask for one that can be trusted.
#
# Note what the *end* of the left panel shows: little. In the second half both losses lie in the same range, and
# yet one G is far behind. Whoever looks only at the last value of a loss does not see it.
#
# This is no collapse: the variety still rises, only more slowly than in the healthy run. We did not wait to see
# if it catches up.

# %% [markdown] tags=["slide"]
# ## Take-aways
#
# * Colour changes one layer of each network; a larger side adds a layer to each.
# * From a short training come colours and layouts, long before things.
# * An average of G is calmer. Its batch norm needs statistics of its own.
# * With batch norm D judges the picture *and* its batch. So p_real and p_fake in eval mode do not say who wins.
# * Watch D's loss from the first steps on, and the variety of a fixed set of samples. A last value says little.
#
# ## Exercises
#
# [Exercises 07](../exercises/07_dcgan_on_cifar10.ipynb): an obsolete program in today's PyTorch, the moving
# average, D with the statistics of others, an alarm that one can trust. With
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
