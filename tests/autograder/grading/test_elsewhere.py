"""A check of a function that is unwritten in its file and written somewhere else waits for a human."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from autograder.grading.grade import _tell_elsewhere
from autograder.judging import milestone_content
from autograder.reports.report import needs_human
from autograder.sources import Sources

MILESTONE = Sources().milestone("dropout")
CHECKS = milestone_content.checks(MILESTONE)


def told(elsewhere: dict[str, str], *, share: float = 0.0) -> dict[str, Any]:
    checks: list[dict[str, Any]] = [
        {"name": check.name, "score": share * check.points, "points": check.points} for check in CHECKS
    ]
    report = {"checks": checks, "verdict": "graded", "submission": {"warnings": []}}
    submission: Any = SimpleNamespace(milestone=MILESTONE, elsewhere=elsewhere)
    _tell_elsewhere(report, submission)
    return report


def test_its_checks_and_no_others_are_for_a_human():
    where = "It is written somewhere else: dropout_backward in cell 9."
    report = told({"dropout_backward": where})
    waiting = {entry["name"] for entry in report["checks"] if entry.get("review")}
    assert waiting == {check.name for check in CHECKS if "dropout_backward" in check.tests} != set()
    assert all(where in line for line in needs_human(report))
    assert len(needs_human(report)) == len(waiting)


def test_a_method_counts_by_its_class():
    report = told({"FullyConnectedNet": "It is written somewhere else: FullyConnectedNet.loss in net.py."})
    waiting = {entry["name"] for entry in report["checks"] if entry.get("review")}
    assert waiting == {"net_scores", "net_loss", "net_gradients"}


def test_what_earned_all_of_its_points_waits_for_nobody():
    assert needs_human(told({"dropout_forward": "It is written somewhere else."}, share=1.0)) == ()
