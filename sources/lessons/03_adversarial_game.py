# ---
# jupyter:
#   jupytext:
#     text_representation:
#       extension: .py
#       format_name: percent
# ---

# %% [markdown]
# # 03 · The adversarial game
#
# *What are two networks doing when they play, and when should they stop?*
#
# **You will be able to**
#
# * **derive** the best discriminator and the value of the game;
# * **compare** the two losses of the generator by their gradients;
# * **say** which numbers each training step changes.
#
# **You need first**: [01 · Convolution arithmetic](01_convolution_arithmetic.ipynb) is enough. You know what a
# gradient and an optimiser are, from a classifier that you trained once.
#
# **Time**: 50 minutes, of which 1 is training on a 2-core CPU.

# %% tags=["parameters"]
from dcgan_course.budget import course_budget

budget = course_budget()  # "smoke", "cpu" or "gpu"; the variable DCGAN_COURSE_BUDGET chooses
games = {"smoke": 2, "cpu": 10, "gpu": 10}[budget]  # games side by side, each with weights and data of its own
rounds = {"smoke": 20, "cpu": 1200, "gpu": 1200}[budget]  # ten games: about 10 ms a round
steps_alone = {"smoke": 30, "cpu": 1000, "gpu": 1000}[budget]  # of D against a generator that stands still
rounds_for_losses = {"smoke": 10, "cpu": 400, "gpu": 400}[budget]  # the counting of rounds ends here
looks = {"smoke": [10, 20], "cpu": [10, 30, 100, 300, 1000, 3000], "gpu": [10, 30, 100, 300, 1000, 3000]}[budget]
seed = 0

# %%
import copy
import math

import torch
from torch import nn
from torch.distributions import MultivariateNormal

from dcgan_course import drawing, widgets
from dcgan_course.toy import line_figures
from dcgan_course.toy.divergences import TwoNormals, jensen_shannon_estimate, normal_density, value_of_game
from dcgan_course.toy.line import (
    MOST_OF_DATA,
    LineGame,
    disjoint_pushes,
    distance_from_half,
    even_z,
    generator_density,
    rounds_until_mean,
)
from dcgan_course.training.losses import discriminator_loss, minimax, non_saturating

drawing.use_course_style()
torch.set_num_threads(1)  # these networks are too small to be shared between two cores

# %% [markdown]
# ## What does a model know that can make data?
#
# A person is 180 cm tall and weighs 40 kg. Is it a man or a woman? A
# [**discriminative model**](../GLOSSARY.md#discriminative-model) learns p(y | x), the label when x is given. It
# must answer, also about an x that never happens. A [**generative model**](../GLOSSARY.md#generative-model)
# describes x itself. It can do so in two ways. An **explicit** model gives the
# [**density**](../GLOSSARY.md#density) p(x): how much probability lies near x, for each unit of length. An
# **implicit** model only makes samples. A GAN is implicit: you can draw from it, and you can never ask it how
# likely an x is. First an explicit one.
#
# We make up two groups of people. The numbers are **synthetic**: means, spreads and the bond between height and
# weight are chosen by us, not measured. In both groups tall people tend to weigh more.

# %%
spread = torch.tensor([[49.0, 40.0], [40.0, 81.0]], dtype=torch.float64)  # cm², cm·kg, kg²
men = MultivariateNormal(torch.tensor([175.0, 75.0], dtype=torch.float64), spread)
women = MultivariateNormal(torch.tensor([163.0, 60.0], dtype=torch.float64), spread)
person = torch.tensor([180.0, 40.0], dtype=torch.float64)
log_men, log_women = men.log_prob(person), women.log_prob(person)
p_woman = torch.sigmoid(log_women - log_men)
log_p = torch.logaddexp(log_men, log_women) - math.log(2)
middle = torch.logaddexp(men.log_prob(men.mean), women.log_prob(men.mean)) - math.log(2)
print(f"Discriminative: a woman with probability {p_woman:.2f}, a man with {1 - p_woman:.2f}.")
print(f"Generative: log density {log_p:.1f}; at the mean of the men it is {middle:.1f}.")
print(f"The second density is {math.exp(middle - log_p) / 1e6:.1f} million times as high.")

# %% [markdown]
# The discriminative model answers, and it sounds rather sure. It has no way to say "there is no such person".
# The explicit generative model says it: the density is millions of times lower than at an average man. A good
# model of these people should almost never make this sample. But a careless one might. We keep each height and
# each weight, and forget which belong together.

# %%
torch.manual_seed(seed)
people = torch.cat([men.sample((1000,)), women.sample((1000,))])
careless = torch.stack([people[:, 0], people[torch.randperm(2000), 1]], dim=1)


def log_density(points):
    return torch.logaddexp(men.log_prob(points), women.log_prob(points)) - math.log(2)


limit = log_density(people).quantile(0.001)
odd = int((log_density(careless) < limit).sum())
print(
    f"The least likely 0.1 % of the people set a limit: {int((log_density(people) < limit).sum())} of 2,000 lie below it."
)
print(f"Of the careless model's 2,000 samples {odd} lie below the same limit.")

