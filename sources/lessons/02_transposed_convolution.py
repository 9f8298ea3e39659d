# ---
# jupyter:
#   jupytext:
#     text_representation:
#       extension: .py
#       format_name: percent
# ---

# %% [markdown]
# # 02 · Transposed convolution
#
# *How does a convolution make a picture bigger?*
#
# **You will be able to**
#
# * **compute** a transposed convolution in three ways, and say why they are equal;
# * **derive** the size of its output, with stride, padding, dilation and `output_padding`;
# * **explain** what the `padding` argument of `ConvTranspose2d` does, and what p′ is;
# * **choose** layers that end at exactly the size you want.
#
# **You need first**: [lesson 01](01_convolution_arithmetic.ipynb) (kernel, stride, padding, dilation, output
# size), and what a product of a matrix and a vector is.
#
# **Time**: 50 minutes, of which 0 are training on a 2-core CPU.

# %% [markdown]
# The next cell holds what you may change. The sentences below read the results of the values as they are now,
# so run the lesson once without a change.

# %% tags=["parameters"]
wanted_sizes = (28, 32, 64, 96, 128)  # pixels on a side, from 4 to 4096: the pictures that the planner shall reach
training_steps = 300  # of the layers in the section on checkerboards: about 1 s a layer
seed = 0  # of their first weights

# %%
from itertools import product

import matplotlib.pyplot as plt
import torch
import torch.nn.functional as F
from IPython.display import display
from torch import nn

from dcgan_course import drawing, widgets
from dcgan_course.convolution import arithmetic
from dcgan_course.convolution.arithmetic import conv_output_size
from dcgan_course.convolution.ladders import plan_upsampling
from dcgan_course.convolution.matrix_figures import number_grids, weight_matrices
from dcgan_course.convolution.transposed import TransposedLayer
from dcgan_course.convolution.transposed_figures import draw_three_views
from dcgan_course.data.images import load_images

drawing.use_course_style()

# %% [markdown]
# ## What can one number paint?
#
# A generator starts with a few numbers and ends with a picture. So it needs a layer that goes **up** in size. A
# convolution goes down: a window collects 9 numbers into one. Turn it round: **one** number paints 9 squares.
#
# Take a 2×2 picture $y$ and a 3×3 kernel. Every input *stamps* the kernel onto the output, times its own value.
# Stamps that overlap are added. A stride of 2 means: the next input stamps 2 squares further.
#
# We give the weights w₁ … w₉ the values 1 … 9. Then every number tells which weight it is.

# %%
y = torch.tensor([[1.0, 2], [3, 4]])
kernel = torch.arange(1.0, 10.0).view(3, 3)  # w₁ = 1, w₂ = 2 … w₉ = 9
stamps = torch.zeros(4, 5, 5)  # one sheet for each of the four inputs
for n, (row, column) in enumerate(product(range(2), range(2))):
    stamps[n, 2 * row : 2 * row + 3, 2 * column : 2 * column + 3] = y[row, column] * kernel
added = stamps.sum(dim=0)
by_pytorch = F.conv_transpose2d(y[None, None], kernel[None, None], stride=2)[0, 0]
print(
    f"The four stamps added: largest difference to F.conv_transpose2d(stride=2) {(added - by_pytorch).abs().max():.3f}"
)

# %% tags=["slide"]
titles = [f"{value:.0f} × kernel" for value in y.flatten()]
mark = {number: "peach" for number in range(1, 37)}  # every square that is not 0
drawing.show_png(
    number_grids(
        {**dict(zip(titles, stamps, strict=True)), "added": added},
        signs="+++=",
        marks={title: mark for title in titles},
        title="Stride 2: each stamp lies 2 squares from the next one. In the middle, all four overlap.",
    ),
    alt="Four 5 by 5 sheets, each with the kernel times 1, 2, 3 and 4 in one corner, and their sum. The "
    "middle square of the sum is 9 times 1 plus 7 times 2 plus 3 times 3 plus 1 times 4, which is 36.",
    width=960,
)

# %% [markdown]
# The difference is 0. This layer is the [**transposed convolution**](../GLOSSARY.md#transposed-convolution),
# `ConvTranspose2d`: the 2×2 picture became 5×5. Why it has this name, you will see in its third view.
#
# Look at the middle square: w₉·1 + w₇·2 + w₃·3 + w₁·4 = 9 + 14 + 9 + 4 = 36. It is the only square that all
# four inputs reach. In the code this view is an addition into slices, so it is called *scatter-add*.
#
# ## How big is the output?

# %% [markdown] tags=["predict", "slide"]
# **Predict first.** Think in stamps, and write down three numbers before you go on.
#
# 1. Four inputs in a row, kernel 4, stride 2. How many squares do the stamps cover?
# 2. `padding=1` **cuts** one square off at both ends. What is left?
# 3. One single input, kernel 4, stride 1, no padding. How big is the output?
#
# <details name="predict-02-1"><summary>A · 16, then 14, then 4</summary>This lays the stamps side by side: 4
# × 4. With stride 2 they overlap: each begins 2 squares after the one before. Count from the first stamp to the
# last, 3 × 2 squares, and add one stamp.</details>
# <details name="predict-02-1"><summary>B · 10, then 12, then 4: padding adds a border</summary>10 is right. In
# a convolution, padding adds to the <i>input</i>. Here it stands at the other end: it cuts the <i>output</i>,
# so that the layer takes back what a convolution with this padding did to sizes.</details>
# <details name="predict-02-1"><summary>C · 10, then 8, then 4</summary>Yes. From the first stamp to the last it
# is 3 × 2 squares, and the last stamp covers 4. Padding cuts one at both ends. One input alone leaves one whole
# stamp.</details>
# <details name="predict-02-1"><summary>D · 8, then 6, then 1</summary>Twice the input is a good rule of thumb,
# but without padding the last stamp reaches past it: it begins at square 6 and covers 4. And one input does not
# make one output: it paints a whole stamp.</details>

