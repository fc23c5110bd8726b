"""A course that the stock ``nbgrader`` commands work on, and what they left in its gradebook."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import nbformat
from nbgrader.api import Gradebook

from .material import write
from .project import ROOT, read_report

STUDENT = "ada"
NOT_RUN = "--SandboxedExecute.enabled=False"
"""For hand-ins whose notebooks need not be run: no point depends on it."""


def generate(root: Path, milestone: str) -> None:
    """Make a course with one milestone, and its release, in an empty folder."""
    shutil.copy(ROOT / "nbgrader_config.py", root)
    shutil.copytree(ROOT / "assignments" / milestone, root / "assignments" / milestone)
    (root / "home").mkdir()
    Course(root, milestone).nbgrader("generate_assignment")


def command(*arguments: str) -> list[str]:
    """Return a command of nbgrader."""
    return [sys.executable, "-m", "nbgrader", *arguments]


def environment(root: Path) -> dict[str, str]:
    """Return the environment of a command: no settings of whoever runs the tests."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("NBGRADER", "JUPYTER"))}
    return kept | {"NNDL_DATA": "offline", "HOME": str(root / "home")}


@dataclass(frozen=True)
class Graded:
    """What came of one submission.

    Attributes
    ----------
    checks : dict
        Check → its points in the gradebook, None where a human has to give them.
    answers : dict
        Question → what the gradebook says of its answer: points, and whether a human is asked.
    cells : list
        The notebook that who grades gets to see.
    notes : list of str
        What the submission's report says was put right, is missing or was left out.
    report : dict
        The report itself.
    """

    checks: dict[str, float | None]
    answers: dict[str, tuple[float | None, bool]]
    cells: list[Any]
    notes: list[str]
    report: dict[str, Any]

    @property
    def points(self) -> float:
        """The points of all checks."""
        return sum(score or 0.0 for score in self.checks.values())

    def text_of(self, grade_id: str) -> str:
        """Return the text of a cell."""
        found = (c for c in self.cells if c.metadata.get("nbgrader", {}).get("grade_id") == grade_id)
        return str(next(found).source)

    def message_of(self, check: str) -> str:
        """Return what the student reads on a check."""
        return next(str(e["message"]) for e in self.report["checks"] if e["name"] == check)


@dataclass(frozen=True)
class Course:
    """A course with one released milestone."""

    root: Path
    milestone: str

    @classmethod
    def copied(cls, generated: Path, root: Path, milestone: str) -> Course:
        """Copy a course; nothing but its home, which holds caches only, is shared with the copy."""
        shutil.copytree(generated, root, ignore=shutil.ignore_patterns("home"))
        (root / "home").symlink_to(generated / "home")
        return cls(root, milestone)

    def submit(self, files: Mapping[str, str | bytes], student: str = STUDENT) -> None:
        """Lay files into the folder that a student handed in."""
        write(self.root / "submitted" / student / self.milestone, files)

    def nbgrader(self, *arguments: str) -> int:
        """Run a command of nbgrader on the milestone; return its exit status, which is 3 if a human has to look."""
        words = command(arguments[0], self.milestone, *arguments[1:])
        done = subprocess.run(
            words, cwd=self.root, env=environment(self.root), capture_output=True, text=True, check=False
        )
        if done.returncode not in (0, 3):
            raise RuntimeError(done.stderr[-4000:])
        return done.returncode

    def graded(self, student: str = STUDENT) -> Graded:
        """Return what the last ``nbgrader autograde`` made of a submission."""
        with Gradebook(f"sqlite:///{self.root}/gradebook.db") as gradebook:
            rows = gradebook.find_submission_notebook(self.milestone, self.milestone, student).grades
            checks = {row.name: row.auto_score for row in rows if row.cell.cell_type == "code"}
            answers = {
                row.name: (row.auto_score, bool(row.needs_manual_grade))
                for row in rows
                if row.cell.cell_type == "markdown"
            }
        report = read_report(self.root / "reports" / student / f"{self.milestone}.json")
        said = report["submission"]
        cells = nbformat.read(self.notebook(student), as_version=4).cells
        return Graded(checks, answers, cells, [*said["repairs"], *said["warnings"]], report)

    def notebook(self, student: str = STUDENT) -> Path:
        """Return the notebook that who grades gets to see."""
        return self.root / "autograded" / student / self.milestone / f"{self.milestone}.ipynb"

    def feedback(self, student: str = STUDENT) -> str:
        """Make the feedback page, and return it."""
        self.nbgrader("generate_feedback")
        page = self.root / "feedback" / student / self.milestone / f"{self.milestone}.html"
        return page.read_text(encoding="utf-8")