# %% tags=["slide"]
title = "Right heights and right weights are not yet right people"
figure = line_figures.people_figure(people.numpy(), careless.numpy(), person.tolist(), title)
alt = (
    "Two clouds of heights and weights. The left one is a narrow slanted cloud. The right one is "
    "wide and reaches towards a cross at 180 cm, 40 kg."
)
drawing.show(figure, alt=alt)

# %% [markdown]
# Each column of the careless model is perfect. Only the pairs are wrong, and one sees it only when one looks at
# both numbers together. For pictures we know no p(x) to look with. The idea of a GAN: let a second network look
# at the samples.

# %% [markdown] tags=["slide"]
# ## What do the two players want?
#
# The [**generator**](../GLOSSARY.md#generator) G makes a **fake** x = G(z) from a random
# [**z**](../GLOSSARY.md#z). The [**discriminator**](../GLOSSARY.md#discriminator) D answers with D(x), between
# 0 and 1: how sure it is that x is real. The [**value of the game**](../GLOSSARY.md#value-of-the-game) is
# (equation 1 of the 2014 paper)
#
# $$V(D, G) = E_{x \sim p_{data}}[\log D(x)] + E_{z}[\log(1 - D(G(z)))]$$
#
# E is a mean: the first over data, whose density is called p_data, the second over z. Logarithms are natural,
# so V is in [**nats**](../GLOSSARY.md#nat).
#
# * D wants V **high**: D(x) near 1 for data, D(G(z)) near 0 for fakes. V is never above 0.
# * G wants V **low**. It can change only the second term: it must make D(G(z)) large.
#
# The game is called [**minimax**](../GLOSSARY.md#minimax): $\min_G \max_D V(D, G)$. Read it from the inside: D
# answers each G as well as it can, and G looks for the G whose best answer is lowest. Training does something
# else: the two take **turns**, a small step each. Does that lead to the same place? Not always.
#
# ## Do two players who take turns arrive?
#
# The smallest game: $V = x y$. One player owns x and wants V low, the other owns y and wants V high. Neither
# can gain anything at x = y = 0. Each follows its own gradient: x goes along −y, y goes along +x.

# %% [markdown] tags=["predict", "slide"]
# **Predict first.** Both start at 1 and make steps of 0.2. Do they arrive at 0, circle around it, or move away
# from it? Does it matter whether they move at the same time, or one after the other?
#
# <details name="predict-03-1"><summary>A · At the same time they move away; one after the other they
# circle</summary>Yes. A step at right angles to the way to the middle ends a little farther out: together, x² +
# y² grows by the factor 1 + rate² each time. In turns the second player sees the new place, and that takes the
# growth away, but it brings nobody nearer.</details>
# <details name="predict-03-1"><summary>B · They circle in both ways: no step points to the middle</summary>For
# very small steps this is right. But a step is straight, and a straight step along a circle ends outside of it.
# Compare the end of the path with its start, for both ways of moving.</details>
# <details name="predict-03-1"><summary>C · They arrive in both ways: each step makes V better for one
# player</summary>It does, for the one who moves. But V has no value that both want: what x gains, y loses, and
# y's step moves the hill on which x stands. Compare the nearest distance with the start.</details>
# <details name="predict-03-1"><summary>D · One after the other they arrive; at the same time they move
# away</summary>Turns help: they take the growth away. But to arrive, something would have to shrink, and a turn
# only carries the point around the middle. Look at the right path in the figure.</details>


# %%
def play_xy(together, steps=60, rate=0.2):
    x, y, path = 1.0, 1.0, [(1.0, 1.0)]
    for _ in range(steps):
        old_x = x
        x = x - rate * y
        y = y + rate * (old_x if together else x)
        path.append((x, y))
    return path


together, in_turns = play_xy(together=True), play_xy(together=False)
for name, path in (("moving together", together), ("moving in turns", in_turns)):
    lengths = [math.hypot(*point) for point in path]
    print(
        f"{name}: starts {lengths[0]:.2f} from the middle, ends {lengths[-1]:.2f}; never nearer than {min(lengths):.2f}"
    )

# %% tags=["slide"]
figure = line_figures.circles_figure(together, in_turns, "Two players who each do their best never arrive")
alt = "Two paths around the middle: the left one spirals outwards, the right one runs round on a closed curve."
drawing.show(figure, alt=alt)

# %% [markdown]
# They do not arrive. Together they move away, in turns they circle. Nothing is wrong with the steps: each
# player goes exactly downhill on its own side. But the hill moves when the other one moves. So a GAN may circle
# too, and nothing in V forbids it. Which losses circle and which come to rest is the beginning of lesson 11.
#
# ## What is the game on a line?
#
# We play a GAN on a line, because there everything can be drawn. Data are numbers from N(0, 1). z is uniform
# between 0 and 1, as in the paper's figure. G starts with fakes from N(2, 0.7²). G has two parts: a fixed one
# stretches z to a bell shape, a small network bends that. D has 16 tanh units. The package trains ten games
# together, so tensors have the shape (games, points, 1).

