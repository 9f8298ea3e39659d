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
# They belong to [lesson 07](../notebooks/07_dcgan_on_cifar10.ipynb). Take about 60 minutes. No pictures and no
# graphics card are needed: everything runs on small networks, in seconds.
#
# In each exercise you replace one line, `raise NotImplementedError(...)`, by your answer. Then run the check
# below it. A check says ✓, or it says what is wrong; where it recognises the mistake, it gives a hint. Wrong
# answers cost nothing. Folded hints stand above the blanks: click to open. The
# [solutions](../solutions/07_dcgan_on_cifar10.ipynb) explain every answer.

# %% tags=["parameters"]
import copy
import os
import warnings

import torch
import torchvision
from torch.autograd import Variable
from torch.nn import functional as F
from torch.profiler import ProfilerActivity, profile
from torchvision import transforms

from dcgan_course import models
from dcgan_course.checks import lesson_07 as check
from dcgan_course.checks.lesson_07 import profiles as invented
from dcgan_course.checks.lesson_07.resume import SmallTraining, differences
from dcgan_course.training import discriminator_step, generator_step

seed = 3  # of the six invented profiles in exercise 4

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
# course does it once, keeps bytes, and scales a whole batch at a time. The lesson measures what that buys.

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
# ## 3 · Resume exactly
#
# `SmallTraining` is a GAN on points in the plane. It has what every training has: two networks, two optimisers,
# random numbers, and a step on which its learning rate depends. Here is how many programs save a run.


# %%
def snapshot_of_many_programs(training):
    """Keep the weights of both networks."""
    return {name: [p.detach().clone() for p in getattr(training, name).parameters()] for name in NETWORKS}


def put_back_of_many_programs(training, saved):
    for name in NETWORKS:
        for parameter, value in zip(getattr(training, name).parameters(), saved[name], strict=True):
            parameter.data.copy_(value)


NETWORKS = ("generator", "discriminator")

# %%
whole = SmallTraining()
whole.run(7)
saved = snapshot_of_many_programs(whole)
whole.run(6)
continued = SmallTraining()  # a new process: everything is as at the start
put_back_of_many_programs(continued, saved)
continued.run(6)
way = (whole.draw() - continued.draw()).norm(dim=1).mean()
print(f"13 steps at once, and 7 + 6: the samples of the same z lie {way:.3f} apart.")
print("Not equal:", ", ".join(differences(whole, continued)) + ".")

# %% [markdown]
# All weights were saved, and still another training came out. Find what is missing. Write both functions:
# `snapshot` returns a dict of tensors, numbers and dicts of them. It must not change when the training goes on.
# `put_back` puts it into another `SmallTraining`, in place. What there is: `generator`, `discriminator`,
# `generator_optimizer`, `discriminator_optimizer`, `noise` (a `torch.Generator`), and `step`.
#
# <details><summary>Hint 1</summary>
# Networks and optimisers have `state_dict()` and `load_state_dict()`. A `torch.Generator` has `get_state()` and
# `set_state()`.</details>
# <details><summary>Hint 2</summary>
# A `state_dict()` of a network is a view, not a copy: `copy.deepcopy`.</details>


# %% exercise="exact-resume"
def snapshot(training):
    """Return everything that a training needs to go on, as a dict that a file can hold."""
    ### BEGIN SOLUTION
    names = ("generator", "discriminator", "generator_optimizer", "discriminator_optimizer")
    saved = {name: copy.deepcopy(getattr(training, name).state_dict()) for name in names}
    return saved | {"noise": training.noise.get_state(), "step": training.step}
    ### END SOLUTION


def put_back(training, saved):
    """Put a snapshot into a training, in place. Returns nothing."""
    ### BEGIN SOLUTION
    for name in ("generator", "discriminator", "generator_optimizer", "discriminator_optimizer"):
        getattr(training, name).load_state_dict(saved[name])
    training.noise.set_state(saved["noise"])
    training.step = saved["step"]
    ### END SOLUTION


# %% check="exact-resume"
check.exact_resume(snapshot, put_back)

# %% [markdown] tags=["explanation"]
# **Why.** Four things were missing. *Adam's memory:* without it Adam begins anew, and its first steps are as
# large as those of a beginner. *Random numbers:* other z, other real points. *The step:* the learning rate
# would start from the top. *Running statistics:* training does not read them, so no trace shows that they are
# gone; the samples in eval mode do.
#
# The last kind is the most dangerous. "It goes on, and the losses look right" is no test. Equal bits are one.
#
# A file with whole objects in it (`torch.save(network)`) is a program that runs when it is opened. Tensors and
# numbers are enough, and `torch.load(..., weights_only=True)` reads nothing else. The course's checkpoints are
# safetensors files, which cannot hold a program at all.

# %% [markdown]
# ## 4 · Read a profile
#
# A **profiler** writes down how long each operation took. Two columns matter. *Self* time is spent in the
# operation itself. *Total* time contains everything that it called.

