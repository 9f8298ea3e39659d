# ---
# jupyter:
#   jupytext:
#     text_representation:
#       extension: .py
#       format_name: percent
# ---

# %% [markdown]
# # 08 · Exercises: walking in latent space
#
# They belong to [lesson 08](../notebooks/08_walking_in_latent_space.ipynb). Take about 50 minutes: 10 for
# exercise 1, 8 for 2, 17 for 3, 15 for 4.
#
# In each exercise you replace one line, `raise NotImplementedError(...)`, by your answer. Then run the check
# below it. A check says ✓, or it says what is wrong; where it recognises the mistake, it gives a hint. Wrong
# answers cost nothing.

# %%
import torch

from dcgan_course import drawing, latent, recorded
from dcgan_course.checks import lesson_08 as check
from dcgan_course.data import load_images, scale
from dcgan_course.evaluation import attributes

generator = recorded.load_run("mnist_dcgan").generator
classifier = recorded.digit_classifier()
seed = 8

# %% [markdown]
# ## 1 · Write slerp
#
# a and b are (N, latent_dim). In each row they have the same length, but their rows may have different ones.
# With Ω, the angle between a and b:
#
# $$\operatorname{slerp}(a, b, t) = \frac{\sin((1-t)\,\Omega)}{\sin \Omega}\, a + \frac{\sin(t\,\Omega)}{\sin \Omega}\, b$$
#
# Each row has its own Ω. Where a and b are equal there is no arc: give back the straight line there.
#
# <details><summary>Hint 1</summary>
# cos Ω = a · b / (|a| |b|). Sums and norms along the last dimension, with <code>keepdim=True</code>, keep the
# shape (N, 1).</details>
# <details><summary>Hint 2</summary>
# <code>torch.where(condition, one, other)</code> chooses row by row. Rounding can push the cosine above 1:
# clamp it before <code>acos</code>.</details>


# %% exercise="slerp"
def slerp(a, b, t):
    """Return the point at share t of the arc from a to b, for each row: (N, latent_dim)."""
    ### BEGIN SOLUTION
    lengths = a.norm(dim=-1, keepdim=True) * b.norm(dim=-1, keepdim=True)
    angle = ((a * b).sum(dim=-1, keepdim=True) / lengths).clamp(-1, 1).acos()
    arc = (((1 - t) * angle).sin() * a + (t * angle).sin() * b) / angle.sin()
    return torch.where(angle < 1e-3, (1 - t) * a + t * b, arc)
    ### END SOLUTION


# %% check="slerp"
check.slerp(slerp)

# %% [markdown] tags=["explanation"]
# **Why.** The two weights are chosen so that the point lies on the circle through a and b, at angle tΩ from a.
# For a small Ω, sin Ω ≈ Ω and the weights become 1 − t and t: a very short arc is a line. At Ω = 0 the quotient
# is 0/0, so this case needs its own branch. `torch.where` computes both sides and then chooses; the nan of the
# other side does no harm here.

# %% [markdown]
# ## 2 · The mean of 100 z
#
# Why is it a bad picture? If z is a space, then their mean should show a mean picture. Look at what G draws.

# %%
z = latent.sample(100, 100, seed)
with torch.no_grad():
    picture = generator(z.mean(dim=0, keepdim=True))
    sure = classifier(picture).softmax(dim=1).max()
print(f"G(mean of 100 z) has {float((picture + 1).sum() / 2):.1f} pixels of ink; the classifier is sure by {sure:.2f}.")

# %% [markdown]
# Write a function with two answers. First: how long do you **expect** the mean of N random z with D numbers
# each to be, from N and D alone? (The root of the expected squared length.) Second: the **repaired** mean,
# which has the same direction and exactly the length √D.
#
# <details><summary>Hint 1</summary>
# One entry of the mean is a mean of N independent numbers of variance 1. What is its variance? And there are D
# entries.</details>
# <details><summary>Hint 2</summary>
# Divide a vector by its own length, and it has length 1.</details>


# %% exercise="mean-of-many"
def mean_and_repair(z):
    """z: (N, D). Return (expected length of the mean, the mean brought to length √D: (D,))."""
    ### BEGIN SOLUTION
    count, latent_dim = z.shape
    mean = z.mean(dim=0)
    return (latent_dim / count) ** 0.5, latent_dim**0.5 * mean / mean.norm()
    ### END SOLUTION


# %% check="mean-of-many"
check.mean_and_repair(mean_and_repair)

# %% [markdown] tags=["explanation"]
# **Why.** An entry of the mean has variance 1/N, so the squared length is D/N in the mean. For N = D = 100 that
# is 1: a tenth of the length that G knows. It is not the averaging that harms, but where it leads. The
# direction is as good as any other: random directions are all alike. So the repaired mean gives a digit, but it
# is **not** a mean of the hundred digits in any sense. It is one more random z. The same holds for three: their
# mean has length √(100/3) = 5.8. In the arithmetic of the lesson three such means are added, and √(3 ·
# 100/3) = 10.

# %%
try:
    expected, repaired = mean_and_repair(z)
    with torch.no_grad():
        pictures = generator(torch.stack([z.mean(dim=0), repaired]))
    print(f"expected length {expected:.2f}, measured {z.mean(dim=0).norm():.2f}; repaired {repaired.norm():.2f}")
except NotImplementedError:
    pictures = picture
drawing.show_png(
    drawing.png_of_pictures(pictures, columns=2, zoom=4),
    alt="Left: G of the mean of a hundred z, nearly black. Right, if the exercise is done: G of the repaired mean.",
)