# %% tags=["slide"]
game = LineGame(games, rounds, seed)
fake = game.generator(game.sample_z())
print(f"shape of a batch: {tuple(fake.shape)}; fakes have mean {fake.mean():.1f} and width {fake.std():.1f}")

# %% [markdown]
# ## What is one round?
#
# First D's move. `discriminator_loss` is −V, written with [logits](../GLOSSARY.md#logit), the numbers before
# the sigmoid; lesson 04 builds it.


# %% tags=["builds", "slide"]
def move_discriminator(game):
    fake = game.generator(game.sample_z()).detach()  # the gradient stops here
    loss = discriminator_loss(game.discriminator(game.sample_real()), game.discriminator(fake))
    game.discriminator_optimizer.zero_grad()
    loss.backward()
    game.discriminator_optimizer.step()


# %% [markdown]
# Then G's move. It gets fresh z. Its loss is the **non-saturating** one, −log D(G(z)). That is not the second
# term of V. Further down you see what it changes, and what it does not.


# %% tags=["builds", "slide"]
def move_generator(game, generator_loss):
    fake = game.generator(game.sample_z())  # fresh z, and the gradient passes
    loss = generator_loss(game.discriminator(fake))
    game.generator_optimizer.zero_grad()
    loss.backward()
    game.generator_optimizer.step()


# %% tags=["builds"]
def play_round(game, generator_loss, discriminator_steps=2):
    for _ in range(discriminator_steps):
        move_discriminator(game)
    move_generator(game, generator_loss)


# %% [markdown]
# This is algorithm 1 of the paper, with the loss of its section 3 and with Adam as the optimiser. Three things
# to see. `detach` cuts the [**graph**](../GLOSSARY.md#graph) in D's move: G is not blamed there. In G's move
# the gradient runs **through** D back into G. And each optimiser holds the numbers of one network only: that is
# what makes the other one stand still.
#
# ## What does one move change?
#
# We play with large steps, so that each move can be seen, and keep a frame after every move.

# %%
x = torch.linspace(-4, 5, 181, dtype=torch.float64)
p_data = normal_density(x, 0.0, 1.0)
slow = LineGame(1, 1000, seed, learning_rate=0.08)
frames, labels = [], []


@torch.no_grad()
def judge(x, game):
    points = x.float().view(1, -1, 1).expand(game.shape[0], -1, -1)
    return game.discriminator(points).sigmoid().squeeze(2).double()  # (games, places)


def keep_frame(label):
    p_fake = generator_density(slow.generator, x, count=20_000)
    frames.append(line_figures.move_frame(x, p_data, p_fake, judge(x, slow)[0]))
    labels.append(label)


# %%
keep_frame("Before the first move. Dotted black: data. Green: fakes. Blue: D.")
for number in range(1, 13):
    for _ in range(2):
        move_discriminator(slow)
    keep_frame(f"Round {number}: D has moved twice. Only the blue curve is new.")
    move_generator(slow, non_saturating)
    keep_frame(f"Round {number}: G has moved. Only the green curve is new.")

# %% [markdown]
# Step through the frames with the slider. Before you move it on from a frame where D has moved: which way will
# the green curve go next?

# %%
widgets.scrub(torch.stack(frames), labels, columns=1, zoom=1, interval=700)

# %% tags=["slide"]
figure = line_figures.moves_figure(
    frames, [0, 1, 2, len(frames) - 1], labels, "D's move changes the blue curve, G's the green one"
)
alt = (
    "Four frames of the film: before the first move, after D's move, after G's move, and at the end, where the green "
    "curve lies near the dotted black one."
)
drawing.show(figure, alt=alt)

# %% [markdown]
# G goes to where the blue curve is higher. It never sees the dotted curve: all that it knows of the data is the
# slope of D under its fakes.
#
# ## What does the game look like in the end?
#
# Now we play ten games with small steps. We stop at four moments and write down the densities, D, and where 13
# even z are sent.

# %%
panels = []


@torch.no_grad()
def write_down(name):
    z = even_z(13)
    places = game.generator(z.expand(games, -1, -1))[0].flatten()
    p_fake = generator_density(game.generator, x)
    panels.append((name, x, p_data, p_fake, judge(x, game)[0], (z.flatten().tolist(), places.tolist())))


# %%
game.train_discriminator(30)
write_down("(a) D has started to learn")
game.train_discriminator(steps_alone)
write_down("(b) D at its best for this G")
at_its_best = copy.deepcopy(game)  # for the next section
game.train_generator(12)
write_down("(c) G has moved, D has not")
game.play(rounds)
write_down("(d) the end of the game")

# %% tags=["slide"]
done = "One of ten games, trained for real: in the end D cannot tell"
figure = line_figures.four_panels(panels, "A short test run" if budget == "smoke" else done)
alt = (
    "Four panels. Data density dotted black, fakes green, D blue, arrows from z to x below. From (a) "
    "to (d) the green curve moves from the right onto the black one, and D becomes flat at one half."
)
drawing.show(figure, alt=alt)

