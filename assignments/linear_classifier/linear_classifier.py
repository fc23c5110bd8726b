# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # A linear classifier from scratch
#
# You build the simplest classifier that can learn to look at 3072 numbers and say "ship". It is made of six short
# functions, and you write all of them.
#
# **You will be able to**
#
# - turn scores into probabilities, even when the scores are in the thousands;
# - say in one number how wrong a batch of predictions is, and know what that number must be before training starts;
# - derive the gradient of that number, and follow it downhill with all rows at once or with a few at a time;
# - tell from a curve of the cost whether the steps are too short or too long;
# - look at what has been learned, and see what a linear classifier cannot learn.
#
# **It builds on** matrix products, partial derivatives and NumPy. Everything in the eight notebooks after this one grows out
# of these six functions: first one affine map, then two with a gate between them, then as many as you like. **It takes** about three hours, including a minute or
# two of computing time. You write six functions in `nndl/linear_classifier.py` and one training run in this notebook.
#
# ![From left to right: a small colour image; an arrow to ten horizontal bars, the scores of ten classes, some of them
# negative; an arrow to ten bars that are all positive and sum to 1, the probabilities.](images/goal.png)
#
# *What you will have made: 3072 numbers go in, ten scores come out, and the scores become probabilities. (The picture is
# from the drawn image set, and so is the classifier.)*

# %% [markdown]
# ## How to work with this notebook
#
# Each part has the same rhythm: **the idea**, a **small example with numbers** that you can follow with pencil and
# paper, **the task**, and **a check**. Open `nndl/linear_classifier.py` beside this notebook. Where you find
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
# | 1 | `softmax` | `softmax` | 4 |
# | 2 | `cross_entropy_loss` | `cross_entropy` | 4 |
# | 3 | `linear_pred` | `scores` | 4 |
# | 4 | `linear_cost_func` | `cost` | 4 |
# | 5 | `batch_gradient_descent_func` | `batch_steps` | 6 |
# | | what it records | `batch_history` | 4 |
# | 6 | `stochastic_gradient_descent_func` | `stochastic_steps` | 6 |
# | | what it records | `stochastic_history` | 4 |
# | 7 | a training run on 10,000 pictures | `best_linear` | 8 |
# | Q1, Q2 | a few sentences each | a person reads them | 3 each |
#
# The checks here use a few fixed numbers and are meant to help: each says what is wrong and where to look. The points
# are given by a grader that asks your functions for other inputs, so a function that only satisfies the check will not
# satisfy the grader. A mistake in one function costs only the points of that function. The functions that use it are
# judged by what they do with the values they receive.
#
# [![Open Google Colab, and upload this notebook there](images/colab.svg)](https://colab.research.google.com/#create=true)
# **In Google Colab**: *File → Upload notebook*, put the folder of this assignment, packed as `linear_classifier.zip`, among the files
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
    if not Path("linear_classifier.zip").is_file():
        raise FileNotFoundError(
            "upload linear_classifier.zip to the files on the left, then run this cell again"
        )
    with zipfile.ZipFile("linear_classifier.zip") as packed:
        packed.extractall()
    if Path("linear_classifier").is_dir():
        os.chdir("linear_classifier")
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

from nndl import linear_classifier
from nndl.checking import linear_classifier as check
from nndl.data_utils import get_flat_CIFAR10_data, load_class_names
from nndl.notebook_helpers import show
from nndl.vis_utils import plot_loss_history, show_images

# %matplotlib inline

# Colours that colour-blind people can distinguish (Okabe and Ito), each with its own line style.
BLUE, ORANGE, GREEN = "#0072B2", "#D55E00", "#009E73"
plt.rcParams["axes.prop_cycle"] = plt.cycler(color=[BLUE, ORANGE, GREEN], linestyle=["-", "--", ":"])
plt.rcParams["figure.constrained_layout.use"] = True

check.progress

# %% nbgrader={"grade": false, "grade_id": "seed", "locked": true, "schema_version": 3, "solution": false, "task": false}
# One seed for all random numbers, so that a second run gives the same results.
SEED = 7
np.random.seed(SEED)

