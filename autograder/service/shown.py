"""From a report to what its student is shown: no expected entry, no seed, and no more than the course's policy."""

from __future__ import annotations

import math
import re
from collections.abc import Collection, Sequence
from typing import Any

from .policy import Policy
from .uploads import NAME

_NUMBER = r"[-+−]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+−]?\d+)?"
_VALUE = rf"(?:\[[^\]]*\]|{_NUMBER}|nan|[-+−]?inf|True|False)"
_INSTEAD = re.compile(rf",? instead of {_VALUE}", re.IGNORECASE)
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
    said = [entry["message"], *(bug["explanation"] for bug in bugs)]
    message = without_expected(" ".join(filter(None, said)), entry["findings"])
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


def without_expected(message: str, findings: Sequence[dict[str, Any]]) -> str:
    """Return a message without the right values: neither where it says so, nor any number that is one of them.

    What the student's own code gave may stay.
    """
    message = _INSTEAD.sub("", message)
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


def why_not(reason: str) -> str:
    """Return what a student is told if a hand-in could not be graded."""
    # what went wrong on our side is for the course's staff; it may name files of this machine
    detail = "" if not reason or _OURS.match(reason) or "/" in reason else f": {reason.rstrip('.')}"
    return f"We could not grade this{detail}. It does not count as an attempt."
