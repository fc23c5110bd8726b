"""What the service knows of one hand-in, and what is decided when it comes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

QUEUED, GRADING, DONE, NOT_GRADED = ("queued", "grading", "done", "not_graded")
"""The states of a hand-in."""


@dataclass(frozen=True)
class HandIn:
    """One accepted hand-in.

    Attributes
    ----------
    id : str
        Cannot be guessed.
    student, milestone : str
    digest : str
        SHA-256 of the archive, in hexadecimal.
    size : int
        Bytes of the archive.
    received : float
    late : bool
    attempt : int
        The number of this attempt, from 1; 0 for what came in another way and uses none.
    attempts_allowed : int or None
        As it was when the hand-in came.
    priority : int
        Minus how many of the student's hand-ins were waiting then; higher goes first, then who came first. What came
        in another way is behind all of them.
    state : {"queued", "grading", "done", "not_graded"}
    worker : str or None
        The process that grades it.
    started, finished : float or None
    score, max_score : float or None
    result : dict or None
        What a student may see of the report at most; see `shown.result_of`.
    message : str or None
        Why it could not be graded.
    recorded : bool
        Whether the gradebook knows what follows from it.
    queued : float or None
        When it came into the queue, for the last time: later than it was received if it is graded once more, or was
        collected in another way. None in a database that is older than this.
    members : tuple of str
        The others of the student's group.
    agreed : bool
        Whether the course says that they are a group, and not the hand-in alone.
    """

    id: str
    student: str
    milestone: str
    digest: str
    size: int
    received: float
    late: bool
    attempt: int
    attempts_allowed: int | None
    priority: int
    state: str = QUEUED
    worker: str | None = None
    started: float | None = None
    finished: float | None = None
    score: float | None = None
    max_score: float | None = None
    result: dict[str, Any] | None = None
    message: str | None = None
    recorded: bool = False
    queued: float | None = None
    members: tuple[str, ...] = ()
    agreed: bool = False

    @property
    def waits_since(self) -> float:
        """When it came into the queue, for the last time."""
        return self.received if self.queued is None else self.queued

    def is_of(self, student: str) -> bool:
        """Return whether a student has made it, or is of the group."""
        return student == self.student or student in self.members


class Lateness(NamedTuple):
    """What says whether a hand-in is late."""

    id: str
    student: str
    milestone: str
    received: float
    late: bool


@dataclass(frozen=True)
class Admission:
    """What is decided about a hand-in in the moment in which it is accepted."""

    late: bool
    attempt: int
    attempts_allowed: int | None


Decide = Callable[[Sequence[HandIn]], Admission]
"""Says of a hand-in, given the earlier ones of its student and milestone, what number it is, or raises an error."""
