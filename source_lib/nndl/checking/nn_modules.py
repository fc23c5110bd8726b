"""Visible checks of the milestone nn_modules: known numbers and numeric gradients, no solution.

A notebook imports this module as ``check``, calls ``check.relu()`` and shows ``check.progress``.
"""

from __future__ import annotations

import math
import os
import warnings
from copy import copy
from pathlib import Path

import numpy as np

from .. import modules  # looked up through the module, so that a reloaded class is the one that is checked
from .shared.accuracy import AccuracyRule
from .shared.common import (
    Results,
    copies,
    key_problem,
    left_behind,
    numeric_gradient,
    penalty_problem,
    unchanged,
)
from .shared.known_mistakes import compare, evidence, evidence_of
from .shared.model import LONG_LIMIT
from .shared.progress import Progress

NAMES = ("W1", "b1", "W2", "b2")
MOST_HIDDEN_UNITS = 1024
ACCURACY = AccuracyRule(none=30, full=42)
_FILE = "nndl/modules.py"
_NET = f"of `TwoLayerNet` in {_FILE}"

progress = Progress("Neural network modules")


@progress.check(points=4, where=f"`ReLU` in {_FILE}")
def relu() -> Results:
    """Compare both ways through the gate with numbers that can be read off."""
    layer = modules.ReLU()
    x, dout = np.array([[3, -10, 0.7], [9, 0, -1]]), np.array([[3, 5, -10], [5, -4, 2]])
    before = copies({}, x=x, dout=dout)
    yield compare(layer.forward(x), np.array([[3, 0, 0.7], [9, 0, 0]]), "the output")
    dx = layer.backward(dout)
    yield from unchanged(before, {"x": x, "dout": dout})
    problem = compare(dx, np.array([[3, 0, -10], [5, 0, 0]]), "the gradient of the input")
    yield problem
    if problem is not None and getattr(layer, "mask", layer) is None:
        yield "self.mask is still None after forward: is the mask stored there, with self. in front?"
    if np.asarray(dx).dtype.kind not in "iu":
        yield f"integers came in and {np.asarray(dx).dtype} came out: the dtype of dout should be kept"
    layer.forward(-x)
    second = np.array([[0, 5, 0], [0, 0, 2]])
    yield compare(layer.backward(dout), second, "the gradient of the input after another forward")
    yield compare(layer.forward(x[:1]), np.array([[3, 0, 0.7]]), "the output for a single row")


@progress.check(points=4, where=f"`Sigmoid` in {_FILE}")
def sigmoid() -> Results:
    """Compare the output with known numbers, and the gradient with differences."""
    layer = modules.Sigmoid()
    x = np.array([[3, -10, 0.7], [0, 1, -1]])
    want = np.array([[0.9525741268, 4.539786870e-05, 0.6681877722], [0.5, 0.7310585786, 0.2689414214]])
    factor = np.array([[1.0, 2, 3], [-1, -2, -3]])
    before = copies({}, x=x, dout=factor)
    yield compare(layer.forward(x), want, "the output", rtol=1e-8)
    dx = layer.backward(factor)
    changed = list(unchanged(before, {"x": x, "dout": factor}))
    yield from changed
    if changed:
        return
    numeric = numeric_gradient(lambda: float((factor * modules.Sigmoid().forward(x)).sum()), x)
    yield compare(dx, numeric, "the gradient of the input", rtol=1e-6)
    far = np.array([[-1000.0, 1000.0]])
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        out = layer.forward(far)
    problem = compare(out, np.array([[0.0, 1.0]]), "the output for -1000 and 1000")
    yield problem
    if caught and problem is None:
        yield f"inputs of -1000 and 1000 cause a warning: {caught[0].message}; look at the docstring of forward"
    yield compare(layer.backward(np.ones((1, 2))), np.zeros((1, 2)), "the gradient for -1000 and 1000")


