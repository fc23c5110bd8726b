"""``cs231n.classifiers.neural_net``: the two-layer net of assignment 1 until 2020."""

### ANSWERS fc_net

from typing import Any as _Any

import numpy as np

from .. import settings as _settings
from ..shared.layers import softmax_loss as _softmax_loss
from ..shared.training import CourseTraining as _CourseTraining
from .penalty import penalty as _penalty

_settings.older_name("cs231n.classifiers.neural_net")


class TwoLayerNet(_CourseTraining):
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

    digits = "f"
    default_reg = 5e-6

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
