"""When a hand-in has its result, and how many graders would have been enough."""

from __future__ import annotations

import threading
import time

import pytest

from autograder.service.pace import (
    Place,
    Timing,
    UnderWay,
    enough,
    patience,
    places,
    replayed,
    speed,
    usual,
)
from autograder.service.queue import Places


def test_the_place_in_the_queue_and_the_time_to_the_result():
    queue = [UnderWay("a", "m", 7.0), *(UnderWay(name, "m", None) for name in "bcd")]
    found = places(queue, {"m": usual([4.0])}, 2, now=10.0)
    # a grader is free now, the other one after a, in a second
    assert {name: (one.position, one.seconds) for name, one in found.items()} == {
        "b": (2, 4.0), "c": (3, 5.0), "d": (4, 8.0),
    }  # fmt: skip
    assert found["d"] == Place(4, 8.0, 8.0, 8.0)  # all take the same


def test_a_milestone_without_results_counts_as_the_others_do():
    queue = [UnderWay("a", "new", None), UnderWay("b", "known", None)]
    assert places(queue, {"new": None, "known": usual([3.0])}, 1, 0.0)["b"] == Place(2, 6.0, 6.0, 6.0)
    assert places(queue, {"new": None, "known": None}, 1, 0.0)["b"] == Place(2)


def test_what_takes_longer_than_usual_is_done_soon():
    queue = [UnderWay("a", "m", 0.0), UnderWay("b", "m", None)]
    assert places(queue, {"m": usual([2.0])}, 1, now=60.0)["b"].seconds == 2.0


def test_a_range_tells_four_of_five():
    took = [1.0] * 2 + [2.0] * 16 + [9.0] * 2
    queue = [UnderWay(str(number), "m", None) for number in range(41)]
    found = places(queue, {"m": usual(took)}, 1, 0.0)
    assert found["0"] == Place(1, 2.0, 2.0, 2.0)  # nine tenths take no longer
    last = found["40"]
    assert last.seconds == pytest.approx(40 * 2.3 + 2.0, abs=0.1)  # 9 is cut at 6
    assert last.earliest < last.seconds < last.latest
    assert last.latest - last.earliest == pytest.approx(2 * 1.28 * usual(took).spread * 40**0.5, abs=0.2)


def test_a_speed_is_measured_while_all_have_work():
    each = {"m": usual([4.0])}
    # four are handed in together, and two of them done every two seconds
    quick = [Timing("m", 0.0, 2.0 + 2.0 * (number // 2)) for number in range(20)]
    assert speed(quick, each, 2) == pytest.approx(2.0, rel=0.15)
    assert speed(quick[:6], each, 2) == 1.0  # too short a time to tell
    assert speed([Timing("m", 0.0, 1e6 + number) for number in range(20)], each, 2) == pytest.approx(
        2.0, rel=0.3
    )
    assert speed([], each, 2) == 1.0
    queue = [UnderWay(name, "m", None) for name in "ab"]
    assert places(queue, each, 1, 0.0, 2.0)["b"].seconds == 6.0


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
    assert usual([]) is None
    took = [1.0] * 9 + [30.0]
    assert patience(took) == 3.0
    assert usual(took).place == pytest.approx(1.2)
    assert patience([4.0] * 9 + [30.0]) == 12.0
    # of three that are graded in two places, the one that began long ago has made room
    queue = [UnderWay(n, "m", at) for n, at in (("a", 0.0), ("b", 99.0), ("c", 99.0))]
    assert places([*queue, UnderWay("d", "m", None)], {"m": usual([4.0])}, 2, now=100.0)["d"].seconds == 7.0


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
