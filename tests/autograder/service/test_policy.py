"""What a course allows: attempts, the wait after trying in vain, and which hand-in counts."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from autograder.service.policy import Policy, PolicyError, counting, iso, policies, standing

HOUR = 3600.0


@dataclass(frozen=True)
class One:
    received: float
    score: float | None = 1.0
    state: str = "done"
    late: bool = False
    attempt: int = 1


def test_attempts_run_out_and_come_back_one_by_one():
    policy = Policy(attempts=3, refill_hours=2, cool_down_after=None)
    tries = [One(0.0), One(10.0), One(20.0)]
    now = standing(policy, tries, 30.0)
    assert (now.used, now.allowed, now.open) == (3, 3, False)
    assert now.next_at == pytest.approx(2 * HOUR)
    later = standing(policy, tries, 2 * HOUR + 1)
    assert later.open
    assert later.allowed == 4
    assert standing(policy, [*tries, One(2 * HOUR + 1)], 2 * HOUR + 2).next_at == pytest.approx(4 * HOUR)
    assert standing(policy, tries, 100 * HOUR).allowed == 6  # never more than three at once


def test_fewer_attempts_than_are_used_put_the_next_one_off_to_a_time_that_stays():
    policy = Policy(attempts=2, refill_hours=2, cool_down_after=None)
    tries = [One(0.0), One(0.0), One(0.0)]
    first, later = standing(policy, tries, 10.0), standing(policy, tries, HOUR)
    assert first.next_at == pytest.approx(4 * HOUR)
    assert later.next_at == pytest.approx(4 * HOUR)
    assert not standing(policy, tries, 4 * HOUR - 1).open
    assert standing(policy, tries, 4 * HOUR + 1).open


def test_without_a_refill_there_is_no_next_attempt():
    now = standing(Policy(attempts=1, refill_hours=None), [One(0.0)], 100 * HOUR)
    assert (now.open, now.next_at) == (False, None)
    assert standing(Policy(attempts=None), [One(0.0)] * 50, 1e9).allowed is None


def test_what_could_not_be_graded_and_what_came_in_another_way_is_no_attempt():
    assert standing(Policy(attempts=1), [One(0.0, None, "not_graded")], 1.0).used == 0
    assert standing(Policy(attempts=1), [One(0.0, 5.0, attempt=0)], 1.0).used == 0


def test_trying_in_vain_makes_the_next_wait_longer():
    policy = Policy(attempts=None, cool_down_after=2, cool_down_minutes=1, cool_down_most_minutes=3)
    tries = [One(0.0, 5.0), One(1.0, 5.0)]
    assert standing(policy, tries, 2.0).open
    waits = []
    for number in range(2, 6):
        tries.append(One(float(number), 4.0))
        waits.append(standing(policy, tries, number + 0.5).next_at - number)
    assert waits == [60, 120, 180, 180]
    tries.append(One(6.0, 6.0))  # a gain ends it
    assert standing(policy, tries, 6.5).open


def test_which_one_counts():
    tries = [One(1.0, 3.0), One(2.0, 8.0), One(3.0, 8.0), One(4.0, 5.0), One(5.0, 9.0, late=True)]
    tries.append(One(6.0, None, "not_graded"))
    assert (
        counting(Policy(counts="best"), tries) == tries[2]
    )  # the last of equals, in which answers may be new
    assert counting(Policy(counts="last"), tries) == tries[4]
    assert counting(Policy(counts="last_before_deadline"), tries) == tries[3]
    assert counting(Policy(counts="last_before_deadline"), tries[4:]) == tries[4]
    assert counting(Policy(), tries[5:]) is None


def test_policies_of_a_course():
    found = policies({"default": {"attempts": 5}, "one": {"shows": "score"}}, ["one", "two"])
    assert (found["one"].attempts, found["one"].shows) == (5, "score")
    assert found["two"].shows == "hints"


@pytest.mark.parametrize(
    ("config", "said"),
    [
        ({"three": {}}, "no milestone 'three'"),
        ({"one": {"atempts": 3}}, "unknown settings atempts"),
        ({"one": {"shows": "all"}}, "one: shows is 'all'"),
        ({"one": {"counts": "first"}}, "counts is 'first'"),
        ({"default": {"attempts": 0}}, "attempts is 0"),
        ({"default": {"cool_down_minutes": -1}}, "cool_down_minutes is -1"),
    ],
)
def test_a_wrong_setting_is_named(config, said):
    with pytest.raises(PolicyError, match=said):
        policies(config, ["one", "two"])


def test_times_are_utc():
    assert iso(0.0) == "1970-01-01T00:00:00Z"
    assert iso(None) is None
