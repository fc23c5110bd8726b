# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Looking into a trained net
#
# A trained net is a function of its input, and its input is a picture. So far we have computed gradients for the
# weights. We can go one step further and compute them for the **pixels**. These gradients tell you what the net looks
# at, how you can fool it, and what kind of picture gives a class a very high score.
#
# **You will be able to**
#
# - compute the gradient of a score for every pixel of a batch in one backward pass, and say why this is correct;
# - draw saliency maps, and say what they show and what they cannot show;
# - change an image so little that nobody sees it, and still make a net predict another class;
# - draw a picture that gives a class a very high score, and say what each regularizer does for it;
# - get the signs right: when to go up along a gradient (ascent), and when to go down (descent).
#
# **It builds on** the PyTorch assignment (tensors with `requires_grad`, modules, evaluation mode) and on convolutional
# nets. **What is new**: the weights stand still, and the picture moves. **It takes** about three hours, including a few minutes of computing time. You write three short functions in
# `nndl/net_visualization.py`; nothing in this notebook trains for long.
#
# ![Two rows of five small pictures for a net trained on drawn figures. Above: images of a ring, a plus, a star, a
# checked disc and a striped square. Below: pictures with high scores for the same five classes; you can recognize the
# outlines of the figures and the stripes in strong colours.](images/goal.png)
#
# *What you will have made. Above: images of five classes of the drawn image set. Below: pictures that started as noise
# and were changed until a small convolutional net gave these classes very high scores. Nobody taught the net to draw.*

# %% [markdown]
# ## How to work with this notebook
#
# Each part has the same rhythm: **the idea**, a **small example with numbers** that you can follow with pencil and
# paper, **the task**, and **a check**. Open `nndl/net_visualization.py` beside this notebook. Where you find
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
# | 1 | `compute_saliency_maps` | `saliency_maps` | 12 |
# | 2 | `make_fooling_image` | `fooling_image` and `fooling_limit` | 10 + 4 |
# | 3 | `class_visualization_update_step` | `visualization_step` and `visualization_in_place` | 10 + 4 |
# | Q1, Q2 | a few sentences each | a person reads them | 3 each |
#
# The checks here use a few fixed numbers and are meant to help: each says what is wrong and where to look. The points
# are given by a grader that asks your functions for other inputs, so a function that only satisfies the check will
# not satisfy the grader.
#
# This notebook needs PyTorch. If the next cell says that it is not installed, do what it says and restart the kernel.
#
# [![Open Google Colab, and upload this notebook there](images/colab.svg)](https://colab.research.google.com/#create=true)
# **In Google Colab**: *File → Upload notebook*, put the folder of this assignment, packed as `network_visualization.zip`, among the files
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
    if not Path("network_visualization.zip").is_file():
        raise FileNotFoundError(
            "upload network_visualization.zip to the files on the left, then run this cell again"
        )
    with zipfile.ZipFile("network_visualization.zip") as packed:
        packed.extractall()
    if Path("network_visualization").is_dir():
        os.chdir("network_visualization")
    sys.path.insert(0, str(Path.cwd()))
    subprocess.run([sys.executable, "-m", "pip", "install", "-q", "-r", "requirements-loose.txt"], check=True)

# %% nbgrader={"grade": false, "grade_id": "setup", "locked": true, "schema_version": 3, "solution": false, "task": false}
# The tools of this notebook. Run this cell first; there is nothing to change in it.
# %load_ext autoreload
# %autoreload 2

import nndl.net_visualization as nv  # if PyTorch is missing, this line says what to install

print("computing on:", nv.device)

import os

import matplotlib.pyplot as plt
import numpy as np
import torch
from tqdm.auto import tqdm

from nndl.checking import network_visualization as check
from nndl.data_utils import load_class_names, load_imagenet_val, read_CIFAR10
from nndl.explore.network_visualization.pixels import (
    Subject,
    class_picture,
    draw_rows,
    fooling_figure,
    saliency_figure,
)
from nndl.notebook_helpers import Screen, show
from nndl.small_convnet import normalized, small_convnet, steps, training_steps
from nndl.squeezenet import load_squeezenet

# %matplotlib inline

# Colours that colour-blind people can distinguish (Okabe and Ito), each with its own line style.
BLUE, ORANGE, GREEN = "#0072B2", "#D55E00", "#009E73"
plt.rcParams["axes.prop_cycle"] = plt.cycler(color=[BLUE, ORANGE, GREEN], linestyle=["-", "--", ":"])
plt.rcParams["figure.constrained_layout.use"] = True

SEED = 0  # for all random numbers, so that a second run gives the same results
check.progress

