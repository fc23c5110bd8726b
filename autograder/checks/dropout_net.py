"""The checks of dropout in `FullyConnectedNet`.

The right values come from a walk through the net's layers in which the dropout layers are the student's *own*: a
mistake in the layer costs the layer's checks, and the net's only where the layer tells nothing.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import Any

import numpy as np

from nndl import layers

from ..check import Draw, Finding, check
from ..compare import close, entries, holds, is_number, unpack
from ..library import Library, StudentError
from .dropout_masks import like

DROPOUT = ("dropout_forward", "dropout_backward")
CALLS = 24
"""Training calls in which even a mask of one draw for all units shows both of its values."""


def draw_params(draw: Draw, dims: tuple[int, ...], normalization: str | None = None) -> dict[str, np.ndarray]:
    """Draw parameters that keep scores near 1; biases, gammas and betas included."""
    params = {}
    for i, (inputs, outputs) in enumerate(itertools.pairwise(dims), start=1):
        params[f"W{i}"] = draw.normal(inputs, outputs, scale=inputs**-0.5)
        params[f"b{i}"] = draw.normal(outputs)
        if normalization and i < len(dims) - 1:
            params[f"gamma{i}"] = 1 + draw.normal(outputs, scale=0.2)
            params[f"beta{i}"] = draw.normal(outputs)
    return params


def build(
    lib: Library, dims: tuple[int, ...], params: dict[str, np.ndarray], keep: float, **options: Any
) -> Any:
    """Make a net of the library with these sizes and parameters, in float64."""
    lib.seed(0)  # should a mistake keep the initial weights in use, the same mistake is known by them
    net = lib.FullyConnectedNet(
        list(dims[1:-1]),
        input_dim=dims[0],
        num_classes=dims[-1],
        dropout_keep_ratio=keep,
        dtype="float64",
        **options,
    )
    net.set("params", params)
    return net


class Walk:
    """A walk through the layers of a net, with the student's own dropout in it.

    Parameters
    ----------
    student : Library
        Whose dropout it is.
    params : dict
        Of the net.
    keep : float
        Probability of keeping a unit; 1 for no dropout layers.
    seed : int
        Of every dropout call.
    normalization : {None, "batchnorm", "layernorm"}
        As of the net.
    """

    def __init__(
        self,
        student: Library,
        params: dict[str, np.ndarray],
        keep: float,
        seed: int,
        normalization: str | None = None,
    ):
        self.student = student
        self.params = params
        self.param: dict[str, Any] = {"p": keep, "seed": seed}
        self.last = sum(name.startswith("W") for name in params)
        self.has_dropout = keep < 1 and self.last > 1
        self.normalization = normalization
        self.caches: list[tuple] = []

    def scores(self, X: np.ndarray, mode: str = "test") -> np.ndarray:
        """Return the scores, and remember the way."""
        p, out = self.params, X
        self.caches = []
        for i in range(1, self.last):
            out, affine = layers.affine_forward(out, p[f"W{i}"], p[f"b{i}"])
            norm = drop = None
            if self.normalization:
                forward = getattr(layers, f"{self.normalization}_forward")
                out, norm = forward(out, p[f"gamma{i}"], p[f"beta{i}"], {"mode": mode})
            out, gate = layers.relu_forward(out)
            if self.has_dropout:
                out, drop = self._drop_out(out, mode)
            self.caches.append((affine, norm, gate, drop))
        scores, cache = layers.affine_forward(out, p[f"W{self.last}"], p[f"b{self.last}"])
        self.caches.append((cache,))
        return scores

    def loss(self, X: np.ndarray, y: np.ndarray) -> float:
        """Return the loss in training mode."""
        return float(layers.softmax_loss(self.scores(X, "train"), y)[0])

    def gradients(self, X: np.ndarray, y: np.ndarray) -> dict[str, np.ndarray]:
        """Return the gradients in training mode, by the student's own way back through dropout."""
        grads = {}
        _, dout = layers.softmax_loss(self.scores(X, "train"), y)
        dout, grads[f"W{self.last}"], grads[f"b{self.last}"] = layers.affine_backward(
            dout, self.caches[-1][0]
        )
        for i in range(self.last - 1, 0, -1):
            affine, norm, gate, drop = self.caches[i - 1]
            if self.has_dropout:
                dout = _usable(self.student.dropout_backward(dout, drop), dout, "dropout_backward")
            dout = layers.relu_backward(dout, gate)
            if self.normalization:
                backward = getattr(layers, f"{self.normalization}_backward")
                dout, grads[f"gamma{i}"], grads[f"beta{i}"] = backward(dout, norm)
            dout, grads[f"W{i}"], grads[f"b{i}"] = layers.affine_backward(dout, affine)
        return grads

    def _drop_out(self, x: np.ndarray, mode: str) -> tuple[np.ndarray, Any]:
        out, cache = self.student.dropout_forward(x, {**self.param, "mode": mode})
        return _usable(out, x, "dropout_forward"), cache

    def must_tell(self, what: str) -> None:
        """Insist that the student's own dropout tells a net that uses it from one that does not.

        Parameters
        ----------
        what : {"scores", "loss", "gradients"}
            What is judged by it.

        Raises
        ------
        StudentError
            If the passes that matter for it change nothing or give the same to all; for loss and gradients, if
            masks do not repeat with their seed.
        """
        if not self.has_dropout:
            return
        x = 1 + np.arange(200.0).reshape(10, 20) / 200
        if what == "scores":
            out = self.student.dropout_forward(x, {"mode": "test", "p": 0.5})[0]
            if _alike(np.ptp(_usable(out, x, "dropout_forward")), 0.0):
                raise _mend("dropout_forward gives the same to all units at test time")
            return
        drops, passes_on = False, what != "gradients"
        for seed in range(CALLS):
            param = {"mode": "train", "p": 0.5, "seed": seed}
            (out, cache), (again, _) = (self.student.dropout_forward(x, param) for _ in range(2))
            out, again = (_usable(value, x, "dropout_forward") for value in (out, again))
            if not np.array_equal(out, again):
                raise _mend("dropout_forward gives another mask at a second call with the same seed")
            drops = drops or not _alike(out, x)
            if not passes_on:
                dx = _usable(self.student.dropout_backward(x, cache), x, "dropout_backward")
                passes_on = not (_alike(dx, x) or _alike(dx, 0 * x))
            if drops and passes_on:
                return
        if not drops:
            raise _mend("dropout_forward changes nothing in training")
        raise _mend("dropout_backward gives the upstream gradient, or 0, everywhere")


