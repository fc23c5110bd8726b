"""Students whose answer to a check is wrong in the same way: one explanation, or one comment, helps them all."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

_DIGITS = re.compile(r"\d+(?:\.\d+)?(?:e[-+]?\d+)?")
_JUDGED = re.compile(r"\AThis was judged with the course's own [^\n]*?\(see [^)\n]*\)\.\s*")
"""What a message begins with where functions were lent; the answer may be wrong in the same way without."""


@dataclass(frozen=True)
class Group:
    """Students with one wrong answer to a check.

    Attributes
    ----------
    check : str
    mistakes : tuple of str
        Names of known mistakes, if it is one.
    reason : str
        What the first of them reads.
    students : tuple of str
    lost : float
        Points that they lost together.
    """

    check: str
    mistakes: tuple[str, ...]
    reason: str
    students: tuple[str, ...]
    lost: float


def groups(reports: Sequence[dict[str, Any]], check: str) -> list[Group]:
    """Return the groups of a check, the largest first.

    Two answers are the same if the same known mistake explains them; else if they are told the same, whatever the
    numbers in it are.
    """
    found: dict[tuple[Any, ...], list[tuple[str, dict[str, Any]]]] = {}
    for report in reports:
        for entry in report["checks"]:
            if entry["name"] == check and entry["verdict"] == "failed":
                found.setdefault(_kind(entry), []).append((report["student"], entry))
    made = [
        Group(
            check,
            tuple(bug["name"] for bug in members[0][1]["bugs"]),
            members[0][1]["message"] or _unsaid(members[0][1]),
            tuple(student for student, _ in members),
            sum(entry["points"] - (entry["score"] or 0.0) for _, entry in members),
        )
        for members in found.values()
    ]
    return sorted(made, key=lambda group: (-len(group.students), -group.lost, group.reason))


def _kind(entry: dict[str, Any]) -> tuple[Any, ...]:
    if entry["bugs"]:
        return ("mistake", *sorted(bug["name"] for bug in entry["bugs"]))
    if entry["message"]:
        return ("told", _DIGITS.sub("#", _JUDGED.sub("", entry["message"]).partition("\n")[0]))
    if entry.get("by_hand"):
        return ("by hand",)
    return ("found", *sorted({finding["part"] or finding["label"] for finding in entry["findings"]}))


def _unsaid(entry: dict[str, Any]) -> str:
    return (
        "Passed by the check; fewer points were given by hand."
        if entry.get("by_hand")
        else "No reason is known."
    )
