# ---
# jupyter:
#   jupytext:
#     text_representation:
#       extension: .py
#       format_name: percent
# ---

# %% [markdown]
# # 06 · Exercises: DCGAN, layer by layer
#
# They belong to [lesson 06](../notebooks/06_dcgan_layer_by_layer.ipynb). Take about 75 minutes: 12 for exercise
# 1, 8 for 2, 12 for 3, 10 for 4, 8 for 5, 7 for 6, 8 for 7, 10 for 8.
#
# In each exercise you replace one line, `raise NotImplementedError(...)`, by your answer. Then run the check
# below it. A check says ✓, or it says what is wrong; where it recognises the mistake, it gives a hint. Wrong
# answers cost nothing.
#
# The rules, once more: strided convolutions and no pooling; batch norm, except at G's last layer and D's first;
# no fully connected hidden layers; ReLU in G and tanh at its end; LeakyReLU (0.2) in D. D answers with logits.

# %%
import torch
from torch import nn

from dcgan_course import models
from dcgan_course.checks import lesson_06 as check
from dcgan_course.models.shapes import shape_table, table_text

# %% [markdown]
# ## 1 · The block that makes maps larger
#
# The lesson's `up` doubles. Write one for any whole factor from 2 on: height and width become exactly `factor`
# times as large, whatever they are. The kernel is 2 · factor and the stride is `factor`, so that overlap is
# even. Padding, and whatever else it needs, you find. Rules 1, 2 and 4 hold.
#
# <details><summary>Hint 1</summary>
# Lesson 02: the size is (H − 1) · s + k − 2p + output_padding. With k = 2s, how many squares are too
# many?</details>
# <details><summary>Hint 2</summary>
# They are `factor` squares. Padding takes them off in pairs. And if `factor` is odd?</details>
# <details><summary>Hint 3</summary>
# Batch norm takes any constant off again. So the convolution needs no bias.</details>


# %% exercise="write-up"
def up(in_channels, out_channels, factor):
    """Return the block (N, in_channels, H, W) → (N, out_channels, factor · H, factor · W)."""
    ### BEGIN SOLUTION
    padding = (factor + 1) // 2
    output_padding = 2 * padding - factor  # 1 if factor is odd, else 0
    return nn.Sequential(
        nn.ConvTranspose2d(
            in_channels, out_channels, 2 * factor, factor, padding, output_padding=output_padding, bias=False
        ),
        nn.BatchNorm2d(out_channels),
        nn.ReLU(),
    )
    ### END SOLUTION


# %% check="write-up"
check.write_up(up)

# %% [markdown] tags=["explanation"]
# **Why.** (H − 1) · f + 2f = f · H + f: `factor` squares too many. An even factor takes f/2 off at each end:
# DCGAN's padding 1 for factor 2. An odd one takes (f + 1)/2 off at each end, one square too many, and
# `output_padding` gives one back at the lower right. So with an odd factor the picture is shifted by half a
# square each time.
#
# The norm stands before the activation: it sees numbers of both signs, and the ReLU then cuts about half of
# them. A bias in front of the norm would be subtracted with the mean: a parameter without effect.

# %% [markdown]
# ## 2 · The block that makes maps smaller
#
# Write `down`, the mirror. Height and width are multiples of `factor`, and become exactly 1/factor of what they
# were. Again kernel 2 · factor and stride `factor`. Take the **smallest** padding that does it.
#
# <details><summary>Hint 1</summary>
# ⌊(H + 2p − 2f)/f⌋ + 1 shall be H/f. What must the rounding throw away?</details>
# <details><summary>Hint 2</summary>
# The activation of D lets a fifth of the negative side through. And no pooling: the stride does the
# work.</details>


# %% exercise="write-down"
def down(in_channels, out_channels, factor):
    """Return the block (N, in_channels, factor · H, factor · W) → (N, out_channels, H, W)."""
    ### BEGIN SOLUTION
    padding = (factor + 1) // 2
    return nn.Sequential(
        nn.Conv2d(in_channels, out_channels, 2 * factor, factor, padding, bias=False),
        nn.BatchNorm2d(out_channels),
        nn.LeakyReLU(0.2),
    )
    ### END SOLUTION


# %% check="write-down"
check.write_down(down)

# %% [markdown] tags=["explanation"]
# **Why.** With H = f · m the size is m − 2 + ⌊2p/f⌋ + 1. It is m if ⌊2p/f⌋ = 1, so f ≤ 2p < 2f. The smallest
# such p is f/2, rounded up. With an odd factor ⌊…⌋ throws one square of padding away: at the lower right the
# window never reaches it. That is the square that `output_padding` gave back in exercise 1.
#
# LeakyReLU keeps a slope of 0.2 on the negative side: a unit that is off still tells G in which direction to
# move.

