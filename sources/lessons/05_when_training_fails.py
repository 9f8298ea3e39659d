# ---
# jupyter:
#   jupytext:
#     text_representation:
#       extension: .py
#       format_name: percent
# ---

# %% [markdown]
# # 05 · When training fails
#
# *What does collapse look like before the pictures show it?*
#
# **You will be able to**
#
# * **count** the modes that a generator found;
# * **name** a fault from its traces;
# * **cure** collapse by unrolling or packing.
#
# **You need first**: [04 · A GAN on MNIST](04_gan_on_mnist.ipynb): the two steps, and the traces p_real and
# p_fake.
#
# **Time**: 45 minutes, of which 3 are training on a 2-core CPU.

# %% tags=["parameters"]
from dcgan_course.budget import course_budget

budget = course_budget()  # "smoke", "cpu" or "gpu"; the variable DCGAN_COURSE_BUDGET chooses
games = {"smoke": 2, "cpu": 5, "gpu": 10}[budget]  # games side by side, from different first weights
rounds = {"smoke": 20, "cpu": 400, "gpu": 2000}[budget]  # 100 rounds of 5 games cost 1 s; unrolled, 5 s
fault_rounds = {"smoke": 10, "cpu": 200, "gpu": 200}[budget]  # for each of eight faults: 20 s together
digit_rounds = {"smoke": 4, "cpu": 240, "gpu": 300}[budget]  # for each of six trainings on digits: 4 to 25 s
look_every = {"smoke": 2, "cpu": 20, "gpu": 20}[budget]  # rounds between two looks at the samples
seed = 0

# %%
from dataclasses import replace
from statistics import mean, stdev

import torch
from IPython.display import display
from torch import nn
from torch.func import functional_call

from dcgan_course import drawing, latent, models, recorded, widgets
from dcgan_course.data import load_images, scale
from dcgan_course.evaluation import metrics
from dcgan_course.toy import point_figures
from dcgan_course.toy.faults import FAULTS, play
from dcgan_course.toy.mixtures import grid_of_25, ring_of_8
from dcgan_course.toy.modes import TRUE_SHARE, count_modes
from dcgan_course.toy.points import lopsided_game
from dcgan_course.toy.stacked import StackedLinear
from dcgan_course.training import TrainConfig, discriminator_step, generator_step, train
from dcgan_course.training.losses import discriminator_loss, minimax, non_saturating

drawing.use_course_style()

# %% [markdown]
# ## Where can a missing mode not hide?
#
# A [**mode**](../GLOSSARY.md#mode) is a place where data are dense: one kind of thing. For digits we do not
# know all modes. A 7 with a bar and a 7 without are perhaps two. So we first go to a place where somebody wrote
# the modes down: a [**mixture of Gaussians**](../GLOSSARY.md#mixture-of-gaussians) in the plane. Eight on a
# ring (radius 1, σ = 0.01), and twenty-five on a grid (from −4 to 4 in steps of 2, σ = 0.05).

# %% tags=["slide"]
ring, grid = ring_of_8(), grid_of_25()
random = torch.Generator().manual_seed(seed)
real_ring, real_grid = (mixture.sample((2500,), random) for mixture in (ring, grid))
print("ring:", count_modes(real_ring, ring))
print("grid:", count_modes(real_grid, grid))
print(f"Theory says that {TRUE_SHARE:.1%} of real points lie within 3σ of their centre, not 100 %.")

# %% [markdown]
# These three numbers are the published way to judge a generator of points:
#
# * **Modes covered.** Draw 2,500 points. A mode is covered if at least one point lies within 3σ of its centre.
# * [**High-quality samples**](../GLOSSARY.md#high-quality-samples). The share of points within 3σ of the
#   closest centre. In the plane, a true Gaussian has $1 - e^{-9/2}$ = 98.9 % of its points there. So 98.9 % is
#   perfect.
# * [**Reverse KL**](../GLOSSARY.md#reverse-kl). Give each point to its closest centre. With $q_k$, the share of
#   points at mode $k$, and K modes: $\sum_k q_k \log(K q_k)$. It is 0 when all modes get the same share, and
#   $\log K$ when one mode gets all.
#
# The first number is easily satisfied: one lucky point is enough. The third sees how uneven the shares are.

# %% tags=["slide"]
for kept in (8, 4, 1):
    report = count_modes(ring.centres[:kept].repeat(100, 1), ring)
    print(f"A generator that draws {kept} modes equally: {report}")

# %% [markdown]
# ## How do we train many GANs at once?
#
# One training proves little: another seed may do the opposite. We need several, and they are small. A small
# network keeps a processor busy with calls, not with arithmetic. So we stack M networks: each parameter gets a
# first axis of length M, and one batched product serves all.

# %% tags=["slide"]
stacked = StackedLinear(games, 2, 3, random)
x = torch.randn(games, 4, 2, generator=random)
alone = nn.functional.linear(x[1], stacked.weight[1].T, stacked.bias[1, 0])
gap = float((stacked(x)[1] - alone).abs().max().detach())
print(f"weight: {tuple(stacked.weight.shape)}; network 1 of {games} differs from nn.Linear by at most {gap:.6f}")

