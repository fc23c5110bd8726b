# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Layers as building blocks
#
# A network is a stack of layers. Each layer does only two things: a forward pass, which computes its output, and a
# backward pass, which computes its gradients. In this notebook you write four layers with both passes, and build a net
# from them.
#
# **You will be able to**
#
# - say what a layer must store in the forward pass so that it can do its backward pass;
# - write the backward pass of a layer from the chain rule, without looking at the rest of the net;
# - build a net from layers, and check its gradient against numeric differences;
# - write a training loop, and see from its curves when a net begins to learn its training images by heart (to overfit).
#
# **It builds on** the linear classifier: its softmax and its cross entropy are used here, and its one affine map becomes a
# layer. **What is new**: a layer is an *object* that remembers what it saw, and a net is a chain of such objects. **It takes** about four
# hours, including a minute or two of computing time. You write four small classes and a net in `nndl/modules.py`, and a
# training loop in this notebook.
#
# ![Four boxes in a row, Affine1, ReLU, Affine2 and output layer. Arrows to the right and the outputs stand above them,
# arrows to the left and the gradients below.](images/goal.png)
#
# *What you will have made: four layers that pass values forward and gradients back. The numbers are those of an example
# that you can follow by hand.*

# %% [markdown]
# ## How to work with this notebook
#
# Each part has the same rhythm: **the idea**, **the task**, and **a check**. Open `nndl/modules.py` beside this notebook.
# Where you find
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
# | 1 | `ReLU` | `relu` | 4 |
# | 2 | `Sigmoid` | `sigmoid` | 4 |
# | 3 | `Affine` | `affine` | 4 |
# | 4 | `OutputLayer` | `output_layer` | 4 |
# | 5 | `TwoLayerNet`: `__init__`, `predict`, `loss`, `accuracy` | `initial_params`, `scores`, `loss`, `accuracy` | 2 + 2 + 4 + 2 |
# | 6 | `gradient`, `numerical_gradient` | `gradients`, `numerical_gradient` | 4 + 2 |
# | 7 | `update_params` | `update_params` | 2 |
# | 8 | a training loop, and the net it trains | `trained_net` | 6 |
# | Q1, Q2 | a few sentences each | a person reads them | 3 each |
#
# The checks here use a few fixed numbers and are meant to help: each says what is wrong and where to look. The points
# are given by a grader that calls your classes with other inputs, so a class that only satisfies the check will not
# satisfy the grader.
#
# [![Open Google Colab, and upload this notebook there](images/colab.svg)](https://colab.research.google.com/#create=true)
# **In Google Colab**: *File → Upload notebook*, put the folder of this assignment, packed as `nn_modules.zip`, among the files
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
    if not Path("nn_modules.zip").is_file():
        raise FileNotFoundError("upload nn_modules.zip to the files on the left, then run this cell again")
    with zipfile.ZipFile("nn_modules.zip") as packed:
        packed.extractall()
    if Path("nn_modules").is_dir():
        os.chdir("nn_modules")
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

from nndl.checking import nn_modules as check
from nndl.data_utils import get_flat_CIFAR10_data, load_class_names
from nndl.modules import ReLU, Sigmoid, TwoLayerNet
from nndl.notebook_helpers import show
from nndl.vis_utils import show_images

# %matplotlib inline

# Colours that colour-blind people can distinguish (Okabe and Ito), each with its own line style.
BLUE, ORANGE, GREEN = "#0072B2", "#D55E00", "#009E73"
plt.rcParams["axes.prop_cycle"] = plt.cycler(color=[BLUE, ORANGE, GREEN], linestyle=["-", "--", ":"])
plt.rcParams["figure.constrained_layout.use"] = True

SEED = 0  # for all random numbers, so that a second run gives the same results
check.progress