# %% [markdown]
# Compare with figure 1 of the 2014 paper: black dots are data, green is the generator, blue is D. Below, each
# arrow takes one z to its x. Where the arrows are dense, the green density is high. In (a) D says roughly: left
# is real. In (b) it has found the best answer. In (c) the fakes have moved to where D is high. In (d) green
# lies on black and D is flat. Is it really? We measure.

# %%
distance = distance_from_half(game.discriminator)
inside = int((distance < 0.05).sum())
print(f"Largest |D(x) − ½| over 99 % of the data, x from −{MOST_OF_DATA} to {MOST_OF_DATA}:")
print(f"  the game drawn above: {distance[0]:.3f}; the worst of {games} games: {distance.max():.3f}")
print(f"  below 0.05 in {inside} of {games} games")
gaps = [(generator_density(game.generator, x, index) - p_data).abs().max() for index in range(games)]
print(
    f"Largest gap between the two densities: {gaps[0]:.3f} in game 1, {max(gaps):.3f} in the worst (the data's peak is 0.399)"
)

# %% [markdown]
# When the games are played to their end, D is near ½ everywhere. The last line matters as much: a D that never
# learned also says ½. Here the green density really lies on the black one. So D is at ½ because nothing is left
# to tell.
#
# What this does not show: that training always ends so. We chose the game kindly: a generator that can make the
# data exactly, a learning rate that falls to 0, 512 points a step. The game x · y above had none of this help.
#
# ## How good can D be against a fixed G?
#
# Ask for each place x alone. Real points come there with density a = p_data(x), fakes with b = p_fake(x). D
# chooses one number d and gets $a \log d + b \log(1 - d)$. The derivative $a/d - b/(1-d)$ is zero at
# $d = a/(a+b)$. This is the [**optimal discriminator**](../GLOSSARY.md#optimal-discriminator), D*.


# %% tags=["builds"]
def optimal_discriminator(p_data, p_fake):
    return p_data / (p_data + p_fake)


# %%
p_start = normal_density(x, 2.0, 0.7)  # the fakes of panel (b)
formula = optimal_discriminator(p_data, p_start)
trained = judge(x, at_its_best)
near = (x > -MOST_OF_DATA) & (x < 2.0 + 0.7 * MOST_OF_DATA)  # where data or fakes are
largest = (trained - formula)[:, near].abs().amax(dim=1)
print(f"Largest gap between trained D and formula where data or fakes are: {largest[0]:.3f} in game 1,")
print(f"{largest.max():.3f} in the worst of {games} games (D goes from 0 to 1)")

# %% tags=["slide"]
figure = line_figures.two_discriminators_figure(x, trained[0], formula, p_data, p_start, "Training finds the formula")
alt = "D trained alone, a dashed blue curve, lies on the orange curve of p_data over p_data plus p_fake."
drawing.show(figure, alt=alt)

# %% [markdown]
# Nobody told D the densities. It saw points only, and its answer is close to D*. A discriminator is a measuring
# instrument: it measures the ratio of two densities. At the far right D* rises again, because the bell of the
# data is wider. The trained D does not follow: almost no point of either kind lies there, so nobody told it.
#
# ## What is V when D is at its best?
#
# We need one more word. The [**Kullback–Leibler divergence**](../GLOSSARY.md#kullback-leibler-divergence) says
# how surprised somebody is who expects q and meets p:
#
# $$KL(p \,\|\, q) = E_{x \sim p}\left[\log \frac{p(x)}{q(x)}\right]$$
#
# It is 0 for equal densities and never below 0. Write m for the middle of both,
# $m = (p_{data} + p_{fake}) / 2$. Then $D^* = p_{data} / 2m$ and $1 - D^* = p_{fake} / 2m$. Put this into V:
#
# 1. $V(D^*, G) = E_{data}[\log (p_{data} / 2m)] + E_{fake}[\log (p_{fake} / 2m)]$
# 2. Take −log 2 out of each mean: $= -2 \log 2 + E_{data}[\log (p_{data} / m)] + E_{fake}[\log (p_{fake} / m)]$
# 3. The two means are divergences: $= -\log 4 + KL(p_{data} \,\|\, m) + KL(p_{fake} \,\|\, m)$
# 4. Half their sum has a name, the [**Jensen–Shannon divergence**](../GLOSSARY.md#jensen-shannon-divergence):
#
# $$V(D^*, G) = -\log 4 + 2 \cdot JSD, \qquad
# JSD = \tfrac12 KL(p_{data} \,\|\, m) + \tfrac12 KL(p_{fake} \,\|\, m)$$
#
# (This is theorem 1 of the paper.) A KL is never below 0, so a JSD is not either, and it is 0 only when both
# densities are equal. So no G brings V(D*, G) below −log 4, and only p_fake = p_data reaches it. We check it
# with numbers: a mean over a density is a sum of thin strips ([**quadrature**](../GLOSSARY.md#quadrature)).


# %% tags=["builds", "slide"]
def jensen_shannon(p_data, p_fake, x):
    middle = (p_data + p_fake) / 2
    to_middle = torch.xlogy(p_data, p_data / middle) + torch.xlogy(p_fake, p_fake / middle)
    return float(torch.trapezoid(to_middle.nan_to_num(0.0), x)) / 2


