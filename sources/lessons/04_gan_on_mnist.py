# ---
# jupyter:
#   jupytext:
#     text_representation:
#       extension: .py
#       format_name: percent
# ---

# %% [markdown]
# # 04 · A GAN on MNIST
#
# *Can two small MLPs learn to write?*
#
# **You will be able to**
#
# * **build** both networks and write the two training steps;
# * **stop** and continue a training;
# * **judge** its samples by measurement.
#
# **You need first**: [03 · The adversarial game](03_adversarial_game.ipynb): what the two losses mean.
#
# **Time**: 50 minutes, of which 5 are training on a 2-core CPU.

# %% tags=["parameters"]
from dcgan_course.budget import course_budget

budget = course_budget()  # "smoke", "cpu" or "gpu"; the variable DCGAN_COURSE_BUDGET chooses
epochs = {"smoke": 2, "cpu": 40, "gpu": 200}[budget]  # an epoch of 60,000 pictures took 4 to 12 s on 2 cores
steps_for_k = {"smoke": 6, "cpu": 150, "gpu": 1500}[budget]  # steps of G, for each of three values of k
pictures = {"smoke": 2_000, "cpu": 60_000, "gpu": 60_000}[budget]  # training pictures that are used
seed = 0

# %%
import math
import tempfile
from pathlib import Path

import matplotlib.pyplot as plt
import torch
from torch import nn
from torch.nn.functional import binary_cross_entropy, softplus

from dcgan_course import drawing, latent, models, recorded, widgets
from dcgan_course.data import load_images, scale
from dcgan_course.evaluation import metrics
from dcgan_course.evaluation.probabilities import mean_probabilities
from dcgan_course.training import TrainConfig, train

drawing.use_course_style()
device = "cuda" if torch.cuda.is_available() else "cpu"

# %% [markdown]
# ## What do we learn from?
#
# We follow a recipe: a Korean review of the 2014 GAN paper ("the recipe" from here on; see Sources) that trains
# two small networks on MNIST. A **GAN** is a generative adversarial network: a generator and a discriminator
# that train each other.
#
# MNIST: grey pictures of handwritten digits, 28×28. The 10,000 test pictures are never trained on. We use them
# to ask the discriminator how sure it is.

# %%
digits = load_images("mnist", "train", stand_in=True)
test = load_images("mnist", "test", stand_in=True)
images = digits.images[:pictures].to(device)
print(f"{len(images):,} pictures to learn from, {len(test.images):,} to test with; they come from: {digits.source}")

# %% tags=["slide"]
figure = drawing.image_grid(
    digits.images[:40], "Real digits: white strokes on black, and no two alike" + digits.title_note
)
drawing.show(figure, alt="Forty training pictures of handwritten digits, white on black.")

# %% [markdown]
# In memory a pixel is a whole number from 0 to 255. The generator ends in tanh, which gives numbers from −1
# to 1. So the real pictures must be in [−1, 1] too. Otherwise the discriminator could tell real from fake by
# brightness alone.

# %%
x = scale(images[:200])
print(f"stored: {images.dtype}, {images.min()} to {images.max()}; for the networks: {x.min():.0f} to {x.max():.0f}")

# %% [markdown]
# ## What does the generator look like?
#
# Three linear layers: 100 → 256 → 256 → 784. The [**latent dimension**](../GLOSSARY.md#latent-dimension) is
# 100: the length of one z. [**Dropout**](../GLOSSARY.md#dropout) of 0.1 switches off each hidden unit with
# probability 0.1, anew at each training step.


# %% tags=["builds", "slide"]
class MLPGenerator(nn.Module):
    def __init__(self, image_shape=(1, 28, 28), latent_dim=100, hidden_dim=256, dropout=0.1):
        super().__init__()
        self.image_shape = image_shape
        self.latent_dim = latent_dim
        self.layers = nn.Sequential(
            nn.Linear(latent_dim, hidden_dim),
            nn.ReLU(),
            nn.Dropout(dropout),
            nn.Linear(hidden_dim, hidden_dim),
            nn.ReLU(),
            nn.Dropout(dropout),
            nn.Linear(hidden_dim, math.prod(image_shape)),
            nn.Tanh(),
        )
        models.init_mlp_weights(self)

    def forward(self, z):
        return self.layers(z).view(-1, *self.image_shape)


# %% [markdown]
# ## And the discriminator?
#
# The same in the other direction: 784 → 256 → 256 → 1. [**LeakyReLU**](../GLOSSARY.md#leakyrelu) lets a little
# of the negative side through, so that the generator still gets a gradient where a unit of D is off. The last
# layer gives a [**logit**](../GLOSSARY.md#logit): any number. The sigmoid of it is D(x), the probability of
# being real. We leave the sigmoid out of the network; the reason comes soon.


