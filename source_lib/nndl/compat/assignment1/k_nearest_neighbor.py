"""``cs231n.classifiers.k_nearest_neighbor``."""

from typing import Any as _Any

import numpy as np

from ..nearest import squared_distances as _squared_distances
from ..nearest import vote as _vote
from ..tolerance import as_labels as _as_labels


class KNearestNeighbor:
    """Classify a row as most of the ``k`` training rows are classified that are nearest by Euclidean distance."""

    X_train: np.ndarray
    y_train: np.ndarray

    def train(self, X: np.ndarray, y: _Any) -> None:
        """Remember the training rows ``X`` (N, D) and their labels ``y`` (N,): nothing else is learned."""
        self.X_train, self.y_train = X, _as_labels(y)

    def predict(self, X: np.ndarray, k: int = 1, num_loops: int = 0) -> np.ndarray:
        """Return the predicted labels of the rows of ``X`` (M, D).

        Parameters
        ----------
        X : array (M, D)
        k : int, default 1
            How many neighbours vote.
        num_loops : {0, 1, 2}, default 0
            Which of the three ways of computing the distances to take.

        Raises
        ------
        ValueError
            If there is no such way.
        """
        ways = {
            0: self.compute_distances_no_loops,
            1: self.compute_distances_one_loop,
            2: self.compute_distances_two_loops,
        }
        if num_loops not in ways:
            raise ValueError(f"num_loops must be 0, 1 or 2, but got {num_loops!r}")
        return self.predict_labels(ways[num_loops](X), k)

    def compute_distances_two_loops(self, X: np.ndarray) -> np.ndarray:
        """Return the distances (M, N) of the rows of ``X`` from the training rows, one pair at a time."""
        distances = np.zeros((len(X), len(self.X_train)))
        for i, row in enumerate(X):
            for j, train_row in enumerate(self.X_train):
                distances[i, j] = np.sqrt(((row - train_row) ** 2).sum())
        return distances

    def compute_distances_one_loop(self, X: np.ndarray) -> np.ndarray:
        """Return the same, one row of ``X`` at a time: its differences from all training rows at once."""
        distances = np.zeros((len(X), len(self.X_train)))
        for i, row in enumerate(X):
            distances[i] = np.sqrt(((self.X_train - row) ** 2).sum(axis=1))
        return distances

    def compute_distances_no_loops(self, X: np.ndarray) -> np.ndarray:
        """Return the same from one matrix product."""
        return np.sqrt(_squared_distances(X, self.X_train))

    def predict_labels(self, dists: np.ndarray, k: int = 1) -> np.ndarray:
        """Return the label that most of the ``k`` nearest training rows have; of several, the smallest.

        Parameters
        ----------
        dists : array (M, N)
            Distances from the training rows.
        k : int, default 1
        """
        return _vote(self.y_train, dists, k)
