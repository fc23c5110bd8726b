"""nbgrader's own commands on the small course, in this process, with the checks replaced by fixed results."""

from __future__ import annotations

import csv
import shutil
import types
from pathlib import Path
from typing import Any

import nbformat
from nbgrader.api import Gradebook
from nbgrader.apps.api import NbGraderAPI
from nbgrader.coursedir import CourseDirectory
from traitlets.config import Config

from autograder import nbgrader_plugin
from autograder.grading import grade
from autograder.nbgrader_plugin.export import ScoresExporter

SECRETS = ("np.maximum(0", "range(1, 40)", "0.125", "far too small")


class Nbgrader:
    """The small course as nbgrader sees it."""

    def __init__(self, course: Any, monkeypatch: Any) -> None:
        self.course = course
        self.verdicts: dict[str, Any] = {"scores": 3.0, "predict": 2.0}
        self.graded: list[Any] = []
        self.seeds: list[int] = []
        config = Config()
        nbgrader_plugin.configure(config)
        config.CourseDirectory.root = str(course.root)
        config.SandboxedExecute.enabled = False
        self.config = config
        points = {"scores": 4.0, "predict": 2.0}
        known = [
            types.SimpleNamespace(name=name, points=value, title=f"Title of {name}")
            for name, value in points.items()
        ]
        monkeypatch.setattr("autograder.judging.milestone_content.checks", lambda name: known)
        monkeypatch.setattr("autograder.reports.report.validate", lambda report: None)
        monkeypatch.setattr(grade, "grade", self._grade)

    def _grade(self, submission: Any, settings: Any) -> dict[str, Any]:
        if submission.not_gradable:
            summary = {"submission": {"unread": submission.unread}}
            return {"checks": [], "verdict": "not graded", "reason": submission.not_gradable, **summary}
        self.graded.append(submission)
        self.seeds.append(settings.seed)
        entries = []
        for name, points in (("scores", 4.0), ("predict", 2.0)):
            score = self.verdicts[name]
            verdict = "not graded" if score is None else "passed" if score == points else "failed"
            entries.append(
                {
                    "name": name,
                    "title": f"Title of {name}",
                    "points": points,
                    "score": score,
                    "verdict": verdict,
                    "message": f"message of {name}",
                    "bugs": [],
                }
            )
        return {
            "checks": entries,
            "milestone": submission.milestone.name,
            "verdict": "graded",
            "submission": {"digest": submission.digest, "unread": submission.unread},
            "versions": {},
            "reason": "the sandbox is broken",
        }

    @property
    def api(self) -> NbGraderAPI:
        return NbGraderAPI(CourseDirectory(config=self.config), config=self.config)

    def generate(self) -> dict[str, Any]:
        return self.api.generate_assignment("two_layer_net")

    def autograde(self, student: str) -> dict[str, Any]:
        return self.api.autograde("two_layer_net", student)

    def feedback(self, student: str) -> str:
        result = self.api.generate_feedback("two_layer_net", student)
        assert result["success"], result
        return (self.course.root / "feedback" / student / "two_layer_net" / "two_layer_net.html").read_text()

    def scores(self, student: str) -> dict[str, tuple[float | None, bool]]:
        with Gradebook(f"sqlite:///{self.course.root}/gradebook.db") as gradebook:
            notebook = gradebook.find_submission_notebook("two_layer_net", "two_layer_net", student)
            return {row.name: (row.auto_score, bool(row.needs_manual_grade)) for row in notebook.grades}

    def submit(self, student: str) -> Path:
        folder = self.course.root / "submitted" / student / "two_layer_net"
        shutil.copytree(self.course.root / "release" / "two_layer_net", folder)
        return folder

    def autograded(self, student: str) -> dict[str, Any]:
        path = self.course.root / "autograded" / student / "two_layer_net" / "two_layer_net.ipynb"
        return {cell["id"]: cell for cell in nbformat.read(path, as_version=4).cells}


def everything_under(folder: Path) -> str:
    return "\n".join(p.read_text(errors="replace") for p in sorted(folder.rglob("*")) if p.is_file())


def export(nbgrader: Nbgrader) -> list[dict[str, str]]:
    path = nbgrader.course.root / "scores.csv"
    exporter = ScoresExporter(to=str(path), checks=True)
    with Gradebook(f"sqlite:///{nbgrader.course.root}/gradebook.db") as gradebook:
        exporter.export(gradebook)
    with open(path, newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))
