"""The words of the visible checks: a check, how it went, and what it may say."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum

from ...diagnosis import Diagnosis


class Status(StrEnum):
    """How a check went last."""

    PASSED = "passed"
    PARTIAL = "partial"
    FAILED = "failed"
    UNWRITTEN = "unwritten"
    BLOCKED = "blocked"
    OPEN = "open"


@dataclass(frozen=True)
class Note:
    """What a check tells about a result that is not simply right or wrong.

    Attributes
    ----------
    text : str
        One sentence.
    credit : float
        Share of the points that the result would earn, from 0 to 1.
    """

    text: str
    credit: float = 1.0


class Remark(str):
    """What is said beside a finding; on its own it is none, and the words may have the student's own names."""


Results = Iterator[Diagnosis | Note | Remark | str | None]
"""What a check yields: None for what is right, otherwise what is wrong."""

CHANGED = "is not the same after the call"
"""What is said of an argument that has been changed in place."""

LIMIT = 20.0
"""Seconds that a check may take; the slowest take two."""

LONG_LIMIT = 120.0
"""Seconds for a check that trains, or that measures a net on many images."""

Body = Callable[..., Results]


@dataclass(frozen=True)
class Check:
    """One visible check.

    Attributes
    ----------
    name : str
        The name of its function, and of the notebook's grade cell.
    points : float
        Points for it in the assignment.
    title : str
        First line of its docstring.
    where : str
        What the student writes for it, and in which file.
    needs : tuple of str
        Names of checks that must pass before this one can say anything useful.
    body : generator function
        Yields ``None`` for what is right, a `Diagnosis` or a sentence for what is wrong, a `Note` otherwise.
    limit : float
        Seconds after which it is stopped.
    """

    name: str
    points: float
    title: str
    where: str
    needs: tuple[str, ...]
    body: Body
    limit: float = LIMIT


@dataclass(frozen=True)
class Outcome:
    """How a check went: a status, the share of its points, lines for the student, and whether these name a mistake."""

    status: Status
    credit: float = 0.0
    lines: tuple[str, ...] = ()
    named: bool = False
