"""A group's hand-in is graded once: its report becomes that of every member."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ..lms.groups import leader_of
from ..milestone import Milestone
from ..reports import report as reporting


def leader_of_copy(folder: Path) -> str | None:
    """Return whose hand-in a student's folder holds a copy of; None if it is no copy of a group's."""
    leader = leader_of(folder)
    return None if leader is None or leader in (".", "..") or "/" in leader else leader


def report_of_leader(
    folder: Path, student: str, reports: Path, milestone: Milestone
) -> dict[str, Any] | None:
    """Return the report on a group's hand-in with a member's name.

    None if this is no copy, or if there is no report of today's checks. The report counts only if the files are the
    same, which whoever asks compares: anybody can write a file that says whose copy theirs is.
    """
    leader = leader_of_copy(folder)
    if leader is None:
        return None
    found = reporting.read(reports / leader / f"{milestone.name}.json")
    if found is None or found["verdict"] != "graded" or found["milestone"] != milestone.name:
        return None
    if found["versions"].get(reporting.CONTENT) != reporting.versions(milestone)[reporting.CONTENT]:
        return None
    return found | {"student": student}
