"""How many hand-ins are graded at once: one for each place. Who takes long makes room for another."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Iterator


class Places:
    """Places for what is done at once.

    What takes far longer than usual, as a loop does that never ends, gives its place away and goes on: those behind it
    do not wait for its time limit. How many go on like that is bounded by the threads that ask for places.

    Parameters
    ----------
    count : int
        How many begin at once.
    """

    def __init__(self, count: int) -> None:
        self._free = threading.Semaphore(count)

    @contextlib.contextmanager
    def one(self) -> Iterator[Callable[[float], None]]:
        """Wait for a place, and hold it; call what is yielded with the seconds after which it is given away."""
        self._free.acquire()
        lock, given_away = threading.Lock(), [False]
        timers: list[threading.Timer] = []

        def give_away() -> None:
            with lock:
                if not given_away[0]:
                    given_away[0] = True
                    self._free.release()

        def after(seconds: float) -> None:
            timers.append(threading.Timer(seconds, give_away))
            timers[-1].daemon = True
            timers[-1].start()

        try:
            yield after
        finally:
            for timer in timers:
                timer.cancel()
            give_away()
