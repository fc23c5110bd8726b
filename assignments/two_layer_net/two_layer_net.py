# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # A two-layer net from scratch
#
# In this notebook you build a small neural network that sorts pictures into ten classes. You write every line that
# makes it learn.
#
# **You will be able to**
#
# - compute the scores of a whole batch of inputs without a loop, and say the shape of every array on the way;
# - turn scores into a loss that stays finite even for absurdly large scores;
# - derive the gradient of that loss for every weight, and show with a numeric check that it is right;
# - train with stochastic gradient descent, read a loss curve, and see from it whether the steps are too small or too
#   large;
# - search for hyperparameters without deceiving yourself, and look at the weights that you trained.
#
# **It builds on** the linear classifier (scores, softmax, gradient descent) and on the layers as building blocks (how a
# gradient comes back). There, each layer was an object that hid its own memory. **What is new**: here you write the same
# net once more without objects, as a few functions in which every array is in sight, and then learn to train it well. **It takes** about
# five hours, including some minutes of computing time. You write six short functions in `nndl/neural_net.py` and one
# search in this notebook.
#
# ![Two pictures side by side: a plane divided into the curved regions of three classes, three arms of a spiral, by a
# trained two-layer net; and a small graph of boxes with the values of an example above them and the gradients
# below.](images/goal.png)
#
# *What you will have made. Left: a net that bends its borders around a spiral, which no linear classifier can. Right: the
# arrays of its forward pass, and of the way back, with the numbers of the example below.*

# %% [markdown]
# ## How to work with this notebook
#
# Each part has the same rhythm: **the idea**, a **small example with numbers** that you can follow with pencil and
# paper, **the task**, and **a check**. Open `nndl/neural_net.py` beside this notebook. Where you find
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
# | 1 | `_forward` | `scores` | 4 |
# | 2 | `predict` | `prediction` | 4 |
# | 3 | `_softmax_loss` | `loss` | 4 |
# | 4 | `_gradients` | `gradients` | 8 |
# | 5 | `_draw_batch` and `_update` | `training_step` | 4 |
# | | all of them together in `train` | `training_history` | 4 |
# | 6 | a search, and the net it finds | `best_net` | 12 |
# | Q1 to Q3 | a few sentences each | a person reads them | 3 each |
#
# The checks here use a few fixed numbers and are meant to help: each says what is wrong and where to look. The points
# are given by a grader that asks your functions for other inputs, so a function that only satisfies the check will
# not satisfy the grader.
#
# [![Open Google Colab, and upload this notebook there](images/colab.svg)](https://colab.research.google.com/#create=true)
# **In Google Colab**: *File → Upload notebook*, put the folder of this assignment, packed as `two_layer_net.zip`, among the files
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
    if not Path("two_layer_net.zip").is_file():
        raise FileNotFoundError("upload two_layer_net.zip to the files on the left, then run this cell again")
    with zipfile.ZipFile("two_layer_net.zip") as packed:
        packed.extractall()
    if Path("two_layer_net").is_dir():
        os.chdir("two_layer_net")
    sys.path.insert(0, str(Path.cwd()))
    subprocess.run([sys.executable, "-m", "pip", "install", "-q", "-r", "requirements-loose.txt"], check=True)

# %% nbgrader={"grade": false, "grade_id": "setup", "locked": true, "schema_version": 3, "solution": false, "task": false}
# The tools of this notebook. Run this cell first; there is nothing to change in it.
# %load_ext autoreload
# %autoreload 2

import itertools
import os

import matplotlib.pyplot as plt
import numpy as np
from tqdm.auto import tqdm

from nndl.checking import two_layer_net as check
from nndl.data_utils import get_flat_CIFAR10_data, load_class_names
from nndl.gradient_check import eval_numerical_gradient, rel_error
from nndl.neural_net import TwoLayerNet
from nndl.notebook_helpers import Screen, show
from nndl.vis_utils import plot_accuracy_history, plot_loss_history, show_images, show_net_weights

# %matplotlib inline

# Colours that colour-blind people can distinguish (Okabe and Ito), each with its own line style.
BLUE, ORANGE, GREEN = "#0072B2", "#D55E00", "#009E73"
plt.rcParams["axes.prop_cycle"] = plt.cycler(color=[BLUE, ORANGE, GREEN], linestyle=["-", "--", ":"])
plt.rcParams["figure.constrained_layout.use"] = True

check.progress

# %% nbgrader={"grade": false, "grade_id": "seed", "locked": true, "schema_version": 3, "solution": false, "task": false}
# One seed for all random numbers, so that a second run gives the same results.
SEED = 0
np.random.seed(SEED)

