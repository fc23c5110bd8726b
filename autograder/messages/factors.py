"""What the factors are by which rows or columns of a wrong value are off: a parameter, a variance, their quotient."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from .arguments import is_usable

_MOST = 20_000
_LEAST = 3
"""Different factors that there must be for it to be no chance that they are made of something that was passed."""
_DIGITS = 1e-6
_QUOTIENT = "is something divided by what it should be multiplied by?"
_POWERS = {1: "{}", -1: "1 / {}", 2: "{} ** 2", -2: "1 / {} ** 2"}


@np.errstate(all="ignore")  # a wrong value may be of any size
def factor(got: Any, want: Any, given: Mapping[str, Any]) -> str:
    """Say what the factor of each row or column is made of, or that of each entry; an empty text if nothing is seen.

    Parameters
    ----------
    got, want : object
        The wrong value and the right one; anything but arrays of finite numbers with one shape says nothing.
    given : mapping of str to object
        What the student's code was given → its value.
    """
    if not (is_usable(got, _MOST) and is_usable(want, _MOST)) or got.shape != want.shape:
        return ""
    a, e = got.astype(np.float64), want.astype(np.float64)
    if _alike(a * e) and not _alike(e):
        return f"Each entry times the right one is the same number: {_QUOTIENT}"
    if a.ndim != 2:
        return ""
    for axis, what in ((0, "column"), (1, "row")):
        ratio = (a * e).sum(axis=axis) / (e * e).sum(axis=axis)
        off = np.abs(a - np.expand_dims(ratio, axis) * e).max()
        if off > _DIGITS * np.abs(a).max() or len(np.unique(np.round(ratio, 9))) < _LEAST:
            continue
        for text, rest in _without_a_parameter(ratio, given):
            for name, array in given.items():
                found = _of_variance(rest, array, e.shape, axis, f"the variance of {name} there")
                if found or _alike(rest):
                    made = f"({found}) * {text}" if found and text else found or text
                    return f"The factor of each {what} is {made}" if made else ""
    return ""


def _without_a_parameter(ratio: np.ndarray, given: Mapping[str, Any]) -> Iterator[tuple[str, np.ndarray]]:
    """Yield the factors as they are, and divided by each parameter to small powers, with the name of that."""
    yield "", ratio
    for (name, value), power in itertools.product(given.items(), _POWERS):
        if is_usable(value, _MOST) and value.shape == ratio.shape and np.all(value):
            yield _POWERS[power].format(name), ratio / value.astype(np.float64) ** power


def _of_variance(rest: np.ndarray, array: Any, shape: tuple[int, ...], axis: int, name: str) -> str:
    """Return a text if the numbers are a variance plus a constant, its root, or one divided by these."""
    if not is_usable(array, _MOST) or array.shape != shape:
        return ""
    variance = array.astype(np.float64).var(axis=axis)
    for numbers, words in (
        (rest, "{}"),
        (rest**2, "the root of ({})"),
        (1 / rest, "1 / ({})"),
        (rest**-2, "1 / the root of ({})"),
    ):
        constant = numbers - variance
        if (
            np.isfinite(constant).all()
            and constant.min() > -_DIGITS
            and np.ptp(constant) <= _DIGITS * np.abs(numbers).max()
        ):
            plus = f" plus {constant.mean():.4g}" if constant.mean() > 1e-7 else ""
            return words.format(name + plus)
    return ""


def _alike(numbers: np.ndarray) -> bool:
    return bool(np.isfinite(numbers).all()) and np.ptp(numbers) <= _DIGITS * np.abs(numbers).max() > 0
