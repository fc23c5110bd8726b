"""A known mistake is named by its values, and nothing else is."""

from __future__ import annotations

import types

import numpy as np
import pytest

from .samples import doubles, library, run


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


def test_the_mistake_that_explains_most_is_named_and_of_equal_ones_the_first():
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


def test_an_exception_is_recognised_by_its_type_and_message():
    def fails(x):
        raise ValueError("3 is too many")

    def fails_otherwise(x):
        raise ValueError("4 is too many")

    assert named(fails, known("fails", fails)) == [("fails", ["small", "large"])]
    assert named(fails_otherwise, known("fails", fails)) == []
