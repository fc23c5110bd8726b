"""The checks of the two-layer net itself: scores, loss, gradients, predicted labels."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograder.course.cross_entropy import NEARLY, OVERFLOW, loss_with_number_added, what_is_told
from autograder.course.nets import (
    Params,
    loss_and_grads,
    loss_of,
    params_unchanged,
    penalty_made_of,
    with_own_penalty,
)
from autograder.failures import StudentError
from autograder.judging.check import Findings, Trial, check
from autograder.judging.compare import claim, close, dict_with_keys, difference, is_array, is_finite, keep
from autograder.judging.students_own_values import lend_method, tells_rows_apart, with_lent_method_if_better
from autograder.library.interface import Library
from nndl.diagnosis import agree

from .draws import draw_net_and_rows, draw_params, many_rows, tells_how_chosen, to_large_scores

NAMES = ("W1", "b1", "W2", "b2")
SIZES: tuple[dict[str, Any], ...] = (
    {"n": 5, "d": 4, "h": 10, "c": 3},
    {"n": 3, "d": 2, "h": 1, "c": 2},
    {"n": 12, "d": 3, "h": 6, "c": 10},
    {"n": 1, "d": 7, "h": 3, "c": 2, "demand": "one row"},
)
_TRIES = 500
_LEAST_SHARE = 0.01
"""How large the hidden units of a wrong forward pass have to be, as a share of the right ones, to be judged by."""


def build(lib: Library, params: Params) -> Any:
    """Make a net of the library with these parameters."""
    (h, d), c = params["W1"].shape, params["b2"].size
    net = lib.make("TwoLayerNet", d, h, c)
    net.set("params", params)
    return net


@check(points=4, parts=("scores",), demands=("inputs unchanged",), cases=SIZES)
def scores(trial: Trial, *, n: int, d: int, h: int, c: int) -> Findings:
    """`loss(X)` without labels returns the class scores of every row and does not change X."""
    params, X = draw_net_and_rows(trial.draw, n, d, h, c)
    kept = keep(trial.student, X=X)
    mine, right = (build(lib, params) for lib in trial.libraries)
    yield from close({"scores": (mine.loss(*kept), right.loss(X))}, sizes={"N": n})
    yield from kept.unchanged("inputs unchanged")


def _own_scores(trial: Trial, params: Params, X: np.ndarray) -> np.ndarray | None:
    """Return scores of the student's own that are not the right ones, where they can be built on.

    They can if they differ from row to row wherever the right ones do; each is asked of a fresh net.
    """
    inputs = {"own": X, "again": X, "many": many_rows(trial.draw, X)}
    try:
        got = {k: build(trial.student, params).loss(inputs[k]) for k in trial.draw.shuffled(inputs)}
    except StudentError:
        return None
    if not all(is_finite(got[k], (len(inputs[k]), params["b2"].size), "f") for k in inputs):
        return None
    truth = build(trial.reference, params).loss(inputs["many"])
    if not agree(got["again"], got["own"]) or not tells_rows_apart(got["many"], truth):
        return None
    return np.asarray(got["own"], dtype=np.float64)


def _log_probabilities(scores: np.ndarray) -> np.ndarray:
    shifted = scores - scores.max(axis=1, keepdims=True)
    return np.asarray(shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True)))


def _loss_of_own_scores(trial: Trial, params: Params, X: np.ndarray, y: np.ndarray, right: float) -> float:
    """Return the loss that the student's own scores have; the right one where they cannot be built on."""
    own = _own_scores(trial, params, X)
    return right if own is None else float(-_log_probabilities(own)[np.arange(len(y)), y].mean())


