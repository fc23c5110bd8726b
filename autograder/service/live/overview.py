"""What an instructor asks of a running service, as plain data: who, how long, which mistakes, who is stuck."""

from __future__ import annotations

import datetime
import time
from collections import Counter, defaultdict
from dataclasses import dataclass
from statistics import median
from typing import Any

from ...gradebook.by_hand import ByHand
from ..groups import counting_for
from ..not_graded import not_graded
from ..policy import iso
from ..settings import Service
from ..store import DONE, GRADING, NOT_GRADED, QUEUED, HandIn

_STUCK = 5
"""How many times in a row somebody fails the same check who is stuck."""


@dataclass(frozen=True)
class Overview:
    """One milestone, as it is now.

    Attributes
    ----------
    handed_in : list of dict
        For each student of the roster: ``student``, ``attempts``, ``score`` (the one that counts), ``max_score``,
        ``last`` (a time), ``by_hand`` (what counts in its place where somebody changed points in the gradebook).
    waiting, grading, not_graded : int
        How many hand-ins are in the queue, are graded now, could not be graded.
    seconds_to_result : float or None
        The median of the last fifty, from hand-in to result.
    pass_rates : dict of str to dict of str to float
        For each day the share of students who by its end had passed each check at least once; of those who handed in.
    mistakes : list of dict
        ``check``, ``title``, ``what`` (a known mistake's name, or the message), ``message`` (as one of them was
        told), ``students``: the commonest first, in each student's newest graded hand-in.
    stuck : list of dict
        ``student``, ``check``, ``times``: who failed the same check so often in a row, to the end.
    not_recorded : int
        How many results are not yet in the gradebook.
    """

    handed_in: list[dict[str, Any]]
    waiting: int
    grading: int
    not_graded: int
    seconds_to_result: float | None
    pass_rates: dict[str, dict[str, float]]
    mistakes: list[dict[str, Any]]
    stuck: list[dict[str, Any]]
    not_recorded: int = 0


def overview(service: Service, milestone: str, *, mistakes_since: float | None = None) -> Overview:
    """Return what is known of a milestone now.

    Parameters
    ----------
    service : Service
    milestone : str
    mistakes_since : float, optional
        Mistakes of hand-ins that came later than this count; by default those of the last seven days.
    """
    found = service.store.hand_ins(milestone=milestone)
    since = time.time() - 7 * 86400 if mistakes_since is None else mistakes_since
    by_student: dict[str, list[HandIn]] = defaultdict(list)
    for one in found:
        for student in (one.student, *one.members):
            by_student[student].append(one)
    took = [one.finished - one.waits_since for one in found if one.state == DONE and one.finished is not None]
    states = Counter(one.state for one in found)
    by_hand = service.by_hand(milestone, found)
    return Overview(
        handed_in=[
            _row(service, milestone, student, by_student.get(student, []), by_hand.get(student))
            for student in sorted(service.deadlines.roster() | by_student.keys())
        ],
        waiting=states[QUEUED],
        grading=states[GRADING],
        not_graded=len(not_graded(service, milestone)),
        seconds_to_result=round(median(took[-50:]), 1) if took else None,
        pass_rates=_pass_rates(found),
        mistakes=_mistakes(by_student, since),
        stuck=_stuck(by_student),
        not_recorded=sum(one.state == DONE and not one.recorded for one in found),
    )


def history(service: Service, student: str, milestone: str) -> list[dict[str, Any]]:
    """Return a student's hand-ins of a milestone, the first one first, with what each check said."""
    return [
        {
            "id": one.id,
            "received": iso(one.received),
            "late": one.late,
            "attempt": one.attempt,
            "group": [one.student, *one.members] if one.members else [],
            "state": one.state,
            "score": one.score,
            "max_score": one.max_score,
            "message": one.message,
            "checks": _checks(one),
        }
        for one in service.store.hand_ins(of=student, milestone=milestone)
    ]


def _checks(one: HandIn) -> list[dict[str, Any]]:
    return list(one.result["checks"]) if one.result is not None else []


def _row(
    service: Service, milestone: str, student: str, tries: list[HandIn], by_hand: ByHand | None
) -> dict[str, Any]:
    counts = counting_for(service.policies[milestone], student, tries)
    if counts is not None and by_hand is not None:
        by_hand = by_hand.beside((counts.result or {}).get("checks", ()))
    changed = counts is not None and counts.recorded and by_hand is not None and by_hand.changes
    return {
        "student": student,
        "attempts": sum(one.state != NOT_GRADED for one in tries),
        "score": None if counts is None else counts.score,
        "max_score": None if counts is None else counts.max_score,
        "last": iso(tries[-1].received) if tries else None,
        "by_hand": (counts.score or 0.0) + by_hand.difference if changed and counts and by_hand else None,
    }


def _pass_rates(found: list[HandIn]) -> dict[str, dict[str, float]]:
    students: set[str] = set()
    passed: dict[str, set[str]] = {}
    rates: dict[str, dict[str, float]] = {}
    for one in found:
        if one.state != DONE:
            continue
        students.update((one.student, *one.members))
        for check in _checks(one):
            who = passed.setdefault(check["name"], set())
            if check["passed"]:
                who.update((one.student, *one.members))
        day = datetime.datetime.fromtimestamp(one.received, datetime.UTC).date().isoformat()
        rates[day] = {name: round(len(who) / len(students), 4) for name, who in passed.items()}
    return rates


def _mistakes(by_student: dict[str, list[HandIn]], since: float) -> list[dict[str, Any]]:
    who: dict[tuple[str, str, str], set[str]] = defaultdict(set)
    told: dict[tuple[str, str, str], str] = {}
    for student, tries in by_student.items():
        graded = [one for one in tries if one.state == DONE]
        if not graded or graded[-1].received < since:
            continue
        for check in _checks(graded[-1]):
            if not check["passed"]:
                for what in check["bugs"] or [check["message"] or ""]:
                    mistake = (check["name"], check["title"], what)
                    who[mistake].add(student)
                    told.setdefault(mistake, check["message"] or "")
    return [
        {
            "check": mistake[0],
            "title": mistake[1],
            "what": mistake[2],
            "message": told[mistake],
            "students": sorted(students),
        }
        for mistake, students in sorted(who.items(), key=lambda item: (-len(item[1]), item[0]))
    ]


def _stuck(by_student: dict[str, list[HandIn]]) -> list[dict[str, Any]]:
    found = []
    for student, tries in sorted(by_student.items()):
        in_a_row: Counter[str] = Counter()
        for one in tries:
            for check in _checks(one):
                in_a_row[check["name"]] = 0 if check["passed"] else in_a_row[check["name"]] + 1
        found += [
            {"student": student, "check": name, "times": times}
            for name, times in in_a_row.items()
            if times >= _STUCK
        ]
    return found
