"""``nndl.softmax``: homework 2's softmax classifier."""

### ANSWERS fc_net

from typing import Any as _Any

import numpy as np

from ...shared.layers import softmax_loss as _softmax_loss
from ...tolerance import as_labels as _as_labels
from .linear import LinearClassifier as _LinearClassifier


class Softmax(_LinearClassifier):
    """A linear classifier with the cross entropy of the softmax, without a penalty."""

    _scale = 1e-4
    _loss_of_scores = staticmethod(_softmax_loss)

    def loss_and_grad(self, X: np.ndarray, y: _Any) -> tuple[float, np.ndarray]:
        """Compute loss and gradient row by row and class by class."""
        loss, grad = 0.0, np.zeros_like(self.W)
        for row, label in zip(X, _as_labels(y), strict=True):
            scores = self.W @ row
            scores -= scores.max()
            total = np.exp(scores).sum()
            loss += np.log(total) - scores[label]
            for j in range(len(self.W)):
                grad[j] += (np.exp(scores[j]) / total - (j == label)) * row
        return loss / len(X), grad / len(X)
