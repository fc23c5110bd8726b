# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Dropout
#
# If you give a large net few images, it learns them by heart. In this notebook you make that harder, with a
# surprisingly simple method: in every training step, switch off a random part of the net.
#
# **You will be able to**
#
# - write dropout in its *inverted* form, and say why the kept values must be divided by a probability;
# - say what is different between training and test time, and where a net must know which of the two modes it is in;
# - send a gradient back through a random layer, and still check it numerically;
# - find out by experiment, with several seeds and error bars, when dropout helps on new images and when it does not.
#
# **It builds on** the fully connected nets: layer functions with a cache, `FullyConnectedNet`, the Solver. **What is new**: a
# layer that is random in training, and an experiment whose result is smaller than the noise of a single run. **It takes**
# about two hours, including two or three minutes of computing time. You write four short pieces in `nndl/layers/dropout.py`
# and `nndl/fc_net.py`.
#
# ![The same small net three times; each time other hidden units are crossed out, and the lines to and from them are
# missing.](images/goal.png)
#
# *What you will have made: a layer that switches off other units in every step. Here are three steps of one net. Whether that
# is good for anything is a question for your own experiment.*

# %% [markdown]
# ## How to work with this notebook
#
# Each part has the same rhythm: **the idea**, an **example with numbers**, **the task**, and **a check**. Open the two
# files beside this notebook. Where you find
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
# | 1 | `dropout_forward`, training mode | `forward_train` | 8 |
# | 2 | `dropout_forward`, test mode | `forward_test` | 4 |
# | | the random numbers of both | `seeds` | 4 |
# | 3 | `dropout_backward` | `backward` | 8 |
# | 4 | `_drop_out` and `_drop_out_backward` of `FullyConnectedNet` | `net_scores`, `net_loss`, `net_gradients` | 3 + 3 + 4 |
# | Q1, Q2 | a few sentences each | a person reads them | 3 each |
#
# The checks here use a few fixed numbers and are meant to help: each says what is wrong and where to look. The points
# are given by a grader that asks your functions for other inputs, so a function that only satisfies the check will not
# satisfy the grader. A mistake in the layer does not cost you the points of the net, as long as the net uses the layer
# in the right places.
#
# [![Open Google Colab, and upload this notebook there](images/colab.svg)](https://colab.research.google.com/#create=true)
# **In Google Colab**: *File → Upload notebook*, put the folder of this assignment, packed as `dropout.zip`, among the files
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
    if not Path("dropout.zip").is_file():
        raise FileNotFoundError("upload dropout.zip to the files on the left, then run this cell again")
    with zipfile.ZipFile("dropout.zip") as packed:
        packed.extractall()
    if Path("dropout").is_dir():
        os.chdir("dropout")
    sys.path.insert(0, str(Path.cwd()))
    subprocess.run([sys.executable, "-m", "pip", "install", "-q", "-r", "requirements-loose.txt"], check=True)

# %% nbgrader={"grade": false, "grade_id": "setup", "locked": true, "schema_version": 3, "solution": false, "task": false}
# The tools of this notebook. Run this cell first; there is nothing to change in it.
# %load_ext autoreload
# %autoreload 2

import matplotlib.pyplot as plt
import numpy as np
from tqdm.auto import tqdm

from nndl.checking import dropout as check
from nndl.data_utils import get_CIFAR10_data
from nndl.explore.shared.training import LiveSolver
from nndl.fc_net import FullyConnectedNet
from nndl.gradient_check import eval_numerical_gradient, rel_error
from nndl.layers import affine_forward, dropout_backward, dropout_forward, relu_forward
from nndl.notebook_helpers import show
from nndl.solver import Solver

# %matplotlib inline

# Colours that colour-blind people can distinguish (Okabe and Ito), each with its own line style.
BLUE, ORANGE, GREEN = "#0072B2", "#D55E00", "#009E73"
plt.rcParams["axes.prop_cycle"] = plt.cycler(color=[BLUE, ORANGE, GREEN], linestyle=["-", "--", ":"])
plt.rcParams["figure.constrained_layout.use"] = True

SEED = 231  # for all random numbers, so that a second run gives the same results
check.progress

