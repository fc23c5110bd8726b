"""``cs231n.classifiers.linear_classifier``: linear classifiers trained by stochastic gradient descent."""

### ANSWERS fc_net

from typing import Any as _Any

import numpy as np

from ..progress import show_loss as _show_loss
from ..saving import SavedParams as _SavedParams
from ..tolerance import as_labels as _as_labels
from .linear_svm import *
from .softmax import *


class LinearClassifier(_SavedParams):
    """A linear classifier with weights ``W`` (D, C); a subclass says what its loss is.

    Attributes
    ----------
    W : array (D, C) or None
        One column per class; None before the first training.
    """

    def __init__(self) -> None:
        self.W: _Any = None

    def train(
        self,
        X: np.ndarray,
        y: _Any,
        learning_rate: float = 1e-3,
        reg: float = 1e-5,
        num_iters: int = 100,
        batch_size: int = 200,
        verbose: bool = False,
    ) -> list[float]:
        """Take ``num_iters`` steps of gradient descent, each on ``batch_size`` rows drawn with replacement.

        Parameters
        ----------
        X : array (N, D)
        y : integer array (N,)
            Classes; their number is the largest plus 1.
        learning_rate, reg : float
        num_iters, batch_size : int
        verbose : bool, default False
            Print the loss at every 100th iteration.

        Returns
        -------
        loss_history : list of float
            The loss of each minibatch, before its step.
        """
        y = _as_labels(y)
        if self.W is None:
            self.W = 0.001 * np.random.randn(X.shape[1], int(y.max()) + 1)
        history = []
        for it in range(num_iters):
            rows = np.random.choice(len(X), batch_size)
            loss, grad = self.loss(X[rows], y[rows], reg)
            history.append(loss)
            self.W -= learning_rate * grad
            _show_loss(verbose, it, num_iters, loss, "f")
        return history

    def predict(self, X: np.ndarray) -> np.ndarray:
        """Return for each row of ``X`` (N, D) the class with the highest score."""
        return (X @ self.W).argmax(axis=1)

    def loss(self, X_batch: np.ndarray, y_batch: _Any, reg: float) -> tuple[float, np.ndarray]:
        """Return the loss and its gradient with respect to ``W``."""
        raise NotImplementedError(
            f"{type(self).__name__} has no loss of its own: take LinearSVM or Softmax, or write one"
        )

    def _kept(self) -> _Any:
        return {"W": self.W}

    def _take(self, params: _Any) -> None:
        self.W = params["W"]


class LinearSVM(LinearClassifier):
    """A linear classifier with the multiclass hinge loss."""

    def loss(self, X_batch: np.ndarray, y_batch: _Any, reg: float) -> tuple[float, np.ndarray]:
        """Return the loss and its gradient with respect to ``W``."""
        return svm_loss_vectorized(self.W, X_batch, y_batch, reg)


class Softmax(LinearClassifier):
    """A linear classifier with the cross entropy of the softmax."""

    def loss(self, X_batch: np.ndarray, y_batch: _Any, reg: float) -> tuple[float, np.ndarray]:
        """Return the loss and its gradient with respect to ``W``."""
        return softmax_loss_vectorized(self.W, X_batch, y_batch, reg)
