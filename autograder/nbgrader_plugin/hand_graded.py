"""What a human had settled before a submission is graded again, and where that still holds.

nbgrader asks the human once more for every cell with points given by hand, also if nothing about it has changed.
"""

from __future__ import annotations

import contextlib
import json
from collections.abc import Collection
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from nbgrader.api import Gradebook, MissingEntry

EXTRA_CREDIT = "extra_credit"
"""Under which name a graded notebook's metadata say what the grader gave on top of the maximum."""

Place = tuple[str, str]
"""A notebook's name, and the grade id of a cell in it."""


def settled_cells(db_url: str, assignment: str, student: str) -> frozenset[Place]:
    """Return the cells of a submission whose points a human has given, and which wait for nobody.

    Those with extra credit are among them, whoever gave it: see `HandGraded.extra_credit`.
    """
    with Gradebook(db_url) as gradebook:
        try:
            submission = gradebook.find_submission(assignment, student)
        except MissingEntry:
            return frozenset()
        return frozenset(
            (notebook.name, row.name)
            for notebook in submission.notebooks
            for row in notebook.grades
            if not (row.manual_score is None and row.extra_credit is None) and not row.needs_manual_grade
        )


@dataclass
class HandGraded:
    """Points given by hand before this run.

    Attributes
    ----------
    cells : collection of Place
        See `settled_cells`.
    same_files : bool
        Whether exactly the files that were handed in then are graded now.
    before : Path or None
        The folder with the notebooks that the human saw; None if it is not there any more.
    """

    cells: Collection[Place] = ()
    same_files: bool = False
    before: Path | None = None
    _notebooks: dict[str, dict[str, Any]] = field(default_factory=dict)

    def still_holds(self, notebook: str, cell: Any, *, check: bool) -> bool:
        """Return whether the points that a human gave a cell are about what is in it now.

        For a check that is so if no file has changed; for an answer if its own text and pictures have not.
        """
        name = cell.metadata.nbgrader["grade_id"]
        if (notebook, name) not in self.cells or self.before is None:
            return False
        return self.same_files if check else self._answered(notebook).get(name) == _said(cell)

    def extra_credit(self, notebook: str, name: str) -> float | None:
        """Return the extra credit that the grader gave a check in the run before; None if it gave none.

        What stands in the gradebook now, if it differs, was given by a human.
        """
        try:
            return float(self._before(notebook)["metadata"][EXTRA_CREDIT][name])
        except (KeyError, TypeError, ValueError):
            return None

    def _answered(self, notebook: str) -> dict[str, Any]:
        try:
            cells = self._before(notebook)["cells"]
            settings = [(cell["metadata"].get("nbgrader") or {}, cell) for cell in cells]
            return {s["grade_id"]: _said(cell) for s, cell in settings if "grade_id" in s}
        except (KeyError, TypeError, AttributeError):
            return {}  # the human looks again

    def _before(self, notebook: str) -> dict[str, Any]:
        """Return the notebook of the run before; nothing if there is none."""
        if notebook not in self._notebooks:
            self._notebooks[notebook] = {}
            with contextlib.suppress(OSError, ValueError):
                text = Path(self.before or "", f"{notebook}.ipynb").read_text(encoding="utf-8")
                self._notebooks[notebook] = json.loads(text)
        return self._notebooks[notebook]


def _said(cell: Any) -> tuple[str, str]:
    source = cell["source"]
    text = source if isinstance(source, str) else "".join(source)
    return text, json.dumps(cell.get("attachments") or {}, sort_keys=True)
