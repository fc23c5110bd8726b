"""The checks of dropout in `FullyConnectedNet`.

The net is judged with the student's own layer, and where that is wrong a second time with a borrowed one. With a seed,
its masks are those of the reference; without one, it is judged by what needs no mask to be known.
"""

from __future__ import annotations

import itertools
from dataclasses import replace
from typing import Any

import numpy as np

from autograder.course import nets
from autograder.course.nets import Params, fully_connected, loss_and_grads, loss_of
from autograder.failures import StudentError
from autograder.judging.check import Draw, Finding, Findings, Trial, check
from autograder.judging.compare import claim, close, differ, is_number, numbers
from autograder.library.interface import Library

from .checks_masks import like

DROPOUT = ("dropout_forward", "dropout_backward")
CALLS = 24
"""Training calls in which chance shows: in fewer than 1 of 10 million runs a right net of the cases below gives the
same loss, or keeps or drops all units, in every one of them."""


def draw_params(draw: Draw, dims: tuple[int, ...], normalization: str | None = None) -> Params:
    """Draw parameters that keep scores near 1; biases, gammas and betas included."""

    def norms(draw: Draw, d: int) -> tuple[np.ndarray, np.ndarray]:
        return 1 + draw.normal(d, scale=0.2), draw.normal(d)

    return nets.draw_params(draw, dims, norms=norms if normalization else None)


def _drops(trial: Trial) -> Finding:
    """Return whether training calls give losses of a net that drops single hidden units, not always the same ones.

    What else a check claims ("the masks are fresh", "a net without hidden layers is right") holds for a net that never
    drops anything, too, and some of it for one that gives random numbers. With three hidden units all losses are known
    that masks can give, whichever they are.
    """
    keep, params = 0.5, draw_params(trial.draw, (4, 3, 5))
    params["b1"] = 10 + np.abs(params["b1"])  # all ReLUs are open
    X, y, seed = trial.draw.normal(1, 4), trial.draw.labels(1, 5), trial.draw.seed()
    net = fully_connected(trial.student, params, dropout_keep_ratio=keep)
    trial.student.seed(seed)
    losses = [loss_of(net, X, y) for _ in range(CALLS)]
    possible = []
    for mask in itertools.product((0.0, 1 / keep), repeat=3):
        masked = params | {"W2": params["W2"] * np.array(mask)[:, None]}
        possible.append(float(loss_of(fully_connected(trial.reference, masked), X, y)))
    known = all(is_number(loss) and np.isclose(loss, possible, rtol=1e-6).any() for loss in losses)
    drops = known and any(differ(losses[0], other) for other in losses)
    message = "the losses in training are not those of a net that keeps some hidden units and drops others"
    return claim(
        "dropped", "in training", drops, message, expected=np.array(possible), actual=numbers(losses)
    )


NO_HIDDEN, ONE_ROW = "no hidden layer", "a batch of one"


@check(
    points=3,
    parts=("scores",),
    basis=("dropped",),
    cases=(
        {"n": 5, "dims": (4, 9, 6, 3), "keep": 0.5},
        {"n": 3, "dims": (6, 30, 4), "keep": 0.2},
        {"n": 4, "dims": (5, 6, 3), "keep": 1.0},
        {"n": 1, "dims": (6, 8, 7, 5, 4), "keep": 0.6, "demand": ONE_ROW},
        {"n": 4, "dims": (5, 3), "keep": 0.5, "demand": NO_HIDDEN},
    ),
    borrows=DROPOUT,
)
def net_scores(trial: Trial, *, n: int, dims: tuple[int, ...], keep: float) -> Findings:
    """`FullyConnectedNet.loss(X)` computes scores with dropout turned off, also between two training steps."""
    params = draw_params(trial.draw, dims)
    X, y = trial.draw.normal(n, dims[0]), trial.draw.labels(n, dims[-1])
    seed, context = trial.draw.seed(), f"keep {keep:g}"
    net = fully_connected(trial.student, params, dropout_keep_ratio=keep, seed=seed)
    plain = fully_connected(trial.reference, params, dropout_keep_ratio=1.0)
    want = plain.loss(X)
    (value,) = close({"the scores": (net.loss(X), want)}, part="scores", context=context)
    yield value
    loss = loss_of(net, X, y)
    pair = {"the scores after a training call": (net.loss(X), want)}
    yield from close(pair, part="scores", context=context)
    if keep < 1 and len(dims) > 2:  # without dropout in training, scores without dropout are worth nothing
        drops = is_number(loss) and differ(loss, loss_of(plain, X, y))
        without = "the loss in training is that of a net without dropout"
        message = without if is_number(loss) else "the loss in training is not a number"
        dropped = claim(
            "dropped", "in training", drops, message,
            expected="units dropped", actual="units dropped" if drops else "none dropped",
        )  # fmt: skip
        # Nothing builds on wrong scores either, but of these it has been said what is wrong.
        yield replace(value, part="dropped") if drops and not value.passed else dropped


TRAINING: tuple[dict[str, Any], ...] = (
    {"n": 5, "dims": (4, 9, 6, 3), "keep": 0.5},
    {"n": 2, "dims": (6, 30, 4), "keep": 0.3},
    {"n": 4, "dims": (5, 6, 3), "keep": 1.0},
    {"n": 1, "dims": (6, 20, 8, 9, 4), "keep": 0.6, "demand": ONE_ROW},
    {"n": 4, "dims": (5, 3), "keep": 0.5, "demand": NO_HIDDEN},
    {"n": 6, "dims": (4, 8, 5, 3), "keep": 0.6, "normalization": "layernorm"},
    {"n": 7, "dims": (4, 8, 3), "keep": 0.5, "normalization": "batchnorm"},
)