# %% [markdown]
# ## 1 Switch off some units, and correct for it
#
# ### The idea
#
# A hidden unit can make errors that other units correct. For example, two units may get huge weights of opposite sign
# that cancel, or one unit may respond to a single training image only. Such combinations fit the training images and
# nothing else.
#
# **Dropout** makes such combinations unreliable. In each training step every unit is kept with probability $p$ and set
# to 0 otherwise. This is decided independently for each unit and each image. No unit can rely on any other unit, so
# each unit has to be useful by itself.
#
# For hidden values $X$ of a batch, draw a number $U_{nd}$ between 0 and 1 for each entry. Then
#
# $$
# \underset{N \times D}{M} = \begin{cases} 1/p & \text{where } \underset{N \times D}{U} < p \\ 0 & \text{elsewhere} \end{cases},
# \qquad
# \underset{N \times D}{\text{out}} = \underset{N \times D}{X} \cdot \underset{N \times D}{M}
# \quad \text{(entry by entry)}.
# $$
#
# At test time we want to use all units, and the answers must not be random: $\text{out} = X$. With the factor $1/p$ in
# training this is called **inverted** dropout. Why the factor? You will answer that in question 1. Take two minutes now: for
# one entry $x$, out is $x/p$ with probability $p$ and 0 otherwise. What is its mean over all masks? What would it be without
# the factor? Keep your two results.
#
# A warning: in this course $p$ is the probability of **keeping** a unit. Many texts, and PyTorch, use $p$ for the
# probability of *dropping* a unit. Whenever you use dropout, check this first.
#
# ### By hand
#
# Four hidden values of one image, $p = 0.5$, and the four random numbers (draws) that follow `np.random.seed(1)`,
# rounded:
#
# | | first | second | third | fourth |
# |---|---|---|---|---|
# | $x$ | $4$ | $2$ | $6$ | $1$ |
# | draw $u$ | $0.417$ | $0.720$ | $0.000$ | $0.302$ |
# | mask $m$ | $2$ | $0$ | $2$ | $2$ |
# | out | $8$ | $0$ | $12$ | $2$ |
#
# The row's sum was $13$ and is now $22$: a *single* mask changes it a lot. For the first and third values alone there are four masks, all equally likely, and four outputs:
# $(8, 12)$, $(8, 0)$, $(0, 12)$ and $(0, 0)$. Compute their mean, and compare it with the input.

# %% [markdown]
# ### Task 1: `dropout_forward` in training
#
# In `nndl/layers/dropout.py`, write the first part, for the mode `"train"`.
#
# - **In:** `x`, an array of any shape, and `p`, which is already read from `dropout_param`.
# - **Out:** `out` and `mask`, both in the shape and **in the dtype** of `x`. The mask holds $1/p$ and $0$, so that the
#   backward pass needs only this one array.
# - Draw with **one** call of `np.random.rand` for the whole array. It takes the lengths of the axes as separate
#   arguments: write `*x.shape`. Keep a unit where its random number is below `p`. (Other ways to draw are equally good.
#   We all use this one so that the same seed gives everybody the same mask.)
# - A comparison of arrays gives booleans. Booleans divided by a number are `float64`, which would make a `float32` net
#   slow: use `astype(x.dtype)`.
# - Do not change `x` or `dropout_param`.

# %% nbgrader={"grade": true, "grade_id": "forward_train", "locked": true, "points": 8, "schema_version": 3, "solution": false, "task": false}
check.forward_train()

# %% nbgrader={"grade": false, "grade_id": "by_hand_forward", "locked": true, "schema_version": 3, "solution": false, "task": false}
x_by_hand, dout_by_hand = np.array([[4.0, 2.0, 6.0, 1.0]]), np.array([[1.0, 1.0, -1.0, 3.0]])
out_by_hand, cache_by_hand = dropout_forward(x_by_hand, {"mode": "train", "p": 0.5, "seed": 1})
print("the output, which should be 8, 0, 12 and 2:", out_by_hand)

