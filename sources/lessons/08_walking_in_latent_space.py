# ---
# jupyter:
#   jupytext:
#     text_representation:
#       extension: .py
#       format_name: percent
# ---

# %% [markdown]
# # 08 · Walking in latent space
#
# *Is z a space or a list of pictures?*
#
# **You will be able to**
#
# * **walk** between two pictures, and say how long z is on the way;
# * **add** and **subtract** what pictures show, and measure whether it worked;
# * **find** a z for a given picture.
#
# **You need first**: [06 · DCGAN, layer by layer](06_dcgan_layer_by_layer.ipynb): the generator that is used
# here.
#
# **Time**: 50 minutes, of which 0 are training: the generators are recorded. All cells together take about
# three minutes on a 2-core CPU.

# %% tags=["parameters"]
from dcgan_course.budget import course_budget

budget = course_budget()  # "smoke", "cpu" or "gpu"; the variable DCGAN_COURSE_BUDGET chooses
pairs = {"smoke": 20, "cpu": 300, "gpu": 1000}[budget]  # pairs of z to walk between; 300 cost about 3 s
samples = {"smoke": 600, "cpu": 4000, "gpu": 10000}[budget]  # z whose pictures are read; 4,000 cost about 10 s
many = {"smoke": 5, "cpu": 30, "gpu": 30}[budget]  # z in the largest mean
trials = {"smoke": 5, "cpu": 60, "gpu": 200}[budget]  # sums for each way, factor and seed; 60 cost about 15 s in all
judged = {"smoke": 100, "cpu": 1000, "gpu": 5000}[
    budget
]  # pictures in a Fréchet distance; 1,000 cost about 25 s in all
descent_steps = {"smoke": 10, "cpu": 1000, "gpu": 4000}[budget]  # to invert 9 pictures; 1,000 cost about a minute
neighbours = {"smoke": 500, "cpu": 10000, "gpu": 60000}[budget]  # training pictures searched; 10,000 cost about 8 s
digit_sums = {"smoke": 5, "cpu": 300, "gpu": 1000}[budget]  # sums of digits a line and seed; 300 cost about 20 s in all
seed = 0

# %%
import tempfile
from pathlib import Path
from statistics import mean, stdev

import matplotlib.pyplot as plt
import torch

from dcgan_course import drawing, latent, recorded, widgets
from dcgan_course.data import load_images, scale
from dcgan_course.evaluation import attributes, metrics
from dcgan_course.evaluation.classifiers import moved_factors
from dcgan_course.widgets.latent.explorer import named_directions

drawing.use_course_style()
generator = recorded.load_run("mnist_dcgan").generator
classifier = recorded.digit_classifier()

# %% [markdown]
# ## How long is a z?
#
# The [**latent space**](../GLOSSARY.md#latent-space) is the set of all z. Here z has 100 numbers, each from
# N(0, 1). The square of each has the mean 1, so the squared length has the mean 100, and the length is
# about 10. It hardly ever is much less or more.

# %% tags=["slide"]
a, b = latent.sample(pairs, 100, seed), latent.sample(pairs, 100, seed + 1)
lengths = torch.cat([a, b]).norm(dim=1)
print(f"{2 * pairs} random z: the mean length is {lengths.mean():.2f}, √100 = 10;")
print(f"the shortest is {lengths.min():.2f}, the longest {lengths.max():.2f}.")
cosines = torch.nn.functional.cosine_similarity(a, b)
print(
    f"The angle between two of them is {cosines.acos().rad2deg().mean():.0f}° ± {cosines.acos().rad2deg().std():.0f}°."
)

# %% [markdown]
# So all z lie in a thin shell, and two of them stand at nearly a right angle. No z lies in the middle, where
# N(0, 1) has its *highest density*. There is almost no room in the middle: in 100 dimensions nearly all of a
# ball's volume is near its surface.

# %% [markdown] tags=["predict", "slide"]
# **Predict first.** Go halfway on the straight line between two random z, to (a + b)/2. How long is the z that
# you find there: 10, about 7, or about 5? And has G seen such a z in training?
#
# <details name="predict-08-1"><summary>A · about 10, as long as both ends, so G has seen many like
# it</summary>The ends are that long, but they stand at right angles: take half of the diagonal of a square. The
# second half of the answer falls with the first.</details>
# <details name="predict-08-1"><summary>B · about 7, and G has hardly ever seen one</summary>Yes: the two are
# nearly at right angles, and Pythagoras does the rest. The next cells show how rare such a length is.</details>
# <details name="predict-08-1"><summary>C · about 5, half as long, and G has hardly ever seen one</summary>Half
# as long is the way to the middle of the shell, to z = 0. The other end is no zero. Rare is right, but for
# another length.</details>

# %% [markdown]
# ## What lies between two z?
#
# There are two ways. [**Linear interpolation**](../GLOSSARY.md#linear-interpolation) (lerp) takes the straight
# line, $(1-t)\,a + t\,b$. [**Spherical interpolation**](../GLOSSARY.md#spherical-interpolation) (slerp) takes
# the arc: it turns the direction evenly from a to b. You will write it in the exercises. Here it comes from the
# package.

# %% tags=["slide"]
shares = torch.linspace(0, 1, 21).tolist()
ways = {"lerp": (latent.lerp, drawing.FAKE), "slerp": (latent.slerp, drawing.MODEL)}
on_the_way = {name: torch.stack([way(a, b, t) for t in shares]) for name, (way, _) in ways.items()}
figure, axis = plt.subplots()
axis.axhspan(*torch.quantile(lengths, torch.tensor([0.05, 0.95])).tolist(), color=drawing.COLOURS["light"])
axis.annotate("9 of 10 random z are in this band", (0.5, 10.55), ha="center", va="center")
for name, (_, colour) in ways.items():
    axis.plot(shares, on_the_way[name].norm(dim=2).mean(dim=1), color=colour, label=name)
axis.set(title="The line leaves the shell, the arc stays in it", xlabel="share t of the way from a to b", ylim=(0, 12))
axis.set_ylabel("mean length of z")
axis.legend(loc="lower right")
drawing.show(
    figure, alt="Mean length of z along lerp, which dips in the middle, and along slerp, which stays near ten."
)

# %% tags=["slide"]
for name, z in on_the_way.items():
    print(f"halfway along {name}: mean length {z[10].norm(dim=1).mean():.2f}")
