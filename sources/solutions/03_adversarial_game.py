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
# They belong to [lesson 03](../notebooks/03_adversarial_game.ipynb).
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
# ## 3 · Both losses and their gradients
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
# ## 4 · The alternating loop
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
# ## 5 · The first broken loop
#
# Find the bug. Three loops follow; each comes from a real program, made short. None raises an error. Find what
# is wrong, say it in one sentence, and write the loop as it should be. The task is that of exercise 4.
#
# ```python
# def broken_1(generator, discriminator, generator_optimizer, discriminator_optimizer, draw_real, draw_z, rounds):
#     for _ in range(rounds):
#         fake = generator(draw_z()).detach()
#         loss = softplus(-discriminator(draw_real())).mean() + softplus(discriminator(fake)).mean()
#         discriminator_optimizer.zero_grad()
#         loss.backward()
#         discriminator_optimizer.step()
#
#         fake = generator(draw_z())
#         loss = softplus(-discriminator(fake.detach())).mean()
#         generator_optimizer.zero_grad()
#         loss.backward()
#         generator_optimizer.step()
# ```
#
# <details><summary>Hint 1</summary>After some rounds, which network is still where it was?</details>

# %%
from torch.nn.functional import softplus


# %% exercise="bug-1"
def repaired_1(generator, discriminator, generator_optimizer, discriminator_optimizer, draw_real, draw_z, rounds):
    """Play `rounds` rounds, in place."""
    ### BEGIN SOLUTION
    for _ in range(rounds):
        fake = generator(draw_z()).detach()
        loss = softplus(-discriminator(draw_real())).mean() + softplus(discriminator(fake)).mean()
        discriminator_optimizer.zero_grad()
        loss.backward()
        discriminator_optimizer.step()

        fake = generator(draw_z())
        loss = softplus(-discriminator(fake)).mean()
        generator_optimizer.zero_grad()
        loss.backward()
        generator_optimizer.step()
    ### END SOLUTION


# %% check="bug-1"
check.repaired_1(repaired_1)

# %% [markdown] tags=["explanation"]
# `fake.detach()` in G's step cuts the only way from the loss to G. The loss can be computed, `backward` runs
# (into D), and G's optimiser finds no gradient. So nothing complains. D's step keeps its `detach`.

# %% [markdown]
# ## 6 · The second broken loop
#
# ```python
# def broken_2(generator, discriminator, generator_optimizer, discriminator_optimizer, draw_real, draw_z, rounds):
#     for _ in range(rounds):
#         fake = generator(draw_z())
#         loss = softplus(-discriminator(draw_real())).mean() + softplus(discriminator(fake)).mean()
#         discriminator_optimizer.zero_grad()
#         loss.backward(retain_graph=True)
#         discriminator_optimizer.step()
#
#         loss = softplus(-discriminator(fake)).mean()
#         generator_optimizer.zero_grad()
#         loss.backward()
#         generator_optimizer.step()
# ```
#
# <details><summary>Hint 1</summary>Without `retain_graph=True` this loop stops with an error. Why is the graph
# needed a second time?</details>
# <details><summary>Hint 2</summary>How old are the fakes that G is judged by?</details>


# %% exercise="bug-2"
def repaired_2(generator, discriminator, generator_optimizer, discriminator_optimizer, draw_real, draw_z, rounds):
    """Play `rounds` rounds, in place."""
    ### BEGIN SOLUTION
    for _ in range(rounds):
        with torch.no_grad():
            fake = generator(draw_z())
        loss = softplus(-discriminator(draw_real())).mean() + softplus(discriminator(fake)).mean()
        discriminator_optimizer.zero_grad()
        loss.backward()
        discriminator_optimizer.step()

        fake = generator(draw_z())
        loss = softplus(-discriminator(fake)).mean()
        generator_optimizer.zero_grad()
        loss.backward()
        generator_optimizer.step()
    ### END SOLUTION


# %% check="bug-2"
check.repaired_2(repaired_2)

# %% [markdown] tags=["explanation"]
# The fakes are not detached, so D's backward runs through G too, and its result is thrown away. The graph is
# kept for G's step: memory for nothing. And G is judged on the very z from which D has just learned. With
# detached fakes in D's step and fresh z in G's step there are two graphs, each used once. `no_grad` is even
# cheaper than `detach`: the graph of G is not built at all.

# %% [markdown]
# ## 7 · The third broken loop
#
# ```python
# def broken_3(generator, discriminator, generator_optimizer, discriminator_optimizer, draw_real, draw_z, rounds):
#     for _ in range(rounds):
#         discriminator.train()
#         fake = generator(draw_z()).detach()
#         loss = softplus(-discriminator(draw_real())).mean() + softplus(discriminator(fake)).mean()
#         loss.backward()
#         discriminator_optimizer.step()
#
#         discriminator.eval()  # stops the discriminator's gradients
#         fake = generator(draw_z())
#         loss = softplus(-discriminator(fake)).mean()
#         generator_optimizer.zero_grad()
#         loss.backward()
#         generator_optimizer.step()
# ```
#
# <details><summary>Hint 1</summary>Is the comment true?</details>
# <details><summary>Hint 2</summary>What is in the discriminator's `.grad` when its next step begins?</details>


# %% exercise="bug-3"
def repaired_3(generator, discriminator, generator_optimizer, discriminator_optimizer, draw_real, draw_z, rounds):
    """Play `rounds` rounds, in place."""
    ### BEGIN SOLUTION
    for _ in range(rounds):
        fake = generator(draw_z()).detach()
        loss = softplus(-discriminator(draw_real())).mean() + softplus(discriminator(fake)).mean()
        discriminator_optimizer.zero_grad()
        loss.backward()
        discriminator_optimizer.step()

        fake = generator(draw_z())
        loss = softplus(-discriminator(fake)).mean()
        generator_optimizer.zero_grad()
        loss.backward()
        generator_optimizer.step()
    ### END SOLUTION


# %% check="bug-3"
check.repaired_3(repaired_3)

# %% [markdown] tags=["explanation"]
# `eval()` does not stop gradients: G's backward leaves its gradient in D, and it asks D to call fakes real.
# `backward` adds, so D's next step goes along D's own gradient plus G's wish plus all older ones. One
# `zero_grad` before D's backward repairs it. The calls of `train()` and `eval()` may go: these networks have
# neither dropout nor batch norm.
