"""What is kept of a value is bounded, whatever a submission sends."""

from __future__ import annotations

import time

import numpy as np
import pytest

from autograder.library.kept import LARGEST, SMALL, Described, kept, same_array, size
from autograder.library.replies import same_values
from nndl.diagnosis import describe

SMALL_VALUES = [None, True, 1.5, "text", np.ones(100), {"W": np.ones((3, 2))}, [1, (2, "x")], 1 << 400]


@pytest.mark.parametrize("value", SMALL_VALUES, ids=str)
def test_a_small_value_is_kept(value):
    assert kept(value) is value


@pytest.mark.parametrize(
    "value",
    [
        np.ones(SMALL),
        "x" * (SMALL + 1),
        [0.0] * 90_000,
        {str(i): i for i in range(5000)},
        [np.ones(1000)] * 100,
        1 << (16 * SMALL),
        {"a": [[[np.ones(SMALL)]]]},
    ],
    ids=lambda value: type(value).__name__,
)
def test_a_large_value_is_described(value):
    stand_in = kept(value, np.ones(3))
    assert isinstance(stand_in, Described)
    assert describe(stand_in) == describe(value)
    assert same_values(stand_in, kept(value))
    assert not same_values(stand_in, 1.0)


def test_a_value_as_large_as_the_right_one_is_kept():
    right, wrong = np.ones(SMALL), np.zeros(2 * SMALL)
    assert kept(wrong, right) is wrong
    assert isinstance(kept(np.zeros(LARGEST), np.ones(LARGEST)), Described)


def test_a_small_piece_does_not_keep_the_whole():
    piece = kept(np.ones(LARGEST)[:3])
    assert piece.base is None
    assert piece.tolist() == [1, 1, 1]


def test_different_values_have_different_stand_ins():
    assert kept(np.ones(SMALL)) != kept(np.zeros(SMALL))
    assert kept([0.0] * 90_000) != kept([0.0] * 90_001)


def test_the_time_to_count_does_not_grow_with_the_value():
    def seconds(length: int) -> float:
        value = [[0.0] * 1000] * length
        start = time.perf_counter()
        assert size(value, SMALL) > SMALL
        return time.perf_counter() - start

    seconds(10)
    assert seconds(100_000) < max(10 * seconds(1000), 0.01)


def test_only_arrays_that_cannot_be_told_apart_are_the_same():
    one = np.arange(6.0).reshape(2, 3)
    assert same_array(one, one.copy())
    for other in (one.astype(np.float32), one.T, one + 1, [1.0], None, np.where(one == 0, -0.0, one)):
        assert not same_array(one, other)
