# ---
# jupyter:
#   jupytext:
#     text_representation:
#       extension: .py
#       format_name: percent
# ---

# %% [markdown]
# # 11 · Beyond DCGAN
#
# *What fixed what DCGAN could not?*
#
# **You will be able to**
#
# * **derive** which games turn in circles and which come to rest;
# * **put** each later fix into the two steps, as a change of a few lines;
# * **tell** from a table which fixes may be believed, and which not;
# * **ask** a generator for a class.
#
# **You need first**: [03 · The adversarial game](03_adversarial_game.ipynb): the losses.
# [05 · When training fails](05_when_training_fails.ipynb): modes.
# [06 · DCGAN, layer by layer](06_dcgan_layer_by_layer.ipynb): a table over seeds.
#
# **Time**: 50 minutes, of which 1 is training on a 2-core CPU.

# %% tags=["parameters"]
from dcgan_course.budget import course_budget

budget = course_budget()  # "smoke", "cpu" or "gpu"; the variable DCGAN_COURSE_BUDGET chooses
path_steps = {"smoke": 600, "cpu": 2000, "gpu": 2000}[budget]  # of the smallest GAN: half a second for 2,000
pictures = {"smoke": 640, "cpu": 20_000, "gpu": 20_000}[budget]  # training pictures of the live row
digit_steps = {"smoke": 4, "cpu": 500, "gpu": 500}[budget]  # of the live row: 20 s
flow_steps = {"smoke": 60, "cpu": 2500, "gpu": 2500}[budget]  # of three flows on points: 10 s
samples = {"smoke": 300, "cpu": 5_000, "gpu": 5_000}[budget]  # drawn for a measurement: 1 s
seed = 0

# %%
import copy
import inspect
import math
from statistics import mean, stdev

import matplotlib.pyplot as plt
import torch

from dcgan_course import drawing, latent, models, recorded, widgets
from dcgan_course.data import load_images, scale, to_pixels
from dcgan_course.evaluation import metrics
from dcgan_course.recorded.comparison import verdicts
from dcgan_course.toy import changes, point_figures
from dcgan_course.toy.dirac import LOSSES, DiracGame, final_radius, paths_figure, radius, steps_until
from dcgan_course.toy.flow import PointFlows
from dcgan_course.toy.mixtures import ring_of_8
from dcgan_course.toy.modes import count_modes
from dcgan_course.training import TrainConfig, train
from dcgan_course.training.fixes.networks import build_networks

drawing.use_course_style()

# %% [markdown]
# ## What is the smallest GAN?
#
# A DCGAN has thousands of parameters. When it does not come to rest, nobody can see why. So we take the
# smallest game that is still a GAN: [**Dirac-GAN**](../GLOSSARY.md#dirac-gan) (Mescheder and others, 2018).
#
# * The data are one point: 0.
# * G draws one point: θ. It has one parameter, θ itself.
# * D answers D(x) = ψ·x. It has one parameter, its slope ψ.
#
# The whole game is a place (θ, ψ) in a plane. The right end is (0, 0): the fake lies on the data, and D is
# flat.
#
# With the loss of WGAN (soon more about it) the two steps can be done in the head. D lowers its loss D(fake) −
# D(real) = ψθ, so ψ moves by −hθ, with the step size h. G lowers −D(fake) = −ψθ, so θ moves by +hψ.

# %% tags=["slide"]
theta, psi, h = 1.0, 1.0, 0.1
path = [(theta, psi)]
for _ in range(path_steps):
    psi = psi - h * theta  # D's step
    theta = theta + h * psi  # G's step, against the new D
    path.append((theta, psi))
length = radius(torch.tensor(path))
print(f"Distance from (0, 0): {length[0]:.2f} at the start, {length[-1]:.2f} after {path_steps:,} steps;")
print(f"on the way between {length.min():.2f} and {length.max():.2f}.")

# %% [markdown]
# It never arrives. Is that the fault of this loss? The course plays the same game with six losses. Each is what
# lesson 03 called V, or came later:
#
# | loss | D lowers | G lowers |
# | --- | --- | --- |
# | minimax, non-saturating | lesson 03 | lesson 03 |
# | least squares (Mao 2017) | (D(real) − 1)² + D(fake)² | (D(fake) − 1)² |
# | Wasserstein (Arjovsky 2017) | D(fake) − D(real) | −D(fake) |
# | hinge (Lim and Ye 2017) | relu(1 − D(real)) + relu(1 + D(fake)) | −D(fake) |
# | relativistic (Jolicoeur-Martineau 2018) | softplus(D(fake) − D(real)) | softplus(D(real) − D(fake)) |

# %% [markdown] tags=["predict", "slide"]
# **Predict first.** All six start at (1, 1). Which of them will come to rest at (0, 0)? Which will keep their
# distance? Write down two lists.
#
# <details name="predict-11-1"><summary>A · three creep inwards, three keep their distance; all
# turn</summary>Yes. Which three depends on how the slope of the loss changes near 0: read the second
# derivative.</details>
# <details name="predict-11-1"><summary>B · all come to rest: each player walks downhill</summary>Each walks
# down its own hill, and the hills turn while they walk. Follow one path by hand for a few steps.</details>
# <details name="predict-11-1"><summary>C · none comes to rest: a game of two always circles</summary>It circles
# where the losses are straight near 0. Some losses bend there, and that brakes a little.</details>

