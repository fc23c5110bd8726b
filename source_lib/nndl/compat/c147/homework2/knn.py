"""``nndl.knn``: homework 2's nearest-neighbour classifier."""

from collections.abc import Callable as _Callable
from typing import Any as _Any

import numpy as np

from ...nearest import squared_distances as _squared_distances
from ...nearest import vote as _vote
from ...tolerance import as_labels as _as_labels


class KNN:
    """Classify a row as most of the ``k`` nearest training rows are classified."""

    X_train: np.ndarray
    y_train: np.ndarray

    def train(self, X: np.ndarray, y: _Any) -> None:
        """Remember the training rows ``X`` (N, D) and their labels ``y`` (N,)."""
        self.X_train, self.y_train = X, _as_labels(y)

    def compute_distances(
        self, X: np.ndarray, norm: _Callable[[np.ndarray], float] | None = None
    ) -> np.ndarray:
        """Return the distances (M, N) of the rows of ``X`` (M, D) from the training rows, one pair at a time.

        Parameters
        ----------
        X : array (M, D)
        norm : callable, optional
            Takes the difference of two rows; the Euclidean norm by default.
        """
        length: _Any = np.linalg.norm if norm is None else norm
        return np.array([[length(row - train_row) for train_row in self.X_train] for row in X])

    def compute_L2_distances_vectorized(self, X: np.ndarray) -> np.ndarray:
        """Return the Euclidean distances (M, N) from one matrix product."""
        return np.sqrt(_squared_distances(X, self.X_train))

    def predict_labels(self, dists: np.ndarray, k: int = 1) -> np.ndarray:
        """Return the label that most of the ``k`` nearest training rows have; of several, the smallest."""
        return _vote(self.y_train, dists, k)
