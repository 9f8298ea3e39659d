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
# **Time**: 45 minutes, of which 0 are training: the generators are recorded. All cells together take about a
# minute on a 2-core CPU.

# %% tags=["parameters"]
from dcgan_course.budget import course_budget

budget = course_budget()  # "smoke", "cpu" or "gpu"; the variable DCGAN_COURSE_BUDGET chooses
pairs = {"smoke": 20, "cpu": 300, "gpu": 1000}[budget]  # pairs of z to walk between; 300 cost about 3 s
samples = {"smoke": 600, "cpu": 4000, "gpu": 10000}[budget]  # z whose pictures are read; 4,000 cost about 10 s
trials = {"smoke": 5, "cpu": 60, "gpu": 200}[budget]  # sums for each way, factor and seed; 60 cost about 10 s in all
descent_steps = {"smoke": 5, "cpu": 200, "gpu": 500}[budget]  # to invert one picture; 200 cost about 4 s
neighbours = {"smoke": 500, "cpu": 10000, "gpu": 60000}[budget]  # training pictures searched; 10,000 cost about 8 s
digit_sums = {"smoke": 5, "cpu": 300, "gpu": 1000}[budget]  # sums of digits on each line; 300 cost about 1 s
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

drawing.use_course_style()
generator = recorded.load_run("mnist_dcgan").generator
classifier = recorded.digit_classifier()

# %% [markdown]
# ## How long is a z?
#
# The [**latent space**](../GLOSSARY.md#latent-space) is the set of all z. Here z has 100 numbers, each from
# N(0, 1). The square of each has the mean 1, so the squared length has the mean 100, and the length is
# about 10. It hardly ever is much less or more.

# %%
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

# %% [markdown] tags=["predict"]
# **Predict first.** Go halfway on the straight line between two random z, to (a + b)/2. How long is the z that
# you find there: 10, about 7, or about 5? And has G seen such a z in training?

# %% [markdown]
# ## What lies between two z?
#
# There are two ways. [**Linear interpolation**](../GLOSSARY.md#linear-interpolation) (lerp) takes the straight
# line, $(1-t)\,a + t\,b$. [**Spherical interpolation**](../GLOSSARY.md#spherical-interpolation) (slerp) takes
# the arc: it turns the direction evenly from a to b. You will write it in the exercises. Here it comes from the
# package.

# %%
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

# %%
for name, z in on_the_way.items():
    print(f"halfway along {name}: mean length {z[10].norm(dim=1).mean():.2f}")
print(f"By hand: a and b are at right angles, so |(a + b)/2| = √(100 + 100)/2 = {200**0.5 / 2:.2f}.")
print(f"Of {2 * pairs} random z, {int((lengths < on_the_way['lerp'][10].norm(dim=1).mean()).sum())} were as short.")

# %% [markdown]
# ## What does it do to the pictures?
#
# First with the eyes: the first pair of the seed, not picked. Then with numbers, over all pairs: how sure the
# classifier of digits is, and how thick the strokes are. Thickness is measured from pixels: twice the ink,
# divided by the length of its edge.

# %%
with torch.no_grad():
    strips = torch.stack([generator(z[::2, 0]) for z in on_the_way.values()])
drawing.show_png(
    drawing.labelled_rows_png(strips, list(on_the_way), zoom=3),
    alt="Two rows of eleven digits: from the same first to the same last digit, along the line and along the arc.",
)


# %%
@torch.no_grad()
def draw(z):
    return torch.cat([generator(part) for part in z.split(500)])


@torch.no_grad()
def describe(pictures):
    sure = torch.cat([classifier(part) for part in pictures.split(500)]).softmax(dim=1).amax(dim=1)
    return sure.mean(), attributes.thickness(pictures).mean(), (pictures + 1).sum(dim=(1, 2, 3)).mean() / 2


for name, z in on_the_way.items():
    for t in (0, 5, 10):
        sure, thick, ink = describe(draw(z[t]))
        print(f"{name}, t = {shares[t]:.2f}: classifier sure by {sure:.2f}, thickness {thick:.2f} px, ink {ink:.0f} px")

