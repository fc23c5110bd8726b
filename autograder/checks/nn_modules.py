"""The checks of the neural network modules: four layers, the net made of them, and a trained net.

Where a claim of the net builds on another (the loss on the scores, a step on the gradients), it is judged
against the student's *own* values for the other, so that one mistake costs once.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import numpy as np

from nndl.checking.nn_modules import ACCURACY

from ..accuracy import accuracy_finding, floats, stored_arrays
from ..check import Draw, Finding, check
from ..compare import close, entries, holds, unchanged
from ..data import HiddenImages
from ..library import Library, StudentError

NAMES = ("W1", "b1", "W2", "b2")
MOST_HIDDEN_UNITS = 1024
"""The largest net that is accepted; it bounds what is read and computed."""

BATCH = 1000
"""Images that the reference classifies at once."""

SIZES = (
    {"n": 5, "d": 4, "h": 6, "c": 3},
    {"n": 1, "d": 7, "h": 3, "c": 2},
    {"n": 12, "d": 3, "h": 5, "c": 10},
)
LAYER_SHAPES = ({"shape": (5, 3)}, {"shape": (1, 7)}, {"shape": (2, 3, 4)})


def one_hot(labels: np.ndarray, classes: int, dtype: str = "float64") -> np.ndarray:
    """Return one-hot rows."""
    return np.eye(classes, dtype=dtype)[labels]


@check(
    points=4,
    parts=("forward", "backward", "large scores"),
    cases=(
        {"n": 5, "c": 3, "dtype": "int64"},
        {"n": 1, "c": 4, "dtype": "float64"},
        {"n": 12, "c": 10, "dtype": "float64"},
    ),
)
def output_layer(
    student: Library, reference: Library, draw: Draw, *, n: int, c: int, dtype: str
) -> Iterator[Finding]:
    """`OutputLayer` gives the mean cross entropy of the softmax, and its gradient for the scores."""
    x, t = draw.normal(n, c), one_hot(draw.labels(n, c), c, dtype)
    first, factor = draw.normal(n, c), draw.uniform(2.0, 3.0)
    mine, right = student.OutputLayer(), reference.OutputLayer()
    for layer in (mine, right):  # backward belongs to the last forward, not to the first
        layer.forward(first, t)
    kept_x, kept_t = student.put(x), student.put(t)
    pair = {"the loss": (mine.forward(kept_x, kept_t), right.forward(x, t))}
    yield from close(pair, part="forward", sizes={"N": n, "C": c})
    pair = {"the gradient of the scores": (mine.backward(), right.backward())}
    yield from close(pair, part="backward", scale=1.0, sizes={"N": n, "C": c})
    pair = {"the gradient for an upstream gradient dout": (mine.backward(factor), right.backward(factor))}
    yield from close(pair, part="backward", scale=1.0, sizes={"N": n, "C": c})
    yield from unchanged(student, "forward", {"x": (kept_x, x), "t": (kept_t, t)})

    large = x * (1e4 / np.abs(x).max())
    mine, right = student.OutputLayer(), reference.OutputLayer()
    pair = {"the loss": (mine.forward(large, t), right.forward(large, t))}
    yield from close(pair, part="large scores", scale=20.0, context="for scores near 1e4")
    pair = {"the gradient of the scores": (mine.backward(), right.backward())}
    yield from close(pair, part="large scores", scale=1.0, context="for scores near 1e4")


@check(points=4, parts=("forward", "backward"), cases=LAYER_SHAPES)
def relu(student: Library, reference: Library, draw: Draw, *, shape: tuple[int, ...]) -> Iterator[Finding]:
    """`ReLU` cuts off what is negative, and lets the gradient through only where its input was above 0."""
    x, dout = _with_zeros(draw.normal(*shape)), draw.normal(*shape)
    mine, right = student.ReLU(), reference.ReLU()
    first = draw.normal(*shape)
    for layer in (mine, right):
        layer.forward(first)
    kept_x, kept_dout = student.put(x), student.put(dout)
    yield from close({"the output": (mine.forward(kept_x), right.forward(x))}, part="forward")
    yield from unchanged(student, "forward", {"x": (kept_x, x)})
    pair = {"the gradient of the input": (mine.backward(kept_dout), right.backward(dout))}
    yield from close(pair, part="backward")
    yield from unchanged(student, "backward", {"dout": (kept_dout, dout)})

    whole = np.round(10 * dout).astype(np.int64) - 3
    got, want = mine.backward(whole), right.backward(whole)
    yield from close({"the gradient for integers": (got, want)}, part="backward")
    integers = isinstance(got, np.ndarray) and got.dtype.kind in "iu"
    message = "the gradient of the input must have the dtype of dout: integers in, integers out"
    yield holds("backward", "dtype", integers, message, expected="integer array", actual=got)


def _with_zeros(x: np.ndarray) -> np.ndarray:
    """Return ``x`` with an exact 0 in every third place, the first included."""
    x = x.copy()
    x.reshape(-1)[::3] = 0
    return x


@check(points=4, parts=("forward", "backward", "large inputs"), cases=LAYER_SHAPES)
def sigmoid(student: Library, reference: Library, draw: Draw, *, shape: tuple[int, ...]) -> Iterator[Finding]:
    """`Sigmoid` squeezes every number between 0 and 1, and passes back `dout * s * (1 - s)`."""
    x, dout = draw.normal(*shape, scale=2.0), draw.normal(*shape)
    mine, right = student.Sigmoid(), reference.Sigmoid()
    first = draw.normal(*shape)
    for layer in (mine, right):
        layer.forward(first)
    kept_x, kept_dout = student.put(x), student.put(dout)
    yield from close({"the output": (mine.forward(kept_x), right.forward(x))}, part="forward")
    yield from unchanged(student, "forward", {"x": (kept_x, x)})
    pair = {"the gradient of the input": (mine.backward(kept_dout), right.backward(dout))}
    yield from close(pair, part="backward")
    yield from unchanged(student, "backward", {"dout": (kept_dout, dout)})

    large = np.where(np.arange(x.size).reshape(shape) % 2 == 0, 1.0, -1.0) * draw.uniform(800, 5000)
    mine, right = student.Sigmoid(), reference.Sigmoid()
    context = "for inputs of some thousand, positive and negative"
    pair = {"the output": (mine.forward(large), right.forward(large))}
    yield from close(pair, part="large inputs", context=context)
    pair = {"the gradient of the input": (mine.backward(dout), right.backward(dout))}
    yield from close(pair, part="large inputs", scale=1.0, context=context)


@check(
    points=4,
    parts=("output", "dx", "dW", "db"),
    cases=(
        {"n": 5, "d": 4, "m": 3, "row_bias": False},
        {"n": 1, "d": 2, "m": 6, "row_bias": False},
        {"n": 7, "d": 3, "m": 2, "row_bias": True},
    ),
)
def affine(
    student: Library, reference: Library, draw: Draw, *, n: int, d: int, m: int, row_bias: bool
) -> Iterator[Finding]:
    """`Affine` computes `x W + b`, and the gradients for x, W and b."""
    W, b = draw.normal(d, m), draw.normal(*((1, m) if row_bias else (m,)))
    x, dout = draw.normal(n, d), draw.normal(n, m)
    kept = {"x": student.put(x), "W": student.put(W), "b": student.put(b), "dout": student.put(dout)}
    mine, right = student.Affine(kept["W"], kept["b"]), reference.Affine(W, b)
    sizes = {"N": n}
    yield from close({"the output": (mine.forward(kept["x"]), right.forward(x))}, part="output", sizes=sizes)
    yield from unchanged(student, "output", {name: (kept[name], v) for name, v in (("x", x), ("W", W))})
    yield from unchanged(student, "output", {"b": (kept["b"], b)})

    pair = {"dx, the gradient of the input": (mine.backward(kept["dout"]), right.backward(dout))}
    yield from close(pair, part="dx", sizes=sizes)
    yield from unchanged(student, "dx", {"dout": (kept["dout"], dout)})
    yield from _parameter_gradients(mine, right, sizes, "")

    # A second time with other numbers: nothing of the first time may be left.
    x, dout = draw.normal(n, d), draw.normal(n, m)
    mine.forward(x), right.forward(x)
    mine.backward(dout), right.backward(dout)
    yield from _parameter_gradients(mine, right, sizes, "of a second forward and backward")


def _parameter_gradients(mine: Any, right: Any, sizes: dict[str, int], context: str) -> Iterator[Finding]:
    for name in ("dW", "db"):
        pair = {name: (mine.get(name), right.get(name))}
        yield from close(pair, part=name, sizes=sizes, context=context)


# --- the net ---------------------------------------------------------------------------------------------------


def draw_params(draw: Draw, d: int, h: int, c: int) -> dict[str, np.ndarray]:
    """Draw parameters that keep scores near 1, so that no probability is 0 or 1; biases included."""
    return {
        "W1": draw.normal(d, h, scale=d**-0.5),
        "b1": draw.normal(h),
        "W2": draw.normal(h, c, scale=h**-0.5),
        "b2": draw.normal(c),
    }


def build(lib: Library, params: dict[str, np.ndarray], reg: float = 0.0) -> Any:
    """Make a net of the library with these parameters."""
    lib.seed(0)  # should a mistake keep the initial weights in use, the same mistake is known by them
    (d, h), c = params["W1"].shape, params["b2"].size
    net = lib.TwoLayerNet(d, h, c, reg)
    net.set("params", params)
    return net


def own_scores(net: Any, x: np.ndarray, classes: int) -> np.ndarray:
    """Return the net's scores, and insist on their form."""
    scores = net.predict(x)
    right = isinstance(scores, np.ndarray) and scores.shape == (len(x), classes) and scores.dtype.kind == "f"
    if not right or not np.isfinite(scores).all():
        message = (
            f"predict must return finite scores of shape {(len(x), classes)}, but it gave {_kind(scores)}"
        )
        raise StudentError("ValueError", f"{message}: mend that first")
    return scores


