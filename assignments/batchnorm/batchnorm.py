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
# Eight layers deep, and the net does not learn. Nothing is wrong with its gradients; its signals have died on the way, or
# have blown up. In this notebook you write the layer that puts them right after every step, backpropagate through it in
# two ways, and find out by experiment what it is good for, and when it is not.
#
# **You will be able to**
#
# - normalize a batch, and say why training and test need different statistics;
# - backpropagate through a mean and a variance, step by step and in one formula;
# - tell the axis of batch normalization from that of layer normalization, and what follows from the difference;
# - say for which weight scales and batch sizes each of them helps, with curves of your own to prove it.
#
# **It builds on** the fully connected net of any depth, its layers with caches, and the `Solver`.
# **It takes** about five hours, of which the computer needs two or three minutes.
# You write two layers in `nndl/layers/` and a few lines of `nndl/fc_net.py`.
#
# ![Two panels. Left: best training accuracy over the weight scale from 0.0001 to 1. With batch normalization it lies between
# 0.3 and 0.6 over the whole range; without normalization it is no better than guessing up to 0.002, and good only near 0.1.
# Right: standard deviation of the signal in each of eight layers. With batch normalization it is 1 throughout; without, it
# falls below a millionth.](images/goal.png)
#
# *What you will have found out, here on the drawn image set: the net with normalization learns at nearly every weight
# scale, because its signals keep their size however deep it is.*

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
# replace both lines. The docstring above them is the contract: what comes in, what must come out. Save the file and
# run the check again; you need not restart anything.
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
from nndl.gradient_check import rel_error
from nndl.notebook_helpers import Screen, print_mean_std
from nndl.solver import DivergenceError, Solver

# %matplotlib inline

# Colours that stay apart for colour-blind eyes (Okabe and Ito), each with a marker of its own.
BLUE, ORANGE, GREEN, PURPLE = "#0072B2", "#D55E00", "#009E73", "#CC79A7"
plt.rcParams["axes.prop_cycle"] = plt.cycler(color=[BLUE, ORANGE, GREEN, PURPLE], marker=["o", "s", "^", "D"])
plt.rcParams["figure.constrained_layout.use"] = True
SEED = 231  # of everything that is drawn at random, so that a second run gives the same numbers

check.progress

# %% [markdown]
# ## 1 A signal that dies on the way
#
# Take a deep net as it comes into the world, with small random weights, and send a batch through it. Each layer multiplies
# by its weights and so changes the **size** of the signal by some factor. Eight layers change it by the factor to the
# power of eight, and the gradient on its way back has the same fate.
#
# The next cell shows it. As long as your layers are not written, it can only show the net without normalization. Move the
# weight scale: for which one does the signal keep its size? By how much may you miss it? Then make the net ten layers
# deep. **Come back here after tasks 1 and 4** and choose `batchnorm`.

# %% nbgrader={"grade": false, "grade_id": "explorer_depth", "locked": true, "schema_version": 3, "solution": false, "task": false} tags=["skip-at-grading"]
from nndl.explore.batchnorm import normalization

normalization.explore()

