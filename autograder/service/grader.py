"""One hand-in from the queue to its result, by the grading path that all commands share."""

from __future__ import annotations

import contextlib
import logging
import tempfile
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import psutil

from ..cluster.dask_executor import ClusterUnusable
from ..grading.executors import processes
from ..grading.grade import Settings, new_seed, prepare
from ..grading.run import ExecutorFactory, Job, run
from ..milestone import Milestone
from ..release.build import Release
from ..submission.apart import apart
from ..submission.load import load
from ..submission.nothing_to_judge import may_say_nothing, nothing_to_judge
from .graders.kept import Kept, KeptProcesses
from .not_graded import NOTE, NOTHING_TO_JUDGE
from .pace import patience
from .queue import Places
from .settings import Service
from .shown import result_of, said_of_nothing, why_not
from .store import DONE, GRADING, QUEUED, HandIn

_log = logging.getLogger("autograder.service")


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
    _at_work: set[str] = field(default_factory=set, repr=False)
    _ending: threading.Event = field(default_factory=threading.Event, repr=False)

    @cached_property
    def kept(self) -> KeptProcesses:
        """The processes that grade."""
        return KeptProcesses(lambda: Kept(self.executor, self.local))

    @cached_property
    def data(self) -> str | None:
        """Where hidden images come from, as for ``nbgrader autograde``."""
        return self.service.course.images

    def settings(self, milestone: Milestone, seed: int | None = None) -> Settings:
        """Return the settings for a hand-in, with this seed or one that nobody knows."""
        seconds = float(self.service.config.RecordScores.get("total_wall", 120.0))
        return Settings(
            milestone,
            new_seed() if seed is None else seed,
            self.data,
            total_wall=seconds,
            sources=self.service.course.sources,
        )

    def start(self, workers: int) -> None:
        """Start the processes before the first hand-in comes, and load in them what every hand-in needs."""
        if not self.local:
            return
        wanted = [self.settings(milestone) for milestone in self.service.milestones.values()]
        futures = [one.submit(_prepare_all, wanted) for one in self.kept.add(workers)]
        for future in futures:
            future.result()

    def stop(self) -> None:
        """End the processes; what is graded now waits for the next start, unless it comes to its result before."""
        self._ending.set()
        self.kept.end()

    def grade(self, id: str) -> None:
        """Grade a hand-in and give it its result, unless it has one or somebody else grades it."""
        with self._place() as give_away_after:
            if id in self._at_work:
                return
            self._at_work.add(id)
            try:
                hand_in = self.service.store.claim(id, worker_name())
                if hand_in is not None:
                    give_away_after(patience(self.service.store.times.last_seconds(hand_in.milestone)))
                    self._grade(hand_in)
            finally:
                self._at_work.discard(id)

    def _place(self) -> contextlib.AbstractContextManager[Callable[[float], None]]:
        return self.places.one() if self.places is not None else contextlib.nullcontext(lambda _: None)

    def _grade(self, hand_in: HandIn) -> None:
        store, worker, id = self.service.store, worker_name(), hand_in.id
        try:
            report = self._report(hand_in)
            if why := self._nothing_to_judge(hand_in, report):
                store.audit.note(hand_in.student, NOTHING_TO_JUDGE, f"{id}: {why}")
                store.finish(id, worker, message=said_of_nothing(why))
            elif report["verdict"] == "graded":
                earlier = store.hand_ins(of=hand_in.student, milestone=hand_in.milestone, state=DONE)
                failed = {
                    check["name"]
                    for one in earlier
                    if one.result is not None and one.attempt  # else its student has seen nothing of it
                    for check in one.result["checks"]
                    if not check["passed"]
                }
                result = result_of(report, failed)
                store.finish(id, worker, result=result, score=report["score"], max_score=report["max_score"])
            else:
                told = why_not(report["reason"], report["submission"].get("unread", ()))
                self._give_up(hand_in, report["reason"], told)
        except ClusterUnusable as error:  # it waits until there is a cluster again
            _log.warning("%s waits: %s", id, error)
            store.release(id, worker)
        except (
            Exception
        ) as error:  # ours: the student loses nothing, and no hand-in is left without an answer
            self._give_up(hand_in, f"{type(error).__name__}: {error}", why_not(""), error)
        finally:
            self.service.progress_of(id).unlink(missing_ok=True)

    def _give_up(self, hand_in: HandIn, reason: str, told: str, error: Exception | None = None) -> None:
        """Say why a hand-in has no result; it waits for the next start where the reason may be that this one ends."""
        store, worker, id = self.service.store, worker_name(), hand_in.id
        if self._ending.is_set():
            _log.info("%s waits: %s", id, reason)
            store.release(id, worker)
            return
        _log.warning("%s was not graded: %s", id, reason, exc_info=error)
        store.audit.note(hand_in.student, NOTE, f"{id}: {reason}")
        store.finish(id, worker, message=told)

    def _report(self, hand_in: HandIn) -> dict[str, Any]:
        service = self.service
        told = service.progress_of(hand_in.id)
        for folder in (told.parent, service.report_of(hand_in).parent):
            folder.mkdir(mode=0o700, exist_ok=True)
        folder = service.folder_of(hand_in.student, hand_in.digest)
        job = Job(hand_in.student, folder, service.report_of(hand_in))
        with self.kept.one(hand_in.id, hand_in.milestone) as process:
            process.told = told
            seed = process.seeds.of(hand_in.id, hand_in.milestone, self._waiting)
            settings = self.settings(service.milestones[hand_in.milestone], seed)
            graded = run([job], settings, force=True, executor=process.executor)
            (_, report, _) = next(iter(graded))
        return report

    def _nothing_to_judge(self, hand_in: HandIn, report: dict[str, Any]) -> str:
        """Return why a hand-in says nothing about what its student can do, and so uses no attempt; empty if it does."""
        if report["verdict"] != "graded" or not may_say_nothing(report):
            return ""
        folder = self.service.folder_of(hand_in.student, hand_in.digest)
        settings = self.settings(self.service.milestones[hand_in.milestone])
        kept = self.kept.one(hand_in.id, hand_in.milestone) if self.local else _ended(Kept(processes))
        with kept as process:
            return str(process.submit(why_nothing, report, folder, settings).result())

    def _waiting(self) -> list[str]:
        return [one.id for one in self.service.store.times.under_way() if one.started is None]

    def look_after(self, send: Callable[[HandIn], None], *, everything: bool = False) -> int:
        """Send again what was left behind by killed processes, or on a full disk; return how many that were.

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
            if one.worker is not None
            and (one.id not in self._at_work if one.worker == worker_name() else not is_alive(one.worker))
            and store.release(one.id, one.worker)
        ]
        waiting = {one.id for one in left}
        for one in store.hand_ins(state=QUEUED):
            if everything or one.id in waiting:
                send(one)
        return len(left)


@contextlib.contextmanager
def _ended(process: Kept) -> Iterator[Kept]:
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
