"""The durable queue: huey, on SQLite or PostgreSQL. Its messages hold the ids of hand-ins, never their content.

The store is the truth about what waits. A message says when to look, and at what; a message that is lost with a killed
process is sent again, and one too many does nothing. So many are begun at once as there are places.
"""

from __future__ import annotations

import contextlib
import json
import logging
import threading
import time
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

from huey import PostgresHuey, SqliteHuey, crontab
from huey.registry import Message
from huey.serializer import Serializer
from sqlalchemy.engine import make_url

from .store import HandIn

_LONGEST_PAUSE = 0.1
"""Seconds between two looks into an empty queue, which take some microseconds."""
_SAME_AGAIN = 60.0
"""Seconds in which the queue's troubles are told once: on a full disk there are some each second."""


class Plain(Serializer):
    """Messages as JSON, so that a message cannot carry code, as a pickle can."""

    def _serialize(self, data: Any) -> bytes:
        if not isinstance(data, Message):
            return json.dumps(data).encode()
        return json.dumps([str(value) if isinstance(value, datetime) else value for value in data]).encode()

    def _deserialize(self, data: bytes) -> Any:
        found = json.loads(data)
        if isinstance(found, list) and len(found) == len(Message._fields):
            message = Message(*found)
            times = {
                name: datetime.fromisoformat(value)
                for name in ("eta", "expires_resolved")
                if isinstance(value := getattr(message, name), str)
            }
            return message._replace(args=tuple(message.args), **times)
        return found


class Queue:
    """The queue of one service.

    Parameters
    ----------
    where : Path or str
        Its file, or the address of a PostgreSQL database; see `queue_of`.
    grade : callable
        Grades the hand-in with an id.
    look_after : callable
        Called every minute: finds what was left behind by killed processes.
    immediate : bool, default False
        Whether to do at once what is sent, in this process; for tests.
    """

    def __init__(
        self,
        where: Path | str,
        grade: Callable[[str], None] = lambda _: None,
        look_after: Callable[[], None] = lambda: None,
        *,
        immediate: bool = False,
    ) -> None:
        # with names that stay the same, whatever the functions are: web process and graders share the messages
        options: dict[str, Any] = {
            "serializer": Plain(), "results": False, "store_none": False,
            "immediate": immediate, "immediate_use_memory": False,
        }  # fmt: skip
        if isinstance(where, Path):
            self.huey = SqliteHuey("grading", filename=str(where), fsync=True, **options)
        else:
            self.huey = PostgresHuey("grading", dsn=where, **options)
        self._grade = self.huey.task(name="grade")(lambda id: grade(id))
        self.huey.periodic_task(crontab(), name="look_after", priority=1)(lambda: look_after())

    def send(self, hand_in: HandIn) -> None:
        """Have a hand-in graded in its turn: each student's first one before anybody's second; see `HandIn`."""
        task = self._grade.s(hand_in.id)
        task.priority = hand_in.priority
        self.huey.enqueue(task)

    def __len__(self) -> int:
        return len(self.huey)

    def consume(self, workers: int) -> None:
        """Do what is sent until the process is told to end."""
        logging.getLogger("huey.consumer.Worker").addFilter(_Sparing())
        consumer = self.huey.create_consumer(
            workers=workers, worker_type="thread", initial_delay=0.05, backoff=1.2, max_delay=_LONGEST_PAUSE
        )
        consumer.run()


class _Sparing(logging.Filter):
    def __init__(self) -> None:
        super().__init__()
        self._told: dict[str, float] = {}

    def filter(self, record: logging.LogRecord) -> bool:
        """Return whether this was not told a moment ago."""
        now, what = time.monotonic(), str(record.msg)
        if now - self._told.get(what, float("-inf")) < _SAME_AGAIN:
            return False
        self._told[what] = now
        return True


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


def queue_of(folder: Path, store_url: str = "") -> Path | str:
    """Return where the queue of a service lies: in the database's server, if it has one, else in its folder."""
    if store_url.startswith("postgresql"):
        return make_url(store_url).set(drivername="postgresql").render_as_string(hide_password=False)
    return folder / "queue.db"
