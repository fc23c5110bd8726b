"""The class report: what to teach again, how the class did, which answers were wrong in the same way, and for whom."""

from __future__ import annotations

import shlex
import statistics
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ..milestone import Milestone
from . import report as reporting
from .answer_groups import Group, groups
from .course_view import CourseView
from .html import render
from .score_table import of_students

_BINS = 10
_SHOWN_GROUPS = 12


def summarize(reports: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Return the figures of the class report as plain data."""
    graded = [r for r in reports if r["verdict"] == "graded"]
    scores = [r["score"] for r in graded]
    checks: dict[str, dict[str, Any]] = {}
    for report in graded:
        for check in report["checks"]:
            if check["verdict"] == "not graded":
                continue  # nothing is known of it
            entry = checks.setdefault(
                check["name"],
                {
                    "title": check["title"],
                    "points": check["points"],
                    "extra_credit": bool(check.get("extra_credit")),
                    "passed": 0,
                    "partly": 0,
                    "of": 0,
                    "lost": 0.0,
                },
            )
            entry["of"] += 1
            entry["passed"] += check["verdict"] == "passed"
            entry["partly"] += check["verdict"] == "failed" and (check["score"] or 0) > 0
            if check["verdict"] == "failed" and not check.get("extra_credit"):
                entry["lost"] += max(0.0, check["points"] - (check["score"] or 0.0))
    mistakes: Counter[str] = Counter()
    explained: dict[str, str] = {}
    for report in graded:
        for name, text in {b["name"]: b["explanation"] for c in report["checks"] for b in c["bugs"]}.items():
            mistakes[name] += 1
            explained[name] = text
    return {
        "submissions": len(reports),
        "graded": len(graded),
        "not_graded": [r for r in reports if r["verdict"] != "graded"],
        "for_a_human": [(r["student"], line) for r in reports for line in reporting.needs_human(r)],
        "recorded": sum("recorded" in r for r in reports),
        "open_answers": sum(bool(r["recorded"]["open"]) for r in reports if "recorded" in r),
        "max_score": max(r["max_score"] for r in reports),
        "mean": statistics.fmean(scores) if scores else None,
        "median": statistics.median(scores) if scores else None,
        "scores": scores,
        "checks": checks,
        "questions": _questions(reports),
        "mistakes": [(name, count, explained[name]) for name, count in mistakes.most_common()],
    }


def _questions(reports: Sequence[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """Return what is known of the questions that a human grades: their points, mean, and how many are open."""
    found: dict[str, dict[str, Any]] = {}
    for report in reports:
        for answer in report.get("recorded", {}).get("answers", ()):
            new = {
                "points": answer["points"],
                "extra_credit": bool(answer.get("extra_credit")),
                "open": 0,
                "scores": [],
            }
            entry = found.setdefault(answer["name"], new)
            if answer["score"] is None:
                entry["open"] += 1
            else:
                entry["scores"].append(answer["score"])
    for entry in found.values():
        entry["mean"] = statistics.fmean(entry["scores"]) if entry["scores"] else None
    return found


def to_teach(reports: Sequence[dict[str, Any]], summary: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the checks on which a class lost points, the most first, each with its groups of wrong answers."""
    graded = [r for r in reports if r["verdict"] == "graded"]
    found = [
        {"name": name, **check, "groups": groups(graded, name)}
        for name, check in summary["checks"].items()
        if check["lost"]
    ]
    return sorted(found, key=lambda entry: -entry["lost"])


def write(
    path: Path, reports: Sequence[dict[str, Any]], milestone: Milestone, view: CourseView | None = None
) -> None:
    """Write the class report as one self-contained page."""
    summary = summarize(reports)
    page = render(
        "class_report.html",
        milestone=milestone,
        reports=reports,
        summary=summary,
        teach=to_teach(reports, summary),
        most_groups=_SHOWN_GROUPS,
        bins=histogram(summary),
        view=view or CourseView(),
        comment=lambda group: comment_command(group, milestone),
        other=of_students(reports),
        seeds=sorted({r["seed"] for r in reports if r["seed"]}),
        data=sorted({r["data"] for r in reports if r["data"]}),
    )
    reporting.write_text(path, page)


def comment_command(group: Group, milestone: Milestone) -> str:
    """Return the command that gives everybody of a group one comment; whoever runs it writes the text."""
    students = " ".join(f"--student {shlex.quote(student)}" for student in group.students)
    return f'autograder comment {milestone.name} {group.check} "…" {students}'


def histogram(summary: dict[str, Any]) -> list[dict[str, Any]]:
    """Return ten bins of scores: where each begins and ends, how many, and a height in percent."""
    width = (summary["max_score"] or 1.0) / _BINS
    counts = [0] * _BINS
    for score in summary["scores"]:
        counts[min(_BINS - 1, max(0, int(score / width)))] += 1
    most = max([*counts, 1])
    return [
        {"low": i * width, "high": (i + 1) * width, "count": count, "height": round(100 * count / most)}
        for i, count in enumerate(counts)
    ]


def rows(reports: Sequence[dict[str, Any]]) -> list[list[str]]:
    """Return the report as a table: a row for each check, and one for each group of wrong answers to it."""
    summary = summarize(reports)
    wrong = {entry["name"]: entry["groups"] for entry in to_teach(reports, summary)}
    table = [
        ["check", "points", "graded", "passed", "partly", "lost_each", "group", "students", "who", "reason"]
    ]
    for name, check in summary["checks"].items():
        figures = [
            check["points"],
            check["of"],
            check["passed"],
            check["partly"],
            round(check["lost"] / check["of"], 4),
        ]
        table.append([name, *map(_plain, figures), "", "", "", ""])
        for group in wrong.get(name, ()):
            known = ", ".join(group.mistakes) or "told alike"
            who = " ".join(group.students)
            table.append([name, *[""] * 5, known, str(len(group.students)), who, group.reason])
    return table


def _plain(value: float) -> str:
    return f"{value:g}"