# %% [markdown]
# ## 1 What a layer is
#
# ### The idea
#
# Let $L$ be the loss at the end of a net, and let some layer in the middle compute $y = f(x)$.
#
# - `forward(x)` returns $y$, and **keeps** whatever the backward pass will need.
# - `backward(dout)` receives the **upstream gradient** `dout` $= \partial L / \partial y$, an array in the shape of
#   $y$. It returns $\partial L / \partial x$, an array in the shape of $x$. This is the upstream gradient of the layer
#   before.
#
# By the chain rule, `backward` multiplies `dout` by the layer's own derivative, taken at the input of the **last**
# `forward`. It does not need to know anything about the layers around it. That is all of backpropagation.
#
# An activation function works on each entry separately, so its backward pass is one product per entry.
#
# ### ReLU
#
# $$
# y = \max(0, x), \qquad
# \frac{\partial L}{\partial x} = \begin{cases} \mathrm{dout} & \text{where } x > 0 \\ 0 & \text{elsewhere} \end{cases}
# $$
#
# The ReLU is a gate: where the input was above zero, both the value and the gradient pass unchanged. At exactly zero we
# choose a closed gate. For the input $(3, -10, 0.7)$ and the upstream gradient $(-10, 1, 4)$, the results are
# $(3, 0, 0.7)$ and $(-10, 0, 4)$.

# %% [markdown]
# ### Task 1: `ReLU`
#
# - `forward(x)`: an array of any shape comes in, and one of the same shape comes out. Keep what `backward` needs.
# - `backward(dout)`: the rule above. For integers the result has an integer dtype, too: a boolean mask keeps the dtype,
#   a mask of floats does not.
# - Do not change `x` or `dout`.

# %% nbgrader={"grade": true, "grade_id": "relu", "locked": true, "points": 4, "schema_version": 3, "solution": false, "task": false}
check.relu()

# %% [markdown]
# ### Task 2: `Sigmoid`
#
# $$
# s(x) = \frac{1}{1 + e^{-x}} = \frac{e^{x}}{1 + e^{x}}, \qquad
# s'(x) = s(x)\,\big(1 - s(x)\big)
# $$
#
# The derivative depends on $s$ only, so it is enough to keep the output. At $x = 0$ the slope is
# $\tfrac12 \cdot \tfrac12 = \tfrac14$. This is the largest slope: four sigmoids in a row make a gradient at least 256
# times smaller. That is one reason why the net below uses ReLU. A sigmoid whose output is close to 0 or 1 is called
# **saturated**: its slope is nearly 0, and hardly any gradient comes through.
#
# One of the two forms overflows for large positive inputs, the other one for large negative inputs. The output for
# $\pm 1000$ must be 1 and 0. (A NumPy warning is not nice, but it costs no points.)

# %% nbgrader={"grade": true, "grade_id": "sigmoid", "locked": true, "points": 4, "schema_version": 3, "solution": false, "task": false}
check.sigmoid()

# %% cellView="form" jupyter={"source_hidden": true} nbgrader={"grade": false, "grade_id": "activation_plot", "locked": true, "schema_version": 3, "solution": false, "task": false}
# @title Draw both activation functions
# Your two activation functions, and what each returns for an upstream gradient of 1.
x = np.linspace(-6, 6, 241)
figure, axes = plt.subplots(1, 2, figsize=(10, 3.2))
for ax, layer in zip(axes, (ReLU(), Sigmoid()), strict=True):
    ax.plot(x, layer.forward(x), label="forward")
    ax.plot(x, layer.backward(np.ones_like(x)), label="backward, upstream gradient 1")
    ax.set(xlabel="input", ylabel="value", title=type(layer).__name__)
    ax.legend(loc="upper left")
show(
    figure,
    "Left: the ReLU, zero and then a straight line; its derivative jumps from 0 to 1 at 0. Right: the sigmoid, an S "
    "from 0 to 1; its derivative is a flat bell with its highest value, a quarter, at 0.",
)