# %% tags=["slide"]
names = {loss: loss.replace("_", " ").replace("non ", "non-") for loss in LOSSES}
games = {name: DiracGame(loss) for loss, name in names.items()}
paths = {name: game.play(steps=path_steps) for name, game in games.items()}
figure = paths_figure(
    [(name, games[name], paths[name][:600]) for name in games],
    "No loss alone leads the smallest GAN straight to its rest point",
)
drawing.show(
    figure,
    alt="Six panels, the plane of θ and ψ with arrows and a path from (1, 1). Minimax, Wasserstein and hinge go round in "
    "circles; non-saturating, least squares and relativistic wind slowly inwards.",
)

# %%
for name, game in games.items():
    values = ", ".join(f"{value.real:+.2f} {value.imag:+.2f}i" for value in game.eigenvalues())
    print(f"{name:15} distance after {path_steps:,} steps {final_radius(paths[name]):.2f}; eigenvalues {values}")

# %% [markdown]
# Three keep their distance: minimax, Wasserstein and hinge. Three creep inwards, and become slower the nearer
# they come. The relativistic path is the same as the non-saturating one, to the last digit: the real point is
# 0, where D says 0 whatever it is, so there is nothing to pair with.
#
# All of them turn. Why? When the fake is to the right of the data, D learns to fall to the right. G follows it
# to the left, and passes 0, because D still says "left is better". Then D must turn round. Nobody is ever wrong
# for long, and nobody arrives. This is no fault of the learning rate: a smaller one draws the same circle in
# smaller steps.

# %% [markdown]
# ## Why does it turn, and what stops it?
#
# Near (0, 0) the push on (θ, ψ) is a matrix times (θ, ψ): the [**Jacobian**](../GLOSSARY.md#jacobian), the
# table of how each push changes with each number. For the non-saturating loss
#
# $$J = \begin{pmatrix} 0 & \tfrac12 \\ -\tfrac12 & 0 \end{pmatrix}.$$
#
# (½ is the slope of softplus at 0.) θ is pushed by ψ, ψ is pushed by −θ, and nothing pushes a number back to
# itself: the diagonal is 0. The **eigenvalues** of J are its factors: along certain directions the matrix only
# multiplies. Here they are +½i and −½i. The imaginary part turns. The real part shrinks, and it is 0.
#
# So the cure is a number on the diagonal. [**R1**](../GLOSSARY.md#r1-penalty) is a penalty on D's slope at the
# real pictures: γ/2 · |slope|². In this game the slope is ψ, so ψ gets one more push, −γψ:
#
# $$J = \begin{pmatrix} 0 & \tfrac12 \\ -\tfrac12 & -\gamma \end{pmatrix}, \qquad
# \lambda = \frac{-\gamma \pm \sqrt{\gamma^2 - 1}}{2}.$$
#
# **R2** is the same penalty at the fakes. What does each loss do with R1?

# %% tags=["slide"]
for loss in LOSSES:
    game = DiracGame(loss, "r1", 1.0)
    found = steps_until(game.play(steps=400))
    print(f"{names[loss]:15} with R1, γ = 1: within 0.01 of the rest point after {found} steps, for good")

# %% [markdown] tags=["slide"]
# All six arrive, whatever the loss. **In the smallest game the penalty decides, not the loss.** How much of it?
#
# **Predict:** γ = 0.1, 1 or 10: which is fastest?
#
# <details name="predict-11-2"><summary>A · 10: a stronger brake stops sooner</summary>A door with too strong a
# closer hardly moves. D is held so flat that G cannot see where to go.</details>
# <details name="predict-11-2"><summary>B · 1</summary>Yes: near the critical value, where the turning just
# stops. Less swings on, more creeps.</details>
# <details name="predict-11-2"><summary>C · 0.1: a penalty always costs speed</summary>With little friction the
# game circles many times before it rests: that costs the steps.</details>

# %% tags=["slide"]
for gamma in (0.1, 0.3, 1, 3, 10):
    game = DiracGame(penalty="r1", weight=gamma)
    needed, slowest = steps_until(game.play(steps=2000)), game.eigenvalues()[0].real
    print(f"γ = {gamma:4}: {needed:5,} steps to 0.01; the slower eigenvalue has the real part {slowest:.3f}")
print(f"The critical γ, where the root is 0: {game.critical_weight():.2f}")

# %% [markdown]
# The fastest is the [**critical γ**](../GLOSSARY.md#critical-damping), where the root is 0. Below it the game
# turns and the real part is −γ/2. Above it one eigenvalue comes back towards 0: D is held so flat that it can
# hardly tell G where to go. More penalty is not better.
#
# Try it. With which loss and which penalty does the path come to rest? Where does it stand still at a wrong
# place? Find the critical γ by hand.

# %%
widgets.DiracExplorer()

# %%
drawing.show_png(
    widgets.DiracExplorer.twin("none", alone=True),
    alt="The explorer with the non-saturating loss and no penalty: the path winds inwards slowly, and the eigenvalues are "
    "±0.50i.",
)

# %%
drawing.show_png(
    widgets.DiracExplorer.twin(alone=True),
    alt="The explorer with the non-saturating loss, R1 and γ = 1: the path falls straight to the rest point.",
)

