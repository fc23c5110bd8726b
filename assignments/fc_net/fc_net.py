# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Nets of any depth, and better update rules
#
# You have built a two-layer net from layer objects, and once more in one piece. Now both ideas come together: a net is a
# *list* of layers, each layer is a **pair of functions**, and what the backward function needs is handed to it in the open. If
# you can chain two layers, you can chain twenty. Then we make training faster, with update rules that remember earlier
# gradients.
#
# **You will be able to**
#
# - write a layer as a pair of functions that share a cache, and chain such pairs to a net of any depth;
# - test a new net before you train it: its first loss, its gradient, and whether it can learn 50 images by heart;
# - find out by experiment what the size of the initial weights does to nets of different depth, and explain it;
# - read three dials of a training run: the size of a step, the gradients of each layer, the share of dead units;
# - write momentum, RMSProp and Adam, and recognize from a curve which of them is used;
# - train a fully connected net that classifies more than half of the images it has never seen correctly.
#
# **It builds on** the two-layer net and the layers as building blocks (softmax, backpropagation, reading curves). **What is new**: any depth, and the three things that depth makes necessary: tests before training, dials, better update rules. **It takes** about
# seven hours, including about ten minutes of computing time. You write five layer functions, two nets and three update
# rules in `nndl/`, and three training runs in this notebook.
#
# ![Two pictures side by side. Left: boxes for affine, ReLU, affine, ReLU, affine and the loss in a chain, arrows forward
# above them, arrows back below, and a cache that leads from each forward arrow down to the arrow back. Right: the lines of
# equal height of a narrow valley with a mark where the four update rules will start.](images/goal.png)
#
# *What you will have made. Left: nets of any depth, a chain of function pairs with a cache between them. Right: a race of
# four update rules in one valley. Which of them do you expect to come down first?*

# %% [markdown]
# ## How to work with this notebook
#
# Each part has the same rhythm: **the idea**, **an example with numbers**, **the task**, and **a check**. Open the
# file that a task names beside this notebook. Where you find
#
# ```python
# # YOUR CODE HERE
# raise NotImplementedError(...)
# ```
#
# replace both lines. The docstring above them is the contract: what comes in, what must come out. Save the file and run
# the check again; you do not need to restart anything.
#
# | task | what you write | file | checks | points |
# |---|---|---|---|---|
# | 1 | `affine_forward`, `affine_backward` | `nndl/layers/affine.py` | of the same names | 2 + 3 |
# | 2 | `relu_forward`, `relu_backward` | `nndl/layers/activations.py` | of the same names | 1 + 2 |
# | 3 | `softmax_loss` | `nndl/layers/losses.py` | `softmax_loss`, `float32_layers` | 3 + 1 |
# | | optional: `svm_loss` | `nndl/layers/losses.py` | `svm_loss` | 0 |
# | 4 | `TwoLayerNet` | `nndl/fc_net.py` | `two_layer_start`, `_loss`, `_gradients` | 1 + 3 + 4 |
# | 5 | a first training with the Solver | here | | |
# | 6 | `FullyConnectedNet` | `nndl/fc_net.py` | `deep_start`, `_loss`, `_gradients` | 2 + 3 + 3 |
# | 7 | settings that learn 50 images by heart | here | | |
# | 8 | `sgd_momentum`, `rmsprop`, `adam` | `nndl/optim.py` | of the same names | 2 + 2 + 3 |
# | 9 | the best net you can find | here | `best_fc_net` | 5 |
# | Q1, Q2 | a few sentences each | here | a person reads them | 3 each |
#
# The checks here use a few fixed numbers and are meant to help: each says what is wrong and where to look. The points
# are given by a grader that asks your functions for other inputs, so a function that only satisfies the check will not
# satisfy the grader. A wrong layer costs its own points only: your nets are then tested again with correct layers in
# place of the wrong ones.
#
# [![Open Google Colab, and upload this notebook there](images/colab.svg)](https://colab.research.google.com/#create=true)
# **In Google Colab**: *File → Upload notebook*, put the folder of this assignment, packed as `fc_net.zip`, among the files
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
    if not Path("fc_net.zip").is_file():
        raise FileNotFoundError("upload fc_net.zip to the files on the left, then run this cell again")
    with zipfile.ZipFile("fc_net.zip") as packed:
        packed.extractall()
    if Path("fc_net").is_dir():
        os.chdir("fc_net")
    sys.path.insert(0, str(Path.cwd()))
    subprocess.run([sys.executable, "-m", "pip", "install", "-q", "-r", "requirements-loose.txt"], check=True)

# %% nbgrader={"grade": false, "grade_id": "setup", "locked": true, "schema_version": 3, "solution": false, "task": false}
# The tools of this notebook. Run this cell first; there is nothing to change in it.
# %load_ext autoreload
# %autoreload 2

import os

import matplotlib.pyplot as plt
import numpy as np
from tqdm.auto import tqdm

from nndl.checking import fc_net as check
from nndl.data_utils import get_CIFAR10_data, load_class_names
from nndl.explore.shared.training import LiveSolver
from nndl.fc_net import FullyConnectedNet, TwoLayerNet
from nndl.gradient_check import eval_numerical_gradient, eval_numerical_gradient_array, rel_error
from nndl.layer_utils import affine_relu_backward, affine_relu_forward
from nndl.layers import affine_backward, affine_forward, softmax_loss
from nndl.notebook_helpers import show
from nndl.optim import adam, rmsprop, sgd, sgd_momentum
from nndl.solver import DivergenceError, Solver
from nndl.vis_utils import show_images

# %matplotlib inline

# Colours that colour-blind people can distinguish (Okabe and Ito; the purple is darker than theirs),
# each with its own line style.
BLUE, ORANGE, GREEN, PURPLE = "#0072B2", "#D55E00", "#009E73", "#AA3377"
plt.rcParams["axes.prop_cycle"] = plt.cycler(
    color=[BLUE, ORANGE, GREEN, PURPLE], linestyle=["-", "--", "-.", ":"]
)
plt.rcParams["figure.constrained_layout.use"] = True

SEED = 0  # for all random numbers, so that a second run gives the same results
check.progress

