"""The checks of the two networks of the milestone fc_net.

They ask the networks only, never the layer functions, so the layers below can be exchanged without changing a check.
Where a claim builds on another (the loss on the scores), what the network's *own* values lead to is right as well,
so that one mistake costs once.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from math import prod
from typing import Any

import numpy as np

from autograder.course import nets
from autograder.course.nets import (
    DRAWN,
    Params,
    loss_and_grads,
    loss_of,
    names_of,
    params_unchanged,
    same_start,
)
from autograder.failures import StudentError
from autograder.judging.check import Findings, Trial, check
from autograder.judging.compare import claim, close, dtype_of, is_array, is_finite, keep
from autograder.judging.students_own_values import MANY_ROWS, rows_differ, tells_rows_apart
from autograder.library.interface import Library
from nndl.diagnosis import agree

from . import misplaced_relus
from .checks_layers import FINISHED_MODULES

TWO_LAYER_SIZES = (
    {"n": 5, "shape": (4,), "h": 6, "c": 3},
    {"n": 4, "shape": (5, 3), "h": 1, "c": 2},
    {"n": 1, "shape": (2, 3), "h": 5, "c": 2, "demand": "one row"},
    {"n": 12, "shape": (3, 1, 2), "h": 7, "c": 10},
)
DEEP_SIZES = (
    {"n": 5, "shape": (2, 3), "hidden": (8, 7), "c": 4},
    {"n": 4, "shape": (3, 5), "hidden": (7,), "c": 2},
    {"n": 2, "shape": (4,), "hidden": (9, 8, 7, 6), "c": 3},
    {"n": 1, "shape": (4,), "hidden": (6, 5), "c": 3, "demand": "one row"},
    {"n": 7, "shape": (5,), "hidden": (), "c": 3, "demand": "no hidden layer"},
)
LAYERS = ("affine_forward", "affine_backward", "relu_forward", "relu_backward", "softmax_loss")
"""What the nets are made of. Where a student's own are wrong, a net is judged again with the reference's."""

_TRIES = 100

Build = Callable[[Library, Params, float], Any]


def draw_params(trial: Trial, dims: Sequence[int]) -> Params:
    """Draw parameters that keep all numbers of a net near 1, biases included."""
    return nets.draw_params(trial.draw, dims, gain=2.0, biases=0.5)


def build_two_layer(lib: Library, params: Params, reg: float = 0.0) -> Any:
    """Make a `TwoLayerNet` with these parameters."""
    lib.seed(0)  # should a mistake keep the initial weights in use, the same mistake is known by them
    (d, h), c = params["W1"].shape, params["b2"].size
    net = lib.make("TwoLayerNet", d, h, c)
    net.set("params", params)
    net.set("reg", reg)  # an attribute that is read at every call, whatever the constructor was given
    return net


def build_deep(lib: Library, params: Params, reg: float = 0.0, dtype: str = "float64") -> Any:
    """Make a `FullyConnectedNet` with these parameters."""
    net = nets.fully_connected(lib, params, dtype)
    net.set("reg", reg)
    return net


# --- new nets ----------------------------------------------------------------------------------------------------


@check(
    points=1,
    parts=("weights", "biases"),
    basis=("weights", DRAWN),
    cases=({"d": 4, "h": 6, "c": 3}, {"d": 7, "h": 2, "c": 10}),
    forbidden=FINISHED_MODULES,
)
def two_layer_start(trial: Trial, *, d: int, h: int, c: int) -> Findings:
    """A new `TwoLayerNet` has small random weights, W1 drawn before W2, and biases of 0."""
    yield from same_start(trial, lambda lib, options: lib.TwoLayerNet(d, h, c, **options), names_of(2))


@check(
    points=2,
    parts=("weights", "biases"),
    basis=("weights", DRAWN),
    cases=(
        {"hidden": (6, 5), "dtype": "float64"},
        {"hidden": (5,), "dtype": "float64"},
        {"hidden": (3, 7, 3, 4), "dtype": "float64"},
        {"hidden": (), "dtype": "float64", "demand": "no hidden layer"},
        {"hidden": (7, 2), "dtype": "float32", "demand": "float32"},
    ),
    forbidden=FINISHED_MODULES,
)
def deep_start(trial: Trial, *, hidden: tuple[int, ...], dtype: str) -> Findings:
    """A new `FullyConnectedNet` has small random weights, drawn layer by layer, and biases of 0."""

    def make(lib: Library, options: dict[str, float]) -> Any:
        return lib.FullyConnectedNet(list(hidden), 4, 3, dtype=dtype, **options)

    yield from same_start(trial, make, names_of(len(hidden) + 1))


# --- scores and loss ---------------------------------------------------------------------------------------------


def _loss_of_own_scores(
    trial: Trial, build: Build, params: Params, X: np.ndarray, y: np.ndarray
) -> float | None:
    """Return the loss that the net's own scores have, where they can judge its loss.

    They can if they differ from row to row wherever the right ones do; each is asked of a fresh net.
    """
    c = int(params[f"b{len(params) // 2}"].size)
    inputs = {"own": X, "again": X, "many": trial.draw.normal(MANY_ROWS, *X.shape[1:])}
    try:
        scores = {k: build(trial.student, params, 0.0).loss(inputs[k]) for k in trial.draw.shuffled(inputs)}
    except StudentError:
        return None
    if not all(is_finite(scores[k], (len(inputs[k]), c), "f") for k in inputs):
        return None
    truth = build(trial.reference, params, 0.0).loss(inputs["many"])
    if not agree(scores["again"], scores["own"]) or not tells_rows_apart(scores["many"], truth):
        return None
    return float(trial.reference.softmax_loss(scores["own"].astype(np.float64), y)[0])


def _draw_telling_params(trial: Trial, build: Build, dims: Sequence[int], X: np.ndarray) -> Params:
    """Draw parameters with which a ReLU on the scores shows, and leaves scores by which a loss can be judged."""
    for _ in range(_TRIES):
        params = draw_params(trial, dims)
        net = build(trial.reference, params, 0.0)
        many = net.loss(trial.draw.normal(MANY_ROWS, *X.shape[1:]))
        if (net.loss(X) < 0).any() and rows_differ(np.maximum(many, 0)):
            break
    return params


def _judge_loss(trial: Trial, build: Build, dims: Sequence[int], X: np.ndarray) -> Findings:
    params, y = _draw_telling_params(trial, build, dims, X), trial.draw.labels(len(X), dims[-1])
    reg, sizes = trial.draw.uniform(0.3, 2.0), {"N": len(X)}
    mine, right = (build(lib, params, 0.0) for lib in trial.libraries)
    got, want = loss_of(mine, X, y), loss_of(right, X, y)
    largest = float(np.abs(right.loss(X)).max())
    if not agree(got, want, scale=largest):
        own = _loss_of_own_scores(trial, build, params, X, y)
        if own is not None and agree(got, own, scale=largest):
            want = own
    yield from close({"the loss with reg = 0": (got, want)}, part="data loss", scale=largest, sizes=sizes)

    mine.set("reg", reg)
    yield from nets.penalty_added(loss_of(mine, X, y), got, reg, params)

    mine.set("reg", 0.0)
    kept = keep(trial.student, X=X)
    yield from close({"the scores": (mine.loss(*kept), right.loss(X))}, part="scores", sizes=sizes)
    yield from kept.unchanged("inputs unchanged")
    for name in ("W1", names_of(len(dims) - 1)[-1]):
        other = trial.draw.normal(*params[name].shape)
        mine.set_item("params", name, other)
        right.set_item("params", name, other)
    pair = {"the scores": (mine.loss(X), right.loss(X))}
    yield from close(pair, part="scores", sizes=sizes, context="after two entries of params were replaced")


@check(
    points=3,
    parts=("scores", "data loss", "penalty"),
    demands=("inputs unchanged",),
    cases=TWO_LAYER_SIZES,
    borrows=LAYERS,
    forbidden=FINISHED_MODULES,
)
def two_layer_loss(trial: Trial, *, n: int, shape: tuple[int, ...], h: int, c: int) -> Findings:
    """`TwoLayerNet.loss` gives the scores without labels, and with labels the loss, penalty included."""
    X = trial.draw.normal(n, *shape)
    yield from _judge_loss(trial, build_two_layer, (prod(shape), h, c), X)


@check(
    points=3,
    parts=("scores", "data loss", "penalty"),
    demands=("inputs unchanged",),
    cases=DEEP_SIZES,
    borrows=LAYERS,
    forbidden=FINISHED_MODULES,
)
def deep_loss(trial: Trial, *, n: int, shape: tuple[int, ...], hidden: tuple[int, ...], c: int) -> Findings:
    """`FullyConnectedNet.loss` gives scores or the loss for any number of hidden layers, including none."""
    X = trial.draw.normal(n, *shape)
    yield from _judge_loss(trial, build_deep, (prod(shape), *hidden, c), X)


# --- gradients ---------------------------------------------------------------------------------------------------


def _gradients_of_own_scores(
    trial: Trial, build: Build, params: Params, X: np.ndarray, y: np.ndarray, reg: float
) -> Mapping[str, np.ndarray] | None:
    """Return the gradients that go with wrong scores of the student's, where these come from misplaced ReLUs."""

    def scores(rows: np.ndarray) -> Any:
        return build(trial.student, params, 0.0).loss(rows)

    try:
        if agree(scores(X), build(trial.reference, params, 0.0).loss(X)):
            return None
        many = trial.draw.normal(20, *X.shape[1:])
        return misplaced_relus.of_the_same_scores(params, X, y, reg, many=many, scores=scores)
    except StudentError:
        return None