print(f"By hand: a and b are at right angles, so |(a + b)/2| = √(100 + 100)/2 = {200**0.5 / 2:.2f}.")
print(f"Of {2 * pairs} random z, {int((lengths < on_the_way['lerp'][10].norm(dim=1).mean()).sum())} were as short.")

# %% [markdown]
# ## What does it do to the pictures?
#
# First with the eyes: the first pair of the seed, not picked. Then with the
# [Fréchet distance](../GLOSSARY.md#fréchet-distance) to the test digits, in the features of the classifier (0
# is best; lesson 10 builds it). Beside it stands how sure the classifier is of a picture.

# %% tags=["slide"]
with torch.no_grad():
    strips = torch.stack([generator(z[::2, 0]) for z in on_the_way.values()])
drawing.show_png(
    drawing.labelled_rows_png(strips, list(on_the_way), zoom=3, title="The line and the arc draw nearly the same"),
    alt="Two rows of eleven digits: from the same first to the same last digit, along the line and along the arc.",
)


# %%
@torch.no_grad()
def draw(z):
    return torch.cat([generator(part) for part in z.split(500)])


@torch.no_grad()
def digit_of(pictures):
    return torch.cat([classifier(part) for part in pictures.split(500)]).argmax(dim=1)


@torch.no_grad()
def describe(pictures):
    sure = torch.cat([classifier(part) for part in pictures.split(500)]).softmax(dim=1).amax(dim=1)
    return sure.mean(), attributes.thickness(pictures).mean(), (pictures + 1).sum(dim=(1, 2, 3)).mean() / 2


# %%
test = load_images("mnist", "test", stand_in=True)
real = scale(test.images[torch.randperm(len(test), generator=torch.Generator().manual_seed(seed))])


@torch.no_grad()
def feature(pictures):
    return torch.cat([classifier.features(part) for part in pictures.split(500)])


def compare_clouds(ways):
    """Print the Fréchet distance of each way to draw pictures from two sets of z, over three seeds."""
    for name, way in ways.items():
        drawn = [way(*(latent.sample(judged, 100, 100 + 2 * run + k) for k in (0, 1))) for run in range(3)]
        distances = [metrics.frechet_distance(feature(x), in_features_real) for x in drawn]
        sure = mean(float(describe(x)[0]) for x in drawn)
        print(f"{name}: Fréchet distance {mean(distances):.1f} ± {stdev(distances):.1f}; classifier sure by {sure:.2f}")


# %%
in_features_real = feature(real[judged:])
own = metrics.frechet_distance(feature(real[:judged]), in_features_real)
print(f"other real digits: Fréchet distance {own:.1f}")

# %% tags=["slide"]
compare_clouds(
    {
        "random z": lambda a, b: draw(a),
        "halfway along lerp": lambda a, b: draw(latent.lerp(a, b, 0.5)),
        "halfway along slerp": lambda a, b: draw(latent.slerp(a, b, 0.5)),
        "z of a tenth of the length": lambda a, b: draw(a / 10),
    }
)
print(f"{judged:,} pictures each; means and standard deviations of 3 seeds.")

# %% [markdown]
# The length falls to 7, as the formula says, and hardly any random z is that short. And the pictures? In the
# `cpu` budget the arc is where random z are, and the line a few units farther, more than the spread between
# seeds: a small price, beside more than 800 for a tenth of the length. Now look at the last column: at a tenth
# of the length the classifier is *nearly as sure* as anywhere, of pictures that are nearly black. A classifier
# must choose, so its confidence is no measure of quality, and we judge by distance.
#
# What this shows: this G, on digits, draws a little worse where it was hardly ever trained, and far from as
# badly as one might fear. What it does not show: that it is so for every generator. The arc is the safe choice,
# because it never asks G for something it has not seen. At which length *this* G fails, you will see at the
# end.

# %% [markdown]
# ## What does a walk look like?
#
# A walk goes from point to point, and a loop comes back to the first. Here are four points with 12 moves from
# each to the next. The film is written by PIL as a WebP that repeats for ever; a browser opens it.

# %%
points = latent.sample(4, 100, seed + 2)
walk = latent.walk(points, steps=12, loop=True)
film = draw(walk)
path = Path(tempfile.mkdtemp()) / "walk.webp"
drawing.save_webp(path, film[:, None], columns=1, zoom=6)
print(f"{path.name}: {len(film)} pictures, {path.stat().st_size / 1e3:.0f} kB")

# %% [markdown]
# A list of pictures can be walked, too: fade from one stored picture to the next. Is the walk more than that?

# %% tags=["slide"]
fade = latent.walk(draw(points).flatten(1), steps=12, mode=latent.lerp, loop=True).view_as(film)
for name, frames in (("walk in z", film), ("cross-fade of the same four pictures", fade)):
    moves = (frames.roll(-1, 0) - frames).abs().mean(dim=(1, 2, 3))
    sure = describe(frames)[0]
    print(
        f"{name}: a pixel changes by {moves.mean():.3f} a move, at most {moves.max():.3f}; classifier sure by {sure:.2f}"
    )
print(f"two random z: a pixel changes by {(draw(a) - draw(b)).abs().mean():.3f}")

# %%
labels = [f"z has length {z.norm():.1f}, move {i % 12} from point {i // 12 + 1}" for i, z in enumerate(walk)]
widgets.scrub(film[::2, None], labels[::2], columns=1, zoom=8)

# %% tags=["slide"]
rows = torch.stack([film[:13], fade[:13]])
drawing.show_png(
    drawing.labelled_rows_png(
        rows, ["walk in z", "cross-fade"], zoom=2, title="A walk bends the strokes, a cross-fade shows two digits"
    ),
    alt="Two rows of thirteen digits from the same first to the same last one: the walk bends strokes, the cross-fade shows two digits at once.",
)

# %% [markdown]
# The slider above needs no kernel: its pictures are in the page.
#
# Both films are smooth, and the cross-fade is even smoother. So that nothing jumps does not prove that z is a
# space. Look at what lies *between*: the cross-fade shows two digits at once, the walk bends the strokes of
# one. That was one walk. Now the same for many, and with one more rival. Principal components (PCA) also make a
# picture from 100 numbers: the mean digit plus 100 fixed pictures, each times a number. That is a space, with
# directions and without a single jump. Is any space good enough?

