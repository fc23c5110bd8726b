"""When a hand-in takes far longer than usual, and how many graders would have been enough."""

from __future__ import annotations

import threading
import time

import pytest

from autograder.service.pace import enough, patience, replayed
from autograder.service.queue import Places


def test_a_peak_once_more_with_other_graders():
    arrivals, takes = [0.0, 0.0, 1.0, 30.0], [2.0] * 4
    assert replayed(arrivals, takes, 1) == [2.0, 4.0, 5.0, 2.0]
    assert replayed(arrivals, takes, 2) == [2.0, 2.0, 3.0, 2.0]
    assert [enough(arrivals, takes, longest) for longest in (5.0, 4.0, 2.0, 0.0)] == [1, 2, 3, 3]


@pytest.mark.parametrize("count", [1, 200])
def test_nobody_waits_longer_than_one_alone(count):
    assert enough([0.0] * count, [100.0] * count) == count


def test_what_takes_far_longer_than_usual_keeps_its_place_only_so_long():
    assert patience([]) > 10
    assert patience([1.0] * 9 + [30.0]) == 3.0
    assert patience([4.0] * 9 + [30.0]) == 12.0


def test_who_takes_long_makes_room_for_another_once():
    places = Places(1)
    over, begun = threading.Event(), []

    def do(name, seconds):
        with places.one() as give_away_after:
            give_away_after(seconds)
            begun.append(name)
            over.wait(10)

    def wait_for(names):
        until = time.monotonic() + 10
        while begun != names and time.monotonic() < until:
            time.sleep(0.01)
        assert begun == names

    slow = [threading.Thread(target=do, args=(name, seconds)) for name, seconds in (("a", 0.2), ("b", 60.0))]
    for number, thread in enumerate(slow):
        thread.start()
        wait_for(["a", "b"][: number + 1])
    third = threading.Thread(target=do, args=("c", 60.0))
    third.start()
    time.sleep(0.3)
    assert begun == ["a", "b"]  # the place of b is not given away
    over.set()
    for thread in (*slow, third):
        thread.join(10)
    assert begun == ["a", "b", "c"]
    with places.one(), pytest.raises(AssertionError):
        assert places._free.acquire(timeout=0.05)  # one place, as at first
