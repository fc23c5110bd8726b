"""A claim that builds on other parts of a student's code: their own values, or something lent where these fail."""

from __future__ import annotations

import numpy as np
import pytest

from autograder.failures import StudentError
from autograder.judging.compare import claim
from autograder.judging.students_own_values import (
    finite_number,
    float_array,
    own_cache,
    tells_rows_apart,
    with_lent_method_if_better,
)

from .samples import library


def fails(*arguments):
    raise NotImplementedError("forward: write this part (nndl/x.py, milestone m)")


def test_a_cache_is_the_students_own_or_that_of_the_contract_where_there_is_none():
    def cache_of(forward):
        student = library(forward=forward, returns={"forward": "pair"})
        return own_cache(student, "forward", (1.0, 2.0), "contract")

    assert tuple(cache_of(lambda x, w: (x * w, ("own", x))).fetch()) == ("own", 1.0)
    assert cache_of(fails) == "contract"


@pytest.mark.parametrize("value", [3, 2.5, np.float32(1), np.array(4.0), np.array([[5.0]])])
def test_a_finite_number_is_one_whatever_its_type(value):
    assert finite_number(value, "the loss") == np.asarray(value).item()


@pytest.mark.parametrize("value", [None, "3", [1.0], np.zeros(2), np.nan, float("inf"), 1j])
def test_anything_else_is_no_finite_number(value):
    with pytest.raises(StudentError, match="the loss is not a finite number"):
        finite_number(value, "the loss")


def test_an_array_to_judge_by_is_of_finite_floats_and_has_its_shape():
    array = np.ones((2, 3))
    assert np.array_equal(float_array(array, (2, 3), "dx"), array)
    for value in (None, array.T, array.astype(int), np.full((2, 3), np.nan), "text"):
        with pytest.raises(StudentError, match=r"dx must be an array of finite .* of shape \(2, 3\)"):
            float_array(value, (2, 3), "dx")
    assert np.isnan(float_array(np.full((2, 3), np.nan), (2, 3), "dx", finite=False)).all()


def test_constant_scores_cannot_judge_a_loss_unless_the_right_ones_are_constant_too():
    different, constant = np.arange(6.0).reshape(3, 2), np.ones((3, 2))
    assert tells_rows_apart(different, different)
    assert not tells_rows_apart(constant, different)
    assert tells_rows_apart(constant, constant)


def test_scores_that_leave_all_classes_alike_cannot_judge_a_loss():
    right = np.random.default_rng(0).normal(size=(20, 3))
    for alike in (right[:, :1] + np.zeros((20, 3)), 1e-9 * right):
        assert not tells_rows_apart(alike, right)
    for wrong in (2 * right, np.maximum(right, 0), 0.01 * right):
        assert tells_rows_apart(wrong, right)
    assert tells_rows_apart(np.maximum(right, 0), 1e4 * right)


def findings(*right, failure=None):
    for number, passed in enumerate(right):
        yield claim("result", f"claim {number}", passed, "wrong", expected=1, actual=0)
    if failure is not None:
        raise failure


FAILURE = StudentError("ValueError", "stopped")


@pytest.mark.parametrize(
    ("own", "lent", "is_wrong", "right"),
    [
        ((True, True), (False, False), True, [True, True]),
        ((True, False), (True, True), True, [True, True]),
        ((True, False), (True, True), False, [True, False]),
        ((True, False), (False, True), True, [True, False]),
    ],
    ids=["nothing is wrong", "lent is better", "nothing to lend for", "lent is no better"],
)
def test_a_method_is_lent_where_more_is_right_with_it(own, lent, is_wrong, right):
    found = with_lent_method_if_better(lambda lend: findings(*(lent if lend else own)), lambda: is_wrong)
    assert [finding.passed for finding in found] == right


def test_an_error_of_the_students_own_is_forgotten_only_if_the_lent_method_ends_well():
    def judged(lend):
        return findings(True, True) if lend else findings(True, failure=FAILURE)

    def asks():
        raise FAILURE

    assert [f.passed for f in with_lent_method_if_better(judged, asks)] == [True, True]
    found = with_lent_method_if_better(lambda lend: findings(True, failure=FAILURE), asks)
    assert next(found).passed
    with pytest.raises(StudentError, match="stopped"):
        next(found)
