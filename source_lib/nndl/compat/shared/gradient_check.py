"""Numeric gradients as the courses compute and print them."""

from collections.abc import Callable as _Callable
from random import randrange
from typing import Any as _Any

import numpy as np

from ... import gradient_check as _library


def eval_numerical_gradient(
    f: _Callable[[np.ndarray], _Any], x: np.ndarray, verbose: bool = True, h: float = 1e-5
) -> np.ndarray:
    """As :func:`nndl.gradient_check.eval_numerical_gradient`, also for float32 and integer points.

    A float32 array is changed in place, as ``f`` may read it under another name; so coarse a step shows only large
    mistakes. An integer array cannot hold the step: ``f`` gets a float64 copy, and has to read that.
    """
    x = _point(x)
    if x.dtype == np.float64:
        return _library.eval_numerical_gradient(f, x, verbose=verbose, h=h)
    grad = _differences(f, x, h, 1)
    if verbose:
        for index in np.ndindex(x.shape):
            print(index, grad[index])
    return grad


def eval_numerical_gradient_array(
    f: _Callable[[np.ndarray], _Any], x: np.ndarray, df: _Any, h: float = 1e-5
) -> np.ndarray:
    """As :func:`nndl.gradient_check.eval_numerical_gradient_array`, for points as above."""
    x = _point(x)
    if x.dtype == np.float64:
        return _library.eval_numerical_gradient_array(f, x, df, h)
    return _differences(f, x, h, df)


def grad_check_sparse(
    f: _Callable[[np.ndarray], _Any],
    x: np.ndarray,
    analytic_grad: np.ndarray,
    num_checks: int = 10,
    h: float = 1e-5,
) -> None:
    """Print numeric and analytic gradient at random entries, which Python's generator draws."""
    for _ in range(num_checks):
        index = tuple(randrange(length) for length in x.shape)
        numeric, analytic = _difference(f, x, index, h), analytic_grad[index]
        error = abs(numeric - analytic) / max(abs(numeric) + abs(analytic), 1e-300)
        print(f"numerical: {numeric:f} analytic: {analytic:f}, relative error: {error:e}")


def _point(x: np.ndarray) -> np.ndarray:
    return x.astype(np.float64) if x.dtype.kind in "iu" else x


def _differences(f: _Callable[[np.ndarray], _Any], x: np.ndarray, h: float, df: _Any) -> np.ndarray:
    grad = np.zeros_like(x)
    for index in np.ndindex(x.shape):
        grad[index] = np.sum(_difference(f, x, index, h) * df)
    return grad


def _difference(f: _Callable[[np.ndarray], _Any], x: np.ndarray, index: tuple[int, ...], h: float) -> _Any:
    """Return the centred difference of ``f`` in one entry of ``x``, which is changed in place and restored."""
    original = x[index]
    try:
        x[index] = original + h
        above = np.array(f(x), dtype=np.float64)
        x[index] = original - h
        below = np.array(f(x), dtype=np.float64)
    finally:
        x[index] = original
    return (above - below) / (2 * h)