# %% tags=["builds", "slide"]
class MLPDiscriminator(nn.Module):
    def __init__(self, image_shape=(1, 28, 28), hidden_dim=256, dropout=0.1):
        super().__init__()
        self.image_shape = image_shape
        self.layers = nn.Sequential(
            nn.Flatten(),
            nn.Linear(math.prod(image_shape), hidden_dim),
            nn.LeakyReLU(0.2),
            nn.Dropout(dropout),
            nn.Linear(hidden_dim, hidden_dim),
            nn.LeakyReLU(0.2),
            nn.Dropout(dropout),
            nn.Linear(hidden_dim, 1),
        )
        models.init_mlp_weights(self)

    def forward(self, images):
        return self.layers(images).squeeze(1)


# %% [markdown]
# `init_mlp_weights` draws the weights from a normal distribution whose spread fits the width of the layer
# (Xavier's rule), and the biases uniformly between 0.1 and 0.2, as in the recipe that we follow. Random numbers
# are used there, so the seed is set first, once.

# %%
torch.manual_seed(seed)
generator, discriminator = MLPGenerator().to(device), MLPDiscriminator().to(device)
print(f"The generator has {models.count_parameters(generator):,} parameters,")
print(f"the discriminator has {models.count_parameters(discriminator):,}.")

# %% tags=["slide"]
z = latent.sample(20, generator.latent_dim, seed).to(device)
before = generator(z)
drawing.show(
    drawing.image_grid(before, "Before training the generator draws noise"),
    alt="Twenty pictures of an untrained generator: grey noise without any shape.",
)

# %% [markdown]
# ## How does an answer become a loss?
#
# The paper writes the game as
#
# $$\min_G \max_D V(D, G) = \mathbb{E}_x[\log D(x)] + \mathbb{E}_z[\log(1 - D(G(z)))].$$
#
# The obvious way: apply the sigmoid, then take the logarithm.

# %% [markdown] tags=["predict", "slide"]
# **Predict first.** The discriminator is very sure that a picture is real and answers with the logit 20. For a
# fake that would be a serious mistake. What does $\log(1 - \mathrm{sigmoid}(20))$ give on a computer with
# 32-bit numbers? By hand, it is close to −20.
#
# <details name="predict-04-1"><summary>A · Close to −20, with an error in the last digits</summary>Each
# rounding is small, but here it comes <i>before</i> a subtraction. sigmoid(20) is less than 1 by about 2·10⁻⁹,
# and just below 1 the numbers of 32 bits lie 6·10⁻⁸ apart. So it becomes 1, and nothing is left to take the
# logarithm of.</details>
# <details name="predict-04-1"><summary>B · −∞: the logarithm of 0</summary>Yes. sigmoid(20) is rounded to 1,
# and 1 − 1 is 0. Look at the slope in the last line, too: backwards it is ∞ times 0.</details>
# <details name="predict-04-1"><summary>C · −100: PyTorch lets no logarithm go lower</summary>You remember this
# from <code>binary_cross_entropy</code>, which does so. <code>torch.log</code> does not: it gives what the
# number has. The cell after the next one shows what that care costs.</details>
# <details name="predict-04-1"><summary>D · An error: the program stops</summary>It would be better for us if it
# did. Floating-point numbers have −∞ and "not a number", and PyTorch goes on with them: the next step writes
# them into all weights.</details>

# %% tags=["break-it", "slide"]
logits = torch.tensor([2.0, 10.0, 20.0], requires_grad=True)
obvious = torch.log(1 - torch.sigmoid(logits))
obvious.sum().backward()
for logit, loss, slope in zip(logits.tolist(), obvious.tolist(), logits.grad.tolist(), strict=True):
    print(
        f"logit {logit:4.0f}: log(1 − D) = {loss:8.4f} (exact: {-math.log1p(math.exp(logit)):8.4f}), slope {slope:.4f}"
    )

# %% [markdown]
# **Broken.** At 20 the sigmoid is rounded to exactly 1, and the logarithm of 0 is −∞. Its slope is not a number
# any more. One such picture in a batch destroys the whole network at the next step.
#
# PyTorch's `binary_cross_entropy` is careful: it does not let the logarithm go below −100. What does that cost?

# %%
logits = torch.tensor([2.0, 20.0, 200.0], requires_grad=True)
careful = binary_cross_entropy(torch.sigmoid(logits), torch.zeros(3), reduction="none")
careful.sum().backward()
exact = softplus(logits.detach().double()).tolist()
for logit, loss, slope, true in zip(logits.tolist(), careful.tolist(), logits.grad.tolist(), exact, strict=True):
    true_slope = 1 / (1 + math.exp(-logit))
    print(f"logit {logit:3.0f}: loss {loss:7.3f} (exact {true:7.3f}), slope {slope:.3f} (exact {true_slope:.3f})")

