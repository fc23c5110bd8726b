"""Visible checks of the milestone two_layer_net: known numbers and numeric gradients, no solution.

A notebook imports this module as ``check``, calls ``check.scores()`` and shows ``check.progress``.
"""

from __future__ import annotations

import math
import os
import warnings
from pathlib import Path
from typing import Any

import numpy as np

from .. import neural_net  # looked up through the module, so that a reloaded class is the one that is checked
from ..diagnosis import Diagnosis
from .shared.accuracy import AccuracyRule
from .shared.common import (
    Results,
    copies,
    key_problem,
    left_behind,
    number_problem,
    numeric_gradient,
    penalty_problem,
    unchanged,
    wrong_results,
)
from .shared.known_mistakes import compare, evidence_of
from .shared.model import LONG_LIMIT, Remark
from .shared.progress import Progress

HIDDEN_UNITS = 50
ACCURACY = AccuracyRule(none=28, full=50)
_FILE = "nndl/neural_net.py"
_TOY_SIZES = {"N": 5, "D": 4, "H": 10, "C": 3}
_TOY_REG = 0.05
_TOY_SCORES = np.array(
    [
        [-1.07260209, 0.05083871, -0.87253915],
        [-2.02778743, -0.10832494, -1.52641362],
        [-0.74225908, 0.15259725, -0.39578548],
        [-0.38172726, 0.10835902, -0.17328274],
        [-0.64417314, -0.18886813, -0.41106892],
    ]
)
_TOY_LOSS = 1.071696123862817
_FIRST_LOSS, _FINAL_LOSS = 1.052732600798894, 0.020371427168192176

progress = Progress("Two-layer net")


@progress.check(points=4, where=f"`_forward` in {_FILE}")
def scores() -> Results:
    """Compare the scores of a net with known weights: 5 rows, 4 features, 10 hidden units, 3 classes."""
    net, X, _ = _toy()
    before = copies(net.params, X=X)
    got = net.loss(X)
    problem = compare(got, _TOY_SCORES, "scores", rtol=1e-7, sizes=_TOY_SIZES)
    yield problem
    if problem is not None and problem.kind != "shape" and np.min(got) == 0 < np.max(got):
        yield "no score is below 0, and some are exactly 0: the ReLU belongs to the hidden layer, not to the scores"
    yield compare(net.loss(X[:1]), _TOY_SCORES[:1], "scores of a single row", rtol=1e-7)
    yield from unchanged(before, copies(net.params, X=X))

    # Every pre-activation is negative here, so only b2 is left of the scores.
    net.params["b1"] = np.full(10, -1e3)
    net.params["b2"] = np.array([1.0, 2.0, 3.0])
    want = np.tile([1.0, 2.0, 3.0], (5, 1))
    off = net.loss(X)
    yield compare(off, want, "scores of a net whose hidden units are all off (they must equal b2)")
    if np.shape(off) == want.shape and not np.any(off):
        yield "where all hidden units are off, b2 is all that is left of the scores, so it is not added"


@progress.check(points=4, where=f"`predict` in {_FILE}", needs=["scores"])
def prediction() -> Results:
    """Compare predicted classes with those that can be read off the scores."""
    net = neural_net.TwoLayerNet(3, 6, 5)
    net.params = {"W1": np.eye(6, 3), "b1": np.zeros(6), "W2": np.eye(5, 6), "b2": np.full(5, -9.0)}
    # With these weights the scores are X - 9, with two columns of -9 behind them: the answers can be read off.
    X = np.array([[1.0, 4.0, 2.0], [5.0, 0.0, 3.0], [0.0, 1.0, 2.0], [7.0, 8.0, 6.0]])
    labels = net.predict(X)
    want = np.array([1, 0, 2, 1])
    problem = compare(labels, want, "the prediction")
    yield problem
    if problem is None:
        yield compare(net.predict(X[:1]), want[:1], "the prediction for a single row")
        net.params["b2"] = net.params["b2"] - 1e4  # moves all scores alike
        yield compare(net.predict(X), want, "the prediction for scores near -1e4")
    else:
        net.params["b2"] = np.full(5, -3.0)  # scores of both signs tell more mistakes apart
        evidence_of("other predictions", lambda: net.predict(X))
    if problem is None and np.asarray(labels).dtype.kind not in "iu":
        yield f"the prediction has dtype {np.asarray(labels).dtype}, but class numbers are integers"