@progress.check(points=4, where=f"`Affine` in {_FILE}")
def affine() -> Results:
    """Compare output and all three gradients with known numbers."""
    W, b = np.array([[0.2, -0.3, 0.6], [-0.9, 0.1, -0.4]]), np.array([[0.2, -0.3, 0.6]])
    x, dout = np.array([[0.2, -0.3], [-0.9, 0.1]]), np.array([[0.1, 0.5, -0.8], [0.4, 0.7, -0.2]])
    layer = modules.Affine(W, b)
    sizes = {"N": 2}
    want = np.array([[0.51, -0.39, 0.84], [-0.07, -0.02, 0.02]])
    before = copies({}, x=x, W=W, b=b, dout=dout)
    yield compare(modules.Affine(W, b).forward(x[:1]), want[:1], "the output for a single row")
    yield compare(layer.forward(x), want, "the output", sizes=sizes)
    dx = layer.backward(dout)
    for _ in range(2):  # a second time: nothing may add up
        yield compare(
            dx, np.array([[-0.61, 0.28], [-0.25, -0.21]]), "dx, the gradient of the input", sizes=sizes
        )
        for name in ("dW", "db"):
            if getattr(layer, name) is None:
                yield f"self.{name} is still None after backward: is the gradient stored there, with self. in front?"
                return
        want = np.array([[-0.34, -0.53, 0.02], [0.01, -0.08, 0.22]])
        yield compare(layer.dW, want, "dW, the gradient of W", sizes=sizes)
        yield compare(layer.db, np.array([0.5, 1.2, -1.0]), "db, the gradient of b", sizes=sizes)
        yield from unchanged(before, {"x": x, "W": W, "b": b, "dout": dout})
        dx = layer.backward(dout)


@progress.check(points=4, where=f"`OutputLayer` in {_FILE}")
def output_layer() -> Results:
    """Compare the loss of two small batches with known numbers, and the gradient with differences."""
    layer = modules.OutputLayer()
    one, target = np.array([[3, -10, 0.7]]), np.array([[0, 1, 0]])
    value = layer.forward(one, target)
    yield compare(value, 13.095060867144417, "the loss of one row", rtol=1e-10)
    yield compare(
        np.round(layer.backward(), 8),
        np.array([[0.90887517, -0.99999795, 0.09112277]]),
        "the gradient",
        rtol=1e-7,
    )
    x = np.array([[3, -10, 0.7], [9, 15, -1]])
    t = np.array([[0, 1, 0], [1, 0, 0]])
    before = copies({}, x=x, t=t)
    sizes = {"N": 2, "C": 3}
    yield compare(layer.forward(x, t), 9.548768130055151, "the loss of two rows", rtol=1e-10, sizes=sizes)
    gradient = copy(layer.backward())  # not the array that a second call may write into
    known = np.array(
        [
            [0.454437586, -0.499998974, 0.045561387],
            [-0.498763689, 0.498763632, 5.61284525e-08],
        ]
    )
    yield compare(gradient, known, "the gradient of two rows", rtol=1e-8, sizes=sizes)
    yield compare(layer.backward(2.0), 2 * np.asarray(gradient), "the gradient for dout = 2")
    yield from unchanged(before, {"x": x, "t": t})
    # here raw scores do no harm yet, but what makes them larger does
    evidence_of("the loss of scores near 400", lambda: layer.forward(np.array([[400.0, -400.0]]), t[:1, :2]))
    huge = np.array([[1e4, 0.0]])
    values = [layer.forward(huge, np.array([target])) for target in ([1, 0], [0, 1])]
    known = np.array([0.0, 20.72326583694641])
    yield compare(
        np.array(values), known, "the losses of the scores 10000 and 0, first or second right", rtol=1e-8
    )


@progress.check(points=2, where=f"`__init__` {_NET}")
def initial_params() -> Results:
    """Compare the parameters of a new net with the draws of a seed, and its layers with the contract."""
    np.random.seed(0)
    net = modules.TwoLayerNet(3, 4, 2, weight_scale=0.5)
    np.random.seed(0)
    want = {"W1": 0.5 * np.random.randn(3, 4), "W2": 0.5 * np.random.randn(4, 2)}
    want |= {"b1": np.zeros(4), "b2": np.zeros(2)}
    problem = key_problem(net.params, NAMES, "params")
    if problem:
        yield problem
        return
    for name in NAMES:
        yield compare(
            net.params[name], want[name], f"params[{name!r}] (weight_scale 0.5, after np.random.seed(0))"
        )
    kinds = [(name, type(layer).__name__) for name, layer in net.layers.items()]
    if kinds != [("Affine1", "Affine"), ("ReLU", "ReLU"), ("Affine2", "Affine")]:
        found = ", ".join(f"{name} ({kind})" for name, kind in kinds) or "none"
        yield f"layers must hold Affine1, ReLU and Affine2, an object each and in this order, but has: {found}"


