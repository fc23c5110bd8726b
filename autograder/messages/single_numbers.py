"""What wrong single numbers, such as a loss, have in common: any two numbers have a ratio, but several cases a rule."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

_DIGITS = 1e-7
_LETTERS = frozenset("ndhcm")


def common_rule(cases: Sequence[tuple[Mapping[str, Any], Any, Any]]) -> str:
    """Say how the wrong number follows from the right one in all cases alike; an empty text if it does not.

    Parameters
    ----------
    cases : sequence of (case, got, want)
        The arguments of a case, the wrong number and the right one.
    """
    if len(cases) < 2 or not all(_is_number(got) and _is_number(want) for _, got, want in cases):
        return ""
    try:
        numbers = [(float(got), float(want)) for _, got, want in cases]
    except OverflowError:  # an integer that no floating-point number comes near
        return ""
    if (
        not all(math.isfinite(n) for pair in numbers for n in pair)
        or len({round(w, 9) for _, w in numbers}) < 2
    ):
        return ""
    if _alike([got for got, _ in numbers]):
        return f"It is {numbers[0][0]:.6g} whatever the input"
    if _alike([got - want for got, want in numbers]):
        return f"It is off by {numbers[0][0] - numbers[0][1]:.6g} in every case"
    if not all(want for _, want in numbers):
        return ""
    ratios = [got / want for got, want in numbers]
    if _alike(ratios):
        return f"It is {ratios[0]:.6g} times the right number in every case"
    for name in cases[0][0]:
        lengths: list[Any] = [case.get(name) for case, _, _ in cases]
        if all(type(n) is int and n > 0 for n in lengths) and len(set(lengths)) > 1:
            label = name.upper() if name in _LETTERS else name
            if _alike([ratio / n for ratio, n in zip(ratios, lengths, strict=True)]):
                return f"It is {_times(ratios[0] / lengths[0])}{label} times the right number in every case"
            if _alike([ratio * n for ratio, n in zip(ratios, lengths, strict=True)]):
                return (
                    f"It is {_times(ratios[0] * lengths[0])}the right number divided by {label} in every case"
                )
    return ""


def _is_number(value: Any) -> bool:
    if isinstance(value, (np.ndarray, np.generic)):
        return value.ndim == 0 and value.dtype.kind in "fiu"
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _alike(numbers: Sequence[float]) -> bool:
    largest = max(map(abs, numbers))
    return largest > 1e-12 and max(numbers) - min(numbers) <= _DIGITS * largest


def _times(factor: float) -> str:
    return "" if math.isclose(factor, 1, rel_tol=1e-6) else f"{factor:.6g} times "