# %%
digits = load_images("mnist", "train", stand_in=True)
reference = scale(digits.images[:neighbours])
centre, flat = reference.flatten(1).mean(dim=0), reference.flatten(1)
_, strengths, components = torch.linalg.svd(flat - centre, full_matrices=False)
scales = strengths[:100] / len(flat) ** 0.5  # how far the digits spread along each component


def pca(z):
    return ((z * scales) @ components[:100] + centre).view(-1, *reference.shape[1:]).clamp(-1, 1)


compare_clouds(
    {
        "halfway along slerp": lambda a, b: draw(latent.slerp(a, b, 0.5)),
        "half a cross-fade of two of G's digits": lambda a, b: (draw(a) + draw(b)) / 2,
        "random points of PCA": lambda a, b: pca(a),
    }
)

# %% [markdown]
# As a cloud, halfway pictures of a walk are about as far from real digits as G's other samples, and cross-fades
# are several times as far. So are random points of PCA. A space alone is not enough: what makes this one a
# space **of digits** is that the cloud of its points, also of those between two others, lies near the cloud of
# real digits. The distance is one of clouds: it does not say how many single pictures are good. The judge is
# one classifier, and G's own distance is far above that of real digits.

# %% [markdown]
# ## Which directions are there?
#
# Walk by hand. The explorer has four kinds of directions:
#
# * **random**: any direction;
# * **principal**: those that move the output of G's first layer most, the
#   [**singular vectors**](../GLOSSARY.md#singular-vector) of its weights. They need no pictures;
# * **active**: the same question asked after batch norm and ReLU. 1,000 z are sent through the first block, and
#   the direction is fitted along which its activations vary most;
# * **learned**: from the mean z of samples with less of something to the mean z of samples with more.
#
# Arrow keys move a slider. Pin two pictures as A and B, choose slerp or lerp, and press play. *Save* writes the
# picture, its z and the walk.

# %%
widgets.latent_explorer("mnist_dcgan")

# %% tags=["slide"]
drawing.show_png(
    widgets.latent_explorer_twin(
        "mnist_dcgan", title="From −8 to 8: random ways change less than principal and active ones"
    ),
    alt="Seven rows of nine digits, one row a direction: random, principal, active and learned; the middle column is the same z.",
    width=620,
)

# %%
principal, active = latent.weight_directions(generator, 1)[0], latent.activation_directions(generator, 1)[0]
print(f"cosine of principal 1 and active 1: {principal @ active:+.2f} (±1: the same line; random ones: about ±0.1)")

# %% [markdown]
# Each row has the same picture in the middle. *Active 1* is almost the same line as *principal 1* (which end is
# called plus is left open). No row changes *only* what it is named after: look at the leaning end of the slant
# row, and at both ends of the thickness row. But this is one z, and 8 is nearly the length of a whole z. So now
# 100 z, three times, and two lengths of step.


# %%
def change(start, vector, step):
    """Return for both ways of a step: mean change of a pixel, share that keeps its class, share in the shell."""
    low, high = latent.shell(100)
    ends = torch.cat([start - step * vector, start + step * vector])
    before, after, lengths = draw(start).repeat(2, 1, 1, 1), draw(ends), ends.norm(dim=1)
    kept, inside = digit_of(after) == digit_of(before), (lengths > low) & (lengths < high)
    return [float((after - before).abs().mean()), float(kept.float().mean()), float(inside.float().mean())]


# %% tags=["slide"]
named = named_directions("mnist_dcgan", generator)
chosen = dict(zip(named.names[2:], named.vectors[2:], strict=True))
for step in (2.0, 8.0):
    for name in ("random", *chosen):
        runs = []
        for start in (latent.sample(100, 100, seed + 20 + run) for run in range(3)):
            vector = chosen.get(name, torch.nn.functional.normalize(start.roll(1, 0)))  # random: one for each z
            runs.append(change(start, vector, step))
        pixel, kept, inside = zip(*runs, strict=True)
        print(f"{name}, step {step:g}: pixels change by {mean(pixel):.2f} ± {stdev(pixel):.2f};", end=" ")
        print(f"class kept {mean(kept):.0%} ± {stdev(kept):.0%}; in the shell {mean(inside):.0%}")

# %% [markdown]
# Two unrelated samples differ by about a third in each pixel, as we saw above. A step of 2 by a principal or
# active way moves a pixel about three times as much as by a random way, and most digits change class; by random
# ways most keep it. A step of 8 is never small: by random ways, too, about half of the digits lose their class.
# And there hardly any z is in the shell: **the ends of the sliders, −8 and 8, show what G was hardly ever
# trained on**. The explorer says under its picture when z has left the shell: from a usual z, at about ±5.

# %% [markdown]
# ## Can we calculate with pictures?
#
# The paper's most famous figure: *smiling woman − neutral woman + neutral man = smiling man*. This is
# [**vector arithmetic**](../GLOSSARY.md#vector-arithmetic) in z. For each of the three, take the **mean of
# three** z whose pictures show it. Then draw the sum, and eight points around it, with noise added to each
# entry. In the paper the noise is U(−0.25, 0.25) and z comes from U(−1, 1); ours is √3 times as wide, because
# N(0, 1) is √3 times as wide as U(−1, 1).
#
# Ours is *slanted 1 − upright 1 + upright 7*. Nobody picks the pictures: the classifier says which digit it is,
# and the slant is computed from second moments of the ink (pixels to the right for each pixel up). "Upright"
# means here: it does not lean to the right; it may lean a little to the left.

# %%
z = latent.sample(samples, 100, seed + 3)
pictures = draw(z)
digit = digit_of(pictures)
slant = attributes.slant(pictures)
upright, slanted = torch.quantile(slant, torch.tensor([0.3, 0.8]))
groups = {
    "slanted 1": (digit == 1) & (slant > slanted),
    "upright 1": (digit == 1) & (slant < upright),
    "upright 7": (digit == 7) & (slant < upright),
}
print(f"Upright: slant below {upright:.2f}; slanted: above {slanted:.2f}.")
print(", ".join(f"{int(members.sum())} samples of “{name}”" for name, members in groups.items()))

