# ---
# jupyter:
#   jupytext:
#     text_representation:
#       extension: .py
#       format_name: percent
# ---

# %% [markdown]
# # 03 · Exercises: the adversarial game
#
# They belong to [lesson 03](../notebooks/03_adversarial_game.ipynb). Take about 75 minutes, with paper for 1 to
# 5: 5 for exercise 1, 6 for 2, 8 for 3, 8 for 4, 6 for 5, 10 for 6, 7 for 7, 8 for 8, 9 for 9, 8 for 10.
#
# In each exercise you replace one line, `raise NotImplementedError(...)`, by your answer. Then run the check
# below it. A check says ✓, or it says what is wrong; where it recognises the mistake, it gives a hint. Wrong
# answers cost nothing. Folded hints stand above the blanks: click to open.

# %%
import torch
from torch.nn.functional import binary_cross_entropy_with_logits

from dcgan_course.checks import lesson_03 as check

# %% [markdown]
# ## 1 · The best D and the JSD by hand
#
# A point can be in one of three boxes. Use paper and a pocket calculator, then write the numbers.
#
# | | box 1 | box 2 | box 3 |
# | --- | --- | --- | --- |
# | p_data | 1/2 | 1/2 | 0 |
# | p_fake | 0 | 1/4 | 3/4 |
#
# `best_discriminator` returns D* in the three boxes as a list. `divergence` returns the JSD in nats, to three
# decimals or better.
#
# <details><summary>Hint 1</summary>In each box, what share of the points that come there is real?</details>
# <details><summary>Hint 2</summary>The middle is (1/4, 3/8, 3/8). The JSD is half of KL(p_data ‖ middle) plus
# half of KL(p_fake ‖ middle). A box with probability 0 adds nothing.</details>


# %% exercise="by-hand"
def best_discriminator():
    """Return D* in box 1, 2 and 3."""
    ### BEGIN SOLUTION
    return [1, 2 / 3, 0]
    ### END SOLUTION


def divergence():
    """Return the JSD of the two distributions, in nats."""
    ### BEGIN SOLUTION
    return 0.4545
    ### END SOLUTION


# %% check="by-hand"
check.by_hand(best_discriminator, divergence)

# %% [markdown] tags=["explanation"]
# In box 1 only real points come: D* = 1. In box 3 only fakes: 0. In box 2 it is (1/2) / (1/2 + 1/4) = 2/3.
#
# KL(p_data ‖ middle) = ½ log(½ ÷ ¼) + ½ log(½ ÷ ⅜) = 0.3466 + 0.1438 = 0.4904. KL(p_fake ‖ middle) = ¼ log(¼ ÷
# ⅜) + ¾ log(¾ ÷ ⅜) = −0.1014 + 0.5199 = 0.4185. Half of each: 0.4545. The largest possible is log 2 = 0.6931.

# %% [markdown]
# ## 2 · The JSD of any two distributions
#
# Write it for two tensors of probabilities over K boxes, (K,) each. Boxes may have probability 0.
#
# <details><summary>Hint 1</summary>0 · log 0 is nan in PyTorch. Its limit is 0. `torch.xlogy(a, b)` is a · log
# b, and 0 where a is 0.</details>


# %% exercise="jensen-shannon"
def jensen_shannon(p_data, p_fake):
    """Return the JSD in nats, a number."""
    ### BEGIN SOLUTION
    middle = (p_data + p_fake) / 2
    to_data = torch.xlogy(p_data, p_data) - torch.xlogy(p_data, middle)
    to_fake = torch.xlogy(p_fake, p_fake) - torch.xlogy(p_fake, middle)
    return float((to_data + to_fake).sum() / 2)
    ### END SOLUTION


# %% check="jensen-shannon"
check.jensen_shannon(jensen_shannon)

# %% [markdown] tags=["explanation"]
# log(p / middle) is written as a difference, so that `xlogy` can take care of the zeros. The middle is 0 only
# where both are 0, and there the factor is 0 too. That is why the JSD is always finite, and KL(p_data ‖ p_fake)
# is not.

# %% [markdown]
# ## 3 · The value of the game
#
# Derive V(D*, G) for two distributions over K boxes, (K,) each, and write it. Do not call your JSD: put D* into
# V, and see what comes. Boxes may have probability 0.
#
# <details><summary>Hint 1</summary>V is the sum over boxes of p_data · log D* + p_fake · log(1 − D*).</details>
# <details><summary>Hint 2</summary>What is 1 − D* as a fraction? And what should a box add where no fake ever
# is?</details>