# %% [markdown]
# ## 2 Batch normalization
#
# ### The idea
#
# If the size of the signal is the trouble, why not simply set it? Take the values that one feature has in all $N$ rows of
# the batch, subtract their mean and divide by their standard deviation. Whatever the weights were, the feature now has
# mean 0 and variance 1.
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
# - The variance is the **biased** one, divided by $N$ and not by $N - 1$: it describes this batch, and nothing else.
# - The small $\varepsilon$ (`eps`, $10^{-5}$ unless given) stands **under the root**. Without it, a feature that is the same
#   in every row would divide 0 by 0.
# - Mean 0 and variance 1 may not be what the next layer needs. So each feature gets a scale $\gamma$ and a shift $\beta$ that
#   are **learned**. They start at 1 and 0, where they do nothing.
#
# ### By hand
#
# One feature, five rows, $\gamma = 3$, $\beta = 10$, and $\varepsilon = 0$ to keep the numbers round:
#
# | | row 1 | row 2 | row 3 | row 4 | row 5 | |
# |---|---|---|---|---|---|---|
# | $x$ | $2$ | $4$ | $5$ | $6$ | $8$ | $\mu = 5$ |
# | $x - \mu$ | $-3$ | $-1$ | $0$ | $1$ | $3$ | $v = \frac{9 + 1 + 0 + 1 + 9}{5} = 4$, so $\sigma = 2$ |
# | $\hat x$ | $-1.5$ | $-0.5$ | $0$ | $0.5$ | $1.5$ | |
# | $y$ | $5.5$ | $8.5$ | $10$ | $11.5$ | $14.5$ | |
#
# Multiply all five inputs by 1000: what changes in the last two rows of the table? That is the whole point.

# %% [markdown]
# ### Task 1: normalize in training
#
# Write the first part of `batchnorm_forward` in `nndl/layers/batchnorm.py`, in the branch for `mode == "train"`.
#
# - **In:** `x` $(N, D)$, `gamma` and `beta` $(D,)$; `eps` has been read from `bn_param` for you.
# - **Out:** `out` $(N, D)$, and in `cache` whatever your backward pass will need. You decide what that is; come back to it.
# - Leave `running_mean` and `running_var` as they are for now; that is task 2.
# - Change neither `x` nor `gamma` nor `beta`. `x -= ...` would.

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
# Points in the plane are rows with two features. Nothing is graded here; find out:
#
# - Which properties of the cloud survive, and which are gone? Is its slant one of them?
# - Make the batch smaller and keep your eye on the first point. Its own coordinates do not change at all. What does?
# - What happens with two rows? And with one?
#
# (The choice `layernorm` is for task 6.)

# %% nbgrader={"grade": false, "grade_id": "explorer_batch", "locked": true, "schema_version": 3, "solution": false, "task": false} tags=["skip-at-grading"]
from nndl.explore.batchnorm import one_batch

one_batch.explore()

# %% [markdown]
# ### Running statistics
#
# You have just seen it: what comes out for a row depends on the other rows. In training that is acceptable, and even a
# welcome bit of noise. At test time it is not: the answer for one image must not depend on which images happen to come
# with it, and a single image has no variance at all.
#
# So at test time we use statistics that do not depend on the batch, and gather them during training as **running
# averages**. With the momentum $m$ (0.9 unless given), after every training batch:
#
# $$
# \text{running mean} \leftarrow m \cdot \text{running mean} + (1 - m) \cdot \mu, \qquad
# \text{running var} \leftarrow m \cdot \text{running var} + (1 - m) \cdot v
# $$
#
# Momentum is the weight of the **old** value. (PyTorch's momentum is the weight of the new one: its 0.1 is our 0.9. PyTorch
# also averages the variance divided by $N - 1$. We average the one that we normalize with.)
#
# **By hand.** The batch of the example has mean 5 and variance 4. From 0 and 0, one training call leads to a running mean
# of $0.9 \cdot 0 + 0.1 \cdot 5 = 0.5$ and a running variance of $0.4$, a second one with the same batch to $0.95$ and
# $0.76$. After 50 calls the mean stands at $4.97$: the average needs some time to get there.
#
# ### Task 2: gather them
#
# In the same place, compute the new `running_mean` and `running_var`.
#
# - The old values are in these two names already, zeros before the first call.
# - **Give the new values to the same two names.** The two lines below yours store them in `bn_param`.
# - Make new arrays: `running_mean *= ...` changes one that somebody else may hold.

# %% nbgrader={"grade": true, "grade_id": "running_statistics", "locked": true, "points": 4, "schema_version": 3, "solution": false, "task": false}
check.running_statistics()