def _judge_gradients(
    trial: Trial, build: Build, dims: Sequence[int], X: np.ndarray, reg: float, part_of: Callable[[str], str]
) -> Findings:
    y, names = trial.draw.labels(len(X), dims[-1]), names_of(len(dims) - 1)
    for _ in range(_TRIES):
        params = draw_params(trial, dims)
        _, want = build(trial.reference, params, reg).loss(X, y)
        if all(want[name].any() for name in names):
            break  # with few rows and units, all of a layer may be off: gradients of 0 would be right
    net, kept = build(trial.student, params, reg), keep(trial.student, X=X)
    _, got = loss_and_grads(net, kept["X"], y, names)
    # A probability carries an error of about epsilon, and 1 is taken from it: what it is multiplied by counts.
    growth = prod(max(1.0, float(np.abs(params[name]).max())) for name in names if name[0] == "W")
    scale = float(np.abs(X).max()) * growth

    def loss_at(strength: float) -> Any:
        return loss_of(build(trial.student, params, strength), X, y)

    def fits(name: str) -> bool:
        return agree(got[name], want[name], scale=scale)

    after = net.get("params")
    want = nets.with_own_penalty(got, want, params, reg, scale=scale, loss_at=loss_at)
    if not all(map(fits, names)):  # the scores have a check of their own
        theirs = _gradients_of_own_scores(trial, build, params, X, y, reg)
        if theirs is not None:
            theirs = nets.with_own_penalty(got, theirs, params, reg, scale=scale, loss_at=loss_at)
            want = {name: want[name] if fits(name) else theirs[name] for name in names}
    yield from kept.unchanged("inputs unchanged")
    for name in names:
        pair = {f"grads[{name!r}]": (got[name], want[name])}
        yield from close(pair, part=part_of(name), scale=scale, sizes={"N": len(X)})
        yield params_unchanged("inputs unchanged", name, after, params)


