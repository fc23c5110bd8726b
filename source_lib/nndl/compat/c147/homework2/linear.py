"""What homework 2's two linear classifiers have in common."""

### ANSWERS fc_net

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from ...progress import show_loss
from ...tolerance import as_labels


class LinearClassifier:
    """A linear classifier with weights ``W`` (C, D), one *row* per class; the scores are ``X @ W.T``.

    Parameters
    ----------
    dims : sequence of int, default (10, 3073)
        C and D.
    """

    _scale: float
    _loss_of_scores: Callable[[np.ndarray, Any], tuple[float, np.ndarray]]

    def __init__(self, dims: Sequence[int] = (10, 3073)) -> None:
        self.init_weights(dims)

    def init_weights(self, dims: Sequence[int]) -> None:
        """Draw new weights of shape ``dims`` from NumPy's global generator."""
        self.W = self._scale * np.random.normal(size=dims)

    def loss(self, X: np.ndarray, y: Any) -> float:
        """Return the mean loss over the rows of ``X`` (N, D) with labels ``y`` (N,)."""
        return self.fast_loss_and_grad(X, y)[0]

    def fast_loss_and_grad(self, X: np.ndarray, y: Any) -> tuple[float, np.ndarray]:
        """Return the mean loss and its gradient (C, D) with respect to ``W``, without loops."""
        loss, dscores = self._loss_of_scores(X @ self.W.T, y)
        return loss, dscores.T @ X

    def grad_check_sparse(
        self, X: np.ndarray, y: Any, your_grad: np.ndarray, num_checks: int = 10, h: float = 1e-5
    ) -> None:
        """Print numeric and given gradient at random entries of ``W``, which NumPy's global generator draws."""
        for _ in range(num_checks):
            index = tuple(np.random.randint(length) for length in self.W.shape)
            original = self.W[index]
            self.W[index] = original + h
            above = self.loss(X, y)
            self.W[index] = original - h
            below = self.loss(X, y)
            self.W[index] = original
            numeric, analytic = (above - below) / (2 * h), your_grad[index]
            error = abs(numeric - analytic) / max(abs(numeric) + abs(analytic), 1e-300)
            print(f"numerical: {numeric:f} analytic: {analytic:f}, relative error: {error:e}")

    def train(
        self,
        X: np.ndarray,
        y: Any,
        learning_rate: float = 1e-3,
        num_iters: int = 100,
        batch_size: int = 200,
        verbose: bool = False,
    ) -> list[float]:
        """Draw new weights, then take ``num_iters`` steps, each on ``batch_size`` rows drawn with replacement.

        Parameters
        ----------
        X : array (N, D)
        y : integer array (N,)
            Classes; their number is the largest plus 1.
        learning_rate : float
        num_iters, batch_size : int
        verbose : bool, default False
            Print the loss at every 100th iteration.

        Returns
        -------
        loss_history : list of float
            The loss of each minibatch, before its step.
        """
        y = as_labels(y)
        self.init_weights((int(y.max()) + 1, X.shape[1]))
        history = []
        for it in range(num_iters):
            rows = np.random.choice(len(X), batch_size)
            loss, grad = self.fast_loss_and_grad(X[rows], y[rows])
            history.append(loss)
            self.W -= learning_rate * grad
            show_loss(verbose, it, num_iters, loss)
        return history

    def predict(self, X: np.ndarray) -> np.ndarray:
        """Return for each row of ``X`` (N, D) the class with the highest score."""
        return (X @ self.W.T).argmax(axis=1)