# %%
wide = torch.linspace(-10, 12, 4001, dtype=torch.float64)
data, start = normal_density(wide, 0.0, 1.0), normal_density(wide, 2.0, 0.7)
by_strips = jensen_shannon(data, start, wide)
by_samples, error = jensen_shannon_estimate((0.0, 1.0), (2.0, 0.7), count=100_000, seed=seed)
step = jensen_shannon(((wide > 0) & (wide < 1)).double(), ((wide > 0.5) & (wide < 1.5)).double(), wide)
print(f"JSD of the start: {by_strips:.4f} by strips, {by_samples:.4f} ± {error:.4f} from 2 × 100,000 samples")
print(f"A case with a closed form, two boxes that overlap by half: {step:.4f}, and ½ log 2 = {math.log(2) / 2:.4f}")

# %%
v_start = value_of_game(optimal_discriminator(data, start), data, start, wide)
v_equal = value_of_game(optimal_discriminator(data, data), data, data, wide)
p_end = panels[-1][3]
v_end = value_of_game(panels[-1][4], p_data, p_end, x)
print(f"V at the best D, start: {v_start:.4f}; −log 4 + 2 JSD = {2 * by_strips - math.log(4):.4f}")
print(f"V at the best D when the densities are equal: {v_equal:.4f}; −log 4 = {-math.log(4):.4f}")
print(f"V of the trained pair in panel (d): {v_end:.4f}")

# %% [markdown]
# Strips and samples agree within the error, and the boxes within the width of a strip. Equal densities give
# −log 4, and nothing is lower. That is when the two should stop: D cannot gain by looking more closely, and G
# cannot gain by moving.

# %% [markdown]
# ## How does the distance count?
#
# Now move one bell away from another bell of the same width.

# %% [markdown] tags=["predict", "slide"]
# **Predict first.** The distance of the means grows: 1, 2, 4, 8, 16 widths. Does the JSD grow in proportion to
# the distance, grow faster and faster, or stop growing? Choose with a reason.
#
# <details name="predict-03-2"><summary>A · It grows in proportion: twice as far is twice as
# different</summary>This would be a distance that asks how far probability must be carried. The JSD asks
# something else: at each x, how high are the two densities? Bells that do not overlap have nothing more to
# tell, wherever they stand.</details>
# <details name="predict-03-2"><summary>B · It grows faster and faster</summary>KL does so: between these two
# bells it is half the squared distance. But the JSD compares each density with the middle m, and m is never
# less than half of it. So no logarithm in it is above log 2.</details>
# <details name="predict-03-2"><summary>C · It stops growing</summary>Yes. Each density is compared with m,
# which is at least half of it, so the JSD is never above log 2. When the bells hardly overlap, it is nearly
# there. Ask what this means for a G that stands far away.</details>

# %%
distances = torch.linspace(0, 16, 65, dtype=torch.float64)
line = torch.linspace(-10, 26, 7201, dtype=torch.float64)
bell = normal_density(line, 0.0, 1.0)
divergences = [jensen_shannon(bell, normal_density(line, float(d), 1.0), line) for d in distances]
for d in (1, 2, 4, 8, 16):
    print(f"distance {d:2d}: JSD {divergences[d * 4]:.6f} of at most log 2 = {math.log(2):.6f}")

# %% tags=["slide"]
figure = line_figures.distance_figure(distances, divergences, "From about six widths on, farther is not more different")
alt = "The Jensen–Shannon divergence rises steeply from 0 and is flat at log 2 from a distance of about six widths on."
drawing.show(figure, alt=alt)

# %% [markdown]
# It stops growing. From 8 widths on, four digits do not change any more. For G this is bad news: where the
# curve is flat, V at the best D does not tell G which way is nearer.
#
# ## Which loss should G use?
#
# The paper has two. Both are smaller when D(G(z)) is larger.
#
# * [**Saturating loss**](../GLOSSARY.md#saturating-loss): $\log(1 - D(G(z)))$, the second term of V. In the
#   logit its gradient is $-D$.
# * [**Non-saturating loss**](../GLOSSARY.md#non-saturating-loss): $-\log D(G(z))$. In the logit its gradient is
#   $-(1 - D)$.
#
# We do not trust the formulas; we ask PyTorch.

# %%
d = torch.tensor([0.001, 0.01, 0.1, 0.5, 0.9], dtype=torch.float64)
logits = d.logit().requires_grad_()
(saturating,) = torch.autograd.grad(len(d) * minimax(logits), logits)  # the loss is a mean: times the number of logits
(rescued,) = torch.autograd.grad(len(d) * non_saturating(logits), logits)
print("D(G(z))   gradient in the logit:  saturating   non-saturating   ratio")
for row in zip(d, saturating, rescued, strict=True):
    print(f"{row[0]:7.3f}   {row[1]:33.3f} {row[2]:16.3f} {row[2] / row[1]:7.1f}")

# %% tags=["slide"]
figure = line_figures.losses_figure(
    torch.linspace(0.005, 0.995, 199).numpy(), "A fake that D sees through: only one loss still pulls"
)
alt = (
    "Left: both losses of G fall as D(G(z)) grows. Right: the saturating gradient grows from 0 to 1, "
    "the non-saturating one falls from 1 to 0."
)
drawing.show(figure, alt=alt)

