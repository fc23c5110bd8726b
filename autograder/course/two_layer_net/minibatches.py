"""Minibatches: how their rows are to be drawn, and how they are usually drawn when they are not."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from autograder.course.nets import Params, loss_and_grads
from autograder.judging.check import Draw, Trial
from autograder.judging.compare import is_number

from .checks_values import NAMES, build

_TRIES = 200


@dataclass(frozen=True)
class Data:
    """What a net is trained with."""

    X: np.ndarray
    y: np.ndarray
    X_val: np.ndarray
    y_val: np.ndarray


Batch = tuple[np.ndarray, np.ndarray]
"""The rows of a minibatch, and whose labels they get."""

Way = Callable[[np.random.RandomState], Batch]
"""How a minibatch is drawn."""


def drawn_right(n: int, batch_size: int) -> Way:
    """Return how a minibatch is to be drawn."""

    def draw(stream: np.random.RandomState) -> Batch:
        rows = stream.choice(n, min(n, batch_size))
        return rows, rows

    return draw


def seed_that_draws_the_last_row(draw: Draw, n: int, batch_size: int) -> int:
    """Draw a seed whose first minibatch holds the last row: who can never draw it has another minibatch then."""
    for _ in range(_TRIES):
        seed = draw.seed()
        if n - 1 in drawn_right(n, batch_size)(np.random.RandomState(seed))[0]:
            break
    return seed


def drawn_wrong(
    trial: Trial, params: Params, data: Data, seed: int, batch_size: int, reg: float, first: Any
) -> tuple[str, Way] | None:
    """Return how the rows of a wrong minibatch were drawn, if one of the usual ways gives the first loss."""
    if not is_number(first):
        return None
    for words, way in _wrong_ways(params, data, batch_size).items():
        rows, whose = way(np.random.RandomState(seed))
        net = build(trial.student, params)
        loss, _ = loss_and_grads(net, data.X[rows], data.y[whose], NAMES, reg=reg)
        if is_number(loss) and math.isclose(float(loss), float(first), rel_tol=1e-9):
            return words, way
    return None


def _wrong_ways(params: Params, data: Data, batch_size: int) -> dict[str, Way]:
    n = len(data.X)
    size = min(n, batch_size)

    def fixed(rows: np.ndarray) -> Way:
        return lambda stream: (rows, rows)

    def drawn(number: int, **options: bool) -> Way:
        def draw(stream: np.random.RandomState) -> Batch:
            rows = stream.choice(n, number, **options)
            return rows, rows

        return draw

    ways = {
        "here they are all rows, each once": fixed(np.arange(n)),
        "here they are batch_size rows, more than there are": drawn(batch_size),
    }
    if size < n:
        ways |= {
            "here they are the first rows": fixed(np.arange(size)),
            "here they are drawn without replacement": drawn(size, replace=False),
        }
    numbers = {
        "D rows": data.X.shape[1],
        "N rows": n,
        "H rows": params["b1"].size,
        "C rows": params["b2"].size,
    }
    numbers |= {"one row": 1, "one row more": size + 1, "one row less": size - 1}
    for words, number in numbers.items():
        if number not in (0, size):
            ways[f"here they are {words}, and not min(N, batch_size)"] = drawn(number)
    if n > 1:
        ways["here they are drawn with randint(0, N - 1), which never gives the last row"] = lambda stream: (
            rows := stream.randint(0, n - 1, size),
            rows,
        )
    return ways | {
        "the rows are right, but their labels are the first ones of y": lambda stream: (
            stream.choice(n, size),
            np.arange(size),
        ),
        "the rows are right, but their labels are drawn anew": lambda stream: (
            stream.choice(n, size),
            stream.choice(n, size),
        ),
        "the labels are right, but their rows are the first ones of X": lambda stream: (
            np.arange(size),
            stream.choice(n, size),
        ),
        "the labels are right, but their rows are drawn anew": lambda stream: (
            stream.choice(n, size),
            stream.choice(n, size),
        )[::-1],
    }
