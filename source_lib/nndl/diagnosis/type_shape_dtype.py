"""Whether a value has the form that it should have: its type, its dtype and its shape; and the words for each."""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from .arrangement import reshaped
from .message import Diagnosis


def wrong_form(
    got: Any, expected: np.ndarray, name: str, sizes: Mapping[str, float], *, check_dtype: bool
) -> tuple[np.ndarray, Diagnosis | None]:
    """Return a value as an array, and what is wrong with its type, shape or dtype, or None."""
    actual, diagnosis = _as_numbers(got, name)
    if diagnosis is not None:
        return actual, diagnosis
    if actual.shape != expected.shape:
        return actual, _shape(actual, expected, name, sizes)
    if check_dtype and actual.dtype != expected.dtype:
        text = f"{name} has dtype {actual.dtype}, but it should be {expected.dtype}"
        return actual, Diagnosis("dtype", f"{text}: a layer keeps the dtype of its input")
    return actual, None


def _as_numbers(got: Any, name: str) -> tuple[np.ndarray, Diagnosis | None]:
    nothing = np.empty(0)
    if got is None:
        return nothing, Diagnosis("type", f"{name} is None: is a return statement missing?")
    if not isinstance(got, (np.ndarray, np.generic, int, float, bool)):
        kind = type(got).__name__
        what = "numbers are expected"
        if isinstance(got, (list, tuple)) and all(isinstance(one, (int, float, np.generic)) for one in got):
            what = "numbers are expected as an array: np.array(…) makes one of them"
        return nothing, Diagnosis("type", f"{name} is a {kind}, but {what}")
    actual = np.asarray(got)
    if actual.dtype.kind not in "fiub":
        return nothing, Diagnosis("dtype", f"{name} has dtype {actual.dtype}, but real numbers are expected")
    return actual, None


def _shape(actual: np.ndarray, expected: np.ndarray, name: str, sizes: Mapping[str, float]) -> Diagnosis:
    text = f"{name} has shape {actual.shape}, but it should be {expected.shape}"
    if np.isfinite(actual).all() and np.isfinite(expected).all() and expected.size:
        a, e = actual.astype(np.float64), expected.astype(np.float64)
        numbers = reshaped(a, e, 1e-6 * float(np.max(np.abs(e))))
        if numbers is not None and actual.shape != expected.shape[::-1]:
            return Diagnosis("shape", f"{text}: {numbers}")
    if actual.ndim == 1 < expected.ndim and np.array_equal(actual, expected[expected != 0]):
        picked = "it holds the entries that are not 0 alone, in one row, as a mask in [ ] picks them out"
        return Diagnosis("shape", f"{text}: {picked}")
    if actual.shape == expected.shape[::-1]:
        return Diagnosis("transpose" if expected.ndim == 2 else "shape", text + ": it is transposed")
    if actual.ndim == 0 and expected.ndim:
        text += f": {_single_number(actual.item(), expected.size)}"
    elif exchanged := _exchanged_axes(actual.shape, expected.shape):
        text += f": axes {exchanged[0]} and {exchanged[1]} are exchanged"
    elif [n for n in actual.shape if n > 1] == [n for n in expected.shape if n > 1]:
        text += f": an axis of length 1 is {'superfluous' if actual.ndim > expected.ndim else 'missing'}"
    elif len(set(expected.shape)) == expected.ndim == actual.ndim and set(actual.shape) == set(
        expected.shape
    ):
        order = tuple(map(expected.shape.index, actual.shape))
        text += f": its axes are those with the numbers {order} of the right ones"
    elif actual.size == expected.size:
        text += ": the number of entries is right, so an axis is missing, superfluous or in another place"
    elif actual.ndim == expected.ndim == 1 and _is_the_batch(actual.size, sizes):
        text += f": one number for each of the {actual.size} rows of the batch, as after a sum over axis 1"
    elif expected.ndim == 0:
        text += ": one number is expected, was a sum or mean left out?"
    elif (axis := _axis_reduced(actual.shape, expected.shape)) is not None:
        text += f": axis {axis} is gone, as in a sum, mean or maximum over it"
    if actual.ndim == 1 < expected.ndim and not _is_made_of(actual.size, expected.shape):
        text += ": all in one row, as a mask in [ ] picks entries out of an array"
    if actual.size > 1 and expected.size > 1 and np.all(actual == actual.flat[0]):
        text += f"; all its entries are {actual.flat[0]:g}"
    return Diagnosis("shape", text)


def _is_made_of(size: int, shape: tuple[int, ...]) -> bool:
    """Return whether so many entries are left if some axes go, or if none does."""
    return any(
        size == math.prod(axes)
        for count in range(len(shape) + 1)
        for axes in itertools.combinations(shape, count)
    )


def _single_number(value: Any, entries: int) -> str:
    """Say how one number may have come in the place of an array with axes."""
    if entries == 1:
        return "an axis of length 1 is missing, as after squeeze"
    # A constant was not computed of an array, so there is no axis to look for.
    if value in (0, 1):
        return f"it is the single number {value:g}"
    return "without axis=, a sum, mean or maximum makes one number of a whole array"


def _axis_reduced(got: tuple[int, ...], want: tuple[int, ...]) -> int | None:
    """Return the one axis that is missing, or has a single entry instead of several, if that is all that differs.

    One entry alone may be what is left of any axis.
    """
    for axis, length in enumerate(want):
        kept = (*want[:axis], 1, *want[axis + 1 :])
        if length > 1 and (got == want[:axis] + want[axis + 1 :] or (got == kept and len(want) > 1)):
            return axis
    return None


def _is_the_batch(length: int, sizes: Mapping[str, float]) -> bool:
    """Return whether a length is that of the batch, and of nothing else."""
    return [label for label, size in sizes.items() if size == length] == ["N"]


def _exchanged_axes(got: tuple[int, ...], want: tuple[int, ...]) -> tuple[int, int] | None:
    """Return the two axes whose exchange makes one shape of the other, if there are just two."""
    if len(got) != len(want):
        return None
    differ = [axis for axis in range(len(want)) if got[axis] != want[axis]]
    if len(differ) != 2 or (got[differ[0]], got[differ[1]]) != (want[differ[1]], want[differ[0]]):
        return None
    return differ[0], differ[1]
