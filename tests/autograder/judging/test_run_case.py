"""One case: what it found, and what an early end leaves open."""

from __future__ import annotations

import itertools
import time

import numpy as np
import pytest

from autograder.failures import StudentError, WorkerDied
from autograder.judging.check import check
from autograder.judging.compare import claim, keep
from autograder.judging.run_case import CheckRun, OutOfTime
from autograder.library.local import LocalLibrary
from autograder.milestone import Milestone

from .samples import double, doubles, library, run


def test_a_killed_process_earns_no_part_that_a_later_case_would_have_judged():
    calls = itertools.count(1)

    class Dies(LocalLibrary):
        def fetch(self, kept):
            if next(calls) == 2:
                raise WorkerDied("the process ended")
            return super().fetch(kept)

    @check(points=6, parts=("first", "later", "other"), cases=({"n": 2}, {"n": 3}))
    def two_cases(trial, *, n):
        """Right in every case."""
        for part in ("first", "later") if n == 2 else ("later", "other"):
            trial.student.fetch(trial.student.put(n))
            yield claim(part, part, True, "", expected=1, actual=1)

    sample = library(double=double)
    sample.__class__ = Dies
    result = run(two_cases, sample)
    assert (result.verdict, result.credits) == ("failed", {"first": 1, "later": 0, "other": 0})


@check(points=2, parts=("first", "second"))
def trusting(trial):
    """Trusts what comes back."""
    got = trial.student.double(3.0)
    yield claim("first", "x", isinstance(got, object), "", expected=6, actual=0)
    want = trial.reference.double(got["x"] if isinstance(got, dict) else 1 / (got - 5.0))
    yield claim("second", "x", bool(want), "", expected=6, actual=0)


@pytest.mark.parametrize(
    "value", [5.0, {}, None, "six", [6.0], {"x": -(2**63)}, np.full(2, 6.0), np.zeros(0)]
)
def test_a_value_that_our_code_stumbles_over_costs_what_it_decides_and_is_graded(value):
    def doubles_or_fails(x):
        if isinstance(x, int) and x < 0:
            raise OverflowError("too small to go on from")
        return 2 * x

    right = library(double=doubles_or_fails, is_reference=True)
    result = run(trusting, library(double=lambda x: value), right)
    assert (result.verdict, result.score) == ("failed", 1)
    assert result.credits == {"first": 1, "second": 0}
    assert "what your code gave it" in result.message


def check_run(a_check):
    return CheckRun(a_check, library(double=double, is_reference=True), 3, Milestone("m", "M"))


def test_a_case_that_ends_early_leaves_open_what_the_reference_would_have_come_to():
    def fails_for_large(x):
        if np.abs(x).max() > 1e3:
            raise ValueError("too large")
        return 2 * x

    record = check_run(doubles).run_case(library(double=fails_for_large), 0)
    assert isinstance(record.failure, StudentError)
    assert [finding.part for finding in record.findings] == ["small"]
    assert record.unjudged == record.failed_parts() == {"large"}


def test_parts_of_later_cases_are_those_that_only_they_judge():
    @check(points=2, parts=("a", "b", "c"), cases=({"part": "a"}, {"part": "b"}, {"part": "c"}))
    def one_each(trial, *, part):
        """One part in each case."""
        yield claim(part, part, True, "", expected=1, actual=1)

    assert [check_run(one_each).parts_of_later_cases(index) for index in range(3)] == [
        {"b", "c"},
        {"c"},
        set(),
    ]


def test_a_case_repeats_itself_and_differs_from_the_next():
    first, again = (check_run(doubles).run_case(library(double=double), 0) for _ in range(2))
    other = check_run(doubles).run_case(library(double=double), 1)
    assert np.array_equal(first.findings[0].actual, again.findings[0].actual)
    assert len(other.findings[0].actual) == 3


def test_after_its_deadline_no_case_is_begun():
    """So that naming the mistakes of one submission has an end."""
    right = library(double=double)
    assert (
        CheckRun(doubles, right, 1, Milestone("m", "M", api={}), None, time.process_time() + 60)
        .run_case(right, 0)
        .findings
    )
    with pytest.raises(OutOfTime):
        CheckRun(doubles, right, 1, Milestone("m", "M", api={}), None, time.process_time() - 1).run_case(
            right, 0
        )


def test_several_answers_may_be_yielded_at_once_or_one_by_one():
    def body(at_once):
        @check(points=1, parts=("inputs",), cases=({},))
        def inputs(trial):
            """Keeps its inputs."""
            x = keep(trial.student, x=np.ones(3), y=np.ones(2))
            if at_once:
                yield x.unchanged("inputs")
            else:
                yield from x.unchanged("inputs")

        return inputs

    for at_once in (True, False):
        result = run(body(at_once), library(double=double))
        assert [f.label for f in result.records[0].findings] == ["x unchanged", "y unchanged"]


def test_a_check_that_yields_something_else_says_so():
    @check(points=1, parts=("values",), cases=({},))
    def truth(trial):
        """Yields a truth value."""
        yield trial.student.double(1.0) == 2.0

    result = run(truth, library(double=double))
    assert result.verdict == "not graded"
    assert "the check truth yields a value of the type bool: yield what `close`" in result.message