# %% exercise="value"
def value_at_best(p_data, p_fake):
    """Return V at the best D in nats, a number."""
    ### BEGIN SOLUTION
    both = p_data + p_fake
    over_data = torch.xlogy(p_data, p_data) - torch.xlogy(p_data, both)
    over_fakes = torch.xlogy(p_fake, p_fake) - torch.xlogy(p_fake, both)
    return float((over_data + over_fakes).sum())
    ### END SOLUTION


# %% check="value"
check.value_at_best(value_at_best)

# %% [markdown] tags=["explanation"]
# D* = p_data / (p_data + p_fake), and 1 − D* = p_fake / (p_data + p_fake). With the middle m, p_data + p_fake
# is 2m: the two factors 2 give −log 2 twice, and what is left is KL(p_data ‖ m) + KL(p_fake ‖ m) = 2 · JSD. So
# V is −log 4 for equal distributions and 0 for two that never meet. In the three boxes of exercise 1: 2 ·
# 0.4545 − 1.3863 = −0.4773.

# %% [markdown]
# ## 4 · More fakes than data
#
# A program shows its D r fakes for each real x, and its loss is the mean over all of them. `best_discriminator`
# returns D* at a place with these two densities. `at_the_end` returns what D says everywhere when the two
# densities are equal.
#
# <details><summary>Hint 1</summary>Of all points that D sees at this place, what share is real?</details>
# <details><summary>Hint 2</summary>Maximise a log d + r b log(1 − d).</details>


# %% exercise="more-fakes"
def best_discriminator_of_mix(p_data, p_fake, fakes_per_real):
    """Return D* for a mix of one real point to `fakes_per_real` fakes."""
    ### BEGIN SOLUTION
    return p_data / (p_data + fakes_per_real * p_fake)
    ### END SOLUTION


def at_the_end(fakes_per_real):
    """Return what D* says where p_fake = p_data."""
    ### BEGIN SOLUTION
    return 1 / (1 + fakes_per_real)
    ### END SOLUTION


# %% check="more-fakes"
check.more_fakes(best_discriminator_of_mix, at_the_end)

# %% [markdown] tags=["explanation"]
# a/d = r b/(1 − d) gives d = a/(a + r b). "D is at ½" is the end of the game only when D sees as many fakes as
# data. The same holds for anything else that shifts the mix. Lesson 07 meets it again: what D answers depends
# on what it was shown.

# %% [markdown]
# ## 5 · Both losses and their gradients
#
# For d = D(G(z)), return two numbers: the gradient of the loss **in D**, and **in the logit**. Derive them on
# paper; do not use autograd.
#
# <details><summary>Hint 1</summary>Saturating: log(1 − D). Non-saturating: −log D.</details>
# <details><summary>Hint 2</summary>D = sigmoid(logit), and the slope of the sigmoid is D · (1 − D). Use the
# chain rule.</details>


# %% exercise="gradients"
def saturating_gradients(d):
    """Return the gradient of log(1 − D): (in D, in the logit)."""
    ### BEGIN SOLUTION
    return -1 / (1 - d), -d
    ### END SOLUTION


def non_saturating_gradients(d):
    """Return the gradient of −log D: (in D, in the logit)."""
    ### BEGIN SOLUTION
    return -1 / d, -(1 - d)
    ### END SOLUTION


# %% check="gradients"
check.gradients(saturating_gradients, non_saturating_gradients)

# %% [markdown] tags=["explanation"]
# −1/(1 − D) times D(1 − D) is −D. −1/D times D(1 − D) is −(1 − D). Both point the same way. For a bad fake, D
# near 0, the first is almost 0 and the second almost −1.

# %% [markdown]
# ## 6 · The alternating loop
#
# Write the whole loop. In each round D moves once, then G moves once. D's loss is the **sum** of its two terms,
# G's loss is the non-saturating one. Both networks take and give (N, 1); D gives logits. `draw_real()` and
# `draw_z()` give a fresh batch at each call. No gradient may reach G in D's step.
#
# <details><summary>Hint 1</summary>For D: `binary_cross_entropy_with_logits(logits, torch.ones_like(logits))`
# is −mean log D, and with zeros it is −mean log(1 − D).</details>
# <details><summary>Hint 2</summary>For each step: compute the loss, clear the gradients of the network that
# moves, backward, step.</details>
# <details><summary>Hint 3</summary>Which step needs `.detach()`, and where?</details>


