"""What a student's net makes of its parameters, as the measure of what builds on it.

Where the scores that a claim builds on cannot judge it, the net is given others: attributes of an object can be set,
and a bound method of an array is a function of the rows that holds no secret.
"""

from __future__ import annotations

import contextlib
import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from autograder.course.nets import Params
from autograder.failures import StudentError
from autograder.judging.check import Draw, Trial
from autograder.judging.compare import is_finite
from autograder.judging.students_own_values import finite_number, lend_method, tells_rows_apart
from autograder.library.interface import Library
from nndl.diagnosis import agree

NAMES = ("W1", "b1", "W2", "b2")
STEPS = (("Affine1", "1"), ("ReLU", ""), ("Affine2", "2"))
"""The layers in order, each with the number in the names of its parameters."""
_TRIES = 2000
_STEP = 1e-5
_DIRECTIONS = 3
_HUGE = 1e100


def draw_net(draw: Draw, n: int, d: int, h: int, c: int) -> tuple[Params, np.ndarray]:
    """Draw parameters that keep scores near 1, biases included, and rows of which each has units on and units off.

    A row without a unit that is on has a gradient of 0 for W1, b1 and W2, whatever the mistake is.
    """
    for _ in range(_TRIES):  # with very few units there may be no such rows
        params = {
            "W1": draw.normal(d, h, scale=d**-0.5),
            "b1": draw.normal(h),
            "W2": draw.normal(h, c, scale=h**-0.5),
            "b2": draw.normal(c),
        }
        x = draw.normal(n, d)
        on = (x @ params["W1"] + params["b1"] > 0).sum(axis=1)
        if ((on > 0) & (on < h)).all():
            break
    return params, x


def build(lib: Library, params: Mapping[str, Any], reg: float = 0.0) -> Any:
    """Make a net of the library with these parameters; with layers, should its constructor have given it none."""
    lib.seed(0)  # should a mistake keep the initial weights in use, the same mistake is known by them
    (d, h), c = params["W1"].shape, params["b2"].size
    net = lib.make("TwoLayerNet", d, h, c, reg)
    net.set("params", dict(params))
    with contextlib.suppress(StudentError):
        if net.get("layers", result="handle").call("__len__") == 0:
            for name, number in STEPS:
                arrays = [params[f"{letter}{number}"] for letter in "Wb"] if number else []
                net.set_item("layers", name, lib.make(name.rstrip("12"), *arrays))
    return net


def build_in_place(lib: Library, params: Mapping[str, Any], reg: float = 0.0) -> Any:
    """Make a net with these parameters in the very arrays that it began with."""
    lib.seed(0)
    (d, h), c = params["W1"].shape, params["b2"].size
    net = lib.make("TwoLayerNet", d, h, c, reg)
    for name in NAMES:
        fill(net, name, params[name])
    return net


def fill(net: Any, name: str, value: np.ndarray) -> None:
    """Write numbers into the array that stands in ``params``, instead of another array in its place."""
    array = net.get("params", result="handle").call("__getitem__", (name,), result="handle")
    array.call("put", (np.arange(value.size), value.ravel()))


def keeps_its_arrays(trial: Trial, params: Params, x: np.ndarray) -> bool:
    """Return whether a net goes on with the arrays that it began with, and is right with numbers written into them.

    That it does not look at ``params`` is judged where its scores are.
    """
    try:
        if not agree(build_in_place(trial.student, params).predict(x), _right_scores(trial, params, x)):
            return False
        return not agree(build(trial.student, params).predict(x), _right_scores(trial, params, x))
    except StudentError:
        return False


def _right_scores(trial: Trial, params: Params, x: np.ndarray) -> np.ndarray:
    return np.asarray(build(trial.reference, params).predict(x))


# --- scores ------------------------------------------------------------------------------------------------------


