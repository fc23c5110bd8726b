"""Normalization of images, where the entries of one channel share their statistics."""

from __future__ import annotations

from typing import Any

import numpy as np

from .._support.validate import check_array
from ._settings import groupnorm_settings, image_sizes
from .batchnorm import (
    batchnorm_backward,
    batchnorm_backward_alt,  # noqa: F401 -- the gradient of the spatial layer may be written with either
    batchnorm_forward,
)


def spatial_batchnorm_forward(
    x: np.ndarray, gamma: np.ndarray, beta: np.ndarray, bn_param: dict[str, Any]
) -> tuple[np.ndarray, Any]:
    """Batch normalization of images: each channel over the batch, the rows and the columns.

    This is :func:`batchnorm_forward` with every pixel taken as one row of C features. ``x``, ``gamma`` and ``beta``
    are left as they are.

    Parameters
    ----------
    x : float array of shape (N, C, H, W)
        A batch of images, which may be one image; in training mode with at least one pixel in all.
    gamma, beta : float arrays of shape (C,)
        Scale and shift of each channel.
    bn_param : dict
        As for :func:`batchnorm_forward`, with running statistics of shape (C,); a test call changes nothing.

    Returns
    -------
    out : array of shape (N, C, H, W)
        Outputs, in the dtype NumPy promotes ``x``, ``gamma`` and ``beta`` to (float32 stays float32).
    cache : object
        What :func:`spatial_batchnorm_backward` needs, in a layout of your choice. While this function is not right, the
        grader also tries :func:`spatial_batchnorm_backward` with the cache ``(x.shape, pixel_cache)``, whose second
        entry is that of :func:`batchnorm_forward` for one row of channels a pixel, image by image.

    Raises
    ------
    TypeError, ValueError
        If ``x`` is not a float array with four axes, and in the cases of :func:`batchnorm_forward`.

    References
    ----------
    S. Ioffe and C. Szegedy, "Batch normalization: accelerating deep network training by reducing internal
    covariate shift", ICML 2015, section 3.2, https://arxiv.org/abs/1502.03167.
    """
    n, channels, height, width = image_sizes(x, gamma, beta)
    ### BEGIN SOLUTION cnn
    pixels = x.transpose(0, 2, 3, 1).reshape(n * height * width, channels)
    out, pixel_cache = batchnorm_forward(pixels, gamma, beta, bn_param)
    cache = (x.shape, pixel_cache)
    out = out.reshape(n, height, width, channels).transpose(0, 3, 1, 2)
    ### END SOLUTION
    return out, cache


