"""Recognising a known mistake by its values.

A named bug takes the student's place in the same cases. It is named if nothing else explains what the student's code
gave: its answers are the student's in every case, in every part that it spoils; numbers were compared, which lie much
nearer to the student's than the right ones do; and no check that it would cost has been passed.

What is found does not depend on the order in which the bugs are tried. Of bugs that explain the same, all are named.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from nndl.diagnosis import agree

from ..failures import Failure, StudentError
from ..library.replies import same_values
from .check import CaseRecord, Finding
from .compare import without_words
from .edited_reference import NamedBug
from .equal import OTHER_VALUE, first_difference
from .run_case import CheckRun

UNREADABLE = {"SyntaxError", "IndentationError", "TabError", "ImportError", "ModuleNotFoundError"}
"""Exceptions of code that cannot be imported."""

NEARER = 1e-2
"""A bug's numbers are that much nearer to the student's than the right ones are: rounding alone shows no mistake."""

_SAME = 1e-7
"""Numbers that differ by less than that, compared with the largest, are the same."""

_ROUNDINGS = 100
"""So many roundings may lie between them, where numbers are coarser than that."""

Replay = Callable[[CheckRun, NamedBug, int], CaseRecord]
"""Runs one case, of this index, with a bug in the student's place."""


def replay_case(check_run: CheckRun, bug: NamedBug, index: int) -> CaseRecord:
    """Run one case with a bug in the student's place; of what is wrong, the values are kept, and no words."""
    with without_words():
        return check_run.run_case(bug.edited.library(check_run.milestone), index)


def recognise(
    check_run: CheckRun,
    records: Sequence[CaseRecord],
    bugs: Sequence[NamedBug],
    *,
    passed: Collection[str] = (),
    replay: Replay = replay_case,
) -> list[tuple[NamedBug, list[str]]]:
    """Return the bugs that give the student's answers, each with the failed parts that it explains.

    Parameters
    ----------
    check_run : CheckRun
        The failed check.
    records : sequence of CaseRecord
        What its cases have shown.
    bugs : sequence of NamedBug
        All that are known; those of other checks are left out here.
    passed : collection of str
        The checks that the student has passed: a bug that would cost one of them is not there.
    replay : callable, optional
        Runs a bug's cases; proofs give one that remembers them.
    """
    return names(check_run, suspects(check_run, records, bugs, passed=passed, replay=replay) or ())


def suspects(
    check_run: CheckRun,
    records: Sequence[CaseRecord],
    bugs: Iterable[NamedBug],
    *,
    passed: Collection[str] = (),
    replay: Replay = replay_case,
) -> list[Suspect] | None:
    """Return all bugs that give the student's answers in some part; None where the records tell nothing of bugs.

    The parameters are those of `recognise`.
    """
    if any(_shows_no_mistake(record.failure) for record in records):
        return None
    if not shows_numbers(records) and not _numbers_are_right(records):
        return None
    failed = set().union(*(record.failed_parts() for record in records))
    return [
        suspect
        for bug in bugs
        if _may_be_there(bug, check_run.check.name, set(passed))
        and (suspect := _suspect(check_run, records, failed, bug, replay))
    ]


def names(check_run: CheckRun, found: Sequence[Suspect]) -> list[tuple[NamedBug, list[str]]]:
    """Return the bugs that nothing else explains as well, each with the failed parts that it explains."""
    found = [one for one in found if one.shows]
    named = [one for one in found if one.is_whole and not any(one.is_outdone_by(other) for other in found)]
    order = check_run.check.all_parts
    named.sort(key=lambda one: (not one.bug.simple, -len(one.explained), one.bug.name))
    return [(one.bug, [part for part in order if part in one.explained]) for one in named]


@dataclass(frozen=True)
class Suspect:
    """A bug that gives the student's answers in some failed parts.

    Attributes
    ----------
    bug : NamedBug
    explained : frozenset of str
        The failed parts in which it gives the student's answers in every case.
    spoiled : frozenset of str
        The parts that it fails itself.
    shows : bool
        Whether values tell so, and not only that the same stopped or has the same form.
    seen : frozenset of str
        The demands of further cases in which all that it does is seen, beside what another mistake does there: in such
        a case, all parts of the check are one.
    """

    bug: NamedBug
    explained: frozenset[str]
    spoiled: frozenset[str]
    shows: bool
    seen: frozenset[str] = frozenset()

    @property
    def is_seen(self) -> bool:
        """Whether all that the bug does is seen in the student's answers."""
        return self.spoiled <= self.explained | self.seen

    @property
    def is_whole(self) -> bool:
        """Whether all that the bug does is seen in the student's answers, and not a piece that others do as well."""
        return self.is_explained or self.is_seen

    @property
    def is_explained(self) -> bool:
        """Whether all that the bug does is all that is wrong there."""
        return self.bug.simple or self.spoiled <= self.explained

    def is_outdone_by(self, other: Suspect) -> bool:
        """Whether another bug explains the same and more, or the same together with a second mistake, or plainly."""
        if self.bug is other.bug or not self.explained <= other.explained:
            return False
        if self.bug.simple and not self.is_seen and (other.is_seen or not other.bug.simple):
            return True  # it does more than what came, and what came another mistake gives as well
        if self.explained == other.explained and other.is_whole:
            return other.bug.simple and not self.bug.simple
        return not self.bug.simple or other.is_whole