# %% [markdown]
# ## 1 A layer is a pair of functions
#
# ### The idea
#
# `*_forward` computes the layer's output, and returns with it a **cache**: whatever the backward pass will need.
# `*_backward` receives the **upstream gradient** `dout` $= \partial L / \partial\,\mathrm{out}$, an array in the shape
# of the output, and that cache. It returns the gradients of all inputs of the forward function, in the same order.
#
# There is no object that remembers anything. The caller keeps the cache and passes it to the backward function, so one
# net can use the same function in ten places.
#
# ### The affine layer
#
# An image comes in as an array of any shape, for example $3 \times 32 \times 32$. This layer treats it as one row of
# $D = 3 \cdot 32 \cdot 32$ numbers. With $X$ for these rows,
#
# $$
# \underset{N \times M}{\mathrm{out}} = \underset{N \times D}{X}\;\underset{D \times M}{W} + \underset{M}{b},
# \qquad
# \underset{N \times D}{dX} = \underset{N \times M}{\mathrm{dout}}\;\underset{M \times D}{W^\top}, \qquad
# \underset{D \times M}{dW} = \underset{D \times N}{X^\top}\;\underset{N \times M}{\mathrm{dout}}, \qquad
# \underset{M}{db} = \text{column sums of dout} .
# $$
#
# Where do these formulas come from? Since $\mathrm{out}_{im} = \sum_d X_{id} W_{dm} + b_m$, the input $X_{id}$ affects
# every output of row $i$, with the factors $W_{dm}$. The weight $W_{dm}$ affects column $m$ of every row, with the
# factors $X_{id}$. And $b_m$ is simply added to column $m$ of every row. Multiply each factor by the entry of dout for
# that output, and sum. **A gradient has the shape of the array it belongs to**: so the last step of `dx` is to give it
# the original shape of `x`.
#
# ### By hand
#
# One input of shape $2 \times 2$, two outputs:
#
# $$
# x = \begin{pmatrix} 1 & 2 \\ 3 & 4 \end{pmatrix} \text{ becomes the row } (1\;\,2\;\,3\;\,4), \qquad
# W = \begin{pmatrix} 1 & 0 \\ 0 & 1 \\ 2 & 0 \\ 0 & -1 \end{pmatrix}, \qquad
# b = (0.5\;\,{-0.5}), \qquad
# \mathrm{dout} = (1\;\,{-1})
# $$
#
# | | value | how |
# |---|---|---|
# | out | $(7.5\;\,{-2.5})$ | $1 \cdot 1 + 3 \cdot 2 + 0.5$ and $2 \cdot 1 - 4 \cdot 1 - 0.5$ |
# | dx | $\begin{pmatrix} 1 & -1 \\ 2 & 1 \end{pmatrix}$ | row $d$ of $W$ times dout, then back into $2 \times 2$ |
# | dw | $\begin{pmatrix} 1 & -1 \\ 2 & -2 \\ 3 & -3 \\ 4 & -4 \end{pmatrix}$ | each input times each entry of dout |
# | db | $(1\;\,{-1})$ | one row only, so dout itself |

# %% [markdown]
# ### Task 1: `affine_forward` and `affine_backward`
#
# Both are in `nndl/layers/affine.py`.
#
# - `affine_forward(x, w, b)`: `x` has shape $(N, d_1, \dots, d_k)$. Make one row of each input with `reshape`. The
#   cache is already built; it holds `x` in its original shape.
# - `affine_backward(dout, cache)`: `dx`, `dw`, `db`, in this order.
# - Do not change any argument. `reshape` gives you a view; assigning to `x.shape` would change the caller's array.

# %% nbgrader={"grade": true, "grade_id": "affine_forward", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
check.affine_forward()

# %% nbgrader={"grade": true, "grade_id": "affine_backward", "locked": true, "points": 3, "schema_version": 3, "solution": false, "task": false}
check.affine_backward()

# %% nbgrader={"grade": false, "grade_id": "by_hand_affine", "locked": true, "schema_version": 3, "solution": false, "task": false}
# The example from above: compare with the table.
x_by_hand = np.array([[[1.0, 2.0], [3.0, 4.0]]])
w_by_hand = np.array([[1.0, 0.0], [0.0, 1.0], [2.0, 0.0], [0.0, -1.0]])
out, cache = affine_forward(x_by_hand, w_by_hand, np.array([0.5, -0.5]))
print("out:", out)
for name, gradient in zip(("dx", "dw", "db"), affine_backward(np.array([[1.0, -1.0]]), cache), strict=True):
    print(f"{name}:", np.array2string(gradient, separator=", ").replace("\n", ""))

# %% [markdown]
# ### Task 2: `relu_forward` and `relu_backward`
#
# Both are in `nndl/layers/activations.py`. The ReLU is a gate, entry by entry:
#
# $$
# \mathrm{out} = \max(0, x), \qquad
# dx = \begin{cases} \mathrm{dout} & \text{where } x > 0 \\ 0 & \text{elsewhere} \end{cases}
# $$
#
# - At exactly 0 the function has a corner and no derivative. We choose 0. (This matters in practice: every padded pixel
#   of a later assignment is exactly 0.)
# - **NaN stays NaN.** When something has gone wrong in a net, NaN spreads and you see it. A ReLU that turns NaN into 0,
#   as a comparison `x > 0` does, hides the problem. And minus infinity times 0 is NaN. One NumPy function handles all
#   these cases correctly.

# %% nbgrader={"grade": true, "grade_id": "relu_forward", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
check.relu_forward()

# %% nbgrader={"grade": true, "grade_id": "relu_backward", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
check.relu_backward()

# %% [markdown]
# ### Chaining
#
# An affine layer followed by a ReLU is so common that the pair has its own functions, a **sandwich**.
# `affine_relu_forward` and `affine_relu_backward` are already written, in `nndl/layer_utils.py`. Open the file and read
# these two functions. They are short, and they show how a chain keeps its caches in order and how it goes back. They call
# *your* functions, so the next cell tests both of yours at once.

# %% nbgrader={"grade": false, "grade_id": "sandwich_check", "locked": true, "schema_version": 3, "solution": false, "task": false}
# The sandwich beside numeric gradients: an error of about 1e-9 is right, one near 1 is wrong.
random = np.random.default_rng(SEED)
x, w, b = random.normal(size=(2, 3, 4)), random.normal(size=(12, 10)), random.normal(size=10)
dout = random.normal(size=(2, 10))
_, cache = affine_relu_forward(x, w, b)
for name, array, gradient in zip(
    ("dx", "dw", "db"), (x, w, b), affine_relu_backward(dout, cache), strict=True
):
    numeric = eval_numerical_gradient_array(lambda _: affine_relu_forward(x, w, b)[0], array, dout)
    print(f"{name}: largest relative error {rel_error(numeric, gradient):.1e}")

# %% [markdown]
# ## 2 The loss
#
# ### The idea
#
# For a row of scores $s$ with the right class $c$,
#
# $$
# \ell = -\log p_c = -s_c + \log \sum_k e^{s_k}, \qquad
# \frac{\partial \ell}{\partial s_j} = p_j - [j = c] ,
# $$
#
# and the loss of a batch is the mean over its $N$ rows, so **every gradient gets a factor $1/N$, here and nowhere
# else**. You know this already. What is new: this function must also work for scores from $-10\,000$ to $10\,000$.
# Subtract each row's *own* largest score first, and never take the logarithm of a probability, which may have become 0.
#
# ### By hand
#
# For the scores $(0,\ \log 3)$ the exponentials are $1$ and $3$, the probabilities $\tfrac14$ and $\tfrac34$. If the
# second class is right, the loss is $\log \tfrac43 = 0.2877$ and the gradient $(\tfrac14,\ {-\tfrac14})$.

# %% [markdown]
# ### Task 3: `softmax_loss`
#
# It is in `nndl/layers/losses.py`.
#
# - **In:** scores `x` $(N, C)$, integer labels `y` $(N,)$. `rows` already holds $0 \dots N - 1$, so `table[rows, y]`
#   picks the entry of the right class in each row.
# - **Out:** `loss`, and `dx` $(N, C)$. Do not change `x`.
#
# `float32_layers` is a check without its own task. Half the memory and twice the speed are useful, so float32 inputs
# must give float32 results. For example, `np.zeros(...)` without a dtype would turn the result into float64.

