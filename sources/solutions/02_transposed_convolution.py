# ---
# jupyter:
#   jupytext:
#     text_representation:
#       extension: .py
#       format_name: percent
# ---

# %% [markdown]
# # 02 · Exercises: transposed convolution
#
# They belong to [lesson 02](../notebooks/02_transposed_convolution.ipynb). Take about 100 minutes, with paper
# and pencil: 10 for exercise 1, 7 for 2, 12 for 3, 12 for 4, 8 for 5, 6 for 6, 9 for 7, 4 for 8, 8 for 9, 5 for
# 10, 5 for 11, 8 for 12, 6 for 13.
#
# In each exercise you replace one line, `raise NotImplementedError(...)`, by your answer. Then run the check
# below it. A check says ✓, or it says what is wrong; where it recognises the mistake, it gives a hint. Wrong
# answers cost nothing. Folded hints stand above the blanks: click to open.

# %%
import torch
import torch.nn.functional as F

from dcgan_course import drawing
from dcgan_course.checks import lesson_02 as check
from dcgan_course.convolution.arithmetic import conv_matrix
from dcgan_course.convolution.matrix_figures import weight_matrices

# %% [markdown]
# ## 1 · Build C
#
# Write the matrix of a convolution without padding. The picture and the kernel need not be square. The lesson
# laid the kernel on an empty sheet. Do it by counting this time: which *number* has each square of the window?
#
# <details><summary>Hint 1</summary>
# Output (a, b) is row a · W_out + b of C. Its window begins at row a · s and column b · s of the
# picture.</details>
# <details><summary>Hint 2</summary>
# Square (r, c) of the picture is column r · W + c of C. The weight (u, v) of the kernel lies on square (a · s +
# u, b · s + v).</details>


# %% exercise="build-c"
def build_conv_matrix(kernel, input_shape, stride=1):
    """Return C, (H_out · W_out, H · W), for a kernel (k_h, k_w) and a picture of input_shape = (H, W)."""
    ### BEGIN SOLUTION
    height, width = input_shape
    k_h, k_w = kernel.shape
    h_out, w_out = (height - k_h) // stride + 1, (width - k_w) // stride + 1
    matrix = torch.zeros(h_out * w_out, height * width)
    for a in range(h_out):
        for b in range(w_out):
            for u in range(k_h):
                for v in range(k_w):
                    matrix[a * w_out + b, (a * stride + u) * width + b * stride + v] = kernel[u, v]
    return matrix
    ### END SOLUTION


# %% check="build-c"
check.build_conv_matrix(build_conv_matrix)

# %% [markdown] tags=["explanation"]
# **Why.** Two numbers name every entry of C. The row says which output it is for: a · W_out + b. The column
# says which input it takes: (a · s + u) · W + b · s + v. In the row we count with the width of the *output*, in
# the column with the width of the *input*. Most errors here exchange the two.
#
# Another way has no index at all. C is known when we know what it does to each unit picture (one square is 1,
# all others are 0): column n of C is the convolution of unit picture n. So
# `F.conv2d(torch.eye(H * W).view(-1, 1, H, W), kernel[None, None], stride=s).flatten(1).T` is C as well.

# %% [markdown]
# ## 2 · The layer behind a matrix
#
# A layer without padding has 2 × 2 inputs and 5 × 5 outputs. Cᵀ has 25 rows then; to save space the picture
# shows it lying on its side, as C: row n of C is column n of Cᵀ. Which kernel size and which stride has the
# layer? Several layers have these two sizes; only one has this matrix.

# %%
kernel = torch.tensor([[1.0, 2, 3], [4, 5, 6], [7, 8, 9]])  # w₁ … w₉
drawing.show_png(
    weight_matrices({"C": conv_matrix(kernel, (5, 5), stride=2)}, kernel_size=3),
    alt="A matrix with 4 rows and 25 columns. Row 1 has three weights, two empty squares, three weights, two empty "
    "squares, three weights. Row 2 looks the same and begins two columns later; row 3 begins ten columns later.",
    width=960,
)

# %% [markdown]
# Write it for every such matrix. Inputs and outputs are square, there are at least 2 × 2 inputs, and no weight
# is 0.
#
# <details><summary>Hint 1</summary>
# A column of Cᵀ is what one input stamps on an empty output. Lay it out as output_size × output_size
# squares.</details>
# <details><summary>Hint 2</summary>
# The stamp of the second input is the stamp of the first, moved. By how much?</details>