# %% [markdown]
# ## 1 From inputs to scores
#
# ### The idea
#
# A linear classifier has one template per class and measures how similar an input is to it. That is not much: all cars
# of the world must share one template, and the border between two classes is always a straight line (or a flat plane,
# if there are more than two features).
#
# A two-layer net first computes $H$ new features of the input, the **hidden units**. What they respond to is learned.
# The scores of the classes are then computed from these features. What makes this more than another linear map is the
# **ReLU** between the layers, which replaces negative numbers by zero: $\max(0, a)$. Without it, two matrix products
# would collapse into one.
#
# Let $X$ hold a batch of $N$ inputs as rows, each with $D$ features, and let there be $C$ classes. Then
#
# $$
# \underset{N \times H}{A} = \underset{N \times D}{X}\;\;\underset{D \times H}{W_1^\top} + \underset{H}{b_1},
# \qquad
# \underset{N \times H}{Z} = \max(0, \underset{N \times H}{A}),
# \qquad
# \underset{N \times C}{S} = \underset{N \times H}{Z}\;\;\underset{H \times C}{W_2^\top} + \underset{C}{b_2}.
# $$
#
# $A$ holds the **pre-activations**, $Z$ the **hidden values**, $S$ the **scores**. The weights are stored with one row
# per unit: $W_1$ has shape $H \times D$ and $W_2$ has shape $C \times H$, hence the transposes. (Why not as in the net of
# layers? There, a matrix was *inputs × outputs*. Here, each row of $W_1$ belongs to one unit, so that you can look at a unit's
# weights as a picture; and labels are plain integers. The values are the same, transposed.) A bias has one entry
# per unit, and NumPy adds it to every row.
#
# ### By hand
#
# One input with two features, two hidden units, two classes:
#
# $$
# x = \begin{pmatrix} 1 & 2 \end{pmatrix}, \quad
# W_1 = \begin{pmatrix} 1 & -1 \\ 0.5 & 0.5 \end{pmatrix}, \quad
# b_1 = \begin{pmatrix} 0 & -0.5 \end{pmatrix}, \quad
# W_2 = \begin{pmatrix} 1 & 2 \\ -1 & 1 \end{pmatrix}, \quad
# b_2 = \begin{pmatrix} 0 & 1 \end{pmatrix}
# $$
#
# | step | first | second |
# |---|---|---|
# | pre-activations $a = x W_1^\top + b_1$ | $1 \cdot 1 + 2 \cdot (-1) + 0 = -1$ | $1 \cdot 0.5 + 2 \cdot 0.5 - 0.5 = 1$ |
# | hidden values $z = \max(0, a)$ | $0$ | $1$ |
# | scores $s = z W_2^\top + b_2$ | $0 \cdot 1 + 1 \cdot 2 + 0 = 2$ | $0 \cdot (-1) + 1 \cdot 1 + 1 = 2$ |
#
# The first hidden unit is *off*: for this input its value is 0, whatever its weights in the second layer are. The two
# classes get the same score, so this net cannot decide between them. We will use this example again.

# %% [markdown]
# ### Task 1: `_forward`
#
# Write `TwoLayerNet._forward(X)` in `nndl/neural_net.py`.
#
# - **In:** `X` of shape $(N, D)$. The parameters are in `self.params["W1"]`, `["b1"]`, `["W2"]`, `["b2"]`.
# - **Out:** the scores, $(N, C)$, and the hidden values after the ReLU, $(N, H)$, in this order.
# - No loop is needed: write the three equations with `@` and a function that takes the larger of two numbers.
# - Do not change `X` or the parameters.
#
# If the shapes confuse you, write each one as a comment beside its line. You will find most mistakes in this course
# that way.

# %% nbgrader={"grade": true, "grade_id": "scores", "locked": true, "points": 4, "schema_version": 3, "solution": false, "task": false}
check.scores()


# %% nbgrader={"grade": false, "grade_id": "by_hand_forward", "locked": true, "schema_version": 3, "solution": false, "task": false}
def net_by_hand():
    """Return the net of the example above."""
    net = TwoLayerNet(2, 2, 2)
    net.params["W1"] = np.array([[1.0, -1.0], [0.5, 0.5]])
    net.params["b1"] = np.array([0.0, -0.5])
    net.params["W2"] = np.array([[1.0, 2.0], [-1.0, 1.0]])
    net.params["b2"] = np.array([0.0, 1.0])
    return net


x_by_hand, y_by_hand = np.array([[1.0, 2.0]]), np.array([0])
print("scores, which should be 2 and 2:", net_by_hand().loss(x_by_hand))

# %% [markdown]
# ### Task 2: `predict`
#
# A trained net answers with a class, not with scores: the class with the highest score.
#
# - **In:** `X` of shape $(N, D)$.
# - **Out:** an array of $N$ integers from 0 to $C - 1$.
# - `self.loss(X)` without labels gives the scores.
#
# The softmax of the next part is not needed for this: it keeps the order of the scores.

# %% nbgrader={"grade": true, "grade_id": "prediction", "locked": true, "points": 4, "schema_version": 3, "solution": false, "task": false}
check.prediction()

# %% [markdown]
# ## 2 From scores to a loss
#
# ### The idea
#
# **Softmax** turns the scores of a row into probabilities, and the **cross-entropy** measures the surprise when we
# learn the right answer $y$:
#
# $$
# p_c = \frac{e^{s_c}}{\sum_k e^{s_k}},
# \qquad
# \ell = -\log p_y .
# $$
#
# A net that is certain and right pays almost nothing; one that is certain and wrong pays a lot. A net that knows
# nothing gives every class the probability $1/C$ and pays $\log C$. **Remember this number**: with small random
# weights the loss of ten classes must start near $\log 10 = 2.3026$. If it does not, something is broken, and you know
# it before training a single step.
#
# The loss of a batch is the mean over its rows. We add an **L2 penalty**. It keeps weights small, unless large ones
# reduce the loss by more than they cost. Biases have no penalty:
#
# $$
# \underset{\text{one number}}{L} = \frac{1}{N} \sum_{i=1}^{N} \ell_i
# + \frac{\mathit{reg}}{2} \Big( \sum W_1^2 + \sum W_2^2 \Big).
# $$
#
# ### Very large scores
#
# Early in a bad training run, a score of 1000 is not unusual, and $e^{1000}$ does not fit into a float. Two
# observations solve this problem:
#
# 1. Adding the same number $m$ to all scores of a row changes nothing, because $e^{s_c + m} = e^{s_c} e^m$ and the
#    factor cancels. So we may first subtract the row's largest score. Then the largest exponent is $0$, and nothing
#    overflows.
# 2. A probability may still *underflow* to 0, whose logarithm is $-\infty$. So never take the logarithm of a
#    probability. Work it out on paper first:
#    $\log p_c = s_c - \log \sum_k e^{s_k}$.
#
# ### By hand
#
# In our example the scores are $2$ and $2$, so both probabilities are $1/2$ and the loss is $\log 2 = 0.6931$ whatever
# the label is. The squares of $W_1$ sum to $1 + 1 + 0.25 + 0.25 = 2.5$, those of $W_2$ to $1 + 4 + 1 + 1 = 7$. With
# $\mathit{reg} = 0.1$ the penalty is $0.05 \cdot 9.5 = 0.475$, and the loss becomes $1.1681$.

