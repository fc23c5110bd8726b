"""Visible checks of the milestone dropout: what holds for every mask, known numbers and numeric gradients.

A notebook imports this module as ``check``, calls ``check.forward_train()`` and shows ``check.progress``.
"""

from __future__ import annotations

from collections.abc import Callable
from copy import copy
from typing import Any

import numpy as np

from .. import fc_net, layers  # looked up through the module, so that a reloaded function is checked
from .shared.common import Results, key_problem, numeric_gradient, unchanged
from .shared.known_mistakes import compare
from .shared.progress import Progress
from .shared.steps import remark_on_float64

_FILE = "nndl/layers/dropout.py"
_NET = "of `FullyConnectedNet` in nndl/fc_net.py"
_FORWARD = f"`dropout_forward` in {_FILE}"

progress = Progress("Dropout")


@progress.check(points=8, where=f"`dropout_forward`, training mode, in {_FILE}")
def forward_train() -> Results:
    """Count what is kept, compare the values, and look for rows or columns that share their fate."""
    rng = np.random.default_rng(0)
    x = 10 + rng.normal(size=(200, 300))
    before = {"x": x.copy()}
    np.random.seed(0)
    for p in (0.25, 0.7):
        param = {"mode": "train", "p": p}
        given = x.copy()
        out, _ = layers.dropout_forward(given, param)
        yield from unchanged(before, {"x": given})
        if not isinstance(out, np.ndarray) or out.shape != x.shape:
            yield compare(out, x, f"the output for p = {p}")
            return
        kept = out != 0
        share, allowed = float(kept.mean()), 6 * np.sqrt(p * (1 - p) / x.size)
        if kept.all():
            why = "which numbers is the draw compared with, and is x multiplied by the mask?"
            yield f"no unit was dropped for p = {p}: {why}"
        elif abs(share - p) > allowed:
            turned = abs(share - (1 - p)) <= allowed
            why = ": p is the probability of keeping one" if turned else ": how does p come into the draw?"
            alike = _alike(kept, "row") or _alike(kept.T, "column")
            yield f"{100 * share:.1f} % of the units were kept for p = {p}{'' if alike else why}"
        problem = compare(out[kept], x[kept] / p, f"what is kept for p = {p}")
        yield problem and f"{problem.message}. The mean of x is 10.0, that of the output is {out.mean():.1f}"
        yield None if kept.all() else _alike(kept, "row") or _alike(kept.T, "column")
        if param != {"mode": "train", "p": p}:
            yield "dropout_param was changed: its settings belong to the caller"
    yield compare(
        layers.dropout_forward(x, {"mode": "train", "p": 1})[0], x, "the output for p = 1, which keeps all"
    )
    yield from _dtype(
        "the output", 0, layers.dropout_forward, x.astype(np.float32), {"mode": "train", "p": 0.5}
    )
    for some, what in ((np.ones((2, 3, 4, 5)), "images"), (np.ones((1, 40)), "a batch of one")):
        out, _ = layers.dropout_forward(some, {"mode": "train", "p": 0.5})
        yield compare(
            out, 2 * (np.asarray(out) != 0) * np.ones(some.shape), f"the output for {what} of ones, p = 0.5"
        )


def _alike(kept: np.ndarray, what: str) -> str | None:
    """Return what is wrong if all rows have one mask, or each is kept or dropped as a whole."""
    if (kept == kept[0]).all():
        return f"every {what} has the same mask: each entry needs a draw of its own"
    if (kept == kept[:, :1]).all():
        return f"every {what} is kept or dropped as a whole: each entry needs a draw of its own"
    return None


def _dtype(what: str, place: int | None, function: Callable[..., Any], *arguments: Any) -> Results:
    result = function(*arguments)
    dtype = np.asarray(result if place is None else result[place]).dtype
    if dtype != np.float32:
        yield f"float32 came in, but {what} is {dtype}: which factor is float64?"
        yield remark_on_float64(function, *arguments)


@progress.check(points=4, where=f"`dropout_forward`, test mode, in {_FILE}")
def forward_test() -> Results:
    """See that test mode gives back its input, and that it leaves NumPy's random numbers alone."""
    x = np.array([[1.0, -2.0, 3.0], [0.5, 0.0, -0.25]])
    before = {"x": x.copy()}
    param = {"mode": "test", "p": 0.25}
    np.random.seed(0)
    out, _ = layers.dropout_forward(x, param)
    following = np.random.rand()
    yield compare(out, before["x"], "the output at test time, p = 0.25")
    yield from unchanged(before, {"x": x})
    np.random.seed(0)
    if following != np.random.rand():
        yield "a random number was drawn at test time; whatever is drawn afterwards is then another"
    if param != {"mode": "test", "p": 0.25}:
        yield "dropout_param was changed: its settings belong to the caller"
    images = np.ones((2, 3, 4, 5))
    yield compare(layers.dropout_forward(images, param)[0], images, "the output at test time for images")
    yield compare(
        layers.dropout_forward(x[:1], param)[0], x[:1], "the output at test time for a batch of one"
    )
    yield from _dtype(
        "the output", 0, layers.dropout_forward, x.astype(np.float32), {"mode": "test", "p": 0.25}
    )