# %% nbgrader={"grade": true, "grade_id": "softmax_loss", "locked": true, "points": 3, "schema_version": 3, "solution": false, "task": false}
check.softmax_loss()

# %% nbgrader={"grade": true, "grade_id": "float32_layers", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
check.float32_layers()

# %% nbgrader={"grade": false, "grade_id": "by_hand_loss", "locked": true, "schema_version": 3, "solution": false, "task": false}
# The example from above: a loss of 0.2877 and a gradient of a quarter, up and down.
loss, dx = softmax_loss(np.array([[0.0, np.log(3)]]), np.array([1]))
print(f"loss {loss:.4f}, gradient {dx}")

# %% [markdown]
# ### Another loss: the hinge (optional, no points)
#
# Softmax is never content: however far the right class is ahead, its loss can still fall. The **multiclass hinge loss**, that
# of a support vector machine (SVM), asks only that the right class $c$ be ahead of every other class by a **margin** of 1:
#
# $$
# \ell = \sum_{j \neq c} \max(0,\ s_j - s_c + 1) .
# $$
#
# Each class within the margin adds 1 to its own gradient and $-1$ to that of the right class; a class beyond it adds nothing.
# **By hand:** for $s = (1,\ 3,\ 2.5,\ -1)$ and the second class the terms are $0$, $0.5$ and $0$, so $\ell = 0.5$ and the gradient is
# $(0, -1, 1, 0)$. With ten classes and scores near 0, what is the loss of a new net? (For softmax it was $\log 10$.)
#
# Write `svm_loss` in `nndl/layers/losses.py`; `rows` is there as in `softmax_loss`. Then train the two-layer net of part 4 with it,
# by writing `svm_loss` in the place of `softmax_loss` in its `loss`, and compare: which of the two reaches the higher
# validation accuracy, and which of them still changes the weights for a row that is classified right by far? Can you turn the
# scores of the SVM into probabilities?

# %% nbgrader={"grade": true, "grade_id": "svm_loss", "locked": true, "points": 0, "schema_version": 3, "solution": false, "task": false}
check.svm_loss()

# %% [markdown]
# ## 3 Two layers, put together
#
# ### The idea
#
# The two-layer net is *affine, ReLU, affine*, with the softmax loss on top. Before, you wrote its gradient in one
# piece. Now it is a chain of four functions, forward and back:
#
# $$
# X \;\xrightarrow{\ \text{affine, ReLU}\ }\; \underset{N \times H}{Z} \;\xrightarrow{\ \text{affine}\ }\;
# \underset{N \times C}{S} \;\xrightarrow{\ \text{softmax loss}\ }\; L
# $$
#
# Each arrow leaves a cache in the forward pass. In the backward pass, each function receives the upstream gradient from
# the arrow after it. The L2 penalty $\frac{\mathit{reg}}{2} (\sum W_1^2 + \sum W_2^2)$ has no layer: add it to the
# loss, and add $\mathit{reg} \cdot W$ to the two weight gradients, at the end. Biases are not penalized.
#
# (This is the third and last `TwoLayerNet` of the course. It stores weights as *inputs × outputs*, because `affine_forward`
# computes $XW$: the transpose of those in the two-layer net written in one piece, and the layout of the net of layer
# objects. It takes integer labels, keeps `reg` as an attribute, and has no `train` of its own: the Solver does that for all
# nets.)

# %% [markdown]
# ### Task 4: `TwoLayerNet`
#
# In `nndl/fc_net.py`.
#
# - `__init__`: `self.params` with `W1`, `b1`, `W2`, `b2`. Weights are `weight_scale` times standard normal numbers,
#   **`W1` drawn before `W2`**; biases are 0.
# - `loss(X)` without labels: the scores. `X` may have any number of axes.
# - `loss(X, y)`: the loss, and a dict of gradients with exactly the keys of `params`. Read `self.reg` at every call.
# - All layer functions and the two sandwich functions (an affine layer with its ReLU) are imported at the top of the
#   file.

# %% nbgrader={"grade": true, "grade_id": "two_layer_start", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
check.two_layer_start()

# %% nbgrader={"grade": true, "grade_id": "two_layer_loss", "locked": true, "points": 3, "schema_version": 3, "solution": false, "task": false}
check.two_layer_loss()

# %% nbgrader={"grade": true, "grade_id": "two_layer_gradients", "locked": true, "points": 4, "schema_version": 3, "solution": false, "task": false}
check.two_layer_gradients()

# %% [markdown]
# ## 4 The Solver
#
# ### Images
#
# **CIFAR-10** again: 49,000 images for training, 1,000 for validation, 1,000 for the test, each of shape
# $3 \times 32 \times 32$, with the mean training image subtracted. **The grader prepares its images in exactly this
# way**, so do not change this preparation.
#
# The images are downloaded at the first use (170 MB). If you are offline, start Jupyter with the environment variable
# `NNDL_DATA=offline`: ten classes of *drawn* shapes then take the place of the photographs. These images are not
# CIFAR-10. Where a number in the text holds for CIFAR-10 only, the text says so.

# %% nbgrader={"grade": false, "grade_id": "load_images", "locked": true, "schema_version": 3, "solution": false, "task": false} tags=["skip-at-grading"]
data = get_CIFAR10_data(dtype=np.float32)
class_names = load_class_names()
OFFLINE = os.environ.get("NNDL_DATA") == "offline"  # whether these are the drawn images
for name, array in data.items():
    print(f"{name:8} {array.shape!s:20} {array.dtype}")


def first(count):
    """Return the data with the first `count` training images only."""
    return data | {name: data[name][:count] for name in ("X_train", "y_train")}


# %% cellView="form" jupyter={"source_hidden": true} nbgrader={"grade": false, "grade_id": "look_at_images", "locked": true, "schema_version": 3, "solution": false, "task": false} tags=["skip-at-grading"]
# @title Some training images of each class
# Each pixel is shown relative to the mean image: 128 means that it equals the mean.
images = (data["X_train"][:1000] + 128).transpose(0, 2, 3, 1)
ax = show_images(images, data["y_train"][:1000], class_names, per_class=8)
ax.set_title("Eight training images of each class, mean image subtracted")
ax.set_ylabel("class")
show(ax.figure, f"A grid of training images, a row for each class: {', '.join(class_names)}.")

# %% [markdown]
# ### Training without writing the loop again
#
# `nndl.solver.Solver` trains any net that has `params` and `loss`. It draws minibatches, calls an *update rule* for
# each parameter, multiplies the learning rate by `lr_decay` after each epoch, and measures accuracy. At the end it
# gives the net the parameters that were best on the validation images. Read its docstring in `nndl/solver.py`.
# `LiveSolver` does the same and draws the curves:
#
# ```python
# solver = LiveSolver(
#     net, data, title="My net", goal=0.5,
#     update_rule="sgd", optim_config={"learning_rate": ...},
#     lr_decay=..., num_epochs=..., batch_size=...,
# )
# solver.train()
# ```
#
# ### Task 5: a first training run
#
# Train a `TwoLayerNet` with 200 hidden units and plain `sgd` until its validation accuracy is at least 40 %; **aim for
# 50 %**. On CIFAR-10, our own run used a learning rate between $10^{-3}$ and $3 \cdot 10^{-3}$, a decay of about 0.9
# and batches of 100. It reached this goal in six epochs, and 55 % in 30 epochs (some minutes). This task gives no
# points: you will compare the later nets with it.

