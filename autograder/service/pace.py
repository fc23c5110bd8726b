"""How long the queue takes, by how long the last hand-ins took; and how many graders at once would have been enough."""

from __future__ import annotations

import heapq
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean, median

LONGEST = 60.0
"""Seconds that a hand-in should wait at most, from its arrival to its result."""
_MOST_GRADERS = 256
_SHORTEST, _UNUSUAL, _FIRST = 3.0, 3.0, 30.0
"""Far longer than usual is so many times the median, at least so many seconds; and so many while nothing is known."""


@dataclass(frozen=True)
class UnderWay:
    """A hand-in that waits, or is graded now.

    Attributes
    ----------
    id, milestone : str
    started : float or None
        When grading it began; None while it waits.
    """

    id: str
    milestone: str
    started: float | None


@dataclass(frozen=True)
class Place:
    """Where a waiting hand-in stands: its position from 1, and in how many seconds it has its result, if known."""

    position: int
    seconds: float | None


def patience(took: Sequence[float]) -> float:
    """Return after how many seconds a hand-in takes far longer than usual, by how long the last ones took."""
    return max(_SHORTEST, _UNUSUAL * median(took)) if took else _FIRST


def keeps_its_place(took: Sequence[float]) -> float | None:
    """Return for how many seconds a hand-in keeps others from being graded, in the mean; None if nothing is known.

    One that takes far longer than usual makes room for another; see `Places`.
    """
    longest = patience(took)
    return fmean(min(seconds, longest) for seconds in took) if took else None


def places(
    under_way: Sequence[UnderWay], each: Mapping[str, float | None], workers: int, now: float
) -> dict[str, Place]:
    """Return the place of each hand-in that waits.

    Parameters
    ----------
    under_way : sequence of UnderWay
        In the order in which they are graded.
    each : mapping of str to float or None
        How many seconds a hand-in of each milestone keeps its place; None if there was none yet, which says nothing
        about those behind it unless others are known.
    workers : int
        How many are graded at once.
    now : float
        Seconds since 1970.
    """
    known = [seconds for seconds in each.values() if seconds is not None]
    usual = fmean(known) if known else None

    def takes(one: UnderWay) -> float:
        seconds = each.get(one.milestone)
        return (usual or 0.0) if seconds is None else seconds

    graded = [one for one in under_way if one.started is not None]
    free = sorted(max(0.0, takes(one) - (now - one.started)) for one in graded if one.started is not None)
    free = free[-workers:]  # who has been at it for longer has made room
    free += [0.0] * (workers - len(free))
    heapq.heapify(free)
    found: dict[str, Place] = {}
    for position, one in enumerate((one for one in under_way if one.started is None), len(graded) + 1):
        done = heapq.heappop(free) + takes(one)
        heapq.heappush(free, done)
        found[one.id] = Place(position, None if usual is None else round(done, 1))
    return found


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
