"""The checks of the layers of the milestone fc_net: affine, ReLU, softmax loss.

A backward function gets the cache that the student's own forward function returned; where that one stops with an
error, it gets the cache of the contract, so that an unwritten forward function costs its own check only.
"""

from __future__ import annotations

from math import prod
from typing import Any

import numpy as np

from autograder.course.cross_entropy import NEARLY, loss_with_number_added, what_is_told
from autograder.course.nets import with_zeros
from autograder.judging.check import Draw, Findings, Trial, check
from autograder.judging.compare import claim, close, is_array, keep, keeps_dtype, unpack
from autograder.judging.students_own_values import own_cache
from autograder.library.interface import Library
from nndl.diagnosis import agree

AFFINE_SIZES = (
    {"n": 3, "shape": (4, 5), "m": 2},
    {"n": 6, "shape": (7,), "m": 1},
    {"n": 10, "shape": (2, 3, 4), "m": 5},
    {"n": 1, "shape": (7,), "m": 3, "demand": "one row"},
)
AXES = "any number of axes"
RELU_SHAPES = (
    {"shape": (5, 3)},
    {"shape": (4, 7)},
    {"shape": (6,), "demand": AXES},
    {"shape": (2, 3, 5, 4), "demand": AXES},
    {"shape": (1, 7), "demand": "one row"},
)
LOSS_SIZES = ({"n": 5, "c": 3}, {"n": 3, "c": 2}, {"n": 12, "c": 10}, {"n": 1, "c": 4, "demand": "one row"})
MANY_SCORES = {"n": 5400, "c": 10}
"""So many that differences of the loss, one call for each of them, take longer than the limit."""

FINISHED_MODULES = (
    "nndl/linear_classifier.py",
    "nndl/modules.py",
    "nndl/neural_net.py",
    "nndl/fast/optim.py",
    "nndl/fast/cython_layers.py",
)
"""Finished layers, nets and rules in the release; what students write here must not call them."""


def _draw_affine(draw: Draw, n: int, shape: tuple[int, ...], m: int) -> dict[str, np.ndarray]:
    d = prod(shape)
    return {"x": draw.normal(n, *shape), "w": draw.normal(d, m), "b": draw.normal(m)}


@check(
    points=2, parts=("output",), demands=("inputs unchanged",), cases=AFFINE_SIZES, forbidden=FINISHED_MODULES
)
def affine_forward(trial: Trial, *, n: int, shape: tuple[int, ...], m: int) -> Findings:
    """`affine_forward(x, w, b)` flattens each input to a row and returns `x w + b`, of shape (N, M)."""
    arrays = _draw_affine(trial.draw, n, shape, m)
    kept = keep(trial.student, **arrays)
    got, _ = trial.student.affine_forward(*kept)
    want, _ = trial.reference.affine_forward(*arrays.values())
    yield from close({"the output": (got, want)}, part="output", sizes={"N": n, "M": m})
    yield from kept.unchanged("inputs unchanged")


@check(
    points=3,
    parts=("dx", "dw", "db"),
    demands=("inputs unchanged",),
    # So many weights, and so many inputs, that differences of the forward pass, one call for each, take longer than
    # the limit.
    cases=(*AFFINE_SIZES, {"n": 5, "shape": (22, 23), "m": 490}, {"n": 2000, "shape": (8, 7), "m": 3}),
    forbidden=FINISHED_MODULES,
    borrows=("affine_forward",),
)
def affine_backward(trial: Trial, *, n: int, shape: tuple[int, ...], m: int) -> Findings:
    """`affine_backward(dout, cache)` returns the gradients of x, in the shape of x, of w and of b."""
    arrays, dout = _draw_affine(trial.draw, n, shape, m), trial.draw.normal(n, m)
    kept = keep(trial.student, **arrays, dout=dout)
    *inputs, kept_dout = kept
    cache = own_cache(trial.student, "affine_forward", tuple(inputs), tuple(inputs))
    intact = kept.intact()  # what the forward function changed costs the points of its own check
    got = unpack(trial.student.affine_backward(kept_dout, cache), ("dx", "dw", "db"), "affine_backward")
    _, right = trial.reference.affine_forward(*arrays.values())
    want = trial.reference.affine_backward(dout, right)
    for name, mine, correct in zip(("dx", "dw", "db"), got, want, strict=True):
        yield from close({name: (mine, correct)}, sizes={"N": n, "M": m})
    yield from kept.unchanged("inputs unchanged", intact)


