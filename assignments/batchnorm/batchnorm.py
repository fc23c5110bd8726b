# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Batch and layer normalization
#
# A net with eight layers often does not learn. Its gradients are computed correctly, but on the way through the layers
# its signals become too small (they vanish) or too large (they explode). In this notebook you write the layer that
# corrects the size of the signals after each layer. You backpropagate through it in two ways, and find out by
# experiment when it helps and when it does not.
#
# **You will be able to**
#
# - normalize a batch, and say why training and test need different statistics;
# - backpropagate through a mean and a variance, step by step and in one formula that you derive yourself;
# - say along which axis batch normalization works and along which axis layer normalization works, and what follows from
#   the difference;
# - say for which weight scales and batch sizes each of them helps, and show it with your own curves.
#
# **It builds on** the fully connected net of any depth, its layers with caches, and the `Solver`. **What is new**: a layer
# whose output for one row depends on other rows, which has something to remember besides parameters, and which works
# differently in training and at test time. **It takes** about
# five hours, including two or three minutes of computing time. You write two layers in `nndl/layers/` and a few lines
# of `nndl/fc_net.py`.
#
# ![Two panels. Left: a table of numbers, rows and features, twice. In the first one a column is marked: batch normalization
# takes mean and variance over the rows. In the second one a row is marked: layer normalization takes them over the
# features. Right: a graph of five boxes, x, c, v, sigma and x hat, with three paths that lead from x to x hat.](images/goal.png)
#
# *What you will have made. Left: two layers that normalize, each along its own axis. Right: the graph through which you send
# the gradient back. What they are good for is a question for your own experiments.*

# %% [markdown]
# ## How to work with this notebook
#
# Each part has the same rhythm: **the idea**, a **small example with numbers** that you can follow with pencil and
# paper, **the task**, and **a check**. Open the files named in the task beside this notebook. Where you find
#
# ```python
# # YOUR CODE HERE
# raise NotImplementedError(...)
# ```
#
# replace both lines. The docstring above them is the contract: what comes in, what must come out. Save the file and run
# the check again; you do not need to restart anything.
#
# | task | what you write | check | points |
# |---|---|---|---|
# | 1 | `batchnorm_forward`: normalizing in training | `batchnorm_train` | 4 |
# | 2 | `batchnorm_forward`: running statistics | `running_statistics` | 4 |
# | 3 | `batchnorm_forward`: test mode | `batchnorm_test` | 2 |
# | 4 | `batchnorm_backward`, step by step | `batchnorm_backward` | 6 |
# | 5 | `batchnorm_backward_alt`, one formula | `batchnorm_backward_alt` | 3 |
# | 6 | `layernorm_forward`, `layernorm_backward` | `layernorm_forward`, `layernorm_backward` | 3 + 3 |
# | 7 | normalization in `FullyConnectedNet` | `norm_params`, `batchnorm_net`, `layernorm_net` | 2 + 3 + 2 |
# | | and its gradients | `net_gradients` | 4 |
# | Q1 to Q4 | a few sentences each | a person reads them | 3 each |
#
# The checks here use a few fixed numbers and are meant to help: each says what is wrong and where to look. The points
# are given by a grader that asks your functions for other inputs, so a function that only satisfies the check will
# not satisfy the grader.
#
# [![Open Google Colab, and upload this notebook there](images/colab.svg)](https://colab.research.google.com/#create=true)
# **In Google Colab**: *File → Upload notebook*, put the folder of this assignment, packed as `batchnorm.zip`, among the files
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
    if not Path("batchnorm.zip").is_file():
        raise FileNotFoundError("upload batchnorm.zip to the files on the left, then run this cell again")
    with zipfile.ZipFile("batchnorm.zip") as packed:
        packed.extractall()
    if Path("batchnorm").is_dir():
        os.chdir("batchnorm")
    sys.path.insert(0, str(Path.cwd()))
    subprocess.run([sys.executable, "-m", "pip", "install", "-q", "-r", "requirements-loose.txt"], check=True)

# %% nbgrader={"grade": false, "grade_id": "setup", "locked": true, "schema_version": 3, "solution": false, "task": false}
# The tools of this notebook. Run this cell first; there is nothing to change in it.
# %load_ext autoreload
# %autoreload 2

import time

import matplotlib.pyplot as plt
import numpy as np
from tqdm.auto import tqdm

from nndl import layers
from nndl.checking import batchnorm as check
from nndl.data_utils import get_CIFAR10_data
from nndl.fc_net import FullyConnectedNet
from nndl.gradient_check import eval_numerical_gradient, rel_error
from nndl.notebook_helpers import Screen, print_mean_std
from nndl.solver import DivergenceError, Solver

# %matplotlib inline

# Colours that colour-blind people can distinguish (Okabe and Ito; the purple is darker than theirs),
# each with its own marker.
BLUE, ORANGE, GREEN, PURPLE = "#0072B2", "#D55E00", "#009E73", "#AA3377"
plt.rcParams["axes.prop_cycle"] = plt.cycler(color=[BLUE, ORANGE, GREEN, PURPLE], marker=["o", "s", "^", "D"])
plt.rcParams["figure.constrained_layout.use"] = True
SEED = 231  # for all random numbers, so that a second run gives the same results

check.progress

# %% [markdown]
# ## 1 A signal that vanishes
#
# Take a new deep net, with small random weights, and send a batch through it. Each layer multiplies by its weights, and
# so changes the **size** of the signal by some factor. Eight layers change it by this factor to the power of eight. The
# same happens to the gradient in the backward pass.
#
# The next cell shows it. As long as your layers are not written, it can only show the net without normalization. Move
# the weight scale: for which one does the signal keep its size? How large a deviation from this scale still works? Then
# make the net ten layers deep. **Come back here after tasks 1 and 4** and choose `batchnorm`.

