"""What a wrong value has to do with the arrays that were passed: a term that is missing, an input that came back."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

_MOST = 100_000
"""Entries of the largest arrays that are looked at."""
_ARRAYS = 10
_DIGITS = 1e-8
_LEAST = 3
"""Different numbers that two arrays must have for it to be no chance that one is a multiple of the other."""


@np.errstate(all="ignore")  # a wrong value may be of any size
def relation(got: Any, want: Any, given: Mapping[str, Any]) -> str:
    """Say how a wrong value, or its difference from the right one, is made of arrays that were passed.

    Parameters
    ----------
    got, want : object
        The wrong value and the right one; anything but arrays of finite numbers has no relation.
    given : mapping of str to object
        What the student's code was given → its value.

    Returns
    -------
    str
        A sentence, or an empty text.
    """
    if not (is_usable(got) and is_usable(want)) or np.shape(got) != np.shape(want):
        return ""
    a, e = np.asarray(got, dtype=np.float64), np.asarray(want, dtype=np.float64)
    known = _known(given)
    for what, array in _made_of(known, a.shape):
        if _multiple(e, array) is not None:
            continue
        ratio = _multiple(a, array)
        if ratio is not None:
            return f"It is {_times(ratio)}{what}"
        ratio = _multiple(a - e, array)
        if ratio is not None:
            return f"It differs from the right value by {_times(ratio)}{what}"
    return _multiple_and_constant(a - e, known) or _where_wrong(a, e, known)


@np.errstate(all="ignore")
def relation_of_another_shape(got: Any, given: Mapping[str, Any]) -> str:
    """Say what a value whose shape is wrong is, if it is an array that was passed or something simple made of them.

    Parameters
    ----------
    got : object
        The wrong value.
    given : mapping of str to object
        What the student's code was given → its value.
    """
    if not is_usable(got):
        return ""
    a = np.asarray(got, dtype=np.float64)
    for what, array in _made_of(_known(given), a.shape):
        ratio = _multiple(a, array)
        if ratio is not None:
            return f"It is {_times(ratio)}{what}"
    return ""


def _known(given: Mapping[str, Any]) -> list[tuple[str, np.ndarray]]:
    usable = [(name, np.asarray(value, np.float64)) for name, value in given.items() if is_usable(value)]
    return usable[:_ARRAYS]


def _where_wrong(a: np.ndarray, e: np.ndarray, known: list[tuple[str, np.ndarray]]) -> str:
    """Say what the wrong entries alone are a multiple of, where others are right."""
    wrong = np.abs(a - e) > _DIGITS * np.abs(e).max()
    if not _LEAST <= wrong.sum() < wrong.size:
        return ""
    for what, array in _made_of(known, a.shape):
        ratio = _multiple(a[wrong], array[wrong])
        if ratio is not None:
            return f"The wrong entries are {_times(ratio)}{what}"
    return ""


def _multiple_and_constant(d: np.ndarray, known: list[tuple[str, np.ndarray]]) -> str:
    for name, k in known:
        if k.shape == d.shape and len(np.unique(k)) > _LEAST:
            centred = k - k.mean()
            ratio = _multiple(d - d.mean(), centred)
            constant = d.mean() - ratio * k.mean() if ratio else 0.0
            if abs(constant) > 1e-9:
                return f"It differs from the right value by {_times(ratio or 0)}{name}, plus {constant:.6g}"
    return ""


def is_usable(value: Any, most: int = _MOST) -> bool:
    """Return whether a value is an array of finite numbers, of a size that is looked at."""
    return (
        isinstance(value, np.ndarray)
        and value.dtype.kind in "fiu"
        and _LEAST <= value.size <= most
        and bool(np.isfinite(value).all())
    )


def _made_of(known: list[tuple[str, np.ndarray]], shape: tuple[int, ...]) -> Iterator[tuple[str, np.ndarray]]:
    """Yield simple things that are made of the arrays and have this shape, each with its name."""
    for name, k in known:
        if k.shape == shape:
            yield name, k
            yield f"the square of {name}", k * k
            yield f"the absolute value of {name}", np.abs(k)
            yield f"the sign of {name}", np.sign(k)
        if k.ndim == 2 and k.T.shape == shape:
            yield f"{name}.T", k.T
        if k.ndim == 1 < len(shape):
            for axis in [axis for axis in range(len(shape)) if shape[axis] == k.size]:
                along = k.reshape([-1 if i == axis else 1 for i in range(len(shape))])
                yield (
                    f"{name} in each place" if axis != len(shape) - 1 else name,
                    np.broadcast_to(along, shape),
                )
        if k.ndim == len(shape) + 1:
            for axis in range(k.ndim):
                if k.shape[:axis] + k.shape[axis + 1 :] == shape:
                    yield f"the sum of {name} over axis {axis}", k.sum(axis=axis)
    for (one, k), (other, m) in itertools.combinations(known, 2):
        if k.shape == m.shape == shape:
            yield f"{one} * {other}", k * m
        if k.ndim == m.ndim == len(shape) == 2:
            for (left, p), (right, q) in itertools.permutations(((one, k), (other, m))):
                for text, product in _products(left, p, right, q):
                    if product.shape == shape:
                        yield text, product


def _products(left: str, p: np.ndarray, right: str, q: np.ndarray) -> Iterator[tuple[str, np.ndarray]]:
    for a, b in ((p, q), (p.T, q), (p, q.T)):
        if a.shape[1] == b.shape[0]:
            yield f"{left}{'' if a is p else '.T'} @ {right}{'' if b is q else '.T'}", a @ b


def _multiple(a: np.ndarray, k: np.ndarray) -> float | None:
    """Return the number that ``a`` is of ``k``; None if it is not a multiple, or has too few different numbers."""
    power = float(np.vdot(k, k))
    if not power or not np.isfinite(power):
        return None
    ratio = float(np.vdot(k, a)) / power
    largest = abs(ratio) * float(np.max(np.abs(k)))
    if not 1e-12 < largest < np.inf or len(np.unique(k)) < _LEAST:
        return None
    return ratio if np.max(np.abs(a - ratio * k)) <= _DIGITS * largest else None


def _times(ratio: float) -> str:
    if np.isclose(ratio, 1.0, rtol=1e-6):
        return ""
    return "minus " if np.isclose(ratio, -1.0, rtol=1e-6) else f"{ratio:.6g} times "