# %% [markdown]
# ### Task 2: `dropout_forward` at test time
#
# Now the other part, for every mode except `"train"`.
#
# - **Out:** `out` is `x`. There is no mask; `mask` stays `None`, as set in the line above the two parts.
# - **Do not draw random numbers.** That would not change this output, but it would change all random numbers that are
#   drawn afterwards.

# %% nbgrader={"grade": true, "grade_id": "forward_test", "locked": true, "points": 4, "schema_version": 3, "solution": false, "task": false}
check.forward_test()

# %% [markdown]
# ### The random numbers
#
# You do not need to write anything more for this check. It compares results that depend on every random number, so it
# passes if both of your parts draw as the tasks say.
#
# `dropout_param` may hold a `seed`. The given lines then seed NumPy's **global** generator in each call, in both modes.
# This keeps the mask the same, which a numeric gradient needs: a function that gives a different result at each call
# has no derivative. In real training you do not set a seed. With a seed, every step would switch off the same units,
# and all other random choices would repeat, too, for example the batches.

# %% nbgrader={"grade": true, "grade_id": "seeds", "locked": true, "points": 4, "schema_version": 3, "solution": false, "task": false}
check.seeds()

# %% nbgrader={"grade": false, "grade_id": "means", "locked": true, "schema_version": 3, "solution": false, "task": false}
# A quarter of a million values around 10. Which columns should stay near 10,
# and what should the share of zeros be?
np.random.seed(SEED)
x = np.random.randn(500, 500) + 10
print("   p   mean of x   mean in training   mean at test   zeros in training   zeros at test")
for p in (0.25, 0.4, 0.7):
    in_training, _ = dropout_forward(x, {"mode": "train", "p": p})
    at_test, _ = dropout_forward(x, {"mode": "test", "p": p})
    print(
        f"{p:4}   {x.mean():9.4f}   {in_training.mean():16.4f}   {at_test.mean():12.4f}"
        f"   {(in_training == 0).mean():17.4f}   {(at_test == 0).mean():13.4f}"
    )

# %% [markdown]
# ### Watch it
#
# The explorer shows your layer in action. Left: the part of a small net that one row of the batch uses. Middle: the
# masks of twenty rows. Right: for three units, the mean output over more and more masks, divided by the input.
#
# 1. Press the button a few times. What changes, and what does not?
# 2. Move the keep probability down to 0.1. The mean still ends near 1, but how long does it take to get there?
# 3. What do you see at a keep probability of 1?

# %% nbgrader={"grade": false, "grade_id": "explorer", "locked": true, "schema_version": 3, "solution": false, "task": false} tags=["skip-at-grading"]
from nndl.explore.dropout import explore

explore()

# %% [markdown]
# ### What the next layer sees
#
# Take the hidden values of one image, and one unit of the next layer, whose input is a weighted sum of them. The
# histograms show that sum for 2,000 masks with $p = 0.5$: once with the output of your layer, and once as it would be
# *without the division by* $p$. The black line is the sum at test time.
#
# **Before you run the cell**, use the two results of part 1: where will the middle of each histogram be, relative to the line?

# %% nbgrader={"grade": false, "grade_id": "next_layer", "locked": true, "schema_version": 3, "solution": false, "task": false} tags=["skip-at-grading"]
np.random.seed(SEED)
KEEP = 0.5
hidden, weights = np.abs(np.random.randn(1, 100)), np.random.rand(100) / 10
rows = np.repeat(hidden, 2000, axis=0)
divided = dropout_forward(rows, {"mode": "train", "p": KEEP})[0] @ weights
not_divided = KEEP * divided
(at_test,) = dropout_forward(hidden, {"mode": "test", "p": KEEP})[0] @ weights

# %% cellView="form" jupyter={"source_hidden": true} nbgrader={"grade": false, "grade_id": "next_layer_figure", "locked": true, "schema_version": 3, "solution": false, "task": false} tags=["skip-at-grading"]
# @title Draw the two histograms
figure, ax = plt.subplots(figsize=(9, 3.6))
bins = np.linspace(0, 2 * at_test, 61)
ax.hist(divided, bins, color=BLUE, alpha=0.8, label="training, divided by p")
ax.hist(not_divided, bins, color=ORANGE, alpha=0.8, hatch="//", label="training, not divided")
ax.axvline(at_test, color="black", label="test time")
ax.set(
    xlabel="input of a unit of the next layer",
    ylabel="number of masks",
    title="The same unit under 2,000 masks",
)
ax.legend()
show(
    figure,
    f"Two histograms of a unit's input. With the division its mean is {divided.mean():.2f}, without it "
    f"{not_divided.mean():.2f}. The line of test time is at {at_test:.2f}.",
)

