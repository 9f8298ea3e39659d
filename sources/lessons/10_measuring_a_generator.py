# ---
# jupyter:
#   jupytext:
#     text_representation:
#       extension: .py
#       format_name: percent
# ---

# %% [markdown]
# # 10 · Measuring a generator
#
# *Is it any good? Says who?*
#
# **You will be able to**
#
# * **build** the usual measures in ten lines each, and check them by hand;
# * **say** what each of them cannot see;
# * **name** what must stand beside a number before it can be compared;
# * **write** the report card of a run.
#
# **You need first**: [05 · When training fails](05_when_training_fails.ipynb): modes and the reverse KL.
# [06 · DCGAN, layer by layer](06_dcgan_layer_by_layer.ipynb): features and the Fréchet distance.
#
# **Time**: 50 minutes, of which 0 are training: the generators are recorded. All cells together take about
# three minutes on a 2-core CPU.

# %% tags=["parameters"]
from dcgan_course.budget import course_budget

budget = course_budget()  # "smoke", "cpu" or "gpu"; the variable DCGAN_COURSE_BUDGET chooses
count = {"smoke": 400, "cpu": 4000, "gpu": 5000}[budget]  # pictures in one set; to draw and read 4,000 costs 3 s
few = {"smoke": 200, "cpu": 1000, "gpu": 1500}[budget]  # pictures a side where neighbours are searched; 1,000: 0.3 s
draws = {"smoke": 2, "cpu": 4, "gpu": 5}[budget]  # draws of z for each generator
small = {"smoke": 60, "cpu": 500, "gpu": 2000}[budget]  # colour pictures that are resized; 500 cost about 15 s
seed = 0

# %%
import math
from statistics import mean, stdev

import matplotlib.pyplot as plt
import torch
from torch.nn.functional import adaptive_max_pool2d, interpolate

from dcgan_course import drawing, latent, recorded, widgets
from dcgan_course.data import load_images, scale
from dcgan_course.evaluation import kernel, metrics, neighbours, report, torture
from dcgan_course.evaluation.figures.measures import balls_figure, ellipses_figure, preferences_figure
from dcgan_course.toy.mixtures import ring_of_8
from dcgan_course.toy.modes import count_modes

# %% [markdown]
# ## What is a good generator?
#
# Three questions, and a generator can fail each of them alone:
#
# * **Quality.** Could this picture be a real one?
# * **Coverage.** Is everything there that real pictures show: all digits, all ways to write them?
# * [**Novelty**](../GLOSSARY.md#novelty). Are the pictures new? A list of the training pictures has perfect
#   quality and perfect coverage. It is a list.
#
# Looking answers the first question only, and slowly. So people look for numbers. To learn what a number sees,
# we do not begin with a generator. We take *real* digits and spoil them, each set in one known way. Then we
# know what a measure should say.

# %%
drawing.use_course_style()
train, test = (load_images("mnist", split, stand_in=True) for split in ("train", "test"))
random = torch.Generator().manual_seed(seed)
order = torch.randperm(len(test.images), generator=random)
reference, labels = scale(test.images[order]), test.labels[order]  # what all sets are compared with
order = torch.randperm(len(train.images), generator=random)[: 2 * count]
real, real_labels = scale(train.images[order]), train.labels[order]  # other real digits, to be spoiled
print(f"{len(reference):,} test digits in a drawn order, {len(real):,} other real digits{test.title_note}.")

# %% tags=["slide"]
names = ("real", "one class missing", "a fiftieth, copied 50 times", "one picture a class", "half noise", "blur, σ 1")
names += ("shift, 2 pixels", "mirrored", "noise, σ 0.2", "half size and back, antialias", "half size and back, nearest")
sets = {name: torture.SPOILS[name](train, count, seed)[:12].clone() for name in (*names, "uniform noise")}
drawing.show_png(
    drawing.labelled_rows_png(
        torch.stack(list(sets.values())), list(sets), title="Some sets look spoiled, some look fine and are not"
    ),
    alt="One row of twelve digits for each spoiled set: a class missing, copies, half noise, blurred, moved, mirrored, resized.",
    width=840,
)

# %% [markdown] tags=["predict", "slide"]
# **Predict first.** The Fréchet distance (FD) of lesson 06 is 0 when two sets look alike to a classifier of
# digits. Order these five sets from the nearest to real digits to the farthest, and write your order into the
# next cell. What would a child say? What will FD say? The answer comes with the table below.
#
# <details name="predict-10-1"><summary>A · FD will order them as a child does: moved digits nearest</summary>A
# child sees the digit wherever it stands. The classifier's numbers change with the place, and FD sees nothing
# but those numbers.</details>
# <details name="predict-10-1"><summary>B · FD will call the copies farthest: they are not new</summary>FD
# compares mean and covariance of two clouds. It never asks whether two points are one.</details>
# <details name="predict-10-1"><summary>C · FD will call blurred digits farther than copies of a
# few</summary>Yes. Copies have nearly the right mean and spread in these numbers, and blur moves all of
# them.</details>

# %%
my_order = ["shift, 2 pixels", "noise, σ 0.2", "one class missing", "blur, σ 1", "a fiftieth, copied 50 times"]  # yours

# %% [markdown]
# ## What does a measure look at?
#
# Not at pixels. A [**feature network**](../GLOSSARY.md#feature-network) turns each picture into some numbers,
# its features. Here it is the classifier of digits that comes with the course, with 64 numbers a picture. (In
# papers it is mostly a network called Inception, with 2,048; the name FID belongs to its features alone.) A set
# of pictures becomes a cloud of points. A measure compares two clouds.

# %% tags=["slide"]
classifier = recorded.digit_classifier()


