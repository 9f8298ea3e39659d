# ---
# jupyter:
#   jupytext:
#     text_representation:
#       extension: .py
#       format_name: percent
# ---

# %% [markdown]
# # 10 · Exercises: measuring a generator
#
# They belong to [lesson 10](../notebooks/10_measuring_a_generator.ipynb). Take about 80 minutes: 5 for exercise
# 1, 8 for 2, 8 for 3, 8 for 4, 6 for 5, 5 for 6, 8 for 7, 6 for 8, 8 for 9, 10 for 10, 8 for 11.
#
# In each exercise you replace one line, `raise NotImplementedError(...)`, by your answer. Then run the check
# below it. A check says ✓, or it says what is wrong; where it recognises the mistake, it gives a hint. Wrong
# answers cost nothing.

# %%
import math
from statistics import mean, stdev

import torch

from dcgan_course import latent, recorded
from dcgan_course.budget import course_budget
from dcgan_course.checks import lesson_10 as check
from dcgan_course.data import load_images, scale
from dcgan_course.evaluation import kernel, metrics, neighbours

# %%
seed = 10  # another seed draws new sets in exercise 7, in another order
count = 200 if course_budget() == "smoke" else 2000  # samples in one draw; 2,000 cost about a second
classifier = recorded.digit_classifier()

# %% [markdown]
# ## 1 · Two Gaussians on a line
#
# For clouds of points the Fréchet distance is |m_a − m_b|² + tr(C_a + C_b − 2 (C_a C_b)^½). On a line a cloud
# has one mean m and one standard deviation σ, and C is the single number σ². What is left of the formula?
#
# <details><summary>Hint 1</summary>The trace of a single number is the number, and the root of σ_a² σ_b² is σ_a
# σ_b.</details>
# <details><summary>Hint 2</summary>σ_a² + σ_b² − 2 σ_a σ_b is a square.</details>


# %% exercise="frechet-line"
def frechet_line(mean_a, sigma_a, mean_b, sigma_b):
    """Return the Fréchet distance of two Gaussians on a line."""
    ### BEGIN SOLUTION
    return (mean_a - mean_b) ** 2 + (sigma_a - sigma_b) ** 2
    ### END SOLUTION


# %% check="frechet-line"
check.frechet_line(frechet_line)

# %% [markdown] tags=["explanation"]
# **Why.** σ_a² + σ_b² − 2 σ_a σ_b = (σ_a − σ_b)². So the distance is the squared distance between the points
# (m_a, σ_a) and (m_b, σ_b). It knows two things about each cloud and nothing else. It is called a distance, and
# printed as a square: in units of the features, squared.

# %% [markdown]
# ## 2 · The Fréchet distance of two clouds
#
# `a` is (N, F), `b` is (M, F). Write the whole formula, with covariances divided by N − 1, and the trace of the
# root of C_a C_b. There may be fewer points than numbers, and N and M may differ. Compute in float64.
#
# <details><summary>Hint 1</summary><code>torch.cov(a.T)</code> is (F, F).</details>
# <details><summary>Hint 2</summary>The trace of a root is the sum of the roots of the eigenvalues. C_a C_b has
# the same eigenvalues as C_a^½ C_b C_a^½, which is symmetric: <code>torch.linalg.eigvalsh</code>.</details>
# <details><summary>Hint 3</summary><code>values, vectors = torch.linalg.eigh(C)</code>, and C^½ is
# <code>vectors * values.clamp_min(0).sqrt() @ vectors.T</code>. An eigenvalue that should be 0 may come out as
# −1e-17, and its root is nan.</details>


# %% exercise="frechet-clouds"
def frechet(a, b):
    """Return the Fréchet distance of two clouds (N, F) and (M, F)."""
    ### BEGIN SOLUTION
    a, b = a.double(), b.double()
    cov_a, cov_b = torch.cov(a.T), torch.cov(b.T)
    values, vectors = torch.linalg.eigh(cov_a)
    root_a = vectors * values.clamp_min(0).sqrt() @ vectors.T
    middle = torch.linalg.eigvalsh(root_a @ cov_b @ root_a).clamp_min(0).sqrt().sum()
    return float((a.mean(0) - b.mean(0)).square().sum() + cov_a.trace() + cov_b.trace() - 2 * middle)
    ### END SOLUTION


# %% check="frechet-clouds"
check.frechet_clouds(frechet)

# %% [markdown] tags=["explanation"]
# **Why.** eigh is for symmetric matrices, and C_a C_b is none; C_a^½ C_b C_a^½ is, with the same eigenvalues.
# With fewer points than numbers most of them should be 0. Rounding makes some a little negative. So there are
# two problems of few points, and they are not the same: a **numerical** one (nan, complex numbers), which
# clamping cures, and the **bias**, which it does not.

