"""``cs231n.classifiers.neural_net``: the two-layer net of assignment 1 until 2020."""

from typing import Any as _Any

import numpy as np

from .. import settings as _settings
from ..progress import show_loss as _show_loss
from ..shared.layers import softmax_loss as _softmax_loss
from ..tolerance import as_labels as _as_labels
from .penalty import penalty as _penalty

_settings.older_name("cs231n.classifiers.neural_net")


class TwoLayerNet:
    """Affine, ReLU, affine, softmax loss, with weights stored ``(in, out)`` and a training loop of its own.

    Parameters
    ----------
    input_size, hidden_size, output_size : int
        D, H and C.
    std : float, default 1e-4
        Standard deviation of the initial weights.

    Attributes
    ----------
    params : dict
        ``W1`` (D, H), ``b1`` (H,), ``W2`` (H, C), ``b2`` (C,).
    """

    def __init__(self, input_size: int, hidden_size: int, output_size: int, std: float = 1e-4) -> None:
        self.params = {
            "W1": std * np.random.randn(input_size, hidden_size),
            "b1": np.zeros(hidden_size),
            "W2": std * np.random.randn(hidden_size, output_size),
            "b2": np.zeros(output_size),
        }

    def loss(self, X: np.ndarray, y: _Any = None, reg: float = 0.0) -> _Any:
        """Compute the scores or, where labels are given, the loss and its gradients.

        Parameters
        ----------
        X : array (N, D)
        y : integer array (N,), optional
        reg : float, default 0.0
            Strength of the penalty ``reg * (sum(W1**2) + sum(W2**2))`` (half of it in the notebooks of 2016).

        Returns
        -------
        scores : array (N, C)
            Without labels.
        loss, grads : float and dict
            With labels; ``grads`` has the keys of ``params``.
        """
        W1, b1, W2, b2 = (self.params[name] for name in ("W1", "b1", "W2", "b2"))
        hidden = np.maximum(0, X @ W1 + b1)
        scores = hidden @ W2 + b2
        if y is None:
            return scores
        loss, dscores = _softmax_loss(scores, y)
        dhidden = (dscores @ W2.T) * (hidden > 0)
        grads = {
            "W1": X.T @ dhidden,
            "b1": dhidden.sum(axis=0),
            "W2": hidden.T @ dscores,
            "b2": dscores.sum(axis=0),
        }
        for name in ("W1", "W2"):
            cost, gradient = _penalty(self.params[name], reg)
            loss += cost
            grads[name] += gradient
        return loss, grads

    def train(
        self,
        X: np.ndarray,
        y: _Any,
        X_val: np.ndarray,
        y_val: _Any,
        learning_rate: float = 1e-3,
        learning_rate_decay: float = 0.95,
        reg: float = 5e-6,
        num_iters: int = 100,
        batch_size: int = 200,
        verbose: bool = False,
    ) -> dict[str, list[float]]:
        """Train by stochastic gradient descent on rows drawn with replacement.

        Parameters
        ----------
        X, X_val : arrays (N, D) and (N_val, D)
        y, y_val : integer arrays (N,) and (N_val,)
        learning_rate, learning_rate_decay : float
            Size of the first steps, and the factor on it at the first iteration of every epoch.
        reg : float
        num_iters, batch_size : int
        verbose : bool, default False
            Print the loss at every 100th iteration.

        Returns
        -------
        history : dict of str to list of float
            ``loss_history``, an entry per iteration; ``train_acc_history`` (of the minibatch) and
            ``val_acc_history``, an entry per epoch.
        """
        y, y_val = _as_labels(y), _as_labels(y_val)
        steps_per_epoch = max(len(X) // batch_size, 1)
        history: dict[str, list[float]] = {"loss_history": [], "train_acc_history": [], "val_acc_history": []}
        for it in range(num_iters):
            rows = np.random.choice(len(X), batch_size)
            loss, grads = self.loss(X[rows], y[rows], reg)
            history["loss_history"].append(loss)
            for name, grad in grads.items():
                self.params[name] -= learning_rate * grad
            _show_loss(verbose, it, num_iters, loss, "f")
            if it % steps_per_epoch == 0:
                history["train_acc_history"].append(float((self.predict(X[rows]) == y[rows]).mean()))
                history["val_acc_history"].append(float((self.predict(X_val) == y_val).mean()))
                learning_rate *= learning_rate_decay
        return history

    def predict(self, X: np.ndarray) -> np.ndarray:
        """Return for each row of ``X`` (N, D) the class with the highest score."""
        return self.loss(X).argmax(axis=1)
