"""What the two descents of :mod:`nndl.linear_classifier` share: checks, start, what to record."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from .validate import check_array, check_integer


def check_one_hot(name: str, value: Any, shape: tuple[int, int]) -> np.ndarray:
    """Return ``value`` if it can be the one-hot targets of scores of that ``shape``.

    Only type, shape and the presence of rows are looked at: rows of probabilities are legitimate targets too.
    """
    check_array(name, value, kinds="fiub")
    if value.shape != shape:
        hint = " (class indices? make them one-hot first)" if value.shape == shape[:1] else ""
        raise ValueError(f"{name} must be one-hot rows of shape {shape}, but has shape {value.shape}{hint}")
    if shape[0] == 0:
        raise ValueError(f"{name} must have at least one row, but its shape is {shape}")
    return value


def check_linear(X: Any, W: Any, b: Any) -> None:
    """Check that ``X W + b`` makes sense."""
    check_array("X", X, ndim=2)
    check_array("W", W, shape=(X.shape[1], None))
    check_array("b", b, shape=(W.shape[1],))


def checked_start(X: Any, Y: Any, W: Any, b: Any) -> tuple[np.ndarray, np.ndarray]:
    """Check what a descent is given and return float copies of ``W`` and ``b`` that it may change."""
    check_linear(X, W, b)
    check_one_hot("Y", Y, (X.shape[0], W.shape[1]))
    # float32 stays float32; integer zeros become float64, or the first step would be rounded away
    return np.array(W, dtype=np.result_type(W, 0.0)), np.array(b, dtype=np.result_type(b, 0.0))


Selector = Callable[[int], bool]


def when_to_record(iterations: int, cost_every: int, history_every: int | None) -> tuple[Selector, Selector]:
    """Return the rules that say after which iterations, counted from 1, to measure the cost and to keep ``W``."""
    check_integer("iterations", iterations, minimum=0)
    check_integer("cost_every", cost_every, minimum=1)
    if history_every is None:
        history_every = -(-iterations // 100)
    check_integer("history_every", history_every, minimum=0)

    def every(step: int) -> Selector:
        return lambda iteration: step > 0 and (iteration % step == 0 or iteration == iterations)

    return every(cost_every), every(history_every)
