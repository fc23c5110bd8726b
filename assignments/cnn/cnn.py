# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Convolutional nets
#
# If you shuffle the pixels of all images in the same way, a fully connected net learns equally well: it does not know
# that pixels have neighbours. In this notebook you build layers that do know it. A convolution looks at one small
# window at a time, with the same few weights everywhere. Pooling keeps the strongest response in a neighbourhood.
#
# **You will be able to**
#
# - compute a convolution by hand, for any stride and padding, and predict the size of its output;
# - send a gradient back through windows that overlap, and through a maximum;
# - say which input pixels affect an output pixel, and which information pooling removes;
# - build a convolutional net, test it before you train it, and train it;
# - normalize images over channels and over groups of channels, and say what the difference is.
#
# **It builds on** layers as pairs of functions (`fc_net`) and batch normalization (`batchnorm`). Their layers are in
# your copy of the library. **What is new**: layers that know which pixels are neighbours, and one weight that is used in many
# places. **It takes** about six hours, including some minutes of computing time. You write eight
# functions in `nndl/layers/` and a net in `nndl/cnn.py`.
#
# ![Three pictures side by side: a photograph, the portrait of Grace Hopper; the grey response of a filter to it, in which edges
# that run from top to bottom stand out in white and black; and an image of 32 by 32 pixels in which a grey square marks the
# pixels that one output pixel of a small net depends on.](images/goal.png)
#
# *What you will have made: a convolution that responds to edges, and nets of them, each of whose outputs depends on a window of
# the image. (Portrait of Grace Hopper: U.S. Navy, public domain.)*

# %% [markdown]
# ## How to work with this notebook
#
# Each part has the same rhythm: **the idea**, **an example with numbers**, **the task**, and **a check**. Open the file
# that a task names beside this notebook. Where you find
#
# ```python
# # YOUR CODE HERE
# raise NotImplementedError(...)
# ```
#
# replace both lines. The docstring above them is the contract: what comes in, what must come out. Save the file and run
# the check again; you do not need to restart anything.
#
# | task | what you write | file in `nndl/` | checks | points |
# |---|---|---|---|---|
# | 1 | `conv_forward_naive` | `layers/convolution.py` | `conv_forward` | 5 |
# | 2 | `conv_backward_naive` | `layers/convolution.py` | `conv_backward` | 8 |
# | 3 | `max_pool_forward_naive`, `max_pool_backward_naive` | `layers/pooling.py` | `max_pool_forward`, `max_pool_backward` | 2 + 3 |
# | 4 | `ThreeLayerConvNet.__init__` | `cnn.py` | `initial_params` | 2 |
# | 5 | `ThreeLayerConvNet.loss` | `cnn.py` | `convnet_scores`, `convnet_loss`, `convnet_gradients` | 2 + 2 + 3 |
# | 6 | nothing: you train the net and hand it in | here | `trained_convnet` | 3 |
# | 7 | `spatial_batchnorm_forward`, `spatial_batchnorm_backward` | `layers/spatial_norm.py` | of the same names | 2 + 3 |
# | 8 | `spatial_groupnorm_forward`, `spatial_groupnorm_backward` | `layers/spatial_norm.py` | of the same names | 2 + 3 |
# | Q1, Q2 | a few sentences each | here | a person reads them | 3 each |
#
# The checks here use a few fixed numbers and are meant to help: each says what is wrong and where to look. The points are
# given by a grader that asks your functions for other inputs, so a function that only satisfies the check will not
# satisfy the grader.
#
# [![Open Google Colab, and upload this notebook there](images/colab.svg)](https://colab.research.google.com/#create=true)
# **In Google Colab**: *File → Upload notebook*, put the folder of this assignment, packed as `cnn.zip`, among the files
# on the left, and run the next cell first. In **VS Code**, open the folder, then the notebook, and choose its environment under
# *Select Kernel*. The `README.md` says how to set it up.

# %% cellView="form" jupyter={"source_hidden": true} nbgrader={"grade": false, "grade_id": "colab", "locked": true, "schema_version": 3, "solution": false, "task": false} tags=["skip-at-grading"]
# @title In Google Colab only: unpack the folder, and install what is missing
import os
import subprocess
import sys
import zipfile
from pathlib import Path

if "google.colab" in sys.modules and not Path("nndl").is_dir():
    if not Path("cnn.zip").is_file():
        raise FileNotFoundError("upload cnn.zip to the files on the left, then run this cell again")
    with zipfile.ZipFile("cnn.zip") as packed:
        packed.extractall()
    if Path("cnn").is_dir():
        os.chdir("cnn")
    sys.path.insert(0, str(Path.cwd()))
    subprocess.run([sys.executable, "-m", "pip", "install", "-q", "-r", "requirements-loose.txt"], check=True)

# %% nbgrader={"grade": false, "grade_id": "setup", "locked": true, "schema_version": 3, "solution": false, "task": false}
# The tools of this notebook. Run this cell first; there is nothing to change in it.
# %load_ext autoreload
# %autoreload 2

import os
import time

import matplotlib.pyplot as plt
import numpy as np

from nndl import fast_layers, layers
from nndl.checking import cnn as check
from nndl.cnn import ThreeLayerConvNet
from nndl.data_utils import get_CIFAR10_data, load_photographs
from nndl.explore.cnn import norm_axes
from nndl.explore.cnn.long_training import WatchedSolver
from nndl.explore.shared.training import LiveSolver
from nndl.gradient_check import eval_numerical_gradient, eval_numerical_gradient_array, rel_error
from nndl.layer_utils import (
    conv_relu_backward,
    conv_relu_forward,
    conv_relu_pool_backward,
    conv_relu_pool_forward,
)
from nndl.notebook_helpers import print_mean_std, show
from nndl.vis_utils import visualize_grid

# %matplotlib inline

# Colours that colour-blind people can distinguish (Okabe and Ito), each with its own line style.
BLUE, ORANGE, GREEN = "#0072B2", "#D55E00", "#009E73"
plt.rcParams["axes.prop_cycle"] = plt.cycler(color=[BLUE, ORANGE, GREEN], linestyle=["-", "--", ":"])
plt.rcParams["figure.constrained_layout.use"] = True

SEED = 231  # for all random numbers, so that a second run gives the same results
OFFLINE = os.environ.get("NNDL_DATA") == "offline"  # whether the images are the drawn ones
check.progress

