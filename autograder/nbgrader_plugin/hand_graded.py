"""What a human had settled before a submission is graded again, and where that still holds.

nbgrader asks the human once more for every cell with points given by hand, also if nothing about it has changed.
"""

from __future__ import annotations

import json
from collections.abc import Collection
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from nbgrader.api import Gradebook, MissingEntry

Place = tuple[str, str]
"""A notebook's name, and the grade id of a cell in it."""


def settled_cells(db_url: str, assignment: str, student: str) -> frozenset[Place]:
    """Return the cells of a submission whose points a human has given, and which wait for nobody."""
    with Gradebook(db_url) as gradebook:
        try:
            submission = gradebook.find_submission(assignment, student)
        except MissingEntry:
            return frozenset()
        return frozenset(
            (notebook.name, row.name)
            for notebook in submission.notebooks
            for row in notebook.grades
            if row.manual_score is not None and not row.needs_manual_grade
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
    _answers: dict[str, dict[str, Any]] = field(default_factory=dict)

    def still_holds(self, notebook: str, cell: Any, *, check: bool) -> bool:
        """Return whether the points that a human gave a cell are about what is in it now.

        For a check that is so if no file has changed; for an answer if its own text and pictures have not.
        """
        name = cell.metadata.nbgrader["grade_id"]
        if (notebook, name) not in self.cells or self.before is None:
            return False
        return self.same_files if check else self._answered(notebook).get(name) == _said(cell)

    def _answered(self, notebook: str) -> dict[str, Any]:
        if notebook not in self._answers:
            self._answers[notebook] = {}
            try:
                path = Path(self.before or "", f"{notebook}.ipynb")
                cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
                settings = [(cell["metadata"].get("nbgrader") or {}, cell) for cell in cells]
                found = {s["grade_id"]: _said(cell) for s, cell in settings if "grade_id" in s}
            except (OSError, ValueError, KeyError, TypeError, AttributeError):
                return {}  # the human looks again
            self._answers[notebook] = found
        return self._answers[notebook]


def _said(cell: Any) -> tuple[str, str]:
    source = cell["source"]
    text = source if isinstance(source, str) else "".join(source)
    return text, json.dumps(cell.get("attachments") or {}, sort_keys=True)
