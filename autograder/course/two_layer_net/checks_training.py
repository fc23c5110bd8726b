"""The checks of the two-layer net's training: one step, and the histories.

They build on the net's loss, gradients and predictions, and are judged against the student's *own* values for
these, so that one mistake costs once.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from autograder.failures import StudentError
from autograder.judging.check import Findings, Trial, check
from autograder.judging.compare import claim, close, dict_with_keys, differ, is_number, numbers, step_taken
from autograder.judging.lent_method import with_lent_method_if_better
from autograder.library.interface import Library
from nndl.diagnosis import compare

from .checks_values import NAMES, build, draw_params, loss_and_grads

HISTORIES = ("loss_history", "train_acc_history", "val_acc_history")


def own_values(
    trial: Trial,
    params: dict[str, np.ndarray],
    X: np.ndarray,
    y: np.ndarray,
    rows: np.ndarray,
    reg: float,
) -> tuple[float, dict[str, np.ndarray]]:
    """Return the student's own loss and gradients for a minibatch, fit to judge a training step by.

    A loss tells a right minibatch from a wrong one only if it is a function of the rows and their labels, so it
    is also asked for with other rows and with other labels.  Every value comes from a fresh net, in a
    drawn order and the right batch's twice: code that counts its calls gives itself away.

    Raises
    ------
    StudentError
        If the values are no finite numbers of the right shapes, or the loss does not tell batches apart.
    """
    inputs, labels = X[rows], y[rows]
    other_inputs, other_labels = X[(rows + 1) % len(X)], (labels + 1) % params["b2"].size
    batches = [(inputs, labels), (inputs, labels), (other_inputs, labels), (inputs, other_labels)]
    answers: dict[int, tuple[float, dict[str, Any]]] = {}
    for index in sorted(range(len(batches)), key=lambda _: trial.draw.uniform(0, 1)):
        loss, grads = loss_and_grads(build(trial.student, params), *batches[index], reg=reg)
        answers[index] = _finite(loss), grads
    own, grads = answers[0]
    if differ(own, answers[1][0]):
        raise StudentError(
            "ValueError", "the loss of the same rows differs from call to call: mend that first"
        )
    truth = [build(trial.reference, params).loss(*batch, reg=reg)[0] for batch in batches]
    for index, what in ((2, "rows"), (3, "labels")):
        # Rows on which all hidden units are off have the same loss in a right net too.
        alike = abs(truth[index] - truth[0]) <= 1e-4 * abs(truth[0])
        if not alike and not differ(own, answers[index][0]):
            raise StudentError("ValueError", f"the loss does not depend on the {what}: mend that first")
    for name in NAMES:
        gradient = grads[name]
        if not isinstance(gradient, np.ndarray) or gradient.shape != params[name].shape:
            raise StudentError(
                "ValueError", f"the gradient of {name} has not the shape of {name}: mend that first"
            )
        if gradient.dtype.kind != "f" or not np.isfinite(gradient).all():
            raise StudentError(
                "ValueError", f"the gradient of {name} does not consist of finite numbers: mend that first"
            )
    return own, grads


def own_loss(net: Any, X: np.ndarray, y: np.ndarray, reg: float) -> float:
    """Return a net's loss, a finite number."""
    return _finite(loss_and_grads(net, X, y, reg=reg)[0])


def _finite(loss: Any) -> float:
    if not is_number(loss) or not math.isfinite(float(loss)):
        raise StudentError("ValueError", "the loss of a minibatch is no finite number: mend that first")
    return float(loss)


@check(
    points=4,
    parts=("minibatch", "step"),
    cases=(
        {"n": 30, "d": 4, "h": 8, "c": 3, "batch_size": 7},
        {"n": 5, "d": 3, "h": 6, "c": 4, "batch_size": 20},
    ),
)
def training_step(trial: Trial, *, n: int, d: int, h: int, c: int, batch_size: int) -> Findings:
    """One iteration of `train` draws a minibatch with replacement and takes one step of gradient descent."""
    params = draw_params(trial.draw, d, h, c)
    X, y, seed = trial.draw.normal(n, d), trial.draw.labels(n, c), trial.draw.seed()
    reg, rate = trial.draw.uniform(0.01, 0.1), trial.draw.uniform(0.1, 0.3)
    options = {"learning_rate": rate, "reg": reg, "num_iters": 1, "batch_size": batch_size}

    def judged(lent: bool) -> Findings:
        net = build(trial.student, params)
        if lent:
            _lend_predict(trial.student, net, d)
        trial.student.seed(seed)
        history = dict_with_keys(net.train(X, y, X[:2], y[:2], **options), HISTORIES, "what train returns")

        rows = np.random.RandomState(seed).choice(n, min(n, batch_size))
        own, own_grads = own_values(trial, params, X, y, rows, reg)
        first = _first(history["loss_history"])
        message = (
            "the minibatch is not the one that np.random.choice draws: min(N, batch_size) row indices in one call, "
            "with replacement, and the labels of the same rows"
        )
        same = is_number(first) and math.isclose(float(first), own, rel_tol=1e-9)
        yield claim("minibatch", "loss of the first minibatch", same, message, expected=own, actual=first)

        after = dict_with_keys(net.get("params"), NAMES, "params after training")
        _, telling = build(trial.reference, params).loss(X[rows], y[rows], reg=reg)
        for name in NAMES:
            gradient = own_grads[name]
            # A step that is lost in the rounding of the parameters cannot be told from no step at all.
            if np.abs(telling[name]).max() > 1e-4 and np.abs(gradient).max() < 1e-6:
                raise StudentError("ValueError", f"the gradient of {name} is 0 everywhere: mend that first")
            want = params[name] - rate * gradient
            pair = {f"the change of {name}": (step_taken(after[name], params[name]), want - params[name])}
            yield from close(pair, part="step", rtol=1e-7)

    yield from with_lent_method_if_better(judged, lambda: not _predicts(trial, params, X))


