"""Batch normalization: every feature normalized over the batch."""

from __future__ import annotations

from typing import Any

import numpy as np

from .._support.validate import check_array
from ._settings import batchnorm_settings


def batchnorm_forward(
    x: np.ndarray, gamma: np.ndarray, beta: np.ndarray, bn_param: dict[str, Any]
) -> tuple[np.ndarray, Any]:
    """Normalize each feature over the batch, then scale and shift it.

    In training mode ``out = gamma * x_hat + beta`` with ``x_hat = (x - mean) / sqrt(var + eps)``, where
    ``mean`` and ``var`` are each feature's mean and biased variance (divided by N) over the batch. Both
    running statistics then move towards those of the batch::

        running = momentum * running + (1 - momentum) * batch

    In test mode the running statistics take the place of ``mean`` and ``var``, and they stay as they are.

    Parameters
    ----------
    x : float array of shape (N, D)
        A batch of N inputs; N must be at least 1 in training mode.
    gamma, beta : float arrays of shape (D,)
        Scale and shift of each feature.
    bn_param : dict
        Settings and state of this layer:

        - ``mode``: ``"train"`` or ``"test"``; required.
        - ``eps``: added to the variance inside the square root; default 1e-5.
        - ``momentum``: weight of the *old* running value, from 0 to 1; default 0.9.
        - ``running_mean``, ``running_var``: arrays of shape (D,); zeros before the first training call.

        A training call stores new arrays, in the dtype of ``x``, under the last two keys. Nothing else in the
        dict changes, and a test call changes nothing.

    Returns
    -------
    out : array of shape (N, D)
        Outputs, in the dtype NumPy promotes ``x``, ``gamma`` and ``beta`` to (float32 stays float32).
    cache : object
        What the backward functions need, in a layout of your choice; None in test mode. While this function is not
        right, the grader also tries the backward functions with the cache ``(x_hat, gamma, std)``: the normalized
        ``x``, ``gamma``, and the root of the variance plus ``eps``.

    Raises
    ------
    TypeError
        If an array does not hold floating-point numbers, or ``bn_param`` is not a dict.
    ValueError
        If the shapes do not fit together, the mode is missing or unknown, ``eps`` or ``momentum`` is out of
        range, or the batch is empty in training mode.

    Notes
    -----
    PyTorch's momentum is the complement of this one (0.9 here is 0.1 there), and its running variance averages
    the unbiased batch variance (divided by N - 1).

    References
    ----------
    S. Ioffe and C. Szegedy, "Batch normalization: accelerating deep network training by reducing internal
    covariate shift", ICML 2015, https://arxiv.org/abs/1502.03167.
    """
    mode, eps, momentum, running_mean, running_var = batchnorm_settings(x, gamma, beta, bn_param)
    if mode == "train":
        ### BEGIN SOLUTION batchnorm
        mean = x.mean(axis=0)
        var = x.var(axis=0)
        std = np.sqrt(var + eps)
        x_hat = (x - mean) / std
        out = gamma * x_hat + beta
        running_mean = momentum * running_mean + (1 - momentum) * mean
        running_var = momentum * running_var + (1 - momentum) * var
        cache = (x_hat, gamma, std)
        ### END SOLUTION
        bn_param["running_mean"] = running_mean
        bn_param["running_var"] = running_var
    else:
        ### BEGIN SOLUTION batchnorm
        out = gamma * (x - running_mean) / np.sqrt(running_var + eps) + beta
        ### END SOLUTION
        cache = None
    return out, cache


def batchnorm_backward(dout: np.ndarray, cache: Any) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Backpropagate through a training call of :func:`batchnorm_forward`, step by step.

    Write the forward pass as a graph of small steps (mean, centred input, variance, standard deviation,
    normalized input, scaled and shifted output) and walk it backwards; where a value feeds two steps, the
    gradients of both add up. The batch's mean and variance depend on ``x`` too.

    It takes about as long as the forward pass. Differences of the forward pass, one for each entry of ``x``, would
    take far longer, and are for checking only. ``dout`` and the cache are left as they are.

    Parameters
    ----------
    dout : float array of shape (N, D)
        Upstream gradient; N may be 1. Whether N and D are those of ``x`` is not checked.
    cache : object
        What :func:`batchnorm_forward` returned in training mode.

    Returns
    -------
    dx : array of shape (N, D)
        Gradient with respect to ``x``.
    dgamma, dbeta : arrays of shape (D,)
        Gradients with respect to ``gamma`` and ``beta``.
    """
    _check_backward(dout, cache)
    ### BEGIN SOLUTION batchnorm
    x_hat, gamma, std = cache
    dbeta = dout.sum(axis=0)
    dgamma = (dout * x_hat).sum(axis=0)
    dx_hat = dout * gamma

    # x_hat = centred / std: centred feeds it directly and through std
    dcentred = dx_hat / std
    dstd = -(dx_hat * x_hat).sum(axis=0) / std
    # std = sqrt(mean(centred ** 2) + eps), so its derivative is centred / (N * std) = x_hat / N
    dcentred += dstd * x_hat / len(dout)
    # centred = x - mean(x)
    dx = dcentred - dcentred.mean(axis=0)
    ### END SOLUTION
    return dx, dgamma, dbeta


def batchnorm_backward_alt(dout: np.ndarray, cache: Any) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Backpropagate through a training call of :func:`batchnorm_forward` in one formula.

    Ask how one normalized value moves when one input does, directly and through the mean and the standard
    deviation, and sum over the batch. On paper, most of it cancels: what is left for ``dx`` needs ``dout``,
    ``dgamma``, ``dbeta`` and what the cache holds, and no intermediate gradient.

    Arguments and results are those of :func:`batchnorm_backward`, and both take the same cache. ``dout`` and the
    cache are left as they are here, too, and N may be 1.
    """
    _check_backward(dout, cache)
    ### BEGIN SOLUTION batchnorm
    x_hat, gamma, std = cache
    rows = len(dout)
    dbeta = dout.sum(axis=0)
    dgamma = (dout * x_hat).sum(axis=0)
    dx = gamma / (rows * std) * (rows * dout - dbeta - x_hat * dgamma)
    ### END SOLUTION
    return dx, dgamma, dbeta


def _check_backward(dout: Any, cache: Any) -> None:
    check_array("dout", dout, ndim=2, kinds="f")
    if cache is None:
        raise ValueError("cache must come from a forward pass with bn_param['mode'] = 'train', not 'test'")
