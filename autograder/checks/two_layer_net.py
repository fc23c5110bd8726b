"""The checks of the two-layer net.

Where a claim builds on another (a training step on the gradients), it is judged against the student's *own*
values for the other, so that one mistake costs once.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import numpy as np

from nndl.checking.two_layer_net import ACCURACY

from ..accuracy import accuracy_finding, floats, stored_arrays
from ..check import Draw, Finding, check
from ..compare import close, entries, holds, is_number, unchanged, unpack
from ..data import HiddenImages
from ..library import Library, StudentError

NAMES = ("W1", "b1", "W2", "b2")
HIDDEN_UNITS = 50
"""The milestone fixes the hidden size, so that everybody searches the same space."""

BATCH = 1000
"""Images that the reference classifies at once."""

SIZES = (
    {"n": 5, "d": 4, "h": 10, "c": 3},
    {"n": 1, "d": 7, "h": 3, "c": 2},
    {"n": 12, "d": 3, "h": 6, "c": 10},
)


def draw_params(draw: Draw, d: int, h: int, c: int) -> dict[str, np.ndarray]:
    """Draw parameters that keep scores near 1, so that no probability is 0 or 1; biases included."""
    return {
        "W1": draw.normal(h, d, scale=d**-0.5),
        "b1": draw.normal(h),
        "W2": draw.normal(c, h, scale=h**-0.5),
        "b2": draw.normal(c),
    }


def build(lib: Library, params: dict[str, np.ndarray]) -> Any:
    """Make a net of the library with these parameters."""
    (h, d), c = params["W1"].shape, params["b2"].size
    net = lib.TwoLayerNet(d, h, c)
    net.set("params", params)
    return net


def loss_and_grads(net: Any, *arguments: Any, **options: Any) -> tuple[Any, dict[str, Any]]:
    """Ask for loss and gradients, and insist on their form."""
    loss, grads = unpack(net.loss(*arguments, **options), ("loss", "grads"), "loss(X, y)")
    return loss, entries(grads, NAMES, "the second value of loss(X, y), grads,")


@check(points=4, parts=("scores",), cases=SIZES)
def scores(
    student: Library, reference: Library, draw: Draw, *, n: int, d: int, h: int, c: int
) -> Iterator[Finding]:
    """`loss(X)` without labels returns the class scores of every row and leaves X as it is."""
    params = draw_params(draw, d, h, c)
    X = draw.normal(n, d)
    x = student.put(X)
    got = build(student, params).loss(x)
    yield from close({"scores": (got, build(reference, params).loss(X))}, sizes={"N": n})
    yield from unchanged(student, "scores", {"X": (x, X)})


@check(points=4, parts=("data loss", "penalty", "large scores"), cases=SIZES)
def loss(
    student: Library, reference: Library, draw: Draw, *, n: int, d: int, h: int, c: int
) -> Iterator[Finding]:
    """`loss(X, y, reg)` is the mean cross-entropy plus the L2 penalty, finite for scores up to ±1e4."""
    params = draw_params(draw, d, h, c)
    X, y, reg = draw.normal(n, d), draw.labels(n, c), draw.uniform(0.3, 2.0)
    mine, right = build(student, params), build(reference, params)
    got, _ = unpack(mine.loss(X, y), ("loss", "grads"), "loss(X, y)")
    want, _ = right.loss(X, y)
    largest = float(np.abs(right.loss(X)).max())
    yield from close({"loss with reg=0": (got, want)}, part="data loss", scale=largest, sizes={"N": n})
    got_reg, _ = unpack(mine.loss(X, y, reg=reg), ("loss", "grads"), "loss(X, y, reg)")
    penalty = _difference(got_reg, got), right.loss(X, y, reg=reg)[0] - want
    yield from close({"what reg adds to the loss": penalty}, part="penalty", rtol=1e-9)

    large = {**params, "W2": params["W2"] * 1e4 / largest}
    got_large, _ = unpack(build(student, large).loss(X, y), ("loss", "grads"), "loss(X, y)")
    want_large, _ = build(reference, large).loss(X, y)
    pair = {"loss": (got_large, want_large)}
    yield from close(pair, part="large scores", scale=1e4, sizes={"N": n}, context="for scores near 1e4")


def _difference(a: Any, b: Any) -> Any:
    return float(a) - float(b) if is_number(a) and is_number(b) else a


@check(
    points=8,
    parts=NAMES,
    cases=(
        *({**size, "reg": reg} for size, reg in zip(SIZES, (0.7, 0.0, 0.2), strict=True)),
        {"n": 6, "d": 5, "h": 4, "c": 3, "reg": 0.1, "at_zero": True},
        {"n": 4, "d": 5, "h": 4, "c": 3, "reg": 0.0, "large": True},
    ),
)
def gradients(
    student: Library,
    reference: Library,
    draw: Draw,
    *,
    n: int,
    d: int,
    h: int,
    c: int,
    reg: float,
    at_zero: bool = False,
    large: bool = False,
) -> Iterator[Finding]:
    """`loss(X, y, reg)` returns the gradient of the loss with respect to W1, b1, W2 and b2."""
    params = draw_params(draw, d, h, c)
    X, y = draw.normal(n, d), draw.labels(n, c)
    context = ""
    if at_zero:
        X[::2], params["b1"][:] = 0, 0
        context = "with hidden units whose input is exactly 0"
    if large:
        params["W2"] *= 1e4 / np.abs(build(reference, params).loss(X)).max()
        context = "for scores near 1e4"
    net = build(student, params)
    x = student.put(X)
    _, got = loss_and_grads(net, x, y, reg=reg)
    _, want = build(reference, params).loss(X, y, reg=reg)
    # A probability carries an error of about epsilon, and 1 is taken from it: what it is multiplied by counts.
    scale = float(np.abs(X).max() * max(1.0, np.abs(params["W2"]).max() if not large else 1.0))
    for name in NAMES:
        pair = {f"the gradient of {name}": (got[name], want[name])}
        yield from close(pair, part=name, scale=scale, sizes={"N": n}, context=context)
        yield from unchanged(student, name, {"X": (x, X)})
        after = entries(net.get("params"), NAMES, "params")[name]
        same = isinstance(after, np.ndarray) and np.array_equal(after, params[name])
        message = f"params[{name!r}] was modified by loss: only the training step may change parameters"
        yield holds(
            name, f"params[{name!r}] unchanged", same, message, expected="unchanged", actual="modified"
        )


def own_values(
    student: Library,
    reference: Library,
    draw: Draw,
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
    for index in sorted(range(len(batches)), key=lambda _: draw.uniform(0, 1)):
        loss, grads = loss_and_grads(build(student, params), *batches[index], reg=reg)
        answers[index] = _finite(loss), grads
    own, grads = answers[0]
    if _apart(own, answers[1][0]):
        raise StudentError(
            "ValueError", "the loss of the same rows differs from call to call: mend that first"
        )
    truth = [build(reference, params).loss(*batch, reg=reg)[0] for batch in batches]
    for index, what in ((2, "rows"), (3, "labels")):
        # Rows on which all hidden units are off have the same loss in a right net too.
        alike = abs(truth[index] - truth[0]) <= 1e-4 * abs(truth[0])
        if not alike and not _apart(own, answers[index][0]):
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


def _apart(a: float, b: float) -> bool:
    """Whether two losses differ by more than training is compared with, and so by more than rounding."""
    return abs(a - b) > 1e-6 * max(abs(a), abs(b))


@check(
    points=4,
    parts=("minibatch", "step"),
    cases=(
        {"n": 30, "d": 4, "h": 8, "c": 3, "batch_size": 7},
        {"n": 5, "d": 3, "h": 6, "c": 4, "batch_size": 20},
    ),
)
def training_step(
    student: Library, reference: Library, draw: Draw, *, n: int, d: int, h: int, c: int, batch_size: int
) -> Iterator[Finding]:
    """One iteration of `train` draws a minibatch with replacement and takes one step of gradient descent."""
    params = draw_params(draw, d, h, c)
    X, y, seed = draw.normal(n, d), draw.labels(n, c), draw.seed()
    reg, rate = draw.uniform(0.01, 0.1), draw.uniform(0.1, 0.3)
    net = build(student, params)
    student.seed(seed)
    options = {"learning_rate": rate, "reg": reg, "num_iters": 1, "batch_size": batch_size}
    history = net.train(X, y, X[:2], y[:2], **options)
    history = entries(history, ("loss_history", "train_acc_history", "val_acc_history"), "what train returns")

    rows = np.random.RandomState(seed).choice(n, min(n, batch_size))
    own, own_grads = own_values(student, reference, draw, params, X, y, rows, reg)
    first = _first(history["loss_history"])
    message = (
        "the minibatch is not the one that np.random.choice draws: min(N, batch_size) row indices in one call, "
        "with replacement, and the labels of the same rows"
    )
    same = is_number(first) and math.isclose(float(first), own, rel_tol=1e-9)
    yield holds("minibatch", "loss of the first minibatch", same, message, expected=own, actual=first)

    after = entries(net.get("params"), NAMES, "params after training")
    _, telling = build(reference, params).loss(X[rows], y[rows], reg=reg)
    for name in NAMES:
        gradient = own_grads[name]
        # A step that is lost in the rounding of the parameters cannot be told from no step at all.
        if np.abs(telling[name]).max() > 1e-4 and np.abs(gradient).max() < 1e-6:
            raise StudentError("ValueError", f"the gradient of {name} is 0 everywhere: mend that first")
        want = params[name] - rate * gradient
        diagnosis = close(
            {f"the change of {name}": (_change(after[name], params[name]), want - params[name])},
            part="step",
            rtol=1e-7,
        )
        yield from diagnosis


def _first(values: Any) -> Any:
    listed = isinstance(values, (list, tuple)) or (isinstance(values, np.ndarray) and values.ndim > 0)
    return values[0] if listed and len(values) else None


def _change(after: Any, before: np.ndarray) -> Any:
    same_form = isinstance(after, np.ndarray) and after.shape == before.shape and after.dtype.kind == "f"
    return after - before if same_form else after


@check(
    points=4,
    parts=("loss_history", "train_acc_history", "val_acc_history"),
    cases=(
        {"n": 60, "d": 5, "h": 8, "c": 3, "batch_size": 20, "num_iters": 8},
        {"n": 10, "d": 4, "h": 5, "c": 4, "batch_size": 10, "num_iters": 5},
    ),
)
def training_history(
    student: Library,
    reference: Library,
    draw: Draw,
    *,
    n: int,
    d: int,
    h: int,
    c: int,
    batch_size: int,
    num_iters: int,
) -> Iterator[Finding]:
    """`train` takes one step after another and returns the histories of loss and accuracies."""
    params = draw_params(draw, d, h, c)
    y, y_val, seed = draw.labels(n, c), draw.labels(7, c), draw.seed()
    X, X_val = draw.normal(n, d), draw.normal(7, d)
    options = {"learning_rate": 0.1, "learning_rate_decay": 0.5, "reg": 0.01}
    net = build(student, params)
    student.seed(seed)
    got = net.train(X, y, X_val, y_val, **options, num_iters=num_iters, batch_size=batch_size)
    names = ("loss_history", "train_acc_history", "val_acc_history")
    got = entries(got, names, "what train returns")

    # The same training, step by step, on the student's own loss, gradients and predictions.
    rows, rate, current = np.random.RandomState(seed), options["learning_rate"], dict(params)
    want: dict[str, list[float]] = {name: [] for name in names}
    predicted: list[np.ndarray] = []
    right: list[np.ndarray] = []
    for it in range(num_iters):
        batch = rows.choice(n, min(n, batch_size))
        loss, grads = own_values(student, reference, draw, current, X, y, batch, options["reg"])
        current = {name: current[name] - rate * grads[name] for name in NAMES}
        want["loss_history"].append(loss)
        if it % max(n // batch_size, 1) == 0:
            for name, (inputs, labels) in zip(names[1:], ((X[batch], y[batch]), (X_val, y_val)), strict=True):
                predicted.append(_labels(build(student, current).predict(inputs), len(labels)))
                right.append(build(reference, current).predict(inputs))
                want[name].append(float(np.mean(predicted[-1] == labels)))
            rate *= options["learning_rate_decay"]

    moved = any(np.abs(current[name] - params[name]).max() > 1e-6 for name in NAMES)
    before, after = (own_loss(build(student, p), X, y, options["reg"]) for p in (params, current))
    learns = moved and _apart(before, after)
    message = (
        "training changes nothing: the gradients are 0, or the loss is the same whatever the parameters are"
    )
    # Of two classes, a net with a mistake elsewhere may well choose the same one for all rows.
    given, due = (len(np.unique(np.concatenate(labels))) for labels in (predicted, right))
    same_class = given == 1 and due > 2
    for name in names[1:]:
        told = "an accuracy says nothing while predict gives the same class to every row"
        yield holds(name, "predict", not same_class, told, expected="classes", actual="one class")
    for name in names:
        yield holds(name, "training has an effect", learns, message, expected=True, actual=learns)
        pair = {name: (_numbers(got[name]), np.array(want[name]))}
        yield from close(pair, part=name, rtol=1e-7)


def _labels(predicted: Any, rows: int) -> np.ndarray:
    if not isinstance(predicted, np.ndarray) or predicted.shape != (rows,):
        raise StudentError("ValueError", "predict does not return one label a row: mend that first")
    return predicted


def _numbers(values: Any) -> Any:
    if isinstance(values, (list, tuple)) and all(is_number(v) for v in values):
        return np.array([float(v) for v in values])
    return values


@check(points=4, parts=("labels",), cases=(*SIZES, {"n": 6, "d": 4, "h": 5, "c": 3, "negative": True}))
def prediction(
    student: Library,
    reference: Library,
    draw: Draw,
    *,
    n: int,
    d: int,
    h: int,
    c: int,
    negative: bool = False,
) -> Iterator[Finding]:
    """`predict(X)` returns the class with the highest score for every row, as integers."""
    params = draw_params(draw, d, h, c)
    X = draw.normal(n, d)
    if negative:
        params["b2"] -= 1000
    got = build(student, params).predict(X)
    want = build(reference, params).predict(X)
    integers = isinstance(got, np.ndarray) and got.dtype.kind in "iu"
    message = "predict must return an array of integer class labels, one a row"
    yield holds("labels", "kind of labels", integers, message, expected="integer array", actual=got)
    context = "when all scores are negative" if negative else ""
    yield from close({"the predicted labels": (got, want)}, part="labels", context=context)


@check(points=12, parts=("accuracy",), wall=30.0, needs_images=True)
def best_net(student: Library, reference: Library, draw: Draw, *, images: HiddenImages) -> Iterator[Finding]:
    """The net stored in best_net.npz classifies images it has never seen: 50 % earn full points."""
    stored = stored_arrays(student, "best_net.npz", NAMES, "store the best net with net.save('best_net.npz')")
    if isinstance(stored, Finding):
        yield stored
        return
    X, y = images.unseen(draw.seed())
    net = build(reference, _stored_params(stored, X.shape[1]))
    labels = np.concatenate([net.predict(X[start : start + BATCH]) for start in range(0, len(X), BATCH)])
    accuracy = float(np.mean(labels == y))
    yield accuracy_finding(ACCURACY, accuracy, len(y))


def _stored_params(stored: dict[str, Any], features: int) -> dict[str, np.ndarray]:
    shapes = {
        "W1": (HIDDEN_UNITS, features),
        "b1": (HIDDEN_UNITS,),
        "W2": (10, HIDDEN_UNITS),
        "b2": (10,),
    }
    why = f"the hidden size is {HIDDEN_UNITS} for everybody"
    return {name: floats(stored, "best_net.npz", name, shape, why) for name, shape in shapes.items()}


CHECKS = (scores, loss, gradients, training_step, training_history, prediction, best_net)