# %% exercise="loop"
def play(generator, discriminator, generator_optimizer, discriminator_optimizer, draw_real, draw_z, rounds):
    """Play `rounds` rounds, in place."""
    ### BEGIN SOLUTION
    for _ in range(rounds):
        real_logits = discriminator(draw_real())
        fake_logits = discriminator(generator(draw_z()).detach())
        loss = binary_cross_entropy_with_logits(real_logits, torch.ones_like(real_logits))
        loss = loss + binary_cross_entropy_with_logits(fake_logits, torch.zeros_like(fake_logits))
        discriminator_optimizer.zero_grad()
        loss.backward()
        discriminator_optimizer.step()

        fake_logits = discriminator(generator(draw_z()))
        loss = binary_cross_entropy_with_logits(fake_logits, torch.ones_like(fake_logits))
        generator_optimizer.zero_grad()
        loss.backward()
        generator_optimizer.step()
    ### END SOLUTION


# %% check="loop"
check.play(play)

# %% [markdown] tags=["explanation"]
# D's step: fakes are detached, so the graph ends at them. G's step: fresh z, a new pass through G **and** D.
# This backward leaves gradients in D as well. They do no harm, because D's next step clears them first.

# %% [markdown]
# ## 7 · Who moves
#
# Both networks have batch norm and are in training mode, unless a line says something else. The steps are those
# of exercise 6. Does the thing move (change at all), or does it stay? Decide first; only then try it.
#
# | | what | in which step |
# | --- | --- | --- |
# | A | G's weights | D's step, G(z) inside `torch.no_grad()` |
# | B | G's running statistics | D's step, G(z) inside `torch.no_grad()` |
# | C | G's running statistics | D's step, after `generator.eval()` |
# | D | D's weights | G's step |
# | E | the `.grad` of D's parameters | G's step |
# | F | D's running statistics | G's step, after `discriminator.eval()` |
# | G | D's running statistics | G's step, after `discriminator.requires_grad_(False)` |
# | H | the `.grad` of D's parameters | G's step, after `discriminator.eval()` |
#
# <details><summary>Hint 1</summary>Three things move numbers: an optimiser, a forward pass through batch norm
# in training mode, and a backward pass.</details>


# %% exercise="moves"
def who_moves():
    """Return {"A": "moves" or "stays", …, "H": …}."""
    ### BEGIN SOLUTION
    return {letter: "stays" if letter in "ACDF" else "moves" for letter in "ABCDEFGH"}
    ### END SOLUTION


# %% check="moves"
check.who_moves(who_moves)

# %% [markdown] tags=["explanation"]
# Weights move only by the optimiser that holds them (A, D). Running statistics move with every batch that
# passes in training mode: `no_grad` and `requires_grad_(False)` do not matter (B, G), `eval()` does (C, F).
# Gradients arrive at every parameter that the backward pass meets and that asks for one: `eval()` does not
# change that (E, H).

# %% [markdown]
# ## 8 · The first broken loop
#
# Three loops follow; each comes from a real program, made short. None raises an error. For each, say **what is
# seen**, one of these names:
#
# * `G stays where it was`
# * `D stays where it was`
# * `D is also pulled towards calling fakes real`
# * `G is judged on the fakes that D has just learned from`
# * `G is trained to look fake`
#
# Then repair it: return a dict from the number of a line to its new text, three lines at most. The task of the
# loop is that of exercise 6.
#
# ```python
#  1  def broken_1(generator, discriminator, generator_optimizer, discriminator_optimizer, draw_real, draw_z, rounds):
#  2      for _ in range(rounds):
#  3          fake = generator(draw_z()).detach()
#  4          loss = softplus(-discriminator(draw_real())).mean() + softplus(discriminator(fake)).mean()
#  5          discriminator_optimizer.zero_grad()
#  6          loss.backward()
#  7          discriminator_optimizer.step()
#  8          fake = generator(draw_z())
#  9          loss = softplus(-discriminator(fake.detach())).mean()
# 10          generator_optimizer.zero_grad()
# 11          loss.backward()
# 12          generator_optimizer.step()
# ```
#
# <details><summary>Hint 1</summary>After some rounds, which network is still where it was?</details>