# %% [markdown]
# The length falls to 7, as the formula says, and not one of 600 random z was that short (among millions there
# would be a few). And the pictures? Look for a difference: it is small. Halfway, the classifier is as sure on
# the line as on the arc (0.86 both). The strokes are 2.45 pixels thick on the line and 2.32 on the arc, beside
# 2.36 for random z. So this G was hardly ever shown a z of length 7, and by these numbers it draws no worse
# there.
#
# What this does not show: that it is so for every generator. The arc is the safe choice, because it never asks
# G for something it has not seen. At which length *this* G fails, you will see at the end.

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

# %%
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

# %%
rows = torch.stack([film[:13], fade[:13]])
drawing.show_png(
    drawing.labelled_rows_png(rows, ["walk in z", "cross-fade"], zoom=2),
    alt="Two rows of thirteen digits from the same first to the same last one: the walk bends strokes, the cross-fade shows two digits at once.",
)

# %% [markdown]
# The slider above needs no kernel: all its pictures are in the page, and the browser alone changes them.
#
# Both films are smooth. The cross-fade is even smoother, 0.028 a move against 0.046. So that nothing jumps does
# not prove that z is a space. Look at what lies *between*: the cross-fade shows two digits at once, the walk
# bends the strokes of one. The classifier sees it too: it is sure by 0.96 on the walk and by 0.85 on the
# cross-fade. (Four points, one seed.)

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

# %%
drawing.show_png(
    widgets.latent_explorer_twin("mnist_dcgan"),
    alt="Seven rows of nine digits, one row a direction: random, principal, active and learned; the middle column is the same z.",
    width=620,
)

# %%
principal, active = latent.weight_directions(generator, 1)[0], latent.activation_directions(generator, 1)[0]
print(f"cosine of principal 1 and active 1: {principal @ active:+.2f} (±1: the same line; random ones: about ±0.1)")

# %% [markdown]
# Each row has the same picture in the middle, and 8 is nearly the length of a whole z. The random rows change
# least. The first principal row goes through several kinds of digits and ends at 0. *Active 1* runs through
# nearly the same kinds, from the other side: it is almost the same line, and which end is called plus is left
# open. The slant row leans further and further; the thickness row ends in a blot. No row changes *only* what it
# is named after: the thin end of the thickness row has become a 5. This is one z; the next sections count.

# %% [markdown]
# ## Can we calculate with pictures?
#
# The paper's most famous figure: *smiling woman − neutral woman + neutral man = smiling man*. This is
# [**vector arithmetic**](../GLOSSARY.md#vector-arithmetic) in z. For each of the three, take the **mean of
# three** z whose pictures show it. Then draw the sum, and eight points around it, with a number from U(−0.25,
# 0.25) added to each entry.
#
# Ours is *slanted 1 − upright 1 + upright 7*. Nobody picks the pictures: the classifier says which digit it is,
# and the slant is computed from second moments of the ink (pixels to the right for each pixel up). "Upright"
# means here: it does not lean to the right; it may lean a little to the left.

# %%
z = latent.sample(samples, 100, seed + 3)
pictures = draw(z)
with torch.no_grad():
    digit = torch.cat([classifier(part) for part in pictures.split(500)]).argmax(dim=1)
slant = attributes.slant(pictures)
upright, slanted = torch.quantile(slant, torch.tensor([0.3, 0.8]))
groups = {
    "slanted 1": (digit == 1) & (slant > slanted),
    "upright 1": (digit == 1) & (slant < upright),
    "upright 7": (digit == 7) & (slant < upright),
}
print(f"Upright: slant below {upright:.2f}; slanted: above {slanted:.2f}.")
print(", ".join(f"{int(members.sum())} samples of “{name}”" for name, members in groups.items()))

# %%
random = torch.Generator().manual_seed(seed)


def pick(members, count):
    """Draw `count` of the z for which `members` is true, at random."""
    index = members.nonzero()[:, 0]
    return z[index[torch.randperm(len(index), generator=random)[:count]]]


