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
# Give a large net few images, and it learns them by heart. In this notebook you make that harder, with a method so
# simple that it is hard to believe at first: in every training step, switch off a random part of the net.
#
# **You will be able to**
#
# - write dropout in its *inverted* form, and say why what is kept must be divided by a probability;
# - say what differs between training and test time, and where a net must know which of the two it is in;
# - send a gradient back through something random, and still check it with numbers;
# - read from two pairs of curves what a regularizer takes, and what it gives for it.
#
# **It builds on** the fully connected nets: layer functions with a cache, `FullyConnectedNet`, the Solver.
# **It takes** about two hours, of which the computer needs a minute or two.
# You write four short pieces in `nndl/layers/dropout.py` and `nndl/fc_net.py`.
#
# ![Three pictures: a small net of which eight of twelve hidden units are crossed out; training accuracy over the epochs,
# where the net that keeps a quarter of its units stays below the one that keeps all; and validation accuracy, where the two
# run side by side.](images/goal.png)
#
# *What you will have found out: less is learned by heart, and nothing is lost on new images (here the drawn ones).*

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
# replace both lines. The docstring above them is the contract: what comes in, what must come out. Save the file and
# run the check again; you need not restart anything.
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
# are given by a grader that asks your functions for other inputs, so a function that only satisfies the check will
# not satisfy the grader. A mistake in the layer does not cost the points of the net as well, as long as the net uses
# the layer in the right places.

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

# Colours that stay apart for colour-blind eyes (Okabe and Ito), each with a line style of its own.
BLUE, ORANGE, GREEN = "#0072B2", "#D55E00", "#009E73"
plt.rcParams["axes.prop_cycle"] = plt.cycler(color=[BLUE, ORANGE, GREEN], linestyle=["-", "--", ":"])
plt.rcParams["figure.constrained_layout.use"] = True

SEED = 231  # of everything that is drawn at random, so that a second run gives the same numbers
check.progress

# %% [markdown]
# ## 1 Silence some, and make up for it
#
# ### The idea
#
# A hidden unit can get away with a lot if its neighbours clean up behind it. Two units may grow huge weights of opposite
# sign that cancel, or one unit may answer to a single training image while all others look away. Such arrangements
# fit the training images and nothing else.
#
# **Dropout** makes arrangements unreliable. In each training step every unit is kept with probability $p$ and
# silenced otherwise, independently of all others and anew for each image. Nobody can count on anybody, so each unit has
# to be of use by itself.
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
# Why $1/p$? At test time we want all units, and no chance in the answers. But then the next layer would get a sum over all
# units, while in training it has only ever seen sums over a part of them. The factor makes both agree on average:
#
# $$
# \mathbb{E}[\text{out}] = p \cdot \frac{x}{p} + (1 - p) \cdot 0 = x .
# $$
#
# Because the correction happens in training, test time needs none: $\text{out} = X$. This is called **inverted** dropout.
#
# One word of warning. In this course $p$ is the probability of **keeping** a unit. Many texts, and PyTorch, use the letter
# for the probability of *dropping* one. It is the first thing to look up wherever you meet dropout.
#
# ### By hand
#
# Four hidden values of one image, $p = 0.5$, and the four draws that follow `np.random.seed(1)`, rounded:
#
# | | first | second | third | fourth |
# |---|---|---|---|---|
# | $x$ | $4$ | $2$ | $6$ | $1$ |
# | draw $u$ | $0.417$ | $0.720$ | $0.000$ | $0.302$ |
# | mask $m$ | $2$ | $0$ | $2$ | $2$ |
# | out | $8$ | $0$ | $12$ | $2$ |
#
# The row's sum was $13$ and is now $22$: for a *single* draw, dropout is far off. Only the mean over all masks is right. For
# the first and third values alone there are four masks, all equally likely, and four outputs:
# $(8, 12)$, $(8, 0)$, $(0, 12)$ and $(0, 0)$. Their mean is $(4, 6)$, just what came in.

