"""``cs231n.classifiers.linear_svm``: the multiclass hinge loss of a linear classifier."""

### ANSWERS linear_classifier

from random import shuffle
from typing import Any as _Any

import numpy as np

from ..shared.layers import svm_loss as _svm_loss
from ..tolerance import as_labels as _as_labels
from .penalty import penalty as _penalty


def svm_loss_naive(W: np.ndarray, X: np.ndarray, y: _Any, reg: float) -> tuple[float, np.ndarray]:
    """Compute the loss row by row and class by class; see :func:`svm_loss_vectorized`."""
    loss, dW = 0.0, np.zeros_like(W)
    for row, label in zip(X, _as_labels(y), strict=True):
        scores = row @ W
        for j in range(W.shape[1]):
            margin = scores[j] - scores[label] + 1
            if j != label and margin > 0:
                loss += margin
                dW[:, j] += row
                dW[:, label] -= row
    cost, gradient = _penalty(W, reg)
    return loss / len(X) + cost, dW / len(X) + gradient


def svm_loss_vectorized(W: np.ndarray, X: np.ndarray, y: _Any, reg: float) -> tuple[float, np.ndarray]:
    r"""Compute the mean over the rows of :math:`\sum_{j \neq y} \max(0, s_j - s_y + 1)` plus the L2 penalty.

    Parameters
    ----------
    W : array (D, C)
        Weights, one column per class; the scores are ``X @ W``.
    X : array (N, D)
    y : integer array (N,)
        Classes, from 0 to C - 1.
    reg : float
        Strength of the penalty ``reg * sum(W**2)`` (half of it in the notebooks of 2016).

    Returns
    -------
    loss : float
    dW : array (D, C)
        Gradient of the loss; a margin of exactly 0 adds nothing.
    """
    loss, dscores = _svm_loss(X @ W, y)
    cost, gradient = _penalty(W, reg)
    return loss + cost, X.T @ dscores + gradient
