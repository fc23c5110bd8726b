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
# A net that has been trained is a function of its input, and its input is a picture. So the gradient that has always gone to
# the weights can go one step further, to the **pixels**, and tell you what the net looks at, how it can be led astray, and
# what it would like to see.
#
# **You will be able to**
#
# - take the gradient of a score for every pixel of a batch in one backward pass, and say why that is allowed;
# - draw saliency maps, and say what they show and what they cannot show;
# - change an image by so little that nobody sees it, and yet a net takes it for another class;
# - draw the picture that a net likes best for a class, and say what each regularizer does for it;
# - keep the signs straight: when a gradient is climbed, and when it is descended.
#
# **It builds on** the PyTorch assignment (tensors with `requires_grad`, modules, evaluation mode) and on convolutional nets.
# **It takes** about three hours, of which the computer needs a few minutes.
# You write three short functions in `nndl/net_visualization.py`; nothing in here trains for long.
#
# ![Two rows of five small pictures for a net trained on drawn figures. Above: images of a ring, a plus, a star, a checked
# disc and a striped square. Below: what the net likes best for the same five classes; the outlines of the figures and the
# stripes can be made out in strong colours.](images/goal.png)
#
# *What you will have made: above, images of five classes of the drawn image set; below, pictures that began as noise and were
# changed until a small convolutional net took them for these classes with great conviction. Nobody showed it how to draw.*

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
# replace both lines. The docstring above them is the contract: what comes in, what must come out. Save the file and
# run the check again; you need not restart anything.
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

# %% nbgrader={"grade": false, "grade_id": "setup", "locked": true, "schema_version": 3, "solution": false, "task": false}
# The tools of this notebook. Run this cell first; there is nothing to change in it.
# %load_ext autoreload
# %autoreload 2

import nndl.net_visualization as nv  # where PyTorch is missing, this line says what to install

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

# Colours that stay apart for colour-blind eyes (Okabe and Ito), each with a line style of its own.
BLUE, ORANGE, GREEN = "#0072B2", "#D55E00", "#009E73"
plt.rcParams["axes.prop_cycle"] = plt.cycler(color=[BLUE, ORANGE, GREEN], linestyle=["-", "--", ":"])
plt.rcParams["figure.constrained_layout.use"] = True

SEED = 0  # of everything that is drawn at random, so that a second run gives the same numbers
check.progress

# %% [markdown]
# ## 1 The net at work
#
# One of two nets is looked into below, and **every figure says in its title which one it is**:
#
# - **SqueezeNet 1.1**, trained on the 1,000 classes of ImageNet, with 25 photographs of 224 × 224 pixels. Its published weights
#   (4.7 MB) and the photographs (3.9 MB) are downloaded at the first use. If you have the files `squeezenet1_1.pth` and
#   `imagenet_val_25.npz` already, let the environment variable `NNDL_DATA` name their folder.
# - **A small convolutional net** with three convolutions, if these files are not to be had. It is trained right here, in a
#   minute or two, on CIFAR-10, or on the drawn image set if `NNDL_DATA=offline`. It knows ten classes and images of
#   32 × 32 pixels. What you see of it says nothing about SqueezeNet; but all that you write is the same.
#
# In both cases the net is *frozen*: its parameters do not require gradients, and nothing below changes them.

# %% nbgrader={"grade": false, "grade_id": "load_squeezenet", "locked": true, "schema_version": 3, "solution": false, "task": false} tags=["skip-at-grading"]
OFFLINE = os.environ.get("NNDL_DATA") == "offline"  # whether the drawn images are asked for
subject = None  # a model, images, labels, the names of the classes, and the model's name
if OFFLINE:
    print("NNDL_DATA is offline: a small net, trained on drawn images, is looked into.")
else:
    try:
        squeezenet = load_squeezenet().to(nv.device)
        subject = Subject(squeezenet, *load_imagenet_val(), "SqueezeNet 1.1 (ImageNet)")
        print("SqueezeNet 1.1, trained on ImageNet, is looked into.")
    except (ConnectionError, FileNotFoundError, ValueError) as reason:
        print(f"SqueezeNet is not to be had, so a small net is looked into instead. The reason: {reason}")

# %% nbgrader={"grade": false, "grade_id": "train_small", "locked": true, "schema_version": 3, "solution": false, "task": false} tags=["skip-at-grading"]
# Trains the small net where SqueezeNet is not to be had. You know all of this from the PyTorch assignment.
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
    right.set_xlim(0.5, EPOCHS + 0.5)
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

    # The first test image of each class that it gets right: only who is right can be led astray.
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
    print("SqueezeNet is at work: there is nothing to train.")

