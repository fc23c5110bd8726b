"""``nbgrader generate_feedback``: what waits for a human is no zero on the page that a student reads.

nbgrader has no score that is still open: in its gradebook a cell without one counts as 0, and its page rounds whatever
number it gets. So the page is given words where a number would be wrong, by filters that let words through.
"""

from __future__ import annotations

from typing import Any

import jinja2.filters
from nbgrader.preprocessors import GetGrades


class Waiting(str):
    """What stands in the place of a score that is not there yet."""


class GetScores(GetGrades):
    """Get the scores of a notebook from the gradebook, and say which of them wait for a human."""

    def preprocess(self, nb: Any, resources: Any) -> Any:
        """Get the scores of all cells, and their sum."""
        self._waiting = 0
        nb, resources = super().preprocess(nb, resources)
        if self._waiting:
            so_far, more = resources["nbgrader"]["score"], "s" * (self._waiting > 1)
            words = f"{so_far:g} so far, {self._waiting} part{more} not graded yet"
            resources["nbgrader"]["score"] = Waiting(words)
        return nb, resources

    def _get_score(self, cell: Any, resources: Any) -> None:
        super()._get_score(cell, resources)
        grade = self.gradebook.find_grade(
            cell.metadata["nbgrader"]["grade_id"], self.notebook_id, self.assignment_id, self.student_id
        )
        if grade.needs_manual_grade and grade.manual_score is None:
            self._waiting += 1
            cell.metadata.nbgrader["score"] = Waiting("not graded yet")


def number(value: Any, default: float = 0.0) -> Any:
    """Return what Jinja's filter ``float`` does, and what waits as it is."""
    return value if isinstance(value, Waiting) else jinja2.filters.do_float(value, default)


def rounded(value: Any, *arguments: Any) -> Any:
    """Return what Jinja's filter ``round`` does, and what waits as it is."""
    return value if isinstance(value, Waiting) else jinja2.filters.do_round(value, *arguments)