# %% nbgrader={"grade": false, "grade_id": "two_layer_training", "locked": false, "schema_version": 3, "solution": true, "task": false} tags=["skip-at-grading"]
np.random.seed(SEED)
two_layer_net = TwoLayerNet(hidden_dims=200, weight_scale=1e-3)
two_layer_solver = None
### BEGIN SOLUTION
two_layer_solver = LiveSolver(
    two_layer_net,
    first(20_000) if OFFLINE else data,
    title="Two layers",
    goal=0.5,
    update_rule="sgd",
    optim_config={"learning_rate": 0.0018889},
    lr_decay=0.9125,
    num_epochs=3 if OFFLINE else 30,
    batch_size=100,
)
two_layer_solver.train()
### END SOLUTION
print(f"best validation accuracy of the two-layer net: {two_layer_solver.best_val_acc:.3f}")

# %% [markdown]
# ## 5 Any depth
#
# ### The idea
#
# A net with $L$ layers has $L - 1$ **hidden blocks**, each *affine, ReLU*, and one affine layer on top. With $Z_0 =
# X$:
#
# $$
# \underset{N \times H_i}{Z_i} = \max\big(0,\ \underset{N \times H_{i-1}}{Z_{i-1}}\;\underset{H_{i-1} \times H_i}{W_i} + \underset{H_i}{b_i}\big)
# \quad (i = 1 \dots L - 1), \qquad
# \underset{N \times C}{S} = Z_{L-1} W_L + b_L .
# $$
#
# Forward is a loop over $i = 1 \dots L-1$ that keeps one cache per block. Backward is the same loop from the last block
# to the first: each block's `dx` is the upstream gradient of the block before. With $L = 1$ there is no block at all,
# and the net is a linear classifier: if your loops are right, this case needs no extra code.
#
# ### By hand
#
# Three layers, one input $x = (1\;\,2)$:
#
# $$
# W_1 = \begin{pmatrix} 1 & 0.5 \\ -1 & 0.5 \end{pmatrix},\; b_1 = (0\;\,{-0.5}), \quad
# W_2 = \begin{pmatrix} 1 & 1 \\ 2 & -1 \end{pmatrix},\; b_2 = (2\;\,0), \quad
# W_3 = \begin{pmatrix} 1 & -1 \\ 5 & 5 \end{pmatrix},\; b_3 = (0\;\,{-1})
# $$
#
# | | affine | ReLU |
# |---|---|---|
# | block 1 | $(-1\;\,1)$ | $(0\;\,1)$ |
# | block 2 | $(4\;\,{-1})$ | $(4\;\,0)$ |
# | top | $(4\;\,{-5})$ | no ReLU: these are the scores |
#
# The entries 5 of $W_3$ have no effect, because the second unit of block 2 is off; their gradient is 0 for this input.

# %% [markdown]
# ### Task 6: `FullyConnectedNet`
#
# In `nndl/fc_net.py`. Four places of the class belong to this assignment, the other five to the next two.
#
# - `__init__`: `W1`, `b1` to `WL`, `bL`, drawn in layer order. `dims` holds all sizes, starting with the inputs. The
#   cast to `self.dtype` is already written.
# - `_block_forward(i, x)` and `_block_backward(i, dout, cache)`: one hidden block. The settings `normalization` and
#   `use_dropout` belong to the next assignments; both are off here, and the docstring says where they will be used.
#   You may leave them out for now.
# - `loss`: the two loops, the top layer, the penalty over all $L$ weight matrices.
#
# In a float32 net everything stays float32, except the loss itself, which is a Python number.

# %% nbgrader={"grade": true, "grade_id": "deep_start", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
check.deep_start()

# %% nbgrader={"grade": true, "grade_id": "deep_loss", "locked": true, "points": 3, "schema_version": 3, "solution": false, "task": false}
check.deep_loss()

# %% nbgrader={"grade": true, "grade_id": "deep_gradients", "locked": true, "points": 3, "schema_version": 3, "solution": false, "task": false}
check.deep_gradients()

# %% nbgrader={"grade": false, "grade_id": "numeric_check", "locked": true, "schema_version": 3, "solution": false, "task": false}
# First tests of a new net. Is the loss near log 10 = 2.303 (more with a penalty)?
# Are the gradients near numeric ones?
np.random.seed(231)
X_small, y_small = np.random.randn(2, 15), np.random.randint(10, size=2)
for reg in (0, 3.14):
    net = FullyConnectedNet(
        [20, 30], input_dim=15, num_classes=10, reg=reg, weight_scale=5e-2, dtype=np.float64
    )
    loss, grads = net.loss(X_small, y_small)
    print(f"reg {reg}: initial loss {loss:.4f}")
    for name in sorted(grads):
        numeric = eval_numerical_gradient(
            lambda _, net=net: net.loss(X_small, y_small)[0], net.params[name], verbose=False
        )
        print(f"  {name}: largest relative error {rel_error(numeric, grads[name]):.1e}")

# %% [markdown]
# Errors of about $10^{-7}$ are fine. Without a penalty, an error of about $10^{-5}$ for `W2` is fine, too: some of its
# gradients are so close to 0 that the numeric ones are mostly rounding errors.

# %% [markdown]
# ## 6 Fifty images by heart
#
# ### The idea
#
# Before you train for an hour, train for ten seconds: a net that cannot learn **50 images by heart** will not learn
# 49,000. A failure here is a mistake in the code or a poor choice of settings, and you see it at once.
#
# ### Task 7: three layers, then five
#
# In the next cell, a net with three layers (100 units in each hidden layer) has settings with which it learns nothing.
# Find a `weight_scale` and a `learning_rate` with which its **training accuracy reaches 1.0 within 20 epochs**. Try
# factors of 3 or 10 rather than small steps, and look at the loss: flat, slow, or exploding? Then do the same with five
# layers, in the cell after it. **Before you start with five layers, write down what you expect:** will it be easier, equally
# easy, or harder to find settings than for three? Question 1 asks about it.