# %% [markdown]
# ## What if the dose is far too large?
#
# The push of R1 is −γψ, and a step multiplies it by h. A step that is larger than twice the distance jumps over
# the goal and lands further away.

# %% tags=["break-it", "slide"]
for gamma in (1, 15, 25):
    path = DiracGame(penalty="r1", weight=gamma).play(steps=200, step_size=0.1)
    print(
        f"γ = {gamma:2}, γ·h = {gamma * 0.1:.1f}: distance {float(radius(path)[-1]):9.3g} after {len(path) - 1} steps"
    )

# %% [markdown]
# **Broken** where γ·h is above 2: the cure itself makes the distance explode. With 15 it still shrinks, but ψ
# jumps from side to side. A penalty and the learning rate belong together.
#
# What the smallest game does **not** show: anything about pictures. Its G has one number, its data one point.
# It can say why games turn. It cannot say whether turning is what your DCGAN suffers from.

# %% [markdown]
# ## Which lines does each fix change?
#
# Each fix of the last years is presented as a new GAN. Most of them change two or three lines. Here is one
# round of the game as you know it. `move_d` and `move_g` clear the gradients, compute them for a loss, and make
# one step.

# %% tags=["slide"]
print(inspect.getsource(changes.play_round))

# %% [markdown]
# From here on you see only what changes: lines with − go, lines with + come. What is shown is made from the
# code that runs; a test of the course holds each of these rounds equal to one step of `train` with the options
# that stand in its title.
#
# **Another loss.** D need not be a probability. Least squares asks for 1 and 0, and pulls at fakes that D
# already takes for real, too. Hinge stops pushing once a logit is beyond ±1.

# %%
changes.show("least squares", "hinge")

# %% [markdown]
# **Pairs.** D says which of two is more real. Note the step of G: it needs real pictures as well.

# %% tags=["slide"]
changes.show("relativistic")

# %% [markdown]
# **A distance instead of a decision.** Lesson 03 showed fakes and data that never meet: D is perfect, and the
# Jensen-Shannon divergence is log 2, however far apart they are. The
# [**Wasserstein distance**](../GLOSSARY.md#wasserstein-distance) is how far one must carry the fakes to make
# them the data, on average.

# %% tags=["slide"]
data = torch.linspace(0, 1, 1001)  # data spread evenly from 0 to 1
for away in (0.0, 0.5, 1.0, 2.0, 4.0):
    fakes = data + away
    apart = (fakes.sort().values - data.sort().values).abs().mean()  # on a line: carry the first to the first, …
    p_data, p_fake = (torch.histc(points, 100, 0, 5) / len(points) for points in (data, fakes))
    middle = (p_data + p_fake) / 2
    jsd = sum(torch.xlogy(p, p / middle).nan_to_num().sum() for p in (p_data, p_fake)) / 2
    print(f"fakes {away:.1f} too far right: Wasserstein {apart:.2f}, Jensen-Shannon {jsd:.2f} (at most log 2 = 0.69)")

# %% [markdown]
# Beyond 1, where the two do not meet, one number stands still and the other goes on growing. The Wasserstein
# distance is also the largest difference of mean answers, D(real) − D(fake), that a D with a **slope of at most
# 1** everywhere can have. So one must keep D's slope small, and there the answers differ. The first answer cuts
# D's weights off after each step.

# %% tags=["slide"]
changes.show("Wasserstein, weights clipped")

# %% [markdown]
# The second asks for the slope 1, on the lines between real and fake: the
# [**gradient penalty**](../GLOSSARY.md#gradient-penalty). With batch norm, the answer to one picture depends on
# all others, and "the slope at this picture" has no clear meaning. So D loses its batch norm.

# %%
changes.show("Wasserstein, gradient penalty", "no batch norm in D")

# %% [markdown]
# **A flat D, with any loss.** R1 asks for the slope 0 at real pictures, R2 at fakes. You have seen why.
# [**Spectral norm**](../GLOSSARY.md#spectral-norm) needs no penalty. It divides each weight by the most that
# the layer can stretch anything, its largest singular value. (In the smallest GAN this cannot be seen: ψ / |ψ|
# is only a sign, and its gradient is 0.)

# %%
changes.show("R1", "R1 and R2", "spectral norm")

# %% [markdown]
# How much can the D of the recorded run stretch a picture, layer by layer? The largest singular value needs no
# big machinery: take any vector, send it through the matrix and back, again and again. It turns to the
# direction that is stretched most.

# %%
judge = recorded.load_run("mnist_dcgan").discriminator
for layer in judge.modules():
    if isinstance(layer, torch.nn.Conv2d):
        matrix = layer.weight.detach().flatten(1)  # one row for each output
        u = torch.randn(len(matrix), generator=torch.Generator().manual_seed(seed))
        for _ in range(100):
            v = torch.nn.functional.normalize(matrix.T @ u, dim=0)
            u = torch.nn.functional.normalize(matrix @ v, dim=0)
        sigma, exact = float(u @ matrix @ v), float(torch.linalg.matrix_norm(matrix, 2))
        print(f"weight {tuple(layer.weight.shape)}: largest singular value {sigma:.3f} (PyTorch says {exact:.3f})")

# %% [markdown]
# After division by σ each matrix stretches by at most 1. (A convolution uses its matrix at many places that
# overlap, and batch norm stretches, too. So D's slope is bounded, but not by exactly 1.)