# %% [markdown]
# ## 3 · The kernel distance
#
# With k(x, y) = (x · y / F + 1)³: the mean of k over all pairs of **different** points of `a`, plus the same
# for `b`, minus twice the mean over all pairs of one point of `a` and one of `b`.
#
# <details><summary>Hint 1</summary><code>(a @ b.T / a.shape[1] + 1) ** 3</code> is the table of all
# pairs.</details>
# <details><summary>Hint 2</summary>A table (N, N) without its diagonal has N (N − 1) numbers; its trace is the
# sum of the diagonal.</details>


# %% exercise="kernel-distance"
def kernel_distance(a, b):
    """Return the unbiased squared kernel distance of two clouds (N, F) and (M, F)."""

    ### BEGIN SOLUTION
    def table(x, y):
        return (x.double() @ y.double().T / x.shape[1] + 1) ** 3

    def within(cloud):
        pairs, n = table(cloud, cloud), len(cloud)
        return (pairs.sum() - pairs.trace()) / (n * (n - 1))

    return float(within(a) + within(b) - 2 * table(a, b).mean())
    ### END SOLUTION


# %% check="kernel-distance"
check.kernel_distance(kernel_distance)

# %% [markdown] tags=["explanation"]
# **Why.** k(x, x) is large: a point is very like itself. With n points it is one pair of n, so its share falls
# like 1/n: that is where the bias of the plain mean comes from. Without it the estimate is right in the mean,
# for every n. Then it must fall below 0 for equal clouds about as often as above. Whoever cuts that off puts
# the bias back.

# %% [markdown]
# ## 4 · Precision and recall
#
# Three tables of distances are given: `real_real` (N, N), `fake_fake` (M, M) and `real_fake` (N, M). Each point
# has a ball that reaches to its own k-th neighbour in its own set, not counting itself; the rim belongs to the
# ball.
#
# * precision: the share of fakes that lie in the ball of **some** real point;
# * recall: the share of real points that lie in the ball of some fake.
#
# <details><summary>Hint 1</summary><code>table.sort(dim=1).values[:, k]</code>: place 0 is the point
# itself.</details>
# <details><summary>Hint 2</summary><code>real_fake &lt;= radius[:, None]</code> is (N, M): true where real i
# has fake j in its ball. <code>.any(dim=0)</code> asks each fake.</details>
# <details><summary>Hint 3</summary>Recall is the same function, called with <code>fake_fake</code> and
# <code>real_fake.T</code>.</details>


# %% exercise="precision-recall"
def precision_recall(real_real, fake_fake, real_fake, k):
    """Return (precision, recall) of tables of distances."""

    ### BEGIN SOLUTION
    def share_inside(within, across):
        radius = within.sort(dim=1).values[:, k]
        return float((across <= radius[:, None]).any(dim=0).double().mean())

    return share_inside(real_real, real_fake), share_inside(fake_fake, real_fake.T)
    ### END SOLUTION


# %% check="precision-recall"
check.precision_recall(precision_recall)

# %% [markdown] tags=["explanation"]
# **Why.** The two questions are the same question with the roles exchanged. The balls are as large as the data
# are sparse: around an outlier there is a huge one, and every fake inside it counts as precise. That is why
# density counts *how many* balls hold a fake, and why coverage asks the balls.

# %% [markdown]
# ## 5 · The coverage of equal sets
#
# Coverage is the share of real balls (k-th neighbour among the reals) that hold at least one fake. The N real
# points and the M fakes now come from **one** distribution: the generator is perfect. What coverage do you
# expect? Exactly, not by trying.
#
# <details><summary>Hint 1</summary>Take one real point. Line up all N + M − 1 other points by their distance to
# it. When is its ball empty of fakes?</details>
# <details><summary>Hint 2</summary>Its ball is empty when the k nearest others are all real. The first is real
# with a chance of (N − 1) / (N + M − 1). The second?</details>


# %% exercise="expected-coverage"
def expected_coverage(real_count, fake_count, k):
    """Return the coverage to expect of a perfect generator."""
    ### BEGIN SOLUTION
    empty = math.prod((real_count - i) / (real_count + fake_count - i) for i in range(1, k + 1))
    return 1 - empty
    ### END SOLUTION


# %% check="expected-coverage"
check.expected_coverage(expected_coverage)