# %% cellView="form" jupyter={"source_hidden": true} nbgrader={"grade": false, "grade_id": "fifty_images", "locked": true, "schema_version": 3, "solution": false, "task": false} tags=["skip-at-grading"]
# @title Train on fifty images, and draw the loss
def learn_fifty(hidden_dims, weight_scale, learning_rate):
    """Train on 50 images for 20 epochs of two steps each; draw the loss and return the training accuracies."""
    np.random.seed(SEED)
    net = FullyConnectedNet(hidden_dims, weight_scale=weight_scale, dtype=np.float64)
    solver = Solver(
        net,
        first(50),
        update_rule="sgd",
        optim_config={"learning_rate": learning_rate},
        num_epochs=20,
        batch_size=25,
        num_val_samples=100,
        verbose=False,
    )
    try:
        solver.train()
    except DivergenceError as error:
        print(error)
    figure, ax = plt.subplots(figsize=(7, 3))
    ax.plot(solver.loss_history, "o-", markersize=4)
    settings = f"weight scale {weight_scale:g}, learning rate {learning_rate:g}"
    ax.set(xlabel="iteration", ylabel="training loss", title=f"{len(hidden_dims) + 1} layers: {settings}")
    ax.grid(alpha=0.3)
    best = max(solver.train_acc_history)
    show(
        figure, f"Training loss over 40 iterations with {settings}; the best training accuracy is {best:.2f}."
    )
    print(f"best training accuracy {best:.2f}", "- learned by heart" if best == 1 else "- not yet learned")
    return solver.train_acc_history


# %% nbgrader={"grade": false, "grade_id": "three_layers", "locked": false, "schema_version": 3, "solution": true, "task": false} tags=["skip-at-grading"]
weight_scale, learning_rate = 1e-4, 1e-4  # these values are too small: change them
### BEGIN SOLUTION
weight_scale, learning_rate = 2e-2, 5e-3
### END SOLUTION
three_layers = learn_fifty([100, 100], weight_scale, learning_rate)

# %% nbgrader={"grade": false, "grade_id": "five_layers", "locked": false, "schema_version": 3, "solution": true, "task": false} tags=["skip-at-grading"]
weight_scale, learning_rate = 1e-4, 1e-4
### BEGIN SOLUTION
weight_scale, learning_rate = 5e-2, 5e-3
### END SOLUTION
five_layers = learn_fifty([100, 100, 100, 100], weight_scale, learning_rate)

# %% [markdown]
# ### Look inside
#
# Was one of the two nets harder to find settings for? The figure below sends your 50 images through a
# *new* net. On the left it shows how large the values are after each hidden layer. On the right it shows how large the
# gradients are, for the weights and for the biases. (The gradient of a bias is the sum of the upstream gradients that
# arrive at the layer.) All axes that show sizes are logarithmic. Find out:
#
# - At a weight scale of 0.01, by which factor does each layer change the size of the signal? And what becomes of the
#   gradient on its way to layer 1? Compare 3 layers with 8.
# - At which scale is the left curve flat? What happens if you then double the scale, in a net with 12 layers?
# - How can you see from the loss of a new net that the scale is too large?

# %% nbgrader={"grade": false, "grade_id": "signal_explorer", "locked": true, "schema_version": 3, "solution": false, "task": false} tags=["skip-at-grading"]
from nndl.explore.fc_net.signals import explore as explore_signals

explore_signals(data["X_train"][:50], data["y_train"][:50])


# %% cellView="form" jupyter={"source_hidden": true} nbgrader={"grade": false, "grade_id": "draw_sweep", "locked": true, "schema_version": 3, "solution": false, "task": false}
# @title How the next figure is drawn
def draw_sweep(scales, reached):
    """Return a figure of the best accuracies over the weight scales, and what there is to see in words."""
    figure, ax = plt.subplots(figsize=(8, 3.5))
    for (name, values), marker in zip(reached.items(), ("o", "s"), strict=True):
        ax.semilogx(scales, values, marker=marker, label=name)
    ax.set(xlabel="weight scale", ylabel="best training accuracy", title="Fifty images by heart, 20 epochs")
    ax.legend()
    ax.grid(alpha=0.3)
    description = "; ".join(
        f"{name}: {', '.join(f'{value:.2f}' for value in values)}" for name, values in reached.items()
    )
    return figure, f"Best training accuracy over nine weight scales from 0.003 to 0.3. {description}."


# %% nbgrader={"grade": false, "grade_id": "scale_sweep", "locked": true, "schema_version": 3, "solution": false, "task": false} tags=["skip-at-grading"]
# The same question for training: for which weight scales do the two nets learn the 50 images?
# For each scale we try four learning rates and count the best, so that no net is at a
# disadvantage because of a bad step size.
def best_accuracy(hidden_dims, weight_scale):
    """Return the highest training accuracy over four learning rates."""
    reached = [0.0]
    for learning_rate in (1e-3, 3e-3, 1e-2, 3e-2):
        np.random.seed(SEED)
        net = FullyConnectedNet(hidden_dims, weight_scale=weight_scale)
        rate = {"learning_rate": learning_rate}
        settings = {"optim_config": rate, "num_epochs": 20, "batch_size": 25, "num_val_samples": 10}
        solver = Solver(net, first(50), verbose=False, **settings)
        try:
            with np.errstate(all="ignore"):  # some of these runs diverge, as expected
                solver.train()
        except DivergenceError:
            pass
        reached += solver.train_acc_history
    return max(reached)


scales = np.logspace(-2.5, -0.5, 9)
reached = {
    name: [best_accuracy(hidden, scale) for scale in tqdm(scales, desc=name)]
    for name, hidden in {"three layers": [100] * 2, "five layers": [100] * 4}.items()
}
show(*draw_sweep(scales, reached))

# %% [markdown] nbgrader={"grade": false, "grade_id": "q1_question", "locked": true, "schema_version": 3, "solution": false, "task": false}
# ### Question 1: depth and the first weights (3 points)
#
# Which of the two nets was more sensitive to the scale of its initial weights: the one with three layers or the one
# with five? Say what you saw in your own trials and in the figures above, and explain the reason. Three to five
# sentences.

# %% [markdown] nbgrader={"grade": true, "grade_id": "q1_depth", "locked": false, "points": 3, "schema_version": 3, "solution": true, "task": false}
# **Model answer.** The five-layer net: it learned the images only in a narrow range of scales, while for the
# three-layer net a range several times as wide was good enough. In the forward pass, each layer multiplies the size of
# the signal by a factor that is proportional to the weight scale. In the backward pass, each layer does the same to the
# gradient. Over the depth these factors are multiplied. If the factor is a little below 1, signal and gradient vanish
# exponentially with depth, and the first layers hardly change; if it is a little above 1, they explode and training
# diverges. The more layers, the closer to 1 each factor must be. In the figure with logarithmic axes this shows as
# straight lines, whose slope is set by the scale.
#
# **Rubric.** 3: the deeper net, *and* the fact that the effect multiplies over the layers, with both vanishing and
# exploding. 2: the deeper net with only one of the two, or only a vague "signals shrink". 1: the deeper net without a
# reason. 0: the net with fewer layers.

