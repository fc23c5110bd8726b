"""What a class report says beyond one run: who handed in nothing or late, and how the class did before."""

from __future__ import annotations

import statistics
from collections.abc import Iterable
from dataclasses import dataclass, field

from ..gradebook.scores import NOT_SUBMITTED, Result


@dataclass(frozen=True)
class Before:
    """How the class did in one assignment: of who handed in, the share of points at the quartiles, in percent."""

    assignment: str
    handed_in: int
    low: float
    median: float
    high: float


@dataclass(frozen=True)
class CourseView:
    """What the gradebook knows beside the reports of one milestone.

    Attributes
    ----------
    missing : list of str
        Students of the roster who handed in nothing.
    late : list of tuple
        Student, hours late, points taken off.
    trend : list of Before
        All assignments by due date.
    """

    missing: list[str] = field(default_factory=list)
    late: list[tuple[str, float, float]] = field(default_factory=list)
    trend: list[Before] = field(default_factory=list)


def course_view(results: Iterable[Result], milestone: str) -> CourseView:
    """Return what the results of all assignments say."""
    view = CourseView()
    shares: dict[str, list[float]] = {}
    for result in results:
        if result.state != NOT_SUBMITTED and result.max_score:
            shares.setdefault(result.assignment, []).append(100 * result.total / result.max_score)
        if result.assignment != milestone:
            continue
        if not result.submitted:
            view.missing.append(result.student.id)
        elif result.seconds_late:
            view.late.append((result.student.id, result.seconds_late / 3600, result.penalty))
    for assignment, values in shares.items():
        quartiles = statistics.quantiles(values, n=4, method="inclusive") if len(values) > 1 else values * 3
        view.trend.append(Before(assignment, len(values), *quartiles))
    return view
