# ---
# jupyter:
#   jupytext:
#     text_representation:
#       extension: .py
#       format_name: percent
# ---

# %% [markdown]
# # 01 · Convolution arithmetic
#
# *How big is the output of a convolution, and what is in it?*
#
# **You will be able to**
#
# * **compute** every number of a convolution by hand, with stride, padding and dilation;
# * **derive** the size of the output by counting the places of a window;
# * **count** the parameters and the multiply-adds of a `Conv2d`, PyTorch's layer for this;
# * **say** which part of the picture one number deep in a network can see.
#
# **You need first**: Python, and tensors as you met them when you trained a classifier once.
# [Lesson 00](00_start_here.ipynb) shows that your machine works.
#
# **Time**: 55 minutes, of which 0 are training on a 2-core CPU. The optional section at the end is not counted.

# %% [markdown]
# The next cell holds two numbers that you may change. The sentences of the lesson read the results for 6 and 1.
# So run it once as it is.

# %% tags=["parameters"]
picture_size = 6  # squares on a side, 5 to 10
bright = 1.0  # the value of the bright half, any number but 0

# %%
from fractions import Fraction
from inspect import signature
from itertools import groupby

import matplotlib.pyplot as plt
import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

from dcgan_course import drawing, widgets
from dcgan_course.convolution.counting_figures import (
    coverage_figure,
    positions_figure,
    receptive_field_figure,
    weights_figure,
)
from dcgan_course.convolution.scene import ConvolutionScene
from dcgan_course.convolution.scene_figures import convolution_figure, window_figure

drawing.use_course_style()

# %% [markdown]
# ## What is in one square of the output?
#
# A picture is a table of numbers. A second, smaller table walks over it: the
# [**kernel**](../GLOSSARY.md#kernel). Ours compares left with right: 1 in its first column, −1 in its last, all
# divided by its width.