# %% [markdown] nbgrader={"grade": false, "grade_id": "q1_question", "locked": true, "schema_version": 3, "solution": false, "task": false}
# ### Question 1: why divide? (3 points)
#
# Describe where the two histograms are relative to the line. Suppose that a net was trained without the division and is
# then used at test time without any correction. What would happen to its answers, and why? What could you do at test
# time to correct such a net? Three to five sentences.

# %% [markdown] nbgrader={"grade": true, "grade_id": "q1_scale", "locked": false, "points": 3, "schema_version": 3, "solution": true, "task": false}
# **Model answer.** The histogram with the division lies around the line, so the unit's input at test time is equal to
# its mean in training. Without the division it lies around half of that: the expected value of a unit in training is
# then $p x$ and not $x$. The later layers have learned to work with inputs of that smaller size, and get inputs $1/p$
# times as large at test time. This is not the scale they were trained on, so the scores are wrong and the accuracy is
# lower. You can correct this by multiplying the hidden values by $p$ at test time; that is dropout in its original
# form, which is not inverted.
#
# **Rubric.** 3: expected value $p x$ in training (read off the figure or derived) *and* the mismatch of scale between
# training and test. 2: the mismatch, without the expected value. 1: "the values get smaller" without a consequence.
# 0: no effect, or the wrong direction.

# %% [markdown]
# ## 2 The backward pass
#
# ### The idea
#
# Only the forward pass is random. Once the mask is drawn, the layer is a simple product,
# $\text{out}_{nd} = x_{nd}\, m_{nd}$, and its derivative is the mask:
#
# $$
# \underset{N \times D}{dX} = \underset{N \times D}{d\text{out}} \cdot \underset{N \times D}{M}
# \quad \text{(entry by entry)}.
# $$
#
# A unit that was switched off had no influence on the loss, so its gradient is 0. A unit that was multiplied by $1/p$
# gets $1/p$ times the gradient. You must use **the mask of the same forward pass**, and that is why it is in the cache.
# After a test pass, $\text{out} = X$ and so $dX = d\text{out}$.
#
# ### By hand
#
# In the example above, with its mask $(2, 0, 2, 2)$, let the upstream gradient be $d\text{out} = (1, 1, -1, 3)$. Then
# $dx = (2, 0, -2, 6)$.

# %% [markdown]
# ### Task 3: `dropout_backward`
#
# - **In:** the upstream gradient `dout`, and `mask` from the cache: an array after a training pass, `None` after a test pass.
# - **Out:** `dx`, in the shape of `dout`.
# - Use the mask to decide, not `dropout_param["mode"]`: the dict belongs to the caller, who may have changed the mode
#   since the forward pass.
# - Do not change `dout` or the mask.

# %% nbgrader={"grade": true, "grade_id": "backward", "locked": true, "points": 8, "schema_version": 3, "solution": false, "task": false}
check.backward()

# %% nbgrader={"grade": false, "grade_id": "by_hand_backward", "locked": true, "schema_version": 3, "solution": false, "task": false}
print("dx, which should be 2, 0, -2 and 6:", dropout_backward(dout_by_hand, cache_by_hand))

# %% [markdown]
# ## 3 In the net
#
# ### The idea
#
# Each hidden block of `FullyConnectedNet` is: affine, normalization (optional), ReLU, and now dropout (optional):
#
# $$
# \underset{N \times D}{X} \;\longrightarrow\; \text{affine} \;\longrightarrow\; (\text{normalization})
# \;\longrightarrow\; \text{ReLU} \;\longrightarrow\; \text{dropout} \;\longrightarrow\; \underset{N \times H}{\text{next block}}
# $$
#
# The scores at the end are never dropped: they are the net's answer. All dropout layers share one dict,
# `self.dropout_param`. `loss` first writes the mode into it: `"train"` when `loss` is called with labels, `"test"` when
# it is called without. With `dropout_keep_ratio=1` the net has no dropout layers at all, and your lines are not called.
#
# ### Task 4: `_drop_out` and `_drop_out_backward`
#
# In `nndl/fc_net.py`, near the end. The blocks of the net already call them.
#
# - `_drop_out(x)` returns the output of your layer and its cache.
# - `_drop_out_backward(dout, cache)` returns the gradient of the block's hidden values.
# - Each needs one line. Pass `self.dropout_param` without changes: it contains the mode, p and the seed.