@check(
    points=1,
    parts=("output",),
    demands=("NaN and infinity", "inputs unchanged"),
    cases=RELU_SHAPES,
    forbidden=FINISHED_MODULES,
)
def relu_forward(trial: Trial, *, shape: tuple[int, ...]) -> Findings:
    """`relu_forward(x)` returns the larger of 0 and x, entry by entry; NaN and infinity stay as they are."""
    x = with_zeros(trial.draw.normal(*shape))
    kept = keep(trial.student, x=x)
    pair = (trial.student.relu_forward(*kept)[0], trial.reference.relu_forward(x)[0])
    yield from close({"the output": pair}, part="output")
    yield from kept.unchanged("inputs unchanged")
    if len(shape) != 2:  # there for the demand alone
        return

    x = x.copy()
    x.reshape(-1)[:4] = np.inf, -np.inf, np.nan, -1.0
    pair = (trial.student.relu_forward(x)[0], trial.reference.relu_forward(x)[0])
    context = "for inputs that contain NaN, infinity and minus infinity"
    yield from close({"the output": pair}, part="NaN and infinity", context=context)


@check(
    points=2,
    parts=("gradient",),
    demands=("at zero", "inputs unchanged"),
    cases=RELU_SHAPES,
    forbidden=FINISHED_MODULES,
    borrows=("relu_forward",),
)
def relu_backward(trial: Trial, *, shape: tuple[int, ...]) -> Findings:
    """`relu_backward(dout, cache)` lets the gradient through where x > 0, and nowhere else."""
    inputs = {"gradient": trial.draw.normal(*shape)}
    if len(shape) == 2:  # another shape is there for the demand alone
        inputs["at zero"] = with_zeros(trial.draw.normal(*shape))
    for part, x in inputs.items():
        dout = trial.draw.normal(*shape)
        kept = keep(trial.student, x=x, dout=dout)
        cache = own_cache(trial.student, "relu_forward", (kept["x"],), kept["x"])
        intact = kept.intact()
        got = trial.student.relu_backward(kept["dout"], cache)
        want = trial.reference.relu_backward(dout, trial.reference.relu_forward(x)[1])
        context = "where some inputs of the ReLU are exactly 0" if part == "at zero" else ""
        yield from close({"dx": (got, want)}, part=part, context=context)
        yield from kept.unchanged("inputs unchanged", intact)


@check(
    points=3,
    parts=("loss", "gradient"),
    demands=("large scores", "inputs unchanged"),
    cases=(*LOSS_SIZES, MANY_SCORES),
    forbidden=FINISHED_MODULES,
)
def softmax_loss(trial: Trial, *, n: int, c: int) -> Findings:
    """`softmax_loss(x, y)` is the mean cross entropy and its gradient, finite for scores from -1e4 to 1e4."""
    x, y = trial.draw.normal(n, c, scale=2.0), trial.draw.labels(n, c)
    kept = keep(trial.student, x=x, y=y)
    names = ("loss", "dx")
    loss, dx = unpack(trial.student.softmax_loss(*kept), names, "softmax_loss")
    want_loss, want_dx = trial.reference.softmax_loss(x, y)
    sizes = {"N": n, "C": c}
    with_number = loss_with_number_added(loss, x, y)
    pair = {"the loss": (loss, want_loss if with_number is None else with_number)}
    context = what_is_told(loss, x, y)
    yield from close(pair, part="loss", rtol=NEARLY, scale=np.abs(x).max(), sizes=sizes, context=context)
    yield from close({"dx": (dx, want_dx)}, part="gradient", rtol=NEARLY, scale=1.0, sizes=sizes)
    yield from kept.unchanged("inputs unchanged")

    # Every row at a height of its own: what suits one row must not spoil another.
    large = x * (1e4 / np.abs(x).max())
    if large[0].argmax() == y[0]:  # a probability of 1 has a logarithm however it is made
        large[0] *= -1
    for scores in (x + np.linspace(-9e3, 9e3, n)[:, np.newaxis] + trial.draw.uniform(-900, 900), large):
        loss, dx = unpack(trial.student.softmax_loss(scores, y), names, "softmax_loss")
        want_loss, want_dx = trial.reference.softmax_loss(scores, y)
        where = "for scores of several thousand, positive and negative"
        pair, why = {"the loss": (loss, want_loss)}, what_is_told(loss, scores, y)
        context = f"{where}; {why}" if why else where
        yield from close(pair, part="large scores", scale=1e4, sizes=sizes, context=context)
        # A score near 1e4 has an error of 1e4 machine epsilons, and so has the probability made of it.
        yield from close({"dx": (dx, want_dx)}, part="large scores", scale=1e4, sizes=sizes, context=where)