# %% exercise="read-matrix"
def read_layer(matrix, input_size, output_size):
    """Return (kernel_size, stride) of the layer whose Cᵀ, (output_size², input_size²), this is."""
    ### BEGIN SOLUTION
    first, second = (matrix[:, n].view(output_size, output_size) for n in (0, 1))
    kernel_size = int((first[0] != 0).sum())
    stride = int((second[0] != 0).nonzero()[0])
    return kernel_size, stride
    ### END SOLUTION


# %% check="read-matrix"
check.read_layer(read_layer)

# %% [markdown] tags=["explanation"]
# **Why.** Column 1 of Cᵀ belongs to the input in the upper left corner. Laid out as a picture, it shows this
# input's stamp on an empty output: k weights in each of its first k rows. Column 2 belongs to the input to the
# right of it. Its stamp is the same, s squares further to the right. So k and s can be seen.
#
# From the sizes alone they cannot: (2 − 1) · s + k = 5 holds for k = 3, s = 2, and for k = 4, s = 1.
# Transposing turned nothing: the stamp begins with w₁. But read a *row* of Cᵀ that has several weights, from
# left to right: they stand in reverse order. One output collects its inputs with the turned kernel.

# %% [markdown]
# ## 3 · Take the stamps off
#
# Somebody stamped: each input of y put y · kernel on the sheet, and stamps that overlap were added. You get the
# sheet, the kernel and the stride. Find y. Nothing was cut (padding 0), and the first weight of the kernel is
# not 0. y need not be square; the kernel is.
#
# <details><summary>Hint 1</summary>
# Which square of the sheet is covered by one stamp alone? What is its input?</details>
# <details><summary>Hint 2</summary>
# When you know an input, take its stamp off the sheet. Then another square is covered by one stamp
# alone.</details>
# <details><summary>Hint 3</summary>
# y has (side of the sheet − k) / s + 1 rows or columns. Go through the inputs in reading order.</details>


