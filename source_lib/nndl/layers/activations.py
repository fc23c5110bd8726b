"""The rectified linear unit, the nonlinearity between the layers."""

from __future__ import annotations

import numpy as np

from .._support.validate import check_array


def relu_forward(x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Compute ``out = max(0, x)`` entry by entry.

    Parameters
    ----------
    x : array of any shape
        Inputs, a single row among them; left as they are.

    Returns
    -------
    out : array in the shape and dtype of ``x``
        Rectified inputs; NaN stays NaN, infinity stays infinity.
    cache : array
        ``x`` itself.

    Raises
    ------
    TypeError
        If ``x`` is not an array of real numbers.

    References
    ----------
    V. Nair and G. Hinton, "Rectified linear units improve restricted Boltzmann machines", ICML 2010.
    """
    check_array("x", x)
    ### BEGIN SOLUTION fc_net
    out = np.maximum(0, x)
    ### END SOLUTION
    return out, x


def relu_backward(dout: np.ndarray, cache: np.ndarray) -> np.ndarray:
    """Backpropagate through :func:`relu_forward`.

    Parameters
    ----------
    dout : array in the shape of ``x``
        Upstream gradient, of any number of axes and of a single row or more; left as it is.
    cache : array
        The input ``x`` of the forward pass.

    Returns
    -------
    dx : array in the shape of ``x`` and the dtype of ``dout``
        Gradient with respect to ``x``: by how much does each output move when its input does? At exactly 0,
        where the function has no derivative, it is 0. Where ``x`` is NaN, anything will do.
    """
    x = cache
    check_array("dout", dout, shape=x.shape)
    ### BEGIN SOLUTION fc_net
    dx = np.where(x > 0, dout, 0)
    ### END SOLUTION
    return dx