@check(
    points=0,
    parts=("loss", "gradient"),
    demands=("inputs unchanged", "float32"),
    cases=(*LOSS_SIZES, MANY_SCORES),
    forbidden=FINISHED_MODULES,
)
def svm_loss(trial: Trial, *, n: int, c: int) -> Findings:
    """Optional, without points: `svm_loss(x, y)` is the mean multiclass hinge loss and its gradient."""
    x, y = trial.draw.normal(n, c, scale=2.0), trial.draw.labels(n, c)
    kept = keep(trial.student, x=x, y=y)
    loss, dx = unpack(trial.student.svm_loss(*kept), ("loss", "dx"), "svm_loss")
    want_loss, want_dx = trial.reference.svm_loss(x, y)
    sizes = {"N": n, "C": c}
    yield from close({"the loss": (loss, want_loss)}, part="loss", scale=np.abs(x).max(), sizes=sizes)
    yield from close({"dx": (dx, want_dx)}, part="gradient", scale=1.0, sizes=sizes)
    yield from kept.unchanged("inputs unchanged")
    _, single = unpack(trial.student.svm_loss(x.astype(np.float32), y), ("loss", "dx"), "svm_loss")
    yield keeps_dtype("float32", "dx for float32 scores", single, np.float32)


FUNCTIONS = ("affine_forward", "affine_backward", "relu_forward", "relu_backward", "softmax_loss")


@check(
    points=1,
    parts=FUNCTIONS,
    cases=tuple({"function": name} for name in FUNCTIONS),
    tests=FUNCTIONS,
    forbidden=FINISHED_MODULES,
)
def float32_layers(trial: Trial, *, function: str) -> Findings:
    """Every layer function gives float32 results for float32 arrays, equal to those for float64 up to rounding."""
    results = []
    for _ in range(2):
        shapes = ((4, 2, 3), (6, 5), (5,), (4, 5), (4, 2, 3))
        arrays = (*(trial.draw.normal(*shape) for shape in shapes), trial.draw.labels(4, 5))
        results.append([_results(trial.student, function, arrays, kind) for kind in ("float64", "float32")])
    (double, single), (other, _) = results
    # With nothing right, what dtype it has says nothing; the values are compared also to tell mistakes apart.
    right = _results(trial.reference, function, arrays, "float64")
    for name, value in other.items():
        works = any(agree(other[key], right[key], scale=10.0) for key in right)
        message = f"{function} gives no right value for float64 arrays: the dtype counts once one is right"
        yield claim(function, f"{name} for float64", works, message, expected=right[name], actual=value)
    for name, mine, own in zip(single, single.values(), double.values(), strict=True):
        dtype = keeps_dtype(function, f"{name} of {function}", mine, np.float32)
        yield dtype
        if not dtype.passed:
            continue
        wanted = own.astype(np.float32) if is_array(own) else np.zeros_like(mine)
        label = f"{name} of {function} for float32"
        yield from close({label: (mine, wanted)}, part=function, scale=10.0)
        # Numbers that are the same whatever comes in agree with themselves in every dtype.
        tells = is_array(own) and not agree(other[name], own)
        message = f"{name} of {function} is the same for different inputs: fix that first"
        yield claim(function, name, tells, message, expected="depends on the inputs", actual=own)


def _results(student: Library, function: str, arrays: tuple[np.ndarray, ...], kind: str) -> dict[str, Any]:
    """Return the arrays that a layer function gives for inputs of this dtype."""
    x, w, b, dout, gate = (array.astype(kind) for array in arrays[:-1])
    if function == "affine_forward":
        return {"the output": student.affine_forward(x, w, b)[0]}
    if function == "affine_backward":
        cache = own_cache(student, "affine_forward", (x, w, b), (x, w, b))
        names = ("dx", "dw", "db")
        return dict(zip(names, unpack(student.affine_backward(dout, cache), names, function), strict=True))
    rows, gate = x.reshape(len(x), -1), gate.reshape(len(gate), -1)  # other shapes are a demand of their own
    if function == "relu_forward":
        return {"the output": student.relu_forward(rows)[0]}
    if function == "relu_backward":
        cache = own_cache(student, "relu_forward", (rows,), rows)
        return {"dx": student.relu_backward(gate, cache)}
    return {"dx": unpack(student.softmax_loss(dout, arrays[-1]), ("loss", "dx"), function)[1]}


CHECKS = (
    affine_forward,
    affine_backward,
    relu_forward,
    relu_backward,
    softmax_loss,
    float32_layers,
    svm_loss,
)
