# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # The same nets in PyTorch
#
# So far you have computed every gradient in this course yourself. From now on a library computes them, and you know
# what it does, because you have done it by hand. The question is no longer *how* a gradient is computed, but *what to
# write* so that the right one is computed.
#
# **You will be able to**
#
# - say what autograd records in the forward pass, and what `backward` does with it;
# - write the same net at three levels (bare tensors, `nn.Module`, `nn.Sequential`), and choose the right level for a
#   task;
# - write a complete training step, and recognize from the curve when a part of it is missing;
# - compare a net in PyTorch with one in NumPy, step by step, to six digits and more;
# - design your own net, and show with a validation set that your choices were good.
#
# **It builds on** the fully connected and the convolutional nets of this course, and on momentum. **What is new**: you write
# the forward pass only. **Where to learn more**: the [tutorials](https://pytorch.org/tutorials/), the
# [reference](https://pytorch.org/docs/stable/index.html) of all functions, and the [forum](https://discuss.pytorch.org/). **It takes** about
# four hours. In addition, there are six training runs of one epoch and a longer one. They take a quarter of an hour on
# a fast processor core, an hour on a slow one, and some minutes on a GPU. On the drawn image set they take about three
# minutes. You write six short functions and a class in `nndl/pytorch.py`, and one search in this notebook.
#
# ![A small graph of boxes, from the inputs x and y over their exponentials, the sum and its logarithm to the result. Each box
# holds its value; below it stands the gradient that came back, and on each arrow the factor that belongs to it.](images/goal.png)
#
# *What PyTorch does while you write the forward pass only: it keeps this graph, here of the cross entropy of two scores, and
# goes back through it.*

# %% [markdown]
# ## How to work with this notebook
#
# Each part has the same rhythm: **the idea**, **the task**, and **a check**. Open `nndl/pytorch.py` beside this notebook.
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
# | part | what you write | check | points |
# |---|---|---|---|
# | II | `three_layer_convnet` | `barebones_convnet` | 5 |
# | | `three_layer_convnet_params` | `barebones_params` | 3 |
# | | a trained net, stored | `barebones_training` | 3 |
# | III | `ThreeLayerConvNet`: `__init__`, `forward` | `module_params`, `module_convnet` | 3 + 4 |
# | | `module_optimizer` | `module_optimizer` | 2 |
# | | a trained net, stored | `module_training` | 3 |
# | IV | `sequential_convnet` | `sequential_convnet` | 3 |
# | | `sequential_optimizer` | `sequential_optimizer` | 2 |
# | | a trained net, stored | `sequential_training` | 3 |
# | V | `open_ended_net` | `open_ended_net` | 3 |
# | | a search, and the net it finds | `open_net` | 6 |
# | Q1, Q2 | a few sentences each | a person reads them | 3 each |
#
# The checks here use a few fixed numbers and are meant to help: each says what is wrong and where to look. The points
# are given by a grader that asks your functions for other inputs, so a function that only satisfies the check will
# not satisfy the grader.
#
# This notebook needs PyTorch. If the next cell says that it is not installed, `pip install torch` and restart the kernel.
#
# [![Open Google Colab, and upload this notebook there](images/colab.svg)](https://colab.research.google.com/#create=true)
# **In Google Colab**: *File → Upload notebook*, put the folder of this assignment, packed as `pytorch.zip`, among the files
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
    if not Path("pytorch.zip").is_file():
        raise FileNotFoundError("upload pytorch.zip to the files on the left, then run this cell again")
    with zipfile.ZipFile("pytorch.zip") as packed:
        packed.extractall()
    if Path("pytorch").is_dir():
        os.chdir("pytorch")
    sys.path.insert(0, str(Path.cwd()))
    subprocess.run([sys.executable, "-m", "pip", "install", "-q", "-r", "requirements-loose.txt"], check=True)

# %% nbgrader={"grade": false, "grade_id": "setup", "locked": true, "schema_version": 3, "solution": false, "task": false}
# The tools of this notebook. Run this cell first; there is nothing to change in it.
# %load_ext autoreload
# %autoreload 2

import nndl.pytorch as pt  # if PyTorch is missing, this line says what to install

print("training on:", pt.device)

import os
import time

import matplotlib.pyplot as plt
import numpy as np
import torch
from torch import nn
from torch.nn import functional
from tqdm.auto import tqdm

from nndl.checking import pytorch as check
from nndl.data_utils import load_class_names, read_CIFAR10
from nndl.notebook_helpers import Screen, show
from nndl.torch_parts.storage import load_model, save_convnet, save_model
from nndl.vis_utils import show_images

# %matplotlib inline

# Colours that colour-blind people can distinguish (Okabe and Ito), each with its own line style.
BLUE, ORANGE, GREEN = "#0072B2", "#D55E00", "#009E73"
plt.rcParams["axes.prop_cycle"] = plt.cycler(color=[BLUE, ORANGE, GREEN], linestyle=["-", "--", ":"])
plt.rcParams["figure.constrained_layout.use"] = True

SEED = 0  # for all random numbers, so that a second run gives the same results
check.progress

# %% [markdown]
# ## I Data in batches
#
# A **data set** in PyTorch is an object that gives one pair of image and label for each row number. A **loader** draws
# row numbers and puts the rows together into batches. You use it in a `for` loop:
#
# ```python
# for x, y in loader_train:  # x: float32 (64, 3, 32, 32), y: int64 (64,)
#     ...
# ```
#
# Note the order of the axes, $(N, C, H, W)$: images, channels, height, width. One pass over `loader_train` is an
# **epoch**: every image once, in a new order.
#
# - 49,000 images are for training: 766 batches of 64, the last one smaller.
# - 1,000 are for validation: you may look at them as often as you like, to choose between nets.
# - The test images are for the very end.
#
# Pixels are scaled to $[0, 1]$; then the mean of each colour channel over the training set is subtracted, and the result is
# divided by the channel's standard deviation.
#
# The images are downloaded at the first use (170 MB). If you are offline, start Jupyter with the environment variable
# `NNDL_DATA=offline`: ten classes of *drawn* shapes then take the place of the photographs. These images are not
# CIFAR-10. There are fewer of them here, and the nets are smaller, so that everything runs in a few minutes.