@check(
    points=3,
    parts=("loss", "fresh masks", "with normalization"),
    basis=("dropped",),
    cases=TRAINING,
    borrows=DROPOUT,
)
def net_loss(
    trial: Trial, *, n: int, dims: tuple[int, ...], keep: float, normalization: str | None = None
) -> Findings:
    """`FullyConnectedNet.loss(X, y)` drops hidden units in training: after the ReLU, never the scores."""
    params = draw_params(trial.draw, dims, normalization)
    X, y = trial.draw.normal(n, dims[0]), trial.draw.labels(n, dims[-1])
    options: dict[str, Any] = {
        "dropout_keep_ratio": keep,
        "seed": trial.draw.seed(),
        "normalization": normalization,
    }
    net, right = (fully_connected(lib, params, **options) for lib in trial.libraries)
    fresh_seed = trial.draw.seed()
    pair = {"the loss": (loss_of(net, X, y), loss_of(right, X, y))}
    context = ", ".join(filter(None, (f"keep {keep:g}", normalization)))
    part = "with normalization" if normalization else "loss"
    yield from close(pair, part=part, scale=1.0, sizes={"N": n}, context=context)

    if keep < 1 and len(dims) > 2 and not normalization:
        net = fully_connected(trial.student, params, dropout_keep_ratio=keep)
        trial.student.seed(fresh_seed)
        losses = [loss_of(net, X, y) for _ in range(CALLS)]
        fresh = all(map(is_number, losses)) and any(differ(losses[0], other) for other in losses)
        message = "without a seed, several training calls give the same loss: every call needs fresh masks"
        yield claim("fresh masks", "several calls", fresh, message, expected="different", actual="the same")
        if len(dims) == 3:
            yield _drops(trial)


@check(
    points=4,
    parts=("weights", "biases", "same units", "with normalization"),
    basis=("dropped",),
    # In the last two there are so many parameters that differences of the loss, one call for each of them, take longer
    # than the limit.
    cases=(
        *TRAINING,
        {"n": 5, "dims": (410, 390, 4), "keep": 0.5},
        {"n": 6, "dims": (380, 400, 5), "keep": 0.6, "normalization": "layernorm"},
    ),
    borrows=DROPOUT,
)
def net_gradients(
    trial: Trial, *, n: int, dims: tuple[int, ...], keep: float, normalization: str | None = None
) -> Findings:
    """`FullyConnectedNet.loss(X, y)` sends the gradient back through the dropout layers' own masks."""
    params = draw_params(trial.draw, dims, normalization)
    X, y = trial.draw.normal(n, dims[0]), trial.draw.labels(n, dims[-1])
    options: dict[str, Any] = {
        "dropout_keep_ratio": keep,
        "seed": trial.draw.seed(),
        "normalization": normalization,
    }
    net, right = (fully_connected(lib, params, **options) for lib in trial.libraries)
    fresh_seed = trial.draw.seed()
    _, got = loss_and_grads(net, X, y, tuple(params))
    context = ", ".join(filter(None, (f"keep {keep:g}", normalization)))
    for name, want in right.loss(X, y)[1].items():
        part = "weights" if name.startswith("W") else "biases"
        part = "with normalization" if normalization else part
        pair = {f"the gradient of {name}": (got[name], want)}
        yield from close(pair, part=part, scale=float(np.abs(X).max()), sizes={"N": n}, context=context)
    if keep < 1 and len(dims) == 3 and not normalization:
        yield _same_units(trial.student, params, X[:1], y[:1], keep, fresh_seed)
        yield _drops(trial)


def _same_units(
    student: Library, params: Params, X: np.ndarray, y: np.ndarray, keep: float, seed: int
) -> Finding:
    """Return whether the units that are silent on the way forward are those that get no gradient on the way back.

    With one row and all ReLUs open, a row of dW2 is 0 where the unit behind it was dropped, and an entry of db1
    where no gradient came back. No mask needs to be known for this, and none to repeat.
    """
    params = params | {"b1": 10 + np.abs(params["b1"])}
    net = fully_connected(student, params, dropout_keep_ratio=keep)
    student.seed(seed)
    dropped: list[np.ndarray] = []
    for _ in range(CALLS):
        _, grads = loss_and_grads(net, X, y, tuple(params))
        dW2, db1 = (like(grads[k], params[k], f"the gradient of {k}") for k in ("W2", "b1"))
        dropped.append((dW2 == 0).all(axis=1))
        silent = db1 == 0
        if not np.array_equal(dropped[-1], silent) or (len(dropped) > 2 and 0 < np.mean(dropped) < 1):
            break
    else:
        message = "no training call both keeps some units and drops others"
        raise StudentError("ValueError", message)
    forward, back = (np.asarray(units, dtype=np.int64) for units in (dropped[-1], silent))
    message = "the units without a gradient in the backward pass are not the ones that were dropped in the forward pass"
    return claim(
        "same units",
        "silenced units",
        np.array_equal(forward, back),
        message,
        expected=np.stack([forward, forward]),
        actual=np.stack([forward, back]),
    )