@torch.no_grad()
def features(pictures, network=classifier.features):
    """Return one row of numbers a picture: (N, 64) for the classifier."""
    return torch.cat([network(part) for part in pictures.split(200)])


reference_cloud, real_cloud = features(reference), features(real)
print(f"pictures {tuple(reference.shape)} → features {tuple(reference_cloud.shape)}")

# %% [markdown]
# ## What does the Fréchet distance see?
#
# Two things of each cloud: its mean m and its covariance C.
#
# $$|m_a - m_b|^2 + \operatorname{tr}\left(C_a + C_b - 2 (C_a C_b)^{1/2}\right)$$
#
# By hand: on a line let a be the points −1 and 1, and b the points 2 and 6. The means are 0 and 4, the
# variances 2 and 8. So it is 16 + 2 + 8 − 2 · √16 = 18.


# %% tags=["builds", "slide"]
def frechet_distance(features_a, features_b):
    a, b = features_a.double(), features_b.double()
    cov_a, cov_b = ((x - x.mean(0)).T @ (x - x.mean(0)) / (len(x) - 1) for x in (a, b))
    values, vectors = torch.linalg.eigh(cov_a)
    root_a = vectors * values.clamp_min(0).sqrt() @ vectors.T
    roots = torch.linalg.eigvalsh(root_a @ cov_b @ root_a).clamp_min(0).sqrt()
    return float((a.mean(0) - b.mean(0)).square().sum() + cov_a.trace() + cov_b.trace() - 2 * roots.sum())


# %%
def line(*numbers):
    return torch.tensor(numbers, dtype=torch.float64)[:, None]  # points on a line: (N, 1)


def beside_the_packages(ours, theirs):
    """Measure real digits with both, as many on each side."""
    pair = reference_cloud[:few], real_cloud[:few]
    print(f"{few:,} real digits a side: ours {ours(*pair):.4f}, the package's {theirs(*pair):.4f}")


print(f"by hand 18; ours {frechet_distance(line(-1, 1), line(2, 6)):.3f}")
beside_the_packages(frechet_distance, metrics.frechet_distance)

# %% [markdown]
# Mean and covariance make an ellipse. So FD compares ellipses. Here are three spoiled sets, in the two
# directions in which real digits differ most.

# %% tags=["slide"]
shown = {"real": reference_cloud} | {
    name: features(torture.SPOILS[name](train, count, seed))
    for name in ("blur, σ 1", "a fiftieth, copied 50 times", "one class missing")
}
drawing.show(
    ellipses_figure(shown, "FD compares ellipses, not points"),
    alt="Three panels, real digits in blue: blurred digits have a smaller, moved ellipse; those of copies and of a missing class nearly agree.",
)

# %% [markdown]
# Some dozens of digits, copied again and again, have nearly the right ellipse. And what about a cloud that has
# *only* the ellipse? We draw random numbers from a Gaussian with the mean and the covariance of real digits. No
# digit is behind them.

# %%
half_a, half_b = real_cloud.double().chunk(2)
gaussian = torch.distributions.MultivariateNormal(half_a.mean(0), torch.cov(half_a.T) + 1e-6 * torch.eye(64))
torch.manual_seed(seed)
impostor = gaussian.sample((len(half_b),))
for name, cloud in (("other real digits", half_b), ("random numbers", impostor)):
    print(f"{name}: FD {metrics.frechet_distance(cloud, reference_cloud):.2f}")

# %% [markdown]
# Beside the distances in the table below, both are small. FD hardly tells random numbers from digits, if their
# two moments are right. We keep this impostor for the other measures.
#
# ## Can a distance be below 0?
#
# The kernel distance (KID) takes a function k that says how alike two points are. It asks: are points of one
# cloud more alike to each other than to those of the other?
#
# $$\operatorname{mean}_{i \neq j} k(a_i, a_j) + \operatorname{mean}_{i \neq j} k(b_i, b_j) - 2 \operatorname{mean}_{i, j} k(a_i, b_j)$$
#
# with $k(x, y) = (x \cdot y / F + 1)^3$. F is how many features there are. The cube sees one thing more than
# mean and covariance: skewness. No point is compared with itself. That makes the
# [**kernel distance**](../GLOSSARY.md#kernel-distance) right in the mean for every number of pictures.
#
# By hand: a is 0 and 1, b is 1 and 2. Within a: k(0, 1) = 1. Within b: k(1, 2) = 27. Across: 1, 1, 8 and 27,
# with the mean 9.25. So it is 1 + 27 − 18.5 = 9.5.


# %% tags=["builds", "slide"]
def kernel_distance(features_a, features_b):
    a, b = features_a.double(), features_b.double()
    aa, bb, ab = ((x @ y.T / x.shape[1] + 1) ** 3 for x, y in ((a, a), (b, b), (a, b)))
    within_a = (aa.sum() - aa.trace()) / (len(a) * (len(a) - 1))
    within_b = (bb.sum() - bb.trace()) / (len(b) * (len(b) - 1))
    return float(within_a + within_b - 2 * ab.mean())


# %%
print(f"by hand 9.5; ours {kernel_distance(line(0, 1), line(1, 2)):.3f}")
print(f"two equal clouds, 0 and 1: {kernel_distance(line(0, 1), line(0, 1)):.3f}")
beside_the_packages(kernel_distance, kernel.kernel_distance)
for name, cloud in (("other real digits", half_b), ("random numbers", impostor)):
    print(f"{name}: kernel distance {kernel.kernel_distance(cloud, reference_cloud):.1f}")