# %% nbgrader={"grade": false, "grade_id": "explorer_depth", "locked": true, "schema_version": 3, "solution": false, "task": false} tags=["skip-at-grading"]
from nndl.explore.batchnorm import normalization

normalization.explore()

# %% [markdown]
# ## 2 Batch normalization
#
# ### The idea
#
# If the size of the signal is the problem, why not simply set it? Take the values that one feature has in all $N$ rows
# of the batch, subtract their mean and divide by their standard deviation. Whatever the weights were, the feature now
# has mean 0 and variance 1.
#
# Let $X$ hold the batch as rows. All statistics run over the rows, so there is one for each of the $D$ features:
#
# $$
# \underset{D}{\mu} = \frac{1}{N} \sum_{i=1}^{N} x_i, \qquad
# \underset{D}{v} = \frac{1}{N} \sum_{i=1}^{N} (x_i - \mu)^2, \qquad
# \underset{D}{\sigma} = \sqrt{v + \varepsilon}
# $$
#
# $$
# \underset{N \times D}{\hat X} = \frac{X - \mu}{\sigma}, \qquad
# \underset{N \times D}{Y} = \underset{D}{\gamma}\,\hat X + \underset{D}{\beta}
# $$
#
# - We use the **biased** variance, divided by $N$ and not by $N - 1$: it describes this batch, and nothing else.
# - The small $\varepsilon$ (`eps`, $10^{-5}$ by default) is **under the root**. Without it, a feature that is the same
#   in every row would lead to 0 divided by 0.
# - Mean 0 and variance 1 may not be what the next layer needs. So each feature gets a scale $\gamma$ and a shift
#   $\beta$ that are **learned**. They start at 1 and 0, where they have no effect.
#
# ### By hand
#
# One feature, five rows, $\gamma = 3$, $\beta = 10$, and $\varepsilon = 0$ to keep the numbers simple:
#
# | | row 1 | row 2 | row 3 | row 4 | row 5 | |
# |---|---|---|---|---|---|---|
# | $x$ | $2$ | $4$ | $5$ | $6$ | $8$ | $\mu = 5$ |
# | $x - \mu$ | $-3$ | $-1$ | $0$ | $1$ | $3$ | $v = \frac{9 + 1 + 0 + 1 + 9}{5} = 4$, so $\sigma = 2$ |
# | $\hat x$ | $-1.5$ | $-0.5$ | $0$ | $0.5$ | $1.5$ | |
# | $y$ | $5.5$ | $8.5$ | $10$ | $11.5$ | $14.5$ | |
#
# Multiply all five inputs by 1000: what changes in the last two rows of the table? That is the purpose of the layer.

# %% [markdown]
# ### Task 1: normalize in training
#
# Write the first part of `batchnorm_forward` in `nndl/layers/batchnorm.py`, in the branch for `mode == "train"`.
#
# - **In:** `x` $(N, D)$, `gamma` and `beta` $(D,)$; `eps` is already read from `bn_param`.
# - **Out:** `out` $(N, D)$, and in `cache` whatever your backward pass will need. You decide what that is. You can come
#   back and change it later.
# - Do not change `running_mean` and `running_var` yet; that is task 2.
# - Do not change `x`, `gamma` or `beta`. (`x -= ...` would change `x`.)

# %% nbgrader={"grade": true, "grade_id": "batchnorm_train", "locked": true, "points": 4, "schema_version": 3, "solution": false, "task": false}
check.batchnorm_train()

# %% nbgrader={"grade": false, "grade_id": "statistics", "locked": true, "schema_version": 3, "solution": false, "task": false}
# The hidden values of a random two-layer net, before and after your layer.
np.random.seed(SEED)
X, W1, W2 = np.random.randn(200, 50), np.random.randn(50, 60), np.random.randn(60, 3)
a = np.maximum(0, X @ W1) @ W2
print("before:")
print_mean_std(a)
for gamma, beta in ((np.ones(3), np.zeros(3)), (np.array([1.0, 2.0, 3.0]), np.array([11.0, 12.0, 13.0]))):
    print(f"after, with gamma {gamma} and beta {beta}:")
    print_mean_std(layers.batchnorm_forward(a, gamma, beta, {"mode": "train"})[0])

# %% [markdown]
# ### What the layer does to one batch
#
# Points in the plane are rows with two features. Nothing is graded here. Find out:
#
# - Which properties of the cloud of points remain, and which are gone? Does its tilt remain?
# - Make the batch smaller and watch the first point. Its own coordinates do not change at all. What does change?
# - What happens with two rows? And with one?
#
# (The choice `layernorm` is for task 6.)

# %% nbgrader={"grade": false, "grade_id": "explorer_batch", "locked": true, "schema_version": 3, "solution": false, "task": false} tags=["skip-at-grading"]
from nndl.explore.batchnorm import one_batch

one_batch.explore()

