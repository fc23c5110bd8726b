"""Sandwich layers: common chains of layers behind one forward and one backward function.

The cache of a sandwich is the tuple of its inner caches, in forward order. Shapes, dtypes and errors are
those of the inner layers.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from .layers import affine_backward, affine_forward, relu_backward, relu_forward


def affine_relu_forward(x: np.ndarray, w: np.ndarray, b: np.ndarray) -> tuple[np.ndarray, tuple[Any, Any]]:
    """Affine layer, then ReLU; returns ``(out, cache)``."""
    scores, affine_cache = affine_forward(x, w, b)
    out, relu_cache = relu_forward(scores)
    return out, (affine_cache, relu_cache)


def affine_relu_backward(
    dout: np.ndarray, cache: tuple[Any, Any]
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Backpropagate through :func:`affine_relu_forward`; returns ``(dx, dw, db)``."""
    affine_cache, relu_cache = cache
    return affine_backward(relu_backward(dout, relu_cache), affine_cache)