@progress.check(points=4, where=f"`_softmax_loss` in {_FILE}", needs=["scores"])
def loss() -> Results:
    """Compare the loss with known numbers, with and without the penalty, and for very large scores."""
    net, X, y = _toy()
    known = net.loss(X)
    handed = known.copy()
    net._softmax_loss(handed, y, 0.0)
    yield from unchanged({"scores": known}, {"scores": handed})
    plain = _softmax_loss(net, known, y, 0.0)
    yield number_problem(plain, "the loss")
    yield from _probabilities(net._softmax_loss(known.copy(), y, 0.0)[1], known)
    # biases away from 0, where a penalty on them would show
    net.params["b1"], net.params["b2"] = np.linspace(-0.3, 0.5, 10), np.array([0.2, -0.4, 0.1])
    value = _softmax_loss(net, known, y, _TOY_REG)
    problem = compare(value, _TOY_LOSS, "the loss", rtol=1e-11, sizes=_TOY_SIZES)
    if problem is not None:
        squares = sum(float((net.params[name] ** 2).sum()) for name in ("W1", "W2"))
        yield _explain_loss(problem, float(plain), float(value), squares)

    # Scores of ±10,000, whose losses need no calculator: 0 for the winner, 10,000 or 20,000 for the others.
    big = np.array([[1e4, 0.0, -1e4]] * 3)
    labels, want = np.array([0, 1, 2]), np.array([0.0, 1e4, 2e4])
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        losses = np.array([_softmax_loss(net, big[i : i + 1], labels[i : i + 1], 0.0) for i in range(3)])
    yield compare(losses, want, "the losses of a row with the scores 10000, 0, -10000 and the labels 0, 1, 2")
    # here raw scores do no harm yet, but what makes them larger does
    less = np.array([[400.0, 0.0, -400.0]])
    evidence_of("the loss of scores near 400", lambda: _softmax_loss(net, less, labels[:1], 0.0))
    if caught:
        yield f"scores near 10000 cause a warning: {caught[0].message}; look at the text on large scores"
    with np.errstate(all="ignore"):  # what a sum of 0 leaves is what the message is about
        value = _softmax_loss(net, np.repeat([[-3000.0], [3000.0]], 3, axis=1), np.array([0, 2]), 0.0)
    yield compare(value, math.log(3), "the loss of two rows whose scores are all -3000 and all 3000")