# %% [markdown]
# Two equal clouds come out *below* 0. That is no error. What is right in the mean must lie below the truth
# about as often as above it, and here the truth is 0. A program that cuts it off at 0 is wrong in the mean. And
# the impostor is found: its skewness is wrong.
#
# ## Can one number be split into two?
#
# A distance says "far" and not why. Precision and recall part quality from coverage. Each point gets a ball
# that reaches to its k-th neighbour in its own set.
#
# * [**Precision**](../GLOSSARY.md#precision): the share of fakes inside some real ball.
# * [**Recall**](../GLOSSARY.md#recall): the share of real points inside some ball of a fake.
#
# By hand, with k = 1: real points at 0, 1, 2 and 10, fakes at 0.5, 1.5, 11 and 20.


# %% tags=["builds"]
def precision_recall(real, fake, k=3):
    across = torch.cdist(real.double(), fake.double())
    real_radius, fake_radius = (torch.cdist(x.double(), x.double()).sort(dim=1).values[:, k] for x in (real, fake))
    precision = (across <= real_radius[:, None]).any(dim=0).double().mean()
    recall = (across <= fake_radius).any(dim=1).double().mean()
    return float(precision), float(recall)


# %% tags=["slide"]
reals, fakes = line(0, 1, 2, 10), line(0.5, 1.5, 11, 20)
drawing.show(
    balls_figure(reals, fakes, 1, "The outlier at 10 has a ball eight times as wide"),
    alt="Four real points on a line with their balls, one a row; the ball of the point at 10 is eight times as large.",
)

# %%
print("precision {:.2f}, recall {:.2f}".format(*precision_recall(reals, fakes, k=1)))
beside_the_packages(lambda *pair: precision_recall(*pair)[0], lambda *pair: neighbours.precision_recall(*pair)[0])
print(f"random numbers: precision {neighbours.precision_recall(reference_cloud[:few], impostor[:few])[0]:.2f}")

# %% [markdown]
# Only the fake at 20 lies in no ball. But look at the fake at 11. It is far from the crowd, and one outlier's
# ball holds it. Two more numbers answer that. [**Density**](../GLOSSARY.md#density) counts *how many* real
# balls hold a fake, divided by k. [**Coverage**](../GLOSSARY.md#coverage) is the share of real balls that hold
# a fake. Balls are drawn round real points alone.


# %% tags=["builds", "slide"]
def density_coverage(real, fake, k=5):
    radius = torch.cdist(real.double(), real.double()).sort(dim=1).values[:, k]
    inside = torch.cdist(real.double(), fake.double()) <= radius[:, None]
    return float(inside.sum() / (k * len(fake))), float(inside.any(dim=1).double().mean())


# %%
print(
    "by hand: 2, 2, 1 and 0 balls hold the fakes. Density {:.2f}, coverage {:.2f}".format(
        *density_coverage(reals, fakes, 1)
    )
)
crowd = torch.randn(500, 2, generator=random)
crowd[:3] = torch.tensor([[40.0, 0], [41, 0], [40, 1]])  # three outliers, and all fakes beside them
lost = torch.tensor([40.3, 0.3]) + 0.1 * torch.randn(500, 2, generator=random)
print(f"All fakes beside three outliers of 500: precision {precision_recall(crowd, lost)[0]:.2f},", end=" ")
print("density {:.2f}, coverage {:.3f}".format(*density_coverage(crowd, lost)))

# %% [markdown]
# Precision says perfect, where every fake is lost. Coverage says that nearly no real ball holds one. And what
# do *real* digits get? Not 1: with few points, chance leaves balls empty. For equal sets coverage is near 1 −
# 2⁻ᵏ (exercise 5). So read these four beside real digits, too.
#
# ## Can somebody tell the sets apart?
#
# A [**two-sample test**](../GLOSSARY.md#two-sample-test) lays both sets together. Each point looks for its
# nearest *other* point (1-NN), and is told to be of that kind. One half right: alike. All right: apart. The two
# halves say more than their mean. By hand, on the same line: 0, 1 and 2 lie next to fakes, 10 lies next to 11.
# No real point is told right. Of the fakes only 20 is.


# %%
def halves(real, fake):
    """Return the share of real points, and of fakes, that their nearest other point tells right."""
    points, is_real = torch.cat([real, fake]).double(), torch.arange(len(real) + len(fake)) < len(real)
    nearest = torch.cdist(points, points).fill_diagonal_(math.inf).argmin(dim=1)
    right = (is_real[nearest] == is_real).double()
    return float(right[is_real].mean()), float(right[~is_real].mean())


# %% tags=["slide"]
print("by hand 0 and ¼; ours {:.2f} and {:.2f}".format(*halves(reals, fakes)))
beside_the_packages(lambda *pair: mean(halves(*pair)), lambda *pair: neighbours.one_nearest_neighbour(*pair).accuracy)
print(
    f"random numbers: {neighbours.one_nearest_neighbour(reference_cloud[:few], impostor[:few]).accuracy:.2f} told right"
)

# %% [markdown]
# ## And without real pictures?
#
# The [**inception score**](../GLOSSARY.md#inception-score) asks the samples alone. A classifier reads each. Is
# it sure, and do all classes come up? The score is exp of the mean KL between its answer for one picture and
# its mean answer: 1 at worst, the number of classes at best. By hand, for two classes: sure, and both come up,
# gives exp(log 2), which is 2. Sure, but always one class, gives 1. Never sure gives 1 as well.


# %% tags=["slide"]
def inception_score(logits):
    p = logits.double().log_softmax(dim=1)
    gain = (p.exp() * (p - p.exp().mean(0).log())).sum(dim=1)
    return float(gain.mean().exp())


sure = 50 * torch.eye(2)
for name, logits in (("sure, both classes", sure), ("sure, one class", sure[[0, 0]]), ("unsure", 0 * sure)):
    print(f"{name}: {inception_score(logits):.2f}, the package's {metrics.inception_score(logits):.2f}")