def telling_scores(
    student: Library, reference: Library, draw: Draw, params: dict[str, np.ndarray], net: Any, x: np.ndarray
) -> np.ndarray:
    """Return the net's own scores, fit to judge by: scores that are the same for all rows make a constant right."""
    (d, _), c = params["W1"].shape, params["b2"].size
    rows = draw.normal(20, d)  # so many that a mistake does not switch off all hidden units for all of them
    own, truth = own_scores(build(student, params), rows, c), build(reference, params).predict(rows)
    if _apart(truth, truth[:1]) and not _apart(own, own[:1]):
        raise StudentError("ValueError", "predict gives the same scores to every row: mend that first")
    return own_scores(net, x, c)


@np.errstate(over="ignore")
def _apart(a: Any, b: Any) -> bool:
    """Whether finite values differ by more than they are compared with, and so by more than rounding."""
    return bool(np.abs(np.subtract(a, b)).max() > 1e-6 * max(np.abs(a).max(), np.abs(b).max()))


def _kind(value: Any) -> str:
    """Say what form a value has."""
    if not isinstance(value, np.ndarray):
        return type(value).__name__
    finite = "" if value.dtype.kind != "f" or np.isfinite(value).all() else " with NaN or infinity"
    return f"an array of {value.dtype} of shape {value.shape}{finite}"