def _suspect(
    check_run: CheckRun, records: Sequence[CaseRecord], failed: set[str], bug: NamedBug, replay: Replay
) -> Suspect | None:
    """Return in which failed parts the bug gives the student's answers in every case; None if it is ruled out."""
    explained, spoiled, shown, dtype_only = set(failed), set(), set(), True
    unseen: set[str] = set()
    # Failed cases first, and small ones of these: they tell most bugs apart at once.
    for record in sorted(records, key=lambda record: (not record.failed_parts(), _entries(record))):
        other = replay(check_run, bug, record.index)
        spoiled |= other.failed_parts()
        unseen |= {part for part in other.failed_parts() if not _is_seen(record, other, part)}
        dtype_only = dtype_only and other.failure is None and all(map(_right_but_for_dtype, other.findings))
        explained = {part for part in explained if _same(record, other, part)}
        if not explained or not spoiled <= failed:
            return None
        shown |= {part for part in explained if any(_shows(*pair) for pair in _pairs(record, other, part))}
    # A mistake about the dtype alone, whose numbers are compared and all right, can show in nothing else.
    only_dtype = dtype_only and explained == spoiled and _numbers_are_right(records)
    shows = bool(shown & explained) or only_dtype
    seen = {
        part
        for part in spoiled
        if part not in unseen or _overflows(check_run, records, part) or _stops(check_run, records, part)
    }
    return Suspect(bug, frozenset(explained), frozenset(spoiled), shows, frozenset(seen))


def _overflows(check_run: CheckRun, records: Sequence[CaseRecord], part: str) -> bool:
    """Whether all that is wrong in a demand is NaN or infinity where numbers are expected: a mistake of its own."""
    if part not in check_run.check.demands or any(part in record.unjudged for record in records):
        return False
    wrong = [f for record in records for f in record.findings if f.part == part and not f.passed]
    pairs = [(_numbers(f.actual), _numbers(f.expected)) for f in wrong]
    return bool(pairs) and all(
        got is not None and due is not None and not np.isfinite(got).all() and np.isfinite(due).all()
        for got, due in pairs
    )


def _stops(check_run: CheckRun, records: Sequence[CaseRecord], part: str) -> bool:
    """Whether code stops wherever a demand is looked at: a mistake of its own, beside which others do not show."""
    about = [r for r in records if part in r.unjudged or any(f.part == part for f in r.findings)]
    return part in check_run.check.demands and all(
        part in record.unjudged and isinstance(record.failure, StudentError) for record in about
    )


def _entries(record: CaseRecord) -> int:
    """Return how many numbers a case compares."""
    return sum(f.expected.size for f in record.findings if isinstance(f.expected, np.ndarray))


def _may_be_there(bug: NamedBug, check: str, passed: set[str]) -> bool:
    """Whether a bug may be what a check has failed for, as far as the passed checks tell."""
    if bug.simple:
        return not bug.concerns or not set(bug.concerns) <= passed
    return check in bug.concerns and not passed & set(bug.concerns)


def _shows_no_mistake(failure: Failure | None) -> bool:
    """Whether a failure carries no trace of a mistake: a stub, code that cannot be read, a killed process."""
    if isinstance(failure, StudentError):
        return failure.not_implemented or failure.type_name in UNREADABLE
    return failure is not None


def _pairs(student: CaseRecord, bug: CaseRecord, part: str) -> Iterator[tuple[Finding, Finding]]:
    mine = (f for f in student.findings if f.part == part)
    yield from zip(mine, (f for f in bug.findings if f.part == part), strict=False)


def _same(student: CaseRecord, bug: CaseRecord, part: str, *, right_too: bool = False) -> bool:
    """Whether the bug's answers for ``part`` are the student's answers in this case.

    What is right in both may be right in two ways, unless ``right_too`` asks for the same.
    """
    mine, other = ([f.label for f in record.findings if f.part == part] for record in (student, bug))
    if not mine and student.failure is None and student.findings and not right_too:
        return True  # not judged, as a step from a state under another name: that tells nothing of it
    if not mine and not other and part not in student.unjudged | bug.unjudged:
        return True  # the case is not about this part, however it ended
    if mine != other:
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
    return all(
        (not right_too and a.passed and b.passed) or _same_actual(a, b) for a, b in _pairs(student, bug, part)
    )


