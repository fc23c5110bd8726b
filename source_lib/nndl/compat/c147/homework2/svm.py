"""``nndl.svm``: homework 2's linear support vector machine."""

### ANSWERS fc_net

from typing import Any as _Any

import numpy as np

from ...shared.layers import svm_loss as _svm_loss
from ...tolerance import as_labels as _as_labels
from .linear import LinearClassifier as _LinearClassifier


class SVM(_LinearClassifier):
    """A linear classifier with the multiclass hinge loss, without a penalty."""

    _scale = 1.0
    _loss_of_scores = staticmethod(_svm_loss)

    def loss_and_grad(self, X: np.ndarray, y: _Any) -> tuple[float, np.ndarray]:
        """Compute loss and gradient row by row and class by class."""
        loss, grad = 0.0, np.zeros_like(self.W)
        for row, label in zip(X, _as_labels(y), strict=True):
            scores = self.W @ row
            for j in range(len(self.W)):
                margin = scores[j] - scores[label] + 1
                if j != label and margin > 0:
                    loss += margin
                    grad[j] += row
                    grad[label] -= row
        return loss / len(X), grad / len(X)
