"""Traces that mistakes leave in all entries of an array: a factor, a sign, a constant, a square."""

from __future__ import annotations

import itertools

import numpy as np

from .describe import describe
from .functions import function_of_the_right_value
from .message import Diagnosis
from .regions import common_value, place

MOST = 50_000
"""Entries of the largest arrays in which all patterns are looked for: some are sorted for it, several times."""

MOST_TIMES = 1e8
"""Larger factors, and one over them, are no lead: what is rounded away has them, too."""

_SMALL_NUMBER = "a small number such as eps is missing, too large or in another place"


def wrong_by_a_rule(
    a: np.ndarray, e: np.ndarray, name: str, limit: float, sizes: dict[str, float]
) -> tuple[str, str] | None:
    """Return kind and message if all entries are wrong in the same simple way; None if they are not."""
    if not e.any():
        return None
    if not a.any() and e.size > 1:
        return "zeros", f"{name} is 0 everywhere, but should not be"
    worst = float(np.max(np.abs(a - e)))
    ratio = float(np.vdot(e, a) / np.vdot(e, e))
    if np.isclose(ratio, 1.0, rtol=1e-4) and worst <= 1e-5 * float(np.max(np.abs(e))):
        return "precision", f"{name} is right to about {_digits(worst, e)} digits only: {_imprecise(a)}"
    telling = _has_two_numbers(e) or _is_telling(ratio, sizes)
    if (
        telling
        and 1 / MOST_TIMES < abs(ratio) < MOST_TIMES
        and float(np.max(np.abs(a - ratio * e))) <= limit * max(1.0, abs(ratio))
    ):
        if np.isclose(ratio, -1.0, rtol=1e-6):
            return "sign", f"{name} has the wrong sign: it is exactly minus the right value"
        return (
            "factor",
            f"{name} is exactly {_factor(ratio, sizes) if ratio > 0 else _negative(ratio, sizes)}",
        )
    shift = float(np.mean(a - e))
    if e.size > 1 and float(np.max(np.abs(a - e - shift))) <= limit and np.ptp(e) > limit:
        return "offset", f"{name} is off by the same constant, {shift:.6g}, in every entry"
    words = function_of_the_right_value(a, e) if e.size <= MOST else None
    return ("function", f"{name} is {words}") if words else None


def wrong_by_slices(a: np.ndarray, e: np.ndarray, limit: float) -> tuple[str, str] | None:
    """Return kind and predicate if each row, column or channel is wrong by a factor or a constant of its own."""
    for axis in range(e.ndim - 1, -1, -1):
        others = tuple(k for k in range(e.ndim) if k != axis)
        inner = e.size // e.shape[axis]
        if e.ndim < 2 or e.shape[axis] < 2 or inner < 3:
            continue
        what = ("row", "column")[axis] if e.ndim == 2 else f"slice along axis {axis}"
        shift = np.mean(a - e, axis=others, keepdims=True)
        if np.max(np.abs(a - e - shift)) <= limit and np.min(np.ptp(e, axis=others)) > limit:
            return "offset", f"is off by a constant in each {what}: {_range(shift)}"
        power = np.sum(e * e, axis=others, keepdims=True)
        if (np.ptp(e, axis=others) <= limit).any() or (
            np.count_nonzero(np.abs(e) > limit, axis=others) < 2
        ).any():
            continue
        ratio = np.sum(a * e, axis=others, keepdims=True) / power
        if np.max(np.abs(a - ratio * e)) <= limit and np.min(np.abs(ratio)) > 1e-9:
            return "factor", f"is off by a factor of its own in each {what}: {_factors(ratio)}"
    return None


def same_along_an_axis(a: np.ndarray, e: np.ndarray, limit: float) -> tuple[str, str] | None:
    """Return kind and predicate if ``a`` does not vary along axes along which ``e`` does, but along others."""
    constant = [
        axis
        for axis, length in enumerate(e.shape)
        if length > 1 and np.ptp(a, axis=axis).max() <= limit < np.ptp(e, axis=axis).max()
    ]
    if not constant or e.ndim < 2 or np.ptp(a) <= limit:
        return None
    if e.ndim == 2:
        return (
            "place",
            f"has the same numbers in every {('row', 'column')[constant[0]]}, where different ones belong",
        )
    axes = " and ".join(map(str, constant))
    return "place", f"does not vary along axis {axes}, but should"


def _range(numbers: np.ndarray) -> str:
    if numbers.size <= 6:
        return ", ".join(f"{n:.4g}" for n in numbers.ravel())
    return f"{numbers.min():.4g} to {numbers.max():.4g}"


def _factors(ratios: np.ndarray) -> str:
    """Tell factors with as many digits as it takes to see that they are not 1; all near 1, they have a usual cause."""
    most = float(np.max(np.abs(ratios - 1)))
    if most > 0.05:
        return _range(ratios)
    return f"they differ from 1 by up to {most:.2g}; perhaps {_SMALL_NUMBER}"


