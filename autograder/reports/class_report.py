"""The class report: how the class did, on which checks, and which mistakes were common."""

from __future__ import annotations

import statistics
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from markupsafe import Markup
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from ..milestone import Milestone
from . import report as reporting
from .html import BLUE, GREY, ORANGE, render, svg


def summarize(reports: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Return the figures of the class report as plain data."""
    graded = [r for r in reports if r["verdict"] == "graded"]
    scores = [r["score"] for r in graded]
    checks: dict[str, dict[str, Any]] = {}
    for report in graded:
        for check in report["checks"]:
            entry = checks.setdefault(
                check["name"],
                {"title": check["title"], "points": check["points"], "passed": 0, "partly": 0, "of": 0},
            )
            entry["of"] += 1
            entry["passed"] += check["verdict"] == "passed"
            entry["partly"] += check["verdict"] == "failed" and (check["score"] or 0) > 0
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
        "pythons": Counter(
            r["versions"]["student_python"] for r in reports if "student_python" in r["versions"]
        ),
        "max_score": max(r["max_score"] for r in reports),
        "mean": statistics.fmean(scores) if scores else None,
        "median": statistics.median(scores) if scores else None,
        "scores": scores,
        "checks": checks,
        "mistakes": [(name, count, explained[name]) for name, count in mistakes.most_common()],
    }


def write(path: Path, reports: Sequence[dict[str, Any]], milestone: Milestone) -> None:
    """Write the class report as one self-contained page."""
    summary = summarize(reports)
    page = render(
        "class_report.html",
        milestone=milestone,
        reports=reports,
        summary=summary,
        # The charts are ours and contain no text of a student, so they need not be escaped.
        histogram=Markup(svg(_histogram(summary))),
        rates=Markup(svg(_pass_rates(summary))),
        seeds=sorted({r["seed"] for r in reports if r["seed"]}),
        data=sorted({r["data"] for r in reports if r["data"]}),
    )
    reporting.write_text(path, page)


def _histogram(summary: dict[str, Any]) -> Figure:
    figure = Figure(figsize=(6.4, 2.8))
    axes = figure.add_subplot()
    bins = [summary["max_score"] * i / 10 for i in range(11)]
    axes.hist(summary["scores"], bins=bins, color=BLUE, edgecolor="white")
    if summary["median"] is not None:
        axes.axvline(summary["median"], color=ORANGE, linestyle="--", label=f"median {summary['median']:.1f}")
        axes.legend(frameon=False)
    axes.set_xlabel("score")
    axes.set_ylabel("submissions")
    axes.yaxis.set_major_locator(MaxNLocator(integer=True))
    axes.spines[["top", "right"]].set_visible(False)
    return figure


def _pass_rates(summary: dict[str, Any]) -> Figure:
    names = list(summary["checks"])
    figure = Figure(figsize=(6.4, 0.6 + 0.4 * max(len(names), 1)))
    axes = figure.add_subplot()
    full = [100 * c["passed"] / c["of"] for c in summary["checks"].values()]
    partly = [100 * c["partly"] / c["of"] for c in summary["checks"].values()]
    axes.barh(names, full, color=BLUE, label="passed")
    axes.barh(names, partly, left=full, color=GREY, hatch="///", edgecolor="white", label="partly")
    for i, rate in enumerate(full):
        axes.text(101, i, f"{rate:.0f} %", va="center")
    axes.set_xlim(0, 100)
    axes.set_xlabel("share of graded submissions, %")
    axes.invert_yaxis()
    axes.legend(frameon=False, loc="upper left", bbox_to_anchor=(1.1, 1))
    axes.spines[["top", "right"]].set_visible(False)
    return figure
