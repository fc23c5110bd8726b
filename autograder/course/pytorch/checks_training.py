"""Checks of the optimizers, of the open-ended net, and of the nets that were trained and stored.

The three ConvNets have a known architecture: their stored arrays are read, and the trusted reference computes their
scores. The open-ended net may be anything, so only the student's own code can run it: in the sandbox, which is shown
images and sends back scores. The labels stay outside. Whatever that code does, it earns points only by telling apart
images that it has not seen; there is nothing in there to forge a score with. (CIFAR-10's test labels are public, so
a net could be trained on them, however it is measured; against the drawn images, which are new in each run, that is
of no use either.)
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from autograder.failures import StudentError
from autograder.judging.accuracy import accuracy_finding, floats, settled_early, stored_arrays
from autograder.judging.check import Draw, Finding, Findings, Trial, check
from autograder.judging.compare import claim, close, is_finite, is_number, step_taken
from autograder.judging.students_own_values import float_array
from nndl.checking.pytorch import CONVNET_RULES, LARGEST_NET, OPEN_RULE
from nndl.checking.shared.accuracy import AccuracyRule
from nndl.diagnosis import describe

from .checks_nets import NAMES

IMAGES = 4000
"""On how many unseen images a stored net is measured at most; see `settled_early`."""

BATCH, BLOCK = 125, 500
"""Of so many images scores are computed at once, and so many are normalized. The memory of larger ones is given back
and taken anew each time, which takes as long as the convolutions."""
MOST_CHANNELS = 64
"""The widest convolution of a stored ConvNet that is accepted; it bounds what is computed."""

STEPS = 4

LEARNS = 0.4
"""Of the movement of scores in a short training, what leads to the right classes at least: 1 is all of it, and chance
is 0 give or take 0.3."""


@check(
    points=2, parts=("steps",), cases=({"shapes": ((4, 3), (3,))}, {"shapes": ((2, 3, 3, 3), (2,), (5, 2))})
)
def module_optimizer(trial: Trial, *, shapes: tuple[tuple[int, ...], ...]) -> Findings:
    """`module_optimizer` makes plain gradient steps with learning rate 3e-3 on all parameters."""
    yield from _steps(trial, "module_optimizer", shapes, rate=3e-3, momentum=0.0)


@check(
    points=2, parts=("steps",), cases=({"shapes": ((4, 3), (3,))}, {"shapes": ((2, 3, 3, 3), (2,), (5, 2))})
)
def sequential_optimizer(trial: Trial, *, shapes: tuple[tuple[int, ...], ...]) -> Findings:
    """`sequential_optimizer` makes steps with Nesterov momentum 0.9, learning rate 1e-2, on all parameters."""
    yield from _steps(trial, "sequential_optimizer", shapes, rate=1e-2, momentum=0.9)


def _steps(
    trial: Trial, name: str, shapes: tuple[tuple[int, ...], ...], rate: float, momentum: float
) -> Findings:
    """Yield whether parameters move as the formula says, under gradients that are given."""
    start = [trial.draw.normal(*shape) for shape in shapes]
    gradients = [[trial.draw.normal(*shape) for shape in shapes] for _ in range(STEPS)]
    path = trial.student.optimizer_path(name, start, gradients)
    whole = isinstance(path, list) and len(path) == STEPS
    if not whole or not all(isinstance(p, list) and len(p) == len(shapes) for p in path):
        raise StudentError("ValueError", f"the steps of {name} did not come back as {STEPS} lists of arrays")
    for which, before in enumerate(start):
        velocity, value = np.zeros_like(before), before
        for number, gradient in enumerate(gradients, start=1):
            velocity = momentum * velocity + gradient[which]
            value = value - rate * (gradient[which] + momentum * velocity)
            got = path[number - 1][which]
            label = f"what {'1 step has' if number == 1 else f'{number} steps have'} changed in parameter {which + 1}"
            moved = step_taken(got, before)
            told = _rule_told(moved, gradient[which], rate * (1 + momentum)) if number == 1 else ""
            yield from close({label: (moved, value - before)}, part="steps", rtol=1e-9, context=told)


def _rule_told(moved: Any, gradient: np.ndarray, rate: float) -> str:
    """Say what a first step looks like: a multiple of the gradient, or of its signs; empty if it is neither."""
    if not is_finite(moved, gradient.shape, "f"):
        return ""
    ratios, lengths = -moved / gradient, np.abs(moved)
    if np.ptp(lengths) <= 1e-4 * lengths.max() and (np.sign(moved) == -np.sign(gradient)).all():
        return f"every number moves by {lengths.max():.3g}, however large its gradient is, as in the first step of Adam"
    if np.ptp(ratios) <= 1e-9 * np.abs(ratios).max():
        return f"it is {-ratios.mean():.3g} times the gradient, where {-rate:.3g} times is right"
    return ""


@check(
    points=3,
    tests=("open_ended_net", "flatten", "Flatten"),
    parts=("scores", "optimizer", "learning"),
    basis=("learning",),
    cases=({},),
    wall=60.0,
)
def open_ended_net(trial: Trial) -> Findings:
    """`open_ended_net` gives a net for images of ten classes, and an optimizer that trains all of it."""
    net = trial.student.OpenEndedNet(trial.draw.integer(2, 10), trial.draw.seed())
    size = net.parameters()
    fits = isinstance(size, int) and 0 < size <= LARGEST_NET
    message = f"the net has {describe(size)} parameters, but at most {LARGEST_NET} are allowed"
    yield claim("scores", "size", fits, message, expected=f"<= {LARGEST_NET}", actual=size)
    x = trial.draw.normal(12, 3, 32, 32)
    scores = checked_scores(net.scores(x, trial.draw.seed()), len(x))
    yield from close(
        {"the scores of the same images a second time": (net.scores(x, trial.draw.seed()), scores)},
        part="scores",
        context="in evaluation mode nothing may be drawn at random",
    )
    alone = np.concatenate([checked_scores(net.scores(x[i : i + 1], trial.draw.seed()), 1) for i in range(3)])
    yield from close(
        {"the scores of images shown one by one": (alone, scores[:3])},
        part="scores",
        scale=float(np.abs(scores).max()),
        context="in evaluation mode an answer may not depend on the other images of a batch",
    )
    forgotten = net.forgotten()
    names = forgotten if isinstance(forgotten, list) else []
    missing = f"{len(names)}: {', '.join(describe(name) for name in names[:5])}"
    message = f"the optimizer lacks parameters of the net, {missing}"
    yield claim(
        "optimizer", "parameters", forgotten == [], message, expected="all", actual=f"without {missing}"
    )

    yield from _learns(trial, net)


def _learns(trial: Trial, net: Any) -> Findings:
    """Yield whether steps on one batch move the scores of its images, and of new ones like them, to their classes.

    What the student's process says of a loss is not asked: the labels of the new images never enter it. Of each image
    counts how far the score of its class rises above the mean of the classes that were shown. A net that raises some
    classes for all images alike gains nothing by that, since all classes are equally often right.
    """
    classes = np.array(trial.draw.shuffled(range(10))[:6])
    batch = _patterns(trial.draw, classes)
    images = np.concatenate([batch, _patterns(trial.draw, classes), _patterns(trial.draw, classes)])
    own, seed = np.tile(np.arange(len(classes)), 3), trial.draw.seed()

    def leads() -> np.ndarray:
        # In training mode: the running statistics of a normalization would move scores more than what is learned.
        scores = checked_scores(net.training_scores(images, seed), len(images)).astype(np.float64)
        lead: np.ndarray = scores[np.arange(len(own)), classes[own]] - scores[:, classes].mean(axis=1)
        return lead

    before = leads()
    losses = net.train(batch, classes, 20, trial.draw.seed())
    rise = leads() - before
    share = float(rise.mean() / np.abs(rise).mean()) if rise.any() else 0.0
    finite = isinstance(losses, list) and all(is_number(loss) and np.isfinite(loss) for loss in losses)
    message = (
        "20 steps on one batch do not make the net know its images: the scores of the right classes do not rise"
        if finite
        else "20 steps on one batch end with a loss that is not a finite number"
    )
    learns = finite and share > LEARNS
    yield claim("learning", "scores", learns, message, expected=f"above {LEARNS}", actual=share)


def _patterns(draw: Draw, classes: np.ndarray) -> np.ndarray:
    """Draw an image of each class: noise, and a bright rectangle at a place that tells the class."""
    images = np.float32(0.3) * draw.normal(len(classes), 3, 32, 32).astype(np.float32)
    for image, label in zip(images, classes, strict=True):
        row, column = divmod(int(label), 5)
        image[label % 3, 16 * row : 16 * row + 16, 6 * column : 6 * column + 6] += 2
    return images


def checked_scores(scores: Any, n: int) -> np.ndarray:
    """Return scores of ten classes once they have the form of scores."""
    return float_array(scores, (n, 10), "what the net gives for images")


# --- what was trained ------------------------------------------------------------------------------------------


@check(points=3, parts=("accuracy",), wall=30.0, needs_images=True, pixels=IMAGES)
def barebones_training(trial: Trial) -> Findings:
    """The net in barebones_convnet.npz, trained for an epoch, classifies 42 % of unseen images correctly."""
    yield from _trained(trial, "barebones_convnet")


@check(points=3, parts=("accuracy",), wall=30.0, needs_images=True, pixels=IMAGES)
def module_training(trial: Trial) -> Findings:
    """The net in module_convnet.npz, trained for an epoch, classifies 45 % of unseen images correctly."""
    yield from _trained(trial, "module_convnet")


@check(points=3, parts=("accuracy",), wall=30.0, needs_images=True, pixels=IMAGES)
def sequential_training(trial: Trial) -> Findings:
    """The net in sequential_convnet.npz, trained for an epoch, classifies 55 % of unseen images correctly."""
    yield from _trained(trial, "sequential_convnet")


def _trained(trial: Trial, name: str) -> Findings:
    """Measure a stored ConvNet; the trusted reference computes its scores."""
    file = f"{name}.npz"
    stored = stored_arrays(
        trial.student, file, NAMES, "the cell of the notebook that trains this net writes it"
    )
    if isinstance(stored, Finding):
        yield stored
        return
    params = _stored_params(stored, file)

    def scores(images: np.ndarray) -> np.ndarray:
        return np.asarray(trial.reference.barebones_convnet_scores(images, params))

    yield _accuracy(trial, CONVNET_RULES[name], scores)


def _stored_params(stored: dict[str, Any], file: str) -> list[np.ndarray]:
    """Return a stored ConvNet's arrays, as float32, once they fit together."""
    channels = []
    for name in ("conv_w1", "conv_w2"):
        shape = np.shape(stored[name])
        if len(shape) != 4 or not 1 <= shape[0] <= MOST_CHANNELS:
            message = f"{name} in {file} has shape {shape}, but it must hold at most {MOST_CHANNELS} filters"
            raise StudentError("ValueError", message)
        channels.append(shape[0])
    c1, c2 = channels
    shapes = ((c1, 3, 5, 5), (c1,), (c2, c1, 3, 3), (c2,), (c2 * 32 * 32, 10), (10,))
    return [
        floats(stored, file, name, shape).astype(np.float32)
        for name, shape in zip(NAMES, shapes, strict=True)
    ]


