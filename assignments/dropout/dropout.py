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
# - see from two pairs of curves what a regularizer costs, and what you get for it.
#
# **It builds on** the fully connected nets: layer functions with a cache, `FullyConnectedNet`, the Solver. **It takes**
# about two hours, including a minute or two of computing time. You write four short pieces in `nndl/layers/dropout.py`
# and `nndl/fc_net.py`.
#
# ![Three pictures: a small net of which eight of twelve hidden units are crossed out; training accuracy over the epochs,
# where the net that keeps a quarter of its units stays below the one that keeps all; and validation accuracy, where the two
# run side by side.](images/goal.png)
#
# *What you will have found out: with dropout the net learns less by heart, and loses nothing on new images (here the
# drawn ones).*

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
# Why $1/p$? At test time we want to use all units, and the answers must not be random. But then the next layer would
# receive a sum over all units, while in training it has only seen sums over a part of them. The factor makes both agree
# on average:
#
# $$
# \mathbb{E}[\text{out}] = p \cdot \frac{x}{p} + (1 - p) \cdot 0 = x .
# $$
#
# Because the correction happens in training, nothing needs to be corrected at test time: $\text{out} = X$. This is
# called **inverted** dropout.
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
# The row's sum was $13$ and is now $22$: for a *single* mask, dropout is far from the right value. Only the mean over
# all masks is right. For the first and third values alone there are four masks, all equally likely, and four outputs:
# $(8, 12)$, $(8, 0)$, $(0, 12)$ and $(0, 0)$. Their mean is $(4, 6)$, exactly the input.

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
# A quarter of a million values around 10. Which columns should stay near 10, and what should the share of zeros be?
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

# %% nbgrader={"grade": false, "grade_id": "next_layer", "locked": true, "schema_version": 3, "solution": false, "task": false} tags=["skip-at-grading"]
np.random.seed(SEED)
KEEP = 0.5
hidden, weights = np.abs(np.random.randn(1, 100)), np.random.rand(100) / 10
rows = np.repeat(hidden, 2000, axis=0)
divided = dropout_forward(rows, {"mode": "train", "p": KEEP})[0] @ weights
not_divided = KEEP * divided
(at_test,) = dropout_forward(hidden, {"mode": "test", "p": KEEP})[0] @ weights

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
    f"Two histograms of a unit's input. With the division they lie around {divided.mean():.2f}, where the line of test "
    f"time is, at {at_test:.2f}; without it around {not_divided.mean():.2f}.",
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
# The gradients of three nets beside centred differences of their losses; a seed keeps the masks the same.
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
# Our net has 500 hidden units and 1.5 million weights, and we use only 500 training images. It is very easy for this
# net to learn them by heart. We train it twice: once without dropout, and once keeping only a quarter of the hidden
# units in each step.
#
# The images are those of **CIFAR-10** (170 MB, downloaded at the first use). If you are offline, start Jupyter with the
# environment variable `NNDL_DATA=offline`: ten classes of *drawn* shapes then take the place of the photographs. These
# images are not CIFAR-10. Where a number in the text holds for CIFAR-10 only, the text says so.

# %% nbgrader={"grade": false, "grade_id": "load_images", "locked": true, "schema_version": 3, "solution": false, "task": false} tags=["skip-at-grading"]
data = get_CIFAR10_data(num_training=500, num_validation=1000, num_test=1000, dtype=np.float32)
for name, array in data.items():
    print(f"{name:8} {array.shape!s:20} {array.dtype}")

# %% nbgrader={"grade": false, "grade_id": "training", "locked": true, "schema_version": 3, "solution": false, "task": false} tags=["skip-at-grading"]
EPOCHS = 25
KEEP_RATIOS = (1, 0.25)
solvers = {}
for keep in tqdm(KEEP_RATIOS, desc="nets"):
    np.random.seed(SEED)
    net = FullyConnectedNet([500], dropout_keep_ratio=keep)
    solvers[keep] = LiveSolver(
        net,
        data,
        update_rule="adam",
        optim_config={"learning_rate": 5e-4},
        num_epochs=EPOCHS,
        batch_size=100,
        title=f"Keep {keep}",
    )
    solvers[keep].train()

# %% [markdown]
# The first loss of the net with dropout is about twice as high as that of the other net, although both start with the
# same weights. Do you see why? (Compare the widths of the histograms above: three quarters of the units are off, and
# the others are four times as large.)

