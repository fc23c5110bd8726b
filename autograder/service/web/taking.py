"""A hand-in is decided about, kept and accepted: after that it gets exactly one result."""

from __future__ import annotations

import logging
import shutil
from pathlib import Path

from .. import uploads
from ..groups import group_of
from ..identity import Person
from ..policy import iso, standing
from ..store import QUEUED, Admission, HandIn
from .door import Door, Refusal

_log = logging.getLogger("autograder.service")


def admission(door: Door, student: str, milestone: str, earlier: list[HandIn], received: float) -> Admission:
    """Decide about a hand-in; see `Store.accept`."""
    policy = door.service.policies[milestone]
    late = door.service.deadlines.is_late(student, milestone, received)
    if late and not policy.accept_late:
        deadline = door.service.deadlines.of(student, milestone)
        raise Refusal(
            403,
            f"The deadline was {iso(deadline)}; hand-ins are not taken any more.",
            "Ask your instructor if you need more time.",
        )
    now = standing(policy, earlier, received)
    if not now.open:
        when = (
            "There are no more." if now.next_at is None else f"The next one is taken at {iso(now.next_at)}."
        )
        raise Refusal(
            429,
            f"This hand-in was not taken: {now.why}.",
            f"{when} Your earlier hand-ins stay as they are.",
            None if now.next_at is None else now.next_at - received,
        )
    return Admission(late, now.used + 1, None if policy.attempts is None else now.allowed)


def require_room(door: Door, person: Person, size: int) -> None:
    """Refuse an upload that the disk has no room for, or that is too much for one person: the others go on."""
    settings = door.service.settings
    if not door.has_room:
        _log.error("the disk is almost full: no hand-ins are taken")
        raise Refusal(
            503,
            "The service has no room for hand-ins at the moment.",
            "Your files stay as they are. Tell your instructor, and run the same command again later.",
            60,
        )
    if door.service.store.kept_bytes(person.id) + size > settings.most_bytes_of_one:
        raise Refusal(
            413,
            f"Your hand-ins have more than {settings.most_bytes_of_one // 1_000_000} MB together.",
            "Leave out large files, and ask your instructor for room.",
        )


def accept(
    door: Door, person: Person, milestone: str, path: Path, digest: str, size: int
) -> tuple[HandIn, bool]:
    """Accept an upload that was received: after this it gets exactly one result."""
    service, received = door.service, door.clock()
    uploads.refuse_unreadable(path)
    # before it is accepted, so that what is accepted is there
    group = group_of(service, person.id, milestone, path)
    folder = service.folder_of(person.id, digest)
    uploads.keep(path, folder)
    try:
        hand_in, new = service.store.accept(
            person.id, milestone, digest, size, received,
            lambda earlier: admission(door, person.id, milestone, list(earlier), received),
            group.members, group.agreed,
        )  # fmt: skip
    except Refusal:
        if not service.store.hand_ins(student=person.id, digest=digest):
            shutil.rmtree(folder, ignore_errors=True)
        raise
    if hand_in.student != person.id and not service.store.hand_ins(student=person.id, digest=digest):
        shutil.rmtree(folder, ignore_errors=True)  # another of the group has sent the same
    if new:
        service.store.audit.note(person.id, "handed in", f"{hand_in.id} {milestone} sha256={digest}")
    if hand_in.state == QUEUED:
        door.queue.send(hand_in)
    return hand_in, new