# %% [markdown]
# ### Task 3: test mode
#
# Write the other branch: the same formula, with the running statistics in place of $\mu$ and $v$. A test call changes
# nothing in `bn_param`.

# %% nbgrader={"grade": true, "grade_id": "batchnorm_test", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
check.batchnorm_test()

# %% [markdown]
# ## 3 Backpropagation, step by step
#
# ### The idea
#
# Here is the forward pass as a graph of small steps:
#
# ```
#  x ──┬──────────► c ──┬────────────► x_hat ──► y
#      │            ▲   │                ▲
#      └─► mean ────┘   └─► v ──► std ───┘
#
#  c   = x - mean         v     = mean of c**2
#  std = sqrt(v + eps)    x_hat = c / std
# ```
#
# $x$ reaches the output on **three** paths: directly, through the standard deviation, and through the mean. That is what
# makes this layer different from those before. Nudge one entry of $x$, and the mean and the variance of its whole column
# move, and with them **all** rows of the output.
#
# Walk the graph backwards, one step at a time, with two rules:
#
# 1. **Where a value feeds two steps, the gradients that come back from both add up.** That is so for $c$ and for $x$.
# 2. **Where one value acts on all rows** ($\sigma$, $\mu$, and also $\gamma$ and $\beta$), **its gradient is a sum over the
#    rows.** That is how an $N \times D$ array shrinks to $D$ numbers.
#
# The local derivatives are all old friends:
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
# The example again. Let only the first output matter: $\mathrm{dout} = (1, 0, 0, 0, 0)$.
#
# | gradient of | row 1 | row 2 | row 3 | row 4 | row 5 | |
# |---|---|---|---|---|---|---|
# | $\hat x$ | $3$ | $0$ | $0$ | $0$ | $0$ | $\gamma \cdot \mathrm{dout}$ |
# | $\sigma$ | | | | | | $-\frac{3 \cdot (-1.5)}{2} = 2.25$ |
# | $v$ | | | | | | $\frac{2.25}{2 \cdot 2} = 0.5625$ |
# | $c$, directly | $1.5$ | $0$ | $0$ | $0$ | $0$ | divided by $\sigma$ |
# | $c$, through $v$ | $-0.675$ | $-0.225$ | $0$ | $0.225$ | $0.675$ | $0.5625 \cdot \frac{2 c_i}{5}$ |
# | $c$, both | $0.825$ | $-0.225$ | $0$ | $0.225$ | $0.675$ | |
# | $\mu$ | | | | | | $-1.5$, minus the sum of the line above |
# | $x$ | $0.525$ | $-0.525$ | $-0.3$ | $-0.075$ | $0.375$ | the line above, less $0.3$ |
#
# And $d\gamma = -1.5$, $d\beta = 1$. Look at the last line: although only the first output matters, every input has a say in
# it. And it sums to 0. It must: adding the same number to all five inputs changes no output.

# %% [markdown]
# ### Task 4: `batchnorm_backward`
#
# Write `batchnorm_backward(dout, cache)`.
#
# - **In:** `dout` $(N, D)$, and the cache of your own forward pass. If something is missing there, put it in.
# - **Out:** `dx` $(N, D)$, `dgamma` and `dbeta` $(D,)$.
# - Go step by step, and call the gradient of a value by its name with a `d` in front. Write the shape beside each line:
#   it must be that of the value.
# - Change neither `dout` nor the arrays of the cache: somebody may backpropagate through them a second time.

# %% nbgrader={"grade": true, "grade_id": "batchnorm_backward", "locked": true, "points": 6, "schema_version": 3, "solution": false, "task": false}
check.batchnorm_backward()