# %% [markdown]
# The networks share nothing. The loss is the **sum** over the networks, so each gets exactly the gradient of
# its own loss. A test of the course trains three pairs stacked and three pairs apart, and finds the same
# weights.

# %% [markdown]
# ## What does collapse look like?
#
# We make a game that is not fair: G's learning rate is five times D's, and G has no batch norm. All networks
# are small: two hidden layers of 64.

# %% [markdown] tags=["predict", "slide"]
# **Predict first.** When G draws only one of eight modes, what will D say? Write down the two numbers you
# expect at the end of the training: the mean D(x) on real points, and the mean D(G(z)) on fakes. Guessing gives
# 0.5 for both.
#
# <details name="predict-05-1"><summary>A · Near 1 to real, near 0 to fakes: everybody sees that all fakes lie
# in one place</summary>You see it, because you look at all points together. D is asked about one point at a
# time, and one point near a true mode is a good point. With packing, further down, D sees more than
# one.</details>
# <details name="predict-05-1"><summary>B · Near ½ to both, as if it were guessing</summary>Yes. Near the points
# of G lie real points, too; and when D has learned to distrust this place, G has moved to the next. So look at
# the right panel of the second figure: only the modes tell.</details>
# <details name="predict-05-1"><summary>C · 8/9 to real, 1/9 to fakes: the best answers to such a G</summary>The
# best D of lesson 03 would say so to a G that stands still: (1/8) / (1/8 + 1) = 1/9 at its mode, and 1 at the
# seven others. But D's learning rate is a fifth of G's, and G moves on before D is there. Compare the clouds at
# three rounds.</details>
# <details name="predict-05-1"><summary>D · Near 0 to real, near 1 to fakes: G has won</summary>Then D would be
# worse than guessing, and would only have to turn its answers around. A G that wins brings D to ½, never below:
# lesson 03 had this as the best answer to equal densities.</details>