# %% nbgrader={"grade": false, "grade_id": "load_images", "locked": true, "schema_version": 3, "solution": false, "task": false} tags=["skip-at-grading"]
OFFLINE = os.environ.get("NNDL_DATA") == "offline"  # whether these are the drawn images
X_all, y_all, X_test, y_test = read_CIFAR10()  # bytes, channels first
num_train = 25_600 if OFFLINE else 49_000
rows = np.r_[:num_train, 49_000:50_000]
tests = 2_000 if OFFLINE else 10_000
loader_train, loader_val, loader_test = pt.make_loaders(
    (X_all[rows], y_all[rows], X_test[:tests], y_test[:tests]), num_train=num_train
)

# The sizes of the nets: as in the text, or smaller for the drawn images.
HIDDEN = 500 if OFFLINE else 4000
CHANNEL_1, CHANNEL_2 = (16, 12) if OFFLINE else (32, 16)
OPEN_EPOCHS = 2 if OFFLINE else 6
CHECK_EVERY = 100

x, y = next(iter(loader_train))
print(
    f"{len(loader_train)} training batches; the first one: x {tuple(x.shape)} {x.dtype}, y {tuple(y.shape)} {y.dtype}"
)
print(f"mean {x.mean():.3f} and standard deviation {x.std():.3f} of its pixels")

# %% cellView="form" jupyter={"source_hidden": true} nbgrader={"grade": false, "grade_id": "look_at_images", "locked": true, "schema_version": 3, "solution": false, "task": false} tags=["skip-at-grading"]
# @title Some training images of each class
class_names = load_class_names()
ax = show_images(X_all[:2000].transpose(0, 2, 3, 1), y_all[:2000], class_names, per_class=8)
ax.set_title("Eight training images of each class")
ax.set_ylabel("class")
show(ax.figure, f"A grid of training images, a row for each class: {', '.join(class_names)}.")

# %% [markdown]
# ## II Tensors that remember
#
# ### The idea
#
# A **tensor** is an array that can be stored on a GPU and that can remember how it was computed. If you set
# `requires_grad` on a tensor, every operation on it leaves a record in its result: *which operation, with which
# inputs*. These records form a graph, from the parameters to the loss. `loss.backward()` goes through it in reverse and
# does what your `backward` functions did: it multiplies the upstream gradient by the operation's own derivative and
# passes it on. At the end, every **leaf** (a tensor that was not computed from others) holds $\partial L / \partial w$
# in its attribute `grad`.
#
# If a value is used twice, two gradients come back, and they are **added**. The same addition happens between two calls
# of `backward`: `grad` is never overwritten. So in training you must clear it after each step.
#
# ### By hand
#
# Let $f = x \cdot y + x$ at $x = 2$, $y = 1.5$. Forward: $x y = 3$, $f = 5$. Back:
#
# | from | to | upstream | own derivative | passes on |
# |---|---|---|---|---|
# | $f$ (sum) | $xy$ | $1$ | $1$ | $1$ |
# | $f$ (sum) | $x$ | $1$ | $1$ | $1$ |
# | $xy$ (product) | $x$ | $1$ | $y = 1.5$ | $1.5$ |
# | $xy$ (product) | $y$ | $1$ | $x = 2$ | $2$ |
#
# So $\partial f / \partial y = 2$, and $\partial f / \partial x = 1 + 1.5 = 2.5$: two paths lead back to $x$.

# %% nbgrader={"grade": false, "grade_id": "by_hand_autograd", "locked": true, "schema_version": 3, "solution": false, "task": false}
# The same in PyTorch. A second backward adds to the gradients that are already there.
a = torch.tensor(2.0, requires_grad=True)
b = torch.tensor(1.5, requires_grad=True)
f = a * b + a
f.backward()
print(
    f"f = {f.item()}, computed by {type(f.grad_fn).__name__}; gradients {a.grad.item()} and {b.grad.item()}"
)
(a * b + a).backward()
print(f"after a second backward without clearing: {a.grad.item()} and {b.grad.item()}")

# %% [markdown]
# ### Experiment with it
#
# The boxes are the numbers of a computation, in the order in which they are computed. Blue: values. Orange: the
# derivative of each operation (on the arrows) and the gradients (under the boxes). Move *steps back* from 0 to the end
# and see the gradients appear one by one.
#
# - In the first expression: after which step is the gradient of $x$ complete?
# - In $\max(0, xy + 1)^2$: find inputs for which all gradients are 0. Which box stops them?
# - The last expression is the cross entropy of two scores if the first class is right. What is the sum of its two
#   gradients, whatever the scores are? You saw this in the first assignments.

# %% nbgrader={"grade": false, "grade_id": "explorer", "locked": true, "schema_version": 3, "solution": false, "task": false} tags=["skip-at-grading"]
from nndl.explore.pytorch.autograd import explore

explore()

# %% [markdown]
# ### A first net
#
# `pt.flatten` turns images into rows, and `pt.two_layer_fc` is a net with one hidden layer. Read both in
# `nndl/pytorch.py`: they have four lines. There is no backward pass anywhere.

# %% nbgrader={"grade": false, "grade_id": "flatten_example", "locked": true, "schema_version": 3, "solution": false, "task": false}
images = torch.arange(12).view(2, 1, 3, 2)  # two images of one channel, 3 x 2 pixels
print("two images become two rows:", pt.flatten(images).tolist())
scores = pt.two_layer_fc(torch.zeros(64, 50), [torch.zeros(50, 42), torch.zeros(42, 10)])
print("scores of 64 inputs:", tuple(scores.shape))

