"""Visible checks of the two networks of the milestone fc_net."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ... import fc_net  # looked up through the module, so that a reloaded class is the one that is checked
from ..shared.common import (
    Results,
    copies,
    key_problem,
    number_problem,
    numeric_gradient,
    penalty_problem,
    unchanged,
    wrong_results,
)
from ..shared.known_mistakes import compare
from ..shared.steps import remark_on_float64
from .layers import progress

_FILE = "nndl/fc_net.py"
_TWO, _DEEP = f"of `TwoLayerNet` in {_FILE}", f"of `FullyConnectedNet` in {_FILE}"
_LAYERS = ["affine_backward", "relu_backward", "softmax_loss"]


def _loss_and_grads(net: Any, X: np.ndarray, y: np.ndarray) -> tuple[Any, Any]:
    result = net.loss(X, y)
    if not isinstance(result, tuple) or len(result) != 2:
        raise wrong_results("loss(X, y)", "the two values loss, grads", result)
    return result


def _start_problems(params: Any, want: dict[str, np.ndarray], context: str) -> Results:
    problem = key_problem(params, list(want), "params")
    if problem:
        yield problem
        return
    for name, value in want.items():
        yield compare(params[name], value, f"params[{name!r}] ({context})")


def _gradient_problems(net: Any, X: np.ndarray, y: np.ndarray) -> Results:
    before = copies(net.params, X=X)
    _, grads = _loss_and_grads(net, X, y)
    problem = key_problem(grads, list(net.params), "grads")
    if problem:
        yield problem
        return
    yield from unchanged(before, {**net.params, "X": X})
    # From the last layer to the first, as they are computed: a mistake shows in the layers before it too.
    for name in reversed(list(net.params)):
        numeric = numeric_gradient(lambda: float(net.loss(X, y)[0]), net.params[name])
        wrong = compare(grads[name], numeric, f"grads[{name!r}]", rtol=1e-6, sizes={"N": len(X)})
        yield wrong and (
            penalty_problem(grads[name], numeric, net.params[name], net.reg, name, f"grads[{name!r}]")
            or wrong
        )


# --- two layers --------------------------------------------------------------------------------------------------


@progress.check(points=1, where=f"`__init__` {_TWO}")
def two_layer_start() -> Results:
    """Compare the parameters of a new net with the draws of a seed."""
    np.random.seed(0)
    net = fc_net.TwoLayerNet(3, 4, 2, weight_scale=0.5)
    np.random.seed(0)
    want = {"W1": 0.5 * np.random.randn(3, 4), "W2": 0.5 * np.random.randn(4, 2)}
    want |= {"b1": np.zeros(4), "b2": np.zeros(2)}
    yield from _start_problems(net.params, want, "weight_scale 0.5, after np.random.seed(0)")


def _two_layer() -> tuple[Any, np.ndarray, np.ndarray]:
    net = fc_net.TwoLayerNet(5, 50, 7)
    for name, start, stop in (("W1", -0.7, 0.3), ("b1", -0.1, 0.9), ("W2", -0.3, 0.4), ("b2", -0.9, 0.1)):
        shape = {"W1": (5, 50), "b1": (50,), "W2": (50, 7), "b2": (7,)}[name]
        net.params[name] = np.linspace(start, stop, math.prod(shape)).reshape(shape)
    return net, np.linspace(-5.5, 4.5, 15).reshape(5, 3).T.copy(), np.array([0, 5, 1])


@progress.check(points=3, where=f"`loss` {_TWO}", needs=["two_layer_start", *_LAYERS])
def two_layer_loss() -> Results:
    """Compare scores and losses of a net with 5 inputs, 50 hidden units and 7 classes with known numbers."""
    net, X, y = _two_layer()
    first = [11.53165108, 12.2917344, 13.05181771, 13.81190102, 14.57198434, 15.33206765, 16.09215096]
    before = copies(net.params, X=X)
    scores = net.loss(X)
    yield from unchanged(before, {**net.params, "X": X})
    if np.shape(scores) != (3, 7):
        yield f"loss(X) without labels must return scores of shape (3, 7), but it returned {type(scores).__name__}"
        return
    yield compare(scores[0], np.array(first), "loss(X) for the first row", rtol=1e-8)
    # A net whose first hidden unit is off, and whose second score is negative.
    small = fc_net.TwoLayerNet(2, 2, 2)
    small.params = {"W1": np.array([[1.0, 0.5], [-1.0, 0.5]]), "b1": np.array([0.0, -0.5]),
                    "W2": np.array([[5.0, 5.0], [1.0, -2.0]]), "b2": np.array([0.5, 0.0])}  # fmt: skip
    yield compare(
        small.loss(np.array([[1.0, 2.0]])), np.array([[1.5, -2.0]]), "loss(X) of a net with one unit off"
    )
    loss, _ = _loss_and_grads(net, X, y)
    yield number_problem(loss, "the loss")
    problem = compare(loss, 3.4702243556, "the loss without penalty", rtol=1e-9, sizes={"N": 3})
    yield problem
    net.reg = 1.0
    penalized, _ = _loss_and_grads(net, X, y)
    if problem is None:
        what = "what the penalty adds to the loss for reg = 1"
        yield compare(penalized - loss, 26.5948426952 - 3.4702243556, what, rtol=1e-9)


@progress.check(points=4, where=f"`loss` {_TWO}", needs=["two_layer_loss"])
def two_layer_gradients() -> Results:
    """Compare the gradients of all four parameters with centred differences of the loss."""
    random = np.random.RandomState(1)
    net = fc_net.TwoLayerNet(6, 5, 3, reg=0.3)
    shapes = {"W1": (6, 5), "b1": (5,), "W2": (5, 3), "b2": (3,)}
    net.params = {name: random.normal(0, 0.7, shape) for name, shape in shapes.items()}
    X, y = random.normal(size=(4, 2, 3)), np.array([0, 2, 1, 1])
    yield from _gradient_problems(net, X, y)
    yield from _gradient_problems(net, X[:1], y[:1])


# --- any depth ---------------------------------------------------------------------------------------------------


@progress.check(points=2, where=f"`__init__` {_DEEP}")
def deep_start() -> Results:
    """Compare the parameters of a new three-layer net, and of one without hidden layers, with the draws of a seed."""
    for hidden in ([3, 5], []):
        np.random.seed(0)
        net = fc_net.FullyConnectedNet(hidden, 4, 2, weight_scale=0.5, dtype=np.float64)
        np.random.seed(0)
        dims, want = [4, *hidden, 2], {}
        for i in range(1, len(dims)):
            # normal numbers with a standard deviation: another way to the same draws
            want[f"W{i}"] = np.random.normal(0, 0.5, (dims[i - 1], dims[i]))
            want[f"b{i}"] = np.full(dims[i], 0.0)
        yield from _start_problems(net.params, want, f"hidden layers {hidden}, after np.random.seed(0)")
    narrow = fc_net.FullyConnectedNet([3], 4, 2).params
    wrong = [name for name, value in narrow.items() if np.asarray(value).dtype != np.float32]
    if wrong:
        yield f"in a net of the default dtype float32, these parameters are of another: {', '.join(wrong)}"


@progress.check(points=3, where=f"`loss` and the helpers {_DEEP}", needs=["deep_start", *_LAYERS])
def deep_loss() -> Results:
    """Compare scores of a net that can be followed by hand, and losses with known numbers."""
    net = fc_net.FullyConnectedNet([2, 2], 2, 2, dtype=np.float64)
    net.params = {
        "W1": np.array([[1.0, 0.5], [-1.0, 0.5]]), "b1": np.array([0.0, -0.5]),
        "W2": np.array([[1.0, 1.0], [2.0, -1.0]]), "b2": np.array([2.0, 0.0]),
        "W3": np.array([[1.0, -1.0], [5.0, 5.0]]), "b3": np.array([0.0, -1.0]),
    }  # fmt: skip
    X, y = np.array([[1.0, 2.0]]), np.array([0])
    before = copies(net.params, X=X)
    yield compare(net.loss(X), np.array([[4.0, -5.0]]), "loss(X) for the example of the notebook")
    yield from unchanged(before, {**net.params, "X": X})
    plain, _ = _loss_and_grads(net, X, y)
    yield compare(plain, math.log1p(math.exp(-9)), "the loss of the example", rtol=1e-9)
    net.reg = 0.1
    penalized, _ = _loss_and_grads(net, X, y)
    yield compare(
        penalized - plain, 3.075, "what the penalty adds to the loss of the example for reg = 0.1", rtol=1e-9
    )

    np.random.seed(231)
    X, y = np.random.randn(2, 15), np.random.randint(10, size=2)
    for reg, known in ((0, 2.3004790897684924), (3.14, 7.052114776533016)):
        net = fc_net.FullyConnectedNet([20, 30], 15, 10, reg=reg, weight_scale=5e-2, dtype=np.float64)
        loss, _ = _loss_and_grads(net, X, y)
        yield number_problem(loss, "the loss")
        yield compare(loss, known, f"the loss of a new net with reg = {reg}", rtol=1e-10, sizes={"N": 2})
    flat = fc_net.FullyConnectedNet([], 15, 10, dtype=np.float64)
    scores = flat.loss(X)
    yield compare(scores, X @ flat.params["W1"], "loss(X) of a net without hidden layers", rtol=1e-9)


@progress.check(points=3, where=f"`loss` and the helpers {_DEEP}", needs=["deep_loss"])
def deep_gradients() -> Results:
    """Compare the gradients of nets of one and of four layers with centred differences, and look at dtypes."""
    for hidden in ([], [5, 4, 3]):
        random = np.random.RandomState(51)  # one with which every layer has units that are on and off
        net = fc_net.FullyConnectedNet(hidden, 6, 3, reg=0.3, dtype=np.float64)
        net.params = {name: random.normal(0, 0.7, value.shape) for name, value in net.params.items()}
        X, y = random.normal(size=(4, 2, 3)), np.array([0, 2, 1, 1])
        yield from _gradient_problems(net, X, y)
        yield from _gradient_problems(net, X[:1], y[:1])
    net = fc_net.FullyConnectedNet([5, 4], 6, 3, reg=0.3)
    X = np.random.RandomState(3).normal(size=(4, 6))
    _, grads = _loss_and_grads(net, X, np.array([0, 2, 1, 1]))
    found = {"scores": net.loss(X).dtype, **{name: np.asarray(value).dtype for name, value in grads.items()}}
    wrong = [f"{name} ({kind})" for name, kind in found.items() if kind != np.float32]
    if wrong:
        yield f"in a net of dtype float32, these should be of float32 too: {', '.join(wrong)}"
        yield remark_on_float64(
            fc_net.FullyConnectedNet.loss, net, X.astype(np.float32), np.array([0, 2, 1, 1])
        )