# %% [markdown]
# ## 3 · The generator from the rules
#
# Write G for 32×32 colour pictures: z → 4w maps of 4×4 → 2w of 8×8 → w of 16×16 → 3 of 32×32. Use `models.up`
# or your own layers. The first kernel is 4 with stride 1 and padding 0; all later ones are 4 with stride 2 and
# padding 1. No layer has a bias.
#
# <details><summary>Hint 1</summary>
# z has the shape (N, latent_dim). <code>nn.Unflatten(1, (latent_dim, 1, 1))</code> makes maps of it.</details>
# <details><summary>Hint 2</summary>
# From 1×1 to 4×4: kernel 4, stride 1, padding 0. <code>models.up(…, 4, 1, 0)</code> is that layer with norm and
# ReLU.</details>
# <details><summary>Hint 3</summary>
# The last layer stands alone: no batch norm, no ReLU, tanh behind it.</details>


# %% exercise="write-generator"
def build_generator(latent_dim, width):
    """Return a network z (N, latent_dim) → pictures (N, 3, 32, 32) in [−1, 1]."""
    ### BEGIN SOLUTION
    return nn.Sequential(
        nn.Unflatten(1, (latent_dim, 1, 1)),
        models.up(latent_dim, 4 * width, 4, 1, 0),  # (N, 4w, 4, 4)
        models.up(4 * width, 2 * width),  # (N, 2w, 8, 8)
        models.up(2 * width, width),  # (N, w, 16, 16)
        nn.ConvTranspose2d(width, 3, 4, 2, 1, bias=False),  # (N, 3, 32, 32)
        nn.Tanh(),
    )
    ### END SOLUTION


# %% check="write-generator"
check.write_generator(build_generator)

# %% [markdown] tags=["explanation"]
# **Why.** The last layer must be free to give any brightness; batch norm there would give every batch of
# pictures the same mean and the same spread. tanh brings the numbers into the range of the real pictures. Maps
# are halved in number each time they double in side.

# %% [markdown]
# ## 4 · The discriminator from the rules
#
# The mirror: 3 maps of 32×32 → w of 16×16 → 2w of 8×8 → 4w of 4×4 → one logit for each picture, shape (N,),
# also for a single picture. The first three kernels are 4 with stride 2 and padding 1. No layer has a bias.
#
# <details><summary>Hint 1</summary>
# Which layer of D has no batch norm, besides the last?</details>
# <details><summary>Hint 2</summary>
# From 4×4 to one number: a convolution with kernel 4 and no padding. <code>nn.Flatten(0)</code> makes (N,) of
# (N, 1, 1, 1).</details>


# %% exercise="write-discriminator"
def build_discriminator(width):
    """Return a network: pictures (N, 3, 32, 32) → logits (N,)."""
    ### BEGIN SOLUTION
    return nn.Sequential(
        nn.Conv2d(3, width, 4, 2, 1, bias=False),  # (N, w, 16, 16)
        nn.LeakyReLU(0.2),
        models.down(width, 2 * width),  # (N, 2w, 8, 8)
        models.down(2 * width, 4 * width),  # (N, 4w, 4, 4)
        nn.Conv2d(4 * width, 1, 4, bias=False),  # (N, 1, 1, 1)
        nn.Flatten(0),
    )
    ### END SOLUTION


# %% check="write-discriminator"
check.write_discriminator(build_discriminator)

# %% [markdown] tags=["explanation"]
# **Why.** Batch norm in the first layer would take the brightness and the contrast of the batch away before D
# has seen them. At the end it would force the mean answer of each batch to a constant, so D could never call a
# batch of fakes fake. The last convolution is a weighted sum over everything that is left: no hidden layer, so
# rule 3 is kept.

# %%
tables = [
    shape_table(build_generator(100, 64), torch.zeros(1, 100)),
    shape_table(build_discriminator(64), torch.zeros(1, 3, 32, 32)),
]
print("\n\n".join(table_text(table) for table in tables))

# %% [markdown]
# ## 5 · Four answers for each picture
#
# Find the bug. A lecture's generator has kernel 4 in every block and draws 34×34 where 28×28 was meant. The
# discriminator below was written for 28×28. Nobody notices: no line fails.


