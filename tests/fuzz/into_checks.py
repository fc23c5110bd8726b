"""Every value that a check receives from a student, replaced by an awkward one.

The reference takes the student's part, and one of its answers is replaced on the way. Whatever it is replaced by, the
check comes to an end: never "not graded", and no part is earned that a plainly wrong answer in that place loses.
"""

from __future__ import annotations

import functools
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from autograder.judging import judge, milestone_content
from autograder.judging.check import CaseRecord, Check, CheckResult
from autograder.judging.run_case import CheckRun
from autograder.library.local import reference_library
from autograder.milestone import Milestone
from autograder.reports import report as reporting
from autograder.sources import Sources

from .values import ODD, WRONG, Path, at, clearly_wrong, places, replaced

KINDS = WRONG | ODD
SEED = 20_26

BUILT_ON = {
    ("nn_modules", "update_params", "gradient"),
    ("nn_modules", "accuracy", "predict"),
}
"""Milestone, check and function: a claim that builds on the student's own value of the function, and is judged on a
value of the course where that is of no use. Such a value decides nothing."""


@dataclass(frozen=True)
class Place:
    """One answer of a library in one case of a check: the number of the request, and where in its value."""

    milestone: str
    check: str
    case: int
    request: int
    path: Path


class _Replacing:
    """Carries requests as another transport does, and changes what comes back from one of them."""

    def __init__(self, transport: Any, number: int = -1, change: Callable[[Any], Any] = lambda value: value):
        self._transport, self._number, self._change = transport, number, change
        self.values: list[Any] = []
        self.names: list[str] = []

    def __getattr__(self, name: str) -> Any:
        return getattr(self._transport, name)

    def request(self, op: str, fields: dict[str, Any]) -> dict[str, Any]:
        reply: dict[str, Any] = self._transport.request(op, fields)
        if "value" in reply:
            self.values.append(reply["value"])
            self.names.append(str(fields.get("name", op)))
            if len(self.values) - 1 == self._number:
                reply["value"] = self._change(reply["value"])
        return reply


@functools.cache
def _milestone(name: str) -> Milestone:
    return Sources().milestone(name)


@functools.cache
def checks(name: str) -> dict[str, Check]:
    """Return a milestone's checks that need no stored files, by name."""
    return {c.name: c for c in milestone_content.checks(_milestone(name)) if not c.needs_images}


@functools.cache
def _reference(name: str) -> Any:
    return reference_library(_milestone(name))


def run(place: Place, change: Callable[[Any], Any]) -> CaseRecord:
    """Run a case in which one answer is changed; raises where a check would not be graded."""
    check = checks(place.milestone)[place.check]
    check_run = CheckRun(check, _reference(place.milestone), SEED, _milestone(place.milestone))
    student = reference_library(_milestone(place.milestone), is_reference=False)
    student._transport = _Replacing(
        student._transport,
        place.request,
        lambda value: replaced(value, place.path, change(at(value, place.path))),
    )
    with np.errstate(all="ignore"):
        record = check_run.run_case(student, place.case)
        result = CheckResult(check, "failed", 0.0, "", [record])
        result.credits = {
            part: 0.0 if part in record.failed_parts() else 1.0 for part in check.points_of_parts
        }
        result.message = judge._message(result, _milestone(place.milestone).reference)
        reporting.validate(_report(place.milestone) | {"checks": [reporting.check_entry(result)]})
    return record


@functools.cache
def _report(name: str) -> dict[str, Any]:
    return reporting.new_report(_milestone(name), "fuzz", seed=SEED)


@functools.cache
def answers(milestone: str, check: str, case: int) -> tuple[tuple[str, Any], ...]:
    """Return the values that a case receives from a right library, each with the name of what gave it."""
    check_run = CheckRun(checks(milestone)[check], _reference(milestone), SEED, _milestone(milestone))
    student = reference_library(_milestone(milestone), is_reference=False)
    student._transport = listening = _Replacing(student._transport)
    check_run.run_case(student, case)
    return tuple(zip(listening.names, listening.values, strict=True))


@functools.cache
def decided(place: Place) -> frozenset[str]:
    """Return the parts that a plainly wrong value in this place loses."""
    return frozenset(run(place, clearly_wrong).failed_parts())


def try_one(place: Place, kind: str) -> str:
    """Return what went wrong with one kind of value in one place; an empty text if nothing did."""
    try:
        name, value = answers(place.milestone, place.check, place.case)[place.request]
        right = at(value, place.path)
        new = KINDS[kind](right)
        lost = run(place, lambda value: new).failed_parts()
        earned = decided(place) - lost
    except Exception as error:
        return f"{type(error).__name__}: {error!s:.300}"
    is_right = type(new) is type(right) and (
        new is None or (isinstance(new, list | tuple | dict | str) and not right)
    )
    if kind in WRONG and earned and not is_right and (place.milestone, place.check, name) not in BUILT_ON:
        return f"earned {', '.join(sorted(earned))}"
    return ""


def every_place(milestone: str) -> Iterator[Place]:
    """Yield all places of a milestone."""
    for name, check in checks(milestone).items():
        for case in range(len(check.cases)):
            for request, (_, value) in enumerate(answers(milestone, name, case)):
                for path in places(value):
                    yield Place(milestone, name, case, request, path)


def drawn(milestone: str, rng: random.Random) -> tuple[Place, str]:
    """Draw a place and a kind of value; every check is as likely as any other."""
    name = rng.choice(sorted(checks(milestone)))
    case = rng.randrange(len(checks(milestone)[name].cases))
    given = answers(milestone, name, case)
    request = rng.randrange(len(given))
    path = rng.choice(list(places(given[request][1])))
    return Place(milestone, name, case, request, path), rng.choice(sorted(KINDS))