# %% [markdown]
# ### A net of two convolutions
#
# The **three-layer ConvNet** of this notebook has three layers with parameters:
#
# $$
# \underset{N \times C \times H \times W}{X}
# \xrightarrow[\text{5×5, padding 2}]{\text{conv}} \xrightarrow{\text{ReLU}}
# \underset{N \times F_1 \times H \times W}{A}
# \xrightarrow[\text{3×3, padding 1}]{\text{conv}} \xrightarrow{\text{ReLU}}
# \underset{N \times F_2 \times H \times W}{B}
# \xrightarrow{\text{flatten}}
# \underset{N \times F_2 H W}{R}
# \xrightarrow{\text{affine}}
# \underset{N \times 10}{S}
# $$
#
# A filter of size $k$ without padding leaves $H - k + 1$ rows; with padding $p$ it leaves $H + 2p - k + 1$. So
# $p = (k-1)/2$ keeps the size. The outputs are **scores**, without softmax. `functional.cross_entropy` takes scores and
# does softmax and logarithm itself, in the stable way that you know.
#
# ### By hand
#
# One image of one channel, and filters that are easy to read. The first, 5 × 5, has a 1 in the middle and zeros
# elsewhere, so it copies the image; its bias is $-2$. The second, 3 × 3, is all ones: it sums the neighbourhood.
#
# $$
# X = \begin{pmatrix} 1 & 2 \\ 3 & 4 \end{pmatrix}
# \xrightarrow{\text{copy},\, -2} \begin{pmatrix} -1 & 0 \\ 1 & 2 \end{pmatrix}
# \xrightarrow{\text{ReLU}} \begin{pmatrix} 0 & 0 \\ 1 & 2 \end{pmatrix}
# \xrightarrow{\text{sum}} \begin{pmatrix} 3 & 3 \\ 3 & 3 \end{pmatrix}
# \xrightarrow{\text{flatten}} \begin{pmatrix} 3 & 3 & 3 & 3 \end{pmatrix}
# $$
#
# With $W = \begin{pmatrix} 1 & 1 & 1 & 1 \\ 0 & 0 & 0 & -1 \end{pmatrix}^\top$ and $b = (0,\ 1)$ the scores are
# $3 + 3 + 3 + 3 + 0 = 12$ and $-3 + 1 = -2$. Without the first ReLU the sums would be $2$ and the scores $8$ and $-1$.
# The check below uses these numbers.

# %% [markdown]
# ### Task: `three_layer_convnet`
#
# Write `three_layer_convnet(x, params)` in `nndl/pytorch.py`.
#
# - **In:** images $(N, C, H, W)$ and the list `[conv_w1, conv_b1, conv_w2, conv_b2, fc_w, fc_b]`.
# - **Out:** scores $(N, \text{classes})$.
# - `functional.conv2d(x, w, b, padding=...)` is the convolution, `functional.relu` is the ReLU, and `@` multiplies
#   matrices. You do not need other layers from `torch.nn`.
# - Everything between `params` and the scores must stay in the graph: no `.data`, no `detach`, no `numpy`.

# %% nbgrader={"grade": true, "grade_id": "barebones_convnet", "locked": true, "points": 5, "schema_version": 3, "solution": false, "task": false}
check.barebones_convnet()

# %% [markdown]
# ### Task: `three_layer_convnet_params`
#
# A parameter is a leaf with `requires_grad`. Two helper functions create parameters: `pt.random_weight(shape)` draws
# from a normal distribution with standard deviation $\sqrt{2 / \text{fan-in}}$, and `pt.zero_weight(shape)` makes
# zeros. **Fan-in** is the number of inputs of one output: $D$ for a matrix $D \times M$, and $C k^2$ for filters
# $F \times C \times k \times k$. The 2 corrects for the half of the values that a ReLU sets to 0 (He et al., 2015).
#
# Write `three_layer_convnet_params(channel_1, channel_2, num_classes, image)`: the six parameters, in the order in
# which the net takes them, for 5 × 5 and then 3 × 3 filters and images of any size.

# %% nbgrader={"grade": true, "grade_id": "barebones_params", "locked": true, "points": 3, "schema_version": 3, "solution": false, "task": false}
check.barebones_params()

# %% [markdown]
# ### The complete training step
#
# Here is the central part of `pt.train_part2`, which is given. This is a whole training step:
#
# ```python
# loss = functional.cross_entropy(model_fn(x, params), y)  # forward: the graph is built
# loss.backward()                                          # back: adds to each w.grad
# with torch.no_grad():                                    # the step is not recorded
#     for w in params:
#         w -= learning_rate * w.grad
#         w.grad.zero_()                                   # or the next one is added
# ```
#
# What happens without the last line? The next cell trains the same small net twice on 60 batches of artificial data.
# Before you run it, write down how you expect the second curve to look.

# %% nbgrader={"grade": false, "grade_id": "without_clearing", "locked": true, "schema_version": 3, "solution": false, "task": false}
curves = {}
for clear in (True, False):
    torch.manual_seed(SEED)
    inputs, targets = torch.randn(60, 64, 20), torch.randint(4, (60, 64))
    inputs[:, :, :4] += 2 * functional.one_hot(targets, 4)  # four of the features depend on the class
    params = [pt.random_weight((20, 30)), pt.random_weight((30, 4))]
    curves[clear] = []
    for x, y in zip(inputs.to(pt.device), targets.to(pt.device), strict=True):
        loss = functional.cross_entropy(pt.two_layer_fc(x, params), y)
        loss.backward()
        with torch.no_grad():
            for w in params:
                w -= 0.2 * w.grad
                if clear:
                    w.grad.zero_()
        curves[clear].append(loss.item())

# %% cellView="form" jupyter={"source_hidden": true} nbgrader={"grade": false, "grade_id": "clearing_figure", "locked": true, "schema_version": 3, "solution": false, "task": false}
# @title Draw both curves
figure, ax = plt.subplots(figsize=(7, 3.5))
ax.plot(curves[True], label="cleared after each step")
ax.plot(curves[False], label="never cleared")
ax.set(xlabel="iteration", ylabel="loss of the batch", title="With and without clearing the gradients")
ax.legend()
show(
    figure,
    "Two loss curves, at the iterations 1, 10, 20, 30, 40, 50 and 60: with cleared gradients "
    + ", ".join(f"{curves[True][i]:.2f}" for i in (0, 9, 19, 29, 39, 49, 59))
    + "; without "
    + ", ".join(f"{curves[False][i]:.2f}" for i in (0, 9, 19, 29, 39, 49, 59))
    + ".",
)