# %% [markdown]
# ## 1 From scores to probabilities
#
# ### The idea
#
# A classifier gives every class a **score**: any number, the higher the better. To speak of probabilities we need numbers
# between 0 and 1 that sum to 1. **Softmax** makes them: exponentials are positive, and dividing by their sum does the rest.
# For a row of scores $x_1, \dots, x_C$,
#
# $$
# p_j = \frac{e^{x_j}}{\sum_{k} e^{x_k}} .
# $$
#
# One point more in the score makes a class $e \approx 2.7$ times as probable relative to the others, wherever the
# scores lie. Only *differences* count: for any number $m$ we have $e^{x_j - m} = e^{x_j} e^{-m}$, and the factor
# $e^{-m}$ cancels.
#
# ### Very large scores
#
# $e^{1000}$ does not fit into a float: it becomes infinite, and infinity divided by infinity is "not a number" (NaN).
# But we are free to choose $m$. Take the **largest score of the row**: then the largest exponent is 0, the largest
# exponential is 1, and nothing can overflow. Each row needs its own $m$.
#
# ### By hand
#
# Scores $(2, 1, 0)$: after subtracting 2 they are $(0, -1, -2)$ with exponentials $1$, $0.3679$ and $0.1353$, which sum
# to $1.5032$. So $p = (0.6652,\ 0.2447,\ 0.0900)$. The scores $(1002, 1001, 1000)$ give exactly the same.

# %% [markdown]
# ### Task 1: `softmax`
#
# Write `softmax(x)` in `nndl/linear_classifier.py`.
#
# - **In:** scores `x` of shape $(N, C)$, one row for each example; possibly integers.
# - **Out:** probabilities $(N, C)$; every row sums to 1.
# - Leave `x` as it is: `x -= ...` would change the caller's array.
# - `keepdims=True` keeps the shape $(N, 1)$ of a row-wise maximum or sum, so that it lines up with the rows.

# %% nbgrader={"grade": true, "grade_id": "softmax", "locked": true, "points": 4, "schema_version": 3, "solution": false, "task": false}
check.softmax()

# %% nbgrader={"grade": false, "grade_id": "by_hand_softmax", "locked": true, "schema_version": 3, "solution": false, "task": false}
# The example from above, and the same 1000 higher: both rows should read 0.6652, 0.2447, 0.0900.
print(linear_classifier.softmax(np.array([[2, 1, 0], [1002, 1001, 1000]])).round(4))

# %% [markdown]
# ## 2 How wrong is that?
#
# ### The idea
#
# The right answers come as **one-hot** rows: a 1 at the right class, 0 elsewhere. The **cross entropy** of a row
# measures the surprise at the right answer: it is $-\log$ of the probability that the classifier gave to the right
# class. We write it with the one-hot target $t$, so that all terms but one are zero, and average over the $N$ rows:
#
# $$
# L = -\frac{1}{N} \sum_{i=1}^{N} \sum_{j=1}^{C} t_{ij} \log(p_{ij} + 10^{-9}) .
# $$
#
# Without the $10^{-9}$, the logarithm of a probability of 0 would be infinite. With it, such a row costs
# $-\log 10^{-9} = 20.72$, which is about the largest cost that a row can have.
#
# **Remember one number.** A classifier that knows nothing gives each of ten classes the probability $0.1$ and pays
# $-\log 0.1 = 2.3026$. A higher cost is worse than knowing nothing.
#
# ### By hand
#
# Three rows whose right classes have the probabilities $0.3$, $0.4$ and $0.9$ cost $1.2040$, $0.9163$ and $0.1054$: together
# $2.2256$, on average $0.7419$.

# %% [markdown]
# ### Task 2: `cross_entropy_loss`
#
# Write `cross_entropy_loss(score, target)`.
#
# - **In:** `score` $(N, C)$, which holds *probabilities* (in spite of its name), and one-hot rows `target` $(N, C)$.
# - **Out:** the mean over the rows, one number.

# %% nbgrader={"grade": true, "grade_id": "cross_entropy", "locked": true, "points": 4, "schema_version": 3, "solution": false, "task": false}
check.cross_entropy()