# %% tags=["slide"]
random = torch.Generator().manual_seed(seed)
three = [latent.pick(z, members, 3, random) for members in groups.values()]
result = draw(latent.arithmetic(*three, count=9, noise=0.25 * 3**0.5, seed=seed))
means = torch.stack([group.mean(dim=0) for group in three])
rows = torch.stack([torch.cat([draw(group), draw(one[None])]) for group, one in zip(three, means, strict=True)])
names = [f"{sign} {name}" for sign, name in zip(("plus", "minus", "plus"), groups, strict=True)]
drawing.show_png(
    drawing.labelled_rows_png(rows, names, zoom=3, title="Three samples each, and G of their mean (the last)"),
    alt="Three rows of four digits: three samples of slanted ones, upright ones, upright sevens, and G of each mean.",
)

# %% tags=["slide"]
answers = digit_of(result)
leaning, most = int((attributes.slant(result) > slanted).sum()), int(answers.mode().values)
print(f"The classifier reads {', '.join(map(str, answers.tolist()))}; {leaning} of 9 are slanted.")
verdict = f"It {'leans' if leaning > 4 else 'does not lean'}, and is mostly a {most}; wanted: a slanted 7"
drawing.show_png(
    drawing.labelled_rows_png(result[None], ["the sum"], zoom=3, title=verdict),
    alt="Nine digits: the result of the sum at the left, and eight points around it. The line above says how they are read.",
)

# %% [markdown]
# The title is made from the classifier's nine answers. Such a figure proves nothing, whether it succeeds or
# fails: the noise is small, so nine pictures near one sum are **one** try, not nine. How often does it work?
#
# We try it in two ways. **As in the paper**: means of three, also of the base, and the sum as it comes. And so
# that only one thing differs: **one** z of the base, and a step along the difference of two means, of one,
# three or thirty z each. These differences have different lengths, and a shorter step keeps more of the base.
# So each is taken as it comes, and at the lengths 2, 4 and 8. The controls take z that show nothing in
# particular.

# %%
ways = {f"K = {count}": (count, 1, False) for count in (1, 3, many)}  # z in a mean, z of the base, at random?
ways |= {"control": (3, 1, True), "the paper's sum": (3, 3, False), "its control": (3, 3, True)}


def base_and_step(points, groups, way, random):
    """Return the mean of some z of the third group, and the mean of some of the first minus that of the second."""
    count, bases, at_random = ways[way]
    plus, minus, base = groups
    if at_random:
        plus = minus = torch.ones_like(base)
    plus, minus = (latent.pick(points, group, count, random).mean(dim=0) for group in (plus, minus))
    return latent.pick(points, base, bases, random).mean(dim=0), plus - minus


def brought_to(length, step):
    return step if length is None else length * step / step.norm()


# %%
def judge(groups, has_it, lengths):
    """Return {(way, length): (3 seeds, 4)}: how often the sum is a 7, has the attribute, has both; the step's length.

    The length None leaves the step as it is.
    """
    shares = {}
    for way in ways:
        for length in lengths if ways[way][1] == 1 else [None]:
            rows = []
            for run in range(3):
                random = torch.Generator().manual_seed(seed + run)
                parts = [base_and_step(z, groups, way, random) for _ in range(digit_sums)]
                drawn = draw(torch.stack([base + brought_to(length, step) for base, step in parts]))
                seven = digit_of(drawn) == 7
                found = [seven, has_it(drawn), seven & has_it(drawn), torch.stack([step.norm() for _, step in parts])]
                rows.append([float(x.float().mean()) for x in found])
            shares[way, length] = torch.tensor(rows)
    return shares


# %%
def tell(shares, word):
    """Print for each way how often the sum is a 7, has the attribute, and both."""
    for (way, length), runs in shares.items():
        *middle, long = runs.mean(dim=0).tolist()
        told = zip(("a 7", word, "both"), middle, runs.std(dim=0)[:3].tolist(), strict=True)
        where = f"as it comes ({long:.1f})" if length is None else f"at length {length}"
        print(f"{way} {where}: " + "; ".join(f"{what} {share:.0%} ± {spread:.0%}" for what, share, spread in told))


# %%
step_lengths = [2, 4, 8, None]
slant_sums = judge(list(groups.values()), lambda drawn: attributes.slant(drawn) > slanted, step_lengths)
print(f"Means and standard deviations of 3 times {digit_sums} sums. A single base is an upright 7 in each.")
tell({key: runs for key, runs in slant_sums.items() if key[1] in (4, None)}, "slanted")

# %% tags=["slide"]
figure, axes = plt.subplots(1, 2, figsize=(11, 5), sharey=True)
colours = dict(zip(ways, (drawing.MODEL, drawing.FAKE, drawing.REAL, drawing.COLOURS["grey"]), strict=False))
for axis, number in ((axes[0], 1), (axes[1], 2)):
    for way, colour in colours.items():
        runs = 100 * torch.stack([slant_sums[way, length][:, number] for length in step_lengths])
        shares, own = runs.mean(dim=1), slant_sums[way, None][:, 3].mean()
        axis.errorbar(step_lengths[:3], shares[:3], runs.std(dim=1)[:3], color=colour, marker="o", label=way)
        axis.plot(own, shares[3], "D", color=colour, markersize=10)
    for way, marker in (("the paper's sum", "*"), ("its control", "x")):
        share, own = slant_sums[way, None][:, (number, 3)].mean(dim=0)
        axis.plot(own, 100 * share, marker, color="black", markersize=13, label=way)
    axis.set(xlabel="length of the step (diamond: as it comes)", ylim=(-1, 102))
axes[0].set(title="More z and longer steps: it leans", ylabel="share of sums (%)")
paper = slant_sums["the paper's sum", None][:, 2].mean()
axes[1].set_title(f"A slanted 7: {paper:.0%} of the paper's sums")
figure.legend(*axes[0].get_legend_handles_labels(), loc="outside lower center", ncols=6, fontsize=12)
drawing.show(
    figure,
    alt="Share of slanted sums and of slanted sevens over the length of the step: three K, a control, the paper's sum and its control.",
)