@check(points=2, parts=("weights", "biases"), cases=({"d": 4, "h": 6, "c": 3}, {"d": 7, "h": 2, "c": 10}))
def initial_params(
    student: Library, reference: Library, draw: Draw, *, d: int, h: int, c: int
) -> Iterator[Finding]:
    """A new `TwoLayerNet` has small random weights, W1 drawn before W2, and biases of 0."""
    seed, scale = draw.seed(), draw.uniform(0.2, 0.8)
    for options, context in (({}, "with the default weight_scale"), ({"weight_scale": scale}, "")):
        found = []
        for lib in (student, reference):
            lib.seed(seed)
            found.append(entries(lib.TwoLayerNet(d, h, c, **options).get("params"), NAMES, "params"))
        got, want = found
        for name in NAMES:
            part = "weights" if name.startswith("W") else "biases"
            label = f"params[{name!r}]{' ' + context if context else ''}"
            yield from close({label: (got[name], want[name])}, part=part)


@check(points=2, parts=("scores",), cases=SIZES)
def scores(
    student: Library, reference: Library, draw: Draw, *, n: int, d: int, h: int, c: int
) -> Iterator[Finding]:
    """`predict(x)` sends x through all three layers, with the parameters as they are now."""
    params, x = draw_params(draw, d, h, c), draw.normal(n, d)
    mine, right = build(student, params), build(reference, params)
    kept = student.put(x)
    yield from close({"the scores": (mine.predict(kept), right.predict(x))}, part="scores", sizes={"N": n})
    yield from unchanged(student, "scores", {"x": (kept, x)})
    other = draw.normal(h, c)
    for net in (mine, right):
        net.set_item("params", "W2", other)
    pair = {"the scores": (mine.predict(x), right.predict(x))}
    yield from close(pair, part="scores", context="after params['W2'] was replaced")


