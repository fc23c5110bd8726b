"""What can be wrong with a solver's arguments, or with its run."""

from __future__ import annotations

import numpy as np

from .divergence import DivergenceError
from .validate import check_array, check_integer


def divergence(iteration: int, loss: float, learning_rates: set[float | None]) -> DivergenceError:
    """Return the error for a loss that is infinite or NaN: training diverged, or the parameters were never usable."""
    if iteration == 1:
        advice = (
            "No step has been taken yet, so it is not the learning rate: look for NaN, infinite or huge "
            "values in X_train, or try a smaller weight_scale."
        )
    else:
        rates = ", ".join(map(str, learning_rates))
        advice = (
            f"Try a learning rate ten times smaller (it is {rates}), then a smaller weight_scale, and check "
            "the gradients numerically. The model holds the best parameters up to then."
        )
    return DivergenceError(f"training diverged: the loss of iteration {iteration} is {loss}. {advice}")


def rows_and_labels(data: dict[str, np.ndarray], split: str) -> tuple[np.ndarray, np.ndarray]:
    """Return ``X_<split>`` and ``y_<split>`` of ``data``, checked."""
    X_name, y_name = f"X_{split}", f"y_{split}"
    for name in (X_name, y_name):
        if name not in data:
            raise ValueError(
                f"data must have the entry {name!r}, but has {', '.join(map(repr, data)) or 'none'}"
            )
    X = check_array(f"data[{X_name!r}]", data[X_name])
    if X.ndim < 2 or len(X) == 0:
        raise ValueError(f"data[{X_name!r}] must hold at least one row, but its shape is {X.shape}")
    y = check_array(f"data[{y_name!r}]", data[y_name], kinds="iu", shape=(len(X),))
    return X, y


def sample_size(name: str, value: int | None) -> int | None:
    """Return a number of rows to draw, or ``None`` for all rows, checked."""
    return None if value is None else check_integer(name, value, minimum=1)