def _is_seen(student: CaseRecord, bug: CaseRecord, part: str) -> bool:
    """Whether all that a bug spoils is in the answers: in the demand of a further case, or in another form."""
    mine, other = ([f.label for f in record.findings if f.part == part] for record in (student, bug))
    if mine != other or student.failure is not None or bug.failure is not None:
        return False
    pairs = list(_pairs(student, bug, part))
    return all(
        (b.stands_for and (b.passed or _same_actual(a, b))) or _same_in_another_form(a, b) for a, b in pairs
    )


def _same_in_another_form(a: Finding, b: Finding) -> bool:
    """Whether two answers are the same numbers, but for axes of length 1 that one of them lacks."""
    mine, other = _numbers(a.actual), _numbers(b.actual)
    if mine is None or other is None or mine.shape == other.shape:
        return False
    return mine.squeeze().shape == other.squeeze().shape and _same_value(mine.squeeze(), other.squeeze())


def shows_numbers(records: Sequence[CaseRecord]) -> bool:
    """Whether numbers were compared and found wrong: without any, no mistake can be named."""
    return any(_shows(finding, finding) for record in records for finding in record.findings)


def _numbers_are_right(records: Sequence[CaseRecord]) -> bool:
    """Whether numbers were compared and found right."""
    return any(f.passed and _numbers(f.actual) is not None for record in records for f in record.findings)


def same_answers(one: CaseRecord, other: CaseRecord) -> bool:
    """Whether two libraries gave the same answers in a case, right or wrong."""
    parts = {f.part for record in (one, other) for f in record.findings} | one.unjudged | other.unjudged
    return type(one.failure) is type(other.failure) and all(
        _same(one, other, part, right_too=True) for part in parts
    )


def _same_actual(a: Finding, b: Finding) -> bool:
    if OTHER_VALUE in (a.kind, b.kind):
        return not first_difference(a.actual, b.actual, "")
    return _same_value(a.actual, b.actual)


def _same_value(a: Any, b: Any) -> bool:
    numbers = (np.ndarray, np.generic, int, float)
    if not isinstance(a, numbers) or not isinstance(b, numbers):
        return same_values(a, b)
    one, other = np.asarray(a), np.asarray(b)
    rounding = max((float(np.finfo(v.dtype).eps) for v in (one, other) if v.dtype.kind == "f"), default=0.0)
    # The same mistake in other words adds in another order: float32 differs in the sixth digit by that alone.
    return agree(a, other, rtol=max(_SAME, _ROUNDINGS * rounding))


def _shows(student: Finding, bug: Finding) -> bool:
    """Whether a failed finding compares numbers, and the bug's are much nearer to the student's than the right ones.

    A text, list or dict must be the bug's.

    What is said of a dtype, of a form or of an argument that was changed shows that something is wrong, not why;
    `_suspect` knows the one exception, mistakes that concern nothing but the dtype.
    """
    if student.passed:
        return False
    if student.kind == OTHER_VALUE:
        return not first_difference(student.actual, bug.actual, "")
    mine, other, right = (_numbers(v) for v in (student.actual, bug.actual, student.expected))
    if mine is None or other is None or right is None:
        return False
    if mine.size and not np.isfinite(mine).any():
        return False
    if mine.shape != right.shape:
        # Cut to nothing along some axes, as by a slice [0:-0], an array tells by its shape alone.
        return mine.shape == other.shape and any(mine.shape)
    if not mine.size:
        return False
    return _distance(mine, other) <= NEARER * _distance(mine, right)


def _numbers(value: Any) -> np.ndarray | None:
    """Return what is a number or an array of numbers as such; None for anything else."""
    if isinstance(value, bool) or not isinstance(value, (np.ndarray, np.generic, int, float)):
        return None
    array = np.asarray(value)
    return array.astype(np.float64) if array.dtype.kind in "fiu" else None


def _right_but_for_dtype(finding: Finding) -> bool:
    return finding.passed or finding.label.startswith("dtype of ")


@np.errstate(over="ignore", invalid="ignore")
def _distance(a: np.ndarray, b: np.ndarray) -> float:
    """Return the largest difference of entries; of two that are both NaN or the same infinity it is 0."""
    same = (a == b) | (np.isnan(a) & np.isnan(b))
    gap = np.where(same, 0.0, np.abs(a - b))
    return float(np.where(np.isnan(gap), np.inf, gap).max(initial=0.0))
