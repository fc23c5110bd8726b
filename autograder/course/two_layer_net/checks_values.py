"""The checks of the two-layer net itself: scores, loss, gradients, predicted labels."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograder.judging.check import Draw, Findings, Trial, check
from autograder.judging.compare import claim, close, dict_with_keys, difference, unchanged, unpack
from autograder.library.interface import Library

NAMES = ("W1", "b1", "W2", "b2")
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
    return loss, dict_with_keys(grads, NAMES, "the second value of loss(X, y), grads,")


@check(points=4, parts=("scores",), cases=SIZES)
def scores(trial: Trial, *, n: int, d: int, h: int, c: int) -> Findings:
    """`loss(X)` without labels returns the class scores of every row and leaves X as it is."""
    params = draw_params(trial.draw, d, h, c)
    X = trial.draw.normal(n, d)
    x = trial.student.put(X)
    got = build(trial.student, params).loss(x)
    yield from close({"scores": (got, build(trial.reference, params).loss(X))}, sizes={"N": n})
    yield from unchanged(trial.student, "scores", {"X": (x, X)})


@check(points=4, parts=("data loss", "penalty", "large scores"), cases=SIZES)
def loss(trial: Trial, *, n: int, d: int, h: int, c: int) -> Findings:
    """`loss(X, y, reg)` is the mean cross-entropy plus the L2 penalty, finite for scores up to ±1e4."""
    params = draw_params(trial.draw, d, h, c)
    X, y, reg = trial.draw.normal(n, d), trial.draw.labels(n, c), trial.draw.uniform(0.3, 2.0)
    mine, right = build(trial.student, params), build(trial.reference, params)
    got, _ = unpack(mine.loss(X, y), ("loss", "grads"), "loss(X, y)")
    want, _ = right.loss(X, y)
    largest = float(np.abs(right.loss(X)).max())
    yield from close({"loss with reg=0": (got, want)}, part="data loss", scale=largest, sizes={"N": n})
    got_reg, _ = unpack(mine.loss(X, y, reg=reg), ("loss", "grads"), "loss(X, y, reg)")
    penalty = difference(got_reg, got), right.loss(X, y, reg=reg)[0] - want
    yield from close({"what reg adds to the loss": penalty}, part="penalty", rtol=1e-9)

    large = {**params, "W2": params["W2"] * 1e4 / largest}
    got_large, _ = unpack(build(trial.student, large).loss(X, y), ("loss", "grads"), "loss(X, y)")
    want_large, _ = build(trial.reference, large).loss(X, y)
    pair = {"loss": (got_large, want_large)}
    yield from close(pair, part="large scores", scale=1e4, sizes={"N": n}, context="for scores near 1e4")


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
    trial: Trial,
    *,
    n: int,
    d: int,
    h: int,
    c: int,
    reg: float,
    at_zero: bool = False,
    large: bool = False,
) -> Findings:
    """`loss(X, y, reg)` returns the gradient of the loss with respect to W1, b1, W2 and b2."""
    params = draw_params(trial.draw, d, h, c)
    X, y = trial.draw.normal(n, d), trial.draw.labels(n, c)
    context = ""
    if at_zero:
        X[::2], params["b1"][:] = 0, 0
        context = "with hidden units whose input is exactly 0"
    if large:
        params["W2"] *= 1e4 / np.abs(build(trial.reference, params).loss(X)).max()
        context = "for scores near 1e4"
    net = build(trial.student, params)
    x = trial.student.put(X)
    _, got = loss_and_grads(net, x, y, reg=reg)
    _, want = build(trial.reference, params).loss(X, y, reg=reg)
    # A probability carries an error of about epsilon, and 1 is taken from it: what it is multiplied by counts.
    scale = float(np.abs(X).max() * max(1.0, np.abs(params["W2"]).max() if not large else 1.0))
    for name in NAMES:
        pair = {f"the gradient of {name}": (got[name], want[name])}
        yield from close(pair, part=name, scale=scale, sizes={"N": n}, context=context)
        yield from unchanged(trial.student, name, {"X": (x, X)})
        after = dict_with_keys(net.get("params"), NAMES, "params")[name]
        same = isinstance(after, np.ndarray) and np.array_equal(after, params[name])
        message = f"params[{name!r}] was modified by loss: only the training step may change parameters"
        yield claim(
            name, f"params[{name!r}] unchanged", same, message, expected="unchanged", actual="modified"
        )


@check(points=4, parts=("labels",), cases=(*SIZES, {"n": 6, "d": 4, "h": 5, "c": 3, "negative": True}))
def prediction(
    trial: Trial,
    *,
    n: int,
    d: int,
    h: int,
    c: int,
    negative: bool = False,
) -> Findings:
    """`predict(X)` returns the class with the highest score for every row, as integers."""
    params = draw_params(trial.draw, d, h, c)
    X = trial.draw.normal(n, d)
    if negative:
        params["b2"] -= 1000
    got = build(trial.student, params).predict(X)
    want = build(trial.reference, params).predict(X)
    integers = isinstance(got, np.ndarray) and got.dtype.kind in "iu"
    message = "predict must return an array of integer class labels, one a row"
    yield claim("labels", "kind of labels", integers, message, expected="integer array", actual=got)
    context = "when all scores are negative" if negative else ""
    yield from close({"the predicted labels": (got, want)}, part="labels", context=context)
