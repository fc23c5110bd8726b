"""Where everybody's hand-ins stand in the queue: looked up once for all who wait, and not once for each of them."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass, field

from ..foretelling import Place, pickup, places, speed
from ..settings import Service

LOOK_SOON = 0.2
"""Seconds between two looks for somebody whose result is near."""


@dataclass
class Line:
    """The queue as it was a moment ago.

    Parameters
    ----------
    service : Service
    keep : float
        For how many seconds what was looked up is told.
    """

    service: Service
    keep: float = 0.5
    _places: dict[str, Place] = field(default_factory=dict, repr=False)
    _looked: float = field(default=float("-inf"), repr=False)
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    @property
    def is_stale(self) -> bool:
        """Whether the next question looks it up."""
        return time.monotonic() - self._looked >= self.keep

    def place(self, id: str) -> Place | None:
        """Return where a hand-in stands; None if it does not wait, or has only just come."""
        self.look()
        if id not in self._places:
            with self._lock:
                self._look()
        return self._places.get(id)

    def kept(self, id: str) -> Place | None:
        """Return where a hand-in stood when it was last looked up."""
        return self._places.get(id)

    def look(self) -> None:
        """Look it up again, unless that was done a moment ago."""
        with self._lock:
            if self.is_stale:
                self._look()

    def _look(self) -> None:
        store = self.service.store
        found = store.times.under_way()
        last = store.times.last_timings()
        names = {one.milestone for one in found} | {one.milestone for one in last}
        took, workers = {name: store.times.last_seconds(name) for name in names}, self.service.workers
        self._places = places(
            found, took, workers, time.time(),
            speed=speed(last, took, workers), pickup=pickup(last, workers), told=LOOK_SOON / 2,
        )  # fmt: skip
        self._looked = time.monotonic()