# %% tags=["slide"]
def watch(game, rounds, looks=20):
    """Train and look in between; returns the rounds, the mean reverse KL of all games, and three sets of points."""
    at, kl, clouds = [], [], []
    for _ in range(looks):
        game.run(max(1, rounds // looks))
        points = game.points(2500)
        at.append(game.steps)
        kl.append(mean(count_modes(cloud, game.mixture).reverse_kl for cloud in points))
        clouds.append(points[:5, :300])
    return at, kl, [(f"round {at[i]}", clouds[i]) for i in (looks // 8, looks // 2, looks - 1)]


collapsing = lopsided_game(ring, games, seed=seed)
at, kl, clouds = watch(collapsing, rounds)
figure = point_figures.clouds_figure(
    clouds, ring, f"{len(clouds[0][1])} games, three rounds: G's points crowd at few places, and move on"
)
drawing.show(
    figure, alt="Three rows of panels; in each panel eight open circles on a ring and the generated points in orange."
)

# %%
reports = [count_modes(cloud, ring) for cloud in collapsing.points(2500)]
for game, report in enumerate(reports):
    print(f"game {game}: {report}")
late = slice(-max(1, rounds // 8), None)
p_real, p_fake = (float(collapsing.trace(name)[late].mean()) for name in ("p_real", "p_fake"))
print(f"At the end D says {p_real:.2f} to real points and {p_fake:.2f} to fakes; guessing gives 0.50 for both.")
print(f"The reverse KL is {kl[-1]:.2f} nats on average; a single mode gives log 8 = 2.08.")

# %% tags=["slide"]
import matplotlib.pyplot as plt

figure, (left, right) = plt.subplots(1, 2)
for name, colour in (("p_real", drawing.REAL), ("p_fake", drawing.FAKE)):
    left.plot(collapsing.trace(name).mean(1), color=colour, label=name)
left.set(title="D looks content", xlabel="round", ylabel="mean answer of D", ylim=(0, 1))
left.legend()
right.plot(at, kl, color=drawing.MODEL)
right.set(title="The modes are never found", xlabel="round", ylabel="reverse KL (nats)", ylim=(0, 2.1))
drawing.show(
    figure, alt="Left: D's answers to real and fake points over the rounds. Right: the reverse KL over the rounds."
)

# %% [markdown]
# This is [**mode collapse**](../GLOSSARY.md#mode-collapse): many z lead to the same few points. In some of the
# games all points go to one mode (then reverse KL is log 8 = 2.08); the others stay near two or three. And it
# is the first warning of this lesson. D's two answers, both near 0.5, are what lesson 03 called the end of the
# game. They look like success. **p_real and p_fake alone cannot show collapse.**
#
# Why does D not stop it? D looks at one point at a time. A point near a true mode is a good point. That *all*
# points are there is a property of the set, and D never sees a set. D slowly learns to distrust the crowded
# place. Then G moves on to the next place. Look at the third column from top to bottom: the whole cloud is on
# the right, then below, then on the left.
#
# Were the modes lost? The curve begins after some rounds. Before the training the reverse KL is about as high,
# and no game ever had more than three modes. A control of the course's tests says the same: games that found
# the modes with equal learning rates keep them when D becomes five times slower. So nothing was lost: a G that
# is ahead of its D does not **find** the modes.

# %% [markdown]
# ## What if D sees several points at once?
#
# That is [**packing**](../GLOSSARY.md#packing). D judges m points together: all real, or all fake. Two fakes
# from a collapsed G lie next to each other; two real points seldom do. So D can see collapse in a single pack.
# The loop does not change. Only the points are laid side by side, and D's first layer is m times as wide.


# %% tags=["builds", "slide"]
def pack(points, packing):
    networks, count, width = points.shape
    return points.reshape(networks, count // packing, packing * width)


# %%
pairs = pack(real_ring[None], 2)
apart = float((pairs[0, :, :2] - pairs[0, :, 2:]).norm(dim=1).gt(0.3).float().mean())
print(f"{tuple(real_ring[None].shape)} → {tuple(pairs.shape)}: packs of two points")
print(f"{apart:.0%} of real pairs are from two different modes; theory says 7/8 = 88 %. In a collapsed G: 0 %.")

# %% [markdown]
# ## What if G looks ahead?
#
# G moves on to the next place because D's answer lags behind. [**Unrolling**](../GLOSSARY.md#unrolled-gan) lets
# G ask: what will D say *after* it has seen these fakes? We take D through some more steps on paper, and let
# G's loss use the D that comes out. The gradient passes through these steps. Then the paper is thrown away: the
# real D moves as always.


# %% tags=["builds", "slide"]
def look_ahead(discriminators, real, fake, steps, learning_rate):
    parameters = dict(discriminators.named_parameters())
    for _ in range(steps):
        real_logits, fake_logits = (functional_call(discriminators, parameters, (packs,)) for packs in (real, fake))
        loss = len(real) * discriminator_loss(real_logits, fake_logits)
        gradients = torch.autograd.grad(loss, list(parameters.values()), create_graph=True)
        moved = zip(parameters.items(), gradients, strict=True)
        parameters = {name: value - learning_rate * gradient for (name, value), gradient in moved}
    return parameters


# %% [markdown]
# `create_graph=True` is the whole trick: the new parameters remember how they came from the fakes. G's step
# then is as before, with `functional_call(discriminators, look_ahead(…), (fake,))` in place of
# `discriminators(fake)`.

# %% tags=["slide"]
before = [parameter.clone() for parameter in collapsing.discriminators.parameters()]
fake = collapsing.fake()
ahead = look_ahead(collapsing.discriminators, collapsing.real(), fake, 5, 0.1)
now = collapsing.discriminators(fake).sigmoid().mean()
then = functional_call(collapsing.discriminators, ahead, (fake,)).sigmoid().mean()
moved = sum(int((p != q).sum()) for p, q in zip(before, collapsing.discriminators.parameters(), strict=True))
print(
    f"D says {now:.2f} to these fakes today and would say {then:.2f} five steps later; parameters of D moved: {moved}"
)

# %% [markdown]
# ## Do the cures work?
#
# The same unfair game, the same number of rounds, on both mixtures: plain, with packs of two, and with five
# steps unrolled.

# %%
cures = {"plain": {}, "packs of 2": {"packing": 2}, "unrolled 5": {"unrolled_steps": 5}}
found, pictures = {}, {"ring of 8": [], "grid of 25": []}
for mixture in (ring, grid):
    for name, cure in cures.items():
        points = lopsided_game(mixture, games, seed=seed, **cure).run(rounds).points(2500)
        found[mixture.name, name] = [count_modes(cloud, mixture) for cloud in points]
        pictures[mixture.name].append((name, points[:5, :300]))


# %%
def spread(values):
    return f"{mean(values):.2f} ± {stdev(values):.2f}"


for (mixture, name), reports in found.items():
    modes, kl, good = ([getattr(r, key) for r in reports] for key in ("modes", "reverse_kl", "high_quality"))
    print(f"{mixture}, {name}: modes {spread(modes)}, reverse KL {spread(kl)}, high quality {mean(good):.1%}")
print(f"Means and standard deviations over {games} games of {rounds} rounds.")

# %% tags=["slide"]
figure = point_figures.clouds_figure(pictures["ring of 8"], ring, "Ring: with either cure G spreads its points")
drawing.show(
    figure,
    alt="Rows: plain, packs of two, unrolled. The plain games sit at a few places; the cured ones reach around the ring.",
)

# %% tags=["slide"]
figure = point_figures.clouds_figure(pictures["grid of 25"], grid, "Grid: with either cure G spreads its points")
drawing.show(figure, alt="Rows: plain, packs of two, unrolled, on the grid of twenty-five modes; five games each.")

# %% [markdown]
# Read three things, in this order:
#
# * **Both cures spread the points.** On the ring, the reverse KL falls from above 1 to almost 0 with either.
# * **That is as much as chance gives.** Points drawn evenly from a disc have about six modes and a reverse KL
#   of 0 too, and the whole circle has all eight; it has some high quality besides, by chance. Here the high
#   quality is far below that. So 400 rounds do not show that a mode was *found*.
# * **The rows are not quite fair.** A pack of two shows D 200 points a step, not 100, and unrolling takes five
#   more steps of D. With 200 points the plain game is no better. With five real steps of D for one of G, it
#   spreads its points as well as with five steps unrolled: D was too slow, and now it is not.
#
# Trained for 3,000 rounds, packs come above the circle (the mean of late looks; 3 games), and the plain game
# with as many points does not: packs find modes. The course's tests measure all of this
# (`tests/toy/test_collapse.py`). And unrolling is not free: a round with five steps unrolled costs about six
# times a plain one.

# %% [markdown]
# ## What did the published protocol find, and what did we?
#
# The published table comes from larger networks and a much longer training: G with four hidden layers of 400, D
# with three maxout layers of 200, Adam at 0.0001, 400 epochs of 1,000 steps, ten runs (Lin et al. 2018). A
# maxout unit gives the largest of several linear functions of its input; here five. The course repeated it for
# as long as its machine allowed. Here is what was kept and what was cut.

# %%
record = recorded.modes_table()
epochs = min(cell["history"][-1]["epoch"] for cell in record["cells"].values())
print(f"{record['runs']} runs of every kind, trained as one, {epochs} of {record['published_epochs']} epochs;")
print(f"G 4×{record['generator_hidden']} instead of 4×400, D 3×{record['discriminator_hidden']} instead of 3×200;")
print(f"made on {record['date']} with {record['command']}")

# %%
published = {("ring", 1): (6.3, 98.2, 0.45), ("ring", 2): (7.9, 95.6, 0.07)}
published |= {("grid", 1): (17.3, 94.8, 0.70), ("grid", 2): (23.8, 91.3, 0.13)}
print("mixture  pack   modes: ours  published   high quality %: ours  published   reverse KL: ours  published")
for cell in record["cells"].values():
    last = next(entry for entry in cell["history"] if entry["epoch"] == epochs)
    modes, good, kl = last["modes"], [100 * share for share in last["high_quality"]], last["reverse_kl"]
    theirs = published[cell["mixture"], cell["packing"]]
    ours = [f"{mean(values):5.2f} ± {stdev(values):.2f}" for values in (modes, good, kl)]
    print(f"{cell['mixture']:7} {cell['packing']:4} {ours[0]:>15} {theirs[0]:>7} {ours[1]:>20} {theirs[1]:>9}", end="")
    print(f" {ours[2]:>20} {theirs[2]:>8}")

# %% tags=["slide"]
figure = point_figures.epochs_figure(
    record, f"Ten runs, {epochs} epochs: packs of 2 cover more of the grid, not of the ring"
)
drawing.show(
    figure,
    alt="Six panels by epoch: modes covered, share within three sigma, reverse KL; ring and grid, with and without packs.",
)

# %% tags=["slide"]
rows = []
for packing, name in ((1, "GAN"), (2, "packs of 2")):
    frames = [f for f in record["cells"][f"grid_packing_{packing}"]["frames"] if 0 < f["epoch"] <= epochs][-5:]
    rows.append((name, [torch.tensor(frame["points"][0]) for frame in frames]))
drawn = ", ".join(str(frame["epoch"]) for frame in frames)
print(f"Columns: after epochs {drawn}; always the first of the ten runs, 150 points, not picked.")
figure = point_figures.clouds_figure(rows, grid, "The grid, one run replayed: packs of 2 reach more places")
drawing.show(figure, alt="Two rows of panels with the grid's centres and generated points, later epochs to the right.")

# %%
for cell in record["cells"].values():
    history = cell["history"][1 : epochs + 1]
    early, late = history[15:24], history[-9:]  # nine epochs each, 16 to 24 and the last
    means = [
        [mean(entry[what][run] for entry in part) for run in range(record["runs"])]
        for what in ("reverse_kl", "high_quality")
        for part in (early, late)
    ]
    rose = sum(after > before for before, after in zip(*means[:2], strict=True))
    print(
        f"{cell['mixture']}, pack {cell['packing']}: reverse KL {mean(means[0]):.2f}, then {mean(means[1]):.2f};",
        end=" ",
    )
    print(f"it rose in {rose} of {record['runs']} runs; high quality {mean(means[2]):.0%}, then {mean(means[3]):.0%}")
start = record["cells"]["grid_packing_1"]["history"][0]
print(f"grid, pack 1, before training: {mean(start['modes']):.0f} mode, high quality {mean(start['high_quality']):.0%}")

# %% [markdown]
# What agrees: packs of two cover more. On the grid they reach more modes than the plain GAN and spread their
# points more evenly, as in the paper. The differences are larger than the standard deviations of ten runs. On
# the ring both keep nearly all modes.
#
# What the lines on reverse KL add: **on the grid the plain GAN spreads its points less evenly while it sharpens
# them**, in each of the ten runs. With packs it does so less, and on the ring hardly: look at the counts. So a
# table after a short training would have been kinder to the plain GAN, by this measure. And packs pay: at the
# end fewer of their points are near a centre of the grid.
#
# What differs, and why:
#
# * **High quality on the grid** is still below the paper's, and its panel still rises: we stopped before a
#   quarter of the 400 epochs, with half of the widths.
# * **The plain GAN on the ring** keeps nearly all modes; in the paper it lost some. The table does not say
#   whether our smaller widths or the shorter training are the reason.
#
# One more trap is in the last printed line: before the training, all of the grid's samples are of high quality.
# They lie at (0, 0), which happens to be a centre. High quality alone is not success.

# %% [markdown]
# ## Can k and the learning rate break digits?
#
# Back to MNIST, and to the networks of lesson 04. We know no modes here, but we know ten classes. A small
# classifier that comes with the course reads the samples. The [**entropy**](../GLOSSARY.md#entropy) of its ten
# counts is log 10 = 2.30 when all classes are drawn equally often, and 0 when only one is drawn.

# %%
digits = load_images("mnist", "train", stand_in=True)
classifier = recorded.digit_classifier()
card = recorded.card("digit_classifier")
print(f"The classifier reads {card['test_accuracy_percent']} % of the {10_000:,} test digits of MNIST right.")
real = metrics.entropy(torch.bincount(digits.labels, minlength=10))
print(f"Real digits{digits.title_note}: {real:.2f} nats; ten equal classes give 2.30.")

# %% [markdown]
# A GAN that is just beginning draws one picture for every z; that is no collapse yet. So we begin at the end:
# with the pair that lesson 04 trained for 200 epochs and that the course ships. We only train it **on**, with
# other numbers, and look every few rounds. A round is k steps of D for one step of G. The recipe had k = 1 and
# a learning rate of 0.0001. With k = 1/10, G takes ten steps for one of D.

# %%
z = latent.sample(300, 100, seed + 1)


def look(seen, number, generator, discriminator):
    """Write down what samples of the same z show after a round."""
    with torch.no_grad():
        fake = generator.eval()(z)
        answers = [float(discriminator.eval()(x).sigmoid().mean()) for x in (scale(digits.images[:300]), fake)]
    generator.train(), discriminator.train()
    counts = metrics.class_histogram(classifier, fake)
    values = (number, abs(metrics.entropy(counts)), float(fake.std(0).mean()), *answers, fake[:10], counts)
    names = ("round", "entropy", "sigma", "p_real", "p_fake", "pictures", "counts")
    for key, value in zip(names, values, strict=True):
        seen.setdefault(key, []).append(value)


# %%
def train_on(learning_rate, k, g):
    """Train the recorded pair on; returns {name: list, one entry a look}."""
    run, seen = recorded.load_run("mnist_mlp"), {}
    networks = run.generator.requires_grad_(True), run.discriminator.requires_grad_(True)
    torch.manual_seed(seed)
    optimizers = [torch.optim.Adam(network.parameters(), learning_rate) for network in networks]
    look(seen, 0, *networks)
    for number in range(1, digit_rounds + 1):
        for _ in range(k):
            batch = digits.images[torch.randint(len(digits.images), (100,))]
            discriminator_step(*networks, optimizers[1], scale(batch), torch.randn(100, 100))
        for _ in range(g):
            generator_step(*networks, optimizers[0], torch.randn(100, 100))
        if number % look_every == 0:
            look(seen, number, *networks)
    return seen


# %%
recipes = {
    "as before": (1e-4, 1, 1),
    "lr 0.001": (1e-3, 1, 1),
    "k 10": (1e-4, 10, 1),
    "k 1/10": (1e-4, 1, 10),
}
seen = {name: train_on(*recipe) for name, recipe in recipes.items()}
for name, trace in seen.items():
    most, end = int(trace["counts"][-1].argmax()), {key: trace[key][-1] for key in ("p_real", "p_fake", "sigma")}
    print(f"{name}: entropy {trace['entropy'][0]:.2f} → {trace['entropy'][-1]:.2f}", end=", ")
    print(f"σ over z {trace['sigma'][0]:.2f} → {end['sigma']:.2f}", end=", ")
    print(
        f"{trace['counts'][-1][most] / len(z):.0%} read as {most}; D: {end['p_real']:.2f} real, {end['p_fake']:.2f} fake"
    )

# %% tags=["slide"]
figure, axes = plt.subplots(2, 2, figsize=(10, 6.5), sharex=True)
titles = {"p_real": "D's answer to real", "p_fake": "D's answer to fakes", "entropy": "entropy of classes (nats)"}
for axis, (key, title) in zip(axes.flat, (titles | {"sigma": "σ of a pixel over z"}).items(), strict=True):
    for name, trace in seen.items():
        axis.plot(trace["round"], trace[key], label=name)
    axis.set_title(title)
for axis in axes[1]:
    axis.set_xlabel("round")
figure.suptitle("Classes fade with lr 0.001 and with k 1/10, not with k 10", fontsize=16, fontweight="bold")
figure.legend(*axes[0, 0].get_legend_handles_labels(), loc="outside lower center", ncols=4)
drawing.show(
    figure, alt="Four panels over the rounds: D's answers to real and to fakes, entropy, and pixel σ, for four recipes."
)

# %% [markdown]
# The last number is the spread of a pixel when only z changes, mean over all pixels. It is 0 when every z gives
# the same picture. The classifier alone could mislead us: it must name a class even for noise. Now the
# pictures, every second look. Left half: ten z with the learning rate 0.001. Right half: the same ten z with
# k = 1/10.

# %%
left, right = seen["lr 0.001"], seen["k 1/10"]
shown = range(0, len(left["round"]), 2)
strip = torch.cat([trace["pictures"][i] for i in shown for trace in (left, right)])
print("round   lr 0.001: D(real) D(fake) entropy  σ      k 1/10: D(real) D(fake) entropy  σ" + digits.title_note)
for i, number in enumerate(left["round"]):
    values = [f"{trace[key][i]:8.2f}" for trace in (left, right) for key in ("p_real", "p_fake", "entropy", "sigma")]
    print(f"{number:5}         " + "".join(values[:4]) + "          " + "".join(values[4:]))
print(f"The pictures show rounds {', '.join(str(left['round'][i]) for i in shown)}, from top to bottom.")
drawing.show_png(
    drawing.png_of_pictures(
        strip, columns=20, zoom=2, title="lr 0.001 at the left, k 1/10 at the right: digits grow alike"
    ),
    alt="Rows of twenty samples; the digits on both halves become rough and at last all the same, from top to bottom.",
    width=900,
)

# %% [markdown]
# Three different stories, all begun from the same two networks:
#
# * **Learning rate times ten.** At the end every z gives nearly the same picture: entropy and σ are near 0. D's
#   traces were first: it was sure of one kind before the entropy fell. (So it was with five seeds of five, with
#   a look at every fifth round.)
# * **k = 1/10: G too fast.** The classes fade, too, and the pictures of all z become alike. But at the end D's
#   answers are close to ½, which looks *better* than at the start. There is a sign on the way, a weaker one: in
#   some rounds D(fake) is above D(real). The entropy fell as early. (With five seeds it always fell, but not
#   equally far: from a half of its start to nearly nothing. D(fake) was above D(real) in each.)
# * **k = 10: D too fast.** Nothing happens to the classes in this time, in five of five seeds. One source of
#   this course saw G draw a single digit when it changed k. Beginning from a trained pair, with more steps for
#   D, we did not find it.
#
# Do the traces show collapse before the eye does? **When D wins, yes.** The strokes become rough at about the
# time when D's trace leaves. That all pictures become *the same* can be seen only later, and entropy and σ fell
# before. **When G runs ahead, D's means can look healthy at the very end.** So count classes while you train,
# and measure σ over z: two lines of code.

# %% [markdown]
# ## Which trace belongs to which fault?
#
# Now we break a game that works, in one place at a time, and look at its traces. Small networks on the ring
# again, this time with a fair game: equal learning rates, batch norm in G.

# %%
broken = {name: play(fault, networks=3, seed=seed).run(fault_rounds) for name, fault in FAULTS.items()}
print(
    f"after {fault_rounds} rounds".ljust(33)
    + "D(real) D(fake) D(fake) in G's step  D loss  G loss  G gradient  modes of 8"
)
for name, game in broken.items():
    names = ("p_real", "p_fake", "p_fake_for_g", "d_loss", "g_loss", "g_gradient")
    p, q, r, d, g, length = (float(game.trace(key)[-20:].mean(0).median()) for key in names)
    modes = mean(count_modes(cloud, game.mixture).modes for cloud in game.points(2500))
    print(f"{name:32} {p:7.2f} {q:7.2f} {r:19.2f} {d:7.2f} {g:7.2f} {length:11.3f} {modes:11.1f}")
print("Guessing: 0.50, 0.50, 0.50, D loss 1.39, G loss 0.69. Each number: the median of three games, last 20 rounds.")

# %%
print("How far D's answer to fakes in G's step is from that in its own step, mean of the last 20 rounds")
for name, game in broken.items():
    gaps = (game.trace("p_fake_for_g") - game.trace("p_fake"))[-20:].mean(0).abs()
    print(f"{name:32} median of three games {gaps.median():.2f}, from {gaps.min():.2f} to {gaps.max():.2f}")

# %% tags=["slide"]
panels = [{key: game.trace(key)[:, 0] for key in ("p_real", "p_fake", "p_fake_for_g")} for game in broken.values()]
figure = point_figures.traces_figure(
    panels, list(broken), "Only with one batch norm for both does D answer fakes in two ways"
)
drawing.show(
    figure,
    alt="Eight small panels with three traces each: D on real points, on fakes, and on fakes in the generator's step.",
)

# %% [markdown]
# Find the numbers of each row in the printed table above; the last row is measured in a moment:
#
# | symptom | trace | cause | cure |
# | --- | --- | --- | --- |
# | D is sure, G's loss climbs | D(real) near 1, D(fake) near 0, G's gradient far longer than in the game that works | **D too strong**: five steps and a higher learning rate | fewer steps, lower rate for D |
# | G's loss is below 0 and near it | G's gradient is far shorter than with the other loss | **saturating loss** log(1 − D) against a D that is sure | −log D(G(z)) |
# | all lines jump | D loss many times the 1.39 of guessing | **learning rate** 0.2 instead of 0.001 | divide it by ten until the jumps end |
# | D says two things of the same fakes | D(fake) near 0 in D's step, near ½ in G's step | **real and fake in one batch-norm batch** | two batches, or no batch norm in D |
# | D wins for good, samples stop at a wall | D(fake) near 0; no coordinate beyond 1 | **data outside the range of tanh** | scale the data to [−1, 1] |
# | the first samples are one point | σ at the start hundreds of times too small | **`BatchNorm2d(n, 0.8)`**: 0.8 is eps | write `momentum=0.8`, or neither |
# | G never improves | G's gradient is exactly 0 | **fake detached in G's step** (slip 3) | detach in D's step only |
# | pictures are grey and grainy | many pixels are darker than black | **tanh against data in [0, 1]** | scale the data to [−1, 1] |
#
# The fourth row is the strangest. D learned on batches with both kinds. There, batch norm's mean tells D what
# the *other* points are. In G's step all points are fakes, the mean is another one, and D answers about ½: it
# knows nothing. G then learns from a D that exists nowhere else. None of the games found a mode. A trace of D's
# own step alone would have shown a D that is merely strong.
#
# The figure's title was tried with five seeds, three games each: the median gap of this game was at least four
# times that of any other. It takes both halves: batch norm with two batches leaves no gap, and neither does one
# batch without batch norm. One game alone can mislead: with the learning rate 0.2, one of fifteen had as large
# a gap. (A guess: such a D jumps between its own step and G's.)
#
# The last column of the printed table is no verdict: 200 rounds are short, and a disc by chance has about six
# modes too. It only tells games that spread their points from games that do not. Which fault it is, the traces
# say.

# %% [markdown]
# ## How much gradient does the saturating loss leave?
#
# Take the game in which D is too strong, and ask for both gradients at the same place: the same G, the same D,
# the same fakes.

# %% tags=["slide"]
game = broken["D too strong"]
fake_logits = game.discriminators(game.fake())
lengths = {}
for loss in (non_saturating, minimax):
    gradients = torch.autograd.grad(loss(fake_logits), list(game.generators.parameters()), retain_graph=True)
    lengths[loss] = float(torch.cat([gradient.flatten() for gradient in gradients]).norm())
    print(f"{loss.__name__}: gradient of length {lengths[loss]:.3f}")
ratio = lengths[non_saturating] / lengths[minimax]
print(
    f"D says {fake_logits.sigmoid().mean():.3f} to these fakes. The saturating gradient is {ratio:.1f} times shorter."
)

# %% [markdown]
# With respect to D's answer before the sigmoid, the two slopes are D − 1 and −D. For **one** fake that is the
# same direction and another length: the surer D is, the shorter the saturating gradient. For a **batch** it is
# more than that. The saturating loss listens most to the fakes that D believes already, the other to those that
# D refuses. So the two gradients do not point the same way either. And length alone would be no great harm,
# because Adam divides by the size of past gradients.

# %% [markdown]
# ## What is the 0.8 in `BatchNorm2d(n, 0.8)`?
#
# The line is in many programs. It is meant as a momentum. Let us see where it lands.

# %% tags=["slide"]
x = 0.1 * torch.randn(20_000, 1, 1, 1, generator=random) + 3
for text, norm in (
    ("BatchNorm2d(1)", nn.BatchNorm2d(1)),
    ("BatchNorm2d(1, 0.8)", nn.BatchNorm2d(1, 0.8)),
    ("BatchNorm2d(1, momentum=0.8)", nn.BatchNorm2d(1, momentum=0.8)),
):
    out, mean_kept = norm(x).std(), norm.running_mean[0]
    print(f"{text:29} eps {norm.eps:g}, momentum {norm.momentum:g}:", end=" ")
    print(f"output σ {out:.2f}, running mean {mean_kept:.2f}")
print("The input has mean 3 and σ 0.1. By hand: 0.1 / √(0.1² + 0.8) = 0.11.")

# %% [markdown]
# The second argument is **eps**, the number added to the variance. The momentum stays 0.1: the running mean has
# moved from 0 by a tenth of the way to 3. And the output's σ is 0.11 instead of 1: beside 0.8, a variance of
# 0.01 is nothing, so nothing is scaled up. How bad is it? It depends on the size of the weights.

# %%
for start, eps in (("small", 1e-5), ("small", 0.8), ("usual", 1e-5), ("usual", 0.8)):
    fault = replace(FAULTS["nothing is wrong"], norm_eps=eps, small_start=start == "small")
    first = play(fault, 3, seed).generators(torch.randn(3, 500, 2, generator=random)).std(dim=1).mean()
    print(f"{start} first weights, eps {eps:g}: the first samples have σ {first:.5f}")

# %% [markdown]
# With small first weights, N(0, 0.02), the first samples of the network with eps 0.8 lie in one point, hundreds
# of times closer together than they should. Batch norm was put there to make the size of the weights not
# matter. With eps 0.8 it matters again. With PyTorch's usual first weights the harm is smaller: that is why the
# slip lives on. It does not always break the training. It takes away the protection.

# %% [markdown]
# ## What if the data are in [0, 1] and G ends in tanh?
#
# One forgotten line: the pictures are divided by 255 but not moved to [−1, 1]. The generator can still reach
# every value. So is anything lost? We train twice, from the same first weights, and look at the border of the
# pictures, which is black in real digits.

# %% tags=["slide"]
half = 128 + digits.images // 2  # as bytes; on the way into the networks they become numbers in [0, 1]
for name, images, black, white in (("[−1, 1]", digits.images, -1.0, 1.0), ("[0, 1]", half, 0.0, 1.0)):
    torch.manual_seed(seed)
    networks = models.MLPGenerator(), models.MLPDiscriminator()
    config = TrainConfig(epochs=100, batch_size=100, learning_rate=5e-4, betas=(0.5, 0.999), seed=seed)
    train(*networks, images, config, hook=lambda training: training.step >= 2 * digit_rounds, progress=False)
    with torch.no_grad():
        fake = networks[0].eval()(z)
    off = float((fake[:, :, :2] - black).abs().mean()) / (white - black)
    print(f"data in {name}: the two upper rows are off black by {off:.1%} of the way to white;", end=" ")
    print(f"{float((fake < black).float().mean()):.0%} of the pixels are darker than black")

# %% [markdown]
# Nothing breaks loudly. "Darker than black" means below 0 for the data in [0, 1]: about a third of the pixels
# are, also with other seeds; no real picture has any. With [−1, 1] none can be: tanh ends there. On the screen
# the pictures look grey, because black now stands at 0, in the middle of [−1, 1].
#
# And the border? One pair of trainings shows nothing: with five seeds, the one with [0, 1] was further off in
# four and closer in one. At this length that is no finding.

# %% [markdown] tags=["slide"]
# ## Can you break it yourself?
#
# Choose a fault and press Start. Three traces and the length of G's gradient are drawn while it trains. "What
# is wrong?" shows symptom, cause and cure. Try to say them before you look.

# %% tags=["break-it"]
widgets.break_it_panel()

# %%
for fault in ("nothing is wrong", "D too strong", "real and fake in one batch norm"):
    twin = widgets.break_it_twin(fault, rounds=fault_rounds, seed=seed)
    display(drawing.show_png(twin, f"The break-it panel, {fault}: points beside the modes, and traces at the right."))

# %% [markdown]
# The twins show three of the eight choices. In the third, orange and purple are the same question to the same
# D: how real are these fakes? Asked beside real points, D says no. Asked alone, it cannot tell.

# %% [markdown] tags=["slide"]
# ## Take-aways
#
# * Collapse is a property of a set. D's mean answers can stay at 0.5 while G draws a single mode.
# * Count: modes where they are known, classes where they are not. Reverse KL and entropy see uneven shares.
# * A cloud by chance has modes and a small reverse KL too. Look at the share of high quality beside them.
# * Packing shows D a set. Unrolling shows G the answer of tomorrow. Both spread the points where the plain game
#   does not; so does a D that is fast enough. Packs, trained longer, found modes.
# * Each fault has a trace of its own. Look at D's answer in *both* steps, at the length of G's gradient, and at
#   the first samples.
# * One seed proves nothing. Small networks can be stacked and trained as one, and then five seeds cost little
#   more than one.
#
# ## Exercises
#
# Name the faults behind unlabelled traces, write a mode counter, and add packing to a loop:
# [exercises](../exercises/05_when_training_fails.ipynb),
# [solutions](../solutions/05_when_training_fails.ipynb).
#
# ## Next
#
# [06 · DCGAN, layer by layer](06_dcgan_layer_by_layer.ipynb): why did five rules make it work?
#
# ## Sources
#
# * Goodfellow et al. 2014, *Generative adversarial nets*, algorithm 1 and section 3 (the two losses of G).
# * Metz et al. 2017, *Unrolled generative adversarial networks*, section 2.2.
# * Srivastava et al. 2017, *VEEGAN*: ring and grid, modes covered, high-quality samples.
# * Lin et al. 2018, *PacGAN*, table 1, and the program that its authors published.
# * Ioffe and Szegedy 2015, *Batch normalization*, algorithm 1 (where eps stands).