# %% [markdown]
# The curve without clearing does not simply look *worse*. Old gradients never become smaller, as with a momentum of 1, so
# the net overshoots every minimum.
#
# ### Two trainings
#
# The next two cells train for one epoch each, with plain gradient descent. On CIFAR-10 with the sizes of the text,
# expect more than 40 % on the validation images for the fully connected net (learning rate $10^{-2}$), and **more than
# 42 %** for the ConvNet (learning rate $3 \cdot 10^{-3}$). Each training run takes a minute or two on a fast processor
# core. If the loss starts far above 5, or stays near $\log 10 = 2.30$, the initial weights are wrong: stop and look for
# the mistake.

# %% nbgrader={"grade": false, "grade_id": "train_barebones_fc", "locked": true, "schema_version": 3, "solution": false, "task": false} tags=["skip-at-grading"]
loaders = {"loader_train": loader_train, "loader_val": loader_val, "print_every": CHECK_EVERY}
histories = {}

torch.manual_seed(SEED)
params = [pt.random_weight((3 * 32 * 32, HIDDEN)), pt.random_weight((HIDDEN, 10))]
histories["II fully connected"] = pt.train_part2(pt.two_layer_fc, params, 1e-2, **loaders)

# %% nbgrader={"grade": false, "grade_id": "train_barebones_convnet", "locked": true, "schema_version": 3, "solution": false, "task": false} tags=["skip-at-grading"]
torch.manual_seed(SEED)
params = pt.three_layer_convnet_params(CHANNEL_1, CHANNEL_2)
histories["II ConvNet"] = pt.train_part2(pt.three_layer_convnet, params, 3e-3, **loaders)
save_convnet("barebones_convnet.npz", params)

# %% [markdown]
# **Hand in `barebones_convnet.npz`**: it holds the six trained arrays, and nothing else. (We do not use `torch.save`,
# because it writes a pickle, and opening a pickle can run any code that is in it. Arrays are enough.) The grader uses
# these arrays to classify images that you have not seen. With $X$ for the accuracy in percent, you get the share
# $\min(\lfloor X - 27 \rfloor / 15,\ 1)$ of the points. A measurement on a limited number of images has a small random
# error, and the grader rounds in your favour by that much. For the nets of parts III and IV, 27 becomes 30 and 40: all
# points from 45 % and 55 % on.

# %% nbgrader={"grade": true, "grade_id": "barebones_training", "locked": true, "points": 3, "schema_version": 3, "solution": false, "task": false}
check.barebones_training(loader_val)

# %% [markdown]
# ## III Modules
#
# ### The idea
#
# A list of six tensors is fine, but a list of sixty is not. `nn.Module` keeps parameters where they are used:
#
# ```python
# class Net(nn.Module):
#     def __init__(self, ...):
#         super().__init__()        # always first: prepares the places for the parameters
#         self.fc = nn.Linear(...)  # a layer has its own parameters, and self registers them
#
#     def forward(self, x):
#         return self.fc(x)         # called as net(x)
# ```
#
# Whatever is assigned to `self` and is a module or a parameter is **registered**: `net.parameters()` finds it,
# `net.to(device)` moves it, an optimizer trains it. Modules in a plain Python list are not found by any of the three.
# (Use `nn.ModuleList` for this.)
#
# You should know two things about `nn.Linear(D, M)`. It stores its weight as $M \times D$, the transpose of our
# weights, and it draws it from a narrower distribution than ours. `nn.init.kaiming_normal_` takes a weight and draws it
# again, as `random_weight` does; it knows which axis is the fan-in.
#
# Read `pt.TwoLayerFC` as an example.
#
# ### Task: `ThreeLayerConvNet`
#
# Write `__init__` and `forward` of `ThreeLayerConvNet(in_channel, channel_1, channel_2, num_classes)`: the same net as in part II, for images
# of 32 × 32.
#
# - Layers: `nn.Conv2d(in_channels, out_channels, kernel_size, padding=...)` and `nn.Linear(features, classes)`, with biases.
# - Initialize all three weights with `nn.init.kaiming_normal_`. You do not have to change the biases.
# - `forward` returns scores, without softmax.

# %% nbgrader={"grade": true, "grade_id": "module_params", "locked": true, "points": 3, "schema_version": 3, "solution": false, "task": false}
check.module_params()

# %% nbgrader={"grade": true, "grade_id": "module_convnet", "locked": true, "points": 4, "schema_version": 3, "solution": false, "task": false}
check.module_convnet()

# %% [markdown]
# ### Task: `module_optimizer`
#
# An **optimizer** does the step. It receives the parameters once. After that, `optimizer.zero_grad()`,
# `loss.backward()`, `optimizer.step()` is a training step. Read `pt.train_part34`. It also calls `model.train()` before
# each step, and `model.eval()` before it measures the accuracy: dropout and batch normalization behave differently in
# the two modes, and they cannot know the mode from the graph.
#
# Write `module_optimizer(model)`: plain gradient descent on all parameters, learning rate $3 \cdot 10^{-3}$, no momentum. Look up
# `torch.optim.SGD`.

# %% nbgrader={"grade": true, "grade_id": "module_optimizer", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
check.module_optimizer()

# %% [markdown]
# ### Two trainings
#
# The next two cells train for one epoch each, as before. On CIFAR-10 expect more than 40 % for the fully connected net
# and **more than 45 %** for the ConvNet. You will see that two runs of the same net differ by some percent. An accuracy
# on a thousand validation images has a standard error of 1.6 percent, and an epoch is so short that the order of the
# batches matters.

# %% nbgrader={"grade": false, "grade_id": "train_module_fc", "locked": true, "schema_version": 3, "solution": false, "task": false} tags=["skip-at-grading"]
torch.manual_seed(SEED)
model = pt.TwoLayerFC(3 * 32 * 32, HIDDEN, 10)
histories["III fully connected"] = pt.train_part34(
    model, torch.optim.SGD(model.parameters(), lr=1e-2), **loaders
)

# %% nbgrader={"grade": false, "grade_id": "train_module_convnet", "locked": true, "schema_version": 3, "solution": false, "task": false} tags=["skip-at-grading"]
torch.manual_seed(SEED)
model = pt.ThreeLayerConvNet(3, CHANNEL_1, CHANNEL_2, 10)
histories["III ConvNet"] = pt.train_part34(model, pt.module_optimizer(model), **loaders)
save_convnet("module_convnet.npz", model)

# %% nbgrader={"grade": true, "grade_id": "module_training", "locked": true, "points": 3, "schema_version": 3, "solution": false, "task": false}
check.module_training(loader_val)