@check(points=4, parts=("data loss", "penalty"), cases=SIZES)
def loss(
    student: Library, reference: Library, draw: Draw, *, n: int, d: int, h: int, c: int
) -> Iterator[Finding]:
    """`loss(x, t)` is the output layer's loss of the scores plus the L2 penalty on W1 and W2."""
    params, x, t = draw_params(draw, d, h, c), draw.normal(n, d), one_hot(draw.labels(n, c), c)
    reg = draw.uniform(0.3, 2.0)
    net = build(student, params)
    want = reference.OutputLayer().forward(telling_scores(student, reference, draw, params, net, x), t)
    got = net.loss(x, t)
    pair = {"the loss without penalty, given your own scores": (got, want)}
    yield from close(pair, part="data loss", sizes={"N": n})
    squares = sum(float((params[name] ** 2).sum()) for name in ("W1", "W2"))
    penalized = build(student, params, reg).loss(x, t)
    pair = {"what regularization adds to the loss": (_difference(penalized, got), 0.5 * reg * squares)}
    yield from close(pair, part="penalty", rtol=1e-9)


def _number(value: Any) -> bool:
    if isinstance(value, np.ndarray):
        return value.ndim == 0 and value.dtype.kind in "fiu"
    return isinstance(value, (int, float, np.number)) and not isinstance(value, (bool, np.complexfloating))


def _difference(a: Any, b: Any) -> Any:
    return float(a) - float(b) if _number(a) and _number(b) else a


