"""Whether a value is what it should be; if not: its form, numbers that are not finite, or its entries."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from .arrangement import another_arrangement
from .message import Diagnosis
from .patterns import MOST, same_along_an_axis, wrong_by_a_rule, wrong_by_slices, wrong_entries
from .plural import in_the_plural, is_plural
from .tolerance import tolerance
from .type_shape_dtype import wrong_form

_NAN = (
    "NaN",
    "look for 0 divided by 0, infinity minus infinity or times 0, or the root or logarithm of a negative number",
)
_INFINITE = "infinite", "look for a division by 0, a logarithm of 0, or a number that becomes too large"
_BOTH = (
    "NaN or infinite",
    "the infinite ones come first: look for a division by 0, or a number that becomes too large",
)


@np.errstate(over="ignore", invalid="ignore", divide="ignore")  # a wrong value may be of any size
def compare(
    got: Any,
    want: Any,
    name: str = "the result",
    *,
    rtol: float | None = None,
    scale: float = 0.0,
    sizes: Mapping[str, float] | None = None,
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
    sizes : mapping of str to float, optional
        Lengths with a meaning, e.g. ``{"N": 5}``; a value that is off by such a factor is explained with it.
    check_dtype : bool, default False
        Whether a floating dtype other than that of ``want`` is an error.
    """
    diagnosis = _compared(got, want, name, rtol, scale, dict(sizes or {}), check_dtype, why=True)
    if diagnosis is None or not is_plural(name):
        return diagnosis
    return replace(diagnosis, message=in_the_plural(diagnosis.message, name))


@np.errstate(over="ignore", invalid="ignore", divide="ignore")
def agree(got: Any, want: Any, *, rtol: float | None = None, scale: float = 0.0) -> bool:
    """Return whether `compare` finds nothing wrong, without looking for what is wrong, which takes a while.

    Parameters
    ----------
    got, want, rtol, scale
        As for `compare`.
    """
    return _compared(got, want, "the result", rtol, scale, {}, check_dtype=False, why=False) is None


def _compared(
    got: Any,
    want: Any,
    name: str,
    rtol: float | None,
    scale: float,
    sizes: dict[str, float],
    check_dtype: bool,
    why: bool,
) -> Diagnosis | None:
    expected = np.asarray(want)
    actual, diagnosis = wrong_form(got, expected, name, sizes, check_dtype=check_dtype)
    if diagnosis is not None:
        return diagnosis
    if expected.dtype.kind in "biu" and actual.dtype.kind in "biu":
        return None if np.array_equal(actual, expected) else wrong_entries(actual, expected, name, 0.0)
    if rtol is None:
        coarser = min(
            (d for d in (expected.dtype, actual.dtype) if d.kind == "f"),
            key=lambda d: d.itemsize,
            default=np.dtype(np.float64),
        )
        rtol = tolerance(coarser if check_dtype else expected.dtype)
    return _numbers(actual, expected, name, rtol, scale, sizes, why)


def _numbers(
    actual: np.ndarray,
    expected: np.ndarray,
    name: str,
    rtol: float,
    intermediate: float,
    sizes: dict[str, float],
    why: bool,
) -> Diagnosis | None:
    if expected.size == 0:
        return None
    actual = actual.astype(np.float64)
    expected = expected.astype(np.float64)
    # Most values are right, and finite: NaN and infinity make these comparisons false.
    scale = float(np.max(np.abs(expected)))
    if float(np.max(np.abs(actual - expected))) <= rtol * (max(scale, intermediate) or 1.0) < np.inf:
        return None
    # Infinities and NaN must be where they are expected; the rest is judged by size.
    finite = np.isfinite(expected)
    if not np.array_equal(actual[~finite], expected[~finite], equal_nan=True):
        return Diagnosis("nonfinite", f"{name} must carry NaN and infinity through where its input has them")
    bad = actual[finite & ~np.isfinite(actual)]
    if bad.size:
        what, cause = _NAN if np.isnan(bad).all() else _INFINITE if np.isinf(bad).all() else _BOTH
        where = f"has {bad.size} of {actual.size} entries that are" if actual.size > 1 else "is"
        return Diagnosis("nonfinite", f"{name} {where} {what}: {cause}")
    a, e = actual[finite], expected[finite]
    if e.size == 0:
        return None
    scale = float(np.max(np.abs(e)))
    limit = rtol * (max(scale, intermediate) or 1.0)
    difference = np.abs(a - e)
    worst = float(np.max(difference))
    if worst <= limit:
        return None
    if not why:
        return Diagnosis("entries", "")
    error = worst / scale if scale > 0 else float("inf")
    pattern = wrong_by_a_rule(a, e, name, max(limit, 1e-6 * scale), sizes)
    if pattern is not None:
        kind, message = pattern
        return Diagnosis(kind, message, error)
    if finite.all() and scale > 0 and e.size <= MOST:
        near = max(limit, 1e-6 * scale)
        looks = (another_arrangement, same_along_an_axis, wrong_by_slices)
        found = next(filter(None, (look(actual, expected, near) for look in looks)), None)
        if found is not None:
            kind, predicate = found
            return Diagnosis(kind, f"{name} {predicate}", error)
    return wrong_entries(actual, expected, name, limit, error)
