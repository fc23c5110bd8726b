"""Reports with the figures of the gradebook: what was given by hand, taken off for lateness and answered counts, too.

What the grader found stays; points are nbgrader's. So every page shows what the gradebook holds.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ..gradebook.scores import FOR_A_HUMAN, CellResult, Result
from ..judging import milestone_content
from ..milestone import Milestone
from . import report as reporting

_SAME = 5e-6
"""By how much the score of a run may differ from what was recorded of it: both are rounded."""


def class_of_the_gradebook(
    reports: Sequence[dict[str, Any]], results: Mapping[str, Result], milestone: Milestone
) -> list[dict[str, Any]]:
    """Return the reports of a class with the gradebook's figures, and one for who is in the gradebook only.

    Parameters
    ----------
    reports : sequence of dict
        As they were stored.
    results : mapping of str to Result
        Student → what the gradebook says of this milestone.
    milestone : Milestone
    """
    there = {report["student"] for report in reports}
    missing = [
        reporting.new_report(milestone, student, seed=0, reason="there is no report of the grader")
        | {"seed": ""}
        for student, result in results.items()
        if result.submitted and student not in there
    ]
    found = (recorded(report, results.get(report["student"]), milestone) for report in (*reports, *missing))
    return sorted(found, key=lambda report: str(report["student"]))


def recorded(report: dict[str, Any], result: Result | None, milestone: Milestone) -> dict[str, Any]:
    """Return a report with the points of the gradebook; unchanged if nothing is recorded of the submission.

    Beside what a report has, it says of each check ``by_hand``, ``extra`` and ``comment``, and of the whole
    ``recorded``: the answers, the penalty and what else a reader has to know.
    """
    if result is None or not result.submitted or not result.cells:
        return report
    cells = {cell.name: cell for cell in result.cells}
    found = {entry["name"]: entry for entry in report["checks"]}
    titles = {check.name: check.title for check in milestone_content.checks(milestone)}
    entries = [
        _entry(found.get(name) or _unjudged(name, title), cells[name], milestone)
        for name, title in titles.items()
        if name in cells
    ]
    older = [
        name
        for name, entry in found.items()
        if name in cells and entry["score"] is not None and not _is_of_this_run(entry, cells[name])
    ]
    settled = not result.for_a_human
    submission = report["submission"] | ({"unread": []} if settled else {})
    # an answer that nobody has written is worth 0 points without being looked at, and says nothing of the code
    judged = [entry["verdict"] != "not graded" for entry in entries]
    graded = any(judged or (cell.state != FOR_A_HUMAN for cell in result.cells))
    return report | {
        "verdict": "graded" if graded else "not graded",
        "score": round(result.total, 6) if graded else None,
        "max_score": result.max_score,
        "checks": entries,
        "submission": submission,
        "recorded": {
            "score": round(result.score, 6),
            "penalty": round(result.penalty, 6),
            "answers": [_answer(cell, milestone) for cell in result.cells if cell.name not in titles],
            "open": [cell.name for cell in result.for_a_human],
            "remarks": list(result.remarks),
            "older": older,
        },
    }


def _entry(entry: dict[str, Any], cell: CellResult, milestone: Milestone) -> dict[str, Any]:
    """Return a check's entry with the points, and what a human has done with them."""
    open_, on_top = cell.state == FOR_A_HUMAN, _on_top(cell, milestone)
    points = cell.max_score if on_top is None else on_top
    verdict = "not graded" if open_ else "passed" if cell.score >= points else "failed"
    if not points and not entry["points"] and not open_:
        verdict = entry["verdict"]  # an optional task without points: what the grader found
    made = entry | {"points": points, "score": None if open_ else cell.score, "verdict": verdict}
    made |= {"by_hand": cell.manual_score is not None, "automatic": cell.auto_score, "comment": cell.comment}
    made |= {"extra": cell.extra_credit or 0.0} if on_top is None else {"extra": 0.0, "extra_credit": True}
    if on_top is None:
        made.pop("extra_credit", None)
    elif not open_ and entry["score"] is not None and abs(entry["score"] - cell.score) > _SAME:
        made |= {"by_hand": True, "automatic": entry["score"]}
    if made["by_hand"]:
        made.pop("review", None)  # a human has looked
    return made


def _answer(cell: CellResult, milestone: Milestone) -> dict[str, Any]:
    score, on_top = None if cell.state == FOR_A_HUMAN else cell.score, _on_top(cell, milestone)
    return {
        "name": cell.name,
        "points": cell.max_score if on_top is None else on_top,
        "extra_credit": on_top is not None,
        "score": score,
        "by_hand": cell.manual_score is not None,
        "extra": (cell.extra_credit or 0.0) if on_top is None else 0.0,
        "comment": cell.comment,
    }


def _on_top(cell: CellResult, milestone: Milestone) -> float | None:
    """Return how many points of a cell come on top of the maximum; None if they are part of it."""
    return None if cell.max_score else milestone.extra_credit.get(cell.name)


def _unjudged(name: str, title: str) -> dict[str, Any]:
    return {
        "name": name,
        "title": title,
        "message": "",
        "borrowed": [],
        "bugs": [],
        "parts": [],
        "findings": [],
        "seconds": 0.0,
        "score": None,
    }


def _is_of_this_run(entry: Mapping[str, Any], cell: CellResult) -> bool:
    """Whether the gradebook's automatic score comes from this report; the cell may have other points than the check."""
    if entry.get("extra_credit") and not cell.max_score:
        return True  # what differs was given by hand
    share = entry["score"] / entry["points"] if entry["points"] else 0.0
    return cell.auto_score is not None and abs(share * cell.max_score - cell.auto_score) <= _SAME
