# ---
# jupyter:
#   jupytext:
#     text_representation:
#       extension: .py
#       format_name: percent
# ---

# %% [markdown]
# # 07 · Exercises: DCGAN on CIFAR-10
#
# They belong to [lesson 07](../notebooks/07_dcgan_on_cifar10.ipynb). Take about 60 minutes: 25 for exercise 1,
# 10 for 2, 12 for 3, 13 for 4. No pictures and no graphics card are needed.
#
# In each exercise you replace one line, `raise NotImplementedError(...)`, by your answer. Then run the check
# below it. A check says ✓, or it says what is wrong; where it recognises the mistake, it gives a hint. Wrong
# answers cost nothing. Folded hints stand above the blanks: click to open. The
# [solutions](../solutions/07_dcgan_on_cifar10.ipynb) explain every answer.

# %% tags=["parameters"]
import copy
import math
import warnings

import matplotlib.pyplot as plt
import torch
import torchvision
from torch import nn
from torch.autograd import Variable
from torch.nn import functional as F
from torchvision import transforms

from dcgan_course import drawing
from dcgan_course.checks import lesson_07 as check
from dcgan_course.checks.lesson_07.alarm import traces

seed = 0  # of the made-up traces in exercise 4

# %% [markdown]
# ## 1 · An obsolete program, today
#
# You find a DCGAN program from 2017. It needs four things that are gone, or that nobody writes any more:
#
# | in the old program | what it was for |
# | --- | --- |
# | `transforms.Scale(64)` | brings the shorter side of a picture to 64 pixels |
# | `Variable(x)` | makes a tensor that can have a gradient |
# | `torch.cuda.FloatTensor(n, 1).fill_(1.0)` | n labels "real", on the graphics card |
# | D's answers of shape (n,) beside labels of shape (n, 1) | the loss of D, with a sigmoid at the end of D |
#
# What do they do today?

# %%
print(f"torchvision {torchvision.__version__.split('+')[0]} has transforms.Scale: {hasattr(transforms, 'Scale')}")
wrapped = Variable(torch.ones(2))
print(f"Variable(tensor) gives back a {type(wrapped).__name__}: since PyTorch 0.4 the two are one.")
try:
    with warnings.catch_warnings():  # PyTorch warns, too
        warnings.simplefilter("ignore")
        labels = torch.cuda.FloatTensor(4, 1).fill_(1.0)
    print(f"The labels are on {labels.device}; on a machine without a card this line fails.")
except (RuntimeError, TypeError, AssertionError):
    labels = torch.ones(4, 1)
    print("torch.cuda.FloatTensor fails here: it names a kind of machine, and this is another one.")
try:
    F.binary_cross_entropy(torch.full((4,), 0.5), labels.cpu())
except ValueError as error:
    print("(4,) beside (4, 1):", str(error).split(" is deprecated")[0])

# %% [markdown]
# **1a · A picture for the networks.** Write the preparation of one picture. Bring the shorter side to
# `image_size`, cut out the middle square, and bring the pixels to [−1, 1].
#
# <details><summary>Hint 1</summary>
# `transforms.Scale` was renamed: it is `transforms.Resize` today. With one number it sets the shorter
# side.</details>
# <details><summary>Hint 2</summary>
# `ToTensor` gives (3, H, W) from 0 to 1. `Normalize(mean, std)` takes off the mean and divides. Which two
# numbers take 0 to −1 and 1 to 1?</details>


# %% exercise="prepare"
def prepare(picture, image_size):
    """Return a PIL picture as a tensor (3, image_size, image_size) in [−1, 1]."""
    ### BEGIN SOLUTION
    steps = transforms.Compose(
        [
            transforms.Resize(image_size),
            transforms.CenterCrop(image_size),
            transforms.ToTensor(),
            transforms.Normalize((0.5, 0.5, 0.5), (0.5, 0.5, 0.5)),
        ]
    )
    return steps(picture)
    ### END SOLUTION


# %% check="prepare"
check.prepare(prepare)

# %% [markdown] tags=["explanation"]
# **Why.** `Resize` is the new name of `Scale`, and it does the same: one number is the *shorter* side. A
# picture of 48×32 becomes 24×16, and the middle is cut out afterwards. `Normalize(0.5, 0.5)` computes (x − 0.5)
# / 0.5: 0 becomes −1 and 1 becomes 1.
#
# Is it the best place for this work? No. Here every picture is decoded and resized again in every epoch. The
# course does it once, keeps bytes, and scales a whole batch at a time. Lesson 07b measures what that buys.

