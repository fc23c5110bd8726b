"""What an instructor sees of a milestone."""

from __future__ import annotations

from autograder.service.live.overview import history, overview
from autograder.service.store import Admission

from .conftest import MILESTONE

DAY = 86400.0


def test_what_an_instructor_asks(service, graded):
    graded("ada", 0, 0.5 * DAY, loss=["no_mean"], grad=False)
    graded("ben", 1, 0.6 * DAY, loss=True, grad=False)
    graded("ada", 2, 1.5 * DAY, loss=True, grad=False)
    for n in range(3, 7):
        graded("ben", n, (2 + n / 10) * DAY, loss=True, grad=["off_by_one"])
    service.store.accept("ada", MILESTONE, "99", 1, 9 * DAY, lambda earlier: Admission(False, 3, 10))
    now = overview(service, MILESTONE, mistakes_since=0.0)
    assert [(one["student"], one["attempts"], one["score"]) for one in now.handed_in] == [
        ("ada", 3, 1.0),
        ("ben", 5, 1.0),
    ]
    assert (now.waiting, now.grading, now.not_graded) == (1, 0, 0)
    assert now.seconds_to_result > 0
    assert now.pass_rates["1970-01-01"] == {"loss": 0.5, "grad": 0.0}
    assert now.pass_rates["1970-01-02"] == {"loss": 1.0, "grad": 0.0}
    assert [(one["what"], one["students"]) for one in now.mistakes] == [
        ("off_by_one", ["ben"]),
        ("wrong", ["ada"]),
    ]
    assert now.stuck == [{"student": "ben", "check": "grad", "times": 5}]
    assert overview(service, MILESTONE).mistakes == []  # they are old
    told = history(service, "ada", MILESTONE)
    assert [one["state"] for one in told] == ["done", "done", "queued"]
    assert told[0]["checks"][0]["bugs"] == ["no_mean"]