three = [pick(members, 3) for members in groups.values()]
result = draw(latent.arithmetic(*three, count=9, noise=0.25, seed=seed))
means = torch.stack([group.mean(dim=0) for group in three])
rows = torch.stack([torch.cat([draw(group), draw(one[None])]) for group, one in zip(three, means, strict=True)])
names = [f"{sign} {name}" for sign, name in zip(("plus", "minus", "plus"), groups, strict=True)]
drawing.show_png(
    drawing.labelled_rows_png(rows, names, zoom=3),
    alt="Three rows of four digits: three samples of slanted ones, upright ones, upright sevens, and G of each mean.",
)

# %%
drawing.show_png(
    drawing.png_of_pictures(result, columns=9, zoom=3),
    alt="Nine digits: the result of the sum at the left, and eight points around it, which should be slanted sevens.",
)

# %% [markdown]
# In the upper figure the fourth picture of each row is G(mean of the three z). The nine results lean to the
# right and are nearly alike: slanted sevens with a bent foot, if you know what was wanted; you may as well read
# a J. One figure proves nothing. How often does it work? We repeat the sum with new z, in three ways and with a
# control, and let the classifier and the slant of the ink judge.


# %%
def combine(plus, minus, base, length=None):
    """Return mean(plus) − mean(minus) + mean(base), brought to a length if one is given."""
    total = latent.arithmetic(plus, minus, base, count=1)[0]
    return total if length is None else length * total / total.norm()


manners = {
    "means of three": (3, None, False),
    "single z": (1, None, False),
    "single z, at length 10": (1, 10.0, False),
    "control: the difference of random z": (3, None, True),
}


# %%
def judge(groups, has_it, word):
    """Print for each manner how often the sum of three groups is a 7, has the attribute, and both."""
    for name, (count, length, at_random) in manners.items():
        everything = torch.ones_like(digit, dtype=torch.bool)
        members = [everything, everything, groups[2]] if at_random else groups
        sums = torch.stack([combine(*(pick(m, count) for m in members), length) for _ in range(digit_sums)])
        drawn = draw(sums)
        with torch.no_grad():
            seven = classifier(drawn).argmax(dim=1) == 7
        arrived = has_it(drawn)
        shares = ((seven, "a 7"), (arrived, word), (seven & arrived, "both"))
        numbers = "; ".join(f"{what}: {share.float().mean():.0%}" for share, what in shares)
        print(f"{name}: length {sums.norm(dim=1).mean():4.1f}; {numbers}")


# %%
judge(list(groups.values()), lambda drawn: attributes.slant(drawn) > slanted, "slanted")
chance = ((digit == 7) & (slant > slanted)).float().mean()
print(f"Of all samples {chance:.0%} are slanted sevens, and 20 % are slanted. Each line: {digit_sums} sums.")

# %% [markdown]
# A sum of means of three is 10 long, for a simple reason: each mean is √(100/3) long, and three of them at
# right angles give √(3 · 100/3) = 10. Single z give √300 = 17.
#
# The last line is the control: the same base, with the difference of two means that show nothing in particular.
# It leaves the class as often as the real sum does (59 % against 62 %) but hardly ever gives the slant (5 %).
# So the difference *does* carry slant: 24 to 29 %, where one sample in five is slanted anyway. Both together
# arrive in 7 % of the sums, against 1 % for the control: a tendency, and far from a rule. And the nine nearly
# equal pictures in the figure are no proof, for noise of 0.25 is small.
#
# Are means of three better than single z? They keep the 7 more often, 62 % against 35 %, but that is mostly the
# *shorter step*: brought to length 10, single z keep it in 45 %.
#
# Slant was one attribute. Does thickness do better? And what if the *class* is what is added: 7 − 1 + a slanted
# 1?