# %% [markdown]
# **A D that sees sets.** [**Packing**](../GLOSSARY.md#packing) you know from lesson 05. The
# [**minibatch deviation**](../GLOSSARY.md#minibatch-deviation) gives D one number about the whole batch: how
# much its maps differ from picture to picture. A collapsed G has too little of it.

# %%
changes.show("packs of 2", "minibatch deviation")

# %% [markdown]
# **A D that cannot learn by heart.** [**DiffAugment**](../GLOSSARY.md#diffaugment) shows D only changed
# pictures T(x): shifted, cut, in other colours. It must stand in *three* places, and T must be differentiable.
# If only the real pictures were shifted, G would learn to draw shifted digits.

# %% tags=["slide"]
changes.show("DiffAugment")

# %% [markdown]
# **After the step.** The last two do not touch the game. The average of G's weights (lesson 07) draws with
# batch norm statistics of its own, computed anew. And D may have another learning rate than G (Heusel 2017).

# %% tags=["slide"]
changes.show("average of G (EMA)", "two rates")

# %% [markdown]
# **A label.** In a [**conditional GAN**](../GLOSSARY.md#conditional-gan) both networks are told the class. D
# must be told, too: else nothing asks whether the right digit came out. The simplest D gets the label as more
# maps beside the picture. A [**projection discriminator**](../GLOSSARY.md#projection-discriminator) adds to its
# logit how well the picture's features fit a vector of the label.

# %%
changes.show("conditional")

# %% [markdown] tags=["slide"]
# ## Do they help on points?
#
# Lesson 05 counted modes on a ring of 8, with small networks. The same here, with one learning rate for all
# rows, the same number of steps, and several runs a row. Lesson 05 also warned: modes and reverse KL flatter.
# So the table begins with **chance**: points that no network made.
#
# How do we say "better" without trusting our eyes? By a
# [**permutation test**](../GLOSSARY.md#permutation-test). Suppose a fix did nothing. Then its figures and those
# of its control could be shared out between the two rows in any other way. We count the ways in which the means
# differ at least as much as they do. That share is p. And a table of many rows is many chances to be fooled, so
# each p is made larger (Holm's correction: the smallest is multiplied by the number of rows).
#
# **Predict:** which fix has most samples of high quality, and which has none?
#
# <details name="predict-11-3"><summary>A · unrolling has most: it looks ahead</summary>At its settings, on
# these points, look what it has. A clever idea may need settings that nobody has found here.</details>
# <details name="predict-11-3"><summary>B · Wasserstein has most: it is the best founded</summary>A good theory
# is about a D that is trained to the end. Look what few steps leave of it.</details>
# <details name="predict-11-3"><summary>C · no game at all, flow matching, has most</summary>Yes, and next to it
# the average of G. Some famous fixes have nearly none, at these settings.</details>

# %%
points = recorded.toy_fixes()
ring = points["games"]["ring"]
rows, lines = ring["rows"], []
control = {name: row["control"] for name, row in rows.items() if row["control"] != name}
control |= {name: "plain" for name in rows if name not in control and name != "plain"}
told = {key: verdicts({n: r[key] for n, r in rows.items()}, control) for key in ("high_quality", "reverse_kl")}


def word(verdict, smaller_is_better=True):
    """What a verdict says: better, worse, or nothing."""
    if verdict is None or not verdict.apart:
        return ""
    return "better" if (verdict.difference < 0) == smaller_is_better else "worse"


# %%
print(f"{ring['name']}, {ring['steps']:,} steps, {points['runs']} runs a row; {points['command']}, {points['date']}\n")
print(f"{'':38} modes   high quality            reverse KL")
for name, row in sorted((ring["chance"] | rows).items(), key=lambda item: -mean(item[1]["high_quality"])):
    modes, good, kl = (mean(row[key]) for key in ("modes", "high_quality", "reverse_kl"))
    words = [word(told["high_quality"].get(name), False), word(told["reverse_kl"].get(name))]
    print(
        f"{name:38} {modes:4.1f}   {good:4.0%} ± {stdev(row['high_quality']):3.0%} {words[0]:10} {kl:9.2f}   {words[1]}"
    )
print(f"\nbetter, worse: told apart from plain by p after correction for {len(told['reverse_kl'])} comparisons;")
print("packs of two are compared with plain games that get as many points, two fixes together with the first of them")

# %% [markdown]
# Read the chance first. Points on the whole circle, which know no mode, have all eight modes and a reverse KL
# of 0.00. So these two columns alone prove nothing; the share of high quality must be above the circle's, too.
#
# * **The average of G** has far better quality than G itself, in the same runs. It changes nothing in the game:
#   it stands nearer to the middle of the turning, as the smallest GAN let you expect.
# * **R1, R2 and packs** make the shares of the modes more even. No quality was gained by them here.
# * **Wasserstein, spectral norm and unrolling** are worse, some of them far. They bound D's slope, or look
#   ahead, at settings that were made for pictures. A mode of σ = 0.01 needs a steep D.
# * The other rows cannot be told apart from plain.
#
# What it does not show: that a fix is bad. Nothing was tuned for any row. It shows that a fix is no gift that
# works by itself. The first row, which beats all, is no GAN: wait for the end of the lesson.