# %% [markdown]
# ### Running statistics
#
# You have just seen that the output for a row depends on the other rows. In training that is acceptable: it adds a
# little noise, which can even help. At test time it is not acceptable: the answer for one image must not depend on the
# other images in its batch, and a batch of one image has no variance at all.
#
# So at test time we use statistics that do not depend on the batch, and collect them during training as **running
# averages**. With the momentum $m$ (0.9 by default), after every training batch:
#
# $$
# \text{running mean} \leftarrow m \cdot \text{running mean} + (1 - m) \cdot \mu, \qquad
# \text{running var} \leftarrow m \cdot \text{running var} + (1 - m) \cdot v
# $$
#
# Momentum is the weight of the **old** value. (PyTorch's momentum is the weight of the new one: its 0.1 is our 0.9.
# PyTorch also averages the variance divided by $N - 1$. We average the variance that we normalize with.)
#
# **By hand.** The batch of the example has mean 5 and variance 4. Starting from 0 and 0, one training call gives a
# running mean of $0.9 \cdot 0 + 0.1 \cdot 5 = 0.5$ and a running variance of $0.4$. A second call with the same batch
# gives $0.95$ and $0.76$. After 50 calls the mean is $4.97$: the average needs some time to reach 5.
#
# ### Task 2: collect them
#
# In the same place, compute the new `running_mean` and `running_var`.
#
# - The variables `running_mean` and `running_var` already hold the old values (zeros before the first call).
# - **Assign the new values to the same two variables.** The two lines below yours store them in `bn_param`.
# - Make new arrays: `running_mean *= ...` would change an array that other code may still use.

# %% nbgrader={"grade": true, "grade_id": "running_statistics", "locked": true, "points": 4, "schema_version": 3, "solution": false, "task": false}
check.running_statistics()

# %% [markdown]
# ### Task 3: test mode
#
# Write the other branch: the same formula, with the running statistics in place of $\mu$ and $v$. A call in test mode
# changes nothing in `bn_param`.

# %% nbgrader={"grade": true, "grade_id": "batchnorm_test", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
check.batchnorm_test()

# %% nbgrader={"grade": false, "grade_id": "test_statistics", "locked": true, "schema_version": 3, "solution": false, "task": false}
# The same layer in test mode, after 50 training batches: near 0 and 1, but not exactly. Why not?
np.random.seed(SEED)
W1, W2 = np.random.randn(50, 60), np.random.randn(60, 3)
bn_param = {"mode": "train"}
for _ in range(50):
    a = np.maximum(0, np.random.randn(200, 50) @ W1) @ W2
    layers.batchnorm_forward(a, np.ones(3), np.zeros(3), bn_param)
bn_param["mode"] = "test"
a = np.maximum(0, np.random.randn(200, 50) @ W1) @ W2
print("a new batch, normalized with the running statistics:")
print_mean_std(layers.batchnorm_forward(a, np.ones(3), np.zeros(3), bn_param)[0])

# %% [markdown]
# ## 3 Backpropagation, step by step
#
# ### The idea
#
# Here is the forward pass as a graph of small steps, up to $\hat x$ (the output $y = \gamma\,\hat x + \beta$ is one more):
#
# ```
# x ─┬──────► c ─┬──► x_hat
#    │        ▲  │       ▲
#    └► mean ─┘  └► v ► std
#
# c     = x - mean
# v     = mean of c**2
# std   = sqrt(v + eps)
# x_hat = c / std
# ```
#
# $x$ affects the output on **three** paths: directly, through the standard deviation, and through the mean. That is
# what makes this layer different from earlier ones. If you change one entry of $x$, the mean and the variance of its
# whole column change, and with them **all** rows of the output.
#
# Go backwards through the graph, one step at a time, with two rules:
#
# 1. **If a value is used in two steps, the gradients that come back from both are added.** This holds for $c$ and for
#    $x$.
# 2. **If one value acts on all rows** ($\sigma$, $\mu$, and also $\gamma$ and $\beta$), **its gradient is a sum over
#    the rows.** That is how an $N \times D$ array becomes $D$ numbers.
#
# You know all the local derivatives:
#
# $$
# \frac{\partial \hat x_i}{\partial c_i} = \frac{1}{\sigma}, \qquad
# \frac{\partial \hat x_i}{\partial \sigma} = -\frac{c_i}{\sigma^2} = -\frac{\hat x_i}{\sigma}, \qquad
# \frac{\partial \sigma}{\partial v} = \frac{1}{2\sigma}, \qquad
# \frac{\partial v}{\partial c_i} = \frac{2 c_i}{N}, \qquad
# \frac{\partial c_i}{\partial \mu} = -1, \qquad
# \frac{\partial \mu}{\partial x_i} = \frac{1}{N}
# $$
#
# ### By hand
#
# We use the same example. Let only the first output matter: $\mathrm{dout} = (1, 0, 0, 0, 0)$.
#
# | gradient of | row 1 | row 2 | row 3 | row 4 | row 5 | |
# |---|---|---|---|---|---|---|
# | $\hat x$ | $3$ | $0$ | $0$ | $0$ | $0$ | $\gamma \cdot \mathrm{dout}$ |
# | $\sigma$ | | | | | | $-\frac{3 \cdot (-1.5)}{2} = 2.25$ |
# | $v$ | | | | | | $\frac{2.25}{2 \cdot 2} = 0.5625$ |
# | $c$, directly | $1.5$ | $0$ | $0$ | $0$ | $0$ | divided by $\sigma$ |
# | $c$, through $v$ | $-0.675$ | $-0.225$ | $0$ | $0.225$ | $0.675$ | $0.5625 \cdot \frac{2 c_i}{5}$ |
# | $c$, both | $0.825$ | $-0.225$ | $0$ | $0.225$ | $0.675$ | |
# | $\mu$ | | | | | | $-1.5$: minus the sum of the row above |
# | $x$ | $0.525$ | $-0.525$ | $-0.3$ | $-0.075$ | $0.375$ | the row "$c$, both", minus $0.3$ |
#
# And $d\gamma = -1.5$, $d\beta = 1$. Look at the last row: although only the first output matters, every input affects
# it. And the row sums to 0. It must, because adding the same number to all five inputs does not change the output.