# %% [markdown]
# ## 3 Scores of a linear classifier
#
# ### The idea
#
# Let each class have a **template**, a list of $D$ weights, one for each feature. The score of a class is how well an
# input agrees with the template, plus a bias for classes that are likely whatever the input is. (To agree means: large
# where the weights are positive, small or negative where they are negative.) With the templates as
# the columns of $W$ and the inputs as the rows of $X$, all scores of a batch are one matrix product:
#
# $$
# \underset{N \times C}{S} = \underset{N \times D}{X}\;\;\underset{D \times C}{W} + \underset{C}{b}
# $$
#
# NumPy adds $b$ to every row. The predicted class of a row is the one with the largest score; softmax keeps the order, so
# it is not needed for that.
#
# ### By hand
#
# One input with two features, two classes:
#
# $$
# x = \begin{pmatrix} 1 & 2 \end{pmatrix}, \quad
# W = \begin{pmatrix} 1 & -1 \\ 0 & 0.5 \end{pmatrix}, \quad
# b = \begin{pmatrix} 0 & 1 \end{pmatrix}
# $$
#
# The scores are $1 \cdot 1 + 2 \cdot 0 + 0 = 1$ and $1 \cdot (-1) + 2 \cdot 0.5 + 1 = 1$. Both classes get the probability
# $1/2$, and whichever is right, the cost is $-\log 0.5 = 0.6931$. We will meet this example again.

# %% [markdown]
# ### Tasks 3 and 4: `linear_pred` and `linear_cost_func`
#
# `linear_pred(X, W, b)`
#
# - **In:** `X` $(N, D)$, `W` $(D, C)$, `b` $(C,)$.
# - **Out:** the scores $(N, C)$, not yet probabilities.
#
# `linear_cost_func(X, Y, W, b)`
#
# - **In:** the same, and one-hot targets `Y` $(N, C)$.
# - **Out:** the cost, one number. You have all the parts: scores, then probabilities, then their cross entropy.

# %% nbgrader={"grade": true, "grade_id": "scores", "locked": true, "points": 4, "schema_version": 3, "solution": false, "task": false}
check.scores()

# %% nbgrader={"grade": true, "grade_id": "cost", "locked": true, "points": 4, "schema_version": 3, "solution": false, "task": false}
check.cost()

# %% nbgrader={"grade": false, "grade_id": "by_hand_cost", "locked": true, "schema_version": 3, "solution": false, "task": false}
# The example from above; the first class is the right one.
x, y = np.array([[1.0, 2.0]]), np.array([[1.0, 0.0]])
W, b = np.array([[1.0, -1.0], [0.0, 0.5]]), np.array([0.0, 1.0])
print("scores, which should be 1 and 1:", linear_classifier.linear_pred(x, W, b))
print(f"cost, which should be 0.6931: {linear_classifier.linear_cost_func(x, y, W, b):.4f}")

# %% [markdown]
# ## 4 Downhill with all rows
#
# ### The idea
#
# The **gradient** of the cost says for each weight by how much the cost grows when that weight grows a little. **Gradient
# descent** goes the other way, in steps of size $\alpha$.
#
# **The gradient of the scores.** For one row with the right class $y$, the cost is
# $-\log p_y = -x_y + \log \sum_k e^{x_k}$ (leave out the $10^{-9}$: it is there for safety, and too small to matter).
# The derivative of the first term with respect to score $j$ is $-1$ if $j = y$ and $0$ otherwise; that of the second is
# $e^{x_j} / \sum_k e^{x_k} = p_j$. Together that is $p_j - t_j$: **probability minus target**. The score of every class
# is pulled down by the probability of the class, and the score of the right class is pushed up by 1. With the mean over
# the rows:
#
# $$
# \underset{N \times C}{R} = \frac{1}{N} \big( \underset{N \times C}{P} - \underset{N \times C}{Y} \big)
# $$
#
# **The gradients of $W$ and $b$.** The score $S_{ij} = \sum_d X_{id} W_{dj} + b_j$ grows by $X_{id}$ with each $W_{dj}$ and
# by 1 with $b_j$. Summed over the rows, that is a matrix product and a column sum, and then comes the step:
#
# $$
# \underset{D \times C}{W} \leftarrow W - \alpha \; \underset{D \times N}{X^\top} \; \underset{N \times C}{R},
# \qquad
# \underset{C}{b} \leftarrow b - \alpha \cdot \text{column sums of } \underset{N \times C}{R} .
# $$
#
# There is only one order in which the shapes of these arrays fit. Note that $R$ is computed with $W$ and $b$ *before*
# the step, for both updates.
#
# ### By hand
#
# In our example $p = (0.5, 0.5)$, the first class is right and $N = 1$, so $r = (-0.5, 0.5)$. Then
#
# | | gradient | after a step with $\alpha = 0.1$ |
# |---|---|---|
# | $W$ | $\begin{pmatrix} -0.5 & 0.5 \\ -1 & 1 \end{pmatrix}$ | $\begin{pmatrix} 1.05 & -1.05 \\ 0.1 & 0.4 \end{pmatrix}$ |
# | $b$ | $(-0.5,\ 0.5)$ | $(0.05,\ 0.95)$ |
#
# The new scores are $1.3$ and $0.7$, and the cost falls from $0.6931$ to $0.4375$.