# %% [markdown]
# ## 2 The affine layer
#
# ### The idea
#
# This layer has parameters, so `backward` has three gradients to compute. One is passed on to the layer before; the
# other two are for the training step, and are stored as attributes.
#
# $$
# \underset{N \times M}{Y} = \underset{N \times D}{X}\;\underset{D \times M}{W} + \underset{M}{b}
# $$
#
# Entry by entry, $Y_{im} = \sum_d X_{id} W_{dm} + b_m$. So $W_{dm}$ acts on column $m$ of every row, with strength $X_{id}$:
#
# $$
# \frac{\partial L}{\partial W_{dm}} = \sum_i X_{id}\,\mathrm{dout}_{im}, \qquad
# \frac{\partial L}{\partial b_m} = \sum_i \mathrm{dout}_{im}, \qquad
# \frac{\partial L}{\partial X_{id}} = \sum_m \mathrm{dout}_{im}\,W_{dm}
# $$
#
# Each sum is a matrix product or a column sum. **A gradient has the shape of the array it belongs to**, so there is
# only one way to write each product.
#
# ### Task 3: `Affine`
#
# - `forward(x)`: the formula above. The weights are `self.W`, `self.b`.
# - `backward(dout)`: stores `self.dW` $(D, M)$ and `self.db` $(M,)$, and returns the gradient of the input $(N, D)$.
# - `b` may have the shape $(1, M)$; `db` still has one axis.
# - A second call replaces what the first call stored. Do not add to it.

# %% nbgrader={"grade": true, "grade_id": "affine", "locked": true, "points": 4, "schema_version": 3, "solution": false, "task": false}
check.affine()

# %% [markdown]
# ## 3 The output layer
#
# ### The idea
#
# Softmax and cross entropy belong together at the end of a net, because together they have a very simple derivative. With
# $P$ for the probabilities of the scores and $T$ for the one-hot targets:
#
# $$
# L = -\frac{1}{N} \sum_i \sum_c T_{ic} \log\left(P_{ic} + 10^{-9}\right), \qquad
# \frac{\partial L}{\partial \text{scores}} = \frac{P - T}{N}
# $$
#
# Every score is pushed down by its probability, and the score of the right class is pushed up by 1. (The gradient
# ignores the $10^{-9}$, which is there only to keep the loss finite.)
#
# ### Task 4: `OutputLayer`
#
# - `forward(x, t)`: scores and one-hot targets come in, the loss comes out. `softmax` and `cross_entropy_loss` from the
#   linear classifier are already imported. Keep what `backward` needs.
# - `backward(dout=1)`: the formula above, times `dout`, which is 1 when nothing comes after the loss.

# %% nbgrader={"grade": true, "grade_id": "output_layer", "locked": true, "points": 4, "schema_version": 3, "solution": false, "task": false}
check.output_layer()

# %% [markdown]
# ## 4 The net
#
# ### The idea
#
# A two-layer net is `Affine1`, `ReLU`, `Affine2`, in this order, followed by the output layer. (This is the first of three
# `TwoLayerNet`s in this course. This one stores weights as *inputs × outputs* and takes one-hot targets, because the linear
# classifier does; the later two differ, and say why.) In the forward pass, the
# output of each layer is the input of the next one. In the backward pass, the gradient that each layer returns is the
# upstream gradient of the layer before.
#
# ### By hand
#
# One input $x = (1, 2)$ of the first of two classes, two hidden units, and
#
# $$
# W_1 = \begin{pmatrix} 1 & 0.5 \\ -1 & 0.5 \end{pmatrix}, \quad
# b_1 = \begin{pmatrix} 0 & -0.5 \end{pmatrix}, \quad
# W_2 = \begin{pmatrix} 1 & -1 \\ 2 & 1 \end{pmatrix}, \quad
# b_2 = \begin{pmatrix} 0 & 1 \end{pmatrix}
# $$
#
# | layer | forward: its output | backward: what it returns | stored by backward |
# |---|---|---|---|
# | `Affine1` | $(-1,\ 1)$ | $(-0.25,\ -0.25)$ | dW $\begin{pmatrix} 0 & -0.5 \\ 0 & -1 \end{pmatrix}$, db $(0,\ -0.5)$ |
# | `ReLU` | $(0,\ 1)$ | $(0,\ -0.5)$ | |
# | `Affine2` | $(2,\ 2)$ | $(-1,\ -0.5)$ | dW $\begin{pmatrix} 0 & 0 \\ -0.5 & 0.5 \end{pmatrix}$, db $(-0.5,\ 0.5)$ |
# | output layer | $\log 2 = 0.6931$ | $(-0.5,\ 0.5)$ | |
#
# Read the forward column from the top down and the backward column from the bottom up. Compute it once with pencil and
# paper. Note where the gradient of the first hidden unit is stopped.