# %% [markdown]
# ### Task 3: `_softmax_loss`
#
# Write `TwoLayerNet._softmax_loss(scores, y, reg)`.
#
# - **In:** `scores` $(N, C)$, integer labels `y` $(N,)$, the number `reg`.
# - **Out:** the loss, one float, and the probabilities $(N, C)$, in this order.
# - Scores of $\pm 10\,000$ must give a finite loss, and no warning.
# - Do not change `scores`. For example, `scores -= ...` would change the caller's array.
#
# To pick the entry of column `y[i]` in each row `i`, index with two arrays: `table[np.arange(len(y)), y]`.
# The keyword `keepdims=True` keeps the shape $(N, 1)$ of a row-wise maximum or sum, so that it lines up with the rows.

# %% nbgrader={"grade": true, "grade_id": "loss", "locked": true, "points": 4, "schema_version": 3, "solution": false, "task": false}
check.loss()

# %% [markdown]
# ## 3 Backpropagation
#
# ### The idea
#
# To reduce the loss, we need to know for each parameter which way is downhill: the gradient. Backpropagation is the
# chain rule, applied step by step from the loss back to the inputs. Every intermediate result is used once.
#
# We write $dS$ for the gradient of $L$ with respect to $S$: an array **in the shape of** $S$ that says how $L$ changes
# when an entry of $S$ does. The same holds for $dW_2$, $dZ$ and so on. This is your most useful rule here: a gradient
# always has the shape of the array it belongs to.
#
# **The loss.** For one row, $\ell = -s_y + \log \sum_k e^{s_k}$. The derivative of the first term is $-1$ at the right
# class and $0$ elsewhere; that of the second is $e^{s_c} / \sum_k e^{s_k} = p_c$. With $Y$ for the labels as one-hot
# rows, and the mean over the batch:
#
# $$
# \underset{N \times C}{dS} = \frac{1}{N} \big( \underset{N \times C}{P} - \underset{N \times C}{Y} \big)
# $$
#
# In words: every score is pulled down by its probability, and the score of the right class is pushed up by 1. When the
# net is certain and right, the gradient is zero.
#
# **The second layer.** In $S = Z W_2^\top + b_2$ the score $S_{ic}$ is $\sum_h Z_{ih} (W_2)_{ch} + (b_2)_c$. So
#
# $$
# \frac{\partial L}{\partial (W_2)_{ch}} = \sum_i dS_{ic}\, Z_{ih}, \qquad
# \frac{\partial L}{\partial (b_2)_c} = \sum_i dS_{ic}, \qquad
# \frac{\partial L}{\partial Z_{ih}} = \sum_c dS_{ic}\, (W_2)_{ch} .
# $$
#
# Each of these sums is a matrix product or a column sum. Together with the penalty, whose derivative is
# $\mathit{reg} \cdot W_2$:
#
# $$
# \underset{C \times H}{dW_2} = \underset{C \times N}{dS^\top}\;\;\underset{N \times H}{Z} + \mathit{reg} \cdot
# \underset{C \times H}{W_2},
# \qquad
# \underset{C}{db_2} = \text{column sums of } \underset{N \times C}{dS},
# \qquad
# \underset{N \times H}{dZ} = \underset{N \times C}{dS}\;\;\underset{C \times H}{W_2} .
# $$
#
# Note that there is only one order in which the shapes of these arrays fit.
#
# **The ReLU** is a gate. Where the pre-activation was above zero, it let the value through unchanged, and now lets the
# gradient through unchanged. Elsewhere the output was 0 and a small change of the input does not change it, so the
# gradient is 0. At exactly 0 we choose 0, too:
#
# $$
# \underset{N \times H}{dA} = \begin{cases} dZ & \text{where } A > 0 \\ 0 & \text{elsewhere} \end{cases}
# $$
#
# **The first layer** is your task. It is built exactly like the second. What takes the place of $Z$, and what takes the
# place of $dS$? Write down the shapes first.
#
# ### By hand
#
# Our example has $p = (0.5, 0.5)$. Let the right class be the first one, and let $\mathit{reg} = 0$. Then
#
# | gradient | value | why |
# |---|---|---|
# | $ds$ | $(-0.5,\ 0.5)$ | $p$ minus one-hot, $N = 1$ |
# | $dW_2$ | $\begin{pmatrix} 0 & -0.5 \\ 0 & 0.5 \end{pmatrix}$ | the first hidden value is 0: no blame |
# | $db_2$ | $(-0.5,\ 0.5)$ | |
# | $dz$ | $(-1,\ {-0.5})$ | $-0.5 \cdot 1 + 0.5 \cdot (-1)$ and $-0.5 \cdot 2 + 0.5 \cdot 1$ |
# | $da$ | $(0,\ {-0.5})$ | the first unit is off, so its $-1$ is stopped |
# | $dW_1$ | $\begin{pmatrix} 0 & 0 \\ -0.5 & -1 \end{pmatrix}$ | |
# | $db_1$ | $(0,\ {-0.5})$ | |
#
# After one step of size $0.1$ against these gradients, the scores are $2.715$ and $2.185$ and the loss is $0.4629$
# instead of $0.6931$. Try to compute this once with pencil and paper: it takes five minutes and is worth it. Once your
# code is written, a cell below prints the same numbers.

# %% [markdown]
# ### Task 4: `_gradients`
#
# Write `TwoLayerNet._gradients(X, y, hidden, probabilities, reg)`.
#
# - **In:** what the forward pass knew: `X` $(N, D)$, `y` $(N,)$, `hidden` $(N, H)$, `probabilities` $(N, C)$, `reg`.
# - **Out:** a dict with the keys `W1`, `b1`, `W2`, `b2`, each array in the shape of the parameter.
# - You do not need to build the one-hot $Y$: subtracting 1 at the right places of a *copy* is enough.
# - From `hidden` you can see where the pre-activations were above zero. How?
# - All sums over the batch are matrix products or `sum(axis=0)`; no loop is needed.
#
# **How to be sure.** Nudge one weight by $h = 10^{-5}$ up and down, and see how much the loss moves:
#
# $$
# \frac{\partial L}{\partial w} \approx \frac{L(w + h) - L(w - h)}{2h}
# $$
#
# This is slow (two forward passes for *each* weight) but very simple, and that makes it a reliable test of fast and
# complicated code. In float64 a right gradient agrees to about eight digits.

