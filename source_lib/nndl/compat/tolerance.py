"""Arguments that the courses take and this library refuses: made into what it takes."""

from __future__ import annotations

from typing import Any

import numpy as np


def as_floats(x: Any, *others: Any) -> list[np.ndarray]:
    """Return all arguments as floating-point arrays; those that are none get the type of ``x``, or float64."""
    arrays = [np.asarray(value) for value in (x, *others)]
    dtype = arrays[0].dtype if arrays[0].dtype.kind == "f" else np.dtype(np.float64)
    return [array if array.dtype.kind == "f" else array.astype(dtype) for array in arrays]


def as_labels(y: Any) -> np.ndarray:
    """Return class labels as integers (N,): from a list, from whole numbers stored as floats, from a column (N, 1)."""
    labels = np.asarray(y)
    if labels.ndim == 2 and labels.shape[1] == 1:
        labels = labels[:, 0]
    if labels.dtype.kind == "f" and np.array_equal(labels, np.floor(labels)):
        labels = labels.astype(np.int64)
    return labels