# %% [markdown]
# Count along one side. From the first stamp to the last it is $(i - 1)\,s$ squares. The last stamp itself
# covers $d(k - 1) + 1$ squares. Padding cuts $p$ at both ends. `output_padding` adds at one end; we come to it
# next.
#
# $$o = (i - 1)\,s + \underbrace{d(k - 1) + 1}_{\text{one stamp}} - 2p + \text{output\_padding}$$


# %% tags=["builds", "slide"]
def conv_transpose_output_size(input_size, kernel_size, stride=1, padding=0, output_padding=0, dilation=1):
    """Return the side of the output of a transposed convolution, in pixels."""
    first_to_last_stamp = (input_size - 1) * stride
    one_stamp = dilation * (kernel_size - 1) + 1
    return first_to_last_stamp + one_stamp - 2 * padding + output_padding


# %%
print("1.  the stamps of 4 inputs cover", conv_transpose_output_size(4, 4, stride=2), "squares")
print("2.  with padding 1 there are left", conv_transpose_output_size(4, 4, stride=2, padding=1))
print("3.  one single input makes", conv_transpose_output_size(1, 4))

# %% [markdown]
# 10, then 8, then 4. Remember the last two: *kernel 4, stride 2, padding 1* doubles a picture, and *kernel 4,
# stride 1, padding 0* makes 4×4 of a single pixel. The DCGANs of this course are built of these two, as are
# PyTorch's example and the authors' Torch code. (The authors' Theano code for faces has 5×5 kernels; at the end
# of this lesson you see what speaks against them.) Is the formula PyTorch's formula, too?

# %%
right = 0
for i, k, s, p, extra, d in product(range(1, 6), range(1, 6), range(1, 4), range(3), range(3), range(1, 3)):
    size = conv_transpose_output_size(i, k, s, p, extra, d)
    if size >= 1 and extra < max(s, d):  # what PyTorch allows
        out = F.conv_transpose2d(torch.ones(1, 1, i, i), torch.ones(1, 1, k, k), None, s, p, extra, 1, d)
        assert out.shape[-1] == size
        right += 1
print(f"The formula gives PyTorch's size for all {right} allowed settings that were tried.")

# %% [markdown]
# ## Why is there an `output_padding`?
#
# Go down again for a moment. Which sizes does a convolution with kernel 3, stride 2, padding 1 take to the same
# output?

# %% tags=["slide"]
for size in range(5, 11):
    print(f"convolution: {size:2} → {conv_output_size(size, 3, stride=2, padding=1)}")
print("transposed:   3 →", conv_transpose_output_size(3, 3, stride=2, padding=1))
print(
    "transposed:   3 →",
    conv_transpose_output_size(3, 3, stride=2, padding=1, output_padding=1),
    "with output_padding=1",
)

# %% [markdown]
# 5 and 6 both go to 3: with 6, one square of the padded row is left over at its end. In general, $s$
# neighbouring sizes go to one size. On the way back the layer cannot know which of them you mean. It takes the
# smallest: 5. [**output_padding**](../GLOSSARY.md#output_padding) says how many squares more: with 1 it makes
# 6×6. That is why it must be smaller than the stride. (PyTorch allows a little more: smaller than the larger
# one of stride and dilation.)
#
# What stands in the new row and column? The layer cuts one square less at the right and at the bottom, and the
# stamps are added there as everywhere. Here are two layers, both with a bias of 100, so that you can see what
# only the bias reaches.

# %% tags=["slide"]
y3, bias = torch.arange(1.0, 10.0).view(1, 1, 3, 3), torch.tensor([100.0])
reached = F.conv_transpose2d(y3, kernel[None, None], bias, stride=2, padding=1, output_padding=1)[0, 0]
not_reached = F.conv_transpose2d(y3, kernel[None, None, :2, :2], bias, stride=2, output_padding=1)[0, 0]
edge = {place: "peach" for n in range(6) for place in ((5, n), (n, 5))}
edge_7 = {place: "peach" for n in range(7) for place in ((6, n), (n, 6))}
first, second = "k=3, s=2, padding 1: 5 + 1", "k=2, s=2, padding 0: 6 + 1"
drawing.show_png(
    number_grids(
        {first: reached, second: not_reached},
        marks={first: edge, second: edge_7},
        title="Left: the kernel reaches the new squares. Right: nothing reaches them, only the bias of 100 is there.",
        largest=44,
    ),
    alt="Two outputs with the row and the column that output_padding added in colour. Left, 6 by 6: the "
    "added squares hold values from 118 to 235, made by the kernel. Right, 7 by 7: all added squares "
    "hold 100, the bias alone.",
    width=960,
)


# %% [markdown]
# On the left, the new squares hold real values: `padding=1` would have cut them off, and `output_padding=1`
# leaves them in at the right and at the bottom. On the right nothing was cut. No stamp reaches the new squares,
# so there is the bias and nothing else (without a bias: zeros). **`output_padding` only moves the place where
# the output ends.**

# %% [markdown]
# ## View 2: what does one output collect?
#
# So far we asked what one input gives. Now ask what one output **gets**. We want a window that slides, as in
# lesson
# 01. Two things have to be put right first:
#
# 1. The stamps were 2 squares apart. A sliding window must find the inputs 2 squares apart as well. So put
#    $s-1$ zeros between them. This is [**zero insertion**](../GLOSSARY.md#zero-insertion).
# 2. The corner of the output is reached by **one** input only. So the first window must overlap the inputs in
#    one square only. For that, put $k-1$ zeros around them.
#
# One thing more: if the window begins at an output square, an input that lies **later** in the window began its
# stamp later, so an **earlier** weight of it arrives here. The kernel must be turned by 180°. We try both.


