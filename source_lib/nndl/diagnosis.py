"""Compare a value with what it should be, and say in one sentence how a wrong one is wrong.

A bare "not close" leaves a learner alone.  Most mistakes leave a recognisable trace: the batch was not
averaged (exactly N times too large), a sign was lost, an array came out transposed, only some entries are
off.  The functions here look for those traces, from the coarsest (no array at all) to the finest (the worst
entry).
"""

from __future__ import annotations

import reprlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

_WIDE_ARRAY = 6  # arrays up to this many entries are printed in full


@dataclass(frozen=True)
class Diagnosis:
    """How a value differs from what it should be.

    Attributes
    ----------
    kind : str
        One of ``type``, ``shape``, ``dtype``, ``nonfinite``, ``zeros``, ``sign``, ``factor``,
        ``transpose``, ``offset``, ``precision``, ``entries``, ``value``.
    message : str
        One sentence that starts with the value's name.
    error : float
        Largest absolute difference divided by the largest expected magnitude; ``inf`` where undefined.
    """

    kind: str
    message: str
    error: float = float("inf")


def tolerance(dtype: Any, terms: int = 1000, condition: float = 30.0) -> float:
    r"""Return how far two right answers may lie apart, relative to the largest entry.

    Rounding errors of a sum of ``terms`` products grow like :math:`\sqrt{\text{terms}}\,\epsilon` when they
    are independent (Higham, 2002, section 2.8); ``condition`` allows for the function's own amplification.

    Parameters
    ----------
    dtype : dtype
        Floating dtype of the computation; its machine epsilon is used.  Anything else counts as float64.
    terms : int, default 1000
        Length of the longest sum behind an entry.
    condition : float, default 30
        How much the function may amplify an error of its input.
    """
    kind = np.dtype(dtype)
    eps = np.finfo(kind).eps if kind.kind == "f" else np.finfo(np.float64).eps
    return float(4 * condition * np.sqrt(max(terms, 1)) * eps)


@np.errstate(over="ignore", invalid="ignore")  # a wrong value may be of any size
def compare(
    got: Any,
    want: Any,
    name: str = "the result",
    *,
    rtol: float | None = None,
    scale: float = 0.0,
    sizes: Mapping[str, int] | None = None,
    check_dtype: bool = False,
) -> Diagnosis | None:
    """Return ``None`` if ``got`` equals ``want`` up to rounding, and otherwise what is wrong with it.

    Parameters
    ----------
    got : array or number
        The value to judge.
    want : array or number
        The value it should be.
    name : str
        What to call it in the message, e.g. ``"dW1"``.
    rtol : float, optional
        Accepted difference relative to ``max(abs(want))``.  Default: :func:`tolerance` of the dtype.
    scale : float, default 0
        Size of the numbers that were added and subtracted on the way, where it is larger than ``want``: a loss
        near 0 that comes from scores near 10 has the rounding error of the scores.
    sizes : mapping of str to int, optional
        Lengths with a meaning, e.g. ``{"N": 5}``; a value that is off by such a factor is explained with it.
    check_dtype : bool, default False
        Whether a floating dtype other than that of ``want`` is an error.
    """
    expected = np.asarray(want)
    actual, diagnosis = _as_numbers(got, name)
    if diagnosis is not None:
        return diagnosis
    if actual.shape != expected.shape:
        return _shape(actual, expected, name)
    if check_dtype and actual.dtype != expected.dtype:
        return Diagnosis(
            "dtype",
            f"{name} has dtype {actual.dtype}, but it should be {expected.dtype}: "
            "a layer keeps the dtype of its input",
        )
    if expected.dtype.kind in "biu" and actual.dtype.kind in "biu":
        return None if np.array_equal(actual, expected) else _entries(actual, expected, name, 0.0)
    if rtol is None:
        coarser = min(
            (d for d in (expected.dtype, actual.dtype) if d.kind == "f"),
            key=lambda d: d.itemsize,
            default=np.dtype(np.float64),
        )
        rtol = tolerance(coarser if check_dtype else expected.dtype)
    return _numbers(actual, expected, name, rtol, scale, dict(sizes or {}))


def describe(value: Any) -> str:
    """Return a short text for ``value``: small arrays in full, large ones by shape, dtype and range."""
    if isinstance(value, np.ndarray) and value.dtype.kind in "fiub":
        if value.size <= _WIDE_ARRAY:
            return np.array2string(value, precision=6, separator=", ", max_line_width=10_000).replace(
                "\n", ""
            )
        numbers = value[~np.isnan(value)]
        values = f"values {numbers.min():.4g} to {numbers.max():.4g}" if numbers.size else "all NaN"
        return f"array of shape {value.shape}, {value.dtype}, {values}"
    if isinstance(value, (bool, np.bool_)) or value is None:
        return str(value)
    if isinstance(value, (int, float, np.integer, np.floating)) and not _is_huge(value):
        return f"{float(value):.10g}"
    # Bounded: writing out a list of thousands of arrays takes minutes, and all but its beginning is cut off.
    text = _BRIEF.repr(value)
    return text if len(text) <= 200 else text[:197] + "..."