# %% [markdown]
# ## 4 Backpropagation in one formula
#
# ### The idea
#
# A chain of steps is easy to get right, and slow to read. With pencil and paper it can be made shorter. Look at one feature,
# and ask how $\hat x_j$ moves when $x_i$ does. Put the three paths together:
#
# $$
# \frac{\partial \hat x_j}{\partial x_i} = \frac{1}{\sigma} \Big( \delta_{ij} - \frac{1}{N} - \frac{\hat x_i \hat x_j}{N} \Big),
# \qquad \delta_{ij} = \begin{cases} 1 & i = j \\ 0 & i \neq j \end{cases}
# $$
#
# The first term is the direct path, the second leads through the mean, the third through the standard deviation: since
# $\sigma^2 = \frac{1}{N} \sum c^2 + \varepsilon$, we have $\partial \sigma / \partial x_i = c_i / (N \sigma) = \hat x_i / N$.
# (Where does the path from $x_i$ through the mean to $v$ go? It is zero, because the $c_j$ sum to 0.)
#
# Now multiply by $\gamma\,\mathrm{dout}_j$ and sum over $j$. Two of the sums you know already, for
# $\sum_j \mathrm{dout}_j = d\beta$ and $\sum_j \mathrm{dout}_j\, \hat x_j = d\gamma$:
#
# $$
# \underset{N \times D}{dX} = \frac{\gamma}{N \sigma} \Big( N\,\mathrm{dout} - d\beta - \hat X\, d\gamma \Big)
# $$
#
# Check it with the first row of the example: $\frac{3}{5 \cdot 2} \big( 5 \cdot 1 - 1 - (-1.5)(-1.5) \big) = 0.3 \cdot 1.75 = 0.525$.
# Read it, too: from the upstream gradient, the layer takes away what would only shift the batch, and what would only stretch it.
# The normalization would undo both.
#
# ### Task 5: `batchnorm_backward_alt`
#
# Write the formula. The arguments are those of `batchnorm_backward`, and so is the cache.

# %% nbgrader={"grade": true, "grade_id": "batchnorm_backward_alt", "locked": true, "points": 3, "schema_version": 3, "solution": false, "task": false}
check.batchnorm_backward_alt()

# %% nbgrader={"grade": false, "grade_id": "compare_backward", "locked": true, "schema_version": 3, "solution": false, "task": false}
# Both ways on one batch: how far apart they lie, and how long they take.
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

# %% [markdown]
# ## 5 Layer normalization
#
# ### The idea
#
# Batch normalization has one weak spot: it needs a batch. Layer normalization turns the picture by 90 degrees. Each **row** is
# normalized over its own $D$ features:
#
# $$
# \underset{N \times 1}{\mu} = \frac{1}{D} \sum_{d=1}^{D} X_{\cdot d}, \qquad
# \underset{N \times 1}{v} = \frac{1}{D} \sum_{d=1}^{D} (X_{\cdot d} - \mu)^2, \qquad
# \underset{N \times D}{\hat X} = \frac{X - \mu}{\sqrt{v + \varepsilon}}, \qquad
# \underset{N \times D}{Y} = \underset{D}{\gamma}\, \hat X + \underset{D}{\beta}
# $$
#
# No row knows of another. So there is nothing to gather for the test, and training and test are the same.
#
# What does **not** turn is $\gamma$ and $\beta$: they still belong to the features. On the way back this matters, because
# $\gamma$ now differs along the axis over which the means are taken, and cannot be pulled out of the sums.
#
# ### By hand
#
# Lay the example on its side: one row with the five features $(2, 4, 5, 6, 8)$. Then $\mu = 5$ and $\sigma = 2$ as before, and
# $\hat x = (-1.5, -0.5, 0, 0.5, 1.5)$. With $\gamma = (1, 2, 3, 4, 5)$ and $\beta = (0, 1, 0, 0, 0)$ the output is
# $(-1.5,\ 0,\ 0,\ 2,\ 7.5)$.
#
# ### Task 6: `layernorm_forward` and `layernorm_backward`
#
# Write both in `nndl/layers/layernorm.py`. A look at what you have for batch normalization is allowed, and so is a
# transpose; with `keepdims=True` you need none. `ln_param` may hold `eps`, which has been read for you; store nothing in it.