# %% [markdown]
# ## 3 · Find a turn vector, and measure it
#
# **3a · A turn vector.** `z` is (N, latent_dim) and `turn` (N,): what each picture shows. A picture turns to
# the right if its turn is above `limit`, and to the left if it is below −`limit`. The turn vector is the mean
# of the **first four** z that turn to the right, minus the mean of the first four that turn to the left. The z
# were drawn at random, so the first four are four random ones, as in the lesson.
#
# <details><summary>Hint</summary>
# <code>z[turn > limit]</code> has the rows of z that turn to the right, in their order.</details>


# %% exercise="turn-vector"
def turn_vector(z, turn, limit):
    """Return the vector (latent_dim,) from four z that turn left to four that turn right."""
    ### BEGIN SOLUTION
    return z[turn > limit][:4].mean(dim=0) - z[turn < -limit][:4].mean(dim=0)
    ### END SOLUTION


# %% check="turn-vector"
check.turn_vector(turn_vector)

# %% [markdown] tags=["explanation"]
# **Why.** The means keep what the four have in common, and what they do not have in common shrinks by √4. The
# difference takes away what both groups share. Four is few: by hand, the difference of two means of four random
# z is √(100/4 + 100/4) = 7.1 long, and the vector below is hardly longer. Most of it is chance. That is why it
# must be measured.

# %% [markdown]
# **3b · The effect of a vector.** Now measure. `measure` takes z (N, latent_dim) and gives a number for each,
# such as the slant of G(z). The effect of a vector is the mean of measure(z + vector) − measure(z − vector). Do
# the same with `control`, brought to the **same length** as the vector.
#
# <details><summary>Hint</summary>
# <code>control / control.norm()</code> has length 1. Return two numbers.</details>


# %% exercise="turn-effect"
def turn_effect(measure, z, vector, control):
    """Return (effect of the vector, effect of a control of the same length)."""
    ### BEGIN SOLUTION
    control = control * vector.norm() / control.norm()
    effects = [(measure(z + v) - measure(z - v)).mean().item() for v in (vector, control)]
    return tuple(effects)
    ### END SOLUTION


# %% check="turn-effect"
check.turn_effect(turn_effect)

# %% [markdown] tags=["explanation"]
# **Why.** Both sides are measured, so that what a long step does to *any* picture falls out. The control
# answers: how much would a step of this length change the slant in a direction that means nothing? Without its
# length being equal, the answer is unfair. And single effects may be large both ways; their mean is what the
# direction does.

# %%
slant_of = torch.no_grad()(lambda z: attributes.slant(generator(z)))
many, new = latent.sample(500, 100, seed + 1), latent.sample(100, 100, seed + 2)
slants = slant_of(many) - slant_of(many).mean()  # beside the mean slant of the samples
try:
    for number, part in enumerate(torch.arange(500).split(100)[:3]):
        vector = turn_vector(many[part], slants[part], 0.15)
        control = latent.sample(1, 100, seed + 10 + number)[0]
        effect, by_chance = turn_effect(slant_of, new, vector, control)
        print(f"vector {number}, length {vector.norm():.1f}: slant changes by {effect:+.2f} px a row", end="; ")
        print(f"control of that length: {by_chance:+.2f}")
    print(f"The slants of samples have a standard deviation of {slant_of(new).std():.2f}.")
except NotImplementedError:
    print("Both functions must be written first.")

# %% [markdown]
# ## 4 · Invert a digit
#
# Find a z whose picture is close to a wanted one. `z` is (S, latent_dim): S starts, all moved at once. Use Adam
# with a learning rate of 0.05 on z, for `steps` steps. Each start has its own squared difference; give back the
# z of the best one, (latent_dim,), and its residual: the root of the mean squared pixel difference, a number.
#
# <details><summary>Hint 1</summary>
# <code>z = z.clone().requires_grad_(True)</code>, then <code>torch.optim.Adam([z], lr=0.05)</code>. Empty the
# gradients before each step.</details>
# <details><summary>Hint 2</summary>
# <code>(generator(z) - picture).square().flatten(1).mean(dim=1)</code> has one number a start. Descend on the
# sum; compute it again after the last step.</details>


# %% exercise="invert"
def invert(generator, picture, z, steps):
    """Return (z of the best start: (latent_dim,), its residual)."""
    ### BEGIN SOLUTION
    z = z.clone().requires_grad_(True)
    optimizer = torch.optim.Adam([z], lr=0.05)
    for _ in range(steps):
        optimizer.zero_grad()
        (generator(z) - picture).square().flatten(1).mean(dim=1).sum().backward()
        optimizer.step()
    with torch.no_grad():
        residuals = (generator(z) - picture).square().flatten(1).mean(dim=1).sqrt()
    best = residuals.argmin()
    return z[best].detach(), residuals[best].item()
    ### END SOLUTION


# %% check="invert"
check.invert(invert)

# %% [markdown] tags=["explanation"]
# **Why.** The generator is a fixed function here, and z is what is learned. The sum over the starts keeps them
# apart: the gradient of one row does not see the others. Several starts are needed because descent ends in the
# nearest valley. The residual must be computed after the last step: inside the loop it belongs to the z before
# the step.

# %%
digit = scale(load_images("mnist", "test", stand_in=True).images[:1])[0]
starts = latent.sample(6, 100, seed)
try:
    answers = [invert(generator, wanted, starts, 100) for wanted in (digit, digit.flip(1))]
    with torch.no_grad():
        found = generator(torch.stack([z for z, _ in answers]))
    print(f"residual {answers[0][1]:.2f} for a real digit, {answers[1][1]:.2f} for the same digit upside down")
except NotImplementedError:
    found = torch.stack([digit, digit.flip(1)])
drawing.show_png(
    drawing.png_of_pictures(torch.stack([digit, digit.flip(1), *found]), columns=4, zoom=4),
    alt="Four pictures: a real digit, the same upside down, and what the inversion found for each.",
)