# %% nbgrader={"grade": true, "grade_id": "net_scores", "locked": true, "points": 3, "schema_version": 3, "solution": false, "task": false}
check.net_scores()

# %% nbgrader={"grade": true, "grade_id": "net_loss", "locked": true, "points": 3, "schema_version": 3, "solution": false, "task": false}
check.net_loss()

# %% nbgrader={"grade": true, "grade_id": "net_gradients", "locked": true, "points": 4, "schema_version": 3, "solution": false, "task": false}
check.net_gradients()

# %% nbgrader={"grade": false, "grade_id": "compare_gradients", "locked": true, "schema_version": 3, "solution": false, "task": false}
# The gradients of three nets beside centred differences of their losses;
# a seed keeps the masks the same.
np.random.seed(SEED)
X, y = np.random.randn(2, 15), np.random.randint(10, size=(2,))
for keep in (1, 0.75, 0.5):
    net = FullyConnectedNet(
        [20, 30],
        input_dim=15,
        num_classes=10,
        weight_scale=5e-2,
        dtype=np.float64,
        dropout_keep_ratio=keep,
        seed=123,
    )
    loss, grads = net.loss(X, y)
    errors = []
    for name in sorted(grads):
        numeric = eval_numerical_gradient(
            lambda _, net=net: net.loss(X, y)[0], net.params[name], verbose=False
        )
        errors.append(f"{name} {rel_error(numeric, grads[name]):.0e}")
    print(f"keep {keep:4}: loss {loss:.4f}, relative errors {', '.join(errors)}")

# %% [markdown]
# Errors near $10^{-6}$ are fine; for `W2` they may reach $10^{-5}$. The losses are near $\log 10 = 2.3026$, with and
# without dropout.

# %% [markdown]
# ## 4 Does it help?
#
# Our net has 500 hidden units and 1.5 million weights, and we use only 1,000 training images. It is very easy for this
# net to learn them by heart. We train it twice: once without dropout, and once keeping half of the hidden units in each
# step. The learning rate falls from epoch to epoch, so that both nets have time to settle.
#
# **Before you run it, write down** what you expect, for the training images and for new ones: which net ends higher, and by
# how many percentage points?
#
# The images are those of **CIFAR-10** (170 MB, downloaded at the first use). If you are offline, start Jupyter with the
# environment variable `NNDL_DATA=offline`: ten classes of *drawn* shapes then take the place of the photographs. These
# images are not CIFAR-10. Where a number in the text holds for CIFAR-10 only, the text says so.

# %% nbgrader={"grade": false, "grade_id": "load_images", "locked": true, "schema_version": 3, "solution": false, "task": false} tags=["skip-at-grading"]
data = get_CIFAR10_data(num_training=20_000, num_validation=4000, num_test=1000, dtype=np.float32)
for name, array in data.items():
    print(f"{name:8} {array.shape!s:20} {array.dtype}")


def first(count):
    """Return the data with the first `count` training images only."""
    return data | {name: data[name][:count] for name in ("X_train", "y_train")}


# %% nbgrader={"grade": false, "grade_id": "training", "locked": true, "schema_version": 3, "solution": false, "task": false} tags=["skip-at-grading"]
EPOCHS, HIDDEN, FEW = 40, 500, 1000
KEEP_RATIOS = (1, 0.5)