# %% [markdown]
# Three things, in the `cpu` budget.
#
# **The paper's sum works, though not every time.** It gives a slanted 7 in about one sum of four, and its
# control hardly ever.
#
# **At one length, the mean does it.** K = 30 leans far more often than K = 3 at every length, and K = 3 more
# often than K = 1 at 4 and at 8. What the thirty share stays, what each has by accident is averaged away.
#
# **The length counts as much as K.** At length 4, K = 3 hardly ever gives a slanted 7, and one might call means
# of three useless. As they come they are twice as long, and there they work. Longer is not always better: at 8,
# K = 30 nearly always leans, and has mostly lost the 7. Who reports one length reports a choice.
#
# Slant was one attribute. Does thickness do as well? And what if the *class* is what is added: 7 − 1 + a
# slanted 1?

# %%
thickness = attributes.thickness(pictures)
thin, bold = torch.quantile(thickness, torch.tensor([0.3, 0.8]))
thick_groups = [(digit == 1) & (thickness > bold), (digit == 1) & (thickness < thin), (digit == 7) & (thickness < thin)]
print(f"Bold 1 − thin 1 + thin 7. Thin: below {thin:.2f} px; bold: above {bold:.2f} px.")
tell(judge(thick_groups, lambda drawn: attributes.thickness(drawn) > bold, [4, None]), "bold")

# %%
print("Upright 7 − upright 1 + slanted 1.")
class_groups = [groups["upright 7"], groups["upright 1"], groups["slanted 1"]]
tell(judge(class_groups, lambda drawn: attributes.slant(drawn) > slanted, [4, None]), "slanted")

# %% [markdown]
# Boldness is the exception. At length 4 one and three z do no more than the control, and thirty make about one
# sum of ten bold; a bold 7 is rare in every way. The class is the opposite: even a single pair of z carries it.
#
# And what is added pushes out what was there: at length 4 and with thirty, bold sums have mostly lost the 7,
# and sevens from a slanted 1 the slant, far more than the control loses. So these things hang together in z:
# the direction that thirty share carries more than the one thing that we asked for.
#
# ## How often does exactly one thing move?
#
# With digits we cannot say what *else* changed. With drawn objects we can: they were made from known
# [**factors**](../GLOSSARY.md#factor), namely kind, hue, size, place and turn. A second generator learned to
# draw such objects, and a small network, trained on drawn ones, reads the factors back.

# %%
objects = recorded.load_run("objects_dcgan").generator
reader, card = recorded.factor_reader(), recorded.card("factor_reader")
print(f"The generator of objects was trained for {recorded.card('objects_dcgan')['config']['epochs']} epochs.")
print(f"The reader names {card['held_out_kinds_right_percent']} % of held-out objects right. Its mean errors:")
for name, value in card.items():
    if name.startswith("mean_error_"):
        print(f"  {name.removeprefix('mean_error_').replace('_', ' ')}: {value}")

# %% tags=["slide"]
object_z = latent.sample(samples, 100, seed + 4)
with torch.no_grad():
    object_pictures = torch.cat([objects(part) for part in object_z.split(500)])
read = reader.read(object_pictures)
drawing.show_png(
    drawing.labelled_rows_png(
        object_pictures[:24].unflatten(0, (2, 12)), ["samples", ""], zoom=2, title="Hue, size and place are plain"
    ),
    alt="Twenty-four samples of the generator of drawn objects: coloured shapes on dark ground, some of them unclear.",
)

# %% [markdown]
# Look at the kinds: how many of these shapes could you name? The cell above says how long this generator was
# trained. Most are clear, and some are no kind at all. The reader was never shown such a shape: its stated
# errors hold for clean objects, and it has to choose a kind too. Keep that in mind below.
#
# A sum is *[high] kind A − [low] kind A + [low] kind B*, from one base, with a step of length 4. It succeeds
# if, beside the picture of the base, the wanted factor is high **and no other factor moved** (place counts
# twice, across and down, so there are five others). A factor has moved if it differs by about a fifth of its
# range, several times the reader's error. Only kinds are used of which there are enough samples at both ends:
# thirty z that are drawn from a dozen would be the same few again and again.

# %%
can_turn = (read.kind != 0) & (read.kind != 5)  # circles and rings look the same at every turn
ends = {
    "hue (blue → red)": ("hue", (read.hue > 0.5) & (read.hue < 0.75), (read.hue < 0.1) | (read.hue > 0.9)),
    "size (small → large)": ("size", read.size < 8, read.size > 9.5),
    "place (left → right)": ("right", read.right < -1.5, read.right > 1.5),
    "turn (left → right)": ("turn", (read.turn < -0.2) & can_turn, (read.turn > 0.2) & can_turn),
}
high = {
    "hue": lambda seen: (seen.hue < 0.1) | (seen.hue > 0.9),
    "size": lambda seen: seen.size > 9.5,
    "right": lambda seen: seen.right > 1.5,
    "turn": lambda seen: seen.turn > 0.2,
}

# %%
cells = {}  # {factor: {kind: (low, high)}}, of the kinds with enough samples at both ends
for name, (factor, low, top) in ends.items():
    both = {kind: (low & (read.kind == kind), top & (read.kind == kind)) for kind in range(10)}
    cells[factor] = {kind: pair for kind, pair in both.items() if min(int(cell.sum()) for cell in pair) >= many}
    sizes = [int(cell.sum()) for pair in cells[factor].values() for cell in pair]
    print(f"{name}: {len(cells[factor])} of 10 kinds have {many} samples or more at both ends,", end=" ")
    print(f"the smallest group {min(sizes)}, the largest {max(sizes)}")


# %%
def success(way, length, factor, random):
    """Return: share where the factor arrived, mean number of others that moved, share where it arrived alone, length."""
    parts, kinds = [], list(cells[factor])
    for _ in range(trials):
        one, other = (kinds[index] for index in torch.randperm(len(kinds), generator=random)[:2])
        low, top = cells[factor][one]
        parts.append(base_and_step(object_z, (top, low, cells[factor][other][0]), way, random))
    sums = torch.stack([base + brought_to(length, step) for base, step in parts])
    with torch.no_grad():
        before, after = (reader.read(objects(z)) for z in (torch.stack([base for base, _ in parts]), sums))
    moved = moved_factors(before, after)
    arrived, others = high[factor](after), sum(m.int() for name, m in moved.items() if name != factor)
    found = arrived, others, arrived & (others == 0), torch.stack([step.norm() for _, step in parts])
    return [float(part.float().mean()) for part in found]