# %% [markdown]
# No infinity. But at 20 the loss is already wrong: 100 in place of 20. And the slope there is 0, where it
# should be 1: the network can never correct its biggest mistakes. So we compute with logits:
#
# $$-\log D = -\log \mathrm{sigmoid}(a) = \mathrm{softplus}(-a), \qquad -\log(1 - D) = \mathrm{softplus}(a), \qquad
# \mathrm{softplus}(a) = \log(1 + e^a).$$


# %% tags=["builds", "slide"]
def discriminator_loss(real_logits, fake_logits):
    return softplus(-real_logits).mean() + softplus(fake_logits).mean()


def non_saturating(fake_logits):
    return softplus(-fake_logits).mean()


def minimax(fake_logits):
    return -softplus(fake_logits).mean()


# %%
logits = torch.tensor([2.0, 20.0, 200.0], requires_grad=True)
softplus(logits).sum().backward()
print("losses", ", ".join(f"{loss:.3f}" for loss in softplus(logits).tolist()), "for the logits 2, 20 and 200")
print("slopes", ", ".join(f"{slope:.3f}" for slope in logits.grad.tolist()) + ": never above 1, and not lost")

# %% [markdown]
# `minimax` is the generator's loss in the formula above. `non_saturating` is the one that people use; lesson 03
# shows why. Two numbers to remember: when the discriminator only guesses, every logit is 0.

# %%
zero = torch.zeros(5)
print(f"discriminator's loss when it guesses: {discriminator_loss(zero, zero):.3f} = 2 log 2")
print(f"generator's loss when D guesses:      {non_saturating(zero):.3f} = log 2")

# %% [markdown]
# ## How does the discriminator move?
#
# It sees real pictures and fakes. It does not move the generator, so the fakes are made without a graph for
# gradients.


# %% tags=["builds", "slide"]
def discriminator_step(generator, discriminator, optimizer, real, z):
    with torch.no_grad():
        fake = generator(z)
    loss = discriminator_loss(discriminator(real), discriminator(fake))
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    return loss.detach()


# %% [markdown]
# ## How does the generator move?
#
# The picture goes through the discriminator, and the gradient comes back through it. Only the generator's
# optimiser makes a step. The discriminator's parameters need no gradients meanwhile: `requires_grad_(False)`
# says so and saves time.


# %% tags=["builds", "slide"]
def generator_step(generator, discriminator, optimizer, z, loss_of_logits=non_saturating):
    discriminator.requires_grad_(False)
    loss = loss_of_logits(discriminator(generator(z)))
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    discriminator.requires_grad_(True)
    return loss.detach()


# %% [markdown]
# Does each step really move one network only? We keep a copy of all weights, and look.


# %%
def weights(network):
    return torch.cat([parameter.detach().flatten().clone() for parameter in network.parameters()])


optimizers = [torch.optim.Adam(network.parameters(), lr=1e-4) for network in (generator, discriminator)]
z = torch.randn(200, generator.latent_dim, device=device)
old_g, old_d = weights(generator), weights(discriminator)
discriminator_step(generator, discriminator, optimizers[1], x, z)
print(
    f"D step: {(weights(generator) != old_g).sum():,} weights of G moved, {(weights(discriminator) != old_d).sum():,} of D"
)
old_d = weights(discriminator)
generator_step(generator, discriminator, optimizers[0], z)
print(
    f"G step: {(weights(generator) != old_g).sum():,} weights of G moved, {(weights(discriminator) != old_d).sum():,} of D"
)

# %% [markdown]
# ## What does dropout do to the answers?
#
# In training mode dropout draws which units are off, anew at each call. So the same picture gets different
# answers. [**Eval mode**](../GLOSSARY.md#eval-mode), `eval()`, switches that off.

# %% tags=["slide"]
one = x[:1]
answers = torch.sigmoid(torch.stack([discriminator(one) for _ in range(5)])).flatten()
print("train mode, the same picture five times: D =", ", ".join(f"{p:.3f}" for p in answers))
discriminator.eval()
answers = torch.sigmoid(torch.stack([discriminator(one) for _ in range(5)])).flatten()
print("eval mode,  the same picture five times: D =", ", ".join(f"{p:.3f}" for p in answers))

# %% [markdown]
# The recipe that we follow puts D into eval mode while G moves. It says this stops D's gradients. Does it?

# %%
discriminator.zero_grad()
non_saturating(discriminator(generator(z))).backward()
with_gradient = sum(p.grad is not None and p.grad.abs().sum() > 0 for p in discriminator.parameters())
print(
    f"D in eval mode: {with_gradient} of {len(list(discriminator.parameters()))} parameter tensors of D got a gradient."
)
discriminator.zero_grad()
discriminator.train()
print(f"D is in train mode again: {discriminator.training}")