# %% nbgrader={"grade": false, "grade_id": "look_at_images", "locked": true, "schema_version": 3, "solution": false, "task": false} tags=["skip-at-grading"]
# Five images with their classes, and what the net takes them for.
FIVE = range(5)
scores = subject.scores(subject.batch(*FIVE))
row = [
    (subject.images[i], f"{subject.title(subject.labels[i])}\ntaken for {subject.title(scores[i].argmax())}")
    for i in FIVE
]
show(
    draw_rows([row], f"What {subject.name} says"),
    "Five images in a row: " + ", ".join(subject.title(subject.labels[i]) for i in FIVE) + ".",
)

# %% [markdown]
# ## 2 Saliency maps
#
# ### The idea
#
# In training, the image stood still and the weights moved. Now the weights stand still, and we ask: if a pixel moved, what
# would the **score** of a class do? Near the image $x_0$ a net is almost linear:
#
# $$
# \underset{\text{one number}}{s_c(x)} \;\approx\; s_c(x_0) + \sum_{k, i, j}
# \underset{3 \times H \times W}{\frac{\partial s_c}{\partial x}(x_0)_{kij}} \; (x - x_0)_{kij}
# $$
#
# A large derivative means: this pixel matters here. A pixel has three of them, one for each colour channel $k$, and each may be
# positive or negative. A **saliency map** keeps one number, the largest size:
#
# $$
# \underset{H \times W}{M_{ij}} = \max_k \left| \frac{\partial s_y}{\partial x_{kij}} \right|
# $$
#
# Three things are easy to get wrong.
#
# - **The score, not the probability.** A softmax probability also rises when *other* scores fall, and where the net is sure
#   its gradient is next to nothing.
# - **The class $y$ of the image, not the winner.** The map of an image that is misclassified is the interesting one.
# - **All images in one backward pass.** Let $S = \sum_n s_{y_n}(x_n)$ over the batch. In evaluation mode image $m$ has no
#   influence on the score of image $n$, so
#
# $$
# \frac{\partial S}{\partial x_m} = \sum_n \frac{\partial s_{y_n}(x_n)}{\partial x_m} = \frac{\partial s_{y_m}(x_m)}{\partial x_m} .
# $$
#
# One sum, one backward pass, and the gradient of $X$, of shape $N \times 3 \times H \times W$, holds every image's own gradient.
# (In training mode, batch normalization would tie the images together. Hence `model.eval()`.)
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
# | **largest size** | $\mathbf{3}$ | $\mathbf{2}$ |
#
# The derivatives of a linear score are its weights, whatever the image. The map is $(3, 2)$. Without the absolute value it would
# be $(2, 1)$: the strongest influences are negative here.

# %% [markdown]
# ### A tool: one entry of each row
#
# The scores are a table with a row for each image. `gather` takes the entry of column `y[n]` out of each row `n`. It does what
# `scores[np.arange(N), y]` does in NumPy, and the gradient flows back through it.

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
# - Work on a copy of `X` that requires a gradient. `X` itself must come back as it was, without a gradient and without
#   requiring one, so that a second call gives the same maps.
# - `torch.autograd.grad(number, tensor)` returns a tuple with the gradient and stores nothing. `number.backward()` stores it in
#   `tensor.grad`, where it is *added* to what is there already.
#
# If in doubt which axis is which, write the shape of every tensor beside its line.

# %% nbgrader={"grade": true, "grade_id": "saliency_maps", "locked": true, "points": 12, "schema_version": 3, "solution": false, "task": false}
check.saliency_maps()

# %% nbgrader={"grade": false, "grade_id": "saliency_figure", "locked": true, "schema_version": 3, "solution": false, "task": false} tags=["skip-at-grading"]
show(
    saliency_figure(subject, FIVE),
    f"Five images above their saliency maps for {subject.name}. The maps are dark for the most part; bright dots "
    "gather where the object is, with some scattered around it.",
)

# %% [markdown]
# The dots gather on the object, although nobody ever told the net where it is: it was given one label per image. The maps are
# also grainy and full of holes. A gradient tells what an *infinitely small* change would do, pixel by pixel, and neighbouring
# pixels need not agree.