# %% [markdown]
# ## 1 Convolution
#
# ### The idea
#
# Put a small matrix of weights, a **filter**, on a part of the image. Multiply each weight by the pixel under it, and
# add the products: that is *one* output pixel. Move the filter by the **stride** and do it again. If the image has
# several channels, the filter has one matrix for each channel, and the sum runs over all of them. With $F$ filters you
# get $F$ output channels.
#
# At the edge, a part of the filter would be outside the image. So the image first gets a border of **padding**, rows
# and columns of zeros. Look at this before you continue to read. Move the step slider, then change stride and padding.
# (With the keyboard: press Tab to reach a slider. Home, End, Page Up and Page Down move it; in JupyterLab the arrow
# keys do, too. Jupyter Notebook uses the arrow keys to move between cells. For single steps, press Tab until you reach
# *step back* or *step on*, and press the space bar.)
#
# - How many steps does a row take with stride 2 and no padding, and how many with stride 3? What happens to the last
#   column?
# - Which padding keeps the size of the image, for a filter of 3 × 3 and stride 1?
# - Choose *one to the left*. In which direction does the picture move, and why not in the other direction?

# %% nbgrader={"grade": false, "grade_id": "explorer_convolution", "locked": true, "schema_version": 3, "solution": false, "task": false} tags=["skip-at-grading"]
from nndl.explore.cnn.convolution import explore as explore_convolution

explore_convolution()

# %% [markdown]
# ### As a formula
#
# With $x'$ for the padded images, $P$ rows of padding on each side, stride $s$, and filters $w$ of $K \times M$ weights:
#
# $$
# \underset{(N, F, H', W')}{y_{nfij}} = b_f + \sum_{c} \sum_{k=0}^{K-1} \sum_{m=0}^{M-1}
#   \underset{(N, C, H + 2P, W + 2P)}{x'_{n,\,c,\,is + k,\,js + m}}\; \underset{(F, C, K, M)}{w_{fckm}}
# $$
#
# Both indices grow in the same direction. (In mathematics, the filter of a convolution is first turned around. Networks
# learn their filters, so this makes no difference.) The window of the last output row begins at row $(H' - 1)s$ and
# must end inside the padded image, which gives
#
# $$
# H' = 1 + \left\lfloor \frac{H + 2P - K}{s} \right\rfloor, \qquad W' = 1 + \left\lfloor \frac{W + 2P - M}{s} \right\rfloor .
# $$
#
# Rows and columns that remain at the lower and right edge do not fill a whole window and are not used.
#
# ### By hand
#
# One image, one channel, one filter of 2 × 2, bias 1, stride 1, no padding:
#
# $$
# x = \begin{pmatrix} 1 & 2 & 0 \\ 0 & 1 & 3 \\ 2 & 1 & 0 \end{pmatrix}, \quad
# w = \begin{pmatrix} 1 & 2 \\ 0 & -1 \end{pmatrix}, \quad b = 1
# \qquad\Rightarrow\qquad y = \begin{pmatrix} 5 & 0 \\ 2 & 8 \end{pmatrix}
# $$
#
# The first entry is $1 \cdot 1 + 2 \cdot 2 + 0 \cdot 0 + 1 \cdot (-1) + 1 = 5$. Compute the other three by hand: ten
# minutes now save an hour of debugging later. With padding 1, the output has $1 + (3 + 2 - 2)/1 = 4$ rows, and its
# first entry is $1 \cdot (-1) + 1 = 0$: only one of the four weights is on the image.

# %% [markdown]
# ### Task 1: `conv_forward_naive`
#
# - **In:** `x` $(N, C, H, W)$, `w` $(F, C, K, M)$, `b` $(F,)$ and `conv_param`, a dict with `stride` and `pad`. The
#   lines above your part check them and compute `stride`, `pad`, `out_height` and `out_width` for you.
# - **Out:** `out` $(N, F, H', W')$, in the dtype that NumPy gives a product of the arguments.
# - *Naive* means: loops are allowed. Cut out one window at a time and let NumPy sum the products. `np.pad` takes a pair
#   of numbers for each axis.
# - Do not change `x`, `w` or `b`.
# - Write the computation yourself: when this function is graded, `nndl.fast_layers` and the modules it uses are not
#   available.

# %% nbgrader={"grade": true, "grade_id": "conv_forward", "locked": true, "points": 5, "schema_version": 3, "solution": false, "task": false}
check.conv_forward()

# %% [markdown]
# ### What a filter responds to
#
# CIFAR-10's images are so small that it is hard to see what a filter does to them. So the next cell applies two filters, set
# by hand, to two photographs of 200 × 200 pixels (both from one portrait, which is in the public domain). The first filter
# mixes red, green and blue to grey. The second looks at the blue channel only. Its upper row is positive and its lower row
# negative. **Before you run it**: where will the response of the second one be light, where dark, and where mid-grey?
#
# The photographs are padded with copies of their own border pixels. With the zeros of your layer, black pixels would stand
# next to the picture, and the edge filter would answer to this made-up edge with a light line at the bottom and a dark one
# at the top, or the other way round: try it, with `"pad": 1` and `pictures` in place of `padded`.

# %% nbgrader={"grade": false, "grade_id": "filters_by_hand", "locked": true, "schema_version": 3, "solution": false, "task": false} tags=["skip-at-grading"]
pictures, credit = load_photographs()
padded = np.pad(pictures.astype(np.float64), ((0, 0), (0, 0), (1, 1), (1, 1)), mode="edge")
filters = np.zeros((2, 3, 3, 3))
filters[0, :, 1, 1] = (0.3, 0.6, 0.1)  # one weight for each colour, in the middle of the window
filters[1, 2] = [[1, 2, 1], [0, 0, 0], [-1, -2, -1]]
seen, _ = layers.conv_forward_naive(padded, filters, np.array([0.0, 128.0]), {"stride": 1, "pad": 0})
print(credit)

# %% cellView="form" jupyter={"source_hidden": true} nbgrader={"grade": false, "grade_id": "filters_figure", "locked": true, "schema_version": 3, "solution": false, "task": false} tags=["skip-at-grading"]
# @title Draw what the filters answer
figure, axes = plt.subplots(2, 3, figsize=(9, 6.2))
for row, (picture, answers) in enumerate(zip(pictures, seen, strict=True)):
    axes[row, 0].imshow(picture.transpose(1, 2, 0))
    for column in (0, 1):
        axes[row, column + 1].imshow(np.clip(answers[column], 0, 255), cmap="gray", vmin=0, vmax=255)
for ax, title in zip(axes[0], ("photograph", "grey filter", "edge filter"), strict=True):
    ax.set_title(title)
