"""Judging a submission by all checks, and again with borrowed functions where these make it a fairer judgement.

A net whose layers are wrong fails with them. It is then judged a second time with the reference's layers in their
place, so that each mistake costs once and the message says which part is right.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextvars import ContextVar
from dataclasses import dataclass, replace
from typing import Any

from ..failures import Failure, StudentError, WorkerDied
from ..library.interface import Library
from ..library.loans import Borrower, Loan
from ..milestone import Public, cache_owner
from .check import Check, CheckResult
from .edited_reference import NamedBug
from .judge import keep_bugs, name_bugs, run_check

NAMING_SECONDS = 60.0
"""Processor time that naming the mistakes of one submission may take; what is left then has a message without a name.

On the clock a busy machine would name less than a quiet one.
"""


progress: ContextVar[Callable[[int, int, str], None]] = ContextVar("progress", default=lambda *_: None)
"""Is told before each check its number, how many there are, and its name."""


def run_checks(
    checks: Sequence[Check],
    student: Callable[[Check], Borrower],
    reference: Library,
    lender: Callable[[], Library],
    known: Mapping[str, CheckResult] | None = None,
    **settings: Any,
) -> list[CheckResult]:
    """Run checks, and those that build on functions which failed theirs a second time with borrowed ones.

    Parameters
    ----------
    checks : sequence of Check
        All checks of a submission: a function is taken to be wrong if its own check fails.
    student : callable
        Gives the library that a check is about.
    reference : Library
        Gives the right values.
    lender : callable
        Gives the reference where it may run on a submission's values; called if something is lent.
    known : mapping of str to CheckResult, optional
        Results of checks that need not be run, by their names; proofs know some.
    **settings
        As for `judge.name_bugs`.
    """
    # Naming mistakes takes most of the time: it waits until it is clear which judgement counts, and which checks pass.
    unnamed = {name: value for name, value in settings.items() if name not in ("bugs", "replay", "slips")}
    judge = _Judge(student, reference, lender, unnamed)
    known = known or {}
    results = []
    for number, check in enumerate(checks, 1):
        progress.get()(number, len(checks), check.name)
        results.append(
            known.get(check.name) or _run_once_more_if_killed(check, student(check), reference, unnamed)
        )
    why = [""] * len(results)
    for i, first in enumerate(results):  # in order: a backward pass that proves right is not blamed for a net
        second = judge.with_loans(first, results)
        if second.borrowed:
            why[i] = _why_judged_again(second, results)
        results[i] = second
    passed = [result.check.name for result in results if result.verdict == "passed"]
    deadline = time.process_time() + NAMING_SECONDS
    for result in results:
        name_bugs(result, reference, passed=passed, deadline=deadline, **settings)
    for result, kept in zip(results, _agreed(results), strict=True):
        if len(kept) < len(result.bugs):
            keep_bugs(result, kept, settings["milestone"])
    for result, reason in zip(results, why, strict=True):
        result.message = f"{reason} {result.message}".strip()
    return results


def _agreed(results: Sequence[CheckResult]) -> list[set[str]]:
    """Return for each result the names of mistakes that no other result speaks against.

    A mistake shows in each check that it concerns. Where one of these has been explained, and not by it, it is not
    there, whatever it would look like in a check that sees less.
    """
    told = {r.check.name: r.suspects for r in results if r.bugs and not r.borrowed}
    unwritten = {name for result in results for name in _unwritten(result)}
    return [
        {
            bug.name
            for bug, _ in result.bugs
            if (
                _passes_through(bug) not in unwritten | set(result.borrowed)
                if bug.simple
                else all(bug.name in told[check] for check in bug.concerns if check in told)
            )
        }
        for result in results
    ]


def _unwritten(result: CheckResult) -> Iterator[str]:
    """Yield the functions that a check has found without the student's part: they give nothing back."""
    for record in result.records:
        if isinstance(record.failure, StudentError) and record.failure.not_implemented:
            yield record.failure.message.partition(":")[0].replace("._", "_").replace(".", "_")


def _passes_through(bug: NamedBug) -> str:
    return bug.name.removesuffix("_gives_back_its_input")


def _run_once_more_if_killed(
    check: Check, student: Library, reference: Library, settings: Mapping[str, Any]
) -> CheckResult:
    """Run a check, and again if somebody has killed its process: code that kills itself does so twice."""
    result = run_check(check, student, reference, **settings)
    if any(isinstance(record.failure, WorkerDied) and record.failure.killed for record in result.records):
        seconds, result = result.seconds, run_check(check, student, reference, **settings)
        result.seconds += seconds
    return result