# %% [markdown]
# ### Task 4: `batchnorm_backward`
#
# Write `batchnorm_backward(dout, cache)`.
#
# - **In:** `dout` $(N, D)$, and the cache of your own forward pass. If something is missing in the cache, add it there.
# - **Out:** `dx` $(N, D)$, `dgamma` and `dbeta` $(D,)$.
# - Go step by step, and name the gradient of a value like the value, with a `d` in front. Write the shape beside each
#   line: a gradient must have the shape of its value.
# - Do not change `dout` or the arrays in the cache: the caller may use them for a second backward pass.

# %% nbgrader={"grade": true, "grade_id": "batchnorm_backward", "locked": true, "points": 6, "schema_version": 3, "solution": false, "task": false}
check.batchnorm_backward()

# %% [markdown]
# **Step by step.** If the check does not pass, the next cell says which step is wrong. It looks in your function for variables
# named after the values of the graph (`dx_hat`, `dstd`, `dv`, `dc`, `dmean` and so on), and compares each of them with
# differences of the forward pass. It gives no points.

# %% nbgrader={"grade": false, "grade_id": "backward_steps", "locked": true, "schema_version": 3, "solution": false, "task": false}
check.backward_steps()

# %% [markdown]
# ## 4 Backpropagation in one formula
#
# ### The idea
#
# A chain of steps is easy to get right, but slow to read. With pencil and paper you can make it shorter, and **you derive
# the formula yourself**. It takes half a page. Look at one feature only, with the values $x_1, \dots, x_N$.
#
# 1. How does $\sigma$ change when $x_i$ changes? Start with $\sigma^2 = \frac{1}{N} \sum_k c_k^2 + \varepsilon$ and take the
#    derivative of both sides. (The path from $x_i$ through the mean to $\sigma$ adds nothing, because the $c_k$ sum to 0. Show
#    it.) Write the result with $\hat x_i$ in place of $c_i / \sigma$.
# 2. How does $\hat x_j = (x_j - \mu) / \sigma$ change when $x_i$ changes? There are three terms, one for each path: the direct
#    one, which is there only if $i = j$; the one through $\mu$; the one through $\sigma$, for which you have step 1. All three
#    share a factor.
# 3. Multiply by $\gamma\,\mathrm{dout}_j$, which is the gradient that arrives at $\hat x_j$, and sum over $j$. Two of the sums that
#    you get have names already: you have computed them in task 4.
# 4. Write the result for all rows and features at once, with $\mathrm{dout}$, $\hat X$, $\gamma$, $\sigma$, $N$, $d\gamma$ and
#    $d\beta$, and nothing else.
#
# **Check your formula before you program it.** In the example, with $\mathrm{dout} = (1, 0, 0, 0, 0)$, the first row must give
# $0.525$ and the third $-0.3$. And it must have two properties: $dX$ sums to 0 over the rows, and so does $dX \cdot \hat X$ (if
# $\varepsilon$ is 0). Why must it? What does the layer remove from the upstream gradient?
#
# ### Task 5: `batchnorm_backward_alt`
#
# Write your formula. The arguments and the cache are the same as for `batchnorm_backward`.

# %% nbgrader={"grade": true, "grade_id": "batchnorm_backward_alt", "locked": true, "points": 3, "schema_version": 3, "solution": false, "task": false}
check.batchnorm_backward_alt()

# %% nbgrader={"grade": false, "grade_id": "compare_backward", "locked": true, "schema_version": 3, "solution": false, "task": false}
# Both ways on one batch: how much they differ, and how long they take.
np.random.seed(SEED)
x, dout = 5 * np.random.randn(100, 500) + 12, np.random.randn(100, 500)
gamma, beta = np.random.randn(500), np.random.randn(500)
_, cache = layers.batchnorm_forward(x, gamma, beta, {"mode": "train"})
found, seconds = [], []
for backward in (layers.batchnorm_backward, layers.batchnorm_backward_alt):
    start = time.perf_counter()
    for _ in range(20):
        gradients = backward(dout, cache)
    seconds.append((time.perf_counter() - start) / 20)
    found.append(gradients)
for name, one, other in zip(("dx", "dgamma", "dbeta"), *found, strict=True):
    print(f"{name}: largest relative error {rel_error(one, other):.1e}")
print(f"step by step {1e3 * seconds[0]:.2f} ms, one formula {1e3 * seconds[1]:.2f} ms")
print(f"the formula is {seconds[0] / seconds[1]:.2f} times as fast")

# %% [markdown]
# ## 5 Layer normalization
#
# ### The idea
#
# Batch normalization needs a batch. Layer normalization does not: it works along the other axis. Each **row**
# is normalized over its own $D$ features:
#
# $$
# \underset{N \times 1}{\mu} = \frac{1}{D} \sum_{d=1}^{D} X_{\cdot d}, \qquad
# \underset{N \times 1}{v} = \frac{1}{D} \sum_{d=1}^{D} (X_{\cdot d} - \mu)^2, \qquad
# \underset{N \times D}{\hat X} = \frac{X - \mu}{\sqrt{v + \varepsilon}}, \qquad
# \underset{N \times D}{Y} = \underset{D}{\gamma}\, \hat X + \underset{D}{\beta}
# $$
#
# No row depends on another row. So there is nothing to collect for the test, and training and test are the same.
#
# But $\gamma$ and $\beta$ do **not** change: they still belong to the features. This matters in the backward pass,
# because $\gamma$ now differs along the axis over which the means are taken, so you cannot move it out of the sums.
#
# ### By hand
#
# Turn the example into a row: one row with the five features $(2, 4, 5, 6, 8)$. Then $\mu = 5$ and $\sigma = 2$ as
# before, and $\hat x = (-1.5, -0.5, 0, 0.5, 1.5)$. With $\gamma = (1, 2, 3, 4, 5)$ and $\beta = (0, 1, 0, 0, 0)$ the
# output is $(-1.5,\ 0,\ 0,\ 2,\ 7.5)$.
#
# ### Task 6: `layernorm_forward` and `layernorm_backward`
#
# Write both in `nndl/layers/layernorm.py`. You may look at your code for batch normalization, and you may use a
# transpose; with `keepdims=True` you do not need one. `ln_param` may hold `eps`, which is already read for you. Do not
# store anything in `ln_param`.