@check(
    points=4,
    parts=names_of(2),
    demands=("inputs unchanged",),
    cases=(
        *({**size, "reg": reg} for size, reg in zip(TWO_LAYER_SIZES, (0.7, 0.3, 0.0, 0.2), strict=True)),
        # So many parameters that differences of the loss, one call for each of them, take longer than the limit.
        {"n": 5, "shape": (19, 21), "h": 410, "c": 4, "reg": 0.1},
    ),
    borrows=LAYERS,
    forbidden=FINISHED_MODULES,
)
def two_layer_gradients(
    trial: Trial, *, n: int, shape: tuple[int, ...], h: int, c: int, reg: float
) -> Findings:
    """`TwoLayerNet.loss` returns the gradients of W1, b1, W2 and b2, penalty included."""
    X, dims = trial.draw.normal(n, *shape), (prod(shape), h, c)
    yield from _judge_gradients(trial, build_two_layer, dims, X, reg, str)


@check(
    points=3,
    parts=("output layer", "hidden layers"),
    demands=("inputs unchanged", "float32"),
    cases=(
        *({**size, "reg": reg} for size, reg in zip(DEEP_SIZES, (0.7, 0.2, 0.0, 0.5, 0.4), strict=True)),
        {"n": 4, "shape": (3, 2), "hidden": (5, 5, 5), "c": 3, "reg": 0.2},
        {"n": 5, "shape": (310,), "hidden": (300, 290), "c": 4, "reg": 0.1},
        {"n": 6, "shape": (5,), "hidden": (4, 4), "c": 3, "reg": 0.5, "dtype": "float32"},
    ),
    borrows=LAYERS,
    forbidden=FINISHED_MODULES,
)
def deep_gradients(
    trial: Trial,
    *,
    n: int,
    shape: tuple[int, ...],
    hidden: tuple[int, ...],
    c: int,
    reg: float,
    dtype: str = "float64",
) -> Findings:
    """`FullyConnectedNet.loss` returns the gradients of all parameters, in the dtype of the net."""
    X, dims, last = trial.draw.normal(n, *shape), (prod(shape), *hidden, c), len(hidden) + 1
    if dtype == "float64":

        def part_of(name: str) -> str:
            return "output layer" if name[1:] == str(last) else "hidden layers"

        yield from _judge_gradients(trial, build_deep, dims, X, reg, part_of)
        return
    params, y = draw_params(trial, dims), trial.draw.labels(n, c)
    found, right = (_scores_and_grads(lib, params, reg, dtype, X, y) for lib in trial.libraries)
    for what, value in found.items():
        single, came = is_array(value) and value.dtype == np.float32, dtype_of(value)
        # Numbers that are the same everywhere have the right dtype whatever a net computes.
        varied = single and (_varies(value) or not _varies(right[what]))
        message = f"in a net of dtype float32, {what} should be float32 too, but is {came}"
        if single:
            message = f"{what} has the right dtype, but is the same number everywhere: fix that first"
        yield claim("float32", f"dtype of {what}", varied, message, expected="float32", actual=came)


def _scores_and_grads(
    lib: Library, params: Params, reg: float, dtype: str, X: np.ndarray, y: np.ndarray
) -> dict[str, Any]:
    net = build_deep(lib, params, reg, dtype)
    _, grads = loss_and_grads(net, X, y, tuple(params))
    return {"scores": net.loss(X), **{f"grads[{name!r}]": value for name, value in grads.items()}}


def _varies(value: np.ndarray) -> bool:
    return value.size > 1 and bool(np.ptp(value) > 0)


CHECKS = (two_layer_start, two_layer_loss, two_layer_gradients, deep_start, deep_loss, deep_gradients)
