# ---
# jupyter:
#   jupytext:
#     text_representation:
#       extension: .py
#       format_name: percent
# ---

# %% [markdown]
# # 01 · Exercises: convolution arithmetic
#
# They belong to [lesson 01](../notebooks/01_convolution_arithmetic.ipynb). Take about 60 minutes, with paper
# and pencil: 12 for exercise 1, 12 for 2, 7 for 3, 9 for 4, 12 for 5, 8 for 6.
#
# In each exercise you replace one line, `raise NotImplementedError(...)`, by your answer. Then run the check
# below it. A check says ✓, or it says what is wrong; where it recognises the mistake, it gives a hint. Wrong
# answers cost nothing. Folded hints stand above the blanks: click to open.

# %%
import torch
import torch.nn.functional as F

from dcgan_course.checks import lesson_01 as check
from dcgan_course.convolution.arithmetic import conv_output_size

# %% [markdown]
# ## 1 · How big is the output?
#
# **1a · Sizes by hand.** Without code: six layers. Draw the row if you are not sure.
#
# | | input | kernel | stride | padding | dilation |
# | --- | --- | --- | --- | --- | --- |
# | a | 28 | 5 | 1 | 0 | 1 |
# | b | 28 | 5 | 1 | 2 | 1 |
# | c | 64 | 4 | 2 | 1 | 1 |
# | d | 28 | 3 | 2 | 1 | 1 |
# | e | 10 | 3 | 1 | 0 | 3 |
# | f | 11 | 4 | 3 | 1 | 2 |
#
# <details><summary>Hint 1</summary>
# How long is the padded row? How many squares does the window span, from its first to its last?</details>
# <details><summary>Hint 2</summary>
# The last start is the padded row minus the span. How many steps of the stride fit into it? Start 0 is a place
# too.
# </details>


# %% exercise="conv-size-by-hand"
def sizes_by_hand():
    """Return the six output sizes, as a dict such as {"a": 1, "b": 2, …}."""
    ### BEGIN SOLUTION
    return {"a": 24, "b": 28, "c": 32, "d": 14, "e": 4, "f": 3}
    ### END SOLUTION


# %% check="conv-size-by-hand"
check.sizes_by_hand(sizes_by_hand)

# %% [markdown] tags=["explanation"]
# **Why.** Padded row − span = last start; then divide by the stride, drop the rest, add 1.
#
# * a: 28 − 5 = 23, so 24. b: 32 − 5 = 27, so 28: padding 2 gives back what a kernel of 5 costs.
# * c: 66 − 4 = 62, and 62 / 2 = 31, so 32: exactly half of 64.
# * d: 30 − 3 = 27, and 27 / 2 = 13 with a rest of 1, so 14. One square of the padding is never read.
# * e: the span is 3·2 + 1 = 7, and 10 − 7 = 3, so 4.
# * f: the span is 2·3 + 1 = 7, and 13 − 7 = 6, and 6 / 3 = 2, so 3.

# %% [markdown]
# **1b · The way back.** The lesson goes from the input to the output. Go back: for which input sizes does a
# convolution give this output size? Return the smallest and the largest.
#
# <details><summary>Hint 1</summary>
# How long is the padded row from the first start to the end of the last window?</details>
# <details><summary>Hint 2</summary>
# How many squares may be left over behind the last window, before one more window fits?</details>


# %% exercise="input-sizes"
def input_sizes(output_size, kernel_size, stride=1, padding=0, dilation=1):
    """Return (smallest, largest): the input sizes whose convolution has this output size."""
    ### BEGIN SOLUTION
    span = dilation * (kernel_size - 1) + 1
    smallest = (output_size - 1) * stride + span - 2 * padding
    return smallest, smallest + stride - 1
    ### END SOLUTION


# %% check="input-sizes"
check.input_sizes(input_sizes)

# %% [markdown] tags=["explanation"]
# **Why.** o places have o − 1 steps between them, and behind the last start lies one whole window: the padded
# row has at least (o − 1)·s + span squares. Up to s − 1 more may be left over, and nobody reads them. With
# stride 1 there is one size only: then the way back is clear.

# %% [markdown]
# ## 2 · A convolution by hand
#
# Write the convolution of deep learning, with stride and zero padding, without `F.conv2d` and without
# `nn.Conv2d`. The picture need not be square; the kernel is. The check compares with `F.conv2d`.
#
# <details><summary>Hint 1</summary>
# First put the border around the picture: <code>F.pad(picture, (p, p, p, p))</code>.</details>
# <details><summary>Hint 2</summary>
# Two loops: over the starts of the rows and over the starts of the columns, <code>range(0, last_start + 1,
# stride)</code>. Inside: cut out the window, multiply, sum.</details>


