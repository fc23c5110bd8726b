"""What a person is told: the receipt, the state of a hand-in, and where they stand."""

from __future__ import annotations

import contextlib
import json
from typing import Any

from ..groups import counting_for
from ..identity import Person
from ..policy import iso, standing
from ..shown import said_of, visible
from ..store import DONE, GRADING, QUEUED, HandIn
from .door import Door, Refusal


def receipt(one: HandIn) -> dict[str, Any]:
    """Return what a student keeps of a hand-in."""
    return {
        "student": one.student,
        "milestone": one.milestone,
        "received": iso(one.received),
        "digest": f"sha256={one.digest}",
        "attempt": one.attempt or None,
        "attempts_allowed": one.attempts_allowed,
        "late": one.late,
    } | ({"group": [one.student, *one.members]} if one.members else {})


def state(door: Door, id: str, person: Person) -> dict[str, Any]:
    """Return what is known of a hand-in, as far as this person may see it."""
    one = door.service.store.hand_in(id)
    if one is None or not (one.is_of(person.id) or person.is_staff):
        raise Refusal(404, "There is no such hand-in of yours.", "Look at the number in your receipt.")
    found: dict[str, Any] = {
        "id": one.id,
        "state": one.state,
        "position": None,
        "estimate_seconds": None,
        "estimate_between": None,
        "check": None,
        "checks": None,
        "check_name": None,
        "receipt": receipt(one),
        "result": None,
        "message": one.message,
    }
    place = door.line.place(one.id) if one.state == QUEUED else None
    if place is not None:
        found["position"] = place.position
        found["estimate_seconds"] = place.seconds
        if place.earliest is not None:
            found["estimate_between"] = [place.earliest, place.latest]
    elif one.state == GRADING:
        with contextlib.suppress(OSError, ValueError):
            found |= json.loads(door.service.progress_of(one.id).read_text())
    elif one.result is not None:
        policy = door.service.policies[one.milestone]
        whose = person.id if one.is_of(person.id) else one.student
        tries = door.service.store.hand_ins(of=whose, milestone=one.milestone)
        counts = counting_for(policy, whose, tries)
        left = sum(other.state == DONE and not other.recorded for other in tries)
        found["result"] = visible(one.result, policy) | {
            "counted_score": counts and counts.score,
            "not_in_gradebook": left,
        }
        remarks = found["result"]["remarks"]
        if one.late and counts is not None and not counts.late and policy.counts != "last":
            remarks.append("This came after the deadline, and one that came in time counts instead.")
        if counts is not None and not counts.attempt:
            remarks.append(f"What counts came in another way, at {iso(counts.received)}.")
        if counts is not None and counts.recorded:
            by_hand = door.service.by_hand(one.milestone, [counts], whose).get(whose)
            if by_hand is not None:
                by_hand = by_hand.beside((counts.result or {}).get("checks", ()))
                found["result"]["counted_score"] = round((counts.score or 0.0) + by_hand.difference, 6)
                remarks += said_of(by_hand, counts, named=policy.shows != "score")
    return found | {"tag": tag(one.state, found["position"], found["check"])}


def tag(*parts: object) -> str:
    """Return what stands for a state: who knows the tag has no news."""
    return "-".join(str(part) for part in parts if part is not None)


def standing_of(door: Door, student: str, milestone: str) -> dict[str, Any]:
    """Return where a student stands in a milestone, and its rules."""
    policy = door.service.policies[milestone]
    found = door.service.store.hand_ins(of=student, milestone=milestone)
    tries = [one for one in found if one.student == student or one.agreed]
    now = standing(policy, tries, door.clock())
    return {
        "attempts_used": now.used,
        "attempts_allowed": now.allowed,
        "next_attempt_at": None if now.open else iso(now.next_at),
        "deadline": iso(door.service.deadlines.of(student, milestone)),
        "counts": policy.counts,
        "shows": policy.shows,
    }