@progress.check(points=4, where=_FORWARD, needs=["forward_train", "forward_test"])
def seeds() -> Results:
    """Compare with the figures that the prescribed draws give, and call twice with a seed."""
    x = np.ones((20, 30))

    def mask(**options: int) -> np.ndarray:
        return np.asarray(layers.dropout_forward(x, {"mode": "train", "p": 0.5, **options})[0])

    first, again, other = mask(seed=1), mask(seed=1), mask(seed=2)
    if not np.array_equal(first, again):
        yield "the same seed gave two different masks: draw from np.random, which the seed has been set for"
    if np.array_equal(first, other):
        yield "two different seeds gave the same mask: seed nothing yourself"
    if np.array_equal(mask(), mask()):
        yield "without a seed, two calls gave the same mask: each call needs a new one"

    np.random.seed(231)
    x = np.random.randn(500, 500) + 10
    known = {0.25: (10.014059116977283, 0.749784), 0.4: (9.977917658761159, 0.600796)}
    known[0.7] = (9.987811912159426, 0.30074)
    hint = "keep a unit where np.random.rand, called once for the whole array, is below p"
    for p, (mean, dropped) in known.items():
        out = layers.dropout_forward(x, {"mode": "train", "p": p})[0]
        layers.dropout_forward(x, {"mode": "test", "p": p})
        for got, want, label in (
            ((out == 0).mean(), dropped, "the share of zeros"),
            (out.mean(), mean, "the mean"),
        ):
            problem = compare(got, want, f"{label} for p = {p}, after np.random.seed(231)", rtol=1e-9)
            yield problem and f"{problem.message}: {hint}"


@progress.check(points=8, where=f"`dropout_backward` in {_FILE}", needs=["forward_train", "forward_test"])
def backward() -> Results:
    """Compare with centred differences of your own forward pass, whose mask a seed holds still."""
    rng = np.random.default_rng(0)
    x, dout = 10 + rng.normal(size=(10, 10)), rng.normal(size=(10, 10))
    before = {"dout": dout.copy()}
    for mode in ("train", "test"):
        param: dict[str, Any] = {"mode": mode, "p": 0.2, "seed": 123}
        cache = layers.dropout_forward(x, param)[1]
        if mode == "train" and isinstance(cache, tuple) and len(cache) == 2 and cache[1] is None:
            yield "`dropout_forward` puts None in the place of the mask into its cache, in training mode, too"
            return
        # Each call has an array of its own: what is changed in one must not look wrong in the next.
        handed = dout.copy()
        dx = copy(layers.dropout_backward(handed, cache))
        yield from unchanged(before, {"dout": handed})
        yield compare(
            layers.dropout_backward(dout.copy(), cache), dx, "dx of a second call with the same cache"
        )

        def through(param: dict[str, Any] = param) -> float:
            return float((layers.dropout_forward(x, param)[0] * dout).sum())

        # With a short step rounding shows: the sum is near 100.
        numeric = numeric_gradient(through, x, h=1e-3)
        yield compare(dx, numeric, f"dx after a pass in {mode} mode", rtol=1e-7)
        param["mode"] = "test" if mode == "train" else "train"
        label = f"dx after a pass in {mode} mode, with another mode in dropout_param since then"
        yield compare(layers.dropout_backward(dout.copy(), cache), numeric, label, rtol=1e-7)

    ones = np.ones((30, 30))
    out, cache = layers.dropout_forward(ones, {"mode": "train", "p": 0.5})
    zeros = np.asarray(layers.dropout_backward(ones, cache)) == 0
    if np.array_equal(zeros, out != 0):
        yield "the gradient is 0 where units were kept, and not where they were dropped: which units take part in out?"
    elif zeros.any() and not zeros.all() and not np.array_equal(zeros, out == 0):
        yield "without a seed, the gradient is 0 at other units than were dropped: no new mask on the way back"
    images = np.ones((2, 3, 4))
    out, cache = layers.dropout_forward(images, {"mode": "train", "p": 0.5})
    yield compare(layers.dropout_backward(images, cache), out, "dx for ones with three axes")
    row = np.ones((1, 40))
    out, cache = layers.dropout_forward(row, {"mode": "train", "p": 0.5})
    yield compare(layers.dropout_backward(row, cache), out, "dx for a batch of one row of ones")
    small = ones.astype(np.float32)
    cache = layers.dropout_forward(small, {"mode": "train", "p": 0.5})[1]
    yield from _dtype("dx", None, layers.dropout_backward, small, cache)


