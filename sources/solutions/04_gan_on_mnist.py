# ---
# jupyter:
#   jupytext:
#     text_representation:
#       extension: .py
#       format_name: percent
# ---

# %% [markdown]
# # 04 · Exercises: a GAN on MNIST
#
# They belong to [lesson 04](../notebooks/04_gan_on_mnist.ipynb). Take about 60 minutes: 10 for exercise 1, 7
# for 2, 6 for 3, 25 for 4, 12 for 5. No pictures are needed: everything runs on small networks, in seconds.
#
# In each exercise you replace one line, `raise NotImplementedError(...)`, by your answer. Then run the check
# below it. A check says ✓, or it says what is wrong; where it recognises the mistake, it gives a hint. Wrong
# answers cost nothing. Folded hints stand above the blanks: click to open. The
# [solutions](../solutions/04_gan_on_mnist.ipynb) explain every answer.

# %% tags=["parameters"]
import warnings
import weakref

import torch
from torch.nn import functional as F

from dcgan_course import drawing, models
from dcgan_course.checks import lesson_04 as check
from dcgan_course.checks.lesson_04 import traces as six_trainings
from dcgan_course.training import losses

seed = 2  # of the networks in exercise 4; in exercise 5 of six trainings and of their order
drawing.use_course_style()

# %% [markdown]
# ## 1 · Losses of logits
#
# A discriminator answers with a logit $a$; D(x) is sigmoid(a). Write three losses. They must be right, and have
# a gradient, even where D is as sure as a = 200 or a = −200.
#
# **1a · The discriminator's loss.** What D makes smaller:
# $-\operatorname{mean} \log D(x) - \operatorname{mean} \log(1 - D(G(z)))$.
#
# <details><summary>Hint 1</summary>
# In 32 bits sigmoid(200) is exactly 1. So 1 − sigmoid(200) is 0. What is its logarithm?</details>
# <details><summary>Hint 2</summary>
# 1 − sigmoid(a) = sigmoid(−a), and −log sigmoid(a) = log(1 + exp(−a)) = softplus(−a). PyTorch has
# `F.softplus`.</details>


# %% exercise="discriminator-loss"
def discriminator_loss(real_logits, fake_logits):
    """Return the discriminator's loss, a tensor with one number. The two batches may differ in size."""
    ### BEGIN SOLUTION
    return F.softplus(-real_logits).mean() + F.softplus(fake_logits).mean()
    ### END SOLUTION


# %% check="discriminator-loss"
check.discriminator_loss(discriminator_loss)

# %% [markdown] tags=["explanation"]
# **Why.** −log D(x) = softplus(−a) and −log(1 − D) = softplus(a). For a large a, PyTorch's softplus gives a
# itself. So nothing overflows, and no logarithm of 0 appears.
#
# `F.binary_cross_entropy_with_logits` with labels 1 and 0 is the same. `F.binary_cross_entropy` behind a
# sigmoid is not: it cuts logarithms off at −100. For the logit 200 the loss is 200; it says 100, and its
# gradient is 0.

# %% [markdown]
# **1b · The non-saturating loss.** What G makes smaller in practice: $-\operatorname{mean} \log D(G(z))$.
#
# <details><summary>Hint</summary>
# It is the first half of 1a, with fakes in the place of real pictures: G wants the answer "real".</details>


# %% exercise="non-saturating"
def non_saturating(fake_logits):
    """Return the non-saturating loss of the generator, a tensor with one number."""
    ### BEGIN SOLUTION
    return F.softplus(-fake_logits).mean()
    ### END SOLUTION


# %% check="non-saturating"
check.non_saturating(non_saturating)

# %% [markdown] tags=["explanation"]
# **Why.** Its slope with respect to a logit is D − 1. At the start D knows every fake, so D is near 0 and the
# slope is near −1: as steep as it can be, just when G is at its worst.

# %% [markdown]
# **1c · The minimax loss.** What equation 1 of the paper gives to G: $\operatorname{mean} \log(1 - D(G(z)))$.
# Mind the sign.
#
# <details><summary>Hint</summary>
# It is never above 0, and −0.693 when D guesses. In 1a the same term stood with a minus before it.</details>


