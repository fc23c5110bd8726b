"""The affine layer: every output feature is a weighted sum of all input features plus a bias."""

from __future__ import annotations

from math import prod

import numpy as np

from .._support.validate import check_array

Cache = tuple[np.ndarray, np.ndarray, np.ndarray]


def affine_forward(x: np.ndarray, w: np.ndarray, b: np.ndarray) -> tuple[np.ndarray, Cache]:
    """Compute ``out = x w + b``, each input flattened to one row first; ``x``, ``w`` and ``b`` are left as they are.

    Parameters
    ----------
    x : array of shape (N, d_1, ..., d_k)
        A batch of N inputs with ``D = d_1 * ... * d_k`` features each. N may be 0 or 1.
    w : array of shape (D, M)
        Weights, one column per output feature.
    b : array of shape (M,)
        Biases.

    Returns
    -------
    out : array of shape (N, M)
        Outputs, in the dtype NumPy promotes ``x``, ``w`` and ``b`` to (float32 stays float32).
    cache : tuple
        ``(x, w, b)``, with ``x`` in the shape in which it came.

    Raises
    ------
    TypeError
        If an argument is not an array of real numbers.
    ValueError
        If ``x`` has no batch axis, or the shapes do not fit together.
    """
    check_array("x", x)
    if x.ndim < 2:
        raise ValueError(f"x must have a batch axis and at least one more, but its shape is {x.shape}")
    check_array("w", w, shape=(prod(x.shape[1:]), None))
    check_array("b", b, shape=(w.shape[1],))
    ### BEGIN SOLUTION fc_net
    rows = x.reshape(x.shape[0], w.shape[0])
    out = rows @ w + b
    ### END SOLUTION
    return out, (x, w, b)


def affine_backward(dout: np.ndarray, cache: Cache) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Backpropagate through :func:`affine_forward`.

    Each entry of ``out`` is a sum of products, so ``dout`` reaches every ``x`` in proportion to a weight, and
    every weight in proportion to an ``x``; what was used for all rows gets the sum over the rows. Each
    gradient has the shape of what it belongs to, and that leaves one way to write each product. It takes a few times
    as long as the forward pass; differences of the forward pass, one for each entry, would take far longer.

    Parameters
    ----------
    dout : array of shape (N, M)
        Upstream gradient: the derivative of the loss with respect to ``out``; N may be 1.
    cache : tuple
        What :func:`affine_forward` returned.

    Returns
    -------
    dx : array of shape (N, d_1, ..., d_k)
        Gradient with respect to ``x``, in the shape of ``x``.
    dw : array of shape (D, M)
        Gradient with respect to ``w``.
    db : array of shape (M,)
        Gradient with respect to ``b``.
    """
    x, w, _ = cache
    check_array("dout", dout, shape=(x.shape[0], w.shape[1]))
    ### BEGIN SOLUTION fc_net
    rows = x.reshape(x.shape[0], w.shape[0])
    dx = (dout @ w.T).reshape(x.shape)
    dw = rows.T @ dout
    db = dout.sum(axis=0)
    ### END SOLUTION
    return dx, dw, db
