"""What the gradebook says: a `Result` for each student and assignment, with its cells.

Feedback, class report and exports read scores here and nowhere else, so that an override, a comment, extra credit or a
late penalty is seen everywhere. All figures are nbgrader's own: the same rows, added up in the same way.
"""

from __future__ import annotations

import datetime
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

# nbgrader takes a second to import, and who grades needs only the words for what is in its gradebook: it is imported
# where it is asked.

GRADED, FOR_A_HUMAN, NOT_SUBMITTED = "graded", "needs a human", "not submitted"
"""The states of a cell and of a result. Only a graded one has a score that is final."""


@dataclass(frozen=True)
class Person:
    """A student of the roster."""

    id: str
    first_name: str = ""
    last_name: str = ""
    email: str = ""
    lms_id: str = ""

    @property
    def name(self) -> str:
        """Their name as people say it; the id where no name is known."""
        return " ".join(part for part in (self.first_name, self.last_name) if part) or self.id


@dataclass(frozen=True)
class CellResult:
    """What the gradebook says of one cell with points.

    Attributes
    ----------
    notebook, name : str
        Where the cell is, and its grade id.
    kind : str
        ``"code"`` for a check, ``"markdown"`` for an answer or a task.
    max_score : float
    auto_score, manual_score, extra_credit : float or None
        By the grader; by a human, which counts instead; added by a human.
    needs_human : bool
        Whether nbgrader wants a human to look.
    comment : str
    """

    notebook: str
    name: str
    kind: str
    max_score: float
    auto_score: float | None = None
    manual_score: float | None = None
    extra_credit: float | None = None
    needs_human: bool = True
    comment: str = ""

    @property
    def state(self) -> str:
        """`GRADED`, or `FOR_A_HUMAN` if it has no score yet."""
        if self.manual_score is not None:
            return GRADED
        return FOR_A_HUMAN if self.needs_human or self.auto_score is None else GRADED

    @property
    def score(self) -> float:
        """The points that count, as nbgrader has it: 0 where there are none yet."""
        given = self.auto_score if self.manual_score is None else self.manual_score
        return 0.0 if given is None else given + (self.extra_credit or 0.0)

    @property
    def overridden(self) -> bool:
        """Whether a human gave another score than the grader."""
        return None not in (self.manual_score, self.auto_score) and self.manual_score != self.auto_score


@dataclass(frozen=True)
class Result:
    """What the gradebook says of one student in one assignment.

    Attributes
    ----------
    assignment : str
    student : Person
    max_score : float
    submitted : bool
    cells : tuple of CellResult
        In the order of the notebook; without scores if nothing was submitted.
    penalty : float
        For handing in late.
    handed_in, due : datetime or None
        UTC; ``due`` with the student's extension.
    remarks : tuple of str
        Comments on cells without points, each with the cell's name.
    """

    assignment: str
    student: Person
    max_score: float
    submitted: bool
    cells: tuple[CellResult, ...] = ()
    penalty: float = 0.0
    handed_in: datetime.datetime | None = None
    due: datetime.datetime | None = None
    remarks: tuple[str, ...] = ()

    @property
    def score(self) -> float:
        """The sum of the cells, without the penalty."""
        return sum(cell.score for cell in self.cells) if self.submitted else 0.0

    @property
    def total(self) -> float:
        """What counts in the end: the score without the penalty, at least 0."""
        return max(0.0, self.score - self.penalty)

    @property
    def for_a_human(self) -> tuple[CellResult, ...]:
        """The cells that have no score yet."""
        return tuple(cell for cell in self.cells if cell.state == FOR_A_HUMAN) if self.submitted else ()

    @property
    def state(self) -> str:
        """`GRADED`, `FOR_A_HUMAN` or `NOT_SUBMITTED`."""
        if not self.submitted:
            return NOT_SUBMITTED
        return FOR_A_HUMAN if self.for_a_human or not self.cells else GRADED

    @property
    def seconds_late(self) -> float:
        """Seconds after the due date, extension included."""
        if self.handed_in is None or self.due is None:
            return 0.0
        return max(0.0, (self.handed_in - self.due).total_seconds())


def people(gradebook: Any) -> list[Person]:
    """Return the roster, by last name, first name and id."""
    from nbgrader.api import Student

    rows = gradebook.db.query(
        Student.id, Student.first_name, Student.last_name, Student.email, Student.lms_user_id
    )
    found = [Person(*(str(value or "") for value in row)) for row in rows]
    return sorted(found, key=lambda p: (p.last_name.casefold(), p.first_name.casefold(), p.id))


def assignment_names(gradebook: Any) -> list[str]:
    """Return the assignments' names, by due date and name."""
    from nbgrader.api import Assignment

    rows = gradebook.db.query(Assignment.name, Assignment.duedate).all()
    return [name for name, due in sorted(rows, key=lambda row: (row[1] or datetime.datetime.max, row[0]))]