def spatial_batchnorm_backward(dout: np.ndarray, cache: Any) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Backpropagate through a training call of :func:`spatial_batchnorm_forward`.

    It takes about as long as the forward pass. ``dout`` and the cache are left as they are.

    Parameters
    ----------
    dout : float array of shape (N, C, H, W)
        Upstream gradient; N may be 1. Whether its shape is that of ``x`` is not checked.
    cache : object
        What :func:`spatial_batchnorm_forward` returned in training mode.

    Returns
    -------
    dx : array of shape (N, C, H, W)
        Gradient with respect to ``x``.
    dgamma, dbeta : arrays of shape (C,)
        Gradients with respect to ``gamma`` and ``beta``.
    """
    check_array("dout", dout, ndim=4, kinds="f")
    ### BEGIN SOLUTION cnn
    shape, pixel_cache = cache
    n, channels, height, width = shape
    pixels = dout.transpose(0, 2, 3, 1).reshape(n * height * width, channels)
    dx, dgamma, dbeta = batchnorm_backward(pixels, pixel_cache)
    dx = dx.reshape(n, height, width, channels).transpose(0, 3, 1, 2)
    ### END SOLUTION
    return dx, dgamma, dbeta


def spatial_groupnorm_forward(
    x: np.ndarray, gamma: np.ndarray, beta: np.ndarray, G: int, gn_param: dict[str, Any]
) -> tuple[np.ndarray, Any]:
    """Normalize each image over groups of channels, then scale and shift each channel.

    The C channels form G groups of C / G consecutive ones. ``out = gamma * x_hat + beta`` with
    ``x_hat = (x - mean) / sqrt(var + eps)``, where ``mean`` and ``var`` are the mean and biased variance
    over all entries of one group in one image. No image depends on another one, so there are no running
    statistics, and training and test are the same. One group is layer normalization of the whole image;
    C groups normalize every channel on its own.

    Parameters
    ----------
    x : float array of shape (N, C, H, W)
        A batch of images with at least one entry each. N may be 0 or 1.
    gamma, beta : float arrays of shape (1, C, 1, 1)
        Scale and shift of each channel. The shape differs from the (C,) of
        :func:`spatial_batchnorm_forward`.
    G : int
        Number of groups; a divisor of C.
    gn_param : dict
        May hold ``eps``, which is added to the variance inside the square root; default 1e-5. Other keys,
        ``mode`` among them, are ignored. The dict is not changed.

    Returns
    -------
    out : array of shape (N, C, H, W)
        Outputs, in the dtype NumPy promotes ``x``, ``gamma`` and ``beta`` to (float32 stays float32).
    cache : object
        What :func:`spatial_groupnorm_backward` needs, in a layout of your choice. While this function is not right, the
        grader also tries :func:`spatial_groupnorm_backward` with the cache ``(x_hat, gamma, std, groups)``: the
        normalized ``x``, ``gamma``, the root of the variance plus ``eps``, of shape (N, G, 1), and the shape
        ``(N, G, entries of a group)``.

    Raises
    ------
    TypeError
        If an array does not hold floating-point numbers, ``G`` is not an integer, or ``gn_param`` is not a dict.
    ValueError
        If the shapes do not fit together, images are empty, ``G`` does not divide C or ``eps`` is negative.

    References
    ----------
    Y. Wu and K. He, "Group normalization", ECCV 2018, https://arxiv.org/abs/1803.08494.
    """
    eps = groupnorm_settings(x, gamma, beta, G, gn_param)
    n, channels, height, width = x.shape
    ### BEGIN SOLUTION cnn
    groups = x.reshape(n, G, channels // G * height * width)
    mean = groups.mean(axis=2, keepdims=True)
    std = np.sqrt(groups.var(axis=2, keepdims=True) + eps)
    x_hat = ((groups - mean) / std).reshape(x.shape)
    out = gamma * x_hat + beta
    cache = (x_hat, gamma, std, groups.shape)
    ### END SOLUTION
    return out, cache


def spatial_groupnorm_backward(dout: np.ndarray, cache: Any) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Backpropagate through :func:`spatial_groupnorm_forward`.

    It takes about as long as the forward pass. ``dout`` and the cache are left as they are.

    Parameters
    ----------
    dout : float array of shape (N, C, H, W)
        Upstream gradient; N may be 1. Whether its shape is that of ``x`` is not checked.
    cache : object
        What :func:`spatial_groupnorm_forward` returned.

    Returns
    -------
    dx : array of shape (N, C, H, W)
        Gradient with respect to ``x``.
    dgamma, dbeta : arrays of shape (1, C, 1, 1)
        Gradients with respect to ``gamma`` and ``beta``.
    """
    check_array("dout", dout, ndim=4, kinds="f")
    ### BEGIN SOLUTION cnn
    x_hat, gamma, std, groups = cache
    dbeta = dout.sum(axis=(0, 2, 3), keepdims=True)
    dgamma = (dout * x_hat).sum(axis=(0, 2, 3), keepdims=True)
    dx_hat, x_hat = (dout * gamma).reshape(groups), x_hat.reshape(groups)
    through_mean = dx_hat.mean(axis=2, keepdims=True)
    through_std = x_hat * (dx_hat * x_hat).mean(axis=2, keepdims=True)
    dx = ((dx_hat - through_mean - through_std) / std).reshape(dout.shape)
    ### END SOLUTION
    return dx, dgamma, dbeta