for ax in axes.flat:
    ax.set(xlabel="column", ylabel="row", xticks=[], yticks=[])
show(
    figure,
    "Two photographs, a portrait and a flag, in three columns: the photograph, a grey version of it, and the response "
    "of the edge filter, mid-grey with light and dark lines along edges that run from left to right.",
)

# %% [markdown]
# ## 2 The backward pass
#
# ### The idea
#
# Read the formula of $y_{nfij}$ once more. This time ask for each number *where it was used*.
#
# - The **bias** $b_f$ was added to every output of filter $f$.
# - The **weight** $w_{fckm}$ was used in every window, each time with a different pixel.
# - The **pixel** $x'_{ncpq}$ was in several windows, each time under a different weight.
#
# If a number is used several times, its gradient is the *sum* of the gradients from all its uses:
#
# $$
# \frac{\partial L}{\partial b_f} = \sum_{n,i,j} \mathrm{dout}_{nfij}, \qquad
# \frac{\partial L}{\partial w_{fckm}} = \sum_{n,i,j} \mathrm{dout}_{nfij}\; x'_{n,\,c,\,is+k,\,js+m},
# $$
# $$
# \frac{\partial L}{\partial x'_{ncpq}} = \sum_{f} \sum_{\substack{i,\,k:\; is + k = p \\ j,\,m:\; js + m = q}} \mathrm{dout}_{nfij}\; w_{fckm}.
# $$
#
# The last sum looks difficult, because it asks for all windows that contain a given pixel. Do it the other way round:
# go over the windows as in the forward pass, and let each window **add** its share, $\mathrm{dout}_{nfij}\, w_f$, to
# all the pixels it covers. At the end, cut off the padding: nobody needs the gradient of the zeros that you added.
#
# ### By hand
#
# We take the image and the filter from above, and the upstream gradient
# $\begin{pmatrix} 1 & 0 \\ 2 & -1 \end{pmatrix}$:
#
# $$
# \mathrm{db} = 1 + 0 + 2 - 1 = 2, \quad
# \mathrm{dw} = \begin{pmatrix} 0 & 1 \\ 3 & 3 \end{pmatrix}, \quad
# \mathrm{dx} = \begin{pmatrix} 1 & 2 & 0 \\ 2 & 2 & -2 \\ 0 & -2 & 1 \end{pmatrix}
# $$
#
# The pixel in the middle is in all four windows, under a different weight in each:
# $1 \cdot (-1) + 0 \cdot 0 + 2 \cdot 2 + (-1) \cdot 1 = 2$.

# %% [markdown]
# ### Task 2: `conv_backward_naive`
#
# - **In:** `dout` $(N, F, H', W')$, and the cache of the forward pass.
# - **Out:** `dx`, `dw`, `db` in the shapes of `x`, `w`, `b`. All three are float32 if the arguments are.
# - Arrays to which you add must start as zeros. Be careful with the slice that cuts off the padding: it must work for
#   `pad = 0`, too.

# %% nbgrader={"grade": true, "grade_id": "conv_backward", "locked": true, "points": 8, "schema_version": 3, "solution": false, "task": false}
check.conv_backward()

# %% [markdown]
# ## 3 Max pooling
#
# ### The idea
#
# A filter gives a response at every place. Often it is enough to know that there was a strong response *somewhere near
# this place*. Max pooling takes the largest entry of each window, in each channel separately. It has no parameters. It
# makes images smaller, and its output hardly changes if an edge moves by one pixel.
#
# In the backward pass, only a change of the largest entry would have changed the output. So this entry gets all of the
# upstream gradient, and the others get 0. If several entries are equally large, we must choose one. We choose **the
# first one in row-major order**: row by row, from left to right. After a ReLU, with many zeros, this happens often.
#
# ### By hand
#
# Windows of 2 × 2 with stride 2:
#
# $$
# x = \begin{pmatrix} 1 & 2 & 0 & 5 \\ 3 & 4 & 4 & 1 \\ -1 & -1 & 3 & 0 \\ -4 & -2 & 3 & 3 \end{pmatrix}
# \;\Rightarrow\; y = \begin{pmatrix} 4 & 5 \\ -1 & 3 \end{pmatrix}, \qquad
# \mathrm{dout} = \begin{pmatrix} 1 & 2 \\ 3 & 4 \end{pmatrix}
# \;\Rightarrow\; \mathrm{dx} = \begin{pmatrix} 0 & 0 & 0 & 2 \\ 0 & 1 & 0 & 0 \\ 3 & 0 & 4 & 0 \\ 0 & 0 & 0 & 0 \end{pmatrix}
# $$
#
# Look at the two lower windows, one with two entries $-1$ and one with three entries 3: the first of them gets the
# whole gradient. And note that the maximum of a window can be negative.
#
# ### Task 3: `max_pool_forward_naive` and `max_pool_backward_naive`
#
# - Forward: the inputs are `x` $(N, C, H, W)$ and `pool_param` with `pool_height`, `pool_width` and `stride`. The
#   output is the maxima $(N, C, H', W')$ in the dtype of `x`. There is no padding.
# - Backward: `dx` in the shape of `x` and the dtype of `dout`. Windows may **overlap** (if the stride is smaller than
#   the window): then one entry may be the largest of two windows.
# - `np.argmax` of a flattened window returns the first maximum; `np.unravel_index` turns its number into row and column.

# %% nbgrader={"grade": true, "grade_id": "max_pool_forward", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
check.max_pool_forward()

# %% nbgrader={"grade": true, "grade_id": "max_pool_backward", "locked": true, "points": 3, "schema_version": 3, "solution": false, "task": false}
check.max_pool_backward()

# %% [markdown]
# ### The receptive field
#
# Stack these layers: a convolution, a pooling, a convolution, and so on. The input pixels that can affect one output
# pixel are its **receptive field**. Each layer makes it wider by (window size − 1) times the **jump**. The jump is the
# distance, in input pixels, between two neighbouring entries of the layer's input. Strides and pooling multiply the
# jump.
#
# On the left below you see an input of 32 × 32 pixels. A pixel is darker if more paths lead from it to one output
# pixel. On the right you see which entries of a small matrix pooling keeps. Nothing is graded here. Find out:
#
# - Without pooling, how many 3 × 3 convolutions have the same receptive field as one 7 × 7 convolution? How many
#   weights is that, for one channel?
# - How many 3 × 3 convolutions, each followed by 2 × 2 pooling, do you need to cover the whole image? And how many
#   without any pooling? (The slider ends before that. Calculate it.)
# - Is every pixel of a receptive field equally important? What does the picture show?
# - Compare 2 × 2 pooling with stride 2 and 3 × 3 pooling with stride 2: which one keeps more of the entries?