# %% nbgrader={"grade": true, "grade_id": "gradients", "locked": true, "points": 8, "schema_version": 3, "solution": false, "task": false}
check.gradients()

# %% nbgrader={"grade": false, "grade_id": "by_hand_gradients", "locked": true, "schema_version": 3, "solution": false, "task": false}
# The example from above: compare with the table.
loss, grads = net_by_hand().loss(x_by_hand, y_by_hand)
print(f"loss: {loss:.4f}")
for name in ("W2", "b2", "W1", "b1"):
    print(f"gradient of {name}:", np.array2string(grads[name], separator=", ").replace("\n", ""))

# %% nbgrader={"grade": false, "grade_id": "numeric_check", "locked": true, "schema_version": 3, "solution": false, "task": false}
# Your gradients beside numeric ones, for a small random net.
# About 1e-7 or less is right; near 1 is wrong.
np.random.seed(0)
small = TwoLayerNet(input_size=4, hidden_size=10, output_size=3, std=0.1)
np.random.seed(1)
X_small, y_small = 10 * np.random.randn(5, 4), np.array([0, 1, 2, 2, 1])
grads = small.loss(X_small, y_small, reg=0.1)[1]
for name in small.params:
    numeric = eval_numerical_gradient(
        lambda _: small.loss(X_small, y_small, reg=0.1)[0], small.params[name], verbose=False
    )
    print(f"{name}: largest relative error {rel_error(numeric, grads[name]):.1e}")

# %% [markdown]
# ## 4 Training
#
# ### The idea
#
# **Gradient descent** takes small steps downhill, $W \leftarrow W - \eta \, dW$ with the **learning rate** $\eta$, and
# the same for every other parameter. The gradient over all 49,000 images would be exact, but a waste of time: a few
# hundred images give the direction well enough. **Stochastic** gradient descent draws a new **minibatch** for every
# step.
#
# We draw *with replacement*: a row may come twice in a batch, just as a die may show the same number twice.
#
# An **epoch** is as many steps as it takes to draw as many images as there are. After each epoch, the learning rate is
# multiplied by a **decay**, a number a little below 1: long steps at the beginning, short steps near the end.
#
# The loop itself is given: read `TwoLayerNet.train` before you go on. It also measures accuracy once per epoch, on the
# validation images and on the current minibatch. The accuracy on the minibatch is cheap, but it jumps up and down. It
# is also a little too high, because the net has just been trained on these images.

# %% [markdown]
# ### Task 5: `_draw_batch` and `_update`
#
# Write these two methods of `TwoLayerNet`.
#
# `_draw_batch(X, y, batch_size)`
#
# - **In:** all training rows `X` $(N, D)$ and their labels `y` $(N,)$.
# - **Out:** `min(N, batch_size)` of the rows, and the labels *of the same rows*.
# - Draw the row numbers with one call of `np.random.choice`, with replacement, and draw nothing else. Then a seed
#   repeats a whole training run, and your numbers can be compared with ours.
#
# `_update(grads, learning_rate)`
#
# - **In:** the gradients, a dict like `self.params`, and the learning rate.
# - **Out:** nothing is returned; afterwards each of `self.params` is one step further *down*hill.

# %% nbgrader={"grade": true, "grade_id": "training_step", "locked": true, "points": 4, "schema_version": 3, "solution": false, "task": false}
check.training_step()

# %% nbgrader={"grade": false, "grade_id": "by_hand_step", "locked": true, "schema_version": 3, "solution": false, "task": false}
# The example from above, one step of size 0.1 further: the loss should fall from 0.6931 to 0.4629.
net = net_by_hand()
loss_before, grads = net.loss(x_by_hand, y_by_hand)
net._update(grads, 0.1)
loss_after, _ = net.loss(x_by_hand, y_by_hand)
print(f"scores {net.loss(x_by_hand)}, loss {loss_before:.4f} before and {loss_after:.4f} after the step")

# %% [markdown]
# ### All together
#
# There is nothing new to write for the next check. It trains the small net for a hundred steps on five inputs and
# compares the losses with known ones. If it fails although all others pass, the message says whether the loss is wrong
# from the start or becomes wrong later.

# %% nbgrader={"grade": true, "grade_id": "training_history", "locked": true, "points": 4, "schema_version": 3, "solution": false, "task": false}
check.training_history()

# %% nbgrader={"grade": false, "grade_id": "toy_training", "locked": true, "schema_version": 3, "solution": false, "task": false}
# The loss of the same hundred steps. Five inputs can be learned by heart,
# so it goes down to almost zero.
np.random.seed(0)
small = TwoLayerNet(input_size=4, hidden_size=10, output_size=3, std=0.1)
history = small.train(X_small, y_small, X_small, y_small, learning_rate=0.1, reg=5e-6, num_iters=100)

figure, ax = plt.subplots(figsize=(7, 3.5))
plot_loss_history(history["loss_history"], ax, title="Five inputs, learned by heart")
show(figure, "Line plot of the training loss over 100 iterations on five inputs; it falls steeply at first.")
print(f"first loss {history['loss_history'][0]:.4f}, last loss {history['loss_history'][-1]:.4f}")

