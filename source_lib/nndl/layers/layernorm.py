"""Layer normalization: every input normalized over its own features."""

from __future__ import annotations

from typing import Any

import numpy as np

from .._support.validate import check_array
from ._settings import layernorm_settings


def layernorm_forward(
    x: np.ndarray, gamma: np.ndarray, beta: np.ndarray, ln_param: dict[str, Any]
) -> tuple[np.ndarray, Any]:
    """Normalize each row over its features, then scale and shift each feature.

    ``out = gamma * x_hat + beta`` with ``x_hat = (x - mean) / sqrt(var + eps)``, where ``mean`` and ``var``
    are each row's mean and biased variance (divided by D). No row depends on another one, so there are no
    running statistics, and training and test are the same.

    Parameters
    ----------
    x : float array of shape (N, D)
        A batch of N inputs with at least one feature. N may be 0 or 1.
    gamma, beta : float arrays of shape (D,)
        Scale and shift of each *feature*, as in batch normalization.
    ln_param : dict
        May hold ``eps``, which is added to the variance inside the square root; default 1e-5. Other keys,
        ``mode`` among them, are ignored. The dict is not changed.

    Returns
    -------
    out : array of shape (N, D)
        Outputs, in the dtype NumPy promotes ``x``, ``gamma`` and ``beta`` to (float32 stays float32).
    cache : object
        What :func:`layernorm_backward` needs, in a layout of your choice. While this function is not right, the
        grader also tries :func:`layernorm_backward` with the cache ``(x_hat, gamma, std)``: the normalized ``x``,
        ``gamma``, and the root of each row's variance plus ``eps``, of shape (N, 1).

    Raises
    ------
    TypeError
        If an array does not hold floating-point numbers, or ``ln_param`` is not a dict.
    ValueError
        If the shapes do not fit together, there are no features, or ``eps`` is negative.

    References
    ----------
    J. L. Ba, J. R. Kiros and G. E. Hinton, "Layer normalization", 2016, https://arxiv.org/abs/1607.06450.
    """
    eps = layernorm_settings(x, gamma, beta, ln_param)
    ### BEGIN SOLUTION batchnorm
    mean = x.mean(axis=1, keepdims=True)
    std = np.sqrt(x.var(axis=1, keepdims=True) + eps)
    x_hat = (x - mean) / std
    out = gamma * x_hat + beta
    cache = (x_hat, gamma, std)
    ### END SOLUTION
    return out, cache


def layernorm_backward(dout: np.ndarray, cache: Any) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Backpropagate through :func:`layernorm_forward`.

    The steps are those of batch normalization with the roles of rows and columns exchanged, except that
    ``gamma`` and ``beta`` still belong to columns.

    It takes about as long as the forward pass. Differences of the forward pass, one for each entry of ``x``, would
    take far longer, and are for checking only. ``dout`` and the cache are left as they are.

    Parameters
    ----------
    dout : float array of shape (N, D)
        Upstream gradient; N may be 1, and so may D, a single feature. Whether N and D are those of ``x`` is not
        checked.
    cache : object
        What :func:`layernorm_forward` returned.

    Returns
    -------
    dx : array of shape (N, D)
        Gradient with respect to ``x``.
    dgamma, dbeta : arrays of shape (D,)
        Gradients with respect to ``gamma`` and ``beta``, summed over the batch.
    """
    check_array("dout", dout, ndim=2, kinds="f")
    ### BEGIN SOLUTION batchnorm
    x_hat, gamma, std = cache
    dbeta = dout.sum(axis=0)
    dgamma = (dout * x_hat).sum(axis=0)
    dx_hat = dout * gamma
    through_mean = dx_hat.mean(axis=1, keepdims=True)
    through_std = x_hat * (dx_hat * x_hat).mean(axis=1, keepdims=True)
    dx = (dx_hat - through_mean - through_std) / std
    ### END SOLUTION
    return dx, dgamma, dbeta
