"""``cs231n.classifiers.softmax``: the cross entropy of a linear classifier."""

### ANSWERS fc_net

from random import shuffle
from typing import Any as _Any

import numpy as np

from ..shared.layers import softmax_loss as _softmax_loss
from ..tolerance import as_labels as _as_labels
from .penalty import penalty as _penalty


def softmax_loss_naive(W: np.ndarray, X: np.ndarray, y: _Any, reg: float) -> tuple[float, np.ndarray]:
    """Compute the loss row by row and class by class; see :func:`softmax_loss_vectorized`."""
    loss, dW = 0.0, np.zeros_like(W)
    for row, label in zip(X, _as_labels(y), strict=True):
        scores = row @ W
        scores -= scores.max()
        total = np.exp(scores).sum()
        loss += np.log(total) - scores[label]
        for j in range(W.shape[1]):
            dW[:, j] += (np.exp(scores[j]) / total - (j == label)) * row
    cost, gradient = _penalty(W, reg)
    return loss / len(X) + cost, dW / len(X) + gradient


def softmax_loss_vectorized(W: np.ndarray, X: np.ndarray, y: _Any, reg: float) -> tuple[float, np.ndarray]:
    """Compute the mean cross entropy of the softmax of ``X @ W``, plus the L2 penalty.

    Parameters and results are those of :func:`cs231n.classifiers.linear_svm.svm_loss_vectorized`. Each row's largest
    score is subtracted first, so scores of any size give a finite loss.
    """
    loss, dscores = _softmax_loss(X @ W, y)
    cost, gradient = _penalty(W, reg)
    return loss + cost, X.T @ dscores + gradient