# %% [markdown]
# No. Every tensor of D got a gradient. `eval()` changes what dropout and batch normalisation compute, nothing
# else. What stops gradients is `requires_grad_(False)`, or an optimiser that does not hold those parameters.
# What eval mode *does* change here: G learns from a D without dropout, without the random zeros. We keep D in
# train mode in both steps.

# %% [markdown]
# ## Train
#
# Everything above now lives in the package, with the same names: `dcgan_course.models`, `losses`, `train`. The
# recipe: batches of 200, Adam with learning rate 0.0001 for both networks, one step of D for each step of G
# (k = 1).
#
# The **training monitor** below shows the traces and the samples while it trains. Its button stops the training
# after the step under way. Nothing is lost: run the training cell again and it continues. Where the button does
# nothing while a cell runs, use the kernel's own stop button (■).

# %%
monitor = widgets.TrainingMonitor(test.images, seed=seed)
monitor.panel

# %%
torch.manual_seed(seed)
generator, discriminator = models.MLPGenerator().to(device), models.MLPDiscriminator().to(device)
config = TrainConfig(epochs=epochs, seed=seed)
checkpoint = Path(tempfile.mkdtemp()) / "mnist_mlp.safetensors"

# %% tags=["slide"]
history = train(
    generator,
    discriminator,
    images,
    config,
    test_images=test.images,
    hook=monitor,
    checkpoint=checkpoint,
    progress=False,
)
print(f"{len(history)} of {epochs} epochs are done; an epoch took {sum(history.seconds) / len(history):.1f} s.")

# %% [markdown]
# ## Can a training be continued exactly?
#
# A stopped training is worth little if what follows is another training. Here is the test: a short run in one
# piece, and the same run stopped in the middle and continued from its
# [**checkpoint**](../GLOSSARY.md#checkpoint): one file with weights, optimisers, random states and losses.


# %% tags=["slide"]
def short_run(file=None, stop_at=None):
    torch.manual_seed(seed)
    networks = models.MLPGenerator().to(device), models.MLPDiscriminator().to(device)
    stop = (lambda training: training.step == stop_at) if stop_at else None
    short = TrainConfig(epochs=2, seed=seed)
    train(*networks, images[:2000], short, hook=stop, checkpoint=file, progress=False)
    return weights(networks[0])


file = Path(tempfile.mkdtemp()) / "short.safetensors"
in_one_piece = short_run()
stopped = short_run(file, stop_at=7)
continued = short_run(file)
print(
    f"stopped after 7 of 20 steps: {(stopped != in_one_piece).sum():,} of {len(stopped):,} weights differ from the whole run"
)
print(f"continued to the end:        {(continued != in_one_piece).sum():,} weights differ")

# %% [markdown]
# Not one bit differs. The training may be stopped at any step.

# %% [markdown]
# ## What did it learn to draw?
#
# Your own training, 40 random z that nobody chose. Below about 50 epochs expect shapes and a first 1 here and
# there; the recipe needs 200.

# %% tags=["slide"]
generator.eval()
samples = generator(latent.sample(40, generator.latent_dim, seed).to(device))
figure = drawing.image_grid(samples, f"After {len(history)} epochs: strokes, but few digits yet" + digits.title_note)
drawing.show(figure, alt="Forty samples of the generator that this notebook has just trained.")

# %% [markdown]
# **The same in the wild**: other programs lay samples out with torchvision's `make_grid`, and save one picture:

# %%
from torchvision.utils import make_grid

grid = make_grid(samples.cpu(), nrow=10, normalize=True, value_range=(-1, 1))
print(f"{tuple(samples.shape)} became {tuple(grid.shape)}, from {float(grid.min()):.0f} to {float(grid.max()):.0f}")

# %% [markdown]
# And the recorded run of the same recipe, with all 200 epochs. Every column is one fixed z. Every row is an
# epoch.

# %% tags=["slide"]
run = recorded.load_run("mnist_mlp")
shown = (0, 1, 2, 5, 10, 20, 50, 100, 200)
frames = run.frames[[run.frame_epochs.index(epoch) for epoch in shown]]
drawing.show_png(
    drawing.labelled_rows_png(
        frames[:, :16],
        [f"epoch {epoch}" for epoch in shown],
        title="First every z gives the same dots, then digits come",
    ),
    alt="Nine rows of sixteen pictures: noise at epoch 0, the same dots for every z until 5, shapes at 20, first digits at "
    "50, mostly readable digits at 200.",
)

# %% [markdown]
# Read a column from top to bottom. At epochs 1 to 5 there are dots, nearly the same for every z: the generator
# has learned *where* digits are bright, and little else. At 20 the columns differ. At 50 the first digits can
# be read, many of them the digit 1. At 200 most can. A column may change its digit on the way: the second one
# is a 1 at epoch 50 and a 7 at
# 200. Nobody gave z a meaning. The game gives it one, and may change it again.
#
# ## What did the traces do?
#
# After each epoch we ask the discriminator about 10,000 test pictures and 10,000 fakes: **p_real** is the mean
# of D(x), **p_fake** the mean of D(G(z)). The drawn lines are called **traces**. These are two separate
# averages. Nothing makes them add up to 1. The recipe's author reports that both go to about 0.5.

