"""The framework around checks: seeds, parts, failures, and that our own mistakes cost no student a point."""

from __future__ import annotations

import itertools
import sys
import types

import numpy as np
import pytest

from autograder.failures import InfrastructureError, StudentError, WorkerDied
from autograder.judging.check import Draw, check
from autograder.judging.compare import claim, close, dict_with_keys, graded, unpack
from autograder.judging.hidden_images import DataUnavailable
from autograder.judging.judge import run_check
from autograder.library.local import LocalLibrary
from autograder.milestone import Milestone, Public
from nndl.diagnosis import describe

COUNTER = itertools.count()


def library(*, is_reference=False, **functions):
    package = types.ModuleType(f"sample_package_{next(COUNTER)}")
    package.__file__ = __file__
    vars(package).update(functions)
    sys.modules[package.__name__] = package
    return LocalLibrary(package, dict.fromkeys(functions, Public("sample")), is_reference=is_reference)


def double(x):
    return 2 * x


def run(a_check, student, reference=None, **options):
    return run_check(
        a_check,
        student,
        reference or library(double=double, is_reference=True),
        run_seed=3,
        milestone=Milestone("m", "M"),
        **options,
    )


@check(points=6, parts=("small", "large"), cases=({"n": 2}, {"n": 3}))
def doubles(trial, *, n):
    """`double` doubles."""
    x = trial.draw.normal(n)
    yield from close({"double(x)": (trial.student.double(x), trial.reference.double(x))}, part="small")
    yield from close(
        {"double(x)": (trial.student.double(1e6 * x), trial.reference.double(1e6 * x))}, part="large"
    )


def test_title_is_the_first_line_of_the_docstring():
    assert doubles.title == "`double` doubles."
    with pytest.raises(ValueError, match="needs a docstring"):
        check(points=1)(lambda trial: iter(()))


def test_right_code_earns_all_points():
    result = run(doubles, library(double=lambda x: x + x))
    assert (result.verdict, result.score, result.message) == ("passed", 6, "")


def test_a_part_is_earned_when_every_case_shows_it_right():
    result = run(doubles, library(double=lambda x: np.where(np.abs(x).max() > 1e3, x, 2 * x)))
    assert result.credits == {"small": 1, "large": 0}
    assert result.score == 3
    wrong_in_one_case = run(doubles, library(double=lambda x: 2 * x if len(x) == 2 else x))
    assert wrong_in_one_case.score == 0


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


def test_describing_a_value_takes_no_time_whatever_it_is():
    arrays = [np.zeros(300) for _ in range(20)]
    assert len(describe({"k": [arrays] * 50})) <= 200
    assert "array of shape (300,)" in describe(arrays)
    assert "0., 0." not in describe(arrays)


def test_an_exception_of_the_student_names_type_and_message():
    def raises(x):
        raise RuntimeError("boom")

    result = run(doubles, library(double=raises))
    assert (result.verdict, result.score) == ("failed", 0)
    assert "RuntimeError: boom" in result.message


def test_a_stub_is_not_written_yet():
    def stub(x):
        raise NotImplementedError("double: write this part (nndl/x.py, milestone m)")

    assert run(doubles, library(double=stub)).message.startswith("Not written yet: double")


def test_a_mistake_of_ours_is_not_graded_and_never_a_zero():
    @check(points=2)
    def broken(trial):
        """Broken."""
        yield claim("result", "x", 1 / 0 > 1, "", expected=1, actual=1)

    result = run(broken, library(double=double))
    assert result.verdict == "not graded"
    assert "ZeroDivisionError" in result.message


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


def test_a_machine_that_fails_is_never_the_students_fault():
    class Broken(LocalLibrary):
        def call(self, *args, **kwargs):
            raise InfrastructureError("the disk is full")

    result = run(doubles, Broken(types.ModuleType("empty"), {"double": Public("sample")}))
    assert result.verdict == "not graded"


def test_a_mistake_that_cannot_be_named_still_costs_its_points_only(monkeypatch):
    def broken(*arguments):
        raise ValueError("no comparison")

    monkeypatch.setattr("autograder.judging.judge.recognise", broken)
    result = run(doubles, library(double=lambda x: 3 * x))
    assert (result.verdict, result.score, result.bugs) == ("failed", 0, [])


def test_a_reference_that_fails_is_our_mistake_too():
    def fails(x):
        raise ValueError("the reference is broken")

    result = run(doubles, library(double=double), library(double=fails, is_reference=True))
    assert result.verdict == "not graded"


def test_missing_data_are_not_graded():
    @check(points=2, needs_images=True)
    def accuracy(trial):
        """Accurate."""
        yield graded("result", "accuracy", trial.images.unseen(1), "", expected=1, actual=1)

    class Missing:
        def unseen(self, seed):
            raise DataUnavailable("no folder")

    result = run(accuracy, library(double=double), images=Missing())
    assert (result.verdict, "no folder" in result.message) == ("not graded", True)


def test_a_check_that_forgets_a_part_is_our_mistake():
    @check(points=2, parts=("a", "b"))
    def forgets(trial):
        """Forgets."""
        yield claim("a", "a", True, "", expected=1, actual=1)

    assert run(forgets, library(double=double)).verdict == "not graded"


def test_graded_findings_earn_their_share():
    @check(points=10)
    def share(trial):
        """Share."""
        yield graded("result", "accuracy", 0.25, "a quarter", expected=1, actual=0.25)

    result = run(share, library(double=double))
    assert (result.score, result.verdict, result.message) == (2.5, "failed", "a quarter.")


def test_nested_answers_can_be_compared_with_those_of_a_known_mistake():
    nested = [np.arange(3), {"a": np.zeros(2)}]
    wrong = library(double=lambda x: nested)
    bug = types.SimpleNamespace(
        name="nested",
        concerns=("doubles",),
        explanation="Nested.",
        hint="Why?",
        edited=types.SimpleNamespace(library=lambda milestone: wrong),
    )
    result = run(doubles, wrong, bugs=[bug])
    assert [found.name for found, _ in result.bugs] == ["nested"]
    other = run(doubles, library(double=lambda x: [np.arange(4)]), bugs=[bug])
    assert (other.verdict, other.bugs) == ("failed", [])


def test_draws_repeat_for_the_same_seed_and_differ_between_cases():
    same = Draw(1, "m", "c", 0).normal(4)
    assert np.array_equal(same, Draw(1, "m", "c", 0).normal(4))
    for other in (Draw(2, "m", "c", 0), Draw(1, "m", "c", 1), Draw(1, "m", "d", 0), Draw(1, "n", "c", 0)):
        assert not np.allclose(same, other.normal(4))


def test_labels_of_neighbours_differ_and_stay_in_range():
    labels = Draw(1).labels(200, 3)
    assert set(labels) == {0, 1, 2}
    assert (labels[1:] != labels[:-1]).all()


@pytest.mark.parametrize("value", [None, 3, "ab", {"a": 1}, (1,), [1, 2, 3]])
def test_unpack_blames_the_student(value):
    with pytest.raises(StudentError, match="must return"):
        unpack(value, ("loss", "grads"), "loss(X, y)")


@pytest.mark.parametrize("value", [None, [], {"a": 1}, {"a": 1, "b": 2, "c": 3}, {1: 2}])
def test_entries_blame_the_student(value):
    with pytest.raises(StudentError, match="grads"):
        dict_with_keys(value, ("a", "b"), "grads")
