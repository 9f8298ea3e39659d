# ---
# jupyter:
#   jupytext:
#     text_representation:
#       extension: .py
#       format_name: percent
# ---

# %% [markdown]
# # 05 · Exercises: when training fails
#
# They belong to [lesson 05](../notebooks/05_when_training_fails.ipynb). Take about 50 minutes: 20 for exercise
# 1, 15 for 2, 15 for 3.
#
# In each exercise you replace one line, `raise NotImplementedError(...)`, by your answer. Then run the check
# below it. A check says ✓, or it says what is wrong; where it recognises the mistake, it gives a hint. Wrong
# answers cost nothing.

# %%
import torch

from dcgan_course import drawing
from dcgan_course.checks import lesson_05 as check
from dcgan_course.toy import point_figures
from dcgan_course.toy.faults import FAULTS
from dcgan_course.toy.mixtures import ring_of_8
from dcgan_course.toy.modes import count_modes as package_counter
from dcgan_course.toy.points import lopsided_game
from dcgan_course.training.losses import discriminator_loss, non_saturating

drawing.use_course_style()
seed = 5  # another seed draws new traces, in another order

# %% [markdown]
# ## 1 · Name the fault
#
# Eight small GANs are trained now, each on the ring, 100 rounds. In seven of them one thing is wrong. The
# letters are given in an order that the seed decides. Here are their names.

# %%
for name, fault in FAULTS.items():
    print(f"{name}: {fault.change}")

# %%
cases = check.draw_cases(seed)
panels = [case.traces for case in cases]
figure = point_figures.traces_figure(panels, [case.letter for case in cases], "Eight trainings without names")
drawing.show(
    figure, alt="Eight panels, A to H, with three traces each: D on real points, on fakes, and on fakes in G's step."
)

# %%
print("Means of the last 20 rounds, then the largest value where it says so:")
for case in cases:
    print(check.in_words(case))

# %% [markdown]
# Which letter is which? Use the figure first, then the numbers.
#
# <details><summary>Hint 1</summary>
# Begin with the faults that leave a number nobody else has: a gradient of exactly 0, a loss below 0, first
# samples in one point, a furthest coordinate of 1.</details>
# <details><summary>Hint 2</summary>
# Three panels are left. In one the purple line leaves the orange one. In one all lines jump. In one the lines
# lie on each other.</details>


# %% exercise="name-the-faults"
def diagnosis():
    """Return {"A": name, …, "H": name}; the names are those of the list above."""
    ### BEGIN SOLUTION
    return {
        "A": "batch norm with eps 0.8",
        "B": "learning rate too high",
        "C": "D too strong",
        "D": "nothing is wrong",
        "E": "fake detached in G's step",
        "F": "saturating loss",
        "G": "data outside tanh",
        "H": "real and fake in one batch norm",
    }
    ### END SOLUTION


# %% check="name-the-faults"
check.name_the_faults(diagnosis, cases)

# %% [markdown] tags=["explanation"]
# **Why.** Go from the sure signs to the unsure ones:
#
# * G's gradient is exactly 0: the fakes were detached.
# * G's loss is below 0: it is log(1 − D(G(z))), the saturating loss.
# * The first samples have a σ below 0.01: nothing was scaled up, eps is 0.8.
# * D's loss was at some time above 4: the learning rate is too high.
# * No coordinate beyond 1, and D knows the fakes: tanh cannot reach the data.
# * D says one thing to fakes in its own step and another in G's step: real and fake shared a batch norm.
# * Of the two that are left, the one where D(real) and D(fake) are apart has too strong a D. The last one is
#   well.

# %% [markdown]
# ## 2 · Count the modes
#
# Write the three numbers of the published protocol. All points are finite.
#
# * modes covered: centres with at least one point that is closest to them **and** within 3σ;
# * the share of points within 3σ of their closest centre;
# * reverse KL: Σ q log(K q) over the modes that were drawn, where q is the share of **all** points closest to a
#   mode.
#
# <details><summary>Hint 1</summary>
# <code>torch.cdist(points, centres)</code> is (N, K). Its <code>.min(dim=1)</code> gives the smallest distance
# and which centre it is.</details>
# <details><summary>Hint 2</summary>
# <code>torch.bincount(index, minlength=K) / N</code> are the shares. Leave out the zeros before the logarithm:
# 0 · log 0 counts as 0.</details>