@progress.check(points=8, where=f"`_gradients` in {_FILE}", needs=["loss"])
def gradients() -> Results:
    """Compare the gradients of all four parameters with centred differences of the loss."""
    net, X, y = _toy()
    # biases away from 0, where a penalty on them would show
    net.params["b1"], net.params["b2"] = np.linspace(-0.3, 0.5, 10), np.array([0.2, -0.4, 0.1])
    scores, hidden = net._forward(X)
    handed = {"hidden": hidden, "probabilities": net._softmax_loss(scores, y, 0.0)[1]}
    before = copies(handed)
    if np.min(hidden) < 0:
        yield Remark(
            "the second value of `_forward` has negative entries: it must be what comes out of the ReLU"
        )
    net._gradients(X, y, handed["hidden"], handed["probabilities"], 0.0)
    yield from unchanged(before, handed)
    before = copies(net.params, X=X)
    result = net.loss(X, y, reg=_TOY_REG)[1]
    wrong_keys = key_problem(result, net.params, "grads")
    if wrong_keys:
        yield wrong_keys
        return
    right = []
    for name in ("W2", "b2", "W1", "b1"):  # in the order in which they are computed
        numeric = numeric_gradient(lambda: net.loss(X, y, reg=_TOY_REG)[0], net.params[name])
        problem = compare(result[name], numeric, f"the gradient of {name}", rtol=1e-6, sizes=_TOY_SIZES)
        yield problem and (
            penalty_problem(
                result[name], numeric, net.params[name], _TOY_REG, name, f"the gradient of {name}"
            )
            or problem
        )
        right += [name] if problem is None else []
    if 0 < len(right) < 4:
        yield f"right already: {', '.join(right)}"
    yield from unchanged(before, copies(net.params, X=X))

    # With X = 0 and b1 = 0 every pre-activation is exactly 0, where the ReLU passes nothing on.
    net.params["b1"] = np.zeros(10)
    stuck = net.loss(np.zeros_like(X), y)[1]["b1"]
    yield compare(stuck, np.zeros(10), "the gradient of b1 where every hidden pre-activation is exactly 0")

    # With scores of 10,000, 0 and -10,000, the first class has a probability of 1.
    net.params["W2"], net.params["b2"] = np.zeros((3, 10)), np.array([1e4, 0.0, -1e4])
    large = net.loss(X[:1], y[1:2])[1]["b2"]
    yield compare(
        large, np.array([1.0, -1.0, 0.0]), "the gradient of b2 for a row with the scores 10000, 0, -10000"
    )


@progress.check(points=4, where=f"`_draw_batch` and `_update` in {_FILE}")
def training_step() -> Results:
    """Draw a minibatch, and take one step of gradient descent whose end is known."""
    net = neural_net.TwoLayerNet(2, 3, 2)
    X, y = np.arange(10.0).reshape(5, 2), np.arange(5)
    np.random.seed(0)
    batch = net._draw_batch(X, y, 5)
    following = float(np.random.rand())
    if not isinstance(batch, tuple) or len(batch) != 2:
        raise wrong_results("`_draw_batch`", "the two arrays X_batch, y_batch", batch)
    rows, labels = batch
    yield compare(
        rows, X[[4, 0, 3, 3, 3]], "X_batch (5 of 5 rows, with replacement, after np.random.seed(0))"
    )
    yield compare(labels, y[[4, 0, 3, 3, 3]], "y_batch of the same draw")
    if not math.isclose(following, 0.8472517387841254):
        yield "`_draw_batch` must call np.random.choice once and draw nothing else"
    if np.array_equal(net._draw_batch(X, y, 5)[0], net._draw_batch(X, y, 5)[0]):
        yield "two calls of `_draw_batch` give the same rows: seed nothing in it, and draw in each call"
    np.random.seed(0)
    few = "X_batch (2 of 5 rows, after np.random.seed(0))"
    yield compare(net._draw_batch(X, y, 2)[0], X[[4, 0]], few)
    np.random.seed(0)
    yield compare(len(net._draw_batch(X, y, 200)[1]), 5, "the number of rows drawn for a batch of 200 from 5")

    net.params = {name: np.full_like(value, 3.0) for name, value in net.params.items()}
    grads = {name: np.full_like(value, 2.0) for name, value in net.params.items()}
    given = {f"grads[{name!r}]": value for name, value in grads.items()}
    before = copies(given)
    net._update(grads, 0.25)
    yield from unchanged(before, given)
    for name, value in net.params.items():
        # From 3, with gradient 2 and learning rate 0.25, a step leads to 2.5.
        change = np.asarray(value) - 3.0
        problem = compare(change, np.full(change.shape, -0.5), f"the change of {name} in one step")
        yield problem
        if problem is not None and problem.kind == "sign":
            yield "the step goes uphill: the loss falls against the direction of the gradient"
    yield left_behind({name: np.asarray(value) - 3.0 for name, value in net.params.items()})


