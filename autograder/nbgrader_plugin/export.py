"""``nbgrader export``: the gradebook as a table, for a spreadsheet, Canvas or Moodle."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from nbgrader.plugins import ExportPlugin
from traitlets import Bool, Dict, Unicode

from ..gradebook.scores import Result, results
from ..lms import canvas, grades, moodle, table
from ..lms.grades import Filled
from .late_penalty import settle


class _Exporter(ExportPlugin):
    """Writes what `_filled` makes of the gradebook to the file named by ``--to``."""

    default_file = ""

    def export(self, gradebook: Any) -> None:
        """Write the file; what whoever uses it should know goes to the log."""
        if self.parent is not None:  # nbgrader's command
            for line in settle(
                self.parent.coursedir, [*map(str, self.assignment)], [*map(str, self.student)]
            ):
                self.log.warning(line)
            gradebook.db.expire_all()
        found = list(results(gradebook, [*map(str, self.assignment)], [*map(str, self.student)]))
        filled = self._filled(found)
        destination = Path(self.to or self.default_file)
        table.write(destination, filled.table)
        self.log.info("Exported %s rows to %s", len(filled.table.rows), destination)
        for note in filled.notes:
            self.log.warning(note)

    def _filled(self, found: list[Result]) -> Filled:
        raise NotImplementedError


class ScoresExporter(_Exporter):
    """One row for each student and assignment: score, maximum, late penalty, total, e-mail address, LMS id.

    ``state`` is ``graded``, ``needs a human`` or ``not submitted``.
    """

    default_file = "scores.csv"
    checks = Bool(False, help="Whether there is a column for each check and question, too.").tag(config=True)

    def _filled(self, found: list[Result]) -> Filled:
        return Filled(grades.every_result(found, checks=self.checks))


class CanvasExporter(_Exporter):
    """A file for Canvas's gradebook."""

    default_file = "canvas.csv"
    exported = Unicode(
        "", help="A gradebook exported from Canvas, to be filled in; empty for a new file."
    ).tag(config=True)
    columns = Dict(help="Assignment → its heading in Canvas, 'title (id)', or its id.").tag(config=True)
    missing_as_zero = Bool(False, help="Whether who handed in nothing gets 0.").tag(config=True)

    def _filled(self, found: list[Result]) -> Filled:
        if self.exported:
            file = table.read(Path(self.exported))
            return canvas.fill(file, found, self.columns, missing_as_zero=self.missing_as_zero)
        return canvas.new_file(found, self.columns, missing_as_zero=self.missing_as_zero)


class MoodleExporter(_Exporter):
    """A file for Moodle's gradebook, or a grading worksheet filled in."""

    default_file = "moodle.csv"
    worksheet = Unicode(
        "", help="A grading worksheet, to be filled in; empty for a file for the gradebook."
    ).tag(config=True)
    missing_as_zero = Bool(False, help="Whether who handed in nothing gets 0.").tag(config=True)

    def _filled(self, found: list[Result]) -> Filled:
        if self.worksheet:
            file = table.read(Path(self.worksheet))
            return moodle.fill(file, found, missing_as_zero=self.missing_as_zero)
        return moodle.new_file(found, missing_as_zero=self.missing_as_zero)