def _first(values: Any) -> Any:
    listed = isinstance(values, (list, tuple)) or (isinstance(values, np.ndarray) and values.ndim > 0)
    return values[0] if listed and len(values) else None


@check(
    points=4,
    parts=HISTORIES,
    cases=(
        {"n": 60, "d": 5, "h": 8, "c": 3, "batch_size": 20, "num_iters": 8},
        {"n": 10, "d": 4, "h": 5, "c": 4, "batch_size": 10, "num_iters": 5},
    ),
)
def training_history(
    trial: Trial,
    *,
    n: int,
    d: int,
    h: int,
    c: int,
    batch_size: int,
    num_iters: int,
) -> Findings:
    """`train` takes one step after another and returns the histories of loss and accuracies."""
    params = draw_params(trial.draw, d, h, c)
    y, y_val, seed = trial.draw.labels(n, c), trial.draw.labels(7, c), trial.draw.seed()
    X, X_val = trial.draw.normal(n, d), trial.draw.normal(7, d)
    column, column_val = trial.draw.labels(n, c), trial.draw.labels(7, c)
    options = {"learning_rate": 0.1, "learning_rate_decay": 0.5, "reg": 0.01}

    def judged(lent: bool) -> Findings:
        net = build(trial.student, params)
        rows, rows_val = X.copy(), X_val.copy()
        if lent:
            rows[:, 0], rows_val[:, 0] = column, column_val
            _lend_predict(trial.student, net, d)
        trial.student.seed(seed)
        got = net.train(rows, y, rows_val, y_val, **options, num_iters=num_iters, batch_size=batch_size)
        got = dict_with_keys(got, HISTORIES, "what train returns")

        # The same training, step by step, on the student's own loss, gradients and predictions.
        source, rate, current = np.random.RandomState(seed), options["learning_rate"], dict(params)
        want: dict[str, list[float]] = {name: [] for name in HISTORIES}
        predicted: list[np.ndarray] = []
        right: list[np.ndarray] = []
        for it in range(num_iters):
            batch = source.choice(n, min(n, batch_size))
            loss, grads = own_values(trial, current, rows, y, batch, options["reg"])
            current = {name: current[name] - rate * grads[name] for name in NAMES}
            want["loss_history"].append(loss)
            if it % max(n // batch_size, 1) == 0:
                for name, inputs, labels in (
                    ("train_acc_history", rows[batch], y[batch]),
                    ("val_acc_history", rows_val, y_val),
                ):
                    chosen = inputs[:, 0] if lent else build(trial.student, current).predict(inputs)
                    predicted.append(_labels(chosen, len(labels)))
                    right.append(build(trial.reference, current).predict(inputs))
                    want[name].append(float(np.mean(predicted[-1] == labels)))
                rate *= options["learning_rate_decay"]

        moved = any(np.abs(current[name] - params[name]).max() > 1e-6 for name in NAMES)
        before, after = (
            own_loss(build(trial.student, p), rows, y, options["reg"]) for p in (params, current)
        )
        learns = moved and differ(before, after)
        # Of two classes, a net with a mistake elsewhere may well choose the same one for all rows.
        given, due = (len(np.unique(np.concatenate(labels))) for labels in (predicted, right))
        same_class = given == 1 and due > 2
        for name in HISTORIES[1:]:
            told = "an accuracy says nothing while predict gives the same class to every row"
            yield claim(name, "predict", not same_class, told, expected="classes", actual="one class")
        message = "training changes nothing: the gradients are 0, or the loss is the same whatever the parameters are"
        context = "with labels that were given to your net, for its predict is wrong" if lent else ""
        for name in HISTORIES:
            yield claim(name, "training has an effect", learns, message, expected=True, actual=learns)
            pair = {name: (numbers(got[name]), np.array(want[name]))}
            yield from close(pair, part=name, rtol=1e-7, context=context)

    yield from with_lent_method_if_better(judged, lambda: not _predicts(trial, params, X))


def _predicts(trial: Trial, params: dict[str, np.ndarray], X: np.ndarray) -> bool:
    """Whether the student's labels are right."""
    return compare(build(trial.student, params).predict(X), build(trial.reference, params).predict(X)) is None


def _lend_predict(student: Library, net: Any, d: int) -> None:
    """Let ``net.predict(X)`` be the first column of ``X``, whatever the student's own does."""
    first = student.put(np.eye(d)[0])
    net.set("predict", first.get("__rmatmul__", result="handle"))


def _labels(predicted: Any, rows: int) -> np.ndarray:
    if not isinstance(predicted, np.ndarray) or predicted.shape != (rows,):
        raise StudentError("ValueError", "predict does not return one label a row: mend that first")
    return predicted
