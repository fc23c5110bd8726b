"""The checks of fooling images."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograder.judging.check import Draw, Finding, Findings, Trial, check
from autograder.judging.compare import claim, close, is_finite, step_taken
from autograder.library.interface import Library
from nndl.diagnosis import agree, describe

from .checks_models import (
    CHANNELS,
    HEIGHT,
    MODELS,
    ROUNDING,
    STEP,
    WALL,
    WIDTH,
    Weights,
    fields,
    images,
    out_of_reach_for,
    same,
    scores,
)

IN_TIME = "already there"
"""The part that says that no step is made from an image of the target's class, the first one or a later one."""


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
    tests=("make_fooling_image",),
    parts=("linear model", "convolutional model"),
    demands=(IN_TIME,),
    cases=(
        {"part": "linear model", "model": "linear", "classes": 5},
        {"part": "convolutional model", "model": "convolutional", "classes": 4},
        {"part": "convolutional model", "model": "convolutional", "classes": 3},
        {"part": IN_TIME, "model": "linear", "classes": 4},
    ),
    wall=WALL,
)
def fooling_image(trial: Trial, *, part: str, model: str, classes: int) -> Findings:
    """`make_fooling_image` climbs in steps of length 1 to the first image that the model takes for the target."""
    X, target, weights = to_be_fooled(trial.reference, trial.draw, model, classes)
    if part == IN_TIME:
        target = int(scores(weights, X)[0].argmax())
    given = _fool(trial.student, X, target, weights)
    if given["image"] is None:
        yield _gave_up(part, given, X, target, weights)
        return
    got, want = given["image"], trial.reference.fooling_image(X, target, weights)["image"]
    if part == IN_TIME:
        message = "the model already took the image for the target, but the image was changed: when is a step needed?"
        right = agree(got, want, rtol=ROUNDING)
        yield claim(part, "the fooling image", right, message, expected=want, actual=got)
        return
    scale = np.abs(X).max()
    later = trial.reference.visualization_step(want, target, 0.0, 1.0, weights)["image"]
    late = agree(step_taken(got, X), later - X, rtol=STEP, scale=scale)
    pair = {"what was added to X": (step_taken(got, X), (later if late else want) - X)}
    yield from close(pair, part=part, rtol=STEP, scale=scale, context=f"for a {model} model")
    if late or agree(
        step_taken(got, X), want - X, rtol=STEP, scale=scale
    ):  # of another image it says nothing
        message = "one more step is made after the model takes the image for the target"
        yield claim(IN_TIME, "the last step", not late, message, expected=want, actual=got)


@check(
    points=4,
    tests=("make_fooling_image",),
    parts=("input", "limit"),
    cases=(
        {"part": "input", "model": "convolutional", "classes": 8},
        {"part": "input", "model": "linear", "classes": 9},
        {"part": "limit", "steps": 60},
        {"part": "limit", "steps": 100},
        {"part": "limit", "steps": 101},
        {"part": "limit", "steps": 190},
    ),
    wall=WALL,
)
def fooling_limit(trial: Trial, *, part: str, model: str = "", classes: int = 4, steps: int = 0) -> Findings:
    """`make_fooling_image` works on a copy of X, and gives up with a `RuntimeError` if 100 steps are not enough."""
    if part == "input":
        X, target, weights = to_be_fooled(trial.reference, trial.draw, model, classes)
        got = _fool(trial.student, X, target, weights)
        yield _is_fooled(part, got, X, target, weights)
        yield same(part, "X", got["X"], X)
        message = "the result still requires a gradient: detach it from the computation"
        free = got["requires_grad"] is False
        yield claim(part, "requires_grad", free, message, expected=False, actual=got["requires_grad"])
        return
    target, other = trial.draw.integer(0, 2), trial.draw.integer(2, classes)
    X, weights = out_of_reach_for(steps, images(trial.draw, 1, scale=0.1), target, other, classes)
    for left in (2, 20):
        near = X.copy()
        near.reshape(-1)[target] += steps - left
        yield _is_fooled(part, _fool(trial.student, near, target, weights), near, target, weights)
    got = _fool(trial.student, X, target, weights)
    if steps <= 100:
        yield _is_fooled(part, got, X, target, weights)
        return
    message = f"{steps} steps are needed here, but no RuntimeError was raised after 100 of them"
    image = got["image"]
    yield claim(part, "giving up", image is None, message, expected="RuntimeError", actual=image)


def _fool(student: Library, X: np.ndarray, target: int, weights: Weights) -> dict[str, Any]:
    answer = student.fooling_image(X, target, weights, may_give_up=True)
    return fields(answer, "image", "requires_grad", "X", "gave_up", "shown")


def _gave_up(part: str, given: dict[str, Any], X: np.ndarray, target: int, weights: Weights) -> Finding:
    message = (
        "make_fooling_image stopped with a RuntimeError, although 100 steps or fewer are enough: "
        f"{describe(given['gave_up'])}{_where_it_went(given['shown'], X, target, weights)}"
    )
    return claim(part, "the fooling image", False, message, expected="an image", actual=None)


def _where_it_went(shown: Any, X: np.ndarray, target: int, weights: Weights) -> str:
    """Say what became of the target's score from the image that came in to the last one the model was shown."""
    if not is_finite(shown, X.shape, "f"):
        return ""
    if np.array_equal(shown.astype(X.dtype), X.astype(shown.dtype).astype(X.dtype)):
        return ". The model was shown the same image all the time: was a step taken from it?"
    before, after = (float(scores(weights, image)[0][target]) for image in (X, shown))
    went = "rose" if after > before else "fell"
    ending = ": in which direction does the gradient of a score point?" if after < before else ""
    return f". Until then, the target's score {went} from {before:.4g} to {after:.4g}{ending}"


def _is_fooled(part: str, given: dict[str, Any], X: np.ndarray, target: int, weights: Weights) -> Finding:
    """Say whether the model takes a returned image for the target."""
    image = given["image"]
    if image is None:
        return _gave_up(part, given, X, target, weights)
    shape = (1, CHANNELS, HEIGHT, WIDTH)
    if not is_finite(image, shape, "f"):
        message = f"the fooling image must be a finite image of shape {shape}"
        return claim(part, "the predicted class", False, message, expected=target, actual=image)
    outputs = scores(weights, image)[0]
    if not np.isfinite(outputs).all():
        message = "the numbers of the fooling image are so large that the model's scores are not finite"
        return claim(part, "the predicted class", False, message, expected=target, actual=image)
    found = int(outputs.argmax())
    message = f"the model takes the fooling image for class {found}, not for the target {target}"
    return claim(part, "the predicted class", found == target, message, expected=target, actual=image)