# %% [markdown]
# **1b · Labels.** Write them without `Variable` and without `torch.cuda`. The same line must run on every
# machine, with any type of numbers.
#
# <details><summary>Hint</summary>
# The answers know their shape, their type and their device. PyTorch has functions that end in
# `_like`.</details>


# %% exercise="labels-like"
def labels_like(answers, value):
    """Return one label for each of D's answers (N,): all equal to `value`, without a graph."""
    ### BEGIN SOLUTION
    return torch.full_like(answers, value)
    ### END SOLUTION


# %% check="labels-like"
check.labels_like(labels_like)

# %% [markdown] tags=["explanation"]
# **Why.** `full_like` asks the answers for shape, type and device. So no label can have the wrong shape, and
# the program runs on a laptop, on a card, and on whatever comes next. It makes new data: even when the answers
# hang on a graph, the labels do not.
#
# The check used a device called `meta`, which holds shapes and no numbers. It is a cheap way to test on a
# machine without a card that a program does not forget the device.

# %% [markdown]
# **1c · The loss of D.** Write the loss that the old program prints: the mean of the two halves, (real + fake)
# / 2. Today's D ends without a sigmoid: you get logits. Do not lose the slope where D is very sure (lesson 04).
#
# <details><summary>Hint 1</summary>
# `F.binary_cross_entropy_with_logits(logits, labels)` takes the sigmoid itself.</details>
# <details><summary>Hint 2</summary>
# Both arguments must have the same shape. Exercise 1b makes such labels.</details>


# %% exercise="loss-today"
def discriminator_loss(real_logits, fake_logits):
    """Return (real + fake) / 2 of the binary cross-entropies, with its graph. The batches may differ in size."""
    ### BEGIN SOLUTION
    real = F.binary_cross_entropy_with_logits(real_logits, torch.ones_like(real_logits))
    fake = F.binary_cross_entropy_with_logits(fake_logits, torch.zeros_like(fake_logits))
    return (real + fake) / 2
    ### END SOLUTION


# %% check="loss-today"
check.discriminator_loss(discriminator_loss)

# %% [markdown] tags=["explanation"]
# **Why.** In 2017 (n,) beside (n, 1) gave a result, and nobody noticed: with equal labels in a batch even the
# number was right. Today the losses refuse. Labels made with `_like` cannot have another shape.
#
# Nothing is detached in this function. In D's step the fake *pictures* are detached, before D sees them. D's
# answers keep their graph, because D learns through it: from the real half and from the fake half.
#
# The halved loss has log 2 = 0.693 as its value when D guesses. The course's loss is the sum of the halves,
# 1.386. When you compare two programs, ask first which of the two they print. For Adam the factor makes no
# difference: it divides the gradient by its size.

# %% [markdown]
# ## 2 · The moving average
#
# Write one step of the average of lesson 07. For each parameter: average ← decay · average + (1 − decay) ·
# value. Then batch norm's running statistics: they must describe what the *moved* average lets through.
# `batches` is a list of inputs; the statistics become the plain mean over these batches. The average has no
# graph, and the network that is trained does not change.
#
# <details><summary>Hint 1</summary>
# `zip(average.parameters(), network.parameters())` gives the pairs. `a.lerp_(b, t)` moves a towards b by the
# share t, in place.</details>
# <details><summary>Hint 2</summary>
# In training mode every call of the average updates its statistics. Batch norm can forget the old ones,
# `reset_running_stats()`, and take the plain mean, `momentum = None`. `torch.optim.swa_utils.update_bn` does
# all of it.</details>


# %% exercise="moving-average"
def move_average(average, network, decay, batches):
    """Move the averaged network one step towards the network, and compute its statistics, in place."""
    ### BEGIN SOLUTION
    with torch.no_grad():
        for mean, value in zip(average.parameters(), network.parameters(), strict=True):
            mean.lerp_(value, 1 - decay)
    torch.optim.swa_utils.update_bn(batches, average)
    ### END SOLUTION


# %% check="moving-average"
check.move_average(move_average)

