"""When hand-ins came, and how long they took: what estimates are made of."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from sqlalchemy import func, select

from .database import Database
from .hand_in import DONE, GRADING, QUEUED
from .tables import hand_ins

# where this was not kept yet, it is when the hand-in was received
_QUEUED_AT = func.coalesce(hand_ins.c.queued, hand_ins.c.received)


class Timing(NamedTuple):
    """When a hand-in came into the queue, when grading it began, and when it had its result."""

    milestone: str
    queued: float
    started: float
    finished: float


@dataclass(frozen=True)
class UnderWay:
    """A hand-in that waits, or is graded now.

    Attributes
    ----------
    id, milestone : str
    queued : float
        When it came into the queue.
    started : float or None
        When grading it began; None while it waits.
    """

    id: str
    milestone: str
    queued: float
    started: float | None


class Times:
    """The times of all hand-ins.

    Parameters
    ----------
    database : Database
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    def under_way(self) -> list[UnderWay]:
        """Return the hand-ins that wait or are graded now, in the order in which they are graded."""
        query = (
            select(hand_ins.c.id, hand_ins.c.milestone, _QUEUED_AT, hand_ins.c.started)
            .where(hand_ins.c.state.in_([QUEUED, GRADING]))
            .order_by(hand_ins.c.priority.desc(), _QUEUED_AT, hand_ins.c.id)
        )
        with self._database.reading() as connection:
            return [UnderWay(*row) for row in connection.execute(query)]

    def waiting(self) -> int:
        """Return how many hand-ins wait for a grader."""
        query = select(func.count()).where(hand_ins.c.state == QUEUED)
        with self._database.reading() as connection:
            return int(connection.execute(query).scalar_one())

    def timings(self, since: float) -> list[tuple[float, float, float]]:
        """Return of each with a result when it came into the queue, and when grading began and ended, by the first."""
        query = (
            select(_QUEUED_AT, hand_ins.c.started, hand_ins.c.finished)
            .where(since <= _QUEUED_AT, hand_ins.c.state == DONE)
            .order_by(_QUEUED_AT)
        )
        with self._database.reading() as connection:
            return [(queued, started, finished) for queued, started, finished in connection.execute(query)]

    def last_seconds(self, milestone: str, of_the_last: int = 60) -> list[float]:
        """Return how long grading took, for each of the last hand-ins of a milestone."""
        query = (
            select(hand_ins.c.started, hand_ins.c.finished)
            .where(hand_ins.c.milestone == milestone, hand_ins.c.finished.is_not(None))
            .where(hand_ins.c.started.is_not(None))
            .order_by(hand_ins.c.finished.desc())
            .limit(of_the_last)
        )
        with self._database.reading() as connection:
            # not less than nothing, where somebody has put the clock right meanwhile
            return [max(0.0, row.finished - row.started) for row in connection.execute(query)]

    def last_timings(self, of_the_last: int = 60) -> list[Timing]:
        """Return the times of the last hand-ins that were graded, of all milestones.

        Without those that came in another way, which nobody waits for.
        """
        query = (
            select(hand_ins.c.milestone, _QUEUED_AT, hand_ins.c.started, hand_ins.c.finished)
            .where(hand_ins.c.finished.is_not(None), hand_ins.c.started.is_not(None), hand_ins.c.attempt > 0)
            .order_by(hand_ins.c.finished.desc())
            .limit(of_the_last)
        )
        with self._database.reading() as connection:
            return [Timing(*row) for row in connection.execute(query)]
