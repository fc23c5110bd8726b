"""A group's hand-in is graded once: its report becomes that of every member."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ..lms.groups import leader_of
from ..milestone import Milestone
from ..reports import report as reporting


def report_of_leader(
    folder: Path, student: str, reports: Path, milestone: Milestone
) -> dict[str, Any] | None:
    """Return the report on a group's hand-in with a member's name; None if this is no copy, or was not graded."""
    leader = leader_of(folder)
    if leader is None or leader in (".", "..") or "/" in leader:
        return None
    found = reporting.read(reports / leader / f"{milestone.name}.json")
    if found is None or found["verdict"] != "graded" or found["milestone"] != milestone.name:
        return None
    return found | {"student": student}