# %% [markdown]
# ## 7 Better update rules
#
# ### The idea
#
# Plain gradient descent has no memory. In a long, narrow valley it jumps from wall to wall and moves very slowly along
# the floor: a step size that is small enough for the walls is far too small for the floor. Here are two improvements,
# and one rule that combines them:
#
# **Momentum.** Let the step be a velocity that gradients push: $v \leftarrow \mu v - \eta g$, then
# $w \leftarrow w + v$. Gradients that change sign at every step cancel. Gradients that stay the same add up, to as much
# as $1 / (1 - \mu)$ times the plain step.
#
# **RMSProp.** Give each parameter its own step size: keep a running average of its squared gradient, and divide by
# the root of it,
#
# $$
# c \leftarrow \rho\, c + (1 - \rho)\, g^2, \qquad w \leftarrow w - \eta\, \frac{g}{\sqrt{c} + \epsilon} .
# $$
#
# Now it hardly matters whether a gradient is 0.001 or 1000: the step is about $\eta$. The average is updated *first*,
# and $\epsilon$ is *outside* the root.
#
# **Adam.** It uses the average of the gradient instead of the gradient, and corrects both averages:
#
# $$
# m \leftarrow \beta_1 m + (1 - \beta_1)\, g, \qquad v \leftarrow \beta_2 v + (1 - \beta_2)\, g^2, \qquad
# w \leftarrow w - \eta\, \frac{\hat m}{\sqrt{\hat v} + \epsilon}, \qquad
# \hat m = \frac{m}{1 - \beta_1^t}, \quad \hat v = \frac{v}{1 - \beta_2^t} .
# $$
#
# Why the correction? Both averages start at 0. After the first step, $m = (1 - \beta_1) g$ is only a tenth of $g$, and
# $v$ a thousandth of $g^2$. Dividing by $1 - \beta^t$ makes them $g$ and $g^2$. After more steps, the correction has
# less and less effect. For this, $t$ must be 1 in the first step: **count first, then correct.**
#
# All operations are entry by entry, so every array here has the shape of $w$.
#
# ### By hand
#
# One number, $w = 1$, and a learning rate of 0.1. (The values of $\epsilon$ and of the decays are chosen for easy
# arithmetic.)
#
# | momentum, $\mu = 0.5$ | step 1 | step 2 | step 3 |
# |---|---|---|---|
# | gradient | 1 | 1 | −2 |
# | $v$ | −0.1 | −0.15 | 0.125 |
# | $w$ | 0.9 | 0.75 | 0.875 |
#
# | RMSProp, $\rho = 0.75$, $\epsilon = 1$ | step 1 | step 2 | step 3 |
# |---|---|---|---|
# | gradient | 4 | 2 | 0 |
# | $c$ | 4 | 4 | 3 |
# | $w$ | 0.8667 | 0.8 | 0.8 |
#
# | Adam, $\beta_1 = 0.5$, $\beta_2 = 0.75$, $\epsilon = 1$ | step 1 | step 2 | step 3 |
# |---|---|---|---|
# | gradient | 2 | 2 | −1 |
# | $m$, corrected | 1, **2** | 1.5, **2** | 0.25, **0.2857** |
# | $v$, corrected | 1, **4** | 1.75, **4** | 1.5625, **2.7027** |
# | $w$ | 0.9333 | 0.8667 | 0.8559 |
#
# Look at the corrected averages: after two equal gradients they are that gradient and its square, as if the averages
# had not started at 0.

# %% [markdown]
# ### Task 8: `sgd_momentum`, `rmsprop`, `adam`
#
# All three are in `nndl/optim.py`, beside `sgd`, which is given as an example.
#
# - **In:** `w`, its gradient `dw`, and `config`, a dict with the hyperparameters and what the rule remembers from step
#   to step. When your code runs, missing entries are already filled in, with zeros for velocities and averages.
# - **Out:** `(next_w, config)`. `next_w` is a *new* array; do not change `w` or `dw`.
# - Store in `config` what the next step needs: `velocity`; `cache`; `m`, `v` and `t`. It must be the same dict that you
#   received: the caller reads it.

# %% nbgrader={"grade": true, "grade_id": "sgd_momentum", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
check.sgd_momentum()

# %% nbgrader={"grade": true, "grade_id": "rmsprop", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
check.rmsprop()

# %% nbgrader={"grade": true, "grade_id": "adam", "locked": true, "points": 3, "schema_version": 3, "solution": false, "task": false}
check.adam()

# %% nbgrader={"grade": false, "grade_id": "by_hand_rules", "locked": true, "schema_version": 3, "solution": false, "task": false}
# The three tables from above.
for rule, gradients, settings in (
    (sgd_momentum, (1, 1, -2), {"momentum": 0.5}),
    (rmsprop, (4, 2, 0), {"decay_rate": 0.75, "epsilon": 1.0}),
    (adam, (2, 2, -1), {"beta1": 0.5, "beta2": 0.75, "epsilon": 1.0}),
):
    w, config = np.array([1.0]), {"learning_rate": 0.1, **settings}
    for gradient in gradients:
        w, config = rule(w, np.array([float(gradient)]), config)
        kept = {
            name: f"{np.ravel(config[name])[0]:.4f}"
            for name in ("velocity", "cache", "m", "v")
            if name in config
        }
        print(
            f"{rule.__name__:12} gradient {gradient:2}: w = {w[0]:.4f}",
            *(f"{k} = {v}" for k, v in kept.items()),
        )

# %% [markdown]
# ### A race
#
# Four rules start at the same point and go down the same surface, each with its own learning rate. They run your code.
# Nothing is graded here. Find out:
#
# - **Valley.** Raise the learning rate of plain `sgd` until it leaves the picture. At which rate does it jump between
#   the walls without getting any lower? (Across the valley the slope is 100 times the distance from its floor. Remember
#   the number 2/100.)
# - **Valley**, start at $(-3, 0)$, exactly on the floor: for which rules is that an advantage, and for which does it
#   make no difference? Why?
# - **Bent valley**, 500 steps: which rule follows the bend best? Why does momentum overshoot it?
# - **Saddle.** The start is close to the ridge. Which rule leaves it first? How can a rule make progress on a slope
#   that is nearly flat?

# %% nbgrader={"grade": false, "grade_id": "race_explorer", "locked": true, "schema_version": 3, "solution": false, "task": false} tags=["skip-at-grading"]
from nndl.explore.fc_net.optimizers import explore as explore_optimizers

explore_optimizers()

# %% [markdown]
# ### Four rules, one net
#
# Now for a real net: six layers, 4,000 images, five epochs, the same start for all. Each rule has a learning rate that
# works well for it.

# %% nbgrader={"grade": false, "grade_id": "compare_rules", "locked": true, "schema_version": 3, "solution": false, "task": false} tags=["skip-at-grading"]
rates = {"sgd": 5e-3, "sgd_momentum": 5e-3, "rmsprop": 1e-4, "adam": 1e-3}
by_rule = {}
for rule, rate in tqdm(rates.items(), desc="update rules"):
    np.random.seed(SEED)
    net = FullyConnectedNet([100] * 5, weight_scale=5e-2)
    by_rule[rule] = Solver(
        net,
        first(4000),
        update_rule=rule,
        optim_config={"learning_rate": rate},
        num_epochs=5,
        batch_size=100,
        verbose=False,
    )
    by_rule[rule].train()
    accuracies = by_rule[rule].train_acc_history[-1], max(by_rule[rule].val_acc_history)
    print(
        f"{rule:12} final training accuracy {accuracies[0]:.3f}, best validation accuracy {accuracies[1]:.3f}"
    )

