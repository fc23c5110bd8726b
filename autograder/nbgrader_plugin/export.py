"""``nbgrader export``: one row for each student and cell with points."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from typing import Any

from nbgrader.plugins import ExportPlugin

COLUMNS = (
    "assignment",
    "student_id",
    "last_name",
    "first_name",
    "notebook",
    "check",
    "state",
    "score",
    "max_score",
)


class CheckScoresExporter(ExportPlugin):
    """Write the score of every check and every question as a CSV file.

    ``state`` is ``graded``, ``needs a human`` or ``not submitted``. Only a graded cell has a score, so that a cell that
    could not be judged does not look like a zero.
    """

    def export(self, gradebook: Any) -> None:
        """Write the file named by ``--to``, ``scores.csv`` by default."""
        dest = self.to or "scores.csv"
        self.log.info("Exporting scores to %s", dest)
        with open(dest, "w", newline="", encoding="utf-8") as file:
            writer = csv.writer(file)
            writer.writerow(COLUMNS)
            for assignment in gradebook.assignments:
                if self.assignment and assignment.name not in self.assignment:
                    continue
                for student in gradebook.students:
                    if self.student and student.id not in map(str, self.student):
                        continue
                    writer.writerows(_rows(assignment, student))


def _rows(assignment: Any, student: Any) -> Iterator[list[Any]]:
    who = [_plain(text) for text in (assignment.name, student.id, student.last_name, student.first_name)]
    submission = next((s for s in assignment.submissions if s.student_id == student.id), None)
    for notebook in assignment.notebooks:
        grades = _grades(submission, notebook.name)
        for cell in notebook.grade_cells:
            state, score = _state(grades.get(cell.name))
            yield [*who, _plain(notebook.name), _plain(cell.name), state, score, f"{cell.max_score:g}"]


def _grades(submission: Any, notebook: str) -> dict[str, Any]:
    """Return the grades of one submitted notebook by their cells' names; none if nothing was submitted."""
    notebooks = submission.notebooks if submission is not None else ()
    return {grade.name: grade for part in notebooks if part.name == notebook for grade in part.grades}


def _state(grade: Any) -> tuple[str, str]:
    if grade is None:
        return "not submitted", ""
    if grade.manual_score is None and (grade.needs_manual_grade or grade.auto_score is None):
        return "needs a human", ""
    return "graded", f"{grade.score:g}"


def _plain(value: Any) -> str:
    """Return text that a spreadsheet does not interpret as a formula."""
    text = "" if value is None else str(value)
    return "'" + text if text[:1] in ("=", "+", "-", "@", "\t", "\r") else text
