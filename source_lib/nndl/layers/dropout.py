"""Inverted dropout: random units are silenced in training, and nothing happens at test time."""

from __future__ import annotations

from typing import Any

import numpy as np

from .._support.validate import check_array
from ._settings import dropout_settings

Cache = tuple[dict[str, Any], np.ndarray | None]


def dropout_forward(x: np.ndarray, dropout_param: dict[str, Any]) -> tuple[np.ndarray, Cache]:
    """Keep each unit with probability ``p``, and scale what is kept by ``1 / p``.

    In training mode one call of ``np.random.rand`` draws a number for each entry of ``x``; the mask is
    ``1 / p`` where the draw is below ``p`` and 0 where it is above, and ``out = x * mask``. (A draw that is
    exactly ``p`` may count either way.) In test mode ``out = x``, without a draw. ``x`` may have any number of axes,
    and is left as it is.

    Parameters
    ----------
    x : float array of shape (N, ...)
        A batch of inputs; N may be 1.
    dropout_param : dict
        Settings; the dict is not changed:

        - ``p``: probability of *keeping* a unit, above 0 and at most 1; required in either mode.
        - ``mode``: ``"train"`` or ``"test"``; required.
        - ``seed``: integer, optional. If given, ``np.random.seed(seed)`` is called first, in either mode.

    Returns
    -------
    out : array in the shape and dtype of ``x``
        Outputs.
    cache : tuple
        ``(dropout_param, mask)``, the mask in the shape and dtype of ``x``; it is None in test mode.

    Raises
    ------
    TypeError
        If ``x`` is not an array of floating-point numbers, ``dropout_param`` is not a dict, ``p`` is not a
        number, or ``seed`` is not an integer.
    ValueError
        If ``p`` or ``mode`` is missing or not allowed.

    Notes
    -----
    ``seed`` makes the mask the same at every call, which a numeric gradient check needs. It reseeds NumPy's
    *global* generator, so all else that is drawn afterwards repeats too: leave it out in real training.
    Many texts call the probability of *dropping* a unit p.

    References
    ----------
    N. Srivastava, G. Hinton, A. Krizhevsky, I. Sutskever and R. Salakhutdinov, "Dropout: a simple way to
    prevent neural networks from overfitting", Journal of Machine Learning Research 15, 2014.
    """
    p, mode, seed = dropout_settings(x, dropout_param)
    if seed is not None:
        np.random.seed(seed)

    mask = None
    if mode == "train":
        ### BEGIN SOLUTION dropout
        mask = (np.random.rand(*x.shape) < p).astype(x.dtype) / p
        out = x * mask
        ### END SOLUTION
    else:
        ### BEGIN SOLUTION dropout
        out = x
        ### END SOLUTION
    return out, (dropout_param, mask)


def dropout_backward(dout: np.ndarray, cache: Cache) -> np.ndarray:
    """Backpropagate through :func:`dropout_forward`.

    The mask is a constant here: once it is drawn, each output is its input times one number. What counts is
    the mode of the forward pass, even if ``dropout_param`` has been changed since. ``dout`` is left as it is,
    and a cache may serve more than one call.

    Parameters
    ----------
    dout : float array in the shape of ``x``
        Upstream gradient, with any number of axes; N may be 1.
    cache : tuple
        What :func:`dropout_forward` returned.

    Returns
    -------
    dx : array in the shape of ``x``, and in its dtype if ``dout`` has it too
        Gradient with respect to ``x``.
    """
    _, mask = cache
    check_array("dout", dout, shape=None if mask is None else mask.shape, kinds="f")
    ### BEGIN SOLUTION dropout
    dx = dout if mask is None else dout * mask
    ### END SOLUTION
    return dx