# %% [markdown]
# Where the modes are known, one can also count them, as lesson 05 did. One trap remains there. We put points
# round all eight centres of the ring, ten times as wide as they should be.

# %%
ring = ring_of_8()
wide = ring.centres[torch.arange(2500) % 8] + 10 * ring.sigma * torch.randn(2500, 2, generator=random)
print(count_modes(wide, ring))

# %% [markdown]
# All modes and a reverse KL of 0, with hardly a good point. Modes and KL see coverage; the share of good points
# must stand beside them.
#
# ## What is each measure blind to?
#
# Now all measures on all spoiled sets: the torture table. FD, kernel distance: smaller is better. The first row
# is the yardstick: real digits, not spoiled.

# %% tags=["slide"]
rows = torture.torture_table(classifier, train, test, count, few, seed, list(sets))
head = ("FD", "kernel", "inception", "precision", "recall", "density", "coverage", "1-NN", "its fakes")
print(f"{'':32}" + "".join(f"{word:>10}" for word in head))
for row in rows:
    values = (row.precision, row.recall, row.density, row.coverage, row.two_sample, row.two_sample_fake)
    shares = "".join(f"{value:10.2f}" for value in values)
    print(f"{row.name:32}{row.frechet:10.1f}{row.kernel:10.1f}{row.inception:10.2f}{shares}")
print(
    f"{rows[0].count:,} pictures a side, {rows[0].neighbours:,} where neighbours are searched (k = 5){test.title_note}"
)

# %%
distance = {row.name: row.frechet for row in rows}
found = sorted(my_order, key=distance.get)
pairs = [(a, b) for i, a in enumerate(found) for b in found[i + 1 :]]
agree = sum(my_order.index(a) < my_order.index(b) for a, b in pairs)
print("FD's order:", " < ".join(f"{name} ({distance[name]:.0f})" for name in found))
print("my order:  ", " < ".join(my_order), f"({agree} of {len(pairs)} pairs as FD has them)")

# %% [markdown] tags=["slide"]
# Read the table row by row. Each line here holds for thousands of MNIST's digits a side. With a few hundred, as
# in the `smoke` budget, chance hides some of it, and copies of very few pictures are far by FD too.
#
# | spoiled by | who sees it | who does not |
# | --- | --- | --- |
# | **a class is missing** | FD, kernel distance | 1-NN stays near a half: nine tenths of the digits are right |
# | **few pictures, many copies** | recall, coverage, 1-NN | FD: some dozens of digits, copied, lie nearer than the MLP below |
# | **one picture a class** | FD, kernel distance, recall, coverage, 1-NN | **inception score**: nearly that of real digits. Precision and density |
# | **half noise** | FD, inception score, 1-NN | **recall**: noise has huge balls itself. Precision by chance: often one odd real digit has a ball that takes in all noise |
# | **blur** | FD, recall | **precision** hardly: most blurred digits lie inside the balls |
# | **moved by 2 pixels** | FD, 1-NN | inception score. And a child would see nothing wrong |
# | **resized** | FD: the resizer decides, not the digit | inception score, with nearest pixels |
#
# So FD calls blurred but legible digits far worse than a few digits copied again and again. It does not measure
# what we see. It measures what this network sees, and of that two moments. A single number can always be
# satisfied by a wrong set.
#
# ## Can you fool a measure?
#
# Five sliders spoil one set of digits, and all measures follow. Try: make FD large while precision stays high.
# Make recall fall and leave FD alone. Can you spoil the digits so that nobody sees it?

# %%
widgets.measure_explorer(train, test)

# %%
drawing.show_png(
    widgets.measure_explorer_twin(train, test, spoils=({"copies": 40},)),
    alt="The measure explorer for copies of few digits: twenty pictures above, bars of all measures beside real sets below.",
    width=900,
)

# %% [markdown]
# ## Are the pictures new?
#
# Lesson 04 looked for the nearest training picture of each sample, and promised a better test. Here is why it
# is needed. We copy training digits: exactly, with a little noise, and moved by one pixel. For each we search
# the nearest of many training digits, the original among them.

# %%
originals = real[:few]
copies = {"exact copies": originals, "with noise": originals + 0.06 * torch.randn(originals.shape, generator=random)}
copies |= {"moved by 1 pixel": originals.roll(1, dims=3), "fresh test digits": reference[:few]}
for name, pictures in copies.items():
    index, gap = metrics.nearest_neighbours(pictures, real)
    own = (index[:, 0] == torch.arange(len(pictures))).double().mean()
    print(f"{name:17} median distance {gap.median():5.2f}; the nearest is the own original: {own:4.0%}")

# %% tags=["slide"]
index, _ = metrics.nearest_neighbours(copies["moved by 1 pixel"][:12], real)
rows = torch.stack([copies["moved by 1 pixel"][:12], real[index[:, 0]], originals[:12]])
drawing.show_png(
    drawing.labelled_rows_png(
        rows,
        ["moved copy", "its nearest", "its original"],
        zoom=2,
        title="The nearest digit is often not the original",
    ),
    alt="Three rows of twelve digits: moved copies, their nearest training digits by pixels, and the originals, often other ones.",
)

# %% [markdown]
# A copy that was moved by one pixel lies about as far from everything as a fresh digit does, and its nearest
# neighbour is often another picture. So "no training picture is near" proves nothing. What helps is a control.
# Take *two* sets of real pictures: one that G has seen, one that it has not. Are the samples nearer to the
# first? Here the "generator" returns moved copies.