def _usable(value: Any, x: np.ndarray, name: str) -> np.ndarray:
    """Return a value of the student's own dropout that a net can go on with, in float64."""
    array = like(value, x, f"what {name} returns").astype(np.float64)
    if not (np.abs(array) < 1e12).all():
        raise _mend(f"{name} gives NaN, infinity or huge numbers")
    return array


def _alike(a: Any, b: Any) -> bool:
    return bool(np.allclose(a, b, rtol=1e-6, atol=1e-12))


def _mend(what: str) -> StudentError:
    return StudentError("ValueError", f"{what}: mend that first")


@check(
    points=3,
    parts=("scores",),
    cases=(
        {"n": 5, "dims": (4, 9, 6, 3), "keep": 0.5},
        {"n": 1, "dims": (6, 30, 4), "keep": 0.2},
        {"n": 4, "dims": (5, 6, 3), "keep": 1.0},
        {"n": 4, "dims": (5, 3), "keep": 0.5},
    ),
    borrows=DROPOUT,
)
def net_scores(
    student: Library, reference: Library, draw: Draw, *, n: int, dims: tuple[int, ...], keep: float
) -> Iterator[Finding]:
    """`FullyConnectedNet.loss(X)` computes scores with dropout at rest, also between two training steps."""
    params, X, y = draw_params(draw, dims), draw.normal(n, dims[0]), draw.labels(n, dims[-1])
    seed = draw.seed()
    walk = Walk(student, params, keep, seed)
    walk.must_tell("scores")
    want = walk.scores(X)
    net = build(student, dims, params, keep, seed=seed)
    yield from close({"the scores": (net.loss(X), want)}, part="scores", context=f"keep {keep:g}")
    loss = unpack(net.loss(X, y), ("loss", "grads"), "loss(X, y)")[0]
    if walk.has_dropout:
        plain = Walk(student, params, 1.0, seed).loss(X, y)
        works = is_number(loss) and not _alike(loss, plain)
        message = "the loss in training is that of a net without dropout"
        yield holds("scores", "in training", works, message, expected="units dropped", actual="none dropped")
    pair = {"the scores after a training call": (net.loss(X), want)}
    yield from close(pair, part="scores", context=f"keep {keep:g}")


TRAINING = (
    {"n": 5, "dims": (4, 9, 6, 3), "keep": 0.5, "normalization": None},
    {"n": 1, "dims": (6, 30, 4), "keep": 0.3, "normalization": None},
    {"n": 4, "dims": (5, 6, 3), "keep": 1.0, "normalization": None},
    {"n": 4, "dims": (5, 3), "keep": 0.5, "normalization": None},
    {"n": 6, "dims": (4, 8, 5, 3), "keep": 0.6, "normalization": "layernorm"},
    {"n": 7, "dims": (4, 8, 3), "keep": 0.5, "normalization": "batchnorm"},
)