# %%
thickness = attributes.thickness(pictures)
thin, bold = torch.quantile(thickness, torch.tensor([0.3, 0.8]))
thick_groups = [(digit == 1) & (thickness > bold), (digit == 1) & (thickness < thin), (digit == 7) & (thickness < thin)]
print(f"Bold 1 − thin 1 + thin 7. Thin: below {thin:.2f} px; bold: above {bold:.2f} px.")
judge(thick_groups, lambda drawn: attributes.thickness(drawn) > bold, "bold")
chance = ((digit == 7) & (thickness > bold)).float().mean()
print(f"Of all samples {chance:.0%} are bold sevens, and 20 % are bold.")

# %%
print("Upright 7 − upright 1 + slanted 1.")
class_groups = [groups["upright 7"], groups["upright 1"], groups["slanted 1"]]
judge(class_groups, lambda drawn: attributes.slant(drawn) > slanted, "slanted")

# %% [markdown]
# Bold sevens: 8 % with means of three, 4 % with single z, 1 % by the control. It is as with slant: the
# difference carries boldness (4 % → 31 %), and it costs the class (66 % → 37 %).
#
# With the class as the thing that is added, the difference 7 − 1 carries the 7 (11 % → 67 %) and costs the
# slant of the base (60 % → 25 %). So whatever we add arrives more often than by chance, and pushes out a part
# of what was there. Each share stands on 300 sums: ± 2 to 3 points.
#
# ## How often does exactly one thing move?
#
# With digits we cannot say what *else* changed. With drawn objects we can: they were made from known
# [**factors**](../GLOSSARY.md#factor), namely kind, hue, size, place and turn. A second generator learned to
# draw such objects, and a small network, trained on drawn ones, reads the factors back.

# %%
objects = recorded.load_run("objects_dcgan").generator
reader, card = recorded.factor_reader(), recorded.card("factor_reader")
print(f"The reader names {card['held_out_kinds_right_percent']} % of held-out objects right. Its mean errors:")
for name, value in card.items():
    if name.startswith("mean_error_"):
        print(f"  {name.removeprefix('mean_error_').replace('_', ' ')}: {value}")

# %%
object_z = latent.sample(samples, 100, seed + 4)
with torch.no_grad():
    object_pictures = torch.cat([objects(part) for part in object_z.split(500)])
read = reader.read(object_pictures)
drawing.show_png(
    drawing.png_of_pictures(object_pictures[:24], columns=12, zoom=2),
    alt="Twenty-four samples of the generator of drawn objects: coloured shapes on dark ground, some of them unclear.",
)

# %% [markdown]
# Hue, size and place are plain. The kind often is not: this generator was trained for 40 epochs on a CPU, and
# its stars and houses are blots. The reader was never shown a blot. Its stated errors hold for clean objects,
# and for a blot it has to choose a kind too. Keep that in mind below.
#
# A sum is *[high] kind A − [low] kind A + [low] kind B*. It succeeds if, beside the picture of the base, the
# wanted factor is high **and no other factor moved** (place counts twice, across and down, so there are five
# others). A factor has moved if it differs by about a fifth of its range, several times the reader's error.

# %%
ends = {
    "hue (blue → red)": ("hue", (read.hue > 0.5) & (read.hue < 0.75), (read.hue < 0.1) | (read.hue > 0.9)),
    "size (small → large)": ("size", read.size < 8, read.size > 9.5),
    "place (left → right)": ("right", read.right < -1.5, read.right > 1.5),
    "turn (left → right)": ("turn", read.turn < -0.2, read.turn > 0.2),
}
high = {
    "hue": lambda seen: (seen.hue < 0.1) | (seen.hue > 0.9),
    "size": lambda seen: seen.size > 9.5,
    "right": lambda seen: seen.right > 1.5,
    "turn": lambda seen: seen.turn > 0.2,
}


def choose(members, count, random):
    index = members.nonzero()[:, 0]
    return object_z[index[torch.randint(len(index), (count,), generator=random)]]