# %% tags=["builds"]
def insert_zeros(x, stride):
    """Put stride − 1 zeros between neighbours: (…, H, W) → (…, (H − 1) · stride + 1, (W − 1) · stride + 1)."""
    height, width = x.shape[-2:]
    spread = x.new_zeros(*x.shape[:-2], (height - 1) * stride + 1, (width - 1) * stride + 1)
    spread[..., ::stride, ::stride] = x
    return spread


# %%
spread = insert_zeros(y, stride=2)
padded = F.pad(spread, (2, 2, 2, 2))  # k − 1 = 2 on each of the four sides
turned = kernel.flip(0, 1)
slid = F.conv2d(padded[None, None], turned[None, None])[0, 0]  # stride 1, no padding
print(f"The turned kernel, slid:     largest difference to F.conv_transpose2d {(slid - by_pytorch).abs().max():.0f}")
not_turned = F.conv2d(padded[None, None], kernel[None, None])[0, 0]
print(
    f"The kernel slid as it is:    largest difference to F.conv_transpose2d {(not_turned - by_pytorch).abs().max():.0f}"
)

# %% tags=["slide"]
found = {1.0: "mint", 2.0: "mint", 3.0: "mint", 4.0: "mint"}
drawing.show_png(
    number_grids(
        {"y": y, "zeros inserted": spread, "padded by 2": padded, "turned kernel": turned, "output": slid},
        signs="→→★=",
        marks={"y": found, "zeros inserted": found, "padded by 2": found},
        title="The window moves by 1. The inputs (green) stand 2 apart: its step is half of theirs.",
    ),
    alt="The 2 by 2 input; with zeros inserted it is 3 by 3; padded by 2 it is 7 by 7. The turned kernel, 9 "
    "down to 1, slides over it and makes the 5 by 5 output.",
    width=960,
)

# %% [markdown]
# With the turned kernel the difference is 0. With the kernel as it is, we get wrong numbers. **The turned
# kernel belongs to the sliding view, and only there.** A stamp is the kernel as it is.
#
# This view gave the layer another name,
# [**fractionally-strided convolution**](../GLOSSARY.md#fractionally-strided-convolution): against the inputs,
# the window moves by half a square at a time. Its stride is ½.

# %% [markdown]
# ## Is the `padding` argument p or p′?
#
# This is the question that confuses most people. Two numbers are called padding:
#
# * **p**, the padding of the convolution that is transposed. It goes **into** PyTorch as `padding=`. It
#   **cuts** the output.
# * [**p′**](../GLOSSARY.md#p), the zeros that stand **around** the zero-inserted input when you slide the
#   turned kernel.
#
# They are tied together. Without a cut we needed $d(k-1)$ zeros around. To cut $p$ squares off each side of the
# output is to begin sliding $p$ squares later and to stop $p$ squares earlier:
#
# $$p' = d(k - 1) - p$$
#
# One blog post says that the `padding` argument "is already p′". We can decide this by an experiment. Take a
# 2×2 input, kernel 3, stride 2. With zeros inserted it is 3×3. A sliding kernel of 3 makes $3 + 2p' - 2$ of it.

# %% tags=["slide"]
for argument in (0, 1, 2):
    size = F.conv_transpose2d(y[None, None], kernel[None, None], stride=2, padding=argument).shape[-1]
    p_prime = (3 - 1) - argument
    print(f"padding={argument}:  PyTorch makes {size}×{size}")
    print(f"   padded with p′ = {p_prime}:        3 + 2·{p_prime} − 2 = {3 + 2 * p_prime - 2}")
    print(f"   if the argument were p′:  3 + 2·{argument} − 2 = {3 + 2 * argument - 2}")

# %% [markdown]
# The argument is **p**, not p′: padding argument **0 ↔ p′ = 2**, and padding argument **2 ↔ p′ = 0**. A larger
# argument makes a *smaller* output. With argument 0 the 2×2 becomes 5 = (2 − 1)·2 − 2·0 + 3. If the post were
# right, it would become 1.
#
# Look at the middle line: for kernel 3 and `padding=1`, p and p′ are both 1. So the wrong idea gives the right
# size in a very common layer. That is why it lives so long.
#
# The same post has this example: a convolution of a (1024, 2, 2) input with p = 2, s = 1, k = 3. What does its
# transposed convolution pad with?

# %%
weight = torch.ones(1024, 1024, 3, 3)
down = F.conv2d(torch.ones(1, 1024, 2, 2), weight, stride=1, padding=2)
up = F.conv_transpose2d(down, weight, stride=1, padding=2)
print(f"convolution, padding=2:             (1024, 2, 2) → {tuple(down.shape[1:])}")
print(f"transposed convolution, padding=2:  {tuple(down.shape[1:])} → {tuple(up.shape[1:])}")
print(f"p′ = k − p − 1 = 3 − 2 − 1 = {3 - 2 - 1}")

# %% [markdown]
# This convolution makes the picture *bigger*, from 2 to 4, because it pads so much. Its transposed convolution
# makes it *smaller*. Both have `padding=2`, the same p. And the second one slides over its input with p′ = 0:
# no zeros around at all. The argument is written for the pair of layers: **give both layers the same k, s and
# p, and the shapes go there and back**.
#
# Can p be larger than $d(k-1)$? Then p′ is negative, and it means: *cut* rows and columns off the zero-inserted
# input before the kernel slides. You will see one soon.
#
# And `output_padding`? In this view it is more zeros, at the right and at the bottom only: there the input is
# padded by p′ + output_padding (Dumoulin and Visin, relationship 14).
#
# ## View 3: can one matrix do all the sliding?
#
# Take a convolution: a 3×3 kernel on a 4×4 picture. The window has four places, so the output is 2×2. At one
# place, the output is a sum of 9 products. We may also say: a sum of **16** products, where 7 of the weights
# are zero. Those zeros let us write the place of the window as one row of numbers. What is the row for the
# second place?

