"""Wrong numbers that are a simple function of the right ones: a step too much, or one too few."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

_FUNCTIONS: tuple[tuple[str, Callable[[np.ndarray], np.ndarray]], ...] = (
    ("the absolute value of", np.abs),
    ("the square of", np.square),
    ("minus the square of", lambda e: -np.square(e)),
    ("the root of", np.sqrt),
    ("1 divided by", lambda e: 1 / e),
    ("1 divided by the root of", lambda e: 1 / np.sqrt(e)),
    ("the logarithm of", np.log),
    ("minus the logarithm of", lambda e: -np.log(e)),
    ("the exponential of", np.exp),
    ("1 minus", lambda e: 1 - e),
)
_DIGITS = 1e-9
"""Agreement that shows one function behind several numbers, relative to the largest."""


def function_of_the_right_value(a: np.ndarray, e: np.ndarray) -> str | None:
    """Say which function of the right values these are, e.g. ``"the square of the right value"``; None if of none."""
    if np.unique(e).size < 3:  # a few simple numbers are many functions of each other
        return None
    words = simple_function(a, e)
    if words is not None:
        return f"{words} the right value"
    centred = e - e.mean()
    slope = float(np.vdot(centred, a) / np.vdot(centred, centred))
    shift = float(a.mean() - slope * e.mean())
    near = np.max(np.abs(slope * e + shift - a)) <= _DIGITS * max(abs(shift), np.max(np.abs(e)))
    if near and 1e-6 < abs(slope) < np.inf and np.isfinite(shift) and np.unique(e).size > 3:
        return f"{slope:.6g} times the right value, {'plus' if shift > 0 else 'minus'} {abs(shift):.6g}"
    return None


def simple_function(a: np.ndarray, e: np.ndarray) -> str | None:
    """Return the words for a function without a free number that makes ``a`` of ``e``; None if there is none."""
    for words, function in _FUNCTIONS:
        with np.errstate(all="ignore"):
            other = function(e)
            near = np.max(np.abs(a - other)) <= _DIGITS * np.max(np.abs(other))
        if near and np.isfinite(other).all():
            return words
    return None
