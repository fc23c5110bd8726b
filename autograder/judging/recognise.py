"""Recognising a known mistake by its values.

A named bug takes the student's place in the same cases.  Where it gives the student's answers to the last
digit that matters, the student's code does what the bug does.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from nndl.diagnosis import compare

from ..failures import Failure, StudentError
from ..library.replies import same_values
from .check import CaseRecord
from .edited_reference import NamedBug
from .run_case import CheckRun

UNREADABLE = {"SyntaxError", "IndentationError", "TabError", "ImportError", "ModuleNotFoundError"}
"""Exceptions of code that cannot be imported."""


def recognise(
    check_run: CheckRun, records: Sequence[CaseRecord], bugs: Sequence[NamedBug]
) -> list[tuple[NamedBug, list[str]]]:
    """Return the bugs that give the student's answers, each with the failed parts that it explains."""
    if any(_shows_no_mistake(record.failure) for record in records):
        return []
    failed = set().union(*(record.failed_parts() for record in records))
    candidates = [
        (bug, _explained(check_run, records, failed, bug))
        for bug in bugs
        if check_run.check.name in bug.concerns
    ]
    # The mistake that explains most comes first: two mistakes may agree in a part that shows little of either.
    found: list[tuple[NamedBug, list[str]]] = []
    while candidates:
        bug, parts = max(candidates, key=lambda candidate: len(candidate[1]))
        if not parts:
            break
        found.append((bug, [part for part in check_run.check.all_parts if part in parts]))
        candidates = [(other, explained - parts) for other, explained in candidates if other is not bug]
    return found


def _explained(
    check_run: CheckRun, records: Sequence[CaseRecord], failed: set[str], bug: NamedBug
) -> set[str]:
    """Return the failed parts in which the bug gives the student's answers in every case."""
    library = bug.edited.library(check_run.milestone)
    parts = set(failed)
    # Failed cases first: they tell most bugs apart at once.
    for record in sorted(records, key=lambda record: not record.failed_parts()):
        if not parts:
            break
        replay = check_run.run_case(library, record.index)
        parts = {part for part in parts if _same(record, replay, part)}
    return parts


def _shows_no_mistake(failure: Failure | None) -> bool:
    """Whether a failure carries no trace of a mistake: a stub, code that cannot be read, a killed process."""
    if isinstance(failure, StudentError):
        return failure.not_implemented or failure.type_name in UNREADABLE
    return failure is not None


def _same(student: CaseRecord, bug: CaseRecord, part: str) -> bool:
    """Whether the bug's answers for ``part`` are the student's answers in this case."""
    mine = [f for f in student.findings if f.part == part]
    other = [f for f in bug.findings if f.part == part]
    if len(mine) != len(other) or any(a.label != b.label for a, b in zip(mine, other, strict=True)):
        return False
    if type(student.failure) is not type(bug.failure):
        return False
    if isinstance(student.failure, StudentError) and isinstance(bug.failure, StudentError):
        if student.failure.type_name != bug.failure.type_name:
            return False
        if not mine:
            return student.failure.message == bug.failure.message
    if (part in student.failed_parts()) != (part in bug.failed_parts()):
        return False
    return all(_same_value(a.actual, b.actual) for a, b in zip(mine, other, strict=True))


def _same_value(a: Any, b: Any) -> bool:
    if isinstance(a, (np.ndarray, np.generic, int, float)) and isinstance(
        b, (np.ndarray, np.generic, int, float)
    ):
        return compare(a, np.asarray(b), rtol=1e-7) is None
    return same_values(a, b)
