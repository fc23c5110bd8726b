"""The checks of the four layers: output layer, ReLU, Sigmoid and Affine."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from typing import Any

import numpy as np

from autograder.course.cross_entropy import (
    NEARLY,
    SMALL,
    number_added,
    right_probabilities,
    told_of_probabilities,
)
from autograder.course.nets import with_zeros
from autograder.judging.check import Finding, Findings, Trial, check
from autograder.judging.compare import claim, close, close_to_any, is_array, is_number, keep
from nndl.diagnosis import agree

LARGE = 1000
"""Inputs with more numbers go through a layer once only, as loops over all of them take their time."""
LAYER_SHAPES = ({"shape": (5, 3)}, {"shape": (2, 3, 4)}, {"shape": (1, 7), "demand": "one row"})


def one_hot(labels: np.ndarray, classes: int, dtype: str = "float64") -> np.ndarray:
    """Return one-hot rows."""
    return np.eye(classes, dtype=dtype)[labels]


@check(
    points=4,
    tests=("OutputLayer",),
    parts=("forward", "backward"),
    demands=("large scores", "upstream gradient", "inputs unchanged"),
    cases=(
        {"n": 5, "c": 3, "dtype": "int64"},
        {"n": 3, "c": 2, "dtype": "float64"},
        {"n": 12, "c": 10, "dtype": "float64"},
        {"n": 1, "c": 4, "dtype": "float64", "demand": "one row"},
        # So many scores that differences of the loss, one call for each of them, take longer than the limit; of few
        # classes, as right code may hold a row's whole Jacobian.
        {"n": 5400, "c": 10, "dtype": "float64"},
    ),
)
def output_layer(trial: Trial, *, n: int, c: int, dtype: str) -> Findings:
    """`OutputLayer` gives the mean cross entropy of the softmax, and its gradient for the scores."""
    x, labels = trial.draw.normal(n, c), trial.draw.labels(n, c)
    t = one_hot(labels, c, dtype)
    first, factor = trial.draw.normal(n, c), trial.draw.uniform(2.0, 3.0)
    mine, right = trial.student.OutputLayer(), trial.reference.OutputLayer()
    for layer in (mine, right):  # backward belongs to the last forward, not to the first
        layer.forward(first, t)
    kept, sizes = keep(trial.student, x=x, t=t), {"N": n, "C": c}
    loss, want = mine.forward(*kept), right.forward(x, t)
    probabilities = right_probabilities(x, labels)
    # Which small number keeps a probability from 0 is a demand of its own, and shows where scores lie far apart.
    wants_loss = [want, loss if number_added(loss, probabilities) is not None else want]
    context = told_of_probabilities(loss, probabilities)
    yield from close_to_any(
        "the loss", loss, wants_loss, part="forward", rtol=NEARLY, scale=0.0, sizes=sizes, context=context
    )
    gradient, want = mine.backward(), right.backward()
    theirs = (g for g in _gradients_of(loss, want, probabilities) if agree(gradient, g, scale=1.0))
    due = want if agree(gradient, want, scale=1.0) else next(theirs, want)
    yield from close(
        {"the gradient of the scores": (gradient, due)},
        part="backward", rtol=NEARLY, scale=1.0, sizes=sizes,
    )  # fmt: skip
    yield from kept.unchanged("inputs unchanged")
    if n == 1:
        return

    pair = {"the gradient for an upstream gradient dout": (mine.backward(factor), factor * due)}
    yield from close(pair, part="upstream gradient", rtol=NEARLY, scale=factor, sizes=sizes)

    far = x + 28.0 * one_hot((labels + 1) % c, c)
    large = x * (1e4 / np.abs(x).max())
    apart = [(far, "for scores that lie 28 apart")] if agree(loss, wants_loss[1], rtol=NEARLY) else []
    for scores, context in (*apart, (large, "for scores near 1e4")):
        mine, right = trial.student.OutputLayer(), trial.reference.OutputLayer()
        loss, want = mine.forward(scores, t), right.forward(scores, t)
        told = told_of_probabilities(loss, right_probabilities(scores, labels))
        said = f"{context}; {told}" if told else context
        yield from close({"the loss": (loss, want)}, part="large scores", scale=20.0, context=said)
        if scores is large:
            pair = {"the gradient of the scores": (mine.backward(), right.backward())}
            yield from close(pair, part="large scores", scale=1.0, context=context)


def _gradients_of(loss: Any, gradient: np.ndarray, right: np.ndarray) -> Iterator[np.ndarray]:
    """Yield gradients that are right where the loss is wrong: of a sum, and with a number beside the probabilities.

    A number that is added to the probabilities of the right classes has its part in the gradient, however small.
    """
    for rows in (1, len(right)):
        if is_number(loss) and number_added(loss / rows, right) is not None:
            for number in SMALL:
                yield rows * gradient * (right / (right + number))[:, None]


@check(
    points=4,
    tests=("ReLU",),
    parts=("forward", "backward"),
    demands=("at zero", "dtype", "inputs unchanged"),
    cases=LAYER_SHAPES,
)
def relu(trial: Trial, *, shape: tuple[int, ...]) -> Findings:
    """`ReLU` cuts off what is negative, and lets the gradient through only where its input was above 0."""
    x, dout = trial.draw.normal(*shape), trial.draw.normal(*shape)
    mine, right = yield from _elementwise(trial, "ReLU", x, dout)
    whole = np.round(10 * dout).astype(np.int64) - 3
    got, want = mine.backward(whole), right.backward(whole)
    yield from close({"the gradient for integers": (got, want)}, part="backward")
    integers = is_array(got, kinds="iu")
    message = "the gradient of the input must have the dtype of dout: integers in, integers out"
    yield claim("dtype", "dtype", integers, message, expected="integer array", actual=got)
    if shape[0] > 1:
        x = with_zeros(x)
        label, context = "the gradient of the input", "where some inputs are exactly 0"
        pair = {"the output": (mine.forward(x), right.forward(x))}
        yield from close(pair, part="at zero", context=context)
        pair = {label: (mine.backward(dout), right.backward(dout))}
        yield from close(pair, part="at zero", context=context)


@check(
    points=4,
    tests=("Sigmoid",),
    parts=("forward", "backward"),
    demands=("large inputs", "inputs unchanged"),
    cases=LAYER_SHAPES,
)
def sigmoid(trial: Trial, *, shape: tuple[int, ...]) -> Findings:
    """`Sigmoid` squeezes every number between 0 and 1, and passes back `dout * s * (1 - s)`."""
    x, dout = trial.draw.normal(*shape, scale=2.0), trial.draw.normal(*shape)
    yield from _elementwise(trial, "Sigmoid", x, dout)

    large = np.where(np.arange(x.size).reshape(shape) % 2 == 0, 1.0, -1.0) * trial.draw.uniform(800, 5000)
    mine, right = trial.student.Sigmoid(), trial.reference.Sigmoid()
    context = "for inputs of several thousand, positive and negative"
    pair = {"the output": (mine.forward(large), right.forward(large))}
    yield from close(pair, part="large inputs", context=context)
    pair = {"the gradient of the input": (mine.backward(dout), right.backward(dout))}
    yield from close(pair, part="large inputs", scale=1.0, context=context)


def _elementwise(
    trial: Trial, name: str, x: np.ndarray, dout: np.ndarray
) -> Generator[Finding, None, tuple[Any, Any]]:
    """Yield whether a layer is right forward and backward; return it and the reference's."""
    mine, right = getattr(trial.student, name)(), getattr(trial.reference, name)()
    first = trial.draw.normal(*x.shape)
    for layer in (mine, right):
        layer.forward(first)
    kept = keep(trial.student, x=x, dout=dout)
    yield from close({"the output": (mine.forward(kept["x"]), right.forward(x))}, part="forward")
    yield from kept.unchanged("inputs unchanged", ("x",))
    pair = {"the gradient of the input": (mine.backward(kept["dout"]), right.backward(dout))}
    yield from close(pair, part="backward")
    yield from kept.unchanged("inputs unchanged", ("dout",))
    return mine, right