# %% exercise="minimax"
def minimax(fake_logits):
    """Return the minimax loss of the generator, a tensor with one number."""
    ### BEGIN SOLUTION
    return -F.softplus(fake_logits).mean()
    ### END SOLUTION


# %% check="minimax"
check.minimax(minimax)

# %% [markdown] tags=["explanation"]
# **Why.** log(1 − D) = −softplus(a). Its slope is −D: near 0 when D knows every fake. Both losses push every
# fake in the same direction. They differ in how hard they push, and this one hardly pushes when it matters
# most.

# %% [markdown]
# ## 2 · The discriminator's step
#
# Write one step of D: it becomes better at telling `real` from `generator(z)`. Take
# `losses.discriminator_loss`, so that this exercise does not depend on the first one. Before your step, old
# gradients lie in both networks. After it, G must be where it was, and its old gradients, too. Leave the modes
# of both networks alone.
#
# <details><summary>Hint 1</summary>
# Four lines of the loop: loss, zero_grad, backward, step. One line before them: where do the fakes come
# from?</details>
# <details><summary>Hint 2</summary>
# `with torch.no_grad():` around `generator(z)` makes fakes without a graph. `.detach()` cuts them off
# afterwards.</details>


# %% exercise="discriminator-step"
def discriminator_step(generator, discriminator, optimizer, real, z):
    """Move the discriminator once; return the loss before the move, without its graph."""
    ### BEGIN SOLUTION
    with torch.no_grad():
        fake = generator(z)
    loss = losses.discriminator_loss(discriminator(real), discriminator(fake))
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    return loss.detach()
    ### END SOLUTION


# %% check="discriminator-step"
check.discriminator_step(discriminator_step)

# %% [markdown] tags=["explanation"]
# **Why.** The fakes are data here, as the real pictures are. So they need no graph. With `no_grad` it is never
# built; `generator(z).detach()` builds it and lets it go, which is right, too.
#
# `zero_grad` belongs before `backward`, because `backward` *adds* to what is there: G's step, too, may have
# left gradients in D. And the loss goes out without its graph, so that a list of losses stays a list of
# numbers.
#
# Some programs take the mean of the two halves in place of their sum. The check accepts it. The direction is
# the same, and Adam divides by the size of the gradient anyway.

# %% [markdown]
# ## 3 · The generator's step
#
# Write one step of G with `losses.non_saturating`. The gradient must come back *through* D. D itself must not
# move, must not stay frozen, and must keep its mode all the time: eval mode would switch its dropout off, and
# then G meets another D than the one that learns.
#
# <details><summary>Hint 1</summary>
# Who moves is decided by the optimiser: this one holds the parameters of G only.</details>
# <details><summary>Hint 2</summary>
# This time the graph from the loss to G is needed. So there is no `detach` and no `no_grad`.</details>


# %% exercise="generator-step"
def generator_step(generator, discriminator, optimizer, z):
    """Move the generator once; return the loss before the move, without its graph."""
    ### BEGIN SOLUTION
    loss = losses.non_saturating(discriminator(generator(z)))
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    return loss.detach()
    ### END SOLUTION


# %% check="generator-step"
check.generator_step(generator_step)

# %% [markdown] tags=["explanation"]
# **Why.** The gradient of the loss for a fake says how each of its pixels should change to look more real to D.
# It has to come through D to reach G. On its way it also leaves gradients in D. They do no harm, because D's
# own step begins with `zero_grad`. They cost time, and exercise 4d saves it.
#
# Programs that call `discriminator.eval()` here, and `discriminator.train()` at the end, run without an error.
# The check refuses them: G would learn from a D without dropout, and no gradient is saved. See exercise 4d.

# %% [markdown]
# ## 4 · Find the bug
#
# Four bugs from real programs: a lecture, a post, a paper review. Each program runs without an error, or did so
# once. First look at the symptom. Then write the repaired function.

# %%
real = torch.rand(200, 1, 28, 28, generator=torch.Generator().manual_seed(seed)) * 2 - 1  # any pictures will do
z = torch.randn(200, 100, generator=torch.Generator().manual_seed(seed))


