"""What two courses' nearest-neighbour classifiers share."""

from __future__ import annotations

import numpy as np


def squared_distances(A: np.ndarray, B: np.ndarray) -> np.ndarray:
    r"""Return the squared Euclidean distance of every row of ``A`` (N, D) from every row of ``B`` (M, D): (N, M).

    From :math:`|a - b|^2 = |a|^2 - 2 a \cdot b + |b|^2`, one matrix product instead of N M D subtractions. Rounding can
    take equal rows a little below 0; such values become 0.
    """
    squares = (A**2).sum(axis=1)[:, np.newaxis] + (B**2).sum(axis=1) - 2 * A @ B.T
    return np.maximum(squares, 0)


def vote(labels: np.ndarray, distances: np.ndarray, k: int) -> np.ndarray:
    """Return for each row of distances (N, M) the label of most of its ``k`` nearest; of several, the smallest."""
    if not 1 <= k <= distances.shape[1]:
        raise ValueError(f"k must be from 1 to the {distances.shape[1]} training rows, but got {k}")
    nearest = labels[np.argsort(distances, axis=1, kind="stable")[:, :k]]
    return np.array([np.bincount(row).argmax() for row in nearest], dtype=labels.dtype)
