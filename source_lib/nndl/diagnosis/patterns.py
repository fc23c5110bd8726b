"""Traces that mistakes leave in the entries of an array: a factor, a sign, a constant, a row, the border of images."""

from __future__ import annotations

import numpy as np

from .describe import describe
from .message import Diagnosis


def wrong_by_a_rule(
    a: np.ndarray, e: np.ndarray, name: str, limit: float, sizes: dict[str, int]
) -> tuple[str, str] | None:
    """Return kind and message if all entries are wrong in the same simple way; None if they are not."""
    if not e.any():
        return None
    if not a.any():
        return "zeros", f"{name} is 0 everywhere, but should not be"
    worst = float(np.max(np.abs(a - e)))
    ratio = float(np.vdot(e, a) / np.vdot(e, e))
    if np.isclose(ratio, 1.0, rtol=1e-4) and worst <= 1e-5 * float(np.max(np.abs(e))):
        return "precision", f"{name} is right to about {_digits(worst, e)} digits only: {_imprecise(a)}"
    telling = e.size > 1 or _is_telling(ratio, sizes)
    if (
        telling
        and 1e-12 < abs(ratio) < np.inf
        and float(np.max(np.abs(a - ratio * e))) <= limit * max(1.0, abs(ratio))
    ):
        if np.isclose(ratio, -1.0, rtol=1e-6):
            return "sign", f"{name} has the wrong sign: it is exactly minus the right value"
        return "factor", f"{name} is exactly {_factor(ratio, sizes)}"
    shift = float(np.mean(a - e))
    if e.size > 1 and float(np.max(np.abs(a - e - shift))) <= limit and np.ptp(e) > limit:
        return "offset", f"{name} is off by the same constant, {shift:.6g}, in every entry"
    return None


def _imprecise(a: np.ndarray) -> str:
    """Say where a small error comes from; float32 is suspected only where every value is one that float32 has."""
    with np.errstate(over="ignore"):
        rounded = np.array_equal(a, a.astype(np.float32).astype(np.float64))
    if rounded and not np.array_equal(a, np.round(a)):
        return "its values are rounded to float32; compute in the dtype of the input"
    return (
        "a small number such as eps is missing, too large or in another place, or something is approximated"
    )


def _digits(worst: float, expected: np.ndarray) -> int:
    return int(-np.log10(worst / float(np.max(np.abs(expected)))))


def _is_telling(ratio: float, sizes: dict[str, int]) -> bool:
    """Whether a single number's ratio means something: any two numbers have one."""
    known = [1.0, 2.0, *(float(n) for n in sizes.values() if n > 1)]
    return any(np.isclose(abs(ratio), r, rtol=1e-9) for n in known for r in (n, 1 / n))


def _factor(ratio: float, sizes: dict[str, int]) -> str:
    sign = "minus " if ratio < 0 else ""
    magnitude = abs(ratio)
    for label, n in sizes.items():
        if n > 1 and np.isclose(magnitude, n, rtol=1e-6):
            hint = ": was the mean over the batch left out?" if label == "N" else ""
            return f"{sign}{label} = {n} times too large{hint}"
        if n > 1 and np.isclose(magnitude, 1 / n, rtol=1e-6):
            hint = ": was the mean over the batch taken twice?" if label == "N" else ""
            return f"{sign}{label} = {n} times too small{hint}"
    if magnitude > 1:
        return f"{sign}{magnitude:.6g} times too large"
    return f"{sign}{1 / magnitude:.6g} times too small"


def wrong_entries(
    actual: np.ndarray, expected: np.ndarray, name: str, limit: float, error: float = float("inf")
) -> Diagnosis:
    """Say which entries are wrong, and what the worst of them is."""
    if expected.ndim == 0:
        return Diagnosis(
            "value", f"{name} is {describe(actual)}, but it should be {describe(expected)}", error
        )
    with np.errstate(invalid="ignore"):
        difference = np.abs(actual.astype(np.float64) - expected.astype(np.float64))
    wrong = ~(difference <= limit) & ~((actual == expected) | (np.isnan(actual) & np.isnan(expected)))
    count = int(np.count_nonzero(wrong))
    index = tuple(
        int(i) for i in np.unravel_index(int(np.argmax(np.where(wrong, difference, -1))), wrong.shape)
    )
    where = f"[{', '.join(map(str, index))}]"
    values = f"at {where} it is {describe(actual[index])} instead of {describe(expected[index])}"
    place = _place(wrong, name)
    if place:
        return Diagnosis("entries", f"{place}; {values}", error)
    if count == wrong.size:
        return Diagnosis("value", f"{name} is wrong in every entry; {values}", error)
    return Diagnosis("entries", f"{name} is wrong in {count} of {wrong.size} entries; {values}", error)


def _place(wrong: np.ndarray, name: str) -> str | None:
    """Say whether the wrong entries form one row, one column, or the border of images."""
    if wrong.ndim == 4 and min(wrong.shape[2:]) > 2 and not wrong[:, :, 1:-1, 1:-1].any():
        return f"{name} is wrong at the border of the images only: look at the padding"
    if wrong.ndim != 2 or min(wrong.shape) < 2:
        return None
    rows, columns = wrong.any(axis=1), wrong.any(axis=0)
    if rows.sum() == 1 and columns.sum() > 1:
        return f"{name} is wrong in row {int(np.argmax(rows))} only"
    if columns.sum() == 1 and rows.sum() > 1:
        return f"{name} is wrong in column {int(np.argmax(columns))} only"
    return None
