"""The checks of the two-layer net itself: scores, loss, gradients, predicted labels."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograder.course.nets import Params, loss_and_grads, loss_of, params_unchanged, penalty_made_of
from autograder.judging.check import Draw, Findings, Trial, check
from autograder.judging.compare import claim, close, dict_with_keys, difference, is_array, keep
from autograder.judging.students_own_values import lend_method, with_lent_method_if_better
from autograder.library.interface import Library
from nndl.diagnosis import compare

NAMES = ("W1", "b1", "W2", "b2")
SIZES: tuple[dict[str, Any], ...] = (
    {"n": 5, "d": 4, "h": 10, "c": 3},
    {"n": 3, "d": 2, "h": 1, "c": 2},
    {"n": 12, "d": 3, "h": 6, "c": 10},
    {"n": 1, "d": 7, "h": 3, "c": 2, "demand": "one row"},
)
_TRIES = 50


def draw_params(draw: Draw, d: int, h: int, c: int) -> Params:
    """Draw parameters that keep scores near 1, so that no probability is 0 or 1; biases included."""
    return {
        "W1": draw.normal(h, d, scale=d**-0.5),
        "b1": draw.normal(h),
        "W2": draw.normal(c, h, scale=h**-0.5),
        "b2": draw.normal(c),
    }


def build(lib: Library, params: Params) -> Any:
    """Make a net of the library with these parameters."""
    (h, d), c = params["W1"].shape, params["b2"].size
    net = lib.make("TwoLayerNet", d, h, c)
    net.set("params", params)
    return net


@check(points=4, parts=("scores",), demands=("inputs unchanged",), cases=SIZES)
def scores(trial: Trial, *, n: int, d: int, h: int, c: int) -> Findings:
    """`loss(X)` without labels returns the class scores of every row and does not change X."""
    params = draw_params(trial.draw, d, h, c)
    X = trial.draw.normal(n, d)
    kept = keep(trial.student, X=X)
    mine, right = (build(lib, params) for lib in trial.libraries)
    yield from close({"scores": (mine.loss(*kept), right.loss(X))}, sizes={"N": n})
    yield from kept.unchanged("inputs unchanged")


@check(points=4, parts=("data loss", "penalty"), demands=("large scores",), cases=SIZES)
def loss(trial: Trial, *, n: int, d: int, h: int, c: int) -> Findings:
    """`loss(X, y, reg)` is the mean cross-entropy plus the L2 penalty, finite for scores up to ±1e4."""
    params = draw_params(trial.draw, d, h, c)
    X, y, reg = trial.draw.normal(n, d), trial.draw.labels(n, c), trial.draw.uniform(0.3, 2.0)
    mine, right = (build(lib, params) for lib in trial.libraries)
    largest, sizes = float(np.abs(right.loss(X)).max()), {"N": n}
    got, want = loss_of(mine, X, y), loss_of(right, X, y)
    yield from close({"loss with reg=0": (got, want)}, part="data loss", scale=largest, sizes=sizes)
    added = tuple(
        difference(loss_of(net, X, y, reg=reg), plain) for net, plain in ((mine, got), (right, want))
    )
    made_of = penalty_made_of(added[0], reg, params)
    yield from close({"what reg adds to the loss": added}, part="penalty", rtol=1e-9, context=made_of)

    large = {**params, "W2": params["W2"] * 1e4 / largest}
    got, want = (loss_of(build(lib, large), X, y) for lib in trial.libraries)
    context = "for scores near 1e4"
    yield from close({"loss": (got, want)}, part="large scores", scale=1e4, sizes=sizes, context=context)


@check(
    points=8,
    parts=NAMES,
    demands=("inputs unchanged",),
    cases=(
        *({**size, "reg": reg} for size, reg in zip(SIZES, (0.7, 0.3, 0.2, 0.0), strict=True)),
        # So many parameters that differences of the loss, one call for each of them, take longer than the limit.
        {"n": 5, "d": 390, "h": 410, "c": 4, "reg": 0.1},
        {"n": 6, "d": 5, "h": 4, "c": 3, "reg": 0.1, "at_zero": True, "demand": "at zero"},
        {"n": 4, "d": 5, "h": 6, "c": 3, "reg": 0.0, "large": True, "demand": "large scores"},
    ),
)
def gradients(
    trial: Trial, *, n: int, d: int, h: int, c: int, reg: float, at_zero: bool = False, large: bool = False
) -> Findings:
    """`loss(X, y, reg)` returns the gradient of the loss with respect to W1, b1, W2 and b2."""
    params = draw_params(trial.draw, d, h, c)
    X, y = trial.draw.normal(n, d), trial.draw.labels(n, c)
    context = ""
    if at_zero:
        X[::2], params["b1"][:] = 0, 0
        context = "with hidden units whose input is exactly 0"
    if large:
        params["W2"] *= 1e4 / np.abs(build(trial.reference, params).loss(X)).max()
        context = "for scores near 1e4"
    net, kept = build(trial.student, params), keep(trial.student, X=X)
    _, got = loss_and_grads(net, kept["X"], y, NAMES, reg=reg)
    _, want = build(trial.reference, params).loss(X, y, reg=reg)
    # A probability carries an error of about epsilon, and 1 is taken from it: what it is multiplied by counts.
    scale = float(np.abs(X).max() * max(1.0, np.abs(params["W2"]).max() if not large else 1.0))
    after = dict_with_keys(net.get("params"), NAMES, "params")
    for name in NAMES:
        pair = {f"the gradient of {name}": (got[name], want[name])}
        yield from close(pair, part=name, scale=scale, sizes={"N": n}, context=context)
        yield from kept.unchanged("inputs unchanged")
        yield params_unchanged("inputs unchanged", name, after, params, only="the training step")


@check(
    points=4,
    parts=("labels",),
    demands=("integers",),
    cases=(
        SIZES[0],
        {"n": 11, "d": 2, "h": 1, "c": 2},
        *SIZES[2:],
        {"n": 6, "d": 4, "h": 5, "c": 3, "negative": True},
    ),
)
def prediction(trial: Trial, *, n: int, d: int, h: int, c: int, negative: bool = False) -> Findings:
    """`predict(X)` returns the class with the highest score for every row, as integers."""
    X, params = trial.draw.normal(n, d), draw_params(trial.draw, d, h, c)
    for _ in range(_TRIES):
        if n == 1 or np.ptp(build(trial.reference, params).predict(X)) > 0:
            break  # the same class for every row would be right without any work
        params = draw_params(trial.draw, d, h, c)
    if negative:
        params["b2"] -= 1000
    for _ in range(_TRIES):
        weights = trial.draw.normal(d, c)
        lent_rows, lent_weights = (np.abs(X), -np.abs(weights)) if negative else (X, weights)
        lent_labels = (lent_rows @ lent_weights).argmax(axis=1)
        if n == 1 or np.ptp(lent_labels) > 0:
            break

    def judged(lent: bool) -> Findings:
        net, rows = build(trial.student, params), X
        want = build(trial.reference, params).predict(X)
        if lent:  # loss(X) is X @ weights, whatever the student's own does
            rows, want = lent_rows, lent_labels
            lend_method(net, "loss", trial.student.put(lent_weights))
        got = net.predict(rows)
        integers = is_array(got, kinds="iu")
        message = "predict must return an array of integer class labels, one per row"
        yield claim("integers", "kind of labels", integers, message, expected="integer array", actual=got)
        context = "when all scores are negative" if negative else ""
        yield from close({"the predicted labels": (got, want)}, part="labels", context=context)

    def scores_are_wrong() -> bool:
        got, want = (build(lib, params).loss(X) for lib in trial.libraries)
        return compare(got, want) is not None

    yield from with_lent_method_if_better(judged, scores_are_wrong)