# %% [markdown]
# ### Task 5: the forward pass
#
# - `__init__`: `params` as the docstring says, with `W1` drawn before `W2`; then the three layers, made from these same
#   arrays, under the names `Affine1`, `ReLU` and `Affine2`.
# - `predict(x)`: the scores $(N, C)$. An array in `params` may have been replaced since the layers were made, so call
#   `self._hand_over_params()` first. This method is already written.
# - `loss(x, t)`: the output layer's loss for the scores, plus $\frac{\lambda}{2} (\sum W_1^2 + \sum W_2^2)$ with
#   $\lambda$ for `self.regularization`. Biases are not penalized.
# - `accuracy(x, t)`: the fraction of rows whose highest score is that of the right class.

# %% nbgrader={"grade": true, "grade_id": "initial_params", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
check.initial_params()

# %% nbgrader={"grade": true, "grade_id": "scores", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
check.scores()

# %% nbgrader={"grade": true, "grade_id": "loss", "locked": true, "points": 4, "schema_version": 3, "solution": false, "task": false}
check.loss()

# %% nbgrader={"grade": true, "grade_id": "accuracy", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
check.accuracy()

# %% [markdown]
# ### Task 6: the backward pass, and a numeric check
#
# - `gradient(x, t)`: run `loss`, so that every layer remembers this batch. Then go back from the output layer to the
#   first layer. Collect the gradients of the four parameters in a dict, and add the gradient of the penalty,
#   $\lambda W$, for the two weight matrices. Store the dict as `self.grads` and return it.
# - `numerical_gradient(x, t)`: for each entry $w$ of each parameter, move it up and down by a small $h$ and see how
#   much the loss changes:
#
# $$
# \frac{\partial L}{\partial w} \approx \frac{L(w + h) - L(w - h)}{2h}
# $$
#
# `eval_numerical_gradient` does this for one array, and is already imported in `nndl/modules.py`. Look at its
# docstring.

# %% nbgrader={"grade": true, "grade_id": "gradients", "locked": true, "points": 4, "schema_version": 3, "solution": false, "task": false}
check.gradients()

# %% nbgrader={"grade": true, "grade_id": "numerical_gradient", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
check.numerical_gradient()

# %% nbgrader={"grade": false, "grade_id": "compare_gradients", "locked": true, "schema_version": 3, "solution": false, "task": false}
# Both gradients of one net for whole pictures: how much they differ, and how long each takes
# (some seconds).
FEATURES = 3072
np.random.seed(SEED)
small = TwoLayerNet(input_size=FEATURES, hidden_size=10, output_size=10, regularization=1e-4)
x_small, t_small = np.random.randn(20, FEATURES), np.eye(10)[np.arange(20) % 10]

start = time.perf_counter()
by_backpropagation = small.gradient(x_small, t_small)
middle = time.perf_counter()
by_differences = small.numerical_gradient(x_small, t_small)
end = time.perf_counter()
for name in small.params:
    distance = np.abs(by_backpropagation[name] - by_differences[name]).mean()
    print(f"{name}: mean absolute difference {distance:.1e}, which should be below 1e-7")
count = sum(param.size for param in small.params.values())
print(f"{count} parameters: backpropagation took {middle - start:.4f} s, differences {end - middle:.2f} s")
print(
    f"the differences took {(end - middle) / (middle - start):.0f} times as long: two forward passes for each parameter"
)

# %% [markdown]
# ### Step through it
#
# Here is the net of the example, with the numbers that your layers pass to each other. Move the slider from step to
# step: forward at the top, backward at the bottom. Which layers change when you choose another input? For which input
# does the ReLU stop nothing?