# %% tags=["slide"]
last = slice(-20, None)
p_real, p_fake = (sum(trace[last]) / 20 for trace in (run.history.p_real, run.history.p_fake))
figure = drawing.probability_traces(run.history, f"200 epochs: p_real ends near {p_real:.2f}, p_fake near {p_fake:.2f}")
drawing.show(figure, alt="Two traces over 200 epochs, p_real above and p_fake below the line at one half.")

# %%
print(
    f"recorded run, mean of its last 20 epochs: p_real {p_real:.3f}, p_fake {p_fake:.3f}; their sum is {p_real + p_fake:.3f}"
)
start = run.history.p_real[0], run.history.p_fake[0]
print(f"after the first epoch it was p_real {start[0]:.3f}, p_fake {start[1]:.3f}")
print(f"your run, after {len(history)} epochs: p_real {history.p_real[-1]:.3f}, p_fake {history.p_fake[-1]:.3f}")

# %% [markdown]
# The traces did **not** go to 0.5. For about 30 epochs D was almost always right: p_real near 1, p_fake near 0.
# Then both moved towards the middle. They were still moving, slowly, when the recipe's 200 epochs ended, near
# 0.63 and 0.30. So D can still tell: it gives a real test picture about twice the probability that it gives a
# fake.
#
# What this does not show: whether the pictures are good. Two bad players can also meet at 0.5.
#
# ## What do the losses say?

# %% tags=["slide"]
figure = drawing.loss_traces(run.history, "G's loss near 3: noise at epoch 1, first digits at epoch 50")
drawing.show(figure, alt="Both losses of the recorded run over 200 epochs, beside the values that guessing gives.")

# %% [markdown]
# In other trainings a falling loss means progress. Here each loss depends on how good the *other* network is.
# Compare two epochs, and look at the rows of pictures above. We add a measure that does not ask D: the distance
# from a sample to the nearest training picture. (A section below says more about it.)

# %%
reference = scale(digits.images[:pictures])
for row, epoch in enumerate(run.frame_epochs):
    if epoch in (1, 5, 20, 50, 100, 200):
        _, distance = metrics.nearest_neighbours(scale(run.frames[row]), reference[:10_000])
        loss = run.history.generator_loss[epoch - 1]
        print(f"epoch {epoch:3d}: generator's loss {loss:.2f}, distance to the nearest digit {distance.median():5.2f}")

# %% [markdown]
# Over epoch 1 the generator's loss is 2.75 on average, over epoch 50 it is 3.09. By the loss, the first
# generator is the better one. By the distance it is noise (22), and the second has come near digits (8). In
# epoch 1 both networks were beginners; by epoch 50 D was an expert, and against an expert the same loss is
# worth more. The largest losses, above 6, say only that D was very sure.
#
# What losses do say is who is ahead. Both dotted lines are far away at first: D wins. Later both losses move
# towards their lines (losses are in **nats**, the unit of the natural logarithm) and stay short of them: D
# still wins, by less.
#
# The distance is no good judge either. It is smallest at epoch 50, not at 200: at 50 half of the twenty samples
# are a 1, thin and alike, and a 1 lies nearer to other digits than any digit does. Which digits are drawn moves
# this number more than how well they are drawn.
#
# ## Does it draw all ten digits?
#
# A generator that draws one perfect digit only is a bad generator. This is called
# [**mode collapse**](../GLOSSARY.md#mode-collapse). We let a classifier read 10,000 samples and count. The
# [**entropy**](../GLOSSARY.md#entropy) says in one number how even the counts are.

# %%
classifier = recorded.digit_classifier()
recorded_samples = run.generator(latent.sample(10_000, run.generator.latent_dim, seed + 1))
counts = metrics.class_histogram(classifier, recorded_samples)
real_counts = metrics.class_histogram(classifier, scale(test.images))
accuracy = recorded.card("digit_classifier")["test_accuracy_percent"]
print(f"The classifier reads {accuracy} % of the real test digits right.")
print(f"entropy: samples {metrics.entropy(counts):.3f}, test pictures {metrics.entropy(real_counts):.3f} nats")
print(f"ten equal classes would have log 10 = {math.log(10):.3f}; one single class has 0")

