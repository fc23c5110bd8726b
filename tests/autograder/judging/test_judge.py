"""From what a check found to points and words; our own mistakes cost no student a point."""

from __future__ import annotations

import importlib
import types

import numpy as np
import pytest

from autograder.failures import InfrastructureError, LimitExceeded
from autograder.judging.check import check
from autograder.judging.compare import claim, close, graded
from autograder.judging.hidden_images import DataUnavailable
from autograder.library.local import LocalLibrary
from autograder.milestone import Public

from .samples import double, doubles, library, run


def test_right_code_earns_all_points():
    result = run(doubles, library(double=lambda x: x + x))
    assert (result.verdict, result.score, result.message) == ("passed", 6, "")


def test_a_part_is_earned_when_every_case_shows_it_right():
    result = run(doubles, library(double=lambda x: np.where(np.abs(x).max() > 1e3, x, 2 * x)))
    assert result.credits == {"small": 1, "large": 0}
    assert result.score == 3
    wrong_in_one_case = run(doubles, library(double=lambda x: 2 * x if len(x) == 2 else x))
    assert wrong_in_one_case.score == 0


def test_graded_findings_earn_their_share():
    @check(points=10)
    def share(trial):
        """Share."""
        yield graded("result", "accuracy", 0.25, "a quarter", expected=1, actual=0.25)

    result = run(share, library(double=double))
    assert (result.score, result.verdict, result.message) == (2.5, "failed", "a quarter.")


def test_an_exception_of_the_student_names_type_and_message():
    def raises(x):
        raise RuntimeError("boom")

    result = run(doubles, library(double=raises))
    assert (result.verdict, result.score) == ("failed", 0)
    assert "RuntimeError: boom" in result.message


def test_a_case_that_takes_too_long_is_told_with_its_arguments():
    @check(points=2, parts=("result",), cases=({"n": 2}, {"n": 3}))
    def times_out(trial, *, n):
        """`double` doubles."""
        if n == 3 and trial.student is not trial.reference:
            raise LimitExceeded("wall", 10)
        yield claim("result", "double", True, "", expected=1, actual=1)

    result = run(times_out, library(double=double))
    assert result.message.startswith(
        "The code took longer than 10 s (with N = 3; all before it came in time)."
    )
    assert result.score == 0


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


def test_a_machine_that_fails_is_never_the_students_fault():
    class Broken(LocalLibrary):
        def call(self, *args, **kwargs):
            raise InfrastructureError("the disk is full")

    result = run(doubles, Broken(types.ModuleType("empty"), {"double": Public("sample")}))
    assert result.verdict == "not graded"


def test_a_mistake_that_cannot_be_named_still_costs_its_points_only(monkeypatch):
    def broken(*arguments):
        raise ValueError("no comparison")

    monkeypatch.setattr("autograder.judging.judge.suspects", broken)
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


@pytest.mark.parametrize("needed", [True, False])
def test_images_come_only_where_a_check_says_that_it_needs_them(needed):
    @check(points=1, needs_images=needed)
    def uses_images(trial):
        """Uses images."""
        yield claim("result", "x", trial.images == "images", "", expected=1, actual=1)

    result = run(uses_images, library(double=double), images="images")
    assert result.verdict == ("passed" if needed else "not graded")
    assert ("needs_images=True" in result.message) is not needed


def test_the_message_has_a_sentence_for_each_part_and_none_twice():
    @check(points=3, parts=("a", "b", "c"), cases=({}, {}))
    def several(trial):
        """Several parts."""
        for part, message in (("a", "a is wrong"), ("a", "a is still wrong"), ("b", "a is wrong"), ("c", "")):
            yield claim(part, part, part == "c", message, expected=1, actual=0)

    result = run(several, library(double=double))
    assert result.message == "a is wrong."
    assert result.credits == {"a": 0, "b": 0, "c": 1}


def _flags(check_of_flags):
    """Return the result of a check whose findings are the student's ``double(0)``, one truth value a part."""

    def judged(**flags):
        return run(check_of_flags, library(double=lambda x: flags))

    return judged


