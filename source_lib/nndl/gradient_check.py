"""Comparing an analytic gradient with a numeric one.

The derivative of f in the direction of one entry is approximated by the centred difference

    (f(x + h) - f(x - h)) / (2 h)

whose error shrinks with h squared, until rounding takes over: in float64 a step of 1e-5 is a good compromise.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import numpy as np

from ._support.validate import check_array

Value = TypeVar("Value")


def rel_error(x: Any, y: Any) -> float:
    """Return the largest relative error between two arrays, ``max(|x - y| / max(1e-8, |x| + |y|))``.

    0 means equal; about 1e-7 or less is what a right gradient gives in float64; 1 or more means that some
    entry is nothing like the other. NaN in either argument gives NaN.

    Parameters
    ----------
    x, y : array_like
        Of the same shape.

    Raises
    ------
    ValueError
        If the shapes differ, or the arrays are empty.
    """
    x, y = np.asarray(x, dtype=np.float64), np.asarray(y, dtype=np.float64)
    if x.shape != y.shape:
        raise ValueError(f"x and y must have the same shape, but have {x.shape} and {y.shape}")
    if x.size == 0:
        raise ValueError("x and y must have at least one entry, but they are empty")
    return float((np.abs(x - y) / np.maximum(1e-8, np.abs(x) + np.abs(y))).max())


def eval_numerical_gradient(
    f: Callable[[np.ndarray], float], x: np.ndarray, verbose: bool = True, h: float = 1e-5
) -> np.ndarray:
    """Compute the gradient of a function with one number as its value.

    Entries of ``x`` are changed *in place* while ``f`` runs, one at a time, and always restored, also when
    ``f`` raises. So ``f`` may read ``x`` through its argument or through another name of the very same array,
    such as ``net.params["W1"]``. A copy of it would not change, and the gradient would come out as zero.

    Parameters
    ----------
    f : callable
        Takes ``x``, returns a number.
    x : float64 array
        Where to compute the gradient.
    verbose : bool, default True
        Print each index with its derivative.
    h : float, default 1e-5
        Half the distance between the two points of a difference.

    Returns
    -------
    grad : float64 array
        In the shape of ``x``.

    Raises
    ------
    TypeError
        If ``x`` is not a float64 array: the step would be lost in rounding.
    ValueError
        If ``x`` is read-only, ``h`` is not positive, or ``f`` returns more than one number.
    """
    _check_point(x, h)
    grad = np.zeros_like(x)
    for index in np.ndindex(x.shape):
        above, below = _around(f, x, index, h, _as_number)
        grad[index] = (above - below) / (2 * h)
        if verbose:
            print(index, grad[index])
    return grad


def eval_numerical_gradient_array(
    f: Callable[[np.ndarray], Any], x: np.ndarray, df: Any, h: float = 1e-5
) -> np.ndarray:
    """Compute the gradient of ``sum(f(x) * df)`` for a function with an array as its value.

    With ``df`` as the upstream gradient, this is what a layer's backward pass should return for ``x``.
    Entries of ``x`` are changed in place and restored, as in `eval_numerical_gradient`.

    Parameters
    ----------
    f : callable
        Takes ``x``, returns an array.
    x : float64 array
        Where to compute the gradient.
    df : array_like
        Upstream gradient, in the shape of ``f(x)``.
    h : float, default 1e-5
        Half the distance between the two points of a difference.

    Returns
    -------
    grad : float64 array
        In the shape of ``x``.

    Raises
    ------
    TypeError
        If ``x`` is not a float64 array.
    ValueError
        If ``x`` is read-only, ``h`` is not positive, or ``df`` does not have the shape of ``f(x)``.
    """
    _check_point(x, h)
    df = np.asarray(df)
    grad = np.zeros_like(x)
    for index in np.ndindex(x.shape):
        above, below = _around(f, x, index, h, _as_array)
        if above.shape != df.shape:
            raise ValueError(f"df must have the shape of f(x), {above.shape}, but its shape is {df.shape}")
        grad[index] = ((above - below) * df).sum() / (2 * h)
    return grad


def grad_check_sparse(
    f: Callable[[np.ndarray], float],
    x: np.ndarray,
    analytic_grad: np.ndarray,
    num_checks: int = 10,
    h: float = 1e-5,
) -> float:
    """Compare numeric and analytic gradient at a few random entries, where all of them would take too long.

    Prints both and their relative error for each entry, drawn from NumPy's global generator.

    Parameters
    ----------
    f : callable
        Takes ``x``, returns a number.
    x : float64 array
        Where to compute the gradient; changed in place and restored.
    analytic_grad : array
        The gradient to check, in the shape of ``x``.
    num_checks : int, default 10
        Number of entries.
    h : float, default 1e-5
        Half the distance between the two points of a difference.

    Returns
    -------
    worst : float
        The largest relative error that was seen.

    Raises
    ------
    TypeError
        If ``x`` is not a float64 array.
    ValueError
        If ``x`` is empty or read-only, ``h`` or ``num_checks`` is not positive, or the shapes differ.
    """
    _check_point(x, h)
    check_array("analytic_grad", analytic_grad, shape=x.shape)
    if num_checks < 1 or x.size == 0:
        raise ValueError(f"num_checks and the size of x must be at least 1, but are {num_checks}, {x.size}")
    worst = 0.0
    for _ in range(num_checks):
        index = tuple(np.random.randint(length) for length in x.shape)
        above, below = _around(f, x, index, h, _as_number)
        numeric, analytic = (above - below) / (2 * h), analytic_grad[index]
        error = rel_error(numeric, analytic)
        print(f"numeric {numeric:.6e}, analytic {analytic:.6e}, relative error {error:.1e}")
        worst = float(np.maximum(worst, error))  # unlike max, keeps NaN
    return worst


def _check_point(x: np.ndarray, h: float) -> None:
    check_array("x", x)
    if x.dtype != np.float64:
        raise TypeError(f"x must be float64, but its dtype is {x.dtype}: small steps would be lost")
    if not x.flags.writeable:
        raise ValueError("x must be writable, because its entries are changed in place; it is read-only")
    if not h > 0:
        raise ValueError(f"h must be positive, but got {h}")


def _around(
    f: Callable[[np.ndarray], Any],
    x: np.ndarray,
    index: tuple[int, ...],
    h: float,
    convert: Callable[[Any], Value],
) -> tuple[Value, Value]:
    """Return ``f(x)`` with the entry at ``index`` raised by h, and lowered by h; restore the entry in any case."""
    original = x[index]
    try:
        x[index] = original + h
        above = convert(f(x))
        x[index] = original - h
        below = convert(f(x))
    finally:
        x[index] = original
    return above, below


def _as_number(value: Any) -> float:
    if np.size(value) != 1:
        raise ValueError(f"f must return one number, but its value has shape {np.shape(value)}")
    return float(np.reshape(value, ()))


def _as_array(value: Any) -> np.ndarray:
    return np.array(value, dtype=np.float64)  # a copy, for f may write both its results into one array