# %% nbgrader={"grade": true, "grade_id": "layernorm_forward", "locked": true, "points": 3, "schema_version": 3, "solution": false, "task": false}
check.layernorm_forward()

# %% nbgrader={"grade": true, "grade_id": "layernorm_backward", "locked": true, "points": 3, "schema_version": 3, "solution": false, "task": false}
check.layernorm_backward()

# %% [markdown]
# Now go back to the two explorers above and choose `layernorm`. In the one with the points, each row has two features
# only. What is left of the cloud?

# %% [markdown] nbgrader={"grade": false, "grade_id": "q1_question", "locked": true, "schema_version": 3, "solution": false, "task": false}
# ### Question 1: along which axis? (3 points)
#
# Here are four ways of preparing a set of images. Which of them is most like batch normalization, and which most like layer
# normalization? Which is like neither? Give the reason in each case.
#
# 1. Each row of pixels of an image is scaled so that its pixels sum to 1.
# 2. Each image is scaled so that all of its pixels sum to 1.
# 3. The mean image of the whole set is subtracted from each image.
# 4. Each pixel becomes 0 or 1, depending on whether it is above a fixed threshold.

# %% [markdown] nbgrader={"grade": true, "grade_id": "q1_axes", "locked": false, "points": 3, "schema_version": 3, "solution": true, "task": false}
# **Model answer.** Number 3 is like batch normalization: for each pixel, a statistic is taken across the examples, and one
# example's result depends on the others. Number 2 is like layer normalization: the statistic is taken over all the features
# of one example, and no other example has a say. Number 1 is also taken within one example, but over a part of its
# features only, so it is closer to normalization in groups. Number 4 uses no statistic at all and is like neither.
#
# **Rubric.** 3: 3 and 2, with the axis (across examples, or over the features of one) as the reason. 2: 3 and 2 without the
# reason, or 1 claimed to be layer normalization as well. 1: only one of the two right. 0: neither.

# %% [markdown] nbgrader={"grade": false, "grade_id": "q2_question", "locked": true, "schema_version": 3, "solution": false, "task": false}
# ### Question 2: when does layer normalization fail? (3 points)
#
# Choose `layernorm` in the explorer with the points, where each row has two features. Describe what you see and explain it.
# Then decide: in which of these cases is layer normalization likely to work badly, and in which is it not?
# (a) a very deep net, (b) a layer with very few features, (c) strong L2 regularization. Three to five sentences.

# %% [markdown] nbgrader={"grade": true, "grade_id": "q2_few_features", "locked": false, "points": 3, "schema_version": 3, "solution": true, "task": false}
# **Model answer.** The whole cloud falls onto two places (or nearly so): of two features, the larger becomes about $+1$ and
# the smaller about $-1$, so all that is left of a row is which of its features is larger. With one feature nothing would
# be left, only $\beta$. So (b) is the bad case: mean and variance of a handful of numbers say little about the layer, and
# taking them away destroys most of the information. Depth (a) is where normalization helps, since the signal is set right
# after each layer. Strong regularization (c) makes weights small, but the normalization cancels their scale, so it is not
# what breaks the layer.
#
# **Rubric.** 3: few features, with the collapse seen in the figure *and* the statistics of few numbers as the reason.
# 2: few features, with a thin reason. 1: few features together with depth. 0: depth only. A remark that heavy
# regularization leaves little signal is accepted beside (b).