# %% [markdown]
# ## 1 The net
#
# Below you examine one of two nets, and **the title of every figure says which one it is**:
#
# - **SqueezeNet 1.1**, trained on the 1,000 classes of ImageNet, with 25 photographs of 224 × 224 pixels. Its published
#   weights (4.7 MB) and the photographs (3.9 MB) are downloaded at the first use. If you already have the files
#   `squeezenet1_1.pth` and `imagenet_val_25.npz`, set the environment variable `NNDL_DATA` to their folder.
# - **A small convolutional net** with three convolutions, if these files are not available. It is trained in this
#   notebook, in a minute or two, on CIFAR-10, or on the drawn image set if `NNDL_DATA=offline`. It knows ten classes
#   and images of 32 × 32 pixels. Its figures tell you nothing about SqueezeNet, but the code that you write is the
#   same.
#
# In both cases the net is *frozen*: its parameters do not require gradients, and nothing below changes them.

# %% nbgrader={"grade": false, "grade_id": "load_squeezenet", "locked": true, "schema_version": 3, "solution": false, "task": false} tags=["skip-at-grading"]
OFFLINE = os.environ.get("NNDL_DATA") == "offline"  # whether to use the drawn images
subject = None  # a model, images, labels, the names of the classes, and the model's name
if OFFLINE:
    print("NNDL_DATA is offline: this notebook uses a small net, trained on drawn images.")
else:
    try:
        squeezenet = load_squeezenet().to(nv.device)
        subject = Subject(squeezenet, *load_imagenet_val(), "SqueezeNet 1.1 (ImageNet)")
        print("This notebook uses SqueezeNet 1.1, trained on ImageNet.")
    except (ConnectionError, FileNotFoundError, ValueError) as reason:
        print(f"SqueezeNet is not available, so this notebook uses a small net instead. The reason: {reason}")

# %% cellView="form" jupyter={"source_hidden": true} nbgrader={"grade": false, "grade_id": "train_small", "locked": true, "schema_version": 3, "solution": false, "task": false} tags=["skip-at-grading"]
# @title Train the small net, where SqueezeNet is not available
# Train the small net if SqueezeNet is not available. You know all of this from the PyTorch assignment.
TRAIN_IMAGES, EPOCHS, VALIDATION_IMAGES = (8000 if OFFLINE else 20_000), (3 if OFFLINE else 5), 1000


def curve(losses, accuracies):
    """Draw the loss of every step, its mean over 25 steps, and the accuracy after every epoch."""
    figure, (left, right) = plt.subplots(1, 2, figsize=(11, 3.2))
    left.plot(losses, alpha=0.35, linewidth=0.8, label="each minibatch")
    if len(losses) >= 25:
        mean = np.convolve(losses, np.ones(25) / 25, mode="valid")
        left.plot(np.arange(24, len(losses)), mean, label="mean of 25")
    left.set(xlabel="step", ylabel="training loss", title="Small net: loss")
    left.legend()
    right.plot(range(1, len(accuracies) + 1), accuracies, marker="o", color=BLUE)
    right.set(xlabel="epoch", ylabel="validation accuracy", title="Small net: accuracy", ylim=(0, 1))
    right.set(xlim=(0.5, EPOCHS + 0.5), xticks=range(1, EPOCHS + 1))
    return figure