# %%
def success(low, top, counts, length, factor, random, at_random=False):
    """Return: share where the factor arrived, mean number of others that moved, share where it arrived alone."""
    bases, sums = [], []
    for _ in range(trials):
        one, other = torch.randperm(10, generator=random)[:2]
        cells = [(read.kind == one) & top, (read.kind == one) & low, (read.kind == other) & low]
        if at_random:  # the control: what is added and taken away shows nothing in particular
            cells[:2] = [torch.ones_like(low)] * 2
        if min(int(cell.sum()) for cell in cells) < 3:
            continue
        plus, minus, base = (choose(cell, count, random) for cell, count in zip(cells, counts, strict=True))
        bases.append(base.mean(dim=0))
        sums.append(combine(plus, minus, base, length))
    with torch.no_grad():
        before, after = (reader.read(objects(torch.stack(parts))) for parts in (bases, sums))
    moved = moved_factors(before, after)
    arrived, others = high[factor](after), sum(m.int() for name, m in moved.items() if name != factor)
    return [float(part.float().mean()) for part in (arrived, others, arrived & (others == 0))]


# %%
ways_to_add = {
    "means of three": ((3, 3, 3), None),
    "single z": ((1, 1, 1), None),
    "single z, at length 10": ((1, 1, 1), 10.0),
    "difference of means of thirty, added to a single z": ((30, 30, 1), None),
    "control: difference of means of three random z": ((3, 3, 3), None),
}
scores = {way: [] for way in ways_to_add}
for way, (counts, length) in ways_to_add.items():
    for run in range(3):
        random = torch.Generator().manual_seed(seed + run)
        scores[way].append(
            [success(lo, hi, counts, length, f, random, "control" in way) for f, lo, hi in ends.values()]
        )
scores = {way: torch.tensor(runs) for way, runs in scores.items()}  # (3 seeds, 4 factors, 3 numbers)

# %%
print(f"Means and standard deviations of 3 seeds, each with up to {trials} sums for each of {len(ends)} factors:")
for way, runs in scores.items():
    middle, spread = runs.mean(dim=1).mean(dim=0), runs.mean(dim=1).std(dim=0)
    print(f"{way}:\n  arrived {middle[0]:.0%} ± {spread[0]:.0%}", end="; ")
    print(f"of 5 others {middle[1]:.1f} ± {spread[1]:.1f} moved", end="; ")
    print(f"arrived alone {middle[2]:.1%} ± {spread[2]:.1%}")
print(f"By hand, the difference of two means of K is √(200/K) long: {200**0.5:.0f} for K = 1,", end=" ")
print(f"{(200 / 3) ** 0.5:.1f} for K = 3, {(200 / 30) ** 0.5:.1f} for K = 30.")

# %%
figure, axes = plt.subplots(1, 2, figsize=(11, 5))
shown = [way for way in scores if "length" not in way]
colours = (drawing.MODEL, drawing.FAKE, drawing.REAL, drawing.COLOURS["grey"])
for axis, number, title in (
    (axes[0], 0, "The wanted factor often arrives"),
    (axes[1], 2, "It seldom arrives alone"),
):
    for way, colour, shift in zip(shown, colours, (-0.3, -0.1, 0.1, 0.3), strict=True):
        heights = 100 * scores[way][:, :, number].mean(dim=0)
        axis.bar(torch.arange(len(ends)) + shift, heights, 0.19, color=colour, label=way)
    axis.set_xticks(range(len(ends)), [name.split(" (")[0] for name in ends])
    axis.set(title=title, ylabel="share of sums (%)", ylim=(0, 100), axisbelow=True)
figure.legend(*axes[0].get_legend_handles_labels(), loc="outside lower center", ncols=2, fontsize=12)
drawing.show(
    figure, alt="Bars for four factors in four ways of adding: how often the factor arrived, and arrived alone."
)

