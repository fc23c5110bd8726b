"""Processes that grade and stay from hand-in to hand-in, with what they remember."""

from __future__ import annotations

import contextlib
import json
import os
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import BrokenExecutor, Executor, Future
from functools import partial
from pathlib import Path
from typing import Any

from ...grading.executors import end_now
from ...grading.run import ExecutorFactory
from ...judging.second_judgement import progress
from .seeds import Seeds

_USED_UP = 200
"""Hand-ins after which a process makes room for a new one: its memory grows by about half a MiB with each."""


class Kept(Executor):
    """An executor that stays from hand-in to hand-in; a new one comes in its place when it breaks.

    Attributes
    ----------
    told : Path or None
        Where it says at which check it is.
    seeds : Seeds
        For what is graded there.
    """

    def __init__(self, make: ExecutorFactory, local: bool = True) -> None:
        self._make, self._local = make, local
        self._pool: Executor | None = None
        self.told: Path | None = None
        self.used = 0
        self.seeds = Seeds()

    def executor(self, workers: int) -> Executor:
        """Return itself, for `run.run`."""
        return self

    def submit(self, function: Any, /, *args: Any, **options: Any) -> Future[Any]:
        """Do something there, which says how far it is in the file ``told``."""
        if self._pool is None:
            self._pool = self._make(1)
        pool = self._pool
        self.used += 1
        try:
            if self._local:
                future = pool.submit(_telling, self.told, function, *args, **options)
            else:
                future = pool.submit(function, *args, **options)
        except BrokenExecutor:
            self._pool = None
            raise
        future.add_done_callback(partial(self._look, pool))
        return future

    def _look(self, pool: Executor, future: Future[Any]) -> None:
        if not future.cancelled() and isinstance(future.exception(), BrokenExecutor) and self._pool is pool:
            self._pool = None

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """Stay: the next hand-in comes."""

    def kill(self) -> None:
        """End now what is done there."""
        pool, self._pool = self._pool, None
        if pool is not None:
            end_now(pool)

    def end(self) -> None:
        """Go; what is submitted after this has a new one."""
        pool, self._pool, self.used = self._pool, None, 0
        if pool is not None:
            pool.shutdown()


class KeptProcesses:
    """The kept processes of one service: as many as are at work at once.

    Parameters
    ----------
    make : callable
        Makes a new one.
    """

    def __init__(self, make: Callable[[], Kept]) -> None:
        self._make = make
        self._free: list[Kept] = []
        self._lock = threading.Lock()

    def add(self, count: int) -> list[Kept]:
        """Make some more, and return them."""
        new = [self._make() for _ in range(count)]
        with self._lock:
            self._free += new
        return new

    @contextlib.contextmanager
    def one(self, hand_in: str, milestone: str) -> Iterator[Kept]:
        """Give one for a hand-in: if there is such a one, with a seed for it; otherwise the one that was used last."""
        with self._lock:
            fitting = [one for one in self._free if one.seeds.serves(hand_in, milestone)] or self._free
            process = fitting[-1] if fitting else self._make()
            if fitting:
                self._free.remove(process)
        try:
            yield process
        finally:
            if process.used >= _USED_UP:
                process.end()
            with self._lock:
                self._free.append(process)

    def end(self) -> None:
        """End those that are free."""
        with self._lock:
            free, self._free = self._free, []
        for one in free:
            one.end()


def _telling(told: Path | None, function: Any, /, *args: Any, **options: Any) -> Any:
    """Call a function in the process that grades; its progress goes to a file, for the web process to read."""
    if told is None:
        return function(*args, **options)

    def tell(check: int, checks: int, name: str) -> None:
        with contextlib.suppress(OSError):
            part = told.with_name(f".{told.name}.{os.getpid()}")
            part.write_text(json.dumps({"check": check, "checks": checks, "check_name": name}))
            part.replace(told)

    token = progress.set(tell)
    try:
        return function(*args, **options)
    finally:
        progress.reset(token)