# %% exercise="unstamp"
def unstamp(sheet, kernel, stride=1):
    """Return the inputs y, (H, W), whose stamps (k, k) add up to the sheet."""
    ### BEGIN SOLUTION
    k, rest = len(kernel), sheet.clone()
    height, width = ((side - k) // stride + 1 for side in sheet.shape)
    y = torch.zeros(height, width)
    for a in range(height):
        for b in range(width):
            top, left = a * stride, b * stride
            y[a, b] = rest[top, left] / kernel[0, 0]
            rest[top : top + k, left : left + k] -= y[a, b] * kernel
    return y
    ### END SOLUTION


# %% check="unstamp"
check.unstamp(unstamp)

# %% [markdown] tags=["explanation"]
# **Why.** The upper left corner of the sheet has been reached by one stamp alone, with w₁. So y[0, 0] is this
# number divided by w₁. Take its stamp off: now the corner of the next stamp is free of all earlier ones. Later
# ones begin further to the right or below, and do not reach it.
#
# So a transposed convolution can often be undone. But not by the convolution with the same kernel: that is the
# transpose of the transpose, and gives only the shape back. And the way back is not safe. A small w₁ makes each
# error in the sheet larger, and the next inputs inherit it: try w₁ = 0.01 with a little noise on the sheet.

# %% [markdown]
# ## 4 · The gradient of a convolution
#
# The backward pass of a convolution, written by hand. The forward pass was
# `F.conv2d(x, kernel, stride=s, padding=p)` with x of shape (H, W). g holds the gradient of the loss for each
# of its outputs. Return the gradient for each square of x. Use `F.conv2d` and `F.pad`. Autograd and
# `F.conv_transpose2d` would do the work for you; the check cannot see which way you went. p is never larger
# than k − 1.
#
# Careful: in some of the cases the windows of the convolution did not fit exactly, and squares were left over.
#
# <details><summary>Hint 1</summary>
# It is a transposed convolution of g. In the sliding view: spread, pad, turn, slide with stride 1.</details>
# <details><summary>Hint 2</summary>
# Which shape comes out, and which shape has x? The difference is what the convolution left over.</details>
# <details><summary>Hint 3</summary>
# It left (H + 2p − k) mod s rows over, at the lower end. Where has the spread g to be longer by as
# much?</details>


# %% exercise="input-gradient"
def input_gradient(g, kernel, input_shape, stride=1, padding=0):
    """Return the gradient with respect to x, of input_shape (H, W); g is (H_out, W_out), the kernel (k, k)."""
    ### BEGIN SOLUTION
    k = len(kernel)
    spread = torch.zeros(*((side - 1) * stride + 1 for side in g.shape))
    spread[::stride, ::stride] = g
    p_prime = k - 1 - padding
    bottom, right = ((side + 2 * padding - k) % stride for side in input_shape)
    padded = F.pad(spread, (p_prime, p_prime + right, p_prime, p_prime + bottom))
    return F.conv2d(padded[None, None], kernel.flip(0, 1)[None, None])[0, 0]
    ### END SOLUTION


# %% check="input-gradient"
check.input_gradient(input_gradient)

# %% [markdown] tags=["explanation"]
# **Why.** A square of x lay in several windows, in each with another weight. Its gradient is the sum over these
# windows: weight times the gradient of the window's output. Windows that began later reach it with an *earlier*
# weight. That is why the kernel is turned. They began s squares apart: hence the zeros between the gradients.
#
# What was left over is `output_padding`: so many zeros more at the lower and right end, before the window
# slides. Without padding the squares left over get 0, since no window has seen them. With padding p the rest
# may lie in the zeros that were put around x; then the last squares of x *were* seen, and get a gradient.

# %% [markdown]
# ## 5 · Layers that multiply the size
#
# A generator likes layers that make exactly s · i of every i, whatever i is. Kernel size k and stride s are
# given. Find **all** pairs (padding, output_padding) of such layers. PyTorch wants padding ≥ 0 and 0 ≤
# output_padding < stride. Dilation is 1.
#
# <details><summary>Hint 1</summary>
# The size is (i − 1) · s + k − 2p + output_padding. When is this s · i for every i?</details>
# <details><summary>Hint 2</summary>
# i drops out. Solve for output_padding, and try one padding after the other.</details>


# %% exercise="multiplying-layers"
def multiplying_layers(kernel_size, stride):
    """Return a list of all (padding, output_padding) with which the layer makes stride · i of every i."""
    ### BEGIN SOLUTION
    found = []
    for padding in range(kernel_size):
        output_padding = 2 * padding + stride - kernel_size
        if 0 <= output_padding < stride:
            found.append((padding, output_padding))
    return found
    ### END SOLUTION


# %% check="multiplying-layers"
check.multiplying_layers(multiplying_layers)

# %% [markdown] tags=["explanation"]
# **Why.** (i − 1) · s + k − 2p + o = s · i says o = 2p + s − k, without any i. With 0 ≤ o < s this is k − s ≤
# 2p < k. For kernel 4 and stride 2 there is one layer, (1, 0): DCGAN's. For kernel 5 and stride 2 there is
# (2, 1) alone: an odd kernel needs the one-sided square. Kernel 3 and stride 1 keep the size with (1, 0);
# kernel 4 and stride 1 cannot: 2p would have to be 3.
#
# With a larger stride there are several: kernel 7 and stride 4 have (2, 1) and (3, 3). They differ in where the
# picture lies on the sheet: what is cut at the left, and what is added at the right.

# %% [markdown]
# ## 6 · The price of the zeros
#
# Both views give the same numbers. Do they cost the same? Count the products of two numbers, for one square
# picture with i × i inputs and a k × k kernel, without padding. Stamping: every input is multiplied by every
# weight. Sliding: at each place of the window all its squares are multiplied, also where they hold a zero.
#
# <details><summary>Hint 1</summary>
# How many stamps are there? How many places has the window: how many outputs are there?</details>
# <details><summary>Hint 2</summary>
# The output has (i − 1) · s + k squares along a side.</details>


# %% exercise="price-of-zeros"
def price_of_zeros(input_size, kernel_size, stride):
    """Return (products of the stamping view, products of the sliding view)."""
    ### BEGIN SOLUTION
    output_size = (input_size - 1) * stride + kernel_size
    return input_size**2 * kernel_size**2, output_size**2 * kernel_size**2
    ### END SOLUTION


# %% check="price-of-zeros"
check.price_of_zeros(price_of_zeros)

# %%
for stride in (1, 2, 4):
    stamping, sliding = price_of_zeros(64, 4, stride)
    print(f"64 × 64 inputs, kernel 4, stride {stride}: {stamping:9,} products against {sliding:9,}")

# %% [markdown] tags=["explanation"]
# **Why.** Each input meets each weight once: i² · k² products, and no more are useful. The sliding view makes
# k² of them for each *output*, and there are about s² times as many outputs as inputs. So with stride 2 about
# three of four products are with a zero that was put in. The sliding view is good to think with. Nobody should
# compute in it: libraries stamp, or slide only where inputs are.

# %% [markdown]
# ## 7 · Find the bug: the generator that makes 34
#
# A lecture builds a generator for MNIST (28×28). Its input is one pixel with many channels; four transposed
# convolutions follow, all **without padding**. Every block gets kernel 4. Then the sizes are 1 → 4 → 7 → 16 →
# 34: too large for MNIST.
#
# **7a · The lecture's strides.** First find them out. Which strides make 4, 7, 16 and 34?
#
# <details><summary>Hint</summary>
# Without padding the size is (i − 1) · s + 4. Put i = 4 and the size 7 in, and solve for s.</details>


# %% exercise="lecture-strides"
def lecture_strides():
    """Return the strides of the four blocks, as a list."""
    ### BEGIN SOLUTION
    return [2, 1, 2, 2]
    ### END SOLUTION


# %% check="lecture-strides"
check.lecture_strides(lecture_strides)

# %% [markdown] tags=["explanation"]
# **Why.** (4 − 1)·s + 4 = 7 gives s = 1. (7 − 1)·s + 4 = 16 gives s = 2. (16 − 1)·s + 4 = 34 gives s = 2. The
# first stride cannot be seen from the sizes: a single input has no next one, so every stride makes 4.

# %% [markdown]
# **7b · The repaired generator.** Now repair it: four blocks without padding that end at exactly 28. You may
# change kernels and strides. There is more than one right answer; the check runs your blocks as real layers.
#
# <details><summary>Hint 1</summary>
# Keep the last block, kernel 4 and stride 2, and go backwards: which size does it need, to make 28?</details>
# <details><summary>Hint 2</summary>
# 13 is needed. A block with kernel k and stride 2 makes it from i if 2 · (i − 1) + k = 13. Try k = 3.</details>


# %% exercise="repaired-generator"
def repaired_generator():
    """Return four (kernel_size, stride), first block first; padding is 0 in all of them."""
    ### BEGIN SOLUTION
    return [(3, 2), (4, 1), (3, 2), (4, 2)]
    ### END SOLUTION


# %% check="repaired-generator"
check.repaired_generator(repaired_generator)

# %% [markdown] tags=["explanation"]
# **Why.** With the strides of 7a and the kernels 3, 4, 3, 4 the sizes are 1 → 3 → 6 → 13 → 28. So the strides
# can stay; only two kernels are one square too large. The first extra square becomes two, then four on the way,
# because later strides spread the inputs: 34 − 28 = 6 = 4 + 2.
#
# Such a bug raises no error in the generator. It shows itself later, when a 34×34 picture meets a discriminator
# that expects 28×28, or never (see exercise 8). So print the shape of every layer once, before you train.

# %% [markdown]
# ## 8 · Answers per picture
#
# What does the discriminator say to the 34×34 pictures? The same lecture's discriminator has three
# convolutions, each with kernel 4, stride 2, no padding. What comes out of the last one is its answer: one
# number for "real or fake", if the picture has the right size. How many numbers does it give for **one** square
# picture of a given size?
#
# <details><summary>Hint 1</summary>
# The size of a convolution: ⌊(i − 4) / 2⌋ + 1. Use it three times.</details>
# <details><summary>Hint 2</summary>
# Round down in each layer, in Python with <code>//</code>. 28 becomes 13, and 13 becomes ⌊4.5⌋ + 1 =
# 5.</details>
# <details><summary>Hint 3</summary>
# The output has a height and a width. How many numbers are in a square of side 2?</details>


# %% exercise="answers-per-picture"
def answers_per_picture(image_size):
    """Return how many numbers the discriminator gives for one picture of image_size × image_size."""
    ### BEGIN SOLUTION
    size = image_size
    for _ in range(3):
        size = (size - 4) // 2 + 1
    return size * size
    ### END SOLUTION


# %% check="answers-per-picture"
check.answers_per_picture(answers_per_picture)

# %% [markdown] tags=["explanation"]
# **Why.** 28 → 13 → 5 → 1: one answer, as it should be. 34 → 16 → 7 → 2: a side of 2, so **four** answers for
# one picture. A convolution takes every size, so nothing complains at this place. If the code then flattens the
# answers, a batch of 128 pictures suddenly has 512 answers, and if it averages, each answer looks at another
# part of the picture. Two bugs (7 and 8) can hide each other like this.

# %% [markdown]
# ## 9 · Layers for a wanted size
#
# Now you are the planner. Write a ladder of transposed convolutions for each of the sizes 28, 50 and 96.
#
# * Start at a size from 1 to 8.
# * The stride must divide the kernel size in every layer: no checkerboard from uneven overlap.
# * One layer is (kernel_size, stride, padding, output_padding).
#
# Many answers are right. The check runs your layers as real `nn.ConvTranspose2d`.
#
# <details><summary>Hint 1</summary>
# (4, 2, 1, 0) doubles. Halve the wanted size until it is small enough. 28: 14, 7.</details>
# <details><summary>Hint 2</summary>
# 50: 25, and 25 is odd. (4, 2, 1, 1) makes 2i + 1 of i, so it makes 25 of 12.</details>
# <details><summary>Hint 3</summary>
# A stride of 3 is allowed, too: (3, 3, 0, 0) triples.</details>


# %% exercise="ladders"
def my_ladders():
    """Return {28: (start_size, layers), 50: …, 96: …}; layers is a list of (k, s, p, output_padding)."""
    ### BEGIN SOLUTION
    double = (4, 2, 1, 0)
    return {
        28: (7, [double, double]),
        50: (6, [double, (4, 2, 1, 1), double]),
        96: (4, [(3, 3, 0, 0), double, double, double]),
    }
    ### END SOLUTION


# %% check="ladders"
check.my_ladders(my_ladders)

# %% [markdown] tags=["explanation"]
# **Why.** 7 → 14 → 28. 6 → 12 → 25 → 50: on the way up, 25 is 2 · 12 + 1, and the extra square comes from
# output_padding. 4 → 12 → 24 → 48 → 96: the first layer triples, its stamps of 3 lie side by side and never
# overlap.
#
# The short way in every case: halve from the wanted size down. An even size doubles, and an odd size needs one
# output_padding. This is what `plan_upsampling` of the package does.

# %% [markdown]
# ## 10 · Uneven overlap
#
# Think of one side, far from both ends. Stamps of k squares begin every s squares. Of s neighbouring squares,
# how many stamps reach each? Return s numbers, in any order. The lesson has (3, 2): 1 and 2. Find a rule for
# all k and s.
#
# <details><summary>Hint 1</summary>
# Draw kernel 5 with stride 2: stamps begin at 0, 2, 4, 6. Which of them reach square 6, and which square
# 7?</details>
# <details><summary>Hint 2</summary>
# All s squares together are reached k times.</details>


# %% exercise="overlap"
def overlap(kernel_size, stride):
    """Return how many stamps reach each of `stride` neighbouring squares, as a list."""
    ### BEGIN SOLUTION
    each, more = divmod(kernel_size, stride)
    return [each + 1] * more + [each] * (stride - more)
    ### END SOLUTION


# %% check="overlap"
check.overlap(overlap)

# %% [markdown] tags=["explanation"]
# **Why.** Square m is reached by a stamp that begins at n · s if 0 ≤ m − n · s < k. So we count the numbers
# below k that leave the same rest as m when divided by s: ⌊k/s⌋ of them, and one more for k mod s of the rests.
# Even overlap is k mod s = 0. For kernel 5 and stride 2 that is 2 and 3; in a picture the products 4, 6 and 9.
# A kernel smaller than its stride leaves squares that nothing reaches: (2, 3) gives 1, 1, 0.

# %% [markdown]
# ## 11 · The way back
#
# A convolution with k, s and p takes size i down. Its transposed convolution, with the same k, s and p, shall
# end at i again. Which `output_padding` does it need?
#
# <details><summary>Hint 1</summary>
# How many squares of the padded row are left over behind the last window?</details>
# <details><summary>Hint 2</summary>
# The first window takes k squares of i + 2p; each further one takes s.</details>


# %% exercise="way-back"
def way_back(input_size, kernel_size, stride, padding):
    """Return the output_padding with which ConvTranspose2d gives input_size back."""
    ### BEGIN SOLUTION
    return (input_size + 2 * padding - kernel_size) % stride
    ### END SOLUTION


# %% check="way-back"
check.way_back(way_back)

# %% [markdown] tags=["explanation"]
# **Why.** The convolution divides i + 2p − k by s and throws the rest away. The transposed convolution begins
# from the quotient, so it comes back to i minus the rest. `output_padding` is this rest. It is below s, as
# PyTorch asks.

# %% [markdown]
# ## 12 · Two channels
#
# Real layers have many channels. Write the stamps for several: y is (in, H, W), the weight is (in, out, k, k),
# and the output is (out, H_out, W_out). No padding, and no `F.conv_transpose2d`.
#
# <details><summary>Hint 1</summary>
# Input channel c stamps onto output channel o with the kernel weight[c, o].</details>
# <details><summary>Hint 2</summary>
# One empty sheet for each output channel. Two loops over squares are enough, if you stamp on all output
# channels at once.</details>


# %% exercise="channels"
def stamp_channels(y, weight, stride):
    """Return the transposed convolution of (in, H, W) with (in, out, k, k), as (out, H_out, W_out)."""
    ### BEGIN SOLUTION
    channels, height, width = y.shape
    k = weight.shape[-1]
    sheets = torch.zeros(weight.shape[1], (height - 1) * stride + k, (width - 1) * stride + k)
    for c in range(channels):
        for a in range(height):
            for b in range(width):
                sheets[:, a * stride : a * stride + k, b * stride : b * stride + k] += y[c, a, b] * weight[c]
    return sheets
    ### END SOLUTION


# %% check="channels"
check.with_channels(stamp_channels)

# %% [markdown] tags=["explanation"]
# **Why.** `weight[c]` is (out, k, k): the stamps of input channel c, one for each output channel. Every input
# channel adds its own. The weight is the one of the convolution that goes the other way, from `out` channels to
# `in`: there the first place counts its outputs, here it counts the inputs.

# %% [markdown]
# ## 13 · Are they a pair
#
# Somebody hands you two layers as functions, `there` and `back`, and the shape of x. Both are linear and have
# no bias. Write a test that says whether `back` is the transpose of `there`. You may not look inside, and the
# matrix may be far too large to build.
#
# For any matrix, ⟨C x, y⟩ = ⟨x, Cᵀ y⟩ for **all** x and y, where ⟨a, b⟩ is the sum of the products, square by
# square. The functions compute in float64.
#
# <details><summary>Hint 1</summary>
# All x and y are too many. What happens with random ones, if the two are no pair?</details>
# <details><summary>Hint 2</summary>
# The shape of y is that of <code>there(x)</code>. Compare with a tolerance: sums are rounded.</details>


# %% exercise="pair"
def are_a_pair(there, back, shape):
    """Return True if back(y) is the transpose of there(x), x of the given shape, else False."""
    ### BEGIN SOLUTION
    x = torch.randn(shape, dtype=torch.float64)
    down = there(x)
    y = torch.randn_like(down)
    up = back(y)
    return up.shape == x.shape and torch.allclose((down * y).sum(), (x * up).sum())
    ### END SOLUTION


# %% check="pair"
check.are_a_pair(are_a_pair)

# %% [markdown] tags=["explanation"]
# **Why.** If B is not Cᵀ, then ⟨C x, y⟩ − ⟨x, B y⟩ = ⟨x, (Cᵀ − B) y⟩ is 0 only by chance: for random numbers,
# never. The test costs one pass through each layer. It is how one checks a backward pass that was written by
# hand. Ones in place of random numbers see only the sum of all weights, and a turned kernel has the same sum.
# And an inverse is another thing: doubling has the inverse y/2, and the transpose 2y.