# %% exercise="bug-1"
def first_symptom():
    """Return one of the five names."""
    ### BEGIN SOLUTION
    return "G stays where it was"
    ### END SOLUTION


def first_repair():
    """Return {number of a line: its new text}."""
    ### BEGIN SOLUTION
    return {9: "loss = softplus(-discriminator(fake)).mean()"}
    ### END SOLUTION


# %% check="bug-1"
check.broken_1(first_repair, first_symptom)

# %% [markdown] tags=["explanation"]
# `fake.detach()` in G's step cuts the only way from the loss to G. The loss can be computed, `backward` runs
# (into D), and G's optimiser finds no gradient. So nothing complains. D's step keeps its `detach`.

# %% [markdown]
# ## 9 · The second broken loop
#
# ```python
#  1  def broken_2(generator, discriminator, generator_optimizer, discriminator_optimizer, draw_real, draw_z, rounds):
#  2      for _ in range(rounds):
#  3          fake = generator(draw_z())
#  4          loss = softplus(-discriminator(draw_real())).mean() + softplus(discriminator(fake)).mean()
#  5          discriminator_optimizer.zero_grad()
#  6          loss.backward(retain_graph=True)
#  7          discriminator_optimizer.step()
#  8          loss = softplus(-discriminator(fake)).mean()
#  9          generator_optimizer.zero_grad()
# 10          loss.backward()
# 11          generator_optimizer.step()
# ```
#
# <details><summary>Hint 1</summary>Without `retain_graph=True` this loop stops with an error. Why is the graph
# needed a second time?</details>
# <details><summary>Hint 2</summary>How old are the fakes that G is judged by?</details>


# %% exercise="bug-2"
def second_symptom():
    """Return one of the five names."""
    ### BEGIN SOLUTION
    return "G is judged on the fakes that D has just learned from"
    ### END SOLUTION


def second_repair():
    """Return {number of a line: its new text}."""
    ### BEGIN SOLUTION
    return {
        3: "fake = generator(draw_z()).detach()",
        6: "loss.backward()",
        8: "loss = softplus(-discriminator(generator(draw_z()))).mean()",
    }
    ### END SOLUTION


# %% check="bug-2"
check.broken_2(second_repair, second_symptom)

# %% [markdown] tags=["explanation"]
# The fakes are not detached, so D's backward runs through G too, and its result is thrown away. The graph is
# kept for G's step: memory for nothing. And G is judged on the very z from which D has just learned. With
# detached fakes in D's step and fresh z in G's step there are two graphs, each used once. `no_grad` is even
# cheaper than `detach`: the graph of G is not built at all.

# %% [markdown]
# ## 10 · The third broken loop
#
# ```python
#  1  def broken_3(generator, discriminator, generator_optimizer, discriminator_optimizer, draw_real, draw_z, rounds):
#  2      for _ in range(rounds):
#  3          discriminator.train()
#  4          fake = generator(draw_z()).detach()
#  5          loss = softplus(-discriminator(draw_real())).mean() + softplus(discriminator(fake)).mean()
#  6          loss.backward()
#  7          discriminator_optimizer.step()
#  8          discriminator.eval()  # stops the discriminator's gradients
#  9          fake = generator(draw_z())
# 10          loss = softplus(-discriminator(fake)).mean()
# 11          generator_optimizer.zero_grad()
# 12          loss.backward()
# 13          generator_optimizer.step()
# ```
#
# <details><summary>Hint 1</summary>Is the comment true?</details>
# <details><summary>Hint 2</summary>What is in the discriminator's `.grad` when its next step begins?</details>


# %% exercise="bug-3"
def third_symptom():
    """Return one of the five names."""
    ### BEGIN SOLUTION
    return "D is also pulled towards calling fakes real"
    ### END SOLUTION


def third_repair():
    """Return {number of a line: its new text}."""
    ### BEGIN SOLUTION
    return {
        6: """
            discriminator_optimizer.zero_grad()
            loss.backward()
        """,
    }
    ### END SOLUTION


# %% check="bug-3"
check.broken_3(third_repair, third_symptom)

# %% [markdown] tags=["explanation"]
# `eval()` does not stop gradients: G's backward leaves its gradient in D, and it asks D to call fakes real.
# `backward` adds, so D's next step goes along D's own gradient plus G's wish plus all older ones. One
# `zero_grad` before D's backward repairs it. The calls of `train()` and `eval()` may go: these networks have
# neither dropout nor batch norm.