def usable_scores(trial: Trial, params: Params, x: np.ndarray) -> np.ndarray | None:
    """Return the scores of the student's net if they can judge what builds on them, and None if not.

    They cannot if there are none, or if they are the same for all rows: a constant would be right.
    """
    (d, _), c = params["W1"].shape, params["b2"].size
    # so many rows that a mistake does not switch off all hidden units for all of them
    rows = trial.draw.normal(20, d)
    truth = build(trial.reference, params).predict(rows)
    try:
        many, own = (build(trial.student, params).predict(some) for some in (rows, x))
    except StudentError:
        return None
    fit = is_finite(many, (len(rows), c), "f") and is_finite(own, (len(x), c), "f")
    return own if fit and tells_rows_apart(many, truth) else None


def lend_forward_pass(student: Library, net: Any, params: Params, x: np.ndarray) -> None:
    """Send ``x`` through the student's own layers one by one, and let `predict` give what came out."""
    layers, out = net.get("layers", result="handle"), x
    for name, number in STEPS:
        layer = layers.call("__getitem__", (name,), result="handle")
        if number:
            layer.set("W", params[f"W{number}"])
            layer.set("b", params[f"b{number}"])
        out = layer.forward(out)
    # copied whatever the argument is
    net.set("predict", student.put(out).get("__deepcopy__", result="handle"))


def gives_the_loss(trial: Trial, params: Params, x: np.ndarray, t: np.ndarray) -> bool:
    """Whether the student's `loss` is right: then it has gone through the layers, and these can go back."""
    try:
        got = build(trial.student, params).loss(x, t)
    except StudentError:
        return False
    return agree(got, build(trial.reference, params).loss(x, t))


def lend_loss(student: Library, net: Any, x: np.ndarray, t: np.ndarray) -> None:
    """Send ``x`` through `predict` and the output layer of a net, and let `loss` do nothing more."""
    net.get("output_layer", result="handle").forward(net.predict(x), t)
    # whatever is passed to it, a text without placeholders formats to itself
    net.set("loss", student.put("lent").get("format", result="handle"))


# --- loss and gradients ------------------------------------------------------------------------------------------


def central_differences(
    trial: Trial,
    net: Any,
    params: Params,
    x: np.ndarray,
    t: np.ndarray,
    *,
    lent: bool = False,
    in_place: bool = False,
) -> Params:
    """Return the differences of the student's own loss, fit to judge by.

    Every loss is asked for twice, all in a drawn order. With ``lent``, the scores are ``x @ W1``. With ``in_place``,
    the net's arrays are filled anew instead of being replaced.

    Raises
    ------
    StudentError
        If a loss is not a finite number or differs from call to call, or all differences could be rounding.
    """
    nudges = [(name, i, sign) for name in NAMES for i in np.ndindex(params[name].shape) for sign in (1, -1)]
    losses: dict[tuple[str, tuple[int, ...], int], float] = {}
    if lent:
        lend_method(net, "predict", trial.student.put(params["W1"]))
    for key in trial.draw.shuffled(2 * nudges):
        name, index, sign = key
        nudged = params[name].copy()
        nudged[index] += sign * _STEP
        for value in (nudged, params[name]):
            if in_place:
                fill(net, name, value)
            else:
                net.set_item("params", name, value)
            if lent and name == "W1":
                lend_method(net, "predict", trial.student.put(value))
            if value is nudged:
                loss = finite_number(net.loss(x, t), "what loss returns")
        # A right loss repeats itself up to rounding; what is left must be far below the differences.
        if abs(losses.setdefault(key, loss) - loss) > 1e-12 * abs(loss):
            message = "loss gives a different value for the same parameters, rows and targets: fix that first"
            raise StudentError("ValueError", message)
    result = {name: np.zeros_like(params[name]) for name in NAMES}
    for name, index, _ in nudges[::2]:
        result[name][index] = (losses[name, index, 1] - losses[name, index, -1]) / (2 * _STEP)
    largest = largest_entry(result)
    height = max(map(abs, losses.values()))
    if not math.isfinite(largest) or largest * _STEP <= 1e-9 * height:
        moves = math.isfinite(largest) and largest > 0
        fault = (
            "infinite or lost in rounding" if moves or not math.isfinite(largest) else "0 for every parameter"
        )
        raise StudentError("ValueError", f"the differences of the loss are {fault}: fix that first")
    return result