# %% exercise="count-modes"
def count_modes(points, centres, sigma):
    """Return (modes covered, share of high-quality samples, reverse KL in nats).

    points: (N, 2). centres: (K, 2). sigma: standard deviation of every mode.
    """
    ### BEGIN SOLUTION
    distance, index = torch.cdist(points, centres).min(dim=1)
    good = distance < 3 * sigma
    shares = torch.bincount(index, minlength=len(centres)) / len(points)
    shares = shares[shares > 0]
    reverse_kl = (shares * (len(centres) * shares).log()).sum()
    return len(index[good].unique()), good.float().mean().item(), reverse_kl.item()
    ### END SOLUTION


# %% check="count-modes"
check.count_modes(count_modes)

# %% [markdown] tags=["explanation"]
# **Why.** `index[good]` keeps the centres of the good points; how many *different* ones there are is the number
# of modes. For the reverse KL every point counts, good or not: it asks where the points go, not how well they
# hit. A mode that is never drawn has q = 0 and adds nothing. In the other direction, Σ p log(p/q), it would
# make the number infinite.

# %% [markdown]
# ## 3 · Put packing into the loop
#
# Here is the plain loop. D sees single points, (N, 2).


# %%
def train_plain(generator, discriminator, optimizer_g, optimizer_d, batches):
    for real, z_for_d, z_for_g in batches:
        fake = generator(z_for_d).detach()
        optimizer_d.zero_grad()
        discriminator_loss(discriminator(real), discriminator(fake)).backward()
        optimizer_d.step()

        fake = generator(z_for_g)
        optimizer_g.zero_grad()
        non_saturating(discriminator(fake)).backward()
        optimizer_g.step()


# %% [markdown]
# Write the packed one. `real`, `z_for_d` and `z_for_g` are (N · packing, 2). D takes rows of 2 · packing
# numbers.
#
# <details><summary>Hint 1</summary>
# G does not change at all: it makes single points. Only what D is shown changes, in three places.</details>
# <details><summary>Hint 2</summary>
# <code>points.reshape(-1, 2 * packing)</code> lays points that follow each other side by side.</details>


# %% exercise="train-packed"
def train_packed(generator, discriminator, optimizer_g, optimizer_d, batches, packing):
    """Train both networks; D judges `packing` points together."""

    ### BEGIN SOLUTION
    def pack(points):
        return points.reshape(-1, 2 * packing)

    for real, z_for_d, z_for_g in batches:
        fake = generator(z_for_d).detach()
        optimizer_d.zero_grad()
        discriminator_loss(discriminator(pack(real)), discriminator(pack(fake))).backward()
        optimizer_d.step()

        fake = generator(z_for_g)
        optimizer_g.zero_grad()
        non_saturating(discriminator(pack(fake))).backward()
        optimizer_g.step()
    ### END SOLUTION


# %% check="train-packed"
check.train_packed(train_packed)

# %% [markdown] tags=["explanation"]
# **Why.** Three calls of D, three packs. The gradient needs no extra work: `reshape` passes it back to the
# single points. The batch is now N packs, so G makes N · m points a step. A pack is all real or all fake; a
# mixed pack would have no right answer.

# %% [markdown]
# Does it help? The package's games use the same change. Here are three games on the ring, G five times faster
# than D, plain and packed.

# %%
rounds = 300
for packing in (1, 2):
    game = lopsided_game(ring_of_8(), 3, packing=packing, seed=seed).run(rounds)
    kl = [package_counter(cloud, game.mixture).reverse_kl for cloud in game.points(2500)]
    values = ", ".join(f"{value:.2f}" for value in kl)
    print(f"packs of {packing}: reverse KL after {rounds} rounds {values} (0 is best, 2.08 worst)")