# %% exercise="convolve"
def convolve(picture, kernel, stride=1, padding=0):
    """Return the convolution of (H, W) with (k, k) as (H_out, W_out), a float tensor."""
    ### BEGIN SOLUTION
    k = len(kernel)
    padded = F.pad(picture, (padding, padding, padding, padding))
    rows, columns = (range(0, size - k + 1, stride) for size in padded.shape)
    return torch.tensor([[(padded[r : r + k, c : c + k] * kernel).sum() for c in columns] for r in rows])
    ### END SOLUTION


# %% check="convolve"
check.convolve(convolve)

# %% [markdown] tags=["explanation"]
# **Why.** The window is cut out as it lies, and multiplied with the kernel as it is: nothing is turned. The end
# of the range is `size - k + 1`, because `range` leaves out its end and the last start is `size - k`. A size
# that does not divide needs no special case: `range` stops by itself.
#
# A second way has no loop over places. It loops over the k·k numbers of the kernel, and adds up moved copies of
# the picture. That is faster in Python, because k·k is small. Both give the same sums in another order.

# %% [markdown]
# ## 3 · Same padding
#
# With stride 1, how much padding keeps the size of the picture? Give it for both sides: how many squares
# *before* (left, top) and *after* (right, bottom). For an odd kernel the two are equal. For an even kernel they
# may not be; then put the extra square *after*, as PyTorch's `padding="same"` does.
#
# <details><summary>Hint 1</summary>How many squares does the row lose without padding, with a dilated
# kernel?</details>
# <details><summary>Hint 2</summary>Share that number between the two sides, in whole squares.</details>


# %% exercise="same-padding"
def same_padding(kernel_size, dilation=1):
    """Return (before, after): the padding that keeps the size when the stride is 1."""
    ### BEGIN SOLUTION
    lost = dilation * (kernel_size - 1)
    before = lost // 2
    return before, lost - before
    ### END SOLUTION


# %% check="same-padding"
check.same_padding(same_padding)

# %% [markdown] tags=["explanation"]
# **Why.** The row loses span − 1 = d·(k − 1) squares. The padding must bring back exactly as many, on both
# sides together. For odd k this number is even and each side gets half: (k − 1)/2 with dilation 1.
#
# For even k and odd d it is odd. `Conv2d(..., padding=p)` puts p on *both* sides and cannot do it: with k = 4,
# p = 1 the size is one too small, with p = 2 one too large. You need `F.pad` with two different numbers (or
# `padding="same"`). This is one reason why odd kernels are usual where the size shall stay. The DCGANs of this
# course use the even kernel 4 with stride 2, where the size shall be halved.

# %% [markdown]
# ## 4 · Parameters and multiply-adds
#
# **4a · The parameters.** How many numbers does `Conv2d(in_channels, out_channels, kernel_size, bias=...)`
# learn?
#
# <details><summary>Hint</summary>How many k × k kernels are there? How many biases?</details>


# %% exercise="parameters"
def parameters(in_channels, out_channels, kernel_size, bias=True):
    """Return the number of parameters of a Conv2d."""
    ### BEGIN SOLUTION
    weights = out_channels * in_channels * kernel_size**2
    return weights + out_channels if bias else weights
    ### END SOLUTION


# %% check="parameters"
check.parameters(parameters)

# %% [markdown] tags=["explanation"]
# **Why.** Every output channel has its own kernel for every input channel: out · in kernels of k · k. The
# results of the input channels are added, and then one bias is added: one for each output channel.

# %% [markdown]
# **4b · The multiply-adds.** How many multiply-adds does it need for one square picture of `input_size`? One
# multiplication together with its addition counts as one. The bias does not count.
#
# <details><summary>Hint 1</summary>How many multiply-adds are in one square of one output channel?</details>
# <details><summary>Hint 2</summary>How many squares does the output have? The lesson wrote that function:
# <code>conv_output_size</code>.</details>


# %% exercise="multiply-adds"
def multiply_adds(in_channels, out_channels, kernel_size, input_size, stride=1, padding=0):
    """Return the number of multiply-adds of a Conv2d on one picture (in_channels, input_size, input_size)."""
    ### BEGIN SOLUTION
    side = conv_output_size(input_size, kernel_size, stride, padding)
    return side * side * out_channels * in_channels * kernel_size**2
    ### END SOLUTION