# %% tags=["slide"]
sheet = torch.zeros(4, 4)
sheet[0:3, 1:4] = kernel
drawing.show_png(
    weight_matrices(
        {"kernel": kernel, "at the second place": sheet, "the same, flattened: one row": sheet.view(1, 16)},
        title="One row of numbers says where the window lies.",
    ),
    alt="The kernel w1 to w9. The same kernel laid on a 4 by 4 sheet, in its upper right corner. The sheet "
    "flattened to one row of 16: one empty square, w1 w2 w3, one empty, w4 w5 w6, one empty, w7 w8 w9, "
    "four empty squares.",
    width=960,
)

# %% [markdown]
# The picture is flattened row by row, so the row reads: nothing, w₁ w₂ w₃, nothing, w₄ w₅ w₆, and so on.
#
# One row for every place of the window, one below the other: that is the
# [**convolution matrix**](../GLOSSARY.md#convolution-matrix) $C$.


# %% tags=["builds"]
def conv_matrix(kernel, input_shape, stride=1, padding=0, dilation=1):
    """Return C, (H_out · W_out, H · W): one row for each place of the window, one column for each input pixel."""
    height, width = (side + 2 * padding for side in input_shape)
    reach_y, reach_x = (dilation * (side - 1) + 1 for side in kernel.shape)
    rows = []
    for top in range(0, height - reach_y + 1, stride):
        for left in range(0, width - reach_x + 1, stride):
            sheet = kernel.new_zeros(height, width)
            sheet[top : top + reach_y : dilation, left : left + reach_x : dilation] = kernel
            rows.append(sheet[padding : height - padding, padding : width - padding].flatten())
    return torch.stack(rows)


# %% [markdown]
# Each turn of the loop lays the kernel on an empty sheet and flattens the sheet. The squares of the padding are
# always 0, so their columns are left out. What does $C$ look like for our 3×3 kernel on a 4×4 picture?

# %% tags=["slide"]
C = conv_matrix(kernel, (4, 4))
print(f"C has {C.shape[0]} rows (one for each output) and {C.shape[1]} columns (one for each input).")
print(f"{(C != 0).sum()} of its {C.numel()} entries hold a weight: each of the 9 weights {(C == 1).sum()} times.")
drawing.show_png(
    weight_matrices({"C": C}, title="Every row of C is the same kernel, moved"),
    alt="C, 4 rows and 16 columns, in three bands of colour. Row 1 begins with w1 w2 w3; row 2 is the same, "
    "one column further; row 3 is row 1, four columns further; row 4 ends with w7 w8 w9.",
    width=960,
)

# %% [markdown]
# 36 of 64 entries hold a weight, and 28 are zero. A matrix with many zeros is called
# [**sparse**](../GLOSSARY.md#sparse-matrix). Each weight stands in $C$ four times, once for each place: this is
# the *sharing* of weights, seen as a picture. (With real pictures nearly everything is zero. Nobody stores $C$;
# we draw it to think.)
#
# Is the product $C\,x$ really the convolution?

# %%
x = torch.tensor([[2.0, 0, 1, 3], [1, 1, 0, 2], [0, 4, 1, 0], [3, 0, 2, 1]])
small = (C @ x.flatten()).view(2, 2)
by_pytorch = F.conv2d(x[None, None], kernel[None, None])[0, 0]
print(f"C @ x gives {small.tolist()}; the largest difference to F.conv2d is {(small - by_pytorch).abs().max():.3f}.")

# %% [markdown]
# The difference is 0. A convolution is one product with a matrix. Everything that is known about matrices now
# holds for convolutions, too.
#
# ## What happens when we lay the matrix on its side?
#
# $C$ takes 16 numbers to 4. Its [**transpose**](../GLOSSARY.md#transpose) $C^\top$ has 16 rows and 4 columns:
# rows and columns have changed places. So $C^\top$ takes **4 numbers to 16**. Does PyTorch have a name for
# this?

# %% tags=["slide"]
big = (C.T @ y.flatten()).view(4, 4)
by_pytorch = F.conv_transpose2d(y[None, None], kernel[None, None])[0, 0]
print(f"Cᵀ has shape {tuple(C.T.shape)}: it takes a {tuple(y.shape)} picture to a {tuple(big.shape)} picture.")
print(f"The largest difference to F.conv_transpose2d is {(big - by_pytorch).abs().max():.3f}.")

# %% [markdown]
# The difference is 0: the product with $C^\top$ **is** the transposed convolution, here with stride 1. That is
# where its name comes from. Nothing new was invented. We used the same matrix in the other direction.
#
# What stays the same is **which squares are connected**. If input square 6 helps to make output square 1 in
# $C$, then square 1 helps to make square 6 in $C^\top$. How many small squares is each of the 16 big squares
# connected with?

# %% tags=["slide"]
connections = (C != 0).sum(dim=0).view(4, 4)
drawing.show_png(
    number_grids(
        {"2×2: the small picture": y, "4×4: connections of each square": connections},
        marks={"4×4: connections of each square": {1: "paper", 2: "sky", 4: "peach"}},
        title="In the middle a square is connected with all 4 small squares, in a corner with 1. So in C, so in Cᵀ.",
    ),
    alt="A 2 by 2 picture, and a 4 by 4 table of how many of its squares each big square is connected with: "
    "1 in the corners, 2 along the edges, 4 in the middle.",
    width=960,
)

