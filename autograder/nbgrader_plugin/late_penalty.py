"""Extensions and late days: what handing in late costs, and what it does not.

c.AssignLatePenalties.plugin_class = "autograder.nbgrader_plugin.late_penalty.LateDays"
c.LateDays.free_days = 4
c.LateDays.share_a_day = 0.1
"""

from __future__ import annotations

import logging
import math
from collections.abc import Collection, Iterable, Iterator
from pathlib import Path
from typing import Any

from nbgrader.api import Gradebook
from nbgrader.plugins import LateSubmissionPlugin
from nbgrader.preprocessors import AssignLatePenalties, NbGraderPreprocessor
from traitlets import Float, Integer
from traitlets.utils.importstring import import_item

from ..gradebook.extensions import FILE, apply, read_extensions
from ..gradebook.scores import assignment_names, results
from .course import config_of

_DAY = 86400.0
_SAME = 1e-6


class ApplyExtensions(NbGraderPreprocessor):
    """Enter a student's extension into the gradebook, before a penalty is worked out."""

    def preprocess(self, nb: Any, resources: Any) -> Any:
        """Apply the extension; the notebook stays as it is."""
        said = resources["nbgrader"]
        extensions = read_extensions(Path(self.parent.parent.coursedir.root) / FILE)
        with Gradebook(said["db_url"]) as gradebook:
            apply(gradebook, extensions, said["assignment"], said["student"])
        return nb, resources


class WholePenalties(AssignLatePenalties):
    """Record a penalty as it is, also where it is more than the points so far.

    nbgrader takes no more than there is when a submission is graded. Points that a human gives later would then be
    free of the penalty, until somebody happens to grade once more. Nobody's total is below zero: where it is shown.
    """

    def _check_late_penalty(self, notebook: Any, penalty: float) -> float:
        most = max(notebook.max_score, notebook.score)  # extra credit may be above the maximum
        return min(max(0.0, float(penalty)), float(most))


class LateDays(LateSubmissionPlugin):
    """So many late days are free in a whole course; after them each day costs a share of the points earned.

    Days are begun days after the due date, extension included. Free days are spent on the assignments in the order of
    their due dates, so that grading them in another order, or again, changes nothing.
    """

    free_days = Integer(0, help="Late days that cost nothing, over the whole course.").tag(config=True)
    free_days_each = Integer(
        None, allow_none=True, help="How many of them may be spent on one assignment; all by default."
    ).tag(config=True)
    share_a_day = Float(0.0, help="Share of the points that each further day costs.").tag(config=True)
    most_days = Integer(
        None, allow_none=True, help="After so many days nothing is left; no limit by default."
    ).tag(config=True)
    grace_minutes = Float(0.0, help="Minutes after the due date that do not count.").tag(config=True)

    def late_submission_penalty(
        self, student_id: str, score: float, total_seconds_late: float
    ) -> float | None:
        """Return the points to take off; None for none."""
        earlier = self._earlier_days(student_id)
        share = self.share_lost([*earlier, self.days(total_seconds_late)])
        return round(share * score, 6) or None

    def days(self, seconds_late: float) -> int:
        """Return how many days late a submission is."""
        return max(0, math.ceil((seconds_late - 60 * self.grace_minutes) / _DAY))

    def share_lost(self, days: Iterable[int]) -> float:
        """Return the share of its points that the last of these assignments loses.

        Parameters
        ----------
        days : iterable of int
            Days late of a student's assignments, in the order of their due dates.
        """
        left, share = self.free_days, 0.0
        each = self.free_days if self.free_days_each is None else self.free_days_each
        for late in days:
            free = min(late, left, each)
            left -= free
            share = min(1.0, (late - free) * self.share_a_day)
            if self.most_days is not None and late > self.most_days:
                share = 1.0
        return share

    def _earlier_days(self, student: str) -> list[int]:
        """Return the days late of what was due before the assignment that is being graded."""
        name, gradebook = self.parent.assignment_id, self.parent.gradebook
        found = list(results(gradebook, students=[student]))
        before = found[: next(i for i, result in enumerate(found) if result.assignment == name)]
        return [self.days(result.seconds_late) for result in before if result.submitted]


def settle(directory: Any, assignments: Collection[str] = (), students: Collection[str] = ()) -> list[str]:
    """Work out again what handing in late costs, where points or extensions have changed since it was graded.

    A share of the points is known when all points are: a human may have given some after ``nbgrader autograde``.

    Parameters
    ----------
    directory : CourseDirectory
        nbgrader's course, with its configuration.
    assignments, students : collection of str, optional
        Only these; all by default.

    Returns
    -------
    list of str
        A line for each penalty that is another one now.
    """
    late = _configured(config_of(directory))
    if late is None:
        return []
    late.init_plugin()
    changed: list[str] = []
    with Gradebook(directory.db_url) as gradebook:
        late.gradebook = gradebook
        for one in read_extensions(Path(directory.root) / FILE):
            apply(gradebook, [one], one.assignment, one.student)
        for name in assignment_names(gradebook):
            late.assignment_id = name
            for work in gradebook.assignment_submissions(name):
                if (not assignments or name in assignments) and (not students or work.student_id in students):
                    changed += _settle_one(late, work)
        gradebook.db.commit()
    return changed


def _configured(config: Any) -> Any:
    """Return the preprocessor with which a course takes points off; None if it takes none."""
    names = config.get("Autograde", {}).get("autograde_preprocessors", ())
    kinds = [import_item(name) if isinstance(name, str) else name for name in names]
    kind = next((kind for kind in kinds if issubclass(kind, AssignLatePenalties)), None)
    sections = [section.__name__ for section in (kind or AssignLatePenalties).__mro__]
    if kind is None or not any(config.get(name) for name in (*sections, "LateSubmissionPlugin")):
        return None
    made = kind(config=config)
    made.log = logging.getLogger(__name__)  # nbgrader says of each late submission that it is late
    return made


def _settle_one(late: Any, work: Any) -> Iterator[str]:
    seconds = work.total_seconds_late
    for notebook in work.notebooks:
        before = notebook.late_submission_penalty or 0.0
        graded = any(row.auto_score is not None or row.manual_score is not None for row in notebook.grades)
        if not ((graded and seconds > 0) or before):
            continue
        cost = None
        if seconds > 0:
            cost = late.plugin_inst.late_submission_penalty(work.student_id, notebook.score, seconds)
        now = late._check_late_penalty(notebook, cost) if cost is not None else None
        if abs((now or 0.0) - before) > _SAME:
            notebook.late_submission_penalty = now
            who = f"{work.student_id}, {late.assignment_id}"
            yield f"{who}: {now or 0.0:.6g} points off for lateness, no longer {before:.6g}"