# %% [markdown]
# ## Do they help on digits?
#
# Now the question for which people use them. All rows have the same G of width 16, the same 20,000 pictures of
# MNIST, the same number of steps and one learning rate; only the lines above change. Each row is measured as in
# lesson 10: the Fréchet distance in the features of the digit classifier, between 5,000 samples and all 10,000
# test pictures; precision and recall; and the classes that it draws.
#
# A row is compared with its own **control**: what has penalties is compared with "no batch norm in D", because
# batch norm went away, too. Else one would praise the penalty for what its absence did.

# %% [markdown] tags=["predict", "slide"]
# **Predict first.** DCGAN is from 2015. Of the rows below, how many will be *better* than their control, so
# clearly that chance is no explanation? And will any be clearly *worse*? Write down two numbers.
#
# <details name="predict-11-4"><summary>A · most are better, none is worse: ten years of progress</summary>Most
# were shown on other data, larger networks, and longer runs. Six seeds and one size must not show it
# again.</details>
# <details name="predict-11-4"><summary>B · about half are better</summary>Count the rows whose interval does
# not touch zero. A difference that chance explains is none.</details>
# <details name="predict-11-4"><summary>C · one or two are better, and one or two are worse</summary>Yes. At
# this size, with these controls, nearly all differences are within chance.</details>

# %%
record = recorded.fixes()
facts, rows, controls = record["settings"], record["rows"], record["controls"]
seeds = len(rows["DCGAN"])
print(f"{record['made']['command']}, {record['made']['date']}, {record['made']['machine']}")
print(
    f"{record['made']['data']}, {facts['pictures']:,} pictures; {facts['steps']} steps of {facts['batch_size']};",
    end=" ",
)
print(f"learning rate {facts['learning_rate']}, width {facts['width']}; {seeds} seeds a row")

# %% [markdown]
# With few seeds there are few ways to share figures out, so p cannot be small:

# %%
for count in (3, 4, 5, 6):
    ways = math.comb(2 * count, count)
    lowest = 2 / ways
    print(f"{count} seeds a row: {ways:3} ways, p at least {lowest:.4f};", end=" ")
    print(f"after correction for {len(controls)} comparisons at least {min(1, len(controls) * lowest):.3f}")

# %% [markdown]
# With five seeds, no row of such a table could pass 0.05, *whatever its figures are*. So six were planned. That
# was decided before the first run, and so was the figure that decides: the distance.

# %% tags=["slide"]
ordered = sorted(rows, key=lambda row: mean(run["frechet"] for run in rows[row]))
strips = [recorded.fix_samples(row)[:2, :8].flatten(0, 1) for row in ordered]  # eight of each of two seeds
drawing.show_png(
    drawing.labelled_rows_png(torch.stack(strips), ordered, zoom=2, title="The nearest row above, the farthest below"),
    width=820,
    alt=f"Sixteen samples for each of {len(ordered)} rows: eight from each of the first two seeds, the same z, not picked.",
)

# %% [markdown]
# The rows are sorted by their mean distance, the best first. Could you have sorted them by eye?

# %%
figures = {row: [run["frechet"] for run in runs] for row, runs in rows.items()}
found = verdicts(figures, controls)
print(f"{'row':30} distance      precision recall  nats    p, {len(found)} comparisons")
for row in ordered:
    runs = rows[row]
    line = f"{row:30} {mean(figures[row]):5.0f} ± {stdev(figures[row]):3.0f}   "
    line += "   ".join(f"{mean(run[key] for run in runs):.2f}" for key in ("precision", "recall", "entropy"))
    if row in found:
        line += f"   {found[row].p:.4f} → {found[row].adjusted:.3f} {word(found[row]) or 'not told apart'}"
    print(line)
better, worse = ([row for row in found if word(found[row]) == each] for each in ("better", "worse"))
print(f"\nBetter than their control: {', '.join(better) or 'none'}. Worse: {', '.join(worse) or 'none'}.")
real = [record["yardsticks"][key] for key in ("frechet", "precision", "recall", "entropy")]
print(f"Real training pictures: {', '.join(f'{value:.2f}' for value in real)}.")

# %% tags=["slide"]
figure, axes = plt.subplots(figsize=(11, 7.2))
for place, row in enumerate(ordered):
    verdict = found.get(row)
    colour = drawing.FAKE if row in controls.values() else drawing.MODEL if verdict and verdict.apart else drawing.REAL
    axes.scatter(figures[row], [place] * seeds, color=colour, s=70, zorder=3)
for row in sorted(set(controls.values())):
    low, high = min(figures[row]), max(figures[row])
    axes.axvspan(low, high, color=drawing.FAKE, alpha=0.12, lw=0)
axes.set_yticks(range(len(ordered)), ordered)
axes.invert_yaxis()
axes.set_xscale("log")
marks = (50, 100, 200, 400, 800)
axes.set_xticks(marks, marks)
axes.minorticks_off()
title = f"{len(better)} of {len(found)} rows are better than their control, {len(worse)} are worse"
axes.set(title=title, xlabel="Fréchet distance (smaller is better)")
drawing.show(
    figure,
    alt="Dots for each row and seed on a logarithmic axis, sorted. Orange: the two controls, with bands of their range. "
    "Green: rows that can be told apart from their control. Blue: the others.",
)