def _has_units_on(trial: Trial, probe: Params, X: np.ndarray) -> bool:
    """Return whether hidden units are on about as much as they should be: if never, gradients of 0 take no work.

    The rows are others, but as many at a time.
    """
    on = [0.0, 0.0]
    for _ in range(0, 20, len(X)):
        rows = trial.draw.normal(*X.shape)
        for i, lib in enumerate(trial.libraries):
            hidden = build(lib, probe).loss(rows)
            if not is_finite(hidden, (len(X), len(probe["b1"])), "f"):
                return False
            on[i] += float(np.maximum(hidden, 0).mean())
    return on[0] >= _LEAST_SHARE * on[1]


def _gradients_of_own_forward(
    trial: Trial, params: Params, X: np.ndarray, y: np.ndarray, reg: float, got: Params, scale: float
) -> Params | None:
    """Return the gradients that the right formula makes of a wrong forward pass; None if none of them is what came.

    One that came shows that the gradients are made of these scores: another one is then held against them, too, so
    that a second mistake is not hidden by that of the forward pass. With W2 the identity and b2 zero, the scores are
    the hidden layer.
    """
    best: tuple[int, Params | None] = (0, None)
    own = _own_scores(trial, params, X)
    if own is None or agree(own, build(trial.reference, params).loss(X)):
        return None
    h = len(params["b1"])
    probe = {**params, "W2": np.eye(h), "b2": np.zeros(h)}
    rows = np.arange(len(y))
    for lib in trial.libraries:
        try:
            hidden = build(lib, probe).loss(X)
            if lib is trial.student and not _has_units_on(trial, probe, X):
                continue
        except StudentError:
            continue
        if not is_finite(hidden, (len(X), h), "f"):
            continue
        d = np.exp(_log_probabilities(own))
        d[rows, y] -= 1
        d /= len(X)
        before = np.where(hidden > 0, d @ params["W2"], 0)
        made = {
            "W1": before.T @ X + reg * params["W1"],
            "b1": before.sum(axis=0),
            "W2": d.T @ hidden + reg * params["W2"],
            "b2": d.sum(axis=0),
        }
        fits = sum(agree(got[name], made[name], scale=scale) for name in NAMES)
        best = max(best, (fits, made), key=lambda found: found[0])
    return best[1]