# %% nbgrader={"grade": false, "grade_id": "explorer", "locked": true, "schema_version": 3, "solution": false, "task": false} tags=["skip-at-grading"]
from nndl.explore.nn_modules import explore

explore()

# %% [markdown] nbgrader={"grade": false, "grade_id": "q1_question", "locked": true, "schema_version": 3, "solution": false, "task": false}
# ### Question 1: what a layer remembers (3 points)
#
# Name what each of your four layers keeps between `forward` and `backward`, and why it needs exactly that. What would
# go wrong if one net used the same `ReLU` object in two places? Three to five sentences.

# %% [markdown] nbgrader={"grade": true, "grade_id": "q1_memory", "locked": false, "points": 3, "schema_version": 3, "solution": true, "task": false}
# **Model answer.** A derivative is taken at a point, so each layer keeps what it needs to know about that point. The
# ReLU keeps where its input was above 0. The sigmoid keeps its output, because its slope depends on the output only.
# The affine layer keeps its input, which is a factor in the gradient of W. The output layer keeps the probabilities and
# the targets, whose difference is the gradient. If a ReLU is used twice, its second forward overwrites what the first
# one stored. In the backward pass both places would use the mask of the second, and the gradient of the first would be
# wrong (or fail, if the shapes differ).
#
# **Rubric.** 3: what is kept, with the reason for at least two layers, *and* the overwritten memory of a shared object.
# 2: one of the two complete. 1: "the input" for all of them, without a reason. 0: names parameters instead.

# %% [markdown]
# ## 5 Training
#
# ### Task 7: `update_params`
#
# Take one step of gradient descent, $w \leftarrow w - \eta\, \partial L / \partial w$, on all four parameters, with the
# gradients that the last call of `gradient` stored.

# %% nbgrader={"grade": true, "grade_id": "update_params", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
check.update_params()

# %% [markdown]
# ### Images
#
# We take 10,000 training images of **CIFAR-10**, photographs of 32 × 32 pixels in ten classes, and 1,000 each for
# validation and test. Every image is a row of 3,072 numbers. They are scaled to lie between 0 and 1, and the mean of
# the training images is subtracted. **The grader prepares its images in exactly this way**, so do not change this
# preparation.
#
# The images are downloaded at the first use (170 MB). If you are offline, start Jupyter with the environment variable
# `NNDL_DATA=offline`: ten classes of *drawn* shapes then take the place of the photographs. These images are not
# CIFAR-10. Where a number in the text holds for CIFAR-10 only, the text says so.

# %% nbgrader={"grade": false, "grade_id": "load_images", "locked": true, "schema_version": 3, "solution": false, "task": false} tags=["skip-at-grading"]
x_train, y_train, x_val, y_val, x_test, y_test = get_flat_CIFAR10_data(10_000, 1000, 1000, dtype=np.float32)
x_train, x_val, x_test = x_train / 255, x_val / 255, x_test / 255
t_train, t_val, t_test = (np.eye(10)[y] for y in (y_train, y_val, y_test))  # one-hot targets
class_names = load_class_names()
for name, array in {"x_train": x_train, "t_train": t_train, "x_val": x_val, "t_val": t_val}.items():
    print(f"{name:8} {array.shape!s:14} {array.dtype}")

# %% cellView="form" jupyter={"source_hidden": true} nbgrader={"grade": false, "grade_id": "look_at_images", "locked": true, "schema_version": 3, "solution": false, "task": false} tags=["skip-at-grading"]
# @title Some training images of each class
# Each pixel is shown relative to the mean image: mid-grey means that it equals the mean.
images = (255 * x_train[:1000] + 128).reshape(-1, 32, 32, 3)
ax = show_images(images, y_train[:1000], class_names, per_class=8)
ax.set_title("Eight training images of each class, mean image subtracted")
ax.set_ylabel("class")
show(ax.figure, f"A grid of training images, a row for each class: {', '.join(class_names)}.")

