"""The checks of the network visualization: saliency maps, fooling images and the step of a class visualization.

A student's functions see small classifiers whose weights are drawn here and whose scores are known, so that every
claim has an exact answer. Rules that hold beside the formula (what is left unchanged, when to stop) have checks of
their own, which a wrong formula alone does not cost.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from nndl.diagnosis import compare, describe

from ..check import Draw, Finding, check
from ..compare import close, entries, holds
from ..library import Library

Weights = list[np.ndarray]

CHANNELS, HEIGHT, WIDTH = 3, 5, 7
ROUNDING = 1e-6
"""Room for one rounding to float32."""

STEP = 1e-5
"""Room for a small number, say 1e-6, that is added to a length so that nothing is divided by 0."""

WALL = 30.0  # the first call imports PyTorch


def linear(draw: Draw, classes: int) -> Weights:
    """Draw a classifier whose scores are linear in the pixels."""
    return [draw.normal(CHANNELS * HEIGHT * WIDTH, classes, scale=0.4)]


def convolutional(draw: Draw, classes: int) -> Weights:
    """Draw a classifier with one layer of filters; each class has two of its own, so that it can win anywhere."""
    matrix = draw.normal(2 * classes, classes, scale=0.3)
    for own in range(classes):
        matrix[own::classes, own] += 2.0
    return [draw.normal(2 * classes, CHANNELS, 3, 3), matrix]


def one_pixel_each(classes: int) -> Weights:
    """Return a classifier in which the score of class c is pixel c: every norm of its gradient is 1."""
    return [np.eye(CHANNELS * HEIGHT * WIDTH)[:, :classes]]


MODELS = {"linear": linear, "convolutional": convolutional}


def scores(weights: Weights, X: np.ndarray) -> np.ndarray:
    """Return what the classifier with these weights gives for images."""
    if len(weights) == 2:
        windows = np.lib.stride_tricks.sliding_window_view(X, weights[0].shape[2:], axis=(2, 3))
        X = np.maximum(np.einsum("ncpqhw,fchw->nfpq", windows, weights[0]), 0).mean(axis=(2, 3))
    return X.reshape(len(X), -1) @ weights[-1]


def images(draw: Draw, n: int, scale: float = 1.0) -> np.ndarray:
    """Draw images."""
    return draw.normal(n, CHANNELS, HEIGHT, WIDTH, scale=scale)


# --- saliency maps ---------------------------------------------------------------------------------------------------


@check(
    points=12,
    parts=("linear model", "convolutional model", "one image", "second call"),
    cases=(
        {"part": "linear model", "model": "linear", "n": 5, "classes": 4},
        {"part": "convolutional model", "model": "convolutional", "n": 6, "classes": 4},
        {"part": "one image", "model": "convolutional", "n": 1, "classes": 3},
        {"part": "second call", "model": "convolutional", "n": 4, "classes": 5, "calls": 2},
    ),
    wall=WALL,
)
def saliency_maps(
    student: Library,
    reference: Library,
    draw: Draw,
    *,
    part: str,
    model: str,
    n: int,
    classes: int,
    calls: int = 1,
) -> Iterator[Finding]:
    """`compute_saliency_maps` gives the largest absolute derivative of the class's score over the channels."""
    X, y, weights = images(draw, n), draw.labels(n, classes), MODELS[model](draw, classes)
    got = _fields(student.saliency_maps(X, y, weights, calls), "maps", "X", "grad")
    want = reference.saliency_maps(X, y, weights, calls)
    context = "in a second call with the same tensors" if calls > 1 else f"for a {model} model"
    pair = {"the saliency maps": (got["maps"], want["maps"])}
    yield from close(pair, part=part, rtol=ROUNDING, sizes={"N": n}, context=context)
    if part == "second call":
        yield _same(part, "X", got["X"], X)
        message = "X has a gradient after the call: a second backward pass adds to it"
        yield holds(part, "X.grad", got["grad"] is False, message, expected=False, actual=got["grad"])


# --- fooling images --------------------------------------------------------------------------------------------------


def to_be_fooled(reference: Library, draw: Draw, model: str, classes: int) -> tuple[np.ndarray, int, Weights]:
    """Draw an image, a target and a classifier such that some steps lead there, more than two and fewer than 50."""
    while True:
        X, weights = images(draw, 1, scale=3.0), MODELS[model](draw, classes)
        target = int(scores(weights, X)[0].argmin())
        image, steps = X, 0
        while scores(weights, image)[0].argmax() != target and steps < 50:
            image = reference.visualization_step(image, target, 0.0, 1.0, weights)["image"]
            steps += 1
        if 2 < steps < 50:
            return X, target, weights


