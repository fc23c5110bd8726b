"""When a hand-in takes far longer than usual; and how many graders at once would have been enough for a day."""

from __future__ import annotations

import heapq
import math
from collections.abc import Iterable, Sequence
from statistics import median

LONGEST = 60.0
"""Seconds that a hand-in should wait at most, from its arrival to its result."""
_MOST_GRADERS = 256
_SHORTEST, _UNUSUAL, _FIRST = 3.0, 3.0, 30.0
"""Far longer than usual is so many times the median, at least so many seconds; and so many while nothing is known."""


def patience(took: Sequence[float]) -> float:
    """Return after how many seconds a hand-in takes far longer than usual, by how long the last ones took."""
    return max(_SHORTEST, _UNUSUAL * median(took)) if took else _FIRST


def replayed(arrivals: Iterable[float], takes: Iterable[float], graders: int) -> list[float]:
    """Return how long each hand-in would wait for its result, with so many graded at once, in order of arrival."""
    free = [-math.inf] * graders
    waits = []
    for at, seconds in zip(arrivals, takes, strict=True):
        done = max(at, heapq.heappop(free)) + seconds
        heapq.heappush(free, done)
        waits.append(done - at)
    return waits


def enough(arrivals: Sequence[float], takes: Sequence[float], longest: float = LONGEST) -> int | None:
    """Return with how many graders at once nobody would have waited longer; None if no number would do.

    A hand-in that alone takes longer is left out of account: more graders make none faster.

    Parameters
    ----------
    arrivals : sequence of float
        When hand-ins came, in this order.
    takes : sequence of float
        How many seconds grading each took.
    longest : float
        Seconds from arrival to result.
    """
    limits = [max(longest, seconds) for seconds in takes]

    def do(graders: int) -> bool:
        waits = replayed(arrivals, takes, graders)
        return all(wait <= limit + 1e-9 for wait, limit in zip(waits, limits, strict=True))

    return next((graders for graders in range(1, _MOST_GRADERS + 1) if do(graders)), None)
