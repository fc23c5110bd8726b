"""When hand-ins came faster than they could be graded: how long it took, and what would have been enough."""

from __future__ import annotations

from dataclasses import dataclass

from ..pace import LONGEST, enough, replayed
from ..policy import iso
from ..settings import Service

_DAY = 86400.0


@dataclass(frozen=True)
class Peak:
    """The longest wait of a day.

    Attributes
    ----------
    hand_ins : int
        How many have their result.
    longest : float
        Seconds from an arrival to the result.
    at : str
        When that hand-in arrived.
    until : str
        When the last hand-in had its result that waited longer than `LONGEST`.
    graders : int
        How many are graded at once: each takes a core, of this machine or of a Dask worker's.
    enough : int or None
        With how many nobody would have waited longer than `LONGEST`, or than their own grading takes.
    """

    hand_ins: int
    longest: float
    at: str | None
    until: str | None
    graders: int
    enough: int | None


def peak(service: Service, now: float) -> Peak | None:
    """Return the peak of the last 24 hours, over all milestones; None if nobody waited long."""
    found = service.store.times.timings(now - _DAY)
    if not found:
        return None
    arrivals = [at for at, _, _ in found]
    takes = [finished - started for _, started, finished in found]
    graders = service.workers
    needed = enough(arrivals, takes)
    # what waited because a process was killed, or the service stood still, waited for another reason than the queue
    explained = replayed(arrivals, takes, graders)
    waits = [min(finished - at, queued) for (at, _, finished), queued in zip(found, explained, strict=True)]
    longest = max(range(len(found)), key=lambda number: waits[number])
    if waits[longest] <= LONGEST or (needed is not None and needed <= graders):
        return None
    until = max(at + wait for at, wait in zip(arrivals, waits, strict=True) if wait > LONGEST)
    return Peak(len(found), waits[longest], iso(arrivals[longest]), iso(until), graders, needed)
