"""The checks of the two networks of the milestone fc_net.

They ask the networks only, never the layer functions, so the layers below can be exchanged without changing a check.
Where a claim builds on another (the loss on the scores), what the network's *own* values lead to is right as well,
so that one mistake costs once.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from math import prod
from typing import Any

import numpy as np

from autograder.failures import StudentError
from autograder.judging.check import Draw, Findings, Trial, check
from autograder.judging.compare import claim, close, dict_with_keys, difference, unchanged, unpack
from autograder.library.interface import Library
from nndl.diagnosis import compare

from .checks_layers import FINISHED

TWO_LAYER_SIZES = (
    {"n": 5, "shape": (4,), "h": 6, "c": 3},
    {"n": 1, "shape": (2, 3), "h": 5, "c": 2},
    {"n": 12, "shape": (3, 1, 2), "h": 7, "c": 10},
)
DEEP_SIZES = (
    {"n": 5, "shape": (2, 3), "hidden": (6, 5), "c": 4},
    {"n": 1, "shape": (4,), "hidden": (9, 8, 7, 6), "c": 3},
    {"n": 7, "shape": (5,), "hidden": (), "c": 3},
)
LAYERS = ("affine_forward", "affine_backward", "relu_forward", "relu_backward", "softmax_loss")
"""What the nets are made of. Where a student's own are wrong, a net is judged again with the reference's."""

Params = dict[str, np.ndarray]
Build = Callable[[Library, Params, float], Any]


def names_of(layers: int) -> tuple[str, ...]:
    """Return the names of the parameters of a net of that many layers."""
    return tuple(f"{kind}{i}" for i in range(1, layers + 1) for kind in "Wb")


def draw_params(draw: Draw, dims: Sequence[int]) -> Params:
    """Draw parameters that keep all numbers of a net near 1, biases included."""
    params = {}
    for i, (inputs, outputs) in enumerate(itertools.pairwise(dims), 1):
        params[f"W{i}"] = draw.normal(inputs, outputs, scale=(2 / inputs) ** 0.5)
        params[f"b{i}"] = draw.normal(outputs, scale=0.5)
    return params


def _filled(lib: Library, net: Any, params: Params, reg: float) -> Any:
    net.set("params", params)
    net.set("reg", reg)  # an attribute that is read at every call, whatever the constructor was given
    return net


def build_two_layer(lib: Library, params: Params, reg: float = 0.0) -> Any:
    """Make a `TwoLayerNet` with these parameters."""
    lib.seed(0)  # should a mistake keep the initial weights in use, the same mistake is known by them
    (d, h), c = params["W1"].shape, params["b2"].size
    return _filled(lib, lib.TwoLayerNet(d, h, c), params, reg)


def build_deep(lib: Library, params: Params, reg: float = 0.0, dtype: str = "float64") -> Any:
    """Make a `FullyConnectedNet` with these parameters."""
    lib.seed(0)
    sizes = [params[f"b{i}"].size for i in range(1, len(params) // 2 + 1)]
    net = lib.FullyConnectedNet(sizes[:-1], params["W1"].shape[0], sizes[-1], dtype=dtype)
    return _filled(lib, net, {name: value.astype(dtype) for name, value in params.items()}, reg)


# --- new nets ----------------------------------------------------------------------------------------------------


def _judge_start(
    trial: Trial,
    make: Callable[[Library, dict[str, float]], Any],
    layers: int,
) -> Findings:
    seed, scale = trial.draw.seed(), trial.draw.uniform(0.2, 0.8)
    for options, context in (({}, "with the default weight_scale"), ({"weight_scale": scale}, "")):
        found = []
        for lib in trial.libraries:
            lib.seed(seed)
            found.append(dict_with_keys(make(lib, options).get("params"), names_of(layers), "params"))
        got, want = found
        for name in names_of(layers):
            part = "weights" if name.startswith("W") else "biases"
            label = f"params[{name!r}]"
            yield from close({label: (got[name], want[name])}, part=part, context=context)


@check(
    points=1,
    parts=("weights", "biases"),
    cases=({"d": 4, "h": 6, "c": 3}, {"d": 7, "h": 2, "c": 10}),
    forbidden=FINISHED,
)
def two_layer_start(trial: Trial, *, d: int, h: int, c: int) -> Findings:
    """A new `TwoLayerNet` has small random weights, W1 drawn before W2, and biases of 0."""
    yield from _judge_start(trial, lambda lib, o: lib.TwoLayerNet(d, h, c, **o), 2)


@check(
    points=2,
    parts=("weights", "biases"),
    cases=({"hidden": (6, 5), "dtype": "float64"}, {"hidden": (), "dtype": "float64"},
           {"hidden": (3, 7, 3, 4), "dtype": "float32"}),
    forbidden=FINISHED,
)  # fmt: skip
def deep_start(trial: Trial, *, hidden: tuple[int, ...], dtype: str) -> Findings:
    """A new `FullyConnectedNet` has small random weights, drawn layer by layer, and biases of 0."""

    def make(lib: Library, options: dict[str, float]) -> Any:
        return lib.FullyConnectedNet(list(hidden), 4, 3, dtype=dtype, **options)

    yield from _judge_start(trial, make, len(hidden) + 1)


# --- scores and loss ---------------------------------------------------------------------------------------------


def _is_scores(value: Any, rows: int, classes: int) -> bool:
    form = isinstance(value, np.ndarray) and value.shape == (rows, classes) and value.dtype.kind == "f"
    return form and bool(np.isfinite(value).all())


def _own_loss(
    trial: Trial,
    build: Build,
    params: Params,
    X: np.ndarray,
    y: np.ndarray,
) -> float | None:
    """Return the loss that the net's own scores have, where they can judge its loss.

    They can if they differ from row to row wherever the right ones do; each is asked of a fresh net, in a drawn
    order, so that code that counts its calls gives itself away.
    """
    c = int(params[f"b{len(params) // 2}"].size)
    rows = trial.draw.normal(
        20, *X.shape[1:]
    )  # so many that a mistake does not switch off all units for all of them
    order = [X, rows, X] if trial.draw.uniform(0, 1) < 0.5 else [rows, X, X]
    try:
        given = [build(trial.student, params, 0.0).loss(x) for x in order]
    except StudentError:
        return None
    if not all(_is_scores(scores, len(x), c) for scores, x in zip(given, order, strict=True)):
        return None
    own, many = given[2], given[0] if order[0] is rows else given[1]
    repeats = compare(given[0] if order[0] is X else given[1], own) is None
    truth = build(trial.reference, params, 0.0).loss(rows)
    tells = not np.allclose(many, many[:1], rtol=1e-6) or np.allclose(truth, truth[:1], rtol=1e-6)
    return float(trial.reference.softmax_loss(own.astype(np.float64), y)[0]) if repeats and tells else None


def _judge_loss(trial: Trial, build: Build, dims: Sequence[int], X: np.ndarray) -> Findings:
    params, y, reg = (
        draw_params(trial.draw, dims),
        trial.draw.labels(len(X), dims[-1]),
        trial.draw.uniform(0.3, 2.0),
    )
    mine, right = build(trial.student, params, 0.0), build(trial.reference, params, 0.0)
    sizes = {"N": len(X)}
    want, _ = right.loss(X, y)
    got, _ = unpack(mine.loss(X, y), ("loss", "grads"), "loss(X, y)")
    largest = float(np.abs(right.loss(X)).max())
    own = None
    if compare(got, want, scale=largest) is not None:
        own = _own_loss(trial, build, params, X, y)
        if own is not None and compare(got, own, scale=largest) is None:
            want = own
    yield from close({"the loss with reg = 0": (got, want)}, part="data loss", scale=largest, sizes=sizes)

    mine.set("reg", reg)
    got_reg, _ = unpack(mine.loss(X, y), ("loss", "grads"), "loss(X, y)")
    penalty = 0.5 * reg * sum(float((value**2).sum()) for name, value in params.items() if name[0] == "W")
    pair = {"what reg adds to the loss": (difference(got_reg, got), penalty)}
    yield from close(pair, part="penalty", rtol=1e-9)

    mine.set("reg", 0.0)
    kept = trial.student.put(X)
    yield from close({"the scores": (mine.loss(kept), right.loss(X))}, part="scores", sizes=sizes)
    yield from unchanged(trial.student, "scores", {"X": (kept, X)})
    for name in ("W1", names_of(len(dims) - 1)[-1]):
        other = trial.draw.normal(*params[name].shape)
        mine.set_item("params", name, other)
        right.set_item("params", name, other)
    pair = {"the scores": (mine.loss(X), right.loss(X))}
    yield from close(pair, part="scores", sizes=sizes, context="after two entries of params were replaced")


@check(
    points=3,
    parts=("scores", "data loss", "penalty"),
    cases=TWO_LAYER_SIZES,
    borrows=LAYERS,
    forbidden=FINISHED,
)
def two_layer_loss(trial: Trial, *, n: int, shape: tuple[int, ...], h: int, c: int) -> Findings:
    """`TwoLayerNet.loss` gives the scores without labels, and with labels the loss, penalty included."""
    X = trial.draw.normal(n, *shape)
    yield from _judge_loss(trial, build_two_layer, (prod(shape), h, c), X)


@check(
    points=3, parts=("scores", "data loss", "penalty"), cases=DEEP_SIZES, borrows=LAYERS, forbidden=FINISHED
)
def deep_loss(
    trial: Trial,
    *,
    n: int,
    shape: tuple[int, ...],
    hidden: tuple[int, ...],
    c: int,
) -> Findings:
    """`FullyConnectedNet.loss` gives scores or the loss for any number of hidden layers, also for none."""
    X = trial.draw.normal(n, *shape)
    yield from _judge_loss(trial, build_deep, (prod(shape), *hidden, c), X)


# --- gradients ---------------------------------------------------------------------------------------------------


def _judge_gradients(
    trial: Trial,
    build: Build,
    dims: Sequence[int],
    X: np.ndarray,
    reg: float,
    part_of: Callable[[str], str],
) -> Findings:
    params, y, names = (
        draw_params(trial.draw, dims),
        trial.draw.labels(len(X), dims[-1]),
        names_of(len(dims) - 1),
    )
    net, kept = build(trial.student, params, reg), trial.student.put(X)
    _, got = unpack(net.loss(kept, y), ("loss", "grads"), "loss(X, y)")
    got = dict_with_keys(got, names, "the second value of loss(X, y), grads,")
    _, want = build(trial.reference, params, reg).loss(X, y)
    # A probability carries an error of about epsilon, and 1 is taken from it: what it is multiplied by counts.
    growth = prod(max(1.0, float(np.abs(params[name]).max())) for name in names if name[0] == "W")
    scale = float(np.abs(X).max()) * growth
    after = net.get("params")
    yield from unchanged(trial.student, part_of(names[-1]), {"X": (kept, X)})
    for name in names:
        pair = {f"grads[{name!r}]": (got[name], want[name])}
        yield from close(pair, part=part_of(name), scale=scale, sizes={"N": len(X)})
        value = after.get(name) if isinstance(after, dict) else None
        same = isinstance(value, np.ndarray) and np.array_equal(value, params[name])
        message = f"params[{name!r}] was modified by loss: only an update rule may change parameters"
        label = f"params[{name!r}] unchanged"
        yield claim(part_of(name), label, same, message, expected="unchanged", actual="modified")


@check(
    points=4,
    parts=names_of(2),
    cases=tuple({**size, "reg": reg} for size, reg in zip(TWO_LAYER_SIZES, (0.7, 0.0, 0.2), strict=True)),
    borrows=LAYERS,
    forbidden=FINISHED,
)
def two_layer_gradients(
    trial: Trial,
    *,
    n: int,
    shape: tuple[int, ...],
    h: int,
    c: int,
    reg: float,
) -> Findings:
    """`TwoLayerNet.loss` returns the gradients of W1, b1, W2 and b2, penalty included."""
    X, dims = trial.draw.normal(n, *shape), (prod(shape), h, c)
    yield from _judge_gradients(trial, build_two_layer, dims, X, reg, str)


@check(
    points=3,
    parts=("output layer", "hidden layers", "float32"),
    cases=(
        *({**size, "reg": reg} for size, reg in zip(DEEP_SIZES, (0.7, 0.0, 0.4), strict=True)),
        {"n": 4, "shape": (3, 2), "hidden": (5, 5, 5), "c": 3, "reg": 0.2},
        {"n": 6, "shape": (5,), "hidden": (4, 4), "c": 3, "reg": 0.5, "dtype": "float32"},
    ),
    borrows=LAYERS,
    forbidden=FINISHED,
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
    params, y = draw_params(trial.draw, dims), trial.draw.labels(n, c)
    found, right = (_scores_and_grads(lib, params, reg, dtype, X, y) for lib in trial.libraries)
    for what, value in found.items():
        single = isinstance(value, np.ndarray) and value.dtype == np.float32
        # Numbers that are the same everywhere have the right dtype whatever a net computes.
        varied = single and (_varies(value) or not _varies(right[what]))
        told = str(value.dtype) if isinstance(value, np.ndarray) else type(value).__name__
        message = f"in a net of dtype float32, {what} should be of float32 too, but is {told}"
        if single:
            message = f"{what} has the right dtype, but the same number everywhere: mend that first"
        yield claim("float32", f"dtype of {what}", varied, message, expected="float32", actual=told)


def _scores_and_grads(
    lib: Library, params: Params, reg: float, dtype: str, X: np.ndarray, y: np.ndarray
) -> dict[str, Any]:
    net = build_deep(lib, params, reg, dtype)
    _, grads = unpack(net.loss(X, y), ("loss", "grads"), "loss(X, y)")
    grads = dict_with_keys(grads, names_of(len(params) // 2), "the second value of loss(X, y), grads,")
    return {"scores": net.loss(X), **{f"grads[{name!r}]": value for name, value in grads.items()}}


def _varies(value: np.ndarray) -> bool:
    return value.size > 1 and bool(np.ptp(value) > 0)


CHECKS = (two_layer_start, two_layer_loss, two_layer_gradients, deep_start, deep_loss, deep_gradients)
