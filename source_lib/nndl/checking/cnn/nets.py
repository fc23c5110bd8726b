"""Visible checks of `ThreeLayerConvNet` and of the net that was trained and stored."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np

from ... import cnn  # looked up through the module, so that a reloaded class is the one that is checked
from ..shared.accuracy import AccuracyRule
from ..shared.common import (
    Results,
    copies,
    key_problem,
    number_problem,
    numeric_gradient,
    penalty_problem,
    unchanged,
)
from ..shared.known_mistakes import compare
from ..shared.model import LONG_LIMIT
from .common import progress, spaced

NAMES = ("W1", "b1", "W2", "b2", "W3", "b3")
ACCURACY = AccuracyRule(none=25, full=40)
MOST_FILTERS, WIDEST_FILTER, MOST_HIDDEN_UNITS = 64, 9, 1000
"""The largest net that is accepted for grading."""
_NET = "of `ThreeLayerConvNet` in nndl/cnn.py"


@progress.check(points=2, where=f"`__init__` {_NET}")
def initial_params() -> Results:
    """Look at names, shapes and first draws of the parameters."""
    np.random.seed(0)
    net = cnn.ThreeLayerConvNet((2, 6, 9), 5, 3, 4, 7, weight_scale=0.1, dtype=np.float64)
    problem = key_problem(net.params, NAMES, "params")
    if problem:
        yield problem
        return
    shapes = {"W1": (5, 2, 3, 3), "b1": (5,), "W2": (60, 4), "b2": (4,), "W3": (4, 7), "b3": (7,)}
    for name, shape in shapes.items():
        if np.shape(net.params[name]) != shape:
            yield compare(net.params[name], np.zeros(shape), f"params[{name!r}]")
            yield "here with images of 2 x 6 x 9, 5 filters of 3 x 3, 4 hidden units and 7 classes"
            return
    first = {"W1": 0.1764052345967664, "W2": -0.04031769469731797, "W3": 0.07471883342046319}
    for name, value in first.items():
        hint = "for weight_scale 0.1 after np.random.seed(0), drawn in the order W1, W2, W3"
        yield compare(net.params[name].flat[0], value, f"the first entry of {name} ({hint})")
    for name in ("b1", "b2", "b3"):
        yield compare(net.params[name], np.zeros(shapes[name]), f"params[{name!r}]")
    small = cnn.ThreeLayerConvNet((1, 4, 4), 2, 3, 3, 3)
    spread = float(np.std(small.params["W2"]))
    if not 0.0003 < spread < 0.003:
        yield f"with the default weight_scale of 0.001, W2 has a standard deviation of {spread:.2g}"


def _fixed_net() -> tuple[cnn.ThreeLayerConvNet, np.ndarray]:
    """Return a small net with evenly spaced parameters, and two images."""
    net = cnn.ThreeLayerConvNet((4, 6, 8), 5, 3, 9, 7, dtype=np.float64)
    shapes = {"W1": (5, 4, 3, 3), "b1": (5,), "W2": (60, 9), "b2": (9,), "W3": (9, 7), "b3": (7,)}
    net.params = {name: spaced(-0.4, 0.6, *shape) for name, shape in shapes.items()}
    return net, spaced(-1, 2, 2, 4, 6, 8) ** 2


def _net_of_both_signs() -> tuple[cnn.ThreeLayerConvNet, np.ndarray]:
    """Return a net in which either ReLU cuts off about half of the values, and two images."""
    net = cnn.ThreeLayerConvNet((2, 5, 6), 4, 3, 8, 3, dtype=np.float64)
    shapes = {"W1": (4, 2, 3, 3), "b1": (4,), "W2": (24, 8), "b2": (8,), "W3": (8, 3), "b3": (3,)}
    net.params = {
        name: np.sin(np.arange(np.prod(shape)) * (place + 1.3) + place).reshape(shape)
        for place, (name, shape) in enumerate(shapes.items())
    }
    net.params["b1"] -= 3
    return net, np.cos(1.7 * np.arange(120)).reshape(2, 2, 5, 6)


@progress.check(points=2, where=f"`loss` without labels, {_NET}", needs=["initial_params"])
def convnet_scores() -> Results:
    """Compare the scores of a net with fixed parameters with known numbers."""
    net, X = _fixed_net()
    known = [
        [
            19.4532181645,
            25.1836809046,
            30.9141436446,
            36.6446063847,
            42.3750691248,
            48.1055318648,
            53.8359946049,
        ],
        [
            152.03580424,
            196.476205924,
            240.916607608,
            285.357009292,
            329.797410976,
            374.237812661,
            418.678214345,
        ],
    ]
    before = copies({}, X=X)
    yield compare(net.loss(X), np.array(known), "the scores of two images", rtol=1e-7, sizes={"N": 2})
    yield compare(net.loss(X[:1]), np.array(known[:1]), "the scores of one image alone", rtol=1e-7)
    yield from unchanged(before, {"X": X})
    other, images = _net_of_both_signs()
    known = [
        [2.637128909546, 0.3660557500515, -3.081266278516],
        [14.34477470456, 9.189075435316, -5.006400711298],
    ]
    label = "the scores of a net in which both ReLUs cut something off"
    yield compare(other.loss(images), np.array(known), label, rtol=1e-7, sizes={"N": 2})
    net.params["W3"] = np.zeros((9, 7))
    label = "the scores after params['W3'] was set to 0 (only b3 is left)"
    yield compare(net.loss(X), np.tile(net.params["b3"], (2, 1)), label)
    dtype = getattr(cnn.ThreeLayerConvNet((4, 6, 8), 5, 3, 9, 7).loss(X), "dtype", None)
    if dtype != np.float64:
        yield f"the scores of float64 images have dtype {dtype}, but it should be float64: X is used as it is"


@progress.check(points=2, where=f"`loss` with labels, {_NET}", needs=["convnet_scores"])
def convnet_loss() -> Results:
    """Compare the loss of a large new net on random images with a known number, with and without penalty."""
    random = np.random.RandomState(231)
    for shape in ((2, 3, 8, 8), (3, 3, 3, 3), (3,), (2, 3, 8, 8)):  # what the known number was drawn after
        random.randn(*shape)
    np.random.set_state(random.get_state())
    net = cnn.ThreeLayerConvNet()
    X, y = np.random.randn(50, 3, 32, 32), np.random.randint(10, size=50)
    loss = net.loss(X, y)[0]
    yield number_problem(loss, "the loss")
    # The net is one of float32: what it adds to the loss may round it, even a penalty of 0.
    yield compare(loss, 2.302586071243987, "the loss of 50 random images, near log 10", rtol=1e-6)
    net.reg = 0.5
    yield compare(net.loss(X, y)[0], 2.508255638232932, "the loss with reg = 0.5", rtol=1e-6)
    net, X = _fixed_net()
    y = np.array([0, 3])
    without = net.loss(X, y)[0]
    net.reg = 2.0
    label = "what reg = 2 adds to the loss of a small net (weights only, no biases)"
    yield compare(net.loss(X, y)[0] - without, 73.58392848533444, label, rtol=1e-9)
    net.reg = 0.0
    alone = [net.loss(X[i : i + 1], y[i : i + 1])[0] for i in range(2)]
    label = "the mean of the losses of two images, each alone (the loss of both is right)"
    yield compare(np.mean(alone), without, label, rtol=1e-9)


@progress.check(points=3, where=f"the gradients in `loss` {_NET}", needs=["convnet_loss"])
def convnet_gradients() -> Results:
    """Compare the gradients of all six parameters with centred differences of the loss."""
    random = np.random.RandomState(5)
    net = cnn.ThreeLayerConvNet((2, 5, 6), 4, 3, 8, 7, reg=0.3, dtype=np.float64)
    for name, value in net.params.items():
        net.params[name] = random.normal(0, 0.4, value.shape)
    X, y = random.randn(3, 2, 5, 6), np.array([0, 6, 1])
    before = copies(net.params, X=X)
    _, grads = net.loss(X, y)
    problem = key_problem(grads, NAMES, "grads")
    if problem:
        yield problem
        return
    yield from unchanged(before, {**net.params, "X": X})
    net.params = {name: before[name] for name in NAMES}
    for name in ("W3", "b3", "W2", "b2", "W1", "b1"):  # in the order in which they are computed
        numeric = numeric_gradient(lambda: float(net.loss(X, y)[0]), net.params[name])
        label = f"the gradient of {name}"
        wrong = compare(grads[name], numeric, label, rtol=1e-6, sizes={"N": 3})
        yield wrong and (
            penalty_problem(grads[name], numeric, net.params[name], net.reg, name, label) or wrong
        )
    net.reg = 0.0
    each = [net.loss(X[i : i + 1], y[i : i + 1])[1] for i in range(3)]
    whole = net.loss(X, y)[1]
    for name in NAMES:
        mean = np.mean([grads[name] for grads in each], axis=0)
        label = (
            f"the mean of the gradients of {name} of three images, each alone (that of all three is right)"
        )
        yield compare(mean, whole[name], label, rtol=1e-9, scale=1.0)


@progress.check(
    points=3,
    where="the training in the notebook, stored as best_convnet.npz",
    needs=["convnet_scores"],
    limit=LONG_LIMIT,
)
def trained_convnet(
    X: np.ndarray, y: np.ndarray, path: str | os.PathLike[str] = "best_convnet.npz"
) -> Results:
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
    shape, hidden = params["W1"].shape, params["b2"].size
    fits = len(shape) == 4 and shape[0] <= MOST_FILTERS and shape[2] == shape[3] <= WIDEST_FILTER
    if not fits or shape[1] != X.shape[1] or shape[2] % 2 == 0 or hidden > MOST_HIDDEN_UNITS:
        yield (
            f"the stored net has filters of shape {shape} and {hidden} hidden units, but at most {MOST_FILTERS} "
            f"filters of an odd size up to {WIDEST_FILTER} x {WIDEST_FILTER} and {MOST_HIDDEN_UNITS} hidden units "
            "are accepted"
        )
        return
    net = cnn.ThreeLayerConvNet(X.shape[1:], shape[0], shape[2], 1, params["b3"].size)
    net.params = params
    chosen = [net.loss(X[start : start + 100]).argmax(axis=1) for start in range(0, len(X), 100)]
    yield ACCURACY.note(float(np.mean(np.concatenate(chosen) == y)), len(y), 3)