# %% [markdown]
# Look at the orange bands first: this is how far apart the *same* method lands from other seeds. Most fixes
# land inside the band of their control. Three rows can be told apart:
#
# * **Two rates and packs are worse**, in all six seeds. A D that is four times as fast as G wins, and G learns
#   nothing: what was a cure where D was slow is a poison here. And packs of two halve the number of answers
#   that D learns from.
# * **The concatenated conditional row is better**, in all six seeds. But it was told the labels.
#
# The relativistic loss is below its control in five of six seeds, and has the smallest spread. Alone its p
# would pass 0.05; among sixteen comparisons it does not. So it is a question for another table, not an answer.
#
# Look at the projection row: five seeds are better than anything else here, and one has collapsed. Its mean
# says "like DCGAN". Both are true, and neither is in the mean: look at the dots.
#
# What was famous need not be visible here. Reasons, and none of them is "it does not work":
#
# * **Few steps.** 500 steps are the beginning of a training. Penalties and averages are about the end of it.
# * **One learning rate for all.** It was found for DCGAN. A rate of its own for each row might change the
#   order; nobody has looked.
# * **An easy task.** DCGAN does not fail here. A cure shows little on a patient who is well.
# * **Few seeds.** "Cannot be told apart" does not mean "equal".
#
# What the table does show: how easily *one* seed of a row, beside one seed of another, would have proved
# anything you like. Cover all dots but the first of each row, and read the order again.

# %% [markdown]
# Now the figures that were published, with their conditions. None of them can be compared with ours, nor one
# line with another: other networks, pictures, features and numbers of steps.
#
# | fix | published, Fréchet distance with Inception features (FID), CIFAR-10 | conditions |
# | --- | --- | --- |
# | batch norm in D · clip · gradient penalty · spectral norm · spectral norm and hinge | 56.3 · 42.6 · 40.2 · 29.3 · 25.5 | Miyato 2018, table 2, standard CNN |
# | DCGAN · least squares · hinge | 50.3 · 67.2 · 43.0 | StudioGAN's table, 10,000 test pictures |
# | DiffAugment, all pictures | 11.07 → 9.89 | Zhao 2020, StyleGAN2, 10,000 test pictures |
# | DiffAugment, a fifth · a tenth of the pictures | 23.1 → 12.2 · 36.0 → 14.5 | Zhao 2020, the same |
#
# Lucic and others (2018) asked the same question with far more computing: with enough search for learning rates
# and other settings, most losses reached similar values, and none was always better than the non-saturating
# one.
#
# <details><summary>What about R3GAN, "a modern baseline without tricks" (2024)?</summary>
#
# It is the row "relativistic, R1 and R2" with a residual network without norm. Reported figures are better than
# StyleGAN2's; we have not checked them. Its published program still lowers γ, the learning rate and the average
# over time, and augments. Read the program, too, not only the title.</details>

# %% [markdown] tags=["slide"]
# ## Optional: on a grid of 25, and on CIFAR-10?
#
# **Predict:** a square full of points knows no mode of a grid of 25. How many modes does it "have"? And which
# column, then, shows that a network learned where the modes are?
#
# <details name="predict-11-5"><summary>A · it has none: points at random hit no mode</summary>A mode counts as
# found when one point lies near. A few thousand points at random lie near everything.</details>
# <details name="predict-11-5"><summary>B · nearly all of them; the reverse KL tells</summary>The reverse KL
# compares how the hits are shared out, and points at random share them evenly.</details>
# <details name="predict-11-5"><summary>C · nearly all of them; the share of high quality tells</summary>Yes:
# the number of modes rewards spreading. What is hard is to lie near the modes and nowhere else.</details>

# %%
grid = points["games"]["grid"]
print(f"{grid['name']}, {grid['steps']:,} steps, {points['runs']} runs a row; {points['command']}, {points['date']}\n")
for name, row in sorted((grid["chance"] | grid["rows"]).items(), key=lambda item: -mean(item[1]["high_quality"])):
    modes, good, kl = (mean(row[key]) for key in ("modes", "high_quality", "reverse_kl"))
    print(f"{name:38} {modes:4.1f} modes, high quality {good:6.1%} ± {stdev(row['high_quality']):5.1%}, KL {kl:5.2f}")

# %% [markdown] tags=["slide"]
# The square has nearly all modes and a reverse KL near 0, so again only quality counts, and few rows have more
# of it than the square: the batch deviation and a faster D are far above plain. Then a trap: an untrained G
# draws all its points in one small heap, which may lie on the mode in the middle. It has a high *quality* and
# one mode. No column alone will do.
#
# On CIFAR-10 we searched for a recipe: seven rows, few steps, one seed. The nearest row was then trained for
# longer, and its distance to the training pictures was measured after each epoch. **Predict** the curve.
#
# <details name="predict-11-6"><summary>A · it falls and stays: more training does not hurt</summary>The search
# stopped after few steps, and nobody had looked further. Look where the curve turns.</details>
# <details name="predict-11-6"><summary>B · it falls, turns, and climbs</summary>Yes: the winner of a short
# search need not be the winner of a long run.</details>
# <details name="predict-11-6"><summary>C · it climbs from the start: a fast rate breaks the game</summary>A
# fast rate is fast at first, and that is why it won the search.</details>