# %% tags=["slide"]
shares = 100 * torch.stack([real_counts, counts]) / torch.stack([real_counts.sum(), counts.sum()])[:, None]
figure, axes = plt.subplots(figsize=(9, 4.2))
digit = torch.arange(10)
axes.bar(digit - 0.2, shares[0], 0.4, color=drawing.REAL, label="test pictures")
axes.bar(digit + 0.2, shares[1], 0.4, color=drawing.FAKE, label="samples, recorded run")
title = "All ten digits are drawn, the 1 far too often"
axes.set(title=title, xlabel="digit, as the classifier reads it", ylabel="share (%)", xticks=digit)
axes.legend(loc="upper right")
drawing.show(
    figure, alt="Bars of the share of each digit among test pictures and among samples; the 1 is twice too frequent."
)

# %%
for digit in (int(counts.argmax()), int(counts.argmin())):
    print(f"digit {digit}: {shares[1, digit]:.1f} % of the samples, {shares[0, digit]:.1f} % of the test pictures")

# %% [markdown]
# No digit is missing, so this is no collapse *onto a few digits*. But it is not even: one sample in five is a
# 1, nearly twice its share among real digits. In theory a perfect D would notice: where G draws too much, D*
# falls below ½, and G is pushed away. This D is far from perfect, and 200 epochs did not even it out.
#
# What this does not show: variety *inside* a digit. If each digit were always drawn in the same way, the ten
# shares could be perfect. Lesson 10 has measures that look there: recall and coverage.
#
# What this does not show: whether the pictures are good. A classifier must name some digit, even for noise.
#
# ## Has it memorised?
#
# A network could cheat: learn some training pictures by heart. Then its samples would lie very close to
# training pictures. So we look for the nearest training picture of each sample. The distance is the square root
# of the summed squared differences of the pixels.

# %%
_, distances = metrics.nearest_neighbours(recorded_samples[:500], reference)
_, real_distances = metrics.nearest_neighbours(scale(test.images[:500]), reference)
print(f"nearest training picture of a sample:       median distance {distances.median():.2f}")
print(f"nearest training picture of a test picture: median distance {real_distances.median():.2f}")
print(
    f"smallest distance: {distances.min():.2f} for 500 samples, {real_distances.min():.2f} for 500 test pictures; a copy has 0"
)

# %% tags=["slide"]
found, _ = metrics.nearest_neighbours(recorded_samples[:12], reference)
pairs = torch.cat([recorded_samples[:12], reference[found[:, 0]]])
drawing.show_png(
    drawing.png_of_pictures(
        pairs, columns=12, zoom=2, title="Samples, and below them the nearest training pictures: alike"
    ),
    alt="Two rows of twelve: samples above, the nearest training picture of each below; similar in shape, but not the same.",
)

# %% [markdown]
# Above: samples. Below: the nearest training picture of each. They are alike in place and slant; some plain
# digits, like the 1, are hard to tell apart by eye, so we look at the numbers. A sample is, on the whole, about
# as far from the training pictures as a real test picture is, and none of the 500 has distance 0. So these
# samples are no exact copies.

# %% [markdown] tags=["predict", "slide"]
# But would the test find a copier? We play one. We take 500 training pictures themselves and add noise to each
# of their 784 pixels: copies with dirt on them. **Predict first.** Does the median distance give them away?
#
# <details name="predict-04-2"><summary>A · It does: copies stay much nearer to the training pictures than fresh
# digits</summary>Their strokes do. But the distance adds up 784 pixels, and the noise moves each of them: √784
# · σ = 28 σ. Compare that with the distance of a fresh test picture.</details>
# <details name="predict-04-2"><summary>B · It does: the noise puts them far beyond every real digit</summary>28
# σ is about the distance between two <i>different</i> digits: a digit has 784 pixels, too, in which it may be
# different. And who suspects a copier, looks for small distances.</details>
# <details name="predict-04-2"><summary>C · It does not: the dirt alone carries them about as far as a fresh
# digit</summary>Yes. The distance cannot tell a new digit from an old one with dirt. Look along the rows, too:
# which digit has a smaller distance than the others, in test pictures and samples, but not in copies?</details>

# %%
dirt = 0.35  # σ of the noise
copies = reference[:500] + dirt * torch.randn(500, 1, 28, 28, generator=torch.Generator().manual_seed(seed))
print("                      all" + "".join(f"{digit:6}" for digit in range(10)))
for name, pictures in (
    ("test pictures", scale(test.images[:500])),
    ("samples", recorded_samples[:500]),
    ("copies with dirt", copies),
):
    _, away = metrics.nearest_neighbours(pictures, reference)
    with torch.no_grad():
        digits_read = classifier(pictures).argmax(dim=1)
    medians = [away[digits_read == digit].median() for digit in range(10)]
    print(f"{name:17} {away.median():8.2f}" + "".join(f"{median:6.1f}" for median in medians))
print(f"by hand, a copy with dirt is √784 · {dirt} = {784**0.5 * dirt:.2f} away from its original")

# %% [markdown]
# **No.** The dirt alone carries a copy as far away as a fresh digit is. So the test finds exact copies and
# nothing else; a network that copies a picture and moves it by one pixel would pass, too. And look along the
# rows: a 1 lies nearer to its neighbour than any other digit does. The median over all digits mixes ten
# distances, and whoever draws more ones looks nearer. Lesson 10 has better tests.

