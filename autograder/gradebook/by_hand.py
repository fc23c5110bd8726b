"""What people changed in the gradebook beside the checks' own scores: other points for a check, and late penalties.

Answers that only a human grades are left out: who graded them tells them, with nbgrader's feedback.
"""

from __future__ import annotations

import logging
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

from nbgrader.api import Assignment, BaseCell, Grade, GradeCell, SubmittedAssignment, SubmittedNotebook
from sqlalchemy import Engine, Select, create_engine, select
from sqlalchemy.exc import OperationalError

_log = logging.getLogger("autograder.service")
_NEAR = 1e-6
_GRADE_CELLS = GradeCell.__table__


@dataclass(frozen=True)
class Change:
    """A check's points in the gradebook: as the checks gave them, and as they count now."""

    check: str
    before: float
    now: float


@dataclass
class ByHand:
    """What differs from the checks' own scores, for one student and milestone.

    Attributes
    ----------
    changes : list of Change
    penalty : float
        Points that were taken away for handing in late.
    extra : dict of str to float
        Points of checks that count nothing, as they stand there: `beside` tells whether the grader has given them.
    """

    changes: list[Change] = field(default_factory=list)
    penalty: float = 0.0
    extra: dict[str, float] = field(default_factory=dict)

    def beside(self, checks: Iterable[Mapping[str, Any]]) -> ByHand:
        """Return it with what somebody gave, or took, for checks that count nothing.

        Parameters
        ----------
        checks : iterable of mapping
            ``name`` and ``points`` of each, as the checks gave them.
        """
        given = {check["name"]: float(check["points"] or 0.0) for check in checks}
        others = [
            Change(name, given[name], now)
            for name, now in self.extra.items()
            if name in given and abs(now - given[name]) > _NEAR
        ]
        return replace(self, changes=[*self.changes, *others])

    @property
    def difference(self) -> float:
        """How many points more, or fewer, the checks count; the penalty is not in it."""
        return sum(one.now - one.before for one in self.changes)


@dataclass
class HandChanges:
    """What people changed in a gradebook.

    Parameters
    ----------
    url : str
        Of the gradebook.
    """

    url: str

    @cached_property
    def _engine(self) -> Engine:
        return create_engine(self.url)

    def of(self, milestone: str, checks: Collection[str], student: str = "") -> dict[str, ByHand]:
        """Return for each student, or for one, what differs; who is left out has the checks' own scores.

        Parameters
        ----------
        milestone : str
        checks : collection of str
            The names of the milestone's checks: points of anything else are not looked at.
        student : str, optional
        """
        grades = _of(
            select(
                SubmittedAssignment.student_id,
                BaseCell.name,
                Grade.auto_score,
                Grade.manual_score,
                Grade.extra_credit,
                _GRADE_CELLS.c.max_score,
            )
            .select_from(Grade)
            .join(BaseCell, Grade.cell_id == BaseCell.id)
            .join(_GRADE_CELLS, _GRADE_CELLS.c.id == BaseCell.id)
            .join(SubmittedNotebook, Grade.notebook_id == SubmittedNotebook.id)
            .where(Grade.manual_score.is_not(None) | Grade.extra_credit.is_not(None)),
            milestone,
            student,
        )
        late = _of(
            select(SubmittedAssignment.student_id, SubmittedNotebook.late_submission_penalty)
            .select_from(SubmittedNotebook)
            .where(SubmittedNotebook.late_submission_penalty > 0),
            milestone,
            student,
        )
        found: dict[str, ByHand] = {}
        try:
            with self._engine.connect() as connection:
                for who, check, auto, manual, extra, most in connection.execute(grades):
                    before = float(auto or 0.0)
                    now = (before if manual is None else float(manual)) + float(extra or 0.0)
                    if check in checks and not most:  # the extra credit may be the grader's own
                        found.setdefault(who, ByHand()).extra[check] = now
                    elif check in checks and abs(now - before) > _NEAR:
                        found.setdefault(who, ByHand()).changes.append(Change(check, before, now))
                for who, penalty in connection.execute(late):
                    found.setdefault(who, ByHand()).penalty += float(penalty)
        except OperationalError as error:  # somebody is writing; the next one who asks is told
            _log.warning("the gradebook could not be read: %s", error)
            return {}
        return found


def _of(query: Select[Any], milestone: str, student: str) -> Select[Any]:
    query = query.join(SubmittedAssignment, SubmittedNotebook.assignment_id == SubmittedAssignment.id)
    query = query.join(Assignment, SubmittedAssignment.assignment_id == Assignment.id)
    query = query.where(Assignment.name == milestone)
    return query.where(SubmittedAssignment.student_id == student) if student else query