# %% [markdown]
# ### Task 8: the training loop
#
# Write a loop that trains `net` for `NUM_ITERS` iterations. In each iteration,
#
# 1. draw `BATCH_SIZE` row numbers with `np.random.choice`, with replacement;
# 2. compute the gradient of the net on these rows of `x_train` and `t_train`, and take a step of size `LEARNING_RATE`;
# 3. after every 100 iterations, append the accuracy on the first 2,000 training rows to `train_acc`, and the accuracy
#    on the validation rows to `val_acc`.
#
# The net that you hand in is measured on **images that you have not seen**. With $X$ for its accuracy in percent, you get
# this share of 6 points, and never less than 0:
#
# $$
# \min \left( \frac{\lfloor X - 30 \rfloor}{12},\ 1 \right)
# $$
#
# So 30 % earns nothing, 36 % earns half, and from 42 % on you have all 6. A measurement on a limited number of images
# has a small random error, and the grader rounds in your favour by that much. The settings below are enough for all 6
# points. In our own run on CIFAR-10, 128 hidden units and 2,000 iterations gave about 46 % on the 10,000 test images,
# in half a minute on one core. You may change the settings, with at most 1,024 hidden units.

# %% nbgrader={"grade": false, "grade_id": "training", "locked": false, "schema_version": 3, "solution": true, "task": false} tags=["skip-at-grading"]
HIDDEN_SIZE, NUM_ITERS, BATCH_SIZE, LEARNING_RATE, REGULARIZATION = 128, 2000, 100, 0.1, 1e-4

np.random.seed(SEED)
net = TwoLayerNet(x_train.shape[1], HIDDEN_SIZE, 10, REGULARIZATION)
train_acc, val_acc = [], []
### BEGIN SOLUTION
for iteration in tqdm(range(1, NUM_ITERS + 1), desc="iterations"):
    rows = np.random.choice(len(x_train), BATCH_SIZE)
    net.gradient(x_train[rows], t_train[rows])
    net.update_params(LEARNING_RATE)
    if iteration % 100 == 0:
        train_acc.append(net.accuracy(x_train[:2000], t_train[:2000]))
        val_acc.append(net.accuracy(x_val, t_val))
### END SOLUTION
print(f"accuracy at the end: training {train_acc[-1]:.3f}, validation {val_acc[-1]:.3f}")

# %% [markdown]
# The next cell stores the net as `trained_net.npz`. **Hand this file in together with the notebook.**

# %% nbgrader={"grade": false, "grade_id": "store", "locked": true, "schema_version": 3, "solution": false, "task": false} tags=["skip-at-grading"]
np.savez("trained_net.npz", **net.params)

# %% nbgrader={"grade": true, "grade_id": "trained_net", "locked": true, "points": 6, "schema_version": 3, "solution": false, "task": false}
check.trained_net(x_val, t_val)

# %% cellView="form" jupyter={"source_hidden": true} nbgrader={"grade": false, "grade_id": "curves", "locked": true, "schema_version": 3, "solution": false, "task": false} tags=["skip-at-grading"]
# @title Draw both accuracies
iterations = 100 * np.arange(1, len(train_acc) + 1)
figure, ax = plt.subplots(figsize=(8, 4))
ax.plot(iterations, train_acc, marker="o", label="training")
ax.plot(iterations, val_acc, marker="s", label="validation")
ax.set(xlabel="iteration", ylabel="accuracy", title="Accuracy while the net of modules learns")
ax.legend()
ax.grid(alpha=0.3)
show(
    figure,
    "Two curves over the iterations, at the first, second, middle and last measurement: "
    + "; ".join(
        f"{name} accuracy {', '.join(f'{acc[i]:.2f}' for i in (0, 1, len(acc) // 2, -1))}"
        for name, acc in {"training": train_acc, "validation": val_acc}.items()
    )
    + ".",
)

# %% [markdown] nbgrader={"grade": false, "grade_id": "q2_question", "locked": true, "schema_version": 3, "solution": false, "task": false}
# ### Question 2: read the curves (3 points)
#
# How far apart are the two curves at the beginning and at the end? What does that say about the net? Name two things
# that you would try in order to raise the *validation* accuracy, and say why each should help. Three to five sentences.