@progress.check(points=3, where=f"`_drop_out` {_NET}", needs=["forward_train", "forward_test"])
def net_scores() -> Results:
    """Compare scores with those of the same net without dropout, also after a training call."""
    X, y = _batch()
    for hidden in ([20, 30], []):
        plain, net = _net(1, hidden), _net(0.5, hidden)
        net.params = plain.params
        want = plain.loss(X) if hidden else X @ net.params["W1"] + net.params["b1"]
        alone = "the scores of a single row, which are those of the row among others"
        yield compare(net.loss(X[:1]), want[:1], alone)
        yield compare(net.loss(X), want, "the scores of a net with dropout, which rests at test time")
        if hidden:
            net.loss(X, y)
            yield compare(net.loss(X), want, "the scores after a training call")


@progress.check(points=3, where=f"`_drop_out` {_NET}", needs=["seeds", "net_scores"])
def net_loss() -> Results:
    """Compare the losses of three nets with known numbers, and see that masks are new without a seed."""
    np.random.seed(231)
    X, y = np.random.randn(2, 15), np.random.randint(10, size=(2,))
    for keep, want in ((1, 2.3004790897684924), (0.75, 2.302371489704412), (0.5, 2.3042759220785896)):
        if keep == 0.5:  # as the forward pass before has left NumPy's generator, whatever was drawn since
            np.random.seed(123)
            np.random.rand(2, 30)
        net = fc_net.FullyConnectedNet(
            [20, 30],
            input_dim=15,
            num_classes=10,
            weight_scale=0.05,
            dtype=np.float64,
            dropout_keep_ratio=keep,
            seed=123,
        )
        yield compare(net.loss(X, y)[0], want, f"the loss with dropout_keep_ratio = {keep}", rtol=1e-9)
    net = _net(0.5, [20, 30])
    X, y = _batch()
    if net.loss(X, y)[0] == net.loss(X, y)[0]:
        yield "without a seed, two training calls gave the same loss: each needs masks of its own"
    net = _net(1, [20])  # with no unit dropped, the loss of a batch is the mean of those of its rows
    rows = [net.loss(X[i : i + 1], y[i : i + 1])[0] for i in range(len(X))]
    yield compare(np.mean(rows), net.loss(X, y)[0], "the mean of the losses of single rows", rtol=1e-9)
    flat = _net(0.5, []).loss(X, y)[0]
    yield compare(flat, 2.5922051091603837, "the loss of a net without hidden layers", rtol=1e-9)


@progress.check(points=4, where=f"`_drop_out_backward` {_NET}", needs=["backward", "net_loss"])
def net_gradients() -> Results:
    """Compare the gradients of all parameters with centred differences of the loss, the masks held still."""
    X, y = _batch()
    for keep, hidden, n in ((0.75, [6, 5], 4), (0.5, [6, 5], 4), (0.5, [6], 1), (0.5, [], 4)):
        some, labels = X[:n], y[:n]
        net = _net(keep, hidden, seed=123)
        grads = net.loss(some, labels)[1]
        problem = key_problem(grads, list(net.params), "grads")
        if problem:
            yield problem
            return
        for name, parameter in net.params.items():
            numeric = numeric_gradient(lambda: float(net.loss(some, labels)[0]), parameter)  # noqa: B023
            label = f"the gradient of {name} with dropout_keep_ratio = {keep}, hidden layers {hidden}"
            yield compare(grads[name], numeric, label, rtol=1e-6, sizes={"N": n})

    # One row and open ReLUs: a row of dW2 is 0 where the unit was dropped, db1 where no gradient came back.
    net = _net(0.5, [40])
    net.params["b1"] = np.full(40, 100.0)
    grads = net.loss(X[:1], y[:1])[1]
    if not np.array_equal((grads["W2"] == 0).all(axis=1), grads["b1"] == 0):
        yield "without a seed, the gradient goes to other units than took part in the forward pass"


def _batch() -> tuple[np.ndarray, np.ndarray]:
    return np.random.default_rng(1).normal(size=(4, 7)), np.array([2, 0, 1, 2])


def _net(keep: float, hidden: list[int], seed: int | None = None) -> Any:
    np.random.seed(0)
    net = fc_net.FullyConnectedNet(
        hidden,
        input_dim=7,
        num_classes=3,
        weight_scale=0.5,
        dtype=np.float64,
        dropout_keep_ratio=keep,
        seed=seed,
    )
    for i, units in enumerate([*hidden, 3], start=1):
        # Biases of 0 would put a row whose inputs are all dropped right onto the kink of the ReLU.
        net.params[f"b{i}"] = np.random.randn(units)
    return net
