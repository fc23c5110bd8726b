"""When each hand-in in the queue has its result."""

from __future__ import annotations

import heapq
import random
from statistics import median

import pytest

from autograder.service.foretelling import Place, pickup, places, speed
from autograder.service.pace import patience
from autograder.service.store import Timing, UnderWay


def waiting(names, milestone="m", received=0.0):
    return [UnderWay(name, milestone, received, None) for name in names]


def test_the_place_in_the_queue_and_the_time_to_the_result():
    found = places([UnderWay("a", "m", 7.0, 7.0), *waiting("bcd")], {"m": [4.0]}, 2, now=10.0)
    # a grader is free now, the other one after a, in a second
    assert {name: (one.position, one.seconds) for name, one in found.items()} == {
        "b": (2, 4.0), "c": (3, 5.0), "d": (4, 8.0),
    }  # fmt: skip
    assert found["d"] == Place(4, 8.0, 8.0, 8.0)  # all take the same


def test_a_milestone_without_results_counts_as_the_slowest_does():
    queue = [*waiting("a", "new"), *waiting("b", "known")]
    assert places(queue, {"new": [], "known": [3.0], "quick": [1.0]}, 1, 0.0)["b"] == Place(2, 6.0, 6.0, 6.0)
    assert places(queue, {"new": [], "known": []}, 1, 0.0)["b"] == Place(2)


def test_what_takes_longer_than_usual_is_done_soon():
    assert (
        places([UnderWay("a", "m", 0.0, 0.0), *waiting("b")], {"m": [2.0]}, 1, now=60.0)["b"].seconds == 2.0
    )


def test_what_is_graded_already_takes_as_long_as_others_that_took_longer_than_that():
    took = [1.0] * 14 + [3.0]
    at_first = places([UnderWay("a", "m", 0.0, 99.9), *waiting("b")], {"m": took}, 1, now=100.0)["b"]
    assert at_first.seconds == 1.9
    assert (
        places([UnderWay("a", "m", 0.0, 98.0), *waiting("b")], {"m": took}, 1, now=100.0)["b"].seconds == 2.0
    )


def test_who_makes_room_is_not_waited_for():
    # of three that are graded in two places, the one that began long ago has made room
    queue = [UnderWay(n, "m", 0.0, at) for n, at in (("a", 1.0), ("b", 99.0), ("c", 99.0))]
    assert places([*queue, *waiting("d")], {"m": [4.0]}, 2, now=100.0)["d"].seconds == 7.0
    # one that never ends is in the way for three seconds
    took = [1.0] * 9 + [30.0]
    assert (
        places([UnderWay("a", "m", 0.0, 98.0), *waiting("b")], {"m": took}, 1, now=100.0)["b"].seconds == 2.0
    )


def test_what_few_take_does_not_change_when_a_result_comes_most_likely():
    took = [0.1] * 5 + [1.0] * 50 + [9.0] * 5
    one = places(waiting("a"), {"m": took}, 1, 0.0)["a"]
    assert one == Place(1, 1.0, 1.0, 1.0)
    assert places(waiting("a"), {"m": [0.1] * 4 + [1.0] * 4 + [9.0] * 2}, 1, 0.0)["a"].latest == 9.0


def test_a_range_tells_four_of_five():
    took = [1.0] * 2 + [2.0] * 16 + [9.0] * 2
    last = places(waiting([str(number) for number in range(41)]), {"m": took}, 1, 0.0)["40"]
    assert last.seconds == pytest.approx(40 * 2.3 + 2.0, abs=3.0)  # 9 is cut at 6
    spread = (0.1 * (1 - 2.3) ** 2 + 0.8 * (2 - 2.3) ** 2 + 0.1 * (6 - 2.3) ** 2) ** 0.5
    assert last.latest - last.earliest == pytest.approx(2 * 1.28 * spread * 40**0.5, rel=0.2)


def test_until_it_is_begun_and_until_it_is_told_takes_time_too():
    alone = places(waiting("a", received=10.0), {"m": [1.0]}, 2, 10.1, pickup=0.3, told=0.4)["a"]
    assert alone.seconds == pytest.approx(0.2 + 1.0 + 0.4)
    # where a grader is waited for, it takes the next one at once
    queue = [UnderWay("a", "m", 0.0, 9.6), *waiting("b", received=10.0)]
    assert places(queue, {"m": [1.0]}, 1, 10.1, pickup=0.3)["b"].seconds == pytest.approx(0.5 + 1.0)