# %% [markdown]
# ## How likely are real digits, according to the generator?
#
# Until about 2015 generators were compared by a likelihood. G has no formula for one, so people put a small
# Gaussian around each of its samples and called the sum its density: a
# [**Parzen window**](../GLOSSARY.md#parzen-window) estimate,
#
# $$\log p(x) = \log \frac{1}{n} \sum_{i=1}^{n} \mathcal{N}(x;\ G(z_i),\ \sigma^2 I).$$
#
# The width σ is chosen on 300 training pictures that carry no Gaussian themselves.

# %%
window = {"smoke": 200, "cpu": 2_000, "gpu": 2_000}[budget]  # samples that carry a Gaussian; the estimate depends on it
asked = scale(test.images[1000:1500])
held_out = scale(digits.images[-300:])


def estimate(centres):
    sigma = metrics.best_sigma(centres, held_out, [0.2, 0.3, 0.4, 0.5, 0.6, 0.8, 1.0, 1.2])
    scores = metrics.parzen_log_likelihood(centres, asked, sigma)
    return f"{scores.mean():6.0f} ± {scores.std() / len(scores) ** 0.5:.0f} nats (σ = {sigma})"


print("samples of G:           ", estimate(recorded_samples[:window]))
print("noise, before training: ", estimate(MLPGenerator()(latent.sample(window, 100, seed))))

# %% [markdown] tags=["predict", "slide"]
# So far so good: samples of G are better than noise. **Predict first.** Which should get the higher score:
# *real training pictures*, or as many *blurred averages*, each the mean of ten training pictures that lie close
# together? The averages draw on more data: their neighbours come from ten times as many training pictures. But
# are they better digits?
#
# <details name="predict-04-3"><summary>A · The real pictures: nothing is more like a digit</summary>Then the
# score would ask how good each picture is. It asks something else: how many of the Gaussians lie near a test
# digit, and how near. A real digit with its own slant and width may be far from all others.</details>
# <details name="predict-04-3"><summary>B · About the same: both come from the same training
# pictures</summary>They do, but a mean of ten neighbours has lost what each of the ten has for itself. So it
# lies nearer to <i>new</i> digits than any of the ten. Compare the two scores with their errors.</details>
# <details name="predict-04-3"><summary>C · The averages, because they are the better digits: smooth and
# typical</summary>The score says so. Look at the second row of pictures: which would you rather read? An
# average is near to many digits because it is none of them.</details>
# <details name="predict-04-3"><summary>D · The averages, although they are no better digits</summary>Yes. An
# average lies between digits, so it is close to more of them, and the score counts closeness. A measure that
# real data can lose does not say who draws well.</details>

# %%
index, _ = metrics.nearest_neighbours(reference[:window], reference[: 10 * window], count=10)
averages = reference[index].mean(dim=1)
print("real training pictures: ", estimate(reference[:window]))
print("blurred averages:       ", estimate(averages))

# %% tags=["slide"]
drawing.show_png(
    drawing.png_of_pictures(
        torch.cat([reference[:12], averages[:12]]),
        columns=12,
        zoom=2,
        title="Real digits; below, blurred ones that score higher",
    ),
    alt="Two rows of twelve: sharp real digits above, blurred averages of their neighbours below.",
)

# %% [markdown]
# The blurred averages win, by a wide margin, against real digits. An average lies between digits, so it is
# close to more of them, and the small Gaussians reward that. In 784 dimensions 2,000 small Gaussians never come
# near the true density. So a high Parzen score does not mean good pictures, and nobody should choose a
# generator by it. (The 2014 paper used it, because nothing better was known; it warns of its high variance.)
#
# ## What does k change?
#
# The recipe lets D move k times before G moves once. Its author reports that with other k the generator drew
# only the digit 1, and later nothing at all. We look for that from two starts: from the beginning, and from the
# recorded networks. The comparison must be fair: with more steps of D between, the same epochs would hold fewer
# steps of G, and a *late* G looks like one that D *holds down*. So every row gets as many steps of G, and k
# times as many of D.

# %% [markdown] tags=["predict", "slide"]
# **Predict first.** After the recorded run, what happens to p_real and p_fake when k is 20? And to the digits?
#
# <details name="predict-04-4"><summary>A · The gap between p_real and p_fake grows; the digits
# stay</summary>Yes. With more steps D finds more of what still gives a fake away. G gets as many steps as
# before, and its loss pulls also where D is sure. Look at the last three lines: gap, and share of the
# 1.</details>
# <details name="predict-04-4"><summary>B · The gap grows, and G falls back to the digit 1</summary>This is the
# report of the recipe's author. It may hold for other rates and longer runs. In a fair comparison, with as many
# steps of G in every row, look at the share of the 1 in the last three lines.</details>
# <details name="predict-04-4"><summary>C · The gap closes: a D at its best answers ½ to everything</summary>The
# best D says ½ only where fakes are distributed like data. After 200 epochs they are not yet, and a better D
# sees more of the difference, not less.</details>
# <details name="predict-04-4"><summary>D · The gap grows, and the digits become better: a better D is a better
# teacher</summary>It teaches more surely, but not more often: G gets as many steps in every row. Look at the
# last three rows of pictures: can you order them by eye?</details>