# %% nbgrader={"grade": false, "grade_id": "explorer_field", "locked": true, "schema_version": 3, "solution": false, "task": false} tags=["skip-at-grading"]
from nndl.explore.cnn.receptive_field import explore as explore_field

explore_field()

# %% [markdown]
# ## 4 The same, but fast
#
# Your functions are correct, but far too slow for training. A Python loop that calls NumPy runs at most a few hundred
# thousand times per second, and in that time the processor could multiply several billion numbers. `nndl.fast_layers`
# has the same four functions without Python loops. They give the same numbers as yours.
#
# How is that possible? The page [Fast convolution](../../docs/fast-convolution.md), which comes with this notebook,
# explains it step by step. It removes one cause of waiting after another, from loops in Python to the speed of the
# processor.
#
# The next cell measures the times of both on 100 images, forward and backward, and checks that they agree. Your loops may take
# half a minute. (If it prints `numpy`, the compiled kernels are
# not built. Then run `python -m nndl build` in the folder of this notebook, with a C compiler, and restart the kernel.
# Everything works without the compiled kernels, but more slowly.)


# %% nbgrader={"grade": false, "grade_id": "race", "locked": true, "schema_version": 3, "solution": false, "task": false} tags=["skip-at-grading"]
def seconds(function, *arguments, repeat=1):
    """Return the shortest time of some calls, and what the function returned."""
    times = []
    for _ in range(repeat):
        start = time.perf_counter()
        result = function(*arguments)
        times.append(time.perf_counter() - start)
    return min(times), result


IMAGES = 100
random = np.random.default_rng(SEED)
x, w, b = random.normal(size=(IMAGES, 3, 31, 31)), random.normal(size=(25, 3, 3, 3)), random.normal(size=25)
images = random.normal(size=(IMAGES, 3, 32, 32))
conv_param, pool_param = {"stride": 2, "pad": 1}, {"pool_height": 2, "pool_width": 2, "stride": 2}

race = {}
for name, arguments in {"conv": (x, w, b, conv_param), "max_pool": (images, pool_param)}.items():
    forward = [getattr(layers, f"{name}_forward_naive"), getattr(fast_layers, f"{name}_forward_fast")]
    backward = [getattr(layers, f"{name}_backward_naive"), getattr(fast_layers, f"{name}_backward_fast")]
    (slow, (out, cache)), (fast, (fast_out, fast_cache)) = (
        seconds(function, *arguments, repeat=1 if function is forward[0] else 5) for function in forward
    )
    print(f"{name}_forward: largest relative difference {rel_error(out, fast_out):.1e}")
    race[f"{name}, forward"] = slow, fast
    dout = random.normal(size=out.shape)
    slow, gradients = seconds(backward[0], dout, cache)
    fast, fast_gradients = seconds(backward[1], dout, fast_cache, repeat=5)
    pairs = (
        [(gradients, fast_gradients)] if name == "max_pool" else zip(gradients, fast_gradients, strict=True)
    )
    print(f"{name}_backward: largest relative difference {max(rel_error(*pair) for pair in pairs):.1e}")
    race[f"{name}, backward"] = slow, fast

print(f"\n{f'{IMAGES} images':20}{'naive':>12}{fast_layers.backend():>12}{'times faster':>15}")
for name, (slow, fast) in race.items():
    print(f"{name:20}{slow:10.4f} s{fast:10.5f} s{slow / fast:15.0f}")

# %% cellView="form" jupyter={"source_hidden": true} nbgrader={"grade": false, "grade_id": "race_figure", "locked": true, "schema_version": 3, "solution": false, "task": false} tags=["skip-at-grading"]
# @title Draw the race
figure, ax = plt.subplots(figsize=(8, 3))
for offset, (label, colour, hatch) in enumerate((("naive", ORANGE, "//"), ("fast", BLUE, ""))):
    values = [times[offset] for times in race.values()]
    ax.barh(np.arange(len(race)) + 0.4 * offset, values, 0.38, label=label, color=colour, hatch=hatch)
ax.set(xscale="log", xlabel="seconds for 100 images (logarithmic axis)", ylabel="layer")
ax.set_yticks(np.arange(len(race)) + 0.2, list(race))
ax.legend()
show(
    figure,
    "Bars on a logarithmic axis, naive and fast: "
    + "; ".join(f"{name} {slow:.3f} s and {fast:.5f} s" for name, (slow, fast) in race.items()),
)

# %% [markdown]
# ## 5 A convolutional net
#
# ### The idea
#
# $$
# \underset{(N, C, H, W)}{X} \xrightarrow{\;\text{conv, ReLU}\;} (N, F, H, W) \xrightarrow{\;\text{pool}\;} (N, F, \lfloor H/2 \rfloor, \lfloor W/2 \rfloor)
# \xrightarrow{\;\text{affine, ReLU}\;} (N, \text{hidden}) \xrightarrow{\;\text{affine}\;} \underset{(N, \text{classes})}{\text{scores}}
# $$
#
# The convolution pads by $(K - 1)/2$, so that its output is as large as the image; the pooling of 2 × 2 then halves it.
# The affine layer accepts images and flattens them itself. With $D = F \lfloor H/2 \rfloor \lfloor W/2 \rfloor$ numbers
# for each image at this point, $W_2$ has the shape $(D, \text{hidden})$. For 32 filters on CIFAR-10 that is
# $32 \cdot 16 \cdot 16 = 8192$ rows: this one matrix holds nearly all parameters of the net.
#
# You do not need to chain single layers. `nndl/layer_utils.py` has **sandwich layers**, pairs of functions for layers
# that are often used together: `conv_relu_pool_forward` and `conv_relu_pool_backward`, `affine_relu_forward` and
# `affine_relu_backward`. `nndl/cnn.py` imports them under these names. Read them: they are short.
#
# ### Task 4: `ThreeLayerConvNet.__init__`
#
# Fill `self.params` as the docstring says: weights drawn in the order `W1`, `W2`, `W3`, biases of 0. Sizes do not have
# to be even: pooling turns 7 columns into 3.