# %% nbgrader={"grade": true, "grade_id": "layernorm_forward", "locked": true, "points": 3, "schema_version": 3, "solution": false, "task": false}
check.layernorm_forward()

# %% nbgrader={"grade": true, "grade_id": "layernorm_backward", "locked": true, "points": 3, "schema_version": 3, "solution": false, "task": false}
check.layernorm_backward()

# %% nbgrader={"grade": false, "grade_id": "layernorm_statistics", "locked": true, "schema_version": 3, "solution": false, "task": false}
# Four rows before and after your layer. Along which axis are the means 0 and the deviations 1?
np.random.seed(SEED)
X, W1, W2 = np.random.randn(4, 50), np.random.randn(50, 60), np.random.randn(60, 3)
a = np.maximum(0, X @ W1) @ W2
print("before, for each row:")
print_mean_std(a, axis=1)
for gamma, beta in ((np.ones(3), np.zeros(3)), (np.full(3, 3.0), np.full(3, 5.0))):
    print(f"after, for each row, with gamma {gamma} and beta {beta}:")
    print_mean_std(layers.layernorm_forward(a, gamma, beta, {})[0], axis=1)

# %% [markdown]
# Now go back to the two explorers above and choose `layernorm`. In the explorer with the points, each row has only two
# features. What is left of the cloud?

# %% [markdown] nbgrader={"grade": false, "grade_id": "q1_question", "locked": true, "schema_version": 3, "solution": false, "task": false}
# ### Question 1: along which axis? (3 points)
#
# Here are four ways of preparing a set of images. Which of them is most like batch normalization? Which is most like
# layer normalization? Which is not like either of them? Give the reason in each case.
#
# 1. Each row of pixels of an image is scaled so that its pixels sum to 1.
# 2. Each image is scaled so that all of its pixels sum to 1.
# 3. The mean image of the whole set is subtracted from each image.
# 4. Each pixel becomes 0 or 1, depending on whether it is above a fixed threshold.

# %% [markdown] nbgrader={"grade": true, "grade_id": "q1_axes", "locked": false, "points": 3, "schema_version": 3, "solution": true, "task": false}
# **Model answer.** Number 3 is like batch normalization: for each pixel, a statistic is taken across the examples, and
# one example's result depends on the others. Number 2 is like layer normalization: the statistic is taken over all the
# features of one example, and other examples have no influence. In number 1 the statistic is also taken within one
# example, but only over a part of its features, so it is closer to normalization in groups. Number 4 uses no statistic
# at all and is not like either of them.
#
# **Rubric.** 3: numbers 3 and 2, with the axis (across examples, or over the features of one) as the reason. 2: numbers
# 3 and 2 without the reason, or number 1 is also called layer normalization. 1: only one of the two right. 0: both
# wrong.

# %% [markdown] nbgrader={"grade": false, "grade_id": "q2_question", "locked": true, "schema_version": 3, "solution": false, "task": false}
# ### Question 2: when does layer normalization fail? (3 points)
#
# Choose `layernorm` in the explorer with the points, where each row has two features. Describe what you see and explain
# it. Then decide: in which of these cases is layer normalization likely to work badly, and in which is it not likely?
# (a) a very deep net, (b) a layer with very few features, (c) strong L2 regularization. Three to five sentences.

# %% [markdown] nbgrader={"grade": true, "grade_id": "q2_few_features", "locked": false, "points": 3, "schema_version": 3, "solution": true, "task": false}
# **Model answer.** The whole cloud collapses to two points (or nearly so). Of the two features, the larger becomes
# about $+1$ and the smaller about $-1$, so the only information that is left of a row is which of its features is
# larger. With one feature nothing would be left, only $\beta$. So (b) is the bad case: mean and variance of a few
# numbers say little about the layer, and removing them destroys most of the information. Depth (a) is where
# normalization helps, because the size of the signal is corrected after each layer. Strong regularization (c) makes
# weights small, but the normalization cancels their scale, so it does not harm the layer.
#
# **Rubric.** 3: few features, with the collapse seen in the figure *and* the statistics of few numbers as the reason.
# 2: few features, with a weak reason. 1: few features together with depth. 0: depth only. A remark that strong
# regularization leaves little signal is accepted in addition to (b).

# %% [markdown]
# ## 6 Normalization in a net
#
# ### The idea
#
# In `FullyConnectedNet` the normalization is between the affine layer and the ReLU of every **hidden** layer. The last
# layer is not normalized: its scores must be allowed to become large.
#
# $$
# \text{affine}_1 \to \text{norm}_1 \to \text{ReLU} \to \dots \to
# \text{affine}_{L-1} \to \text{norm}_{L-1} \to \text{ReLU} \to \text{affine}_L \to \text{scores}
# $$
#
# Each normalization has its **own** $\gamma$, its own $\beta$ and, for batch normalization, its own running statistics.
# $\gamma$ and $\beta$ are parameters, learned like weights. The running statistics are not parameters; they are stored
# in `self.bn_params`, a list with one dict for each hidden layer. The mode in these dicts is set for you at the
# beginning of `loss`: to training with labels, to test without.
#
# ### Task 7: three places in `nndl/fc_net.py`
#
# - In `__init__`: `gamma1`, `beta1`, `gamma2`, ... for the hidden layers. Each has as many entries as the layer has
#   units. The gammas start as ones, the betas as zeros.
# - `_normalize(i, x)`: the forward pass of block `i`, batch or layer normalization as `self.normalization` says. Blocks
#   are counted from 1, but list indices from 0.
# - `_normalize_backward(dout, cache)`: the gradients `(dx, dgamma, dbeta)`.
#
# The rest is already written: read `_block_forward` and `_block_backward` to see where your code is called.

