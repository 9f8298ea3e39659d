# ---
# jupyter:
#   jupytext:
#     text_representation:
#       extension: .py
#       format_name: percent
# ---

# %% [markdown]
# # 11 · Exercises: beyond DCGAN
#
# They belong to [lesson 11](../notebooks/11_beyond_dcgan.ipynb). Take about 75 minutes: 10 for exercise 1, 8
# for 2, 7 for 3, 9 for 4, 6 for 5, 8 for 6, 7 for 7, 7 for 8, 13 for 9. They do not build on each other:
# choose.
#
# In each exercise you replace one line, `raise NotImplementedError(...)`, by your answer. Then run the check
# below it. A check says ✓, or it says what is wrong; where it recognises the mistake, it gives a hint. Wrong
# answers cost nothing.

# %%
import cmath
import itertools
from statistics import mean

import torch
from torch.nn.functional import normalize, softplus

from dcgan_course import recorded
from dcgan_course.checks import lesson_11 as check
from dcgan_course.recorded.comparison import verdicts
from dcgan_course.training.losses import discriminator_loss, non_saturating

# %% [markdown]
# ## 1 · The smallest GAN comes to rest
#
# Real points lie at 0, G draws the point θ, and D(x) = ψx. Near the rest point, with the non-saturating loss
# and R1, a small step changes (θ, ψ) by this matrix times (θ, ψ):
#
# $$\begin{pmatrix} 0 & s \\ -s & -\gamma \end{pmatrix}$$
#
# s is the slope of the loss at the rest point: ½ for the non-saturating loss, because there the sigmoid is ½.
#
# **1a · How fast does it come to rest?** For s = ½, return the larger real part of the two eigenvalues. It says
# how fast the distance to the rest point shrinks in the end.
#
# <details><summary>Hint 1</summary>An eigenvalue λ solves λ² − (trace) λ + (determinant) = 0.</details>
# <details><summary>Hint 2</summary>The trace is −γ and the determinant is ¼. Where the root is imaginary, the
# real part is what stands beside it. <code>cmath.sqrt</code> takes roots of negative numbers.</details>


# %% exercise="slowest-rate"
def slowest_rate(gamma):
    """Return the larger real part of the two eigenvalues; gamma is at least 0."""
    ### BEGIN SOLUTION
    return ((-gamma + cmath.sqrt(gamma**2 - 1)) / 2).real
    ### END SOLUTION


# %% check="slowest-rate"
check.slowest_rate(slowest_rate)

# %% [markdown] tags=["explanation"]
# **Why.** λ² + γλ + ¼ = 0 gives λ = (−γ ± √(γ² − 1)) / 2. Below γ = 1 the root is imaginary: both eigenvalues
# turn, and both shrink like −γ/2. Beyond γ = 1 both are real. Their product stays ¼, so where one becomes
# larger, the other becomes smaller, and the slow one decides.

# %% [markdown]
# **1b · The critical γ.** For any slope s above 0: which γ comes to rest fastest?
#
# <details><summary>Hint</summary>At this γ the root changes from imaginary to real: it is 0.</details>


# %% exercise="critical-gamma"
def critical_gamma(slope):
    """Return the γ at which the slower eigenvalue is fastest."""
    ### BEGIN SOLUTION
    return 2 * slope
    ### END SOLUTION


# %% check="critical-gamma"
check.critical_gamma(critical_gamma)

# %% [markdown] tags=["explanation"]
# **Why.** The root is √(γ² − 4s²), which is 0 at γ = 2s. With less γ the game turns around the rest point. With
# more, D is held so flat that it can hardly tell G where to go. **More penalty is not better.**

# %% [markdown]
# ## 2 · The penalty R1
#
# Write it for any discriminator: γ/2 times the mean, over the pictures, of the squared length of D's gradient
# *in the picture*. D learns from it, so it must keep its graph.
#
# <details><summary>Hint 1</summary><code>(gradient,) = torch.autograd.grad(D(real).sum(), real, …)</code>. The
# pictures must ask for a gradient before D sees them.</details>
# <details><summary>Hint 2</summary>A gradient that is differentiated once more needs
# <code>create_graph=True</code>.</details>