# %% cellView="form" jupyter={"source_hidden": true} nbgrader={"grade": false, "grade_id": "compare_plot", "locked": true, "schema_version": 3, "solution": false, "task": false} tags=["skip-at-grading"]
# @title Draw the four rules
figure, axes = plt.subplots(1, 3, figsize=(15, 4.2))
for rule, solver in by_rule.items():
    smooth = np.convolve(solver.loss_history, np.ones(10) / 10, mode="valid")
    axes[0].plot(smooth, label=rule)
    axes[1].plot(solver.train_acc_history, marker=".", label=rule)
    axes[2].plot(solver.val_acc_history, marker=".", label=rule)
axes[0].set(xlabel="iteration", ylabel="training loss", title="Loss, mean of ten minibatches")
axes[1].set(xlabel="epoch", ylabel="accuracy", title="Training accuracy")
axes[2].set(xlabel="epoch", ylabel="accuracy", title="Validation accuracy")
for ax in axes:
    ax.grid(alpha=0.3)
axes[0].legend()
final = ", ".join(f"{rule} {solver.train_acc_history[-1]:.2f}" for rule, solver in by_rule.items())
show(
    figure,
    "Three line plots for a six-layer net under four update rules: loss, training accuracy, validation accuracy. "
    f"Final training accuracy: {final}.",
)

# %% [markdown]
# ### Three dials
#
# A loss curve says *that* something is wrong. Three numbers for each layer often say *what*; practitioners print them during
# the first steps of a run.
#
# - **Size of a step**: the norm of what a step changes, divided by the norm of the weights. About a thousandth is usual for
#   a run that goes well; a millionth is standing still, a tenth is throwing away what was learned.
# - **Gradients**: the norm of the gradient of each $W_i$. Compare the first layer with the last one.
# - **Dead units**: the share of hidden units that are 0 for *every* row of a large batch. No gradient comes through them.
#
# The cell takes some steps with a six-layer net and prints the dials. Run it with the given settings. Then try a weight
# scale of 0.01 and of 0.2, a learning rate ten times as large, and `adam` with 1e-3. Which dial warns you in which case?

# %% nbgrader={"grade": false, "grade_id": "dials", "locked": true, "schema_version": 3, "solution": false, "task": false} tags=["skip-at-grading"]
RULE, RATE, SCALE, STEPS = sgd, 5e-3, 5e-2, 30  # also try sgd_momentum, rmsprop and adam

X_dials, y_dials = data["X_train"][:1000], data["y_train"][:1000]
np.random.seed(SEED)
net = FullyConnectedNet([100] * 5, weight_scale=SCALE)
configs = {name: {"learning_rate": RATE} for name in net.params}
with np.errstate(all="ignore"):  # some settings make the net explode
    for _ in range(STEPS):
        rows = np.random.choice(len(X_dials), 100)
        loss, grads = net.loss(X_dials[rows], y_dials[rows])
        before = {name: w.copy() for name, w in net.params.items()}
        for name, w in net.params.items():
            net.params[name], configs[name] = RULE(w, grads[name], configs[name])

    print(f"loss of step {STEPS}: {loss:.3f}\nlayer   step / weights   norm of the gradient   dead units")
    z = X_dials[:400]
    for i in range(1, net.num_layers + 1):
        W, old = net.params[f"W{i}"], before[f"W{i}"]
        step, size = np.linalg.norm(W - old) / np.linalg.norm(old), np.linalg.norm(grads[f"W{i}"])
        dead = ""
        if i < net.num_layers:
            z, _ = affine_relu_forward(z, W, net.params[f"b{i}"])
            dead = f"{np.mean(~(z > 0).any(axis=0)):.0%}"
        print(f"{i:5}   {step:14.1e}   {size:20.1e}   {dead:>10}")

# %% [markdown] nbgrader={"grade": false, "grade_id": "q2_question", "locked": true, "schema_version": 3, "solution": false, "task": false}
# ### Question 2: steps that shrink (3 points)
#
# **AdaGrad**, an older rule from which RMSProp was developed, does not average the squared gradients but adds them up:
# $c \leftarrow c + g^2$, then $w \leftarrow w - \eta\, g / (\sqrt{c} + \epsilon)$. In long training runs its steps
# become very small. Why? Does Adam have the same problem? You may try it: with `nndl.optim.register` the Solver can use
# your own rule. Three to five sentences.

# %% [markdown] nbgrader={"grade": true, "grade_id": "q2_adagrad", "locked": false, "points": 3, "schema_version": 3, "solution": true, "task": false}
# **Model answer.** AdaGrad divides by the root of the sum of *all* squared gradients since the start. Such a sum never
# gets smaller, so the effective learning rate can only fall. While gradients keep their size, it falls like one over
# the root of the number of steps, and it tends to 0 whatever the current gradient is. Adam divides by the root of an
# exponentially weighted *average*, which forgets: old gradients lose their weight, and the divisor follows the size of
# the recent ones. If the gradients get smaller, the divisor does too. (At the start, the bias correction makes sure
# that the average is not too small.) So no, Adam does not have this problem.
#
# **Rubric.** 3: the sum that never decreases, the average that forgets, *and* "no". 2: the sum is explained; for Adam
# there is only a claim. 1: only that the cache grows. 0: says that Adam has it too.

# %% [markdown]
# ## 8 Your best net
#
# ### The rule
#
# Your best fully connected net is stored and measured on **images that you have not seen**. With $X$ for its accuracy
# in percent, you get this share of 5 points, and never less than 0:
#
# $$
# \min \left( \frac{\lfloor X - 30 \rfloor}{20},\ 1 \right)
# $$
#
# So 30 % earns nothing, 40 % earns half, and from 50 % on you have all 5. A measurement on a limited number of images
# has a small random error, and the grader rounds in your favour by that much. At most 8 layers and 4 million numbers
# are accepted, which is more than you need.
#
# ### How to get there
#
# - **All the data.** `data` holds 49,000 images; the experiments above used `first(...)`. No hyperparameter helps as
#   much as more data.
# - **Adam first.** Learning rates between $10^{-4}$ and $10^{-3}$ are a good start, with `lr_decay` around 0.9 and
#   batches of 200.
# - **Two or three layers** of 100 to 300 units are plenty. More depth does not help here.
# - **Read the gap.** Training accuracy far above validation accuracy: more `reg` (try factors of 3, from $10^{-3}$), or
#   fewer units. Both low and close together: train longer, or use larger steps.
# - **Choose the learning rate in short runs, and the penalty in long runs**, because it helps only late.
# - **What is possible.** On CIFAR-10 our own run was right on 55 to 57 % of the validation images after 12 epochs
#   (about two minutes on one processor core), and on about 52 % of the test images. Batch normalization and dropout,
#   the next two assignments, give a few points more; if you have written them already, you may use them here.
#
# ### Task 9: search, and store the winner
#
# At the end of the next cell, `best_net` is the `FullyConnectedNet` that did best on the **validation** images.
# (After `train()` a Solver's net holds its best parameters.) The cell after it stores its arrays as
# `best_fc_net.npz`. **Hand this file in together with the notebook.**