# %% [markdown]
# ### Task 5: `batch_gradient_descent_func`
#
# Write the loop of `batch_gradient_descent_func(X, Y, W, b, alpha, iterations)`.
#
# - The lines above your part make copies of `W` and `b`, so you may change these copies. Do not change `X` and `Y`.
# - Each iteration takes one step with the gradient over **all** rows.
# - **Then** record: if `is_measured(iteration)`, append the cost on `X` to `J_history`; if `is_kept(iteration)`, append
#   a copy of `W` to `W_history`. `iteration` counts from 1. (On many rows, computing the cost takes longer than a step,
#   so a caller may ask for it in every hundredth iteration only.)
# - A list keeps the array itself, not its numbers. If you change the array later, the entry in the list changes too.
#
# **How to be sure.** Nudge one weight by $h = 10^{-5}$ up and down, and see how much the cost moves:
# $\partial L / \partial w \approx \big( L(w + h) - L(w - h) \big) / 2h$. This is slow but very simple, and that makes
# it a reliable test. The check does it for every weight.

# %% nbgrader={"grade": true, "grade_id": "batch_steps", "locked": true, "points": 6, "schema_version": 3, "solution": false, "task": false}
check.batch_steps()

# %% nbgrader={"grade": true, "grade_id": "batch_history", "locked": true, "points": 4, "schema_version": 3, "solution": false, "task": false}
check.batch_history()

# %% nbgrader={"grade": false, "grade_id": "by_hand_step", "locked": true, "schema_version": 3, "solution": false, "task": false}
# The example from above, one step further: W, b and the cost should be those of the table.
new_W, new_b, costs, _ = linear_classifier.batch_gradient_descent_func(x, y, W, b, alpha=0.1, iterations=1)
print(f"W = {new_W.tolist()}, b = {new_b.tolist()}, cost {costs[-1]:.4f}")

# %% [markdown]
# ## 5 Downhill with a few rows
#
# ### The idea
#
# The gradient over all rows is exact, and expensive: with 10,000 pictures, every step looks at all of them. A few rows,
# drawn at random, give a direction that is right *on average*. **Stochastic gradient descent** takes a step with such a
# **minibatch**, draws another, and so on: many cheap and somewhat wrong steps instead of a few exact ones.
#
# We draw *with replacement*: a row may come twice in a minibatch, just as a die may show the same number twice. The mean
# in the gradient is over the rows that were drawn.

# %% [markdown]
# ### Task 6: `stochastic_gradient_descent_func`
#
# Write the loop of `stochastic_gradient_descent_func(X, Y, W, b, alpha, iterations, mini_batch, random_seed)`.
#
# - In each iteration, draw the row numbers with **one** call `np.random.choice(number of rows, mini_batch)`, and draw nothing
#   else. Then a seed repeats a whole run, and your numbers can be compared with ours. The seed is set above your part.
# - Take `X` and `Y` of the **same** rows, and step as before.
# - `J_history` holds the cost on **all** rows, so that you can compare it with the one of Task 5.

# %% nbgrader={"grade": true, "grade_id": "stochastic_steps", "locked": true, "points": 6, "schema_version": 3, "solution": false, "task": false}
check.stochastic_steps()

# %% nbgrader={"grade": true, "grade_id": "stochastic_history", "locked": true, "points": 4, "schema_version": 3, "solution": false, "task": false}
check.stochastic_history()