def networks():
    """Build the two networks of the lesson, the same every time."""
    torch.manual_seed(seed)
    return models.MLPGenerator(), models.MLPDiscriminator()


# %% [markdown]
# **4a · The generator that never learns.** One version of a lecture's generator loss looks like this. The loop
# around it calls `backward()` on the loss and lets G's optimiser step.


# %%
def lecture_generator_loss(generator, discriminator, z):
    fake = generator(z)
    fake_logits = discriminator(fake.detach())
    return losses.non_saturating(fake_logits)


# %%
generator, discriminator = networks()
lecture_generator_loss(generator, discriminator, z).backward()
for name, network in (("generator", generator), ("discriminator", discriminator)):
    have = sum(parameter.grad is not None for parameter in network.parameters())
    print(f"{have} of 6 parameter tensors of the {name} have a gradient.")
before = torch.nn.utils.parameters_to_vector(generator.parameters()).clone()
torch.optim.Adam(generator.parameters()).step()
moved = (torch.nn.utils.parameters_to_vector(generator.parameters()) != before).sum()
print(f"The optimiser then moved {moved} of the {len(before):,} weights of the generator.")

# %% [markdown]
# No error, and no message. 0 of 6 tensors of G have a gradient, and an optimiser skips what has none. Repair
# it.
#
# <details><summary>Hint</summary>
# `detach()` returns the same picture without its history. Which of the two steps needs that history?</details>


# %% exercise="detached-fake"
def generator_loss(generator, discriminator, z):
    """Return the non-saturating loss with its graph; the caller runs `backward()`."""
    ### BEGIN SOLUTION
    return losses.non_saturating(discriminator(generator(z)))
    ### END SOLUTION


# %% check="detached-fake"
check.generator_loss(generator_loss)

# %% [markdown] tags=["explanation"]
# **Why.** `fake.detach()` is right in D's step and wrong in G's. Behind a detach the loss still has a graph,
# the one through D, so `backward()` finds something to do and does not complain. All gradients went into D, and
# D's next `zero_grad` removed them. In exercise 5 you will see what a training with this bug looks like.

# %% [markdown]
# **4b · The kept graph.** The same lecture leaves the fakes attached in D's step and calls
# `backward(retain_graph=True)`. Who needs the kept graph? G would, if it used the same fakes, as in this round.


# %%
def round_with_kept_graph(
    generator, discriminator, generator_optimizer, discriminator_optimizer, real, z, retain_graph=True
):
    fake = generator(z)
    d_loss = losses.discriminator_loss(discriminator(real), discriminator(fake))
    discriminator_optimizer.zero_grad()
    d_loss.backward(retain_graph=retain_graph)
    discriminator_optimizer.step()
    g_loss = losses.non_saturating(discriminator(fake))
    generator_optimizer.zero_grad()
    g_loss.backward()
    generator_optimizer.step()


# %%
pair = networks()
optimizers = [torch.optim.Adam(network.parameters(), lr=1e-4) for network in pair]
try:
    round_with_kept_graph(*pair, *optimizers, real, z, retain_graph=False)
except RuntimeError as error:
    print("Without retain_graph:", str(error).split(" (")[0])

# %% [markdown]
# `d_loss` went back through D *and* through G, and then the graph of G was gone. `retain_graph=True` silences
# the error. It also has a price. A graph keeps the values that `backward()` will need; we count what is left of
# them after D's `backward()`.


# %%
class Box:
    """Holds one value that a graph keeps; it disappears with the graph."""

    def __init__(self, tensor):
        self.tensor = tensor


# %%
def price_of_d_loss(detach, retain_graph):
    """Return the values kept after D's backward, and how many parameters of G it computed a gradient for."""
    generator, discriminator = networks()
    boxes = weakref.WeakSet()
    weights = {parameter.data_ptr() for network in (generator, discriminator) for parameter in network.parameters()}

    def pack(tensor):
        box = Box(tensor)
        if tensor.data_ptr() not in weights:
            boxes.add(box)
        return box

    with torch.autograd.graph.saved_tensors_hooks(pack, lambda box: box.tensor):
        fake = generator(z)
        loss = losses.discriminator_loss(discriminator(real), discriminator(fake.detach() if detach else fake))
        loss.backward(retain_graph=retain_graph)
    kept = sum(box.tensor.numel() for box in boxes)
    wasted = sum(parameter.numel() for parameter in generator.parameters() if parameter.grad is not None)
    return kept, wasted


