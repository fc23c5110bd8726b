"""The checks of the two-layer net's training: one step, and the histories.

They build on the net's loss, gradients and predictions, and are judged against the student's *own* values for
these, so that one mistake costs once.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from autograder.course.nets import Params, loss_and_grads
from autograder.failures import StudentError
from autograder.judging.check import Findings, Trial, check
from autograder.judging.compare import (
    claim,
    close,
    dict_with_keys,
    differ,
    is_number,
    numbers,
    step_taken,
    without_extra_axes,
)
from autograder.judging.students_own_values import (
    finite_number,
    float_array,
    lend_method,
    with_lent_method_if_better,
)
from autograder.library.interface import Library
from nndl.diagnosis import agree

from .checks_values import NAMES, build
from .draws import draw_net_and_rows, scores_of
from .minibatches import Batch, Data, Way, drawn_right, drawn_wrong, seed_that_draws_the_last_row

_ROWS_VAL = 301
"""So many that parameters which differ give another accuracy."""
HISTORIES = ("loss_history", "train_acc_history", "val_acc_history")


def own_values(trial: Trial, params: Params, data: Data, batch: Batch, reg: float) -> tuple[float, Params]:
    """Return the student's own loss and gradients for a minibatch, fit to judge a training step by.

    A loss tells a right minibatch from a wrong one only if it is a function of the rows and their labels, so it
    is also asked for with other rows and with other labels, and for the right batch twice. Every value comes from a
    fresh net.

    Raises
    ------
    StudentError
        If the values are not finite numbers of the right shapes, or the loss does not tell batches apart.
    """
    X, y, (rows, whose) = data.X, data.y, batch
    inputs, labels = X[rows], y[whose]
    other_inputs, other_labels = X[(rows + 1) % len(X)], (labels + 1) % params["b2"].size
    batches = [(inputs, labels), (inputs, labels), (other_inputs, labels), (inputs, other_labels)]
    answers: dict[int, tuple[float, dict[str, Any]]] = {}
    for index in trial.draw.shuffled(range(len(batches))):
        some, targets = batches[index]
        loss, grads = loss_and_grads(build(trial.student, params), some, targets, NAMES, reg=reg)
        answers[index] = finite_number(loss, "the loss of a minibatch"), grads
    own, grads = answers[0]
    if differ(own, answers[1][0]):
        raise StudentError(
            "ValueError", "the loss of the same rows differs from call to call: fix that first"
        )
    for index, what in ((2, "rows"), (3, "labels")):
        if differ(own, answers[index][0]):
            continue
        # Rows on which all hidden units are off have the same loss in a right net too.
        due, other = (build(trial.reference, params).loss(*batches[i], reg=reg)[0] for i in (0, index))
        alike = abs(other - due) <= 1e-4 * abs(due)
        if not alike:
            raise StudentError("ValueError", f"the loss does not depend on the {what}: fix that first")
    shapes = {name: params[name].shape for name in NAMES}
    return own, {
        name: float_array(without_extra_axes(grads[name], shape), shape, f"the gradient of {name}")
        for name, shape in shapes.items()
    }


@check(
    points=4,
    parts=("minibatch", "step"),
    cases=(
        {"n": 30, "d": 4, "h": 8, "c": 3, "batch_size": 7},
        {"n": 5, "d": 3, "h": 6, "c": 4, "batch_size": 20, "demand": "fewer rows than a minibatch"},
    ),
)
def training_step(trial: Trial, *, n: int, d: int, h: int, c: int, batch_size: int) -> Findings:
    """One iteration of `train` draws a minibatch with replacement and takes one step of gradient descent."""
    params, X = draw_net_and_rows(trial.draw, n, d, h, c)
    y, seed = trial.draw.labels(n, c), seed_that_draws_the_last_row(trial.draw, n, batch_size)
    data = Data(X, y, X[:2], y[:2])
    reg, rate = trial.draw.uniform(0.01, 0.1), trial.draw.uniform(0.1, 0.3)
    options = {"learning_rate": rate, "reg": reg, "num_iters": 1, "batch_size": batch_size}

    def judged(lent: bool) -> Findings:
        net = build(trial.student, params)
        if lent:
            _lend_predict(trial.student, net, d)
        trial.student.seed(seed)
        history = _train(net, data, **options)

        batch = drawn_right(n, batch_size)(np.random.RandomState(seed))
        own, own_grads = own_values(trial, params, data, batch, reg)
        first = _first(history["loss_history"])
        message = (
            "the minibatch is not the one that np.random.choice draws: min(N, batch_size) row indices in one call, "
            "with replacement, and the labels of the same rows"
        )
        same = is_number(first) and math.isclose(float(first), own, rel_tol=1e-9)
        other = None if same else drawn_wrong(trial, params, data, seed, batch_size, reg, first)
        message += f"; {other[0]}" if other else ""
        yield claim("minibatch", "loss of the first minibatch", same, message, expected=own, actual=first)
        if other:  # the step is one from the minibatch that was drawn
            batch = other[1](np.random.RandomState(seed))
            _, own_grads = own_values(trial, params, data, batch, reg)

        after = dict_with_keys(net.get("params"), NAMES, "params after training")
        _, right = build(trial.reference, params).loss(X[batch[0]], y[batch[1]], reg=reg)
        for name in NAMES:
            gradient = own_grads[name]
            # A step that is lost in the rounding of the parameters cannot be told from no step at all.
            if np.abs(right[name]).max() > 1e-4 and np.abs(gradient).max() < 1e-6:
                raise StudentError("ValueError", f"the gradient of {name} is 0 everywhere: fix that first")
            want = params[name] - rate * gradient
            there = without_extra_axes(after[name], params[name].shape)  # the gradient's check has said so
            pair = {f"the change of {name}": (step_taken(there, params[name]), want - params[name])}
            powers = {"1 / learning_rate": 1 / rate, "1 / learning_rate ** 2": rate**-2}
            yield from close(pair, part="step", rtol=1e-7, sizes=powers)

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
    trial: Trial, *, n: int, d: int, h: int, c: int, batch_size: int, num_iters: int
) -> Findings:
    """`train` takes one step after another and returns the histories of loss and accuracies."""
    params, X = draw_net_and_rows(trial.draw, n, d, h, c, fits=_scores_are_positive)
    y, y_val = trial.draw.labels(n, c), trial.draw.labels(_ROWS_VAL, c)
    seed = seed_that_draws_the_last_row(trial.draw, n, batch_size)
    X_val = trial.draw.normal(_ROWS_VAL, d)
    column, column_val = trial.draw.labels(n, c), trial.draw.labels(_ROWS_VAL, c)
    options: dict[str, Any] = {"num_iters": num_iters, "batch_size": batch_size}
    options |= {"learning_rate": 0.3, "learning_rate_decay": 0.7, "reg": 0.01}

    def judged(lent: bool) -> Findings:
        net, data = build(trial.student, params), Data(X.copy(), y, X_val.copy(), y_val)
        if lent:
            data.X[:, 0], data.X_val[:, 0] = column, column_val
            _lend_predict(trial.student, net, d)
        trial.student.seed(seed)
        got = _train(net, data, **options)
        way, reg = drawn_right(n, batch_size), options["reg"]
        own, _ = own_values(trial, params, data, way(np.random.RandomState(seed)), reg)
        first = _first(got["loss_history"])
        if not (is_number(first) and math.isclose(float(first), own, rel_tol=1e-9)):
            other = drawn_wrong(trial, params, data, seed, batch_size, reg, first)
            way = other[1] if other else way  # how rows are drawn is the claim of training_step
        want = _step_by_step(trial, params, data, way, seed, lent, **options)
        if not all(agree(got[name], np.array(want.histories[name])) for name in HISTORIES):
            # A step that is wrong is the claim of training_step, too: then the histories are those of its own path.
            path = [_own_step(trial, params, data, seed, lent, it + 1, options) for it in range(num_iters)]
            if any(not agree(path[0][name], want.first_step[name]) for name in NAMES):
                want = _step_by_step(trial, params, data, way, seed, lent, path=path, **options)
        for name in HISTORIES[1:]:
            message = "an accuracy says nothing while predict gives every row the same class"
            yield claim(name, "predict", want.has_classes, message, expected="classes", actual="one class")
        message = "training changes nothing: the gradients are 0, or the loss is the same whatever the parameters are"
        context = "with labels that were given to your net, because its predict is wrong" if lent else ""
        for name in HISTORIES:
            label = "training has an effect"
            yield claim(name, label, want.learns, message, expected=True, actual=want.learns)
            pair = {name: (numbers(got[name]), np.array(want.histories[name]))}
            yield from close(pair, part=name, rtol=1e-7, context=context)

    yield from with_lent_method_if_better(judged, lambda: not _predicts(trial, params, X))


def _scores_are_positive(params: Params, X: np.ndarray) -> bool:
    """Return whether most rows have a score so far above 0 that a ReLU on the scores stays on for some steps."""
    return bool((scores_of(params, X).max(axis=1) > 0.5).mean() >= 0.6)


@dataclass(frozen=True)
class _Training:
    """What a training should come to by the student's own loss, gradients and predictions.

    Attributes
    ----------
    histories : dict of str to list of float
        What train should return.
    first_step : dict of str to array
        The parameters after one step.
    learns : bool
        Whether the parameters move, and the loss with them.
    has_classes : bool
        Whether the predicted labels differ where the right ones do.
    """

    histories: dict[str, list[float]]
    first_step: Params
    learns: bool
    has_classes: bool


def _own_step(
    trial: Trial,
    start: Params,
    data: Data,
    seed: int,
    lent: bool,
    steps: int,
    options: dict[str, Any],
) -> Params:
    """Return the parameters that the student's own training has after so many steps."""
    net = build(trial.student, start)
    if lent:
        _lend_predict(trial.student, net, data.X.shape[1])
    trial.student.seed(seed)
    _train(net, data, **{**options, "num_iters": steps})
    after = dict_with_keys(net.get("params"), NAMES, "params after training")
    return {
        name: float_array(without_extra_axes(after[name], start[name].shape), start[name].shape, name)
        for name in NAMES
    }