# %% [markdown]
# ## Does it undo the convolution?
#
# Many texts call this layer "[**deconvolution**](../GLOSSARY.md#deconvolution)" or "inverse convolution". An
# inverse gives back what you had. So: convolve $x$, then apply the transposed convolution with the same kernel.
# Do we get $x$ back? Look at the **rank** of C, too: how many independent numbers a product with C gives.

# %% tags=["slide"]
back = (C.T @ C @ x.flatten()).view(4, 4)
print(f"C has rank {torch.linalg.matrix_rank(C)}: it keeps {torch.linalg.matrix_rank(C)} of the 16 numbers that x has.")
drawing.show_png(
    number_grids({"x": x, "C x": small, "Cᵀ C x": back}, signs="→→", title="The shape comes back. The values do not."),
    alt="Three tables. The picture x, 4 by 4, with values from 0 to 4. Its convolution, 2 by 2. The "
    "transposed convolution of that, 4 by 4 again, with values from about 50 to over 1000: nothing like "
    "x.",
    width=960,
)

# %% [markdown]
# The **shape** came back. The **values** did not, and they cannot: $C$ keeps 4 numbers of 16. The other 12 are
# lost, and no layer finds them again. So "deconvolution" and "inverse convolution" are wrong names: $C^\top$ is
# not $C^{-1}$, and $C$ has no inverse. The DCGAN paper says so in the caption of its figure 1, and speaks of
# fractionally-strided convolutions.
#
# ## Does w₁ or w₉ stand in the corner?
#
# One lecture's slide shows a "transposed matrix" that has **w₉** in its upper left corner. Our $C^\top$ has
# **w₁** there. The slide's columns hold the kernel turned by 180°. We build that matrix as well. Which of the
# two does PyTorch agree with?

# %%
slide = conv_matrix(kernel.flip(0, 1), (4, 4)).T
for name, matrix in (("Cᵀ, with w₁ in the corner", C.T), ("the slide's, with w₉ in the corner", slide)):
    difference = ((matrix @ y.flatten()).view(4, 4) - by_pytorch).abs().max()
    print(f"{name}: largest difference to F.conv_transpose2d {difference:.0f}")

# %% tags=["slide"]
drawing.show_png(
    weight_matrices(
        {
            "Cᵀ: w₁ in the corner": C.T,
            "the slide: w₉": slide,
            "column 1 of Cᵀ,\nas a 4×4 picture": C.T[:, 0].view(4, 4),
            "row 6 of Cᵀ,\nas a 2×2 picture": C.T[5].view(2, 2),
        },
        title="A column of Cᵀ is the kernel as it is, and a row is a piece of the turned kernel",
        largest=33,
    ),
    alt="Cᵀ, 16 by 4, begins with w1; the slide's matrix begins with w9 and runs backwards. Column 1 of Cᵀ "
    "as a picture is the kernel as it is, w1 in the corner. Row 6 as a picture is w5 w4 over w2 w1: a "
    "piece of the turned kernel.",
    width=960,
)

# %% [markdown]
# $C^\top$ has w₁ in the corner: difference 0. The slide's matrix gives other numbers.
#
# But look at the two small pictures on the right. They show why it is so easy to slip:
#
# * a **column** of $C^\top$ is the kernel **as it is**, w₁ w₂ w₃ over w₄ w₅ w₆ over w₇ w₈ w₉: the **stamp** of
#   one input;
# * a **row** of $C^\top$ is a piece of the **turned** kernel, w₅ w₄ over w₂ w₁: what one output **collects**.
#
# ## Are the three views really one?
#
# A product with a matrix can be read by columns or by rows. By columns, $C^\top y$ is the sum of (column $n$) ·
# (input $n$): the stamps, added. By rows, one row makes one output: the window that slides. Here are all three
# side by side. One warning: view 1 is still at work. Its middle square holds 23, because stamps 3 and 4 are not
# on the sheet yet; when they are, it holds 36 too.

# %% tags=["slide"]
layer = TransposedLayer(input_size=2, kernel_size=3, stride=2, padding=0)
drawing.show_png(
    draw_three_views(layer, input_square=1, output_square=12).titled("A window and a row make the same 36").png(),
    alt="Three views of one transposed convolution. Left, the second stamp is added to a 5 by 5 sheet. "
    "Middle, the window stands in the middle of the padded 7 by 7 input and makes 36. Right, the matrix with "
    "25 rows and 4 columns; column 2 and row 13 are lit.",
    width=1080,
)

# %% [markdown]
# Row 13 of the matrix makes the middle square, and the window in view 2 makes the same sum: 36. Is it so for
# every setting? The package holds the three views for any kernel, stride, padding and dilation. We try all of
# these:

# %%
differences = []
for i, k, s, p, d in product(range(1, 5), range(1, 5), range(1, 4), range(0, 4), range(1, 3)):
    if (i - 1) * s + d * (k - 1) + 1 - 2 * p >= 1:  # something is left after the cut
        differences.append(TransposedLayer(i, k, s, p, d).largest_difference)
print(
    f"{len(differences)} settings, three views each: "
    f"the largest difference to F.conv_transpose2d is {max(differences):.3f}."
)

# %% [markdown]
# In none of them does a view differ. From now on you may think in the view that is easiest: in **stamps** for
# sizes and overlaps, in **sliding** for what one pixel sees, in **matrices** for proofs.
#
# ## Have you used it before?
#
# Yes, in every network with a convolution that you ever trained. The output is $C\,x$. If the loss has the
# gradient $g$ at the output, the chain rule says that its [**gradient**](../GLOSSARY.md#gradient) at the input
# is $C^\top g$. That is a transposed convolution of $g$. Autograd knows nothing of our matrix. Does it agree?