# %%
seen, unseen = real_cloud[:few], real_cloud[-few:]
suspects = {"moved copies of the seen": features(originals.roll(1, dims=3)), "fresh test digits": reference_cloud[:few]}
for name, cloud in suspects.items():
    tests = [neighbours.one_nearest_neighbour(side, cloud).accuracy for side in (seen, unseen)]
    print(f"{name}: 1-NN tells {tests[0]:.0%} beside the seen digits, {tests[1]:.0%} beside unseen ones")

# %% [markdown]
# Fresh digits: no difference. Copies: far **below** one half beside the seen digits, because each copy and its
# original find each other. Below a half is no very good generator. It is a copier. And FD to the *training*
# pictures rewards a copier. Many papers measure against them; then they should say so.
#
# ## Where does the number come from?
#
# A distance is no property of a generator alone. It has parents. We vary one at a time.

# %% [markdown] tags=["predict", "slide"]
# **Predict first.** We take 50 *real* training digits and measure their FD to the test digits. With thousands
# of them it is near 2. What will it be with 50: also 2, up to 10, or above 30?
#
# <details name="predict-10-2"><summary>A · also 2: they are real digits, and a mean does not hang on
# n</summary>The mean of an estimate hangs on n if the estimate is biased. Fifty points cannot fill a covariance
# of 64 numbers.</details>
# <details name="predict-10-2"><summary>B · up to 10: a little noise</summary>Noise in mean and covariance never
# cancels here: FD counts it as distance, always upwards. There is more of it than you think.</details>
# <details name="predict-10-2"><summary>C · above 30</summary>Yes: covariances from few points are far from the
# true ones, and FD counts that as distance. It falls nearly like 1/n.</details>

# %%
runs = {name: recorded.load_run(name) for name in ("mnist_mlp", "mnist_dcgan")}  # lessons 04 and 06


@torch.no_grad()
def samples(name, number, amount=count):
    """Return samples of a recorded generator, in [−1, 1]; each number is another draw of z."""
    return torch.cat([runs[name].generator(z) for z in latent.sample(amount, 100, seed + number).split(500)])


clouds = {name: [features(samples(name, number)) for number in range(1, draws + 1)] for name in runs}
clouds["real digits"] = [real_cloud[torch.randperm(len(real), generator=random)[:count]] for _ in range(draws)]

# %%
sizes = [size for size in (50, 100, 200, 500, 1000, 2000, 4000) if size <= count]
bias = {
    name: [mean(metrics.frechet_distance(cloud[:n], reference_cloud) for cloud in several) for n in sizes]
    for name, several in clouds.items()
}
for name, values in bias.items():
    print(f"{name}: " + ", ".join(f"n = {n:,}: {value:.1f}" for n, value in zip(sizes, values, strict=True)))

# %% tags=["slide"]
inverse, colours = 1 / torch.tensor(sizes, dtype=torch.float64), (drawing.FAKE, drawing.MODEL, drawing.REAL)
figure, axes = plt.subplots()
for (name, values), colour in zip(bias.items(), colours, strict=True):
    columns = torch.stack([torch.ones(len(sizes)), inverse], dim=1).double()[-4:]
    a, b = torch.linalg.lstsq(columns, torch.tensor(values).double()[-4:, None]).solution[:, 0].tolist()
    axes.plot(inverse, values, "o", color=colour, label=f"{name}: the line ends at {a:.1f}")
    axes.plot([0, *inverse], [a, *(a + b * inverse)], color=colour, linewidth=1)
axes.set(
    title="Few pictures, large distance: nearly a line in 1/n",
    xlabel="1 / n, one over the number of pictures",
    ylabel="FD",
)
axes.legend()
drawing.show(
    figure, alt="FD against one over n for two generators and real digits: all three rise, nearly along straight lines."
)

# %% [markdown]
# *Real* digits look bad when there are few of them. The [**bias of FD**](../GLOSSARY.md#bias-of-fd) falls
# nearly like 1/n. (The thin lines, a + b/n, are laid through the four largest n.) So two values may be compared
# at one n only. The kernel distance has no such bias. It pays with spread:

# %%
for n in (sizes[1], sizes[-1]):
    values = [kernel.kernel_distance(cloud[:n], reference_cloud[:4000]) for cloud in clouds["mnist_mlp"]]
    print(f"mnist_mlp, n = {n:5,}: kernel distance {mean(values):5.0f} ± {stdev(values):.0f} over {draws} draws")

# %% [markdown]
# Measures with neighbours depend on n and on k. Which generator has the higher recall?