# %% [markdown]
# ## 5 Experiment with it
#
# Before you turn to real pictures, here is a net whose work you can see. It is *your* net. The inputs are points in the
# plane, and each class has a colour and a marker. The background shows which class the net chooses at each place. A
# thin line marks where a hidden unit's pre-activation is zero. The ReLU puts a **fold** there: the border between two
# classes can bend at these lines and nowhere else. Nothing is graded here. Move the sliders and find out:
#
# - **Folds.** Choose the rings and 3,000 iterations. Two hidden units are not enough; three are. Why three? And how
#   many does the spiral need before it looks right?
# - **Learning rate.** Go from the smallest to the largest. How do you recognize in the loss curve a learning rate that
#   is too small, and one that is too large?
# - **Regularization.** Take 100 hidden units and raise `reg` step by step. At which value does the boundary lose its
#   bends, and what happens to the two accuracies?

# %% nbgrader={"grade": false, "grade_id": "explorer", "locked": true, "schema_version": 3, "solution": false, "task": false} tags=["skip-at-grading"]
from nndl.explore.two_layer_net.two_layer import explore

explore()

# %% [markdown]
# ## 6 Real pictures
#
# **CIFAR-10** holds photographs of 32 × 32 pixels in ten classes. A picture becomes a row of
# $32 \cdot 32 \cdot 3 = 3072$ numbers. The net does not know which pixels are neighbours: you could shuffle the
# columns, in the same way for all images, and it would learn equally well.
#
# - 49,000 images are for **training**: the gradients come from them.
# - 1,000 are for **validation**: you may look at them as often as you like, to choose between nets.
# - 1,000 are for the **test**, once, at the very end.
#
# From each pixel we subtract its mean over the training images. The values then lie around zero, and one learning rate
# can fit all of them.
#
# The images are downloaded at the first use (170 MB). If you are offline, start Jupyter with the environment variable
# `NNDL_DATA=offline`: ten classes of *drawn* shapes then take the place of the photographs. These images are not
# CIFAR-10. Where a number in the text holds for CIFAR-10 only, the text says so.

# %% nbgrader={"grade": false, "grade_id": "load_images", "locked": true, "schema_version": 3, "solution": false, "task": false} tags=["skip-at-grading"]
# float32 takes half the memory; your net still computes in float64, because its parameters are float64.
X_train, y_train, X_val, y_val, X_test, y_test = get_flat_CIFAR10_data(dtype=np.float32)
class_names = load_class_names()
data = X_train, y_train, X_val, y_val  # what train takes
OFFLINE = os.environ.get("NNDL_DATA") == "offline"  # whether these are the drawn images

for name, array in {"X_train": X_train, "y_train": y_train, "X_val": X_val, "y_val": y_val}.items():
    print(f"{name:8} {array.shape!s:14} {array.dtype}")

# %% cellView="form" jupyter={"source_hidden": true} nbgrader={"grade": false, "grade_id": "look_at_images", "locked": true, "schema_version": 3, "solution": false, "task": false} tags=["skip-at-grading"]
# @title Some training images of each class
# Each pixel is shown relative to the mean image: 128 means that it equals the mean.
images = (X_train[:2000] + 128).reshape(-1, 32, 32, 3)
ax = show_images(images, y_train[:2000], class_names, per_class=8)
ax.set_title("Eight training images of each class, mean image subtracted")
ax.set_ylabel("class")
show(ax.figure, f"A grid of training images, a row for each class: {', '.join(class_names)}.")

# %% [markdown]
# ## 7 A first attempt
#
# Here is a training run whose hyperparameters are only a guess. We fix the **hidden size at 50** for everything that
# follows. Then every improvement comes from better training, and not from a bigger net.

# %% nbgrader={"grade": false, "grade_id": "baseline_train", "locked": true, "schema_version": 3, "solution": false, "task": false} tags=["skip-at-grading"]
np.random.seed(SEED)
INPUT_SIZE, HIDDEN_SIZE, NUM_CLASSES = 32 * 32 * 3, 50, 10

baseline = TwoLayerNet(INPUT_SIZE, HIDDEN_SIZE, NUM_CLASSES)
baseline_history = baseline.train(
    *data,
    learning_rate=1e-4,
    learning_rate_decay=0.95,
    reg=0.25,
    num_iters=1000,
    batch_size=200,
    verbose=True,
)


def accuracy(net, X, y):
    """Return the fraction of rows that the net gets right."""
    return float((net.predict(X) == y).mean())


print(f"validation accuracy: {accuracy(baseline, X_val, y_val):.3f}")

# %% [markdown]
# On CIFAR-10 expect a validation accuracy of about 0.27 to 0.29; guessing would give 0.10. That is poor. Before you
# change any hyperparameter, **look** at the curves.

# %% cellView="form" jupyter={"source_hidden": true} nbgrader={"grade": false, "grade_id": "baseline_plot", "locked": true, "schema_version": 3, "solution": false, "task": false} tags=["skip-at-grading"]
# @title Draw the curves of the baseline
print("accuracy on the minibatch, once per epoch:", baseline_history["train_acc_history"])

figure, (left, right) = plt.subplots(1, 2, figsize=(12, 4))
plot_loss_history(baseline_history["loss_history"], left, title="Baseline: loss of each minibatch")
plot_accuracy_history(
    baseline_history["train_acc_history"],
    baseline_history["val_acc_history"],
    right,
    title="Baseline: accuracy",
)
show(
    figure,
    "Two line plots of the baseline. Left: the training loss, means over 100 iterations: "
    + ", ".join(
        f"{np.mean(baseline_history['loss_history'][i : i + 100]):.3f}"
        for i in range(0, len(baseline_history["loss_history"]), 100)
    )
    + ". Right: the accuracy of each epoch, training "
    + ", ".join(f"{value:.2f}" for value in baseline_history["train_acc_history"])
    + "; validation "
    + ", ".join(f"{value:.2f}" for value in baseline_history["val_acc_history"])
    + ".",
)


# %% [markdown] nbgrader={"grade": false, "grade_id": "q1_question", "locked": true, "schema_version": 3, "solution": false, "task": false}
# ### Question 1: why is the baseline so poor? (3 points)
#
# Look at the two figures above. Which reason do they suggest, and which reasons do they rule out? Name the features of
# the curves that lead you to this answer. Three to five sentences.