# %% [markdown] tags=["explanation"]
# **Why.** Real and fake points of one distribution are like cards that were shuffled: every order is equally
# likely. The ball is empty when the first k cards after the point itself are all real: (N − 1)/(N + M − 1),
# then (N − 2)/(N + M − 2), and so on. For large sets of equal size that is ½ each, so about 1 − 2^−k. A perfect
# generator does not reach 1, and a coverage of 1 at k = 5 would be suspicious: perhaps it copies.

# %%
try:
    for k in (1, 3, 5, 10):
        a, b = torch.randn(2, 1000, 8, generator=torch.Generator().manual_seed(seed + k))
        _, coverage = neighbours.density_coverage(a, b, k=k)
        print(
            f"k = {k:2}: expected {expected_coverage(1000, 1000, k):.3f}, found {coverage:.3f} on 1,000 points a side"
        )
except NotImplementedError:
    print("expected_coverage must be written first.")

# %% [markdown]
# ## 6 · Leave one out
#
# Put `real` (N, F) and `fake` (M, F) together. Each point looks for the nearest **other** point and is told to
# be of its kind. Return two shares: how many of the reals are told right, and how many of the fakes.
#
# <details><summary>Hint 1</summary><code>torch.cdist(points, points)</code>, with inf on its diagonal:
# <code>fill_diagonal_</code>.</details>
# <details><summary>Hint 2</summary>A label for each point: <code>torch.arange(N + M) &lt; N</code>.</details>


# %% exercise="leave-one-out"
def leave_one_out(real, fake):
    """Return (share of the reals told right, share of the fakes told right)."""
    ### BEGIN SOLUTION
    points = torch.cat([real, fake]).double()
    is_real = torch.arange(len(points)) < len(real)
    nearest = torch.cdist(points, points).fill_diagonal_(math.inf).argmin(dim=1)
    right = (is_real[nearest] == is_real).double()
    return float(right[is_real].mean()), float(right[~is_real].mean())
    ### END SOLUTION


# %% check="leave-one-out"
check.leave_one_out(leave_one_out)

# %% [markdown] tags=["explanation"]
# **Why.** Two equal clouds: ½. Two clouds apart: 1. And **below** ½ is no very good generator, but a copier:
# the nearest point to each fake is its original, and the other way round. The halves say more than their mean.
# Few pictures, each repeated: the fakes find each other, so their half is 1, and the reals' half may be
# anything.

# %% [markdown]
# ## 7 · Name what is wrong
#
# Seven sets of 240 points in the plane. The real points come from four Gaussians. In six of the seven sets one
# thing is wrong. You do not see the points. You see what the measures say. (FD is computed on the plane's two
# coordinates.)

# %%
cases = check.draw_cases(seed)
print("The names:", ", ".join(check.SPOILS))
for case in cases:
    print(check.in_words(case))

# %% [markdown]
# <details><summary>Hint 1</summary>Begin with the signs that only one set can have: 1-NN far below 0.5; a
# recall of 0; a precision of a half.</details>
# <details><summary>Hint 2</summary>Two of the rest have an FD well above the others. In one of them 1-NN can
# hardly tell.</details>
# <details><summary>Hint 3</summary>FD sees means and covariances. Points too near to four middles hardly change
# either. Who sees it?</details>


# %% exercise="name-the-spoils"
def diagnosis():
    """Return {"A": name, …, "G": name}; the names are those of the list above."""
    ### BEGIN SOLUTION
    return {
        "A": "a mode is missing",
        "B": "too near the middles",
        "C": "twelve points repeated",
        "D": "all of it is moved",
        "E": "copies of the reference",
        "F": "nothing is wrong",
        "G": "half of it is noise",
    }
    ### END SOLUTION


# %% check="name-the-spoils"
check.name_the_spoils(diagnosis, cases)

# %% [markdown] tags=["explanation"]
# **Why.** From the sure signs to the unsure ones:
#
# * 1-NN tells almost nobody right: **copies of the reference**. FD is 0 and precision and recall are 1. Without
#   the 1-NN test this would be the best generator of all.
# * Recall is 0, and nearly all fakes are told: **twelve points repeated**. FD is small.
# * Precision near a half with a high recall: **half of it is noise**. Noise has large balls, so recall is
#   flattered.
# * A large FD, coverage near ¾, and a 1-NN test that can hardly tell: **a mode is missing**. The fakes that are
#   there are right.
# * A large FD, and 1-NN tells both halves: **all of it is moved**.
# * An FD like that of real points, but a low recall: **too near the middles**. Mean and covariance come from
#   where the four modes lie; FD is blind to the rest.
# * What is left has a small FD, both shares high, and 1-NN at a half: **nothing is wrong**.