# %%
asked = {way: (way, 4 if ways[way][1] == 1 else None) for way in ways} | {"a tiny step": ("control", 0.1)}
scores = {}  # {name: (3 seeds, 4 factors, 4 numbers)}
for name, (way, length) in asked.items():
    sources = [torch.Generator().manual_seed(seed + run) for run in range(3)]
    scores[name] = torch.tensor(
        [[success(way, length, each[0], source) for each in ends.values()] for source in sources]
    )

print(f"Means and standard deviations of 3 seeds, each with {trials} sums for each of {len(ends)} factors:")
for name, runs in scores.items():
    middle, spread = runs.mean(dim=1).mean(dim=0), runs.mean(dim=1).std(dim=0)
    length = asked[name][1]
    print(f"{name}, {middle[3]:.1f} long{'' if length is None else f', brought to {length}'}:", end=" ")
    print(f"arrived {middle[0]:.0%} ± {spread[0]:.0%}; of 5 others {middle[1]:.2f} ± {spread[1]:.2f} moved;", end=" ")
    print(f"arrived alone {middle[2]:.1%} ± {spread[2]:.1%}")

# %% tags=["slide"]
figure, axes = plt.subplots(1, 2, figsize=(11, 5))
shown = list(scores)[:4]
for axis, number, title in (
    (axes[0], 0, "With more z in the means, it arrives"),
    (axes[1], 2, "It seldom arrives alone"),
):
    for way, colour, shift in zip(shown, colours.values(), (-0.3, -0.1, 0.1, 0.3), strict=True):
        heights = 100 * scores[way][:, :, number].mean(dim=0)
        axis.bar(torch.arange(len(ends)) + shift, heights, 0.19, color=colour, label=way)
    axis.set_xticks(range(len(ends)), [name.split(" (")[0] for name in ends])
    axis.set(title=title, ylabel="share of sums (%)", ylim=(0, 100), axisbelow=True)
figure.legend(*axes[0].get_legend_handles_labels(), loc="outside lower center", ncols=4, fontsize=12)
drawing.show(
    figure, alt="Bars for four factors and three K and a control: how often the factor arrived, and arrived alone."
)

# %% [markdown]
# Does the difference carry the factor? Yes, and averaging pays: with steps of one length it arrives the more
# often, the more z are in the means, and hardly ever by the control. The paper's sum arrives often, too, by a
# step that is far longer than the one of K = 30.
#
# Does exactly one thing move? Seldom. A tiny step moves next to nothing: the reader does not waver by itself.
# (How it reads an unclear shape after a long step, this does not show.) A step of length 4 moves others, also
# by the control: that is the price of the step. At K = 30 it is more, for factors hang together. The longer
# step of the paper's sum moves more still, and so does its control. And not every factor profits: look at the
# bars of *turn*.
#
# What this does not show: that the figure in the paper is wrong. It shows examples, and here every sum counts.
# (One generator of objects; 3 seeds.)

# %% [markdown]
# ## Can one vector turn everything?
#
# In the paper, the **mean of four** z of faces that look left and four that look right gave a
# [**turn vector**](../GLOSSARY.md#turn-vector): adding it step by step turned other faces. We do the same
# twice: with the slant of digits and with the turn of objects. Then we measure, on 100 z that had no part in
# it, from −1 to 1 times the vector. Each vector has two rivals of the same length: the difference of the means
# of *all* z on the two sides, and a random one. There is only one set of all z, so its spread is estimated: for
# each seed as many z are drawn from it as it has, with replacement. This is called the bootstrap.

# %%
amounts = torch.linspace(-1, 1, 9)


def tilts(z, tilt, limit, measure):
    """Return {way: changes for 5 seeds}, the vectors of each seed, and the z that they were tried on."""
    left, right, others = z[tilt < -limit], z[tilt > limit], z[tilt.abs() < limit][:100]
    changes, tried = {"means of four": [], "means of all": [], "random": []}, []
    for run in range(5):
        random = torch.Generator().manual_seed(seed + run)
        pick_four = [side[torch.randperm(len(side), generator=random)[:4]].mean(dim=0) for side in (right, left)]
        four, noise = pick_four[0] - pick_four[1], torch.randn(100, generator=random)
        again = [side[torch.randint(len(side), (len(side),), generator=random)].mean(dim=0) for side in (right, left)]
        vectors = four, again[0] - again[1], noise
        vectors = [vector * four.norm() / vector.norm() for vector in vectors]
        for way, vector in zip(changes, vectors, strict=True):
            changes[way].append(float((measure(others + vector) - measure(others - vector)).mean()))
        tried.append(vectors)
    return changes, tried, others


# %%
turns = {
    "slant of digits (px a row)": (z, slant - slant.mean(), 0.15, lambda z: attributes.slant(draw(z))),
    "turn of objects (rad)": (
        object_z[can_turn],
        read.turn[can_turn],
        0.25,
        torch.no_grad()(lambda z: reader.read(objects(z)).turn),
    ),
}
results = {}
for name, (points, tilt, limit, measure) in turns.items():
    changes, tried, others = results[name] = tilts(points, tilt, limit, measure)
    groups_apart = tilt[tilt > limit].mean() - tilt[tilt < -limit].mean()
    print(f"{name}: the two sides are {groups_apart:.2f} apart; the vectors are", end=" ")
    print(f"{mean(float(vectors[0].norm()) for vectors in tried):.1f} long")
    for way, values in changes.items():
        print(f"  {way}: changes by {mean(values):+.2f} ± {stdev(values):.2f}")
print("Means and standard deviations of 5 seeds, from −1 to 1 times the vector.")

# %% tags=["slide"]
_, tried, others = results["slant of digits (px a row)"]
at_rest = digit_of(draw(others))
for way, vectors in zip(("means of four", "means of all", "random"), zip(*tried, strict=True), strict=True):
    kept = [digit_of(draw(others + side * vector)) == at_rest for vector in vectors for side in (-1, 1)]
    shares = torch.stack(kept).float().mean(dim=1).view(5, 2).mean(dim=1)
    print(
        f"{way}: {shares.mean():.0%} ± {shares.std():.0%} of the digits keep their class, at −1 and 1 times the vector"
    )


# %%
leaning = z[slant - slant.mean() > 0.15].mean(dim=0) - z[slant - slant.mean() < -0.15].mean(dim=0)
alone = (attributes.slant(draw(others + leaning)) - attributes.slant(draw(others - leaning))).mean()
print(f"Means of all at their own length, {leaning.norm():.1f}: the slant changes by {alone:+.2f}")