# %%
os.environ["KINETO_LOG_LEVEL"] = "99"  # else the profiler talks about cards that are not there
torch.manual_seed(seed)
generator, discriminator = models.Generator(32, width=8), models.Discriminator(32, width=8)
optimizers = [torch.optim.Adam(network.parameters(), fused=True) for network in (generator, discriminator)]
real, z = torch.rand(32, 3, 32, 32) * 2 - 1, torch.randn(32, 100)
with profile(activities=[ProfilerActivity.CPU]) as watched:
    discriminator_step(generator, discriminator, optimizers[1], real, z)
    generator_step(generator, discriminator, optimizers[0], z)
rows = [(e.key, e.count, e.self_cpu_time_total / 1e3, e.cpu_time_total / 1e3) for e in watched.key_averages()]
for name, calls, own, total in sorted(rows, key=lambda row: -row[3])[:8]:
    print(f"{own:7.1f} ms self {total:7.1f} ms total {calls:4} calls  {name[:56]}")

# %% [markdown]
# **4a · The bottleneck.** Several rows of this table show nearly the same total time: they call each other.
# Write a function that finds the row where the time is really spent. Each of `rows` is (name, calls, self time,
# total time).
#
# <details><summary>Hint</summary>
# Self times do not overlap. So their sum is the whole.</details>


# %% exercise="bottleneck"
def bottleneck(rows):
    """Return (name, share): the row with the largest self time, and its share of the whole, from 0 to 1."""
    ### BEGIN SOLUTION
    name, _, own, _ = max(rows, key=lambda row: row[2])
    return name, own / sum(row[2] for row in rows)
    ### END SOLUTION


# %% check="bottleneck"
check.bottleneck(bottleneck)

# %% tags=["explanation"]
name, share = bottleneck(rows)
print(f"In the step above it is {name}, with {share:.0%} of the time.")

# %% [markdown] tags=["explanation"]
# **Why.** By total time the winner is always the outermost row, which says only that everything happens inside
# it. By calls it is often a tiny operation. The self times are the parts of a whole, so only they can be
# compared.

# %% [markdown]
# **4b · What it can buy.** A row has a share of the time, and a switch makes this row `factor` times faster.
# How many times faster does the *whole program* become?
#
# <details><summary>Hint</summary>
# Let the old time be 1. What is left of the row, and what is left of the rest? Add the two.</details>


# %% exercise="whole-speedup"
def whole_speedup(share, factor):
    """Return old time / new time of the whole program. share: from 0 to 1. factor: above 0."""
    ### BEGIN SOLUTION
    return 1 / ((1 - share) + share / factor)
    ### END SOLUTION


# %% check="whole-speedup"
check.whole_speedup(whole_speedup)

# %% tags=["explanation"]
for share in (0.1, 0.5, 0.9):
    print(
        f"a row of {share:.0%}: twice as fast gives {whole_speedup(share, 2):.2f}, "
        f"1,000 times as fast gives {whole_speedup(share, 1000):.2f}"
    )

# %% [markdown] tags=["explanation"]
# **Why.** Times add up; speeds do not. This is Amdahl's law (1967). A row of 10 % is not worth a day of work:
# even if it disappeared, the program would be 1.11 times as fast. That is why one looks at the profile before
# one writes code.

# %% [markdown]
# **4c · Six profiles.** Six programs train the same DCGAN on a graphics card. The profiles below are
# **invented**: nobody measured them. The numbers are drawn from a seed, and each profile shows one pattern
# clearly. The rows of a profile share the time of a step: while Python waits and the card computes, the time
# counts for the waiting. These are the switches:

# %%
for switch, meaning in invented.SWITCHES.items():
    print(f"{switch:20} {meaning}")

# %%
profiles = invented.profiles(seed)
print("\n\n".join(str(one) for one in profiles))

# %% [markdown]
# Which switch helps each program most? Use each switch once.
#
# <details><summary>Hint 1</summary>
# First ask whether the card is busy. If it is not, somebody lets it wait: who?</details>
# <details><summary>Hint 2</summary>
# If it is busy, ask which row does work that nobody needs, or that could be done with fewer bits.</details>


# %% exercise="six-profiles"
def best_switches():
    """Return {letter: switch} for the letters A to F, with the names from the list above."""
    ### BEGIN SOLUTION
    return {
        "A": "uint8 on the device",
        "B": "frozen D",
        "C": "bfloat16",
        "D": "compile",
        "E": "channels-last",
        "F": "no .item()",
    }
    ### END SOLUTION


# %% check="six-profiles"
check.best_switches(best_switches, profiles)

# %% [markdown] tags=["explanation"]
# **Why.** Three programs let the card wait. In **A** it waits for pictures: decoding and resizing happen in
# every epoch, on the processor. Keep bytes on the card, resized once. In **F** the program asks for numbers 24
# times a step. Each time first Python waits for the card, then the card waits for Python, because nothing was
# started ahead. In **D** the processor is not fast enough at starting 1,460 tiny operations; a compiler joins
# them into a few.
#
# Three keep the card busy, but not with the right work. **B** spends a quarter on gradients for D's weights in
# G's step, which D's next `zero_grad` throws away. **C** multiplies in float32. **E** turns its maps round
# before and after each convolution, because the fast convolutions want them pixel by pixel: keep them so from
# the start.
#
# In B two rows are larger than the one that goes. The largest row is where you look first; what counts is the
# largest row that *can* go. Real profiles mix these patterns: switch one thing, measure again.
