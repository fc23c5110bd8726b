"""Judging masks that were drawn at random: what chance may do, and what no chance explains."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograder.judging.check import Finding, Findings
from autograder.judging.compare import claim, without_extra_axes
from autograder.judging.students_own_values import float_array

FALSE_ALARM = 1e-7
"""Chance that one claim about counts fails for right code. A grading run makes fewer than 40 such claims, so fewer
than 1 of 100,000 right solutions meets one that fails."""

_FEW = 0.1
"""A smaller share says nothing of how often two masks agree."""


def binomial_range(n: int, p: float, false_alarm: float = FALSE_ALARM) -> tuple[int, int]:
    """Return the narrowest ``low, high`` with at most half of ``false_alarm`` beyond either end.

    Parameters
    ----------
    n : int
        Number of independent draws.
    p : float
        Probability of success of each, above 0 and at most 1.
    """
    if p >= 1:
        return n, n
    counts = np.arange(n)
    # log C(n, k) by its ratios, since the numbers themselves fit no float
    ratios = np.concatenate([[0.0], np.cumsum(np.log(n - counts) - np.log1p(counts))])
    ks = np.arange(n + 1)
    chances = np.exp(ratios + ks * np.log(p) + (n - ks) * np.log1p(-p))
    low = int(np.searchsorted(np.cumsum(chances), false_alarm / 2, side="right"))
    high = n - int(np.searchsorted(np.cumsum(chances[::-1]), false_alarm / 2, side="right"))
    return low, high


def like(value: Any, x: np.ndarray, what: str) -> np.ndarray:
    """Return a value of the student's as an array of floating-point numbers in the shape of ``x``; NaN may be in it.

    Axes of length 1 too many are left out: they cost points where the value itself is compared.
    """
    return float_array(without_extra_axes(value, x.shape), x.shape, what, finite=False)


def are_kept(out: np.ndarray) -> np.ndarray:
    """Return which units an output shows as kept: the others are 0, or no number where a mask was divided by."""
    return np.isfinite(out) & (out != 0)


def where_draws_show(kept: np.ndarray) -> tuple[slice, ...]:
    """Return the part of a mask in which no draw stands twice: of slices along an axis that are all alike, the first.

    A mask that is the same everywhere is one draw, or none: all of it is returned.
    """
    alike = [
        length > 1 and bool((kept == kept.take([0], axis)).all()) for axis, length in enumerate(kept.shape)
    ]
    return tuple(slice(0, 1) if same and not all(alike) else slice(None) for same in alike)


def kept_and_dropped(kept: np.ndarray) -> Finding:
    """Return whether some units are kept and others are dropped, without which nothing shows that a mask is random."""
    count = int(kept.sum())
    message = f"{count} of {kept.size} units were kept: dropout keeps some and sets the others to 0"
    mixed = 0 < count < kept.size
    return claim(
        "kept and dropped",
        "some units are kept, others dropped",
        mixed,
        message,
        expected="both",
        actual=count,
    )


def share(kept: np.ndarray, p: float, what: str = "units were") -> Finding:
    """Return whether as many units are kept as chance allows with probability ``p``.

    A draw that stands for several units counts once: that there are too few draws is the claim of `independence`.
    """
    units = kept.size
    kept = kept[where_draws_show(kept)]
    what = what if kept.size == units else f"draws for {units} units were"
    count, (low, high) = int(kept.sum()), binomial_range(kept.size, p)
    message = (
        f"{count} of {kept.size} {what} kept with p = {p:g}, but about {p * kept.size:.0f} are expected "
        f"(chance explains {low} to {high})"
    )
    lowest, highest = binomial_range(kept.size, 1 - p) if p < 1 else (0, 0)
    if lowest <= count <= highest:  # any other share has another cause, such as one draw for a whole row
        message += ": p is the probability that a unit is kept"
    return claim(
        "share", "how many are kept", low <= count <= high, message, expected=(low, high), actual=count
    )


def independence(kept: np.ndarray, p: float, part: str = "independence") -> Findings:
    """Yield for each axis whether neighbours along it share their fate no more, or less, than chance allows."""
    for axis, length in enumerate(kept.shape):
        pairs = length // 2  # disjoint ones, so that their agreements are independent of each other
        if pairs == 0:
            continue
        first, second = (np.take(kept, range(start, 2 * pairs, 2), axis=axis) for start in (0, 1))
        message = f"neighbouring units along axis {axis} are not drawn independently of each other"
        yield agreement(part, f"neighbours along axis {axis}", first, second, p, message)


def agreement(
    part: str, label: str, first: np.ndarray, second: np.ndarray, p: float, message: str
) -> Finding:
    """Return whether two masks agree in as many places as independent ones may.

    How many units they keep is taken as it is, for a wrong share is the claim of `share`. Where next to all or none are
    kept, ``p`` stands for it: masks without a draw agree with each other.
    """
    shares = [float(mask.mean()) for mask in (first, second)]
    one, other = shares if all(_FEW <= kept <= 1 - _FEW for kept in shares) else (p, p)
    alike = one * other + (1 - one) * (1 - other)
    count, (low, high) = int((first == second).sum()), binomial_range(first.size, alike)
    said = f"{message}: {count} of {first.size} pairs are alike (chance explains {low} to {high})"
    return claim(part, label, low <= count <= high, said, expected=(low, high), actual=count)
