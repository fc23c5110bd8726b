"""From a report to nbgrader's gradebook: scores, what needs a human, and the messages that students read."""

from __future__ import annotations

import logging
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Any, cast

import nbformat
from nbgrader.api import Gradebook, MissingEntry
from nbgrader.preprocessors import SaveAutoGrades
from traitlets import Bool, Float, Integer, Unicode

from ..grading import grade
from ..grading.group_reports import leader_of_copy, report_of_leader
from ..reports import report as reporting
from .course import sources_of
from .execute import is_autograded
from .hand_graded import EXTRA_CREDIT, Place

NOTES_ID = "autograder-notes"
DIGEST = "submission_digest"
"""Under which name a graded notebook's metadata say what was graded."""


REPORT = "report"
"""Under which name they say which report was recorded."""


def mark_of(report: dict[str, Any]) -> str:
    """Return what tells a report from another one on the same files."""
    return f"{report.get('seed')} {report.get('created')}"


class NotGraded(Exception):
    """A submission could not be judged; it has no score, and the next run grades it again."""


class RecordScores(SaveAutoGrades):
    """Record the scores of the checks as the scores of the cells with their names.

    The checks' messages become the outputs of these cells, so that feedback shows them there. A check
    that could not be judged leaves its cell without a score, marked for a human.
    """

    data = Unicode(
        "",
        help="Hidden images for accuracy checks: a folder with CIFAR-10 or 'offline'; empty for $NNDL_DATA.",
    ).tag(config=True)
    total_wall = Float(120.0, help="Seconds that one submission's code may use in all checks.").tag(
        config=True
    )
    seed = Integer(
        None, allow_none=True, help="Draw the same cases as an earlier run; its reports name the seed."
    ).tag(config=True)
    reports_directory = Unicode(
        "reports", help="Where each report goes, as <student>/<assignment>.json; empty for nowhere."
    ).tag(config=True)

    reuse_reports = Bool(
        False,
        help="Record a report that is already in reports_directory and is about exactly these files, instead of  "
        "grading again: `autograder grade --jobs` first grades the whole class in parallel.",
    ).tag(config=True)

    def preprocess(self, nb: Any, resources: Any) -> Any:
        """Grade the submission and record one notebook's cells."""
        converter = self.parent.parent
        if converter.report is None:
            converter.report = self._stored(converter) or self._grade(converter)
        report = cast("dict[str, Any]", converter.report)
        submission = converter.submission
        self._checks = {entry["name"]: entry for entry in report["checks"]}
        # What was handed in cannot be judged without a human, who needs its notebook; any other reason is ours.
        self._reason = submission.not_gradable
        if not self._reason and not any(entry["verdict"] != "not graded" for entry in report["checks"]):
            raise NotGraded(report.get("reason") or "no check could be run")
        self._hand_graded = converter.hand_graded
        name = resources["nbgrader"]["notebook"] + ".ipynb"
        self._asked = frozenset(submission.asked.get(name, ()))
        self._extra, self._extra_given = submission.milestone.extra_credit, dict[str, float]()
        nb, resources = super().preprocess(nb, resources)
        if self._extra_given:
            nb.metadata[EXTRA_CREDIT] = nbformat.from_dict(self._extra_given)
        self._add_notes(nb, submission)
        nb.metadata[DIGEST] = submission.digest
        nb.metadata[REPORT] = mark_of(report)
        return nb, resources

    def _stored(self, converter: Any) -> dict[str, Any] | None:
        path, submission = self._path(converter), converter.submission
        if path is None:
            return None
        for report in self._of_group(converter, path):
            if report is not None and report["submission"]["digest"] == submission.digest:
                report |= {"student": submission.student}
                reporting.write(path, report)
                return report
        report = reporting.read(path) if self.reuse_reports else None
        if report is None or report["verdict"] != "graded":
            return None
        same = report["submission"]["digest"] == submission.digest
        return report if same and report["milestone"] == submission.milestone.name else None

    def _of_group(self, converter: Any, path: Path) -> Iterator[dict[str, Any] | None]:
        """Yield reports on the same hand-in of a group: of who came first in this run, and of who handed it in."""
        submission, graded_now = converter.submission, converter.graded_now
        folder = _folder(converter)
        first = graded_now.get(leader_of_copy(folder) or submission.student)
        if first is not None:
            yield reporting.read(first)
        yield report_of_leader(folder, submission.student, path.parents[1], submission.milestone)

    def _grade(self, converter: Any) -> dict[str, Any]:
        submission = converter.submission
        settings = grade.Settings(
            submission.milestone,
            (converter.run_seed or grade.new_seed()) if self.seed is None else int(self.seed),
            data=self.data or None,
            total_wall=float(self.total_wall),
            sources=sources_of(converter.coursedir),
        )
        report = grade.grade(submission, settings)
        folder = _folder(converter)
        if path := self._path(converter):
            reporting.write(path, report)
            if leader := leader_of_copy(folder):
                converter.graded_now[leader] = path
        return report

    def _path(self, converter: Any) -> Path | None:
        if not self.reports_directory:
            return None
        folder = Path(converter.coursedir.root) / self.reports_directory
        return folder / converter.submission.student / f"{converter.submission.milestone.name}.json"

    def _add_score(self, cell: Any, resources: Any) -> None:
        name = cell.metadata.nbgrader["grade_id"]
        if not is_autograded(cell) and name not in self._checks:
            super()._add_score(cell, resources)
            if self._hand_graded.still_holds(self.notebook_id, cell, check=False):
                self._settle(name)
            elif name in self._asked:
                self._ask(name)
            if name in self._extra:
                self._no_points_yet(name)
            return
        row = self.gradebook.find_grade(name, self.notebook_id, self.assignment_id, self.student_id)
        entry = self._checks.get(name)
        if entry is None or entry["score"] is None:
            row.auto_score = None
            row.needs_manual_grade = True
        else:
            # The gradebook decides how many points a cell has; the check may have another number.
            most = float(entry["points"])  # 0 where the task is optional
            share = min(max(float(entry["score"]) / most, 0.0), 1.0) if most else 0.0
            row.auto_score = round(share * float(row.max_score), 6)
            # As in nbgrader: a human who changed this score by hand is asked to look again.
            row.needs_manual_grade = row.manual_score is not None or bool(entry.get("review"))
        by_hand = self._add_extra(row, entry)
        if self._hand_graded.still_holds(self.notebook_id, cell, check=True) and (
            by_hand or row.manual_score is not None
        ):
            row.needs_manual_grade = False  # but not if nothing has changed
        self.gradebook.db.commit()
        if cell.cell_type == "code":
            extra = name in self._extra_given
            got, most = row.auto_score, row.max_score
            if extra and entry is not None:
                got, most = row.extra_credit, entry["points"]
            cell.outputs = [_text(describe(entry, got, most, name, self._reason))]

    def _add_extra(self, row: Any, entry: dict[str, Any] | None) -> bool:
        """Record the points of a check that come on top; return whether a human has given other ones, which stay."""
        before = self._hand_graded.extra_credit(self.notebook_id, row.name)
        by_hand = row.extra_credit is not None and row.extra_credit != before
        if row.name in self._extra and entry is not None and entry["score"] is not None:
            if row.max_score:
                self.log.warning(
                    "%s is to be extra credit, but counts %g points here: run nbgrader generate_assignment again",
                    *(row.name, row.max_score),
                )
            else:
                self._extra_given[row.name] = float(entry["score"])
        if by_hand:
            row.needs_manual_grade = row.needs_manual_grade or row.name in self._extra
        else:
            row.extra_credit = self._extra_given.get(row.name)
        return by_hand

    def _no_points_yet(self, name: str) -> None:
        """Let a human give an answer extra credit alone: nbgrader counts it where there is a score."""
        row = self.gradebook.find_grade(name, self.notebook_id, self.assignment_id, self.student_id)
        row.auto_score = 0.0
        self.gradebook.db.commit()

    def _settle(self, name: str) -> None:
        """Leave the points that a human gave an answer as they are: it still says the same."""
        row = self.gradebook.find_grade(name, self.notebook_id, self.assignment_id, self.student_id)
        row.needs_manual_grade = False
        self.gradebook.db.commit()

    def _ask(self, name: str) -> None:
        """Leave an answer to a human, although its cell looks as if nobody had written in it."""
        row = self.gradebook.find_grade(name, self.notebook_id, self.assignment_id, self.student_id)
        row.auto_score = None
        row.needs_manual_grade = True
        self.gradebook.db.commit()

    def _add_comment(self, cell: Any, resources: Any) -> None:
        super()._add_comment(cell, resources)
        name = cell.metadata.nbgrader["grade_id"]
        if name in self._asked:  # not "No response."
            comment = self.gradebook.find_comment(name, self.notebook_id, self.assignment_id, self.student_id)
            comment.auto_comment = None
            self.gradebook.db.commit()

    def _add_notes(self, nb: Any, submission: Any) -> None:
        """Put what was repaired or left out at the top of the notebook, as plain text."""
        nb.cells = [cell for cell in nb.cells if cell.get("id") != NOTES_ID]
        lines = [f"- {line}" for line in (*submission.repairs, *submission.warnings)]
        if lines:
            cell = nbformat.v4.new_code_cell("# Notes on this submission", id=NOTES_ID)
            cell.metadata = nbformat.from_dict({"editable": False, "deletable": False})
            cell.outputs = [_text("\n".join(lines) + "\n")]
            nb.cells.insert(0, cell)