# %% [markdown]
# ## 3 Fooling images
#
# ### The idea
#
# If the gradient tells how to raise a score, let us raise a *wrong* one, until the net falls for it. With $g = \partial s_t /
# \partial x$ for the target class $t$, repeat
#
# $$
# \underset{1 \times 3 \times H \times W}{x} \;\leftarrow\; x + \eta \, \frac{g}{\lVert g \rVert_2},
# \qquad \lVert g \rVert_2 = \sqrt{\textstyle\sum_{k,i,j} g_{kij}^2},
# \qquad \eta = 1,
# $$
#
# until $t$ has the highest score. This is gradient **ascent**: the sign is a plus. Dividing by the length makes every step
# equally long, whether the gradient is huge or tiny, so that the number of steps also tells how far the image has gone.
#
# ### By hand
#
# An image with a single pixel, $x = (1, 2, -1)$, and two classes with linear scores:
#
# $$
# w_t = (2, 1, 2), \quad s_t = 2 + 2 - 2 = 2, \qquad w_o = (1, 2, -2), \quad s_o = 1 + 4 + 2 = 7 .
# $$
#
# The gradient of $s_t$ is $w_t$, and its length is $\sqrt{4 + 1 + 4} = 3$. Each step adds $(\frac23, \frac13, \frac23)$. That
# raises $s_t$ by $9 / 3 = 3$ and leaves $s_o$ alone, since $w_t \cdot w_o = 2 + 2 - 4 = 0$.
#
# | | $x$ | $s_t$ | $s_o$ | the net says |
# |---|---|---|---|---|
# | start | $(1, 2, -1)$ | $2$ | $7$ | other |
# | after 1 step | $(\frac53, \frac73, -\frac13)$ | $5$ | $7$ | other |
# | after 2 steps | $(\frac73, \frac83, \frac13)$ | $8$ | $7$ | target: stop |
#
# Look at the scores before the first step, too: an image that is taken for the target from the start needs none.

# %% [markdown]
# ### Task 2: `make_fooling_image`
#
# Write `make_fooling_image(X, target_y, model)`.
#
# - **In:** one image `X` $(1, 3, H, W)$, the number of the target class, the model.
# - **Out:** an image that the model takes for the target, as a tensor that does not require a gradient (`detach`).
# - Start from a copy of `X`, in steps of length 1 as above. `X` is left as it is.
# - Make 100 steps at most, and look at what the last one leads to, too. If the model does not fall for it even then, raise a
#   `RuntimeError`. A loop without a limit may run for ever.
# - Mind what is recorded: a tensor that requires a gradient can be changed in place only inside `with torch.no_grad():`.

# %% nbgrader={"grade": true, "grade_id": "fooling_image", "locked": true, "points": 10, "schema_version": 3, "solution": false, "task": false}
check.fooling_image()

# %% nbgrader={"grade": true, "grade_id": "fooling_limit", "locked": true, "points": 4, "schema_version": 3, "solution": false, "task": false}
check.fooling_limit()

# %% nbgrader={"grade": false, "grade_id": "fooling_five", "locked": true, "schema_version": 3, "solution": false, "task": false} tags=["skip-at-grading"]
# The five images, each made into one class: 6 (a stingray) for SqueezeNet, 5 for the small net.
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
assert (taken_for == TARGET).all(), "a fooling image must be taken for the target"

# %% [markdown]
# Lengths and pixels are in the net's units: normalized, so that a pixel's values have a standard deviation of about 1.
# Now look at the first of them. The third panel shows the difference of the two images, with grey for "no change"; the
# fourth shows ten times the difference.

# %% nbgrader={"grade": false, "grade_id": "fooling_panels", "locked": true, "schema_version": 3, "solution": false, "task": false} tags=["skip-at-grading"]
show(
    fooling_figure(subject, originals[:1], fooled[0], subject.labels[0], TARGET),
    f"Four panels: an image; the image that {subject.name} takes for another class, which looks the same; their "
    "difference, which is nearly uniform grey; ten times the difference, which looks like coloured noise.",
)

# %% [markdown] nbgrader={"grade": false, "grade_id": "q1_question", "locked": true, "schema_version": 3, "solution": false, "task": false}
# ### Question 1: what fools the net? (3 points)
#
# Look at the four panels and at the table. How large is the change compared with the image, what does the difference look
# like, and does it show the target? What does that say about what the net goes by? Three to five sentences.

# %% [markdown] nbgrader={"grade": true, "grade_id": "q1_fooling", "locked": false, "points": 3, "schema_version": 3, "solution": true, "task": false}
# **Model answer.** The change is tiny: for SqueezeNet about 1 percent of the image's length (3 to 8 against 370 to 610), for the
# small net mostly a few percent up to some 10 percent, and no eye would take the second panel for another class. The
# difference is fine-grained noise, strongest where the object is; even tenfold it shows no stingray (or star), no shape at all.
# So the net does not go by the shapes that we see alone. Its score is a sum over very many pixels, and very many small
# changes that all point uphill add up to a large change of the score, whether they make sense to us or not.
#
# **Rubric.** 3: the change is small, with a figure from the table, *and* looks like noise without the target's shape, *and* a
# conclusion: the score responds to many tiny changes that mean nothing to us. 2: two of these. 1: only "one cannot see it". 0: claims
# that the target can be seen in the difference, or that the net must be untrained.