def _body(trial):
    """Flags."""
    for part, right in trial.student.double(np.zeros(1)).items():
        yield claim(part, part, right, f"{part} is wrong", expected=1, actual=0)


def test_all_demands_together_weigh_a_fifth():
    judged = _flags(check(points=10, parts=("value", "gradient"), demands=("dtype", "input"))(_body))
    assert judged(value=True, gradient=True, dtype=True, input=True).verdict == "passed"
    assert judged(value=True, gradient=True, dtype=False, input=False).score == 8
    assert judged(value=True, gradient=True, dtype=False, input=True).score == 9
    assert judged(value=False, gradient=True, dtype=True, input=True).score == 6
    result = judged(value=True, gradient=True, dtype=False, input=True)
    assert (result.verdict, result.message) == ("failed", "dtype is wrong.")


def test_demands_may_have_points_of_their_own():
    judged = check(points=8, parts=("a", "b"), demands={"dtype": 2.0, "input": 0.4})(_body)
    assert judged.points_of_parts == pytest.approx({"a": 2.8, "b": 2.8, "dtype": 2.0, "input": 0.4})
    with pytest.raises(ValueError, match="some of its demands only"):
        check(points=8, demands={"dtype": 2.0}, cases=({"n": 1, "demand": "one row"},))(_body)


def test_demands_count_only_on_top_of_a_right_value():
    judged = _flags(check(points=10, parts=("value", "gradient"), demands=("dtype",))(_body))
    result = judged(value=False, gradient=False, dtype=True)
    assert (result.score, result.credits["dtype"]) == (0, 0)
    assert result.message.endswith("Judged only once that is right: dtype.")


def test_a_part_that_only_the_basis_names_has_no_points_of_its_own():
    judged = _flags(check(points=4, parts=("test mode",), demands=("no draw",), basis=("training",))(_body))
    flags = {"test mode": True, "no draw": True}
    assert judged(**flags, training=True).score == 4
    nothing = judged(**flags, training=False)
    assert (nothing.score, set(nothing.credits)) == (0, {"test mode", "no draw"})
    assert nothing.message.startswith("training is wrong.")
    sometimes = check(points=4, basis=("training",), cases=({"train": True}, {"train": False}))

    @sometimes
    def once_is_enough(trial, *, train):
        """Once is enough."""
        yield claim("training", "training", train, "no training", expected=1, actual=0)
        yield claim("result", "result", False, "wrong", expected=1, actual=0)

    assert run(once_is_enough, library(double=double)).message == "wrong."


def test_a_part_named_twice_is_refused():
    with pytest.raises(ValueError, match="twice"):
        check(points=1, parts=("a",), demands=("a",))(_body)


def test_a_case_can_be_there_for_a_demand():
    @check(points=10, cases=({"n": 3}, {"n": 1, "demand": "one row"}))
    def rows(trial, *, n):
        """Rows."""
        yield claim("result", "n", trial.student.double(n), f"wrong for {n}", expected=1, actual=0)

    result = run(rows, library(double=lambda n: n > 1))
    assert (result.score, result.credits) == (8, {"result": 1, "one row": 0})
    assert run(rows, library(double=lambda n: n == 1)).score == 0
    assert run(rows, library(double=lambda n: n > 0)).verdict == "passed"


def test_what_ordinary_inputs_show_wrong_does_not_cost_a_demand_too():
    @check(points=10, parts=("a", "b"), cases=({"n": 3}, {"n": 1, "demand": "one row"}))
    def two(trial, *, n):
        """Two parts."""
        for part in "ab":
            right = trial.student.double((part, n))
            yield claim(part, part, right, f"{part} is wrong", expected=1, actual=0)

    assert run(two, library(double=lambda x: x[0] == "a")).credits == {"a": 1, "b": 0, "one row": 1}
    assert run(two, library(double=lambda x: x == ("a", 3))).credits == {"a": 1, "b": 0, "one row": 0}
    assert run(two, library(double=lambda x: False)).score == 0


def shapes(**options):
    @check(points=10, parts=("sum", "mean"), **options)
    def both(trial, *, n=3):
        """`double` gives two rows."""
        total, mean, *more = trial.student.double(np.arange(n))
        yield from close({part: (got, np.arange(3) + n) for part, got in (("sum", total), ("mean", mean))})
        if options.get("demands"):
            yield claim("input", "x", not more, "x was modified", expected=[], actual=more)

    return both