@check(
    points=10,
    parts=("linear model", "convolutional model", "already there"),
    cases=(
        {"part": "linear model", "model": "linear", "classes": 5},
        {"part": "convolutional model", "model": "convolutional", "classes": 4},
        {"part": "convolutional model", "model": "convolutional", "classes": 3},
        {"part": "already there", "model": "linear", "classes": 4},
    ),
    wall=WALL,
)
def fooling_image(
    student: Library, reference: Library, draw: Draw, *, part: str, model: str, classes: int
) -> Iterator[Finding]:
    """`make_fooling_image` climbs in steps of length 1 to the first image that the model takes for the target."""
    X, target, weights = to_be_fooled(reference, draw, model, classes)
    if part == "already there":
        target = int(scores(weights, X)[0].argmax())
    given = _fool(student, X, target, weights)
    if given["image"] is None:
        yield _gave_up(part, given["gave_up"])
        return
    got, want = given["image"], reference.fooling_image(X, target, weights)["image"]
    if part == "already there":
        message = "the model took the image for the target from the start, but it was changed: when is a step needed?"
        right = compare(got, want, rtol=ROUNDING) is None
        yield holds(part, "the fooling image", right, message, expected=want, actual=got)
        return
    pair = {"what was added to X": (_less(got, X), want - X)}
    yield from close(pair, part=part, rtol=STEP, scale=np.abs(X).max(), context=f"for a {model} model")


@check(
    points=4,
    parts=("input", "limit"),
    cases=(
        {"part": "input", "model": "convolutional", "classes": 4},
        {"part": "input", "model": "linear", "classes": 5},
        {"part": "limit", "steps": 60},
        {"part": "limit", "steps": 190},
    ),
    wall=WALL,
)
def fooling_limit(
    student: Library,
    reference: Library,
    draw: Draw,
    *,
    part: str,
    model: str = "",
    classes: int = 4,
    steps: int = 0,
) -> Iterator[Finding]:
    """`make_fooling_image` works on a copy of X, and gives up with a `RuntimeError` after 100 steps."""
    if part == "input":
        X, target, weights = to_be_fooled(reference, draw, model, classes)
        got = _fool(student, X, target, weights)
        yield _is_fooled(part, got, target, weights)
        yield _same(part, "X", got["X"], X)
        message = "the result still requires a gradient: detach it from the computation"
        free = got["requires_grad"] is False
        yield holds(part, "requires_grad", free, message, expected=False, actual=got["requires_grad"])
        return
    # The target's pixel lies so far below the highest that it takes this many steps of length 1.
    X, weights = images(draw, 1, scale=0.1), one_pixel_each(classes)
    target, other = draw.integer(0, 2), draw.integer(2, classes)
    X.reshape(-1)[other] += X.reshape(-1)[target] - X.reshape(-1)[other] + steps - 0.5
    near = X.copy()
    near.reshape(-1)[target] += steps - 5
    got = _fool(student, near, target, weights)
    yield _is_fooled(part, got, target, weights)
    got = _fool(student, X, target, weights)
    if steps <= 100:
        yield _is_fooled(part, got, target, weights)
        return
    message = f"{steps} steps are needed here, but no RuntimeError was raised after 100 of them"
    image = got["image"]
    yield holds(part, "giving up", image is None, message, expected="RuntimeError", actual=image)


def _fool(student: Library, X: np.ndarray, target: int, weights: Weights) -> dict[str, Any]:
    answer = student.fooling_image(X, target, weights, may_give_up=True)
    return _fields(answer, "image", "requires_grad", "X", "gave_up")


def _gave_up(part: str, text: Any) -> Finding:
    message = (
        "make_fooling_image stopped with a RuntimeError, although fewer than 100 steps lead there: "
        f"{describe(text)}"
    )
    return holds(part, "the fooling image", False, message, expected="an image", actual=None)


def _is_fooled(part: str, given: dict[str, Any], target: int, weights: Weights) -> Finding:
    """Say whether the model takes a returned image for the target."""
    image = given["image"]
    if image is None:
        return _gave_up(part, given["gave_up"])
    shape = (1, CHANNELS, HEIGHT, WIDTH)
    fits = isinstance(image, np.ndarray) and image.dtype.kind == "f" and image.shape == shape
    if not fits or not np.isfinite(image).all():
        message = f"the fooling image must be a finite image of shape {shape}"
        return holds(part, "the predicted class", False, message, expected=target, actual=image)
    found = int(scores(weights, image)[0].argmax())
    message = f"the model takes the fooling image for class {found}, not for the target {target}"
    return holds(part, "the predicted class", found == target, message, expected=target, actual=image)


# --- class visualization ---------------------------------------------------------------------------------------------


@check(
    points=10,
    parts=("without penalty", "with penalty"),
    cases=(
        {"part": "without penalty", "model": "linear", "classes": 5},
        {"part": "without penalty", "model": "convolutional", "classes": 4},
        {"part": "with penalty", "model": "linear", "classes": 3},
        {"part": "with penalty", "model": "convolutional", "classes": 5},
    ),
    wall=WALL,
)
def visualization_step(
    student: Library, reference: Library, draw: Draw, *, part: str, model: str, classes: int
) -> Iterator[Finding]:
    """`class_visualization_update_step` climbs towards a higher score and a smaller image, by the learning rate."""
    img, weights = images(draw, 1), MODELS[model](draw, classes)
    target = int(scores(weights, img)[0].argsort()[draw.integer(0, classes - 1)])  # not the highest
    l2_reg = draw.uniform(0.08, 0.2) if part == "with penalty" else 0.0
    rate = draw.uniform(2.0, 5.0)
    got = _climb(student, img, target, l2_reg, rate, weights)
    want = reference.visualization_step(img, target, l2_reg, rate, weights)["image"]
    moved = got["image"]
    if isinstance(got["returned"], np.ndarray) and np.array_equal(moved, img):
        moved = got["returned"]  # a new image instead of the old one costs the next check, not this one
    pair = {"the step": (_less(moved, img), want - img)}
    scale = float(np.abs(img).max())
    yield from close(
        pair, part=part, rtol=STEP, scale=scale, context=f"for a {model} model, l2_reg {l2_reg:.3g}"
    )