@check(points=2, parts=("accuracy",), cases=({"n": 12, "c": 3}, {"n": 5, "c": 4}))
def accuracy(student: Library, reference: Library, draw: Draw, *, n: int, c: int) -> Iterator[Finding]:
    """`accuracy(x, t)` is the fraction of rows whose highest score is that of the right class."""
    params, x = draw_params(draw, 4, 5, c), draw.normal(n, 4)
    net = build(student, params)
    chosen = telling_scores(student, reference, draw, params, net, x).argmax(axis=1)
    right = draw.integer(n // 2 + 1, n)
    labels = np.where(np.arange(n) < right, chosen, (chosen + 1) % c)
    got = net.accuracy(x, one_hot(labels, c))
    pair = {f"the accuracy when {right} of {n} rows are right by your own scores": (got, right / n)}
    yield from close(pair, part="accuracy", sizes={"N": n})


@check(
    points=4,
    parts=NAMES,
    cases=tuple({**size, "reg": reg} for size, reg in zip(SIZES, (0.7, 0.0, 0.2), strict=True)),
)
def gradients(
    student: Library, reference: Library, draw: Draw, *, n: int, d: int, h: int, c: int, reg: float
) -> Iterator[Finding]:
    """`gradient(x, t)` sends the gradient back through all layers: W1, b1, W2 and b2."""
    params, x, t = draw_params(draw, d, h, c), draw.normal(n, d), one_hot(draw.labels(n, c), c)
    net = build(student, params, reg)
    kept = student.put(x)
    got = entries(net.gradient(kept, t), NAMES, "what gradient(x, t) returns")
    want = build(reference, params, reg).gradient(x, t)
    scale = float(np.abs(x).max() * max(1.0, np.abs(params["W2"]).max()))
    for name in NAMES:
        pair = {f"the gradient of {name}": (got[name], want[name])}
        yield from close(pair, part=name, scale=scale, sizes={"N": n})
        yield from unchanged(student, name, {"x": (kept, x)})
        after = entries(net.get("params"), NAMES, "params")[name]
        same = isinstance(after, np.ndarray) and np.array_equal(after, params[name])
        message = f"params[{name!r}] was modified by gradient: only update_params may change parameters"
        yield holds(
            name, f"params[{name!r}] unchanged", same, message, expected="unchanged", actual="modified"
        )


@check(points=2, parts=("differences", "side effects"), cases=({"n": 4, "d": 2, "h": 3, "c": 2},), wall=20.0)
def numerical_gradient(
    student: Library, reference: Library, draw: Draw, *, n: int, d: int, h: int, c: int
) -> Iterator[Finding]:
    """`numerical_gradient(x, t)` comes from central differences of `loss`, and leaves the net as it was."""
    params, x = draw_params(draw, d, h, c), draw.normal(n, d)
    while np.abs(x @ params["W1"] + params["b1"]).min() < 0.01:  # a kink of the ReLU would spoil a difference
        params, x = draw_params(draw, d, h, c), draw.normal(n, d)
    t, reg = one_hot(draw.labels(n, c), c), draw.uniform(0.3, 1.0)
    want = _central_differences(build(student, params, reg), draw, params, x, t)

    net = build(student, params, reg)
    got = entries(net.numerical_gradient(x, t), NAMES, "what numerical_gradient(x, t) returns")
    largest = max(float(np.abs(difference).max()) for difference in want.values())
    for name in NAMES:
        label = f"the differences of your own loss for {name}"
        yield from close({label: (got[name], want[name])}, part="differences", rtol=1e-6, scale=largest)
    after = entries(net.get("params"), NAMES, "params")
    for name in NAMES:
        value = after[name]
        same = isinstance(value, np.ndarray) and value.shape == params[name].shape and value.dtype.kind == "f"
        same = same and bool(np.allclose(value, params[name], rtol=0, atol=1e-12))
        message = f"params[{name!r}] is not what it was before: put every entry back after nudging it"
        yield holds(
            "side effects", f"params[{name!r}]", same, message, expected="as before", actual=after[name]
        )
    kept = net.get("grads")
    message = "numerical_gradient must leave grads alone: update_params would take a step with it"
    yield holds("side effects", "grads", kept is None, message, expected=None, actual=kept)


def _central_differences(
    net: Any, draw: Draw, params: dict[str, np.ndarray], x: np.ndarray, t: np.ndarray, step: float = 1e-5
) -> dict[str, np.ndarray]:
    """Return the differences of the student's own loss, fit to judge by.

    Every loss is asked for twice, all in a drawn order: code that counts its calls gives itself away.

    Raises
    ------
    StudentError
        If a loss is no finite number or differs from call to call, or all differences could be rounding.
    """
    nudges = [(name, i, sign) for name in NAMES for i in np.ndindex(params[name].shape) for sign in (1, -1)]
    losses: dict[tuple[str, tuple[int, ...], int], float] = {}
    for key in sorted(2 * nudges, key=lambda _: draw.uniform(0, 1)):
        name, index, sign = key
        nudged = params[name].copy()
        nudged[index] += sign * step
        net.set_item("params", name, nudged)
        value = net.loss(x, t)
        net.set_item("params", name, params[name])
        if not _number(value) or not math.isfinite(float(value)):
            raise StudentError("ValueError", "loss does not return one finite number: mend that first")
        # A right loss repeats itself up to rounding; what is left must be far below the differences.
        if abs(losses.setdefault(key, float(value)) - float(value)) > 1e-12 * abs(float(value)):
            message = "loss gives another value for the same parameters, rows and targets: mend that first"
            raise StudentError("ValueError", message)
    result = {name: np.zeros_like(params[name]) for name in NAMES}
    for name, index, _ in nudges[::2]:
        result[name][index] = (losses[name, index, 1] - losses[name, index, -1]) / (2 * step)
    largest = max(float(np.abs(difference).max()) for difference in result.values())
    height = max(map(abs, losses.values()))
    if not math.isfinite(largest) or largest * step <= 1e-9 * height:
        raise StudentError(
            "ValueError", "the differences of the loss are infinite or lost in rounding: mend that first"
        )
    return result


@check(points=2, parts=("step",), cases=({"n": 6, "d": 4, "h": 5, "c": 3}, {"n": 3, "d": 2, "h": 4, "c": 2}))
def update_params(
    student: Library, reference: Library, draw: Draw, *, n: int, d: int, h: int, c: int
) -> Iterator[Finding]:
    """`update_params(learning_rate)` takes one step downhill with the gradients that `gradient` stored."""
    params, x, t = draw_params(draw, d, h, c), draw.normal(n, d), one_hot(draw.labels(n, c), c)
    rate = draw.uniform(0.1, 0.5)
    net = build(student, params, draw.uniform(0.01, 0.1))
    grads = entries(net.gradient(x, t), NAMES, "what gradient(x, t) returns")
    for name in NAMES:
        value = grads[name]
        right = (
            isinstance(value, np.ndarray) and value.shape == params[name].shape and value.dtype.kind == "f"
        )
        if not right or not np.isfinite(value).all():
            message = f"the gradient of {name} has not the form of {name}, but is {_kind(value)}"
            raise StudentError("ValueError", f"{message}: mend that first")
        if not value.any():
            raise StudentError("ValueError", f"the gradient of {name} is 0 everywhere: mend that first")
    net.update_params(rate)
    after = entries(net.get("params"), NAMES, "params after update_params")
    for name in NAMES:
        pair = {f"the change of {name}": (_change(after[name], params[name]), -rate * grads[name])}
        yield from close(pair, part="step", rtol=1e-7)


def _change(after: Any, before: np.ndarray) -> Any:
    same_form = isinstance(after, np.ndarray) and after.shape == before.shape and after.dtype.kind == "f"
    return after - before if same_form else after


# --- the trained net --------------------------------------------------------------------------------------------


@check(points=6, parts=("accuracy",), wall=30.0, needs_images=True)
def trained_net(
    student: Library, reference: Library, draw: Draw, *, images: HiddenImages
) -> Iterator[Finding]:
    """The net stored in trained_net.npz classifies images it has never seen: 42 % earn full points."""
    stored = stored_arrays(
        student, "trained_net.npz", NAMES, "run the cell of the notebook that stores the net"
    )
    if isinstance(stored, Finding):
        yield stored
        return
    X, y = images.unseen_scaled(draw.seed())
    net = build(reference, _stored_params(stored, X.shape[1]))
    rows = range(0, len(X), BATCH)
    labels = np.concatenate([net.predict(X[start : start + BATCH]).argmax(axis=1) for start in rows])
    measured = float(np.mean(labels == y))
    yield accuracy_finding(ACCURACY, measured, len(y))


def _stored_params(stored: dict[str, Any], features: int) -> dict[str, np.ndarray]:
    """Return a stored net's arrays once they fit together."""
    first = np.shape(stored["W1"])
    units = first[-1] if len(first) == 2 else 0
    if not 1 <= units <= MOST_HIDDEN_UNITS:
        message = f"W1 in trained_net.npz has shape {first}, but ({features}, H) is right"
        raise StudentError("ValueError", f"{message}, with at most {MOST_HIDDEN_UNITS} hidden units H")
    shapes = {"W1": (features, units), "b1": (units,), "W2": (units, 10), "b2": (10,)}
    return {name: floats(stored, "trained_net.npz", name, shape) for name, shape in shapes.items()}


CHECKS = (
    output_layer,
    relu,
    sigmoid,
    affine,
    initial_params,
    scores,
    loss,
    accuracy,
    gradients,
    numerical_gradient,
    update_params,
    trained_net,
)
