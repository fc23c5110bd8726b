"""The checks of the step of a class visualization."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograder.judging.check import Finding, Findings, Trial, check
from autograder.judging.compare import claim, close, is_finite, is_same, step_taken
from autograder.library.interface import Library

from .checks_models import MODELS, STEP, WALL, Weights, convolutional, fields, images, scores


@check(
    points=10,
    tests=("class_visualization_update_step",),
    parts=("without penalty", "with penalty"),
    cases=(
        {"part": "without penalty", "model": "linear", "classes": 5},
        {"part": "without penalty", "model": "convolutional", "classes": 4},
        {"part": "with penalty", "model": "linear", "classes": 3},
        {"part": "with penalty", "model": "convolutional", "classes": 5},
    ),
    wall=WALL,
)
def visualization_step(trial: Trial, *, part: str, model: str, classes: int) -> Findings:
    """`class_visualization_update_step` climbs towards a higher score and a smaller image, by the learning rate."""
    img, weights = images(trial.draw, 1), MODELS[model](trial.draw, classes)
    target = int(scores(weights, img)[0].argsort()[trial.draw.integer(0, classes - 1)])  # not the highest
    l2_reg = trial.draw.uniform(0.08, 0.2) if part == "with penalty" else 0.0
    rate = trial.draw.uniform(2.0, 5.0)
    got = _climb(trial.student, img, target, l2_reg, rate, weights)
    want = trial.reference.visualization_step(img, target, l2_reg, rate, weights)["image"]
    moved = got["image"]
    if isinstance(got["returned"], np.ndarray) and is_same(moved, img):
        moved = got["returned"]  # a new image instead of the old one costs the next check, not this one
    step = step_taken(moved, img)
    scale = float(np.abs(img).max())
    context = f"for a {model} model, l2_reg {l2_reg:.3g}, learning_rate {rate:.4g}"
    if is_finite(step, img.shape):
        # learning rate times a gradient of length 1: a wrong length and a wrong direction have different causes
        context += f"; the length of the step is {float(np.linalg.norm(step)):.4g}"
    yield from close({"the step": (step, want - img)}, part=part, rtol=STEP, scale=scale, context=context)


@check(
    points=4,
    tests=("class_visualization_update_step",),
    parts=("in place", "several steps"),
    demands=("zero gradient",),
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
def visualization_in_place(trial: Trial, *, part: str, classes: int) -> Findings:
    """`class_visualization_update_step` changes the image itself, and leaves nothing behind for the next step."""
    img, weights = images(trial.draw, 1), convolutional(trial.draw, classes)
    target = int(scores(weights, img)[0].argmin())
    l2_reg, rate = 0.05, trial.draw.uniform(0.4, 0.8)
    got = _climb(trial.student, img, target, l2_reg, rate, weights)
    # A step in whatever direction, as long as it leads uphill: what is judged here builds on it.
    yield _rises(part, img, got["image"], target, l2_reg, weights)
    if part == "in place":
        message = "img.grad is not cleared after the step: the next backward pass would add to it"
        yield claim(
            "several steps", "img.grad", got["grad"] is False, message, expected=False, actual=got["grad"]
        )
        message = "img must stay a leaf that requires a gradient: no further step can be taken with it"
        usable = got["requires_grad"] is True
        yield claim(part, "requires_grad", usable, message, expected=True, actual=got["requires_grad"])
    elif part == "several steps":
        single = img
        for _ in range(3):
            single = _climb(trial.student, single, target, l2_reg, rate, weights)["image"]
        whole = _climb(trial.student, img, target, l2_reg, rate, weights, 3)["image"]
        pair = {
            "the sum of three steps, given your own single steps": (
                step_taken(whole, img),
                step_taken(single, img),
            )
        }
        yield from close(pair, part=part, rtol=STEP, scale=np.abs(img).max())
    else:
        weights[-1][:] = 0.0  # of whatever is made of the scores, the gradient is zero
        stays = _climb(trial.student, img, target, 0.0, rate, weights)["image"]
        message = "an image whose gradient is exactly zero must stay where it is"
        if isinstance(stays, np.ndarray) and np.isnan(stays).any():
            message += ": what is 0 divided by 0?"
        same = is_same(stays, img)
        yield claim(part, "the image", same, message, expected=img, actual=stays)


def _climb(student: Library, *arguments: Any) -> dict[str, Any]:
    answer = student.visualization_step(*arguments)
    return fields(answer, "image", "grad", "requires_grad", "returned")


def _rises(
    part: str, before: np.ndarray, after: Any, target: int, l2_reg: float, weights: Weights
) -> Finding:
    """Say whether the image was changed so that score minus penalty is higher than before."""
    label = "score minus penalty"

    def objective(image: np.ndarray) -> float:
        return float(scores(weights, image)[0, target] - l2_reg * (image**2).sum())

    if is_same(after, before):
        message = "img is the same after the step: it must be changed in place, and nothing is returned"
        return claim(part, label, False, message, expected="higher", actual=after)
    if not is_finite(after, before.shape, "f"):
        message = "img does not hold finite numbers of the same shape after the step"
        return claim(part, label, False, message, expected="higher", actual=after)
    message = "the score minus the penalty is not higher after a short step than before it"
    higher = objective(after) > objective(before)
    return claim(part, label, higher, message, expected="higher", actual=after)