# %% nbgrader={"grade": false, "grade_id": "sandwich_checks", "locked": true, "schema_version": 3, "solution": false, "task": false}
# The sandwich layers, made of your layers' fast twins, beside numeric gradients:
# about 1e-8 or less is right.
random = np.random.default_rng(SEED)
x, w, b = random.normal(size=(2, 3, 8, 8)), random.normal(size=(3, 3, 3, 3)), random.normal(size=3)
conv_param, pool_param = {"stride": 1, "pad": 1}, {"pool_height": 2, "pool_width": 2, "stride": 2}
sandwiches = {
    "conv, ReLU": (lambda: conv_relu_forward(x, w, b, conv_param), conv_relu_backward),
    "conv, ReLU, pool": (
        lambda: conv_relu_pool_forward(x, w, b, conv_param, pool_param),
        conv_relu_pool_backward,
    ),
}
for title, (forward, backward) in sandwiches.items():
    out, cache = forward()
    dout = random.normal(size=out.shape)
    for name, array, gradient in zip(("dx", "dw", "db"), (x, w, b), backward(dout, cache), strict=True):
        numeric = eval_numerical_gradient_array(lambda _, f=forward: f()[0], array, dout)
        print(f"{title:17} {name}: largest relative error {rel_error(numeric, gradient):.1e}")

# %% nbgrader={"grade": true, "grade_id": "initial_params", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
check.initial_params()

# %% [markdown]
# ### Task 5: `ThreeLayerConvNet.loss`
#
# - Without labels, return the scores. Use the current values of the parameters, and use `X` in its own dtype:
#   converting it could lose digits.
# - With labels, return the loss, which is the mean softmax loss plus
#   $\frac{\lambda}{2} (\sum W_1^2 + \sum W_2^2 + \sum W_3^2)$ with $\lambda$ for `self.reg`, and a dict of the
#   gradients of all six parameters.
# - The convolution is the first layer, and the gradient of the images is not needed. If you like, call
#   `conv_relu_pool_backward` with `need_dx=False`, which saves this work.

# %% nbgrader={"grade": true, "grade_id": "convnet_scores", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
check.convnet_scores()

# %% nbgrader={"grade": true, "grade_id": "convnet_loss", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
check.convnet_loss()

# %% nbgrader={"grade": true, "grade_id": "convnet_gradients", "locked": true, "points": 3, "schema_version": 3, "solution": false, "task": false}
check.convnet_gradients()

# %% nbgrader={"grade": false, "grade_id": "gradient_errors", "locked": true, "schema_version": 3, "solution": false, "task": false}
# The gradients of a small net beside numeric ones. Up to 1e-4 is fine here: many of them are so
# small that rounding shows.
np.random.seed(SEED)
X_small, y_small = np.random.randn(2, 3, 16, 16), np.random.randint(10, size=2)
small = ThreeLayerConvNet(
    (3, 16, 16), num_filters=3, filter_size=3, hidden_dim=7, weight_scale=1e-2, dtype=np.float64
)
loss, grads = small.loss(X_small, y_small)
print(f"loss {loss:.4f} (log 10 = {np.log(10):.4f})")
for name in sorted(grads):
    numeric = eval_numerical_gradient(
        lambda _: small.loss(X_small, y_small)[0], small.params[name], verbose=False
    )
    print(f"{name}: largest relative error {rel_error(numeric, grads[name]):.1e}")

# %% [markdown]
# ### Before you train: can it learn 100 images by heart?
#
# If a net cannot learn even a hundred images, it has a mistake or bad settings. This test takes half a minute. Here are
# 15 epochs of Adam (20 for the drawn images). The training accuracy should come close to 1. The validation accuracy
# does not matter now.
#
# The images are photographs of **CIFAR-10**, 32 × 32 pixels in ten classes. They are downloaded at the first use (170
# MB). If you are offline, start Jupyter with the environment variable `NNDL_DATA=offline`: ten classes of *drawn*
# shapes then take their place. These images are not CIFAR-10. Where a number in the text holds for CIFAR-10 only, the
# text says so.

# %% nbgrader={"grade": false, "grade_id": "load_images", "locked": true, "schema_version": 3, "solution": false, "task": false} tags=["skip-at-grading"]
data = get_CIFAR10_data(dtype=np.float32)  # with the mean training image subtracted
for name, array in data.items():
    print(f"{name:8} {array.shape!s:20} {array.dtype}")

# %% nbgrader={"grade": false, "grade_id": "by_heart", "locked": true, "schema_version": 3, "solution": false, "task": false} tags=["skip-at-grading"]
few = data | {"X_train": data["X_train"][:100], "y_train": data["y_train"][:100]}
np.random.seed(SEED)
small_net = ThreeLayerConvNet(weight_scale=1e-2)
by_heart = LiveSolver(
    small_net,
    few,
    title="100 images",
    update_rule="adam",
    optim_config={"learning_rate": 1e-3},
    num_epochs=20 if OFFLINE else 15,
    batch_size=50,
)
by_heart.train()

# %% nbgrader={"grade": false, "grade_id": "after_by_heart", "locked": true, "schema_version": 3, "solution": false, "task": false} tags=["skip-at-grading"]
print(f"training accuracy in the last epoch:   {by_heart.train_acc_history[-1]:.2f}")
print(f"training accuracy of the final net:    {by_heart.check_accuracy(few['X_train'], few['y_train']):.2f}")
print(f"validation accuracy in each epoch:     {np.round(by_heart.val_acc_history, 2)}")

# %% [markdown] nbgrader={"grade": false, "grade_id": "q1_question", "locked": true, "schema_version": 3, "solution": false, "task": false}
# ### Question 1: read the curves (3 points)
#
# What do the two accuracy curves say about this net? And why is the final net worse on its 100 training images than the
# last point of the curve? (If your two numbers are equal: in which case are they equal?) Look at the validation
# accuracies, and read the docstring of `Solver.train`. Three to five sentences.

# %% [markdown] nbgrader={"grade": true, "grade_id": "q1_by_heart", "locked": false, "points": 3, "schema_version": 3, "solution": true, "task": false}
# **Model answer.** The training accuracy climbs to nearly 1 while the validation accuracy stays around 0.2 and hardly
# changes after the first epochs. The net learns 100 images by heart, which shows that it can learn at all. It also
# overfits, as expected with so few images. At the end, `Solver.train` gives the net the parameters of the epoch with
# the highest *validation* accuracy. That was an earlier epoch, when the training accuracy was lower; the last point of
# the history, in contrast, was measured with the parameters of the last epoch. The two would be equal if the last epoch
# had been the best one on the validation images. So you can only see in the history that the net can learn by heart.
#
# **Rubric.** 3: overfitting from the gap between the curves *and* the parameters of the best validation epoch as the reason
# for the lower number. 2: one of the two in full and a hint at the other. 1: only "it overfits". 0: blames a bug or
# underfitting.