@check(
    points=4,
    parts=("in place", "several steps", "zero gradient"),
    cases=(
        {"part": "in place", "classes": 4},
        {"part": "in place", "classes": 5},
        {"part": "several steps", "classes": 3},
        {"part": "several steps", "classes": 5},
        {"part": "zero gradient", "classes": 4},
        {"part": "zero gradient", "classes": 3},
    ),
    wall=WALL,
)
def visualization_in_place(
    student: Library, reference: Library, draw: Draw, *, part: str, classes: int
) -> Iterator[Finding]:
    """`class_visualization_update_step` changes the image itself, and leaves nothing behind for the next step."""
    img, weights = images(draw, 1), convolutional(draw, classes)
    target = int(scores(weights, img)[0].argmin())
    l2_reg, rate = 0.05, draw.uniform(0.4, 0.8)
    got = _climb(student, img, target, l2_reg, rate, weights)
    # A step in whatever direction, as long as it leads uphill: what is judged here builds on it.
    yield _rises(part, img, got["image"], target, l2_reg, weights)
    if part == "in place":
        message = "img.grad is not clear after the step: the next backward pass would add to it"
        yield holds(part, "img.grad", got["grad"] is False, message, expected=False, actual=got["grad"])
        message = "img must stay a leaf that requires a gradient: another step cannot be made with it"
        usable = got["requires_grad"] is True
        yield holds(part, "requires_grad", usable, message, expected=True, actual=got["requires_grad"])
    elif part == "several steps":
        single = img
        for _ in range(3):
            single = _climb(student, single, target, l2_reg, rate, weights)["image"]
        whole = _climb(student, img, target, l2_reg, rate, weights, 3)["image"]
        pair = {
            "the sum of three steps, given your own single steps": (_less(whole, img), _less(single, img))
        }
        yield from close(pair, part=part, rtol=STEP, scale=np.abs(img).max())
    else:
        weights[-1][:, target] = 0.0
        stays = _climb(student, img, target, 0.0, rate, weights)["image"]
        message = "an image whose gradient is exactly zero must stay where it is: what is 0 divided by 0?"
        same = isinstance(stays, np.ndarray) and np.array_equal(stays, img)
        yield holds(part, "the image", same, message, expected=img, actual=stays)


def _climb(student: Library, *arguments: Any) -> dict[str, Any]:
    answer = student.visualization_step(*arguments)
    return _fields(answer, "image", "grad", "requires_grad", "returned")


def _rises(
    part: str, before: np.ndarray, after: Any, target: int, l2_reg: float, weights: Weights
) -> Finding:
    """Say whether the image was changed so that score less penalty is higher than before."""
    label = "score less penalty"

    def objective(image: np.ndarray) -> float:
        return float(scores(weights, image)[0, target] - l2_reg * (image**2).sum())

    fits = isinstance(after, np.ndarray) and after.dtype.kind == "f" and after.shape == before.shape
    if fits and np.array_equal(after, before):
        message = "img is the same after the step: it must be changed in place, nothing is returned"
        return holds(part, label, False, message, expected="higher", actual=after)
    if not fits or not np.isfinite(after).all():
        message = "img does not hold finite numbers of the same shape after the step"
        return holds(part, label, False, message, expected="higher", actual=after)
    message = "the score less the penalty is not higher after a short step than before it"
    higher = objective(after) > objective(before)
    return holds(part, label, higher, message, expected="higher", actual=after)


# --- what came back --------------------------------------------------------------------------------------------------


def _fields(answer: Any, *names: str) -> dict[str, Any]:
    """Return the fields of an answer of `nndl.torch_arrays`, which runs beside the student's code, after all."""
    return entries(answer, names, "the answer of nndl.torch_arrays")


def _less(value: Any, start: np.ndarray) -> Any:
    """Return what was added to ``start``, if ``value`` is numbers of its shape; otherwise the value itself."""
    fits = isinstance(value, np.ndarray) and value.shape == start.shape and value.dtype.kind == "f"
    return value - start if fits else value


def _same(part: str, name: str, after: Any, before: np.ndarray) -> Finding:
    right = isinstance(after, np.ndarray) and np.array_equal(after, before)
    message = f"{name} was modified: work on a copy"
    return holds(part, f"{name} unchanged", right, message, expected=before, actual=after)


CHECKS = (saliency_maps, fooling_image, fooling_limit, visualization_step, visualization_in_place)