def largest_entry(arrays: Mapping[str, np.ndarray]) -> float:
    """Return the largest absolute entry of all."""
    return max(float(np.abs(array).max()) for array in arrays.values())


def comes_through_the_net(
    grads: Mapping[str, Any], params: Params, x: np.ndarray, rtol: float = 1e-12
) -> bool:
    """Return whether gradients are those of *some* loss of the net's scores.

    That is, whether there is a gradient of the scores that gives them when it is sent back through both layers, save
    for multiples of the parameters, which a penalty adds. A loss that leaves the net out has other gradients.
    """
    if not all(is_finite(grads[name], params[name].shape) for name in NAMES) or largest_entry(grads) > _HUGE:
        return False
    pre_activation = x @ params["W1"] + params["b1"]
    hidden, on = np.maximum(pre_activation, 0), pre_activation > 0
    classes = np.eye(params["b2"].size)
    through = np.einsum("hc,ih->hic", params["W2"], on)  # from a score of a row to a hidden unit
    rows = {
        "W1": np.einsum("id,hic->dhic", x, through),
        "b1": through,
        "W2": np.einsum("ih,kc->hkic", hidden, classes),
        "b2": np.broadcast_to(classes[:, None, :], (len(classes), len(x), len(classes))),
    }
    sizes = {name: params[name].size for name in NAMES}
    matrix = np.concatenate([rows[name].reshape(sizes[name], -1) for name in NAMES])
    penalties = np.zeros((len(matrix), len(NAMES)))
    start = 0
    for column, name in enumerate(NAMES):
        penalties[start : start + sizes[name], column] = params[name].ravel()
        start += sizes[name]
    want = np.concatenate([np.asarray(grads[name], np.float64).ravel() for name in NAMES])

    def left_over(columns: np.ndarray) -> float:
        solution = np.linalg.lstsq(columns, want, rcond=None)[0]
        return float(np.abs(columns @ solution - want).max())

    bound = float(np.abs(want).max())
    return left_over(np.hstack([matrix, penalties])) <= rtol * bound and left_over(penalties) > 1e-6 * bound


def _step_along(params: Params, way: Params, x: np.ndarray) -> float:
    """Return how far a direction may be followed both ways: no hidden unit may be switched on or off."""
    now, change = x @ params["W1"] + params["b1"], x @ way["W1"] + way["b1"]
    return min(_STEP, float((np.abs(now) / (4 * np.abs(change) + 1e-300)).min()))


def belongs_to_own_loss(
    trial: Trial, params: Params, reg: float, x: np.ndarray, t: np.ndarray, grads: Mapping[str, Any]
) -> bool:
    """Return whether gradients are, to the last digit, those of a loss of the student's own that is not the right one.

    The mistake is then in the loss, which is judged elsewhere. The scores of the student's net must be right.
    """

    def asked(lib: Library, params: Params, strength: float) -> float:
        return finite_number(build(lib, params, strength).loss(x, t), "what loss returns")

    if not comes_through_the_net(grads, params, x):
        return False
    try:
        pairs = [(asked(trial.student, params, r), asked(trial.reference, params, r)) for r in (0.0, reg)]
        if all(agree(got, want, scale=1.0) for got, want in pairs):
            return False
        for _ in range(_DIRECTIONS):
            way = {name: trial.draw.normal(*params[name].shape) for name in NAMES}
            far = _step_along(params, way, x)
            ahead, behind = (
                asked(trial.student, {name: params[name] + step * way[name] for name in NAMES}, reg)
                for step in (far, -far)
            )
            terms = np.concatenate([(grads[name] * way[name]).ravel() for name in NAMES])
            if abs((ahead - behind) / (2 * far) - terms.sum()) > 1e-6 * np.abs(terms).sum():
                return False
    except StudentError:
        return False
    return True