def to_lend(check: Check, results: Sequence[CheckResult], api: Mapping[str, Public]) -> tuple[str, ...]:
    """Return what is lent to a check: the functions that failed theirs, and what shares a cache with one."""
    wrong = {name for result in results for name in failing(result)}
    owners = {cache_owner(api, name) for name in check.borrows if name in wrong}
    return tuple(name for name in check.borrows if cache_owner(api, name) in owners)


def failing(result: CheckResult) -> Iterator[str]:
    """Yield the functions that a result shows to be wrong; a check of several has a part for each."""
    if result.verdict != "failed":
        return
    shown = set().union(*(record.failed_parts() for record in result.records))
    for name in result.check.tests:
        if name not in result.check.all_parts or name in shown:
            yield name


@dataclass(frozen=True)
class _Judge:
    """Judges checks a second time; the attributes are the arguments of `run_checks`."""

    student: Callable[[Check], Borrower]
    reference: Library
    lender: Callable[[], Library]
    settings: Mapping[str, Any]

    def with_loans(self, first: CheckResult, results: Sequence[CheckResult]) -> CheckResult:
        """Return a result, or that of a second judgement if it is the fairer one."""
        api = self.reference.api
        names = to_lend(first.check, results, api)
        if first.verdict != "failed" or not names or _not_written(first, names):
            return first
        second = self.borrowing(first, names)
        if second.verdict == "not graded":
            return second
        if _not_written(second, names):  # its own place is what to write, and not only what it calls
            return replace(second, borrowed=())
        worse = second.score < first.score or (second.score == first.score and not _ran_to_the_end(second))
        if worse or _same_outcome(second, first):
            first.seconds = second.seconds
            return first
        # What is lent and changes nothing is not the cause of anything: the student's own takes its place again.
        owners = list(dict.fromkeys(cache_owner(api, name) for name in names))
        for owner in owners if len(owners) > 1 else ():
            fewer = tuple(name for name in second.borrowed if cache_owner(api, name) != owner)
            again = self.borrowing(second, fewer)
            if _same_outcome(again, second):
                second = again
            second.seconds = again.seconds
        return second

    def borrowing(self, result: CheckResult, names: Sequence[str]) -> CheckResult:
        """Judge a check again with these functions borrowed; its seconds are added to those of ``result``."""
        check = result.check
        try:
            with self.student(check).borrowing(Loan(names, self.lender())) as borrower:
                again = run_check(check, borrower, self.reference, **self.settings)
        except Exception as error:  # ours, whatever it is: what is right might not have been seen
            reason = f"The check could not be run with borrowed functions: {type(error).__name__}: {error}"
            return replace(result, verdict="not graded", score=0.0, message=reason, bugs=[], borrowed=())
        again.seconds += result.seconds
        again.borrowed = tuple(names)
        return again


def _same_outcome(one: CheckResult, other: CheckResult) -> bool:
    """Whether two judgements of a check cost the same and say the same."""
    outcomes = ((r.verdict, r.score, r.credits, r.message) for r in (one, other))
    return next(outcomes) == next(outcomes)


def _not_written(result: CheckResult, lent: Sequence[str]) -> bool:
    """Whether every case ended at a stub that no loan takes the place of."""

    def ends_there(failure: Failure | None) -> bool:
        if not isinstance(failure, StudentError) or not failure.not_implemented:
            return False
        return failure.message.partition(":")[0] not in lent

    return all(ends_there(record.failure) for record in result.records)


def _ran_to_the_end(result: CheckResult) -> bool:
    """Whether no case ended early; an exception may be the loan's doing."""
    return all(record.failure is None for record in result.records)


def _why_judged_again(second: CheckResult, results: Sequence[CheckResult]) -> str:
    """Say with what a check was judged the second time, and why."""
    wrong: dict[str, str] = {}
    for result in results:
        for name in failing(result):
            wrong.setdefault(name, result.check.name)
    mine = [name for name in second.borrowed if name in wrong]
    failed = list(dict.fromkeys(wrong[name] for name in mine))
    right = "This is right: it was judged" if second.verdict == "passed" else "This was judged"
    return (
        f"{right} with the course's own {_listed(second.borrowed)}, because your {_listed(mine)} "
        f"{'fails its own check' if len(mine) == 1 else 'fail their own checks'} (see {_listed(failed)})."
    )


def _listed(names: Sequence[str]) -> str:
    *most, last = names
    return f"{', '.join(most)} and {last}" if most else last
