"""A known mistake is named by its values, and nothing else is."""

from __future__ import annotations

import itertools
import types

import numpy as np
import pytest

from autograder.judging.check import check
from autograder.judging.compare import close, keep, keeps_dtype
from autograder.judging.recognise import recognise
from autograder.judging.run_case import CheckRun
from autograder.milestone import Milestone

from .samples import double, doubles, library, run


def known(name, function, concerns=("doubles",), simple=False):
    """Return a named bug that gives what ``function`` gives."""
    wrong = library(double=function)
    return types.SimpleNamespace(
        name=name,
        concerns=concerns,
        explanation=f"Explains {name}.",
        hint="Why?",
        simple=simple,
        edited=types.SimpleNamespace(library=lambda milestone: wrong),
    )


def triples_large(x):
    return np.where(np.abs(x).max() > 1e3, 3 * x, 2 * x)


TRIPLES = known("triples", lambda x: 3 * x)
TRIPLES_LARGE = known("triples_large", triples_large)


def named(function, *bugs):
    return [(bug.name, parts) for bug, parts in run(doubles, library(double=function), bugs=bugs).bugs]


def test_the_mistake_that_explains_most_is_named():
    assert named(lambda x: x + 2 * x, TRIPLES_LARGE, TRIPLES) == [("triples", ["small", "large"])]
    assert named(triples_large, TRIPLES_LARGE, TRIPLES) == [("triples_large", ["large"])]


def test_a_mistake_is_named_by_its_values_and_not_by_failing_alike():
    assert named(lambda x: 4 * x, TRIPLES, TRIPLES_LARGE) == []


def test_a_mistake_of_another_check_is_not_named():
    assert named(lambda x: 3 * x, known("triples", lambda x: 3 * x, concerns=("another",))) == []


def test_an_explanation_stands_in_front_of_the_message():
    result = run(doubles, library(double=triples_large), bugs=[TRIPLES_LARGE])
    assert result.message == "large: Explains triples_large. Why?"


def stub(x):
    raise NotImplementedError("double: write this part (nndl/x.py, milestone m)")


def unreadable(x):
    raise SyntaxError("invalid syntax")


@pytest.mark.parametrize("function", [stub, unreadable])
def test_code_that_is_missing_or_cannot_be_read_shows_no_mistake(function):
    assert named(function, known("the_same", function)) == []


def test_an_exception_alone_shows_no_mistake():
    def fails(x):
        raise ValueError("3 is too many")

    assert named(fails, known("fails", fails)) == []


def test_an_answer_of_another_kind_shows_no_mistake_and_stops_nothing():
    nested = [np.arange(3), {"a": np.zeros(2)}]
    assert named(lambda x: nested, known("nested", lambda x: nested)) == []
    assert named(lambda x: None, known("nothing", lambda x: None)) == []
    assert named(lambda x: np.full(2, np.nan), known("not_a_number", lambda x: np.full(2, np.nan))) == []


def test_rounding_to_float32_is_no_mistake_that_is_as_small():
    def slightly(x):
        return 2 * x * (1 + 3e-8)

    def rounded(x):
        return (2 * x).astype(np.float32).astype(np.float64)

    assert named(slightly, known("slightly", slightly)) == [("slightly", ["small", "large"])]
    assert named(rounded, known("slightly", slightly)) == []


def test_half_of_a_mistake_is_not_that_mistake():
    """The other half would be wrong in another way: a second mistake, or none of the two."""

    def triples_and_more(x):
        return np.where(np.abs(x).max() > 1e3, 3 * x, 5 * x)

    assert named(triples_and_more, TRIPLES) == []
    assert named(triples_and_more, TRIPLES_LARGE) == [("triples_large", ["large"])]
    assert named(triples_and_more, TRIPLES_LARGE, TRIPLES) == []  # either of them, with a second mistake


def test_a_mistake_that_would_cost_a_passed_check_is_not_there():
    both = known("triples", lambda x: 3 * x, concerns=("doubles", "another"))
    check_run = CheckRun(doubles, library(double=double, is_reference=True), 3, Milestone("m", "M"))
    records = run(doubles, library(double=lambda x: 3 * x)).records
    assert recognise(check_run, records, [both]) == [(both, ["small", "large"])]
    assert recognise(check_run, records, [both], passed=["another"]) == []