# %% exercise="r1-penalty"
def r1_penalty(discriminator, real, gamma):
    """Return γ/2 · mean ‖∇D(x)‖² as a tensor with its graph.

    real: (N, C, H, W), without a graph. discriminator(real): (N,) logits.
    """
    ### BEGIN SOLUTION
    real = real.clone().requires_grad_(True)
    (gradient,) = torch.autograd.grad(discriminator(real).sum(), real, create_graph=True)
    return gamma / 2 * gradient.square().sum(dim=(1, 2, 3)).mean()
    ### END SOLUTION


# %% check="r1-penalty"
check.r1_penalty(r1_penalty)

# %% [markdown] tags=["explanation"]
# **Why the sum?** `autograd.grad` wants one number. Each answer depends on its own picture alone, so the
# gradient of the sum holds each picture's own gradient. The gradient of the *mean* would be N times smaller,
# and the penalty N² times. (With batch norm in D this is no longer true: there each answer depends on all
# pictures of the batch. That is one reason to leave batch norm out of D when you use a penalty.)

# %% [markdown]
# ## 3 · The gradient penalty
#
# WGAN-GP wants D's slope to be 1 between real and fake pictures. Mix each real picture with one fake: ε ·
# real + (1 − ε) · fake, with ε from 0 … 1, drawn anew for each picture. Return the mean of (length of D's
# gradient at the mix − 1)². The weight λ is put in front by the caller. `fake` comes with G's graph; nothing of
# this may reach G. Ask D once.
#
# <details><summary>Hint 1</summary><code>torch.rand(len(real), 1, 1, 1)</code> gives each picture one
# ε.</details>
# <details><summary>Hint 2</summary>Detach the mix, then let it ask for its gradient. The length is taken over
# all numbers of a picture: <code>flatten(1).norm(dim=1)</code>.</details>


# %% exercise="gradient-penalty"
def gradient_penalty(discriminator, real, fake):
    """Return mean (‖∇D(mix)‖ − 1)² as a tensor with its graph; real, fake: (N, C, H, W)."""
    ### BEGIN SOLUTION
    share = torch.rand(len(real), 1, 1, 1)
    mix = (share * real + (1 - share) * fake).detach().requires_grad_(True)
    (gradient,) = torch.autograd.grad(discriminator(mix).sum(), mix, create_graph=True)
    return (gradient.flatten(1).norm(dim=1) - 1).square().mean()
    ### END SOLUTION


# %% check="gradient-penalty"
check.gradient_penalty(gradient_penalty)

# %% [markdown] tags=["explanation"]
# **Why between?** The theory asks for a slope of at most 1 everywhere. Nobody can test everywhere. The paper
# tests on the lines between real and fake, where the best D has slope 1. A well known slip takes the norm over
# dim 1 of a tensor (N, C, H, W): that is the length over the channels, for each pixel.

# %% [markdown]
# ## 4 · One step of power iteration
#
# Spectral norm divides a layer's weight by its largest singular value σ: the most that the layer can stretch
# anything. An exact σ in each step is dear. One step of power iteration from a kept vector u is cheap:
#
# * W: the weight as a matrix, one row for each output;
# * v = Wᵀu, brought to length 1; then the new u = Wv, brought to length 1;
# * σ = (new u) · Wv.
#
# <details><summary>Hint 1</summary>A kernel (out, in, k, k) as a matrix: <code>weight.reshape(len(weight),
# -1)</code>.</details>
# <details><summary>Hint 2</summary><code>torch.nn.functional.normalize(x, dim=0)</code> brings a vector to
# length 1.</details>


# %% exercise="power-step"
def power_step(weight, u):
    """Return (σ, the new u); weight: (out, in) or (out, in, k, k), u: (out,) of length 1."""
    ### BEGIN SOLUTION
    matrix = weight.reshape(len(weight), -1)
    v = normalize(matrix.T @ u, dim=0)
    u = normalize(matrix @ v, dim=0)
    return u @ matrix @ v, u
    ### END SOLUTION


