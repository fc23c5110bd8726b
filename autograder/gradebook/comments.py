"""Comments of a human in the gradebook: one for many students at once, or the answer to a regrade request."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from nbgrader.api import (
    Assignment,
    BaseCell,
    Comment,
    Notebook,
    SolutionCell,
    SubmittedAssignment,
    SubmittedNotebook,
)


def add_comment(gradebook: Any, assignment: str, students: Iterable[str], cell: str, text: str) -> list[str]:
    """Add a comment to a cell of many submissions; what was said there before stays, above it.

    A comment that is there already is not added again.

    Parameters
    ----------
    gradebook : nbgrader Gradebook
    assignment : str
    students : iterable of str
    cell : str
        Name of a check or of a question.
    text : str

    Returns
    -------
    list of str
        The students who have no submission in the gradebook, and so got no comment.

    Raises
    ------
    LookupError
        If the assignment has no such cell.
    """
    db = gradebook.db
    cells = db.query(BaseCell).join(Notebook, BaseCell.notebook_id == Notebook.id)
    cells = cells.join(Assignment, Notebook.assignment_id == Assignment.id)
    found = cells.filter(Assignment.name == assignment, BaseCell.name == cell).all()
    if not found:
        raise LookupError(f"{assignment} has no cell {cell!r} in the gradebook")
    # formgrader looks for comments at a question's solution cell
    place = min(found, key=lambda one: not isinstance(one, SolutionCell))
    parts = db.query(SubmittedAssignment.student_id, SubmittedNotebook.id).join(
        SubmittedNotebook, SubmittedNotebook.assignment_id == SubmittedAssignment.id
    )
    parts = dict(parts.filter(SubmittedNotebook.notebook_id == place.notebook_id).all())
    missing = []
    for student in students:
        if student not in parts:
            missing.append(student)
            continue
        comment = db.query(Comment).filter_by(cell_id=place.id, notebook_id=parts[student]).one_or_none()
        if comment is None:
            comment = Comment(cell_id=place.id, notebook_id=parts[student])
            db.add(comment)
        before = comment.manual_comment or ""
        if text not in before:
            comment.manual_comment = f"{before}\n{text}".strip()
    db.commit()
    return missing