# %% [markdown]
# ## 6 Experiment with it
#
# Before you turn to real pictures, here is a classifier whose work you can see. It runs *your* functions. The inputs
# are points in the plane, and each class has a colour and a marker. The background shows which class is chosen at each
# place; it is darker where the classifier is more certain. The arrows are the columns of $W$: each points in the
# direction in which the score of its class grows fastest, and a longer arrow is a larger weight (the scale is the same
# for all settings; the number of the longest is written beside the figure). Nothing is graded here. Move the sliders:
#
# - **Lines.** Look at the stripes, the rings, the spiral. Where two classes meet, the border is always a straight line. Why?
#   For which of the three data sets is that enough?
# - **Steps.** Go from 0 iterations to 1000 on the stripes. What changes early, and what changes late? Look at the borders,
#   at the certainty and at the length of the arrows, one after the other.
# - **Step size.** Which `alpha` is too small to make progress in 100 iterations? How can you see from the cost that an
#   `alpha` is too large?
# - **Rows a step.** Take one row per step, and then all of them. What happens to the curve of the cost?

# %% nbgrader={"grade": false, "grade_id": "explorer", "locked": true, "schema_version": 3, "solution": false, "task": false} tags=["skip-at-grading"]
from nndl.explore.linear_classifier import explore

explore()

# %% [markdown]
# ## 7 Real pictures
#
# **CIFAR-10** holds photographs of 32 × 32 pixels in ten classes. A picture becomes a row of $32 \cdot 32 \cdot 3 = 3072$
# numbers.
#
# - The first 10,000 images are for **training**.
# - 1,000 are for **validation**: you may look at them as often as you like, to choose between settings.
# - 1,000 are for the **test**, once, at the very end.
#
# **Two things are done to the pixels**, and without them the step sizes below do not work. First, the **mean image** is
# subtracted, so that values lie around zero. It is the mean over *all* 49,000 training images of CIFAR-10, the same in
# every assignment of this course and in the grader. Then the values are divided by 255, so that the largest and the
# smallest possible value of a pixel differ by 1. Your stored classifier will be measured on images prepared in exactly
# this way.
#
# The images are downloaded at the first use (170 MB). If you are offline, start Jupyter with the environment variable
# `NNDL_DATA=offline`: ten classes of *drawn* shapes then take the place of the photographs. These images are not
# CIFAR-10. Where a number in the text holds for CIFAR-10 only, the text says so.

# %% nbgrader={"grade": false, "grade_id": "load_images", "locked": true, "schema_version": 3, "solution": false, "task": false} tags=["skip-at-grading"]
# float32 takes half the memory. Dividing makes new arrays, so the memory of the other training
# images is freed.
X_train, y_train, X_val, y_val, X_test, y_test = get_flat_CIFAR10_data(dtype=np.float32)
X_train, y_train = X_train[:10_000] / 255, y_train[:10_000]
X_val, X_test = X_val / 255, X_test / 255
Y_train = np.eye(10, dtype=np.float32)[y_train]  # one-hot rows
class_names = load_class_names()
OFFLINE = os.environ.get("NNDL_DATA") == "offline"  # whether these are the drawn images

for name, array in {"X_train": X_train, "Y_train": Y_train, "X_val": X_val, "X_test": X_test}.items():
    print(f"{name:8} {array.shape!s:14} {array.dtype}")

# %% cellView="form" jupyter={"source_hidden": true} nbgrader={"grade": false, "grade_id": "look_at_images", "locked": true, "schema_version": 3, "solution": false, "task": false} tags=["skip-at-grading"]
# @title Some training images of each class
# Each pixel is shown relative to the mean image: 128 means that it equals the mean.
images = (255 * X_train[:2000] + 128).reshape(-1, 32, 32, 3)
ax = show_images(images, y_train[:2000], class_names, per_class=8)
ax.set_title("Eight training images of each class, mean image subtracted")
ax.set_ylabel("class")
show(ax.figure, f"A grid of training images, a row for each class: {', '.join(class_names)}.")

# %% [markdown]
# ### Learning twenty pictures by heart
#
# Here is a good habit before any long run. Take a few rows and start from zero weights. The cost must start at
# $\log 10$ and go down to almost nothing: with 3072 features, a linear classifier can always separate twenty rows, that
# is, learn them by heart (memorize them). If the cost does not come down here, it will not come down on 10,000
# pictures.

# %% nbgrader={"grade": false, "grade_id": "twenty_run", "locked": true, "schema_version": 3, "solution": false, "task": false} tags=["skip-at-grading"]
X_few, Y_few = X_train[:20], Y_train[:20]
zero_W, zero_b = np.zeros((X_few.shape[1], 10), np.float32), np.zeros(10, np.float32)
print(f"cost at the start: {linear_classifier.linear_cost_func(X_few, Y_few, zero_W, zero_b):.4f}")