def make_solver(keep, seed, kind=Solver, count=FEW, hidden=HIDDEN, epochs=EPOCHS, **options):
    """Return the solver of a new net; the same seed gives the same initial weights."""
    np.random.seed(seed)
    net = FullyConnectedNet([hidden], dropout_keep_ratio=keep)
    rule = {"update_rule": "fused_adam", "optim_config": {"learning_rate": 5e-4}, "lr_decay": 0.93}
    settings = {"num_epochs": epochs, "batch_size": 100, "num_val_samples": 1000, "verbose": False}
    return kind(net, first(count), **rule, **settings, **options)


solvers = {}
for keep in tqdm(KEEP_RATIOS, desc="nets"):
    solvers[keep] = make_solver(keep, SEED, LiveSolver, title=f"Keep {keep}")
    solvers[keep].train()

# %% [markdown]
# (`fused_adam` takes the same steps as `adam`, in less time. The validation accuracy of an epoch is measured on 1,000 of the
# 4,000 validation images.) Compare the first losses in the table below. Both nets start with the same weights: why is one of
# the two losses higher?

# %% nbgrader={"grade": false, "grade_id": "curves", "locked": true, "schema_version": 3, "solution": false, "task": false} tags=["skip-at-grading"]
print("keep   first loss   training   validation   best validation   gap")
for keep, solver in solvers.items():
    last_train, last_val = solver.train_acc_history[-1], solver.val_acc_history[-1]
    print(
        f"{keep:4}   {solver.loss_history[0]:10.2f}   {last_train:8.3f}   {last_val:10.3f}"
        f"   {solver.best_val_acc:15.3f}   {last_train - last_val:.3f}"
    )

# %% cellView="form" jupyter={"source_hidden": true} nbgrader={"grade": false, "grade_id": "curves_figure", "locked": true, "schema_version": 3, "solution": false, "task": false} tags=["skip-at-grading"]
# @title Draw both accuracies over the epochs
figure, axes = plt.subplots(1, 2, figsize=(12, 4), sharey=True)
for ax, kind in zip(axes, ("training", "validation"), strict=True):
    for (keep, solver), marker in zip(solvers.items(), "os^vD", strict=False):
        history = solver.train_acc_history if kind == "training" else solver.val_acc_history
        ax.plot(history, marker=marker, markersize=4, label=f"keep {keep}")
    ax.set(xlabel="epoch", ylabel=f"{kind} accuracy", title=f"{kind.capitalize()} accuracy")
    ax.legend()
    ax.grid(alpha=0.3)

at_the_end = "; ".join(
    f"keep {keep}: training {s.train_acc_history[-1]:.2f}, validation {s.val_acc_history[-1]:.2f}"
    for keep, s in solvers.items()
)
show(
    figure,
    f"Accuracy over the epochs, training on the left and validation on the right. At the end, {at_the_end}.",
)

# %% [markdown]
# ### Is it chance?
#
# One run of each net says little. The initial weights, the batches and the masks are random, and an accuracy on 1,000 images
# has a standard error of 1.5 percentage points. So the next cell repeats the two runs with two more seeds, and measures every
# *final* net on all 4,000 validation images. The two nets of a seed start alike and see the same images, so we look at the
# **difference** of each pair, its mean over the seeds, and the standard error of that mean. A mean that is less than two
# standard errors from 0 is not worth talking about.
#
# Then the same with a net that cannot learn its images by heart: 50 hidden units, which see 20,000 images twice. What do you
# expect there?

# %% nbgrader={"grade": false, "grade_id": "by_chance", "locked": true, "schema_version": 3, "solution": false, "task": false} tags=["skip-at-grading"]
SEEDS, MANY = (SEED, 0, 1), 20_000


class LastSolver(Solver):
    """A Solver that leaves the net as it is after the last step, and does not choose an earlier one."""

    def _put_best_back(self):
        pass


def final_accuracy(keep, seed, **changes):
    """Train a net and measure it, as it is after the last step, on all validation images."""
    solver = make_solver(keep, seed, LastSolver, **changes)
    solver.train()
    return solver.check_accuracy(data["X_val"], data["y_val"])


cases = {
    "few images, large net": {},
    "many images, small net": {"count": MANY, "hidden": 50, "epochs": 2},
}
accuracies = {name: {keep: [] for keep in KEEP_RATIOS} for name in cases}
for name, changes in cases.items():
    for keep, seed in tqdm([(k, s) for s in SEEDS for k in KEEP_RATIOS], desc=name):
        accuracies[name][keep].append(final_accuracy(keep, seed, **changes))