# %% [markdown]
# ## 8 · Which two may be compared
#
# Eight pairs of lines, as papers and programs write them. Two numbers stand behind each pair. What forbids to
# compare them?

# %%
for letter, (one, other) in check.PAIRS.items():
    print(f"{letter}  {one}\n   {other}")
print("Answer with one of:", ", ".join(check.REASONS))

# %% [markdown]
# <details><summary>Hint 1</summary>Lay the lines of a pair under each other and look for the first word that
# differs. Then ask whether it matters.</details>
# <details><summary>Hint 2</summary>Two of the eight may be compared.</details>


# %% exercise="comparable"
def forbidden_by():
    """Return {"A": reason, …, "H": reason}; the reasons are those of the list above."""
    ### BEGIN SOLUTION
    return {
        "A": "n",
        "B": "nothing",
        "C": "network",
        "D": "reference",
        "E": "resizer",
        "F": "nothing",
        "G": "measure",
        "H": "network",
    }
    ### END SOLUTION


# %% check="comparable"
check.comparable(forbidden_by)

# %% [markdown] tags=["explanation"]
# **Why.** FD is larger with few pictures (A). The kernel distance is not, in the mean (B); one draw of few
# pictures is only less sure. One name, FID, has been used for features of different weights (C). Two halves of
# one file are two references (D). What made the pictures smaller changes every one of them (E). Seeds and
# batches are chance or nothing (F). And a discriminator as a judge knows its own generator (H).

# %% [markdown]
# ## 9 · The line to infinitely many
#
# Somebody measured FD with n = 100, 200, … samples: `n` and `values`, both (K,). Lay the line a + b/n through
# them, by least squares, and return (a, b). What would infinitely many samples give?
#
# <details><summary>Hint 1</summary>It is a straight line in x = 1/n.</details>
# <details><summary>Hint 2</summary><code>torch.linalg.lstsq</code> wants a column of ones and a column of 1/n,
# both float64.</details>


# %% exercise="bias-line"
def bias_line(n, values):
    """Return (a, b) of the least-squares line a + b/n."""
    ### BEGIN SOLUTION
    columns = torch.stack([torch.ones(len(n)), 1 / n], dim=1).double()
    a, b = torch.linalg.lstsq(columns, values.double()[:, None]).solution.flatten().tolist()
    return a, b
    ### END SOLUTION


# %% check="bias-line"
check.bias_line(bias_line)

# %% [markdown] tags=["explanation"]
# **Why.** Means and covariances of n pictures are off by something whose square falls like 1/n. So the measured
# distance is near a + b/n, and a is where the line meets 1/n = 0. Only the number of *generated* pictures was
# varied: the reference has its own bias, and no line through these points takes it away.

# %%
digits = load_images("mnist", "test", stand_in=True)
real = classifier.features(scale(digits.images))


def draw(seed, n=count, name="mnist_mlp"):
    """Return the features (n, 64) of n samples of a recorded generator."""
    with torch.no_grad():
        return classifier.features(recorded.load_run(name).generator(latent.sample(n, 100, seed)))