@check(points=3, parts=("loss", "fresh masks", "with normalization"), cases=TRAINING, borrows=DROPOUT)
def net_loss(
    student: Library,
    reference: Library,
    draw: Draw,
    *,
    n: int,
    dims: tuple[int, ...],
    keep: float,
    normalization: str | None,
) -> Iterator[Finding]:
    """`FullyConnectedNet.loss(X, y)` drops hidden units in training: after the ReLU, never the scores."""
    params, X, y = draw_params(draw, dims, normalization), draw.normal(n, dims[0]), draw.labels(n, dims[-1])
    seed, part = draw.seed(), "with normalization" if normalization else "loss"
    walk = Walk(student, params, keep, seed, normalization)
    if walk.has_dropout and not normalization:
        net = build(student, dims, params, keep)
        student.seed(draw.seed())
        losses = (unpack(net.loss(X, y), ("loss", "grads"), "loss(X, y)")[0] for _ in range(CALLS))
        fresh = _differ(losses)
        message = "without a seed, several training calls give the same loss: every call needs fresh masks"
        yield holds("fresh masks", "several calls", fresh, message, expected="different", actual="the same")
    walk.must_tell("loss")
    net = build(student, dims, params, keep, seed=seed, normalization=normalization)
    got = unpack(net.loss(X, y), ("loss", "grads"), "loss(X, y)")[0]
    pair = {"the loss, by your own dropout layers": (got, walk.loss(X, y))}
    context = ", ".join(filter(None, (f"keep {keep:g}", normalization)))
    yield from close(pair, part=part, scale=1.0, sizes={"N": n}, context=context)


def _differ(losses: Iterator[Any]) -> bool:
    """Whether a loss is not the same as the first one; no more of them are asked for than it takes."""
    first = next(losses)
    return is_number(first) and any(is_number(loss) and not _alike(loss, first) for loss in losses)


@check(
    points=4,
    parts=("weights", "biases", "same units", "with normalization"),
    cases=TRAINING,
    borrows=DROPOUT,
)
def net_gradients(
    student: Library,
    reference: Library,
    draw: Draw,
    *,
    n: int,
    dims: tuple[int, ...],
    keep: float,
    normalization: str | None,
) -> Iterator[Finding]:
    """`FullyConnectedNet.loss(X, y)` sends the gradient back through the dropout layers' own masks."""
    params, X, y = draw_params(draw, dims, normalization), draw.normal(n, dims[0]), draw.labels(n, dims[-1])
    seed = draw.seed()
    walk = Walk(student, params, keep, seed, normalization)
    if walk.has_dropout and len(dims) == 3 and not normalization:
        yield _same_units_in_the_layer(student, draw.seed())
        yield _same_units(student, params, X[:1], y[:1], dims, keep, draw.seed())
    walk.must_tell("gradients")
    net = build(student, dims, params, keep, seed=seed, normalization=normalization)
    got = unpack(net.loss(X, y), ("loss", "grads"), "loss(X, y)")[1]
    got = entries(got, tuple(params), "grads")
    context = ", ".join(filter(None, (f"keep {keep:g}", normalization)))
    for name, want in walk.gradients(X, y).items():
        part = "weights" if name.startswith("W") else "biases"
        pair = {f"the gradient of {name}, by your own dropout layers": (got[name], want)}
        part = "with normalization" if normalization else part
        yield from close(pair, part=part, scale=float(np.abs(X).max()), sizes={"N": n}, context=context)


def _same_units_in_the_layer(student: Library, seed: int) -> Finding:
    """Return whether the student's own layer sends the gradient to the units that it has kept, without a seed."""
    x = np.ones((4, 25))
    student.seed(seed)
    out, cache = student.dropout_forward(x, {"mode": "train", "p": 0.5})
    out = like(out, x, "the output of dropout_forward")
    dx = like(student.dropout_backward(x, cache), x, "dx")
    message = "dropout_backward gives 0 to other units than dropout_forward has dropped: mend that first"
    return _same_zeros("your own dropout layer", out == 0, dx == 0, message)


def _same_zeros(label: str, forward: np.ndarray, back: np.ndarray, message: str) -> Finding:
    same, expected = np.array_equal(forward, back), np.stack([forward, forward]).astype(np.int64)
    actual = np.stack([forward, back]).astype(np.int64)
    return holds("same units", label, same, message, expected=expected, actual=actual)


def _same_units(
    student: Library,
    params: dict[str, np.ndarray],
    X: np.ndarray,
    y: np.ndarray,
    dims: tuple[int, ...],
    keep: float,
    seed: int,
) -> Finding:
    """Return whether the units that are silent on the way forward are those that get no gradient on the way back.

    With one row and all ReLUs open, a row of dW2 is 0 where the unit behind it was dropped, and an entry of db1
    where no gradient came back. No mask needs to be known for this, and none to repeat.
    """
    params = params | {"b1": 10 + np.abs(params["b1"])}
    net = build(student, dims, params, keep)
    student.seed(seed)
    dropped: list[np.ndarray] = []
    silent = np.zeros(0)
    while len(dropped) < CALLS and not (len(dropped) > 2 and 0 < np.mean(dropped) < 1):
        grads = unpack(net.loss(X, y), ("loss", "grads"), "loss(X, y)")[1]
        grads = entries(grads, tuple(params), "grads")
        dW2, db1 = (like(grads[k], params[k], f"the gradient of {k}") for k in ("W2", "b1"))
        dropped.append((dW2 == 0).all(axis=1))
        silent = db1 == 0
        if not np.array_equal(dropped[-1], silent):
            break
    else:
        if not 0 < np.mean(dropped) < 1:
            raise _mend("no training call shows both units that are kept and units that are dropped")
    message = (
        "the units that get no gradient on the way back are not those that were dropped on the way forward"
    )
    return _same_zeros("silenced units", dropped[-1], silent, message)