# %% [markdown]
# ## IV Sequences
#
# ### The idea
#
# If a net is a simple chain of layers, their order describes it completely. `nn.Sequential(layer, layer, ...)` needs no
# class and no `forward`. A ReLU is then a layer, too, `nn.ReLU()`, and so is flattening: `pt.Flatten()`.
#
# | level | flexibility | convenience |
# |---|---|---|
# | tensors and autograd | high: any function of any tensors | low: every parameter by hand |
# | `nn.Module` | high: `forward` is ordinary Python | medium |
# | `nn.Sequential` | low: one chain, no branches | high |
#
# All three build the same graph; the levels differ in who manages the parameters. It is normal to mix them: a
# `Sequential` inside a module for the simple part, a line of tensor code for the rest.
#
# ### Task: `sequential_convnet`
#
# Build the net of part III as an `nn.Sequential`. This time keep the initial weights that PyTorch draws.

# %% nbgrader={"grade": true, "grade_id": "sequential_convnet", "locked": true, "points": 3, "schema_version": 3, "solution": false, "task": false}
check.sequential_convnet()

# %% [markdown]
# ### Task: `sequential_optimizer`
#
# **Momentum** remembers earlier gradients in a velocity that begins at 0, $v \leftarrow 0.9\, v + g$. In **Nesterov**'s
# form the step looks one velocity ahead:
#
# $$
# w \leftarrow w - \eta\, (g + 0.9\, v).
# $$
#
# By hand, with $g = 1$ twice and $\eta = 10^{-2}$: first $v = 1$ and the step is $0.019$; then $v = 1.9$ and the step
# is $0.0271$. If the gradient keeps its direction, the step becomes up to ten times as large after a while.
#
# Write `sequential_optimizer(model)`: learning rate $10^{-2}$, Nesterov momentum 0.9.

# %% nbgrader={"grade": true, "grade_id": "sequential_optimizer", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
check.sequential_optimizer()

# %% [markdown]
# ### Two trainings
#
# The next two cells train for one epoch each. On CIFAR-10 expect more than 40 % for the fully connected net, and **more
# than 55 %** for the ConvNet.

# %% nbgrader={"grade": false, "grade_id": "train_sequential_fc", "locked": true, "schema_version": 3, "solution": false, "task": false} tags=["skip-at-grading"]
torch.manual_seed(SEED)
model = nn.Sequential(pt.Flatten(), nn.Linear(3 * 32 * 32, HIDDEN), nn.ReLU(), nn.Linear(HIDDEN, 10))
optimizer = torch.optim.SGD(model.parameters(), lr=1e-2, momentum=0.9, nesterov=True)
histories["IV fully connected"] = pt.train_part34(model, optimizer, **loaders)

# %% nbgrader={"grade": false, "grade_id": "train_sequential_convnet", "locked": true, "schema_version": 3, "solution": false, "task": false} tags=["skip-at-grading"]
torch.manual_seed(SEED)
model = pt.sequential_convnet(CHANNEL_1, CHANNEL_2)
histories["IV ConvNet"] = pt.train_part34(model, pt.sequential_optimizer(model), **loaders)
save_convnet("sequential_convnet.npz", model)

# %% nbgrader={"grade": true, "grade_id": "sequential_training", "locked": true, "points": 3, "schema_version": 3, "solution": false, "task": false}
check.sequential_training(loader_val)


# %% cellView="form" jupyter={"source_hidden": true} nbgrader={"grade": false, "grade_id": "six_trainings", "locked": true, "schema_version": 3, "solution": false, "task": false} tags=["skip-at-grading"]
# @title Draw all six trainings
# All six side by side. Losses are averaged over 20 iterations, so that you can distinguish the curves.
def smooth(losses, width=20):
    return np.convolve(losses, np.full(width, 1 / width), mode="valid")


figure, (left, right) = plt.subplots(1, 2, figsize=(12, 4))
styles = {"II": ":", "III": "--", "IV": "-"}
for name, history in histories.items():
    part, _, kind = name.partition(" ")
    style = {"color": BLUE if kind == "ConvNet" else ORANGE, "linestyle": styles[part]}
    left.plot(smooth(history["loss_history"]), label=name, **style)
    right.plot(
        history["check_iterations"], history["val_acc_history"], marker="o", markersize=3, label=name, **style
    )
left.set(xlabel="iteration", ylabel="loss, mean of 20 batches", title="Training loss", ylim=(0.8, 3.5))
right.set(xlabel="iteration", ylabel="accuracy", title="Validation accuracy")
left.legend()
ends = {name: history["val_acc_history"][-1] for name, history in histories.items()}
show(
    figure,
    "Six training runs: loss on the left, validation accuracy on the right. At the end: "
    + ", ".join(f"{name} {value:.3f}" for name, value in ends.items()),
)
for name, history in histories.items():
    print(
        f"{name:20} first loss {history['loss_history'][0]:.3f}   validation accuracy at the end {ends[name]:.3f}"
    )

# %% [markdown] nbgrader={"grade": false, "grade_id": "q1_question", "locked": true, "schema_version": 3, "solution": false, "task": false}
# ### Question 1: one net, two trainings (3 points)
#
# The ConvNets of parts III and IV have the same layers. Their training runs differ in two things. Name both. For each,
# say where the table and the figure show its effect: look at the *first* losses, and at how fast the curves fall. If
# you could keep only one of the two changes, which one would you keep? Three to five sentences.

# %% [markdown] nbgrader={"grade": true, "grade_id": "q1_trainings", "locked": false, "points": 3, "schema_version": 3, "solution": true, "task": false}
# **Model answer.** They differ in the initial weights and in the optimizer. With Kaiming's initialization the weights
# of the last layer are as large as if a ReLU followed, so the first scores are large and the first loss is clearly
# above $\log 10 = 2.30$ (3 to 4). The net starts with random answers of which it is very certain, and must first
# unlearn them. PyTorch's own initial weights are smaller and give a first loss of hardly more than 2.30. Nesterov
# momentum with a rate of 0.01 shows in the slope: in a direction that stays the same, the step becomes up to ten times
# as large. So after a fraction of the epoch, the curve of part IV is already below the end of part III's curve, and it
# continues to fall. The initial advantage of 1 or 2 in the loss is gone after some hundred iterations, while the
# difference in slope and in accuracy (on CIFAR-10 about 10 points) remains: I would keep the optimizer. (Part IV also
# has a larger learning rate; we count it as part of the optimizer.)
#
# **Rubric.** 3: both differences, each with the evidence for it (first loss compared with $\log 10$; slope or final
# accuracy), and a choice with a reason. 2: both named, only one with evidence. 1: one difference. 0: names the level as
# the cause (module instead of sequence), or no answer.

