"""The layers, as the courses' modules ``layers`` take them: gamma, beta and labels of any type of number.

Like the courses' own modules, this and its neighbours have no ``__all__``: a star import brings everything that they
import themselves, NumPy as ``np`` too, and the courses' notebooks rely on it. Dropout differs and is in the courses'
own modules.
"""

from typing import Any as _Any

import numpy as np

from ... import layers as _strict
from ...layers import (
    affine_backward,
    affine_forward,
    batchnorm_backward,
    batchnorm_backward_alt,
    conv_backward_naive,
    conv_forward_naive,
    dropout_backward,
    layernorm_backward,
    max_pool_backward_naive,
    max_pool_forward_naive,
    relu_backward,
    relu_forward,
    spatial_batchnorm_backward,
)
from ..tolerance import as_floats as _as_floats
from ..tolerance import as_labels as _as_labels


def batchnorm_forward(x: _Any, gamma: _Any, beta: _Any, bn_param: dict) -> tuple[np.ndarray, _Any]:
    """As :func:`nndl.layers.batchnorm_forward`."""
    x, gamma, beta = _as_floats(x, gamma, beta)
    return _strict.batchnorm_forward(x, gamma, beta, bn_param)


def layernorm_forward(x: _Any, gamma: _Any, beta: _Any, ln_param: dict) -> tuple[np.ndarray, _Any]:
    """As :func:`nndl.layers.layernorm_forward`."""
    x, gamma, beta = _as_floats(x, gamma, beta)
    return _strict.layernorm_forward(x, gamma, beta, ln_param)


def spatial_batchnorm_forward(x: _Any, gamma: _Any, beta: _Any, bn_param: dict) -> tuple[np.ndarray, _Any]:
    """As :func:`nndl.layers.spatial_batchnorm_forward`."""
    x, gamma, beta = _as_floats(x, gamma, beta)
    return _strict.spatial_batchnorm_forward(x, gamma, beta, bn_param)


def spatial_groupnorm_forward(
    x: _Any, gamma: _Any, beta: _Any, G: int, gn_param: dict
) -> tuple[np.ndarray, _Any]:
    """As :func:`nndl.layers.spatial_groupnorm_forward`; gamma and beta may also have the shape (C,)."""
    x, gamma, beta = _as_floats(x, gamma, beta)
    shapes = gamma.shape, beta.shape
    if gamma.ndim == 1:
        gamma = gamma.reshape(1, -1, 1, 1)
    if beta.ndim == 1:
        beta = beta.reshape(1, -1, 1, 1)
    out, cache = _strict.spatial_groupnorm_forward(x, gamma, beta, G, gn_param)
    return out, (shapes, cache)


def spatial_groupnorm_backward(dout: np.ndarray, cache: _Any) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """As :func:`nndl.layers.spatial_groupnorm_backward`; dgamma and dbeta have the shapes of gamma and beta."""
    (gamma_shape, beta_shape), cache = cache
    dx, dgamma, dbeta = _strict.spatial_groupnorm_backward(dout, cache)
    return dx, dgamma.reshape(gamma_shape), dbeta.reshape(beta_shape)


def svm_loss(x: _Any, y: _Any) -> tuple[float, np.ndarray]:
    """As :func:`nndl.layers.svm_loss`."""
    (x,) = _as_floats(x)
    return _strict.svm_loss(x, _as_labels(y))


def softmax_loss(x: _Any, y: _Any) -> tuple[float, np.ndarray]:
    """As :func:`nndl.layers.softmax_loss`."""
    (x,) = _as_floats(x)
    return _strict.softmax_loss(x, _as_labels(y))