few = X_few, Y_few, zero_W, zero_b
start = time.perf_counter()
_, _, batch_costs, _ = linear_classifier.batch_gradient_descent_func(*few, alpha=0.1, iterations=100)
middle = time.perf_counter()
_, _, stochastic_costs, _ = linear_classifier.stochastic_gradient_descent_func(
    *few, alpha=0.1, iterations=100, mini_batch=2, random_seed=SEED
)
end = time.perf_counter()
print(
    f"cost after 100 steps: {batch_costs[-1]:.4f} with all rows, {stochastic_costs[-1]:.4f} with two per step"
)
# Why is the second one not ten times as fast? Both measure the cost on all 20 rows after every step.
print(
    f"wall time: {1000 * (middle - start):.0f} ms with all rows, {1000 * (end - middle):.0f} ms with two per step"
)

# %% cellView="form" jupyter={"source_hidden": true} nbgrader={"grade": false, "grade_id": "twenty_plot", "locked": true, "schema_version": 3, "solution": false, "task": false} tags=["skip-at-grading"]
# @title Draw both curves
figure, ax = plt.subplots(figsize=(7, 3.5))
curves = {"all 20 rows per step": batch_costs, "2 rows per step": stochastic_costs}
plot_loss_history(curves, ax, title="Twenty pictures, learned by heart")
ax.set(xlabel="iteration", ylabel="cost on all 20 rows")
show(
    figure,
    "Line plot of the cost on 20 pictures over 100 iterations. With all rows per step it falls smoothly; with two rows "
    "per step it falls, too, but jumps up and down in the beginning.",
)


# %% [markdown] nbgrader={"grade": false, "grade_id": "q1_question", "locked": true, "schema_version": 3, "solution": false, "task": false}
# ### Question 1: two ways down (3 points)
#
# Compare the two curves: their shape, and where they end. One of them jumps: why? Which of the two ways would you
# choose for 10,000 pictures, and why? Three to five sentences.

# %% [markdown] nbgrader={"grade": true, "grade_id": "q1_descents", "locked": false, "points": 3, "schema_version": 3, "solution": true, "task": false}
# **Model answer.** With all rows, the cost falls in every step and smoothly, because each step follows the true
# gradient of exactly this cost. With two rows per step, the direction comes from these two rows: good for them, and
# sometimes bad for the other 18, so the cost on all rows jumps up now and then. Both end near zero, as the direction is
# right on average. On 10,000 pictures a step with all rows is thousands of times as expensive as one with a few rows,
# and its direction is hardly better. So I would take minibatches, somewhat larger than 2 to reduce the jumps, or a
# smaller step.
#
# **Rubric.** 3: smooth against jumping; the jumps explained by few rows that do not represent all of them; *and* the
# price of a step as the reason for minibatches. 2: two of the three. 1: only a description of the curves. 0: no
# difference named, or the jumps taken for a mistake in the code.

# %% [markdown]
# ## 8 Your training run
#
# ### The rule
#
# Your `W` and `b` are stored and measured on **images that you have not seen**. With $X$ for the accuracy in percent, you
# get this share of 8 points, and never less than 0:
#
# $$
# \min \left( \frac{\lfloor X - 20 \rfloor}{13},\ 1 \right)
# $$
#
# So 20 % earns nothing, and from 33 % on you have all 8. (Guessing gets 10 % right.) A measurement on a limited number
# of images has a small random error, and the grader rounds in your favour by that much.
#
# ### How to choose
#
# - Start with steps of $0.01$, minibatches of 10 and 3,000 iterations, and look at the curve. Still falling at the end: more
#   iterations or longer steps. Jumping: shorter steps or larger minibatches.
# - Compare settings by accuracy on the **validation** images, never on the test images. With 1,000 of them, one standard
#   error of an accuracy of 35 % is $\sqrt{0.35 \cdot 0.65 / 1000} \approx 1.5$ percentage points.
# - Measure the cost every hundredth iteration (`cost_every=100`): on 10,000 images, computing the cost takes far longer
#   than a step.