# %% [markdown]
# Does the difference carry the factor? Yes. It arrives in 48 % of the sums of means of three, and in 6 % of
# those of the control. Does exactly one thing move? Hardly ever. Of five others 2.4 move along, no more than
# for the control (2.3), and the wanted one arrives alone in 1.4 ± 1.5 %. Single z give 0.8 ± 0.7 %. With our
# generator the famous arithmetic works as a tendency, not as a rule, and three are no clear gain over one.
#
# More z in the means do better: with thirty, the factor arrives as often (45 %), only 1.4 others move, and it
# arrives alone in 5.5 ± 0.9 %, nearly all of it for the hue. The difference is then shorter, and what the
# thirty do not have in common has been averaged away. A part of the gain is the shorter step alone. And not
# every factor profits: look at the bars of *turn*.
#
# What this does not show: what a better generator can do. With a GPU, `python -m recording objects_dcgan`
# trains one for five times as many epochs. And the figure in the paper is not contradicted: it shows examples,
# and here every sum counts.

# %% [markdown]
# ## Can one vector turn everything?
#
# In the paper, the **mean of four** z of faces that look left and four that look right gave a
# [**turn vector**](../GLOSSARY.md#turn-vector): adding it step by step turned other faces. We do the same
# twice: with the slant of digits and with the turn of objects. Then we measure, on 100 z that had no part in
# it, from −1 to 1 times the vector. Each vector has two rivals of the same length: the difference of the means
# of *all* z on the two sides, and a random one.

# %%
amounts = torch.linspace(-1, 1, 9)


def tilts(z, tilt, limit, measure):
    """Return {way: changes for 5 seeds}, and the last two vectors: means of four, means of all."""
    left, right, others = z[tilt < -limit], z[tilt > limit], z[tilt.abs() < limit][:100]
    changes = {"means of four": [], "means of all": [], "random": []}
    for run in range(5):
        random = torch.Generator().manual_seed(seed + run)
        pick_four = [side[torch.randperm(len(side), generator=random)[:4]].mean(dim=0) for side in (right, left)]
        four, everything = pick_four[0] - pick_four[1], right.mean(dim=0) - left.mean(dim=0)
        vectors = four, everything, torch.randn(100, generator=random)
        vectors = [vector * four.norm() / vector.norm() for vector in vectors]
        for way, vector in zip(changes, vectors, strict=True):
            changes[way].append(float((measure(others + vector) - measure(others - vector)).mean()))
    return changes, vectors, others


# %%
can_turn = (read.kind != 0) & (read.kind != 5)  # circles and rings look the same at every turn
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
    changes, vectors, others = results[name] = tilts(points, tilt, limit, measure)
    groups_apart = tilt[tilt > limit].mean() - tilt[tilt < -limit].mean()
    print(f"{name}: the two sides are {groups_apart:.2f} apart; the vectors are {vectors[0].norm():.1f} long")
    for way, values in changes.items():
        print(f"  {way}: changes by {mean(values):+.2f} ± {stdev(values):.2f}")
print("Means and standard deviations of 5 seeds, from −1 to 1 times the vector.")

# %%
_, vectors, others = results["slant of digits (px a row)"]
with torch.no_grad():
    at_rest = classifier(draw(others)).argmax(dim=1)
    for way, vector in zip(("means of four", "means of all", "random"), vectors, strict=True):
        kept = torch.cat([classifier(draw(others + side * vector)).argmax(dim=1) == at_rest for side in (-1, 1)])
        print(f"{way}: {kept.float().mean():.0%} of the digits keep their class at −1 and 1 times the vector")
leaning = z[slant - slant.mean() > 0.15].mean(dim=0) - z[slant - slant.mean() < -0.15].mean(dim=0)
own = (attributes.slant(draw(others + leaning)) - attributes.slant(draw(others - leaning))).mean()
print(f"Means of all at their own length, {leaning.norm():.1f}: the slant changes by {own:+.2f}")

# %%
rows = torch.stack([draw(one + amounts[:, None] * vectors[0]) for one in others[:4]])
drawing.show_png(
    drawing.labelled_rows_png(rows, [f"digit {i + 1}" for i in range(4)], zoom=3),
    alt="Four rows of nine digits: the vector from means of four, minus one to one times; the middle column is the start.",
)

