"""One hand-in from the queue to its result, by the grading path that all commands share."""

from __future__ import annotations

import contextlib
import json
import logging
import os
import queue
import tempfile
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import BrokenExecutor, Executor, Future
from dataclasses import dataclass, field
from functools import cached_property, partial
from pathlib import Path
from typing import Any

import psutil

from ..cluster.dask_executor import ClusterUnusable
from ..grading.executors import end_now, processes
from ..grading.grade import Settings, new_seed, prepare
from ..grading.run import ExecutorFactory, Job, run
from ..judging.second_judgement import progress
from ..milestone import Milestone
from ..release.build import Release
from ..submission.apart import apart
from ..submission.load import load
from ..submission.nothing_to_judge import may_say_nothing, nothing_to_judge
from .not_graded import NOTE, NOTHING_TO_JUDGE
from .pace import patience
from .policy import DONE, GRADING, QUEUED
from .queue import Places
from .settings import Service
from .shown import result_of, said_of_nothing, why_not
from .store import HandIn

_log = logging.getLogger("autograder.service")
_USED_UP = 200
"""Hand-ins after which a process makes room for a new one: its memory grows by about half a MiB with each."""


@dataclass
class Grader:
    """Grades hand-ins, as many at once as there are workers.

    Parameters
    ----------
    service : Service
    executor : callable
        Makes the executor for one hand-in at a time; see `grading.run`. Processes on this machine by default.
    local : bool
        Whether it is of this machine: what grades is prepared before the first hand-in, and says at which check it is.
    places : Places, optional
        Where hand-ins wait for their turn; without them all are graded at once that are sent.
    """

    service: Service
    executor: ExecutorFactory = processes
    local: bool = True
    places: Places | None = None
    _free: queue.SimpleQueue[_Kept] = field(default_factory=queue.SimpleQueue, repr=False)
    _made: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    @cached_property
    def data(self) -> str | None:
        """Where hidden images come from, as for ``nbgrader autograde``."""
        return str(self.service.config.RecordScores.get("data", "") or "") or None

    def settings(self, milestone: Milestone) -> Settings:
        """Return the settings for one hand-in, with a seed that nobody knows."""
        seconds = float(self.service.config.RecordScores.get("total_wall", 120.0))
        return Settings(
            milestone, new_seed(), self.data, total_wall=seconds, sources=self.service.course.sources
        )

    def start(self, workers: int) -> None:
        """Start the processes before the first hand-in comes, and load in them what every hand-in needs."""
        if not self.local:
            return
        kept = [self._new() for _ in range(workers)]
        wanted = [self.settings(milestone) for milestone in self.service.milestones.values()]
        futures = [one.submit(_prepare_all, wanted) for one in kept]
        for future in futures:
            future.result()
        for one in kept:
            self._free.put(one)

    def stop(self) -> None:
        """End the processes."""
        with contextlib.suppress(queue.Empty):
            while True:
                self._free.get_nowait().end()

    def grade(self, id: str) -> None:
        """Grade a hand-in and give it its result, unless it has one or somebody else grades it."""
        with self._place() as give_away_after:
            hand_in = self.service.store.claim(id, worker_name())
            if hand_in is not None:
                give_away_after(patience(self.service.store.last_seconds(hand_in.milestone)))
                self._grade(hand_in)

    def _place(self) -> contextlib.AbstractContextManager[Callable[[float], None]]:
        return self.places.one() if self.places is not None else contextlib.nullcontext(lambda _: None)

    def _grade(self, hand_in: HandIn) -> None:
        store, worker, id = self.service.store, worker_name(), hand_in.id
        try:
            report = self._report(hand_in)
            if why := self._nothing_to_judge(hand_in, report):
                store.note(hand_in.student, NOTHING_TO_JUDGE, f"{id}: {why}")
                store.finish(id, worker, message=said_of_nothing(why))
            elif report["verdict"] == "graded":
                earlier = store.hand_ins(of=hand_in.student, milestone=hand_in.milestone, state=DONE)
                failed = {
                    check["name"]
                    for one in earlier
                    if one.result is not None
                    for check in one.result["checks"]
                    if not check["passed"]
                }
                result = result_of(report, failed)
                store.finish(id, worker, result=result, score=report["score"], max_score=report["max_score"])
            else:
                _log.warning("%s was not graded: %s", id, report["reason"])
                store.note(hand_in.student, NOTE, f"{id}: {report['reason']}")
                store.finish(
                    id, worker, message=why_not(report["reason"], report["submission"].get("unread", ()))
                )
        except ClusterUnusable as error:  # it waits until there is a cluster again
            _log.warning("%s waits: %s", id, error)
            store.release(id, worker)
        except (
            Exception
        ) as error:  # ours: the student loses nothing, and no hand-in is left without an answer
            _log.exception("%s could not be graded", id)
            store.note(hand_in.student, NOTE, f"{id}: {type(error).__name__}: {error}")
            store.finish(id, worker, message=why_not(""))
        finally:
            self.service.progress_of(id).unlink(missing_ok=True)

    def _report(self, hand_in: HandIn) -> dict[str, Any]:
        service = self.service
        milestone = service.milestones[hand_in.milestone]
        told = service.progress_of(hand_in.id)
        for folder in (told.parent, service.report_of(hand_in).parent):
            folder.mkdir(mode=0o700, exist_ok=True)
        folder = service.folder_of(hand_in.student, hand_in.digest)
        job = Job(hand_in.student, folder, service.report_of(hand_in))
        with self._process() as process:
            process.told = told
            graded = run([job], self.settings(milestone), force=True, executor=process.executor)
            (_, report, _) = next(iter(graded))
        return report

    def _nothing_to_judge(self, hand_in: HandIn, report: dict[str, Any]) -> str:
        """Return why a hand-in says nothing about what its student can do, and so uses no attempt; empty if it does."""
        if report["verdict"] != "graded" or not may_say_nothing(report):
            return ""
        folder = self.service.folder_of(hand_in.student, hand_in.digest)
        settings = self.settings(self.service.milestones[hand_in.milestone])
        with self._process() if self.local else _ended(_Kept(processes)) as process:
            return str(process.submit(why_nothing, report, folder, settings).result())

    @contextlib.contextmanager
    def _process(self) -> Iterator[_Kept]:
        try:
            process = self._free.get_nowait()
        except queue.Empty:
            process = self._new()
        try:
            yield process
        finally:
            if process.used >= _USED_UP:
                process.end()
            self._free.put(process)

    def _new(self) -> _Kept:
        return _Kept(self.executor, self.local)

    def look_after(self, send: Callable[[HandIn], None], *, everything: bool = False) -> int:
        """Send again what killed processes left behind; return how many that were.

        Parameters
        ----------
        send : callable
            Puts a hand-in into the queue.
        everything : bool, default False
            Whether to send all that wait, as after a start; otherwise those whose message must be lost.
        """
        store = self.service.store
        left = [
            one
            for one in store.hand_ins(state=GRADING)
            if one.worker is not None and not is_alive(one.worker) and store.release(one.id, one.worker)
        ]
        waiting = {one.id for one in left}
        for one in store.hand_ins(state=QUEUED):
            if everything or one.id in waiting:
                send(one)
        return len(left)