# %% [markdown]
# ### Task 1: `dropout_forward` in training
#
# In `nndl/layers/dropout.py`, write the first part, that of the mode `"train"`.
#
# - **In:** `x`, an array of any shape, and `p`, which has been taken from `dropout_param` for you.
# - **Out:** `out` and `mask`, both in the shape and **in the dtype** of `x`. The mask holds $1/p$ and $0$, so that the way
#   back needs only this one array.
# - Draw with **one** call of `np.random.rand` for the whole array; it takes the lengths of the axes one by one, which
#   `*x.shape` hands over. Keep a unit where its draw is below `p`. (Other ways to draw are just as good. All of us use this
#   one so that the same seed gives the same mask to everybody.)
# - A comparison of arrays gives booleans. Booleans divided by a number are `float64`, which would turn a `float32` net into
#   a slow one: `astype(x.dtype)` is your friend.
# - Leave `x` and `dropout_param` as they are.

# %% nbgrader={"grade": true, "grade_id": "forward_train", "locked": true, "points": 8, "schema_version": 3, "solution": false, "task": false}
check.forward_train()

# %% nbgrader={"grade": false, "grade_id": "by_hand_forward", "locked": true, "schema_version": 3, "solution": false, "task": false}
x_by_hand, dout_by_hand = np.array([[4.0, 2.0, 6.0, 1.0]]), np.array([[1.0, 1.0, -1.0, 3.0]])
out_by_hand, cache_by_hand = dropout_forward(x_by_hand, {"mode": "train", "p": 0.5, "seed": 1})
print("the output, which should be 8, 0, 12 and 2:", out_by_hand)

# %% [markdown]
# ### Task 2: `dropout_forward` at test time
#
# Now the other part, that of every mode but `"train"`.
#
# - **Out:** `out` is `x`. There is no mask; `mask` stays `None`, as the line above the two parts has it.
# - **Draw nothing.** It would not change the output, but everything that is drawn afterwards.

# %% nbgrader={"grade": true, "grade_id": "forward_test", "locked": true, "points": 4, "schema_version": 3, "solution": false, "task": false}
check.forward_test()

# %% [markdown]
# ### The random numbers
#
# There is nothing more to write for this check. It compares figures that depend on every single draw, so it passes if both
# of your parts draw as the tasks say.
#
# `dropout_param` may hold a `seed`. The given lines then seed NumPy's **global** generator before each call, in either mode.
# This holds the mask still, which a numeric gradient needs: a function that gives another result at each call has no
# derivative. In real training you leave the seed out. With it, every step would silence the same units, and whatever else
# is drawn would repeat as well, the batches for instance.

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
# The explorer shows your layer at work. Left: what one row of the batch sees of a small net. Middle: the masks of twenty
# rows. Right: for three units, the mean of what comes out over more and more masks, as a share of what went in.
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
# Here are the hidden values of one image, and one unit of the next layer, whose input is a weighted sum of them. The
# histograms show that sum for 2,000 masks with $p = 0.5$: once as your layer gives it, and once as it would be *without
# the division by* $p$. The black line is the sum at test time.

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
# Describe the two histograms relative to the line. What would happen to the answers of a net that was trained without the
# division and is then used as it is, and why? What could be done at test time to repair such a net? Three to five
# sentences.

# %% [markdown] nbgrader={"grade": true, "grade_id": "q1_scale", "locked": false, "points": 3, "schema_version": 3, "solution": true, "task": false}
# **Model answer.** The histogram with the division lies around the line, so the unit's input at test time is what it was in
# training on average. Without the division it lies around half of it: the expected value of a unit in training is then
# $p x$ and not $x$. The layers behind have learned to work with inputs of that smaller size, and get inputs $1/p$ times as
# large at test time: another scale than they were trained on, so that the scores are off and the accuracy suffers. One can
# repair it by multiplying the hidden values by $p$ at test time; that is dropout in its first, not inverted form.
#
# **Rubric.** 3: expected value $p x$ in training (read off the figure or derived) *and* the mismatch of scale between
# training and test. 2: the mismatch, without the expected value. 1: "the values get smaller" without a consequence.
# 0: no effect, or the wrong direction.