# %% nbgrader={"grade": false, "grade_id": "search", "locked": false, "schema_version": 3, "solution": true, "task": false} tags=["skip-at-grading"]
results = {}  # learning rate → validation accuracy of a short run
best_net, best_solver = None, None
### BEGIN SOLUTION
HIDDEN, REG = [300, 150], 5e-3


def make_solver(learning_rate, images, kind=Solver, **settings):
    """Return a fresh net's solver."""
    np.random.seed(SEED)
    net = FullyConnectedNet(HIDDEN, reg=REG, weight_scale=1e-2)
    rule = {"update_rule": "adam", "optim_config": {"learning_rate": learning_rate}, "lr_decay": 0.9}
    return kind(net, images, **rule, batch_size=200, verbose=False, **settings)


for rate in tqdm((1e-4, 3e-4, 1e-3), desc="short runs"):
    solver = make_solver(rate, first(10_000), num_epochs=2)
    try:
        solver.train()
    except DivergenceError as error:
        print(error)
    results[rate] = solver.best_val_acc
    print(f"learning rate {rate:g}: validation accuracy {results[rate]:.3f}")

# The drawn images only show that all of this runs, so they get a shorter run than the photographs.
epochs = 4 if OFFLINE else 12
best_solver = make_solver(
    max(results, key=results.get), data, LiveSolver, num_epochs=epochs, title="Best net", goal=0.5
)
best_solver.train()
best_net = best_solver.model
### END SOLUTION

# %% nbgrader={"grade": false, "grade_id": "store", "locked": true, "schema_version": 3, "solution": false, "task": false} tags=["skip-at-grading"]
# The grader rebuilds the net from these arrays: the parameters and, with batch normalization,
# the running statistics.
arrays = dict(best_net.params)
for i, bn_param in enumerate(best_net.bn_params, 1):
    arrays |= {f"{name}{i}": bn_param[name] for name in ("running_mean", "running_var") if name in bn_param}
np.savez("best_fc_net.npz", **arrays)
print({name: array.shape for name, array in arrays.items()})

# %% nbgrader={"grade": true, "grade_id": "best_fc_net", "locked": true, "points": 5, "schema_version": 3, "solution": false, "task": false}
check.best_fc_net(data["X_val"], data["y_val"])

# %% [markdown]
# ### The test, once
#
# You have chosen by validation accuracy, and the best of several nets is partly lucky. The test images show how much.
# Look at them once.

# %% nbgrader={"grade": false, "grade_id": "test_once", "locked": true, "schema_version": 3, "solution": false, "task": false} tags=["skip-at-grading"]
predicted = np.argmax(best_net.loss(data["X_test"]), axis=1)
test_accuracy = float(np.mean(predicted == data["y_test"]))
error = np.sqrt(test_accuracy * (1 - test_accuracy) / len(predicted))
validation = float(np.mean(np.argmax(best_net.loss(data["X_val"]), axis=1) == data["y_val"]))
print(
    f"test accuracy: {test_accuracy:.3f} ± {error:.3f} (one standard error); on the validation images {validation:.3f}"
)

# %% cellView="form" jupyter={"source_hidden": true} nbgrader={"grade": false, "grade_id": "by_class_figure", "locked": true, "schema_version": 3, "solution": false, "task": false} tags=["skip-at-grading"]
# @title Draw the accuracy of each class
by_class = [100 * np.mean(predicted[data["y_test"] == k] == k) for k in range(10)]
order = np.argsort(by_class)
figure, ax = plt.subplots(figsize=(7, 3.8))
bars = ax.barh([class_names[k] for k in order], [by_class[k] for k in order], color=BLUE)
ax.bar_label(bars, fmt="%.0f", padding=3)
ax.set(
    xlabel="percent of the test images right", ylabel="class", title="Which classes are easy?", xlim=(0, 105)
)
best, worst = class_names[order[-1]], class_names[order[0]]
show(
    figure, f"Bar chart of the test accuracy of each class. The easiest class is {best}, the hardest {worst}."
)

# %% [markdown]
# ## 9 Looking back
#
# - A layer is a forward and a backward function with a cache between them; a net is a loop over layers, and the same
#   loop backwards.
# - Three tests before any training: the first loss is near $\log C$, the gradient agrees with numeric differences, and
#   the net learns 50 images by heart.
# - Dials beside the loss (size of a step, gradients, dead units) say which layer is in trouble.
# - Over the depth of a net, factors multiply. A scale that is a little too small or too large in every layer is far too
#   small or too large at the end.
# - Momentum averages directions, RMSProp evens out sizes, Adam does both and corrects for its start.
#
# **What next?** It is a problem that a deep net is so sensitive to its initial weights. *Batch normalization*, the next
# assignment, corrects the size of the signal in every layer, whatever the weights are. It goes exactly where
# `_block_forward` has left a place for it.
#
# **To go further** (not graded)
#
# 1. *A scale for each layer.* Draw $W_i$ with the standard deviation $\sqrt{2 / H_{i-1}}$ and repeat the sweep over
#    depths in the explorer. Why the 2?
# 2. *AdaGrad.* Register it as your own rule and compare it with RMSProp over 5 and over 50 epochs.
# 3. *Decoupled weight decay.* `nndl.optim.adamw` shrinks the weights directly, outside Adam's averages. Compare it with
#    `reg` in the loss, at the same strength.
# 4. *Warm-up.* Let the learning rate rise over the first hundred steps. Which of the four rules gets better?
# 5. *Other gates.* Write `leaky_relu_forward` and its backward pass ($\max(0.01\,x, x)$), or an ELU or a maxout, and put it in the
#    place of the ReLU in `_block_forward`. What does the dial of dead units say then?
# 6. *A shortcut.* Let a block of equal width return `x + block(x)` (a **residual** connection), or hand all earlier outputs
#    to the next block side by side (**dense** connections). What happens to the gradients of the first layers in a net with
#    20 blocks?
#
# **Further reading**
#
# - S. Ruder, [An overview of gradient descent optimization algorithms](https://www.ruder.io/optimizing-gradient-descent/): all
#   the rules of part 7 and their relatives on one page.
# - G. Goh, [Why momentum really works](https://distill.pub/2017/momentum/), Distill 2017: the valley, with sliders.
# - X. Glorot and Y. Bengio, [Understanding the difficulty of training deep feedforward neural
#   networks](https://proceedings.mlr.press/v9/glorot10a.html), 2010; K. He and others, [Delving deep into
#   rectifiers](https://arxiv.org/abs/1502.01852), 2015: how large the first weights should be.
# - J. Duchi, E. Hazan and Y. Singer, [AdaGrad](https://jmlr.org/papers/v12/duchi11a.html), 2011; T. Tieleman and G. Hinton,
#   [RMSProp](https://www.cs.toronto.edu/~tijmen/csc321/slides/lecture_slides_lec6.pdf), lecture 6, 2012; D. Kingma and J. Ba,
#   [Adam](https://arxiv.org/abs/1412.6980), 2015; I. Loshchilov and F. Hutter, [decoupled weight
#   decay](https://arxiv.org/abs/1711.05101), 2019.
# - [Residual](https://arxiv.org/abs/1512.03385) and [dense](https://arxiv.org/abs/1608.06993) connections, in convolutional nets.
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
