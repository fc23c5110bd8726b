"""GitHub Classroom: what was found as text, and as the exit status.

``python -m autograder.platforms.classroom /autograder``
"""

from __future__ import annotations

import os
import sys
import traceback
from pathlib import Path
from typing import Any

from ..reports import report as reporting
from ..reports.feedback import line
from ..reports.score_table import number, printable
from ..sandbox import unprotected
from .grade_there import grade_there, is_unprotected

ALL_POINTS, SOME_LOST, NOT_GRADED = 0, 1, 3
"""Exit status. A machine's fault is not a student's: it has a status of its own."""


def outcome(report: dict[str, Any]) -> tuple[str, int]:
    """Return what a student reads, and the exit status."""
    lines = [unprotected.WARNING] if is_unprotected(report) else []
    lines += [printable(line(check)) for check in report["checks"]]
    if report["verdict"] != "graded":
        return "\n".join([*lines, f"Not graded, which costs no points: {report['reason']}"]), NOT_GRADED
    lines += [f"A human will look at this: {printable(text)}" for text in reporting.needs_human(report)]
    lines.append(f"Points {number(report['score'])}/{number(report['max_score'])}")
    asked = [check for check in report["checks"] if not check.get("extra_credit")]
    full = sum(check["score"] or 0.0 for check in asked) >= report["max_score"] - 1e-9
    return "\n".join(lines), ALL_POINTS if full else SOME_LOST


def summary(report: dict[str, Any]) -> str:
    """Return a table in Markdown for the page of the run."""
    rows = [
        f"| {check['name']}{_kind(check)} | {number(check['score'])} | {number(check['points'])} |"
        for check in report["checks"]
    ]
    warning = f"**{unprotected.WARNING}**\n\n" if is_unprotected(report) else ""
    total = f"| **total** | {number(report['score'])} | {number(report['max_score'])} |"
    return warning + "\n".join(["| check | points | of |", "|---|---:|---:|", *rows, total]) + "\n"


def _kind(check: dict[str, Any]) -> str:
    return " (extra credit)" if check.get("extra_credit") else ""


def main(root: Path) -> int:
    """Grade what lies in ``root``, print what was found and return the exit status."""
    try:
        report, _ = grade_there(root)
    except Exception:
        traceback.print_exc()
        print("Not graded, which costs no points: a fault of the grader")
        return NOT_GRADED
    text, status = outcome(report)
    print(text)
    if page := os.environ.get("GITHUB_STEP_SUMMARY"):
        with open(page, "a", encoding="utf-8") as file:
            file.write(summary(report))
    return status


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
