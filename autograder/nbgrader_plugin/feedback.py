"""``nbgrader generate_feedback``: what waits for a human is no zero on the page that a student reads.

nbgrader has no score that is still open: in its gradebook a cell without one counts as 0, and its page rounds whatever
number it gets. So the page is given words where a number would be wrong, by filters that let words through.
It shows comments below answers only; those on checks become cells of the page.
"""

from __future__ import annotations

from typing import Any

import jinja2.filters
import nbformat
from nbgrader.api import BaseCell, Comment
from nbgrader.preprocessors import GetGrades
from nbgrader.utils import is_solution, is_task

from .late_penalty import settle


class Waiting(str):
    """What stands in the place of a score that is not there yet."""


class GetScores(GetGrades):
    """Get scores and comments of a notebook from the gradebook, and say which scores wait for a human."""

    def preprocess(self, nb: Any, resources: Any) -> Any:
        """Get the scores of all cells, and their sum."""
        self._waiting = 0
        said = resources["nbgrader"]
        for line in settle(self.parent.parent.coursedir, [said["assignment"]], [said["student"]]):
            self.log.warning(line)
        nb, resources = super().preprocess(nb, resources)
        resources["nbgrader"]["score"] = max(0.0, resources["nbgrader"]["score"])  # the penalty may be larger
        nb.cells = [shown for cell in nb.cells for shown in (cell, *_comment_below(cell))]
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
        if not is_solution(cell) and not is_task(cell):  # a check
            cell.metadata.nbgrader["comment"] = self._comment_on(grade)

    def _comment_on(self, grade: Any) -> str | None:
        """Return what was said of a check; nbgrader finds the comments on solutions and tasks only."""
        comments = self.gradebook.db.query(Comment).join(BaseCell, BaseCell.id == Comment.cell_id)
        found = comments.filter(BaseCell.name == grade.name, Comment.notebook_id == grade.notebook_id).first()
        return None if found is None else found.comment


def _comment_below(cell: Any) -> list[Any]:
    """Return a cell with the comment on a check, which nbgrader's page links from its list of contents."""
    of = cell.metadata.get("nbgrader", {})
    if not of.get("comment") or is_solution(cell) or is_task(cell):
        return []
    text = f'<a name="comment-{of["grade_id"]}"></a>\n\n**Comments:** {of["comment"]}'
    return [nbformat.v4.new_markdown_cell(text)]


def number(value: Any, default: float = 0.0) -> Any:
    """Return what Jinja's filter ``float`` does, and what waits as it is."""
    return value if isinstance(value, Waiting) else jinja2.filters.do_float(value, default)


def rounded(value: Any, *arguments: Any) -> Any:
    """Return what Jinja's filter ``round`` does, and what waits as it is."""
    return value if isinstance(value, Waiting) else jinja2.filters.do_round(value, *arguments)
