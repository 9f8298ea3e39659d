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
trials = {"smoke": 5, "cpu": 60, "gpu": 200}[budget]  # sums for each way, factor and seed; 60 cost about 10 s in all
judged = {"smoke": 100, "cpu": 1000, "gpu": 5000}[
    budget
]  # pictures in a Fréchet distance; 1,000 cost about 25 s in all
descent_steps = {"smoke": 10, "cpu": 1000, "gpu": 4000}[budget]  # to invert 5 pictures; 1,000 cost about half a minute
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
# <details name="predict-08-1"><summary>A · about 10: both ends are 10 long</summary>The ends are, but they
# stand at right angles: take half of the diagonal of a square.</details>
# <details name="predict-08-1"><summary>B · about 7, and G has hardly ever seen one</summary>Yes: the two are
# nearly at right angles, and Pythagoras does the rest. The next cell shows how rare such a length is.</details>
# <details name="predict-08-1"><summary>C · about 5: halfway, so half as long</summary>That would be so on the
# way to the middle of the shell, to z = 0. The other end is no zero.</details>

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
# The slider above needs no kernel: all its pictures are in the page, and the browser alone changes them.
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
# Halfway pictures of a walk are about as far from real digits as G's other samples, and a cross-fade is several
# times as far. So are random points of PCA. A space alone is not enough: what makes this one a space **of
# digits** is that its points, also those between two others, look like digits to this judge as often as samples
# do. The judge is one classifier, and G's own distance is far above that of real digits.

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
        "mnist_dcgan", title="Random ways change little; principal and active ways change the digit"
    ),
    alt="Seven rows of nine digits, one row a direction: random, principal, active and learned; the middle column is the same z.",
    width=620,
)

# %%
principal, active = latent.weight_directions(generator, 1)[0], latent.activation_directions(generator, 1)[0]
print(f"cosine of principal 1 and active 1: {principal @ active:+.2f} (±1: the same line; random ones: about ±0.1)")

# %% [markdown]
# Each row has the same picture in the middle, and 8 is nearly the length of a whole z. The random rows change
# least. The first principal row goes from a 7 to a 0. *Active 1* runs through nearly the same kinds: it is
# almost the same line (another network may have it from the other side; which end is called plus is left open).
# The slant row leans further and further; the thickness row ends in a blot. No row changes *only* what it is
# named after: the leaning end of the slant row has become an 8, the thin end of the thickness row a 9. This is
# one z; the next sections count.

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

# %% tags=["slide"]
random = torch.Generator().manual_seed(seed)


def pick(members, count):
    """Draw `count` of the z for which `members` is true, at random."""
    index = members.nonzero()[:, 0]
    return z[index[torch.randperm(len(index), generator=random)[:count]]]


three = [pick(members, 3) for members in groups.values()]
result = draw(latent.arithmetic(*three, count=9, noise=0.25 * 3**0.5, seed=seed))
means = torch.stack([group.mean(dim=0) for group in three])
rows = torch.stack([torch.cat([draw(group), draw(one[None])]) for group, one in zip(three, means, strict=True)])
names = [f"{sign} {name}" for sign, name in zip(("plus", "minus", "plus"), groups, strict=True)]
drawing.show_png(
    drawing.labelled_rows_png(rows, names, zoom=3, title="Three samples each, and G of their mean (the last)"),
    alt="Three rows of four digits: three samples of slanted ones, upright ones, upright sevens, and G of each mean.",
)

# %% tags=["slide"]
drawing.show_png(
    drawing.labelled_rows_png(result[None], ["the sum"], zoom=3, title="One sum, and eight points around it"),
    alt="Nine digits: the result of the sum at the left, and eight points around it, which should be slanted sevens.",
)

# %% [markdown]
# In the upper figure the fourth picture of each row is G(mean of the three z). Do the results lean to the
# right, and are they sevens? One figure proves nothing: noise is small, so nine pictures near one sum are one
# try, not nine. How often does it work, and do means help?
#
# A fair test changes one thing. A sum of means of three is shorter than one of single z, and shorter steps keep
# more of the base. So here **all steps have the same length, 4**, and all start at **one** z of the base. Only
# K differs: the direction is the difference of two single z, of means of 3, or of means of 30. The control is
# as long: a difference of means of three z that show nothing in particular.


