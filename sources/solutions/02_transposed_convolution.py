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
# They belong to [lesson 02](../notebooks/02_transposed_convolution.ipynb). Take about 90 minutes, with paper
# and pencil.
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
# ## 2 · The letter of Cᵀ
#
# Take a 2×2 kernel and a 3×3 picture. One of these matrices is Cᵀ. The other one is what a slide of a lecture
# would show.

# %%
kernel = torch.tensor([[1.0, 2], [3, 4]])  # w₁ … w₄
drawing.show_png(
    weight_matrices({"A": conv_matrix(kernel.flip(0, 1), (3, 3)).T, "B": conv_matrix(kernel, (3, 3)).T}, kernel_size=2),
    alt="Two matrices with 9 rows and 4 columns. Column 1 of A reads from top to bottom: w4, w3, empty, w2, "
    "w1, and four empty squares. Column 1 of B reads: w1, w2, empty, w3, w4, and four empty squares.",
    width=960,
)

# %% [markdown]
# Which letter is Cᵀ? And in which view does the **turned** kernel appear: when every input *stamps* the kernel,
# or when a kernel *slides* over the padded input?
#
# <details><summary>Hint</summary>
# Column 1 of Cᵀ is row 1 of C. A stamp is a column of Cᵀ; the sum in a window is a row of Cᵀ.</details>


# %% exercise="which-transpose"
def which_is_the_transpose():
    """Return (letter, view): "A" or "B", and "stamp" or "slide"."""
    ### BEGIN SOLUTION
    return "B", "slide"
    ### END SOLUTION


# %% check="which-transpose"
check.which_is_the_transpose(which_is_the_transpose)

# %% [markdown] tags=["explanation"]
# **Why.** Row 1 of C is the kernel laid into the upper left corner: w₁ w₂ _ w₃ w₄ _ _ _ _. Transposing makes a
# column of it and turns nothing. So Cᵀ is B. In a *row* of B, for example row 5, you read w₄ w₃ w₂ w₁: the
# turned kernel. One output collects its inputs with the turned kernel; one input gives itself away with the
# kernel as it is. A is the transpose of another convolution, the one with the turned kernel.

# %% [markdown]
# ## 3 · Stamps
#
# View 1 of the lesson: write the transposed convolution as a sum of stamps, without `F.conv_transpose2d`. The
# input y need not be square; the kernel is.
#
# <details><summary>Hint 1</summary>
# Make an empty sheet for all stamps. How high is it before anything is cut? (H − 1) · s + k.</details>
# <details><summary>Hint 2</summary>
# Two loops over the inputs. Input (a, b) adds y[a, b] · kernel to the k × k squares that begin at (a · s, b ·
# s).
# </details>
# <details><summary>Hint 3</summary>
# At the end cut p squares off each of the four sides. Try your slice with p = 0.</details>


# %% exercise="stamps"
def by_stamping(y, kernel, stride=1, padding=0):
    """Return the transposed convolution of (H, W) with (k, k), as (H_out, W_out)."""
    ### BEGIN SOLUTION
    k = len(kernel)
    height, width = ((side - 1) * stride + k for side in y.shape)
    sheet = torch.zeros(height, width)
    for a in range(y.shape[0]):
        for b in range(y.shape[1]):
            sheet[a * stride : a * stride + k, b * stride : b * stride + k] += y[a, b] * kernel
    return sheet[padding : height - padding, padding : width - padding]
    ### END SOLUTION


# %% check="stamps"
check.by_stamping(by_stamping)

# %% [markdown] tags=["explanation"]
# **Why.** A product with a matrix is the sum of its columns, each times one number of the vector. A column of
# Cᵀ is the kernel on an otherwise empty sheet, and the number is the input. The `+=` is that sum: where two
# stamps overlap, both columns have a weight in this row. With `=` the last stamp wins, and the result is right
# only where nothing overlaps (k ≤ s).
#
# The padding is cut at the end. It has to be `height - padding`: the short `[padding:-padding]` is empty for
# padding 0.

# %% [markdown]
# ## 4 · Sliding
#
# View 2: the same result by sliding. Now `F.conv2d` is allowed, and so is `F.pad`; `F.conv_transpose2d` is not.
# In this exercise the padding is never larger than k − 1.
#
# <details><summary>Hint 1</summary>
# Put s − 1 zeros between neighbours: make an empty sheet of (H − 1) · s + 1 rows, and write y into every s-th
# row and column.</details>
# <details><summary>Hint 2</summary>
# Pad with p′ = k − 1 − p on all four sides. Turn the kernel by 180°: <code>kernel.flip(0, 1)</code>. Slide with
# stride 1.
# </details>
# <details><summary>Hint 3</summary>
# <code>torch.rot90(kernel)</code> turns by 90° only. Turn twice, <code>torch.rot90(kernel, 2)</code>, and you
# have the two flips again. Compare both on a 2×2 kernel.
# </details>