# %% [markdown]
# ### Task 7: a classifier for pictures
#
# Write your run in the next cell. At its end there must be
#
# - `best_W` $(3072, 10)$ and `best_b` $(10,)$: the weights and biases that did best on the **validation** images;
# - `best_costs`: the `J_history` of that run, for the figure.
#
# The cell after it stores `best_W` and `best_b` as `best_linear.npz`. **Hand this file in together with the notebook.**

# %% nbgrader={"grade": false, "grade_id": "accuracy", "locked": true, "schema_version": 3, "solution": false, "task": false}
def accuracy(W, b, X, y):
    """Return the fraction of rows that the classifier gets right."""
    return float((linear_classifier.linear_pred(X, W, b).argmax(axis=1) == y).mean())


# %% nbgrader={"grade": false, "grade_id": "full_run", "locked": false, "schema_version": 3, "solution": true, "task": false} tags=["skip-at-grading"]
best_W, best_b, best_costs = None, None, None
### BEGIN SOLUTION
best_found = -1.0
for step_size, rows_a_step in ((0.01, 10), (0.003, 10), (0.01, 50)):
    W_end, b_end, cost_curve, _ = linear_classifier.stochastic_gradient_descent_func(
        X_train, Y_train, zero_W, zero_b, step_size, 3000, rows_a_step, SEED, cost_every=100
    )
    found = accuracy(W_end, b_end, X_val, y_val)
    print(f"alpha {step_size:g}, {rows_a_step} rows per step: validation accuracy {found:.3f}")
    if found > best_found:
        best_found, best_W, best_b, best_costs = found, W_end, b_end, cost_curve
### END SOLUTION
print(f"validation accuracy of the best run: {accuracy(best_W, best_b, X_val, y_val):.3f}")

# %% nbgrader={"grade": false, "grade_id": "store", "locked": true, "schema_version": 3, "solution": false, "task": false} tags=["skip-at-grading"]
np.savez("best_linear.npz", W=best_W, b=best_b)

# %% nbgrader={"grade": true, "grade_id": "best_linear", "locked": true, "points": 8, "schema_version": 3, "solution": false, "task": false}
check.best_linear(X_val, y_val)

# %% cellView="form" jupyter={"source_hidden": true} nbgrader={"grade": false, "grade_id": "run_plot", "locked": true, "schema_version": 3, "solution": false, "task": false} tags=["skip-at-grading"]
# @title Draw the cost of your best run
figure, ax = plt.subplots(figsize=(7, 3.5))
ax.plot(np.linspace(0, 100, len(best_costs) + 1)[1:], best_costs, marker=".")
ax.axhline(np.log(10), color="grey", linestyle=":", label="knowing nothing: log 10")
ax.set(xlabel="percent of the run", ylabel="cost on the training images", title="Your best run")
ax.legend()
ax.grid(alpha=0.3)
show(
    figure,
    f"Line plot of the cost on the training images. It ends at {best_costs[-1]:.2f}; knowing nothing costs 2.30.",
)

# %% [markdown]
# ## 9 What has it learned?
#
# Each column of $W$ has as many numbers as a picture, so we can show it as a picture: the **template** of a class. A
# picture gets a high score where it is bright at the bright places of the template and dark at the dark ones. (The
# template is not "the picture with the highest score": there is none, because twice a picture scores about twice as much.
# Among all pictures of the same length, that is, with the same sum of squares, the one along the template scores highest.)
# All ten templates share one scale here, from the smallest weight to
# the largest.

# %% cellView="form" jupyter={"source_hidden": true} nbgrader={"grade": false, "grade_id": "weights", "locked": true, "schema_version": 3, "solution": false, "task": false} tags=["skip-at-grading"]
# @title Draw the ten templates
low, high = best_W.min(), best_W.max()
templates = ((best_W - low) / (high - low)).T.reshape(10, 32, 32, 3)

figure, axes = plt.subplots(2, 5, figsize=(10, 4.4))
for ax, template, name in zip(axes.flat, templates, class_names, strict=True):
    ax.imshow(template)
    ax.set_title(name, fontsize="medium")
    ax.axis("off")
show(figure, f"Ten templates of 32 by 32 pixels, the columns of W, for the classes {', '.join(class_names)}.")