# %% [markdown]
# ### Task 6: one epoch on all images
#
# Now the whole training set, once: 49,000 images in batches of 50, 980 steps. On CIFAR-10 this takes between one and
# five minutes on one processor core, depending on the machine and on whether the kernels are built. The figure shows
# the progress. You do not have to write anything here, but you may change the settings: up to 64 filters of an odd size
# up to 9 × 9, and up to 1,000 hidden units are accepted.
#
# The net is stored as `best_convnet.npz`; **hand this file in together with the notebook.** It is measured on images
# that you have not seen. The mean of the training images is subtracted, as in this notebook. With $X$ for its accuracy
# in percent, you get this share of 3 points, and never less than 0:
#
# $$
# \min \left( \frac{\lfloor X - 25 \rfloor}{15},\ 1 \right)
# $$
#
# So 25 % earns nothing, and from 40 % on you have all 3. A measurement on a limited number of images has a small random
# error, and the grader rounds in your favour by that much. Our own runs on CIFAR-10 reached 45 to 48 %.

# %% tags=["skip-at-grading"]
# The drawn images only show that all of this runs, so they get a smaller net and fewer steps.
HIDDEN_DIM, TRAINING_ROWS, WEIGHT_SCALE = (100, 30_000, 1e-2) if OFFLINE else (500, 49_000, 1e-3)
part = data | {"X_train": data["X_train"][:TRAINING_ROWS], "y_train": data["y_train"][:TRAINING_ROWS]}

np.random.seed(SEED)
net = ThreeLayerConvNet(weight_scale=WEIGHT_SCALE, hidden_dim=HIDDEN_DIM, reg=1e-3)
solver = WatchedSolver(
    net,
    part,
    title="One epoch",
    goal=0.4,
    update_rule="adam",
    optim_config={"learning_rate": 1e-3},
    num_epochs=1,
    batch_size=50,
)
solver.train()
print(f"validation accuracy: {solver.check_accuracy(data['X_val'], data['y_val']):.3f}")

# %% nbgrader={"grade": false, "grade_id": "store", "locked": true, "schema_version": 3, "solution": false, "task": false} tags=["skip-at-grading"]
np.savez("best_convnet.npz", **net.params)

# %% nbgrader={"grade": true, "grade_id": "trained_convnet", "locked": true, "points": 3, "schema_version": 3, "solution": false, "task": false}
check.trained_convnet(data["X_val"], data["y_val"])

# %% cellView="form" jupyter={"source_hidden": true} nbgrader={"grade": false, "grade_id": "show_filters", "locked": true, "schema_version": 3, "solution": false, "task": false} tags=["skip-at-grading"]
# @title Draw the filters before and after training
# The filters of the first layer, each as a picture, before and after training.
np.random.seed(SEED)
before = ThreeLayerConvNet(weight_scale=WEIGHT_SCALE, hidden_dim=HIDDEN_DIM).params["W1"]
figure, axes = plt.subplots(1, 2, figsize=(10, 5))
for ax, weights, title in zip(
    axes, (before, net.params["W1"]), ("before training", "after one epoch"), strict=True
):
    ax.imshow(visualize_grid(weights.transpose(0, 2, 3, 1)).astype(np.uint8))
    ax.set(title=f"filters {title}", xlabel="column", ylabel="row", xticks=[], yticks=[])
show(
    figure,
    f"Two grids of {len(before)} filters as small colour pictures. Correlation of neighbouring weights: "
    + ", ".join(
        f"{np.corrcoef(w[..., 1:].ravel(), w[..., :-1].ravel())[0, 1]:.2f} {when}"
        for w, when in ((before, "before training"), (net.params["W1"], "after one epoch"))
    )
    + ".",
)

# %% [markdown] nbgrader={"grade": false, "grade_id": "q2_question", "locked": true, "schema_version": 3, "solution": false, "task": false}
# ### Question 2: look at the filters (3 points)
#
# Describe two kinds of filters that you find in your picture after training. What in an image gives a strong response
# of each kind? Then count. How many weights and biases does this first layer have? How many would a fully connected
# layer need that has the same number of outputs, for an image of 32 × 32 pixels with three channels? So few weights are
# enough only because of certain properties of images: which? Four to six sentences.

# %% [markdown] nbgrader={"grade": true, "grade_id": "q2_filters", "locked": false, "points": 3, "schema_version": 3, "solution": true, "task": false}
# **Model answer.** Some filters are light on one side and dark on the other, or striped: they respond to edges or lines
# in that direction, and hardly to a uniform area. Others are blobs of one colour against its opposite, such as orange
# against blue: they respond to areas of that colour. The layer has $32 \cdot 3 \cdot 7 \cdot 7 + 32 = 4736$ parameters.
# A fully connected layer with $32 \cdot 32 \cdot 32 = 32{,}768$ outputs for 3,072 inputs would need over 100 million.
# It works because the useful details of an image (an edge, a patch of colour) are local, and look the same everywhere
# in the image. So each output needs to look at a small window only, and all outputs can share their weights.
#
# **Rubric.** 3: two kinds of filters and what they respond to, the counts (4,736 and about $10^8$), *and* local windows
# with shared weights as the reason. 2: two of the three. 1: a description without its meaning. 0: filters taken for
# pictures of classes.

# %% [markdown]
# ## 6 Batch normalization of images
#
# ### The idea
#
# Batch normalization gives each *feature* its own mean and variance over the batch. What is a feature of an image? A
# filter computes the same thing at every place, so all outputs of one filter belong together: the feature is the
# **channel**. Mean and variance of a channel are taken over all images, rows and columns:
#
# $$
# \mu_c = \frac{1}{NHW} \sum_{n,i,j} x_{ncij}, \qquad
# \sigma_c^2 = \frac{1}{NHW} \sum_{n,i,j} (x_{ncij} - \mu_c)^2, \qquad
# \underset{(N, C, H, W)}{y_{ncij}} = \gamma_c\, \frac{x_{ncij} - \mu_c}{\sqrt{\sigma_c^2 + \epsilon}} + \beta_c
# $$
#
# There is nothing new to derive. If you take every pixel as one row of $C$ features, it is the batch normalization that
# you already have, for a matrix with $NHW$ rows:
#
# $$
# \underset{(N, C, H, W)}{x} \longrightarrow \underset{(N, H, W, C)}{\text{channels last}} \longrightarrow \underset{(NHW,\; C)}{\text{rows}}
# $$
#
# and the same steps in reverse for the output. **`reshape` never moves a number**: it only reads the same sequence of
# numbers in a different shape. Move the channels to the last axis with `transpose` first; only then can `reshape` make
# rows of them.
#
# ### By hand
#
# Two images of one channel, one row, two pixels: $(1\;\,3)$ and $(5\;\,7)$. The mean of the channel is 4, its variance $(9 + 1 + 1 +
# 9)/4 = 5$, and with $\gamma = 1$, $\beta = 0$, $\epsilon = 0$ the images become $(-1.342\;\,{-0.447})$ and $(0.447\;\,1.342)$.
#
# ### Task 7: `spatial_batchnorm_forward` and `spatial_batchnorm_backward`
#
# - Both may call `batchnorm_forward` and `batchnorm_backward`, which are already written.
# - `gamma`, `beta` and the running statistics have the shape $(C,)$; `bn_param` works as it does for the batch normalization
#   of rows.
# - You decide what is in the cache: put into it whatever the backward pass needs.