# %% [markdown]
# Early in training the fakes are bad and D(G(z)) is near 0. There the non-saturating gradient is many times as
# large. At ½ the two are equal. In D itself (not in the logit) the gradients are $-1/(1-D)$ and $-1/D$:
# multiply with $D(1-D)$, the slope of the sigmoid, and you get the two above.
#
# ## Is it still the same game?
#
# No, and yes. With −log D(G(z)) the two players no longer share one V: it is not a minimax game any more. But
# both losses fall exactly when D(G(z)) rises, so the game ends in the same place, p_fake = p_data. On the way
# they follow different things. At D* the saturating loss goes downhill on 2 JSD. The non-saturating one goes
# downhill on KL(p_fake ‖ p_data) − 2 JSD (Arjovsky and Bottou 2017, theorem 2.5). We move the fakes a little
# and compare.


# %% tags=["slide"]
def kl_of_normals(a, b):  # KL(a ‖ b), each (mean, width)
    return math.log(b[1] / a[1]) + (a[1] ** 2 + (a[0] - b[0]) ** 2) / (2 * b[1] ** 2) - 0.5


def downhill(what, mean, width, step=1e-4):  # minus the slope when the mean of the fakes moves
    return (what(mean - step, width) - what(mean + step, width)) / (2 * step)


for mean, width in ((1.0, 1.0), (2.0, 0.7), (4.0, 0.5)):
    game_here = TwoNormals(0, 1, mean, width)
    two_jsd = downhill(lambda m, w: 2 * TwoNormals(0, 1, m, w).jsd, mean, width)
    other = downhill(lambda m, w: kl_of_normals((m, w), (0, 1)) - 2 * TwoNormals(0, 1, m, w).jsd, mean, width)
    print(
        f"fakes N({mean:g}, {width:g}²): saturating push {game_here.mean_push_minimax:.4f}, downhill on 2 JSD {two_jsd:.4f};"
    )
    print(f"{'':21} non-saturating {game_here.mean_push_non_saturating:.4f}, downhill on KL − 2 JSD {other:.4f}")

# %% [markdown]
# The pairs agree to the last digit. KL(p_fake ‖ p_data) is expensive where fakes lie and no data are: bad fakes
# cost much, missing data cost little. That is one reason why a GAN may leave data out; lesson 05 looks at it.
#
# ## Does it matter in training?
#
# Ten games for each loss, all twenty in one batch. Pairs start from the same weights, with the fakes at 4 and a
# D that had 100 steps to learn. Here D moves once a round. We count rounds until the mean of the fakes is
# within 0.1 of the data's. A learning rate that suits one loss may not suit the other, so each gets three, with
# plain gradient descent and with Adam, which rescales gradients.


# %%
def gradient_descent(rate):
    return lambda parameters: torch.optim.SGD(parameters, lr=rate)


def adam(rate):
    return lambda parameters: torch.optim.Adam(parameters, lr=rate, betas=(0.5, 0.99))


trials = [("plain descent", gradient_descent, rate) for rate in (0.05, 0.2, 0.5)]
trials += [("Adam", adam, rate) for rate in (0.01, 0.03, 0.1)]
rows = []
for words, optimizer_of, rate in trials:
    counts = rounds_until_mean(optimizer_of(rate), games, rounds_for_losses, seed)
    rows.append((f"{words}, {rate:g}", counts))
    means = [side[side.isfinite()].mean() for side in counts]
    arrived = [int(side.isfinite().sum()) for side in counts]
    print(f"{words:13} {rate:4g}: non-saturating {means[0]:4.0f} rounds ({arrived[0]} of {games} arrived),", end=" ")
    print(f"saturating {means[1]:4.0f} ({arrived[1]} of {games})")

# %% tags=["slide"]
figure = line_figures.rounds_figure(rows, "Plain descent: the saturating loss is far slower. Adam: less so")
alt = (
    "Six rows, three learning rates of plain descent and three of Adam. In each row the mean of the "
    "non-saturating loss lies left of the saturating one; the gap is wide for plain descent and smaller for Adam."
)
drawing.show(figure, alt=alt)

# %% [markdown] tags=["slide"]
# With plain descent the saturating loss needs several times as many rounds, also when each loss may choose its
# best rate of the three. With Adam the means come close (with another seed, one of the three rates shows no
# difference): Adam divides by the size of the recent gradients, and a small gradient then moves as far as a
# large one. So the advice "use the non-saturating loss" is right, and it is weaker than it sounds when the
# optimiser is Adam. What this does not show: which optimiser is better, since rates were only tried coarsely;
# and pictures, where D(G(z)) can be far smaller than here.
#
# ## Who moves in which step?
#
# Two tiny networks, with [**batch norm**](../GLOSSARY.md#batch-norm) in both. (Batch norm adds a bias of its
# own, so the layer before it has none.) We make one step of each kind, and compare every stored number before
# and after. First say what you expect: there are weights, biases, and the running statistics of batch norm.
# Which of them move in D's step? Which in G's?