@progress.check(
    points=4,
    where=f"`train` in {_FILE} with all of your parts",
    needs=["prediction", "gradients", "training_step"],
)
def training_history() -> Results:
    """Train for a hundred steps on the toy data, and compare the losses with known numbers."""
    _, X, y = _toy()
    np.random.seed(0)
    net = neural_net.TwoLayerNet(4, 10, 3, std=0.1)
    history = net.train(X, y, X, y, learning_rate=0.1, reg=5e-6, num_iters=100)
    losses = history["loss_history"]
    yield compare(len(losses), 100, "the number of losses after 100 steps")
    first = compare(losses[0], _FIRST_LOSS, "the loss of the first step", rtol=1e-9)
    yield first
    problem = compare(losses[-1], _FINAL_LOSS, "the loss of the last step", rtol=1e-8)
    if problem is not None and first is None:
        yield f"{problem.message}; the first is right, so look at the step and at the draw of the batches"
    elif problem is not None:
        yield problem
    for name in ("train_acc_history", "val_acc_history"):
        yield compare(history[name][-1], 1.0, f"the last entry of {name}")


@progress.check(
    points=12,
    where="the search in the notebook, stored as best_net.npz",
    needs=["scores", "prediction"],
    limit=LONG_LIMIT,
)
def best_net(X: np.ndarray, y: np.ndarray, path: str | os.PathLike[str] = "best_net.npz") -> Results:
    """Measure the stored net on images that it was not trained on; it must have 50 hidden units."""
    if not Path(path).is_file():
        yield f"there is no file {os.fspath(path)}: store your best net with net.save({os.fspath(path)!r})"
        return
    net = neural_net.TwoLayerNet.load(path)
    want = (HIDDEN_UNITS, X.shape[1])
    if net.params["W1"].shape != want:
        came = net.params["W1"].shape
        yield f"W1 of the stored net has shape {came}, but it should be {want}: {HIDDEN_UNITS} hidden units"
        return
    accuracy = float(np.mean(net.predict(X) == y))
    yield ACCURACY.note(accuracy, len(y), 12)


def _toy() -> tuple[neural_net.TwoLayerNet, np.ndarray, np.ndarray]:
    np.random.seed(0)
    net = neural_net.TwoLayerNet(4, 10, 3, std=0.1)
    np.random.seed(1)
    return net, 10 * np.random.randn(5, 4), np.array([0, 1, 2, 2, 1])


def _softmax_loss(net: neural_net.TwoLayerNet, scores: np.ndarray, y: np.ndarray, reg: float) -> Any:
    result = net._softmax_loss(scores.copy(), y, reg)
    if not isinstance(result, tuple) or len(result) != 2:
        raise wrong_results("`_softmax_loss`", "the two values loss, probabilities", result)
    return result[0]


def _probabilities(got: Any, scores: np.ndarray) -> Results:
    """Say if what should be probabilities has another shape, is their logarithms, or does not sum to 1."""
    if np.shape(got) != scores.shape:
        yield f"the probabilities have shape {np.shape(got)}, but it should be {scores.shape}: one for each score"
    elif np.all(np.asarray(got) <= 0) and np.allclose(np.exp(got).sum(axis=1), 1):
        yield "the logarithms of the probabilities are returned: the second value must be the probabilities"
    elif not np.allclose(np.sum(got, axis=1), 1):
        yield f"the probabilities of the first row sum to {np.sum(got, axis=1)[0]:.6g}, but should to 1"


def _explain_loss(problem: Diagnosis, plain: float, value: float, squares: float) -> Diagnosis | str:
    """Name the share of the loss that is wrong, as far as the numbers tell."""
    penalty = 0.5 * _TOY_REG * squares
    if math.isclose(plain, _TOY_LOSS - penalty, rel_tol=1e-9):
        found = f"{value - plain:.6g} instead of {penalty:.6g}"
        return (
            f"the loss without penalty is right, but the penalty is {found}: 0.5 * reg * (sum W1² + sum W2²)"
        )
    if math.isclose(value - plain, penalty, rel_tol=1e-9):
        share = compare(plain, _TOY_LOSS - penalty, "the loss without penalty", sizes=_TOY_SIZES)
        return share.message + "; the penalty is right" if share else problem
    return problem