# %% [markdown]
# ## 4 Pictures of a class
#
# ### The idea
#
# Now start from noise and climb much further: which picture does the net like best for a class? Climbing the score alone
# gives glaring noise. So large pixels are made to cost something, and what is climbed is
#
# $$
# \underset{\text{one number}}{J(x)} = s_y(x) - \lambda \, \lVert x \rVert_2^2,
# \qquad
# \underset{1 \times 3 \times H \times W}{g} = \frac{\partial s_y}{\partial x} - 2 \lambda \, x .
# $$
#
# The penalty is $\lambda \sum x_{kij}^2$; the derivative of a square brings a factor 2. One step moves the image by the
# learning rate $\eta$ along $g$:
#
# $$
# x \leftarrow x + \eta \, \frac{g}{\lVert g \rVert_2}
# $$
#
# The gradient of the *whole* of $J$ is divided by its length, not only the score's share.
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
# In green and blue the score's wish for more and the penalty's for less are in balance.

# %% [markdown]
# ### Task 3: `class_visualization_update_step`
#
# Write `class_visualization_update_step(img, model, target_y, l2_reg, learning_rate)`: one step as above.
#
# - **In:** `img` $(1, 3, H, W)$, a leaf that requires a gradient; $\lambda$ is `l2_reg`, $\eta$ is `learning_rate`.
# - **Out:** nothing. `img` itself is changed, in place, and afterwards its `grad` is clear: the caller goes on with the same
#   tensor.
# - An image whose gradient is exactly zero stays where it is. What would $0 / 0$ do? (`clamp_min` may help.)

# %% nbgrader={"grade": true, "grade_id": "visualization_step", "locked": true, "points": 10, "schema_version": 3, "solution": false, "task": false}
check.visualization_step()

# %% nbgrader={"grade": true, "grade_id": "visualization_in_place", "locked": true, "points": 4, "schema_version": 3, "solution": false, "task": false}
check.visualization_in_place()

# %% [markdown]
# ### A picture grows
#
# `create_class_visualization` begins with noise and calls your step 100 times. Around it, three more things keep the
# picture from becoming noise again, all of them ways of saying what pictures are like:
#
# - **jitter**: before each step the image is shifted by a few pixels, and back afterwards. What pleases the net must not hang on
#   single pixels;
# - **blur**: every tenth step, a slight blur. Neighbouring pixels of a picture are alike;
# - **limits**: pixels stay between black and white.
#
# For images of 224 × 224 pixels the step has length 25 and the jitter is up to 16 pixels; for smaller ones both are scaled with
# the side. Try other classes: for SqueezeNet 78 (a tick), 187 (a Yorkshire terrier), 366 (a gorilla), 604 (an hourglass) or 683
# (an oboe).

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
show(
    draw_rows([stages], f"{subject.name}: {subject.title(PICTURE_CLASS)}"),
    f"Five stages of a picture for the class {subject.title(PICTURE_CLASS)}, from coloured noise at iteration 1 to "
    "strong, repeated patterns at iteration 100.",
)

# %% nbgrader={"grade": false, "grade_id": "class_gallery", "locked": true, "schema_version": 3, "solution": false, "task": false} tags=["skip-at-grading"]
# Five classes; which would you recognize?
GALLERY = (78, 187, 366, 604, 683) if len(subject.class_names) > 10 else (0, 3, 4, 8, 9)
row = [(class_picture(subject, c), subject.title(c)) for c in tqdm(GALLERY, desc="classes")]
show(
    draw_rows([row], f"What {subject.name} likes best"),
    "Five pictures that were drawn to raise the scores of: "
    + ", ".join(subject.title(c) for c in GALLERY)
    + ".",
)

# %% [markdown]
# ### What do the regularizers do?
#
# Take them away one at a time, and look at the grain, the outlines and the contrast. (And at the scores: the picture that is
# easiest to look at is not the one with the highest score.)

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
show(
    draw_rows([row], f"{subject.name}: {subject.title(PICTURE_CLASS)}, regularizers taken away"),
    "Five pictures for one class. With all regularizers the patterns are smooth and connected; without jitter and blur "
    "they are sharp-edged and noisy; with a tenfold penalty the contrast is low.",
)