# %%
def lecture_discriminator():
    return nn.Sequential(
        nn.Conv2d(1, 16, 4, 2),
        nn.BatchNorm2d(16),
        nn.LeakyReLU(0.2),
        nn.Conv2d(16, 32, 4, 2),
        nn.BatchNorm2d(32),
        nn.LeakyReLU(0.2),
        nn.Conv2d(32, 1, 4, 2),
        nn.Flatten(),
    )


for side in (28, 34):
    answers = lecture_discriminator()(torch.zeros(8, 1, side, side))
    print(f"8 pictures of {side}×{side} give answers of shape {tuple(answers.shape)}")

# %% [markdown]
# The loss takes a mean over all of them, so the program runs. Write a discriminator for 34×34 that gives
# **one** logit for each picture, shape (N,), also for a single picture, and in which **every** pixel can change
# the answer. Keep the first two convolutions.
#
# <details><summary>Hint 1</summary>
# Derive the sizes: 34 → 16 → 7 → ? With kernel 4 and stride 2 the window stands at two places, and never
# reaches the seventh row.</details>
# <details><summary>Hint 2</summary>
# A kernel as large as what is left stands at one place only.</details>


# %% exercise="one-answer"
def fixed_discriminator():
    """Return a network: pictures (N, 1, 34, 34) → logits (N,)."""
    ### BEGIN SOLUTION
    return nn.Sequential(
        nn.Conv2d(1, 16, 4, 2),  # (N, 16, 16, 16)
        nn.LeakyReLU(0.2),
        nn.Conv2d(16, 32, 4, 2),  # (N, 32, 7, 7)
        nn.BatchNorm2d(32),
        nn.LeakyReLU(0.2),
        nn.Conv2d(32, 1, 7),  # (N, 1, 1, 1)
        nn.Flatten(0),
    )
    ### END SOLUTION


# %% check="one-answer"
check.one_answer(fixed_discriminator)

# %% [markdown] tags=["explanation"]
# **Why.** ⌊(7 − 4)/2⌋ + 1 = 2: the window of the last layer stands at rows 0 and 2 and sees rows 0 to 5. Row 6
# is never seen, so the lowest pixels can be anything. And four answers a picture is another game: each is about
# a part of the picture, and nobody asks whether the parts fit. (There are discriminators that are built so on
# purpose.)
#
# Would it be enough to draw 28×28, as was meant? Then there is one answer. But which pixels can change it? We
# ask the gradient: where it is 0, D is blind.

# %% tags=["explanation"]
cases = [
    ("the lecture's", lecture_discriminator, 28),
    ("the lecture's", lecture_discriminator, 34),
    ("the mended", fixed_discriminator, 34),
]
for name, build, side in cases:
    picture = torch.randn(1, 1, side, side, requires_grad=True)
    build().eval()(picture).sum().backward()  # eval: else batch norm carries every pixel into every answer
    blind = picture.grad[0, 0] == 0
    row, column = (~blind).nonzero().amax(dim=0).tolist()
    print(f"{side}×{side}, {name} D: {int(blind.sum())} of {side**2:,} pixels cannot change an answer;")
    print(f"  the last row that it sees is {row} of 0 to {side - 1}, the last column {column}")

# %% [markdown] tags=["explanation"]
# 28 fits in shape, but the last 6 rows and columns are never seen: 300 of 784 pixels. At 34 it is the last 4,
# 256 of 1,156. Why more at 28? 28 → 13 leaves nothing out. 13 → 5 leaves out row 12 of the 13, and 5 → 1 leaves
# out row 4 of the 5. One row of the 13 is 2 rows of the picture, and one of the 5 is 4: six. What G draws there
# changes no answer; in training it only moves the mean and the spread of batch norm. So check two things: the
# shape of the answers, and what they see.

# %% [markdown]
# ## 6 · A comment that lies
#
# Find the bug. This is the list of layers of a discriminator for 64×64, with the comments that its author
# wrote. One comment is wrong.

# %%
layers = [(64, 4, 2, 1), (128, 4, 2, 1), (256, 4, 2, 1), (512, 4, 2, 1), (1, 4, 1, 0)]  # maps, kernel, stride, padding
comments = ["64×32×32", "128×16×16", "128×32×32", "512×4×4", "1×1×1"]
for number, (layer, comment) in enumerate(zip(layers, comments, strict=True), start=1):
    maps, kernel, stride, padding = layer
    print(f"block {number}: Conv2d(…, {maps}, {kernel}, {stride}, {padding})  # {comment}")