# %% check="power-step"
check.power_step(power_step)

# %% [markdown] tags=["explanation"]
# **Why is one step enough?** Each step turns u further towards the direction that is stretched most. Between
# two steps of a training W hardly changes, so u is nearly right already. That only works if u is kept: with a
# fresh u each step starts from chance.

# %% [markdown]
# ## 5 · Real and fake in pairs
#
# Relativistic pairing puts a real picture and a fake side by side: D's loss is the mean of softplus(−(real
# logit − fake logit)). G wants the opposite. Both answers are asked in both steps. Write both losses.
#
# <details><summary>Hint</summary>G's loss is D's loss with real and fake exchanged.</details>


# %% exercise="relativistic"
def relativistic_losses(real_logits, fake_logits):
    """Return (D's loss, G's loss); logits: (N,), the first real one is paired with the first fake one."""
    ### BEGIN SOLUTION
    return softplus(fake_logits - real_logits).mean(), softplus(real_logits - fake_logits).mean()
    ### END SOLUTION


# %% check="relativistic"
check.relativistic_losses(relativistic_losses)

# %% [markdown] tags=["explanation"]
# **What is different?** D no longer says "this is real". It says "this is more real than that". A constant
# added to all logits changes nothing. In the course's smallest GAN the real point is at 0, where D says 0 in
# any case: there pairing changes nothing at all, and alone it does not come to rest faster.

# %% [markdown]
# ## 6 · Augmentation in both steps
#
# With few pictures D can learn them by heart. DiffAugment shows D only augmented pictures T(x). Write both
# losses of a round, with `discriminator_loss(real_logits, fake_logits)` and `non_saturating(fake_logits)`, and
# `augment` where it belongs. Use the same `z` in both.
#
# <details><summary>Hint</summary>D never sees a plain picture. How often is D asked in a round?</details>


# %% exercise="augmented-losses"
def augmented_losses(generator, discriminator, real, z, augment):
    """Return (D's loss, G's loss). augment: pictures (N, C, H, W) to pictures, differentiable."""
    ### BEGIN SOLUTION
    fake = generator(z)
    d_loss = discriminator_loss(discriminator(augment(real)), discriminator(augment(fake.detach())))
    return d_loss, non_saturating(discriminator(augment(fake)))
    ### END SOLUTION


# %% check="augmented-losses"
check.augmented_losses(augmented_losses)

# %% [markdown] tags=["explanation"]
# **Why in three places?** If only real pictures are shifted, shifted pictures look real, and G learns to draw
# shifted pictures. If D learns on T(G(z)) and G asks about G(z), G asks about pictures that D was never trained
# on. And T must be differentiable, because G's gradient passes through it.

# %% [markdown]
# ## 7 · A D that is told the label
#
# A projection discriminator adds to its plain logit how well the picture's features h fit the label's vector
# e(y): linear(h) + ⟨e(y), h⟩.
#
# <details><summary>Hint 1</summary><code>linear(features)</code> is (N, 1): bring it to (N,) before you
# add.</details>
# <details><summary>Hint 2</summary>An inner product for each row: multiply number by number, then sum over dim
# 1.</details>


# %% exercise="projection"
def projection_logits(features, labels, linear, embedding):
    """Return logits (N,). features: (N, F). labels: (N,) whole numbers. embedding(labels): (N, F)."""
    ### BEGIN SOLUTION
    return linear(features).squeeze(1) + (embedding(labels) * features).sum(dim=1)
    ### END SOLUTION


# %% check="projection"
check.projection_logits(projection_logits)

# %% [markdown] tags=["explanation"]
# **Why both networks?** If only G is given the label, nothing in its loss asks whether the right digit came
# out. D must be told as well; then a good 3 with the label 7 gets a low logit.

# %% [markdown]
# ## 8 · The deviation of a batch
#
# D judges one picture at a time and cannot see that all fakes are alike. Give it one number about the whole
# batch: the standard deviation over the batch (divided by N) for each channel and pixel, then the mean of these
# deviations. Write it into one more map, the same for all pictures, behind the others.
#
# <details><summary>Hint 1</summary><code>maps.std(dim=0, correction=0)</code> divides by N.</details>
# <details><summary>Hint 2</summary><code>number.expand(N, 1, H, W)</code> makes the map; <code>torch.cat</code>
# puts it behind the others.</details>