# %% tags=["slide"]
picture = x.clone().requires_grad_()
output = F.conv2d(picture[None, None], kernel[None, None])
g = torch.tensor([[1.0, 2], [3, 4]])[None, None]  # any gradient that comes from the loss
output.backward(g)
difference = (picture.grad - F.conv_transpose2d(g, kernel[None, None])[0, 0]).abs().max()
print(f"gradient of a convolution beside the transposed convolution of g: largest difference {difference:.3f}")

# %% [markdown]
# The difference is 0. The backward pass of a convolution **is** a transposed convolution, and, since the
# transpose of $C^\top$ is $C$, the backward pass of a transposed convolution is a convolution. So a generator
# runs forward in the way in which a discriminator runs backward.
#
# Autograd never has to ask for an `output_padding`: it has seen the input. Which one does it choose for a 6×6
# input?

# %%
picture = torch.ones(1, 1, 6, 6, requires_grad=True)
F.conv2d(picture, kernel[None, None], stride=2, padding=1).backward(y3)
chosen = F.conv_transpose2d(y3, kernel[None, None], stride=2, padding=1, output_padding=1)
difference = (picture.grad - chosen).abs().max()
print(f"gradient of shape {tuple(picture.grad.shape[2:])}; largest difference to output_padding=1: {difference:.3f}")

# %% [markdown] tags=["slide"]
# ## All of it, in your own hands
#
# Six sliders for the layer, two for the place. Try these, and say what you expect **before** you move:
#
# * raise **padding p** from 0 to 2 and watch the black frame in view 1 and p′ in view 2;
# * set **kernel size k** to 3, **stride s** to 2, **input size i** to 4 and **padding p** to 3: p′ is −1, and
#   view 2 shows what is cut;
# * set **stride s** to 3 and **kernel size k** to 2: which squares does no stamp reach?
# * raise **output_padding** by one, and find the squares that came in;
# * set **output_padding** as large as the stride, and read the sentence.

# %%
widgets.transposed_explorer()

# %% [markdown]
# The figures show the same layer at three moments.

# %%
for moment in (1, 2, 3):
    twin = widgets.transposed_twin(input_size=2, kernel_size=4, stride=2, padding=1, share=moment / 3)
    alt = (
        f"Moment {moment} of 3 of a transposed convolution, kernel 4, stride 2, padding 1, from 2 by 2 to 4 by 4: "
        "the stamps so far with the border that padding cuts, the turned kernel sliding over the zero-inserted "
        "input, which is padded by p′ = 2, and the matrix with one column and one row lit."
    )
    display(drawing.show_png(twin, alt, width=1080))

# %% [markdown]
# From top to bottom: the first stamp, the third, the fourth and last. In the last figure all three views hold
# the same 4×4 output. Here the argument is p = 1, and the zero-inserted input is padded by p′ = 2.
#
# ## Does at least the shape always come back?
#
# "Give both layers the same k, s and p" has one exception, and you have met its reason: several sizes go to
# one. For which layers does 17 go to 6, and then only to **16**?

# %% tags=["slide"]
for k, s, p in product(range(1, 7), range(1, 5), range(0, 3)):
    down = conv_output_size(17, k, s, p)
    up = conv_transpose_output_size(6, k, s, p)
    if (down, up) == (6, 16):
        corrected = conv_transpose_output_size(6, k, s, p, output_padding=1)
        print(f"k={k}, s={s}, p={p}:  17 → 6 → 16,  and with output_padding=1:  17 → 6 → {corrected}")

# %% [markdown]
# Four layers do it. In each of them one square of the (padded) row is left over, so 16 and 17 both go to 6.
# `output_padding=1` says that 17 was meant.
#
# ## How does one get from 1 to 64?
#
# One layer after the other. A *ladder* is the list of sizes on the way. With the two layers from above, which
# ladders can we build?

# %% tags=["slide"]
start, double = (4, 1, 0), (4, 2, 1)  # kernel_size, stride, padding


def ladder(size, layers):
    """Return the sizes on the way through a list of (kernel_size, stride, padding), as text."""
    sizes = [size]
    for layer in layers:
        sizes.append(conv_transpose_output_size(sizes[-1], *layer))
    return " → ".join(map(str, sizes))


print("four times double, from 1:        ", ladder(1, [double] * 4))
print("four times double, from 4:        ", ladder(4, [double] * 4))
print("start, then four times double:    ", ladder(1, [start] + [double] * 4))

# %% [markdown]
# The last one is the ladder of DCGAN: 1 → 4 → 8 → 16 → 32 → 64. Here are its first two layers as real modules.
# Look at the shape of the weight.

# %%
first = nn.ConvTranspose2d(100, 64, kernel_size=4, stride=1, padding=0)
second = nn.ConvTranspose2d(64, 32, kernel_size=4, stride=2, padding=1)
z = torch.zeros(1, 100, 1, 1)
print(f"shapes: {tuple(z.shape)} → {tuple(first(z).shape)} → {tuple(second(first(z)).shape)}")
print(f"weight of ConvTranspose2d(64, 32, 4): {tuple(second.weight.shape)}")
print(f"weight of Conv2d(64, 32, 4):          {tuple(nn.Conv2d(64, 32, 4).weight.shape)}")

# %% [markdown]
# `Conv2d` keeps its weight as (out, in, k, k). `ConvTranspose2d` keeps it as (**in, out**, k, k). This is no
# accident: it is the weight of the convolution that is transposed, from 32 channels to 64, used in the other
# direction.
#
# ## I want 28, 32, 64, 96, 128. Which layers?
#
# The other way round, the question is harder. The package has a planner. It doubles with kernel 4 and stride 2,
# and starts at a size from 4 to 7.