# %% tags=["slide"]
rows = torch.stack([draw(one + amounts[:, None] * tried[-1][0]) for one in others[:4]])
drawing.show_png(
    drawing.labelled_rows_png(
        rows, [f"digit {i + 1}" for i in range(4)], zoom=3, title="The vector leans, and changes more"
    ),
    alt="Four rows of nine digits: the vector from means of four, minus one to one times; the middle column is the start.",
)

# %% [markdown]
# The slant moves: four z on each side are enough, beside random vectors of the same length that change it by
# nothing in the mean. The means of *all* z do twice as much with the same length, and hardly depend on which z
# were drawn again, or as much with a far shorter vector: what four z have by accident has been averaged away;
# what they share is left.
#
# But does *only* the slant move? No: at the ends more than half of the digits have become another class, and
# with random vectors about as many: for four z it is the *length* of the step that costs the class. At equal
# length the means of all cost even more.
#
# For the objects compare the same numbers: what a vector changes, how far the two sides are apart, and the
# spread of random vectors. A change that is not well above that spread shows nothing. Where a vector does
# little, what G has for turn may be no straight line; or the reader sees a star turned by a fifth of a circle
# as not turned at all. These numbers cannot tell which. (Five draws of vectors; one generator of each kind.)

# %% [markdown]
# ## Which z draws this picture?
#
# G goes from z to a picture. The way back is [**inversion**](../GLOSSARY.md#inversion): begin at random z, and
# descend on the squared difference of pixels. What stays, the [**residual**](../GLOSSARY.md#residual), is the
# root of the mean squared difference; a pixel goes from −1 to 1. We ask for three digits that G drew itself,
# three real digits that G has not seen, and these three in negative. And we look twice: after a tenth of the
# steps, and after all.