if subject is None:
    torch.manual_seed(SEED)
    X_train, y_train, X_test, y_test = read_CIFAR10()
    X_new, y_new = X_train[-VALIDATION_IMAGES:], y_train[-VALIDATION_IMAGES:]
    small_net, losses, accuracies = small_convnet(), [], []
    training = training_steps(
        small_net,
        normalized(X_train[:TRAIN_IMAGES]),
        torch.from_numpy(y_train[:TRAIN_IMAGES]).long(),
        EPOCHS,
    )
    total, screen = steps(TRAIN_IMAGES, EPOCHS), Screen()
    for loss in tqdm(training, total=total, desc="steps"):
        losses.append(loss)
        if len(losses) % (total // EPOCHS) == 0:
            small_net.eval()
            with torch.no_grad():
                right = small_net(normalized(X_new)).argmax(dim=1).numpy() == y_new
            accuracies.append(right.mean())
        if len(losses) % 50 == 0 or len(losses) == total:
            figure = curve(losses, accuracies)
            alt = (
                f"Training loss and validation accuracy of the small net up to step {len(losses)} of {total}."
            )
            screen.show(figure, alt)
    small_net.requires_grad_(False).eval()
    print(f"accuracy on {len(y_new)} images that it was not trained on: {accuracies[-1]:.3f}")

    # The first test image of each class that the net gets right:
    # only a right answer can be turned into a wrong one.
    with torch.no_grad():
        found = small_net(normalized(X_test[:VALIDATION_IMAGES])).argmax(dim=1).numpy()
    right = found == y_test[:VALIDATION_IMAGES]
    chosen = [int(np.argmax(right & (y_test[:VALIDATION_IMAGES] == c))) for c in range(10)]
    trained_on = "drawn images" if OFFLINE else "CIFAR-10"
    subject = Subject(
        small_net.to(nv.device),
        X_test[chosen].transpose(0, 2, 3, 1),
        y_test[chosen],
        dict(enumerate(load_class_names())),
        f"the small net ({trained_on})",
    )
else:
    print("This notebook uses SqueezeNet: there is nothing to train.")

# %% cellView="form" jupyter={"source_hidden": true} nbgrader={"grade": false, "grade_id": "look_at_images", "locked": true, "schema_version": 3, "solution": false, "task": false} tags=["skip-at-grading"]
# @title Five images, and what the net predicts
# Five images with their classes, and the classes that the net predicts.
FIVE = range(5)
scores = subject.scores(subject.batch(*FIVE))
row = [
    (subject.images[i], f"{subject.title(subject.labels[i])}\npredicted: {subject.title(scores[i].argmax())}")
    for i in FIVE
]
show(
    draw_rows([row], f"What {subject.name} predicts"),
    "Five images in a row: " + ", ".join(subject.title(subject.labels[i]) for i in FIVE) + ".",
)

# %% [markdown]
# ## 2 Saliency maps
#
# ### The idea
#
# In training, the image was fixed and the weights changed. Now the weights are fixed, and we ask: if a pixel changed,
# how would the **score** of a class change? Near the image $x_0$ a net is almost linear:
#
# $$
# \begin{aligned}
# \underset{\text{one number}}{s_c(x)} \;\approx\;& s_c(x_0) \\
# & + \sum_{k, i, j} \underset{3 \times H \times W}{\frac{\partial s_c}{\partial x}(x_0)_{kij}} \; (x - x_0)_{kij}
# \end{aligned}
# $$
#
# A large derivative means: this pixel matters here. A pixel has three derivatives, one for each colour channel $k$, and
# each may be positive or negative. A **saliency map** keeps one number, the largest absolute value:
#
# $$
# \underset{H \times W}{M_{ij}} = \max_k \left| \frac{\partial s_y}{\partial x_{kij}} \right|
# $$
#
# Three things are easy to get wrong.
#
# - **The score, not the probability.** A softmax probability also rises when *other* scores fall, and when the net is
#   certain, the gradient of the probability is almost zero.
# - **The true class $y$ of the image, not the predicted class.** The map of a misclassified image is the interesting
#   one.
# - **All images in one backward pass.** Let $S = \sum_n s_{y_n}(x_n)$ be the sum over the batch. In evaluation mode
#   image $m$ has no influence on the score of image $n$, so
#
# $$
# \frac{\partial S}{\partial x_m} = \sum_n \frac{\partial s_{y_n}(x_n)}{\partial x_m} = \frac{\partial s_{y_m}(x_m)}{\partial x_m} .
# $$
#
# One sum, one backward pass, and the gradient of $X$, of shape $N \times 3 \times H \times W$, holds every image's own
# gradient. (In training mode, the images would depend on each other through batch normalization. That is why we use
# `model.eval()`.)
#
# ### By hand
#
# One image with two pixels, and a class whose score is linear in them, with these weights:
#
# | | pixel 1 | pixel 2 |
# |---|---|---|
# | red | $1$ | $-2$ |
# | green | $-3$ | $0$ |
# | blue | $2$ | $1$ |
# | **largest absolute value** | $\mathbf{3}$ | $\mathbf{2}$ |
#
# The derivatives of a linear score are its weights, for every image. The map is $(3, 2)$. Without the absolute value it
# would be $(2, 1)$: the strongest influences are negative here.

# %% [markdown]
# ### A tool: one entry of each row
#
# The scores are a table with one row for each image. `gather` takes the entry of column `y[n]` from each row `n`. It
# does what `scores[np.arange(N), y]` does in NumPy, and gradients pass through it.

# %% nbgrader={"grade": false, "grade_id": "gather", "locked": true, "schema_version": 3, "solution": false, "task": false}
s = torch.tensor(
    [
        [-0.8755, -0.8590, -0.3338, -0.3407, 0.2006],
        [-0.0460, -0.4130, 0.3412, -0.0709, -2.2107],
        [1.5303, 1.5185, 0.5816, 1.9473, -0.8277],
        [-0.6778, 1.0268, -0.4515, 0.8679, -0.1543],
    ]
)
y = torch.tensor([1, 2, 1, 3])
print(s)
print("one entry of each row:", nv.gather_example(s, y))

# %% [markdown]
# ### Task 1: `compute_saliency_maps`
#
# Write `compute_saliency_maps(X, y, model)` in `nndl/net_visualization.py`.
#
# - **In:** images `X` $(N, 3, H, W)$, labels `y` $(N,)$, and a model that gives scores $(N, C)$.
# - **Out:** the maps, a tensor $(N, H, W)$; also for $N = 1$.
# - Work on a copy of `X` that requires a gradient. Do not change `X` itself: after the call it has no gradient and does
#   not require one, so that a second call gives the same maps.
# - `torch.autograd.grad(number, tensor)` returns a tuple with the gradient and stores nothing. `number.backward()`
#   stores it in `tensor.grad`, where it is *added* to the gradient that is already there.
#
# If the axes confuse you, write the shape of every tensor beside its line.

# %% nbgrader={"grade": true, "grade_id": "saliency_maps", "locked": true, "points": 12, "schema_version": 3, "solution": false, "task": false}
check.saliency_maps()

# %% cellView="form" jupyter={"source_hidden": true} nbgrader={"grade": false, "grade_id": "saliency_figure", "locked": true, "schema_version": 3, "solution": false, "task": false} tags=["skip-at-grading"]
# @title Draw the maps
show(
    saliency_figure(subject, FIVE),
    f"Five images above their saliency maps for {subject.name}. The maps are mostly dark, with grainy bright dots, "
    "more of them on some objects than on others, and some beside the object.",
)

# %% [markdown]
# Are the dots on the object? With SqueezeNet most of them are, although the net was never trained on its position: in
# training it received only one label per image. With the small net you can say so of some images only. The maps are also
# grainy and full of holes. A gradient describes the effect of an *infinitely small* change, pixel by pixel, and it can be
# very different for neighbouring pixels.

# %% [markdown]
# ## 3 Fooling images
#
# ### The idea
#
# The gradient tells us how to raise a score. So let us raise a *wrong* score, until the net predicts the wrong class.
# We say then that the image **fools** the net. With $g = \partial s_t / \partial x$ for the target class $t$, repeat
#
# $$
# \underset{1 \times 3 \times H \times W}{x} \;\leftarrow\; x + \eta \, \frac{g}{\lVert g \rVert_2},
# \qquad \lVert g \rVert_2 = \sqrt{\textstyle\sum_{k,i,j} g_{kij}^2},
# \qquad \eta = 1,
# $$
#
# until $t$ has the highest score. This is gradient **ascent**: the sign is a plus. The length $\lVert g \rVert_2$ is
# also called the norm. Dividing by it makes every step equally long, whether the gradient is huge or tiny. So the
# number of steps also shows how far the image has moved.
#
# ### By hand
#
# An image with a single pixel, $x = (1, 2, -1)$, and two classes with linear scores:
#
# $$
# w_t = (2, 1, 2), \quad s_t = 2 + 2 - 2 = 2, \qquad w_o = (1, 2, -2), \quad s_o = 1 + 4 + 2 = 7 .
# $$
#
# The gradient of $s_t$ is $w_t$, and its length is $\sqrt{4 + 1 + 4} = 3$. Each step adds
# $(\frac23, \frac13, \frac23)$. That raises $s_t$ by $9 / 3 = 3$ and does not change $s_o$, since
# $w_t \cdot w_o = 2 + 2 - 4 = 0$.
#
# | | $x$ | $s_t$ | $s_o$ | the net predicts |
# |---|---|---|---|---|
# | start | $(1, 2, -1)$ | $2$ | $7$ | other |
# | after 1 step | $(\frac53, \frac73, -\frac13)$ | $5$ | $7$ | other |
# | after 2 steps | $(\frac73, \frac83, \frac13)$ | $8$ | $7$ | target: stop |
#
# Also look at the scores before the first step: if the net predicts the target from the start, no step is needed.

# %% [markdown]
# ### Task 2: `make_fooling_image`
#
# Write `make_fooling_image(X, target_y, model)`.
#
# - **In:** one image `X` $(1, 3, H, W)$, the number of the target class, the model.
# - **Out:** an image for which the model predicts the target, as a tensor that does not require a gradient (`detach`).
# - Start from a copy of `X`, and take steps of length 1 as above. Do not change `X`.
# - Take at most 100 steps, and look at the prediction after the last step, too. If the model still does not predict the
#   target, raise a `RuntimeError`. A loop without a limit might never end.
# - Autograd records operations: a tensor that requires a gradient can be changed in place only inside
#   `with torch.no_grad():`.

# %% nbgrader={"grade": true, "grade_id": "fooling_image", "locked": true, "points": 10, "schema_version": 3, "solution": false, "task": false}
check.fooling_image()

# %% nbgrader={"grade": true, "grade_id": "fooling_limit", "locked": true, "points": 4, "schema_version": 3, "solution": false, "task": false}
check.fooling_limit()

# %% nbgrader={"grade": false, "grade_id": "fooling_five", "locked": true, "schema_version": 3, "solution": false, "task": false} tags=["skip-at-grading"]
# The five images, each changed until the net predicts one class:
# 6 (a stingray) for SqueezeNet, 5 for the small net.
TARGET = 6 if len(subject.class_names) > 10 else 5
print(f"{subject.name}; the target is {subject.title(TARGET)}")
print("image                 length of the image   of the change   largest change of a pixel")
originals = subject.batch(*FIVE)
fooled = []
for i in tqdm(FIVE, desc="images"):
    fooled.append(nv.make_fooling_image(originals[i : i + 1], TARGET, subject.model))
for i in FIVE:
    change = fooled[i] - originals[i]
    print(
        f"{subject.title(subject.labels[i]):20}  {originals[i].norm():19.1f}   {change.norm():13.2f}   "
        f"{change.abs().max():25.3f}"
    )
taken_for = subject.scores(torch.cat(fooled)).argmax(axis=1)
assert (taken_for == TARGET).all(), "the net must predict the target for every fooling image"

# %% [markdown]
# Lengths and pixels are in the net's units: the images are normalized, so that a pixel's values have a standard
# deviation of about 1. Now look at the first image. The third panel shows the difference of the two images; grey means
# "no change". The fourth panel shows ten times the difference.

# %% cellView="form" jupyter={"source_hidden": true} nbgrader={"grade": false, "grade_id": "fooling_panels", "locked": true, "schema_version": 3, "solution": false, "task": false} tags=["skip-at-grading"]
# @title Draw the four panels
show(
    fooling_figure(subject, originals[:1], fooled[0], subject.labels[0], TARGET),
    f"Four panels: an image; the image that {subject.name} puts into another class, which looks the same; their "
    "difference, which is nearly uniform grey; ten times the difference, which looks like coloured noise.",
)

# %% [markdown] nbgrader={"grade": false, "grade_id": "q1_question", "locked": true, "schema_version": 3, "solution": false, "task": false}
# ### Question 1: what fools the net? (3 points)
#
# Look at the four panels and at the table. How large is the change compared with the image? What does the difference
# look like, and can you see the target in it? What does that say about the properties of an image that the net uses?
# Three to five sentences.

# %% [markdown] nbgrader={"grade": true, "grade_id": "q1_fooling", "locked": false, "points": 3, "schema_version": 3, "solution": true, "task": false}
# **Model answer.** The change is tiny: for SqueezeNet about 1 percent of the image's length (3 to 8 against 370 to
# 610), for the small net mostly between a few percent and about 10 percent. No person would put the second panel into
# another class. The difference is fine noise, strongest where the object is; even ten times the difference shows no
# stingray (or star), and no shape at all. So the net does not only use the shapes that we see. Its score is a sum over
# very many pixels, and very many small changes that all point uphill add up to a large change of the score, whether
# they make sense to us or not.
#
# **Rubric.** 3: the change is small, with a figure from the table, *and* looks like noise without the target's shape, *and* a
# conclusion: the score responds to many tiny changes that mean nothing to us. 2: two of these. 1: only "one cannot see it". 0: claims
# that the target can be seen in the difference, or that the net must be untrained.

# %% [markdown]
# ## 4 Pictures of a class
#
# ### The idea
#
# Now we start from noise and take many more steps: what does a picture look like that gets a very high score for a class?
# There is no picture with the *highest* score: stronger pixels usually give a higher one, without end. And if we raise the
# score alone, we get noise with extreme colours. So we add a penalty for large pixels, and raise
#
# $$
# \underset{\text{one number}}{J(x)} = s_y(x) - \lambda \, \lVert x \rVert_2^2,
# \qquad
# \underset{1 \times 3 \times H \times W}{g} = \frac{\partial s_y}{\partial x} - 2 \lambda \, x .
# $$
#
# The penalty is $\lambda \sum x_{kij}^2$; the derivative of a square has a factor 2. One step moves the image along $g$
# by the learning rate $\eta$:
#
# $$
# x \leftarrow x + \eta \, \frac{g}{\lVert g \rVert_2}
# $$
#
# Divide the gradient of the *whole* of $J$ by its length, not only the part that comes from the score.
#
# ### By hand
#
# A single pixel $x = (0, 1, 2)$, a linear score with $w = (2, 1, 2)$, $\lambda = 0.5$ and $\eta = 0.5$:
#
# | | red | green | blue |
# |---|---|---|---|
# | $w$ | $2$ | $1$ | $2$ |
# | $-2 \lambda x$ | $0$ | $-1$ | $-2$ |
# | $g$ | $2$ | $0$ | $0$ |
# | $g / \lVert g \rVert_2$ | $1$ | $0$ | $0$ |
# | new $x$ | $0.5$ | $1$ | $2$ |
#
# In green and blue, the gradient of the score and the gradient of the penalty cancel.

# %% [markdown]
# ### Task 3: `class_visualization_update_step`
#
# Write `class_visualization_update_step(img, model, target_y, l2_reg, learning_rate)`: one step as above.
#
# - **In:** `img` $(1, 3, H, W)$, a leaf that requires a gradient; $\lambda$ is `l2_reg`, $\eta$ is `learning_rate`.
# - **Out:** nothing. Change `img` itself, in place. Afterwards its `grad` must be cleared: the caller continues with
#   the same tensor.
# - If the gradient is exactly zero, the image does not change. What would $0 / 0$ do? (`clamp_min` may help.)

# %% nbgrader={"grade": true, "grade_id": "visualization_step", "locked": true, "points": 10, "schema_version": 3, "solution": false, "task": false}
check.visualization_step()

# %% nbgrader={"grade": true, "grade_id": "visualization_in_place", "locked": true, "points": 4, "schema_version": 3, "solution": false, "task": false}
check.visualization_in_place()

# %% [markdown]
# ### A picture grows
#
# `create_class_visualization` starts with noise and calls your step 100 times. It also does three more things so that
# the picture does not become noise again. All three express what real pictures are like:
#
# - **jitter**: before each step the image is shifted by a few pixels, and shifted back afterwards. The score must not
#   depend on single pixels;
# - **blur**: every tenth step, the image is slightly blurred. Neighbouring pixels of a picture are similar;
# - **limits**: pixels stay between black and white.
#
# For images of 224 × 224 pixels the step has length 25 and the jitter is up to 16 pixels; for smaller images both are
# smaller in proportion. Try other classes: for SqueezeNet 78 (a tick), 187 (a Yorkshire terrier), 366 (a gorilla), 604
# (an hourglass) or 683 (an oboe).

# %% nbgrader={"grade": false, "grade_id": "class_picture", "locked": false, "schema_version": 3, "solution": false, "task": false} tags=["skip-at-grading"]
PICTURE_CLASS = 76 if len(subject.class_names) > 10 else 5  # a tarantula for SqueezeNet

stages, bar = [], tqdm(total=100, desc="steps")


def watch(iteration, picture):
    bar.update()
    if iteration in (1, 25, 50, 75, 100):
        stages.append((picture, f"iteration {iteration}"))


picture = class_picture(subject, PICTURE_CLASS, 100, watch)
bar.close()
scores = subject.scores(nv.preprocess(picture, size=subject.size))[0]
rank = int((scores > scores[PICTURE_CLASS]).sum()) + 1
print(f"{subject.title(PICTURE_CLASS)}: score {scores[PICTURE_CLASS]:.1f} in the last picture, rank {rank}")

# %% cellView="form" jupyter={"source_hidden": true} nbgrader={"grade": false, "grade_id": "class_picture_figure", "locked": true, "schema_version": 3, "solution": false, "task": false} tags=["skip-at-grading"]
# @title Draw five stages of the picture
show(
    draw_rows([stages], f"{subject.name}: {subject.title(PICTURE_CLASS)}"),
    f"Five stages of a picture for the class {subject.title(PICTURE_CLASS)}, from coloured noise at iteration 1 to "
    "strong, repeated patterns at iteration 100.",
)

# %% cellView="form" jupyter={"source_hidden": true} nbgrader={"grade": false, "grade_id": "class_gallery", "locked": true, "schema_version": 3, "solution": false, "task": false} tags=["skip-at-grading"]
# @title Five classes and one that is drawn by lot (another one each time): which would you recognize?
GALLERY = (78, 187, 366, 604, 683) if len(subject.class_names) > 10 else (0, 3, 4, 8, 9)
by_lot = int(np.random.default_rng().choice([c for c in subject.class_names if c not in GALLERY]))
row = [(class_picture(subject, c), subject.title(c)) for c in tqdm((*GALLERY, by_lot), desc="classes")]
show(
    draw_rows([row], f"Pictures with high scores for {subject.name}"),
    "Six pictures that were made to raise the scores of: "
    + ", ".join(subject.title(c) for c in (*GALLERY, by_lot))
    + ".",
)

# %% [markdown]
# ### What do the regularizers do?
#
# Remove the regularizers one at a time, and look at the noise, the outlines and the contrast. Also look at the scores: does
# the picture that looks best have the highest one?

# %% nbgrader={"grade": false, "grade_id": "regularizers", "locked": true, "schema_version": 3, "solution": false, "task": false} tags=["skip-at-grading"]
never = 10**6
VARIANTS = {
    "all of them": {},
    "without jitter": {"max_jitter": 0},
    "without blur": {"blur_every": never},
    "neither": {"max_jitter": 0, "blur_every": never},
    "l2_reg × 10": {"l2_reg": 1e-2},
}
row = []
for name, options in tqdm(VARIANTS.items(), desc="variants"):
    picture = class_picture(subject, PICTURE_CLASS, **options)
    score = subject.scores(nv.preprocess(picture, size=subject.size))[0, PICTURE_CLASS]
    row.append((picture, f"{name}\nscore {score:.0f}"))

# %% cellView="form" jupyter={"source_hidden": true} nbgrader={"grade": false, "grade_id": "regularizers_figure", "locked": true, "schema_version": 3, "solution": false, "task": false} tags=["skip-at-grading"]
# @title Draw the five pictures
pixels = [np.asarray(picture, dtype=float) for picture, _ in row]
measured = "; ".join(
    f"{', '.join(title.splitlines())}, contrast {p.std():.0f}, steps {np.abs(np.diff(p, axis=1)).mean():.0f}"
    for p, (_, title) in zip(pixels, row, strict=True)
)
show(
    draw_rows([row], f"{subject.name}: {subject.title(PICTURE_CLASS)}, without some regularizers"),
    "Five pictures for one class; contrast: standard deviation of all pixels, from 0 to 255; steps: how much a pixel "
    f"differs from the next. {measured}.",
)

# %% [markdown]
# ### Experiment with it
#
# Choose an image and a class. The map shows which pixels matter *for the score of this class*, whether the class is in
# the image or not. One button draws the picture of the class, the other one chooses a class by lot. Nothing is graded here. Find out:
#
# - Where does the net look in one image for two different classes? Are the maps as different as you expected?
# - Take an image that the net gets wrong (SqueezeNet: about half of the 25). Compare the maps of the right class and of
#   the class that the net predicted.
# - Which classes give pictures that you would recognize, and what do these classes have in common?

# %% nbgrader={"grade": false, "grade_id": "explorer", "locked": true, "schema_version": 3, "solution": false, "task": false} tags=["skip-at-grading"]
from nndl.explore.network_visualization.look_inside import explore

explore(subject)

# %% [markdown]
# ## 5 Is the map enough?
#
# A saliency map says which pixels matter for a class. So do we need the gradient at all? Could we raise the score by
# adding *the map* to the image? The next cell takes ten steps of length 1 for each of the five images, in three
# directions. The first is along the gradient (your update step, without penalty). The second is along the saliency map
# of the target, the same for all three channels. The third is against the saliency map.
#
# **Before you run it**, write down the order in which you expect the three curves to end, and why. Question 2 asks about it.

# %% nbgrader={"grade": false, "grade_id": "shortcut", "locked": true, "schema_version": 3, "solution": false, "task": false} tags=["skip-at-grading"]
STEPS = 10


def along_gradient(x):
    x = x.clone().requires_grad_()
    nv.class_visualization_update_step(x, subject.model, TARGET, l2_reg=0.0, learning_rate=1.0)
    return x.detach()


def along_map(x, sign=1):
    one_map = nv.compute_saliency_maps(x, torch.tensor([TARGET], device=x.device), subject.model)
    direction = one_map[:, None].expand_as(x)
    return x + sign * direction / direction.norm()


rises = {}
ways = {
    "along the gradient": along_gradient,
    "along the map": along_map,
    "against the map": lambda x: along_map(x, -1),
}
for name, step in tqdm(ways.items(), desc="ways"):
    x, history = [originals[i : i + 1] for i in FIVE], []
    for _ in range(STEPS + 1):
        history.append(subject.scores(torch.cat(x))[:, TARGET].mean())
        x = [step(image) for image in x]
    rises[name] = np.array(history) - history[0]
print({name: round(float(values[-1]), 2) for name, values in rises.items()})

# %% cellView="form" jupyter={"source_hidden": true} nbgrader={"grade": false, "grade_id": "shortcut_figure", "locked": true, "schema_version": 3, "solution": false, "task": false} tags=["skip-at-grading"]
# @title Draw the three curves
figure, ax = plt.subplots(figsize=(7, 3.6))
for (name, values), marker in zip(rises.items(), "os^", strict=True):
    ax.plot(values, marker=marker, label=name)
ax.set(
    xlabel="step of length 1", ylabel="rise of the target's score", title=f"{subject.name}: three directions"
)
ax.legend()
ax.grid(alpha=0.3)
show(
    figure,
    f"Three curves of the rise of the target's score over {STEPS} steps, mean of five images: along the gradient "
    f"{rises['along the gradient'][-1]:.1f} at the end, along the map {rises['along the map'][-1]:.1f}, "
    f"against the map {rises['against the map'][-1]:.1f}.",
)

# %% [markdown] nbgrader={"grade": false, "grade_id": "q2_question", "locked": true, "schema_version": 3, "solution": false, "task": false}
# ### Question 2: can the map raise a score? (3 points)
#
# What do the three curves say? The map is computed from the gradient, but two kinds of information are lost. Name both,
# and say why each of them is needed to raise the score. Would it help to use grey images? Three to five sentences.

# %% [markdown] nbgrader={"grade": true, "grade_id": "q2_shortcut", "locked": false, "points": 3, "schema_version": 3, "solution": true, "task": false}
# **Model answer.** No. The gradient raises the score steeply; the map hardly changes it, and adding or subtracting the
# map makes little difference, so the map does not show which direction is up. The map is the maximum over the channels
# of absolute values. It has lost the *sign*: it says that a pixel matters, but not whether it should become brighter or
# darker. So some pixels are moved uphill and others downhill, and the changes cancel; the total score may even fall.
# And it has lost the *channels*: one number per pixel cannot say whether to change red, green or blue. Grey images do
# not help: with one channel the second loss is gone, but the sign is still missing.
#
# **Rubric.** 3: no, with both the sign and the channels, and the reason why each is needed. 2: one of the two. 1: "no"
# without a reason, or "no for colour images, yes for grey ones". 0: yes.

# %% [markdown]
# ## 6 Looking back
#
# - A net is differentiable in its input as well as in its weights. If you fix one, you can compute gradients for the
#   other.
# - A saliency map shows *where* a score is sensitive, but not in which direction. To raise the score you need the
#   gradient itself.
# - Ascent and descent differ in a sign. Before you write it, ask yourself what should rise or fall.
# - A change that nobody sees can change a net's answer completely: what a net has learned is not what people have
#   learned.
# - Pictures of a class need regularizers, that is, knowledge about pictures that the net's score does not contain.
#
# **What next?** This was the last assignment of the course. You have built scores, losses, layers, optimizers and whole
# nets, and now looked into one. All larger nets are made of these parts.
#
# **To go further** (not graded)
#
# 1. *All pixels by the same amount.* Replace $g / \lVert g \rVert_2$ in the fooling image by $\varepsilon \cdot \mathrm{sign}(g)$. How small can
#    $\varepsilon$ be for a single step to be enough?
# 2. *Quieter maps.* Average the saliency maps of 30 copies of an image, each with a little noise added. What happens to
#    the noise in the maps, and why?
# 3. *Does it transfer?* Train the small net again from another seed. Do the fooling images of the first net also fool
#    the second one?
# 4. *A hidden unit's picture.* Raise the mean of one channel of a middle layer instead of a score. What do early layers
#    respond to, and what do later ones respond to?
# 5. *Adversarial training.* Add fooling images with their right labels to the training set of the small net. Do you
#    then need more steps to fool it?
#
# **Further reading**
#
# - K. Simonyan, A. Vedaldi and A. Zisserman, [Deep inside convolutional networks](https://arxiv.org/abs/1312.6034), 2014: the
#   maps and the pictures of this notebook.
# - C. Szegedy and others, [Intriguing properties of neural networks](https://arxiv.org/abs/1312.6199), 2014; I. Goodfellow, J.
#   Shlens and C. Szegedy, [Explaining and harnessing adversarial examples](https://arxiv.org/abs/1412.6572), 2015; A. Ilyas and
#   others, [Adversarial examples are not bugs, they are features](https://arxiv.org/abs/1905.02175), 2019.
# - J. Yosinski and others, [Understanding neural networks through deep visualization](https://arxiv.org/abs/1506.06579), 2015;
#   C. Olah, A. Mordvintsev and L. Schubert, [Feature visualization](https://distill.pub/2017/feature-visualization/), Distill
#   2017: what regularizers do for such pictures.
# - J. Adebayo and others, [Sanity checks for saliency maps](https://arxiv.org/abs/1810.03292), 2018: maps that look convincing
#   and do not depend on what the net has learned; D. Smilkov and others, [SmoothGrad](https://arxiv.org/abs/1706.03825), 2017.
# - F. Iandola and others, [SqueezeNet](https://arxiv.org/abs/1602.07360), 2016.
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