# %% [markdown] nbgrader={"grade": true, "grade_id": "q1_baseline", "locked": false, "points": 3, "schema_version": 3, "solution": true, "task": false}
# **Model answer.** For the first hundreds of iterations the loss hardly moves, and when training stops it is still
# falling, nearly in a straight line: no curve has become flat. So the steps are too small, and there are too few of
# them: the net was stopped long before it had learned what it could. Training and validation accuracy are both low and
# close together, so this is underfitting. It is not overfitting, which would show as a gap between the two, and the
# loss does not jump up and down, as it would with a learning rate that is too large.
#
# **Rubric.** 3: steps too small or too few iterations, read off the loss curve, *and* no gap between training and
# validation accuracy. 2: one of the two, with evidence from a figure. 1: "needs tuning" or similar, without a reason
# from the curves. 0: blames overfitting, or no answer.

# %% [markdown] nbgrader={"grade": false, "grade_id": "q2_question", "locked": true, "schema_version": 3, "solution": false, "task": false}
# ### Question 2: what would you change? (3 points)
#
# Which hyperparameters would you change first, in which direction, and by roughly how much? Say why this follows from
# your answer to question 1, and how you decide between two settings. Three to five sentences.

# %% [markdown] nbgrader={"grade": true, "grade_id": "q2_fix", "locked": false, "points": 3, "schema_version": 3, "solution": true, "task": false}
# **Model answer.** First a larger learning rate, about ten times as large, because the steps were too small. Then
# several times as many iterations, because the loss was still falling, with a decay of the learning rate, so that the
# steps are small at the end. Then regularization strength and batch size, a few values each. Settings are compared by
# accuracy on the validation set, never on the test set. The size of the net (fixed here) would come last, because the
# net does not yet use the units that it has. More regularization does not help a net that underfits.
#
# **Rubric.** 3: larger step *and* more iterations, tied to question 1, and selection on validation data. 2: only one of
# the two changes, or nothing about how to select. 1: a generic list of things to try. 0: more regularization, or
# choosing on the test set.

# %% [markdown]
# ## 8 Your search
#
# ### The rule
#
# Your best net is stored and measured on **images that you have not seen**. With $X$ for its accuracy in percent, you get
# this share of 12 points, and never less than 0:
#
# $$
# \min \left( \frac{\lfloor X - 28 \rfloor}{22},\ 1 \right)
# $$
#
# So 28 % earns nothing, 39 % earns half (6 points), and from 50 % on you have all 12. A measurement on a limited number
# of images has a small random error, and the grader rounds in your favour by that much.
#
# ### How to search
#
# - **Changing one thing at a time is slow; changing everything at once teaches you nothing.** A small grid over
#   learning rate and regularization is a good start. Both act by *factors*, so try 1, 3, 10 and not 1, 2, 3.
# - **Coarse, then fine.** A few hundred iterations are enough to see whether a learning rate is hopeless or promising.
#   Use the long runs for the promising ones.
# - **Read the curve.** Flat: larger steps. Jumping up, or an error that says *diverged*: smaller steps. Flat early,
#   with the training accuracy far above the validation accuracy: more regularization. Still falling at the end: more
#   iterations.
# - **Look at the size of a step.** Practitioners watch the *update-to-weight ratio*: the norm of a step, divided by the norm
#   of the weights that it changes. Far below a thousandth, training crawls; far above a hundredth, it is often unstable.
#   `learning_rate * np.linalg.norm(grads["W1"]) / np.linalg.norm(net.params["W1"])` gives it for the next step.
# - **Keep the net, not only its settings.** Store the net with the highest validation accuracy. If you train again with
#   the same settings, you get a different net.
# - **Choose on validation images.** With 1,000 of them, one standard error of an accuracy of 50 % is
#   $\sqrt{0.5 \cdot 0.5 / 1000} \approx 1.6$ percentage points. A difference of half a point between two settings is
#   only chance.
# - **What is possible.** On CIFAR-10, 50 hidden units get above 50 % in a few thousand iterations of 200 images. Around
#   45 % usually means: good settings, but too few iterations. The drawn images are a little easier.
#
# The next cell defines a tool that you may use. It trains epoch by epoch, draws the curves while it trains, and ends
# with the parameters of the epoch that was best on the validation images.