# %% [markdown]
# ## 2 The way back
#
# ### The idea
#
# Chance had its say in the forward pass. Once the mask is drawn, the layer is a plain product, $\text{out}_{nd} = x_{nd}\,
# m_{nd}$, and its derivative is the mask:
#
# $$
# \underset{N \times D}{dX} = \underset{N \times D}{d\text{out}} \cdot \underset{N \times D}{M}
# \quad \text{(entry by entry)}.
# $$
#
# A unit that was silent had no influence on the loss, so it gets no blame. A unit that spoke $1/p$ times as loud gets $1/p$
# times the blame. It must be **the mask of this very forward pass**, hence the cache. After a test pass, $\text{out} = X$ and
# so $dX = d\text{out}$.
#
# ### By hand
#
# Let $d\text{out} = (1, 1, -1, 3)$ come back to the example above, with its mask $(2, 0, 2, 2)$. Then $dx = (2, 0, -2, 6)$.

# %% [markdown]
# ### Task 3: `dropout_backward`
#
# - **In:** the upstream gradient `dout`, and `mask` from the cache: an array after a training pass, `None` after a test pass.
# - **Out:** `dx`, in the shape of `dout`.
# - Decide by the mask, not by `dropout_param["mode"]`: the dict belongs to the caller, who may have switched it to the other
#   mode since.
# - Leave `dout` and the mask as they are.

# %% nbgrader={"grade": true, "grade_id": "backward", "locked": true, "points": 8, "schema_version": 3, "solution": false, "task": false}
check.backward()

# %% nbgrader={"grade": false, "grade_id": "by_hand_backward", "locked": true, "schema_version": 3, "solution": false, "task": false}
print("dx, which should be 2, 0, -2 and 6:", dropout_backward(dout_by_hand, cache_by_hand))

# %% [markdown]
# ## 3 In the net
#
# ### The idea
#
# Each hidden block of `FullyConnectedNet` is affine, normalization if wanted, ReLU, and now dropout if wanted:
#
# $$
# \underset{N \times D}{X} \;\longrightarrow\; \text{affine} \;\longrightarrow\; (\text{normalization})
# \;\longrightarrow\; \text{ReLU} \;\longrightarrow\; \text{dropout} \;\longrightarrow\; \underset{N \times H}{\text{next block}}
# $$
#
# The scores at the end are never dropped: they are the net's answer. All dropout layers share one dict,
# `self.dropout_param`. `loss` writes the mode into it before anything else happens: `"train"` when it is given labels,
# `"test"` when not. With `dropout_keep_ratio=1` the net has no dropout layers at all, and your lines are not called.
#
# ### Task 4: `_drop_out` and `_drop_out_backward`
#
# In `nndl/fc_net.py`, near the end. The blocks of the net call them already.
#
# - `_drop_out(x)` returns the output of your layer and its cache.
# - `_drop_out_backward(dout, cache)` returns the gradient of the block's hidden values.
# - It takes one line each. Hand `self.dropout_param` over as it is: mode, p and seed are in it.

# %% nbgrader={"grade": true, "grade_id": "net_scores", "locked": true, "points": 3, "schema_version": 3, "solution": false, "task": false}
check.net_scores()

# %% nbgrader={"grade": true, "grade_id": "net_loss", "locked": true, "points": 3, "schema_version": 3, "solution": false, "task": false}
check.net_loss()

# %% nbgrader={"grade": true, "grade_id": "net_gradients", "locked": true, "points": 4, "schema_version": 3, "solution": false, "task": false}
check.net_gradients()

# %% nbgrader={"grade": false, "grade_id": "compare_gradients", "locked": true, "schema_version": 3, "solution": false, "task": false}
# The gradients of three nets beside centred differences of their losses, the masks held still by a seed.
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
# Errors near $10^{-6}$ are right; W2 may reach $10^{-5}$. The losses start near $\log 10 = 2.3026$, with dropout as
# without.