# %%
picture = torch.zeros(picture_size, picture_size)
picture[:, : picture_size // 2] = bright


def vertical_edge(width):
    """Return a (width, width) kernel with 1 … −1 in every row, divided by its width."""
    kernel = torch.zeros(width, width)
    kernel[:, 0], kernel[:, -1] = 1, -1
    return kernel / width


edge = vertical_edge(3)

# %% [markdown]
# Lay the 3×3 kernel on the picture, somewhere. The part of the picture under it is the *window*. Multiply the
# nine pairs of numbers that lie on each other. Add them up.

# %% tags=["slide"]
total = (picture[1:4, 1:4] * edge * 3).sum().item()
print(
    f"the sum of the nine products is {total:.0f}; divided by the width of the kernel: {total:.0f} / 3 = {total / 3:.0f}"
)
drawing.show_png(
    window_figure(ConvolutionScene(picture, edge * 3, divisor=3), "Nine products, one sum", place=(1, 1)),
    alt="A 6 × 6 picture, left half 1 and right half 0. The left two columns of a 3 × 3 window lie on ones. "
    "Beside it the kernel, 1 0 −1 in every row, and the nine products. They add up to 3; divided by 3 this is 1.",
    width=900,
)

# %% [markdown]
# Under the window (orange) the left column holds three ones and the right column three zeros: (3 − 0) / 3 =
# **1**. The middle column does not count: the kernel is 0 there. The number says "here, left is brighter than
# right". It does not say *how* bright the two sides are; two equal sides always give 0.

# %% [markdown]
# ## What is in all of them?
#
# Let the window walk: left to right, top to bottom, one square at a time. This is the whole convolution. (The
# shape (H, W) means H rows and W columns: the height and the width.)


# %%
def slide(picture, kernel):
    """Return the sums of products of (k, k) on (H, W), one for each place of the window."""
    k = len(kernel)
    rows, columns = range(picture.shape[0] - k + 1), range(picture.shape[1] - k + 1)
    return torch.tensor([[(picture[r : r + k, c : c + k] * kernel).sum() for c in columns] for r in rows])


# %% [markdown]
# Two small helpers. The first writes an output as a sentence. The second compares it with the output of
# `F.conv2d`, and stops the lesson if a number differs. PyTorch wants N pictures with C channels each: the shape
# (N, C, H, W).


# %%
def in_words(output):
    """Write (H, W) numbers as a sentence; equal rows that follow each other are written once."""
    rows = [" ".join(str(Fraction(value).limit_denominator(9)) for value in row) for row in output.tolist()]
    blocks = [(row, len(list(equal))) for row, equal in groupby(rows)]
    return f"{len(rows)} × {len(output[0])}: " + ",\n    ".join(f"{count} rows ({row})" for row, count in blocks)


def compare(name, ours, theirs):
    """Print our output after making sure that it is the one of PyTorch, which has shape (1, 1, H, W)."""
    torch.testing.assert_close(ours, theirs[0, 0])
    print(f"{name} → {in_words(ours)}. F.conv2d gives the same.".replace("1 rows", "1 row"))


x = picture[None, None]  # (N, C, H, W) = (1, 1, 6, 6): the shape that PyTorch wants

# %% [markdown] tags=["predict", "slide"]
# **Predict first.** The picture is 6×6: three columns of 1, then three columns of 0. The kernel is the 3×3 one
# above.
#
# 1. How many rows and columns does the output have?
# 2. What are the numbers in its first row? And in its last row?
#
# Write your answers down, click the choice that is nearest to them, and run the next cell.
#
# <details name="predict-01-1"><summary>A · 3×3, and each row is 0 1 0</summary>This counts squares, 6 − 3 = 3,
# in place of <i>places</i>. The window begins at column 1, 2, 3 or 4: that is 6 − 3 + 1. Lay a piece of paper
# on the figure and push it.</details>
# <details name="predict-01-1"><summary>B · 4×4, and each row is 0 1 1 0</summary>Yes. A window of 3 has four
# places in a row of 6, and at two of them it stands across the edge. All rows of the picture are equal, so all
# rows of the output are.</details>
# <details name="predict-01-1"><summary>C · 4×4, and each row has a single 1, since there is one
# edge</summary>The size is right, and there is one edge. But a window of width 3 can stand across it with one
# dark column or with two. Compute the second place by hand: 1 1 0. And the third: 1 0 0.</details>
# <details name="predict-01-1"><summary>D · 6×6, as big as the picture: 0 0 1 1 0 0</summary>Then the window
# would have to leave the picture: with its middle on the first column, a third of it hangs outside. Here it
# must stay inside. A later section lets it look outside.</details>

# %% tags=["slide"]
plain_output = slide(picture, edge)
compare("3×3 kernel", plain_output, F.conv2d(x, edge[None, None]))
drawing.show_png(
    convolution_figure(ConvolutionScene(picture, edge * 3, divisor=3), "3 × 3 on 6 × 6: 4 × 4 places", place=(0, 1)),
    alt="The window in the first row, over columns 1 to 3: two columns of ones and one of zeros. "
    "Output 4 × 4, every row 0 1 1 0.",
    width=900,
)

# %% [markdown]
# 4×4, and every row is 0 1 1 0. The zeros are the places where the window sees only one brightness. The ones
# are the places where it stands across the edge. There are *two* in each row, because a window of width 3 can
# stand across the edge in two ways. So the edge in the output is wider than the edge in the picture.
#
# Some texts draw the bright half as 99. What changes?

# %%
ninety_nine = picture / bright * 99
compare("99 in place of 1", slide(ninety_nine, edge), F.conv2d(ninety_nine[None, None], edge[None, None]))

# %% [markdown]
# 0 99 99 0: every number is 99 times as large, and nothing else changes. A convolution has no threshold and no
# maximum. It is *linear*: twice the input gives twice the output.

# %% [markdown] tags=["predict", "slide"]
# **Predict first.** Now the kernel grows: 4×4, divided by 4, and then 5×5, divided by 5. How big are the
# outputs? Is there still a place that sees no edge?
#
# <details name="predict-01-2"><summary>A · 2×2 and 1×1; all numbers are 1</summary>All 1 is right. But 6 − 4 =
# 2 counts how far the window can be pushed. Its first place counts, too: 6 − 4 + 1 and 6 − 5 + 1.</details>
# <details name="predict-01-2"><summary>B · 4×4 and 4×4, as before: the picture did not change</summary>The
# output has one number for each place of the window, and a larger window has fewer places. Push a square of 5
# columns over 6: it has two places in a row.</details>
# <details name="predict-01-2"><summary>C · 3×3 and 2×2; the places at the sides still see no edge</summary>The
# sizes are right. But the first window of width 4 covers columns 1 to 4, and column 4 is dark already. Look at
# the first figure below: where do the first and the last column of the window lie?</details>
# <details name="predict-01-2"><summary>D · 3×3 and 2×2; every place sees the edge</summary>Yes. Three columns
# of one brightness are too narrow for a window of 4 or 5. Every number is 1: the kernel now says <i>that</i>
# there is an edge, and no longer where.</details>

# %%
edge4 = vertical_edge(4)
compare("4×4 kernel", slide(picture, edge4), F.conv2d(x, edge4[None, None]))
drawing.show_png(
    convolution_figure(ConvolutionScene(picture, edge4 * 4, divisor=4), "4 × 4: every place sees the edge", (0, 0)),
    alt="The 4 × 4 window at the upper left corner: its first column lies on ones, its last on zeros. "
    "Output 3 × 3, all 1.",
    width=900,
)

# %% tags=["slide"]
edge5 = vertical_edge(5)
compare("5×5 kernel", slide(picture, edge5), F.conv2d(x, edge5[None, None]))
drawing.show_png(
    convolution_figure(ConvolutionScene(picture, edge5 * 5, divisor=5), "5 × 5: only 2 × 2 places are left", (1, 1)),
    alt="The 5 × 5 window at the lower right corner of the 6 × 6 picture. Output 2 × 2, all 1.",
    width=900,
)

# %% [markdown]
# The 4×4 kernel gives 3×3, all 1. The 5×5 kernel gives 2×2, all 1. Already the first window of the 4×4 kernel
# reaches over the edge. A larger kernel sees more at once, and it says less exactly *where* something is. And
# the output shrinks: 4, 3, 2.

# %% [markdown]
# ## Is this the convolution of the textbooks?
#
# A [**convolution**](../GLOSSARY.md#convolution) of mathematics takes two lists of numbers and makes a third
# one:
#
# $$(f * g)[n] = \sum_m f[m]\; g[n - m]$$
#
# Read $g[n - m]$ slowly: the number that runs, $m$, has a minus sign. So the second list is **turned round**.
# We try it on a signal that is 1 in one place and 0 everywhere else, so that we see what happens to the kernel
# 1, 2, 3. Does `numpy.convolve` agree?

# %%
signal, kernel = [0.0, 0.0, 1.0, 0.0, 0.0], [1.0, 2.0, 3.0]
by_sum = [sum(signal[m] * kernel[n - m] for m in range(n - 2, n + 1)) for n in range(2, len(signal))]
print("the sum:       ", by_sum)
print("numpy.convolve:", np.convolve(signal, kernel, mode="valid").tolist())

# %% [markdown]
# 1, 2, 3, both times. (`mode="valid"` keeps only the places where all three numbers of the kernel lie on the
# signal.) A convolution paints the kernel at the place of the 1, the right way round. Now the same two lists go
# to PyTorch. It wants the shape (N, C, length). Here N and C are 1.

# %% tags=["slide"]
as_tensor = lambda numbers: torch.tensor(numbers)[None, None]  # (N, C, length) = (1, 1, length)
plain = F.conv1d(as_tensor(signal), as_tensor(kernel)).flatten().tolist()
turned = F.conv1d(as_tensor(signal), as_tensor(kernel[::-1])).flatten().tolist()
print("F.conv1d:                     ", plain)
print("F.conv1d, kernel turned round:", turned)

# %% [markdown]
# PyTorch gives 3, 2, 1: the kernel comes out turned. When we turn the kernel round first, PyTorch gives 1, 2,
# 3, exactly as the sum. So PyTorch leaves out the turning, **and that is the only difference**. What it
# computes is called [**cross-correlation**](../GLOSSARY.md#cross-correlation):
#
# $$(f \star g)[n] = \sum_m f[n + m]\; g[m]$$
#
# Deep learning calls this "convolution" all the same, and so does this course from here on. A network *learns*
# its kernel, so it can learn the turned one as easily. This does not mean that turning never matters: in
# [lesson 02](02_transposed_convolution.ipynb) a turned kernel comes back, and there you must know which one you
# have.

# %% [markdown]
# ## What if the window takes larger steps?
#
# The [**stride**](../GLOSSARY.md#stride) is the number of squares that the window moves at each step. Our
# function needs one more argument, and uses it in one place.


# %%
def slide(picture, kernel, stride=1):
    """Return the sums of products of (k, k) on (H, W); the window moves `stride` squares at a time."""
    k = len(kernel)
    rows, columns = (range(0, size - k + 1, stride) for size in picture.shape)
    return torch.tensor([[(picture[r : r + k, c : c + k] * kernel).sum() for c in columns] for r in rows])


# %% tags=["slide"]
strided = slide(picture, edge, stride=2)
compare("3×3 kernel, stride 2", strided, F.conv2d(x, edge[None, None], stride=2))
print("equal to every second square of the output with stride 1:", torch.equal(strided, plain_output[::2, ::2]))
drawing.show_png(
    convolution_figure(
        ConvolutionScene(picture, edge * 3, stride=2, divisor=3), "Stride 2 keeps every second sum", (1, 1)
    ),
    alt="The 3 × 3 window at its last legal place, on rows and columns 2 to 4 of the 6 × 6 picture. "
    "Output 2 × 2, every row 0 1. The last row and the last column of the picture are outside the window.",
    width=900,
)

# %% [markdown]
# 2×2, every row 0 1. There is no new number: stride 2 gives every second square of the output with stride 1.
# The other sums are never made, so the work here is a quarter: 4 sums in place of 16. This is how DCGAN makes
# pictures smaller. (DCGAN, *deep convolutional GAN*, is the pair of networks that this course leads to: one
# draws pictures, the other judges them.)
#
# Look at the last row and the last column of the picture. The window stands at its last place and does not
# touch them. We come back to that.

# %% [markdown]
# ## What if the window may look outside the picture?
#
# The output shrinks because the window must stay inside. [**Padding**](../GLOSSARY.md#padding) adds a border of
# invented squares. With padding 1, 6×6 becomes 8×8. Usually the invented numbers are zeros: *zero padding*.

# %% [markdown] tags=["predict", "slide"]
# **Predict first.** 3×3 kernel, stride 1, padding 1 with zeros.
#
# 1. How big is the output?
# 2. What is in its first column? Remember: the padding is dark, and the picture is bright there.
# 3. Is the first row equal to the second row?
#
# <details name="predict-01-3"><summary>A · 6×6; −1 in the first column; the first row is weaker than the
# second</summary>Yes. The padding counts like a picture: from dark to bright is −1. In the first row a third of
# the window lies on padding, so only two of its three rows speak: two thirds.</details>
# <details name="predict-01-3"><summary>B · 6×6; 0 in the first column: the picture has no edge
# there</summary>The picture has none, but the kernel does not know where the picture ends. It sees a column of
# zeros beside a column of ones, and that is an edge. Look at the left side of the output below.</details>
# <details name="predict-01-3"><summary>C · 6×6; 1 in the first column, and all rows are equal</summary>Look at
# the sign: the kernel takes left minus right. At the edge of the picture that is 1 − 0; at the border it is 0
# − 1. And the first row is not like the second: one row of its window is padding.</details>
# <details name="predict-01-3"><summary>D · 8×8: the picture and its border</summary>8×8 is the padded
# <i>input</i>. The output counts places of the window: 8 − 3 + 1. So with kernel 3, padding 1 keeps the
# size.</details>

# %% tags=["slide"]
zeros_around = F.pad(picture, (1, 1, 1, 1), value=0.0)
compare("padding 1 with zeros", slide(zeros_around, edge), F.conv2d(x, edge[None, None], padding=1))
scene = ConvolutionScene(picture, edge * 3, padding=1, divisor=3)
drawing.show_png(
    convolution_figure(scene, "Zero padding draws an edge that the picture does not have", (0, 0)),
    alt="The picture with a border of zeros, 8 × 8, and the window at the upper left corner. Output 6 × 6: "
    "the first column is −1, with −2/3 in the first and the last row.",
    width=900,
)

# %% [markdown]
# The output is 6×6, as big as the picture. The four middle rows are −1 0 1 1 0 0. The **−1** on the left is an
# edge from dark to bright, and the picture has no edge there: it is the step from the padding to the picture.
# On the right the picture is dark like the padding, so there is no false edge.
#
# The first and the last row are −2/3 0 2/3 2/3 0 0. There, one row of the window lies on the padding and only
# two rows lie on the picture: 2 of 3. (One of the sources of this course prints this value as .6. It is two
# thirds, about 0.67.)
#
# So the false edge depends on the invented number. What do ones do?

# %% tags=["slide"]
ones_around = F.pad(picture, (1, 1, 1, 1), value=1.0)
compare("padding 1 with ones", slide(ones_around, edge), F.conv2d(ones_around[None, None], edge[None, None]))
scene = ConvolutionScene(picture, edge * 3, padding=1, divisor=3, padding_value=1.0)
drawing.show_png(
    convolution_figure(scene, "Padding with ones moves the false edge to the dark side", (0, 5)),
    alt="The picture with a border of ones, 8 × 8, and the window at the upper right corner. Output 6 × 6: "
    "the last column is −1, with −2/3 in the first and the last row.",
    width=900,
)

# %% [markdown]
# The middle rows are 0 0 1 1 0 −1, the first and last rows 0 0 2/3 2/3 0 −2/3. The false edge is now on the
# right. Every border is a guess, and no guess is right for all pictures. `Conv2d` pads with zeros, or copies
# from the picture (`padding_mode="reflect"`, `"replicate"` or `"circular"`). It cannot pad with ones: for
# another constant use `F.pad` before the layer, as we did. DCGAN uses zeros.

# %% [markdown]
# ## Can a small kernel look at a large area?
#
# With [**dilation**](../GLOSSARY.md#dilation) $d$ the numbers of the kernel are laid on every $d$-th square.
# The kernel still has nine numbers. The window is larger, with holes. From its first square to its last it
# spans $d(k-1)+1$ squares: between $k$ numbers there are $k-1$ steps, each $d$ squares long, and the first
# square itself is one more.


# %%
def slide(picture, kernel, stride=1, dilation=1):
    """Return the sums of products of (k, k) on (H, W); the kernel lies on every `dilation`-th square."""
    span = dilation * (len(kernel) - 1) + 1
    rows, columns = (range(0, size - span + 1, stride) for size in picture.shape)
    seen = lambda r, c: picture[r : r + span : dilation, c : c + span : dilation]
    return torch.tensor([[(seen(r, c) * kernel).sum() for c in columns] for r in rows])


# %% tags=["slide"]
compare("3×3 kernel, dilation 2", slide(picture, edge, dilation=2), F.conv2d(x, edge[None, None], dilation=2))
drawing.show_png(
    convolution_figure(ConvolutionScene(picture, edge * 3, dilation=2, divisor=3), "Nine numbers span 5 × 5", (0, 1)),
    alt="The nine orange squares of the window lie on every second square of the picture and span 5 × 5. "
    "Output 2 × 2, all 1.",
    width=900,
)

# %% [markdown]
# 2×2, all 1: as with the 5×5 kernel, but with 9 numbers in place of 25. The price: this window does not read
# the squares in its holes.

# %% [markdown]
# ## How big is the output?
#
# You know enough to *derive* the size. Count the places of the window along **one row**; columns work the same
# way.
#
# **Step 1: a window of $k$ squares on a row of $i$.** Number the squares 0, 1, 2, … Name a place by its first
# square, its *start*.

# %% tags=["slide"]
drawing.show_png(
    positions_figure(6, 3, "A window of 3 has 4 legal places on 6 squares: starts 0, 1, 2, 3"),
    alt="A row of six squares numbered 0 to 5. Below it the window of three squares at its four legal places, starts "
    "0 to 3. At start 4 it would stick out of the row.",
    width=900,
)

# %% [markdown]
# The first start is 0. The last legal place (bold) ends exactly at the wall, so its start is
# $i - k = 6 - 3 = 3$. From 0 to $i - k$ there are $i - k + 1 = 4$ starts. The **+ 1** is there because we count
# from 0.
#
# **Step 2: padding** makes the row longer by $p$ on both sides. The last start is $i + 2p - k$.
#
# **Step 3: dilation** makes the window longer. It spans $d(k-1)+1$ squares. So the last start is
# $i + 2p - d(k-1) - 1$.

# %%
drawing.show_png(
    positions_figure(6, 3, "Padding 1 and dilation 2: 8 squares, a span of 5, starts 0 to 3", padding=1, dilation=2),
    alt="A row of eight squares, the first and the last are padding. A window of three squares with holes spans five; "
    "its four legal starts are 0 to 3.",
    width=900,
)

# %% [markdown]
# The last start is $6 + 2\cdot 1 - 2\cdot(3-1) - 1 = 3$, as in the figure.
#
# **Step 4: stride.** Only every $s$-th start is used: 0, $s$, $2s$, … up to the last start. How many steps of
# $s$ fit into the last start? Divide, and drop the rest. Then add 1 for start 0.

# %% tags=["slide"]
drawing.show_png(
    positions_figure(6, 3, "Stride 2: starts 0 and 2. Square 5 is read by no window", stride=2),
    alt="A row of six squares. The window of three squares has two places with stride 2: starts 0 and 2. "
    "At start 4 it would stick out. Square 5 is read by no window.",
    width=900,
)

# %% [markdown]
# Without stride the last start is 3. Into 3 fits *one* step of 2, and 1 is left over: 1 + 1 = 2 places. What is
# left over is square 5 (purple), which nobody reads. All four steps together:
#
# $$o = \left\lfloor \frac{i + 2p - d(k-1) - 1}{s} \right\rfloor + 1$$
#
# The code says the same in the words of the derivation. It refuses a window that has no legal place.


# %% tags=["builds", "slide"]
def conv_output_size(input_size, kernel_size, stride=1, padding=0, dilation=1):
    """Return how many legal places a window has on one row; ValueError if it has none."""
    span = dilation * (kernel_size - 1) + 1
    last_start = input_size + 2 * padding - span
    if last_start < 0:
        raise ValueError(f"the window spans {span} squares, but the padded row has only {input_size + 2 * padding}.")
    return last_start // stride + 1


# %% [markdown]
# We counted on three rows. Is the code right everywhere? We ask PyTorch, for all combinations of five small
# ranges.

# %%
tried = 0
for i, k, s, p, d in np.ndindex(10, 5, 4, 4, 3):
    size, kernel_size, stride, dilation = i + 1, k + 1, s + 1, d + 1
    if size + 2 * p >= dilation * (kernel_size - 1) + 1:
        pair = torch.zeros(1, 1, size, size), torch.zeros(1, 1, kernel_size, kernel_size)
        theirs = F.conv2d(*pair, stride=stride, padding=p, dilation=dilation).shape[-1]
        assert theirs == conv_output_size(size, kernel_size, stride, p, dilation)
        tried += 1
print(f"{tried:,} legal combinations tried: our size is the size of F.conv2d in all of them.")

# %% [markdown]
# All 1,892 agree. This is not the proof; the counting above is. The test guards against a slip in the code.
#
# ## Walk the window yourself
#
# Move a slider with the mouse, or click it and use the arrow keys. The slider "output square" moves the window;
# the play button walks through all places. The output is compared with `F.conv2d` at every change.

# %%
widgets.convolution_explorer()

# %% tags=["slide"]
drawing.show_png(
    widgets.convolution_twin(),
    alt="The window at four of its 16 places, for input 6, kernel 3, stride 1 and no padding: squares 1, 6, 11 and 16. "
    "Below each place the output as far as it is filled. Every row is 0 1 1 0.",
    width=900,
)

# %% [markdown]
# The still picture shows the explorer as it opens, at four places of the window. It is the first example of
# this lesson: 4×4 squares, and every row becomes 0 1 1 0. Things to try in the explorer:
#
# * Set every example of this lesson: kernel 3, 4, 5; stride 2; padding 1 with zeros, then with ones;
#   dilation 2.
# * Set stride 2 together with padding 1. The output has 3×3 squares. Which numbers stand in its first row?
# * Kernel 3 keeps the size with padding 1. Which padding keeps it for kernel 5? Is there one for kernel 4?
# * Set input 9, kernel 3, stride 4. Walk to the last square. Which rows and columns does nobody read?
# * Set input 3, kernel 5. What does the explorer say?

# %% [markdown]
# ## Break it: what if the stride does not divide?
#
# A row of 6, a window of 3, steps of 2: something was left over. How many windows read each square of the
# picture?

# %% tags=["break-it", "slide"]
print(f"5 squares → {conv_output_size(5, 3, stride=2)}, 6 squares → {conv_output_size(6, 3, stride=2)}")
drawing.show_png(
    coverage_figure(6, 3, 2, "Kernel 3, stride 2: nobody reads 11 of the 36 squares"),
    alt="A 6 × 6 table: how many windows read each square. The last row and the last column are 0, together 11 "
    "squares. The square at row 2, column 2 is read by four windows.",
    width=900,
)

# %% [markdown]
# A picture of 5 and a picture of 6 give the same size, 2. The sixth row and column, 11 of 36 squares, could be
# cut off and the output would be the same. To be sure, we write something terrible there:

# %% tags=["break-it"]
spoiled = picture.clone()
spoiled[-1, :] = spoiled[:, -1] = 1_000_000
change = (slide(spoiled, edge, stride=2) - strided).abs().max().item()
print(f"one million in 11 squares changes the output by {change:.0f}")

# %% [markdown]
# By 0. PyTorch gives no error and no warning. In training, no gradient reaches those squares. The cure: choose
# $k$, $s$, $p$ so that $i + 2p - k$ can be divided by $s$. The DCGANs of this course take $k = 4$, $s = 2$,
# $p = 1$, as PyTorch's example does. Then $i + 2 - 4$ is even for every even $i$, and the size is exactly
# halved:

# %%
ladder = [64]
while ladder[-1] > 4:
    ladder.append(conv_output_size(ladder[-1], 4, stride=2, padding=1))
print(f"kernel 4, stride 2, padding 1: {' → '.join(map(str, ladder))}")

# %% [markdown]
# 64 → 32 → 16 → 8 → 4. These are the sizes inside the discriminator of DCGAN, the network that judges whether a
# picture is real. (The paper names no kernel size. Its authors' code for faces takes $k = 5$, $s = 2$, $p = 2$:
# then $64 + 4 - 5$ is odd, one square of the padding is never read, and the size is halved as well.)
# [Lesson 02](02_transposed_convolution.ipynb) goes the other way.
#
# ## Break it: what if the kernel is larger than the picture?
#
# A 5×5 kernel on a 3×3 picture has no legal place. What does the formula say, and what does PyTorch say?

# %% tags=["break-it", "slide"]
print(f"the formula alone: ⌊(3 + 2·0 − 1·(5 − 1) − 1) / 1⌋ + 1 = {(3 + 2 * 0 - 1 * (5 - 1) - 1) // 1 + 1}")
try:
    F.conv2d(torch.zeros(1, 1, 3, 3), torch.zeros(1, 1, 5, 5))
except RuntimeError as error:
    print("PyTorch:", error)
try:
    conv_output_size(3, 5)
except ValueError as error:
    print("our function:", error)

# %% [markdown]
# The formula alone gives −1, which is not a size. PyTorch refuses, and so do we. Both sentences name the two
# numbers to compare: the span of the window (5) and the *padded* input (3). When you meet this error deep in a
# network, an earlier layer has made the picture too small.

# %% [markdown]
# ## What do the arguments of `Conv2d` mean?
#
# Real pictures have colours. A [**channel**](../GLOSSARY.md#channel) is one sheet of numbers; a colour picture
# has three. Here are two layers, written as people write them, without the names of the arguments. What are the
# names?

# %% tags=["slide"]
names = list(signature(nn.Conv2d).parameters)
for arguments in [(1, 5, 5), (3, 10, 5, 1, 2)]:
    meaning = ", ".join(f"{name} = {value}" for name, value in zip(names, arguments, strict=False))
    print(f"Conv2d{arguments}: {meaning}")

# %% [markdown]
# The first two numbers are channels: how many sheets come in, how many go out. The third is the kernel, then
# stride, then padding. So in `Conv2d(1, 5, 5)` the two fives mean different things.
#
# What happens with several channels? Our `slide` knows only one. We rebuild one output channel of the second
# layer. It has a kernel of its own *for each* input channel. The three results are added. Then one more number,
# the [**bias**](../GLOSSARY.md#bias), is added to every square.

# %%
torch.manual_seed(1)
grey_layer, colour_layer = nn.Conv2d(1, 5, 5), nn.Conv2d(3, 10, 5, 1, 2)
colours = torch.rand(3, 28, 28)
weight, bias = colour_layer.weight.detach(), colour_layer.bias.detach()
channel = sum(slide(F.pad(colours[c], (2, 2, 2, 2)), weight[0, c]) for c in range(3)) + bias[0]
torch.testing.assert_close(channel, colour_layer(colours[None])[0, 0].detach())
print(f"3 sheets, 3 kernels, 1 sum, 1 bias: {channel.numel()} squares, equal to the first channel of PyTorch's output")

# %% [markdown]
# All 784 squares (28·28) agree. Each output channel does this with kernels of its own.
#
# ## How many numbers does a layer learn?
#
# Each output channel has one kernel for each input channel, and one bias. Count them in the figure.

# %% tags=["slide"]
for name, layer in [("Conv2d(1, 5, 5)", grey_layer), ("Conv2d(3, 10, 5, 1, 2)", colour_layer)]:
    outs, ins, k, _ = layer.weight.shape
    counted = sum(parameter.numel() for parameter in layer.parameters())
    print(f"{name}: weight {tuple(layer.weight.shape)}, bias {tuple(layer.bias.shape)}")
    print(f"    {outs} · ({ins} · {k} · {k} + 1) = {outs * (ins * k * k + 1)} parameters; PyTorch counts {counted}")
drawing.show_png(
    weights_figure(colour_layer.weight.shape, "Conv2d(3, 10, 5, 1, 2): 10 columns of 3 · 25 weights and 1 bias"),
    alt="Ten columns, one for each output channel. Each column has three tiles of 5 × 5 squares, one for each input "
    "channel, and one single square below for the bias.",
    width=900,
)

# %% [markdown]
# 130 and 760 [**parameters**](../GLOSSARY.md#parameter). The shape of the weight is (out, in, k, k): there
# *out* comes first, while in the call *in* comes first. Stride and padding are not in the count. The size of
# the picture is not in it either: the same numbers serve every place.
#
# How big are the outputs for pictures of 28×28 (MNIST, handwritten digits) and 32×32 (CIFAR-10, small
# photographs)?

# %%
for size in (28, 32):
    for layer in (grey_layer, colour_layer):
        ins, padding = layer.in_channels, layer.padding[0]
        shape = tuple(layer(torch.zeros(1, ins, size, size)).shape[1:])
        ours = conv_output_size(size, 5, padding=padding)
        print(f"{ins} × {size} × {size}, kernel 5, padding {padding} → {shape}; our formula says {ours}")

# %% [markdown]
# Without padding, 28 becomes 24 and 32 becomes 28: a kernel of 5 costs 4 squares. With padding 2 the size
# stays, because $2p = k - 1$. This is called [**same padding**](../GLOSSARY.md#same-padding). An exercise asks
# what it means for an even kernel.

# %% [markdown]
# ## How much work is a layer?
#
# One square of the output needs one multiplication and one addition for each weight that it uses: a
# [**multiply-add**](../GLOSSARY.md#multiply-add). A square of one output channel uses in · k · k weights. So
# the work is (squares of the output) · out · in · k · k. PyTorch has a counter of its own. It counts a
# multiply-add as 2 operations, and leaves the bias out.

# %% tags=["slide"]
from torch.utils.flop_counter import FlopCounterMode

for layer in (grey_layer, colour_layer):
    for size in (28, 32):
        with FlopCounterMode(display=False) as counter:
            output = layer(torch.zeros(1, layer.in_channels, size, size))
        squares, weights = output[0, 0].numel(), layer.weight.numel()
        assert counter.get_total_flops() == 2 * squares * weights
        print(f"weights {weights} on {size} × {size}: {squares} · {weights} = {squares * weights:,} multiply-adds")

# %% [markdown]
# From 28 to 32 the parameters did not change, but the work grew. Multiply-adds cost time. And memory? Training
# keeps the output of every layer for every picture of the batch, because the gradient needs it. Take the
# discriminator of a 64×64 DCGAN, four layers with 64 to 512 channels, and a batch of 128:

# %%
D = nn.Sequential(*(nn.Conv2d(*ends, 4, 2, 1, bias=False) for ends in ((3, 64), (64, 128), (128, 256), (256, 512))))
weights, maps, size = sum(p.numel() for p in D.parameters()), 0, 64
for layer in D:
    size = conv_output_size(size, 4, stride=2, padding=1)
    maps += 128 * layer.out_channels * size**2
print(f"weights {weights * 4 / 1e6:.0f} MB; outputs of the layers for 128 pictures {maps * 4 / 1e6:.0f} MB")

# %% [markdown]
# The outputs need several times the memory of the parameters. So a batch that does not fit is cured by a
# smaller batch, not by fewer weights.
#
# What does sharing the kernel save? Take a fully connected layer with the same input and output as
# `Conv2d(1, 5, 5)` on 28×28.

# %%
inputs, outputs = 28 * 28, 5 * 24 * 24
connected, shared = inputs * outputs + outputs, 5 * (1 * 5 * 5 + 1)
print(f"fully connected: {connected:,} parameters; convolution: {shared}; {connected // shared:,} times fewer")

# %% [markdown]
# More than two million against 130. This does not show that the convolution can do the same things. It cannot:
# it uses neighbours only, and it must treat every place alike. For pictures this is a good bargain.

# %% [markdown]
# ## How far does one number see?
#
# One square after a 3×3 layer sees 3×3 squares. And after two such layers? The
# [**receptive field**](../GLOSSARY.md#receptive-field) of a number is the part of the input that can change it.
# We can *measure* it: where the input cannot change one output square, the gradient of that square is zero.

# %%
far = torch.zeros(1, 1, 15, 15, requires_grad=True)
ones = torch.ones(1, 1, 3, 3)
F.conv2d(F.conv2d(far, ones), ones)[0, 0, 5, 5].backward()
side = int((far.grad[0, 0].sum(0) != 0).sum())
print(f"two 3×3 layers: one square sees {side} × {side} squares of the input")
print(f"ways from an input square to it: corner {far.grad[far.grad > 0].min():.0f}, centre {far.grad.max():.0f}")

# %% [markdown]
# 5×5, not 6×6 and not 9×9. A corner has 1 way to the output and the centre has 9, because many small windows
# overlap there. So the receptive field says what *can* count. It does not say how much: the middle usually
# counts most.
#
# How does it grow, layer by layer? Look at one row. Start at the top, with one square of the last layer, and go
# down: which squares of the layer before does it need, and which ones do those need?

# %%
drawing.show_png(
    receptive_field_figure([(3, 1), (3, 1), (3, 1)], "Kernel 3, stride 1: each layer adds 2 squares"),
    alt="One square of layer 3 sees three squares of layer 2, five of layer 1 and seven of the input.",
    width=900,
)

# %% tags=["slide"]
drawing.show_png(
    receptive_field_figure(
        [(4, 2), (4, 2), (4, 2)], "Kernel 4, stride 2: each layer adds twice what the last one added"
    ),
    alt="One square of layer 3 sees four squares of layer 2, ten of layer 1 and twenty-two of the input. "
    "Neighbours in layer 2 stand four input squares apart.",
    width=900,
)

# %% [markdown]
# Now count in the other direction, from the input on. (Here both give the same, because the layers are equal.)
# A layer adds $k - 1$ steps. With stride 1 everywhere, a step is one input square: 1, 3, 5, 7. After a layer
# with stride 2, neighbours stand 2 input squares apart; after two such layers, 4. So a later step is longer:
# 1 + 3 = 4, then 4 + 3·2 = 10, then 10 + 3·4 = 22. In code:


# %% tags=["builds"]
def receptive_field(layers):
    """Return how many input squares, in one direction, an output square sees; layers: (kernel_size, stride)."""
    sees, jump = 1, 1  # jump: input squares between two neighbours of this layer
    for kernel_size, stride in layers:
        sees += (kernel_size - 1) * jump
        jump *= stride
    return sees


# %% [markdown]
# Our discriminator for 64×64 pictures has four layers with $k = 4$, $s = 2$ and a last one with $k = 4$,
# $s = 1$. What does a number of each layer see?

# %% tags=["slide"]
layers = [(4, 2), (4, 2), (4, 2), (4, 2), (4, 1)]
for depth in range(1, 6):
    y = far = torch.zeros(1, 1, 94, 94, requires_grad=True)
    for kernel_size, stride in layers[:depth]:
        y = F.conv2d(y, torch.ones(1, 1, kernel_size, kernel_size), stride=stride)
    y[0, 0, 0, 0].backward()
    measured = int((far.grad[0, 0, 0] != 0).sum())
    print(f"layer {depth}: {receptive_field(layers[:depth])} squares by the formula, {measured} by the gradient")

# %% [markdown]
# 4, 10, 22, 46, 94. A number of the first layer judges a patch of 4×4: a corner, a speck. In layer 4 it sees 46
# of 64 squares. The last number sees 94 squares, more than the 64 of the whole picture: in the real network the
# rest is padding. (We measured on a row of 94 without padding, to see all of it.) Small kernels, laid on top of
# each other, go from specks to pictures.

# %% [markdown] jp-MarkdownHeadingCollapsed=true tags=["optional"]
# ## Optional: where does the word come from?
#
# Open this section if you have met the integral elsewhere. A convolution of mathematics takes two functions,
# $f$ and $g$, and makes a third one:
#
# $$(f * g)(t) = \int f(\tau)\, g(t - \tau)\, d\tau$$
#
# Read $g(t - \tau)$ slowly. The letter that runs is $\tau$, and it has a minus sign. So $g$ is **turned
# round**, left for right, and then moved to the place $t$. Multiply with $f$, and take the area: that is one
# number, for one $t$.
#
# Let $f$ be a box: 1 between 0 and 1. Let $g$ be a ramp: it falls from 1 to 0 between 0 and 1. What are the
# numbers for three values of $t$?

# %%
step = 0.001
tau = np.arange(-1, 2, step) + step / 2
f = np.where((0 < tau) & (tau < 1), 1.0, 0.0)
g = lambda u: np.where((0 < u) & (u < 1), 1 - u, 0.0)
areas = {t: np.sum(f * g(t - tau)) * step for t in (0.5, 1.0, 1.5)}
print("area under the product:", ", ".join(f"{area:.3f} at t = {t}" for t, area in areas.items()))

# %%
figure, axes = plt.subplots(1, 3, figsize=(10, 3.6), sharey=True)
for axis, t in zip(axes, areas, strict=True):
    axis.fill_between(tau, f * g(t - tau), color=drawing.COLOURS["peach"], label="f(τ)·g(t−τ)")
    axis.plot(tau, f, color=drawing.COLOURS["ink"], label="f(τ)")
    axis.plot(tau, g(t - tau), color=drawing.COLOURS["orange"], linestyle="--", label="g(t−τ), turned")
    axis.set(title=f"t = {t}: area {areas[t]:.3f}", xlabel="τ (no unit)", ylim=(0, 1.9))
axes[0].set_ylabel("value (no unit)")
axes[0].legend(loc="upper left", fontsize=13)
figure.suptitle("Each place t of the turned ramp gives one area: one number", fontsize=15, fontweight="bold")
drawing.show(
    figure,
    alt="Three panels for t = 0.5, 1 and 1.5. A box stands still. A ramp, turned round so that it rises to the right, "
    "moves to the right. The shaded area under their product is 0.375, then 0.5, then 0.125.",
)

# %% [markdown]
# The dashed ramp **rises** to the right. The function $g$ itself **falls** to the right: it was turned round.
# As $t$ grows, the ramp walks over the box. The area is 0.375, then 0.5, then 0.125.
#
# Something is *turned*, and something *walks*. Networks keep the walking, and leave the turning out.

# %% [markdown] tags=["slide"]
# ## Take-aways
#
# * One output number is one sum of products under one place of the window. Deep learning does not turn the
#   kernel: it computes a cross-correlation.
# * The size is the number of legal places, $\lfloor (i + 2p - d(k-1) - 1)/s \rfloor + 1$. Derive it: the last
#   start, the steps that fit into it, plus one.
# * Padding invents squares, and the invented edge appears in the output.
# * When the stride does not divide, the last squares are not read, and nothing warns you.
# * Parameters: out · (in · k² + 1). They do not depend on the picture. Multiply-adds: all weights again for
#   every square of the output.
# * A layer adds (k − 1) · (product of the earlier strides) to the receptive field.
#
# ## Exercises
#
# [Exercises 01](../exercises/01_convolution_arithmetic.ipynb): sizes by hand and the way back, a convolution by
# hand, same padding, counting, a table of edges from your head, and what one number sees. Each answer is
# checked at once. The [solutions](../solutions/01_convolution_arithmetic.ipynb) explain every answer.
#
# ## Next
#
# [Lesson 02 · Transposed convolution](02_transposed_convolution.ipynb): a generator must make a *bigger*
# picture. How does a convolution do that?
#
# ## Sources
#
# * V. Dumoulin and F. Visin, *A guide to convolution arithmetic for deep learning*, 2016,
#   [arXiv:1603.07285](https://arxiv.org/abs/1603.07285). Relationships 1 to 6 are the steps of our derivation,
#   Relationship 15 is the formula with dilation. The letters i, k, s, p, d are theirs.
# * I. Goodfellow, Y. Bengio and A. Courville, *Deep Learning*, 2016, section 9.1: convolution (equation 9.1)
#   and cross-correlation (equation 9.6).
# * A. Araujo, W. Norris and J. Sim, *Computing Receptive Fields of Convolutional Neural Networks*, Distill,
#   2019: equation 1 and its closed form.
# * W. Luo, Y. Li, R. Urtasun and R. Zemel, *Understanding the effective receptive field in deep convolutional
#   neural networks*, 2016, [arXiv:1701.04128](https://arxiv.org/abs/1701.04128): the middle counts most.
# * A. Radford, L. Metz and S. Chintala, *Unsupervised representation learning with deep convolutional
#   generative adversarial networks*, 2015, [arXiv:1511.06434](https://arxiv.org/abs/1511.06434): strided
#   convolutions in place of pooling.
# * The edge kernels (3×3, 4×4, 5×5; stride 2; padding with zeros and with ones) follow a Korean university
#   lecture on generative models.