# %%
def step_from(base, plus, minus, length=4.0):
    """Return base + a step of the given length along mean(plus) − mean(minus)."""
    difference = plus.mean(dim=0) - minus.mean(dim=0)
    return base + length * difference / difference.norm()


# %%
kinds = {"K = 1": (1, False), "K = 3": (3, False), "K = 30": (30, False), "control": (3, True)}


# %%
def judge(groups, has_it, word):
    """Print for each K how often the sum of three groups is a 7, has the attribute, and both: 3 seeds."""
    anything = torch.ones_like(digit, dtype=torch.bool)
    for name, (count, at_random) in kinds.items():
        plus, minus = (anything, anything) if at_random else groups[:2]
        shares = []
        for _ in range(3):
            sums = [step_from(pick(groups[2], 1)[0], pick(plus, count), pick(minus, count)) for _ in range(digit_sums)]
            drawn = draw(torch.stack(sums))
            with torch.no_grad():
                seven = classifier(drawn).argmax(dim=1) == 7
            shares.append([float(x.float().mean()) for x in (seven, has_it(drawn), seven & has_it(drawn))])
        told = zip(("a 7", word, "both"), torch.tensor(shares).T, strict=True)
        print(f"{name}: " + "; ".join(f"{what} {share.mean():.0%} ± {share.std():.1%}" for what, share in told))


# %%
judge(list(groups.values()), lambda drawn: attributes.slant(drawn) > slanted, "slanted")
print(f"Each line: means and standard deviations of 3 times {digit_sums} sums. The base is always an upright 7.")

# %% [markdown]
# The difference carries slant: in the `cpu` budget two sums of three lean to the right at K = 30, and hardly
# one of the control. K = 1 gives no more than the control, and K = 3, the paper's number, a few in a hundred.
# All steps are equally long, so it is the *mean* that does it: what the thirty share stays, what each has by
# accident is averaged away. The class suffers from the control, too: that is the price of a step of this length
# in any direction; with thirty it suffers a little more. The wanted slanted 7 arrives in about one sum of three
# at K = 30, and hardly ever at K = 3.
#
# Slant was one attribute. Does thickness do better? And what if the *class* is what is added: 7 − 1 + a slanted
# 1?

# %%
thickness = attributes.thickness(pictures)
thin, bold = torch.quantile(thickness, torch.tensor([0.3, 0.8]))
thick_groups = [(digit == 1) & (thickness > bold), (digit == 1) & (thickness < thin), (digit == 7) & (thickness < thin)]
print(f"Bold 1 − thin 1 + thin 7. Thin: below {thin:.2f} px; bold: above {bold:.2f} px.")
judge(thick_groups, lambda drawn: attributes.thickness(drawn) > bold, "bold")

# %%
print("Upright 7 − upright 1 + slanted 1.")
class_groups = [groups["upright 7"], groups["upright 1"], groups["slanted 1"]]
judge(class_groups, lambda drawn: attributes.slant(drawn) > slanted, "slanted")

# %% [markdown]
# Again K = 30 gives what is added far more often than the control does; for boldness, one and three z do not.
# For the class even a single pair of z helps. And what is added pushes out what was there: with thirty, bold
# sevens have mostly lost the 7, and sevens from a slanted 1 have mostly lost the slant, far more than the
# control loses. So these things hang together in z: averaging finds a direction that all thirty share, and it
# carries more than the one thing that we asked for.
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
# Hue, size and place are plain. The kind often is not: this generator was trained for 40 epochs on a CPU, and
# its stars and houses are blots. The reader was never shown a blot. Its stated errors hold for clean objects,
# and for a blot it has to choose a kind too. Keep that in mind below.
#
# A sum is *[high] kind A − [low] kind A + [low] kind B*, again from one base and with a step of length 4. It
# succeeds if, beside the picture of the base, the wanted factor is high **and no other factor moved** (place
# counts twice, across and down, so there are five others). A factor has moved if it differs by about a fifth of
# its range, several times the reader's error.

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


