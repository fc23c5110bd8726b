"""From a report to what its student is shown: no expected entry, no seed, and no more than the course's policy."""

from __future__ import annotations

import math
import re
from collections.abc import Collection, Sequence
from typing import Any

from ..gradebook.by_hand import ByHand
from .policy import Policy
from .store import HandIn
from .uploads import NAME

_NUMBER = r"[-+−]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+−]?\d+)?"
_VALUE = rf"(?:\[[^\]]*\]|{_NUMBER}|nan|[-+−]?inf|True|False)"
_INSTEAD = re.compile(rf",? instead of {_VALUE}", re.IGNORECASE)
_TEXT = r"""'(?:[^'\\…]|\\.)*['…]|"(?:[^"\\…]|\\.)*["…]"""
_MUST_BE = re.compile(rf", but must be (?!an? \w)(?:{_TEXT}|\[[^\]]*\]?|[^\s,;()]+)")
_FRACTION = re.compile(rf"(?<![\w.]){_NUMBER}(?![\w])")
_OURS = re.compile(r"^\w*(?:Error|Exception|Exit|Interrupt)\b")
_SAME = 1e-3
"""Numbers nearer than this, relative to their size, are the same number, rounded differently."""


def result_of(report: dict[str, Any], failed_before: Collection[str] = ()) -> dict[str, Any]:
    """Return what a student may see of a report at most.

    Parameters
    ----------
    report : dict
        That of a submission which was graded.
    failed_before : collection of str
        The checks that earlier hand-ins of this student failed: hints are for a second try.
    """
    submission = report["submission"]
    return {
        "score": report["score"],
        "max_score": report["max_score"],
        "checks": [_check(entry, entry["name"] in failed_before) for entry in report["checks"]],
        # the archive is of the service's own making: nobody handed in a file of that name
        "remarks": [line for line in (*submission["repairs"], *submission["warnings"]) if NAME not in line],
    }


def _check(entry: dict[str, Any], again: bool) -> dict[str, Any]:
    passed = entry["verdict"] == "passed"
    bugs = entry["bugs"]
    message = without_expected(_without_hints(entry["message"] or "", bugs), entry["findings"])
    return {
        "name": entry["name"],
        "title": ("Extra credit: " if entry.get("extra_credit") else "") + entry["title"],
        "points": entry["score"],
        "max_points": entry["points"],
        "passed": passed,
        "message": None if passed else message or None,
        "hint": None if passed else " ".join(filter(None, (bug["hint"] for bug in bugs))) or None,
        "again": again,
        "bugs": [bug["name"] for bug in bugs],
    }


def _without_hints(message: str, bugs: Sequence[dict[str, Any]]) -> str:
    """Return a check's message with the explanations of known mistakes, each once, and without their hints."""
    for bug in bugs:
        # a hint may stand at the end of a message that was too long for its report
        for hint in filter(None, (bug["hint"], _cut_off(message, bug["hint"] or ""))):
            message = message.replace(f" {hint}", "").replace(hint, "")
    new = (bug["explanation"] for bug in bugs if bug["explanation"] not in message)
    return " ".join(filter(None, (message, *new)))


def _cut_off(message: str, hint: str) -> str:
    """Return what a message that was cut off still says of a hint, with the dots behind it."""
    if not message.endswith("..."):
        return ""
    body = message.removesuffix("...")
    return next((f"{hint[:n]}..." for n in range(len(hint), 9, -1) if body.endswith(hint[:n])), "")


def without_expected(message: str, findings: Sequence[dict[str, Any]]) -> str:
    """Return a message without the right values: neither where it says so, nor any number that is one of them.

    What the student's own code gave may stay.
    """
    message = _MUST_BE.sub(", which is not right", _INSTEAD.sub("", message))
    expected = _numbers(" ".join(finding["expected"] for finding in findings))
    own = _numbers(" ".join(finding["actual"] for finding in findings))
    secret = [value for value in expected if not _is_among(value, own)]

    def hidden(match: re.Match[str]) -> str:
        return "…" if _tells(match[0]) and _is_among(_number(match[0]), secret) else match[0]

    return _FRACTION.sub(hidden, message)


def _tells(text: str) -> bool:
    """Return whether a number says more than a count or a size does."""
    return sum(char.isdigit() for char in text) >= 3 and any(char in ".eE" for char in text)


def _number(text: str) -> float:
    return float(text.replace("−", "-"))


def _numbers(text: str) -> list[float]:
    return [_number(found[0]) for found in _FRACTION.finditer(text) if _tells(found[0])]


def _is_among(value: float, values: Sequence[float]) -> bool:
    return any(math.isclose(value, other, rel_tol=_SAME) for other in values)


def visible(result: dict[str, Any], policy: Policy) -> dict[str, Any]:
    """Return as much of a result as the policy shows."""
    checks = []
    for check in result["checks"] if policy.shows != "score" else ():
        told = {name: check[name] for name in ("name", "title", "points", "max_points", "passed")}
        told["message"] = check["message"] if policy.shows in ("messages", "hints") else None
        told["hint"] = check["hint"] if policy.shows == "hints" and check["again"] else None
        checks.append(told)
    remarks = result["remarks"] if policy.shows != "score" else []
    return {"score": result["score"], "max_score": result["max_score"], "checks": checks, "remarks": remarks}


def why_not(reason: str, unread: Sequence[str] = ()) -> str:
    """Return what a student is told if a hand-in could not be graded.

    Parameters
    ----------
    reason : str
        The report's.
    unread : sequence of str, optional
        What of the hand-in was missing or could not be read. Where this is the reason it is told in full, for it names
        the student's own files. What went wrong on our side may name files of this machine, and is for the staff.
    """
    theirs = any(line and line in reason for line in unread)
    ours = not reason or _OURS.match(reason) or "/" in reason
    detail = f": {reason.rstrip('.').replace(f'{NAME}/', '')}" if theirs or not ours else ""
    return f"We could not grade this{detail}. It does not count as an attempt."


def said_of_nothing(why: str) -> str:
    """Return what a student is told if there was nothing to judge in a hand-in."""
    return f"Nothing in this could be judged: {why}. It does not count as an attempt."


def said_of(by_hand: ByHand, counts: HandIn, *, named: bool) -> list[str]:
    """Return what a student is told of a score that somebody changed: the official one is that of the checks.

    Parameters
    ----------
    by_hand : ByHand
    counts : HandIn
        The hand-in that counts.
    named : bool
        Whether to name the checks.
    """
    said = []
    if by_hand.changes:
        titles = {check["name"]: check["title"] for check in (counts.result or {}).get("checks", ())}
        each = [
            f"{titles.get(one.check, one.check)}: {_points(one.now)} in place of {_points(one.before)}"
            for one in by_hand.changes
        ]
        now = _points((counts.score or 0.0) + by_hand.difference)
        which = f" ({'; '.join(each)})" if named else ""
        said.append(
            f"Somebody of the course has changed points by hand{which}. In the gradebook {now} count."
        )
    if by_hand.penalty:
        said.append(
            f"For handing in late, {_points(by_hand.penalty)} points are taken away in the gradebook."
        )
    return said


def _points(value: float) -> str:
    return f"{round(value, 2):g}"