for name, found in accuracies.items():
    differences = 100 * np.subtract(found[KEEP_RATIOS[1]], found[1])
    error = differences.std(ddof=1) / np.sqrt(len(SEEDS))
    print(
        f"{name}: with dropout {differences.mean():+.1f} ± {error:.1f} points, by seed {differences.round(1)}"
    )

# %% cellView="form" jupyter={"source_hidden": true} nbgrader={"grade": false, "grade_id": "by_chance_figure", "locked": true, "schema_version": 3, "solution": false, "task": false} tags=["skip-at-grading"]
# @title Draw the accuracies of all seeds
figure, axes = plt.subplots(1, 2, figsize=(10, 3.6), sharey=True)
for ax, (name, found) in zip(axes, accuracies.items(), strict=True):
    for place, (keep, marker) in enumerate(zip(KEEP_RATIOS, "os", strict=True)):
        values = np.array(found[keep])
        ax.plot([place] * len(values), values, marker, color="0.6", linestyle="none")
        error = values.std(ddof=1) / np.sqrt(len(values))
        ax.errorbar(place, values.mean(), error, marker="_", markersize=25, capsize=8, linestyle="none")
    for pair in zip(*found.values(), strict=True):
        ax.plot([0, 1], pair, color="0.7", linewidth=1, linestyle=":")
    ax.set(xlim=(-0.5, 1.5), title=name, xlabel="keep ratio", ylabel="accuracy on 4,000 new images")
    ax.set_xticks([0, 1], [f"keep {keep}" for keep in KEEP_RATIOS])
    ax.grid(alpha=0.3, axis="y")
told = "; ".join(
    f"{name}: " + ", ".join(f"keep {keep} {np.mean(values):.3f}" for keep, values in found.items())
    for name, found in accuracies.items()
)
show(
    figure,
    f"Final accuracy on new images, a point for each seed, lines between nets of one seed. Means: {told}.",
)

# %% [markdown]
# ### Many nets in one
#
# Each mask leaves a different, smaller ("thinned") net, and all these nets share their weights. So a net trained with
# dropout is a large group of nets, an **ensemble**. The next cell uses this ensemble: it sends each validation image
# through the trained net with many different masks and averages the probabilities. How many thinned nets do you need to
# match the whole net, which needs only a single pass?

# %% nbgrader={"grade": false, "grade_id": "crowd", "locked": true, "schema_version": 3, "solution": false, "task": false} tags=["skip-at-grading"]
np.random.seed(SEED)
CROWD = 50
net = solvers[KEEP_RATIOS[-1]].model
W1, b1, W2, b2 = (net.params[name] for name in ("W1", "b1", "W2", "b2"))
hidden = relu_forward(affine_forward(data["X_val"], W1, b1)[0])[0]
total, crowd = 0, []
for _ in range(CROWD):
    thinned, _ = dropout_forward(hidden, {"mode": "train", "p": KEEP_RATIOS[-1]})
    scores = affine_forward(thinned, W2, b2)[0]
    powers = np.exp(scores - scores.max(axis=1, keepdims=True))
    total = total + powers / powers.sum(axis=1, keepdims=True)
    crowd.append((total.argmax(axis=1) == data["y_val"]).mean())
whole = (net.loss(data["X_val"]).argmax(axis=1) == data["y_val"]).mean()

# %% cellView="form" jupyter={"source_hidden": true} nbgrader={"grade": false, "grade_id": "crowd_figure", "locked": true, "schema_version": 3, "solution": false, "task": false} tags=["skip-at-grading"]
# @title Draw the accuracy of the crowd
figure, ax = plt.subplots(figsize=(8, 3.6))
ax.plot(range(1, CROWD + 1), crowd, marker=".", label="thinned nets, averaged")
ax.axhline(whole, color="black", linewidth=1, label="the whole net, one pass")
ax.set(xlabel="number of thinned nets", ylabel="validation accuracy", title="One net or many nets")
ax.legend()
ax.grid(alpha=0.3)
show(
    figure,
    f"Validation accuracy over the number of thinned nets that are averaged: {crowd[0]:.3f} for one, "
    f"{crowd[-1]:.3f} for {CROWD}. A line marks the whole net at {whole:.3f}.",
)