# %%
torch.manual_seed(seed)
G = nn.Sequential(nn.Linear(2, 4, bias=False), nn.BatchNorm1d(4), nn.ReLU(), nn.Linear(4, 1))
D = nn.Sequential(nn.Linear(1, 4), nn.LeakyReLU(0.2), nn.Linear(4, 4, bias=False))
D.extend([nn.BatchNorm1d(4), nn.LeakyReLU(0.2), nn.Linear(4, 1)])
G_optimizer, D_optimizer = (torch.optim.SGD(network.parameters(), lr=0.1) for network in (G, D))
real, z = torch.randn(16, 1), torch.randn(16, 2)


def stored(network):
    return {name: tensor.clone() for name, tensor in network.state_dict().items() if "num_batches" not in name}


def discriminator_step():
    with torch.no_grad():
        fake = G(z)
    D_optimizer.zero_grad()
    discriminator_loss(D(real), D(fake)).backward()
    D_optimizer.step()


# %%
def generator_step():
    G_optimizer.zero_grad()
    non_saturating(D(G(z))).backward()
    G_optimizer.step()


def moved_by(step):
    before = {"G": stored(G), "D": stored(D)}
    step()
    after = {"G": stored(G), "D": stored(D)}
    return {
        f"{who}.{name}": not torch.equal(before[who][name], after[who][name]) for who in before for name in before[who]
    }


in_d_step, in_g_step = moved_by(discriminator_step), moved_by(generator_step)
print(f"{'':18} D step   G step")
for name in in_d_step:
    print(f"{name:18} {'moves' if in_d_step[name] else '·':8} {'moves' if in_g_step[name] else '·'}")

# %% [markdown] tags=["slide"]
# Read the rows with `weight` and `bias`: the D step moves D's, the G step moves G's. Now read the rows with
# `running`. They **move in both steps, in both networks**. These
# [**running statistics**](../GLOSSARY.md#running-statistics) are not parameters. They follow every batch that
# passes in training mode, and no optimiser is asked. `no_grad` does not stop them: in the D step G ran without
# any graph, and its statistics still moved.
#
# ## What does detach do, and what does eval() not do?
#
# First what `detach` in the wrong place does. Then `D.eval()`, which one source calls before G's step "to stop
# D's gradients".


# %%
def with_gradient(network):
    got = sum(p.grad is not None and bool(p.grad.any()) for p in network.parameters())
    return f"{got} of {len(list(network.parameters()))}"


def after_backward(loss_of):
    G.zero_grad(), D.zero_grad()
    loss_of().backward()
    return f"gradient arrives at {with_gradient(G)} tensors of G and {with_gradient(D)} of D"


print("G's step as it should be: ", after_backward(lambda: non_saturating(D(G(z)))))
print("G's step, fake.detach():  ", after_backward(lambda: non_saturating(D(G(z).detach()))))
print("D's step as it should be: ", after_backward(lambda: discriminator_loss(D(real), D(G(z).detach()))))
print("D's step without detach:  ", after_backward(lambda: discriminator_loss(D(real), D(G(z)))))
D.eval()
print("G's step after D.eval():  ", after_backward(lambda: non_saturating(D(G(z)))))
statistics = {name: moved for name, moved in moved_by(generator_step).items() if name.startswith("D.3.running")}
D.train().requires_grad_(False)
print("G's step with D frozen:   ", after_backward(lambda: non_saturating(D(G(z)))))
D.requires_grad_(True)
print(f"After D.eval(), did D's running statistics move in G's step? {'yes' if any(statistics.values()) else 'no'}")

# %% [markdown]
# Line by line:
#
# * **`fake.detach()` in G's step**: nothing arrives at G. It never learns, and no error is raised. This is a
#   real slip in one of our sources.
# * **D's step without `detach`**: a gradient arrives at G, and it is one that helps D. It is waste, and it is
#   harmful if G's `zero_grad` is forgotten. The same source then writes `retain_graph=True`, because its G step
#   goes through the same graph again. The cure is `detach`, and a new pass for G.
# * **`D.eval()`**: the gradients still arrive at D. Eval mode switches dropout off and makes batch norm use,
#   and keep, its stored statistics. D stands still in G's step because **G's optimiser does not hold D's
#   parameters**. To stop the gradients themselves, freeze D with `requires_grad_(False)`: they still pass
#   through D to G.
#
# ## What happens when you move the two densities yourself?
#
# The sliders move the data and the fakes. D*, JSD, V and both gradients follow at once. The lower plot is the
# push on a fake that lies at x. Try: make both bells equal. Then make the fakes narrow and put them at 4.

# %%
widgets.densities_explorer()

# %% tags=["slide"]
alt = (
    "One frame of the explorer: a dotted data density at 0, fakes at 2, the best D falling from 1 to "
    "0 between them, bars for JSD and V, and below the push of both losses on each fake."
)
drawing.show_png(widgets.densities_twin(), alt=alt)