@progress.check(points=2, where=f"`predict` {_NET}", needs=["relu", "affine", "initial_params"])
def scores() -> Results:
    """Compare the scores of a net whose numbers can be followed by hand."""
    np.random.seed(0)
    other, rows, _ = _random_net()
    evidence("other scores", other.predict(rows))
    net, x, _ = _by_hand()
    before = copies({}, x=x)
    yield compare(net.predict(x), np.array([[2.0, 2.0]]), "the scores of the example")
    yield from unchanged(before, {"x": x})
    net.params["b2"] = np.array([5.0, -1.0])
    yield compare(
        net.predict(x), np.array([[7.0, 0.0]]), "the scores after params['b2'] was replaced by [5, -1]"
    )


@progress.check(points=4, where=f"`loss` {_NET}", needs=["output_layer", "scores"])
def loss() -> Results:
    """Compare the loss of the example with and without the penalty."""
    net, x, t = _by_hand()
    yield compare(net.loss(x, t), math.log(2), "the loss without penalty", rtol=1e-7)
    other, _, _ = _by_hand()
    other.params["b2"] = np.array([5.0, -1.0])
    want = -math.log(1 / (1 + math.exp(7)) + 1e-9)
    yield compare(other.loss(x, 1 - t), want, "the loss for the scores 7 and 0, the second right", rtol=1e-7)
    net.regularization = 0.1
    yield compare(net.loss(x, t) - math.log(2), 0.475, "what the penalty adds to the loss", rtol=1e-7)


@progress.check(points=2, where=f"`accuracy` {_NET}", needs=["scores"])
def accuracy() -> Results:
    """Compare the accuracy of a net that gives its input back."""
    net = modules.TwoLayerNet(3, 3, 3)
    net.params = {"W1": np.eye(3), "b1": np.zeros(3), "W2": np.eye(3), "b2": np.zeros(3)}
    # another axis, no axis, and no axis on one side only: each gives another number
    x = np.array([[1.0, 9, 2], [5, 0, 3], [1, 0, 2], [3, 4, 6], [2, 7, 6.5]])
    t = np.eye(3)[[1, 0, 0, 2, 1]]
    yield compare(net.accuracy(x, t), 0.8, "the accuracy when 4 of 5 rows are right", sizes={"N": 5})
    random = np.random.RandomState(3)
    x, right = random.rand(53, 3), random.rand(53) < 0.6
    best = x.argsort(axis=1)
    t = np.eye(3)[np.where(right, best[:, -1], best[:, 0])]
    # several small batches tell more mistakes apart than one number can
    evidence("other accuracies", np.array([net.accuracy(x[i::6], t[i::6]) for i in range(6)]))
    label = f"the accuracy when {right.sum()} of 53 rows are right"
    yield compare(net.accuracy(x, t), right.mean(), label, sizes={"N": 53})


@progress.check(points=4, where=f"`gradient` {_NET}", needs=["loss"])
def gradients() -> Results:
    """Compare the gradients of all four parameters with centred differences of the loss."""
    net, x, t = _random_net()
    before = copies(net.params, x=x, t=t)
    for some, targets, context in ((x[:1], t[:1], " for a single row"), (x, t, "")):
        result = net.gradient(some, targets)
        problem = key_problem(result, NAMES, "what gradient returns")
        if problem:
            yield problem
            return
        yield from unchanged(before, {**net.params, "x": x, "t": t})
        yield from _gradient_problems(net, result, some, targets, context)
    if net.grads is None or any(not np.array_equal(net.grads[name], result[name]) for name in NAMES):
        yield "grads must hold what gradient has returned: update_params needs it"