# %%
search = recorded.cifar_recipes()
print(f"{search['steps']:,} steps a row, one seed; {search['command']}, {search['date']}; {search['data']}")
print(f"Fréchet distance in the features of {search['judge']}\n")
for name, row in sorted(search["rows"].items(), key=lambda item: min(item[1]["frechet"].values())):
    print(f"{name:42} G {row['frechet']['G']:6.1f}   average of G {row['frechet']['average']:6.1f}")
length = search["at_length"]
print(f"\nThe nearest row at length: {length['what']}.\n")
for row in length["rows"]:
    print(f"epoch {row['epoch']:2}   G {row['last']:6.1f}   average of G {row['average']:6.1f}")
print(f"\nthe paper's rate, as wide, after ten epochs: {length['shipped']['distance']:.1f}")
full = recorded.card("cifar10_dcgan_32")
last = full["distance_by_epoch"][-1]
print(
    f"the paper's rate, width {full['network']['width']}, after {last['epoch']} epochs: {last['last']:.1f}, {full['hardware']}"
)

# %% [markdown]
# The rate that wins the short search loses the long run: the distance falls, turns, and climbs again, and no
# average saves it. At its lowest, after three epochs, it is nearer than the paper's rate after ten, so this G
# is recorded, too (`cifar10_dcgan_32_tuned`, with its card). But the paper's rate with patience, and wider,
# ends nearer than both: that is the run that the course ships. A short search answers another question than the
# one you have. And whoever stops at a turn must know when, and the pictures that told must not be those that
# judge.
#
# What this does not show: which of rate and batch size did it, since both were changed; whether another seed
# turns at another epoch; what the fast rate would do at the larger width.

# %% [markdown]
# ## What does one live run show?
#
# Three of the changes together, trained here: pairs, both penalties, no batch norm in D. Beside G an average of
# its weights is kept.

# %%
options = {}
for name in ("relativistic", "R1 and R2", "no batch norm in D"):
    options |= changes.CHANGES[name].options
config = TrainConfig(2, 64, 1e-3, (0.5, 0.999), seed=seed, ema_decay=0.99, **options)
torch.manual_seed(seed)
generator, discriminator = build_networks(config, (1, 28, 28), width=16)
average = copy.deepcopy(generator)
print(options)

# %%
digits = load_images("mnist", "train", stand_in=True)
test = load_images("mnist", "test", stand_in=True)
watch = {"hook": lambda training: training.step >= digit_steps, "progress": False}
train(generator, discriminator, digits.images[:pictures], config, ema_generator=average, **watch)
print(f"{digit_steps} steps of 64 on {digits.source}")

# %% tags=["slide"]
classifier = recorded.digit_classifier()
with torch.no_grad():
    real = torch.cat([classifier.features(scale(part)) for part in test.images.split(1000)])
    z = latent.sample(samples, 100, seed + 1)
    for name, network in (("G", generator), ("the average of G", average)):
        made = torch.cat([network.eval()(part) for part in z.split(1000)])
        features = torch.cat([classifier.features(part) for part in made.split(1000)])
        distance = metrics.frechet_distance(features, real)
        print(f"{name:16} distance {distance:.0f}, one seed")

# %% [markdown]
# One seed says little. On the command line the same is
#
# ```
# python -m dcgan_course train --data mnist --out runs/pairs --loss relativistic --penalty r1_r2 --penalty-weight 0.1 \
#     --no-discriminator-norm --ema
# python -m dcgan_course evaluate runs/pairs
# ```

# %% [markdown]
# ## What if G is told the class?
#
# DCGAN draws what it likes. A conditional GAN draws what you ask for. G gets a learned vector of the class
# beside z; D is told the class as well. Here is the course's recorded run, with a projection D.

# %% tags=["slide"]
asked = recorded.load_run("mnist_dcgan_conditional")
print(f"{asked.card['what']}; {asked.card['length']}; {asked.card['date']}")
z = latent.sample(14, asked.generator.latent_dim, seed)
with torch.no_grad():
    drawn = torch.stack([asked.generator(z, torch.full((14,), digit)) for digit in range(10)])
drawing.show_png(
    drawing.labelled_rows_png(
        to_pixels(drawn),
        [f"asked for {digit}" for digit in range(10)],
        zoom=2,
        title="A row keeps its class, a column its style",
    ),
    alt="Ten rows of fourteen digits: each row one class, each column one z, not picked.",
)

# %% [markdown]
# Read a column from top to bottom: one z, ten classes. What stays the same? Often the slant and the thickness.
# z now holds what the class does not say. How often does it draw what was asked? The classifier of digits reads
# the answers.

# %% tags=["slide"]
labels = torch.arange(samples) % 10
made = models.draw(asked.generator, latent.sample(samples, asked.generator.latent_dim, seed + 1), labels)
with torch.no_grad():
    read = torch.cat([classifier(part).argmax(1) for part in made.split(1000)])
right = (read == labels).float()
print(f"asked digit drawn: {right.mean():.0%} of {samples:,}; by class:", end=" ")
print(", ".join(f"{digit} {right[labels == digit].mean():.0%}" for digit in range(10)))
for row in ("conditional, concatenated", "conditional, projection"):
    shares = [run["asked_digit"] for run in record["rows"][row]]
    print(f"in the table, {row}: {', '.join(f'{share:.0%}' for share in shares)} (each a seed)")

