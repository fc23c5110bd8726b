"""Each library in this process has a random state of its own, whatever the others and the grader draw."""

from __future__ import annotations

import numpy as np
import pytest

from autograder.library.own_random_state import OwnRandomState

DRAWN = {
    "nothing": lambda random: 0.0,
    "one normal number": lambda random: random.normal(),  # the other one of its pair is kept
    "two normal numbers": lambda random: random.normal(size=2).sum(),
    "uniform": lambda random: random.rand(),
    "many": lambda random: random.rand(2000).sum(),
    "seeded": lambda random: random.seed(5) or random.rand(),
}


def same(one, other):
    return repr(one) == repr(other) and np.array_equal(one["state"]["key"], other["state"]["key"])


@pytest.fixture(autouse=True)
def outside():
    before = np.random.get_state(legacy=False)
    yield
    np.random.set_state(before)


@pytest.mark.parametrize("first", DRAWN)
@pytest.mark.parametrize("then", DRAWN)
@pytest.mark.parametrize("between", ["nothing", "one normal number"])
def test_two_libraries_and_the_grader_draw_as_if_each_were_alone(first, then, between):
    own = {seed: (OwnRandomState(seed), np.random.RandomState(seed)) for seed in (1, 2)}
    alone = np.random.RandomState(3)
    np.random.seed(3)
    for _ in range(2):
        for name in (first, then, "uniform", "one normal number"):
            for state, expected in own.values():
                with state.in_place():
                    assert DRAWN[name](np.random) == DRAWN[name](expected)
        assert DRAWN[between](np.random) == DRAWN[between](alone)
        assert same(np.random.get_state(legacy=False), alone.get_state(legacy=False))


def test_an_error_leaves_both_as_they_are():
    state, expected = OwnRandomState(1), np.random.RandomState(1)
    before = np.random.get_state(legacy=False)

    def draw_and_stop():
        with state.in_place():
            assert np.random.rand() == expected.rand()
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        draw_and_stop()
    assert same(np.random.get_state(legacy=False), before)
    with state.in_place():
        assert np.random.rand() == expected.rand()


def test_what_is_not_drawn_from_is_not_set(monkeypatch):
    state = OwnRandomState(1)
    np.random.seed(4)
    with state.in_place():
        pass
    monkeypatch.setattr(np.random, "set_state", pytest.fail)
    monkeypatch.setattr(np.random, "get_state", pytest.fail)
    with state.in_place():
        pass
    assert np.random.rand() == np.random.RandomState(4).rand()