# %% nbgrader={"grade": true, "grade_id": "spatial_batchnorm_forward", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
check.spatial_batchnorm_forward()

# %% nbgrader={"grade": true, "grade_id": "spatial_batchnorm_backward", "locked": true, "points": 3, "schema_version": 3, "solution": false, "task": false}
check.spatial_batchnorm_backward()

# %% nbgrader={"grade": false, "grade_id": "spatial_statistics", "locked": true, "schema_version": 3, "solution": false, "task": false}
# Images before and after your layer, for each channel; then the same at test time,
# after 50 training batches.
np.random.seed(SEED)
x = 4 * np.random.randn(2, 3, 4, 5) + 10
over = (0, 2, 3)  # images, rows and columns: everything but the channel
print("before:")
print_mean_std(x, axis=over)
for gamma, beta in ((np.ones(3), np.zeros(3)), (np.array([3.0, 4.0, 5.0]), np.array([6.0, 7.0, 8.0]))):
    print(f"after, with gamma {gamma} and beta {beta}:")
    print_mean_std(layers.spatial_batchnorm_forward(x, gamma, beta, {"mode": "train"})[0], axis=over)
bn_param = {"mode": "train"}
for _ in range(50):
    batch = 2.3 * np.random.randn(10, 4, 11, 12) + 13
    layers.spatial_batchnorm_forward(batch, np.ones(4), np.zeros(4), bn_param)
bn_param["mode"] = "test"
batch = 2.3 * np.random.randn(10, 4, 11, 12) + 13
print("a new batch at test time:")
print_mean_std(layers.spatial_batchnorm_forward(batch, np.ones(4), np.zeros(4), bn_param)[0], axis=over)

# %% [markdown]
# ## 7 Group normalization
#
# ### The idea
#
# With two images in a batch, the mean over the batch is a poor estimate. **Group normalization** does not use the
# batch: it divides the channels of *each image* into $G$ groups of $C/G$ neighbours. It takes mean and variance over
# all entries of a group, $M = \frac{C}{G} H W$ numbers. It has no running statistics, and training and test are the
# same.
#
# $$
# \mu_{ng} = \frac{1}{M} \sum_{c \in g} \sum_{i,j} x_{ncij}, \qquad
# \hat x_{ncij} = \frac{x_{ncij} - \mu_{ng}}{\sqrt{\sigma_{ng}^2 + \epsilon}}, \qquad
# \underset{(N, C, H, W)}{y_{ncij}} = \underset{(1, C, 1, 1)}{\gamma_c}\; \hat x_{ncij} + \underset{(1, C, 1, 1)}{\beta_c}
# $$
#
# The groups are for the statistics only; each channel still has its own $\gamma$ and $\beta$. For the backward pass,
# note that an entry affects its whole group, through the mean and the variance. With
# $\mathrm{d}\hat x = \gamma \cdot \mathrm{dout}$ and the means taken over the group:
#
# $$
# \mathrm{dx} = \frac{1}{\sqrt{\sigma^2 + \epsilon}} \left( \mathrm{d}\hat x - \operatorname{mean}(\mathrm{d}\hat x) - \hat x \cdot \operatorname{mean}(\mathrm{d}\hat x \cdot \hat x) \right)
# $$
#
# This is the formula of layer normalization with "row" replaced by "group". Derive it once more, or check one property:
# if you add a constant to a group, the output does not change, so `dx` must sum to 0 over a group. And it does.
#
# ### By hand
#
# One image of four channels with one pixel each, $(1, 3, 10, 14)$, and $G = 2$. The groups are $(1, 3)$ with mean 2 and
# variance 1, and $(10, 14)$ with mean 12 and variance 4. So $\hat x = (-1, 1, -1, 1)$, if $\epsilon = 0$. Check that your
# reshape puts 1 and 3 together, and not 1 and 10.
#
# ### Task 8: `spatial_groupnorm_forward` and `spatial_groupnorm_backward`
#
# - `gamma` and `beta` have the shape $(1, C, 1, 1)$, and so have `dgamma` and `dbeta`. Use `keepdims=True`.
# - `gn_param` may hold `eps`; the line above your part reads it.
# - No loop is needed: a group consists of neighbouring channels, so here `reshape` alone *is* right. Why?

# %% nbgrader={"grade": true, "grade_id": "spatial_groupnorm_forward", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
check.spatial_groupnorm_forward()

# %% nbgrader={"grade": true, "grade_id": "spatial_groupnorm_backward", "locked": true, "points": 3, "schema_version": 3, "solution": false, "task": false}
check.spatial_groupnorm_backward()

# %% nbgrader={"grade": false, "grade_id": "group_statistics", "locked": true, "schema_version": 3, "solution": false, "task": false}
# Two images of six channels in two groups, before and after:
# a mean and a deviation for each image and group.
np.random.seed(SEED)
x = 4 * np.random.randn(2, 6, 4, 5) + 10
in_groups = (2, 2, -1)  # image, group, all entries of the group
after, _ = layers.spatial_groupnorm_forward(x, np.ones((1, 6, 1, 1)), np.zeros((1, 6, 1, 1)), 2, {})
print("before:")
print_mean_std(x.reshape(in_groups), axis=2)
print("after:")
print_mean_std(after.reshape(in_groups), axis=2)

# %% [markdown]
# ### Four ways to share statistics
#
# The blue entries share one mean and one variance. All that differs is which axes the mean runs over.

# %% nbgrader={"grade": false, "grade_id": "four_norms_figure", "locked": true, "schema_version": 3, "solution": false, "task": false}
show(norm_axes.draw(), norm_axes.ALT)