# %%
sizes = torch.tensor([count // 20, count // 10, count // 4, count // 2, count])
values = torch.tensor([mean(metrics.frechet_distance(draw(s, int(n)), real) for s in range(3)) for n in sizes])
try:
    a, b = bias_line(sizes, values)
    for n, value in zip(sizes.tolist(), values.tolist(), strict=True):
        print(f"n = {n:5}: FD {value:6.1f}, the line says {a + b / n:6.1f}")
    print(f"With infinitely many samples the line says {a:.1f}{digits.title_note}.")
except NotImplementedError:
    print("bias_line must be written first.")

# %% [markdown]
# Read it with care: five points, three draws each, and a line is always there to be drawn. Does it fit?

# %% [markdown]
# ## 10 · Fake the moments
#
# `fake` is (M, F), `real` is (N, F). Move the fakes so that their Fréchet distance to the real ones is 0, by
# the same stretching for all: out = (fake − mean of the fakes) @ W + shift, with a matrix W (F, F) that you
# find. Row i of the result must come from fake i: neither real points nor noise are allowed.
#
# <details><summary>Hint 1</summary>The distance is 0 when both means and both covariances are equal.</details>
# <details><summary>Hint 2</summary>centred @ C_fake^−½ has the covariance 1. What does one more product
# do?</details>
# <details><summary>Hint 3</summary>A power of a covariance: <code>values, vectors =
# torch.linalg.eigh(C)</code>, then <code>vectors * values ** power @ vectors.T</code>.</details>


# %% exercise="recoloured"
def recoloured(fake, real):
    """Return the fakes, stretched and moved to the real mean and covariance: (M, F)."""

    ### BEGIN SOLUTION
    def power(cloud, exponent):
        values, vectors = torch.linalg.eigh(torch.cov(cloud.T))
        return vectors * values.clamp_min(1e-12) ** exponent @ vectors.T

    fake, real = fake.double(), real.double()
    return (fake - fake.mean(0)) @ power(fake, -0.5) @ power(real, 0.5) + real.mean(0)
    ### END SOLUTION


# %% check="recoloured"
check.recoloured(recoloured)

# %% [markdown] tags=["explanation"]
# **Why.** Whitening takes the fakes' own covariance off, colouring puts the real one on, the shift does the
# mean. Every fake went the same way, so what was wrong with it is still wrong with it. FD compares two moments,
# and these can be bought.

# %% [markdown] tags=["predict"]
# **Predict.** We recolour the features of samples of the recorded MLP generator to the moments of real training
# digits, and measure against test digits. What will FD say: better than real digits, as good, or worse? And the
# 1-NN test?

# %%
train = load_images("mnist", "train", stand_in=True)
order = torch.randperm(len(train.images), generator=torch.Generator().manual_seed(seed))
other_real = classifier.features(scale(train.images[order[:count]]))
some = real[torch.randperm(len(real), generator=torch.Generator().manual_seed(seed))[: min(1000, count)]]
try:
    sets = {"real digits": other_real, "samples": draw(seed), "recoloured": recoloured(draw(seed), other_real)}
    for name, cloud in sets.items():
        test = neighbours.one_nearest_neighbour(some, cloud[: len(some)])
        print(f"{name:12} FD {metrics.frechet_distance(cloud, real):5.1f}", end=", ")
        print(f"kernel distance {kernel.kernel_distance(cloud.double(), real):6.1f}, 1-NN tells {test.accuracy:.0%}")
except NotImplementedError:
    print("recoloured must be written first.")

# %% [markdown]
# FD cannot tell the recoloured samples from real digits. The 1-NN test still can, as easily as before or nearly
# so. (These are features and no pictures: no generator drew them. But whoever trains a generator on FD's own
# features walks in this direction.)

# %% [markdown]
# ## 11 · The report card
#
# Somebody hands you a run. `draw(seed)` gives the features (n, F) of one draw of samples. `reference` are
# features of real pictures, `other_real` those of real pictures that are not among them. `distance(a, b)` is
# some distance. Return a dict:
#
# * `"n"`: samples behind one distance; `"reference"`: pictures in the reference; `"seeds"`: number of draws;
# * `"mean"` and `"spread"`: mean and standard deviation (divided by one less) over the draws, one for each
#   seed;
# * `"real"`: the yardstick, the distance from **as many** other real pictures to the same reference.
#
# <details><summary>Hint 1</summary><code>mean</code> and <code>stdev</code> are imported above.</details>
# <details><summary>Hint 2</summary><code>other_real</code> may have more than n pictures: take the first
# n.</details>


# %% exercise="report-card"
def report_card(draw, reference, other_real, distance, seeds):
    """Return n, reference, seeds, mean, spread and real."""
    ### BEGIN SOLUTION
    clouds = [draw(seed) for seed in seeds]
    values = [distance(cloud, reference) for cloud in clouds]
    n = len(clouds[0])
    return {
        "n": n,
        "reference": len(reference),
        "seeds": len(seeds),
        "mean": mean(values),
        "spread": stdev(values),
        "real": distance(other_real[:n], reference),
    }
    ### END SOLUTION


# %% check="report-card"
check.report_card(report_card)

# %% [markdown] tags=["explanation"]
# **Why.** n, because of the bias. The reference, because its halves lie apart. Several draws and their spread,
# because one draw is luck, and the best of many is more luck. And real pictures beside it, because no distance
# says by itself what good is. The network is missing in this dict: `distance` and `draw` hide it. Write it
# beside the card.

# %%
try:
    for name in ("mnist_mlp", "mnist_dcgan"):
        card = report_card(
            lambda s, name=name: draw(s, name=name), real, other_real, metrics.frechet_distance, [1, 2, 3]
        )
        print(
            f"{name:12} FD {card['mean']:.1f} ± {card['spread']:.1f} over {card['seeds']} draws of {card['n']:,};",
            end=" ",
        )
        print(f"real digits {card['real']:.1f}; reference {card['reference']:,} test digits{digits.title_note}")
except NotImplementedError:
    print("report_card must be written first.")

# %% [markdown]
# And a run of your own? Train one with lesson 04 or 06, or with `python -m dcgan_course train`, and put its
# generator into `draw`. `python -m dcgan_course evaluate` prints such a card, too.
