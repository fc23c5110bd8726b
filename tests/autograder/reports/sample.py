"""Reports made of results that no code had to give."""

from __future__ import annotations

from typing import Any

from autograder.judging import milestone_content
from autograder.judging.check import CaseRecord, Check, CheckResult, Finding
from autograder.reports import report as reporting
from autograder.sources import Sources

MILESTONE = Sources().milestone("two_layer_net")
CHECK, OTHER = milestone_content.checks(MILESTONE)[:2]


def failed(message: str = "wrong", *, findings: int = 1) -> CheckResult:
    """Return the result of a check that earned half of its points."""
    found = [Finding("result", "scores", 0.0, message, 1.0, 2.0, 0.5) for _ in range(findings)]
    records = [CaseRecord(0, {"n": 3}, found)]
    return CheckResult(CHECK, "failed", CHECK.points / 2, message, records, _credits(CHECK, 0.5))


def _credits(check: Check, credit: float) -> dict[str, float]:
    return dict.fromkeys(check.points_of_parts, credit)


def passed() -> CheckResult:
    """Return the result of a check that was passed."""
    return CheckResult(OTHER, "passed", OTHER.points, "", [CaseRecord(0, {})], _credits(OTHER, 1.0))


def graded(student: str, *results: CheckResult) -> dict[str, Any]:
    """Return the report of a graded submission."""
    report = reporting.new_report(MILESTONE, student, seed=5)
    report["checks"] = [reporting.check_entry(result) for result in results]
    return report | {"verdict": "graded", "score": sum(result.score for result in results)}
