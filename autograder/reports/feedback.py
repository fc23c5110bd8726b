"""Feedback for one student: what every check found, and where to look."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ..milestone import Milestone
from . import report as reporting
from .html import render
from .score_table import number


def write(path: Path, report: dict[str, Any], milestone: Milestone) -> None:
    """Write one student's feedback as a self-contained page."""
    page = render("feedback.html", report=report, milestone=milestone)
    reporting.write_text(path, page)


def line(check: dict[str, Any]) -> str:
    """Return one check's outcome as text: verdict, points and, where it failed, what to look at."""
    mark = {"passed": "✓", "failed": "✗", "not graded": "?"}[check["verdict"]]
    head = f"{mark} {check['name']}: {number(check['score'])} of {number(check['points'])} points"
    return f"{head}. {check['message'] or check['title']}"
