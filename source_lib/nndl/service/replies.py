"""The service's replies, read with suspicion: what has another form than it was agreed is left out or said."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from .problem import Problem

QUEUED, GRADING, DONE, NOT_GRADED = "queued", "grading", "done", "not_graded"
_MOST_CHECKS = 500
_LONGEST = 20_000


@dataclass(frozen=True)
class Receipt:
    """That a hand-in has arrived.

    Attributes
    ----------
    received : str
        When, in UTC.
    digest : str
        The SHA-256 of what was sent, in hexadecimal digits.
    attempt : int or None
    attempts_allowed : int or None
        None if there is no limit.
    late : bool
    """

    student: str
    milestone: str
    received: str
    digest: str
    attempt: int | None
    attempts_allowed: int | None
    late: bool

    def __str__(self) -> str:
        of = f" of {self.attempts_allowed}" if self.attempts_allowed is not None else ""
        attempt = f"attempt {self.attempt}{of}, " if self.attempt is not None else ""
        late = ", after the deadline" if self.late else ""
        return f"{attempt}received {self.received}{late}, digest {self.digest[:12]}…"


@dataclass(frozen=True)
class CheckResult:
    """What one check gave."""

    title: str
    points: float
    max_points: float
    passed: bool
    message: str
    hint: str


@dataclass(frozen=True)
class Result:
    """What a hand-in gave.

    Attributes
    ----------
    score, max_score : float
    counted : float or None
        The score that counts so far, over all attempts.
    checks : tuple of CheckResult
        Empty where the course shows the score alone.
    remarks : tuple of str
    not_in_gradebook : int
        How many results of this student the course's gradebook does not have yet.
    """

    score: float
    max_score: float
    counted: float | None = None
    checks: tuple[CheckResult, ...] = ()
    remarks: tuple[str, ...] = ()
    not_in_gradebook: int = 0


@dataclass(frozen=True)
class State:
    """Where a hand-in is on its way."""

    id: str
    state: str
    receipt: Receipt
    position: int | None = None
    estimate: float | None = None
    between: tuple[float, float] | None = None
    check: int | None = None
    checks: int | None = None
    check_name: str = ""
    result: Result | None = None
    message: str = ""
    tag: str = ""

    @property
    def finished(self) -> bool:
        """Whether nothing more will come."""
        return self.state in (DONE, NOT_GRADED)


@dataclass(frozen=True)
class Standing:
    """What a student may still do in one milestone, and what is shown."""

    attempts_used: int | None = None
    attempts_allowed: int | None = None
    next_attempt_at: str = ""
    deadline: str = ""
    counts: str = ""
    names: tuple[str, ...] = field(default=())

    def __str__(self) -> str:
        parts = []
        if self.attempts_used is not None and self.attempts_allowed is not None:
            parts.append(f"{self.attempts_used} of {self.attempts_allowed} attempts used")
        if self.deadline:
            parts.append(f"due {self.deadline}")
        if self.counts in _COUNTS:
            parts.append(_COUNTS[self.counts])
        return ", ".join(parts)


_COUNTS = {
    "best": "the best attempt counts",
    "last": "the last attempt counts",
    "last_before_deadline": "the last attempt before the deadline counts",
}


def standing(content: Mapping[str, Any], milestone: str) -> Standing | None:
    """Return where a student stands in a milestone; None if the service does not grade it."""
    milestones = content.get("milestones")
    if not isinstance(milestones, dict):
        raise _not_understood("milestones")
    own = milestones.get(milestone)
    if not isinstance(own, dict):
        return None
    return Standing(
        _whole(own.get("attempts_used")),
        _whole(own.get("attempts_allowed")),
        text(own.get("next_attempt_at"), 100),
        text(own.get("deadline"), 100),
        text(own.get("counts"), 100),
    )


def receipt(content: Mapping[str, Any], digest: str) -> Receipt:
    """Return the receipt in a reply.

    Raises
    ------
    Problem
        If there is none, or if it is for something else than was sent.
    """
    said = content.get("receipt")
    if not isinstance(said, dict):
        raise _not_understood("receipt")
    theirs = text(said.get("digest"), 200).removeprefix("sha256=").removeprefix("sha256:")
    if theirs.casefold() != digest:
        raise Problem(
            "What arrived at the service is not what was sent.",
            "Run the same command again; if that does not help, tell your instructor.",
        )
    return Receipt(
        text(said.get("student"), 200),
        text(said.get("milestone"), 200),
        text(said.get("received"), 100),
        digest,
        _whole(said.get("attempt")),
        _whole(said.get("attempts_allowed")),
        said.get("late") is True,
    )


def name_of(content: Mapping[str, Any]) -> str:
    """Return the name under which the service has a hand-in."""
    name = content.get("id")
    if isinstance(name, int) and not isinstance(name, bool):
        name = str(name)
    if not isinstance(name, str) or not 0 < len(name) <= 200:
        raise _not_understood("id")
    return name


def state(content: Mapping[str, Any], digest: str) -> State:
    """Return where a hand-in is."""
    known = content.get("state")
    if known not in (QUEUED, GRADING, DONE, NOT_GRADED):
        raise _not_understood("state")
    result = content.get("result")
    if known != DONE:
        result = None
    elif not isinstance(result, dict):
        raise _not_understood("result")
    return State(
        name_of(content),
        known,
        receipt(content, digest),
        _whole(content.get("position")),
        _number(content.get("estimate_seconds")),
        _pair(content.get("estimate_between")),
        _whole(content.get("check")),
        _whole(content.get("checks")),
        text(content.get("check_name"), 100),
        None if result is None else _result(result),
        text(content.get("message")),
        text(content.get("tag"), 200),
    )


def _pair(said: object) -> tuple[float, float] | None:
    numbers = [_number(one) for one in said] if isinstance(said, list) and len(said) == 2 else []
    found = [one for one in numbers if one is not None]
    return (found[0], found[1]) if len(found) == 2 else None


def _result(said: Mapping[str, Any]) -> Result:
    score, most = _number(said.get("score")), _number(said.get("max_score"))
    if score is None or most is None:
        raise _not_understood("score")
    checks, remarks = said.get("checks"), said.get("remarks")
    return Result(
        score,
        most,
        _number(said.get("counted_score")),
        tuple(
            CheckResult(
                text(one.get("title") or one.get("name"), 300),
                _number(one.get("points")) or 0.0,
                _number(one.get("max_points")) or 0.0,
                one.get("passed") is True,
                text(one.get("message")),
                text(one.get("hint")),
            )
            for one in (checks if isinstance(checks, list) else [])[:_MOST_CHECKS]
            if isinstance(one, dict)
        ),
        tuple(text(one) for one in (remarks if isinstance(remarks, list) else [])[:_MOST_CHECKS]),
        max(0, _whole(said.get("not_in_gradebook")) or 0),
    )


def text(value: object, longest: int = _LONGEST) -> str:
    """Return a text without what a terminal would obey."""
    if not isinstance(value, str):
        return ""
    return "".join(c if c.isprintable() or c in "\n\t" else " " for c in value[:longest]).strip()


def _whole(value: object) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) and abs(value) < 10**9 else None


def _number(value: object) -> float | None:
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not abs(value) < 1e12:
        return None
    return float(value)


def _not_understood(what: str) -> Problem:
    return Problem(
        f"The service's answer has no {what} that can be read.",
        "Its version and that of your assignment may differ: tell your instructor. Nothing is lost.",
    )