def _step_by_step(
    trial: Trial,
    start: Params,
    data: Data,
    way: Way,
    seed: int,
    lent: bool,
    *,
    learning_rate: float,
    learning_rate_decay: float,
    reg: float,
    num_iters: int,
    batch_size: int,
    path: Sequence[Params] = (),
) -> _Training:
    """Train in the student's place; with ``lent``, the predicted labels are the first column of the rows.

    With a ``path``, its parameters are those after each step.
    """
    n, source, params = len(data.X), np.random.RandomState(seed), start
    histories: dict[str, list[float]] = {name: [] for name in HISTORIES}
    predicted: list[np.ndarray] = []
    asked: list[tuple[Params, np.ndarray]] = []
    first_step: Params = {}
    for it in range(num_iters):
        batch = way(source)
        loss, grads = own_values(trial, params, data, batch, reg)
        stepped = {name: params[name] - learning_rate * grads[name] for name in NAMES}
        params = path[it] if path else stepped
        first_step = first_step or params
        histories["loss_history"].append(loss)
        if it % max(n // batch_size, 1) == 0:
            for name, rows, labels in (
                ("train_acc_history", data.X[batch[0]], data.y[batch[1]]),
                ("val_acc_history", data.X_val, data.y_val),
            ):
                chosen = rows[:, 0] if lent else build(trial.student, params).predict(rows)
                predicted.append(_labels(chosen, len(labels)))
                asked.append((params, rows))
                histories[name].append(float(np.mean(predicted[-1] == labels)))
            learning_rate *= learning_rate_decay

    moved = any(np.abs(params[name] - start[name]).max() > 1e-6 for name in NAMES)
    before, after = (_own_loss(build(trial.student, some), data, reg) for some in (start, params))
    has_classes = _classes(predicted) > 1
    if not has_classes:
        # Of two classes, a net with a mistake elsewhere may well choose the same one for all rows.
        right = [build(trial.reference, some).predict(rows) for some, rows in asked]
        has_classes = _classes(right) <= 2
    return _Training(histories, first_step, moved and differ(before, after), has_classes)


def _classes(labels: Sequence[np.ndarray]) -> int:
    return len(np.unique(np.concatenate(labels)))


def _own_loss(net: Any, data: Data, reg: float) -> float:
    loss, _ = loss_and_grads(net, data.X, data.y, NAMES, reg=reg)
    return finite_number(loss, "the loss of all rows")


def _train(net: Any, data: Data, **options: float) -> dict[str, Any]:
    """Return the histories of a training by the student's code."""
    histories = net.train(data.X, data.y, data.X_val, data.y_val, **options)
    return dict_with_keys(histories, HISTORIES, "what train returns")


def _predicts(trial: Trial, params: Params, X: np.ndarray) -> bool:
    """Whether the student's labels are right."""
    return agree(build(trial.student, params).predict(X), build(trial.reference, params).predict(X))


def _lend_predict(student: Library, net: Any, d: int) -> None:
    """Let ``net.predict(X)`` be the first column of ``X``, whatever the student's own does."""
    lend_method(net, "predict", student.put(np.eye(d)[0]))


def _labels(predicted: Any, rows: int) -> np.ndarray:
    if not isinstance(predicted, np.ndarray) or predicted.shape != (rows,):
        raise StudentError("ValueError", "predict does not return one label per row: fix that first")
    return predicted
