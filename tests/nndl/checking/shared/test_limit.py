"""A check that does not end is stopped, and an interrupt is answered; nothing else of the process changes."""

from __future__ import annotations

import _thread
import contextlib
import dataclasses
import re
import signal
import threading
import time
from typing import Any

import pytest

from nndl import layers
from nndl.checking import CheckFailed, Progress
from nndl.checking.shared import limit
from nndl.checking.shared.limit import Stopped, time_limit

ONE: Any = 1
needs_alarm = pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="this system has no alarm")


def endless():
    while True:
        with contextlib.suppress(Exception):  # a student's own, which must not keep the stop
            time.sleep(0.01)


def stubborn():
    first = True
    while True:
        try:
            time.sleep(0.01)
        except BaseException:
            if not first:
                raise
            first = False


@pytest.fixture(params=["alarm", "timer"])
def way(request, monkeypatch):
    """Stop by the alarm, then as it is done on Windows."""
    if request.param == "timer":
        monkeypatch.delattr(signal, "setitimer", raising=False)
    elif not hasattr(signal, "setitimer"):
        pytest.skip("this system has no alarm")
    return request.param


def test_place_and_time_are_told(way):
    start = time.monotonic()
    with pytest.raises(Stopped) as caught, time_limit(0.05):
        endless()
    assert time.monotonic() - start < 5
    assert re.fullmatch(r"stopped in endless, test_limit\.py line \d+, after \d+ s", str(caught.value))


@needs_alarm
def test_the_alarm_comes_again_where_the_first_was_caught(monkeypatch):
    monkeypatch.setattr(limit, "_AGAIN", 0.2)
    with pytest.raises(Stopped, match="stopped in stubborn"), time_limit(0.05):
        stubborn()


def test_interrupt_is_answered(way):
    def call():
        with time_limit(20):
            threading.Timer(0.05, _thread.interrupt_main).start()
            endless()

    with pytest.raises(Stopped, match=r"stopped in endless, test_limit\.py line \d+, after \d+ s"):
        call()


def test_check_says_it_in_one_line_and_judges_nothing(monkeypatch):
    progress = Progress("x")

    @progress.check(points=1, where="x")
    def first():
        """Call a layer."""
        yield layers.relu_forward(ONE)

    @progress.check(points=1, where="x", needs=["first"], limit=0.3)
    def second():
        """Call a layer."""
        yield layers.relu_forward(ONE)

    monkeypatch.setattr(layers, "relu_forward", lambda x: None)
    first()
    second()
    monkeypatch.setattr(layers, "relu_forward", lambda x: endless())
    progress.checks["first"] = dataclasses.replace(progress.checks["first"], limit=0.3)
    for call in (first, second):
        with pytest.raises(CheckFailed) as caught:
            call()
        (line,) = caught.value._render_traceback_()
        assert re.fullmatch(
            rf"✗ {call.__name__} stopped in endless, test_limit\.py line \d+, after \d+ s", line
        )
    assert progress.points() == (0, 2)


@needs_alarm
def test_handler_and_alarm_are_what_they_were():
    def mine(signum, frame):
        raise AssertionError("too early")

    outer = signal.signal(signal.SIGALRM, mine)
    left, again = signal.setitimer(signal.ITIMER_REAL, 300)
    try:
        with time_limit(20):
            pass
        with contextlib.suppress(Stopped), time_limit(0.05):
            endless()
        assert signal.getsignal(signal.SIGALRM) is mine
        assert 200 < signal.getitimer(signal.ITIMER_REAL)[0] <= 300
        signal.setitimer(signal.ITIMER_REAL, 10)
        with time_limit(20):
            assert signal.getsignal(signal.SIGALRM) is mine, "a sooner alarm of somebody else is left alone"
        signal.setitimer(signal.ITIMER_REAL, 0)
        with time_limit(20):
            pass
        assert signal.getitimer(signal.ITIMER_REAL) == (0, 0)
    finally:
        signal.signal(signal.SIGALRM, outer)
        signal.setitimer(signal.ITIMER_REAL, left, again)


def test_timer_leaves_no_thread(monkeypatch):
    monkeypatch.delattr(signal, "setitimer", raising=False)
    before = threading.active_count()
    with time_limit(20):
        pass
    assert threading.active_count() == before


def test_other_thread_has_no_limit_and_works(way):
    said = []

    def work():
        with time_limit(0.01):
            time.sleep(0.05)
        said.append("done")

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert said == ["done"]