# %% [markdown]
# The slant moves: four z on each side are enough to change it by 0.48 ± 0.04 from one end to the other, beside
# −0.05 ± 0.17 for random vectors of the same length. The means of *all* z do it with a vector of length 2.2 in
# place of 7.2. What four z have by accident has been averaged away; what they share is left.
#
# But does *only* the slant move? No: at the ends half of the digits have become another class (49 % are kept;
# 27 % with random vectors of that length). In the figure digit 2 leans as it should; digits 1 and 3 become
# others on the way.
#
# For the objects it works far less well: 0.10 ± 0.02 over two vectors, where the two sides are 0.73 apart, that
# is, over one. Random vectors alone spread by 0.08. The means of all z give 0.19. Two reasons are possible. Its
# shapes are too rough to have a clear turn, or what it has for turn is no straight line. These numbers cannot
# tell which.

# %% [markdown]
# ## Which z draws this picture?
#
# G goes from z to a picture. The way back is [**inversion**](../GLOSSARY.md#inversion): begin at random z, and
# descend on the squared difference of pixels. What stays, the [**residual**](../GLOSSARY.md#residual), is the
# root of the mean squared difference; a pixel goes from −1 to 1. Three questions: a digit that G drew itself, a
# real digit that G has not seen, and that digit in negative.

# %%
test = load_images("mnist", "test", stand_in=True)
drew_it = latent.sample(1, 100, seed + 9)
wanted = {"drawn by G": draw(drew_it)[0], "real digit": scale(test.images[seed][None])[0]}
wanted["its negative"] = -wanted["real digit"]
found = {name: latent.invert(generator, picture, steps=descent_steps) for name, picture in wanted.items()}
for name, answer in found.items():
    print(f"{name}: residual {answer.residual:.2f}, of 8 starts {answer.residuals.min():.2f}", end=" ")
    print(f"to {answer.residuals.max():.2f}; the z found is {answer.z.norm():.1f} long")
print(f"Two unrelated samples differ by {(draw(a) - draw(b)).square().mean().sqrt():.2f}.")
same = torch.nn.functional.cosine_similarity(found["drawn by G"].z, drew_it[0], dim=0)
print(f"The z that drew the first one and the z found: cosine {same:.2f} (1: the same direction; random: about ±0.1)")

# %%
rows = torch.stack([torch.stack([wanted[name], found[name].picture]) for name in wanted])
drawing.show_png(
    drawing.labelled_rows_png(rows, list(wanted), zoom=4),
    alt="Three rows of two pictures, wanted and found: nearly the same, nearly the same, and no likeness at all.",
)

# %% [markdown]
# The digit of G comes back almost exactly (0.08). But from *another* z: the cosine to the z that drew it is
# 0.37. So two quite different z draw nearly the same picture. This descent is short; it does not show how near
# a longer one would come to the first z.
#
# The real digit comes back too (0.06), and G has never seen it. Its z is 13.0 long, longer than any of our 600
# random z; other starts end elsewhere. Not every start finds it: the worst stays at 0.27, and that is why there
# are eight. The negative stays at 1.14, more than two unrelated samples (0.71), and z runs out to 22. The
# descent always answers. **Only the residual says that the answer is none.**

# %% [markdown]
# ## Is it memory?
#
# A list of pictures could be walked too: jump from one stored picture to the next. So we ask for each step of a
# walk: which training picture is nearest? In pixels, and in the 64 [features](../GLOSSARY.md#features) of the
# classifier. The yardstick is what real test digits get, since they cannot be remembered.

# %%
digits = load_images("mnist", "train", stand_in=True)
reference = scale(digits.images[:neighbours])
held_out = scale(test.images[:300])
stored = (reference - wanted["real digit"]).square().mean(dim=(1, 2, 3)).sqrt().min()
print(
    f"The real digit of above: G comes as near as {found['real digit'].residual:.2f}; the best of the stored ones {stored:.2f}."
)


@torch.no_grad()
def feature(pictures):
    return torch.cat([classifier.features(part) for part in pictures.split(500)])


