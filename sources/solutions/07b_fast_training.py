# ---
# jupyter:
#   jupytext:
#     text_representation:
#       extension: .py
#       format_name: percent
# ---

# %% [markdown]
# # 07b · Exercises: training that is fast and can be stopped
#
# They belong to [lesson 07b](../notebooks/07b_fast_training.ipynb). Take about 50 minutes: 15 for exercise 1,
# 15 for 2, 20 for 3. No pictures and no graphics card are needed: everything runs on small networks, in
# seconds.
#
# In each exercise you replace one line, `raise NotImplementedError(...)`, by your answer. Then run the check
# below it. A check says ✓, or it says what is wrong; where it recognises the mistake, it gives a hint. Wrong
# answers cost nothing. Folded hints stand above the blanks: click to open. The
# [solutions](../solutions/07b_fast_training.ipynb) explain every answer.

# %% tags=["parameters"]
import contextlib
import copy
import os
import statistics

import torch
from torch import nn
from torch.profiler import ProfilerActivity, profile
from torch.utils.flop_counter import FlopCounterMode

from dcgan_course import models
from dcgan_course.checks import lesson_07b as check
from dcgan_course.checks.lesson_07b import profiles as invented
from dcgan_course.checks.lesson_07b.resume import SmallTraining, differences
from dcgan_course.training import discriminator_step, generator_step

seed = 0  # of the six invented profiles in exercise 3

# %% [markdown]
# ## 1 · Resume exactly
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
# `put_back` puts it into another `SmallTraining`, in place. Its points are the data: they are there after a
# stop.
#
# <details><summary>Hint 1</summary>
# What a training holds are its attributes. `vars(whole)` shows them. Which of them does `run` change?</details>
# <details><summary>Hint 2</summary>
# Networks and optimisers have `state_dict()` and `load_state_dict()`. A `torch.Generator` has `get_state()` and
# `set_state()`.</details>
# <details><summary>Hint 3</summary>
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
# ## 2 · What will it cost?
#
# **2a · The work of a layer.** How many FLOP does the forward pass of one convolution take, for one picture?
# The kernel is a square of `kernel` · `kernel`, there is no bias, and `height` and `width` are those of the
# *output*. A multiplication is one FLOP and an addition another.
#
# <details><summary>Hint 1</summary>
# How many products are summed up for one pixel of one output map?</details>
# <details><summary>Hint 2</summary>
# in_channels · kernel². Each product costs a multiplication and an addition. How many such pixels are
# there?</details>


# %% exercise="layer-flop"
def layer_flop(in_channels, out_channels, kernel, height, width):
    """Return the FLOP of the forward pass for one picture; height and width of the output, in pixels."""
    ### BEGIN SOLUTION
    products_a_pixel = in_channels * kernel**2
    pixels = out_channels * height * width
    return 2 * products_a_pixel * pixels
    ### END SOLUTION


# %% check="layer-flop"
check.layer_flop(layer_flop)

# %% tags=["explanation"]
layer = nn.Conv2d(64, 128, 4, stride=2, padding=1, bias=False)
with FlopCounterMode(display=False) as counter, torch.no_grad():
    layer(torch.zeros(1, 64, 16, 16))
print(f"PyTorch counts {counter.get_total_flops():,}, the formula {layer_flop(64, 128, 4, 8, 8):,}")

# %% [markdown] tags=["explanation"]
# **Why.** Each weight is used once for every pixel of the output. That is the difference between the first and
# the last layers of D: few weights and many pixels, then many weights and few pixels. In DCGAN the channels
# double where the sides halve, so the pixels fall to a quarter while the pairs of channels grow four times:
# every hidden layer of a DCGAN costs about the same.

# %% [markdown]
# **2b · Hours before you start.** You have timed a few steps of a training. How many hours will all of it take?
# The first step prepares memory and does not count. One of the others may have met a busy moment of the
# machine. `train` leaves out the last batch of an epoch where it is not full.
#
# <details><summary>Hint</summary>
# `statistics.median` gives the middle of a list. `//` divides and rounds down.</details>


