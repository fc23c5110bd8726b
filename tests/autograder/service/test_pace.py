"""When a hand-in has its result, and how many graders would have been enough."""

from __future__ import annotations

import pytest

from autograder.service.pace import Place, UnderWay, enough, places, replayed


def test_the_place_in_the_queue_and_the_time_to_the_result():
    queue = [UnderWay("a", "m", 7.0), *(UnderWay(name, "m", None) for name in "bcd")]
    found = places(queue, {"m": 4.0}, 2, now=10.0)
    # a grader is free now, the other one after a, in a second
    assert found == {"b": Place(2, 4.0), "c": Place(3, 5.0), "d": Place(4, 8.0)}


def test_a_milestone_without_results_counts_as_the_others_do():
    queue = [UnderWay("a", "new", None), UnderWay("b", "known", None)]
    assert places(queue, {"new": None, "known": 3.0}, 1, 0.0)["b"] == Place(2, 6.0)
    assert places(queue, {"new": None, "known": None}, 1, 0.0)["b"] == Place(2, None)


def test_what_takes_longer_than_usual_is_done_soon():
    queue = [UnderWay("a", "m", 0.0), UnderWay("b", "m", None)]
    assert places(queue, {"m": 2.0}, 1, now=60.0)["b"].seconds == 2.0


def test_a_peak_once_more_with_other_graders():
    arrivals, takes = [0.0, 0.0, 1.0, 30.0], [2.0] * 4
    assert replayed(arrivals, takes, 1) == [2.0, 4.0, 5.0, 2.0]
    assert replayed(arrivals, takes, 2) == [2.0, 2.0, 3.0, 2.0]
    assert [enough(arrivals, takes, longest) for longest in (5.0, 4.0, 2.0, 0.0)] == [1, 2, 3, 3]


@pytest.mark.parametrize("count", [1, 200])
def test_nobody_waits_longer_than_one_alone(count):
    assert enough([0.0] * count, [100.0] * count) == count
