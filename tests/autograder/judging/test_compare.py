"""From values to findings: whatever a value is, it is judged, and a wrong one says what is wrong."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from autograder.failures import StudentError
from autograder.judging.check import Findings, Trial, check
from autograder.judging.compare import (
    close,
    close_to_any,
    dict_with_keys,
    differ,
    is_array,
    is_finite,
    is_number,
    is_same,
    keep,
    keeps_dtype,
    step_taken,
    stops_with,
    unpack,
)

from .samples import library, run


@pytest.mark.parametrize("value", [None, 3, "ab", {"a": 1}, (1,), [1, 2, 3]])
def test_unpack_blames_the_student(value):
    with pytest.raises(StudentError, match="must return"):
        unpack(value, ("loss", "grads"), "loss(X, y)")


@pytest.mark.parametrize("value", [None, [], {"a": 1}, {"a": 1, "b": 2, "c": 3}, {1: 2}])
def test_entries_blame_the_student(value):
    with pytest.raises(StudentError, match="grads"):
        dict_with_keys(value, ("a", "b"), "grads")


ANYTHING = [
    None, True, 3, 2.5, "text", (1, 2), [np.zeros(2)], {"p": np.zeros(2)}, np.zeros(0), np.zeros((2, 3)),
    np.array(["a"]),     np.array(1 + 2j), np.float32(3), np.array([np.nan, np.inf]), np.ones(2, dtype=bool),
]  # fmt: skip


@pytest.mark.parametrize("value", ANYTHING, ids=repr)
def test_every_question_about_a_value_has_an_answer(value):
    for answer in (is_number(value), is_array(value), is_finite(value), is_same(value, np.ones((2, 3)))):
        assert isinstance(answer, bool)
    assert is_same(value, {"mode": "train", "p": 0.5}) is False
    assert is_same(value, 0.25) is False
    (finding,) = close({"x": (value, np.ones((2, 3)))}, part="result")
    assert not finding.passed
    assert finding.message
    assert not keeps_dtype("result", "x", value, np.int8).passed


def test_arrays_are_told_apart_by_shape_kind_and_finiteness():
    assert is_array(np.zeros((2, 3)), (2, 3))
    assert not is_array(np.zeros((2, 3)), (3, 2))
    assert not is_array(np.zeros(2, dtype=int))
    assert is_array(np.zeros(2, dtype=int), kinds="iu")
    assert is_finite(np.zeros(2, dtype=int), (2,))
    assert not is_finite(np.array([1.0, np.nan]), (2,))


def test_settings_are_the_same_if_every_entry_is():
    settings = {"mode": "train", "p": 0.5, "seed": 3, "mean": np.arange(3.0)}
    assert is_same({**settings}, settings)
    assert is_same({**settings, "p": np.float64(0.5)}, settings)
    for change in ({"p": 0.25}, {"p": np.full(2, 0.5)}, {"mode": None}, {"mean": np.zeros(3)}, {"new": 1}):
        assert not is_same({**settings, **change}, settings), change
    assert not is_same({"mode": "train"}, settings)


def test_lists_and_texts_are_the_same_if_every_item_is():
    words = ["a", ("b", 2), None, {"x": [1.5]}]
    assert is_same(["a", ("b", 2), None, {"x": [1.5]}], words)
    for other in (["a", ["b", 2], None, {"x": [1.5]}], words[:3], [*words, 1], "a", None, [np.zeros(2)] * 4):
        assert not is_same(other, words), other
    assert not is_same(np.zeros(2), None)


def example_of_the_guide(heading):
    """Return the names that the first block of Python below a heading of the page on own milestones defines."""
    page = (Path(__file__).parents[3] / "docs" / "own-milestone.md").read_text(encoding="utf-8")
    code = page.partition(f"\n## {heading}\n")[2].partition("```python\n")[2].partition("```")[0]
    names = {"check": check, "stops_with": stops_with, "Trial": Trial, "Findings": Findings}
    exec(code, names)
    return names


@pytest.mark.parametrize(
    ("raised", "verdict", "said"),
    [
        (ValueError, "passed", ""),
        (None, "failed", "must stop with a ValueError"),
        (KeyError, "failed", "stopped with KeyError"),
        (NotImplementedError, "failed", "Not written yet"),
        (SyntaxError, "failed", "SyntaxError"),
    ],
)
def test_a_check_can_ask_for_an_error_as_the_guide_says(raised, verdict, said):
    def refuses(numbers):
        raise ValueError("an empty list has no mean")

    def mean(numbers):
        if raised is not None:
            raise raised("mean: write this part (milestone m)")
        return 0.0

    asked = example_of_the_guide("What a check can draw and say")["empty_list"]
    result = run(asked, library(mean=mean), library(mean=refuses, is_reference=True))
    assert result.verdict == verdict, result.message
    assert said in result.message


@pytest.mark.parametrize(
    ("got", "want", "said"),
    [
        ("a", "b", "it is 'a', but must be 'b'"),
        (["a", "b"], ["a"], "it has 2 entries, but must have 1"),
        (["a", 2], ["a", 3], "it[1] is 2, but must be 3"),
        (("a",), ["a"], "(a tuple), but must be a list"),
        ({"a": [1.0]}, {"a": [1.5]}, "it['a'][0] is 1.0, but must be 1.5"),
        ({"b": 1}, {"a": 1}, "it has no entry 'a'"),
        ({"a": 1, "b": 2}, {"a": 1}, "it has an entry 'b', which does not belong there"),
        (None, ["a"], "it is None (None), but must be a list"),
        (np.zeros(3), "text", "(a ndarray), but must be a str"),
        (True, [1], "but must be a list"),
        ([np.zeros(2)], [1], "it[0] is"),
        ({"a": np.zeros(2)}, {"a": np.ones(2)}, "it['a']"),
        (0, None, "it is 0 (a int), but must be None"),
    ],
)  # fmt: skip
def test_values_that_are_no_numbers_are_compared_and_the_place_is_said(got, want, said):
    (finding,) = close({"it": (got, want)})
    assert not finding.passed
    assert said in finding.message
    (right,) = close({"it": (want, want)})
    assert right.passed


def test_rounding_inside_of_lists_and_dicts_is_no_difference():
    (finding,) = close({"far": ({"a": [0.1 + 0.2, float("nan")]}, {"a": [0.3, float("nan")]})})
    assert finding.passed
    (finding,) = close({"far": (np.array([1.0, 2.0]), [1.0, 2.0])})
    assert finding.passed


def test_what_was_kept_shows_a_change_where_it_lies():
    def doubles_in_place(x, y):
        x *= 2
        return y

    student = library(double=doubles_in_place)
    kept = keep(student, x=np.ones(2), y=np.ones(3))
    assert kept.intact() == ["x", "y"]
    student.double(*kept)
    assert kept.intact() == ["y"]
    found = {finding.label: finding for finding in kept.unchanged("result")}
    assert {label: finding.passed for label, finding in found.items()} == {
        "x unchanged": False,
        "y unchanged": True,
    }
    assert found["x unchanged"].message.startswith("x was modified")
    assert [finding.label for finding in kept.unchanged("result", ["y"])] == ["y unchanged"]


def test_one_of_several_right_values_is_enough_and_the_message_is_about_the_first():
    def found(value):
        (finding,) = close_to_any("x", value, [np.ones(2), np.full(2, 3.0)], part="result", scale=1.0)
        return finding

    assert found(np.ones(2)).passed
    assert found(np.full(2, 3.0)).passed
    wrong = found(np.full(2, 2.0))
    assert not wrong.passed
    assert np.array_equal(wrong.expected, np.ones(2))


def test_a_dtype_is_kept_if_it_is_that_of_the_arguments_or_another_allowed_one():
    assert keeps_dtype("result", "x", np.zeros(2, "f4"), np.float32).passed
    assert keeps_dtype("result", "x", np.zeros(2), np.float32, np.float64).passed
    wrong = keeps_dtype("result", "x", np.zeros(2), np.float32)
    assert wrong.message == "x must have the dtype of the arguments, float32, but it is float64"


def test_values_differ_by_more_than_rounding_or_not_at_all():
    assert differ(1.0, 1.1)
    assert not differ(1.0, 1.0 + 1e-12)
    assert not differ(np.nan, 1.0)
    assert differ([1.0, 2.0], [1.0, 3.0])


@pytest.mark.parametrize(
    ("got", "want", "only"),
    [
        (np.ones((1, 3)), np.ones(3), True),
        (np.ones(3), np.ones((3, 1)), True),
        (np.ones((2, 1, 3)), np.ones((2, 3)), True),
        (2.0, np.array([2.0]), True),
        (np.array([[2.0]]), 2.0, True),
        (np.ones((3, 1)), np.zeros(3), False),
        (np.ones((3, 2)), np.ones((2, 3)), False),
        (np.ones(6), np.ones((2, 3)), False),
        ("text", np.ones(1), False),
        (None, 2.0, False),
    ],
)
def test_right_numbers_may_differ_in_axes_of_length_1_only(got, want, only):
    (finding,) = close({"x": (got, want)})
    assert not finding.passed
    assert (finding.form_only, finding.credit) == (only, 0.8 if only else 0)
    (again,) = close_to_any("x", got, [np.zeros(7), want], part="result", scale=1.0)
    assert (again.form_only, again.passed) == (only, False)


def test_a_step_of_an_array_with_an_axis_too_many_keeps_that_axis():
    step = step_taken(np.array([[3.0, 5.0]]), np.array([1.0, 2.0]))
    np.testing.assert_array_equal(step, [[2.0, 3.0]])


def test_a_step_that_does_not_fit_is_shown_as_it_is():
    assert np.array_equal(step_taken(np.full(2, 3.0), np.ones(2)), np.full(2, 2.0))
    assert step_taken(None, np.ones(2)) is None