# %% [markdown]
# ## 6 Normalization in a net
#
# ### The idea
#
# In `FullyConnectedNet` the normalization stands between the affine layer and the ReLU of every **hidden** layer. The last
# layer has none: its scores must be free to be large.
#
# $$
# \text{affine}_1 \to \text{norm}_1 \to \text{ReLU} \to \dots \to
# \text{affine}_{L-1} \to \text{norm}_{L-1} \to \text{ReLU} \to \text{affine}_L \to \text{scores}
# $$
#
# Each normalization has a $\gamma$, a $\beta$ and, for batch normalization, running statistics **of its own**. The first two
# are parameters, learned like weights; the third are not, and live in `self.bn_params`, a list with one dict for each hidden
# layer. The mode in these dicts is set for you at the beginning of `loss`: to training with labels, to test without.
#
# ### Task 7: three places in `nndl/fc_net.py`
#
# - In `__init__`: `gamma1`, `beta1`, `gamma2`, ... for the hidden layers, as many entries as the layer has units, ones and
#   zeros.
# - `_normalize(i, x)`: the forward pass of block `i`, batch or layer normalization as `self.normalization` says. Blocks are
#   counted from 1, but a list from 0.
# - `_normalize_backward(dout, cache)`: the gradients `(dx, dgamma, dbeta)`.
#
# The rest is there already: read `_block_forward` and `_block_backward` to see who calls your lines.

# %% nbgrader={"grade": true, "grade_id": "norm_params", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
check.norm_params()

# %% nbgrader={"grade": true, "grade_id": "batchnorm_net", "locked": true, "points": 3, "schema_version": 3, "solution": false, "task": false}
check.batchnorm_net()

# %% nbgrader={"grade": true, "grade_id": "layernorm_net", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
check.layernorm_net()

# %% nbgrader={"grade": true, "grade_id": "net_gradients", "locked": true, "points": 4, "schema_version": 3, "solution": false, "task": false}
check.net_gradients()

# %% nbgrader={"grade": false, "grade_id": "bias_gradient", "locked": true, "schema_version": 3, "solution": false, "task": false}
# A curious thing: what has become of the gradients of the hidden layers' biases? Do you see why?
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
# Now to the experiments. They use 1,000 training images of **CIFAR-10**, and as many for validation, so that each run
# takes seconds. So few images are soon learned by heart, and validation accuracies stay low; what we want to see is how fast
# and how surely a net *can* learn.
#
# The images are downloaded at the first use (170 MB). If you are offline, start Jupyter with the environment variable
# `NNDL_DATA=offline`: ten classes of *drawn* shapes then take the place of the photographs. They are no CIFAR-10, but
# all that this notebook asks about can be seen there, too.

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
        pass  # its histories up to there are what it has to show
    return solver


ACCURACIES = {"train_acc_history": "training accuracy", "val_acc_history": "validation accuracy"}

# %% [markdown]
# ### A deep net, with and without
#
# Six layers, five of them hidden with 100 units, weight scale 0.02. The seed, and so the weights and the batches at the start,
# are the same. The figure grows as the runs come in.

# %% nbgrader={"grade": false, "grade_id": "deep_net", "locked": true, "schema_version": 3, "solution": false, "task": false} tags=["skip-at-grading"]
def plot_runs(runs, quantities):
    """Draw one panel for each quantity, with a curve for each of the runs (label -> solver)."""
    figure, axes = plt.subplots(1, len(quantities), figsize=(5.5 * len(quantities), 4))
    for ax, (attribute, label) in zip(np.atleast_1d(axes), quantities.items(), strict=True):
        for name, solver in runs.items():
            history = getattr(solver, attribute)
            ax.plot(history, label=name, markersize=4 if len(history) < 50 else 0)
        ax.set(xlabel="iteration" if "loss" in attribute else "epoch", ylabel=label)
        ax.grid(alpha=0.3)
        ax.legend()
    return figure


deep_runs, screen = {}, Screen()
for kind in tqdm(("batchnorm", None), desc="runs"):
    deep_runs[kind or "none"] = train(kind, [100] * 5, 2e-2, 1e-3, 50)
    figure = plot_runs(deep_runs, {"loss_history": "training loss", **ACCURACIES})
    last = ", ".join(f"{name} {solver.train_acc_history[-1]:.2f}" for name, solver in deep_runs.items())
    alt = f"Training loss, training and validation accuracy of a six-layer net. Training accuracy at the end: {last}."
    screen.show(figure, alt)