# %%
def choose(members, count, random):
    index = members.nonzero()[:, 0]
    return object_z[index[torch.randint(len(index), (count,), generator=random)]]


# %%
def success(low, top, count, at_random, factor, random):
    """Return: share where the factor arrived, mean number of others that moved, share where it arrived alone."""
    bases, sums = [], []
    for _ in range(trials):
        one, other = torch.randperm(10, generator=random)[:2]
        cells = [(read.kind == one) & top, (read.kind == one) & low, (read.kind == other) & low]
        if at_random:  # the control: what is added and taken away shows nothing in particular
            cells[:2] = [torch.ones_like(low)] * 2
        if min(int(cell.sum()) for cell in cells) < 3:
            continue
        plus, minus = (choose(cell, count, random) for cell in cells[:2])
        bases.append(choose(cells[2], 1, random)[0])
        sums.append(step_from(bases[-1], plus, minus))
    with torch.no_grad():
        before, after = (reader.read(objects(torch.stack(parts))) for parts in (bases, sums))
    moved = moved_factors(before, after)
    arrived, others = high[factor](after), sum(m.int() for name, m in moved.items() if name != factor)
    return [float(part.float().mean()) for part in (arrived, others, arrived & (others == 0))]


# %%
scores = {name: [] for name in kinds}
for name, (count, at_random) in kinds.items():
    for run in range(3):
        random = torch.Generator().manual_seed(seed + run)
        scores[name].append([success(lo, hi, count, at_random, f, random) for f, lo, hi in ends.values()])
scores = {name: torch.tensor(runs) for name, runs in scores.items()}  # (3 seeds, 4 factors, 3 numbers)

# %%
print(f"Means and standard deviations of 3 seeds, each with up to {trials} sums for each of {len(ends)} factors:")
for name, runs in scores.items():
    middle, spread = runs.mean(dim=1).mean(dim=0), runs.mean(dim=1).std(dim=0)
    print(f"{name}: arrived {middle[0]:.0%} ± {spread[0]:.0%}", end="; ")
    print(f"of 5 others {middle[1]:.1f} ± {spread[1]:.1f} moved", end="; ")
    print(f"arrived alone {middle[2]:.1%} ± {spread[2]:.1%}")
print(
    f"Before they were brought to length 4, the differences were about √(200/K) long: {200**0.5:.0f} for K = 1,",
    end=" ",
)
print(f"{(200 / 3) ** 0.5:.1f} for K = 3, {(200 / 30) ** 0.5:.1f} for K = 30.")

# %% tags=["slide"]
figure, axes = plt.subplots(1, 2, figsize=(11, 5))
shown = list(scores)
colours = (drawing.MODEL, drawing.FAKE, drawing.REAL, drawing.COLOURS["grey"])
for axis, number, title in (
    (axes[0], 0, "With more z in the means, it arrives"),
    (axes[1], 2, "It seldom arrives alone"),
):
    for way, colour, shift in zip(shown, colours, (-0.3, -0.1, 0.1, 0.3), strict=True):
        heights = 100 * scores[way][:, :, number].mean(dim=0)
        axis.bar(torch.arange(len(ends)) + shift, heights, 0.19, color=colour, label=way)
    axis.set_xticks(range(len(ends)), [name.split(" (")[0] for name in ends])
    axis.set(title=title, ylabel="share of sums (%)", ylim=(0, 100), axisbelow=True)
figure.legend(*axes[0].get_legend_handles_labels(), loc="outside lower center", ncols=4, fontsize=12)
drawing.show(
    figure, alt="Bars for four factors and three K and a control: how often the factor arrived, and arrived alone."
)