# %% [markdown]
# ## 4 Does it help?
#
# A net with 500 hidden units and 1.5 million weights, and no more than 500 training images: nothing could be easier than to
# learn them by heart. We train it twice, once as it is and once keeping only a quarter of the hidden units in each step.
#
# The images are those of **CIFAR-10** (170 MB, downloaded at the first use). If you are offline, start Jupyter with the
# environment variable `NNDL_DATA=offline`: ten classes of *drawn* shapes then take the place of the photographs. They are no
# CIFAR-10, and numbers in the text that hold for CIFAR-10 only say so.

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
# The first loss of the net with dropout is about twice as high as that of the other one, though both start with the same
# weights. Do you see why? (Compare the widths of the histograms above: three quarters of the units are silent, and the
# others shout.)

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
told = "; ".join(
    f"keep {keep}: training {s.train_acc_history[-1]:.2f}, validation {s.val_acc_history[-1]:.2f}"
    for keep, s in solvers.items()
)
show(
    figure, f"Accuracy over the epochs, training on the left and validation on the right. At the end, {told}."
)

# %% [markdown]
# ### Many nets in one
#
# Each mask leaves another, thinner net, and all of them share their weights. So a net trained with dropout is a crowd. The
# next cell asks the crowd: it sends each validation image through the trained net with many different masks and averages
# the probabilities. How many thinned nets does it take to match the whole net, which answers in a single pass?

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
ax.set(xlabel="number of thinned nets", ylabel="validation accuracy", title="Asking one, asking many")
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
# Compare the two nets in the figure "Training accuracy" and in the figure "Validation accuracy", with numbers. What does
# that say about dropout as a regularizer, and by what mechanism could it come about? Mind that a validation accuracy on
# 1,000 images has a standard error of about 1.5 percentage points. Three to five sentences.

# %% [markdown] nbgrader={"grade": true, "grade_id": "q2_curves", "locked": false, "points": 3, "schema_version": 3, "solution": true, "task": false}
# **Model answer.** Without dropout the net fits its 500 images almost perfectly, and its training accuracy gets there after
# ten to fifteen epochs. With dropout the training accuracy rises later and ends lower (about 0.9 instead of 0.96 or more),
# while the validation accuracy is about the same or higher by a few points, which is hardly more than its standard error. So
# the gap between the two narrows: less is learned by heart, and nothing is lost on new images, which is what a regularizer is for.
# Units cannot rely on particular other units (no co-adaptation), or in other words, each step trains another member of a
# crowd of nets that share weights, and the whole net acts as their mean.
#
# **Rubric.** 3: both figures, the smaller gap, *and* a mechanism (no co-adaptation, or an implicit ensemble). 2: both
# figures, without a mechanism. 1: only one of the figures. 0: contradicts the figures.

# %% [markdown]
# ## 5 Looking back
#
# - Dropout silences each unit with probability $1 - p$ in training, and divides what is kept by $p$, so that nothing needs
#   to be done at test time.
# - A layer may be random as long as it remembers what it has drawn. The way back uses the same mask.
# - A numeric gradient needs chance to be held still; training needs it not to be.
# - The training accuracy of a regularized net is lower. That is not a flaw but the point: look at the gap.
#
# **What next?** So far every pixel has had a weight of its own for every unit. In the next assignment the weights become
# small windows that slide over the image, and a net can recognize a wheel wherever it is.
#
# **To go further** (not graded)
#
# 1. *How much is too much?* Add 0.75, 0.5 and 0.1 to `KEEP_RATIOS`, and plot the final accuracies and the gap against the
#    keep ratio.
# 2. *By chance?* Run both nets with three other seeds. In how many of the runs is the gap smaller with dropout, and in how many
#    is the best validation accuracy higher? Which of the two would you bet on?
# 3. *Not inverted.* Write dropout without the division, multiply by $p$ at test time, and train both forms. With the same
#    seed, do they take the same steps? What would you have to change for that?
# 4. *Before or after?* Put dropout before the ReLU instead of behind it. The results are the same to the last digit. Prove it.
# 5. *Doubt.* Use the crowd above to find the validation images on which the thinned nets disagree most. Do you find them hard,
#    too?
#
# Last of all: how far have you come?

# %% nbgrader={"grade": false, "grade_id": "progress_summary", "locked": true, "schema_version": 3, "solution": false, "task": false}
check.progress