@progress.check(points=2, where=f"`numerical_gradient` {_NET}", needs=["loss"])
def numerical_gradient() -> Results:
    """Compare with differences that this check takes itself, and see that nothing was changed."""
    net, x, t = _random_net()
    before = {name: value.copy() for name, value in net.params.items()}
    result = net.numerical_gradient(x, t)
    problem = key_problem(result, NAMES, "what numerical_gradient returns")
    if problem:
        yield problem
        return
    for name in NAMES:
        if not np.allclose(net.params[name], before[name], rtol=0, atol=1e-12):
            yield f"params[{name!r}] is not what it was before: put every entry back after nudging it"
    net.params = before
    for name in NAMES:
        numeric = numeric_gradient(lambda: net.loss(x, t), net.params[name])
        yield compare(result[name], numeric, f"the numeric gradient of {name}", rtol=1e-6)
    if not any(np.any(result[name]) for name in NAMES):
        yield "the loss has not changed with any nudge: is it an entry of the array in params that is nudged?"
    if net.grads is not None:
        yield "numerical_gradient must leave grads alone"


@progress.check(points=2, where=f"`update_params` {_NET}", needs=["gradients"])
def update_params() -> Results:
    """Take one step with gradients that are known."""
    net, x, t = _random_net()
    net.gradient(x, t)
    before = {name: value.copy() for name, value in net.params.items()}
    net.grads = {name: np.full(value.shape, 2.0) for name, value in before.items()}
    net.update_params(0.25)
    for name in NAMES:
        # With gradient 2 and learning rate 0.25 every entry falls by 0.5.
        change = net.params[name] - before[name]
        yield compare(change, np.full(change.shape, -0.5), f"the change of {name} in one step")
    yield left_behind({name: net.params[name] - before[name] for name in NAMES})


@progress.check(
    points=6,
    where="the training in the notebook, stored as trained_net.npz",
    needs=["scores", "accuracy"],
    limit=LONG_LIMIT,
)
def trained_net(x: np.ndarray, t: np.ndarray, path: str | os.PathLike[str] = "trained_net.npz") -> Results:
    """Measure the stored net on images that it was not trained on."""
    if not Path(path).is_file():
        yield f"there is no file {os.fspath(path)}: run the cell that stores your net"
        return
    with np.load(path, allow_pickle=False) as stored:
        params = {name: stored[name] for name in stored.files}
    problem = key_problem(params, NAMES, os.fspath(path))
    if problem:
        yield problem
        return
    if params["W1"].ndim != 2:
        yield f"W1 of the stored net has {params['W1'].ndim} axes, but it should be a matrix"
        return
    features, units = params["W1"].shape
    if features != x.shape[1] or units > MOST_HIDDEN_UNITS:
        want = f"it should be ({x.shape[1]}, H) with at most {MOST_HIDDEN_UNITS} hidden units H"
        yield f"W1 of the stored net has shape {params['W1'].shape}, but {want}"
        return
    net = modules.TwoLayerNet(features, units, t.shape[1])
    net.params = params
    yield ACCURACY.note(float(net.accuracy(x, t)), len(t), 6)


def _gradient_problems(
    net: modules.TwoLayerNet, result: dict[str, np.ndarray], x: np.ndarray, t: np.ndarray, context: str
) -> Results:
    """Compare gradients with centred differences of the loss, in the order in which they are computed."""
    for name in reversed(NAMES):
        numeric = numeric_gradient(lambda: net.loss(x, t), net.params[name])
        label = f"the gradient of {name}{context}"
        problem = compare(result[name], numeric, label, rtol=1e-6, sizes={"N": len(x)})
        yield problem and (
            penalty_problem(result[name], numeric, net.params[name], net.regularization, name, label)
            or problem
        )


def _by_hand() -> tuple[modules.TwoLayerNet, np.ndarray, np.ndarray]:
    """Return the worked example of the notebook."""
    net = modules.TwoLayerNet(2, 2, 2)
    net.params = {
        "W1": np.array([[1.0, 0.5], [-1.0, 0.5]]),
        "b1": np.array([0.0, -0.5]),
        "W2": np.array([[1.0, -1.0], [2.0, 1.0]]),
        "b2": np.array([0.0, 1.0]),
    }
    return net, np.array([[1.0, 2.0]]), np.array([[1.0, 0.0]])


def _random_net() -> tuple[modules.TwoLayerNet, np.ndarray, np.ndarray]:
    random = np.random.RandomState(0)
    net = modules.TwoLayerNet(3, 4, 3, 0.3)
    shapes = {"W1": (3, 4), "b1": (4,), "W2": (4, 3), "b2": (3,)}
    net.params = {name: random.normal(0, 0.5, shape) for name, shape in shapes.items()}
    return net, random.normal(size=(5, 3)), np.eye(3)[[0, 1, 2, 2, 1]]