# %% [markdown]
# Does the difference carry the factor? Yes, and averaging pays: with steps of one length, in the `cpu` budget
# it arrives in a few of a hundred sums at K = 1, more than twice as often at K = 3, in nearly half at K = 30,
# and hardly ever by the control. So means of three are a gain over one here, a small one, and thirty are far
# better.
#
# Does exactly one thing move? Hardly ever. One of five others moves along in the mean, about as for the
# control: that is the price of the step. At K = 30 it is more, for factors hang together. The wanted one
# arrives alone in a few of a hundred sums, most of them for the hue. And not every factor profits: look at the
# bars of *turn*.
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
    """Return {way: changes for 5 seeds}, the vectors of each seed, and the z that they were tried on."""
    left, right, others = z[tilt < -limit], z[tilt > limit], z[tilt.abs() < limit][:100]
    changes, tried = {"means of four": [], "means of all": [], "random": []}, []
    for run in range(5):
        random = torch.Generator().manual_seed(seed + run)
        pick_four = [side[torch.randperm(len(side), generator=random)[:4]].mean(dim=0) for side in (right, left)]
        four, everything = pick_four[0] - pick_four[1], right.mean(dim=0) - left.mean(dim=0)
        vectors = four, everything, torch.randn(100, generator=random)
        vectors = [vector * four.norm() / vector.norm() for vector in vectors]
        for way, vector in zip(changes, vectors, strict=True):
            changes[way].append(float((measure(others + vector) - measure(others - vector)).mean()))
        tried.append(vectors)
    return changes, tried, others


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
    changes, tried, others = results[name] = tilts(points, tilt, limit, measure)
    groups_apart = tilt[tilt > limit].mean() - tilt[tilt < -limit].mean()
    print(f"{name}: the two sides are {groups_apart:.2f} apart; the vectors are", end=" ")
    print(f"{mean(float(vectors[0].norm()) for vectors in tried):.1f} long")
    for way, values in changes.items():
        print(f"  {way}: changes by {mean(values):+.2f} ± {stdev(values):.2f}")
print("Means and standard deviations of 5 seeds, from −1 to 1 times the vector.")

# %% tags=["slide"]
_, tried, others = results["slant of digits (px a row)"]
with torch.no_grad():
    at_rest = classifier(draw(others)).argmax(dim=1)
    for way, vectors in zip(("means of four", "means of all", "random"), zip(*tried, strict=True), strict=True):
        kept = [classifier(draw(others + side * v)).argmax(dim=1) == at_rest for v in vectors for side in (-1, 1)]
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
# nothing in the mean. The means of *all* z do twice as much with the same length, or as much with a far shorter
# vector: what four z have by accident has been averaged away; what they share is left.
#
# But does *only* the slant move? No: at the ends more than half of the digits have become another class, and
# with random vectors about as many: for four z it is the *length* of the step that costs the class. At equal
# length the means of all cost even more, as the sums did above.
#
# For the objects it works far less well: the change over two vectors is a small part of what the two sides are
# apart, and not much above the spread of random vectors. The means of all z do better. Two reasons are
# possible. Its shapes are too rough to have a clear turn, or what it has for turn is no straight line. These
# numbers cannot tell which. (Five draws of vectors; one generator of each kind.)

# %% [markdown]
# ## Which z draws this picture?
#
# G goes from z to a picture. The way back is [**inversion**](../GLOSSARY.md#inversion): begin at random z, and
# descend on the squared difference of pixels. What stays, the [**residual**](../GLOSSARY.md#residual), is the
# root of the mean squared difference; a pixel goes from −1 to 1. We ask for three digits that G drew itself, a
# real digit that G has not seen, and that digit in negative. And we look twice: after a tenth of the steps, and
# after all.