# %% cellView="form" jupyter={"source_hidden": true} nbgrader={"grade": false, "grade_id": "train_live", "locked": true, "schema_version": 3, "solution": false, "task": false}
# @title A training loop that draws while it trains
def train_live(net, epochs, learning_rate, learning_rate_decay=0.95, reg=0.25, batch_size=200):
    """Train, draw the curves after every epoch, and keep the parameters of the best one.

    Returns the histories of loss and accuracies. The net ends up with the parameters that did best on the
    validation images, which may be those of an earlier epoch.
    """
    history = {"loss_history": [], "train_acc_history": [], "val_acc_history": []}
    steps = max(len(X_train) // batch_size, 1)
    best_accuracy, best_params = -1.0, net.params
    screen = Screen()
    for _ in tqdm(range(epochs), desc="epochs"):
        part = net.train(*data, learning_rate, 1.0, reg, num_iters=steps, batch_size=batch_size)
        learning_rate *= learning_rate_decay
        history["loss_history"] += part["loss_history"]
        history["train_acc_history"].append(accuracy(net, X_train[:2000], y_train[:2000]))
        history["val_acc_history"].append(accuracy(net, X_val, y_val))
        if history["val_acc_history"][-1] > best_accuracy:
            best_accuracy = history["val_acc_history"][-1]
            best_params = {name: value.copy() for name, value in net.params.items()}
        figure, (left, right) = plt.subplots(1, 2, figsize=(12, 4))
        plot_loss_history(history["loss_history"], left, title="Loss of each minibatch")
        plot_accuracy_history(
            history["train_acc_history"], history["val_acc_history"], right, title="Accuracy", goal=0.5
        )
        alt = f"Loss and accuracy up to epoch {len(history['val_acc_history'])}; best validation {best_accuracy:.3f}."
        screen.show(figure, alt)
    net.params = best_params
    return history


# %% [markdown]
# ### Task 6: find a good net
#
# Write your search in the next cell. At its end there must be
#
# - `results`: a dict `(learning rate, regularization) → validation accuracy` of the settings you compared;
# - `best_net`: the `TwoLayerNet` with 50 hidden units that did best on the **validation** images;
# - `best_history`: what its training returned, for the figures.
#
# The cell after it stores the net as `best_net.npz`. **Hand this file in together with the notebook.**
#
# Our own run takes two or three minutes on one processor core with CIFAR-10: six settings for 1,500 iterations each,
# then one of them for 10,000. You may search longer and try more settings than we did. A setting that diverges raises
# `FloatingPointError`; catch it and continue with the next setting.

# %% nbgrader={"grade": false, "grade_id": "search", "locked": false, "schema_version": 3, "solution": true, "task": false} tags=["skip-at-grading"]
results = {}
best_net, best_history = None, None
### BEGIN SOLUTION
# The drawn images only show that all of this runs, so they get shorter runs than the photographs.
SEARCH_ITERS, FINAL_EPOCHS = (300, 10) if OFFLINE else (1500, 41)

for learning_rate, reg in tqdm(list(itertools.product((3e-4, 1e-3, 2e-3), (0.25, 0.75))), desc="settings"):
    np.random.seed(SEED)
    net = TwoLayerNet(INPUT_SIZE, HIDDEN_SIZE, NUM_CLASSES)
    try:
        net.train(*data, learning_rate=learning_rate, reg=reg, num_iters=SEARCH_ITERS)
        results[learning_rate, reg] = accuracy(net, X_val, y_val)
    except FloatingPointError:
        results[learning_rate, reg] = 0.0

# Short runs favour large steps and say little about regularization, which helps only in long runs.
# So the step is chosen here, and the long run gets the stronger regularization and a decay of the
# learning rate.
learning_rate, _ = max(results, key=results.get)
np.random.seed(SEED)
best_net = TwoLayerNet(INPUT_SIZE, HIDDEN_SIZE, NUM_CLASSES)
best_history = train_live(best_net, FINAL_EPOCHS, learning_rate, learning_rate_decay=0.93, reg=0.75)
### END SOLUTION
print(f"validation accuracy of the best net: {accuracy(best_net, X_val, y_val):.3f}")

# %% nbgrader={"grade": false, "grade_id": "store", "locked": true, "schema_version": 3, "solution": false, "task": false} tags=["skip-at-grading"]
best_net.save("best_net.npz")
best_net = TwoLayerNet.load("best_net.npz")  # from here on, use exactly the net that you hand in

# %% cellView="form" jupyter={"source_hidden": true} nbgrader={"grade": false, "grade_id": "search_plot", "locked": true, "schema_version": 3, "solution": false, "task": false} tags=["skip-at-grading"]
# @title Draw the settings that you compared
# What you compared, from best to worst.
ranking = sorted(results.items(), key=lambda entry: entry[1])
labels = [f"rate {rate:g}, reg {reg:g}" for (rate, reg), _ in ranking]
values = [100 * value for _, value in ranking]

figure, ax = plt.subplots(figsize=(7, 1 + 0.35 * len(values)))
bars = ax.barh(labels, values, color=BLUE)
ax.bar_label(bars, fmt="%.1f", padding=3)
ax.set(xlabel="validation accuracy in percent", ylabel="setting", title="The settings of the search")
ax.set_xlim(0, 1.15 * max(values))
show(
    figure,
    "Bar chart of validation accuracy by setting. Best: " + f"{labels[-1]} with {values[-1]:.1f} percent.",
)

# %% nbgrader={"grade": true, "grade_id": "best_net", "locked": true, "points": 12, "schema_version": 3, "solution": false, "task": false}
check.best_net(X_val, y_val)

# %% [markdown]
# ## 9 What has it learned?
#
# Each row of $W_1$ has as many numbers as a picture, so we can show it as a picture. The unit responds to pictures that are
# bright where the tile is bright and dark where it is dark: of all pictures with the same sum of squares, most strongly to
# the tile itself. Here are the 50 hidden units of the baseline and of your best net, each tile scaled to its own
# range of colours.

# %% cellView="form" jupyter={"source_hidden": true} nbgrader={"grade": false, "grade_id": "weights", "locked": true, "schema_version": 3, "solution": false, "task": false} tags=["skip-at-grading"]
# @title Draw both sets of weights
figure, (left, right) = plt.subplots(1, 2, figsize=(13, 6.5))
show_net_weights(baseline.params["W1"], ax=left)
show_net_weights(best_net.params["W1"], ax=right)
left.set_title(f"Baseline, validation accuracy {accuracy(baseline, X_val, y_val):.3f}")
right.set_title(f"Best net, validation accuracy {accuracy(best_net, X_val, y_val):.3f}")
show(
    figure,
    "Two grids of 50 tiles, the first-layer weights: left those of the baseline, right those of the best net.",
)

# %% nbgrader={"grade": false, "grade_id": "weight_sizes", "locked": true, "schema_version": 3, "solution": false, "task": false} tags=["skip-at-grading"]
# The same in numbers. Norm: how large a unit's weights are.
# Similarity: the cosine between two units' weights.
for name, net in {"baseline": baseline, "best net": best_net}.items():
    W1 = net.params["W1"]
    norms = np.linalg.norm(W1, axis=1)
    cosines = (W1 @ W1.T / np.outer(norms, norms))[np.triu_indices(len(W1), k=1)]
    print(
        f"{name}: mean norm {norms.mean():.4f}, mean absolute similarity of two units {np.abs(cosines).mean():.2f}"
    )

# %% [markdown] nbgrader={"grade": false, "grade_id": "q3_question", "locked": true, "schema_version": 3, "solution": false, "task": false}
# ### Question 3: compare the weights (3 points)
#
# How do the weights of the best net differ from those of the baseline? Describe what you see and give an example tile.
# What do the differences say about how much each of the two nets has learned? Three to five sentences.

# %% [markdown] nbgrader={"grade": true, "grade_id": "q3_weights", "locked": false, "points": 3, "schema_version": 3, "solution": true, "task": false}
# **Model answer.** The tiles of the baseline are smooth blobs that look alike: low contrast, similar colours, many of
# them almost copies of each other. They have moved only a little from their random start, and all in the few directions
# that help at first. The best net's tiles are varied and rich in contrast, with opposing colours (for example, orange
# against blue) and shapes. On CIFAR-10 there are, for instance, arcs, or the outline of a car's front or of a horse.
# The units have specialized: each responds to a different pattern, so the second layer has different features to
# combine. Every tile is scaled to its own range, so the figure shows only the contrast within a tile; the norms show
# that the weights have grown as well.
#
# **Rubric.** 3: contrast or structure *and* diversity, linked to how much the net has learned. 2: only contrast or only
# diversity. 1: "sharper" or "clearer" and nothing else. 0: no difference named.

# %% [markdown]
# ## 10 The test, once
#
# You have chosen your net by its validation accuracy, perhaps among dozens. The best of dozens is partly lucky: the
# validation accuracy is now a little too high. (In our own run on CIFAR-10 it was 0.552, against 0.508 on all 10,000
# test images.) That is why there are test images. Look at them **once**: as soon as you use them to choose, they are
# validation images.

# %% nbgrader={"grade": false, "grade_id": "test_once", "locked": true, "schema_version": 3, "solution": false, "task": false} tags=["skip-at-grading"]
test_accuracy = accuracy(best_net, X_test, y_test)
error = np.sqrt(test_accuracy * (1 - test_accuracy) / len(y_test))
print(f"test accuracy: {test_accuracy:.3f} ± {error:.3f} (one standard error)")

# %% cellView="form" jupyter={"source_hidden": true} nbgrader={"grade": false, "grade_id": "confusion", "locked": true, "schema_version": 3, "solution": false, "task": false} tags=["skip-at-grading"]
# @title Which classes it confuses
predicted = best_net.predict(X_test)
counts = np.zeros((NUM_CLASSES, NUM_CLASSES), dtype=int)
np.add.at(counts, (y_test, predicted), 1)
share = counts / counts.sum(axis=1, keepdims=True)

figure, ax = plt.subplots(figsize=(8, 7))
picture = ax.imshow(100 * share, cmap="cividis", vmin=0, vmax=100)
ax.set_xticks(range(NUM_CLASSES), class_names, rotation=45, ha="right")
ax.set_yticks(range(NUM_CLASSES), class_names)
for row, column in np.ndindex(share.shape):
    colour = "black" if share[row, column] > 0.5 else "white"
    ax.text(column, row, f"{100 * share[row, column]:.0f}", ha="center", va="center", color=colour)
ax.set(xlabel="predicted class", ylabel="true class", title="Percent of each true class, test images")
figure.colorbar(picture, label="percent of the true class")
worst = np.unravel_index(np.argmax(share - np.eye(NUM_CLASSES)), share.shape)
show(
    figure,
    f"Confusion matrix of the test images. The most frequent confusion: {class_names[worst[0]]} taken for "
    f"{class_names[worst[1]]}, {100 * share[worst]:.0f} percent.",
)

# %% [markdown]
# ## 11 Looking back
#
# - A two-layer net is two affine maps with a gate between them. Shapes tell you how its arrays fit together.
# - A loss needs care with large numbers: subtract the maximum, and never take the logarithm of a probability.
# - In backpropagation every gradient has the shape of the array it belongs to, and a numeric check tells you whether it
#   is right.
# - An initial loss near $\log C$, a small set learned by heart, a look at the curves *before* you change
#   hyperparameters: these three habits find most mistakes in minutes.
# - Choose on validation images, keep the net that won, test once.
#
# **What next?** You have now built one net in two ways: from layer objects, and here with all four gradients in one
# function. One function does not scale: nobody wants to derive the gradient of a net with six layers by hand. So the layers
# come back in the next assignment, this time as pairs of functions, whose memory is handed from one to the other where you
# can see it, and you chain them to nets of any depth. (Weights will be stored as *inputs × outputs* again, the transpose of
# what you have here.)
#
# **To go further** (not graded)
#
# 1. *Dead units.* For how many validation images is each hidden unit on? Are there units that are never on, and what
#    could you do about it?
# 2. *Initial scale.* Start with `std=1e-2` and `std=1e-6`. What does the loss do in the first hundred steps, and why can
#    `std=0` never work?
# 3. *Momentum.* Let a step remember the one before: $v \leftarrow 0.9\, v - \eta\, dW$, $W \leftarrow W + v$. How many
#    epochs does that save?
# 4. *Mirrored images.* A horse seen in a mirror is a horse. Flip each training image with probability one half and see
#    what that does to the gap between training and validation accuracy.
# 5. *Two nets are better than one.* Train two nets from different seeds and add their probabilities. By how much does
#    the accuracy rise, and why does it rise at all?
#
# **Further reading**
#
# - M. Nielsen, [Neural networks and deep learning](http://neuralnetworksanddeeplearning.com/), chapters 1 to 3: a two-layer
#   net from scratch, told slowly.
# - [Setting up the data](https://cs231n.github.io/neural-networks-2/) and
#   [Learning and evaluation](https://cs231n.github.io/neural-networks-3/), notes of CS231n: what to watch while a net trains.
# - A. Karpathy, [A recipe for training neural networks](https://karpathy.github.io/2019/04/25/recipe/), 2019: the order in
#   which practitioners look for mistakes.
# - J. Bergstra and Y. Bengio, [Random search for hyper-parameter optimization](https://www.jmlr.org/papers/v13/bergstra12a.html),
#   2012: why a random search can beat a grid.
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