# %%
for name, detach, retain_graph in (("as in the lecture", False, True), ("with fake.detach()", True, False)):
    kept, wasted = price_of_d_loss(detach, retain_graph)
    print(f"{name:19}: {kept:9,} values kept, {wasted:7,} gradients computed for G and thrown away")

# %% [markdown]
# Write the round without `retain_graph`. Call `generator(z)` only once. Move D first; then ask the *moved* D
# about the same fake and move G.
#
# <details><summary>Hint 1</summary>
# D's loss needs the picture, not its history.</details>
# <details><summary>Hint 2</summary>
# `fake` keeps its graph for G. Only what D's loss sees is `fake.detach()`. In G's loss it is `fake`
# again.</details>


# %% exercise="kept-graph"
def one_round(generator, discriminator, generator_optimizer, discriminator_optimizer, real, z):
    """Move the discriminator once, then the generator once, both with the same fakes. Returns nothing."""
    ### BEGIN SOLUTION
    fake = generator(z)
    d_loss = losses.discriminator_loss(discriminator(real), discriminator(fake.detach()))
    discriminator_optimizer.zero_grad()
    d_loss.backward()
    discriminator_optimizer.step()
    g_loss = losses.non_saturating(discriminator(fake))
    generator_optimizer.zero_grad()
    g_loss.backward()
    generator_optimizer.step()
    ### END SOLUTION


# %% check="kept-graph"
check.one_round(one_round)

# %% [markdown] tags=["explanation"]
# **Why.** With the detach the two losses have two graphs: D's loss ends at the picture, G's loss goes on into
# G. Each is used once, so nobody needs `retain_graph`. What is still kept after D's `backward()` is the graph
# of G alone, and G's step needs it. The gradients that D's loss computed for G are never used: G's `zero_grad`
# removes them. (In the lecture itself G's step draws fresh noise. There nobody needed the kept graph at all.)
#
# A second `generator(z)` would need no kept graph either. But with dropout in G it makes other fakes from the
# same z: G would not answer for the fakes that D has just seen. And it costs a second way through G.
#
# When PyTorch says "backward through the graph a second time", ask first *why* two losses share a graph.
# `retain_graph=True` is seldom the answer.

# %% [markdown]
# **4c · The silent broadcast.** A post compares D's answers of shape (N,) with labels of shape (N, 1). Here is
# what a loss written by hand makes of that.


# %%
def post_loss(answers, labels):
    return -(labels * torch.log(answers) + (1 - labels) * torch.log(1 - answers)).mean()


# %%
answers = torch.tensor([0.99, 0.99, 0.01, 0.01])  # D is nearly perfect: two real pictures, two fakes
labels = torch.tensor([[1.0], [1.0], [0.0], [0.0]])
print(f"The post's loss is {post_loss(answers, labels):.2f}; four nearly perfect answers should cost 0.01.")
print(f"(4,) beside (4, 1) gives {tuple((labels * answers).shape)}: each answer was compared with each label.")

# %% [markdown]
# And PyTorch's own losses, today?

# %%
for loss in (F.binary_cross_entropy, F.binary_cross_entropy_with_logits):
    try:
        loss(answers, labels)
    except ValueError as error:
        print(f"{loss.__name__} refuses: {str(error).split(' is deprecated')[0]}")
with warnings.catch_warnings(record=True) as said:
    warnings.simplefilter("always")
    squared = F.mse_loss(answers, labels)
print(f"mse_loss answers {squared:.2f} in place of 0.0001, with {len(said)} warning.")