# %% [markdown] tags=["explanation"]
# **Why.** `mean + (1 − decay) · (value − mean)` is the same formula, written as one move. `no_grad` is not a
# detail: without it PyTorch refuses to change a parameter in place. Programs that keep the average in a dict
# get no such error: `shadow[name] = decay * shadow[name] + (1 - decay) * value` hangs on the graph of every
# step before, and the memory fills. They need `no_grad` or `value.detach()`.
#
# And the statistics: those of G describe G. Copied, they make the average draw pale pictures;
# `torch.optim.swa_utils.AveragedModel` copies them by default, too, and offers `update_bn` to compute them
# anew. The parameters move at every step; the statistics are needed only when somebody draws.

# %% [markdown]
# ## 3 · Apart and together
#
# In the lesson D was asked with statistics that we chose. In its training nobody chooses: batch norm takes the
# batch in front of it, and each batch has one kind. What would D say if both kinds stood in *one* batch?
#
# Ask a D in **training mode**, twice. Apart: all `real` pictures in one batch, all `fake` ones in another.
# Together: all of them in one batch. For each, the answer is the share of all pairs of a real picture and a
# fake in which the real one has the higher logit. The discriminator that is given does not change: neither its
# running statistics nor its mode.
#
# <details><summary>Hint 1</summary>
# In training mode each call moves the running statistics. Whose may move?</details>
# <details><summary>Hint 2</summary>
# The logits of one batch come back in the order of its pictures. There may be more fakes than real
# pictures.</details>


# %% exercise="apart-and-together"
def apart_and_together(discriminator, real, fake):
    """Return two shares of pairs, from 0 to 1, in which the real picture has the higher logit.

    discriminator: gives logits (N,) for pictures (N, C, H, W), and has batch norm.
    """
    ### BEGIN SOLUTION
    d = copy.deepcopy(discriminator).train()
    with torch.no_grad():
        apart = d(real), d(fake)
        together = d(torch.cat([real, fake])).split([len(real), len(fake)])
    shares = [(of_real[:, None] > of_fake[None]).float().mean().item() for of_real, of_fake in (apart, together)]
    return tuple(shares)
    ### END SOLUTION


# %% check="apart-and-together"
check.apart_and_together(apart_and_together)

# %% [markdown] tags=["explanation"]
# **Why.** The weights stay, the pictures stay, and only the company of a picture changes. So the difference of
# the two shares is what the batch tells, or hides. One copy is enough: in training mode the answers do not
# depend on the running statistics, which every call moves.
#
# The share of pairs needs no threshold. It is 1 where every real picture ranks above every fake, 0.5 where the
# order is chance, and 0 where it is turned round. (Statistics calls it the area under the ROC curve, AUC.)
#
# Which of the two is larger? For a D that was trained with batches of one kind, apart: you saw in the lesson
# what is left with one set of statistics for both. Here is a D, made by hand, for which it is the other way
# round.

# %% tags=["explanation"]
torch.manual_seed(0)
bright = nn.Sequential(nn.BatchNorm2d(1), nn.Flatten(), nn.Linear(16, 1), nn.Flatten(0))
nn.init.constant_(bright[2].weight, 1 / 16)  # this D looks at nothing but how bright a picture is
real, fake = torch.randn(100, 1, 4, 4) + 0.5, torch.randn(100, 1, 4, 4)  # real pictures are brighter
print(
    "D looks at how bright a picture is: {:.2f} apart, {:.2f} together".format(*apart_and_together(bright, real, fake))
)

# %% [markdown] tags=["explanation"]
# This D looks at brightness only, and real pictures *are* brighter. Apart, it can hardly see it: batch norm
# takes the mean of each batch away. Together, both kinds lose the same mean, and the difference stays. So batch
# norm can also *hide* from D what tells the kinds apart, and a D that trains like that has to learn something
# else.

# %% [markdown]
# ## 4 · An alarm that you can trust
#
# A training of a night shall stop by itself when D has won. Here are seven made-up traces of D's loss: nobody
# trained them, they are drawn from a seed, and each shows one pattern. Three trainings are healthy.

# %%
drawing.use_course_style()
figure, panels = plt.subplots(2, 4, figsize=(12, 5), sharey=True)
panels.flat[-1].remove()
for axes, trace in zip(panels.flat, traces(seed), strict=False):
    axes.plot(trace.losses, color=drawing.COLOURS["blue"], linewidth=1)
    axes.axhline(0.05, color=drawing.COLOURS["ink"], linewidth=1, linestyle=":")
    axes.set_title(trace.name.replace(", ", ",\n").replace(" from", "\nfrom"), fontsize=13)
    axes.set_ylim(0, 1.6)