@check(points=4, parts=("data loss", "penalty"), demands=("large scores",), cases=SIZES)
def loss(trial: Trial, *, n: int, d: int, h: int, c: int) -> Findings:
    """`loss(X, y, reg)` is the mean cross-entropy plus the L2 penalty, finite for scores up to ±1e4."""
    params, X = draw_net_and_rows(trial.draw, n, d, h, c)
    y, reg = trial.draw.labels(n, c), trial.draw.uniform(0.3, 2.0)
    mine, right = (build(lib, params) for lib in trial.libraries)
    largest, sizes = float(np.abs(right.loss(X)).max()), {"N": n}
    got, want = loss_of(mine, X, y), loss_of(right, X, y)
    with_number = loss_with_number_added(got, right.loss(X), y)
    if with_number is not None:
        want = with_number
    elif not agree(got, want, rtol=NEARLY, scale=largest):
        want = _loss_of_own_scores(trial, params, X, y, want)
    pair, context = {"loss with reg=0": (got, want)}, what_is_told(got, right.loss(X), y)
    yield from close(pair, part="data loss", rtol=NEARLY, scale=largest, sizes=sizes, context=context)
    added = tuple(difference(loss_of(net, X, y, reg=reg), loss_of(net, X, y)) for net in (mine, right))
    made_of = penalty_made_of(added[0], reg, params)
    yield from close({"what reg adds to the loss": added}, part="penalty", rtol=1e-9, context=made_of)

    large = {**params, "W2": params["W2"] * to_large_scores(right.loss(X), params["b2"])}
    got, want = (loss_of(build(lib, large), X, y) for lib in trial.libraries)
    why = what_is_told(got, build(trial.reference, large).loss(X), y)
    if not agree(got, want, scale=1e4):
        want = _loss_of_own_scores(trial, large, X, y, want)
    context = f"for scores near 1e4; {why}" if why else "for scores near 1e4"
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
    y = trial.draw.labels(n, c)

    def changed(params: Params, X: np.ndarray) -> None:
        if at_zero:
            X[::2], params["b1"][:] = 0, 0
        if large:
            params["W2"] *= to_large_scores(build(trial.reference, params).loss(X), params["b2"])

    def has_gradients(params: Params, X: np.ndarray) -> bool:
        """Return whether gradients of 0 are wrong: where no hidden unit is on, they are right."""
        return bool(build(trial.reference, params).loss(X, y, reg=reg)[1]["b1"].any())

    params, X = draw_net_and_rows(trial.draw, n, d, h, c, changed=changed, fits=has_gradients)
    _, want = build(trial.reference, params).loss(X, y, reg=reg)
    context = (
        "with hidden units whose input is exactly 0" if at_zero else "for scores near 1e4" if large else ""
    )
    net, kept = build(trial.student, params), keep(trial.student, X=X)
    _, got = loss_and_grads(net, kept["X"], y, NAMES, reg=reg)
    # A probability carries an error of about epsilon, and 1 is taken from it: what it is multiplied by counts.
    scale = float(np.abs(X).max() * max(1.0, np.abs(params["W2"]).max() if not large else 1.0))
    after = dict_with_keys(net.get("params"), NAMES, "params")
    if any(not agree(got[name], want[name], rtol=NEARLY, scale=scale) for name in NAMES):
        want = _gradients_of_own_forward(trial, params, X, y, reg, got, scale) or want

        def loss_at(strength: float) -> Any:
            return loss_of(build(trial.student, params), X, y, reg=strength)

        want = with_own_penalty(got, want, params, reg, scale=scale, loss_at=loss_at)
    inputs = list(kept.unchanged("inputs unchanged"))
    for name in NAMES:
        pair = {f"the gradient of {name}": (got[name], want[name])}
        overflow = large and is_array(got[name]) and not is_finite(got[name])
        why = f"{context}; {OVERFLOW}" if overflow else context
        yield from close(pair, part=name, rtol=NEARLY, scale=scale, sizes={"N": n}, context=why)
        yield from inputs
        yield params_unchanged("inputs unchanged", name, after, params, only="the training step")


@check(
    points=4,
    parts=("labels",),
    demands=("integers",),
    cases=(
        SIZES[0],
        {"n": 11, "d": 2, "h": 1, "c": 2},
        *SIZES[2:],
        {"n": 6, "d": 4, "h": 5, "c": 3, "below": 100},
        {"n": 6, "d": 4, "h": 5, "c": 3, "below": 1000, "demand": "large scores"},
    ),
)
def prediction(trial: Trial, *, n: int, d: int, h: int, c: int, below: int = 0) -> Findings:
    """`predict(X)` returns the class with the highest score for every row, as integers."""
    for _ in range(_TRIES):
        X, params = trial.draw.normal(n, d), draw_params(trial.draw, d, h, c)
        if tells_how_chosen(build(trial.reference, params).loss(X)):
            break
    params["b2"] -= below
    for _ in range(_TRIES):
        weights = trial.draw.normal(d, c)
        lent_rows, lent_weights = (np.abs(X), -np.abs(weights)) if below else (X, weights)
        lent_scores = lent_rows @ lent_weights
        if tells_how_chosen(lent_scores):
            break
    lent_labels = lent_scores.argmax(axis=1)

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
        context = f"when all scores are about -{below}" if below else ""
        # argmax of a row of NaN is 0.
        is_first = below > 700 and is_array(got, want.shape, "iu") and not got[got != want].any()
        context += f"; {OVERFLOW}" if is_first else ""
        yield from close({"the predicted labels": (got, want)}, part="labels", context=context)

    def scores_are_wrong() -> bool:
        got, want = (build(lib, params).loss(X) for lib in trial.libraries)
        return not agree(got, want)

    yield from with_lent_method_if_better(judged, scores_are_wrong)