# %%
def continue_with(k, networks):
    """Train for `steps_for_k` steps of G with k steps of D for each; return 16 samples and a sentence."""
    short = TrainConfig(epochs=1_000, discriminator_steps=k, seed=seed)
    steps = steps_for_k * k

    def enough(training):
        return training.step >= steps

    train(*networks, images, short, hook=enough, progress=False)
    p_real, p_fake = mean_probabilities(*networks, test.images, seed)
    made = networks[0].eval()(latent.sample(2_000, 100, seed + 1).to(device)).detach().cpu()
    ones = metrics.class_histogram(classifier, made)[1] / 20
    return made[:16], f"p_real {p_real:.2f}, p_fake {p_fake:.2f}, gap {p_real - p_fake:.2f}, read as 1: {ones:.0f} %"


# %%
rows = []
print(f"{steps_for_k:,} steps of G in every row")
for k in (1, 5, 20):
    torch.manual_seed(seed)
    made, words = continue_with(k, (models.MLPGenerator().to(device), models.MLPDiscriminator().to(device)))
    rows.append(made)
    print(f"k = {k:2d}, from the beginning: {words}")
for k in (1, 5, 20):
    start = recorded.load_run("mnist_mlp")
    networks = start.generator.requires_grad_(True).to(device), start.discriminator.requires_grad_(True).to(device)
    made, words = continue_with(k, networks)
    rows.append(made)
    print(f"k = {k:2d}, after the recorded run: {words}")

# %% tags=["slide"]
names = [f"k = {k}, {start}" for start in ("new", "trained") for k in (1, 5, 20)]
drawing.show_png(
    drawing.labelled_rows_png(
        torch.stack(rows), names, title="New networks have not learned yet; trained ones keep digits"
    ),
    alt="Six rows of sixteen samples. New networks: spots and noise for every k. Trained networks: digits of many kinds for every k.",
)

# %% [markdown] tags=["slide"]
# From the beginning, D is almost never wrong after so few steps, with any k. G draws spots or noise. (Where no
# 1 is read, no 1 is missing: the classifier must name some digit, even for noise.) That is one half of the
# report, without any collapse: a generator that has not learned yet.
#
# After the recorded run a larger k puts D further ahead: the gap between p_real and p_fake grows with k. But G
# keeps its digits, and the share of the 1 stays as it was. So D's lead alone, over this many steps, does not
# bring the collapse to the 1. That does not say that the report is wrong: other rates and longer runs may show
# it. Lesson 05 provokes a collapse on purpose, and watches for its first sign.
#
# ## Take-aways
#
# * Two small networks and one page of code learn to write most digits in 200 epochs; after 40 they are still
#   practising.
# * Compute losses from logits. A sigmoid followed by a logarithm loses its slope exactly where a network is
#   most wrong.
# * A D step must not reach G: make the fakes without a graph. A G step goes through D but moves G only.
#   `eval()` stops no gradients.
# * Losses tell who is ahead, not how good the pictures are. Look at samples of a fixed z, count classes, look
#   for neighbours; and ask of each such test what bad samples would pass it.
# * A checkpoint that continues to the same bits costs one file and one test.
#
# ## Exercises
#
# [Exercises 04](../exercises/04_gan_on_mnist.ipynb): losses of logits, both steps, four bugs to find, traces to
# read. With [solutions](../solutions/04_gan_on_mnist.ipynb).
#
# ## Next
#
# [05 · When training fails](05_when_training_fails.ipynb): what does collapse look like before the pictures
# show it?
#
# ## Sources
#
# * I. Goodfellow et al., *Generative Adversarial Nets* (2014): equation 1, algorithm 1, and section 3 for the
#   non-saturating loss.
# * X. Glorot and Y. Bengio, *Understanding the difficulty of training deep feedforward neural networks* (2010):
#   the rule for the weights.
# * O. Breuleux, Y. Bengio and P. Vincent (2011): the Parzen window estimate of a generator. L. Theis, A. van
#   den Oord and M. Bethge, *A note on the evaluation of generative models* (2016), section 3.3: why it
#   misleads.
# * The recipe and the report on k: a Korean review of the 2014 paper with code, one of the five documents that
#   this course grew from (README).
# * MNIST: Y. LeCun, C. Cortes and C. Burges.
