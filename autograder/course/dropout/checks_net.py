"""The checks of dropout in `FullyConnectedNet`.

The net is judged with the student's own layer, and where that is wrong a second time with a borrowed one. With a seed,
its masks are those of the reference; without one, it is judged by what needs no mask to be known.
"""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np

from autograder.failures import StudentError
from autograder.judging.check import Draw, Finding, Findings, Trial, check
from autograder.judging.compare import claim, close, dict_with_keys, is_number, unpack
from autograder.library.interface import Library

from .checks_masks import like

DROPOUT = ("dropout_forward", "dropout_backward")
CALLS = 24
"""Training calls in which chance shows: in fewer than 1 of 10 million runs a right net of the cases below gives the
same loss, or keeps or drops all units, in every one of them."""


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


def _train(net: Any, X: np.ndarray, y: np.ndarray) -> list[Any]:
    """Return loss and gradients."""
    return unpack(net.loss(X, y), ("loss", "grads"), "loss(X, y)")


def _differ(a: Any, b: Any) -> bool:
    """Whether these are two numbers that differ by more than rounding."""
    return is_number(a) and is_number(b) and not np.isclose(a, b, rtol=1e-6, atol=1e-12)


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
def net_scores(trial: Trial, *, n: int, dims: tuple[int, ...], keep: float) -> Findings:
    """`FullyConnectedNet.loss(X)` computes scores with dropout at rest, also between two training steps."""
    params, X, y = (
        draw_params(trial.draw, dims),
        trial.draw.normal(n, dims[0]),
        trial.draw.labels(n, dims[-1]),
    )
    seed, context = trial.draw.seed(), f"keep {keep:g}"
    net, plain = (
        build(trial.student, dims, params, keep, seed=seed),
        build(trial.reference, dims, params, 1.0),
    )
    want = plain.loss(X)
    yield from close({"the scores": (net.loss(X), want)}, part="scores", context=context)
    loss, _ = _train(net, X, y)
    if keep < 1 and len(dims) > 2:  # scores without dropout are no achievement where training has none either
        drops = _differ(loss, _train(plain, X, y)[0])
        message = "the loss in training is that of a net without dropout"
        yield claim("scores", "in training", drops, message, expected="units dropped", actual="none dropped")
    pair = {"the scores after a training call": (net.loss(X), want)}
    yield from close(pair, part="scores", context=context)


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
    trial: Trial,
    *,
    n: int,
    dims: tuple[int, ...],
    keep: float,
    normalization: str | None,
) -> Findings:
    """`FullyConnectedNet.loss(X, y)` drops hidden units in training: after the ReLU, never the scores."""
    params, X, y = (
        draw_params(trial.draw, dims, normalization),
        trial.draw.normal(n, dims[0]),
        trial.draw.labels(n, dims[-1]),
    )
    seed, fresh_seed = trial.draw.seed(), trial.draw.seed()
    net, right = (
        build(lib, dims, params, keep, seed=seed, normalization=normalization) for lib in trial.libraries
    )
    pair = {"the loss": (_train(net, X, y)[0], _train(right, X, y)[0])}
    context = ", ".join(filter(None, (f"keep {keep:g}", normalization)))
    part = "with normalization" if normalization else "loss"
    yield from close(pair, part=part, scale=1.0, sizes={"N": n}, context=context)

    if keep < 1 and len(dims) > 2 and not normalization:
        net = build(trial.student, dims, params, keep)
        trial.student.seed(fresh_seed)
        first = _train(net, X, y)[0]
        fresh = any(_differ(_train(net, X, y)[0], first) for _ in range(CALLS))
        message = "without a seed, several training calls give the same loss: every call needs fresh masks"
        yield claim("fresh masks", "several calls", fresh, message, expected="different", actual="the same")


@check(
    points=4,
    parts=("weights", "biases", "same units", "with normalization"),
    cases=TRAINING,
    borrows=DROPOUT,
)
def net_gradients(
    trial: Trial,
    *,
    n: int,
    dims: tuple[int, ...],
    keep: float,
    normalization: str | None,
) -> Findings:
    """`FullyConnectedNet.loss(X, y)` sends the gradient back through the dropout layers' own masks."""
    params, X, y = (
        draw_params(trial.draw, dims, normalization),
        trial.draw.normal(n, dims[0]),
        trial.draw.labels(n, dims[-1]),
    )
    seed, fresh_seed = trial.draw.seed(), trial.draw.seed()
    net, right = (
        build(lib, dims, params, keep, seed=seed, normalization=normalization) for lib in trial.libraries
    )
    got = dict_with_keys(_train(net, X, y)[1], tuple(params), "grads")
    context = ", ".join(filter(None, (f"keep {keep:g}", normalization)))
    for name, want in _train(right, X, y)[1].items():
        part = "weights" if name.startswith("W") else "biases"
        part = "with normalization" if normalization else part
        pair = {f"the gradient of {name}": (got[name], want)}
        yield from close(pair, part=part, scale=float(np.abs(X).max()), sizes={"N": n}, context=context)
    if keep < 1 and len(dims) == 3 and not normalization:
        yield _same_units(trial.student, params, X[:1], y[:1], dims, keep, fresh_seed)


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
        grads = dict_with_keys(_train(net, X, y)[1], tuple(params), "grads")
        dW2, db1 = (like(grads[k], params[k], f"the gradient of {k}") for k in ("W2", "b1"))
        dropped.append((dW2 == 0).all(axis=1))
        silent = db1 == 0
        if not np.array_equal(dropped[-1], silent):
            break
    else:
        if not 0 < np.mean(dropped) < 1:
            message = "no training call shows both units that are kept and units that are dropped"
            raise StudentError("ValueError", message)
    forward, back = (np.asarray(units, dtype=np.int64) for units in (dropped[-1], silent))
    message = (
        "the units that get no gradient on the way back are not those that were dropped on the way forward"
    )
    return claim(
        "same units",
        "silenced units",
        np.array_equal(forward, back),
        message,
        expected=np.stack([forward, forward]),
        actual=np.stack([forward, back]),
    )
