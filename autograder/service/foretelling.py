"""When each hand-in in the queue has its result: the queue played many times, with what the last hand-ins took."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean, median

import numpy as np
import numpy.typing as npt

from .pace import patience
from .store import Timing, UnderWay

_PLAYS = 240
"""How often the queue is played."""
_ABOUT = 0.3
"""Who is told "in 40 seconds" takes for that what comes within this share of it."""
_TENTH = 0.1
_BUSY, _STANDS_STILL, _FASTEST = 15.0, 30.0, 4.0
"""A speed is measured in so many seconds at least, without those in which nothing happened for longer, and bounded."""
_BELIEVED = 0.5
"""By so much, in its logarithm: the rest of what a few dozen hand-ins say is chance, and ranges would be too narrow."""


@dataclass(frozen=True)
class Place:
    """Where a waiting hand-in stands.

    Attributes
    ----------
    position : int
        From 1.
    seconds : float or None
        In how many seconds it has its result, most likely: more of the plays end about then than at any other time.
        None while nothing is known.
    earliest, latest : float or None
        Between these it has it with a chance of four in five.
    """

    position: int
    seconds: float | None = None
    earliest: float | None = None
    latest: float | None = None


def pickup(last: Sequence[Timing], workers: int) -> float:
    """Return how many seconds pass from the queue to the beginning where a grader is free; 0 while nobody knows.

    Parameters
    ----------
    last : sequence of Timing
        The last hand-ins with a result.
    workers : int
        How many are graded at once.
    """

    def others(one: Timing) -> int:
        return sum(other.queued < one.queued < other.finished for other in last)

    # not less than nothing, where somebody has put the clock right meanwhile
    waits = [max(0.0, one.started - one.queued) for one in last if others(one) < workers]
    waits = [wait for wait in waits if wait < _STANDS_STILL]  # or it stood still, or one is graded again
    return median(waits) if waits else 0.0


def speed(last: Sequence[Timing], took: Mapping[str, Sequence[float]], workers: int) -> float:
    """Return how many seconds' worth of hand-ins a grader has done in a second, while all of them had work.

    It is more than 1 where those that made room for others were graded beside them; see `queue.Places`.

    Parameters
    ----------
    last : sequence of Timing
        The last hand-ins with a result, in any order.
    took : mapping of str to sequence of float
        How long the last ones of each milestone took.
    workers : int
        How many are graded at once.
    """
    place = {name: fmean(min(one, patience(of)) for one in of) for name, of in took.items() if of}
    steps = sorted(
        [(one.queued, 1, 0.0) for one in last]
        + [(one.finished, -1, place.get(one.milestone, 0.0)) for one in last]
    )
    busy, done, there, since = 0.0, 0.0, 0, 0.0
    for at, step, seconds in steps:
        if there >= workers and at - since < _STANDS_STILL:
            busy += at - since
            done += seconds
        there, since = there + step, at
    if busy < _BUSY:
        return 1.0
    return min(_FASTEST, max(1 / _FASTEST, done / busy / workers)) ** _BELIEVED


def places(
    under_way: Sequence[UnderWay],
    took: Mapping[str, Sequence[float]],
    workers: int,
    now: float,
    *,
    speed: float = 1.0,
    pickup: float = 0.0,
    told: float = 0.0,
) -> dict[str, Place]:
    """Return the place of each hand-in that waits.

    Parameters
    ----------
    under_way : sequence of UnderWay
        In the order in which they are graded.
    took : mapping of str to sequence of float
        How long the last hand-ins of each milestone took; a milestone without any counts as the slowest one does.
    workers : int
        How many are graded at once.
    now : float
        Seconds since 1970.
    speed, pickup : float
        See there.
    told : float
        How many seconds after its end a result is told.
    """
    graded = [one for one in under_way if one.started is not None]
    waiting = [one for one in under_way if one.started is None]
    known = {name: _Usual(of) for name, of in took.items() if of}
    if not known:
        return {one.id: Place(number) for number, one in enumerate(waiting, len(graded) + 1)}
    slowest = max(known.values(), key=lambda one: fmean(one.took))
    draw = np.random.default_rng(0)  # the same each time, so that what is told does not jump about
    free = np.zeros((_PLAYS, workers))
    begun = sorted((one.started, one.milestone) for one in graded if one.started is not None)
    for number, (started, milestone) in enumerate(begun[-workers:]):  # who began before them has made room
        free[:, number] = known.get(milestone, slowest).left(now - started, draw) / speed
    ends = np.empty((len(waiting), _PLAYS))
    plays = np.arange(_PLAYS)
    for end, one in zip(ends, waiting, strict=True):
        usual = known.get(one.milestone, slowest)
        seconds = usual.seconds(draw)
        first = free.argmin(axis=1)
        begins = np.maximum(free[plays, first], one.queued + pickup - now)
        end[:] = begins + seconds + told
        free[plays, first] = begins + np.minimum(seconds, usual.patience) / speed
    return {
        one.id: Place(number, *_about(np.sort(end)))
        for number, (one, end) in enumerate(zip(waiting, ends, strict=True), len(graded) + 1)
    }


class _Usual:
    """How long the hand-ins of a milestone take."""

    def __init__(self, took: Sequence[float]) -> None:
        self.took, self.patience = np.array(took), patience(took)

    def seconds(self, draw: np.random.Generator) -> npt.NDArray[np.float64]:
        """Return how long one takes, for each play."""
        return draw.permutation(np.resize(self.took, _PLAYS))

    def left(self, since: float, draw: np.random.Generator) -> npt.NDArray[np.float64]:
        """Return for how long one is still in the way that is graded since then: as long as others that took longer."""
        longer = self.took[self.took > since]
        if not len(longer):
            return np.zeros(_PLAYS)
        return np.maximum(0.0, np.minimum(draw.permutation(np.resize(longer, _PLAYS)), self.patience) - since)


def _about(ends: npt.NDArray[np.float64]) -> tuple[float, float, float]:
    """Return when most plays end, about, and between which times four of five do; these in tenths of a second."""
    beside = np.searchsorted(ends, (1 + _ABOUT) * ends, "right") - np.searchsorted(ends, (1 - _ABOUT) * ends)
    best = ends[beside == beside.max()]
    share = round(_TENTH * (len(ends) - 1))
    earliest, latest = 10 * ends[[share, -1 - share]].round(6)
    return round(float(best[len(best) // 2]), 2), math.floor(earliest) / 10, math.ceil(latest) / 10