# %% [markdown]
# ## V Your own net
#
# ### The rule
#
# Any net, any optimizer, at most **ten epochs**, at most five million parameters: write `open_ended_net` so that it
# reaches **70 % validation accuracy** on CIFAR-10. Train it below; you hand in the stored arrays. With $X$ for its
# accuracy in percent on unseen images, you get the share $\min(\lfloor X - 55 \rfloor / 15,\ 1)$ of 6 points.
#
# Your net may have any architecture, so the grader cannot know what to compute with your arrays. It runs *your*
# `open_ended_net` in a sandbox (an isolated process), loads the arrays of `open_net.npz` into it, gives it 4,000
# images, and receives the scores. The labels are not in the sandbox. Your net has one minute on one processor core, so
# a net that needs more than 15 ms per image is too slow.
#
# ### What may help
#
# - **Patterns** that have worked often: *(convolution, ReLU, pooling)* several times, then one or two affine layers;
#   *(convolution, ReLU, convolution, ReLU, pooling)* several times, with more filters after each pooling, then affine layers;
#   *(batch normalization, ReLU, convolution)* several times, then global average pooling and a single affine layer.
# - **Filters:** two 3 × 3 layers have the same receptive field as one 5 × 5 layer, with fewer parameters and one more
#   ReLU. Use more filters in later layers.
# - **Pooling or strides** make the image smaller: there is less work, and each number depends on a larger part of the
#   image.
# - **Batch normalization** after each convolution makes larger learning rates possible. The bias of the convolution
#   then has no effect.
# - **Global average pooling** instead of the large affine layer; **dropout** before it; **weight decay** in the
#   optimizer.
# - **Optimizers:** SGD with Nesterov momentum, or Adam. A learning rate that falls towards the end gives several
#   points.
#
# ### How to search
#
# - First take **one batch**, and see whether the net can learn it by heart. If it cannot, there is a mistake in the
#   code, and not just a bad choice.
# - You must see an improvement **within a few hundred iterations**. Compare many settings for that long; then the
#   promising ones for one epoch; then train one for a long time.
# - Keep a list of **what you tried** with its validation accuracy, also of the things that did not help. Question 2
#   asks for it.
# - Use the test images only once, at the end.

# %% nbgrader={"grade": true, "grade_id": "open_ended_net", "locked": true, "points": 3, "schema_version": 3, "solution": false, "task": false}
check.open_ended_net()


# %% nbgrader={"grade": false, "grade_id": "train_live", "locked": true, "schema_version": 3, "solution": false, "task": false}
def train_live(model, optimizer, epochs):
    """Train, and draw the curves after every epoch; return the history."""
    history = {"loss_history": [], "val_acc_history": []}
    screen = Screen()
    for _ in tqdm(range(epochs), desc="epochs"):
        part = pt.train_part34(
            model,
            optimizer,
            loader_train=loader_train,
            loader_val=loader_val,
            print_every=10**9,
            verbose=False,
        )
        history["loss_history"] += part["loss_history"]
        history["val_acc_history"].append(part["val_acc_history"][-1])
        done = len(history["val_acc_history"])
        figure, (left, right) = plt.subplots(1, 2, figsize=(12, 3.5))
        left.plot(smooth(history["loss_history"]))
        left.set(xlabel="iteration", ylabel="loss, mean of 20 batches", title="Training loss")
        right.plot(range(1, done + 1), history["val_acc_history"], marker="o")
        right.axhline(0.7, color="black", linewidth=0.8)
        right.set(xlabel="epoch", ylabel="accuracy", title="Validation accuracy; the line is the goal")
        right.set_xticks(range(1, done + 1))
        last = history["val_acc_history"][-1]
        alt = f"Loss and validation accuracy up to epoch {done}; the last accuracy is {last:.3f}."
        screen.show(figure, alt)
    return history


# %% [markdown]
# ### Task: find a good net
#
# Write your search in the next cell. At its end there must be
#
# - `tried`: a dict *what it was* → *validation accuracy*, with the net you chose and at least one other;
# - `open_model`: the trained net that you chose.
#
# The cell after it stores the net as `open_net.npz`. **Hand this file in together with the notebook.**

# %% nbgrader={"grade": false, "grade_id": "search", "locked": false, "schema_version": 3, "solution": true, "task": false} tags=["skip-at-grading"]
tried = {}
open_model = None
### BEGIN SOLUTION
tried["two convolutions, no pooling (part IV), one epoch"] = ends["IV ConvNet"]
torch.manual_seed(SEED)
open_model, open_optimizer = pt.open_ended_net(OPEN_EPOCHS)
open_history = train_live(open_model, open_optimizer, OPEN_EPOCHS)
tried["three stages with batch normalization and pooling, one epoch"] = open_history["val_acc_history"][0]
tried[f"the same, {OPEN_EPOCHS} epochs"] = open_history["val_acc_history"][-1]
### END SOLUTION
for what, accuracy in sorted(tried.items(), key=lambda entry: entry[1]):
    print(f"{accuracy:.3f}  {what}")

# %% nbgrader={"grade": false, "grade_id": "store", "locked": true, "schema_version": 3, "solution": false, "task": false} tags=["skip-at-grading"]
save_model("open_net.npz", open_model)
open_model, _ = pt.open_ended_net()
load_model("open_net.npz", open_model)  # from here on, use exactly the net that you hand in
open_model = open_model.to(pt.device)

# %% nbgrader={"grade": true, "grade_id": "open_net", "locked": true, "points": 6, "schema_version": 3, "solution": false, "task": false}
check.open_net(loader_val)

