"""Answers that are computed once for a class are the answers that would be computed."""

from __future__ import annotations

import numpy as np
import pytest

from autograder.failures import ReferenceFailure
from autograder.library import shared_answers
from autograder.library.local import reference_library
from autograder.library.shared_answers import Answers, SharedLibrary
from autograder.sources import Sources

MILESTONE = Sources().milestone("two_layer_net")
X = np.arange(12.0).reshape(3, 4)


@pytest.fixture
def counted():
    made = []

    def make():
        made.append(1)
        return reference_library(MILESTONE, random=3)

    return make, made


def ask(library, scale=1.0):
    """Ask for what depends on the random state, on an object and on its arguments."""
    library.begin_case()
    net = library.make("TwoLayerNet", 4, 5, 3)
    start = net.get("params")
    net.set_item("params", "W1", scale * np.ones((5, 4)))
    return start, net.loss(X), library.random_numbers(2)


def same(one, other):
    params, *values = one
    others, *other_values = other
    for name in params:
        np.testing.assert_array_equal(params[name], others[name])
    for a, b in zip(values, other_values, strict=True):
        np.testing.assert_array_equal(a, b)


def test_what_was_asked_before_is_answered_from_memory(counted):
    make, made = counted
    answers = Answers()
    first = ask(SharedLibrary(make, answers))
    before = len(made)
    again = ask(SharedLibrary(make, answers))
    same(first, again)
    same(first, ask(make()))
    assert len(made) == before + 2  # one for the names of its api, and the one of the line above


def test_a_value_of_the_students_in_the_middle_finds_the_objects_that_came_before(counted):
    make, _ = counted
    answers = Answers()
    ask(SharedLibrary(make, answers))
    same(ask(SharedLibrary(make, answers), scale=2.0), ask(make(), scale=2.0))


def test_a_request_too_large_to_be_remembered_is_answered_all_the_same(counted, monkeypatch):
    """It meets the objects that came before, and what is asked after it is not remembered either."""
    make, _ = counted
    answers = Answers()
    monkeypatch.setattr(shared_answers, "LARGEST", 8 * X.size - 1)
    for _ in range(2):
        same(ask(SharedLibrary(make, answers)), ask(make()))
    monkeypatch.setattr(shared_answers, "LARGEST", 1 << 20)
    remembered = answers.size
    same(ask(SharedLibrary(make, answers)), ask(make()))
    assert 0 < remembered < answers.size


def test_a_check_that_changes_its_arrays_later_does_not_change_what_was_asked(counted):
    make, _ = counted
    library = SharedLibrary(make, Answers())
    for _ in range(2):
        library.begin_case()
        x = X.copy()
        kept = library.put(x)
        x += 1
        np.testing.assert_array_equal(library.fetch(kept), X)


def test_an_answer_that_is_changed_is_not_changed_for_the_next(counted):
    make, _ = counted
    library = SharedLibrary(make, Answers())
    for _ in range(2):
        _, scores, _ = ask(library)
        assert scores[0, 0] != 99
        scores[:] = 99


def test_an_error_is_an_error_every_time(counted):
    make, _ = counted
    library = SharedLibrary(make, Answers())
    for _ in range(2):
        library.begin_case()
        net = library.make("TwoLayerNet", 4, 5, 3)
        with pytest.raises(ReferenceFailure):
            net.loss(np.ones((2, 7)))
        assert net.loss(X).shape == (3, 3)


def test_what_was_not_asked_for_longest_is_dropped():
    answers = Answers(capacity=100)
    for name in "abc":
        answers.keep(name, name.upper(), 40)
    assert (answers.find("a"), answers.find("b"), answers.find("c"), answers.size) == (None, "B", "C", 80)
    answers.find("b")
    answers.keep("d", "D", 40)
    assert (answers.find("b"), answers.find("c")) == ("B", None)