in_pixels, in_features = reference.flatten(1), feature(reference)
steps = draw(latent.walk(latent.sample(2, 100, seed + 5), 9))
nearest = {"pixels": metrics.nearest_neighbours(steps.flatten(1), in_pixels)}
nearest["features"] = metrics.nearest_neighbours(feature(steps), in_features)
rows = torch.stack([steps, *(reference[index[:, 0]] for index, _ in nearest.values())])
drawing.show_png(
    drawing.labelled_rows_png(rows, ["the walk", "nearest by pixels", "nearest by features"], zoom=3),
    alt="Three rows of ten digits: a walk between two z, the nearest training digit by pixels, and by features.",
)

# %%
for name, of in (("pixels", lambda x: x.flatten(1)), ("features", feature)):
    place = in_pixels if name == "pixels" else in_features
    apart = [metrics.nearest_neighbours(of(x), place)[1] for x in (pictures[:300], held_out)]
    ends = [f"median {values.median():.1f}, nearest {values.min():.1f}" for values in apart]
    print(f"{name}, nearest of {len(reference):,} training digits: samples {ends[0]}; test digits {ends[1]}")
    print(f"  on the walk: {nearest[name][1].min():.1f} to {nearest[name][1].max():.1f}; a copy has 0", end=". ")
    print(f"{len(nearest[name][0].unique())} different training digits in {len(steps)} steps")

# %% [markdown]
# The real digit that G came within 0.06 of is 0.29 away from the nearest of 10,000 stored digits. So G holds
# more than those.
#
# The walk has ten different pictures, and only 3 training digits are nearest by pixels, 6 by features. In
# pixels they differ from the walk by 9.3 or more; a copy has 0. The nearest by pixels keeps the place of the
# ink. The nearest by features may be quite another drawing, and even another digit. On the whole, samples are
# *farther* from the training digits than test digits are: 11.9 against 9.7, and 9.8 against 6.1 (medians), and
# even the nearest of 300 samples is farther than the nearest test digit. So these samples are no copies of the
# 10,000 pictures that we searched (all 60,000 are searched in the `gpu` budget). But farther is also worse:
# some samples are no good digits, and this number cannot tell new from bad. Lesson 10 can.

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
    with torch.no_grad():
        kept = (classifier(drawn).argmax(dim=1) == classifier(scaled[5]).argmax(dim=1)).float().mean()
    print(f"|z| × {factor:3.1f}: sure by {sure:.2f}, ink {ink:4.1f} px, strokes {thick:.2f} px, class kept {kept:.0%}")

# %%
drawing.show_png(
    drawing.labelled_rows_png(scaled[:, :10], [f"|z| × {factor:g}" for factor in factors], zoom=2),
    alt="Nine rows of ten digits: the same z from zero to three times as long; nothing at first, hard broken strokes last.",
)

# %% [markdown]
# At a tenth of the length the page is black: 0.1 pixels of ink. The classifier is still sure by 0.91, *more*
# than for ordinary samples of G (0.86). A classifier must choose, and its confidence is no measure of quality.
# From 0.7 to 2 times the length at least 86 % of the digits keep their class: there the *direction* of z
# decides what is drawn. What the length does is the strokes: from 2.48 to 2.00 pixels. At three times the
# length some strokes break. The length 7.07 of the straight line's middle is 0.7 times 10, at the edge of the
# region where little happens: strokes somewhat thicker, as we saw above, and 13 % of the digits in another
# class.

# %% [markdown]
# ## Take-aways
#
# * Space or list? A list holds finished pictures. Here a point between two z draws one digit and no cross-fade,
#   a digit that was never seen is nearer than any stored one, many z draw one picture, and directions carry
#   slant or boldness to other digits. That is a space, though a crooked one: nearly every step moves more than
#   one thing.
# * Random z of 100 numbers lie in a thin shell of radius 10, at right angles to each other. The straight line
#   leaves it, the arc does not.
# * The sum of three single z is √3 times too long. Means of three are √3 times too short each, and their sum
#   has the right length again.
# * A share means nothing without the share that a random difference gives.
# * A claim such as “exactly one thing changed” needs known factors, a reader with stated errors, several seeds,
#   and a control.
# * Inversion always answers. The residual says whether to believe it.
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