def results(
    gradebook: Any, assignments: Collection[str] = (), students: Collection[str] = ()
) -> Iterator[Result]:
    """Yield a result for every student and assignment, by assignment and then in the order of `people`.

    Parameters
    ----------
    gradebook : nbgrader Gradebook
    assignments, students : collection of str, optional
        Only these; all by default.

    Raises
    ------
    LookupError
        If one of them is not in the gradebook; the message names it and what there is.
    """
    known, roster = assignment_names(gradebook), people(gradebook)
    _require("assignment", assignments, known)
    _require("student", students, [person.id for person in roster])
    for name in known:
        if assignments and name not in assignments:
            continue
        assignment = gradebook.find_assignment(name)
        asked = _cells(gradebook, assignment)
        handed_in = _submissions(gradebook, assignment, asked)
        max_score = sum(cell.max_score for cell in asked.values())
        for person in roster:
            if students and person.id not in students:
                continue
            given = handed_in.get(person.id)
            if given is None:
                yield Result(name, person, max_score, False, tuple(asked.values()), due=assignment.duedate)
            else:
                yield Result(name, person, max_score, True, **given)


def _require(what: str, wanted: Collection[str], known: Collection[str]) -> None:
    missing = sorted(set(wanted) - set(known))
    if missing:
        some = ", ".join(sorted(known)[:20]) or "none"
        raise LookupError(f"the gradebook has no {what} {', '.join(missing)}; it has: {some}")


def _cells(gradebook: Any, assignment: Any) -> dict[str, CellResult]:
    """Return the cells with points of an assignment by their ids, by notebook and name."""
    from nbgrader.api import GradeCell, Notebook, TaskCell

    found: list[tuple[str, CellResult]] = []
    for kind in (GradeCell, TaskCell):
        query = gradebook.db.query(kind.id, Notebook.name, kind.name, kind.cell_type, kind.max_score)
        query = query.join(Notebook, kind.notebook_id == Notebook.id)
        for id_, notebook, name, cell_type, most in query.filter(Notebook.assignment_id == assignment.id):
            found.append((id_, CellResult(notebook, name, cell_type or "markdown", float(most or 0.0))))
    return dict(sorted(found, key=lambda item: (item[1].notebook, item[1].name)))


def _submissions(
    gradebook: Any, assignment: Any, asked: Mapping[str, CellResult]
) -> dict[str, dict[str, Any]]:
    """Return what each student handed in, by the student's id: four queries for a class, however large it is."""
    from nbgrader.api import BaseCell, Comment, Grade, Notebook, SubmittedAssignment, SubmittedNotebook

    db, of_assignment = gradebook.db, SubmittedAssignment.assignment_id == assignment.id

    def rows(*columns: Any) -> Any:
        query = db.query(SubmittedNotebook.assignment_id, SubmittedNotebook.id, *columns)
        return query.join(
            SubmittedAssignment, SubmittedNotebook.assignment_id == SubmittedAssignment.id
        ).filter(of_assignment)

    said: dict[str, dict[tuple[str, str], str]] = defaultdict(dict)
    comments = rows(Notebook.name, BaseCell.name, Comment.comment)
    comments = comments.join(Comment, Comment.notebook_id == SubmittedNotebook.id)
    comments = comments.join(BaseCell, Comment.cell_id == BaseCell.id)
    for submission, _, notebook, cell, text in comments.join(Notebook, BaseCell.notebook_id == Notebook.id):
        if text:
            said[submission][notebook, cell] = text
    cells: dict[str, dict[str, CellResult]] = defaultdict(dict)
    grades = rows(
        Grade.cell_id, Grade.auto_score, Grade.manual_score, Grade.extra_credit, Grade.needs_manual_grade
    )
    for submission, _, cell, auto, manual, extra, human in grades.join(
        Grade, Grade.notebook_id == SubmittedNotebook.id
    ):
        if cell in asked:
            comment = said[submission].pop((asked[cell].notebook, asked[cell].name), "")
            cells[submission][cell] = replace(
                asked[cell],
                auto_score=auto,
                manual_score=manual,
                extra_credit=extra,
                needs_human=bool(human),
                comment=comment,
            )
    penalties: dict[str, float] = defaultdict(float)
    for submission, _, penalty in rows(SubmittedNotebook.late_submission_penalty):
        penalties[submission] += penalty or 0.0
    handed_in = db.query(
        SubmittedAssignment.id,
        SubmittedAssignment.student_id,
        SubmittedAssignment.timestamp,
        SubmittedAssignment.extension,
    )
    return {
        student: {
            "cells": tuple(cells[id_][cell] for cell in asked if cell in cells[id_]),
            "penalty": penalties[id_],
            "handed_in": stamp,
            "due": None
            if assignment.duedate is None
            else assignment.duedate + (extra or datetime.timedelta()),
            "remarks": tuple(
                f"On the cell {cell} of the notebook: {text}" for (_, cell), text in sorted(said[id_].items())
            ),
        }
        for id_, student, stamp, extra in handed_in.filter(of_assignment)
    }