def _imprecise(a: np.ndarray) -> str:
    """Say where a small error comes from; float32 is suspected only where every value is one that float32 has."""
    with np.errstate(over="ignore"):
        rounded = np.array_equal(a, a.astype(np.float32).astype(np.float64))
    if rounded and not np.array_equal(a, np.round(a)):
        return "its values are rounded to float32; compute in the dtype of the input"
    return f"{_SMALL_NUMBER}, or something is approximated"


def _digits(worst: float, expected: np.ndarray) -> int:
    return int(-np.log10(worst / float(np.max(np.abs(expected)))))


def _has_two_numbers(e: np.ndarray) -> bool:
    """Whether there are numbers of different sizes: a number, or a pair like (s, -s), has a ratio to any other."""
    sizes = np.abs(e[e != 0])
    return bool(sizes.size > 1 and np.ptp(sizes) > 1e-6 * sizes.max())


_LOGARITHMS = {
    "ln 10: a logarithm to base 10 instead of the natural one, or the other way round": float(np.log(10)),
    "1 / ln 2: a logarithm to base 2 instead of the natural one, or the other way round": float(
        1 / np.log(2)
    ),
}
"""Factors between logarithms. No other factor has these digits."""


def _is_telling(ratio: float, sizes: dict[str, float]) -> bool:
    """Whether a single number's ratio means something: any two numbers have one."""
    known = [1.0, 2.0, *_LOGARITHMS.values(), *(float(n) for n in sizes.values() if n > 1)]
    return any(np.isclose(abs(ratio), r, rtol=1e-9) for n in known for r in (n, 1 / n))


def _factor(ratio: float, sizes: dict[str, float]) -> str:
    size, much = (ratio, "large") if ratio > 1 else (1 / ratio, "small")
    labels = [label for label, n in sizes.items() if n > 1 and np.isclose(size, n, rtol=1e-6)]
    if len(labels) == 1:
        # With N = 2 a factor of 2 may come from anywhere, and with N = C from either.
        asked = labels == ["N"] and size > 2.5
        did = "left out" if ratio > 1 else "taken twice, or in place of a sum"
        hint = f": was the mean over the batch {did}?" if asked else ""
        return f"{labels[0]} = {size:.6g} times too {much}{hint}"
    if labels:
        return f"{size:.6g} times too {much} ({' and '.join(labels)} are {size:.6g})"
    logarithm = next((label for label, n in _LOGARITHMS.items() if np.isclose(size, n, rtol=1e-9)), "")
    if logarithm:
        return f"{size:.6g} times too {much}, which is {logarithm}"
    return f"{size:.6g} times too {much}{_made_of_sizes(size, sizes)}"


def _negative(ratio: float, sizes: dict[str, float]) -> str:
    """Say by what the right value was multiplied where the sign is wrong, too."""
    size = max(-ratio, -1 / ratio)
    labels = [label for label, n in sizes.items() if n > 1 and np.isclose(size, n, rtol=1e-6)]
    if len(labels) == 1:
        return f"minus the right value {'times' if ratio < -1 else 'divided by'} {labels[0]} = {size:.6g}"
    return f"{ratio:.6g} times the right value"


def _made_of_sizes(size: float, sizes: dict[str, float]) -> str:
    """Name a factor that is made of one length or two; an empty text unless there is exactly one way to make it."""
    ways = {}
    for label, n in sizes.items():
        if n > 2:
            ways[f"the root of {label}"] = float(np.sqrt(n))
            ways[f"{label} / ({label} - 1)"] = n / (n - 1)
    for (one, n), (other, m) in itertools.combinations(sizes.items(), 2):
        if min(n, m) > 1:
            ways[f"{one} * {other}"] = n * m
            if n != m:
                ways[f"{one} / {other}" if n > m else f"{other} / {one}"] = max(n, m) / min(n, m)
    found = [words for words, value in ways.items() if np.isclose(size, value, rtol=1e-6)]
    return f", which is {found[0]}" if len(found) == 1 else ""


def wrong_entries(
    actual: np.ndarray, expected: np.ndarray, name: str, limit: float, error: float = float("inf")
) -> Diagnosis:
    """Say which entries are wrong, what they have in common, and what the worst of them is."""
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
    values = f"at [{', '.join(map(str, index))}] it is {describe(actual[index])} instead of {describe(expected[index])}"
    whole = count == wrong.size
    where, common = (
        place(wrong, name),
        (common_value(actual, expected, wrong) if wrong.size <= MOST else None),
    )
    text = where or f"{name} is wrong in {'every entry' if whole else f'{count} of {wrong.size} entries'}"
    if common:
        text += f"; {common}"
    kind = "place" if where or common else "value" if whole else "entries"
    return Diagnosis(kind, f"{text}; {values}", error)