# %% exercise="slide"
def by_sliding(y, kernel, stride=1, padding=0):
    """Return the transposed convolution of (H, W) with (k, k), as (H_out, W_out)."""
    ### BEGIN SOLUTION
    height, width = y.shape
    spread = torch.zeros((height - 1) * stride + 1, (width - 1) * stride + 1)
    spread[::stride, ::stride] = y
    p_prime = len(kernel) - 1 - padding
    padded = F.pad(spread, (p_prime, p_prime, p_prime, p_prime))
    turned = kernel.flip(0, 1)
    return F.conv2d(padded[None, None], turned[None, None])[0, 0]
    ### END SOLUTION


# %% check="slide"
check.by_sliding(by_sliding)

# %% [markdown] tags=["explanation"]
# **Why.** Output square m collects from input n the weight that the stamp of n leaves at m. If the window
# stands with its first square at m, the input that lies *later* in the window has begun its stamp later, so an
# *earlier* weight of it reaches m. That is why the order of the weights is turned round.
#
# The zeros between the inputs hold the stride, so the window itself moves by 1. The corner of the uncut output
# is reached by one input only, with w₁. So the first window overlaps the input in one square, and k − 1 squares
# of it lie outside. To cut p squares off is to begin p squares later: p′ = k − 1 − p.

# %% [markdown]
# ## 5 · The size
#
# How big is the output? Write its size along one side. All arguments are allowed by PyTorch.
#
# <details><summary>Hint 1</summary>
# Think in stamps. How many squares from the first stamp to the last? How many does one (dilated) stamp
# cover?</details>
# <details><summary>Hint 2</summary>
# Do you think of i · s? That is one step too many: between i stamps there are i − 1 steps, and behind the last
# step lies one whole stamp. Kernel 4, stride 2, padding 1 makes i · s, but most layers do not.</details>
# <details><summary>Hint 3</summary>
# Padding cuts at both ends, output_padding adds at one end.</details>


# %% exercise="transposed-size"
def transposed_size(input_size, kernel_size, stride=1, padding=0, output_padding=0, dilation=1):
    """Return the size of the output of a transposed convolution, along one direction."""
    ### BEGIN SOLUTION
    all_steps = (input_size - 1) * stride
    one_stamp = dilation * (kernel_size - 1) + 1
    return all_steps + one_stamp - 2 * padding + output_padding
    ### END SOLUTION


# %% check="transposed-size"
check.transposed_size(transposed_size)

# %% [markdown] tags=["explanation"]
# **Why.** i stamps have i − 1 steps between them, and the last stamp covers d(k − 1) + 1 squares. So (i − 1)s +
# d(k − 1) + 1 squares are covered. Then 2p are cut and output_padding is added.
#
# There is no rounding in it, unlike in the formula of the convolution. All the rounding of a convolution is
# hidden in the choice of output_padding.

# %% [markdown]
# ## 6 · The padding argument and p′
#
# One blog post says that the `padding` argument of `ConvTranspose2d` "is already p′". You know better. Write
# the function that takes the argument to p′: what the zero-inserted input is really padded with.
#
# <details><summary>Hint 1</summary>
# With argument 0 nothing is cut. How many squares of the first window lie outside the input then?</details>
# <details><summary>Hint 2</summary>
# Do you think of k − p? Draw the first window of a kernel of 3: one of its squares lies on the input. Are 3
# squares outside, or 2? How many are outside with dilation 2, the holes counted, too?</details>
# <details><summary>Hint 3</summary>
# Each square that the argument cuts off the output is one zero less. It may go below 0.</details>


# %% exercise="p-prime"
def p_prime(kernel_size, padding, dilation=1):
    """Return p′, for the padding argument of a ConvTranspose2d."""
    ### BEGIN SOLUTION
    return dilation * (kernel_size - 1) - padding
    ### END SOLUTION


# %% check="p-prime"
check.p_prime(p_prime)

# %% [markdown] tags=["explanation"]
# **Why.** The argument is p of the convolution that is transposed. For kernel 3: argument 0 is p′ = 2, and
# argument 2 is p′ = 0. With argument 0 and stride 2, a 2×2 input becomes 5×5 = (2 − 1)·2 − 2·0 + 3. If the post
# were right, it would become 1×1.
#
# The post's other example is a convolution of (1024, 2, 2) with p = 2, s = 1, k = 3, which makes (1024, 4, 4).
# To go back, write the **same** padding: `ConvTranspose2d(1024, 1024, 3, stride=1, padding=2)`. It slides with
# p′ = 0.
#
# For kernel 3 and padding 1, p and p′ are equal. This is why so many people never notice the difference.

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