class _Kept(Executor):
    """An executor that stays from hand-in to hand-in; a new one comes in its place when it breaks."""

    def __init__(self, make: ExecutorFactory, local: bool = True) -> None:
        self._make, self._local = make, local
        self._pool: Executor | None = None
        self.told: Path | None = None
        self.used = 0

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


@contextlib.contextmanager
def _ended(process: _Kept) -> Iterator[_Kept]:
    try:
        yield process
    finally:
        process.end()


def why_nothing(report: dict[str, Any], folder: Path, settings: Settings) -> str:
    """Read a hand-in that lies in a folder once more, and return why a report says nothing about it, if it does not."""
    release = Release.current(settings.milestone, settings.sources)
    _ = release.assignment  # made here, and not in the process that reads
    with tempfile.TemporaryDirectory(prefix="autograder-") as workdir:
        return nothing_to_judge(
            report, apart(load, folder, release, Path(workdir), student=report["student"])
        )


def _prepare_all(wanted: list[Settings]) -> None:
    for settings in wanted:
        prepare(settings)


def worker_name() -> str:
    """Return a name for this process that no other one has, also not a later one with the same number."""
    process = psutil.Process()
    return f"{process.pid}:{process.create_time():.2f}"


def is_alive(worker: str) -> bool:
    """Return whether the process with this name still runs."""
    pid, _, created = worker.partition(":")
    try:
        process = psutil.Process(int(pid))
        return f"{process.create_time():.2f}" == created and process.status() != psutil.STATUS_ZOMBIE
    except (psutil.Error, ValueError):
        return False