# %% [markdown]
# With $G = 1$, group normalization is **layer normalization**; with $G = C$, so that each channel is a group, it is **instance
# normalization**, which removes the contrast of each channel of an image and is used where style is to be changed. Why is
# neither of the two the best for classification? Layer normalization treats all channels as if they contributed alike. In a
# fully connected layer this is a fair guess. In a convolutional layer it is not: a channel that answers to vertical edges and
# one that answers to a patch of blue have very different sizes, and at the border, where half of the window is padding,
# different ones again; one mean and one variance for all of them suits none. Groups are a compromise, and an old one: before
# nets learned their features, the **histogram of oriented gradients** (HOG) counted edge directions in small cells and
# normalized the counts in groups of neighbouring cells.

# %% nbgrader={"grade": false, "grade_id": "batch_or_group", "locked": true, "schema_version": 3, "solution": false, "task": false}
# One image in batches of growing size; all others are random.
# How much does its output depend on the other images?
random = np.random.default_rng(SEED)
company = 2 * random.normal(size=(64, 6, 8, 8)) + random.normal(size=(64, 6, 1, 1))
sizes = (1, 2, 4, 8, 16, 32, 64)
ones, zeros = np.ones(6), np.zeros(6)
columns = {"batch normalization": [], "group normalization, G = 2": []}
for size in sizes:
    batch = company[:size]
    by_batch, _ = layers.spatial_batchnorm_forward(batch, ones, zeros, {"mode": "train"})
    by_group, _ = layers.spatial_groupnorm_forward(
        batch, ones.reshape(1, 6, 1, 1), zeros.reshape(1, 6, 1, 1), 2, {}
    )
    columns["batch normalization"].append(by_batch[0])
    columns["group normalization, G = 2"].append(by_group[0])

# %% cellView="form" jupyter={"source_hidden": true} nbgrader={"grade": false, "grade_id": "batch_or_group_figure", "locked": true, "schema_version": 3, "solution": false, "task": false}
# @title Draw the distances
figure, ax = plt.subplots(figsize=(7, 3.5))
for marker, (name, outputs) in zip("os", columns.items(), strict=True):
    ax.plot(sizes, [np.abs(out - outputs[-1]).mean() for out in outputs], marker=marker, label=name)
ax.set(xscale="log", xlabel="images in the batch", ylabel="mean distance from batch of 64")
ax.set_xticks(sizes, [str(size) for size in sizes])
ax.set_title("The output for one image, in batches of different size")
ax.legend()
show(
    figure,
    f"Two curves over the number of images in a batch: {', '.join(map(str, sizes))}. Distance of the output for the "
    "same image: "
    + "; ".join(
        f"{name} {', '.join(f'{np.abs(out - outputs[-1]).mean():.2f}' for out in outputs)}"
        for name, outputs in columns.items()
    )
    + ".",
)

# %% [markdown]
# ## 8 Looking back
#
# - A convolution is a small sum of products, used everywhere: local windows, shared weights.
# - If a number is used several times, its gradient is the sum over all its uses. Windows that overlap *add*.
# - The maximum of a window gets the whole gradient; if several entries are equal, the first one gets it.
# - Depth, stride and pooling decide how large the receptive field of an output pixel is.
# - Simple loops define what is right; fast code must agree with them. Keep the slow version: you need it to test the
#   fast one.
# - For images, the features to normalize are channels (over the batch) or groups of channels (in one image).
#
# Next come the same nets in **PyTorch**, which computes the backward pass for you, and you will know what it computes.
#
# **To go further** (not graded)
#
# 1. *Normalize the net.* `nndl/layer_utils.py` has `conv_bn_relu_forward`. Put it into your own net and train one
#    epoch. What is the highest learning rate that works, with and without?
# 2. *Deeper.* Use two 3 × 3 convolutions in place of one 7 × 7 convolution: fewer weights, and nearly the same
#    receptive field. Is it better?
# 3. *Dilation.* Let a filter skip pixels: $x'_{is + dk}$. Change your naive functions, and use numeric differences to
#    see whether the gradient is right.
# 4. *Faster.* Replace your loops over the windows by loops over the $K \cdot M$ weights of a filter. How much faster is that?
# 5. *One to all.* Put `spatial_groupnorm_forward` with 1, 2, 4, 8, 16 and 32 groups behind the convolution of your net, and
#    train on 5,000 images. Which number of groups is best? Is the difference larger than that between two seeds?
# 6. *Shortcuts.* Add a second convolution that keeps the size, as `x + conv(x)` (a **residual** connection). Which gradients
#    have to be added on the way back?
#
# **Further reading**
#
# - [Convolutional networks](https://cs231n.github.io/convolutional-networks/), notes of CS231n; V. Dumoulin and F. Visin, [A guide
#   to convolution arithmetic](https://arxiv.org/abs/1603.07285): strides and padding, drawn.
# - A. Araujo, W. Norris and J. Sim, [Computing receptive fields](https://distill.pub/2019/computing-receptive-fields/),
#   Distill 2019.
# - Y. LeCun and others, [Gradient-based learning applied to document recognition](http://yann.lecun.com/exdb/publis/pdf/lecun-98.pdf),
#   1998: the net that started it.
# - Y. Wu and K. He, [Group normalization](https://arxiv.org/abs/1803.08494), 2018; D. Ulyanov, A. Vedaldi and V. Lempitsky,
#   [Instance normalization](https://arxiv.org/abs/1607.08022), 2016; N. Dalal and B. Triggs, *Histograms of oriented gradients for
#   human detection*, 2005.
#
# Finally: how many checks pass?

# %% nbgrader={"grade": false, "grade_id": "progress_summary", "locked": true, "schema_version": 3, "solution": false, "task": false}
check.progress

# %% [markdown]
# Before you hand in: save this notebook and all files, and look whether everything is there. Nothing is sent anywhere; the
# files are packed into a zip file beside this folder, for courses that collect a single file.

# %% nbgrader={"grade": false, "grade_id": "pack", "locked": true, "schema_version": 3, "solution": false, "task": false} tags=["skip-at-grading"]
from nndl.hand_in import pack

everything_is_there = pack()

# %% [markdown]
# If your course has a grading service, the next cell hands in what is packed and shows the **official result**, with a receipt.
# It uses one of your attempts, also when you run all cells; what has not changed counts once. If the network fails, run it again.
# Without such a service it says so, and you hand in the zip file.

# %% nbgrader={"grade": false, "grade_id": "submit", "locked": true, "schema_version": 3, "solution": false, "task": false} tags=["skip-at-grading"]
import nndl

nndl.submit()