def test_names_do_not_depend_on_the_order():
    twin = known("a_twin", lambda x: x + 2 * x)
    bugs = [TRIPLES, TRIPLES_LARGE, twin, known("doubles_small", lambda x: 2 * x + 1)]
    for some in itertools.permutations(bugs):
        both = [("a_twin", ["small", "large"]), ("triples", ["small", "large"])]
        assert named(lambda x: 3 * x, *some) == both
    result = run(doubles, library(double=lambda x: 3 * x), bugs=[TRIPLES, twin])
    assert result.message == "small, large: Explains a_twin. Why? Or: Explains triples. Why?"


def test_work_that_does_nothing_is_named_instead_of_a_mistake_with_the_same_values():
    nothing = known("gives_back_its_input", lambda x: x, concerns=(), simple=True)
    assert named(lambda x: x, known("halves", lambda x: x), nothing) == [
        ("gives_back_its_input", ["small", "large"])
    ]
    assert named(lambda x: 3 * x, TRIPLES, nothing) == [("triples", ["small", "large"])]


def test_a_function_that_passed_its_own_checks_does_something():
    nothing = known("gives_back_its_input", lambda x: x, concerns=("one", "other"), simple=True)
    check_run = CheckRun(doubles, library(double=double, is_reference=True), 3, Milestone("m", "M"))
    records = run(doubles, library(double=lambda x: x)).records
    assert recognise(check_run, records, [nothing], passed=["one"]) == [(nothing, ["small", "large"])]
    assert recognise(check_run, records, [nothing], passed=["one", "other"]) == []


def test_what_is_said_of_a_dtype_shows_no_mistake():
    """ReLU's way back that is right but for its dtype is not the one that forgets the chain rule."""

    @check(points=1)
    def keeps_float32(trial):
        """The dtype stays."""
        yield keeps_dtype("result", "the output", trial.student.double(np.ones(2, np.float32)), np.float32)

    wide = known("ones", lambda x: np.ones(2), concerns=("keeps_float32",))
    result = run(keeps_float32, library(double=lambda x: 2.0 * x.astype(np.float64)), bugs=[wide])
    assert (result.verdict, result.bugs) == ("failed", [])


def test_a_mistake_about_the_dtype_alone_is_named_where_the_numbers_are_right():
    @check(points=1, parts=("value", "float32 kept"))
    def keeps_float32(trial):
        """The dtype stays."""
        out = trial.student.double(np.ones(2, np.float32))
        yield from close({"value": (out, 2 * np.ones(2, np.float32))})
        yield keeps_dtype("float32 kept", "the output", out, np.float32)

    wide = known("wide", lambda x: 2 * x.astype(np.float64), concerns=("keeps_float32",))
    wrong = known("ones", lambda x: np.ones(2), concerns=("keeps_float32",))
    result = run(keeps_float32, library(double=lambda x: 2.0 * x.astype(np.float64)), bugs=[wide, wrong])
    assert [(bug.name, parts) for bug, parts in result.bugs] == [("wide", ["float32 kept"])]


def test_an_argument_that_was_changed_shows_how():
    @check(points=1)
    def leaves_x(trial):
        """The argument stays."""
        kept = keep(trial.student, x=trial.draw.normal(3))
        trial.student.double(*kept)
        yield from kept.unchanged("result")

    def negates(x):
        x *= -1
        return 2 * x

    def doubles_in_place(x):
        x *= 2
        return x

    bug = known("doubles_in_place", doubles_in_place, concerns=("leaves_x",))
    assert [b.name for b, _ in run(leaves_x, library(double=doubles_in_place), bugs=[bug]).bugs] == [bug.name]
    assert run(leaves_x, library(double=negates), bugs=[bug]).bugs == []


def test_an_array_that_is_cut_to_nothing_tells_by_its_shape():
    """A slice ``[0:-0]`` is empty: no number is left to compare, but the shape is that of no other mistake."""

    def cut(x):
        return (2 * x)[: len(x) if np.abs(x).max() > 1e3 else 0, None]

    def empty(x):
        return np.zeros(0)

    assert named(cut, known("cut", cut)) == [("cut", ["small", "large"])]
    assert named(empty, known("empty", empty)) == []


# words, lists and dicts


@check(points=2, parts=("words",), cases=({"n": 3}, {"n": 5}), tests=("double",))
def says_words(trial, *, n):
    """`double` gives every word twice."""
    words = trial.draw.shuffled("abcdefgh"[:n])
    yield from close({"the words": trial.both("double", words)}, part="words")


