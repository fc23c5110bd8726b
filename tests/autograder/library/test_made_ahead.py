"""Arrays that another process makes are those that would have been made here."""

from __future__ import annotations

import os
import threading

import numpy as np
import pytest

from autograder.judging import hidden_images
from autograder.judging.hidden_images import OFFLINE, HiddenImages
from autograder.library import made_ahead

LIKE = (((2, 3), "float32"), ((2,), "int64"))


def arrays():
    return np.arange(6, dtype=np.float32).reshape(2, 3), np.array([os.getpid(), 7])


@pytest.fixture(autouse=True)
def nothing_ordered(monkeypatch):
    monkeypatch.setattr(made_ahead, "_ordered", {})
    monkeypatch.setattr(threading, "active_count", lambda: 1)  # other tests' threads may still be there


def test_what_is_ordered_is_made_elsewhere_and_there_for_everybody():
    made_ahead.order("these", LIKE, arrays)
    made_ahead.order("these", LIKE, pytest.fail)  # once
    for _ in range(2):
        values, (process, seven) = made_ahead.ordered("these")
        assert np.array_equal(values, arrays()[0])
        assert (process != os.getpid(), seven) == (True, 7)
        assert not values.flags.writeable
    assert made_ahead.ordered("others") is None


@pytest.mark.parametrize(
    "make", [lambda: (np.zeros(6), np.zeros(2)), lambda: os._exit(1)], ids=["other", "dies"]
)
def test_what_could_not_be_made_is_not_there(make):
    made_ahead.order("these", LIKE, make)
    assert made_ahead.ordered("these") is None


def test_nothing_is_forked_beside_other_threads(monkeypatch):
    monkeypatch.setattr(threading, "active_count", lambda: 2)
    made_ahead.order("these", LIKE, arrays)
    assert made_ahead.ordered("these") is None


def test_images_drawn_ahead_are_those_of_their_seed(monkeypatch):
    monkeypatch.setattr(hidden_images, "DRAWN_IMAGES", 20)
    monkeypatch.setattr(
        hidden_images, "_DRAWN", (((20, 3072), "float32"), ((20,), "int64"), ((3072,), "float32"))
    )
    monkeypatch.setattr(hidden_images, "_mean_image", lambda source: np.full(3072, 3.0, np.float32))
    images = HiddenImages(OFFLINE)
    hidden_images._drawn_set.cache_clear()
    expected = *images.unseen(5), *images.unseen_pixels(6, 30)
    for cached in (hidden_images._drawn_set, hidden_images._pixels):
        cached.cache_clear()
    images.prepare([(5, 0), (6, 30)])
    drawn = *images.unseen(5), *images.unseen_pixels(6, 30)
    for cached in (hidden_images._drawn_set, hidden_images._pixels):
        cached.cache_clear()
    assert made_ahead._ordered.keys() == {5, (6, 30)}
    assert not any(array.flags.writeable for array in drawn)
    for one, other in zip(expected, drawn, strict=True):
        assert np.array_equal(one, other)
        assert one.dtype == other.dtype