# %% [markdown]
# ### Play with it
#
# Choose an image and a class: the map shows where the net finds reasons *for this class* in the image, whether it is there or
# not. The button draws the picture of the class. Nothing is graded here. Find out:
#
# - Where does the net look in one image for two different classes? Are the maps as different as you expected?
# - Take an image that the net gets wrong (SqueezeNet: about half of the 25). Compare the maps of the right class and of the one that it chose.
# - Which classes give pictures that you would recognize, and what do these classes have in common?

# %% nbgrader={"grade": false, "grade_id": "explorer", "locked": true, "schema_version": 3, "solution": false, "task": false} tags=["skip-at-grading"]
from nndl.explore.network_visualization.look_inside import explore

explore(subject)

# %% [markdown]
# ## 5 A tempting shortcut
#
# A saliency map says which pixels matter for a class. So why take a gradient at all: could one not raise the score by adding
# *the map* to the image? Here are ten steps of length 1 for each of the five images: along the gradient (your update
# step, without penalty), along the saliency map of the target, the same for all three channels, and against it.

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

figure, ax = plt.subplots(figsize=(7, 3.6))
for (name, values), marker in zip(rises.items(), "os^", strict=True):
    ax.plot(values, marker=marker, label=name)
ax.set(xlabel="step of length 1", ylabel="rise of the target's score", title=f"{subject.name}: three ways up")
ax.legend()
ax.grid(alpha=0.3)
show(
    figure,
    f"Three curves of the rise of the target's score over {STEPS} steps, mean of five images: along the gradient "
    f"{rises['along the gradient'][-1]:.1f} at the end, along the map {rises['along the map'][-1]:.1f}, "
    f"against the map {rises['against the map'][-1]:.1f}.",
)
print({name: round(float(values[-1]), 2) for name, values in rises.items()})

# %% [markdown] nbgrader={"grade": false, "grade_id": "q2_question", "locked": true, "schema_version": 3, "solution": false, "task": false}
# ### Question 2: can one climb with the map? (3 points)
#
# What do the three curves say? Name the two things that the map has lost on the way from the gradient, and say why each of
# them is needed for climbing. Would it help to use grey images? Three to five sentences.

# %% [markdown] nbgrader={"grade": true, "grade_id": "q2_shortcut", "locked": false, "points": 3, "schema_version": 3, "solution": true, "task": false}
# **Model answer.** No. The gradient raises the score steeply; the map hardly moves it, and adding it or taking it off makes
# little difference, so it does not know which way is up. The map is the maximum over the channels of absolute values. It has
# lost the *sign*: it says that a pixel matters, but not whether it should become brighter or darker, so some pixels are moved
# uphill and others downhill, and the changes cancel; on the whole the score may even fall. And it has lost the *channels*: one
# number per pixel cannot say whether red, green or blue is to be changed. Grey images do not help: with one channel the second loss is
# gone, but the sign is still missing.
#
# **Rubric.** 3: no, with both the sign and the channels, and what each is needed for. 2: one of the two. 1: "no" without a
# reason, or "no for colour images, yes for grey ones". 0: yes.

# %% [markdown]
# ## 6 Looking back
#
# - A trained net is differentiable in its input as it is in its weights. Freeze the one, and the other can be asked.
# - A saliency map shows *where* a score is sensitive, not which way. For climbing you need the gradient itself.
# - Ascent and descent differ in a sign. Before you write it, say aloud what is to rise or to fall.
# - A change that nobody sees can turn a net's answer around: what it has learned is not what we have learned.
# - Pictures of a class need regularizers, that is, knowledge about pictures that the net's score does not contain.
#
# **What next?** This was the last assignment of the course. You have built scores, losses, layers, optimizers and whole nets,
# and now looked into one. Everything larger is made of these parts.
#
# **To go further** (not graded)
#
# 1. *All pixels by the same amount.* Replace $g / \lVert g \rVert_2$ in the fooling image by $\varepsilon \cdot \mathrm{sign}(g)$. How small can
#    $\varepsilon$ be for a single step to be enough?
# 2. *Quieter maps.* Average the saliency maps of 30 copies of an image, each with a little noise added. What happens to the grain,
#    and why?
# 3. *Does it carry over?* Train the small net from another seed. Does it fall for the fooling images of the first?
# 4. *A hidden unit's picture.* Climb the mean of one channel of a middle layer instead of a score. What do early layers like,
#    and what do late ones?
# 5. *Vaccination.* Add fooling images with their right labels to the training set of the small net. Are longer ways
#    needed to fool it then?
#
# Last of all: how far have you come?

# %% nbgrader={"grade": false, "grade_id": "progress_summary", "locked": true, "schema_version": 3, "solution": false, "task": false}
check.progress