def twice(words):
    return [2 * word for word in words]


WORDS = library(double=twice, is_reference=True)
REVERSED = known("reversed", lambda words: twice(words)[::-1], concerns=("says_words",))
EMPTY = known("empty", lambda words: [], concerns=("says_words",))
NEVER = known("never", lambda words: None, concerns=("says_words",))


@pytest.mark.parametrize(
    ("function", "names"),
    [
        (lambda words: [word + word for word in reversed(words)], ["reversed"]),
        (lambda words: [3 * word for word in words], []),
        (lambda words: [], []),  # says too little
        (lambda words: None, []),
        (lambda words: tuple(twice(words)), []),
    ],
    ids=["the mistake", "another one", "empty", "nothing", "another form"],
)
def test_a_mistake_is_named_by_words_as_by_numbers(function, names):
    result = run(says_words, library(double=function), WORDS, bugs=[REVERSED, EMPTY, NEVER])
    assert result.verdict == "failed"
    assert [bug.name for bug, _ in result.bugs] == names


def test_float32_added_in_another_order_is_the_same_mistake():
    @check(points=1, cases=({"dtype": "float64"}, {"dtype": "float32"}))
    def sums(trial, *, dtype):
        """`total` adds up its rows."""
        x = trial.draw.normal(500, 20).astype(dtype)
        yield from close({"total(x)": trial.both("total", x)}, part="result", rtol=1e-4)

    def backwards(x):
        total = np.zeros_like(x[0])
        for row in x[:0:-1]:  # forgets the first row, as the known mistake does
            total += row
        return total

    wrong = library(total=lambda x: x[1:].sum(0))
    assert np.abs(backwards(np.ones((3, 2))) - 2).max() == 0
    bug = known("first_row_left_out", None, concerns=("sums",))
    bug.edited = types.SimpleNamespace(library=lambda milestone: wrong)
    right = library(total=lambda x: x.sum(0), is_reference=True)
    result = run(sums, library(total=backwards), right, bugs=[bug])
    assert [bug.name for bug, _ in result.bugs] == ["first_row_left_out"]
    assert run(sums, library(total=lambda x: x[:-1].sum(0)), right, bugs=[bug]).bugs == []


@check(points=4, parts=("values",), demands=("negative",), cases=({"n": 2}, {"n": 3, "demand": "negative"}))
def doubles_of_all(trial, *, n):
    """`double` doubles numbers of either sign."""
    x = np.abs(trial.draw.normal(n)) * (1 if n == 2 else -1)
    yield from close({"double(x)": trial.both("double", x)}, part="values")


def test_a_mistake_is_named_beside_a_stop_in_the_case_of_a_demand():
    triples = known("triples", lambda x: 3 * x, concerns=("doubles_of_all",))

    def stops(x, factor=3):
        if (x < 0).any():
            raise ValueError("negative")
        return factor * x

    def given(function):
        found = run(doubles_of_all, library(double=function), bugs=[triples]).bugs
        return [(bug.name, parts) for bug, parts in found]

    assert given(stops) == [("triples", ["values"])]
    assert given(lambda x: stops(x, 4)) == []
    # other numbers there are another mistake, or no such one
    assert given(lambda x: np.where(x < 0, 5 * x, 3 * x)) == []


def test_work_that_does_nothing_is_not_named_for_a_part_of_it_that_another_mistake_gives_too():
    """It would do more than what came, and what came tells the two mistakes apart in no part."""
    nothing = known("nothing", lambda x: x, simple=True)
    small_only = known("small_only", lambda x: np.where(np.abs(x).max() > 1e3, 5 * x, x))

    def small_and_another(x):
        return np.where(np.abs(x).max() > 1e3, 7 * x, x)

    assert named(small_and_another, nothing) == [("nothing", ["small"])]
    assert named(small_and_another, nothing, small_only) == []
    assert named(lambda x: x, nothing, small_only) == [("nothing", ["small", "large"])]


def test_an_axis_that_is_lost_in_one_part_does_not_hide_the_mistake_in_the_others():
    def squeezed(x):
        return (3 * x)[None] if np.abs(x).max() > 1e3 else 3 * x

    assert named(squeezed, TRIPLES) == [("triples", ["small"])]
    assert named(lambda x: (4 * x)[None] if np.abs(x).max() > 1e3 else 3 * x, TRIPLES) == []
