"""Stop a check that runs too long, or that the student interrupts."""

from __future__ import annotations

import _thread
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

from .errors.explained import explain_stop

_AGAIN = 1.0  # seconds: the alarm comes once more if the first one is lost, as it is in ``except: pass``


class Stopped(Exception):
    """The code that was to be checked ran too long, or was interrupted; the message says where and after how long."""


class _TimeIsUp(BaseException):
    """Not an ``Exception``, so that a student's ``except Exception`` does not keep it."""


@contextmanager
def time_limit(seconds: float) -> Iterator[None]:
    """Raise `Stopped` if the block takes longer than ``seconds``, or if it is interrupted.

    Where the system has no alarm signal (Windows), the block stops at its next line of Python. In another
    thread than the main one there is no limit. An alarm that is set already comes as it would have.
    """
    start = time.monotonic()
    try:
        with _alarm(seconds) if hasattr(signal, "setitimer") else _timer(seconds):
            yield
    except (_TimeIsUp, KeyboardInterrupt) as error:
        place, after = explain_stop(error), f"after {time.monotonic() - start:.0f} s"
        raise Stopped(f"stopped in {place}, {after}" if place else f"stopped {after}") from None


@contextmanager
def _alarm(seconds: float) -> Iterator[None]:
    main = threading.current_thread() is threading.main_thread()
    if not main or 0 < signal.getitimer(signal.ITIMER_REAL)[0] <= seconds:
        yield  # somebody else's alarm comes sooner
        return
    running = True

    def ring(signum: int, frame: FrameType | None) -> None:
        if running:
            raise _TimeIsUp

    before = signal.signal(signal.SIGALRM, ring)
    start = time.monotonic()
    left, interval = signal.setitimer(signal.ITIMER_REAL, seconds, _AGAIN)
    try:
        yield
    finally:
        running = False
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, signal.SIG_DFL if before is None else before)
        if left:
            signal.setitimer(signal.ITIMER_REAL, max(left - (time.monotonic() - start), 1e-3), interval)


@contextmanager
def _timer(seconds: float) -> Iterator[None]:
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    timer = threading.Timer(seconds, _thread.interrupt_main)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
        timer.join()  # had it just begun, its interrupt comes here and not in the student's next cell