# %% [markdown]
# Write the loss so that answer i meets label i only. Where the numbers of answers and labels differ, it must
# raise an error.
#
# <details><summary>Hint 1</summary>
# Bring both to one shape before anything is multiplied.</details>
# <details><summary>Hint 2</summary>
# `labels.squeeze(1)` takes away dimension 1. Think of a batch of one picture before you leave the 1
# out.</details>


# %% exercise="silent-broadcast"
def answer_by_answer_loss(answers, labels):
    """Return the mean binary cross-entropy of answers (N,), each in (0, 1), with labels (N, 1), each 0 or 1."""
    ### BEGIN SOLUTION
    return F.binary_cross_entropy(answers, labels.squeeze(1))
    ### END SOLUTION


# %% check="silent-broadcast"
check.answer_by_answer_loss(answer_by_answer_loss)

# %% [markdown] tags=["explanation"]
# **Why.** Broadcasting lays (4,) beside (4, 1) as a row beside a column and fills a 4×4 table. Its mean
# compares every answer with every label. With as many real as fake pictures, the best that D can do then is to
# answer ½ to everything.
#
# In a GAN this stays hidden for long, because real and fake batches usually come one after the other. Then all
# labels of a batch are equal, and the mean over the table is the right number. In one mixed batch it is wrong.
#
# PyTorch once did this, too: `binary_cross_entropy_with_logits` broadcast without a word until 2017 (pull
# request 1944 of PyTorch), and `binary_cross_entropy` only warned. Today both refuse; `mse_loss` still warns
# only.
#
# The course's discriminators answer with (N,), and its losses need no labels. So there are no shapes to
# confuse. By hand, `labels.view_as(answers)` is a good habit: it refuses a wrong number of labels.

# %% [markdown]
# **4d · Eval is not a brake.** A review of the paper calls `discriminator.eval()` before G's step, "to stop its
# gradients".


# %%
def review_generator_step(generator, discriminator, optimizer, z):
    discriminator.eval()
    loss = losses.non_saturating(discriminator(generator(z)))
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    discriminator.train()
    return loss.detach()


# %%
def gradients_for_d(step):
    """Count the parameters of D for which a generator step computed a gradient."""
    generator, discriminator = networks()
    step(generator, discriminator, torch.optim.Adam(generator.parameters(), lr=1e-4), z)
    return sum(parameter.numel() for parameter in discriminator.parameters() if parameter.grad is not None)


_, discriminator = networks()
print(f"D has {models.count_parameters(discriminator):,} parameters.")
print(f"The review's step computed a gradient for {gradients_for_d(review_generator_step):,} of them.")
same = {mode: torch.equal(discriminator.train(mode)(real), discriminator(real)) for mode in (True, False)}
print(f"Does D give the same pictures the same answers twice? In train mode {same[True]}, in eval mode {same[False]}.")

# %% [markdown]
# So `eval()` stopped no gradient. It switched dropout off. Write the step that the review wanted: no gradient
# is computed for D's parameters, one still goes *through* D to G, D's mode is left alone, and D can learn again
# afterwards.
#
# <details><summary>Hint 1</summary>
# A parameter with `requires_grad` False gets no gradient. `network.requires_grad_(False)` sets it for
# all.</details>
# <details><summary>Hint 2</summary>
# It counts when the graph is built: set it before D is asked, and set it back before you return.</details>


# %% exercise="eval-is-no-brake"
def frozen_generator_step(generator, discriminator, optimizer, z):
    """Move the generator once; no gradients are computed for the discriminator's parameters."""
    ### BEGIN SOLUTION
    discriminator.requires_grad_(False)
    loss = losses.non_saturating(discriminator(generator(z)))
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    discriminator.requires_grad_(True)
    return loss.detach()
    ### END SOLUTION


# %% check="eval-is-no-brake"
check.frozen_generator_step(frozen_generator_step)

# %% tags=["explanation"]
print(f"The repaired step computed a gradient for {gradients_for_d(frozen_generator_step):,} parameters of D.")