# %%
drew_it = latent.sample(3, 100, seed + 9)
wanted = {f"drawn by G, {i + 1}": picture for i, picture in enumerate(draw(drew_it))}
wanted["real digit"] = scale(test.images[seed][None])[0]
wanted["its negative"] = -wanted["real digit"]
early, late = (
    {name: latent.invert(generator, picture, steps=steps) for name, picture in wanted.items()}
    for steps in (descent_steps // 10, descent_steps)
)
for name in wanted:
    for steps, answer in ((descent_steps // 10, early[name]), (descent_steps, late[name])):
        print(f"{name}, {steps:,} steps: residual {answer.residual:.3f} (worst of 8 starts", end=" ")
        print(f"{answer.residuals.max():.2f}); the z found is {answer.z.norm():.1f} long")
print(f"Two unrelated samples differ by {(draw(a) - draw(b)).square().mean().sqrt():.2f}.")

# %% tags=["slide"]
for i, z_drawn in enumerate(drew_it):
    cosines = [
        torch.nn.functional.cosine_similarity(found[f"drawn by G, {i + 1}"].z, z_drawn, dim=0)
        for found in (early, late)
    ]
    print(
        f"digit {i + 1}: cosine of the z found and the z that drew it {cosines[0]:.2f}, and {cosines[1]:.2f} after all"
    )
print("1 is the same direction; two random z have about ±0.1.")

# %% tags=["slide"]
rows = torch.stack([torch.stack([wanted[name], early[name].picture, late[name].picture]) for name in list(wanted)[2:]])
drawing.show_png(
    drawing.labelled_rows_png(rows, list(wanted)[2:], zoom=4, title="G finds digits, and no negative"),
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
# The real digit comes back too, and G has never seen it. Its z is longer than random ones are: nothing holds it
# in the shell. Not every start finds it, and that is why there are eight. The negative never comes near,
# however many steps, and its z runs out of the shell. The descent always answers. **Only the residual says that
# the answer is none.** (Three digits of G, one real one, eight starts each; one generator.)

# %% [markdown]
# ## Is it memory?
#
# A list of pictures could be walked too: jump from one stored picture to the next. So we ask for each step of a
# walk: which training picture is nearest? In pixels, and in the 64 [features](../GLOSSARY.md#features) of the
# classifier. The yardstick is what real test digits get, since they cannot be remembered.

# %%
held_out = real[:300]
picture = wanted["real digit"]
stored = (reference - picture).square().mean(dim=(1, 2, 3)).sqrt().min()
in_pca = (picture.flatten() - centre) @ components[:100].T / scales
print(
    f"The real digit of above: G comes as near as {late['real digit'].residual:.2f}, the best stored one {stored:.2f},",
    end=" ",
)
print(f"PCA with 100 numbers, too, {(pca(in_pca[None])[0] - picture).square().mean().sqrt():.2f}.")

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
# G comes nearer to the real digit than any digit that we stored. That alone does not show a space of digits:
# PCA, whose random points are no digits, comes nearer than the stored ones too. 100 numbers that are free to be
# chosen reach more pictures than a list. Both together say it: G's space reaches a new digit, *and* its random
# points are digits more often than those of PCA.
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
    with torch.no_grad():
        kept = (classifier(drawn).argmax(dim=1) == classifier(scaled[5]).argmax(dim=1)).float().mean()
    print(f"|z| × {factor:3.1f}: sure by {sure:.2f}, ink {ink:4.1f} px, strokes {thick:.2f} px, class kept {kept:.0%}")

# %% tags=["slide"]
drawing.show_png(
    drawing.labelled_rows_png(
        scaled[:, :10],
        [f"|z| × {factor:g}" for factor in factors],
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
# * Space or list? A list holds finished pictures, and any 100 free numbers beat it. Here a point between two z
#   draws a digit and no cross-fade, and random points are digits far more often than those of PCA. That is a
#   space of digits, though a crooked one: nearly every step moves more than one thing. How many z draw one
#   picture, our descents were too short to say.
# * Random z of 100 numbers lie in a thin shell of radius 10, at right angles to each other. The straight line
#   leaves it, the arc does not.
# * The sum of three single z is √3 times too long. Means of three are √3 times too short each, and their sum
#   has the right length again.
# * A share means nothing without the share that a random difference *of the same length* gives. At one length,
#   means of thirty carry a factor far more often than means of three, and these more often than single z.
# * A claim such as “exactly one thing changed” needs known factors, a reader with stated errors, several seeds,
#   and a control.
# * Inversion always answers. The residual says whether to believe it, and a descent that was stopped early says
#   little about where z is.
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