# %%
drew_it = latent.sample(3, 100, seed + 9)
wanted = {f"drawn by G, {i + 1}": picture for i, picture in enumerate(draw(drew_it))}
wanted |= {f"real digit {i + 1}": scale(test.images[seed + i][None])[0] for i in range(3)}
wanted |= {f"negative of digit {i + 1}": -wanted[f"real digit {i + 1}"] for i in range(3)}
early, late = (
    {name: latent.invert(generator, picture, steps=steps) for name, picture in wanted.items()}
    for steps in (descent_steps // 10, descent_steps)
)
print(f"Residuals after {descent_steps // 10:,} steps and after {descent_steps:,}, and the length of the z found:")
for name in wanted:
    first, last = early[name], late[name]
    print(f"{name}: residual {first.residual:.3f}, then {last.residual:.3f} (worst of 8 starts", end=" ")
    print(f"{last.residuals.max():.2f}); |z| {first.z.norm():.1f}, then {last.z.norm():.1f}")
low, high = latent.shell(100)
print(f"9 of 10 random z are {low:.1f} to {high:.1f} long.", end=" ")
print(f"Two unrelated samples differ by {(draw(a) - draw(b)).square().mean().sqrt():.2f}.")

# %% tags=["slide"]
for i, z_drawn in enumerate(drew_it):
    name = f"drawn by G, {i + 1}"
    first, last = (torch.nn.functional.cosine_similarity(found[name].z, z_drawn, dim=0) for found in (early, late))
    print(f"digit {i + 1}: cosine of the z found and the z that drew it {first:.2f}, and {last:.2f} after all")
print("1 is the same direction; two random z have about ±0.1.")

# %% tags=["slide"]
shown = ["drawn by G, 1", "real digit 1", "negative of digit 1"]
rows = torch.stack([torch.stack([wanted[name], early[name].picture, late[name].picture]) for name in shown])
drawing.show_png(
    drawing.labelled_rows_png(rows, shown, zoom=4, title="G finds digits, and no negative"),
    alt="Three rows of three pictures, wanted, found early and found late: nearly the same, nearly the same, no likeness.",
)

# %% [markdown]
# The digits of G come back, and more steps bring them nearer: in the `cpu` budget ten times as many steps cut
# the residual to a third or less. Early, the z found has a small cosine to the z that drew the digit, and one
# might conclude: two quite different z draw one picture. **That would be a conclusion from stopping early.**
# With more steps the cosine rises, to a value that is still far from 1, and the descent has not ended. So these
# numbers do not show that a picture has many addresses, nor that it has only one.
#
# Lipton and Tripathi (2017) report that for another DCGAN the z that drew a picture was recovered in all of
# their trials; their z was kept inside the box of U(−1, 1) while it descended. That is about their generator
# and their method. Our pictures have one grey channel, of which much is black, and say less about z.
#
# The real digits come nearly back, too, and G has never seen them. Their z are longer than random ones: nothing
# holds them in the shell. Not every start finds a digit, and that is why there are eight. No negative comes
# near within these steps. The descent always answers. **Two numbers say that the answer is none**: the
# residual, and |z|, which has run far out, to several times the radius of the shell. (Three pictures of each
# kind, eight starts each; one generator.)

# %% [markdown]
# ## Is it memory?
#
# A list of pictures could be walked too: jump from one stored picture to the next. So we ask for each step of a
# walk: which training picture is nearest? In pixels, and in the 64 [features](../GLOSSARY.md#features) of the
# classifier. The yardstick is what real test digits get, since they cannot be remembered.

# %%
held_out = real[:300]


def by_pca(digits):
    """Return the residual of each digit when PCA draws it with 100 free numbers."""
    drawn = pca((digits.flatten(1) - centre) @ components[:100].T / scales)
    return (drawn - digits).square().mean(dim=(1, 2, 3)).sqrt()


def by_list(digits):
    """Return the residual of each digit when the nearest stored training digit stands for it."""
    return torch.cdist(digits.flatten(1), flat).amin(dim=1) / flat.shape[1] ** 0.5


# %%
three_digits = torch.stack([wanted[f"real digit {i + 1}"] for i in range(3)])
for i, (stored, components_100) in enumerate(zip(by_list(three_digits), by_pca(three_digits), strict=True)):
    print(f"real digit {i + 1}: G comes as near as {late[f'real digit {i + 1}'].residual:.2f},", end=" ")
    print(f"PCA with 100 numbers {components_100:.2f}, the best of {len(flat):,} stored ones {stored:.2f}")
nearer = float((by_pca(held_out) < by_list(held_out)).float().mean())
print(f"Of {len(held_out)} test digits PCA comes nearer than the best stored one to {nearer:.0%}.")

# %% tags=["slide"]
in_pixels, in_features = reference.flatten(1), feature(reference)
steps = draw(latent.walk(latent.sample(2, 100, seed + 5), 9))
nearest = {"pixels": metrics.nearest_neighbours(steps.flatten(1), in_pixels)}
nearest["features"] = metrics.nearest_neighbours(feature(steps), in_features)
rows = torch.stack([steps, *(reference[index[:, 0]] for index, _ in nearest.values())])
drawing.show_png(
    drawing.labelled_rows_png(
        rows, ["the walk", "nearest by pixels", "nearest by features"], zoom=3, title="No step is a training digit"
    ),
    alt="Three rows of ten digits: a walk between two z, the nearest training digit by pixels, and by features.",
)

# %% tags=["slide"]
for name, of in (("pixels", lambda x: x.flatten(1)), ("features", feature)):
    place = in_pixels if name == "pixels" else in_features
    apart = [metrics.nearest_neighbours(of(x), place)[1] for x in (pictures[:300], held_out)]
    ends = [f"median {values.median():.1f}, nearest {values.min():.1f}" for values in apart]
    print(f"{name}, nearest of {len(reference):,} training digits: samples {ends[0]}; test digits {ends[1]}")
    print(f"  on the walk: {nearest[name][1].min():.1f} to {nearest[name][1].max():.1f}; a copy has 0", end=". ")
    print(f"{len(nearest[name][0].unique())} different training digits in {len(steps)} steps")

# %% [markdown]
# G comes nearer to the three real digits than any digit that we stored. That alone does not show a space of
# digits: PCA, whose random points are no digits, comes nearer than the stored ones, too, to nearly all of 300.
# Both together say it: G's space reaches new digits, *and* its random points are nearer to digits, as a cloud,
# than those of PCA.
#
# The walk has ten different pictures, and fewer training digits are nearest to them. In pixels every one of
# them differs from the walk; a copy has 0. The nearest by features may be quite another drawing, and even
# another digit. On the whole, samples are *farther* from the training digits than test digits are, and so is
# the nearest of 300. So these samples are no copies of the pictures that we searched (all 60,000 are searched
# in the `gpu` budget). But farther is also worse: some samples are no good digits, and a copy with a little
# noise would be far away, too. This number cannot tell new from bad. Lesson 10 can.

# %% [markdown]
# ## What if you leave the shell?
#
# **Break it.** Make z three times as long, or a tenth. At a tenth, look at the second number before you trust
# the first: how sure is the classifier, and how much ink is there to be sure about?

# %% tags=["break-it"]
factors = [0.0, 0.1, 0.3, 0.5, 0.7, 1.0, 1.5, 2.0, 3.0]
scaled = torch.stack([draw(factor * a) for factor in factors])
for factor, drawn in zip(factors, scaled, strict=True):
    sure, thick, ink = describe(drawn)
    kept = (digit_of(drawn) == digit_of(scaled[5])).float().mean()
    print(f"|z| × {factor:3.1f}: sure by {sure:.2f}, ink {ink:4.1f} px, strokes {thick:.2f} px, class kept {kept:.0%}")

# %% tags=["slide"]
drawing.show_png(
    drawing.labelled_rows_png(
        scaled[:, :10],
        [f"|z| × {each:g}" for each in factors],
        zoom=2,
        title="Too short draws nothing, too long breaks",
    ),
    alt="Nine rows of ten digits: the same z from zero to three times as long; nothing at first, hard broken strokes last.",
)

# %% [markdown]
# At a tenth of the length the page is nearly black, and the classifier is still sure, as we saw. From half to
# twice the length most digits keep their class: there the *direction* of z decides what is drawn. What the
# length does is the strokes: longer makes them thinner, and at three times the length some break. The length
# 7.07 of the straight line's middle is 0.7 times 10, inside the region where little happens.

# %% [markdown] tags=["slide"]
# ## Take-aways
#
# * Space or list? New digits were nearer to what 100 free numbers draw than to 10,000 stored digits, and a
#   point between two z draws a digit and no cross-fade. That is a space of digits, though a crooked one: nearly
#   every step moves more than one thing.
# * Random z of 100 numbers lie in a thin shell of radius 10. The straight line leaves it, the arc does not, and
#   neither end of the explorer's sliders lies in it.
# * The sum of three single z is √3 times too long. Means of three are √3 times too short each, and their sum
#   has the right length again.
# * A share means nothing without the share that a random difference *of the same length* gives. At one length,
#   means of more z carry an attribute more often, with an exception: boldness.
# * The paper's sum of means of three works in a part of all tries, far more often than its control. One sum,
#   shown nine times, is one try.
# * A claim such as “exactly one thing changed” needs known factors, a reader with stated errors, several seeds,
#   and a control.
# * Inversion always answers. The residual and the length of z say whether to believe it.
# * Neighbours in pixels and in features both count, beside what held-out pictures get.
#
# ## Exercises
#
# Write slerp, explain the mean of 100 z, find and measure a turn vector, invert a digit:
# [exercises](../exercises/08_walking_in_latent_space.ipynb),
# [solutions](../solutions/08_walking_in_latent_space.ipynb).
#
# ## Next
#
# [09 · What the networks learned](09_what_the_networks_learned.ipynb): are D's features good for anything, and
# which filter draws what?
#
# ## Sources
#
# * Radford et al. 2015, *Unsupervised representation learning with deep convolutional generative adversarial
#   networks*, sections 6.1 and 6.3.2, figures 4, 7 and 8 (walks, arithmetic with means of three, the turn
#   vector from means of four).
# * Shoemake 1985, *Animating rotation with quaternion curves*, section 3.3 (slerp); White 2016, *Sampling
#   generative networks* (for z).
# * Härkönen, Hertzmann, Lehtinen and Paris 2020, *GANSpace*, section 2.2 (directions from activations).
# * Shen and Zhou 2021, *Closed-form factorization of latent semantics in GANs*, equation 4 (directions from
#   weights).
# * Creswell and Bharath 2016, *Inverting the generator of a generative adversarial network*, equation 2.
# * Lipton and Tripathi 2017, *Precise recovery of latent vectors from generative adversarial networks*,
#   abstract.