# %% nbgrader={"grade": false, "grade_id": "curves", "locked": true, "schema_version": 3, "solution": false, "task": false} tags=["skip-at-grading"]
figure, axes = plt.subplots(1, 2, figsize=(12, 4), sharey=True)
for ax, kind in zip(axes, ("training", "validation"), strict=True):
    for (keep, solver), marker in zip(solvers.items(), "os^vD", strict=False):
        history = solver.train_acc_history if kind == "training" else solver.val_acc_history
        ax.plot(history, marker=marker, markersize=4, label=f"keep {keep}")
    ax.set(xlabel="epoch", ylabel=f"{kind} accuracy", title=f"{kind.capitalize()} accuracy")
    ax.legend()
    ax.grid(alpha=0.3)

print("keep   first loss   training   validation   best validation   gap")
for keep, solver in solvers.items():
    last_train, last_val = solver.train_acc_history[-1], solver.val_acc_history[-1]
    print(
        f"{keep:4}   {solver.loss_history[0]:10.2f}   {last_train:8.3f}   {last_val:10.3f}"
        f"   {solver.best_val_acc:15.3f}   {last_train - last_val:.3f}"
    )
at_the_end = "; ".join(
    f"keep {keep}: training {s.train_acc_history[-1]:.2f}, validation {s.val_acc_history[-1]:.2f}"
    for keep, s in solvers.items()
)
show(
    figure,
    f"Accuracy over the epochs, training on the left and validation on the right. At the end, {at_the_end}.",
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
# Compare the two nets in the figure "Training accuracy" and in the figure "Validation accuracy", with numbers. What
# does that say about dropout as a regularizer, and which mechanism could explain it? Remember that a validation
# accuracy on 1,000 images has a standard error of about 1.5 percentage points. Three to five sentences.

# %% [markdown] nbgrader={"grade": true, "grade_id": "q2_curves", "locked": false, "points": 3, "schema_version": 3, "solution": true, "task": false}
# **Model answer.** Without dropout the net fits its 500 images almost perfectly, and its training accuracy reaches its
# final value after ten to fifteen epochs. With dropout the training accuracy rises later and ends lower (about 0.9
# instead of 0.96 or more). The validation accuracy is about the same, or higher by a few points, which is hardly more
# than its standard error. So the gap between the two becomes smaller: the net learns less by heart, and loses nothing
# on new images. That is the purpose of a regularizer. Units cannot rely on particular other units (no co-adaptation).
# In other words, each step trains a different member of an ensemble of nets that share weights, and the whole net acts
# as their mean.
#
# **Rubric.** 3: both figures, the smaller gap, *and* a mechanism (no co-adaptation, or an implicit ensemble). 2: both
# figures, without a mechanism. 1: only one of the figures. 0: contradicts the figures.

# %% [markdown]
# ## 5 Looking back
#
# - In training, dropout switches off each unit with probability $1 - p$ and divides the kept values by $p$, so that
#   nothing needs to be done at test time.
# - A layer may be random if it remembers the random numbers. The backward pass uses the same mask.
# - A numeric gradient needs the same random numbers in every call; training needs new ones in every step.
# - The training accuracy of a regularized net is lower. That is not a fault but the purpose: look at the gap.
#
# **What next?** So far every unit has had its own weight for every pixel. In the next assignment the weights become
# small windows that slide over the image, and a net can recognize a wheel wherever it is.
#
# **To go further** (not graded)
#
# 1. *How much is too much?* Add 0.75, 0.5 and 0.1 to `KEEP_RATIOS`, and plot the final accuracies and the gap against the
#    keep ratio.
# 2. *By chance?* Run both nets with three other seeds. In how many of the runs is the gap smaller with dropout, and in
#    how many is the best validation accuracy higher? Which of the two results do you trust more?
# 3. *Not inverted.* Write dropout without the division, multiply by $p$ at test time, and train both forms. With the
#    same seed, do they take the same steps? If not, what would you have to change?
# 4. *Before or after?* Put dropout before the ReLU instead of after it. The results are exactly the same. Prove it.
# 5. *Doubt.* Use the ensemble above to find the validation images on which the thinned nets disagree most. Are these
#    images hard for you, too?
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