# %% nbgrader={"grade": true, "grade_id": "norm_params", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
check.norm_params()

# %% nbgrader={"grade": true, "grade_id": "batchnorm_net", "locked": true, "points": 3, "schema_version": 3, "solution": false, "task": false}
check.batchnorm_net()

# %% nbgrader={"grade": true, "grade_id": "layernorm_net", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
check.layernorm_net()

# %% nbgrader={"grade": true, "grade_id": "net_gradients", "locked": true, "points": 4, "schema_version": 3, "solution": false, "task": false}
check.net_gradients()

# %% nbgrader={"grade": false, "grade_id": "net_errors", "locked": true, "schema_version": 3, "solution": false, "task": false}
# The gradients of a small net beside numeric ones. Errors near 1e-6 are fine, for W up to 1e-4
# (why more than before?).
np.random.seed(SEED)
X_small, y_small = np.random.randn(2, 15), np.random.randint(10, size=2)
for reg in (0, 3.14):
    small = FullyConnectedNet(
        [20, 30], 15, 10, reg=reg, weight_scale=5e-2, dtype=np.float64, normalization="batchnorm"
    )
    loss, grads = small.loss(X_small, y_small)
    print(f"reg {reg}: loss {loss:.4f}, largest relative error of the gradient of")
    for name in sorted(grads):
        numeric = eval_numerical_gradient(
            lambda _, small=small: small.loss(X_small, y_small)[0], small.params[name], verbose=False
        )
        largest = np.abs(grads[name]).max()
        print(f"  {name:6}: {rel_error(numeric, grads[name]):.1e} (largest entry {largest:.1e})")
# Compare the largest entries: what is odd about the hidden biases b1 and b2?
# The next cell is about them.

# %% nbgrader={"grade": false, "grade_id": "bias_gradient", "locked": true, "schema_version": 3, "solution": false, "task": false}
# The gradients of the hidden layers' biases, with each kind of normalization. Do you see why?
np.random.seed(SEED)
X_small, y_small = np.random.randn(8, 15), np.random.randint(0, 10, 8)
for kind in (None, "batchnorm", "layernorm"):
    small = FullyConnectedNet([20, 30], 15, 10, normalization=kind, weight_scale=0.1, dtype=np.float64)
    _, grads = small.loss(X_small, y_small)
    sizes = ", ".join(f"{name} {np.abs(grads[name]).max():.1e}" for name in ("b1", "b2", "b3"))
    print(f"normalization {kind!s:9}: largest entry of the gradient of {sizes}")

# %% [markdown]
# ## 7 Does it help?
#
# Now the experiments. They use 1,000 training images of **CIFAR-10**, and 1,000 for validation, so that each run takes
# seconds. A net quickly learns so few images by heart, and validation accuracies stay low. We only want to see how fast
# and how reliably a net *can* learn.
#
# The images are downloaded at the first use (170 MB). If you are offline, start Jupyter with the environment variable
# `NNDL_DATA=offline`: ten classes of *drawn* shapes then take the place of the photographs. These images are not
# CIFAR-10, but everything that this notebook asks about can also be seen with them.

# %% nbgrader={"grade": false, "grade_id": "load_images", "locked": true, "schema_version": 3, "solution": false, "task": false} tags=["skip-at-grading"]
data = get_CIFAR10_data(num_training=1000, num_validation=1000, dtype=np.float32)
for name, array in data.items():
    print(f"{name:8} {array.shape!s:20} {array.dtype}")


# %% nbgrader={"grade": false, "grade_id": "train", "locked": true, "schema_version": 3, "solution": false, "task": false}
EPOCHS = 10


def train(normalization, hidden_dims, weight_scale, learning_rate, batch_size):
    """Train a net with Adam, from the same seed each time, and return its solver with all histories."""
    np.random.seed(SEED)
    net = FullyConnectedNet(hidden_dims, normalization=normalization, weight_scale=weight_scale)
    options = {"update_rule": "adam", "optim_config": {"learning_rate": learning_rate}, "verbose": False}
    solver = Solver(net, data, num_epochs=EPOCHS, batch_size=batch_size, **options)
    try:
        with np.errstate(over="ignore", invalid="ignore"):
            solver.train()
    except DivergenceError:
        pass  # we show its histories up to this point
    return solver


ACCURACIES = {"train_acc_history": "training accuracy", "val_acc_history": "validation accuracy"}

# %% [markdown]
# ### A deep net, with and without
#
# Six layers, five of them hidden with 100 units, weight scale 0.02. Both nets start from the same seed, and so with the
# same weights and batches. The figure grows after each run.

# %% cellView="form" jupyter={"source_hidden": true} nbgrader={"grade": false, "grade_id": "plot_runs", "locked": true, "schema_version": 3, "solution": false, "task": false}
# @title How the curves are drawn
def plot_runs(runs, quantities):
    """Draw one panel for each quantity, with a curve for each of the runs; return it with a text."""
    figure, axes = plt.subplots(1, len(quantities), figsize=(5.5 * len(quantities), 4))
    for ax, (attribute, label) in zip(np.atleast_1d(axes), quantities.items(), strict=True):
        for name, solver in runs.items():
            history = getattr(solver, attribute)
            ax.plot(history, label=name, markersize=4 if len(history) < 50 else 0)
        ax.set(xlabel="iteration" if "loss" in attribute else "epoch", ylabel=label)
        ax.grid(alpha=0.3)
        ax.legend()
    last = ", ".join(f"{name} {solver.train_acc_history[-1]:.2f}" for name, solver in runs.items())
    alt = f"Training loss, training and validation accuracy of a six-layer net. Training accuracy at the end: {last}."
    return figure, alt