# %% exercise="batch-deviation"
def add_deviation(maps):
    """Turn (N, C, H, W) into (N, C + 1, H, W)."""
    ### BEGIN SOLUTION
    number = maps.std(dim=0, correction=0).mean()
    return torch.cat([maps, number.expand(len(maps), 1, *maps.shape[2:])], dim=1)
    ### END SOLUTION


# %% check="batch-deviation"
check.add_deviation(add_deviation)

# %% [markdown] tags=["explanation"]
# **What does D do with it?** Real batches have a certain deviation. A collapsed G has less, and now D can see
# that. The gradient tells G to make pictures that differ. With N − 1 instead of N, a batch of one gives 0/0.

# %% [markdown]
# ## 9 · Reading a table of few seeds
#
# **9a · Could chance do that?** Two rows of a table, some seeds each. Suppose the fix did nothing: then the
# figures could as well be shared out between the rows in any other way. Return the share of all ways in which
# the two means differ at least as much as they do here, in either direction.
#
# <details><summary>Hint 1</summary><code>itertools.combinations(range(len(pooled)), len(one))</code> goes
# through all ways: these places belong to the first row, the rest to the second.</details>
# <details><summary>Hint 2</summary>"At least as much" is ≥. Sums that should be equal may differ by rounding:
# subtract 1e-9.</details>


# %% exercise="permutation-p"
def permutation_p(one, other):
    """Return the exact p; one, other: lists of figures, perhaps of different length."""
    ### BEGIN SOLUTION
    pooled = [*one, *other]
    seen, ways = abs(mean(one) - mean(other)), []
    for mine in itertools.combinations(range(len(pooled)), len(one)):
        rest = set(range(len(pooled))) - set(mine)
        ways.append(abs(mean(pooled[i] for i in mine) - mean(pooled[i] for i in rest)))
    return mean(way >= seen - 1e-9 for way in ways)
    ### END SOLUTION


# %% check="permutation-p"
check.permutation_p(permutation_p)

# %% [markdown] tags=["explanation"]
# **What does it say?** With three seeds a row there are only 20 ways, so p is never below 2/20 = 0.10: three
# seeds cannot convince anybody, however far apart the rows are. With six there are 924 ways.

# %% [markdown]
# **9b · Which rows may be believed?** A table of m rows is m chances to be fooled. Holm's rule: sort the
# p-values. Compare the smallest with level / m, the next with level / (m − 1), and so on. Stop at the first
# that is larger than its limit: it and all after it are not believed.
#
# <details><summary>Hint</summary><code>sorted(range(m), key=lambda i: p_values[i])</code> gives the places in
# order of their p. The answer is in the order of the rows.</details>


# %% exercise="holm"
def believed(p_values, level):
    """Return a list of True and False, one a row, in the order given."""
    ### BEGIN SOLUTION
    found = [False] * len(p_values)
    for rank, place in enumerate(sorted(range(len(p_values)), key=lambda place: p_values[place])):
        if p_values[place] > level / (len(p_values) - rank):
            break
        found[place] = True
    return found
    ### END SOLUTION


# %% check="holm"
check.believed(believed)

# %% [markdown] tags=["explanation"]
# **What is it for?** If no fix did anything, a table of 14 rows would still show a p below 0.05 in about half
# of all cases. Holm keeps the chance of even one false find below the level.

# %% [markdown]
# Now the lesson's table, judged with its first three seeds, and with all of them.

# %%
table = recorded.fixes()
for count in (3, len(table["rows"]["DCGAN"])):
    figures = {row: [run["frechet"] for run in runs[:count]] for row, runs in table["rows"].items()}
    told = [row for row, verdict in verdicts(figures, table["controls"]).items() if verdict.apart]
    print(f"{count} seeds: told apart from their control: {', '.join(told) or 'none'}")