def _is_huge(value: Any) -> bool:
    """Whether this is an integer that no floating-point number comes near, and that may be too long to write out."""
    return isinstance(value, int) and value.bit_length() > 1000


class _Brief(reprlib.Repr):
    """A ``repr`` that looks at the beginning of containers only, and at no entry of a nested array."""

    def repr1(self, x: Any, level: int) -> str:
        if isinstance(x, np.ndarray):
            return f"array of shape {x.shape}, {x.dtype}"
        if _is_huge(x):
            return f"an integer of {x.bit_length()} bits"
        return super().repr1(x, level)


_BRIEF = _Brief()
_BRIEF.maxstring = _BRIEF.maxother = _BRIEF.maxlong = 200


def _as_numbers(got: Any, name: str) -> tuple[np.ndarray, Diagnosis | None]:
    nothing = np.empty(0)
    if got is None:
        return nothing, Diagnosis("type", f"{name} is None: is a return statement missing?")
    if not isinstance(got, (np.ndarray, np.generic, int, float, bool)):
        return nothing, Diagnosis("type", f"{name} is a {type(got).__name__}, but numbers are expected")
    actual = np.asarray(got)
    if actual.dtype.kind not in "fiub":
        return nothing, Diagnosis("dtype", f"{name} has dtype {actual.dtype}, but real numbers are expected")
    return actual, None


def _shape(actual: np.ndarray, expected: np.ndarray, name: str) -> Diagnosis:
    text = f"{name} has shape {actual.shape}, but it should be {expected.shape}"
    if actual.shape == expected.shape[::-1]:
        return Diagnosis("transpose" if expected.ndim == 2 else "shape", text + ": it is transposed")
    if actual.size == expected.size:
        text += ": the number of entries is right, so an axis is missing, superfluous or in another place"
    elif expected.ndim == 0:
        text += ": one number is expected, was a sum or mean left out?"
    return Diagnosis("shape", text)


def _numbers(
    actual: np.ndarray,
    expected: np.ndarray,
    name: str,
    rtol: float,
    intermediate: float,
    sizes: dict[str, int],
) -> Diagnosis | None:
    if expected.size == 0:
        return None
    actual = actual.astype(np.float64)
    expected = expected.astype(np.float64)
    # Infinities and NaN must be where they are expected; the rest is judged by size.
    finite = np.isfinite(expected)
    if not np.array_equal(actual[~finite], expected[~finite], equal_nan=True):
        return Diagnosis("nonfinite", f"{name} must carry NaN and infinity through where its input has them")
    bad = int(np.count_nonzero(~np.isfinite(actual[finite])))
    if bad:
        what = "NaN or infinite"
        return Diagnosis(
            "nonfinite",
            f"{name} has {bad} of {actual.size} entries that are {what}: "
            "look for an overflow in exp, a log of 0 or a division by 0",
        )
    a, e = actual[finite], expected[finite]
    if e.size == 0:
        return None
    scale = float(np.max(np.abs(e)))
    limit = rtol * (max(scale, intermediate) or 1.0)
    difference = np.abs(a - e)
    worst = float(np.max(difference))
    if worst <= limit:
        return None
    error = worst / scale if scale > 0 else float("inf")
    pattern = _pattern(a, e, name, max(limit, 1e-6 * scale), sizes)
    if pattern is not None:
        kind, message = pattern
        return Diagnosis(kind, message, error)
    square = expected.ndim == 2 and expected.shape[0] == expected.shape[1] > 1 and finite.all()
    if square and float(np.max(np.abs(actual.T - expected))) <= limit:
        return Diagnosis("transpose", f"{name} is transposed: rows and columns are exchanged", error)
    return _entries(actual, expected, name, limit, error)


def _pattern(
    a: np.ndarray, e: np.ndarray, name: str, limit: float, sizes: dict[str, int]
) -> tuple[str, str] | None:
    if not e.any():
        return None
    if not a.any():
        return "zeros", f"{name} is 0 everywhere, but should not be"
    worst = float(np.max(np.abs(a - e)))
    ratio = float(np.vdot(e, a) / np.vdot(e, e))
    if np.isclose(ratio, 1.0, rtol=1e-4) and worst <= 1e-5 * float(np.max(np.abs(e))):
        return "precision", (
            f"{name} is right to about {_digits(worst, e)} digits only: is a part of it computed in float32, "
            "or approximated?"
        )
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


def _entries(
    actual: np.ndarray, expected: np.ndarray, name: str, limit: float, error: float = float("inf")
) -> Diagnosis:
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
