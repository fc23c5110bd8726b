"""Visible checks of the layers of the milestone fc_net, and the overview that all its checks share."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ... import layers  # looked up through the module, so that a reloaded function is the one that is checked
from ..shared.common import Results, cache_problem, copies, number_problem, unchanged, wrong_results
from ..shared.known_mistakes import compare, evidence_of
from ..shared.progress import Progress
from ..shared.steps import remark_on_float64

progress = Progress("Fully connected nets and optimizers")
_AFFINE, _ACTIVATIONS, _LOSSES = (f"nndl/layers/{name}.py" for name in ("affine", "activations", "losses"))


def differences(f: Any, x: np.ndarray, dout: np.ndarray, h: float = 1e-5) -> np.ndarray:
    """Return the centred differences of ``sum(f(x) * dout)`` for every entry of ``x``, which comes back unchanged."""
    gradient = np.zeros_like(x)
    for index in np.ndindex(x.shape):
        nudged = x.copy()
        nudged[index] += h
        above = f(nudged)
        nudged[index] -= 2 * h
        gradient[index] = ((above - f(nudged)) * dout).sum() / (2 * h)
    return gradient


def _first(result: Any, function: str) -> Any:
    if not isinstance(result, tuple) or len(result) != 2:
        raise wrong_results(function, "the two values out, cache", result)
    return result[0]


@progress.check(points=2, where=f"`affine_forward` in {_AFFINE}")
def affine_forward() -> Results:
    """Compare the output for two inputs of shape 4 x 5 x 6 with known numbers."""
    x = np.linspace(-0.1, 0.5, 240).reshape(2, 4, 5, 6)
    w, b = np.linspace(-0.2, 0.3, 360).reshape(120, 3), np.linspace(-0.3, 0.1, 3)
    before = copies({}, x=x, w=w, b=b)
    out = _first(layers.affine_forward(x, w, b), "affine_forward")
    want = np.array([[1.49834967, 1.70660132, 1.91485297], [3.25553199, 3.5141327, 3.77273342]])
    if np.shape(out) == want.shape and compare(out + b, want, rtol=1e-8) is None:
        yield "the output is x w: the bias b is missing"
    else:
        yield compare(out, want, "the output", rtol=1e-8, sizes={"N": 2, "M": 3})
        one = _first(layers.affine_forward(x[:1], w, b), "affine_forward")
        yield compare(one, want[:1], "the output for a single input", rtol=1e-8)
    yield from unchanged(before, {"x": x, "w": w, "b": b})


@progress.check(points=3, where=f"`affine_backward` in {_AFFINE}", needs=["affine_forward"])
def affine_backward() -> Results:
    """Compare all three gradients with centred differences of your own `affine_forward`."""
    random = np.random.RandomState(0)
    x, w, b, dout = (random.normal(size=shape) for shape in ((4, 2, 3), (6, 5), (5,), (4, 5)))
    _, cache = layers.affine_forward(x, w, b)
    before = copies({}, x=x, w=w, b=b, dout=dout)
    result = layers.affine_backward(dout, cache)
    if not isinstance(result, tuple) or len(result) != 3:
        raise wrong_results("affine_backward", "the three gradients dx, dw, db", result)
    yield from unchanged(before, {"x": x, "w": w, "b": b, "dout": dout})
    numeric = {
        "dx": differences(lambda v: layers.affine_forward(v, w, b)[0], x, dout),
        "dw": differences(lambda v: layers.affine_forward(x, v, b)[0], w, dout),
        "db": differences(lambda v: layers.affine_forward(x, w, v)[0], b, dout),
    }
    if np.shape(result[0]) != x.shape:
        yield cache_problem(cache, {"x": x, "w": w, "b": b}, "affine_forward")
    for got, (name, want) in zip(result, numeric.items(), strict=True):
        yield compare(got, want, name, rtol=1e-7, sizes={"N": 4, "M": 5})
    one = layers.affine_backward(dout[:1], layers.affine_forward(x[:1], w, b)[1])
    yield compare(one[0], numeric["dx"][:1], "dx for a single input", rtol=1e-7)
    yield compare(one[2], dout[0], "db for a single input", rtol=1e-7)


@progress.check(points=1, where=f"`relu_forward` in {_ACTIVATIONS}")
def relu_forward() -> Results:
    """Compare the output with numbers that can be read off, NaN and infinity among them."""
    x = np.linspace(-0.5, 0.5, 12).reshape(3, 4)
    before = copies({}, x=x)
    want = np.array([[0, 0, 0, 0], [0, 0, 1, 3], [5, 7, 9, 11]]) / 22
    yield compare(_first(layers.relu_forward(x), "relu_forward"), want, "the output")
    yield compare(_first(layers.relu_forward(x[2:]), "relu_forward"), want[2:], "the output for a single row")
    yield compare(_first(layers.relu_forward(x[0]), "relu_forward"), want[0], "the output for a single axis")
    yield from unchanged(before, {"x": x})
    extreme = np.array([-np.inf, np.inf, np.nan, -1.0])
    with np.errstate(invalid="ignore"):
        out = np.asarray(_first(layers.relu_forward(extreme), "relu_forward"))
    if not np.array_equal(out, [0, np.inf, np.nan, 0], equal_nan=True):
        yield f"the output for -inf, inf, nan, -1 must be 0, inf, nan, 0, but it is {', '.join(map(str, out))}"


@progress.check(points=2, where=f"`relu_backward` in {_ACTIVATIONS}", needs=["relu_forward"])
def relu_backward() -> Results:
    """Compare the gradient with numbers that can be read off, at exactly 0 as well."""
    x, dout = (
        np.array([[-1.0, 2.0, 3.0], [4.0, -5.0, -6.0]]),
        np.array([[5.0, -7.0, 11.0], [13.0, -17.0, 19.0]]),
    )
    _, cache = layers.relu_forward(x)
    before = copies({}, x=x, dout=dout)
    dx = layers.relu_backward(dout, cache)
    yield compare(dx, np.array([[0.0, -7, 11], [13, 0, 0]]), "dx")
    yield from unchanged(before, {"x": x, "dout": dout})
    x = np.array([[-1.0, 0.0, 2.0]])
    dx = layers.relu_backward(np.array([[5.0, 7.0, 11.0]]), layers.relu_forward(x)[1])
    yield compare(
        dx, np.array([[0.0, 0, 11]]), "dx for the inputs -1, 0 and 2 and the upstream gradient 5, 7, 11"
    )
    _, cache = layers.relu_forward(x[0])
    dx = layers.relu_backward(np.array([5.0, 7.0, 11.0]), cache)
    yield compare(dx, np.array([0.0, 0, 11]), "dx for inputs with a single axis")


@progress.check(points=3, where=f"`softmax_loss` in {_LOSSES}")
def softmax_loss() -> Results:
    """Compare loss and gradient with known numbers, for scores near 0 and for very large ones."""
    x, y = np.array([[math.log(2), 0.0, 0.0], [0.0, math.log(6), 0.0]]), np.array([0, 1])
    before = copies({}, x=x, y=y)
    loss, dx = _loss(x, y)
    yield number_problem(loss, "the loss")
    want = (math.log(2) + math.log(4 / 3)) / 2
    yield compare(loss, want, "the loss of probabilities 1/2 and 3/4", rtol=1e-10, sizes={"N": 2, "C": 3})
    known = np.array([[-0.25, 0.125, 0.125], [0.0625, -0.125, 0.0625]])
    yield compare(dx, known, "the gradient of these scores", rtol=1e-10, sizes={"N": 2, "C": 3})
    yield from unchanged(before, {"x": x, "y": y})
    loss, dx = _loss(x[1:], y[1:])
    yield compare(loss, math.log(4 / 3), "the loss of a single row, with probability 3/4", rtol=1e-10)
    yield compare(dx, 2 * known[1:], "the gradient of a single row", rtol=1e-10)

    # here raw scores do no harm yet, but what makes them larger does
    evidence_of("the loss of scores near 400", lambda: _loss(np.array([[400.0, 0.0, -400.0]]), y[:1])[0])
    large = np.array([[1.0, 2, 3, -1000], [1000.0, 1000, 1000, -1000], [0.0, -2000, 0, -1000]])
    with np.errstate(all="ignore"):
        loss, dx = _loss(large, np.array([2, 0, 1]))
    sizes = {"N": 3, "C": 4}
    yield compare(
        loss, 667.3997884778909, "the loss of scores between -2000 and 1000", rtol=1e-10, sizes=sizes
    )
    known = np.array(
        [[0.030010191, 0.081576157, -0.111586348, 0], [-2 / 9, 1 / 9, 1 / 9, 0], [1 / 6, -1 / 3, 1 / 6, 0]]
    )
    yield compare(dx, known, "the gradient of scores between -2000 and 1000", rtol=1e-7, sizes=sizes)


def _loss(x: np.ndarray, y: np.ndarray, name: str = "softmax_loss") -> tuple[Any, Any]:
    result = getattr(layers, name)(x, y)
    if not isinstance(result, tuple) or len(result) != 2:
        raise wrong_results(name, "the two values loss, dx", result)
    return result


@progress.check(
    points=1,
    where=f"your functions in {_AFFINE}, {_ACTIVATIONS} and {_LOSSES}",
    needs=["affine_backward", "relu_backward", "softmax_loss"],
)
def float32_layers() -> Results:
    """See that arrays of float32 give results of float32."""
    random = np.random.RandomState(0)
    x, w, b, dout = (random.normal(size=s).astype(np.float32) for s in ((4, 2, 3), (6, 5), (5,), (4, 5)))
    out, cache = layers.affine_forward(x, w, b)
    hidden, relu_cache = layers.relu_forward(out)
    labels = np.array([0, 1, 4, 2])
    calls: dict[str, tuple[Any, ...]] = {
        "affine_forward": (x, w, b),
        "relu_forward": (out,),
        "affine_backward": (dout, cache),
        "relu_backward": (dout, relu_cache),
        "softmax_loss": (dout, labels),
    }
    results = {"affine_forward": [out], "relu_forward": [hidden]}
    results["affine_backward"] = list(layers.affine_backward(dout, cache))
    results["relu_backward"] = [layers.relu_backward(dout, relu_cache)]
    results["softmax_loss"] = [layers.softmax_loss(dout, labels)[1]]
    for name, arrays in results.items():
        found = [str(np.asarray(array).dtype) for array in arrays]
        if found != ["float32"] * len(found):
            yield f"{name} gives {', '.join(found)} for arrays of float32"
            yield remark_on_float64(getattr(layers, name), *calls[name])


@progress.check(points=0, where=f"`svm_loss` in {_LOSSES} (optional, without points)")
def svm_loss() -> Results:
    """Compare loss and gradient with numbers that can be worked out by hand; optional, without points."""
    x, y = np.array([[1.0, 3.0, 2.5, -1.0], [0.0, -2.0, 0.5, 4.0]]), np.array([1, 2])
    before = copies({}, x=x, y=y)
    loss, dx = _loss(x, y, "svm_loss")
    yield number_problem(loss, "the loss")
    # the first row is ahead of class 2 by 0.5 only; the second one is behind class 3, and ahead of class 0 by 0.5
    yield compare(loss, (0.5 + 0.5 + 4.5) / 2, "the loss of two rows", rtol=1e-10, sizes={"N": 2, "C": 4})
    known = np.array([[0.0, -0.5, 0.5, 0.0], [0.5, 0.0, -1.0, 0.5]])
    yield compare(dx, known, "the gradient of two rows", rtol=1e-10, sizes={"N": 2, "C": 4})
    yield from unchanged(before, {"x": x, "y": y})
    loss, dx = _loss(x[:1], y[:1], "svm_loss")
    yield compare(loss, 0.5, "the loss of a single row", rtol=1e-10)
    yield compare(dx, 2 * known[:1], "the gradient of a single row", rtol=1e-10)
    _, single = _loss(x.astype(np.float32), y, "svm_loss")
    if np.asarray(single).dtype != np.float32:
        yield f"dx is {np.asarray(single).dtype} for float32 scores"
        yield remark_on_float64(layers.svm_loss, x.astype(np.float32), y)