# %% nbgrader={"grade": false, "grade_id": "deep_net", "locked": true, "schema_version": 3, "solution": false, "task": false} tags=["skip-at-grading"]
deep_runs, screen = {}, Screen()
for kind in tqdm(("batchnorm", None), desc="runs"):
    deep_runs[kind or "none"] = train(kind, [100] * 5, 2e-2, 1e-3, 50)
    screen.show(*plot_runs(deep_runs, {"loss_history": "training loss", **ACCURACIES}))
for name, solver in deep_runs.items():
    third, end, best = solver.train_acc_history[3], solver.train_acc_history[-1], solver.best_val_acc
    print(
        f"{name:9}: training accuracy {third:.2f} after 3 epochs, {end:.2f} at the end; best validation {best:.2f}"
    )


# %% [markdown]
# On CIFAR-10 expect training accuracies of about 0.47 with and 0.33 without batch normalization after three epochs, and
# of 0.78 and 0.55 at the end. The validation accuracies hardly differ: with 1,000 images, learning faster mostly means
# learning by heart faster.

# %% [markdown]
# ### The weight scale
#
# Eight-layer nets with seven times 50 hidden units, at twenty weight scales from 0.0001 to 1, each with and without
# batch normalization: forty training runs, in about a minute. Before you run the cell, write down what you expect:
# where will the plain net learn, and where not?

# %% cellView="form" jupyter={"source_hidden": true} nbgrader={"grade": false, "grade_id": "plot_scales", "locked": true, "schema_version": 3, "solution": false, "task": false}
# @title How the next figure is drawn
def plot_scales(results):
    """Draw the results for each weight scale: two accuracies, and the loss at the end; return it with a text."""
    figure, axes = plt.subplots(1, 3, figsize=(15, 4))
    names = ("best validation accuracy", "best training accuracy", "mean of the last 100 training losses")
    for column, (ax, name) in enumerate(zip(axes, names, strict=True)):
        for kind, points in results.items():
            scales = WEIGHT_SCALES[: len(points)]
            ax.plot(scales, [point[column] for point in points], label=kind, markersize=4)
        ax.set(xscale="log", xlim=(8e-5, 1.2), xlabel="weight scale", ylabel=name)
        ax.grid(alpha=0.3)
        ax.legend()
    axes[2].set_yscale("log")
    alt = "Best validation accuracy, best training accuracy and final loss over the weight scale. Training accuracy "
    alt += "; ".join(f"{k} between {min(p)[1]:.2f} and {max(p)[1]:.2f}" for k, p in results.items())
    return figure, alt


# %% nbgrader={"grade": false, "grade_id": "weight_scales", "locked": true, "schema_version": 3, "solution": false, "task": false} tags=["skip-at-grading"]
WEIGHT_SCALES = np.logspace(-4, 0, 20)
scale_results, screen = {"batchnorm": [], "none": []}, Screen()
for scale in tqdm(WEIGHT_SCALES, desc="weight scales"):
    for kind, points in scale_results.items():
        solver = train(None if kind == "none" else kind, [50] * 7, scale, 1e-3, 50)
        end = np.mean(solver.loss_history[-100:])
        points.append((solver.best_val_acc, max(solver.train_acc_history, default=0.1), end))
    screen.show(*plot_scales(scale_results))
for kind, points in scale_results.items():
    reached = [accuracy for _, accuracy, _ in points]
    print(
        f"{kind:9}: best training accuracy {min(reached):.2f} at the worst scale, {max(reached):.2f} at the best; "
        f"loss at the largest scale {points[-1][2]:.3g}"
    )


# %% [markdown] nbgrader={"grade": false, "grade_id": "q3_question", "locked": true, "schema_version": 3, "solution": false, "task": false}
# ### Question 3: the weight scale (3 points)
#
# How does the weight scale affect the net with batch normalization, and how does it affect the net without? Describe
# both curves, also at their two ends, and explain the difference. The explorer of part 1 shows you what happens inside.
# Four to six sentences.

# %% [markdown] nbgrader={"grade": true, "grade_id": "q3_weight_scale", "locked": false, "points": 3, "schema_version": 3, "solution": true, "task": false}
# **Model answer.** The plain net learns only in a narrow range of scales, around 0.05 to 0.15. Below this range, each
# layer shrinks the signal and the gradient, and over eight layers both vanish; accuracy stays near that of guessing.
# Above it, both grow from layer to layer, and the loss explodes to many thousands and more. With batch normalization
# the net learns over three orders of magnitude. Each layer's output is rescaled to variance 1, so its size does not
# depend on the weight scale, and signals and gradients keep their size at any depth. It gets slowly worse at the ends:
# for tiny scales the variance falls to the size of eps, which then matters, and for large scales the updates are small
# compared with the weights. The reason for its success is this insensitivity to scale, and not a regularizing effect.
#
# **Rubric.** 3: the plain net fails in *both* directions (vanishing and exploding), *and* rescaling makes layers insensitive to
# the scale. 2: batch normalization is robust, with a vague reason. 1: only the observation, or "it regularizes". 0: the
# wrong trend.