# %% [markdown]
# In this frame both losses push most fakes to the left, to the data; the frame writes the mean push of each.
# The saturating push is strongest where the fakes are already good, and almost nothing far to the right. The
# non-saturating push is strongest between the two bells. It also becomes weak far to the right: there D* has
# its lowest point, and its slope is 0.
#
# ## Can D be too good?
#
# **Break it.** Data lie in [0, 1], fakes in [2, 3]. The two never meet:
# [**disjoint supports**](../GLOSSARY.md#disjoint-supports). D alone is trained, longer and longer.

# %% tags=["break-it"]
looked = disjoint_pushes(gap=1.0, looks=looks, seed=seed)
print("D's steps   D(real)    D(fake)   gradient at a fake: saturating   non-saturating")
for row in looked:
    line = f"{row['steps']:9d}   {row['d_real']:.5f}   {row['d_fake']:.1e}"
    print(f"{line} {row['minimax']:30.5f} {row['non_saturating']:16.2f}")
wide = torch.linspace(-1, 12, 13001, dtype=torch.float64)
box = ((wide > 0) & (wide < 1)).double()
far = [jensen_shannon(box, box.roll(shift * 1000), wide) for shift in (2, 4, 8)]
print(f"JSD with the fakes moved by 2, 4 and 8: {far[0]:.4f}, {far[1]:.4f}, {far[2]:.4f}; log 2 = {math.log(2):.4f}")

# %% tags=["slide"]
figure = line_figures.pushes_figure(looked, "Once D is sure, the saturating loss tells G less and less")
alt = (
    "Two curves over D's training steps on logarithmic axes. The saturating gradient rises a little, then falls "
    "by a factor of several hundred; the non-saturating one rises."
)
drawing.show(figure, alt=alt)

# %% [markdown]
# D becomes perfect. With the saturating loss the gradient goes, and it was still falling when we stopped: for
# this loss a better D is a worse teacher. With the non-saturating loss the gradient grows. How far do both go?
# Let D be sigmoid(T (1.5 − x)): a larger T is a better D, and all of them are right about every point.

# %%
places = (even_z(100).flatten().double() + 2).requires_grad_()  # fakes in [2, 3]
for steepness in (1, 10, 100, 1000):
    pushes = []
    for loss_of in (minimax, non_saturating):
        (push,) = torch.autograd.grad(loss_of(steepness * (1.5 - places)), places)
        pushes.append(push.abs().sum())
    v = -discriminator_loss(steepness * (1.5 - even_z(100).double()), steepness * (1.5 - places.detach()))
    print(f"T = {steepness:4d}: V {v:.6f}, gradient saturating {pushes[0]:.1e}, non-saturating {pushes[1]:.0f}")

# %% [markdown] tags=["slide"]
# V comes near 0, its largest value. The saturating gradient goes to 0: this is the theorem of the perfect
# discriminator (Arjovsky and Bottou 2017, theorem 2.4), and it speaks of log(1 − D) only. The non-saturating
# gradient is about T: it grows without bound. It is not a help either. Its size says how steep D is, not how
# far away the data are, and all D of this family are equally right. (At the D* itself, 0 on every fake, −log D
# is infinite and has no gradient.) The JSD is log 2 at every distance: it has no direction to offer. Lesson 11
# changes the distance itself.
#
# ## Take-aways
#
# * D measures a ratio of densities: at its best it is p_data/(p_data + p_fake), and training finds it.
# * V at the best D is −log 4 + 2 JSD. The end of the game is D = ½, V = −log 4, p_fake = p_data. Taking turns
#   does not always lead there: x · y circles.
# * The saturating loss has gradient −D in the logit, the non-saturating one −(1 − D): the second pulls when the
#   fakes are bad.
# * An optimiser moves what it holds. `detach` cuts the graph, `eval()` does not. Running statistics move in
#   both steps.
# * Densities that do not meet have JSD log 2 at every distance. As D becomes perfect, the gradient of log(1 −
#   D) vanishes and that of −log D grows without bound; neither says how far away the data are.
#
# ## Exercises
#
# [Exercises 03](../exercises/03_adversarial_game.ipynb): D*, V and JSD by hand, a D that meets more fakes than
# data, both losses and their gradients, the alternating loop, who moves, and three broken loops. Worked
# answers: [solutions 03](../solutions/03_adversarial_game.ipynb).
#
# ## Next
#
# [04 · A GAN on MNIST](04_gan_on_mnist.ipynb): the same round, with pictures in place of numbers.
#
# ## Sources
#
# * Goodfellow et al. 2014, *Generative adversarial nets*: equation 1, figure 1, algorithm 1, proposition 1
#   (D*), theorem 1 (−log 4), section 3 (the non-saturating loss).
# * Arjovsky and Bottou 2017, *Towards principled methods for training generative adversarial networks*:
#   theorems 2.1 and 2.4 (perfect D, vanishing gradient of log(1 − D)), theorem 2.5 (what −log D follows).
# * Goodfellow 2016, *NIPS 2016 tutorial: Generative adversarial networks*: explicit and implicit models; the
#   game x y.
# * Ioffe and Szegedy 2015, *Batch normalization*: algorithm 2 (statistics of training are kept for inference).