# %% [markdown]
# Now you: the sliders *class* choose what is asked for. Keep z and change the class. Then go from one class to
# another: the vector of the class moves along a straight line. What lies between a 4 and a 9?

# %%
widgets.latent_explorer("mnist_dcgan_conditional")

# %%
drawing.show_png(
    widgets.latent_explorer_twin("mnist_dcgan_conditional", zoom=2, title="Class makes another digit, z another hand"),
    width=460,
    alt="A static page of the explorer: rows of digits, among them one that goes from one class to another and one that "
    "goes through the classes.",
)

# %% [markdown]
# A warning about the table: the conditional rows have labels, the others have none. Lower distances there are
# no better method for the same task. They are the answer to another one.

# %% [markdown]
# ## What came after GANs?
#
# A GAN is a game, and this lesson was about its trouble. Since about 2020 most picture generators play no game.
#
# * A [**diffusion model**](../GLOSSARY.md#diffusion-model) (Ho 2020) learns to take a little noise away from a
#   picture. Drawing begins with pure noise, and takes a little away, many times.
# * [**Flow matching**](../GLOSSARY.md#flow-matching) (Lipman 2023) learns the direction in which a point of
#   noise must move to become data. Drawing follows this direction.
#
# Both are plain regression: one network, one loss that falls, no opponent. They do not collapse, because no
# part of the data can be left out without being punished. The price: one picture needs many calls of the
# network, where a GAN needs one.
#
# So GANs have not gone; they live where one call matters, or where a picture must *look* sharp: in
# super-resolution, in vocoders that turn spectra into sound, in the decoders of latent diffusion models, and in
# adversarial distillation, which teaches a diffusion model to draw in one to four calls, with a D as the
# teacher. "GANs are dead" and "GANs are back" are both wrong.
#
# Here is flow matching on the ring, with the small network of lesson 05. It gets a place and a time, and learns
# a velocity: real − noise, on the straight way from one to the other.

# %%
flows = PointFlows(3, ring_of_8(), seed=seed).train(flow_steps)
paths = flows.paths(2500, steps=20)
for number, cloud in enumerate(paths[-1]):
    print(f"flow {number}: {count_modes(cloud, flows.mixture)}")

# %% tags=["slide"]
rows = [(f"flow {number}", [paths[moment, number, :300] for moment in (0, 5, 10, 15, 20)]) for number in range(3)]
figure = point_figures.clouds_figure(rows, flows.mixture, "Noise flows to the ring; columns: time 0, ¼, ½, ¾ and 1")
drawing.show(
    figure,
    alt="Three rows of five panels. Left, points of noise around the middle; to the right they gather step by step at the "
    "eight centres of the ring.",
)

# %% [markdown]
# Nothing was balanced here, and no seed was lucky. What it costs: 20 calls of the network for one cloud, where
# G needs one. And it is a toy: it says nothing about pictures.

# %% [markdown] tags=["slide"]
# ## Take-aways
#
# * A game may turn for ever without anybody being wrong. In the smallest GAN a penalty on D's slope stops it,
#   and no loss does.
# * A penalty has a best dose. More is slower, and far more explodes.
# * Each fix is a change of a few lines in the same two steps. Read papers that way.
# * A row is compared with its own control, over seeds, and the number of comparisons is paid for. Five seeds
#   and sixteen rows can prove nothing, however different the means look.
# * What helps on a line of the table holds for that width, that many steps and that learning rate.
#
# ## Exercises
#
# Solve the smallest GAN, write R1, the gradient penalty, a step of power iteration, both relativistic losses, a
# projection D and the minibatch deviation by hand, and judge a table:
# [exercises](../exercises/11_beyond_dcgan.ipynb), [solutions](../solutions/11_beyond_dcgan.ipynb).
#
# ## Next
#
# This was the last lesson. Take pictures of your own (lesson 07b), train a DCGAN and one fix on them, three
# seeds each or more, and write the report card of both. Then read a new paper and find its few lines.
#
# ## Sources
#
# * L. Mescheder, A. Geiger and S. Nowozin, *Which training methods for GANs do actually converge?* (2018):
#   Dirac-GAN, R1 and R2.
# * M. Arjovsky, S. Chintala and L. Bottou, *Wasserstein GAN* (2017), algorithm 1; I. Gulrajani and others,
#   *Improved training of Wasserstein GANs* (2017), equation 3.
# * T. Miyato and others, *Spectral normalization for generative adversarial networks* (2018), table 2; T.
#   Miyato and M. Koyama, *cGANs with projection discriminator* (2018), equation 4.
# * X. Mao and others, *Least squares generative adversarial networks* (2017); J. H. Lim and J. C. Ye,
#   *Geometric GAN* (2017).
# * A. Jolicoeur-Martineau, *The relativistic discriminator* (2018); N. Huang and others, *The GAN is dead; long
#   live the GAN!* (2024).
# * Z. Lin and others, *PacGAN* (2018); T. Karras and others, *Progressive growing of GANs* (2018), section 3;
#   S. Zhao and others, *Differentiable augmentation for data-efficient GAN training* (2020).
# * M. Lucic and others, *Are GANs created equal?* (2018). M. Kang and others, StudioGAN (its published tables).
# * J. Ho, A. Jain and P. Abbeel, *Denoising diffusion probabilistic models* (2020); Y. Lipman and others, *Flow
#   matching for generative modeling* (2023).