# %% [markdown] nbgrader={"grade": true, "grade_id": "q2_curves", "locked": false, "points": 3, "schema_version": 3, "solution": true, "task": false}
# **Model answer.** At first both curves rise together: what the net learns holds for images in general. Later the
# training accuracy continues to rise while the validation accuracy hardly does, so the gap grows: the net learns its
# 10,000 training images by heart, which is overfitting. More training images (CIFAR-10 has five times as many) help
# most, because a larger set is harder to learn by heart. Stronger regularization keeps the weights small and the net
# simpler. Stopping when the validation curve no longer rises saves time and keeps the better net.
#
# **Rubric.** 3: the growing gap, named as overfitting, *and* two remedies that follow from it, with reasons. 2: the gap, and
# remedies without reasons or only one. 1: only "training is higher". 0: blames underfitting, or chooses on test images.

# %% nbgrader={"grade": false, "grade_id": "test_once", "locked": true, "schema_version": 3, "solution": false, "task": false} tags=["skip-at-grading"]
# The test images, once, after all choices have been made.
test_accuracy = net.accuracy(x_test, t_test)
error = np.sqrt(test_accuracy * (1 - test_accuracy) / len(t_test))
print(f"test accuracy: {test_accuracy:.3f} ± {error:.3f} (one standard error)")

# %% [markdown]
# ## 6 Looking back
#
# - A layer is a forward pass, a backward pass, and a memory between them.
# - A backward pass multiplies the upstream gradient by the layer's own derivative. It does not need to know anything
#   else.
# - A gradient has the shape of the array it belongs to, and numeric differences of the loss show whether its values are
#   right.
# - If all layers keep this contract, a deeper net is just a longer list.
#
# **What next?** You build the same net a second time, now without layer objects: the forward pass, the loss and all four
# gradients as plain functions, with every array in sight. It shows what the objects did for you, and it leaves room for
# the other half of the work: training well, searching for hyperparameters, and measuring honestly. After that the layers
# come back, as pairs of functions, and nets get as deep as you like.
#
# **To go further** (not graded)
#
# 1. *Sigmoid instead of ReLU.* Put one between the affine layers. How do the curves change, and which learning rate suits it?
# 2. *Three layers.* Write a net with two hidden layers. Which lines of `TwoLayerNet` must change, and which can stay?
# 3. *Momentum.* Let a step remember the one before. How many iterations does that save?
# 4. *Other gates.* Write layers for the **leaky ReLU**, $\max(0.01\,x,\ x)$, the **ELU**, $x$ above 0 and $e^x - 1$ below, and
#    **maxout**, the larger of two affine maps. Which of them needs to remember what? Which can never be "off" for good?
# 5. *Saturated units.* Put the sigmoid between the affine layers and count, after training, the hidden values below 0.05 or
#    above 0.95. How does the count change if you multiply the initial weights by 30?
#
# **Further reading**
#
# - [Backpropagation, intuitions](https://cs231n.github.io/optimization-2/), notes of CS231n: gates, and why gradients add up.
# - C. Olah, [Calculus on computational graphs](https://colah.github.io/posts/2015-08-Backprop/): why backwards is the cheap
#   direction.
# - A. Karpathy, [micrograd](https://github.com/karpathy/micrograd): a hundred lines in which every *number* is a layer.
# - D. Rumelhart, G. Hinton and R. Williams, [Learning representations by back-propagating
#   errors](https://www.nature.com/articles/323533a0), Nature 1986.
# - The gates of number 4: A. Maas, A. Hannun and A. Ng, *Rectifier nonlinearities improve neural network acoustic models*, 2013;
#   D. Clevert, T. Unterthiner and S. Hochreiter, [ELU](https://arxiv.org/abs/1511.07289), 2015; I. Goodfellow and others,
#   [Maxout networks](https://arxiv.org/abs/1302.4389), 2013.
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
