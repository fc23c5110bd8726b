"""The checks of the network visualization: saliency maps, fooling images and the step of a class visualization.

A student's functions see small classifiers whose weights are drawn here and whose scores are known, so that every
claim has an exact answer. Rules that hold beside the formula (what is left unchanged, when to stop) have checks of
their own, which a wrong formula alone does not cost.
"""

from __future__ import annotations

from autograder.judging.check import Findings, Trial, check
from autograder.judging.compare import claim, close, is_array, without_extra_axes
from autograder.judging.students_own_values import float_array
from nndl.diagnosis import agree

from .checks_fooling import fooling_image, fooling_limit
from .checks_models import MODELS, ROUNDING, WALL, fields, images, same
from .checks_steps import visualization_in_place, visualization_step


@check(
    points=12,
    tests=("compute_saliency_maps", "gather_example"),
    parts=("linear model", "convolutional model"),
    demands=("one image", "second call"),
    cases=(
        {"part": "linear model", "model": "linear", "n": 5, "classes": 4},
        {
            "part": "linear model",
            "model": "linear",
            "n": 3,
            "classes": 4,
        },  # so that N and the model are told apart
        {"part": "convolutional model", "model": "convolutional", "n": 6, "classes": 4},
        {"part": "one image", "model": "convolutional", "n": 1, "classes": 3},
        {"part": "second call", "model": "convolutional", "n": 4, "classes": 5, "calls": 2},
    ),
    wall=WALL,
)
def saliency_maps(trial: Trial, *, part: str, model: str, n: int, classes: int, calls: int = 1) -> Findings:
    """`compute_saliency_maps` gives the largest absolute derivative of the class's score over the channels."""
    X, y, weights = images(trial.draw, n), trial.draw.labels(n, classes), MODELS[model](trial.draw, classes)
    got = fields(trial.student.saliency_maps(X, y, weights, calls), "maps", "X", "grad", "requires_grad")
    want = trial.reference.saliency_maps(X, y, weights, calls)
    context = "in a second call with the same tensors" if calls > 1 else f"for a {model} model"
    right = want["maps"]
    if calls > 1:  # a mistake in the maps themselves is judged in the other cases
        first = fields(trial.student.saliency_maps(X, y, weights, 1), "maps", "X", "grad", "requires_grad")
        maps = without_extra_axes(first["maps"], right.shape)
        right = float_array(maps, right.shape, "what compute_saliency_maps returns")
        if is_array(got["maps"], right.shape) and agree(got["maps"], 2 * right, rtol=ROUNDING):
            context += ", as if the gradient of the first call were added"
    pair = {"the saliency maps": (got["maps"], right)}
    yield from close(pair, part=part, rtol=ROUNDING, sizes={"N": n} if calls == 1 else {}, context=context)
    if part == "second call":
        yield same(part, "X", got["X"], X)
        message = "X has a gradient after the call: a second backward pass adds to it"
        yield claim(part, "X.grad", got["grad"] is False, message, expected=False, actual=got["grad"])
        message = "X requires a gradient after the call: everything computed with it next would be recorded"
        free = got["requires_grad"] is False
        yield claim(part, "X.requires_grad", free, message, expected=False, actual=got["requires_grad"])


CHECKS = (saliency_maps, fooling_image, fooling_limit, visualization_step, visualization_in_place)
