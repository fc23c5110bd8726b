"""Judging a submission by all checks, and again with borrowed functions where these make it a fairer judgement.

A net whose layers are wrong fails with them. It is then judged a second time with the reference's layers in their
place, so that each mistake costs once and the message says which part is right.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from ..failures import Failure, StudentError
from ..library.interface import Library
from ..library.loans import Borrower, Loan
from ..milestone import Public, cache_owner
from .check import Check, CheckResult
from .judge import name_bugs, run_check


def run_checks(
    checks: Sequence[Check],
    student: Callable[[Check], Borrower],
    reference: Library,
    lender: Callable[[], Library],
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
    **settings
        As for `judge.run_check`.
    """
    # Naming mistakes takes most of the time: it waits until it is clear which judgement counts.
    unnamed = {**settings, "bugs": ()}
    results = [run_check(check, student(check), reference, **unnamed) for check in checks]
    for i, first in enumerate(results):  # in order: a backward pass that proves right is not blamed for a net
        results[i] = _final(first, results, student, reference, lender, settings)
    return results


def to_lend(check: Check, results: Sequence[CheckResult], api: Mapping[str, Public]) -> tuple[str, ...]:
    """Return what is lent to a check: the functions that failed theirs, and what shares a cache with one."""
    wrong = {name for result in results if result.verdict == "failed" for name in result.check.tests}
    owners = {cache_owner(api, name) for name in check.borrows if name in wrong}
    return tuple(name for name in check.borrows if cache_owner(api, name) in owners)


def _final(
    first: CheckResult,
    results: Sequence[CheckResult],
    student: Callable[[Check], Borrower],
    reference: Library,
    lender: Callable[[], Library],
    settings: dict[str, Any],
) -> CheckResult:
    names = to_lend(first.check, results, reference.api)
    if first.verdict != "failed" or not names or _not_written(first, names):
        return name_bugs(first, reference, **settings)
    try:
        with student(first.check).borrowing(Loan(names, lender())) as borrower:
            second = run_check(first.check, borrower, reference, **{**settings, "bugs": ()})
    except Exception as error:  # ours, whatever it is: what is right might not have been seen
        reason = f"The check could not be run with borrowed functions: {type(error).__name__}: {error}"
        return replace(first, verdict="not graded", score=0.0, message=reason, bugs=[])
    second.seconds += first.seconds
    if second.verdict == "not graded":
        return second
    if second.score < first.score or (second.score == first.score and not _ran_to_the_end(second)):
        first.seconds = second.seconds
        return name_bugs(first, reference, **settings)
    second = name_bugs(second, reference, **settings)
    second.borrowed = names
    second.message = f"{_why_judged_again(second, results)} {second.message}".rstrip()
    return second


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
    wrong = {
        name: result.check.name
        for result in results
        if result.verdict == "failed"
        for name in result.check.tests
    }
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