# %% [markdown]
# Do not correct it by eye. Write the function that computes every comment, for any square picture and any list.
#
# <details><summary>Hint 1</summary>
# ⌊(side + 2 · padding − kernel)/stride⌋ + 1. The size of a block's input is the output of the block
# before.</details>
# <details><summary>Hint 2</summary>
# In Python: <code>(side + 2 * padding - kernel) // stride + 1</code>, and
# <code>f"{maps}×{side}×{side}"</code>.</details>


# %% exercise="true-comments"
def true_comments(side, layers):
    """Return a list of texts such as "64×32×32", one a block: maps, height, width after the block.

    side: of the picture. layers: a list of (maps, kernel, stride, padding).
    """
    ### BEGIN SOLUTION
    texts = []
    for maps, kernel, stride, padding in layers:
        side = (side + 2 * padding - kernel) // stride + 1
        texts.append(f"{maps}×{side}×{side}")
    return texts
    ### END SOLUTION


# %% check="true-comments"
check.true_comments(true_comments)

# %%
for number, (comment, true) in enumerate(zip(comments, true_comments(64, layers), strict=True), start=1):
    print(f"block {number}: the comment says {comment}, the layers say {true}{'' if comment == true else '  ← wrong'}")

# %% [markdown] tags=["explanation"]
# **Why.** Each block of kernel 4, stride 2, padding 1 halves: 64 → 32 → 16 → 8 → 4. So the third block leaves
# 256×8×8. A comment about a shape is a claim that nobody runs. A shape table, or an `assert`, is a claim that
# is run.

# %% [markdown]
# ## 7 · First weights
#
# Write the initialisation of DCGAN: weights of all convolutions, transposed or not, from N(0, 0.02); scales of
# batch norm from N(1, 0.02); shifts of batch norm, and biases if there are any, 0.
#
# <details><summary>Hint 1</summary>
# <code>network.modules()</code> gives every layer at every depth. Ask with <code>isinstance</code>.</details>
# <details><summary>Hint 2</summary>
# <code>nn.init.normal_(weight, mean, std)</code> takes the standard deviation, not the variance.</details>


# %% exercise="first-weights"
def init_weights(network):
    """Set the first weights of a DCGAN, in place."""
    ### BEGIN SOLUTION
    for layer in network.modules():
        if isinstance(layer, (nn.Conv2d, nn.ConvTranspose2d)):
            nn.init.normal_(layer.weight, 0.0, 0.02)
        elif isinstance(layer, nn.BatchNorm2d):
            nn.init.normal_(layer.weight, 1.0, 0.02)
        else:
            continue
        if layer.bias is not None:
            nn.init.zeros_(layer.bias)
    ### END SOLUTION


# %% check="first-weights"
check.first_weights(init_weights)

# %% [markdown] tags=["explanation"]
# **Why.** 0.02 is a standard deviation; the variance is 0.0004. The scale of batch norm multiplies a map whose
# spread is 1. Were it drawn around 0, the map would be nearly switched off, and half of the maps would have
# their sign turned.

# %% [markdown]
# ## 8 · Count the parameters
#
# How many parameters does a generator have, without building it? z → widths[0] maps of start×start; then the
# blocks of `up`, one for each further width; then the last transposed convolution to the picture's channels.
# Kernels after the first layer are 4×4. No biases in convolutions; batch norm with scale and shift after every
# layer but the last.
#
# <details><summary>Hint 1</summary>
# A transposed convolution has one number for each input map, each output map and each place of the
# kernel.</details>
# <details><summary>Hint 2</summary>
# Batch norm trains two numbers a map. Its running mean and variance are not trained: they are not
# parameters.</details>


# %% exercise="count-generator"
def count_generator(latent_dim, start, widths, channels):
    """Return the number of parameters.

    latent_dim: length of z. start: side of the first maps. widths: maps of the hidden layers. channels: of the picture.
    """
    ### BEGIN SOLUTION
    convolutions = latent_dim * widths[0] * start**2
    for before, after in zip(widths, [*widths[1:], channels], strict=True):
        convolutions += before * after * 4**2
    return convolutions + 2 * sum(widths)
    ### END SOLUTION


# %% check="count-generator"
check.count_generator(count_generator)

# %%
print(f"The 64×64 network of the lesson: {count_generator(100, 4, [512, 256, 128, 64], 3):,} parameters")
print(f"counted by PyTorch:              {models.count_parameters(models.Generator(64)):,}")

# %% [markdown] tags=["explanation"]
# **Why.** 100 · 512 · 16 + (512 · 256 + 256 · 128 + 128 · 64 + 64 · 3) · 16 + 2 · (512 + 256 + 128 + 64) =
# 3,576,704. The two layers with the most maps hold four fifths of it.