# %% tags=["slide"]
for size in wanted_sizes:
    print(f"wanted {size}:  ", " → ".join(map(str, plan_upsampling(size).sizes())))
print("\nand an odd size:", plan_upsampling(31))

# %% [markdown]
# 28 cannot be reached from 4 by doubling alone, so the planner starts at 7. The size 31 is odd, and its last
# layer uses `output_padding=1`. Do real layers end where the planner says?

# %%
for size in wanted_sizes:
    plan = plan_upsampling(size)
    layers = [
        nn.ConvTranspose2d(1, 1, step.kernel_size, step.stride, step.padding, step.output_padding)
        for step in plan.layers
    ]
    out = nn.Sequential(*layers)(torch.zeros(1, 1, plan.start_size, plan.start_size))
    made = "×".join(map(str, out.shape[2:]))
    print(f"wanted {size}: {len(layers)} layers, from {plan.start_size}×{plan.start_size} to {made}")

# %% [markdown]
# They do. Not only doubling works: layers with kernel 3, or strides of 1 and 3, reach sizes as well. You will
# find some in the exercises. But the planner has a reason to prefer kernel 4 with stride 2.
#
# ## Where do checkerboards come from?

# %% [markdown] tags=["predict", "slide"]
# **Predict first.** Give a layer the most boring input: all ones. Give it the most boring kernel: all ones.
# Then an output square counts *how many stamps reach it*.
#
# * Kernel 4, stride 2: which numbers stand in the middle of the output?
# * Kernel 3, stride 2: which numbers now? Think of one side first: where do stamps of 3 overlap, if they lie 2
#   apart?
# * And kernel 5, stride 2, which the authors of DCGAN used for faces?
#
# <details name="predict-02-2"><summary>A · 4 everywhere, for each of the three: what goes in evenly comes out
# evenly</summary>The input is even, but the overlap decides. On one side, stamps of 3 that lie 2 apart meet at
# every second square only. In the plane these are 1, 2 or 4 stamps.</details>
# <details name="predict-02-2"><summary>B · Only kernel 4 gives one number; 3 and 5 give three numbers
# each</summary>Yes. On one side a square gets 2 stamps each time with kernel 4, but 1 or 2 with kernel 3, and 2
# or 3 with kernel 5. In the plane they are multiplied. The rule: the stride must divide the kernel.</details>
# <details name="predict-02-2"><summary>C · Kernel 3 is uneven; 4 and 5 are even, since a larger kernel blurs
# more</summary>More overlap is not more even overlap. With kernel 5 and stride 2 a square on one side gets 2 or
# 3 stamps by turns: 4, 6 or 9 in the plane. Look at the third sheet below.</details>
# <details name="predict-02-2"><summary>D · 3 and 5 are even, 4 is not: an odd kernel has a middle</summary>A
# middle matters for a convolution that keeps its size. Here it is about how many stamps reach a square: with
# stride 2, every square gets the same number only if 2 divides the kernel.</details>

# %% tags=["slide"]
flat = torch.ones(1, 1, 5, 5)
painted = {f"kernel {k}, stride 2": F.conv_transpose2d(flat, torch.ones(1, 1, k, k), stride=2)[0, 0] for k in (3, 4, 5)}
for k in (3, 4, 5):
    side = F.conv_transpose1d(flat[:, :, 0], torch.ones(1, 1, k), stride=2)[0, 0].int().tolist()
    print(f"kernel {k}, stride 2, along one side:", *side)
tones = {1: "paper", 2: "sky", 4: "blue", 6: "peach", 9: "orange"}
drawing.show_png(
    number_grids(
        painted,
        marks={name: tones for name in painted},
        title="Kernels 3 and 5 leave a checkerboard. Kernel 4 paints the middle evenly.",
    ),
    alt="How often each output square is painted. With kernel 3 and stride 2 the numbers 1, 2 and 4 make a "
    "checkerboard all over the output, with kernel 5 the numbers 4, 6 and 9. With kernel 4 every square of the "
    "middle is painted 4 times.",
    width=960,
)

# %% [markdown]
# Along one side the numbers 1 and 2 alternate with kernel 3. In the plane they are multiplied, to 1, 2 and 4: a
# square is painted four times as often as the one diagonally beside it. That is a
# [**checkerboard artefact**](../GLOSSARY.md#checkerboard-artefact). With kernel 5 it is 4, 6 and 9. With kernel
# 4 every square of the middle gets 4. The rule: overlap is even when **the stride divides the kernel size**.
#
# Is an even overlap a promise? Kernels of a network are not all ones. DCGAN starts with weights from N(0,
# 0.02²). Then each square of a tile is a sum of *other* random weights, and a flat input comes out as a grid,
# whatever the kernel size. What counts is the grid **after** training. So we train: one layer learns to enlarge
# pictures of digits that were shrunk to half their size. Then it gets a flat input, and we measure how far its
# brightest and its darkest square lie apart.

# %%
digits = load_images("drawn_digits").images[:1000].float() / 127.5 - 1  # drawn here: the same on every machine


def grid(layer):
    with torch.no_grad():
        tile = layer(torch.full((1, 1, 14, 14), 0.5))[0, 0, 14:16, 14:16]  # in the middle, away from the border
    return (tile.max() - tile.min()).item()


def learn_to_enlarge(kernel_size, padding, output_padding, seed):
    torch.manual_seed(seed)
    layer = nn.ConvTranspose2d(1, 1, kernel_size, 2, padding, output_padding)
    nn.init.normal_(layer.weight, 0, 0.02)
    before, optimizer = grid(layer), torch.optim.Adam(layer.parameters(), lr=0.01)
    for _ in range(training_steps):
        wanted = digits[torch.randint(len(digits), (32,))]
        loss = F.mse_loss(layer(F.avg_pool2d(wanted, 2)), wanted)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    return before, grid(layer), layer