for name, solver in deep_runs.items():
    third, end, best = solver.train_acc_history[3], solver.train_acc_history[-1], solver.best_val_acc
    print(
        f"{name:9}: training accuracy {third:.2f} after 3 epochs, {end:.2f} at the end; best validation {best:.2f}"
    )

# %% [markdown]
# On CIFAR-10 expect training accuracies of about 0.47 against 0.33 after three epochs, and 0.78 against 0.55 at the end. The
# validation accuracies hardly differ: with 1,000 images, learning faster mostly means learning by heart faster.

# %% [markdown]
# ### The weight scale
#
# Eight-layer nets with seven times 50 hidden units, at twenty weight scales from 0.0001 to 1, each with and without batch
# normalization: forty trainings, in about a minute. Before you run the cell, write down what you expect: where will the
# plain net learn, and where not?

# %% nbgrader={"grade": false, "grade_id": "weight_scales", "locked": true, "schema_version": 3, "solution": false, "task": false} tags=["skip-at-grading"]
WEIGHT_SCALES = np.logspace(-4, 0, 20)


def plot_scales(results):
    """Draw what came of each weight scale: two accuracies, and the loss at the end."""
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
    return figure


scale_results, screen = {"batchnorm": [], "none": []}, Screen()
for scale in tqdm(WEIGHT_SCALES, desc="weight scales"):
    for kind, points in scale_results.items():
        solver = train(None if kind == "none" else kind, [50] * 7, scale, 1e-3, 50)
        end = np.mean(solver.loss_history[-100:])
        points.append((solver.best_val_acc, max(solver.train_acc_history, default=0.1), end))
    figure = plot_scales(scale_results)
    alt = "Best validation accuracy, best training accuracy and final loss over the weight scale. Training accuracy "
    alt += "; ".join(f"{k} between {min(p)[1]:.2f} and {max(p)[1]:.2f}" for k, p in scale_results.items())
    screen.show(figure, alt)
for kind, points in scale_results.items():
    reached = [accuracy for _, accuracy, _ in points]
    print(
        f"{kind:9}: best training accuracy {min(reached):.2f} at the worst scale, {max(reached):.2f} at the best; "
        f"loss at the largest scale {points[-1][2]:.3g}"
    )

# %% [markdown] nbgrader={"grade": false, "grade_id": "q3_question", "locked": true, "schema_version": 3, "solution": false, "task": false}
# ### Question 3: the weight scale (3 points)
#
# How does the weight scale affect the net with batch normalization, and how the net without? Describe both curves, also at
# their two ends, and explain the difference. The explorer of part 1 shows you what goes on inside. Four to six sentences.

# %% [markdown] nbgrader={"grade": true, "grade_id": "q3_weight_scale", "locked": false, "points": 3, "schema_version": 3, "solution": true, "task": false}
# **Model answer.** The plain net learns in a narrow band of scales only, around 0.05 to 0.15. Below, each layer shrinks the
# signal and the gradient, and over eight layers both vanish; accuracy stays near guessing. Above, both grow from layer to layer,
# and the loss explodes to many thousands and more. With batch normalization the net learns over three orders of magnitude,
# because each layer's output is rescaled to variance 1, so its size does not depend on the weight scale: signals and gradients
# keep their size at any depth. It degrades gently at the ends: for tiny scales the variance falls to the size of eps, which
# then matters, and for large ones the updates are small compared with the weights. The reason is this insensitivity to scale,
# and not a regularizing effect.
#
# **Rubric.** 3: the plain net fails in *both* directions (vanishing and exploding), *and* rescaling makes layers insensitive to
# the scale. 2: batch normalization is robust, with a vague reason. 1: only the observation, or "it regularizes". 0: the
# wrong trend.

