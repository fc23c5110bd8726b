"""Judging a claim that builds on other parts of a student's code, so that one mistake costs once.

Such a claim is judged by the student's *own* values for the other parts, where these can judge it. Where they cannot,
because the other part fails or says nothing, something is lent: functions by `second_judgement`; the cache of a forward
function by `own_cache`; a method that others of its object call by setting the attribute of its name to a bound method
of an array, which is a known function and holds no secret.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from nndl.diagnosis import describe

from ..failures import StudentError
from ..library.interface import Library, RemoteObject
from .check import Finding, Findings
from .compare import differ, is_array, is_finite, is_number, without_extra_axes


def own_cache(student: Library, forward: str, arguments: tuple[Any, ...], contract: Any) -> Any:
    """Return the cache of the student's own forward function, or ``contract`` if that stops with an error.

    ``contract`` is the cache that the docstring of the function promises: an unwritten forward function then costs
    the points of its own check only.
    """
    try:
        return student.call(forward, arguments)[1]
    except StudentError:
        return contract


def finite_number(value: Any, what: str) -> float:
    """Return a value as a number, fit to judge others by; axes of length 1 do not matter.

    Raises
    ------
    StudentError
        If it is not one finite number; ``what`` is the name that the message gives it.
    """
    value = without_extra_axes(value, ())
    if not is_number(value) or not math.isfinite(float(value)):
        raise StudentError("ValueError", f"{what} is not a finite number: fix that first")
    return float(value)


def float_array(value: Any, shape: Sequence[int], what: str, *, finite: bool = True) -> np.ndarray:
    """Return a value as an array of floating-point numbers of this shape, fit to judge others by.

    Raises
    ------
    StudentError
        If it is anything else, or NaN or infinity is in it and ``finite`` is asked for.
    """
    shape = tuple(shape)
    if is_array(value, shape) and (not finite or is_finite(value)):
        return np.asarray(value)
    numbers = "finite floating-point numbers" if finite else "floating-point numbers"
    message = f"{what} must be an array of {numbers} of shape {shape}, but it is {describe(value)}"
    raise StudentError("ValueError", message[:300])


def tells_rows_apart(scores: np.ndarray, right: np.ndarray) -> bool:
    """Return whether scores differ from row to row, as the right ones do: with constant scores any loss is constant.

    What is the same for all classes of a row, or next to nothing, leaves the probabilities all the same.
    """
    apart, due = (_between_rows(some - some.mean(axis=1, keepdims=True)) for some in (scores, right))
    needed = _LEAST_SPREAD * min(1.0, due)
    return (differ(scores, scores[:1]) and apart >= needed) or not differ(right, right[:1])


_LEAST_SPREAD = 1e-4
"""Below this, what scores say of classes is nothing, as a share of the right ones' or of 1."""


MANY_ROWS = 100
"""So many rows that a mistake does not switch off all units for all of them."""
_LEAST_SHARE = 0.2
"""So many of neighbouring rows must differ at least: then not all of `MANY_ROWS` others are alike."""


def rows_differ(scores: np.ndarray) -> bool:
    """Return whether what scores say of classes differs so often from row to row that other rows will show it, too."""
    between_classes = scores - scores.mean(axis=1, keepdims=True)
    apart = np.abs(np.diff(between_classes, axis=0)).max(axis=1) > 1e-3
    return bool(apart.mean() >= _LEAST_SHARE)


def _between_rows(scores: np.ndarray) -> float:
    return float(np.abs(scores - scores[:1]).max())


def lend_method(net: RemoteObject, name: str, weights: RemoteObject) -> None:
    """Let the method ``net.<name>(x)`` be ``x @ weights``, whatever the student's own does."""
    net.set(name, weights.get("__rmatmul__", result="handle"))


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
        better = sum(f.passed for f in again) > sum(f.passed for f in findings)
        if failed_again is None and (better or failure is not None):  # a stop tells less than a wrong value
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