# %% [markdown] tags=["explanation"]
# **Why.** Modes and gradients are two different switches. `eval()` tells dropout and batch normalisation to
# compute in another way. `requires_grad_(False)` tells autograd that nobody asks for a parameter's gradient.
# `no_grad` builds no graph at all, and so would cut G off, too.
#
# `loss.backward(inputs=list(generator.parameters()))` is another right answer: it computes gradients for these
# tensors only.
#
# May G learn from a D without dropout? One may try that. But it is another training, not a cheaper one. A step
# that switches the mode hides this choice from those who call it. So the checks ask for a step that leaves the
# mode alone.

# %% [markdown]
# ## 5 · Six traces
#
# Six small GANs are trained now, for some seconds. Their "pictures" are single numbers: the real ones lie at −1
# and at +1, half of them on each side. All six start from the same networks. One is healthy; in five others
# something is wrong.

# %%
for name, cause in six_trainings.CAUSES.items():
    print(f"{name:28}  {cause}")

# %% [markdown]
# Above: p_real and p_fake, the mean answers D(x) and D(G(z)). Below: what G makes of 60 fixed z. It is the grid
# of samples from one fixed z that you know from the lesson, drawn along time.

# %%
traces = six_trainings.record(seed)
drawing.show(six_trainings.figure(traces), alt=" ".join(six_trainings.in_words(trace) for trace in traces))

# %% [markdown]
# Which is which? Beware: p_real and p_fake near ½ are not enough for health.
#
# <details><summary>Hint 1</summary>
# First ask who moves at all. Does p_real change? Do the fakes?</details>
# <details><summary>Hint 2</summary>
# Then ask how p_fake moves: not at all, calmly, in waves, or from 0 to 1 and back.</details>
# <details><summary>Hint 3</summary>
# Where p_real and p_fake look good, see whether the fakes are on both sides of 0 *at the same time*.</details>


# %% exercise="read-traces"
def diagnoses():
    """Return {letter: name} for the letters A to F, with the names from the list above."""
    ### BEGIN SOLUTION
    return {
        "A": "generator without gradient",
        "B": "mode hopping",
        "C": "discriminator too strong",
        "D": "learning rate too high",
        "E": "discriminator does not learn",
        "F": "healthy",
    }
    ### END SOLUTION


# %% check="read-traces"
check.read_traces(diagnoses, traces)

# %% tags=["explanation"]
print("   p_real  p_fake  jump of p_fake  way of a fake  hops  share on one side")
for trace in traces:
    p_real, p_fake = six_trainings.final_answers(trace)
    jump, way = six_trainings.mean_jump(trace), six_trainings.way_of_the_fakes(trace)
    hops, share = six_trainings.hops(trace), six_trainings.share_on_one_side(trace)
    print(f"{trace.letter}  {p_real:6.2f}  {p_fake:6.2f}  {jump:14.3f}  {way:13.2f}  {hops:4}  {share:17.0%}")

# %% [markdown] tags=["explanation"]
# **Why.** The table has what the check reads: p_real, p_fake and the share over the last quarter; the mean
# change of p_fake from one measurement to the next; how far a fake went from its first place; how often the
# whole cloud changed sides in the second half.
#
# * **A** and **C** have nearly the same upper panel: D wins. In A no fake moves at all, so G gets no gradient:
#   bug 4a. In C the fakes move, but D is far ahead and G is slow.
# * **B** would pass as healthy if you looked at p_real and p_fake only. Below, the whole cloud of fakes runs
#   from one side to the other. G goes where D is weak just now; D learns it, and G goes back. Each moment shows
#   one mode only.
# * **D** tears p_fake from 0 to 1 and back. Every step goes too far, for both players.
# * **E** looks perfect above, and that is the sign: p_real is a straight line from the first round on. A D that
#   never moves has never learned anything. G found the place that this D likes best, and put every fake there.
# * **F** is healthy: both lines come together near ½, and the fakes are on both bumps at the same time.
#
# B, E and F have p_real and p_fake near ½. The two averages alone do not tell a good game from a bad one. On
# MNIST, look at the grid of samples and at the histogram of classes, too.
# [Lesson 05](../notebooks/05_when_training_fails.ipynb) goes on from here.
#
# These are six cases, chosen to be clear. In real trainings the signs mix. Another seed gives other traces in
# another order; about one in fifty "healthy" trainings of this kind then goes wrong by itself.
