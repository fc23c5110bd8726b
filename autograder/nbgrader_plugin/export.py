"""``nbgrader export``: one row for each student and cell with points."""

from __future__ import annotations

import csv
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

    ``state`` is ``graded``, ``needs a human`` or ``not submitted``; only a graded cell has a score, so that what
    could not be judged does not read as a zero.
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


def _rows(assignment: Any, student: Any) -> list[list[Any]]:
    who = [_plain(text) for text in (assignment.name, student.id, student.last_name, student.first_name)]
    submitted = {s.student_id: s for s in assignment.submissions}.get(student.id)
    rows = []
    for notebook in assignment.notebooks:
        grades = {}
        if submitted is not None:
            for part in submitted.notebooks:
                if part.name == notebook.name:
                    grades = {row.name: row for row in part.grades}
        for cell in notebook.grade_cells:
            row = grades.get(cell.name)
            if row is None:
                state, score = "not submitted", ""
            elif row.manual_score is None and (row.needs_manual_grade or row.auto_score is None):
                state, score = "needs a human", ""
            else:
                state, score = "graded", f"{row.score:g}"
            rows.append([*who, _plain(notebook.name), _plain(cell.name), state, score, f"{cell.max_score:g}"])
    return rows


def _plain(value: Any) -> str:
    """Return text that a spreadsheet does not take for a formula."""
    text = "" if value is None else str(value)
    return "'" + text if text[:1] in ("=", "+", "-", "@", "\t", "\r") else text
