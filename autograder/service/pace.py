"""How long the queue takes, by how long the last hand-ins took; and how many graders at once would have been enough."""

from __future__ import annotations

import heapq
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean, median, pstdev

from .store import Timing, UnderWay

LONGEST = 60.0
"""Seconds that a hand-in should wait at most, from its arrival to its result."""
_MOST_GRADERS = 256
_SHORTEST, _UNUSUAL, _FIRST = 3.0, 3.0, 30.0
"""Far longer than usual is so many times the median, at least so many seconds; and so many while nothing is known."""
_TENTH, _OF_A_TENTH = 0.1, 1.28
"""A tenth of what varies like an error lies so many standard deviations above its mean, or more."""
_BUSY, _STANDS_STILL, _FASTEST = 15.0, 30.0, 4.0
"""A speed is measured in so many seconds at least, without those in which nothing happened for longer, and bounded."""


@dataclass(frozen=True)
class Place:
    """Where a waiting hand-in stands.

    Attributes
    ----------
    position : int
        From 1.
    seconds : float or None
        In how many seconds it has its result, as likely sooner as later; None while nothing is known.
    earliest, latest : float or None
        Between these it has it with a chance of four in five.
    """

    position: int
    seconds: float | None = None
    earliest: float | None = None
    latest: float | None = None


@dataclass(frozen=True)
class Usual:
    """How long hand-ins of a milestone take, by the last ones; all in seconds.

    Attributes
    ----------
    place, spread : float
        How long one keeps others from being graded, in the mean, and its standard deviation. One that takes far longer
        than usual makes room for another; see `Places`.
    short, middle, long : float
        What a tenth, a half and nine tenths of them take at most.
    """

    place: float
    spread: float
    short: float
    middle: float
    long: float


def patience(took: Sequence[float]) -> float:
    """Return after how many seconds a hand-in takes far longer than usual, by how long the last ones took."""
    return max(_SHORTEST, _UNUSUAL * median(took)) if took else _FIRST


def usual(took: Sequence[float]) -> Usual | None:
    """Return how long hand-ins take, by how long the last ones took; None if there are none."""
    if not took:
        return None
    longest, ordered = patience(took), sorted(took)
    kept = [min(seconds, longest) for seconds in took]
    short, long = (ordered[round(share * (len(took) - 1))] for share in (_TENTH, 1 - _TENTH))
    return Usual(fmean(kept), pstdev(kept), short, median(took), long)


def speed(last: Sequence[Timing], each: Mapping[str, Usual | None], workers: int) -> float:
    """Return how much of what `Usual.place` says is done in a second of a grader, while all of them had work.

    It is more than 1 where those that made room for others were graded beside them.

    Parameters
    ----------
    last : sequence of Timing
        The last hand-ins with a result, in any order.
    each : mapping of str to Usual or None
        How long a hand-in of each milestone takes.
    workers : int
        How many are graded at once.
    """
    steps = sorted(
        [(one.received, 1, 0.0) for one in last]
        + [(one.finished, -1, found.place if (found := each.get(one.milestone)) else 0.0) for one in last]
    )
    busy, done, there, since = 0.0, 0.0, 0, 0.0
    for at, step, place in steps:
        if there >= workers and at - since < _STANDS_STILL:
            busy += at - since
            done += place
        there, since = there + step, at
    if busy < _BUSY:
        return 1.0
    return min(_FASTEST, max(1 / _FASTEST, done / busy / workers))


def places(
    under_way: Sequence[UnderWay],
    each: Mapping[str, Usual | None],
    workers: int,
    now: float,
    speed: float = 1.0,
) -> dict[str, Place]:
    """Return the place of each hand-in that waits.

    Parameters
    ----------
    under_way : sequence of UnderWay
        In the order in which they are graded.
    each : mapping of str to Usual or None
        How long a hand-in of each milestone takes; None if there was none yet, which says nothing about those behind
        it unless others are known.
    workers : int
        How many are graded at once.
    now : float
        Seconds since 1970.
    speed : float
        See `speed`.
    """
    known = [one for one in each.values() if one is not None]
    graded = [one for one in under_way if one.started is not None]
    waiting = [one for one in under_way if one.started is None]
    if not known:
        return {one.id: Place(number) for number, one in enumerate(waiting, len(graded) + 1)}

    def of(one: UnderWay) -> Usual:
        return each.get(one.milestone) or max(known, key=lambda other: other.place)

    free = sorted(
        max(0.0, of(one).place - (now - one.started)) / speed for one in graded if one.started is not None
    )
    free = free[-workers:]  # who has been at it for longer has made room
    free += [0.0] * (workers - len(free))
    heapq.heapify(free)
    found: dict[str, Place] = {}
    variance = sum(of(one).spread ** 2 for one in graded)
    for position, one in enumerate(waiting, len(graded) + 1):
        usual, begins = of(one), heapq.heappop(free)
        more_or_less = _OF_A_TENTH * math.sqrt(variance) / (workers * speed)
        found[one.id] = Place(
            position,
            round(begins + usual.middle, 1),
            round(max(0.0, begins - more_or_less) + usual.short, 1),
            round(begins + more_or_less + usual.long, 1),
        )
        heapq.heappush(free, begins + usual.place / speed)
        variance += usual.spread**2
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