def _folder(converter: Any) -> Path:
    """Return where the submission lies as it was handed in."""
    directory, submission = converter.coursedir, converter.submission
    return Path(
        directory.format_path(directory.submitted_directory, submission.student, submission.milestone.name)
    )


def describe(
    entry: dict[str, Any] | None, score: float | None, points: float, name: str, reason: str = ""
) -> str:
    """Return what a student reads below a grade cell; ``reason`` is why nothing could be judged."""
    if entry is None and reason:
        return f"Not graded, which costs nothing: {reason}\nA human will look at it.\n"
    if entry is None:
        return f"Not graded: there is no check called {name!r}. A human will look at it.\n"
    head = f"{entry['title']}\n"
    if entry["verdict"] == "not graded":
        return f"{head}Not graded, which costs nothing: {entry['message']}\nA human will look at it.\n"
    lines = [head + f"{score:g} of {points:g} points, {entry['verdict']}."]
    if entry.get("review"):
        lines.append(entry["review"])
    if entry["message"]:
        lines.append(entry["message"])
    for bug in entry.get("bugs", ()):
        said = entry["message"] or ""
        lines += [text for text in (bug.get("explanation"), bug.get("hint")) if text and text not in said]
    return "\n".join(lines) + "\n"


def forget_scores(
    db_url: str,
    assignment: str,
    student: str,
    log: logging.Logger,
    *,
    answers: bool = False,
    keep: Collection[Place] = (),
) -> None:
    """Delete the old automatic scores of a submission, so that a failed run does not leave them behind.

    The cells are marked for a human until they have a score again.

    Parameters
    ----------
    db_url, assignment, student : str
        Where to look.
    log : Logger
    answers : bool, default False
        Whether to mark the answers, too, to which nbgrader gives 0 if it finds no notebook.
    keep : collection of Place, optional
        The cells whose points a human has given: they are not marked.
    """
    with Gradebook(db_url) as gradebook:
        try:
            submission = gradebook.find_submission(assignment, student)
        except MissingEntry:
            log.debug("%s has no submission of %s yet", student, assignment)
            return
        for notebook in submission.notebooks:
            manual = {cell.name for cell in notebook.notebook.solution_cells}
            for row in notebook.grades:
                if not answers and row.name in manual:
                    continue
                kept = (notebook.name, row.name) in keep
                if kept and row.manual_score is None and row.name in manual:
                    continue  # extra credit for an answer: it counts beside a score, of 0
                row.auto_score = None
                row.needs_manual_grade = not kept or row.manual_score is None
        gradebook.db.commit()


def _text(text: str) -> Any:
    return nbformat.v4.new_output("stream", name="stdout", text=text)
