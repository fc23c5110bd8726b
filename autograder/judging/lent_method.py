"""Judging a claim once more with a lent method, where the student's own method, judged elsewhere, is wrong.

Functions are lent by `borrowing`. A method that others of its object call is lent by setting the attribute of its
name to a bound method of an array, which is a known function and holds no secret.
"""

from __future__ import annotations

from collections.abc import Callable

from ..failures import StudentError
from .check import Finding, Findings


def with_lent_method_if_better(judged: Callable[[bool], Findings], is_wrong: Callable[[], bool]) -> Findings:
    """Yield what is found without a lent method, or with it if more claims are right then.

    Parameters
    ----------
    judged : callable
        Gives the findings; its argument says whether to lend.
    is_wrong : callable
        Whether the student's own method is wrong; asked if something is, a `StudentError` counts as yes.
    """
    findings, failure = _collected(judged(False))
    if (failure is not None or not all(f.passed for f in findings)) and _answers_yes(is_wrong):
        again, failed_again = _collected(judged(True))
        if failed_again is None and sum(f.passed for f in again) > sum(f.passed for f in findings):
            findings, failure = again, None
    yield from findings
    if failure is not None:
        raise failure


def _answers_yes(is_wrong: Callable[[], bool]) -> bool:
    try:
        return is_wrong()
    except StudentError:
        return True


def _collected(found: Findings) -> tuple[list[Finding], StudentError | None]:
    """Return the findings up to a failure of the student's code, and the failure."""
    findings: list[Finding] = []
    try:
        for finding in found:
            findings.append(finding)
    except StudentError as failure:
        return findings, failure
    return findings, None