# %% check="multiply-adds"
check.multiply_adds(multiply_adds)

# %% [markdown] tags=["explanation"]
# **Why.** One square of one output channel is a sum of in · k · k products. There are out channels and side ·
# side squares. The size of the *output* counts, not that of the input: with stride 2 the work is a quarter, and
# the parameters stay the same.

# %% [markdown]
# ## 5 · The table of edges
#
# Predict six outputs, all rows of each, from your head. The picture is 6×6. It is not the one of the lesson:
# only the two columns in the **middle** are 1, all others are 0. The kernel has 1 in its first column, −1 in
# its last, and is divided by its width. The helper repeats a row: `alike([0, 1], 2)` is `[[0, 1], [0, 1]]`, and
# lists are joined with `+`.
#
# <details><summary>Hint 1</summary>
# Without padding every row is like the others. Write one row: where does the window stand across the
# edge?</details>
# <details><summary>Hint 2</summary>
# With padding the first and the last row are different: one row of the window lies on the border.</details>


# %%
def alike(row, times):
    """Return `times` equal rows."""
    return [list(row) for _ in range(times)]


# %% exercise="table-of-edges"
def table_of_edges():
    """Return a dict with the six outputs; each is a list of rows.

    The keys: "3x3", "4x4", "5x5", "3x3, stride 2", "3x3, padding 1 with zeros", "3x3, padding 1 with ones".
    """
    ### BEGIN SOLUTION
    most = 2 / 3  # two of the three rows of the window lie on the picture
    zeros_border, ones_border = [0, -most, -most, most, most, 0], [most, -most, -most, most, most, -most]
    return {
        "3x3": alike([-1, -1, 1, 1], 4),
        "4x4": alike([-1, 0, 1], 3),
        "5x5": alike([0, 0], 2),
        "3x3, stride 2": alike([-1, 1], 2),
        "3x3, padding 1 with zeros": [zeros_border, *alike([0, -1, -1, 1, 1, 0], 4), zeros_border],
        "3x3, padding 1 with ones": [ones_border, *alike([1, -1, -1, 1, 1, -1], 4), ones_border],
    }
    ### END SOLUTION


# %% check="table-of-edges"
check.table_of_edges(table_of_edges)

# %% [markdown] tags=["explanation"]
# **Why.** In one row: the first number under the window minus the last, divided by the width; then the same for
# every row of the window, and added. So every row of the window that lies on the picture brings (left −
# right)/k.
#
# * 3×3: starts 0 and 1 have 0 on the left and 1 on the right, −1; starts 2 and 3 have it the other way round.
# * 4×4: starts 0 and 2 see one side of the bar each; start 1 has 0 on both sides, and the bar lies on the two
#   columns of the kernel that are 0.
# * 5×5: both places have 0 at both ends. This kernel does not see the bar at all.
# * Stride 2: starts 0 and 2 of −1 −1 1 1.
# * Zeros around: the outermost starts have 0 on both sides. In the first and the last row one of three rows
#   lies on the padding, which brings 0 − 0: two thirds.
# * Ones around: the first start has 1 on the left (padding) and 0 on the right: a false edge of +1, and −1 at
#   the other end. In the first and the last row, the row on the padding brings 1 − 1 = 0: again two thirds.

# %% [markdown]
# ## 6 · What one number sees
#
# A network is a list of layers, each (kernel_size, stride, padding), the first layer first. Look at one row.
# Which squares of the **input** does output square `place` see? Return the numbers of the first and of the last
# one. Squares are counted from 0; a square of the padding on the left has a number below 0, and it counts.
#
# <details><summary>Hint 1</summary>
# Go back, the last layer first. The window of square n begins at square n · s of the padded row.</details>
# <details><summary>Hint 2</summary>
# Square 0 of the padded row is square −p of the picture. A window that begins at a ends at a + k − 1.</details>


# %% exercise="seen"
def seen(layers, place):
    """Return (first, last): the input squares that output square `place` sees."""
    ### BEGIN SOLUTION
    first = last = place
    for kernel_size, stride, padding in reversed(layers):
        first = first * stride - padding
        last = last * stride - padding + kernel_size - 1
    return first, last
    ### END SOLUTION


# %% check="seen"
check.seen(seen)

# %% [markdown] tags=["explanation"]
# **Why.** The first square seen is where the window of the first square begins, and the last is where the
# window of the last one ends. Padding moves both by the same amount, so it changes where a number looks and not
# how much. The last number of the discriminator of a 64×64 DCGAN sees squares −15 to 78: all 64, and 15
# invented ones on each side.