# %% [markdown] nbgrader={"grade": false, "grade_id": "q2_question", "locked": true, "schema_version": 3, "solution": false, "task": false}
# ### Question 2: what the curves say (3 points)
#
# Compare the two nets on the training images and on new images, with numbers: in the curves, and over the seeds, with the
# standard error. What does that say about dropout as a regularizer, and which mechanism could explain it? In which of the two
# cases does it help, in which not, and why? Four to six sentences.

# %% [markdown] nbgrader={"grade": true, "grade_id": "q2_curves", "locked": false, "points": 3, "schema_version": 3, "solution": true, "task": false}
# **Model answer.** Without dropout the net fits its 1,000 images perfectly after about ten epochs. With dropout the training
# accuracy rises more slowly, and both nets end near 1. On new images the net with dropout is better: in our runs by two to
# three points on the mean of three seeds, several times the standard error, while a single run could have shown anything from one
# to four. So dropout is a regularizer here: the net fits the training images less eagerly, and does better on new ones. Units
# cannot rely on particular other units (no co-adaptation). In other words, each step trains a different member of an ensemble of
# nets that share weights, and the whole net acts as their mean. The small net on many images loses three to
# six points: it cannot learn 20,000 images by heart in two epochs anyway, so there is nothing to prevent, and half of its few
# units are missing in every step.
#
# **Rubric.** 3: both kinds of images with numbers, the difference compared with its standard error, a mechanism (no co-adaptation, or
# an implicit ensemble), *and* why it helps in the first case only. 2: two of these. 1: only one of the figures described. 0:
# contradicts the figures.

# %% [markdown]
# ## 5 Looking back
#
# - In training, dropout switches off each unit with probability $1 - p$ and divides the kept values by $p$, so that
#   nothing needs to be done at test time.
# - A layer may be random if it remembers the random numbers. The backward pass uses the same mask.
# - A numeric gradient needs the same random numbers in every call; training needs new ones in every step.
# - A regularizer is judged on new images, with several seeds and an error bar. Dropout helps a net that would learn its images
#   by heart; it takes something away from a net that is too small or has too little time for its images.
#
# **What next?** So far every unit has had its own weight for every pixel. In the next assignment the weights become
# small windows that slide over the image, and a net can recognize a wheel wherever it is.
#
# **To go further** (not graded)
#
# 1. *How much is too much?* Train with the keep ratios 0.75, 0.25 and 0.1, too, and plot the final accuracies on both kinds
#    of images against the keep ratio.
# 2. *Where does it turn?* Between 1,000 images and 20,000, dropout stops helping the large net in a given number of steps.
#    Where? And can a larger net or more epochs move that point?
# 3. *Not inverted.* Write dropout without the division, multiply by $p$ at test time, and train both forms. With the
#    same seed, do they take the same steps? If not, what would you have to change?
# 4. *Before or after?* Put dropout before the ReLU instead of after it. The results are exactly the same. Prove it.
# 5. *Doubt.* Use the ensemble above to find the validation images on which the thinned nets disagree most. Are these
#    images hard for you, too?
#
# **Further reading**
#
# - N. Srivastava and others, [Dropout](https://jmlr.org/papers/v15/srivastava14a.html), 2014, after G. Hinton and others,
#   [Improving neural networks by preventing co-adaptation](https://arxiv.org/abs/1207.0580), 2012.
# - Y. Gal and Z. Ghahramani, [Dropout as a Bayesian approximation](https://arxiv.org/abs/1506.02142), 2016: what the
#   disagreement of the thinned nets can be used for.
# - X. Li and others, [Understanding the disharmony between dropout and batch normalization](https://arxiv.org/abs/1801.05134),
#   2018; Z. Liu and others, [Dropout reduces underfitting](https://arxiv.org/abs/2303.01500), 2023: when it helps, and when not.
# - [Regularization](https://cs231n.github.io/neural-networks-2/#reg), notes of CS231n.
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
