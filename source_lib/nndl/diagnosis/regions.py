"""Where the wrong entries of an array lie: in some rows or channels, at the border, at the end, where zeros belong."""

from __future__ import annotations

import itertools
import math

import numpy as np

from .describe import describe
from .functions import simple_function

_RARE = 10
"""How much rarer it must be that a slice is wrong than it would be by chance, if as many entries were."""
_ENOUGH = 16
"""Entries from which on it is no chance that exactly those of one sign are wrong."""


def place(wrong: np.ndarray, name: str) -> str | None:
    """Say which entries are wrong if they lie together; None if they do not, or if all are wrong."""
    if wrong.ndim == 0 or wrong.all():
        return None
    if wrong.ndim == 4 and min(wrong.shape[2:]) > 2:
        inner = np.zeros_like(wrong)
        inner[:, :, 1:-1, 1:-1] = True
        if not wrong[inner].any() and inner.sum() > 3:  # one pixel or two are right by chance
            sides = _sides(wrong)
            if sides:  # what stands on the other side of the image was right, padding included
                return f"{name} is wrong in the {sides} of the images only: look at the windows there"
            return f"{name} is wrong at the border of the images only: look at the padding"
        if not wrong[~inner].any() and wrong[inner].all() and inner.sum() > 3:
            return f"{name} is right at the border of the images only"
    if wrong.ndim == 1:
        return _end(wrong, name)
    for axis, length in enumerate(wrong.shape):
        hit = wrong.any(axis=tuple(k for k in range(wrong.ndim) if k != axis))
        if length < 2 or hit.all() or wrong.size == length or not wrong.compress(hit, axis).all():
            continue
        if math.log(2 * _RARE * length) > _log_choices(wrong.size, int(np.count_nonzero(wrong))):
            continue
        if hit.sum() == 1:
            return f"{name} is wrong in {_slice(wrong.ndim, axis, int(np.argmax(hit)))} only"
        if hit.sum() == length - 1:
            return f"{name} is right in {_slice(wrong.ndim, axis, int(np.argmin(hit)))} only"
    return None


def _sides(wrong: np.ndarray) -> str:
    """Return which rows and columns at the border hold all wrong entries, if it takes two at most."""
    sides = {"first row": (2, 0), "last row": (2, -1), "first column": (3, 0), "last column": (3, -1)}
    for names in (*((one,) for one in sides), *itertools.combinations(sides, 2)):
        rest = wrong.copy()
        for name in names:
            axis, index = sides[name]
            rest[(slice(None),) * axis + (index,)] = False
        if not rest.any():
            return " and the ".join(names)
    return ""


def _log_choices(of: int, count: int) -> float:
    """Return the logarithm of how many ways there are to choose so many entries."""
    return math.lgamma(of + 1) - math.lgamma(count + 1) - math.lgamma(of - count + 1)


def _end(wrong: np.ndarray, name: str) -> str | None:
    first, count = int(np.argmax(wrong)), int(np.count_nonzero(wrong))
    if count > 1 and first > 0 and wrong[first:].all():
        return f"{name} is right up to [{first - 1}] and wrong from [{first}] on"
    return None


def _slice(ndim: int, axis: int, index: int) -> str:
    if ndim == 2:
        return f"{('row', 'column')[axis]} {index}"
    return "[" + ", ".join(str(index) if k == axis else ":" for k in range(ndim)) + "]"


def common_value(actual: np.ndarray, expected: np.ndarray, wrong: np.ndarray) -> str | None:
    """Say what the wrong entries have in common, beside being wrong; None if nothing."""
    count = int(np.count_nonzero(wrong))
    a, e = actual[wrong], expected[wrong]
    if count < 2 or np.isnan(a).any():
        return None
    if 1 < count < wrong.size and actual.dtype.kind == "f" and np.unique(np.abs(e)).size > 1:
        words = simple_function(a, e)
        if words is not None:
            return f"they are {words} the right ones"
    if count < 3:
        return None
    if (a == a[0]).all() and np.ptp(e) > 0:
        return (
            f"they are all {describe(a[0])}" if count < wrong.size else "all its entries are the same number"
        )
    if count < wrong.size and not e.any():
        zeros = int(np.count_nonzero(expected == 0))
        # That all wrong entries are among the zeros must be rare by chance.
        if math.log(10 * _RARE) + _log_choices(zeros, count) < _log_choices(wrong.size, count):
            return "they are those that should be 0"
    many = _frequent(a, e)
    if many is not None:
        return many
    if count == wrong.size:
        return None
    if (np.abs(a + e) <= 1e-6 * np.abs(e)).all():
        return "they have the right size and the wrong sign"
    if (
        wrong.size < _ENOUGH or wrong.size - count < wrong.size // 10
    ):  # where nearly all are wrong, a sign says nothing
        return None
    for sign, text in ((np.less, "negative"), (np.greater, "positive")):
        if np.array_equal(wrong, sign(expected, 0)):
            return f"they are those that should be {text}"
    return None


def _frequent(a: np.ndarray, e: np.ndarray) -> str | None:
    """Say which number stands in many places where different ones belong; None if none does."""
    if a.dtype.kind != "f" or np.unique(e).size < 4:
        return None
    numbers, counts = np.unique(a, return_counts=True)
    most = int(np.argmax(counts))
    if counts[most] < max(3, a.size // 5):
        return None
    return f"{counts[most]} of them are exactly {describe(numbers[most])}"
