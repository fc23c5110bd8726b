"""Hand-ins that could not be graded: what the staff is told of each, and once more into the queue."""

from __future__ import annotations

from dataclasses import dataclass

from .policy import iso
from .queue import Queue
from .settings import Service
from .store import NOT_GRADED, HandIn

NOTE = "not graded"
"""Of a line in the audit log: the hand-in and, behind a colon, why; the student is told less."""
NOTHING_TO_JUDGE = "nothing to judge"
"""The same where the student knows as much and only they can do something: no file can be read, or none is written."""


@dataclass(frozen=True)
class NotGraded:
    """A hand-in that waits for somebody of the staff, and why it could not be graded."""

    hand_in: HandIn
    reason: str

    @property
    def received(self) -> str | None:
        """When it came, as ISO 8601."""
        return iso(self.hand_in.received)


def not_graded(service: Service, milestone: str | None = None) -> list[NotGraded]:
    """Return the hand-ins that could not be graded, of all milestones or of one.

    Those that their student has sent again, the same files, are settled by that and left out, and so are those in which
    there was nothing to judge.
    """
    where = {} if milestone is None else {"milestone": milestone}
    found = service.store.hand_ins(state=NOT_GRADED, **where)
    if not found:
        return []
    theirs = {note["detail"].partition(": ")[0] for note in service.store.audit.notes(what=NOTHING_TO_JUDGE)}
    said = {}
    for note in service.store.audit.notes(what=NOTE):
        id, _, reason = note["detail"].partition(": ")
        said[id] = reason
    return [
        NotGraded(one, said.get(one.id, "no reason is known"))
        for one in found
        if one.id not in theirs and not service.store.is_sent_again(one)
    ]


def again(service: Service, queue: Queue, id: str, who: str) -> bool:
    """Put a hand-in that could not be graded into the queue; return whether it was one, and not sent again since.

    It has the place of a student's first hand-in. Once it is graded it counts as an attempt.
    """
    hand_in = service.store.again(id)
    if hand_in is None:
        return False
    service.store.audit.note(who, "graded again", id)
    queue.send(hand_in)
    return True