# %% exercise="hours"
def hours(seconds, batch_size, pictures, epochs):
    """Return the hours of a training. seconds: the time of each step that was measured, in order."""
    ### BEGIN SOLUTION
    step = statistics.median(seconds[1:])
    return step * (pictures // batch_size) * epochs / 3600
    ### END SOLUTION


# %% check="hours"
check.hours(hours)

# %% [markdown] tags=["explanation"]
# **Why.** The first step is no sample of the others: memory is asked for, and the fastest way to compute each
# convolution is looked for. A mean over few steps is drawn towards one bad moment; the median is not. And the
# fastest step is a promise that the machine cannot keep for hours.
#
# A machine that becomes warm, or is shared, is slower after an hour than in the first minute. So measure again
# during the run: the bar of `train` does, and shows the time that is left.

# %% [markdown]
# ## 3 · Read a profile
#
# A **profiler** writes down how long each operation took. Two columns matter. *Self* time is spent in the
# operation itself. *Total* time contains everything that it called.

# %%
os.environ["KINETO_LOG_LEVEL"] = "99"  # else the profiler talks about cards that are not there
torch.manual_seed(seed)
generator, discriminator = models.Generator(32, width=8), models.Discriminator(32, width=8)
optimizers = [torch.optim.Adam(network.parameters(), fused=True) for network in (generator, discriminator)]
real, z = torch.rand(32, 3, 32, 32) * 2 - 1, torch.randn(32, 100)
for watched in (None, profile(activities=[ProfilerActivity.CPU])):  # the first round warms up
    with watched or contextlib.nullcontext():
        discriminator_step(generator, discriminator, optimizers[1], real, z)
        generator_step(generator, discriminator, optimizers[0], z)
rows = [(e.key, e.count, e.self_cpu_time_total / 1e3, e.cpu_time_total / 1e3) for e in watched.key_averages()]
for name, calls, own, total in sorted(rows, key=lambda row: -row[3])[:8]:
    print(f"{own:7.1f} ms self {total:7.1f} ms total {calls:4} calls  {name[:56]}")

# %% [markdown]
# **3a · The bottleneck.** Several rows of this table show nearly the same total time: they call each other.
# Write a function that finds the row where the time is really spent. Each of `rows` is (name, calls, self time,
# total time).
#
# <details><summary>Hint</summary>
# Self times do not overlap. So their sum is the whole.</details>


# %% exercise="bottleneck"
def bottleneck(rows):
    """Return (name, share): the row where the time is spent, and its share of the whole time, from 0 to 1."""
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
# **3b · What it can buy.** A row has a share of the time, and a switch makes this row `factor` times faster.
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
# **3c · Six profiles.** Six programs train the same DCGAN on a graphics card. The profiles below are
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
# Which switch helps each program most? A switch may be right for two programs, or for none.
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
        "A": "no .item()",
        "B": "compile",
        "C": "no .item()",
        "D": "bfloat16",
        "E": "frozen D",
        "F": "uint8 on the device",
    }
    ### END SOLUTION


# %% check="six-profiles"
check.best_switches(best_switches, profiles)

# %% [markdown] tags=["explanation"]
# **Why.** Four programs let the card wait, or ask it for numbers. In **F** it waits for pictures: decoding and
# resizing happen in every epoch, on the processor. Keep bytes on the card, resized once. **A** and **C** ask
# for numbers, many times a step. Each time first Python waits for the card, then the card waits for Python,
# because nothing was started ahead. The two rows have different names, since `.item()` calls
# `_local_scalar_dense`; and the time in "Python: start the next operations" is a consequence. In **B** the
# processor is not fast enough at starting more than a thousand tiny operations; a compiler joins them into a
# few.
#
# Two keep the card busy, but not with the right work. **D** multiplies in float32. **E** spends a quarter on
# gradients for D's weights in G's step, which D's next `zero_grad` throws away.
#
# Nothing calls for channels-last: all convolutions here have it already. Where it is missing, rows appear that
# turn maps round before and after each convolution (`nchwToNhwc`, `nhwcToNchw`).
#
# In E two rows are larger than the one that goes. The largest row is where you look first; what counts is the
# largest row that *can* go. Real profiles mix these patterns: switch one thing, measure again.