def test_right_numbers_with_an_axis_too_many_lose_no_more_than_a_demand():
    def rows(*, sum_axes=0, mean_axes=0, more=(), wrong=0):
        def made(x):
            right = np.arange(3) + len(x) + wrong
            return (right[None] if sum_axes else right, right[:, None] if mean_axes else right, *more)

        return library(double=made)

    plain, demanding = shapes(), shapes(demands=("input",))
    one = run(plain, rows(sum_axes=1))
    assert (one.verdict, one.score, one.credits) == ("failed", 9, {"sum": 0.8, "mean": 1})
    assert "sum has shape (1, 3), but it should be (3,)" in one.message
    assert run(plain, rows(sum_axes=1, mean_axes=1)).score == 8
    # beside a demand that is not met: a fifth for both together, and both are told
    both = run(demanding, rows(sum_axes=1, mean_axes=1, more=("input",)))
    assert (both.verdict, both.score) == ("failed", 8)
    assert all(word in both.message for word in ("sum has shape", "mean has shape", "x was modified"))
    assert run(demanding, rows(sum_axes=1)).score == 9.2
    # wrong numbers stay wrong, whatever their axes
    assert run(plain, rows(sum_axes=1, mean_axes=1, wrong=1)).score == 0


def test_axes_too_many_in_ordinary_cases_cost_no_demand_of_a_further_case():
    two = shapes(cases=({}, {"n": 3, "demand": "again"}))
    result = run(two, library(double=lambda x: (np.arange(3)[None] + len(x), np.arange(3) + len(x))))
    assert result.credits == {"sum": 0.8, "mean": 1, "again": 1}


def test_code_that_stops_in_the_case_of_a_demand_loses_that_demand_alone():
    @check(points=10, demands=("input",), cases=({"n": 3}, {"n": 1, "demand": "one row"}))
    def two(trial, *, n):
        """A part and a demand."""
        for part in ("result", "input"):
            right = trial.student.double((part, n))
            yield claim(part, part, right, f"{part} is wrong", expected=1, actual=0)

    def stops(x, good=("result", "input")):
        if x[1] == 1:
            raise KeyError("one row")
        return x[0] in good

    assert run(two, library(double=stops)).credits == {"result": 1, "input": 1, "one row": 0}
    wrong = library(double=lambda x: stops(x, good=("result",)))
    assert run(two, wrong).credits == {"result": 1, "input": 0, "one row": 0}


def test_one_cause_of_stopping_is_told_once_wherever_it_stops():
    def stops_by_size(x):
        if len(x) == 2:
            raise KeyError(f"W{len(x)}")
        raise KeyError(f"W{len(x)}")

    message = run(doubles, library(double=stops_by_size)).message
    assert message.count("stopped with KeyError") == 1


def test_code_that_stops_in_some_cases_and_is_wrong_in_others_is_told_where_it_is_right():
    @check(
        points=2,
        parts=("result",),
        cases=tuple({"w": (4, 3, *size)} for size in ((3, 3), (2, 2), (3, 2), (2, 1))),
    )
    def filters(trial, *, w):
        """One filter size for both directions stops, or counts a column twice where there is one."""
        right = trial.student.double(w)
        yield claim("result", "filter", right, "it is wrong", expected=1, actual=0)

    def square_only(w):
        if w[-1] == 2 < w[-2]:
            raise ValueError("could not be broadcast")
        return w[-1] == w[-2]

    message = run(filters, library(double=square_only)).message
    assert "(of the inputs tried: right for square filters only)" in message


def test_a_part_that_is_only_evidence_is_not_said_of_a_named_mistake():
    judge = importlib.import_module("autograder.judging.judge")
    wrong = run(doubles, library(double=lambda x: x))
    bug = types.SimpleNamespace(explanation="It is not doubled.", hint="What is?", name="single")
    wrong.bugs = [(bug, ["small", "an inner part"])]
    assert judge._message(wrong, "nndl").startswith("small: It is not doubled.")
