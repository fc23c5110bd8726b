"""Making a failing case smaller: it goes on failing, ends as small as it can get, and keeps to its budget."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from autograder.explain.shrink import (
    CaseInput,
    ScriptedDraw,
    SearchBudget,
    nudged,
    shrink,
    smaller_arguments,
)
from autograder.judging.check import Draw, check
from autograder.judging.compare import claim

PATH = (5, "m", "c", 0)


@check(points=1, cases=({"n": 6, "shape": (3, 4), "at_zero": True},))
def body(trial, *, n, shape, reg=0.5, at_zero=False):
    """A claim."""
    yield claim("result", "x", True, "", expected=1, actual=1)


def smallest(case, draws, wrong, replays=500):
    """Shrink a case that draws what ``draws(draw, **case)`` says and fails where ``wrong`` of that is true."""
    played = []

    def fails(tried):
        draw = ScriptedDraw(PATH, tried.choices)
        values = draws(draw, **tried.case)
        played.append(tried)
        return draw.drawn if wrong(values, **tried.case) else None

    start = CaseInput(case)
    drawn = fails(start)
    assert drawn is not None, "the start has to fail"
    best = shrink(start, drawn, fails, body, SearchBudget(replays, seconds=30))
    assert fails(best) is not None
    assert len(played) <= replays + 2
    return best, draws(ScriptedDraw(PATH, best.choices), **best.case)


def test_sizes_end_where_the_mistake_begins():
    case = {"n": 6, "shape": (3, 4, 2)}
    best, values = smallest(
        case, lambda d, n, shape: d.normal(n, *shape), lambda x, n, shape: n >= 2 and len(shape) >= 1
    )
    assert (best.case["n"], best.case["shape"]) == (2, (1,))
    np.testing.assert_array_equal(values, [[2.0], [1.0]])


def test_arguments_with_a_default_go_and_others_stay():
    case = {"n": 1, "shape": [1], "reg": 0.7, "at_zero": True, "dtype": "float32"}
    best, _ = smallest(case, lambda d, **c: d.normal(1), lambda x, **c: "n" in c and "shape" in c)
    assert best.case == {"n": 1, "shape": [], "dtype": "float32"}
    kept, _ = smallest(case, lambda d, **c: d.normal(1), lambda x, **c: c.get("at_zero", False))
    assert kept.case["at_zero"] is True


def test_numbers_become_small_integers_with_their_signs_where_these_matter():
    _, free = smallest({}, lambda d: d.normal(2, 3), lambda x: True)
    assert sorted(free.ravel()) == [1, 2, 3, 4, 5, 6]
    _, mixed = smallest({}, lambda d: d.normal(40), lambda x: (x < 0).any())
    assert (mixed < 0).any()
    assert set(np.abs(mixed)) == set(range(1, 41))
    _, small = smallest({}, lambda d: d.normal(5), lambda x: np.abs(x).max() < 3)
    assert 0 < np.abs(small).max() < 3
    assert np.array_equal(small, np.round(small, 1))


def test_other_draws_become_plain_inside_of_their_ranges():
    def draws(draw):
        return draw.labels(4, 3), draw.integer(2, 9), draw.uniform(0.3, 2.0), draw.uniform(-1, 1), draw.seed()

    _, (labels, integer, uniform, other, seed) = smallest({}, draws, lambda values: True)
    assert (list(labels), integer, uniform, other, seed) == ([0, 0, 0, 0], 2, 1.0, 0.0, 0)
    _, (labels, *_) = smallest({}, draws, lambda values: len(set(values[0])) == 3)
    assert list(labels) == [0, 1, 2, 0]


def test_the_budget_ends_the_search():
    case = {"n": 10**6, "shape": tuple(range(50, 90))}
    best, _ = smallest(case, lambda d, n, shape: d.normal(2), lambda x, **c: True, replays=7)
    assert best.case != case
    assert not SearchBudget(5, seconds=0).spend()
    assert not SearchBudget(0, seconds=9).spend()
    budget = SearchBudget(1, seconds=9)
    assert [budget.spend(), budget.spend(), budget.used] == [True, False, 1]
    budget.start()
    assert budget.spend()


def test_without_prescriptions_the_draws_are_those_of_the_check():
    plain, scripted = Draw(*PATH), ScriptedDraw(PATH, {})
    values = [
        [draw.normal(2, scale=3.0), draw.labels(3, 4), draw.integer(0, 99), draw.uniform(1, 2)]
        for draw in (plain, scripted)
    ]
    for a, b in zip(*values, strict=True):
        np.testing.assert_array_equal(a, b)
    assert [drawn.method for drawn in scripted.drawn] == ["normal", "labels", "integer", "uniform"]


@pytest.mark.parametrize(
    ("choice", "want"),
    [
        (np.arange(6.0).reshape(2, 3), [[0, 1]]),  # cut to what is asked for
        (np.arange(3.0).reshape(1, 3), [[0, 1]]),
        (np.arange(2.0), None),  # another number of axes
        (np.zeros((1, 1)), None),  # too small
        (7, None),
    ],
)
def test_a_prescription_that_does_not_fit_is_left_out(choice, want):
    got = ScriptedDraw(PATH, {0: choice}).normal(1, 2)
    np.testing.assert_array_equal(got, Draw(*PATH).normal(1, 2) if want is None else want)


def test_a_prescription_out_of_range_is_left_out():
    draw, plain = ScriptedDraw(PATH, {0: np.array([5, 5]), 1: 40, 2: -3.0}), Draw(*PATH)
    np.testing.assert_array_equal(draw.labels(2, 3), plain.labels(2, 3))
    assert draw.integer(0, 9) == plain.integer(0, 9)
    assert draw.uniform(0, 1) == plain.uniform(0, 1)


def test_what_was_prescribed_cannot_be_changed_by_a_check():
    choice = np.ones(2)
    draw = ScriptedDraw(PATH, {0: choice})
    draw.normal(2)[:] = 9
    np.testing.assert_array_equal(choice, 1)
    np.testing.assert_array_equal(draw.drawn[0].value, 1)


def test_nudged_values_lie_on_either_side():
    choices: dict[int, Any] = {0: np.array([1.0, -1.0]), 2: 3, 5: np.array([1, 2])}
    above, below = nudged(choices)
    assert (above[2], list(above[5])) == (3, [1, 2])
    np.testing.assert_allclose((above[0] + below[0]) / 2, choices[0])
    assert (np.abs(above[0] - choices[0]) > 0).all()


@pytest.mark.parametrize(
    ("value", "first"),
    [
        (8, 1),
        (2, 1),
        (1, None),
        (True, False),
        (False, None),
        (0.7, 0.0),
        (0.0, None),
        ("text", None),
        ((), None),
    ],
)
def test_smaller_arguments(value, first):
    found = list(smaller_arguments(value))
    assert (found[0] if found else None) == first
    assert value not in found


def test_every_case_of_every_check_can_be_made_smaller_or_is_small():
    from autograder.judging import milestone_content
    from autograder.sources import Sources

    for milestone in Sources().milestones:
        for each in milestone_content.checks(milestone):
            for case in each.cases:
                for value in case.values():
                    assert all(type(smaller) is type(value) for smaller in smaller_arguments(value))