def _accuracy(trial: Trial, rule: AccuracyRule, scores: Callable[[np.ndarray], np.ndarray]) -> Finding:
    """Measure a net on unseen images as the course's loaders give them, float32 (n, 3, 32, 32)."""
    pixels, labels = trial.images.pixels_in_turn(trial.draw.seed(), IMAGES)

    def of_pixels(some: np.ndarray) -> np.ndarray:
        images = trial.reference.normalized(some)
        return np.concatenate([scores(images[i : i + BATCH]) for i in range(0, len(images), BATCH)])

    return accuracy_finding(rule, *settled_early(rule, of_pixels, pixels, labels, BLOCK))


@check(points=6, parts=("accuracy",), wall=60.0, needs_images=True, pixels=IMAGES)
def open_net(trial: Trial) -> Findings:
    """The open-ended net, with what is stored in open_net.npz, classifies 70 % of unseen images correctly."""
    file = "open_net.npz"
    how = "the cell of the notebook that trains it writes it"
    stored = stored_arrays(trial.student, file, None, how)
    if isinstance(stored, Finding):
        yield stored
        return
    if sum(array.size for array in stored.values()) > 2 * LARGEST_NET:
        raise StudentError("ValueError", f"{file} holds more than {2 * LARGEST_NET} numbers")
    net = trial.student.OpenEndedNet()
    net.put(stored)

    def scores(images: np.ndarray) -> np.ndarray:
        return checked_scores(net.scores(images), len(images))

    yield _accuracy(trial, OPEN_RULE, scores)