# %% tags=["nbval-ignore-output"]
grids, trained = {}, {}
for k, p, extra in ((3, 1, 1), (4, 1, 0), (5, 2, 1)):
    runs = [learn_to_enlarge(k, p, extra, seed + number) for number in range(3)]
    grids[k], trained[k] = [run[1] for run in runs], runs[0][2]
    print(
        f"kernel {k}, stride 2, three seeds: the grid is {', '.join(f'{after:.3f}' for after in grids[k])} of a range of 2"
    )

# %% tags=["nbval-ignore-output", "slide"]
pictures = {
    f"kernel {k}": layer(torch.full((1, 1, 14, 14), 0.5)).detach()[0, 0, 8:20, 8:20] for k, layer in trained.items()
}
figure, axes = plt.subplots(1, 3, figsize=(9.6, 3.7))
for axis, (name, tile) in zip(axes, pictures.items(), strict=True):
    axis.imshow(tile - tile.mean(), cmap="gray", vmin=-0.03, vmax=0.03)
    axis.set_title(name, fontsize=14)
    axis.axis("off")
figure.suptitle("After training, the layer of kernel 4 keeps grey flat (contrast × 30)", fontsize=15, fontweight="bold")
drawing.show(
    figure,
    alt="Three grey pictures of 12 by 12 pixels that three trained layers made from a flat grey, with much contrast. "
    "Kernels 3 and 5: a regular grid. Kernel 4: nearly flat.",
)

# %% [markdown]
# All three learned the same task. The layers with an uneven overlap keep a grid; with kernel 4 it is at least
# ten times weaker. So an even overlap does not forbid a grid, it makes it easy to learn none. A
# [**resize-convolution**](../GLOSSARY.md#resize-convolution) goes further: it first repeats every pixel 2×2,
# then convolves, and a flat grey stays flat with any weights, away from the border. (At the border the zeros of
# its padding come in, as in lesson 01.) What this does not show: a whole generator has many such layers, one
# after the other, and its D may or may not punish a grid. Look for one in the drawn objects of lesson 08: they
# come from kernel 4, too.

# %% [markdown]
# ## Break it
#
# Our formula knows no limits: it answers every question, also nonsense. The package's function has the same
# formula and looks at its arguments first. What does it say to an `output_padding` that is too large, and to a
# padding that cuts everything away?

# %% tags=["break-it", "slide"]
for settings in ({"stride": 2, "padding": 1, "output_padding": 2}, {"stride": 1, "padding": 3}):
    print(f"{settings}\n   our formula says: {conv_transpose_output_size(3, 3, **settings)}".replace("-", "−"))
    try:
        arithmetic.conv_transpose_output_size(3, 3, **settings)
    except ValueError as error:
        print(f"   the package says: {error}")
    try:
        F.conv_transpose2d(y3, kernel[None, None], **settings)
    except RuntimeError:
        print("   PyTorch refuses it, too")

# %% [markdown] tags=["slide"]
# The first is refused because no convolution with stride 2 could have meant it: from 3, only 5 and 6 are
# possible, and 7 already belongs to the input 4. The second would have a size of −1. Change a number in the
# cell and find a third way to be refused.
#
# ## Take-aways
#
# * Three views, one result: stamps of the kernel **as it is**, added; the **turned** kernel, slid over the
#   zero-inserted input; the product with $C^\top$, where $C$ is the matrix of a convolution. It is also what
#   the gradient of a convolution is.
# * It brings the shape back, not the values. With a stride, not even always the shape: 17 → 6 → 16.
# * $o = (i-1)s - 2p + d(k-1) + \text{output\_padding} + 1$. Kernel 4, stride 2, padding 1 doubles.
# * The `padding` argument is **p**: it cuts the output. The sliding view pads with $p' = d(k-1) - p$. Argument
#   0 is p′ = 2 for a kernel of 3, and argument 2 is p′ = 0.
# * `output_padding` only says which of several possible sizes is meant. Where the kernel does not reach the
#   added squares, they hold the bias alone.
# * If the stride divides the kernel size, every square of the middle is painted equally often. A flat output is
#   then easy to learn; with an uneven overlap a grid stayed. A resize-convolution keeps a flat input flat with
#   any weights, away from the border.
#
# ## Exercises
#
# Thirteen short ones: [exercises](../exercises/02_transposed_convolution.ipynb). Each has a check that tells
# you what went wrong. The worked answers, with the reasons:
# [solutions](../solutions/02_transposed_convolution.ipynb).
#
# ## Next
#
# [Lesson 03 · The adversarial game](03_adversarial_game.ipynb): what are two networks doing when they play
# against each other? The transposed convolutions come back when DCGAN is built, layer by layer.
#
# ## Sources
#
# * V. Dumoulin and F. Visin, *A guide to convolution arithmetic for deep learning*, 2016: section 4.1 (the
#   matrix C and its transpose), relationships 8 to 14 (sizes, p′, zero insertion, output_padding).
# * A. Radford, L. Metz and S. Chintala, *Unsupervised representation learning with deep convolutional
#   generative adversarial networks*, 2016: section 3, and the caption of figure 1 (on the name).
# * M. Zeiler, D. Krishnan, G. Taylor and R. Fergus, *Deconvolutional networks*, 2010: where the name
#   "deconvolution" entered the field.
# * A. Odena, V. Dumoulin and C. Olah, *Deconvolution and checkerboard artifacts*, Distill, 2016: overlap, and
#   resize-convolution.
# * PyTorch documentation of `ConvTranspose2d`: the size, and the note on `output_padding`.