# %% [markdown]
# ## 8 The size of the batch
#
# Batch normalization estimates a mean and a variance from the rows at hand. How many does it need? Six-layer nets again, with
# batches of 5, 10 and 50 rows, learning rate $10^{-3.5}$. The net without normalization has batches of 5. On the right, the
# same with layer normalization.

# %% nbgrader={"grade": false, "grade_id": "batch_sizes", "locked": true, "schema_version": 3, "solution": false, "task": false} tags=["skip-at-grading"]
SETTINGS = [(None, 5)] + [(kind, size) for kind in ("batchnorm", "layernorm") for size in (50, 10, 5)]


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
    return figure


batch_runs, screen = {}, Screen()
for kind, size in tqdm(SETTINGS, desc="runs"):
    batch_runs[kind, size] = train(kind, [100] * 5, 2e-2, 10**-3.5, size)
    figure = plot_batch_sizes(batch_runs)
    ends = ", ".join(f"{k or 'none'} {n}: {max(s.train_acc_history):.2f}" for (k, n), s in batch_runs.items())
    alt = f"Training and validation accuracy for several batch sizes. Best training accuracy: {ends}."
    screen.show(figure, alt)
for (kind, size), solver in batch_runs.items():
    print(f"{kind or 'none':9} {size:2} rows: best training accuracy {max(solver.train_acc_history):.2f}")

# %% [markdown] nbgrader={"grade": false, "grade_id": "q4_question", "locked": true, "schema_version": 3, "solution": false, "task": false}
# ### Question 4: the batch size (3 points)
#
# What do the curves say about batch normalization and the size of the batch, and about layer normalization? Compare with the
# net without normalization. Explain what you see. Three to five sentences.

# %% [markdown] nbgrader={"grade": true, "grade_id": "q4_batch_size", "locked": false, "points": 3, "schema_version": 3, "solution": true, "task": false}
# **Model answer.** Batch normalization gets worse as the batches shrink; with 5 rows it even falls behind the net without
# normalization. Mean and variance of 5 numbers are poor estimates: they are noisy, so each batch sees the layer do something
# else, and they do not agree with the running averages that are used when accuracy is measured. With 50 rows they are good
# estimates. Layer normalization takes its statistics within each row, so the batch size does not enter them, and the curves
# lie much closer together (what remains is that smaller batches make noisier gradients).
#
# **Rubric.** 3: worse with smaller batches *and* noisy estimates, together with the mismatch of training and test or the
# fall below the plain net. 2: the trend, with "larger batches are closer to the true statistics". 1: only the trend. 0: the
# opposite.

# %% [markdown]
# ## 9 Looking back
#
# - A deep net multiplies the size of its signals layer by layer; normalization sets it right after each of them.
# - Batch normalization takes statistics over the rows, layer normalization over the features of one row. All else follows
#   from this: running statistics, the two modes, and what a small batch or a narrow layer does.
# - A mean and a variance have gradients, too. Where one number acts on all rows, its gradient is a sum over them.
# - What a layer *removes* on the way forward (shift, scale), it removes from the gradient on the way back.
#
# Next come **dropout**, another layer with two modes, and the **convolutional net**, where the pixels of a channel share their
# statistics and your `batchnorm_forward` will do the work once more.
#
# **To go further** (not graded)
#
# 1. *The useless bias.* With batch normalization, the gradient of the hidden biases is zero. Take them out of the net and
#    see whether anything changes.
# 2. *After the ReLU.* Move the normalization behind the ReLU. Which of the two trains better at small weight scales?
# 3. *Slow statistics.* Train with momentum 0.999 for one epoch, and compare training and test mode on the same images.
# 4. *In between.* Normalize each row in groups of features. How few features may a group have?
#
# Last of all: how far have you come?

# %% nbgrader={"grade": false, "grade_id": "progress_summary", "locked": true, "schema_version": 3, "solution": false, "task": false}
check.progress
