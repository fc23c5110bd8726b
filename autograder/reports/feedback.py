"""Feedback for one student: what every check found, how far off, where to look, and what a human said."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

from markupsafe import Markup

from ..messages import pictures
from ..milestone import Milestone
from . import report as reporting
from .html import render
from .lesson import Lesson
from .score_table import number, other_versions

_STOPPED = "Your code stopped with "
_MOST_CAUSES = 3
_ENDS = {
    "StudentError": "your code stopped",
    "LimitExceeded": "a limit was reached",
    "WorkerDied": "the process of your code ended",
    "ProtocolViolation": "the process of your code answered otherwise than it must",
    "UnusableValue": "the value cannot be used",
}
_SMALLEST, _LARGEST = -12.0, 2.0
"""Powers of ten between which an error is drawn."""


def write(
    path: Path,
    report: dict[str, Any],
    milestone: Milestone,
    *,
    lesson: Lesson | None = None,
    answers: Mapping[str, Markup] | None = None,
    regrade_to: str = "",
) -> None:
    """Write one student's feedback as a self-contained page.

    Parameters
    ----------
    path : Path
    report : dict
    milestone : Milestone
    lesson : Lesson, optional
        What the notebook says around each check.
    answers : mapping of str to Markup, optional
        What the student wrote, by the questions' names.
    regrade_to : str, optional
        Where a request to look again goes: an e-mail address, or the address of a form.
    """
    lost = sorted(
        (
            check
            for check in report["checks"]
            if check["score"] is not None
            and check["score"] < check["points"]
            and not check.get("extra_credit")
        ),
        key=lambda check: check["score"] - check["points"],
    )
    causes = shared_causes(report)
    told = {check["name"]: cause for cause in causes for check in cause.checks}
    page = render(
        "feedback.html",
        report=report,
        milestone=milestone,
        lesson=lesson or Lesson(),
        answers=answers or {},
        causes=causes,
        told=told,
        what_of=what_of,
        first=[check for check in lost if check["name"] not in told][: 3 - len(causes)],
        on_top=extra_points(report),
        other_versions=other_versions(report),
        how_far=how_far,
        pictures_of=pictures.of_check,
        regrade=lambda what: regrade_address(regrade_to, report, milestone, what),
    )
    reporting.write_text(path, page)


@dataclass(frozen=True)
class Cause:
    """What stopped several checks in the same line: it is told once, and mended once.

    Attributes
    ----------
    message : str
    checks : list of dict
        Those that it stopped.
    """

    message: str
    checks: list[dict[str, Any]]

    @property
    def id(self) -> str:
        """Where the page tells it."""
        return f"cause-of-{self.checks[0]['name']}"

    @property
    def points(self) -> float:
        """How much there is to win in these checks."""
        return sum(check["points"] for check in self.checks if not check.get("extra_credit"))


def shared_causes(report: dict[str, Any]) -> list[Cause]:
    """Return what several checks that earned nothing stopped at, each with the same words; the dearest first."""
    stopped: dict[str, list[dict[str, Any]]] = {}
    for check in report["checks"]:
        if check["verdict"] == "failed" and not check["score"] and check["message"].startswith(_STOPPED):
            stopped.setdefault(check["message"], []).append(check)
    causes = [Cause(message, checks) for message, checks in stopped.items() if len(checks) > 1]
    return sorted(causes, key=lambda cause: -cause.points)[:_MOST_CAUSES]


def what_of(finding: Mapping[str, Any]) -> str:
    """Return what a finding is about; where code did not come to its end, that, and not the name of our error."""
    return _ENDS.get(finding["label"], finding["label"])


def extra_points(report: dict[str, Any]) -> float:
    """Return how many points of a report are extra credit."""
    entries = [*report["checks"], *report.get("recorded", {}).get("answers", ())]
    return sum(entry["score"] or 0.0 for entry in entries if entry.get("extra_credit"))


def how_far(check: dict[str, Any]) -> list[dict[str, Any]]:
    """Return how far off each part is at worst: its name, a length for a bar in percent, and that in words."""
    worst: dict[str, float] = {}
    for finding in check["findings"]:
        if finding["error"] is not None and finding["error"] > 0:
            name = finding["part"] or finding["label"]
            worst[name] = max(worst.get(name, 0.0), finding["error"])
    return [{"part": name, "length": _length(error), "words": _words(error)} for name, error in worst.items()]


def _length(error: float) -> int:
    share = (math.log10(error) - _SMALLEST) / (_LARGEST - _SMALLEST)
    return round(100 * min(1.0, max(0.02, share)))


def _words(error: float) -> str:
    if error >= 1.5:
        return f"{error:.2g} times the largest right number"
    if error >= 1e-3:
        return f"{percent(error)} % of the largest right number"
    return f"{error:.0e} of the largest right number"


def percent(share: float) -> str:
    """Return a share in percent with two digits, and never as a power of ten."""
    value = float(f"{100 * share:.2g}")
    return f"{value:.0f}" if value >= 10 else f"{value:g}"


def regrade_address(to: str, report: dict[str, Any], milestone: Milestone, what: str) -> str:
    """Return the address that asks a human to look again; empty if there is none."""
    if not to:
        return ""
    subject = f"{milestone.name}, {what}: please look again ({report['student']})"
    if "://" in to:
        fields = {"assignment": milestone.name, "student": report["student"], "check": what}
        more = "&".join(f"{key}={quote(str(value), safe='')}" for key, value in fields.items())
        return f"{to}{'&' if '?' in to else '?'}{more}"
    # not the seed: who knows it knows the inputs
    graded = f"Graded {report['created']}, files {report['submission']['digest'][:12]}"
    body = f"What I think is wrong with the grading of {what}:\n\n\n{graded}"
    return f"mailto:{to}?subject={quote(subject, safe='')}&body={quote(body, safe='')}"


def line(check: dict[str, Any]) -> str:
    """Return one check's outcome as text: verdict, points and, where it failed, what to look at."""
    mark = {"passed": "✓", "failed": "✗", "not graded": "?"}[check["verdict"]]
    kind = "points of extra credit" if check.get("extra_credit") else "points"
    head = f"{mark} {check['name']}: {number(check['score'])} of {number(check['points'])} {kind}"
    return f"{head}. {check['message'] or check['title']}"
