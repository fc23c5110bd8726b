"""An explanation as text for a terminal."""

from __future__ import annotations

from typing import Any

from ..judging.check import Finding
from ..reports.score_table import number
from .explain import Explanation, ReplayedCase
from .transcript import rounded

_FINDINGS = 4
_CALLS = 20
_LINE = 1200


def text(found: Explanation) -> str:
    """Return the whole explanation; nothing in it can steer a terminal."""
    report, entry = found.report, found.entry
    lines = [
        f"{report['student']}, {report['milestone']}, seed {report['seed']}",
        f"{entry['name']}: {number(entry['score'])} of {number(entry['points'])} points. {entry['title']}",
    ]
    if entry["message"]:
        lines += ["", "What the student reads:", f"  {entry['message']}"]
    if found.notes:
        lines += ["", *(f"Note: {note}" for note in found.notes)]
    if found.original is not None:
        where = f"Case {found.original.record.index + 1} of {len(found.check.cases)}"
        lines += ["", *_replayed(found.original, f"{where}{_case(found.original.case)}")]
    if found.smallest is not None:
        tried = f"{found.replays} inputs tried in {found.seconds:.1f} s"
        head = f"The smallest input found that still fails ({tried}){_case(found.smallest.case)}"
        lines += ["", *_replayed(found.smallest, head)]
    elif found.original is not None and not found.notes:
        lines += ["", "No smaller input was looked for, because the case reads files or ran into a limit."]
    return "\n".join(_plain(line) for line in lines) + "\n"


def _case(case: dict[str, Any]) -> str:
    return ": " + ", ".join(f"{name}={value!r}" for name, value in case.items()) if case else ""


def _replayed(replayed: ReplayedCase, head: str) -> list[str]:
    lines = [head]
    if len(replayed.calls) > _CALLS:
        lines.append(f"    … {len(replayed.calls) - _CALLS} calls before these")
    lines += [f"    {call}" for call in replayed.calls[-_CALLS:]]
    wrong = [finding for finding in replayed.record.findings if not finding.passed]
    for finding in wrong[:_FINDINGS]:
        lines += _finding(finding)
    if len(wrong) > _FINDINGS:
        lines.append(f"  … and {len(wrong) - _FINDINGS} more")
    if replayed.record.failure is not None:
        lines.append(f"  the case ended: {replayed.record.failure}")
    return lines


def _finding(finding: Finding) -> list[str]:
    return [
        f"  {finding.label}",
        f"    student: {rounded(finding.actual)}",
        f"    right:   {rounded(finding.expected)}",
        f"    {finding.message}",
    ]


def _plain(line: str) -> str:
    """Shorten a line that student code may have influenced, and replace control characters in it."""
    line = line if len(line) <= _LINE else line[: _LINE - 3] + "..."
    return "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in line)
