"""Losses on class scores: each returns the mean loss over the batch and its gradient."""

from __future__ import annotations

from typing import Any

import numpy as np

from .._support.validate import check_array, check_labels


def svm_loss(x: np.ndarray, y: np.ndarray) -> tuple[float, np.ndarray]:
    """Multiclass hinge loss with margin 1.

    A row with scores ``s`` and true class ``c`` costs ``sum over j != c of max(0, s_j - s_c + 1)``;
    the loss is the mean over the rows. Loss and gradient together take a few times as long as the loss.

    Parameters
    ----------
    x : float array of shape (N, C)
        Scores, N at least 1.
    y : integer array of shape (N,)
        True classes, from 0 to C - 1.

    Returns
    -------
    loss : float
        Mean hinge loss; about C - 1 while all scores are near zero.
    dx : array of shape (N, C)
        Gradient of the loss with respect to ``x``, in its dtype. A margin of exactly 0 adds nothing. ``x`` is left
        as it is.

    Raises
    ------
    TypeError
        If ``x`` is not a float array, or ``y`` is not an integer array.
    ValueError
        If the shapes do not fit, the batch is empty or a label is out of range.

    References
    ----------
    J. Weston and C. Watkins, "Support vector machines for multi-class pattern recognition", ESANN 1999.
    """
    rows = _check_scores(x, y)
    ### BEGIN SOLUTION fc_net
    margins = np.maximum(0, x - x[rows, y][:, np.newaxis] + 1)
    margins[rows, y] = 0
    loss = margins.sum(axis=1).mean()

    dx = (margins > 0).astype(x.dtype)
    dx[rows, y] = -dx.sum(axis=1)
    dx /= len(x)
    ### END SOLUTION
    return float(loss), dx


def softmax_loss(x: np.ndarray, y: np.ndarray) -> tuple[float, np.ndarray]:
    """Cross-entropy of the softmax of the logits.

    A row with logits ``s`` and true class ``c`` costs ``-log p_c`` with
    ``p_j = exp(s_j) / (sum over k of exp(s_k))``; the loss is the mean over the rows. Loss and gradient together take
    a few times as long as the loss.

    Parameters
    ----------
    x : float array of shape (N, C)
        Logits, N at least 1.
    y : integer array of shape (N,)
        True classes, from 0 to C - 1.

    Returns
    -------
    loss : float
        Mean cross-entropy; log(C) while all logits are equal.
    dx : array of shape (N, C)
        Gradient of the loss with respect to ``x``, in its dtype.

    Raises
    ------
    TypeError
        If ``x`` is not a float array, or ``y`` is not an integer array.
    ValueError
        If the shapes do not fit, the batch is empty or a label is out of range.

    Notes
    -----
    Loss and gradient are finite, and no warning is raised, for logits as far apart as -1e4 and 1e4.
    ``exp(1e4)`` overflows and ``log(exp(-1e4))`` is the logarithm of 0, so subtract each row's largest
    logit first (this changes no probability) and work with log-probabilities, never with the
    logarithm of a probability. For the gradient, ask how ``-log p_c`` moves with each ``s_j``: the derivative
    is made of probabilities alone.
    """
    rows = _check_scores(x, y)
    ### BEGIN SOLUTION fc_net
    shifted = x - x.max(axis=1, keepdims=True)
    log_probs = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
    loss = -log_probs[rows, y].mean()

    dx = np.exp(log_probs)
    dx[rows, y] -= 1
    dx /= len(x)
    ### END SOLUTION
    return float(loss), dx


def _check_scores(x: Any, y: Any) -> np.ndarray:
    """Check scores and labels of a loss; return the row indices ``0 … N - 1``."""
    check_array("x", x, ndim=2, kinds="f")
    if x.size == 0:
        raise ValueError(f"x must have at least one row and one class, but its shape is {x.shape}")
    check_labels("y", y, rows=len(x), classes=x.shape[1])
    return np.arange(len(x))