# %%
for n in (few // 5, few):
    for k in (1, 3, 10):
        found = {
            name: [neighbours.precision_recall(reference_cloud[:n], c[:n], k)[1] for c in clouds[name]] for name in runs
        }
        shown = ", ".join(f"{name} {mean(values):.2f} ± {stdev(values):.2f}" for name, values in found.items())
        print(f"recall with n = {n:5,}, k = {k:2}: {shown}")

# %% [markdown]
# One and the same generator has a recall from low to nearly 1, as k goes from 1 to 10. With few pictures the
# spread is so large that the order of two generators is not safe. A recall without n and k is no number.
#
# **The reference.** The file of test digits has 10,000 pictures. Somebody takes the first half of the file,
# somebody else the last half.

# %%
first, last = features(scale(test.images)).chunk(2)
drawn, other = reference_cloud.chunk(2)
print(f"FD between both halves of the file: {metrics.frechet_distance(first, last):.1f}")
print(f"FD between two halves that were drawn: {metrics.frechet_distance(drawn, other):.1f}")
for name in runs:
    to_first, to_last, to_drawn = (
        mean(metrics.frechet_distance(c, part) for c in clouds[name]) for part in (first, last, drawn)
    )
    print(f"{name}: {to_first:.1f} to the first half, {to_last:.1f} to the last, {to_drawn:.1f} to a drawn half")

# %% [markdown]
# The halves of MNIST's file lie apart: they come from different groups of writers. The choice of the half moves
# a generator's distance by many times the spread between draws (below), and two good generators may differ by
# less. So *draw* the reference, from a fixed seed, and say which pictures it is. (The digits that the course
# draws where MNIST is missing have no such halves.)

# %% [markdown] tags=["predict", "slide"]
# **Predict first.** Each of the two generators was trained against its own discriminator. Now each D becomes
# the judge: its last hidden numbers are the features. Whom will the D of the MLP prefer? And the D of the
# DCGAN?
#
# <details name="predict-10-3"><summary>A · each is kinder to its own generator than the classifier
# is</summary>Yes. Compare each line with that of the classifier, which belongs to neither.</details>
# <details name="predict-10-3"><summary>B · both prefer the DCGAN: it is the better generator</summary>Better
# for whom? A D has learned what its own G did wrong, and its own G has learned to please exactly this
# D.</details>
# <details name="predict-10-3"><summary>C · each sees through its own generator, which it knows best</summary>It
# knew the faults of yesterday. What is left at the end are the faults that this D could not find.</details>

# %% tags=["slide"]
torch.manual_seed(seed)
judges = {"digit classifier": classifier.features, "random weights": type(classifier)().eval().features}
judges["D of mnist_mlp"] = runs["mnist_mlp"].discriminator.layers[:-1]
judges["D of mnist_dcgan"] = lambda pictures: adaptive_max_pool2d(
    runs["mnist_dcgan"].discriminator.blocks(pictures), 2
).flatten(1)
asked = {name: samples(name, 1, few) for name in runs} | {"real digits": real[:few]}
for judge, network in judges.items():
    to = features(reference[:few], network)
    shown = {name: metrics.frechet_distance(features(pictures, network), to) for name, pictures in asked.items()}
    print(f"{judge:17}" + ", ".join(f"{name} {value:.3g}" for name, value in shown.items()))

# %% [markdown]
# Compare with the first line: the classifier, which belongs to neither, sees the DCGAN far ahead. The MLP's own
# D calls the two about equal, and the DCGAN's D sees them still farther apart. Each D is kind to its own
# generator: that G learned to please exactly this D. And a classifier with random weights gives tiny numbers to
# everybody. Small is not good; it is a small unit. Features times 10 make FD times 100. Values of two networks
# cannot be compared.
#
# **The resizer.** A network wants pictures of one size. The recorded generator of 64×64 pictures must be made
# smaller for the course's classifier of CIFAR-10, which takes 32×32. There are several ways to do that.

# %%
resizers = {"nearest": {"mode": "nearest"}, "bicubic": {"mode": "bicubic"}}
resizers["bilinear, antialias"] = {"mode": "bilinear", "antialias": True}
colour = recorded.cifar10_classifier()
photos = load_images("cifar10", "test", stand_in=True)
photos_in_order = scale(photos.images[torch.randperm(len(photos.images), generator=random)[: 2 * small]])
with torch.no_grad():
    draw = recorded.load_run("cifar10_dcgan_64").generator
    large = torch.cat([draw(z) for z in latent.sample(small, draw.latent_dim, seed).split(100)])
versions = {name: interpolate(large, size=32, **how).clamp(-1, 1) for name, how in resizers.items()}

# %%
to = features(photos_in_order[small:], colour.features)
for name, how in resizers.items():
    back = interpolate(interpolate(photos_in_order[:small], size=64, mode="bicubic"), size=32, **how).clamp(-1, 1)
    made, there_and_back = (metrics.frechet_distance(features(x, colour.features), to) for x in (versions[name], back))
    print(f"{name:20} FD of samples {made:5.1f}, of real pictures made larger and smaller again {there_and_back:5.1f}")
yardstick = metrics.frechet_distance(features(photos_in_order[:small], colour.features), to)
print(f"real pictures as they are: FD {yardstick:.1f}; {small} a side{photos.title_note}")

# %% tags=["slide"]
drawing.show_png(
    drawing.labelled_rows_png(
        torch.stack([pictures[:10] for pictures in versions.values()]),
        list(versions),
        zoom=2,
        title="The same samples, rough or smooth by how they were made smaller",
    ),
    alt="Ten generated colour pictures, made smaller in three ways, one a row: nearest pixels are rough, antialias is smooth.",
)

# %% [markdown]
# Not one sample changed, and the number did. It costs real pictures as well: by the smoothest way they look
# worse than by the roughest. With more pictures, several draws and five ways it is the same:
# `benchmarks/results/resizers.md`. Two generators that are near each other can change places by the resizer
# alone. Say how pictures came to their size.
#
# ## Which of the two generators is better?
#
# Lesson 04's MLP and lesson 06's DCGAN draw digits. Twenty samples of each, not picked:

# %% tags=["slide"]
both = torch.stack([samples(name, 1, 20) for name in runs])
drawing.show_png(
    drawing.labelled_rows_png(both, list(runs), zoom=2, title="Which row is better? Nothing is picked"),
    alt="Twenty samples of each generator, not picked: one row of the MLP's digits, one row of the DCGAN's.",
)

# %% [markdown] tags=["predict", "slide"]
# **Predict first.** Vote: which one is better? Then say *what for*. How many of nine measures will agree with
# you?
#
# <details name="predict-10-4"><summary>A · all nine: better is better</summary>The measures ask different
# questions. A set can hold everything and be of bad quality, or the other way round.</details>
# <details name="predict-10-4"><summary>B · none that can be trusted: it is all chance</summary>The spread over
# draws stands beside each number. Look how many spreads the two are apart.</details>
# <details name="predict-10-4"><summary>C · some: they answer different questions</summary>Yes. Ask for each
# what it looks at: each picture, or the whole set.</details>


# %%
def judged(cloud):
    """Return all measures of one draw of samples."""
    logits = classifier.head(cloud).detach()
    near = report.measure(reference_cloud[:few], cloud[:few])
    return {
        "FD ↓": metrics.frechet_distance(cloud, reference_cloud),
        "kernel distance ↓": near.kernel_distance,
        "precision ↑": near.precision,
        "recall ↑": near.recall,
        "density ↑": near.density,
        "coverage ↑": near.coverage,
        "1-NN (0.50: alike) ↓": near.nearest_neighbour,
        "inception score ↑": metrics.inception_score(logits),
        "reverse KL of classes ↓": math.log(10) - metrics.entropy(torch.bincount(logits.argmax(1), minlength=10)),
    }


scores = {name: [judged(cloud) for cloud in several] for name, several in clouds.items()}

# %%
print(f"{'measure':24}" + "".join(f"{name:>18}" for name in scores) + "    better")
gaps, wins = {}, dict.fromkeys((*runs, "not sure"), 0)
for measure in scores["mnist_mlp"][0]:
    mlp, dcgan, digits = ([draw[measure] for draw in several] for several in scores.values())
    sign = 1 if measure.endswith("↑") else -1
    gaps[measure] = sign * (mean(dcgan) - mean(mlp)) / max(1e-9, math.hypot(stdev(mlp), stdev(dcgan)) / 2**0.5)
    second = {True: "mnist_dcgan", False: "mnist_mlp"}[gaps[measure] > 0]
    apart = min(sign * x for x in dcgan) > max(sign * x for x in mlp) or min(sign * x for x in mlp) > max(
        sign * x for x in dcgan
    )
    wins[second if apart else "not sure"] += 1
    shown = "".join(f"{mean(values):11.2f} ± {stdev(values):4.2f}" for values in (mlp, dcgan, digits))
    print(f"{measure:24}{shown}    {second if apart else 'not sure: the draws overlap'}")
print(f"{draws} draws of {count:,} samples, {few:,} where neighbours are searched{test.title_note}")

# %% tags=["slide"]
title = f"{wins['mnist_mlp']} measures prefer mnist_mlp, {wins['mnist_dcgan']} mnist_dcgan"
drawing.show(
    preferences_figure(gaps, list(runs), title),
    alt="Bars for nine measures: precision, density and coverage point to the MLP, the others to the DCGAN.",
)

# %% [markdown]
# They do not agree, and chance is not the reason: most bars are many spreads long. Read it as answers to two
# questions. *Is everything there?* Recall and the shares of the classes say: the DCGAN covers more. FD, the
# kernel distance and 1-NN look at the cloud as a whole, and side with it. *How good is each picture?* Precision
# and density say: more of the MLP's pictures lie where real digits lie, and coverage, which needs such pictures
# near many real ones, follows them. Neither is better before somebody says what the samples are for.
#
# Two older judges are still met. **Parzen** (lesson 04): the log-likelihood of test digits under small
# Gaussians round the samples. And the **1-NN digit error**: label the samples, and let each test digit take the
# label of its nearest sample. The DCGAN paper compared generators on MNIST like that.

# %%
sigmas = [0.2, 0.3, 0.4, 0.6]
for name in (*runs, "real digits"):
    errors, nats = [], []
    for number in range(draws):
        order = torch.randperm(len(real), generator=random)[:count]
        made = samples(name, number + 1) if name in runs else real[order]
        read = features(made, classifier).argmax(dim=1)  # the classifier's labels, for real digits as well
        index, _ = metrics.nearest_neighbours(reference[:few], made)
        errors.append(float((read[index[:, 0]] != labels[:few]).double().mean()))
        sigma = metrics.best_sigma(made[:1000], reference[few : few + 100], sigmas)
        nats.append(float(metrics.parzen_log_likelihood(made[:1000], reference[: few // 2], sigma).mean()))
    print(
        f"{name:12} 1-NN digit error {mean(errors):.1%} ± {stdev(errors):.1%}, Parzen {mean(nats):.0f} ± {stdev(nats):.0f} nats"
    )
print(f"{draws} draws of {count:,} samples with labels; for Parzen at most 1,000 of them")

# %%
print("The DCGAN paper's error, with 50,000 labelled pictures and with 10 million:")
for name, shown in (("real digits", "3.1 %"), ("GAN", "6.28 %, 5.65 %"), ("DCGAN", "2.98 %, 1.48 %")):
    print(f"  {name:12} {shown}")

# %% [markdown]
# Ours are far above. What differs: the paper's DCGAN was *conditional*, so each sample came with its label.
# Here a classifier guesses labels afterwards, and its errors count. The paper used more samples, and larger
# networks. With 10 million samples its error is below that of real digits: the generator serves as more data.
# And the blind spot? A list of the training digits would get the real digits' error. This judge does not ask
# for novelty.
#
# One more name that you will meet is **stacked MNIST**. Three random digits are put into the red, green and
# blue channel of one picture: 1,000 classes. A generator is trained on such pictures, about 26,000 samples are
# drawn, and a classifier of digits reads each channel (Metz et al. 2017, Srivastava et al. 2017). Reported are
# the classes that came up, and the reverse KL. Our generators draw single digits, so the protocol does not fit
# them. But we can ask what it would say to a generator with *one* picture of each digit.

# %%
read = classifier.head(real_cloud).argmax(dim=1)
one_each = torch.stack([real[read == digit][0] for digit in range(10)])  # the first of each that is read as it
for name, pictures in (
    ("real digits", reference),
    ("one picture a digit", one_each),
    ("noise", torch.rand_like(reference) * 2 - 1),
):
    digits = features(pictures, classifier).argmax(dim=1)
    stacked = digits[torch.randint(len(digits), (26_000, 3), generator=random)] @ torch.tensor([100, 10, 1])
    counts = torch.bincount(stacked, minlength=1000)
    print(
        f"{name:20} {int((counts > 0).sum()):5} of 1,000 modes, reverse KL {math.log(1000) - metrics.entropy(counts):.2f}"
    )

# %% [markdown]
# Ten pictures have all modes and a reverse KL near 0. It counts what the classifier can name, and nothing
# within a class.
#
# ## Can you fake a good score?
#
# Take the generator with the worse FD. We change no weight and no picture. We only *choose* among its samples:
# as many of each digit as among real ones, and only those of which the classifier is sure.


# %% tags=["break-it"]
right_shares = torch.bincount(test.labels, minlength=10) / len(test.labels)


def chosen(cloud, least):
    """Return the rows of a cloud that the classifier is sure of, with the class shares of real digits."""
    sure, read = classifier.head(cloud).detach().softmax(dim=1).max(dim=1)
    rows = [torch.nonzero((read == digit) & (sure >= least))[:, 0] for digit in range(10)]
    most = min(len(found) / float(share) for found, share in zip(rows, right_shares, strict=True))
    return torch.cat([found[: int(most * share)] for found, share in zip(rows, right_shares, strict=True)])


# %% tags=["slide"]
for number in range(draws):
    for name in runs:
        cloud = clouds[name][number]
        ways = {"all": cloud, "right shares": cloud[chosen(cloud, 0)], "and sure": cloud[chosen(cloud, 0.9)]}
        shown = ", ".join(
            f"{way} {metrics.frechet_distance(c, reference_cloud):.1f} ({len(c):,})" for way, c in ways.items()
        )
        print(f"draw {number + 1}, {name:11} FD: {shown}")

# %% [markdown]
# **Broken.** No picture is better than before, and the distance fell to about half, though *fewer* pictures
# should make it larger. The order of these two did not turn, because the DCGAN is too far ahead. Between two
# generators that differ by less than half, whoever chooses wins. FD was worse for the MLP partly because it
# draws too many of some digits, and that is easily repaired by throwing samples away. A published parallel:
# Kynkäänniemi et al. (2023) lowered FID by choosing samples whose ImageNet classes match, without better
# pictures. Whoever chooses must say so, and do it for everybody.
#
# ## What do you write down?
#
# A number alone is nothing. The report card has all measures, and what they hang on: how many pictures, which
# network, which reference, which resizer, which seeds, the spread, and real pictures as a yardstick beside
# each.

# %% tags=["slide"]
setting = report.Setting(
    "digit classifier, 64 features", f"{test.source}; drawn with seed {seed}", "none: 28×28", tuple(range(1, draws + 1))
)
parts = {name: [cloud[:few] for cloud in several] for name, several in clouds.items()}
print(report.report_card(setting, reference_cloud[:few], parts["mnist_dcgan"], parts["real digits"]))

# %% [markdown] tags=["slide"]
# **The same in the wild**: `torchmetrics` has `FrechetInceptionDistance` and `KernelInceptionDistance`: these
# formulas, on 2,048 features of a network that was trained on ImageNet and has to be downloaded. So their
# numbers cannot be compared with ours.
#
# `python -m dcgan_course evaluate` prints such a card for a run of yours. Which line of it would change your
# mind about a generator? And which line could somebody have bought?
#
# ## Take-aways
#
# * Quality, coverage and novelty are three questions. No single number answers all.
# * FD compares mean and covariance in the eyes of one network. It hardly sees copies, and is furious about
#   blur.
# * Precision and recall part quality from coverage. 1-NN below one half means copies.
# * No measure says by itself what good is: put real pictures beside it, at the same n.
# * n, reference, network, resizer, choice of samples and seeds are part of the number.
# * When measures disagree, ask what each one looks at before you ask who is right.
#
# ## Exercises
#
# [Exercises 10](../exercises/10_measuring_a_generator.ipynb): each measure by hand, seven sets to name by their
# measures, a distance of 0 that is worth nothing, and a report card of your own. With
# [solutions](../solutions/10_measuring_a_generator.ipynb).
#
# ## Next
#
# [11 · Beyond DCGAN](11_beyond_dcgan.ipynb): what fixed what DCGAN could not?
#
# ## Sources
#
# * M. Heusel et al. 2017, *GANs trained by a two time-scale update rule*, equation 6 (Fréchet distance, FID).
# * M. Bińkowski et al. 2018, *Demystifying MMD GANs*, section 3; A. Gretton et al. 2012, *A kernel two-sample
#   test* (kernel distance).
# * T. Kynkäänniemi et al. 2019, *Improved precision and recall metric for assessing generative models*; and
#   2023, *The role of ImageNet classes in Fréchet inception distance*.
# * M. F. Naeem et al. 2020, *Reliable fidelity and diversity metrics for generative models*, section 3.
# * D. Lopez-Paz and M. Oquab 2017, *Revisiting classifier two-sample tests*; Q. Xu et al. 2018 (1-NN for GANs).
# * T. Salimans et al. 2016, *Improved techniques for training GANs*, section 4; S. Barratt and R. Sharma 2018
#   (inception score).
# * M. Chong and D. Forsyth 2020, *Effectively unbiased FID* (the line in 1/n).
# * L. Metz et al. 2017, *Unrolled GANs*; A. Srivastava et al. 2017, *VEEGAN* (stacked MNIST).
# * A. Radford et al. 2015, supplement, table 3 (1-NN digit error). L. Theis et al. 2016 (Parzen).
# * G. Parmar et al. 2022, *On aliased resizing* (the resizer).