# %% [markdown] nbgrader={"grade": false, "grade_id": "q2_question", "locked": true, "schema_version": 3, "solution": false, "task": false}
# ### Question 2: your net, and how you found it (3 points)
#
# Describe the net of part V: its layers, its optimizer and the hyperparameters. Name what else you tried, with its
# validation accuracy, and give the reasons for your choice. Run the cell below **once**, when you have finished, and
# give the test accuracy, too. Five to eight sentences.

# %% nbgrader={"grade": false, "grade_id": "test_once", "locked": true, "schema_version": 3, "solution": false, "task": false} tags=["skip-at-grading"]
test_accuracy = pt.check_accuracy_part34(loader_test, open_model, verbose=False)
error = np.sqrt(test_accuracy * (1 - test_accuracy) / len(loader_test.dataset))
print(f"test accuracy: {test_accuracy:.3f} ± {error:.3f} (one standard error)")

# %% [markdown] nbgrader={"grade": true, "grade_id": "q2_own_net", "locked": false, "points": 3, "schema_version": 3, "solution": true, "task": false}
# **Model answer.** For our own net, on CIFAR-10: three stages of 3 × 3 convolution, batch normalization, ReLU and 2 × 2
# pooling, with 32, 64 and 128 channels. Then dropout 0.3 and one affine layer from 2,048 numbers to 10 scores. SGD with
# Nesterov momentum 0.9, learning rate 0.02 falling linearly to 0, weight decay $5 \cdot 10^{-4}$, six epochs of batches
# of 64. The net of part IV, with no pooling and one large affine layer, reached 0.59 after an epoch. A net with two
# convolutions per stage and 32 and 64 channels gave 0.73 after four epochs, at twice the time per epoch. Pooling after
# every convolution left time for wider layers, and the falling learning rate gave the last points: 0.77 on the
# validation images. I kept this net because it was the best for its training time. Test accuracy, measured once: 0.75.
#
# **Rubric.** 3: architecture, optimizer with hyperparameters, at least one alternative with its validation result, a
# reason, the test accuracy once. 2: no comparison. 1: architecture only. 0: nothing that a reader can reproduce.

# %% [markdown]
# ## Beyond: is it really the same?
#
# You have written a fully connected net and a ConvNet in NumPy, with your own gradients. Do they learn *exactly* what
# PyTorch learns? The next cells start both from the same weights, give both the same batches, and take the same steps
# of gradient descent, in float64. If every gradient is right, the losses agree to many digits at every step. If one
# gradient were wrong by one percent, you would see the difference grow.

# %% nbgrader={"grade": false, "grade_id": "twins", "locked": true, "schema_version": 3, "solution": false, "task": false}
from nndl.cnn import ThreeLayerConvNet
from nndl.fc_net import FullyConnectedNet


def train_both(net, forward, batches, rate):
    """Train a NumPy net and the same net of tensors from the same weights; return both lists of losses."""
    tensors = {name: torch.tensor(value, requires_grad=True) for name, value in net.params.items()}
    losses = {"NumPy": [], "PyTorch": []}
    for x, y in batches:
        loss, grads = net.loss(x, y)
        losses["NumPy"].append(float(loss))
        for name, grad in grads.items():
            net.params[name] -= rate * grad

        loss = functional.cross_entropy(forward(torch.from_numpy(x), tensors), torch.from_numpy(y))
        losses["PyTorch"].append(loss.item())
        loss.backward()
        with torch.no_grad():
            for tensor in tensors.values():
                tensor -= rate * tensor.grad
                tensor.grad = None
    return losses


def fully_connected(x, p):
    x = functional.relu(x.flatten(1) @ p["W1"] + p["b1"])
    x = functional.relu(x @ p["W2"] + p["b2"])
    return x @ p["W3"] + p["b3"]


def convolutional(x, p):
    x = functional.max_pool2d(functional.relu(functional.conv2d(x, p["W1"], p["b1"], padding=1)), 2)
    x = functional.relu(x.flatten(1) @ p["W2"] + p["b2"])
    return x @ p["W3"] + p["b3"]


random = np.random.default_rng(SEED)
batches = []
for _ in range(25):
    y = random.integers(5, size=16)
    x = random.normal(size=(16, 3, 8, 8))
    x[np.arange(16), y % 3] += 1.0 + y[:, None, None] / 4  # something to learn
    batches.append((x, y))
np.random.seed(SEED)
pairs = {
    "fully connected": (
        FullyConnectedNet([30, 20], 3 * 8 * 8, 5, weight_scale=0.1, dtype=np.float64),
        fully_connected,
    ),
    "convolutional": (
        ThreeLayerConvNet((3, 8, 8), 6, 3, 20, 5, weight_scale=0.1, dtype=np.float64),
        convolutional,
    ),
}
twins = {name: train_both(net, forward, batches, 0.1) for name, (net, forward) in pairs.items()}

# %% cellView="form" jupyter={"source_hidden": true} nbgrader={"grade": false, "grade_id": "twins_figure", "locked": true, "schema_version": 3, "solution": false, "task": false}
# @title Draw both losses, and say how far they are apart
figure, axes = plt.subplots(1, 2, figsize=(12, 3.5))
differences = {}
for ax, (name, losses) in zip(axes, twins.items(), strict=True):
    differences[name] = np.abs(np.subtract(losses["NumPy"], losses["PyTorch"])).max()
    ax.plot(losses["NumPy"], label="NumPy, your gradients", linewidth=4, alpha=0.4)
    ax.plot(losses["PyTorch"], label="PyTorch, autograd")
    ax.set(xlabel="step", ylabel="loss", title=f"{name}: largest difference {differences[name]:.0e}")
    ax.legend()
show(
    figure,
    "Loss curves of two nets in NumPy and in PyTorch; the two curves coincide. Largest differences: "
    + ", ".join(f"{name} {value:.0e}" for name, value in differences.items()),
)
for name, value in differences.items():
    verdict = (
        "the same net" if value < 1e-6 else "NOT the same: one of your gradients differs from autograd's"
    )
    print(f"{name}: largest difference of the losses over 25 steps {value:.1e}, {verdict}")


