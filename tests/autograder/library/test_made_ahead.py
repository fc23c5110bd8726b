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
    values = np.arange(6, dtype=np.float32).reshape(2, 3), np.array([os.getpid(), 7])
    yield from (tuple(array[row : row + 1] for array in values) for row in range(2))


@pytest.fixture(autouse=True)
def nothing_ordered(monkeypatch):
    monkeypatch.setattr(made_ahead, "_ordered", {})
    monkeypatch.setattr(threading, "active_count", lambda: 1)  # other tests' threads may still be there


def ordered_with_a_pause() -> int:
    """Order arrays whose last row waits until something is written to the descriptor that is returned."""
    go_on, wait = os.pipe()

    def one_after_the_other():
        first, last = arrays()
        yield first
        os.read(go_on, 1)
        yield last

    made_ahead.order("these", LIKE, one_after_the_other)
    return wait


def test_what_is_ordered_is_made_elsewhere_and_there_for_everybody():
    made_ahead.order("these", LIKE, arrays)
    made_ahead.order("these", LIKE, pytest.fail)  # once
    for _ in range(2):
        values, (process, seven) = made_ahead.ordered("these")
        assert np.array_equal(values, np.arange(6).reshape(2, 3))
        assert (process != os.getpid(), seven) == (True, 7)
        assert not values.flags.writeable
    assert made_ahead.ordered("others") is None


@pytest.mark.parametrize(
    "make",
    [lambda: [(np.zeros(6), np.zeros(2))], lambda: os._exit(1), lambda: [*arrays()][:1]],
    ids=["other", "dies", "too few"],
)
def test_what_could_not_be_made_is_not_there(make):
    made_ahead.order("these", LIKE, make)
    assert made_ahead.ordered("these") is None


def test_the_first_rows_are_there_before_the_others():
    wait = ordered_with_a_pause()
    values, _ = made_ahead.ordered("these", 1)
    assert np.array_equal(values[0], [0, 1, 2])
    assert made_ahead._ordered["these"].made[0] == 1
    os.write(wait, b".")
    values, _ = made_ahead.ordered("these")
    assert np.array_equal(values[1], [3, 4, 5])


def test_nobody_waits_for_a_process_that_makes_no_more(monkeypatch):
    monkeypatch.setattr(made_ahead, "_PATIENCE", 0.3)
    wait = ordered_with_a_pause()
    assert made_ahead.ordered("these") is None
    os.write(wait, b".")


def test_nothing_is_forked_beside_other_threads(monkeypatch):
    monkeypatch.setattr(threading, "active_count", lambda: 2)
    made_ahead.order("these", LIKE, arrays)
    assert made_ahead.ordered("these") is None


def test_images_drawn_ahead_are_those_of_their_seed(monkeypatch):
    monkeypatch.setattr(hidden_images, "DRAWN_IMAGES", 20)
    monkeypatch.setattr(hidden_images, "_DRAWN", (((20, 3072), "float32"), ((20,), "int64")))
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
    in_turn = *images.unseen_in_turn(5), *images.pixels_in_turn(6, 30)
    for one, other, some in zip(expected, drawn, in_turn, strict=True):
        assert np.array_equal(one, other)
        assert one.dtype == other.dtype
        assert np.array_equal(some[3:7], one[3:7])
        assert np.array_equal(some[15:60], one[15:])
        assert len(some) == len(one)


def test_images_that_nobody_draws_ahead_come_in_turn_as_well(monkeypatch):
    monkeypatch.setattr(hidden_images, "_drawn_set", lambda seed: (np.full((8, 2), seed), np.arange(8)))
    images, labels = HiddenImages(OFFLINE).unseen_in_turn(5)
    assert images[2:4].tolist() == [[5, 5], [5, 5]]
    assert labels[6:9].tolist() == [6, 7]


def test_a_fixed_set_comes_in_an_order_that_is_drawn(monkeypatch):
    monkeypatch.setattr(HiddenImages, "unseen", lambda self, seed: (np.arange(50), 2 * np.arange(50)))
    (images, labels), (others, _) = (HiddenImages("somewhere").unseen_in_turn(seed) for seed in (1, 2))
    assert sorted(images[:50]) == list(range(50))
    assert np.array_equal(labels[10:20], 2 * images[10:20])
    assert not np.array_equal(images[:50], others[:50])