def test_how_long_until_it_is_begun_is_learned_from_those_that_found_a_grader_free():
    alone = [Timing("m", at, at + 0.1, at + 1.0) for at in (0.0, 10.0, 20.0)]
    assert pickup(alone, 1) == pytest.approx(0.1)
    behind = [Timing("m", at + 0.5, at + 1.0, at + 2.0) for at in (0.0, 10.0, 20.0)]
    assert pickup(alone + behind, 1) == pytest.approx(0.1)
    again = [Timing("m", at - 3 * 86400.0, at + 0.1, at + 1.0) for at in (0.0, 10.0, 20.0, 30.0)]
    assert pickup(alone + again, 9) == pytest.approx(0.1)  # what is graded again came long before
    assert pickup([], 1) == 0.0
    assert pickup([Timing("m", 5.0, 4.0, 6.0)], 1) == 0.0  # the clock was put right


def test_a_speed_is_measured_while_all_have_work():
    took = {"m": [4.0]}
    # four are handed in together, and two of them done every two seconds
    quick = [Timing("m", 0.0, 0.0, 2.0 + 2.0 * (number // 2)) for number in range(20)]
    # which is twice as fast, and half of that is believed
    assert speed(quick, took, 2) == pytest.approx(2.0**0.5, rel=0.1)
    assert speed(quick[:6], took, 2) == 1.0  # too short a time to tell
    late = [Timing("m", 0.0, 0.0, 1e6 + number) for number in range(20)]
    assert speed(late, took, 2) == pytest.approx(2.0**0.5, rel=0.15)
    assert speed([], took, 2) == 1.0
    assert places(waiting("ab"), took, 1, 0.0, speed=2.0)["b"].seconds == 6.0


def an_afternoon(count, seconds, graders, seed):
    """Return the times of made-up hand-ins: half come in the last fifth, one in fifteen never ends."""
    by_chance = random.Random(seed)
    half = count // 2
    at = [by_chance.uniform(0, 0.8 * seconds) for _ in range(half)]
    at = sorted(at + [by_chance.uniform(0.8 * seconds, seconds) for _ in range(count - half)])
    usual = [0.4] * 13 + [1.2, 5.2]
    free, found = [0.0] * graders, []
    for received in at:
        takes = by_chance.choice(usual) * by_chance.lognormvariate(0, 0.15)
        begins = max(received + 0.06, heapq.heappop(free))
        found.append(Timing("m", received, begins, begins + takes))
        heapq.heappush(free, begins + min(takes, patience(usual)))
    return found


@pytest.mark.parametrize(("seed", "busy"), [(1, 1.0), (2, 1.5)])
def test_estimates_of_a_made_up_afternoon_are_right_as_often_as_they_can_be(seed, busy):
    # not more often, because nobody can know who hands in a loop without an end, or waits behind one
    all_of_it = an_afternoon(500, 600 / busy, 2, seed)
    right, ratios, within, told = 0, [], 0, 0
    for number, one in enumerate(all_of_it):
        now = one.queued + 0.01
        done = sorted(
            (other for other in all_of_it if other.finished <= now), key=lambda other: other.finished
        )
        last = done[-60:]
        if len(last) < 6 or number % 2:
            continue
        under_way = [
            UnderWay(str(place), "m", other.queued, other.started if other.started <= now else None)
            for place, other in enumerate(all_of_it[: number + 1])
            if other.finished > now
        ]
        took = {"m": [other.finished - other.started for other in last]}
        found = places(under_way, took, 2, now, speed=speed(last, took, 2), pickup=pickup(last, 2), told=0.1)[
            str(number)
        ]
        waited = one.finished + 0.1 - now
        ratios.append(waited / found.seconds)
        right += abs(ratios[-1] - 1) <= 0.3
        within += found.earliest <= waited <= found.latest
        told += 1
    assert 0.85 < median(ratios) < 1.15
    assert right / told > 0.7
    assert within / told > 0.7