# %% [markdown]
# ### What autograd has recorded
#
# Every result has a `grad_fn`, which lists the functions before it in `next_functions`. So we can print the graph of a
# loss, from the loss back to the parameters. (`AccumulateGrad` stands for a leaf; it adds up the gradients.) Read the
# graph from the bottom up and find your ConvNet. For which of these functions did you write the backward pass yourself?
# Where does each parameter enter?

# %% nbgrader={"grade": false, "grade_id": "print_graph", "locked": true, "schema_version": 3, "solution": false, "task": false}
def graph_lines(node, names, depth=0):
    """Yield a line for every function of a graph, indented by its distance from the loss."""
    leaf = getattr(node, "variable", None)
    parameter = f"  <- {names[id(leaf)]}, shape {tuple(leaf.shape)}" if leaf is not None else ""
    yield "  " * depth + type(node).__name__ + parameter
    for earlier, _ in node.next_functions:
        if earlier is not None:
            yield from graph_lines(earlier, names, depth + 1)


model = pt.ThreeLayerConvNet(3, 4, 2, 10)
loss = functional.cross_entropy(model(torch.zeros(1, 3, 32, 32)), torch.tensor([3]))
names = {id(p): name for name, p in model.named_parameters()}
print("\n".join(graph_lines(loss.grad_fn, names)))

# %% [markdown]
# ### What a compiler and a GPU change
#
# Python calls one operation after the other, and each writes its result to memory before the next one reads it.
# `torch.compile(model)` looks at the whole graph and writes code that runs neighbouring operations together. The
# numbers stay the same up to rounding. The first call takes about a minute, because it compiles. Without a GPU it needs
# a C++ compiler, and with a GPU it needs some other tools; if they are missing, the cell says so. Set
# `TRY_COMPILE = True` if you want to wait.
#
# A GPU speeds up the multiplications themselves: it does thousands of them at the same time. You only have to say where
# the tensors and the model are stored: `x.to("cuda")`. For small nets and batches, copying the data to the GPU and back
# takes more time than you gain. The sum of floating-point numbers depends on their order, so do not expect exactly
# equal results.

# %% nbgrader={"grade": false, "grade_id": "compile_and_gpu", "locked": true, "schema_version": 3, "solution": false, "task": false} tags=["skip-at-grading"]
TRY_COMPILE = False


def seconds_per_step(model, device, steps=5):
    """Return the median time of a training step on 64 images, and the scores of the first image."""
    torch.manual_seed(SEED)
    model = model.to(device)
    x, y = torch.randn(64, 3, 32, 32, device=device), torch.randint(10, (64,), device=device)
    times = []
    for _ in range(steps + 1):  # the first one is left out: it compiles, and asks for memory
        start = time.perf_counter()
        functional.cross_entropy(model(x), y).backward()
        if device == "cuda":
            torch.cuda.synchronize()  # a GPU runs in parallel to Python: wait for it before reading the clock
        times.append(time.perf_counter() - start)
    with torch.no_grad():
        return float(np.median(times[1:])), model(x[:1]).cpu()


torch.manual_seed(SEED)
model = pt.ThreeLayerConvNet(3, 32, 16, 10)
plain, scores = seconds_per_step(model, "cpu")
print(f"processor: {1000 * plain:.1f} ms per step")
if TRY_COMPILE:
    try:
        compiled, again = seconds_per_step(torch.compile(model), "cpu")
        difference = (scores - again).abs().max()
        print(f"processor, compiled: {1000 * compiled:.1f} ms per step; scores differ by {difference:.0e}")
    except Exception as error:  # for example, a missing compiler
        print(f"torch.compile does not work here: {type(error).__name__}: {str(error)[:300]}")
else:
    print("torch.compile was not tried (TRY_COMPILE is False)")
if torch.cuda.is_available():
    on_gpu, again = seconds_per_step(model, "cuda")
    print(f"GPU: {1000 * on_gpu:.1f} ms per step; scores differ by {(scores - again).abs().max():.0e}")
else:
    print("there is no GPU here that PyTorch can use")

# %% [markdown]
# ## Looking back
#
# - Autograd records every operation in the forward pass, and adds up gradients in the backward pass; clearing them is
#   your task.
# - Tensors, modules and sequences build the same graph. They differ in who keeps the parameters.
# - A parameter that is not registered is not trained. A tensor that is detached is not trained either. In both cases
#   there is no error message.
# - Nets return scores; the loss does the rest. Do not forget `train()` and `eval()`.
# - Give a net to others as arrays and an architecture, never as a pickle.
# - Autograd does what you did by hand: equal weights, equal batches, equal losses.
#
# **What next?** You can also take a gradient with respect to the *image*. In the last assignment you ask questions
# about a trained net: which pixels decided, which change would fool it, and what does it think a tarantula looks like?
#
# **To go further** (not graded)
#
# 1. *Your own layer.* Write a `torch.autograd.Function` with your own `forward` and `backward` for the ReLU, and check
#    it with `torch.autograd.gradcheck`.
# 2. *Mirrored images.* Flip each training image with probability one half (`x.flip(3)`). How does the gap between
#    training and validation accuracy change?
# 3. *Residual and dense connections.* `x + block(x)` needs its own module; a `Sequential` cannot express it, nor
#    `torch.cat([x, block(x)], dim=1)`. Can you train deeper nets with one of them?
# 4. *Half precision.* Look up `torch.autocast`. Which operations does it keep in float32, and why these?
# 5. *Two nets are better than one.* Train two from different seeds and add their scores.
# 6. *Other gates.* `nn.LeakyReLU`, `nn.PReLU`, `nn.ELU`, and maxout, which needs a module of your own. Does one of them make a
#    difference that is larger than that between two seeds?
#
# **Further reading**
#
# - [Learn the basics](https://pytorch.org/tutorials/beginner/basics/intro.html) and [Autograd
#   mechanics](https://pytorch.org/docs/stable/notes/autograd.html), from PyTorch's own pages.
# - A. Paszke and others, [PyTorch](https://arxiv.org/abs/1912.01703), 2019: why it is built as it is.
# - Architectures worth reading: [VGG](https://arxiv.org/abs/1409.1556), [ResNet](https://arxiv.org/abs/1512.03385),
#   [DenseNet](https://arxiv.org/abs/1608.06993), [network in network](https://arxiv.org/abs/1312.4400), which introduced global
#   average pooling.
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
