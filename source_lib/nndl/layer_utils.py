"""Sandwich layers: common chains of layers behind one forward and one backward function.

Each stage's arguments, shapes and errors are those of the layer of that name. The cache of a sandwich is the
tuple of its inner caches, in the order of computation. Convolution and pooling are those of ``nndl.fast_layers``. The
backward functions that end in a convolution pass ``need_dx`` on to it; without it, ``dx`` is None.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from .fast_layers import conv_backward_fast, conv_forward_fast, max_pool_backward_fast, max_pool_forward_fast
from .layers import (
    affine_backward,
    affine_forward,
    batchnorm_backward,
    batchnorm_forward,
    layernorm_backward,
    layernorm_forward,
    relu_backward,
    relu_forward,
    spatial_batchnorm_backward,
    spatial_batchnorm_forward,
)

__all__ = [
    "affine_bn_relu_backward",
    "affine_bn_relu_forward",
    "affine_ln_relu_backward",
    "affine_ln_relu_forward",
    "affine_relu_backward",
    "affine_relu_forward",
    "conv_bn_relu_backward",
    "conv_bn_relu_forward",
    "conv_relu_backward",
    "conv_relu_forward",
    "conv_relu_pool_backward",
    "conv_relu_pool_forward",
]

Cache = tuple[Any, ...]
ThreeGradients = tuple[np.ndarray, np.ndarray, np.ndarray]
ConvGradients = tuple[Any, np.ndarray, np.ndarray]
FiveGradients = tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray, np.ndarray]


def affine_relu_forward(x: np.ndarray, w: np.ndarray, b: np.ndarray) -> tuple[np.ndarray, Cache]:
    """Affine layer, then ReLU; returns ``(out, cache)``."""
    out, affine_cache = affine_forward(x, w, b)
    out, relu_cache = relu_forward(out)
    return out, (affine_cache, relu_cache)


def affine_relu_backward(dout: np.ndarray, cache: Cache) -> ThreeGradients:
    """Backpropagate through :func:`affine_relu_forward`; returns ``(dx, dw, db)``."""
    affine_cache, relu_cache = cache
    return affine_backward(relu_backward(dout, relu_cache), affine_cache)


def affine_bn_relu_forward(
    x: np.ndarray, w: np.ndarray, b: np.ndarray, gamma: np.ndarray, beta: np.ndarray, bn_param: dict[str, Any]
) -> tuple[np.ndarray, Cache]:
    """Affine layer, batch normalization, then ReLU; returns ``(out, cache)``."""
    out, affine_cache = affine_forward(x, w, b)
    out, norm_cache = batchnorm_forward(out, gamma, beta, bn_param)
    out, relu_cache = relu_forward(out)
    return out, (affine_cache, norm_cache, relu_cache)


def affine_bn_relu_backward(dout: np.ndarray, cache: Cache) -> FiveGradients:
    """Backpropagate through :func:`affine_bn_relu_forward`; returns ``(dx, dw, db, dgamma, dbeta)``."""
    affine_cache, norm_cache, relu_cache = cache
    dout, dgamma, dbeta = batchnorm_backward(relu_backward(dout, relu_cache), norm_cache)
    return *affine_backward(dout, affine_cache), dgamma, dbeta


def affine_ln_relu_forward(
    x: np.ndarray, w: np.ndarray, b: np.ndarray, gamma: np.ndarray, beta: np.ndarray, ln_param: dict[str, Any]
) -> tuple[np.ndarray, Cache]:
    """Affine layer, layer normalization, then ReLU; returns ``(out, cache)``."""
    out, affine_cache = affine_forward(x, w, b)
    out, norm_cache = layernorm_forward(out, gamma, beta, ln_param)
    out, relu_cache = relu_forward(out)
    return out, (affine_cache, norm_cache, relu_cache)


def affine_ln_relu_backward(dout: np.ndarray, cache: Cache) -> FiveGradients:
    """Backpropagate through :func:`affine_ln_relu_forward`; returns ``(dx, dw, db, dgamma, dbeta)``."""
    affine_cache, norm_cache, relu_cache = cache
    dout, dgamma, dbeta = layernorm_backward(relu_backward(dout, relu_cache), norm_cache)
    return *affine_backward(dout, affine_cache), dgamma, dbeta


def conv_relu_forward(
    x: np.ndarray, w: np.ndarray, b: np.ndarray, conv_param: dict[str, Any]
) -> tuple[np.ndarray, Cache]:
    """Convolution, then ReLU; returns ``(out, cache)``."""
    out, conv_cache = conv_forward_fast(x, w, b, conv_param)
    out, relu_cache = relu_forward(out)
    return out, (conv_cache, relu_cache)


def conv_relu_backward(dout: np.ndarray, cache: Cache, *, need_dx: bool = True) -> ConvGradients:
    """Backpropagate through :func:`conv_relu_forward`; returns ``(dx, dw, db)``."""
    conv_cache, relu_cache = cache
    return conv_backward_fast(relu_backward(dout, relu_cache), conv_cache, need_dx=need_dx)


def conv_relu_pool_forward(
    x: np.ndarray, w: np.ndarray, b: np.ndarray, conv_param: dict[str, Any], pool_param: dict[str, Any]
) -> tuple[np.ndarray, Cache]:
    """Convolution, ReLU, then max pooling; returns ``(out, cache)``."""
    out, conv_cache = conv_forward_fast(x, w, b, conv_param)
    out, relu_cache = relu_forward(out)
    out, pool_cache = max_pool_forward_fast(out, pool_param)
    return out, (conv_cache, relu_cache, pool_cache)


def conv_relu_pool_backward(dout: np.ndarray, cache: Cache, *, need_dx: bool = True) -> ConvGradients:
    """Backpropagate through :func:`conv_relu_pool_forward`; returns ``(dx, dw, db)``."""
    conv_cache, relu_cache, pool_cache = cache
    dout = relu_backward(max_pool_backward_fast(dout, pool_cache), relu_cache)
    return conv_backward_fast(dout, conv_cache, need_dx=need_dx)


def conv_bn_relu_forward(
    x: np.ndarray,
    w: np.ndarray,
    b: np.ndarray,
    gamma: np.ndarray,
    beta: np.ndarray,
    conv_param: dict[str, Any],
    bn_param: dict[str, Any],
) -> tuple[np.ndarray, Cache]:
    """Convolution, spatial batch normalization, then ReLU; returns ``(out, cache)``."""
    out, conv_cache = conv_forward_fast(x, w, b, conv_param)
    out, norm_cache = spatial_batchnorm_forward(out, gamma, beta, bn_param)
    out, relu_cache = relu_forward(out)
    return out, (conv_cache, norm_cache, relu_cache)


def conv_bn_relu_backward(
    dout: np.ndarray, cache: Cache, *, need_dx: bool = True
) -> tuple[Any, np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Backpropagate through :func:`conv_bn_relu_forward`; returns ``(dx, dw, db, dgamma, dbeta)``."""
    conv_cache, norm_cache, relu_cache = cache
    dout, dgamma, dbeta = spatial_batchnorm_backward(relu_backward(dout, relu_cache), norm_cache)
    return *conv_backward_fast(dout, conv_cache, need_dx=need_dx), dgamma, dbeta