# %% nbgrader={"grade": false, "grade_id": "class_accuracy", "locked": true, "schema_version": 3, "solution": false, "task": false} tags=["skip-at-grading"]
# How many images of each class are right, and which class is chosen for the wrong ones?
# On the validation images.
predicted = linear_classifier.linear_pred(X_val, best_W, best_b).argmax(axis=1)
for label, name in enumerate(class_names):
    answers = np.bincount(predicted[y_val == label], minlength=10)
    share = answers[label] / max(answers.sum(), 1)
    other = max((k for k in range(10) if k != label), key=lambda k: answers[k])
    print(f"{name:12} {share:4.0%} right; when wrong, most often called {class_names[other]}")

# %% [markdown] nbgrader={"grade": false, "grade_id": "q2_question", "locked": true, "schema_version": 3, "solution": false, "task": false}
# ### Question 2: templates (3 points)
#
# Describe one or two templates: which properties of the class can you recognize, and which not? A *linear* classifier
# has one template per class. Why can it never become nearly perfect on such pictures, even if it is trained for a very
# long time? Three to five sentences.

# %% [markdown] nbgrader={"grade": true, "grade_id": "q2_templates", "locked": false, "points": 3, "schema_version": 3, "solution": true, "task": false}
# **Model answer.** The templates are blurred and noisy, and show at most a typical colour in a typical place or a rough
# outline. On CIFAR-10, for instance, there is blue above and below a ship, and a reddish body under a bluish windscreen
# for the car. Details are missing, because one template has to fit all pictures of its class: cars in every colour and
# from every side are averaged into one. The score adds up agreement pixel by pixel, so it cannot express "this shape,
# wherever it is" or "either red or blue", and the border between any two classes is flat. More training only sharpens
# the same single template and in the end fits noise. What is missing is intermediate features, that is, another layer.
#
# **Rubric.** 3: something seen in the pictures, *and* the limit: one template for all appearances of a class, or flat
# borders. 2: the limit without an observation. 1: only a description. 0: blames too little training or data alone.

# %% [markdown]
# ## 10 The test, once
#
# You have chosen your run by its validation accuracy, so that number is a little too high. That is why there are test
# images. Look at them **once**: as soon as you use them to choose, they are validation images.

# %% nbgrader={"grade": false, "grade_id": "test_once", "locked": true, "schema_version": 3, "solution": false, "task": false} tags=["skip-at-grading"]
test_accuracy = accuracy(best_W, best_b, X_test, y_test)
error = np.sqrt(test_accuracy * (1 - test_accuracy) / len(y_test))
print(f"test accuracy: {test_accuracy:.3f} ± {error:.3f} (one standard error)")

# %% [markdown]
# ## 11 Looking back
#
# - Softmax depends only on differences of scores; subtract each row's maximum, and no score is too large.
# - The cross entropy starts at $\log C$ when nothing is known. Check that before you train.
# - The gradient of both together is *probability minus target*: the simplest formula of the course. You will meet it
#   again at the end of every later classifier.
# - All rows give the exact direction, a few rows give a cheap one. Cheap wins when there are many rows.
# - One template per class and flat borders: that is all that a linear classifier has.
#
# **What next?** Two affine maps with a nonlinear function between them. The gradients get longer, and what you did here
# by hand for one layer becomes a method: each layer gets a forward and a backward pass of its own.
#
# **Further reading**
#
# - [Linear classification](https://cs231n.github.io/linear-classify/) and
#   [Optimization](https://cs231n.github.io/optimization-1/), notes of Stanford's CS231n: the same ground, with the hinge loss
#   beside the softmax.
# - L. Bottou, [Large-scale machine learning with stochastic gradient descent](https://leon.bottou.org/papers/bottou-2010),
#   2010: why cheap, inexact steps win when there are many rows.
# - A. Krizhevsky, [Learning multiple layers of features from tiny images](https://www.cs.toronto.edu/~kriz/learning-features-2009-TR.pdf),
#   2009: where CIFAR-10 comes from.
#
# **To go further** (not graded)
#
# 1. *Preparation.* Leave out the mean image, or the division by 255. Which step size works then, and which accuracy do
#    you reach?
# 2. *Penalty.* Add $\frac{\lambda}{2} \sum W^2$ to the cost. How does it change the templates, and the gap between
#    training and validation accuracy?
# 3. *Averaging.* Use the mean of the last 1,000 values of $W$ instead of the last one (`W_history`). Is it better?
# 4. *Mirrors.* Add a mirrored copy of each training picture. Which templates become symmetric?
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