figure.suptitle("D's loss by step: three are healthy (dotted: 0.05 nats)", fontweight="bold")
drawing.show(figure, alt="Seven traces of D's loss: three healthy ones, two where D has won, two with broken numbers.")

# %% [markdown]
# Write the alarm. It gets D's loss of every step so far, and returns the first step at which it would have
# rung, counted from 0, or `None`. The rules:
#
# * It never rings in a healthy training. There the loss is around 0.5 nats or 0.6, but for single steps and for
#   once ten steps in a row below 0.05.
# * It rings at most 100 steps after D has won. From then on the loss is below 0.05, but for one step in nine,
#   which jumps to 0.15. So no ten steps in a row are low.
# * It rings at most 100 steps after the loss is no finite number any more.
# * It knows no future: if `alarm(d_loss)` is k, then `alarm(d_loss[: k + 1])` is k, too, and
#   `alarm(d_loss[:k])` is `None`.
#
# <details><summary>Hint 1</summary>
# One step says little. Look at the last so many steps together. Which numbers in the rules say how many are too
# few, and how many too many?</details>
# <details><summary>Hint 2</summary>
# "All of them are low" never rings, because of the jumps. A median does not feel a few jumps, but it is low as
# soon as half of its steps are. A mean feels each step: a jump that is high enough spoils it, ten low steps in
# a short window do, too, and after D has won it waits until the last high steps have left the window. So for
# both the length of the window decides.</details>
# <details><summary>Hint 3</summary>
# `nan < 0.05` is False, and so is every other comparison with it. `math.isfinite(x)` is False for nan and
# inf.</details>


# %% exercise="alarm"
def alarm(d_loss):
    """Return the first step (from 0) at which the alarm rings, or None. d_loss: a list of floats in nats."""
    ### BEGIN SOLUTION
    for step, loss in enumerate(d_loss):
        if not math.isfinite(loss):
            return step
        last = d_loss[max(0, step - 49) : step + 1]
        if len(last) == 50 and sum(last) / 50 < 0.05:
            return step
    return None
    ### END SOLUTION


# %% check="alarm"
check.alarm(alarm)

# %% tags=["explanation"]
for trace in traces(seed):
    print(f"{trace.name:40} {alarm(trace.losses)}")

# %% [markdown] tags=["explanation"]
# **Why.** A rule on single steps rings where nothing is wrong: a batch can be easy. A rule that wants all steps
# to be low never rings: a batch can be hard. What helps is a window of the right length, and a summary that
# bears a few steps of the other kind.
#
# How long? Too short, and ten low steps ring. Too long, and the window is full of old, high steps for more than
# the 100 that are allowed. Between the two there is room. Let us try every length, on the traces of five seeds.

# %% tags=["explanation"]
several = [trace for number in range(5) for trace in traces(number) if math.isfinite(trace.losses[-1])]


def keeps_the_rules(window, summary):
    """Tell whether an alarm on the summary of a window keeps the rules in the traces of five seeds."""
    for trace in several:
        windows = torch.tensor(trace.losses).unfold(0, window, 1)
        rings = [step + window - 1 for step in (summary(windows) < 0.05).nonzero()[:1].flatten().tolist()]
        if trace.trouble is None and rings:
            return False
        if trace.trouble is not None and not (rings and trace.trouble <= rings[0] <= trace.trouble + 100):
            return False
    return True


summaries = {
    "mean": lambda windows: windows.mean(1),
    "median": lambda windows: windows.median(1).values,
    "highest step": lambda windows: windows.amax(1),
}
for name, summary in summaries.items():
    good = [window for window in range(1, 201) if keeps_the_rules(window, summary)]
    print(f"{name:12}", f"a window of {good[0]} to {good[-1]} steps keeps the rules" if good else "no window does")

# %% [markdown] tags=["explanation"]
# The mean bears shorter windows, the median longer ones. But a mean has another limit, which these traces do
# not show: their jumps are small. One step of 3 nats in fifty brings it above the line; the median does not
# feel it.
#
# A broken number needs a question of its own. `loss < 0.05` is False for `nan`, so the simplest alarm sleeps
# through the worst case.
#
# And the line at 0.05? It was given here. In your own training it comes from healthy runs of the same recipe:
# look how low the mean of fifty steps ever gets there, with several seeds, and stay well below.