@check(
    points=4,
    tests=("Affine",),
    parts=("output", "dx", "dW", "db"),
    demands=("inputs unchanged",),
    cases=(
        {"n": 5, "d": 4, "m": 3, "row_bias": False},
        {"n": 7, "d": 3, "m": 2, "row_bias": True},
        {"n": 4, "d": 1, "m": 6, "row_bias": False},
        {"n": 1, "d": 2, "m": 6, "row_bias": False, "demand": "one row"},
        # As in the output layer: so many weights, and so many inputs.
        {"n": 5, "d": 390, "m": 400, "row_bias": False},
        {"n": 1800, "d": 50, "m": 3, "row_bias": True},
    ),
)
def affine(trial: Trial, *, n: int, d: int, m: int, row_bias: bool) -> Findings:
    """`Affine` computes `x W + b`, and the gradients for x, W and b."""
    W, b = trial.draw.normal(d, m), trial.draw.normal(*((1, m) if row_bias else (m,)))
    x, dout = trial.draw.normal(n, d), trial.draw.normal(n, m)
    kept = keep(trial.student, x=x, W=W, b=b, dout=dout)
    mine, right = trial.student.Affine(kept["W"], kept["b"]), trial.reference.Affine(W, b)
    sizes = {"N": n}
    yield from close({"the output": (mine.forward(kept["x"]), right.forward(x))}, part="output", sizes=sizes)
    yield from kept.unchanged("inputs unchanged", ("x", "W", "b"))

    pair = {"dx, the gradient of the input": (mine.backward(kept["dout"]), right.backward(dout))}
    yield from close(pair, part="dx", sizes=sizes)
    yield from kept.unchanged("inputs unchanged", ("dout",))
    yield from _parameter_gradients(mine, right, sizes, "")

    if n * d > LARGE:
        return
    # A second time with other numbers: nothing of the first time may be left.
    x, dout = trial.draw.normal(n, d), trial.draw.normal(n, m)
    mine.forward(x), right.forward(x)
    mine.backward(dout), right.backward(dout)
    yield from _parameter_gradients(mine, right, sizes, "of a second forward and backward")


def _parameter_gradients(mine: Any, right: Any, sizes: dict[str, int], context: str) -> Findings:
    for name in ("dW", "db"):
        pair = {name: (mine.get(name), right.get(name))}
        yield from close(pair, part=name, sizes=sizes, context=context)


CHECKS = (output_layer, relu, sigmoid, affine)
