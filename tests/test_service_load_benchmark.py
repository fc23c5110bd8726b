"""What the load test says of a run: the measured rate, who waited longer than allowed, how right estimates were."""

from __future__ import annotations

import importlib
from pathlib import Path

import pytest

BENCHMARKS = Path(__file__).resolve().parents[1] / "benchmarks"


@pytest.fixture
def load(monkeypatch):
    monkeypatch.syspath_prepend(str(BENCHMARKS))
    return importlib.import_module("service_load")


def run(load, waits, before, foretold):
    return [
        load.Waited(float(at), at + wait, "done", ahead, said)
        for at, (wait, ahead, said) in enumerate(zip(waits, before, foretold, strict=True))
    ]


def test_the_rate_is_that_of_the_time_in_which_every_grader_had_work(load):
    # two graders, four seconds each: both are busy from the second arrival until the last but one is done
    waited = run(load, [4.0, 4.0, 6.0, 6.0], [0, 1, 2, 3], [4.0] * 4)
    assert load.rate(waited, 2) == pytest.approx(3 / 7)
    assert load.rate(waited[:1], 2) is None


def test_what_is_asked_of_a_run(load):
    waited = run(load, [4.0, 4.0, 6.0, 200.0], [0, 1, 2, 3], [4.0, 4.0, 4.0, None])
    waited[0].between, waited[3].between = (3.0, 5.0), (4.0, 9.0)
    said = load.summary(waited, [4.0] * 4, 2)
    assert said["waited as long as the range said"] == said["within 30 % of the range"] == 0.5
    assert said["with a result"] == 4
    assert said["waited as long as allowed at most"] == 0.75
    assert said["estimates within 30 %"] == pytest.approx(2 / 3, abs=1e-3)
    assert said["last result after the first arrival"] == 203.0


def test_half_come_in_the_last_fifth(load):
    times = load.arrivals(500, 600.0)
    assert times == sorted(times)
    assert sum(at > 480 for at in times) == 250


def test_how_long_after_its_result_each_is_in_the_gradebook(load):
    looks = [(10.0, {"a": 9.0}), (11.0, {"a": 9.0, "b": 10.5}), (12.0, {"b": 10.5}), (14.0, {})]
    assert load.lags(looks) == [3.0, 3.5]
    assert load.lags([]) == []