# %% [markdown]
# ## 8 The size of the batch
#
# Batch normalization estimates a mean and a variance from the rows of the batch. How many rows does it need? We train
# six-layer nets again, with batches of 5, 10 and 50 rows and a learning rate of $10^{-3.5}$. The net without
# normalization has batches of 5. On the right you see the same with layer normalization.

# %% cellView="form" jupyter={"source_hidden": true} nbgrader={"grade": false, "grade_id": "plot_batch_sizes", "locked": true, "schema_version": 3, "solution": false, "task": false}
# @title How the next figure is drawn
def plot_batch_sizes(runs):
    """Draw training accuracy above, validation accuracy below; batch normalization left, layer normalization right."""
    figure, axes = plt.subplots(2, 2, figsize=(12, 7.5), sharey="row")
    for row, (attribute, label) in zip(axes, ACCURACIES.items(), strict=True):
        for ax, kind in zip(row, ("batchnorm", "layernorm"), strict=True):
            for (name, size), solver in runs.items():
                if name in (None, kind):
                    ax.plot(getattr(solver, attribute), label=f"{name or 'none'}, {size} rows", markersize=4)
            ax.set(xlabel="epoch", ylabel=label, title=kind)
            ax.grid(alpha=0.3)
            ax.legend()
    ends = ", ".join(f"{k or 'none'} {n}: {max(s.train_acc_history):.2f}" for (k, n), s in runs.items())
    alt = f"Training and validation accuracy for several batch sizes. Best training accuracy: {ends}."
    return figure, alt


# %% nbgrader={"grade": false, "grade_id": "batch_sizes", "locked": true, "schema_version": 3, "solution": false, "task": false} tags=["skip-at-grading"]
SETTINGS = [(None, 5)] + [(kind, size) for kind in ("batchnorm", "layernorm") for size in (50, 10, 5)]
batch_runs, screen = {}, Screen()
for kind, size in tqdm(SETTINGS, desc="runs"):
    batch_runs[kind, size] = train(kind, [100] * 5, 2e-2, 10**-3.5, size)
    screen.show(*plot_batch_sizes(batch_runs))
for (kind, size), solver in batch_runs.items():
    print(f"{kind or 'none':9} {size:2} rows: best training accuracy {max(solver.train_acc_history):.2f}")

# %% [markdown] nbgrader={"grade": false, "grade_id": "q4_question", "locked": true, "schema_version": 3, "solution": false, "task": false}
# ### Question 4: the batch size (3 points)
#
# How does the size of the batch affect batch normalization, and how does it affect layer normalization? Compare with
# the net without normalization. Explain what you see. Three to five sentences.

# %% [markdown] nbgrader={"grade": true, "grade_id": "q4_batch_size", "locked": false, "points": 3, "schema_version": 3, "solution": true, "task": false}
# **Model answer.** Batch normalization gets worse as the batches shrink; with 5 rows it even falls behind the net
# without normalization. Mean and variance of 5 numbers are poor estimates. They are noisy, so the layer does something
# different in each batch, and they do not agree with the running averages that are used when accuracy is measured. With
# 50 rows they are good estimates. Layer normalization takes its statistics within each row, so they do not depend on
# the batch size, and the curves are much closer together. (The remaining difference is that smaller batches give
# noisier gradients.)
#
# **Rubric.** 3: worse with smaller batches *and* noisy estimates, together with the difference between training and
# test or with the result below the plain net. 2: the trend, with "larger batches are closer to the true statistics". 1:
# only the trend. 0: the opposite.

# %% [markdown]
# ## 9 Looking back
#
# - A deep net multiplies the size of its signals layer by layer; normalization corrects the size after each layer.
# - Batch normalization takes statistics over the rows, layer normalization over the features of one row. Everything
#   else follows from this: running statistics, the two modes, and the effects of a small batch or a narrow layer.
# - A mean and a variance have gradients, too. If one number acts on all rows, its gradient is a sum over the rows.
# - What a layer *removes* in the forward pass (shift, scale), it removes from the gradient in the backward pass.
#
# Next come **dropout**, another layer with two modes, and the **convolutional net**, where the pixels of a channel
# share their statistics. There you can use your `batchnorm_forward` again.
#
# **To go further** (not graded)
#
# 1. *The useless bias.* With batch normalization, the gradient of the hidden biases is zero. Take them out of the net and
#    see whether anything changes.
# 2. *After the ReLU.* Move the normalization to the place after the ReLU. Which of the two trains better at small
#    weight scales?
# 3. *Slow statistics.* Train with momentum 0.999 for one epoch, and compare training and test mode on the same images.
# 4. *In between.* Normalize each row in groups of features. What is the smallest number of features that a group can
#    have?
# 5. *Dials.* Print the dials of the fully connected nets (size of a step, gradients of each layer, dead units) for the deep
#    net with and without normalization. Which of them change?
#
# **Further reading**
#
# - S. Ioffe and C. Szegedy, [Batch normalization](https://arxiv.org/abs/1502.03167), 2015; J. Ba, J. Kiros and G. Hinton, [Layer
#   normalization](https://arxiv.org/abs/1607.06450), 2016.
# - F. Kratzert, [the gradient flow through the batch normalization
#   layer](https://kratzert.github.io/2016/02/12/understanding-the-gradient-flow-through-the-batch-normalization-layer.html): the
#   graph, step by step. Read it *after* tasks 4 and 5.
# - A. Karpathy, [Building makemore, part 3](https://www.youtube.com/watch?v=P6sfmUTpUmc): activations, gradients and dials of a
#   deep net, live; part 4 goes back through batch normalization by hand.
# - S. Santurkar and others, [How does batch normalization help optimization?](https://arxiv.org/abs/1805.11604), 2018: why the
#   explanation in the first paper is not the whole story.
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
